"""The forecast of the sample company, between the models that it reads and those that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.dbt_arguments import AFTER_FORECASTS, all_variables
from orchestration.prediction.forecast import make_forecasts
from orchestration.prediction.tables import TABLES
from orchestration.settings import project_root
from tests.python.warehouses import SAMPLE_VARS, Warehouse, differences

COLUMNS = "repeats, recency_days, age_days, days_left"


def test_without_a_forecast_the_marts_say_so(built_sample: Warehouse, tmp_path: Path) -> None:
    without = built_sample.copy(tmp_path / "without")
    for table in TABLES:
        without.execute(f"delete from forecasts.{table}")
    without.build(SAMPLE_VARS, "--select", AFTER_FORECASTS)
    assert without.query(
        "select distinct forecast_status, churn_probability, p_buy_90d"
        " from marts.customer_next_actions"
    ) == [("none", None, None)]
    values = "select count(clv_predicted_12m) from marts.customer_lifetime_value"
    assert without.query(values) == [(0,)]


def test_every_current_customer_has_a_chance_and_a_margin(built_sample: Warehouse) -> None:
    row = built_sample.row(
        "select count(*) as customers, count(churn_probability) as chances,"
        " min(churn_probability) as lowest, max(churn_probability) as highest,"
        " count(*) filter (where is_buyer and p_buy_90d is null) as buyers_without,"
        " count(*) filter (where margin_at_risk > 0) as at_risk"
        " from marts.customer_next_actions"
    )
    assert row["customers"] == row["chances"] > 300
    assert 0 <= row["lowest"] < row["highest"] <= 1
    assert row["buyers_without"] == 0
    assert row["at_risk"] > 300
    assert built_sample.query(
        "select distinct forecast_status from marts.customer_next_actions"
    ) == [("fitted",)]


def test_the_forecast_beats_every_rival(built_sample: Warehouse) -> None:
    """On each past day with enough buyers, by root mean squared error and by Brier score."""
    rivals = built_sample.query(
        "select forecast_on, horizon_days, ours.root_mean_squared_error, ours.brier_score,"
        " min(rivals.root_mean_squared_error), min(rivals.brier_score), ours.total_ratio"
        " from marts.forecast_accuracy as ours"
        " inner join marts.forecast_accuracy as rivals using (forecast_on, horizon_days, basis)"
        " where ours.model_name = 'forecast' and rivals.model_name <> 'forecast'"
        " and basis = 'purchase' and horizon_days < 365 and ours.customers > 700"
        " group by all"
    )
    assert len(rivals) >= 6
    for _, _, rmse, brier, best_rmse, best_brier, ratio in rivals:
        assert rmse < best_rmse
        assert brier < best_brier
        assert 0.85 < ratio < 1.15


def test_the_same_input_gives_the_same_forecast(built_sample: Warehouse, tmp_path: Path) -> None:
    again = built_sample.copy(tmp_path / "again").forecast()
    for schema in ("forecasts", "marts"):
        assert differences(built_sample, again, schema) == {}


def test_a_forecast_of_other_data_is_stale(built_sample: Warehouse, tmp_path: Path) -> None:
    """One customer's order is gone since: of him alone nothing is told."""
    stale = built_sample.copy(tmp_path / "stale")
    (customer,) = stale.query(
        "select customer_id from marts.customer_next_actions where is_buyer and not is_subscriber"
        " order by customer_id limit 1"
    )[0]
    stale.execute(
        "update forecasts.customer_forecasts set repeats = repeats + 1"
        f" where customer_id = '{customer}'"
    )
    stale.build(SAMPLE_VARS, "--select", AFTER_FORECASTS)
    assert stale.query(
        "select customer_id, churn_probability, p_buy_30d from marts.customer_next_actions"
        " where forecast_status = 'stale'"
    ) == [(customer, None, None)]


def test_a_failing_forecast_leaves_the_last_one(
    built_sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = built_sample.copy(tmp_path / "kept")
    monkeypatch.setattr("orchestration.prediction.forecast._write_figures", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_forecasts(kept.settings, all_variables(project_root(), SAMPLE_VARS))
    assert differences(built_sample, kept, "forecasts") == {}


def test_a_past_day_is_summarised_as_it_was(built_sample: Warehouse, tmp_path: Path) -> None:
    """As a rebuild with as_of_date has it, where no newer version hides a row of that day. Orders
    that were refunded in full since do not count, as nowhere."""
    now = built_sample.copy(tmp_path / "now")
    for (table,) in now.query(
        "select table_name from information_schema.columns where table_schema = 'raw'"
        " and column_name = 'updated_at' and table_name not like 'landing%'"
    ):
        now.execute(f"update raw.{table} set updated_at = null")
    (day,) = now.query(
        "select forecast_on::varchar from intermediate.int_forecast_days where weeks_ago = 32"
    )[0]
    then = now.copy(tmp_path / "then")
    summaries = ("--select", "+int_forecast_buyers", "+int_forecast_subscribers")
    now.build(SAMPLE_VARS, *summaries, checked=False)
    then.build({**SAMPLE_VARS, "as_of_date": day}, *summaries, checked=False)
    refunded = now.query(
        "select distinct customer_id from marts.fct_orders"
        " where status in ('paid', 'fulfilled') and not is_valid and customer_id is not null"
    )
    for model, columns in (
        ("int_forecast_buyers", COLUMNS),
        ("int_forecast_subscribers", "tenure_days, mrr"),
    ):
        rows = (
            f"select customer_id, {columns} from intermediate.{model} where forecast_on = '{day}'"
            f" and (customer_id,) not in {(('nobody',), *refunded)} order by all"
        )
        assert len(then.query(rows)) > 200
        assert now.query(rows) == then.query(rows)
