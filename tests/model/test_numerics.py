"""Own exp and log: right to 1 ulp, and the same bits interpreted and compiled."""

import math

import mpmath
import numpy as np
import pytest

from crink_abm.engine.compiler import RuleCompiler
from crink_abm.model import numerics

mpmath.mp.prec = 200


def _worst_ulp(function, truth, points):
    worst = 0.0
    for x in points:
        exact = truth(mpmath.mpf(x))
        error = abs(mpmath.mpf(function(x)) - exact) / mpmath.mpf(math.ulp(float(exact)))
        worst = max(worst, float(error))
    return worst


RNG = np.random.default_rng(20260101)
# All that the functions accept, its ends, and where the rules use them most: scores about 0, odds of a uniform draw.
ODDS = [u / (1.0 - u) for u in (2.0**-33, 1.0 - 2.0**-33, *((RNG.integers(0, 2**32, 2000) + 0.5) * 2.0**-32).tolist())]
EXP_POINTS = np.concatenate(
    [RNG.uniform(numerics.EXP_MIN, numerics.EXP_MAX, 4000), RNG.normal(0, 1, 4000), RNG.uniform(-708, -700, 500),
     RNG.uniform(700, 709, 500), [numerics.EXP_MIN, numerics.EXP_MAX, 0.0, 1e-300, -1e-17]]
).tolist()  # fmt: skip
LOG_POINTS = np.concatenate(
    [np.exp(RNG.uniform(-708, 709, 4000)), RNG.uniform(0.5, 2, 4000), 1 + RNG.normal(0, 1e-4, 500), ODDS,
     [np.finfo(float).tiny, math.nextafter(2.0**1023, 0.0)]]
).tolist()  # fmt: skip


def test_exp_is_within_one_ulp():
    assert _worst_ulp(numerics.exp, mpmath.exp, EXP_POINTS) < 1.0


def test_log_is_within_one_ulp():
    assert _worst_ulp(numerics.log, mpmath.log, LOG_POINTS) < 1.0


def test_the_ulp_test_can_fail():
    """Negative control: a series one term short is caught."""

    def short(x):
        return numerics.exp(x) * (1.0 + 3e-16)

    assert _worst_ulp(short, mpmath.exp, EXP_POINTS[:500]) > 1.0


def _power_points():
    """Every base above 1e-300, exponents from 0.3 to 6 (the rules': curvature, weighting, and 1/weighting, 0.5 to 2)."""
    rng = np.random.default_rng(3)
    bases = np.concatenate(
        [rng.uniform(1e-3, 5, 2000), np.exp(rng.uniform(-60, 5, 2000)), np.exp(rng.uniform(-690, 5, 2000)),
         1 + rng.normal(0, 1e-3, 500)]
    )  # fmt: skip
    pairs = zip(bases.tolist(), rng.uniform(0.3, 6.0, len(bases)).tolist(), strict=True)
    return [(x, a) for x, a in pairs if abs(a * math.log(x)) < 700.0]


POWER_POINTS = _power_points()


def _worst_power(power):
    """Over the bases and exponents of the value function, the weighting function and their inverse, and beyond."""
    worst = 0.0
    for x, a in POWER_POINTS:
        exact = mpmath.power(mpmath.mpf(x), mpmath.mpf(a))
        worst = max(worst, float(abs(mpmath.mpf(power(x, a)) - exact) / mpmath.mpf(math.ulp(float(exact)))))
    return worst


def test_power_is_within_two_ulp():
    assert _worst_power(numerics.power) < 2.0


def test_the_plain_power_would_fail():
    """Negative control: exp(a log x) in single doubles is off by more."""
    assert _worst_power(lambda x, a: numerics.exp(a * numerics.log(x))) > 2.0


def test_logistic_matches_mpmath():
    for x in RNG.normal(0, 4, 500).tolist():
        assert math.isclose(numerics.logistic(x), float(1 / (1 + mpmath.exp(-mpmath.mpf(x)))), rel_tol=1e-15)


def test_extreme_arguments_stay_finite():
    assert numerics.exp(-1e6) > 0.0
    assert math.isfinite(numerics.exp(1e6))
    assert numerics.logistic(-1e6) >= 0.0
    assert numerics.logistic(1e6) == 1.0
    assert numerics.power(0.0, 0.5) == 0.0


@pytest.mark.parametrize("name", ["exp", "log", "logistic"])
def test_compiled_and_interpreted_bits_agree(name):
    plain = getattr(numerics, name)
    compiled = RuleCompiler().compiled(plain)
    points = LOG_POINTS if name == "log" else EXP_POINTS
    assert [plain(x) for x in points] == [compiled(x) for x in points]


def test_compiled_and_interpreted_bits_of_power_agree():
    compiled = RuleCompiler().compiled(numerics.power)
    assert [numerics.power(x, a) for x, a in POWER_POINTS] == [compiled(x, a) for x, a in POWER_POINTS]


@pytest.mark.parametrize("x", [-0.0, 0.0, -1.0, 0.5, 1.0, 2.0, math.inf, -math.inf])
def test_clip_is_the_nearest_of_the_range(x):
    assert numerics.clip(x, 0.0, 1.0) == sorted((0.0, x, 1.0))[1]
    assert math.isnan(numerics.clip(math.nan, 0.0, 1.0))


def test_logistic_noise_has_mean_zero_and_variance_one():
    n = 20_000
    noise = np.array([numerics.logistic_noise((k + 0.5) / n) for k in range(n)])
    # A quantile sum, not a sample. What the grid misses of the variance lies in the tails beyond its ends:
    # with scale s, 2 * s^2 * integral over u < 1/(2n) of logit(u)^2, below (log 2n)^2 / n in all.
    assert abs(noise.mean()) < 1e-9
    assert abs(noise.var() - 1.0) < np.log(2 * n) ** 2 / n


def test_no_vendor_vector_library_is_used():
    """SVML would put other bits into vector lanes; numba has not used it since 0.62."""
    import numba

    assert not numba.config.USING_SVML
