import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from orchestration import journal
from orchestration.build import check_raw_data, make_profile
from orchestration.cli import main
from orchestration.dbt_arguments import dbt_build_arguments, dbt_environment, read_variables
from orchestration.errors import HoldfastError
from orchestration.headline import headline
from orchestration.warehouse import open_warehouse


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    for name in ("HOLDFAST_TOKEN_KEY", "HOLDFAST_VARS", "HOLDFAST_INBOX"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(main, [str(a) for a in arguments])


def test_land_says_what_it_did_and_where(run, settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id,colour\np1,red\np2\n")
    (folder / "notes.txt").write_text("x")
    result = run("land", folder)
    assert result.exit_code == 0
    assert (
        "billing_plans.csv: 1 rows landed in raw.billing_plans, 1 lines rejected" in result.output
    )
    assert "unknown columns not landed: colour" in result.output
    assert "notes.txt: ignored" in result.output
    assert str(settings.warehouse) in result.output
    again = run("land", folder)
    assert again.exit_code == 0
    assert "already landed" in again.output


def test_erase_reports_what_it_did_and_names_nobody(run, settings, folder):
    (folder / "crm_customers.csv").write_text(
        "customer_id,email,created_at\nc1,ann@x.example,2025-01-01\nc2,bob@x.example,2025-01-01\n"
    )
    (folder / "crm_erasure_requests.csv").write_text(
        "customer_id,requested_at\nc1,2025-04-01T10:00:00Z\n"
    )
    assert run("land", folder).exit_code == 0
    result = run("erase", "--report")
    assert result.exit_code == 0, result.output
    assert "erased: 1 requests, 2 rows of raw removed, 0 kept" in result.output
    assert "0 traces found" in result.output
    assert "asked 2025-04-01T10:00:00Z" in result.output
    assert "raw.crm_customers: 1 rows removed" in result.output
    assert "0 requests waiting, 0 erased ids delivered again" in result.output
    # by itself, that is: a hash may hold it
    assert "ann@" not in result.output and not re.search(r"\bc1\b", result.output)
    again = run("erase")
    assert (again.exit_code, again.output) == (0, "nobody to erase\n")
    unknown = run("erase", "--vars", "erasure_past_totals: keep")
    assert unknown.exit_code == 1 and "restate, keep_anonymous" in unknown.stderr
    rotated = run("rotate-key")
    assert rotated.exit_code == 0 and "1 tokens made anew" in rotated.output


def test_an_error_is_one_line_with_status_1(run, folder):
    result = run("land", folder / "none")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("holdfast: error: ")
    assert result.stderr.count("\n") == 1
    verbose = run("-v", "land", folder / "none")
    assert verbose.exit_code == 1
    assert "Traceback" in verbose.stderr


def test_build_without_raw_data_is_refused(run, settings, folder):
    before = dict(os.environ)
    result = run("build")
    assert result.exit_code == 1
    assert "holdfast land FOLDER" in result.stderr
    assert "there is no warehouse" in journal.last(settings, "holdfast build")["why"]
    with open_warehouse(settings.warehouse) as connection:
        connection.execute("create schema raw; create table raw.shop_orders (order_id varchar)")
    result = run("build")
    assert result.exit_code == 1
    assert "holds no raw data yet" in result.stderr
    assert dict(os.environ) == before
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    assert run("land", folder).exit_code == 0
    check_raw_data(settings)


def test_wrong_vars_are_refused(run):
    result = run("build", "--vars", "[1, 2]")
    assert result.exit_code == 1
    assert "YAML mapping" in result.stderr


def test_variables_from_text_and_file(tmp_path):
    assert read_variables(None) == read_variables(" ") == {}
    assert read_variables("{reporting_currency: THB}") == {"reporting_currency": "THB"}
    path = tmp_path / "vars.yml"
    path.write_text("purchase_churn_days: 60\n")
    assert read_variables(f"@{path}") == {"purchase_churn_days": 60}
    with pytest.raises(HoldfastError, match="cannot be read"):
        read_variables(f"@{tmp_path}/none.yml")
    with pytest.raises(HoldfastError, match="not valid YAML"):
        read_variables("{a: [")


def test_dbt_arguments(settings):
    plain = dbt_build_arguments(settings)
    assert plain == [
        "build",
        "--exclude-resource-type",
        "unit_test",
        "saved_query",
        "--exclude",
        "path:tests/cross_db",
        "--project-dir",
        str(settings.project),
        "--profiles-dir",
        str(settings.project),
        "--log-path",
        str(settings.home / "runs" / "logs"),
    ]
    full = dbt_build_arguments(
        settings,
        variables=read_variables("{as_of_date: 2025-01-01, segments: [country]}"),
        full_refresh=True,
        select=("a", "b"),
        threads=1,
    )
    assert full[: len(plain)] == plain
    assert json.loads(full[full.index("--vars") + 1]) == {
        "as_of_date": "2025-01-01",
        "segments": ["country"],
    }
    assert full[full.index("--full-refresh") :] == [
        *("--full-refresh", "--select", "a", "b", "--threads", "1")
    ]


def test_dbt_accepts_the_arguments(settings):
    from dbt.cli.main import cli

    arguments = dbt_build_arguments(
        settings, variables={"a": 1}, full_refresh=True, select=("x",), threads=1
    )
    command = cli.commands["build"]
    context = command.make_context("build", arguments[1:])
    assert context.params["exclude_resource_types"] == ("unit_test", "saved_query")
    assert context.params["vars"] == {"a": 1}


def test_dbt_writes_here_and_calls_nobody(settings):
    assert dbt_environment(settings) == {
        "HOLDFAST_HOME": str(settings.home),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def test_a_profile_is_made_once(tmp_path):
    (tmp_path / "profiles.example.yml").write_text("example")
    make_profile(tmp_path)
    assert (tmp_path / "profiles.yml").read_text() == "example"
    (tmp_path / "profiles.yml").write_text("own")
    make_profile(tmp_path)
    assert (tmp_path / "profiles.yml").read_text() == "own"


def test_headline_figures_of_what_is_there(settings):
    settings.home.mkdir()
    with open_warehouse(settings.warehouse) as connection:
        connection.execute("create schema marts")
    assert headline(settings) == []
    with open_warehouse(settings.warehouse) as connection:
        connection.execute(
            """
            create table marts.retention_by_period as
            select
                'month' as period_grain, month as period_start, is_complete,
                'all' as segment_name, 'all' as segment_value, 'purchase' as basis,
                1000 as customers_at_start, 20 as new_customers, 5 as reactivated_customers,
                lost as lost_customers, 1025 - lost as customers_at_end,
                (1005 - lost) / 1000.0 as retention_rate, lost / 1000.0 as churn_rate
            from (values
                (date '2025-01-01', true, 1), (date '2025-02-01', true, 30),
                (date '2025-03-01', false, 9)) as t (month, is_complete, lost);
            create table marts.nps_by_period as
            select
                'month' as period_grain, date '2025-02-01' as period_start, true as is_complete,
                'all' as segment_name, 'all' as segment_value, 'period' as window_name,
                200 as responses, 50.0 as nps, 43.1 as lower_95, null as upper_95;
            create table marts.data_quality as
            select * from (values ('a', true), ('b', false)) as t (raw_table, is_balanced);
            """
        )
    assert headline(settings) == [
        "2025-02 purchase: 1,000 customers at start + 20 new + 5 reactivated - 30 lost"
        " = 995 at end; retention 97.5%, churn 3.0%",
        "2025-02 NPS 50.0 (95% 43.1 to n/a, 200 responses)",
        "book of 2 raw tables: not balanced: b (marts.data_quality)",
    ]


def test_a_missing_exchange_rate_is_named_with_day_and_pair(folder, settings):
    """The build stops, and its one line says which rate is missing; nothing counts as 1."""
    (folder / "crm_customers.csv").write_text("customer_id,created_at\nc1,2025-01-01\n")
    (folder / "shop_orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,currency,gross_amount\n"
        "o1,c1,2025-01-05,paid,THB,100\no2,c1,2025-01-06,paid,USD,10\n"
    )
    environ = {**os.environ, "HOLDFAST_HOME": str(settings.home), "HOLDFAST_VARS": ""}
    environ["DBT_TARGET_PATH"] = str(settings.home / "target")
    command = [sys.executable, "-m", "orchestration.cli"]
    subprocess.run([*command, "land", str(folder)], env=environ, cwd=settings.project, check=True)
    done = subprocess.run(
        [*command, "build"], env=environ, cwd=settings.project, capture_output=True, text=True
    )
    assert done.returncode == 1
    error = done.stderr.strip().splitlines()[-1]
    assert "assert_every_amount_has_a_rate" in error
    assert "from_currency THB, to_currency USD, rate_needed_on 2025-01-05" in error


def test_commands_start_without_what_only_some_of_them_need():
    """dbt, the forecast's libraries and Dagster take seconds to import."""
    script = (
        "import sys, orchestration.cli;"
        "print({'dbt', 'sklearn', 'scipy', 'pandas', 'dagster'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stdout + done.stderr
