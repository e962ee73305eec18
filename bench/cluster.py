"""A standalone Spark cluster on this machine: a whole build on it, with a worker killed meanwhile.

    python bench/cluster.py [--customers 100000] [--workers 2] [--calm] [--once]

Lands a sample company without a day's delivery (bench/companies.py) and builds it by DuckDB. Then
starts one master and the workers, each with one core, on 127.0.0.1, and builds the same on them:
`holdfast build --on-spark`, forecasts, every check and the publication included. In the middle of
it one worker is killed with what it holds, and another one comes a little later (not with --calm).
Then the delivery lands, and both build again (not with --once). After each build every table of
every schema must equal DuckDB's. Notes the time, and of each model the bytes that were shuffled and
spilled.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from companies import company
from installation import PROJECT, WORK, environ, holdfast, note
from measured import measured

from orchestration.spark_server import SparkServer, find_spark, spark_environ

sys.path.insert(0, str(PROJECT))
from tests.spark.comparison import compare

SCHEMAS = ("staging", "intermediate", "quarantine", "marts")
# After so many finished models a worker is killed; a new one comes after so many seconds.
MIDDLE, ABSENCE_SECONDS = 90, 30
NODE = re.compile(r'"node_id": "[a-z]+\.holdfast\.([^".]+)')
FINISHED = re.compile(r"\d+ of \d+ (OK|PASS|ERROR|FAIL)")


@dataclass
class Cluster:
    """One master and workers of one core each; `folder` holds their files."""

    folder: Path
    worker_memory: str = "4g"
    executor_memory: str = "3g"
    port: int = 0
    master: subprocess.Popen | None = None
    workers: list[subprocess.Popen] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where drivers find it."""
        return f"spark://127.0.0.1:{self.port}"

    def start(self, workers: int) -> None:
        """Starts it, and waits until the master answers."""
        self.port = free_port()
        self.master = self._run("master.Master", "--port", str(self.port), "--host", "127.0.0.1")
        wait_for(self.port)
        for _ in range(workers):
            self.add_worker()

    def add_worker(self) -> None:
        """One more worker."""
        number = len(self.workers)
        given = ("--cores", "1", "--memory", self.worker_memory, "--host", "127.0.0.1")
        place = ("--work-dir", str(self.folder / f"worker{number}"))
        self.workers.append(self._run("worker.Worker", *given, *place, self.url))

    def kill_worker(self) -> None:
        """Kills the worker that came last, and the executor that it runs, without asking."""
        kill(self.workers[-1], signal.SIGKILL)

    def stop(self) -> None:
        """Ends all."""
        for process in (*self.workers, self.master):
            if process is not None and process.poll() is None:
                kill(process, signal.SIGTERM)

    def _run(self, name: str, *given: str) -> subprocess.Popen:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}{len(self.workers)}.log").open("w") as log:
            return subprocess.Popen(
                [
                    str(find_spark() / "bin" / "spark-class"),
                    f"org.apache.spark.deploy.{name}",
                    *("--webui-port", str(free_port())),
                    *given,
                ],
                cwd=self.folder,
                env=spark_environ(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, patience: float = 60) -> None:
    """Waits until somebody listens on a port. Raises SystemExit after `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        if time.monotonic() > until:
            raise SystemExit(f"nothing listens on port {port}")
        time.sleep(0.5)


def kill(process: subprocess.Popen, how: signal.Signals) -> None:
    """Ends a process with all that it started."""
    os.killpg(process.pid, how)
    process.wait()


@contextmanager
def driver(cluster: Cluster, home: Path) -> Iterator[SparkServer]:
    """A Thrift server of the home whose work is done by the cluster."""
    events = home / "spark" / "events"
    events.mkdir(parents=True, exist_ok=True)
    conf = {
        "spark.executor.memory": cluster.executor_memory,
        "spark.executor.cores": "1",
        "spark.sql.shuffle.partitions": "8",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.dir": events.as_uri(),
    }
    server = SparkServer(home / "spark", free_port(), cluster.url, "3g", conf)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Killer:
    """Told each line of a build: kills a worker in the middle of it, and brings a new one later."""

    def __init__(self, cluster: Cluster) -> None:
        """Nothing was done yet."""
        self.cluster, self.finished, self.killed_at = cluster, 0, 0.0

    def __call__(self, line: str) -> list[str]:
        """Counts finished nodes. No stage runs."""
        self.finished += bool(FINISHED.search(line))
        if self.finished >= MIDDLE and not self.killed_at:
            self.cluster.kill_worker()
            self.killed_at = time.monotonic()
            print(f"killed a worker after {self.finished} nodes", flush=True)
        elif self.killed_at and time.monotonic() - self.killed_at > ABSENCE_SECONDS:
            self.cluster.add_worker()
            self.killed_at = float("inf")
        return []


def build_on(cluster: Cluster, home: Path, is_calm: bool) -> dict[str, Any]:
    """A whole build by Spark, and what its models shuffled."""
    with driver(cluster, home) as server:
        command = [sys.executable, "-m", "orchestration.cli", "build", "--on-spark"]
        settings = environ(home) | {"HOLDFAST_SPARK_PORT": str(server.port)}
        done = measured(command, settings, PROJECT, None if is_calm else Killer(cluster))
    return {**asdict(done.total), "models": shuffled(home / "spark" / "events")}


def shuffled(events: Path) -> dict[str, dict[str, int]]:
    """Bytes shuffled, spilled and written, and milliseconds of executors, by model, of one log."""
    log = max(events.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    models: dict[int, str] = {}
    executions: dict[int, int] = {}
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            kind = event["Event"].rsplit(".", 1)[-1]
            if kind == "SparkListenerSQLExecutionStart":
                if node := NODE.search(event["description"]):
                    models[event["executionId"]] = node[1]
            elif kind == "SparkListenerJobStart":
                execution = (event.get("Properties") or {}).get("spark.sql.execution.id")
                for stage in event["Stage IDs"] if execution else ():
                    executions[stage] = int(execution)
            elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                model = models.get(executions.get(event["Stage ID"], -1), "other")
                spent, sums = event["Task Metrics"], found[model]
                sums["shuffle_bytes"] += spent["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                sums["spilled_bytes"] += spent["Disk Bytes Spilled"]
                sums["executor_ms"] += spent["Executor Run Time"]
                sums["output_bytes"] += spent["Output Metrics"]["Bytes Written"]
    return {model: dict(sums) for model, sums in found.items()}


def equal(one: Path, other: Path) -> None:
    """Raises SystemExit where a table of the second home's Spark is not that of the first home."""
    lake = other / "spark"
    differing = compare(
        one / "warehouse.duckdb", lake / "warehouse", SCHEMAS, lake / "warehouse.duckdb"
    )
    if differing:
        raise SystemExit(f"Spark and DuckDB differ: {differing}")
    print("every table is equal", flush=True)


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--calm", action="store_true", help="kill no worker")
    parser.add_argument("--once", action="store_true", help="land no delivery after the build")
    given = parser.parse_args()
    place = WORK / "cluster"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    one = company(given.customers)
    here, there = place / "duckdb", place / "spark"
    holdfast(here, "land", str(one.raw))
    shutil.copytree(here, there)
    results: dict[str, Any] = {
        **one.delivery,
        "workers": given.workers,
        "was_killed": not given.calm,
    }
    cluster = Cluster(place / "cluster")
    cluster.start(given.workers)
    try:
        results["duckdb"] = asdict(holdfast(here, "build").total)
        results["spark"] = build_on(cluster, there, given.calm)
        equal(here, there)
        if not given.once:
            holdfast(here, "land", str(one.day))
            # landed once: a batch has its name and its time from its landing
            shutil.copyfile(here / "warehouse.duckdb", there / "warehouse.duckdb")
            shutil.copytree(here / "vault", there / "vault", dirs_exist_ok=True)
            results["duckdb_next"] = asdict(holdfast(here, "build", "--full-refresh").total)
            results["spark_next"] = build_on(cluster, there, is_calm=True)
            equal(here, there)
    finally:
        cluster.stop()
    note("cluster", {f"{given.customers} customers, {given.workers} workers": results})


if __name__ == "__main__":
    main()
