"""How every part of a forecast reads, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.landing.book import quoted

Array = NDArray[np.float64]

# Tables of schema forecasts, as the sources of dbt describe them.
TABLES = ("customer_forecasts", "forecast_contributions", "forecast_fits")


@dataclass(frozen=True)
class Day:
    """A day from which is forecast, and how many weeks before today it lies."""

    on: date
    weeks_ago: int


@dataclass(frozen=True)
class Figure:
    """A parameter of a fit, or a figure that says how it went."""

    day: Day
    model_name: str
    figure_name: str
    figure: float


def read(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: object
) -> dict[str, Array]:
    """Columns of numbers that `query` gives, by name; null is nan."""
    table = connection.sql(query, params=list(parameters)).to_arrow_table()
    return {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}


def write(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, columns: dict[str, Array]
) -> None:
    """Appends to a table of schema forecasts what `query` makes of the relation `scored`, which has
    `columns`; nan becomes null."""
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    connection.register("scored", pa.table(arrays))
    try:
        connection.execute(f"insert into forecasts.{table} by name {query}")
    finally:
        connection.unregister("scored")


def signal_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every signal of the playbook, in its order."""
    rows = connection.execute(
        "select signal_name from seeds.playbook order by reason_order"
    ).fetchall()
    return [name for (name,) in rows]


def signal_columns(names: list[str]) -> str:
    """SQL: for each signal a column that is 1 where a row of a group has it, else 0."""
    return ", ".join(
        f"max(case when signal_name = {sql_text(name)} then 1 else 0 end) as {quoted(name)}"
        for name in names
    )


def sql_text(value: str | None) -> str:
    """A text as SQL; null for None."""
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
