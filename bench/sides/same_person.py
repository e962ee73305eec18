"""Which records are one person, for the sides that have no SQL: by links, e-mail and phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def link_ends(into: Mapping[str, str]) -> dict[str, str]:
    """The record at the end of each chain of links."""
    ends = {}
    for one in into:
        root = into[one]
        while root in into:
            root = into[root]
        ends[one] = root
    return ends


def persons(
    ends: Mapping[str, str], shared: Iterable[tuple[str, str]], created: Mapping[str, Any]
) -> dict[str, str]:
    """The record that stands for each one that shares something with another.

    `shared` holds (what, record); `created` says when each delivered record was. A record that
    links end at stands first, then the earliest, never one that was merged into another.
    """
    parent: dict[str, str] = {}

    def top(one: str) -> str:
        while parent.setdefault(one, one) != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    firsts: dict[str, str] = {}
    roots, best = set(ends.values()), {}
    groups = [("r" + root, one) for one, root in ends.items()]
    groups += [("r" + root, root) for root in roots]
    for group, one in (*groups, *shared):
        if one in created or one in ends:
            parent[top(one)] = top(firsts.setdefault(group, one))

    def rank(one: str) -> tuple:
        kind = 2 if one in ends else 0 if one in roots else 1
        return (kind, created.get(one) is None, created.get(one) or 0, one)

    for one in list(parent):
        head = top(one)
        if head not in best or rank(one) < rank(best[head]):
            best[head] = one
    return {one: best[top(one)] for one in parent}
