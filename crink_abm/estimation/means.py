"""Means of measures over runs, and their paired changes, with intervals: what a user asks for besides the outcomes.

A measure that is given something is a ratio of two means; it is linearised about itself. The worlds given, noise is what runs of
one world differ in; over the ensemble a world is one observation. No control variates are used.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..typing import FloatArray, IntArray
from . import intervals, over_worlds

#: How such a mean came about, in the column ``method``.
MEANS = "means"
#: Degrees of freedom within worlds below which the runs themselves are taken for the sample.
_LEAST_FREEDOM = 30

#: A number a run and which runs count: arrays (n,), (n,).
Numbers = tuple[FloatArray, FloatArray]


def influence(numbers: Numbers, weight: FloatArray) -> tuple[float, FloatArray]:
    """(the mean among the runs that count, what each run moves it by times the number of runs: array (n,), mean 0)."""
    number, among = numbers
    total = float((weight * among).sum())
    if not total:
        return float("nan"), np.full(len(number), np.nan)
    mean = float((weight * among * number).sum()) / total
    return mean, weight * among * (number - mean) * (len(number) / total)


def errors(moves: FloatArray, world: IntArray) -> tuple[float, float, float]:
    """Standard errors of a mean of which each run moves so much: (the worlds given, the worlds as the sample, worlds less one).

    Source: the ratio estimator of a stratified and of a cluster sample (Cochran 1977, 6.4, 11.4).
    """
    n, runs = len(moves), np.bincount(world)
    seen = runs > 0
    sums, runs = np.bincount(world, moves)[seen], runs[seen]
    freedom = n - len(runs)
    within = float((moves**2).sum() - (sums**2 / runs).sum()) / max(freedom, 1)
    plain = float((moves**2).sum()) / max(n - 1, 1)
    given = np.sqrt((within if freedom >= _LEAST_FREEDOM else plain) / n)
    worlds = float(runs.sum() ** 2 / (runs**2).sum())
    if len(runs) < 2:
        return float(given), float("nan"), 0.0
    over = np.sqrt((sums**2).sum() * len(runs) / (len(runs) - 1)) / n
    return float(given), float(max(over, given)), worlds - 1.0


def row(here: Numbers, base: Numbers | None, world: IntArray, weight: FloatArray) -> Mapping[str, Any]:
    """Columns of a table of estimates for one measure under one policy.

    Parameters
    ----------
    here, base : the number of each run and whether it counts (1 or 0), under the policy and at the baseline on the same runs
    world : array (n,), which of the different worlds each run lives in
    weight : array (n,), what each run counts

    Returns
    -------
    prob, low, high, ensemble_low, ensemble_high, n_runs (those that count), n_events (-1 of what is no share); and of the change:
    diff, diff_low, ... (n_only_policy and n_only_baseline are -1: not counted)

    Examples
    --------
    >>> import numpy as np
    >>> x, every = np.array([0.0, 1.0, 1.0, 0.0] * 50), np.ones(200)
    >>> found = row((x, every), None, np.arange(200) % 10, every)
    >>> found["prob"], found["n_runs"]
    (0.5, 200)
    """
    mean, moves = influence(here, weight)
    count = int((here[1] > 0).sum())
    shares = np.isin(here[0], (0.0, 1.0)).all()
    events = int((here[0] * here[1]).sum()) if shares else -1
    out: dict[str, Any] = {"prob": mean, "n_runs": count, "n_events": events, "method": MEANS}
    out |= {"n_only_policy": -1, "n_only_baseline": -1}
    out |= _ends("", mean, moves, world, count if shares else 0)
    if base is not None:
        at_base, moved = influence(base, weight)
        out |= {"diff": mean - at_base, "base_prob": at_base, "diff_method": MEANS}
        out |= _ends("diff_", mean - at_base, moves - moved, world, 0)
    return out


def _ends(prefix: str, value: float, moves: FloatArray, world: IntArray, trials: int) -> dict[str, float]:
    """Ends of both intervals; of shares of ``trials`` runs Clopper's and Pearson's, of as many runs as have the same error."""
    given, over, freedom = errors(moves, world)
    low, high = intervals.normal_interval(value, given)
    wide: tuple[Any, ...] = over_worlds.student(value, over, max(freedom, 1.0))
    if trials:
        worth = value * (1.0 - value) / given**2 if given > 0.0 else trials
        low, high = intervals.clopper_pearson(value * worth, worth)
        wide = over_worlds.on_the_logit(value, over, max(freedom, 1.0))
    return {
        f"{prefix}low": float(low), f"{prefix}high": float(high),
        f"{prefix}ensemble_low": float(np.fmin(wide[0], low)) if freedom > 0.0 else np.nan,
        f"{prefix}ensemble_high": float(np.fmax(wide[1], high)) if freedom > 0.0 else np.nan,
    }  # fmt: skip
