"""Visits of the website: what led to the first purchase, to later orders, and just looking.

Visits before somebody's first purchase carry the utm_* of the channel that brought them; of some
an earlier visit came through another channel.
"""

import numpy as np
import pyarrow as pa

from .company import CHANNELS, DAY, END, QUARTERS, START, Company, choice, quarter_of
from .names import UTM
from .orders import order_ids
from .people import People
from .records import Records, customer_ids
from .sales import Sales
from .subscriptions import Club, columns
from .text import blank, instants, numbered, pick, texts

DEVICES = ("mobile", "desktop", "tablet", None)
NO_CHANNEL = len(CHANNELS)  # typed in by hand
NEWSLETTER = NO_CHANNEL + 1


def became_customer(who: People, sales: Sales, s: Club) -> np.ndarray:
    """Instant of each person's first counted order or first paid term; END where there is none."""
    first = np.full(len(who), END)
    counts = sales.counts
    np.minimum.at(first, sales.bought.person[counts], sales.bought.at[counts])
    sub, began, _, amount, *_ = columns(s.terms)
    paid = amount > 0
    np.minimum.at(first, s.person[sub[paid]], began[paid])
    return first


def sessions(rng, c: Company, who: People, held: Records, sales: Sales, s: Club, start, tally):
    """All sessions, and into the truth how new customers' first touches should spread."""
    bought, o = sales.bought, sales.o
    n = len(bought)
    before = _before_first(rng, c, who, held, became_customer(who, sales, s), tally)
    leads = np.flatnonzero((rng.random(n) < c.order_session_share) & ~o.is_guest)
    mail = rng.random(len(leads)) < 0.12
    later = bought.at[leads] > became_customer(who, sales, s)[bought.person[leads]] + DAY
    length = rng.integers(180, 1500, len(leads))
    led = (bought.person[leads], bought.at[leads] - length, length,
           np.where(mail & later, NEWSLETTER, NO_CHANNEL), leads)  # fmt: skip
    around = np.flatnonzero((rng.random(n) < c.browse_share) & ~o.is_guest)
    at = bought.at[around] + rng.integers(DAY, 25 * DAY, len(around))
    nobody = rng.random(len(around)) < c.nameless_session_share
    person = np.where(nobody, -1, bought.person[around])
    channel = np.where(nobody, choice(rng, c.channel_share, len(around)), NO_CHANNEL)
    length = (rng.exponential(240, len(around)) + 5).astype(np.int64)
    browsed = (person, at, length, channel, np.full(len(around), -1))
    parts = [np.concatenate(x) for x in zip(before, led, browsed, strict=True)]
    keep = (parts[1] >= START) & (parts[1] + parts[2] < END)
    row = np.flatnonzero(keep)
    row = row[np.lexsort((parts[0][row], parts[1][row]))]
    person, at, length, channel, order = (x[row] for x in parts)
    n = len(row)
    ids = customer_ids(who, held, np.maximum(person, 0), at)
    tally.add("sessions", "all", n)
    tally.add("sessions", "of_nobody_known", (person < 0).sum())
    utm = [*UTM, (None, None, None), ("newsletter", "email", None)]
    return pa.table(
        {
            "session_id": numbered("Z", start + np.arange(n) + 1),
            "customer_id": blank(ids, person >= 0),
            "started_at": instants(rng, at),
            "ended_at": blank(instants(rng, at + length), rng.random(n) < 0.97),
            "page_views": texts(1 + rng.poisson(length / 90)),
            "device": pick(DEVICES, choice(rng, (66, 26, 5, 3), n)),
            "utm_source": pick([x for x, _, _ in utm], channel),
            "utm_medium": pick([x for _, x, _ in utm], channel),
            "utm_campaign": pick([x for _, _, x in utm], channel),
            "converted_order_id": blank(order_ids(o, np.maximum(order, 0)), order >= 0),
        }
    )


def _before_first(rng, c: Company, who: People, held: Records, first: np.ndarray, tally):
    """Visits in the weeks before the first purchase: through the true channel, of some through
    another one before that."""
    size = len(who)
    customer = (np.arange(size) < who.registered) & ~held.deleted & (first < END)
    known = customer & (rng.random(size) < c.session_share)
    late = rng.random(size) * np.minimum(10 * DAY, np.maximum(first - START - 7200, 0))
    last_at = first - 3600 - late.astype(np.int64)
    early_at = last_at - 3600 - (rng.random(size) * 20 * DAY).astype(np.int64)
    helped = known & (rng.random(size) < c.assist_share) & (early_at >= START)
    helper = choice(rng, c.assist_channel, size)
    known &= last_at >= START
    helped &= known
    real = customer & ~who.is_test
    tally.expect_index(("new_customers",), quarter_of(first[real]), 1.0, QUARTERS)
    tally.expect_index(("helped_customers",), quarter_of(first[real & helped]), 1.0, QUARTERS)
    person = np.concatenate([np.flatnonzero(known), np.flatnonzero(helped)])
    at = np.concatenate([last_at[known], early_at[helped]])
    channel = np.concatenate([who.channel[known], helper[helped]])
    length = (rng.exponential(200, len(person)) + 5).astype(np.int64)
    return person, at, length, channel, np.full(len(person), -1)
