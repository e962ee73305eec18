"""When buyers buy: BG/NBD, fitted by maximum likelihood and scored in closed form.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24 (2005) 275-284. A buyer buys at a rate of his own (gamma: `r`,
`alpha`) and leaves after any repeat purchase with a chance of his own (beta: `a`, `b`).

Purchases are days with an order. All arrays hold one value for each group of buyers with the same
summary. Times and horizons are in weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln

from orchestration.prediction.likelihood import least_loss
from orchestration.prediction.quadrature import beta_points

Array = NDArray[np.float64]

# Chance of one more purchase below which the count of a group ends.
_TAIL = 1e-9
# Points of a mean over buyers who leave more or less readily: ten digits on usual bases, four where
# all buy at the pace of days and came yesterday.
_POINTS = 24
MONTHS = 12
WEEKS_OF_A_MONTH = 365 / 7 / MONTHS


@dataclass(frozen=True)
class Buyers:
    """Groups of buyers with the same summary.

    Of each group: `repeats` (purchases after the first), `recency` (weeks from the first purchase
    to the last), `age` (weeks from the first purchase until the forecast, more than 0), and how
    many `buyers` it holds.
    """

    repeats: Array
    recency: Array
    age: Array
    buyers: Array


@dataclass(frozen=True)
class Purchases:
    """The number of purchases within a horizon, of a buyer of each group.

    `p_buy`: probability of at least one; `expected` and `expected_square`: its first two moments;
    `lower` and `upper`: its 10th and 90th percentile, the least counts that are reached or stayed
    under with a probability of at least 0.1 and 0.9.
    """

    p_buy: Array
    expected: Array
    expected_square: Array
    lower: Array
    upper: Array

    def of(self, group: NDArray[np.intp]) -> Purchases:
        """The same of single buyers, from the number of each one's group."""
        return Purchases(*(getattr(self, field.name)[group] for field in fields(self)))


@dataclass(frozen=True)
class PurchaseModel:
    """Parameters of a BG/NBD model, per week, and how its fit went."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_converged: bool
    # A fitted model is no fallback; see fallback.PurchaseForecast.
    reason: ClassVar[None] = None

    def p_alive(self, buyers: Buyers) -> Array:
        """Probability that a buyer has not left for good; 1 for one-time buyers."""
        repeats = np.maximum(buyers.repeats, 1)
        log_odds = (
            np.log(self.a)
            - np.log(self.b + repeats - 1)
            + (self.r + buyers.repeats)
            * (np.log(self.alpha + buyers.age) - np.log(self.alpha + buyers.recency))
        )
        return np.where(buyers.repeats > 0, np.exp(-np.logaddexp(0, log_odds)), 1.0)

    def p_buy(self, buyers: Buyers, horizon: float | Array) -> Array:
        """Probability of at least one purchase within `horizon` weeks (one for all, or of each)."""
        ahead = np.log1p(horizon / (self.alpha + buyers.age))
        return self.p_alive(buyers) * -np.expm1(-(self.r + buyers.repeats) * ahead)

    def expected(self, buyers: Buyers, horizon: float) -> Array:
        """Expected number of purchases within `horizon` weeks."""
        return self._expected(buyers, np.array([horizon]))[0]

    def discounted(self, buyers: Buyers, annual_rate: float, pace: float = 1.0) -> Array:
        """Expected purchases of the coming year, each worth less the later it comes.

        The year has 12 months of 365 / 12 days; what a purchase of a month is worth: month_worth.
        `pace` stretches each month, as a season does.
        """
        months = np.arange(1, MONTHS + 1)
        until = self._expected(buyers, months * WEEKS_OF_A_MONTH * pace)
        worth = month_worth(annual_rate)
        # What the months until m bring counts as month m does and not as the month after it.
        return (worth - np.append(worth[1:], 0.0)) @ until

    def within(self, buyers: Buyers, horizon: float) -> Purchases:
        """The distribution of the number of purchases within `horizon` weeks.

        A buyer who is alive makes as many as he would without ever leaving, or as many as it takes
        him to leave, whichever is less; given the summary, the two are independent. So counts are
        added up one by one, for the groups that may reach them.
        """
        expected, square, lower, upper = np.zeros((4, len(buyers.repeats)))
        row, repeats, count = np.arange(len(expected)), buyers.repeats, 0
        size, share = self.r + repeats, horizon / (self.alpha + buyers.age + horizon)
        staying = self.p_alive(buyers)
        # Without ever leaving: negative binomial. Of each count in turn, the logarithm of its
        # probability, and the probability of more.
        log_same = size * np.log1p(-share)
        more = -np.expm1(log_same)
        while len(row):
            count += 1
            reached = staying * more
            expected[row] += reached
            square[row] += (2 * count - 1) * reached
            lower[row] += reached > 0.9
            upper[row] += reached > 0.1
            goes_on = reached > _TAIL
            row, repeats, size, share, staying, log_same, more = (
                of[goes_on] for of in (row, repeats, size, share, staying, log_same, more)
            )
            staying *= (self.b + repeats + count - 1) / (self.a + self.b + repeats + count - 1)
            log_same += np.log((size + count - 1) * share / count)
            more -= np.exp(log_same)
        return Purchases(self.p_buy(buyers, horizon), expected, square, lower, upper)

    def _expected(self, buyers: Buyers, horizons: Array) -> Array:
        """Shape (horizons, groups): expected number of purchases within each of `horizons` weeks.

        Of a buyer who is alive and leaves with the chance p: (1 - E(exp(-rate * p * horizon))) / p,
        the rate being gamma distributed given the summary; then its mean over p.
        """
        repeats, where = np.unique(buyers.repeats, return_inverse=True)
        leaves, weights = beta_points(np.full(len(repeats), self.a), self.b + repeats, _POINTS)
        ahead = horizons[:, None] / (self.alpha + buyers.age)
        size = self.r + buyers.repeats
        total = np.zeros(ahead.shape)
        for point in range(_POINTS):
            leave = leaves[where, point]
            made = -np.expm1(-size * np.log1p(ahead * leave)) / leave
            total += weights[where, point] * made
        return total * self.p_alive(buyers)


def month_worth(annual_rate: float) -> Array:
    """What a purchase in each of 12 months is worth today, at its middle."""
    return (1 + annual_rate) ** (-(np.arange(MONTHS) + 0.5) / MONTHS)


def group_buyers(repeats: Array, recency_days: Array, age_days: Array) -> tuple[Buyers, Array]:
    """Groups of buyers with the same summary, and the number of each buyer's group.

    All arrays hold one value a buyer: whole days, and repeats. Groups are in order of summary.
    """
    summary = np.array([repeats, recency_days, age_days], dtype=np.int64)
    size = summary.max(axis=1, initial=0) + 1
    # One number for each summary: sorting numbers is ten times as fast as sorting rows.
    number = (summary[0] * size[1] + summary[1]) * size[2] + summary[2]
    distinct, group, buyers = np.unique(number, return_inverse=True, return_counts=True)
    rest, age = np.divmod(distinct, size[2])
    repeat, recency = np.divmod(rest, size[1])
    return Buyers(repeat.astype(float), recency / 7, age / 7, buyers.astype(float)), group


def fit_purchases(buyers: Buyers) -> PurchaseModel:
    """The BG/NBD model of largest likelihood.

    Needs buyers with and without repeats to say anything; `is_converged` is false where the
    optimiser gave up, and the caller decides what to use then (see fallback).
    """
    total = buyers.buyers.sum()
    repeats, where = np.unique(buyers.repeats, return_inverse=True)
    holders = np.bincount(where, weights=buyers.buyers)
    after = np.maximum(repeats, 1) - 1
    has_repeats = buyers.repeats > 0

    def mean_loss(logs: Array) -> tuple[float, Array]:
        r, alpha, a, b = np.exp(logs)
        log_age, log_recency = np.log(alpha + buyers.age), np.log(alpha + buyers.recency)
        exponent = r + buyers.repeats
        # Odds of having left after the last purchase; who has not repeated has not left.
        log_odds = (np.log(a) - np.log(b + after))[where] + exponent * (log_age - log_recency)
        small = np.exp(-np.abs(log_odds))
        left = np.where(log_odds > 0, 1.0, small) / (1 + small) * has_repeats
        log_not_alive = (np.maximum(log_odds, 0) + np.log1p(small)) * has_repeats
        alive = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
        alive += betaln(a, b + repeats) - betaln(a, b)
        log_likelihood = (buyers.buyers * (log_not_alive - exponent * log_age)).sum()
        log_likelihood += (holders * alive).sum()

        weighted = buyers.buyers * left
        holders_left = np.bincount(where, weights=weighted)
        stays = digamma(a + b) - digamma(a + b + repeats)
        by_r = (holders * (digamma(r + repeats) - digamma(r) + np.log(alpha))).sum()
        by_r -= ((buyers.buyers - weighted) * log_age + weighted * log_recency).sum()
        slope = (buyers.buyers - weighted) / (alpha + buyers.age)
        slope += weighted / (alpha + buyers.recency)
        by_alpha = total * r / alpha - (exponent * slope).sum()
        by_a = (holders * stays).sum() + holders_left.sum() / a
        by_b = (holders * (digamma(b + repeats) - digamma(b) + stays)).sum()
        by_b -= (holders_left / (b + after)).sum()
        gradient = np.array([by_r, by_alpha, by_a, by_b])
        return -log_likelihood / total, -gradient * np.exp(logs) / total

    # The optimum of any base that was tried is reached from here.
    found = least_loss(mean_loss, np.log([0.5, 8.0, 0.5, 2.5]))
    return PurchaseModel(
        *found.parameters,
        log_likelihood=-found.loss * float(total),
        is_converged=found.is_converged,
    )
