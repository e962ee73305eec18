"""Surveys and reviews: scores follow from the experience that the customer really had."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import names
from .company import (
    DAY,
    END,
    EXPERIENCES,
    MONTH_STARTS,
    QUARTERS,
    Company,
    choice,
    choice_rows,
    quarter_of,
)
from .orders import Orders, order_ids
from .people import People
from .purchases import Purchases
from .records import Records, customer_ids
from .subscriptions import Club, paying_at
from .text import blank, instants, numbered, pick, texts

SURVEYS = ("nps", "csat", "ces")
NPS_GROUPS = ("detractors", "passives", "promoters")
TOUCHPOINTS = ("delivery", "checkout", "subscription", "service")


@dataclass
class Invitations:
    """One element per invitation, sorted by instant."""

    person: np.ndarray
    at: np.ndarray
    survey: np.ndarray  # index into SURVEYS
    experience: np.ndarray  # index into EXPERIENCES
    touchpoint: np.ndarray


def invitations(rng, c: Company, who, bought: Purchases, held, o: Orders, s: Club) -> Invitations:
    """After orders, each quarter to running subscriptions, and after failed payments."""
    known = ~o.is_guest & o.is_valid
    parts = []
    for survey, share, wait in (
        (0, c.nps_order_share, 5 * DAY), (1, c.csat_order_share, DAY), (2, c.ces_order_share, DAY),
    ):  # fmt: skip
        row = np.flatnonzero(known & (rng.random(len(bought)) < share))
        at = bought.at[row] + wait + rng.integers(0, 2 * DAY, len(row))
        kind = row * 0 + survey
        parts.append((bought.person[row], at, kind, o.experience[row], kind))
    rise = MONTH_STARTS[c.price_rise_month]
    for instant in MONTH_STARTS[2:-1:3] + 14 * DAY:
        running = paying_at(s, int(instant))
        row = running[rng.random(len(running)) < c.nps_quarterly_share]
        raised = s.raised[row] & (0 <= instant - rise < 90 * DAY)
        at = instant + 9 * 3600 + rng.integers(0, 9 * 3600, len(row))
        parts.append((s.person[row], at, row * 0, np.where(raised, 3, 0), row * 0 + 2))
    for row, at in s.failed:
        keep = rng.random(len(row)) < 0.5
        row, at = row[keep], at[keep] + 10 * DAY
        parts.append((s.person[row], at, row * 0, row * 0 + 4, row * 0 + 3))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    keep = np.flatnonzero((columns[1] < END) & ~who.is_test[columns[0]])
    row = keep[np.lexsort((columns[2][keep], columns[0][keep], columns[1][keep]))]
    return Invitations(*(x[row] for x in columns))


def scores(rng, c: Company, survey: np.ndarray, experience: np.ndarray):
    """Scores; also the NPS group. CES (1 to 7) is CSAT stretched: 1.5 x csat, rounded."""
    group = choice_rows(rng, c.nps_shares, experience)
    nps = np.select(
        [group == 0, group == 1],
        [6 - np.minimum(rng.geometric(0.35, len(group)) - 1, 6), rng.integers(7, 9, len(group))],
        rng.integers(9, 11, len(group)),
    )
    csat = choice_rows(rng, c.csat_shares, experience) + 1
    ces = np.clip(np.rint(csat * 1.5 + rng.normal(0, 0.5, len(csat))), 1, 7).astype(np.int64)
    return np.choose(survey, [nps, csat, ces]), group


def comments(rng, low: np.ndarray, share: float) -> pa.Array:
    """A comment that fits a low or a high score; most say nothing."""
    good = pick(names.COMMENTS_GOOD, rng.integers(0, len(names.COMMENTS_GOOD), len(low)))
    bad = pick(names.COMMENTS_BAD, rng.integers(0, len(names.COMMENTS_BAD), len(low)))
    return blank(pc.if_else(pa.array(low), bad, good), rng.random(len(low)) < share)


def survey_tables(rng, c: Company, who: People, held: Records, i: Invitations, start, tally):
    """Invitations and responses; a few responses name no invitation (asked in the app)."""
    n = len(i.person)
    ids = customer_ids(who, held, i.person, i.at)
    sent = pa.table(
        {
            "invitation_id": numbered("V", start[0] + np.arange(n) + 1),
            "customer_id": ids,
            "survey_type": pick(SURVEYS, i.survey),
            "channel": pick(["email", "line", "sms"], choice(rng, (6, 3, 1), n)),
            "sent_at": instants(rng, i.at),
        }
    )
    at = i.at + 300 + (rng.exponential(1.5, n) * DAY).astype(np.int64)
    row = np.flatnonzero((rng.random(n) < c.response_share) & (at < END))
    score, group = scores(rng, c, i.survey[row], i.experience[row])
    low = score <= np.array([6, 2, 3])[i.survey[row]]
    m = len(row)
    expect_nps(c, i.person[row], at[row], i.survey[row], i.experience[row], tally)
    for index, experience in enumerate(EXPERIENCES):
        mine = (i.survey[row] == 0) & (i.experience[row] == index)
        tally.add_index(f"nps_responses_{experience}", group[mine], NPS_GROUPS)
    tally.add_index("survey_invitations", i.survey, SURVEYS)
    tally.add_index("survey_responses", i.survey[row], SURVEYS)
    answered = pa.table(
        {
            "response_id": numbered("A", start[1] + np.arange(m) + 1),
            "invitation_id": blank(sent["invitation_id"].take(row).combine_chunks(),
                                   rng.random(m) >= 0.03),
            "customer_id": ids.take(pa.array(row)),
            "survey_type": pick(SURVEYS, i.survey[row]),
            "score": texts(score),
            "comment": comments(rng, low, 0.25),
            "touchpoint": pick(TOUCHPOINTS, i.touchpoint[row]),
            "responded_at": instants(rng, at[row]),
        }
    )  # fmt: skip
    return sent, answered


def expect_nps(c: Company, person, at, survey, experience, tally) -> None:
    """Expected NPS by quarter, over the latest answer of each customer who answered."""
    mine = np.flatnonzero(survey == 0)
    mine = mine[np.argsort(at[mine], kind="stable")[::-1]]
    quarter = quarter_of(at[mine])
    _, latest = np.unique(person[mine] * len(QUARTERS) + quarter, return_index=True)
    score = 100 * (np.array(c.nps_shares)[:, 2] - np.array(c.nps_shares)[:, 0])
    tally.expect_index(("nps",), quarter[latest], score[experience[mine[latest]]], QUARTERS)


def review_table(rng, c: Company, who, bought: Purchases, held, o: Orders, start: int) -> pa.Table:
    """Reviews of the order's first product, three to twenty days later; some without a name."""
    chosen = np.flatnonzero(o.is_valid & (rng.random(len(bought)) < c.review_share))
    at = bought.at[chosen] + rng.integers(3 * DAY, 20 * DAY, len(chosen))
    chosen, at = chosen[at < END], at[at < END]
    row = np.lexsort((chosen, at))
    chosen, at = chosen[row], at[row]
    n = len(chosen)
    rating = choice_rows(rng, c.csat_shares, o.experience[chosen]) + 1
    line = np.searchsorted(o.line_order, chosen)
    ids = customer_ids(who, held, bought.person[chosen], bought.at[chosen])
    named = ~o.is_guest[chosen] & (rng.random(n) < 0.92)
    return pa.table(
        {
            "review_id": numbered("W", start + np.arange(n) + 1),
            "customer_id": blank(ids, named),
            "product_id": numbered("P", o.line_product[line] + 1, 3),
            "order_id": order_ids(o, chosen),
            "rating": texts(rating),
            "comment": comments(rng, rating <= 2, 0.5),
            "reviewed_at": instants(rng, at),
        }
    )
