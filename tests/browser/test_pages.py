"""Every page opens, by its address and from the navigation, and shows the sample's figures."""

from __future__ import annotations

import pytest

from tests.browser.dashboards import CARDS, CHART, PAGES, TABLE, TREEMAP, Tab

# What each kind of panel must hold at least: marks, cells, cards.
LEAST = {CHART: 2, TREEMAP: 4, TABLE: 5, CARDS: 5}
HOLDS = {
    CHART: "[data-testid=stVegaLiteChart] svg.marks",
    TREEMAP: "[data-testid=stPlotlyChart] .treemaplayer",
    TABLE: "[data-testid=stDataFrame] canvas",
    CARDS: "[data-testid=stMetric]",
}


def check(tab: Tab, name: str) -> None:
    """The page that is open shows all that it has to show, and nothing went wrong."""
    assert tab.troubles == []
    assert tab.failures() == []
    assert sorted(tab.panels()) == sorted(PAGES[name])
    assert tab.page.get_by_role("heading", level=1).all_inner_texts() == [tab.words(f"page.{name}")]
    for key, kind in PAGES[name].items():
        panel = tab.panel(key)
        heading = panel.get_by_role("heading", level=3).first.inner_text()
        assert heading.strip() == tab.words(f"panel.{key}")
        if kind in HOLDS:
            assert panel.locator(HOLDS[kind]).count() > 0, key
            assert len(tab.marks(key)) >= LEAST[kind], key
            for text in ("empty", "small"):
                assert tab.words(f"message.{text}") not in panel.inner_text(), key
            assert panel.get_by_test_id("stDownloadButton").count() == 1, key


@pytest.mark.parametrize("name", PAGES)
def test_page_by_its_address(reader: Tab, name: str) -> None:
    """The page opens from a bookmark, with data in each panel."""
    check(reader.open(name), name)


def test_pages_from_the_navigation(reader: Tab) -> None:
    """One click leads to each page; what the one before drew is gone."""
    reader.open("overview")
    for name in [*list(PAGES)[1:], next(iter(PAGES))]:
        check(reader.go(name), name)


def test_first_page_by_its_name(reader: Tab) -> None:
    """The first page opens by its name too, as the others do, and keeps its choices."""
    reader.page.goto(f"{reader.url}/overview?grain=quarter")
    reader.drawn("overview")
    check(reader, "overview")
    assert reader.choices() == {"grain": "quarter"}


def test_alt_texts(reader: Tab) -> None:
    """A chart says what it is to those who do not see it: title and definition."""
    for name in ("overview", "value"):
        reader.open(name)
        for key, kind in PAGES[name].items():
            if kind == CHART:
                chart = reader.panel(key).get_by_test_id("stVegaLiteChart")
                label = chart.get_attribute("aria-label") or ""
                assert label.startswith(f"{reader.words(f'panel.{key}')}. "), key
                assert len(label) > len(reader.words(f"panel.{key}")) + 10, key
