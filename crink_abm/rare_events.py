"""Probabilities far below one over the number of runs: importance sampling with a defensive mixture of tilts.

The tilted model (:mod:`crink_abm.tilt`) makes decisive draws fall towards the event and weighs every path exactly.
Runs are dealt to the untilted model and three tilts in equal shares in each world, so weights are at most 4 and the
variance is at most four times that of brute force, whatever the tilts. Nuclear use is integrated out.
The interval is from the spread between independent replicates (Student's t, on the log scale).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from . import batch, design, levers
from .errors import InputError, nearest
from .estimate import over_worlds
from .kernel import RESULTS
from .outcomes import OUTCOMES
from .overrides import checked as checked_rules
from .sweeps import make_worlds
from .tilt import RENAMED, SETTINGS, TILTED

#: Independent replicates; tilts, the untilted model first; runs of a first round.
REPLICATES, TILTS, FIRST_RUNS = 16, 4, 131_072
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
    most_runs: Annotated[int, Field(ge=FIRST_RUNS)] = 8_388_608


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
    out = np.empty((n, len(RESULTS) + 1))
    of = (np.arange(n) % len(worlds)).astype(np.int64)
    none = np.zeros((0, 0, 0))

    def work(low):
        high = min(low + SLICE, n)
        kernel(table, worlds, of[low:high], np.uint64(seed), np.uint64(first_run + low), out[low:high], none)

    batch.run_slices(work, range(0, n, SLICE), threads)
    return out[:, -1]


def estimate(
    calendar, worlds, outcome: str, *, seed: int, relative=0.1, most_runs=8_388_608, rules=None, threads=None,
    progress: Callable[[int], None] | None = None,
) -> dict:  # fmt: skip
    """One probability, by rounds until the half-width of its 95 % interval is ``relative`` of it or runs are spent.

    Parameters
    ----------
    calendar : array (n_months, len(levers.COLUMNS))
    worlds : array (n_worlds, n_parameters); the probability is the mean over them
    progress : called with the runs done after each round

    Returns
    -------
    dict: prob, low, high, relative_error (half-width of the interval over prob), reached, n_runs,
    brute_force_runs (what brute force would need for the same standard error), method.
    """
    worlds = np.require(worlds, np.float64, ["C", "W"])
    unit = len(worlds) * TILTS * REPLICATES  # every world meets every tilt in every replicate
    sums, done, more = np.zeros(REPLICATES), 0, -(-FIRST_RUNS // unit)
    while True:
        n = more * len(worlds)
        for k in range(REPLICATES):
            for tilt in range(TILTS):
                first = ((k * TILTS + tilt) << 40) + done * len(worlds)
                sums[k] += scores(
                    calendar, worlds, outcome, n, seed=seed, tilt=tilt, first_run=first, rules=rules, threads=threads
                ).sum()
        done += more
        means = sums / (done * len(worlds) * TILTS)
        prob, error = float(means.mean()), float(means.std(ddof=1) / np.sqrt(REPLICATES))
        width = over_worlds(REPLICATES) * error / prob if prob > 0 else np.inf
        (progress or (lambda runs: None))(done * unit)
        left = most_runs // unit - done
        if width <= relative or left <= 0:
            break
        wanted = done * 1.2 * (width / relative) ** 2 - done if np.isfinite(width) else 3 * done
        more = int(min(max(wanted, done / 2, 1), left, 7 * done))
    none = 1.0 - 0.025 ** (1.0 / (done * len(worlds) * REPLICATES))  # untilted runs without an event
    return {
        "outcome": outcome, "prob": prob, "low": prob * np.exp(-width) if prob else 0.0,
        "high": min(1.0, prob * np.exp(width)) if prob else none, "relative_error": width if prob else np.nan,
        "reached": bool(width <= relative), "n_runs": done * unit,
        "brute_force_runs": prob * (1.0 - prob) / error**2 if error > 0 else np.nan, "method": METHOD,
    }  # fmt: skip


def rare(
    experiment, *, outcome: str | None = None, relative: float | None = None, rules=None, threads=None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Probabilities far below one over the number of runs, for every policy of an experiment.

    Parameters
    ----------
    experiment : path of an experiment file, or a dict of its shape; ``[rare]`` gives ``outcomes``, ``relative`` (half the
        width of the 95 % interval over the probability) and ``most_runs``
    outcome : this one instead of the file's
    relative : this precision instead of the file's
    rules : plain functions in place of rules

    Returns
    -------
    DataFrame, a row a policy and outcome: point, label, outcome, prob, low, high (95 %, Student's t between 16
    replicates, log scale), relative_error, reached, n_runs, brute_force_runs, method.

    Raises
    ------
    InputError
        If the experiment, the outcome or the precision cannot be taken.
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
    worlds = make_worlds(plan.worlds, plan.parameters, rules)
    rows = []
    for point, chosen in enumerate(points.policies):
        calendar = levers.calendar(chosen, head.months, head.start, plan.drivers)
        for name in [outcome] if outcome else plan.rare.outcomes:
            found = estimate(
                calendar, worlds.values, name, seed=head.seed, relative=relative, most_runs=plan.rare.most_runs,
                rules=rules, threads=threads, progress=progress,
            )  # fmt: skip
            rows.append({"point": point, "label": points.labels[point], **found})
    return pd.DataFrame(rows)
