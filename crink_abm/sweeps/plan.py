"""The plan of a sweep: what is asked, down to each run. It runs nothing and writes nothing."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .. import typing
from ..engine.threads import chunks
from ..ensemble.build import worlds_name
from ..ensemble.worlds import Worlds
from ..experiment import design
from ..experiment.schema import Experiment, Header
from ..model import levers
from ..model.keys import rules_hash
from ..model.overrides import Rules, fingerprint
from ..model.overrides import checked as checked_rules
from ..util.size import Size
from .cells import PACK_RUNS, SPAN_RUNS, Cell
from .codec import scales

if TYPE_CHECKING:
    from ..agents.model import DeterrenceModel


def digest_of(worlds: Worlds) -> str:
    """A hash of the worlds' values in the order in which runs are dealt to them."""
    return hashlib.sha256(worlds.values[worlds.order].tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """What a sweep is asked for: :meth:`of` makes it from an experiment, once.

    Run k of every point has the same random numbers and lives in the same world, so points differ by policy alone.

    Attributes
    ----------
    experiment : as read and checked
    worlds, worlds_name : those that runs live in, and the name of their files
    rules : functions in place of rules, as :func:`overrides.checked` returns them
    points : the design points
    n_runs : runs of each point
    """

    experiment: Experiment
    worlds: Worlds
    worlds_name: str
    rules: Rules
    points: design.Points
    n_runs: tuple[int, ...]

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        worlds: Worlds,
        *,
        rules: typing.Rules | None = None,
        n_runs: Sequence[int] | None = None,
        name: str | None = None,
    ) -> "SweepPlan":
        """The plan of an experiment in some worlds.

        Parameters
        ----------
        experiment : its runs known (:func:`replications.resolved`)
        worlds : those it asks for (:func:`ensemble.build.make_worlds`)
        rules : plain functions in place of rules; see :mod:`crink_abm.model.overrides`
        n_runs : runs of each point, where a pilot has settled them (``precision``); else as the experiment says
        name : of the worlds' files, where another version named them

        Raises
        ------
        InputError
            If the rules cannot be taken.
        """
        points, head, rules = design.points(experiment), experiment.experiment, checked_rules(rules)
        if n_runs is None:
            runs = cast(int, head.runs)
            detail = head.detail_runs or runs
            n_runs = [runs if family in ("grid", "sample") else detail for family in points.families]
        name = name or worlds_name(experiment.worlds, experiment.parameters, rules)
        return cls(experiment, worlds, name, rules, points, tuple(n_runs))

    def with_runs(self, n_runs: Iterable[int]) -> "SweepPlan":
        """The same plan with other runs of each point."""
        return replace(self, n_runs=tuple(n_runs))

    @property
    def head(self) -> Header:
        """The table ``[experiment]``: name, seed, months, start, interval."""
        return self.experiment.experiment

    @property
    def policies(self) -> list[dict[str, Any]]:
        """What each point sets."""
        return self.points.policies

    @property
    def base(self) -> int:
        """The number of the baseline."""
        return self.points.base

    @cached_property
    def named(self) -> dict[int, list[int]]:
        """The point that stands for a policy -> all points that are that policy."""
        made: dict[int, list[int]] = {}
        for point, first in enumerate(self.points.same_as):
            made.setdefault(first, []).append(point)
        return made

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point: array (months, len(levers.COLUMNS))."""
        return levers.with_policy(self._calendar, self.policies[point], self.head.start)

    @cached_property
    def _calendar(self) -> np.ndarray:
        """The calendar of the baseline, whose drivers all points share."""
        return levers.calendar(self.policies[self.base], self.head.months, self.head.start, self.experiment.drivers)

    def key(self, point: int, rules: str | None = None) -> str:
        """The hash of all that decides a point's runs: rules, results kept and their units, seed, worlds, policy and drivers by
        month.

        ``rules`` names other rules than those installed.
        """
        said = [rules or rules_hash(), scales(), self.fingerprint, self.head.seed, self.worlds_digest]
        return hashlib.sha256(json.dumps(said).encode() + self.calendar(point).tobytes()).hexdigest()[:24]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the functions in place of rules; empty if there are none."""
        return fingerprint(self.rules)

    @cached_property
    def worlds_digest(self) -> str:
        """A hash of the worlds' values in the order in which runs are dealt to them."""
        return digest_of(self.worlds)

    @property
    def total(self) -> int:
        """Runs that are made: of policies with several names once."""
        return sum(map(self._most_runs, self.named))

    def _most_runs(self, first: int) -> int:
        """Runs that are made for the policy that a point stands for."""
        return max(self.n_runs[point] for point in self.named[first])

    def cells(self) -> Iterator[Cell]:
        """Every run of every policy once: groups of points, and within a group the runs span by span.

        A policy with several names has the cells of the point that stands for it.
        """
        numbers = sorted(self.named)
        group = max(1, PACK_RUNS // min(max(self.n_runs), SPAN_RUNS))
        for start in range(0, len(numbers), group):
            runs = {point: self._most_runs(point) for point in numbers[start : start + group]}
            for first in range(0, max(runs.values()), SPAN_RUNS):
                for point, n in runs.items():
                    if first < n:
                        yield Cell(point, first, min(SPAN_RUNS, n - first))

    def cells_of(self, points: Iterable[int]) -> Iterator[Cell]:
        """The runs of some points, whatever point stands for their policies."""
        for point in points:
            for first, n in chunks(self.n_runs[point], SPAN_RUNS):
                yield Cell(point, first, n)

    def share(self, number: int, of: int) -> list[Cell]:
        """The cells of one of ``of`` shares of the runs; ``number`` is from 1.

        Neighbours stay together: packs are then read in the order in which the sweep counts.
        """
        cells, before, total = [], 0, self.total
        for cell in self.cells():
            if before * of // total == number - 1:
                cells.append(cell)
            before += cell.n
        return cells

    def size(self, engine: str = "numba") -> Size:
        """How much there is to do."""
        return Size(len(self.named), self.total, self.head.months, len(self.worlds), engine)

    def world(self, run: int) -> int:
        """The number of the world that a run lives in."""
        return int(self.worlds.of_runs(run, 1)[0])

    def replay(self, point: int, run: int) -> "DeterrenceModel":
        """One run in Mesa, not yet stepped."""
        from ..agents.model import DeterrenceModel

        world = self.world(run)
        model = DeterrenceModel(
            cast(typing.Policy, self.policies[point]), parameters=self.worlds.parameters(world),
            seed=self.head.seed, run=run, months=self.head.months, start=self.head.start,
            drivers=cast(typing.Drivers, self.experiment.drivers), rules=self.rules,
        )  # fmt: skip
        model.source = {"sweep": self.head.name, "point": point, "world": world}
        return model
