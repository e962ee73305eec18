"""One panel: a title with its definition, a chart or a table of published rows, and their file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import COUNT, DAYS, HOURS, MONEY, NUMBER, POINTS, SHARE
from dashboard.reading import Query
from dashboard.view import WHOLE, View, choice
from orchestration.publication.export import write_csv

# For tests: what each panel of the page that was last drawn had asked for.
DRAWN = "drawn_panels"
TABLE_FORMATS = {
    SHARE: "percent",
    COUNT: "localized",
    MONEY: "%.2f",
    HOURS: "%.1f",
    POINTS: "%.1f",
    NUMBER: "%.2f",
    DAYS: "localized",
}


def panel(
    view: View,
    key: str,
    asked: Query,
    draw: Callable[[pd.DataFrame, str], Any],
    *,
    measures: dict[str, str] | None = None,
    base: str | None = None,
    defined: tuple[str, str | None] | None = None,
) -> None:
    """Draws the rows of a query.

    `draw(rows, measure)` makes an Altair chart or a Plotly figure, or draws by itself and returns
    None. `measures`: columns with their units, between which the reader may switch. `base`: column
    that says how many customers a row is about: in a segment, rows about too few are left out.
    `defined`: table and column whose description is shown, else that of the measure.
    """
    st.session_state.setdefault(DRAWN, []).append((key, asked))
    with st.container(border=True, key=f"panel_{key}"):
        chosen = next(iter(measures), "") if measures else ""
        place = st.empty()
        if measures and len(measures) > 1:
            chosen = choice(
                view.words("message.measure"),
                list(measures),
                f"m_{key}",
                written=view.words.column,
                widget=st.segmented_control,
                label_visibility="collapsed",
            )
        text = view.definition(*(defined or (asked.table, chosen or None)))
        place.subheader(view.words(f"panel.{key}"), help=text or None, anchor=False)
        rows = view.read(asked)
        shown = without_small(view, rows, base)
        if not len(shown):
            st.info(view.words("message.small" if len(rows) else "message.empty"))
            return
        drawn = draw(shown, chosen)
        if isinstance(drawn, alt.TopLevelMixin):
            alt_text = f"{view.words(f'panel.{key}')}. {text}"
            st.altair_chart(drawn, width="stretch", alt=alt_text, key=f"chart_{key}")
        elif drawn is not None:
            st.plotly_chart(drawn, width="stretch", key=f"chart_{key}", config=PLOTLY)
        if len(shown) < len(rows):
            st.caption(view.words("message.left_out", count=len(rows) - len(shown)))
        download(view, key, asked)


PLOTLY = {"displaylogo": False, "modeBarButtons": [["toImage"]], "displayModeBar": True}


def without_small(view: View, rows: pd.DataFrame, base: str | None) -> pd.DataFrame:
    """The rows that are about enough customers to be shown."""
    if base is None or view.segment_name == WHOLE:
        return rows
    return rows[rows[base] >= view.stamp["minimum_group_size"]]


def download(view: View, key: str, asked: Query) -> None:
    """A button for the rows as CSV, exact, written when it is pressed."""

    def file() -> bytes:
        text = io.StringIO()
        write_csv(text, asked.columns, view.generation.rows(asked))
        return text.getvalue().encode("utf-8-sig")

    st.download_button(
        view.words("message.csv"),
        file,
        file_name=f"{asked.table}-{key}-{view.generation.name}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def table(
    view: View, of: str, units: dict[str, str] | None = None
) -> Callable[[pd.DataFrame, str], None]:
    """A `draw` that shows the rows of table `of`. `units`: of columns that are figures."""

    def draw(rows: pd.DataFrame, measure: str) -> None:
        settings: dict[str, Any] = {}
        for column in rows.columns:
            label = view.words.column(column)
            text = view.definition(of, column) or None
            if units and column in units:
                settings[column] = st.column_config.NumberColumn(
                    label, help=text, format=TABLE_FORMATS[units[column]]
                )
            elif pd.api.types.is_datetime64_any_dtype(rows[column]):
                settings[column] = st.column_config.DatetimeColumn(
                    label, help=text, format="YYYY-MM-DD"
                )
            else:
                settings[column] = st.column_config.Column(label, help=text)
        told = rows.assign(
            **{
                column: [view.words.value(one) if isinstance(one, str) else one for one in found]
                for column, found in rows.items()
                if column in TOLD
            }
        )
        st.dataframe(told, hide_index=True, column_config=settings)

    return draw


# Columns of codes, which have words in each language.
TOLD = (
    "basis",
    "risk_band",
    "recommended_action",
    "forecast_status",
    "verdict",
    "refused",
    "audience_group",
    "action",
    "outcome",
    "model_name",
)
