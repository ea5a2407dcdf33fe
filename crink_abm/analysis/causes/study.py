"""``causes``: the pathways by which deterrence fails, over many runs; and, of some of them, what would have averted each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from ...estimation import clusters
from ...model import arguments, levers
from ...model.outcomes import OUTCOMES
from ...typing import PathLike
from ...util.errors import InputError, nearest, told
from ...util.schema import Strict, Whole
from ..kept import Kept, keeping, key_of
from ..questions import AnswerFile, arms_of, read, setting_of
from ..questions import judge as judge_questions
from ..responses import Arm, Setting
from .but_for import War, but_for
from .hinges import HINGES
from .pathways import DEFAULT, STAGES, Counted, count, edges, paths


class CausesTable(Strict):
    """``[causes]``: which failures, how many, told by which stages; and which are replayed.

    Attributes
    ----------
    outcome : which runs are failures
    failures : so many are counted for each package; whole rounds through the worlds, so a few more
    most_runs : runs of a package at most
    stages : in order; the names are those of :data:`crink_abm.analysis.causes.pathways.STAGES`
    replayed : failures, the first of each package, of which every single change is tried; 0 for none
    run : one run to be explained instead of all
    package : whose run that is; the baseline, if not said
    """

    outcome: str = "any_failure"
    failures: Annotated[Whole, Field(ge=1, le=10**7)] = 100_000
    most_runs: Annotated[Whole, Field(ge=1, le=10**8)] = 1_000_000
    stages: list[str] = Field(default_factory=lambda: list(DEFAULT), min_length=2, max_length=9)
    replayed: Annotated[Whole, Field(ge=0, le=10**5)] = 60
    run: Annotated[Whole, Field(ge=0, lt=2**63)] | None = None
    package: str = "baseline"


class CausesFile(AnswerFile):
    """An experiment file with a ``[causes]`` table."""

    causes: CausesTable = CausesTable()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("causes",): "is a table with outcome, failures, most_runs, stages, replayed, run and package",
        ("causes", "outcome"): "is the name of an outcome; `crink-abm info` lists them",
        ("causes", "failures"): "is a whole number from 1 to 10,000,000",
        ("causes", "most_runs"): "is a whole number from 1 to 100,000,000",
        ("causes", "stages"): "is a list of 2 to 9 names of stages",
        ("causes", "stages", "#"): "is the name of a stage",
        ("causes", "replayed"): "is a whole number from 0 to 100,000",
        ("causes", "run"): "is a whole number of at least 0",
        ("causes", "package"): "is the name of a package, or 'baseline'",
    }


@dataclass(frozen=True, eq=False)
class Pathways:
    """What was counted.

    Attributes
    ----------
    table : DataFrame, a row a package: n_runs, n_failures, n_worlds (different), rate with its interval
    edges : a row a package and step from one stage's answer to the next one's: count, share of its failures with its interval
        (worlds as the sample), share_of_from, and one run that takes it
    paths : a row a package and whole pathway
    averting : a row a package and kind of change, of the failures that were replayed: averted (the share in which turning it in
        some month averts the outcome) with its interval, n_failures, and how many kinds avert each on the mean; with a row
        ``none`` for those that no single change averts
    stages : their names in order
    outcome : which runs are failures
    """

    table: pd.DataFrame
    edges: pd.DataFrame
    paths: pd.DataFrame
    averting: pd.DataFrame
    stages: tuple[str, ...]
    outcome: str
    counted: Mapping[str, Counted]
    setting: Setting
    arms: Mapping[str, Arm]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"table": self.table, "edges": self.edges, "paths": self.paths, "averting": self.averting}

    def opened(self, package: str, run: int) -> dict[str, Any]:
        """What ``DeterrenceModel`` takes to make a run of a package again.

        Raises
        ------
        InputError
            If there is no such package.
        """
        return made_with(self.setting, arm_of(self.arms, package), run)


def arm_of(arms: Mapping[str, Arm], package: str) -> Arm:
    """The arm of a package.

    Raises
    ------
    InputError
        If there is none.
    """
    return arms[arguments.outcome(package, arms, kind="package")]


def made_with(setting: Setting, arm: Arm, run: int) -> dict[str, Any]:
    """What ``DeterrenceModel`` takes to make a run of an arm."""
    world = int(setting.worlds.of(run))
    return {
        "levers": levers.checked({**setting.baseline, **arm.levers}),
        "parameters": setting.worlds.parameters(world), "seed": setting.seed, "run": int(run), "months": setting.months,
        "start": setting.start, "drivers": {**setting.drivers, **arm.drivers} or None,
    }  # fmt: skip


def judged(experiment: CausesFile) -> CausesFile:
    """Refuse what would mean nothing, before anything is run.

    Raises
    ------
    InputError
        On an outcome, a stage or a package that is not there.
    """
    judge_questions(experiment)
    table = experiment.causes
    if table.outcome not in OUTCOMES:
        raise InputError(
            f"[causes] outcome: no outcome is named {told(table.outcome)}{nearest(table.outcome, OUTCOMES)}; they are "
            f"{', '.join(OUTCOMES)}"
        )
    for stage in table.stages:
        if stage not in STAGES:
            raise InputError(
                f"[causes] stages: no stage is named {told(stage)}{nearest(stage, STAGES)}; they are {', '.join(STAGES)}"
            )
    if len(set(table.stages)) < len(table.stages):
        raise InputError(f"[causes] stages are each named once; {table.stages} were given")
    if table.package not in ("baseline", *experiment.packages):
        known = ("baseline", *experiment.packages)
        raise InputError(
            f"[causes] package: {told(table.package)} is none of {', '.join(known)}{nearest(table.package, known)}"
        )
    return experiment


def causes(
    experiment: PathLike | Mapping[str, Any] | CausesFile,
    *,
    out: PathLike | None = None,
    progress: Callable[..., object] | None = None,
) -> Pathways:
    """The pathways by which deterrence fails under each package, and what would have averted some of the failures.

    Parameters
    ----------
    experiment : a file with ``[packages]`` and ``[causes]``, or a dict of the same shape
    out : folder for tables; a study that was killed is taken up there
    progress : called with the failures counted and those asked for, package by package

    Returns
    -------
    :class:`Pathways`. Failures are those of whole rounds through the worlds, so each world has its part; shares carry
    intervals with the different worlds as the sample.

    Raises
    ------
    InputError
        If the file says what cannot be taken.

    Notes
    -----
    A pathway is a description, not a cause: what would have been otherwise is asked of single runs, by :func:`but_for`.

    Examples
    --------
    >>> found = causes({
    ...     "experiment": {"name": "small", "seed": 1, "runs": 1, "months": 24},
    ...     "packages": {"withdraw": {"usfk_posture": 0.1}},
    ...     "worlds": {"ensemble": "defaults"},
    ...     "causes": {"failures": 5, "most_runs": 400, "replayed": 0},
    ... })
    >>> found.table["n_failures"].tolist() == found.paths.groupby("package", sort=False)["count"].sum().tolist()
    True
    """
    file = judged(read(experiment, CausesFile))
    with keeping(out, "causes") as kept:
        found = _study(file, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def _study(file: CausesFile, kept: Kept | None, progress: Callable[..., object] | None) -> Pathways:
    plan, setting = file.causes, setting_of(file)
    arms = {arm.name: arm for arm in arms_of(file)}
    table, every_edge, every_path, averted, counted = [], [], [], [], {}
    for name, arm in arms.items():
        found = count(setting, arm, plan.outcome, plan.stages, plan.failures, plan.most_runs, kept, progress)
        counted[name] = found
        own = np.bincount(found.worlds, minlength=len(setting.worlds)) / (found.n_runs / len(setting.worlds))
        rate, low, high = clusters.mean_interval(own, setting.worlds.number)
        table.append(
            {
                "package": name, "outcome": plan.outcome, "n_runs": found.n_runs, "n_failures": len(found.runs),
                "n_worlds": int(setting.worlds.number.max()) + 1, "rate": rate, "low": low, "high": high,
            }
        )  # fmt: skip
        if len(found.runs):
            every_edge.append(edges(found, plan.stages, setting).assign(package=name))
            every_path.append(paths(found, plan.stages, setting).assign(package=name))
            if plan.replayed:
                averted.append(_averting(setting, arm, found, plan, kept).assign(package=name))
    return Pathways(
        pd.DataFrame(table), _joined(every_edge), _joined(every_path), _joined(averted), tuple(plan.stages), plan.outcome,
        counted, setting, arms,
    )  # fmt: skip


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame({"package": []})
    table = pd.concat(tables, ignore_index=True)
    return table[["package", *(column for column in table if column != "package")]]


def _averting(setting: Setting, arm: Arm, found: Counted, plan: CausesTable, kept: Kept | None) -> pd.DataFrame:
    """In which share of some failures each kind of change averts, in some month, by itself."""
    chosen = found.runs[: plan.replayed]
    rules = [hinge.rule for hinge in HINGES]
    came = []
    for run in chosen.tolist():
        calendar, values = setting.calendar(arm), setting.values(arm)[int(setting.worlds.of(run))]
        key = key_of(
            "averting 1", calendar, values, [setting.seed, run, plan.outcome, [(h.rule, h.turned) for h in HINGES]]
        )
        row = kept.read(key) if kept else None
        if row is None:
            given = made_with(setting, arm, run)
            war = but_for(given.pop("levers"), **given, outcome=plan.outcome, most_replays=0)
            averting = {change.rule for change in war.singles}
            row = np.array([rule in averting for rule in rules], np.int64)
            if kept:
                kept.write(key, row)
        came.append(row)
    every = np.stack(came).astype(float)
    world = setting.worlds.number[setting.worlds.of(chosen)]
    rows = []
    for name, column in [*zip(rules, every.T, strict=True), ("none", ~every.any(1))]:
        mean, low, high = clusters.mean_interval(np.asarray(column, float), np.unique(world, return_inverse=True)[1])
        rows.append(
            {"rule": name, "averted": mean, "low": max(0.0, low), "high": min(1.0, high), "n_failures": len(chosen)}
        )
    return pd.DataFrame(rows)


def war_of(experiment: CausesFile, run: int, package: str) -> War:
    """The but-for causes of one run of an experiment file.

    Raises
    ------
    InputError
        If there is no such package.
    """
    setting = setting_of(experiment)
    given = made_with(setting, arm_of({arm.name: arm for arm in arms_of(experiment)}, package), run)
    return but_for(given.pop("levers"), **given, outcome=experiment.causes.outcome)
