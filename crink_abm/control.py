"""Control variates: the luck taken out of the events.

The luck of a run (:mod:`crink_abm.rules.luck`) has mean 0 whatever the policy, so taking any multiple of it from an event
leaves the mean as it is and, with the right multiple, most of the variance behind. The multiples come from the other half
of the runs, which keeps the estimate unbiased to the last run. Source: Glasserman 2004, 4.1; Avramidis and Wilson 1993.
"""

from dataclasses import dataclass

import numpy as np

#: Events, other runs, and degrees of freedom of a half, below which the normal interval is not trusted: counts are used.
LEAST = 60
#: Share of the greatest variance of a luck below which its direction is no news.
_RANK = 1e-9


@dataclass(frozen=True)
class Adjusted:
    """Quantities with the luck taken out.

    Attributes
    ----------
    mean : array (n_quantities,), the mean
    error : its standard error from luck, the worlds given (runs are spread evenly over them); nan where it is not known
    sums : array (n_worlds, n_quantities), each world's sum over its runs
    squares : array (n_quantities,), the sum of squares over all runs
    """

    mean: np.ndarray
    error: np.ndarray
    sums: np.ndarray
    squares: np.ndarray


class Moments:
    """Running sums of some quantities of the runs and of the luck beside them, in two halves and by world.

    Parameters
    ----------
    n_worlds, n_quantities, n_lucks : how many of each
    """

    def __init__(self, n_worlds: int, n_quantities: int, n_lucks: int):
        self.q, width = n_quantities, n_quantities + n_lucks
        self.n = np.zeros((2, n_worlds))
        self.sums = np.zeros((2, n_worlds, width))
        self.cross = np.zeros((2, width, width))

    def add(self, quantities: np.ndarray, lucks: np.ndarray, world_of: np.ndarray, half: np.ndarray) -> None:
        """Count some runs: arrays (n, n_quantities), (n, n_lucks), (n,) of world numbers, (n,) of 0 or 1."""
        both = np.column_stack([quantities, lucks]).astype(float)
        n_worlds = self.n.shape[1]
        place = half * n_worlds + world_of
        self.n += np.bincount(place, minlength=2 * n_worlds).reshape(2, -1)
        for k, column in enumerate(both.T):
            self.sums[:, :, k] += np.bincount(place, column, 2 * n_worlds).reshape(2, -1)
        for h in (0, 1):
            mine = both[half == h]
            self.cross[h] += mine.T @ mine

    def _multiples(self, h: int) -> np.ndarray:
        """The multiples of the lucks that leave least variance within the worlds of one half: (n_lucks, n_quantities)."""
        n, sums = self.n[h], self.sums[h]
        seen = n > 0  # within worlds: that worlds differ is no luck, and would only blur the multiples
        covariance = self.cross[h] - (sums[seen] / n[seen, None]).T @ sums[seen]
        return np.linalg.lstsq(covariance[self.q :, self.q :], covariance[self.q :, : self.q], rcond=_RANK)[0]

    def adjusted(self, use: np.ndarray | None = None) -> Adjusted:
        """The quantities with the luck taken out; as they are where ``use`` (n_quantities,) is False."""
        q, n_w = self.q, self.n.sum(0)
        n, sums, squares = n_w.sum(), np.zeros(self.sums[0, :, : self.q].shape), np.zeros(self.q)
        halves = self.n.sum(1) - (self.n > 0).sum(1) >= LEAST
        for h in (0, 1):
            cross = self.cross[h]
            if halves.all():
                multiples = self._multiples(1 - h)
                multiples = multiples if use is None else np.where(use, multiples, 0.0)
            else:
                multiples = np.zeros((len(cross) - q, q))
            sums += self.sums[h, :, :q] - self.sums[h, :, q:] @ multiples
            squares += np.diag(cross)[:q] - 2.0 * (multiples * cross[q:, :q]).sum(0)
            squares += (multiples * (cross[q:, q:] @ multiples)).sum(0)
        seen = n_w > 0
        freedom = n - seen.sum()
        within = squares - (sums[seen] ** 2 / n_w[seen, None]).sum(0)
        known = halves.all() and freedom >= LEAST
        error = np.sqrt(np.maximum(within, 0.0) / freedom / n) if known else np.full(q, np.nan)
        return Adjusted(sums.sum(0) / n, error, sums, squares)
