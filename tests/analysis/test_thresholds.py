"""Thresholds: confidence sets cover as often as they say, planted beliefs are found and shuffled ones are not, reversals are where they are."""

import numpy as np
import pytest
from hot import HOT
from scipy.optimize import minimize
from scipy.stats import binom

import crink_abm
from crink_abm import InputError
from crink_abm.analysis.responses import Arm, Setting, respond
from crink_abm.analysis.thresholds import beliefs, tables
from crink_abm.analysis.thresholds.crossing import crossing
from crink_abm.analysis.thresholds.questions import ThresholdsFile, asked
from crink_abm.analysis.thresholds.reversal import directions, nearest, odds
from crink_abm.analysis.thresholds.screening import screen
from crink_abm.analysis.thresholds.study import candidates, pair_of
from crink_abm.ensemble import worlds
from crink_abm.estimation import clusters
from crink_abm.experiment import reader
from crink_abm.model.parameters import CATALOGUE

LEVELS = np.linspace(0.0, 1.0, 5)


def _effects(rng, n=60, at=0.37, noise=0.3, slope=1.0, copies=1):
    """Effects that cross zero at ``at`` in the mean over worlds, each world with a slope and a shift of its own, and noise of runs."""
    own = slope * (LEVELS - at) * rng.normal(1.0, 0.3, (n, 1)) + rng.normal(0.0, 0.5, (n, 1))
    own = np.repeat(own, copies, 0)
    return own + rng.normal(0.0, noise, (2, n * copies, len(LEVELS))), np.repeat(np.arange(n), copies)


def _holds(pieces, x):
    return any(low <= x <= high for low, high in pieces)


def _between(count, n, prob, chance=1e-4):
    """Whether so many of ``n`` are as likely as a binomial count of this probability."""
    return binom.ppf(chance, n, prob) <= count <= binom.ppf(1.0 - chance, n, prob)


def test_the_confidence_set_covers_the_crossing_as_often_as_it_says():
    """And is not trivially wide: a level two standard errors of the crossing away is out of it in about half of the studies."""
    n, rng = 600, np.random.default_rng(1)
    inside = aside = 0
    for _ in range(n):
        halves, number = _effects(rng)
        found = crossing(LEVELS, halves, number)
        inside += _holds(found.pieces, 0.37)
        aside += _holds(found.pieces, 0.37 + 2.0 * np.sqrt((0.5**2 + 0.3**2 / 2.0) / 60.0))
    assert _between(inside, n, 0.95)
    assert 0.35 * n < aside < 0.65 * n


def test_copies_of_a_world_are_one_observation():
    """Negative control: counted as worlds of their own, they make sets that cover far too seldom."""
    n, rng, right, wrong = 300, np.random.default_rng(2), 0, 0
    for _ in range(n):
        halves, number = _effects(rng, n=40, copies=4, noise=0.1)
        right += _holds(crossing(LEVELS, halves, number).pieces, 0.37)
        wrong += _holds(crossing(LEVELS, halves, np.arange(len(number))).pieces, 0.37)
    assert _between(right, n, 0.95)
    assert wrong < 0.8 * n


def test_the_monte_carlo_set_covers_the_crossing_of_the_worlds_at_hand():
    n, rng, count = 400, np.random.default_rng(3), 0
    own = (LEVELS - 0.4) * rng.normal(1.0, 0.3, (50, 1)) + rng.normal(0.0, 0.5, (50, 1))
    truth = crossing(LEVELS, np.stack([own, own]), np.arange(50)).root
    for _ in range(n):
        found = crossing(LEVELS, own + rng.normal(0.0, 0.6, (2, 50, len(LEVELS))), np.arange(50))
        count += _holds(found.noise_pieces, truth)
    assert _between(count, n, 0.95)


def test_the_set_is_that_of_a_test_at_every_level():
    """Inverted by hand: each level of a fine grid is interpolated in every world and tested."""
    rng = np.random.default_rng(4)
    halves, number = _effects(rng, n=50, copies=2)
    found = crossing(LEVELS, halves, number)
    for x in np.linspace(0.001, 0.999, 500):
        effect = np.array([np.interp(x, LEVELS, row) for row in halves.mean(0)])
        _, low, high = clusters.mean_interval(effect, number)
        assert (low <= 0.0 <= high) == _holds(found.pieces, x)


@pytest.mark.parametrize(
    ("mean", "kind", "below", "above"),
    [
        ([-2, -1, 0, 1, 2], "bounded", -1, 1),
        ([2, 1, 0, -1, -2], "bounded", 1, -1),
        ([-3, -3, -2, -2, -1], "none", -1, -1),
        ([-3, -2, -1, 0, 0], "open", -1, 0),
        ([-2, -1, 0, -1, -2], "touching", -1, -1),
        ([-2, 1, 2, 1, -2], "disjoint", 0, 0),
        ([0, 0, 0, 0, 0], "undecided", 0, 0),
    ],
)
def test_a_set_is_named_by_how_it_lies(mean, kind, below, above):
    rng = np.random.default_rng(5)
    common = rng.normal(0.0, 1.0, (1, 100, 1))
    halves = np.array(mean, float) + common - common.mean() + rng.normal(0.0, 0.01, (2, 100, 5))
    found = crossing(LEVELS, halves, np.arange(100))
    assert (found.kind, found.below, found.above) == (kind, below, above)
    assert found.found == (kind == "bounded")
    parts = tables.regions(found)
    assert parts[0][0] == 0.0 and parts[-1][1] == 1.0
    assert [a[1] for a in parts[:-1]] == [b[0] for b in parts[1:]]


def test_without_an_effect_no_threshold_is_found():
    """And where the effect is the same at every level neither; negative control: a real one is found every time."""
    n, rng, found, flat, real = 400, np.random.default_rng(6), 0, 0, 0
    for _ in range(n):
        found += crossing(LEVELS, rng.normal(0.0, 1.0, (2, 60, 5)), np.arange(60)).found
        flat += crossing(LEVELS, 0.5 + rng.normal(0.0, 1.0, (2, 60, 5)), np.arange(60)).found
        real += crossing(LEVELS, 3.0 * (LEVELS - 0.5) + rng.normal(0.0, 1.0, (2, 60, 5)), np.arange(60)).found
    assert found <= binom.ppf(0.9999, n, 0.05)
    assert flat <= binom.ppf(0.9999, n, 0.01)
    assert real == n


def _planted(rng, n=400, p=30, noise=0.0):
    x = rng.random((n, p))
    x[:, 0] = rng.integers(0, 3, n)
    return x, rng.normal(0.0, noise, (2, n))


NAMES = tuple(f"b{k}" for k in range(30))
SWITCH = frozenset({"b0"})


def test_shares_of_variance_are_those_without_noise():
    """Four fifths of what worlds differ in is planted; half of what is seen is noise. Negative control: untouched, shares would halve."""
    rng = np.random.default_rng(7)
    x, noise = _planted(rng, 4000, noise=np.sqrt(2.0))
    y = 2.0 * x[:, 4] + x[:, 9]
    y = y / y.std()
    found = screen(x, y + noise, NAMES, SWITCH, seed=1)
    share = found.table.set_index("belief")["share"]
    assert found.reliability == pytest.approx(0.5, abs=0.05)
    assert share["b4"] == pytest.approx(0.8, abs=0.1)
    assert share["b9"] == pytest.approx(0.2, abs=0.06)
    assert share["b4"] * found.reliability < 0.5
    assert candidates({"one": found}, 2, []) == ["b4", "b9"]


@pytest.mark.parametrize(
    ("belief", "effect"),
    [
        ("b5", lambda x: (x[:, 5] - 0.5) ** 2),
        ("b0", lambda x: (x[:, 0] == 1.0) * 1.0),
        ("b7", lambda x: np.exp(8.0 * x[:, 7])),
    ],
)
def test_a_belief_that_matters_at_both_ends_a_switch_or_steeply_is_found(belief, effect):
    rng = np.random.default_rng(8)
    x, noise = _planted(rng, noise=0.5)
    y = effect(x)
    found = screen(x, y / y.std() + noise, NAMES, SWITCH, seed=1)
    assert candidates({"one": found}, 1, []) == [belief]


def test_a_planted_interaction_without_main_effects_is_found():
    """Negative control: neither belief is a candidate by itself."""
    rng = np.random.default_rng(9)
    x, noise = _planted(rng, noise=0.5)
    y = (x[:, 3] - 0.5) * (x[:, 11] - 0.5)
    found = {"one": screen(x, y / y.std() + noise, NAMES, SWITCH, seed=1)}
    assert candidates(found, 3, []) == []
    assert pair_of(found, []) == ("b3", "b11", "interaction")


def test_shuffled_worlds_give_candidates_and_pairs_no_more_often_than_stated():
    """One study in forty, for each; negative control: the same effects unshuffled give both in every study."""
    n, rng, single, pairs, true = 120, np.random.default_rng(10), 0, 0, 0
    for seed in range(n):
        x, noise = _planted(rng, 100, 30, noise=0.3)
        y = 3.0 * x[:, 3] + 6.0 * (x[:, 5] - 0.5) * (x[:, 6] - 0.5)
        order = rng.permutation(100)
        shuffled = {"one": screen(x, (y + noise)[:, order], NAMES, SWITCH, seed=seed)}
        single += bool(candidates(shuffled, 3, []))
        pairs += pair_of(shuffled, []) is not None
        if seed < 20:
            true += "b3" in candidates({"one": screen(x, y + noise, NAMES, SWITCH, seed=seed)}, 3, [])
    assert single <= binom.ppf(0.999, n, 0.025)
    assert pairs <= binom.ppf(0.999, n, 0.025)
    assert true == 20


def test_the_nearest_reversal_of_a_linear_effect_is_where_it_is():
    """Against a search that knows no formula; the effect there is zero, and any other direction is farther."""
    rng = np.random.default_rng(11)
    a = rng.normal(size=(3, 3))
    covariance, slopes, effect = a @ a.T + np.eye(3), np.array([0.7, -0.4, 0.1]), -0.9
    step, distance = nearest(effect, slopes, covariance)
    inverse = np.linalg.inv(covariance)
    found = minimize(
        lambda d: d @ inverse @ d,
        np.ones(3),
        constraints={"type": "eq", "fun": lambda d: effect + slopes @ d},
        tol=1e-12,
    )
    np.testing.assert_allclose(step * distance, found.x, atol=1e-5)
    assert distance == pytest.approx(np.sqrt(found.fun), rel=1e-6)
    assert effect + slopes @ step * distance == pytest.approx(0.0, abs=1e-12)
    assert odds(distance) == pytest.approx(np.exp(-0.5 * found.fun), rel=1e-5)
    for _ in range(20):
        other = rng.normal(size=3)
        t = -effect / (slopes @ other)
        assert np.sqrt(t * other @ inverse @ (t * other)) >= distance


def test_directions_are_the_best_belief_and_the_best_few_and_leave_out_what_hardly_moves():
    slopes, covariance = np.array([0.1, 1.0, 0.5, 0.001]), np.diag([1.0, 1.0, 1.0, 1.0])
    found = directions(2.0, ["a", "b", "c", "d"], slopes, covariance, few=3)
    assert [one.beliefs for one in found] == [("b", "c", "a"), ("b",)]
    assert found[1].predicted == pytest.approx(2.0) and found[0].predicted < 2.0
    assert (found[0].step[:2] < 0.0).all()
    assert directions(2.0, ["a"], np.zeros(1), np.eye(1), few=3) == []


def test_a_belief_knows_its_levels_scores_and_standing():
    p = CATALOGUE["sanctions_cost"]
    at = beliefs.levels(p, 7, 0.5)
    assert at[0] == 0.0 and at[-1] == pytest.approx(p.high + 0.5 * (p.high - p.low)) and p.high in at
    assert beliefs.levels(p, 7)[-1] == p.high
    raised = next(q for q in CATALOGUE.values() if q.unit in beliefs.OPEN_UNITS and q.low > 0.0 and not q.log)
    assert beliefs.levels(raised, 7, 0.5)[0] == 0.0 and raised.low in beliefs.levels(raised, 7, 0.5)
    share = next(q for q in CATALOGUE.values() if q.unit == "share")
    assert beliefs.levels(share, 5, 0.5)[[0, -1]].tolist() == [share.low, share.high]
    theory = CATALOGUE["leader_types"]
    assert beliefs.levels(theory, 7).tolist() == [float(level) for level in theory.drawn]
    for q in (p, next(q for q in CATALOGUE.values() if q.log)):
        x = q.quantile(np.linspace(0.05, 0.95, 7))
        np.testing.assert_allclose(beliefs.values(q, beliefs.scores(q, x)), x, rtol=1e-9)
        np.testing.assert_allclose(beliefs.position(q, x), np.linspace(0.05, 0.95, 7))
        assert (beliefs.values(q, np.array([-50.0, 50.0])) == [q.low, q.high]).all()
    assert beliefs.standing(p) == "assumed"
    assert beliefs.standing(CATALOGUE["crisis_light"]) == "sourced"


def test_shares_of_the_prior_are_its_distribution_and_of_the_ensemble_its_rows():
    """An effect that is x - 0.25 of the range, without noise to speak of: a quarter of the prior lies on the lowering side."""
    p = CATALOGUE["coordination_cost"]
    some = worlds.prior(400, seed=3)
    at = np.linspace(p.low, p.high, 7)
    effect = np.tile(at - p.low - 0.25 * (p.high - p.low), (2, 400, 1)) + np.random.default_rng(1).normal(
        0, 1e-4, (2, 400, 7)
    )
    found = crossing(at, effect, some.number)
    side = tables.sides(p.name, found, some)
    assert side["lowers_of_prior"] == pytest.approx(0.25, abs=1e-3)
    assert side["lowers"] == pytest.approx((some.column(p.name) < found.root).mean(), abs=1e-9)
    assert side["lowers_low"] < 0.25 < side["lowers_high"]
    assert sum(side[f"prior_{s}"] for s in ("lowers", "unclear", "raises")) == pytest.approx(1.0)
    assert sum(side[f"ensemble_{s}"] for s in ("lowers", "unclear", "raises")) == pytest.approx(1.0)


def test_a_verdict_goes_by_the_interval_against_the_margin():
    assert tables.verdict(-0.03, -0.01, 0.005) == ("lowers", "beyond")
    assert tables.verdict(-0.004, -0.001, 0.005) == ("lowers", "within")
    assert tables.verdict(0.001, 0.02, 0.005) == ("raises", "unsettled")
    assert tables.verdict(-0.02, 0.02, 0.005) == ("unclear", "unsettled")
    assert tables.verdict(-0.002, 0.002, 0.005) == ("unclear", "within")


FILE = {
    "experiment": {"name": "small", "seed": 3, "runs": 100, "months": 48},
    "packages": {"sanctions": {"sanctions_intensity": 1.0}, "usfk": {"usfk_posture": 0.9}},
    "ask": {"outcomes": ["taiwan_failure"], "runs_per_world": 20},
    "thresholds": {
        "named": {"sanctions": ["sanctions_cost", "posture_effect"]}, "levels": 4, "grid": 2, "runs_per_level": 10,
        "prior_worlds": 24, "prior_runs": 4, "questions": {"usfk": ["korea_failure"]},
    },
    "worlds": {"ensemble": "prior", "screen": "none", "draws": 24},
    "parameters": HOT,
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "out"
    return crink_abm.thresholds(FILE, out=folder), folder


def test_a_small_study_says_what_arms_say(whole):
    """Each point of a curve is the difference of two arms with the belief imposed, in the same worlds and runs."""
    found, _ = whole
    rows = found.curves[(found.curves["belief"] == "sanctions_cost") & (found.curves["package"] == "sanctions")]
    assert rows["level"].tolist() == pytest.approx(beliefs.levels(CATALOGUE["sanctions_cost"], 4, 0.5).tolist())
    setting = Setting(worlds.prior(24, seed=1, fixed=HOT), months=48, seed=3)
    for row in rows.iloc[[0, -1]].itertuples():
        arms = [Arm(name, levers, parameters={"sanctions_cost": row.level})
                for name, levers in (("base", {}), ("more", {"sanctions_intensity": 1.0}))]  # fmt: skip
        again = respond(setting, arms, ["taiwan_failure"], rounds=10).change("more", "base", "taiwan_failure")
        assert row.effect == pytest.approx(again.mean(), abs=1e-12)
        assert row.low < row.effect < row.high
    assert set(found.questions["outcome"]) == {"taiwan_failure", "korea_failure"}
    assert len(found.joint) and found.joint["first"].iloc[0] == "posture_effect"  # a coefficient is the second
    assert (found.thresholds["sentence"].str.len() > 40).all()


def test_killed_it_takes_up_and_ends_with_the_same_bytes(whole, tmp_path):
    """Interrupted after some arms; what is kept is not run again."""
    done = []

    def interrupt(at, total, words):
        done.append(words)
        if words == "beliefs imposed" and at == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crink_abm.thresholds(FILE, out=tmp_path / "out", progress=interrupt)
    before = {path.name for path in (tmp_path / "out" / "kept").iterdir()}
    assert before and not (tmp_path / "out" / "thresholds.parquet").exists()
    crink_abm.thresholds(FILE, out=tmp_path / "out")
    for name in whole[0].tables:
        assert (tmp_path / "out" / f"{name}.parquet").read_bytes() == (whole[1] / f"{name}.parquet").read_bytes(), name
    assert before < {path.name for path in (tmp_path / "out" / "kept").iterdir()}


def _with(**entries):
    return {**FILE, "thresholds": {**FILE["thresholds"], **entries}}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (_with(runs_per_level=11), "runs_per_level is even"),
        (_with(prior_runs=3), "prior_runs is even"),
        (_with(grid=1), "grid is 0"),
        (_with(named={"sanctions": ["sanction_cost"]}), "did you mean sanctions_cost"),
        (_with(named={"sanctoins": ["sanctions_cost"]}), "did you mean sanctions"),
        (_with(named={"usfk": ["costs_sd"]}), "leave one of them out"),
        (_with(questions={"usfk": ["taiwan_fails"]}), "no measure is named"),
        (_with(levels=2), r"\[thresholds.levels\] is a whole number from 3"),
        (_with(within=0), r"\[thresholds.within\] is a number above 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_run(file, words):
    with pytest.raises(InputError, match=words):
        asked(reader.read(file, ThresholdsFile))
