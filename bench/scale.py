"""Holdfast at growing sizes: what each stage costs.

    python bench/scale.py [--customers 1500 10000 100000] [--times 3] [--memory 7GB]

Lands and builds sample companies (bench/companies.py) in an installation each, and notes for every
stage the time on the wall, the time of processors and the most memory, with rows and bytes.
`--memory` limits DuckDB's. A size that takes less than five minutes is measured
`--times` over. All stays in .bench (HOLDFAST_BENCH): bench/report.py writes of it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
from companies import company
from installation import WORK, holdfast, median_of, note, several, size_of
from measured import Measured, Stages

# The sample company first.
SIZES = (1_500, 10_000, 100_000)
STAGES = ("land", "erase", "dbt", "staging", "facts", "marts", "tests", "forecast", "publish")
# How dbt's log tells that a statement has ended.
STATEMENT = re.compile(r"SQL status: \S+ in ([0-9.]+) seconds")


def at_size(customers: int, times: int, memory: str | None) -> dict[str, Any]:
    """Landing and a whole build of one size: cost by stage, rows and bytes."""
    raw, home = company(customers).raw, WORK / f"home{customers}"

    def once() -> Measured:
        shutil.rmtree(home, ignore_errors=True)
        landed = holdfast(home, "land", str(raw))
        # bench/side_by_side.py begins here
        shutil.copyfile(home / "warehouse.duckdb", WORK / f"landed{customers}.duckdb")
        built = holdfast(home, "build", memory=memory, stages_of=Stages())
        built.stages["land"] = landed.total
        built.total.seconds += landed.total.seconds
        built.total.cpu += landed.total.cpu
        built.total.peak = max(built.total.peak, landed.total.peak)
        return built

    runs = several(times, once)
    return {
        "runs": len(runs),
        "memory_limit": memory,
        **contents(home),
        "raw_bytes": size_of(raw),
        **median_of(runs),
    }


def contents(home: Path) -> dict[str, float]:
    """Rows that came in and went out, bytes, and the time of dbt's statements."""
    manifest = json.loads((home / "published" / "current" / "manifest.json").read_text())
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows_in = connection.execute("select sum(rows_landed) from marts.data_quality").fetchone()
    log = (home / "runs" / "logs" / "dbt.log").read_text(encoding="utf-8", errors="replace")
    statements = [float(seconds) for seconds in STATEMENT.findall(log)]
    return {
        "statements": len(statements),
        "statement_seconds": sum(statements),
        "rows_in": int(rows_in[0]),
        "rows_out": sum(table["rows"] for table in manifest["tables"].values()),
        "warehouse_bytes": (home / "warehouse.duckdb").stat().st_size,
        "published_bytes": size_of(home / "published"),
    }


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--memory")
    given = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    for customers in given.customers:
        note("sizes", {str(customers): at_size(customers, given.times, given.memory)})


if __name__ == "__main__":
    main()
