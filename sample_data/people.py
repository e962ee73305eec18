"""People of one block: who they are and how they tend to buy, before anything happens."""

from dataclasses import dataclass

import numpy as np

from . import names
from .company import CHANNELS, COUNTRIES, DAYS, Company, choice


@dataclass
class People:
    """One element per person; those from `registered` on never register (guests for life)."""

    number: np.ndarray  # unique over all blocks, counted apart for customers and guests
    registered: int  # how many are customers
    name: np.ndarray  # index that names and e-mail address derive from
    place: np.ndarray  # index into names.PLACES
    country: np.ndarray  # index into COUNTRIES
    currency: np.ndarray  # index into CURRENCIES
    channel: np.ndarray  # index into CHANNELS
    arrival: np.ndarray  # days since the first day
    buys: np.ndarray  # whether the person buys in the shop
    subscribes: np.ndarray  # whether a customer means to subscribe
    late_register: np.ndarray  # whether the customer registers after the first order
    rate: np.ndarray  # purchases per day of the season's clock
    dropout: np.ndarray  # probability of never buying again, after each purchase
    scale: np.ndarray  # Gamma-Gamma: rate of the gamma distribution of order values (1 / USD)
    has_email: np.ndarray
    has_phone: np.ndarray
    is_test: np.ndarray

    def __len__(self) -> int:
        return len(self.number)


def people(rng: np.random.Generator, c: Company, count: int, start: int) -> People:
    """Draw `count` customers and the guests beside them; `start` is the first customer's number."""
    guests = round(count * c.guest_people_share)
    size = count + guests
    guest_start = round(start * c.guest_people_share)
    registered = np.arange(size) < count
    early = rng.random(size) < c.base_share
    arrival = np.where(early, rng.random(size) * 90, rng.random(size) * DAYS)
    arrival[:count].sort()
    country_of_place = np.array([COUNTRIES.index(p[0]) for p in names.PLACES])
    country = choice(rng, c.country_share, size)
    place = np.zeros(size, dtype=np.int64)
    for index in range(len(COUNTRIES)):
        weights = np.where(country_of_place == index, names.PLACE_WEIGHT, 0)
        place = np.where(country == index, choice(rng, weights, size), place)
    in_dollars = rng.random(size) < np.array([0.03, 0.02, 0.6, 1.0])[country]
    channel = choice(rng, c.channel_share, size)
    rate = rng.gamma(c.rate_r, 1 / c.rate_alpha, size) * np.array(c.channel_rate)[channel]
    return People(
        number=np.where(registered, start, guest_start - count) + np.arange(size) + 1,
        registered=count,
        name=rng.integers(0, 1 << 30, size),
        place=place,
        country=country,
        currency=np.where(in_dollars, 2, np.array([0, 1, 0, 2])[country]),
        channel=channel,
        arrival=arrival,
        buys=(rng.random(size) < c.buyer_share) | ~registered,
        subscribes=(rng.random(size) < c.subscriber_share) & registered,
        late_register=(rng.random(size) < c.late_register_share) & registered,
        rate=np.maximum(rate, 1e-5),
        dropout=np.where(registered, rng.beta(c.dropout_a, c.dropout_b, size), c.guest_dropout),
        scale=rng.gamma(c.spend_q, 1 / c.spend_gamma, size),
        has_email=(rng.random(size) < 0.97) | ~registered,
        has_phone=rng.random(size) < 0.85,
        is_test=(rng.random(size) < c.test_share) & registered,
    )


def describe(tally, who: People) -> None:
    """Count the drawn customers into the truth."""
    customers = slice(0, who.registered)
    tally.add("people", "customers", who.registered)
    tally.add("people", "guests_for_life", len(who) - who.registered)
    tally.add("people", "tests", who.is_test.sum())
    tally.add_index("customers_by_channel", who.channel[customers], CHANNELS)
    tally.add_index("customers_by_country", who.country[customers], COUNTRIES)
