"""``discover``: under which beliefs and events does a policy fail?

Each package is tried in every world, under every combination of the file's events (imposed, so that what follows is an effect
and no selection), next to the baseline under common random numbers. A world *fails* where the risk, or the package's effect on
it, is beyond a threshold. Boxes of beliefs and events in which failures are dense are found in one part of the worlds and judged
in the other.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ...engine import compiled
from ...experiment.schema import Schedule
from ...model import levers, outcomes
from ...model.outcomes import OUTCOMES
from ...model.parameters import CATALOGUE
from ...typing import FloatArray, IntArray, PathLike
from ...util.errors import InputError
from ...util.schema import Strict, Whole
from ..kept import Kept, keeping
from ..questions import BASELINE, AnswerFile, read, setting_of
from ..questions import judge as judge_questions
from ..responses import Arm, Responses, Setting, respond
from .boxes import Box, Feature, as_dict, belief_features, event_feature
from .crossed import LEAST, Case, Tried, cross, parts_of

#: Events at most: their combinations are run one by one.
MOST_EVENTS = 3


class Event(Strict):
    """``[discover.events.NAME]``: the drivers with which an event comes, and those with which it does not."""

    yes: Annotated[dict[str, float | Schedule], Field(min_length=1)]
    no: Annotated[dict[str, float | Schedule], Field(min_length=1)]


class DiscoverTable(Strict):
    """``[discover]``: what counts as failing, and where to look.

    Attributes
    ----------
    fails : whether the ``risk`` under a package, or its ``effect`` (its change from the baseline), is judged
    beyond : a world fails where that is above; of an effect, half of ``[ask] margin`` below a reader's interest: the margin
        itself, if not said
    boxes : boxes by peeling in each part of the worlds
    events : at most three
    """

    fails: Literal["risk", "effect"] = "effect"
    beyond: Annotated[float, Field(gt=-1, lt=1000)] | None = None
    boxes: Annotated[Whole, Field(ge=1, le=10)] = 2
    events: dict[str, Event] = Field(default_factory=dict, max_length=MOST_EVENTS)


class DiscoverFile(AnswerFile):
    """An experiment file with ``[ask]`` and ``[discover]``."""

    discover: DiscoverTable = DiscoverTable()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("discover",): "is a table with fails, beyond, boxes and events",
        ("discover", "fails"): "is 'risk' or 'effect'",
        ("discover", "beyond"): "is a number above -1 and below 1,000: a share of 1 for a probability",
        ("discover", "boxes"): "is a whole number from 1 to 10",
        ("discover", "events"): "is a table of at most 3 events, each with yes and no",
        (
            "discover",
            "events",
            "*",
        ): "is a table of yes and no: the drivers with which the event comes, and does not come",
        ("discover", "events", "*", "*"): "is a table of drivers such as { driver_ukraine = 0.0 }",
        (
            "discover",
            "events",
            "*",
            "*",
            "*",
        ): "is a number from -1 to 1 (imposed states up to 3), or a dated schedule of them",
        ("discover", "events", "*", "*", "*", "*"): "is a number from -1 to 1 (imposed states up to 3)",
    }


@dataclass(frozen=True)
class Opened:
    """A failing run in a box: ``DeterrenceModel`` makes it again from these."""

    seed: int
    run: int
    world: int
    levers: Mapping[str, Any]
    drivers: Mapping[str, Any]
    parameters: Mapping[str, float]
    months: int
    start: str


@dataclass(frozen=True, eq=False)
class Discovered:
    """What was found.

    Attributes
    ----------
    questions : a row a package and outcome: threshold, base (share of the rows that fail), n_worlds (different), n_failing, agree
        (share of rows that both halves of the runs call alike), doubtful (share within 1.96 standard errors of the threshold),
        n_tried and n_reported boxes
    boxes : a row a box that was tried: sentence, method, found_in, mass, n_worlds (of those it is judged in), density, coverage
        and lift with intervals, density_first and density_second by the labels of either half of the runs, p, p_holm, reported,
        again, and the opened run
    features : what boxes may bound
    tried : the boxes themselves, as they stand in ``boxes``
    opened : the run of each reported box, None where none was found
    values, frame : the features of each row, and by package and outcome its number and whether it fails
    n_runs : runs of each arm in each world
    """

    questions: pd.DataFrame
    boxes: pd.DataFrame
    features: tuple[Feature, ...]
    tried: tuple[Box, ...]
    opened: tuple[Opened | None, ...]
    values: FloatArray
    frame: pd.DataFrame
    n_runs: int
    report: dict[str, Any] | None = field(default=None)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name: what was found, and the workbench's pair."""
        experiments, outcomes = self.workbench()
        return {
            "questions": self.questions, "boxes": self.boxes, "experiments": experiments,
            "outcomes": pd.DataFrame(dict(outcomes)),
        }  # fmt: skip

    def workbench(self) -> tuple[pd.DataFrame, dict[str, FloatArray]]:
        """The runs as the EMA Workbench has them: ``(experiments, outcomes)``.

        Experiments are a row a world, combination of events, and policy: a column an uncertainty (switches as categories), then
        ``scenario``, ``policy`` and ``model``. Outcomes are arrays of that length. Its ``prim.Prim``, ``cart`` and
        ``feature_scoring`` take the pair as it is. Source: Kwakkel 2017, Environmental Modelling & Software 96.
        """
        plain = pd.DataFrame(self.values, columns=[one.name for one in self.features])
        for one in self.features:
            if one.levels:
                named = pd.Categorical.from_codes(plain[one.name].astype(int), list(one.levels))
                plain[one.name] = named
        policies = list(dict.fromkeys(self.frame["package"]))
        experiments = pd.concat([plain.assign(scenario=np.arange(len(plain)), policy=name) for name in policies])
        experiments = experiments.assign(model="crink_abm").reset_index(drop=True)
        experiments["policy"] = experiments["policy"].astype("category")
        experiments["model"] = experiments["model"].astype("category")
        found = {}
        for outcome, rows in self.frame.groupby("outcome", sort=False):
            found[str(outcome)] = rows["value"].to_numpy(float)
            found[f"{outcome} fails"] = rows["fails"].to_numpy(int)
        return experiments, found


def judged(experiment: DiscoverFile) -> DiscoverFile:
    """Refuse what would mean nothing, before anything is run.

    Raises
    ------
    InputError
        If a threshold is missing, an event is named as a parameter, or its drivers cannot be taken.
    """
    judge_questions(experiment)
    table = experiment.discover
    if table.fails == "risk" and table.beyond is None:
        raise InputError('[discover] beyond is required with fails = "risk": a world fails where the risk is above it')
    for name, event in table.events.items():
        if not name.isidentifier() or name in CATALOGUE:
            raise InputError(
                f"[discover.events] names an event by letters, digits and _, and not as a parameter; {name!r} was given"
            )
        for drivers in (event.yes, event.no):
            try:
                levers.calendar(None, experiment.experiment.months, experiment.experiment.start, drivers)
            except InputError as error:
                raise InputError(f"[discover.events.{name}] {error}") from None
    return experiment


def _states(table: DiscoverTable) -> list[tuple[tuple[int, ...], dict[str, Any]]]:
    """Combinations of events: (which come, drivers)."""
    events = list(table.events.values())
    return [
        (
            state,
            {k: v for one, come in zip(events, state, strict=True) for k, v in (one.yes if come else one.no).items()},
        )
        for state in itertools.product((0, 1), repeat=len(events))
    ]


def discover(
    experiment: PathLike | Mapping[str, Any] | DiscoverFile,
    *,
    out: PathLike | None = None,
    progress: Callable[..., object] | None = None,
) -> Discovered:
    """Scenario discovery: the boxes of beliefs and events in which a policy fails.

    Parameters
    ----------
    experiment : a file with ``[packages]``, ``[ask]`` and ``[discover]``, or a dict of the same shape
    out : folder for tables; a study that was killed is taken up there
    progress : called with the arms done and those in all

    Returns
    -------
    :class:`Discovered`: what fails and how often, and the boxes, each judged in worlds that had no part in finding it. All
    shares weigh worlds as the ensemble does; the different worlds are the sample.

    Raises
    ------
    InputError
        If the file says what cannot be taken.

    Notes
    -----
    Sources: Bryant and Lempert 2010 (scenario discovery); Friedman and Fisher 1999 (PRIM); Breiman et al. 1984 (trees);
    Chernozhukov et al. 2018 (cross-fitting); Holm 1979.

    Examples
    --------
    >>> found = discover({
    ...     "experiment": {"name": "small", "seed": 1, "runs": 1, "months": 24},
    ...     "packages": {"withdraw": {"usfk_posture": 0.1}},
    ...     "worlds": {"ensemble": "prior", "draws": 40, "screen": "none"},
    ...     "ask": {"outcomes": ["korea_failure"], "runs_per_world": 10},
    ... })
    >>> found.questions["n_worlds"].tolist()
    [40]
    """
    file = judged(read(experiment, DiscoverFile))
    with keeping(out, "discover") as kept:
        found = _study(file, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def _study(experiment: DiscoverFile, kept: Kept | None, progress: Callable[..., object] | None) -> Discovered:
    table, ask, setting = experiment.discover, experiment.ask, setting_of(experiment)
    states = _states(table)
    arms, drivers_of = [], {}
    for state, drivers in states:
        for name, chosen in {BASELINE: {}, **experiment.packages}.items():
            arm = Arm(_arm(name, state), chosen, drivers)
            arms.append(arm)
            drivers_of[arm.name] = arm
    found = respond(setting, arms, ask.outcomes, rounds=ask.runs_per_world, kept=kept, progress=progress)
    varying = [p for p in CATALOGUE if np.ptp(setting.worlds.column(p)) > 0]
    if not varying:
        raise InputError("the worlds do not differ in any belief; take an [worlds] ensemble of several")
    features = (*belief_features(varying), *(event_feature(name) for name in table.events))
    values, weight, world = _rows(setting, varying, [state for state, _ in states])
    questions: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    tried: list[Box] = []
    opened: list[Opened | None] = []
    frames: list[pd.DataFrame] = []
    for package in experiment.packages:
        for outcome in ask.outcomes:
            halves = np.concatenate(
                [_number(found, package, outcome, state, table.fails, setting) for state, _ in states], 1
            )
            beyond = ask.margin if table.beyond is None else table.beyond
            value, noise = np.nanmean(halves, 0), np.sqrt(np.nanmean((halves[0] - halves[1]) ** 2) / 4.0)
            known = np.isfinite(halves).all(0)
            fails, either = value > beyond, halves > beyond
            case = Case(values[known], features, fails[known], weight[known], world[known])
            every = cross(case, table.boxes)
            frames.append(
                pd.DataFrame({"package": package, "outcome": outcome, "value": value, "fails": fails & known})
            )
            runs = [
                _open(setting, found, arms, one.box, case, package, outcome, table, value[known])
                if one.reported
                else None
                for one in every
            ]
            rows = [
                _row(package, outcome, table.fails, beyond, one, run, case, either[:, known], features)
                for one, run in zip(every, runs, strict=True)
            ]
            boxes, tried, opened = boxes + rows, tried + [one.box for one in every], opened + runs
            close, all_weight = np.abs(value[known] - beyond) < 1.96 * noise, weight[known].sum()
            questions.append(
                {
                    "package": package, "outcome": outcome, "fails": table.fails, "beyond": beyond, "base": case.base(),
                    "n_worlds": len(np.unique(case.world)), "n_failing": len(np.unique(case.world[case.fails])),
                    "agree": weight[known][either[0, known] == either[1, known]].sum() / all_weight,
                    "doubtful": weight[known][close].sum() / all_weight, "noise": noise,
                    "n_tried": len(every), "n_reported": sum(one.reported for one in every),
                    "searched": bool(every), "least_failing": LEAST, "runs_per_world": ask.runs_per_world,
                }
            )  # fmt: skip
    return Discovered(
        pd.DataFrame(questions), pd.DataFrame(boxes), features, tuple(tried), tuple(opened), values,
        pd.concat(frames, ignore_index=True), ask.runs_per_world, setting.worlds.report,
    )  # fmt: skip


def _arm(name: str, state: tuple[int, ...]) -> str:
    return f"{name} {''.join(map(str, state))}".strip()


def _rows(
    setting: Setting, varying: list[str], states: list[tuple[int, ...]]
) -> tuple[FloatArray, FloatArray, IntArray]:
    """A row a different world and combination of events: (values, weights, worlds)."""
    number = setting.worlds.number
    n = int(number.max()) + 1
    first = np.array([np.flatnonzero(number == k)[0] for k in range(n)])
    beliefs = np.column_stack([setting.worlds.column(name)[first] for name in varying])
    values = np.concatenate([np.column_stack([beliefs, np.tile(np.array(state, float), (n, 1))]) for state in states])
    copies = np.bincount(number).astype(float)
    return values, np.tile(copies, len(states)), np.tile(np.arange(n), len(states))


def _number(
    found: Responses, package: str, outcome: str, state: tuple[int, ...], kind: str, setting: Setting
) -> FloatArray:
    """The risk or the effect by half and different world: array (2, n_worlds)."""
    here = found.level(_arm(package, state), outcome)
    if kind == "effect":
        here = here - found.level(_arm(BASELINE, state), outcome)
    number = setting.worlds.number
    copies = np.bincount(number)
    return np.stack([np.bincount(number, half) / copies for half in here])


def _row(
    package: str, outcome: str, kind: str, beyond: float, one: Tried, run: Opened | None, case: Case, either: np.ndarray,
    features: tuple[Feature, ...],
) -> dict[str, Any]:  # fmt: skip
    judgement, there = one.judgement, parts_of(case.world) != one.part
    inside = one.box.holds(case.values, features) & there
    by_half = [
        case.weight[inside & half].sum() / case.weight[inside].sum() if inside.any() else np.nan for half in either
    ]
    subject = f"{package}: {what(outcome, kind, beyond)}"
    return {
        "package": package, "outcome": outcome, "sentence": one.box.words(subject, features), "method": one.method,
        "found_in": one.part, "n_limits": len(one.box), "mass": judgement.mass, "n_worlds": judgement.n_worlds,
        **{
            f"{name}{end}": getattr(share, part)
            for name, share in (("density", judgement.density), ("coverage", judgement.coverage), ("lift", judgement.lift))
            for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
        },
        "density_first": by_half[0], "density_second": by_half[1], "p": judgement.p, "p_holm": one.p,
        "reported": one.reported, "again": one.again,
        "seed": -1 if run is None else run.seed, "run": -1 if run is None else run.run,
        "world": -1 if run is None else run.world, "limits": str(as_dict(one.box)),
    }  # fmt: skip


def what(outcome: str, kind: str, beyond: float) -> str:
    """What failing means, in words."""
    meaning = OUTCOMES.get(outcome, outcome)
    if outcome not in OUTCOMES:
        return f"{'the change of ' if kind == 'effect' else ''}{outcome} is above {beyond:g}"
    if kind == "risk":
        return f"the probability that {meaning} is above {100 * beyond:g} per cent"
    return f"the change of the probability that {meaning} is above {100 * beyond:+g} points"


def _open(
    setting: Setting, found: Responses, arms: list[Arm], box: Box, case: Case, package: str, outcome: str,
    table: DiscoverTable, value: FloatArray,
) -> Opened | None:  # fmt: skip
    """The first failing run of the box's worst world: with the outcome, and for an effect without it at the baseline."""
    if outcome not in OUTCOMES:
        return None
    inside = box.holds(case.values, case.features) & case.fails
    if not inside.any():
        return None
    row = int(np.flatnonzero(inside)[np.argmax(value[inside])])
    state = tuple(int(x) for x in case.values[row, len(case.features) - len(table.events) :]) if table.events else ()
    by_name = {arm.name: arm for arm in arms}
    here, there = by_name[_arm(package, state)], by_name[_arm(BASELINE, state)]
    world = int(np.flatnonzero(setting.worlds.number == case.world[row])[0])
    place = int(np.flatnonzero(setting.worlds.order == world)[0])
    column = list(OUTCOMES).index(outcome)

    def happened(arm: Arm, run: int) -> bool:
        results = compiled.run_many(
            setting.calendar(arm), setting.values(arm)[[world]], 1, seed=setting.seed, first_run=run
        )
        return bool(outcomes.months(results)[0, column] >= 0)

    paired = table.fails == "effect" and value[row] > 0
    for turn in range(found.rounds):
        run = place + turn * len(setting.worlds)
        if happened(here, run) and not (paired and happened(there, run)):
            policy = levers.checked({**setting.baseline, **here.levers})
            drivers = {**setting.drivers, **here.drivers}
            parameters = setting.worlds.parameters(world)
            return Opened(setting.seed, run, world, policy, drivers, parameters, setting.months, setting.start)
    return None
