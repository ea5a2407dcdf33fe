"""How far an ensemble is from reversal: the least implausible change of a few beliefs that turns the sign of a mean effect.

Beliefs are moved in every world alike, in normal scores under the bare prior, so that no value leaves its declared range. How
implausible a change is, the ensemble's own spread says: a move by d of its standard deviations (Mahalanobis) has the density
of the ensemble's centre times exp(-d^2 / 2). Where the effect is linear in the scores, with slopes b and covariance S, the
nearest reversal lies at m S b / (b' S b), at a distance |m| / sqrt(b' S b). This gives the direction; how far to go along it
is simulated. Source: Mahalanobis 1936; Hasofer and Lind 1974 (the design point of structural reliability).
"""

import math
from dataclasses import dataclass

import numpy as np

from ...typing import FloatArray

#: What a belief moves the effect by, over what the strongest does, below which it is left where it is.
_LEAST = 0.1


@dataclass(frozen=True)
class Direction:
    """A way in which beliefs are moved together.

    Attributes
    ----------
    beliefs : which
    step : array (n_beliefs,), the change of their normal scores at distance 1
    predicted : the distance at which a linear effect turns
    """

    beliefs: tuple[str, ...]
    step: FloatArray
    predicted: float


def nearest(effect: float, slopes: FloatArray, covariance: FloatArray) -> tuple[FloatArray, float]:
    """The direction of the nearest reversal of a linear effect, and its distance.

    Parameters
    ----------
    effect : the mean effect now
    slopes : array (n_beliefs,), its change per unit of each belief
    covariance : array (n_beliefs, n_beliefs) of the beliefs

    Returns
    -------
    (step per unit of distance, distance); the distance is infinite if no belief moves the effect

    Examples
    --------
    >>> step, distance = nearest(-1.0, np.array([3.0, 4.0]), np.eye(2))
    >>> step.round(2).tolist(), round(distance, 2)
    ([0.6, 0.8], 0.2)
    """
    pull = covariance @ slopes
    size = math.sqrt(max(0.0, float(slopes @ pull)))
    if size == 0.0:
        return np.zeros(len(slopes)), math.inf
    return -np.sign(effect) * pull / size, abs(effect) / size


def directions(
    effect: float, names: list[str], slopes: FloatArray, covariance: FloatArray, few: int, most: int = 2
) -> list[Direction]:
    """Directions worth simulating: the best single belief, and the best few together; nearest first.

    Parameters
    ----------
    effect, slopes, covariance : as of :func:`nearest`, of all ``names``
    few : how many beliefs are moved together at most
    most : how many directions
    """
    weight = np.abs(slopes) * np.sqrt(np.diag(covariance))
    order = np.argsort(-weight, kind="stable")
    order = order[weight[order] >= _LEAST * weight.max()]
    found: list[Direction] = []
    for size in (1, few):
        rows = order[:size]
        if not slopes[rows].any() or any(set(one.beliefs) == {names[k] for k in rows} for one in found):
            continue
        step, distance = nearest(effect, slopes[rows], covariance[np.ix_(rows, rows)])
        found.append(Direction(tuple(names[k] for k in rows), step, distance))
    return sorted(found, key=lambda one: one.predicted)[:most]


def odds(distance: float) -> float:
    """The density of a change at a distance over that of none."""
    return math.exp(-0.5 * distance**2)
