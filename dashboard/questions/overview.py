"""How are we doing?"""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from dashboard.charts import COUNT, MONEY, POINTS, SHARE, lines, written
from dashboard.reading import query
from dashboard.shown import Card, Cards
from dashboard.view import WHOLE, View

ICON = ":material/monitoring:"
FILTERS = ("basis", "period", "segment")
# The figures, by the mart that defines them.
FIGURES = {
    "customers_at_end": "retention_by_period",
    "retention_rate": "retention_by_period",
    "churn_rate": "retention_by_period",
    "net_revenue_retention": "revenue_retention_by_period",
    "nps": "nps_by_period",
    "clv_formula": "lifetime_value_by_period",
    "clv_arpa": "lifetime_value_by_period",
}
UNITS = {"customers": COUNT, "share": SHARE, "points": POINTS, "money": MONEY}
IN_A_ROW = 3
PERIODS_SHOWN = 24


def at_a_glance(view: View) -> None:
    """The figures of the chosen period."""
    asked = query(
        "overview_by_period",
        [
            "metric_name",
            "basis",
            "period_start",
            "is_complete",
            "unit",
            "is_higher_better",
            "counted",
            "metric_value",
            "lower_95",
            "upper_95",
            "change_on_previous",
            "change_rate_on_previous",
            "change_on_last_year",
            "change_rate_on_last_year",
        ],
        {**view.periods, "basis": (view.basis, WHOLE)},
        order=("metric_name", "period_start"),
    )

    def cards(rows: pd.DataFrame) -> Cards:
        told = {name: rows[rows["metric_name"] == name] for name in FIGURES}
        made = [card(view, of, name) for name, of in told.items() if len(of)]
        return Cards(made, IN_A_ROW, compared=view.words("message.on_previous"))

    view.panel("figures").draw(asked, cards, base="counted", defined=("overview_by_period", None))


def card(view: View, rows: pd.DataFrame, name: str) -> Card:
    """One figure of the chosen period, with its change, its course and what it is about."""
    label = view.words.column(name)
    text = view.definition(FIGURES[name], name)
    found = rows[rows["period_start"] == pd.Timestamp(view.period)]
    if not len(found):
        return Card(label, view.words("message.none"), text)
    row = found.iloc[0]
    unit = UNITS[row["unit"]]
    is_over = rows["is_complete"] & (rows["period_start"] <= row["period_start"])
    before = change(view, row, "last_year", unit) or view.words("message.none")
    notes = [f"{view.words('message.on_last_year')}: {before}"]
    if not pd.isna(row["lower_95"]):
        low, high = (format(row[limit], ".1f") for limit in ("lower_95", "upper_95"))
        notes.append(f"{view.words('message.limits')}: {low} … {high}")
    notes.append(f"n = {row['counted']:,}")
    return Card(
        label,
        written(view, row["metric_value"], unit),
        text,
        change=change(view, row, "previous", unit),
        is_higher_better=bool(row["is_higher_better"]),
        course=rows[is_over]["metric_value"].dropna().tail(PERIODS_SHOWN).tolist(),
        note="; ".join(notes),
    )


def change(view: View, row: pd.Series, on: str, unit: str) -> str | None:
    """A change as text with its sign, or None where there is nothing to compare with."""
    value = row[f"change_on_{on}"]
    if pd.isna(value):
        return None
    if unit == SHARE:
        return f"{100 * value:+.1f} {view.words('message.points')}"
    if unit == POINTS:
        return f"{value:+.1f}"
    rate = row[f"change_rate_on_{on}"]
    return f"{value:+,.0f}" + ("" if pd.isna(rate) else f" ({rate:+.0%})")


def over_time(name: str, unit: str, view: View) -> None:
    """One of the figures over all periods."""
    limits = ("lower_95", "upper_95") if name == "nps" else None

    def chart(rows: pd.DataFrame) -> Any:
        return lines(
            view,
            rows.rename(columns={"metric_value": name}),
            {name: unit},
            limits=limits,
            goal=view.goal(name),
            notes=view.notes(name),
            also={"counted": COUNT},
        )

    view.panel(f"{name}_over_time").draw(
        query(
            "overview_by_period",
            ["period_start", "is_complete", "counted", "metric_value", "lower_95", "upper_95"],
            {**view.periods, "metric_name": name, "basis": (view.basis, WHOLE)},
            order=("period_start",),
        ),
        chart,
        base="counted",
        defined=(FIGURES[name], name),
    )


PANELS = (
    (at_a_glance,),
    (partial(over_time, "customers_at_end", COUNT), partial(over_time, "churn_rate", SHARE)),
    (partial(over_time, "net_revenue_retention", SHARE), partial(over_time, "nps", POINTS)),
)
