"""The tables of an experiment file: what each entry may be. What they ask for is worked out elsewhere."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag

from ..ensemble.spec import MOST_A_WORLD, MOST_SCREENED, WorldsTable
from ..model import levers as policy
from ..util.schema import LIST, MOST_LEVELS, Strict, Whole

#: The most runs of a policy, and of each world in an audit.
MOST_RUNS, MOST_AUDITED = 10**12, 10**6
#: The most packages, factors, and dates of a schedule.
MOST_PACKAGES, MOST_FACTORS, MOST_DATES = 10_000, 100, policy.MOST_MONTHS

#: A month, ``YYYY-MM``.
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
#: A level of a lever.
Share = Annotated[float, Field(ge=0, le=1)]


class Span(Strict):
    """Evenly spaced levels of a lever."""

    from_: Annotated[float, Field(alias="from", ge=0, le=1)]
    to: Share
    points: Annotated[Whole, Field(ge=2, le=MOST_LEVELS)]


def _kind(value: object) -> str | None:
    """Which of the four ways of giving a lever this is; none of them for a flag."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Span) or (isinstance(value, dict) and {"from", "to", "points"} & set(value)):
        return "span"
    return "schedule" if type(value) is dict else "levels" if type(value) is list else "number"


#: Levels, or values of a driver, by month.
Schedule = Annotated[dict[str, float], Field(max_length=MOST_DATES)]
#: A level, or a dated schedule of levels.
Setting = Annotated[Annotated[float, Tag("number")] | Annotated[Schedule, Tag("schedule")], Discriminator(_kind)]

LeverValue = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Annotated[list[Setting], Field(min_length=1, max_length=MOST_LEVELS)], Tag("levels")]
    | Annotated[Span, Tag("span")]
    | Annotated[Schedule, Tag("schedule")],
    Discriminator(_kind),
]


#: Months that a ramp takes.
Lasts = Annotated[Whole, Field(ge=1, le=policy.MOST_MONTHS)]


class Ramp(Strict):
    """A factor by template: one lever goes from where it is to another level; every list is a dimension."""

    lever: str
    begins: Month | Annotated[list[Month], LIST]
    over_months: Lasts | Annotated[list[Lasts], LIST]
    to: Share | Annotated[list[Share], LIST]
    from_: Annotated[float | None, Field(alias="from", ge=0, le=1)] = None


def _factor_kind(value: object) -> str:
    """A factor is a ramp if it says something of one; named levels are tables."""
    if isinstance(value, Ramp):
        return "ramp"
    names = {"lever", "begins", "over_months", "to", "from"}
    ramp = isinstance(value, dict) and any(k in names and not isinstance(v, dict) for k, v in value.items())
    return "ramp" if ramp else "named"


Factor = Annotated[
    Annotated[Ramp, Tag("ramp")]
    | Annotated[Annotated[dict[str, dict[str, Setting]], Field(max_length=MOST_LEVELS)], Tag("named")],
    Discriminator(_factor_kind),
]


class Header(Strict):
    """What the experiment is, its seed and its size."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+$", max_length=100)]
    description: str = ""
    seed: Annotated[Whole, Field(ge=0, lt=2**64)]
    runs: Annotated[Whole, Field(ge=1, le=MOST_RUNS)] | None = None
    detail_runs: Annotated[Whole, Field(ge=1, le=MOST_RUNS)] | None = None
    months: Annotated[Whole, Field(ge=1, le=policy.MOST_MONTHS)] = policy.MONTHS
    start: Month = policy.START
    precision: Annotated[float, Field(ge=1e-5, lt=0.5)] | None = None
    interval: Literal["best", "jeffreys", "clopper-pearson"] = "best"


class OneAtATime(Strict):
    """Each lever moved alone over [0, 1], the others at the baseline."""

    levers: Literal["all"] | list[str] = "all"
    points: Annotated[Whole, Field(ge=2, le=MOST_LEVELS)] = 11


class Sample(Strict):
    """Policies that move many levers at once, spread evenly over their ranges."""

    method: Literal["latin-hypercube", "sobol"]
    points: Annotated[Whole, Field(ge=2, le=2**16)]
    seed: Annotated[Whole, Field(ge=0, lt=2**64)]
    levers: Literal["all"] | Annotated[list[str], Field(min_length=1)] = "all"
    ranges: dict[str, Annotated[list[Share], Field(min_length=2, max_length=2)]] = {}


#: By table: entry as it was once named -> the entry now, and values as they were once named -> the values now.
ALIASES: dict[str, dict[str, tuple[str, dict[str, str]]]] = {
    "worlds": {"keep": ("size", {}), "crossing": ("crossing", {"dealt": "balanced"})},
}


class Experiment(Strict):
    """A whole experiment file; see ``experiments/`` for examples."""

    experiment: Header
    levers: dict[str, LeverValue] = {}
    factors: Annotated[dict[str, Factor], Field(max_length=MOST_FACTORS)] = {}
    baseline: dict[str, Setting] = {}
    one_at_a_time: OneAtATime | None = None
    sample: Sample | None = None
    packages: Annotated[dict[str, dict[str, Setting]], Field(max_length=MOST_PACKAGES)] = {}
    worlds: WorldsTable = WorldsTable()
    parameters: dict[str, float | str] = {}
    drivers: dict[str, Setting] = {}
    _points: tuple[Any, ...] = PrivateAttr(default=())

    def key(self) -> str:
        """A hash of everything the file says."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def design(self) -> str:
        """All that decides which policies there are, as text."""
        said = {"levers", "factors", "baseline", "one_at_a_time", "sample", "packages"}
        return self.model_dump_json(by_alias=True, include=said)


_LEVEL, _COUNT = "a number from 0 to 1", f"a whole number from 1 to {MOST_RUNS:,}"
_SEED = "a whole number from 0 to 18,446,744,073,709,551,615"
_MONTH = 'a month such as "2027-06"'
_DATED = f'a dated schedule such as {{ "2026-01" = 0.5, "2028-01" = 0.0 }} of at most {MOST_DATES:,} dates'
_NAMES = "'all', or a list of levers"
_POINTS = f"a whole number from 2 to {MOST_LEVELS:,}"
_LASTS = f"a whole number of months from 1 to {policy.MOST_MONTHS:,}"

#: Tables of other kinds of files -> the command that runs them.
COMMAND_OF = {
    "ablate": "ablate", "audit": "audit", "causes": "causes", "claim": "claims", "discover": "discover",
    "experts": "elicit", "information": "information", "portfolio": "portfolio", "rare": "rare", "sensitivity": "sensitivity",
    "thresholds": "thresholds",
}  # fmt: skip

#: What each entry may be, by its place: ``*`` is any name, ``#`` any item of a list. A kind of file with tables of its own has
#: words of its own, ``SAID`` of its class.
SAID: dict[tuple[int | str, ...], str] = {
    ("experiment",): "is a table with name, seed and runs",
    ("experiment", "name"): "is letters, digits, _ and -, at most 100 of them",
    ("experiment", "description"): "is text",
    ("experiment", "seed"): f"is {_SEED}",
    ("experiment", "runs"): f"is {_COUNT}",
    ("experiment", "detail_runs"): f"is {_COUNT}",
    ("experiment", "months"): f"is {_LASTS}",
    ("experiment", "start"): f"is {_MONTH}",
    ("experiment", "precision"): "is a number from 0.00001 to less than 0.5",
    ("experiment", "interval"): "is 'best', 'jeffreys' or 'clopper-pearson'",
    ("levers",): "is a table of levers",
    ("levers", "*"): f"is {_LEVEL}, a list of 1 to {MOST_LEVELS:,} of them, {{ from, to, points }}, or {_DATED}",
    ("levers", "*", "#"): f"is {_LEVEL}, or {_DATED}",
    ("levers", "*", "#", "*"): f"is {_LEVEL}",
    ("levers", "*", "*"): f"is {_LEVEL}",
    ("levers", "*", "points"): f"is {_POINTS}",
    ("factors",): f"is a table of at most {MOST_FACTORS} factors",
    (
        "factors",
        "*",
    ): f"is a table of 2 to {MOST_LEVELS:,} named levels, each a table of levers; or lever, begins, over_months "
    "and to of a ramp",
    ("factors", "*", "*"): "is a table of levers such as { usfk_posture = 0.8 }",
    ("factors", "*", "*", "*"): f"is {_LEVEL}, or {_DATED}",
    ("factors", "*", "*", "*", "*"): f"is {_LEVEL}",
    ("factors", "*", "lever"): "is the name of a lever",
    ("factors", "*", "begins"): f"is {_MONTH}, or a list of 1 to {MOST_LEVELS:,} of them",
    ("factors", "*", "begins", "#"): f"is {_MONTH}",
    ("factors", "*", "over_months"): f"is {_LASTS}, or a list of 1 to {MOST_LEVELS:,} of them",
    ("factors", "*", "over_months", "#"): f"is {_LASTS}",
    ("factors", "*", "to"): f"is {_LEVEL}, or a list of 1 to {MOST_LEVELS:,} of them",
    ("factors", "*", "to", "#"): f"is {_LEVEL}",
    ("factors", "*", "from"): f"is {_LEVEL}",
    ("baseline",): "is a table of levers",
    ("baseline", "*"): f"is {_LEVEL}, or {_DATED}",
    ("baseline", "*", "*"): f"is {_LEVEL}",
    ("one_at_a_time",): "is a table with levers and points",
    ("one_at_a_time", "levers"): f"is {_NAMES}",
    ("one_at_a_time", "levers", "#"): "is the name of a lever",
    ("one_at_a_time", "points"): f"is {_POINTS}",
    ("sample",): "is a table with method, points and seed",
    ("sample", "method"): "is 'latin-hypercube' or 'sobol'",
    ("sample", "points"): "is a whole number from 2 to 65,536",
    ("sample", "seed"): f"is {_SEED}",
    ("sample", "levers"): f"is {_NAMES}",
    ("sample", "levers", "#"): "is the name of a lever",
    ("sample", "ranges"): "is a table of levers with a low and a high level each, such as { exposure = [0.3, 0.9] }",
    ("sample", "ranges", "*"): "is a list of a low and a high level, such as [0.3, 0.9]",
    ("sample", "ranges", "*", "#"): f"is {_LEVEL}",
    ("packages",): f"is a table of at most {MOST_PACKAGES:,} named policies",
    ("packages", "*"): "is a table of levers such as { usfk_posture = 0.8 }, or the name of a scenario",
    ("packages", "*", "*"): f"is {_LEVEL}, or {_DATED}",
    ("packages", "*", "*", "*"): f"is {_LEVEL}",
    ("worlds",): "is a table; [worlds] may be left out",
    ("worlds", "ensemble"): "is 'calibrated', 'defaults', 'prior', or the path of a file of worlds, .parquet or .csv",
    ("worlds", "sha256"): "is 64 of the digits 0-9 and a-f",
    ("worlds", "draws"): "is a whole number of at least 1",
    ("worlds", "structures"): "is 'all', 'default', or a table of switches such as { xi_theory = [0, \"prospect\"] }",
    ("worlds", "structures", "*"): "is a level of the switch by name or number, or a list of at least one",
    ("worlds", "structures", "*", "#"): "is a level of the switch by name or number",
    ("worlds", "crossing"): "is 'balanced' or 'full'",
    ("worlds", "screen"): "is 'none' or 'elicited'",
    ("worlds", "screen_runs"): f"is a whole number from 16 to {MOST_SCREENED:,}",
    ("worlds", "size"): "is a whole number of at least 1",
    ("worlds", "seed"): f"is {_SEED}",
    ("worlds", "runs_per_world"): f"is a whole number from 1 to {MOST_A_WORLD:,}",
    ("parameters",): "is a table of parameters",
    ("parameters", "*"): "is a number, or the name of a switch's level",
    ("drivers",): "is a table of drivers",
    (
        "drivers",
        "*",
    ): 'is a number from -1 to 1 (imposed states up to 3), or dated steps such as { "2012-01" = 0.0, "2024-03" = 1.0 }',
    ("drivers", "*", "*"): "is a number from -1 to 1 (imposed states up to 3)",
}
