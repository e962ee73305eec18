"""The report as one HTML file: no script, no address outside of it, charts as SVG within it.

Every text that comes from data or docs is escaped. The same report gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import vl_convert

from dashboard.charts import COUNT, SHARE, bars
from dashboard.colours import LIGHT
from dashboard.panel import CODES, DECIMALS
from dashboard.report import Drawn, Report
from dashboard.shown import Card, Cards, Table

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# Width of a chart, half a page and a whole one: on paper its letters come out near 9 points.
HALF, WHOLE_WIDTH = 430, 880
# Panels that need the whole width.
WIDE = ("cohorts",)
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
DAY = re.compile(r"\d{4}-\d\d-\d\dT00:00:00")
# Of the line within a card.
COURSE_WIDTH, COURSE_HEIGHT = 120, 28


def page(report: Report) -> str:
    """The whole file."""
    words = report.words
    title = words("report.title", period=report.period)
    chapters = _with_own_ids(
        "\n".join(_chapter(report, name, panels) for name, panels in report.chapters.items())
    )
    links = "".join(
        f'<li><a href="#{name}">{escape(words(f"page.{name}"))}</a></li>'
        for name in report.chapters
    )
    return f"""<!DOCTYPE html>
<html lang="{words.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(words("app.title"))}: {escape(title)}</title>
<style>
{_style(report, title)}
</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{_head(report)}
</header>
<nav aria-label="{escape(words("report.contents"))}"><ul>{links}</ul></nav>
<main>
{chapters}
</main>
</body>
</html>
"""


def _style(report: Report, title: str) -> str:
    hues = ("ink", "soft", "line", "paper", "good", "bad")
    colours = "".join(f"--{name}: {getattr(LIGHT, name)}; " for name in hues)
    below = _css_text(f"{report.words('app.title')}: {title}")
    stamp = _css_text(str(report.stamp["generation"]))
    return (
        f":root {{ {colours}}}\n"
        f"@page {{ @bottom-left {{ content: {below}; }} @bottom-center {{ content: {stamp}; }} }}\n"
        f"{STYLE}"
    )


def _css_text(text: str) -> str:
    """A text in a style sheet: whatever is no letter, digit or blank by its number, which takes the
    blank after it away."""
    return '"' + re.sub(r"[^\w ]", lambda one: f"\\{ord(one.group()):x} ", text) + '"'


def _head(report: Report) -> str:
    """What the figures are about, whether they can be trusted, and how to read them."""
    words, stamp = report.words, report.stamp
    told = {
        "data_before": f"{stamp['as_of_date']:%Y-%m-%d}",
        "published": f"{stamp['published_at']:%Y-%m-%d %H:%M} UTC",
        "timezone": stamp["business_timezone"],
        "currency": stamp["reporting_currency"],
        "generation": stamp["generation"],
    }
    facts = "".join(
        f"<div><dt>{escape(words(f'report.{name}'))}</dt><dd>{escape(str(text))}</dd></div>"
        for name, text in told.items()
    )
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in report.faults)
    verdict = words("message.not_trusted" if report.faults else "message.trusted")
    tone = "bad" if report.faults else "good"
    not_over = words("message.not_over", period=report.period)
    return (
        ("" if report.is_over else f'<p class="bad">{escape(not_over)}</p>')
        + f'<p class="{tone}"><strong>{escape(verdict)}</strong></p>'
        + (f"<ul>{faults}</ul>" if faults else "")
        + f'<dl class="facts">{facts}</dl>\n<p class="soft">{escape(words("report.how"))}</p>'
    )


def _chapter(report: Report, name: str, panels: dict[str, list[Drawn]]) -> str:
    words = report.words
    shown = {key: [one for one in of if one.shown is not None] for key, of in panels.items()}
    # What fills a page is a panel of its own for each basis.
    parts = [
        _panel(report, some)
        for key, of in shown.items()
        for some in ([[one] for one in of] if key in WIDE else [of])
        if some
    ]
    empty = [words(f"panel.{key}") for key, of in shown.items() if not of]
    if name == "quality" and report.lines:
        lines = "".join(f"<li>{_doc(line)}</li>" for line in report.lines)
        parts.insert(
            0,
            '<section class="panel wide"><h3>holdfast status</h3>'
            f'<ul class="small" lang="en">{lines}</ul></section>',
        )
    if empty:
        text = words("report.empty", panels=", ".join(empty))
        parts.append(f'<p class="soft wide">{escape(text)}</p>')
    return (
        f'<section class="chapter" aria-labelledby="{name}">\n'
        f'<h2 id="{name}">{escape(words(f"page.{name}"))}</h2>\n'
        f'<p class="question">{escape(words(f"question.{name}"))}</p>\n'
        f'<div class="panels">\n{"".join(parts)}</div>\n</section>'
    )


def _panel(report: Report, drawn: Sequence[Drawn]) -> str:
    """One title and definition, and what it shows for each basis."""
    first = drawn[0]
    is_broad = isinstance(first.shown, Cards | Table)
    is_wide = len(drawn) > 1 or first.key in WIDE or is_broad
    title = _name(report, first) if first.key in WIDE else first.title
    parts = []
    for one in drawn:
        head = f"<h4>{escape(report.words.value(one.basis))}</h4>" if len(drawn) > 1 else ""
        note = f'<p class="soft small">{escape(one.note)}</p>' if one.note else ""
        parts.append(f'<div class="one">{head}{note}{_drawn(report, one)}</div>\n')
    marks = dict.fromkeys(mark for one in drawn for mark in one.marks)
    told = "".join(f'<p class="soft small">{escape(mark)}</p>' for mark in marks)
    text = f'<p class="soft small" lang="en">{_doc(first.definition)}</p>'
    return (
        f'<section class="panel{" wide" * is_wide}">\n<h3>{escape(title)}</h3>\n'
        f"{text if first.definition else ''}\n"
        f'<div class="{"stacked" if is_broad else "pair" if len(drawn) > 1 else "single"}">\n'
        f"{''.join(parts)}</div>\n{told}{_definitions(drawn)}</section>\n"
    )


def _name(report: Report, one: Drawn) -> str:
    """Title of a panel, with its basis where it is drawn for several."""
    several = [other for of in report.chapters.values() for other in of.get(one.key, ())]
    return f"{one.title}: {report.words.value(one.basis)}" if len(several) > 1 else one.title


def _drawn(report: Report, one: Drawn) -> str:
    shown = one.shown
    if isinstance(shown, Cards):
        return _cards(shown)
    if isinstance(shown, Table):
        return _table(report, shown, one.title)
    if isinstance(shown, go.Figure):
        shown = _tiles_as_bars(report, one, shown)
    is_wide = one.key in WIDE
    label = _name(report, one)
    svg = _svg(shown, WHOLE_WIDTH if is_wide else HALF, f"{label}. {one.definition}")
    if not is_wide:
        return svg
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(label)}">{svg}</div>'


def _svg(chart: Any, width: int, label: str) -> str:
    """A chart as SVG that takes the width it is given."""
    wanted = _in_utc(chart.to_dict())
    wanted |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    # What each mark is would be read aloud one by one.
    wanted["config"] = {**wanted.get("config", {}), "aria": False}
    # Addresses in a chart are never followed.
    svg = vl_convert.vegalite_to_svg(wanted, allowed_base_urls=[])
    box = re.search(r'viewBox="([^"]*)"', svg)
    start = svg.index(">") + 1
    assert box is not None
    return (
        f'<svg viewBox="{box.group(1)}" role="img" aria-label="{escape(" ".join(label.split()))}">'
        f"{svg[start:]}"
    )


def _in_utc(part: Any) -> Any:
    """A part of a spec whose days begin in UTC, wherever it is drawn: else a chart would differ by
    the hour that clocks are put forward."""
    if isinstance(part, str) and DAY.fullmatch(part):
        return f"{part}Z"
    if isinstance(part, list):
        return [_in_utc(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: _in_utc(one) for name, one in part.items()}
    for place in (made.get("x"), made.get("y")):
        if isinstance(place, dict) and place.get("type") == "temporal":
            place["scale"] = {**(place.get("scale") or {}), "type": "utc"}
    return made


def _with_own_ids(text: str) -> str:
    """The page, in which no two charts name a part alike."""
    numbers = count()
    return re.sub(
        r"<svg\b.*?</svg>", lambda one: _renamed(one.group(), next(numbers)), text, flags=re.DOTALL
    )


def _renamed(svg: str, number: int) -> str:
    for name in sorted(set(re.findall(r'<[^<>]* id="([\w-]+)"', svg)), key=len, reverse=True):
        svg = svg.replace(f'id="{name}"', f'id="s{number}{name}"')
        svg = svg.replace(f"url(#{name})", f"url(#s{number}{name})")
    return svg


def _tiles_as_bars(report: Report, one: Drawn, figure: go.Figure) -> Any:
    """The tiles of a treemap, which only a browser can draw, as bars with their shares."""
    tiles = figure.data[0]
    measure = next(name for name in one.asked.columns if list(one.rows[name]) == list(tiles.values))
    shares = [row[0] for row in tiles.customdata]
    # The share first: a long name is cut at its end.
    labels = [f"{share:.0%} {name}" for name, share in zip(tiles.labels, shares, strict=True)]
    rows = pd.DataFrame({"tile": labels, measure: list(tiles.values)})
    return bars(report.view, rows, "tile", measure, COUNT)


def _cards(shown: Cards) -> str:
    head = ""
    if shown.headline:
        head = f'<p class="headline">{escape(shown.headline)}</p><p>{escape(shown.text)}</p>'
    cards = "".join(_card(card, shown.compared) for card in shown.cards)
    return f'{head}<div class="cards">{cards}</div>'


def _card(card: Card, compared: str) -> str:
    change = ""
    if card.change:
        rises, falls = card.change.startswith("+"), card.change.startswith("-")
        tone = "good" if rises == card.is_higher_better else "bad"
        tone = tone if (rises or falls) and re.search("[1-9]", card.change) else "soft"
        change = f'<p class="{tone}">{escape(card.change)} <span>{escape(compared)}</span></p>'
    note = f'<p class="soft">{escape(card.note)}</p>' if card.note else ""
    return (
        f'<div class="card"><p class="label">{escape(card.label)}</p>'
        f'<p class="figure">{escape(card.figure)}</p>{change}{_course(card)}{note}</div>'
    )


def _course(card: Card) -> str:
    """The last periods as a line."""
    figures = list(card.course)
    if len(figures) < 2:
        return ""
    low, high = min(figures), max(figures)
    step = (COURSE_WIDTH - 6) / (len(figures) - 1)
    room = COURSE_HEIGHT - 6
    points = [
        (3 + at * step, 3 + room * (0.5 if high == low else (high - one) / (high - low)))
        for at, one in enumerate(figures)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg viewBox="0 0 {COURSE_WIDTH} {COURSE_HEIGHT}" role="img"'
        f' aria-label="{escape(card.label)}"><polyline points="{line}" fill="none"'
        f' stroke="{LIGHT.series[0]}" stroke-width="1.6"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{LIGHT.series[0]}"/></svg>'
    )


def _definitions(of_key: Iterable[Drawn]) -> str:
    """What each figure of the cards is, once."""
    cards = [card for one in of_key if isinstance(one.shown, Cards) for card in one.shown.cards]
    told = {card.label: card.definition for card in cards if card.definition}
    listed = "".join(
        f'<div><dt>{escape(label)}</dt><dd lang="en">{_doc(text)}</dd></div>'
        for label, text in told.items()
    )
    return f'<dl class="soft small">{listed}</dl>\n' if listed else ""


def _table(report: Report, shown: Table, title: str) -> str:
    """Rows as text, rounded as in the dashboard."""
    words = report.words
    heads, cells = [], []
    for column, values in shown.rows.items():
        is_figure = column in shown.units
        kind = ' class="figure"' if is_figure else ""
        heads.append(f'<th scope="col"{kind}>{escape(words.column(str(column)))}</th>')
        told = [_cell(report, shown, str(column), value) for value in values]
        cells.append([f"<td{kind}>{escape(text)}</td>" for text in told])
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(title)}"><table>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(report: Report, shown: Table, column: str, value: Any) -> str:
    words = report.words
    if pd.isna(value):
        return words("message.none")
    if column in shown.units:
        unit = shown.units[column]
        return f"{value:.1%}" if unit == SHARE else f"{value:,.{DECIMALS[unit]}f}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    is_code = column in CODES or str(value) in ("True", "False")
    return words.value(value, column) if is_code else str(value)


def _doc(text: str) -> str:
    """A text of docs, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))
