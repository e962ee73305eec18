"""How every part of a forecast reads, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.landing.book import quoted
from orchestration.prediction.signals import SignalModel

Array = NDArray[np.float64]

# Tables of schema forecasts, as the sources of dbt describe them.
TABLES = ("customer_forecasts", "forecast_contributions", "forecast_fits")

# The end of the running spell is forecast for so many days.
CHURN_DAYS = 90
# Chances of leaving are kept this far from 0 and 1, so that their log-odds stay finite.
LEAST = 1e-6


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


def read(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Array]:
    """Columns of numbers that `query` gives, by name; null is nan."""
    table = connection.sql(query).to_arrow_table()
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


def write_contributions(
    connection: duckdb.DuckDBPyConnection,
    day: Day,
    basis: str,
    row: Array,
    named: dict[str, Array],
    is_shown: NDArray[np.bool_],
) -> None:
    """Appends what each part (`named`, of each row) adds to the log-odds of leaving: of the rows of
    forecast_rows that are shown; parts that add nothing are left out, but for `base`."""
    for name, contribution in named.items():
        shown = is_shown & ((contribution != 0) | (name == "base"))
        write(
            connection,
            "forecast_contributions",
            f"""
            select date '{day.on}' as forecast_on, customer_id, {sql_text(basis)} as basis,
                {sql_text(name)} as signal_name, contribution
            from forecast_rows inner join scored using (row)
            """,
            {"row": row[shown], "contribution": contribution[shown]},
        )


def signal_figures(day: Day, model_name: str, signals: SignalModel) -> list[Figure]:
    """Weights of base, intercept and signals."""
    weights = dict(zip(signals.names, signals.weights, strict=True))
    named = {"base": signals.base_weight, "intercept": signals.intercept, **weights}
    return [Figure(day, model_name, name, float(weight)) for name, weight in named.items()]


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
