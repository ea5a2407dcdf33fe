"""What a study of thresholds is asked: the tables of its file, the questions, and what it finds."""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import pandas as pd
from pydantic import Field

from ...estimation.measures import measures
from ...experiment.schema import MOST_AUDITED
from ...util.errors import InputError, nearest, told
from ...util.schema import Strict, Whole
from ..questions import AnswerFile, judge
from .beliefs import known


class ThresholdsTable(Strict):
    """``[thresholds]``: which questions and beliefs, and how finely.

    Attributes
    ----------
    questions : package -> the outcomes that are asked of it; all of ``[ask] outcomes`` for a package that is not named
    candidates : beliefs at most that screening puts forward for each question
    named : package -> beliefs that are looked at, whatever screening finds
    levels : levels of a belief at which effects are simulated
    beyond : share of its declared range by which levels go on past it, where its unit has a meaning there
    grid : levels of each of two beliefs together; 0 for none
    runs_per_level : runs of each world at each level; even
    prior_worlds, prior_runs : worlds drawn from the bare prior for screening, and runs of each; even
    few : beliefs that a reversal moves together, at most
    within : the largest distance at which a reversal is sought, in standard deviations of the ensemble
    """

    questions: Annotated[
        dict[str, Annotated[list[str], Field(min_length=1, max_length=100)]], Field(max_length=100)
    ] = {}
    candidates: Annotated[Whole, Field(ge=1, le=20)] = 3
    named: Annotated[dict[str, Annotated[list[str], Field(max_length=20)]], Field(max_length=100)] = {}
    levels: Annotated[Whole, Field(ge=3, le=51)] = 7
    beyond: Annotated[float, Field(ge=0, le=2)] = 0.5
    grid: Annotated[Whole, Field(ge=0, le=21)] = 4
    runs_per_level: Annotated[Whole, Field(ge=2, le=MOST_AUDITED)] = 40
    prior_worlds: Annotated[Whole, Field(ge=20, le=20_000)] = 4000
    prior_runs: Annotated[Whole, Field(ge=2, le=MOST_AUDITED)] = 40
    few: Annotated[Whole, Field(ge=1, le=6)] = 3
    within: Annotated[float, Field(gt=0, le=5)] = 3.0


class ThresholdsFile(AnswerFile):
    """An experiment file with a ``[thresholds]`` table."""

    thresholds: ThresholdsTable = ThresholdsTable()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
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
    }


@dataclass(frozen=True)
class Thresholds:
    """What a study of thresholds finds: tidy tables; changes are shares of 1, negative where a policy lowers a risk.

    Attributes
    ----------
    questions : a row a question: package, outcome, effect with low, high (different worlds as the sample) and noise_low,
        noise_high (Monte Carlo, the worlds given), sign and size, the same effect over the bare prior, reliability of worlds'
        effects
    screening : a row a question and belief: share_ensemble and share_prior of the variance of ranked effects between worlds,
        their p over all beliefs, whether it is a candidate, and why
    pairs : a row a question, ensemble and strongest pair
    curves : a row a question, belief and level: the effect where every world has this belief, with both intervals
    thresholds : a row a question and belief: kind, threshold, low, high (worlds), noise_low, noise_high, shares of the ensemble
        and the bare prior on each side, where the source stands, and the sentence
    joint : a row a question and cell of two beliefs
    boundary : a row a question and level of the first belief: the threshold on the second
    reversal : a row a question and direction: distance, low, high, odds, the effect there on fresh runs, and the sentence
    spread : a row a belief and bin of its range, or level: shares of the ensemble and of the bare prior
    margin : the smallest change that matters
    effort : runs, arms, worlds, and what was searched
    """

    questions: pd.DataFrame
    screening: pd.DataFrame
    pairs: pd.DataFrame
    curves: pd.DataFrame
    thresholds: pd.DataFrame
    joint: pd.DataFrame
    boundary: pd.DataFrame
    reversal: pd.DataFrame
    spread: pd.DataFrame
    margin: float
    effort: dict[str, Any] = field(default_factory=dict)

    #: The tables, by name.
    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        names = (
            "questions", "screening", "pairs", "curves", "thresholds", "joint", "boundary", "reversal",
            "spread",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def of(self, table: str, package: str, outcome: str) -> pd.DataFrame:
        """The rows of one question in a table."""
        rows: pd.DataFrame = getattr(self, table)
        return rows[(rows["package"] == package) & (rows["outcome"] == outcome)]


def asked(file: ThresholdsFile) -> list[tuple[str, str]]:
    """The questions of a file, (package, outcome), in its order.

    Raises
    ------
    InputError
        On what cannot be asked, before any world is made.
    """
    judge(file)
    plan = file.thresholds
    for entry in ("runs_per_level", "prior_runs"):
        if getattr(plan, entry) % 2:
            raise InputError(
                f"[thresholds] {entry} is even, since runs fall into two halves; {getattr(plan, entry)} was given"
            )
    if plan.grid == 1:
        raise InputError("[thresholds] grid is 0 for no joint region, or at least 2 levels of each belief; 1 was given")
    for name in (belief for beliefs in plan.named.values() for belief in beliefs):
        known(name)
        if name in file.parameters:
            raise InputError(
                f"[thresholds] named asks for {name}, and [parameters] holds it in every world; leave one of them out"
            )
    for package in (*plan.questions, *plan.named):
        if package not in file.packages:
            raise InputError(
                f"[thresholds] {'questions' if package in plan.questions else 'named'} speaks of {told(package)}, which is "
                f"no package of this file"
                f"{nearest(package, file.packages)}; they are {', '.join(file.packages)}"
            )
    for outcomes in plan.questions.values():
        measures(outcomes)
    return [
        (package, outcome)
        for package in file.packages
        for outcome in dict.fromkeys(plan.questions.get(package, file.ask.outcomes))
    ]
