"""What is asked of runs, by name: outcomes, outcomes given others, counts, states, and losses that weigh several.

A measure is the mean of a number over runs, or over those in which something else happened.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..model import outcomes
from ..model.fields import BY_NAME
from ..model.outcomes import CONDITIONALS, OUTCOMES, RESULTS
from ..typing import BoolArray, FloatArray
from ..util.errors import InputError, nearest, told

#: Columns of a run's results that are counted or averaged: those that are neither a first month nor a residual.
COUNTED = ("n_provocations", "n_launch_days", "highest_rung", "help_expected", "help_realised")


@dataclass(frozen=True, eq=False)
class Runs:
    """Some finished runs, as measures read them.

    Attributes
    ----------
    results : array (n, len(RESULTS))
    n_months : length of a run
    means, last : field -> array (n,), its mean over the months and its value at the end
    """

    results: FloatArray
    n_months: int
    means: Mapping[str, FloatArray]
    last: Mapping[str, FloatArray]

    @cached_property
    def when(self) -> np.ndarray:
        """The first month of each outcome, -1 for never: array (n, len(OUTCOMES))."""
        return outcomes.months(self.results)

    @cached_property
    def followed(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Conditional outcome -> masks (could be followed up, was followed)."""
        return outcomes.conditionals(self.results, self.when, self.n_months)

    def happened(self, outcome: str) -> BoolArray:
        """Which runs have an outcome: array (n,)."""
        return self.when[:, list(OUTCOMES).index(outcome)] >= 0


@dataclass(frozen=True)
class Measure:
    """A mean over runs.

    Attributes
    ----------
    name : as it was asked for
    of : the number of each run, array (n,)
    among : which runs count, array (n,); all if None
    fields : fields of the model whose mean or last value is needed
    """

    name: str
    of: Callable[[Runs], FloatArray]
    among: Callable[[Runs], BoolArray] | None = None
    fields: tuple[str, ...] = ()


def _known() -> list[str]:
    return [*OUTCOMES, *CONDITIONALS, *COUNTED]


def _number(name: str) -> tuple[Callable[[Runs], FloatArray], tuple[str, ...]]:
    """The number of a run that a word stands for, and the fields it needs."""
    if name in OUTCOMES:
        return (lambda runs: runs.happened(name).astype(float)), ()
    if name in COUNTED:
        assert name in RESULTS
        return (lambda runs: outcomes.column(runs.results, name).astype(float)), ()
    kind, _, field = name.partition(" ")
    if kind in ("mean", "last") and field:
        if field not in BY_NAME:
            raise InputError(f"no field of the model is named {told(field)}{nearest(field, BY_NAME)}")
        return (lambda runs: getattr(runs, "means" if kind == "mean" else "last")[field]), (field,)
    raise InputError(
        f"no measure is named {told(name)}{nearest(name, _known())}; a measure is an outcome ({', '.join(OUTCOMES)}), a "
        f"conditional ({', '.join(CONDITIONALS)}), a count ({', '.join(COUNTED)}), 'mean FIELD' or 'last FIELD', or one of the "
        "first, third or fourth 'given OUTCOME and not OUTCOME'"
    )


def condition(words: str) -> Callable[[Runs], BoolArray]:
    """Which runs count, of words such as ``taiwan_invasion and not korea_war``.

    Raises
    ------
    InputError
        On a word that is no outcome.
    """
    parts = []
    for part in re.split(r"\s+and\s+", words.strip()):
        wanted, name = (False, part[4:].strip()) if part.startswith("not ") else (True, part)
        if name not in OUTCOMES:
            raise InputError(
                f"a condition is outcomes joined by 'and', each with 'not' before it or without; {told(name)} is none"
                f"{nearest(name, OUTCOMES)}"
            )
        parts.append((name, wanted))
    return lambda runs: np.all([runs.happened(name) == wanted for name, wanted in parts], axis=0)


def measure(name: str) -> Measure:
    """A measure by its name.

    Parameters
    ----------
    name : an outcome, a conditional outcome, a count of a run's results, ``mean FIELD`` or ``last FIELD``, or any of these but a
        conditional with `` given OUTCOME and not OUTCOME`` behind it

    Raises
    ------
    InputError
        On a name that says nothing.

    Examples
    --------
    >>> measure("russian_join given taiwan_invasion and not korea_war").name
    'russian_join given taiwan_invasion and not korea_war'
    >>> measure("mean arms_flow").fields
    ('arms_flow',)
    """
    if not isinstance(name, str):
        raise InputError(f"a measure is a name, such as 'taiwan_failure' or 'mean arms_flow'; {told(name)} was given")
    if name in CONDITIONALS:
        return Measure(name, lambda runs: runs.followed[name][1].astype(float), lambda runs: runs.followed[name][0])
    head, given, words = name.partition(" given ")
    of, fields = _number(head.strip())
    return Measure(name, of, condition(words) if given else None, fields)


def measures(names: Sequence[str]) -> list[Measure]:
    """Several measures by their names, each once.

    Raises
    ------
    InputError
        On a name that says nothing, or none at all.
    """
    if isinstance(names, str) or not names:
        raise InputError(f"measures are a list of at least one name; {told(names)} was given")
    return [measure(name) for name in dict.fromkeys(names)]


def loss(weights: Mapping[str, float], name: str = "loss") -> Measure:
    """A severity-weighted loss: the sum of the weights of the outcomes that a run has.

    Examples
    --------
    >>> loss({"taiwan_blockade": 1.0, "taiwan_invasion": 10.0}).name
    'loss'
    """
    for outcome in weights:
        if outcome not in OUTCOMES:
            raise InputError(f"a loss weighs outcomes; {told(outcome)} is none{nearest(outcome, OUTCOMES)}")
    places = [list(OUTCOMES).index(outcome) for outcome in weights]
    worth = np.array([float(weight) for weight in weights.values()])
    return Measure(name, lambda runs: (runs.when[:, places] >= 0) @ worth)
