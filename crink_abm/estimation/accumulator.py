"""Counts a sweep, points side by side, against the baseline, and turns the counts into tables with intervals."""

import itertools
import math
import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ..model import outcomes
from ..model.parameters import SWITCHES
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray
from . import intervals, over_worlds, significance, variance_components
from .control_variates import LEAST_FREEDOM, Moments
from .dealt import Dealt
from .tables import COLUMNS, CONTROL, SPREADS, change_error, with_intervals

_METRICS = {
    "provocations_per_year": "n_provocations",
    "launch_days_per_month": "n_launch_days",
    "highest_rung": "highest_rung",
    "help_expected": "help_expected",
    "help_realised": "help_realised",
}

#: What each point has a row for.
_NAMES = [*outcomes.OUTCOMES, *outcomes.CONDITIONALS]

_WHOLE = ("n_runs", "n_events", "n_only_policy", "n_only_baseline", "n_both")

#: What the tests of differences go by.
_TESTED = (
    "n_only_policy",
    "n_only_baseline",
    "n_runs",
    "diff",
    "diff_ensemble_se",
    "ensemble_df",
    "cv_diff_se",
    "diff_method",
)


@dataclass(frozen=True)
class _Deal:
    """How the runs of a point fall to the worlds.

    Attributes
    ----------
    worlds : numbers of the worlds that are reached
    of_place : for each place among the worlds, the place in ``worlds`` of the world that stands there
    weights : what a run of each place counts; None if all count the same
    effective : the number of equally weighing worlds that those reached are worth
    alone : whether no world has more than one run
    tells_residuals : whether there are runs enough for control variates
    """

    worlds: np.ndarray
    of_place: np.ndarray
    weights: np.ndarray | None
    effective: float
    alone: bool
    tells_residuals: bool


class _Counts:
    """Counts of some points that are counted side by side: all that their estimates need, whatever the number of runs.

    Every array has an axis of points first. Counts of the same points add up, run by run; what is said of one point does not
    depend on which others stand beside it.
    """

    def __init__(self, deal: _Deal, n_points: int, n_months: int):
        n_worlds, self.deal, self.n_points, self.n_months = len(deal.worlds), deal, n_points, n_months
        n_outcomes = len(outcomes.OUTCOMES)
        self.event, self.up, self.down = np.zeros((3, n_points, n_outcomes), np.int64)
        self.by_world = np.zeros((n_points, n_worlds, n_outcomes))
        self.n_residuals = len(outcomes.RESIDUALS) if deal.tells_residuals else 0
        self.moments = Moments(n_points, n_worlds, n_outcomes, self.n_residuals)
        self.given, self.hit = np.zeros((2, n_points, n_worlds, len(outcomes.CONDITIONALS)), np.int64)
        self.squared_weight = np.zeros(n_points)
        self.sums = np.zeros((n_points, len(_METRICS), 3))
        n_dated = n_outcomes + len(outcomes.CAUSES)
        self.first = np.zeros((n_points, n_dated, n_months), np.int64 if deal.weights is None else np.float64)

    @property
    def n(self) -> np.ndarray:
        """Runs of each point and world."""
        return self.moments.n.sum(1)

    def add_by(
        self,
        count: Callable[..., None],
        results: Sequence[FloatArray],
        base: tuple[BoolArray, FloatArray],
        world_of: IntArray,
        half: IntArray,
        weight: FloatArray | None,
        counted: BoolArray | None,
    ) -> None:
        """As :meth:`add`, by a function that counts the runs of one point (:func:`crink_abm.engine.counting.count`)."""
        columns, nothing = _columns(self.n_residuals > 0), (np.empty(0), np.empty(0, bool), np.empty((0, 0)))
        few, m = self.deal.effective < over_worlds.MANY, self.moments
        event, residuals = map(np.ascontiguousarray, base)
        for k, values in enumerate(results):
            moved = np.zeros((3, self.event.shape[1]), np.int64)
            first = np.zeros(self.first.shape[1:])
            count(
                np.ascontiguousarray(values), event, residuals, world_of, half, nothing[0] if weight is None else weight,
                nothing[1] if counted is None else counted[k], columns,
                moved, self.by_world[k] if few else nothing[2], m.n[k], m.weight[k], m.sums[k], m.cross[k], m.seen[k],
                self.given[k], self.hit[k], self.squared_weight[k : k + 1], self.sums[k], first,
            )  # fmt: skip
            for total, found in zip((self.event, self.up, self.down, self.first), (*moved, first), strict=True):
                total[k] += found.astype(total.dtype)

    def add(
        self,
        results: FloatArray,
        base: tuple[BoolArray, FloatArray],
        world_of: IntArray,
        half: IntArray,
        weight: FloatArray | None,
        counted: BoolArray | None,
    ) -> None:
        """Count runs: ``results`` is an array (n_points, n, n_results); ``counted`` flags those that count, or is None."""
        n_points, n = results.shape[:2]
        flat = results.reshape(n_points * n, -1)
        if counted is not None:
            flat = np.where(counted.reshape(-1, 1), flat, 0.0)  # runs that failed are not numbers
        when, shape = outcomes.months(flat), (n_points, n, -1)
        if counted is not None:
            when[~counted.ravel()] = -1
        event, base_event, base_residuals = (when >= 0).reshape(shape), base[0], base[1][:, : self.n_residuals]
        residuals = (outcomes.residuals(flat) if self.n_residuals else flat[:, :0]).reshape(
            n_points, n, self.n_residuals
        )
        self.event += event.sum(1)
        self.up += (event & ~base_event).sum(1)
        down = base_event & ~event
        self.down += (down if counted is None else down & counted[..., None]).sum(1)
        if self.deal.effective < over_worlds.MANY:
            self.by_world += _by_world(event, world_of, self.by_world.shape[1])
        self.moments.add((event, residuals), (base_event, base_residuals), world_of, half, weight, counted)
        followed = outcomes.conditionals(flat, when, self.n_months).values()
        for counts, masks in zip((self.given, self.hit), zip(*followed, strict=True), strict=True):
            counts += _by_world(np.column_stack(masks).reshape(shape), world_of, counts.shape[1])
        worth = np.ones((n_points, n)) if counted is None else counted.astype(float)
        worth = worth if weight is None else worth * weight
        self.squared_weight += (worth**2).sum(1)
        invaded = event[..., list(outcomes.OUTCOMES).index("taiwan_invasion")]
        for k, column in enumerate(_METRICS.values()):
            values = outcomes.column(flat, column).reshape(n_points, n)
            mine = worth * invaded if column.startswith("help_") else worth
            total = mine * values
            for j, summed in enumerate((mine, total, total * values)):
                self.sums[:, k, j] += summed.sum(1)
        cause, month = outcomes.first_cause(when)
        causes = np.where(cause[:, None] == np.arange(len(outcomes.CAUSES)), month[:, None], -1)
        run, row = np.nonzero((dated := np.column_stack([when, causes])) >= 0)
        place = (run // n * dated.shape[1] + row) * self.n_months + dated[run, row]
        counts = np.bincount(place, None if weight is None else weight[run % n], self.first.size)
        self.first += counts.reshape(self.first.shape)

    def _arrays(self) -> Iterator[tuple[object, str, np.ndarray]]:
        for holder in (self, self.moments):
            for name, array in vars(holder).items():
                if isinstance(array, np.ndarray):
                    yield holder, name, array

    def __iadd__(self, other: "_Counts") -> "_Counts":
        for (*_, mine), (*_, theirs) in zip(self._arrays(), other._arrays(), strict=True):
            mine += theirs
        return self

    def of(self, places: slice) -> "_Counts":
        """The counts of some of the points, by themselves."""
        part = copy(self)
        part.moments = copy(self.moments)
        for holder, name, array in part._arrays():
            setattr(holder, name, array[places].copy())
        part.n_points = len(part.event)
        return part


@cache
def _columns(with_residuals: bool) -> tuple[IntArray, ...]:
    """Which results are counted, as :func:`crink_abm.engine.counting.count` takes it; the residuals only ``with_residuals``."""
    place, outcome = ({name: k for k, name in enumerate(names)} for names in (outcomes.RESULTS, outcomes.OUTCOMES))
    registry = outcomes.REGISTRY
    firsts = [[place[str(registry.by_name[part].first)] for part in registry.dated(name)] for name in outcome]
    followed = [(outcome[one.given], place[one.second], one.within) for one in outcomes.CONDITIONALS.values()]
    measured = [
        (place[column], outcome["taiwan_invasion"] if column.startswith("help_") else -1)
        for column in _METRICS.values()
    ]
    return (
        np.array([one + [-1] * (max(map(len, firsts)) - len(one)) for one in firsts]),
        np.array([place[name] for name in outcomes.RESIDUALS if with_residuals], np.int64),
        np.array(followed),
        np.array([outcome[name] for name in outcomes.CAUSES]),
        np.array(measured),
    )


def _by_world(flags: np.ndarray, world_of: np.ndarray, n_worlds: int) -> np.ndarray:
    """How many runs have each flag, by world: array (n_points, n_worlds, n_flags) of flags (n_points, n, n_flags)."""
    point, run, column = np.nonzero(flags)
    cell = (point * n_worlds + world_of[run]) * flags.shape[2] + column
    shape = len(flags), n_worlds, flags.shape[2]
    return np.bincount(cell, minlength=math.prod(shape)).reshape(shape)


class Accumulator:
    """Counts of each point against the baseline's, turned into the tables of a sweep.

    Points are given their runs piece by piece, several points at a time, and are estimated once they have them all; only the
    others hold counts by world. Every world weighs the same, also where the runs are no multiple of the worlds: a run then counts
    by how few its world has.

    Parameters
    ----------
    worlds : the worlds that runs live in
    months : length of a run
    base_points : numbers of the points that are the baseline: it may have several names
    n_runs : the runs that each point is to have
    take_out : whether control variates may be used: not where rules are replaced that state odds or draw
    by_residuals : whether intervals use control variates (for :meth:`half_width`)
    count : what counts the runs of a point (:func:`crink_abm.engine.counting.count`, compiled); numpy here if None
    """

    worlds: Dealt
    months: int
    base_points: Collection[int]
    n_runs: Sequence[int]
    number: np.ndarray
    copies: np.ndarray
    switches: dict[str, np.ndarray]
    closed: int

    def __init__(
        self,
        worlds: Dealt,
        months: int,
        base_points: Collection[int],
        n_runs: Sequence[int],
        take_out: bool = True,
        by_residuals: bool = True,
        count: Callable[..., None] | None = None,
    ) -> None:
        self._count = count
        self.worlds, self.months, self.base_points, self.n_runs = worlds, months, base_points, n_runs
        # A world that stands in an ensemble twice is one world with more runs, not two that happen to agree.
        _, rows, number, copies = np.unique(
            worlds.values, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self.number, self.copies = number.ravel(), copies
        self.switches = {p.name: worlds.column(p.name)[rows] for p in SWITCHES}
        self.open: dict[int, _Counts] = {}
        self.points: list[int] = []
        # A column by itself, as tables have it: the rows of a hundred thousand policies are not copied once more.
        shape = len(n_runs), len(_NAMES)
        self._rows = {name: np.zeros(shape, np.int64) if name in _WHOLE else np.full(shape, np.nan) for name in COLUMNS}
        self.sums: list[np.ndarray] = []
        self.first: list[tuple[np.ndarray, ...]] = []
        self.closed, self._widest, self._take_out, self._by_residuals = 0, 0.0, take_out, by_residuals and take_out
        self._deals: dict[int, _Deal] = {}  # by the number of runs: points have one of a few

    def _deal(self, n: int) -> _Deal:
        """How ``n`` runs fall to the worlds."""
        if n not in self._deals:
            self._deals[n] = self._dealt(n)
        return self._deals[n]

    def _dealt(self, n: int) -> _Deal:
        n_places = len(self.worlds)
        runs = np.bincount(self.worlds.of_runs(0, n), minlength=n_places)
        by_place = self.worlds.weights(n)
        by_world = np.bincount(self.number, runs * by_place, len(self.copies))
        weights = None if (by_place[runs > 0] == 1.0).all() else by_place
        reached = np.flatnonzero(by_world)
        of_world = np.zeros(len(self.copies), np.int64)
        of_world[reached] = np.arange(len(reached))
        alone = np.bincount(self.number, runs).max() <= 1
        half, number = self._half(0, n), self.number[self.worlds.of_runs(0, n)]
        freedom = [np.sum(half == h) - len(np.unique(number[half == h])) for h in (0, 1)]
        effective = over_worlds.effective(by_world[reached])
        return _Deal(reached, of_world[self.number], weights, effective, bool(alone), min(freedom) >= LEAST_FREEDOM)

    def _half(self, first_run: int, n: int) -> np.ndarray:
        """The half, 0 or 1, that each of some runs falls into: whole rounds through the worlds, by turns."""
        return (first_run + np.arange(n)) // len(self.worlds) % 2

    def add(
        self,
        points: Sequence[int],
        first_run: int,
        results: Sequence[FloatArray],
        base: tuple[BoolArray, FloatArray],
        counted: np.ndarray | None = None,
    ) -> None:
        """Count some runs of some points, and estimate those of them whose runs are all in.

        Parameters
        ----------
        points : their numbers; all are to have the same number of runs
        first_run : the number of the first run
        results : of each point an array (n, n_results)
        base : what the same runs were at the baseline (:func:`outcomes.observed`)
        counted : array (n_points, n) of flags, which runs count: neither they nor their pair at the baseline failed; all if None
        """
        n, wanted = len(results[0]), self.n_runs[points[0]]
        deal = self._deal(wanted)
        place, half = self.worlds.of_runs(first_run, n), self._half(first_run, n)
        weight = None if deal.weights is None else deal.weights[place]
        counts = _Counts(deal, len(points), self.months)
        how = base, deal.of_place[place], half, weight, counted
        if self._count is None:
            counts.add(np.asarray(results), *how)
        else:
            counts.add_by(self._count, results, *how)
        if first_run == 0 and n == wanted:
            self._close(points, counts)
            return
        for k, point in enumerate(points):
            mine = counts.of(slice(k, k + 1))
            self.open[point] = mine if point not in self.open else operator.iadd(self.open[point], mine)
            if first_run + n == wanted:
                self._close([point], self.open.pop(point))

    def _close(self, points: Sequence[int], c: _Counts) -> None:
        """Estimate points whose runs are all in."""
        # Worlds are told apart by their runs: points of which other runs failed are estimated one by one.
        if len(points) > 1 and (c.n != c.n[0]).any():
            for k, point in enumerate(points):
                self._close([point], c.of(slice(k, k + 1)))
            return
        with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
            table = np.concatenate([self._of_outcomes(c), self._of_conditionals(c)], axis=1)
        table[..., -2:] = self._few_worlds(c)
        self.points.extend(points)
        for k, column in enumerate(self._rows.values()):
            column[points] = table[..., k]
        prob_se = table[:, : len(outcomes.OUTCOMES), COLUMNS.index("cv_prob_se")]
        half = _half_width(c.event, c.n.sum(1)[:, None], prob_se if self._by_residuals else np.nan)
        self.closed, self._widest = self.closed + len(points), max(self._widest, half)
        self.sums.append(c.sums)
        place, row, month = np.nonzero(c.first)
        said = (
            np.array(points, np.int32)[place],
            row.astype(np.int8),
            month.astype(np.int16),
            c.first[place, row, month],
        )
        self.first.append(said)

    def _of_outcomes(self, c: _Counts) -> np.ndarray:
        """Rows (point, outcome), columns as ``COLUMNS``."""
        n, weights = c.n[0], c.moments.weight.sum(1)[0]
        level, change = c.moments.adjusted(self._take_out)
        share, base = c.moments.mean
        n_effective = (weights.sum() ** 2 / c.squared_weight if weights.sum() > 0 else np.zeros(c.n_points))[:, None]
        switches = {name: levels[c.deal.worlds] for name, levels in self.switches.items()}
        controlled, wide = [], []
        for adjusted, plain in (
            (level, share * (1.0 - share) / n_effective),
            (change, ((c.up + c.down) / n.sum() - (share - base) ** 2) / n_effective),
        ):
            rows = adjusted.mean, adjusted.error, plain / adjusted.error**2
            controlled += [np.where(adjusted.used, row, np.nan) for row in rows]
            side_by_side = np.hstack([*adjusted.sums]), adjusted.squares.ravel()
            spread = variance_components.spreads(*side_by_side, n, switches, weights)
            spread = {name: values.reshape(share.shape) for name, values in spread.items()}
            spread["mc_se"] = np.where(adjusted.used, adjusted.error, np.sqrt(np.maximum(plain, 0.0)))
            wide += [spread[name] for name in SPREADS]
        counts = n.sum(), c.event, c.up, c.down, c.event - c.up, n_effective, share, share - base
        columns = [*counts, *controlled, *wide, over_worlds.effective(weights) - 1.0, np.nan, np.nan]
        return np.stack([np.broadcast_to(column, share.shape) for column in columns], axis=2)

    def _of_conditionals(self, c: _Counts) -> np.ndarray:
        """Rows (point, conditional outcome), columns as ``COLUMNS``."""
        n = c.n[0]
        worth = np.where(n > 0, c.moments.weight.sum(1)[0] / n, 0.0)[:, None]  # of a run of each world
        given, hit = c.given * worth, c.hit * worth
        rows = np.full((c.n_points, given.shape[2], len(COLUMNS)), np.nan)
        ensemble_se = variance_components.ratio_over_worlds(hit.swapaxes(0, 1), given.swapaxes(0, 1))
        for name, column in {
            "n_runs": c.given.sum(1), "n_events": c.hit.sum(1), "n_only_policy": -1, "n_only_baseline": -1, "n_both": -1,
            "n_effective": given.sum(1) ** 2 / (given * worth).sum(1), "share": hit.sum(1) / given.sum(1),
            "ensemble_se": ensemble_se, "ensemble_df": given.sum(1) ** 2 / (given**2).sum(1) - 1.0,
        }.items():  # fmt: skip
            rows[..., COLUMNS.index(name)] = column
        return rows

    def _few_worlds(self, c: _Counts) -> np.ndarray | float:
        """Ends of the intervals over worlds where these are few; nan where they are many, or runs as good as worlds."""
        if c.deal.alone or not 1.0 < c.deal.effective < over_worlds.MANY:
            return np.nan
        trials, copies = np.broadcast_to(c.n[..., None], c.by_world.shape), self.copies[c.deal.worlds]
        ends = over_worlds.beta_binomial(np.hstack([*c.by_world]), np.hstack([*trials]), copies).T
        of_conditionals = over_worlds.ratio(np.hstack([*c.hit]), np.hstack([*c.given]), copies).T
        both = ends.reshape(c.n_points, -1, 2), of_conditionals.reshape(c.n_points, -1, 2)
        return np.concatenate(both, axis=1)

    def half_width(self) -> float:
        """Half the width of the widest interval of an outcome so far, over the points that have runs."""
        return max([self._widest, *(_half_width(c.event, c.n.sum(1)[:, None]) for c in self.open.values())])

    def first_months(self) -> pd.DataFrame:
        """How many runs had each outcome first in each month; causes (competing risks) as ``first:CAUSE``."""
        names = np.array([*outcomes.OUTCOMES, *(f"first:{name}" for name in outcomes.CAUSES)], object)
        columns = map(np.concatenate, zip(*self.first, strict=True))
        table = pd.DataFrame(dict(zip(("point", "outcome", "month", "n_events"), columns, strict=True)))
        table["outcome"] = names[table["outcome"]]
        return table

    def estimates(self, points: pd.DataFrame, interval: str = "best") -> pd.DataFrame:
        """Tidy estimates: a row a point and outcome.

        ``q_value`` controls the false-discovery rate within an outcome and a family of points (grid, one at a
        time, package); ``discernible`` is a q-value of at most 0.05. Neither is given where nothing is tested.
        ``grid_q_value`` and ``grid_discernible`` are the same with every point of the grid for the family.
        """
        number = points["point"].to_numpy()
        as_counted = np.array_equal(number, np.arange(len(self.n_runs)))
        columns = {name: (rows if as_counted else rows[number]).ravel() for name, rows in self._rows.items()}
        columns = _in_parts(lambda part: with_intervals(part, interval, self._take_out), columns)
        row = np.repeat(np.arange(len(points)), len(_NAMES))
        paired, base = columns["n_only_policy"] >= 0, np.isin(number, list(self.base_points))[row]
        for name in ("diff", "diff_low", "diff_high", "diff_ensemble_low", "diff_ensemble_high"):
            columns[name][base & paired] = 0.0
        columns["base_prob"][base & paired] = columns["prob"][base & paired]
        tested = paired & ~base
        family = points["family"].to_numpy(object)
        on_grid = points["on_grid"].to_numpy(bool) if "on_grid" in points else np.zeros(len(points), bool)
        for name, some in (("", [family == one for one in set(family)]), ("grid_", [on_grid])):
            columns[f"{name}q_value"] = q_values = np.full(len(row), np.nan)
            for members, k in itertools.product(some, range(len(_NAMES))):
                mine = np.flatnonzero(members) * len(_NAMES) + k
                mine = mine[tested[mine]]
                of = {key: columns[key][mine] for key in _TESTED}
                residual_se = np.where(of["diff_method"] == CONTROL, of["cv_diff_se"], np.nan)
                p_values = significance.difference_test(
                    of["n_only_policy"],
                    of["n_only_baseline"],
                    of["diff"],
                    change_error(of),
                    of["ensemble_df"],
                    residual_se,
                )
                q_values[mine] = significance.false_discovery(p_values)
            columns[f"{name}discernible"] = pd.arrays.BooleanArray(q_values <= 0.05, np.isnan(q_values))
        of_points = {name: points[name].array.take(row) for name in points}
        outcome = np.array(_NAMES * len(points), object)
        return pd.DataFrame({**of_points, "outcome": outcome, **columns}, copy=False)

    def metrics(self) -> pd.DataFrame:
        """Means of counts and shares with normal intervals."""
        sums = np.concatenate(self.sums).reshape(-1, 3)
        table = pd.DataFrame({"point": np.repeat(self.points, len(_METRICS)), "metric": [*_METRICS] * len(self.points)})
        table["n_runs"], table["total"], table["squares"] = sums.T
        scale = table["metric"].map({"provocations_per_year": 12.0, "launch_days_per_month": 1.0}) / self.months
        scale = scale.fillna(1.0)
        values = intervals.mean_interval(table["total"], table["squares"], table["n_runs"].clip(lower=1))
        for name, column in zip(("mean", "low", "high"), values, strict=True):
            table[name] = np.where(table["n_runs"] > 0, column * scale, np.nan)
        return table.drop(columns=["total", "squares"]).astype({"n_runs": int})


#: Rows that are given their intervals at a time: what that takes on the way is no matter of the number of policies.
_PART_ROWS = 6_000


def _in_parts(
    work: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]], columns: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What ``work``, which looks at each row by itself, makes of some columns; those that it leaves are not copied."""
    n_rows, whole = len(next(iter(columns.values()))), dict(columns)
    for first in range(0, n_rows, _PART_ROWS):
        place = slice(first, first + _PART_ROWS)
        part = {name: column[place] for name, column in columns.items()}
        for name, made in work(part).items():
            if made is not part.get(name):
                if whole.get(name) is columns.get(name):
                    whole[name] = np.empty(n_rows, made.dtype)
                whole[name][place] = made
    return whole


def _half_width(events: ArrayLike, n: ArrayLike, error: ArrayLike = np.nan) -> float:
    """Half the width of the widest of some outcomes' intervals: from ``error`` by control variates, else of counts."""
    low, high = intervals.clopper_pearson(events, n)
    _, by_residuals = intervals.normal_interval(0.0, error)
    half = np.where(np.isnan(by_residuals), (high - low) / 2.0, by_residuals)
    return float(np.fmax.reduce(half, axis=None, initial=0.0))
