"""Cumulative incidence: the share of runs with an event by each month."""

import numpy as np
from scipy.special import ndtri

from ..typing import ArrayLike, FloatArray
from .intervals import LEVEL, clopper_pearson, over_worlds


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


def paired(
    months: ArrayLike,
    at_base: ArrayLike,
    n_months: int,
    world: ArrayLike,
    weights: ArrayLike | None = None,
    level: float = LEVEL,
) -> dict[str, FloatArray]:
    """Difference of two cumulative incidences over paired runs, by month, with both 95 % intervals.

    Parameters
    ----------
    months, at_base : each run's first month under the policy and at the baseline, -1 for never
    n_months : the horizon
    world : number of each run's world; runs of one number share a world
    weights : what each run counts; 1 if None

    Returns
    -------
    diff; low, high (the worlds given: runs are the sample within each world); ensemble_low, ensemble_high (the worlds are the
    sample): arrays (n_months,). An interval is nan where there are too few runs or worlds for one, and where no pair differs yet.
    Source: stratified and cluster samples (Cochran 1977).
    """
    months, at_base = np.asarray(months), np.asarray(at_base)
    weights = np.ones(len(months)) if weights is None else np.asarray(weights, float)
    place = np.unique(np.asarray(world), return_inverse=True)[1].ravel()
    n_worlds = int(place.max()) + 1
    here, there = (np.where(x < 0, n_months, np.minimum(x, n_months)) for x in (months, at_base))

    def between(begin: np.ndarray, end: np.ndarray) -> FloatArray:
        """Runs of each world and month that lie in [begin, end)."""
        chosen, counts = begin < end, np.zeros((n_worlds, n_months + 1))
        np.add.at(counts, (place[chosen], begin[chosen]), 1.0)
        np.add.at(counts, (place[chosen], end[chosen]), -1.0)
        return counts.cumsum(axis=1)[:, :n_months]

    only_policy, only_base = between(here, there), between(there, here)
    n = np.bincount(place, minlength=n_worlds).astype(float)
    share = np.bincount(place, weights, n_worlds) / weights.sum()
    own = (only_policy - only_base) / n[:, None]
    diff = share @ own
    with np.errstate(invalid="ignore", divide="ignore"):
        within = ((only_policy + only_base) / n[:, None] - own**2) / (n - 1.0)[:, None]
        error = np.sqrt((share**2) @ within)
        across = np.sqrt((share**2) @ (own - diff) ** 2 * n_worlds / max(n_worlds - 1, 1))
    moved = (only_policy + only_base).sum(axis=0) > 0
    half = np.where(moved, ndtri(0.5 + level / 2.0) * error, np.nan)
    worth = max(2, int(1.0 / (share**2).sum())) if n_worlds > 1 else 1
    wide = np.where(moved, over_worlds(worth, level) * across, np.nan)
    return {
        "diff": diff,
        "low": diff - half,
        "high": diff + half,
        "ensemble_low": diff - wide,
        "ensemble_high": diff + wide,
    }
