"""What assets and checks work with. The environment is read when a run begins, never at import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.cli import make_profile
from orchestration.dbt_arguments import dbt_environment
from orchestration.settings import Settings

# Every op that opens the DuckDB file stands in this pool, whose limit is 1: one build at a time.
POOL = "duckdb_warehouse"


class Holdfast(dg.ConfigurableResource):
    """This installation: its settings, and dbt."""

    def settings(self) -> Settings:
        """Settings as the environment states them now."""
        return Settings.from_env()

    def dbt(self) -> DbtCliResource:
        """dbt of this Python environment. Makes the home and profiles.yml where they are missing.

        profiles.yml reads HOLDFAST_HOME, in dbt's process and in this one, so it is set here.
        """
        settings = self.settings()
        settings.home.mkdir(parents=True, exist_ok=True)
        make_profile(settings.project)
        os.environ.update(dbt_environment(settings))
        return DbtCliResource(
            project_dir=str(settings.project),
            profiles_dir=str(settings.project),
            dbt_executable=dbt_executable(),
        )

    def artifacts(self, step: str) -> Path:
        """Folder for dbt's artifacts of one step. The next run of the step finds its parsed project
        there, which spares it seconds, and overwrites it; the pool keeps two from doing so at once.
        """
        return self.settings().runs / "dbt" / step


def dbt_executable() -> str:
    """The dbt beside this Python, whatever PATH says; else the one in PATH."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.exists() else "dbt"


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for the processes started within."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
