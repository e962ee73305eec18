"""Makes every forecast of a build: reads dbt models, fits, scores, writes schema forecasts.

Today is forecast, and so are days of the past from what was known on them, so that the mart
forecast_accuracy can say how good the forecasts were. All tables are replaced together, or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np

from orchestration.prediction.buyers import BuyerForecasts
from orchestration.prediction.subscribers import SubscriberForecasts
from orchestration.prediction.tables import TABLES, Day, Figure, write
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

# dbt models that are read, all in schema intermediate.
READS = (
    "int_forecast_days",
    "int_forecast_buyers",
    "int_forecast_subscribers",
    "int_customer_signals",
    "int_customer_cadence",
    "int_order_days",
)
# Raise it with every change that may change a figure.
MODEL_VERSION = "1"


@dataclass(frozen=True)
class Report:
    """What was forecast: rows written by table, and what people should know of the fits."""

    rows: dict[str, int]
    notes: list[str] = field(default_factory=list)
    model_version: str = MODEL_VERSION

    def lines(self) -> list[str]:
        """One line for the whole, one for each note."""
        rows = self.rows["customer_forecasts"]
        return [f"forecast: {rows:,} rows by customer and day", *self.notes]


def make_forecasts(settings: Settings, variables: Mapping[str, Any]) -> Report:
    """Fits and scores every forecast day, and replaces all tables of schema forecasts, or none.

    `variables`: every dbt var. Raises HoldfastError where the warehouse is in use.
    """
    annual_rate = float(variables["forecast_discount_rate"])
    with open_warehouse(settings.warehouse) as connection:
        days = connection.execute(
            "select forecast_on, weeks_ago from intermediate.int_forecast_days order by forecast_on"
        ).fetchall()
        parts = [
            BuyerForecasts(connection, annual_rate, MODEL_VERSION),
            SubscriberForecasts(connection, annual_rate, MODEL_VERSION),
        ]
        connection.execute("begin")
        try:
            for table in TABLES:
                connection.execute(f"delete from forecasts.{table}")
            figures = [
                figure
                for on, weeks in days
                for part in parts
                for figure in part.forecast(Day(on, weeks))
            ]
            _write_figures(connection, figures)
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        rows = {
            table: connection.execute(f"select count(*) from forecasts.{table}").fetchall()[0][0]
            for table in TABLES
        }
    return Report(rows, [note for part in parts for note in part.notes])


def _write_figures(connection: duckdb.DuckDBPyConnection, figures: list[Figure]) -> None:
    columns = {
        "forecast_on": np.array([figure.day.on for figure in figures], dtype="datetime64[D]"),
        "model_name": np.array([figure.model_name for figure in figures]),
        "figure_name": np.array([figure.figure_name for figure in figures]),
        "figure": np.array([figure.figure for figure in figures]),
    }
    write(connection, "forecast_fits", "select * from scored", columns)
