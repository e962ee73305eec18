"""What staging makes of good and bad rows: counted in the book, none lost, none repaired."""

from __future__ import annotations

import json
from pathlib import Path

from tests.python.warehouses import Warehouse

CUSTOMERS = "customer_id,email,created_at,updated_at,is_deleted\n"
ORDERS = "order_id,customer_id,guest_email,ordered_at,status,gross_amount,updated_at,is_deleted\n"
ITEMS = "order_item_id,order_id,quantity,unit_price\n"


def test_every_planted_fault_is_judged_as_the_generator_meant_it(
    sample: Path, built_sample: Warehouse
) -> None:
    """Book of every raw table against the truth that the generator wrote down."""
    truth = json.loads((sample.parent / "truth.json").read_text())
    book = {
        row[0]: row[1:]
        for row in built_sample.query(
            "select raw_table, rows_landed, rows_staged, rows_quarantined, rows_superseded,"
            " rows_deleted, lines_rejected from marts.data_quality"
        )
    }
    assert set(book) == set(truth["rows"])
    for table, rows in truth["rows"].items():
        planted = {"quarantined": 0, "superseded": 0, "rejected": 0}
        for kind, count in truth["dirt"].get(table, {}).items():
            planted[truth["dirt_outcome"][kind]] += count
        older, deleted = rows.get("older_versions", 0), rows.get("deleted", 0)
        assert book[table] == (
            rows["total"],
            rows["clean"] - older - deleted,
            planted["quarantined"],
            planted["superseded"] + older,
            deleted,
            planted["rejected"],
        ), table


def test_late_parents_corrections_and_deletions(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "home")

    def deliver(name: str, **files: str) -> Warehouse:
        folder = tmp_path / name
        folder.mkdir()
        for table, text in files.items():
            (folder / f"{table}.csv").write_text(text)
        statuses = warehouse.land(folder).dbt(
            "build", "--exclude-resource-type", "unit_test", variables={}
        )
        bad = {name: s for name, s in statuses.items() if s not in ("success", "pass")}
        assert bad == {"assert_ids_are_written_alike": "warn"}
        assert warehouse.query("select id from quarantine.ids_written_differently order by id") == [
            ("O1",),
            ("o1",),
        ]
        return warehouse

    deliver(
        "first",
        crm_customers=CUSTOMERS + "c1,a@x.example,2025-01-01,2025-01-01,\n",
        shop_orders=ORDERS
        + "o1,c1,,2025-01-02,paid,100,2025-01-02,\n"
        + "o2,c2,,2025-01-03,paid,50,2025-01-03,\n"
        + "o3,,A@X.example ,2025-01-04,paid,20,2025-01-04,\n"
        + "o4,,new@x.example,2025-01-05,paid,30,2025-01-05,\n"
        + "O1,c1,,2025-01-06,paid,10,2025-01-06,\n",
        shop_order_items=ITEMS + "i1,o1,1,100\ni2,o2,1,50\n",
    )
    orders = "select order_id, customer_id, gross_amount from marts.fct_orders order by order_id"
    first = dict((row[0], row[1]) for row in warehouse.query(orders))
    # o2 waits for its customer; o3 is a guest whose e-mail is c1's; O1 is another order than o1
    assert set(first) == {"O1", "o1", "o3", "o4"}
    assert first["o3"] == first["o1"] == "c1"
    assert len(first["o4"]) == 64
    assert warehouse.query(
        "select raw_table, reason, column_name, column_text, source_line"
        " from quarantine.quarantined_rows order by 1"
    ) == [
        ("shop_order_items", "unknown_reference", "order_id", "o2", 3),
        ("shop_orders", "unknown_reference", "customer_id", "c2", 3),
    ]

    deliver(
        "second",
        crm_customers=CUSTOMERS
        + "c2,b@x.example,2025-01-01,2025-01-01,\n"
        + "c3,new@x.example,2025-02-01,2025-02-01,\n",
        shop_orders=ORDERS
        + "o1,c1,,2025-01-02,paid,90,2025-01-09,\n"
        + "O1,c1,,2025-01-06,paid,minus ten,2025-01-09,\n",
    )
    # the late parent frees its rows; the guest has registered; a good correction counts
    second = {row[0]: row[1:] for row in warehouse.query(orders)}
    assert set(second) == {"O1", "o1", "o2", "o3", "o4"}
    assert second["o1"][1] == 90
    assert second["O1"][1] == 10
    assert second["o4"][0] == "c3"
    assert warehouse.query("select reason, column_text from quarantine.quarantined_rows") == [
        ("not_a_number", "minus ten")
    ]

    deliver(
        "third",
        crm_customers=CUSTOMERS + "c2,b@x.example,2025-01-01,2025-03-01,true\n",
        shop_orders=ORDERS + "o1,c1,,2025-01-02,paid,90,2025-03-01,true\n",
    )
    # a deleted order takes its lines along, a deleted customer the orders: counted, in no model
    third = {row[0] for row in warehouse.query(orders)}
    assert third == {"O1", "o3", "o4"}
    assert warehouse.query("select count(*) from staging.stg_shop__order_items") == [(0,)]
    assert warehouse.query(
        "select raw_table, rows_landed, rows_staged, rows_quarantined, rows_superseded,"
        " rows_deleted from marts.data_quality where rows_landed > 0 order by 1"
    ) == [
        ("crm_customers", 4, 2, 0, 1, 1),
        ("shop_order_items", 2, 0, 0, 0, 2),
        ("shop_orders", 8, 3, 1, 2, 2),
    ]


def test_merges_chains_cycles_and_ids_known_from_links_alone(tmp_path: Path) -> None:
    """Orders follow the survivor; a cycle is refused; an id without a record keeps its orders."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    created = "2025-01-0{},2025-01-01,\n"
    (folder / "crm_customers.csv").write_text(
        CUSTOMERS
        + "".join(f"{name},,{created.format(n)}" for n, name in enumerate("abcde", start=1))
        + f"twin,e@x.example,{created.format(6)}"
        + f"other,E@x.example ,{created.format(7)}"
    )
    (folder / "crm_customer_links.csv").write_text(
        "customer_id,merged_into_customer_id,linked_at\n"
        "a,b,2025-02-01\nb,c,2025-02-02\ngone,c,2025-02-03\nlost,gone2,2025-02-03\n"
        "d,e,2025-02-03\ne,d,2025-02-04\nold,older,2025-02-05\nolder,nowhere,2025-02-05\n"
    )
    (folder / "shop_orders.csv").write_text(
        ORDERS
        + "".join(
            f"o-{name},{name},,2025-01-10,paid,10,,\n"
            for name in ("a", "b", "c", "d", "e", "gone", "old", "lost", "twin", "other")
        )
    )
    warehouse = Warehouse(tmp_path / "home").land(folder).build({})
    owners = dict(warehouse.query("select order_id, customer_id from marts.fct_orders"))
    assert owners == {
        **dict.fromkeys(["o-a", "o-b", "o-c", "o-gone"], "c"),
        **dict.fromkeys(["o-twin", "o-other"], "twin"),
        "o-d": "d",
        "o-e": "e",
        "o-old": "old",
    }
    assert warehouse.query(
        "select raw_table, reason, column_text from quarantine.quarantined_rows order by 1, 2, 3"
    ) == [
        ("crm_customer_links", "merge_cycle", "d"),
        ("crm_customer_links", "merge_cycle", "e"),
        ("crm_customer_links", "unknown_reference", "gone2"),
        ("crm_customer_links", "unknown_reference", "nowhere"),
        ("shop_orders", "unknown_reference", "lost"),
    ]
