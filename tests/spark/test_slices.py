"""replace_slices: one statement of the slices, the same rows on both engines after every run."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import yaml

from tests.spark.engines import SparkSession, spark_session

MODEL = """
{{ config(**replace_slices('slice')) }}
{% for slice, id, amount in var('rows') %}
select
    {{ id }} as id,
    cast({{ amount }} as decimal(18, 4)) as amount,
    {{ slice }} as slice
{% if not loop.last %}union all{% endif %}
{% endfor %}
"""
FIRST = [(1, 10, 1.5), (1, 11, 2.5), (2, 20, 3.5), (3, 30, 4.5)]
# slice 1 loses a row and changes one, slice 4 is new, slices 2 and 3 are not touched
SECOND = [(1, 11, 9.5), (4, 40, 5.5)]
AFTER = [(1, 11, 9.5), (2, 20, 3.5), (3, 30, 4.5), (4, 40, 5.5)]


def make_project(folder: Path, project: Path) -> None:
    """A dbt project of one model, with the macros of the real one."""
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "sliced.sql").write_text(MODEL)
    settings = {
        "name": "holdfast",
        "profile": "holdfast",
        "macro-paths": [str(project / "macros" / "cross_db")],
        "models": {"holdfast": {"+file_format": "parquet"}},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))


def run(session: SparkSession, folder: Path, target: str, rows: list, *more: str) -> None:
    session.run(
        "dbt",
        *("run", "--target", target, "--vars", json.dumps({"rows": rows}), *more),
        *("--project-dir", str(folder), "--profiles-dir", str(session.project)),
        environ={"DBT_TARGET_PATH": str(folder / "target")},
    )


def rows_of(session: SparkSession, target: str) -> list[tuple]:
    with duckdb.connect() as connection:
        if target == "duckdb":
            home = session.environ["HOLDFAST_HOME"]
            connection.execute(f"attach '{home}/warehouse.duckdb' as w (read_only)")
            relation = "w.main.sliced"
        else:
            files = session.server.warehouse / "main.db" / "sliced" / "**" / "*.parquet"
            relation = f"read_parquet('{files}', hive_partitioning = true)"
        return connection.execute(
            f"select slice, id, cast(amount as double) from {relation} order by all"
        ).fetchall()


def test_slices_are_replaced_alike(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "project"
    with spark_session(home) as session:
        make_project(folder, session.project)
        for target in ("duckdb", "spark"):
            run(session, folder, target, FIRST)
            assert rows_of(session, target) == FIRST, target
            run(session, folder, target, SECOND)
            assert rows_of(session, target) == AFTER, target
            run(session, folder, target, SECOND)
            assert rows_of(session, target) == AFTER, target
            run(session, folder, target, SECOND, "--full-refresh")
            assert rows_of(session, target) == SECOND, target
