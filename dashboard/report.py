"""The report of a period: what the dashboard shows of the whole company, for readers without it.

The pages draw their panels here as they do there: each panel is collected with its rows, so that no
query and no chart is written twice. No panel of rows about single customers may be drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from dashboard.charts import COUNT, Chart
from dashboard.panel import without_small
from dashboard.questions import (
    acquisition,
    churn,
    contacts,
    overview,
    quality,
    retention,
    value,
    voice,
)
from dashboard.reading import Generation, Query, query
from dashboard.shown import Shown
from dashboard.view import WHOLE, View, period_label
from dashboard.words import Words
from orchestration.errors import HoldfastError

# What is drawn, by page.
CHAPTERS: dict[str, tuple[Callable[[View], None], ...]] = {
    "overview": (overview.at_a_glance, partial(overview.over_time, "customers_at_end", COUNT)),
    "retention": (retention.cohorts, retention.bridge, retention.survival),
    "churn": (churn.churn, churn.mrr, churn.revenue_churn, churn.retained, churn.causes),
    "value": (
        *(value.deciles, value.distribution, value.rfm, value.new_and_returning),
        *(value.totals, value.record),
    ),
    "voice": (voice.nps, voice.answers, voice.themes, voice.service_times, voice.service_rates),
    "acquisition": (acquisition.verdict, acquisition.channels, acquisition.balance),
    "contacts": (contacts.outreach,),
    "quality": (quality.book,),
}
# The first that is published is the grain of a report that names no period.
GRAINS = ("month", "quarter", "year", "week")
PERSON = "customer_id"


@dataclass(frozen=True)
class Drawn:
    """A panel that was drawn: its rows, and what the page made of them, or nothing where there are
    no rows. `basis`: of the view that drew it; `marks`: days that its chart marks, and why."""

    key: str
    basis: str
    title: str
    definition: str
    asked: Query
    rows: pd.DataFrame
    shown: Shown | None
    note: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class ReportView(View):
    """A view whose panels are collected in `drawn`."""

    drawn: list[Drawn] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)

    def notes(self, metric: str) -> pd.DataFrame:
        """Days that the charts of a metric are annotated with. Paper has no pointer to ask why, so
        they are told in words too."""
        found = super().notes(metric)
        self.marked.extend(f"▼ {one.noted_on:%Y-%m-%d}: {one.note}" for one in found.itertuples())
        return found


class Collected:
    """A panel of the report: nobody chooses, so it shows what the dashboard shows at first."""

    def __init__(self, view: ReportView, key: str) -> None:
        """`key` names it in the words (`panel.<key>`)."""
        self.view = view
        self.key = key

    def choose(
        self,
        name: str,
        options: Sequence[Any],
        *,
        default: Any = None,
        written: Callable[[Any], str] | None = None,
    ) -> Any:
        """The default, or the first."""
        return default if default in options else options[0]

    def measure(self, measures: Sequence[str]) -> str:
        """The first."""
        return next(iter(measures))

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
        """Collects the panel. Raises ValueError where its table holds a row for each customer."""
        view = self.view
        if PERSON in view.generation.columns(asked.table):
            raise ValueError(f"{asked.table} is about single customers, and no report shows them")
        rows = without_small(view, view.read(asked), base)
        view.marked.clear()
        shown = chart(rows) if len(rows) else None
        if isinstance(shown, Chart) and shown.is_empty:
            shown = None
        view.drawn.append(
            Drawn(
                self.key,
                view.basis,
                view.words(f"panel.{self.key}"),
                view.definition(*defined),
                asked,
                rows,
                shown,
                note,
                tuple(view.marked),
            )
        )


@dataclass(frozen=True)
class Report:
    """What a report says. `chapters`: of each page, panels by key, each as drawn for every basis
    in which it differs; `faults` and `lines`: what `holdfast status` said of the generation when it
    was published."""

    words: Words
    stamp: dict[str, Any]
    view: View
    is_over: bool
    chapters: dict[str, dict[str, list[Drawn]]]
    faults: Sequence[str]
    lines: Sequence[str]

    @property
    def period(self) -> str:
        """The period as people write it."""
        return self.view.period_label(self.view.period)


@dataclass(frozen=True)
class Period:
    """A period with figures."""

    grain: str
    start: date
    is_over: bool


def make_report(
    generation: Generation,
    language: str,
    wanted: str | None = None,
    faults: Sequence[str] = (),
    lines: Sequence[str] = (),
) -> Report:
    """The report of the period `wanted`, such as 2025-12, or of the last that is over.

    Raises HoldfastError where there are no figures of it, Gone where the generation was taken away.
    """
    words = Words(language)
    stamp = generation.read(query("build", generation.columns("build"))).iloc[0].to_dict()
    period = chosen_period(generation, wanted)
    whole = query("overview_by_period", ["basis"], {"segment_name": WHOLE}, distinct=True)
    bases = sorted(set(generation.read(whole)["basis"]) - {WHOLE})
    views = [
        ReportView(
            generation=generation,
            words=words,
            stamp=stamp,
            basis=basis,
            grain=period.grain,
            period=period.start,
            segment_name=WHOLE,
            segment_value=WHOLE,
            segments=(),
            is_dark=False,
            panel_class=Collected,
        )
        for basis in bases or [WHOLE]
    ]
    chapters = {page: drawn(views, draw) for page, draw in CHAPTERS.items()}
    return Report(words, stamp, views[0], period.is_over, chapters, faults, lines)


def drawn(
    views: Sequence[ReportView], draw: Sequence[Callable[[View], None]]
) -> dict[str, list[Drawn]]:
    """Panels by key, once for each basis; what does not ask for a basis is there once."""
    found: dict[str, list[Drawn]] = {}
    for one in draw:
        for view in views:
            view.drawn.clear()
            one(view)
            for panel in view.drawn:
                of_key = found.setdefault(panel.key, [])
                if panel.asked not in [other.asked for other in of_key]:
                    of_key.append(panel)
    return found


def chosen_period(generation: Generation, wanted: str | None) -> Period:
    """The period that is named, else the last one that is over, of months where there are any.

    Raises HoldfastError where there are no figures of it.
    """
    columns = ["period_grain", "period_start", "is_complete"]
    asked = query(
        "overview_by_period",
        columns,
        {"segment_name": WHOLE},
        order=("period_start",),
        distinct=True,
    )
    rows = generation.read(asked)
    known = {
        period_label(grain, start): Period(grain, start.date(), bool(is_over))
        for grain, start, is_over in rows[columns].itertuples(index=False)
    }
    if wanted is not None:
        if wanted not in known:
            some = ", ".join([label for label in known if known[label].is_over][-3:])
            raise HoldfastError(
                f"there are no figures of {wanted!r}; there are of {some or 'none'}"
            )
        return known[wanted]
    for grain in GRAINS:
        over = [one for one in known.values() if one.grain == grain and one.is_over]
        if over:
            return over[-1]
    raise HoldfastError("no period is over yet: there is nothing to report")
