"""Trajectories that must not change unawares, on any IEEE machine.

Own arithmetic and counter-based draws make every bit independent of the platform's libm; a golden hash that
differs on a new machine means that this no longer holds. What goes into each run (levers, structures, parameters, seed, run,
months) is written in the file by name, with the fields that are hashed: a lever, parameter or field that is added fails
nothing as long as its default leaves the others' arithmetic alone. The hashes are rewritten by
``python tests/contracts/test_golden.py``, in a commit of its own that says why; the inputs stay. Where a parameter that they
name is gone, as in a new edition, ``--draw`` draws them anew from the lists as they are, with every field.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # where it is run by itself
from conftest import FIELD_NAMES, ROOT, batch_run, mesa_run, random_policy, random_world

from crink_abm.model import levers
from crink_abm.model.parameters import SWITCHES, checked

PATH = ROOT / "tests" / "golden" / "trajectories.json"
GOLDEN = json.loads(PATH.read_text())
CASES = range(len(GOLDEN["runs"]))


def _inputs(k):
    """What golden run ``k`` is given; what is not named is at its default."""
    said = GOLDEN["runs"][k]
    return said["levers"], said["structures"] | said["parameters"], said["seed"], said["run"], said["months"]


def _digest(trajectory):
    """SHA-256 of the golden fields of a trajectory, a column for each field that there is."""
    golden = trajectory[:, [FIELD_NAMES.index(name) for name in GOLDEN["fields"]]]
    return hashlib.sha256(np.ascontiguousarray(golden, "<f8").tobytes()).hexdigest()


@pytest.mark.parametrize("engine", [mesa_run, batch_run], ids=["mesa", "batch"])
@pytest.mark.parametrize("k", CASES)
def test_trajectories_are_the_golden_ones(engine, k):
    assert _digest(engine(*_inputs(k))) == GOLDEN["runs"][k]["sha256"]


def test_the_hash_sees_one_bit():
    """Negative control."""
    trajectory = mesa_run({}, {}, 1, 0, 3)
    nudged = trajectory.copy()
    nudged[1, 5] = np.nextafter(nudged[1, 5], 2.0)
    assert _digest(trajectory) != _digest(nudged)


#: Run before anything else is imported: a model with one lever, one parameter and one field more, in the midst of the others.
_LARGER = """
from crink_abm.model import fields, levers, parameters

def within(table, name, row):
    rows = list(table.items())
    table.clear()
    table.update(rows[:3] + [(name, row)] + rows[3:])

within(levers.LEVERS, "new_lever", levers.Lever("new_lever", 0.25, "1 posture", "none", "all"))
levers.COLUMNS = (*levers.LEVERS, *levers.DRIVERS)
within(parameters.CATALOGUE, "new_parameter", parameters.Parameter("new_parameter", 1.0, 0.0, 2.0, "weight", "assumed", "New"))
new = fields.Field("new_field", fields.A.WORLD, "share", "New", 0.125)
fields.FIELDS = (*fields.FIELDS[:2], new, *fields.FIELDS[2:])
fields.BY_NAME = {field.name: field for field in fields.FIELDS}
"""


def _of_larger_model(k: int, code: str) -> list[str]:
    """What a larger model, in a process of its own, prints of golden run ``k``."""
    code = f"{_LARGER}\nimport numpy as np\nimport test_golden as g, conftest as c\nk = {k}\n{code}"
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert not done.returncode, done.stderr
    return done.stdout.split()


def test_a_lever_a_parameter_or_a_field_that_is_added_fails_no_golden_run():
    lengths = "len(c.levers.LEVERS), len(c.CATALOGUE), len(c.FIELD_NAMES)"
    told = _of_larger_model(1, f"print({lengths}, g._digest(c.mesa_run(*g._inputs(k))))")
    from conftest import CATALOGUE, levers

    assert [*map(int, told[:3])] == [n + 1 for n in (len(levers.LEVERS), len(CATALOGUE), len(FIELD_NAMES))]
    assert told[3] == GOLDEN["runs"][1]["sha256"]


def test_inputs_drawn_over_the_lists_would_fail_it():
    """Negative control: as they were drawn before, and drawn in the larger model."""
    draw = "rng = np.random.default_rng(4000 + k)\npolicy = c.random_policy(rng)\nworld = c.random_world(rng)\n"
    seeds = "int(rng.integers(2**63)), int(rng.integers(2**62)), 120"
    said = _of_larger_model(1, draw + f"print(g._digest(c.mesa_run(policy, world, {seeds})))")
    assert said != [GOLDEN["runs"][1]["sha256"]]


def test_inputs_are_those_that_were_drawn_and_hashed():
    """Every lever and parameter of the time is named, within its range; a name that the model has no more is refused."""
    for run in GOLDEN["runs"]:
        assert len(run["levers"]) == 14
        assert len(run["structures"]) == 7
        assert len(run["parameters"]) == 341
        assert set(run["levers"]) == set(GOLDEN["runs"][0]["levers"])
        assert set(run["parameters"]) == set(GOLDEN["runs"][0]["parameters"])
    with pytest.raises(ValueError, match="no lever is named"):
        mesa_run({"lever_that_went": 0.5}, {}, 1, 0, 1)


def test_golden_runs_go_where_the_model_goes():
    """Each level of the types of leaders, either leader's decisions, and force in both theatres are among them."""
    assert {run["structures"]["leader_types"] for run in GOLDEN["runs"]} == {0, 1, 2}
    last = np.array([batch_run(*_inputs(k))[-1] for k in CASES])
    for name in ("first_blockade", "first_invasion", "first_korea_attack", "first_korea_war"):
        assert (last[:, FIELD_NAMES.index(name)] >= 0).any(), name


#: What is put into the last golden runs, beside what is drawn: crises that come and come to a head, force that costs little.
RESTLESS = {
    "taiwan_incident_logit": -2.45, "taiwan_crisis_share": 0.5, "korea_incident_logit": -2.85, "korea_crisis_share": 1.0,
    "crisis_grievance": 4.0, "crisis_decision_prob": 0.25, "fixed_cost_blockade": 0.35, "fixed_cost_invasion": 0.35,
    "loss_invasion": 0.4, "attack_cost": 0.5, "costs_sd": 1.1, "xi_precision": 0.5, "kim_precision": 0.5,
}  # fmt: skip


#: What comes in each of these; their run numbers are drawn until it does.
COMES = {6: "first_invasion", 7: "first_blockade", 8: "first_korea_war"}


def _drawn(k):
    """The inputs of golden run ``k`` from the lists as they are: the first at the defaults, the last three restless."""
    rng = np.random.default_rng(4000 + k)
    policy, world = random_policy(rng), random_world(rng)
    at = {"seed": int(rng.integers(2**63)), "run": int(rng.integers(2**62)), "months": 120}
    if k == 0:
        policy, world, at = levers.checked(), checked(), {"seed": 1, "run": 0, "months": 120}
    if k > 5:
        world |= RESTLESS | {"xi_theory": 0.0, "kim_theory": 0.0, "leader_types": float(k - 6)}
        while batch_run(policy, world, at["seed"], at["run"], 120)[-1, FIELD_NAMES.index(COMES[k])] < 0:
            at["run"] = int(rng.integers(2**62))
    structures = {switch.name: int(world.pop(switch.name)) for switch in SWITCHES}
    return {"levers": policy, "structures": structures, "parameters": world, **at}


if __name__ == "__main__":
    if "--draw" in sys.argv:
        GOLDEN = {"fields": FIELD_NAMES, "runs": [_drawn(k) for k in range(9)]}
        CASES = range(len(GOLDEN["runs"]))
    for k in CASES:
        GOLDEN["runs"][k]["sha256"] = _digest(mesa_run(*_inputs(k)))
    PATH.write_text(json.dumps(GOLDEN, indent=1) + "\n")
