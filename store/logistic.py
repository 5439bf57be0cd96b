"""Logistic regression in numpy: what scipy or scikit-learn would bring is 30 MB and more for these lines."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STEPS: Final = 50
_WIDEST: Final = 30.0  # log-odds; beyond, a probability is 0 or 1 to the computer


def fit_logistic(figures: Array, right: Array, *, weights: Array, ridge: float) -> Array:
    """
    Return the intercept and a coefficient for each figure, by Newton's method (https://en.wikipedia.org/wiki/Logistic_regression).

    Args:
        figures: Shape (rows, columns), of about the same spread each.
        right: Shape (rows,), from 0 to 1.
        weights: Shape (rows,).
        ridge: What a coefficient's square costs (the intercept's next to nothing); above 0, so that separable rows have an end.
    """
    rows = np.column_stack([np.ones(len(figures)), figures])  # (rows, columns + 1)
    fitted = np.zeros(rows.shape[1])
    cost = np.full(len(fitted), ridge)
    cost[0] = 1e-6
    for _ in range(_STEPS):
        likely = logistic(rows @ fitted)
        slope = rows.T @ (weights * (likely - right)) + cost * fitted
        bend = (rows * (weights * likely * (1 - likely))[:, None]).T @ rows + np.diag(cost)
        step = np.linalg.solve(bend, slope)
        fitted -= np.clip(step, -5.0, 5.0)  # far from the end the parabola overshoots
        if np.abs(step).max() < 1e-8:
            break
    return fitted


def logistic(score: Array) -> Array:
    """Return the probabilities of log-odds *score*."""
    likely: Array = 1 / (1 + np.exp(-np.clip(score, -_WIDEST, _WIDEST)))
    return likely
