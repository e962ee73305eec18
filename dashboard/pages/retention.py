"""Do customers stay?"""

from __future__ import annotations

import streamlit as st

from dashboard.charts import COUNT, MONEY, SHARE, curve, heatmap, lines, waterfall
from dashboard.panel import panel
from dashboard.reading import query
from dashboard.view import View, choice

KINDS = {
    "active": ("active_rate", "active_rate_on_previous", "active_customers"),
    "on_or_after": ("on_or_after_rate", "on_or_after_rate_on_previous", "on_or_after_customers"),
    "current": ("current_rate", "current_rate_on_previous", "current_customers"),
    "revenue": ("net_revenue_rate", "net_revenue_rate_on_previous", "net_revenue"),
}


def show(view: View) -> None:
    """Cohorts, survival, the bridge and one interval."""
    cohorts(view)
    left, right = st.columns(2)
    with left:
        bridge(view)
        one_interval(view)
    with right:
        survival(view)
        rates(view)


def cohorts(view: View) -> None:
    """The heatmap: what is counted, and against what, is chosen above it."""
    words = view.words
    kinds = [kind for kind in KINDS if view.basis == "purchase" or kind != "revenue"]
    first, second = st.columns(2)
    with first:
        kind = choice(words("filter.kind"), kinds, "kind", written=words.value)
    with second:
        ways = ["start", "previous", "figure"]
        way = choice(words("filter.against"), ways, "against", written=words.value)
    measure = KINDS[kind][ways.index(way)]
    unit = SHARE if way != "figure" else MONEY if kind == "revenue" else COUNT
    where = {"basis": view.basis, **view.segment}
    columns = ["months_since_start", "cohort_customers", measure]
    mean = query("cohort_averages", columns, where, order=("months_since_start",))
    goal = view.goal(measure)
    panel(
        view,
        "cohorts",
        query(
            "cohort_retention",
            ["cohort_month", *columns],
            where,
            order=("-cohort_month", "months_since_start"),
        ),
        lambda rows, _: heatmap(
            view,
            rows,
            view.read(mean).iloc[: 0 if way == "figure" else None],
            measure,
            unit,
            goal=goal,
        ),
        defined=("cohort_retention", measure),
        base="cohort_customers",
    )
    if way == "start":
        panel(
            view,
            "average_cohort",
            mean,
            lambda rows, _: curve(
                view,
                rows,
                "months_since_start",
                measure,
                goal=goal,
                also={"cohort_customers": COUNT},
            ),
            defined=("cohort_averages", measure),
            base="cohort_customers",
        )


def bridge(view: View) -> None:
    """From the customers at the start of the period to those at its end."""
    steps = [
        ("customers_at_start", 0),
        ("new_customers", 1),
        ("reactivated_customers", 1),
        ("lost_customers", -1),
        ("customers_at_end", 0),
    ]
    panel(
        view,
        "bridge",
        query(
            "retention_by_period",
            [name for name, _ in steps],
            {**view.at, "basis": view.basis},
        ),
        lambda rows, _: waterfall(view, rows.iloc[0], steps, COUNT),
        base="customers_at_start",
        defined=("retention_by_period", None),
    )


def survival(view: View) -> None:
    """How long first spells last."""
    panel(
        view,
        "survival",
        query(
            "survival_by_tenure",
            [
                "tenure_days",
                "at_risk_customers",
                "survival_rate",
                "lower_95",
                "upper_95",
            ],
            {"basis": view.basis, **view.segment},
            order=("tenure_days",),
        ),
        lambda rows, measure: curve(
            view,
            rows,
            "tenure_days",
            measure,
            limits=("lower_95", "upper_95"),
            also={"at_risk_customers": COUNT},
            is_step=True,
        ),
        measures={"survival_rate": SHARE},
    )


def one_interval(view: View) -> None:
    """The share still there after so many months, cohort by cohort."""
    months = list(range(1, 13))
    month = choice(view.words("filter.months"), months, "month")
    panel(
        view,
        "one_interval",
        query(
            "cohort_retention",
            ["cohort_month", "cohort_customers", "active_rate", "current_rate"],
            {"basis": view.basis, **view.segment, "months_since_start": month},
            order=("cohort_month",),
        ),
        lambda rows, measure: lines(
            view.by_month(),
            rows.assign(is_complete=True).rename(columns={"cohort_month": "period_start"}),
            {measure: SHARE},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"cohort_customers": COUNT},
        ),
        measures={"active_rate": SHARE, "current_rate": SHARE},
        base="cohort_customers",
    )


def rates(view: View) -> None:
    """Retention by three definitions."""
    measures = {
        "retention_rate": SHARE,
        "start_set_retention_rate": SHARE,
        "reactivation_rate": SHARE,
    }
    panel(
        view,
        "rates",
        query(
            "retention_by_period",
            ["period_start", "is_complete", "customers_at_start", *measures],
            {**view.periods, "basis": view.basis},
            order=("period_start",),
        ),
        lambda rows, measure: lines(
            view,
            rows,
            {measure: SHARE},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers_at_start": COUNT},
        ),
        measures=measures,
        base="customers_at_start",
    )
