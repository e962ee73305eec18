"""What a page is about: the generation, the words, and what the reader has chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.reading import Generation, Query, query
from dashboard.words import Words

WHOLE = "all"
CHOICES, DEFAULTS = "choices", "defaults"


@dataclass(frozen=True)
class View:
    """One page for one reader.

    `stamp`: the row of publication.build; `period`: first day of the chosen period; `segments`: the
    attributes by which figures are cut; `panel_class`: what draws a panel;
    `state`: the lines of `holdfast status`; `kept`: what the panels drawn so far had chosen;
    `docs_url`: where the page with every column stands.
    """

    generation: Generation
    words: Words
    stamp: dict[str, Any]
    basis: str
    grain: str
    period: date
    segment_name: str
    segment_value: str
    segments: tuple[str, ...]
    is_dark: bool
    panel_class: type[Any]
    state: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    docs_url: str | None = None

    def panel(self, key: str) -> Any:
        """A panel of the page, by its name in the words (`panel.<key>`)."""
        return self.panel_class(self, key)

    @property
    def segment(self) -> dict[str, str]:
        """Condition on the chosen segment."""
        return {"segment_name": self.segment_name, "segment_value": self.segment_value}

    @property
    def periods(self) -> dict[str, str]:
        """Condition on every period of the chosen grain, in the chosen segment."""
        return {"period_grain": self.grain, **self.segment}

    @property
    def at(self) -> dict[str, Any]:
        """Condition on the chosen period, in the chosen segment."""
        return {**self.periods, "period_start": self.period}

    def values_of(self, segment_name: str) -> dict[str, Any]:
        """Condition on the chosen period, in every value of a segment."""
        return {
            "period_grain": self.grain,
            "period_start": self.period,
            "segment_name": segment_name,
        }

    @property
    def currency(self) -> str:
        """Code of the reporting currency."""
        return str(self.stamp["reporting_currency"])

    def read(self, asked: Query) -> pd.DataFrame:
        """Rows of a query."""
        return self.generation.read(asked)

    def options(self, table: str, column: str, where: Mapping[str, Any]) -> list[Any]:
        """Values of a column, in their order."""
        asked = query(table, [column], where, order=(column,), distinct=True)
        return self.read(asked)[column].dropna().tolist()

    def definition(self, table: str, column: str | None = None) -> str:
        """What a column or a table is, in the words of dbt's docs."""
        return self.generation.definitions.get((table, column), "")

    def goal(self, metric: str) -> float | None:
        """The goal that the business has set for a metric, or None."""
        where = {
            "metric_name": metric,
            "basis": (self.basis, WHOLE),
            "period_grain": (self.grain, WHOLE),
        }
        found = self.read(query("goals", ["goal_value"], where))
        return None if found.empty else float(found["goal_value"].iloc[0])

    def notes(self, metric: str) -> pd.DataFrame:
        """Days that the charts of a metric are annotated with: columns noted_on, note."""
        where = {"metric_name": (metric, WHOLE)}
        return self.read(query("annotations", ["noted_on", "note"], where, order=("noted_on",)))

    def by(self, grain: str) -> View:
        """The same view, with periods of another grain."""
        return replace(self, grain=grain)

    def period_label(self, start: Any) -> str:
        """A period as people write it: 2025-12, 2025 Q4, 2025, or the Monday of a week."""
        return period_label(self.grain, start)


def period_label(grain: str, start: Any) -> str:
    """A period as people write it."""
    day = pd.Timestamp(start)
    if grain == "year":
        return f"{day:%Y}"
    if grain == "quarter":
        return f"{day:%Y} Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if grain == "month" else f"{day:%Y-%m-%d}"


def choice(
    label: str,
    options: Sequence[Any],
    name: str,
    *,
    default: Any = None,
    written: Callable[[Any], str] = str,
    widget: Callable[..., Any] = st.selectbox,
    **more: Any,
) -> Any:
    """A choice that is kept in the address as `name`, in the same words whatever the language, and
    in the session, for pages that do not ask for it.

    What the address names and is no option counts as nothing. What nobody has chosen goes on to
    be the default when that becomes another, as the newest period does.
    """
    kept = st.session_state.setdefault(CHOICES, {})
    defaults = st.session_state.setdefault(DEFAULTS, {})
    otherwise = default if default in options else options[0]
    before = defaults.get(name, str(otherwise))
    if before != str(otherwise) and kept.get(name) == before:
        del kept[name]
        st.session_state.pop(f"choice_{name}", None)
    defaults[name] = str(otherwise)
    by_text = {str(option): option for option in options}
    named = st.query_params.get(name, kept.get(name, ""))
    chosen = by_text.get(named, otherwise)
    if widget is st.selectbox:
        more["index"] = options.index(chosen)
    else:
        more |= {"default": chosen, "required": True}
    picked = widget(label, options, key=f"choice_{name}", format_func=written, **more)
    kept[name] = str(picked)
    if picked == otherwise:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(picked):
        st.query_params[name] = str(picked)
    return picked
