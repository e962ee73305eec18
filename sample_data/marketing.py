"""Marketing spend by month and channel; it buys the customers that come."""

import numpy as np
import pyarrow as pa

from .company import (
    CHANNELS,
    CURRENCIES,
    DAY,
    DAYS,
    MINOR,
    MONTH_STARTS,
    MONTHS,
    QUARTERS,
    START,
    USD_TO,
    Company,
    stream,
)
from .names import UTM
from .text import blank, money, pick, texts

CURRENCY_OF = (0, 2, 0, 1, 0, 0)  # in which each channel is billed, by CHANNELS
RETAIN = (("email", None, 0), ("social_ads", "CMP-31", 0))  # channel, campaign, currency


def arrivals(c: Company) -> np.ndarray:
    """Expected share of all customers that arrives in each month."""
    edge = (MONTH_STARTS - START) / DAY
    early = np.minimum(edge, 90) / 90
    return c.base_share * np.diff(early) + (1 - c.base_share) * np.diff(edge) / DAYS


def spend_table(seed: int, c: Company, customers: int, rates: pa.Table, tally) -> pa.Table:
    """One row per month, channel and objective. The true spend in dollars goes into the truth, at
    the rate that holds on the day."""
    rng = stream(seed, 0, 11)
    share = arrivals(c)
    rows = []
    for month in range(len(MONTHS) - 1):
        lines = [
            (name, UTM[index][2], "acquire", CURRENCY_OF[index],
             c.acquire_cost[index] * customers * c.channel_share[index] * share[month],
             customers * c.channel_share[index] * share[month])
            for index, name in enumerate(CHANNELS) if c.acquire_cost[index]
        ]  # fmt: skip
        present = customers * share[: month + 1].sum()
        lines += [(name, campaign, "retain", currency, c.retain_cost * present / 2, 0.0)
                  for name, campaign, currency in RETAIN]  # fmt: skip
        for name, campaign, objective, currency, dollars, won in lines:
            amount = dollars * rng.uniform(0.92, 1.08) * (USD_TO * MINOR)[currency]
            leads = round(won / c.lead_conversion * rng.uniform(0.9, 1.1))
            clicks = round((leads * 12 + dollars * 2) * rng.uniform(0.8, 1.2))
            rows.append((month, name, campaign, objective, currency, round(amount), leads, clicks,
                         round(clicks * rng.uniform(40, 90))))  # fmt: skip
    month, name, campaign, objective, currency, amount, leads, clicks, shown = zip(
        *rows, strict=True
    )
    currency, amount = np.array(currency), np.array(amount)
    days = MONTHS[np.array(month)].astype("datetime64[D]")
    dollars = amount / MINOR[currency] * rate_on(rates, days, currency)
    for index, (channel, kind) in enumerate(zip(name, objective, strict=True)):
        if kind == "acquire":
            path = ("spend", channel, QUARTERS[month[index] // 3])
            tally.expect(path, dollars[index], 0)
    is_lead = np.array(objective) == "acquire"
    return pa.table(
        {
            "spend_date": texts(days),
            "channel": pa.array(name),
            "campaign_id": pa.array(campaign, pa.string()),
            "objective": pa.array(objective),
            "impressions": texts(shown),
            "clicks": texts(clicks),
            "leads": blank(texts(leads), is_lead),
            "amount": money(amount, currency),
            "currency": pick(CURRENCIES, currency),
        }
    )


def rate_on(rates: pa.Table, days: np.ndarray, currency: np.ndarray) -> np.ndarray:
    """Dollars for one unit: the latest rate on or before the day."""
    found = np.ones(len(days))
    source = np.array(rates["from_currency"].to_pylist())
    day = np.array(rates["rate_date"].to_pylist(), dtype="datetime64[D]")
    rate = np.array(rates["rate"].to_pylist(), dtype=float)
    for index, code in enumerate(CURRENCIES):
        mine = source == code
        if mine.any():
            place = np.searchsorted(day[mine], days, side="right") - 1
            found = np.where(currency == index, rate[mine][place], found)
    return found


def acquisition_costs(c: Company, tally) -> dict:
    """Expected cost of a new customer by channel and quarter: true spend over the customers that
    the channel's share lets expect, of all who became customers in the quarter."""
    costs: dict = {}
    for index, channel in enumerate(CHANNELS):
        if not c.acquire_cost[index]:
            continue
        share, helper = c.channel_share[index], c.assist_channel[index]
        for quarter in QUARTERS:
            spend = tally.sum("spend", channel, quarter)
            new = tally.sum("new_customers", quarter)
            helped = tally.sum("helped_customers", quarter)
            first = (new - helped) * share + helped * helper
            costs.setdefault(channel, {})[quarter] = {
                "spend": round(spend, 2),
                "expected_new_customers": round(new * share, 2),
                "last_touch": round(spend / (new * share), 4) if new else None,
                "first_touch": round(spend / first, 4) if new else None,
            }
    return costs
