"""Runs a plan point by point into a store.

Interrupt it at any moment: the same command takes up where it stopped and ends with the same bytes.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..ensemble.build import make_worlds, read_worlds, worlds_name, write_worlds
from ..estimation import sample_size
from ..estimation.accumulator import Accumulator
from ..experiment.schema import Experiment
from ..model.keys import rules_hash
from ..model.outcomes import failed
from ..model.overrides import changes_odds
from ..model.overrides import checked as checked_rules
from ..typing import Rules
from ..util.files import write_sealed, write_table
from ..util.ownership import MANIFEST
from ..util.progress import chosen as progress_of
from . import manifest
from .cells import SPAN_RUNS, Cell, together
from .executors.base import Executor
from .executors.threads import ThreadExecutor
from .failures import Failures
from .job import Job
from .pipeline import Pipeline
from .plan import SweepPlan
from .store import Store


def plan_in(store: Store, experiment: Experiment, rules: Rules | None = None) -> SweepPlan:
    """The plan of an experiment whose results go to a store: with the worlds that are kept there, or made here.

    Nothing is written: what is refused leaves nothing behind.

    Raises
    ------
    InputError
        If the worlds or the rules cannot be taken.
    """
    table, fixed, rules = experiment.worlds, experiment.parameters, checked_rules(rules)
    name = worlds_name(table, fixed, rules)
    worlds = read_worlds(store.folder, name) or make_worlds(table, fixed, rules)
    return SweepPlan.of(experiment, worlds, rules=rules, name=name)


def count_runs(*arrays: Any) -> None:
    """Count the runs of a point; the first time, what counts is loaded or compiled, beside runs on their way."""
    from ..engine.counting import count  # numba is heavy

    count()(*arrays)


class Runner:
    """A plan on its way into a store.

    Parameters
    ----------
    plan : what is asked
    store : where results go
    engine : ``"numba"`` or ``"mesa"`` (slow; the same bytes)
    executor : who computes the runs; threads on all cores if None
    progress : called after each pack with the runs done, those in all, and a few words: the policies done, and the widest
        half-width of an outcome's interval so far; or whether to show these (in notebooks, if None)
    say : called with what was found in the folder, if anything was

    Raises
    ------
    InputError
        If there is no such engine.
    """

    def __init__(
        self, plan: SweepPlan, store: Store, *, engine: str = "numba", executor: Executor | None = None,
        progress: Callable[..., object] | bool | None = None, say: Callable[[str], object] | None = None,
    ):  # fmt: skip
        self.plan, self.store, self.job = plan, store, Job(plan, engine)
        self.executor, self.progress = executor or ThreadExecutor(), progress_of(progress, "run")
        self.say = say or (lambda text: None)

    def run_shard(self, number: int, of: int) -> int:
        """Compute and keep one of ``of`` shares of the runs, and count nothing; ``number`` is from 1. Returns the runs."""
        cells = self.plan.share(number, of)
        done, total = 0, sum(cell.n for cell in cells)
        with self._at_work():
            self.say(f"all shards: {self.plan.size(self.job.engine)}")
            self.progress(0, total, "")
            with self._pipeline(cells, paired=False) as pipeline:
                for pack in pipeline:
                    done += sum(cell.n for cell, *_ in pack)
                    self.progress(done, total, f"shard {number} of {of}")
        return total

    def run(self) -> None:
        """Do what is missing, and write the estimates and then the manifest."""
        with self._at_work():
            self._run()

    def _pipeline(self, cells: Iterator[Cell] | list[Cell], *, paired: bool = True) -> Pipeline:
        return Pipeline(self.job, self.executor, self.store, cells, paired=paired)

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Hold the folder, keep the worlds in it, and say what was found in it, and what of it was damaged."""
        plan, store = self.plan, self.store
        with store.work(plan.head.name, plan.experiment.key(), (rules_hash(), plan.fingerprint), self.say) as found:
            if str(found) != "nothing yet":
                self.say(f"found in {store.sweep_folder}: {found}")
            seen = len(found.damaged)
            if read_worlds(store.folder, plan.worlds_name) is None:
                write_worlds(store.folder, plan.worlds_name, plan.worlds)
            yield
            if found.damaged[seen:]:
                self.say(f"damaged, and made again: {', '.join(found.damaged[seen:])}")

    def _side_by_side(self, pack: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The runs of a pack by the points that they are of, several points at a time.

        Yields (points, first run, results, what the baseline's runs were, which of these failed); the points have the same runs
        here and in all.
        """
        plan = self.plan
        of_points = (
            (point, cell.first, min(cell.n, plan.n_runs[point] - cell.first), *rest)
            for cell, *rest in pack
            for point in plan.named[cell.point]
            if cell.first < plan.n_runs[point]
        )
        for (first, n, _), alike in itertools.groupby(of_points, lambda of: (*of[1:3], plan.n_runs[of[0]])):
            for some in together(alike, SPAN_RUNS, lambda of: of[2]):
                base, base_failed = some[0][4:]
                yield (
                    [of[0] for of in some],
                    first,
                    [of[3][:n] for of in some],
                    tuple(x[:n] for x in base),
                    base_failed[:n],
                )

    def _count(self, accumulator: Accumulator) -> Failures:
        """Have every run made or read, and counted. Returns those that failed."""
        plan, done, total, lost = self.plan, 0, self.plan.total, Failures()
        self.say(f"to be counted: {plan.size(self.job.engine)}")
        self.progress(0, total, "")
        with self._pipeline(plan.cells()) as pipeline:
            for pack in pipeline:
                for points, first, results, base, base_failed in self._side_by_side(pack):
                    bad = np.stack([failed(runs) for runs in results])
                    for point, runs, lacking in zip(points, results, bad, strict=True):
                        if lacking.any():
                            lost.add(point, first, runs)
                    counted = ~(bad | base_failed)
                    accumulator.add(points, first, results, base, None if counted.all() else counted)
                done += sum(cell.n for cell, *_ in pack)
                self.progress(
                    done, total, f"{accumulator.closed}/{len(plan.policies)} policies, ±{accumulator.half_width():.2g}"
                )
        return lost

    def _run(self) -> None:
        plan, head, folder = self.plan, self.plan.head, self.store.folder
        of_baseline = plan.named[plan.points.same_as[plan.base]]
        accumulator = Accumulator(
            plan.worlds, head.months, of_baseline, plan.n_runs, take_out=not changes_odds(plan.rules),
            by_residuals=head.interval == "best", count=count_runs,
        )  # fmt: skip
        lost = self._count(accumulator)
        files = {}

        def keep(name: str, table: pd.DataFrame) -> None:
            files[f"{name}.parquet"] = write_table(folder / f"{name}.parquet", table)

        points = plan.points.table()
        estimates = accumulator.estimates(points, head.interval)
        reached = sample_size.reached(estimates, head.precision) if head.precision else None
        if reached and reached["missed"]:
            self.say(
                f"{len(reached['missed'])} points missed the precision; the widest half-width is {reached['widest']:.2g}"
            )
        if few := plan.worlds.few(min(plan.n_runs)):
            self.say(few)
        keep("points", points)
        keep("estimates", estimates)
        del estimates  # the largest by far
        keep("metrics", accumulator.metrics())
        keep("first_months", accumulator.first_months())
        keep("failures", lost.table(plan.replay, plan.world))
        write_sealed(folder / MANIFEST, manifest.of(plan, reached, lost.n, files))
