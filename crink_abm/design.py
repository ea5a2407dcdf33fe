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
from .errors import InputError


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

    ensemble: Literal["defaults", "prior"] = "prior"
    draws: Annotated[int, Field(ge=1)] = 3240
    structures: Literal["all", "default"] | dict = "all"
    screen: Literal["none", "elicited"] = "elicited"
    screen_runs: Annotated[int, Field(ge=16)] = 128
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
        raise InputError(f"{where}: [{place}] {first['msg']}; {first['input']!r} was given") from None
    try:
        policy.checked({name: 0.0 for name in experiment.levers})
        for name, value in experiment.levers.items():
            for level in _levels(value):
                policy.checked({name: level})
        policy.checked(experiment.baseline)
        for chosen in experiment.packages.values():
            policy.checked(chosen)
        if experiment.one_at_a_time and experiment.one_at_a_time.levers != "all":
            policy.checked({name: 0.0 for name in experiment.one_at_a_time.levers})
        coefficients.checked(experiment.parameters)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return experiment


def _levels(value):
    if isinstance(value, Span):
        return [float(x) for x in np.round(np.linspace(value.from_, value.to, value.points), 12)]
    return list(value) if isinstance(value, list) else [value]


def swept(experiment: Experiment) -> list[str]:
    """The levers that vary over the grid, in file order."""
    return [name for name, value in experiment.levers.items() if len(_levels(value)) > 1]


def baseline(experiment: Experiment) -> dict:
    """The policy that all others are compared with: today's, with the file's fixed levers and ``[baseline]``."""
    fixed = {name: _levels(value)[0] for name, value in experiment.levers.items() if len(_levels(value)) == 1}
    return policy.checked({**fixed, **experiment.baseline})


def points(experiment: Experiment) -> tuple[list[dict], list[str], int]:
    """Every policy once: (policies, labels, number of the baseline).

    The grid in file order (last lever fastest), then one-at-a-time points, packages, and the baseline,
    each only if not there already.
    """
    base = baseline(experiment)
    policies: dict[str, dict] = {}
    labels: dict[str, str] = {}

    def add(chosen, label=""):
        key = json.dumps(chosen, sort_keys=True)
        policies.setdefault(key, chosen)
        if label or key not in labels:
            labels[key] = label
        return list(policies).index(key) if label == "baseline" else None

    grid = swept(experiment)
    if grid:
        for combination in itertools.product(*(_levels(experiment.levers[name]) for name in grid)):
            add({**base, **dict(zip(grid, combination, strict=True))})
    if experiment.one_at_a_time:
        plan = experiment.one_at_a_time
        for name in policy.LEVERS if plan.levers == "all" else plan.levers:
            for level in np.round(np.linspace(0.0, 1.0, plan.points), 12):
                add({**base, name: float(level)})
    for label, chosen in experiment.packages.items():
        add(policy.checked({**base, **chosen}), label)
    number = add(base, "baseline")
    return list(policies.values()), list(labels.values()), number


def points_table(policies: list[dict], labels: list[str]) -> pd.DataFrame:
    """The policies as a table: point, label, a column a lever (nan where scheduled), the schedules as JSON."""
    rows = []
    for number, (chosen, label) in enumerate(zip(policies, labels, strict=True)):
        dated = {name: value for name, value in chosen.items() if isinstance(value, dict)}
        constant = {name: np.nan if name in dated else chosen[name] for name in policy.LEVERS}
        rows.append({"point": number, "label": label, **constant, "schedules": json.dumps(dated) if dated else ""})
    return pd.DataFrame(rows)
