"""Constants of the true process: everything that the generator draws follows from these.

Sources: BG/NBD: Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way. Gamma-Gamma:
Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value".
"""

from dataclasses import dataclass

import numpy as np

DAY = 86_400  # seconds of a day
OFFSET = 7 * 3_600  # Asia/Bangkok is UTC+7 all year, without summer time
FIRST_DAY = np.datetime64("2024-01-01", "D")
LAST_DAY = np.datetime64("2025-12-31", "D")
DAYS = int((LAST_DAY - FIRST_DAY).astype(int)) + 1  # 731 business days
# Instants are int64 seconds of the Bangkok wall clock, counted from 1970-01-01T00:00 there.
START = int(FIRST_DAY.astype("datetime64[s]").astype(np.int64))
END = START + DAYS * DAY
MONTHS = np.arange("2024-01", "2026-02", dtype="datetime64[M]")  # 24 months and the bound after
MONTH_STARTS = MONTHS.astype("datetime64[s]").astype(np.int64)

CURRENCIES = ("THB", "VND", "USD")
MINOR = np.array([100, 1, 100])  # minor units of one unit, by currency
USD_TO = np.array([35.0, 25_000.0, 1.0])  # price level: units of each currency for one US dollar
PRICE_STEP = np.array([25, 500, 1])  # prices are multiples of this, in minor units
COUNTRIES = ("TH", "VN", "LA", "SG")
CHANNELS = ("organic", "search_ads", "social_ads", "referral", "marketplace", "store")
INTERVALS = ("week", "month", "quarter", "year")
INTERVAL_MONTHS = np.array([12 / 52, 1.0, 3.0, 12.0])  # months that one amount covers
TIERS = ("starter", "classic", "reserve")
EXPERIENCES = ("good", "late", "refunded", "price_rise", "payment_failed")
QUARTERS = tuple(f"{year}-Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4))
WEAK_CHANNEL = CHANNELS.index("social_ads")  # buys less, leaves sooner, costs more
TICKET_CHANNELS = ("chat", "social", "email", "phone", "web")
BUCKETS = ("within 24 hours", "1 to 3 days", "over 3 days", "unsolved")  # of a ticket's resolution
PROMOTION_TYPES = ("percent", "amount", "shipping", "gift", "personalised")
PROGRAMMES = ("LP-POINTS", "LP-TIERED", "LP-PAID", "LP-VALUE", "LP-PARTNER")  # one of each type


@dataclass(frozen=True)
class Company:
    """Parameters of the true process. Shares and probabilities are between 0 and 1."""

    # --- who comes, and when
    country_share: tuple = (0.56, 0.38, 0.03, 0.03)  # of customers, by COUNTRIES
    channel_share: tuple = (0.26, 0.18, 0.22, 0.12, 0.14, 0.08)  # of customers, by CHANNELS
    channel_rate: tuple = (1.1, 0.95, 0.8, 1.4, 0.85, 1.2)  # factor on the buying rate, by CHANNELS
    base_share: float = 0.35  # of customers who arrive in the first 90 days (the opening base)
    buyer_share: float = 0.84  # of customers who ever buy in the shop
    subscriber_share: float = 0.40  # of customers who mean to subscribe (start may fall too late)
    subscribe_delay_days: float = 45.0  # mean of the exponential delay from arrival to subscription
    guest_people_share: float = 0.05  # people who never register, per customer
    late_register_share: float = 0.08  # of buyers whose first orders come before they register
    guest_order_share: float = 0.022  # of a registered customer's later orders placed as guest
    second_record_share: float = 0.03  # of buyers who own a second customer record

    # --- purchases (BG/NBD): rate ~ Gamma(r, alpha), dropout after each purchase ~ Beta(a, b)
    rate_r: float = 1.3  # shape of the buying rate
    rate_alpha: float = 20.0  # scale of the buying rate, days: mean rate = r / alpha per day
    dropout_a: float = 0.9  # first shape of the dropout probability
    dropout_b: float = 9.0  # second shape: mean dropout = a / (a + b) per purchase
    guest_dropout: float = 0.7  # dropout per purchase of people who never register
    season: tuple = (  # factor on the buying rate, January to December: Tet, Songkran, year end
        1.20, 1.10, 0.95, 1.25, 0.95, 0.85, 0.85, 0.90, 0.95, 1.00, 1.10, 1.30,
    )  # fmt: skip
    late_share: float = 0.08  # of orders delivered late
    refund_share: float = 0.045  # of orders on time that are refunded
    refund_share_late: float = 0.25  # of late orders that are refunded
    bad_dropout_factor: float = 2.5  # factor on dropout after a late or refunded order
    full_refund_share: float = 0.4  # of refunds that are full
    refund_delay_days: float = 14.0  # mean of the gamma(2) delay from order to refund

    # --- spend (Gamma-Gamma): order value ~ Gamma(p, nu), nu ~ Gamma(q, gamma), US dollars
    spend_p: float = 4.0  # shape of one order's value
    spend_q: float = 4.5  # shape of the customers' scale
    spend_gamma: float = 22.0  # scale: mean order value = p * gamma / (q - 1) dollars
    line_share: tuple = (0.45, 0.33, 0.15, 0.07)  # of orders with 1 to 4 lines
    discount_share: float = 0.18  # of orders with a discount (5 to 20% of gross)
    status_share: tuple = (0.865, 0.08, 0.01, 0.03, 0.01, 0.005)  # by orders.STATUSES
    tax_rate: tuple = (0.07, 0.08, 0.0)  # on gross less discount, by CURRENCIES

    # --- subscription, probabilities a month of a running subscription
    plan_share: tuple = (0.5, 0.35, 0.15)  # of new subscriptions, by TIERS
    plan_price: tuple = ((290, 219_000, 9), (490, 369_000, 15), (890, 679_000, 27))  # a month
    interval_share: tuple = (0.08, 0.66, 0.16, 0.10)  # of new subscriptions, by INTERVALS
    interval_price: tuple = (1.05, 1.0, 0.95, 0.85)  # factor on the monthly price, by INTERVALS
    interval_churn: tuple = (1.3, 1.0, 0.6, 0.25)  # factor on asking to cancel, by INTERVALS
    trial_share: float = 0.10  # of subscriptions that begin with a free week (amount 0)
    cancel_monthly: float = 0.035  # asks to cancel
    payment_failure_monthly: float = 0.010  # ended by failed payments (involuntary)
    upgrade_monthly: float = 0.020  # moves one tier up (not from the top one)
    downgrade_monthly: float = 0.014  # moves one tier down (not from the lowest one)
    quantity_up_monthly: float = 0.015  # takes one box more
    quantity_down_monthly: float = 0.012  # takes one box less (not from one)
    discount_start_monthly: float = 0.012  # is given 10% off
    discount_end_monthly: float = 0.20  # loses the discount, of those who have one
    pause_monthly: float = 0.010  # pauses: a term with amount 0
    resume_monthly: float = 0.45  # resumes, of the paused
    paused_cancel_monthly: float = 0.12  # leaves, of the paused
    reactivation_monthly: float = 0.025  # comes back, of those who left
    save_offer_share: float = 0.35  # of those asking to cancel who are made an offer
    save_success_share: float = 0.30  # of offers that keep the customer (with 10% off)
    price_rise_month: int = 17  # index of the month at whose first instant prices rise: 2025-06
    price_rise: float = 0.12  # the rise, share of the old price
    price_rise_churn: float = 2.2  # factor on asking to cancel, in the months after the rise
    price_rise_months: int = 3  # months for which that lasts

    # --- voice of the customer
    nps_order_share: float = 0.10  # of orders followed by an NPS invitation
    nps_quarterly_share: float = 0.30  # of running subscriptions invited in each quarter
    csat_order_share: float = 0.12  # of orders followed by a CSAT invitation
    ces_order_share: float = 0.02  # of orders followed by a CES invitation
    review_share: float = 0.05  # of orders with a product review
    response_share: float = 0.35  # of invitations that are answered
    nps_shares: tuple = (  # detractors, passives, promoters, by EXPERIENCES
        (0.08, 0.32, 0.60), (0.45, 0.35, 0.20), (0.55, 0.30, 0.15),
        (0.40, 0.37, 0.23), (0.35, 0.38, 0.27),
    )  # fmt: skip
    csat_shares: tuple = (  # of answers 1 to 5, by EXPERIENCES; ratings of reviews as well
        (0.01, 0.03, 0.11, 0.40, 0.45), (0.16, 0.24, 0.28, 0.22, 0.10),
        (0.25, 0.27, 0.23, 0.17, 0.08), (0.12, 0.20, 0.30, 0.26, 0.12),
        (0.10, 0.20, 0.30, 0.28, 0.12),
    )  # fmt: skip

    # --- the weak channel (beside its lower buying rate and its higher cost)
    weak_channel_dropout: float = 0.10  # never buys again after a purchase, beside the own dropout
    weak_channel_churn: float = 0.02  # leaves the club in a month, of those who would have stayed

    # --- service: speed is drawn without regard to the customer
    ticket_monthly: float = 0.08  # of paying subscriptions that open a ticket in a month
    ticket_order_share: tuple = (0.01, 0.15, 0.15)  # of orders with a ticket: good, late, refunded
    ticket_channel_share: tuple = (0.34, 0.14, 0.26, 0.18, 0.08)  # of tickets, by TICKET_CHANNELS
    ticket_bucket_share: tuple = (  # by TICKET_CHANNELS, then BUCKETS
        (0.70, 0.10, 0.16, 0.04), (0.52, 0.16, 0.26, 0.06), (0.42, 0.22, 0.30, 0.06),
        (0.64, 0.12, 0.20, 0.04), (0.38, 0.22, 0.34, 0.06),
    )  # fmt: skip
    ticket_reply_hours: tuple = (0.1, 1.5, 5.0, 0.05, 8.0)  # median wait, by TICKET_CHANNELS
    ticket_company_share: float = 0.08  # of tickets that the company opens
    ticket_nameless_share: float = 0.04  # of tickets that name no customer
    ticket_reopened_share: float = 0.09  # of solved tickets that were opened again
    ticket_csat_share: float = 0.30  # of solved tickets that are rated
    service_effect: float = 0.12  # leaves the club in the month after a ticket that took over three
    # days to solve, of those who would have stayed; reason service. Other tickets have no effect

    # --- loyalty
    join_share: float = 0.90  # most that join: the share is join_share * x / (x + 1), with
    # x = own buying rate / mean one, so that heavier buyers join more often (selection)
    join_delay_days: float = 60.0  # mean of the exponential delay from registration to joining
    member_factor: float = 1.25  # factor on the buying rate from joining on (the true effect)
    minor_programme_share: float = 0.03  # of buyers in each of the four other programmes
    points_per_dollar: tuple = (1.0, 1.0, 2.0, 1.0, 0.5)  # earned with an order, by PROGRAMMES
    point_value: tuple = (0.02, 0.02, 0.01, 0.35, 250.0)  # worth of a point, by PROGRAMMES
    points_expire_days: tuple = (365, 365, 365, 0, 365)  # 0 = never, by PROGRAMMES
    redeem_monthly: float = 0.10  # redeems the whole balance in a month, at a random instant
    adjust_share: float = 0.02  # of earnings followed by a gift of points (entry adjust)
    account_left_monthly: float = 0.002  # of members of a minor programme who leave in a month

    # --- promotions: every second month one is shown to a random part of its audience
    promotion_reach: float = 0.5  # of the audience all that is exposed; of the others 0.8
    promotion_holdout: float = 0.2  # of the exposed who are kept from it, at random
    promotion_effect: tuple = (0.12, 0.10, 0.06, 0.05, 0.16)  # places one extra order, of those
    # who would have placed none until the promotion's end, by PROMOTION_TYPES
    promotion_again_share: float = 0.12  # of the exposed who are shown it twice

    # --- outreach
    outreach_share: float = 0.5  # of customers for whom one contact is ever planned
    outreach_idle_days: int = 60  # without an order before the contact
    outreach_holdout: float = 0.25  # of the planned who are not contacted, at random
    outreach_effect: float = 0.08  # one extra order within 30 days, of those who would place none

    # --- marketing
    acquire_cost: tuple = (0.0, 11.0, 26.0, 8.0, 9.0, 14.0)  # dollars a new customer, by CHANNELS
    retain_cost: float = 0.15  # dollars a month and customer, spent to keep them
    lead_conversion: float = 0.35  # new customers per lead
    invitation_daily: float = 0.0005  # invitations of a friend, per customer and day
    invitation_conversion: float = 0.20  # of invitations that ever convert
    invitation_delay_days: float = 20.0  # mean of the exponential delay until they do
    session_share: float = 0.6  # of new customers whose visits before the first purchase are known
    assist_share: float = 0.3  # of those, visited before through another channel
    assist_channel: tuple = (0.15, 0.15, 0.55, 0.05, 0.05, 0.05)  # that channel, by CHANNELS

    # --- engagement
    order_session_share: float = 0.30  # of orders on web and app with the visit that led to them
    browse_share: float = 0.55  # of orders with another visit around them
    nameless_session_share: float = 0.15  # of these other visits, nobody known
    email_reach: float = 0.23  # of those with consent whom a campaign goes to
    email_bounce: float = 0.02  # of messages sent
    email_open: tuple = (0.42, 0.15)  # opened by a person: active, dormant (90 days no order)
    email_machine_open: float = 0.12  # of delivered messages opened by a machine too
    email_click: float = 0.18  # of messages opened by a person
    email_unsubscribe: float = 0.004  # of delivered messages
    social_share: float = 0.18  # of orders that are talked about
    sentiment: tuple = (0.40, -0.30, -0.40)  # mean after a good, a late, a refunded order

    # --- late changes at the source
    customer_update_share: float = 0.12  # of customer records with an older version
    order_update_share: float = 0.04  # of orders with an older version (pending)
    deleted_share: float = 0.003  # of orders that the source deleted
    test_share: float = 0.005  # of customers who are tests


def stream(seed: int, block: int, part: int) -> np.random.Generator:
    """The random stream of one part of one block: independent of every other part."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, block, part])))


def choice(rng: np.random.Generator, shares, size: int) -> np.ndarray:
    """Draw indices with probabilities proportional to `shares`."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right")


def choice_rows(rng: np.random.Generator, shares, row: np.ndarray) -> np.ndarray:
    """Draw one index per element from the row of `shares` that `row` names."""
    edges = np.cumsum(np.asarray(shares, dtype=float), axis=1)
    edges /= edges[:, -1:]
    return (rng.random(len(row))[:, None] >= edges[row]).sum(axis=1)


def quarter_of(instant: np.ndarray) -> np.ndarray:
    """Index into QUARTERS of the business quarter."""
    return month_of(instant) // 3


def month_of(instant: np.ndarray) -> np.ndarray:
    """Index of the business month, 0 = 2024-01."""
    return np.searchsorted(MONTH_STARTS, instant, side="right") - 1
