"""Sensitivity: indices free of noise against closed forms and OpenTURNS, screening, Shapley effects, and the study itself."""

import itertools
import json
import math

import numpy as np
import pytest

pytest.importorskip("SALib")

from crink_abm.analysis.kept import Kept
from crink_abm.analysis.responses import Arm, Setting
from crink_abm.analysis.sensitivity import indices, rows, screening
from crink_abm.analysis.sensitivity.shapley import shapley
from crink_abm.analysis.sensitivity.study import SensitivityFile, plan, saltelli, sensitivity
from crink_abm.ensemble import worlds
from crink_abm.estimation.measures import Measure, measures
from crink_abm.util.errors import InputError


def ishigami(u):
    x = np.pi * (2.0 * u - 1.0)
    return np.sin(x[..., 0]) + 7.0 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def ishigami_truth():
    a, b, pi = 7.0, 0.1, np.pi
    one, two, pair = 0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8, 8 * b**2 * pi**8 / 225
    total = one + two + pair
    return np.array([one, two, 0.0]) / total, np.array([one + pair, two, pair]) / total, pair / total, total


COEFFICIENTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0])


def g_function(u):
    return np.prod((np.abs(4.0 * u - 2.0) + COEFFICIENTS) / (1.0 + COEFFICIENTS), axis=-1)


def g_truth():
    part = 1.0 / 3.0 / (1.0 + COEFFICIENTS) ** 2
    total = np.prod(1.0 + part) - 1.0
    return part / total, part * np.prod(1.0 + part) / (1.0 + part) / total, np.nan, total


FUNCTIONS = {"ishigami": (ishigami, ishigami_truth(), 3), "g": (g_function, g_truth(), 5)}


def noisy(name, base, seed, noise=1.0):
    """A function's values on a design: noise of the mean over both halves has ``noise`` times the function's variance."""
    function, truth, d = FUNCTIONS[name]
    names = [f"x{k}" for k in range(d)]
    design = saltelli(names, names, base, seed)
    error = np.sqrt(2.0 * noise * truth[3]) * np.random.default_rng(seed).standard_normal((base, 2 * d + 2, 2))
    return function(design)[..., None] + error, names


def repeated(name, base, n):
    first, total, *_ = FUNCTIONS[name][1]
    truth, inside, found, half = np.concatenate([first, total]), [], [], []
    for seed in range(n):
        values, names = noisy(name, base, seed)
        made = indices.sobol(values, names, draws=300, seed=seed)
        ends = np.concatenate([made.first, made.total])
        inside.append(((ends[:, 1] <= truth) & (truth <= ends[:, 2])).all())
        found.append(ends[:, 0])
        half.append((ends[:, 2] - ends[:, 1]) / 2.0)
    return np.mean(inside), np.abs(np.mean(found, 0) - truth) / np.mean(half, 0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_indices_of_noisy_functions_are_unbiased_and_covered(name):
    coverage, bias = repeated(name, 128, 100)
    assert coverage >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 100), "simultaneous over all first and total indices"
    assert (bias < 0.2).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_indices_of_noisy_functions_over_a_thousand_designs(name):
    coverage, bias = repeated(name, 256, 1000)
    assert coverage >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 1000)
    assert (bias < 0.2).all()


def test_noise_taken_for_variance_by_the_plain_estimator():
    """At equal budget: SALib's total indices of what does nothing are near one half where noise is as large as the variance."""
    _, total, *_ = FUNCTIONS["g"][1]
    plain, ours = [], []
    for seed in range(20):
        values, names = noisy("g", 128, seed)
        plain.append(indices.plain(values, names)[4, 1])
        ours.append(indices.sobol(values, names, draws=50).total[4, 0])
    assert abs(np.mean(plain) - 0.5) < 0.1
    assert abs(np.mean(ours) - total[4]) < 4 * np.std(ours) / np.sqrt(20)


def test_second_order_finds_the_pair_and_no_other():
    values, names = noisy("ishigami", 2048, 3, noise=0.1)
    made = indices.sobol(values, names)
    pair = FUNCTIONS["ishigami"][1][2]
    assert made.second[0, 2, 1] <= pair <= made.second[0, 2, 2]
    assert made.second[0, 2, 1] > 0.0
    assert made.second[0, 1, 1] <= 0.0 <= made.second[0, 1, 2]


def test_openturns_says_the_same():
    ot = pytest.importorskip("openturns")
    function, (first, total, *_), d = FUNCTIONS["ishigami"]
    n, names = 4096, ["x0", "x1", "x2"]
    design = saltelli(names, names, n, 5)
    values = function(design)
    made = indices.sobol(np.stack([values, values], -1), names, draws=50)
    order = [0, 2 * d + 1, *range(1, d + 1)]  # A, B, then A with one column of B each
    stacked = np.concatenate([design[:, k] for k in order])
    oracle = ot.JansenSensitivityAlgorithm(ot.Sample(stacked), ot.Sample(function(stacked)[:, None]), n)
    assert np.allclose(made.total[:, 0], list(oracle.getTotalOrderIndices()), atol=0.02)
    assert np.allclose(made.first[:, 0], list(oracle.getFirstOrderIndices()), atol=0.03)
    assert np.allclose(made.first[:, 0], first, atol=0.02) and np.allclose(made.total[:, 0], total, atol=0.02)


def test_no_variance_above_the_noise_is_said():
    values = 1.0 + 1e-12 * np.zeros((64, 8, 2))
    assert not indices.sobol(values, ["a", "b", "c"]).answered


def test_ranks_are_settled_or_not():
    values, names = noisy("g", 1024, 1, noise=0.0)
    far = indices.sobol(values, names)
    assert indices.unsettled(far, [0, 1, 2], tie=0.01) == []
    values, names = noisy("g", 32, 1, noise=3.0)
    assert indices.unsettled(indices.sobol(values, names), [0, 1, 2, 3, 4], tie=0.001)


def test_a_longer_design_begins_with_the_shorter():
    short, long = (saltelli(list("abcde"), ["d", "b"], base, 3) for base in (16, 32))
    assert np.array_equal(short, long[:16])
    changed = np.flatnonzero((short[:, 1] != short[:, 0]).any(0))
    assert changed.tolist() == [3], "the first swap is of the first factor that is asked for"
    assert np.flatnonzero((short[:, 3] != short[:, 0]).any(0)).tolist() == [0, 2, 4], "all others are one group"


def test_screening_takes_no_noise_for_effects():
    rng = np.random.default_rng(1)
    unit = screening.trajectories(6, 400, 1)
    truth = np.array([3.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    values = (unit @ truth)[..., None] + rng.standard_normal((*unit.shape[:2], 2))
    table = screening.screened(unit, values, list("abcdef"))
    assert (np.abs(table["square"] - truth**2) < 4 * table["square_error"]).all()
    assert table["mu_star"].iloc[2:].min() > 0.5, "Morris' own measure takes the noise for an effect"
    assert screening.chosen([table], 2) == ["a", "b"]


def gaussian_truth(weights, covariance):
    """Shapley effects of a linear function of dependent normal variables. Source: Owen and Prieur 2017."""
    d, variance = len(weights), weights @ covariance @ weights

    def explained(chosen):
        chosen = list(chosen)
        along = covariance[:, chosen].T @ weights
        return along @ np.linalg.solve(covariance[np.ix_(chosen, chosen)], along) if chosen else 0.0

    found = np.zeros(d)
    for size in range(d):
        share = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
        for chosen in itertools.combinations(range(d), size):
            for k in set(range(d)) - set(chosen):
                found[k] += share * (explained(sorted({*chosen, k})) - explained(chosen)) / variance
    return found


def dependent(n, seed):
    """Worlds, some several times, of dependent beliefs; halves whose noise is as large as the variance."""
    covariance, weights = np.eye(4), np.array([1.0, 1.0, 1.0, 0.0])
    covariance[1, 2] = covariance[2, 1] = 0.6
    covariance[0, 3] = covariance[3, 0] = 0.5
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 4)) @ np.linalg.cholesky(covariance).T
    world = np.repeat(np.arange(n), rng.integers(1, 4, n))
    y = (x @ weights)[world]
    noise = np.sqrt(weights @ covariance @ weights) * rng.standard_normal((2, len(world)))
    return y + noise, x[world], world, gaussian_truth(weights, covariance)


def test_shapley_effects_of_dependent_beliefs():
    found = []
    for seed in range(12):
        halves, columns, world, truth = dependent(500, seed)
        table = shapley(halves, columns, list("abcd"), [False] * 4, world, seed=seed)
        found.append(table["shapley"])
        half = (table["high"] - table["low"]).mean() / 2.0
    error = np.std(found, axis=0) / np.sqrt(12)
    assert (np.abs(np.mean(found, 0) - truth) < 4 * error + 0.2 * half).all()


def test_shapley_effects_of_nothing_are_none():
    clear = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        halves, columns, world, _ = dependent(200, seed)
        table = shapley(halves, rng.permutation(columns), list("abcd"), [False] * 4, world, draws=300, seed=seed)
        clear += (table["low"] > 0.0).any()
    assert clear <= 4


SMALL = {
    "experiment": {"name": "x", "seed": 1, "months": 24, "runs": 1},
    "packages": {"more": {"usfk_posture": 0.9}},
    "worlds": {"ensemble": "calibrated", "size": 60},
    "ask": {"outcomes": ["korea_attack"], "runs_per_world": 10},
    "sensitivity": {
        "levers": ["exposure"],
        "trajectories": 2,
        "screened": 2,
        "base": 16,
        "most_base": 16,
        "shapley": 2,
    },
}


def asked(**more):
    return SensitivityFile.model_validate({**SMALL, "sensitivity": {**SMALL["sensitivity"], **more}})


def test_the_study_takes_up_where_it_was_killed_with_the_same_bytes(tmp_path):
    asks = asked()

    class Killed(Exception):
        pass

    def killer(done, total, stage):
        if stage.startswith("design") and done == 5:
            raise Killed

    with pytest.raises(Killed):
        sensitivity(asks, out=tmp_path / "a", progress=killer)
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "a" / "kept").iterdir()}
    assert kept
    again = sensitivity(asks, out=tmp_path / "a")
    assert all((tmp_path / "a" / "kept" / name).stat().st_mtime_ns == when for name, when in kept.items()), (
        "not run again"
    )
    whole = sensitivity(asks)
    assert again.indices.equals(whole.indices) and again.shapley.equals(whole.shapley)
    assert json.dumps(again.report) == json.dumps(whole.report)
    assert set(again.indices["policy"]) == {"baseline", "more"}


def design(n_blocks=40):
    factors = tuple(f for f in rows.factors_of([]) if f.name in ("kim_theory", "attack_cost"))
    return rows.Design(np.random.default_rng(0).random((n_blocks, 3, 2)), factors)


def failing(which):
    """A measure that some runs of some blocks cannot give."""
    blocks = iter(range(10_000))

    def of(runs):
        number = np.ones(len(runs.results))
        if next(blocks) in which:
            number[0] = np.nan
        return number

    return Measure("odd", of)


def test_a_failed_run_takes_its_whole_block_out_and_is_said():
    setting = Setting(worlds.defaults(), months=6)
    made = rows.run_rows(design(), setting, [Arm("now")], [failing({7})], runs=128)
    assert np.flatnonzero(made.failed).tolist() == [7]
    assert np.isnan(made.means[:, :, 7]).all() and np.isfinite(np.delete(made.means, 7, 2)).all()
    assert "block 7" in made.first_failure
    with pytest.raises(InputError, match="3 of 40 blocks"):
        rows.run_rows(design(), setting, [Arm("now")], [failing({7, 8, 30})], runs=128)


def test_rows_of_a_block_face_the_same_runs_and_levers_are_the_row_s():
    setting, unit = Setting(worlds.defaults(), months=36, seed=2), np.zeros((2, 3, 1))
    unit[:, 1:] = [[0.0], [1.0]]
    posture = tuple(f for f in rows.factors_of(["usfk_posture"]) if f.kind == "lever")
    made = rows.run_rows(
        rows.Design(unit, posture), setting, [Arm("now")], measures(["n_provocations", "korea_attack"]), runs=256
    )
    means = made.means[0]
    assert np.array_equal(means[:, :, 0], means[:, :, 1]), "equal rows, equal runs"
    assert not np.array_equal(means[0, 0, 0], means[0, 1, 0]), "blocks face other runs"
    assert not np.array_equal(means[:, :, 0], means[:, :, 2]), "the lever is moved"


def test_halves_are_whole_groups_of_stratified_draws():
    with pytest.raises(InputError, match="multiple of 128"):
        rows.run_rows(
            design(2), Setting(worlds.defaults(), months=6), [Arm("now")], measures(["korea_attack"]), runs=64
        )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"base": 48}, "power of two"), ({"base": 64, "most_base": 32}, "at least base"), ({"runs": 200}, "multiple of 128"),
        ({"levers": ["usfk_posture"]}, "moved by a package"), ({"levers": ["usfk_postur"]}, "no lever is named"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_a_run(more, words):
    with pytest.raises(InputError, match=words):
        plan(asked(**more))


def test_measures_that_a_row_cannot_give_are_refused():
    with pytest.raises(InputError, match="conditional, or a field's mean"):
        plan(SensitivityFile.model_validate({**SMALL, "ask": {"outcomes": ["mean arms_flow"]}}))


def test_a_folder_of_another_command_is_refused(tmp_path):
    with Kept(tmp_path / "a", "thresholds").work():
        pass
    with pytest.raises(InputError):
        sensitivity(asked(), out=tmp_path / "a")
