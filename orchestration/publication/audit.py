"""What must hold of a new generation before anybody reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.erasure.marks import Hashes
from orchestration.errors import told
from orchestration.landing import vault
from orchestration.landing.book import quoted
from orchestration.publication.copy import COPY, Build, contents
from orchestration.publication.generations import DATABASE
from orchestration.publication.reader import open_hardened
from orchestration.settings import Settings
from orchestration.warehouse import rows_of

# Names of people are names of places too: those are looked for everywhere else.
PLACES = ("city", "region", "country", "segment_value")
# Memory for reading a table once from front to back.
ONE_PASS = "1GB"
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


@dataclass(frozen=True)
class Check:
    """One audit, and what it found: nothing where it passed."""

    name: str
    description: str
    found: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.found


CHECKS = {
    "books_and_bridges_hold": "Every book and bridge of the build holds on the copy.",
    "book_agrees_with_raw": "The published book tells of every row that raw holds or held.",
    "no_personal_data": "No plain text of the vault, e-mail address or erased id is in the copy.",
    "closed_periods_explained": "Every change of a closed period has a cause.",
    "copy_equals_the_build": "The files, opened anew, hold the rows of the build and nothing else.",
    "one_build": "Every file carries one and the same build id.",
}


def check(name: str, found: Iterator[str] | str) -> Check:
    """A check with its description; of what it found, the first three."""
    if not isinstance(found, str):
        listed = list(found)
        more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
        found = "; ".join(listed[:3]) + more
    return Check(name, CHECKS[name], found)


def broken_checks(connection: duckdb.DuckDBPyConnection, build: Build) -> Iterator[str]:
    """Books and bridges that fail where the marts are read from the copy."""
    name = str(connection.execute("select current_database()").fetchall()[0][0])
    marts = f'"{name}"."marts".'
    for check_name, query in sorted(build.checks.items()):
        query = query.replace(marts, f'"{COPY}"."marts".')
        try:
            rows = connection.execute(f"select count(*) from ({query}\n)").fetchall()[0][0]
        except duckdb.Error as error:
            yield f"{check_name} cannot be run: {told(error)}"
            continue
        if rows:
            yield f"{check_name}: {rows:,} rows"


def unbalanced_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Raw tables whose published book does not tell of every row of the batches that were built."""
    book = rows_of(connection, f"from {COPY}.marts.data_quality order by raw_table")
    unseen = dict(
        connection.execute(
            "select raw_table, rows_unseen from intermediate.int_raw_book"
        ).fetchall()
    )
    built = dict(
        connection.execute(
            "select raw_table, sum(row_count) from last_build.batches group by raw_table"
        ).fetchall()
    )
    if set(unseen) != {row["raw_table"] for row in book}:
        yield "the book does not list the raw tables of the build"
        return
    for row in book:
        table = row["raw_table"]
        present = connection.execute(
            f"select count(*) from raw.{quoted(table)} as landed where exists (select 1"
            " from last_build.batches as built where built.raw_table = ?"
            " and built.batch_id is not distinct from landed._batch_id)",
            [table],
        ).fetchall()[0][0]
        told = row["rows_landed"] - row["rows_erased"] + unseen[table]
        if not row["is_balanced"]:
            yield f"{table}: the book does not balance"
        elif present != built.get(table, 0):
            yield f"{table}: raw holds {present:,} rows of the {built.get(table, 0):,} built"
        elif told != present:
            yield f"{table}: the book tells of {told:,} rows, raw holds {present:,}"


def personal_data(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    """Columns of the copy that hold a plain text of the vault, an e-mail address, or an erased id.

    Nothing of what was found is told, only where.
    """
    columns = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        f" where database_name = '{COPY}' and data_type = 'VARCHAR' order by all"
    ).fetchall()
    has_vault = vault.people_file(settings).is_file()
    if has_vault:
        place = str(vault.people_file(settings)).replace("'", "''")
        connection.execute(f"attach '{place}' as vault (read_only)")
        connection.execute(
            "create or replace temp table plain_texts as"
            " select distinct kind, lower(trim(plain)) as plain from vault.texts"
            # one word may be anybody's name, and a place's or a product's too
            " where kind <> 'name' and length(trim(plain)) > 5"
            " or kind = 'name' and trim(plain) like '% %'"
        )
        connection.execute("detach vault")
    for schema, table, column in columns:
        relation, name = f"{COPY}.{schema}.{quoted(table)}", quoted(column)
        if has_vault:
            kinds = "('email', 'phone')" if column in PLACES else "('email', 'phone', 'name')"
            found = connection.execute(
                f"select count(*) from (select distinct {name} as one from {relation})"
                f" semi join (select plain from plain_texts where kind in {kinds}) as texts"
                " on lower(trim(one)) = plain"
            ).fetchall()[0][0]
            if found:
                yield f"{schema}.{table}.{column} holds {found:,} plain texts of the vault"
                continue
        if column.endswith("_id") or schema == "publication":
            continue
        found = connection.execute(
            f"select count(*) from (select distinct {name} as one from {relation})"
            f" where regexp_matches(one, '{EMAIL}')"
        ).fetchall()[0][0]
        if found:
            yield f"{schema}.{table}.{column} holds {found:,} texts with an e-mail address"
    hashes = Hashes(settings)
    back = connection.execute(
        f"select count(*) from {COPY}.marts.dim_customers where"
        f" {hashes.expression('customer_id')} in (select id_hash from raw.landing_erased_ids)",
        hashes.values,
    ).fetchall()[0][0]
    if back:
        yield f"marts.dim_customers holds {back:,} customers who were erased"


def expected_contents(
    connection: duckdb.DuckDBPyConnection, build: Build
) -> dict[str, dict[str, Any]]:
    """Rows, checksum and columns of every mart, as the warehouse holds them."""
    expected = {}
    for name in build.marts:
        rows, checksum, columns = contents(connection, f"marts.{quoted(name)}")
        listed = [list(column) for column in columns]
        expected[name] = {"rows": rows, "checksum": checksum, "columns": listed}
    return expected


def wrong_contents(folder: Path, tables: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Tables of the files, opened as a reader does, that are not what the build holds."""
    with (
        open_hardened(folder / DATABASE, memory_limit=ONE_PASS) as copy,
        duckdb.connect(config={"memory_limit": ONE_PASS}) as files,
    ):
        files.execute("set TimeZone = 'UTC'")
        present = {
            name
            for (name,) in copy.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
                " union all select view_name from duckdb_views() where schema_name = 'marts'"
            ).fetchall()
        }
        parquet = {path.stem for path in (folder / "parquet" / "marts").iterdir()}
        for name in sorted(present.symmetric_difference(tables) | parquet ^ set(tables)):
            yield f"{name} is in one of build, DuckDB file and Parquet alone"
        for name in sorted(present & parquet & set(tables)):
            place = str(folder / "parquet" / "marts" / f"{name}.parquet").replace("'", "''")
            for what, connection, relation in (
                ("the DuckDB file", copy, f"marts.{quoted(name)}"),
                ("Parquet", files, f"'{place}'"),
            ):
                rows, checksum, columns = contents(connection, relation)
                wanted = tables[name]
                if (rows, checksum) != (wanted["rows"], wanted["checksum"]):
                    yield f"{name} in {what} has other rows than the build"
                elif [list(column) for column in columns] != wanted["columns"]:
                    yield f"{name} in {what} has other columns than the build"


def other_builds(folder: Path, build_id: str) -> Iterator[str]:
    """Files that do not carry this build id, and this one alone."""
    with open_hardened(folder / DATABASE) as copy:
        stamps = copy.execute("select build_id from publication.build").fetchall()
        if stamps != [(build_id,)]:
            yield f"{DATABASE} carries the build ids {[one for (one,) in stamps]}"
    with duckdb.connect() as files:
        for path in sorted(folder.rglob("*.parquet")):
            place = str(path).replace("'", "''")
            found = files.execute(
                f"select decode(value) from parquet_kv_metadata('{place}')"
                " where decode(key) = 'build_id'"
            ).fetchall()
            if found != [(build_id,)]:
                yield f"{path.name} carries the build ids {[one for (one,) in found]}"


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a generation, by its path in it."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(
                file, "sha256"
            ).hexdigest()
    return found
