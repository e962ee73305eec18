"""What are customers worth?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.charts import (
    COUNT,
    DAYS,
    MONEY,
    NUMBER,
    SHARE,
    bars,
    histogram,
    lines,
    stacks,
)
from dashboard.colours import colours
from dashboard.panel import panel, table
from dashboard.reading import query
from dashboard.view import View, choice


def show(view: View) -> None:
    """Lifetime value, RFM, new and returning, the forecast."""
    left, right = st.columns(2)
    with left:
        distribution(view)
        new_and_returning(view)
        record(view)
    with right:
        deciles(view)
        rfm(view)
        totals(view)


def distribution(view: View) -> None:
    """How customers spread over lifetime value."""
    measures = ["clv_to_date", "clv_predicted_12m"]
    measure = choice(view.words("filter.clv"), measures, "clv", written=view.words.column)
    panel(
        view,
        "clv",
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
        lambda rows, _: histogram(view, rows),
        defined=("customer_lifetime_value", measure),
    )


def deciles(view: View) -> None:
    """What each tenth of the customers brought."""
    measures = {
        "share_of_clv_to_date": SHARE,
        "clv_to_date_per_customer": MONEY,
        "clv_predicted_12m_per_customer": MONEY,
    }
    panel(
        view,
        "deciles",
        query("value_deciles", ["value_decile", "customers", *measures], order=("value_decile",)),
        lambda rows, measure: bars(
            view,
            rows,
            "value_decile",
            measure,
            measures[measure],
            also={"customers": COUNT},
            sort=[str(one) for one in rows["value_decile"]],
        ),
        measures=measures,
    )


def rfm(view: View) -> None:
    """Segments by recency, frequency and money."""
    measures = {"customers": COUNT, "monetary": MONEY}
    columns = [
        "share_of_customers",
        "share_of_monetary",
        "monetary_per_customer",
        "mean_recency_days",
    ]

    def draw(rows: pd.DataFrame, measure: str) -> Any:
        hues = colours(view.is_dark)
        labels = [view.words.value(one) for one in rows["rfm_segment"]]
        share = "share_of_customers" if measure == "customers" else "share_of_monetary"
        figures = rows[[share, "monetary_per_customer", "mean_recency_days"]].to_numpy()
        recent = rows["mean_recency_days"]
        figure = go.Figure(
            go.Treemap(
                labels=labels,
                parents=[""] * len(rows),
                values=rows[measure],
                customdata=figures,
                marker={
                    "colors": recent,
                    "colorscale": [[0, hues.ramp[3]], [1, hues.ramp[0]]],
                    "line": {"width": 2, "color": hues.paper},
                },
                texttemplate="<b>%{label}</b><br>%{value:,.0f}<br>%{customdata[0]:.0%}",
                textfont={"size": 14},
                hovertemplate=(
                    "%{label}<br>%{value:,.0f} (%{customdata[0]:.1%})<br>"
                    f"{view.words.column('monetary_per_customer')}: %{{customdata[1]:,.0f}}<br>"
                    f"{view.words.column('mean_recency_days')}: %{{customdata[2]:,.0f}}"
                    "<extra></extra>"
                ),
                tiling={"pad": 0},
                pathbar={"visible": False},
            )
        )
        figure.update_layout(margin={"t": 0, "l": 0, "r": 0, "b": 0}, height=320)
        return figure

    panel(
        view,
        "rfm",
        query("rfm_by_segment", ["rfm_segment", *measures, *columns], order=("-customers",)),
        draw,
        measures=measures,
    )


def new_and_returning(view: View) -> None:
    """Buyers and money of new and of returning customers."""
    pairs = {
        "buyers": {"new_buyers": COUNT, "returning_buyers": COUNT},
        "orders": {"new_orders": COUNT, "returning_orders": COUNT},
        "net_revenue": {"new_net_revenue": MONEY, "returning_net_revenue": MONEY},
    }
    kind = choice(view.words("filter.of"), list(pairs), "of", written=view.words.column)
    panel(
        view,
        "new_and_returning",
        query(
            "new_vs_returning_by_period",
            ["period_start", "is_complete", "new_buyers", "returning_buyers", *_more(pairs[kind])],
            view.periods,
            order=("period_start",),
        ),
        lambda rows, _: stacks(view, rows, pairs[kind]),
        base="returning_buyers",
        defined=("new_vs_returning_by_period", None),
    )


def _more(columns: dict[str, str]) -> list[str]:
    return [name for name in columns if name not in ("new_buyers", "returning_buyers")]


def totals(view: View) -> None:
    """What is expected in all, with the worst that the same forecast was wrong."""
    units = {
        "horizon_days": DAYS,
        "customers": COUNT,
        "expected_total": COUNT,
        "total_lower": COUNT,
        "total_upper": COUNT,
        "expected_margin": MONEY,
        "past_days": COUNT,
    }
    panel(
        view,
        "forecast",
        query(
            "forecast_totals",
            ["basis", *units],
            {"basis": view.basis},
            order=("basis", "horizon_days"),
        ),
        table(view, "forecast_totals", units),
        defined=("forecast_totals", None),
    )


def record(view: View) -> None:
    """What was forecast on past days, divided by what came."""
    panel(
        view,
        "record",
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
            {"basis": view.basis, "horizon_days": 90},
            order=("forecast_on", "model_name"),
        ),
        lambda rows, measure: lines(
            view.by_day(),
            rows.assign(is_complete=True).rename(columns={"forecast_on": "period_start"}),
            {measure: NUMBER},
            series="model_name",
            goal=1,
            also={"expected_total": COUNT, "actual_total": COUNT, "customers": COUNT},
        ),
        measures={"total_ratio": NUMBER},
    )
