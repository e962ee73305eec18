"""Can these figures be trusted?"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd

from dashboard.charts import COUNT, NUMBER, SHARE
from dashboard.reading import query
from dashboard.shown import Table
from dashboard.view import WHOLE, View

# What stands in an address as it is.
IN_ADDRESSES = "%/:?#@!$&*+,;=~"
ICON = ":material/verified_user:"
FILTERS = ()


def runs(view: View) -> None:
    """What `holdfast status` says, in its own words."""
    view.panel("runs").tell(view.state)


def book(view: View) -> None:
    """Rows landed, and what became of each."""
    counts = (
        "rows_landed",
        "rows_staged",
        "rows_quarantined",
        "rows_superseded",
        "rows_deleted",
        "rows_erased",
        "lines_rejected",
    )
    view.panel("book").draw(
        query("data_quality", ["raw_table", *counts, "is_balanced"], order=("raw_table",)),
        lambda rows: Table("data_quality", rows, dict.fromkeys(counts, COUNT)),
        defined=("data_quality", None),
    )


def refusals(view: View) -> None:
    """What was refused, why, and what to do."""
    panel = view.panel("refusals")
    known = view.options("refusals_by_reason", "raw_table", {})
    name = panel.choose(
        "table", [WHOLE, *known], written=lambda one: view.words.value(one) if one == WHOLE else one
    )
    columns = ["raw_table", "reason", "refused", "refusals", "meaning", "how_to_mend"]
    panel.draw(
        query(
            "refusals_by_reason",
            columns,
            {} if name == WHOLE else {"raw_table": name},
            order=("-refusals", "raw_table", "reason"),
        ),
        lambda rows: Table("refusals_by_reason", rows, {"refusals": COUNT}),
        defined=("refusals_by_reason", None),
    )


def changes(view: View) -> None:
    """Figures of closed periods that the last publication changed, and why."""
    columns = [
        "mart",
        "period_grain",
        "period_start",
        "segment_name",
        "column_name",
        "rows_changed",
        "cause",
    ]
    view.panel("changes").draw(
        query("metric_changes", columns, order=("mart", "period_start", "column_name")),
        lambda rows: Table("metric_changes", rows, {"rows_changed": COUNT}),
        defined=("metric_changes", None),
        empty="no_changes",
    )


def deliveries(view: View) -> None:
    """When each raw table was last delivered."""
    columns = ["raw_table", "newest_loaded_at", "warn_hours", "error_hours"]
    view.panel("deliveries").draw(
        query("deliveries", columns, order=("newest_loaded_at", "raw_table")),
        lambda rows: Table("deliveries", rows, {"warn_hours": COUNT, "error_hours": COUNT}),
        defined=("deliveries", None),
    )


def accuracy(view: View) -> None:
    """How good forecasts made on past days were, beside simple rivals."""
    units = {
        "customers": COUNT,
        "expected_total": COUNT,
        "actual_total": COUNT,
        "total_ratio": NUMBER,
        "mean_absolute_error": NUMBER,
        "decile_capture": SHARE,
        "brier_score": NUMBER,
        "calibration_error": NUMBER,
    }

    def chart(rows: pd.DataFrame) -> Any:
        return Table("forecast_accuracy", rows, {"horizon_days": COUNT, **units})

    view.panel("accuracy").draw(
        query(
            "forecast_accuracy",
            ["forecast_on", "basis", "horizon_days", "model_name", *units],
            order=("-forecast_on", "basis", "horizon_days", "model_name"),
        ),
        chart,
        defined=("forecast_accuracy", None),
    )


def docs(view: View) -> None:
    """Where every column is described."""
    line = view.words("message.docs_url")
    if view.docs_url:
        # Nothing in it ends the link.
        line = f"[{view.words('message.docs')}]({quote(view.docs_url, safe=IN_ADDRESSES)})"
    view.panel("docs").tell([line])


PANELS = ((runs,), (book,), (refusals,), (changes, deliveries), (accuracy,), (docs,))
