"""Does the next unit of money win a customer or keep one?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import COUNT, MONEY, NUMBER, SHARE, bars, lines, written
from dashboard.reading import query
from dashboard.shown import Card, Cards, Table
from dashboard.view import WHOLE, View

ICON = ":material/balance:"
FILTERS = ("period",)
# Here it is 1 - churn: elsewhere the name stands for more.
LABELS = {"retention_rate": "start_set_retention_rate"}
CHANNEL_UNITS = {
    "new_customers": COUNT,
    "cac": MONEY,
    "ltv_to_cac": NUMBER,
    "payback_months": NUMBER,
    "acquisition_roi": SHARE,
}


def verdict(view: View) -> None:
    """What to do, the rule that says so, and the figures that it looked at."""
    units = {
        "ltv_to_cac": NUMBER,
        "cac": MONEY,
        "ltv": MONEY,
        "retention_rate": SHARE,
        "cost_to_retain": MONEY,
    }

    def cards(rows: pd.DataFrame) -> Cards:
        row, words = rows.iloc[0], view.words
        return Cards(
            [
                Card(
                    words.column(LABELS.get(name, name)),
                    written(view, row[name], unit),
                    view.definition("growth_balance", name),
                )
                for name, unit in units.items()
            ],
            in_a_row=3,
            headline=words.value(row["verdict"], "verdict"),
            text=f"{words.value(row['rule_fired'])}: {row['rule_explained']}",
        )

    view.panel("verdict").draw(
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
    panel = view.panel("balance")
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
    panel = view.panel("channels")
    known = view.options("acquisition_by_channel", "attribution", {})
    attribution = panel.choose("attribution", known or [WHOLE], default="last_touch")
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


def all_channels(view: View) -> None:
    """Channels beside each other."""
    units = {"leads": COUNT, "acquire_spend": MONEY, "churn_rate": SHARE, **CHANNEL_UNITS}
    panel = view.panel("all_channels")
    attribution = view.kept.get("attribution", "last_touch")
    panel.draw(
        query(
            "acquisition_by_channel",
            ["channel", *units],
            {**view.at, "attribution": attribution},
            order=("-new_customers", "channel"),
        ),
        lambda rows: Table("acquisition_by_channel", rows, units),
        defined=("acquisition_by_channel", None),
    )


PANELS = ((verdict,), (balance, channels), (all_channels,))
