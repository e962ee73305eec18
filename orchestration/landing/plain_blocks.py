"""Blocks of clean lines to rows, many at once: the fast path.

A block is taken only where cheap checks over all of its bytes prove that the careful path would
make the very same rows of it. Anything doubtful is left to that path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from orchestration.landing.csv_text import UTF8_BOM

COMMA, NEWLINE, CARRIAGE_RETURN, QUOTE = (ord(character) for character in ',\n\r"')


@dataclass(frozen=True)
class PlainRows:
    """Rows as text, at which line of the block (0-based) each begins, and what they took of it."""

    table: pa.Table
    first_lines: np.ndarray
    size_bytes: int
    lines: int


class PlainBlocks:
    """Takes blocks of one file, whose rows have `width` fields.

    `columns` names the fields wanted by their place; `header` is the header without line end.
    """

    def __init__(self, width: int, columns: dict[int, str], header: bytes) -> None:
        # at the begin of a line: a header again, or a mark that pyarrow would leave out
        self._odd_starts = (header, UTF8_BOM)
        names = [columns.get(place, f"_unknown_{place}") for place in range(width)]
        self._names = names
        self._convert = pc.ConvertOptions(
            column_types={name: pa.string() for name in columns.values()},
            include_columns=list(columns.values()),
            null_values=[],
            strings_can_be_null=False,
            check_utf8=False,
        )

    def take(self, block: bytes, is_end: bool) -> PlainRows | None:
        """The rows of `block`, which begins with a record; None where it is not plain.

        What follows the last record that ends within the block is left; at the end of the file
        (`is_end`) nothing is.
        """
        size = len(block) if is_end else block.rfind(b"\n") + 1
        newlines = None
        if block.find(b'"', 0, size) >= 0:
            newlines = _newlines(block[:size], is_end)
            if newlines is None or newlines.has_empty_record:
                return None
            if not is_end:
                size = newlines.outside[-1] + 1 if len(newlines.outside) else 0
        if size == 0:
            return None
        piece = block if size == len(block) else block[:size]
        if not self._is_plain(piece):
            return None
        if newlines is None and _has_empty_line(piece):
            return None
        table = self._parse(piece, has_quotes=newlines is not None)
        if table is None:
            return None
        is_open = not piece.endswith(b"\n")
        if newlines is None:
            lines = ends = piece.count(b"\n")
            first_lines = np.arange(table.num_rows)
        else:
            lines = int(np.searchsorted(newlines.all, size))
            ends = len(newlines.outside)
            begins = np.searchsorted(newlines.all, newlines.outside, side="right")
            first_lines = np.concatenate(([0], begins))[: table.num_rows]
        if table.num_rows != ends + is_open:
            return None
        return PlainRows(table, first_lines, size, lines + is_open)

    def _is_plain(self, piece: bytes) -> bool:
        if (
            b"\0" in piece
            or piece.startswith(self._odd_starts)
            or any(b"\n" + start in piece for start in self._odd_starts)
        ):
            return False
        returns = piece.count(b"\r")
        if returns and returns != piece.count(b"\r\n"):
            return False
        if not piece.isascii():
            try:
                piece.decode()
            except UnicodeDecodeError:
                return False
        return True

    def _parse(self, piece: bytes, has_quotes: bool) -> pa.Table | None:
        """What pyarrow makes of it; it refuses lines with too few or too many fields."""
        try:
            return pc.read_csv(
                pa.BufferReader(piece),
                pc.ReadOptions(column_names=self._names, block_size=len(piece) + 1),
                pc.ParseOptions(
                    quote_char='"' if has_quotes else False,
                    double_quote=True,
                    newlines_in_values=has_quotes,
                    ignore_empty_lines=False,
                ),
                self._convert,
            )
        except pa.ArrowInvalid:
            return None


@dataclass(frozen=True)
class _Newlines:
    """Places of line feeds in a block: all, and those outside of quotes, which end records."""

    all: np.ndarray
    outside: np.ndarray
    has_empty_record: bool


def _newlines(block: bytes, is_end: bool) -> _Newlines | None:
    """Line feeds of a block that begins outside of quotes; None where any quote is doubtful.

    Quotes open and close in turns, where a doubled quote counts as one that closes and one that
    opens. So every opening one has to follow a comma, a line end or the quote before it, every
    closing one must be followed by a comma, a line end or the next quote.
    """
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == QUOTE)
    feeds = np.flatnonzero(data == NEWLINE)
    outside = feeds[np.searchsorted(quotes, feeds) % 2 == 0]
    if len(quotes) % 2:
        if is_end:
            return None
        # the last field goes on beyond the block: only what ends before it can be judged
        quotes = quotes[:-1]
    padded = np.concatenate(([NEWLINE], data, [NEWLINE]))
    before, after = padded[quotes[0::2]], padded[quotes[1::2] + 2]
    if not np.isin(before, (COMMA, NEWLINE, QUOTE)).all():
        return None
    if not np.isin(after, (COMMA, NEWLINE, CARRIAGE_RETURN, QUOTE)).all():
        return None
    sizes = np.diff(outside, prepend=-1)
    is_empty = (sizes == 1) | ((sizes == 2) & (data[outside - 1] == CARRIAGE_RETURN))
    return _Newlines(feeds, outside, bool(is_empty.any()))


def _has_empty_line(piece: bytes) -> bool:
    """Of text without quotes. pyarrow would make a row of it."""
    return piece.startswith((b"\n", b"\r\n")) or b"\n\n" in piece or b"\n\r\n" in piece
