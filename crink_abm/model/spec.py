"""What a simulation is made from, as one object: an engine asks nothing else of the model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..util.errors import InputError, told
from .draws import Draw
from .fields import FIELDS, Field
from .levers import COLUMNS
from .outcomes import RESULTS
from .parameters import CATALOGUE, Parameter
from .schedule import MONTH, Phase, Step


@dataclass(frozen=True, eq=False)
class ModelSpec:
    """A whole model: what happens in a month, on which fields, from which inputs, and what a run returns.

    Attributes
    ----------
    name : an identifier, by which machine code is found
    schedule : the phases of a month, in order
    fields : the fields of the world, in order; these are the columns of a trajectory
    columns : what each column of a calendar holds (levers, drivers, season)
    parameters : parameter -> what it is; in this order they are the columns of a table of worlds
    draws : draw -> its number: word n mod 4 of the random block n div 4
    results : the fields that are returned of each run
    apart : condition -> (structural switch, level): steps under the condition run apart where the switch stands so, since
        their branches differ much in cost there
    renamed : rule -> {name that it asks for: name that it gets}
    keeps_code : whether machine code is kept on disk; only for a model whose whole source
        :func:`crink_abm.model.keys.kernel_hash` covers

    Raises
    ------
    ValueError
        If a step writes or asks for something that the model does not have, or a name stands for two things.
    """

    name: str
    schedule: tuple[Phase, ...]
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    draws: Mapping[str, int]
    results: tuple[str, ...]
    apart: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keeps_code: bool = False

    def __post_init__(self) -> None:
        own = [f.name for f in self.fields]
        every = [*own, *self.columns, *self.parameters, *self.draws, "month"]
        if twice := sorted({name for name in every if every.count(name) > 1} if len(set(every)) < len(every) else ()):
            raise ValueError(f"model {self.name}: {twice} stand for two things; give each a name of its own")
        rules = [step.name for step in self.steps]
        if twice := sorted({name for name in rules if rules.count(name) > 1}):
            raise ValueError(f"model {self.name}: the rules {twice} run twice a month; a rule runs once")
        if lost := [name for name in rules if not name.rpartition(".")[2].isidentifier()]:
            raise ValueError(
                f"model {self.name}: {lost} are no names of rules; write a rule with def, and give it a name"
            )
        asked = {
            "the results ask for": (self.results, own),
            "a step runs where": ([step.when for step in self.steps if step.when], own),
            "a field begins at": ([f.initial for f in self.fields if isinstance(f.initial, str)], self.parameters),
            "steps run apart by": ([switch for switch, _ in self.apart.values()], self.parameters),
        }
        for step in self.steps:
            asked[f"rule {step.name} writes"] = (step.writes, own)
            asked[f"rule {step.name} asks for"] = (self.reads[step.name], self.names)
        for what, (names, known) in asked.items():
            if lost := sorted(set(names) - set(known)):
                raise ValueError(f"model {self.name}: {what} {lost}, which it does not have")

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step of a month in order."""
        return tuple(step for phase in self.schedule for step in phase.steps)

    @cached_property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """Rule -> the names that it gets, in the order of its arguments."""
        return {step.name: self.given(step.name, step.reads) for step in self.steps}

    def given(self, rule: str, asked: Iterable[str]) -> tuple[str, ...]:
        """What a rule gets for the names that it asks for."""
        other = self.renamed.get(rule, {})
        return tuple(other.get(name, name) for name in asked)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that a rule may ask for."""
        return frozenset((*(f.name for f in self.fields), *self.parameters, *self.columns, *self.draws, "month"))

    @cached_property
    def terms(self) -> frozenset[str]:
        """The fields that are worked out anew each month."""
        return frozenset(f.name for f in self.fields if not f.is_state)

    @cached_property
    def probabilities(self) -> frozenset[str]:
        """The fields that are probabilities: what a rule states of them lies in [0, 1], or the run has failed."""
        return frozenset(f.name for f in self.fields if f.unit.startswith("probability"))

    def arrays(
        self, calendar: Any, worlds: Any, n: int, world_of: Any = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What an engine is given, as arrays that it can take: (calendar, worlds, world_of).

        Parameters
        ----------
        calendar : array (n_months, n_columns)
        worlds : array (n_worlds, n_parameters)
        n : the number of runs
        world_of : array (n,) of row numbers of ``worlds``; all 0 if None

        Raises
        ------
        InputError
            If an array has another shape, or a run's world is no row.
        """
        calendar = _table("calendar", calendar, len(self.columns), "a row a month, a column a lever, driver or season")
        worlds = _table("worlds", worlds, len(self.parameters), "a row a world, a column a parameter")
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
            raise InputError(f"n is a number of runs, 0 or more; {told(n)} was given")
        if world_of is None:
            return calendar, worlds, np.zeros(n, np.int64)
        world_of = np.asarray(world_of)
        if world_of.shape != (n,) or (n and world_of.dtype.kind not in "iu"):
            raise InputError(
                f"world_of holds the row of worlds of each of the {n:,} runs, a whole number; an array of shape "
                f"{world_of.shape} and kind {world_of.dtype} was given"
            )
        if n and not 0 <= world_of.min() <= world_of.max() < len(worlds):
            raise InputError(
                f"world_of holds rows of worlds, from 0 to {len(worlds) - 1}; {world_of.min()} to {world_of.max()} were given"
            )
        return calendar, worlds, np.require(world_of, np.int64, ["C", "W"])


def _table(name: str, given: Any, n_columns: int, what: str) -> np.ndarray:
    """An array of numbers with at least one row and so many columns."""
    try:
        table = np.require(given, np.float64, ["C", "W"])
    except (TypeError, ValueError):
        raise InputError(f"{name} is a table of numbers ({what}); {told(given)} was given") from None
    if table.ndim != 2 or table.shape[1] != n_columns or not len(table):
        raise InputError(
            f"{name} has {n_columns} columns and a row or more ({what}); an array of shape {table.shape} was given"
        )
    return table


#: The model as it is. What differs most in cost between decision theories is prospect theory: some forty powers a decision.
MODEL = ModelSpec(
    "crink_kernel", MONTH, FIELDS, COLUMNS, CATALOGUE, {draw.name: int(draw) for draw in Draw}, RESULTS,
    apart={"xi_decides": ("xi_theory", 1.0), "kim_decides": ("kim_theory", 1.0)}, keeps_code=True,
)  # fmt: skip
