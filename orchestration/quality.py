"""What came in and what became of it, as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from orchestration.dbt_arguments import all_variables, read_variables
from orchestration.errors import HoldfastError
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse, relations, rows_of

BOOK = (
    *("rows_landed", "rows_staged", "rows_quarantined", "rows_superseded", "rows_deleted"),
    *("rows_erased", "lines_rejected"),
)
# One row for each table, reason and column; the example is the newest, then the first in its file.
REFUSED = """
with refused as (
    select raw_table, reason, column_name, column_text, source_file, source_line, loaded_at
    from quarantine.quarantined_rows
    union all
    select
        lines.raw_table, lines.reason, null, lines.line_text, lines.source_file, lines.source_line,
        files.loaded_at
    from raw.landing_rejected_lines as lines
    left join (select distinct batch_id, loaded_at from raw.landing_files) as files
        on lines.batch_id = files.batch_id
),
ranked as (
    select
        *,
        count(*) over same as refused_rows,
        row_number() over (same order by loaded_at desc, source_file, source_line) as example
    from refused
    window same as (partition by raw_table, reason, column_name)
)
select ranked.*, reasons.meaning, reasons.how_to_mend
from ranked
left join seeds.quarantine_reasons as reasons on ranked.reason = reasons.reason
where ranked.example = 1
order by ranked.loaded_at desc nulls last, ranked.refused_rows desc, ranked.raw_table, ranked.reason
limit ?
"""

# Snapshots whose newest delivery has rejected lines.
INCOMPLETE = """
with newest as (
    select raw_table, batch_id from raw.landing_files
    where list_contains(?, raw_table)
    qualify row_number() over (partition by raw_table order by loaded_at desc) = 1
)
select raw_table, count(*) as lines_rejected
from raw.landing_rejected_lines join newest using (raw_table, batch_id)
group by raw_table order by raw_table
"""


def quality_lines(settings: Settings, most: int = 20) -> Iterator[str]:
    """The book of each raw table, then up to `most` kinds of refused rows and lines, newest first.

    Raises HoldfastError where nothing has been built yet.
    """
    advice = "build first, with `holdfast build`"
    if not settings.warehouse.is_file():
        raise HoldfastError(f"there is no warehouse at {settings.warehouse}: {advice}")
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        if "data_quality" not in relations(connection, "marts"):
            raise HoldfastError(f"{settings.warehouse} has no marts.data_quality: {advice}")
        yield from _book(connection)
        yield from _incomplete(connection, settings)
        yield from _refused(connection, most)


def _book(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    book = rows_of(connection, "select * from marts.data_quality order by raw_table")
    names = [column.replace("rows_", "").replace("lines_rejected", "lines") for column in BOOK]
    width = max(len(row["raw_table"]) for row in book)
    yield f"{'raw table':<{width}} " + " ".join(f"{name:>11}" for name in names) + "  book"
    for row in book:
        figures = " ".join(f"{row[column]:>11,}" for column in BOOK)
        balance = "balanced" if row["is_balanced"] else "NOT BALANCED"
        yield f"{row['raw_table']:<{width}} {figures}  {balance}"


def _incomplete(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    variables = all_variables(settings.project, read_variables(settings.vars_text))
    snapshots = variables["snapshot_tables"] or []
    for row in rows_of(connection, INCOMPLETE, [snapshots]):
        yield (
            f"{row['raw_table']}: the newest snapshot has {row['lines_rejected']:,} rejected lines,"
            " so it deletes nothing; mend them and deliver it again"
        )


def _refused(connection: duckdb.DuckDBPyConnection, most: int) -> Iterator[str]:
    kinds = rows_of(connection, REFUSED, [most])
    yield ""
    yield "refused, newest first:" if kinds else "nothing was refused"
    for kind in kinds:
        column = f".{kind['column_name']}" if kind["column_name"] else ""
        yield (
            f"{kind['raw_table']}{column}: {kind['reason']}, {kind['refused_rows']:,} times: "
            f"{kind['meaning']}"
        )
        yield f"    such as {_example(kind)}"
        yield f"    {kind['how_to_mend']}"


def _example(kind: dict[str, Any]) -> str:
    # Text of columns and tables with personal data is never kept.
    text = "" if kind["column_text"] is None else f"{kind['column_text'][:60]!r} in "
    line = "" if kind["source_line"] is None else f", line {kind['source_line']:,}"
    return f"{text}{kind['source_file']}{line}"
