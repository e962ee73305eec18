"""Refunds: delay ~ Gamma(2), full or partial; some full ones come in two parts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .company import CURRENCIES, DAY, END, PRICE_STEP, Company
from .names import REFUND_REASONS
from .orders import Orders, order_ids
from .people import People
from .purchases import Purchases
from .records import Records, customer_ids
from .text import blank, instants, money, numbered, pick

HALVED = 0.1  # of full refunds that come in two parts
CREDIT_NOTES = 0.03  # of other refunds that name only the customer


@dataclass
class Refunds:
    """One element per refund."""

    order: np.ndarray  # index into Orders
    at: np.ndarray
    amount: np.ndarray  # minor units
    is_full: np.ndarray
    is_half: np.ndarray  # one of the two parts of a full refund
    names_customer: np.ndarray
    names_order: np.ndarray

    def void(self, size: int) -> np.ndarray:
        """Orders of which every unit was given back, as the order itself tells."""
        gone = np.zeros(size, dtype=bool)
        gone[self.order[self.is_full & self.names_order]] = True
        return gone


def refunds(rng, c: Company, bought: Purchases, o: Orders) -> Refunds:
    """Draw the refunds of all orders bad enough to be sent back."""
    asked = np.flatnonzero(bought.is_refunded & o.is_valid)
    delay = rng.gamma(2.0, c.refund_delay_days / 2, len(asked)) + 1
    at = bought.at[asked] + (delay * DAY).astype(np.int64)
    asked, at = asked[at < END], at[at < END]
    net = (o.gross - o.discount)[asked]
    full = rng.random(len(asked)) < c.full_refund_share
    step = PRICE_STEP[o.currency[asked]]
    part = np.maximum(np.floor(net * rng.uniform(0.1, 0.7, len(asked)) / step), 1) * step
    amount = np.where(full, net, np.minimum(part.astype(np.int64), net))
    full = amount == net
    halved = full & (rng.random(len(asked)) < HALVED) & (at + DAY < END) & (net > 1)
    half = np.where(halved, amount // 2, 0)
    again = np.flatnonzero(halved)
    order = np.concatenate([asked, asked[again]])
    guest = o.is_guest[order]
    split = np.concatenate([halved, np.ones(len(again), dtype=bool)])
    names_customer = ~guest & (rng.random(len(order)) < 0.6)
    credit_note = ~guest & (rng.random(len(order)) < CREDIT_NOTES) & ~split
    return Refunds(
        order, np.concatenate([at, at[again] + DAY]), np.concatenate([amount - half, half[again]]),
        np.concatenate([full, full[again]]), split, names_customer | credit_note, ~credit_note,
    )  # fmt: skip


def void_share(c: Company, at: np.ndarray) -> np.ndarray:
    """Probability that a valid order of that instant will be refunded in full by the last day."""
    asked = c.late_share * c.refund_share_late + (1 - c.late_share) * c.refund_share
    wait = np.maximum((END - at) / DAY - 1, 0) * 2 / c.refund_delay_days
    named = HALVED + (1 - HALVED) * (1 - CREDIT_NOTES * (1 - c.guest_order_share))
    return asked * c.full_refund_share * (1 - np.exp(-wait) * (1 + wait)) * named


def refund_table(rng, who: People, held: Records, bought, o: Orders, r: Refunds, start: int):
    """All refunds, by instant."""
    row = np.lexsort((r.order, r.at))
    order, at = r.order[row], r.at[row]
    ids = customer_ids(who, held, bought.person[order], bought.at[order])
    return pa.table(
        {
            "reason": pick(REFUND_REASONS, rng.integers(0, len(REFUND_REASONS), len(row))),
            "currency": pick(CURRENCIES, o.currency[order]),
            "amount": money(r.amount[row], o.currency[order]),
            "refunded_at": instants(rng, at),
            "customer_id": blank(ids, r.names_customer[row]),
            "order_id": blank(order_ids(o, order), r.names_order[row]),
            "refund_id": numbered("R", start + np.arange(len(row)) + 1),
        }
    )  # this table's columns come in another order than the contract's


def describe(tally, r: Refunds) -> None:
    """Count refunds into the truth, two parts of one as one."""
    full = r.is_full & ~r.is_half
    tally.add("refunds", "full", full.sum() + (r.is_full & r.is_half).sum() // 2)
    tally.add("refunds", "partial", (~r.is_full).sum())
    tally.add("refunds", "naming_only_the_customer", (~r.names_order).sum())
