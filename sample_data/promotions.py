"""Promotions: who is shown them, who is kept from them, and the orders that they cause.

Each month has a code (PROMO-yyyymm) that some discounted orders carry. Every second month's is
shown to a random part of its audience, mostly with a random holdout. Of the shown who would not
have ordered until its end, a set share places one extra order with its id and discount.
"""

import numpy as np
import pyarrow as pa

from .company import (
    DAY,
    END,
    MINOR,
    MONTH_STARTS,
    MONTHS,
    PRICE_STEP,
    PROMOTION_TYPES,
    USD_TO,
    Company,
)
from .loyalty import Members
from .orders import BARRED, BY_CHANCE, Orders, promotion_ids
from .people import People
from .records import Records, customer_ids
from .sales import Sales, first_counted, joined, more, valid_share
from .text import flags, instants

# month, type, audience, size of the discount, whether some are held out
SHOWN = (
    (1, "percent", "all", 15, True), (3, "amount", "all", 5, True),
    (5, "percent", "returning", 10, True), (7, "shipping", "all", 0, False),
    (9, "personalised", "at_risk", 20, True), (11, "gift", "all", 0, True),
    (13, "percent", "all", 15, True), (15, "percent", "member", 10, True),
    (17, "amount", "new", 5, True), (19, "shipping", "all", 0, False),
    (21, "personalised", "at_risk", 20, True), (23, "percent", "all", 15, True),
)  # fmt: skip
GROUPS = ("new", "returning")  # of the shown: whether an order came before


def promotion_id(month: int) -> str:
    """Id of a month's promotion."""
    return f"PROMO-{str(MONTHS[month]).replace('-', '')}"


def promotion_table() -> pa.Table:
    """All promotions; those that nobody was shown are the month's code, for whoever finds it."""
    shown = {month: rest for month, *rest in SHOWN}
    rows = []
    for month in range(len(MONTHS) - 1):
        kind, audience, value, _ = shown.get(month, ("percent", "all", 20, False))
        begins, ends = (f"{MONTHS[m]}-01T00:00:00+07:00" for m in (month, month + 1))
        rows.append((promotion_id(month), f"{kind} {MONTHS[month]}", kind, audience,
                     str(value) if value else None, begins, ends))  # fmt: skip
    names = ("promotion_id", "promotion_name", "promotion_type", "audience", "discount_value",
             "starts_at", "ends_at")  # fmt: skip
    return pa.table(dict(zip(names, map(pa.array, zip(*rows, strict=True)), strict=True)))


def audience_of(name: str, who: People, m: Members, last: np.ndarray, begins: int) -> np.ndarray:
    """Whether each person is in the audience when the promotion begins; `last` order or 0."""
    if name == "new":
        return last == 0
    if name == "returning":
        return last > 0
    if name == "member":
        member = np.zeros(len(who), dtype=bool)
        member[m.person[(m.programme == 0) & (m.joined < begins)]] = True
        return member
    if name == "at_risk":
        return (begins - last > 60 * DAY) & (begins - last < 180 * DAY)
    return np.ones(len(who), dtype=bool)


def discounted(kind: str, value: float, month: int):
    """What a promotion does to the orders that it causes."""

    def change(o: Orders) -> None:
        step = PRICE_STEP[o.currency]
        off = np.zeros(len(o.gross))
        if kind in ("percent", "personalised"):
            off = o.gross * value / 100
        elif kind == "amount":
            off = np.minimum(value * (USD_TO * MINOR)[o.currency], o.gross / 2)
        o.discount = np.floor(off / step).astype(np.int64) * step
        o.promotion[:] = month

    return change


def show(rng, c: Company, who: People, held: Records, m: Members, sales: Sales, start, tally):
    """Show every promotion; returns all sales with those that it caused, and the exposures.

    `start` is the highest number of an order so far.
    """
    person, at, counts = sales.bought.person, sales.bought.at, sales.counts
    able = (np.arange(len(who)) < who.registered) & ~held.deleted
    batches, exposures, number = [sales], [], start
    for month, kind, audience, value, with_holdout in SHOWN:
        begins, ends = MONTH_STARTS[month], MONTH_STARTS[month + 1]
        before = counts & (at < begins)
        last = np.zeros(len(who), dtype=np.int64)
        np.maximum.at(last, person[before], at[before])
        meant = able & (held.created < begins) & audience_of(audience, who, m, last, begins)
        reach = c.promotion_reach if audience == "all" else 0.8
        shown = np.flatnonzero(meant & (rng.random(len(who)) < reach))
        n = len(shown)
        seen_at = begins + rng.integers(0, 3, n) * DAY + rng.integers(7 * 3600, 9 * 3600, n)
        holdout = (rng.random(n) < c.promotion_holdout) & with_holdout
        since = np.full(len(who), END)
        since[shown] = seen_at
        inside = counts & (at >= since[person]) & (at < ends)
        would = np.isin(shown, person[inside])
        group = (first_counted(person[counts], at[counts], len(who))[shown] < seen_at).astype(int)
        effect = c.promotion_effect[PROMOTION_TYPES.index(kind)]
        then = seen_at + 3600 + (rng.random(n) * (ends - seen_at - 7200)).astype(np.int64)
        place = ~holdout & ~would & (rng.random(n) < effect)
        batch = more(rng, c, who, held, shown[place], then[place], number,
                     discounted(kind, value, month))  # fmt: skip
        caused = effect * ~would * valid_share(c, then)
        real = ~who.is_test[shown]
        path = ("promotions", promotion_id(month))
        tally.expect_index(path, group[real], caused[real], GROUPS)
        tally.expect((*path, "all"), caused[real].sum(), real.sum())
        tally.add("promotion_orders", promotion_id(month), place.sum())
        _bar(sales, shown[holdout], begins, ends)
        again = rng.random(n) < c.promotion_again_share
        later = seen_at + rng.integers(3 * DAY, 6 * DAY, n)
        exposures += [(shown, shown * 0 + month, seen_at, holdout)]
        exposures += [(shown[again], shown[again] * 0 + month, later[again], holdout[again])]
        batches.append(batch)
        number += len(batch)
        person = np.concatenate([person, batch.bought.person])
        at = np.concatenate([at, batch.bought.at])
        counts = np.concatenate([counts, batch.counts])
    return joined(batches), [np.concatenate(x) for x in zip(*exposures, strict=True)]


def _bar(sales: Sales, person: np.ndarray, begins: int, ends: int) -> None:
    """Whoever was kept from a promotion cannot use its code."""
    bought, o = sales.bought, sales.o
    during = (bought.at >= begins) & (bought.at < ends) & (o.promotion == BY_CHANCE)
    o.promotion[during & np.isin(bought.person, person)] = BARRED


def exposure_table(rng, who: People, held: Records, exposures) -> pa.Table:
    """All exposures, by instant."""
    person, month, at, holdout = exposures
    row = np.lexsort((person, at))
    return pa.table(
        {
            "promotion_id": promotion_ids(month[row]),
            "customer_id": customer_ids(who, held, person[row], at[row]),
            "exposed_at": instants(rng, at[row]),
            "is_holdout": flags(holdout[row]),
        }
    )
