"""Expected value of perfect information, of everything and of single beliefs, with the noise of runs taken out.

The least of some noisy means is too low on average, in proportion to the variance of the noise, which doubles where half of the
runs are left out: the two together take that bias out (the antithetic estimator). For a belief, a regression
of losses on it, fitted on four fifths of the worlds, says which policy to take in the
rest, and there it is read what that choice saves. So what is reported is what a rule that was found saves where it was not found:
at most the true value, on average, and near it where worlds are many. Source: Raiffa and Schlaifer 1961; Giles and
Goda 2019 (antithetic); Strong, Oakley and
Brennan 2014 (regression); Heath, Manolopoulou and Baio 2017.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ...estimation import clusters
from ...typing import FloatArray, IntArray
from ..sensitivity.indices import DRAWS, LEVEL
from ..sensitivity.shapley import ridge

#: Parts of the worlds, each judged by what was found on the others.
FOLDS = 5


def perfect(losses: FloatArray, world: IntArray) -> dict[str, float]:
    """The expected value of perfect information on the world.

    Parameters
    ----------
    losses : array (2, n_policies, n_rows): expected loss of each policy in each world, by independent halves of the runs
    world : array (n_rows,), which of the different worlds each row is

    Returns
    -------
    dict: evpi with its 95 % interval low, high (the bias of the least noisy mean taken out by the two halves); found (chosen by
    one half,
    read from the other: on average not above the true value); plug_in (the least of the noisy means: on average not below it)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0, 0.0, 0.0, 0.0], [-1.0, 1.0, -1.0, 1.0]])
    >>> found = perfect(np.stack([x, x]), np.arange(4))
    >>> found["evpi"], found["plug_in"]
    (0.5, 0.5)
    """
    rows, found = np.arange(losses.shape[2]), np.zeros(losses.shape[2])
    for chooses, reads in ((0, 1), (1, 0)):
        held = int(losses[chooses].mean(1).argmin())
        found += 0.5 * (losses[reads, held] - losses[reads, losses[chooses].argmin(0), rows])
    whole = losses.mean(0)
    held = int(whole.mean(1).argmin())
    # The least of noisy means is low in proportion to the noise's variance, which half of the runs doubles.
    least = 2.0 * whole.min(0) - losses.min(1).mean(0)
    mean, low, high = clusters.mean_interval(whole[held] - least, world)
    return {
        "evpi": mean,
        "low": low,
        "high": high,
        "found": float(found.mean()),
        "plug_in": float((whole[held] - whole.min(0)).mean()),
    }


def conditional(x: FloatArray, y: FloatArray, weight: FloatArray, new: FloatArray, switch: bool) -> FloatArray:
    """Expected losses given a belief, at new values of it: array (n_new, n_policies).

    A cubic spline with a ridge penalty chosen by generalised cross-validation; of a switch the mean at each level.

    Parameters
    ----------
    x, y, weight : arrays (n,), (n, n_policies), (n,): the worlds that it is fitted on
    new : array (n_new,)
    switch : whether the belief is a structural switch
    """
    if switch or len(np.unique(x)) < 8:
        found = np.tile(np.average(y, axis=0, weights=weight), (len(new), 1))
        for level in np.unique(x):
            there = x == level
            found[new == level] = np.average(y[there], axis=0, weights=weight[there])
        return found
    from sklearn.preprocessing import SplineTransformer

    spline = SplineTransformer(n_knots=6, degree=3, knots="quantile", extrapolation="constant", include_bias=False)
    made = spline.fit_transform(x[:, None])
    return ridge(made, y, weight, spline.transform(new[:, None]))


def partial(
    losses: FloatArray, columns: FloatArray, names: Sequence[str], switches: Sequence[bool], world: IntArray, *, seed: int = 0,
    draws: int = DRAWS, progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The expected value of knowing one belief, for each of some.

    Parameters
    ----------
    losses : array (2, n_policies, n_rows)
    columns : array (n_rows, n_beliefs)
    names, switches : of the beliefs
    world : array (n_rows,), which of the different worlds each row is
    seed, draws : of folds and of the simultaneous intervals
    progress : called with beliefs done, and all

    Returns
    -------
    DataFrame: factor, evppi (saved on worlds that the regression has not seen), low, high (95 %, each for itself),
    low_all, high_all
    (simultaneous), in_sample (Strong et al.'s: the fitted least mean, on the same worlds; above the truth with few worlds), clear
    """
    first = np.unique(world, return_index=True)[1]
    copies = np.bincount(world).astype(float)
    n, n_policies = len(first), losses.shape[1]
    y = np.column_stack([np.bincount(world, one) / copies for one in losses.mean(0)])
    shifted = y - y[:, :1]
    weight = copies / copies.mean()
    rng = np.random.default_rng(seed)
    fold = rng.permutation(n) % FOLDS
    saved, fitted = np.zeros((n, len(names))), np.zeros(len(names))
    for k, (x, switch) in enumerate(zip(columns[first].T, switches, strict=True)):
        for part in range(FOLDS if n >= 2 * FOLDS else 0):
            there, here = fold != part, fold == part
            held = int(np.average(shifted[there], axis=0, weights=weight[there]).argmin())
            means = conditional(x[there], shifted[there], weight[there], x[here], switch)
            rows = np.flatnonzero(here)
            saved[rows, k] = y[rows, held] - y[rows, means.argmin(1)]
        means = conditional(x, shifted, weight, x, switch)
        fitted[k] = np.average(shifted, axis=0, weights=weight).min() - np.average(means.min(1), weights=weight)
        if progress:
            progress(k + 1, len(names))
    share = weight / weight.sum()
    mean = share @ saved
    influence = share[:, None] * (saved - mean)
    error = np.sqrt((influence**2).sum(0) * n / max(n - 1, 1))
    drawn = rng.standard_normal((draws, n)) @ influence
    moved = error > 0
    widest = np.quantile((np.abs(drawn[:, moved]) / error[moved]).max(1), LEVEL) if moved.any() else 0.0
    alone = stdtrit(max(1.0, clusters.effective(world) - 1.0), 0.5 + LEVEL / 2.0)
    return pd.DataFrame(
        {"factor": list(names), "evppi": mean, "low": mean - alone * error, "high": mean + alone * error,
         "low_all": mean - widest * error, "high_all": mean + widest * error, "in_sample": fitted,
         "clear": mean - widest * error > 0.0, "n_policies": n_policies, "n_different": n}
    )  # fmt: skip
