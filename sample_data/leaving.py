"""Leaving the club for a known reason: the weak channel, and slow service.

Whoever would have stayed in a month leaves it with a set probability. The subscription's later
terms and cancellations are taken away, so that all others stay as they were drawn; nobody who left
this way comes back.
"""

import numpy as np

from .company import END, MONTHS, QUARTERS, WEAK_CHANNEL, Company, choice
from .names import REASONS
from .people import People
from .subscriptions import ENDED, RUNNING, STAYS, Club, columns
from .support import SLOW, SOLVED_FAST

CANCEL, FAILURE, PAUSE = 1, 2, 9  # events after which a subscription pays no more
WEIGHTS = np.array([weight for _, weight in REASONS])
SERVICE = [reason for reason, _ in REASONS].index("service")
CAUSES = tuple(reason for reason, _ in REASONS if reason)


def leave(rng, c: Company, who: People, s: Club, slow: np.ndarray, worst: np.ndarray, tally):
    """Month by month, who leaves beside those who left on their own: after a slow ticket of the
    month before, or for the weak channel. The truth groups them by what that month's end knew."""
    n = len(s)
    s.left_in, s.left_why = np.full(n, STAYS), np.zeros(n, dtype=np.int64)
    weak = np.where(who.channel[s.person] == WEAK_CHANNEL, c.weak_channel_churn, 0.0)
    real = ~who.is_test[s.person]
    for month in range(len(MONTHS) - 1):
        running = (s.states[month] == RUNNING) & (s.left_in == STAYS)
        stays = running & ~np.isin(s.events[month], (CANCEL, FAILURE, PAUSE))
        chance = effect(c, slow, month)
        by_channel = stays & (rng.random(n) < weak)
        by_service = stays & ~by_channel & (rng.random(n) < chance)
        s.left_in[by_channel | by_service] = month
        s.left_why[by_service] = 1
        if month:
            alone = own_loss(c, s, month)
            alone += (1 - alone) * weak
            chance = alone + (1 - alone) * chance
            for bucket in (SOLVED_FAST, SLOW):
                mine = running & real & (worst[:, month - 1] == bucket)
                path = ("service", str(MONTHS[month - 1]), str(bucket))
                tally.expect(path, chance[mine].sum(), mine.sum())
    _cut(rng, s)


def effect(c: Company, slow: np.ndarray, month: int) -> np.ndarray:
    """Probability of leaving for last month's service, of those who would have stayed."""
    return slow[:, month - 1] * c.service_effect if month else np.zeros(len(slow))


def own_loss(c: Company, s: Club, month: int) -> np.ndarray:
    """Probability that a running subscription stops paying in a month, for reasons of its own."""
    return s.losses[month] + c.payment_failure_monthly + c.pause_monthly


def left_at(s: Club) -> np.ndarray:
    """Instant at which each subscription was ended here; END + 1 where it was not."""
    moments = np.stack([*s.moments, np.full(len(s), END + 1)])
    return moments[np.minimum(s.left_in, len(s.moments)), np.arange(len(s))]


def _cut(rng, s: Club) -> None:
    """End the subscriptions that were left, and write their cancellations."""
    until = left_at(s)
    gone = s.left_in < STAYS
    parts = columns(s.terms)
    sub, began, end = parts[:3]
    parts[2] = np.where(gone[sub], np.minimum(end, until[sub]), end)
    keep = ~gone[sub] | (began < until[sub])
    s.terms = [tuple(x[keep] for x in parts)]
    parts = columns(s.cancellations)
    keep = ~gone[parts[0]] | (parts[2] < until[parts[0]])
    index = np.flatnonzero(gone)
    at = until[index]
    reason = np.where(s.left_why[index] == 1, SERVICE, choice(rng, WEIGHTS, len(index)))
    asked = np.maximum(at - rng.integers(0, 20 * 86_400, len(index)), s.start[index] + 60)
    no = np.zeros(len(index), dtype=bool)
    s.cancellations = [tuple(x[keep] for x in parts), (index, asked, at, ~no, no, no, reason)]
    s.failed = [(row[keep], at[keep]) for row, at in s.failed
                for keep in [at < until[row]]]  # fmt: skip
    s.state[index] = ENDED


def expect_causes(c: Company, who: People, s: Club, slow: np.ndarray, tally) -> None:
    """Expected shares of stated causes among those who paid at a quarter's start, not at its end.

    Given who was lost and in which month, the kind of loss follows from the probabilities of that
    month, and its stated reason from the kind.
    """
    weak = np.where(who.channel[s.person] == WEAK_CHANNEL, c.weak_channel_churn, 0.0)
    real = ~who.is_test[s.person]
    for quarter, label in enumerate(QUARTERS):
        first = quarter * 3
        lost = real & pays(s, first) & ~pays(s, first + 3)
        when = np.full(len(s), -1)
        for month in range(first, first + 3):
            there = pays(s, month)
            ends = there & (np.isin(s.events[month], (CANCEL, FAILURE, PAUSE)))
            when[lost & (ends | (there & (s.left_in == month)))] = month
        for month in range(first, first + 3):
            mine = when == month
            share = shares(c, s, mine, month, first + 2 - month, weak, effect(c, slow, month))
            for cause, expected in share.items():
                tally.expect(("churn_causes", label, cause), expected.sum(), mine.sum())


def pays(s: Club, month: int) -> np.ndarray:
    """Whether a subscription runs at the start of a month, those that were left here excluded."""
    return (s.states[month] == RUNNING) & (s.left_in >= month)


def shares(c: Company, s: Club, mine, month: int, after: int, weak, slow) -> dict:
    """Probability of each stated cause, for those lost in a month and still lost `after` months
    later, at the quarter's end."""
    away = (1 - c.reactivation_monthly) ** after
    stay_paused = 1 - c.resume_monthly - c.paused_cancel_monthly
    paused = stay_paused**after
    asked_since = sum(
        stay_paused**i * c.paused_cancel_monthly * (1 - c.reactivation_monthly) ** (after - 1 - i)
        for i in range(after)
    )
    cancel = s.losses[month][mine] * away
    failure = np.full(mine.sum(), c.payment_failure_monthly * away)
    stays = 1 - own_loss(c, s, month)[mine]
    by_channel = stays * weak[mine]
    by_service = stays * (1 - weak[mine]) * slow[mine]
    pause_kept, pause_asked = c.pause_monthly * paused, c.pause_monthly * asked_since
    total = cancel + failure + by_channel + by_service + pause_kept + pause_asked
    plain = WEIGHTS / WEIGHTS.sum()
    rise = s.raised[mine] & (month >= c.price_rise_month)
    rise &= s.moments[month][mine] < s.rise_at + 120 * 86_400
    found = {"payment_failure": failure / total}
    for cause, weight in zip(CAUSES, plain[[r is not None for r, _ in REASONS]], strict=True):
        asked = np.where(rise, 0.5 * weight + 0.5 * (cause == "price"), weight)
        found[cause] = ((cancel + pause_asked) * asked + by_channel * weight) / total
    found["service"] = by_service / total
    return found
