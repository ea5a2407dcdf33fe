"""Experiment files, read and checked."""

import tomllib
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError

from . import crossing, scenarios
from . import levers as policy
from . import parameters as coefficients
from .dimensions import levels_of
from .errors import InputError, nearest
from .experiment import TAGS, Experiment, OneAtATime, Ramp, Span, Strict, WorldsTable
from .points import Points, baseline, moves_in_words, points, swept

__all__ = [
    "Experiment",
    "OneAtATime",
    "Points",
    "Span",
    "Strict",
    "WorldsTable",
    "baseline",
    "checked",
    "levels_of",
    "moves_in_words",
    "points",
    "read",
    "swept",
]  # fmt: skip


def read(path: str | Path, kind: type[Experiment] = Experiment) -> Experiment:
    """An experiment file, checked; ``kind`` is the model of a file with more tables.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, or says something that cannot be taken; the message names
        the entry and what is allowed.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"there is no experiment file {str(path)!r}; examples are in experiments/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the experiment file {str(path)!r} cannot be read: {error}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}") from None
    experiment = checked(data, str(path), kind)
    experiment.worlds._folder = path.parent
    return experiment


def checked(data: dict, where: str = "the experiment", kind: type[Experiment] = Experiment) -> Experiment:
    """An experiment from a dict of the same shape as the file, checked like :func:`read`."""
    try:
        if "packages" in data:
            data = {**data, "packages": _with_scenarios(data["packages"])}
        experiment = kind.model_validate(data)
    except InputError as error:
        raise InputError(f"{where}: [packages] {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in TAGS)
        if first["type"] == "extra_forbidden":
            allowed = _allowed(kind, first["loc"][:-1])
            hint = nearest(str(first["loc"][-1]), allowed)
            if place in ("audit", "rare"):
                hint = f"; an experiment with [{place}] is run by `crink-abm {place}`"
            raise InputError(f"{where}: [{place}] is not known here{hint}; known are {', '.join(allowed)}") from None
        if first["type"] == "missing":
            raise InputError(f"{where}: [{place}] is required and missing") from None
        said = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: [{place}] {said}; {first['input']!r} was given") from None
    head, table = experiment.experiment, experiment.worlds
    if head.runs is None and table.runs_per_world is None and head.precision is None:
        raise InputError(
            f"{where}: [experiment.runs] is required and missing (or give [experiment.precision], half the width of every "
            "interval, or [worlds.runs_per_world], the runs of each world)"
        )
    try:
        policy.checked(dict.fromkeys(experiment.levers, 0.0))
        for name, value in experiment.levers.items():
            for level in levels_of(value):
                policy.checked({name: level})
        policy.checked(experiment.baseline)
        for chosen in experiment.packages.values():
            policy.checked(chosen)
        if experiment.one_at_a_time and experiment.one_at_a_time.levers != "all":
            policy.checked(dict.fromkeys(experiment.one_at_a_time.levers, 0.0))
        coefficients.checked(experiment.parameters)
        crossing.checked(experiment.worlds, experiment.parameters)
        policy.calendar(None, experiment.experiment.months, experiment.experiment.start, experiment.drivers)
        for chosen in points(experiment).policies:
            for name, value in chosen.items():
                if isinstance(value, dict):
                    policy.calendar({name: value}, experiment.experiment.months, experiment.experiment.start)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return experiment


def _allowed(kind: type[BaseModel], place: tuple) -> list[str]:
    """The entries that a table of an experiment file may have."""
    for part in place:
        if part in kind.model_fields:
            found = list(_tables(kind.model_fields[part].annotation))
            kind = found[0] if found else kind
        kind = {"span": Span, "ramp": Ramp}.get(part, kind)
    return [field.alias or name for name, field in kind.model_fields.items()]


def _tables(annotation):
    """The tables that a type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)


def _with_scenarios(packages):
    """``[packages]`` with the levers of a scenario in place of its name: the results say what was run."""
    if not isinstance(packages, dict):
        return packages
    return {label: scenarios.policy(said) if isinstance(said, str) else said for label, said in packages.items()}
