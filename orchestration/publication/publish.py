"""Write, audit, publish: a new generation is served after every check passed, or not at all."""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import read_contract
from orchestration.dbt_arguments import all_variables
from orchestration.errors import HoldfastError, told
from orchestration.publication import audit, changes
from orchestration.publication.audit import Check, check
from orchestration.publication.copy import (
    COPY,
    Build,
    make_read_only,
    read_build,
    sync_all,
    write_database,
    write_parquet,
    write_stamp,
)
from orchestration.publication.generations import (
    MANIFEST,
    NEW,
    Generation,
    book,
    current,
    remove,
    serve,
    tidy,
)
from orchestration.settings import Settings
from orchestration.warehouse import open_beside

# A disk with less free bytes is full.
SMALLEST_ROOM = 4 * 1024 * 1024


class Refused(HoldfastError):
    """The audit found what must not be read. `checks` are all of them."""

    def __init__(self, checks: list[Check]) -> None:
        self.checks = checks
        found = "; ".join(f"{one.name}: {one.found}" for one in checks if not one.passed)
        super().__init__(f"not published, what was served before stays: {found}")


@dataclass
class Publication:
    """What was published: the generation, its checks, what changed in closed periods, and which
    generations went."""

    generation: Generation
    checks: list[Check]
    changes: list[dict[str, Any]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Lines for a person."""
        lines = [f"published: {self.generation.line()[2:]}"]
        lines += changes.summary(self.changes)
        if self.removed:
            lines.append(f"removed: {', '.join(self.removed)}")
        return lines


def publish(
    settings: Settings,
    variables: Mapping[str, Any],
    say: Callable[[str], None] = lambda line: None,
    accepted: str | None = None,
) -> Publication:
    """Publishes the last build; `variables` are dbt's. The caller holds the writer's lock.

    `accepted`: why changes of closed periods that nothing explains are right; it is booked. Raises
    Refused where a check fails, HoldfastError where there is no build to publish or something
    cannot be written. What was served before stays served then.
    """
    published = settings.published
    published.mkdir(parents=True, exist_ok=True, mode=0o755)
    published.chmod(0o755)
    tidy(settings)
    at = datetime.now(UTC).replace(microsecond=0)
    try:
        with open_beside(settings.warehouse) as connection:
            spill = settings.vault / "spill"
            connection.execute("set temp_directory = ?", [str(spill)])
            build = read_build(connection, settings)
            erased_at = last_erasure(connection)
            name = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
            folder = published / f"{NEW}{name}"
            folder.mkdir()
            try:
                result = _made(
                    connection, settings, variables, build, folder, name, at, say, accepted
                )
            except BaseException as error:
                # DuckDB does not always say what kept it from writing.
                is_full = shutil.disk_usage(published).free < SMALLEST_ROOM
                remove(folder)
                if is_full and isinstance(error, duckdb.Error):
                    raise OSError(errno.ENOSPC, f"the disk of {published} is full") from error
                raise
    except (duckdb.Error, OSError) as error:
        why = told(error)
        raise HoldfastError(f"not published, what was served before stays: {why}") from error
    serve(settings, name, "published")
    if accepted and any(one["cause"] == changes.UNEXPLAINED for one in result.changes):
        book(settings, "accepted", name, why=accepted)
    result.removed = tidy(settings, erased_at)
    return result


def _made(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    variables: Mapping[str, Any],
    build: Build,
    folder: Path,
    name: str,
    at: datetime,
    say: Callable[[str], None],
    accepted: str | None,
) -> Publication:
    """Writes the generation to `folder`, audits it, and gives it its name."""
    tables = audit.expected_contents(connection, build)
    contract = read_contract(settings.project)
    write_database(connection, build, folder)
    stated = all_variables(settings.project, variables)
    write_stamp(connection, build, name, at, tables, contract, stated)
    snapshots = variables.get("snapshot_tables") or []
    found = changes.write_changes(connection, build, current(settings), contract, snapshots)
    write_parquet(connection, build.build_id, folder)
    checks = [
        check("books_and_bridges_hold", audit.broken_checks(connection, build)),
        check("book_agrees_with_raw", audit.unbalanced_tables(connection)),
        check("no_personal_data", audit.personal_data(connection, settings)),
        check("closed_periods_explained", "" if accepted else changes.unexplained(found)),
    ]
    connection.execute(f"detach {COPY}")
    checks += [
        check("copy_equals_the_build", audit.wrong_contents(folder, tables)),
        check("one_build", audit.other_builds(folder, build.build_id)),
    ]
    for one in checks:
        say(f"audit {one.name}: {one.found or 'passed'}")
    if not all(one.passed for one in checks):
        for line in changes.summary(found):
            say(line)
        raise Refused(checks)
    manifest = {
        "build_id": build.build_id,
        "fingerprint": build.fingerprint,
        "built_at": build.started_at.isoformat(),
        "published_at": at.isoformat(),
        "duckdb_version": duckdb.__version__,
        "tables": {
            table: {"rows": one["rows"], "checksum": one["checksum"]}
            for table, one in tables.items()
        },
        "files": audit.digests(folder),
    }
    text = json.dumps(manifest, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    make_read_only(folder)
    sync_all(folder)
    whole = settings.published / name
    folder.rename(whole)
    return Publication(Generation(whole, manifest, True), checks, found)


def last_erasure(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Instant (UTC) of the last erasure, or None."""
    try:
        found = connection.execute("select max(erased_at) from raw.landing_erasures").fetchall()
    except duckdb.CatalogException:
        return None
    at = found[0][0]
    return at.replace(tzinfo=UTC) if at else None
