"""Rules of one's own: compiled at full speed, the same in Mesa, and refused with a reason where they cannot be."""

import math
import random

import numpy as np
import pytest

import crink_abm as crink
from crink_abm import InputError, numerics
from crink_abm.kernel import RESULTS


def calm(grievance):
    """Asks for fewer names than the rule it replaces, and calls a function of the model's arithmetic."""
    return 0.2 * numerics.logistic(4.0 * (grievance - 0.5))


def half(x):
    return 0.5 * x


def stubborn(u_wait, u_grey, u_blockade, u_invasion, xi_precision):
    return half(1.0), half(1.0), 0, 0


RULES = {"china.crisis_prob": calm, "xi.option_probs": stubborn}


def test_replaced_rules_are_the_same_compiled_and_in_mesa():
    batch = crink.simulate({"dual_role": 0.8}, runs=40, seed=7, rules=RULES)
    for run in (0, 13, 39):
        model = crink.DeterrenceModel({"dual_role": 0.8}, seed=7, run=run, rules=RULES).run()
        assert [model.value(name) for name in RESULTS] == batch.results.loc[run].tolist()
    assert (batch.results["first_invasion"] == -1).all()


def test_a_replaced_rule_changes_the_runs():
    plain = crink.simulate(runs=200, seed=7)
    assert not np.array_equal(plain.results, crink.simulate(runs=200, seed=7, rules=RULES).results)


@pytest.mark.slow  # the whole kernel is compiled again
def test_the_rule_itself_as_a_replacement_changes_nothing():
    from crink_abm.rules import china

    same = crink.simulate(runs=200, seed=7, rules={"china.crisis_prob": china.crisis_prob})
    assert np.array_equal(crink.simulate(runs=200, seed=7).results, same.results)


def test_a_sweep_with_replaced_rules_is_kept_apart(tmp_path):
    plan = {
        "experiment": {"name": "own", "seed": 1, "runs": 64, "months": 24},
        "levers": {"usfk_posture": [0.2, 0.8]},
        "worlds": {"ensemble": "prior", "draws": 8, "screen": "none"},
    }
    own = crink.sweep(plan, tmp_path, rules=RULES)
    stored = own.runs([0]).iloc[5]
    model = own.replay(0, 5)
    assert model.value("n_launch_days") == stored["n_launch_days"]
    with pytest.raises(InputError, match=r"china\.crisis_prob"):
        crink.Results(tmp_path)
    parts = set((tmp_path / "runs").iterdir())
    crink.sweep(plan, tmp_path)
    assert parts < set((tmp_path / "runs").iterdir())


def draws_own(grievance):
    return random.random()


def draws_numpy(grievance):
    return np.random.random()


def uncompilable(grievance):
    return {"a": grievance}["b"].lower()


def two_numbers(grievance):
    return 0.1, 0.2


def a_word(grievance):
    return "often"


def asks_wrongly(grievence):
    return 0.1


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("china.crisis_probb", calm, "did you mean china.crisis_prob"),
        ("china.crisis_prob", math.sin, "plain function"),
        ("china.crisis_prob", asks_wrongly, "did you mean grievance"),
        ("china.crisis_prob", draws_own, "no chance"),
        ("china.crisis_prob", draws_numpy, "no chance"),
        ("china.crisis_prob", uncompilable, "cannot be compiled"),
        ("china.crisis_prob", two_numbers, "returns 1 number"),
        ("china.crisis_prob", a_word, "returns 1 number"),
        ("xi.option_probs", calm, "returns 4 numbers"),
    ],
)
def test_what_cannot_be_a_rule_is_told_why(name, function, words):
    with pytest.raises(InputError, match=words):
        crink.simulate(runs=10, rules={name: function})


def test_mesa_refuses_the_same():
    with pytest.raises(InputError, match="no chance"):
        crink.DeterrenceModel(rules={"china.crisis_prob": draws_own})


def test_fingerprints_follow_what_the_function_does():
    from crink_abm.overrides import fingerprint

    def make(k):
        def rule(grievance):
            return k * grievance

        return {"china.crisis_prob": rule}

    assert fingerprint(make(0.1)) == fingerprint(make(0.1))
    assert fingerprint(make(0.1)) != fingerprint(make(0.2))
    assert fingerprint({}) == ""


@pytest.mark.once
def test_an_edited_rule_is_never_run_from_an_old_kernel(tmp_path):
    """Edit a rule in a copy of the package: the next process sees the new answer although a kernel was cached."""
    import os
    import shutil
    import subprocess
    import sys

    from conftest import ROOT

    shutil.copytree(ROOT / "crink_abm", tmp_path / "crink_abm", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import crink_abm as c; print((c.simulate(runs=400, months=60, seed=1).results['first_blockade'] >= 0).sum())"
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path), "CRINK_CACHE": str(tmp_path / "cache")}

    def ask():
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    before = ask()
    assert ask() == before
    rule = tmp_path / "crink_abm" / "rules" / "xi.py"
    text = rule.read_text()
    edited = text.replace("return pick(u_xi_choice, prob_wait, prob_grey, prob_blockade)", "return 0.0 * u_xi_choice")
    assert edited != text
    stat = rule.stat()
    rule.write_text(edited)
    os.utime(rule, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # even with the old date on it
    assert before > 0
    assert ask() == 0
