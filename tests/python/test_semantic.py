"""The semantic layer says what the marts say: each metric is a column, each column a metric.

What MetricFlow answers is compared in tests/semantic; here is what dbt's manifest holds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from docs.metric_reference import Metric, read_metrics, reference

PROJECT = Path(__file__).parents[2]
PERIOD = {"period_grain", "period_start", "period_end", "is_complete"}

LIMIT = "a limit that no chart shows: read the mart"
TEXT = "text, no figure"
FLAG = "a flag, no figure"
TWICE = "stands in retention_by_period"
OF_ONE = "of one customer: it does not add up"
OF_THE_FIT = "says how the forecast was made"
SHARED = "the whole that rows are a part of: it does not add up"
NO_DAY = "a row belongs to no day, and MetricFlow wants one"
# What the semantic layer does not state, and why.
LEFT_OUT_MARTS = {
    "overview_by_period": "figures of other marts, whose metrics they are",
    "goals": "what the business wants, not what it has",
    "annotations": "notes on charts, no figures",
    "cohort_averages": f"the metrics of cohort_retention, asked by months_since_start; {NO_DAY}",
    "rfm_by_segment": f"the metrics of rfm_by_customer, asked by rfm_segment; {NO_DAY}",
    "value_deciles": f"sums of customer_lifetime_value; {NO_DAY}",
    "clv_distribution": f"sums of customer_lifetime_value; {NO_DAY}",
    "next_actions_by_band": f"sums of customer_next_actions; {NO_DAY}",
    "forecast_totals": "the metrics of customer_forecasts; horizons and limits do not add up",
    "refusals_by_reason": f"about raw tables, not customers; {NO_DAY}",
    "survival_by_tenure": f"Kaplan-Meier's estimate cannot be divided from sums; {NO_DAY}",
    "customer_lifetime_value": f"one row a customer, by formulas; {NO_DAY}",
    "customer_next_actions": f"one row a customer; {NO_DAY}",
    "outreach_effect": NO_DAY,
    "forecast_accuracy": "about forecasts, not customers; days, horizons and rivals do not add up",
    "data_quality": f"about raw tables, not customers; {NO_DAY}",
}
LEFT_OUT = {
    "churn_causes_by_period": {
        **dict.fromkeys(("all_lost_customers", "all_lost_mrr"), SHARED),
        **dict.fromkeys(("share_lower_95", "share_upper_95"), LIMIT),
    },
    "customer_forecasts": {
        **dict.fromkeys(("p_alive", "p_buy_30d", "p_buy_90d", "p_buy_365d", "p_churn_90d"), OF_ONE),
        **dict.fromkeys(("orders_lower_90d", "orders_upper_90d"), OF_ONE),
        **dict.fromkeys(("orders_lower_365d", "orders_upper_365d"), OF_ONE),
        **dict.fromkeys(("margin_lower_90d", "margin_upper_90d"), OF_ONE),
        **dict.fromkeys(("margin_lower_365d", "margin_upper_365d"), OF_ONE),
        **dict.fromkeys(("model_version", "trained_from", "trained_until"), OF_THE_FIT),
        "fallback_reason": TEXT,
    },
    "growth_balance": {
        "months_since_launch": "the age of the business, not a metric",
        **dict.fromkeys(("verdict", "rule_fired", "rule_explained"), TEXT),
    },
    "lifetime_value_by_period": dict.fromkeys(
        ("customers_at_start", "lost_customers", "churn_rate"), TWICE
    ),
    "loyalty_by_period": dict.fromkeys(
        (f"{rate}_{end}_95" for rate in ("redemption", "breakage") for end in ("lower", "upper")),
        LIMIT,
    ),
    "loyalty_member_uplift": {
        **{
            f"{what}_{end}_95": LIMIT
            for what in ("aov_uplift", "member_churn", "other_churn", "orders_difference")
            for end in ("lower", "upper")
        },
        **dict.fromkeys(("churn_difference_lower_95", "churn_difference_upper_95"), LIMIT),
        "is_significant_churn_difference": FLAG,
    },
    "nps_by_period": {"is_significant_change": FLAG},
    "promotion_response": {"audience": TEXT, "ends_on": "a day", "is_significant": FLAG},
    "referrals_by_period": dict.fromkeys(("lower_95", "upper_95"), LIMIT),
    "rfm_by_customer": {"recency_days": OF_ONE},
    "segment_profiles": {"group_customers": SHARED},
    "service_retention_link": {"is_significant": FLAG},
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As `mf` would read it: parsed for what is published."""
    folder = tmp_path_factory.mktemp("semantic")
    (folder / "profiles.yml").write_text((PROJECT / "profiles.example.yml").read_text())
    places = {"DBT_PROFILES_DIR": folder, "DBT_TARGET_PATH": folder, "DBT_LOG_PATH": folder}
    environ = {**os.environ, **{name: str(place) for name, place in places.items()}}
    dbt = [str(Path(sys.executable).with_name("dbt")), "parse", "--quiet", "--target", "published"]
    subprocess.run(dbt, cwd=PROJECT, env={**environ, "DO_NOT_TRACK": "1"}, check=True)
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def metrics(manifest: dict[str, Any]) -> list[Metric]:
    return list(read_metrics(manifest))


@pytest.fixture(scope="module")
def marts(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The marts that people read, by name; facts and dimensions are none."""
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] == "marts"
        and node["fqn"][2] != "core"
    }


def relation_of(model: dict[str, Any]) -> str:
    return model["depends_on"]["nodes"][0].split(".")[-1]


def test_every_column_of_a_mart_is_one_metric_or_left_out_with_a_reason(
    manifest: dict[str, Any], metrics: list[Metric], marts: dict[str, dict[str, Any]]
) -> None:
    """The exact set: the newer way to write metrics, in the models, gives none and no error."""
    stated = Counter((m.mart, m.column) for m in metrics if m.relation == m.mart)
    assert [pair for pair, count in stated.items() if count > 1] == []
    told_apart = {
        relation_of(model): {e["expr"] or e["name"] for e in model["entities"]}
        | {d["name"] for d in model["dimensions"]}
        for model in manifest["semantic_models"].values()
    }
    wanted = {
        (name, column)
        for name, mart in marts.items()
        if name not in LEFT_OUT_MARTS
        for column in mart["columns"]
        if column not in PERIOD | told_apart.get(name, set()) | set(LEFT_OUT.get(name, ()))
    }
    # each customer is a row, so that the metric counts ids
    counted = {("rfm_by_customer", "customer_id"), ("customer_forecasts", "customer_id")}
    assert set(stated) == wanted | counted
    assert len(stated) > 250
    # no excuse outlives what it is for
    assert set(LEFT_OUT_MARTS) <= set(marts)
    excused = {(name, column) for name, columns in LEFT_OUT.items() for column in columns}
    assert excused <= {(name, column) for name in marts for column in marts[name]["columns"]}
    assert not excused & set(stated)


def test_a_metric_says_what_its_column_says(
    metrics: list[Metric], marts: dict[str, dict[str, Any]]
) -> None:
    """There is one wording of what a figure is."""
    for metric in metrics:
        assert metric.label and metric.unit, metric.name
        column = marts[metric.mart]["columns"][metric.column]
        if metric.column == "customer_id":
            assert metric.description, metric.name
        else:
            assert metric.description == " ".join(column["description"].split()), metric.name
    assert len({m.label for m in metrics}) == len({m.name for m in metrics}) == len(metrics)


def test_what_no_one_asks_for_is_an_input(manifest: dict[str, Any], metrics: list[Metric]) -> None:
    """Medians and the like are read from a row, where there is exactly one."""
    names = {metric["name"] for metric in manifest["metrics"].values()}
    inputs = names - {metric.name for metric in metrics}
    read = {m.name for m in metrics if m.formula == "read from its one row"}
    assert {name for name in inputs if not name.endswith("_rows")} == {f"{n}_of_row" for n in read}
    for metric in manifest["metrics"].values():
        if metric["name"] in read:
            assert re.fullmatch(
                rf"case when \w+_rows = 1 then {metric['name']}_of_row end",
                metric["type_params"]["expr"],
            )


def test_rows_of_two_kinds_are_never_added(manifest: dict[str, Any]) -> None:
    """Wherever a mart holds several grains or segments, only those of one precedence count."""
    attributes = (PROJECT / "macros" / "segments.sql").read_text()
    segments = set(re.findall(r"'(\w+)'[,\]]", attributes.split("{# Those of the chosen")[0]))
    assert len(segments) == 12
    guarded = 0
    for model in manifest["semantic_models"].values():
        columns = manifest["nodes"][model["depends_on"]["nodes"][0]]["columns"]
        kinds = {"period_grain", "segment_name"} & set(columns)
        if not (kinds and model["measures"]):
            continue
        [precedence] = (d["expr"] for d in model["dimensions"] if d["name"] == "precedence")
        placed = dict(re.findall(r"position\((\w+) in '([^']+)'\)", precedence))
        assert kinds <= set(placed), model["name"]
        if "segment_name" in placed:
            assert segments | {"all"} <= set(placed["segment_name"].split()), model["name"]
        for measure in model["measures"]:
            assert measure["non_additive_dimension"] == {
                "name": "precedence", "window_choice": "max", "window_groupings": [],
            }, measure["name"]  # fmt: skip
        guarded += 1
    assert guarded > 10


def test_saved_queries_fix_grain_and_segment(
    manifest: dict[str, Any], metrics: list[Metric]
) -> None:
    known = {m.name: m.model for m in metrics}
    entities = {
        model["name"]: {entity["name"] for entity in model["entities"]}
        for model in manifest["semantic_models"].values()
    }
    queries = list(manifest["saved_queries"].values())
    assert len(queries) > 20
    for query in queries:
        params, name = query["query_params"], query["name"]
        assert query["label"] and query["description"], name
        asked = {entity for metric in params["metrics"] for entity in entities[known[metric]]}
        where = params["where"]["where_filters"] if params["where"] else []
        said = " and ".join(one["where_sql_template"] for one in where)
        if "period" in asked:
            assert "{{ Dimension('period__grain') }} = 'month'" in said, name
            assert "{{ Dimension('period__is_complete') }}" in said, name
        if "segment_name" in asked:
            assert re.search(r"\{\{ Entity\('segment_name'\) \}\} = '\w+'", said), name


def test_the_publication_stands_under_the_name_of_the_build(manifest: dict[str, Any]) -> None:
    """So that the manifest of any dbt command serves `mf`, which reads target/ alone."""
    databases = {m["node_relation"]["database"] for m in manifest["semantic_models"].values()}
    assert databases == {"warehouse"}


def test_the_reference_is_current(manifest: dict[str, Any]) -> None:
    written = (PROJECT / "docs" / "metrics.md").read_text()
    assert written == reference(manifest), "run `dbt parse` and `python docs/metric_reference.py`"
