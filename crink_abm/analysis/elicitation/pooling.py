"""Experts pooled, and worlds weighed by what the pool believes.

An expert's weights are the density of the expert's belief over that of the worlds. A linear pool is the mixture of the experts'
distributions: any of them may be right. A logarithmic pool multiplies their densities, each to the power of its share: it
lies where all agree. Source: Stone 1961; Genest and Zidek 1986. A band on an outcome is met by Jeffrey's rule: the belief in
the band becomes what is said, and nothing changes within or outside it; several bands in turn until all are met (Deming and
Stephan 1940).
"""

import math
from typing import Literal

import numpy as np
from scipy.special import logsumexp

from ...estimation.resampling import effective_size
from ...typing import FloatArray, IntArray

_ROUNDS, _NEAR = 500, 1e-9


def pooled(log_ratio: FloatArray, shares: FloatArray, kind: Literal["linear", "logarithmic"]) -> FloatArray:
    """Weights of worlds under a pool of experts: array (n_worlds,), summing to 1.

    Parameters
    ----------
    log_ratio : array (n_experts, n_worlds), the log of each expert's density over that of the worlds, up to a constant
    shares : array (n_experts,), what each expert weighs; brought to sum to 1
    kind : how they are pooled

    Examples
    --------
    >>> both = np.log(np.array([[0.8, 0.2], [0.2, 0.8]]))
    >>> pooled(both, np.array([3.0, 1.0]), "linear").round(2).tolist()
    [0.65, 0.35]
    >>> pooled(both, np.array([1.0, 1.0]), "logarithmic").round(2).tolist()
    [0.5, 0.5]
    """
    shares = np.asarray(shares, float) / np.sum(shares)
    log = log_ratio - logsumexp(log_ratio, axis=1, keepdims=True)
    if kind == "linear":
        made: FloatArray = shares @ np.exp(log)
        return made / made.sum()
    total = np.where(np.isneginf(log).any(0), -np.inf, shares @ np.where(np.isneginf(log), 0.0, log))
    return np.asarray(np.exp(total - logsumexp(total)))


def effective(weights: FloatArray, number: IntArray) -> float:
    """How many different worlds of equal weight these are worth (Kish); copies of a world are one."""
    return effective_size(np.bincount(number, weights))


def in_bands(log_ratio: FloatArray, inside: FloatArray, wanted: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
    """Weights such that each band has the probability that is wanted (Jeffrey's rule), by turns.

    Parameters
    ----------
    log_ratio : array (n_worlds,), log weights before
    inside : array (n_bands, n_worlds), the probability that a world lies in each band, as its runs tell
    wanted : array (n_bands,)

    Returns
    -------
    (log weights after, the probability that a world lies in each band after, whether all bands are met)
    """
    weight = np.exp(log_ratio - log_ratio.max())
    factor = np.ones((len(wanted), 2))

    def parts() -> FloatArray:
        return inside * factor[:, :1] + (1.0 - inside) * factor[:, 1:]

    met = False
    for _ in range(_ROUNDS):
        worst = 0.0
        for k, want in enumerate(wanted):
            each = parts()
            others = weight * np.prod(np.delete(each, k, 0), axis=0)
            has = float(others @ (inside[k] * factor[k, 0])), float(others @ ((1.0 - inside[k]) * factor[k, 1]))
            if not (has[0] > 0.0 and has[1] > 0.0) or not math.isfinite(sum(has)):
                return log_ratio, inside, False
            worst = max(worst, abs(has[0] / sum(has) - want))
            factor[k] *= want / has[0], (1.0 - want) / has[1]
        if worst < _NEAR:
            met = True
            break
    with np.errstate(divide="ignore"):
        return log_ratio + np.log(np.prod(parts(), axis=0)), inside * factor[:, :1] / parts(), met


def quantile(x: FloatArray, weights: FloatArray, u: FloatArray) -> FloatArray:
    """Weighted quantiles."""
    order = np.argsort(x, kind="stable")
    cumulated = np.cumsum(weights[order]) - weights[order] / 2.0
    return np.interp(u, cumulated / weights.sum(), x[order])
