"""The parameters of largest likelihood: one optimiser for every model of this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, root

Array = NDArray[np.float64]
Loss = Callable[[Array], tuple[float, Array]]

# Natural logarithms of parameters beyond which a base does not tell one value from the next.
BOUND = 9.0
# Gradient of the mean loss by the logarithm of a parameter, below which an optimum is reached.
_FLAT = 1e-6


@dataclass(frozen=True)
class Optimum:
    """Parameters, the mean loss there, and whether they are an optimum within the bounds."""

    parameters: tuple[float, ...]
    loss: float
    is_converged: bool


def least_loss(loss: Loss, start: Array) -> Optimum:
    """The parameters (all more than 0) of least `loss`.

    `loss` takes their logarithms and gives its value and its gradient; `start` is logarithms too.
    First a search within the bounds, then the root of the gradient: the loss alone is flat at its
    least, and would leave digits of the parameters to the order of the rows. A parameter at its
    bound counts as found where the loss would fall only beyond it: then the base is the limit of
    the model (all buyers alike, nobody ever leaves), and the forecast is that of the limit.
    """
    bounds = [(-BOUND, BOUND)] * len(start)
    with np.errstate(all="ignore"):
        found = minimize(
            loss,
            np.clip(start, -BOUND, BOUND),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-8},
        )
        point, value, gradient = found.x, float(found.fun), found.jac
        is_free = np.abs(point) < BOUND
        if is_free.any() and np.isfinite(value):

            def slope(free: Array) -> Array:
                moved = point.copy()
                moved[is_free] = free
                return loss(moved)[1][is_free]

            polished = point.copy()
            polished[is_free] = root(slope, point[is_free], tol=1e-10, options={"maxfev": 60}).x
            better, its_gradient = loss(polished)
            if np.abs(polished).max() <= BOUND and better <= value + 1e-12:
                point, value, gradient = polished, float(better), its_gradient
    beyond = (np.abs(point) >= BOUND) & (gradient * point < 0)
    is_flat = np.abs(np.where(beyond, 0.0, gradient)).max() < _FLAT
    return Optimum(tuple(np.exp(point).tolist()), value, bool(np.isfinite(value) and is_flat))
