"""The tables of a portfolio study's report, all from fresh runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...estimation import clusters
from ...typing import BoolArray, IntArray
from ..questions import BASELINE
from ..responses import Arm, Responses, Setting
from . import plan as plans
from . import trade
from .design import CURRENCIES, costs_of
from .plan import PortfolioFile
from .robust import regret_matrix

#: Names of a coalition of pillars and of a lever raised, as arms.
COALITION, RAISED = "pillars: {}", "{} raised"


def robust(
    file: PortfolioFile, chosen: list[tuple[str, str, int, float]], arms: list[Arm], finals: Responses, fresh: Responses
) -> pd.DataFrame:
    judge, number, rows = file.names.index(file.judge), fresh.number, []
    for budget, criterion, k, _ in chosen:
        name = arms[k].name
        now = fresh.change(name, BASELINE, judge).mean(0)
        before = finals.change(name, BASELINE, judge).mean(0)
        rows.append((budget, criterion, name, _said(arms[k]), float(before.mean()),
                     *clusters.mean_interval(fresh.level(name, judge).mean(0), number),
                     *clusters.mean_interval(now, number), *clusters.mean_interval(now - before, number),
                     len(now), fresh.rounds))  # fmt: skip
    return pd.DataFrame(rows, columns=["budget", "criterion", "policy", "levers", "chosen_by", "fresh", "low", "high", "change",
                                       "change_low", "change_high", "less", "less_low", "less_high", "n_worlds",
                                       "runs_per_world"])  # fmt: skip


def _said(arm: Arm) -> str:
    return ", ".join(
        f"{name} {'on a schedule' if isinstance(x, Mapping) else f'{x:g}'}" for name, x in arm.levers.items()
    )


def levels(fresh: Responses, shown: list[str], names: list[str]) -> pd.DataFrame:
    rows = []
    for name in shown:
        for k, measure in enumerate(names):
            level = clusters.mean_interval(fresh.level(name, k).mean(0), fresh.number)
            change = clusters.mean_interval(fresh.change(name, BASELINE, k).mean(0), fresh.number)
            rows.append((name, measure, *level, *change, len(fresh.number), fresh.rounds))
    return pd.DataFrame(rows, columns=["policy", "measure", "level", "low", "high", "change", "change_low", "change_high",
                                       "n_worlds", "runs_per_world"])  # fmt: skip


def regret(
    file: PortfolioFile,
    fresh: Responses,
    shown: list[str],
    arms: list[Arm],
    best: IntArray,
    cases: Mapping[str, BoolArray],
) -> pd.DataFrame:
    judge = file.names.index(file.judge)
    losses = np.stack([fresh.level(name, judge).mean(0) for name in shown])
    there = {case: arms[k].name for case, k in zip(cases, best, strict=True)}
    return regret_matrix(
        shown,
        losses,
        {case: fresh.level(name, judge).mean(0) for case, name in there.items()},
        there,
        cases,
        fresh.number,
    )


def break_even(file: PortfolioFile, setting: Setting, fresh: Responses) -> pd.DataFrame:
    rows = []
    now = costs_of([setting.baseline], setting.months, setting.start)[0, 0]
    for a, b in file.portfolio.break_even:
        steps = [{**setting.baseline, name: setting.baseline[name] + file.portfolio.step} for name in (a, b)]
        cost = costs_of(steps, setting.months, setting.start)[0] - now
        for k, measure in enumerate(file.names):
            gain = [-fresh.change(RAISED.format(name), BASELINE, k).mean(0) for name in (a, b)]
            for c, currency in enumerate(CURRENCIES):
                if (cost[:, c] <= 0).any():
                    continue
                ratio, _, _ = trade.break_even(gain[0], gain[1], cost[0, c], cost[1, c], fresh.number)
                rows.append((a, b, measure, currency, cost[0, c], cost[1, c], *clusters.mean_interval(gain[0], fresh.number),
                             *clusters.mean_interval(gain[1], fresh.number), ratio.value, ratio.kind, ratio.low, ratio.high,
                             len(fresh.number), fresh.rounds))  # fmt: skip
    return pd.DataFrame(rows, columns=["lever", "other", "measure", "currency", "cost", "other_cost", "lowers", "lowers_low",
                                       "lowers_high", "other_lowers", "other_low", "other_high", "factor", "kind",
                                       "factor_low", "factor_high", "n_worlds", "runs_per_world"])  # fmt: skip


def shapley(file: PortfolioFile, pillars: Mapping[frozenset[str], Any], fresh: Responses) -> pd.DataFrame:
    found, none = [], COALITION.format("none")
    for k, measure in enumerate(file.names) if len(pillars) > 1 else ():
        value = {
            some: -fresh.change(COALITION.format(" + ".join(sorted(some)) or "none"), none, k).mean(0)
            for some in pillars
        }
        table = trade.shapley(value, fresh.number)
        table.insert(0, "measure", measure)
        found.append(table.assign(n_worlds=len(fresh.number), runs_per_world=fresh.rounds))
    columns = ["measure", "kind", "pillars", "value", "low", "high", "n_worlds", "runs_per_world"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def odds(file: PortfolioFile, setting: Setting, fresh: Responses) -> pd.DataFrame:
    rows = []
    for name, one in file.portfolio.odds.items():
        good, bad = plans.cases_of(name, one, setting.worlds)
        on = one.on or file.judge
        apart = fresh.change(one.policies[0], one.policies[1], file.names.index(on)).mean(0)
        found = trade.odds(apart, good, bad, fresh.number)
        rows.append({"name": name, "A": one.policies[0], "B": one.policies[1], "measure": on,
                     "good_case": plans.in_words(one.good),
                     "bad_case": plans.in_words(one.bad), "share_bad": bad.sum() / (good | bad).sum(), **{
                         f"{key}_apart" if key in ("good", "bad") else key: value for key, value in found.items()},
                     "n_good": int(good.sum()), "n_bad": int(bad.sum()), "runs_per_world": fresh.rounds})  # fmt: skip
    return pd.DataFrame(rows)
