"""The model with hinges, compiled: a replay with changes in milliseconds, bit for bit what Mesa gives with the same changes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ...engine.compiled import CompiledEngine, Kernel
from ...model.fields import FIELDS
from ...model.outcomes import RESULTS
from ...model.schedule import Phase
from ...model.spec import MODEL, ModelSpec
from ...typing import FloatArray
from .hinges import BY_RULE, HINGES, NUMBER, SCALE, Change, replay, with_turns

#: Changes that a replay takes.
MOST_CHANGES = 2
#: The columns that say them, after the model's.
COLUMNS = tuple(f"change_{k}" for k in range(1, MOST_CHANGES + 1))


def _condition(rule: str) -> str:
    at = SCALE * NUMBER[rule]
    return " or ".join(f"{name} == {at!r} + month" for name in COLUMNS)


def turning(model: ModelSpec) -> ModelSpec:
    """A model whose hinges can be turned by two more columns of its calendar."""
    phases = []
    for phase in model.schedule:
        made = []
        for step in phase.steps:
            hinge = BY_RULE.get(step.name)
            if hinge is not None:
                rule = with_turns(step, hinge.turned, _condition(step.name), ("month", *COLUMNS))
                step = replace(step, rule=rule)
            made.append(step)
        phases.append(Phase(phase.code, phase.title, tuple(made)))
    said = repr([(h.rule, h.turned) for h in HINGES]) + repr((COLUMNS, SCALE))
    name = f"crink_turned_{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    return replace(model, name=name, schedule=tuple(phases), columns=(*model.columns, *COLUMNS))


@cache
def engine() -> CompiledEngine:
    """The compiled model with hinges."""
    return CompiledEngine(turning(MODEL))


def kernel_name() -> str:
    """By which its machine code is kept."""
    return engine().model.name


def compiled() -> Kernel:
    """Its kernel, compiled once a machine."""
    return engine().kernel()


class Replays:
    """One run, again and again with other changes: compiled, or in Mesa where rules are the reader's own.

    Parameters
    ----------
    calendar, values : the policy month by month, and the world: arrays (n_months, n_columns), (n_parameters,)
    seed, run : which run
    made_with : what ``DeterrenceModel`` takes to make it, if the run has rules of the reader's own

    Attributes
    ----------
    done : replays so far
    """

    def __init__(
        self, calendar: np.ndarray, values: FloatArray, seed: int, run: int, made_with: Mapping[str, Any] | None = None
    ) -> None:
        self._calendar = np.hstack([calendar, np.full((len(calendar), len(COLUMNS)), -1.0)])
        self._values, self._seed, self._run = np.asarray(values, float)[None], seed, run
        self._made_with = made_with
        self.done = 0

    def __call__(self, changes: Sequence[Change] = ()) -> tuple[FloatArray, FloatArray]:
        """(results: array (1, n_results), every field of every month: array (n_months, n_fields)) with these changes."""
        self.done += 1
        if self._made_with is not None:
            model = replay(changes, **self._made_with, trace=False, collect=()).run()
            results = np.array([[model.value(name) for name in RESULTS]])
            return results, model.history[[field.name for field in FIELDS]].to_numpy(float)
        calendar = self._calendar.copy()
        for k, change in enumerate(changes):
            calendar[:, -len(COLUMNS) + k] = change.code
        kernel, spec = compiled(), engine().model
        calendar, values, world_of = spec.arrays(calendar, self._values, 1)
        results, trace = np.empty((1, len(spec.results))), np.empty((1, len(calendar), len(spec.fields)))
        kernel.fill(calendar, values, world_of, self._seed, self._run, results, trace)
        return results, trace[0]
