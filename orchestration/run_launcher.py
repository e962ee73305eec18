"""Runs whose process died are noticed: Dagster's default launcher does not look."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from dagster import DagsterEventType, DagsterRun
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._serdes import ConfigurableClassData

# What a run's process says of itself when it begins.
STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")


class WatchedRunLauncher(DefaultRunLauncher):
    """The default launcher, which also tells run monitoring whether a run's process lives.

    Named in dagster.yaml. Run monitoring marks a run whose process is gone as failed.
    """

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: dict
    ) -> WatchedRunLauncher:
        """As Dagster makes it from dagster.yaml."""
        return cls(inst_data=inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """It does."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """RUNNING while the process lives that said it began this run; FAILED when it is gone."""
        events = self._instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT)
        for event in reversed(events):
            found = STARTED.search(event.message)
            if found:
                pid = int(found[1])
                if lives(pid, datetime.fromtimestamp(event.timestamp, UTC)):
                    return CheckRunHealthResult(WorkerStatus.RUNNING)
                return CheckRunHealthResult(WorkerStatus.FAILED, f"process {pid} is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING, "it has not said which process it is")


def lives(pid: int, since: datetime) -> bool:
    """Whether process `pid`, begun before `since`, lives: neither ended nor a dead child that
    nobody has asked after, nor a later process with the same number."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False  # somebody else's: not one that this installation began
    except ProcessLookupError:
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/stat").read_text()
    except OSError:
        return True  # a system that does not tell
    # The second field is the name in brackets, which may hold anything.
    fields = stat.rpartition(")")[2].split()
    booted_at = next(int(line.split()[1]) for line in boot.splitlines() if line.startswith("btime"))
    began = booted_at + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return fields[0] not in ("Z", "X") and began <= since.timestamp() + 5
