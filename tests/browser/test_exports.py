"""Files and pictures that a reader takes away: the marts' rows exactly, and charts as PNG."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from PIL import Image

from orchestration.publication.export import safe
from orchestration.publication.generations import CURRENT
from tests.browser.dashboards import CHART, PAGES, TREEMAP, Server, Tab

QUARTER = "period_grain = 'quarter'"
APRIL = f"{QUARTER} and period_start = '2025-04-01'"
VN = "segment_name = 'country' and segment_value = 'VN'"
TH = "segment_name = 'country' and segment_value = 'TH'"
# What is chosen on a page, and what the rows of each panel's file must then be: table, condition.
FILES: dict[str, tuple[dict[str, str], dict[str, tuple[str, str]]]] = {
    "churn": (
        {
            "basis": "subscription",
            "grain": "quarter",
            "period": "2025 Q2",
            "segment": "country",
            "value": "VN",
            "m_causes": "lost_mrr",
        },
        {
            "churn": ("retention_by_period", f"basis = 'subscription' and {QUARTER} and {VN}"),
            "mrr": ("revenue_retention_by_period", f"basis = 'subscription' and {APRIL} and {VN}"),
            "retained": (
                "revenue_retention_by_period",
                f"basis = 'subscription' and {QUARTER} and {VN}",
            ),
            "revenue_churn": (
                "revenue_retention_by_period",
                f"basis = 'subscription' and {QUARTER} and {VN}",
            ),
            "causes": ("churn_causes_by_period", f"basis = 'subscription' and {APRIL} and {VN}"),
            "churn_by_segment": (
                "retention_by_period",
                f"basis = 'subscription' and {APRIL} and segment_name = 'country'",
            ),
        },
    ),
    "retention": (
        {"grain": "quarter", "period": "2025 Q2", "segment": "country", "value": "TH"}
        | {"months": "6", "kind": "revenue", "against": "start"},
        {
            "cohorts": ("cohort_retention", f"basis = 'purchase' and {TH}"),
            "average_cohort": ("cohort_averages", f"basis = 'purchase' and {TH}"),
            "bridge": ("retention_by_period", f"basis = 'purchase' and {APRIL} and {TH}"),
            "survival": ("survival_by_tenure", f"basis = 'purchase' and {TH}"),
            "one_interval": (
                "cohort_retention",
                f"basis = 'purchase' and {TH} and months_since_start = 6",
            ),
            "rates": ("retention_by_period", f"basis = 'purchase' and {QUARTER} and {TH}"),
        },
    ),
    # The file holds all customers of the choice, however many are listed.
    "contacts": (
        {"limit": "50", "consent": "True"},
        {
            "next_actions": ("customer_next_actions", "has_consent"),
            "bands": ("next_actions_by_band", "true"),
            "outreach": ("outreach_effect", "true"),
        },
    ),
}


def written(rows: Iterable[Sequence[Any]]) -> list[tuple[str, ...]]:
    """Rows as the cells of a file hold them, in any order."""
    return sorted(tuple("" if one is None else str(safe(one)) for one in row) for row in rows)


def fetched(tab: Tab, key: str) -> tuple[str, bytes]:
    """The file that a panel's button gives: its name and its bytes."""
    with tab.page.expect_download() as waiting:
        tab.panel(key).get_by_test_id("stDownloadButton").get_by_role("button").first.click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, Path(path).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_files(reader: Tab, server: Server, name: str) -> None:
    """The file of each panel holds the rows of its mart for the same filters, all of them."""
    choices, files = FILES[name]
    assert sorted(files) == sorted(PAGES[name])
    reader.open(name, **choices)
    assert reader.choices() == {
        key: value for key, value in choices.items() if (key, value) != ("against", "start")
    }
    served = (server.home / "published" / CURRENT).resolve()
    outcome = reader.choice("outcome").input_value() if name == "contacts" else ""
    for key, (table, condition) in files.items():
        said, found = fetched(reader, key)
        assert said == f"{table}-{key}-{served.name}.csv"
        assert found.startswith(b"\xef\xbb\xbf"), key
        columns, *rows = csv.reader(io.StringIO(found.decode("utf-8-sig"), newline=""))
        with duckdb.connect() as connection:
            path = served / "parquet" / "marts" / f"{table}.parquet"
            names = ", ".join(f'"{column}"' for column in columns)
            wanted = connection.execute(
                f"select {names} from read_parquet(?) where {condition}", [str(path)]
            ).fetchall()
            if key == "outreach":
                outcomes = connection.execute(
                    f"select distinct outcome from read_parquet('{path}') order by all"
                ).fetchall()
                assert reader.words.value(outcomes[0][0]) == outcome
                wanted = connection.execute(
                    f"select {names} from read_parquet(?) where outcome = ?",
                    [str(path), outcomes[0][0]],
                ).fetchall()
        assert wanted, key
        assert sorted(map(tuple, rows)) == written(wanted), key
        # A date is a date, whatever the reader's spreadsheet takes it for.
        for column, cell in zip(columns, rows[0], strict=True):
            if column in ("period_start", "cohort_month"):
                assert datetime.date.fromisoformat(cell)
    assert reader.troubles == []


def is_drawn(png: bytes, least: int) -> bool:
    """Whether a picture is a PNG of at least so many pixels across, with more than a ground."""
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        colours = picture.convert("RGBA").getcolors(1 << 24) or []
        return min(picture.size) >= least and len(colours) > 20


@pytest.mark.parametrize(("name", "key"), [("overview", "nps_over_time"), ("retention", "cohorts")])
def test_chart_as_picture(reader: Tab, name: str, key: str) -> None:
    """A chart's menu saves it as a PNG."""
    assert PAGES[name][key] == CHART
    reader.open(name)
    panel = reader.panel(key)
    panel.get_by_test_id("stVegaLiteChart").hover()
    with reader.page.expect_download() as waiting:
        panel.get_by_role("button", name=re.compile("PNG")).click()
    assert waiting.value.suggested_filename.endswith(".png")
    assert is_drawn(Path(waiting.value.path()).read_bytes(), 200)
    assert reader.troubles == []


def test_treemap_as_picture(reader: Tab) -> None:
    """The camera of the treemap saves it as a PNG."""
    assert PAGES["value"]["rfm"] == TREEMAP
    reader.open("value")
    panel = reader.panel("rfm")
    panel.get_by_test_id("stPlotlyChart").hover()
    with reader.page.expect_download() as waiting:
        panel.locator(".modebar-btn").click()
    assert waiting.value.suggested_filename.endswith(".png")
    assert is_drawn(Path(waiting.value.path()).read_bytes(), 200)
    assert reader.troubles == []
