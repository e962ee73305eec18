"""Do customers respond to mail, loyalty programmes, promotions and referrals?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.charts import COUNT, MONEY, NUMBER, SHARE, intervals, lines, stacks
from dashboard.reading import query
from dashboard.view import WHOLE, View

ICON = ":material/loyalty:"
FILTERS = ("period", "segment")


def engagement(view: View) -> None:
    """Visits, mail, interactions. Opens that a machine made are not a person's."""
    units = {
        "visit_rate": SHARE,
        "person_open_rate": SHARE,
        "click_rate": SHARE,
        "interactions_per_customer": NUMBER,
    }
    panel = view.panel("engagement")
    measure = panel.measure(units)
    panel.draw(
        query(
            "engagement_by_period",
            ["period_start", "is_complete", "customers", measure],
            view.periods,
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers": COUNT},
        ),
        defined=("engagement_by_period", measure),
        base="customers",
    )


def loyalty(view: View) -> None:
    """Members of a programme, tier by tier."""
    units = {
        "members": COUNT,
        "active_rate": SHARE,
        "redemption_rate": SHARE,
        "breakage_rate": SHARE,
        "points_liability": MONEY,
    }
    panel = view.panel("loyalty")
    programme = _programme(view, panel, "programme")
    measure = panel.measure(units)
    panel.draw(
        query(
            "loyalty_by_period",
            list(dict.fromkeys(["period_start", "is_complete", "tier", "members", measure])),
            {**view.periods, "programme_id": programme},
            order=("tier", "period_start"),
        ),
        lambda rows: lines(
            view, rows, {measure: units[measure]}, series="tier", also={"members": COUNT}
        ),
        defined=("loyalty_by_period", measure),
        base="members",
    )


def _programme(view: View, panel: Any, name: str) -> str:
    known = view.options("loyalty_by_period", "programme_id", {})
    return panel.choose(name, known or [WHOLE], written=str)


def points(view: View) -> None:
    """Points earned, redeemed and lost."""
    kinds = {"points_earned": COUNT, "points_redeemed": COUNT, "points_expired": COUNT}
    panel = view.panel("loyalty_points")
    programme = _programme(view, panel, "points_programme")
    tiers = view.options("loyalty_by_period", "tier", {"programme_id": programme})
    tier = panel.choose("tier", tiers or [WHOLE])
    panel.draw(
        query(
            "loyalty_by_period",
            ["period_start", "is_complete", "members", *kinds],
            {**view.periods, "programme_id": programme, "tier": tier},
            order=("period_start",),
        ),
        lambda rows: stacks(view, rows, kinds),
        defined=("loyalty_by_period", None),
        base="members",
    )


def uplift(view: View) -> None:
    """Members beside others: a comparison, not an effect."""
    units = {"aov_uplift": SHARE, "orders_difference": NUMBER, "churn_difference": SHARE}
    panel = view.panel("uplift")
    known = view.options("loyalty_member_uplift", "comparison", {})
    comparison = panel.choose("comparison", known or [WHOLE])
    measure = panel.measure(units)
    limits = (f"{measure}_lower_95", f"{measure}_upper_95")
    panel.draw(
        query(
            "loyalty_member_uplift",
            [
                "period_start",
                "is_complete",
                "member_customers",
                "other_customers",
                measure,
                *limits,
            ],
            {**view.periods, "comparison": comparison},
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            limits=limits,
            also={"member_customers": COUNT, "other_customers": COUNT},
        ),
        defined=("loyalty_member_uplift", measure),
        base="member_customers",
    )


def promotions(view: View) -> None:
    """Who bought because of a promotion: those it reached less those kept out by chance."""
    units = {"incremental_rate": SHARE, "incremental_net_margin": MONEY}
    all_limits = {
        "incremental_rate": ("lower_95", "upper_95"),
        "incremental_net_margin": (
            "incremental_net_margin_lower_95",
            "incremental_net_margin_upper_95",
        ),
    }
    panel = view.panel("promotions")
    groups = view.options("promotion_response", "audience_group", {})
    group = panel.choose("audience", groups or [WHOLE])
    measure = panel.measure(units)
    limits = all_limits[measure]

    def chart(rows: pd.DataFrame) -> Any:
        return intervals(
            view,
            rows,
            "promotion_name",
            measure,
            limits,
            units[measure],
            also={"exposed_customers": COUNT, "holdout_customers": COUNT},
        )

    panel.draw(
        query(
            "promotion_response",
            [
                "promotion_name",
                "starts_on",
                "exposed_customers",
                "holdout_customers",
                measure,
                *limits,
            ],
            {"audience_group": group},
            order=("-starts_on", "promotion_name"),
            limit=24,
        ),
        chart,
        defined=("promotion_response", measure),
    )


def referrals(view: View) -> None:
    """Customers who bring customers."""
    units = {
        "conversion_rate": SHARE,
        "viral_coefficient": NUMBER,
        "invitations": COUNT,
        "referred_net_margin": MONEY,
    }
    panel = view.panel("referrals")
    measure = panel.measure(units)
    columns = dict.fromkeys(["period_start", "is_complete", "customers", "invitations", measure])
    panel.draw(
        query(
            "referrals_by_period",
            list(columns),
            view.periods,
            order=("period_start",),
        ),
        lambda rows: lines(
            view,
            rows,
            {measure: units[measure]},
            goal=view.goal(measure),
            notes=view.notes(measure),
            also={"customers": COUNT},
        ),
        defined=("referrals_by_period", measure),
        base="customers",
    )


PANELS = ((engagement, referrals), (loyalty, points), (uplift, promotions))
