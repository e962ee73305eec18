"""Installations that are killed, starved and crowded: short in python/, long in faults/."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import duckdb

from orchestration.publication import copy
from orchestration.publication.generations import served_name
from orchestration.publication.reader import open_publication
from orchestration.settings import Settings
from orchestration.status import status
from tests.python.warehouses import TOKEN_KEY

VARS = "{business_timezone: Asia/Bangkok, reporting_currency: USD, feed_pause_days: 400}"
CUSTOMERS = "120"


@dataclass(frozen=True)
class Command:
    """A command that runs."""

    process: subprocess.Popen
    output: IO[str]

    @property
    def runs(self) -> bool:
        """Whether it still does."""
        return self.process.poll() is None

    def lines(self) -> int:
        """How many lines it has said so far."""
        size = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), size, 0).count(b"\n")

    def end(self) -> tuple[int, str]:
        """Waits for its end; its status and what it said."""
        status = self.process.wait()
        with self.output as output:
            output.seek(0)
            return status, output.read()

    def kill(self) -> None:
        """Kills it and everything that it began, without asking."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.end()


@dataclass(frozen=True)
class Home:
    """An installation that is used by its commands, each in a process of its own."""

    folder: Path

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return Settings.from_env({"HOLDFAST_HOME": str(self.folder)})

    def environ(self, **more: str) -> dict[str, str]:
        """The environment of its commands."""
        return {
            **os.environ,
            "HOLDFAST_HOME": str(self.folder),
            "HOLDFAST_TOKEN_KEY": TOKEN_KEY,
            "HOLDFAST_VARS": VARS,
            "DO_NOT_TRACK": "1",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def start(
        self, *arguments: str, before: Callable[[], None] | None = None, **more: str
    ) -> Command:
        """Starts a command of holdfast in a process group of its own; `before` runs in it first."""
        # A file, since a pipe that nobody reads would make the command wait.
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            env=self.environ(**more),
            cwd=self.settings.project,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before,
        )
        return Command(process, output)

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        """Runs a command of holdfast to its end; its status and what it said."""
        return self.start(*arguments, **more).end()

    def done(self, *arguments: str) -> str:
        """Runs a command that must succeed."""
        status, said = self.run(*arguments)
        assert status == 0, said[-3000:]
        return said

    def copy(self, folder: Path) -> Home:
        """The same installation elsewhere."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Home(folder)

    def marts(self) -> dict[str, tuple[Any, ...]]:
        """Rows and checksum of every mart of the warehouse, which must open."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return contents(connection)

    def published(self) -> dict[str, tuple[Any, ...]]:
        """Rows and checksum of every mart that is served."""
        with open_publication(self.settings.published) as connection:
            return contents(connection)


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    """Rows, checksum and columns of every mart, by name."""
    names = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
    ).fetchall()
    return {name: copy.contents(connection, f"marts.{name}") for (name,) in names}


def new_home(folder: Path) -> tuple[Home, Path]:
    """A small company, published, and a delivery that it has not landed yet."""
    home = Home(folder / "home")
    raw, late = folder / "raw", folder / "late"
    generate = ["--customers", CUSTOMERS, "--out", str(raw), "--truth", str(folder / "truth")]
    subprocess.run(
        [sys.executable, "-m", "sample_data.generate", *generate],
        cwd=home.settings.project, check=True, capture_output=True,
    )  # fmt: skip
    late.mkdir()
    # orders of whole days arrive later
    path = raw / "shop_orders.csv"
    head, *lines = path.read_bytes().splitlines(keepends=True)
    held_back = [line for line in lines if b"2025-12-0" in line]
    assert len(held_back) > 3
    path.write_bytes(b"".join([head, *(line for line in lines if line not in set(held_back))]))
    (late / path.name).write_bytes(b"".join([head, *held_back]))
    home.done("land", str(raw))
    home.done("build")
    return home, late


def kill_builds(
    before: Home,
    place: Path,
    shares: Sequence[float],
    lines: int,
    expected: dict[str, tuple[Any, ...]],
) -> None:
    """Kills a build, and those that would repair what it left, then lets one come to its end.

    `before`: an installation with something to build; it is copied to `place`. `shares`: after
    which part of the `lines` that it says each build is killed. `expected`: the marts after a build
    that nobody disturbed.
    """
    home = before.copy(place)
    served, readable = served_name(home.settings), home.published()
    for share in shares:
        command = home.start("build")
        while command.runs and command.lines() < share * lines:
            time.sleep(0.02)
        assert command.runs, "it ended before it could be killed"
        command.kill()
        home.marts()
        assert (served_name(home.settings), home.published()) == (served, readable)
        assert any("the last build was killed" in fault for fault in status(home.settings).faults)
    home.done("build")
    assert home.marts() == home.published() == expected
    assert status(home.settings).faults == []
    shutil.rmtree(place)


@dataclass
class Readers:
    """What readers saw: opens, queries, errors, and generations that were not whole."""

    opens: int = 0
    queries: int = 0
    errors: list[str] = field(default_factory=list)
    mixed: int = 0
    seen: Counter = field(default_factory=Counter)


@contextmanager
def readers(published: Path, count: int, period: float = 0.0) -> Iterator[Readers]:
    """Threads that open the publication, ask two things, and close it, every `period` seconds.

    Each generation of these tests has its own number as the city of every customer and as the
    first reason of every action: a reader that sees two numbers sees two generations.
    """
    found, stop = Readers(), threading.Event()
    lock = threading.Lock()

    def read() -> None:
        while not stop.is_set():
            began = time.monotonic()
            try:
                with open_publication(published) as connection:
                    numbers = connection.execute(
                        "select distinct city from marts.dim_customers"
                        " union select distinct reason_1 from marts.customer_next_actions"
                    ).fetchall()
                    stamps = connection.execute(
                        "select (select count(*) from publication.build),"
                        " (select rows from publication.tables where table_name = 'fct_orders'),"
                        " (select count(*) from marts.fct_orders)"
                    ).fetchall()
                (builds, told, rows) = stamps[0]
                # a build of its own has the cities of its customers
                is_numbered = all(str(one).lstrip("-").isdecimal() for (one,) in numbers)
                whole = len(numbers) == 1 or not is_numbered
                with lock:
                    found.opens += 1
                    found.queries += 2
                    found.mixed += not (whole and builds == 1 and told == rows)
                    found.seen[numbers[0][0]] += 1
            except Exception as error:  # every kind is one that a reader must not see
                with lock:
                    found.errors.append(repr(error))
            time.sleep(max(0.0, began + period - time.monotonic()))

    threads = [threading.Thread(target=read, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def number(home: Home, value: int) -> None:
    """Makes the next generation tell from the others."""
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        connection.execute(f"update marts.dim_customers set city = '{value}'")
        connection.execute(f"update marts.customer_next_actions set reason_1 = '{value}'")


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits until a condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} seconds"
        time.sleep(0.2)
