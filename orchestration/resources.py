"""What assets and checks work with. The environment is read when a run begins, never at import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource
from pydantic import PrivateAttr

from orchestration.build import make_profile
from orchestration.dbt_arguments import dbt_environment
from orchestration.dbt_runs import target_folder
from orchestration.errors import TransientError, told
from orchestration.journal import DAGSTER_RUN
from orchestration.lock import Run, writer_lock
from orchestration.settings import Settings

# Every op that opens the DuckDB file stands in this pool, whose limit is 1: one build at a time.
POOL = "duckdb_warehouse"
WAIT_SECONDS = 3600
MAX_RETRIES = 3
RETRY_SECONDS = 10


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

    def artifacts(self, run_id: str, step: str) -> Path:
        """Folder for dbt's artifacts of one step of one run."""
        return target_folder(self.settings(), run_id, step)


class Writer(dg.ConfigurableResource):
    """The writer's lock, held from the first step of a run to its last."""

    _run: Run = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Writer]:
        """Waits for another writer HOLDFAST_WAIT_SECONDS, an hour where that is unset: a run of the
        night comes in its turn. Raises TransientError after that."""
        settings = Settings.from_env()
        patience = settings.wait_seconds or WAIT_SECONDS
        say = context.log.info if context.log else print
        with writer_lock(replace(settings, wait_seconds=patience), DAGSTER_RUN, say) as run:
            self._run = run
            yield self

    @contextmanager
    def step(self, context: dg.AssetExecutionContext) -> Iterator[None]:
        """Around the body of a step. What may go away by itself is tried again, later each time;
        nothing else is. The run's line in the journal says why it failed."""
        try:
            yield
        except TransientError as error:
            if context.retry_number < MAX_RETRIES:
                context.log.warning(f"{error}: tried again")
            else:
                self._run.failure = told(error)
            raise dg.RetryRequested(MAX_RETRIES, RETRY_SECONDS * 2**context.retry_number) from error
        except Exception as error:
            self._run.failure = told(error)
            raise


def dbt_executable() -> str:
    """The dbt beside this Python that ends with the run it is of, whatever PATH says; else dbt."""
    beside = Path(sys.executable).parent / "holdfast-dbt"
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
