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

#: What each entry may be, by its place: ``*`` is any name, ``#`` any item of a list.
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
    ("audit",): "is a table with levers, step and runs_per_world",
    ("audit", "levers"): f"is {_NAMES}",
    ("audit", "levers", "#"): "is the name of a lever",
    ("audit", "step"): "is a number above 0, at most 1",
    ("audit", "runs_per_world"): f"is a whole number from 50 to {MOST_AUDITED:,}",
    ("ask",): "is a table with outcomes, runs_per_world and margin",
    ("ask", "outcomes"): "is a list of 1 to 100 measures: outcomes, conditionals, counts, 'mean FIELD' or 'last FIELD'",
    ("ask", "outcomes", "#"): "is the name of a measure; `crink-abm info` lists the outcomes",
    ("ask", "runs_per_world"): f"is an even number from 2 to {MOST_AUDITED:,}",
    ("ask", "margin"): "is a number between 0 and 1",
    (
        "thresholds",
    ): "is a table with questions, candidates, named, levels, beyond, grid, runs_per_level, prior_worlds, "
    "prior_runs, few and within",
    (
        "thresholds",
        "questions",
    ): 'is a table of packages, each with a list of measures, such as { sanctions = ["taiwan_failure"] }',
    ("thresholds", "questions", "*"): "is a list of 1 to 100 measures",
    ("thresholds", "questions", "*", "#"): "is the name of a measure; `crink-abm info` lists the outcomes",
    ("thresholds", "candidates"): "is a whole number from 1 to 20",
    (
        "thresholds",
        "named",
    ): 'is a table of packages, each with a list of beliefs, such as { sanctions = ["sanctions_cost"] }',
    ("thresholds", "named", "*"): "is a list of at most 20 parameters or switches",
    ("thresholds", "named", "*", "#"): "is the name of a parameter or switch; `crink-abm info` lists them",
    ("thresholds", "levels"): "is a whole number from 3 to 51",
    ("thresholds", "beyond"): "is a number from 0 to 2",
    ("thresholds", "grid"): "is a whole number from 0 to 21",
    ("thresholds", "runs_per_level"): f"is an even number from 2 to {MOST_AUDITED:,}",
    ("thresholds", "prior_worlds"): "is a whole number from 20 to 20,000",
    ("thresholds", "prior_runs"): f"is an even number from 2 to {MOST_AUDITED:,}",
    ("thresholds", "few"): "is a whole number from 1 to 6",
    ("thresholds", "within"): "is a number above 0, at most 5",
    ("elicit",): "is a table with pool, method, replaces, size, least_effective, runs_per_world and outcomes",
    ("elicit", "pool"): "is 'linear' or 'logarithmic'",
    ("elicit", "method"): "is 'reweigh' or 'draw'",
    ("elicit", "replaces"): "is 'prior' or 'ensemble'",
    ("elicit", "size"): "is a whole number from 20 to 100,000",
    ("elicit", "least_effective"): "is a number of at least 10",
    ("elicit", "runs_per_world"): f"is an even number from 2 to {MOST_AUDITED:,}",
    ("elicit", "outcomes"): "is a list of 1 to 100 measures",
    ("elicit", "outcomes", "#"): "is the name of a measure; `crink-abm info` lists the outcomes",
    ("experts",): "is a table of 1 to 100 named experts",
    ("experts", "*"): "is a table with weight, constants, switches, bands and correlations",
    ("experts", "*", "weight"): "is a number above 0",
    ("experts", "*", "constants"): "is a table of parameters, each with its quantiles",
    (
        "experts",
        "*",
        "constants",
        "*",
    ): "is a table of 2 to 20 quantiles by per cent, such as { 5 = 0.1, 50 = 0.4, 95 = 0.9 }",
    ("experts", "*", "constants", "*", "*"): "is a number",
    ("experts", "*", "switches"): "is a table of structural switches, each with the probabilities of its levels",
    ("experts", "*", "switches", "*"): "is a table of at least two levels, each with its probability",
    ("experts", "*", "switches", "*", "*"): "is a number from 0 to 1",
    ("experts", "*", "bands"): "is a table of at most 20 outcomes, each with a band",
    ("experts", "*", "bands", "*"): "is a band such as { low = 0.05, high = 0.25, inside = 0.9 }",
    ("experts", "*", "bands", "*", "low"): "is a number from 0 to 1",
    ("experts", "*", "bands", "*", "high"): "is a number from 0 to 1",
    ("experts", "*", "bands", "*", "inside"): "is a number between 0 and 1",
    (
        "experts",
        "*",
        "correlations",
    ): 'is a table of at most 200 pairs, such as { "sanctions_cost, coordination_cost" = 0.5 }',
    ("experts", "*", "correlations", "*"): "is a number between -1 and 1",
    ("discover",): "is a table with fails, beyond, boxes and events",
    ("discover", "fails"): "is 'risk' or 'effect'",
    ("discover", "beyond"): "is a number above -1 and below 1,000: a share of 1 for a probability",
    ("discover", "boxes"): "is a whole number from 1 to 10",
    ("discover", "events"): "is a table of at most 3 events, each with yes and no",
    ("discover", "events", "*"): "is a table of yes and no: the drivers with which the event comes, and does not come",
    ("discover", "events", "*", "*"): "is a table of drivers such as { driver_ukraine = 0.0 }",
    (
        "discover",
        "events",
        "*",
        "*",
        "*",
    ): "is a number from -1 to 1 (imposed states up to 3), or a dated schedule of them",
    ("discover", "events", "*", "*", "*", "*"): "is a number from -1 to 1 (imposed states up to 3)",
    ("causes",): "is a table with outcome, failures, most_runs, stages, replayed, run and package",
    ("causes", "outcome"): "is the name of an outcome; `crink-abm info` lists them",
    ("causes", "failures"): "is a whole number from 1 to 10,000,000",
    ("causes", "most_runs"): "is a whole number from 1 to 100,000,000",
    ("causes", "stages"): "is a list of 2 to 9 names of stages",
    ("causes", "stages", "#"): "is the name of a stage",
    ("causes", "replayed"): "is a whole number from 0 to 100,000",
    ("causes", "run"): "is a whole number of at least 0",
    ("causes", "package"): "is the name of a package, or 'baseline'",
    ("sensitivity",): "is a table with levers, trajectories, screened, base, most_base, runs, least, tie and shapley",
    ("sensitivity", "levers"): "is 'others', 'none', or a list of levers",
    ("sensitivity", "levers", "#"): "is the name of a lever",
    ("sensitivity", "trajectories"): "is a whole number from 2 to 10,000",
    ("sensitivity", "screened"): "is a whole number from 1 to 50",
    ("sensitivity", "base"): "is a power of two from 16 to 65,536",
    ("sensitivity", "most_base"): "is a power of two from 16 to 65,536",
    ("sensitivity", "runs"): "is a multiple of 128, at most 1,000,000",
    ("sensitivity", "least"): "is a number between 0 and 1",
    ("sensitivity", "tie"): "is a number between 0 and 1",
    ("sensitivity", "shapley"): "is a whole number from 1 to 10",
    ("information",): "is a table with loss, money, politics, observables, months and depth",
    ("information", "loss"): "is a table of outcomes with a weight each, such as { taiwan_invasion = 10.0 }",
    ("information", "loss", "*"): "is a number of at least 0",
    ("information", "money"): "is a number of at least 0, the loss of a billion US dollars a year",
    ("information", "politics"): "is a number of at least 0, the loss of one point of political capital",
    ("information", "observables"): "is a list of 'mean FIELD', 'last FIELD' or counts",
    ("information", "observables", "#"): "is 'mean FIELD', 'last FIELD' or a count such as 'n_provocations'",
    ("information", "months"): "is a list of months of the run, such as [12, 24]",
    ("information", "months", "#"): "is a month of the run from 1 to its last but one",
    ("information", "depth"): "is a whole number from 1 to 4",
    ("information", "signpost_runs"): "is an even number of at least 2",
    ("ablate",): "is a table with mechanisms, paths and audit",
    ("ablate", "mechanisms"): "is 'all', or a list of mechanisms",
    ("ablate", "mechanisms", "#"): "is the name of a mechanism; docs/ablation.md lists them",
    ("ablate", "paths"): "is a list of tables [[ablate.paths]], each with name, rule and argument, and a value or none",
    ("ablate", "paths", "#"): "is a table with name, rule and argument, and a value or none",
    ("ablate", "paths", "#", "name"): "is text",
    ("ablate", "paths", "#", "rule"): "is the full name of a rule, such as 'united_states.attention'",
    ("ablate", "paths", "#", "argument"): "is an input of that rule",
    ("ablate", "paths", "#", "value"): "is a number",
    ("ablate", "audit"): "is 'all' or 'none'",
    ("arms",): "is a table of 1 to 20 arms, each with levers, drivers and parameters",
    ("arms", "*"): "is a table with levers, drivers and parameters",
    ("arms", "*", "levers"): "is a table of levers",
    ("arms", "*", "levers", "*"): f"is {_LEVEL}, or {_DATED}",
    ("arms", "*", "drivers"): "is a table of drivers",
    ("arms", "*", "drivers", "*"): "is a number from -1 to 1 (imposed states up to 3), or dated steps",
    ("arms", "*", "parameters"): "is a table of parameters",
    ("arms", "*", "parameters", "*"): "is a number; it may lie beyond the declared range",
    (
        "claim",
    ): "is a table with says, lines, quote, mechanisms, decides, estimand, counter_says, counter_source and counter",
    ("claim", "says"): "is the claim in a sentence",
    ("claim", "lines"): "is a list of lines of the article",
    ("claim", "lines", "#"): "is the number of a line",
    ("claim", "quote"): "is what the article says, at least 10 characters of it",
    ("claim", "mechanisms"): "is a list of at least one mechanism",
    ("claim", "mechanisms", "#"): "is the name of a mechanism; docs/ablation.md lists them",
    ("claim", "decides"): "is the parameter that decides the claim",
    ("claim", "counter_says"): "is the counter-claim in a sentence",
    ("claim", "counter_source"): "is text",
    **{
        ("claim", part, *more): said
        for part in ("estimand", "counter")
        for more, said in {
            (): "is a table with kind, measure, arm, expected, margin and words, and what its kind needs",
            ("kind",): "is 'level', 'difference', 'ratio', 'trend', 'interaction' or 'per_cost'",
            ("measure",): "is the name of a measure",
            ("arm",): "is the name of an arm",
            ("base",): "is the name of an arm",
            ("base_measure",): "is the name of a measure",
            ("parts",): "is a list of arms",
            ("parts", "#"): "is the name of an arm",
            ("cost",): "is 'money' or 'politics'",
            ("against",): "is a number",
            ("expected",): "is 'above', 'below' or 'same'",
            ("margin",): "is a number above 0",
            ("words",): "is the estimand in a sentence",
        }.items()
    },
    (
        "portfolio",
    ): "is a table of policies, the race, the finals, and what is traded; docs/portfolio.md lists its entries",
    ("portfolio", "policies"): "is a whole number from 2 to 100,000",
    ("portfolio", "levers"): f"is {_NAMES}",
    ("portfolio", "levers", "#"): "is the name of a lever",
    ("portfolio", "moves"): "is [least, most], how many levers a drawn policy moves",
    ("portfolio", "most_money"): "is billions of US dollars a year, up to 1,000",
    ("portfolio", "most_politics"): "is political capital above 0, up to 1,000",
    ("portfolio", "losses"): "is a table of losses, each a table of outcomes with their weights",
    ("portfolio", "losses", "*"): "is a table of at least one outcome with its weight, such as { nuclear_use = 5.0 }",
    ("portfolio", "losses", "*", "*"): "is a weight above 0",
    ("portfolio", "fronts"): "is a table of fronts, each a list of measures",
    ("portfolio", "fronts", "*"): "is a list of 1 to 6 measures: outcomes of [ask], or losses",
    ("portfolio", "raced"): "is a list of fronts",
    ("portfolio", "judge"): "is the name of an outcome of [ask] or of a loss",
    ("portfolio", "budget"): "is a whole number of runs, at least 64",
    ("portfolio", "most_runs"): "is a multiple of 64",
    ("portfolio", "alpha"): "is a probability above 0 and below 0.5",
    ("portfolio", "promise"): "is 'any' or 'each'",
    ("portfolio", "finalists"): "is a whole number from 1 to 100,000",
    ("portfolio", "final_rounds"): "is an even number of at least 2",
    ("portfolio", "draws"): "is a whole number from 100 to 100,000",
    ("portfolio", "budgets"): "is a table of budgets, each with money and politics",
    ("portfolio", "budgets", "*"): "is a table with money and politics, the most that is spent of each",
    ("portfolio", "break_even"): "is a list of pairs of levers",
    ("portfolio", "break_even", "#"): "is a pair of levers",
    ("portfolio", "step"): "is a number above 0, at most 1",
    ("portfolio", "pillars"): "is a list of at most 6 packages",
    ("portfolio", "odds"): "is a table of comparisons, each with policies, good and bad",
    ("portfolio", "odds", "*", "policies"): "is a list of two packages, or 'baseline'",
    ("portfolio", "odds", "*", "good"): "is a table of beliefs: a switch's level, or [low, high] of a constant",
    ("portfolio", "odds", "*", "bad"): "is a table of beliefs: a switch's level, or [low, high] of a constant",
    ("rare",): "is a table with outcomes, relative and most_runs",
    ("rare", "outcomes"): "is a list of outcomes, such as those that `crink-abm info` names",
    ("rare", "outcomes", "#"): "is the name of an outcome; `crink-abm info` lists them",
    ("rare", "relative"): "is a number between 0 and 1",
    ("rare", "most_runs"): "is a whole number of at least 131,072",
    ("drivers",): "is a table of drivers",
    (
        "drivers",
        "*",
    ): 'is a number from -1 to 1 (imposed states up to 3), or dated steps such as { "2012-01" = 0.0, "2024-03" = 1.0 }',
    ("drivers", "*", "*"): "is a number from -1 to 1 (imposed states up to 3)",
}
