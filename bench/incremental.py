"""A night: a build that goes on after a day's delivery, against a full build.

    python bench/incremental.py [--customers 1000000] [--times 3] [--memory 7GB] [--refresh 2GB]

Needs bench/scale.py of that size before, whose home it takes over: what that built of all but the
day's delivery (bench/companies.py) is the full build that each night is compared with. Lands the
delivery, and measures `holdfast build` from that same state, with every test, forecast and
publication (once where it takes longer than five minutes); at last `holdfast build --full-refresh`,
one model at a time within the memory of `--refresh`, which must give the same marts.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
from companies import company
from installation import WORK, found, holdfast, median_of, note, several
from measured import Measured, Stages

from orchestration.publication.copy import contents
from orchestration.warehouse import relations

# Within little memory two models at a time may each want what the other has.
ONE_BY_ONE = ("--threads", "1")


def marts_of(home: Path) -> dict[str, tuple[Any, ...]]:
    """Rows, checksum and columns of every mart."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        names = sorted(relations(connection, "marts"))
        return {name: contents(connection, f"marts.{name}") for name in names}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--memory")
    parser.add_argument("--refresh")
    given = parser.parse_args()
    one, delivered, home = company(given.customers), WORK / f"home{given.customers}", WORK / "night"
    full = found()["sizes"][str(given.customers)]["stages"]
    landing = holdfast(delivered, "land", str(one.day))
    marts = []

    def night() -> Measured:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(delivered, home, symlinks=True)
        cost = holdfast(home, "build", memory=given.memory, stages_of=Stages())
        marts.append(marts_of(home))
        print(f"goes on: {cost.total}", flush=True)
        return cost

    nights = several(given.times, night)
    shutil.rmtree(home)
    built = sum(cost["seconds"] for stage, cost in full.items() if stage != "land")
    ratios = [night.total.seconds / built for night in nights]
    print(f"median of {len(nights)}: {statistics.median(ratios):.1%} of a full build")
    result: dict[str, Any] = {
        **one.delivery,
        "landing": asdict(landing.total),
        "ratios": ratios,
        "full_stages": full,
        **median_of(nights),
    }
    note("nightly", {str(given.customers): result})
    refresh = holdfast(delivered, "build", *ONE_BY_ONE, "--full-refresh", memory=given.refresh)
    marts.append(marts_of(delivered))
    differing = {name for name in marts[-1] for one in marts if one.get(name) != marts[-1][name]}
    result["refresh"] = {"memory_limit": given.refresh, "total": asdict(refresh.total)}
    result["differing"] = sorted(differing)
    note("nightly", {str(given.customers): result})
    if differing:
        raise SystemExit(f"a full build gives other rows in {', '.join(sorted(differing))}")


if __name__ == "__main__":
    main()
