"""The tables of schema raw: those of the contract, and the landing's own book.

`raw.landing_files` has one row per file landed, `raw.landing_rejected_lines` one per record that
never became a row. For every CSV file: records = header + rows_landed + lines_rejected. For every
file: content_bytes = bytes_of_records + bytes_rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from orchestration.contract import LOADER_COLUMNS, RawTable
from orchestration.landing.records import RejectedRecord
from orchestration.landing.report import FileReport

FILES = {
    "batch_id": "varchar",
    "raw_table": "varchar",
    "source_file": "varchar",
    "sha256": "varchar",
    "size_bytes": "bigint",
    "rows_landed": "bigint",
    "lines_rejected": "bigint",
    "unknown_columns": "varchar",
    "loaded_at": "timestamp",
    "content_bytes": "bigint",
    "bytes_of_records": "bigint",
    "bytes_rejected": "bigint",
    "stored_sha256": "varchar",
}
REJECTED_LINES = {
    "batch_id": "varchar",
    "raw_table": "varchar",
    "source_file": "varchar",
    "source_line": "bigint",
    "byte_offset": "bigint",
    "reason": "varchar",
    "line_text": "varchar",
    "size_bytes": "bigint",
}
# The book of erasures; models/staging/landing describes each column.
ERASURES = {
    "request_id": "varchar",
    "erasure_id": "varchar",
    "requested_at": "varchar",
    "erased_at": "timestamp",
    "past_totals": "varchar",
    "customer_records": "bigint",
    "texts_erased": "bigint",
    "files_searched": "bigint",
    "traces_found": "bigint",
}
ERASED_ROWS = {
    "erasure_id": "varchar",
    "raw_table": "varchar",
    "batch_id": "varchar",
    "rows_erased": "bigint",
    "rows_anonymised": "bigint",
    "erased_at": "timestamp",
}
ERASED_FILES = {
    "erasure_id": "varchar",
    "raw_table": "varchar",
    "sha256": "varchar",
    "stored_sha256": "varchar",
    "records_erased": "bigint",
    "erased_at": "timestamp",
}
ERASED_IDS = {"raw_table": "varchar", "id_hash": "varchar"}
SEARCHED_BATCHES = {"batch_id": "varchar"}
BOOKS = {
    "landing_files": FILES,
    "landing_rejected_lines": REJECTED_LINES,
    "landing_erasures": ERASURES,
    "landing_erased_rows": ERASED_ROWS,
    "landing_erased_files": ERASED_FILES,
    "landing_erased_ids": ERASED_IDS,
    "landing_searched_batches": SEARCHED_BATCHES,
}


@dataclass(frozen=True)
class Origin:
    """Where a row comes from: batch, file (relative to the folder landed), instant (UTC, naive)."""

    batch_id: str
    source_file: str
    loaded_at: datetime


def known_files(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """(raw table, sha256) of every file landed so far."""
    if not _columns(connection).get("landing_files"):
        return set()
    return set(connection.execute("select raw_table, sha256 from raw.landing_files").fetchall())


def newest_deliveries(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """sha256 of the files that the newest batch brought, by raw table."""
    if not _columns(connection).get("landing_files"):
        return {}
    found = connection.execute(
        "select raw_table, list(sha256) from raw.landing_files group by raw_table, batch_id"
        " qualify row_number() over (partition by raw_table order by max(loaded_at) desc) = 1"
    ).fetchall()
    return {table: set(files) for table, files in found}


def complete_tables(connection: duckdb.DuckDBPyConnection, contract: Iterable[RawTable]) -> None:
    """Makes schema, tables and columns that are missing; what exists is left as it is."""
    connection.execute("create schema if not exists raw")
    wanted = dict(BOOKS)
    for table in contract:
        wanted[table.name] = {c.name: "varchar" for c in table.columns} | LOADER_COLUMNS
    existing = _columns(connection)
    for name, columns in wanted.items():
        present = existing.get(name)
        if present is None:
            listed = ", ".join(f"{quoted(c)} {kind}" for c, kind in columns.items())
            connection.execute(f"create table raw.{quoted(name)} ({listed})")
            continue
        for column, kind in columns.items():
            if column not in present:
                connection.execute(
                    f"alter table raw.{quoted(name)} add column {quoted(column)} {kind}"
                )


def add_rejected(
    connection: duckdb.DuckDBPyConnection,
    origin: Origin,
    table: RawTable,
    rejected: list[RejectedRecord],
) -> None:
    """Books refused records.

    Their text is kept, except for tables with personal data: there it is null, because a refused
    line may hold names or addresses in plain text. Offset and size lead to it in the stored file.
    """
    if not rejected:
        return
    n = len(rejected)
    texts = [None if table.has_pii else record.line_text for record in rejected]
    lines = pa.table(
        {
            "batch_id": [origin.batch_id] * n,
            "raw_table": [table.name] * n,
            "source_file": [origin.source_file] * n,
            "source_line": [record.source_line for record in rejected],
            "byte_offset": [record.byte_offset for record in rejected],
            "reason": [record.reason for record in rejected],
            "line_text": pa.array(texts, pa.string()),
            "size_bytes": [record.size_bytes for record in rejected],
        }
    )
    # Not the table itself: until the transaction ends DuckDB holds on to what was registered.
    reader = pa.RecordBatchReader.from_batches(lines.schema, iter(lines.to_batches()))
    connection.register("landing_lines", reader)
    connection.execute("insert into raw.landing_rejected_lines by name select * from landing_lines")
    connection.unregister("landing_lines")


def add_file(
    connection: duckdb.DuckDBPyConnection,
    origin: Origin,
    report: FileReport,
    sha256: str,
    size_bytes: int,
) -> None:
    """Books one file of `size_bytes`; unknown columns are null where there are none."""
    values = {
        "batch_id": origin.batch_id,
        "raw_table": report.raw_table,
        "source_file": report.source_file,
        "sha256": sha256,
        "size_bytes": size_bytes,
        "rows_landed": report.rows_landed,
        "lines_rejected": report.lines_rejected,
        "unknown_columns": report.unknown_columns_text(),
        "loaded_at": origin.loaded_at,
        "content_bytes": report.content_bytes,
        "bytes_of_records": report.bytes_of_records,
        "bytes_rejected": report.bytes_rejected,
        "stored_sha256": sha256,
    }
    connection.execute(
        f"insert into raw.landing_files ({', '.join(values)})"
        f" values ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Columns of every relation of schema raw, names in lower case as DuckDB compares them."""
    found = connection.execute(
        "select lower(table_name), list(lower(column_name)) from information_schema.columns"
        " where table_catalog = current_database() and table_schema = 'raw' group by 1"
    ).fetchall()
    return {table: set(columns) for table, columns in found}
