"""DuckDB files written anew: deleted rows stay in a file's free blocks until it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.landing.book import quoted
from orchestration.landing.store import sync


def rewrite(connection: duckdb.DuckDBPyConnection, database: str, path: Path) -> None:
    """Copies the attached `database` into a new file and puts that in place of `path`.

    The connection goes on to hold the former file, and with it the lock that keeps other writers
    away until it is closed; nothing may be written through it any more. Killed at any point, `path`
    is either the former file or the new one.
    """
    new = path.with_name(path.name + ".rewrite")
    remains = new.with_name(new.name + ".wal")
    for leftover in (new, remains):
        leftover.unlink(missing_ok=True)
    # With an empty log beside it, the new file cannot be taken for the one that a log belongs to.
    connection.execute(f"force checkpoint {quoted(database)}")
    place = str(new).replace("'", "''")
    before = os.umask(0o077)
    try:
        connection.execute(f"attach '{place}' as rewritten")
        connection.execute(f"copy from database {quoted(database)} to rewritten")
        connection.execute("detach rewritten")
    finally:
        os.umask(before)
    new.chmod(path.stat().st_mode & 0o777)
    sync(new)
    new.replace(path)
    sync(path.parent)


def drop_built_schemas(connection: duckdb.DuckDBPyConnection, project: Path) -> list[str]:
    """Drops what dbt built from raw; the next build makes all of it anew. Returns the names."""
    stated = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    schemas = sorted(
        _schemas(stated.get("models", {}))
        | _schemas(stated.get("seeds", {}))
        | {"last_build", "forecasts"}
    )
    for schema in schemas:
        connection.execute(f"drop schema if exists {quoted(schema)} cascade")
    return schemas


def _schemas(node: Any) -> set[str]:
    if not isinstance(node, dict):
        return set()
    own = {node["+schema"]} if "+schema" in node else set()
    return own.union(*(_schemas(child) for child in node.values()))
