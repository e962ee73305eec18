"""A warehouse built again on Spark, by the commands that a user would type."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.spark_server import SparkServer
from tests.python.warehouses import Warehouse


@dataclass(frozen=True)
class SparkSession:
    """A server that runs, and the environment in which dbt's target spark finds it."""

    server: SparkServer
    environ: Mapping[str, str]
    project: Path

    def run(self, command: str, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        """Runs `dbt` or `holdfast` of this environment; its output shows where the test fails."""
        program = str(Path(sys.executable).with_name(command))
        done = subprocess.run(
            [program, *arguments],
            cwd=self.project,
            env={**os.environ, **self.environ, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout[-6000:], done.stderr[-2000:])
        assert done.returncode == 0, f"{command} {' '.join(arguments)} failed, see its output"

    def results(self) -> dict[str, str]:
        """Status of every node of the last dbt run, by its full name."""
        path = Path(self.environ["DBT_TARGET_PATH"]) / "run_results.json"
        results = json.loads(path.read_text())["results"]
        return {result["unique_id"]: result["status"] for result in results}


@contextmanager
def spark_session(home: Path, conf: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """A server of its own for `home`, with two cores; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = SparkServer(home / "spark", port, master="local[2]", memory="3g", conf=conf)
    environ = {
        "HOLDFAST_HOME": str(home),
        "HOLDFAST_SPARK_PORT": str(port),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "DO_NOT_TRACK": "1",
    }
    server.start()
    try:
        yield SparkSession(server, environ, Warehouse(home).settings.project)
    finally:
        server.stop()


def build_on_spark(
    session: SparkSession, variables: Mapping[str, Any], *arguments: str
) -> dict[str, str]:
    """Brings raw of the session's home to Spark and runs `dbt build` there; returns the results."""
    home = Path(session.environ["HOLDFAST_HOME"])
    text = json.dumps(variables)
    session.run(
        "holdfast",
        *("export-raw", str(home / "lake"), "--register"),
        environ={"HOLDFAST_VARS": text},
    )
    session.run("dbt", "build", "--target", "spark", "--vars", text, *arguments)
    return session.results()
