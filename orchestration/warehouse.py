"""Opening the warehouse file, with errors that a person can use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import HoldfastError, TransientError, told


def open_warehouse(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection in UTC. Raises TransientError where another process holds the file, and
    HoldfastError where it cannot be opened at all."""
    with _told(path):
        connection = duckdb.connect(str(path), read_only=read_only)
        connection.execute("set TimeZone = 'UTC'")
        _limit_memory(connection)
    return connection


def open_beside(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection in UTC that reads the warehouse and can write other files, which a read-only one
    cannot. Raises as open_warehouse does."""
    place = str(path).replace("'", "''")
    connection = duckdb.connect()
    try:
        with _told(path):
            connection.execute("set TimeZone = 'UTC'")
            _limit_memory(connection)
            connection.execute(f"attach '{place}' (read_only)")
            connection.execute(f'use "{path.stem}"')
    except BaseException:
        connection.close()
        raise
    return connection


def _limit_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Keeps it within what dbt's connections have by profiles.yml."""
    limit = os.environ.get("HOLDFAST_MEMORY_LIMIT")
    if not limit:
        return
    text = limit.replace("'", "''")
    try:
        connection.execute(f"set memory_limit = '{text}'")
    except duckdb.Error as error:
        connection.close()
        raise HoldfastError(
            f"HOLDFAST_MEMORY_LIMIT is {limit!r}: give it as 7GB, or as 80%"
        ) from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text or "different configuration" in text:
            holder = re.search(r"\(?PID (\d+)\)?", text)
            who = f"another process (PID {holder[1]})" if holder else "another connection"
            raise TransientError(
                f"{path} is in use by {who}: wait until it has ended, then try again"
            ) from error
        raise HoldfastError(f"{path} cannot be opened: {told(error)}") from error


def close_warehouse() -> None:
    """Closes what dbt opened in this process: it would keep the next writer out.

    dbt's close_all_connections() only forgets its connection, which then closes when the last
    adapter that used it is collected.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()


def relations(connection: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    """Names of the tables and views of a schema, in lower case as DuckDB compares them."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = ?",
        [schema],
    ).fetchall()
    return {name.lower() for (name,) in found}


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """Rows of a query, each by column."""
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
