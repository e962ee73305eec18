"""A page that stays open while generations come and go, a build runs, and a build fails."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Locator

from orchestration import journal
from orchestration.lock import writer_lock
from orchestration.publication.generations import (
    CURRENT,
    MANIFEST,
    book,
    read_manifest,
    remove,
    serve,
    served_name,
)
from orchestration.settings import Settings
from tests.browser.dashboards import PROJECT, Server, Tab, tab

# Twice the interval at which an open page looks, and the time to draw.
FOLLOWS_MILLISECONDS = 40_000
CHOSEN = {"basis": "subscription", "grain": "quarter", "period": "2025 Q2"}
CHOSEN |= {"segment": "country", "value": "VN", "m_churn": "lost_customers"}


@pytest.fixture(scope="module")
def own(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard of a copy of the home, which these tests change."""
    home = tmp_path_factory.mktemp("changing") / "home"
    shutil.copytree(published, home, symlinks=True, ignore=shutil.ignore_patterns("logs"))
    one = Server(home, home.with_name("log"))
    yield one
    one.stop()


@pytest.fixture
def visitor(own: Server, browser: Browser) -> Iterator[Tab]:
    """A reader of that dashboard."""
    with tab(browser, own.url) as one:
        yield one


def another_generation(settings: Settings, change: str) -> str:
    """Makes a copy of the served generation in which retention_by_period has been put through
    `change`, an expression for lost_customers; returns its name. It is not served yet."""
    now = datetime.now(UTC).replace(microsecond=0)
    name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    old, new = settings.published / CURRENT, settings.published / name
    shutil.copytree(old.resolve(), new)
    for path in [new, *new.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    with duckdb.connect() as connection:
        for table, columns in (
            ("marts/retention_by_period", f"({change})::bigint as lost_customers"),
            ("publication/build", f"timestamp '{now:%Y-%m-%d %H:%M:%S}' as published_at"),
        ):
            path = new / "parquet" / f"{table}.parquet"
            rows = connection.sql(
                f"select * replace ({columns}) from read_parquet('{path}')"
            ).to_arrow_table()
            connection.register("rows", rows)
            connection.execute(f"copy rows to '{path}' (format parquet)")
            connection.unregister("rows")
    manifest = {**read_manifest(new), "published_at": now.isoformat()}
    (new / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return name


def follows(visitor: Tab, before: list[str]) -> list[str]:
    """Waits until the open page draws other marks; returns those."""
    until = time.monotonic() + FOLLOWS_MILLISECONDS / 1000
    while visitor.marks("churn") == before:
        assert time.monotonic() < until, "the page does not follow"
        visitor.page.wait_for_timeout(250)
    visitor.drawn("churn")
    return visitor.marks("churn")


def test_follows_what_is_published(visitor: Tab, own: Server) -> None:
    """The open page shows the next generation by itself, with its filters, when the old one is
    taken away at once."""
    settings = own.settings
    visitor.open("churn", **CHOSEN)
    before = visitor.marks("churn")
    old = served_name(settings)
    assert old
    assert old in file_of(visitor, "churn")
    name = another_generation(settings, "lost_customers + 3")
    assert visitor.marks("churn") == before
    serve(settings, name, "published")
    remove(settings.published / old)
    book(settings, "removed", old)
    after = follows(visitor, before)
    assert len(after) == len(before)
    assert visitor.choices() == CHOSEN
    assert visitor.choice("value").input_value() == "VN"
    assert name in file_of(visitor, "churn")
    assert visitor.failures() == []
    assert visitor.troubles == []
    # What is opened next is of the new generation too.
    visitor.go("retention")
    assert visitor.failures() == []
    assert visitor.troubles == []


def test_served_generation_is_gone_for_a_moment(visitor: Tab, own: Server) -> None:
    """A page that is drawn between the end of a generation and the next look draws the new one."""
    settings = own.settings
    visitor.open("churn", **CHOSEN)
    before = visitor.marks("churn")
    old = served_name(settings)
    assert old
    name = another_generation(settings, "lost_customers + 2")
    serve(settings, name, "published")
    remove(settings.published / old)
    # Before the page has looked by itself.
    visitor.choose("basis", "Purchase")
    visitor.choose("basis", "Subscription")
    follows(visitor, before)
    assert visitor.failures() == []
    assert visitor.troubles == []


def test_a_build_disturbs_nobody(visitor: Tab, own: Server) -> None:
    """While another process holds the lock and the warehouse file, every page opens."""
    settings = own.settings
    with writer_lock(settings, "holdfast build"), duckdb.connect(str(settings.warehouse)) as held:
        held.execute("create or replace table main.written_meanwhile as select 1 as one")
        visitor.open("churn", **CHOSEN)
        visitor.switch("churn", "churn_rate")
        visitor.go("value")
        visitor.go("quality")
        assert visitor.failures() == []
        assert visitor.troubles == []
        held.execute("drop table main.written_meanwhile")


def test_publishes_under_an_open_page(visitor: Tab, own: Server) -> None:
    """`holdfast publish` itself, as a build ends with it: the page says the new publication."""
    visitor.open("overview")
    old = served_name(own.settings)
    assert old in file_of(visitor, "figures")
    command = [str(Path(sys.executable).with_name("holdfast")), "publish"]
    done = subprocess.run(
        [*command, "--accept", "the tests changed it"],
        cwd=PROJECT,
        env={
            **os.environ,
            "HOLDFAST_HOME": str(own.home),
            "HOLDFAST_VARS": f"@{PROJECT / 'sample_data' / 'vars.yml'}",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    new = served_name(own.settings)
    assert new != old
    until = time.monotonic() + FOLLOWS_MILLISECONDS / 1000
    while new not in file_of(visitor, "figures"):
        assert time.monotonic() < until, "the page does not follow"
        visitor.page.wait_for_timeout(1000)
    visitor.drawn("overview")
    assert visitor.page.get_by_text("published").count() == 1
    assert visitor.failures() == []
    assert visitor.troubles == []


def file_of(visitor: Tab, key: str) -> str:
    """Name of the file that a panel gives, which names the generation."""
    with visitor.page.expect_download() as waiting:
        visitor.panel(key).get_by_test_id("stDownloadButton").get_by_role("button").first.click()
    return waiting.value.suggested_filename


def test_failed_build_is_told(visitor: Tab, own: Server) -> None:
    """After a build that failed, every page says so and how old its figures are; they still stand,
    and once a build has ended well the warning is gone."""
    settings = own.settings
    visitor.open("churn")
    before = visitor.marks("churn")
    told = warnings(visitor)
    assert told.count() == 0
    with contextlib.suppress(RuntimeError), writer_lock(settings, "holdfast build"):
        raise RuntimeError("books_and_bridges_hold: 1 of 100 tests fails")
    try:
        waits(visitor, 1)
        text = told.inner_text()
        assert visitor.words("message.not_trusted") in text
        assert re.search(r"\d+(\.\d+)? (hours|days) ago", text), text
        assert "the last build failed, so older figures are served" in text
        # Plain words: no code, no path, no names of the machine's.
        assert not re.search(r"Traceback|Error\b|/tmp/|\.py|RuntimeError", text), text
        assert visitor.marks("churn") == before
        for name in ("overview", "quality"):
            visitor.go(name)
            assert told.count() == 1
        assert visitor.troubles == []
    finally:
        journal.note(settings, "holdfast build", journal.ENDED)
    visitor.go("churn")
    waits(visitor, 0)
    assert visitor.marks("churn") == before


def warnings(visitor: Tab) -> Locator:
    """The banner that says that not everything is as it should be."""
    banners = visitor.page.get_by_test_id("stAlert")
    return banners.filter(has_text=visitor.words("message.not_trusted"))


def waits(visitor: Tab, count: int) -> None:
    """Loads the page again until it has so many warnings: the state is read every ten seconds."""
    until = time.monotonic() + FOLLOWS_MILLISECONDS / 1000
    while warnings(visitor).count() != count:
        assert time.monotonic() < until, "the page does not say how the last build ended"
        visitor.page.wait_for_timeout(1000)
        visitor.page.reload()
        visitor.drawn("churn")


def test_nothing_is_published(browser: Browser, tmp_path: Path) -> None:
    """An empty installation says what to do."""
    one = Server(tmp_path / "home", tmp_path / "log")
    try:
        with tab(browser, one.url) as visitor:
            visitor.page.goto(one.url)
            visitor.page.get_by_text("holdfast build").wait_for()
            assert visitor.page.get_by_text(re.compile("Nothing is published yet")).count() == 1
            assert visitor.failures() == []
            assert visitor.troubles == []
    finally:
        one.stop()
