"""The policies of an experiment: each once, numbered, with the part it plays."""

import itertools
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import levers as policy
from . import sample
from .dimensions import Dimension, dimensions, levels_of, moves
from .errors import InputError
from .experiment import Experiment


def swept(experiment: Experiment) -> list[str]:
    """The levers that vary over the grid by numbers, in file order."""
    return [dimension.name for dimension in dimensions(experiment) if dimension.is_lever]


def baseline(experiment: Experiment) -> dict:
    """The policy that all others are compared with: today's, with the file's fixed levers and ``[baseline]``."""
    fixed = {name: levels_of(value)[0] for name, value in experiment.levers.items() if len(levels_of(value)) == 1}
    return policy.checked({**fixed, **experiment.baseline})


def moves_in_words(chosen: dict) -> str:
    """In which levers a policy differs from today's, in words; empty if in none."""
    moved = {name: chosen[name] for name, lever in policy.LEVERS.items() if chosen[name] != lever.today}
    return ", ".join(f"{name} {'on a schedule' if isinstance(x, dict) else f'{x:g}'}" for name, x in moved.items())


@dataclass(frozen=True)
class Points:
    """The policies of an experiment, each once, numbered by their place.

    Attributes
    ----------
    policies, labels : what each sets, and its name if it has one
    families : the smallest family each plays a part in (baseline, package, one_at_a_time, sample, grid), within which
        its difference is tested
    on_grid : whether each lies on the grid, whose map is a family of its own
    cells : of each that lies on the grid, ``{column: level}`` for the factors; empty for the others
    base : the number of the baseline
    grid : the grid's dimensions
    """

    policies: list[dict]
    labels: list[str]
    families: list[str]
    on_grid: list[bool]
    cells: list[dict]
    base: int
    grid: list[Dimension]

    def table(self) -> pd.DataFrame:
        """A row a point: point, label, family, on_grid, a column a lever (nan where scheduled), schedules as JSON.

        Each factor has a column too, empty off the grid.
        """
        rows = []
        for number, (chosen, *said) in enumerate(
            zip(self.policies, self.labels, self.families, self.on_grid, strict=True)
        ):
            dated = {name: value for name, value in chosen.items() if isinstance(value, dict)}
            constant = {name: np.nan if name in dated else chosen[name] for name in policy.LEVERS}
            told = dict(zip(("label", "family", "on_grid"), said, strict=True))
            rows.append({"point": number, **told, **constant, "schedules": json.dumps(dated) if dated else ""})
        table = pd.DataFrame(rows)
        for dimension in self.grid:
            if not dimension.is_lever:
                number = not isinstance(dimension.levels[0], str)
                column = [cell.get(dimension.name, np.nan if number else None) for cell in self.cells]
                table[dimension.name] = pd.Series(column, dtype=float if number else object)
        return table


def points(experiment: Experiment) -> Points:
    """Every policy once: the grid in file order (last dimension fastest), one at a time, packages, baseline, sample.

    The sample stands last, so that a longer one renumbers nothing.

    Raises
    ------
    InputError
        If the design cannot be taken: see :func:`dimensions.dimensions` and :func:`sample.draw`.
    """
    base, grid = baseline(experiment), dimensions(experiment)
    held: dict[str, dict] = {}

    def add(chosen, family, label=""):
        key = json.dumps(chosen, sort_keys=True)
        point = held.setdefault(key, {"policy": chosen, "label": "", "on_grid": False, "cell": None})
        if family != "sample" or "family" not in point:
            point["family"], point["label"] = family, label or point["label"]
        point["on_grid"] |= family == "grid"
        return key

    for places in itertools.product(*(range(len(dimension)) for dimension in grid)) if grid else ():
        at = list(zip(grid, places, strict=True))
        key = add({**base, **moves(experiment, at, base)}, "grid")
        cell = {d.name: d.levels[place] for d, place in at if not d.is_lever}
        if held[key]["cell"] not in (None, cell):
            one, other = (", ".join(f"{k} {v}" for k, v in said.items()) for said in (held[key]["cell"], cell))
            raise InputError(f"two cells of the grid are the same policy: {one}; and {other}; leave one of them out")
        held[key]["cell"] = cell
    if experiment.one_at_a_time:
        plan = experiment.one_at_a_time
        for name in policy.LEVERS if plan.levers == "all" else plan.levers:
            for level in np.round(np.linspace(0.0, 1.0, plan.points), 12):
                add({**base, name: float(level)}, "one_at_a_time")
    for label, chosen in experiment.packages.items():
        add(policy.checked({**base, **chosen}), "package", label)
    key = add(base, "baseline", "baseline")
    for chosen in sample.draw(experiment.sample) if experiment.sample else ():
        add({**base, **chosen}, "sample")
    columns = ([point[name] for point in held.values()] for name in ("policy", "label", "family", "on_grid"))
    cells = [point["cell"] or {} for point in held.values()]
    return Points(*columns, cells, list(held).index(key), grid)
