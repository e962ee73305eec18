"""Why a subscriber may leave: signals that move the base hazard, by logistic regression.

The log-odds of leaving in the next step are an intercept, plus the base's log-odds times a
weight, plus a weight for each signal that is present. So the score is the sum of its reasons, and
a reason that is taken away moves the log-odds by its weight.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Array = NDArray[np.float64]

# Subscribers and steps with a signal, and those of them who left, below which it weighs nothing.
FEWEST = 20
FEWEST_LEFT = 5
# A light ridge: a weight of 1 costs as much as a twentieth of a unit of log-likelihood. It only
# keeps a signal whose subscribers all left, or all stayed, from a weight without end.
_RIDGE = 0.1
_STEPS_OF_FIT = 200


@dataclass(frozen=True)
class SignalModel:
    """Weights on the scale of log-odds; `reason` says why only the base counts, None if not so."""

    names: tuple[str, ...]
    intercept: float
    base_weight: float
    weights: Array
    reason: str | None

    def contributions(self, base: Array, signals: Array) -> Array:
        """Shape (n, 2 + signals): what intercept, base and each signal add to the log-odds.

        `base`: log-odds of the base hazard at each subscriber's tenure; `signals`: shape (n,
        signals), 1 where present and else 0, in the order of `names`. Each row's sum is the
        log-odds.
        """
        parts = np.empty((len(base), 2 + len(self.names)))
        parts[:, 0] = self.intercept
        parts[:, 1] = self.base_weight * base
        parts[:, 2:] = signals * self.weights
        return parts

    def log_odds(self, base: Array, signals: Array) -> Array:
        """Log-odds of leaving in the next step: the sum of the contributions."""
        return self.contributions(base, signals).sum(axis=1)

    def probability(self, base: Array, signals: Array) -> Array:
        """Probability of leaving in the next step."""
        return expit(self.log_odds(base, signals))


def fit_signals(
    base: Array, signals: Array, at_risk: Array, left: Array, names: Sequence[str]
) -> SignalModel:
    """The weights of largest likelihood, under a light ridge.

    Of each group of subscribers alike when a step began: log-odds `base` of the base hazard,
    `signals` as in SignalModel, subscribers `at_risk`, and those of them who `left` in the step.
    Where too few left or stayed, or the fit fails, only the base counts, as it is.
    """
    present = (signals * at_risk[:, None]).sum(axis=0)
    present_left = (signals * left[:, None]).sum(axis=0)
    is_known = (present >= FEWEST) & (present_left >= FEWEST_LEFT)
    stayed = at_risk - left
    if min(left.sum(), stayed.sum()) < FEWEST or not np.isfinite(base).all():
        return _base_alone(names, f"fewer than {FEWEST} left or stayed")

    # A base that is the same for all cannot be told from the intercept: it keeps a weight of 1.
    is_varied = np.ptp(base) > 1e-9
    features = np.column_stack([base * is_varied, signals[:, is_known]])
    fit = LogisticRegression(
        C=1 / _RIDGE, solver="newton-cholesky", tol=1e-10, max_iter=_STEPS_OF_FIT
    )
    with warnings.catch_warnings():
        # Whether the fit converged is asked below.
        warnings.simplefilter("ignore")
        fit.fit(
            np.vstack([features, features]),
            np.repeat([1, 0], len(base)),
            sample_weight=np.concatenate([left, stayed]),
        )
    if fit.n_iter_[0] >= _STEPS_OF_FIT or not np.isfinite(fit.coef_).all():
        return _base_alone(names, "the fit did not converge")
    intercept, found = float(fit.intercept_[0]), fit.coef_[0]
    weights = np.zeros(len(names))
    weights[is_known] = found[1:]
    if not is_varied:
        return SignalModel(tuple(names), intercept - float(base[0]), 1.0, weights, None)
    return SignalModel(tuple(names), intercept, float(found[0]), weights, None)


def _base_alone(names: Sequence[str], reason: str) -> SignalModel:
    return SignalModel(tuple(names), 0.0, 1.0, np.zeros(len(names)), reason)
