"""What an experiment file of a portfolio study says: the table ``[portfolio]``, judged before anything is run."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ...ensemble.worlds import Worlds
from ...estimation.measures import Measure, loss, measures
from ...experiment.schema import MOST_PACKAGES, Share
from ...model import levers
from ...model.outcomes import OUTCOMES
from ...model.parameters import CATALOGUE
from ...model.parameters import checked as checked_parameters
from ...typing import BoolArray
from ...util.errors import InputError, nearest, told
from ...util.schema import Strict, Whole
from ..questions import BASELINE, AnswerFile
from .race import STEP, Front
from .robust import LEAST_WORLDS

#: The most policies.
MOST_POLICIES = 100_000
_Positive = Annotated[float, Field(gt=0)]
_Cost = Annotated[float, Field(ge=-1000, le=1000)]
#: A belief that makes a case: a level of a switch by name or number, or a range of a constant.
Belief = float | str | Annotated[list[float], Field(min_length=2, max_length=2)]


class Budget(Strict):
    """What may be spent in each currency at most."""

    money: _Cost = 1000.0
    politics: _Cost = 1000.0


class Odds(Strict):
    """Two policies, and two cases of which one is bad."""

    policies: Annotated[list[str], Field(min_length=2, max_length=2)]
    good: Annotated[dict[str, Belief], Field(min_length=1)]
    bad: Annotated[dict[str, Belief], Field(min_length=1)]
    on: str | None = None


class PortfolioTable(Strict):
    """``[portfolio]``: the policies, the race, the finals, and what is traded.

    Attributes
    ----------
    policies : policies in all, those with a name among them
    levers, moves : levers that drawn policies move, and how many each moves
    most_money, most_politics : what a drawn policy costs at most
    seed : which Sobol sequence
    losses : severity-weighted losses: name -> weight of each outcome
    fronts : name -> measures of its risks; one for each outcome and loss if left out
    raced : fronts from all of which a policy is dropped before it leaves the race; all if left out
    judge : the measure by which policies are robust, and which is traded
    budget, most_runs : runs of the race, of all policies and of one, at most
    alpha, promise : see :func:`crink_abm.analysis.portfolio.race.race`
    finalists, final_rounds : policies that are run in every world, at most, and runs of each in each world
    draws : bootstrap draws of the worlds
    budgets : name -> what may be spent; the robust policy of each is looked for
    break_even, step : pairs of levers, and by how much each is raised
    pillars : packages that are shared out
    odds : name -> two policies and two cases
    """

    policies: Annotated[Whole, Field(ge=2, le=MOST_POLICIES)] = 10_000
    levers: Literal["all"] | Annotated[list[str], Field(min_length=1)] = "all"
    moves: Annotated[list[Whole], Field(min_length=2, max_length=2)] = [1, 6]
    most_money: _Cost = 20.0
    most_politics: _Positive = 10.0
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 1
    losses: dict[str, Annotated[dict[str, _Positive], Field(min_length=1)]] = {}
    fronts: dict[str, Annotated[list[str], Field(min_length=1, max_length=6)]] = {}
    raced: Annotated[list[str], Field(max_length=100)] = []
    judge: str | None = None
    budget: Annotated[Whole, Field(ge=STEP, le=10**10)] = 10_000_000
    most_runs: Annotated[Whole, Field(ge=STEP, le=10**7)] = 16_384
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    promise: Literal["any", "each"] = "each"
    finalists: Annotated[Whole, Field(ge=1, le=MOST_POLICIES)] = 1_000
    final_rounds: Annotated[Whole, Field(ge=2, le=10**6)] = 4
    draws: Annotated[Whole, Field(ge=100, le=100_000)] = 400
    budgets: Annotated[dict[str, Budget], Field(max_length=20)] = {}
    break_even: Annotated[list[Annotated[list[str], Field(min_length=2, max_length=2)]], Field(max_length=20)] = []
    step: Annotated[Share, Field(gt=0)] = 0.3
    pillars: Annotated[list[str], Field(max_length=6)] = []
    odds: Annotated[dict[str, Odds], Field(max_length=10)] = {}


class PortfolioFile(AnswerFile):
    """An experiment file with a ``[portfolio]`` table."""

    portfolio: PortfolioTable = PortfolioTable()

    @property
    def names(self) -> list[str]:
        """The measures, by name: outcomes that are asked about, then losses."""
        return [*dict.fromkeys(self.ask.outcomes), *self.portfolio.losses]

    def measures(self) -> list[Measure]:
        """The measures."""
        return [
            *measures(self.ask.outcomes),
            *(loss(weights, name) for name, weights in self.portfolio.losses.items()),
        ]

    def tops(self) -> list[float]:
        """The most that each measure comes to in a run."""
        return [
            *(1.0 for _ in dict.fromkeys(self.ask.outcomes)),
            *(sum(w.values()) for w in self.portfolio.losses.values()),
        ]

    def fronts(self) -> list[Front]:
        """The fronts, their risks by place; those that are raced come first."""
        given, raced = self.portfolio.fronts or {name: [name] for name in self.names}, self.portfolio.raced
        said = {**{name: given[name] for name in raced}, **given}
        return [Front(name, tuple(self.names.index(one) for one in risks)) for name, risks in said.items()]

    @property
    def judge(self) -> str:
        """The measure by which policies are judged robust: the last, if the file does not say."""
        return self.portfolio.judge or self.names[-1]

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        (
            "portfolio",
        ): "is a table of policies, the race, the finals, and what is traded; docs/portfolio.md lists its entries",
        ("portfolio", "policies"): "is a whole number from 2 to 100,000",
        ("portfolio", "levers"): "is 'all', or a list of levers",
        ("portfolio", "levers", "#"): "is the name of a lever",
        ("portfolio", "moves"): "is [least, most], how many levers a drawn policy moves",
        ("portfolio", "most_money"): "is billions of US dollars a year, up to 1,000",
        ("portfolio", "most_politics"): "is political capital above 0, up to 1,000",
        ("portfolio", "losses"): "is a table of losses, each a table of outcomes with their weights",
        (
            "portfolio",
            "losses",
            "*",
        ): "is a table of at least one outcome with its weight, such as { nuclear_use = 5.0 }",
        ("portfolio", "losses", "*", "*"): "is a weight above 0",
        ("portfolio", "fronts"): "is a table of fronts, each a list of measures",
        ("portfolio", "fronts", "*"): "is a list of 1 to 6 measures: outcomes of [ask], or losses",
        ("portfolio", "seed"): "is a whole number of at least 0: of the sample of policies and of the bootstrap",
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
    }


def judged(file: PortfolioFile, base: Mapping[str, Any]) -> None:
    """Refuse what cannot be asked, before any world is made.

    Raises
    ------
    InputError
        On a name that is none, or a number that does not fit the others.
    """
    plan = file.portfolio
    for name in file.ask.outcomes:
        if name not in OUTCOMES:
            raise InputError(
                f"[ask] outcomes: a portfolio weighs outcomes; {told(name)} is none{nearest(name, OUTCOMES)}"
            )
    for name, weights in plan.losses.items():
        if name in OUTCOMES:
            raise InputError(f"[portfolio.losses] {name} is the name of an outcome; give the loss another")
        loss(weights, name)
    for name, risks in plan.fronts.items():
        for one in risks:
            _known(one, file.names, f"[portfolio.fronts] {name}", "measure")
    for name in plan.raced:
        _known(name, plan.fronts or dict.fromkeys(file.names), "[portfolio] raced", "front")
    if plan.judge is not None:
        _known(plan.judge, file.names, "[portfolio] judge", "measure")
    chosen = list(levers.LEVERS) if plan.levers == "all" else plan.levers
    levers.checked(dict.fromkeys([*chosen, *(one for pair in plan.break_even for one in pair)], 0.0))
    if not 1 <= plan.moves[0] <= plan.moves[1]:
        raise InputError(f"[portfolio] moves is [least, most], from 1 up; {plan.moves} was given")
    if plan.final_rounds % 2:
        raise InputError(
            f"[portfolio] final_rounds is even, since runs fall into two halves; {plan.final_rounds} was given"
        )
    if plan.most_runs % STEP:
        raise InputError(
            f"[portfolio] most_runs is a multiple of {STEP}, after which policies are looked at; {plan.most_runs} was given"
        )
    if plan.budget < plan.policies * STEP:
        raise InputError(
            f"[portfolio] budget: {plan.policies:,} policies take {plan.policies * STEP:,} runs for a first look; "
            f"{plan.budget:,} was given: raise it, or give fewer policies"
        )
    if len(file.packages) + 1 > min(plan.policies, MOST_PACKAGES):
        raise InputError(
            f"[portfolio] policies counts the {len(file.packages)} packages too; {plan.policies} was given"
        )
    for pair in plan.break_even:
        for name in pair:
            if isinstance(base[name], Mapping) or base[name] + plan.step > 1.0:
                raise InputError(
                    f"[portfolio] break_even raises {name} by {plan.step:g} from {base[name]!r}, which leaves [0, 1]; give a "
                    "smaller step"
                )
        if pair[0] == pair[1]:
            raise InputError(f"[portfolio] break_even takes two levers; {pair[0]} was given twice")
    seen: dict[str, str] = {}
    if len(plan.pillars) == 1:
        raise InputError("[portfolio] pillars are shared out among at least two packages; one was given")
    for name in plan.pillars:
        _known(name, file.packages, "[portfolio] pillars", "package")
        for lever in file.packages[name]:
            if lever in seen:
                raise InputError(
                    f"[portfolio] pillars: {name!r} and {seen[lever]!r} both set {lever}; shares need packages that move "
                    "different levers"
                )
            seen[lever] = name
    for name, asked in plan.odds.items():
        for which in asked.policies:
            _known(which, [BASELINE, *file.packages], f"[portfolio.odds] {name}", "package")
        if asked.on is not None:
            _known(asked.on, file.names, f"[portfolio.odds] {name}", "measure")
        for case in (asked.good, asked.bad):
            for belief, level in case.items():
                _known(belief, CATALOGUE, f"[portfolio.odds] {name}", "parameter")
                if not isinstance(level, list):
                    checked_parameters({belief: level})


def _known(name: str, known: Any, where: str, what: str) -> None:
    if name not in known:
        raise InputError(
            f"{where}: no {what} is named {told(name)}{nearest(name, known)}; there are {', '.join(known)}"
        )


def rows_of(case: Mapping[str, Any], worlds: Worlds) -> BoolArray:
    """The worlds of a case: array (n_worlds,)."""
    rows = np.ones(len(worlds), bool)
    for name, level in case.items():
        column = worlds.column(name)
        if isinstance(level, list):
            rows &= (column >= level[0]) & (column <= level[1])
        else:
            rows &= column == checked_parameters({name: level})[name]
    return rows


def cases_of(name: str, one: Odds, worlds: Worlds) -> tuple[BoolArray, BoolArray]:
    """The worlds of both cases of an odds chart.

    Raises
    ------
    InputError
        If a world is in both, or a case has too few.
    """
    good, bad = rows_of(one.good, worlds), rows_of(one.bad, worlds)
    if (good & bad).any():
        raise InputError(
            f"[portfolio.odds] {name}: {int((good & bad).sum())} worlds are in both cases; make them exclude each other"
        )
    for case, rows in (("good", good), ("bad", bad)):
        n = len(np.unique(worlds.number[rows]))
        if n < LEAST_WORLDS:
            raise InputError(
                f"[portfolio.odds] {name}: {n} different worlds are in the {case} case, where {LEAST_WORLDS} are the least; "
                "widen it, or take more worlds"
            )
    return good, bad


def in_words(case: Mapping[str, Any]) -> str:
    """A case in words."""
    return " and ".join(
        f"{name} in {level[0]:g} to {level[1]:g}" if isinstance(level, list) else f"{name} {level}"
        for name, level in case.items()
    )
