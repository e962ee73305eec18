"""Do customers stay?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import COUNT, MONEY, SHARE, curve, heatmap, lines, waterfall
from dashboard.reading import query
from dashboard.view import View

ICON = ":material/groups:"
FILTERS = ("basis", "period", "segment")
# Who counts: the columns for a share of the cohort, a share of the month before, a number.
KINDS = {
    "active": ("active_rate", "active_rate_on_previous", "active_customers"),
    "on_or_after": ("on_or_after_rate", "on_or_after_rate_on_previous", "on_or_after_customers"),
    "current": ("current_rate", "current_rate_on_previous", "current_customers"),
    "revenue": ("net_revenue_rate", "net_revenue_rate_on_previous", "net_revenue"),
}
WAYS = ("start", "previous", "figure")


def cohorts(view: View) -> None:
    """The heatmap and the mean of its rows: what is counted, and against what, is chosen."""
    panel = view.panel("cohorts")
    kind = panel.choose("kind", list(KINDS))
    way = panel.choose("against", WAYS)
    measure = KINDS[kind][WAYS.index(way)]
    unit = SHARE if way != "figure" else MONEY if kind == "revenue" else COUNT
    where = {"basis": view.basis, **view.segment}
    columns = ["months_since_start", "cohort_customers", measure]
    mean = query("cohort_averages", columns, where, order=("months_since_start",))
    average = view.read(mean)
    goal = view.goal(measure)
    panel.draw(
        query(
            "cohort_retention",
            ["cohort_month", *columns],
            where,
            order=("-cohort_month", "months_since_start"),
        ),
        lambda rows: heatmap(
            view, rows, average.iloc[: None if unit == SHARE else 0], measure, unit, goal=goal
        ),
        defined=("cohort_retention", measure),
        base="cohort_customers",
    )
    if way == "start":
        view.panel("average_cohort").draw(
            mean,
            lambda rows: curve(
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
    view.panel("bridge").draw(
        query(
            "retention_by_period",
            [name for name, _ in steps],
            {**view.at, "basis": view.basis},
        ),
        lambda rows: waterfall(view, rows.iloc[0], steps, COUNT),
        base="customers_at_start",
        defined=("retention_by_period", None),
    )


def survival(view: View) -> None:
    """How long first spells last."""
    limits = ("lower_95", "upper_95")
    view.panel("survival").draw(
        query(
            "survival_by_tenure",
            ["tenure_days", "at_risk_customers", "survival_rate", *limits],
            {"basis": view.basis, **view.segment},
            order=("tenure_days",),
        ),
        lambda rows: curve(
            view,
            rows,
            "tenure_days",
            "survival_rate",
            limits=limits,
            also={"at_risk_customers": COUNT},
            is_step=True,
        ),
        defined=("survival_by_tenure", "survival_rate"),
    )


def one_interval(view: View) -> None:
    """The share still there after so many months, cohort by cohort."""
    panel = view.panel("one_interval")
    month = panel.choose("months", range(1, 13))
    measure = panel.measure(("active_rate", "current_rate"))

    def chart(rows: pd.DataFrame) -> Any:
        return lines(
            view.by("month"),
            rows.assign(is_complete=True).rename(columns={"cohort_month": "period_start"}),
            {measure: SHARE},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"cohort_customers": COUNT},
        )

    panel.draw(
        query(
            "cohort_retention",
            ["cohort_month", "cohort_customers", measure],
            {"basis": view.basis, **view.segment, "months_since_start": month},
            order=("cohort_month",),
        ),
        chart,
        defined=("cohort_retention", measure),
        base="cohort_customers",
    )


def rates(view: View) -> None:
    """Retention by three definitions."""
    panel = view.panel("rates")
    measure = panel.measure(("retention_rate", "start_set_retention_rate", "reactivation_rate"))
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
            {measure: SHARE},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers_at_start": COUNT},
        ),
        defined=("retention_by_period", measure),
        base="customers_at_start",
    )


PANELS = ((cohorts,), (bridge, survival), (one_interval, rates))
