"""Stored files without the persons: their records are overwritten with blanks.

A record keeps its length and its line ends, so lines and byte offsets in the book still lead to
the right place. Records are told apart by the landing's own readers.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contract import RawColumn, RawTable
from orchestration.erasure.byte_search import ByteSearch
from orchestration.landing.csv_reader import CsvReader, PlacedRecord, PlacedRows
from orchestration.landing.csv_text import UTF16
from orchestration.landing.parquet_rows import text_batches
from orchestration.landing.records import LINE_TOO_LONG
from orchestration.landing.tokens import normalise

BLOCK_BYTES = 4 * 1024 * 1024
PARQUET, GZIP = b"PAR1", b"\x1f\x8b"
BETWEEN_WORDS = re.compile(r"[,;|\s\"]+")
Values = Sequence[str | bytes | None]


@dataclass
class Identifiers:
    """What persons are known by, as far as nobody else is: ids, erased keys by raw table, and
    normalised texts by kind."""

    customers: set[str] = field(default_factory=set)
    keys: Mapping[str, set[str]] = field(default_factory=dict)
    texts: Mapping[str, set[str]] = field(default_factory=dict)

    def own(self, table: RawTable, columns: Mapping[int, RawColumn]) -> Owned:
        """Which rows of `table`, which has `columns` at these places, are a person's: by key, by
        what they refer to, by e-mail or phone. People share names."""
        ids: dict[int, set[str]] = {}
        texts: dict[int, tuple[str, set[str]]] = {}
        for place, column in columns.items():
            targets = {column.refers_to, table.name if (column.name,) == table.key else None}
            mine = set().union(*(self.keys.get(target, ()) for target in targets if target))
            mine |= self.customers if "crm_customers" in targets else set()
            if mine:
                ids[place] = mine
            kind = column.contains_pii
            if kind and kind != "name" and self.texts.get(kind):
                texts[place] = (kind, self.texts[kind])
        return Owned(ids, texts)

    @cached_property
    def _somewhere(self) -> tuple[ByteSearch, ByteSearch]:
        """What is looked for anywhere in a text: e-mails and names, and phones."""
        words = [*self.texts.get("email", ()), *self.texts.get("name", ())]
        phones = self.texts.get("phone", ())
        return (
            ByteSearch(_bytes(one) for one in words if len(one) > 3),
            ByteSearch(_bytes(one) for one in phones if len(one) > 5),
        )

    def are_somewhere_in(self, text: str) -> bool:
        """Whether a record that is no row names a person in any way."""
        if not self.customers.isdisjoint(BETWEEN_WORDS.split(text)):
            return True
        words, phones = self._somewhere
        return words.is_in(_bytes(normalise(text, "name"))) or phones.is_in(
            _bytes(normalise(text, "phone"))
        )


class Owned:
    """Which rows of one table are a person's: those with one of these ids, or normalised texts of
    a kind, at these places."""

    def __init__(
        self, ids: Mapping[int, set[str]], texts: Mapping[int, tuple[str, set[str]]]
    ) -> None:
        self._texts = texts
        self._ids = {place: mine | {one.encode() for one in mine} for place, mine in ids.items()}
        self._id_sets = {place: pa.array(mine, pa.string()) for place, mine in ids.items()}

    @property
    def places(self) -> set[int]:
        """The fields that tell."""
        return {*self._ids, *self._texts}

    def is_one(self, values: Values) -> bool:
        """Whether a row is one."""
        return any(values[place] in mine for place, mine in self._ids.items()) or any(
            self._is_text(values[place], kind, mine) for place, (kind, mine) in self._texts.items()
        )

    def which(self, fields: Mapping[int, pa.Array | pa.ChunkedArray], rows: int) -> np.ndarray:
        """Which of many rows are: `fields` are their texts by place."""
        are = np.zeros(rows, bool)
        for place, mine in self._id_sets.items():
            are |= pc.is_in(fields[place], mine).to_numpy(zero_copy_only=False)
        for place, (kind, mine) in self._texts.items():
            # Each different text is judged once.
            different = pc.unique(fields[place])
            found = [one for one in different.to_pylist() if self._is_text(one, kind, mine)]
            if found:
                found_set = pa.array(found, pa.string())
                are |= pc.is_in(fields[place], found_set).to_numpy(zero_copy_only=False)
        return are

    def _is_text(self, value: str | bytes | None, kind: str, mine: set[str]) -> bool:
        return bool(value) and normalise(_text(value), kind) in mine


def blank_records(path: Path, new: Path, tables: Iterable[RawTable], who: Identifiers) -> int:
    """Writes the stored file at `path` to `new`, with blanks in place of the persons' records;
    returns how many those were. Where there are none, `new` may hold anything.

    `tables` are those that the file may belong to: where all columns that one of them requires are
    there, its rules say whose a row is. What is no row, or fits no table, is a person's where it
    names one in any way. Raises HoldfastError, pa.ArrowException or
    duckdb.Error where the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(-min(4, path.stat().st_size), 2)
        end = file.read()
    if start == end == PARQUET:
        return _blank_parquet(path, new, tables, who)
    return _blank_csv(path, new, start.startswith(GZIP), tables, who)


def _blank_csv(
    path: Path, new: Path, is_gzip: bool, tables: Iterable[RawTable], who: Identifiers
) -> int:
    blanked = 0
    with ExitStack() as opened:
        reader = opened.enter_context(CsvReader(path, path, is_gzip))
        source, target = opened.enter_context(path.open("rb")), opened.enter_context(new.open("wb"))
        if is_gzip:
            source = opened.enter_context(gzip.GzipFile(fileobj=source, mode="rb"))
            # no name and no time in it: the same records make the same bytes
            packed = gzip.GzipFile(filename="", fileobj=target, mode="wb", mtime=0)
            target = opened.enter_context(packed)
        judges = _judges(reader.header, tables, who)
        header = source.read(reader.header_bytes)
        encoding = UTF16.get(header[:2])
        target.write(header)
        as_it_is = 0
        # Of no judge nothing is a row; of one that knows no id here any field will do.
        places = sorted(set().union(*(judge.places for judge in judges)) or {0})
        columns = {place: f"field_{place}" for place in places} if judges else {}
        for part in reader.in_place(columns):
            if isinstance(part, PlacedRows):
                are_mine = _which(judges, part.rows.table, columns)
                if not are_mine.any():
                    as_it_is += part.size_bytes
                    continue
                target.writelines(_blocks(source, as_it_is))
                as_it_is = 0
                data = bytearray().join(_blocks(source, part.size_bytes))
                for row in np.flatnonzero(are_mine).tolist():
                    begin, end = part.rows.begins[row], part.rows.ends[row]
                    data[begin:end] = _blanks(bytes(data[begin:end]), None)
                target.write(data)
                blanked += int(are_mine.sum())
            elif _is_of_a_person(part, judges, who):
                blanked += 1
                target.writelines(_blocks(source, as_it_is))
                as_it_is = 0
                for data in _blocks(source, part.size_bytes):
                    target.write(_blanks(data, encoding))
            else:
                as_it_is += part.size_bytes
        target.writelines(_blocks(source, as_it_is))
    return blanked


def _judges(header: Sequence[str], tables: Iterable[RawTable], who: Identifiers) -> list[Owned]:
    """Which rows are a person's, for each table whose required columns stand in the header."""
    names = [name.lower() for name in header]
    judges = []
    for table in tables:
        if all(c.name in names for c in table.columns if c.is_column_required):
            columns = {names.index(c.name): c for c in table.columns if c.name in names}
            judges.append(who.own(table, columns))
    return judges


def _which(judges: list[Owned], table: pa.Table, columns: Mapping[int, str]) -> np.ndarray:
    """Which rows are a person's by any of the judges."""
    fields = {place: table.column(name) for place, name in columns.items()}
    found = [judge.which(fields, table.num_rows) for judge in judges]
    return np.logical_or.reduce(found)


def _is_of_a_person(record: PlacedRecord, judges: list[Owned], who: Identifiers) -> bool:
    if judges and not record.taken.reason:
        return any(judge.is_one(row) for row in record.taken.rows for judge in judges)
    if not record.text.strip(b" \r\n"):
        return False  # blank already
    if record.taken.reason == LINE_TOO_LONG:
        return True  # nobody can say whom it names, and it never was a row
    return who.are_somewhere_in(record.text.decode(errors="replace"))


def _blocks(source: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (data := source.read(min(size, BLOCK_BYTES))):
        size -= len(data)
        yield data


def _blanks(data: bytes, encoding: str | None) -> bytes:
    """As many bytes, all blank but the line ends."""
    if encoding is None:
        return re.sub(rb"[^\r\n]", b" ", data)
    kind = "<u2" if encoding == "utf-16-le" else ">u2"
    units = np.frombuffer(data, kind, len(data) // 2).copy()
    units[(units != ord("\r")) & (units != ord("\n"))] = ord(" ")
    return units.tobytes() + b" " * (len(data) % 2)


def _blank_parquet(path: Path, new: Path, tables: Iterable[RawTable], who: Identifiers) -> int:
    blanked = 0
    with pq.ParquetFile(path) as source:
        schema = pa.schema([field.with_nullable(True) for field in source.schema_arrow])
        keep = _kept_rows(path, schema.names, tables, who)
        if keep.all():
            for _ in source.iter_batches(50_000):
                pass  # what cannot be read to its end is to be noticed
            return 0
        with pq.ParquetWriter(new, schema) as target:
            for batch in source.iter_batches(50_000):
                here, keep = keep[: batch.num_rows], keep[batch.num_rows :]
                blanked += batch.num_rows - int(here.sum())
                columns = [
                    pc.if_else(pa.array(here), column, pa.scalar(None, field.type))
                    for column, field in zip(batch.columns, schema, strict=True)
                ]
                target.write_table(pa.table(columns, schema=schema))
    return blanked


def _kept_rows(
    path: Path, header: list[str], tables: Iterable[RawTable], who: Identifiers
) -> np.ndarray:
    """Which rows of a Parquet file are nobody's who is erased."""
    keep = np.ones(pq.read_metadata(path).num_rows, bool)
    given = {name.lower(): name for name in header}
    with duckdb.connect() as reading:
        reading.execute("set TimeZone = 'UTC'")
        reading.execute("set temp_directory = ''")
        for table in tables:
            if all(c.name in given for c in table.columns if c.is_column_required):
                columns = [c for c in table.columns if c.name in given]
                judge = who.own(table, dict(enumerate(columns)))
                if not judge.places:
                    continue
                named = [(given[column.name], column) for column in columns]
                place = 0
                for batch in text_batches(reading, path, named):
                    fields = dict(enumerate(batch.columns))
                    keep[place : place + len(batch)] &= ~judge.which(fields, len(batch))
                    place += len(batch)
    return keep


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
