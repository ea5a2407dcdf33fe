"""Keeps the prior worlds whose risks at today's policy lie within elicited bands, and says how many pass.

A draw's probabilities are estimated by its own runs, in stages: a draw that is clearly outside a band gets no
more, one that is clearly inside all bands neither, and the others run on until the budget is spent. Those that
still straddle an edge then are decided by their estimates: which of them are kept is chance, how many hardly is.
The report counts them, and bounds the share kept by what it would be if all or none of them passed.
"""

from typing import Any

import numpy as np

from ..engine import compiled
from ..estimation.intervals import jeffreys
from ..model import levers, outcomes
from ..model.outcomes import failed
from ..model.parameters import SWITCHES
from ..typing import Rules
from .elicited import BANDS
from .worlds import Worlds, keep

#: Runs a draw gets before it is first judged; each later stage gives as many again as all before it, thrice.
FIRST_STAGE, GROWTH = 128, 4
#: Level of the intervals that decide early: of a thousand draws near an edge, a few at most are misjudged.
DECIDE_LEVEL = 0.999
#: Runs held in memory at a time.
_PIECE = 500_000


def counts(
    worlds: np.ndarray, runs: int, first_run: int, seed: int, rules: Rules | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Events and trials of each band's outcome in each world at today's policy: two arrays (n_worlds, n_bands)."""
    n_worlds, names = len(worlds), list(outcomes.OUTCOMES)
    events, trials = np.zeros((2, n_worlds, len(BANDS)), int)
    for _, _, results in compiled.run_worlds(
        [levers.calendar()], worlds, lambda first, n: np.arange(n) % n_worlds, runs * n_worlds, seed=seed,
        first_run=first_run, rounds=n_worlds, most=_PIECE, rules=rules,
    ):  # fmt: skip
        ran = ~failed(results)  # the others count in no world
        results = np.where(ran[:, None], results, 0.0)
        when = outcomes.months(results)
        given = outcomes.conditionals(results, when, levers.MONTHS)
        for k, band in enumerate(BANDS):
            if band.outcome in given:
                base, hit = given[band.outcome]
            else:
                base, hit = np.ones(len(when), bool), when[:, names.index(band.outcome)] >= 0
            base, hit = base & ran, hit & ran
            events[:, k] += hit.reshape(-1, n_worlds).sum(0)
            trials[:, k] += base.reshape(-1, n_worlds).sum(0)
    return events, trials


def _judge(events: np.ndarray, trials: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(clearly outside, clearly inside) each band, at ``level``: two boolean arrays of the counts' shape."""
    low, high = jeffreys(events, trials, level)
    bottom, top = (np.array([getattr(band, end) for band in BANDS]) for end in ("low", "high"))
    seen = trials > 0
    return seen & ((high < bottom) | (low > top)), seen & (low >= bottom) & (high <= top)


def elicited(worlds: Worlds, *, runs: int, seed: int, rules: Rules | None = None) -> Worlds:
    """The worlds whose estimated risks lie within every elicited band, with a report of what was kept.

    Parameters
    ----------
    runs : the most runs that a world gets

    Raises
    ------
    ValueError
        If no world passes.
    """
    n_worlds = len(worlds)
    events, trials = np.zeros((2, n_worlds, len(BANDS)), int)
    open_, stage, done, first_run = np.arange(n_worlds), min(FIRST_STAGE, runs), 0, 0
    while len(open_) and stage:
        more = counts(worlds.values[open_], stage, first_run, seed, rules)
        events[open_] += more[0]
        trials[open_] += more[1]
        first_run, done = first_run + stage * len(open_), done + stage
        outside, inside = _judge(events[open_], trials[open_], DECIDE_LEVEL)
        open_ = open_[~outside.any(1) & ~inside.all(1)]
        stage = min(done * (GROWTH - 1), runs - done)
    with np.errstate(invalid="ignore", divide="ignore"):
        prob = events / trials
    bottom, top = (np.array([getattr(band, end) for band in BANDS]) for end in ("low", "high"))
    passes = (trials == 0) | ((prob >= bottom) & (prob <= top))
    mask = passes.all(1)
    report = _report(worlds, passes, mask, open_, runs)
    if not mask.any():
        raise ValueError(f"none of {n_worlds} worlds passes the elicited bands; draw more (worlds.draws)")
    return keep(worlds, mask, report)


def _report(worlds: Worlds, passes: np.ndarray, mask: np.ndarray, undecided: np.ndarray, runs: int) -> dict[str, Any]:
    """What was kept, how surely, and which variants of the structure it favours."""
    n, kept = len(worlds), int(mask.sum())
    low, high = jeffreys(kept, n)
    surely = int(mask.sum() - mask[undecided].sum())
    return {
        "drawn": n, "kept": kept, "share_kept": kept / n, "share_low": float(low), "share_high": float(high),
        "most_runs_per_world": runs, "undecided": len(undecided),
        "share_if_undecided_fail": surely / n, "share_if_undecided_pass": (surely + len(undecided)) / n,
        "bands": [
            {"band": band.name, "low": round(band.low, 4), "high": round(band.high, 4), "source": band.source,
             "share_passing": float(passes[:, k].mean())}
            for k, band in enumerate(BANDS)
        ],
        "share_kept_by_switch": {
            p.name: {level.name.lower(): float(mask[worlds.column(p.name) == level].mean())
                     for level in p.levels if (worlds.column(p.name) == level).any()}
            for p in SWITCHES
        },
    }  # fmt: skip
