"""E-mail campaigns to those with consent: delivered, opened, clicked, unsubscribed."""

import numpy as np
import pyarrow as pa

from .company import DAY, END, MONTH_STARTS, MONTHS, QUARTERS, Company, quarter_of
from .people import People
from .records import Records, customer_ids
from .sales import Sales
from .text import blank, flags, instants, numbered, pick

EVENT_TYPES = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained")
SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED = range(7)
DORMANT = 90 * DAY  # without an order


def campaigns() -> list[tuple[str, int]]:
    """Id and instant of each campaign: one in even months, two in odd ones."""
    found = []
    for index, month in enumerate(MONTHS[:-1]):
        for number in range(1 + index % 2):
            at = MONTH_STARTS[index] + (6 + 13 * number) * DAY + 10 * 3600
            found.append((f"EM-{str(month).replace('-', '')}-{number + 1}", int(at)))
    return found


def email_events(rng, c: Company, who: People, held: Records, sales: Sales, start: int, tally):
    """All events. Customers without an order for a while open less; nobody who unsubscribed is
    written to again."""
    bought = sales.bought
    by_time = np.argsort(bought.at, kind="stable")
    times = bought.at[by_time]
    last, done = np.zeros(len(who), dtype=np.int64), 0
    able = (np.arange(len(who)) < who.registered) & ~held.deleted & who.has_email & held.consents
    parts = []
    for number, (_, sent_at) in enumerate(campaigns()):
        upto = np.searchsorted(times, sent_at)
        seen = by_time[done:upto]
        np.maximum.at(last, bought.person[seen], bought.at[seen])
        done = upto
        to = np.flatnonzero(
            able & (held.created < sent_at) & (rng.random(len(who)) < c.email_reach)
        )
        n = len(to)
        arrives = rng.random(n) >= c.email_bounce
        opens = np.array(c.email_open)[(sent_at - last[to] >= DORMANT).astype(int)]
        opened = arrives & (rng.random(n) < opens)
        machine = arrives & (rng.random(n) < c.email_machine_open)
        clicked = opened & (rng.random(n) < c.email_click)
        leaves = arrives & (rng.random(n) < c.email_unsubscribe)
        complains = leaves & (rng.random(n) < 0.1)
        able[to[leaves]] = False
        real = arrives & ~who.is_test[to]
        quarter = np.full(real.sum(), quarter_of(np.array([sent_at]))[0])
        tally.expect_index(("email_person_open_rate",), quarter, opens[real], QUARTERS)
        at = sent_at + rng.integers(0, 1800, n)
        read = at + 60 + (rng.exponential(0.4, n) * DAY).astype(np.int64)
        for kind, mask, when, by_machine in (
            (SENT, arrives | True, at, 0), (DELIVERED, arrives, at + 5, 0),
            (BOUNCED, ~arrives, at + 5, 0), (OPENED, machine, at + 30, 1),
            (OPENED, opened, read, 0), (CLICKED, clicked, read + 40, 0),
            (UNSUBSCRIBED, leaves, read + 90, 0), (COMPLAINED, complains, read + 95, 0),
        ):  # fmt: skip
            mask = mask & (when < END)
            k = mask.sum()
            parts.append((to[mask], np.full(k, number), np.full(k, kind), when[mask],
                          np.full(k, by_machine)))  # fmt: skip
    person, campaign, kind, at, by_machine = map(np.concatenate, zip(*parts, strict=True))
    row = np.lexsort((kind, person, at))
    person, campaign, kind, at, by_machine = (x[row] for x in (person, campaign, kind, at,
                                                               by_machine))  # fmt: skip
    tally.add_index("email_events", kind, EVENT_TYPES)
    return pa.table(
        {
            "event_id": numbered("E", start + np.arange(len(row)) + 1),
            "customer_id": customer_ids(who, held, person, at),
            "campaign_id": pick([name for name, _ in campaigns()], campaign),
            "event_type": pick(EVENT_TYPES, kind),
            "is_machine_open": blank(flags(by_machine), kind == OPENED),
            "occurred_at": instants(rng, at),
        }
    )
