"""The raw tables as Parquet files: the way to Spark, or into any lake."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

FILE = "part-0.parquet"


def export_raw(settings: Settings, folder: Path) -> dict[str, int]:
    """Writes every table of schema raw, as it is, to `folder`/<table>/part-0.parquet.

    Returns the rows of each table. All tables are of one moment, and an earlier export is replaced
    when the new one is complete. Raises HoldfastError where there is nothing to export, or where
    `folder` holds anything but an earlier export.
    """
    folder = folder.expanduser().absolute()
    if not settings.warehouse.is_file():
        raise HoldfastError(
            f"there is no warehouse at {settings.warehouse}: land files first, "
            "with `holdfast land FOLDER`"
        )
    _check_replaceable(folder)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        connection.execute("begin")
        tables = _raw_tables(connection)
        if not tables:
            raise HoldfastError(f"{settings.warehouse} holds no raw tables: land files first")
        rows = {table: _write(connection, table, partial / table / FILE) for table in tables}
    former = folder.with_name(folder.name + ".former")
    shutil.rmtree(former, ignore_errors=True)
    if folder.exists():
        folder.rename(former)
    partial.rename(folder)
    shutil.rmtree(former, ignore_errors=True)
    return rows


def _check_replaceable(folder: Path) -> None:
    if not folder.exists():
        return
    strange = (
        [folder]
        if not folder.is_dir()
        else [
            path
            for path in sorted(folder.iterdir())
            if not path.is_dir() or any(file.name != FILE for file in path.iterdir())
        ]
    )
    if strange:
        raise HoldfastError(
            f"{strange[0]} is no earlier export, and an export replaces its whole folder: "
            "name a folder that is new or empty"
        )


def _raw_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'raw' order by table_name"
    ).fetchall()
    return [name for (name,) in found]


def _write(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> int:
    file.parent.mkdir(parents=True)
    place = str(file).replace("'", "''")
    copied = connection.execute(f"copy raw.{quoted(table)} to '{place}' (format parquet)")
    return int(copied.fetchall()[0][0])
