"""Every hostile value is kept exactly or refused by name: nothing is repaired."""

from __future__ import annotations

import pytest

from tests.python import hostile
from tests.python.warehouses import Warehouse

VARS = {"reporting_currency": "USD"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("values")
    hostile.deliver_hostile(folder / "delivery")
    warehouse = Warehouse(folder / "home").land(folder / "delivery")
    statuses = warehouse.dbt("run", "--select", "+base_shop__orders", variables=VARS)
    assert set(statuses.values()) == {"success"}
    return warehouse


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("ordered_at", hostile.INSTANTS),
        ("gross_amount", hostile.AMOUNTS),
        ("discount_amount", hostile.AMOUNTS),
        ("is_test", hostile.BOOLEANS),
        ("currency", hostile.CURRENCIES),
    ],
)
def test_values_of_orders(judged: Warehouse, column: str, values: dict[str, str]) -> None:
    found = dict(
        judged.query(
            f"select order_id, case when _verdict = 'staged' then cast({column} as varchar)"
            " when _verdict = 'quarantined' then _fault_reason end"
            f" from staging.base_shop__orders where starts_with(order_id, 'hostile-{column}-')"
        )
    )
    wanted = {f"hostile-{column}-{n}": shown.lower() for n, shown in enumerate(values.values())}
    assert {order: shown.lower() for order, shown in found.items()} == wanted


def test_birth_dates(judged: Warehouse) -> None:
    found = dict(
        judged.query(
            "select customer_id, case when _verdict = 'staged' then cast(birth_date as varchar)"
            " when _verdict = 'quarantined' then _fault_reason end"
            " from staging.base_crm__customers where starts_with(customer_id, 'hostile-birth-')"
        )
    )
    wanted = {f"hostile-birth-{n}": shown for n, shown in enumerate(hostile.DATES.values())}
    assert found == wanted


def test_ids_are_kept_as_they_are(judged: Warehouse) -> None:
    for table, column in (("shop__orders", "order_id"), ("crm__customers", "customer_id")):
        found = judged.query(
            f"select {column} from staging.base_{table}"
            f" where not starts_with({column}, 'hostile') and _verdict = 'staged'"
        )
        assert {row[0] for row in found} == set(hostile.IDS)


def test_refused_text_is_kept_as_delivered(judged: Warehouse) -> None:
    found = judged.query(
        "select _fault_text from staging.base_shop__orders"
        " where _fault_reason = 'not_a_number' and _fault_column = 'gross_amount'"
    )
    refused = {text for text, shown in hostile.AMOUNTS.items() if shown == "not_a_number"}
    assert {row[0] for row in found} == refused
