"""Shapley effects on an ensemble whose worlds weigh unequally and whose parameters depend on one another.

Evidence makes beliefs depend on one another; then no Sobol index divides the variance. The Shapley effect of a belief does: its
mean gain, over all orders in which beliefs become known, of the variance that is explained. What a set of beliefs explains is
estimated from the worlds that there are: a regression on the set, fitted twice on separate parts of the worlds and judged on the
rest, with the noise of runs taken out by the two halves. Source: Owen 2014; Song, Nelson and Staum
2016; Broto, Bachoc and Depecker
2020 (given data); Williamson and Feng 2020 (cross-fitted, with intervals).
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...typing import FloatArray, IntArray
from .indices import DRAWS, LEVEL

#: Parts of the worlds, each judged by what was fitted on the others.
FOLDS = 7
#: Beliefs that can be divided among at most: each further one doubles the sets.
MOST = 10
#: What the fitted regressions add to the spread over worlds: with it, intervals cover as they say in the check on dependent
#: normal beliefs (``tests/analysis/test_sensitivity.py``); without it 85 % of 95.
_FITTING = 1.25
#: Penalties of the ridge, as shares of the worlds.
_PENALTIES = 10.0 ** np.arange(-4.0, 2.0)


def basis(columns: FloatArray, switches: Sequence[bool]) -> list[FloatArray]:
    """Of each belief the functions that a conditional mean is made of: arrays (n, n_functions), each of mean 0.

    Legendre polynomials of degree 1 to 3 of a parameter over its span in the worlds; of a switch its levels but one.
    """
    found = []
    for x, switch in zip(columns.T, switches, strict=True):
        if switch:
            made = (
                np.column_stack([x == level for level in np.unique(x)[1:]]).astype(float)
                if np.ptp(x)
                else np.zeros((len(x), 1))
            )
        else:
            t = 2.0 * (x - x.min()) / max(float(np.ptp(x)), 1e-300) - 1.0
            made = np.column_stack([t, (3 * t**2 - 1) / 2, (5 * t**3 - 3 * t) / 2])
        found.append(made - made.mean(0))
    return found


def _features(parts: Sequence[FloatArray], chosen: Sequence[int]) -> FloatArray:
    """The functions of a set of beliefs: each one's own, and products of pairs up to degree 2 each."""
    own = [parts[k] for k in chosen]
    pairs = [
        (left[:, :2, None] * right[:, None, :2]).reshape(len(left), -1)
        for left, right in itertools.combinations(own, 2)
    ]
    return np.hstack([*own, *pairs])


def predicted(features: FloatArray, y: FloatArray, weight: FloatArray, fold: IntArray) -> FloatArray:
    """Each world's conditional mean twice, by ridges fitted on two other, separate parts of the worlds: array (2, n).

    Their errors are independent, so that the product of what the two leave has no variance of fitting in it.

    Parameters
    ----------
    features : array (n, p); p may be 0
    y, weight, fold : arrays (n,)
    """
    found = np.empty((2, len(y)))
    for k in range(FOLDS):
        here = fold == k
        for twin in (0, 1):
            there = ~here & ((fold - k) % FOLDS % 2 == twin)
            found[twin, here] = ridge(features[there], y[there, None], weight[there], features[here])[:, 0]
    return found


def ridge(features: FloatArray, y: FloatArray, weight: FloatArray, new: FloatArray) -> FloatArray:
    """Predictions at new features, by a ridge whose penalty generalised cross-validation chooses: array (n_new, n_targets).

    Parameters
    ----------
    features, y, weight : arrays (n, p), (n, n_targets), (n,); p may be 0
    new : array (n_new, p)
    """
    w = weight / weight.sum()
    centre = w @ y
    if not features.shape[1]:
        return np.tile(centre, (len(new), 1))
    middle = w @ features
    spread = np.sqrt(w @ (features - middle) ** 2)
    scale = np.where(spread > 1e-9, spread, np.inf)
    root = np.sqrt(w)[:, None]
    u, s, vt = np.linalg.svd(root * (features - middle) / scale, full_matrices=False)
    target = root * (y - centre)
    along, whole = u.T @ target, (target**2).sum(0)
    shrink = s**2 / (s**2 + _PENALTIES[:, None])
    left = whole - (2.0 * shrink - shrink**2) @ along**2
    freedom = 1.0 - (1.0 + shrink.sum(1)) / len(y)
    best = np.argmin(np.where(freedom[:, None] > 0.05, left / np.maximum(freedom[:, None], 0.05) ** 2, np.inf), axis=0)
    found: FloatArray = centre + (new - middle) / scale @ (
        vt.T @ (s[:, None] * along / (s[:, None] ** 2 + _PENALTIES[best]))
    )
    return found


def shapley(
    halves: FloatArray, columns: FloatArray, names: Sequence[str], switches: Sequence[bool], world: IntArray, *,
    draws: int = DRAWS, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Shapley effects of some beliefs on what is expected in a world.

    Parameters
    ----------
    halves : array (2, n_rows): means of two independent halves of a world's runs
    columns : array (n_rows, n_beliefs), at most ten
    names, switches : of the beliefs
    world : array (n_rows,), which of the different worlds each row is; copies of a world are one observation
    draws, seed : of the intervals

    Returns
    -------
    DataFrame: factor, shapley (share of the variance; all add up to what the beliefs explain together), low, high (simultaneous,
    95 %), explained (by all together), n_different
    """
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"Shapley effects are of 1 to {MOST} beliefs; {len(names)} were given")
    first = np.unique(world, return_index=True)[1]
    weight = np.bincount(world).astype(float)
    y = np.stack([np.bincount(world, half) / weight for half in halves])
    parts = basis(columns[first], switches)
    n, d, weight = len(first), len(names), weight / weight.sum()
    rng = np.random.default_rng(seed)
    fold = rng.permutation(n) % FOLDS
    both = y.mean(0)
    left = {}
    for chosen in itertools.chain.from_iterable(itertools.combinations(range(d), size) for size in range(d + 1)):
        features = _features(parts, chosen) if chosen else np.empty((n, 0))
        one, other = predicted(features, both, weight, fold)
        left[chosen] = 0.5 * ((y[0] - one) * (y[1] - other) + (y[0] - other) * (y[1] - one))
    gain = np.zeros((n, d))
    for chosen, before in left.items():
        share = (
            math.factorial(len(chosen)) * math.factorial(d - len(chosen) - 1) / math.factorial(d)
            if len(chosen) < d
            else 0.0
        )
        for k in set(range(d)) - set(chosen):
            gain[:, k] += share * (before - left[tuple(sorted({*chosen, k}))])
    spread = left[()]
    variance = float(weight @ spread)
    effect = weight @ gain / variance if variance > 0 else np.full(d, np.nan)
    influence = (gain - effect * spread[:, None]) / variance * weight[:, None]
    influence -= weight[:, None] * influence.sum(0)
    error = _FITTING * np.sqrt((influence**2).sum(0) * n / (n - 1))
    drawn = _FITTING * rng.standard_normal((draws, n)) @ influence
    widest = np.quantile((np.abs(drawn) / np.where(error > 0, error, np.inf)).max(1), LEVEL) if variance > 0 else np.nan
    return pd.DataFrame(
        {"factor": list(names), "shapley": effect, "low": effect - widest * error, "high": effect + widest * error,
         "explained": float(effect.sum()), "n_different": n}
    )  # fmt: skip
