"""Whether a change is more than noise: tests of paired changes, and many of them at once."""

import numpy as np
from scipy.special import bdtr, stdtr

from ..typing import ArrayLike, FloatArray


def difference_test(
    only_here: ArrayLike,
    only_base: ArrayLike,
    diff: ArrayLike,
    ensemble_se: ArrayLike,
    freedom: ArrayLike,
    residual_se: ArrayLike = np.nan,
) -> FloatArray:
    """Two-sided p-values that a paired difference is zero, the more cautious of two tests.

    The first takes the worlds as given and the runs as the sample: Student's test on ``residual_se``, the difference's standard
    error by control variates, with as many degrees of freedom as pairs differ, or where that is nan the exact McNemar test.
    The second takes the worlds as the sample: Student's test on ``ensemble_se`` with the ``freedom`` of the worlds seen. Both are
    the tests that the intervals belong to. A difference is called clear only if both say so. Source: McNemar 1947.
    """
    only_here, only_base = np.asarray(only_here), np.asarray(only_base)
    diff, error, freedom, residual_se = (np.asarray(x, float) for x in (diff, ensemble_se, freedom, residual_se))
    moved = np.maximum(only_here + only_base, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        over_worlds = np.where(error > 0, 2.0 * stdtr(freedom, -np.abs(diff) / error), 0.0)
        by_residuals = np.where(
            residual_se > 0, 2.0 * stdtr(moved, -np.abs(diff) / residual_se), mcnemar(only_here, only_base)
        )
    return np.maximum(by_residuals, over_worlds)


def mcnemar(only_here: ArrayLike, only_base: ArrayLike) -> FloatArray:
    """Two-sided p-values of the exact McNemar test: the discordant pairs split evenly. Source: McNemar 1947."""
    smaller, n = np.minimum(only_here, only_base), np.add(only_here, only_base)
    return np.where(n == 0, 1.0, np.minimum(1.0, 2.0 * bdtr(smaller, np.maximum(n, 1), 0.5)))


def false_discovery(p_values: ArrayLike) -> FloatArray:
    """Benjamini-Hochberg q-values of a family of tests.

    A map with a thousand cells would show fifty "significant" ones by chance; among the cells with a q-value of
    at most 0.05, at most one in twenty is expected to be such. Source: Benjamini and Hochberg 1995.
    """
    p_values = np.asarray(p_values, float)  # scipy.stats has this too, and takes half a second of every command to load
    order = np.argsort(p_values)
    scaled = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    q_values = np.empty_like(scaled)
    q_values[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q_values
