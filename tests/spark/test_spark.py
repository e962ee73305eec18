"""Every model, seed and test on Spark, and the same rows as on DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.python.test_real_data import ONLINE_RETAIL
from tests.python.warehouses import SAMPLE_VARS, Warehouse
from tests.spark.comparison import compare
from tests.spark.engines import SparkSession, build_on_spark, spark_session
from tests.spark.hostile import deliver_hostile

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


def test_sample_with_every_test(landed: Warehouse, sample_on_spark: SparkSession) -> None:
    results = build_on_spark(sample_on_spark, SAMPLE_VARS)
    assert {s for s in results.values()} <= {"success", "pass"}
    landed.build(SAMPLE_VARS)
    assert compare(landed.settings.warehouse, sample_on_spark.server.warehouse, SCHEMAS) == {}


def test_nothing_is_left_out_on_spark(landed: Warehouse, sample_on_spark: SparkSession) -> None:
    """The same nodes run on both engines: none is switched off for one of them."""
    on_duckdb = landed.dbt("build", variables=SAMPLE_VARS)
    assert {name.split(".")[2] for name in sample_on_spark.results()} == set(on_duckdb)


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
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
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
        results = build_on_spark(session, OTHER_VARS, *arguments)
        assert {s for s in results.values()} <= {"success", "pass"}
        assert compare(other.settings.warehouse, session.server.warehouse, SCHEMAS) == {}


@pytest.mark.real_data
def test_online_retail(real_data: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "home").land(real_data / "online_retail_ii" / "raw")
    warehouse.build(ONLINE_RETAIL)
    with spark_session(warehouse.home) as session:
        results = build_on_spark(session, ONLINE_RETAIL, *WITHOUT_UNIT_TESTS)
        assert {s for s in results.values()} <= {"success", "pass"}
        assert compare(warehouse.settings.warehouse, session.server.warehouse, SCHEMAS) == {}
