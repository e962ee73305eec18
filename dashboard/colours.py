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

    def between(self, share: float) -> str:
        """Colour of the ramp at a share, 0 to 1."""
        place = max(0.0, min(1.0, share)) * (len(self.ramp) - 1)
        low = min(int(place), len(self.ramp) - 2)
        parts = zip(_parts(self.ramp[low]), _parts(self.ramp[low + 1]), strict=True)
        mixed = (round(a + (b - a) * (place - low)) for a, b in parts)
        return "#" + "".join(f"{one:02x}" for one in mixed)


def contrast(one: str, other: str) -> float:
    """How much two colours differ, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(background: str) -> str:
    """Black or white, whichever stands out more: by 4.5 at least, on every colour."""
    return max(("#0b1220", "#ffffff"), key=lambda ink: contrast(ink, background))


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = (part / 255 for part in _parts(colour))
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
