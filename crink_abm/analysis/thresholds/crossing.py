"""Where the mean effect over worlds crosses zero along a line of levels, with its confidence set.

The effect is simulated at some levels, in every world and with common random numbers, and is taken to be linear between them.
A level belongs to the confidence set if a test at the 5 % level does not tell the mean effect there from zero. Such a set
covers the true crossing in 95 of 100 studies, and may be empty, open to one side, the whole line, or several pieces: where
the effect hardly hangs on the level, the data do not say where it crosses. Source: Fieller 1954; Read 1983 on sets that are
no interval.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from ...estimation import clusters
from ...estimation.intervals import over_worlds
from ...typing import FloatArray, IntArray

#: How a confidence set lies in the levels examined.
KINDS = {
    "bounded": "the effect clearly has one sign below the set and clearly the other above it",
    "open": "the sign is clear on one side of the set alone",
    "touching": "the effect clearly has the same sign on both sides of the set",
    "disjoint": "the set is several pieces",
    "none": "the effect clearly has one sign at every level",
    "undecided": "the sign is clear at no level",
}


@dataclass(frozen=True)
class Crossing:
    """Where a mean effect crosses zero.

    Attributes
    ----------
    levels : array (n_levels,)
    mean : array (n_levels,), the mean effect over worlds
    low, high : its 95 % interval with the different worlds as the sample
    noise_low, noise_high : its 95 % Monte Carlo interval, the worlds given
    roots : levels at which the estimated curve crosses zero, ascending
    pieces : the confidence set, worlds as the sample: ascending intervals (low, high) within the levels examined
    noise_pieces : the confidence set, the worlds given
    kind : a word of :data:`KINDS`
    below, above : clear sign of the effect under and over a single piece that has a clear end (-1, 0, +1); at a kind "none"
        both are the sign
    """

    levels: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    noise_low: FloatArray
    noise_high: FloatArray
    roots: list[float]
    pieces: list[tuple[float, float]]
    noise_pieces: list[tuple[float, float]]
    kind: str
    below: int = 0
    above: int = 0
    found: bool = field(default=False)

    @property
    def root(self) -> float:
        """The one estimated crossing of a bounded or open set; nan if there is none, or several."""
        return self.roots[0] if len(self.roots) == 1 else float("nan")

    @property
    def span(self) -> tuple[float, float]:
        """From the lowest to the highest level of the confidence set; nan if it is empty."""
        return (self.pieces[0][0], self.pieces[-1][1]) if self.pieces else (float("nan"), float("nan"))


def covariance(effect: FloatArray, number: IntArray) -> tuple[FloatArray, float]:
    """The covariance of means over rows at several levels, a world that stands in several rows being one observation.

    Parameters
    ----------
    effect : array (n_rows, n_levels)
    number : array (n_rows,), which of the different worlds each row is

    Returns
    -------
    (array (n_levels, n_levels), half-width of a 95 % interval in standard errors). Source: Cochran 1977, the ratio estimator,
    as in :func:`crink_abm.estimation.clusters.mean_interval`.
    """
    copies = np.bincount(number)
    seen = copies > 0
    total = np.stack([np.bincount(number, column) for column in effect.T], 1)[seen]
    copies, n = copies[seen], int(seen.sum())
    if n < 2:
        return np.full((effect.shape[1],) * 2, np.nan), float("nan")
    away = total - copies[:, None] * effect.mean(0)
    return away.T @ away * n / (n - 1) / copies.sum() ** 2, over_worlds(max(2, int(clusters.effective(number))))


def noise_covariance(halves: FloatArray) -> tuple[FloatArray, float]:
    """The Monte Carlo covariance of means over worlds, from the two halves of the runs: array (2, n_worlds, n_levels)."""
    apart = halves[0] - halves[1]
    n = apart.shape[0]
    return apart.T @ apart / 4.0 / n**2, over_worlds(n + 1)


def crossing(levels: FloatArray, halves: FloatArray, number: IntArray) -> Crossing:
    """Where the mean effect crosses zero along ascending levels.

    Parameters
    ----------
    levels : array (n_levels,), ascending, at least two
    halves : array (2, n_worlds, n_levels), the effect in each half of the runs and world at each level
    number : array (n_worlds,), which of the different worlds each row is

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> slope = rng.normal(1.0, 0.2, (1, 100, 1))
    >>> found = crossing(np.array([0.0, 0.5, 1.0]), slope * (np.array([0.0, 0.5, 1.0]) - 0.3) + rng.normal(0, 0.1, (2, 100, 3)),
    ...                  np.arange(100))
    >>> found.kind, round(found.root, 1), found.below, found.above
    ('bounded', 0.3, -1, 1)
    """
    levels, halves = np.asarray(levels, float), np.asarray(halves, float)
    mean = halves.mean((0, 1))
    wide, times = covariance(halves.mean(0), number)
    noise, noise_times = noise_covariance(halves)
    pieces, noise_pieces = _set(levels, mean, wide, times), _set(levels, mean, noise, noise_times)
    kind, below, above = _kind(levels, mean, pieces)
    half, noise_half = times * np.sqrt(np.diag(wide)), noise_times * np.sqrt(np.diag(noise))
    return Crossing(
        levels, mean, mean - half, mean + half, mean - noise_half, mean + noise_half, _roots(levels, mean), pieces, noise_pieces,
        kind, below, above, kind == "bounded",
    )  # fmt: skip


def _roots(levels: FloatArray, mean: FloatArray) -> list[float]:
    """Levels at which the line through the means changes sign."""
    roots = []
    for a, b, x, y in zip(mean[:-1], mean[1:], levels[:-1], levels[1:], strict=True):
        if a * b < 0.0 or (a == 0.0 and b != 0.0 and x == levels[0]):
            roots.append(float(x + (y - x) * a / (a - b)))
        elif b == 0.0 and a != 0.0:
            roots.append(float(y))
    return roots


def _set(levels: FloatArray, mean: FloatArray, covariance: FloatArray, times: float) -> list[tuple[float, float]]:
    """Levels at which a test does not tell the mean from zero: on each segment where a quadratic is not positive."""
    if not np.isfinite(covariance).all() or not np.isfinite(times):
        return [(float(levels[0]), float(levels[-1]))]
    pieces: list[tuple[float, float]] = []
    for k in range(len(levels) - 1):
        slope, start = mean[k + 1] - mean[k], mean[k]
        a, b, both = covariance[k, k], covariance[k + 1, k + 1], covariance[k, k + 1]
        # (start + slope t)^2 - times^2 Var(t), Var(t) = (1 - t)^2 a + 2 t (1 - t) both + t^2 b
        square = slope**2 - times**2 * (a - 2.0 * both + b)
        linear = 2.0 * start * slope - times**2 * 2.0 * (both - a)
        constant = start**2 - times**2 * a
        x, width = levels[k], levels[k + 1] - levels[k]
        for low, high in _not_positive(square, linear, constant):
            pieces.append((float(x + width * low), float(x + width * high)))
    merged: list[tuple[float, float]] = []
    for low, high in pieces:
        if merged and low <= merged[-1][1] + 1e-9 * (levels[-1] - levels[0]):
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _not_positive(square: float, linear: float, constant: float) -> list[tuple[float, float]]:
    """Parts of [0, 1] on which square t^2 + linear t + constant <= 0."""

    def value(t: float) -> float:
        return (square * t + linear) * t + constant

    ends = [0.0, 1.0]
    if abs(square) > 1e-300:
        inside = linear**2 - 4.0 * square * constant
        if inside > 0.0:
            # the stable form of the two roots
            q = -0.5 * (linear + np.copysign(np.sqrt(inside), linear))
            ends += [q / square] + ([constant / q] if q else [])
    elif linear:
        ends.append(-constant / linear)
    cuts = sorted({min(1.0, max(0.0, float(t))) for t in ends})
    return [(low, high) for low, high in itertools.pairwise(cuts) if value((low + high) / 2.0) <= 0.0]


def _kind(levels: FloatArray, mean: FloatArray, pieces: list[tuple[float, float]]) -> tuple[str, int, int]:
    if not pieces:
        sign = int(np.sign(mean[0]))
        return "none", sign, sign
    if len(pieces) > 1:
        return "disjoint", 0, 0
    (low, high), ends = pieces[0], (float(levels[0]), float(levels[-1]))
    below = int(np.sign(mean[0])) if low > ends[0] else 0
    above = int(np.sign(mean[-1])) if high < ends[1] else 0
    if not below and not above:
        return "undecided", 0, 0
    if below and above:
        return ("bounded" if below != above else "touching"), below, above
    return "open", below, above
