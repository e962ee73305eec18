"""A folder of dbt's own for each run: no run reads or overwrites what another one wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.settings import Settings

KEPT_RUNS = 5
# dbt's parsed project, which spares a run seconds; dbt itself checks that it is still right.
PARSED = "partial_parse.msgpack"


def target_folder(settings: Settings, run: str, step: str) -> Path:
    """Makes <home>/runs/dbt/<run>/<step>, with the parsed project of the last run of that step.

    `run` is a word of ours: an id of Dagster's, or a time. Of all runs the last few stay.
    """
    runs = settings.runs / "dbt"
    folder = runs / run / step
    if folder.is_dir():
        return folder
    earlier = sorted(runs.glob("*/"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    folder.mkdir(parents=True)
    for one in earlier:
        if (one / step / PARSED).is_file():
            shutil.copyfile(one / step / PARSED, folder / PARSED)
            break
    for one in [path for path in earlier if path.name != run][KEPT_RUNS - 1 :]:
        shutil.rmtree(one, ignore_errors=True)
    return folder
