"""`mf query` on what is published gives the marts' own figures: every metric, in every row."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docs.metric_reference import Metric, read_metrics
from orchestration.dbt_arguments import all_variables
from orchestration.publication.publish import publish
from orchestration.publication.reader import open_publication
from orchestration.settings import Settings
from tests.python.warehouses import SAMPLE_VARS, Warehouse

PROJECT = Path(__file__).parents[2]
# Rows are compared of the whole and of one real segment.
SEGMENTS = "('all', 'country')"


@pytest.fixture(scope="module")
def home(built_sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample, published."""
    copy = built_sample.copy(tmp_path_factory.mktemp("semantic") / "home")
    shutil.copytree(built_sample.settings.vault, copy.settings.vault)
    publish(copy.settings, all_variables(PROJECT, SAMPLE_VARS))
    return copy.settings


@pytest.fixture(scope="module")
def environ(home: Settings) -> dict[str, str]:
    """What a user sets, and the manifest that `mf` reads: `make semantic`."""
    left_out = ("DBT_TARGET_PATH", "DBT_PROFILES_DIR")
    variables = {name: value for name, value in os.environ.items() if name not in left_out}
    variables |= {"HOLDFAST_HOME": str(home.home), "DBT_TARGET": "published", "DO_NOT_TRACK": "1"}
    dbt = [str(Path(sys.executable).with_name("dbt")), "parse", "--quiet"]
    subprocess.run(dbt, cwd=PROJECT, env=variables, check=True)
    return variables


@pytest.fixture(scope="module")
def manifest(environ: dict[str, str]) -> dict[str, Any]:
    return json.loads((PROJECT / "target" / "manifest.json").read_text())


@pytest.fixture
def published(home: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_publication(home.published) as connection:
        yield connection


def ask(
    environ: dict[str, str], folder: Path, *queries: Sequence[str]
) -> list[list[dict[str, str]]]:
    """The rows that each query answers, as text by column."""
    places = [folder / f"{number}.csv" for number in range(len(queries))]
    wanted = [[*query, "--csv", str(p)] for query, p in zip(queries, places, strict=True)]
    run = subprocess.run(
        [sys.executable, "-m", "tests.semantic.mf_queries"],
        cwd=PROJECT, env=environ, input=json.dumps(wanted), capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, (run.stdout + run.stderr)[-3000:]
    return [list(csv.DictReader(place.open())) if place.exists() else [] for place in places]


def models(manifest: dict[str, Any]) -> dict[str, list[Metric]]:
    """The metrics of every semantic model."""
    found: dict[str, list[Metric]] = defaultdict(list)
    for metric in read_metrics(manifest):
        found[metric.model].append(metric)
    return found


def keys_of(model: dict[str, Any]) -> dict[str, str]:
    """What the rows of a semantic model are told apart by: name in a query to column of the mart.

    The period is its day, and its grain by the filter.
    """
    [time] = (
        d for d in model["dimensions"] if d["name"] == model["defaults"]["agg_time_dimension"]
    )
    keys = {"metric_time": time["name"]}
    keys |= {e["name"]: e["expr"] or e["name"] for e in model["entities"] if e["name"] != "period"}
    for dimension in model["dimensions"]:
        if dimension["type"] == "categorical" and not dimension["name"].startswith("has_"):
            keys[f"{model['name']}__{dimension['name']}"] = dimension["name"]
    return keys


def same(stated: str, expected: Any) -> bool:
    """Whether `mf` says the same: counts and decimals to the digit, doubles to 1e-9."""
    if expected is None or stated == "":
        return expected is None and stated == ""
    if isinstance(expected, float):
        return math.isclose(float(stated), expected, rel_tol=1e-9, abs_tol=1e-9)
    return Decimal(stated) == expected


def text(value: Any) -> str:
    return f"{value} 00:00:00" if isinstance(value, date) else str(value)


def test_every_metric_equals_its_column(
    manifest: dict[str, Any],
    environ: dict[str, str],
    published: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    """By every key of its mart: grain, period, segment, basis, channel, ..."""
    queries, expected, asked = [], [], []
    for name, metrics in models(manifest).items():
        model = manifest["semantic_models"][f"semantic_model.holdfast.{name}"]
        if metrics[0].relation != metrics[0].mart:
            continue
        keys, mart = keys_of(model), f"marts.{metrics[0].mart}"
        precedence = next(
            (d["expr"] for d in model["dimensions"] if d["name"] == "precedence"), None
        )
        where = f"segment_name in {SEGMENTS}" if "segment_name" in keys else "true"
        kinds = published.execute(
            f"select distinct {precedence or 'null'} from {mart} where {where}"
        )
        for (kind,) in kinds.fetchall():
            query = ["--metrics", ",".join(m.name for m in metrics), "--group-by", ",".join(keys)]
            if kind:
                stated = f"{{{{ TimeDimension('{name}__precedence', 'day') }}}} = '{kind}'"
                query += ["--where", stated]
                where = f"{precedence} = date '{kind}'"
            figures = [f"{m.aggregation or 'max'}({m.column})" for m in metrics]
            columns = ", ".join([*keys.values(), *figures])
            sql = f"select {columns} from {mart} where {where} group by {', '.join(keys.values())}"
            queries.append(query)
            expected.append(published.execute(sql).fetchall())
            asked.append((list(keys), metrics))
    differing, compared = [], 0
    for (keys, metrics), rows, answers in zip(
        asked, expected, ask(environ, tmp_path, *queries), strict=True
    ):
        columns = ["metric_time__day" if key == "metric_time" else key for key in keys]
        stated = {tuple(answer[c] for c in columns): answer for answer in answers}
        assert len(stated) == len(answers)
        assert set(stated) == {tuple(text(v) for v in row[: len(keys)]) for row in rows}
        for row in rows:
            key = tuple(text(value) for value in row[: len(keys)])
            for metric, value in zip(metrics, row[len(keys) :], strict=True):
                compared += value is not None
                if not same(stated[key][metric.name], value):
                    differing.append((metric.name, key, stated[key][metric.name], value))
    assert differing == [], len(differing)
    assert compared > 10_000


def test_days_of_facts_add_up_to_the_marts(
    manifest: dict[str, Any],
    environ: dict[str, str],
    published: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    """Of the whole: a day has no segments."""
    metrics = [m for m in read_metrics(manifest) if m.relation != m.mart]
    asked = [(m, grain) for m in metrics for grain in ("month", "quarter", "year")]
    queries = [["--metrics", m.name, "--group-by", f"metric_time__{grain}"] for m, grain in asked]
    for (metric, grain), answers in zip(asked, ask(environ, tmp_path, *queries), strict=True):
        figure = f"sum({metric.column})"
        rows = published.execute(
            f"select period_start, {figure} from marts.{metric.mart} where period_grain = ?"
            f" and segment_name = 'all' group by period_start having {figure} <> 0",
            [grain],
        ).fetchall()
        stated = {a[f"metric_time__{grain}"]: a[metric.name] for a in answers}
        assert len(rows) > 1
        assert {k: Decimal(v) for k, v in stated.items() if v and Decimal(v)} == {
            text(day): value for day, value in rows
        }
    assert len(metrics) > 5


def test_nothing_is_added_over_grains_or_segments(
    environ: dict[str, str], published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A question that says nothing of them is about months and the whole; names of entities and of
    the period mean the same to every mart."""
    metrics = [
        "--metrics",
        "customers_at_start,churn_rate,nps,tickets",
        "--group-by",
        "metric_time",
    ]
    cut = ["--where", "{{ Entity('segment_name') }} = 'country'"]
    cut += ["--where", "{{ Dimension('period__grain') }} = 'quarter'"]
    plain, by_country = ask(
        environ, tmp_path, metrics, [*metrics[:3], "metric_time,segment_value", *cut]
    )

    def expected(grain: str, segment: str) -> dict[tuple[str, str], tuple[Any, ...]]:
        rows = published.execute(
            """
            select coalesce(r.period_start, n.period_start, s.period_start) as day,
                coalesce(r.segment_value, n.segment_value, s.segment_value) as value,
                r.customers_at_start, r.churn_rate, n.nps, s.tickets
            from (from marts.retention_by_period where basis = 'purchase') as r
            full join (from marts.nps_by_period where window_name = 'period') as n
                using (period_grain, period_start, segment_name, segment_value)
            full join (from marts.service_by_period where channel = 'all') as s
                using (period_grain, period_start, segment_name, segment_value)
            where period_grain = ? and segment_name = ?
            """,
            [grain, segment],
        ).fetchall()
        return {(text(day), value): figures for day, value, *figures in rows}

    for answers, whole in (
        (plain, expected("month", "all")),
        (by_country, expected("quarter", "country")),
    ):
        stated = {(a["metric_time__day"], a.get("segment_value", "all")): a for a in answers}
        assert set(stated) == set(whole)
        for key, figures in whole.items():
            names = ("customers_at_start", "churn_rate", "nps", "tickets")
            for name, value in zip(names, figures, strict=True):
                assert same(stated[key][name], value), (key, name)


def test_no_grains_or_segments_share_a_precedence(
    manifest: dict[str, Any], published: duckdb.DuckDBPyConnection
) -> None:
    """Rows of one date are added up, where nothing else is asked."""
    checked = 0
    for model in manifest["semantic_models"].values():
        mart = model["depends_on"]["nodes"][0].split(".")[-1]
        columns = set(manifest["nodes"][f"model.holdfast.{mart}"]["columns"])
        told_apart = [c for c in ("period_grain", "segment_name") if c in columns]
        expr = next((d["expr"] for d in model["dimensions"] if d["name"] == "precedence"), None)
        if expr and told_apart:
            kinds = f"select distinct {expr} as kind, {', '.join(told_apart)} from marts.{mart}"
            twice = f"select kind from ({kinds}) group by kind having count(*) > 1"
            assert published.execute(twice).fetchall() == [], mart
            checked += 1
    assert checked > 10


def test_every_saved_query_answers(
    manifest: dict[str, Any], environ: dict[str, str], tmp_path: Path
) -> None:
    names = [query["name"] for query in manifest["saved_queries"].values()]
    answers = ask(environ, tmp_path, *(["--saved-query", name] for name in names))
    assert {name for name, rows in zip(names, answers, strict=True) if not rows} == set()
    for name, rows in zip(names, answers, strict=True):
        empty = {column for column in rows[0] if all(row[column] == "" for row in rows)}
        assert empty == set(), name
    assert len(names) > 20


def test_mf_reads_the_publication_alone(
    home: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    """As a command of its own; and no query reaches another file."""
    mf = [str(Path(sys.executable).with_name("mf")), "query", "--metrics", "churn_rate"]
    place = tmp_path / "elsewhere.csv"
    place.write_text("one\n1\n")

    def run(*more: str) -> str:
        done = subprocess.run(
            [*mf, *more], cwd=PROJECT, env=environ, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    warehouse, aside = home.warehouse, home.home / "aside.duckdb"
    warehouse.rename(aside)
    try:
        assert "0.103535" in run("--group-by", "metric_time", "--order", "-metric_time")
        said = run("--where", f"(select count(*) from read_csv('{place}')) > 0")
        assert "Permission Error" in said or "disabled" in said, said
    finally:
        aside.rename(warehouse)
