"""How the headline differences depend on what nobody knows: the chance that Korea follows Taiwan."""

import itertools

import numpy as np
import pandas as pd

from . import batch, levers, outcomes
from .calibration import SIZE, Calibration, normalised, resampled
from .screening import BANDS
from .worlds import Worlds

#: Edges of P(a Korean front within a year | force over Taiwan), the range that nothing rules out.
EDGES = (0.02, 0.05, 0.10, 0.20, 0.35, 0.60)
#: The three headline levers, each raised by this from today's value, alone.
HEADLINE, STEP = ("usfk_posture", "sanctions_intensity", "trilateral_coordination"), 0.3
OUTCOMES = ("any_failure", "taiwan_failure", "korea_failure", "two_front")
CONDITIONAL = "korea_within_12_of_taiwan"


def free_of_the_conditional(fit: Calibration, seed: int) -> Worlds:
    """The ensemble as it is when the band on the conditional is not used: its worlds span what that band would cut."""
    used = {band.name for band in BANDS if band.outcome == CONDITIONAL}
    weights = normalised(sum(block for name, block in fit.blocks.items() if name not in used))
    rows = np.repeat(np.arange(len(weights)), resampled(weights, SIZE, seed))
    return Worlds(fit.bank.worlds.values[rows], "calibrated, the conditional left free", fit.plan.draws, in_turn=True)


def _mean_over_worlds(x: np.ndarray, world: np.ndarray) -> tuple[float, float]:
    """(mean, half-width of its 95 % interval) over rows, of which those of one world count as one observation."""
    copies = np.bincount(world)
    seen = copies > 0
    own, copies = np.bincount(world, x)[seen] / copies[seen], copies[seen]
    mean, n = x.mean(), len(own)
    if n < 2:
        return float(mean), np.nan
    error = np.sqrt((copies**2 * (own - mean) ** 2).sum() * n / (n - 1)) / copies.sum()
    return float(mean), float(1.96 * error)


def by_conditional(worlds: Worlds, seed: int, runs: int = 400) -> pd.DataFrame:
    """Risk differences of the headline levers in bins of each world's own conditional probability.

    Returns
    -------
    DataFrame: a row a bin, lever and outcome: n_worlds (different ones), prob (at today's policy), diff, diff_low,
    diff_high (95 %, over worlds), share_lowered (of worlds whose difference is below zero; ties count half).
    """
    n = len(worlds)
    world_of = worlds.of_runs(0, n * runs)
    names = list(outcomes.OUTCOMES)
    _, same = np.unique(worlds.values, axis=0, return_inverse=True)
    same = same.ravel()

    def risks(policy):
        calendar = levers.calendar(policy)
        results = batch.run_many(calendar, worlds.values, n * runs, seed=seed, world_of=world_of)
        when = outcomes.months(results)
        failed = np.stack([when[:, names.index(name)] >= 0 for name in OUTCOMES], -1)
        return worlds.by_row(failed).mean(0), outcomes.conditionals(results, when, levers.MONTHS)[CONDITIONAL]

    base, (given, hit) = risks({})
    trials, events = (np.bincount(same, worlds.by_row(x).sum(0))[same] for x in (given, hit))
    conditional = (events + 0.5) / (trials + 1.0)
    spans = [*itertools.pairwise(EDGES), (EDGES[0], EDGES[-1])]
    rows = []
    for lever in HEADLINE:
        moved, _ = risks({lever: levers.LEVERS[lever].today + STEP})
        for low, high in spans:
            inside = (conditional >= low) & (conditional < high)
            if not inside.any():
                continue
            for k, outcome in enumerate(OUTCOMES):
                diff = (moved - base)[inside, k]
                mean, half = _mean_over_worlds(diff, same[inside])
                rows.append(
                    {"lever": lever, "outcome": outcome, "from": low, "to": high,
                     "n_worlds": len(np.unique(same[inside])), "prob": base[inside, k].mean(), "diff": mean,
                     "diff_low": mean - half, "diff_high": mean + half,
                     "share_lowered": float((diff < 0).mean() + 0.5 * (diff == 0).mean())}
                )  # fmt: skip
    return pd.DataFrame(rows)
