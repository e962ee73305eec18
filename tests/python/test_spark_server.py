"""Start, stop and the messages of the Spark server, with a stand-in for Spark; the real one runs
in tests/spark."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration import spark_server
from orchestration.cli import main
from orchestration.errors import HoldfastError
from orchestration.spark_server import SparkServer, find_java, find_spark

LISTENER = """
import socket, sys, time
port = next(a.split("=")[1] for a in sys.argv if a.startswith("hive.server2.thrift.port="))
with socket.create_server(("127.0.0.1", int(port))):
    print("listening", flush=True)
    time.sleep(60)
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Java 21, named by JAVA_HOME."""
    home = tmp_path / "java"
    monkeypatch.setenv("JAVA_HOME", str(home))
    return script(home / "bin" / "java", "echo 'openjdk version \"21.0.2\"' >&2")


@pytest.fixture
def spark(tmp_path: Path, java: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for Spark: its spark-submit listens on the port that it is told."""
    home = tmp_path / "spark"
    script(home / "bin" / "spark-submit", f'exec {sys.executable} {home}/listener.py "$@"')
    (home / "listener.py").write_text(LISTENER)
    monkeypatch.setattr(spark_server, "find_spark", lambda: home)
    return home


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SparkServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = SparkServer(tmp_path / "home" / "spark", port)
    yield server
    server.stop()


def test_start_and_stop(spark: Path, server: SparkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert server.pid() is None
    assert server.start()
    pid = server.pid()
    assert pid is not None
    assert not server.start() and server.pid() == pid
    assert server.stop()
    assert server.pid() is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
    assert not server.stop()


def test_an_old_process_id_is_not_taken_for_the_server(spark: Path, server: SparkServer) -> None:
    server.folder.mkdir(parents=True)
    server.pid_file.write_text(str(os.getpid()))
    assert server.pid() is None
    assert not server.stop()


def test_a_port_that_is_taken(spark: Path, server: SparkServer) -> None:
    with (
        socket.create_server(("127.0.0.1", server.port)),
        pytest.raises(HoldfastError, match=f"port {server.port} is in use.*HOLDFAST_SPARK_PORT"),
    ):
        server.start()


def test_a_server_that_ends_says_why(spark: Path, server: SparkServer) -> None:
    script(spark / "bin" / "spark-submit", "echo java.lang.Exception: no more room; exit 1")
    with pytest.raises(HoldfastError, match=r"Spark ended: java.lang.Exception: no more room; see"):
        server.start()
    assert server.pid() is None


def test_a_server_that_stays_silent_is_ended(spark: Path, server: SparkServer) -> None:
    script(spark / "bin" / "spark-submit", f"exec {sys.executable} -c 'input()' \"$@\" < /dev/zero")
    with pytest.raises(HoldfastError, match="Spark does not answer"):
        server.start(patience=1)
    assert server.pid() is None


def test_java_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HoldfastError, match=r"none on the PATH: install Java 17 or newer.*apt-get"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(HoldfastError, match=r"none in JAVA_HOME .*nowhere: install Java 17"):
        find_java()


@pytest.mark.parametrize(
    ("shown", "named"), [("1.8.0_392", "Java 8"), ("11.0.21", "Java 11"), ("x", "unknown version")]
)
def test_java_is_too_old(java: Path, shown: str, named: str) -> None:
    script(java, f"echo 'openjdk version \"{shown}\"' >&2")
    with pytest.raises(HoldfastError, match=rf"needs Java 17, and .* is .*{named}: install"):
        find_java()


def test_java_is_new_enough(java: Path) -> None:
    assert find_java() == java
    script(java, "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2")
    assert find_java() == java


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(HoldfastError, match="extra `spark` is not installed: `make spark-up`"):
        find_spark()


def test_the_command(
    spark: Path, server: SparkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_SPARK_PORT", str(server.port))
    up = CliRunner().invoke(main, ["spark", "up", "--conf", "spark.sql.ansi.enabled=false"])
    assert f"Spark is up on 127.0.0.1:{server.port}" in up.output, up.output
    assert "was up already" in CliRunner().invoke(main, ["spark", "up"]).output
    assert "Spark is down" in CliRunner().invoke(main, ["spark", "down"]).output
    assert "Spark was not up" in CliRunner().invoke(main, ["spark", "down"]).output
    wrong = CliRunner().invoke(main, ["spark", "up", "--conf", "ansi"])
    assert wrong.exit_code == 1 and "write it as name=value" in wrong.output
