"""What information is worth to the choice among an experiment file's packages: of all, of each belief, and of signposts.

The loss of a policy in a world is the sum of the declared weights of the outcomes that happen, plus its declared cost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from ...engine import compiled
from ...estimation import clusters
from ...estimation.measures import Runs, loss, measure
from ...model import costs, outcomes
from ...model.parameters import CATALOGUE
from ...typing import FloatArray, PathLike
from ...util.errors import InputError
from ...util.schema import Strict, Whole
from ..kept import Kept, keeping, key_of
from ..questions import AnswerFile, arms_of, judge, read, setting_of
from ..responses import Arm, Setting, respond
from ..sensitivity.rows import standing
from . import signposts, worth

#: Counts of a run that can be seen by a month.
_COUNTS = ("n_provocations", "n_launch_days")
#: The first round of the signposts' runs: other runs than those of the values of information.
_ROUNDS_BEHIND = 1_000_000


class InformationTable(Strict):
    """``[information]``: the loss, the costs in units of it, and what can be seen by when.

    Attributes
    ----------
    loss : outcome -> weight
    money : loss of a billion US dollars a year
    politics : loss of one point of political capital
    observables : ``mean FIELD``, ``last FIELD`` or a count, of the months that have passed
    months : of the run, at whose end a policy can be switched
    depth : of the tree on all observables
    signpost_runs : runs of each policy in each world, for the signposts
    """

    loss: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    money: Annotated[float, Field(ge=0)] = 0.0
    politics: Annotated[float, Field(ge=0)] = 0.0
    observables: Annotated[list[str], Field(min_length=1, max_length=50)] = Field(
        default_factory=lambda: ["n_provocations", "n_launch_days", "mean arms_flow", "mean pla_activity"]
    )
    months: Annotated[list[Annotated[Whole, Field(ge=1)]], Field(min_length=1, max_length=12)] = Field(
        default_factory=lambda: [12, 24]
    )
    depth: Annotated[Whole, Field(ge=1, le=4)] = 2
    signpost_runs: Annotated[Whole, Field(ge=2, le=100_000)] = 40


class InformationFile(AnswerFile):
    """An experiment file with an ``[information]`` table."""

    information: InformationTable

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
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
    }


@dataclass(frozen=True, eq=False)
class Information:
    """What was found.

    Attributes
    ----------
    policies : a row a policy: mean loss with its interval, cost, share of worlds in which it is the best
    beliefs : a row a belief: of :func:`crink_abm.analysis.information.worth.partial`, with its standing, source and meaning
    signposts : a row a month and observable: of :func:`crink_abm.analysis.information.signposts.best_signpost`
    report : EVPI and counts
    """

    policies: pd.DataFrame
    beliefs: pd.DataFrame
    signposts: pd.DataFrame
    report: dict[str, Any]

    @property
    def sentence(self) -> str:
        """What a policy reader may quote on signposts."""
        return signposts.sentence(self.signposts)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"policies": self.policies, "beliefs": self.beliefs, "signposts": self.signposts}


def plan(experiment: InformationFile) -> None:
    """Refuse what would mean nothing, before anything is run.

    Raises
    ------
    InputError
    """
    judge(experiment)
    table, months = experiment.information, experiment.experiment.months
    loss(table.loss)
    if late := [month for month in table.months if month >= months]:
        raise InputError(
            f"[information] months: a policy is switched before the run's end at {months}; {late[0]} was given"
        )
    for name in table.observables:
        one = measure(name)
        if one.among is not None or (not one.fields and name not in _COUNTS):
            raise InputError(
                f"[information] observables: {name!r} is not seen as time goes by; give 'mean FIELD', 'last FIELD' or one of "
                f"{', '.join(_COUNTS)}"
            )
    if table.signpost_runs % 2:
        raise InputError(f"[information] signpost_runs is even; {table.signpost_runs} was given")
    for name, package in experiment.packages.items():
        if any(isinstance(value, Mapping) for value in package.values()):
            raise InputError(f"[packages] {name}: a dated schedule cannot begin at a signpost's month; give levels")


def information(
    experiment: PathLike | Mapping[str, Any] | InformationFile,
    *,
    out: PathLike | None = None,
    progress: Callable[..., object] | None = None,
) -> Information:
    """What it would be worth to know more, before a policy is chosen.

    Parameters
    ----------
    experiment : a file with ``[packages]`` (the choices, the baseline among them), ``[ask]`` and ``[information]``
    out : folder where finished pieces are kept, and tables written
    progress : called with pieces done, all, and a stage's name

    Returns
    -------
    Information
        In units of the declared loss.

    Raises
    ------
    InputError
        If the file cannot be taken, or a run fails.

    References
    ----------
    Raiffa and Schlaifer 1961; Strong, Oakley and Brennan 2014; Giles and Goda 2019; Haasnoot et al. 2013.

    Examples
    --------
    >>> from crink_abm.analysis.information.study import InformationFile
    >>> small = InformationFile.model_validate({
    ...     "experiment": {"name": "x", "seed": 1, "months": 24}, "packages": {"more": {"usfk_posture": 0.9}},
    ...     "worlds": {"ensemble": "calibrated", "size": 20}, "ask": {"runs_per_world": 4},
    ...     "information": {"loss": {"korea_attack": 1.0}, "months": [6], "observables": ["n_provocations"], "signpost_runs": 2}})
    >>> information(small).policies["policy"].tolist()
    ['baseline', 'more']
    """
    file = read(experiment, InformationFile)
    plan(file)
    with keeping(out, "information") as kept:
        found = _study(file, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def _study(experiment: InformationFile, kept: Kept | None, progress: Callable[..., object] | None) -> Information:
    table, setting, arms = experiment.information, setting_of(experiment), arms_of(experiment)
    names, worlds = [arm.name for arm in arms], setting.worlds
    price = np.array([_cost(setting, arm, table) for arm in arms])

    def told(stage: str) -> Callable[[int, int], object]:
        return lambda done, total: progress(done, total, stage) if progress else None

    asked = loss(table.loss)
    key = "loss " + ", ".join(f"{weight:g} {outcome}" for outcome, weight in table.loss.items())
    asked = loss(table.loss, key)
    made = respond(setting, arms, [asked], rounds=experiment.ask.runs_per_world, kept=kept, progress=told("policies"))
    losses = np.stack([made.level(arm.name, key) for arm in arms], axis=1) + (price - price[0])[None, :, None]
    mean = losses.mean(0)
    rows = []
    for k, name in enumerate(names):
        level, change = (
            clusters.mean_interval(mean[k], worlds.number),
            clusters.mean_interval(mean[k] - mean[0], worlds.number),
        )
        best = float((mean.argmin(0) == k).mean())
        rows.append((name, *level, *change, float(price[k] - price[0]), best))
    policies = pd.DataFrame(
        rows, columns=["policy", "loss", "low", "high", "change", "change_low", "change_high", "cost", "best_in"]
    )
    report: dict[str, Any] = {**worth.perfect(losses, worlds.number), "held": names[int(mean.mean(1).argmin())]}
    varying = [p for p in CATALOGUE.values() if np.ptp(worlds.column(p.name)) > 0]
    columns = np.column_stack([worlds.column(p.name) for p in varying]) if varying else np.empty((len(worlds), 0))
    beliefs = worth.partial(
        losses, columns, [p.name for p in varying], [p.switch is not None for p in varying], worlds.number,
        seed=setting.seed, progress=told("beliefs"),
    )  # fmt: skip
    for what in ("source", "meaning"):
        beliefs[what] = [getattr(p, what) for p in varying]
    beliefs["standing"] = [standing(p.source) for p in varying]
    beliefs = beliefs.sort_values("evppi", ascending=False, kind="stable").reset_index(drop=True)
    posts, n_runs = _signposts(experiment, setting, arms, price, kept, told("signposts"))
    report |= {
        "n_worlds": len(worlds), "n_different": int(worlds.number.max() + 1), "runs_per_world": experiment.ask.runs_per_world,
        "n_runs": n_runs + len(arms) * len(worlds) * experiment.ask.runs_per_world, "seed": setting.seed,
        "ensemble": worlds.origin, "loss": dict(table.loss), "money": table.money, "politics": table.politics,
        "signpost_runs": table.signpost_runs, "sentence": signposts.sentence(posts), "n_beliefs": len(varying),
    }  # fmt: skip
    return Information(policies, beliefs, posts, report)


def _cost(setting: Setting, arm: Arm, table: InformationTable) -> float:
    """What a policy costs, in units of loss, over the run."""
    rows = costs.cost({**setting.baseline, **arm.levers}, setting.months, setting.start)
    return float(sum(table.money * row["money"] + table.politics * row["politics"] for row in rows))


def _signposts(
    experiment: InformationFile, setting: Setting, arms: Sequence[Arm], price: FloatArray, kept: Kept | None,
    progress: Callable[[int, int], object],
) -> tuple[pd.DataFrame, int]:  # fmt: skip
    """The table of signposts, and the runs that it took."""
    table, n_worlds = experiment.information, len(setting.worlds)
    base = setting.calendar(arms[0])
    asked, n = loss(table.loss), table.signpost_runs * n_worlds
    first = _ROUNDS_BEHIND * n_worlds
    world_of = setting.worlds.of_runs(first, n)
    how: dict[str, Any] = {"seed": setting.seed, "first_run": first, "world_of": world_of}
    fields = sorted({name for one in table.observables for name in measure(one).fields})
    steps, done = len(table.months) * (len(arms) + 1), 0

    def kept_or(key: str, make: Callable[[], FloatArray]) -> FloatArray:
        nonlocal done
        found = kept.read(key) if kept else None
        if found is None:
            found = make()
            if kept:
                kept.write(key, found)
        done += 1
        progress(done, steps)
        return found

    def lost(calendar: np.ndarray) -> FloatArray:
        results = compiled.run_many(calendar, setting.worlds.values, n, **how)
        _refuse_failed(results, first)
        return asked.of(Runs(results, setting.months, {}, {})).astype(float)

    def watched(calendar: np.ndarray) -> FloatArray:
        results, means, last = compiled.state_summaries(calendar, setting.worlds.values, n, fields, **how)
        _refuse_failed(results, first)
        runs = Runs(
            results, len(calendar), dict(zip(fields, means.T, strict=True)), dict(zip(fields, last.T, strict=True))
        )
        return np.column_stack([measure(name).of(runs) for name in table.observables]).astype(float)

    seen, losses = {}, {}
    common = [setting.worlds.values, setting.worlds.order, [setting.seed, n, first]]
    for month in sorted(set(table.months)):
        early = base[:month]
        seen[month] = kept_or(key_of("seen", early, *common, list(table.observables)), partial(watched, early))
        every = []
        for k, arm in enumerate(arms):
            calendar = base.copy()
            calendar[month:] = setting.calendar(arm)[month:]
            share = (setting.months - month) / setting.months  # the cost is borne while the policy is
            own = kept_or(key_of("loss", calendar, *common, dict(table.loss)), partial(lost, calendar))
            every.append(own + share * (price[k] - price[0]))
        losses[month] = np.array(every)
    found = signposts.best_signpost(
        seen, losses, table.observables, [arm.name for arm in arms], setting.worlds.number[world_of], depth=table.depth,
        seed=setting.seed,
    )  # fmt: skip
    return found, n * steps


def _refuse_failed(results: FloatArray, first: int) -> None:
    bad = np.flatnonzero(outcomes.failed(results))
    if len(bad):
        raise InputError(
            f"run {first + int(bad[0])} failed, and {len(bad) - 1:,} more of {len(results):,}; leave out what makes it fail"
        )


__all__ = ["Information", "InformationFile", "InformationTable", "information", "plan"]
