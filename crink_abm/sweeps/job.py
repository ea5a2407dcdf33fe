"""A job: a plan and the engine that runs it. Whoever executes it runs slices of it, in one thread each."""

from dataclasses import dataclass

import numpy as np

from ..engine import compiled, engine_name, get_engine
from .cells import MESA_SLICE_RUNS, SLICE_RUNS
from .plan import SweepPlan


@dataclass(frozen=True, eq=False)
class Job:
    """What executors are given.

    Parameters
    ----------
    plan : what is asked
    engine : the name of an engine, ``"numba"`` or ``"mesa"`` (slow; the same bytes)

    Raises
    ------
    InputError
        If there is no such engine.
    """

    plan: SweepPlan
    engine: str = "numba"

    def __post_init__(self) -> None:
        object.__setattr__(self, "engine", engine_name(self.engine))

    def prepare(self) -> None:
        """Compile what the engine needs, once, before threads ask for it."""
        if self.engine == "numba":
            compiled.compiled(self.plan.rules)

    @property
    def slice_runs(self) -> int:
        """Runs of a slice."""
        return MESA_SLICE_RUNS if self.engine == "mesa" else SLICE_RUNS

    def run(self, point: int, first_run: int, n: int) -> np.ndarray:
        """A slice: some runs of one point, in this thread. Array (n, len(RESULTS)); a failed run is nan throughout."""
        plan = self.plan
        return get_engine(self.engine).run(
            plan.calendar(point), plan.worlds.values, n, seed=plan.head.seed, first_run=first_run,
            world_of=plan.worlds.of_runs(first_run, n), threads=1, rules=plan.rules,
        )  # fmt: skip
