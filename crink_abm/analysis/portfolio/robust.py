"""Which policy is robust: by the mean over worlds, by the 90th percentile over worlds, by the greatest regret over structures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...ensemble.worlds import Worlds
from ...estimation import clusters
from ...model.parameters import SWITCHES
from ...typing import BoolArray, FloatArray, IntArray

#: Criteria: column -> meaning.
CRITERIA = {
    "mean": "mean over worlds",
    "p90": "90th percentile over worlds",
    "regret": "greatest regret over structures",
}
#: Different worlds below which a structure is left out.
LEAST_WORLDS = 15


def structures_of(worlds: Worlds, least: int = LEAST_WORLDS) -> tuple[dict[str, BoolArray], list[str]]:
    """The structural cases of an ensemble, a level of a switch each: (case -> its rows, cases that have too few worlds)."""
    found, few = {}, []
    for p in SWITCHES:
        column = worlds.column(p.name)
        levels = [level for level in p.levels if (column == int(level)).any()]
        for level in levels if len(levels) > 1 else ():
            name, rows = f"{p.name} {level.name.lower()}", column == int(level)
            if len(np.unique(worlds.number[rows])) >= least:
                found[name] = rows
            else:
                few.append(name)
    return found, few


def percentile(halves: FloatArray, level: float = 90.0) -> FloatArray:
    """A percentile over worlds of each policy's expected loss, noise taken out: array (n_policies,).

    World means are drawn towards their mean until their variance is that of the worlds alone, which the covariance of two
    halves of the runs gives.

    Parameters
    ----------
    halves : array (n_policies, 2, n_worlds)

    Source: Louis 1984 (ensembles of constrained empirical Bayes estimates).
    """
    own, mean = halves.mean(1), halves.mean((1, 2))
    apart = halves - halves.mean(2, keepdims=True)
    signal, total = (apart[:, 0] * apart[:, 1]).mean(1), own.var(1)
    share = np.sqrt(np.clip(np.divide(signal, total, out=np.zeros_like(total), where=total > 0), 0.0, 1.0))
    quantile: FloatArray = np.percentile(mean[:, None] + share[:, None] * (own - mean[:, None]), level, axis=1)
    return quantile


def regrets(halves: FloatArray, cases: Mapping[str, BoolArray]) -> tuple[FloatArray, IntArray]:
    """Regret of each policy in each case: its mean loss there, less that of the policy that is best there.

    The best of a case is found in one half of the runs and judged in the other, and the two ways are averaged: the least of
    many noisy means would be too low.

    Parameters
    ----------
    halves : array (n_policies, 2, n_worlds)

    Returns
    -------
    regret : array (n_policies, n_cases)
    best : array (n_cases,), the policy with the least mean of all runs
    """
    regret, best = np.zeros((len(halves), len(cases))), np.zeros(len(cases), np.int64)
    for c, rows in enumerate(cases.values()):
        mean = halves[:, :, rows].mean(2)
        for h in range(2):
            regret[:, c] += (mean[:, 1 - h] - mean[mean[:, h].argmin(), 1 - h]) / 2.0
        best[c] = mean.mean(1).argmin()
    return regret, best


def criteria(halves: FloatArray, cases: Mapping[str, BoolArray]) -> pd.DataFrame:
    """Each policy's mean, 90th percentile and greatest regret: a row a policy, a column a criterion; the case of that regret.

    Examples
    --------
    Two policies in two worlds, each a case: the first is never worse than the second.

    >>> halves = np.array([[[0.1, 0.2]] * 2, [[0.3, 0.2]] * 2])
    >>> criteria(halves, {"a": np.array([True, False]), "b": np.array([False, True])})["regret"].round(2).tolist()
    [0.0, 0.2]
    """
    table = pd.DataFrame({"mean": halves.mean((1, 2)), "p90": percentile(halves)})
    if cases:
        regret, _ = regrets(halves, cases)
        table["regret"] = regret.max(1)
        table["worst_case"] = np.array(list(cases))[regret.argmax(1)]
    return table


def regret_matrix(
    names: Sequence[str], losses: FloatArray, best: Mapping[str, FloatArray], best_name: Mapping[str, str],
    cases: Mapping[str, BoolArray], number: IntArray,
) -> pd.DataFrame:  # fmt: skip
    """Regrets in fresh runs, with intervals.

    Parameters
    ----------
    names : of the policies
    losses : array (n_policies, n_worlds), mean losses in runs by which no policy was chosen
    best : case -> array (n_worlds,), the same of the policy that earlier runs found best in it
    best_name : case -> that policy's name
    cases : case -> its rows
    number : which of the different worlds each row is

    Returns
    -------
    DataFrame, a row a policy and case: regret, low, high (95 %, the worlds as the sample), best, n_worlds, n_different
    """
    rows: list[tuple[Any, ...]] = []
    for k, name in enumerate(names):
        for case, mask in cases.items():
            apart = (losses[k] - best[case])[mask]
            found = clusters.mean_interval(apart, number[mask])
            rows.append((name, case, *found, best_name[case], int(mask.sum()), len(np.unique(number[mask]))))
    return pd.DataFrame(rows, columns=["policy", "case", "regret", "low", "high", "best", "n_worlds", "n_different"])
