"""Charts from rows as they are read: where a mark stands is worked out here, no figure is."""

from __future__ import annotations

from collections.abc import Sequence
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


def written(view: View, value: Any, unit: str) -> str:
    """A figure as text; nothing where there is none."""
    if value is None or pd.isna(value):
        return view.words("message.none")
    is_small = unit == MONEY and abs(value) < CENTS_BELOW
    text = format(float(value), ",.2f" if is_small else FORMATS[unit])
    return f"{text} {view.currency}" if unit == MONEY else text


def tips(view: View, columns: dict[str, str], first: Sequence[Any] = ()) -> list[Any]:
    """Tooltips: columns with their units, after those given."""
    return [
        *first,
        *(
            alt.Tooltip(name, type="quantitative", title=view.words.column(name), format=FORMATS[u])
            for name, u in columns.items()
        ),
    ]


def named(view: View, column: str, unit: str) -> str:
    """Name of a measure; money names its currency."""
    name = view.words.column(column)
    return f"{name} ({view.currency})" if unit == MONEY else name


def axis(view: View, column: str, unit: str, **more: Any) -> alt.Y:
    """An axis for a measure."""
    return alt.Y(
        column,
        type="quantitative",
        title=named(view, column, unit),
        axis=alt.Axis(format=".0%" if unit == SHARE else FORMATS[unit], tickCount=5),
        **more,
    )


def with_period(view: View, rows: pd.DataFrame, column: str = "period_start") -> pd.DataFrame:
    """The rows with the label of their period as column `period`."""
    labels = [period_label(view.grain, start) for start in rows[column]]
    return rows.assign(period=labels)


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
    height: int = 260,
) -> alt.LayerChart:
    """Measures over periods: one line each, or one for each value of column `series`; on an even
    scale of times where it `is_ratio`.

    `limits`: columns of a band; `goal`: a dashed line; `notes`: rows of the mart annotations;
    `also`: further columns of the tooltip. Periods that are not over are pale.
    """
    hues = colours(view.is_dark)
    first = next(iter(measures))
    unit = measures[first]
    rows = with_period(view, rows)
    if series:
        rows = rows.assign(series=[view.words.value(one) for one in rows[series]])
        long, value = rows, first
    elif len(measures) == 1:
        long, value = rows, first
    else:
        value = "figure"
        long = pd.concat(
            [rows.assign(series=view.words.column(m), figure=rows[m]) for m in measures]
        )
    x = alt.X("period_start:T", title=None, axis=alt.Axis(format=_tick(view), tickCount=8))
    scale = alt.Scale(type="log", nice=True) if is_ratio else alt.Scale(zero=False, nice=True)
    y = axis(view, value, unit, scale=scale)
    if is_ratio:
        y = y.axis(alt.Axis(format="~g", values=EVEN))
    if len(measures) > 1:
        y = y.title(None)
    if "series" in long:
        names = list(dict.fromkeys(long["series"]))
        hue = alt.Scale(domain=names, range=list(hues.series[: len(names)]))
        colour: Any = alt.Color(
            "series:N", title=None, scale=hue, legend=alt.Legend(orient="top", columns=2)
        )
    else:
        colour = alt.value(hues.series[0])
    tooltip = tips(
        view,
        {value: unit, **({limit: unit for limit in limits or ()}), **(also or {})},
        [alt.Tooltip("period:N", title=view.words("filter.period"))]
        + ([alt.Tooltip("series:N", title=" ")] if "series" in long else []),
    )
    base = alt.Chart(long)
    layers = []
    if limits:
        layers.append(
            base.transform_filter("datum.is_complete")
            .mark_area(opacity=0.18)
            .encode(x=x, y=alt.Y(f"{limits[0]}:Q"), y2=f"{limits[1]}:Q", color=colour)
        )
    layers.append(
        base.transform_filter("datum.is_complete")
        .mark_line(strokeWidth=2.2)
        .encode(x=x, y=y, color=colour)
    )
    layers.append(
        base.mark_point(filled=True, size=52, opacity=1).encode(
            x=x,
            y=y,
            color=colour,
            opacity=alt.condition("datum.is_complete", alt.value(1), alt.value(PALE)),
            tooltip=tooltip,
        )
    )
    if goal is not None:
        layers.append(_goal(view, goal, unit, hues))
    if notes is not None and len(notes):
        layers.append(_notes(notes, hues))
    return _finished(alt.layer(*layers).properties(height=height), view)


def _tick(view: View) -> str:
    return {"year": "%Y", "week": "%Y-%m-%d"}.get(view.grain, "%Y-%m")


def _goal(view: View, goal: float, unit: str, hues: Colours) -> alt.LayerChart:
    label = f"{view.words('message.goal')} {written(view, goal, unit)}"
    one = alt.Chart(pd.DataFrame([{"goal": goal, "label": label}]))
    rule = one.mark_rule(strokeDash=[6, 4], color=hues.good, strokeWidth=1.6).encode(y="goal:Q")
    halo, text = (
        one.mark_text(align="left", dy=-8, dx=4, fontSize=12, **look).encode(
            y="goal:Q", x=alt.value(0), text="label:N"
        )
        for look in (
            {"stroke": hues.paper, "strokeWidth": 4, "opacity": 0.9},
            {"color": hues.good},
        )
    )
    return rule + halo + text


def _notes(notes: pd.DataFrame, hues: Colours) -> alt.LayerChart:
    one = alt.Chart(notes)
    tip = [alt.Tooltip("noted_on:T", title=" ", format="%Y-%m-%d"), alt.Tooltip("note:N")]
    rule = one.mark_rule(strokeDash=[2, 3], color=hues.soft).encode(x="noted_on:T", tooltip=tip)
    mark = one.mark_text(text="▼", color=hues.soft, fontSize=11, baseline="top").encode(
        x="noted_on:T", y=alt.value(0), tooltip=tip
    )
    return rule + mark


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
) -> alt.LayerChart:
    """Horizontal bars of one measure, each with its figure, the longest first, or in the order of
    the rows where that `is_ordered`.

    `colour`: column whose values have colours of their own; `limits`: columns of 95 % limits.
    """
    hues = colours(view.is_dark)
    rows = rows[rows[measure].notna()]
    if not is_ordered:
        rows = rows.sort_values(measure, ascending=False, kind="stable")
    rows = rows.assign(
        label=[view.words.value(one, category) for one in rows[category]],
        text=[written(view, one, unit) for one in rows[measure]],
    )
    order = list(dict.fromkeys(rows["label"]))
    y = alt.Y("label:N", title=None, sort=order, axis=alt.Axis(labelLimit=180, labelOverlap=False))
    x = alt.X(
        f"{measure}:Q",
        title=named(view, measure, unit),
        stack=None,
        axis=alt.Axis(format=".0%" if unit == SHARE else FORMATS[unit], tickCount=5),
    )
    hue: Any = alt.value(hues.series[0])
    if colour:
        rows = rows.assign(kind=[view.words.value(one, colour) for one in rows[colour]])
        names = list(dict.fromkeys(rows["kind"]))
        hue = alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=names, range=list(hues.series[: len(names)])),
            legend=alt.Legend(orient="top"),
        )
    tooltip = tips(
        view,
        {measure: unit, **{limit: unit for limit in limits or ()}, **(also or {})},
        [alt.Tooltip("label:N", title=view.words.column(category))],
    )
    base = alt.Chart(rows).encode(y=y)
    layers = [base.mark_bar(cornerRadiusEnd=3, height=18).encode(x=x, color=hue, tooltip=tooltip)]
    if limits:
        layers.append(
            base.mark_rule(color=hues.ink, strokeWidth=1.5).encode(
                x=alt.X(f"{limits[0]}:Q"), x2=f"{limits[1]}:Q", tooltip=tooltip
            )
        )
    else:
        layers.append(
            base.mark_text(align="left", dx=4, color=hues.ink, fontSize=12).encode(
                x=x, text="text:N"
            )
        )
    return _finished(alt.layer(*layers).properties(height=27 * len(order) + (86 if colour else 56)), view)


def stacks(
    view: View,
    rows: pd.DataFrame,
    measures: dict[str, str],
    *,
    tones: Sequence[str] = (),
    height: int = 260,
) -> alt.Chart:
    """Measures of one unit over periods, one upon the other. Periods not over are pale.

    `tones`: names of colours, such as `good`, where the measures are good or bad.
    """
    hues = colours(view.is_dark)
    range_ = [getattr(hues, tone) for tone in tones] or list(hues.series[: len(measures)])
    rows = with_period(view, rows)
    unit = next(iter(measures.values()))
    names = [view.words.column(measure) for measure in measures]
    long = pd.concat(
        [
            rows[["period", "is_complete"]].assign(series=name, figure=rows[measure])
            for measure, name in zip(measures, names, strict=True)
        ]
    )
    chart = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=-45, labelOverlap=True)),
            y=alt.Y(
                "figure:Q",
                title=view.currency if unit == MONEY else None,
                axis=alt.Axis(format=FORMATS[unit], tickCount=5),
            ),
            color=alt.Color(
                "series:N",
                title=None,
                scale=alt.Scale(domain=names, range=range_),
                legend=alt.Legend(orient="top"),
            ),
            opacity=alt.condition("datum.is_complete", alt.value(1), alt.value(PALE)),
            tooltip=[
                alt.Tooltip("period:N", title=view.words("filter.period")),
                alt.Tooltip("series:N", title=" "),
                alt.Tooltip("figure:Q", title=view.words("message.figure"), format=FORMATS[unit]),
            ],
        )
    )
    return _finished(chart.properties(height=height), view)


def waterfall(
    view: View, row: pd.Series, steps: Sequence[tuple[str, int]], unit: str
) -> alt.LayerChart:
    """A bridge from above: a first total, what came and went, a last total; each bar says its
    mart's column. Where all is far from zero, the axis starts later, and says so.

    `steps`: columns with 0 for a total, 1 for what is added, -1 for what is taken off.
    """
    hues = colours(view.is_dark)
    level, drawn = 0.0, []
    for column, sign in steps:
        figure = float(row[column])
        low, high = (0.0, figure) if sign == 0 else sorted((level, level + sign * figure))
        level = figure if sign == 0 else level + sign * figure
        drawn.append(
            {
                "column": view.words.column(column),
                "low": low,
                "high": high,
                "figure": figure,
                "label": {0: "", 1: "+", -1: "−"}[sign] + format(figure, FORMATS[unit]),  # noqa: RUF001
                "kind": {0: "total", 1: "gain", -1: "loss"}[sign],
            }
        )
    floor = min(one["low"] for one in drawn if one["kind"] != "total")
    top = max(one["high"] for one in drawn)
    start = max(0.0, floor - 0.6 * (top - floor))
    scale = alt.Scale(domain=[start, top + 0.12 * (top - start)])
    base = alt.Chart(pd.DataFrame(drawn)).encode(
        y=alt.Y(
            "column:N",
            sort=[one["column"] for one in drawn],
            title=None,
            axis=alt.Axis(labelOverlap=False, labelLimit=150),
        )
    )
    bar = base.mark_bar(clip=True, height=20).encode(
        x=alt.X(
            "low:Q",
            title=view.currency if unit == MONEY else None,
            scale=scale,
            axis=alt.Axis(format=FORMATS[unit], tickCount=5),
        ),
        x2="high:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(
                domain=["total", "gain", "loss"], range=[hues.series[0], hues.good, hues.bad]
            ),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("column:N", title=" "),
            alt.Tooltip("figure:Q", title=view.words("message.figure"), format=FORMATS[unit]),
        ],
    )
    text = base.mark_text(align="left", dx=5, color=hues.ink, fontSize=12).encode(
        x=alt.X("high:Q", scale=scale), text="label:N"
    )
    return _finished((bar + text).properties(height=34 * len(drawn) + 56), view)


def heatmap(
    view: View,
    cells: pd.DataFrame,
    average: pd.DataFrame,
    measure: str,
    unit: str,
    *,
    goal: float | None = None,
) -> alt.LayerChart:
    """Cohorts from the newest down, months since the start to the right, the average of all on top.

    `cells`: cohort_month, cohort_customers, months_since_start and the measure; `average`: the same
    without cohort_month. A month that is not over is an open cell; a month of the average that
    reaches the goal has a frame.
    """
    hues = colours(view.is_dark)
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
    frame = pd.DataFrame(
        _cell(view, cohort, month, known, unit, top) for cohort in order for month in months
    )
    frame["is_reached"] = [
        goal is not None and one.cohort == mean and one.state == "known" and one.figure >= goal
        for one in frame.itertuples()
    ]
    x = alt.X(
        "month:O",
        title=view.words.column("months_since_start"),
        axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False),
    )
    y = alt.Y(
        "cohort:N",
        sort=order,
        title=None,
        scale=alt.Scale(domain=order),
        axis=alt.Axis(labelOverlap=False, labelLimit=160),
    )
    tooltip = [
        alt.Tooltip("cohort:N", title=view.words("message.cohort")),
        alt.Tooltip("month:O", title=view.words.column("months_since_start")),
        alt.Tooltip("label:N", title=view.words.column(measure)),
    ]
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=tooltip)
    layers = [
        base.mark_rect(stroke=hues.paper, strokeWidth=2).encode(
            color=alt.Color("fill:N", scale=None)
        ),
        base.transform_filter("datum.is_reached").mark_rect(
            filled=False, stroke=hues.good, strokeWidth=2.5
        ),
        base.mark_text(fontSize=11).encode(text="short:N", color=alt.Color("ink:N", scale=None)),
    ]
    return _finished(alt.layer(*layers).properties(height=24 * len(order) + 40), view)


def _cell(
    view: View, cohort: str, month: int, known: dict[Any, Any], unit: str, top: float
) -> dict[str, Any]:
    hues = colours(view.is_dark)
    figure = known.get((cohort, month))
    cell = {"cohort": cohort, "month": month}
    if (cohort, month) not in known:
        label = view.words("message.open")
        return {**cell, "state": "open", "fill": hues.open_cell, "ink": hues.soft, "short": "·",
                "label": label}  # fmt: skip
    if pd.isna(figure):
        label = view.words("message.small")
        return {**cell, "state": "small", "fill": hues.paper, "ink": hues.soft, "short": "–",  # noqa: RUF001
                "label": label}  # fmt: skip
    fill = hues.between(figure / top)
    short = f"{100 * figure:.0f}" if unit == SHARE else format(figure, FORMATS[unit])
    return {**cell, "state": "known", "fill": fill, "ink": readable(fill), "figure": figure,
            "short": short, "label": written(view, figure, unit)}  # fmt: skip


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
    height: int = 300,
) -> alt.LayerChart:
    """A share against a number of days or months, with a band of limits."""
    hues = colours(view.is_dark)
    across = alt.X(
        f"{x}:Q",
        title=view.words.column(x),
        scale=alt.Scale(domainMin=0),
        axis=alt.Axis(tickCount=8, format=",d"),
    )
    way = "step-after" if is_step else "linear"
    top = alt.Scale(domainMin=0)
    tooltip = tips(view, {x: COUNT, y: unit, **{one: unit for one in limits or ()}, **(also or {})})
    base = alt.Chart(rows)
    layers = []
    if limits:
        layers.append(
            base.mark_area(opacity=0.18, interpolate=way, color=hues.series[0]).encode(
                x=across, y=alt.Y(f"{limits[0]}:Q", scale=top), y2=f"{limits[1]}:Q"
            )
        )
    layers.append(
        base.mark_line(interpolate=way, strokeWidth=2.2, color=hues.series[0]).encode(
            x=across, y=axis(view, y, unit, scale=top)
        )
    )
    layers.append(
        base.mark_point(
            filled=True, size=36, color=hues.series[0], opacity=0 if len(rows) > MANY else 1
        ).encode(x=across, y=axis(view, y, unit, scale=top), tooltip=tooltip)
    )
    if goal is not None:
        layers.append(_goal(view, goal, unit, hues))
    return _finished(alt.layer(*layers).properties(height=height), view)


def histogram(view: View, rows: pd.DataFrame) -> alt.Chart:
    """Customers by bucket of value; the open bucket at the end stands apart in its colour."""
    hues = colours(view.is_dark)
    labels = []
    for row in rows.itertuples():
        if pd.isna(row.lower_bound):
            labels.append("< 0")
        elif pd.isna(row.upper_bound):
            labels.append(f"{row.lower_bound:,.0f} +")
        else:
            labels.append(f"{row.lower_bound:,.0f}")
    rows = rows.assign(label=labels, is_open=rows["upper_bound"].isna())
    chart = (
        alt.Chart(rows)
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X(
                "label:O",
                sort=labels,
                title=f"{view.words.value(rows['clv_measure'].iloc[0])} ({view.currency})",
                axis=alt.Axis(labelAngle=-45, labelOverlap=True),
            ),
            y=axis(view, "customers", COUNT),
            color=alt.condition(
                "datum.is_open", alt.value(hues.series[1]), alt.value(hues.series[0])
            ),
            tooltip=tips(
                view,
                {
                    "lower_bound": MONEY,
                    "upper_bound": MONEY,
                    "customers": COUNT,
                    "clv_total": MONEY,
                },
            ),
        )
    )
    return _finished(chart.properties(height=280), view)


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
            labels=[view.words.value(one) for one in rows[category]],
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
        uniformtext={"minsize": 11, "mode": "hide"},
    )


def intervals(
    view: View,
    rows: pd.DataFrame,
    category: str,
    measure: str,
    limits: tuple[str, str],
    unit: str,
    *,
    also: dict[str, str] | None = None,
    sort: Any = None,
) -> alt.LayerChart:
    """Estimates with their 95 % limits, one below the other, against zero."""
    hues = colours(view.is_dark)
    rows = rows[rows[measure].notna()]
    rows = rows.assign(label=[view.words.value(one, category) for one in rows[category]])
    y = alt.Y("label:N", title=None, sort=sort, axis=alt.Axis(labelLimit=200, labelOverlap=False))
    x = alt.X(
        f"{measure}:Q",
        title=view.words.column(measure),
        axis=alt.Axis(
            format="+.0%" if unit == SHARE else FORMATS[unit], tickCount=5, labelOverlap=True
        ),
    )
    tooltip = tips(
        view,
        {measure: unit, limits[0]: unit, limits[1]: unit, **(also or {})},
        [alt.Tooltip("label:N", title=view.words.column(category))],
    )
    base = alt.Chart(rows)
    zero = alt.Chart(pd.DataFrame([{"at": 0}])).mark_rule(color=hues.soft, strokeDash=[4, 3])
    chart = alt.layer(
        zero.encode(x="at:Q"),
        base.mark_rule(strokeWidth=3, opacity=0.55, color=hues.series[0]).encode(
            x=alt.X(f"{limits[0]}:Q"), x2=f"{limits[1]}:Q", y=y, tooltip=tooltip
        ),
        base.mark_point(filled=True, size=90, color=hues.series[0], opacity=1).encode(
            x=x, y=y, tooltip=tooltip
        ),
    )
    return _finished(chart.properties(height=28 * len(rows) + 56), view)


def _finished(chart: Any, view: View) -> Any:
    """One look for all; the menu of each chart saves it as a picture."""
    hues = colours(view.is_dark)
    actions = {"export": True, "source": False, "compiled": False, "editor": False}
    return (
        chart.configure(font=FONT)
        .configure_axis(
            gridColor=hues.line,
            domainColor=hues.line,
            tickColor=hues.line,
            labelColor=hues.ink,
            titleColor=hues.soft,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=hues.ink, labelFontSize=12, labelLimit=240)
        .configure_view(strokeWidth=0)
        .properties(background="transparent", usermeta={"embedOptions": {"actions": actions}})
    )


FONT = "'Source Sans', 'Noto Sans Thai', 'Garuda', 'Loma', sans-serif"
