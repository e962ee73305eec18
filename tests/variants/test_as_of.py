"""Any past day can be rebuilt as it was: as_of_date gives what only the earlier data gives."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.contract import read_contract
from tests.python.warehouses import SAMPLE_VARS, Warehouse, differences

# In the sample's business zone; a month's first day and a day inside one.
DAYS = ["2025-04-01", "2024-11-18"]
# Columns whose instant may lie ahead of the row: nobody knew them before they came.
LATER = {
    "billing_subscription_terms": ["ended_at"],
    "engagement_web_sessions": ["ended_at"],
    "loyalty_accounts": ["left_at"],
    "marketing_outreach": ["sent_at"],
    "marketing_referrals": ["converted_at"],
    "support_tickets": ["first_replied_at", "solved_at"],
}
# Columns that were filled in with one of these.
WITH_IT = {("marketing_referrals", "converted_at"): "referred_customer_id"}
# Visits can be older than the record of the visitor.
PARENTS = {
    "shop_order_items": ("order_id", "shop_orders"),
    "engagement_web_sessions": ("customer_id", "crm_customers"),
}


def deliver_earlier(sample: Path, folder: Path, day: str) -> None:
    """Writes to `folder` what of `sample` was known before the first instant of `day`.

    Reads the files by itself, not through landing or staging. Text that is no date stays: nobody
    can say when it happened.
    """
    folder.mkdir()
    contract = read_contract(Path(__file__).parents[2])
    limit = f"timezone('{SAMPLE_VARS['business_timezone']}', timestamp '{day} 00:00:00')"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name in contract:
            source = sample / f"{name}.csv"
            connection.execute(
                f"create table {name} as select * from read_csv('{source}', all_varchar = true,"
                " header = true, null_padding = false, ignore_errors = true)"
            )
            columns = {row[0] for row in connection.execute(f"describe {name}").fetchall()}
            for column in ("updated_at", HAPPENED.get(name)):
                if column and column.rstrip(")").split("(")[-1].split(",")[0] in columns:
                    connection.execute(
                        f"delete from {name} where try_cast({column} as timestamptz) >= {limit}"
                    )
            for column in LATER.get(name, []):
                cleared = [column, WITH_IT.get((name, column))]
                connection.execute(
                    f"update {name} set {', '.join(f'{one} = null' for one in cleared if one)}"
                    # what lies beyond today is refused, on any day
                    f" where try_cast({column} as timestamptz) between {limit} and now()"
                )
        for name, (column, parent) in PARENTS.items():
            connection.execute(
                f"delete from {name} where {column} in ("
                f"select {column} from read_csv('{sample / parent}.csv', all_varchar = true,"
                f" header = true, ignore_errors = true) except select {column} from {parent})"
            )
        for name in contract:
            connection.execute(f"copy {name} to '{folder / name}.csv' (header)")


HAPPENED = {
    "crm_customers": "created_at",
    "crm_customer_links": "linked_at",
    "crm_erasure_requests": "requested_at",
    "shop_orders": "ordered_at",
    "shop_refunds": "refunded_at",
    "billing_subscription_terms": "started_at",
    "billing_cancellations": "coalesce(requested_at, effective_at)",
    "voice_survey_invitations": "sent_at",
    "voice_survey_responses": "responded_at",
    "voice_product_reviews": "reviewed_at",
    "engagement_email_events": "occurred_at",
    "engagement_social_interactions": "occurred_at",
    "engagement_web_sessions": "started_at",
    "finance_exchange_rates": "rate_date",
    "loyalty_accounts": "joined_at",
    "loyalty_ledger": "occurred_at",
    "loyalty_tier_changes": "changed_at",
    "marketing_outreach": "planned_at",
    "marketing_referrals": "invited_at",
    "marketing_spend": "spend_date",
    "shop_promotion_exposures": "exposed_at",
    "support_tickets": "opened_at",
}


@pytest.mark.parametrize("day", DAYS)
def test_past_day_equals_a_warehouse_of_earlier_data(
    sample: Path, built_sample: Warehouse, tmp_path: Path, day: str
) -> None:
    deliver_earlier(sample, tmp_path / "earlier", day)
    # Lines that are no rows were left out of both: they belong to the files, not to a day.
    past = built_sample.copy(tmp_path / "past")
    past.execute("delete from raw.landing_rejected_lines")
    past.execute("delete from raw.landing_files")
    then = {**SAMPLE_VARS, "as_of_date": day}
    past.build(then, checked=False).forecast(then, checked=False)
    earlier = Warehouse(tmp_path / "only").land(tmp_path / "earlier").build()
    earlier.forecast(checked=False)
    assert str(earlier.query("select as_of_date from intermediate.int_as_of")[0][0]) == day
    assert past.query("select count(*) from marts.fct_orders") != built_sample.query(
        "select count(*) from marts.fct_orders"
    )
    for schema in ("marts", "forecasts"):
        assert differences(past, earlier, schema) == {}
