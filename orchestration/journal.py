"""What was run when, and how it ended: <home>/runs/journal.jsonl.

There is a line for each beginning and each end. A beginning without an end is a run that was
killed.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from typing import Any

from orchestration.settings import Settings

# Name of a run of Dagster's, in the journal and for those who wait.
DAGSTER_RUN = "Dagster run"
LARGEST = 1 << 20
STARTED, ENDED, FAILED = "started", "ended", "failed"


def note(settings: Settings, what: str, outcome: str, why: str = "") -> None:
    """Appends a line: `what` ran, its outcome (started, ended, failed), and why it failed."""
    path = settings.runs / "journal.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "pid": os.getpid()}
    entry |= {"what": what, "outcome": outcome}
    if why:
        entry["why"] = " ".join(why.split())[:2000]
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".old.jsonl"))
    # One write, so that lines of two processes never mix.
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def last(settings: Settings, *names: str) -> dict[str, Any] | None:
    """The newest line of these runs, or None."""
    for entry in reversed(read(settings)):
        if entry["what"] in names:
            return entry
    return None


def read(settings: Settings) -> list[dict[str, Any]]:
    """Lines of the journal, the oldest first; one that a kill cut short is left out."""
    entries = []
    with contextlib.suppress(FileNotFoundError):
        text = (settings.runs / "journal.jsonl").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
    return [entry for entry in entries if {"at", "what", "outcome", "pid"} <= set(entry)]
