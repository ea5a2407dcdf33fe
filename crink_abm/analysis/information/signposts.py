"""Signposts: what seen by which month tells which policy to hold from then on, and whether it pays to wait for it.

All policies are the baseline up to a month, and each its own from then on; a run has the same past under all of them. A rule, a
shallow tree on what is seen of that past, is found on half of the worlds and scored on the other, run by run against the one
policy that was best on the first half. Source: Haasnoot et al. 2013 (signposts and triggers); Athey and Wager 2021 (trees).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...estimation import clusters
from ...typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rule:
    """Which policy to take from a month on.

    Attributes
    ----------
    words : "if A > 3 then x, else y"
    policy : array (n_runs,): the policy's number for each run
    used : observables that the rule asks for
    """

    words: str
    policy: IntArray
    used: tuple[str, ...]


def found_on(
    seen: FloatArray, losses: FloatArray, here: BoolArray, names: Sequence[str], policies: Sequence[str], depth: int
) -> Rule:
    """A shallow tree on observables, found on some runs: each leaf takes the policy with the least mean loss there.

    Parameters
    ----------
    seen : array (n_runs, n_observables)
    losses : array (n_policies, n_runs)
    here : the runs that it is found on
    names, policies : of the columns, and of the policies
    depth : questions in a row at most
    """
    from sklearn.tree import DecisionTreeRegressor

    target = (losses - losses.mean(0)).T
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=max(1, int(here.sum()) // 20), random_state=0)
    tree.fit(seen[here], target[here])
    leaf_here, leaf = tree.apply(seen[here]), tree.apply(seen)
    best = np.zeros(tree.tree_.node_count, int)
    for node in np.unique(leaf_here):
        best[node] = int(target[here][leaf_here == node].mean(0).argmin())
    used: list[str] = []

    def say(node: int) -> tuple[str, set[int]]:
        left, right = tree.tree_.children_left[node], tree.tree_.children_right[node]
        if left < 0:
            return policies[best[node]], {int(best[node])}
        below, above = say(left), say(right)
        if below[1] == above[1] and len(below[1]) == 1:
            return below
        name = names[tree.tree_.feature[node]]
        used.append(name)
        words = f"if {name} is above {tree.tree_.threshold[node]:.3g}: {above[0]}; else: {below[0]}"
        return f"({words})" if node else words, below[1] | above[1]

    words, _ = say(0)
    return Rule(words, best[leaf], tuple(dict.fromkeys(used)))


def scored(rule: Rule, losses: FloatArray, there: BoolArray, held: int, world: IntArray) -> tuple[float, float, float]:
    """What a rule saves, against one policy held: mean, low, high over the worlds of some runs; 95 %.

    Parameters
    ----------
    rule : found on other worlds
    losses : array (n_policies, n_runs)
    there : the runs that it is scored on
    held : the policy that it is compared with
    world : array (n_runs,), the different world of each run
    """
    runs = np.flatnonzero(there)
    saved = losses[held, runs] - losses[rule.policy[runs], runs]
    return clusters.mean_interval(saved, np.unique(world[runs], return_inverse=True)[1])


def best_signpost(
    seen: dict[int, FloatArray], losses: dict[int, FloatArray], names: Sequence[str], policies: Sequence[str], world: IntArray, *,
    depth: int = 2, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """The rule by each month and observable, found on half of the worlds; the best of them there, scored on the other half.

    Parameters
    ----------
    seen : month -> array (n_runs, n_observables)
    losses : month -> array (n_policies, n_runs), of policies that begin there
    names, policies : of observables and policies
    world : array (n_runs,), the different world of each run
    depth : of the tree on all observables; a single observable has one threshold
    seed : which worlds are in which half

    Returns
    -------
    DataFrame: a row a month and observable (``all``: the tree on all): rule, found (what it saves by cross-validation
    in the half it was found on),
    saves, low, high (on the other half), held (the policy it is compared with), chosen (the one that would be taken,
    by ``found``),
    pays (of the chosen one: whether its interval lies above zero)
    """
    numbers = np.unique(world)
    shuffled = np.random.default_rng(seed).permutation(numbers)
    quarter = np.zeros(int(numbers.max()) + 1, int)
    quarter[shuffled] = np.arange(len(numbers)) % 4
    part = quarter[world]
    here = part < 2
    rows = []
    for month, table in seen.items():
        loss = losses[month]
        held = int(loss[:, here].mean(1).argmin())
        for name, columns in [("all", list(range(len(names)))), *((name, [k]) for k, name in enumerate(names))]:
            cut = table[:, columns]
            said = [names[k] for k in columns]
            deep = depth if name == "all" else 1
            inner = 0.0
            for one, other in ((0, 1), (1, 0)):  # within the first half: found in a quarter, tried in another
                tried = found_on(cut, loss, part == one, said, policies, deep)
                runs = np.flatnonzero(part == other)
                own = int(loss[:, part == one].mean(1).argmin())
                inner += 0.5 * float((loss[own, runs] - loss[tried.policy[runs], runs]).mean())
            rule = found_on(cut, loss, here, said, policies, deep)
            saves, low, high = scored(rule, loss, ~here, held, world)
            rows.append((month, name, rule.words, ", ".join(rule.used), policies[held], inner, saves, low, high,
                         int((~here).sum()), len(np.unique(world[~here]))))  # fmt: skip
    made = pd.DataFrame(
        rows,
        columns=["month", "observable", "rule", "asks", "held", "found", "saves", "low", "high", "n_runs", "n_worlds"],
    )
    made["chosen"] = np.arange(len(made)) == int(made["found"].to_numpy().argmax())
    made["pays"] = made["chosen"] & (made["low"] > 0.0) & (made["found"] > 0.0)
    return made


def sentence(table: pd.DataFrame) -> str:
    """What a policy reader may quote: the signpost that pays, or that none does."""
    row = table[table["chosen"]].iloc[0]
    interval = f"{row['saves']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
    if row["pays"]:
        return (
            f"A signpost pays: {row['rule']} (by month {row['month']}). Against {row['held']} it saves {interval} of loss, on "
            f"{row['n_worlds']} worlds that it was not found on."
        )
    if not row["asks"]:
        return (
            f"No signpost pays: on the half of the worlds where rules were looked for, none by any month did better than to hold "
            f"{row['held']}."
        )
    return (
        f"No signpost pays: the best rule found ({row['rule']}, by month {row['month']}) saves {interval} of loss against "
        f"{row['held']}, on {row['n_worlds']} worlds that it was not found on."
    )
