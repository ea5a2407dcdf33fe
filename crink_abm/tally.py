"""Counts a sweep point by point, against the baseline, and turns the counts into tables with intervals."""

import numpy as np
import pandas as pd

from . import estimate, outcomes
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

#: Ends of the intervals that take the worlds as the sample.
WORLDS = ("worlds_low", "worlds_high", "diff_worlds_low", "diff_worlds_high")


class _Point:
    """Running counts of one point: all that its estimates need, whatever the number of runs."""

    def __init__(self, n_worlds: int, n_months: int):
        shape = (n_worlds, len(outcomes.OUTCOMES))
        self.n, self.of_world = 0, np.zeros(n_worlds)
        self.event, self.up, self.down = (np.zeros(shape) for _ in range(3))
        self.given, self.hit = (np.zeros((n_worlds, len(outcomes.CONDITIONALS))) for _ in range(2))
        self.sums = np.zeros((len(_METRICS), 3))
        self.first = np.zeros((len(outcomes.OUTCOMES) + len(outcomes.CAUSES), n_months), np.int64)

    def add(self, results, base, world_of):
        when = outcomes.months(results)
        event = when >= 0
        self.n += len(event)
        n_worlds = len(self.event)
        self.of_world += np.bincount(world_of, minlength=n_worlds)
        for total, flags in ((self.event, event), (self.up, event & ~base), (self.down, base & ~event)):
            total += np.stack([np.bincount(world_of, flag, len(total)) for flag in flags.T], 1)
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
    """

    def __init__(self, worlds: Worlds, months: int, base_point: int):
        self.worlds, self.months, self.base_point = worlds, months, base_point
        # A world that stands in an ensemble twice is one world with more runs, not two that happen to agree.
        _, rows, self.number = np.unique(worlds.values, axis=0, return_index=True, return_inverse=True)
        self.n_worlds = len(rows)
        self.switches = {p.name: worlds.column(p.name)[rows] for p in SWITCHES}
        self.open: dict[int, _Point] = {}
        self.rows, self.metric_rows, self.first = [], [], []

    def add(self, point: int, first_run: int, results: np.ndarray, base: np.ndarray, kept=slice(None)) -> None:
        """Count some of a point's runs; ``base`` says which outcomes the same runs had at the baseline.

        ``kept`` picks those that count: neither they nor their pair at the baseline failed.
        """
        counts = self.open.setdefault(point, _Point(self.n_worlds, self.months))
        counts.add(results[kept], base[kept], self.number[self.worlds.of_runs(first_run, len(results))[kept]])

    def close(self, point: int) -> None:
        """Estimate a point whose runs are all in, and forget its counts by world."""
        c = self.open.pop(point)
        with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
            spread = estimate.spreads(c.event, c.event, c.of_world, self.switches)
            change = estimate.spreads(c.up - c.down, c.up + c.down, c.of_world, self.switches)
        events, up, down = (total.sum(0).astype(int) for total in (c.event, c.up, c.down))
        for k, name in enumerate(outcomes.OUTCOMES):
            wide = (float(table[s][k]) for table in (spread, change) for s in SPREADS)
            self.rows.append((point, name, c.n, events[k], up[k], down[k], events[k] - up[k], *wide))
        for k, name in enumerate(outcomes.CONDITIONALS):
            told = {"worlds_se": estimate.ratio_over_worlds(c.hit[:, k], c.given[:, k])}
            wide = (told.get(s, np.nan) for s in (*SPREADS, *DIFF_SPREADS))
            self.rows.append((point, name, int(c.given[:, k].sum()), int(c.hit[:, k].sum()), -1, -1, -1, *wide))
        for name, sums in zip(_METRICS, c.sums, strict=True):
            self.metric_rows.append((point, name, *sums))
        self.first.append((point, c.first))

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

    def estimates(self, points: pd.DataFrame, interval: str = "jeffreys") -> pd.DataFrame:
        """Tidy estimates: a row a point and outcome.

        ``q_value`` controls the false-discovery rate within an outcome and a family of points (grid, one at a
        time, package); ``within_noise`` is a q-value above 0.05. Neither is given where nothing is tested.
        ``grid_q_value`` and ``grid_within_noise`` are the same with every point of the grid for the family.
        """
        head = ["point", "outcome", "n_runs", "n_events", "n_up", "n_down", "n_both"]
        table = pd.DataFrame(self.rows, columns=[*head, *SPREADS, *DIFF_SPREADS])
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
                    family["n_up"], family["n_down"], family["diff"], family["diff_worlds_se"]
                )
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


def interval_columns(table: pd.DataFrame, interval: str = "jeffreys") -> pd.DataFrame:
    """Add prob, low, high, and the paired difference from the baseline with Newcombe's interval.

    ``interval`` is ``"jeffreys"`` or ``"clopper-pearson"``. Rows of conditional outcomes have no paired difference.
    """
    if interval not in estimate.INTERVALS:
        raise InputError(f"interval is one of {', '.join(estimate.INTERVALS)}; {interval!r} was given")
    table = table.copy()
    n = table["n_runs"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        table["prob"] = table["n_events"] / n
    table["low"], table["high"] = estimate.INTERVALS[interval](table["n_events"], n)
    paired = table["n_up"].to_numpy() >= 0
    up, down, both = (table[name].to_numpy() for name in ("n_up", "n_down", "n_both"))
    values = np.full((3, len(table)), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        values[:, paired] = estimate.newcombe(up[paired], down[paired], both[paired], n[paired])
    table["diff"], table["diff_low"], table["diff_high"] = values
    table["interval"] = interval
    return table
