"""Charts from rows as they are read: where a mark stands is worked out here, no figure is.

A chart is a Vega-Lite spec, made by Altair and kept for all rows of the same shape, and its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import plotly.graph_objects as go

from dashboard.colours import Colours, colours, readable
from dashboard.view import View, period_label

SHARE, COUNT, MONEY, HOURS, POINTS, NUMBER, DAYS = (
    "share",
    "count",
    "money",
    "hours",
    "points",
    "number",
    "days",
)
FORMATS = {
    SHARE: ".1%",
    COUNT: ",.0f",
    MONEY: ",.0f",
    HOURS: ",.1f",
    POINTS: ",.1f",
    NUMBER: ",.2f",
    DAYS: ",.0f",
}
PALE = 0.4
# Amounts of money that are told to the cent.
CENTS_BELOW = 100
# Marks beyond which a line has none: they answer to the pointer all the same.
MANY = 60
# Ticks of a scale of times.
EVEN = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
# Letters of a long name.
LONG = 22
# Pixels of one row of bars, and of what surrounds the rows.
ROW, AROUND, LEGEND = 28, 56, 30
FONT = "'Source Sans', 'Noto Sans Thai', 'Garuda', 'Loma', sans-serif"
SPECS_KEPT = 1000
# Columns of a tooltip: name, title, format.
Tip = tuple[str, str, str]


@dataclass(frozen=True)
class Chart:
    """A spec without rows, which is shared and must not be changed; its rows by name. `measure`:
    the column that the chart is about, of the rows named `rows`."""

    spec: Mapping[str, Any]
    rows: Mapping[str, pd.DataFrame]
    height: int
    measure: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no row has the figure that the chart is about."""
        return bool(self.measure) and not self.rows["rows"][self.measure].notna().any()

    def drawn(self) -> dict[str, Any]:
        """The spec with its rows, as Streamlit takes it."""
        return {**self.spec, "height": self.height, "datasets": dict(self.rows)}

    def to_dict(self) -> dict[str, Any]:
        """The spec with its rows as plain values, as any Vega-Lite takes it; days have no zone."""
        values = {}
        for name, rows in self.rows.items():
            days = rows.select_dtypes("datetime")
            told = rows.assign(**{day: rows[day].dt.strftime("%Y-%m-%dT00:00:00") for day in days})
            values[name] = told.astype(object).where(rows.notna(), None).to_dict("records")
        return {**self.spec, "height": self.height, "datasets": values}


def written(view: View, value: Any, unit: str) -> str:
    """A figure as text; nothing where there is none."""
    if value is None or pd.isna(value):
        return view.words("message.none")
    is_small = unit == MONEY and abs(value) < CENTS_BELOW
    text = format(float(value), ",.2f" if is_small else FORMATS[unit])
    return f"{text} {view.currency}" if unit == MONEY else text


def named(view: View, column: str, unit: str) -> str:
    """Name of a measure; money names its currency."""
    name = view.words.column(column)
    return f"{name} ({view.currency})" if unit == MONEY else name


def tips(view: View, columns: Mapping[str, str]) -> tuple[Tip, ...]:
    """Columns of a tooltip, from names and units."""
    return tuple((name, view.words.column(name), FORMATS[unit]) for name, unit in columns.items())


def lines(
    view: View,
    rows: pd.DataFrame,
    measures: dict[str, str],
    *,
    limits: tuple[str, str] | None = None,
    series: str | None = None,
    goal: float | None = None,
    notes: pd.DataFrame | None = None,
    also: dict[str, str] | None = None,
    is_ratio: bool = False,
) -> Chart:
    """Measures over periods: one line each, or one for each value of column `series`; on an even
    scale of times where it `is_ratio`.

    `limits`: columns of a band; `goal`: a dashed line; `notes`: rows of the mart annotations;
    `also`: further columns of the tooltip. Periods that are not over are pale.
    """
    value, unit = next(iter(measures.items()))
    rows = rows.assign(period=[period_label(view.grain, one) for one in rows["period_start"]])
    if series:
        rows = rows.assign(series=[view.words.value(one, series) for one in rows[series]])
    elif len(measures) > 1:
        each = [rows.assign(series=view.words.column(m), figure=rows[m]) for m in measures]
        rows, value = pd.concat(each), "figure"
    names = tuple(dict.fromkeys(rows["series"])) if "series" in rows else ()
    title = None if value == "figure" else named(view, value, unit)
    if notes is not None:
        first, last = rows["period_start"].min(), pd.Timestamp(view.stamp["as_of_date"])
        notes = notes[(notes["noted_on"] >= first) & (notes["noted_on"] < last)]
    beside = _beside(view, goal, unit, notes)
    spec = _lines(
        colours(view.is_dark),
        value,
        unit,
        title,
        view.words("filter.period"),
        tips(view, {value: unit, **dict.fromkeys(limits or (), unit), **(also or {})}),
        names,
        limits,
        {"year": "%Y", "week": "%Y-%m-%d"}.get(view.grain, "%Y-%m"),
        is_ratio,
        tuple(beside),
    )
    return Chart(spec, {"rows": rows, **beside}, 260, value)


@lru_cache(SPECS_KEPT)
def _lines(
    hues: Colours,
    value: str,
    unit: str,
    title: str | None,
    period: str,
    told: tuple[Tip, ...],
    names: tuple[str, ...],
    limits: tuple[str, str] | None,
    days: str,
    is_ratio: bool,
    beside: tuple[str, ...],
) -> dict[str, Any]:
    x = alt.X("period_start:T", title=None, axis=alt.Axis(format=days, tickCount=8))
    scale = alt.Scale(type="log", nice=True) if is_ratio else alt.Scale(zero=False, nice=True)
    ticks = alt.Axis(format="~g", values=EVEN) if is_ratio else _ticks(unit)
    y = alt.Y(f"{value}:Q", title=title, scale=scale, axis=ticks)
    colour = _series(hues, names) if names else alt.value(hues.series[0])
    first = [alt.Tooltip("period:N", title=period)]
    first += [alt.Tooltip("series:N", title=" ")] if names else []
    base = alt.Chart(alt.NamedData("rows"))
    over = base.transform_filter("datum.is_complete")
    layers = []
    if limits:
        low, high = alt.Y(f"{limits[0]}:Q"), alt.Y2(limits[1])
        layers.append(over.mark_area(opacity=0.18).encode(x=x, y=low, y2=high, color=colour))
    layers.append(over.mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour))
    layers.append(
        base.mark_point(filled=True, size=52, opacity=1).encode(
            x=x, y=y, color=colour, opacity=_pale(), tooltip=[*first, *_tooltips(told)]
        )
    )
    layers += _goal(hues) if "goals" in beside else []
    layers += _notes(hues) if "notes" in beside else []
    return _finished(layers, hues)


def curve(
    view: View,
    rows: pd.DataFrame,
    x: str,
    y: str,
    *,
    limits: tuple[str, str] | None = None,
    also: dict[str, str] | None = None,
    is_step: bool = False,
    goal: float | None = None,
    unit: str = SHARE,
) -> Chart:
    """A share against a number of days or months, with a band of limits."""
    told = {x: COUNT, y: unit, **dict.fromkeys(limits or (), unit), **(also or {})}
    spec = _curve(
        colours(view.is_dark),
        (x, view.words.column(x)),
        (y, named(view, y, unit), unit),
        tips(view, told),
        limits,
        "step-after" if is_step else "linear",
        len(rows) > MANY,
        goal is not None,
    )
    return Chart(spec, {"rows": rows, **_beside(view, goal, unit, None)}, 280)


@lru_cache(SPECS_KEPT)
def _curve(
    hues: Colours,
    across: tuple[str, str],
    up: tuple[str, str, str],
    told: tuple[Tip, ...],
    limits: tuple[str, str] | None,
    way: Any,
    is_many: bool,
    has_goal: bool,
) -> dict[str, Any]:
    start = alt.Scale(domainMin=0)
    x = alt.X(
        f"{across[0]}:Q",
        title=across[1],
        scale=start,
        axis=alt.Axis(tickCount=8, format=",d"),
    )
    y = alt.Y(f"{up[0]}:Q", title=up[1], scale=start, axis=_ticks(up[2]))
    base = alt.Chart(alt.NamedData("rows"))
    blue = hues.series[0]
    layers = []
    if limits:
        low, high = alt.Y(f"{limits[0]}:Q", scale=start), alt.Y2(limits[1])
        layers.append(
            base.mark_area(opacity=0.18, interpolate=way, color=blue).encode(x=x, y=low, y2=high)
        )
    layers.append(base.mark_line(interpolate=way, strokeWidth=2.2, color=blue).encode(x=x, y=y))
    layers.append(
        base.mark_point(filled=True, size=36, color=blue, opacity=0 if is_many else 1).encode(
            x=x, y=y, tooltip=_tooltips(told)
        )
    )
    return _finished([*layers, *(_goal(hues) if has_goal else [])], hues)


def bars(
    view: View,
    rows: pd.DataFrame,
    category: str,
    measure: str,
    unit: str,
    *,
    colour: str | None = None,
    limits: tuple[str, str] | None = None,
    also: dict[str, str] | None = None,
    is_ordered: bool = False,
) -> Chart:
    """Horizontal bars of one measure, each with its figure, the longest first, or in the order of
    the rows where that `is_ordered`.

    `colour`: column whose values have colours of their own; `limits`: columns of 95 % limits.
    """
    rows = rows[rows[measure].notna()]
    if not is_ordered:
        rows = rows.sort_values(measure, ascending=False, kind="stable")
    rows = _placed(view, rows, category).assign(
        text=[written(view, one, unit) for one in rows[measure]]
    )
    kinds: tuple[str, ...] = ()
    if colour:
        rows = rows.assign(kind=[view.words.value(one, colour) for one in rows[colour]])
        kinds = tuple(dict.fromkeys(rows["kind"]))
        # A category of two kinds has two bars.
        twice = rows["label"].duplicated(keep=False)
        rows["label"] = rows["label"].where(~twice, rows["label"] + " (" + rows["kind"] + ")")
    spec = _bars(
        colours(view.is_dark),
        view.words.column(category),
        (measure, named(view, measure, unit), unit),
        tips(view, {measure: unit, **dict.fromkeys(limits or (), unit), **(also or {})}),
        kinds,
        limits,
    )
    height = ROW * rows["label"].nunique() + AROUND + (LEGEND if colour else 0)
    return Chart(spec, {"rows": rows}, height, measure)


@lru_cache(SPECS_KEPT)
def _bars(
    hues: Colours,
    category: str,
    measure: tuple[str, str, str],
    told: tuple[Tip, ...],
    kinds: tuple[str, ...],
    limits: tuple[str, str] | None,
) -> dict[str, Any]:
    name, title, unit = measure
    x = alt.X(f"{name}:Q", title=title, stack=None, axis=_ticks(unit))
    colour = _series(hues, kinds, "kind") if kinds else alt.value(hues.series[0])
    tooltip = [alt.Tooltip("label:N", title=category), *_tooltips(told)]
    base = alt.Chart(alt.NamedData("rows")).encode(y=_places(), tooltip=tooltip)
    layers = [base.mark_bar(cornerRadiusEnd=3, height=18).encode(x=x, color=colour)]
    if limits:
        low, high = alt.X(f"{limits[0]}:Q"), alt.X2(limits[1])
        layers.append(base.mark_rule(color=hues.ink, strokeWidth=1.5).encode(x=low, x2=high))
    else:
        text = base.mark_text(align="left", dx=4, color=hues.ink, fontSize=12)
        layers.append(text.encode(x=x, text="text:N"))
    return _finished(layers, hues)


def intervals(
    view: View,
    rows: pd.DataFrame,
    category: str,
    measure: str,
    limits: tuple[str, str],
    unit: str,
    *,
    also: dict[str, str] | None = None,
) -> Chart:
    """Estimates with their 95 % limits, one below the other, against zero."""
    rows = _placed(view, rows[rows[measure].notna()], category)
    spec = _intervals(
        colours(view.is_dark),
        view.words.column(category),
        (measure, named(view, measure, unit), unit),
        tips(view, {measure: unit, **dict.fromkeys(limits, unit), **(also or {})}),
        limits,
    )
    height = ROW * rows["label"].nunique() + AROUND
    return Chart(spec, {"rows": rows, "zero": pd.DataFrame([{"at": 0}])}, height, measure)


@lru_cache(SPECS_KEPT)
def _intervals(
    hues: Colours,
    category: str,
    measure: tuple[str, str, str],
    told: tuple[Tip, ...],
    limits: tuple[str, str],
) -> dict[str, Any]:
    name, title, unit = measure
    form = "+.0%" if unit == SHARE else FORMATS[unit]
    x = alt.X(f"{name}:Q", title=title, axis=alt.Axis(format=form, tickCount=5, labelOverlap=True))
    tooltip = [alt.Tooltip("label:N", title=category), *_tooltips(told)]
    base = alt.Chart(alt.NamedData("rows")).encode(y=_places(), tooltip=tooltip)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=hues.soft, strokeDash=[4, 3])
    blue = hues.series[0]
    layers = [
        zero.encode(x="at:Q"),
        base.mark_rule(strokeWidth=3, opacity=0.55, color=blue).encode(
            x=alt.X(f"{limits[0]}:Q"), x2=alt.X2(limits[1])
        ),
        base.mark_point(filled=True, size=90, color=blue, opacity=1).encode(x=x),
    ]
    return _finished(layers, hues)


def stacks(
    view: View, rows: pd.DataFrame, measures: dict[str, str], *, tones: Sequence[str] = ()
) -> Chart:
    """Measures of one unit over periods, one upon the other. Periods not over are pale.

    `tones`: names of colours, such as `good`, where the measures are good or bad.
    """
    unit = next(iter(measures.values()))
    names = tuple(view.words.column(measure) for measure in measures)
    labels = [period_label(view.grain, one) for one in rows["period_start"]]
    long = pd.concat(
        [
            rows[["is_complete"]].assign(period=labels, series=name, figure=rows[measure])
            for measure, name in zip(measures, names, strict=True)
        ]
    )
    spec = _stacks(
        colours(view.is_dark),
        view.words("filter.period"),
        (view.words("message.figure"), view.currency if unit == MONEY else None, unit),
        names,
        tuple(tones),
    )
    return Chart(spec, {"rows": long}, 260)


@lru_cache(SPECS_KEPT)
def _stacks(
    hues: Colours,
    period: str,
    figure: tuple[str, str | None, str],
    names: tuple[str, ...],
    tones: tuple[str, ...],
) -> dict[str, Any]:
    name, title, unit = figure
    bar = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar()
        .encode(
            x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True)),
            y=alt.Y("figure:Q", title=title, axis=_ticks(unit)),
            color=_series(hues, names, tones=tones),
            opacity=_pale(),
            tooltip=[
                alt.Tooltip("period:N", title=period),
                alt.Tooltip("series:N", title=" "),
                alt.Tooltip("figure:Q", title=name, format=FORMATS[unit]),
            ],
        )
    )
    return _finished([bar], hues)


def waterfall(view: View, row: pd.Series, steps: Sequence[tuple[str, int]], unit: str) -> Chart:
    """A bridge from above: a first total, what came and went, a last total; each bar says its
    mart's column. Where all is far from zero, the axis starts later, and says so.

    `steps`: columns with 0 for a total, 1 for what is added, -1 for what is taken off.
    """
    level, drawn = 0.0, []
    for column, sign in steps:
        figure = float(row[column])
        low, high = (0.0, figure) if sign == 0 else sorted((level, level + sign * figure))
        level = figure if sign == 0 else level + sign * figure
        drawn.append(
            {
                "label": view.words.column(column),
                "place": len(drawn),
                "low": low,
                "high": high,
                "figure": figure,
                "text": {0: "", 1: "+", -1: "−"}[sign] + format(figure, FORMATS[unit]),  # noqa: RUF001
                "kind": {0: "total", 1: "gain", -1: "loss"}[sign],
            }
        )
    floor = min(one["low"] for one in drawn if one["kind"] != "total")
    top = max(one["high"] for one in drawn)
    # Where nothing came or went, the totals alone are drawn, from zero.
    start = max(0.0, floor - 0.6 * (top - floor)) if floor < top else 0.0
    rows = pd.DataFrame(drawn)
    rows["start"] = rows["low"].clip(lower=start)
    rows["end"] = top + 0.12 * (top - start)
    hues, figure = colours(view.is_dark), view.words("message.figure")
    spec = _waterfall(hues, figure, view.currency if unit == MONEY else None, FORMATS[unit])
    return Chart(spec, {"rows": rows}, 34 * len(drawn) + AROUND)


@lru_cache(SPECS_KEPT)
def _waterfall(hues: Colours, figure: str, title: str | None, form: str) -> dict[str, Any]:
    scale = alt.Scale(zero=False, nice=False)
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=_places(),
        tooltip=[
            alt.Tooltip("label:N", title=" "),
            alt.Tooltip("figure:Q", title=figure, format=form),
        ],
    )
    kinds = alt.Scale(domain=["total", "gain", "loss"], range=[hues.series[0], hues.good, hues.bad])
    ticks = alt.Axis(format=form, tickCount=5)
    layers = [
        base.mark_bar(height=20).encode(
            x=alt.X("start:Q", title=title, scale=scale, axis=ticks),
            x2=alt.X2("high"),
            color=alt.Color("kind:N", scale=kinds, legend=None),
        ),
        base.mark_text(align="left", dx=5, color=hues.ink, fontSize=12).encode(
            x=alt.X("high:Q", scale=scale), text="text:N"
        ),
        # Room for the text of the longest bar.
        base.mark_point(opacity=0).encode(x=alt.X("end:Q", scale=scale)),
    ]
    return _finished(layers, hues)


def heatmap(
    view: View,
    cells: pd.DataFrame,
    average: pd.DataFrame,
    measure: str,
    unit: str,
    *,
    goal: float | None = None,
) -> Chart:
    """Cohorts from the newest down, months since the start to the right, the average of all on top.

    `cells`: cohort_month, cohort_customers, months_since_start and the measure; `average`: the same
    without cohort_month. A month that is not over is an open cell; a month of the average that
    reaches the goal has a frame.
    """
    mean = view.words("message.average")
    sizes = cells.groupby("cohort_month")["cohort_customers"].first().sort_index(ascending=False)
    names = {cohort: f"{cohort:%Y-%m}  ({size:,})" for cohort, size in sizes.items()}
    told = [(mean, row.months_since_start, getattr(row, measure)) for row in average.itertuples()]
    told += [
        (names[row.cohort_month], row.months_since_start, getattr(row, measure))
        for row in cells.itertuples()
    ]
    known = {(cohort, month): figure for cohort, month, figure in told if month > 0}
    months = range(1, int(cells["months_since_start"].max()) + 1)
    order = [*([mean] if len(average) else []), *names.values()]
    top = max((figure for figure in known.values() if not pd.isna(figure)), default=0) or 1
    top = min(top, 1) if unit == SHARE else top
    drawn = [
        {"place": place, **_cell(view, cohort, month, known, unit, top)}
        for place, cohort in enumerate(order)
        for month in months
    ]
    rows = pd.DataFrame(drawn, columns=["place", *CELL])
    is_mean = (rows["label"] == mean) & (rows["state"] == "known")
    rows["is_reached"] = is_mean & (rows["figure"] >= goal) if goal is not None else False
    titles = tuple(view.words.column(one) for one in ("months_since_start", measure))
    spec = _heatmap(colours(view.is_dark), view.words("message.cohort"), *titles)
    return Chart(spec, {"rows": rows}, 24 * len(order) + 40)


CELL = ("label", "month", "state", "fill", "ink", "figure", "short", "text")


def _cell(
    view: View, cohort: str, month: int, known: dict[Any, Any], unit: str, top: float
) -> dict[str, Any]:
    hues = colours(view.is_dark)
    figure = known.get((cohort, month))
    cell: dict[str, Any] = {"label": cohort, "month": month, "ink": hues.soft, "figure": None}
    if (cohort, month) not in known:
        text = view.words("message.open")
        return {**cell, "state": "open", "fill": hues.open_cell, "short": "·", "text": text}
    if pd.isna(figure):
        text = view.words("message.small")
        return {**cell, "state": "small", "fill": hues.paper, "short": "–", "text": text}  # noqa: RUF001
    fill = hues.between(figure / top)
    return {
        **cell,
        "state": "known",
        "fill": fill,
        "ink": readable(fill),
        "figure": float(figure),
        "short": f"{100 * figure:.0f}" if unit == SHARE else format(figure, FORMATS[unit]),
        "text": written(view, figure, unit),
    }


@lru_cache(SPECS_KEPT)
def _heatmap(hues: Colours, cohort: str, months: str, measure: str) -> dict[str, Any]:
    upper = alt.Axis(orient="top", labelAngle=0, labelOverlap=False)
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("month:O", title=months, axis=upper),
        y=_places(),
        tooltip=[
            alt.Tooltip("label:N", title=cohort),
            alt.Tooltip("month:O", title=months),
            alt.Tooltip("text:N", title=measure),
        ],
    )
    layers = [
        base.mark_rect(stroke=hues.paper, strokeWidth=2).encode(
            color=alt.Color("fill:N", scale=None)
        ),
        base.transform_filter("datum.is_reached").mark_rect(
            filled=False, stroke=hues.good, strokeWidth=2.5
        ),
        base.mark_text(fontSize=11).encode(text="short:N", color=alt.Color("ink:N", scale=None)),
    ]
    return _finished(layers, hues)


def histogram(view: View, rows: pd.DataFrame) -> Chart:
    """Customers by bucket of value; the open bucket at the end stands apart in its colour."""
    labels = []
    for row in rows.itertuples():
        if pd.isna(row.lower_bound):
            labels.append("< 0")
        else:
            labels.append(f"{row.lower_bound:,.0f}" + (" +" if pd.isna(row.upper_bound) else ""))
    rows = rows.assign(label=labels, place=range(len(rows)), is_open=rows["upper_bound"].isna())
    columns = {
        "lower_bound": MONEY,
        "upper_bound": MONEY,
        "customers": COUNT,
        "clv_total": MONEY,
    }
    title = f"{view.words.column(rows['clv_measure'].iloc[0])} ({view.currency})"
    customers = view.words.column("customers")
    spec = _histogram(colours(view.is_dark), title, customers, tips(view, columns))
    return Chart(spec, {"rows": rows}, 260)


@lru_cache(SPECS_KEPT)
def _histogram(hues: Colours, title: str, customers: str, told: tuple[Tip, ...]) -> dict[str, Any]:
    bar = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X(
                "label:O",
                sort=alt.EncodingSortField("place", op="min"),
                title=title,
                axis=alt.Axis(labelAngle=-45, labelOverlap=True),
            ),
            y=alt.Y("customers:Q", title=customers, axis=_ticks(COUNT)),
            color=alt.condition(
                "datum.is_open", alt.value(hues.series[1]), alt.value(hues.series[0])
            ),
            tooltip=_tooltips(told),
        )
    )
    return _finished([bar], hues)


def treemap(
    view: View,
    rows: pd.DataFrame,
    category: str,
    measure: str,
    share: str,
    tint: str,
    also: str,
) -> go.Figure:
    """Areas by a measure, each with its share; the lower `tint`, the stronger the colour."""
    hues = colours(view.is_dark)
    low, high = rows[tint].min(), rows[tint].max()
    fills = [hues.between(0.75 * (high - one) / ((high - low) or 1)) for one in rows[tint]]
    figure = go.Figure(
        go.Treemap(
            labels=[view.words.value(one, category) for one in rows[category]],
            parents=[""] * len(rows),
            values=rows[measure],
            customdata=rows[[share, tint, also]].to_numpy(),
            marker={
                "colors": fills,
                "line": {"width": 2, "color": hues.paper},
                "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            },
            root={"color": hues.paper},
            texttemplate="<b>%{label}</b><br>%{value:,.0f} (%{customdata[0]:.0%})",
            textfont={"size": 14, "color": [readable(fill) for fill in fills]},
            hovertemplate=(
                "<b>%{label}</b><br>"
                f"{view.words.column(measure)}: %{{value:,.0f}} (%{{customdata[0]:.1%}})<br>"
                f"{view.words.column(tint)}: %{{customdata[1]:,.0f}}<br>"
                f"{view.words.column(also)}: %{{customdata[2]:,.0f}}<extra></extra>"
            ),
            tiling={"pad": 0},
            pathbar={"visible": False},
        )
    )
    return figure.update_layout(
        margin={"t": 0, "l": 0, "r": 0, "b": 0},
        height=320,
        paper_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT},
        uniformtext={"minsize": 9, "mode": "hide"},
    )


def _placed(view: View, rows: pd.DataFrame, category: str) -> pd.DataFrame:
    """The rows with a label, and the place of each from above."""
    labels = [view.words.value(one, category) for one in rows[category]]
    return rows.assign(label=labels, place=range(len(rows)))


def _places() -> alt.Y:
    return alt.Y(
        "label:N",
        title=None,
        sort=alt.EncodingSortField("place", op="min"),
        axis=alt.Axis(labelLimit=180, labelOverlap=False),
    )


def _ticks(unit: str) -> alt.Axis:
    return alt.Axis(format=".0%" if unit == SHARE else FORMATS[unit], tickCount=5)


def _tooltips(told: tuple[Tip, ...]) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", title=title, format=form) for name, title, form in told]


def _series(
    hues: Colours, names: tuple[str, ...], column: str = "series", tones: Sequence[str] = ()
) -> alt.Color:
    drawn = [getattr(hues, tone) for tone in tones] or list(hues.series[: len(names)])
    # On a phone two long names do not stand beside each other.
    is_long = max(map(len, names), default=0) > LONG
    return alt.Color(
        f"{column}:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=drawn),
        legend=alt.Legend(orient="top", columns=1 if is_long else min(2, len(names))),
    )


def _pale() -> Any:
    return alt.condition("datum.is_complete", alt.value(1), alt.value(PALE))


def _beside(
    view: View, goal: float | None, unit: str, notes: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """Rows of the goal and of the notes, where there are any."""
    found = {}
    if goal is not None:
        text = f"{view.words('message.goal')} {written(view, goal, unit)}"
        found["goals"] = pd.DataFrame([{"goal": goal, "text": text}])
    if notes is not None and len(notes):
        found["notes"] = notes
    return found


def _goal(hues: Colours) -> list[alt.Chart]:
    one = alt.Chart(alt.NamedData("goals"))
    rule = one.mark_rule(strokeDash=[6, 4], color=hues.good, strokeWidth=1.6).encode(y="goal:Q")
    looks: list[dict[str, Any]] = [
        {"color": hues.paper, "stroke": hues.paper, "strokeWidth": 4, "opacity": 0.9},
        {"color": hues.good},
    ]
    texts = [
        one.mark_text(align="left", dy=-8, dx=4, fontSize=12, **look).encode(
            y="goal:Q", x=alt.value(0), text="text:N"
        )
        for look in looks
    ]
    return [rule, *texts]


def _notes(hues: Colours) -> list[alt.Chart]:
    one = alt.Chart(alt.NamedData("notes"))
    tip = [alt.Tooltip("noted_on:T", title=" ", format="%Y-%m-%d"), alt.Tooltip("note:N")]
    rule = one.mark_rule(strokeDash=[2, 3], color=hues.soft).encode(x="noted_on:T", tooltip=tip)
    mark = one.mark_text(text="▼", color=hues.soft, fontSize=11, baseline="top").encode(
        x="noted_on:T", y=alt.value(0), tooltip=tip
    )
    return [rule, mark]


def _finished(layers: Sequence[alt.Chart], hues: Colours) -> dict[str, Any]:
    """One look for all; the menu of each chart saves it as a picture."""
    config = {
        "font": FONT,
        "axis": {
            "gridColor": hues.line,
            "domainColor": hues.line,
            "tickColor": hues.line,
            "labelColor": hues.ink,
            "titleColor": hues.soft,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": hues.ink, "labelFontSize": 12, "labelLimit": 240},
        "view": {"strokeWidth": 0},
    }
    actions = {"export": True, "source": False, "compiled": False, "editor": False}
    chart = alt.layer(
        *layers,
        config=config,
        background="transparent",
        usermeta={"embedOptions": {"actions": actions}},
    )
    return chart.to_dict()
