"""Two warehouses in memory, built by the statements that dbt itself ran: one anew, one going on.

dbt needs seconds for a build of any size. What it executes is the same from build to build, as long
as the models, the vars and the kind of build are: so it is recorded once, and then replayed on
other data in a fraction of that time.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt.cli.main import dbtRunner

from orchestration.warehouse import close_warehouse

WRITES = ("create", "insert", "delete", "update", "drop", "alter", "truncate")
LAYERS = ("staging", "intermediate", "quarantine", "marts")


@dataclass
class Recorder:
    """A callback of dbt: what models and build hooks write, data tests ask, a build decides."""

    statements: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    decision: str = ""

    def __call__(self, event: Any) -> None:
        """Receives every event of dbt."""
        if event.info.name != "SQLQuery":
            return
        sql = re.sub(r"^\s*/\*.*?\*/", "", event.data.sql, flags=re.DOTALL).strip()
        node = event.data.node_info.unique_id
        if "full outer join raw_now" in sql and sql.startswith("with raw_now"):
            self.decision = sql
        if node.startswith("test.") and sql.startswith(("select", "create")):
            self.checks.append((node.split(".")[2], sql))
        # Transactions are left out: here nobody else looks.
        sql = re.sub(r"(?m)^\s*(begin|commit);?\s*$", "", sql).strip()
        # The replay has its own.
        fills_raw = 'create table "warehouse"."raw"' in sql
        fills_raw |= 'create table "warehouse"."forecasts"' in sql
        if sql.startswith(WRITES) and node.startswith(("model.", "operation.")) and not fills_raw:
            # A replay meets the temporary tables of the one before.
            self.statements.append(re.sub(r"^create\s+temp", "create or replace temp", sql))


def record(*arguments: str) -> Recorder:
    """Runs `dbt build` with one thread and returns what it executed. Every model must succeed."""
    recorder = Recorder()
    call = ["build", "--threads", "1", "--exclude-resource-type", "unit_test", *arguments]
    try:
        outcome = dbtRunner(callbacks=[recorder]).invoke(call)
    finally:
        close_warehouse()
    assert outcome.success, outcome.exception or [
        (r.node.name, r.message)
        for r in outcome.result.results
        if str(r.status) in ("error", "fail")
    ]
    return recorder


class Replay:
    """A warehouse in the memory of one DuckDB connection, named `name` there."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, source: Path) -> None:
        """Takes the seeds of the warehouse file `source`, and empty, its raw tables and those of
        forecasts."""
        self.connection, self.name = connection, name
        connection.execute(f"attach ':memory:' as {name}")
        connection.execute(f"attach '{source}' as source_of_{name} (read_only)")
        for schema, table in self._tables(f"source_of_{name}", "raw", "seeds", "forecasts"):
            connection.execute(f"create schema if not exists {name}.{schema}")
            limit = "" if schema == "seeds" else "limit 0"
            connection.execute(
                f"create table {name}.{schema}.{table} as"
                f" from source_of_{name}.{schema}.{table} {limit}"
            )
        connection.execute(f"detach source_of_{name}")

    def _tables(self, database: str, *schemas: str) -> list[tuple[str, str]]:
        return self.connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = ?"
            " and list_contains(?, schema_name) order by all",
            [database, list(schemas)],
        ).fetchall()

    def run(self, statements: list[str]) -> None:
        """Executes recorded statements here."""
        for sql in statements:
            self.connection.execute(sql.replace('"warehouse"', f'"{self.name}"'))

    def take_raw(self, landed: Path) -> None:
        """Adds every row that was landed in the warehouse file `landed`."""
        self.connection.execute(f"attach '{landed}' as landed (read_only)")
        for _, table in self._tables("landed", "raw"):
            self.connection.execute(
                f"create table if not exists {self.name}.raw.{table} as"
                f" from landed.raw.{table} limit 0"
            )
            self.connection.execute(
                f"insert into {self.name}.raw.{table} by name from landed.raw.{table}"
            )
        self.connection.execute("detach landed")

    def failures(self, checks: list[tuple[str, str]]) -> dict[str, int]:
        """Rows that each data test finds here, by its name; those that find none are left out."""
        found = {}
        for name, sql in checks:
            rows = self.connection.execute(sql.replace('"warehouse"', f'"{self.name}"')).fetchall()
            if sql.startswith("select") and rows and rows[0][0]:
                found[name] = rows[0][0]
        return found

    def start_anew(self, statements: list[str]) -> None:
        """Drops all that was built, and builds it from raw."""
        for schema in (*LAYERS, "last_build"):
            self.connection.execute(f"drop schema if exists {self.name}.{schema} cascade")
        for schema in LAYERS:
            self.connection.execute(f"create schema {self.name}.{schema}")
        self.run(statements)

    def may_go_on(self, decision: str) -> bool:
        """Whether begin_build would let the next build go on from the last one."""
        sql = decision.replace('"warehouse"', f'"{self.name}"')
        return self.connection.execute(sql).fetchone() is None

    def contents(self, *schemas: str) -> dict[str, Counter[tuple[Any, ...]]]:
        """Every table of the schemas as a multiset of rows."""
        tables = self._tables(self.name, *schemas)
        return {
            f"{schema}.{table}": Counter(
                self.connection.execute(f"from {self.name}.{schema}.{table}").fetchall()
            )
            for schema, table in tables
        }
