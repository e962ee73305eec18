"""Means over a beta distribution, as sums over a few points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def beta_points(a: Array, b: Array, points: int) -> tuple[Array, Array]:
    """Points and weights, both (n, points), of Gauss-Jacobi quadrature for n beta distributions.

    The weighted sum of a function over the points is its mean over beta(a, b): exact for
    polynomials up to degree 2 * points - 1. Points lie in (0, 1), weights of a distribution sum
    to 1. Golub and Welsch, Calculation of Gauss Quadrature Rules, Mathematics of Computation 23
    (1969) 221-230: eigenvalues of the matrix of the recurrence, which stay exact for any a and b.
    """
    step = np.arange(1, points)
    a, b = a[:, None] - 1, b[:, None] - 1
    both = a + b
    diagonal = np.empty((len(a), points))
    diagonal[:, :1] = (a - b) / (both + 2)
    diagonal[:, 1:] = (a - b) * both / ((2 * step + both) * (2 * step + both + 2))
    # (step + both) / (2 step + both - 1) is 1 at the first step, also where both are 0.
    ratio = np.ones((len(a), points - 1))
    ratio[:, 1:] = (step[1:] + both) / (2 * step[1:] + both - 1)
    square = 4 * step * (step + a) * (step + b) * ratio
    square /= (2 * step + both) ** 2 * (2 * step + both + 1)
    matrix = np.zeros((len(a), points, points))
    row = np.arange(points)
    matrix[:, row, row] = diagonal
    matrix[:, row[1:], row[:-1]] = np.sqrt(square)
    values, vectors = np.linalg.eigh(matrix)  # reads the lower triangle
    return np.clip((1 + values) / 2, 1e-12, 1 - 1e-12), vectors[:, 0, :] ** 2
