"""Time of a build that goes on after a day's delivery, against a full build, in pairs.

    python bench/incremental.py [--customers 400000] [--share 0.01] [--pairs 3] [--spread]

Makes a sample company, lands all but one day's delivery and builds; lands the delivery; then
measures by turns, each from that same state, `holdfast build` and `holdfast build
--full-refresh`, with every test. The delivery is every row of a share of the customers (new
customers and their history), or with --spread the newest rows of all: the last orders, terms and
answers of many. Prints the rows and customers of the delivery, each pair, and the median ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
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


def run(home: Path, *command: str) -> float:
    """Runs a command of the project on the warehouse in `home`; returns its seconds."""
    settings = {
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_VARS": f"@{PROJECT / 'sample_data' / 'vars.yml'}",
        "DO_NOT_TRACK": "1",
    }
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    for line in done.stdout.splitlines():
        if "builds anew" in line or "goes on" in line:
            print("   ", line.split("m", 1)[-1].strip())
    return seconds


def split(raw: Path, history: Path, day: Path, share: float, spread: bool) -> None:
    """Parts the files of `raw` into all but a delivery, and the delivery; prints what is in it."""
    every = round(1 / share)
    with duckdb.connect() as connection:
        connection.execute(
            f"create table owners as select order_id,"
            f" max(coalesce(customer_id, guest_email)) as owner, max(ordered_at) as happened_at"
            f" from '{raw}/shop_orders.parquet' group by order_id"
        )
        connection.execute(
            "create table members as select account_id, any_value(customer_id) as owner"
            f" from '{raw}/loyalty_accounts.parquet' group by account_id"
        )
        cut = connection.execute(
            "select quantile_disc(happened_at, ?) from owners", [1 - share]
        ).fetchone()[0]
        counts, customers = [], 0
        for file in sorted(raw.glob("*.parquet")):
            table = file.stem
            if table == "crm_erasure_requests":
                continue
            happened_at = HAPPENED_AT.get(table)
            source, owner = f"'{file}'", OWNERS.get(table, "customer_id")
            if table in ("shop_order_items", "shop_refunds"):
                source += " left join owners using (order_id)"
                owner, happened_at = "owners.owner", "owners.happened_at"
            elif table in ("loyalty_ledger", "loyalty_tier_changes"):
                source += " left join members using (account_id)"
                owner = "members.owner"
            in_day = f"{happened_at} >= '{cut}'" if spread else f"hash({owner}) % {every} = 0"
            if table not in HAPPENED_AT and table != "shop_order_items":
                in_day = "false"
            columns = "*"
            if "join" in source:
                columns = (
                    "* exclude (owner, happened_at)" if "owners" in source else "* exclude (owner)"
                )
            rows = []
            for folder, condition in ((history, f"not coalesce({in_day}, false)"), (day, in_day)):
                target = folder / file.name
                connection.execute(
                    f"copy (select {columns} from {source} where {condition}) to '{target}'"
                )
                rows.append(connection.execute(f"select count(*) from '{target}'").fetchone()[0])
            counts.append(rows)
            if not rows[1]:
                (day / file.name).unlink()
            elif table == "shop_orders":
                customers = connection.execute(
                    f"select count(distinct {owner}) from '{day / file.name}'"
                ).fetchone()[0]
    before, new = (sum(values) for values in zip(*counts, strict=True))
    print(
        f"{before:,} rows before, {new:,} in the delivery ({new / (before + new):.2%}),"
        f" with orders of {customers:,} customers",
        flush=True,
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=400_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--spread", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        names = ("home", "delivered", "raw", "history", "day")
        home, delivered, raw, history, day = (place / name for name in names)
        for folder in (history, day):
            folder.mkdir()
        sample = ["--out", str(raw), "--customers", str(options.customers)]
        run(home, "sample_data.generate", *sample, "--format", "parquet", "--no-dirt")
        split(raw, history, day, options.share, options.spread)
        run(home, "orchestration.cli", "land", str(history))
        print(f"first build {run(home, 'orchestration.cli', 'build'):.1f} s", flush=True)
        run(home, "orchestration.cli", "land", str(day))
        shutil.copytree(home, delivered)
        ratios = []
        for _ in range(options.pairs):
            seconds = []
            for refresh in ([], ["--full-refresh"]):
                shutil.rmtree(home)
                shutil.copytree(delivered, home)
                seconds.append(run(home, "orchestration.cli", "build", *refresh))
            ratios.append(seconds[0] / seconds[1])
            print(
                f"goes on {seconds[0]:.1f} s, full {seconds[1]:.1f} s, ratio {ratios[-1]:.1%}",
                flush=True,
            )
    print(f"median of {options.pairs} pairs: ratio {statistics.median(ratios):.1%}")


if __name__ == "__main__":
    main()
