"""Simulation-based calibration of the method, with a wrong posterior that must be found out."""

import numpy as np
import pytest

from crink_abm.ensemble import worlds
from crink_abm.model.parameters import CATALOGUE
from crink_abm.record import tables
from crink_abm.validation import sbc

SIZE = {"n": 150, "draws": 6_000, "replicates": 16, "seed": 11}


@pytest.fixture(scope="module")
def record():
    return tables.load()


def test_ranks_of_known_parameters_are_uniform(record):
    found = sbc.rank(record, **SIZE)
    assert found.ranks.shape == (150, len(sbc.RANKED))
    assert found.ranks.min() >= 0
    assert found.ranks.max() <= sbc.POSTERIOR
    assert np.median(found.effective) > 30
    assert found.uniform(), found.table()


def test_an_overconfident_posterior_is_found_out(record):
    """The likelihood to the fourth power puts true values into the tails (negative control)."""
    found = sbc.rank(record, **SIZE, sharpen=4.0)
    assert not found.uniform()
    moved = found.table().set_index("parameter").loc[["campaign_rate", "pla_persistence", "pla_sd"]]
    assert (moved["bins_outside"] >= 1).all()


def test_true_values_are_drawn_independently():
    """As many draws as strata leave over a third of the strata empty; a Latin hypercube leaves none (negative control)."""
    column = list(CATALOGUE).index("campaign_rate")

    def filled(drawn):
        parameter = CATALOGUE["campaign_rate"]
        u = (drawn.values[:, column] - parameter.low) / (parameter.high - parameter.low)
        return len(np.unique(np.minimum((u * len(drawn)).astype(int), len(drawn) - 1)))

    assert 0.55 * 200 < filled(sbc.independent(200, 3)) < 0.72 * 200
    assert filled(worlds.prior(200, seed=3)) > 190
    assert np.array_equal(sbc.independent(5, 3).values, sbc.independent(5, 3).values)
