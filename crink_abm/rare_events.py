"""Probabilities far below one over the number of runs: importance sampling with a defensive mixture of tilts.

The tilted model (:mod:`crink_abm.tilt`) makes decisive draws fall towards the event and weighs every path exactly.
Runs are dealt to the untilted model and three tilts in equal shares in each world, so weights are at most 4 and the
variance is at most four times that of brute force, whatever the tilts. Nuclear use is integrated out.
A pilot decides how many runs are needed; the estimate comes from fresh ones, and its interval from the spread between
independent replicates (Student's t, on the log scale).
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from . import batch, design, levers
from .errors import InputError, nearest
from .estimate import over_worlds
from .experiment import Whole
from .kernel import RESULTS
from .outcomes import OUTCOMES
from .overrides import checked as checked_rules
from .overrides import fingerprint
from .rare_kept import Kept, key_of
from .tilt import RENAMED, SETTINGS, TILTED
from .world_making import make_worlds

#: Independent replicates; tilts, the untilted model first; runs of the pilot.
REPLICATES, TILTS, FIRST_RUNS = 64, 4, 65_536
#: How many times the runs that a pilot shows to be needed are made: so that it seldom comes to a third stage.
MARGIN = 1.6
#: Runs a thread takes at a time.
SLICE = 4096
METHOD = "importance sampling: defensive mixture of tilted decisions, balance heuristic"

#: Outcome -> (Xi's wanted options, Kim's, what is waited for). Options are numbers, 4 is none.
_AIMS = {
    "taiwan_blockade": ((2, 2), (4, 4), ("blockade",)),
    "taiwan_invasion": ((3, 3), (4, 4), ("invasion",)),
    "korea_attack": ((4, 4), (2, 2), ("attack",)),
    "korea_war": ((4, 4), (3, 3), ("war",)),
    "two_front": ((2, 3), (2, 3), ("two_front",)),
    "russian_join": ((3, 3), (3, 3), ("russia",)),
    "nuclear_use": ((3, 3), (3, 3), ("nuclear",)),
    "taiwan_failure": ((2, 3), (4, 4), ("blockade", "invasion")),
    "korea_failure": ((4, 4), (2, 3), ("attack", "war")),
    "any_failure": ((2, 3), (2, 3), ("blockade", "invasion", "attack", "war")),
}
#: Expected outbreaks over the horizon that a tilt sees to, and the share of decisions that it makes the wanted one.
_ONSETS, _FORCES = (0.0, 0.5, 1.0, 2.0), (0.0, 0.03, 0.12, 0.4)


class RareTable(design.Strict):
    """``[rare]``: which outcomes, how precisely, and the most runs for one of them."""

    outcomes: Annotated[list[Literal[tuple(OUTCOMES)]], Field(min_length=1)] = Field(["nuclear_use", "two_front"])
    relative: Annotated[float, Field(gt=0, lt=1)] = 0.1
    most_runs: Annotated[Whole, Field(ge=2 * FIRST_RUNS)] = 8_388_608


class RareFile(design.Experiment):
    """An experiment file that may have a ``[rare]`` table."""

    rare: RareTable = RareTable()


@cache
def _kernel(rules=()):
    from .compiler import compile_kernel  # numba is heavy

    return compile_kernel(dict(rules), machine=TILTED, renamed=RENAMED)


def compiled(rules: Mapping[str, Callable] | None = None):
    """The kernel of the tilted model, compiled once a process (and once a machine, unless ``rules`` replaces some)."""
    return _kernel(tuple(sorted((rules or {}).items())))


def tilted_calendar(calendar: np.ndarray, outcome: str, tilt: int, shares=(0.25,) * TILTS) -> np.ndarray:
    """A calendar with the settings of one tilt (0: the model as it is) towards an outcome."""
    xi, kim, wanted = _AIMS[outcome]
    two = outcome == "two_front"
    onsets = [total / len(calendar) for total in _ONSETS]
    told = {
        "tilt_near": 6.0 if two else 1.0, "tilt_pause": float(two), "onset_own": onsets[tilt], "force_own": _FORCES[tilt],
        "taiwan_low": xi[0], "taiwan_high": xi[1], "korea_low": kim[0], "korea_high": kim[1],
        **{f"onset_{k}": onsets[k] for k in (1, 2, 3)}, **{f"force_{k}": _FORCES[k] for k in (1, 2, 3)},
        **{f"share_{k}": share for k, share in enumerate(shares)}, **{f"want_{name}": 1.0 for name in wanted},
    }  # fmt: skip
    row = [float(told.get(name, 0.0)) for name in SETTINGS]
    return np.ascontiguousarray(np.hstack([calendar, np.tile(row, (len(calendar), 1))]))


def scores(calendar, worlds, outcome: str, n: int, *, seed: int, tilt: int, first_run: int, rules=None, threads=None):
    """Weighed scores of ``n`` runs under one tilt, worlds in turn: array (n,). Their mean over the tilts is unbiased."""
    kernel, table = compiled(rules), tilted_calendar(calendar, outcome, tilt)
    of = (np.arange(n) % len(worlds)).astype(np.int64)
    found = np.empty(n)

    def work(low):
        high = min(low + SLICE, n)
        out = np.empty((high - low, len(RESULTS) + 1))
        batch.call(kernel, table, worlds, of[low:high], seed, first_run + low, out)
        found[low:high] = out[:, -1]

    batch.run_slices(work, range(0, n, SLICE), threads)
    return found


def interval(means: np.ndarray) -> tuple[float, float, float]:
    """Mean of the replicates, its standard error, and half the width of its 95 % interval over it (inf: no event)."""
    prob, error = float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))
    return prob, error, over_worlds(len(means)) * error / prob if prob > 0 else float("inf")


def estimate(
    calendar, worlds, outcome: str, *, seed: int, relative=0.1, most_runs=8_388_608, rules=None, threads=None,
    progress: Callable[[int], None] | None = None,
) -> dict:  # fmt: skip
    """One probability, its 95 % interval as narrow as asked for or as narrow as the runs allow.

    A pilot of fixed size decides how many runs are needed; the estimate comes from fresh runs, so its interval is of
    a size that its own luck did not choose. If they fall short of what was asked, they are the pilot of another stage.

    Parameters
    ----------
    calendar : array (n_months, len(levers.COLUMNS))
    worlds : array (n_worlds, n_parameters); the probability is the mean over them
    relative : half the width of the interval over the probability
    most_runs : the most runs, those of the pilots among them
    progress : called with the runs done after each stage

    Returns
    -------
    dict: prob, low, high, relative_error (half-width of the interval over prob), reached, n_runs (all that were made),
    brute_force_runs (what brute force would need for the same standard error), method.
    """
    worlds = np.require(worlds, np.float64, ["C", "W"])
    unit = len(worlds) * TILTS * REPLICATES  # every world meets every tilt in every replicate
    stage, done, size = 0, 0, -(-FIRST_RUNS // unit)
    while True:
        n, means = size * len(worlds), np.zeros(REPLICATES)
        for tilt in range(TILTS):
            found = scores(
                calendar, worlds, outcome, n * REPLICATES, seed=seed, tilt=tilt, rules=rules, threads=threads,
                first_run=(tilt << 40) + done * len(worlds) * REPLICATES,
            )  # fmt: skip
            means += found.reshape(REPLICATES, n).mean(axis=1) / TILTS
        prob, error, width = interval(means)
        stage, done = stage + 1, done + size
        (progress or (lambda runs: None))(done * unit)
        left = most_runs // unit - done
        if (stage > 1 and width <= relative) or left < size:
            break
        wanted = size * MARGIN * (width / relative) ** 2 if prob else 4 * size
        size = int(min(max(np.ceil(wanted), size), left))
    none = 1.0 - 0.025 ** (1.0 / (done * len(worlds) * REPLICATES))  # untilted runs without an event
    return {
        "outcome": outcome, "prob": prob, "low": float(prob * np.exp(-width)) if prob else 0.0,
        "high": float(min(1.0, prob * np.exp(width))) if prob else none, "relative_error": width if prob else np.nan,
        "reached": bool(width <= relative), "n_runs": done * unit,
        "brute_force_runs": prob * (1.0 - prob) / error**2 if error > 0 else np.nan, "method": METHOD,
    }  # fmt: skip


def rare(
    experiment, *, outcome: str | None = None, relative: float | None = None, out: str | Path | None = None, rules=None,
    threads=None, progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Probabilities far below one over the number of runs, for every policy of an experiment.

    Parameters
    ----------
    experiment : path of an experiment file, or a dict of its shape; ``[rare]`` gives ``outcomes``, ``relative`` (half the
        width of the 95 % interval over the probability) and ``most_runs``
    outcome : this one instead of the file's
    relative : this precision instead of the file's
    out : folder that keeps each finished estimate, and at the end the table; the same command takes up from there
    rules : plain functions in place of rules

    Returns
    -------
    DataFrame, a row a policy and outcome: point, label, outcome, prob, low, high (95 %, Student's t between 64
    replicates, log scale), relative_error, reached, n_runs, brute_force_runs, method.

    Raises
    ------
    InputError
        If the experiment, the outcome or the precision cannot be taken, or the folder cannot be written or is a sweep's.
    """
    plan = (
        design.checked(experiment, kind=RareFile) if isinstance(experiment, dict) else design.read(experiment, RareFile)
    )
    if outcome is not None and outcome not in OUTCOMES:
        raise InputError(f"no outcome is named {outcome!r}{nearest(outcome, OUTCOMES)}; they are {', '.join(OUTCOMES)}")
    relative = plan.rare.relative if relative is None else relative
    if not 0.0 < relative < 1.0:
        raise InputError(f"relative lies in (0, 1), for example 0.1; {relative!r} was given")
    rules, head, points = checked_rules(rules), plan.experiment, design.points(plan)
    kept = Kept(out) if out else None
    worlds, rows = make_worlds(plan.worlds, plan.parameters, rules), []
    with kept.work() if kept else nullcontext():
        for point, chosen in enumerate(points.policies):
            calendar = levers.calendar(chosen, head.months, head.start, plan.drivers)
            for name in [outcome] if outcome else plan.rare.outcomes:
                said = {"outcome": name, "seed": head.seed, "relative": relative, "most_runs": plan.rare.most_runs}
                key = key_of(calendar, worlds.values, {**said, "rules": fingerprint(rules)})
                found = kept.read(key) if kept else None
                if found is None:
                    found = estimate(
                        calendar, worlds.values, name, seed=head.seed, relative=relative, most_runs=plan.rare.most_runs,
                        rules=rules, threads=threads, progress=progress,
                    )  # fmt: skip
                    if kept:
                        kept.write(key, found)
                rows.append({"point": point, "label": points.labels[point], **found})
        table = pd.DataFrame(rows)
        if kept:
            kept.finish(table)
    return table
