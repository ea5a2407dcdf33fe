"""The sign audit: which worlds are clear, and what is said of their signs."""

import numpy as np
import pytest

from crink_abm.analysis import sign_audit
from crink_abm.estimation import significance


def _events(up: int, down: int, n_runs: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Events (runs, one world, one outcome) with the lever raised and at the baseline, with so many discordant pairs."""
    there, base = np.zeros((2, n_runs, 1, 1), bool)
    there[:up] = True
    base[up : up + down] = True
    there[-30:] = base[-30:] = True  # pairs that agree say nothing
    return there, base


@pytest.mark.parametrize(
    "up, down, sign",
    [
        (8, 0, 1.0),  # p = 2 / 2^8 = 0.0078
        (0, 8, -1.0),
        (7, 0, 0.0),  # p = 2 / 2^7 = 0.0156
        (0, 7, 0.0),
        (11, 1, 1.0),  # p = 2 x 13 / 2^12 = 0.0063
        (10, 1, 0.0),  # p = 2 x 12 / 2^11 = 0.0117
        (5, 5, 0.0),
        (0, 0, 0.0),
    ],
)
def test_a_world_is_clear_at_one_per_cent(up, down, sign):
    """An exact McNemar test at the 1 % level, on both sides of it, counted by hand."""
    there, base = _events(up, down)
    diff, signs = sign_audit._signs(there, base)
    assert diff == (up - down) / len(there)
    assert signs == sign


def test_worlds_without_effect_are_seldom_clear():
    """Of worlds in which nothing happens at most one in a hundred is called clear (negative control: at 20 % many are)."""
    rng = np.random.default_rng(3)
    there, base = rng.random((2, 400, 3000, 1)) < 0.1
    _, signs = sign_audit._signs(there, base)
    assert (signs != 0).mean() < 0.01
    at_twenty = significance.mcnemar((there & ~base).sum(0), (base & ~there).sum(0)) < 0.2
    assert at_twenty.mean() > 0.1


def test_a_sign_is_told_of_enough_clear_worlds_only():
    """The split of the clear worlds, counted by hand; worlds that stand there twice count once."""
    sign = np.array([1.0, -1.0, -1.0, 0.0, -1.0])
    lowers, raises, noise, n_clear, share, low, high = sign_audit._split(sign, np.arange(5))
    assert (lowers, raises, noise, n_clear, share) == (0.6, 0.2, 0.2, 4, 0.75)
    assert 0.0 < low < 0.75 < high < 1.0
    *_, twice_low, twice_high = sign_audit._split(np.tile(sign, 2), np.tile(np.arange(5), 2))
    assert (twice_low, twice_high) == pytest.approx((low, high))
