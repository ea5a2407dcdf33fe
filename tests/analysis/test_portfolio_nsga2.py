"""How many runs a race saves: the same planted problem given to NSGA-II (pymoo) with fixed replications, at equal error."""

import numpy as np
import pytest

from crink_abm.analysis.portfolio.front import undominated
from crink_abm.analysis.portfolio.race import STEP, Front, race

pytestmark = pytest.mark.slow
#: Measures that may be taken or not: 1,024 policies.
N = 10
#: Replications of which NSGA-II may choose the best, its generations, and its population.
REPLICATIONS, GENERATIONS, POPULATION = (1536, 3072, 6144, 12288, 24576), 60, 60
#: Runs of a policy at most, in races.
MOST = (1024, 4096, 16384)


def problem(seed):
    """Costs and risks of all subsets of ten measures, pairs of which reinforce or hinder each other."""
    rng = np.random.default_rng(seed)
    every = (np.arange(2**N)[:, None] >> np.arange(N)) & 1
    cost = every @ rng.uniform(0.5, 2.0, N)
    pairs = np.triu(rng.normal(0, 0.15, (N, N)), 1)
    score = 0.4 - every @ rng.uniform(0.0, 0.6, N) + np.einsum("ki,ij,kj->k", every, pairs, every)
    return every, cost, 1 / (1 + np.exp(-score))


def draws(risk, seed):
    """Runs: half of the noise is common to all policies."""

    def draw(policies, first, n):
        values = []
        for block in range(first // STEP, (first + n) // STEP):
            rng = np.random.default_rng([seed, block])
            common, own, which = rng.random(STEP), rng.random((len(risk), STEP)), rng.random((len(risk), STEP)) < 0.5
            values.append((np.where(which, common, own) < risk[:, None])[policies])
        return np.concatenate(values, axis=1).astype(np.float32)[:, :, None]

    return draw


def error(chosen, cost, risk):
    """How far a set of policies is from the front: what it lacks at each cost of the front, and what its members are too high."""
    chosen, front = np.flatnonzero(chosen), np.flatnonzero(undominated(cost[:, None], risk[:, None]))
    lacks = [max(0.0, min((risk[k] for k in chosen if cost[k] <= cost[f]), default=1.0) - risk[f]) for f in front]
    high = [risk[k] - risk[cost <= cost[k]].min() for k in chosen]
    return float(np.mean(lacks) + np.mean(high))


def raced(cost, risk, seed, most):
    """(runs, error) of a race: those left, and of them those undominated by their means."""
    found = race(
        cost[:, None], [Front("risk", (0,))], draws(risk, seed), budget=10**8, most=most, promise="each", alpha=0.05
    )
    left = np.flatnonzero(found.alive[0])
    chosen = np.zeros(len(cost), bool)
    chosen[left[undominated(cost[left, None], found.mean[left])]] = True
    return int(found.runs.sum()), error(chosen, cost, risk)


def nsga2(every, cost, risk, estimate, seed):
    """After each fourth generation (evaluations so far, different policies so far, error): every policy has the same replications.

    What is reported are all policies seen that their estimates leave undominated, which errs less than the last population.
    """
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.operators.crossover.pntx import TwoPointCrossover
    from pymoo.operators.mutation.bitflip import BitflipMutation
    from pymoo.operators.sampling.rnd import BinaryRandomSampling
    from pymoo.optimize import minimize

    seen, weights, told, evaluations = np.zeros(len(cost), bool), 1 << np.arange(N), [], [0]

    class Ours(Problem):
        def __init__(self):
            super().__init__(n_var=N, n_obj=2, xl=0, xu=1, vtype=bool)

        def _evaluate(self, x, out, *_, **__):
            which = x.astype(int) @ weights
            seen[which] = True
            evaluations[0] += len(which)
            out["F"] = np.column_stack([cost[which], estimate[which]])

    def after(algorithm):
        if algorithm.n_gen % 4:
            return
        there = np.flatnonzero(seen)
        chosen = np.zeros(len(cost), bool)
        chosen[there[undominated(cost[there, None], estimate[there, None])]] = True
        told.append((evaluations[0], len(there), error(chosen, cost, risk)))

    minimize(
        Ours(), NSGA2(POPULATION, sampling=BinaryRandomSampling(), crossover=TwoPointCrossover(), mutation=BitflipMutation()),
        ("n_gen", GENERATIONS), seed=seed, callback=after,
    )  # fmt: skip
    return np.array(told)


def test_runs_of_nsga2_at_equal_error(capsys):
    """NSGA-II has the race's own random numbers, and its best replications and generation at each error."""
    pytest.importorskip("pymoo")
    ours, theirs = {most: [] for most in MOST}, {r: [] for r in REPLICATIONS}
    for seed in range(4):
        every, cost, risk = problem(seed)
        for most in MOST:
            ours[most].append(raced(cost, risk, seed, most))
        draw, done, total, means = draws(risk, 777 + seed), 0, np.zeros(2**N), {}
        while done < max(REPLICATIONS):
            total += draw(np.arange(2**N), done, 768)[:, :, 0].sum(1)
            done += 768
            if done in REPLICATIONS:
                means[done] = total / done
        for r in REPLICATIONS:
            theirs[r].append(nsga2(every, cost, risk, means[r], seed))
    lines, ratios = [], {}
    for most in MOST:
        runs, wrong = np.mean(ours[most], axis=0)
        need = {"each evaluation": np.inf, "each policy once": np.inf}
        for r, told in theirs.items():
            mean = np.mean(told, axis=0)
            enough = np.flatnonzero(mean[:, 2] <= wrong)
            for column, counted in enumerate(need):
                if len(enough):
                    need[counted] = min(need[counted], r * mean[enough, column].min())
        ratios[most] = {counted: n / runs for counted, n in need.items()}
        lines.append(f"race to {most}: {runs:,.0f} runs, error {wrong:.4f}; NSGA-II runs over ours: "
                     + ", ".join(f"{x:.1f} (counting {counted})" for counted, x in ratios[most].items()))  # fmt: skip
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert ratios[max(MOST)]["each evaluation"] >= 5.0  # 7.6 when written; the nearer the front, the more a race saves
    assert min(ratio["each policy once"] for ratio in ratios.values()) >= 1.0
