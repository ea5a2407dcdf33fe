"""Pathways of many failures: what came before the first force, what it was, and what followed, counted run by run."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...engine import compiled
from ...engine.memory import LANES
from ...engine.threads import run_slices
from ...estimation import clusters
from ...model import outcomes
from ...model.fields import FIELDS
from ...model.outcomes import OUTCOMES
from ...typing import FloatArray, IntArray
from ...util.errors import InputError
from ..kept import Kept, key_of
from ..responses import Arm, Setting

_COLUMN = {field.name: k for k, field in enumerate(FIELDS)}
#: Share of his partners from which on Xi counts on help.
COUNTS_ON = 1.0 / 3.0


@dataclass(frozen=True, eq=False)
class Failures:
    """Failing runs as stages read them.

    Attributes
    ----------
    when : the first month of each outcome: array (n, n_outcomes)
    results : as the engine gives them
    first : the month of the first force: array (n,)
    then : field -> its value in that month: array (n,)
    """

    when: IntArray
    results: FloatArray
    first: IntArray
    then: Mapping[str, FloatArray]

    def came(self, outcome: str) -> np.ndarray:
        """Which runs have an outcome."""
        return self.when[:, list(OUTCOMES).index(outcome)] >= 0


@dataclass(frozen=True)
class Stage:
    """A question about a failing run, and its answers; ``of`` gives the number of the answer of each run."""

    name: str
    title: str
    answers: tuple[str, ...]
    of: Callable[[Failures], IntArray]


def _option(runs: Failures) -> IntArray:
    """The first force: of Taiwan where both begin in one month, since Xi decides first."""
    return outcomes.first_cause(runs.when)[0].astype(np.int64)


def _theatre(runs: Failures) -> IntArray:
    return (_option(runs) >= 2).astype(np.int64)


def _escalates(runs: Failures) -> IntArray:
    """In the theatre of the first force, from limited force to war."""
    first, second = runs.came("taiwan_invasion"), runs.came("korea_war")
    option = _option(runs)
    return np.select([option == 0, option == 2], [first, second], default=True).astype(np.int64)


def _partners(runs: Failures) -> IntArray:
    helped = outcomes.column(runs.results, "help_realised") > 0
    return np.where(runs.came("russian_join"), 2, np.where(helped, 1, 0)).astype(np.int64)


#: What a pathway may be told by, by name.
STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("theatre", "First force", ("over Taiwan", "in Korea"), _theatre),
        Stage("elsewhere", "United States then", ("free", "tied down"),
              lambda runs: (runs.then["us_crisis"] > 0).astype(np.int64)),
        Stage("ukraine", "War in Ukraine then", ("over", "goes on"),
              lambda runs: (runs.then["ukraine_war"] > 0).astype(np.int64)),
        Stage("option", "Option chosen", ("blockade", "invasion", "limited attack", "war in Korea"), _option),
        Stage("counts_on_help", "Xi counts on partners", ("no force over Taiwan", "on few", "on a third or more"),
              lambda runs: np.select(
                  [outcomes.column(runs.results, "help_expected") < 0,
                   outcomes.column(runs.results, "help_expected") < COUNTS_ON],
                  [0, 1], default=2).astype(np.int64)),
        Stage("escalation", "Escalation", ("stays limited", "becomes or is war"), _escalates),
        Stage("second_front", "Second front", ("one front", "in both theatres"),
              lambda runs: runs.came("two_front").astype(np.int64)),
        Stage("partners", "Partners", ("none joins", "others join", "Russia joins"), _partners),
        Stage("nuclear", "Nuclear use", ("no nuclear use", "nuclear use"),
              lambda runs: runs.came("nuclear_use").astype(np.int64)),
    )
}  # fmt: skip
#: The stages of a flow, unless a file says others.
DEFAULT = ("theatre", "elsewhere", "option", "escalation", "second_front", "nuclear")
#: Fields that stages read in the month of the first force.
_THEN = ("us_crisis", "ukraine_war")


@dataclass(frozen=True, eq=False)
class Counted:
    """The failures of one arm, run by run.

    Attributes
    ----------
    runs, worlds : the number and the world of each failing run: arrays (n,)
    answers : array (n, n_stages)
    n_runs : runs made, failing or not
    """

    runs: IntArray
    worlds: IntArray
    answers: IntArray
    n_runs: int


def count(
    setting: Setting, arm: Arm, outcome: str, stages: Sequence[str], failures: int, most_runs: int,
    kept: Kept | None = None, progress: Callable[..., object] | None = None,
) -> Counted:  # fmt: skip
    """Run an arm in every world by whole rounds until so many runs have the outcome, or no more may be made.

    Parameters
    ----------
    setting, arm : where and what
    outcome : which runs are failures
    stages : the names of stages
    failures : so many are enough; all of the last piece count, so that none is left out for coming late
    most_runs : runs at most

    Raises
    ------
    InputError
        If a run fails to compute.
    """
    n_worlds = len(setting.worlds)
    rounds = max(1, 16_384 // n_worlds)
    calendar, values = setting.calendar(arm), setting.values(arm)
    found, made, total = [], 0, 0
    while total < failures and made < most_runs:
        n = n_worlds * min(rounds, max(1, (most_runs - made) // n_worlds))
        key = key_of(
            "pathways 1", calendar, values, setting.worlds.order, [setting.seed, made, n, outcome, list(stages)]
        )
        piece = kept.read(key) if kept else None
        if piece is None:
            piece = _piece(setting, calendar, values, outcome, stages, made, n, arm.name)
            if kept:
                kept.write(key, piece)
        found.append(piece)
        made, total = made + n, total + len(piece)
        if progress:
            progress(min(total, failures), failures)
    every = np.concatenate(found)
    return Counted(every[:, 0], every[:, 1], every[:, 2:], made)


def _piece(
    setting: Setting, calendar: np.ndarray, values: FloatArray, outcome: str, stages: Sequence[str], first: int, n: int,
    name: str,
) -> IntArray:  # fmt: skip
    """The failing runs among ``n``: array (n_failing, 2 + n_stages): run, world, answers."""
    kernel, model = compiled.ENGINE.kernel(), compiled.ENGINE.model
    world_of = setting.worlds.of_runs(first, n)
    calendar, values, world_of = model.arrays(calendar, values, n, world_of)
    results, then = np.empty((n, len(model.results))), np.full((n, len(_THEN)), np.nan)
    own = threading.local()
    columns = [_COLUMN[field] for field in _THEN]

    def work(low: int) -> None:
        high = min(low + LANES, n)
        if not hasattr(own, "trace"):
            own.trace = np.empty((LANES, len(calendar), len(model.fields)))
        trace = own.trace[: high - low]
        kernel.fill(calendar, values, world_of[low:high], setting.seed, first + low, results[low:high], trace)
        month = outcomes.first_cause(outcomes.months(np.nan_to_num(results[low:high], nan=-1.0)))[1]
        at = np.flatnonzero(month >= 0)
        then[low + at] = trace[at[:, None], month[at][:, None], columns]

    run_slices(work, range(0, n, LANES))
    if (bad := np.flatnonzero(outcomes.failed(results))).size:
        raise InputError(
            f"run {first + int(bad[0])} of arm {name!r} failed (a rule raised, or gave a number that is not finite)"
        )
    when = outcomes.months(results)
    fails = when[:, list(OUTCOMES).index(outcome)] >= 0
    runs = Failures(
        when[fails], results[fails], outcomes.first_cause(when)[1][fails],
        dict(zip(_THEN, then[fails].T, strict=True)),
    )  # fmt: skip
    numbers = first + np.flatnonzero(fails)
    return np.column_stack([numbers, world_of[fails], *(STAGES[stage].of(runs) for stage in stages)]).astype(np.int64)


def edges(counted: Counted, stages: Sequence[str], setting: Setting) -> pd.DataFrame:
    """Every step from one stage's answer to the next one's.

    Returns
    -------
    DataFrame, a row an edge: from_stage, to_stage, from, to, count, share of all failures with its interval (worlds as the
    sample), share_of_from, and one run that takes it, with its world.
    """
    rows = []
    for k in range(len(stages) - 1):
        one, two = STAGES[stages[k]], STAGES[stages[k + 1]]
        for i, said in enumerate(one.answers):
            for j, then in enumerate(two.answers):
                takes = (counted.answers[:, k] == i) & (counted.answers[:, k + 1] == j)
                if takes.any():
                    row = {"from_stage": one.name, "to_stage": two.name, "from": said, "to": then}
                    given = int((counted.answers[:, k] == i).sum())
                    rows.append({**row, **_counts(takes, counted, setting), "share_of_from": takes.sum() / given})
    return pd.DataFrame(rows)


def paths(counted: Counted, stages: Sequence[str], setting: Setting) -> pd.DataFrame:
    """Every whole pathway, the most frequent first: a column a stage, then count, share with its interval, run and world."""
    rows = []
    if len(counted.runs):
        every, which = np.unique(counted.answers, axis=0, return_inverse=True)
        for k, path in enumerate(every):
            said = {name: STAGES[name].answers[answer] for name, answer in zip(stages, path, strict=True)}
            rows.append({**said, **_counts(which.ravel() == k, counted, setting)})
    columns = [*stages, "count", "share", "low", "high", "run", "world"]
    return pd.DataFrame(rows, columns=columns).sort_values("count", ascending=False, kind="stable", ignore_index=True)


def _counts(takes: np.ndarray, counted: Counted, setting: Setting) -> dict[str, Any]:
    """How many failures, their share with its interval over worlds, and the first run among them."""
    n = len(setting.worlds)
    here = np.bincount(counted.worlds[takes], minlength=n).astype(float)
    every = np.bincount(counted.worlds, minlength=n).astype(float)
    share = here.sum() / every.sum()
    influence = share + (here - share * every) / every.mean()
    _, low, high = clusters.mean_interval(influence, setting.worlds.number)
    first = int(np.flatnonzero(takes)[0])
    return {
        "count": int(takes.sum()), "share": share, "low": max(0.0, low) if np.isfinite(low) else low,
        "high": min(1.0, high) if np.isfinite(high) else high,
        "run": int(counted.runs[first]), "world": int(counted.worlds[first]),
    }  # fmt: skip
