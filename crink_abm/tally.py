"""Counts a sweep point by point, against the baseline, and turns the counts into tables with intervals."""

import numpy as np
import pandas as pd

from . import estimate, outcomes
from .control import LEAST, Moments
from .errors import InputError
from .parameters import SWITCHES
from .worlds import Worlds

_METRICS = {
    "provocations_per_year": "n_provocations",
    "launch_days_per_month": "n_launch_days",
    "highest_rung": "highest_rung",
    "help_expected": "help_expected",
    "help_realised": "help_realised",
}


#: The three spreads of a probability; with ``diff_`` before them, those of its paired difference from the baseline.
SPREADS = ("mc_sd", "worlds_se", "parameter_sd", "structure_sd", "structure_low", "structure_high")
DIFF_SPREADS = tuple(f"diff_{name}" for name in SPREADS)

#: Probability and paired difference with the luck taken out, their standard errors, and by how much their variance fell.
CONTROLLED = ("cv_prob", "cv_prob_se", "variance_reduction", "cv_diff", "cv_diff_se", "diff_variance_reduction")

#: Ends of the intervals that take the worlds as the sample.
WORLDS = ("worlds_low", "worlds_high", "diff_worlds_low", "diff_worlds_high")


class _Point:
    """Running counts of one point: all that its estimates need, whatever the number of runs."""

    def __init__(self, n_worlds: int, n_months: int):
        shape = (n_worlds, len(outcomes.OUTCOMES))
        self.n = 0
        self.event, self.up, self.down = (np.zeros(shape[1], int) for _ in range(3))
        self.level, self.change = (Moments(*shape, len(outcomes.LUCKS)) for _ in range(2))
        self.given, self.hit = (np.zeros((n_worlds, len(outcomes.CONDITIONALS))) for _ in range(2))
        self.sums = np.zeros((len(_METRICS), 3))
        self.first = np.zeros((len(outcomes.OUTCOMES) + len(outcomes.CAUSES), n_months), np.int64)

    def add(self, results, base, world_of, half):
        when, luck = outcomes.months(results), outcomes.luck(results)
        event, (base_event, base_luck) = when >= 0, base
        self.n += len(event)
        n_worlds = len(self.given)
        self.event += event.sum(0)
        self.up += (event & ~base_event).sum(0)
        self.down += (base_event & ~event).sum(0)
        self.level.add(event, luck, world_of, half)
        self.change.add(event.astype(int) - base_event, luck - base_luck, world_of, half)
        for k, (given, hit) in enumerate(outcomes.conditionals(results, when, self.first.shape[1]).values()):
            self.given[:, k] += np.bincount(world_of, given, n_worlds)
            self.hit[:, k] += np.bincount(world_of, hit, n_worlds)
        invaded = when[:, list(outcomes.OUTCOMES).index("taiwan_invasion")] >= 0
        for k, column in enumerate(_METRICS.values()):
            values = outcomes.column(results, column)
            values = values[invaded] if column.startswith("help_") else values
            self.sums[k] += len(values), values.sum(), (values * values).sum()
        cause, month = outcomes.first_cause(when)
        dated = [*when.T, *(np.where(cause == k, month, -1) for k in range(len(outcomes.CAUSES)))]
        for total, months in zip(self.first, dated, strict=True):
            total += np.bincount(months[months >= 0], minlength=len(total))


class Tally:
    """Counts of each point against the baseline's, turned into the tables of a sweep.

    Points are opened, given their runs piece by piece, and closed; only open points hold counts by world.

    Parameters
    ----------
    worlds : the worlds that run k lives in, by k modulo their number
    months : length of a run
    base_point : number of the baseline
    by_luck : whether intervals take the luck out (for :meth:`half_width`)
    """

    def __init__(self, worlds: Worlds, months: int, base_point: int, by_luck: bool = True):
        self.worlds, self.months, self.base_point = worlds, months, base_point
        # A world that stands in an ensemble twice is one world with more runs, not two that happen to agree.
        _, rows, self.number = np.unique(worlds.values, axis=0, return_index=True, return_inverse=True)
        self.n_worlds = len(rows)
        self.switches = {p.name: worlds.column(p.name)[rows] for p in SWITCHES}
        self.open: dict[int, _Point] = {}
        self.rows, self.metric_rows, self.first = [], [], []
        self.closed, self._widest, self._by_luck = 0, 0.0, by_luck

    def add(
        self, point: int, first_run: int, results: np.ndarray, base: tuple[np.ndarray, np.ndarray], kept=slice(None)
    ) -> None:
        """Count some of a point's runs; ``base`` is what the same runs were at the baseline (:func:`outcomes.observed`).

        ``kept`` picks those that count: neither they nor their pair at the baseline failed.
        """
        if point not in self.open:
            self.open[point] = _Point(self.n_worlds, self.months)
        # Whole rounds through the worlds fall into one half or the other.
        half = (first_run + np.arange(len(results))) // len(self.worlds) % 2
        world = self.number[self.worlds.of_runs(first_run, len(results))]
        self.open[point].add(results[kept], tuple(x[kept] for x in base), world[kept], half[kept])

    def close(self, point: int) -> None:
        """Estimate a point whose runs are all in, and forget its counts by world."""
        c = self.open.pop(point)
        with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
            share, moved = c.event / c.n, c.up + c.down
            difference = (c.up - c.down) / c.n
            told, level = _controlled(c.level, np.minimum(c.event, c.n - c.event), share * (1.0 - share) / c.n)
            told_change, change = _controlled(c.change, moved, (moved / c.n - difference**2) / c.n)
            spread, spread_of_change = (
                estimate.spreads(a.sums, a.squares, c.level.n.sum(0), self.switches) for a in (level, change)
            )
        half = _half_width(c.event, c.n, told[1] if self._by_luck else np.nan)
        self.closed, self._widest = self.closed + 1, max(self._widest, half)
        spread["mc_sd"] = np.where(np.isnan(told[1]), spread["mc_sd"], told[1])
        spread_of_change["mc_sd"] = np.where(np.isnan(told_change[1]), spread_of_change["mc_sd"], told_change[1])
        for k, name in enumerate(outcomes.OUTCOMES):
            wide = (float(table[s][k]) for table in (spread, spread_of_change) for s in SPREADS)
            counted = (int(x[k]) for x in (c.event, c.up, c.down, c.event - c.up))
            self.rows.append((point, name, c.n, *counted, *told[:, k], *told_change[:, k], *wide))
        for k, name in enumerate(outcomes.CONDITIONALS):
            told = {"worlds_se": estimate.ratio_over_worlds(c.hit[:, k], c.given[:, k])}
            wide = (told.get(s, np.nan) for s in (*SPREADS, *DIFF_SPREADS))
            self.rows.append(
                (point, name, int(c.given[:, k].sum()), int(c.hit[:, k].sum()), -1, -1, -1, *[np.nan] * 6, *wide)
            )
        for name, sums in zip(_METRICS, c.sums, strict=True):
            self.metric_rows.append((point, name, *sums))
        self.first.append((point, c.first))

    def half_width(self) -> float:
        """Half the width of the widest interval of an outcome so far, over the points that have runs."""
        return max([self._widest, *(_half_width(c.event, c.n) for c in self.open.values())])

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
        head = ["point", "outcome", "n_runs", "n_events", "n_up", "n_down", "n_both"]
        table = pd.DataFrame(self.rows, columns=[*head, *CONTROLLED, *SPREADS, *DIFF_SPREADS])
        table = interval_columns(points.merge(table, on="point", validate="one_to_many"), interval)
        width = estimate.over_worlds(self.n_worlds)
        for centre, prefix in (("prob", ""), ("diff", "diff_")):
            for end, sign in (("low", -1.0), ("high", 1.0)):
                table[f"{prefix}worlds_{end}"] = table[centre] + sign * width * table[f"{prefix}worlds_se"]
        base = (table["point"] == self.base_point) & (table["n_up"] >= 0)
        table.loc[base, ["diff_low", "diff_high"]] = 0.0
        tested = table[(table["n_up"] >= 0) & ~base]
        on_grid = tested[tested["on_grid"]] if "on_grid" in tested else tested[:0]
        for name, families in (("", tested.groupby(["outcome", "family"])), ("grid_", on_grid.groupby("outcome"))):
            table[f"{name}q_value"] = np.nan
            for _, family in families:
                p_values = estimate.difference_test(
                    family["n_up"], family["n_down"], family["diff"], family["diff_worlds_se"],
                    family["cv_diff_se"].where(family["diff_method"] == CONTROL),
                )  # fmt: skip
                table.loc[family.index, f"{name}q_value"] = estimate.false_discovery(p_values)
            noise = (table[f"{name}q_value"] > 0.05).astype("boolean")
            table[f"{name}within_noise"] = noise.mask(table[f"{name}q_value"].isna())
        return table

    def metrics(self) -> pd.DataFrame:
        """Means of counts and shares with normal intervals."""
        table = pd.DataFrame(self.metric_rows, columns=["point", "metric", "n_runs", "total", "squares"])
        scale = table["metric"].map({"provocations_per_year": 12.0, "launch_days_per_month": 1.0}) / self.months
        scale = scale.fillna(1.0)
        values = estimate.mean_interval(table["total"], table["squares"], table["n_runs"].clip(lower=1))
        for name, column in zip(("mean", "low", "high"), values, strict=True):
            table[name] = np.where(table["n_runs"] > 0, column * scale, np.nan)
        return table.drop(columns=["total", "squares"]).astype({"n_runs": int})


def _half_width(events, n, error=np.nan) -> float:
    """Half the width of the widest of some outcomes' intervals: from ``error`` with the luck taken out, else Jeffreys'."""
    low, high = estimate.jeffreys(events, n)
    _, by_luck = estimate.normal_interval(0.0, error)
    half = np.where(np.isnan(by_luck), (high - low) / 2.0, by_luck)
    return float(np.fmax.reduce(half, initial=0.0))


def _controlled(moments: Moments, least: np.ndarray, plain_variance: np.ndarray):
    """(mean, standard error, reduction of variance) with the luck taken out, nan where counts are better, and all quantities.

    Counts are better where fewer than ``LEAST`` runs went either way, or where luck explains nothing.
    """
    found = moments.adjusted()
    with np.errstate(invalid="ignore", divide="ignore"):
        reduction = plain_variance / found.error**2
    use = (least >= LEAST) & (found.error > 0) & (reduction > 1.0)
    return np.where(use, [found.mean, found.error, reduction], np.nan), moments.adjusted(use)


#: How a number came about.
COUNTS, CONTROL = "counts", "control variates"


def interval_columns(table: pd.DataFrame, interval: str = "best") -> pd.DataFrame:
    """Add prob, low, high, and the paired difference from the baseline, with their intervals and methods.

    ``interval`` is ``"jeffreys"`` or ``"clopper-pearson"`` for counts and those intervals of them, with Newcombe's of
    differences; ``"best"`` takes the luck out (control variates, normal interval) where that is valid and narrower,
    and counts with Jeffreys' elsewhere. Rows of conditional outcomes have no paired difference.
    """
    if interval not in estimate.KINDS:
        raise InputError(f"interval is one of {', '.join(estimate.KINDS)}; {interval!r} was given")
    table = table.copy()
    n = table["n_runs"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        table["prob"] = table["n_events"] / n
    table["low"], table["high"] = estimate.INTERVALS.get(interval, estimate.jeffreys)(table["n_events"], n)
    paired = table["n_up"].to_numpy() >= 0
    up, down, both = (table[name].to_numpy() for name in ("n_up", "n_down", "n_both"))
    values = np.full((3, len(table)), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        values[:, paired] = estimate.newcombe(up[paired], down[paired], both[paired], n[paired])
    table["diff"], table["diff_low"], table["diff_high"] = values
    table["method"], table["diff_method"] = COUNTS, np.where(paired, COUNTS, None)
    if interval == "best":
        for name, ends, method in (
            ("prob", ("low", "high"), "method"),
            ("diff", ("diff_low", "diff_high"), "diff_method"),
        ):
            better = table[f"cv_{name}"].notna()
            centre = table.loc[better, f"cv_{name}"]
            least = 0.0 if name == "prob" else -1.0
            for end, value in zip(
                ends, estimate.normal_interval(centre, table.loc[better, f"cv_{name}_se"]), strict=True
            ):
                table.loc[better, end] = np.clip(value, least, 1.0)
            table.loc[better, name], table.loc[better, method] = centre, CONTROL
    table["interval"] = interval
    return table
