"""How the dashboard reads: rows of published Parquet files as they are, never more.

A query names a table, columns, values that columns must have, an order and a limit. Names are
checked against what is published, values are bound, nothing is added up: every figure is a mart's.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from pyarrow import dataset

from orchestration.publication.generations import CURRENT
from orchestration.publication.reader import HARDENED

ROWS_AT_ONCE = 10_000
# What so many queries found is kept with its generation: most readers ask the same.
QUERIES_KEPT = 1000
Value = str | int | float | bool | None


class Gone(Exception):
    """The generation was taken away meanwhile: read the one that is served now."""


@dataclass(frozen=True)
class Query:
    """Rows of one table. `where`: columns and the value, or the values, that they must have;
    `at_least`: columns and their least value; `order`: columns, `-` before one that descends."""

    table: str
    columns: tuple[str, ...]
    where: tuple[tuple[str, Value | tuple[Value, ...]], ...] = ()
    at_least: tuple[tuple[str, Value], ...] = ()
    order: tuple[str, ...] = ()
    limit: int | None = None
    distinct: bool = False


def query(
    table: str,
    columns: Sequence[str],
    where: Mapping[str, Value | tuple[Value, ...]] | None = None,
    *,
    at_least: Mapping[str, Value] | None = None,
    order: Sequence[str] = (),
    limit: int | None = None,
    distinct: bool = False,
) -> Query:
    """A Query from what a page writes."""
    return Query(
        table,
        tuple(columns),
        tuple((where or {}).items()),
        tuple((at_least or {}).items()),
        tuple(order),
        limit,
        distinct,
    )


def served(published: Path) -> Path | None:
    """Folder of the generation that is served now, or None where nothing is published."""
    link = published / CURRENT
    folder = Path(os.path.realpath(link))
    return folder if link.is_symlink() and folder.is_dir() else None


class Generation:
    """The Parquet files of one generation, opened once and read by every session."""

    def __init__(self, folder: Path) -> None:
        """`folder`: <home>/published/<generation>."""
        self.folder = folder
        self.name = folder.name
        # The engine sees no file at all: Arrow reads them, and it is handed rows.
        settings = {**HARDENED, "python_enable_replacements": "false"}
        self._connection = duckdb.connect(":memory:", config=settings)
        self._tables: dict[str, dataset.Dataset] = {}
        self._lock = threading.Lock()
        self._found = lru_cache(QUERIES_KEPT)(self._read)

    def columns(self, table: str) -> list[str]:
        """Columns of a published table. Raises KeyError where there is none, Gone where the
        generation was taken away."""
        with self._lock:
            if table not in self._tables:
                if not self.has(table):
                    if not self.folder.is_dir():
                        raise Gone(self.name)
                    raise KeyError(f"{table} is not published")
                self._tables[table] = dataset.dataset(self._path(table), format="parquet")
        return self._tables[table].schema.names

    def has(self, table: str) -> bool:
        """Whether the table is published."""
        return table.isidentifier() and self._path(table).is_file()

    def read(self, asked: Query) -> pd.DataFrame:
        """Rows of a query, decimals as doubles, read once for all readers; what one of them changes
        in them is its own. Raises KeyError for a name that is not published, Gone where the
        generation was taken away meanwhile."""
        return self._found(asked).copy(deep=False)

    def _read(self, asked: Query) -> pd.DataFrame:
        sql, values = self._sql(asked, as_doubles=True)
        with self._cursor(asked.table) as cursor:
            found = cursor.sql(sql, params=values).to_arrow_table()
        return found.to_pandas(date_as_object=False)

    @cached_property
    def definitions(self) -> dict[tuple[str, str | None], str]:
        """Descriptions by table and column; None is the table itself."""
        found = self.read(query("columns", ["table_name", "column_name", "description"]))
        listed = found.astype(object).where(found.notna(), None).itertuples(index=False)
        return {(table, column): " ".join((text or "").split()) for table, column, text in listed}

    def rows(self, asked: Query) -> Iterator[tuple[Any, ...]]:
        """The same rows one by one, exact, for a file."""
        sql, values = self._sql(asked)
        with self._cursor(asked.table) as cursor:
            found = cursor.execute(sql, values)
            while some := found.fetchmany(ROWS_AT_ONCE):
                yield from some

    def _sql(self, asked: Query, *, as_doubles: bool = False) -> tuple[str, list[Any]]:
        known = self.columns(asked.table)
        schema = self._tables[asked.table].schema

        def name(column: str) -> str:
            if column not in known:
                raise KeyError(f"{asked.table} has no column {column!r}")
            return f'"{column}"'

        def told(column: str) -> str:
            # The engine divides, which gives the nearest double; Arrow's own cast does not always.
            text = name(column)
            is_cast = as_doubles and pa.types.is_decimal(schema.field(column).type)
            return f"{text}::double as {text}" if is_cast else text

        conditions, values = [], []
        for column, value in asked.where:
            if isinstance(value, tuple):
                conditions.append(f"{name(column)} in ({', '.join('?' * len(value))})")
                values += value
            elif value is None:
                conditions.append(f"{name(column)} is null")
            else:
                conditions.append(f"{name(column)} = ?")
                values.append(value)
        for column, least in asked.at_least:
            conditions.append(f"{name(column)} >= ?")
            values.append(least)
        sql = "select distinct " if asked.distinct else "select "
        sql += ", ".join(told(column) for column in asked.columns)
        sql += f' from "{asked.table}"'
        if conditions:
            sql += f" where {' and '.join(conditions)}"
        if asked.order:
            ways = [f"{name(c.lstrip('-'))}{' desc' * c.startswith('-')}" for c in asked.order]
            sql += f" order by {', '.join(f'{way} nulls last' for way in ways)}"
        if asked.limit is not None:
            sql += f" limit {int(asked.limit)}"
        return sql, values

    def _path(self, table: str) -> Path:
        marts, stamp = (self.folder / "parquet" / schema for schema in ("marts", "publication"))
        path = stamp / f"{table}.parquet"
        return path if path.is_file() else marts / f"{table}.parquet"

    @contextlib.contextmanager
    def _cursor(self, table: str) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        cursor.register(table, self._tables[table])
        try:
            yield cursor
        except (duckdb.Error, OSError) as error:
            if not self.folder.is_dir():
                raise Gone(self.name) from error
            raise
        finally:
            cursor.close()
