"""Rows of a CSV file into a raw table, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa

from orchestration.landing import book
from orchestration.landing.delivery import Delivery
from orchestration.landing.records import Batch, RejectedRecord, read_batches
from orchestration.landing.report import FileReport, Progress
from orchestration.landing.tokens import Tokens


def land_csv(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    origin: book.Origin,
    tokens: Tokens,
    say: Callable[[str], None],
) -> FileReport:
    """Inserts every row and books every refused record of the file; the report counts both."""
    report = FileReport(
        delivery.source_file, delivery.table.name, unknown_columns=delivery.unknown_columns
    )
    progress = Progress(say, delivery.source_file)
    names = ", ".join(book.quoted(column.name) for _, column in delivery.columns)
    insert = (
        f"insert into raw.{book.quoted(delivery.table.name)}"
        f" ({names}, _source_line, _batch_id, _source_file, _loaded_at)"
        f" select {names}, _source_line, ?, ?, ? from landing_batch"
    )

    def store(batch: pa.Table | None, rejected: list[RejectedRecord]) -> None:
        if batch is not None:
            connection.register("landing_batch", batch)
            connection.execute(insert, [origin.batch_id, origin.source_file, origin.loaded_at])
            connection.unregister("landing_batch")
        book.add_rejected(connection, origin, delivery.table, rejected)

    # One batch is stored while the next is read: only the worker uses the connection meanwhile.
    with ThreadPoolExecutor(max_workers=1) as worker:
        stored: Future[None] | None = None
        for records in read_batches(delivery.path, len(delivery.header)):
            batch = _arrow(records, delivery, tokens) if records.rows else None
            if stored:
                stored.result()
            stored = worker.submit(store, batch, records.rejected)
            report.rows_landed += len(records.rows)
            report.reasons.update(record.reason for record in records.rejected)
            progress.at(report.rows_landed)
        if stored:
            stored.result()
    return report


def _arrow(records: Batch, delivery: Delivery, tokens: Tokens) -> pa.Table:
    fields = list(zip(*records.rows, strict=True))
    arrays = {}
    for place, column in delivery.columns:
        values = fields[place]
        if column.contains_pii:
            by_value = tokens.of_all(values, column.contains_pii)
            values = [by_value[value] for value in values]
        arrays[column.name] = pa.array(values, pa.string())
    arrays["_source_line"] = pa.array(records.source_lines, pa.int64())
    return pa.table(arrays)
