"""What a folder delivers: which file belongs to which raw table, and with which columns.

Everything here is checked before the warehouse is opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contract import RawColumn, RawTable
from orchestration.errors import HoldfastError, lacks_memory
from orchestration.inbox import SUFFIXES, is_data_file
from orchestration.landing.csv_reader import CsvReader


@dataclass(frozen=True)
class Delivery:
    """One file to land. `columns` pairs each contract column present with its place in the header.

    `unknown_columns` are header names that the contract does not know. Names are compared without
    regard to case, as SQL does.
    """

    path: Path
    source_file: str
    table: RawTable
    header: tuple[str, ...]
    columns: tuple[tuple[int, RawColumn], ...]
    unknown_columns: tuple[str, ...]
    stamp: tuple[int, int]

    @property
    def is_parquet(self) -> bool:
        """Whether the file is Parquet; else it is CSV."""
        return self.path.suffix.lower() == ".parquet"

    @property
    def is_gzip(self) -> bool:
        """Whether the file is gzip, of CSV."""
        return self.path.suffix.lower() == ".gz"

    def sha256(self) -> str:
        """Hex digest of the file's bytes."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def check_unchanged(self, is_same: bool = True) -> None:
        """Raises HoldfastError where the file was written to since it was planned, or where its
        bytes were seen to differ."""
        if not is_same or _stamp(self.path) != self.stamp:
            raise HoldfastError(f"{self.path} changed while it was read: deliver it again whole")


def plan(folder: Path, contract: Mapping[str, RawTable]) -> tuple[list[Delivery], list[str]]:
    """Files to land, in order of their paths, and the names of those ignored.

    Raises HoldfastError for a folder that is missing or holds no file to land, and for a file that
    is unreadable, of no known table, without a required column, or with a known column twice.
    """
    if not folder.is_dir():
        raise HoldfastError(f"{folder} is not a folder: name the folder that holds the files")
    deliveries, ignored = [], []
    for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):
        relative = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in relative.parts)
        if is_hidden or not is_data_file(path):
            ignored.append(relative.as_posix())
            continue
        try:
            deliveries.append(_delivery(path, relative, contract))
        except (OSError, pa.ArrowException) as error:
            if lacks_memory(error):  # which says nothing of the file
                raise
            text = error.strerror if isinstance(error, OSError) and error.strerror else error
            if isinstance(error, pa.ArrowException):
                text = (
                    f"{str(text).splitlines()[0].rstrip('.')}: deliver the Parquet file again whole"
                )
            raise HoldfastError(f"{path} cannot be read: {text}") from error
    if not deliveries:
        raise HoldfastError(f"{folder} holds no file to land, none of {', '.join(SUFFIXES)}")
    return deliveries, ignored


def table_name(relative: Path, contract: Mapping[str, RawTable]) -> str:
    """The raw table of a file: its name, or that of a folder above it, up to the first `.` or `-`.

    Raises HoldfastError where no name is in the contract, or where two different ones are.
    """
    stems = [part.split(".")[0].split("-")[0].lower() for part in relative.parts]
    found = {stem for stem in stems if stem in contract}
    if len(found) > 1:
        raise HoldfastError(
            f"{relative}: file and folder name different tables ({', '.join(sorted(found))}): "
            "keep one of them"
        )
    if not found:
        raise HoldfastError(
            f"{relative}: {stems[-1]} is no table of the raw contract: name the file like its "
            f"table, one of {', '.join(sorted(contract))}"
        )
    return found.pop()


def _delivery(path: Path, relative: Path, contract: Mapping[str, RawTable]) -> Delivery:
    table = contract[table_name(relative, contract)]
    stamp = _stamp(path)
    is_parquet = path.suffix.lower() == ".parquet"
    header = pq.read_schema(path).names if is_parquet else _csv_header(path)
    place = "schema" if is_parquet else "line 1"
    names = [name.lower() for name in header]

    missing = [c.name for c in table.columns if c.is_column_required and c.name not in names]
    if missing:
        hint = "name it so in the header"
        if not any(column.name in names for column in table.columns):
            hint = "no column of this table is named there: is the header missing?"
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            hint = "separate the fields with commas"
        raise HoldfastError(
            f"{path}: {place}: required column {', '.join(missing)} missing: {hint}"
        )
    known = {column.name: column for column in table.columns}
    twice = sorted({name for name in names if name in known and names.count(name) > 1})
    if twice:
        raise HoldfastError(
            f"{path}: {place}: column {', '.join(map(repr, twice))} stands twice: keep one of them"
        )
    return Delivery(
        path=path,
        source_file=relative.as_posix(),
        table=table,
        header=tuple(header),
        columns=tuple((i, known[name]) for i, name in enumerate(names) if name in known),
        unknown_columns=tuple(
            h for h, name in zip(header, names, strict=True) if name not in known
        ),
        stamp=stamp,
    )


def _csv_header(path: Path) -> list[str]:
    with CsvReader(path, path, is_gzip=path.suffix.lower() == ".gz") as reader:
        return reader.header


def _stamp(path: Path) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 (follows links, as reading does)
    return status.st_size, status.st_mtime_ns
