"""A CSV file to batches of rows, streamed: no file is ever held in memory as a whole.

Blocks of clean lines take the fast path, what is left the careful one; both make the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

import pyarrow as pa

from orchestration.errors import HoldfastError
from orchestration.landing import records
from orchestration.landing.csv_text import CsvText
from orchestration.landing.plain_blocks import PlainBlocks, PlainRows
from orchestration.landing.records import Records, RejectedRecord, Taken

READ_BYTES = 4 * 1024 * 1024
FAST_BYTES = 4 * 1024 * 1024
CAREFUL_BYTES = 32 * 1024
STEP_BYTES = 256 * 1024
RECORD_BYTES = 32 * 1024 * 1024
SHOWN_BYTES = 64 * 1024
BATCH_ROWS = 100_000
BATCH_BYTES = 2 * 1024 * 1024


@dataclass
class Batch:
    """Some rows, as tables of text with `_source_line`, and the records refused between them.

    `row_bytes` are the bytes of the file that the rows took. Line ends count with their record.
    """

    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[RejectedRecord] = field(default_factory=list)
    rows: int = 0
    row_bytes: int = 0
    rejected_bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it; bounds memory."""
        records = self.rows + len(self.rejected)
        return records >= BATCH_ROWS or self.row_bytes + self.rejected_bytes >= BATCH_BYTES


class PlacedRecord(NamedTuple):
    """A record, and where it stands in the file: `size_bytes` from `byte_offset` on, its line end
    included. `text` is it in UTF-8; of a line too long, only the begin."""

    source_line: int
    byte_offset: int
    size_bytes: int
    text: bytes
    taken: Taken


class PlacedRows(NamedTuple):
    """Rows of one plain block, which begins at `source_line` and takes `size_bytes` of the file."""

    source_line: int
    size_bytes: int
    rows: PlainRows


class CsvReader:
    """One open CSV file; a context manager. `name` stands for it in errors.

    `header` are the names in the first record, stripped of surrounding white space, and
    `header_bytes` what it took of the file, byte order mark and line end included.
    """

    def __init__(self, path: Path, name: Path, is_gzip: bool = False) -> None:
        self._name = name
        self._text = CsvText(path, name, is_gzip)
        self._data, self._place, self._is_end = b"", 0, False
        self._line, self._offset = 1, self._text.bom_bytes
        try:
            self._read_header()
        except BaseException:
            self._text.__exit__()
            raise

    def __enter__(self) -> CsvReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.__exit__()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file's text read so far; of gzip, of what was packed."""
        return self._text.bytes_read

    def batches(self, columns: dict[int, str], use_fast_path: bool = True) -> Iterator[Batch]:
        """All records after the header. `columns` names the fields wanted by their place.

        A row has as many fields as the header, text as delivered. Raises HoldfastError where gzip
        is cut off or damaged, OSError where reading fails.
        """
        self._columns = columns
        self._batch = Batch()
        for part in self._parts(columns, use_fast_path):
            if isinstance(part, PlacedRows):
                self._add(part)
            else:
                self._take_carefully(part)
            if self._batch.is_full:
                yield self._batch
                self._batch = Batch()
        if self._batch.rows or self._batch.rejected:
            yield self._batch

    def in_place(self, columns: dict[int, str]) -> Iterator[PlacedRows | PlacedRecord]:
        """All records after the header with their places, as `batches` takes them: the rows of a
        plain block together, any other record alone. Raises the same.

        Records of nothing but blanks may be left out of a plain block.
        """
        # Places within a block are places in the file only where its text is passed on as it is.
        is_fast = bool(columns) and not self._text.is_decoded
        for part in self._parts(columns, is_fast, skip_blank=True):
            if isinstance(part, PlacedRows):
                yield part
            else:
                yield from self._step(part)

    def _parts(
        self, columns: dict[int, str], use_fast_path: bool, skip_blank: bool = False
    ) -> Iterator[PlacedRows | int]:
        """Plain blocks; and in between about how many bytes are to be taken carefully, by the
        caller, before it goes on."""
        plain = PlainBlocks(self._records.width, columns, self._records.header, skip_blank)
        size, smallest = FAST_BYTES, CAREFUL_BYTES
        while self._fill(size):
            # A block that is not plain is tried again smaller, so that one bad line costs little.
            if not use_fast_path or self._records.is_cr_file:
                yield STEP_BYTES
            elif rows := self._take_plain(plain, size):
                yield rows
                size = min(size * 2, FAST_BYTES)
            elif size > smallest:
                size = max(size // 8, smallest)
            else:
                yield smallest

    # --- bytes at hand ------------------------------------------------------------------------

    def _fill(self, size: int) -> int:
        """Reads until `size` bytes are at hand or the file ends; bytes at hand, `size` at most."""
        while not self._is_end and len(self._data) - self._place < size:
            block = self._text.read(READ_BYTES)
            self._is_end = not block
            self._data = self._data[self._place :] + block
            self._place = 0
        return min(size, len(self._data) - self._place)

    def _piece(self, size: int) -> tuple[bytes, bool]:
        """The next `size` bytes, and whether the file ends with them."""
        self._fill(size)
        piece = self._data[self._place : self._place + size]
        is_end = self._is_end and self._place + len(piece) == len(self._data)
        return piece, is_end

    def _advance(self, data: bytes, lines: int) -> int:
        """Steps over a record; its bytes in the file."""
        size = self._text.size_of(data)
        self._place += len(data)
        self._offset += size
        self._line += lines
        return size

    # --- records ------------------------------------------------------------------------------

    def _take_plain(self, plain: PlainBlocks, size: int) -> PlacedRows | None:
        block, is_end = self._piece(size)
        rows = plain.take(block, is_end)
        if rows is None:
            return None
        line = self._line
        return PlacedRows(line, self._advance(block[: rows.size_bytes], rows.lines), rows)

    def _add(self, part: PlacedRows) -> None:
        """Adds the rows of a plain block to the batch."""
        rows = part.rows
        source_lines = pa.array(rows.first_lines + part.source_line, pa.int64())
        self._batch.tables.append(rows.table.append_column("_source_line", source_lines))
        self._batch.rows += rows.table.num_rows
        self._batch.row_bytes += part.size_bytes

    def _take_carefully(self, size: int) -> None:
        """Adds the records in about `size` bytes to the batch."""
        batch = self._batch
        rows: list[list[bytes]] = []
        source_lines: list[int] = []
        for record in self._step(size):
            line, taken = record.source_line, record.taken
            if taken.reason:
                text = records.shown(record.text)
                batch.rejected.append(
                    RejectedRecord(line, record.byte_offset, record.size_bytes, taken.reason, text)
                )
                batch.rejected_bytes += record.size_bytes
            else:
                rows += taken.rows
                source_lines += range(line, line + len(taken.rows))
                batch.row_bytes += record.size_bytes
        if rows:
            fields = list(zip(*rows, strict=True))
            arrays = {n: pa.array(fields[p], pa.string()) for p, n in self._columns.items()}
            arrays["_source_line"] = pa.array(source_lines, pa.int64())
            batch.tables.append(pa.table(arrays))
            batch.rows += len(rows)

    def _step(self, size: int) -> Iterator[PlacedRecord]:
        """The records in about `size` bytes; more bytes where the first one is longer."""
        while True:
            piece, is_end = self._piece(size)
            is_last_try = is_end or len(piece) >= RECORD_BYTES
            is_any = False
            for record in self._records_in(piece, is_end, is_last_try):
                is_any = True
                yield record
            if is_any:
                return
            if is_last_try:
                yield self._long_line()
                return
            size = min(size * 4, RECORD_BYTES)

    def _records_in(self, piece: bytes, is_end: bool, is_last_try: bool) -> Iterator[PlacedRecord]:
        """The records of `piece`, up to one that needs more bytes.

        On the last try quotes of the first record that are not closed within it are broken.
        """
        place = 0
        while place < min(len(piece), STEP_BYTES):
            try:
                taken = self._records.take(piece, place, is_end)
            except records.Incomplete:
                if place or not is_last_try:
                    return
                try:
                    first = records.line_end(piece, 0, self._records.is_cr_file, False)
                except records.Incomplete:
                    return
                taken = self._records.take(piece[:first], 0, True)
            line, offset = self._line, self._offset
            text = piece[place : place + taken.size]
            place += taken.size
            yield PlacedRecord(line, offset, self._advance(text, taken.lines), text, taken)

    def _long_line(self) -> PlacedRecord:
        """A line of more than RECORD_BYTES, refused, of which only the begin is kept as text."""
        line, offset = self._line, self._offset
        start = self._piece(SHOWN_BYTES)[0]
        size = 0
        while self._fill(1):
            data = self._data[self._place :]
            ends = [data.find(b"\n")]
            if self._records.is_cr_file:
                # the last byte may be a \r before \n
                ends.append(data.find(b"\r", 0, None if self._is_end else len(data) - 1))
            end = min((place for place in ends if place >= 0), default=None)
            if end is not None:
                end += 2 if data[end : end + 2] == b"\r\n" else 1
                size += self._advance(data[:end], 0)
                break
            size += self._advance(data, 0)
        self._line += 1
        return PlacedRecord(line, offset, size, start, Taken([], size, 1, records.LINE_TOO_LONG))

    # --- header -------------------------------------------------------------------------------

    def _read_header(self) -> None:
        """Takes the first record. Raises HoldfastError where it can be no header."""
        if self._text.is_utf32:
            self._refuse("the header is UTF-32; save the file as UTF-8")
        size = CAREFUL_BYTES
        while True:
            piece, is_end = self._piece(size)
            try:
                found, end = records.scan(piece, 0, None, True, is_end)
                break
            except records.BrokenQuotes:
                self._refuse_start(piece)
                self._refuse("the header cannot be read: its quotes are broken")
            except records.Incomplete:
                if len(piece) >= RECORD_BYTES:
                    self._refuse_start(piece)
                    self._refuse(f"the header is longer than {RECORD_BYTES:,} bytes: is this CSV?")
                size = min(size * 4, RECORD_BYTES)
        raw = piece[:end]
        self._refuse_start(raw)
        self._records = Records(
            len(found[0]), records.without_end(raw), is_cr_file=raw.endswith(b"\r")
        )
        self.header = [name.decode().strip() for name in found[0]]
        self._advance(raw, records.count_lines(raw, self._records.is_cr_file))
        self.header_bytes = self._offset

    def _refuse_start(self, raw: bytes) -> None:
        """Raises HoldfastError where these bytes can be no header; says what they look like."""
        if not raw:
            self._refuse("there is no header: the file is empty; it must name the columns")
        if not records.without_end(raw):
            self._refuse("there is no header; it must name the columns")
        if records.damage(raw):
            for start, advice in STARTS.items():
                if raw.startswith(start):
                    self._refuse(f"there is no header: {advice}")
        if records.damage(raw) == records.UNDECODABLE:
            self._refuse("the header is not UTF-8; save the file as UTF-8")
        if records.damage(raw) == records.NUL_BYTE:
            self._refuse(
                "the header holds NUL bytes, as UTF-16 without a byte order mark does; save the"
                " file as UTF-8"
            )

    def _refuse(self, what: str) -> NoReturn:
        raise HoldfastError(f"{self._name}: line 1: {what}")


STARTS = {
    b"PAR1": "this is Parquet; name the file .parquet",
    b"\x1f\x8b": "this is gzip; name the file .csv.gz",
    b"PK\x03\x04": "this is a zip or Excel file; save it as CSV",
}
