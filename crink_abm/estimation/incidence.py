"""Cumulative incidence: the share of runs with an event by each month."""

import numpy as np

from ..typing import ArrayLike, FloatArray
from .intervals import LEVEL, clopper_pearson


def incidence(
    months: ArrayLike, n_months: int, weights: ArrayLike | None = None, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Cumulative incidence of one outcome by month: (prob, low, high), arrays (n_months,), with Clopper-Pearson intervals.

    ``months`` holds each run's first month, -1 for never; ``weights`` what each run counts (1 if None). No run is censored before
    the horizon, so the share that has failed by a month *is* the cumulative incidence; causes that compete enter by never being
    dated once another came first.
    """
    months = np.asarray(months)
    weights = np.ones(len(months)) if weights is None else np.asarray(weights, float)
    dated = months >= 0
    counts = np.bincount(months[dated], weights[dated], n_months)[:n_months].cumsum()
    with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
        prob, worth = counts / weights.sum(), weights.sum() ** 2 / (weights**2).sum()
    low, high = clopper_pearson(prob * worth, worth, level)
    return prob, low, high
