"""The likelihood's blocks against the libraries' own densities."""

import numpy as np
import pytest
from scipy import stats

from crink_abm.calibration import likelihood, targets
from crink_abm.estimation import resampling


def test_the_normal_block_is_the_multivariate_normal():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((3, 4, 4))
    cov, mean, seen = a @ a.transpose(0, 2, 1) + np.eye(4), rng.standard_normal((3, 4)), rng.standard_normal(4)
    wanted = [stats.multivariate_normal(m, c).logpdf(seen) for m, c in zip(mean, cov, strict=True)]
    assert likelihood.normal(seen, mean, cov) == pytest.approx(wanted)


def test_the_flow_block_integrates_its_scale_out():
    """Against a numerical integral over the scale."""
    path, seen = np.log([[1.0, 4.0, 9.0]]), np.log([1500.0, 9000.0, 14000.0])
    centre, spread = targets.FLOW_SCALE
    grid = np.linspace(centre - 8 * spread, centre + 8 * spread, 20_001)
    density = stats.norm.pdf(grid, centre, spread)
    for k in range(3):
        density = density * stats.norm.pdf(seen[k], grid + path[0, k], targets.FLOW_LOG_SD)
    assert likelihood.flow(seen, path)[0] == pytest.approx(np.log(np.trapezoid(density, grid)), rel=1e-6)


def test_the_flow_has_no_level_only_a_shape():
    """A path twice as high is nearly as likely; one of another shape is not (negative control)."""
    seen = np.log([1000.0, 6700.0, 13000.0])
    same, double, flat = (
        likelihood.flow(seen, np.log([p]))[0] for p in ([1.0, 6.7, 13.0], [2.0, 13.4, 26.0], [7.0, 7.0, 7.0])
    )
    assert abs(same - double) < 1.5
    assert same - flat > 3


def test_disputes_are_poisson():
    assert likelihood.disputes(13, np.array([0.5]), 25)[0] == pytest.approx(stats.poisson(12.5).logpmf(13))


def test_no_war_is_the_mean_over_what_is_known_of_the_chance():
    p = stats.beta(2.5, 62.5)
    wanted = np.log(p.expect(lambda x: (1 - x) ** 8))
    assert likelihood.no_war(np.array([2]), np.array([64]), 8.0)[0] == pytest.approx(wanted, rel=1e-6)


def test_in_band_needs_no_number_of_runs():
    """With more runs a world's place in the band becomes certain; few runs leave it open, not passed."""
    few = np.exp(likelihood.in_band(np.array([0]), np.array([8]), 0.05, 0.25))[0]
    many = np.exp(likelihood.in_band(np.array([0]), np.array([8000]), 0.05, 0.25))[0]
    inside = np.exp(likelihood.in_band(np.array([1000]), np.array([8000]), 0.05, 0.25))[0]
    assert many < 1e-9 < few < 0.5 < inside
    assert inside == pytest.approx(1.0)


def test_effective_size():
    assert resampling.effective_size(np.ones(10)) == 10
    assert resampling.effective_size(np.array([1.0, 0.0, 0.0])) == 1
