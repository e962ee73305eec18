"""The marts of a build, copied into a new generation: one DuckDB file, and Parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import RawTable
from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.publication.generations import DATABASE
from orchestration.settings import Settings
from orchestration.warehouse import rows_of

# Clients from DuckDB 1.2 on can open it; DuckDB's own default only those from 2.0 on.
STORAGE_VERSION = "v1.2.0"
# Name under which the new file is attached.
COPY = "publication"
# Read by every program that reads Parquet, Power BI and Excel included.
PARQUET = "format parquet, compression snappy, row_group_size 122880"


@dataclass(frozen=True)
class Build:
    """What the warehouse says of its last build: schema last_build, written by dbt."""

    build_id: str
    fingerprint: str
    started_at: datetime
    marts: dict[str, Mart]
    checks: dict[str, str]


@dataclass(frozen=True)
class Mart:
    """A mart of the build: the columns of its key, and the raw tables that it is made of.

    `looks_ahead`: its closed periods hold figures of what came later, so they go on changing.
    """

    name: str
    key: tuple[str, ...]
    looks_ahead: bool
    raw_tables: frozenset[str]


def read_build(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Build:
    """The last build, where it may be published.

    Raises HoldfastError where there is none, where it did not come to its end, where a blocking
    check failed or was left out, or where a part was built alone since.
    """
    advice = "run `holdfast build`"
    try:
        found = rows_of(connection, "from last_build.build")
    except duckdb.CatalogException:
        found = []
    if len(found) != 1 or "is_publishable" not in found[0]:
        raise HoldfastError(f"{settings.warehouse} holds no build to publish: {advice}")
    (build,) = found
    if not build["is_publishable"]:
        raise HoldfastError(
            f"the marts of {settings.warehouse} are not of one whole build whose checks all passed:"
            " it failed, was killed, left checks out, or a part was built alone since;"
            f" {advice}"
        )
    lineage: dict[str, set[str]] = {}
    for row in rows_of(connection, "from last_build.lineage"):
        lineage.setdefault(row["mart"], set()).add(row["raw_table"])
    marts = {
        row["mart"]: Mart(
            row["mart"],
            tuple(row["key_columns"].split(",")),
            row["looks_ahead"],
            frozenset(lineage.get(row["mart"], ())),
        )
        for row in rows_of(connection, "from last_build.marts order by mart")
    }
    checks = {r["check_name"]: r["query"] for r in rows_of(connection, "from last_build.checks")}
    started_at = build["started_at"].replace(tzinfo=UTC)
    return Build(build["invocation_id"], build["fingerprint"], started_at, marts, checks)


def write_database(connection: duckdb.DuckDBPyConnection, build: Build, folder: Path) -> None:
    """Copies the marts, with their descriptions, into `folder`, whose file stays attached.

    A table that no model makes any more stays behind, whatever schema marts holds.
    """
    place = str(folder / DATABASE).replace("'", "''")
    connection.execute(f"attach '{place}' as {COPY} (storage_version '{STORAGE_VERSION}')")
    # One transaction for all: after each statement of its own the file would be written anew.
    connection.execute("begin")
    connection.execute(f"create schema {COPY}.marts")
    connection.execute(f"create schema {COPY}.publication")
    for name in build.marts:
        table = f"marts.{quoted(name)}"
        try:
            connection.execute(f"create table {COPY}.{table} as from {table}")
        except duckdb.CatalogException as error:
            raise HoldfastError(f"{table} is gone: run `holdfast build`") from error
    comments = connection.execute(
        "select table_name, null, comment from duckdb_tables()"
        " where database_name = current_database() and schema_name = 'marts' and comment <> ''"
        " union all select view_name, null, comment from duckdb_views()"
        " where database_name = current_database() and schema_name = 'marts' and comment <> ''"
        " union all select table_name, column_name, comment from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'marts' and comment <> ''"
    ).fetchall()
    for table, column, comment in comments:
        if table in build.marts:
            what, text = f"{COPY}.marts.{quoted(table)}", comment.replace("'", "''")
            kind, where = ("column", f"{what}.{quoted(column)}") if column else ("table", what)
            connection.execute(f"comment on {kind} {where} is '{text}'")
    # Parquet has no comments: readers of it find them here.
    connection.execute(
        f"create table {COPY}.publication.columns as"
        " select table_name, column_name, data_type, trim(comment) as description"
        " from duckdb_columns()"
        f" where database_name = '{COPY}' and schema_name = 'marts'"
        " union all select table_name, null, null, trim(comment) from duckdb_tables()"
        f" where database_name = '{COPY}' and schema_name = 'marts'"
        " order by all"
    )
    connection.execute("commit")


def write_stamp(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    generation: str,
    published_at: datetime,
    tables: dict[str, dict[str, Any]],
    contract: Mapping[str, RawTable],
    variables: Mapping[str, Any],
) -> None:
    """Schema publication: which build this is, of which deliveries, how old these are, and what
    each table holds. `variables` are all of dbt's vars."""
    stamp = f"{COPY}.publication"
    connection.execute(
        f"create table {stamp}.build as select ? as build_id, ? as generation, ? as fingerprint,"
        " ?::timestamp as built_at, ?::timestamp as published_at,"
        " (select as_of_date from intermediate.int_as_of) as as_of_date,"
        " ? as business_timezone, ? as reporting_currency, ?::integer as minimum_group_size",
        [
            build.build_id,
            generation,
            build.fingerprint,
            build.started_at.replace(tzinfo=None),
            published_at.replace(tzinfo=None),
            variables["business_timezone"],
            variables["reporting_currency"],
            variables["minimum_group_size"],
        ],
    )
    connection.execute(
        f"create table {stamp}.batches as"
        " select raw_table, batch_id, row_count::bigint as row_count from last_build.batches"
    )
    connection.execute(
        f"create table {stamp}.deliveries (raw_table varchar, newest_loaded_at timestamp,"
        " warn_hours integer, error_hours integer)"
    )
    for table in contract.values():
        connection.execute(
            f"insert into {stamp}.deliveries"
            f" select ?, max(_loaded_at), ?, ? from raw.{quoted(table.name)} having count(*) > 0",
            [table.name, table.warn_hours, table.error_hours],
        )
    connection.execute(
        f"create table {stamp}.tables (table_name varchar, rows bigint, checksum varchar)"
    )
    for name, table in tables.items():
        connection.execute(
            f"insert into {stamp}.tables values (?, ?, ?)", [name, table["rows"], table["checksum"]]
        )


def write_parquet(connection: duckdb.DuckDBPyConnection, build_id: str, folder: Path) -> None:
    """Every table of the copy as `folder`/parquet/<schema>/<table>.parquet, with the build's id."""
    names = connection.execute(
        f"select schema_name, table_name from duckdb_tables() where database_name = '{COPY}'"
        " order by all"
    ).fetchall()
    for schema, name in names:
        place = folder / "parquet" / schema / f"{name}.parquet"
        place.parent.mkdir(parents=True, exist_ok=True)
        text = str(place).replace("'", "''")
        connection.execute(
            f"copy {COPY}.{schema}.{quoted(name)} to '{text}'"
            f" ({PARQUET}, kv_metadata {{build_id: '{build_id}'}})"
        )


def contents(
    connection: duckdb.DuckDBPyConnection, relation: str
) -> tuple[int, str, list[tuple[str, str]]]:
    """Rows of a relation, a checksum of them in whatever order, and its columns with types."""
    columns = connection.execute(f"describe from {relation}").fetchall()
    rows, checksum = connection.execute(
        f"select count(*), coalesce(sum(hash(counted)), 0)::varchar from {relation} as counted"
    ).fetchall()[0]
    return rows, checksum, [(name, kind) for name, kind, *_ in columns]


def make_read_only(folder: Path) -> None:
    """Files that all may read and nobody write, in folders likewise."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o755)


def sync_all(folder: Path) -> None:
    """Waits until every file and name under the folder is on disk."""
    for path in (*sorted(folder.rglob("*")), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
