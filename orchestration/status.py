"""Whether tonight's numbers can be trusted, in ten lines; and if not, what to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from orchestration import journal
from orchestration.contract import read_contract
from orchestration.errors import HoldfastError
from orchestration.freshness import ages
from orchestration.lock import holder
from orchestration.publication.changes import UNEXPLAINED
from orchestration.publication.generations import Generation, current, generations
from orchestration.publication.reader import open_hardened
from orchestration.settings import Settings
from orchestration.warehouse import rows_of

BUILDS = ("holdfast build", "holdfast publish", journal.DAGSTER_RUN)
STALE_HOURS = 36


@dataclass
class Status:
    """What is known. `faults` say why the figures are not to be trusted; `lines` tell the rest."""

    faults: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def text(self) -> list[str]:
        """At most ten lines, the verdict first."""
        verdict = "trust: yes" if not self.faults else f"trust: NO: {'; '.join(self.faults)}"
        return [verdict, *self.lines][:10]


def status(settings: Settings, now: datetime | None = None) -> Status:
    """What the publication, the journal and the lock say; the warehouse is not opened, so that a
    build may run meanwhile."""
    now = now or datetime.now(UTC)
    found = Status()
    try:
        _of_runs(settings, found)
    except PermissionError:
        found.lines.append("runs: this user may not see them; their owner's `holdfast status` does")
    try:
        served = current(settings)
    except HoldfastError as error:
        found.faults.append(str(error))
        return found
    if served is None:
        found.faults.append("nothing is published yet: run `holdfast build`")
        return found
    age = (now - served.published_at).total_seconds() / 3600
    if age > STALE_HOURS:
        found.faults.append(f"what is served is {age:.0f} hours old")
    newest = generations(settings)[0]
    back = "" if newest.is_current else f", rolled back from {newest.name}"
    found.lines.insert(0, f"served: {served.line()[2:]}, {age:.1f} hours old{back}")
    of_data = status_of(settings, served, now)
    found.faults += of_data.faults
    found.lines += of_data.lines
    listed = generations(settings)
    found.lines.append(
        f"rollback: {len(listed) - 1} other generations; `holdfast generations` lists them"
    )
    return found


def status_of(settings: Settings, served: Generation, now: datetime) -> Status:
    """What a generation says of itself, and how old its deliveries are at an instant."""
    found = Status()
    with open_hardened(served.database) as connection:
        _of_data(connection, found)
        _of_deliveries(settings, connection, found, now)
        _of_changes(connection, found)
        _of_forecasts(connection, found)
    return found


def _of_runs(settings: Settings, found: Status) -> None:
    writes = holder(settings)
    entry = journal.last(settings, *BUILDS)
    if writes:
        found.lines.append(
            f"running: {writes['what']} (PID {writes['pid']}) since {writes['since']}"
        )
    if entry is None:
        return
    is_running = bool(writes) and writes["pid"] == entry["pid"]
    outcome = entry["outcome"]
    if outcome == journal.STARTED and not is_running:
        outcome = "was killed"
        found.faults.append("the last build was killed: run `holdfast build` again")
    if outcome == journal.FAILED:
        found.faults.append("the last build failed, so older figures are served")
    why = f": {entry['why']}" if entry.get("why") else ""
    found.lines.append(f"last run: {entry['what']} {outcome}, {entry['at']}{why}")
    landing = journal.last(settings, "holdfast land")
    if landing and landing["outcome"] == journal.FAILED:
        found.faults.append("the last landing failed")
        found.lines.append(f"last landing: failed, {landing['at']}: {landing.get('why', '')}")


def _of_data(connection: duckdb.DuckDBPyConnection, found: Status) -> None:
    (stamp,) = rows_of(connection, "from publication.build")
    book = rows_of(connection, "from marts.data_quality")
    wrong = sorted(row["raw_table"] for row in book if not row["is_balanced"])
    if wrong:
        found.faults.append(f"the book does not balance: {', '.join(wrong)}")
    refused = sum(row["rows_quarantined"] + row["lines_rejected"] for row in book)
    landed = sum(row["rows_landed"] for row in book)
    found.lines.append(f"data: everything before {stamp['as_of_date']}")
    found.lines.append(
        f"book: {len(book)} raw tables {'NOT ' if wrong else ''}balanced, {landed:,} rows landed,"
        f" {refused:,} rows and lines refused; `holdfast quality` lists them"
    )


def _of_deliveries(
    settings: Settings, connection: duckdb.DuckDBPyConnection, found: Status, now: datetime
) -> None:
    rows = rows_of(connection, "select raw_table, newest_loaded_at from publication.deliveries")
    newest = {row["raw_table"]: row["newest_loaded_at"] for row in rows}
    late = [
        one for one in ages(newest, read_contract(settings.project), now) if one.state != "fresh"
    ]
    stale = [f"{one.raw_table} ({one.text})" for one in late if one.state == "error"]
    if stale:
        found.faults.append(f"deliveries stopped: {', '.join(stale)}")
    told = ", ".join(f"{one.raw_table} {one.text}" for one in late)
    found.lines.append(f"deliveries: {'late: ' + told if told else 'all in time'}")


def _of_changes(connection: duckdb.DuckDBPyConnection, found: Status) -> None:
    rows: list[dict[str, Any]] = rows_of(
        connection,
        "select cause, count(distinct (mart, period_grain, period_start)) as periods"
        " from publication.metric_changes group by cause order by cause",
    )
    if any(row["cause"] == UNEXPLAINED for row in rows):
        found.faults.append("closed periods changed without a cause, and that was accepted")
    causes = ", ".join(f"{row['cause']} ({row['periods']})" for row in rows)
    found.lines.append(f"closed periods changed: {causes or 'none'}")


def _of_forecasts(connection: duckdb.DuckDBPyConnection, found: Status) -> None:
    rows = connection.execute(
        "select forecast_status, count(*) from marts.customer_forecasts group by all order by all"
    ).fetchall()
    states = ", ".join(f"{count:,} {state}" for state, count in rows)
    found.lines.append(f"forecasts: {states or 'none'}")
