"""Dagster's daemon is killed in the middle of a scheduled run, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration.dev import dagster_environment, make_dagster_home
from orchestration.publication.generations import current
from orchestration.status import status
from tests.python.crashes import Home, new_home, wait_for

BESIDE = Path(sys.executable).parent
FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A published company, ready for Dagster."""
    monkeypatch.delenv("HOLDFAST_INBOX", raising=False)
    home, late = new_home(tmp_path)
    home.done("land", str(late))
    make_dagster_home(home.settings)
    environ = environment(home)
    parse = [BESIDE / "dbt", "parse", "--quiet", "--vars", environ["HOLDFAST_VARS"]]
    logs = ["--log-path", str(home.folder.parent)]
    subprocess.run([*parse, *logs], env=environ, cwd=home.settings.project, check=True)
    return home


def environment(home: Home) -> dict[str, str]:
    """The environment of dbt and of the daemon: business days are those of UTC."""
    return {
        **home.environ(),
        **dagster_environment(home.settings),
        "HOLDFAST_VARS": "feed_pause_days: 400",
        "DBT_TARGET_PATH": str(home.folder.parent / "target"),
    }


class Daemon:
    """`dagster-daemon run`, whose nightly run is due at `at` (UTC)."""

    def __init__(self, home: Home, at: datetime) -> None:
        environ = environment(home)
        environ |= {
            "HOLDFAST_SCHEDULE_HOUR": str(at.hour),
            "HOLDFAST_SCHEDULE_MINUTE": str(at.minute),
        }
        log = (home.folder.parent / "daemon.log").open("a")
        self.process = subprocess.Popen(
            [BESIDE / "dagster-daemon", "run", "-m", "orchestration.definitions"],
            env=environ, cwd=home.settings.project, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip

    def family(self) -> dict[int, str]:
        """Command lines of the daemon and all that it began, by process."""
        parents, lines = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            parents[int(folder.name)], lines[int(folder.name)] = int(fields[1]), line
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return {pid: lines[pid] for pid in found if pid in lines}

    def end(self) -> None:
        """Ends it, whatever is left."""
        for pid in self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


@pytest.fixture
def daemons(home: Home) -> Iterator[list[Daemon]]:
    """Daemons that were started; all are ended."""
    begun: list[Daemon] = []
    yield begun
    for daemon in begun:
        daemon.end()


def test_a_killed_run_is_failed_then_succeeds_once(home: Home, daemons: list[Daemon]) -> None:
    # Time for the daemon to load everything first.
    at = (datetime.now(UTC) + timedelta(seconds=120)).replace(second=0)
    before = current(home.settings)
    earlier = set((home.settings.runs / "dbt").glob("*/*/run/**/*.sql"))
    daemons.append(Daemon(home, at))
    first = daemons[0]

    def dbt() -> list[int]:
        # not `dbt --version`, which dagster-dbt asks first
        lines = first.family().items()
        return [pid for pid, line in lines if "holdfast-dbt" in line and " build " in line]

    def statements() -> int:
        ran = set((home.settings.runs / "dbt").glob("*/*/run/**/*.sql"))
        return len(ran - earlier)

    with dg.DagsterInstance.from_config(str(home.folder / "dagster")) as instance:
        wait_for(lambda: statements() >= 40, 300, "dbt of the scheduled run")
        [child] = dbt()
        # all but dbt: what it would still do, nobody wants
        for pid in set(first.family()) - {child}:
            os.kill(pid, signal.SIGKILL)
        first.process.wait()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), 10, "the end of dbt")
        [run] = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.STARTED
        assert any("was killed" in fault for fault in status(home.settings).faults)
        assert current(home.settings) == before

        daemons.append(Daemon(home, at))
        wait_for(
            lambda: instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE,
            180, "run monitoring",
        )  # fmt: skip

        def ended() -> bool:
            runs = instance.get_runs()
            return len(runs) > 1 and all(one.status in FINISHED for one in runs)

        wait_for(ended, 400, "the second try")
        # and no third
        time.sleep(40)
        runs = instance.get_runs()
        outcomes = sorted(one.status.value for one in runs)
        assert outcomes == ["FAILURE", "SUCCESS"]
        assert {one.root_run_id or one.run_id for one in runs} == {run.run_id}
    assert current(home.settings).name > before.name
    assert home.marts() == home.published()
    assert status(home.settings).faults == []
