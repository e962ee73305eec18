"""The points ledger: lots earned with orders, redeemed as whole balances, or lapsed.

In each month each account redeems its whole balance with a set probability, at a random instant.
So what becomes of every lot has a closed form, whatever the other lots do.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .company import (
    DAY,
    END,
    MINOR,
    MONTH_STARTS,
    PROGRAMMES,
    QUARTERS,
    USD_TO,
    Company,
    month_of,
    quarter_of,
)
from .loyalty import Members, account_ids
from .orders import order_ids
from .people import People
from .sales import Sales
from .text import blank, instants, numbered, pick, texts

ENTRY_TYPES = ("earn", "redeem", "expire", "adjust", "reversal")
EARN, REDEEM, EXPIRE, ADJUST, REVERSAL = range(5)
TIERED, PARTNER = 1, 4  # programmes: the first tells of every expiry in its ledger
REWARDS = ("free bag", "discount voucher", "cup", "barista class", None)
PARTNERS = ("Phin & Co", "Mekong Air", None)
NEVER = 2 * END


@dataclass
class Lots:
    """One element per positive entry."""

    account: np.ndarray
    order: np.ndarray  # -1 where none
    kind: np.ndarray
    points: np.ndarray
    at: np.ndarray
    expires: np.ndarray  # NEVER where they do not
    taken: np.ndarray  # instant at which the order was sent back or the member left; NEVER
    reversed: np.ndarray  # whether the former was the cause


@dataclass
class Redemptions:
    """One element per instant at which an account redeems what it has, sorted by account."""

    account: np.ndarray
    at: np.ndarray


def lots(rng, c: Company, m: Members, sales: Sales) -> Lots:
    """What accounts earn: with each valid order as a member, and now and then as a gift."""
    bought, o = sales.bought, sales.o
    row = np.argsort(bought.person, kind="stable")
    key = bought.person[row]
    low, high = (np.searchsorted(key, m.person, side=side) for side in ("left", "right"))
    account = np.repeat(np.arange(len(m)), high - low)
    place = np.arange(len(account)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    order = row[low[account] + place]
    at = bought.at[order] + 3600
    dollars = (o.gross - o.discount)[order] / (USD_TO * MINOR)[o.currency[order]]
    points = np.floor(dollars * np.array(c.points_per_dollar)[m.programme[account]])
    keep = o.is_valid[order] & ~o.is_guest[order] & (points > 0)
    keep &= (at >= m.joined[account]) & (at < np.minimum(m.left[account], END))
    account, order, at, points = account[keep], order[keep], at[keep], points[keep]
    sent_back = np.full(len(bought), NEVER)
    whole = sales.r.is_full & sales.r.names_order
    np.minimum.at(sent_back, sales.r.order[whole], sales.r.at[whole])
    gift = rng.random(len(order)) < c.adjust_share
    gift_at = at[gift] + rng.integers(DAY, 20 * DAY, gift.sum())
    gift_to = account[gift]
    seen = gift_at < np.minimum(m.left[gift_to], END)
    account = np.concatenate([account, gift_to[seen]])
    kind = np.where(np.arange(len(account)) < len(order), EARN, ADJUST)
    given = rng.integers(2, 11, seen.sum()) * 10
    at = np.concatenate([at, gift_at[seen]])
    back = np.concatenate([sent_back[order], np.full(seen.sum(), NEVER)])
    order = np.concatenate([order, np.full(seen.sum(), -1)])
    days = np.array(c.points_expire_days)[m.programme[account]]
    expires = np.where(days > 0, at + days * DAY, NEVER)
    left = np.where(m.left[account] < END, m.left[account], NEVER)
    return Lots(
        account, order, kind, np.concatenate([points, given]).astype(np.int64), at, expires,
        np.minimum(back, left), back < left,
    )  # fmt: skip


def redemptions(rng, c: Company, m: Members) -> Redemptions:
    """Instants at which accounts would redeem, whether or not there is anything to redeem."""
    account, month = np.nonzero(rng.random((len(m), len(MONTH_STARTS) - 1)) < c.redeem_monthly)
    begins, ends = MONTH_STARTS[month], MONTH_STARTS[month + 1]
    at = begins + (rng.random(len(month)) * (ends - begins)).astype(np.int64)
    return Redemptions(account, at)


def redeemed_at(x: Lots, r: Redemptions) -> tuple[np.ndarray, np.ndarray]:
    """Instant at which each lot is redeemed (NEVER), and the redemption's index."""
    key = r.account * (2 * NEVER) + r.at
    index = np.searchsorted(key, x.account * (2 * NEVER) + x.at)
    index = np.minimum(index, max(len(key) - 1, 0))
    if not len(key):
        return np.full(len(x.at), NEVER), index
    at = np.where((r.account[index] == x.account) & (r.at[index] >= x.at), r.at[index], NEVER)
    return np.where((at < x.expires) & (at < x.taken), at, NEVER), index


def ledger_table(rng, c: Company, m: Members, sales: Sales, x: Lots, r: Redemptions, start: int):
    """All entries. Points lapse by expires_at alone, but for the tiered programme."""
    at, index = redeemed_at(x, r)
    gone = at < NEVER
    total = np.bincount(index[gone], weights=x.points[gone], minlength=len(r.at)).astype(np.int64)
    used = np.flatnonzero(total)
    back = np.flatnonzero(x.reversed & ~gone & (x.taken < np.minimum(x.expires, END)))
    lapsed = (x.expires < END) & ~gone & (x.taken >= x.expires)
    lapsed = np.flatnonzero(lapsed & (m.programme[x.account] == TIERED))
    none = np.full(len(used), -1)
    parts = [
        (x.account, x.kind, x.points, x.at, x.expires, x.order),
        (r.account[used], none * 0 + REDEEM, -total[used], r.at[used], none * 0 + NEVER, none),
        (x.account[back], back * 0 + REVERSAL, -x.points[back], x.taken[back], back * 0 + NEVER,
         x.order[back]),
        (x.account[lapsed], lapsed * 0 + EXPIRE, -x.points[lapsed], x.expires[lapsed],
         lapsed * 0 + NEVER, lapsed * 0 - 1),
    ]  # fmt: skip
    account, kind, points, at, expires, order = map(np.concatenate, zip(*parts, strict=True))
    row = np.lexsort((points, kind, account, at))
    account, kind, points, at = account[row], kind[row], points[row], at[row]
    expires, order = expires[row], order[row]
    n = len(row)
    programme = m.programme[account]
    with_partner = (programme == PARTNER) & (rng.random(n) < 0.8)
    partner = pick(PARTNERS, rng.integers(0, len(PARTNERS), n))
    return pa.table(
        {
            "entry_id": numbered("L", start + np.arange(n) + 1),
            "account_id": account_ids(m, account),
            "entry_type": pick(ENTRY_TYPES, kind),
            "points": texts(points),
            "occurred_at": instants(rng, at),
            "expires_at": blank(instants(rng, np.minimum(expires, NEVER - 1)), expires < NEVER),
            "order_id": blank(order_ids(sales.o, np.maximum(order, 0)), order >= 0),
            "partner": blank(partner, with_partner),
            "reward": blank(pick(REWARDS, rng.integers(0, len(REWARDS), n)), kind == REDEEM),
        }
    )


def expect(c: Company, who: People, m: Members, x: Lots, tally) -> None:
    """Expected points redeemed and lapsed in each quarter, and points earned, of the main
    programme's members."""
    mine = (m.programme[x.account] == 0) & ~who.is_test[m.person[x.account]]
    points, at, month = x.points[mine], x.at[mine], month_of(x.at[mine])
    until = np.minimum(x.expires[mine], x.taken[mine])
    earned = x.kind[mine] == EARN
    tally.expect_index(("loyalty", "earned"), quarter_of(at)[earned], points[earned], QUARTERS)
    alive = np.ones(len(at))  # probability that the lot is not redeemed yet
    for index in range(len(MONTH_STARTS) - 1):
        begins, ends = MONTH_STARTS[index], MONTH_STARTS[index + 1]
        open_for = np.clip(np.minimum(until, ends) - np.maximum(at, begins), 0, None)
        chance = np.where(month <= index, c.redeem_monthly * open_for / (ends - begins), 0.0)
        # at most one redemption a month: a later part of the month has what an earlier one left
        label = QUARTERS[index // 3]
        tally.expect(("loyalty", "redeemed", label), (alive * chance * points).sum(), 0)
        alive = alive * (1 - chance)
        lapse = (x.expires[mine] >= begins) & (x.expires[mine] < ends) & (until >= x.expires[mine])
        tally.expect(("loyalty", "expired", label), (alive * points)[lapse].sum(), 0)


def describe(tally, m: Members, x: Lots, r: Redemptions) -> None:
    """Count accounts and points into the truth."""
    tally.add_index("loyalty_accounts", m.programme, PROGRAMMES)
    at, _ = redeemed_at(x, r)
    for index, name in enumerate(PROGRAMMES):
        mine = m.programme[x.account] == index
        tally.add("points_earned", name, x.points[mine & (x.kind == EARN)].sum())
        tally.add("points_redeemed", name, x.points[mine & (at < NEVER)].sum())
        lapsed = mine & (at == NEVER) & (x.expires < END) & (x.taken >= x.expires)
        tally.add("points_lapsed", name, x.points[lapsed].sum())
