"""The buying process: when people buy, and when they stop.

BG/NBD (Fader, Hardie & Lee 2005): while alive, a person buys as a Poisson process with rate
lambda ~ Gamma(r, alpha); after each purchase the person drops out with probability
p ~ Beta(a, b). Two things are added: the rate is multiplied by the month's seasonal factor (an
exponential gap is drawn on the season's clock and turned back into days), and a late or refunded
order multiplies p. The first purchase comes at the person's arrival.
"""

from dataclasses import dataclass

import numpy as np

from .company import DAY, DAYS, END, MONTH_STARTS, START, WEAK_CHANNEL, Company, choice
from .people import People

# Relative weight of each hour of the Bangkok day. 00 to 07 is 17:00 to 24:00 UTC of the day before.
HOUR_WEIGHT = (5, 4, 3, 2, 2, 2, 3, 4, 5, 6, 7, 7, 8, 7, 6, 5, 5, 6, 7, 8, 9, 9, 8, 7)


@dataclass
class Purchases:
    """One element per order, sorted by instant."""

    person: np.ndarray  # index into People
    at: np.ndarray  # Bangkok seconds
    is_first: np.ndarray  # the person's first order
    is_late: np.ndarray  # delivered late
    is_refunded: np.ndarray  # bad enough to ask for the money back
    drops_out: np.ndarray  # the person never buys again

    def __len__(self) -> int:
        return len(self.person)


def season_clock(c: Company) -> tuple[np.ndarray, np.ndarray]:
    """Month bounds in days, and the season's clock there (integral of the seasonal factor)."""
    bounds = (MONTH_STARTS - START) / DAY
    factor = np.array(c.season)[np.arange(len(bounds) - 1) % 12]
    return bounds, np.concatenate([[0.0], np.cumsum(np.diff(bounds) * factor)])


def clock_seconds(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """An instant on each day (days since the first), by the weights of the hours."""
    hour = choice(rng, HOUR_WEIGHT, len(day))
    return START + day.astype(np.int64) * DAY + hour * 3600 + rng.integers(0, 3600, len(day))


def purchases(rng: np.random.Generator, c: Company, who: People) -> Purchases:
    """Simulate all orders; one round draws the next order of everyone who is still alive."""
    bounds, clock = season_clock(c)
    alive = np.flatnonzero(who.buys)
    day = who.arrival[alive]
    rounds = []
    is_first = True
    while len(alive):
        late = rng.random(len(alive)) < c.late_share
        share = np.where(late, c.refund_share_late, c.refund_share)
        refunded = rng.random(len(alive)) < share
        factor = np.where(late | refunded, c.bad_dropout_factor, 1.0)
        gone = rng.random(len(alive)) < np.minimum(who.dropout[alive] * factor, 0.98)
        rounds.append((alive, day, np.full(len(alive), is_first), late, refunded, gone))
        alive, day = alive[~gone], day[~gone]
        gap = rng.exponential(1.0, len(alive)) / who.rate[alive]
        day = np.interp(np.interp(day, bounds, clock) + gap, clock, bounds, right=DAYS + 1.0)
        alive, day = alive[day < DAYS], day[day < DAYS]
        is_first = False
    parts = [np.concatenate(column) for column in zip(*rounds, strict=True)]
    person, day, first, late, refunded, gone = parts
    at = clock_seconds(rng, np.floor(day))
    order = np.lexsort((person, at))
    return Purchases(*(x[order] for x in (person, at, first, late, refunded, gone)))


def stays(rng: np.random.Generator, c: Company, who: People, bought: Purchases) -> np.ndarray:
    """Orders that are left when the weak channel's customers drop out sooner; who does is marked.

    Later orders are taken away, not drawn anew, so that everybody else's stay as they were.
    """
    weak = who.channel[bought.person] == WEAK_CHANNEL
    goes = weak & (rng.random(len(bought)) < c.weak_channel_dropout)
    gone_at = np.full(len(who), END)
    np.minimum.at(gone_at, bought.person[goes], bought.at[goes])
    bought.drops_out |= goes & (bought.at == gone_at[bought.person])
    return bought.at <= gone_at[bought.person]


def first_orders(bought: Purchases, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Each person's first and last order (END and START where there is none)."""
    first, last = np.full(size, END), np.full(size, START)
    np.minimum.at(first, bought.person, bought.at)
    np.maximum.at(last, bought.person, bought.at)
    return first, last
