"""What is forecast where a model cannot be fitted: averages of groups, and the reason why.

A purchase model needs buyers who came back and some who did not; a spend model values that
differ; a hazard subscribers who left. Where they are too few, or a fit fails, the same questions
are answered from averages, and `reason` says in words why. It is None for a fitted model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import poisson

from orchestration.prediction.hazard import Hazard, fit_base_hazard
from orchestration.prediction.purchases import (
    WEEKS_OF_A_MONTH,
    Buyers,
    Purchases,
    fit_purchases,
    month_worth,
)
from orchestration.prediction.spend import fit_spend

Array = NDArray[np.float64]

# Buyers with a repeat, and subscribers who left, below which the parameters of a model are chance.
FEWEST_REPEAT_BUYERS = 50
FEWEST_LEFT = 20
# A spend model whose mean over all buyers is this many times what they spent has no mean of use.
_MOST_ABOVE_AVERAGE = 2


class PurchaseForecast(Protocol):
    """When buyers buy: a PurchaseModel, or PurchaseAverages."""

    @property
    def reason(self) -> str | None: ...

    def p_alive(self, buyers: Buyers) -> Array: ...

    def p_buy(self, buyers: Buyers, horizon: float | Array) -> Array: ...

    def expected(self, buyers: Buyers, horizon: float) -> Array: ...

    def discounted(self, buyers: Buyers, annual_rate: float, pace: float = 1.0) -> Array: ...

    def within(self, buyers: Buyers, horizon: float) -> Purchases: ...


class SpendForecast(Protocol):
    """What buyers spend: a SpendModel, or SpendAverage."""

    @property
    def reason(self) -> str | None: ...

    @property
    def variation(self) -> float: ...

    def expected_value(self, repeats: Array, mean_value: Array) -> Array: ...

    def expected_square(self, repeats: Array, mean_value: Array) -> Array: ...


@dataclass(frozen=True)
class PurchaseAverages:
    """Purchases per week, as averages of two groups: one-time buyers and repeat buyers.

    Everyone goes on buying at the rate of his group, so nothing is said of who is alive (NaN).
    """

    one_time_rate: float
    repeat_rate: float
    reason: str

    def p_alive(self, buyers: Buyers) -> Array:
        """Unknown."""
        return np.full(len(buyers.repeats), np.nan)

    def p_buy(self, buyers: Buyers, horizon: float | Array) -> Array:
        """Probability of at least one purchase within `horizon` weeks."""
        return -np.expm1(-self.expected(buyers, horizon))

    def expected(self, buyers: Buyers, horizon: float | Array) -> Array:
        """Expected number of purchases within `horizon` weeks."""
        return np.where(buyers.repeats > 0, self.repeat_rate, self.one_time_rate) * horizon

    def discounted(self, buyers: Buyers, annual_rate: float, pace: float = 1.0) -> Array:
        """Expected purchases of the coming year, discounted as in PurchaseModel."""
        month = self.expected(buyers, WEEKS_OF_A_MONTH * pace)
        return month * month_worth(annual_rate).sum()

    def within(self, buyers: Buyers, horizon: float) -> Purchases:
        """The distribution of the number of purchases within `horizon` weeks: Poisson."""
        expected = self.expected(buyers, horizon)
        return Purchases(
            p_buy=self.p_buy(buyers, horizon),
            expected=expected,
            expected_square=expected + expected**2,
            lower=poisson.ppf(0.1, expected),
            upper=poisson.ppf(0.9, expected),
        )


@dataclass(frozen=True)
class SpendAverage:
    """The average value of all repeat purchases; NaN where there are none."""

    mean: float
    variation: float
    reason: str

    def expected_value(self, repeats: Array, mean_value: Array) -> Array:
        """Expected value of a purchase: the same for all."""
        return np.full(len(repeats), self.mean)

    def expected_square(self, repeats: Array, mean_value: Array) -> Array:
        """Expected square of a buyer's own mean: that of the average."""
        return np.full(len(repeats), self.mean**2)


@dataclass(frozen=True)
class AverageHazard:
    """The same probability of leaving at every step; NaN where nobody has been at risk."""

    rate: float
    reason: str

    def log_odds(self, tenure: Array) -> Array:
        """Log-odds of leaving in a step."""
        return np.full(np.shape(tenure), logit(self.rate))


def purchase_forecast(buyers: Buyers) -> PurchaseForecast:
    """The fitted BG/NBD model, or averages where that is impossible."""
    repeat_buyers = buyers.buyers[buyers.repeats > 0].sum()
    if repeat_buyers < FEWEST_REPEAT_BUYERS:
        return _purchase_averages(buyers, f"fewer than {FEWEST_REPEAT_BUYERS} buyers came back")
    model = fit_purchases(buyers)
    return model if model.is_converged else _purchase_averages(buyers, "the fit did not converge")


def spend_forecast(repeats: Array, mean_value: Array, buyers: Array) -> SpendForecast:
    """The fitted Gamma-Gamma model, or the average where that is impossible.

    Arrays as in spend. Buyers without a repeat, or with a mean value of 0 or less (all was
    refunded), take no part in the fit.
    """
    has_spent = (repeats > 0) & (mean_value > 0)
    repeats, mean_value, buyers = (of[has_spent] for of in (repeats, mean_value, buyers))
    purchases = buyers * repeats
    if not len(repeats):
        return SpendAverage(float("nan"), 0.0, "nobody bought twice")
    average = float((purchases * mean_value).sum() / purchases.sum())
    square = float((purchases * mean_value**2).sum() / purchases.sum())
    variation = max(square / average**2 - 1, 0.0)
    if buyers.sum() < FEWEST_REPEAT_BUYERS:
        reason = f"fewer than {FEWEST_REPEAT_BUYERS} buyers came back"
        return SpendAverage(average, variation, reason)
    if np.ptp(mean_value) <= 1e-6 * average:
        return SpendAverage(average, 0.0, "all spend the same")
    model = fit_spend(repeats, mean_value, buyers)
    if not model.is_converged:
        return SpendAverage(average, variation, "the fit did not converge")
    if model.mean > _MOST_ABOVE_AVERAGE * average:
        return SpendAverage(average, variation, "spend varies too much for a mean")
    return model


def hazard_forecast(tenure: Array, at_risk: Array, left: Array) -> Hazard:
    """The fitted shifted beta-geometric model, or the average where that is impossible."""
    if left.sum() < FEWEST_LEFT:
        return _average_hazard(at_risk, left, f"fewer than {FEWEST_LEFT} subscribers left")
    model = fit_base_hazard(tenure, at_risk, left)
    if not model.is_converged:
        return _average_hazard(at_risk, left, "the fit did not converge")
    return model


def _purchase_averages(buyers: Buyers, reason: str) -> PurchaseAverages:
    """Rates of the two groups: purchases made in it, and half of one, by the weeks spent in it.

    A buyer is a one-time buyer until his second purchase. When that was is not in the summary: his
    purchases are taken as evenly spaced. The half (Jeffreys) keeps a rate from 0.
    """
    has_repeats = buyers.repeats > 0
    before = np.where(has_repeats, buyers.recency / np.maximum(buyers.repeats, 1), buyers.age)
    weeks_once = float((buyers.buyers * before).sum())
    weeks_repeat = float((buyers.buyers * (buyers.age - before)).sum())
    second = float(buyers.buyers[has_repeats].sum())
    later = float((buyers.buyers * buyers.repeats).sum()) - second
    one_time_rate = (second + 0.5) / weeks_once if weeks_once > 0 else float("nan")
    # Without a repeat buyer the rate of one-time buyers is the best guess.
    repeat_rate = (later + 0.5) / weeks_repeat if weeks_repeat > 0 else one_time_rate
    return PurchaseAverages(one_time_rate, repeat_rate, reason)


def _average_hazard(at_risk: Array, left: Array, reason: str) -> AverageHazard:
    """The share that left, with half a subscriber more who left and half a one who stayed."""
    total = float(at_risk.sum())
    rate = (float(left.sum()) + 0.5) / (total + 1) if total > 0 else float("nan")
    return AverageHazard(rate, reason)
