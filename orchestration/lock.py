"""One writer at a time: who writes under a home holds a lock that its child processes hold too.

DuckDB locks its file for one connection. That does not keep a second build from starting between
two parts of the first, or while a dbt process that lost its parent still writes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration import journal
from orchestration.errors import TransientError, told
from orchestration.settings import Settings

LOCK, CHILDREN = "writer.lock", "writer.children.lock"
PAUSE_SECONDS = 0.2
# Who asks who writes (`holder`) holds the lock for an instant: so it counts as busy after a while.
LOOKS, LOOK_SECONDS = 4, 0.05


@dataclass
class Run:
    """What holds the lock. `failure`: why it failed, where no exception will say so."""

    failure: str = ""


@contextmanager
def writer_lock(
    settings: Settings, what: str, say: Callable[[str], None] = lambda line: None
) -> Iterator[Run]:
    """Holds the lock while the body runs; the system lets go of it when the process ends, however.
    Files made meanwhile are their owner's alone.

    `what` is shown to others. Waits `settings.wait_seconds` for another writer and for its
    children, then raises TransientError, which names the process.
    """
    # Others may pass through the home to the publication, and read nothing else in it.
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o711)
    until = time.monotonic() + settings.wait_seconds
    place = settings.home / LOCK
    # Opened for writing, and not cut: the one who waits reads who holds it.
    with _opened(place) as lock, _opened(settings.home / CHILDREN) as children:
        _take(lock, until, lambda: _busy(place), say)
        # Children of a writer that was killed: they hold on until they have ended.
        _take(children, until, lambda: _orphaned(settings), say)
        fcntl.flock(children, fcntl.LOCK_UN)
        _note(lock, what)
        before = os.umask(0o077)
        try:
            if settings.warehouse.exists():
                settings.warehouse.chmod(0o600)
            journal.note(settings, what, journal.STARTED)
            run = Run()
            yield run
        except BaseException as error:
            with contextlib.suppress(OSError):
                journal.note(settings, what, journal.FAILED, told(error))
            raise
        else:
            outcome = journal.FAILED if run.failure else journal.ENDED
            journal.note(settings, what, outcome, run.failure)
        finally:
            os.umask(before)
            os.ftruncate(lock, 0)


def holder(settings: Settings) -> dict[str, Any] | None:
    """Who holds the lock now: pid, what, since; None where nobody does."""
    place = settings.home / LOCK
    if not place.exists():
        return None
    with _opened(place) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_note(place) or {"what": "another process", "pid": "?", "since": "?"}
    return None


def hold_as_child(home: Path) -> None:
    """Holds the children's lock until this process ends: no writer begins before."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / CHILDREN, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(
    descriptor: int, until: float, busy: Callable[[], str], say: Callable[[str], None]
) -> None:
    told, looks = False, 0
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            looks += 1
            if looks < LOOKS:
                time.sleep(LOOK_SECONDS)
                continue
            left = until - time.monotonic()
            if left <= 0:
                raise TransientError(
                    f"{busy()}: wait until it has ended, or let HOLDFAST_WAIT_SECONDS wait for it"
                ) from None
            if not told:
                say(f"{busy()}: waiting up to {left:.0f} seconds")
                told = True
            time.sleep(min(PAUSE_SECONDS, left))


def _note(descriptor: int, what: str) -> None:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    note = json.dumps({"pid": os.getpid(), "what": what, "since": since}).encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note, 0)


def _busy(place: Path) -> str:
    note = _read_note(place)
    who = f"{note['what']} (PID {note['pid']}) since {note['since']}" if note else "another process"
    return f"{place.parent} is being written by {who}"


def _read_note(place: Path) -> dict[str, Any] | None:
    try:
        note = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and {"what", "pid", "since"} <= set(note) else None


def _orphaned(settings: Settings) -> str:
    return f"{settings.home} is still being written by dbt of a run that was killed"
