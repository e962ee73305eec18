"""Real warehouses for tests: landed and built as a user would, each in a home of its own."""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.build import make_profile
from orchestration.dbt_arguments import AFTER_FORECASTS, all_variables
from orchestration.landing import land
from orchestration.settings import Settings
from orchestration.warehouse import close_warehouse

SAMPLE_VARS = {"business_timezone": "Asia/Bangkok", "reporting_currency": "USD"}
# One key for every home, so that tokens can be compared between them.
TOKEN_KEY = "a key of the tests that is long enough to be one"


@dataclass(frozen=True)
class Warehouse:
    """One installation: `home` holds its DuckDB file.

    dbt runs where the session's first warehouse stood, with the file moved there for the run: the
    profile stays the same, so dbt reads its parsed project again instead of parsing it each time.
    """

    home: Path

    @property
    def settings(self) -> Settings:
        """Settings of this installation."""
        return Settings.from_env({"HOLDFAST_HOME": str(self.home), "HOLDFAST_TOKEN_KEY": TOKEN_KEY})

    def land(self, folder: Path) -> Warehouse:
        """Lands `folder`."""
        land(folder, self.settings)
        return self

    def dbt(
        self,
        *arguments: str,
        variables: Mapping[str, Any] = SAMPLE_VARS,
        environ: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Runs dbt and returns the status of every node by name.

        In a process of its own where `environ` is given, else in this one.
        """
        make_profile(self.settings.project)
        text = json.dumps(variables, sort_keys=True)
        place = _place()
        target = self.target(variables)
        (target / "run_results.json").unlink(missing_ok=True)
        call = [
            *("--quiet", *arguments, "--vars", text, "--log-path", str(place / "logs")),
            # Nobody reads the log of what it executed; writing it takes a tenth of a build.
            *("--log-level-file", "info"),
            *("--project-dir", str(self.settings.project)),
        ]
        if "--profiles-dir" not in arguments:
            call += ["--profiles-dir", str(self.settings.project)]
        shutil.move(self.settings.warehouse, place / "warehouse.duckdb")
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HOLDFAST_HOME", str(place))
                patch.setenv("DBT_TARGET_PATH", str(target))
                patch.setenv("DO_NOT_TRACK", "1")
                if environ is None:
                    _run_here(call)
                else:
                    dbt = str(Path(sys.executable).with_name("dbt"))
                    subprocess.run([dbt, *call], env={**os.environ, **environ}, check=False)
        finally:
            shutil.move(place / "warehouse.duckdb", self.settings.warehouse)
        if not (target / "run_results.json").exists():
            return {}
        results = json.loads((target / "run_results.json").read_text())["results"]
        # a build has nothing to do for saved queries, which may be named like a model
        done = [result for result in results if result["status"] != "no-op"]
        return {result["unique_id"].split(".")[2]: result["status"] for result in done}

    @staticmethod
    def target(variables: Mapping[str, Any] = SAMPLE_VARS) -> Path:
        """dbt's target folder for these vars."""
        text = json.dumps(variables, sort_keys=True)
        return _place() / f"target-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def build(
        self,
        variables: Mapping[str, Any] = SAMPLE_VARS,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        checked: bool = True,
    ) -> Warehouse:
        """`dbt build` without unit tests, and without data tests too where it is not to be
        `checked`, because its tables are compared with others; every node must succeed."""
        left_out = ("unit_test",) if checked else ("unit_test", "test")
        call = ("build", "--exclude-resource-type", *left_out, *arguments)
        statuses = self.dbt(*call, variables=variables, environ=environ)
        assert statuses
        bad = {name: s for name, s in statuses.items() if s not in ("success", "pass")}
        assert bad == {}
        return self

    def forecast(
        self, variables: Mapping[str, Any] = SAMPLE_VARS, *, checked: bool = True
    ) -> Warehouse:
        """The forecast, and the models that read it, as the rest of a build does them."""
        # Imported here: the environment of the other warehouses' adapters forecasts nothing.
        from orchestration.prediction.forecast import make_forecasts

        make_forecasts(self.settings, all_variables(self.settings.project, variables))
        return self.build(variables, "--select", AFTER_FORECASTS, checked=checked)

    def failing_tests(self, *select: str) -> set[str]:
        """Names of the data tests that fail or warn on what the warehouse holds now."""
        selection = ("--select", *select) if select else ()
        statuses = self.dbt("test", "--exclude-resource-type", "unit_test", *selection)
        assert statuses
        return {name for name, status in statuses.items() if status not in ("pass", "success")}

    def execute(self, sql: str) -> None:
        """Writes to the warehouse behind dbt's back."""
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute(sql)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query, read-only."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def row(self, sql: str) -> dict[str, Any]:
        """The one row of a query, by column."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        assert len(rows) == 1, (sql, len(rows))
        return dict(zip(names, rows[0], strict=True))

    def copy(self, home: Path) -> Warehouse:
        """The same warehouse in another home."""
        home.mkdir(parents=True)
        shutil.copyfile(self.settings.warehouse, home / "warehouse.duckdb")
        return Warehouse(home)


@functools.cache
def _place() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-dbt-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _run_here(arguments: list[str]) -> None:
    from dbt.cli.main import dbtRunner

    try:
        dbtRunner().invoke(arguments)
    finally:
        close_warehouse()


def differences(one: Warehouse, other: Warehouse, schema: str = "marts") -> dict[str, int]:
    """Tables of `schema` that differ between two warehouses: rows that only one of them holds."""
    with duckdb.connect() as connection:
        for name, warehouse in (("one", one), ("other", other)):
            connection.execute(f"attach '{warehouse.settings.warehouse}' as {name} (read_only)")
        tables = {
            name: {
                row[0]
                for row in connection.execute(
                    "select table_name from information_schema.tables"
                    f" where table_catalog = '{name}' and table_schema = '{schema}'"
                ).fetchall()
            }
            for name in ("one", "other")
        }
        assert tables["one"] == tables["other"] and tables["one"]
        counts = {
            table: sum(
                connection.execute(
                    f"select count(*) from (from {a}.{schema}.{table}"
                    f" except all from {b}.{schema}.{table})"
                ).fetchall()[0][0]
                for a, b in (("one", "other"), ("other", "one"))
            )
            for table in sorted(tables["one"])
        }
    return {table: count for table, count in counts.items() if count}
