"""Lines of a CSV file to records, one by one: the path that is exact on any bytes.

A record is one line, or several where a quoted field holds line ends. Every record is the header,
a row, or refused with its reason, so: records = 1 + rows + refused.

- Quotes: a field that begins with a quote ends at the next quote that is not doubled, and a comma
  or line end has to follow. A quote elsewhere in a field is text (`5" pipe`). Where quotes are
  broken only the line at which the record begins is refused, and reading resumes at the next one:
  one stray quote must not swallow the rows after it.
- Line ends: \\n and \\r\\n; and a lone \\r in a file whose header ends with one. Elsewhere a lone
  \\r ends a line only where every part of the line is then a whole row; else the line is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestration.landing.csv_text import UTF8_BOM

EMPTY_LINE = "empty_line"
LINE_TOO_LONG = "line_too_long"
MALFORMED_QUOTES = "malformed_quotes"
NUL_BYTE = "nul_byte"
RAGGED = "ragged"
REPEATED_HEADER = "repeated_header"
STRAY_CARRIAGE_RETURN = "stray_carriage_return"
UNDECODABLE = "undecodable"

INSIDE_QUOTES = re.compile(rb'[^"]*+(?:""[^"]*+)*+')
PLAIN_FIELD = re.compile(rb"[^,\r\n]*+")
# as `surrogateescape` decodes bytes that are no text; several times faster than `backslashreplace`
ESCAPES = {0: "\\x00"} | {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}
ANY_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class RejectedRecord:
    """A record that is no row. `source_line` is 1-based; `byte_offset` is the number of bytes of
    the file before it, `size_bytes` the number that it takes, its line end included."""

    source_line: int
    byte_offset: int
    size_bytes: int
    reason: str
    line_text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What stands at a place: rows (more than one only where lone \\r divide a line), or a reason
    why there is none. `size` bytes and `lines` lines of the data are taken."""

    rows: list[list[bytes]]
    size: int
    lines: int
    reason: str | None = None


class Incomplete(Exception):
    """The record does not end within the data at hand."""


class BrokenQuotes(Exception):
    """Text follows a closing quote, or a quoted field does not end."""


@dataclass(frozen=True)
class Records:
    """How the records of one file are to be read: rows have `width` fields, `header` is the header
    without its line end, `is_cr_file` says that it ended with a lone \\r."""

    width: int
    header: bytes
    is_cr_file: bool

    def take(self, data: bytes, place: int, is_end: bool) -> Taken:
        """The record at `place`. Nothing follows `data` where `is_end`; else, Incomplete is raised
        where the record may go on."""
        end = line_end(data, place, self.is_cr_file, is_end)
        line = data[place:end]
        body = without_end(line)
        if b'"' not in line and b"\r" not in body:
            fields = body.split(b",")
            is_text = body.isascii() and b"\0" not in body
            if len(fields) == self.width and is_text and body and body != self.header:
                return Taken([fields], len(line), 1)
            found = [fields]
        else:
            try:
                found, end = scan(data, place, self.width, self.is_cr_file, is_end)
            except BrokenQuotes:
                return Taken([], len(line), 1, damage(line) or MALFORMED_QUOTES)
        raw = line if end == place + len(line) else data[place:end]
        lines = count_lines(raw, self.is_cr_file)
        reason = damage(raw)
        if reason is None and not without_end(raw):
            reason = EMPTY_LINE
        if reason is None and any(len(fields) != self.width for fields in found):
            reason = RAGGED if len(found) == 1 else STRAY_CARRIAGE_RETURN
        if reason is None and without_end(raw).removeprefix(UTF8_BOM) == self.header:
            reason = REPEATED_HEADER
        if reason:
            return Taken([], len(raw), lines, reason)
        return Taken(found, len(raw), lines + len(found) - 1)


def scan(
    data: bytes, place: int, width: int | None, is_cr_file: bool, is_end: bool
) -> tuple[list[list[bytes]], int]:
    """Fields of the record at `place`, and where it ends, its line end included.

    More than one record comes back where lone \\r divide a line. A quoted field beyond the `width`
    may not go on to another line: it is a sign of broken quotes, and the bound keeps the time for
    hostile files in proportion to their size. Raises BrokenQuotes, Incomplete.
    """
    fields: list[bytes] = []
    found = [fields]
    while True:
        if data.startswith(b'"', place):
            start = place + 1
            place = INSIDE_QUOTES.match(data, start).end()
            field = data[start:place]
            is_beyond = width is not None and len(fields) >= width
            if is_beyond and (b"\n" in field or (is_cr_file and b"\r" in field)):
                raise BrokenQuotes
            if place == len(data):
                raise BrokenQuotes if is_end else Incomplete
            place += 1
            fields.append(field.replace(b'""', b'"'))
        else:
            plain = PLAIN_FIELD.match(data, place)
            fields.append(plain.group())
            place = plain.end()
        rest = data[place : place + 2]
        if rest in (b"", b"\r") and not is_end:
            raise Incomplete
        if rest.startswith(b","):
            place += 1
        elif rest.startswith((b"\n", b"\r\n")) or rest == b"":
            return found, place + (2 if rest == b"\r\n" else len(rest[:1]))
        elif rest.startswith(b"\r"):
            place += 1
            if is_cr_file or place == len(data):
                return found, place
            fields = []
            found.append(fields)
        else:
            raise BrokenQuotes


def line_end(data: bytes, place: int, is_cr_file: bool, is_end: bool) -> int:
    """Where the line at `place` ends, its line end included. Raises Incomplete."""
    if is_cr_file:
        found = ANY_LINE_END.search(data, place)
        end = found.end() if found else len(data)
        # \n may follow the \r that the data end with
        is_whole = found and (end < len(data) or data.endswith(b"\n"))
    else:
        end = data.find(b"\n", place) + 1
        is_whole = end > 0
        end = end or len(data)
    if not is_whole and not is_end:
        raise Incomplete
    return end


def count_lines(raw: bytes, is_cr_file: bool) -> int:
    """Lines that a record takes; the last one may lack its end."""
    lines = raw.count(b"\n")
    if is_cr_file:
        lines += raw.count(b"\r") - raw.count(b"\r\n")
        return lines + (not raw.endswith((b"\r", b"\n")))
    return lines + (not raw.endswith(b"\n"))


def without_end(line: bytes) -> bytes:
    """`line` without its one line end."""
    if line.endswith(b"\n"):
        return line[: -2 if line.endswith(b"\r\n") else -1]
    return line[:-1] if line.endswith(b"\r") else line


def shown(raw: bytes) -> str:
    """A refused record as text: without its line end, bytes that are no text as \\xNN."""
    return without_end(raw).decode(errors="surrogateescape").translate(ESCAPES)


def damage(raw: bytes) -> str | None:
    """What makes bytes no text: UNDECODABLE or NUL_BYTE; None where they are text."""
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError:
            return UNDECODABLE
    return NUL_BYTE if b"\0" in raw else None
