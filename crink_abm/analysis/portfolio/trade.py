"""What levers and pillars trade for: break-even prices, Shapley shares, odds at which one policy is preferred to another."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...estimation import clusters
from ...estimation.intervals import over_worlds
from ...typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Ratio:
    """A ratio of two noisy means, with Fieller's 95 % set.

    Attributes
    ----------
    value : the ratio of the means
    kind : ``interval`` (from low to high), ``outside`` (all but what lies between low and high: the denominator may be 0), or
        ``all`` (any ratio: neither differs from 0)
    low, high : the ends; nan for ``all``
    """

    value: float
    kind: str
    low: float
    high: float

    def holds(self, ratio: float) -> bool:
        """Whether a ratio lies in the set."""
        inside = self.low <= ratio <= self.high
        return self.kind == "all" or (inside if self.kind == "interval" else not inside)


def moments(x: FloatArray, world: IntArray) -> tuple[FloatArray, FloatArray, float]:
    """Means over rows, their covariance with the worlds as the sample, and the factor of a 95 % interval.

    Parameters
    ----------
    x : array (n_rows, n)
    world : which of the different worlds each row is
    """
    _, which, copies = np.unique(world, return_inverse=True, return_counts=True)
    mean, n = x.mean(0), len(copies)
    apart = np.zeros((n, x.shape[1]))
    np.add.at(apart, which, x - mean)
    error = apart.T @ apart * n / max(n - 1, 1) / len(x) ** 2
    return mean, error, float(over_worlds(max(2, int(clusters.effective(which)))))


def fieller(mean: Sequence[float], error: FloatArray, factor: float) -> Ratio:
    """Fieller's set of mean[0] / mean[1].

    Parameters
    ----------
    mean, error : of numerator and denominator: two means, and their covariance (2, 2)
    factor : standard errors of the interval

    Examples
    --------
    >>> fieller([2.0, 1.0], np.diag([0.01, 0.01]), 2.0).kind
    'interval'
    >>> fieller([2.0, 0.1], np.diag([0.01, 0.01]), 2.0).kind
    'outside'

    Source: Fieller 1954.
    """
    (top, low), square = mean, factor**2
    a, b, c = low**2 - square * error[1, 1], top * low - square * error[0, 1], top**2 - square * error[0, 0]
    value = float(top / low) if low else math.nan
    inner = b * b - a * c
    if a == 0.0 or inner < 0.0 or (a < 0.0 and inner == 0.0):
        return Ratio(value, "all", math.nan, math.nan)
    ends = sorted(((b - math.sqrt(inner)) / a, (b + math.sqrt(inner)) / a))
    return Ratio(value, "interval" if a > 0.0 else "outside", float(ends[0]), float(ends[1]))


def break_even(
    lowered_a: FloatArray, lowered_b: FloatArray, cost_a: float, cost_b: float, world: IntArray
) -> tuple[Ratio, float, float]:
    """The cost of A, as a multiple of its declared one, at which it lowers the loss as much for its cost as B does.

    Above 1, A may cost more than declared and still be as good a buy as B; below 1, it must be so much cheaper.

    Parameters
    ----------
    lowered_a, lowered_b : arrays (n_worlds,), by how much each lowers the loss (paired)
    cost_a, cost_b : declared costs, above 0

    Returns
    -------
    (the multiple, mean of A, mean of B)
    """
    mean, error, factor = moments(np.column_stack([lowered_a / cost_a, lowered_b / cost_b]), world)
    return fieller(mean.tolist(), error, factor), float(mean[0] * cost_a), float(mean[1] * cost_b)


def coalitions(pillars: Mapping[str, Mapping[str, Any]]) -> dict[frozenset[str], dict[str, Any]]:
    """Every coalition of pillars, with its levers; the empty one first."""
    return {
        frozenset(some): {lever: level for name in some for lever, level in pillars[name].items()}
        for size in range(len(pillars) + 1)
        for some in itertools.combinations(pillars, size)
    }


def shapley(value: Mapping[frozenset[str], FloatArray], world: IntArray) -> pd.DataFrame:
    """Shapley shares of pillars, interactions of pairs, and super-additivity, with intervals.

    Parameters
    ----------
    value : coalition -> array (n_worlds,), what it gains over none (paired); all coalitions
    world : which of the different worlds each row is

    Returns
    -------
    DataFrame with kind (``share``, ``alone``, ``pair``, ``all``, ``excess``), pillars, value, low, high (95 %, worlds as the
    sample). ``share``: Shapley value; they sum to ``all``, what all pillars together gain. ``pair``: Shapley interaction index,
    above 0 where two pillars reinforce each other. ``excess``: ``all`` less the sum of those alone.

    Examples
    --------
    Two pillars that gain 1 and 2 alone and 4 together:

    >>> gain = {frozenset(): 0.0, frozenset("a"): 1.0, frozenset("b"): 2.0, frozenset("ab"): 4.0}
    >>> table = shapley({key: np.full(3, x) for key, x in gain.items()}, np.arange(3))
    >>> table[["kind", "value"]].values.tolist()[:2], float(table["value"].iloc[-1])
    ([['share', 1.5], ['share', 2.5]], 1.0)

    Source: Shapley 1953; Grabisch and Roubens 1999 (interaction index).
    """
    every = max(value, key=len)
    names = sorted(every)
    n = len(names)

    def over(size: int, others: int) -> float:
        return math.factorial(size) * math.factorial(others - size) / math.factorial(others + 1)

    def total(parts: Iterable[FloatArray]) -> FloatArray:
        return np.sum(list(parts), axis=0)

    def subsets(left: Sequence[str]) -> list[frozenset[str]]:
        return [frozenset(some) for size in range(len(left) + 1) for some in itertools.combinations(left, size)]

    found: list[tuple[str, str, FloatArray]] = []
    for name in names:
        rest = subsets([one for one in names if one != name])
        found.append(("share", name, total(over(len(s), n - 1) * (value[s | {name}] - value[s]) for s in rest)))
    found += [("alone", name, value[frozenset([name])]) for name in names]
    for a, b in itertools.combinations(names, 2):
        rest = subsets([one for one in names if one not in (a, b)])
        mixed = total(
            over(len(s), n - 2) * (value[s | {a, b}] - value[s | {a}] - value[s | {b}] + value[s]) for s in rest
        )
        found.append(("pair", f"{a} x {b}", mixed))
    found.append(("all", " + ".join(names), value[every]))
    found.append(("excess", " + ".join(names), value[every] - sum(value[frozenset([name])] for name in names)))
    return pd.DataFrame(
        [(kind, what, *clusters.mean_interval(np.asarray(x, float), world)) for kind, what, x in found],
        columns=["kind", "pillars", "value", "low", "high"],
    )


def odds(apart: FloatArray, good: BoolArray, bad: BoolArray, world: IntArray) -> dict[str, Any]:
    """The probability of the bad case at which two policies A and B are equally good.

    Parameters
    ----------
    apart : array (n_worlds,), loss of A less loss of B (paired)
    good, bad : rows of each case; none in both
    world : which of the different worlds each row is

    Returns
    -------
    dict with good, good_low, good_high, bad, ... (mean loss of A less B in each case, 95 %); p, the break-even probability of
    the bad case (nan if none lies in [0, 1]); p_kind, p_low, p_high, Fieller's set within [0, 1]; prefer: ``A above p``,
    ``B above p``, or ``A``, ``B`` at any odds by the means; settled, whether the 95 % sets of both cases have a sign

    Examples
    --------
    >>> rows = np.arange(40)
    >>> found = odds(np.where(rows < 20, -1.0, 3.0) + 0.01 * (rows % 3), rows < 20, rows >= 20, rows)
    >>> round(found["p"], 2), found["prefer"]
    (0.25, 'B above p')

    Source: Rosenhead et al. 1972; Lempert et al. 2003.
    """
    ends: dict[str, Any] = {}
    var = {}
    for name, rows in (("good", good), ("bad", bad)):
        mean, error, factor = moments(apart[rows][:, None], world[rows])
        half = factor * math.sqrt(error[0, 0])
        ends |= {name: float(mean[0]), f"{name}_low": float(mean[0] - half), f"{name}_high": float(mean[0] + half)}
        var[name] = error[0, 0] * (factor / 1.959963984540054) ** 2  # as wide as with as many worlds as there are
    error = np.array([[var["good"], var["good"]], [var["good"], var["good"] + var["bad"]]])
    ratio = fieller([ends["good"], ends["good"] - ends["bad"]], error, 1.959963984540054)
    crosses = (ends["good"] > 0) != (ends["bad"] > 0)
    low, high = 0.0, 1.0
    if ratio.kind == "interval":
        low, high = max(0.0, ratio.low), min(1.0, ratio.high)
    elif ratio.kind == "outside":
        below, above = ratio.low >= 0.0, ratio.high <= 1.0
        low, high = (0.0 if below else max(0.0, ratio.high)), (1.0 if above else min(1.0, ratio.low))
    if low > high:
        low = high = math.nan  # no odds at which they could be equal
    prefer = ("A" if ends["bad"] < 0 else "B") + (" above p" if crosses else "")
    settled = all(ends[f"{name}_low"] > 0 or ends[f"{name}_high"] < 0 for name in ("good", "bad"))
    return {**ends, "p": ratio.value if crosses else math.nan, "p_kind": ratio.kind, "p_low": low, "p_high": high,
            "prefer": prefer, "settled": settled}  # fmt: skip
