"""What is asked of runs, by name: outcomes, outcomes given others, counts, states, and losses that weigh several.

A measure is the mean of a number over runs, or over those in which something else happened.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..model import arguments, outcomes
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


def numbers(asked: Measure, runs: Runs) -> tuple[FloatArray, FloatArray]:
    """The number of each run, and whether it counts, 1 or 0: arrays (n,), (n,)."""
    number = np.asarray(asked.of(runs), float)
    return number, np.ones(len(number)) if asked.among is None else asked.among(runs).astype(float)


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
    words = arguments.text("a condition", words, "taiwan_invasion and not korea_war")
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


def measures(given: Sequence[str | Measure] | str | Measure, least: int = 1) -> list[Measure]:
    """Several measures, by their names or as :func:`loss` makes them; one alone is a list of one.

    Raises
    ------
    InputError
        On what is no measure, fewer than ``least``, or two of one name.
    """
    several = arguments.several("measures", [given] if isinstance(given, str | Measure) else given, least)
    chosen = [one if isinstance(one, Measure) else measure(one) for one in several]
    names = [one.name for one in chosen]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"two measures are named {told(twice[0])}; give each once, or a loss a name: loss(weights, name)"
        )
    return chosen


def loss(weights: Mapping[str, float], name: str = "loss") -> Measure:
    """A severity-weighted loss: the sum of the weights of the outcomes that a run has.

    Examples
    --------
    >>> loss({"taiwan_blockade": 1.0, "taiwan_invasion": 10.0}).name
    'loss'
    """
    given = arguments.mapping("the weights of a loss", weights, '{"korea_war": 5.0}')
    places = [list(OUTCOMES).index(one) for one in arguments.names("the weights of a loss", list(given), OUTCOMES)]
    worth = np.array([arguments.number(f"the weight of {one}", x, 0.0, 1e9, 5.0) for one, x in given.items()])
    return Measure(arguments.text("the name of a loss", name, "loss"), lambda runs: (runs.when[:, places] >= 0) @ worth)
