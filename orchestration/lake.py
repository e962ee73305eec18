"""What Spark built, read by DuckDB: Parquet tables that look like a warehouse of ours.

Spark keeps <tables>/<schema>.db/<table>/*.parquet. A DuckDB file of views over them serves whatever
reads a warehouse: the forecast, dbt's tests (a second engine judges what the first one made), the
audit and the publication. Only forecasts and the book of the build are tables of the file itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.contract import LOADER_COLUMNS, read_contract
from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.raw_export import FILE
from orchestration.settings import Settings
from orchestration.spark_server import SparkServer
from orchestration.warehouse import open_warehouse, relations

# Schemas that seeds and models write.
SCHEMAS = ("seeds", "staging", "intermediate", "quarantine", "marts")


@dataclass(frozen=True)
class Lake:
    """The tables of one installation on Spark; all must be files that this machine sees."""

    settings: Settings

    @property
    def raw(self) -> Path:
        """Folder of the raw tables as Parquet: <table>/part-0.parquet."""
        return self.settings.home / "lake"

    @property
    def forecasts(self) -> Path:
        """Folder of the forecasts, likewise."""
        return self.settings.home / "spark" / "forecasts"

    @property
    def tables(self) -> Path:
        """Folder of what Spark built."""
        return SparkServer(self.settings.home / "spark").warehouse

    @property
    def reading(self) -> Settings:
        """The installation, with the file of views for a warehouse (target `lake` of dbt)."""
        return replace(self.settings, warehouse_file="spark/warehouse.duckdb")

    def open(self) -> None:
        """Makes the file of views anew, over raw and all that Spark holds now.

        Raises HoldfastError where Spark holds nothing.
        """
        self.reading.warehouse.unlink(missing_ok=True)
        self.look_again()
        with open_warehouse(self.reading.warehouse) as connection:
            contract = read_contract(self.settings.project)
            connection.execute("create schema raw")
            for folder in sorted(self.raw.iterdir()):
                columns = (
                    [c.name for c in contract[folder.name].columns]
                    if folder.name in contract
                    else []
                )
                _make_view(connection, "raw", folder.name, folder, columns)

    def look_again(self) -> None:
        """Adds what Spark built since."""
        with open_warehouse(self.reading.warehouse) as connection:
            found = 0
            for schema in SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")
                for folder in sorted((self.tables / f"{schema}.db").glob("*/")):
                    _make_view(connection, schema, folder.name, folder)
                    found += 1
        if not found:
            raise HoldfastError(f"Spark holds no tables in {self.tables}: it writes elsewhere")

    def describe(self, manifest: Path) -> None:
        """Gives the marts the descriptions that they have in dbt's manifest of the build."""
        nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
        with open_warehouse(self.reading.warehouse) as connection:
            views = relations(connection, "marts")
            for node in nodes:
                if node["schema"] != "marts" or node.get("alias") not in views:
                    continue
                view = f"marts.{quoted(node['alias'])}"
                _comment(connection, f"view {view}", node["description"])
                for name, column in node["columns"].items():
                    where = f"column {view}.{quoted(name)}"
                    _comment(connection, where, column["description"])

    def keep_forecasts(self) -> list[str]:
        """Writes the forecasts where Spark reads them; returns their names."""
        with open_warehouse(self.reading.warehouse) as connection:
            names = sorted(relations(connection, "forecasts"))
            for table in names:
                file = self.forecasts / table / FILE
                file.parent.mkdir(parents=True, exist_ok=True)
                place = str(file).replace("'", "''")
                connection.execute(f"copy forecasts.{table} to '{place}' (format parquet)")
        return names


def _make_view(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    folder: Path,
    wanted: list[str] | None = None,
) -> None:
    """A view of the files of a table; of columns that are wanted and missing, all is null."""
    place = str(folder / "**" / "*.parquet").replace("'", "''")
    source = f"read_parquet('{place}', hive_partitioning = true)"
    columns = ["*"]
    if wanted:
        present = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
        columns += list(_nulls({name: "varchar" for name in wanted} | LOADER_COLUMNS, present))
    name = f"{schema}.{quoted(table)}"
    connection.execute(
        f"create or replace view {name} as select {', '.join(columns)} from {source}"
    )


def _comment(connection: duckdb.DuckDBPyConnection, what: str, text: str) -> None:
    escaped = text.replace("'", "''")
    connection.execute(f"comment on {what} is '{escaped}'")


def _nulls(wanted: dict[str, str], present: set[str]) -> Iterator[str]:
    for name, kind in wanted.items():
        if name not in present:
            yield f"null::{kind} as {quoted(name)}"
