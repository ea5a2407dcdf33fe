"""Headline differences over the unknown chance that Korea follows Taiwan."""

import numpy as np
import pytest

from crink_abm import headline, worlds


def test_copies_of_a_world_are_no_new_observations():
    """The interval of a mean is that of the different worlds: doubling every row changes nothing."""
    rng = np.random.default_rng(1)
    x, world = rng.normal(size=50), np.arange(50)
    once = headline._mean_over_worlds(x, world)
    twice = headline._mean_over_worlds(np.repeat(x, 2), np.repeat(world, 2))
    assert twice == pytest.approx(once)
    assert once[1] == pytest.approx(1.96 * x.std(ddof=1) / np.sqrt(50))


def test_the_table_spans_the_range_that_nothing_rules_out():
    drawn = worlds.prior(60, seed=2)
    table = headline.by_conditional(worlds.Worlds(drawn.values, "", 60), seed=1, runs=40)
    assert set(table["lever"]) == set(headline.HEADLINE)
    assert (table["from"].min(), table["to"].max()) == (0.02, 0.60)
    whole = table[(table["from"] == 0.02) & (table["to"] == 0.60)]
    parts = table[~((table["from"] == 0.02) & (table["to"] == 0.60))]
    for lever in headline.HEADLINE:
        rows = parts[(parts["lever"] == lever) & (parts["outcome"] == "any_failure")]
        total = whole[(whole["lever"] == lever) & (whole["outcome"] == "any_failure")].iloc[0]
        assert rows["n_worlds"].sum() == total["n_worlds"]
        assert np.average(rows["diff"], weights=rows["n_worlds"]) == pytest.approx(total["diff"])
