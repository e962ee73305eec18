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

COMMA, NEWLINE, CARRIAGE_RETURN, QUOTE, BLANK = (ord(character) for character in ',\n\r" ')


@dataclass(frozen=True)
class PlainRows:
    """Rows as text, at which line and byte of the block (0-based) each begins, at which byte it
    ends, and what was taken of the block."""

    table: pa.Table
    first_lines: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    size_bytes: int
    lines: int


class PlainBlocks:
    """Takes blocks of one file, whose rows have `width` fields.

    `columns` names the fields wanted by their place; `header` is the header without line end.
    Records of nothing but blanks, as an erasure leaves them, are stepped over where `skip_blank`.
    """

    def __init__(
        self, width: int, columns: dict[int, str], header: bytes, skip_blank: bool = False
    ) -> None:
        self._skip_blank = skip_blank
        # at the begin of a line: a header again, or a mark that pyarrow would leave out
        self._odd_starts = (header, UTF8_BOM)
        names = [columns.get(place, f"_unknown_{place}") for place in range(width)]
        self._names = names
        self._no_rows = pa.schema([(name, pa.string()) for name in columns.values()]).empty_table()
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
        data = np.frombuffer(block, np.uint8)
        feeds = np.flatnonzero(data == NEWLINE)
        ends = feeds
        has_quotes = b'"' in block
        if has_quotes:
            found = _ends_of_quoted(data, feeds, is_end)
            if found is None:
                return None
            ends = found
        begins = np.concatenate(([0], ends + 1))
        if is_end and begins[-1] < len(block):
            size = len(block)
        else:
            size, begins = int(begins[-1]), begins[:-1]
        if size == 0:
            return None
        piece, data = (block, data) if size == len(block) else (block[:size], data[:size])
        ends, read = np.append(begins[1:], size), piece
        if self._skip_blank and (is_blank := _are_blank(piece, data, begins, ends)).any():
            begins, ends = begins[~is_blank], ends[~is_blank]
            read = b"".join(map(piece.__getitem__, map(slice, begins.tolist(), ends.tolist())))
        if not self._is_plain(piece, data, feeds, begins):
            return None
        table = self._parse(read, has_quotes) if read else self._no_rows
        if table is None or table.num_rows != len(begins):
            return None
        is_line_each = not has_quotes and read is piece
        first_lines = np.arange(len(begins)) if is_line_each else np.searchsorted(feeds, begins)
        lines = piece.count(b"\n") + (not piece.endswith(b"\n"))
        return PlainRows(table, first_lines, begins, ends, size, lines)

    def _is_plain(
        self, piece: bytes, data: np.ndarray, feeds: np.ndarray, begins: np.ndarray
    ) -> bool:
        """Whether nothing in `piece` but its quotes and number of fields could be out of order."""
        if b"\0" in piece:
            return False
        returns = piece.count(b"\r")
        feeds = feeds[: np.searchsorted(feeds, len(piece))]
        if returns and returns != np.count_nonzero(data[feeds[feeds > 0] - 1] == CARRIAGE_RETURN):
            return False
        # pyarrow would make rows of empty lines
        first = data[begins]
        if (first == NEWLINE).any() or (first == CARRIAGE_RETURN).any():
            return False
        if any(_begins_with(data, begins, start) for start in self._odd_starts):
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


def _are_blank(piece: bytes, data: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Which records are nothing but blanks and line ends."""
    is_blank = np.isin(data[begins], (BLANK, NEWLINE, CARRIAGE_RETURN))
    for place in np.flatnonzero(is_blank).tolist():
        is_blank[place] = not piece[begins[place] : ends[place]].strip(b" \r\n")
    return is_blank


def _begins_with(data: np.ndarray, begins: np.ndarray, start: bytes) -> bool:
    """Whether `start` stands at any of the places `begins`."""
    places = begins[begins <= len(data) - len(start)]
    for distance, byte in enumerate(start):
        places = places[data[places + distance] == byte]
        if not len(places):
            return False
    return True


def _ends_of_quoted(data: np.ndarray, feeds: np.ndarray, is_end: bool) -> np.ndarray | None:
    """The line feeds that end records, in a block that begins with one; None where any quote is
    doubtful.

    Quotes open and close in turns, where a doubled quote counts as one that closes and one that
    opens. So every opening one has to follow a comma, a line end or the quote before it, every
    closing one must be followed by a comma, a line end or the next quote.
    """
    quotes = np.flatnonzero(data == QUOTE)
    if len(quotes) % 2:
        if is_end:
            return None
        # the last field goes on beyond the block: only what ends before it can be judged
        quotes, opening = quotes[:-1], quotes[-1]
        feeds = feeds[: np.searchsorted(feeds, opening)]
    padded = np.concatenate(([NEWLINE], data, [NEWLINE]))
    before, after = padded[quotes[0::2]], padded[quotes[1::2] + 2]
    if not np.isin(before, (COMMA, NEWLINE, QUOTE)).all():
        return None
    if not np.isin(after, (COMMA, NEWLINE, CARRIAGE_RETURN, QUOTE)).all():
        return None
    return feeds[np.searchsorted(quotes, feeds) % 2 == 0]
