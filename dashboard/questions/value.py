"""What are customers worth?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import (
    COUNT,
    MONEY,
    NUMBER,
    SHARE,
    bars,
    histogram,
    intervals,
    lines,
    stacks,
    treemap,
)
from dashboard.reading import query
from dashboard.view import View

ICON = ":material/diamond:"
FILTERS = ("basis", "period", "segment")


def distribution(view: View) -> None:
    """How customers spread over lifetime value."""
    panel = view.panel("clv")
    measure = panel.measure(("clv_to_date", "clv_predicted_12m"))
    panel.draw(
        query(
            "clv_distribution",
            [
                "clv_measure",
                "bucket_number",
                "lower_bound",
                "upper_bound",
                "customers",
                "clv_total",
            ],
            {"clv_measure": measure},
            order=("bucket_number",),
        ),
        lambda rows: histogram(view, rows),
        defined=("customer_lifetime_value", measure),
    )


def deciles(view: View) -> None:
    """What each tenth of the customers brought."""
    units = {
        "share_of_clv_to_date": SHARE,
        "clv_to_date_per_customer": MONEY,
        "clv_predicted_12m_per_customer": MONEY,
    }
    panel = view.panel("deciles")
    measure = panel.measure(units)
    panel.draw(
        query("value_deciles", ["value_decile", "customers", *units], order=("value_decile",)),
        lambda rows: bars(
            view,
            rows,
            "value_decile",
            measure,
            units[measure],
            also={"customers": COUNT},
            is_ordered=True,
        ),
        defined=("value_deciles", measure),
    )


def rfm(view: View) -> None:
    """Segments by recency, frequency and money."""
    shares = {"customers": "share_of_customers", "monetary": "share_of_monetary"}
    panel = view.panel("rfm")
    measure = panel.measure(shares)
    also = ["mean_recency_days", "monetary_per_customer"]
    panel.draw(
        query(
            "rfm_by_segment",
            ["rfm_segment", *shares, *shares.values(), *also],
            order=("-customers",),
        ),
        lambda rows: treemap(view, rows, "rfm_segment", measure, shares[measure], also[0], also[1]),
        defined=("rfm_by_segment", measure),
    )


def new_and_returning(view: View) -> None:
    """Buyers and money of new and of returning customers."""
    pairs = {
        "buyers": {"new_buyers": COUNT, "returning_buyers": COUNT},
        "orders": {"new_orders": COUNT, "returning_orders": COUNT},
        "net_revenue": {"new_net_revenue": MONEY, "returning_net_revenue": MONEY},
    }
    panel = view.panel("new_and_returning")
    kind = panel.measure(pairs)
    columns = dict.fromkeys(["new_buyers", "returning_buyers", *pairs[kind]])
    panel.draw(
        query(
            "new_vs_returning_by_period",
            ["period_start", "is_complete", *columns],
            view.periods,
            order=("period_start",),
        ),
        lambda rows: stacks(view, rows, pairs[kind]),
        base="returning_buyers",
        defined=("new_vs_returning_by_period", None),
    )


def totals(view: View) -> None:
    """What is expected in all, with the worst that the same forecast was wrong."""
    limits = ("total_lower", "total_upper")

    def chart(rows: pd.DataFrame) -> Any:
        days = [view.words("message.days", count=one) for one in rows["horizon_days"]]
        return intervals(
            view,
            rows.assign(days=days),
            "days",
            "expected_total",
            limits,
            COUNT,
            also={"expected_margin": MONEY, "customers": COUNT, "past_days": COUNT},
        )

    view.panel("forecast").draw(
        query(
            "forecast_totals",
            [
                "horizon_days",
                "customers",
                "past_days",
                "expected_total",
                *limits,
                "expected_margin",
            ],
            {"basis": view.basis},
            order=("horizon_days",),
        ),
        chart,
        defined=("forecast_totals", "expected_total"),
    )


def record(view: View) -> None:
    """What was forecast on past days, divided by what came."""

    def chart(rows: pd.DataFrame) -> Any:
        return lines(
            view.by("day"),
            rows.assign(is_complete=True).rename(columns={"forecast_on": "period_start"}),
            {"total_ratio": NUMBER},
            series="model_name",
            goal=1,
            also={"expected_total": COUNT, "actual_total": COUNT, "customers": COUNT},
            is_ratio=True,
        )

    panel = view.panel("record")
    horizons = view.read(
        query(
            "forecast_accuracy",
            ["horizon_days"],
            {"basis": view.basis},
            order=("horizon_days",),
            distinct=True,
        )
    )
    if len(horizons):
        days = panel.choose("horizon", horizons["horizon_days"].tolist(), default=90)
    else:
        days = 0
    panel.draw(
        query(
            "forecast_accuracy",
            [
                "forecast_on",
                "model_name",
                "customers",
                "expected_total",
                "actual_total",
                "total_ratio",
            ],
            {"basis": view.basis, "horizon_days": days},
            order=("forecast_on", "model_name"),
        ),
        chart,
        defined=("forecast_accuracy", "total_ratio"),
    )


PANELS = ((distribution, deciles), (new_and_returning, rfm), (record, totals))
