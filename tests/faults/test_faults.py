"""Faults that warehouses have: each, injected alone, fails a named check that stops the build."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.python.warehouses import SAMPLE_VARS, Warehouse

PROJECT = Path(__file__).parents[2]
AMOUNTS = "assert_amounts_reach_the_marts"
BUCKETS = "assert_clv_buckets_hold_all_customers"
CAUSES = "assert_every_loss_has_one_cause"
CONVERTED = "assert_amounts_are_converted"
DELIVERED = "amounts_are_as_delivered"
ENDS = "assert_period_ends_agree_with_facts"
FORECAST_SUMS = "assert_forecast_sums_agree_with_their_rows"
INTERRUPTED = "assert_no_feed_is_interrupted"
JUMPS = "assert_no_exchange_rate_jumps"
LANDING = "assert_raw_equals_landing_book"
OVERVIEW = "assert_overview_agrees_with_its_marts"
POINTS = "assert_points_ledger_balances"
ROWS = "assert_sums_agree_with_their_rows"
SIGNALS = "assert_signals_reach_the_marts"
SUMS = "assert_period_sums_agree_with_facts"

MARCH = "= date '2025-03-01'"
LATE_MARCH = "between date '2025-03-16' and date '2025-03-31'"
MONTH = f"period_grain = 'month' and period_start {MARCH}"
HALF = "hash(customer_id) % 2 = 0"
TWO_SEGMENTS = "segment_name in ('country', 'gender')"

BASE = "staging.base_shop__orders"
FACTS = "marts.fct_orders"

# {fault: {where: (SQL, the check that must fail)}}
FAULTS = {
    "duplicated rows": {
        "raw": ("insert into raw.shop_orders from raw.shop_orders", LANDING),
        "staging": (f"insert into {BASE} from {BASE}", "unique_key_stg_shop__orders"),
        "facts": (f"insert into {FACTS} from {FACTS}", "unique_key_fct_orders"),
        "one row": (
            "insert into marts.fct_refunds from marts.fct_refunds limit 1",
            "unique_key_fct_refunds",
        ),
        "customer periods": (
            f"insert into marts.fct_customer_periods from marts.fct_customer_periods where {MONTH}",
            "unique_key_fct_customer_periods",
        ),
        "mart": (
            "insert into marts.nps_by_period from marts.nps_by_period",
            "unique_key_nps_by_period",
        ),
    },
    "two segments dropped": {
        mart: (f"delete from marts.{mart} where {TWO_SEGMENTS}", f"segments_add_up_{mart}")
        for mart in (
            "retention_by_period",
            "cohort_retention",
            "survival_by_tenure",
            "repeat_purchase_by_period",
            "new_vs_returning_by_period",
            "revenue_retention_by_period",
            "lifetime_value_by_period",
            "nps_by_period",
            "churn_causes_by_period",
            "segment_profiles",
            "service_by_period",
            "service_retention_link",
            "engagement_by_period",
            "feedback_by_period",
            "loyalty_by_period",
            "loyalty_member_uplift",
            "referrals_by_period",
        )
    }
    | {
        "of one month": (
            f"delete from marts.retention_by_period where {TWO_SEGMENTS} and {MONTH}",
            "segments_add_up_retention_by_period",
        ),
        "two values": (
            "delete from marts.lifetime_value_by_period where segment_value in ('TH', 'VN')",
            "segments_add_up_lifetime_value_by_period",
        ),
        "the whole": (
            "delete from marts.cohort_retention where segment_name = 'all'",
            "segments_add_up_cohort_retention",
        ),
        "all but the whole": (
            "delete from marts.nps_by_period where segment_name <> 'all'",
            "segments_add_up_nps_by_period",
        ),
    },
    "a month lost": {
        "raw": ("delete from raw.shop_orders where ordered_at like '2025-03-%'", LANDING),
        "staging": (f"delete from {BASE} where date_trunc('month', ordered_at) {MARCH}", AMOUNTS),
        "facts": (f"delete from {FACTS} where date_trunc('month', ordered_on) {MARCH}", AMOUNTS),
        "refunds": (
            f"delete from marts.fct_refunds where date_trunc('month', refunded_on) {MARCH}",
            AMOUNTS,
        ),
        "spells": (
            f"delete from marts.fct_customer_spells where date_trunc('month', started_on) {MARCH}",
            ENDS,
        ),
        "MRR movements": (
            f"delete from marts.fct_mrr_movements where date_trunc('month', moved_on) {MARCH}",
            ENDS,
        ),
        "survey responses": (
            "delete from marts.fct_survey_responses"
            f" where date_trunc('month', responded_on) {MARCH}",
            SUMS,
        ),
        "customer periods": (f"delete from marts.fct_customer_periods where {MONTH}", ENDS),
        "subscribers' periods": (
            f"delete from marts.fct_customer_periods where {MONTH} and basis = 'subscription'",
            ENDS,
        ),
        "periods": (f"delete from marts.dim_periods where {MONTH}", ENDS),
        "retention_by_period": (f"delete from marts.retention_by_period where {MONTH}", ENDS),
        "purchases in revenue_retention_by_period": (
            f"delete from marts.revenue_retention_by_period where {MONTH} and basis = 'purchase'",
            SUMS,
        ),
        "subscriptions in revenue_retention_by_period": (
            "delete from marts.revenue_retention_by_period"
            f" where {MONTH} and basis = 'subscription'",
            ENDS,
        ),
        **{
            mart: (f"delete from marts.{mart} where {MONTH}", SUMS)
            for mart in (
                "repeat_purchase_by_period",
                "new_vs_returning_by_period",
                "lifetime_value_by_period",
                "nps_by_period",
            )
        },
        "a window of nps_by_period": (
            f"delete from marts.nps_by_period where {MONTH} and window_name = 'rolling_90d'",
            SUMS,
        ),
        "causes of churn": (f"delete from marts.churn_causes_by_period where {MONTH}", CAUSES),
        "service_by_period": (f"delete from marts.service_by_period where {MONTH}", SIGNALS),
        "engagement_by_period": (f"delete from marts.engagement_by_period where {MONTH}", SIGNALS),
        "loyalty_by_period": (f"delete from marts.loyalty_by_period where {MONTH}", POINTS),
        "lots of points": (
            f"delete from marts.fct_loyalty_lots where date_trunc('month', earned_on) {MARCH}",
            POINTS,
        ),
        "a cohort": (f"delete from marts.cohort_retention where cohort_month {MARCH}", AMOUNTS),
        "a month of all cohorts": (
            "delete from marts.cohort_retention where months_since_start = 3",
            AMOUNTS,
        ),
        "never delivered": (f"delete from {BASE} where ordered_at::date {LATE_MARCH}", INTERRUPTED),
    },
    "half a month lost": {
        "raw": (
            "delete from raw.shop_orders where substr(ordered_at, 1, 10)"
            " between '2025-03-16' and '2025-03-31'",
            LANDING,
        ),
        "staging": (f"delete from {BASE} where ordered_at::date {LATE_MARCH}", AMOUNTS),
        "facts": (f"delete from {FACTS} where ordered_on {LATE_MARCH}", AMOUNTS),
        "MRR movements": (
            f"delete from marts.fct_mrr_movements where moved_on {LATE_MARCH}",
            ENDS,
        ),
        "customer periods": (
            f"delete from marts.fct_customer_periods where {MONTH} and {HALF}",
            ENDS,
        ),
        "buyers' periods": (
            f"delete from marts.fct_customer_periods where {MONTH} and {HALF} and orders > 0",
            SUMS,
        ),
        "mart": (
            "update marts.new_vs_returning_by_period set new_orders = new_orders // 2,"
            f" new_net_revenue = new_net_revenue / 2 where {MONTH} and segment_name = 'all'",
            SUMS,
        ),
    },
    "a wrong currency rate": {
        "delivered ten times too high": (
            "update staging.base_finance__exchange_rates set rate = rate * 10"
            " where from_currency = 'THB' and to_currency = 'USD' and rate_date ="
            " (select max(rate_date) from staging.base_finance__exchange_rates"
            " where rate_date < date '2025-06-01')",
            JUMPS,
        ),
        "delivered turned round": (
            "update staging.base_finance__exchange_rates set rate = 1 / rate"
            " where from_currency = 'THB' and to_currency = 'USD'"
            " and rate_date >= date '2025-06-01'",
            JUMPS,
        ),
        "of orders in one month": (
            f"update {FACTS} set gross_amount = gross_amount * 1.01, tax_amount = tax_amount * 1.01"
            f" where currency = 'THB' and date_trunc('month', ordered_on) {MARCH}",
            CONVERTED,
        ),
        "1 for orders": (
            f"update {FACTS} set discount_amount = discount_amount_local where currency <> 'USD'",
            CONVERTED,
        ),
        "of refunds": (
            "update marts.fct_refunds set amount = amount * 0.9 where currency = 'THB'",
            CONVERTED,
        ),
        "of terms": (
            "update intermediate.int_subscription_terms set mrr = mrr * 1.1 where currency = 'THB'",
            CONVERTED,
        ),
    },
    "an amount column shifted": {
        "by one column in staging": (
            f"update {BASE} set gross_amount = discount_amount, discount_amount = shipping_amount,"
            " shipping_amount = tax_amount, tax_amount = gross_amount",
            DELIVERED,
        ),
        "by one row in staging": (
            f"update {BASE} set gross_amount = moved.gross_amount from (select order_id, coalesce("
            "lag(gross_amount) over (order by order_id), last(gross_amount order by order_id)"
            f" over ()) as gross_amount from {BASE}) as moved"
            f" where {BASE}.order_id = moved.order_id",
            DELIVERED,
        ),
        "in staged refunds": (
            "update staging.base_shop__refunds set amount = amount * 100",
            DELIVERED,
        ),
        "in staged terms": (
            "update staging.base_billing__subscription_terms set amount = quantity",
            DELIVERED,
        ),
        "by one column in facts": (
            f"update {FACTS} set shipping_amount = tax_amount, tax_amount = shipping_amount",
            CONVERTED,
        ),
        "by one row in facts": (
            f"update {FACTS} set gross_amount = moved.gross_amount from (select order_id, coalesce("
            "lag(gross_amount) over (order by order_id), last(gross_amount order by order_id)"
            f" over ()) as gross_amount from {FACTS}) as moved"
            f" where {FACTS}.order_id = moved.order_id",
            CONVERTED,
        ),
        "by one month in a mart": (
            "update marts.lifetime_value_by_period set net_revenue = moved.net_revenue from"
            " (select * replace (lag(net_revenue, 1, 0) over (partition by basis, period_grain,"
            " segment_name, segment_value order by period_start) as net_revenue)"
            " from marts.lifetime_value_by_period) as moved"
            " where lifetime_value_by_period.basis = moved.basis"
            " and lifetime_value_by_period.period_grain = moved.period_grain"
            " and lifetime_value_by_period.period_start = moved.period_start"
            " and lifetime_value_by_period.segment_name = moved.segment_name"
            " and lifetime_value_by_period.segment_value = moved.segment_value",
            SUMS,
        ),
    },
    "a mart of sums that is off": {
        "a month": (f"delete from marts.overview_by_period where {MONTH}", OVERVIEW),
        "a figure of the overview": (
            "update marts.overview_by_period set metric_value = 1 - metric_value"
            f" where {MONTH} and metric_name = 'churn_rate' and segment_name = 'all'",
            OVERVIEW,
        ),
        "limits of the overview": (
            "update marts.overview_by_period set lower_95 = upper_95 where metric_name = 'nps'",
            OVERVIEW,
        ),
        "what the overview shows": (f"delete from marts.nps_by_period where {MONTH}", OVERVIEW),
        "a month of cohort averages": (
            "delete from marts.cohort_averages where months_since_start = 3",
            ROWS,
        ),
        "a count of cohort averages": (
            "update marts.cohort_averages set previous_active_customers = active_customers"
            " where segment_name = 'all'",
            ROWS,
        ),
        "one cohort": (f"delete from marts.cohort_retention where cohort_month {MARCH}", ROWS),
        "an RFM segment": ("delete from marts.rfm_by_segment where rfm_segment = 'lost'", ROWS),
        "names of RFM segments": (
            "update marts.rfm_by_segment set rfm_segment = case rfm_segment when 'lost'"
            " then 'champions' when 'champions' then 'lost' else rfm_segment end",
            ROWS,
        ),
        "rejected lines": ("delete from marts.refusals_by_reason where refused = 'line'", ROWS),
        "refused rows": (
            "update marts.refusals_by_reason set refusals = refusals + 1 where raw_table ="
            " 'shop_orders' and reason = 'in_future'",
            ROWS,
        ),
        "a value decile": (
            "update marts.value_deciles set clv_to_date = clv_to_date - 1 where value_decile = 2",
            FORECAST_SUMS,
        ),
        "a band of actions": (
            "update marts.next_actions_by_band set reachable_customers = customers",
            FORECAST_SUMS,
        ),
        "a forecast total": (
            "update marts.forecast_totals set expected_total = expected_total * 1.001"
            " where horizon_days = 365",
            FORECAST_SUMS,
        ),
        "a margin of one customer": (
            "update marts.customer_forecasts set expected_margin_90d = expected_margin_90d + 1"
            " where customer_id = (select max(customer_id) from marts.customer_forecasts"
            " where forecast_status = 'fitted')",
            FORECAST_SUMS,
        ),
        "a horizon": ("update marts.forecast_totals set horizon_days = 60", FORECAST_SUMS),
        "bounds of CLV buckets": (
            "update marts.clv_distribution set upper_bound = upper_bound + 1, lower_bound ="
            " lower_bound + 1",
            BUCKETS,
        ),
        "a CLV bucket": ("delete from marts.clv_distribution where bucket_number = 3", BUCKETS),
        "customers of a CLV bucket": (
            "update marts.clv_distribution set customers = customers + 1 where bucket_number = 24",
            BUCKETS,
        ),
    },
    "a wrong forecast": {
        "a reason that is missing": (
            "delete from forecasts.forecast_contributions where signal_name = 'very_late'",
            "assert_contributions_add_up",
        ),
        "a chance that nobody gave reasons for": (
            "update intermediate.int_todays_forecasts set p_churn_90d = p_churn_90d / 2",
            "assert_contributions_add_up",
        ),
        "chances that are too high": (
            "update marts.forecast_accuracy set is_calibrated = calibration_error + 0.1 <= 0.05",
            "assert_forecasts_are_calibrated",
        ),
    },
    "a stale feed": {
        table: (f"delete from staging.base_{table} where {column} >= date '{day}'", INTERRUPTED)
        for table, column, day in (
            ("shop__orders", "ordered_at", "2025-12-02"),
            ("shop__refunds", "refunded_at", "2025-12-02"),
            ("billing__subscription_terms", "started_at", "2025-12-02"),
            ("billing__cancellations", "coalesce(requested_at, effective_at)", "2025-10-02"),
            ("voice__survey_invitations", "sent_at", "2025-12-02"),
            ("voice__survey_responses", "responded_at", "2025-12-02"),
            ("voice__product_reviews", "reviewed_at", "2025-12-02"),
            ("finance__exchange_rates", "rate_date", "2025-12-02"),
        )
    },
}
CASES = {
    f"{fault}: {where}": case for fault, places in FAULTS.items() for where, case in places.items()
}


@pytest.mark.parametrize("fault", CASES)
def test_fault_fails_its_check(built_sample: Warehouse, tmp_path: Path, fault: str) -> None:
    sql, check = CASES[fault]
    broken = built_sample.copy(tmp_path / "broken")
    broken.execute(sql)
    statuses = broken.dbt("test", "--select", f"{check}*")
    noticed = {name for name, status in statuses.items() if status in ("fail", "warn")}
    assert any(name.startswith(check) for name in noticed), statuses


@pytest.mark.parametrize(
    ("sql", "select", "check"),
    [
        (
            "update intermediate.int_exchange_rates set rate = rate * 1.1 where currency = 'THB'",
            "int_order_amounts int_refund_amounts int_subscription_terms fct_orders fct_refunds",
            CONVERTED,
        ),
        (
            "update intermediate.int_order_amounts set gross_amount = discount_amount,"
            " discount_amount = shipping_amount, shipping_amount = tax_amount,"
            " tax_amount = gross_amount",
            "fct_orders",
            CONVERTED,
        ),
        (
            f"delete from intermediate.int_date_periods where date_day {LATE_MARCH}",
            "int_customer_period_orders fct_customer_periods",
            SUMS,
        ),
        (
            f"delete from intermediate.int_period_totals where {TWO_SEGMENTS}",
            "lifetime_value_by_period",
            "segments_add_up_lifetime_value_by_period",
        ),
    ],
    ids=["a wrong rate", "shifted columns", "half a month lost", "two segments dropped"],
)
def test_fault_that_is_built_on_stops_the_build(
    built_sample: Warehouse, tmp_path: Path, sql: str, select: str, check: str
) -> None:
    broken = built_sample.copy(tmp_path / "broken")
    broken.execute(sql)
    statuses = broken.dbt(
        *("build", "--exclude-resource-type", "unit_test", "--select", *select.split(), f"{check}*")
    )
    assert any(name.startswith(check) and statuses[name] == "fail" for name in statuses), statuses


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        (f"insert into {FACTS} from {FACTS} limit 1", AMOUNTS),
        (f"delete from marts.fct_refunds where refunded_on {LATE_MARCH}", AMOUNTS),
        (f"delete from marts.fct_customer_periods where {MONTH} and {HALF}", SUMS),
    ],
    ids=["a fact twice", "refunds lost", "half a month lost"],
)
def test_fault_between_builds_stops_the_one_that_goes_on(
    built_sample: Warehouse, tmp_path: Path, sql: str, check: str
) -> None:
    broken = built_sample.copy(tmp_path / "broken")
    broken.execute(sql)
    statuses = broken.dbt("build", "--exclude-resource-type", "unit_test")
    assert broken.query("select is_continued, is_complete from last_build.build") == [(True, False)]
    assert statuses[check] == "fail", statuses


LAST_MONTH = "ordered_at >= '2025-12-02'"


@pytest.fixture
def stale(built_sample: Warehouse, tmp_path: Path) -> Warehouse:
    """The sample whose orders stopped a month ago: neither raw nor the landing's book has them."""
    stale = built_sample.copy(tmp_path / "stale")
    stale.execute(
        f"""
        update raw.landing_files set rows_landed = rows_landed
            - (select count(*) from raw.shop_orders where {LAST_MONTH})
        where raw_table = 'shop_orders';
        delete from raw.shop_orders where {LAST_MONTH}
        """
    )
    return stale


def test_a_stale_feed_stops_the_build(stale: Warehouse) -> None:
    statuses = stale.dbt("build", "--exclude-resource-type", "unit_test")
    assert {name for name, status in statuses.items() if status == "fail"} == {INTERRUPTED}
    assert stale.query("select raw_table, pause_days from quarantine.interrupted_feeds") == [
        ("shop_orders", 31)
    ]


@pytest.mark.parametrize("choice", [{"ended_feeds": ["shop_orders"]}, {"feed_pause_days": 60}])
def test_a_feed_may_pause_on_purpose(stale: Warehouse, choice: dict) -> None:
    selection = ("--select", f"+{INTERRUPTED}")
    stale.build({**SAMPLE_VARS, **choice}, *selection)


def test_only_a_feed_can_have_ended(built_sample: Warehouse, tmp_path: Path) -> None:
    variables = {**SAMPLE_VARS, "ended_feeds": ["orders"]}
    assert (
        built_sample.copy(tmp_path / "copy").dbt(
            "test", "--select", INTERRUPTED, variables=variables
        )
        == {}
    )


def test_every_feed_is_watched() -> None:
    """Whatever the contract gives an instant of its own, but records and requests of people."""
    watched = (PROJECT / "tests" / "singular" / f"{INTERRUPTED}.sql").read_text()
    sources = [
        table
        for path in (PROJECT / "models" / "staging").glob("*/_*__sources.yml")
        for source in yaml.safe_load(path.read_text())["sources"]
        for table in source["tables"]
    ]
    feeds = {
        table["name"]
        for table in sources
        if table.get("config", {}).get("meta", {}).get("happened_at")
    }
    assert len(feeds) >= 10
    assert {name for name in feeds if f"'{name}'" not in watched} == {
        "crm_customers",
        "crm_erasure_requests",
        "crm_customer_links",
        "loyalty_accounts",
        "loyalty_tier_changes",
    }
