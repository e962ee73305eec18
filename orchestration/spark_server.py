"""A Spark Thrift server on this machine, from the wheel of the extra `spark`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import HoldfastError

OLDEST_JAVA = 17
CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"


@dataclass(frozen=True)
class SparkServer:
    """One server: `folder` holds its tables, catalog, log and process id.

    `master` and `memory` are Spark's own words, such as local[2] and 2g; `conf` is added to the
    settings that the project needs.
    """

    folder: Path
    port: int = 10000
    master: str = "local[*]"
    memory: str = "2g"
    conf: Mapping[str, str] | None = None

    @property
    def warehouse(self) -> Path:
        """Folder of the tables: <schema>.db/<table>/*.parquet."""
        return self.folder / "warehouse"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def pid_file(self) -> Path:
        """Process id of the server that was started last."""
        return self.folder / "server.pid"

    def pid(self) -> int | None:
        """Process id of the running server, or None."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if CLASS in _command_line(pid) else None

    def start(self, patience: float = 180) -> bool:
        """Starts the server and waits until it answers; False where it already ran.

        Raises HoldfastError where Java or the extra is missing, where the port is taken, or where
        the server ends or stays silent for `patience` seconds.
        """
        if self.pid() is not None:
            return False
        spark, environ = find_spark(), spark_environ()
        if _answers(self.port):
            raise HoldfastError(
                f"port {self.port} is in use by another program: choose another one, "
                "with HOLDFAST_SPARK_PORT"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            process = subprocess.Popen(
                self._command(spark),
                cwd=self.folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid_file.write_text(f"{process.pid}\n")
        deadline = time.monotonic() + patience
        while not _answers(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                problem = "ended" if process.poll() is not None else "does not answer"
                self.stop()
                raise HoldfastError(f"Spark {problem}: {self._reason()}; see {self.log}")
            time.sleep(0.5)
        return True

    def stop(self, patience: float = 30) -> bool:
        """Ends the server; False where none ran."""
        pid = self.pid()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        # A process that ends may hold its port a moment longer; another's is not waited for.
        while self.pid() is not None or (_answers(self.port) and time.monotonic() < deadline):
            if self.pid() is not None and time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
        self.pid_file.unlink(missing_ok=True)
        return True

    def _command(self, spark: Path) -> list[str]:
        conf = {
            "spark.sql.warehouse.dir": str(self.warehouse),
            "spark.hadoop.javax.jdo.option.ConnectionURL": (
                f"jdbc:derby:;databaseName={self.folder / 'metastore'};create=true"
            ),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            # The default, 200, is for clusters: thousands of tiny tasks here.
            "spark.sql.shuffle.partitions": "4",
            **(self.conf or {}),
        }
        command = [str(spark / "bin" / "spark-submit"), "--class", CLASS]
        command += ["--master", self.master, "--driver-memory", self.memory]
        for name, value in conf.items():
            command += ["--conf", f"{name}={value}"]
        command += ["spark-internal"]
        command += ["--hiveconf", f"hive.server2.thrift.port={self.port}"]
        return [*command, "--hiveconf", "hive.server2.thrift.bind.host=127.0.0.1"]

    def _reason(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        problems = [line for line in lines if "Exception" in line or "ERROR" in line]
        return (problems or lines or ["it said nothing"])[-1].strip()


def find_java() -> Path:
    """The `java` of JAVA_HOME, else of PATH. Raises HoldfastError where none is new enough."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    advice = (
        f"install Java {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless) "
        "or let JAVA_HOME name it"
    )
    if java is None:
        place = f"in JAVA_HOME {home}" if home else "on the PATH"
        raise HoldfastError(f"Spark needs Java, and there is none {place}: {advice}")
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', shown)
    if version is None or int(version[1]) < OLDEST_JAVA:
        found = f"Java {version[1]}" if version else "of an unknown version"
        raise HoldfastError(f"Spark needs Java {OLDEST_JAVA}, and {java} is {found}: {advice}")
    return Path(java)


def find_spark() -> Path:
    """Folder of Spark in the installed wheel. Raises HoldfastError where the extra is missing."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise HoldfastError(
            "the extra `spark` is not installed: `make spark-up` does it, or "
            "`pip install --require-hashes -r requirements/spark.txt`"
        )
    return Path(found.origin).parent


def spark_environ() -> dict[str, str]:
    """What Spark's programs find Java and Spark by, added to our own environment.

    Raises HoldfastError where Java or the extra is missing.
    """
    return {
        **os.environ,
        "SPARK_HOME": str(find_spark()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(find_java().resolve().parent.parent),
    }


def _command_line(pid: int) -> str:
    """What a process was called with; empty where there is none of this id."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    # -ww: never cut to the width of a screen
    shown = ["ps", "-ww", "-p", str(pid), "-o", "args="]
    return subprocess.run(shown, capture_output=True, text=True, check=False).stdout


def _answers(port: int) -> bool:
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0
