"""Forecasts of buyers: what they buy, what it brings, and whether their spell ends."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from orchestration.landing.book import quoted
from orchestration.prediction.fallback import (
    PurchaseForecast,
    SpendForecast,
    purchase_forecast,
    spend_forecast,
)
from orchestration.prediction.purchases import Buyers, group_buyers
from orchestration.prediction.season import NO_SEASON, Season, season
from orchestration.prediction.signals import SignalModel, fit_signals
from orchestration.prediction.spend import spend_interval
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

# Signals that the purchase model knows already: what they add is worked out from it. The first
# say that the last order is long ago, the others that there were few; of each a buyer has one.
QUIET = ("late", "very_late", "quiet")
FEW = ("ordered_once", "seldom")
# Days of each horizon, and the whole weeks that its season is looked up in, a year of weeks before.
HORIZONS = {30: 4, 90: 13, 365: 52}
YEAR_OF_WEEKS = 52
WEEK = 7.0


@dataclass(frozen=True)
class Past:
    """A day that was forecast before, for the days after it to learn from.

    `group` holds the number of each buyer's group, `expected` the purchases that the model of that
    day expected of each group within so many weeks, `base` each buyer's log-odds of leaving.
    """

    day: Day
    buyers: Buyers
    group: NDArray[np.intp]
    rows: dict[str, Array]
    expected: dict[int, Array]
    base: Array


@dataclass(frozen=True)
class Sales:
    """What was sold before a day: net margin by net order value, and the value of an order day."""

    margin_share: float
    mean_value: float


class BuyerForecasts:
    """Forecasts one day after the other, oldest first; what came after the early ones is what the
    late ones learn season and signals from."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, annual_rate: float, version: str):
        self._connection = connection
        self._annual_rate = annual_rate
        self._version = version
        self._signals = [name for name in signal_names(connection) if name not in (*QUIET, *FEW)]
        self._past: list[Past] = []
        self.notes: list[str] = []

    def forecast(self, day: Day) -> list[Figure]:
        """Writes the forecast of every buyer of `day`; figures of its fits."""
        rows = self._read(day)
        if not len(rows["row"]):
            return []
        buyers, group = group_buyers(rows["repeats"], rows["recency_days"], rows["age_days"])
        purchases = purchase_forecast(buyers)
        seasons = {weeks: self._season(day, weeks) for weeks in HORIZONS.values()}
        pace = {days: seasons[weeks].pace for days, weeks in HORIZONS.items()}
        within = {
            days: purchases.within(buyers, days / WEEK * pace[days]).of(group) for days in HORIZONS
        }
        spend, value, square = self._spend(day, rows)

        base, known = self._base(purchases, rows, pace[CHURN_DAYS])
        is_current = (rows["days_left"] >= 0) & (rows["days_left"] < CHURN_DAYS)
        flags = np.column_stack([rows[name] for name in self._signals])
        signals = self._fit_signals(day)

        scored = {
            "row": rows["row"],
            "p_alive": purchases.p_alive(buyers)[group],
            "p_churn_90d": np.where(
                is_current,
                signals.probability(base, flags),
                np.where(rows["days_left"] >= CHURN_DAYS, 0.0, np.nan),
            ),
            "clv_12m": purchases.discounted(buyers, self._annual_rate, pace[365])[group] * value,
        }
        for days, made in within.items():
            scored[f"expected_orders_{days}d"] = made.expected
            scored[f"p_buy_{days}d"] = made.p_buy
        for days in (90, 365):
            made = within[days]
            lower, upper = spend_interval(made, value, square, spend.variation)
            scored[f"orders_lower_{days}d"] = made.lower
            scored[f"orders_upper_{days}d"] = made.upper
            scored[f"expected_margin_{days}d"] = made.expected * value
            scored[f"margin_lower_{days}d"] = lower
            scored[f"margin_upper_{days}d"] = upper
        self._write(day, scored, purchases.reason or spend.reason)
        if day.weeks_ago == 0:
            self._write_contributions(day, rows, signals, base, known, flags, is_current)
        # Averages expect too little of anything to tell a season by.
        weeks = () if purchases.reason else HORIZONS.values()
        expected = {number: purchases.expected(buyers, number) for number in weeks}
        self._past.append(Past(day, buyers, group, rows, expected, base))
        return self._figures(day, purchases, spend, seasons, signals)

    def _read(self, day: Day) -> dict[str, Array]:
        self._connection.execute(
            f"""
            create or replace temp table forecast_rows as
            with signalled as (
                select customer_id, {signal_columns([*self._signals, *QUIET, *FEW])}
                from intermediate.int_customer_signals where forecast_on = $day group by customer_id
            ), cadences as (
                select customer_id, cadence_days, usual_days
                from intermediate.int_customer_cadence where forecast_on = $day
            )
            select row_number() over (order by customer_id) - 1 as row, *
            from intermediate.int_forecast_buyers as buyers
            left join signalled using (customer_id)
            left join cadences using (customer_id)
            where buyers.forecast_on = $day
            """,
            {"day": day.on},
        )
        flags = ", ".join(
            f"coalesce({quoted(n)}, 0) as {quoted(n)}" for n in [*self._signals, *QUIET, *FEW]
        )
        made = ", ".join(f"order_days_{weeks}_weeks" for weeks in HORIZONS.values())
        return read(
            self._connection,
            "select row, repeats, recency_days, age_days, days_left, cadence_days, usual_days,"
            f" next_order_days, repeat_value::double as repeat_value, {made}, {flags}"
            " from forecast_rows order by row",
        )

    def _season(self, day: Day, weeks: int) -> Season:
        for past in self._past:
            if past.day.weeks_ago == day.weeks_ago + YEAR_OF_WEEKS and weeks in past.expected:
                made = past.rows[f"order_days_{weeks}_weeks"]
                size = len(past.buyers.buyers)
                return season(
                    past.expected[weeks],
                    np.bincount(past.group, weights=made, minlength=size),
                    np.bincount(past.group, weights=made**2, minlength=size),
                    past.buyers.buyers,
                )
        return NO_SEASON

    def _spend(self, day: Day, rows: dict[str, Array]) -> tuple[SpendForecast, Array, Array]:
        """The fit; of each buyer the expected net margin of an order day, and of its square."""
        spends = (rows["repeats"] > 0) & (rows["repeat_value"] > 0)
        repeats = np.where(spends, rows["repeats"], 0.0)
        mean_value = rows["repeat_value"] / np.maximum(rows["repeats"], 1)
        spend = spend_forecast(repeats[spends], mean_value[spends], np.ones(int(spends.sum())))
        sales = self._sales(day)
        # Where nobody came back, a first order day is all that says what the next will bring.
        value = np.nan_to_num(spend.expected_value(repeats, mean_value), nan=sales.mean_value)
        square = np.nan_to_num(spend.expected_square(repeats, mean_value), nan=sales.mean_value**2)
        return spend, value * sales.margin_share, square * sales.margin_share**2

    def _base(
        self, purchases: PurchaseForecast, rows: dict[str, Array], pace: float
    ) -> tuple[Array, dict[str, Array]]:
        """Log-odds that no order comes before the spell ends, and what the signals that the
        purchase model knows add to them: how much less they would be had the last order come in
        time (quiet: today), and had there been as many as usual, a second one at least, by then.
        """
        since = rows["age_days"] - rows["recency_days"]
        in_time = np.where(rows["quiet"] > 0, 0.0, np.nan_to_num(rows["cadence_days"]))
        is_quiet = np.any([rows[name] > 0 for name in QUIET], axis=0)
        late = np.where(is_quiet, np.maximum(since - in_time, 0), 0.0)

        def log_odds(late: Array, repeats: Array) -> Array:
            horizon = np.clip(rows["days_left"] + late, 0, CHURN_DAYS) / WEEK * pace
            age = np.maximum(rows["age_days"] - late, 1)
            each = Buyers(repeats, rows["recency_days"] / WEEK, age / WEEK, np.ones(len(age)))
            return logit(np.clip(1 - purchases.p_buy(each, horizon), LEAST, 1 - LEAST))

        now = log_odds(np.zeros(len(late)), rows["repeats"])
        was_in_time = log_odds(late, rows["repeats"])
        usual = np.maximum(rows["recency_days"] / np.fmax(rows["usual_days"], 1), 1)
        had_usual = log_odds(late, np.fmax(usual, rows["repeats"]))
        known = {name: np.where(rows[name] > 0, now - was_in_time, 0.0) for name in QUIET}
        known |= {name: np.where(rows[name] > 0, was_in_time - had_usual, 0.0) for name in FEW}
        return now, known

    def _fit_signals(self, day: Day) -> SignalModel:
        """From days whose outcome was known on `day`."""
        known = CHURN_DAYS / WEEK + day.weeks_ago
        seen = [past for past in self._past if past.day.weeks_ago >= known]
        base, flags, left = [np.zeros(0)], [np.zeros((0, len(self._signals)))], [np.zeros(0)]
        for past in seen:
            rows = past.rows
            running = (rows["days_left"] >= 0) & (rows["days_left"] < CHURN_DAYS)
            came = rows["next_order_days"] <= rows["days_left"]
            base.append(past.base[running])
            flags.append(np.column_stack([rows[name][running] for name in self._signals]))
            left.append(1.0 - came[running])
        all_left = np.concatenate(left)
        return fit_signals(
            np.concatenate(base), np.vstack(flags), np.ones(len(all_left)), all_left, self._signals
        )

    def _sales(self, day: Day) -> Sales:
        [(margin, value, order_days)] = self._connection.execute(
            "select sum(net_margin)::double, sum(net_order_value)::double, count(*)"
            " from intermediate.int_order_days where ordered_on < $day",
            {"day": day.on},
        ).fetchall()
        return Sales(margin / value if value else 0.0, value / order_days)

    def _write(self, day: Day, scored: dict[str, Array], reason: str | None) -> None:
        write(
            self._connection,
            "customer_forecasts",
            f"""
            select date '{day.on}' as forecast_on, customer_id, 'purchase' as basis,
                '{self._version}' as model_version, {sql_text(reason)} as fallback_reason,
                (select min(ordered_on) from intermediate.int_order_days) as trained_from,
                date '{day.on}' as trained_until, repeats, recency_days, scored.* exclude (row)
            from forecast_rows inner join scored using (row)
            """,
            scored,
        )

    def _write_contributions(
        self,
        day: Day,
        rows: dict[str, Array],
        signals: SignalModel,
        base: Array,
        known: dict[str, Array],
        flags: Array,
        is_current: Array,
    ) -> None:
        parts = signals.contributions(base, flags)
        named = {name: signals.base_weight * added for name, added in known.items()}
        named["base"] = parts[:, 0] + parts[:, 1] - sum(named.values())
        for place, name in enumerate(self._signals):
            named[name] = parts[:, 2 + place]
        write_contributions(self._connection, day, "purchase", rows["row"], named, is_current)

    def _figures(
        self,
        day: Day,
        purchases: PurchaseForecast,
        spend: SpendForecast,
        seasons: dict[int, Season],
        signals: SignalModel,
    ) -> list[Figure]:
        figures = []
        for name, model in (("bg_nbd", purchases), ("gamma_gamma", spend)):
            if model.reason:
                self.notes.append(f"{day.on} {name}: averages, because {model.reason}")
                continue
            for field in ("r", "alpha", "a", "b", "p", "q", "v", "log_likelihood"):
                if hasattr(model, field):
                    figures.append(Figure(day, name, field, float(getattr(model, field))))
        for weeks, found in seasons.items():
            for field in ("multiplier", "standard_error", "is_used"):
                figures.append(
                    Figure(day, f"season_{weeks}_weeks", field, float(getattr(found, field)))
                )
        return figures + signal_figures(day, "buyers_leaving", signals)
