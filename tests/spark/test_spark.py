"""Every model, seed and test on Spark, and the same rows as on DuckDB."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.lake import Lake
from orchestration.publication.reader import open_publication
from tests.python.hostile import deliver_hostile
from tests.python.warehouses import SAMPLE_VARS, TOKEN_KEY, Warehouse
from tests.spark.comparison import STATISTICS, compare
from tests.spark.engines import SparkSession, build_on_spark, spark_session
from tests.variants.test_real_data import ONLINE_RETAIL

SCHEMAS = ("staging", "intermediate", "quarantine", "marts")
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
# Other zones, calendars and rules than the sample's, so that other branches of the models run.
OTHER_VARS = {
    "business_timezone": "America/New_York",
    "raw_timezone": "America/New_York",
    "reporting_currency": "USD",
    "as_of_date": "2025-06-01",
    "period_grains": ["week", "month", "year"],
    "purchase_churn_days_by_segment": {"country": {"TH": 60}},
    "subscription_grace_days": 7,
    "segments": ["country", "age_band"],
    "minimum_group_size": 1,
}


@pytest.fixture(scope="module")
def landed(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample and the hostile values, landed."""
    folder = tmp_path_factory.mktemp("landed")
    deliver_hostile(folder / "hostile")
    return Warehouse(folder / "home").land(sample).land(folder / "hostile")


@pytest.fixture(scope="module")
def sample_on_spark(landed: Warehouse) -> Iterator[SparkSession]:
    with spark_session(landed.home) as session:
        yield session


def test_sample_is_published(
    landed: Warehouse, sample_on_spark: SparkSession, tmp_path: Path
) -> None:
    """`holdfast build` on both engines: every table is the same, and what is served too."""
    here = Warehouse(tmp_path / "duckdb")
    shutil.copytree(landed.home, here.home, ignore=shutil.ignore_patterns("spark"))
    environ = {"HOLDFAST_VARS": json.dumps(SAMPLE_VARS), "HOLDFAST_TOKEN_KEY": TOKEN_KEY}
    sample_on_spark.run("holdfast", "build", "--on-spark", environ=environ)
    elsewhere = environ | {"HOLDFAST_HOME": str(here.home)}
    sample_on_spark.run("holdfast", "build", environ=elsewhere)
    lake = Lake(landed.settings)
    found = compare(here.settings.warehouse, lake.tables, SCHEMAS, lake.reading.warehouse)
    assert found == {}
    served = [served_tables(home.settings.published) for home in (here, landed)]
    assert "marts.overview_by_period" in served[0]
    assert served[0] == served[1]


def test_sample_with_every_test(sample_on_spark: SparkSession) -> None:
    """On what was built; none is switched off for one of the engines."""
    variables = ("--vars", json.dumps(SAMPLE_VARS))
    results = sample_on_spark.build("--target", "spark", *variables, command="test")
    ran = {name for name in results if not name.startswith("operation.")}
    tests = ("--select", "resource_type:test", "resource_type:unit_test")
    assert ran == sample_on_spark.names("--target", "duckdb", *variables, *tests)


def served_tables(published: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of what a publication serves, its book of this one build left out, and tables of
    statistics, whose last digits are not those of the other engine."""
    with open_publication(published) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name = 'marts' or table_name in ('columns', 'batches')"
        ).fetchall()
        return {
            table: connection.execute(f"select * from {table} order by all").fetchall()
            for (table,) in tables
            if table.removeprefix("marts.") not in STATISTICS
        }


def test_sample_in_a_session_with_other_timestamps_is_refused(
    sample_on_spark: SparkSession, tmp_path: Path
) -> None:
    text = (sample_on_spark.project / "profiles.example.yml").read_text()
    lines = [line for line in text.splitlines() if "timestampType" not in line]
    (tmp_path / "profiles.yml").write_text("\n".join(lines))
    arguments = ("--select", "int_as_of", "--profiles-dir", str(tmp_path))
    with pytest.raises(AssertionError, match=r"dbt build .* failed"):
        sample_on_spark.build("--target", "spark", *arguments)
    log = Path(sample_on_spark.environ["DBT_LOG_PATH"], "dbt.log").read_text()
    assert "a timestamp is a timestamp in this Spark session" in log
    assert "put server_side_parameters {'set:hivevar:spark.sql.timestampType'" in log


def test_another_session_gives_the_same(landed: Warehouse, tmp_path: Path) -> None:
    """Another time zone of server and session, ANSI mode off, 64 shuffle partitions: with other
    vars as well, and equal to DuckDB, whose session has none of these."""
    other = Warehouse(tmp_path / "home")
    other.home.mkdir()
    shutil.copyfile(landed.settings.warehouse, other.settings.warehouse)
    other.build(OTHER_VARS)
    conf = {
        "spark.sql.session.timeZone": "America/New_York",
        "spark.driver.extraJavaOptions": "-Duser.timezone=Pacific/Auckland",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.shuffle.partitions": "64",
    }
    with spark_session(other.home, conf) as session:
        profiles = tmp_path / "profiles"
        profiles.mkdir()
        text = (session.project / "profiles.example.yml").read_text()
        utc = '"set:hivevar:spark.sql.session.timeZone": UTC'
        assert utc in text
        text = text.replace(utc, utc.replace("UTC", "America/New_York"))
        (profiles / "profiles.yml").write_text(text)
        arguments = ("--profiles-dir", str(profiles), *WITHOUT_UNIT_TESTS)
        build_on_spark(session, OTHER_VARS, *arguments)
        assert compare(other.settings.warehouse, session.server.warehouse, SCHEMAS) == {}


def test_registration_without_a_server(landed: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(landed.home))
    monkeypatch.setenv("HOLDFAST_SPARK_PORT", "1")
    monkeypatch.setenv("DBT_TARGET_PATH", str(landed.home / "target-without-server"))
    done = CliRunner().invoke(main, ["export-raw", str(landed.home / "lake"), "--register"])
    assert done.exit_code == 1
    assert "Could not connect to any of [('127.0.0.1', 1)]" in done.output
    assert "dbt register_raw failed for the reason above; see" in done.output


def test_a_lake_of_typed_columns(tmp_path: Path) -> None:
    """Parquet that another tool wrote, with types, without most tables and columns."""
    lake, warehouse = tmp_path / "lake", Warehouse(tmp_path / "home")
    warehouse.home.mkdir()
    queries = {
        "crm_customers": "select 'c' || i as customer_id, timestamp '2024-11-03 01:30:00'"
        " + interval (i) hour as created_at, date '1990-01-31' + i::int as birth_date,"
        " (i % 2 = 0) as marketing_consent from range(20) as t(i)",
        "shop_orders": "select i as order_id, 'c' || (i % 25) as customer_id, timestamp"
        " '2024-12-01 12:00:00.123456' + interval (i) day as ordered_at, 'paid' as status,"
        " (i * 1.25)::decimal(10, 2) as gross_amount, (i % 3)::double as discount_amount,"
        " (i = 3) as is_test from range(60) as t(i)",
    }
    with duckdb.connect(str(warehouse.settings.warehouse)) as connection:
        connection.execute("create schema raw")
        for table, query in queries.items():
            (lake / table).mkdir(parents=True)
            connection.execute(f"copy ({query}) to '{lake / table}/any-name.parquet'")
            connection.execute(f"create table raw.{table} as from '{lake / table}/*.parquet'")
    chosen = ("--select", "+dim_customers", "+fct_orders", "+quarantined_rows")
    chosen += ("--indirect-selection", "cautious")
    warehouse.build(SAMPLE_VARS, *chosen)
    with spark_session(warehouse.home) as session:
        wanted = {"location": str(lake), "tables": list(queries)}
        register = ("run-operation", "register_raw", "--target", "spark")
        session.run("dbt", *register, "--args", json.dumps(wanted))
        variables = ("--vars", json.dumps(SAMPLE_VARS))
        session.build("--target", "spark", *variables, *chosen)
        assert compare(warehouse.settings.warehouse, session.server.warehouse, SCHEMAS) == {}
    assert warehouse.query("select count(*) from marts.fct_orders") == [(50,)]


@pytest.mark.real_data
def test_online_retail(real_data: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "home").land(real_data / "online_retail_ii" / "raw")
    warehouse.build(ONLINE_RETAIL)
    with spark_session(warehouse.home) as session:
        build_on_spark(session, ONLINE_RETAIL, *WITHOUT_UNIT_TESTS)
        assert compare(warehouse.settings.warehouse, session.server.warehouse, SCHEMAS) == {}
