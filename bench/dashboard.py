"""How fast the dashboard answers: the first page in a browser, and filters changed by ten people.

    python bench/dashboard.py --home .holdfast [--users 10] [--changes 30] [--rest 3]

Starts the dashboard on what is published in `--home`. A browser (Debian's Chromium) opens the
first page, then again as a new reader, and changes filters; meanwhile the other users, who speak
the page's own protocol, each change a filter, look at it for `--rest` seconds on average, and
change the next one. Prints medians, 95th percentiles and the worst, in seconds, each from the
click until the page stands: of the users, until the server has sent all; of the browser, until all
is drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from playwright.sync_api import Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PROJECT = Path(__file__).resolve().parents[1]
PAGES = ("", "retention", "churn", "value", "voice", "engagement", "acquisition", "contacts")
DRAWN = "[data-testid='stApp'][data-test-script-state='notRunning']"
# What stands on a page once it is drawn.
SHOWN = "[data-testid='stVegaLiteChart'] svg, [data-testid='stVegaLiteChart'] canvas"


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """Address of a dashboard on what `home` has published."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "orchestration.cli", "dashboard", "--port", str(port)]
    command = [str(Path(sys.executable).with_name("holdfast")), *command[3:]]
    environ = {**os.environ, "HOLDFAST_HOME": str(home)}
    server = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health").close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


class Filters:
    """What can be chosen, read from the published marts."""

    def __init__(self, home: Path, seed: int) -> None:
        """`seed`: of the choices."""
        marts = home / "published" / "current" / "parquet" / "marts"
        self.random = random.Random(seed)
        rows = duckdb.sql(
            "select distinct segment_name, segment_value, basis from"
            f" '{marts / 'overview_by_period.parquet'}' where basis <> 'all'"
        ).fetchall()
        self.cuts = sorted(rows)
        self.months = [
            f"{start:%Y-%m}"
            for (start,) in duckdb.sql(
                f"select distinct period_start from '{marts / 'overview_by_period.parquet'}'"
                " where period_grain = 'month' order by 1"
            ).fetchall()
        ]

    def address(self) -> str:
        """The query of an address, one choice of all filters."""
        name, value, basis = self.random.choice(self.cuts)
        chosen = {"basis": basis, "period": self.random.choice(self.months)}
        if name != "all":
            chosen |= {"segment": name, "value": value}
        return "&".join(f"{key}={urllib.request.quote(text)}" for key, text in chosen.items())


class Reader(threading.Thread):
    """One user without a browser: `seconds` are those of each change."""

    def __init__(self, address: str, filters: Filters, changes: int, rest: float) -> None:
        """`rest`: seconds between two changes, on average."""
        super().__init__()
        self.address, self.filters = address, filters
        self.changes, self.rest = changes, rest
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        """Opens a page and changes its filters, then the next page."""
        stream = self.address.replace("http", "ws") + "/_stcore/stream"
        with connect(stream, subprotocols=["streamlit"], max_size=None) as socket_:
            pages = {"": self._ask(socket_, "", "")}
            for change in range(self.changes):
                page = PAGES[change // 4 % len(PAGES)]
                time.sleep(self.filters.random.expovariate(1 / self.rest))
                start = time.perf_counter()
                pages[page] = self._ask(socket_, page, self.filters.address())
                self.seconds.append(time.perf_counter() - start)

    def _ask(self, socket_, page: str, query: str) -> None:
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.context_info.timezone = "Asia/Bangkok"
        socket_.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(socket_.recv(timeout=60))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                self.errors.append(answer.delta.new_element.exception.message)
            if kind == "script_finished" and answer.script_finished in (0, 3):
                return


def opened(page: Page, address: str) -> float:
    """Seconds until a page is drawn."""
    start = time.perf_counter()
    page.goto(address)
    drawn(page)
    return time.perf_counter() - start


def drawn(page: Page) -> None:
    """Waits until the script has run and the charts stand."""
    page.wait_for_selector(SHOWN)
    page.wait_for_selector(DRAWN)


def changed(page: Page, filters: Filters) -> float:
    """Seconds from a click on another period until the page stands: its address tells the period
    once the server draws with it."""
    label = page.locator(".st-key-choice_period input[role=combobox]")
    label.click()
    others = page.locator("[role='option']:not([aria-selected='true'])")
    other = others.nth(filters.random.randrange(others.count()))
    before = page.evaluate("location.search")
    start = time.perf_counter()
    other.click()
    page.wait_for_function("before => location.search !== before", arg=before)
    drawn(page)
    return time.perf_counter() - start


def told(name: str, seconds: list[float]) -> str:
    """One line."""
    ordered = sorted(seconds)
    worst = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"{name:<44} n {len(ordered):>4}  median {statistics.median(ordered):.2f}"
        f"  p95 {worst:.2f}  worst {ordered[-1]:.2f}"
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=PROJECT / ".holdfast")
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--rest", type=float, default=3.0)
    given = parser.parse_args()
    home = given.home.resolve()
    manifest = json.loads((home / "published" / "current" / "manifest.json").read_text())
    customers = manifest["tables"]["dim_customers"]["rows"]
    print(f"{customers:,} customers published")
    with serving(home) as address, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"] * (os.geteuid() == 0)
        )
        first = opened(browser.new_context().new_page(), address)
        print(told("first page of a fresh server", [first]))
        again = [opened(browser.new_context().new_page(), address) for _ in range(5)]
        print(told("first page of a new reader", again))
        page = browser.new_context().new_page()
        opened(page, f"{address}/retention")
        alone = [changed(page, Filters(home, 1)) for _ in range(20)]
        print(told("a change of period in the browser, alone", alone))
        readers = [
            Reader(address, Filters(home, seed), given.changes, given.rest)
            for seed in range(given.users - 1)
        ]
        for reader in readers:
            reader.start()
        beside, filters = [], Filters(home, 99)
        while any(reader.is_alive() for reader in readers):
            beside.append(changed(page, filters))
            time.sleep(filters.random.expovariate(1 / given.rest))
        seconds = [one for reader in readers for one in reader.seconds]
        print(told(f"any filter changed by {given.users - 1} users at once", seconds))
        print(told("a change in the browser beside them", beside))
        errors = [one for reader in readers for one in reader.errors]
        print(f"errors: {len(errors)} {errors[:3]}")


if __name__ == "__main__":
    main()
