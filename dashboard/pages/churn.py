"""Who leaves, why, and what does it cost?"""

from __future__ import annotations

import streamlit as st

from dashboard.charts import COUNT, MONEY, SHARE, bars, lines, waterfall
from dashboard.panel import panel
from dashboard.reading import query
from dashboard.view import View


def show(view: View) -> None:
    """Churn, revenue, causes."""
    left, right = st.columns(2)
    with left:
        churn(view)
        retained(view)
    with right:
        mrr(view)
        revenue_churn(view)
    causes(view)
    by_segment(view)


def churn(view: View) -> None:
    """Customers who left, as a share and as a number."""
    panel(
        view,
        "churn",
        query(
            "retention_by_period",
            ["period_start", "is_complete", "customers_at_start", "churn_rate", "lost_customers"],
            {**view.periods, "basis": view.basis},
            order=("period_start",),
        ),
        lambda rows, measure: lines(
            view,
            rows,
            {measure: SHARE if measure == "churn_rate" else COUNT},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers_at_start": COUNT},
        ),
        measures={"churn_rate": SHARE, "lost_customers": COUNT},
        base="customers_at_start",
    )


def mrr(view: View) -> None:
    """What recurring revenue became in the period."""
    steps = [
        ("opening_mrr", 0),
        ("new_mrr", 1),
        ("expansion_mrr", 1),
        ("reactivation_mrr", 1),
        ("contraction_mrr", -1),
        ("churned_mrr", -1),
        ("closing_mrr", 0),
    ]
    panel(
        view,
        "mrr",
        query(
            "revenue_retention_by_period",
            ["opening_customers", *(name for name, _ in steps)],
            {**view.at, "basis": "subscription"},
        ),
        lambda rows, _: waterfall(view, rows.iloc[0], steps, MONEY),
        base="opening_customers",
        defined=("revenue_retention_by_period", None),
    )


def retained(view: View) -> None:
    """Revenue kept of those who were there before."""
    measures = {"net_revenue_retention": SHARE, "gross_revenue_retention": SHARE}
    panel(
        view,
        "retained",
        query(
            "revenue_retention_by_period",
            ["period_start", "is_complete", "opening_customers", *measures],
            {**view.periods, "basis": view.basis},
            order=("period_start",),
        ),
        lambda rows, _: lines(view, rows, measures, notes=view.notes("net_revenue_retention")),
        base="opening_customers",
        defined=("revenue_retention_by_period", "net_revenue_retention"),
    )


def revenue_churn(view: View) -> None:
    """Recurring revenue lost, gross and net of what was gained."""
    measures = {"gross_revenue_churn_rate": SHARE, "net_revenue_churn_rate": SHARE}
    panel(
        view,
        "revenue_churn",
        query(
            "revenue_retention_by_period",
            ["period_start", "is_complete", "opening_customers", *measures],
            {**view.periods, "basis": "subscription"},
            order=("period_start",),
        ),
        lambda rows, _: lines(view, rows, measures, notes=view.notes("gross_revenue_churn_rate")),
        base="opening_customers",
        defined=("revenue_retention_by_period", "gross_revenue_churn_rate"),
    )


def causes(view: View) -> None:
    """Why they left: what they said, and what the data shows."""
    measures = {"share_of_lost_customers": SHARE, "lost_customers": COUNT}
    if view.basis == "subscription":
        measures |= {"share_of_lost_mrr": SHARE, "lost_mrr": MONEY}
    panel(
        view,
        "causes",
        query(
            "churn_causes_by_period",
            ["cause", "is_stated", "all_lost_customers", *measures],
            {**view.at, "basis": view.basis},
            order=("-lost_customers", "cause"),
        ),
        lambda rows, measure: bars(
            view,
            rows,
            "cause",
            measure,
            measures[measure],
            colour="is_stated",
            also={"lost_customers": COUNT},
        ),
        measures=measures,
        base="all_lost_customers",
    )


def by_segment(view: View) -> None:
    """Churn of each value of the chosen segment."""
    panel(
        view,
        "churn_by_segment",
        query(
            "retention_by_period",
            ["segment_value", "customers_at_start", "lost_customers", "churn_rate"],
            {**view.segments_at, "basis": view.basis},
            order=("segment_value",),
        ),
        lambda rows, measure: bars(
            view,
            rows,
            "segment_value",
            measure,
            SHARE if measure == "churn_rate" else COUNT,
            also={"customers_at_start": COUNT, "lost_customers": COUNT},
        ),
        measures={"churn_rate": SHARE, "lost_customers": COUNT},
        base="customers_at_start",
    )
