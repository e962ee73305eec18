"""Products, plans and exchange rates: small tables that no customer changes."""

import numpy as np
import pyarrow as pa

from .company import FIRST_DAY, LAST_DAY, TIERS, stream
from .names import PRODUCTS
from .text import dates, texts

COST_SHARE = 0.48  # cost of a product as share of its list price
WEEKLY_MOVE = 0.006  # standard deviation of a week's relative move of an exchange rate
MEAN_RATES = (("THB", 0.0286, 6), ("VND", 0.0000398, 12))  # US dollars, decimals written


def products() -> pa.Table:
    """Every product with its cost in US dollars."""
    numbers = range(1, len(PRODUCTS) + 1)
    return pa.table(
        {
            "product_id": pa.array([f"P{n:03d}" for n in numbers]),
            "product_name": pa.array([name for name, _, _ in PRODUCTS]),
            "category": pa.array([category for _, category, _ in PRODUCTS]),
            "unit_cost": pa.array([f"{price * COST_SHARE:.2f}" for _, _, price in PRODUCTS]),
            "currency": pa.array(["USD"] * len(PRODUCTS)),
            "updated_at": pa.array(["2024-01-01T08:00:00+07:00"] * len(PRODUCTS)),
            "is_deleted": pa.array(["false"] * len(PRODUCTS)),
            # not in the contract: an unknown column is reported, never fatal
            "shelf_code": pa.array([f"S-{n % 7}" for n in numbers]),
        }
    )


def plans() -> pa.Table:
    """The three tiers of the coffee club."""
    return pa.table(
        {
            "plan_id": pa.array([f"PLAN-{t.upper()}" for t in TIERS]),
            "plan_name": pa.array([f"Coffee club {t}" for t in TIERS]),
            "tier": pa.array(list(TIERS)),
        }
    )


def exchange_rates(seed: int) -> pa.Table:
    """Weekly rates to the US dollar: a log random walk drawn back to its mean (factor 0.97)."""
    rng = stream(seed, 0, 9)
    days = np.arange(FIRST_DAY - 7, LAST_DAY + 1, 7)
    day_texts, source, rate = [], [], []
    for currency, mean, decimals in MEAN_RATES:
        deviation = 0.0
        for day in days:
            deviation = 0.97 * deviation + WEEKLY_MOVE * rng.standard_normal()
            day_texts.append(day)
            source.append(currency)
            rate.append(f"{mean * np.exp(deviation):.{decimals}f}")
    order = np.lexsort((source, day_texts))
    table = pa.table(
        {
            "rate_date": dates(np.array(day_texts)),
            "from_currency": texts(source),
            "to_currency": pa.array(["USD"] * len(rate)),
            "rate": texts(rate),
        }
    )
    return table.take(pa.array(order))
