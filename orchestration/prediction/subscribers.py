"""Forecasts of subscribers: whether they leave, and what they bring until then."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from orchestration.landing.book import quoted
from orchestration.prediction.fallback import hazard_forecast
from orchestration.prediction.hazard import STEPS, Hazard, left_within, survival
from orchestration.prediction.signals import SignalModel, fit_signals
from orchestration.prediction.tables import (
    CHURN_DAYS,
    LEAST,
    Array,
    Day,
    Figure,
    read,
    signal_columns,
    signal_figures,
    signal_names,
    sql_text,
    write,
    write_contributions,
)

STEP_DAYS = 28
# Steps after a forecast day that the days after it learn from: until the next one, or nearly.
STEPS_FOLLOWED = 4
DAYS_OF_A_MONTH = 365 / 12
# What customers order says nothing of a subscription.
OF_ORDERS = ("late", "very_late", "quiet", "ordered_once", "seldom", "falling_frequency")


@dataclass(frozen=True)
class Past:
    """A day that was forecast before, for the days after it to learn from: the `signals` that
    anybody had (patterns x signals), each once, and which of them each subscriber had (`pattern`).
    """

    day: Day
    rows: dict[str, Array]
    signals: Array
    pattern: NDArray[np.int64]


class SubscriberForecasts:
    """Forecasts one day after the other, oldest first; late ones learn from what came after early
    ones."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, annual_rate: float, version: str):
        self._connection = connection
        self._annual_rate = annual_rate
        self._version = version
        self._signals = [name for name in signal_names(connection) if name not in OF_ORDERS]
        self._past: list[Past] = []
        self.notes: list[str] = []

    def forecast(self, day: Day) -> list[Figure]:
        """Writes the forecast of every subscriber of `day`; figures of its fits."""
        rows = self._read(day)
        if not len(rows["row"]):
            return []
        tenure, flags, at_risk, left = self._steps(day)
        present = np.column_stack([rows[name] for name in self._signals])
        self._past.append(Past(day, rows, *np.unique(present, axis=0, return_inverse=True)))
        hazard = hazard_forecast(tenure, at_risk, left)
        signals = fit_signals(hazard.log_odds(tenure), flags, at_risk, left, self._signals)

        stayed = np.floor(rows["tenure_days"] / STEP_DAYS)
        base = hazard.log_odds(stayed)
        parts = signals.contributions(base, present)
        usual = parts[:, 0] + parts[:, 1] - base
        stays = survival(hazard, stayed, usual + parts[:, 2:].sum(axis=1))
        p_churn = _p_churn(stays)
        scored = {
            "row": rows["row"],
            "p_churn_90d": p_churn,
            "clv_12m": rows["mrr"] * self._months_paid(stays, 365, self._annual_rate),
        }
        for horizon in (90, 365):
            scored[f"expected_margin_{horizon}d"] = rows["mrr"] * self._months_paid(
                stays, horizon, 0
            )
            for name, share in (("lower", 0.1), ("upper", 0.9)):
                days = self._days_stayed(stays, horizon, share)
                scored[f"margin_{name}_{horizon}d"] = rows["mrr"] * days / DAYS_OF_A_MONTH
        self._write(day, scored, hazard.reason)
        if day.weeks_ago == 0:
            without = logit(_p_churn(survival(hazard, stayed, usual)))
            self._write_contributions(day, rows, without, parts[:, 2:], logit(p_churn))
        return self._figures(day, hazard, signals)

    def _read(self, day: Day) -> dict[str, Array]:
        self._connection.execute(
            f"""
            create or replace temp table forecast_rows as
            with signalled as (
                select customer_id, {signal_columns(self._signals)}
                from intermediate.int_customer_signals where forecast_on = $day group by customer_id
            )
            select row_number() over (order by customer_id) - 1 as row, *
            from intermediate.int_forecast_subscribers as subscribers
            left join signalled using (customer_id)
            where subscribers.forecast_on = $day
            """,
            {"day": day.on},
        )
        flags = ", ".join(f"coalesce({quoted(n)}, 0) as {quoted(n)}" for n in self._signals)
        return read(
            self._connection,
            "select row, tenure_days, mrr::double as mrr, followed_days, left_after_days,"
            f" {flags} from forecast_rows order by row",
        )

    def _steps(self, day: Day) -> tuple[Array, Array, Array, Array]:
        """Each step that each subscriber of the past began, as far as it was over on `day`.

        Tenure in whole steps, signals (steps x signals) on the forecast day, 1 at risk, and 1 if he
        left in it. Steps alike are added up.
        """
        signals, places = np.unique(
            np.vstack([np.zeros((0, len(self._signals))), *(past.signals for past in self._past)]),
            axis=0,
            return_inverse=True,
        )
        # One number for each kind of step, by which they are sorted: tenure, left, signals.
        kinds = [np.zeros(0, dtype=np.int64)]
        for past in self._past:
            mine, places = np.split(places, [len(past.signals)])
            seen_days = 7 * (past.day.weeks_ago - day.weeks_ago)
            left_after = np.nan_to_num(past.rows["left_after_days"], nan=np.inf)
            left_in = np.floor(left_after / STEP_DAYS)
            tenure = np.floor(past.rows["tenure_days"] / STEP_DAYS).astype(np.int64)
            for step in range(min(STEPS_FOLLOWED, seen_days // STEP_DAYS)):
                kind = ((tenure + step) * 2 + (left_in == step)) * len(signals) + mine[past.pattern]
                kinds.append(kind[left_in >= step])
        alike, at_risk = np.unique(np.concatenate(kinds), return_counts=True)
        of_step, pattern = np.divmod(alike, max(len(signals), 1))
        tenure, is_left = np.divmod(of_step, 2)
        counts = at_risk.astype(float)
        return tenure.astype(float), signals[pattern], counts, is_left * counts

    def _months_paid(self, stays: Array, horizon: int, annual_rate: float) -> Array:
        """Expected months that are paid within `horizon` days, discounted to today."""
        edges = [*range(0, horizon, STEP_DAYS), horizon]
        paid = np.zeros(len(stays))
        for begin, end in pairwise(edges):
            stayed = (
                1
                - (left_within(stays, begin / STEP_DAYS) + left_within(stays, end / STEP_DAYS)) / 2
            )
            worth = (1 + annual_rate) ** -((begin + end) / 2 / 365)
            paid += stayed * (end - begin) / DAYS_OF_A_MONTH * worth
        return paid

    def _days_stayed(self, stays: Array, horizon: int, share: float) -> Array:
        """Days, at most `horizon`, before which `share` of such subscribers have left."""
        days = np.full(len(stays), float(horizon))
        for step in reversed(range(STEPS)):
            begin, end = 1 - stays[:, step], 1 - stays[:, step + 1]
            reached = end >= share
            part = np.clip((share - begin) / np.maximum(end - begin, 1e-12), 0, 1)
            days = np.where(reached, np.minimum((step + part) * STEP_DAYS, horizon), days)
        return days

    def _write(self, day: Day, scored: dict[str, Array], reason: str | None) -> None:
        write(
            self._connection,
            "customer_forecasts",
            f"""
            select date '{day.on}' as forecast_on, customer_id, 'subscription' as basis,
                '{self._version}' as model_version, {sql_text(reason)} as fallback_reason,
                date '{self._past[0].day.on}' as trained_from, date '{day.on}' as trained_until,
                tenure_days, scored.* exclude (row)
            from forecast_rows inner join scored using (row)
            """,
            scored,
        )

    def _write_contributions(
        self, day: Day, rows: dict[str, Array], base: Array, parts: Array, total: Array
    ) -> None:
        """`base`: log-odds of p_churn_90d without any signal; `parts`: what each signal adds to the
        log-odds of a step. What they add to the log-odds of 90 days is shared in that proportion.
        """
        shift = parts.sum(axis=1)
        scale = np.divide(total - base, shift, out=np.zeros(len(shift)), where=shift != 0)
        named = {"base": total - scale * shift}
        for place, name in enumerate(self._signals):
            named[name] = scale * parts[:, place]
        everybody = np.ones(len(total), dtype=bool)
        write_contributions(self._connection, day, "subscription", rows["row"], named, everybody)

    def _figures(self, day: Day, hazard: Hazard, signals: SignalModel) -> list[Figure]:
        figures = signal_figures(day, "subscribers_leaving", signals)
        if hazard.reason:
            self.notes.append(f"{day.on} base_hazard: averages, because {hazard.reason}")
            return figures
        for field in ("a", "b", "log_likelihood"):
            figures.append(Figure(day, "base_hazard", field, float(getattr(hazard, field))))
        return figures


def _p_churn(stays: Array) -> Array:
    return np.clip(left_within(stays, CHURN_DAYS / STEP_DAYS), LEAST, 1 - LEAST)
