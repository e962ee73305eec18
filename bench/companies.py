"""Sample companies as Parquet files, each taken apart into a day's delivery and all before it.

Of a share of the customers the last days are the delivery: new rows, and late ones.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
from installation import PROJECT, WORK
from measured import measured

# A hundredth of the customers, with rows of up to so many days.
SHARE, DAYS = 0.01, 40
HAPPENED_AT = {
    "crm_customers": "created_at",
    "crm_customer_links": "linked_at",
    "shop_orders": "ordered_at",
    "shop_refunds": "refunded_at",
    "billing_subscription_terms": "started_at",
    "billing_cancellations": "requested_at",
    "voice_survey_invitations": "sent_at",
    "voice_survey_responses": "responded_at",
    "voice_product_reviews": "reviewed_at",
    "shop_promotion_exposures": "exposed_at",
    "loyalty_accounts": "joined_at",
    "loyalty_tier_changes": "changed_at",
    "loyalty_ledger": "occurred_at",
    "support_tickets": "opened_at",
    "engagement_email_events": "occurred_at",
    "engagement_web_sessions": "started_at",
    "engagement_social_interactions": "occurred_at",
    "marketing_referrals": "invited_at",
    "marketing_outreach": "planned_at",
}
OWNERS = {
    "shop_orders": "coalesce(customer_id, guest_email)",
    "marketing_referrals": "referrer_customer_id",
}


@dataclass(frozen=True)
class Company:
    """Files of one company; all are made where they are missing."""

    customers: int

    @property
    def folder(self) -> Path:
        """Of all that follows."""
        return WORK / f"company{self.customers}"

    @property
    def raw(self) -> Path:
        """Folder of what was delivered before the day."""
        return self.folder / "raw"

    @property
    def day(self) -> Path:
        """Folder of the day's delivery."""
        return self.folder / "day"

    @property
    def delivery(self) -> dict[str, int]:
        """Rows and customers of the delivery, and of all."""
        return json.loads((self.folder / "delivery.json").read_text())


def company(customers: int) -> Company:
    """A sample company, without planted dirt."""
    one = Company(customers)
    if one.folder.is_dir():
        return one
    part = one.folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    command = [sys.executable, "-m", "sample_data.generate", "--out", str(part / "all")]
    command += ["--customers", str(customers), "--format", "parquet", "--no-dirt"]
    measured([*command, "--truth", str(part / "truth.json")], {}, PROJECT)
    for name in (one.raw.name, one.day.name):
        (part / name).mkdir()
    delivery = split(part / "all", part / one.raw.name, part / one.day.name)
    (part / "delivery.json").write_text(json.dumps(delivery))
    shutil.rmtree(part / "all")
    part.rename(one.folder)
    return one


def split(raw: Path, history: Path, day: Path) -> dict[str, int]:
    """Parts the files of `raw` into a day's delivery and all before; counts rows and customers."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            "create table owners as select order_id,"
            " max(coalesce(customer_id, guest_email)) as owner, max(ordered_at) as happened_at"
            f" from '{raw}/shop_orders.parquet' group by order_id"
        )
        connection.execute(
            "create table members as select account_id, any_value(customer_id) as owner"
            f" from '{raw}/loyalty_accounts.parquet' group by account_id"
        )
        connection.execute(
            "create table window_start as select max(happened_at::timestamptz)"
            f" - interval {DAYS} day as cut from owners"
        )
        sources = {file: source_of(file) for file in sorted(raw.glob("*.parquet"))}
        active = " union ".join(
            f"select {owner} from {source} where {recent(happened_at)}"
            for source, owner, happened_at in sources.values()
            if happened_at
        )
        connection.execute(f"create table active as select * from ({active}) as t (owner)")
        everybody, lively = (
            connection.execute(f"select count(distinct {one}) from {table}").fetchall()[0][0]
            for one, table in (
                ("customer_id", f"'{raw}/crm_customers.parquet'"),
                ("owner", "active"),
            )
        )
        every = max(1, round(lively / (SHARE * everybody)))
        connection.execute(f"create table touched as from active where hash(owner) % {every} = 0")
        counts = []
        for file, (source, owner, happened_at) in sources.items():
            in_day = (
                f"{owner} in (from touched) and {recent(happened_at)}" if happened_at else "false"
            )
            columns = f"columns({file.stem}.*)" if "join" in source else "*"
            counts.append(
                [
                    connection.execute(
                        f"copy (select {columns} from {source} where {condition})"
                        f" to '{folder / file.name}' (format parquet)"
                    ).fetchall()[0][0]
                    for folder, condition in (
                        (history, f"not coalesce({in_day}, false)"),
                        (day, in_day),
                    )
                ]
            )
            if not counts[-1][1]:
                (day / file.name).unlink()
        customers = connection.execute("select count(*) from touched").fetchall()[0][0]
    before, new = (sum(values) for values in zip(*counts, strict=True))
    return {
        "rows_before": before,
        "rows_in_delivery": new,
        "customers": everybody,
        "customers_in_delivery": customers,
    }


def source_of(file: Path) -> tuple[str, str, str | None]:
    """A table's file, and what says whose its rows are and when they happened; None: never new."""
    table = file.stem
    source, owner = f"'{file}' as {table}", OWNERS.get(table, "customer_id")
    if table in ("shop_order_items", "shop_refunds"):
        return f"{source} left join owners using (order_id)", "owner", "owners.happened_at"
    if table in ("loyalty_ledger", "loyalty_tier_changes"):
        return f"{source} left join members using (account_id)", "owner", HAPPENED_AT[table]
    return source, owner, HAPPENED_AT.get(table)


def recent(happened_at: str | None) -> str:
    """Condition: it happened in the last days."""
    return f"{happened_at}::timestamptz >= (select cut from window_start)"
