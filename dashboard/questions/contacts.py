"""Whom should we talk to, about what, and did it help before?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import COUNT, MONEY, SHARE, bars, intervals
from dashboard.reading import query
from dashboard.shown import Table
from dashboard.view import WHOLE, View

ICON = ":material/call:"
FILTERS = ()
# Customers that a browser lists; the file has all.
LISTED = (50, 200, 1000)


def customers(view: View) -> None:
    """Customers with the most money at risk first."""
    words = view.words
    panel = view.panel("next_actions")
    where: dict[str, Any] = {}
    for column, name in (("risk_band", "band"), ("recommended_action", "action")):
        known = view.options("next_actions_by_band", column, {})
        picked = panel.choose(
            name, [WHOLE, *known], written=lambda one, of=name: words.value(one, of)
        )
        if picked != WHOLE:
            where[column] = picked
    consent = panel.choose("consent", [WHOLE, "True", "False"])
    if consent != WHOLE:
        where["has_consent"] = consent == "True"
    count = panel.choose("limit", LISTED, default=200, written=lambda one: f"{one:,}")
    units = {
        "churn_probability": SHARE,
        "p_buy_90d": SHARE,
        "margin_at_risk": MONEY,
        "expected_margin_365d": MONEY,
    }
    asked = query(
        "customer_next_actions",
        [
            "customer_id",
            "risk_band",
            "churn_probability",
            "margin_at_risk",
            "recommended_action",
            "is_holdout",
            "has_consent",
            "reason_1",
            "reason_2",
            "reason_3",
            "p_buy_90d",
            "expected_margin_365d",
            "risk_basis",
            "forecast_status",
        ],
        where,
        order=("-margin_at_risk", "customer_id"),
        limit=count,
    )

    panel.draw(
        asked,
        lambda rows: Table("customer_next_actions", rows, units),
        defined=("customer_next_actions", None),
        note=words("message.holdout"),
    )


def bands(view: View) -> None:
    """Customers by band of risk and action."""
    units = {"margin_at_risk": MONEY, "customers": COUNT, "reachable_customers": COUNT}
    panel = view.panel("bands")
    measure = panel.measure(units)

    def chart(rows: pd.DataFrame) -> Any:
        words = view.words
        pairs = [
            f"{words.value(row.risk_band)}: {words.value(row.recommended_action, 'action')}"
            for row in rows.itertuples()
        ]
        return bars(view, rows.assign(pair=pairs), "pair", measure, units[measure], also=units)

    panel.draw(
        query(
            "next_actions_by_band",
            ["risk_band", "recommended_action", "holdout_customers", *units],
            order=("risk_band", "recommended_action"),
        ),
        chart,
        defined=("next_actions_by_band", measure),
    )


def outreach(view: View) -> None:
    """Those contacted less those kept out by chance."""
    panel = view.panel("outreach")
    outcomes = view.options("outreach_effect", "outcome", {})
    outcome = panel.choose("outcome", outcomes or [WHOLE])

    def chart(rows: pd.DataFrame) -> Any:
        limits = ("lower_95", "upper_95")
        also = {"contacted_customers": COUNT, "holdout_customers": COUNT}
        return intervals(view, rows, "action", "effect", limits, SHARE, also=also)

    panel.draw(
        query(
            "outreach_effect",
            [
                "action",
                "contacted_customers",
                "holdout_customers",
                "effect",
                "lower_95",
                "upper_95",
            ],
            {"outcome": outcome},
            order=("action",),
        ),
        chart,
        defined=("outreach_effect", "effect"),
    )


PANELS = ((customers,), (bands, outreach))
