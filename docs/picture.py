"""Draws docs/assets/cohorts.svg from a built warehouse: `python docs/picture.py`.

Reads marts only, through a read-only connection; rates are the marts' own, and the one share in the
headline is a sum of their counts. Cohorts under SMALL customers show no shares. A cell whose month
is not complete does not exist in the mart, so the triangle to the right stays empty.
"""

from __future__ import annotations

import argparse
import os
from datetime import date
from html import escape
from itertools import pairwise
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
MONTHS = 12  # columns of the heatmap
SMALL = 20  # cohorts under so many customers show no shares

WIDTH = 1200
LEFT, TOP = 176, 172  # corner of the first cell
CELL, ROW = 48, 25
PANEL, PANEL_WIDTH = 830, 330
PLOT_HEIGHT = 206
INK, SOFT, LINE, PAPER = "#1f2933", "#52606d", "#d9dee3", "#ffffff"
ACCENT, BAND = "#08519c", "#c6dbef"
# Light to dark; shares above the last stop keep its colour.
STOPS = [
    (0.0, (247, 251, 255)),
    (0.2, (198, 219, 239)),
    (0.4, (107, 174, 214)),
    (0.6, (8, 81, 156)),
]

COHORTS = """
select cohort_month, cohort_customers, months_since_start, active_customers, active_rate
from marts.cohort_retention
where basis = 'purchase' and segment_name = 'all' and months_since_start between 0 and ?
    and cohort_month < (
        select max(period_start) from marts.dim_periods
        where period_grain = 'month' and is_complete
    )
order by cohort_month, months_since_start
"""
CHURN = """
select period_start, churn_rate as value, churn_rate as lower_95, churn_rate as upper_95,
    customers_at_start as counted
from marts.retention_by_period
where basis = 'subscription' and period_grain = 'month' and is_complete and segment_name = 'all'
    and customers_at_start >= ?
order by period_start
"""
NPS = """
select period_start, nps as value, lower_95, upper_95, responses as counted
from marts.nps_by_period
where window_name = 'rolling_90d' and period_grain = 'month' and is_complete
    and segment_name = 'all' and responses >= ?
order by period_start
"""


def colour(share: float) -> tuple[int, int, int]:
    """Colour of a share, linear between two stops."""
    for (low, at_low), (high, at_high) in pairwise(STOPS):
        if share <= high:
            part = (share - low) / (high - low)
            return tuple(round(a + (b - a) * part) for a, b in zip(at_low, at_high, strict=True))
    return STOPS[-1][1]


def ink_on(background: tuple[int, int, int]) -> str:
    """Black or white, whichever stands out more (WCAG relative luminance)."""
    parts = [c / 255 for c in background]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return PAPER if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#101820"


def text(x: float, y: float, content: str, size: int = 13, fill: str = INK, **more: str) -> str:
    """One line of text; underscores in names of attributes stand for hyphens."""
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{extra}>'
        f"{escape(content)}</text>"
    )


def box(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    """A filled rectangle, with a tooltip where there is a title."""
    tip = f"<title>{escape(title)}</title>" if title else ""
    shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'{shape} fill="{fill}">{tip}</rect>'


def heatmap(cells: list[tuple[date, int, int, int, float | None]]) -> list[str]:
    """The cohorts from top to bottom, the months since the first order from left to right."""
    parts = [
        text(LEFT - 76, TOP - 12, "cohort", 13, SOFT, text_anchor="end"),
        text(LEFT - 14, TOP - 12, "buyers", 13, SOFT, text_anchor="end"),
        text(LEFT, TOP - 34, "months since the first order", 13, SOFT),
    ]
    for month in range(1, MONTHS + 1):
        x = LEFT + (month - 0.5) * CELL
        parts.append(text(x, TOP - 12, str(month), 13, SOFT, text_anchor="middle"))
    cohorts = sorted({cell[0] for cell in cells})
    for month, size, since, active, share in cells:
        y = TOP + cohorts.index(month) * ROW
        if since == 0:
            parts.append(text(LEFT - 76, y + 17, f"{month:%b %Y}", 13, INK, text_anchor="end"))
            parts.append(text(LEFT - 14, y + 17, f"{size:,}", 13, INK, text_anchor="end"))
            continue
        x = LEFT + (since - 1) * CELL
        if size < SMALL or share is None:
            parts.append(box(x, y, CELL - 2, ROW - 2, "#eef1f4", f"fewer than {SMALL} buyers"))
            continue
        fill = colour(share)
        tip = f"{month:%b %Y}, month {since}: {active} of {size} bought"
        parts.append(box(x, y, CELL - 2, ROW - 2, "#{:02x}{:02x}{:02x}".format(*fill), tip))
        middle = x + (CELL - 2) / 2
        label = f"{share:.0%}"
        parts.append(text(middle, y + 16.5, label, 13, ink_on(fill), text_anchor="middle"))
    return parts


def legend(y: float) -> list[str]:
    """Colours of the shares, and what an empty cell means."""
    parts = [text(LEFT, y + 13, "share that bought", 13, SOFT)]
    x = LEFT + 122
    for step in range(13):
        fill = "#{:02x}{:02x}{:02x}".format(*colour(step * 0.05))
        parts.append(box(x + step * 16, y, 16, 16, fill))
    for share in (0.0, 0.2, 0.4, 0.6):
        label = f"{share:.0%}" + (" or more" if share == 0.6 else "")
        anchor = "start" if share == 0.6 else "middle"
        shift = 198 if share == 0.6 else 8 + share / 0.05 * 16
        parts.append(text(x + shift, y + 32, label, 12, SOFT, text_anchor=anchor))
    parts.append(text(x + 284, y + 13, "empty: that month is not over yet", 13, SOFT))
    return parts


def plot(
    y: float, title: str, note: str, rows: list[tuple], ticks: list[float], forms: tuple[str, str]
) -> list[str]:
    """A line through the months with its 95 % limits, the newest value written out.

    `forms`: how to write a tick and the newest value.
    """
    parts = [text(PANEL, y, title, 15, INK, font_weight="600"), text(PANEL, y + 19, note, 12, SOFT)]
    if not rows:
        return [*parts, text(PANEL, y + 60, "no data", 13, SOFT)]
    top, left, right = y + 36, PANEL + 38, PANEL + PANEL_WIDTH - 62
    low, high = ticks[0], ticks[-1]

    def place(index: int, value: float) -> tuple[float, float]:
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return left + (right - left) * index / max(1, len(rows) - 1), top + PLOT_HEIGHT * (
            1 - share
        )

    for value in ticks:
        _, level = place(0, value)
        line = f'<line x1="{left}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}" stroke="{LINE}"/>'
        parts.append(line)
        parts.append(text(left - 7, level + 4, forms[0].format(value), 12, SOFT, text_anchor="end"))
    upper = [place(i, row[3]) for i, row in enumerate(rows)]
    lower = [place(i, row[2]) for i, row in enumerate(rows)]
    band = " ".join(f"{a:.1f},{b:.1f}" for a, b in upper + lower[::-1])
    parts.append(f'<polygon points="{band}" fill="{BAND}"/>')
    points = [place(i, row[1]) for i, row in enumerate(rows)]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="2.2"/>')
    last_x, last_y = points[-1]
    parts.append(f'<circle cx="{last_x:.1f}" cy="{last_y:.1f}" r="4" fill="{ACCENT}"/>')
    newest = forms[1].format(rows[-1][1])
    parts.append(text(last_x + 10, last_y + 6, newest, 18, ACCENT, font_weight="700"))
    for index in sorted({0, len(rows) // 2, len(rows) - 1}):
        x, _ = place(index, low)
        label = f"{rows[index][0]:%b %Y}"
        parts.append(text(x, top + PLOT_HEIGHT + 20, label, 12, SOFT, text_anchor="middle"))
    return parts


def counted(rows: list[tuple], what: str) -> str:
    """How many customers the newest value rests on."""
    return f"; last: {rows[-1][4]:,} {what}" if rows else ""


def picture(connection: duckdb.DuckDBPyConnection) -> str:
    """The whole picture as SVG."""
    cells = connection.execute(COHORTS, [MONTHS]).fetchall()
    if not cells:
        raise SystemExit("picture: marts.cohort_retention holds no complete month: build first")
    churn = connection.execute(CHURN, [SMALL]).fetchall()
    nps = connection.execute(NPS, [SMALL]).fetchall()
    cohorts = sorted({cell[0] for cell in cells})
    bottom = TOP + len(cohorts) * ROW
    height = max(bottom + 76, 780)
    pooled = [c for c in cells if c[2] == MONTHS]
    answer = ""
    if pooled:
        buyers, again = sum(cell[1] for cell in pooled), sum(cell[3] for cell in pooled)
        answer = (
            f"Of {buyers:,} buyers whose month {MONTHS} is over, {again / buyers:.0%} bought in it."
        )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" font-family="Helvetica, Arial, sans-serif" role="img">',
        "<title>Cohort retention of the sample company</title>",
        box(0, 0, WIDTH, height, PAPER),
        text(40, 46, "Do customers come back?", 26, INK, font_weight="700"),
        text(
            40,
            74,
            "Share of each month's new buyers with a valid order n months later"
            " (marts.cohort_retention, active_rate)",
            15,
            SOFT,
        ),
        text(40, 100, f"{answer} Sample company Baan Sao, made-up data.", 15, SOFT),
        *heatmap(cells),
        *legend(bottom + 22),
        *plot(
            TOP - 34,
            "How many subscribers leave each month?",
            "churn_rate, subscription basis" + counted(churn, "subscribers"),
            churn,
            [0.0, 0.03, 0.06, 0.09, 0.12],
            ("{:.0%}", "{:.1%}"),
        ),
        *plot(
            TOP + 306,
            "Would they recommend us?",
            "NPS over 90 days with 95% limits" + counted(nps, "responses"),
            nps,
            [-20, 0, 20, 40, 60, 80],
            ("{:.0f}", "{:.0f}"),
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Writes the picture."""
    home = Path(os.environ.get("HOLDFAST_HOME") or ROOT / ".holdfast")
    parser = argparse.ArgumentParser(description="Draw the cohorts of a built warehouse.")
    parser.add_argument("--warehouse", type=Path, default=home / "warehouse.duckdb")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "assets" / "cohorts.svg")
    arguments = parser.parse_args()
    with duckdb.connect(str(arguments.warehouse), read_only=True) as connection:
        drawn = picture(connection)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
