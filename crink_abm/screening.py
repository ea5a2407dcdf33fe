"""Keeps the prior worlds that are not implausible at the baseline: elicited bands, and how many pass.

A world is dropped only if the 95 % interval of its own probability, from its
own runs, lies wholly outside a band; the shares that pass are part of the result.
"""

from dataclasses import dataclass

import numpy as np

from . import batch, levers, outcomes
from .estimate import jeffreys
from .worlds import Worlds, keep


@dataclass(frozen=True)
class Band:
    """An elicited range of a probability over ten years at today's policy."""

    name: str
    outcome: str
    low: float
    high: float
    source: str


BANDS = (
    Band("invasion of Taiwan within ten years", "taiwan_invasion", 0.05, 0.25, "elicitations, F146-F161"),
    Band("war in Korea, 0.002-0.02 a year", "korea_war", 1 - 0.998**10, 1 - 0.98**10, "F169 (ours)"),
    Band("Korean front within a year of force over Taiwan", "korea_within_12_of_taiwan", 0.05, 0.60, "F168 (ours)"),
)


def counts(worlds: Worlds, runs: int, seed: int, rules=None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(events, trials) of each band's outcome in each world, at today's policy."""
    n = len(worlds) * runs
    results = batch.run_many(levers.calendar(), worlds.values, n, seed=seed, world_of=worlds.of_runs(0, n), rules=rules)
    when = outcomes.months(results)
    given = outcomes.conditionals(results, when, levers.MONTHS)
    names = list(outcomes.OUTCOMES)
    out = {}
    for band in BANDS:
        if band.outcome in given:
            base, hit = given[band.outcome]
        else:
            base, hit = np.ones(n, bool), when[:, names.index(band.outcome)] >= 0
        out[band.name] = (hit.reshape(runs, -1).sum(0), base.reshape(runs, -1).sum(0))
    return out


def elicited(worlds: Worlds, *, runs: int, seed: int, rules=None) -> Worlds:
    """The worlds that no elicited band rules out, with a report of the shares kept.

    Raises
    ------
    ValueError
        If no world passes.
    """
    mask = np.ones(len(worlds), bool)
    report = {"drawn": len(worlds), "runs_per_world": runs, "bands": []}
    for band, (events, trials) in zip(BANDS, counts(worlds, runs, seed, rules).values(), strict=True):
        low, high = jeffreys(events, trials)
        passes = (trials == 0) | ((high >= band.low) & (low <= band.high))
        mask &= passes
        report["bands"].append(
            {"band": band.name, "low": round(band.low, 4), "high": round(band.high, 4), "source": band.source,
             "share_passing": float(passes.mean())}
        )  # fmt: skip
    report["kept"] = int(mask.sum())
    report["share_kept"] = float(mask.mean())
    if not mask.any():
        raise ValueError(f"none of {len(worlds)} worlds passes the elicited bands; draw more (worlds.draws)")
    return keep(worlds, mask, report)
