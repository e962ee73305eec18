"""The same numbers every time: built again, with other threads, in another time zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.python.warehouses import SAMPLE_VARS, Warehouse, differences

# They hold what a build works out, which is little where it goes on from the last one.
WORKING_MODELS = {
    "int_changed_scored_days",
    "int_customer_period_earnings",
    "int_customer_period_keys",
    "int_customer_period_loyalty",
    "int_customer_period_mrr",
    "int_customer_period_orders",
    "int_customer_period_states",
    "int_customer_plans",
    "int_item_costs",
    "int_loyalty_standings",
    "int_rfm_cuts",
    "int_rfm_values",
    "int_spell_cancellations",
    "int_spell_signals",
}


def test_second_build_changes_nothing(built_sample: Warehouse, tmp_path: Path) -> None:
    again = built_sample.copy(tmp_path / "again").build()
    for schema in ("marts", "quarantine", "staging"):
        assert differences(built_sample, again, schema) == {}
    assert set(differences(built_sample, again, "intermediate")) == WORKING_MODELS


def test_a_build_over_missing_tables_starts_anew(built_sample: Warehouse, tmp_path: Path) -> None:
    again = built_sample.copy(tmp_path / "again")
    again.execute("drop table marts.fct_orders")
    again.build()
    for schema in ("marts", "quarantine", "staging", "intermediate"):
        assert differences(built_sample, again, schema) == {}


def test_same_files_landed_again_change_nothing(
    sample: Path, built_sample: Warehouse, tmp_path: Path
) -> None:
    again = built_sample.copy(tmp_path / "again").land(sample)
    assert differences(built_sample, again, "raw") == {}


@pytest.mark.parametrize(("threads", "zone"), [("4", "America/New_York"), ("1", "UTC")])
def test_threads_and_time_zone_of_the_session_do_not_matter(
    built_sample: Warehouse, tmp_path: Path, threads: str, zone: str
) -> None:
    """Each from the raw tables alone; the profile's own session zone is taken out as well."""
    other = built_sample.copy(tmp_path / "other")
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    text = (other.settings.project / "profiles.example.yml").read_text()
    (profiles / "profiles.yml").write_text(text.replace("TimeZone: UTC", f"TimeZone: {zone}"))
    for schema in ("staging", "quarantine", "intermediate", "marts"):
        other.execute(f"drop schema {schema} cascade")
    other.build(
        SAMPLE_VARS,
        "--threads",
        threads,
        "--profiles-dir",
        str(profiles),
        environ={"TZ": zone},
    )
    for schema in ("marts", "quarantine"):
        assert differences(built_sample, other, schema) == {}


def test_a_warehouse_landed_in_another_order_is_the_same(
    sample: Path, built_sample: Warehouse, tmp_path: Path
) -> None:
    """One folder a table, the last table first: late parents change no mart and no forecast."""
    warehouse = Warehouse(tmp_path / "home")
    for number, file in enumerate(sorted(sample.iterdir(), reverse=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / file.name).write_bytes(file.read_bytes())
        warehouse.land(folder)
    warehouse.build(checked=False).forecast(checked=False)
    for schema in ("marts", "forecasts"):
        assert differences(built_sample, warehouse, schema) == {}
