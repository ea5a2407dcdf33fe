"""Stopping on precision: the two-stage rule covers, the naive one does not, and the width asked for is reached."""

import held_truth
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crink_abm.api import sweep
from crink_abm.ensemble import worlds
from crink_abm.estimation import intervals, sample_size
from crink_abm.estimation.control_variates import LEAST
from crink_abm.model.outcomes import OUTCOMES
from crink_abm.util.errors import InputError

_REPETITIONS = 10_000
_LEAST = 0.95 - 3.0 * np.sqrt(0.95 * 0.05 / _REPETITIONS)


@pytest.mark.parametrize(("prob", "half_width"), [(0.02, 0.01), (0.3, 0.02), (0.5, 0.01), (0.999, 0.005)])
def test_two_stages_cover_and_are_as_narrow_as_asked(prob, half_width):
    rng = np.random.default_rng(17)
    pilot = rng.binomial(sample_size.PILOT_RUNS, prob, _REPETITIONS)
    runs = sample_size.runs_by_counts(pilot, sample_size.PILOT_RUNS, half_width)
    events = rng.binomial(runs, prob)
    low, high = intervals.clopper_pearson(events, runs)
    assert ((low <= prob) & (prob <= high)).mean() >= _LEAST
    assert ((high - low) / 2 <= half_width * 1.001).mean() >= 1 - 1e-3
    # It learns from the pilot: where the risk is far from even, far fewer runs than not knowing it would take.
    blind = stats.norm.ppf(0.975) ** 2 / 4 / half_width**2
    assert np.median(runs) < blind * (0.5 if abs(prob - 0.5) > 0.4 else 1.1)


def test_looking_until_the_interval_is_narrow_covers_too_seldom():
    """The negative control: the naive rule with the default interval, on the first question above."""
    rng, prob, half_width, look = np.random.default_rng(18), 0.02, 0.01, 20
    events, runs = np.zeros(_REPETITIONS, int), np.zeros(_REPETITIONS, int)
    going = np.ones(_REPETITIONS, bool)
    while going.any():
        events[going] += rng.binomial(look, prob, going.sum())
        runs[going] += look
        low, high = intervals.jeffreys(events, runs)
        going &= (high - low) / 2 > half_width
    low, high = intervals.jeffreys(events, runs)
    assert ((low <= prob) & (prob <= high)).mean() < _LEAST


def test_runs_by_control_is_the_normal_interval_turned_round():
    error, n, half_width = np.array([0.004, 0.01]), 1000, 0.005
    runs = sample_size.runs_by_control(error, [500, 500], n, half_width)
    width = stats.norm.ppf(0.975) * error * np.sqrt(n / runs)
    assert (width <= half_width).all()
    assert (width > half_width * 0.8).all()
    # Where the pilot is more than narrow enough it is not undercut, and rare events are seen as often as in need.
    assert sample_size.runs_by_control([0.0001], [500], n, half_width) == n
    assert sample_size.runs_by_control([0.0001], [10], n, half_width) * 10 / n >= 2 * LEAST


def test_runs_come_in_even_rounds():
    assert [sample_size.whole_rounds(x, 30) for x in (1, 60, 61, 120.0)] == [60, 60, 120, 120]
    assert sample_size.pilot_seed(sample_size.pilot_seed(7)) == 7
    assert sample_size.pilot_seed(7) != 7


_PLAN = {
    "experiment": {"name": "narrow", "seed": 5, "precision": 0.012, "months": 36},
    "levers": {"usfk_posture": [0.2, 0.9]},
    "worlds": {"ensemble": "prior", "draws": 324, "screen": "none", "size": 20},
}


def _bytes(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.*")) if path.suffix in (".parquet", ".json")}


def test_a_sweep_reaches_its_precision_with_runs_where_they_are_needed(tmp_path):
    results = sweep(_PLAN, tmp_path / "a")
    table = results.estimates[results.estimates["outcome"].isin(OUTCOMES)]
    assert ((table["high"] - table["low"]) / 2 <= 0.012).all()
    assert results.manifest["precision"]["missed"] == []
    settled = results.manifest["runs_of_points"]
    assert [n % (2 * results.manifest["worlds"]["n"]) for n in settled] == [0] * len(settled)
    by_point = table.groupby("point")["n_runs"].first()
    assert by_point.tolist() == settled
    last = settled[1] - 1
    assert results.replay(1, last).value("first_blockade") == results.runs([1])["first_blockade"].iloc[last]
    # Again, from nothing and over what is there: the same bytes. And counts alone take more runs.
    sweep(_PLAN, tmp_path / "a")
    sweep(_PLAN, tmp_path / "b")
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    counts = sweep(_PLAN, tmp_path / "c", interval="clopper-pearson")
    assert sum(counts.manifest["runs_of_points"]) > sum(settled)


@pytest.mark.parametrize("half_width", [0.02, pytest.param(0.01, marks=pytest.mark.slow)])
def test_most_sweeps_of_one_world_are_as_narrow_as_asked_and_cover(half_width):
    """At the defaults over five years, in samples of one pool: the case where half of the sweeps once missed their width."""
    setting = held_truth.Setting("one world", worlds.defaults(), 60)
    truth = held_truth.truths(setting, 300_000, 99)
    pilots = held_truth.pool(setting, 40_000, 7)
    fresh = held_truth.pool(setting, 40_000, 8)
    asked, n, missed, held, at = 0, sample_size.PILOT_RUNS, 0, [], 0
    for k in range(20):
        cut = slice(k * n, (k + 1) * n)
        pilot = held_truth.estimates(setting, [tuple(runs[cut] for runs in pilots)])
        pilot = pilot[pilot["outcome"].isin(("taiwan_failure", "korea_failure", "any_failure"))]
        size = sample_size.runs_needed(pilot, half_width, "best", 1)[0]
        if at + size > len(fresh[0]):
            break
        made = held_truth.estimates(setting, [tuple(runs[at : at + size] for runs in fresh)])
        made = made[made["outcome"].isin(pilot["outcome"])]
        at, asked = at + size, asked + 1
        missed += ((made["high"] - made["low"]) / 2 > half_width).any()
        held.append(held_truth.covered(made, truth, {"prob": ("low", "high")}))
    total = pd.concat(held)[["held", "n"]].sum()
    assert asked >= 5
    assert missed == 0
    assert not held_truth.too_seldom(total["held"], total["n"])


def test_a_narrower_interval_takes_more_runs_and_keeps_those_made(tmp_path):
    sweep(_PLAN, tmp_path)
    before = {path.name for path in (tmp_path / "runs").glob("*.parquet")}
    narrow = sweep(_PLAN, tmp_path, precision=0.009)
    assert before <= {path.name for path in (tmp_path / "runs").glob("*.parquet")}
    assert narrow.manifest["precision"]["widest"] <= 0.009


@pytest.mark.parametrize(
    ("change", "message"),
    [({"worlds": {"ensemble": "defaults", "runs_per_world": 200}}, "nested design"),
     ({"worlds": {"ensemble": "defaults", "crossing": "full"}}, "nested design"),  # no runs a world to multiply
     ({"experiment": _PLAN["experiment"] | {"detail_runs": 9}}, "detail_runs")],
)  # fmt: skip
def test_precision_refuses_what_fixes_the_runs(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        sweep(_PLAN | change, tmp_path / "x")
    assert not (tmp_path / "x").exists()
