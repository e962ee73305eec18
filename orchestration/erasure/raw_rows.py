"""Rows of raw that belong to the persons found: they leave, or stay without their person."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from orchestration.contract import RawTable
from orchestration.erasure.files import Identifiers
from orchestration.erasure.marks import Hashes
from orchestration.erasure.persons import customer_columns, filled, is_late_order
from orchestration.landing.book import quoted
from orchestration.landing.tokens import ANONYMOUS_TOKEN

REQUESTS = "crm_erasure_requests"
IS_CUSTOMER = "in (select customer_id from erasing_customers)"
IS_LATE = "in (select customer_id from erasing_customers where is_late)"
IS_TOKEN = "in (select token from erasing_tokens)"


def erase_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Mapping[str, RawTable],
    hashes: Hashes,
    erasure_id: str,
    past_totals: str,
    who: Identifiers,
) -> None:
    """Erases rows and counts them in raw.landing_erased_rows, within the caller's transaction.

    With `keep_anonymous` rows stay under random ids, but for requests and what came late: an erased
    id that is delivered again leaves in both modes.
    """
    connection.execute(
        "create or replace temp table erasing_keys (raw_table varchar, id varchar);"
        "create or replace temp table erased_orders (raw_table varchar, id varchar);"
    )
    ordered = parents_first(contract)
    for table in ordered:
        _find_rows(connection, table, hashes, past_totals)
        if table.name == "shop_orders":
            _find_keys(connection, table, "hits", "erased_orders")
        _book(connection, table, erasure_id)
        connection.execute(
            f"delete from raw.{quoted(table.name)}"
            " where rowid in (select row_id from hits where is_leaving)"
        )
        if past_totals == "keep_anonymous":
            _anonymise(connection, table)
    _clear_borrowed_tokens(connection, contract)
    _clear_rejected_lines(connection, who)
    for raw_table, ids in (
        ("crm_customers", "select customer_id as id from erasing_customers where not is_late"),
        ("shop_orders", "select id from erased_orders"),
    ):
        connection.execute(
            "insert into raw.landing_erased_ids by name"
            f" select '{raw_table}' as raw_table, {hashes.expression('id')} as id_hash"
            f" from ({ids}) as ids",
            hashes.values,
        )


def parents_first(contract: Mapping[str, RawTable]) -> list[RawTable]:
    """Tables with rows of persons, each after those that it refers to."""
    waiting = {
        name: {c.refers_to for c in table.columns if c.refers_to and c.refers_to != name}
        for name, table in contract.items()
        if table.has_pii or any(c.refers_to for c in table.columns)
    }
    ordered: list[RawTable] = []
    while waiting:
        ready = sorted(name for name, parents in waiting.items() if not parents & set(waiting))
        ordered += [contract[name] for name in ready]
        for name in ready:
            del waiting[name]
        if not ready:
            raise ValueError(f"raw tables refer to each other in a circle: {sorted(waiting)}")
    return ordered


def _find_rows(
    connection: duckdb.DuckDBPyConnection, table: RawTable, hashes: Hashes, past_totals: str
) -> None:
    """Temporary table `hits` (row_id, is_leaving), and the keys that leave raw altogether."""
    refers = [filled(column) for column in customer_columns(table)]
    mine = [f"{text} {IS_CUSTOMER}" for text in refers]
    late = [f"{text} {IS_LATE}" for text in refers]
    if table.name != "crm_customers":
        nobody = " and ".join(f"{text} is null" for text in refers) or "true"
        mine += [
            f"{nobody} and {filled(c.name)} {IS_TOKEN}" for c in table.columns if c.contains_pii
        ]
    parents = [
        f"{filled(c.name)} in (select id from erasing_keys where raw_table = '{c.refers_to}')"
        for c in table.columns
        if c.refers_to and c.refers_to != "crm_customers"
    ]
    values: list[bytes] = []
    if table.name == "shop_orders" and hashes.are_any(connection, table.name):
        late.append(is_late_order(hashes))
        values = hashes.values
    leaves = " or ".join([*late, *parents]) or "false"
    if past_totals == "restate" or table.name == REQUESTS:
        leaves = "true"
    name = f"raw.{quoted(table.name)}"
    connection.execute(
        f"create or replace temp table hits as select rowid as row_id, {leaves} as is_leaving"
        f" from {name} where {' or '.join(f'({part})' for part in [*mine, *late, *parents])}",
        values * (1 if leaves == "true" else 2),
    )
    if len(table.key) == 1:
        _find_keys(connection, table, "hits where is_leaving", "erasing_keys")


def _find_keys(
    connection: duckdb.DuckDBPyConnection, table: RawTable, hits: str, into: str
) -> None:
    """Adds the keys of rows hit to a temporary table; not those that other rows have as well."""
    keys = f"select {filled(table.key[0])} as id from raw.{quoted(table.name)}"
    of_hits = f"where rowid in (select row_id from {hits})"
    others = f"where rowid not in (select row_id from {hits})"
    connection.execute(
        f"insert into {into} select distinct '{table.name}', id from ({keys} {of_hits}) as mine"
        f" anti join ({keys} {others}) as others using (id) where id is not null"
    )


def _book(connection: duckdb.DuckDBPyConnection, table: RawTable, erasure_id: str) -> None:
    connection.execute(
        "insert into raw.landing_erased_rows by name"
        f" select '{erasure_id}' as erasure_id, '{table.name}' as raw_table,"
        " _batch_id as batch_id, count_if(is_leaving) as rows_erased,"
        " count_if(not is_leaving) as rows_anonymised, now()::timestamp as erased_at"
        f" from raw.{quoted(table.name)} as landed inner join hits on hits.row_id = landed.rowid"
        " group by _batch_id"
    )


def _anonymise(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    name = f"raw.{quoted(table.name)}"
    staying = f"{quoted(table.name)}.rowid in (select row_id from hits where not is_leaving)"
    for column in customer_columns(table):
        connection.execute(
            f"update {name} set {quoted(column)} = erasing_customers.anonymous_id"
            f" from erasing_customers where {staying}"
            f" and cast({quoted(table.name)}.{quoted(column)} as varchar)"
            " = erasing_customers.customer_id"
        )
    for column in table.columns:
        if column.contains_pii and column.contains_pii != "name":
            place = quoted(column.name)
            connection.execute(
                f"update {name} set {place} = erasing_tokens.anonymous_token from erasing_tokens"
                f" where {staying} and {quoted(table.name)}.{place} = erasing_tokens.token"
            )
            # What somebody else carries as well has no stand-in: it is taken away.
            connection.execute(
                f"update {name} set {place} = null"
                f" where {staying} and {place} not like '{ANONYMOUS_TOKEN}%'"
            )
        elif column.contains_pii or column.is_cleared_on_erasure:
            connection.execute(f"update {name} set {quoted(column.name)} = null where {staying}")


def _clear_borrowed_tokens(
    connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable]
) -> None:
    """Rows of somebody else that carry a token of the person, as an order placed for another."""
    for table in contract.values():
        for column in table.columns:
            if column.contains_pii:
                connection.execute(
                    f"update raw.{quoted(table.name)} set {quoted(column.name)} = null"
                    f" where {filled(column.name)} {IS_TOKEN}"
                )


def _clear_rejected_lines(connection: duckdb.DuckDBPyConnection, who: Identifiers) -> None:
    """The text of refused lines that name a person; they stay counted."""
    reading = connection.cursor()
    reading.execute(
        "select rowid, line_text from raw.landing_rejected_lines where line_text is not null"
    )
    named: list[int] = []
    while rows := reading.fetchmany(10_000):
        named += [row for row, text in rows if who.are_somewhere_in(text)]
    reading.close()
    connection.execute(
        "update raw.landing_rejected_lines set line_text = null"
        " where list_contains(?::bigint[], rowid)",
        [named],
    )
