"""Tables of a DuckDB warehouse against those of a Spark one: names, types and every row."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Sums of logarithms, whose last digits hang on the order of the sum and on the engine's ln and exp,
# and percentiles that lie between two values elsewhere than in the middle.
# Everything else, rates included, must be equal to the last bit.
STATISTICS = {
    "survival_by_tenure": ("survival_rate", "lower_95", "upper_95"),
    "int_service_totals": ("p90_first_reply_seconds", "p90_resolution_seconds"),
    "service_by_period": ("p90_first_reply_hours", "p90_resolution_hours"),
}
TOLERANCE = 1e-9


def compare(
    warehouse: Path, spark: Path, schemas: tuple[str, ...], lake: Path | None = None
) -> dict[str, str]:
    """What differs, by <schema>.<table>: {} where all tables are equal.

    `warehouse` is a DuckDB file; `spark` holds <schema>.db/<table>/*.parquet, and what tests keep
    of their findings lies in the DuckDB file `lake` where they ran there. Raises AssertionError
    where a schema has no table on DuckDB: nothing would have been compared.
    """
    found: dict[str, str] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{lake or ':memory:'}' as lake{' (read_only)' if lake else ''}")
        for schema in schemas:
            here = _tables(connection, "warehouse", schema)
            kept = _tables(connection, "lake", schema)
            folders = (path for path in (spark / f"{schema}.db").glob("*") if path.is_dir())
            there = {path.name for path in folders} | kept
            assert here, f"{warehouse} has no tables in schema {schema}"
            for table in sorted(here | there):
                if table not in here or table not in there:
                    problem = f"only on {'DuckDB' if table in here else 'Spark'}"
                else:
                    files = spark / f"{schema}.db" / table / "**" / "*.parquet"
                    parquet = f"read_parquet('{files}', hive_partitioning = true)"
                    problem = _compare_table(
                        connection,
                        f"warehouse.{schema}.{table}",
                        f"lake.{schema}.{table}" if table in kept else parquet,
                        STATISTICS.get(table, ()),
                    )
                if problem:
                    found[f"{schema}.{table}"] = problem
    return found


def _tables(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> set[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_catalog = ?"
        " and table_schema = ? and table_type = 'BASE TABLE'",
        [database, schema],
    ).fetchall()
    return {name for (name,) in rows}


def _compare_table(
    connection: duckdb.DuckDBPyConnection, one: str, other: str, statistics: tuple[str, ...]
) -> str:
    types = [_types(connection, relation) for relation in (one, other)]
    names = [name for name in types[0] | types[1] if types[0].get(name) != types[1].get(name)]
    if names:
        shown = [f"{n} {types[0].get(n)} / {types[1].get(n)}" for n in names]
        return f"types differ: {', '.join(shown)}"
    counts = [_count(connection, f"from {relation}") for relation in (one, other)]
    if counts[0] != counts[1]:
        return f"{counts[0]} rows / {counts[1]} rows"
    exact = ", ".join(f'"{name}"' for name in types[0] if name not in statistics)
    # Equal hashes of all rows spare the sets, which take some times longer.
    sums = [
        connection.execute(f"select sum(hash(row({exact}))) from {relation}").fetchall()
        for relation in (one, other)
    ]
    only = [
        f"select {exact} from {a} except all select {exact} from {b}"
        for a, b in ((one, other), (other, one))
    ]
    rows = [_count(connection, f"from ({query})") for query in only] if sums[0] != sums[1] else []
    if any(rows):
        examples = [connection.execute(f"{query} limit 1").fetchall() for query in only]
        return f"{rows[0]} / {rows[1]} rows of their own, such as {examples[0]} / {examples[1]}"
    for name in statistics:
        # Rows are paired by their exact columns; where these repeat, in the order of the values.
        keys = ", ".join(f'"{key}"' for key in types[0] if key not in statistics)
        ordered = (
            f'select *, row_number() over (partition by {keys} order by "{name}") as pair from '
        )
        same = " and ".join(
            f'a."{key}" is not distinct from b."{key}"'
            for key in [*(key for key in types[0] if key not in statistics), "pair"]
        )
        off = _count(
            connection,
            f"from ({ordered} {one}) as a inner join ({ordered} {other}) as b on {same} where"
            f' (a."{name}" is null) <> (b."{name}" is null) or abs(a."{name}" - b."{name}")'
            f' > {TOLERANCE} * greatest(abs(a."{name}"), abs(b."{name}"))',
        )
        if off:
            return f"{name} differs by more than {TOLERANCE} in {off} rows"
    return ""


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    return {row[0]: row[1] for row in rows}


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(f"select count(*) {query}").fetchall()[0][0])
