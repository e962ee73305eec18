"""Makes what Dagster needs, then becomes `dagster dev`: `python -m orchestration.dev`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from dagster import DagsterInstance

from orchestration.build import make_profile
from orchestration.dbt_arguments import dbt_environment
from orchestration.resources import POOL
from orchestration.settings import Settings

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def make_dagster_home(settings: Settings) -> Path:
    """Makes profiles.yml, the inbox and <home>/dagster with its dagster.yaml, where missing.

    Sets the pool's limit to 1 as well: a new instance has none, and an instance whose dagster.yaml
    says otherwise would let two builds fight for one file. Returns the folder for DAGSTER_HOME.
    """
    make_profile(settings.project)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / TEMPLATE.name).exists():
        shutil.copyfile(TEMPLATE, home / TEMPLATE.name)
    with DagsterInstance.from_config(str(home)) as instance:
        instance.event_log_storage.set_concurrency_slots(POOL, 1)
    return home


def dagster_environment(settings: Settings) -> dict[str, str]:
    """Environment variables for Dagster. This Python's folder comes first in PATH, for dbt."""
    beside = str(Path(sys.executable).parent)
    return {
        **dbt_environment(settings),
        "DAGSTER_HOME": str(settings.home / "dagster"),
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
    }


def main(arguments: list[str]) -> None:
    """Becomes `dagster dev` with `arguments`, in the project's folder."""
    settings = Settings.from_env()
    environ = {**os.environ, **dagster_environment(settings)}
    os.environ.update(environ)
    make_dagster_home(settings)
    os.chdir(settings.project)
    # A shell that starts this in the background has Ctrl-C ignored, and Dagster would ignore being
    # ended likewise.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(sys.executable, [sys.executable, "-m", "dagster", "dev", *arguments], environ)


if __name__ == "__main__":
    main(sys.argv[1:])
