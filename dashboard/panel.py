"""One panel: a title with its definition, a chart or a table of published rows, and their file."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.charts import COUNT, DAYS, HOURS, MONEY, NUMBER, POINTS, SHARE, Chart
from dashboard.reading import Query, query
from dashboard.shown import Cards, Shown, Table
from dashboard.view import WHOLE, View, choice
from orchestration.publication.export import write_csv

# For tests: what the panels of the page that was last drawn had asked for.
DRAWN = "drawn_panels"
# Decimals of a table's figures; those of money are its cents.
DECIMALS = {COUNT: 0, MONEY: 2, HOURS: 1, POINTS: 1, NUMBER: 2, DAYS: 0}
PLOTLY = {"displaylogo": False, "modeBarButtons": [["toImage"]], "displayModeBar": True}


class Panel:
    """A panel that is being drawn: first what may be chosen, then the rows.

    `key` names it in the words (`panel.<key>`), in the address and in the tests.
    """

    def __init__(self, view: View, key: str) -> None:
        """Draws the frame and leaves room for the title."""
        self.view = view
        self.key = key
        self._frame = st.container(border=True, height="stretch", key=f"panel_{key}")
        self._title = self._frame.empty()
        self._choices: Any = None

    def choose(
        self,
        name: str,
        options: Sequence[Any],
        *,
        default: Any = None,
        written: Callable[[Any], str] | None = None,
    ) -> Any:
        """A list to choose one of, kept in the address as `name`."""
        if self._choices is None:
            self._choices = self._frame.container(horizontal=True)
        with self._choices:
            return choice(
                self.view.words(f"filter.{name}"),
                options,
                name,
                default=default,
                written=written or self.view.words.value,
                width=220,
            )

    def measure(self, measures: Sequence[str]) -> str:
        """One of some columns, by a switch."""
        with self._frame:
            return choice(
                self.view.words("message.measure"),
                list(measures),
                f"m_{self.key}",
                written=self.view.words.column,
                widget=st.segmented_control,
                label_visibility="collapsed",
            )

    def draw(
        self,
        asked: Query,
        chart: Callable[[pd.DataFrame], Shown],
        *,
        defined: tuple[str, str | None],
        base: str | None = None,
        empty: str = "empty",
        note: str = "",
    ) -> None:
        """Draws what `chart` makes of the rows of a query.

        `defined`: table and column that the title is explained by. `base`: column that says how
        many customers a row is about: in a segment, rows about too few are left out. `empty`: what
        is said where there are no rows; `note`: what is said above the rest. The file holds all
        rows, whatever the limit.
        """
        view, words = self.view, self.view.words
        st.session_state.setdefault(DRAWN, []).append((self.key, asked))
        text = view.definition(*defined)
        title = words(f"panel.{self.key}")
        self._title.subheader(title, help=text or None, anchor=False)
        with self._frame:
            rows = view.read(asked)
            shown = without_small(view, rows, base)
            drawn = chart(shown) if len(shown) else None
            if drawn is None or (isinstance(drawn, Chart) and drawn.is_empty):
                st.info(why_nothing(view, asked, len(rows) > len(shown), empty))
                return
            if note:
                st.caption(note)
            self._show(drawn, f"{title}. {text}")
            if len(shown) < len(rows):
                st.caption(words("message.left_out", count=len(rows) - len(shown)))
            if len(rows) == asked.limit:
                st.caption(words("message.rows", count=f"{len(rows):,}"))
            self.download(replace(asked, limit=None))

    def tell(self, lines: Sequence[str]) -> None:
        """Draws lines of text, `name: what`."""
        self._title.subheader(self.view.words(f"panel.{self.key}"), anchor=False)
        with self._frame:
            for line in lines:
                name, parts, rest = line.partition(": ")
                st.markdown(f"**{name}** {rest}" if parts else line)

    def _show(self, shown: Shown, alt_text: str) -> None:
        key = f"chart_{self.key}"
        if isinstance(shown, Cards):
            _cards(shown)
        elif isinstance(shown, Table):
            _table(self.view, shown)
        elif isinstance(shown, go.Figure):
            st.plotly_chart(
                shown, width="stretch", theme=None, alt=alt_text, key=key, config=PLOTLY
            )
        else:
            st.vega_lite_chart(shown.drawn(), width="stretch", theme=None, alt=alt_text, key=key)

    def download(self, asked: Query) -> None:
        """A button for the rows as CSV, exact, written when it is pressed."""
        generation = self.view.generation

        def file() -> bytes:
            text = io.StringIO()
            write_csv(text, asked.columns, generation.rows(asked))
            return text.getvalue().encode("utf-8-sig")

        st.download_button(
            self.view.words("message.csv"),
            file,
            file_name=f"{asked.table}-{self.key}-{generation.name}.csv",
            mime="text/csv",
            key=f"csv_{self.key}",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
            help=asked.table,
        )


def why_nothing(view: View, asked: Query, is_small: bool, empty: str) -> str:
    """What is said instead of a chart. `is_small`: rows were left out; `empty`: the words for a
    choice without rows."""
    words = view.words
    if is_small:
        return words("message.small")
    if empty == "empty" and view.read(query(asked.table, asked.columns[:1], limit=1)).empty:
        return words("message.nothing_delivered")
    return words(f"message.{empty}")


def without_small(view: View, rows: pd.DataFrame, base: str | None) -> pd.DataFrame:
    """The rows that are about enough customers to be shown."""
    if base is None or (view.segment_name == WHOLE and not is_by_segment(rows)):
        return rows
    return rows[rows[base] >= view.stamp["minimum_group_size"]]


def is_by_segment(rows: pd.DataFrame) -> bool:
    """Whether the rows are about values of a segment."""
    return "segment_value" in rows


def _cards(shown: Cards) -> None:
    if shown.headline:
        st.markdown(f"### {shown.headline}\n\n{shown.text}")
    for start in range(0, len(shown.cards), shown.in_a_row):
        some = shown.cards[start : start + shown.in_a_row]
        for place, card in zip(st.columns(shown.in_a_row), some, strict=False):
            with place:
                st.metric(
                    card.label,
                    card.figure,
                    delta=card.change,
                    delta_description=shown.compared or None,
                    delta_color="normal" if card.is_higher_better else "inverse",
                    chart_data=list(card.course) or None,
                    help=card.definition or None,
                    border=True,
                )
                if card.note:
                    st.caption(card.note)


def _word(view: View, code: str, column: str) -> str:
    words = view.words
    return words.segment(code) if column == "segment_name" else words.value(code, column)


def _table(view: View, shown: Table) -> None:
    settings: dict[str, Any] = {}
    told = shown.rows.copy()
    for column, values in shown.rows.items():
        label = view.words.column(column)
        text = view.definition(shown.of, column) or None
        if column in shown.units:
            unit = shown.units[column]
            if unit in DECIMALS:
                told[column] = values.round(DECIMALS[unit])
            settings[column] = st.column_config.NumberColumn(
                label, help=text, format="percent" if unit == SHARE else "localized"
            )
        elif pd.api.types.is_datetime64_any_dtype(values):
            settings[column] = st.column_config.DateColumn(label, help=text, format="YYYY-MM-DD")
        else:
            if column in CODES:
                told[column] = [
                    None if pd.isna(one) else _word(view, one, column) for one in values
                ]
            settings[column] = st.column_config.Column(label, help=text)
    empty = view.words("message.none")
    st.dataframe(told, hide_index=True, column_config=settings, placeholder=empty)


# Columns of codes, which have words in each language.
CODES = (
    "basis",
    "risk_band",
    "risk_basis",
    "recommended_action",
    "forecast_status",
    "verdict",
    "refused",
    "audience_group",
    "action",
    "outcome",
    "model_name",
    "period_grain",
    "channel",
    "segment_name",
    "cause",
)
