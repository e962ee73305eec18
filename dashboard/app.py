"""The dashboard: `holdfast dashboard`, which runs this file with Streamlit.

What each page asks and shows stands in `questions/`; here is what surrounds them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import FIRST_PAGE
from dashboard.panel import DRAWN, Panel
from dashboard.questions import QUESTIONS
from dashboard.reading import Generation, Gone, query, served
from dashboard.view import CHOICES, WHOLE, View, choice, period_label
from dashboard.words import LANGUAGES, Words
from orchestration.errors import HoldfastError
from orchestration.settings import Settings
from orchestration.status import Status, status

# Between two looks at whether something newer is published, and at the state of the runs.
LOOK_SECONDS = 10


def main() -> None:
    """Draws the chosen page."""
    settings = Settings.from_env()
    language = chosen_language()
    words = Words(language)
    st.set_page_config(page_title=words("app.title"), page_icon=str(ICON), layout="wide")
    st.html(f"<style>{STYLE}</style>")
    pages = {
        name: st.Page(
            lambda: None,
            title=words(f"page.{name}"),
            icon=question.ICON,
            url_path=name,
            default=name == FIRST_PAGE,
        )
        for name, question in QUESTIONS.items()
    }
    opened_page = st.navigation(list(pages.values()))
    name = next(name for name, page in pages.items() if page == opened_page)
    st.logo(str(ICON), size="large")
    with st.sidebar:
        choice(
            "Language · ภาษา · Ngôn ngữ",
            list(LANGUAGES),
            "lang",
            written=LANGUAGES.__getitem__,
        )
    st.session_state[DRAWN] = []
    st.title(words(f"page.{name}"), anchor=False)
    st.caption(words(f"question.{name}"))
    folder = served(settings.home / "published")
    if folder is None:
        st.info(words("message.nothing_published"), icon=":material/hourglass_empty:")
        follow(settings, None, [])
        return
    try:
        show(settings, words, folder, QUESTIONS[name])
    except Gone:
        # Taken away between two reads: what is served now is read instead.
        if served(settings.home / "published") != folder:
            st.rerun()
        raise
    follow(settings, folder.name, state(str(settings.home)).faults)


def chosen_language() -> str:
    """Of the address, of this session, else of the browser, else English."""
    kept = st.session_state.get(CHOICES, {}).get("lang")
    wanted = st.session_state.get("choice_lang") or st.query_params.get("lang") or kept
    return wanted if wanted in LANGUAGES else next(iter(LANGUAGES))


def show(settings: Settings, words: Words, folder: Path, question: ModuleType) -> None:
    """The state of the figures, the filters that the page uses, and the page."""
    generation = opened(str(folder))
    stamp = generation.read(query("build", generation.columns("build"))).iloc[0].to_dict()
    found = state(str(settings.home))
    banner(words, stamp, found)
    if generation.read(query("overview_by_period", ["basis"], limit=1)).empty:
        st.info(words("message.empty"))
        return
    view = chosen(generation, words, stamp, tuple(found.lines), question.FILTERS)
    view = replace(view, docs_url=settings.docs_url)
    for row in question.PANELS:
        for place, panel in zip(st.columns(len(row)), row, strict=True):
            with place:
                panel(view)


@st.cache_resource(max_entries=3, show_spinner=False)
def opened(folder: str) -> Generation:
    """The files of a generation, opened once for all readers."""
    return Generation(Path(folder))


@st.cache_data(ttl=LOOK_SECONDS, show_spinner=False)
def state(home: str) -> Status:
    """What `holdfast status` says, at most so many seconds old. `home` keeps two homes apart."""
    try:
        return status(Settings.from_env())
    except (HoldfastError, OSError) as error:
        return Status(faults=[str(error)])


def banner(words: Words, stamp: dict[str, Any], found: Status) -> None:
    """Whether the figures can be trusted, how old they are, and what they are about."""
    published = pd.Timestamp(stamp["published_at"]).tz_localize(UTC)
    hours = (datetime.now(UTC) - published).total_seconds() / 3600
    age = words("age.hours", count=f"{hours:.1f}") if hours < 48 else ""
    age = age or words("age.days", count=f"{hours / 24:.0f}")
    about = words(
        "message.about",
        day=f"{stamp['as_of_date']:%Y-%m-%d}",
        at=f"{published:%Y-%m-%d %H:%M}",
        age=age,
    )
    if found.faults:
        st.error(
            f"**{words('message.not_trusted')}** {about}\n\n"
            + "\n".join(f"- {fault}" for fault in found.faults),
            icon=":material/warning:",
        )
    else:
        st.caption(f":green[:material/verified:] {words('message.trusted')} {about}")


def chosen(
    generation: Generation,
    words: Words,
    stamp: dict[str, Any],
    lines: tuple[str, ...],
    filters: tuple[str, ...],
) -> View:
    """The view that the filters above the page say."""

    def options(column: str, **where: Any) -> list[Any]:
        asked = query("overview_by_period", [column], where, order=(column,), distinct=True)
        return generation.read(asked)[column].tolist()

    whole = {"segment_name": WHOLE}
    bases = [one for one in options("basis", **whole) if one != WHOLE]
    grains = sorted(options("period_grain", **whole), key=GRAINS.index)
    names = [one for one in options("segment_name") if one != WHOLE]
    basis, grain = bases[0], "month" if "month" in grains else grains[0]
    name = value = WHOLE
    with st.container(horizontal=True, key="filters"):
        if "basis" in filters:
            basis = choice(words("filter.basis"), bases, "basis", written=words.value, width=160)
        if "period" in filters:
            label = words("filter.grain")
            grain = choice(label, grains, "grain", default=grain, written=words.value, width=130)
        starts = options("period_start", period_grain=grain, **whole)[::-1]
        over = set(options("period_start", period_grain=grain, is_complete=True, **whole))
        labels = {period_label(grain, one): one for one in starts}
        newest = next((label for label, one in labels.items() if one in over), next(iter(labels)))
        if "period" in filters:
            newest = choice(
                words("filter.period"),
                list(labels),
                "period",
                default=newest,
                written=lambda one: (
                    one if labels[one] in over else words("message.not_over", period=one)
                ),
                width=170,
            )
        if "segment" in filters:
            label = words("filter.segment")
            name = choice(label, [WHOLE, *names], "segment", written=words.segment, width=190)
        if name != WHOLE:
            values = options("segment_value", segment_name=name)
            value = choice(words("filter.value"), values, "value", written=words.value, width=190)
    return View(
        generation=generation,
        words=words,
        stamp=stamp,
        basis=basis,
        grain=grain,
        period=labels[newest].date(),
        segment_name=name,
        segment_value=value,
        segments=tuple(names),
        is_dark=st.context.theme.type == "dark",
        panel_class=Panel,
        state=lines,
        kept=st.session_state[CHOICES],
    )


GRAINS = ("week", "month", "quarter", "year")


@st.fragment(run_every=LOOK_SECONDS)
def follow(settings: Settings, name: str | None, faults: list[str]) -> None:
    """Draws the page anew once another generation is served, or something else is wrong."""
    folder = served(settings.home / "published")
    if folder is None:
        return
    if folder.name != name or state(str(settings.home)).faults != faults:
        st.rerun()


FOLDER = Path(__file__).parent
ICON = FOLDER / "icon.png"
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")

main()
