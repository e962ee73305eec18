"""A whole build: erasures that are due, dbt, the forecast, dbt."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.contract import read_contract
from orchestration.dbt_arguments import (
    AFTER_FORECASTS,
    all_variables,
    dbt_build_arguments,
    dbt_environment,
    operation_arguments,
    register_arguments,
)
from orchestration.dbt_runs import target_folder
from orchestration.erasure import Outcome, erase, is_due
from orchestration.errors import NO_MEMORY, HoldfastError, says_no_memory, told
from orchestration.lake import Lake
from orchestration.landing.book import quoted
from orchestration.raw_export import export_raw
from orchestration.settings import Settings
from orchestration.warehouse import close_warehouse, open_warehouse, relations, rows_of

WITHOUT_CHECKS = ("--exclude-resource-type", "test", "unit_test")
TESTS = "resource_type:test"
FAILED = ("error", "fail", "runtime error", "partial success")


def build_everything(
    settings: Settings,
    given: dict[str, Any],
    say: Callable[[str], None],
    tell: Callable[[str], None] = lambda line: None,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    threads: int | None = None,
) -> None:
    """dbt, the forecast, dbt; or with `select` dbt alone. The caller holds the writer's lock.

    `given` are the vars set; `tell` receives what only the curious want to know. Raises
    HoldfastError, naming the failed nodes, where any failed.
    """
    # Of a part of the models nobody is erased: the rest would be missing until all is built.
    if not select:
        erase_what_is_due(settings, given, say=say)
    prepare_dbt(settings)
    target = target_folder(settings, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}", "build")

    def build(**selection: Sequence[str]) -> None:
        arguments = dbt_build_arguments(
            settings, variables=given, full_refresh=full_refresh, threads=threads, **selection
        )
        arguments += ["--target-path", str(target)]
        tell(f"dbt {' '.join(arguments)}")
        run_dbt(arguments, settings)

    if select:
        build(select=select)
        return
    # Takes a second to import, which other commands need not wait for.
    from orchestration.prediction.forecast import make_forecasts

    build(exclude=[AFTER_FORECASTS])
    for line in make_forecasts(settings, all_variables(settings.project, given)).lines():
        say(line)
    build(select=[AFTER_FORECASTS])


def build_on_spark(
    settings: Settings,
    given: dict[str, Any],
    say: Callable[[str], None],
    tell: Callable[[str], None] = lambda line: None,
    threads: int | None = None,
) -> Settings:
    """The same on the target spark, raw brought there first, without checks; then every check by
    DuckDB, on what Spark made. The caller holds the writer's lock.

    Returns the settings under which that can be read and published. Raises HoldfastError, naming
    the failed nodes, where any failed.
    """
    from orchestration.prediction.forecast import make_forecasts

    erase_what_is_due(settings, given, say=say)
    prepare_dbt(settings)
    lake = Lake(settings)
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"

    def dbt(step: str, arguments: list[str]) -> Path:
        target = target_folder(settings, run, step)
        arguments = [*arguments, "--target-path", str(target)]
        tell(f"dbt {' '.join(arguments)}")
        run_dbt(arguments, lake.reading)
        return target

    def build(target: str, **selection: Sequence[str]) -> Path:
        arguments = dbt_build_arguments(settings, variables=given, threads=threads, **selection)
        return dbt(target, [*arguments, "--target", target, *WITHOUT_CHECKS])

    tables = export_raw(settings, lake.raw)
    dbt("spark", register_arguments(settings, lake.raw, list(tables), given))
    build("spark", exclude=[AFTER_FORECASTS])
    lake.open()
    # Views are words of the engine that reads them.
    build("lake", select=["config.materialized:view"])
    dbt("lake", operation_arguments(settings, "adopt_build", "lake", {}, given))
    variables = all_variables(settings.project, given)
    for line in make_forecasts(lake.reading, variables).lines():
        say(line)
    forecasts = lake.keep_forecasts()
    dbt("spark", register_arguments(settings, lake.forecasts, forecasts, given))
    built = build("spark", select=[AFTER_FORECASTS])
    lake.look_again()
    lake.describe(built / "manifest.json")
    check = dbt_build_arguments(settings, variables=given, threads=threads, select=[TESTS])
    dbt("lake", [*check, "--target", "lake"])
    return lake.reading


def erase_what_is_due(
    settings: Settings, variables: dict[str, Any], say: Callable[[str], None]
) -> Outcome | None:
    """Carries out requests to be forgotten, saying what was done; None where there was nothing."""
    if not is_due(settings):
        return None
    outcome = erase(settings, all_variables(settings.project, variables), say)
    for line in outcome.lines() if outcome else ():
        say(line)
    return outcome


def check_raw_data(settings: Settings) -> None:
    """Raises HoldfastError where no raw table of the contract holds a row."""
    advice = "land files first, with `holdfast land FOLDER`"
    if not settings.warehouse.is_file():
        raise HoldfastError(f"there is no warehouse at {settings.warehouse}: {advice}")
    contract = read_contract(settings.project)
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        raw = relations(connection, "raw")
        for table in contract:
            if (
                table in raw
                and connection.execute(f"select 1 from raw.{quoted(table)} limit 1").fetchall()
            ):
                return
    raise HoldfastError(f"{settings.warehouse} holds no raw data yet: {advice}")


def make_profile(project: Path) -> None:
    """Copies profiles.example.yml to profiles.yml where that is missing."""
    profile = project / "profiles.yml"
    if not profile.exists():
        shutil.copyfile(project / "profiles.example.yml", profile)


def prepare_dbt(settings: Settings) -> None:
    """Gives dbt in this process its profile, its folder of logs and its environment."""
    make_profile(settings.project)
    (settings.runs / "logs").mkdir(parents=True, exist_ok=True)
    os.environ.update(dbt_environment(settings))


def run_dbt(arguments: list[str], settings: Settings) -> None:
    """Runs dbt in this process. Raises HoldfastError, naming the failed nodes, where any failed."""
    # Imported here: dbt takes a second to import, which `land` and `--help` need not pay.
    from dbt.cli.main import dbtRunner

    # On a full disk dbt's log cannot be written: what stopped the build is told, and not this.
    logging.raiseExceptions = False

    try:
        outcome = dbtRunner().invoke(arguments)
    finally:
        # dbt keeps the file open; a second connection of this process would not see the result.
        close_warehouse()
    if outcome.success:
        return
    log = f"see {settings.runs / 'logs' / 'dbt.log'}"
    if outcome.exception is not None:
        text = " ".join(told(outcome.exception).split())
        raise HoldfastError(f"dbt {arguments[0]} failed: {text}; {log}") from outcome.exception
    results = getattr(outcome.result, "results", [])
    if arguments[0] == "run-operation":
        # dbt has printed the reason, and keeps it nowhere else.
        raise HoldfastError(f"dbt {arguments[1]} failed for the reason above; {log}")
    failed = [result for result in results if str(result.status) in FAILED]
    names = ", ".join(result.node.unique_id for result in failed)
    # A test that could not run has stored nothing.
    stored = [stored_failures(r.node, settings) for r in failed if str(r.status) == "fail"]
    if any(says_no_memory(str(result.message)) for result in failed):
        stored.append(NO_MEMORY)
    found = "; ".join(text for text in stored if text)
    raise HoldfastError(
        f"dbt {arguments[0]} failed at {names}; {found + '; ' if found else ''}{log}"
    )


def stored_failures(node: Any, settings: Settings, most: int = 3) -> str:
    """What a failed test found, where it stores that in a table: its first `most` rows as text."""
    if not getattr(node.config, "store_failures", False):
        return ""
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        rows = rows_of(connection, f"select * from {node.relation_name} order by all limit {most}")
    listed = [", ".join(f"{name} {value}" for name, value in row.items()) for row in rows]
    return f"{node.schema}.{node.alias}: {' | '.join(listed)}" if listed else ""
