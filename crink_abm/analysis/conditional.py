"""How the headline differences depend on what nobody knows: the chance that Korea follows Taiwan."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..engine import compiled
from ..ensemble.worlds import Worlds
from ..estimation import clusters
from ..model import levers, outcomes

#: Edges of P(a Korean front within a year | force over Taiwan), the range that nothing rules out.
EDGES = (0.02, 0.05, 0.10, 0.20, 0.35, 0.60)
#: The three headline levers, each raised by this from today's value, alone.
HEADLINE, STEP = ("usfk_posture", "sanctions_intensity", "trilateral_coordination"), 0.3
OUTCOMES = ("any_failure", "taiwan_failure", "korea_failure", "two_front")
CONDITIONAL = "korea_within_12_of_taiwan"


def by_conditional(worlds: Worlds, seed: int, runs: int = 400) -> pd.DataFrame:
    """Risk differences of the headline levers in bins of each world's own conditional probability.

    The bins go by other runs of the baseline than the differences, so that no run is on both sides.

    Returns
    -------
    DataFrame: a row a bin, lever and outcome: n_worlds (different ones), prob (at today's policy), diff, diff_low,
    diff_high (95 %, over worlds), share_lowered (of worlds whose difference is below zero; ties count half).
    """
    n = len(worlds)
    world_of = worlds.of_runs(0, n * runs)
    names = list(outcomes.OUTCOMES)
    same = clusters.worlds_of(worlds.values)

    def risks(policy: Mapping[str, Any], first_run: int = 0) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        calendar = levers.calendar(policy)
        results = compiled.run_many(
            calendar, worlds.values, n * runs, seed=seed, first_run=first_run, world_of=world_of
        )
        when = outcomes.months(results)
        failed = np.stack([when[:, names.index(name)] >= 0 for name in OUTCOMES], -1)
        return worlds.by_row(failed).mean(0), outcomes.conditionals(results, when, levers.MONTHS)[CONDITIONAL]

    base, _ = risks({})
    _, (given, hit) = risks({}, n * runs)
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
                mean, low_diff, high_diff = clusters.mean_interval(diff, same[inside])
                rows.append(
                    {"lever": lever, "outcome": outcome, "from": low, "to": high,
                     "n_worlds": len(np.unique(same[inside])), "prob": base[inside, k].mean(), "diff": mean,
                     "diff_low": low_diff, "diff_high": high_diff,
                     "share_lowered": float((diff < 0).mean() + 0.5 * (diff == 0).mean())}
                )  # fmt: skip
    return pd.DataFrame(rows)
