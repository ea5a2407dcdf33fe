"""``but_for``: the but-for causes of one war, by exact counterfactual replay.

A change is a but-for cause if without it, all else as drawn, the outcome does not come within the horizon (Lewis 1973; Halpern
and Pearl 2005; the *sine qua non* of counterfactual history, Fearon 1991). Where no single change averts it, the war is
over-determined, and minimal pairs are looked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...model import levers, outcomes
from ...model.fields import FIELDS
from ...model.outcomes import OUTCOMES
from ...model.parameters import checked as checked_parameters
from ...typing import FloatArray
from ...util.errors import InputError, nearest, told
from .hinges import BY_RULE, HINGES, Change, replay
from .turned import Replays

#: Replays of one search at most, unless a reader asks for more.
MOST_REPLAYS = 4000
_COLUMN = {field.name: k for k, field in enumerate(FIELDS)}


@dataclass(frozen=True, eq=False)
class War:
    """One outcome of one run, and what would have averted it.

    Attributes
    ----------
    outcome : which
    month : its first month, from 0; -1 if it did not come
    changes : DataFrame, a row a single change that makes a difference: month, date, rule, decision, happened, instead,
        averts, later (the outcome's month where it only comes later; -1 where averted)
    singles : the changes that avert it, each by itself
    pairs : minimal pairs that avert it; looked for only where no single change does
    complete : whether all pairs of the search's reach were tried
    replays : runs made
    horizon, start : of the run
    made_with : what ``DeterrenceModel`` takes to make the run
    """

    outcome: str
    month: int
    changes: pd.DataFrame
    singles: tuple[Change, ...]
    pairs: tuple[tuple[Change, Change], ...]
    complete: bool
    replays: int
    horizon: int
    start: str
    made_with: Mapping[str, Any]

    @property
    def sets(self) -> tuple[tuple[Change, ...], ...]:
        """The minimal sets that avert the outcome."""
        return (*((one,) for one in self.singles), *self.pairs)

    def model(self, changes: Sequence[Change] = ()) -> Any:
        """The run in Mesa, with some changes: a ``DeterrenceModel``, not yet run."""
        return replay(changes, **self.made_with)

    def verdict(self) -> str:
        """What was found, in a sentence."""
        if self.month < 0:
            return f"{self.outcome} does not come in this run: there is nothing to avert."
        date = levers.month_label(self.month, self.start)
        if self.singles:
            n = len(self.singles)
            return f"{self.outcome} comes in {date}; {n} single change{'s' * (n > 1)} would avert it ({self.replays:,} replays)."
        if self.pairs:
            n = len(self.pairs)
            return (
                f"{self.outcome} comes in {date} and is over-determined: no single change averts it, {n} "
                f"pair{'s do' if n > 1 else ' does'} "
                f"({self.replays:,} replays{'' if self.complete else ', not all pairs tried'})."
            )
        return (
            f"{self.outcome} comes in {date}; no single change averts it, and no pair was found in {self.replays:,} replays"
            f"{' (all pairs tried)' if self.complete else ' (not all pairs tried)'}."
        )


def but_for(
    policy: Mapping[str, Any] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    run: int = 0,
    months: int = levers.MONTHS,
    start: str = levers.START,
    drivers: Mapping[str, Any] | None = None,
    rules: Mapping[str, Callable[..., Any]] | None = None,
    outcome: str = "any_failure",
    most_replays: int = MOST_REPLAYS,
) -> War:
    """What would have averted an outcome of one run: decisions and chance events that, if other, keep it from coming.

    Parameters
    ----------
    policy, parameters, seed, run, months, start, drivers, rules : the run, as ``DeterrenceModel`` takes it
    outcome : an outcome
    most_replays : runs that the search makes at most

    Returns
    -------
    :class:`War`, with the minimal sets of one change, or if there is none of two. Singles are all tried, up to the month of
    the outcome. Of pairs, the second change is looked for in the run that the first one leaves, so it may be one that the run
    itself never came to.

    Raises
    ------
    InputError
        On what cannot be taken, or a run that fails.

    Notes
    -----
    Not turned: the monthly noise of slow states (PLA activity, politics in Taiwan, turmoil in Iran, detections), campaigns of
    tests, and the month in which a war ends. Sources: Lewis 1973; Fearon 1991; Halpern and Pearl 2005.

    Examples
    --------
    >>> war = but_for(seed=1, run=3, months=12)
    >>> war.month
    -1
    """
    if outcome not in OUTCOMES:
        raise InputError(
            f"no outcome is named {told(outcome)}{nearest(outcome, OUTCOMES)}; they are {', '.join(OUTCOMES)}"
        )
    policy = levers.checked(dict(policy or {}))
    full = checked_parameters(parameters)
    calendar = levers.calendar(policy, months, start, drivers or None)
    made_with = {
        "levers": policy, "parameters": full, "seed": seed, "run": run, "months": months, "start": start,
        "drivers": drivers or None, "rules": rules,
    }  # fmt: skip
    replays = Replays(calendar, np.array(list(full.values())), seed, run, made_with if rules else None)
    search = _Search(replays, outcome, full, most_replays)
    month, rows, singles = search.singles()
    if month >= 0:
        for row in rows:
            row["date"] = levers.month_label(row["month"], start)
    columns = ["month", "date", "rule", "decision", "happened", "instead", "averts", "later"]
    pairs, complete = search.pairs() if month >= 0 and not singles else ((), True)
    return War(
        outcome, month, pd.DataFrame(rows, columns=columns), singles, pairs, complete, replays.done, months, start, made_with
    )  # fmt: skip


class _Search:
    """The replays of one run."""

    def __init__(self, replays: Replays, outcome: str, parameters: Mapping[str, float], most: int) -> None:
        self._replays, self._most = replays, most
        self._outcome = list(OUTCOMES).index(outcome)
        self._start = np.array(
            [parameters[f.initial] if isinstance(f.initial, str) else float(f.initial or 0.0) for f in FIELDS]
        )
        self._seen: list[tuple[Change, FloatArray, int]] = []

    def _run(self, changes: Sequence[Change]) -> tuple[int, FloatArray]:
        results, trace = self._replays(changes)
        if outcomes.failed(results)[0]:
            raise InputError("the run failed (a rule raised, or gave a number that is not finite); mend the rule")
        return int(outcomes.months(results)[0, self._outcome]), trace

    def _open(self, trace: FloatArray, first: int, last: int) -> list[Change]:
        """Changes that a run may have something to turn for, from one month to another, both included."""
        before = np.vstack([self._start, trace[:-1]])
        found = []
        for hinge in HINGES:
            here = np.zeros(len(trace), bool)
            for name in hinge.where:
                column = _COLUMN[name.removeprefix("~")]
                here |= trace[:, column] != before[:, column] if name[0] == "~" else trace[:, column] > 0
            found += [Change(int(t), hinge.rule) for t in np.flatnonzero(here) if first <= t <= last]
        return sorted(found, key=lambda change: (BY_RULE[change.rule].rank, change.month, change.rule))

    def singles(self) -> tuple[int, list[dict[str, Any]], tuple[Change, ...]]:
        """The month of the outcome, a row a change that makes a difference, and those that avert it."""
        month, fact = self._run(())
        if month < 0:
            return month, [], ()
        rows, found = [], []
        for change in self._open(fact, 0, month):
            later, trace = self._run((change,))
            if np.array_equal(trace, fact):
                continue
            self._seen.append((change, trace, later))
            hinge = BY_RULE[change.rule]
            column = _COLUMN[hinge.field]
            happened, instead = hinge.say(fact[change.month, column], trace[change.month, column])
            rows.append(
                {
                    "month": change.month, "rule": change.rule, "decision": hinge.decision, "happened": happened,
                    "instead": instead,
                    "averts": later < 0, "later": later,
                }
            )  # fmt: skip
            if later < 0:
                found.append(change)
        rows.sort(key=lambda row: (row["month"], row["rule"]))
        return month, rows, tuple(sorted(found))

    def pairs(self) -> tuple[tuple[tuple[Change, Change], ...], bool]:
        """Minimal pairs, and whether all were tried."""
        found: set[tuple[Change, Change]] = set()
        tried: set[tuple[Change, Change]] = set()
        for first, trace, month in self._seen:
            for second in self._open(trace, first.month, month):
                pair = (first, second) if first < second else (second, first)
                if (first.rule == second.rule and first.month == second.month) or pair in tried:
                    continue
                if self._replays.done >= self._most:
                    return tuple(sorted(found)), False
                tried.add(pair)
                if self._run(pair)[0] < 0:
                    found.add(pair)
        return tuple(sorted(found)), True
