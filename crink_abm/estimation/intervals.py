"""Probabilities and changes of them with their intervals.

Every function takes arrays and returns arrays of the same shape; counts are
integers. Intervals are two-sided at ``LEVEL``.
"""

from typing import Any

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from ..typing import ArrayLike, FloatArray

LEVEL = 0.95


def jeffreys(events: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Jeffreys interval of a probability: quantiles of Beta(k + 1/2, n - k + 1/2), 0 and 1 kept at the ends.

    Source: Brown, Cai and DasGupta 2001. With n = 0 the interval is (nan, nan).
    """
    events, n = np.asarray(events, float), np.asarray(n, float)
    tail = (1.0 - level) / 2.0
    low = np.where(events == 0, 0.0, betaincinv(events + 0.5, n - events + 0.5, tail))
    high = np.where(events == n, 1.0, betaincinv(events + 0.5, n - events + 0.5, 1.0 - tail))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def clopper_pearson(events: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Clopper-Pearson interval: never covers less than ``level``, at some cost in width."""
    events, n = np.asarray(events, float), np.asarray(n, float)
    tail = (1.0 - level) / 2.0
    low = np.where(events == 0, 0.0, betaincinv(np.maximum(events, 0.5), n - events + 1.0, tail))
    high = np.where(events == n, 1.0, betaincinv(events + 1.0, np.maximum(n - events, 0.5), 1.0 - tail))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


#: Name of an interval -> the function.
INTERVALS = {"jeffreys": jeffreys, "clopper-pearson": clopper_pearson}
#: What a reader may ask for: counts with one of these intervals, or the narrowest valid one.
KINDS = ("best", *INTERVALS)


def wilson(events: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval (used inside Newcombe's; not reported by itself)."""
    events, n = np.asarray(events, float), np.asarray(n, float)
    z = ndtri(0.5 + level / 2.0)
    centre = (events + z * z / 2.0) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(events * (n - events) / n + z * z / 4.0)
    return centre - half, centre + half


def newcombe(
    only_here: ArrayLike, only_base: ArrayLike, both: ArrayLike, n: ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Newcombe's method 10 for a difference of paired proportions, here minus base.

    Parameters
    ----------
    only_here, only_base, both : counts of runs with the event only under this policy, only under the
        baseline, under both; ``n`` is the number of pairs.

    Returns
    -------
    (difference, low, high). Source: Newcombe 1998, Statistics in Medicine 17, 2635-2650.
    """
    only_here, only_base, both, n = (np.asarray(x, float) for x in (only_here, only_base, both, n))
    neither = n - only_here - only_base - both
    here, base = both + only_here, both + only_base
    p, q = here / n, base / n
    p_low, p_high = wilson(here, n, level)
    q_low, q_high = wilson(base, n, level)
    product = here * (n - here) * base * (n - base)
    cross = both * neither - only_here * only_base
    top = np.where(cross > 0, np.maximum(cross - n / 2.0, 0.0), cross)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = np.where(product > 0, top / np.sqrt(product), 0.0)
    down, up = p - p_low, q_high - q
    low = p - q - np.sqrt(np.maximum(down**2 - 2.0 * phi * down * up + up**2, 0.0))
    up, down = p_high - p, q - q_low
    high = p - q + np.sqrt(np.maximum(up**2 - 2.0 * phi * up * down + down**2, 0.0))
    return p - q, low, high


def normal_interval(centre: Any, error: ArrayLike, level: float = LEVEL) -> tuple[Any, Any]:
    """Normal interval: ``centre`` less and plus so many standard errors ``error``."""
    half = ndtri(0.5 + level / 2.0) * np.asarray(error, float)
    return centre - half, centre + half


def over_worlds(n_worlds: int, level: float = LEVEL) -> float:
    """How many standard errors wide an interval is on either side where ``n_worlds`` worlds are the sample (Student's t)."""
    return float(stdtrit(n_worlds - 1, 0.5 + level / 2.0)) if n_worlds > 1 else float("nan")


def mean_interval(
    total: ArrayLike, squares: ArrayLike, n: ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean of a count or share with its normal interval, from sums: (mean, low, high)."""
    total, squares, n = (np.asarray(x, float) for x in (total, squares, n))
    mean = total / n
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(squares / n - mean**2, 0.0) / (n - 1.0)) * ndtri(0.5 + level / 2.0)
    return mean, mean - error, mean + error
