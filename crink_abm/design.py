"""Experiment files: which policies are run, in which worlds, how often."""

import hashlib
import itertools
import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from . import levers as policy
from . import parameters as coefficients
from .errors import InputError, nearest


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Span(_Strict):
    """Evenly spaced levels of a lever."""

    from_: Annotated[float, Field(alias="from", ge=0, le=1)]
    to: Annotated[float, Field(ge=0, le=1)]
    points: Annotated[int, Field(ge=2, le=1001)]


def _kind(value) -> str:
    """Which of the four ways of giving a lever this is."""
    if isinstance(value, Span) or (isinstance(value, dict) and {"from", "to", "points"} & set(value)):
        return "span"
    return {dict: "schedule", list: "levels"}.get(type(value), "number")


LeverValue = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Annotated[list[float], Field(min_length=1)], Tag("levels")]
    | Annotated[Span, Tag("span")]
    | Annotated[dict[str, float], Tag("schedule")],
    Discriminator(_kind),
]


class Header(_Strict):
    """What the experiment is, its luck and its size."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+$")]
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    runs: Annotated[int, Field(ge=1)]
    months: Annotated[int, Field(ge=1, le=1200)] = policy.MONTHS
    start: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = policy.START


class OneAtATime(_Strict):
    """Each lever moved alone over [0, 1], the others at the baseline."""

    levers: Literal["all"] | list[str] = "all"
    points: Annotated[int, Field(ge=2, le=1001)] = 11


class WorldsTable(_Strict):
    """Which worlds the runs are spread over."""

    ensemble: Literal["calibrated", "defaults", "prior"] = "prior"
    draws: Annotated[int, Field(ge=1)] = 3240
    structures: Literal["all", "default"] | dict = "all"
    screen: Literal["none", "elicited"] = "elicited"
    screen_runs: Annotated[int, Field(ge=16)] = 128
    keep: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1


class Experiment(_Strict):
    """A whole experiment file; see ``experiments/`` for examples."""

    experiment: Header
    levers: dict[str, LeverValue] = {}
    baseline: dict[str, float | dict[str, float]] = {}
    one_at_a_time: OneAtATime | None = None
    packages: dict[str, dict[str, float | dict[str, float]]] = {}
    worlds: WorldsTable = WorldsTable()
    parameters: dict[str, float | str] = {}
    drivers: dict[str, float | dict[str, float]] = {}

    def key(self) -> str:
        """A hash of everything the file says."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


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
    return checked(data, str(path), kind)


def checked(data: dict, where: str = "the experiment", kind: type[Experiment] = Experiment) -> Experiment:
    """An experiment from a dict of the same shape as the file, checked like :func:`read`."""
    try:
        experiment = kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("number", "levels", "span", "schedule"))
        if first["type"] == "extra_forbidden":
            allowed = list(kind.model_fields) if len(first["loc"]) == 1 else []
            hint = (
                "; an experiment with [audit] is run by `crink-abm audit`"
                if place == "audit"
                else nearest(place, allowed)
            )
            tables = f"; the tables are {', '.join(allowed)}" if allowed else ""
            raise InputError(f"{where}: [{place}] is not known here{hint}{tables}") from None
        if first["type"] == "missing":
            raise InputError(f"{where}: [{place}] is required and missing") from None
        raise InputError(f"{where}: [{place}] {first['msg']}; {first['input']!r} was given") from None
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
        policy.calendar(None, experiment.experiment.months, experiment.experiment.start, experiment.drivers)
        for chosen in points(experiment)[0]:
            for name, value in chosen.items():
                if isinstance(value, dict):
                    policy.calendar({name: value}, experiment.experiment.months, experiment.experiment.start)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return experiment


def levels_of(value) -> list:
    """The levels that one entry of ``[levers]`` asks for."""
    if isinstance(value, Span):
        return [float(x) for x in np.round(np.linspace(value.from_, value.to, value.points), 12)]
    return list(value) if isinstance(value, list) else [value]


def swept(experiment: Experiment) -> list[str]:
    """The levers that vary over the grid, in file order."""
    return [name for name, value in experiment.levers.items() if len(levels_of(value)) > 1]


def baseline(experiment: Experiment) -> dict:
    """The policy that all others are compared with: today's, with the file's fixed levers and ``[baseline]``."""
    fixed = {name: levels_of(value)[0] for name, value in experiment.levers.items() if len(levels_of(value)) == 1}
    return policy.checked({**fixed, **experiment.baseline})


def moves(chosen: dict) -> str:
    """In which levers a policy differs from today's, in words; empty if in none."""
    moved = {name: chosen[name] for name, lever in policy.LEVERS.items() if chosen[name] != lever.today}
    return ", ".join(f"{name} {'on a schedule' if isinstance(x, dict) else f'{x:g}'}" for name, x in moved.items())


def points(experiment: Experiment) -> tuple[list[dict], list[str], list[str], int]:
    """Every policy once: (policies, labels, families, number of the baseline).

    The grid in file order (last lever fastest), then one-at-a-time points, packages, and the baseline. A policy
    that plays two parts appears once, in the smaller family: package, one_at_a_time, grid.
    """
    base = baseline(experiment)
    policies: dict[str, dict] = {}
    labels: dict[str, str] = {}
    families: dict[str, str] = {}

    def add(chosen, family, label=""):
        key = json.dumps(chosen, sort_keys=True)
        policies.setdefault(key, chosen)
        families[key] = family
        labels[key] = label or labels.get(key, "")
        return key

    grid = swept(experiment)
    if grid:
        for combination in itertools.product(*(levels_of(experiment.levers[name]) for name in grid)):
            add({**base, **dict(zip(grid, combination, strict=True))}, "grid")
    if experiment.one_at_a_time:
        plan = experiment.one_at_a_time
        for name in policy.LEVERS if plan.levers == "all" else plan.levers:
            for level in np.round(np.linspace(0.0, 1.0, plan.points), 12):
                add({**base, name: float(level)}, "one_at_a_time")
    for label, chosen in experiment.packages.items():
        add(policy.checked({**base, **chosen}), "package", label)
    key = add(base, "baseline", "baseline")
    number = list(policies).index(key)
    return list(policies.values()), list(labels.values()), list(families.values()), number


def points_table(policies: list[dict], labels: list[str], families: list[str]) -> pd.DataFrame:
    """The policies as a table: point, label, family, a column a lever (nan where scheduled), schedules as JSON."""
    rows = []
    for number, (chosen, label, family) in enumerate(zip(policies, labels, families, strict=True)):
        dated = {name: value for name, value in chosen.items() if isinstance(value, dict)}
        constant = {name: np.nan if name in dated else chosen[name] for name in policy.LEVERS}
        schedules = json.dumps(dated) if dated else ""
        rows.append({"point": number, "label": label, "family": family, **constant, "schedules": schedules})
    return pd.DataFrame(rows)
