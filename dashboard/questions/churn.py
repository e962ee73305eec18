"""Who leaves, why, and what does it cost?"""

from __future__ import annotations

from dashboard.charts import COUNT, MONEY, SHARE, bars, lines, waterfall
from dashboard.reading import query
from dashboard.view import View

ICON = ":material/trending_down:"
FILTERS = ("basis", "period", "segment")


def churn(view: View) -> None:
    """Customers who left, as a share and as a number."""
    units = {"churn_rate": SHARE, "lost_customers": COUNT}
    panel = view.panel("churn")
    measure = panel.measure(units)
    panel.draw(
        query(
            "retention_by_period",
            ["period_start", "is_complete", "customers_at_start", measure],
            {**view.periods, "basis": view.basis},
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers_at_start": COUNT},
        ),
        defined=("retention_by_period", measure),
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
    view.panel("mrr").draw(
        query(
            "revenue_retention_by_period",
            ["opening_customers", *(name for name, _ in steps)],
            {**view.at, "basis": "subscription"},
        ),
        lambda rows: waterfall(view, rows.iloc[0], steps, MONEY),
        base="opening_customers",
        defined=("revenue_retention_by_period", None),
    )


def retained(view: View) -> None:
    """Revenue kept of those who were there before."""
    measures = {"net_revenue_retention": SHARE, "gross_revenue_retention": SHARE}
    view.panel("retained").draw(
        query(
            "revenue_retention_by_period",
            ["period_start", "is_complete", "opening_customers", *measures],
            {**view.periods, "basis": view.basis},
            order=("period_start",),
        ),
        lambda rows: lines(view, rows, measures, notes=view.notes("net_revenue_retention")),
        base="opening_customers",
        defined=("revenue_retention_by_period", "net_revenue_retention"),
    )


def revenue_churn(view: View) -> None:
    """Recurring revenue lost, gross and net of what was gained."""
    measures = {"gross_revenue_churn_rate": SHARE, "net_revenue_churn_rate": SHARE}
    view.panel("revenue_churn").draw(
        query(
            "revenue_retention_by_period",
            ["period_start", "is_complete", "opening_customers", *measures],
            {**view.periods, "basis": "subscription"},
            order=("period_start",),
        ),
        lambda rows: lines(view, rows, measures, notes=view.notes("gross_revenue_churn_rate")),
        base="opening_customers",
        defined=("revenue_retention_by_period", "gross_revenue_churn_rate"),
    )


def causes(view: View) -> None:
    """Why they left: what they said, and what the data shows."""
    units = {"share_of_lost_customers": SHARE, "lost_customers": COUNT}
    if view.basis == "subscription":
        units |= {"share_of_lost_mrr": SHARE, "lost_mrr": MONEY}
    panel = view.panel("causes")
    measure = panel.measure(units)
    panel.draw(
        query(
            "churn_causes_by_period",
            ["cause", "is_stated", "all_lost_customers", *units],
            {**view.at, "basis": view.basis},
            order=("-lost_customers", "cause"),
        ),
        lambda rows: bars(
            view,
            rows,
            "cause",
            measure,
            units[measure],
            colour="is_stated",
            also={"lost_customers": COUNT},
        ),
        defined=("churn_causes_by_period", measure),
        base="all_lost_customers",
    )


def by_segment(view: View) -> None:
    """Churn of each value of a segment."""
    units = {"churn_rate": SHARE, "lost_customers": COUNT}
    panel = view.panel("churn_by_segment")
    name = panel.choose("by", view.segments, default=view.segment_name, written=view.words.segment)
    measure = panel.measure(units)
    panel.draw(
        query(
            "retention_by_period",
            ["segment_value", "customers_at_start", "lost_customers", "churn_rate"],
            {**view.values_of(name), "basis": view.basis},
            order=("segment_value",),
        ),
        lambda rows: bars(
            view,
            rows,
            "segment_value",
            measure,
            units[measure],
            also={"customers_at_start": COUNT, "lost_customers": COUNT},
        ),
        defined=("retention_by_period", measure),
        base="customers_at_start",
    )


PANELS = ((churn, mrr), (retained, revenue_churn), (causes,), (by_segment,))
