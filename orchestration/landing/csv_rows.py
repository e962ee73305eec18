"""Rows of a CSV file into a raw table, batch by batch, and the book of its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from orchestration.errors import HoldfastError
from orchestration.landing.csv_reader import CsvReader
from orchestration.landing.delivery import Delivery
from orchestration.landing.records import RejectedRecord
from orchestration.landing.rejection import Limit
from orchestration.landing.report import FileReport, Progress
from orchestration.landing.rows import RowWriter

MANY_REJECTED = 20_000
MANY_REJECTED_BYTES = 8 * 1024 * 1024


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
    with CsvReader(stored, delivery.path, delivery.is_gzip) as reader:
        report.bytes_of_records = reader.header_bytes
        most_bytes = limit.most_bytes(stored, delivery.is_gzip)
        batches = _Batches(reader, delivery, report, Progress(say, delivery.source_file))
        while not batches.is_end:
            writer.insert(batches.until_many_are_rejected())
            writer.reject(batches.rejected)
            batches.rejected = []
            # no row is shorter than its commas and its line end
            most_rows = (most_bytes - reader.bytes_read) // len(delivery.header)
            limit.check(delivery.path, report, max(most_rows, 0))
        report.content_bytes = reader.bytes_read
    limit.check(delivery.path, report)
    if report.content_bytes != report.bytes_of_records + report.bytes_rejected:
        raise HoldfastError(
            f"{delivery.path}: {report.content_bytes:,} bytes read, but"
            f" {report.bytes_of_records:,} of records and {report.bytes_rejected:,} of rejected"
            " lines booked: nothing was landed; please report this as a fault of Holdfast"
        )
    return report


class _Batches:
    """The batches of one file, counted in its report as they pass."""

    def __init__(
        self, reader: CsvReader, delivery: Delivery, report: FileReport, progress: Progress
    ) -> None:
        columns = {place: column.name for place, column in delivery.columns}
        self._batches = reader.batches(columns)
        self._report, self._progress = report, progress
        self.rejected: list[RejectedRecord] = []
        self.is_end = False

    def until_many_are_rejected(self) -> Iterator[pa.Table]:
        """Rows, up to the end or to a number of `rejected` records that memory should not hold."""
        before = self._report.bytes_rejected
        while (
            len(self.rejected) < MANY_REJECTED
            and self._report.bytes_rejected - before < MANY_REJECTED_BYTES
        ):
            batch = next(self._batches, None)
            if batch is None:
                self.is_end = True
                return
            self._report.add(batch)
            self._progress.at(self._report.rows_landed)
            self.rejected += batch.rejected
            if batch.tables:
                yield pa.concat_tables(batch.tables)
