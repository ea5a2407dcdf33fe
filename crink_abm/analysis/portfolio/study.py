"""A portfolio study, from its file to its tables: design, race, finals in every world, and what is reported, in fresh runs.

Three stages never share a run. The race says who may be on a front. The finals run those in every world; fronts, robust policies
and the best of each structure are chosen by them. All that is reported of a chosen policy comes from runs after both, so no
number is good because it was chosen for being good.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...estimation import clusters
from ...experiment.design import baseline
from ...model import levers
from ...typing import BoolArray, FloatArray, IntArray, PathLike
from ..kept import Kept, keeping, key_of
from ..questions import BASELINE, read, setting_of
from ..responses import Arm, Setting, respond
from . import plan as plans
from . import tables
from .design import CURRENCIES, Policies, designed
from .front import chances, world_weights
from .plan import PortfolioFile
from .race import Front, Raced, race
from .robust import CRITERIA, criteria, regrets, structures_of
from .runs import drawer
from .trade import coalitions

#: The command, and the owner of its folder.
COMMAND = "portfolio"


@dataclass(frozen=True, eq=False)
class Portfolio:
    """What a portfolio study found.

    Attributes
    ----------
    policies : a row a policy: name, levers, money and politics with their ranges, runs in the race and the mean of each measure
        in them; for each front F the runs after which it was dropped from it (``dropped_F``; 0: it was not), and the
        probability that it is on it (``chance_F``; 0 for those dropped from all, nan for those left that are no finalists); for
        finalists each measure's mean in the finals with its interval
    looks : a row a look of the race
    robust : a row a budget and criterion: the policy chosen; ``chosen_by`` its change from the baseline in the
        finals; in fresh runs its loss (``fresh``) and ``change`` with their intervals, and ``less``, that change less the one in
        the finals: what the choice flattered
    levels : a row a reported policy and measure, in fresh runs: level and change from the baseline with intervals
    regret : a row a reported policy and structural case
    break_even, shapley, odds : what is traded
    facts : numbers of policies, worlds, runs and budgets, and words
    """

    policies: pd.DataFrame
    looks: pd.DataFrame
    robust: pd.DataFrame
    levels: pd.DataFrame
    regret: pd.DataFrame
    break_even: pd.DataFrame
    shapley: pd.DataFrame
    odds: pd.DataFrame
    facts: dict[str, Any]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        names = ("policies", "looks", "robust", "levels", "regret", "break_even", "shapley", "odds")
        return {name: getattr(self, name) for name in names}


def portfolio(
    experiment: PathLike | Mapping[str, Any] | PortfolioFile,
    *,
    out: PathLike | None = None,
    progress: Callable[..., object] | None = None,
) -> Portfolio:
    """Thousands of policies by many worlds: fronts of cost and risk, robust policies, and what levers trade for.

    Parameters
    ----------
    experiment : a file with a ``[portfolio]`` table (``experiments/portfolio.toml``), or a dict of the same shape
    out : folder where finished pieces and tables are kept; the same call takes up after an interruption
    progress : called with the runs of the race done and its budget, then with arms done and those in all

    Raises
    ------
    InputError
        On a file that asks for what cannot be had, or a folder that is another's.

    Examples
    --------
    >>> found = portfolio({
    ...     "experiment": {"name": "small", "seed": 1, "runs": 1, "months": 24},
    ...     "worlds": {"ensemble": "defaults"}, "ask": {"outcomes": ["any_failure"], "runs_per_world": 200},
    ...     "packages": {"more forces": {"usfk_posture": 0.9}},
    ...     "portfolio": {"policies": 8, "budget": 1024, "most_runs": 128, "finalists": 4, "final_rounds": 100},
    ... })
    >>> len(found.policies), found.policies["name"].tolist()[:2]
    (8, ['baseline', 'more forces'])
    >>> int(found.policies["runs"].sum()) <= 1024
    True
    """
    file = read(experiment, PortfolioFile)
    setting = prepared(file)
    with keeping(out, COMMAND) as kept:
        found = run(file, setting, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def prepared(file: PortfolioFile) -> Setting:
    """The setting of a file that has been judged.

    Raises
    ------
    InputError
        As of :func:`crink_abm.analysis.portfolio.plan.judged`.
    """
    plans.judged(file, baseline(file))
    setting = setting_of(file)
    for name, one in file.portfolio.odds.items():
        plans.cases_of(name, one, setting.worlds)
    return setting


def run(
    file: PortfolioFile,
    setting: Setting,
    kept: Kept | None = None,
    progress: Callable[..., object] | None = None,
) -> Portfolio:
    """Design, race, finals, and the report in fresh runs."""
    plan, names, fronts = file.portfolio, file.names, file.fronts()
    months, start, worlds = setting.months, setting.start, setting.worlds
    policies = designed(
        plan.policies, {BASELINE: {}, **file.packages}, baseline=setting.baseline,
        chosen=list(levers.LEVERS) if plan.levers == "all" else plan.levers, moves=(plan.moves[0], plan.moves[1]),
        caps={"money": plan.most_money, "politics": plan.most_politics}, seed=plan.seed, months=months, start=start,
    )  # fmt: skip
    raced_fronts = fronts[: len(plan.raced)] if plan.raced else fronts
    draw = drawer(setting, policies.levers, file.measures(), file.tops(), names=policies.names)
    decides = [setting.seed, months, start, setting.baseline, setting.drivers, policies.levers, names, plan.losses]
    raced = race(
        policies.cost, raced_fronts, draw, budget=plan.budget, most=plan.most_runs, alpha=plan.alpha,
        promise=plan.promise, n_risks=len(names), kept=kept, key=[decides, key_of(worlds.values)],
        progress=progress,
    )  # fmt: skip
    first = -(-int(raced.runs.max()) // len(worlds) // 2) * 2
    first += 2 if first * len(worlds) < int(raced.runs.max()) else 0
    finalists = _finalists(policies, raced, raced_fronts, fronts, plan.finalists, len(file.packages) + 1)
    arms = [Arm(policies.names[k], policies.levers[k]) for k in finalists]
    how: dict[str, Any] = {"kept": kept, "progress": progress}
    if progress:
        progress(0, len(arms))
    finals = respond(setting, arms, file.measures(), rounds=plan.final_rounds, first_round=first, **how)
    halves = finals.total.transpose(3, 0, 1, 2)  # (measures, finalists, halves, worlds)
    table = _policy_table(file, policies, raced, raced_fronts, fronts, finalists, halves, worlds.number)

    cases, few = structures_of(worlds)
    judge = halves[names.index(file.judge)]
    chosen = _chosen(file, policies.cost[finalists], judge, cases)
    _, best = regrets(judge, cases) if cases else (None, np.zeros(0, np.int64))
    wanted: dict[str, Arm] = {arms[k].name: arms[k] for k in range(len(file.packages) + 1)}
    wanted |= {arms[k].name: arms[k] for _, _, k, _ in chosen} | {arms[k].name: arms[k] for k in best}
    pillars = coalitions({name: file.packages[name] for name in plan.pillars})
    for some, moved in pillars.items():
        wanted |= {(at := tables.COALITION.format(" + ".join(sorted(some)) or "none")): Arm(at, moved)}
    for name in dict.fromkeys(one for pair in plan.break_even for one in pair):
        at = tables.RAISED.format(name)
        wanted[at] = Arm(at, {name: setting.baseline[name] + plan.step})
    if progress:
        progress(0, len(wanted))
    fresh = respond(
        setting,
        list(wanted.values()),
        file.measures(),
        rounds=file.ask.runs_per_world,
        first_round=first + plan.final_rounds,
        **how,
    )

    shown = list(dict.fromkeys([BASELINE, *file.packages, *(arms[k].name for _, _, k, _ in chosen)]))
    facts = {
        "policies": len(policies), "drawn": policies.drawn, "worlds": len(worlds), "different": len(np.unique(worlds.number)),
        "origin": worlds.origin, "race_runs": int(raced.runs.sum()), "budget": plan.budget, "looks": len(raced.looks),
        "ended": raced.ended, "left": len(raced.left), "finalists": len(finalists), "final_rounds": plan.final_rounds,
        "fresh_rounds": file.ask.runs_per_world, "fresh_arms": len(wanted), "alpha": plan.alpha, "promise": plan.promise,
        "judge": file.judge, "fronts": [front.name for front in fronts], "raced": [front.name for front in raced_fronts],
        "margin": file.ask.margin, "few": few, "step": plan.step, "draws": plan.draws,
        "first_run_of_finals": first * len(worlds), "first_run_of_report": (first + plan.final_rounds) * len(worlds),
        "odds_cases": {k: (plans.in_words(o.good), plans.in_words(o.bad)) for k, o in plan.odds.items()},
        "names": names,
    }  # fmt: skip
    return Portfolio(
        table, raced.looks, tables.robust(file, chosen, arms, finals, fresh), tables.levels(fresh, shown, names),
        tables.regret(file, fresh, shown, arms, best, cases), tables.break_even(file, setting, fresh),
        tables.shapley(file, pillars, fresh), tables.odds(file, setting, fresh), facts,
    )  # fmt: skip


def _finalists(
    policies: Policies, raced: Raced, raced_fronts: list[Front], fronts: list[Front], most: int, named: int
) -> IntArray:
    """Those with a name, then those left in the race that were nearest to a front, by their places."""
    left = raced.alive.any(0)
    near = np.full(len(policies), np.inf)
    for front in fronts:
        risk = raced.mean[:, list(front.risks)]
        spread = np.maximum(risk.std(0), 1e-12)
        gap = np.zeros(len(policies))
        for k in np.flatnonzero(left):
            cheap = (policies.cost <= policies.cost[k]).all(1) & left
            gap[k] = ((risk[k] - risk[cheap]) / spread).min(1).max(initial=0.0)
        near = np.minimum(near, gap)
    near[~left], near[:named] = np.inf, -1.0
    order = np.argsort(near, kind="stable")
    return np.sort(order[: min(max(most, named), int((near < np.inf).sum()))])


def _policy_table(
    file: PortfolioFile, policies: Policies, raced: Raced, raced_fronts: list[Front], fronts: list[Front], finalists: IntArray,
    halves: FloatArray, number: IntArray,
) -> pd.DataFrame:  # fmt: skip
    names, base = file.names, levers.checked()
    table = pd.DataFrame({"name": policies.names})
    for lever in levers.LEVERS:
        table[lever] = [
            np.nan if isinstance(one.get(lever), Mapping) else float(one.get(lever, base[lever]))
            for one in policies.levers
        ]
    for c, currency in enumerate(CURRENCIES):
        table[currency], table[f"{currency}_low"], table[f"{currency}_high"] = (
            policies.cost[:, c], policies.low[:, c], policies.high[:, c]
        )  # fmt: skip
    table["runs"] = raced.runs
    for k, name in enumerate(names):
        if k < raced.mean.shape[1]:
            table[f"race_{name}"] = raced.mean[:, k] * file.tops()[k]
    for f, front in enumerate(raced_fronts):
        table[f"dropped_{front.name}"] = raced.dropped_at[f]
    left = raced.alive.any(0)
    table["left"], table["finalist"] = left, np.isin(np.arange(len(policies)), finalists)
    weights, own = world_weights(number, file.portfolio.draws, file.experiment.seed), halves.mean(2)
    for front in fronts:
        chance = np.where(left, np.nan, 0.0)
        by_world = np.moveaxis(own[list(front.risks)], 0, 2)
        chance[finalists] = chances(policies.cost[finalists], by_world, weights)
        table[f"chance_{front.name}"] = chance
    for k, name in enumerate(names):
        found = np.full((len(policies), 3), np.nan)
        found[finalists] = [clusters.mean_interval(x, number) for x in own[k]]
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found.T
    return table


def _chosen(
    file: PortfolioFile, cost: FloatArray, judge: FloatArray, cases: Mapping[str, BoolArray]
) -> list[tuple[str, str, int, float]]:
    """The best finalist of each budget by each criterion: (budget, criterion, its place, its value in the finals)."""
    found = []
    for name, budget in (file.portfolio.budgets or {"any": plans.Budget()}).items():
        within = np.flatnonzero((cost[:, 0] <= budget.money) & (cost[:, 1] <= budget.politics))
        if not len(within):
            continue
        table = criteria(judge[within], cases)
        for criterion in CRITERIA:
            if criterion in table:
                k = int(table[criterion].to_numpy().argmin())
                found.append((name, criterion, int(within[k]), float(table["mean"].iloc[k])))
    return found
