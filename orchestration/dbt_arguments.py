"""What dbt is called with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import HoldfastError
from orchestration.settings import Settings

# Models that read the forecast, which reads the others.
AFTER_FORECASTS = "tag:after_forecasts"


def dbt_build_arguments(
    settings: Settings,
    *,
    variables: dict[str, Any] | None = None,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    threads: int | None = None,
) -> list[str]:
    """Arguments of `dbt build` for this installation.

    Unit tests and tests of macros are left out: they prove the code, not the data, and belong to
    `make test`. So are saved queries: a build has nothing to do for them.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test", "saved_query"]
    arguments += ["--exclude", "path:tests/cross_db", *exclude]
    arguments += _common_arguments(settings, variables)
    if full_refresh:
        arguments.append("--full-refresh")
    if select:
        arguments += ["--select", *select]
    if threads is not None:
        arguments += ["--threads", str(threads)]
    return arguments


def register_arguments(
    settings: Settings, folder: Path, tables: Sequence[str], variables: dict[str, Any] | None = None
) -> list[str]:
    """Arguments of the `dbt run-operation` that registers Parquet files as raw tables of Spark.

    `folder` holds one folder for each of `tables`.
    """
    wanted = {"location": str(folder.expanduser().absolute()), "tables": list(tables)}
    return operation_arguments(settings, "register_raw", "spark", wanted, variables)


def operation_arguments(
    settings: Settings,
    macro: str,
    target: str,
    wanted: Mapping[str, Any],
    variables: dict[str, Any] | None = None,
) -> list[str]:
    """Arguments of the `dbt run-operation` that calls a macro with what is wanted."""
    arguments = ["run-operation", macro, "--target", target, "--args", json.dumps(wanted)]
    return arguments + _common_arguments(settings, variables)


def _common_arguments(settings: Settings, variables: dict[str, Any] | None) -> list[str]:
    arguments = ["--project-dir", str(settings.project), "--profiles-dir", str(settings.project)]
    arguments += ["--log-path", str(settings.runs / "logs")]
    if variables:
        # Dates that YAML recognised go back to the ISO text that dbt's vars hold.
        arguments += ["--vars", json.dumps(variables, default=str)]
    return arguments


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that dbt needs, and those that keep it from calling home."""
    return {
        "HOLDFAST_HOME": str(settings.home),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def all_variables(project: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every var with its value: those given before those that dbt_project.yml states."""
    stated = (project / "dbt_project.yml").read_text(encoding="utf-8")
    return {**yaml.safe_load(stated)["vars"], **given}


def read_variables(text: str | None) -> dict[str, Any]:
    """dbt vars from YAML text, or from the file named after `@`; {} where there is none.

    Raises HoldfastError where the file cannot be read or the text is no mapping.
    """
    if not text or not text.strip():
        return {}
    place = "--vars"
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        place = f"--vars {text}"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HoldfastError(f"{place}: the file cannot be read: {error}") from error
    try:
        variables = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise HoldfastError(f"{place} is not valid YAML: {' '.join(str(error).split())}") from error
    if variables is None:
        return {}
    if not isinstance(variables, dict):
        raise HoldfastError(f"{place} must be a YAML mapping such as '{{reporting_currency: THB}}'")
    return variables
