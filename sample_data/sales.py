"""What was sold: purchases, what was in them, and what came back; batches of them put together."""

from dataclasses import dataclass, fields

import numpy as np

from .company import END, Company
from .orders import Orders, orders
from .people import People
from .purchases import Purchases
from .records import Records
from .refunds import Refunds, refunds, void_share

LINES = ("line_order", "line_product", "quantity", "unit_price")  # by line, the rest by order


def valid_share(c: Company, at: np.ndarray) -> np.ndarray:
    """Probability that an order of that instant will count: valid, and not refunded in full."""
    sound = sum(c.status_share[:2]) / sum(c.status_share) * (1 - c.deleted_share)
    return sound * (1 - void_share(c, at))


def first_counted(person: np.ndarray, at: np.ndarray, size: int) -> np.ndarray:
    """Each person's first of some orders; END where there is none."""
    first = np.full(size, END)
    np.minimum.at(first, person, at)
    return first


@dataclass
class Sales:
    """Orders in three views; element i of each is the same order."""

    bought: Purchases
    o: Orders
    r: Refunds

    def __len__(self) -> int:
        return len(self.bought)

    @property
    def counts(self) -> np.ndarray:
        """Orders that the marts count: valid and not refunded in full."""
        return self.o.is_valid & ~self.r.void(len(self))


def kept(bought: Purchases, o: Orders, keep: np.ndarray) -> tuple[Purchases, Orders]:
    """Some orders alone, under the numbers that they have."""
    place = np.cumsum(keep) - 1
    line = keep[o.line_order]
    columns = {f.name: getattr(o, f.name)[line if f.name in LINES else keep] for f in fields(o)}
    columns["line_order"] = place[columns["line_order"]]
    return Purchases(*(getattr(bought, f.name)[keep] for f in fields(bought))), Orders(**columns)


def joined(batches: list[Sales]) -> Sales:
    """Several batches as one, in their order."""
    start = np.cumsum([0, *(len(batch) for batch in batches)])
    parts = []
    for kind, by_order in (("bought", ()), ("o", ("line_order",)), ("r", ("order",))):
        views = [getattr(batch, kind) for batch in batches]
        columns = {}
        for f in fields(views[0]):
            arrays = [getattr(view, f.name) for view in views]
            if f.name in by_order:
                arrays = [x + begin for x, begin in zip(arrays, start, strict=False)]
            columns[f.name] = np.concatenate(arrays)
        parts.append(type(views[0])(**columns))
    return Sales(*parts)


def more(rng, c: Company, who: People, held: Records, person, at, start, change=None) -> Sales:
    """A batch of further orders of known people: nothing but its cause sets it apart.

    `start` is the highest number of an order so far; `change` alters orders before refunds.
    """
    n = len(person)
    late = rng.random(n) < c.late_share
    refunded = rng.random(n) < np.where(late, c.refund_share_late, c.refund_share)
    no = np.zeros(n, dtype=bool)
    bought = Purchases(person, at, no, late, refunded, no)
    o = orders(rng, c, who, bought, held, start)
    if change is not None:
        change(o)
    return Sales(bought, o, refunds(rng, c, bought, o))
