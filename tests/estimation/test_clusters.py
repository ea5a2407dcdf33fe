"""Copies of a world are one observation: means, their intervals, and the sign audit's shares."""

import numpy as np
import pytest
from scipy import stats

from crink_abm.analysis import sign_audit
from crink_abm.estimation import clusters


def test_copies_of_a_world_are_no_new_observations():
    """The interval of a mean is that of the different worlds: doubling every row changes nothing."""
    rng = np.random.default_rng(1)
    x, world = rng.normal(size=50), np.arange(50)
    once = clusters.mean_interval(x, world)
    twice = clusters.mean_interval(np.repeat(x, 2), np.repeat(world, 2))
    assert twice == pytest.approx(once)
    assert once[2] - once[0] == pytest.approx(stats.t.ppf(0.975, 49) * x.std(ddof=1) / np.sqrt(50))
    assert clusters.effective(np.repeat(world, 3)) == 50
    assert np.isnan(clusters.mean_interval(x, np.zeros(50, int))[1])


def test_rows_of_one_world_have_one_number():
    values = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])
    world = clusters.worlds_of(values)
    assert world[0] == world[2] != world[1]


def test_intervals_cover_where_worlds_stand_there_more_than_once():
    """An ensemble of 60 rows of worlds of unequal copies; independent rows would miss more often (negative control)."""
    rng = np.random.default_rng(2)
    copies = np.array([6, 5, 4, 4, 3, 3, 2, 2, 2, *[1] * 29])
    world, hits, naive, n = np.repeat(np.arange(len(copies)), copies), 0, 0, 3000
    for _ in range(n):
        x = rng.normal(size=len(copies))[world]
        mean, low, high = clusters.mean_interval(x, world)
        hits += low <= 0.0 <= high
        naive += abs(mean) <= 1.96 * x.std(ddof=1) / np.sqrt(len(x))
    error = np.sqrt(0.95 * 0.05 / n)
    assert hits / n > 0.95 - 3.0 * error
    assert naive / n < 0.95 - 6.0 * error


def test_the_audits_shares_count_a_world_once():
    sign, world = np.array([-1.0] * 30 + [1.0] * 20 + [0.0] * 10), np.arange(60)
    once, twice = sign_audit._split(sign, world), sign_audit._split(np.repeat(sign, 2), np.repeat(world, 2))
    assert twice[:3] == once[:3]
    assert (once[3], twice[3]) == (50, 100)
    assert twice[4:] == pytest.approx(once[4:])
    assert np.isnan(sign_audit._split(np.zeros(5), np.arange(5))[4])
