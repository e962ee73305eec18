"""Rows of a CSV file into a raw table, batch by batch, and the book of its bytes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from orchestration.errors import HoldfastError
from orchestration.landing.csv_reader import CsvReader
from orchestration.landing.delivery import Delivery
from orchestration.landing.rejection import Limit
from orchestration.landing.report import FileReport, Progress
from orchestration.landing.rows import RowWriter


def land_csv(
    writer: RowWriter,
    delivery: Delivery,
    stored: Path,
    limit: Limit,
    say: Callable[[str], None],
) -> FileReport:
    """Inserts every row and books every refused record of the `stored` file.

    The report counts both, in records and in bytes. Raises HoldfastError where more records are
    refused than `limit` allows, and where bytes read and bytes booked differ.
    """
    report = FileReport(
        delivery.source_file, delivery.table.name, unknown_columns=delivery.unknown_columns
    )
    progress = Progress(say, delivery.source_file)
    columns = {place: column.name for place, column in delivery.columns}
    # One batch is stored while the next is read: only the worker uses the connection meanwhile.
    with (
        CsvReader(stored, delivery.path, delivery.is_gzip) as reader,
        ThreadPoolExecutor(max_workers=1) as worker,
    ):
        report.bytes_of_records = reader.header_bytes
        most_bytes = limit.most_bytes(stored, delivery.is_gzip)
        writing: Future[None] | None = None
        for batch in reader.batches(columns):
            table = writer.prepared(pa.concat_tables(batch.tables)) if batch.tables else None
            if writing:
                writing.result()
            writing = worker.submit(writer.write, table, batch.rejected)
            report.add(batch.rows, batch.row_bytes, batch.rejected, batch.rejected_bytes)
            rows_to_come = (most_bytes - reader.bytes_read) // len(delivery.header)
            limit.check(delivery.path, report, max(rows_to_come, 0))
            progress.at(report.rows_landed)
        if writing:
            writing.result()
        report.content_bytes = reader.bytes_read
    limit.check(delivery.path, report)
    if report.content_bytes != report.bytes_of_records + report.bytes_rejected:
        raise HoldfastError(
            f"{delivery.path}: {report.content_bytes:,} bytes read, but"
            f" {report.bytes_of_records:,} of records and {report.bytes_rejected:,} of rejected"
            " lines booked: nothing was landed; please report this as a fault of Holdfast"
        )
    return report
