"""What changed in closed periods between the served generation and the coming one, and why.

A change of a figure that people have read already must be traceable to rows that came since, to an
erasure, or to a change of code. What can be traced to nothing is a fault, and stops the
publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.landing.book import quoted
from orchestration.publication.copy import COPY, Build, Mart
from orchestration.publication.generations import Generation

FORMER = "former"
LATE, CORRECTION, MERGE, ERASURE = "late rows", "correction", "merge", "erasure"
CODE, LATER, EARLIER = "code change", "later activity", "earlier as-of date"
UNEXPLAINED = "unexplained"
PERIOD = ("period_grain", "period_start", "period_end", "is_complete")
IDENTITY = {"crm_customers": ("customer_id",), "crm_customer_links": ("customer_id",)}
CHANGES = pa.schema(
    [
        ("mart", pa.string()),
        ("period_grain", pa.string()),
        ("period_start", pa.date32()),
        ("segment_name", pa.string()),
        ("column_name", pa.string()),
        ("rows_changed", pa.int64()),
        ("cause", pa.string()),
    ]
)


@dataclass(frozen=True)
class Evidence:
    """That `rows` of a raw table came or went since. `day`: the earliest day that they can change,
    or None where they can change any."""

    raw_table: str
    cause: str
    day: date | None
    rows: int


def write_changes(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    former: Generation | None,
    contract: Mapping[str, RawTable],
    snapshot_tables: Iterable[str],
) -> list[dict[str, Any]]:
    """Writes table publication.metric_changes of the copy, and returns its rows.

    One row per mart by period, closed period, segment and column whose values differ; column `row`
    stands for rows that are only in one of the two. `cause` lists all that may be the reason.
    """
    changes: list[dict[str, Any]] = []
    if former is not None:
        place = str(former.database).replace("'", "''")
        connection.execute(f"attach '{place}' as {FORMER} (read_only)")
        same = {
            name
            for (name,) in connection.execute(
                f"select table_name from {FORMER}.publication.tables"
                f" inner join {COPY}.publication.tables using (table_name, rows, checksum)"
            ).fetchall()
        }
        found = [
            row
            for mart in build.marts.values()
            if mart.name not in same
            for row in _differences(connection, mart)
        ]
        if found:
            always, evidence = _causes(connection, build, contract, snapshot_tables)
            for row in found:
                causes = always | _explanations(build.marts[row["mart"]], row, evidence)
                changes.append({**row, "cause": ", ".join(sorted(causes)) or UNEXPLAINED})
        connection.execute(f"detach {FORMER}")
    table = pa.Table.from_pylist(changes, schema=CHANGES)
    connection.register("changes", table)
    connection.execute(f"create table {COPY}.publication.metric_changes as from changes")
    connection.unregister("changes")
    return changes


def _explanations(mart: Mart, row: dict[str, Any], evidence: list[Evidence]) -> set[str]:
    causes = set()
    for one in evidence:
        if one.raw_table in mart.raw_tables:
            # Days are compared in UTC, which may be a day before or after the business's.
            if one.day is None or one.day - timedelta(days=1) < row["period_end"]:
                causes.add(one.cause)
            elif mart.looks_ahead:
                causes.add(LATER)
    return causes


def _differences(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[dict[str, Any]]:
    """Closed periods of one mart that differ, by segment and column."""
    columns = _columns(connection, COPY, mart.name)
    before = _columns(connection, FORMER, mart.name)
    is_by_period = set(PERIOD) <= set(columns) and "customer_id" not in columns
    if not is_by_period or not set(PERIOD) <= set(before) or mart.name == "dim_periods":
        return []
    if not set(mart.key) <= set(columns) & set(before):
        return []
    values = [c for c in columns if c in before and c not in (*mart.key, *PERIOD)]
    segment = "segment_name" if "segment_name" in mart.key else "'all'"
    parts = [f"coalesce(o.{quoted(c)}, n.{quoted(c)}) as {quoted(c)}" for c in mart.key]
    parts += [
        f"(o.is_there and n.is_there and o.{quoted(c)} is distinct from n.{quoted(c)})::int"
        f" as {quoted('changed ' + c)}"
        for c in values
    ]
    on = " and ".join(f"o.{quoted(c)} is not distinct from n.{quoted(c)}" for c in mart.key)
    counted = ", ".join(f"sum({quoted('changed ' + c)})" for c in values)
    rows = connection.execute(
        f"""
        with o as (
            select *, true as is_there from {FORMER}.marts.{quoted(mart.name)} where is_complete
        ),
        n as (
            -- a period that was not complete in the former generation is new, not changed
            select *, true as is_there from {COPY}.marts.{quoted(mart.name)}
            where is_complete and (period_grain, period_start) in
                (select (period_grain, period_start) from {FORMER}.marts.{quoted(mart.name)}
                where is_complete)
        ),
        compared as (
            select {", ".join(parts)}, coalesce(o.period_end, n.period_end) as period_end,
                (o.is_there is distinct from n.is_there)::int as one_sided
            from o full outer join n on {on}
        )
        select period_grain, period_start, period_end, {segment} as cut,
            sum(one_sided), {counted}
        from compared group by all
        having sum(one_sided) + {" + ".join(f"sum({quoted('changed ' + c)})" for c in values)} > 0
        order by all
        """
    ).fetchall()
    return [
        {
            "mart": mart.name,
            "period_grain": grain,
            "period_start": start,
            "period_end": end,
            "segment_name": segment_name,
            "column_name": column,
            "rows_changed": int(count),
        }
        for grain, start, end, segment_name, *counts in rows
        for column, count in zip(("row", *values), counts, strict=True)
        if count
    ]


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> list[str]:
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = ?"
        " and schema_name = 'marts' and table_name = ? order by column_index",
        [database, table],
    ).fetchall()
    return [name for (name,) in found]


def _causes(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    contract: Mapping[str, RawTable],
    snapshot_tables: Iterable[str],
) -> tuple[set[str], list[Evidence]]:
    """Causes of any change whatever, and what came since by raw table."""
    fingerprint, built_at, as_of = connection.execute(
        f"select fingerprint, built_at, as_of_date from {FORMER}.publication.build"
    ).fetchall()[0]
    now = connection.execute("select as_of_date from intermediate.int_as_of").fetchall()[0][0]
    always = {CODE} if fingerprint != build.fingerprint else set()
    if now < as_of:
        always.add(EARLIER)
    evidence = [
        Evidence(table, ERASURE, None, int(rows))
        for table, rows in connection.execute(
            "select raw_table, sum(rows_erased + rows_anonymised) from raw.landing_erased_rows"
            " where erased_at > ? group by raw_table having sum(rows_erased + rows_anonymised) > 0",
            [built_at],
        ).fetchall()
    ]
    wanted = frozenset().union(*(mart.raw_tables for mart in build.marts.values()))
    for name in sorted(wanted & set(contract)):
        is_snapshot = name in set(snapshot_tables or ())
        evidence += _evidence(connection, contract, contract[name], is_snapshot)
    return always, evidence


def _evidence(
    connection: duckdb.DuckDBPyConnection,
    contract: Mapping[str, RawTable],
    table: RawTable,
    is_snapshot: bool,
) -> list[Evidence]:
    """What the batches since brought to one raw table, as its base model has judged it."""
    batches = "(select batch_id from last_build.batches where raw_table = ?)"
    before = f"(select batch_id from {FORMER}.publication.batches where raw_table = ?)"
    new, without = connection.execute(
        f"select count(*) filter (batch_id is not null), count(*) filter (batch_id is null)"
        f" from {batches} where batch_id is null or batch_id not in"
        f" (select batch_id from {before} where batch_id is not null)",
        [table.name, table.name],
    ).fetchall()[0]
    if without or (new and is_snapshot):
        # Rows that were changed in place, or went, cannot be told from the others.
        return [Evidence(table.name, CORRECTION, None, new + without)]
    if not new:
        return []
    base = _base(table.name)
    key = ", ".join(f"rows.{quoted(column)}" for column in table.key)
    content = ", ".join(f"rows.{quoted(c.name)}" for c in table.columns)
    day = _day(contract, table)
    connection.execute(
        f"""
        create or replace temp table touched as
        with brought as (
            select distinct {key} from {base} as rows
            where rows._verdict <> 'quarantined'
                and rows._batch_id not in (select batch_id from {before} where batch_id is not null)
        ),
        marked as (
            select {key}, {day} as day, hash({content}) as content,
                rows._batch_id in (select batch_id from {before}) as was_there
            from {base} as rows
            semi join brought on {_same_key(table, "brought")}
            where rows._verdict <> 'quarantined'
        ),
        known as (select distinct {key}, content from marked as rows where was_there)
        select {key}, min(rows.day) as day,
            bool_or(rows.was_there) as is_known,
            -- a row delivered again as it was changes nothing
            bool_or(not rows.was_there and known.content is null) as is_changed
        from marked as rows
        left join known on rows.content = known.content and {_same_key(table, "known")}
        group by {key}
        having bool_or(not rows.was_there and known.content is null)
        """,
        [table.name, table.name],
    )
    if table.name in IDENTITY:
        return _of_identities(connection, table)
    return [
        Evidence(table.name, CORRECTION if is_known else LATE, day, rows)
        for is_known, day, rows in connection.execute(
            "select is_known, case when bool_or(day is null) then null else min(day) end, count(*)"
            " from touched group by is_known"
        ).fetchall()
    ]


def _same_key(table: RawTable, other: str) -> str:
    return " and ".join(
        f"rows.{quoted(c)} is not distinct from {other}.{quoted(c)}" for c in table.key
    )


def _day(contract: Mapping[str, RawTable], table: RawTable) -> str:
    """SQL of the earliest day that a row can change: its own, or that of what it belongs to."""
    days = [_own_day(table, "rows")] if table.happened_at else []
    for column in table.columns:
        parent = contract.get(column.refers_to or "")
        if parent is not None and parent.happened_at and parent.name not in IDENTITY:
            days.append(
                f"(select min({_own_day(parent, 'parent')}) from {_base(parent.name)} as parent"
                f" where parent.{quoted(parent.key[0])} = rows.{quoted(column.name)})"
            )
    return f"least({', '.join(days)})" if days else "cast(null as date)"


def _own_day(table: RawTable, alias: str) -> str:
    columns = ", ".join(f"{alias}.{quoted(column)}" for column in table.happened_at)
    return f"cast(coalesce({columns}, null) as date)"


def _base(raw_table: str) -> str:
    return f"staging.{quoted('base_' + raw_table.replace('_', '__', 1))}"


def _of_identities(connection: duckdb.DuckDBPyConnection, table: RawTable) -> list[Evidence]:
    """A record or link can bring earlier facts to another customer, or to one at all: it changes
    periods from the first fact of the customers that it belongs to."""
    facts = connection.execute(
        "select table_name, first(column_name order by column_index) from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'marts'"
        " and table_name like 'fct_%' and data_type = 'DATE' group by table_name"
        " having table_name in (select table_name from duckdb_columns()"
        " where database_name = current_database() and column_name = 'customer_id')"
    ).fetchall()
    first_days = " union all ".join(
        f"select customer_id, min({quoted(column)}) as day from marts.{quoted(fact)}"
        " group by customer_id"
        for fact, column in facts
    )
    # A link names two records; whichever of its columns hold ids of records are looked up.
    names = [c.name for c in table.columns if c.refers_to == "crm_customers"] or ["customer_id"]
    ids = " union ".join(
        f"select rows.{quoted(name)} as record_id, touched.is_known"
        f" from {_base(table.name)} as rows inner join touched on "
        + " and ".join(f"rows.{quoted(c)} = touched.{quoted(c)}" for c in table.key)
        for name in names
    )
    rows = connection.execute(
        f"""
        with records as ({ids}),
        customers as (
            select identities.customer_id, bool_and(records.is_known) as is_known
            from records
            inner join intermediate.int_customer_identities as identities using (record_id)
            group by identities.customer_id
        ),
        shared as (
            select customer_id, count(*) as records from intermediate.int_customer_identities
            group by customer_id
        ),
        days as (select customer_id, min(day) as day from ({first_days}) group by customer_id)
        select
            case
                when is_known then '{CORRECTION}' when records > 1 then '{MERGE}' else '{LATE}'
            end,
            min(day),
            count(*)
        from customers
        inner join shared using (customer_id)
        left join days using (customer_id)
        group by 1
        """
    ).fetchall()
    return [Evidence(table.name, cause, day or date.max, count) for cause, day, count in rows]


def summary(changes: list[dict[str, Any]], most: int = 10) -> list[str]:
    """Lines for a person: closed periods that changed by mart and cause, the unexplained first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for change in changes:
        groups.setdefault((change["cause"], change["mart"]), []).append(change)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] != UNEXPLAINED, item[0]))
    lines = []
    for (cause, mart), rows in ordered[:most]:
        periods = sorted({(row["period_grain"], row["period_start"]) for row in rows})
        grain, start = periods[0]
        lines.append(
            f"closed periods changed: {mart}, {len(periods)} from {grain} {start}: {cause}"
        )
    if len(ordered) > most:
        lines.append(f"and {len(ordered) - most} more: table publication.metric_changes")
    return lines


def unexplained(changes: list[dict[str, Any]]) -> str:
    """What cannot be traced to anything, as one text; empty where all can."""
    rows = [change for change in changes if change["cause"] == UNEXPLAINED]
    if not rows:
        return ""
    first = rows[0]
    return (
        f"{len(rows):,} changes of closed periods that nothing explains, such as"
        f" {first['mart']}.{first['column_name']} of {first['period_grain']}"
        f" {first['period_start']} ({first['segment_name']})"
    )
