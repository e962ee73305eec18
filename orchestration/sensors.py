"""What notices deliveries, and what tells of failures."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from orchestration import journal
from orchestration.alerts import alert
from orchestration.errors import HoldfastError
from orchestration.inbox import inbox_files
from orchestration.settings import Settings


def inbox_sensor(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Requests one run of `job` for the files that came since the last one.

    A landing takes the whole inbox, so it waits until no file there was written to in the last
    HOLDFAST_INBOX_SETTLE_SECONDS (default 60). The cursor holds a digest of name, size and time of
    change per file; the run key, one of them all: the same inbox never runs twice. A run that
    failed is not repeated here: a file put right is a new file, and the nightly schedule comes.
    """

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=30,
        description="Lands and builds when new complete files lie in the inbox.",
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        folder = Settings.from_env().inbox
        files = stamps(folder)
        seen = set(json.loads(context.cursor or "[]"))
        new = [name for name, stamp in files.items() if stamp.digest not in seen]
        if not new:
            return dg.SkipReason(f"nothing new in {folder}")
        settle = settle_seconds(os.environ)
        writing = [name for name, stamp in files.items() if not stamp.is_settled(settle)]
        if writing:
            return dg.SkipReason(
                f"waiting: {_names(writing)} changed within the last {settle} seconds"
            )
        digests = sorted(stamp.digest for stamp in files.values())
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=f"inbox-{_digest(*digests)}", tags={"holdfast/new_files": str(len(new))}
                )
            ],
            cursor=json.dumps(digests),
        )

    return inbox


def alert_sensor() -> dg.SensorDefinition:
    """Tells people of every run that failed, where HOLDFAST_ALERT_COMMAND or HOLDFAST_ALERT_URL say
    how. A run that is tried again by itself is told too, since it may fail again."""

    @dg.run_failure_sensor(
        name="alerts",
        description="Tells the alert command or webhook of every run that failed.",
        default_status=dg.DefaultSensorStatus.RUNNING,
        monitor_all_code_locations=False,
    )
    def alerts(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        failed = journal.last(settings := Settings.from_env(), journal.DAGSTER_RUN)
        why = (failed or {}).get("why") or context.failure_event.message or "no reason was given"
        alert(settings, f"holdfast: {run.job_name} failed", f"run {run.run_id}: {why}")

    return alerts


class Stamp:
    """Which state of a file lies in the inbox."""

    def __init__(self, name: str, size: int, changed_ns: int) -> None:
        self.changed_ns = changed_ns
        self.digest = _digest(name, str(size), str(changed_ns))

    def is_settled(self, seconds: int) -> bool:
        """Whether the file was left alone for `seconds`; a time far in the future does not wait."""
        return abs(time.time_ns() - self.changed_ns) >= seconds * 1_000_000_000


def stamps(folder: Path) -> dict[str, Stamp]:
    """Stamps of the files to land, by name relative to `folder`; a vanished file is left out."""
    found = {}
    for path in inbox_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found[name] = Stamp(name, status.st_size, status.st_mtime_ns)
    return found


def settle_seconds(environ: Mapping[str, str]) -> int:
    """Seconds for which files have to be left alone. Raises HoldfastError for no whole number."""
    text = environ.get("HOLDFAST_INBOX_SETTLE_SECONDS") or "60"
    if not text.isdecimal():
        raise HoldfastError(f"HOLDFAST_INBOX_SETTLE_SECONDS is {text!r}: state whole seconds")
    return int(text)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _names(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
