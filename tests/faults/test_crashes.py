"""Kills at any point, readers all the while, no room, no memory: what is served stays whole.

HOLDFAST_KILLS, HOLDFAST_PUBLISHER_KILLS and HOLDFAST_READING_SECONDS say how long to go on.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.publication.generations import generations, served_name
from orchestration.publication.reader import open_publication
from tests.python.crashes import (
    Home,
    contents,
    kill_builds,
    new_home,
    number,
    readers,
    wait_for,
)

KILLS = int(os.environ.get("HOLDFAST_KILLS") or 30)
PUBLISHER_KILLS = int(os.environ.get("HOLDFAST_PUBLISHER_KILLS") or 40)
READING_SECONDS = int(os.environ.get("HOLDFAST_READING_SECONDS") or 300)
OPENS = 1000


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A published company with late orders landed that are not built yet. It is copied by whoever
    changes it."""
    home, late = new_home(tmp_path_factory.mktemp("company"))
    home.done("land", str(late))
    return home


@pytest.fixture(scope="session")
def undisturbed(company: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, int]:
    """The marts after a build that nobody disturbs, and the lines that it says."""
    home = company.copy(tmp_path_factory.mktemp("undisturbed") / "home")
    said = home.done("build")
    marts = home.marts()
    assert marts != company.marts()
    return marts, said.count("\n")


@pytest.fixture
def home(company: Home, tmp_path: Path) -> Iterator[Home]:
    """A copy of the company."""
    yield company.copy(tmp_path / "home")
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


@pytest.mark.parametrize("turn", range(KILLS // 2))
def test_killed_builds_leave_what_was_served_and_the_next_repairs(
    company: Home, undisturbed: tuple[dict, int], tmp_path: Path, turn: int
) -> None:
    """Two kills each: of a build, at a moment that moves through it, and of its repair."""
    marts, lines = undisturbed
    share = (turn + 0.5) / (KILLS // 2)
    kill_builds(company, tmp_path / "home", (share, 1 - share), lines, marts)


def test_killed_publishers_disturb_no_reader(home: Home) -> None:
    chance = random.Random(7)
    with readers(home.settings.published, 4) as seen:
        number(home, 0)
        began = time.monotonic()
        home.done("publish", "--accept", "test")
        seconds = time.monotonic() - began
        for turn in range(1, PUBLISHER_KILLS + 1):
            number(home, turn)
            command = home.start("publish", "--accept", "test")
            time.sleep(chance.uniform(0.2, 1.1) * seconds)
            command.kill()
        wait_for(lambda: seen.opens >= OPENS, 120, f"{OPENS} opens")
        number(home, -1)
        home.done("publish", "--accept", "test")
        wait_for(lambda: "-1" in seen.seen, 30, "the last generation")
    assert (seen.errors, seen.mixed) == ([], 0)
    assert seen.opens >= OPENS
    listed = {one.name for one in generations(home.settings)}
    left = {path.name for path in home.settings.published.iterdir()}
    assert left == listed | {"current", "history.jsonl"}
    assert len(listed) <= home.settings.keep_generations
    warnings.warn(
        f"{PUBLISHER_KILLS} publishers killed, {seen.opens:,} opens,"
        f" {len(seen.seen)} generations seen",
        stacklevel=1,
    )


def test_a_reader_keeps_its_generation_through_twenty_publications(home: Home) -> None:
    number(home, 0)
    home.done("publish", "--accept", "test")
    with open_publication(home.settings.published) as held:
        before = contents(held)
        for turn in range(1, 21):
            number(home, turn)
            home.done("publish", "--accept", "test")
            assert contents(held) == before
            with open_publication(home.settings.published) as fresh:
                cities = fresh.execute("select distinct city from marts.dim_customers").fetchall()
            assert cities == [(str(turn),)]


@pytest.mark.parametrize("command", ["build", "publish"])
def test_two_at_once(home: Home, command: str) -> None:
    accept = ("--accept", "test") if command == "publish" else ()
    first = home.start(command, *accept)
    wait_for(lambda: (home.folder / "writer.lock").read_text() != "", 30, "the lock")
    status, said = home.run(command, *accept)
    assert status == 1
    assert f"is being written by holdfast {command} (PID {first.process.pid})" in said
    status, waited = home.run(command, *accept, HOLDFAST_WAIT_SECONDS="300")
    assert status == 0 and "waiting up to" in waited
    status, said = first.end()
    assert status == 0, said[-2000:]
    assert home.marts() == home.published()


def test_builds_beside_eight_readers(home: Home) -> None:
    number(home, 0)
    home.done("publish", "--accept", "test")
    builds = 0
    with readers(home.settings.published, 8, period=0.1) as seen:
        began = time.monotonic()
        while time.monotonic() - began < READING_SECONDS:
            home.done("build")
            builds += 1
            number(home, builds)
            home.done("publish", "--accept", "test")
        seconds = time.monotonic() - began
    assert (seen.errors, seen.mixed) == ([], 0)
    assert seen.queries > 8 * seconds
    warnings.warn(
        f"{builds} builds beside 8 readers: {seen.queries / seconds:.0f} queries a second,"
        f" 0 errors in {seen.opens:,} opens",
        stacklevel=1,
    )


# --- no room, no memory -------------------------------------------------------------------------


@pytest.fixture
def small_disk(company: Home, tmp_path: Path) -> Iterator[Home]:
    """The company on a file system of its own, with 400 MB more than it needs."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    used = sum(p.stat().st_size for p in company.folder.rglob("*") if not p.is_symlink())
    size = used // 2**20 + 400
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(place)], check=False
    )
    if done.returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield company.copy(place / "home")
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(home: Home, free: int = 0) -> Path:
    """Fills the disk but for `free` bytes; the file that does it."""
    filler = home.folder.parent / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while shutil.disk_usage(home.folder).free > free:
            file.write(bytes(min(2**20, shutil.disk_usage(home.folder).free - free)))
    return filler


def when_copying(home: Home) -> bool:
    return any(home.settings.published.glob(".new-*/holdfast.duckdb"))


def when_writing_parquet(home: Home) -> bool:
    return any(home.settings.published.glob(".new-*/parquet/marts/*"))


def when_building(home: Home) -> bool:
    log = home.settings.runs / "logs" / "dbt.log"
    return log.exists() and "OK created sql table model" in log.read_text(errors="replace")


@pytest.mark.parametrize(
    "command, moment",
    [("land", None), ("build", when_building), ("publish", when_copying),
     ("publish", when_writing_parquet)],
    ids=["landing", "building", "copying", "writing Parquet"],
)  # fmt: skip
def test_a_full_disk(
    small_disk: Home,
    tmp_path: Path,
    undisturbed: tuple[dict, int],
    command: str,
    moment: Callable[[Home], bool] | None,
) -> None:
    home = small_disk
    readable = home.published()
    more = tmp_path / "more"
    more.mkdir()
    lines = [f"s{n},c{n},2025-12-20T10:00:00Z,{'x' * 400}{n}\n" for n in range(40_000)]
    (more / "support_tickets.csv").write_text(
        "ticket_id,customer_id,opened_at,category\n" + "".join(lines)
    )
    if command == "publish":
        home.done("build")
        readable = home.published()
    (home.settings.runs / "logs" / "dbt.log").unlink(missing_ok=True)
    arguments = {"land": ("land", str(more)), "publish": ("publish",), "build": ("build",)}[command]
    if moment is None:
        filler = fill(home, 3 * 2**20)
        started = home.start(*arguments)
    else:
        started = home.start(*arguments)
        wait_for(lambda: moment(home) or not started.runs, 120, command)
        os.kill(started.process.pid, signal.SIGSTOP)
        filler = fill(home)
        os.kill(started.process.pid, signal.SIGCONT)
    ended, said = started.end()
    assert ended == 1, said[-3000:]
    last = said.strip().splitlines()[-1]
    assert last.startswith("holdfast: error: "), said[-3000:]
    assert "No space left" in said or "out of disk" in said.lower() or "full" in said, last
    assert "Traceback" not in last
    assert home.published() == readable
    filler.unlink()
    home.done("build")
    assert home.marts() == home.published() == undisturbed[0]


def test_little_memory(home: Home, undisturbed: tuple[dict, int]) -> None:
    readable = home.published()
    served = served_name(home.settings)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (512 * 2**20, 512 * 2**20))

    ended, said = home.start("build", before=limit).end()
    last = said.strip().splitlines()[-1]
    if ended != 0:
        assert (served_name(home.settings), home.published()) == (served, readable)
        assert ended == 1 and last.startswith("holdfast: error: "), said[-3000:]
        assert "memory" in last
    home.done("build")
    assert home.marts() == home.published() == undisturbed[0]
    warnings.warn(f"with 512 MB a build ended with {ended}: {last}", stacklevel=1)
