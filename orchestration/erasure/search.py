"""The search for what is left of a person, in every file under the home."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.erasure.byte_search import ByteSearch
from orchestration.erasure.files import GZIP, PARQUET
from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.landing.csv_text import UTF16, CsvText

BLOCK = 1 << 20
SHORTEST = 6  # bytes of a text that is searched for as bytes; shorter ones only as whole values


@dataclass
class Needles:
    """What is searched for. `values` are compared with whole values of text columns: ids, tokens,
    plain texts. `texts`, plain texts and tokens, are searched for as bytes in every file."""

    values: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def in_bytes(self) -> ByteSearch:
        """The texts in the spellings that a program would make."""
        spellings = {
            one.encode()
            for text in self.texts
            for one in (text, text.strip(), text.lower(), text.upper(), text.casefold())
        }
        return ByteSearch(s for s in spellings if len(s) >= SHORTEST)


def search(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    needles: Needles,
    skipped: Iterable[Path] = (),
    attached: Iterable[tuple[str, Path]] = (),
    others: Iterable[Path] = (),
) -> tuple[int, dict[str, int]]:
    """Number of files searched, and how often each file holds a needle.

    Values are compared in the databases of `attached` (name, file), which `connection` has open,
    and in every Parquet file; bytes in every file but those `skipped`, unpacked where it is gzip.
    Under the folders `others`, where plain texts of other people lie, a text counts as a word only.
    """
    found: dict[str, int] = {}
    databases = dict((path, name) for name, path in attached)
    connection.execute("create or replace temp table needles (value varchar)")
    values = sorted(needles.values | needles.texts)
    if values:
        connection.execute("insert into needles select unnest(?::varchar[])", [values])
    in_bytes = needles.in_bytes()
    files, left_out, shared = 0, set(skipped), tuple(others)
    for path in sorted(p for p in home.rglob("*") if p.is_file() and not p.is_symlink()):
        if path in left_out:
            continue
        files += 1
        count = 0
        if path in databases:
            count += _in_database(connection, databases[path])
        elif _is_parquet(path):
            place = "'" + str(path).replace("'", "''") + "'"
            count += _in_columns(connection, f"read_parquet({place})", f"from {place}")
        as_words = any(path.is_relative_to(folder) for folder in shared)
        count += _in_bytes(path, in_bytes, as_words)
        if count:
            found[path.relative_to(home).as_posix()] = count
    return files, found


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == PARQUET
    except FileNotFoundError:  # see _in_bytes
        return False


def _in_database(connection: duckdb.DuckDBPyConnection, database: str) -> int:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?"
        " and not temporary",
        [database],
    ).fetchall()
    names = [f"{quoted(database)}.{quoted(schema)}.{quoted(table)}" for schema, table in tables]
    return sum(_in_columns(connection, name, f"from {name}") for name in names)


def _in_columns(connection: duckdb.DuckDBPyConnection, relation: str, query: str) -> int:
    try:
        described = connection.execute(f"describe {query}").fetchall()
    except duckdb.Error:  # no Parquet file, whatever its name says: its bytes are searched
        return 0
    columns = [name for name, kind, *_ in described if kind == "VARCHAR"]
    counts = [f"count_if({quoted(c)} in (select value from needles))" for c in columns]
    if not counts:
        return 0
    # Over no rows, count_if is null.
    found = connection.execute(f"select {' + '.join(counts)} from {relation}").fetchall()[0][0]
    return int(found or 0)


def _in_bytes(path: Path, wanted: ByteSearch, as_words: bool) -> int:
    """In the bytes of a file, and in its text where that is packed or UTF-16."""
    try:
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(0)
            count = wanted.count(iter(lambda: file.read(BLOCK), b""), as_words)
        if start == GZIP or start in UTF16:
            count += wanted.count(_text_of(path, start == GZIP), as_words)
    except FileNotFoundError:  # a log or a temporary file that went meanwhile
        return 0
    return count


def _text_of(path: Path, is_gzip: bool) -> Iterator[bytes]:
    """The text in UTF-8, as far as it can be read."""
    with contextlib.suppress(HoldfastError), CsvText(path, path, is_gzip) as text:
        while block := text.read(BLOCK):
            yield block
