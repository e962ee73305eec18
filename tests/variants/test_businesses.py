"""Other businesses than the sample: tables that are missing, choices that differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.warehouse import open_warehouse
from tests.python.warehouses import SAMPLE_VARS, Warehouse

SHOP = ["crm_customers", "shop_orders", "finance_exchange_rates"]
BILLING = ["crm_customers", "billing_subscription_terms", "finance_exchange_rates"]


@pytest.fixture(scope="module")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 150 customers of the sample company, dirt included."""
    folder = tmp_path_factory.mktemp("small") / "raw"
    subprocess.run(
        [sys.executable, "-m", "sample_data.generate", "--customers", "150", "--out", str(folder)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    return folder


def land_only(sample: Path, home: Path, tables: list[str]) -> Warehouse:
    folder = home / "delivery"
    folder.mkdir(parents=True)
    for table in tables:
        (folder / f"{table}.csv").write_bytes((sample / f"{table}.csv").read_bytes())
    return Warehouse(home).land(folder)


def rows(warehouse: Warehouse, table: str, where: str = "true") -> int:
    return warehouse.query(f"select count(*) from {table} where {where}")[0][0]


def test_a_shop_without_subscriptions_surveys_or_items(small_sample: Path, tmp_path: Path) -> None:
    shop = land_only(small_sample, tmp_path, SHOP).build()
    assert rows(shop, "marts.retention_by_period", "basis = 'purchase'") > 0
    assert rows(shop, "marts.retention_by_period", "basis = 'subscription'") == 0
    assert rows(shop, "marts.fct_mrr_movements") == 0
    assert rows(shop, "marts.nps_by_period") == 0
    assert rows(shop, "marts.customer_lifetime_value", "clv_arpa is not null") == 0
    assert rows(shop, "marts.fct_orders", "has_known_cost") == 0


def test_a_subscription_business_without_a_shop(small_sample: Path, tmp_path: Path) -> None:
    billing = land_only(small_sample, tmp_path, BILLING).build()
    assert rows(billing, "marts.retention_by_period", "basis = 'subscription'") > 0
    assert rows(billing, "marts.retention_by_period", "basis = 'purchase'") == 0
    assert rows(billing, "marts.cohort_retention", "basis = 'subscription'") > 0
    assert rows(billing, "marts.rfm_by_customer") == 0
    assert rows(billing, "marts.repeat_purchase_by_period") == 0


def test_tables_that_another_tool_fills_typed(small_sample: Path, tmp_path: Path) -> None:
    """Raw columns need not be text, nor carry the columns of the project's own landing."""
    landed = land_only(small_sample, tmp_path / "landed", SHOP)
    typed = Warehouse(tmp_path / "typed")
    typed.home.mkdir()
    with open_warehouse(typed.settings.warehouse, read_only=False) as connection:
        connection.execute(f"attach '{landed.settings.warehouse}' as landed (read_only)")
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.shop_orders as select order_id, customer_id, guest_email, status,"
            " try_cast(ordered_at as timestamptz) as ordered_at, currency,"
            " try_cast(gross_amount as double) as gross_amount,"
            " try_cast(nullif(discount_amount, '') as decimal(18, 2)) as discount_amount,"
            " try_cast(is_test as boolean) as is_test,"
            " try_cast(is_deleted as boolean) as is_deleted,"
            " try_cast(updated_at as timestamptz) as updated_at"
            " from landed.raw.shop_orders where order_id not like 'DIRT%' and order_id <> ''"
            " and try_cast(ordered_at as timestamptz) is not null"
            " and try_cast(gross_amount as double) is not null"
            " and isfinite(try_cast(gross_amount as double))"
        )
        connection.execute(
            "create table raw.crm_customers as select customer_id, email,"
            " try_cast(created_at as timestamptz) as created_at, country_code,"
            " try_cast(is_test as boolean) as is_test,"
            " try_cast(is_deleted as boolean) as is_deleted,"
            " try_cast(updated_at as timestamptz) as updated_at"
            " from landed.raw.crm_customers where try_cast(created_at as timestamptz) is not null"
            " and customer_id not like 'DIRT%'"
        )
        connection.execute(
            "create table raw.finance_exchange_rates as select"
            " try_cast(rate_date as date) as rate_date,"
            " from_currency, to_currency, try_cast(rate as double) as rate"
            " from landed.raw.finance_exchange_rates where try_cast(rate as double) > 0"
            " and try_cast(rate_date as date) < date '2100-01-01' and length(from_currency) = 3"
        )
    typed.build()
    landed.build(checked=False)
    for name in ("orders", "gross_amount"):
        total = f"sum({name})" if name != "orders" else "count(*)"
        sql = f"select {total} from marts.fct_orders where is_valid"
        assert typed.query(sql) == landed.query(sql)


@pytest.mark.parametrize(
    "choices",
    [
        # The only one in UTC, the default.
        {"reporting_currency": "USD", "unknown_cost_rate": 0.4, "rfm_window_days": 90},
        {"segments": [], "merge_on_shared_tokens": False, "subscription_grace_days": 10},
        {"segments": ["country"], "minimum_group_size": 50, "period_grains": ["week", "month"]},
        {
            "purchase_churn_days": 45,
            "purchase_churn_days_by_segment": {"country": {"VN": 120}},
            "net_churn_counts_reactivation": True,
            "valid_order_statuses": ["fulfilled"],
        },
    ],
    ids=lambda choices: ", ".join(choices),
)
def test_every_choice_builds_and_balances(
    small_sample: Path, tmp_path: Path, choices: dict
) -> None:
    """The build holds all books and bridges, whatever the vars say."""
    tables = [path.stem for path in small_sample.iterdir()]
    warehouse = land_only(small_sample, tmp_path, tables)
    default_zone = "reporting_currency" in choices
    warehouse.build(choices if default_zone else {**SAMPLE_VARS, **choices})
    assert rows(warehouse, "marts.retention_by_period") > 0


def test_unknown_segments_and_days_are_named(small_sample: Path, tmp_path: Path) -> None:
    warehouse = land_only(small_sample, tmp_path, SHOP)
    for choices in ({"segments": ["shoe_size"]}, {"as_of_date": "31/01/2026"}):
        statuses = warehouse.dbt("build", variables={**SAMPLE_VARS, **choices})
        assert "error" in statuses.values() or statuses == {}
