"""The folder in which deliveries arrive."""

from __future__ import annotations

from pathlib import Path

# Endings of the files that landing reads.
SUFFIXES = (".csv", ".csv.gz", ".parquet")


def is_data_file(path: Path) -> bool:
    """Whether landing reads a file of this name."""
    return path.name.lower().endswith(SUFFIXES)


def inbox_files(inbox: Path) -> list[Path]:
    """Files that a landing of `inbox` would read, in order of path; none where it is missing.

    Hidden files, and those in hidden folders, are left out: tools that copy write under such names.
    Landing moves what it reads into the vault's store.
    """
    return sorted(
        path
        for path in inbox.rglob("*")
        if is_data_file(path)
        and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
        and path.is_file()
    )
