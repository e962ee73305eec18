"""Bytes of a CSV file to records, streamed: no file is ever held in memory as a whole.

A physical line ends at a line feed (before which a carriage return may stand); a record is one
line, or several where a quoted field holds line ends. Every record of a file is its header, a row,
or a refused record with its reason, so: records = 1 + rows + refused.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from orchestration.errors import HoldfastError

BATCH_ROWS = 50_000
BLOCK_BYTES = 1024 * 1024
BATCH_BYTES = 64 * 1024 * 1024
UTF8_BOM = b"\xef\xbb\xbf"

EMPTY_LINE = "empty_line"
FIELD_TOO_LONG = "field_too_long"
MALFORMED_QUOTES = "malformed_quotes"
RAGGED = "ragged"
STRAY_CARRIAGE_RETURN = "stray_carriage_return"
UNDECODABLE = "undecodable"


@dataclass(frozen=True)
class RejectedRecord:
    """A record that is no row. `source_line` is 1-based, `byte_offset` 0-based, of its begin."""

    source_line: int
    byte_offset: int
    reason: str
    line_text: str


@dataclass
class Batch:
    """Some rows with the physical line at which each begins, and the records refused between."""

    rows: list[list[str]] = field(default_factory=list)
    source_lines: list[int] = field(default_factory=list)
    rejected: list[RejectedRecord] = field(default_factory=list)


def read_header(path: Path) -> list[str]:
    """Names in the first record, stripped of surrounding white space.

    Raises HoldfastError, naming file and line, where there is no readable header.
    """
    with _open(path) as (file, _):
        lines = _Lines(file)
        try:
            header = next(csv.reader(iter(lines), strict=True), None)
        except csv.Error as error:
            raise HoldfastError(f"{path}: line 1: the header cannot be read: {error}") from None
    if not lines.is_decodable:
        raise HoldfastError(f"{path}: line 1: the header is not UTF-8; save the file as UTF-8")
    if not header:
        raise HoldfastError(f"{path}: line 1: there is no header; it must name the columns")
    return [name.strip() for name in header]


def read_batches(path: Path, width: int, batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Records after the header; a row has exactly `width` fields, text as delivered.

    Where quotes are broken, only the physical line at which the record begins is refused and
    reading resumes at the next one, so that one stray quote cannot swallow the rows after it.
    """
    with _open(path) as (file, offset):
        lines = _Lines(file)
        next(csv.reader(iter(lines), strict=True))
        records = _Records(lines, width, 1 + len(lines.record), offset + _size(lines.record))
        lines.forget()
        batch_offset = records.offset
        while block := file.readlines(BLOCK_BYTES):
            if not records.take_plain(block):
                records.take_any(block)
            batch = records.batch
            is_full = records.offset - batch_offset >= BATCH_BYTES
            if len(batch.rows) + len(batch.rejected) >= batch_rows or is_full:
                yield batch
                records.batch, batch_offset = Batch(), records.offset
        if records.batch.rows or records.batch.rejected:
            yield records.batch


class _Records:
    """Reads blocks of lines into `batch`; knows line and byte offset of the next record."""

    def __init__(self, lines: _Lines, width: int, line: int, offset: int) -> None:
        self.lines, self.width, self.line, self.offset = lines, width, line, offset
        self.batch = Batch()

    def take_plain(self, block: list[bytes]) -> bool:
        """Takes a block in which every line is a row; says whether it is one. Nearly all are, and
        this is several times faster than to look at every record."""
        try:
            rows = list(csv.reader([raw.decode() for raw in block], strict=True))
        except (csv.Error, UnicodeDecodeError):
            return False
        # A record takes a line or more, so as many records as lines means one line each.
        if len(rows) != len(block) or set(map(len, rows)) != {self.width}:
            return False
        self.batch.rows += rows
        self.batch.source_lines += range(self.line, self.line + len(rows))
        self.line += len(rows)
        self.offset += sum(map(len, block))
        return True

    def take_any(self, block: list[bytes]) -> None:
        """Takes a block record by record; the last one may reach beyond the block."""
        lines = self.lines
        lines.ahead.extend(block)
        while lines.ahead:
            reader = csv.reader(iter(lines), strict=True)
            try:
                for fields in reader:
                    self._take_record(fields)
                    if not lines.ahead:
                        break
            except csv.Error as error:
                self._refuse(_reason_of(error, len(lines.record)), lines.keep_first())

    def _take_record(self, fields: list[str]) -> None:
        record = self.lines.record
        if not self.lines.is_decodable:
            self._refuse(UNDECODABLE, record)
        elif len(fields) != self.width:
            self._refuse(RAGGED if fields else EMPTY_LINE, record)
        else:
            self.batch.rows.append(fields)
            self.batch.source_lines.append(self.line)
            self._advance(record)

    def _refuse(self, reason: str, record: list[bytes]) -> None:
        raw = b"".join(record)
        reason = reason if _is_utf8(raw) else UNDECODABLE
        text = raw.rstrip(b"\r\n").decode(errors="backslashreplace")
        self.batch.rejected.append(RejectedRecord(self.line, self.offset, reason, text))
        self._advance(record)

    def _advance(self, record: list[bytes]) -> None:
        self.line += len(record)
        self.offset += _size(record)
        self.lines.forget()


class _Lines:
    """Physical lines as text: those `ahead` first, then the file's own. Remembers the bytes that
    the current record took, and whether they are UTF-8."""

    def __init__(self, file: BufferedReader) -> None:
        self.ahead: deque[bytes] = deque()
        self._file = file
        self.forget()

    def __iter__(self) -> Iterator[str]:
        while raw := self.ahead.popleft() if self.ahead else self._file.readline():
            self.record.append(raw)
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                self.is_decodable = False
                text = raw.decode(errors="surrogateescape")
            yield text

    def keep_first(self) -> list[bytes]:
        """The first line of the current record; its other lines will be read again."""
        self.ahead.extendleft(reversed(self.record[1:]))
        return self.record[:1]

    def forget(self) -> None:
        """Begins a new record."""
        self.record: list[bytes] = []
        self.is_decodable = True


class _open:
    """The file after its byte order mark, with the number of bytes skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> tuple[BufferedReader, int]:
        self._file = self._path.open("rb", buffering=1024 * 1024)
        skipped = len(UTF8_BOM) if self._file.peek(3).startswith(UTF8_BOM) else 0
        self._file.seek(skipped)
        return self._file, skipped

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _reason_of(error: csv.Error, lines: int) -> str:
    if "new-line character" in str(error):
        return STRAY_CARRIAGE_RETURN
    if "field limit" in str(error) and lines == 1:
        return FIELD_TOO_LONG
    return MALFORMED_QUOTES


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _size(record: list[bytes]) -> int:
    return len(record[0]) if len(record) == 1 else sum(map(len, record))
