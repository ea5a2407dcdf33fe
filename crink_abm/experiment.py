"""The tables of an experiment file: what each entry may be. What they ask for is worked out elsewhere."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, Tag, field_validator

from . import levers as policy
from .errors import nearest

#: A month, ``YYYY-MM``.
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
#: A level of a lever.
Share = Annotated[float, Field(ge=0, le=1)]
#: The ensembles that have a name.
ENSEMBLES = ("calibrated", "defaults", "prior")


class Strict(BaseModel):
    """A table that knows its entries, and no others."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Span(Strict):
    """Evenly spaced levels of a lever."""

    from_: Annotated[float, Field(alias="from", ge=0, le=1)]
    to: Share
    points: Annotated[int, Field(ge=2, le=1001)]


def _kind(value) -> str | None:
    """Which of the four ways of giving a lever this is; none of them for a flag."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Span) or (isinstance(value, dict) and {"from", "to", "points"} & set(value)):
        return "span"
    return {dict: "schedule", list: "levels"}.get(type(value), "number")


#: A level, or a dated schedule of levels.
Setting = Annotated[
    Annotated[float, Tag("number")] | Annotated[dict[str, float], Tag("schedule")], Discriminator(_kind)
]

LeverValue = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Annotated[list[Setting], Field(min_length=1)], Tag("levels")]
    | Annotated[Span, Tag("span")]
    | Annotated[dict[str, float], Tag("schedule")],
    Discriminator(_kind),
]


class Ramp(Strict):
    """A factor by template: one lever goes from where it is to another level; every list is a dimension."""

    lever: str
    begins: Month | Annotated[list[Month], Field(min_length=1)]
    over_months: Annotated[int, Field(ge=1)] | Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    to: Share | Annotated[list[Share], Field(min_length=1)]
    from_: Annotated[float | None, Field(alias="from", ge=0, le=1)] = None


def _factor_kind(value) -> str:
    """A factor is a ramp if it says something of one; named levels are tables."""
    if isinstance(value, Ramp):
        return "ramp"
    names = {"lever", "begins", "over_months", "to", "from"}
    ramp = isinstance(value, dict) and any(k in names and not isinstance(v, dict) for k, v in value.items())
    return "ramp" if ramp else "named"


Factor = Annotated[
    Annotated[Ramp, Tag("ramp")] | Annotated[dict[str, dict[str, Setting]], Tag("named")], Discriminator(_factor_kind)
]

#: Words in the place of an error that are no entries of the file but the ways of giving one.
TAGS = ("number", "levels", "span", "schedule", "ramp", "named")


class Header(Strict):
    """What the experiment is, its luck and its size."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+$")]
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    runs: Annotated[int, Field(ge=1)] | None = None
    detail_runs: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1, le=1200)] = policy.MONTHS
    start: Month = policy.START
    precision: Annotated[float, Field(ge=1e-5, lt=0.5)] | None = None
    interval: Literal["best", "jeffreys", "clopper-pearson"] = "best"


class OneAtATime(Strict):
    """Each lever moved alone over [0, 1], the others at the baseline."""

    levers: Literal["all"] | list[str] = "all"
    points: Annotated[int, Field(ge=2, le=1001)] = 11


class Sample(Strict):
    """Policies that move many levers at once, spread evenly over their ranges."""

    method: Literal["latin-hypercube", "sobol"]
    points: Annotated[int, Field(ge=2, le=2**16)]
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    levers: Literal["all"] | Annotated[list[str], Field(min_length=1)] = "all"
    ranges: dict[str, Annotated[list[Share], Field(min_length=2, max_length=2)]] = {}


class WorldsTable(Strict):
    """Which worlds the runs are spread over."""

    ensemble: str = "calibrated"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    draws: Annotated[int, Field(ge=1)] = 9720
    structures: Literal["all", "default"] | dict = "all"
    crossing: Literal["dealt", "full"] = "dealt"
    screen: Literal["none", "elicited"] = "elicited"
    screen_runs: Annotated[int, Field(ge=16)] = 2048
    keep: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    runs_per_world: Annotated[int, Field(ge=1)] | None = None
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("ensemble")
    @classmethod
    def _named_or_file(cls, value):
        if value not in ENSEMBLES and Path(value).suffix not in (".parquet", ".csv"):
            raise ValueError(
                f"is {', '.join(ENSEMBLES)}, or a file of worlds, .parquet or .csv{nearest(value, ENSEMBLES)}"
            )
        return value

    @property
    def file(self) -> Path | None:
        """The file of worlds, beside the experiment file unless its path says otherwise; None for a named ensemble."""
        return None if self.ensemble in ENSEMBLES else self._folder / self.ensemble


class Experiment(Strict):
    """A whole experiment file; see ``experiments/`` for examples."""

    experiment: Header
    levers: dict[str, LeverValue] = {}
    factors: dict[str, Factor] = {}
    baseline: dict[str, float | dict[str, float]] = {}
    one_at_a_time: OneAtATime | None = None
    sample: Sample | None = None
    packages: dict[str, dict[str, float | dict[str, float]]] = {}
    worlds: WorldsTable = WorldsTable()
    parameters: dict[str, float | str] = {}
    drivers: dict[str, float | dict[str, float]] = {}

    def key(self) -> str:
        """A hash of everything the file says."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
