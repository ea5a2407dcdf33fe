"""Distributions from elicited quantiles, and their dependence.

A belief is said as a few quantiles. Between them, the normal score of the probability is a monotone curve of the value (linear
beyond them): quantiles of a normal distribution give that distribution exactly, others one that is skewed as they are. Rank
correlations join beliefs in a Gaussian copula. Source: O'Hagan et al. 2006 (elicitation); Fritsch and Carlson 1980 (the curve);
Pearson 1907 (rank to product-moment correlation).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from ...typing import FloatArray
from ...util.errors import InputError

_GRID = 4001


@dataclass(frozen=True, eq=False)
class Quantiles:
    """A distribution on an interval that has some quantiles, but for what would lie outside the interval.

    Attributes
    ----------
    at : array (n,), values, ascending
    probability : array (n,), the probability at or below each, ascending
    low, high : ends of what is allowed; beyond them the distribution is cut off

    Examples
    --------
    >>> normal = Quantiles(np.array([0.0, 1.0]), ndtr(np.array([0.0, 1.0])))
    >>> round(float(np.exp(normal.log_density(np.array([0.0]))[0])), 4)
    0.3989
    """

    at: FloatArray
    probability: FloatArray
    low: float = -math.inf
    high: float = math.inf

    @cached_property
    def _score(self) -> PchipInterpolator:
        """The normal score of the probability as a curve of the value, carried on in straight lines."""
        s, z = np.asarray(self.at, float), ndtri(np.asarray(self.probability, float))
        far = 100.0 * (s[-1] - s[0])
        left, right = (z[1] - z[0]) / (s[1] - s[0]), (z[-1] - z[-2]) / (s[-1] - s[-2])
        s = np.concatenate([[s[0] - far], s, [s[-1] + far]])
        z = np.concatenate([[z[0] - far * left], z, [z[-1] + far * right]])
        return PchipInterpolator(s, z, extrapolate=True)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """The probability below and up to the ends of what is allowed, before it is cut off."""
        low = float(ndtr(self._score(self.low))) if math.isfinite(self.low) else 0.0
        high = float(ndtr(self._score(self.high))) if math.isfinite(self.high) else 1.0
        return low, high

    @property
    def outside(self) -> float:
        """The probability that lies beyond what is allowed, and is cut off."""
        return 1.0 - (self._ends[1] - self._ends[0])

    def log_density(self, x: FloatArray) -> FloatArray:
        """The log density at values; minus infinity beyond what is allowed."""
        z, slope = self._score(x), self._score.derivative()(x)
        with np.errstate(divide="ignore"):
            density = -0.5 * z**2 - 0.5 * math.log(2.0 * math.pi) + np.log(slope) - math.log(1.0 - self.outside)
        return np.where((x >= self.low) & (x <= self.high), density, -np.inf)

    def below(self, x: FloatArray) -> FloatArray:
        """The probability at or below values."""
        first, last = self._ends
        return np.clip((ndtr(self._score(x)) - first) / (last - first), 0.0, 1.0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """The values at probabilities; the ends must be finite."""
        x = np.linspace(self.low, self.high, _GRID)
        return np.interp(u, self.below(x), x)


def product_moment(ranks: FloatArray, names: str) -> FloatArray:
    """The correlation matrix of a Gaussian copula with given rank correlations (Spearman).

    Raises
    ------
    InputError
        If no distribution has these correlations together.
    """
    matrix = 2.0 * np.sin(np.pi * np.asarray(ranks, float) / 6.0)
    np.fill_diagonal(matrix, 1.0)
    if np.linalg.eigvalsh(matrix).min() < 1e-6:
        raise InputError(
            f"{names}: no distribution has these rank correlations together (their matrix has an eigenvalue of "
            f"{np.linalg.eigvalsh(matrix).min():.2g}); bring the largest nearer to 0"
        )
    return matrix


def log_copula(z: FloatArray, matrix: FloatArray) -> FloatArray:
    """The log density of a Gaussian copula at normal scores: array (n,), for z (n, n_beliefs)."""
    inverse = np.linalg.inv(matrix) - np.eye(len(matrix))
    z = np.clip(z, -8.0, 8.0)
    return -0.5 * np.linalg.slogdet(matrix)[1] - 0.5 * np.einsum("ni,ij,nj->n", z, inverse, z)
