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


class Tally:
    """Counts of each point against the baseline's, turned into the tables of estimates and metrics.

    Parameters
    ----------
    worlds : the worlds that run k lives in, by k modulo their number
    runs, months : runs of a point, and their length
    base_point : number of the baseline
    base_months : int array (runs, outcomes), the baseline's first months
    """

    def __init__(self, worlds: Worlds, runs: int, months: int, base_point: int, base_months: np.ndarray):
        self.base, self.base_point, self.years = base_months >= 0, base_point, months / 12.0
        self.world_of = worlds.of_runs(0, runs)
        self.n_worlds = np.bincount(self.world_of, minlength=len(worlds))
        self.switches = {p.name: worlds.column(p.name) for p in SWITCHES}
        self.rows, self.metric_rows = [], []

    def _by_world(self, flags):
        return np.stack([np.bincount(self.world_of, flag, len(self.n_worlds)) for flag in flags.T], 1)

    def add(self, point: int, results: np.ndarray) -> None:
        """Count one point's runs."""
        when = outcomes.months(results)
        event = when >= 0
        n = len(event)
        up, down, both = event & ~self.base, self.base & ~event, event & self.base
        here = self._by_world(event)
        spread = estimate.spreads(here, here, self.n_worlds, self.switches)
        rose, fell = self._by_world(up), self._by_world(down)
        change = estimate.spreads(rose - fell, rose + fell, self.n_worlds, self.switches)
        for k, name in enumerate(outcomes.OUTCOMES):
            counts = (int(flags[:, k].sum()) for flags in (event, up, down, both))
            wide = (float(table[s][k]) for table in (spread, change) for s in SPREADS)
            self.rows.append((point, name, n, *counts, *wide))
        for name, (base, hit) in outcomes.conditionals(results, when).items():
            untold = (np.nan,) * (len(SPREADS) + len(DIFF_SPREADS))
            self.rows.append((point, name, int(base.sum()), int(hit.sum()), -1, -1, -1, *untold))
        for name, column in _METRICS.items():
            values = outcomes.column(results, column)
            if name == "provocations_per_year":
                values = values / self.years
            elif name == "launch_days_per_month":
                values = values / (12.0 * self.years)
            elif name.startswith("help_"):
                values = values[when[:, list(outcomes.OUTCOMES).index("taiwan_invasion")] >= 0]
            self.metric_rows.append((point, name, len(values), float(values.sum()), float((values * values).sum())))

    def estimates(self, points: pd.DataFrame) -> pd.DataFrame:
        """Tidy estimates: a row a point and outcome.

        ``q_value`` controls the false-discovery rate within an outcome and a family of points (grid, one at a
        time, package); ``within_noise`` is a q-value above 0.05. Neither is given where nothing is tested.
        """
        head = ["point", "outcome", "n_runs", "n_events", "n_up", "n_down", "n_both"]
        table = pd.DataFrame(self.rows, columns=[*head, *SPREADS, *DIFF_SPREADS])
        table = interval_columns(points.merge(table, on="point", validate="one_to_many"))
        base = (table["point"] == self.base_point) & (table["n_up"] >= 0)
        table.loc[base, ["diff_low", "diff_high"]] = 0.0
        table["q_value"] = np.nan
        for _, family in table[(table["n_up"] >= 0) & ~base].groupby(["outcome", "family"]):
            p_values = estimate.difference_test(
                family["n_up"], family["n_down"], family["diff"], family["diff_worlds_se"]
            )
            table.loc[family.index, "q_value"] = estimate.false_discovery(p_values)
        table["within_noise"] = table["q_value"] > 0.05
        return table

    def metrics(self) -> pd.DataFrame:
        """Means of counts and shares with normal intervals."""
        table = pd.DataFrame(self.metric_rows, columns=["point", "metric", "n_runs", "total", "squares"])
        safe = table["n_runs"].clip(lower=1)
        table["mean"], table["low"], table["high"] = estimate.mean_interval(table["total"], table["squares"], safe)
        return table.drop(columns=["total", "squares"])


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
    values[:, paired] = estimate.newcombe(up[paired], down[paired], both[paired], n[paired])
    table["diff"], table["diff_low"], table["diff_high"] = values
    table["interval"] = interval
    return table
