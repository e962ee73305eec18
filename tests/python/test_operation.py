"""One writer, its journal, alerts, status, and what run monitoring sees."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster._daemon.monitoring.run_monitoring import monitor_started_run

from orchestration import journal, resources
from orchestration.alerts import alert
from orchestration.cli import main
from orchestration.contract import read_contract
from orchestration.dbt_runs import KEPT_RUNS, PARSED, target_folder
from orchestration.dev import make_dagster_home
from orchestration.errors import HoldfastError, TransientError, told
from orchestration.freshness import ages
from orchestration.lock import CHILDREN, LOCK, holder, writer_lock
from orchestration.run_launcher import lives
from orchestration.settings import Settings
from orchestration.status import status

HOLD = """
import sys, time
from orchestration.lock import writer_lock
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse
settings = Settings.from_env()
with writer_lock(settings, "holdfast build"), open_warehouse(settings.warehouse):
    print("held", flush=True)
    time.sleep(60)
"""


def started(settings: Settings, *call: str) -> subprocess.Popen:
    """A process of this installation that has said something."""
    environ = {**os.environ, "HOLDFAST_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, *call],
        env=environ,
        cwd=settings.project,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


# --- one writer ---------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_writes(settings: Settings, monkeypatch) -> None:
    process = started(settings, "-c", HOLD)
    try:
        assert holder(settings)["pid"] == process.pid
        with (
            pytest.raises(TransientError, match=rf"holdfast build \(PID {process.pid}\) since"),
            writer_lock(settings, "other"),
        ):
            pass
        monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
        land = ["land", str(settings.project)]
        for command in (land, ["build"], ["publish"], ["rollback"], ["erase"], ["rotate-key"]):
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 1
            assert "is being written by holdfast build" in result.stderr
    finally:
        process.kill()
        process.wait()
    # the system lets go of the lock of a process that was killed
    assert holder(settings) is None
    with writer_lock(settings, "other"):
        assert holder(settings)["what"] == "other"


def test_a_second_writer_waits_where_it_may(settings: Settings) -> None:
    process = started(settings, "-c", HOLD)
    said: list[str] = []
    threading.Timer(0.6, process.kill).start()
    with writer_lock(replace(settings, wait_seconds=30), "other", said.append):
        pass
    process.wait()
    assert len(said) == 1 and "waiting up to" in said[0]


def test_who_only_looks_keeps_no_writer_out(settings: Settings) -> None:
    """A dashboard asks every few seconds who writes; a build that begins then is not refused."""
    with writer_lock(settings, "test"):
        pass
    with (settings.home / LOCK).open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        threading.Timer(0.06, lambda: fcntl.flock(looked_at, fcntl.LOCK_UN)).start()
        with writer_lock(settings, "test"):
            assert holder(settings)["what"] == "test"


# A run's process that has begun dbt, or what stands for it, as its child.
PARENT = """
import subprocess, sys, time
from orchestration.lock import writer_lock
from orchestration.settings import Settings
with writer_lock(Settings.from_env(), "Dagster run"):
    child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
    print(child.pid, flush=True)
    time.sleep(60)
"""
# dbt that would go on for a minute, as `holdfast-dbt` starts it.
CHILD = """
import dbt.cli.main, time
dbt.cli.main.cli = lambda: time.sleep(60)
from orchestration.dbt_process import main
main()
"""


def test_dbt_holds_the_lock_of_its_run_and_ends_with_it(settings: Settings) -> None:
    environ = {**os.environ, "HOLDFAST_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], env=environ, cwd=settings.project,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    now = datetime.now(UTC)
    with (settings.home / CHILDREN).open() as lock:
        for _ in range(300):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                break
            fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(0.1)
    assert lives(child, now)
    # a dbt that does not notice keeps the next writer out, until it has ended
    os.kill(child, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    with pytest.raises(TransientError, match="dbt of a run that was killed"):
        writer_lock(settings, "next").__enter__()
    os.kill(child, signal.SIGCONT)
    with writer_lock(replace(settings, wait_seconds=20), "next"):
        assert not lives(child, now)


def test_each_run_has_a_target_of_its_own(settings: Settings) -> None:
    first = target_folder(settings, "one", "build")
    (first / PARSED).write_text("parsed")
    (first / "run_results.json").write_text("{}")
    second = target_folder(settings, "two", "build")
    assert [path.name for path in second.iterdir()] == [PARSED]
    assert target_folder(settings, "two", "build") == second
    for number in range(KEPT_RUNS + 2):
        target_folder(settings, f"more-{number}", "build")
        time.sleep(0.01)
    assert len(list((settings.runs / "dbt").iterdir())) == KEPT_RUNS


# --- the journal and the status -----------------------------------------------------------------


def test_the_journal_tells_how_runs_ended(settings: Settings) -> None:
    with writer_lock(settings, "holdfast land"):
        pass
    with pytest.raises(HoldfastError), writer_lock(settings, "holdfast build"):
        raise HoldfastError("it broke\nin two lines")
    outcomes = [(entry["what"], entry["outcome"]) for entry in journal.read(settings)]
    assert outcomes == [
        ("holdfast land", "started"),
        ("holdfast land", "ended"),
        ("holdfast build", "started"),
        ("holdfast build", "failed"),
    ]
    assert journal.last(settings, "holdfast build")["why"] == "it broke in two lines"
    with (settings.runs / "journal.jsonl").open("a") as file:
        file.write('{"at": "cut short')
    assert len(journal.read(settings)) == 4


def test_status_without_a_publication_says_what_to_do(settings: Settings, monkeypatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 1
    assert "trust: NO: nothing is published yet: run `holdfast build`" in result.output


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_status_for_who_may_not_see_the_runs(settings: Settings) -> None:
    with pytest.raises(HoldfastError), writer_lock(settings, "holdfast build"):
        raise HoldfastError("broken")
    for folder in (settings.home, *settings.home.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if folder.stat().st_uid == 0 and not mode & 0o001:
            folder.chmod(mode | 0o011)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        found = status(settings)
        is_right = any("may not see them" in line for line in found.lines)
        os._exit(0 if is_right and not any("denied" in one for one in found.faults) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert "the last build failed" in status(settings).faults[0]


def test_status_names_a_killed_build(settings: Settings) -> None:
    process = started(settings, "-c", HOLD)
    assert any("running: holdfast build" in line for line in status(settings).lines)
    assert not any("killed" in fault for fault in status(settings).faults)
    process.kill()
    process.wait()
    assert any("the last build was killed" in fault for fault in status(settings).faults)


def test_ages_of_deliveries(settings: Settings) -> None:
    contract = read_contract(settings.project)
    now = datetime(2026, 1, 10, tzinfo=UTC)
    newest = {
        "shop_orders": now - timedelta(hours=35),
        "crm_customers": now - timedelta(hours=37),
        "support_tickets": now - timedelta(days=8),
        "shop_products": now - timedelta(days=800),
        "voice_survey_responses": None,
    }
    naive = {name: at and at.replace(tzinfo=None) for name, at in newest.items()}
    found = {age.raw_table: age.state for age in ages(naive, contract, now)}
    assert found == {"shop_orders": "fresh", "crm_customers": "warn", "support_tickets": "error"}


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        pa.lib.ArrowMemoryError("malloc of size 64 failed"),
        duckdb.OutOfMemoryException("x\nvalues"),
        duckdb.TransactionException("Failed to commit: Failed to allocate block (bad allocation)"),
        duckdb.FatalException("Checkpoint failed: Failed to allocate block (bad allocation)"),
        ImportError("x.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        SystemError("error return without exception set"),
    ],
)
def test_missing_memory_is_said_in_words(error: BaseException) -> None:
    assert told(error).startswith("there is not enough memory")


def test_a_value_that_speaks_of_memory_is_no_missing_memory() -> None:
    error = duckdb.ConversionException("Could not convert string 'bad allocation' to INT32")
    assert "bad allocation" in told(error)


def test_only_the_first_line_of_an_error_of_duckdb_is_told() -> None:
    assert told(duckdb.ConversionException("cannot convert\nLINE 1: a value")) == "cannot convert"


# --- alerts -------------------------------------------------------------------------------------


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict]]]:
    received: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(json.loads(body))
            self.send_response(500 if self.path.startswith("/broken") else 204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()


def test_alerts_reach_a_command_and_a_webhook(
    settings: Settings, webhook: tuple[str, list[dict]], tmp_path: Path
) -> None:
    url, received = webhook
    out = tmp_path / "told.json"
    command = f"{sys.executable} -c \"import sys; open('{out}', 'w').write(sys.stdin.read())\""
    both = replace(settings, alert_command=command, alert_url=url + "/hook")
    hostile = "'; touch pwned; $(touch pwned) `touch pwned`\nสวัสดี"
    assert alert(both, "it failed", hostile) == ["command", "webhook"]
    message = {"subject": "it failed", "text": hostile}
    assert received == [message] and json.loads(out.read_text()) == message
    assert alert(settings, "nobody", "to tell") == []
    broken = replace(settings, alert_command="/no/such/command", alert_url=url + "/broken?key=s3")
    with pytest.raises(HoldfastError, match=r"ALERT_COMMAND.*ALERT_URL") as failed:
        alert(broken, "it failed", "x")
    assert "s3" not in str(failed.value) and len(received) == 2


def test_a_failed_run_is_told(definitions, settings, webhook, monkeypatch) -> None:
    url, received = webhook
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    monkeypatch.setenv("HOLDFAST_ALERT_URL", url)
    make_dagster_home(settings)
    job = definitions.defs.resolve_job_def("land_and_build")
    with dg.DagsterInstance.from_config(str(settings.home / "dagster")) as instance:
        # there is nothing to land
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        [sensor] = [one for one in definitions.defs.sensors if one.name == "alerts"]
        context = dg.build_run_status_sensor_context(
            "alerts", result.get_run_failure_event(), instance, result.dagster_run
        ).for_run_failure()
        sensor(context)
    [message] = received
    assert message["subject"] == "holdfast: land_and_build failed"
    assert "land files first" in message["text"]


def test_transient_faults_alone_are_tried_again(settings: Settings, monkeypatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    monkeypatch.setattr(resources, "RETRY_SECONDS", 0)
    tries: list[str] = []

    @dg.asset
    def in_use_twice(context, writer: resources.Writer) -> None:
        with writer.step(context):
            tries.append("in use")
            if len(tries) < 3:
                raise TransientError("the file is in use")

    @dg.asset
    def broken(context, writer: resources.Writer) -> None:
        with writer.step(context):
            tries.append("broken")
            raise HoldfastError("a check failed")

    writer = {"writer": resources.Writer()}
    assert dg.materialize([in_use_twice], resources=writer).success
    assert tries == ["in use"] * 3
    assert journal.read(settings)[-1]["outcome"] == "ended"
    assert not dg.materialize([broken], resources=writer, raise_on_error=False).success
    assert tries == ["in use"] * 3 + ["broken"]
    last = journal.read(settings)[-1]
    assert (last["outcome"], last["why"]) == ("failed", "a check failed")


# --- run monitoring -----------------------------------------------------------------------------


def test_a_run_whose_process_died_is_marked_failed(settings: Settings) -> None:
    make_dagster_home(settings)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with dg.DagsterInstance.from_config(str(settings.home / "dagster")) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_launcher.supports_check_run_worker_health
        run = instance.create_run_for_job(dg.GraphDefinition("nothing").to_job())
        instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", run.job_name), run.run_id)
        instance.report_engine_event(f"Started process for run (pid: {process.pid}).", run)

        def monitored() -> DagsterRunStatus:
            record = instance.get_run_record_by_id(run.run_id)
            monitor_started_run(instance, None, record, logging.getLogger("test"))
            return instance.get_run_by_id(run.run_id).status

        assert monitored() == DagsterRunStatus.STARTED
        process.kill()
        assert monitored() == DagsterRunStatus.FAILURE
        process.wait()


def test_another_process_with_its_number_is_not_the_run() -> None:
    now = datetime.now(UTC)
    assert lives(os.getpid(), now)
    assert not lives(os.getpid(), now - timedelta(hours=24))
    assert not lives(2**22 - 1, now)


# --- vars ---------------------------------------------------------------------------------------

# What stands in `segments` and `ended_feeds` is compared with a list when the project is parsed.
INJECTIONS = {
    "business_timezone": "UTC' ; drop table raw.shop_orders; --",
    "raw_timezone": "../../etc/passwd; x",
    "reporting_currency": "USD' or '1'='1",
    "valid_order_statuses": ["paid", "x') or 1=1 --"],
    "purchase_churn_days": "90; drop schema raw cascade",
    "minimum_group_size": "{{ env_var('HOME') }}",
    "merge_on_shared_tokens": "true; select 1",
    "erasure_past_totals": "restate'--",
}
BY_SEGMENT = {"country' --": {"TH": 3}, "country": {"T\\H": 3, "TH": "3; drop"}}


def test_vars_cannot_carry_sql(settings: Settings, monkeypatch) -> None:
    settings.home.mkdir()
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))

    def checked(variables: dict) -> str:
        project = ["--project-dir", str(settings.project), "--profiles-dir", str(settings.project)]
        places = ["--log-path", str(settings.home), "--target-path", str(settings.home / "target")]
        call = ["run-operation", "check_vars", *project, *places, "--vars", json.dumps(variables)]
        dbt = str(Path(sys.executable).with_name("dbt"))
        done = subprocess.run([dbt, "--quiet", *call], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == (not done.stdout.strip()), done.stdout
        return done.stdout

    said = checked({**INJECTIONS, "purchase_churn_days_by_segment": BY_SEGMENT})
    assert [name for name in INJECTIONS if f"{name} is " not in said] == [], said
    assert said.count("purchase_churn_days_by_segment is ") == 3
    names = {"country": {"Côte d'Ivoire": 120}}
    assert checked({"purchase_churn_days_by_segment": names}) == ""
