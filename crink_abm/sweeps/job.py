"""A job: a plan and the engine that runs it. Whoever executes it runs slices of it, in one thread each."""

from dataclasses import dataclass

import numpy as np

from ..engine import compiled
from ..model.outcomes import RESULTS
from ..util.errors import InputError
from .cells import MESA_SLICE_RUNS, SLICE_RUNS
from .failures import why
from .plan import SweepPlan


@dataclass(frozen=True, eq=False)
class Job:
    """What executors are given.

    Parameters
    ----------
    plan : what is asked
    engine : ``"batch"`` or ``"mesa"`` (slow; the same bytes)

    Raises
    ------
    InputError
        If there is no such engine.
    """

    plan: SweepPlan
    engine: str = "batch"

    def __post_init__(self):
        if self.engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {self.engine!r} was given")

    def prepare(self) -> None:
        """Compile what the engine needs, once, before threads ask for it."""
        if self.engine == "batch":
            compiled.compiled(self.plan.rules)

    @property
    def slice_runs(self) -> int:
        """Runs of a slice."""
        return SLICE_RUNS if self.engine == "batch" else MESA_SLICE_RUNS

    def run(self, point: int, first_run: int, n: int) -> np.ndarray:
        """A slice: some runs of one point, in this thread. Array (n, len(RESULTS)); a failed run is nan throughout."""
        plan = self.plan
        if self.engine == "batch":
            return compiled.run_many(
                plan.calendar(point), plan.worlds.values, n, seed=plan.head.seed, first_run=first_run,
                world_of=plan.worlds.of_runs(first_run, n), threads=1, rules=plan.rules,
            )  # fmt: skip
        return np.array([self._one(point, run) for run in range(first_run, first_run + n)])

    def _one(self, point: int, run: int) -> list[float]:
        """The results of one run in Mesa; nan throughout if it fails."""
        model = self.plan.replay(point, run)
        month, _ = why(model)
        return [np.nan if month >= 0 else model.value(name) for name in RESULTS]
