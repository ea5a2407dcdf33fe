"""Counts of an outcome by point and world: what a user's own decomposition of variance begins from."""

import numpy as np
import pandas as pd

from ..model import outcomes
from ..model.outcomes import RESULTS
from ..util.errors import InputError, nearest
from .dealt import Dealt


def first_rows(worlds: Dealt) -> np.ndarray:
    """For each place in a table of worlds the first place that holds the same world: array (n_worlds,)."""
    _, first = np.unique(worlds.number, return_index=True)
    return first[worlds.number]


def happened(outcome: str, results: np.ndarray, n_months: int) -> tuple[np.ndarray, np.ndarray]:
    """(runs that count, runs with the event), flags, from the engine's results (n, len(RESULTS)).

    Raises
    ------
    InputError
        On an unknown outcome.
    """
    names = [*outcomes.OUTCOMES, *outcomes.CONDITIONALS]
    if outcome not in names:
        raise InputError(f"no outcome is named {outcome!r}{nearest(outcome, names)}; they are {', '.join(names)}")
    when = outcomes.months(results)
    if outcome in outcomes.CONDITIONALS:
        return outcomes.conditionals(results, when, n_months)[outcome]
    return np.ones(len(when), bool), when[:, list(outcomes.OUTCOMES).index(outcome)] >= 0


def counts(outcome: str, runs: pd.DataFrame, base: pd.DataFrame | None, worlds: Dealt, n_months: int) -> pd.DataFrame:
    """Counts by point and world.

    Parameters
    ----------
    runs : a row a run: point, run, and the engine's results
    base : the same of the baseline, which had at least the same runs; None if it had fewer
    n_months : length of a run

    Returns
    -------
    DataFrame: point, world, n_runs, n_events, n_only_policy, n_only_baseline (runs with the event only here, only at the
    baseline; -1 where runs are not paired)
    """
    world_of = first_rows(worlds)
    paired = base is not None and outcome in outcomes.OUTCOMES
    frames = []
    pair = base.set_index("run") if paired else None
    for point, mine in runs.groupby("point"):
        mine = mine[mine["run"].isin(pair.index)] if paired else mine  # a run counts where it failed on neither side
        given, event = happened(outcome, mine[list(RESULTS)].to_numpy(float), n_months)
        flags = {"n_runs": given, "n_events": event & given}
        if paired:
            same = happened(outcome, pair.loc[mine["run"], list(RESULTS)].to_numpy(float), n_months)[1]
            flags |= {"n_only_policy": event & ~same, "n_only_baseline": same & ~event}
        table = pd.DataFrame(flags).groupby(world_of[worlds.of(mine["run"])]).sum()
        frames.append(table.rename_axis("world").reset_index().assign(point=point))
    table = pd.concat(frames, ignore_index=True)
    if not paired:
        table[["n_only_policy", "n_only_baseline"]] = -1
    return table[["point", "world", "n_runs", "n_events", "n_only_policy", "n_only_baseline"]]
