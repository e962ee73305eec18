"""Processor time and memory of a forecast: grouping, fits and scores of simulated customers.

    python bench/forecast.py [--customers 1000000]

Simulates buyers (two years, in a process of its own) and subscribers, then measures one forecast
day: the groups, the BG/NBD and Gamma-Gamma fits, the season of three horizons, every score of every
buyer; and the base hazard, the signals' weights and every score of as many subscribers. Prints
processor seconds of each part, and the peak memory of the process with the customers in it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orchestration.prediction.fallback import hazard_forecast, purchase_forecast, spend_forecast
from orchestration.prediction.hazard import left_within, survival
from orchestration.prediction.purchases import group_buyers
from orchestration.prediction.season import season
from orchestration.prediction.signals import fit_signals
from orchestration.prediction.spend import spend_interval
from tests.python import simulated

HORIZONS = (30, 90, 365)


class Clock:
    """Prints the processor seconds since it was last asked."""

    def __init__(self) -> None:
        self.total, self.before = 0.0, time.process_time()

    def tell(self, part: str) -> None:
        """Prints the seconds of a part that has just ended."""
        now = time.process_time()
        print(f"{part:34}{now - self.before:8.1f} s")
        self.total += now - self.before
        self.before = now


def simulate(place: Path, customers: int) -> None:
    """Writes the summaries of today and of a year ago, and what was bought and spent."""
    shop = simulated.shop(1, customers)
    for name, on in (("today", 0), ("year_ago", -365)):
        seen = simulated.seen(shop, on)
        np.save(place / f"{name}.npy", [seen.repeats, seen.recency_days, seen.age_days])
        bought = [simulated.bought(shop, on, days)[seen.customer] for days in HORIZONS]
        np.save(place / f"{name}_bought.npy", bought)
    repeats = np.load(place / "today.npy")[0]
    own_mean = simulated.own_mean_value(2, customers, 6.25, 3.74, 15.44)
    np.save(place / "spent.npy", simulated.spent(3, repeats, own_mean, 6.25))


def forecast_buyers(place: Path) -> None:
    """Everything that is forecast of buyers on one day."""
    repeats, recency_days, age_days = np.load(place / "today.npy")
    spent, bought = np.load(place / "spent.npy"), np.load(place / "year_ago_bought.npy")
    clock = Clock()
    buyers, group = group_buyers(repeats, recency_days, age_days)
    before, group_before = group_buyers(*np.load(place / "year_ago.npy"))
    clock.tell(f"groups ({len(buyers.repeats):,}, {len(before.repeats):,})")
    model = purchase_forecast(buyers)
    clock.tell("fit of purchases")
    mean_value = np.divide(spent, repeats, out=np.full(len(spent), np.nan), where=repeats > 0)
    spend = spend_forecast(repeats.astype(float), mean_value, np.ones(len(spent)))
    clock.tell("fit of spend")
    value = spend.expected_value(repeats, mean_value)
    square = spend.expected_square(repeats, mean_value)
    model.p_alive(buyers)
    clock.tell("values")
    # In a build the day a year ago is forecast too, and has its fit already.
    model_before = purchase_forecast(before)
    clock.before = time.process_time()
    for number, days in enumerate(HORIZONS):
        year_ago = season(
            model_before.expected(before, days / 7),
            np.bincount(group_before, bought[number]),
            np.bincount(group_before, bought[number] ** 2),
            before.buyers,
        )
        within = model.within(buyers, days / 7 * year_ago.pace).of(group)
        spend_interval(within, value, square, spend.variation)
        clock.tell(f"scores of {days} days")
    model.discounted(buyers, 0.1)[group] * value
    clock.tell("discounted purchases of a year")
    print(f"{'buyers, in all':34}{clock.total:8.1f} s")


def forecast_subscribers(customers: int) -> None:
    """Everything that is forecast of subscribers on one day; past steps come grouped."""
    past, _ = simulated.subscribers(1, 20_000)
    powers = 2 ** np.arange(len(simulated.SIGNALS))
    key = past.tenure * 2 * powers[-1] + (past.signals @ powers).astype(int)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    at_risk, left = np.bincount(group), np.bincount(group, past.left)
    row = np.random.default_rng(1).integers(0, len(first), customers)
    tenure, signals = past.tenure[first].astype(float), past.signals[first]
    clock = Clock()
    base = hazard_forecast(tenure, at_risk, left)
    model = fit_signals(base.log_odds(tenure), signals, at_risk, left, list(simulated.SIGNALS))
    clock.tell("fits of subscribers")
    log_odds = base.log_odds(tenure[row])
    model.contributions(log_odds, signals[row])
    stays = survival(base, tenure[row], model.log_odds(log_odds, signals[row]) - log_odds)
    for steps in (30 / 28, 90 / 28, 365 / 28):
        left_within(stays, steps)
    clock.tell("scores of subscribers")


def main() -> None:
    """Simulates in one process, measures in this one, and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--simulate", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.simulate:
        simulate(options.simulate, options.customers)
        return
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, __file__, "--simulate", temporary]
        subprocess.run([*command, "--customers", str(options.customers)], check=True)
        forecast_buyers(Path(temporary))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory':34}{memory:8.0f} MB")
    forecast_subscribers(options.customers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory':34}{memory:8.0f} MB")


if __name__ == "__main__":
    main()
