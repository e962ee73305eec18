"""Installations of Holdfast that are measured, and what was found."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from measured import Cost, Measured, measured

PROJECT = Path(__file__).resolve().parents[1]
# Companies, installations and results; git does not see it.
WORK = Path(os.environ.get("HOLDFAST_BENCH") or PROJECT / ".bench").absolute()
# Packages whose versions are noted.
MEASURED = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "pyspark")
# What takes longer than this is measured once.
LONG_SECONDS = 300


def environ(home: Path, memory: str | None = None) -> dict[str, str]:
    """Environment of the project's commands on a home, as the sample company sets it."""
    limit = {"HOLDFAST_MEMORY_LIMIT": memory} if memory else {}
    return {
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_VARS": f"@{PROJECT / 'sample_data' / 'vars.yml'}",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
        **limit,
    }


def holdfast(
    home: Path,
    *arguments: str,
    memory: str | None = None,
    stages_of: Callable[[str], list[str]] | None = None,
) -> Measured:
    """Runs a command of the project on a home."""
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return measured(command, environ(home, memory), PROJECT, stages_of)


def several(times: int, once: Callable[[], Measured]) -> list[Measured]:
    """Measures `times` over, or once where it takes long."""
    found = [once()]
    while len(found) < times and found[0].total.seconds < LONG_SECONDS:
        found.append(once())
    return found


def median(costs: Sequence[Cost]) -> dict[str, float]:
    """Of each figure by itself."""
    return {
        name: statistics.median(getattr(cost, name) for cost in costs) for name in asdict(costs[0])
    }


def median_of(runs: Sequence[Measured]) -> dict[str, Any]:
    """Cost in all and by stage, and seconds of each run."""
    names = dict.fromkeys(stage for run in runs for stage in run.stages)
    return {
        "stages": {name: median([run.stages.get(name, Cost()) for run in runs]) for name in names},
        "total": median([run.total for run in runs]),
        "seconds_of_each": [run.total.seconds for run in runs],
    }


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; a file behind two names counts once."""
    files = {path.stat().st_ino: path.stat().st_size for path in folder.rglob("*")}
    return sum(files.values())


def found() -> dict[str, Any]:
    """All that was measured so far."""
    results = WORK / "results.json"
    return json.loads(results.read_text()) if results.is_file() else {}


def note(part: str, what: Mapping[str, Any]) -> None:
    """Adds results to a part of results.json, with what they were measured on, and prints them."""
    results = found()
    results["machine"] = machine()
    results.setdefault(part, {}).update(what)
    (WORK / "results.json").write_text(json.dumps(results, indent=1))
    print(json.dumps(what, indent=1), flush=True)


def machine() -> dict[str, str]:
    """What is measured on."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "processors": f"{os.cpu_count()} x {names[0] if names else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "Python": platform.python_version(),
    } | versions()


def versions() -> dict[str, str]:
    """Of the packages that are measured, where they are installed."""
    found = {}
    for name in MEASURED:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
