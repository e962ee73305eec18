"""The rules of the house that a linter does not hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.python.warehouses import SAMPLE_VARS, Warehouse

PROJECT = Path(__file__).parents[2]
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
SQL = [*MODELS, *sorted((PROJECT / "tests").rglob("*.sql"))]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models_are_short_and_end_in_their_last_step(path: Path) -> None:
    lines = path.read_text().rstrip().splitlines()
    assert len(lines) <= 120
    assert lines[-1].startswith(("select * from ", "{% endif %}"))


def test_lines_of_sql_fit_the_screen() -> None:
    """sqlfluff measures rendered lines, which nobody reads; these are the written ones."""
    long = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in SQL
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 120
    ]
    assert long == []


def test_macros_that_differ_by_engine_are_tested_on_both() -> None:
    """What has a spelling of its own on an engine stands in macros/cross_db and has its cases."""
    pair = re.compile(r"\{% macro (default|spark|duckdb)__(\w+)\(")
    strays = [
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "macros").rglob("*.sql")
        if path.parent.name != "cross_db" and pair.search(path.read_text())
    ]
    assert strays == []
    differing = {
        name
        for path in (PROJECT / "macros" / "cross_db").glob("*.sql")
        for _, name in pair.findall(path.read_text())
    }
    cases = "\n".join(
        path.read_text()
        for folder in ("cross_db", "spark")
        for path in sorted((PROJECT / "tests" / folder).iterdir())
        if path.is_file()
    )
    # what every build on Spark runs by way of its hook and of the registration
    hooks = {"add_columns", "run_before_models", "check_session", "table_over_parquet"}
    # what shapes incremental models, as test_incremental.py proves
    hooks |= {"replace_slices", "replace_keys"}
    assert len(differing) > 10
    assert {name for name in differing - hooks if f"{name}(" not in cases} == set()


@pytest.fixture(scope="module")
def manifest(built_sample: Warehouse) -> dict:
    return json.loads((built_sample.target() / "manifest.json").read_text())


def test_every_model_and_mart_column_is_described(manifest: dict) -> None:
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert [m["name"] for m in models if not m["description"].strip()] == []
    marts = [m for m in models if m["schema"] in ("marts", "quarantine")]
    assert len(marts) > 20
    undescribed = [
        f"{mart['name']}.{column['name']}"
        for mart in marts
        for column in mart["columns"].values()
        if not column["description"].strip()
    ]
    assert undescribed == []


def test_every_mart_has_an_enforced_contract_of_all_its_columns(
    manifest: dict, built_sample: Warehouse
) -> None:
    for model in manifest["nodes"].values():
        if model["resource_type"] == "model" and model["schema"] == "marts":
            assert model["config"]["contract"]["enforced"], model["name"]
            built = built_sample.query(
                "select column_name from information_schema.columns"
                f" where table_schema = 'marts' and table_name = '{model['name']}'"
            )
            assert {name for (name,) in built} == set(model["columns"]), model["name"]


def test_marts_read_what_they_may(manifest: dict) -> None:
    """Nothing but base models and books reads raw, and no mart what a forecast wrote; topic marts
    read no staging and, but for the overview, no other topic."""
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        parents = node["depends_on"]["nodes"]
        raw = [p for p in parents if p.startswith("source.")]
        name = node["name"]
        if raw:
            books = ("int_raw_book", "data_quality", "refusals_by_reason")
            may_read = name.startswith("base_") or name in books
            of_forecasts = all(p.startswith("source.holdfast.forecasts.") for p in raw)
            assert may_read or (of_forecasts and name.startswith("int_")), name
        folder = node["fqn"][1:-1]
        if folder[0] == "marts" and folder[1] != "core":
            for parent in (manifest["nodes"].get(p) for p in parents):
                if parent is None:
                    continue
                assert parent["schema"] != "staging", (name, parent["name"])
                if parent["schema"] == "marts":
                    may_read = folder[1] == "overview" or parent["fqn"][2] in ("core", folder[1])
                    assert may_read, (name, parent["name"])


def test_docs_generate_without_warnings(
    built_sample: Warehouse, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy = built_sample.copy(tmp_path / "docs")
    copy.dbt("docs", "generate", "--static", "--warn-error", variables=SAMPLE_VARS)
    page = (copy.target() / "static_index.html").read_text()
    assert "retention_by_period" in page


OTHER_CHOICES = {
    "business_timezone": "America/New_York",
    "raw_timezone": "Asia/Tokyo",
    "reporting_currency": "GBP",
    "as_of_date": "2025-10-01",
    "purchase_churn_days": 30,
    "purchase_churn_days_by_segment": {"country": {"TH": 10}},
    "subscription_grace_days": 14,
    "valid_order_statuses": ["pending"],
    "valid_order_minimum_gross": 5,
    "unknown_cost_rate": 0.5,
    "minimum_group_size": 50,
    "net_churn_counts_reactivation": True,
    "segments": [],
    "period_grains": ["week"],
}


@pytest.mark.parametrize("variables", [SAMPLE_VARS, OTHER_CHOICES], ids=["sample", "others"])
def test_definitions_hold_in_dbt_unit_tests(
    built_sample: Warehouse, tmp_path: Path, variables: dict
) -> None:
    """The worked figures of every definition, whatever vars a user has chosen: a plain `dbt build`
    runs them too, and must not stop at a choice. The build has made the relations they mock."""
    copy = built_sample.copy(tmp_path / "unit")
    statuses = copy.dbt("test", "--select", "resource_type:unit_test", variables=variables)
    assert len(statuses) >= 20
    assert {n for n, status in statuses.items() if status not in ("pass", "success")} == set()


def test_every_var_has_a_form(manifest: dict) -> None:
    """What becomes part of SQL is checked first: macros/check_vars.sql knows each var."""
    stated = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    text = (PROJECT / "macros" / "check_vars.sql").read_text()
    forms = set(re.findall(r"'([a-z_0-9]+)': ", text))
    assert forms == set(stated) - {"as_of_date", "purchase_churn_days_by_segment"}
