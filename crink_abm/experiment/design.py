"""The policies of an experiment, numbered, with the names and the part each plays; those that are one policy know it."""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..model import levers as policy
from ..util.errors import InputError
from ..util.size import Size
from . import sampling
from .factors import Dimension, dimensions, levels_of, moves
from .schema import Experiment


def baseline(experiment: Experiment) -> dict[str, Any]:
    """The policy that all others are compared with: today's, with the file's fixed levers and ``[baseline]``."""
    fixed = {name: levels_of(value)[0] for name, value in experiment.levers.items() if len(levels_of(value)) == 1}
    return policy.checked({**fixed, **experiment.baseline})


def moves_in_words(chosen: Mapping[str, Any]) -> str:
    """In which levers a policy differs from today's, in words; empty if in none."""
    moved = {name: chosen[name] for name, lever in policy.LEVERS.items() if chosen[name] != lever.today}
    return ", ".join(f"{name} {'on a schedule' if isinstance(x, dict) else f'{x:g}'}" for name, x in moved.items())


@dataclass(frozen=True)
class Points:
    """The policies of an experiment, numbered by their place: each once, and once more for each further name it has.

    Attributes
    ----------
    policies, labels : what each sets, and its name if it has one
    families : the smallest family each plays a part in (baseline, package, one_at_a_time, sample, grid), within which
        its difference is tested
    on_grid : whether each lies on the grid, whose map is a family of its own
    cells : of each that lies on the grid, ``{column: level}`` for the factors; empty for the others
    base : the number of the baseline
    grid : the grid's dimensions
    same_as : the number of the point that stands for each one's policy, whose runs are its own: itself, unless another
        name came first; the baseline for all that are equal to it
    """

    policies: list[dict[str, Any]]
    labels: list[str]
    families: list[str]
    on_grid: list[bool]
    cells: list[dict[str, Any]]
    base: int
    grid: list[Dimension]
    same_as: list[int]

    @property
    def swept(self) -> list[str]:
        """The levers that vary over the grid by numbers, in file order."""
        return [dimension.name for dimension in self.grid if dimension.is_lever]

    def table(self) -> pd.DataFrame:
        """A row a point: point, label, family, on_grid, a column a lever (nan where scheduled), schedules as JSON.

        Each factor has a column too, empty off the grid.
        """
        dated = [{k: v for k, v in chosen.items() if isinstance(v, dict)} for chosen in self.policies]
        table = pd.DataFrame(
            {
                "point": range(len(self.policies)), "label": self.labels, "family": self.families, "on_grid": self.on_grid,
                **{
                    name: [np.nan if isinstance(x := chosen[name], dict) else x for chosen in self.policies]
                    for name in policy.LEVERS
                },
                "schedules": [json.dumps(one) if one else "" for one in dated],
            }
        )  # fmt: skip
        for dimension in self.grid:
            if not dimension.is_lever:
                number = not isinstance(dimension.levels[0], str)
                column = [cell.get(dimension.name, np.nan if number else None) for cell in self.cells]
                table[dimension.name] = pd.Series(column, dtype=float if number else object)
        return table


def count(experiment: Experiment, grid: list[Dimension]) -> int:
    """How many policies an experiment has at most, without making them."""
    alone, plan = experiment.one_at_a_time, experiment.sample
    named = 0 if not alone else len(policy.LEVERS) if alone.levers == "all" else len(set(alone.levers))
    crossed = math.prod(map(len, grid)) if grid else 0
    return (
        crossed + named * (alone.points if alone else 0) + len(experiment.packages) + 1 + (plan.points if plan else 0)
    )


def check_size(experiment: Experiment, grid: list[Dimension]) -> None:
    """Refuse more policies than this machine's memory holds, before they are made.

    Raises
    ------
    InputError
        With the policies, their runs, and what they would take.
    """
    head, n = experiment.experiment, count(experiment, grid)
    try:
        Size(n, None if head.runs is None else n * head.runs, head.months).check()
    except InputError as error:
        crossed = " x ".join(str(len(dimension)) for dimension in grid)
        raise InputError(f"{error}{f' (the grid is {crossed})' if grid else ''}") from None


def points(experiment: Experiment) -> Points:
    """Every policy: the grid in file order (last dimension fastest), one at a time, packages, baseline, sample.

    The sample stands last, so that a longer one renumbers nothing. They are made once, and kept with the experiment.

    Raises
    ------
    InputError
        If the design cannot be taken: see :func:`factors.dimensions` and :func:`sampling.draw`; or is too large.
    """
    said = experiment.design()
    if not experiment._points or experiment._points[0] != said:
        experiment._points = (said, _made(experiment))
    return experiment._points[1]


class _Made:
    """Points on their way: numbered as they come."""

    def __init__(self, base: dict[str, Any]):
        self.rows: list[dict[str, Any]] = []
        self.first: dict[tuple[Any, ...], int] = {}  # the point that stands for a policy
        self.base = self._key(base)

    @staticmethod
    def _key(chosen: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(x if type(x) is float else json.dumps(x, sort_keys=True) for x in chosen.values())

    def add(self, chosen: dict[str, Any], family: str, label: str = "") -> dict[str, Any]:
        """The point of a policy: a new one, unless it is there and has no other name."""
        key = self._key(chosen)
        number = self.first.get(key)
        row = None if number is None else self.rows[number]
        if row is None or (label and (row["label"] or (key == self.base and family != "baseline"))):
            row = {"policy": chosen, "label": "", "family": family, "on_grid": False, "cell": None, "key": key}
            if number is None or family == "baseline":
                self.first[key] = len(self.rows)
            self.rows.append(row)
        if family != "sample":
            row["family"], row["label"] = family, label or row["label"]
        row["on_grid"] |= family == "grid"
        return row


def _made(experiment: Experiment) -> Points:
    base, grid = baseline(experiment), dimensions(experiment)
    check_size(experiment, grid)
    made = _Made(base)
    for places in itertools.product(*(range(len(dimension)) for dimension in grid)) if grid else ():
        at = list(zip(grid, places, strict=True))
        row = made.add({**base, **moves(experiment, at, base)}, "grid")
        cell = {d.name: d.levels[place] for d, place in at if not d.is_lever}
        if row["cell"] not in (None, cell):
            one, other = (", ".join(f"{k} {v}" for k, v in said.items()) for said in (row["cell"], cell))
            raise InputError(f"two cells of the grid are the same policy: {one}; and {other}; leave one of them out")
        row["cell"] = cell
    if experiment.one_at_a_time:
        plan = experiment.one_at_a_time
        levels = [float(level) for level in np.round(np.linspace(0.0, 1.0, plan.points), 12)]
        for name in policy.LEVERS if plan.levers == "all" else dict.fromkeys(plan.levers):
            for level in levels:
                made.add({**base, name: level}, "one_at_a_time")
    for label, chosen in experiment.packages.items():
        made.add({**base, **_checked(chosen)}, "package", label)
    made.add(base, "baseline", "baseline")
    for drawn in sampling.draw(experiment.sample) if experiment.sample else ():
        made.add({**base, **drawn}, "sample")
    return Points(
        policies=[row["policy"] for row in made.rows],
        labels=[row["label"] for row in made.rows],
        families=[row["family"] for row in made.rows],
        on_grid=[row["on_grid"] for row in made.rows],
        cells=[row["cell"] or {} for row in made.rows],
        base=made.first[made.base],
        grid=grid,
        same_as=[made.first[row["key"]] for row in made.rows],
    )


def _checked(chosen: dict[str, Any]) -> dict[str, Any]:
    """The levers of a package, as :func:`levers.checked` has them."""
    full = policy.checked(chosen)
    return {name: full[name] for name in chosen}
