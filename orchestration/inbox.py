"""The folder in which deliveries arrive."""

from __future__ import annotations

from pathlib import Path

from orchestration.landing.delivery import SUFFIXES


def inbox_files(inbox: Path) -> list[Path]:
    """Files that a landing of `inbox` would read, in order of path; none where it is missing.

    Hidden files, and those in hidden folders, are left out: tools that copy write under such names.
    """
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
        and path.is_file()
    )
