"""Time of a build that goes on after a day's delivery, against a full build, in pairs.

    python bench/incremental.py [--customers 1000000] [--share 0.01] [--days 40] [--pairs 1]

Takes a sample company apart: a share of its customers did something in the last days; what they
did then is the day's delivery, late rows among it. Lands and builds the rest, lands it; then
measures by turns, each from that same state, `holdfast build` and `holdfast build
--full-refresh`, with every test, forecast and publication; both must give the same marts. Prints
rows and customers of the delivery, each pair and the median ratio, and notes them in .bench.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
from installation import WORK, generated, holdfast, note
from measured import Measured, Stages

from orchestration.publication.copy import contents
from orchestration.warehouse import relations

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


def split(raw: Path, history: Path, day: Path, share: float, days: int) -> dict[str, int]:
    """Parts the files of `raw` into a day's delivery and all before; says what is in it."""
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
            f" - interval {days} day as cut from owners"
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
        every = max(1, round(lively / (share * everybody)))
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


def marts_of(home: Path) -> dict[str, tuple[Any, ...]]:
    """Rows, checksum and columns of every mart."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        names = sorted(relations(connection, "marts"))
        return {name: contents(connection, f"marts.{name}") for name in names}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--memory")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    home, delivered, history, day = (
        WORK / name for name in ("nightly", "delivered", "history", "day")
    )
    for folder in (home, delivered, history, day):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (history, day):
        folder.mkdir()
    delivery = split(generated(options.customers), history, day, options.share, options.days)
    print(json.dumps(delivery), flush=True)
    holdfast(home, "land", str(history))
    first = holdfast(home, "build", memory=options.memory)
    print(f"first build {first.total.seconds:.1f} s", flush=True)
    landing = holdfast(home, "land", str(day))
    shutil.copytree(home, delivered, symlinks=True)
    pairs: list[list[Measured]] = []
    for _ in range(options.pairs):
        pair, marts = [], []
        for refresh in ([], ["--full-refresh"]):
            shutil.rmtree(home)
            shutil.copytree(delivered, home, symlinks=True)
            run = holdfast(home, "build", *refresh, memory=options.memory, stages_of=Stages())
            pair.append(run)
            marts.append(marts_of(home))
        pairs.append(pair)
        seconds = [run.total.seconds for run in pair]
        ratio = seconds[0] / seconds[1]
        print(f"goes on {seconds[0]:.1f} s, full {seconds[1]:.1f} s, ratio {ratio:.1%}", flush=True)
        differing = sorted(name for name in marts[1] if marts[0].get(name) != marts[1][name])
        if differing:
            raise SystemExit(f"a full build gives other rows in {', '.join(differing)}")
    ratios = [pair[0].total.seconds / pair[1].total.seconds for pair in pairs]
    print(f"median of {options.pairs} pairs: ratio {statistics.median(ratios):.1%}")
    result = {
        **delivery,
        "memory_limit": options.memory,
        "landing": asdict(landing.total),
        "pairs": [[asdict(run.total) for run in pair] for pair in pairs],
        "stages": [{stage: asdict(cost) for stage, cost in run.stages.items()} for run in pairs[0]],
    }
    note("nightly", {str(options.customers): result})


if __name__ == "__main__":
    main()
