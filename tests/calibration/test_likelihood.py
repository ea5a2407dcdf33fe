"""The likelihood's blocks against the libraries' own densities."""

import numpy as np
import pytest
from scipy import special, stats

from crink_abm.calibration import likelihood, targets
from crink_abm.calibration.summaries import Summaries
from crink_abm.estimation import resampling
from crink_abm.record import tables


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


@pytest.mark.parametrize(("spells_with", "spells"), [(0, 3), (1, 3), (3, 3), (2, 7)])
def test_force_is_the_beta_binomial(spells_with, spells):
    """For a whole number of spells, but for the number of orders in which they may come, which is the same in every world."""
    events, n = np.array([0.0, 2.0, 31.0, 64.0]), np.full(4, 64.0)
    wanted = stats.betabinom(spells, events + 0.5, n - events + 0.5).logpmf(spells_with) - np.log(
        special.comb(spells, spells_with)
    )
    assert likelihood.force(events, n, spells_with, spells) == pytest.approx(wanted)


def test_force_of_parts_of_a_spell_is_the_mean_over_what_is_known_of_the_chance():
    """35 years are no whole number of spells: against a numerical integral."""
    p = stats.beta(2.5, 62.5)
    for spells_with, spells in ((0.0, 35 * 12 / targets.FORCE_MONTHS), (1.0, 35 * 12 / targets.FORCE_MONTHS)):
        wanted = np.log(p.expect(lambda x, k=spells_with, m=spells: x**k * (1 - x) ** (m - k)))
        found = likelihood.force(np.array([2]), np.array([64]), spells_with, spells)[0]
        assert found == pytest.approx(wanted, rel=1e-6)


def test_force_prefers_worlds_that_have_as_much_as_the_record():
    events = np.arange(65.0)
    never, once = (likelihood.force(events, np.full(65, 64.0), k, 2.7) for k in (0.0, 1.0))
    assert never.argmax() == 0 and (np.diff(never) < 0).all()
    assert events[once.argmax()] / 64 == pytest.approx(1 / 2.7, abs=0.02)


def test_crises_are_binomial():
    share = np.array([0.0, 0.05, 0.4, 1.0])
    assert likelihood.crises(1, 12, share[1:3]) == pytest.approx(stats.binom(12, share[1:3]).logpmf(1))
    assert likelihood.crises(11, 13, share[1:3]) == pytest.approx(stats.binom(13, share[1:3]).logpmf(11))
    assert likelihood.crises(14, 13, share[1:3]) == pytest.approx(stats.binom(13, share[1:3]).logpmf(13))
    ends = likelihood.crises(1, 12, share)[[0, 3]]  # a share of 0 or 1 is all but ruled out, and is a number
    assert np.isfinite(ends).all() and (ends < -15).all()


def _summaries(n_early=64.0, **changed):
    """Three worlds alike but for what is said."""
    same = {
        "launches": np.zeros((3, 4)), "launches_cov": np.tile(np.eye(4), (3, 1, 1)), "aircraft": np.zeros((3, 2)),
        "aircraft_cov": np.tile(np.eye(2), (3, 1, 1)), "n_replicates": np.full(3, 9), "n_run": np.full(3, 9),
        "flow": np.zeros((3, 5)), "force": np.full((3, 4), 8.0), "n_early": np.full(3, n_early),
        **{f"{theatre}_{kind}": np.full(3, 0.5) for theatre in ("korea", "taiwan") for kind in ("rate", "share")},
    }  # fmt: skip
    return Summaries(**(same | changed))


def test_each_block_sees_what_is_its_own():
    """A world with another share of crises, or with one kind of force more often, differs in that block and in no other."""
    seen = targets.targets(tables.load())
    plain = likelihood.blocks(_summaries(), seen)
    for k, name in enumerate(tables.FORCE):
        force = np.full((3, 4), 8.0)
        force[1, k] = 40.0
        found = likelihood.blocks(_summaries(force=force), seen)
        moved = {block for block in found if not np.array_equal(found[block], plain[block])}
        assert moved == {f"force: {name.replace('_', ' ')}"}
        mine = found[moved.pop()]
        assert (mine[1] > mine[0]) == (name == "korea_attack"), "of the four the record has an attack alone"
    found = likelihood.blocks(_summaries(korea_share=np.array([0.5, 0.9, 0.5])), seen)
    assert {block for block in found if not np.array_equal(found[block], plain[block])} == {"crises in Korea"}
    assert found["crises in Korea"][1] > found["crises in Korea"][0], "eleven of thirteen"


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
