"""Control variates: the luck has mean 0, taking it out leaves means as they are, and intervals cover."""

import numpy as np
import pytest

from crink_abm import batch, levers, outcomes, worlds
from crink_abm.control import LEAST, Moments
from crink_abm.outcomes import LUCKS, OUTCOMES
from crink_abm.tally import CONTROL, COUNTS, Tally, interval_columns

_POLICIES = ({}, {"usfk_posture": 0.9, "sanctions_intensity": 0.9, "trilateral_coordination": 0.2})


@pytest.fixture(scope="module")
def spread():
    """Twenty worlds over the whole ranges and all structures."""
    return worlds.prior(324, seed=3, which="all", fixed=None).first(20)


def _runs(spread, n, *, seed, policy=_POLICIES[0], months=60):
    calendar = levers.calendar(policy, months, "2026-01")
    return batch.run_many(calendar, spread.values, n, seed=seed, world_of=spread.of_runs(0, n))


@pytest.mark.parametrize("policy", _POLICIES, ids=["today", "moved"])
def test_the_mean_of_luck_is_zero_under_every_policy(spread, policy):
    results = _runs(spread, 60_000, seed=11, policy=policy, months=120)
    lucks = outcomes.luck(results)
    z = lucks.mean(0) / (lucks.std(0) / np.sqrt(len(lucks)))
    assert (np.abs(z) < 4.0).all(), dict(zip(LUCKS, z, strict=True))
    assert (lucks.std(0) > 0).all()
    # Negative control: odds that are a tenth too high in one decision are seen.
    k, event = LUCKS.index("luck_korea"), outcomes.months(results)[:, list(OUTCOMES).index("korea_failure")] >= 0
    wrong = event - 1.1 * (event - lucks[:, k])
    assert abs(wrong.mean() / (wrong.std() / np.sqrt(len(wrong)))) > 4.0


def _skewed(rng, n):
    luck = rng.exponential(size=n) - 1.0
    return (luck * luck)[:, None], luck[:, None]


def _estimate(y, luck, *, own):
    n = len(y)
    half = np.arange(n) % 2
    moments = Moments(1, 1, 1)
    moments.add(y, luck, np.zeros(n, int), half)
    if not own:
        return moments.adjusted().mean[0]
    slope = np.cov(y[:, 0], luck[:, 0])[0, 1] / luck.var(ddof=1)
    return (y[:, 0] - slope * luck[:, 0]).mean()


def test_multiples_from_the_other_half_leave_the_mean_as_it_is():
    rng, means = np.random.default_rng(4), {}
    samples = [_skewed(rng, 2 * LEAST + 20) for _ in range(6000)]
    for own in (False, True):
        made = np.array([_estimate(*sample, own=own) for sample in samples])
        means[own] = (made.mean() - 1.0) / (made.std() / np.sqrt(len(made)))
    assert abs(means[False]) < 4.0
    assert abs(means[True]) > 4.0  # negative control: multiples from the same runs bias it


def _same_however_cut(luck):
    y = np.random.default_rng(3).integers(0, 2, (4000, 3))
    world, half = np.arange(4000) % 7, np.arange(4000) // 7 % 2
    made = []
    for size in (4000, 512, 33):
        moments = Moments(7, 3, 2)
        for first in range(0, 4000, size):
            piece = slice(first, first + size)
            moments.add(y[piece], luck[piece], world[piece], half[piece])
        made.append(moments.cross.tobytes() + moments.sums.tobytes())
    return len(set(made)) == 1


def test_sums_do_not_depend_on_the_cut():
    rng = np.random.default_rng(2)
    luck = rng.normal(size=(4000, 2))
    assert _same_however_cut(np.round(luck / outcomes.LUCK_UNIT) * outcomes.LUCK_UNIT)
    assert not _same_however_cut(luck)  # negative control: sums of numbers with all their digits do


def test_the_error_is_that_of_runs_spread_over_worlds(spread):
    """Without luck to take out, the standard error is that of a stratified sample, worked out plainly."""
    results = _runs(spread, 4000, seed=5)
    event = outcomes.months(results) >= 0
    world = spread.of_runs(0, 4000)
    moments = Moments(20, event.shape[1], 1)
    moments.add(event, np.zeros((4000, 1)), world, np.arange(4000) // 20 % 2)
    by_world = np.array([event[world == w].var(axis=0, ddof=1) for w in range(20)])
    assert moments.adjusted().error == pytest.approx(np.sqrt(by_world.mean(0) / 4000))
    assert moments.adjusted().mean == pytest.approx(event.mean(0))


def _table(spread, results, base, months):
    tally = Tally(spread, months, 0)
    for point, values in enumerate((base, results)):
        tally.add(point, 0, values, outcomes.observed(base))
        tally.close(point)
    import pandas as pd

    points = pd.DataFrame({"point": [0, 1], "family": ["baseline", "policy"]})
    return tally.estimates(points)


def test_the_best_estimate_agrees_with_brute_force_and_needs_fewer_runs(spread):
    few = [_runs(spread, 8_000, seed=21, policy=policy) for policy in _POLICIES]
    many = [outcomes.months(_runs(spread, 400_000, seed=22, policy=policy)) >= 0 for policy in _POLICIES]
    table = _table(spread, few[1], few[0], 60)
    table = table[(table["point"] == 1) & table["outcome"].isin(OUTCOMES)].set_index("outcome")
    truth = {"prob": many[1].mean(0), "diff": many[1].mean(0) - many[0].mean(0)}
    wrong = {"prob": many[1].std(0), "diff": (many[1].astype(int) - many[0]).std(0)}
    for name, error in (("prob", "mc_sd"), ("diff", "diff_mc_sd")):
        joint = np.sqrt(table[error].to_numpy() ** 2 + wrong[name] ** 2 / 400_000)
        z = (table[name].to_numpy() - truth[name]) / np.where(joint > 0, joint, 1.0)
        assert (np.abs(z) < 4.0).all(), dict(zip(OUTCOMES, z, strict=True))
    # It says how it came about.
    assert set(table["method"]) <= {COUNTS, CONTROL}
    assert (table.loc[table["method"] == CONTROL, "variance_reduction"] > 1.0).all()
    assert (table.loc[["taiwan_failure", "korea_failure", "korea_war"], "variance_reduction"] > 2.0).all()
    plain = interval_columns(table.reset_index(), "jeffreys").set_index("outcome")
    assert (plain["prob"] == table["n_events"] / table["n_runs"]).all()
    controlled = table["method"] == CONTROL
    width = (table["high"] - table["low"])[controlled] / (plain["high"] - plain["low"])[controlled]
    assert (width < 1.05).all()
    assert width["korea_war"] < 0.6


def test_too_few_events_are_counted(spread):
    runs = _runs(spread, 600, seed=31)
    table = _table(spread, runs, runs, 60)
    table = table[table["outcome"].isin(OUTCOMES)]
    few = np.minimum(table["n_events"], table["n_runs"] - table["n_events"]) < LEAST
    assert few.any() and not few.all()
    assert (table.loc[few, "method"] == COUNTS).all()
    assert (table.loc[~few, "method"] == CONTROL).any()


@pytest.mark.slow
def test_intervals_cover_at_least_as_often_as_they_say(spread):
    """2,000 samples of 1,000 runs; the truth from 2 million others. Negative control: intervals half as wide do not."""
    n, size, months = 2_000, 1_000, 60
    policy = _POLICIES[1]
    truth_runs = [outcomes.months(_runs(spread, 2_000_000, seed=900, policy=p, months=months)) >= 0 for p in _POLICIES]
    truth = {"": truth_runs[1].mean(0), "diff": (truth_runs[1].astype(int) - truth_runs[0]).mean(0)}
    names = list(OUTCOMES)
    inside, halved = {key: np.zeros(len(names)) for key in truth}, np.zeros(len(names))
    for k in range(n):
        base, here = (_runs(spread, size, seed=1000 + k, policy=p, months=months) for p in _POLICIES[:2])
        table = _table(spread, here, base, months)
        table = table[(table["point"] == 1) & table["outcome"].isin(names)]
        for key, low, high in (("", "low", "high"), ("diff", "diff_low", "diff_high")):
            inside[key] += ((table[low] <= truth[key]) & (truth[key] <= table[high])).to_numpy()
        middle, half = (table["low"] + table["high"]) / 2, (table["high"] - table["low"]) / 4
        halved += (np.abs(middle - truth[""]) <= half).to_numpy()
    allowed = 0.95 - 3.0 * np.sqrt(0.95 * 0.05 / n)
    common = (truth[""] * size > 60) & ((1 - truth[""]) * size > 60)
    assert policy and common.sum() >= 5
    shares = {key: dict(zip(names, (count / n).round(4), strict=True)) for key, count in inside.items()}
    print(shares)
    assert (inside[""][common] / n > allowed).all(), shares
    assert (inside["diff"][common] / n > allowed).all(), shares
    assert (halved[common] / n < allowed).all()
