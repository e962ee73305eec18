"""Members of the loyalty programmes, and the orders that membership causes.

Heavier buyers join more often, and joining multiplies the buying rate: the orders of members
against others show both, the true effect of joining is `member_factor` alone.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .company import CURRENCIES, DAY, END, MONTH_STARTS, PROGRAMMES, START, Company, choice
from .people import People
from .purchases import clock_seconds, season_clock
from .records import Records, customer_ids
from .sales import Sales
from .text import blank, instants, numbered, pick, texts

NAMES = ("Baan Sao points", "Roaster tiers", "Reserve pass, 290 THB a year", "Trees for Sapa",
         "Points with Phin & Co")  # fmt: skip
TYPES = ("points", "tiered", "paid", "value", "partner")
WORTH = (2, 2, 2, 0, 1)  # currency of a point's worth, by PROGRAMMES
TIERS = ("bronze", "silver", "gold")
TIER_SHARE = (0.6, 0.3, 0.1)  # of accounts that get as far


@dataclass
class Members:
    """One element per account; the main programme's come first."""

    number: np.ndarray
    person: np.ndarray
    programme: np.ndarray  # index into PROGRAMMES
    joined: np.ndarray
    left: np.ndarray  # END where the member stays

    def __len__(self) -> int:
        return len(self.person)


def members(rng, c: Company, who: People, held: Records, start: int) -> Members:
    """Who joins which programme, and when."""
    able = who.buys & (np.arange(len(who)) < who.registered) & ~held.deleted
    relative = who.rate / (c.rate_r / c.rate_alpha)
    shares = [c.join_share * relative / (1 + relative)]
    shares += [np.full(len(who), c.minor_programme_share)] * (len(PROGRAMMES) - 1)
    opened = np.maximum(held.created, MONTH_STARTS[1])
    parts = []
    for programme, share in enumerate(shares):
        delay = rng.exponential(c.join_delay_days, len(who)) * DAY
        joined = opened + delay.astype(np.int64)
        person = np.flatnonzero(able & (rng.random(len(who)) < share) & (joined < END - DAY))
        stay = rng.exponential(1 / c.account_left_monthly, len(person)) * 30 * DAY
        left = np.full(len(person), END)
        if programme:
            left = np.minimum(joined[person] + DAY + stay.astype(np.int64), END)
        parts.append((person, person * 0 + programme, joined[person], left))
    person, programme, joined, left = (np.concatenate(x) for x in zip(*parts, strict=True))
    return Members(start + np.arange(len(person)) + 1, person, programme, joined, left)


def caused_orders(rng, c: Company, who: People, m: Members, sales: Sales):
    """Persons and instants of the orders that joining adds: a Poisson process beside the own one,
    at the own rate times what the factor adds, until the person drops out of buying."""
    bounds, clock = season_clock(c)
    bought = sales.bought
    first = np.full(len(who), END)
    np.minimum.at(first, bought.person, bought.at)
    gone = np.full(len(who), END)
    np.minimum.at(gone, bought.person[bought.drops_out], bought.at[bought.drops_out])
    main = m.programme == 0
    person, begin = m.person[main], np.maximum(m.joined[main], first[m.person[main]])
    end = np.maximum(gone[person], begin)
    low, high = (np.interp((x - START) / DAY, bounds, clock) for x in (begin, end))
    count = rng.poisson((c.member_factor - 1) * who.rate[person] * (high - low))
    row = np.repeat(np.arange(len(person)), count)
    moment = low[row] + rng.random(len(row)) * (high - low)[row]
    day = np.minimum(np.interp(moment, clock, bounds), (END - START) / DAY - 1e-6)
    at = np.clip(clock_seconds(rng, np.floor(day)), begin[row] + 60, END - 1)
    return person[row], at


def programme_table(c: Company) -> pa.Table:
    """One programme of each type."""
    return pa.table(
        {
            "programme_id": pa.array(PROGRAMMES),
            "programme_name": pa.array(NAMES),
            "programme_type": pa.array(TYPES),
            "currency_per_point": texts([f"{value:g}" for value in c.point_value]),
            "currency": pick(CURRENCIES, np.array(WORTH)),
        }
    )


def account_ids(m: Members, index: np.ndarray) -> pa.Array:
    """Ids of some accounts."""
    return numbered("LA", m.number[index])


def account_table(rng, who: People, held: Records, m: Members) -> pa.Table:
    """All accounts."""
    return pa.table(
        {
            "account_id": account_ids(m, np.arange(len(m))),
            "customer_id": customer_ids(who, held, m.person, m.joined),
            "programme_id": pick(PROGRAMMES, m.programme),
            "joined_at": instants(rng, m.joined),
            "left_at": blank(instants(rng, m.left), m.left < END),
        }
    )


def tier_table(rng, m: Members) -> pa.Table:
    """Accounts of the tiered programme begin in bronze; some rise, half a year later each."""
    row = np.flatnonzero(m.programme == 1)
    top = choice(rng, TIER_SHARE, len(row))
    parts = []
    for tier in range(len(TIERS)):
        at = m.joined[row] + tier * (150 * DAY + rng.integers(0, 60 * DAY, len(row)))
        keep = (top >= tier) & (at < m.left[row])
        parts.append((row[keep], row[keep] * 0 + tier, at[keep]))
    account, tier, at = (np.concatenate(x) for x in zip(*parts, strict=True))
    order = np.lexsort((at, account))
    return pa.table(
        {
            "account_id": account_ids(m, account[order]),
            "tier": pick(TIERS, tier[order]),
            "changed_at": instants(rng, at[order]),
        }
    )
