"""Social interactions: customers talk about their orders, worse after a bad experience."""

import numpy as np
import pyarrow as pa

from .company import DAY, END, Company, choice
from .names import PLATFORMS
from .people import People
from .records import Records, customer_ids
from .sales import Sales
from .text import blank, instants, numbered, pick, texts

TYPES = ("follow", "like", "comment", "share", "mention", "message", "post")
TYPE_SHARE = (4, 24, 30, 10, 12, 12, 8)
PLATFORM_SHARE = (30, 28, 16, 12, 8, 6)
SAYS_NOTHING = 2  # the first types carry no sentiment
SPREAD = 0.3  # standard deviation of sentiment
NAMELESS = 0.2  # of interactions on platforms, nobody known; the own community knows everybody


def interactions(rng, c: Company, who: People, held: Records, sales: Sales, start: int, tally):
    """One to three weeks after some orders; sentiment follows the order's experience."""
    bought, o = sales.bought, sales.o
    about = np.flatnonzero((rng.random(len(bought)) < c.social_share) & ~o.is_guest)
    at = bought.at[about] + rng.integers(DAY, 21 * DAY, len(about))
    about, at = about[at < END], at[at < END]
    row = np.lexsort((about, at))
    about, at = about[row], at[row]
    n = len(about)
    kind = choice(rng, TYPE_SHARE, n)
    platform = choice(rng, PLATFORM_SHARE, n)
    named = (platform == 0) | (rng.random(n) >= NAMELESS)
    mean = np.array(c.sentiment)[o.experience[about]]
    sentiment = np.clip(mean + rng.normal(0, SPREAD, n), -1, 1)
    says = kind >= SAYS_NOTHING
    tally.add_index("social_interactions", platform, PLATFORMS)
    ids = customer_ids(who, held, bought.person[about], at)
    return pa.table(
        {
            "interaction_id": numbered("N", start + np.arange(n) + 1),
            "customer_id": blank(ids, named),
            "platform": pick(PLATFORMS, platform),
            "interaction_type": pick(TYPES, kind),
            "sentiment": blank(texts([f"{x:.2f}" for x in sentiment]), says),
            "occurred_at": instants(rng, at),
        }
    )
