"""Elicited beliefs: closed forms of weights, pools, dependence and bands; too few worlds are refused; the worlds made serve everywhere."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, spearmanr

import crink_abm
from crink_abm import InputError
from crink_abm.analysis.elicitation import pooling
from crink_abm.analysis.elicitation.distributions import Quantiles, log_copula, product_moment
from crink_abm.analysis.elicitation.questions import ElicitFile, believed
from crink_abm.analysis.questions import AnswerFile, setting_of
from crink_abm.experiment import reader
from crink_abm.model.parameters import CATALOGUE

N = 200_000
U = np.array([0.05, 0.5, 0.95])


def _normal(mean, sd):
    """The distribution that is made of three quantiles of a normal one."""
    return Quantiles(norm.ppf(U, mean, sd), U)


def _log_ratio(x, *of):
    """Experts' densities over that of standard normal draws."""
    return np.stack([one.log_density(x) - norm.logpdf(x) for one in of])


@pytest.fixture(scope="module")
def x():
    """Draws of the standard normal, without chance: its quantiles."""
    return norm.ppf((np.arange(N) + 0.5) / N)


def test_quantiles_of_a_normal_give_the_normal(x):
    np.testing.assert_allclose(_normal(1.0, 0.7).log_density(x[::1000]), norm.logpdf(x[::1000], 1.0, 0.7), atol=1e-9)
    np.testing.assert_allclose(_normal(1.0, 0.7).below(x[::1000]), norm.cdf(x[::1000], 1.0, 0.7), atol=1e-12)


def test_skewed_quantiles_are_met_and_the_density_is_one_within_its_ends():
    """Half of the last quantile's tail lies beyond the end, and is cut off. Negative control: without the end nothing is."""
    at = np.array([0.1, 0.2, 0.9])
    free = Quantiles(at, U)
    np.testing.assert_allclose(free.below(at), U, atol=1e-12)
    assert free.outside == 0.0
    cut = Quantiles(at, U, 0.0, 1.0)
    assert 0.0 < cut.outside < 0.3
    assert quad(lambda s: np.exp(cut.log_density(np.array([s]))[0]), 0.0, 1.0, points=at)[0] == pytest.approx(
        1.0, abs=1e-6
    )
    assert np.isneginf(cut.log_density(np.array([-0.01, 1.01]))).all()
    np.testing.assert_allclose(
        cut.below(cut.quantile(np.linspace(0.01, 0.99, 9))), np.linspace(0.01, 0.99, 9), atol=1e-4
    )


def test_a_normal_weighed_by_a_normal_is_the_normal(x):
    """Its mean, its spread, and the effective number, whose closed form is an integral of the squared ratio."""
    mean, sd = 0.8, 0.6
    weights = pooling.pooled(_log_ratio(x, _normal(mean, sd)), np.ones(1), "linear")
    assert weights @ x == pytest.approx(mean, abs=2e-3)
    assert np.sqrt(weights @ (x - mean) ** 2) == pytest.approx(sd, abs=2e-3)
    square = quad(lambda t: norm.pdf(t, mean, sd) ** 2 / norm.pdf(t), -8.0, 8.0)[0]
    assert pooling.effective(weights, np.arange(N)) / N == pytest.approx(1.0 / square, rel=1e-3)
    assert abs(x.mean()) < 1e-6  # negative control: unweighed, the draws are not as believed


def test_a_linear_pool_is_the_mixture_and_a_logarithmic_pool_the_product(x):
    """Of N(-0.5, 0.8) and N(1, 0.5), one to two: mean and variance by hand. Negative control: the two pools differ."""
    (m, s), a = np.array([[-0.5, 1.0], [0.8, 0.5]]), np.array([1.0, 2.0]) / 3.0
    ratio = _log_ratio(x, _normal(m[0], s[0]), _normal(m[1], s[1]))
    mixed, multiplied = (pooling.pooled(ratio, np.array([1.0, 2.0]), kind) for kind in ("linear", "logarithmic"))
    assert mixed @ x == pytest.approx(a @ m, abs=3e-3)
    assert mixed @ x**2 - (mixed @ x) ** 2 == pytest.approx(a @ (s**2 + m**2) - (a @ m) ** 2, abs=3e-3)
    precision = (a / s**2).sum()
    assert multiplied @ x == pytest.approx((a * m / s**2).sum() / precision, abs=3e-3)
    assert multiplied @ x**2 - (multiplied @ x) ** 2 == pytest.approx(1.0 / precision, abs=3e-3)
    assert abs(mixed @ x - multiplied @ x) > 0.1


def test_one_expert_pools_to_himself_and_a_world_ruled_out_by_one_is_ruled_out_by_a_product(x):
    ratio = _log_ratio(x[::100], _normal(0.3, 0.5))
    np.testing.assert_allclose(
        pooling.pooled(ratio, np.ones(1), "linear"), pooling.pooled(ratio, np.ones(1), "logarithmic")
    )
    two = np.log(np.array([[0.5, 0.5, 1e-300], [0.2, 0.4, 0.4]]))
    two[0, 2] = -np.inf
    assert pooling.pooled(two, np.ones(2), "logarithmic")[2] == 0.0
    assert pooling.pooled(two, np.ones(2), "linear")[2] == pytest.approx(0.2)


def test_copies_of_a_world_are_one_in_the_effective_number():
    weights = np.full(100, 0.01)
    assert pooling.effective(weights, np.arange(100)) == pytest.approx(100.0)
    assert pooling.effective(weights, np.arange(100) // 4) == pytest.approx(25.0)


def test_rank_correlations_are_had_and_impossible_ones_refused():
    """Independent uniform draws weighed by a copula; negative control: unweighed they are not correlated."""
    rng = np.random.default_rng(1)
    u = rng.random((60_000, 2))
    weights = np.exp(log_copula(norm.ppf(u), product_moment(np.array([[1.0, 0.6], [0.6, 1.0]]), "me")))
    assert weights.mean() == pytest.approx(1.0, abs=0.05)
    drawn = u[rng.choice(len(u), 20_000, p=weights / weights.sum())]
    assert spearmanr(drawn).statistic == pytest.approx(0.6, abs=0.03)
    assert abs(spearmanr(u).statistic) < 0.02
    with pytest.raises(InputError, match="no distribution has these rank correlations"):
        product_moment(np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], float), "me")


def test_bands_are_met_and_nothing_changes_within_them():
    """Jeffrey's rule, two bands at once; worlds within and without both keep their proportions."""
    rng = np.random.default_rng(2)
    inside = (rng.random((2, 500)) < np.array([[0.3], [0.6]])).astype(float)
    log = rng.normal(0.0, 0.5, 500)
    after, of, met = pooling.in_bands(log, inside, np.array([0.9, 0.2]))
    assert met
    weights = np.exp(after) / np.exp(after).sum()
    np.testing.assert_allclose(inside @ weights, [0.9, 0.2], atol=1e-6)
    np.testing.assert_allclose((of * weights).sum(1), [0.9, 0.2], atol=1e-6)
    for cell in range(4):
        here = (inside[0] == cell // 2) & (inside[1] == cell % 2)
        moved = (after - log)[here]
        assert np.ptp(moved) == pytest.approx(0.0, abs=1e-9)
    before = np.exp(log) / np.exp(log).sum()
    assert abs(inside[0] @ before - 0.9) > 0.4  # negative control
    assert not pooling.in_bands(log, np.zeros((1, 500)), np.array([0.9]))[2]


def _file(experts, worlds=None, **elicit):
    return {
        "experiment": {"name": "mine", "seed": 2, "runs": 100, "months": 36},
        "experts": experts,
        "elicit": {"runs_per_world": 4, "size": 500, "outcomes": ["korea_attack"], **elicit},
        "worlds": worlds or {"ensemble": "prior", "screen": "none", "draws": 500},
    }


ONE = {"constants": {"sanctions_cost": {"5": 0.1, "50": 0.2, "95": 0.3}}}
OTHER = {"weight": 3.0, "constants": {"sanctions_cost": {"5": 0.02, "50": 0.05, "95": 0.1}}}


def test_worlds_are_as_said_within_the_error_of_their_number():
    """Of bare prior worlds the elicited quantiles come out; negative control: those not spoken of stay."""
    found = crink_abm.elicit(_file({"me": ONE}))
    said = found.beliefs.set_index("at")
    for at, u in (("5 %", 0.05), ("50 %", 0.5), ("95 %", 0.95)):
        below = (found.worlds.column("sanctions_cost") <= said.loc[at, "said"]).mean()
        assert abs(below - u) < 4.0 * np.sqrt(u * (1.0 - u) / found.effective)
    assert abs(said.loc["50 %", "worlds"] - 0.2) < 0.02 and said.loc["5 %", "worlds"] < 0.05
    p = CATALOGUE["coordination_cost"]
    spread = (found.worlds.column(p.name) - p.low) / (p.high - p.low)
    assert abs(spread.mean() - 0.5) < 4.0 / np.sqrt(12.0 * found.effective)
    assert len(found.worlds) == 500 and found.effective < 500


def test_drawn_afresh_worlds_weigh_alike_and_hold_the_mixture():
    found = crink_abm.elicit(_file({"one": ONE, "other": OTHER}, method="draw", size=1000))
    assert found.effective == pytest.approx(1000.0, rel=1e-3)  # each expert is brought to one over these draws
    x = found.worlds.column("sanctions_cost")
    expected = (
        0.25 * 0.5
        + 0.75
        * believed(reader.read(_file({"other": OTHER}), ElicitFile))[0]
        .constants["sanctions_cost"]
        .below(np.array([0.2]))[0]
    )
    assert (x <= 0.2).mean() == pytest.approx(expected, abs=4.0 * np.sqrt(0.1 / 1000.0))
    product = crink_abm.elicit(
        _file({"one": ONE, "other": OTHER}, method="draw", size=1000, pool="logarithmic", least_effective=10)
    )
    assert product.effective < 900.0
    assert 0.05 < np.median(product.worlds.column("sanctions_cost")) < 0.2


def test_an_ensemble_is_replaced_or_still_counts():
    """With replaces = "ensemble" the calibrated worlds have what was said; as a prior, the record moves it."""
    narrow = {"constants": {"hold_gain": {"5": 0.05, "50": 0.1, "95": 0.15}}}
    worlds = {"ensemble": "calibrated"}
    last = crink_abm.elicit(_file({"me": narrow}, worlds, replaces="ensemble", least_effective=10))
    row = last.beliefs[last.beliefs["at"] == "50 %"].iloc[0]
    assert row["pooled"] == pytest.approx(0.1, abs=4.0 * 0.03 * 1.25 / np.sqrt(last.effective))


def test_too_few_worlds_are_refused_with_their_number_and_the_remedy():
    """And the remedy works."""
    sharp = {
        "me": {"constants": {"sanctions_cost": {"5": 0.3, "95": 0.302}, "coordination_cost": {"5": 1.0, "95": 1.05}}}
    }
    with pytest.raises(
        InputError,
        match=r"leave \d+\.\d effective worlds of 500 .* least_effective = 50 .* Set \[elicit\] method = \"draw\"",
    ):
        crink_abm.elicit(_file(sharp))
    assert crink_abm.elicit(_file(sharp, method="draw")).effective == pytest.approx(500.0, rel=1e-3)


def test_a_band_moves_the_risk_into_it():
    """Negative control: without the band fewer worlds lie in it."""
    band = {"bands": {"korea_attack": {"low": 0.0, "high": 0.05, "inside": 0.95}}, **ONE}
    found = crink_abm.elicit(_file({"me": band}, runs_per_world=40, least_effective=10))
    rows = found.risks.set_index("who")
    free = crink_abm.elicit(_file({"me": ONE}, runs_per_world=40)).risks.set_index("who")
    assert rows.loc["me", "band_inside"] == pytest.approx(0.95, abs=1e-6)
    assert rows.loc["pooled", "risk"] < free.loc["pooled", "risk"]
    assert rows.loc["worlds", "risk"] == free.loc["worlds", "risk"]


def test_the_worlds_serve_any_experiment_and_a_second_run_ends_with_the_same_bytes(tmp_path):
    file = _file({"me": ONE})
    one, two = (crink_abm.elicit(file, out=tmp_path / name) for name in ("one", "two"))
    crink_abm.elicit(file, out=tmp_path / "one")
    for name in (*one.tables, "worlds"):
        assert (tmp_path / "one" / f"{name}.parquet").read_bytes() == (
            tmp_path / "two" / f"{name}.parquet"
        ).read_bytes()
    assert (one.worlds.values == two.worlds.values).all()
    asked = {
        "experiment": {"name": "again", "seed": 1, "runs": 10}, "packages": {"more": {"usfk_posture": 0.8}},
        "worlds": {"ensemble": str(tmp_path / "one" / "worlds.parquet")},
    }  # fmt: skip
    again = setting_of(reader.read(asked, AnswerFile)).worlds
    assert len(again) == 500
    np.testing.assert_array_equal(np.sort(again.column("sanctions_cost")), np.sort(one.worlds.column("sanctions_cost")))


@pytest.mark.parametrize(
    ("expert", "words"),
    [
        ({}, "says nothing"),
        ({"constants": {"sanction_cost": {"5": 0.1, "95": 0.2}}}, "did you mean sanctions_cost"),
        ({"constants": {"sanctions_cost": {"5": 0.3, "95": 0.2}}}, "rise with their per cent"),
        ({"constants": {"sanctions_cost": {"0": 0.1, "95": 0.2}}}, "by per cent"),
        ({"constants": {"sanctions_cost": {"5": 0.4, "50": 0.8, "95": 0.9}}}, r"beyond its declared range, \[0, 0.4\]"),
        ({"constants": {"sanctions_cost": {"50": 0.4}}}, "is a table of 2 to 20 quantiles"),
        ({"constants": {"xi_theory": {"5": 0.0, "95": 1.0}}}, r"say it under \[experts.me.switches\]"),
        ({"switches": {"xi_theory": {"prospect": 0.5, "satisficing": 0.4}}}, "sum to 1"),
        ({"switches": {"xi_theory": {"prospect": 0.5, "utility": 0.5}}}, "is one of"),
        ({"bands": {"korea_war": {"low": 0.3, "high": 0.1}}}, "from low to high"),
        ({"bands": {"korea_wars": {"low": 0.1, "high": 0.2}}}, "no measure is named"),
        ({**ONE, "correlations": {"sanctions_cost, sea_cost": 0.5}}, "between two of this expert's constants"),
    ],
)
def test_beliefs_that_mean_nothing_are_refused(expert, words):
    with pytest.raises(InputError, match=words):
        believed(reader.read(_file({"me": expert}), ElicitFile))
