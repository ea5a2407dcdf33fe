"""The dimensions of a grid: levers with several levels, factors that move levers together, ramps by date and depth."""

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..estimation.tables import ADDED, COLUMNS
from ..model import levers as policy
from ..util.errors import InputError, told
from ..util.plain import check_names
from .schema import Experiment, Ramp, Span

#: Columns of the results, which no factor may be named after.
RESERVED = frozenset(
    (
        "point",
        "label",
        "family",
        "on_grid",
        "schedules",
        "outcome",
        "world",
        "metric",
        "mean",
        "month",
        *COLUMNS,
        *ADDED,
    )
)


@dataclass(frozen=True)
class Dimension:
    """One dimension of a grid.

    Attributes
    ----------
    name : the lever, or the column of the factor
    levels : what stands in that column: numbers or text, each once, in file order
    labels : the levels in words, for charts
    moves : what each level does: ``{lever: level or schedule}``; empty for the parts of a ramp, which act together
    is_lever : whether the column is the lever's own, with a number in it
    """

    name: str
    levels: tuple
    labels: tuple[str, ...]
    moves: tuple[dict, ...]
    is_lever: bool = False

    def __len__(self):
        return len(self.levels)


@dataclass(frozen=True)
class RampPart(Dimension):
    """One of the lists of a ramp (``begins``, ``over_months``, ``to``): its levels act with those of the other lists."""

    ramp: str = ""
    part: str = ""


def levels_of(value) -> list:
    """The levels that one entry of ``[levers]`` asks for."""
    if isinstance(value, Span):
        return [float(x) for x in np.round(np.linspace(value.from_, value.to, value.points), 12)]
    return list(value) if isinstance(value, list) else [value]


def schedule_text(value) -> str:
    """A level or a dated schedule in words: ``0.5``, or ``2026-01: 0.5, 2028-01: 0``."""
    if isinstance(value, dict):
        return ", ".join(f"{date}: {level:g}" for date, level in sorted(value.items()))
    return f"{value:g}"


def _of_lever(name, levels) -> Dimension:
    if any(isinstance(level, dict) for level in levels):
        words = tuple(schedule_text(level) for level in levels)
        return Dimension(f"{name}_schedule", words, words, tuple({name: level} for level in levels))
    levels = tuple(dict.fromkeys(float(level) for level in levels))
    return Dimension(name, levels, tuple(f"{x:g}" for x in levels), tuple({name: x} for x in levels), True)


_PARTS = {"begins": "begins {}", "over_months": "over {} months", "to": "to {:g}"}


def _of_factor(name, factor) -> list[Dimension]:
    if not isinstance(factor, Ramp):
        return [Dimension(name, tuple(factor), tuple(factor), tuple(dict(sets) for sets in factor.values()))]
    made = []
    for part, words in _PARTS.items():
        given = getattr(factor, part)
        if isinstance(given, list):
            levels = tuple(dict.fromkeys(given))
            column = f"{name}_{part}"
            made.append(RampPart(column, levels, tuple(words.format(x) for x in levels), (), ramp=name, part=part))
    return made


def dimensions(experiment: Experiment) -> list[Dimension]:
    """The dimensions of an experiment's grid, levers and then factors, in file order; none if nothing is crossed.

    Raises
    ------
    InputError
        If a factor has a name that cannot be a column, moves no lever, has one level, or moves a lever that another
        dimension moves.
    """
    found = []
    for name, value in experiment.levers.items():
        levels = levels_of(value)
        if len(levels) > 1:
            found.append(_of_lever(name, levels))
            _check_levels(name, value, found[-1])
    moved = {dimension.name: {next(iter(dimension.moves[0]))} for dimension in found}
    check_names("a factor", experiment.factors)
    for name, factor in experiment.factors.items():
        _check(name, factor)
        parts = _of_factor(name, factor)
        if not parts or any(len(part) < 2 for part in parts):
            raise InputError(
                f"[factors.{name}] has one level where two are the least; put a single policy into [packages] or [baseline]"
            )
        found += parts
        moved[name] = {factor.lever} if isinstance(factor, Ramp) else {lever for m in parts[0].moves for lever in m}
    for (one, these), (other, those) in combinations(moved.items(), 2):
        if both := sorted(these & those):
            raise InputError(
                f"{both[0]} is moved by {one} and by {other}, which are crossed; let one dimension of the grid move a lever"
            )
    names = [dimension.name for dimension in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"two dimensions of the grid would have the column {twice[0]}; name the factor otherwise")
    return found


def _check_levels(name: str, value, dimension: Dimension) -> None:
    """Refuse a dimension of one level, and levels that fall together."""
    asked = value.points if isinstance(value, Span) else 2 if dimension.is_lever else len(value)
    there = len(set(dimension.levels))
    if there < asked:
        raise InputError(
            f"[levers.{name}] has {there} different level{'s' * (there > 1)} where {asked} are asked for; a lever that stands "
            f"still is {name} = {dimension.labels[0]}"
        )


def _check(name, factor) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{,59}", name) or name in RESERVED or name in policy.LEVERS:
        raise InputError(
            f"a factor's name becomes a column of the results: letters, digits and _, and not the name of a lever or of a "
            f"column that is there already, at most 60 characters; {told(name)} was given"
        )
    if isinstance(factor, Ramp):
        policy.checked({factor.lever: 0.0})
        begins, lasts = ([x] if not isinstance(x, list) else x for x in (factor.begins, factor.over_months))
        if policy.month_number(max(begins), "9999-12") + max(lasts) > 0:
            raise InputError(
                f"[factors.{name}] ends by 9999-12; a ramp that begins {max(begins)} and takes {max(lasts)} months was given"
            )
        return
    check_names(f"a level of the factor {name}", factor)
    if not any(factor.values()):
        raise InputError(f"[factors.{name}] moves no lever; a level is a table such as {{ usfk_posture = 0.8 }}")
    for chosen in factor.values():
        policy.checked(chosen)


def moves(experiment: Experiment, cell: list[tuple[Dimension, int]], base: dict) -> dict:
    """What a cell of the grid, (dimension, place among its levels) each, sets: ``{lever: level or schedule}``.

    Raises
    ------
    InputError
        If a ramp has to begin from a baseline that is itself on a schedule.
    """
    chosen, parts = {}, {}
    for dimension, place in cell:
        if isinstance(dimension, RampPart):
            parts.setdefault(dimension.ramp, {})[dimension.part] = dimension.levels[place]
        else:
            chosen.update(dimension.moves[place])
    for name, said in parts.items():
        factor = experiment.factors[name]
        said = {part: said.get(part, getattr(factor, part)) for part in _PARTS}
        start = base[factor.lever] if factor.from_ is None else factor.from_
        if isinstance(start, dict):
            raise InputError(
                f"[factors.{name}] begins from the baseline, where {factor.lever} is on a schedule; give from = a number"
            )
        end = policy.month_label(policy.month_number(said["begins"]) + said["over_months"])
        chosen[factor.lever] = {said["begins"]: start, end: said["to"]}
    return chosen
