"""What must change no figure: forgetting persons whose figures are kept, and another token key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.landing.rotation import rotate_key
from tests.python.test_privacy import ask, erased
from tests.python.warehouses import TOKEN_KEY, Warehouse

# Who is left alone is chosen by a hash of the id, and a guest's id is a token.
CHOSEN_BY_ID = {"next_actions_by_band": ("reachable_customers", "holdout_customers")}


def test_past_totals_stay_when_people_are_kept_without_their_person(
    sample: Path, tmp_path: Path
) -> None:
    """Every figure but those by age band and interest, which are not kept."""
    warehouse = Warehouse(tmp_path / "home").land(sample).build(checked=False)
    (second,) = warehouse.query(
        "select record_id from intermediate.int_customer_identities where record_id <> customer_id"
        " order by record_id limit 1"
    )
    (guest,) = warehouse.query(
        "select customer_id from marts.fct_orders where order_id in (select order_id from"
        " staging.stg_shop__orders where customer_id is null) and length(customer_id) < 60"
        " order by order_id limit 1"
    )
    warehouse.land(ask(tmp_path / "ask", second[0], guest[0])).build(checked=False)
    before = warehouse.copy(tmp_path / "before")
    outcome = erased(warehouse, erasure_past_totals="keep_anonymous")
    assert outcome.traces == {}
    assert outcome.rows["shop_orders"][1] > 0
    warehouse.build()
    assert differing_marts(before, warehouse, "age_band", "interest") == []


def test_another_key_changes_no_figure(sample: Path, tmp_path: Path) -> None:
    """And as many customers: guests are told apart by their tokens."""
    warehouse = Warehouse(tmp_path / "home").land(sample).build(checked=False)
    before = warehouse.copy(tmp_path / "before")
    settings = replace(warehouse.settings, token_key=None)
    settings.token_key_file.write_text(TOKEN_KEY)
    assert rotate_key(settings) > 1000
    warehouse.build()
    assert differing_marts(before, warehouse) == []
    customers = "select count(distinct customer_id), sum(gross_amount) from marts.fct_orders"
    assert before.query(customers) == warehouse.query(customers)
    guests = "select distinct customer_id from marts.fct_orders where length(customer_id) >= 64"
    assert set(before.query(guests)).isdisjoint(warehouse.query(guests))


def differing_marts(before: Warehouse, after: Warehouse, *left_out: str) -> list[str]:
    """Marts without customers that differ, rows of the segments `left_out` aside."""
    differing = []
    with duckdb.connect() as connection:
        for name, one in (("one", before), ("two", after)):
            connection.execute(f"attach '{one.settings.warehouse}' as {name} (read_only)")
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_catalog = 'one' and table_schema = 'marts'"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        compared = 0
        for table, names in columns.items():
            if "customer_id" in names or table == "data_quality":
                continue
            segments = ", ".join(f"'{name}'" for name in ("", *left_out))
            where = f" where segment_name not in ({segments})" if "segment_name" in names else ""
            held = [name for name in names if name not in CHOSEN_BY_ID.get(table, ())]
            compared += 1
            for a, b in (("one", "two"), ("two", "one")):
                rows = f"select {', '.join(held)} from {{}}.marts.{table}{where}"
                found = connection.execute(f"{rows.format(a)} except all {rows.format(b)}")
                differing += [table] if found.fetchall() else []
    assert compared >= 9
    return differing
