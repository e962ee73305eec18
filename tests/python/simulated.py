"""Generated customers whose latent truth is known: buyers, what they spend, and subscribers.

Buyers follow the process that BG/NBD assumes, on a clock that a season of a year's length may
speed up and slow down; purchases are then cut to days, as the project counts them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

TWO_YEARS = 730
THREE_YEARS = 1095
NEVER = 10**6


@dataclass(frozen=True)
class Shop:
    """Order days of customers; day 0 is today. Truth: `rate` per week and `p_leave` of each."""

    rate: Array
    p_leave: Array
    first_day: Integers
    # Of each order day after the first, in order of customer and day.
    customer: Integers
    day: Integers
    # Day of the purchase after which each customer left for good; far ahead where he did not.
    left_day: Integers


@dataclass(frozen=True)
class Seen:
    """What a forecast on one day knows of the customers who had bought before."""

    customer: Integers
    repeats: Integers
    recency_days: Integers
    age_days: Integers
    is_alive: NDArray[np.bool_]


def shop(
    seed: int,
    customers: int,
    r: float = 0.6,
    alpha: float = 8.0,
    a: float = 0.8,
    b: float = 2.5,
    amplitude: float = 0.0,
    phase: float = 0.0,
    past_days: int = TWO_YEARS,
    ahead_days: int = 365,
) -> Shop:
    """Customers who came on a day of `past_days`, and all that they buy until `ahead_days`.

    The pace of the season is 1 + amplitude * sin(2 pi (day / 365 + phase)).
    """
    chance = np.random.default_rng(seed)
    rate = chance.gamma(r, 1 / alpha, customers)
    p_leave = chance.beta(a, b, customers)
    first_day = -chance.integers(1, past_days + 1, customers)

    days = np.arange(-past_days, ahead_days + 1)
    year = 2 * np.pi * (days / 365 + phase)
    clock = days - amplitude * 365 / (2 * np.pi) * np.cos(year)
    begin, end = np.interp(first_day, days, clock), clock[-1]
    customer = np.repeat(np.arange(customers), chance.poisson(rate / 7 * (end - begin)))
    ticks = begin[customer] + chance.random(len(customer)) * (end - begin[customer])
    day = np.floor(np.interp(ticks, clock, days)).astype(np.int64)
    # Several purchases of one day are one order day; those of the first day are the first purchase.
    key = np.unique(customer * (past_days + ahead_days) + day + past_days)
    customer, day = np.divmod(key, past_days + ahead_days)
    day -= past_days
    is_later = day > first_day[customer]
    customer, day = customer[is_later], day[is_later]

    # Everyone leaves after the order day of this number, counted from 0.
    last = chance.geometric(np.maximum(p_leave, 1e-12)) - 1
    rank = np.arange(len(customer)) - np.searchsorted(customer, customer)
    left_day = np.full(customers, NEVER)
    is_last = rank == last[customer]
    left_day[customer[is_last]] = day[is_last]
    is_made = rank <= last[customer]
    return Shop(rate, p_leave, first_day, customer[is_made], day[is_made], left_day)


def seen(shop: Shop, on: int) -> Seen:
    """Summaries of the customers on day `on`."""
    number = len(shop.first_day)
    is_before = shop.day < on
    customer, day = shop.customer[is_before], shop.day[is_before]
    last_day = shop.first_day.copy()
    last_day[customer] = day  # in order of day, so that the last one stays
    known = np.flatnonzero(shop.first_day < on)
    return Seen(
        customer=known,
        repeats=np.bincount(customer, minlength=number)[known],
        recency_days=(last_day - shop.first_day)[known],
        age_days=on - shop.first_day[known],
        is_alive=shop.left_day[known] >= on,
    )


def bought(shop: Shop, on: int, days: int) -> Integers:
    """Order days of every customer within `days` days from day `on`."""
    is_within = (shop.day >= on) & (shop.day < on + days)
    return np.bincount(shop.customer[is_within], minlength=len(shop.first_day))


def own_mean_value(seed: int, customers: int, p: float, q: float, v: float) -> Array:
    """Each customer's own mean value of a purchase, by a Gamma-Gamma model."""
    return p / np.random.default_rng(seed).gamma(q, 1 / v, customers)


def spent(seed: int, purchases: Integers, own_mean: Array, p: float) -> Array:
    """The sum of the values of so many purchases of each customer."""
    each = np.random.default_rng(seed).gamma(p * np.maximum(purchases, 1)) * own_mean / p
    return np.where(purchases > 0, each, 0.0)


@dataclass(frozen=True)
class Subscribers:
    """Subscribers at the start of a step: one row for each subscriber and step."""

    tenure: Integers
    signals: Array
    # Truth: the probability of leaving in the step; its mean over all subscribers who began with
    # the population and had the same signals all along, which is all that can be known; what
    # happened.
    hazard: Array
    knowable: Array
    left: NDArray[np.bool_]


# Each signal of a simulated subscriber: how often it is present, and what it adds to the log-odds.
SIGNALS = {
    "payment failed": (0.05, 2.0),
    "price rise": (0.10, 1.0),
    "ticket unsolved": (0.08, 0.7),
    "visited": (0.40, -0.8),
    "birthday": (0.08, 0.0),
}


def subscribers(
    seed: int, customers: int, steps: int = 26, a: float = 1.0, b: float = 14.0
) -> tuple[Subscribers, Subscribers]:
    """Subscribers who began at any of the last `steps` steps: all past steps, and the one to come.

    At each step everyone leaves with a chance of his own (beta: `a`, `b`), moved by his signals.
    """
    chance = np.random.default_rng(seed)
    own = logit(chance.beta(a, b, customers))
    present, effect = np.array(list(SIGNALS.values())).T
    began = chance.integers(0, steps, customers)
    is_there = np.ones(customers, dtype=bool)
    possible = logit(beta.ppf((np.arange(40) + 0.5) / 40, a, b))
    # Of each subscriber: probability of having stayed until now, for each possible chance of his.
    stayed = np.ones((customers, len(possible)))
    seen_steps = []
    for step in range(steps + 1):
        at_risk = np.flatnonzero(is_there & (began <= step))
        signals = (chance.random((len(at_risk), len(present))) < present).astype(float)
        shift = signals @ effect
        hazard = expit(own[at_risk] + shift)
        leaves = expit(possible + shift[:, None])
        weight = stayed[at_risk]
        knowable = (leaves * weight).sum(axis=1) / weight.sum(axis=1)
        stayed[at_risk] = weight * (1 - leaves)
        left = chance.random(len(at_risk)) < hazard
        is_there[at_risk[left]] = False
        seen_steps.append((step - began[at_risk], signals, hazard, knowable, left))
    past = Subscribers(*(np.concatenate(of) for of in zip(*seen_steps[:-1], strict=True)))
    return past, Subscribers(*seen_steps[-1])
