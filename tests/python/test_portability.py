"""Every model and test says what means the same on DuckDB and Spark; no Spark is needed to know."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.settings import Settings
from tests.python.portability import findings
from tests.python.warehouses import SAMPLE_VARS

PROJECT = Settings.from_env({}).project
# Every branch that a var opens in a model or macro.
OTHER_VARS = {
    "as_of_date": "2025-06-01",
    "business_timezone": "America/New_York",
    "raw_timezone": "Asia/Bangkok",
    "reporting_currency": "EUR",
    "period_grains": ["week", "month", "quarter", "year"],
    "purchase_churn_days_by_segment": {"country": {"TH": 60}},
    "subscription_grace_days": 7,
    "segments": [],
    "merge_on_shared_tokens": False,
    "net_churn_counts_reactivation": True,
}


def compiled(
    folder: Path, variables: dict[str, Any], planted: Sequence[str] = ()
) -> dict[str, str]:
    """Neutral SQL of every model and test, by path; or of the `planted` models alone."""
    for name in ("models", "macros", "seeds"):
        (folder / name).symlink_to(PROJECT / name)
    for name in ("generic", "singular"):
        (folder / "tests" / name).parent.mkdir(exist_ok=True)
        (folder / "tests" / name).symlink_to(PROJECT / "tests" / name)
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    project["macro-paths"] = ["macros", "neutral"]
    (folder / "neutral").mkdir()
    shutil.copyfile(
        Path(__file__).with_name("neutral_macros.jinja"), folder / "neutral" / "macros.sql"
    )
    project["asset-paths"] = []
    if planted:
        project["model-paths"] = ["models", "planted"]
        (folder / "planted").mkdir()
        for number, model in enumerate(planted):
            (folder / "planted" / f"planted_{number}.sql").write_text(model)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    shutil.copyfile(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    select = ["--select", "path:planted"] if planted else []
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "compile", "--quiet", *select),
            *("--vars", json.dumps(variables), "--project-dir", str(folder)),
            *("--profiles-dir", str(folder), "--log-path", str(folder / "logs")),
            *("--target-path", str(folder / "target")),
        ],
        cwd=folder,
        env={**os.environ, "HOLDFAST_HOME": str(folder), "DO_NOT_TRACK": "1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    root = folder / "target" / "compiled" / "holdfast"
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*.sql"))}


@pytest.mark.parametrize("variables", [SAMPLE_VARS, OTHER_VARS], ids=["sample", "other"])
def test_every_model_and_test_is_portable(tmp_path: Path, variables: dict[str, Any]) -> None:
    statements = compiled(tmp_path, variables)
    models = {str(path.relative_to(PROJECT)) for path in (PROJECT / "models").rglob("*.sql")}
    assert models and models <= set(statements)
    wrong = {path: found for path, sql in statements.items() if (found := findings(sql))}
    assert not wrong, "\n".join(f"{path}: {line}" for path in wrong for line in wrong[path])


# One line in a model, and what the finding must advise instead.
NOT_PORTABLE = {
    "select median(x) as y from t": "row_number()",
    "select quantile_cont(x, 0.5) as y from t": "row_number()",
    "select avg(x) as y from t": "ratio('sum(x)', 'count(x)')",
    "select a / b as y from t": "ratio('a', 'b')",
    "select cast(a as double) / b as y from t": "ratio('a', 'b')",
    "select 7 // 2 as y": "floor({{ ratio",
    "select a % 2 as y from t": "floor({{ ratio",
    'select "Order" as y from t': "without quotes",
    'select x as "Name" from t': "without quotes",
    "select date_diff('month', a, b) as y from t": "months_between",
    "select datediff('month', a, b) as y from t": "months_between",
    "select date_trunc('month', a) as y from t": "period_start",
    "select a + interval 1 day as y from t": "add_days",
    "select a - b as y, current_date as z from t": "int_as_of",
    "select a::text as y from t": "dbt.type_string()",
    "select cast(a as varchar) as y from t": "dbt.type_string()",
    "select cast(a as timestamptz) as y from t": "instant_with_offset",
    "select cast(a as float) as y from t": "type_double()",
    "select a at time zone 'UTC' as y from t": "to_utc",
    "select timezone('UTC', a) as y from t": "to_utc",
    "select strptime(a, '%Y') as y from t": "try_cast",
    "select strftime(a, '%Y') as y from t": "extract",
    "select regexp_matches(a, '^x') as y from t": "matches",
    "select a ~ 'x' as y from t": "matches",
    "select a ilike 'x' as y from t": "matches",
    "select a || b as y from t": "dbt.concat",
    "select lower(a) as y from t": "ASCII",
    "select arg_max(a, b) as y from t": "row_number()",
    "select count(*) filter (where a) as y from t": "case when",
    "select count_if(a) as y from t": "case when",
    "select bool_and(a) as y from t": "case when",
    "select a from t qualify row_number() over (order by a nulls last) = 1": "row_number()",
    "select distinct on (a) a, b from t": "row_number()",
    "select a, sum(b) as y from t group by all": "by name",
    "select * exclude (a) from t": "by name",
    "select * replace (1 as a) from t": "by name",
    "select a from t order by a nulls last limit 1": "row_number()",
    "select row_number() over (order by a) as y from t": "nulls last",
    "select row_number() over (order by a desc) as y from t": "nulls last",
    "select row_number() over (order by a nulls first) as y from t": "nulls last",
    "select t.a from t asof join u on t.b >= u.b": "interval",
    "select a from t join u using (a)": "on a.key = b.key",
    "select unnest(a) as y from t": "generate_series",
    "select generate_series from generate_series(1, 4)": "generate_series",
    "select [a, b] as y from t": "something else",
    "select a[1] as y from t": "something else",
    "select list(a) as y from t": "something else",
    "select hash(a) as y from t": "something else",
    "select some_new_function(a) as y from t": "something else",
    "select a from t tablesample 10%": "something else",
    "select replace(a, '\\d', '') as y from t": "backslash",
    "select mode(a) as y from t": "something else",
}


@pytest.mark.parametrize("sql", NOT_PORTABLE)
def test_a_line_that_is_not_portable_is_found(sql: str) -> None:
    found = findings(sql)
    assert any(NOT_PORTABLE[sql] in line for line in found), found


def test_portable_lines_are_not_found() -> None:
    assert (
        findings(
            "with recursive t as (select 1 as n union all select n + 1 from t where n < 5)"
            " select n, row_number() over (partition by n order by n desc nulls last) as r,"
            " cast(n as double) / cast(nullif(2, 0) as double) as half,"
            " case when n in (1, 2) and n is not null then 'few' else 'many' end as words,"
            " cast(round(cast(n as decimal(18, 4)), 2) as decimal(18, 4)) as money"
            " from t where n is distinct from 3"
        )
        == []
    )


PLANTED = {
    "select median(rate) as x from {{ ref('int_exchange_rates') }}": "row_number()",
    "select 7 / count(*) as x from {{ ref('int_exchange_rates') }}": "ratio('a', 'b')",
    """select "rate" as x from {{ ref('int_exchange_rates') }}""": "without quotes",
    "select {{ dbt.datediff('counts_from_on', 'counts_until_on', 'month') }} as x"
    " from {{ ref('int_exchange_rates') }}": "months_between",
}


def test_a_planted_model_fails_the_check(tmp_path: Path) -> None:
    statements = compiled(tmp_path, SAMPLE_VARS, list(PLANTED))
    for number, (model, advice) in enumerate(PLANTED.items()):
        found = findings(statements[f"planted/planted_{number}.sql"])
        assert any(advice in line for line in found), (model, found)
