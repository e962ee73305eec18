"""Opening the warehouse file, with errors that a person can use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import HoldfastError


def open_warehouse(path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection in UTC. Raises HoldfastError where another process holds the file, or where it
    cannot be opened at all."""
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
        connection.execute("set TimeZone = 'UTC'")
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text or "different configuration" in text:
            holder = re.search(r"\(?PID (\d+)\)?", text)
            who = f"another process (PID {holder[1]})" if holder else "another connection"
            raise HoldfastError(
                f"{path} is in use by {who}: wait until it has ended, then try again"
            ) from error
        raise HoldfastError(f"{path} cannot be opened: {text.splitlines()[0]}") from error
    return connection


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
