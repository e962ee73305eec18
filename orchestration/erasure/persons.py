"""Who is to be erased: from requests to all records that are the same person.

Everything is found in raw itself, in the newest version of each record, because the build that
would tell may be old or missing. Three temporary tables hold the answer:

- `erasing_customers` (customer_id, is_late, anonymous_id): is_late marks an erased id that was
  delivered again
- `found` (customer_id, requested_by): the same by request; null by what came late
- `erasing_tokens` (token, anonymous_token): tokens that nobody else carries
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.erasure.marks import ANONYMOUS_ID, Hashes
from orchestration.landing.book import quoted
from orchestration.landing.tokens import ANONYMOUS_TOKEN

# The newest version of each id, as the verdicts of staging rank them.
NEWEST = """
    order by
        try_cast(updated_at as timestamptz) desc nulls last, _loaded_at desc nulls last,
        _batch_id desc nulls last, _source_file desc nulls last, _source_line desc nulls last
"""
IS_DELETED = (
    "lower(trim(coalesce(cast(is_deleted as varchar), ''))) in ('true', 't', 'yes', 'y', '1')"
)
# Rows of landings in which an erased id may have come again.
IS_UNSEARCHED = (
    "(_batch_id is null or _batch_id not in (select batch_id from raw.landing_searched_batches))"
)


def filled(column: str) -> str:
    """SQL: the column as text, null where it is blank."""
    text = f"cast({quoted(column)} as varchar)"
    return f"case when replace({text}, ' ', '') <> '' then {text} end"


def find_persons(
    connection: duckdb.DuckDBPyConnection,
    contract: Mapping[str, RawTable],
    hashes: Hashes,
    merge_on_shared_tokens: bool,
) -> None:
    """Makes the temporary tables; they are empty where nobody is to be erased."""
    connection.execute(f"""
        create or replace temp table erasing_requests as
        select customer_id, requested_at from (
            select
                {filled("customer_id")} as customer_id,
                cast(requested_at as varchar) as requested_at,
                {IS_DELETED} as is_deleted,
                row_number() over (partition by customer_id {NEWEST}) as version
            from raw.crm_erasure_requests
            where try_cast(requested_at as timestamptz) >= timestamptz '1990-01-01 00:00:00+00'
        )
        where version = 1 and not is_deleted and customer_id is not null
    """)
    connection.execute("""
        create or replace temp table found
            (customer_id varchar, requested_by varchar, is_late boolean);
        insert into found select customer_id, customer_id, false from erasing_requests;
    """)
    if connection.execute("select 1 from found limit 1").fetchall():
        _close(connection, merge_on_shared_tokens)
    _add_late(connection, contract, hashes)
    _name_anonymously(connection, contract)


def _close(connection: duckdb.DuckDBPyConnection, merge_on_shared_tokens: bool) -> None:
    """Adds every record that is the same person: along links, and over shared tokens."""
    connection.execute(f"""
        create or replace temp table links as
        with recursive newest as (
            select
                {filled("customer_id")} as customer_id,
                {filled("merged_into_customer_id")} as target_id,
                {IS_DELETED} as is_deleted,
                row_number() over (partition by customer_id {NEWEST}) as version
            from raw.crm_customer_links
            where
                try_cast(linked_at as timestamptz) is not null
                and {filled("customer_id")} is not null
                and {filled("merged_into_customer_id")} is not null
        ),
        counting as (
            select customer_id, target_id from newest where version = 1 and not is_deleted
        ),
        walk as (
            select customer_id as first_id, target_id as id, 1 as steps from counting
            union all
            select walk.first_id, counting.target_id, walk.steps + 1
            from walk
            inner join counting on walk.id = counting.customer_id
            where walk.id <> walk.first_id and walk.steps < 50
        )
        -- a cycle is bad input and makes nobody the same person
        select * from counting
        where customer_id not in (select first_id from walk where id = first_id)
    """)
    connection.execute(f"""
        create or replace temp table records as
        select customer_id, email, phone from (
            select
                {filled("customer_id")} as customer_id,
                {filled("email")} as email,
                {filled("phone")} as phone,
                row_number() over (partition by customer_id {NEWEST}) as version
            from raw.crm_customers
            where try_cast(created_at as timestamptz) is not null
        )
        where version = 1 and customer_id is not null
    """)
    neighbours = [
        "select target_id as customer_id, requested_by from links inner join found"
        " using (customer_id)",
        "select links.customer_id, requested_by from links inner join found"
        " on links.target_id = found.customer_id",
    ]
    if merge_on_shared_tokens:
        neighbours += [
            "select other.customer_id, requested_by from records as own inner join found"
            " using (customer_id)"
            f" inner join records as other on own.{token} = other.{token}"
            for token in ("email", "phone")
        ]
    while True:
        added = connection.execute(
            "insert into found select distinct customer_id, requested_by, false"
            f" from ({' union '.join(neighbours)}) anti join found"
            " using (customer_id, requested_by)"
        ).fetchall()[0][0]
        if not added:
            return


def _add_late(
    connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable], hashes: Hashes
) -> None:
    """Adds ids that were erased before and came again. Whoever shares a token with one of them may
    be a person who has returned: only the id itself is taken."""
    if not hashes.are_any(connection, "crm_customers"):
        return
    parts = [
        f"select {filled(column)} as id from raw.{quoted(table.name)} where {IS_UNSEARCHED}"
        for table in contract.values()
        for column in customer_columns(table)
    ]
    connection.execute(
        "insert into found select id, null, true from"
        f" (select id, {hashes.expression('id')} as id_hash from ({' union '.join(parts)})"
        " where id is not null) as ids"
        " semi join (from raw.landing_erased_ids where raw_table = 'crm_customers') as known"
        " using (id_hash) anti join found on ids.id = found.customer_id",
        hashes.values,
    )


def _name_anonymously(
    connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable]
) -> None:
    """Gives each id and token a random one to be replaced with: no function of what it was."""
    rows = connection.execute("select distinct customer_id, is_late from found").fetchall()
    ids = pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "is_late": pa.array([row[1] for row in rows], pa.bool_()),
            "anonymous_id": pa.array(
                [ANONYMOUS_ID + secrets.token_hex(16) for _ in rows], pa.string()
            ),
        }
    )
    connection.register("ids", ids)
    connection.execute("create or replace temp table erasing_customers as from ids")
    connection.unregister("ids")
    if not rows:
        connection.execute(
            "create or replace temp table erasing_tokens (token varchar, anonymous_token varchar)"
        )
        return
    columns = [c.name for c in contract["crm_customers"].columns if c.contains_pii]
    carried = " union ".join(
        f"select {filled('customer_id')} as customer_id, {filled(column)} as token"
        f" from raw.crm_customers where {filled(column)} is not null"
        for column in columns
    )
    tokens = connection.execute(f"""
        with carried as ({carried})
        select distinct token from carried semi join erasing_customers using (customer_id)
        anti join (
            select token from carried anti join erasing_customers using (customer_id)
        ) as others using (token)
    """).fetchall()
    named = pa.table(
        {
            "token": pa.array([token for (token,) in tokens], pa.string()),
            "anonymous_token": pa.array(
                [ANONYMOUS_TOKEN + secrets.token_hex(24) for _ in tokens], pa.string()
            ),
        }
    )
    connection.register("named", named)
    connection.execute("create or replace temp table erasing_tokens as from named")
    connection.unregister("named")


def is_late_order(hashes: Hashes) -> str:
    """SQL of whether a row of shop_orders is an erased order that came again, and not one that
    stayed without its person. `hashes.values` are its parameters."""
    return (
        f"{IS_UNSEARCHED} and {hashes.expression(filled('order_id'))}"
        " in (select id_hash from raw.landing_erased_ids where raw_table = 'shop_orders')"
        f" and coalesce({filled('customer_id')}, '') not like '{ANONYMOUS_ID}%'"
        f" and coalesce({filled('guest_email')}, '') not like '{ANONYMOUS_TOKEN}%'"
    )


def count_late_orders(connection: duckdb.DuckDBPyConnection, hashes: Hashes) -> int:
    """Rows of shop_orders that were erased before and came again."""
    if not hashes.are_any(connection, "shop_orders"):
        return 0
    query = f"select count(*) from raw.shop_orders where {is_late_order(hashes)}"
    return int(connection.execute(query, hashes.values).fetchall()[0][0])


def book_searched_batches(connection: duckdb.DuckDBPyConnection) -> None:
    """Books that no landing so far holds an erased id: none was found, or all were erased."""
    connection.execute(
        "insert into raw.landing_searched_batches by name"
        " select distinct batch_id from raw.landing_files"
        " anti join raw.landing_searched_batches using (batch_id) where batch_id is not null"
    )


def customer_columns(table: RawTable) -> list[str]:
    """Columns of a raw table that hold ids of customer records."""
    own = ["customer_id"] if table.name == "crm_customers" else []
    return own + [c.name for c in table.columns if c.refers_to == "crm_customers"]
