"""The jobs, and the nightly schedule."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg

from orchestration.dbt_arguments import all_variables, read_variables
from orchestration.errors import HoldfastError
from orchestration.inbox import inbox_files
from orchestration.settings import Settings


def nightly_job(unit_tests: dg.AssetChecksDefinition | None) -> dg.UnresolvedAssetJobDefinition:
    """Lands the inbox, builds and publishes everything, with every data test and no unit test."""
    selection = dg.AssetSelection.all()
    if unit_tests:
        selection -= dg.AssetSelection.checks(unit_tests)
    return dg.define_asset_job(
        "land_and_build",
        selection=selection,
        description="Lands the inbox, builds and tests every model, publishes the marts.",
        # A run whose process died is run again whole: what it left half-done is repaired so.
        tags={"dagster/retry_strategy": "ALL_STEPS"},
    )


def unit_test_job(unit_tests: dg.AssetChecksDefinition) -> dg.UnresolvedAssetJobDefinition:
    """Runs the unit tests alone, without touching the warehouse."""
    return dg.define_asset_job(
        "run_unit_tests",
        selection=dg.AssetSelection.checks(unit_tests),
        description="Runs dbt's unit tests in a database of their own.",
    )


def nightly_schedule(
    job: dg.UnresolvedAssetJobDefinition,
    project: Path,
    environ: Mapping[str, str] = os.environ,
) -> dg.ScheduleDefinition:
    """Runs `job` once a day, at HOLDFAST_SCHEDULE_HOUR (0 to 23, default 5) of the business zone,
    and HOLDFAST_SCHEDULE_MINUTE (0 to 59, default 0).

    Raises HoldfastError where the hour, the minute or the zone does not exist.
    """

    @dg.schedule(
        name="nightly",
        job=job,
        cron_schedule=f"{schedule_minute(environ)} {schedule_hour(environ)} * * *",
        execution_timezone=business_timezone(project, environ),
        description="Lands the inbox and builds everything, once a day.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly() -> dg.RunRequest | dg.SkipReason:
        settings = Settings.from_env()
        if not settings.warehouse.exists() and not inbox_files(settings.inbox):
            return dg.SkipReason(f"nothing to build: no warehouse yet, no file in {settings.inbox}")
        return dg.RunRequest()

    return nightly


def schedule_hour(environ: Mapping[str, str]) -> int:
    """Hour of the nightly run. Raises HoldfastError where it is no whole number from 0 to 23."""
    text = environ.get("HOLDFAST_SCHEDULE_HOUR") or "5"
    if not text.isdecimal() or int(text) > 23:
        raise HoldfastError(f"HOLDFAST_SCHEDULE_HOUR is {text!r}: state an hour from 0 to 23")
    return int(text)


def schedule_minute(environ: Mapping[str, str]) -> int:
    """Minute of that hour. Raises HoldfastError where it is no whole number from 0 to 59."""
    text = environ.get("HOLDFAST_SCHEDULE_MINUTE") or "0"
    if not text.isdecimal() or int(text) > 59:
        raise HoldfastError(f"HOLDFAST_SCHEDULE_MINUTE is {text!r}: state a minute from 0 to 59")
    return int(text)


def business_timezone(project: Path, environ: Mapping[str, str]) -> str:
    """IANA zone of the var business_timezone: HOLDFAST_VARS before dbt_project.yml.

    Raises HoldfastError where there is no such zone.
    """
    given = read_variables(environ.get("HOLDFAST_VARS"))
    zone = str(all_variables(project, given)["business_timezone"])
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise HoldfastError(f"business_timezone is {zone!r}, which is no IANA zone") from error
    return zone
