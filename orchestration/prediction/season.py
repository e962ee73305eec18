"""Whether the coming weeks are busier than a model without a calendar expects: from a year ago.

What the same weeks of the year before brought, divided by what a model fitted then expected of
them, is the multiplier. A season also shapes the fit itself; a fit of a year ago is shaped alike,
the better the longer the past is that both saw. It is used only where that is expected to lessen
the error: an estimate of a true effect lessens the squared error where the effect is larger than
the estimate's own standard error, which is likely where the estimate is larger than sqrt(2) of
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Purchases below which a year tells nothing of a season.
FEWEST_PURCHASES = 100


@dataclass(frozen=True)
class Season:
    """How many purchases a horizon brings for each one that a model without a calendar expects.

    `standard_error` is that of the logarithm of `multiplier`; NaN where nothing was estimated.
    """

    multiplier: float
    standard_error: float
    is_used: bool

    @property
    def pace(self) -> float:
        """What to stretch a horizon by: the multiplier where it is used, else 1."""
        return self.multiplier if self.is_used else 1.0


NO_SEASON = Season(multiplier=1.0, standard_error=float("nan"), is_used=False)


def season(expected: Array, purchases: Array, squares: Array, buyers: Array) -> Season:
    """The season of one horizon, from the same weeks of the year before.

    Of each group of buyers alike a year ago: how many `buyers`; purchases `expected` of each, by
    the model of that day; and the sums of the `purchases` that they made and of their `squares`.
    """
    made, foreseen = float(purchases.sum()), float((buyers * expected).sum())
    if made < FEWEST_PURCHASES or not foreseen > 0:
        return NO_SEASON
    multiplier = made / foreseen
    scaled = multiplier * expected
    errors = squares - 2 * scaled * purchases + buyers * scaled**2
    standard_error = float(np.sqrt(errors.sum())) / made
    return Season(
        multiplier=multiplier,
        standard_error=standard_error,
        is_used=bool(abs(np.log(multiplier)) > np.sqrt(2) * standard_error),
    )
