"""Does the next unit of money win a customer or keep one?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import COUNT, MONEY, NUMBER, SHARE, bars, lines, written
from dashboard.panel import Panel, table
from dashboard.reading import query
from dashboard.view import WHOLE, View

ICON = ":material/balance:"
FILTERS = ("period",)
CHANNEL_UNITS = {
    "new_customers": COUNT,
    "cac": MONEY,
    "ltv_to_cac": NUMBER,
    "payback_months": NUMBER,
    "acquisition_roi": SHARE,
}


def show(view: View) -> None:
    """The verdict, cost and value of a customer, channels."""
    verdict(view)
    left, right = st.columns(2)
    with left:
        balance(view)
    with right:
        channels(view)
    all_channels(view)


def verdict(view: View) -> None:
    """What to do, the rule that says so, and the figures that it looked at."""
    units = {
        "ltv_to_cac": NUMBER,
        "cac": MONEY,
        "ltv": MONEY,
        "retention_rate": SHARE,
        "cost_to_retain": MONEY,
    }

    def cards(rows: pd.DataFrame) -> None:
        row = rows.iloc[0]
        words = view.words
        st.markdown(
            f"### {words.value(row['verdict'], 'verdict')}\n\n"
            f"**{words.value(row['rule_fired'])}**: {words.value(row['rule_explained'])}"
        )
        for place, (name, unit) in zip(st.columns(len(units)), units.items(), strict=True):
            with place:
                st.metric(
                    words.column(name),
                    written(view, row[name], unit),
                    help=view.definition("growth_balance", name) or None,
                    border=True,
                )

    Panel(view, "verdict").draw(
        query(
            "growth_balance",
            ["verdict", "rule_fired", "rule_explained", *units],
            {**view.at, "segment_name": WHOLE, "segment_value": WHOLE},
        ),
        cards,
        defined=("growth_balance", None),
    )


def balance(view: View) -> None:
    """How cost and value of a customer went."""
    units = {"ltv_to_cac": NUMBER, "cac": MONEY, "ltv": MONEY, "retain_to_acquire_cost": SHARE}
    panel = Panel(view, "balance")
    measure = panel.measure(units)
    panel.draw(
        query(
            "growth_balance",
            ["period_start", "is_complete", "new_customers", measure],
            {**view.periods, "segment_name": WHOLE, "segment_value": WHOLE},
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"new_customers": COUNT},
        ),
        defined=("growth_balance", measure),
    )


def channels(view: View) -> None:
    """What each channel costs and brings."""
    panel = Panel(view, "channels")
    attribution = _attribution(view, panel)
    measure = panel.measure(CHANNEL_UNITS)
    limits = ("cac_lower_95", "cac_upper_95") if measure == "cac" else None

    def chart(rows: pd.DataFrame) -> Any:
        return bars(
            view,
            rows,
            "channel",
            measure,
            CHANNEL_UNITS[measure],
            limits=limits,
            also={"new_customers": COUNT, "acquire_spend": MONEY},
        )

    columns = dict.fromkeys(["channel", "new_customers", "acquire_spend", measure, *(limits or ())])
    panel.draw(
        query(
            "acquisition_by_channel",
            list(columns),
            {**view.at, "attribution": attribution},
            order=("channel",),
        ),
        chart,
        defined=("acquisition_by_channel", measure),
    )


def _attribution(view: View, panel: Panel) -> str:
    known = view.options("acquisition_by_channel", "attribution", {})
    return panel.choose("attribution", known or [WHOLE], default="last_touch")


def all_channels(view: View) -> None:
    """Channels beside each other."""
    units = {"leads": COUNT, "acquire_spend": MONEY, "churn_rate": SHARE, **CHANNEL_UNITS}
    panel = Panel(view, "all_channels")
    attribution = st.session_state.get("choice_attribution") or "last_touch"
    panel.draw(
        query(
            "acquisition_by_channel",
            ["channel", *units],
            {**view.at, "attribution": attribution},
            order=("-new_customers", "channel"),
        ),
        lambda rows: table(view, "acquisition_by_channel", rows, units),
        defined=("acquisition_by_channel", None),
    )
