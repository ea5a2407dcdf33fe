"""Probabilities far below one over the number of runs: importance sampling with a defensive mixture of tilts.

The tilted model (:mod:`crink_abm.rare_events.tilt`) makes decisive draws fall towards the event and weighs every path exactly.
Runs are dealt to the untilted model and five tilts in equal shares in each world, so weights are at most 6 and the
variance is at most six times that of brute force, whatever the tilts. Three tilts aim at the event itself, two at force
of every kind in both theatres, since an event may come by way of the other one. Nuclear use is integrated out.
A pilot decides how many runs are needed; the estimate comes from one stage of fresh runs, whatever their width, and its
interval from the spread between independent replicates (Student's t, on the log scale). The untilted runs check it: they
must hold about as many events as the estimate says.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrc

from ..estimation.intervals import clopper_pearson, over_worlds
from ..util.errors import InputError
from .sampler import TILTS, scores

#: Independent replicates; the least runs of a pilot.
REPLICATES, FIRST_RUNS = 64, 65_536
#: How many times the runs that a pilot shows to be needed are made, so that the fresh ones seldom fall short.
MARGIN = 2.0
#: Chance that untilted runs by chance alone cast doubt on a right estimate, at most (either side).
DOUBT = 0.0005
METHOD = "importance sampling: defensive mixture of tilted decisions, balance heuristic"


def interval(means: np.ndarray) -> tuple[float, float, float]:
    """Mean of the replicates, its standard error, and half the width of its 95 % interval over it (inf: no event)."""
    prob, error = float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))
    return prob, error, over_worlds(len(means)) * error / prob if prob > 0 else float("inf")


def unit_of(n_worlds: int, most_runs: int) -> int:
    """Runs in which every world meets every tilt in every replicate: the least that an estimate can be made from.

    Raises
    ------
    InputError
        If ``most_runs`` does not hold them.
    """
    unit = n_worlds * TILTS * REPLICATES
    if most_runs < unit:
        raise InputError(
            f"most_runs of [rare] is {most_runs:,}, and {unit:,} runs are the least ({n_worlds:,} "
            f"{'world' if n_worlds == 1 else 'worlds'} x {TILTS} tilts x {REPLICATES} replicates); raise it, or keep "
            "fewer worlds with [worlds] size"
        )
    return unit


def doubted(events: int, untilted: int, low: float, high: float) -> str:
    """Why untilted runs cast doubt on an interval; empty where they do not.

    They must not hold more events than its upper end makes likely, nor fewer than its lower end does.
    """
    more = bdtrc(events - 1, untilted, min(high, 1.0)) if events else 1.0
    fewer = bdtr(events, untilted, low)
    if min(more, fewer) >= DOUBT:
        return ""
    return (
        f"{events:,} of {untilted:,} untilted runs had the event, where the tilted ones make {untilted * low:.3g} to "
        f"{untilted * high:.3g} likely: the tilts miss a way to the event"
    )


def staged(
    draw: Callable[[int, int], tuple[np.ndarray, int]],
    n_worlds: int,
    relative: float,
    most_runs: int,
    progress: Callable[[int], object] | None = None,
) -> dict[str, Any]:
    """Pilots, then one stage of fresh runs, whose width is taken as it comes.

    The fresh runs are at least twice those of the pilot, as far as there is room. A pilot that saw nothing is followed by one
    four times as large, as long as as many fresh runs have room.

    Parameters
    ----------
    draw : (size, units before) -> (scores of ``size`` units of fresh runs, a row a tilt, replicate by replicate and in each
        the worlds in turn; how many of the untilted ones had the event)
    relative, most_runs : as of :func:`estimate`

    Returns
    -------
    dict: means (of the last stage's replicates), size (its units), done (units of all stages), events (of all untilted runs)
    """
    unit = unit_of(n_worlds, most_runs)
    units, done, events, size = most_runs // unit, 0, 0, max(1, FIRST_RUNS // unit)

    def stage() -> tuple[np.ndarray, int, int]:
        found, seen = draw(size, done)
        (progress or (lambda runs: None))((done + size) * unit)
        return found, done + size, events + seen

    while done + 2 * size <= units:  # a pilot, and room for as many fresh runs
        found, done, events = stage()
        mean = found.mean()
        if mean > 0.0:
            # of the mean of one unit, in which each world has as many runs under each tilt as there are replicates
            variance = (
                found.reshape(TILTS, -1, n_worlds).var(axis=1, ddof=1).sum() / (TILTS * n_worlds) ** 2 / REPLICATES
            )
            size = max(2 * size, np.ceil(MARGIN * variance * (over_worlds(REPLICATES) / (relative * mean)) ** 2))
            break
        size *= 4
    size = int(min(size, units - done)) if done else units
    found, done, events = stage()
    return {
        "means": found.reshape(TILTS, REPLICATES, -1).mean(axis=2).mean(axis=0), "size": size, "done": done,
        "events": events,
    }  # fmt: skip


def estimate(
    calendar: np.ndarray,
    worlds: np.ndarray,
    outcome: str,
    *,
    seed: int,
    relative: float = 0.1,
    most_runs: int = 8_388_608,
    rules: Mapping[str, Callable[..., Any]] | None = None,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> dict[str, Any]:
    """One probability, its 95 % interval as narrow as asked for or as narrow as the runs allow.

    A pilot decides how many runs are needed, and is not counted; the estimate comes from one stage of fresh runs, whose
    width is taken as it comes: an interval that is made again where it is too wide would be narrow where it is too low.
    Where ``most_runs`` holds no pilot beside it, the one stage is all that it holds.

    Parameters
    ----------
    calendar : array (n_months, len(levers.COLUMNS))
    worlds : array (n_worlds, n_parameters); the probability is the mean over them
    relative : half the width of the interval over the probability
    most_runs : the most runs, those of the pilots among them

    Other parameters
    ----------------
    progress : called with the runs done after each stage

    Returns
    -------
    dict: prob, low, high, relative_error (half-width of the interval over prob), reached, n_runs (all that were made),
    brute_force_runs (what brute force would need for the same standard error), doubt (why the untilted runs contradict
    the estimate, empty if they do not; ``low`` and ``high`` then take in what they say alone), method.

    Raises
    ------
    InputError
        If ``most_runs`` is less than one unit, or a run failed.
    """
    worlds = np.require(worlds, np.float64, ["C", "W"])

    def draw(size: int, before: int) -> tuple[np.ndarray, int]:
        n, first_run = size * len(worlds) * REPLICATES, before * len(worlds) * REPLICATES
        made = [
            scores(
                calendar, worlds, outcome, n, seed=seed, tilt=tilt, rules=rules, threads=threads,
                first_run=(tilt << 40) + first_run,
            ) for tilt in range(TILTS)
        ]  # fmt: skip
        return np.stack([found for found, _ in made]), made[0][1]

    made = staged(draw, len(worlds), relative, most_runs, progress)
    prob, error, width = interval(made["means"])
    untilted = made["done"] * len(worlds) * REPLICATES
    if prob:
        low, high = float(prob * np.exp(-width)), float(min(1.0, prob * np.exp(width)))
    else:
        low, high = (
            0.0,
            1.0 - 0.025 ** (1.0 / (made["size"] * len(worlds) * REPLICATES)),
        )  # no event in the untilted runs
    doubt = doubted(made["events"], untilted, low, high)
    if doubt:
        plain = clopper_pearson(made["events"], untilted)
        low, high = min(low, float(plain[0])), max(high, float(plain[1]))
    return {
        "outcome": outcome, "prob": prob, "low": low, "high": high, "relative_error": width if prob else np.nan,
        "reached": bool(width <= relative and not doubt), "n_runs": made["done"] * unit_of(len(worlds), most_runs),
        "brute_force_runs": prob * (1.0 - prob) / error**2 if error > 0 else np.nan, "doubt": doubt, "method": METHOD,
    }  # fmt: skip
