"""Any of many texts in bytes, in time that grows with the bytes and not with the texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

WORD = np.zeros(256, bool)
WORD[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.@+-")] = True
WORD[0x80:] = True
# Spreads the first bytes of a text over a table of 2^22 entries, so that few other bytes share one.
SPREAD, TABLE_BITS = np.uint64(0x9E3779B97F4A7C15), 22
AT_ONCE = 1 << 18  # places of which the first bytes are held as numbers


class ByteSearch:
    """Finds any of `needles`, none of them empty.

    At every place the first bytes (as many as the shortest needle has, up to eight) are taken for
    one number and looked up among those of the needles; only where they are known, few places, the
    whole needle is compared.
    """

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._needles = set(needles)
        lengths = {len(needle) for needle in self._needles}
        self._longest = max(lengths, default=0)
        width = min(8, min(lengths, default=8))
        self._shift = np.uint64(64 - 8 * width)  # drops what follows the first bytes
        starts = {needle[:width].rjust(8, b"\0") for needle in self._needles}
        self._starts = np.sort(np.frombuffer(b"".join(starts), "<u8"))
        self._table = np.zeros(1 << TABLE_BITS, bool)
        self._table[self._entry(self._starts)] = True
        self._lengths: dict[int, list[int]] = {}  # by start, the longest first
        for needle in sorted(self._needles, key=len, reverse=True):
            start = int.from_bytes(needle[:width].rjust(8, b"\0"), "little")
            known = self._lengths.setdefault(start, [])
            if len(needle) not in known:
                known.append(len(needle))

    def is_in(self, data: bytes) -> bool:
        """Whether any needle stands anywhere in `data`."""
        return any(True for _ in self._found(data, 0, len(data), False))

    def count(self, blocks: Iterable[bytes], as_words: bool) -> int:
        """How many needles stand in the text that the blocks make, wherever they are divided.

        Read from the begin; where several begin at one place it is the longest, and what overlaps
        with one counted is not counted. `as_words`: none of the characters that words, addresses
        and numbers are made of stands before or after it.
        """
        if not self._needles:
            return 0
        count = 0
        free = place = 0  # what is counted ends at `free`; places before `place` are done
        text = b""
        for block, is_end in _with_end(blocks):
            text += block
            # The byte after a needle has to be at hand as well.
            stop = len(text) if is_end else max(len(text) - self._longest, place)
            for begin, end in self._found(text, place, stop, as_words):
                if begin >= free:
                    count, free = count + 1, end
            # One byte before the next place stays, to tell where a word begins.
            gone = max(stop - 1, 0)
            text, free, place = text[gone:], free - gone, stop - gone
        return count

    def _found(
        self, text: bytes, first: int, stop: int, as_words: bool
    ) -> Iterator[tuple[int, int]]:
        """Begin and end of the longest needle at each place from `first` up to `stop`."""
        if not self._needles:
            return
        data = np.frombuffer(text, np.uint8)
        padded = text + bytes(8)
        for begin in range(first, stop, AT_ONCE):
            size = min(AT_ONCE, stop - begin)
            # The eight bytes from each place on; they overlap.
            eight = np.ndarray(size, "<u8", padded, begin, (1,))
            starts = eight << self._shift
            places = np.flatnonzero(self._table[self._entry(starts)])
            starts = starts[places]
            near = np.minimum(np.searchsorted(self._starts, starts), len(self._starts) - 1)
            is_known = self._starts[near] == starts
            places, starts = places[is_known] + begin, starts[is_known]
            if as_words:
                is_first = (places == 0) | ~WORD[data[places - 1]]
                places, starts = places[is_first], starts[is_first]
            for place, start in zip(places.tolist(), starts.tolist(), strict=True):
                for length in self._lengths[start]:
                    end = place + length
                    if end > len(text) or (as_words and WORD[padded[end]]):
                        continue
                    if text[place:end] in self._needles:
                        yield place, end
                        break

    def _entry(self, starts: np.ndarray) -> np.ndarray:
        return (starts * SPREAD) >> np.uint64(64 - TABLE_BITS)


def _with_end(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The blocks, and at last an empty one that is the end."""
    for block in blocks:
        yield block, False
    yield b"", True
