"""Fixtures: the sample company, published once and served; Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.dashboards import FOLDER, PROJECT, Server, Tab, chromium, tab

AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample, built and published as `make build` does it; or the one that
    HOLDFAST_BROWSER_HOME names, which is copied."""
    home = tmp_path_factory.mktemp("browser") / "home"
    given = os.environ.get("HOLDFAST_BROWSER_HOME")
    if given:
        return Path(shutil.copytree(given, home, symlinks=True))
    raw = home.with_name("raw")
    here = {
        **os.environ,
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_VARS": f"@{PROJECT / 'sample_data' / 'vars.yml'}",
        "DO_NOT_TRACK": "1",
    }
    holdfast = str(Path(sys.executable).with_name("holdfast"))
    for command in (
        [sys.executable, "-m", "sample_data.generate", "--out", str(raw)],
        [holdfast, "land", str(raw)],
        [holdfast, "build"],
    ):
        done = subprocess.run(command, cwd=PROJECT, env=here, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return home


@pytest.fixture(scope="session")
def server(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard of the sample. Tests that change the home copy it and serve the copy."""
    one = Server(published, tmp_path_factory.mktemp("server") / "log")
    yield one
    one.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each reader has a context of its own."""
    path = chromium()
    if path is None:
        pytest.fail("no Chromium: apt-get install chromium, or let HOLDFAST_CHROMIUM name it")
    # Without a user of its own, as in a container, Chromium's sandbox cannot be made.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield one
        one.close()


@pytest.fixture
def reader(browser: Browser, server: Server) -> Iterator[Tab]:
    """A tab at a desk, in English, light."""
    with tab(browser, server.url) as one:
        yield one


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.is_file():
        pytest.fail("axe-core is not installed: run `make test-dashboard`")
    return AXE.read_text(encoding="utf-8")
