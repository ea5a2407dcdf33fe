"""Races: planted fronts are found, equal policies stay, budgets hold, and a race that is killed goes on with the same numbers."""

import numpy as np
import pytest

from crink_abm import InputError
from crink_abm.analysis.kept import Kept
from crink_abm.analysis.portfolio.front import chances, on_front, undominated, world_weights
from crink_abm.analysis.portfolio.race import STEP, Front, race

ONE = [Front("risk", (0,))]


def planted(seed, n=200, members=10, gap=0.07):
    """A front of known members, and policies at least ``gap`` above it: (costs, risks, whether each is on it)."""
    rng = np.random.default_rng(seed)
    ladder = np.linspace(0.0, 1.0, members)
    risk_there = 0.6 - 0.5 * ladder**0.7
    cost = rng.random(n - members)
    risk = np.minimum(
        risk_there[np.searchsorted(ladder, cost, side="right") - 1] + gap + rng.exponential(0.08, n - members), 0.95
    )
    order = rng.permutation(n)
    return np.r_[ladder, cost][order, None], np.r_[risk_there, risk][order], (np.arange(n) < members)[order]


def noisy(risk, seed, calls=None, alike=0.5):
    """Runs of policies with these risks: a share of the draws is common to all, the rest is each policy's own."""
    risk = np.atleast_2d(np.asarray(risk, float).T).T

    def draw(policies, first, n):
        if calls is not None:
            calls.append((first, n, len(policies)))
        values = []
        for block in range(first // STEP, (first + n) // STEP):
            rng = np.random.default_rng([seed, block])
            common, own, which = rng.random(STEP), rng.random((len(risk), STEP)), rng.random((len(risk), STEP)) < alike
            values.append(np.where(which, common, own)[policies])
        u = np.concatenate(values, axis=1)
        return (u[:, :, None] < risk[policies, None, :]).astype(np.float32)

    return draw


def found_in(seeds):
    """In how many races the planted front is found exactly, and how many lost a member of it."""
    exact = lost = 0
    for seed in seeds:
        cost, risk, front = planted(seed)
        found = race(cost, ONE, noisy(risk, seed), budget=3_000_000, most=8192)
        assert found.runs.sum() <= 3_000_000
        exact += bool((found.alive[0] == front).all())
        lost += bool((front & ~found.alive[0]).any())
    return exact, lost


def test_planted_fronts_are_found():
    exact, lost = found_in(range(15))
    assert lost == 0
    assert exact >= 14


@pytest.mark.slow
def test_planted_fronts_are_found_in_95_of_100():
    exact, lost = found_in(range(1000, 1200))
    assert lost <= 10  # alpha = 5 %
    assert exact >= 190


def dropped(promise, seeds, n=60, looks=2048):
    """Among equal policies of rising cost: the share of races that drop any, and the mean share of policies dropped."""
    any_, share = [], []
    for seed in seeds:
        found = race(
            np.arange(n)[:, None], ONE, noisy(np.full(n, 0.3), seed), budget=n * looks, most=looks, promise=promise, alpha=0.05
        )  # fmt: skip
        any_.append((~found.alive).any())
        share.append((~found.alive).mean())
    return np.mean(any_), np.mean(share)


def test_equal_policies_are_not_dropped_beyond_alpha_and_a_test_without_looks_in_mind_drops_most():
    any_, _ = dropped("any", range(40))
    assert any_ <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 40)
    _, share = dropped("each", range(40))
    assert share <= 0.05
    naive = []  # negative control: the same runs, a z test at 5 % at each look against the least risk so far
    for seed in range(10):
        draw, gone, sums = noisy(np.full(60, 0.3), seed), np.zeros(60, bool), np.zeros(60)
        for look in range(32):
            x = draw(np.arange(60), look * STEP, STEP)[:, :, 0]
            sums += x.sum(1)
            n = (look + 1) * STEP
            best = sums.argmin()
            gone |= (sums - sums[best]) / n > 1.645 * np.sqrt(2 * 0.5 * 0.21 / n)
            gone[: best + 1] &= np.arange(60)[: best + 1] != best
        naive.append(gone.mean())
    assert np.mean(naive) > 0.3


def test_a_front_of_two_risks_keeps_what_is_better_in_one():
    risk = np.array([[0.5, 0.5], [0.2, 0.6], [0.6, 0.2], [0.7, 0.7]])
    found = race(
        np.zeros((4, 1)), [Front("both", (0, 1)), Front("first", (0,))], noisy(risk, 1), budget=40_000, most=4096
    )
    assert found.alive[0].tolist() == [True, True, True, False]
    assert found.alive[1].tolist() == [False, True, False, False]
    assert found.dropped_at[0, 3] > 0
    assert np.allclose(found.mean[1], risk[1], atol=5 * np.sqrt(0.25 / found.runs[1]))


@pytest.mark.parametrize("budget", [200 * STEP, 200 * STEP + 17, 100_000])
def test_the_budget_is_kept_and_told(budget):
    cost, risk, _ = planted(3)
    calls = []
    found = race(cost, ONE, noisy(risk, 3, calls), budget=budget, most=8192)
    spent = sum(n * policies for _, n, policies in calls)
    assert spent == found.runs.sum() == found.looks["runs_of_all"].sum() <= budget
    assert found.ended == "the budget"
    assert found.looks["left_risk"].iloc[-1] == found.alive.sum()


def test_a_budget_below_one_look_is_refused():
    with pytest.raises(InputError, match="12,800 runs for a first look"):
        race(np.zeros((200, 1)), ONE, noisy(np.full(200, 0.3), 1), budget=12_799, most=64)


class Killed(BaseException):
    pass


def test_a_killed_race_goes_on_where_it_was(tmp_path):
    cost, risk, _ = planted(5, n=60)
    how = {"budget": 60_000, "most": 1024}
    whole = race(cost, ONE, noisy(risk, 5), **how)
    calls = []
    plain = noisy(risk, 5, calls)

    def mortal(policies, first, n):
        if len(calls) == 4:
            raise Killed
        return plain(policies, first, n)

    with Kept(tmp_path, "portfolio").work() as kept, pytest.raises(Killed):
        race(cost, ONE, mortal, **how, kept=kept, key="x")
    before = list(calls)
    calls.clear()
    with Kept(tmp_path, "portfolio").work() as kept:
        again = race(cost, ONE, plain, **how, kept=kept, key="x")
    assert not set(before) & set(calls)
    for name in ("alive", "dropped_at", "evidence", "runs", "mean"):
        assert np.array_equal(getattr(again, name), getattr(whole, name)), name
    assert again.looks.equals(whole.looks)


def test_fronts_are_those_of_the_definition():
    rng = np.random.default_rng(8)
    costs, risks = rng.integers(0, 5, (40, 2)).astype(float), rng.random((40, 3, 2)).round(1)
    got = on_front(costs, risks)
    for k in range(40):
        for d in range(3):
            worse = any(
                j != k and (costs[j] <= costs[k]).all() and (risks[j, d] < risks[k, d]).all() for j in range(40)
            )
            assert got[k, d] == (not worse)
    assert undominated(costs, risks[:, 0]).tolist() == got[:, 0].tolist()


def test_the_chance_to_be_on_the_front_is_even_for_equals_and_sure_for_what_is_far():
    """A dearer policy with the same risk is on the front as often as not; over repetitions its chance is about uniform."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        by_world = np.array([0.5, 0.5, 0.9])[:, None] + rng.normal(0, 0.1, (3, 80))
        found.append(
            chances(np.array([[0.0], [1.0], [2.0]]), by_world[:, :, None], world_weights(np.arange(80), 200, seed))
        )
    found = np.array(found)
    assert (found[:, 0] == 1.0).all()
    assert found[:, 2].max() == 0.0
    assert abs(found[:, 1].mean() - 0.5) < 4 * np.sqrt(1 / 12 / 60)
    assert (found[:, 1] < 0.1).mean() < 0.3 and (found[:, 1] > 0.9).mean() < 0.3


def test_worlds_are_drawn_whole():
    weights = world_weights(np.array([0, 0, 1, 2, 2, 2]), 50, 1)
    assert np.allclose(weights.sum(1), 1.0)
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 3] == weights[:, 5]).all()
    assert len(np.unique(weights[:, 2])) > 2
