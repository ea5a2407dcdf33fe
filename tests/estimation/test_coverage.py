"""Intervals hold the truth as often as they say: through the sweep's own counting, in the cells of docs/coverage.md."""

import held_truth
import numpy as np
import pytest
from conftest import ROOT
from hot import HOT

from crink_abm.ensemble import worlds
from crink_abm.estimation import over_worlds

pytestmark = pytest.mark.once  # the same on every Python and Mesa


@pytest.fixture(scope="module")
def one_world():
    """A world in which force is frequent and hardly a sample sees nuclear use, with its truths and a pool of runs."""
    setting = held_truth.Setting("one world", worlds.defaults(HOT | {"nuclear_rate": 0.0005}), 60)
    return setting, held_truth.truths(setting, 300_000, 99), held_truth.pool(setting, 200_000, 7)


@pytest.mark.parametrize("n", [400, 1_000])
def test_intervals_of_one_world_hold_the_truth(one_world, n):
    setting, truth, runs = one_world
    held = held_truth.covered(held_truth.sampled(setting, runs, n, 200), truth)
    assert len(held) > 20
    assert not held_truth.too_seldom(held["held"], held["n"]).any(), held.to_string()


@pytest.mark.slow
def test_intervals_of_twenty_given_worlds_hold_the_truth():
    """Runs of a group of strata are dealt to all worlds; types are drawn once a leader or once a crisis."""
    setting = held_truth.Setting("twenty worlds", worlds.prior(648, seed=3).first(20), 60)
    truth, runs = held_truth.truths(setting, 300_000, 99), held_truth.pool(setting, 200_000, 7)
    for n in (400, 2_000):
        held = held_truth.covered(held_truth.sampled(setting, runs, n, 200), truth)
        assert len(held) > 20
        assert not held_truth.too_seldom(held["held"], held["n"]).any(), held.to_string()


@pytest.mark.once
def test_residuals_of_events_that_are_not_seen_would_spoil_them(one_world, monkeypatch):
    """Negative control: any residual and any event is trusted, as it once was."""
    setting, truth, runs = one_world
    for name, value in (("LEAST", 0), ("_FAR", np.inf), ("FREEDOM_A_RESIDUAL", 1), ("_APART", 0)):
        monkeypatch.setattr(f"crink_abm.estimation.control_variates.{name}", value)
    held = held_truth.covered(held_truth.sampled(setting, runs, 1_000, 200), truth).set_index(["outcome", "quantity"])
    assert held_truth.too_seldom(*held.loc[("taiwan_failure", "prob"), ["held", "n"]])


def test_intervals_over_few_worlds_hold_the_truth():
    """Few worlds, rare outcomes and unequal runs. Negative control: the intervals that take the worlds as given do not."""
    drawn, *runs = held_truth.worlds_pool(500, 100)
    truth, rng = held_truth.truths_over_worlds(drawn, *runs), np.random.default_rng(2)
    for sizes in ([100] * 5, [1] * 50, [1, 5, 20, 100] * 5):
        table = held_truth.sampled_worlds(rng, drawn, *runs, sizes, 60)
        held = held_truth.covered(table, truth, held_truth.OVER_WORLDS)
        assert not held_truth.too_seldom(held["held"], held["n"]).any(), held.to_string()
        wide, narrow = (table[f"{prefix}high"] - table[f"{prefix}low"] for prefix in ("ensemble_", ""))
        assert not (wide < narrow - 1e-12).any()
        assert not ((table["ensemble_low"] < 0.0) | (table["ensemble_high"] > 1.0)).any()
        if sizes[0] == 100:
            given = held_truth.covered(table, truth)
            assert held_truth.too_seldom(given["held"], given["n"]).any()


@pytest.mark.slow
def test_the_page_of_coverage_is_true():
    """Every cell at its level or above within chance, and docs/coverage.md says what is measured."""
    tables = held_truth.measured()
    for table in tables.values():
        seldom = held_truth.too_seldom(table["held"], table["n"])
        assert seldom.sum() <= 1, table[seldom].to_string()  # some 700 looks at one in a thousand each
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == held_truth.page(tables)


@pytest.mark.once
def test_a_probability_that_goes_with_how_often_it_is_asked_is_held():
    """Worlds in which force is frequent want it seldom: of all force the share wanted is theirs above all."""
    rng, n_worlds, runs = np.random.default_rng(3), 30, 200
    often, wanted = np.array([0.6, 0.05]), np.array([0.5, 0.95])
    truth, held = (often * wanted).sum() / often.sum(), np.zeros(2, int)
    for _ in range(300):
        kind = rng.integers(0, 2, n_worlds)
        given = rng.binomial(runs, often[kind])[:, None]
        hit = rng.binomial(given[:, 0], wanted[kind])[:, None]
        by = over_worlds.ratio(hit, given, np.ones(n_worlds)), over_worlds.beta_binomial(hit, given)
        held += [bool(low[0] <= truth <= high[0]) for low, high in by]
    assert not held_truth.too_seldom(held[0], 300)
    assert held_truth.too_seldom(held[1], 300)  # where worlds speak equally
