"""Rows of a file, as tables of text, into its raw table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from orchestration.landing import book
from orchestration.landing.delivery import Delivery
from orchestration.landing.records import RejectedRecord
from orchestration.landing.tokens import Tokens


class RowWriter:
    """Inserts the rows of one file, with tokens in place of personal data."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        origin: book.Origin,
        tokens: Tokens,
    ) -> None:
        self._connection, self._delivery = connection, delivery
        self._origin, self._tokens = origin, tokens
        columns = [column.name for _, column in delivery.columns]
        self._schema = pa.schema(
            [(name, pa.string()) for name in columns] + [("_source_line", pa.int64())]
        )
        names = ", ".join(map(book.quoted, columns))
        self._insert = (
            f"insert into raw.{book.quoted(delivery.table.name)}"
            f" ({names}, _source_line, _batch_id, _source_file, _loaded_at)"
            f" select {names}, _source_line, ?, ?, ? from landing_rows"
        )

    def insert(self, tables: Iterable[pa.Table]) -> None:
        """Inserts all rows of `tables`, whose columns bear the contract's names, as they come.

        One statement for many tables: DuckDB then writes each part of the raw table once. What
        `tables` raises is raised here; otherwise raises duckdb.Error.
        """
        errors: list[BaseException] = []

        def batches() -> Iterator[pa.RecordBatch]:
            # DuckDB calls this from a thread of its own and would show an error as its own.
            try:
                for table in tables:
                    yield from self._prepared(table).to_batches()
            except BaseException as error:
                errors.append(error)

        reader = pa.RecordBatchReader.from_batches(self._schema, batches())
        origin = self._origin
        self._connection.register("landing_rows", reader)
        try:
            self._connection.execute(
                self._insert, [origin.batch_id, origin.source_file, origin.loaded_at]
            )
        finally:
            self._connection.unregister("landing_rows")
        if errors:
            raise errors[0]

    def reject(self, rejected: list[RejectedRecord]) -> None:
        """Books refused records. Raises duckdb.Error."""
        book.add_rejected(self._connection, self._origin, self._delivery.table, rejected)

    def _prepared(self, table: pa.Table) -> pa.Table:
        """`table` in few pieces, its personal data replaced."""
        table = table.combine_chunks()
        for _, column in self._delivery.columns:
            if column.contains_pii:
                place = table.schema.get_field_index(column.name)
                tokens = self._tokenised(table.column(place), column.contains_pii)
                table = table.set_column(place, column.name, tokens)
        return table.cast(self._schema)

    def _tokenised(self, values: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
        """Tokens for `values`, each distinct one computed once per piece."""
        parts = []
        for values_part in values.chunks:
            encoded = values_part.dictionary_encode()
            distinct = encoded.dictionary.to_pylist()
            by_value = self._tokens.of_all(distinct, kind)
            tokens = pa.array([by_value[value] for value in distinct], pa.string())
            parts.append(tokens.take(encoded.indices))
        return pa.chunked_array(parts, pa.string())
