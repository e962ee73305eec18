"""Forecasts of businesses that give a model little or odd things to learn from.

Each is the sample's shop with its raw orders changed; a forecast always comes, says by row where
averages stand in and why, and is the same when it is made again.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import project_root
from tests.python.warehouses import SAMPLE_VARS, Warehouse, differences

FEW = "fewer than 50 buyers came back"
# what is done to raw, and why averages stand in for some or all buyers of today (None: they do not)
BUSINESSES = {
    "nobody ordered": ("delete from raw.shop_orders", set()),
    "one customer": (
        "delete from raw.shop_orders where customer_id is distinct from (select mode(customer_id)"
        " from raw.shop_orders)",
        {FEW},
    ),
    "everybody ordered once": (
        "delete from raw.shop_orders where order_id not in"
        " (select min_by(order_id, ordered_at) from raw.shop_orders group by customer_id)",
        {FEW},
    ),
    "a handful of customers": (
        "delete from raw.shop_orders where hash(customer_id) % 8 <> 0 or customer_id is null",
        {FEW},
    ),
    "everybody spends the same": (
        "update raw.shop_orders set gross_amount = '50', discount_amount = '0', currency = 'USD'",
        {None, "all spend the same"},
    ),
    "one order of a hundred million": (
        "update raw.shop_orders set gross_amount = '100000000' where order_id ="
        " (select min(order_id) from raw.shop_orders where status = 'paid')",
        {None, "spend varies too much for a mean", "the fit did not converge"},
    ),
}
READERS = ("+customer_next_actions", "+customer_lifetime_value", "+forecast_accuracy")
FIGURES = (
    "p_buy_30d, p_buy_90d, p_buy_365d, p_churn_90d, expected_margin_365d, margin_lower_365d,"
    " margin_upper_365d, clv_12m"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Some 400 customers with orders and nothing else, without dirt."""
    folder = tmp_path_factory.mktemp("shop")
    call = [sys.executable, "-m", "sample_data.generate", "--customers", "400", "--no-dirt"]
    subprocess.run(
        [*call, "--out", str(folder / "all")], cwd=project_root(), check=True, capture_output=True
    )
    (folder / "raw").mkdir()
    for table in ("crm_customers", "shop_orders", "finance_exchange_rates"):
        (folder / "raw" / f"{table}.csv").write_bytes(
            (folder / "all" / f"{table}.csv").read_bytes()
        )
    return Warehouse(folder / "home").land(folder / "raw")


@pytest.mark.parametrize("business", BUSINESSES)
def test_a_forecast_always_comes(business: str, shop: Warehouse, tmp_path: Path) -> None:
    change, reasons = BUSINESSES[business]
    odd = shop.copy(tmp_path / "odd")
    odd.execute(change)
    odd.build(SAMPLE_VARS, "--select", *READERS, checked=False).forecast(checked=False)
    today = "forecast_on = (select max(forecast_on) from intermediate.int_forecast_days)"
    found = odd.query(
        f"select distinct fallback_reason from forecasts.customer_forecasts where {today}"
    )
    assert {reason for (reason,) in found} <= reasons
    assert bool(found) == bool(reasons)
    statuses = odd.query("select distinct forecast_status from marts.customer_next_actions")
    assert {status for (status,) in statuses} <= {"fitted", "fallback"}

    for row in odd.query(f"select {FIGURES} from forecasts.customer_forecasts"):
        assert all(value is None or math.isfinite(value) for value in row)
        p_30, p_90, p_365, p_churn, margin, lower, upper, value = row
        assert 0 <= p_30 <= p_90 <= p_365 <= 1
        assert p_churn is None or 0 <= p_churn <= 1
        assert 0 <= lower <= upper
        assert 0 <= value <= margin * (1 + 1e-6) + 1e-6

    again = odd.copy(tmp_path / "again").forecast(checked=False)
    for schema in ("forecasts", "marts"):
        assert differences(odd, again, schema) == {}
