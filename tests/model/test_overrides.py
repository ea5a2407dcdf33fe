"""Rules of one's own: compiled at full speed, the same in Mesa, and refused with a reason where they cannot be.

What the generator makes of a replaced rule is tried on a model of five rules (``test_toy``).
"""

import math
import random
import sys
import types

import numpy as np
import pytest
from replaced import RULES

import crink_abm as crink
from crink_abm import InputError
from crink_abm.model.outcomes import RESULTS

pytestmark = pytest.mark.filterwarnings("ignore:.* runs failed:UserWarning")  # of RULES, as they are to


def test_replaced_rules_are_the_same_compiled_and_in_mesa():
    batch = crink.simulate({"dual_role": 0.8}, runs=40, seed=7, rules=RULES)
    assert 0 < len(batch.failed) < 30
    for run in batch.results.index[[0, 5, -1]]:
        model = crink.DeterrenceModel({"dual_role": 0.8}, seed=7, run=int(run), rules=RULES).run()
        assert [model.value(name) for name in RESULTS] == batch.results.loc[run].tolist()
    assert (batch.results["first_invasion"] == -1).all()


def test_a_replaced_rule_changes_the_runs():
    plain = crink.simulate(runs=200, seed=7)
    own = crink.simulate(runs=200, seed=7, rules=RULES)
    assert not np.array_equal(plain.results.loc[own.results.index], own.results)


def test_a_sweep_with_replaced_rules_is_kept_apart(tmp_path):
    plan = {
        "experiment": {"name": "own", "seed": 1, "runs": 64, "months": 24},
        "levers": {"usfk_posture": [0.2, 0.8]},
        "worlds": {"ensemble": "prior", "draws": 8, "screen": "none"},
    }
    own = crink.sweep(plan, tmp_path, rules=RULES)
    runs = own.runs([0])
    stored = runs[runs["n_launch_days"].notna()].iloc[5]
    model = own.replay(0, int(stored["run"]))
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


def calm(grievance):
    return 0.1 * grievance


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
    from crink_abm.model.overrides import fingerprint

    def make(k):
        def rule(grievance):
            return k * grievance

        return {"china.crisis_prob": rule}

    assert fingerprint(make(0.1)) == fingerprint(make(0.1))
    assert fingerprint(make(0.1)) != fingerprint(make(0.2))
    assert fingerprint({}) == ""


RATE = 0.01


def edited(grievance):
    return RATE


def test_a_global_edited_between_two_calls_acts_in_the_next_model(monkeypatch):
    """As in a notebook. That the engines agree then, and take no old kernel, is tried on the toy (``test_toy``)."""
    rules = {"china.crisis_prob": edited}
    before = crink.DeterrenceModel(seed=1, months=24, rules=rules)
    monkeypatch.setattr(sys.modules[__name__], "RATE", 0.5)
    after = crink.DeterrenceModel(seed=1, months=24, rules=rules)
    before.step()
    after.step()
    assert before.value("taiwan_crisis_prob") == 0.01  # taken when the model was made
    assert after.value("taiwan_crisis_prob") == 0.5


_TABLE, _CFG = np.array([0.01, 0.2]), types.ModuleType("cfg")
_CFG.RATE = 0.01


def _compiled_helper(rate):
    import numba

    @numba.njit
    def helper(x):
        return 0.0 * x + rate

    helper(0.0)
    return helper


_HELPER = _compiled_helper(0.01)


def by_array(grievance):
    return _TABLE[0]


def by_module(grievance):
    return _CFG.RATE


def by_jit(grievance):
    return _HELPER(grievance)


@pytest.mark.parametrize("rule", [edited, by_array, by_module, by_jit])
def test_the_runs_of_an_old_value_are_not_found_for_a_new_one(rule, tmp_path, monkeypatch):
    """The store, the results and the worlds are told apart by what a rule reads. In Mesa, which compiles nothing."""
    plan = {
        "experiment": {"name": "own", "seed": 1, "runs": 32, "months": 36},
        "worlds": {"ensemble": "prior", "draws": 4, "screen": "none"},
    }
    here, rules = sys.modules[__name__], {"china.crisis_prob": rule}
    crisis = "taiwan_failure"
    first = crink.sweep(plan, tmp_path / "a", rules=rules, engine="mesa").select(crisis)
    packs = {path.name for path in (tmp_path / "a" / "runs").iterdir()}
    monkeypatch.setattr(here, "RATE", 0.5)
    monkeypatch.setattr(here, "_TABLE", np.array([0.5, 0.2]))
    monkeypatch.setattr(_CFG, "RATE", 0.5)
    monkeypatch.setattr(here, "_HELPER", _compiled_helper(0.5))
    with pytest.raises(InputError, match="give the same functions"):
        crink.Results(tmp_path / "a", rules=rules)
    said = []
    second = crink.sweep(plan, tmp_path / "a", rules=rules, engine="mesa", say=said.append).select(crisis)
    fresh = crink.sweep(plan, tmp_path / "b", rules=rules, engine="mesa").select(crisis)
    assert second["n_events"].tolist() == fresh["n_events"].tolist() != first["n_events"].tolist()
    assert packs != {path.name for path in (tmp_path / "b" / "runs").iterdir()}


@pytest.mark.parametrize("module", ["engine.compiled", "rare_events.sampler"])
def test_kernels_are_told_apart_by_fingerprint_alone(module, monkeypatch):
    """Another function that does the same has the same kernel; the same function with another global has another."""
    import importlib

    from crink_abm.engine import compiler
    from crink_abm.engine.compiled import KERNELS_HELD

    compiled = importlib.import_module(f"crink_abm.{module}").compiled
    monkeypatch.setattr(compiler, "compile_kernel", lambda model, rules, lanes: object())

    def with_rate(rate):
        monkeypatch.setattr(sys.modules[__name__], "RATE", rate)
        return compiled({"china.crisis_prob": edited})

    first = with_rate(0.25)
    assert with_rate(0.25) is first is compiled({"china.crisis_prob": lambda grievance: RATE})
    assert with_rate(0.75) is not first
    assert with_rate(0.25) is first
    for k in range(KERNELS_HELD):
        with_rate(0.5 + 0.01 * k)
    assert with_rate(0.25) is not first  # the last few are held


def test_a_kept_estimate_of_a_rare_event_hangs_on_what_a_rule_reads(tmp_path, monkeypatch):
    """One estimate is made for each value, and none is made twice."""
    from crink_abm.rare_events import study

    made = []
    numbers = dict.fromkeys(("low", "high", "relative_error", "brute_force_runs"), 0.5)
    whole = {"outcome": "two_front", **numbers, "reached": True, "n_runs": 1, "method": "by hand", "doubt": ""}
    monkeypatch.setattr(study, "estimate", lambda *given, **named: made.append(RATE) or {"prob": RATE, **whole})
    plan = {"experiment": {"name": "r", "seed": 1, "runs": 16, "months": 6}, "worlds": {"ensemble": "defaults"}}
    for rate in (0.25, 0.25, 0.75, 0.25):
        monkeypatch.setattr(sys.modules[__name__], "RATE", rate)
        table = study.rare(plan, outcome="two_front", out=tmp_path, rules={"china.crisis_prob": edited})
        assert table["prob"].tolist() == [rate]
    assert made == [0.25, 0.75]
