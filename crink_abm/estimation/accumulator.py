"""Counts a sweep point by point, against the baseline, and turns the counts into tables with intervals."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from ..model import outcomes
from ..model.parameters import SWITCHES
from . import intervals, over_worlds, significance, variance_components
from .control_variates import Moments, by_row
from .dealt import Dealt
from .tables import CONTROL, CONTROLLED, COUNTED, DIFF_SPREADS, SPREADS, change_error, interval_columns

_METRICS = {
    "provocations_per_year": "n_provocations",
    "launch_days_per_month": "n_launch_days",
    "highest_rung": "highest_rung",
    "help_expected": "help_expected",
    "help_realised": "help_realised",
}


_COLUMNS = (*COUNTED, *CONTROLLED, *SPREADS, *DIFF_SPREADS, "worlds_df", "worlds_low", "worlds_high")


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
    """

    worlds: np.ndarray
    of_place: np.ndarray
    weights: np.ndarray | None
    effective: float
    alone: bool


class _Point:
    """Running counts of one point: all that its estimates need, whatever the number of runs."""

    def __init__(self, deal: _Deal, n_months: int):
        n_worlds, self.deal = len(deal.worlds), deal
        shape = (n_worlds, len(outcomes.OUTCOMES))
        self.event, self.up, self.down = (np.zeros(shape[1], np.int64) for _ in range(3))
        self.by_world = np.zeros(shape)
        self.moments = Moments(*shape, len(outcomes.LUCKS))
        self.given, self.hit = (np.zeros((n_worlds, len(outcomes.CONDITIONALS)), np.int64) for _ in range(2))
        self.squared_weight = 0.0
        self.sums = np.zeros((len(_METRICS), 3))
        n_dated = len(outcomes.OUTCOMES) + len(outcomes.CAUSES)
        self.first = np.zeros((n_dated, n_months), np.int64 if deal.weights is None else np.float64)

    @property
    def n(self) -> np.ndarray:
        """Runs of each world."""
        return self.moments.n.sum(0)

    def add(self, results, base, world_of, half, weight):
        when, luck = outcomes.months(results), outcomes.luck(results)
        event, base_event, n_worlds = when >= 0, base[0], len(self.given)
        self.event += event.sum(0)
        self.up += (event & ~base_event).sum(0)
        self.down += (base_event & ~event).sum(0)
        if self.deal.effective < over_worlds.MANY:
            self.by_world += by_row(world_of, event.astype(float), n_worlds)
        self.moments.add((event, luck), base, world_of, half, weight)
        for k, (given, hit) in enumerate(outcomes.conditionals(results, when, self.first.shape[1]).values()):
            self.given[:, k] += np.bincount(world_of[given], minlength=n_worlds)
            self.hit[:, k] += np.bincount(world_of[hit], minlength=n_worlds)
        counts = np.ones(len(event)) if weight is None else weight
        self.squared_weight += (counts**2).sum()
        invaded = event[:, list(outcomes.OUTCOMES).index("taiwan_invasion")]
        for k, column in enumerate(_METRICS.values()):
            values, mine = outcomes.column(results, column), counts
            if column.startswith("help_"):
                values, mine = values[invaded], counts[invaded]
            self.sums[k] += mine.sum(), (mine * values).sum(), (mine * values * values).sum()
        cause, month = outcomes.first_cause(when)
        causes = np.where(cause[:, None] == np.arange(len(outcomes.CAUSES)), month[:, None], -1)
        run, row = np.nonzero((dated := np.column_stack([when, causes])) >= 0)
        place = row * self.first.shape[1] + dated[run, row]
        counted = np.bincount(place, None if weight is None else weight[run], self.first.size)
        self.first += counted.reshape(self.first.shape)


class Tally:
    """Counts of each point against the baseline's, turned into the tables of a sweep.

    Points are opened, given their runs piece by piece, and closed; only open points hold counts by world. Every world weighs the
    same, also where the runs are no multiple of the worlds: a run then counts by how few its world has.

    Parameters
    ----------
    worlds : the worlds that runs live in
    months : length of a run
    base_points : numbers of the points that are the baseline: it may have several names
    n_runs : the runs that each point is to have
    take_out : whether the luck may be taken out: not where rules are replaced that state odds or draw
    by_luck : whether intervals take the luck out (for :meth:`half_width`)
    """

    def __init__(
        self,
        worlds: Dealt,
        months: int,
        base_points: Collection[int],
        n_runs,
        take_out: bool = True,
        by_luck: bool = True,
    ):
        self.worlds, self.months, self.base_points, self.n_runs = worlds, months, base_points, n_runs
        # A world that stands in an ensemble twice is one world with more runs, not two that happen to agree.
        _, rows, number, copies = np.unique(
            worlds.values, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self.number, self.copies = number.ravel(), copies
        self.switches = {p.name: worlds.column(p.name)[rows] for p in SWITCHES}
        self.open: dict[int, _Point] = {}
        self.points, self.blocks, self.metric_rows, self.first = [], [], [], []
        self.closed, self._widest, self._take_out, self._by_luck = 0, 0.0, take_out, by_luck and take_out
        self._deal = lru_cache(maxsize=8)(self._deal)

    def _deal(self, n: int) -> _Deal:
        """How ``n`` runs fall to the worlds."""
        n_places = len(self.worlds)
        runs = np.bincount(self.worlds.of_runs(0, n), minlength=n_places)
        weights = self.worlds.weights(n)
        by_world = np.bincount(self.number, runs * weights, len(self.copies))
        weights = None if (weights[runs > 0] == 1.0).all() else weights
        reached = np.flatnonzero(by_world)
        of_world = np.zeros(len(self.copies), np.int64)
        of_world[reached] = np.arange(len(reached))
        alone = np.bincount(self.number, runs).max() <= 1
        return _Deal(reached, of_world[self.number], weights, over_worlds.effective(by_world[reached]), bool(alone))

    def add(
        self, point: int, first_run: int, results: np.ndarray, base: tuple[np.ndarray, np.ndarray], kept=slice(None)
    ) -> None:
        """Count some of a point's runs; ``base`` is what the same runs were at the baseline (:func:`outcomes.observed`).

        ``kept`` picks those that count: neither they nor their pair at the baseline failed.
        """
        if point not in self.open:
            self.open[point] = _Point(self._deal(self.n_runs[point]), self.months)
        deal = self.open[point].deal
        # Whole rounds through the worlds fall into one half or the other.
        half = (first_run + np.arange(len(results))) // len(self.worlds) % 2
        place = self.worlds.of_runs(first_run, len(results))[kept]
        weight = None if deal.weights is None else deal.weights[place]
        self.open[point].add(results[kept], tuple(x[kept] for x in base), deal.of_place[place], half[kept], weight)

    def close(self, point: int) -> None:
        """Estimate a point whose runs are all in, and forget its counts by world."""
        c = self.open.pop(point)
        with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
            table = np.vstack([self._of_outcomes(c), self._of_conditionals(c)])
        table[:, -2:] = self._few_worlds(c)
        self.points.append(point)
        self.blocks.append(table)
        prob_se = table[: len(outcomes.OUTCOMES), _COLUMNS.index("cv_prob_se")]
        half = _half_width(c.event, c.n.sum(), prob_se if self._by_luck else np.nan)
        self.closed, self._widest = self.closed + 1, max(self._widest, half)
        for name, sums in zip(_METRICS, c.sums, strict=True):
            self.metric_rows.append((point, name, *sums))
        self.first.append((point, c.first))

    def _of_outcomes(self, c: _Point) -> np.ndarray:
        """A row an outcome, columns as ``_COLUMNS``."""
        n, weight = c.n.sum(), c.moments.weight.sum(0)
        level, change = c.moments.adjusted(self._take_out)
        share, base = c.moments.mean
        n_effective = weight.sum() ** 2 / c.squared_weight if c.squared_weight > 0 else 0.0
        switches = {name: levels[c.deal.worlds] for name, levels in self.switches.items()}
        controlled, wide = [], []
        for adjusted, plain in (
            (level, share * (1.0 - share) / n_effective),
            (change, ((c.up + c.down) / n - (share - base) ** 2) / n_effective),
        ):
            rows = adjusted.mean, adjusted.error, plain / adjusted.error**2
            controlled += [np.where(adjusted.used, row, np.nan) for row in rows]
            spread = variance_components.spreads(adjusted.sums, adjusted.squares, c.n, switches, weight)
            spread["mc_sd"] = np.where(adjusted.used, adjusted.error, np.sqrt(np.maximum(plain, 0.0)))
            wide += [spread[name] for name in SPREADS]
        counts = n, c.event, c.up, c.down, c.event - c.up, n_effective, share, share - base
        columns = [*counts, *controlled, *wide, over_worlds.effective(weight) - 1.0, np.nan, np.nan]
        return np.column_stack([np.broadcast_to(column, len(share)) for column in columns])

    def _of_conditionals(self, c: _Point) -> np.ndarray:
        """A row a conditional outcome, columns as ``_COLUMNS``."""
        counts = np.where(c.n > 0, c.moments.weight.sum(0) / c.n, 0.0)[:, None]  # of a run of each world
        given, hit = c.given * counts, c.hit * counts
        rows = np.full((given.shape[1], len(_COLUMNS)), np.nan)
        for name, column in {
            "n_runs": c.given.sum(0), "n_events": c.hit.sum(0), "n_up": -1, "n_down": -1, "n_both": -1,
            "n_effective": given.sum(0) ** 2 / (given * counts).sum(0), "share": hit.sum(0) / given.sum(0),
            "worlds_se": variance_components.ratio_over_worlds(hit, given),
            "worlds_df": given.sum(0) ** 2 / (given**2).sum(0) - 1.0,
        }.items():  # fmt: skip
            rows[:, _COLUMNS.index(name)] = column
        return rows

    def _few_worlds(self, c: _Point) -> np.ndarray | float:
        """Ends of the intervals over worlds where these are few; nan where they are many, or runs as good as worlds."""
        if c.deal.alone or not 1.0 < c.deal.effective < over_worlds.MANY:
            return np.nan
        trials = np.broadcast_to(c.n[:, None], c.by_world.shape)
        counts = np.hstack([c.by_world, c.hit]), np.hstack([trials, c.given])
        return over_worlds.beta_binomial(*counts, self.copies[c.deal.worlds]).T

    def half_width(self) -> float:
        """Half the width of the widest interval of an outcome so far, over the points that have runs."""
        return max([self._widest, *(_half_width(c.event, c.n.sum()) for c in self.open.values())])

    def first_months(self) -> pd.DataFrame:
        """How many runs had each outcome first in each month; causes (competing risks) as ``first:CAUSE``."""
        names = [*outcomes.OUTCOMES, *(f"first:{name}" for name in outcomes.CAUSES)]
        frames = []
        for point, first in self.first:
            row, month = np.nonzero(first)
            frames.append(
                {"point": np.full(len(row), point, np.int32), "outcome": row.astype(np.int8), "month": month.astype(np.int16),
                 "n_events": first[row, month]}
            )  # fmt: skip
        table = pd.DataFrame({key: np.concatenate([frame[key] for frame in frames]) for key in frames[0]})
        table["outcome"] = np.array(names, dtype=object)[table["outcome"]]
        return table

    def estimates(self, points: pd.DataFrame, interval: str = "best") -> pd.DataFrame:
        """Tidy estimates: a row a point and outcome.

        ``q_value`` controls the false-discovery rate within an outcome and a family of points (grid, one at a
        time, package); ``within_noise`` is a q-value above 0.05. Neither is given where nothing is tested.
        ``grid_q_value`` and ``grid_within_noise`` are the same with every point of the grid for the family.
        """
        names = [*outcomes.OUTCOMES, *outcomes.CONDITIONALS]
        table = pd.DataFrame(np.concatenate(self.blocks), columns=list(_COLUMNS))
        table = table.astype(dict.fromkeys(("n_runs", "n_events", "n_up", "n_down", "n_both"), np.int64))
        table.insert(0, "point", np.repeat(self.points, len(names)))
        table.insert(1, "outcome", names * len(self.points))
        table = interval_columns(points.merge(table, on="point", validate="one_to_many"), interval, self._take_out)
        base = table["point"].isin(list(self.base_points)) & (table["n_up"] >= 0)
        table.loc[base, ["diff", "diff_low", "diff_high", "diff_worlds_low", "diff_worlds_high"]] = 0.0
        table.loc[base, "base_prob"] = table.loc[base, "prob"]
        tested = table[(table["n_up"] >= 0) & ~base]
        on_grid = tested[tested["on_grid"]] if "on_grid" in tested else tested[:0]
        for name, families in (("", tested.groupby(["outcome", "family"])), ("grid_", on_grid.groupby("outcome"))):
            table[f"{name}q_value"] = np.nan
            for _, family in families:
                p_values = significance.difference_test(
                    family["n_up"], family["n_down"], family["diff"], change_error(family), family["worlds_df"],
                    family["cv_diff_se"].where(family["diff_method"] == CONTROL),
                )  # fmt: skip
                table.loc[family.index, f"{name}q_value"] = significance.false_discovery(p_values)
            noise = (table[f"{name}q_value"] > 0.05).astype("boolean")
            table[f"{name}within_noise"] = noise.mask(table[f"{name}q_value"].isna())
        return table

    def metrics(self) -> pd.DataFrame:
        """Means of counts and shares with normal intervals."""
        table = pd.DataFrame(self.metric_rows, columns=["point", "metric", "n_runs", "total", "squares"])
        scale = table["metric"].map({"provocations_per_year": 12.0, "launch_days_per_month": 1.0}) / self.months
        scale = scale.fillna(1.0)
        values = intervals.mean_interval(table["total"], table["squares"], table["n_runs"].clip(lower=1))
        for name, column in zip(("mean", "low", "high"), values, strict=True):
            table[name] = np.where(table["n_runs"] > 0, column * scale, np.nan)
        return table.drop(columns=["total", "squares"]).astype({"n_runs": int})


def _half_width(events, n, error=np.nan) -> float:
    """Half the width of the widest of some outcomes' intervals: from ``error`` with the luck taken out, else of counts."""
    low, high = intervals.clopper_pearson(events, n)
    _, by_luck = intervals.normal_interval(0.0, error)
    half = np.where(np.isnan(by_luck), (high - low) / 2.0, by_luck)
    return float(np.fmax.reduce(half, initial=0.0))
