"""How are we doing?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import COUNT, MONEY, POINTS, SHARE, lines, written
from dashboard.panel import Panel
from dashboard.reading import query
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


def show(view: View) -> None:
    """Six figures of the period, then how they went."""
    at_a_glance(view)
    left, right = st.columns(2)
    for place, name, unit in (
        (left, "customers_at_end", COUNT),
        (right, "churn_rate", SHARE),
        (left, "net_revenue_retention", SHARE),
        (right, "nps", POINTS),
    ):
        with place:
            over_time(view, name, unit)


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

    def cards(rows: pd.DataFrame) -> None:
        told = [one for one in FIGURES if (rows["metric_name"] == one).any()]
        for start in range(0, len(told), IN_A_ROW):
            places = st.columns(IN_A_ROW)
            for place, name in zip(places, told[start : start + IN_A_ROW], strict=False):
                with place:
                    card(view, rows[rows["metric_name"] == name], name)

    Panel(view, "figures").draw(asked, cards, base="counted", defined=("overview_by_period", None))


def card(view: View, rows: pd.DataFrame, name: str) -> None:
    """One figure of the chosen period, with its change, its course and what it is about."""
    label = view.words.column(name)
    text = view.definition(FIGURES[name], name)
    found = rows[rows["period_start"] == pd.Timestamp(view.period)]
    if not len(found):
        st.metric(label, view.words("message.none"), help=text, border=True)
        return
    row = found.iloc[0]
    unit = UNITS[row["unit"]]
    is_over = rows["is_complete"] & (rows["period_start"] <= row["period_start"])
    st.metric(
        label,
        written(view, row["metric_value"], unit),
        delta=change(view, row, "previous", unit),
        delta_color="normal" if row["is_higher_better"] else "inverse",
        delta_description=view.words("message.on_previous"),
        chart_data=rows[is_over]["metric_value"].dropna().tail(24).tolist() or None,
        help=text,
        border=True,
    )
    before = change(view, row, "last_year", unit) or view.words("message.none")
    notes = [f"{view.words('message.on_last_year')}: {before}"]
    if not pd.isna(row["lower_95"]):
        low, high = (format(row[limit], ".1f") for limit in ("lower_95", "upper_95"))
        notes.append(f"{view.words('message.limits')}: {low} … {high}")
    notes.append(f"n = {row['counted']:,}")
    st.caption("; ".join(notes))


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


def over_time(view: View, name: str, unit: str) -> None:
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

    Panel(view, f"{name}_over_time").draw(
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
