"""A warehouse built again on Spark, by the commands that a user would type."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    # Status of every node of the last build, by its full name.
    results: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        """Runs `dbt` or `holdfast` of this environment; its output shows where the test fails."""
        done = self._call(command, *arguments, environ=environ)
        assert done.returncode == 0, f"{command} {' '.join(arguments)} failed, see its output"

    def build(self, *arguments: str, command: str = "build") -> dict[str, str]:
        """`dbt build`, or another command; every node must succeed. Returns `results`.

        Statements that the server could not carry out (an error, not a wrong answer) are told in a
        warning and tried once more: a server on a busy machine loses one now and then.
        """
        done = self._call("dbt", command, *arguments)
        results = self._run_results()
        errors = {name: text for name, (status, text) in results.items() if status == "error"}
        if done.returncode and errors:
            warnings.warn(f"tried once more: {errors}", stacklevel=1)
            done = self._call("dbt", "retry")
            results |= self._run_results()
        bad = {name: of for name, of in results.items() if of[0] not in ("success", "pass")}
        assert done.returncode == 0, f"dbt {command} {' '.join(arguments)} failed: {bad}"
        self.results.clear()
        self.results.update({name: status for name, (status, _) in results.items()})
        return self.results

    def names(self, *arguments: str) -> set[str]:
        """Full names of the nodes that `dbt ls` finds."""
        done = self._call("dbt", "--quiet", "ls", "--output", "json", *arguments)
        assert done.returncode == 0
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return {node["unique_id"] for node in found}

    def _call(
        self, command: str, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name(command)), *arguments],
            cwd=self.project,
            env={**os.environ, **self.environ, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout[-6000:], done.stderr[-2000:])
        return done

    def _run_results(self) -> dict[str, tuple[str, str]]:
        path = Path(self.environ["DBT_TARGET_PATH"]) / "run_results.json"
        if not path.exists():
            return {}
        results = json.loads(path.read_text())["results"]
        # a build has nothing to do for saved queries
        done = [r for r in results if r["status"] != "no-op"]
        return {r["unique_id"]: (r["status"], str(r["message"])[:2000]) for r in done}


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
    return session.build("--target", "spark", "--vars", text, *arguments)
