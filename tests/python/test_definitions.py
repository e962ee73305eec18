import os
import shutil
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest
from dbt.cli.main import dbtRunner

from orchestration import dev
from orchestration.assets import report
from orchestration.assets.publication import PUBLICATION
from orchestration.assets.report import REPORT
from orchestration.assets.translator import DEFAULT_OWNER, Translator
from orchestration.contract import read_contract
from orchestration.dbt_arguments import AFTER_FORECASTS
from orchestration.dbt_project import check_manifest, dbt_project, read_manifest
from orchestration.dev import dagster_environment, make_dagster_home
from orchestration.errors import HoldfastError
from orchestration.landing.book import BOOKS
from orchestration.prediction.tables import TABLES
from orchestration.publication.audit import CHECKS
from orchestration.resources import POOL
from orchestration.schedules import business_timezone, nightly_schedule, schedule_hour


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.defs.resolve_asset_graph()


def nodes(definitions, *kinds):
    return [n for n in definitions.manifest["nodes"].values() if n["resource_type"] in kinds]


def test_every_model_seed_and_raw_table_is_an_asset(definitions, graph, settings):
    built = {dg.AssetKey([n["schema"], n["name"]]) for n in nodes(definitions, "model", "seed")}
    raw = {dg.AssetKey(["raw", table]) for table in read_contract(settings.project)}
    book = {dg.AssetKey(["raw", table]) for table in BOOKS}
    forecasts = {dg.AssetKey(["forecasts", table]) for table in TABLES}
    assert len(built) > 80 and len(raw) >= 13
    made = built | raw | book | forecasts | {PUBLICATION, REPORT}
    assert set(graph.get_all_asset_keys()) == made
    # Lineage reaches from the landing to the last mart.
    assert all(graph.get(key).is_materializable for key in built | raw)
    ancestors = graph.get_ancestor_asset_keys(dg.AssetKey(["marts", "retention_by_period"]))
    assert dg.AssetKey(["raw", "shop_orders"]) in ancestors
    ancestors = graph.get_ancestor_asset_keys(dg.AssetKey(["marts", "customer_next_actions"]))
    assert forecasts - {dg.AssetKey(["forecasts", "forecast_fits"])} <= ancestors
    assert dg.AssetKey(["intermediate", "int_forecast_buyers"]) in ancestors


def test_what_reads_a_forecast_is_built_after_it(definitions):
    """The tag stands on every model that reads a forecast, by whatever way, and on no other."""
    manifest = definitions.manifest
    readers, found = set(), {f"source.holdfast.forecasts.{table}" for table in TABLES}
    while found:
        found = {child for parent in found for child in manifest["child_map"][parent]} - readers
        found = {child for child in found if child.startswith("model.")}
        readers |= found
    tagged = {n["unique_id"] for n in nodes(definitions, "model") if "after_forecasts" in n["tags"]}
    assert tagged == readers != set()


def test_every_test_belongs_to_one_part_of_a_build(settings, tmp_path):
    """Before the forecast or after it; where it reads both, its own tag says after."""

    def tests(*selection: str) -> set[str]:
        arguments = ["--resource-type", "test", "--target-path", str(tmp_path), *selection]
        project = ["--project-dir", str(settings.project), "--profiles-dir", str(settings.project)]
        done = dbtRunner().invoke(["--quiet", "ls", *project, *arguments])
        assert done.success
        return set(done.result)

    before, after = tests("--exclude", AFTER_FORECASTS), tests("--select", AFTER_FORECASTS)
    assert before | after == tests() and not before & after
    assert "holdfast.singular.assert_amounts_reach_the_marts" in after


def test_every_data_test_and_unit_test_is_a_check(definitions, graph):
    # tests of macros prove the code, not the data: a run leaves them out
    wanted = {
        n["unique_id"]
        for n in nodes(definitions, "test")
        if not n["original_file_path"].startswith("tests/cross_db/")
    }
    specs = [
        spec
        for assets in definitions.defs.assets
        for spec in assets.check_specs
        if spec.asset_key != PUBLICATION
    ]
    shown = {spec.metadata["dagster_dbt/unique_id"] for spec in specs}
    assert wanted - shown == set(), "let the test name a model: -- depends_on: {{ ref('...') }}"
    assert len(specs) == len(wanted)
    unit_tests = definitions.manifest["unit_tests"]
    assert len(list(definitions.unit_tests.check_specs)) == len(unit_tests) > 0
    for unit_test in unit_tests.values():
        names = {k.name: k.asset_key.path[-1] for k in graph.asset_check_keys}
        assert names[f"unit_test_{unit_test['name']}"] == unit_test["model"]


def test_groups_owners_and_descriptions(definitions, graph):
    groups = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {"raw", "seeds", "staging_crm", "staging_shop", "intermediate", "quarantine"} <= groups
    assert {"marts_core", "marts_retention", "marts_value", "marts_voice"} <= groups
    for key in graph.get_all_asset_keys():
        assert graph.get(key).owners, key
        assert graph.get(key).description, key
    for node in nodes(definitions, "model", "seed"):
        shown = graph.get(dg.AssetKey([node["schema"], node["name"]])).description
        assert shown.startswith(node["description"])


def test_owner_is_read_from_meta():
    translator = Translator()
    assert translator.get_owners({"config": {"meta": {}}}) == [DEFAULT_OWNER]
    assert translator.get_owners({"config": {"meta": {"owner": "team:crm"}}}) == ["team:crm"]
    two = ["team:crm", "an@example.com"]
    assert translator.get_owners({"config": {"meta": {"owner": two}}}) == two


def test_every_op_stands_in_the_pool(definitions):
    checks = definitions.defs.asset_checks
    for assets in [*definitions.defs.assets, *checks]:
        assert assets.op.pool == POOL


def test_nightly_job_runs_everything_but_the_unit_tests(definitions, graph):
    layer = definitions.defs.resolve_job_def("land_and_build").asset_layer
    assert set(layer.selected_asset_keys) == set(graph.get_all_asset_keys())
    checks = {key.name for key in layer.asset_graph.asset_check_keys}
    assert len(checks) > 50
    assert not any(name.startswith("unit_test_") for name in checks)
    alone = definitions.defs.resolve_job_def("run_unit_tests").asset_layer
    assert not alone.selected_asset_keys


def test_schedule(definitions, settings):
    [schedule] = definitions.defs.schedules
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 5 * * *", "UTC")
    assert schedule.job_name == "land_and_build"
    environ = {
        "HOLDFAST_SCHEDULE_HOUR": "23",
        "HOLDFAST_VARS": "{business_timezone: Asia/Bangkok}",
    }
    other = nightly_schedule(definitions.nightly, settings.project, environ)
    assert (other.cron_schedule, other.execution_timezone) == ("0 23 * * *", "Asia/Bangkok")


def test_wrong_hour_or_zone_is_refused(settings):
    for hour in ("24", "-1", "five"):
        with pytest.raises(HoldfastError, match="from 0 to 23"):
            schedule_hour({"HOLDFAST_SCHEDULE_HOUR": hour})
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(HoldfastError, match="no IANA zone"):
            business_timezone(settings.project, {"HOLDFAST_VARS": f"business_timezone: '{zone}'"})


def test_schedule_skips_an_installation_without_data(definitions, settings, monkeypatch):
    [schedule] = definitions.defs.schedules
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    monkeypatch.delenv("HOLDFAST_INBOX", raising=False)
    context = dg.build_schedule_context()
    assert "no file in" in schedule(context).skip_message
    settings.inbox.mkdir(parents=True)
    (settings.inbox / "billing_plans.csv").write_text("plan_id\np1\n")
    assert isinstance(schedule(context), dg.RunRequest)


def test_missing_manifest_says_what_to_do(tmp_path):
    with pytest.raises(HoldfastError, match="run `dbt parse`"):
        read_manifest(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(HoldfastError, match="no dbt manifest"):
        read_manifest(tmp_path / "manifest.json")


def test_the_audit_and_the_age_of_deliveries_are_checks(definitions, graph, settings):
    shown = {(key.asset_key, key.name) for key in graph.asset_check_keys}
    assert {(PUBLICATION, name) for name in CHECKS} <= shown
    expected = [t for t in read_contract(settings.project).values() if t.error_hours]
    assert len(expected) > 15
    for table in expected:
        assert (dg.AssetKey(["raw", table.name]), "delivered_in_time") in shown
    # every mart is published, after it was built
    parents = graph.get(PUBLICATION).parent_keys
    assert parents == {
        dg.AssetKey([n["schema"], n["name"]])
        for n in nodes(definitions, "model")
        if n["schema"] == "marts"
    }


def test_the_report_follows_the_publication(graph):
    assert graph.get(REPORT).parent_keys == {PUBLICATION}


def test_without_its_packages_there_is_no_report(monkeypatch):
    monkeypatch.setattr(report, "can_report", lambda: False)
    assert report.report_assets() == []


def test_loading_draws_nothing(settings):
    """Streamlit and what draws charts take seconds to load: only a run of the report waits."""
    code = (
        "import sys, orchestration.cli, orchestration.assets.report\n"
        "print([one for one in ('streamlit', 'altair', 'plotly', 'vl_convert', 'pandas')"
        " if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.project, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_a_stale_manifest_is_refused(definitions, settings, tmp_path):
    check_manifest(settings.project, definitions.manifest)
    project = tmp_path / "project"
    for name in ("models", "macros", "tests", "seeds"):
        shutil.copytree(settings.project / name, project / name)
    shutil.copy2(settings.project / "dbt_project.yml", project)
    check_manifest(project, definitions.manifest)
    model = project / "models" / "marts" / "voice" / "nps_by_period.sql"
    os.utime(model, (time.time() + 60, time.time() + 60))
    with pytest.raises(HoldfastError, match=r"nps_by_period\.sql was changed since.*dbt parse"):
        check_manifest(project, definitions.manifest)
    model.unlink()
    with pytest.raises(HoldfastError, match=r"nps_by_period\.sql is gone"):
        check_manifest(project, definitions.manifest)


def test_nothing_is_partitioned(definitions):
    assert all(assets.partitions_def is None for assets in definitions.defs.assets)


def test_dagster_home_has_a_limit_and_no_telemetry(settings):
    home = make_dagster_home(settings)
    assert settings.inbox.is_dir()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False
        [limit] = instance.event_log_storage.get_pool_limits()
        assert (limit.name, limit.limit) == (POOL, 1)
        assert instance.get_concurrency_config().pool_config.pool_granularity.value == "run"
        instance.event_log_storage.set_concurrency_slots(POOL, 5)
    own = (home / "dagster.yaml").read_text() + "# own\n"
    (home / "dagster.yaml").write_text(own)
    make_dagster_home(settings)
    assert (home / "dagster.yaml").read_text() == own
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert [pool.limit for pool in instance.event_log_storage.get_pool_limits()] == [1]
    environ = dagster_environment(settings)
    assert environ["DAGSTER_HOME"] == str(home)
    assert environ["DO_NOT_TRACK"] == "1"


def test_dagster_can_be_ended_where_a_shell_started_it_in_the_background(settings, monkeypatch):
    """Such a shell has SIGINT ignored, and Dagster takes SIGTERM as it finds SIGINT."""
    began = []
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    monkeypatch.setattr(os, "execve", lambda *call: began.append(signal.getsignal(signal.SIGINT)))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        dev.main([])
    finally:
        signal.signal(signal.SIGINT, before)
    assert began == [signal.SIG_DFL]


def test_project_is_this_one(settings):
    assert dbt_project.project_dir == settings.project
