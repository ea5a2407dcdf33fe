"""Trajectories that must not change unawares, on any IEEE machine.

Own arithmetic and counter-based draws make every bit independent of the platform's libm; a golden hash that
differs on a new machine means that this no longer holds. The file is rewritten by
``python tests/test_golden.py``, in a commit of its own that says why.
"""

import hashlib
import json

import numpy as np
import pytest
from conftest import FIELD_NAMES, ROOT, batch_run, mesa_run, random_policy, random_world

PATH = ROOT / "tests" / "golden" / "trajectories.json"
CASES = range(6)


def _case(k):
    """Case 0 is the defaults; the others draw everything."""
    if k == 0:
        return {}, {}, 1, 0, 120
    rng = np.random.default_rng(4000 + k)
    return random_policy(rng), random_world(rng), int(rng.integers(2**63)), int(rng.integers(2**62)), 120


def _digest(trajectory):
    return hashlib.sha256(np.ascontiguousarray(trajectory, "<f8").tobytes()).hexdigest()


@pytest.mark.parametrize("engine", [mesa_run, batch_run], ids=["mesa", "batch"])
@pytest.mark.parametrize("k", CASES)
def test_trajectories_are_the_golden_ones(engine, k):
    golden = json.loads(PATH.read_text())
    assert golden["fields"] == FIELD_NAMES
    assert _digest(engine(*_case(k))) == golden["sha256"][k]


def test_the_hash_sees_one_bit():
    """Negative control."""
    trajectory = mesa_run({}, {}, 1, 0, 3)
    nudged = trajectory.copy()
    nudged[1, 5] = np.nextafter(nudged[1, 5], 2.0)
    assert _digest(trajectory) != _digest(nudged)


if __name__ == "__main__":
    found = {"fields": FIELD_NAMES, "sha256": [_digest(mesa_run(*_case(k))) for k in CASES]}
    PATH.write_text(json.dumps(found, indent=1) + "\n")
