"""The comparison of the engines finds what differs; no Spark is needed to know."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.spark.comparison import compare

TABLE = (
    "select * from (values (1, date '2026-01-01', 10.0000::decimal(18, 4), 0.5::double, 'a'),"
    " (2, null, 20.0000::decimal(18, 4), null, 'b')) as t(id, day, money, rate, word)"
)


def write(folder: Path, here: str, there: str, table: str = "orders") -> tuple[Path, Path]:
    """A warehouse with marts.<table>, and the same for Spark, from two queries."""
    warehouse, spark = folder / "warehouse.duckdb", folder / "spark"
    (spark / "marts.db" / table).mkdir(parents=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.{table} as {here}")
        connection.execute(f"copy ({there}) to '{spark}/marts.db/{table}/part-0.parquet'")
    return warehouse, spark


def found(folder: Path, here: str, there: str, table: str = "orders") -> dict[str, str]:
    return compare(*write(folder, here, there, table), ("marts",))


def test_equal_tables(tmp_path: Path) -> None:
    assert found(tmp_path, TABLE, f"select * from ({TABLE}) order by id desc") == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("select * from (from same) where id = 1", "2 rows / 1 rows"),
        (
            "select * replace (cast(money + 0.0001 as decimal(18, 4)) as money) from same",
            "rows of their own",
        ),
        ("select * replace (rate + 1e-16 as rate) from same", "rows of their own"),
        ("select * replace (coalesce(day, date '2026-01-02') as day) from same", "of their own"),
        ("select * replace (id::bigint as id) from same", "types differ: id INTEGER / BIGINT"),
        ("select * replace (money::decimal(28, 4) as money) from same", "types differ: money"),
        ("select * exclude (word) from same", "types differ: word VARCHAR / None"),
        ("select * from same union all select * from same where id = 1", "2 rows / 3 rows"),
        (
            "select * replace (case id when 2 then 1 else id end as id, 'a' as word) from same",
            "rows of their own",
        ),
    ],
)
def test_a_difference_is_found(tmp_path: Path, change: str, message: str) -> None:
    there = f"with same as ({TABLE}) {change}"
    assert message in found(tmp_path, TABLE, there)["marts.orders"]


def test_a_table_on_one_engine_alone(tmp_path: Path) -> None:
    warehouse, spark = write(tmp_path, "select 1 as id", "select 1 as id")
    (spark / "marts.db" / "orders").rename(spark / "marts.db" / "other")
    assert compare(warehouse, spark, ("marts",)) == {
        "marts.orders": "only on DuckDB",
        "marts.other": "only on Spark",
    }
    with pytest.raises(AssertionError, match="no tables"):
        compare(warehouse, spark, ("mart",))


@pytest.mark.parametrize(
    ("factor", "equal"), [("1 + 1e-12", True), ("1 - 1e-10", True), ("1 + 1e-8", False)]
)
def test_statistics_may_differ_in_their_last_digits(
    tmp_path: Path, factor: str, equal: bool
) -> None:
    query = (
        "select 1 as id, 0.3::double as survival_rate, 0.2::double as lower_95, 0.4::double as"
        " upper_95 union all select 1, null, null, null"
    )
    there = f"select * replace (lower_95 * ({factor}) as lower_95) from ({query})"
    problems = found(tmp_path, query, there, "survival_by_tenure")
    assert (problems == {}) is equal, problems
    if not equal:
        assert "lower_95 differs" in problems["marts.survival_by_tenure"]


def test_a_statistic_that_is_missing_is_found(tmp_path: Path) -> None:
    query = "select 1 as id, 0.3::double as survival_rate, 0.2::double as lower_95, 0.4 as upper_95"
    there = query.replace("0.2::double", "null::double")
    problems = found(tmp_path, query, there, "survival_by_tenure")
    assert "lower_95 differs" in problems["marts.survival_by_tenure"]
