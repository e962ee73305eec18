"""The same marts by every way from the same files: what each costs, and whether all agree.

    python bench/side_by_side.py [--customers 1000000] [--times 3] [--memory 6GB]

Needs bench/scale.py of that size before. The marts are retention, cohorts, RFM, lifetime value,
revenue retention and NPS; the ways are Holdfast's models (dbt build, without tests, forecasts and
publication), one DuckDB script by hand (the floor), Polars, and pandas; and for MRR alone the logic
of dbt-labs/mrr-playbook. They run by turns, each in a process of its own, and what they make is
compared row by row, by a hash of all sorted rows. Holdfast begins with landed rows, the others with
Parquet files; these keep no history, refuse no rows, and know no segments. `--memory` limits
Holdfast's DuckDB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from companies import company
from installation import LONG_SECONDS, PROJECT, WORK, environ, median, note
from measured import Measured, measured
from sides.answers import COLUMNS as MARTS
from sides.answers import of_database, of_files, of_playbook, of_warehouse

from orchestration.build import WITHOUT_CHECKS

SIDES = Path(__file__).with_name("sides")
FIRST_DAY, AS_OF = "2024-01-01", "2026-01-01"
# The same company as in sample_data/vars.yml, without segments, as seen on a fixed day.
VARIABLES = {
    "business_timezone": "Asia/Bangkok",
    "reporting_currency": "USD",
    "as_of_date": AS_OF,
    "segments": [],
}


def ways(customers: int, home: Path) -> dict[str, tuple[list[str], Callable[[], dict[str, str]]]]:
    """Command of each way, and what reads its answers."""
    given = [str(company(customers).raw), FIRST_DAY, AS_OF, str(PROJECT / "seeds")]
    dbt = [str(Path(sys.executable).with_name("dbt")), "build", "--full-refresh"]
    dbt += WITHOUT_CHECKS
    dbt += ["--select", *(f"+{mart}" for mart in MARTS), "--vars", json.dumps(VARIABLES)]
    dbt += ["--target-path", str(WORK / "target"), "--log-path", str(WORK / "logs")]

    def script(name: str, place: Path, *scripts: str) -> list[str]:
        return [sys.executable, str(SIDES / name), str(place), *given, *scripts]

    floor, playbook = WORK / "floor.duckdb", WORK / "playbook.duckdb"
    polars, pandas = WORK / "polars", WORK / "pandas"
    by_hand = ("people", "subscriptions", "mrr_playbook")
    return {
        "holdfast": (dbt, lambda: of_warehouse(home / "warehouse.duckdb")),
        "floor": (script("floor.py", floor), lambda: of_database(floor)),
        "polars": (script("polars_side.py", polars), lambda: of_files(polars)),
        "pandas": (script("pandas_side.py", pandas), lambda: of_files(pandas)),
        "mrr-playbook": (script("floor.py", playbook, *by_hand), lambda: of_playbook(playbook)),
    }


def side_by_side(customers: int, times: int, memory: str | None) -> dict[str, Any]:
    """Costs, answers, and the marts in which they differ."""
    home = WORK / "side"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    compared = ways(customers, home)
    # By turns, so that a slower moment of the machine meets all.
    runs: dict[str, list[Measured]] = {way: [] for way in compared}
    for turn in range(times):
        for way, (command, _) in compared.items():
            if not turn or runs[way][0].total.seconds < LONG_SECONDS:
                if way == "holdfast":
                    landed = WORK / f"landed{customers}.duckdb"
                    shutil.copyfile(landed, home / "warehouse.duckdb")
                runs[way].append(measured(command, environ(home, memory), PROJECT))
                print(f"{way}: {runs[way][-1].total}", flush=True)
    answers = {way: answers() for way, (_, answers) in compared.items()}
    differing = {
        mart
        for found in answers.values()
        for mart, answer in found.items()
        if answer != answers["floor"][mart]
    }
    return {
        "ways": {way: median([run.total for run in found]) for way, found in runs.items()},
        "seconds_of_each": {way: [run.total.seconds for run in runs[way]] for way in runs},
        "answers": answers,
        "differing": sorted(differing),
    }


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--memory")
    given = parser.parse_args()
    found = side_by_side(given.customers, given.times, given.memory)
    note("sides", {str(given.customers): found})
    if found["differing"]:
        raise SystemExit(f"other answers than the floor's in {', '.join(found['differing'])}")


if __name__ == "__main__":
    main()
