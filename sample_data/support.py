"""Support tickets: why they are opened, and how fast they are solved.

Paying subscribers open them at a steady rate, buyers after late and refunded orders. Channel and
speed are drawn without regard to who asks, so that what follows a slow answer is its effect.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from .company import BUCKETS, DAY, END, MONTH_STARTS, TICKET_CHANNELS, Company, choice, choice_rows
from .company import month_of as months
from .people import People
from .records import Records, customer_ids
from .sales import Sales
from .subscriptions import Club, columns
from .text import blank, flags, instants, numbered, pick, texts

BUCKET_HOURS = ((0.2, 23.9), (24.1, 71.9), (72.2, 240.0), (0.0, 0.0))  # by BUCKETS
SOLVED_FAST, SLOW, UNSOLVED = 0, 2, 3
CATEGORIES = ("delivery", "billing", "quality", "account", "question")
PRIORITIES = ("low", "normal", "high", None)
CSAT = (  # of ratings 1 to 5, by BUCKETS
    (0.03, 0.05, 0.12, 0.38, 0.42), (0.08, 0.12, 0.25, 0.33, 0.22), (0.28, 0.25, 0.22, 0.17, 0.08),
    (1, 1, 1, 1, 1),
)  # fmt: skip


@dataclass
class Tickets:
    """One element per ticket, sorted by instant."""

    person: np.ndarray
    opened: np.ndarray
    channel: np.ndarray
    bucket: np.ndarray  # index into BUCKETS, as known on the last day
    solved: np.ndarray
    sub: np.ndarray  # subscription of a subscriber's ticket, else -1
    is_named: np.ndarray  # whether the row will name the customer
    deleted: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    def only(self, keep: np.ndarray) -> "Tickets":
        """Some of them."""
        return Tickets(*(getattr(self, f.name)[keep] for f in fields(self)))


def tickets(rng, c: Company, who: People, sales: Sales, s: Club) -> Tickets:
    """Draw all tickets."""
    person, opened, sub = _of_subscribers(rng, c, s)
    bought, o = sales.bought, sales.o
    share = np.array(c.ticket_order_share)[o.experience]
    row = np.flatnonzero(o.is_valid & ~o.is_guest & (rng.random(len(bought)) < share))
    person = np.concatenate([person, bought.person[row]])
    opened = np.concatenate([opened, bought.at[row] + rng.integers(DAY, 5 * DAY, len(row))])
    sub = np.concatenate([sub, np.full(len(row), -1)])
    keep = np.flatnonzero(opened < END)
    keep = keep[np.lexsort((person[keep], opened[keep]))]
    person, opened, sub = person[keep], opened[keep], sub[keep]
    n = len(person)
    channel = choice(rng, c.ticket_channel_share, n)
    bucket = choice_rows(rng, c.ticket_bucket_share, channel)
    low, high = np.array(BUCKET_HOURS)[bucket].T
    solved = opened + ((low + rng.random(n) * (high - low)) * 3600).astype(np.int64)
    bucket[solved >= END] = UNSOLVED
    return Tickets(
        person, opened, channel, bucket, solved, sub,
        rng.random(n) >= c.ticket_nameless_share, rng.random(n) < c.deleted_share,
    )  # fmt: skip


def _of_subscribers(rng, c: Company, s: Club):
    """Each month a set share of the subscriptions that pay at the ticket's instant."""
    months_of_data = len(MONTH_STARTS) - 1
    sub, month = np.nonzero(rng.random((len(s), months_of_data)) < c.ticket_monthly)
    begins, ends = MONTH_STARTS[month], MONTH_STARTS[month + 1]
    opened = begins + (rng.random(len(sub)) * (ends - begins)).astype(np.int64)
    of, began, end, amount, *_ = columns(s.terms)
    order = np.lexsort((began, of))
    key = of[order] * (2 * END) + began[order]
    term = order[np.maximum(np.searchsorted(key, sub * (2 * END) + opened, side="right") - 1, 0)]
    pays = (of[term] == sub) & (began[term] <= opened) & (end[term] > opened) & (amount[term] > 0)
    return s.person[sub[pays]], opened[pays], sub[pays]


def monthly(t: Tickets, s: Club) -> tuple[np.ndarray, np.ndarray]:
    """By subscription and month opened: whether a ticket was slow, and the worst bucket as known
    when the month ended, -1 without a ticket.

    Tickets of every kind count, but not those that name nobody or were deleted: nobody can see
    whose they were, and they have no effect.
    """
    size = int(max(s.person.max(initial=0), t.person.max(initial=0))) + 1
    sub_of = np.full(size, -1)
    sub_of[s.person] = np.arange(len(s))
    t = t.only(t.is_named & ~t.deleted & (sub_of[t.person] >= 0))
    cell = (sub_of[t.person], months(t.opened))
    shape = (len(s), len(MONTH_STARTS) - 1)
    slow, worst = np.zeros(shape, dtype=bool), np.full(shape, -1)
    np.logical_or.at(slow, cell, t.bucket == SLOW)
    known = np.where(t.solved < MONTH_STARTS[cell[1] + 1], t.bucket, UNSOLVED)
    np.maximum.at(worst, cell, known)
    return slow, worst


def ticket_table(rng, c: Company, who: People, held: Records, t: Tickets, start: int) -> pa.Table:
    """All tickets; what was not solved by the last day is open."""
    n = len(t)
    is_solved = t.bucket != UNSOLVED
    wait = np.array(c.ticket_reply_hours)[t.channel] * np.exp(rng.normal(0, 1.0, n)) * 3600
    until = np.where(is_solved, (t.solved - t.opened) * 0.8, 10 * DAY)
    replied = t.opened + np.minimum(wait, until).astype(np.int64)
    is_replied = (is_solved | (rng.random(n) < 0.6)) & (replied < END)
    reopened = is_solved & (rng.random(n) < c.ticket_reopened_share)
    rated = is_solved & (rng.random(n) < c.ticket_csat_share)
    csat = choice_rows(rng, CSAT, t.bucket) + 1
    by_company = rng.random(n) < c.ticket_company_share
    changed = np.where(is_solved, t.solved, np.where(is_replied, replied, t.opened))
    return pa.table(
        {
            "ticket_id": numbered("TK", start + np.arange(n) + 1),
            "customer_id": blank(customer_ids(who, held, t.person, t.opened), t.is_named),
            "channel": pick(TICKET_CHANNELS, t.channel),
            "opened_at": instants(rng, t.opened),
            "first_replied_at": blank(instants(rng, replied), is_replied),
            "solved_at": blank(instants(rng, t.solved), is_solved),
            "reopened_count": texts(reopened * rng.integers(1, 4, n)),
            "priority": pick(PRIORITIES, choice(rng, (30, 50, 15, 5), n)),
            "category": pick(CATEGORIES, choice(rng, (30, 20, 20, 10, 20), n)),
            "initiated_by": pick(["customer", "company"], by_company.astype(np.int8)),
            "csat_score": blank(texts(csat), rated),
            "updated_at": instants(rng, changed),
            "is_deleted": flags(t.deleted),
        }
    )


def describe(tally, t: Tickets) -> None:
    """Count tickets into the truth."""
    kept = ~t.deleted
    tally.add_index("tickets_by_resolution", t.bucket[kept], BUCKETS)
    tally.add_index("tickets_by_channel", t.channel[kept], TICKET_CHANNELS)
    tally.add("tickets", "all", len(t))
    tally.add("tickets", "naming_nobody", (~t.is_named).sum())
