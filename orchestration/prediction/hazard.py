"""When subscribers leave: a discrete-time hazard, step by step of 28 days.

The base is the shifted beta-geometric model (Fader and Hardie, How to Project Customer Retention,
Journal of Interactive Marketing 21 (2007) 76-90): each subscriber leaves at any step with a
chance of his own, so that those who stayed long are ever less likely to leave. What is known of a
subscriber at the step's start shifts the base on the scale of log-odds, by logistic regression
(see signals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from orchestration.prediction.likelihood import least_loss

Array = NDArray[np.float64]

# Steps whose survival is told: 13 of 28 days are a year but for a day, which is in the 14th.
STEPS = 14


class Hazard(Protocol):
    """A base hazard: fitted, or an average; `reason` says why an average, and is None if fitted."""

    @property
    def reason(self) -> str | None: ...

    def log_odds(self, tenure: Array) -> Array: ...


@dataclass(frozen=True)
class BaseHazard:
    """A shifted beta-geometric model: parameters `a` and `b` of the chance to leave at a step."""

    a: float
    b: float
    log_likelihood: float
    is_converged: bool
    # A fitted model is no fallback.
    reason: ClassVar[None] = None

    def log_odds(self, tenure: Array) -> Array:
        """Log-odds of leaving in the step that begins after `tenure` whole steps (0 or more)."""
        return np.log(self.a) - np.log(self.b + tenure)


def fit_base_hazard(tenure: Array, at_risk: Array, left: Array) -> BaseHazard:
    """The base of largest likelihood.

    Of each `tenure` (whole steps stayed): subscribers `at_risk` when a step began, and those of
    them who `left` in it. `is_converged` is false where the optimiser gave up.
    """
    total = at_risk.sum()
    stayed = at_risk - left

    def mean_loss(logs: Array) -> tuple[float, Array]:
        a, b = np.exp(logs)
        both = a + b + tenure
        log_likelihood = (left * np.log(a) + stayed * np.log(b + tenure)).sum()
        log_likelihood -= (at_risk * np.log(both)).sum()
        by_a = (left / a - at_risk / both).sum()
        by_b = (stayed / (b + tenure) - at_risk / both).sum()
        return -log_likelihood / total, -np.array([by_a * a, by_b * b]) / total

    found = least_loss(mean_loss, np.log([1.0, 10.0]))
    a, b = found.parameters
    return BaseHazard(a, b, -found.loss * float(total), found.is_converged)


def survival(base: Hazard, tenure: Array, shift: Array) -> Array:
    """Shape (n, 15): probability of still being there after each of 0 to 14 steps from now.

    `tenure`: whole steps that each subscriber has stayed. `shift`: how far the log-odds of his
    next step (see signals) lie above those of the base; what is known today is taken to hold, so
    it moves each later step as much.
    """
    log_odds = base.log_odds(tenure[:, None] + np.arange(STEPS)) + shift[:, None]
    stays = np.zeros((len(tenure), STEPS + 1))
    # The logarithm of 1 / (1 + exp(log_odds)), without overflow; unknown where the base is.
    with np.errstate(invalid="ignore"):
        np.cumsum(-np.logaddexp(0, log_odds), axis=1, out=stays[:, 1:])
    return np.exp(stays)


def left_within(survival: Array, steps: float) -> Array:
    """Probability of having left within `steps` steps from now (0 to 14), from `survival`.

    `steps` may have a fraction (a year is 13.04). Within a step subscribers leave at a constant
    rate: half a step is survived with the square root of the step's probability.
    """
    whole = min(int(steps), STEPS - 1)
    before, after = survival[:, whole], survival[:, whole + 1]
    rest = steps - whole
    return 1 - before ** (1 - rest) * after**rest
