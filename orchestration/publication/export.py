"""A published mart as a CSV file that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.publication.reader import open_publication

# A cell that begins so is a formula, or becomes one, in Excel, LibreOffice or Google Sheets; blanks
# before it do not help. Source: OWASP, CSV injection.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001
ROWS_AT_ONCE = 10_000


def safe(value: Any) -> Any:
    """A value as it may stand in a cell: text that would be a formula gets an apostrophe in front.

    Numbers, dates and booleans stay as they are; a null is an empty cell.
    """
    if not isinstance(value, str):
        return value
    # Whatever a spreadsheet drops before it looks: controls, blanks, byte order marks.
    bare = "".join(one for one in value if one.isprintable()).lstrip(" \u00a0\ufeff\u3000")
    if value.startswith(FORMULA) or bare.startswith(FORMULA):
        return "'" + value
    return value


def write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Writes a header and rows, every text in quotes, and returns the number of rows."""
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow(["" if value is None else safe(value) for value in row])
        count += 1
    return count


def export_mart(published: Path, mart: str, path: Path) -> int:
    """Writes a mart of the served generation to `path`, whole or not at all; returns its rows.

    Raises HoldfastError where there is no such mart, or where `path` cannot be written.
    """
    with open_publication(published) as connection:
        found = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
        ).fetchall()
        names = [name for (name,) in found]
        if mart not in names:
            raise HoldfastError(f"there is no mart {mart!r}: there are {', '.join(names)}")
        cursor = connection.execute(f"from marts.{quoted(mart)} order by all")
        columns = [column[0] for column in cursor.description]
        path = path.expanduser().absolute()
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        except OSError as error:
            raise HoldfastError(f"{path} cannot be written: {error.strerror}") from error
        new = Path(name)
        try:
            # With the mark, Excel takes the file for UTF-8.
            with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
                count = write_csv(file, columns, _rows(cursor))
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    return count


def _rows(cursor: Any) -> Iterable[Sequence[Any]]:
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield from rows
