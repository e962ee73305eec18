"""The whole graph on the sample company, in a home of its own."""

import subprocess
import sys

import dagster as dg
import pytest

from orchestration import journal
from orchestration.assets import report
from orchestration.assets.publication import PUBLICATION
from orchestration.assets.report import REPORT
from orchestration.dev import make_dagster_home
from orchestration.errors import HoldfastError
from orchestration.publication.audit import CHECKS
from orchestration.publication.generations import current
from orchestration.settings import Settings
from orchestration.status import status
from orchestration.warehouse import open_warehouse


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Settings of an installation whose inbox holds 200 customers of the sample company."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(folder / "home"))
        settings = Settings.from_env()
        for name in ("HOLDFAST_INBOX", "HOLDFAST_TOKEN_KEY", "DBT_TARGET_PATH"):
            patch.delenv(name, raising=False)
        patch.setenv("HOLDFAST_VARS", f"@{settings.project}/sample_data/vars.yml")
        make_dagster_home(settings)
        sample = ["--out", str(settings.inbox), "--truth", str(folder / "truth.json")]
        generate = [sys.executable, "-m", "sample_data.generate", "--customers", "200", *sample]
        subprocess.run(generate, cwd=settings.project, check=True)
        yield settings


def execute(definitions, settings, job, selection=None):
    """Runs a job in this process, on the installation's own Dagster instance."""
    job = definitions.defs.resolve_job_def(job)
    with dg.DagsterInstance.from_config(str(settings.home / "dagster")) as instance:
        return job.execute_in_process(
            instance=instance, asset_selection=selection, raise_on_error=False
        )


def checks(result):
    return {e.asset_check_key: e.passed for e in result.get_asset_check_evaluations()}


def metadata(result):
    return {
        e.asset_key: {name: value.value for name, value in e.materialization.metadata.items()}
        for e in result.get_asset_materialization_events()
    }


@pytest.fixture(scope="module")
def nightly(definitions, home):
    return execute(definitions, home, "land_and_build")


def test_everything_is_landed_built_and_checked(definitions, nightly):
    graph = definitions.defs.resolve_asset_graph()
    done = checks(nightly)
    assert [key.to_user_string() for key, passed in done.items() if not passed] == []
    assert nightly.success
    assert set(metadata(nightly)) == set(graph.get_all_asset_keys())
    nodes = definitions.manifest["nodes"].values()
    tests = [node for node in nodes if node["resource_type"] == "test"]
    of_data = [t for t in tests if not t["original_file_path"].startswith("tests/cross_db/")]
    of_sources = [key for key in done if key.name == "delivered_in_time"]
    of_publication = [key for key in done if key.asset_key == PUBLICATION]
    assert len(of_sources) > 15 and {key.name for key in of_publication} == set(CHECKS)
    assert len(done) - len(of_sources) - len(of_publication) == len(of_data) > 0


def test_what_was_built_is_published(nightly, home):
    shown = metadata(nightly)[PUBLICATION]
    served = current(home)
    assert (served.name, served.manifest["build_id"]) == (shown["generation"], shown["build_id"])
    assert status(home).faults == []
    assert journal.read(home)[-1]["outcome"] == "ended"


def test_what_was_published_is_reported(nightly, home):
    shown = metadata(nightly)[REPORT]
    assert shown["generation"] == current(home).name
    page = home.home / "reports" / "current" / f"report-{shown['period']}.html"
    assert page.samefile(shown["html"])
    assert shown["generation"] in page.read_text(encoding="utf-8")


def test_a_report_that_fails_undoes_nothing(definitions, nightly, home, monkeypatch):
    def fail(settings):
        raise HoldfastError("no ink")

    before = current(home).name
    monkeypatch.setattr(report, "write_report", fail)
    result = execute(definitions, home, "land_and_build", [PUBLICATION, REPORT])
    # the run fails, which is what the alert tells; what it published is served and trusted
    assert not result.success
    [failure] = [e for e in result.all_events if e.is_step_failure]
    assert failure.step_key == "report"
    assert "no ink" in failure.event_specific_data.error_display_string
    assert set(metadata(result)) == {PUBLICATION}
    assert current(home).name > before
    assert status(home).faults == []
    assert journal.read(home)[-1]["outcome"] == "ended"


def test_row_counts_are_shown(definitions, nightly, home):
    shown = metadata(nightly)
    orders = shown[dg.AssetKey(["raw", "shop_orders"])]
    assert orders["dagster/row_count"] == orders["rows_landed"] > 0
    views = {REPORT} | {
        dg.AssetKey([n["schema"], n["name"]])
        for n in definitions.manifest["nodes"].values()
        if n["config"].get("materialized") == "view"
    }
    assert [
        key for key in shown if key not in views and "dagster/row_count" not in shown[key]
    ] == []
    with open_warehouse(home.warehouse, read_only=True) as connection:
        for key in (("raw", "shop_orders"), ("marts", "fct_orders"), ("seeds", "rfm_segments")):
            rows = connection.execute(f"select count(*) from {'.'.join(key)}").fetchall()
            assert rows == [(shown[dg.AssetKey(key)]["dagster/row_count"],)]


def test_the_book_is_balanced(nightly, home):
    with open_warehouse(home.warehouse, read_only=True) as connection:
        query = "select count(*), count(*) filter (not is_balanced) from marts.data_quality"
        [(tables, wrong)] = connection.execute(query).fetchall()
    assert tables >= 13
    assert wrong == 0


def test_a_part_alone_is_built_with_its_own_tests_only(definitions, nightly, home):
    key = dg.AssetKey(["marts", "dim_customers"])
    result = execute(definitions, home, "land_and_build", [key])
    assert result.success
    assert set(metadata(result)) == {key}
    evaluated = checks(result)
    assert evaluated and all(evaluated.values())
    assert {check.asset_key for check in evaluated} == {key}


def test_landing_again_lands_nothing(definitions, nightly, home):
    graph = definitions.defs.resolve_asset_graph()
    raw = [key for key in graph.get_all_asset_keys() if key.path[0] == "raw"]
    again = metadata(execute(definitions, home, "land_and_build", raw))
    assert set(again) == set(raw)
    assert {shown["rows_landed"] for shown in again.values()} == {0}
    before = metadata(nightly)
    with open_warehouse(home.warehouse, read_only=True) as connection:
        erased = dict(
            connection.execute(
                "select raw_table, sum(rows_erased)::int from raw.landing_erased_rows group by 1"
            ).fetchall()
        )
    # the run erased who had asked for it, after the landing and before the build
    assert erased["crm_erasure_requests"] > 0
    # its own part of the book is filled after the landing has counted
    by_erasure = ("landing_era", "landing_searched")
    for key in raw:
        name = key.path[-1]
        if not name.startswith(by_erasure):
            left = before[key]["dagster/row_count"] - erased.get(name, 0)
            assert again[key]["dagster/row_count"] == left, name


def test_unit_tests_pass_without_touching_the_warehouse(definitions, nightly, home):
    stamp = home.warehouse.stat().st_mtime_ns
    result = execute(definitions, home, "run_unit_tests")
    assert [key.name for key, passed in checks(result).items() if not passed] == []
    assert len(checks(result)) == len(definitions.manifest["unit_tests"])
    assert home.warehouse.stat().st_mtime_ns == stamp
    assert not (home.runs / "unit_tests").exists()


def test_a_landing_that_fails_builds_nothing(definitions, nightly, home):
    wrong = home.inbox / "shop_orderz.csv"
    wrong.write_text("order_id\no1\n")
    try:
        result = execute(definitions, home, "land_and_build")
    finally:
        wrong.unlink()
    assert not result.success
    assert metadata(result) == {}
    [failure] = [e for e in result.all_events if e.is_step_failure]
    assert failure.step_key == "landing"
    assert "no table of the raw contract" in failure.event_specific_data.error_display_string


def test_a_failing_check_publishes_nothing(definitions, nightly, home):
    """A book that no longer balances fails its check in the build, so nothing new is served."""
    before = current(home).name
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create table kept as from raw.shop_orders")
        connection.execute("delete from raw.shop_orders where rowid % 7 = 0")
    result = execute(definitions, home, "land_and_build")
    assert not result.success
    assert PUBLICATION not in metadata(result)
    assert current(home).name == before
    found = status(home)
    assert any("the last build failed" in fault for fault in found.faults)
    assert any("assert_raw_equals_landing_book" in line for line in found.lines)
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create or replace table raw.shop_orders as from kept")
        connection.execute("drop table kept")
