"""Colours of the charts, light and dark; each stands out by 3:1 or more from its background."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """`series`: categories in their order; `ramp`: light to strong, for shares."""

    ink: str
    soft: str
    line: str
    paper: str
    good: str
    bad: str
    series: tuple[str, ...]
    ramp: tuple[str, ...]
    open_cell: str


LIGHT = Colours(
    ink="#17202b",
    soft="#56616f",
    line="#d5dae1",
    paper="#ffffff",
    good="#0b7a5b",
    bad="#c0392b",
    series=("#1d5fbf", "#c2570c", "#0b7a6b", "#a8327e", "#7a5f00", "#5b4bb5", "#56616f"),
    ramp=("#eef4fb", "#a9cbee", "#4a90d0", "#1d5fbf", "#0c3470"),
    open_cell="#eceff3",
)
DARK = Colours(
    ink="#eef2f7",
    soft="#a9b4c2",
    line="#3a4451",
    paper="#12161c",
    good="#4cc9a0",
    bad="#ff8a7a",
    series=("#7fb2ff", "#f7a35c", "#4fd1c1", "#f08cc8", "#e3c65b", "#b3a6ff", "#a9b4c2"),
    ramp=("#1b2634", "#25466e", "#3a70ad", "#6aa6ea", "#c2dcff"),
    open_cell="#232a33",
)


def colours(is_dark: bool) -> Colours:
    """The set for a theme."""
    return DARK if is_dark else LIGHT
