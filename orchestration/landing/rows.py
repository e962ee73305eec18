"""Rows of a file, as tables of text, into its raw table."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

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
        names = ", ".join(book.quoted(column.name) for _, column in delivery.columns)
        self._insert = (
            f"insert into raw.{book.quoted(delivery.table.name)}"
            f" ({names}, _source_line, _batch_id, _source_file, _loaded_at)"
            f" select {names}, _source_line, ?, ?, ? from landing_batch"
        )

    def prepared(self, table: pa.Table) -> pa.Table:
        """`table`, whose columns bear the contract's names, with its personal data replaced."""
        for _, column in self._delivery.columns:
            if column.contains_pii:
                place = table.schema.get_field_index(column.name)
                tokens = self._tokenised(table.column(place), column.contains_pii)
                table = table.set_column(place, column.name, tokens)
        return table

    def write(self, table: pa.Table | None, rejected: list[RejectedRecord]) -> None:
        """Inserts prepared rows and books refused records. Raises duckdb.Error."""
        if table is not None and table.num_rows:
            origin = self._origin
            self._connection.register("landing_batch", table)
            self._connection.execute(
                self._insert, [origin.batch_id, origin.source_file, origin.loaded_at]
            )
            self._connection.unregister("landing_batch")
        book.add_rejected(self._connection, self._origin, self._delivery.table, rejected)

    def _tokenised(self, values: pa.ChunkedArray, kind: str) -> pa.Array:
        encoded = pc.dictionary_encode(values.combine_chunks())
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        distinct = encoded.dictionary.to_pylist()
        by_value = self._tokens.of_all(distinct, kind)
        tokens = pa.array([by_value[value] for value in distinct], pa.string())
        return tokens.take(encoded.indices)
