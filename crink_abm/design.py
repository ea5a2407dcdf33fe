"""Experiment files: which policies are run, in which worlds, how often."""

import hashlib
import itertools
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

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


def _kind(value) -> str | None:
    """Which of the four ways of giving a lever this is; none of them for a flag."""
    if isinstance(value, bool):
        return None
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
    detail_runs: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1, le=1200)] = policy.MONTHS
    start: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = policy.START
    interval: Literal["best", "jeffreys", "clopper-pearson"] = "best"


class OneAtATime(_Strict):
    """Each lever moved alone over [0, 1], the others at the baseline."""

    levers: Literal["all"] | list[str] = "all"
    points: Annotated[int, Field(ge=2, le=1001)] = 11


class WorldsTable(_Strict):
    """Which worlds the runs are spread over."""

    ensemble: Literal["calibrated", "defaults", "prior"] = "calibrated"
    draws: Annotated[int, Field(ge=1)] = 9720
    structures: Literal["all", "default"] | dict = "all"
    screen: Literal["none", "elicited"] = "elicited"
    screen_runs: Annotated[int, Field(ge=16)] = 2048
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
            allowed = _allowed(kind, first["loc"][:-1])
            hint = nearest(str(first["loc"][-1]), allowed)
            if place in ("audit", "rare"):
                hint = f"; an experiment with [{place}] is run by `crink-abm {place}`"
            raise InputError(f"{where}: [{place}] is not known here{hint}; known are {', '.join(allowed)}") from None
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
        inner = kind.model_fields[part].annotation if part in kind.model_fields else Span
        kind = next(c for c in (inner, *get_args(inner)) if isinstance(c, type) and issubclass(c, BaseModel))
    return [field.alias or name for name, field in kind.model_fields.items()]


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


@dataclass(frozen=True)
class Points:
    """The policies of an experiment, each once, numbered by their place.

    ``families`` names the smallest family a policy plays a part in (baseline, package, one_at_a_time, grid), within
    which its difference is tested; ``on_grid`` says whether it lies on the grid, whose map is a family of its own.
    """

    policies: list[dict]
    labels: list[str]
    families: list[str]
    on_grid: list[bool]
    base: int

    def table(self) -> pd.DataFrame:
        """A row a point: point, label, family, on_grid, a column a lever (nan where scheduled), schedules as JSON."""
        rows = []
        for number, (chosen, *said) in enumerate(
            zip(self.policies, self.labels, self.families, self.on_grid, strict=True)
        ):
            dated = {name: value for name, value in chosen.items() if isinstance(value, dict)}
            constant = {name: np.nan if name in dated else chosen[name] for name in policy.LEVERS}
            told = dict(zip(("label", "family", "on_grid"), said, strict=True))
            rows.append({"point": number, **told, **constant, "schedules": json.dumps(dated) if dated else ""})
        return pd.DataFrame(rows)


def points(experiment: Experiment) -> Points:
    """Every policy once: the grid in file order (last lever fastest), one-at-a-time points, packages, the baseline."""
    base = baseline(experiment)
    held: dict[str, dict] = {}

    def add(chosen, family, label=""):
        key = json.dumps(chosen, sort_keys=True)
        point = held.setdefault(key, {"policy": chosen, "label": "", "on_grid": False})
        point["family"], point["label"] = family, label or point["label"]
        point["on_grid"] |= family == "grid"
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
    columns = ([point[name] for point in held.values()] for name in ("policy", "label", "family", "on_grid"))
    return Points(*columns, list(held).index(key))
