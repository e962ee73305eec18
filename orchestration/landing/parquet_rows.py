"""Rows of a Parquet file into a raw table, by DuckDB itself; typed values become text."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import HoldfastError
from orchestration.landing import book
from orchestration.landing.delivery import Delivery
from orchestration.landing.report import FileReport
from orchestration.landing.tokens import Tokens

READ = "read_parquet(?, file_row_number = true, binary_as_string = true, hive_partitioning = false)"


def land_parquet(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, origin: book.Origin, tokens: Tokens
) -> FileReport:
    """Inserts every row; `_source_line` is its 1-based number. No row of a Parquet file is refused.

    Values of columns with personal data are replaced through a table of value and token that
    lives in memory only.
    """
    path = _literal(str(delivery.path))
    types = {
        name: kind
        for name, kind, *_ in connection.execute(
            f"describe select * from {READ}", [path]
        ).fetchall()
    }
    names, values, joins = [], [], []
    try:
        for place, column in delivery.columns:
            given = delivery.header[place]
            value = text_expression(f"delivered.{book.quoted(given)}", types[given])
            if column.contains_pii:
                mapping = f"tokens_{place}"
                found = connection.execute(
                    f"select distinct {value} from {READ} as delivered", [path]
                ).fetchall()
                by_value = tokens.of_all((row[0] for row in found), column.contains_pii)
                connection.register(mapping, _arrow(by_value))
                joins.append(f" left join {mapping} on {mapping}.plain = {value}")
                value = f"{mapping}.token"
            names.append(book.quoted(column.name))
            values.append(value)
        connection.execute(
            f"insert into raw.{book.quoted(delivery.table.name)}"
            f" ({', '.join(names)}, _source_line, _batch_id, _source_file, _loaded_at)"
            f" select {', '.join(values)}, delivered.file_row_number + 1, ?, ?, ?"
            f" from {READ} as delivered{''.join(joins)}",
            [origin.batch_id, origin.source_file, origin.loaded_at, path],
        )
        landed = connection.fetchall()[0][0]
    finally:
        for join in range(len(delivery.header)):
            connection.unregister(f"tokens_{join}")
    stated = pq.read_metadata(delivery.path).num_rows
    if landed != stated:
        raise HoldfastError(
            f"{delivery.path}: {stated} rows stated, {landed} read: deliver it again"
        )
    return FileReport(delivery.source_file, delivery.table.name, landed, delivery.unknown_columns)


def text_expression(value: str, kind: str) -> str:
    """SQL for `value` of DuckDB type `kind` as text.

    Instants are ISO 8601 with `T` (and `+00:00` where the type knows its zone), booleans true and
    false, doubles the shortest decimal text that means the same double, without exponent between
    1e-20 and 1e38. Null stays null.
    """
    text = f"cast({value} as varchar)"
    if kind == "VARCHAR":
        return value
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace(replace({text}, ' ', 'T'), '\\+00$', '+00:00')"
    if kind in ("DOUBLE", "FLOAT"):
        plain = f"cast(try_cast({text} as decimal(38, 0)) as varchar)"
        small = f"rtrim(cast(try_cast({text} as decimal(38, 37)) as varchar), '0')"
        return (
            f"case when {text} like '%.0' then replace({text}, '.0', '')"
            f" when {text} like '%e+%' then coalesce({plain}, {text})"
            f" when {text} like '%e-%' and abs({value}) >= 1e-20 then coalesce({small}, {text})"
            f" else {text} end"
        )
    return text


def _arrow(by_value: dict[str | None, str | None]) -> pa.Table:
    by_value.pop(None, None)
    return pa.table(
        {
            "plain": pa.array(by_value.keys(), pa.string()),
            "token": pa.array(by_value.values(), pa.string()),
        }
    )


def _literal(path: str) -> str:
    """`path` so that DuckDB takes none of its characters for a pattern."""
    return "".join(f"[{character}]" if character in "[*?" else character for character in path)
