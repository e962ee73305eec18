"""Full snapshots against increments: what a snapshot lacks was deleted at the source."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.dbt_arguments import all_variables
from orchestration.erasure import erase
from orchestration.landing import LandingReport, land
from tests.python.warehouses import Warehouse

VARS = {"reporting_currency": "USD", "snapshot_tables": ["crm_customers"]}
MODELS = ("+stg_shop__orders", "+base_crm__customer_links", "+base_crm__customers")


def deliver(
    warehouse: Warehouse,
    folder: Path,
    *customers: str,
    city: str = "",
    has_unreadable_b: bool = False,
) -> None:
    """One file of customers, landed as a snapshot; each delivery has other bytes."""
    folder.mkdir(parents=True)
    lines = [f"{name},2024-01-01,{city},2024-01-0{len(customers)}\n" for name in customers]
    lines += ["b,a comma, too many,,\n"] * has_unreadable_b
    text = "customer_id,created_at,city,updated_at\n" + "".join(lines)
    (folder / "crm_customers.csv").write_text(text)
    land_snapshot(warehouse, folder)


def land_snapshot(warehouse: Warehouse, folder: Path) -> LandingReport:
    """Lands `folder` where crm_customers is a table of snapshots."""
    return land(folder, replace(warehouse.settings, vars_text=json.dumps(VARS)))


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Customers a, b and c, with an order each."""
    warehouse = Warehouse(tmp_path / "home")
    orders = tmp_path / "orders"
    orders.mkdir()
    lines = [f"o{n},{n},2024-06-01,paid,10\n" for n in "abc"]
    text = "order_id,customer_id,ordered_at,status,gross_amount\n" + "".join(lines)
    (orders / "shop_orders.csv").write_text(text)
    warehouse.land(orders)
    deliver(warehouse, tmp_path / "first", "a", "b", "c")
    return warehouse


def verdicts(warehouse: Warehouse, variables: dict) -> tuple[dict[str, str], dict[str, str]]:
    """Verdict of each customer's newest row, and of each order."""
    statuses = warehouse.dbt("run", "--select", *MODELS, variables=variables)
    assert set(statuses.values()) == {"success"}
    customers = warehouse.query(
        "select customer_id, _verdict from staging.base_crm__customers where _version = 1"
    )
    orders = warehouse.query("select customer_id, _verdict from staging.base_shop__orders")
    return dict(customers), dict(orders)


def test_what_a_snapshot_lacks_is_deleted_until_it_comes_again(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    everyone = {name: "staged" for name in "abc"}
    assert verdicts(warehouse, VARS) == (everyone, everyone)
    deliver(warehouse, tmp_path / "second", "a", "c")
    without_b = {**everyone, "b": "deleted"}
    assert verdicts(warehouse, VARS) == (without_b, without_b)
    deliver(warehouse, tmp_path / "third", "a", "b", "c", city="Paris")
    assert verdicts(warehouse, VARS) == (everyone, everyone)


def test_an_older_snapshot_that_returns_counts_again(warehouse: Warehouse, tmp_path: Path) -> None:
    deliver(warehouse, tmp_path / "second", "a", "c")
    assert land_snapshot(warehouse, tmp_path / "second").batch_id is None
    assert land_snapshot(warehouse, tmp_path / "first").batch_id is not None
    everyone = {name: "staged" for name in "abc"}
    assert verdicts(warehouse, VARS) == (everyone, everyone)


def test_a_snapshot_in_several_files_is_one_delivery(warehouse: Warehouse, tmp_path: Path) -> None:
    """The file with a is known, but without it a would be absent from the newest delivery."""
    deliver(warehouse, tmp_path / "second", "a")
    head = "customer_id,created_at,updated_at\n"
    (tmp_path / "second" / "crm_customers-2.csv").write_text(head + "c,2024-01-01,2024-01-04\n")
    report = land_snapshot(warehouse, tmp_path / "second")
    assert [file.rows_landed for file in report.files] == [1, 1]
    assert verdicts(warehouse, VARS)[0] == {"a": "staged", "b": "deleted", "c": "staged"}


def test_a_snapshot_with_rejected_lines_deletes_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    deliver(warehouse, tmp_path / "second", "a", has_unreadable_b=True)
    everyone = {name: "staged" for name in "abc"}
    assert verdicts(warehouse, VARS) == (everyone, everyone)
    deliver(warehouse, tmp_path / "third", "a", "b", city="Paris")
    assert verdicts(warehouse, VARS)[0] == {**everyone, "c": "deleted"}


def test_a_row_kept_without_its_person_is_not_missed(warehouse: Warehouse, tmp_path: Path) -> None:
    requests = tmp_path / "requests"
    requests.mkdir()
    (requests / "crm_erasure_requests.csv").write_text(
        "customer_id,requested_at\nb,2024-06-01T00:00:00Z\n"
    )
    warehouse.land(requests)
    choice = {"erasure_past_totals": "keep_anonymous"}
    assert erase(warehouse.settings, all_variables(warehouse.settings.project, choice))
    deliver(warehouse, tmp_path / "second", "a")
    customers, orders = verdicts(warehouse, VARS)
    (anonymous,) = set(customers) - set("abc")
    assert customers == orders == {"a": "staged", "c": "deleted", anonymous: "staged"}


def test_an_increment_deletes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    deliver(warehouse, tmp_path / "second", "a", "c")
    everyone = {name: "staged" for name in "abc"}
    assert verdicts(warehouse, {"reporting_currency": "USD"}) == (everyone, everyone)


def test_a_snapshot_of_later_does_not_change_the_past(warehouse: Warehouse, tmp_path: Path) -> None:
    """All was landed today: on a day of the past nobody knew what a snapshot lacks."""
    deliver(warehouse, tmp_path / "second", "a", "c")
    customers, orders = verdicts(warehouse, {**VARS, "as_of_date": "2024-07-01"})
    assert set(customers.values()) == {"staged"} and set(orders.values()) == {"staged"}


def test_an_unknown_table_stops_the_build(warehouse: Warehouse) -> None:
    variables = {**VARS, "snapshot_tables": ["crm_custmers"]}
    statuses = warehouse.dbt("run", "--select", *MODELS, variables=variables)
    assert "error" in statuses.values()
