"""The publications on disk, and which of them is served.

    <home>/published/current             symbolic link to the generation that is served
    <home>/published/<generation>/       holdfast.duckdb, parquet/, manifest.json; never changed
    <home>/published/.new-<generation>/  one that is being made
    <home>/published/history.jsonl       what was served when, a line for each swap
    <home>/reports/<generation>/         its reports, as HTML and PDF, as long as it is kept
    <home>/reports/current               symbolic link to the newest of these that is not newer than
                                         what is served: after a rollback, none of what was wrong

A reader follows `current` once and then reads one generation, whole, for as long as it likes:
the system keeps files that are open even after their folder has gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.errors import HoldfastError
from orchestration.landing.store import sync
from orchestration.settings import Settings

DATABASE, MANIFEST, CURRENT, HISTORY = (
    "holdfast.duckdb",
    "manifest.json",
    "current",
    "history.jsonl",
)
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
NEW, LINK, GONE = ".new-", ".current-", ".gone-"
REPORTS = "reports"


@dataclass(frozen=True)
class Generation:
    """One publication. `manifest` holds build_id, published_at, tables with rows and checksums, and
    the SHA-256 of every file."""

    folder: Path
    manifest: dict[str, Any]
    is_current: bool

    @property
    def name(self) -> str:
        """Instant of the publication (UTC) and the start of its build id."""
        return self.folder.name

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / DATABASE

    @property
    def published_at(self) -> datetime:
        """Instant of the publication, in UTC."""
        return datetime.fromisoformat(self.manifest["published_at"])

    @property
    def built_at(self) -> datetime:
        """Instant at which its build began, in UTC."""
        return datetime.fromisoformat(self.manifest["built_at"])

    def line(self) -> str:
        """One line for a person."""
        mark = "*" if self.is_current else " "
        tables = self.manifest["tables"]
        rows = sum(table["rows"] for table in tables.values())
        return f"{mark} {self.name}  {len(tables)} marts, {rows:,} rows, build {self._build}"

    @property
    def _build(self) -> str:
        return self.manifest["build_id"][:8]


def current(settings: Settings) -> Generation | None:
    """The generation that is served, or None."""
    return next((one for one in generations(settings) if one.is_current), None)


def generations(settings: Settings) -> list[Generation]:
    """Every whole generation, the newest first.

    Raises HoldfastError where a manifest is damaged.
    """
    served = served_name(settings)
    found = []
    for folder in settings.published.glob("*Z-*"):
        if NAME.fullmatch(folder.name) and folder.is_dir():
            found.append(Generation(folder, read_manifest(folder), folder.name == served))
    return sorted(found, key=lambda one: one.name, reverse=True)


def served_name(settings: Settings) -> str | None:
    """Name of the generation that the link leads to."""
    try:
        target = str((settings.published / CURRENT).readlink())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HoldfastError(
            f"{settings.published / CURRENT} is no link of ours: remove it, then publish again"
        ) from error
    return target if NAME.fullmatch(target) else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """manifest.json of a generation."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HoldfastError(
            f"{folder} has no manifest that can be read: remove the folder, then publish again"
        ) from error


def serve(settings: Settings, name: str, what: str) -> None:
    """Swaps the link, atomically, and books it. `what`: published, rolled back."""
    link = settings.published / f"{LINK}{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(settings.published / CURRENT)
    sync(settings.published)
    book(settings, what, name)
    settle_reports(settings)


def book(settings: Settings, what: str, name: str, **more: Any) -> None:
    """Appends a line to the history."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"at": at, "what": what, "generation": name, **more}, ensure_ascii=False)
    history = settings.published / HISTORY
    # After a kill in the middle of a line, the next one starts a line of its own.
    text = history.read_bytes() if history.exists() else b""
    begin = "" if not text or text.endswith(b"\n") else "\n"
    with history.open("a", encoding="utf-8") as file:
        file.write(begin + line + "\n")
        file.flush()
        os.fsync(file.fileno())
    history.chmod(0o644)


def read_history(settings: Settings) -> list[dict[str, Any]]:
    """Lines of the history, the oldest first; one that a kill cut short is left out."""
    entries = []
    with contextlib.suppress(FileNotFoundError):
        for line in (settings.published / HISTORY).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
    return entries


def rollback(settings: Settings, name: str | None = None) -> Generation:
    """Serves an earlier generation again: the one named, else the newest before the served one.

    Raises HoldfastError where there is none, or where its files are not what was published.
    """
    tidy(settings)
    all_of_them = generations(settings)
    served = next((one for one in all_of_them if one.is_current), None)
    if served is None:
        raise HoldfastError("nothing is published yet: run `holdfast build`")
    if name is None:
        wanted = next((one for one in all_of_them if one.name < served.name), None)
        if wanted is None:
            raise HoldfastError(f"there is no generation before {served.name} to go back to")
    else:
        wanted = next((one for one in all_of_them if one.name == name), None)
        if wanted is None:
            raise HoldfastError(
                f"there is no generation {name!r}: `holdfast generations` lists what there is"
            )
    check_files(wanted)
    serve(settings, wanted.name, "rolled back")
    return Generation(wanted.folder, wanted.manifest, True)


def check_files(generation: Generation) -> None:
    """Raises HoldfastError where a file of the generation is missing or has other bytes."""
    import hashlib

    for name, digest in generation.manifest["files"].items():
        path = generation.folder / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise HoldfastError(f"{path} cannot be read: {error.strerror}") from error
        if found != digest:
            raise HoldfastError(f"{path} is not what was published: its bytes have changed")


def tidy(settings: Settings, erased_at: datetime | None = None) -> list[str]:
    """Takes away what killed publishers left, and generations that must not or need not stay.

    Of those not served go: all but the newest `keep_generations` with the served one, those older
    than the deadline, and those built before the last erasure (`erased_at`, UTC). The served one
    stays, unless an erasure has waited for the deadline: then it is withdrawn. Returns the names of
    the generations that went.
    """
    if not settings.published.is_dir():
        return []
    for remains in (*settings.published.glob(".new-*"), *settings.published.glob(".gone-*")):
        remove(remains)
    for link in settings.published.glob(f"{LINK}*"):
        link.unlink(missing_ok=True)
    known = {entry.get("generation") for entry in read_history(settings)}
    served = served_name(settings)
    if served and served not in known:
        # Killed between the swap and its line in the book.
        book(settings, "published", served)
        known.add(served)
    now = datetime.now(UTC)
    deadline = now - timedelta(days=settings.erasure_deadline_days)
    gone, kept = [], 1
    for one in generations(settings):
        holds_erased = erased_at is not None and one.built_at <= erased_at
        if one.is_current:
            if holds_erased and erased_at and erased_at < deadline:
                (settings.published / CURRENT).unlink()
                sync(settings.published)
                _let_go(settings, one, "withdrawn")
                gone.append(one.name)
            continue
        # One that was never served was whole, and its publisher was killed before the swap.
        is_wanted = one.name in known and not holds_erased and one.published_at >= deadline
        if is_wanted and kept < settings.keep_generations:
            kept += 1
            continue
        _let_go(settings, one, "removed")
        gone.append(one.name)
    settle_reports(settings)
    return gone


def settle_reports(settings: Settings) -> None:
    """Takes away reports whose generation has gone, and lets their link lead where it should."""
    folder = settings.home / REPORTS
    if not folder.is_dir():
        return
    for remains in folder.glob(f"{LINK}*"):
        remains.unlink(missing_ok=True)
    reported = {one.name for one in folder.iterdir() if NAME.fullmatch(one.name)}
    kept = {name for name in reported if (settings.published / name).is_dir()}
    for name in reported - kept:
        remove(folder / name)
    served = served_name(settings)
    newest = max((name for name in kept if served and name <= served), default=None)
    if newest is None:
        (folder / CURRENT).unlink(missing_ok=True)
        return
    link = folder / f"{LINK}{os.getpid()}"
    link.symlink_to(newest)
    link.replace(folder / CURRENT)


def _let_go(settings: Settings, one: Generation, what: str) -> None:
    # Under another name first: what is half gone is never taken for a generation.
    aside = settings.published / f"{GONE}{one.name}"
    one.folder.rename(aside)
    book(settings, what, one.name)
    remove(aside)


def remove(folder: Path) -> None:
    """Removes a folder of ours, whose files and folders nobody may write."""
    for path in [folder, *(p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink())]:
        with contextlib.suppress(OSError):
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
