"""The search for many texts at once, against the search for one after the other."""

from __future__ import annotations

import random
import re

import pytest

from orchestration.erasure.byte_search import ByteSearch

WORD = rb"[0-9A-Za-z_.@+\-\x80-\xff]"


def by_expression(needles: set[bytes], text: bytes, as_words: bool) -> int:
    """The count by an expression of all needles, the longest first."""
    parts = sorted((re.escape(needle) for needle in needles), key=len, reverse=True)
    one = rb"(?:" + b"|".join(parts) + rb")"
    if as_words:
        one = rb"(?<!" + WORD + rb")" + one + rb"(?!" + WORD + rb")"
    return sum(1 for _ in re.finditer(one, text, re.DOTALL))


def divided(text: bytes, chance: random.Random) -> list[bytes]:
    """`text` in blocks of any length, empty ones among them."""
    places = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randrange(9)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize("alphabet", [b"ab", b"ab ", b"aB.@ ,\n", b"\x00\xc3\xbc\xffa ", None])
def test_random_needles_in_random_texts(alphabet: bytes | None) -> None:
    """Overlapping ones, one within another, at block borders and at both ends."""
    chance = random.Random(str(alphabet))
    letters = bytes(range(256)) if alphabet is None else alphabet
    found = {True: 0, False: 0}
    for _ in range(1_500):
        text = bytes(chance.choices(letters, k=chance.randrange(120)))
        shortest = chance.choice((1, 2, 4, 6, 9))
        needles = set()
        for _ in range(chance.randrange(1, 12)):
            length = chance.randrange(shortest, shortest + 12)
            place = chance.randrange(len(text) + 1)
            piece = text[place : place + length]  # often one that is there
            made = bytes(chance.choices(letters, k=length))
            needles.add(piece if chance.random() < 0.6 and piece else made)
        wanted = ByteSearch(needles)
        assert wanted.is_in(text) == any(needle in text for needle in needles)
        for as_words in (True, False):
            expected = by_expression(needles, text, as_words)
            assert wanted.count(divided(text, chance), as_words) == expected
            assert wanted.count([text[i : i + 1] for i in range(len(text))], as_words) == expected
            found[as_words] += expected
    assert found[False] > 500 and (found[True] > 20 or alphabet == b"ab")


def test_nothing_wanted_and_nothing_there() -> None:
    assert ByteSearch([]).count([b"text"], as_words=False) == 0
    assert not ByteSearch([]).is_in(b"text")
    assert ByteSearch([b"needle"]).count([], as_words=True) == 0
    assert not ByteSearch([b"needle"]).is_in(b"")


def test_long_needles_and_borders_of_what_is_looked_at_once() -> None:
    """A needle longer than the blocks, and one at each place around a border within."""
    long = bytes(random.Random(1).choices(b"abcdef", k=5_000))
    text = b"x" * 3_000 + long + b"y" * 3_000
    wanted = ByteSearch([long, long[:7]])
    blocks = [text[place : place + 1_000] for place in range(0, len(text), 1_000)]
    assert wanted.count(blocks, as_words=False) == 1
    border = 1 << 18
    for place in range(border - 9, border + 3):
        text = b" " * place + b"needle1" + b" " * border
        for size in (1 << 18, 1 << 20, 1_000_003):
            blocks = [text[begin : begin + size] for begin in range(0, len(text), size)]
            assert ByteSearch([b"needle1"]).count(blocks, as_words=True) == 1
