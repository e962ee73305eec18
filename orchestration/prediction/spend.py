"""What buyers spend: Gamma-Gamma, fitted by maximum likelihood.

Fader, Hardie and Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of
Marketing Research 42 (2005) 415-430. A buyer's purchases are gamma distributed (shape `p`) around a
mean of his own, which is inverse gamma distributed among buyers (`q`, `v`).

All arrays hold one value a buyer, or a group of buyers alike: `repeats` (purchases after the
first), `mean_value` (their mean value in the reporting currency; not read where `repeats` is 0)
and, for a fit, `buyers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaincinv, gammaln

from orchestration.prediction.likelihood import least_loss
from orchestration.prediction.purchases import Purchases

Array = NDArray[np.float64]

# Shape of a buyer's own mean below which its square has no expectation that is of use.
_LEAST_SHAPE = 2.1


@dataclass(frozen=True)
class SpendModel:
    """Parameters of a Gamma-Gamma model (`v` in the reporting currency), and how its fit went."""

    p: float
    q: float
    v: float
    log_likelihood: float
    is_converged: bool
    # A fitted model is no fallback; see fallback.SpendForecast.
    reason: ClassVar[None] = None

    @property
    def variation(self) -> float:
        """Variance of a buyer's purchases around his own mean, by the square of that mean."""
        return 1 / self.p

    @property
    def mean(self) -> float:
        """Expected value of a purchase of a buyer of whom nothing is known; infinite if q <= 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")

    def expected_value(self, repeats: Array, mean_value: Array) -> Array:
        """Expected value of a purchase: the buyer's own mean drawn towards that of all."""
        shape, scale = self._own_mean(repeats, mean_value)
        return scale / (shape - 1)

    def expected_square(self, repeats: Array, mean_value: Array) -> Array:
        """Expected square of a buyer's own mean; a shape below 2.1 counts as 2.1, to keep it
        finite.
        """
        shape, scale = self._own_mean(repeats, mean_value)
        square = 1 + 1 / (np.maximum(shape, _LEAST_SHAPE) - 2)
        return (scale / (shape - 1)) ** 2 * square

    def _own_mean(self, repeats: Array, mean_value: Array) -> tuple[Array, Array]:
        """Shape and scale of a buyer's own mean, inverse gamma distributed given his purchases."""
        spent = np.where(repeats > 0, repeats * np.maximum(mean_value, 0), 0.0)
        return self.p * repeats + self.q, self.p * (self.v + spent)


def spend_interval(
    purchases: Purchases, value: Array, square: Array, variation: float
) -> tuple[Array, Array]:
    """10th and 90th percentile of what a buyer spends within the horizon of `purchases`: an 80 %
    interval, in the reporting currency.

    `value` and `square`: expectation of his own mean value and of its square (arrays as long as
    those of `purchases`); `variation` as in SpendModel. What is spent is the sum of the values of
    the purchases. It is 0 with the probability of no purchase, and else taken as gamma
    distributed with the exact first two moments of that sum. So the lower limit is 0 where no
    purchase has a probability of 0.1 or more, and the upper one where it has 0.9 or more.
    """
    p_none = 1 - purchases.p_buy
    # Both may round to 0 where nobody buys; the limits are 0 there whatever the moments.
    p_buy = np.maximum(purchases.p_buy, 1e-12)
    mean = purchases.expected * value / p_buy
    second = square * (purchases.expected * variation + purchases.expected_square) / p_buy
    variance = np.maximum(second - mean**2, 1e-9 * mean**2)

    def percentile(share: float) -> Array:
        limit = 0 * mean  # unknown where the mean is
        buys = np.flatnonzero((p_none < share) & (mean > 0))
        shape = mean[buys] ** 2 / variance[buys]
        rest = (share - p_none[buys]) / p_buy[buys]
        limit[buys] = gammaincinv(shape, rest) * variance[buys] / mean[buys]
        return limit

    return percentile(0.1), percentile(0.9)


def fit_spend(repeats: Array, mean_value: Array, buyers: Array) -> SpendModel:
    """The Gamma-Gamma model of largest likelihood.

    Takes buyers with at least one repeat and a mean value above 0, and nobody else. Where every
    buyer always spends the same, `p` runs to its bound: the limit, in which a buyer's own mean is
    what he spent. `is_converged` is false where the optimiser gave up.
    """
    total = buyers.sum()
    log_mean = np.log(mean_value)
    # In units of the usual value the optimiser sees the same problem in any currency.
    unit = float(np.exp((buyers * log_mean).sum() / total))
    log_mean = log_mean - np.log(unit)
    spent = repeats * mean_value / unit
    times, where = np.unique(repeats, return_inverse=True)
    holders = np.bincount(where, weights=buyers)
    # The sum of log_mean over the buyers of each number of repeats.
    logs_held = np.bincount(where, weights=buyers * log_mean)
    sum_of_logs = (buyers * log_mean).sum()

    def mean_loss(logs: Array) -> tuple[float, Array]:
        p, q, v = np.exp(logs)
        shape = p * times
        log_total = np.log(v + spent)
        total_held = np.bincount(where, weights=buyers * log_total)
        each = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        each += shape * np.log(times)
        log_likelihood = (holders * each + shape * logs_held - (shape + q) * total_held).sum()
        log_likelihood -= sum_of_logs

        by_p = holders * (digamma(shape + q) - digamma(shape) + np.log(times))
        by_p = (times * (by_p + logs_held - total_held)).sum()
        by_q = (holders * (digamma(shape + q) - digamma(q) + np.log(v)) - total_held).sum()
        held = np.bincount(where, weights=buyers / (v + spent))
        by_v = total * q / v - ((shape + q) * held).sum()
        gradient = np.array([by_p, by_q, by_v])
        return -log_likelihood / total, -gradient * np.exp(logs) / total

    found = least_loss(mean_loss, np.log([1.0, 3.0, 1.0]))
    p, q, v = found.parameters
    return SpendModel(
        p=p,
        q=q,
        v=v * unit,
        log_likelihood=-(found.loss + float(np.log(unit))) * float(total),
        is_converged=found.is_converged,
    )
