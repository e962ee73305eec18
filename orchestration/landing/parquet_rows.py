"""Rows of a Parquet file into a raw table; DuckDB reads them and makes typed values text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contract import RawColumn
from orchestration.errors import HoldfastError
from orchestration.landing import book
from orchestration.landing.delivery import Delivery
from orchestration.landing.report import FileReport
from orchestration.landing.rows import RowWriter

READ = "read_parquet(?, file_row_number = true, binary_as_string = true, hive_partitioning = false)"
BATCH_ROWS = 50_000
MEMORY_LIMIT = "250MB"


def land_parquet(writer: RowWriter, delivery: Delivery, stored: Path, spill: Path) -> FileReport:
    """Inserts every row of the `stored` file; `_source_line` is its 1-based number.

    The text is the one that CSV would hold: null is empty, as an empty field is. No row of a
    Parquet file is refused alone: raises HoldfastError, duckdb.Error or pa.ArrowException for a
    file that cannot be read to its end or holds NUL bytes. What memory cannot hold goes to `spill`.
    """
    landed = 0

    def tables() -> Iterator[pa.Table]:
        nonlocal landed
        for batch in batches:
            table = pa.Table.from_batches([batch])
            _refuse_nul(delivery, table)
            landed += table.num_rows
            yield table

    # A database of its own: it is read while the warehouse is written.
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as reading:
        reading.execute("set TimeZone = 'UTC'")
        reading.execute("set temp_directory = ?", [str(spill)])
        named = [(delivery.header[place], column) for place, column in delivery.columns]
        batches = text_batches(reading, stored, named)
        writer.insert(tables())
    stated = pq.read_metadata(stored).num_rows
    if landed != stated:
        raise HoldfastError(
            f"{delivery.path}: {stated} rows stated, {landed} read: deliver it again"
        )
    size = stored.stat().st_size
    return FileReport(
        delivery.source_file,
        delivery.table.name,
        landed,
        delivery.unknown_columns,
        content_bytes=size,
        bytes_of_records=size,
    )


def text_batches(
    reading: duckdb.DuckDBPyConnection, stored: Path, named: list[tuple[str, RawColumn]]
) -> pa.RecordBatchReader:
    """Columns of the `stored` file, given by their names there, as text under the contract's names,
    in order, with `_source_line`."""
    path = _literal(str(stored))
    described = reading.execute(f"describe select * from {READ}", [path]).fetchall()
    types = {name: kind for name, kind, *_ in described}
    values = []
    for given, column in named:
        value = text_expression(f"delivered.{book.quoted(given)}", types[given])
        values.append(f"coalesce({value}, '') as {book.quoted(column.name)}")
    query = (
        f"select {', '.join(values)}, delivered.file_row_number + 1 as _source_line"
        f" from {READ} as delivered"
    )
    return reading.sql(query, params=[path]).to_arrow_reader(BATCH_ROWS)


def _refuse_nul(delivery: Delivery, table: pa.Table) -> None:
    """Raises HoldfastError where text holds a NUL byte, which no line of a CSV file may."""
    for _, column in delivery.columns:
        found = pc.match_substring(table.column(column.name), "\0")
        if pc.any(found).as_py():
            row = table.column("_source_line")[pc.index(found, True).as_py()].as_py()
            raise HoldfastError(
                f"{delivery.path}: row {row}: column {column.name} holds a NUL byte: deliver it"
                " without"
            )


def text_expression(value: str, kind: str) -> str:
    """SQL for `value` of DuckDB type `kind` as text.

    Instants are ISO 8601 with `T` (and `+00:00` where the type knows its zone), booleans true and
    false, doubles the shortest decimal text that means the same double, without exponent between
    1e-20 and 1e38. Null stays null.
    """
    text = f"cast({value} as varchar)"
    if kind == "VARCHAR":
        return value
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace(replace({text}, ' ', 'T'), '\\+00$', '+00:00')"
    if kind in ("DOUBLE", "FLOAT"):
        plain = f"cast(try_cast({text} as decimal(38, 0)) as varchar)"
        small = f"rtrim(cast(try_cast({text} as decimal(38, 37)) as varchar), '0')"
        return (
            f"case when {text} like '%.0' then replace({text}, '.0', '')"
            f" when {text} like '%e+%' then coalesce({plain}, {text})"
            f" when {text} like '%e-%' and abs({value}) >= 1e-20 then coalesce({small}, {text})"
            f" else {text} end"
        )
    return text


def _literal(path: str) -> str:
    """`path` so that DuckDB takes none of its characters for a pattern."""
    return "".join(f"[{character}]" if character in "[*?" else character for character in path)
