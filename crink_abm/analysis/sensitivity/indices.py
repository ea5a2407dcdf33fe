"""Sobol indices of what is expected in a world, from two independent halves of its runs, with simultaneous intervals.

A mean over a world's runs is its expectation plus noise. An index worked out from such means takes the noise for variance.
Here every product is taken across the halves, whose noise is independent: its expectation is the product of expectations,
however few runs there are. Source: Saltelli et al. 2010 (the design and the estimators); Hothorn et al. 2008 (max-t intervals);
Iooss et al. 2017 on noisy (stochastic) simulators.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...typing import FloatArray

#: Bootstrap samples of the design's blocks.
DRAWS = 1000
#: Level of the simultaneous intervals.
LEVEL = 0.95
#: A noise-free variance below this share of the mean square of both halves is none.
_NONE = 1e-12


@dataclass(frozen=True, eq=False)
class Sobol:
    """Indices of one question.

    Attributes
    ----------
    factors : names
    variance : of the expectation over the design, noise taken out
    noise : variance of the noise of a world's mean over both halves
    first, total : arrays (n_factors, 3): index, low, high; the intervals of all these hold at once with probability 0.95
    second : array (n_factors, n_factors, 3), above the diagonal; intervals simultaneous among pairs; nan elsewhere
    draws_total : array (n_draws, n_factors), the bootstrap's total indices: of differences and ranks
    n_blocks : blocks of the design
    """

    factors: tuple[str, ...]
    variance: float
    noise: float
    first: FloatArray
    total: FloatArray
    second: FloatArray
    draws_total: FloatArray
    n_blocks: int

    @property
    def answered(self) -> bool:
        """Whether any variance was found above the noise."""
        return bool(np.isfinite(self.total[:, 0]).all())

    def table(self) -> pd.DataFrame:
        """A row a factor: first and total with their intervals."""
        columns = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
        found = pd.DataFrame(np.hstack([self.first, self.total]), columns=columns)
        found.insert(0, "factor", self.factors)
        return found


def _cross(x: FloatArray, y: FloatArray) -> FloatArray:
    """Products across the halves (the last axis), both ways."""
    product: FloatArray = 0.5 * (x[..., 0] * y[..., 1] + x[..., 1] * y[..., 0])
    return product


def sobol(values: FloatArray, factors: Sequence[str], *, draws: int = DRAWS, seed: int = 0) -> Sobol:
    """First, total and second order indices of a Saltelli design with both swaps.

    Parameters
    ----------
    values : array (n_blocks, 2 n_factors + 2, 2): means of both halves of the runs, rows of a block in SALib's order
        (A; A with one column of B each; B with one column of A each; B)
    factors : names of the columns, or of groups of columns
    draws, seed : of the bootstrap over blocks

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).random((512, 2))
    >>> a, b = x, np.random.default_rng(2).random((512, 2))
    >>> rows = [a, np.c_[b[:, 0], a[:, 1]], np.c_[a[:, 0], b[:, 1]], np.c_[a[:, 0], b[:, 1]], np.c_[b[:, 0], a[:, 1]], b]
    >>> y = np.stack([2 * row[:, 0] + row[:, 1] for row in rows], axis=1)
    >>> found = sobol(np.stack([y, y], axis=-1), ["x", "y"])
    >>> np.round(found.first[:, 0], 1).tolist()
    [0.8, 0.2]
    """
    n, d = len(values), len(factors)
    a, b = values[:, 0], values[:, -1]
    centre = 0.5 * (a.mean(0) + b.mean(0))  # by half, so that a half's mean and the other's are independent
    f = values - centre
    a, b, swapped_a, swapped_b = f[:, 0], f[:, -1], f[:, 1 : d + 1], f[:, d + 1 : 2 * d + 1]
    both_a, both_b = a[:, None], b[:, None]
    # Of each block: what its mean over blocks estimates.
    variance = 0.5 * (_cross(a, a) + _cross(b, b))
    first = 0.5 * (_cross(both_b, swapped_a - both_a) + _cross(both_a, swapped_b - both_b))
    total = 0.25 * (_cross(both_a - swapped_a, both_a - swapped_a) + _cross(both_b - swapped_b, both_b - swapped_b))
    left, right = np.triu_indices(d, 1)
    alike = _cross(a, b)[:, None]
    closed = (
        0.5 * (_cross(swapped_b[:, left], swapped_a[:, right]) + _cross(swapped_b[:, right], swapped_a[:, left]))
        - alike
    )
    pairs = closed - first[:, left] - first[:, right]
    noise = float(((values[..., 0] - values[..., 1]) ** 2).mean() / 4.0)
    parts = np.hstack([variance[:, None], first, total, pairs])
    # The means of A and of B are taken out of each half: what is lost so of the products is put back (n / (n - 1) of 2 n rows).
    parts[:, 0] *= 2 * n / (2 * n - 1.0)
    means = parts.mean(0)
    if means[0] <= _NONE * (values**2).mean():
        empty = np.full((d, 3), np.nan)
        return Sobol(
            tuple(factors), float(means[0]), noise, empty, empty.copy(), np.full((d, d, 3), np.nan),
            np.full((draws, d), np.nan), n,
        )  # fmt: skip
    picked = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), draws) / n
    drawn = picked @ parts
    ratio = drawn[:, 1:] / np.where(drawn[:, :1] > 0.0, drawn[:, :1], np.nan)
    indices = means[1:] / means[0]
    one = simultaneous(indices[: 2 * d], ratio[:, : 2 * d])
    two = simultaneous(indices[2 * d :], ratio[:, 2 * d :]) if d > 1 else np.empty((0, 3))
    second = np.full((d, d, 3), np.nan)
    second[left, right] = two
    return Sobol(
        tuple(factors), float(means[0]), noise, one[:d], one[d:], second,
        ratio[:, d : 2 * d], n,
    )  # fmt: skip


def simultaneous(found: FloatArray, drawn: FloatArray, level: float = LEVEL) -> FloatArray:
    """Intervals that hold all at once, by the largest standardised deviation of a bootstrap: array (n, 3), found, low, high.

    Parameters
    ----------
    found : array (n,)
    drawn : array (n_draws, n), the bootstrap's; a draw with nan is left out
    """
    whole = drawn[np.isfinite(drawn).all(1)]
    if len(whole) < 0.9 * len(drawn) or len(whole) < 20:
        return np.column_stack([found, np.full_like(found, np.nan), np.full_like(found, np.nan)])
    error = whole.std(0, ddof=1)
    safe = np.where(error > 0.0, error, np.inf)
    largest = np.quantile((abs(whole - found) / safe).max(1), level)
    return np.column_stack([found, found - largest * error, found + largest * error])


def unsettled(found: Sobol, important: Sequence[int], tie: float, level: float = LEVEL) -> list[tuple[int, int]]:
    """Neighbours in rank among the important factors whose order is not settled: pairs (higher, lower).

    A pair is settled if the simultaneous interval of the difference of their total indices leaves out zero, or lies within
    ``tie`` of it (then they are equal for the purpose).
    """
    if not found.answered:
        return []
    order = sorted(important, key=lambda k: -found.total[k, 0])
    pairs = list(itertools.pairwise(order))
    if not pairs:
        return []
    high, low = (np.array(side) for side in zip(*pairs, strict=True))
    ends = simultaneous(
        found.total[high, 0] - found.total[low, 0], found.draws_total[:, high] - found.draws_total[:, low], level
    )
    settled = (ends[:, 1] > 0.0) | (np.abs(ends[:, 1:]).max(1) <= tie)
    return [pair for pair, done in zip(pairs, settled, strict=True) if not done]


def important(found: Sobol, least: float) -> list[int]:
    """Factors whose total index may be ``least`` or more: the upper end of its interval is, and its estimate is above half."""
    if not found.answered:
        return []
    return [k for k, (index, _, high) in enumerate(found.total) if high >= least and index >= least / 2.0]


def plain(values: FloatArray, factors: Sequence[str]) -> FloatArray:
    """SALib's estimator on the means over all runs, noise and all: array (n_factors, 2), first and total."""
    from SALib.analyze import sobol as salib

    flat = values.mean(-1).reshape(-1)
    problem = {"num_vars": len(factors), "names": list(factors), "bounds": [[0.0, 1.0]] * len(factors)}
    made = salib.analyze(problem, flat, calc_second_order=True, num_resamples=2, seed=0, print_to_console=False)
    return np.column_stack([made["S1"], made["ST"]])


__all__ = ["DRAWS", "LEVEL", "Sobol", "important", "plain", "simultaneous", "sobol", "unsettled"]
