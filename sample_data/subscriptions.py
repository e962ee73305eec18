"""The coffee club: a monthly state machine of every subscription, written as terms.

In each month a running subscription meets at most one event, at an instant drawn uniformly in the
month; the probabilities are those of `Company`. Asking to cancel is multiplied by the interval's
factor and, in the months after the price rise, by `price_rise_churn` for those who were raised.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from .company import (
    CURRENCIES,
    DAY,
    END,
    INTERVAL_MONTHS,
    INTERVALS,
    MINOR,
    MONTH_STARTS,
    MONTHS,
    START,
    TIERS,
    Company,
    choice,
    month_of,
)  # fmt: skip
from .names import COMPETITORS, REASONS, SAVE_OFFERS
from .people import People
from .records import Records
from .text import blank, flags, instants, money, numbered, pick, texts

CAUSES = ("new", "plan", "quantity", "price", "discount", "reactivation")
NEW, PLAN, QUANTITY, PRICE, DISCOUNT, REACTIVATION = range(6)
OPEN = np.iinfo(np.int64).max  # end of a term that has none
NOT_YET, RUNNING, PAUSED, ENDED = range(4)
STAYS = 99
LEAVERS = ("channel_cancel", "service_cancel")  # see leaving.py
EVENTS = (
    "none", "cancel", "payment_failure", "upgrade", "downgrade", "quantity_up", "quantity_down",
    "discount_start", "discount_end", "pause", "resume", "paused_cancel", "reactivate", "saved",
)  # fmt: skip


@dataclass
class Club:
    """State by subscription, and what happened so far."""

    person: np.ndarray
    start: np.ndarray
    plan: np.ndarray
    interval: np.ndarray
    quantity: np.ndarray
    currency: np.ndarray
    trial: np.ndarray
    state: np.ndarray
    began: np.ndarray  # start of the term in force
    cause: np.ndarray
    discount: np.ndarray  # percent
    offered: np.ndarray  # whether this month's cancellation met an offer
    raised: np.ndarray  # whether the price rise hit it
    new_price: np.ndarray  # whether the new price list counts
    rise_at: int  # instant of the price rise
    terms: list = field(default_factory=list)
    cancellations: list = field(default_factory=list)
    failed: list = field(default_factory=list)  # (subscription, instant) of payment failures
    states: list = field(default_factory=list)  # by month: state at its start
    events: list = field(default_factory=list)  # by month: index into EVENTS
    moments: list = field(default_factory=list)  # by month: instant of the event
    losses: list = field(default_factory=list)  # by month: probability of leaving on one's own
    left_in: np.ndarray | None = None  # month in which leaving.py ended it; STAYS where it did not
    left_why: np.ndarray | None = None  # index into LEAVERS

    def __len__(self) -> int:
        return len(self.person)


def club(rng, c: Company, who: People, held: Records) -> Club:
    """Who subscribes, when, and to what."""
    delay = rng.exponential(c.subscribe_delay_days, len(who))
    start = START + ((who.arrival + delay) * DAY).astype(np.int64)
    start = np.maximum(start, held.created + 3600)
    person = np.flatnonzero(who.subscribes & (start < END - 3 * DAY))
    n = len(person)
    start = start[person]
    trial = (rng.random(n) < c.trial_share) & (start - 7 * DAY > held.created[person])
    return Club(
        person=person, start=start,
        plan=choice(rng, c.plan_share, n), interval=choice(rng, c.interval_share, n),
        quantity=choice(rng, (0.8, 0.15, 0.05), n) + 1, currency=who.currency[person], trial=trial,
        state=np.full(n, NOT_YET), began=start.copy(), cause=np.full(n, NEW),
        discount=np.where(rng.random(n) < 0.08, 10, 0),
        offered=np.zeros(n, dtype=bool), raised=np.zeros(n, dtype=bool),
        new_price=np.zeros(n, dtype=bool), rise_at=int(MONTH_STARTS[c.price_rise_month]),
    )  # fmt: skip


def amounts(c: Company, s: Club, index: np.ndarray) -> np.ndarray:
    """Recurring amount in minor units: price x interval x quantity x (1 - discount), rounded."""
    price = np.array(c.plan_price, dtype=float)[s.plan[index], s.currency[index]]
    price *= MINOR[s.currency[index]] * np.where(s.new_price[index], 1 + c.price_rise, 1.0)
    price *= INTERVAL_MONTHS[s.interval[index]] * np.array(c.interval_price)[s.interval[index]]
    amount = price * s.quantity[index] * (100 - s.discount[index]) / 100
    return np.where(s.state[index] == PAUSED, 0, np.rint(amount)).astype(np.int64)


def run(rng, c: Company, s: Club) -> None:
    """All months."""
    trials = np.flatnonzero(s.trial)
    _write(s, trials, s.start[trials] - 7 * DAY, s.start[trials], np.zeros(len(trials), np.int64),
           np.full(len(trials), NEW))  # fmt: skip
    for month in range(len(MONTHS) - 1):
        low, high = MONTH_STARTS[month], MONTH_STARTS[month + 1]
        if month == c.price_rise_month:
            hit = np.flatnonzero((s.state == RUNNING) & (s.began < low))
            _close(c, s, hit, np.full(len(hit), low))
            s.new_price[:] = True
            s.raised[hit], s.began[hit], s.cause[hit] = True, low, PRICE
        s.states.append(s.state.copy())
        event = draw(rng, c, s, month)
        at = low + rng.integers(3600, high - low - 3600, len(s))
        s.events.append(event)
        s.moments.append(at)
        apply(rng, c, s, event, at)
        joins = np.flatnonzero((s.start >= low) & (s.start < high))
        s.state[joins] = RUNNING
    s.states.append(s.state.copy())
    # some ask in the last month to leave in the next one: an end that lies ahead
    leaves = (rng.random(len(s)) < 0.02) & (s.began < END - DAY)
    last = np.flatnonzero((s.state == RUNNING) & leaves)
    ends = END + rng.integers(DAY, 30 * DAY, len(last))
    _close(c, s, last, ends)
    asked = END - rng.integers(3600, DAY, len(last))
    _leave(rng, s, last, asked, ends, np.ones(len(last), bool), np.zeros(len(last), bool),
           np.zeros(len(last), bool))  # fmt: skip
    s.state[last] = ENDED
    rest = np.flatnonzero((s.state == RUNNING) | (s.state == PAUSED))
    _close(c, s, rest, np.full(len(rest), OPEN))


def draw(rng, c: Company, s: Club, month: int) -> np.ndarray:
    """One event (index into EVENTS) per subscription, by its state at the month's start."""
    running, paused = s.state == RUNNING, s.state == PAUSED
    asks = c.cancel_monthly * np.array(c.interval_churn)[s.interval]
    after = c.price_rise_month <= month < c.price_rise_month + c.price_rise_months
    asks = asks * np.where(s.raised & after, c.price_rise_churn, 1.0)
    share = np.zeros((len(s), len(EVENTS)))
    share[:, 1] = running * asks
    share[:, 2] = running * c.payment_failure_monthly
    share[:, 3] = (running & (s.plan < 2)) * c.upgrade_monthly
    share[:, 4] = (running & (s.plan > 0)) * c.downgrade_monthly
    share[:, 5] = running * c.quantity_up_monthly
    share[:, 6] = (running & (s.quantity > 1)) * c.quantity_down_monthly
    share[:, 7] = (running & (s.discount == 0)) * c.discount_start_monthly
    share[:, 8] = (running & (s.discount > 0)) * c.discount_end_monthly
    share[:, 9] = running * c.pause_monthly
    share[:, 10] = paused * c.resume_monthly
    share[:, 11] = paused * c.paused_cancel_monthly
    share[:, 12] = (s.state == ENDED) * c.reactivation_monthly
    share[:, 0] = 1 - share.sum(axis=1)
    kept = np.where(s.discount == 0, c.save_offer_share * c.save_success_share, 0.0)
    s.losses.append(share[:, 1] * (1 - kept))
    event = (rng.random(len(s))[:, None] >= np.cumsum(share, axis=1)[:, :-1]).sum(axis=1)
    # a cancellation may be averted by an offer, which leaves a discount
    offered = (event == 1) & (s.discount == 0) & (rng.random(len(s)) < c.save_offer_share)
    saved = offered & (rng.random(len(s)) < c.save_success_share)
    s.offered = offered
    return np.where(saved, 13, event)


def apply(rng, c: Company, s: Club, event, at) -> None:
    """Close the terms that an event ends, and begin the next ones."""
    lost = np.isin(event, (1, 2, 11))
    touched = np.flatnonzero((event > 0) & (event != 12))
    _close(c, s, touched, at[touched])
    s.failed.append((np.flatnonzero(event == 2), at[event == 2]))
    leaving = np.flatnonzero(lost | (event == 13))
    notice = rng.integers(0, 20 * DAY, len(leaving))
    asked = np.where(event[leaving] == 2, at[leaving], at[leaving] - notice)
    asked = np.maximum(asked, s.start[leaving] + 60)
    _leave(rng, s, leaving, asked, at[leaving], event[leaving] != 2, s.offered[leaving],
           event[leaving] == 13)  # fmt: skip
    for which, cause in ((3, PLAN), (4, PLAN), (5, QUANTITY), (6, QUANTITY), (7, DISCOUNT),
                         (8, DISCOUNT), (9, DISCOUNT), (10, REACTIVATION), (12, REACTIVATION),
                         (13, DISCOUNT)):  # fmt: skip
        s.cause[event == which] = cause
    s.plan += (event == 3).astype(int) - (event == 4)
    s.quantity += (event == 5).astype(int) - (event == 6)
    s.discount[(event == 7) | (event == 13)] = 10
    s.discount[event == 8] = 0
    s.state[event == 9] = PAUSED
    s.state[(event == 10) | (event == 12)] = RUNNING
    s.state[lost] = ENDED
    moved = event > 0
    s.began[moved] = at[moved]


def _close(c: Company, s: Club, index, end) -> None:
    """Write the terms in force, ending at `end`."""
    _write(s, index, s.began[index], end, amounts(c, s, index), s.cause[index])


def _write(s: Club, index, start, end, amount, cause) -> None:
    s.terms.append((index, start, end, amount, cause, s.plan[index], s.interval[index],
                    s.quantity[index]))  # fmt: skip


def _leave(rng, s: Club, index, asked, effective, voluntary, offered, saved) -> None:
    reason = choice(rng, [w for _, w in REASONS], len(index))
    after_rise = s.raised[index] & (rng.random(len(index)) < 0.5)
    recent = after_rise & (effective < s.rise_at + 120 * DAY)
    reason = np.where(recent, 0, reason)
    s.cancellations.append((index, asked, effective, voluntary, offered, saved, reason))


def term_table(rng, who: People, s: Club, start: int) -> pa.Table:
    """All terms; a closed one with its older, open version, as a live feed delivers them."""
    sub, began, end, amount, cause, plan, interval, quantity = columns(s.terms)
    row = np.lexsort((began, sub))
    sub, began, end, amount, cause = (x[row] for x in (sub, began, end, amount, cause))
    plan, interval, quantity = (x[row] for x in (plan, interval, quantity))
    n = len(sub)
    closed = end != OPEN
    older = np.flatnonzero(closed)
    index = np.concatenate([older, np.arange(n)])
    is_old = np.arange(len(index)) < len(older)
    row = np.argsort(np.where(is_old, index * 2, index * 2 + 1), kind="stable")
    index, is_old = index[row], is_old[row]
    number = who.number[s.person[sub[index]]]
    ended = closed[index] & ~is_old
    ends = np.where(ended, end[index], 0)
    changed = np.where(ended, np.minimum(ends, END - 1), began[index])
    return pa.table(
        {
            "term_id": numbered("T", start + index + 1),
            "subscription_id": numbered("S", number),
            "customer_id": numbered("C", number),
            "plan_id": pick([f"PLAN-{t.upper()}" for t in TIERS], plan[index]),
            "billing_interval": pick(INTERVALS, interval[index]),
            "quantity": texts(quantity[index]),
            "amount": money(amount[index], s.currency[sub[index]]),
            "currency": pick(CURRENCIES, s.currency[sub[index]]),
            "started_at": _boundary(began[index]),
            "ended_at": blank(_boundary(ends), ended),
            "change_cause": pick(CAUSES, cause[index]),
            "updated_at": instants(rng, changed),
            "is_deleted": flags(np.zeros(len(index))),
        }
    )


def _boundary(local: np.ndarray) -> pa.Array:
    """Start and end in one style by instant, so that a boundary is written alike on both sides."""
    return instants(_Even(local), local)


class _Even:
    """Stands in for a random stream: a number that depends on the instant alone."""

    def __init__(self, local: np.ndarray) -> None:
        self.local = local

    def random(self, size: int) -> np.ndarray:
        """Numbers in [0, 1) from a multiplicative hash."""
        return (self.local * 2_654_435_761 % 10_007 / 10_007)[:size]


def cancellation_table(rng, who: People, s: Club, start: int) -> pa.Table:
    """Cancellations, asked for or forced; those averted by an offer included."""
    sub, asked, effective, voluntary, offered, saved, reason = columns(s.cancellations)
    row = np.lexsort((sub, asked))
    sub, asked, effective, voluntary = (x[row] for x in (sub, asked, effective, voluntary))
    offered, saved, reason = offered[row], saved[row], reason[row]
    n = len(sub)
    competitor = voluntary & (reason == 2) & (rng.random(n) < 0.8)
    reasons = [*(r for r, _ in REASONS), "payment_failure"]
    comments = [None, None, None, 'ราคาแพงไป, "มาก"', "Uống không hết", "Too much coffee, sorry"]
    number = who.number[s.person[sub]]
    return pa.table(
        {
            "cancellation_id": numbered("X", start + np.arange(n) + 1),
            "subscription_id": numbered("S", number),
            "customer_id": numbered("C", number),
            "requested_at": blank(instants(rng, asked), voluntary),
            "effective_at": _boundary(effective),
            "is_voluntary": flags(voluntary),
            "reason_code": pick(reasons, np.where(voluntary, reason, len(REASONS))),
            "competitor_name": blank(pick(COMPETITORS, rng.integers(0, 3, n)), competitor),
            "comment": pick(comments, np.where(voluntary, rng.integers(0, len(comments), n), 0)),
            "save_offer": blank(pick(SAVE_OFFERS[:1], np.zeros(n, np.int8)), offered),
            "was_saved": blank(flags(saved), offered),
        }
    )


def columns(parts: list) -> list[np.ndarray]:
    """What was written month by month, as one array per column."""
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def paying_at(s: Club, instant: int) -> np.ndarray:
    """Subscriptions with a term of an amount above 0 in force at the instant."""
    sub, began, end, amount, *_ = columns(s.terms)
    return np.unique(sub[(began <= instant) & (end > instant) & (amount > 0)])


def describe(tally, s: Club) -> None:
    """Count subscriptions into the truth: running at month bounds, events, voluntary reasons."""
    tally.add("people", "subscribers", len(s))
    for month, instant in zip(MONTHS, MONTH_STARTS, strict=True):
        tally.add("subscriptions_paying_at", str(month), len(paying_at(s, int(instant))))
    _, _, effective, voluntary, _, saved, _ = columns(s.cancellations)
    tally.add("cancellations", "voluntary", (voluntary & ~saved).sum())
    tally.add("cancellations", "involuntary", (~voluntary).sum())
    tally.add("cancellations", "saved", saved.sum())
    tally.add("cancellations", "effective_after_the_last_day", (effective >= END).sum())
    within = (effective < END) & voluntary & ~saved
    tally.add_index("voluntary_cancellations_by_month", month_of(effective[within]), MONTHS[:-1])
    _, _, _, _, cause, *_ = columns(s.terms)
    tally.add_index("terms_by_cause", cause, CAUSES)
    for index in range(len(MONTHS) - 1):
        describe_month(tally, s, index)


def describe_month(tally, s: Club, index: int) -> None:
    """Count one month's events; who was ended by leaving.py has no others from then on."""
    month = str(MONTHS[index])
    there, leaves = s.left_in >= index, s.left_in == index
    event = np.where(there & ~leaves, s.events[index], 0)
    joins = month_of(s.start) == index
    tally.add("subscriptions_running_at_month_start", month,
              (there & (s.states[index] == RUNNING)).sum())  # fmt: skip
    tally.add_index("subscription_events", event[event > 0] - 1, EVENTS[1:])
    tally.add_index("subscription_events", s.left_why[leaves], LEAVERS)
    tally.add("subscription_events", "new", joins.sum())
    raised = s.raised & (s.left_in >= index)
    tally.add("subscription_events", "price_rise",
              raised.sum() if MONTH_STARTS[index] == s.rise_at else 0)  # fmt: skip
    lost = np.isin(event, (1, 2, 11)) | leaves
    tally.add("subscriptions_cancelled_by_month", month, lost.sum())
    tally.add("subscriptions_reactivated_by_month", month, (event == 12).sum())
    tally.add("subscriptions_new_by_month", month, joins.sum())
