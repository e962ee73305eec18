"""Do the marts recover what the sample's true process says? 100 checks.

    python bench/recovery.py [--customers 100000] [--seed 20260101] [--folder FOLDER] [--reuse]

Makes a sample company, lands and builds it in a home of its own, and compares each expected value
of truth.json with the mart's own 95 % limits. Of 100 true values about 95 should lie inside. The
checks are the lists below, chosen by rule and not by outcome. Prints a line per group, what lies
outside, and `x of 100 inside`; exits 1 under 93.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
ENOUGH = 93
QUARTERS = [f"{year}-Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
WHOLE = "segment_name = 'all' and segment_value = 'all'"

# All promotions with a holdout over their whole audience, and by group where both are shown them.
PROMOTIONS = [
    (f"PROMO-{month}", "all")
    for month in ("202402", "202404", "202406", "202410", "202412", "202502", "202504", "202506",
                  "202510", "202512")
] + [
    (f"PROMO-{month}", group)
    for month in ("202402", "202404", "202412", "202502", "202512")
    for group in ("new", "returning")
]  # fmt: skip
SERVICE_MONTHS = MONTHS[4:23]  # 2024-05 to 2025-11: before, the club is small
CAUSE_QUARTERS = QUARTERS[1:]  # nobody is a member when the first quarter begins
# Causes as the mart names them, with the stated reasons of the truth that they stand for.
CAUSES = {
    "price": ("price",),
    "dissatisfaction": ("quality", "service"),
    "payment_failure": ("payment_failure",),
}
BREAKAGE_QUARTERS = QUARTERS[4:]  # nothing lapses in the first year
COSTS = [("social_ads", quarter) for quarter in QUARTERS] + [
    ("search_ads", quarter) for quarter in QUARTERS[4:]
]


@dataclass
class Check:
    """A true value, and where to find what the marts say: estimate and both limits."""

    group: str
    name: str
    truth: float | None
    said: Callable[[duckdb.DuckDBPyConnection], tuple | None]


def first_day(period: str) -> str:
    """First day of a month (2024-05) or quarter (2024-Q2)."""
    year, part = period.split("-")
    month = int(part[1:]) * 3 - 2 if part.startswith("Q") else int(part)
    return f"{year}-{month:02d}-01"


def row(mart: str, columns: str, where: str) -> Callable:
    """One row of a mart."""
    query = f"select {columns} from marts.{mart} where {where}"
    return lambda connection: connection.execute(query).fetchone()


def period(grain: str, label: str) -> str:
    """The condition of one period, over all customers."""
    return f"period_grain = '{grain}' and period_start = date '{first_day(label)}' and {WHOLE}"


def checks(effects: dict) -> Iterator[Check]:
    """All 100."""
    for label in QUARTERS:
        where = f"window_name = 'period' and {period('quarter', label)}"
        said = row("nps_by_period", "nps, lower_95, upper_95", where)
        yield Check("NPS by quarter", label, effects["nps"][label], said)
    for name, group in PROMOTIONS:
        where = f"promotion_id = '{name}' and audience_group = '{group}'"
        said = row("promotion_response", "incremental_rate, lower_95, upper_95", where)
        truth = effects["promotions"][name][group]["rate"]
        yield Check("incremental response by promotion", f"{name} {group}", truth, said)
    for label in SERVICE_MONTHS:
        where = "basis = 'subscription' and resolution_bucket = 'over 3 days' and "
        where += period("month", label)
        columns = "churn_difference, difference_lower_95, difference_upper_95"
        said = row("service_retention_link", columns, where)
        truth = effects["service"][label]["difference"]
        yield Check("churn after slow tickets by month", label, truth, said)
    for label in QUARTERS:
        said = row("referrals_by_period", "conversion_rate, lower_95, upper_95",
                   period("quarter", label))  # fmt: skip
        truth = effects["referral_conversion_rate"][label]
        yield Check("referral conversion by quarter", label, truth, said)
    for kind, labels in (("redemption", QUARTERS), ("breakage", BREAKAGE_QUARTERS)):
        for label in labels:
            columns = f"{kind}_rate, {kind}_lower_95, {kind}_upper_95"
            where = f"programme_id = 'LP-POINTS' and {period('quarter', label)}"
            truth = effects["loyalty"][label][f"{kind}_rate"]
            said = row("loyalty_by_period", columns, where)
            yield Check(f"{kind} of points by quarter", label, truth, said)
    for channel, label in COSTS:
        where = f"channel = '{channel}' and attribution = 'last_touch' and "
        said = row("acquisition_by_channel", "cac, cac_lower_95, cac_upper_95",
                   where + period("quarter", label))  # fmt: skip
        truth = effects["cac"][channel][label]["last_touch"]
        yield Check("cost of a new customer by channel", f"{channel} {label}", truth, said)
    for cause, reasons in CAUSES.items():
        for label in CAUSE_QUARTERS:
            where = f"basis = 'subscription' and is_stated and cause = '{cause}' and "
            columns = "share_of_lost_customers, share_lower_95, share_upper_95"
            said = row("churn_causes_by_period", columns, where + period("quarter", label))
            shares = [effects["churn_causes"][label][reason] for reason in reasons]
            truth = None if None in shares else sum(shares)
            yield Check("stated causes of loss by quarter", f"{cause} {label}", truth, said)


def compare(warehouse: Path, effects: dict) -> int:
    """Makes every check; prints the groups and what lies outside; returns how many are inside."""
    made = list(checks(effects))
    assert len(made) == 100, len(made)
    groups: dict[str, list[bool]] = {}
    outside = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for check in made:
            try:
                said = check.said(connection)
            except (duckdb.CatalogException, duckdb.BinderException) as problem:
                said = None
                reason = str(problem).splitlines()[0]
            else:
                reason = "no such row in the mart"
            known = said is not None and check.truth is not None and None not in said
            if known:
                estimate, lower, upper = map(float, said)
                inside = lower <= check.truth <= upper
                reason = f"true {check.truth:.4f}, mart {estimate:.4f} ({lower:.4f}, {upper:.4f})"
            else:
                inside = False
            groups.setdefault(check.group, []).append(inside)
            line = f"  {check.group}: {reason}"
            if not inside and known:
                outside.append(f"  {check.group}: {check.name}: {reason}")
            elif not inside and line not in outside:
                outside.append(line)
    for group, results in groups.items():
        print(f"{group:36} {sum(results):3} of {len(results):3}")
    print("outside:", *outside, sep="\n")
    return sum(map(sum, groups.values()))


def run(home: Path, *command: str) -> None:
    """Runs a command of the project on the warehouse in `home`."""
    settings = {
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_VARS": f"@{PROJECT / 'sample_data' / 'vars.yml'}",
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


def main() -> None:
    """Generates, builds, compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--folder", type=Path, help="kept afterwards; default: a temporary one")
    parser.add_argument("--reuse", action="store_true", help="compare what --folder already holds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.folder or Path(temporary)).resolve()
        home = place / "home"
        if not options.reuse:
            raw = place / "raw"
            sample = ["--out", str(raw), "--customers", str(options.customers)]
            sample += ["--seed", str(options.seed), "--format", "parquet"]
            run(home, "sample_data.generate", *sample)
            run(home, "orchestration.cli", "land", str(raw))
            run(home, "orchestration.cli", "build")
        effects = json.loads((place / "truth.json").read_text(encoding="utf-8"))["effects"]
        inside = compare(home / "warehouse.duckdb", effects)
    print(f"{inside} of 100 inside")
    sys.exit(inside < ENOUGH)


if __name__ == "__main__":
    main()
