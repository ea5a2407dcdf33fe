"""A comparison and a sweep of the same runs give the same numbers, to the bit: they are counted by the same code."""

import numpy as np

import crink_abm as crink


def test_compare_and_sweep_agree_to_the_bit(tmp_path):
    moved = {"usfk_posture": 0.8}  # 2,500 runs in 1,000 worlds: they weigh unequally, and sums are not exact
    compared = crink.compare({}, moved, runs=2_500, seed=5, names=["now", "moved"])
    plan = {"experiment": {"name": "x", "seed": 5, "runs": 2_500}, "packages": {"moved": moved}}
    swept = crink.sweep(plan, tmp_path).estimates
    ours = compared[compared["policy"] == "moved"].set_index("outcome")
    theirs = swept[swept["label"] == "moved"].set_index("outcome").loc[ours.index]
    for name in ("prob", "low", "high", "diff", "diff_low", "diff_high"):
        assert np.array_equal(ours[name].astype(float), theirs[name].astype(float), equal_nan=True), name
