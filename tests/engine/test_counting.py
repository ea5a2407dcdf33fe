"""What the compiled counter counts is what numpy counts: to the bit where runs weigh the same, to rounding where they do not."""

import numpy as np
import pandas as pd
import pytest

from crink_abm.engine import compiled, counting
from crink_abm.ensemble import worlds
from crink_abm.estimation.accumulator import Accumulator
from crink_abm.model import levers, outcomes
from crink_abm.sweeps.codec import decode, encode

MONTHS = 48


def _ensemble(n: int):
    return worlds.prior(n, seed=4)


def _runs(spread, n: int, posture: float) -> np.ndarray:
    """Runs as they are kept, some of them failed."""
    calendar = levers.calendar({"usfk_posture": posture}, MONTHS)
    made = compiled.run_many(calendar, spread.values, n, seed=9, world_of=spread.of_runs(0, n))
    made[np.arange(n) % 97 == int(10 * posture)] = np.nan
    return encode([made])[1][0]


def _counts(spread, n: int, count, cut: int) -> list[tuple[str, np.ndarray]]:
    """All sums of two points against a baseline, counted in pieces of ``cut`` runs."""
    base, *here = (_runs(spread, n, posture) for posture in (0.5, 0.2, 0.9))
    accumulator = Accumulator(spread, MONTHS, (9,), [n + 1] * 2, count=count)  # never whole: counts stay
    for first in range(0, n, cut):
        rows = slice(first, first + cut)
        observed = outcomes.observed(np.nan_to_num(base[rows]))
        counted = np.array([~(outcomes.failed(one[rows]) | outcomes.failed(base[rows])) for one in here])
        accumulator.add([0, 1], first, [one[rows] for one in here], observed, counted)
    return [(name, array) for point in (0, 1) for _, name, array in accumulator.open[point]._arrays()]


def _as_counted(spread, n, cut=1_000, count=None):
    """(name, as numpy counts, as the compiled counter does) of each sum."""
    mine, theirs = _counts(spread, n, None, cut), _counts(spread, n, count or counting.count(), cut)
    return [(name, a, b) for (name, a), (_, b) in zip(mine, theirs, strict=True)]


@pytest.mark.parametrize("n_worlds", [7, 120])
def test_runs_that_weigh_the_same_are_counted_to_the_bit(n_worlds):
    """Few worlds have counts by world, many have none; cuts are no multiple of what is counted at a time."""
    sums = _as_counted(_ensemble(n_worlds), 3_359)  # and one more is 480 or 28 runs a world
    assert {"cross", "sums", "first", "hit", "event", "by_world"} <= {name for name, *_ in sums}
    for name, mine, theirs in sums:
        assert mine.any() or name == "by_world"
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes(), name


def test_runs_that_weigh_unequally_are_counted_to_rounding():
    for name, mine, theirs in _as_counted(_ensemble(7), 3_003):
        np.testing.assert_allclose(theirs, mine, rtol=1e-11, atol=1e-12, err_msg=name)


def test_few_runs_have_no_residuals_to_count():
    for name, mine, theirs in _as_counted(_ensemble(120), 119):
        assert mine.tobytes() == theirs.tobytes(), name
        if name == "cross":
            assert mine.shape[-1] == 2 * len(outcomes.OUTCOMES)


def test_a_counter_that_leaves_a_run_out_is_seen():
    def careless(results, *rest):
        counting.count()(results, *rest)
        rest[7][0] += 1

    assert any(a.tobytes() != b.tobytes() for _, a, b in _as_counted(_ensemble(7), 3_359, count=careless))


def test_what_is_encoded_is_given_as_it_is_decoded():
    """Also where it may not be written; a failed run among them, and pieces of any length."""
    rng = np.random.default_rng(2)
    pieces = [rng.integers(-1, 120, (n, len(outcomes.RESULTS))) + rng.random((n, 1)) * 1e-7 for n in (1, 5_000, 3)]
    pieces[1][7] = np.nan
    pieces[1].flags.writeable = False
    before = pieces[1].copy()
    table, read = encode(pieces)
    assert np.concatenate(read).tobytes() == decode(table).tobytes()
    assert np.array_equal(pieces[1], before, equal_nan=True)
    assert np.isnan(read[1][7]).all() and len(table) == 5_004
    assert isinstance(table.to_pandas(), pd.DataFrame)
