"""Orders and their lines, from the buying process.

Order values follow Gamma-Gamma (Fader & Hardie 2013): z ~ Gamma(p, nu), nu ~ Gamma(q, gamma), in
US dollars, turned into the customer's currency at a fixed price level. Line prices are rounded to
what a shelf shows; gross_amount is the exact sum of the lines.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .company import (
    CURRENCIES,
    DAY,
    END,
    MINOR,
    MONTHS,
    PRICE_STEP,
    USD_TO,
    Company,
    choice,
    month_of,
)  # fmt: skip
from .names import PRODUCTS
from .people import People
from .purchases import Purchases
from .records import Records, customer_ids, guest_texts
from .text import blank, flags, instants, join, money, numbered, pick, texts

STATUSES = ("fulfilled", "paid", "pending", "cancelled", "void", "fraud")
SALES_CHANNELS = ("web", "app", "line", "store", "marketplace")
BY_CHANCE, BARRED = -1, -2  # promotion of an order: the month's code or none; surely none


@dataclass
class Orders:
    """One element per order, in the order of Purchases; amounts in minor units."""

    number: np.ndarray
    status: np.ndarray  # index into STATUSES
    currency: np.ndarray
    gross: np.ndarray
    discount: np.ndarray
    is_guest: np.ndarray  # placed without a customer id
    is_test: np.ndarray
    deleted: np.ndarray
    experience: np.ndarray  # 0 good, 1 late, 2 refunded
    promotion: np.ndarray  # month of the promotion that it came from, BY_CHANCE or BARRED
    line_order: np.ndarray  # order of each line
    line_product: np.ndarray
    quantity: np.ndarray
    unit_price: np.ndarray

    @property
    def is_valid(self) -> np.ndarray:
        """Paid or fulfilled, no test, not deleted."""
        return (self.status <= 1) & ~self.is_test & ~self.deleted


def orders(rng, c: Company, who: People, bought: Purchases, held: Records, start: int) -> Orders:
    """Draw the contents of every order; `start` is the number of orders in earlier blocks."""
    n = len(bought)
    person = bought.person
    currency = who.currency[person]
    value = rng.gamma(c.spend_p, 1 / who.scale[person])
    lines = choice(rng, c.line_share, n) + 1
    order = np.repeat(np.arange(n), lines)
    first = np.cumsum(lines) - lines
    part = rng.exponential(1.0, len(order)) + 0.3
    part /= np.add.reduceat(part, first)[order]
    quantity = choice(rng, (0.66, 0.25, 0.09), len(order)) + 1
    money_of = currency[order]
    wanted = value[order] * part / quantity * (USD_TO * MINOR)[money_of]
    step = PRICE_STEP[money_of]
    unit_price = np.maximum(np.rint(wanted / step), 1).astype(np.int64) * step
    price = np.array([p[2] for p in PRODUCTS])
    dollars = unit_price / (USD_TO * MINOR)[money_of] * np.exp(rng.normal(0, 0.2, len(order)))
    product = np.searchsorted(np.sqrt(price[1:] * price[:-1]), dollars)
    gross = np.add.reduceat(unit_price * quantity, first)
    share = np.where(rng.random(n) < c.discount_share, rng.integers(1, 5, n) * 0.05, 0.0)
    step = PRICE_STEP[currency]
    discount = np.floor(gross * share / step).astype(np.int64) * step
    is_guest = (bought.at < held.created[person]) | (
        who.has_email[person] & (rng.random(n) < c.guest_order_share)
    )
    deleted = rng.random(n) < c.deleted_share
    experience = np.where(bought.is_refunded, 2, np.where(bought.is_late, 1, 0))
    return Orders(
        start + np.arange(n) + 1, choice(rng, c.status_share, n), currency, gross, discount,
        is_guest, who.is_test[person], deleted, experience, np.full(n, BY_CHANCE), order, product,
        quantity, unit_price,
    )  # fmt: skip


def order_ids(o: Orders, index: np.ndarray) -> pa.Array:
    """Ids of some orders."""
    return numbered("O", o.number[index], 8)


def promotion_ids(month: np.ndarray) -> pa.Array:
    """Ids of the promotions of some months."""
    return join("PROMO-", pick([str(m).replace("-", "") for m in MONTHS[:-1]], month))


def order_table(rng, c: Company, who: People, bought: Purchases, held: Records, o: Orders):
    """All orders; some with an older version, pending, before the latest one."""
    n = len(bought)
    net = o.gross - o.discount
    usd = np.array([99, 30_000, 3_00])[o.currency]
    shipping = np.where(rng.random(n) < 0.45, 0, np.where(o.currency == 0, 50_00, usd))
    step = np.array([1, 100, 1])[o.currency]
    tax = np.rint(net * np.array(c.tax_rate)[o.currency] / step).astype(np.int64) * step
    caused = o.promotion >= 0
    promotion = promotion_ids(np.where(caused, o.promotion, month_of(bought.at)))
    updated = np.minimum(bought.at + rng.integers(600, 5 * DAY, n), END - 1)
    updated = np.where(o.status == 2, bought.at, updated)
    as_reported = (o.currency == 2) & (rng.random(n) < 0.3)  # no currency: the reporting one
    table = pa.table(
        {
            "order_id": order_ids(o, np.arange(n)),
            "customer_id": blank(customer_ids(who, held, bought.person, bought.at), ~o.is_guest),
            "guest_email": blank(guest_texts(rng, who, bought.person), o.is_guest),
            "ordered_at": instants(rng, bought.at),
            "status": pick(STATUSES, o.status),
            "currency": blank(pick(CURRENCIES, o.currency), ~as_reported),
            "gross_amount": money(o.gross, o.currency),
            "discount_amount": blank(
                money(o.discount, o.currency), (o.discount > 0) | (rng.random(n) < 0.1)
            ),
            "shipping_amount": money(shipping, o.currency),
            "tax_amount": money(tax, o.currency),
            "sales_channel": pick(SALES_CHANNELS, choice(rng, (42, 26, 16, 10, 6), n)),
            "promotion_id": blank(
                promotion,
                caused | ((o.discount > 0) & (rng.random(n) < 0.8) & (o.promotion != BARRED)),
            ),
            "is_test": blank(flags(o.is_test), o.is_test | (rng.random(n) < 0.5)),
            "updated_at": instants(rng, updated),
            "is_deleted": flags(o.deleted),
        }
    )
    old = np.flatnonzero((rng.random(n) < c.order_update_share) & (o.status <= 1))
    older = table.take(pa.array(old))
    for name, values in (
        ("status", pick(["pending"], np.zeros(len(old), dtype=np.int8))),
        ("updated_at", instants(rng, bought.at[old])),
        ("is_deleted", flags(np.zeros(len(old)))),
    ):
        older = older.set_column(older.column_names.index(name), name, values)
    row = np.argsort(np.concatenate([old * 2, np.arange(n) * 2 + 1]), kind="stable")
    return pa.concat_tables([older, table]).take(pa.array(row))


def item_table(rng, o: Orders, start: int) -> pa.Table:
    """All order lines; those of a deleted order are deleted with it."""
    n = len(o.line_order)
    currency = o.currency[o.line_order]
    cost = np.rint(o.unit_price * rng.uniform(0.42, 0.56, n)).astype(np.int64)
    return pa.table(
        {
            "order_item_id": numbered("I", start + np.arange(n) + 1, 8),
            "order_id": order_ids(o, o.line_order),
            "product_id": numbered("P", o.line_product + 1, 3),
            "quantity": texts(o.quantity),
            "unit_price": money(o.unit_price, currency),
            "unit_cost": blank(money(cost, currency), rng.random(n) < 0.85),
            "is_deleted": pick([None, "true"], o.deleted[o.line_order].astype(np.int8)),
        }
    )


def describe(tally, bought: Purchases, o: Orders) -> None:
    """Count orders into the truth: valid ones by business month, buyers (people), gross."""
    labels = [str(m) for m in MONTHS[:-1]]
    month = month_of(bought.at)
    valid = o.is_valid
    tally.add_index("valid_orders_by_month", month[valid], labels)
    pairs = np.unique(bought.person[valid] * len(labels) + month[valid])
    tally.add_index("buyers_by_month", pairs % len(labels), labels)
    tally.add_index("orders_by_status", o.status[~o.deleted], STATUSES)
    tally.add("orders", "all", len(bought))
    tally.add("orders", "deleted", o.deleted.sum())
    tally.add("orders", "guest", o.is_guest.sum())
    tally.add("orders", "late", bought.is_late.sum())
    tally.add("orders", "refund_asked", bought.is_refunded.sum())
    tally.add("people", "buyers", len(np.unique(bought.person)))
    tally.add("people", "dropped_out_of_buying", bought.drops_out.sum())
    tally.add_index("dropouts_by_month", month[bought.drops_out], labels)
    for index, code in enumerate(CURRENCIES):
        mine = valid & (o.currency == index)
        tally.add("valid_gross_minor_units", code, o.gross[mine].sum())
        tally.add("valid_discount_minor_units", code, o.discount[mine].sum())
    tally.add("orders", "first_of_a_person", bought.is_first.sum())
