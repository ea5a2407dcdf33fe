"""The model with hinges, compiled: a replay with changes in milliseconds, bit for bit what Mesa gives with the same changes."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ...engine.compiled import CompiledEngine, Kernel
from ...model.overrides import checked
from ...model.schedule import Phase
from ...model.spec import MODEL, ModelSpec
from ...typing import FloatArray
from .hinges import BY_RULE, HINGES, NUMBER, SCALE, Change, with_turns

#: Changes that a replay takes.
MOST_CHANGES = 2
#: The columns that say them, after the model's.
COLUMNS = tuple(f"change_{k}" for k in range(1, MOST_CHANGES + 1))


def _condition(rule: str) -> str:
    at = SCALE * NUMBER[rule]
    return " or ".join(f"{name} == {at!r} + month" for name in COLUMNS)


def turning(model: ModelSpec, replaced: Mapping[str, Callable[..., Any]]) -> ModelSpec:
    """A model whose hinges can be turned by two more columns of its calendar; ``replaced`` rules are turned instead of its own."""
    phases = []
    for phase in model.schedule:
        made = []
        for step in phase.steps:
            own = replace(step, rule=replaced.get(step.name, step.rule))
            hinge = BY_RULE.get(step.name)
            if hinge is None:
                made.append(step if own.rule is step.rule else replace(step, rule=_named(step, own.rule)))
                continue
            rule = with_turns(own, hinge.turned, _condition(step.name), ("month", *COLUMNS))
            made.append(replace(step, rule=_named(step, rule)))
        phases.append(Phase(phase.code, phase.title, tuple(made)))
    said = repr([(h.rule, h.turned) for h in HINGES]) + repr((COLUMNS, SCALE))
    name = f"crink_turned_{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    return replace(
        model, name=name, schedule=tuple(phases), columns=(*model.columns, *COLUMNS),
        keeps_code=model.keeps_code and not replaced,
    )  # fmt: skip


def _named(step: Any, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule under the name of the one that it stands for."""
    rule.__name__, rule.__module__ = step.rule.__name__, step.rule.__module__
    return rule


@cache
def engine() -> CompiledEngine:
    """The compiled model with hinges."""
    return CompiledEngine(turning(MODEL, {}))


def kernel_name() -> str:
    """By which its machine code is kept."""
    return engine().model.name


def compiled() -> Kernel:
    """Its kernel, compiled once a machine."""
    return engine().kernel()


class Replays:
    """One run of one world under one calendar, again and again with other changes.

    Parameters
    ----------
    calendar, values : the policy month by month, and the world: arrays (n_months, n_columns), (n_parameters,)
    seed, run : which run
    rules : functions in place of rules, if any

    Attributes
    ----------
    done : replays so far
    """

    def __init__(
        self, calendar: np.ndarray, values: FloatArray, seed: int, run: int,
        rules: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:  # fmt: skip
        replaced = checked(rules)
        self._engine = CompiledEngine(turning(MODEL, replaced)) if replaced else engine()
        self._calendar = np.hstack([calendar, np.full((len(calendar), len(COLUMNS)), -1.0)])
        self._values, self._key = np.asarray(values, float)[None], {"seed": seed, "first_run": run}
        self.done = 0

    def __call__(self, changes: Sequence[Change] = ()) -> tuple[FloatArray, FloatArray]:
        """(results: array (1, n_results), every field of every month: array (n_months, n_fields)) with these changes."""
        calendar = self._calendar.copy()
        for k, change in enumerate(changes):
            calendar[:, -len(COLUMNS) + k] = change.code
        self.done += 1
        kernel, model = self._engine.kernel(), self._engine.model
        calendar, values, world_of = model.arrays(calendar, self._values, 1)
        results, trace = np.empty((1, len(model.results))), np.empty((1, len(calendar), len(model.fields)))
        kernel.fill(calendar, values, world_of, self._key["seed"], self._key["first_run"], results, trace)
        return results, trace[0]
