"""The truth: parameters, what follows from them, the process's own totals, rows and dirt."""

from collections import Counter
from dataclasses import asdict

import numpy as np

from . import dirt, marketing
from .company import EXPERIENCES, MONTHS, QUARTERS, Company
from .leaving import CAUSES
from .promotions import GROUPS, SHOWN, promotion_id
from .support import SLOW, SOLVED_FAST
from .tally import Tally


def describe(c: Company, customers, seed, suffix, rows, planted, tally: Tally) -> dict:
    """All sections of truth.json."""
    by_table: dict[str, Counter] = {}
    for p in planted:
        by_table.setdefault(p.table, Counter())[p.kind] += 1
    kinds = sorted({p.kind for p in planted})
    channel_rate = np.dot(c.channel_share, c.channel_rate)
    return {
        "arguments": {"customers": customers, "seed": seed, "format": suffix},
        "parameters": asdict(c),
        "expected": {
            "mean_buying_rate_per_month": c.rate_r / c.rate_alpha * 365.25 / 12 * channel_rate,
            "mean_dropout_per_good_purchase": c.dropout_a / (c.dropout_a + c.dropout_b),
            "mean_order_value_usd": c.spend_p * c.spend_gamma / (c.spend_q - 1),
            "monthly_cancellation_of_monthly_plans": c.cancel_monthly
            * (1 - c.save_offer_share * c.save_success_share),
            "detractor_share_by_experience": {
                e: share[0] for e, share in zip(EXPERIENCES, c.nps_shares, strict=True)
            },
        },
        "effects": effects(c, tally),
        "totals": tally.sorted(),
        "rows": {name: dict(sorted(rows[name].items())) for name in sorted(rows)},
        "dirt": {name: dict(sorted(by_table[name].items())) for name in sorted(by_table)},
        "dirt_outcome": {kind: dirt.OUTCOMES.get(kind, "quarantined") for kind in kinds},
        "dirty_rows": sorted((asdict(p) for p in planted), key=lambda row: tuple(row.values())),
    }


def effects(c: Company, tally: Tally) -> dict:
    """What the marts should show in expectation; null where nobody was there to show it."""
    return {
        "promotions": promotions(tally),
        "service": service(tally),
        "nps": by_quarter(tally, "nps"),
        "referral_conversion_rate": by_quarter(tally, "referral_conversion_rate"),
        "loyalty": loyalty(tally),
        "cac": marketing.acquisition_costs(c, tally),
        "churn_causes": {
            quarter: {
                "lost": tally.over("churn_causes", quarter, "payment_failure"),
                **{
                    cause: tally.mean("churn_causes", quarter, cause)
                    for cause in (*CAUSES, "payment_failure")
                },
            }
            for quarter in QUARTERS
        },
        "outreach_extra_order_rate": by_quarter(tally, "outreach"),
        "email_person_open_rate": by_quarter(tally, "email_person_open_rate"),
        "member_buying_rate_factor": c.member_factor,
    }


def by_quarter(tally: Tally, name: str) -> dict:
    """An expectation by quarter."""
    return {quarter: tally.mean(name, quarter) for quarter in QUARTERS}


def promotions(tally: Tally) -> dict:
    """Expected difference in response between the shown and those kept from it, by group."""
    found = {}
    for month, *_, with_holdout in SHOWN:
        name = promotion_id(month)
        found[name] = {"has_holdout": with_holdout}
        for group in ("all", *GROUPS):
            path = ("promotions", name, group)
            found[name][group] = {"customers": tally.over(*path), "rate": tally.mean(*path)}
    return found


def service(tally: Tally) -> dict:
    """Expected share lost in the next month after slow and after fast tickets, by month."""
    found = {}
    for month in map(str, MONTHS[:-2]):
        slow, fast = (("service", month, str(bucket)) for bucket in (SLOW, SOLVED_FAST))
        rates = tally.mean(*slow), tally.mean(*fast)
        found[month] = {
            "slow_customers": tally.over(*slow),
            "fast_customers": tally.over(*fast),
            "slow_churn_rate": rates[0],
            "fast_churn_rate": rates[1],
            "difference": None if None in rates else round(rates[0] - rates[1], 6),
        }
    return found


def loyalty(tally: Tally) -> dict:
    """Points of the main programme by quarter: earned as they were, the rest as expected."""
    found = {}
    for quarter in QUARTERS:
        earned, redeemed, expired = (
            tally.sum("loyalty", kind, quarter) for kind in ("earned", "redeemed", "expired")
        )
        gone = redeemed + expired
        found[quarter] = {
            "points_earned": round(earned),
            "points_redeemed": round(redeemed, 1),
            "points_expired": round(expired, 1),
            "redemption_rate": round(redeemed / earned, 6) if earned else None,
            "breakage_rate": round(expired / gone, 6) if gone else None,
        }
    return found
