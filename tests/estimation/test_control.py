"""Control variates: residuals have mean 0, taking them out leaves means as they are, and intervals cover."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hot import HOT
from scipy import stats

from crink_abm.engine import compiled
from crink_abm.ensemble import calibrated, worlds
from crink_abm.estimation.accumulator import Accumulator
from crink_abm.estimation.control_variates import LEAST, LEAST_FREEDOM, Moments
from crink_abm.estimation.tables import CONTROL, COUNTS, interval_columns
from crink_abm.model import levers, outcomes
from crink_abm.model.outcomes import OUTCOMES, RESIDUALS

_POLICIES = ({}, {"usfk_posture": 0.9, "sanctions_intensity": 0.9, "trilateral_coordination": 0.2})


@pytest.fixture(scope="module")
def spread():
    """Twenty worlds over the whole ranges and all structures."""
    return worlds.prior(648, seed=3, which="all", fixed=None).first(20)


@pytest.fixture(scope="module")
def hot():
    """Twenty worlds in which force is frequent."""
    return worlds.prior(648, seed=3, which="all", fixed=HOT).first(20)


def _runs(spread, n, *, seed, policy=_POLICIES[0], months=60):
    calendar = levers.calendar(policy, months, "2026-01")
    return compiled.run_many(calendar, spread.values, n, seed=seed, world_of=spread.of_runs(0, n))


@pytest.mark.parametrize("policy", _POLICIES, ids=["today", "moved"])
def test_the_mean_of_residuals_is_zero_under_every_policy(spread, policy):
    results = _runs(spread, 60_000, seed=11, policy=policy, months=120)
    residuals = outcomes.residuals(results)
    z = residuals.mean(0) / (residuals.std(0) / np.sqrt(len(residuals)))
    assert (np.abs(z) < 4.0).all(), dict(zip(RESIDUALS, z, strict=True))
    assert (residuals.std(0) > 0).all()
    # Negative control: odds that are a tenth too high in one decision are seen.
    k, event = (
        RESIDUALS.index("residual_korea"),
        outcomes.months(results)[:, list(OUTCOMES).index("korea_failure")] >= 0,
    )
    wrong = event - 1.1 * (event - residuals[:, k])
    assert abs(wrong.mean() / (wrong.std() / np.sqrt(len(wrong)))) > 4.0


def _skewed(rng, n):
    residual = rng.exponential(size=n) - 1.0
    return (residual * residual)[:, None], residual[:, None]


def _moments(y, residual, world=None, half=None, n_worlds=1, weight=None) -> Moments:
    """Counts of some runs whose baseline had no event."""
    n = len(y)
    moments = Moments(1, n_worlds, y.shape[1], residual.shape[1])
    world = np.zeros(n, int) if world is None else world
    half = np.arange(n) % 2 if half is None else half
    moments.add((y[None], residual[None]), (np.zeros_like(y), np.zeros_like(residual)), world, half, weight)
    return moments


def _estimate(y, residual, *, own):
    if not own:
        return _moments(y, residual).adjusted()[0].mean[0, 0]
    slope = np.cov(y[:, 0], residual[:, 0])[0, 1] / residual.var(ddof=1)
    return (y[:, 0] - slope * residual[:, 0]).mean()


def test_multiples_from_the_other_half_leave_the_mean_as_it_is(monkeypatch):
    rng, means = np.random.default_rng(4), {}
    samples = [_skewed(rng, 2 * LEAST_FREEDOM + 40) for _ in range(6000)]
    monkeypatch.setattr("crink_abm.estimation.control_variates.LEAST", 0)  # what is adjusted here are no events
    for own in (False, True):
        made = np.array([_estimate(*sample, own=own) for sample in samples])
        means[own] = (made.mean() - 1.0) / (made.std() / np.sqrt(len(made)))
    assert abs(means[False]) < 4.0
    assert abs(means[True]) > 4.0  # negative control: multiples from the same runs bias it


def _same_however_cut(residual):
    y = np.random.default_rng(3).integers(0, 2, (4000, 3))
    world, half = np.arange(4000) % 7, np.arange(4000) // 7 % 2
    made = []
    for size in (4000, 512, 33):
        moments = Moments(1, 7, 3, 2)
        for first in range(0, 4000, size):
            piece = slice(first, first + size)
            here = y[piece], residual[piece]
            moments.add([x[None] for x in here], here, world[piece], half[piece])
        made.append(moments.cross.tobytes() + moments.sums.tobytes())
    return len(set(made)) == 1


def test_sums_do_not_depend_on_the_cut():
    rng = np.random.default_rng(2)
    residual = rng.normal(size=(4000, 2))
    assert _same_however_cut(np.round(residual / outcomes.RESIDUAL_UNIT) * outcomes.RESIDUAL_UNIT)
    assert not _same_however_cut(residual)  # negative control: sums of numbers with all their digits do


def test_the_error_is_that_of_runs_spread_over_worlds(spread):
    """Without residual to take out, the standard error is that of a stratified sample, worked out plainly."""
    results = _runs(spread, 4000, seed=5)
    event = outcomes.months(results) >= 0
    world = spread.of_runs(0, 4000)
    level, _ = _moments(event, np.zeros((4000, 1)), world, np.arange(4000) // 20 % 2, n_worlds=20).adjusted()
    by_world = np.array([event[world == w].var(axis=0, ddof=1) for w in range(20)])
    assert level.error[0] == pytest.approx(np.sqrt(by_world.mean(0) / 4000))
    assert level.mean[0] == pytest.approx(event.mean(0))
    assert not level.used.any()


def _table(spread, results, base, months):
    accumulator = Accumulator(spread, months, (0,), [len(base), len(results)])
    for point, values in enumerate((base, results)):
        accumulator.add([point], 0, values[None], outcomes.observed(base))
    points = pd.DataFrame({"point": [0, 1], "family": ["baseline", "policy"]})
    return accumulator.estimates(points)


def test_the_best_estimate_agrees_with_brute_force_and_needs_fewer_runs(hot):
    few = [_runs(hot, 8_000, seed=21, policy=policy) for policy in _POLICIES]
    many = [outcomes.months(_runs(hot, 400_000, seed=22, policy=policy)) >= 0 for policy in _POLICIES]
    table = _table(hot, few[1], few[0], 60)
    table = table[(table["point"] == 1) & table["outcome"].isin(OUTCOMES)].set_index("outcome")
    truth = {"prob": many[1].mean(0), "diff": many[1].mean(0) - many[0].mean(0)}
    wrong = {"prob": many[1].std(0), "diff": (many[1].astype(int) - many[0]).std(0)}
    for name, error in (("prob", "mc_se"), ("diff", "diff_mc_se")):
        joint = np.sqrt(table[error].to_numpy() ** 2 + wrong[name] ** 2 / 400_000)
        z = (table[name].to_numpy() - truth[name]) / np.where(joint > 0, joint, 1.0)
        assert (np.abs(z) < 4.0).all(), dict(zip(OUTCOMES, z, strict=True))
    # It says how it came about.
    assert set(table["method"]) <= {COUNTS, CONTROL}
    assert (table.loc[table["method"] == CONTROL, "variance_reduction"] > 1.1).all()
    assert (table.loc[["taiwan_failure", "korea_failure", "any_failure"], "variance_reduction"] > 1.4).all()
    assert table.loc["russian_join", "variance_reduction"] > 1.8
    plain = interval_columns(table.reset_index(), "jeffreys").set_index("outcome")
    assert plain["prob"].to_numpy() == pytest.approx(table["n_events"] / table["n_runs"])
    controlled = table["method"] == CONTROL
    width = (table["high"] - table["low"])[controlled] / (plain["high"] - plain["low"])[controlled]
    assert (width < 1.0).all()
    assert width["russian_join"] < 0.75


def test_the_types_of_leaders_are_noise_that_is_taken_out():
    """In the calibrated ensemble: their two residuals have mean 0 and narrow what is left beyond all the others."""
    drawn, n = calibrated.load(), 100_000
    results = _runs(drawn, n, seed=77, months=120)
    event, residual = outcomes.observed(results)
    half, of = np.arange(n) // len(drawn) % 2, drawn.of_runs(0, n)
    types = np.array([name.endswith("_type") for name in RESIDUALS])
    assert types.sum() == 2
    z = residual.mean(0) / (residual.std(0) / np.sqrt(n))
    assert (np.abs(z) < 4.0).all(), dict(zip(RESIDUALS, z, strict=True))
    error = {}
    for name, kept in (("all", types | True), ("no types", ~types), ("types", types)):
        moments = Moments(1, len(drawn), event.shape[1], kept.sum())
        here = event[None], residual[None][..., kept]
        moments.add(here, (event, residual[:, kept]), of, half)
        error[name], error["counted"] = (moments.adjusted(take_out)[0].error[0] for take_out in (True, False))
    for outcome in ("taiwan_failure", "korea_failure", "any_failure"):
        k = list(OUTCOMES).index(outcome)
        assert (error["no types"][k] / error["all"][k]) ** 2 > 1.06, outcome
        assert (error["counted"][k] / error["types"][k]) ** 2 > 1.05, outcome
        assert (error["counted"][k] / error["all"][k]) ** 2 > 1.15, outcome


def test_the_error_allows_for_more_than_stratified_types_leave():
    """Batches of one world's runs: their means scatter no more than stated, adjusted or not, and less than independent runs.

    Negative control: runs of which no two share a group scatter as independent runs do.
    """
    alone = worlds.defaults(HOT)
    results = _runs(alone, 192_000, seed=61, months=120)
    event, residual = outcomes.observed(results)
    k = list(OUTCOMES).index("any_failure")
    batches = np.split(np.arange(192_000), 300)  # ten whole groups each
    made = [
        [_moments(event[b], residual[b], half=b % 2).adjusted(take_out)[0] for take_out in (True, False)]
        for b in batches
    ]
    sure = stats.chi2(299).ppf([1e-4, 1 - 1e-4]) / 299
    ratios = []
    for way in (0, 1):
        mean, error = (np.array([getattr(x[way], name)[0] for x in made]) for name in ("mean", "error"))
        ratio = mean.var(0, ddof=1) / (error**2).mean(0)
        assert (ratio < sure[1]).all(), dict(zip(OUTCOMES, ratio, strict=True))
        ratios.append(ratio[k])
        bias = (mean.mean(0) - event.mean(0)) / np.sqrt((error**2).mean(0) / 300)
        assert (np.abs(bias) < 4.0).all(), dict(zip(OUTCOMES, bias, strict=True))
    assert ratios[1] < sure[0]
    apart = event[:, k].reshape(300, 10, 64).transpose(2, 0, 1).reshape(-1, 50)  # one run of each of fifty groups
    independent = apart.mean(1).var(ddof=1) / (event[:, k].var() / 50)
    assert abs(independent - 1.0) < 4.0 * np.sqrt(2.0 / len(apart))


def test_too_few_events_are_counted(spread):
    """Fewer than ``LEAST`` in both halves, either way: counts. Twice as many for sure: the residual is taken out."""
    runs = _runs(spread, 1_000, seed=31)
    table = _table(spread, runs, runs, 60)
    table = table[table["outcome"].isin(OUTCOMES)]
    events = np.minimum(table["n_events"], table["n_runs"] - table["n_events"])
    few, many = events < LEAST, events > 4 * LEAST
    assert few.any() and many.any()
    assert (table.loc[few, "method"] == COUNTS).all()
    assert (table.loc[many, "method"] == CONTROL).all()


def test_risk_less_baseline_risk_is_the_change(spread):
    """To the last digit, whichever way each came about, also where the baseline has more runs; for every kind of interval."""
    base, here = (_runs(spread, 4_000, seed=41, policy=policy) for policy in _POLICIES)
    accumulator = Accumulator(spread, 60, (0,), [4_000, 1_000])
    accumulator.add([0], 0, base[None], outcomes.observed(base))
    accumulator.add([1], 0, here[None, :1_000], outcomes.observed(base[:1_000]))
    table = accumulator.estimates(pd.DataFrame({"point": [0, 1], "family": ["baseline", "policy"]}))
    for kind in ("best", "jeffreys", "clopper-pearson"):
        made = interval_columns(table, kind)
        made = made[made["outcome"].isin(OUTCOMES) & (made["point"] == 1)]
        assert (made["prob"] - made["base_prob"]).to_numpy() == pytest.approx(made["diff"].to_numpy(), abs=1e-15)
    assert {CONTROL, COUNTS} <= set(table["diff_method"])
    # The baseline's own row has other runs; with the same runs its risk is the one beside each policy.
    same = _table(spread, here, base, 60).set_index(["point", "outcome"])
    names = list(OUTCOMES)
    assert same.loc[1].loc[names, "base_prob"].to_numpy() == pytest.approx(same.loc[0].loc[names, "prob"].to_numpy())
    assert (same.loc[0].loc[names, "diff"] == 0.0).all()


def _jumps(rng, n, prob, rare, *, mean=0.0):
    """Events of chance ``prob`` with two residuals: the event's own, and one of a rare event that goes with it."""
    hazard = rng.uniform(0.2, 1.8, n) * prob
    event = rng.random(n) < hazard
    odds = rare * event
    jump = event & (rng.random(n) < rare)
    return event[:, None], np.column_stack([event - hazard, jump - odds + mean])


def test_a_residual_whose_event_is_hardly_seen_is_not_used(monkeypatch):
    """Coverage where a residual is an indicator of the event but for rare jumps. Negative control: used regardless, it fails."""
    rng, repetitions, n = np.random.default_rng(6), 1_500, 1_000
    held = {}
    monkeypatch.setattr(
        "crink_abm.estimation.control_variates._FAR", np.inf
    )  # the test of means would see this one too
    for least in (LEAST, 0):
        monkeypatch.setattr("crink_abm.estimation.control_variates.LEAST", least)
        held[least] = 0
        for _ in range(repetitions):
            level, _ = _moments(*_jumps(rng, n, 0.2, 0.004)).adjusted()
            held[least] += abs(level.mean[0, 0] - 0.2) < 1.96 * level.error[0, 0]
    allowed = 0.95 - 3.0 * np.sqrt(0.95 * 0.05 / repetitions)
    assert held[LEAST] / repetitions > allowed
    assert held[0] / repetitions < 0.9


def test_what_two_residuals_hardly_differ_in_is_not_used(monkeypatch):
    """Force at all, and force before any elsewhere: alike but for a few runs. Negative control: by all directions, wild."""
    rng, worst, far = np.random.default_rng(12), {}, {}
    for apart in (0.5, 0.0):
        monkeypatch.setattr("crink_abm.estimation.control_variates._APART", apart)
        made = []
        for _ in range(300):
            n = 2_400
            hazard, late = rng.uniform(0.2, 1.8, n) * 0.05, rng.random(n) < 0.02  # elsewhere there was force already
            odds = np.where(late, 0.0003, hazard)
            event = rng.random(n) < odds
            both = event - odds
            residual = np.column_stack([both, np.where(late, 0.0, both)])
            level, _ = _moments(event[:, None], residual).adjusted()
            made.append((level.mean[0, 0], level.error[0, 0] / np.sqrt(event.var() / n)))
        mean, error = np.array(made).T
        worst[apart], far[apart] = error.max(), np.abs(mean - 0.98 * 0.05 - 0.02 * 0.0003).max()
    assert worst[0.5] < 1.1
    assert far[0.5] < 0.02
    assert worst[0.0] > 2.0


def test_a_residual_whose_mean_is_not_zero_is_not_used():
    """Odds that are stated wrong: the adjusted mean stays that of the counts. Negative control: a mean of 0 is used."""
    rng = np.random.default_rng(7)
    event, residual = _jumps(rng, 20_000, 0.2, 0.3)
    right, wrong = (_moments(event, residual + shift).adjusted()[0] for shift in (0.0, [[0.05, 0.05]]))
    assert right.used[0, 0] and right.error[0, 0] < 0.8 * np.sqrt(0.16 / 20_000)
    assert not wrong.used[0, 0]
    assert wrong.mean[0, 0] == event.mean()


def test_the_estimate_has_no_bias_where_the_method_changes():
    """Near the number of events that decides the method. Negative control: by the runs' own count the estimate leans."""
    rng, n, prob, repetitions = np.random.default_rng(8), 400, 2 * LEAST / 400, 6_000
    made, own = np.empty((2, repetitions))
    for k in range(repetitions):
        event, residual = _jumps(rng, n, prob, 0.3)
        level, _ = _moments(event, residual).adjusted()
        made[k] = level.mean[0, 0]
        slope = np.cov(event[:, 0], residual[:, 0])[0, 1] / residual[:, 0].var()
        own[k] = (event[:, 0] - slope * residual[:, 0]).mean() if event.sum() >= 2 * LEAST else event.mean()
    assert abs((made.mean() - prob) / (made.std() / np.sqrt(repetitions))) < 4.0
    assert abs((own.mean() - prob) / (own.std() / np.sqrt(repetitions))) > 4.0


def test_worlds_weigh_the_same_whatever_the_number_of_runs(spread):
    """With 30 runs in 20 worlds, half of them have two runs: their mean is that of the worlds' own means."""
    results = _runs(spread, 30, seed=3)
    table = _table(spread, results, results, 60)
    table = table[(table["point"] == 1) & table["outcome"].isin(OUTCOMES)].set_index("outcome")
    event, world = outcomes.months(results) >= 0, spread.of_runs(0, 30)
    own = np.array([event[world == w].mean(0) for w in range(20)])
    assert table["prob"].to_numpy() == pytest.approx(own.mean(0))
    assert (own.mean(0) != event.mean(0)).any()  # negative control: plain counts say another thing
    assert (table["n_effective"] < 30).all()


@pytest.mark.parametrize(("n", "of"), [(4_000, 20), (96, 20), (700, 300)], ids=["many", "few", "not whole rounds"])
def test_points_side_by_side_are_as_by_themselves(n, of):
    """Also where some runs of one of them failed, and where their runs come in several pieces."""
    drawn = worlds.prior(of, seed=6)
    policies = [*_POLICIES, {"usfk_posture": 0.2}]
    runs = np.array([_runs(drawn, n, seed=51, policy=policy) for policy in policies])
    base, counted = outcomes.observed(runs[0]), np.ones(runs.shape[:2], bool)
    counted[1, [3, 5, n // 2]] = False
    runs[~counted] = np.nan
    points = pd.DataFrame({"point": [0, 1, 2], "family": ["baseline", "policy", "policy"]})

    def made(groups, cuts):
        accumulator = Accumulator(drawn, 60, (0,), [n] * 3)
        for group in groups:
            for first, last in pairwise(cuts):
                piece = slice(first, last)
                accumulator.add(group, first, runs[group, piece], tuple(x[piece] for x in base), counted[group, piece])
        return accumulator.estimates(points), accumulator.metrics(), accumulator.first_months()

    apart = made([[0], [1], [2]], [0, n])
    for groups, cuts in (([[0, 1, 2]], [0, n]), ([[0, 1, 2]], [0, n // 3, n]), ([[0, 2], [1]], [0, 7, n])):
        for mine, other in zip(made(groups, cuts), apart, strict=True):
            keys = [name for name in ("point", "outcome", "metric", "month") if name in other]
            mine = mine.sort_values(keys, ignore_index=True)
            pd.testing.assert_frame_equal(mine, other.sort_values(keys, ignore_index=True), rtol=1e-9, atol=1e-12)
    lost = apart[0].query("point == 1 and outcome == 'any_failure'")["n_runs"].item()
    assert lost == n - 3


def test_runs_that_do_not_count_are_as_if_they_were_not_there():
    """Theirs and the baseline's, in every sum; with weights too."""
    rng = np.random.default_rng(13)
    events, base = rng.integers(0, 2, (2, 500, 3)) > 0
    residuals = np.round(rng.normal(size=(2, 500, 2)) / outcomes.RESIDUAL_UNIT) * outcomes.RESIDUAL_UNIT
    world, half, kept = rng.integers(0, 7, 500), rng.integers(0, 2, 500), rng.random(500) < 0.9
    for weight in (None, rng.integers(1, 4, 500).astype(float)):
        masked, left_out = (Moments(1, 7, 3, 2) for _ in range(2))
        masked.add((events[None], residuals[:1]), (base, residuals[1]), world, half, weight, kept[None])
        rest = (events[None, kept], residuals[:1, kept]), (base[kept], residuals[1, kept])
        left_out.add(*rest, world[kept], half[kept], None if weight is None else weight[kept])
        for name in ("n", "weight", "sums", "cross", "seen"):
            assert np.array_equal(getattr(masked, name), getattr(left_out, name)), name
