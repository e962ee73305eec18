"""Invitations of friends: some convert after a while, and then name the customer who came."""

import numpy as np
import pyarrow as pa

from .company import (
    CHANNELS,
    CURRENCIES,
    DAY,
    END,
    MINOR,
    QUARTERS,
    USD_TO,
    Company,
    choice,
    quarter_of,
)
from .people import People
from .records import Records, customer_ids
from .text import blank, instants, money, numbered, pick

REWARD = 4.0  # dollars for the referrer of a converted friend
WAYS = ("link", "email", "line", "qr code")


def referral_table(rng, c: Company, who: People, held: Records, start: int, tally) -> pa.Table:
    """All invitations. A converted one names the latest customer of channel referral who had
    registered by then and is named by no other."""
    able = np.flatnonzero((np.arange(len(who)) < who.registered) & ~held.deleted)
    count = rng.poisson(c.invitation_daily * (END - held.created[able]) / DAY)
    person = np.repeat(able, count)
    at = held.created[person] + (rng.random(len(person)) * (END - held.created[person])).astype(int)
    row = np.lexsort((person, at))
    person, at = person[row], at[row]
    n = len(person)
    delay = (rng.exponential(c.invitation_delay_days, n) * DAY).astype(np.int64) + 60
    converted = (rng.random(n) < c.invitation_conversion) & (at + delay < END)
    real = ~who.is_test[person]
    wait = np.maximum(END - 60 - at, 0) / DAY / c.invitation_delay_days
    chance = c.invitation_conversion * (1 - np.exp(-wait))
    tally.expect_index(("referral_conversion_rate",), quarter_of(at)[real], chance[real], QUARTERS)
    tally.add("referrals", "invitations", n)
    tally.add("referrals", "converted", converted.sum())
    friend = _friends(who, held, at, at + delay, converted, person)
    tally.add("referrals", "naming_the_friend", (friend >= 0).sum())
    currency = who.currency[person]
    reward = np.rint(REWARD * (USD_TO * MINOR)[currency]).astype(np.int64)
    return pa.table(
        {
            "referral_id": numbered("RF", start + np.arange(n) + 1),
            "referrer_customer_id": customer_ids(who, held, person, at),
            "referred_customer_id": blank(
                numbered("C", who.number[np.maximum(friend, 0)]), friend >= 0
            ),
            "channel": pick(WAYS, choice(rng, (50, 20, 20, 10), n)),
            "invited_at": instants(rng, at),
            "converted_at": blank(instants(rng, at + delay), converted),
            "reward_amount": blank(money(reward, currency), converted),
            "currency": blank(pick(CURRENCIES, currency), converted),
        }
    )


def _friends(who: People, held: Records, at, then, converted, person) -> np.ndarray:
    """The customer whom each conversion names; -1 where nobody fits."""
    came = (who.channel == CHANNELS.index("referral")) & (np.arange(len(who)) < who.registered)
    came = np.flatnonzero(came & ~held.deleted & ~who.is_test)
    came = came[np.argsort(held.created[came], kind="stable")]
    friend = np.full(len(at), -1)
    if not len(came):
        return friend
    row = np.flatnonzero(converted)
    row = row[np.argsort(then[row], kind="stable")][::-1]  # from the last one back
    place = np.searchsorted(held.created[came], then[row], side="right") - 1
    step = np.arange(len(row))
    place = np.minimum.accumulate(place + step) - step  # each customer once
    found = came[np.maximum(place, 0)]
    fits = (place >= 0) & (held.created[found] > at[row]) & (found != person[row])
    friend[row[fits]] = found[fits]
    return friend
