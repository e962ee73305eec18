"""What do customers say, and how well are they served?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import COUNT, HOURS, NUMBER, POINTS, SHARE, bars, lines, stacks
from dashboard.reading import query
from dashboard.view import WHOLE, View

ICON = ":material/forum:"
FILTERS = ("basis", "period", "segment")


def nps(view: View) -> None:
    """The score with its limits, and how many answer."""
    units = {"nps": POINTS, "response_rate": SHARE}
    limits = ("lower_95", "upper_95")
    panel = view.panel("nps")
    measure = panel.measure(units)
    panel.draw(
        query(
            "nps_by_period",
            ["period_start", "is_complete", "responses", "invitations", *units, *limits],
            {**view.periods, "window_name": "period"},
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            limits=limits if measure == "nps" else None,
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"responses": COUNT, "invitations": COUNT},
        ),
        defined=("nps_by_period", measure),
        base="responses",
    )


def answers(view: View) -> None:
    """Promoters, passives and detractors."""
    kinds = {"promoters": COUNT, "passives": COUNT, "detractors": COUNT}
    view.panel("nps_answers").draw(
        query(
            "nps_by_period",
            ["period_start", "is_complete", "responses", *kinds],
            {**view.periods, "window_name": "period"},
            order=("period_start",),
        ),
        lambda rows: stacks(view, rows, kinds, tones=("good", "soft", "bad")),
        defined=("nps_by_period", None),
        base="responses",
    )


def nps_by_segment(view: View) -> None:
    """The score of each value of a segment."""
    limits = ("lower_95", "upper_95")
    panel = view.panel("nps_by_segment")
    name = panel.choose("by", view.segments, default=view.segment_name, written=view.words.segment)
    panel.draw(
        query(
            "nps_by_period",
            ["segment_value", "responses", "nps", *limits],
            {**view.values_of(name), "window_name": "period"},
            order=("segment_value",),
        ),
        lambda rows: bars(
            view, rows, "segment_value", "nps", POINTS, limits=limits, also={"responses": COUNT}
        ),
        defined=("nps_by_period", "nps"),
        base="responses",
    )


def themes(view: View) -> None:
    """What answers and reviews are about."""
    units = {"responses": COUNT, "satisfied_rate": SHARE, "mean_score": NUMBER}
    panel = view.panel("themes")
    sources = view.options("feedback_by_period", "feedback_source", view.at)
    source = panel.choose("source", sources or [WHOLE], default="nps")
    measure = panel.measure(units)

    def chart(rows: pd.DataFrame) -> Any:
        told = rows[rows["theme"] != WHOLE]
        return bars(view, told, "theme", measure, units[measure], also={"responses": COUNT})

    panel.draw(
        query(
            "feedback_by_period",
            ["theme", *units],
            {**view.at, "feedback_source": source},
            order=("-responses", "theme"),
        ),
        chart,
        defined=("feedback_by_period", measure),
        base="responses",
    )


def service_times(view: View) -> None:
    """How long customers wait."""
    panel = view.panel("service_times")
    channel = panel.choose("channel", view.options("service_by_period", "channel", {}) or [WHOLE])
    way = panel.measure(("median", "p90"))
    measures = {f"{way}_first_reply_hours": HOURS, f"{way}_resolution_hours": HOURS}
    panel.draw(
        query(
            "service_by_period",
            ["period_start", "is_complete", "tickets", *measures],
            {**view.periods, "channel": channel},
            order=("period_start",),
        ),
        lambda rows: lines(view, rows, measures, also={"tickets": COUNT}),
        defined=("service_by_period", f"{way}_first_reply_hours"),
        base="tickets",
    )


def service_rates(view: View) -> None:
    """How tickets end."""
    panel = view.panel("service_rates")
    measure = panel.measure(
        ("solved_within_24h_rate", "reopen_rate", "proactive_rate", "csat_rate")
    )
    panel.draw(
        query(
            "service_by_period",
            ["period_start", "is_complete", "tickets", measure],
            {**view.periods, "channel": WHOLE},
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: SHARE},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"tickets": COUNT},
        ),
        defined=("service_by_period", measure),
        base="tickets",
    )


def service_link(view: View) -> None:
    """Who is lost after slow service: of the newest period whose next one is over."""
    known = view.options(
        "service_retention_link",
        "period_start",
        {"basis": view.basis, **view.periods, "is_complete": True},
    )
    until = [one for one in known if one <= pd.Timestamp(view.period)]
    period = max(until, default=pd.Timestamp(view.period))
    limits = ("lower_95", "upper_95")
    panel = view.panel("service_link")

    def chart(rows: pd.DataFrame) -> Any:
        return bars(
            view,
            rows,
            "resolution_bucket",
            "churn_rate",
            SHARE,
            limits=limits,
            also={"customers": COUNT, "lost_customers": COUNT, "churn_difference": SHARE},
        )

    panel.draw(
        query(
            "service_retention_link",
            [
                "resolution_bucket",
                "customers",
                "lost_customers",
                "churn_rate",
                *limits,
                "churn_difference",
            ],
            {"basis": view.basis, **view.at, "period_start": period.date()},
            order=("resolution_bucket",),
        ),
        chart,
        defined=("service_retention_link", None),
        note=f"{view.words('filter.period')}: {view.period_label(period)}",
        base="customers",
    )


PANELS = ((nps, answers), (themes, nps_by_segment), (service_times, service_rates), (service_link,))
