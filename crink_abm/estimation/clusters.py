"""Means over rows some of which are copies of one world: a world is one observation, however often it stands there."""

import numpy as np

from .intervals import over_worlds


def worlds_of(values: np.ndarray) -> np.ndarray:
    """The number of the different world that each row is: array (n_rows,)."""
    return np.unique(values, axis=0, return_inverse=True)[1].ravel()


def effective(world: np.ndarray) -> float:
    """How many equally frequent worlds these rows tell as much as: Kish's number of their copies."""
    copies = np.bincount(world)
    return float(copies.sum() ** 2 / (copies**2).sum())


def mean_interval(x: np.ndarray, world: np.ndarray) -> tuple[float, float, float]:
    """(mean, low, high) over rows, of which those of one world count as one observation; 95 %, the worlds as the sample.

    Student's t with the effective number of worlds less one. Source: the ratio estimator of a cluster sample (Cochran 1977).
    """
    copies = np.bincount(world)
    seen = copies > 0
    own, copies = np.bincount(world, x)[seen] / copies[seen], copies[seen]
    mean, n = x.mean(), len(own)
    if n < 2:
        return float(mean), np.nan, np.nan
    error = np.sqrt((copies**2 * (own - mean) ** 2).sum() * n / (n - 1)) / copies.sum()
    half = over_worlds(max(2, int(effective(world)))) * error
    return float(mean), float(mean - half), float(mean + half)
