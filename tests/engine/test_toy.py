"""The code generator on a model of five rules (``toy``), against a plain interpreter of the same specification.

What a replaced rule, a gathered lane and a failed run are is decided by the generator, for any model alike; so these are
tried here, where a kernel is compiled in a second and not in twenty.
"""

import dataclasses
import math
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import toy
from conftest import ROOT
from toy import TOY, cases

from crink_abm import InputError
from crink_abm.engine import codegen, compiled
from crink_abm.engine.compiled import CompiledEngine, run_worlds
from crink_abm.model.fields import Field
from crink_abm.model.outcomes import failed
from crink_abm.model.parameters import Parameter

ENGINE, PLAIN = CompiledEngine(TOY), toy.Interpreter(TOY)
N = 150


def both(n=N, seed=3, engine=ENGINE, rules=None, months=30):
    """(compiled, interpreted) results of the same runs."""
    calendar, worlds = cases(np.random.default_rng(seed), n_months=months)
    given = {"seed": seed, "first_run": 2**40 + 5, "world_of": np.arange(n) % len(worlds), "rules": rules}
    return engine.run(calendar, worlds, n, **given), PLAIN.run(calendar, worlds, n, **given)


def test_compiled_and_interpreted_are_the_same_bits():
    """More runs than lanes, so that one block is full and one is cut; both leaders, who are gathered apart."""
    one, two = both()
    assert one.tobytes() == two.tobytes()
    assert 0.1 < (one[:, 0] > 0).mean() < 0.95
    calendar, worlds = cases(np.random.default_rng(8))
    given = {"seed": 1, "first_run": 9, "world_of": np.arange(20) % 7}
    assert ENGINE.trace(calendar, worlds, 20, **given).tobytes() == PLAIN.trace(calendar, worlds, 20, **given).tobytes()


@pytest.mark.parametrize("lanes", [1, 8])
def test_lanes_change_nothing(lanes):
    """Alone a run's conditional steps are taken singly; eight abreast they are gathered."""
    one, two = both(30, engine=CompiledEngine(TOY, lanes))
    assert one.tobytes() == two.tobytes()


def test_without_a_level_apart_it_is_the_same():
    """Which lanes are gathered together decides no bit."""
    one, two = both(engine=CompiledEngine(dataclasses.replace(TOY, apart={})))
    assert one.tobytes() == two.tobytes()


def test_a_run_is_the_same_beside_others_and_in_any_slice(monkeypatch):
    monkeypatch.setattr(compiled, "SLICE", 40)
    calendar, worlds = cases(np.random.default_rng(5))
    of = np.arange(N) % 7
    together = ENGINE.run(calendar, worlds, N, seed=1, first_run=100, world_of=of)
    for run in (0, 7, 127, 128, 149):
        alone = ENGINE.run(calendar, worlds[[of[run]]], 1, seed=1, first_run=100 + run)
        assert alone[0].tobytes() == together[run].tobytes()


def test_the_rule_itself_as_a_replacement_changes_nothing():
    """All of them: with what is done to a user's rule (floats, odds judged, what raises caught) no bit is another."""
    rules = {step.name: step.rule for step in TOY.steps}
    one, two = both(rules=rules)
    assert one.tobytes() == two.tobytes() == both()[0].tobytes()


def helper(x):
    return 0.5 * x


def fewer(u_mood, bold):
    """Asks for fewer names than the rule in whose place it stands, in another order, and calls a function."""
    return 0.4 + helper(bold) * u_mood


def flag(bold):
    return bold > 0.45


def test_replaced_rules_are_the_same_compiled_and_interpreted():
    one, two = both(rules={"toy.boldness": fewer, "toy.crisis": flag})
    assert one.tobytes() == two.tobytes()
    assert (one != both()[0]).any()


GROWTH = 0.1


def edited(bold):
    return 0.9 * bold + GROWTH


def test_a_global_edited_between_two_calls_acts_in_both(monkeypatch):
    """As in a notebook: the kernel of the old value is not taken for the new one."""
    before, plain = both(rules={"toy.boldness": edited})
    assert before.tobytes() == plain.tobytes()
    monkeypatch.setattr(sys.modules[__name__], "GROWTH", 0.001)
    after, plain = both(rules={"toy.boldness": edited})
    assert after.tobytes() == plain.tobytes()
    assert after[:, 0].mean() < before[:, 0].mean() - 1.0


def sound(bold, guard, month):
    return 0.8 * bold + 0.3 * guard


def breaks(bold, guard, month):
    """The sound rule, but for some bold ones later on: it raises, or gives an infinite number."""
    if bold > 0.4 and month > 20.0:
        if guard > 0.9:
            raise ValueError("no such case")
        if guard > 0.8:
            return 1e308 * 10.0
    return 0.8 * bold + 0.3 * guard


def test_runs_beside_a_failed_one_keep_their_bytes():
    """The rule is the sound one where it does not fail, so all other runs must be the sound rule's, to the bit."""
    found, plain = both(rules={"toy.boldness": breaks})[0], both(rules={"toy.boldness": sound})[0]
    lost = failed(found)
    assert 0 < lost.sum() < N
    assert not failed(plain).any()
    assert found[~lost].tobytes() == plain[~lost].tobytes()
    assert np.isnan(found[lost]).all()


def vanishes(bold, month):
    return math.inf if month == 3.0 else 0.0


def test_a_number_that_is_not_finite_is_noticed_although_it_vanishes():
    """The term is worked out anew each month and reaches no result; the wrong month must still be seen."""
    assert failed(both(rules={"toy.crisis": vanishes})[0]).all()
    assert not failed(both(rules={"toy.crisis": lambda bold: 0.0})[0]).any()


def odds_out(bold, month):
    """Odds, but in the fourth month where there is much boldness, or little: above 1, or below 0."""
    if month == 3.0 and not 0.52 <= bold <= 0.56:
        return (1.0 + 1e-12, -1e-12) if bold > 0.56 else (-1e-12, 1.0 + 1e-12)
    return 0.5, 0.5


def odds_short(bold, month):
    """Odds that are 1e-6 short in the even months, for some."""
    return 0.25, 0.75 - (1e-6 if month % 2.0 == 0.0 and bold > 0.62 else 1e-12)


@pytest.mark.parametrize("rule", [odds_out, odds_short])
def test_odds_that_are_none_are_failed_runs_in_both(rule):
    """In a step that is gathered: the same runs fail, and the others have the same bits."""
    one, two = both(rules={"toy.odds": rule}, months=12)
    assert one.tobytes() == two.tobytes()
    assert 0 < failed(one).sum() < N


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"schedule": TOY.schedule[:1] * 2}, r"\['toy.boldness'\] run twice"),
        (
            {"schedule": (dataclasses.replace(TOY.schedule[2], steps=(toy._step(lambda month: month, "first_war"),)),)},
            "a name",
        ),
        ({"results": ("warss",)}, r"the results ask for \['warss'\]"),
        ({"columns": ()}, r"rule toy.boldness asks for \['guard'\]"),
        ({"draws": {"u_mood": 0}}, r"rule toy.decide asks for \['u_choice'\]"),
        ({"fields": toy.FIELDS[1:]}, r"\['bold'\]"),
        ({"apart": {"open_crisis": ("theory", 1.0)}}, r"steps run apart by \['theory'\]"),
        ({"fields": (*toy.FIELDS, Field("guard", toy.W, "1", "Twice"))}, r"\['guard'\] stand for two things"),
        (
            {"fields": (*toy.FIELDS, Field("spare", toy.W, "1", "From nowhere", "spare_start"))},
            r"begins at \['spare_start'\]",
        ),
    ],
)
def test_a_specification_that_lacks_something_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(TOY, **changed)


def test_a_phase_that_reads_what_it_wrote_is_refused():
    """A phase decides from one snapshot: a state written in one group of steps is not read in a later one."""
    first, middle, last = TOY.schedule
    joined = dataclasses.replace(middle, steps=(*first.steps, *middle.steps))
    model = dataclasses.replace(TOY, schedule=(joined, last))
    with pytest.raises(ValueError, match="writes a state twice"):
        codegen.source(model)
    joined = dataclasses.replace(middle, steps=(*first.steps, *middle.steps[:2]))
    with pytest.raises(ValueError, match=r"\['bold'\] are read in a later group; split the phase"):
        codegen.source(dataclasses.replace(TOY, schedule=(joined, last)))


def test_any_number_of_names_finds_room():
    """A conditional step that reads many parameters and writes many fields: the scratch grows with the model."""
    many = {f"p{k}": Parameter(f"p{k}", 1.0, 0.0, 2.0, "weight", "assumed", "One of many") for k in range(130)}
    fields = tuple(Field(f"f{k}", toy.W, "1", "One of many", 0.0) for k in range(90))
    scope = {"__name__": "toy"}
    sums = ", ".join(f"f{k} + p{k} * p{k + 40}" for k in range(90))
    exec(f"def many({', '.join((*(f.name for f in fields), *many))}):\n    return {sums}\n", scope)
    step = dataclasses.replace(
        TOY.steps[1], rule=scope["many"], writes=tuple(f.name for f in fields), when="open_crisis"
    )
    phase = dataclasses.replace(TOY.schedule[0], title="many", steps=(step,))
    model = dataclasses.replace(
        TOY, schedule=(*TOY.schedule, phase), fields=(*TOY.fields, *fields), parameters={**TOY.parameters, **many},
        results=("wars", "f0", "f89"),
    )  # fmt: skip
    calendar, worlds = cases(np.random.default_rng(1))
    worlds = np.hstack([worlds, np.random.default_rng(2).random((7, 130))])
    of = np.arange(20) % 7
    one, two = (
        e.run(calendar, worlds, 20, seed=1, world_of=of) for e in (CompiledEngine(model, 8), toy.Interpreter(model))
    )
    assert one.tobytes() == two.tobytes()
    assert (one[:, 2] > 0).any()


def test_a_rule_asks_for_names_of_its_own_model():
    with pytest.raises(InputError, match="asks for 'grievance', which the model does not have"):
        both(rules={"toy.boldness": lambda grievance: grievance})
    with pytest.raises(InputError, match=r"no rule is named 'china\.grievance'"):
        both(rules={"china.grievance": lambda bold: bold})


def test_machine_code_of_a_model_of_ones_own_is_not_kept(tmp_path, monkeypatch):
    """Its source is in no key: another model of the same name must not be answered by it."""
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path))
    calendar, worlds = cases(np.random.default_rng(1))

    def calm(bold):
        return 0.0

    calm = dataclasses.replace(TOY.steps[1], rule=calm)
    phase = dataclasses.replace(TOY.schedule[1], steps=(calm, *TOY.steps[2:4]))
    other = dataclasses.replace(TOY, schedule=(TOY.schedule[0], phase, TOY.schedule[2]))
    wars = [CompiledEngine(model).run(calendar, worlds, 20, seed=1)[:, 0].sum() for model in (TOY, other)]
    assert wars[0] > wars[1] == 0.0
    assert list(tmp_path.rglob("*.nbc")) == []


@pytest.mark.once
def test_an_edited_rule_is_never_run_from_an_old_kernel(tmp_path):
    """Edit a rule in a copy of the package: the next process sees the new answer although a kernel was kept."""
    shutil.copytree(ROOT / "crink_abm", tmp_path / "crink_abm", ignore=shutil.ignore_patterns("__pycache__"))
    code = """
from crink_abm.engine.compiled import CompiledEngine, is_warm
from crink_abm.model.enums import Actor, PhaseCode
from crink_abm.model.fields import Field
from crink_abm.model.rules import xi
from crink_abm.model.schedule import Phase, Step
from crink_abm.model.spec import ModelSpec
odds = ("prob_wait", "prob_grey", "prob_blockade")
fields = (*(Field(name, Actor.WORLD, "1", "Odds", 0.25) for name in odds), Field("xi_choice", Actor.WORLD, "1", "Choice", 0.0))
month = (Phase(PhaseCode.XI, "Xi", (Step(Actor.CHINA, xi.choose, ("xi_choice",)),)),)
one = ModelSpec("one_rule", month, fields, ("lever",), {}, {"u_xi_choice": 0}, ("xi_choice",), keeps_code=True)
was = is_warm("one_rule")
import numpy as np
print(int(was), int(CompiledEngine(one).run(np.zeros((1, 1)), np.zeros((1, 0)), 400, seed=1).sum()))
"""
    env = os.environ | {"PYTHONPATH": str(tmp_path), "CRINK_CACHE": str(tmp_path / "cache")}

    def ask():
        told = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return list(map(int, told.stdout.split()))

    fresh, before = ask()
    assert before > 0
    assert ask() == [1, before]
    assert not fresh
    rule = tmp_path / "crink_abm" / "model" / "rules" / "xi.py"
    text = rule.read_text()
    changed = text.replace("return pick(u_xi_choice, prob_wait, prob_grey, prob_blockade)", "return 0.0 * u_xi_choice")
    assert changed != text
    stat = rule.stat()
    rule.write_text(changed)
    os.utime(rule, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # even with the old date on it
    assert ask() == [0, 0]


def test_pieces_are_whole_rounds_and_pairs_stand_side_by_side():
    calendar, worlds = cases(np.random.default_rng(6))
    calendars, n = [calendar, 0.5 * calendar], 7 * 9
    pieces = list(
        run_worlds(
            calendars, worlds, lambda first, count: (first + np.arange(count)) % 7, n, seed=2, first_run=70, rounds=7, most=20,
            engine=ENGINE,
        )
    )  # fmt: skip
    assert [(number, first, len(results)) for number, first, results in pieces] == [
        (number, first, min(14, n - first)) for first in range(0, n, 14) for number in (0, 1)
    ]
    for k in (0, 1):
        whole = ENGINE.run(calendars[k], worlds, n, seed=2, first_run=70, world_of=np.arange(n) % 7)
        assert np.concatenate([results for number, _, results in pieces if number == k]).tobytes() == whole.tobytes()
