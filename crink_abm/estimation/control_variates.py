"""Control variates: estimates of risks and of paired changes with the luck taken out.

The luck of a run (:mod:`crink_abm.model.rules.luck`) is a vector of martingale residuals: their mean is 0 whatever the
policy, so an event less any fixed multiple of them has the event's mean, and with the right multiple
far less variance. Three rules keep the estimate honest:

- The multiples of one half of the runs are fitted on the other half, and so is the decision whether a residual or an event is
  seen often enough to fit anything. Given the other half both are fixed, so the estimate has no bias, also near the threshold.
- A residual whose own event is hardly seen is an indicator of something else: its mean is 0 only through jumps that the sample
  lacks, and its multiple would be far off with a narrow interval. It is used only where enough runs carry its jump.
- A residual whose mean in the sample is not 0 (rules that draw with other odds than they state) is not used at all.

A policy and the baseline are adjusted alike on the same runs, each by the multiples of its own residuals, and the change is the
difference of the two: risk less baseline risk is the change, exactly.

Source: Glasserman 2004, 4.1; Avramidis and Wilson 1993 (fitting on other runs); Lavenberg and Welch 1981 (the loss factor).
"""

from dataclasses import dataclass

import numpy as np

#: Runs of a half in which an event must have happened, and not have happened, and in which a residual's own event must have
#: happened, before multiples are fitted on that half.
LEAST = 30
#: Degrees of freedom of each half below which no variance is estimated from it, and of the fitted half for each residual in use:
#: with fewer the fit's own noise shows in the interval's coverage.
LEAST_FREEDOM, FREEDOM_A_RESIDUAL = 60, 40
#: Standard errors that a residual's mean may lie from 0 before the residual is not believed.
_FAR = 4.0
#: Share of the greatest variance of a residual below which its direction tells nothing.
_RANK = 1e-9
_HERE, _BASE = 0, 1


@dataclass(frozen=True)
class Adjusted:
    """Quantities with the luck taken out where that was possible, and as they are elsewhere.

    Attributes
    ----------
    mean : array (n_quantities,), the weighted mean over the runs
    error : its standard error from luck, the worlds given (runs are spread evenly over them); nan where it is not known
    sums : array (n_worlds, n_quantities), each world's weighted sum over its runs
    squares : array (n_quantities,), the sum over all runs of the weighted square
    used : array (n_quantities,) of flags, whether any luck was taken out
    """

    mean: np.ndarray
    error: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    used: np.ndarray


def by_row(place: np.ndarray, values: np.ndarray, n_places: int) -> np.ndarray:
    """Sums of the rows of ``values``, (n, n_columns), that have the same ``place``, (n,): array (n_places, n_columns)."""
    n_columns = values.shape[1]
    cell = place[:, None] * n_columns + np.arange(n_columns)
    return np.bincount(cell.ravel(), values.ravel(), n_places * n_columns).reshape(n_places, n_columns)


class Moments:
    """Running sums of the events of a policy and of the baseline on the same runs, with the luck of both beside them.

    Runs are counted in two halves, and by world.

    Parameters
    ----------
    n_worlds, n_quantities, n_lucks : how many of each
    """

    def __init__(self, n_worlds: int, n_quantities: int, n_lucks: int):
        self.q, self.width = n_quantities, n_quantities + n_lucks
        self.n, self.weight = np.zeros((2, n_worlds)), np.zeros((2, n_worlds))
        self.sums = np.zeros((2, n_worlds, 2 * self.width))
        self.cross = np.zeros((2, 2 * self.width, 2 * self.width))
        self.seen = np.zeros((2, 2 * self.width))

    def add(self, here, base, world_of: np.ndarray, half: np.ndarray, weight: np.ndarray | None = None) -> None:
        """Count some runs.

        Parameters
        ----------
        here, base : (events, luck) of the policy and of the baseline: arrays (n, n_quantities) and (n, n_lucks)
        world_of, half : arrays (n,) of world numbers, and of 0 or 1
        weight : array (n,) of what each run counts; 1 if None
        """
        both = np.column_stack([*here, *base]).astype(float)
        n_worlds = self.n.shape[1]
        place = half * n_worlds + world_of
        for h in (0, 1):
            self.seen[h] += (both[half == h] > 0.0).sum(0)
        if weight is not None:
            both *= weight[:, None]
        self.n += (counts := np.bincount(place, minlength=2 * n_worlds).reshape(2, -1))
        self.weight += counts if weight is None else np.bincount(place, weight, 2 * n_worlds).reshape(2, -1)
        self.sums += by_row(place, both, 2 * n_worlds).reshape(self.sums.shape)
        for h in (0, 1):
            mine = both[half == h]
            self.cross[h] += mine.T @ mine

    @property
    def mean(self) -> np.ndarray:
        """The weighted mean of the policy's events and of the baseline's as they are: array (2, n_quantities)."""
        means = self.sums.sum((0, 1)) / self.weight.sum()
        return means.reshape(2, self.width)[:, : self.q]

    def _within(self, h: int) -> np.ndarray:
        """Products of all columns about their means within the worlds of one half: that worlds differ is no luck."""
        seen = self.n[h] > 0
        scaled = self.sums[h][seen] / np.sqrt(self.n[h][seen, None])
        return self.cross[h] - scaled.T @ scaled

    def _freedom(self) -> np.ndarray:
        """Degrees of freedom of each half."""
        return self.n.sum(1) - (self.n > 0).sum(1)

    def _believed(self, within: np.ndarray) -> np.ndarray:
        """Which columns have a mean that may be 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.sqrt(self.n.sum() * np.diagonal(within, axis1=1, axis2=2).sum(0) / self._freedom().sum())
            return ~(np.abs(self.sums.sum((0, 1))) > _FAR * error)

    def _multiples(self, h: int, side: int, within: np.ndarray, believed: np.ndarray) -> np.ndarray:
        """What one half says of one side: the multiples of the lucks, (n_lucks, n_quantities), that leave least variance."""
        at = side * self.width
        events, lucks = slice(at, at + self.q), slice(at + self.q, at + self.width)
        happened = self.seen[h, events]
        common = np.minimum(happened, self.n[h].sum() - happened) >= LEAST
        usable = np.flatnonzero((self.seen[h, lucks] >= LEAST) & believed[lucks])
        found = np.zeros((self.width - self.q, self.q))
        if 0 < len(usable) <= self._freedom()[h] / FREEDOM_A_RESIDUAL and common.any():
            own, shared = within[lucks, lucks][np.ix_(usable, usable)], within[lucks, events][usable]
            found[usable] = np.linalg.lstsq(own, shared, rcond=_RANK)[0]
        return np.where(common, found, 0.0)

    def _maps(self, take_out: bool) -> list[np.ndarray]:
        """For each half the map from its columns to adjusted events, the policy's and then the baseline's."""
        maps = [np.zeros((2 * self.width, 2 * self.q)) for _ in range(2)]
        fitted = take_out and (self._freedom() >= LEAST_FREEDOM).all()
        if fitted:
            within = np.array([self._within(h) for h in (0, 1)])
            believed = self._believed(within)
        for h in (0, 1):
            for side in (_HERE, _BASE):
                at, to = side * self.width, slice(side * self.q, (side + 1) * self.q)
                maps[h][at : at + self.q, to] = np.eye(self.q)
                if fitted:
                    multiples = self._multiples(1 - h, side, within[1 - h], believed)
                    maps[h][at + self.q : at + self.width, to] = -multiples
        return maps

    def adjusted(self, take_out: bool = True) -> tuple[Adjusted, Adjusted]:
        """The policy's events and their change from the baseline, adjusted by one set of multiples.

        Parameters
        ----------
        take_out : whether the luck may be taken out; False counts
        """
        maps, q = self._maps(take_out), self.q
        sums = sum(self.sums[h] @ maps[h] for h in (0, 1))
        products = sum(maps[h].T @ self.cross[h] @ maps[h] for h in (0, 1))
        used = [
            np.any([(m[at + q : at + self.width, to : to + q] != 0.0).any(0) for m in maps], axis=0)
            for at, to in ((0, 0), (self.width, q))
        ]
        here, base = np.diag(products)[:q], np.diag(products)[q:]
        moved = np.maximum(here + base - 2.0 * np.diag(products[:q, q:]), 0.0)
        lost = self._loss(maps)
        level = self._summed(sums[:, :q], here, used[0], lost)
        return level, self._summed(sums[:, :q] - sums[:, q:], moved, used[0] | used[1], lost)

    def _loss(self, maps) -> float:
        """By how much fitting many multiples on few runs makes the variance of their estimate greater."""
        fitted = max(int((m[self.q : self.width] != 0).any(1).sum()) for m in maps)
        return 1.0 + fitted / max(self._freedom().min() - fitted, 1.0)

    def _summed(self, sums, squares, used, lost) -> Adjusted:
        n, seen = self.n.sum(0), self.n.sum(0) > 0
        total, freedom = n.sum(), n.sum() - seen.sum()
        known = (self._freedom() >= LEAST_FREEDOM).all()
        within = squares - (sums[seen] ** 2 / n[seen, None]).sum(0)
        error = np.sqrt(lost * np.maximum(within, 0.0) / freedom / total) if known else np.full(self.q, np.nan)
        return Adjusted(sums.sum(0) / self.weight.sum(), error, sums, squares, used)
