"""Outreach to customers who have not ordered for a while, with a random holdout.

Of the contacted who would not have ordered within thirty days, a set share places one order.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .company import DAY, END, MONTH_STARTS, Company, quarter_of
from .company import QUARTERS as LABELS
from .people import People
from .records import Records, customer_ids
from .sales import Sales, more, valid_share
from .text import blank, flags, instants, numbered, pick

ACTIONS = ("personal_message", "reward", "service_call_back", "offer", "win_back")
WINDOW = 30 * DAY
FROM_MONTH = 5  # the first contacts: 2024-06


@dataclass
class Plan:
    """One element per planned contact, sorted by instant."""

    person: np.ndarray
    at: np.ndarray
    holdout: np.ndarray


def contact(rng, c: Company, who: People, held: Records, sales: Sales, start: int, tally):
    """At most one contact of a customer, at a random instant, if there was no order before it for a
    while. Returns the plan and the orders that it caused; `start` is the highest number so far.
    """
    size = len(who)
    begins = MONTH_STARTS[FROM_MONTH]
    at = begins + (rng.random(size) * (END - 2 * DAY - begins)).astype(np.int64)
    able = (np.arange(size) < who.registered) & ~held.deleted & (held.created < at - 30 * DAY)
    bought, counts = sales.bought, sales.counts
    wait = at[bought.person] - bought.at
    recent = counts & (wait >= 0) & (wait < c.outreach_idle_days * DAY)
    able[bought.person[recent]] = False
    person = np.flatnonzero(able & (rng.random(size) < c.outreach_share))
    person = person[np.argsort(at[person], kind="stable")]
    n = len(person)
    holdout = rng.random(n) < c.outreach_holdout
    soon = counts & (wait < 0) & (wait >= -WINDOW)
    would = np.isin(person, bought.person[soon])
    then = at[person] + DAY + (rng.random(n) * (WINDOW - 2 * DAY)).astype(np.int64)
    place = ~holdout & ~would & (rng.random(n) < c.outreach_effect) & (then < END)
    caused = c.outreach_effect * ~would * (then < END) * valid_share(c, np.minimum(then, END))
    real = ~who.is_test[person]
    tally.expect_index(("outreach",), quarter_of(at[person])[real], caused[real], LABELS)
    batch = more(rng, c, who, held, person[place], then[place], start)
    return Plan(person, at[person], holdout), batch


def outreach_table(rng, who: People, held: Records, plan: Plan, start: int) -> pa.Table:
    """All planned contacts; the held out were never sent."""
    n = len(plan.person)
    sent = plan.at + rng.integers(600, DAY, n)
    return pa.table(
        {
            "outreach_id": numbered("OR", start + np.arange(n) + 1),
            "customer_id": customer_ids(who, held, plan.person, plan.at),
            "action": pick(ACTIONS, rng.integers(0, len(ACTIONS), n)),
            "planned_at": instants(rng, plan.at),
            "sent_at": blank(instants(rng, sent), ~plan.holdout),
            "is_holdout": flags(plan.holdout),
        }
    )
