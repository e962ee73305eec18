"""What a landing did, as values and as lines to print."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.inbox import SUFFIXES
from orchestration.landing.csv_reader import Batch


@dataclass
class FileReport:
    """One file of a landing; `reasons` counts the refused records by reason.

    `content_bytes` is the size of what was read: of gzip the text that was packed, else the file.
    Each byte is one `of_records` (the header, rows, the byte order mark) or one `rejected`. Line
    ends count with their record. A Parquet file consists of records alone.
    """

    source_file: str
    raw_table: str
    rows_landed: int = 0
    unknown_columns: tuple[str, ...] = ()
    is_already_landed: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    content_bytes: int = 0
    bytes_of_records: int = 0
    bytes_rejected: int = 0
    first_rejected_line: int | None = None

    @property
    def lines_rejected(self) -> int:
        """Records that never became rows."""
        return self.reasons.total()

    def add(self, batch: Batch) -> None:
        """Counts a batch."""
        self.rows_landed += batch.rows
        self.bytes_of_records += batch.row_bytes
        self.reasons.update(record.reason for record in batch.rejected)
        self.bytes_rejected += batch.rejected_bytes
        if batch.rejected and self.first_rejected_line is None:
            self.first_rejected_line = batch.rejected[0].source_line

    def reasons_text(self) -> str:
        """Refused records by reason: `empty_line: 1, ragged: 2`."""
        return ", ".join(f"{reason}: {n:,}" for reason, n in sorted(self.reasons.items()))

    def unknown_columns_text(self) -> str | None:
        """Columns that were not landed, None where there are none: `colour, note`."""
        return ", ".join(name or "(no name)" for name in self.unknown_columns) or None

    def line(self) -> str:
        """One line for a person."""
        if self.is_already_landed:
            return f"{self.source_file}: already landed in raw.{self.raw_table}, nothing to do"
        text = f"{self.source_file}: {self.rows_landed:,} rows landed in raw.{self.raw_table}"
        text += f", {self.lines_rejected:,} lines rejected"
        if self.reasons:
            text += f" ({self.reasons_text()})"
        if self.unknown_columns:
            text += f"; warning: unknown columns not landed: {self.unknown_columns_text()}"
        return text


@dataclass
class LandingReport:
    """One landing. `batch_id` is None where every file was known already and nothing changed."""

    warehouse: Path
    batch_id: str | None = None
    files: list[FileReport] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def rows_landed(self) -> int:
        """Rows of all files together."""
        return sum(file.rows_landed for file in self.files)

    @property
    def lines_rejected(self) -> int:
        """Refused records of all files together."""
        return sum(file.lines_rejected for file in self.files)

    def lines(self) -> list[str]:
        """Lines for a person: one per file, those ignored, and where the rows lie."""
        lines = [file.line() for file in self.files]
        lines += [
            f"{name}: ignored (hidden, or none of {', '.join(SUFFIXES)})" for name in self.ignored
        ]
        if self.batch_id is None:
            return [*lines, f"nothing new: {self.warehouse} is as it was"]
        total = f"{self.rows_landed:,} rows landed, {self.lines_rejected:,} lines rejected"
        lines.append(f"batch {self.batch_id}: {total}, in schema raw of {self.warehouse}")
        if self.lines_rejected:
            lines.append("rejected lines: table raw.landing_rejected_lines")
        return lines


class Progress:
    """Says how far a long file is: every million rows or five seconds."""

    def __init__(self, say: Callable[[str], None], source_file: str) -> None:
        self._say, self._source_file = say, source_file
        self._next_rows, self._next_time = 1_000_000, time.monotonic() + 5

    def at(self, rows: int) -> None:
        """To be called now and then with the number of rows so far."""
        if rows >= self._next_rows or time.monotonic() >= self._next_time:
            self._say(f"{self._source_file}: {rows:,} rows so far")
            self._next_rows, self._next_time = rows + 1_000_000, time.monotonic() + 5
