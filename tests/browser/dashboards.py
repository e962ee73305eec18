"""A dashboard that is served from a home, and a browser tab that a reader has open in it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request

from dashboard.words import Words
from orchestration.settings import Settings

PROJECT = Settings.from_env({}).project
FOLDER = Path(__file__).parent
# Seconds until a server answers and a page is drawn, on a computer that is busy.
START_SECONDS = 60
DRAWN_MILLISECONDS = 45_000
CARDS, CHART, TREEMAP, TABLE, TEXT = "cards", "chart", "treemap", "table", "text"
# What each page shows of the sample: its panels, and what each of them draws.
PAGES = {
    "overview": {
        "figures": CARDS,
        "customers_at_end_over_time": CHART,
        "churn_rate_over_time": CHART,
        "net_revenue_retention_over_time": CHART,
        "nps_over_time": CHART,
    },
    "retention": {
        "cohorts": CHART,
        "average_cohort": CHART,
        "bridge": CHART,
        "survival": CHART,
        "one_interval": CHART,
        "rates": CHART,
    },
    "churn": {
        "churn": CHART,
        "mrr": CHART,
        "retained": CHART,
        "revenue_churn": CHART,
        "causes": CHART,
        "churn_by_segment": CHART,
    },
    "value": {
        "clv": CHART,
        "deciles": CHART,
        "rfm": TREEMAP,
        "new_and_returning": CHART,
        "forecast": CHART,
        "record": CHART,
    },
    "voice": {
        "nps": CHART,
        "nps_answers": CHART,
        "nps_by_segment": CHART,
        "themes": CHART,
        "service_times": CHART,
        "service_rates": CHART,
        "service_link": CHART,
    },
    "engagement": {
        "engagement": CHART,
        "loyalty": CHART,
        "loyalty_points": CHART,
        "uplift": CHART,
        "promotions": CHART,
        "referrals": CHART,
    },
    "acquisition": {
        "verdict": CARDS,
        "balance": CHART,
        "channels": CHART,
        "all_channels": TABLE,
    },
    "contacts": {"next_actions": TABLE, "bands": CHART, "outreach": CHART},
    "quality": {
        "runs": TEXT,
        "book": TABLE,
        "refusals": TABLE,
        "changes": TEXT,
        "deliveries": TABLE,
        "accuracy": TABLE,
        "docs": TEXT,
    },
}


class Server:
    """`holdfast dashboard` on a free port, as a user starts it."""

    def __init__(self, home: Path, log: Path) -> None:
        """Serves `home`; what the server says goes to `log`."""
        self.home, self.log = home, log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        holdfast = str(Path(sys.executable).with_name("holdfast"))
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [holdfast, "dashboard", "--port", str(self.port)],
                cwd=PROJECT,
                env={**os.environ, "HOLDFAST_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            said = self.log.read_text(encoding="utf-8", errors="replace")
            assert self._process.poll() is None, f"the server ended: {said}"
            assert time.monotonic() < until, f"the server does not answer: {said}"
            time.sleep(0.2)

    @property
    def settings(self) -> Settings:
        """Settings of the home that is served."""
        return Settings.from_env({"HOLDFAST_HOME": str(self.home)})

    def stop(self) -> None:
        """Ends the server."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Tab:
    """A tab of a browser. `troubles`: errors of its console and of its code, requests that leave
    this computer, and answers that are errors."""

    def __init__(self, page: Page, url: str, language: str = "en") -> None:
        """`url`: of the server."""
        self.page, self.url, self.language = page, url, language
        self.words = Words(language)
        self.troubles: list[str] = []
        page.set_default_timeout(DRAWN_MILLISECONDS)
        page.on("console", self._of_console)
        page.on("pageerror", lambda error: self.troubles.append(f"error of the page: {error}"))
        page.on("request", self._of_request)
        page.on("response", self._of_response)
        page.on("websocket", lambda one: self._of_address(one.url))

    def open(self, name: str, **choices: str) -> Tab:
        """Opens a page by its address, with choices."""
        said = {"lang": self.language, **choices}
        if said["lang"] == "en":
            del said["lang"]
        self.page.goto(f"{self.url}/{path_of(name)}{'?' if said else ''}{urlencode(said)}")
        return self.drawn(name)

    def drawn(self, name: str | None = None) -> Tab:
        """Waits until all of the page is drawn, and nothing of it changes any more."""
        title = self.words(f"page.{name}") if name else ""
        self.page.evaluate("() => { window.tested = undefined }")
        self.page.wait_for_function(IS_DRAWN, arg=title, polling=100, timeout=DRAWN_MILLISECONDS)
        return self

    def go(self, name: str) -> Tab:
        """Opens a page by a click in the navigation, as its name stands there."""
        self.link(name).click()
        return self.drawn(name)

    def turn_to(self, name: str) -> Tab:
        """Opens a page as `go` does, where the navigation may be folded away."""
        self.link(name).evaluate("one => one.click()")
        return self.drawn(name)

    def link(self, name: str) -> Locator:
        """The link of a page in the navigation."""
        links = self.page.get_by_test_id("stSidebarNavLink")
        return links.filter(has_text=re.compile(f"{re.escape(self.words(f'page.{name}'))}$"))

    def panel(self, key: str) -> Locator:
        """A panel."""
        return self.page.locator(f".st-key-panel_{key}")

    def panels(self) -> list[str]:
        """Keys of the panels that are drawn."""
        classes = self.page.locator("[class*='st-key-panel_']").evaluate_all(
            "all => all.map(one => one.className)"
        )
        return [re.search(r"st-key-panel_(\w+)", one)[1] for one in classes]  # type: ignore[index]

    def choice(self, name: str) -> Locator:
        """The list of a filter, or of a panel's choice."""
        return self.page.locator(f".st-key-choice_{name}").get_by_role("combobox")

    def choose(self, name: str, text: str) -> Tab:
        """Chooses by the mouse what is written `text`."""
        self.page.locator(f".st-key-choice_{name}").get_by_role("button").click()
        self.page.get_by_role("option", name=text, exact=True).click()
        return self.drawn()

    def switch(self, panel: str, column: str) -> Tab:
        """Switches a panel to another measure."""
        switch = self.page.locator(f".st-key-choice_m_{panel}")
        switch.get_by_text(self.words.column(column), exact=True).click()
        return self.drawn()

    def choices(self) -> dict[str, str]:
        """What the address says."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def marks(self, panel: str) -> list[str]:
        """Marks of a panel's chart, or cells of its treemap or table: what a reader sees change."""
        return self.panel(panel).evaluate(MARKS)

    def show_all(self) -> int:
        """Makes the window as high as the page, as Streamlit scrolls a part of it; returns that."""
        size = self.page.viewport_size
        assert size
        height = size["height"]
        # Charts may grow once: twice is enough.
        for _ in range(2):
            inner = self.page.get_by_test_id("stMain").evaluate("one => one.scrollHeight")
            if inner <= height:
                break
            height = inner
            self.page.set_viewport_size({"width": size["width"], "height": height})
            self.drawn()
        return height

    def failures(self) -> list[str]:
        """What a reader would take for an error."""
        found = self.page.locator(
            "[data-testid=stException], [data-testid=stAlertContentError],"
            " [data-testid=stErrorElement], [role=dialog]"
        )
        return found.all_inner_texts()

    def _of_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(f"console: {message.text} {message.location.get('url')}")

    def _of_request(self, request: Request) -> None:
        self._of_address(request.url)

    def _of_address(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            self.troubles.append(f"asks outside: {url}")

    def _of_response(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"answer {response.status}: {response.url}")


def path_of(name: str) -> str:
    """Address of a page: the first one's is that of the dashboard."""
    return "" if name == next(iter(PAGES)) else name


@functools.cache
def chromium() -> str | None:
    """Path of Debian's Chromium, or of what HOLDFAST_CHROMIUM names; None where there is none."""
    import shutil

    return os.environ.get("HOLDFAST_CHROMIUM") or shutil.which("chromium")


@contextlib.contextmanager
def tab(browser: Any, url: str, language: str = "en", **look: Any) -> Iterator[Tab]:
    """A tab of a reader who has never been here: without what another tab has stored."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **look})
    try:
        yield Tab(context.new_page(), url, language)
    finally:
        context.close()


IS_DRAWN = """title => {
  const all = what => [...document.querySelectorAll(what)];
  const app = document.querySelector('[data-testid=stApp]');
  if (!app || app.dataset.testScriptState !== 'notRunning'
      || app.dataset.testConnectionState !== 'CONNECTED') return false;
  if (title && !all('h1').some(one => one.textContent.trim() === title)) return false;
  if (all('[data-stale=true], [data-testid=stSkeleton]').length) return false;
  if (!all('[class*=st-key-panel_]').length) return false;
  const has = (what, part) => all(what).every(one => one.querySelector(part));
  if (!has('[data-testid=stVegaLiteChart]', 'svg.marks')) return false;
  if (!has('[data-testid=stPlotlyChart]', '.slice')) return false;
  if (!has('[data-testid=stDataFrame]', 'canvas')) return false;
  const main = document.querySelector('[data-testid=stMain]');
  const seen = [main.innerHTML.length, main.scrollHeight, innerWidth, innerHeight].join();
  if (!window.tested || window.tested.seen !== seen) {
    window.tested = {seen, at: Date.now()};
    return false;
  }
  return Date.now() - window.tested.at >= 400;
}"""
MARKS = """panel => {
  const parts = panel.querySelectorAll(
    'svg.marks .role-mark > *, .treemaplayer .slice, [data-testid=stDataFrame] td, '
    + '[data-testid=stMetric]');
  return [...parts].map(one => [one.getAttribute('d'), one.getAttribute('transform'),
    one.getAttribute('aria-label'), one.textContent].join('|')).filter(one => one !== '|||');
}"""
