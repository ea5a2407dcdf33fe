"""Control variates: estimates of risks and of paired changes with part of the noise removed.

The residuals of a run (:mod:`crink_abm.model.rules.residuals`) are martingales: their mean is 0 whatever the
policy, so an event less any fixed multiple of them has the event's mean, and with the right multiple
far less variance. Three rules keep the estimate honest:

- The multiples of one half of the runs are fitted on the other half, and so is the decision whether a residual or an event is
  seen often enough to fit anything. Given the other half both are fixed, so the estimate has no bias, also near the threshold.
- A residual whose own event is hardly seen is an indicator of something else: its mean is 0 only through jumps that the sample
  lacks, and its multiple would be far off with a narrow interval. It is used only where enough runs carry its jump. The same
  goes for what two residuals differ in: force over Taiwan at all, and force over Taiwan before any in Korea.
- A residual whose mean in the sample is not 0 (rules that draw with other odds than they state) is not used at all.

A policy and the baseline are adjusted alike on the same runs, each by the multiples of its own residuals, and the change is the
difference of the two: risk less baseline risk is the change, exactly.

Source: Glasserman 2004, 4.1; Avramidis and Wilson 1993 (fitting on other runs); Lavenberg and Welch 1981 (the loss factor).
"""

from dataclasses import dataclass

import numpy as np

from ..typing import BoolArray, FloatArray

#: Runs of a half in which an event must have happened, and not have happened, and in which a residual's own event must have
#: happened, before multiples are fitted on that half.
LEAST = 30
#: Degrees of freedom of each half below which no variance is estimated from it, and of the fitted half for each residual in use:
#: with fewer the fit's own noise shows in the interval's coverage.
LEAST_FREEDOM, FREEDOM_A_RESIDUAL = 60, 40
#: Standard errors that a residual's mean may lie from 0 before the residual is not believed.
_FAR = 4.0
#: Two residuals that differ in k of the m runs in which their events happen have a direction of size k / 2m apart: it is used
#: where k is ``LEAST``, so where m times its size is this much of ``LEAST``.
_APART = 0.5
#: Share of the greatest variance of a residual below which its direction tells nothing.
_RANK = 1e-9
_HERE, _BASE = 0, 1


@dataclass(frozen=True)
class Adjusted:
    """Quantities of several points by control variates where that was possible, and as they are elsewhere.

    Attributes
    ----------
    mean : array (n_points, n_quantities), the weighted mean over the runs
    error : its standard error, the worlds given (runs are spread evenly over them); nan where it is not known
    sums : array (n_points, n_worlds, n_quantities), each world's weighted sum over its runs
    squares : array (n_points, n_quantities), the sum over all runs of the weighted square
    used : array (n_points, n_quantities) of flags, whether control variates were used
    """

    mean: np.ndarray
    error: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    used: np.ndarray


class Moments:
    """Running sums of the events of some policies and of the baseline on the same runs, with the residuals of both beside them.

    Runs are counted in two halves, and by world. Policies are counted side by side; what is said of one does not depend on
    which others stand beside it.

    Parameters
    ----------
    n_points, n_worlds, n_quantities, n_residuals : how many of each
    """

    q: int
    width: int
    n: np.ndarray
    weight: np.ndarray
    sums: np.ndarray
    cross: np.ndarray
    seen: np.ndarray

    def __init__(self, n_points: int, n_worlds: int, n_quantities: int, n_residuals: int):
        self.q, self.width = n_quantities, n_quantities + n_residuals
        self.n, self.weight = np.zeros((2, n_points, 2, n_worlds))
        self.sums = np.zeros((n_points, 2, n_worlds, 2 * self.width))
        self.cross = np.zeros((n_points, 2, 2 * self.width, 2 * self.width))
        self.seen = np.zeros((n_points, 2, 2 * self.width))

    def add(
        self,
        here: tuple[BoolArray, FloatArray],
        base: tuple[BoolArray, FloatArray],
        world_of: np.ndarray,
        half: np.ndarray,
        weight: FloatArray | None = None,
        counted: BoolArray | None = None,
    ) -> None:
        """Count some runs of each point.

        Parameters
        ----------
        here, base : (events, residuals) of the policies and of the baseline: arrays (n_points, n, n_quantities) and (n_points, n,
            n_residuals); the baseline's may lack the first axis
        world_of, half : arrays (n,) of world numbers, and of 0 or 1
        weight : array (n,) of what each run counts; 1 if None
        counted : array (n_points, n) of flags, which runs count; all if None
        """
        n_points, n_worlds = self.n.shape[0], self.n.shape[2]
        both = np.empty((n_points, len(half), 2 * self.width))
        order = np.argsort(place := half * n_worlds + world_of, kind="stable")
        place, at = place[order], 0
        for values in (*here, *base):
            both[..., at : (at := at + values.shape[-1])] = values[..., order, :]
        weight = None if weight is None else weight[order]
        if counted is not None:
            both[~(counted := counted[:, order])] = 0.0
        worth = np.ones(len(place)) if counted is None else counted
        heavy = worth if weight is None else worth * weight
        # Runs stand by half and world now.
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        which, world = np.divmod(place[starts], n_worlds)
        middle = int(np.searchsorted(place, n_worlds))
        halves = slice(0, middle), slice(middle, None)
        for h, mine in enumerate(halves):
            self.seen[:, h] += (both[:, mine] > 0.0).sum(1)
        if weight is not None:
            both *= weight[:, None]
        for total, values in ((self.n, worth), (self.weight, heavy), (self.sums, both)):
            total[:, which, world] += np.add.reduceat(values, starts, axis=int(values.ndim > 1), dtype=float)
        for h, mine in enumerate(halves):
            self.cross[:, h] += both[:, mine].swapaxes(1, 2) @ both[:, mine]

    @property
    def mean(self) -> np.ndarray:
        """The weighted means of the policies' events and of the baseline's as they are: array (2, n_points, n_quantities)."""
        means = self.sums.sum((1, 2)) / self.weight.sum((1, 2))[:, None]
        return means.reshape(-1, 2, self.width)[..., : self.q].swapaxes(0, 1)

    def _within(self) -> np.ndarray:
        """Products of all columns about their means within the worlds, by half: differences between worlds are no noise."""
        scaled = self.sums / np.sqrt(np.maximum(self.n, 1.0))[..., None]  # sums are 0 where no run is
        return self.cross - scaled.swapaxes(2, 3) @ scaled

    def _freedom(self) -> np.ndarray:
        """Degrees of freedom of each half: array (n_points, 2)."""
        return self.n.sum(2) - (self.n > 0).sum(2)

    def _believed(self, within: np.ndarray) -> np.ndarray:
        """Which columns have a mean that may be 0: array (n_points, 2 width)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            squares = np.diagonal(within, axis1=2, axis2=3).sum(1)
            error = np.sqrt((self.n.sum((1, 2)) / self._freedom().sum(1))[:, None] * squares)
            return ~(np.abs(self.sums.sum((1, 2))) > _FAR * error)

    def _multiples(self, side: int, within: np.ndarray, believed: np.ndarray) -> np.ndarray:
        """What each half says of one side: the multiples of the residuals that leave least variance.

        Array (n_points, 2, n_residuals, n_quantities).
        """
        at = side * self.width
        events, residuals = slice(at, at + self.q), slice(at + self.q, at + self.width)
        happened, n = self.seen[:, :, events], self.n.sum(2)[..., None]
        common = np.minimum(happened, n - happened) >= LEAST
        usable = (self.seen[:, :, residuals] >= LEAST) & believed[:, None, residuals]
        few = usable.sum(2) <= self._freedom() / FREEDOM_A_RESIDUAL
        usable &= (few & common.any(2))[..., None]
        own = within[:, :, residuals, residuals] * (usable[..., None] & usable[..., None, :])
        shared = within[:, :, residuals, events] * usable[..., None]
        # The solution of least squares that is 0 along directions that tell nothing, the unused ones among them, and along those
        # that hardly any run carries: residuals in units of their spread, each direction with the runs of those it is made of.
        spread = np.sqrt(np.diagonal(own, axis1=2, axis2=3))
        unit = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
        sizes, directions = np.linalg.eigh(own * unit[..., None] * unit[..., None, :])
        carried = sizes * (directions**2 * self.seen[:, :, residuals, None]).sum(2)
        tells = (sizes > _RANK * sizes[..., -1:]) & (carried >= _APART * LEAST)
        scale = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=tells)
        there = directions.swapaxes(2, 3) @ (shared * unit[..., None])
        found = unit[..., None] * (directions @ (scale[..., None] * there))
        return np.where(common[:, :, None, :] & usable[..., None], found, 0.0)

    def adjusted(self, take_out: bool = True) -> tuple[Adjusted, Adjusted]:
        """The policies' events and their change from the baseline, adjusted by one set of multiples.

        Parameters
        ----------
        take_out : whether control variates may be used; False counts
        """
        q, width, multiples = self.q, self.width, self._fitted(take_out)
        sides = [self.sums[..., side * width : (side + 1) * width] for side in (_HERE, _BASE)]
        sums = [mine[..., :q].sum(1) for mine in sides]
        used = (multiples != 0.0).any((2, 3))
        for side in (_HERE, _BASE):
            if used[side].any():
                sums[side] -= (sides[side][..., q:] @ multiples[side]).sum(1)
        squares = [self._products(multiples, *pair) for pair in ((_HERE, _HERE), (_BASE, _BASE), (_HERE, _BASE))]
        moved = np.maximum(squares[0] + squares[1] - 2.0 * squares[2], 0.0)
        lost = self._loss(multiples)
        level = self._summed(sums[_HERE], squares[0], used[_HERE], lost)
        return level, self._summed(sums[_HERE] - sums[_BASE], moved, used.any(0), lost)

    def by_half(self, take_out: bool = True) -> FloatArray:
        """The policies' means in each half and world, adjusted as in :meth:`adjusted`: (n_points, 2, n_worlds, n_quantities).

        The multiples of each half are those of the other, so that the two are as independent as their runs.
        """
        multiples = self._fitted(take_out)[_HERE]
        sums = self.sums[..., : self.q] - self.sums[..., self.q : self.width] @ multiples
        with np.errstate(invalid="ignore", divide="ignore"):
            means: FloatArray = sums / self.weight[..., None]
        return means

    def _fitted(self, take_out: bool) -> np.ndarray:
        """The multiples that each half's residuals are taken with, of both sides: fitted on the other half.

        Array (2, n_points, 2, n_residuals, n_quantities).
        """
        fitted = np.asarray(take_out & (self._freedom() >= LEAST_FREEDOM).all(1))
        multiples = np.zeros((2, len(self.n), 2, self.width - self.q, self.q))
        if fitted.any():
            within = self._within()
            believed = self._believed(within) & fitted[:, None]
            for side in (_HERE, _BASE):
                # Those of one half are for the other.
                multiples[side] = self._multiples(side, within, believed)[:, ::-1]
        return multiples

    def _products(self, multiples: np.ndarray, one: int, other: int) -> np.ndarray:
        """Sums over all runs of the products of two sides' adjusted events: array (n_points, n_quantities)."""
        q, width = self.q, self.width
        block = self.cross[:, :, one * width : (one + 1) * width, other * width : (other + 1) * width]
        total = np.diagonal(block[:, :, :q, :q], axis1=2, axis2=3)
        if multiples.any():
            left, right = multiples[one], multiples[other]
            rest = block[:, :, q:, q:] @ right - block[:, :, q:, :q]
            total = total - (block[:, :, :q, q:].swapaxes(2, 3) * right).sum(2) + (left * rest).sum(2)
        return total.sum(1)

    def _loss(self, multiples: np.ndarray) -> np.ndarray:
        """By how much fitting many multiples on few runs makes the variance of their estimate greater: array (n_points,)."""
        fitted = (multiples != 0.0).any(4).sum(3).max((0, 2))
        return 1.0 + fitted / np.maximum(self._freedom().min(1) - fitted, 1.0)

    def _summed(self, sums: np.ndarray, squares: np.ndarray, used: np.ndarray, lost: np.ndarray) -> Adjusted:
        n = self.n.sum(1)
        total, seen = n.sum(1), (n > 0).sum(1)
        within = squares - (sums**2 / np.maximum(n, 1.0)[..., None]).sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
            scale = np.where((self._freedom() >= LEAST_FREEDOM).all(1), lost / (total - seen) / total, np.nan)
            mean = sums.sum(1) / self.weight.sum((1, 2))[:, None]
        return Adjusted(mean, np.sqrt(scale[:, None] * np.maximum(within, 0.0)), sums, squares, used)
