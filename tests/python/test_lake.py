"""Parquet tables of Spark, read as a warehouse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import HoldfastError
from orchestration.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse


def put(folder: Path, query: str) -> None:
    """A table as Spark leaves it: some files in a folder."""
    folder.mkdir(parents=True)
    duckdb.sql(query).write_parquet(str(folder / "part-00000.parquet"))


@pytest.fixture
def lake(settings: Settings) -> Lake:
    lake = Lake(settings)
    put(lake.raw / "shop_orders", "select 'o1' as order_id, 'b' as _batch_id")
    put(lake.raw / "landing_files", "select 'f' as file_name")
    put(lake.tables / "marts.db" / "dim_customers", "select 'c1' as customer_id")
    return lake


def test_tables_are_read_where_they_lie(lake: Lake) -> None:
    lake.open()
    put(lake.tables / "marts.db" / "forecast_totals", "select 7 as customers")
    lake.look_again()
    with open_warehouse(lake.reading.warehouse) as connection:
        assert connection.execute("from marts.dim_customers").fetchall() == [("c1",)]
        assert connection.execute("from marts.forecast_totals").fetchall() == [(7,)]
        assert connection.execute("from raw.landing_files").fetchall() == [("f",)]
        # columns of the contract that were not delivered are there, and empty
        orders = connection.execute(
            "select order_id, customer_id, _batch_id, _source_line, typeof(_source_line)"
            " from raw.shop_orders"
        ).fetchall()
        assert orders == [("o1", None, "b", None, "BIGINT")]


def test_opened_anew_it_holds_nothing_of_before(lake: Lake) -> None:
    lake.open()
    (lake.tables / "marts.db" / "dim_customers").rename(lake.tables / "marts.db" / "dim_people")
    lake.open()
    with open_warehouse(lake.reading.warehouse) as connection:
        names = connection.execute(
            "select view_name from duckdb_views() where schema_name = 'marts'"
        ).fetchall()
    assert names == [("dim_people",)]


def test_spark_that_writes_elsewhere(settings: Settings) -> None:
    lake = Lake(settings)
    lake.raw.mkdir(parents=True)
    lake.reading.warehouse.parent.mkdir()
    with pytest.raises(HoldfastError, match=r"Spark holds no tables in .*: it writes elsewhere"):
        lake.open()


def test_only_the_file_differs(lake: Lake) -> None:
    assert lake.reading == replace(lake.settings, warehouse_file="spark/warehouse.duckdb")
    assert lake.reading.vault == lake.settings.vault
