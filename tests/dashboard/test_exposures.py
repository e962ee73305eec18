"""The exposures say what each page of the dashboard and the report read, no more and no less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.questions import QUESTIONS
from dashboard.reading import Generation, Query, served
from dashboard.report import Collected, make_report
from dashboard.words import Words
from orchestration.assets.translator import Translator
from tests.dashboard.test_reading import published_home
from tests.python.warehouses import Warehouse

PROJECT = Path(__file__).parents[2]
# What `holdfast status` reads of the marts: its lines stand on the page of data quality and in the
# report.
STATUS = {"data_quality", "customer_forecasts"}


@pytest.fixture(scope="module")
def once(built_sample: Warehouse) -> Warehouse:
    return published_home(built_sample.home)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Marts that were read since the test began; what the publication says of itself is none."""
    found: set[str] = set()

    def noting(read: Callable[[Generation, Query], Any]) -> Callable[[Generation, Query], Any]:
        def noted(self: Generation, query: Query) -> Any:
            if (self.folder / "parquet" / "marts" / f"{query.table}.parquet").exists():
                found.add(query.table)
            return read(self, query)

        return noted

    for name in ("read", "rows"):
        monkeypatch.setattr(Generation, name, noting(getattr(Generation, name)))
    return found


def exposures(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in manifest["exposures"].values()}


def stated(exposure: dict[str, Any]) -> set[str]:
    assert all(node.startswith("model.holdfast.") for node in exposure["depends_on"]["nodes"])
    return {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}


def test_every_page_and_the_report_have_one(definitions: ModuleType) -> None:
    found = exposures(definitions.manifest)
    assert set(found) == {f"dashboard_{name}" for name in QUESTIONS} | {"report"}
    words = Words("en")
    for name in QUESTIONS:
        page = found[f"dashboard_{name}"]
        place = "" if name == next(iter(QUESTIONS)) else name
        assert page["url"] == f"http://127.0.0.1:8501/{place}"
        assert page["label"] == words(f"page.{name}")
        assert page["description"].startswith(words(f"question.{name}"))
        assert page["type"] == "dashboard"
    assert found["report"]["type"] == "analysis"
    assert {one["owner"]["name"] for one in found.values()} == {"analytics-engineering"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_page_reads_what_its_exposure_says(
    definitions: ModuleType,
    once: Warehouse,
    asked: set[str],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it is first drawn, filters included, and with each of its choices."""
    monkeypatch.setenv("HOLDFAST_HOME", str(once.home))
    st.cache_data.clear()
    at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
    at._page_hash = calc_hash(name)
    at.run()
    assert not at.exception
    at_first = set(asked)
    assert at_first
    folder = served(once.settings.published)
    assert folder
    report = make_report(Generation(folder), "en")
    asked.clear()
    for number in range(6):
        view = replace(
            report.view,
            segments=("country", "plan"),
            panel_class=chooser(number),
            basis=("purchase", "subscription")[number % 2],
        )
        for row in QUESTIONS[name].PANELS:
            for panel in row:
                panel(view)
    found = at_first | asked | (STATUS if name == "quality" else set())
    assert found == stated(exposures(definitions.manifest)[f"dashboard_{name}"])


def chooser(number: int) -> type[Collected]:
    """A panel of which somebody chose that option of each list; rows of customers are left out."""

    class Chosen(Collected):
        def choose(self, name: str, options: Sequence[Any], **more: Any) -> Any:
            return list(options)[number % len(list(options))]

        def measure(self, measures: Sequence[str]) -> str:
            return list(measures)[number % len(list(measures))]

        def draw(self, asked: Query, chart: Any, **more: Any) -> None:
            rows = self.view.read(asked)
            if len(rows):
                chart(rows)

        def tell(self, lines: Sequence[str]) -> None:
            pass

    return Chosen


def test_the_report_reads_what_its_exposure_says(
    definitions: ModuleType, once: Warehouse, asked: set[str]
) -> None:
    folder = served(once.settings.published)
    assert folder
    make_report(Generation(folder), "en")
    assert asked | STATUS == stated(exposures(definitions.manifest)["report"])


def test_what_a_page_shows_links_it_in_dagster(definitions: ModuleType) -> None:
    translator, manifest = Translator(), definitions.manifest

    def told(mart: str) -> str:
        return translator.get_asset_spec(manifest, f"model.holdfast.{mart}", None).description or ""

    assert told("cohort_retention").endswith(
        "\n\nShown by: [Retention](http://127.0.0.1:8501/retention)"
    )
    assert told("next_actions_by_band").endswith(
        "\n\nShown by: [Who to contact today](http://127.0.0.1:8501/contacts)"
    )
    pages = told("overview_by_period").rsplit("Shown by: ")[-1].split(", ")
    assert len(pages) == len(QUESTIONS)
    assert "Shown by" not in told("fct_orders")


def test_the_page_of_data_quality_leads_to_the_docs(
    once: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To where they are hosted; else it says how to write them."""
    monkeypatch.setenv("HOLDFAST_HOME", str(once.home))
    words = Words("en")
    for url, told in (
        ("", words("message.docs_url")),
        ("https://x.example/a (b).html?c=1", "(https://x.example/a%20%28b%29.html?c=1)"),
    ):
        monkeypatch.setenv("HOLDFAST_DOCS_URL", url)
        at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
        at._page_hash = calc_hash("quality")
        at.run()
        assert not at.exception
        assert [one.value for one in at.markdown if told in one.value]
