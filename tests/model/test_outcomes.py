"""One registry of outcomes: all that readers, charts, estimates and rare events need of one follows from its entry."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from crink_abm.charts import style
from crink_abm.model import outcomes
from crink_abm.model.enums import Actor
from crink_abm.model.fields import BY_NAME, FIELDS, Field
from crink_abm.model.outcomes import Conditional, Outcome, Registry
from crink_abm.model.spec import MODEL
from crink_abm.rare_events import sampler, tilt

PLAIN = outcomes.REGISTRY
BRINK = Outcome(
    "brink", "a crisis in Korea", "Crisis in Korea", "Brink", "first_brink", is_cause=True, residuals=("residual_brink",),
    options=("attack",), story="Korea stands at the brink.",
)  # fmt: skip
EITHER = Outcome("brink_or_war", "a crisis or war in Korea", "Brink or war", "Either", parts=("brink", "korea_war"))
AFTER = Conditional("war_after_brink", "brink", "first_korea_war", 3, "War within 3 months of the brink", "War | brink")
MORE = Registry(
    (*PLAIN.by_name.values(), BRINK, EITHER), (*PLAIN.conditional.values(), AFTER),
    others=[
        name for name in PLAIN.results
        if not name.startswith("residual_") and name not in {o.first for o in PLAIN.by_name.values()}
    ],
    residuals=("residual_taiwan_crisis", "residual_korea_crisis", "residual_xi_type", "residual_kim_type"), fields=(*BY_NAME, "first_brink", "residual_brink"),
)  # fmt: skip


def _results(**columns) -> np.ndarray:
    """Runs in which nothing came but what is said."""
    out = np.full((len(next(iter(columns.values()))), len(MORE.results)), -1.0)
    for name, values in columns.items():
        out[:, MORE.results.index(name)] = values
    return out


def test_the_columns_are_those_of_stored_runs():
    """Stored runs are read by position of these columns: a new one goes in where a registry puts it, none moves."""
    assert " ".join(outcomes.RESULTS) == (
        "first_blockade first_invasion first_korea_attack first_korea_war first_two_front first_russian_join first_nuclear "
        "korea_after_taiwan taiwan_after_korea n_provocations n_launch_days highest_rung help_expected help_realised "
        "taiwan_resolved preferred_blockade preferred_invasion preferred_attack preferred_war residual_blockade "
        "residual_invasion residual_taiwan residual_taiwan_first residual_taiwan_second residual_attack residual_war "
        "residual_korea residual_korea_first residual_korea_second residual_nuclear residual_russia residual_taiwan_crisis residual_korea_crisis "
        "residual_xi_type residual_kim_type"
    )
    assert " ".join(outcomes.OUTCOMES) == (
        "taiwan_blockade taiwan_invasion korea_attack korea_war two_front russian_join nuclear_use taiwan_failure "
        "korea_failure any_failure"
    )
    assert outcomes.CAUSES == ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")
    assert {name for name in BY_NAME if name.startswith("residual_")} == set(outcomes.RESIDUALS)


def test_an_added_outcome_is_dated_and_its_columns_follow():
    assert MORE.results == (*PLAIN.results[:7], "first_brink", *PLAIN.results[7:], "residual_brink")
    assert MORE.residual_names == (*PLAIN.residual_names, "residual_brink")
    results = _results(first_brink=[4, -1, 9, 4], first_korea_war=[-1, 2, 5, 6], residual_brink=[0.5, 0.0, 0.0, 0.0])
    when = dict(zip(MORE.names, MORE.months(results).T.tolist(), strict=True))
    assert when["brink"] == [4, -1, 9, 4]
    assert when["brink_or_war"] == [4, 2, 5, 4]
    assert when["any_failure"] == when["korea_war"] == [-1, 2, 5, 6]
    assert MORE.residuals(results)[:, -1].tolist() == [0.5, 0.0, 0.0, 0.0]


def test_an_added_cause_competes_and_a_conditional_is_followed():
    results = _results(first_brink=[4, -1, 9, 4], first_korea_war=[-1, 2, 5, 6])
    which, month = MORE.first_cause(MORE.months(results))
    assert [MORE.causes[k] for k in which] == ["brink", "korea_war", "korea_war", "brink"]
    assert month.tolist() == [4, 2, 5, 4]
    given, hit = MORE.conditionals(results, MORE.months(results), 12)["war_after_brink"]
    assert given.tolist() == [True, False, False, True]  # the third leaves no three months
    assert hit.tolist() == [False, False, False, True]


def test_charts_name_it_and_tell_it_from_the_other_causes():
    looks = style.looks(MORE)
    assert (looks["brink"].label, looks["brink"].short) == ("Crisis in Korea", "Brink")
    assert {name: looks[name] for name in style.OUTCOMES} == style.OUTCOMES
    drawn = [looks[name] for name in MORE.causes]
    assert len({(look.dash, look.marker) for look in drawn}) == len({look.marker for look in drawn}) == 5


def test_rare_events_aim_at_it():
    assert tilt.wants(MORE)[-3:] == ("want_nuclear_use", "want_brink", "drawn_nuclear_use")
    calendar = np.zeros((10, 2))
    told = dict(
        zip(
            tilt.settings(MORE), sampler.tilted_calendar(calendar, "brink_or_war", 2, registry=MORE)[0, 2:], strict=True
        )
    )
    assert [name for name, value in told.items() if name.startswith("want_") and value] == [
        "want_korea_war",
        "want_brink",
    ]
    assert (told["attack_own"] > 0.0, told["war_own"] > 0.0, told["invasion_own"]) == (True, True, 0.0)
    world = Actor.WORLD
    fields = (
        *FIELDS,
        Field("first_brink", world, "month", "First", -1.0),
        Field("residual_brink", world, "1", "Luck", 0.0),
    )
    model = tilt.tilted_model(dataclasses.replace(MODEL, fields=fields, results=MORE.results), MORE)
    assert {"first_brink", "want_brink"} <= set(model.reads["tilt.weigh"])
    weigh = model.steps[-1].rule
    given = dict.fromkeys(model.reads["tilt.weigh"], 0.0) | {
        "survival": 1.0,
        "share_0": 0.5,
        "first_brink": 3.0,
        "month": 3.0,
    }
    assert weigh(**given) == (0.0, 1.0)
    assert weigh(**given | {"want_brink": 1.0}) == (2.0, 0.0)


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (dataclasses.replace(BRINK, first="first_brinck"), r"\['first_brinck'\], which are no fields"),
        (dataclasses.replace(BRINK, first=None), "either a field that dates it"),
        (dataclasses.replace(BRINK, parts=("korea_war",)), "either a field that dates it"),
        (dataclasses.replace(EITHER, parts=("korea_war", "brink")), r"the parts \['brink'\] are no outcomes"),
        (dataclasses.replace(BRINK, name="korea_war"), "two outcomes are named korea_war"),
        (dataclasses.replace(BRINK, residuals=("luck_brinck",)), r"\['luck_brinck'\]"),
    ],
)
def test_an_entry_that_fits_nothing_is_refused(added, words):
    with pytest.raises(ValueError, match=words):
        Registry(
            (*PLAIN.by_name.values(), added), (), fields=(*PLAIN.results, *BY_NAME, "first_brink", "residual_brink")
        )


#: What an outcome without a residual takes: file -> (after this text, this is put). It was eleven files.
RECIPE = {
    "model/fields.py": (
        '("first_nuclear", -1.0, "month", "First month of nuclear use (-1 none)"),',
        '("first_brink", -1.0, "month", "First month of a crisis in Korea (-1 none)"),',
    ),
    "model/rules/world.py": (
        "",
        '\n\ndef brink(korea_status, first_brink, month):\n    """The first month of a crisis in Korea."""\n'
        "    return month if korea_status >= 1.0 and first_brink < 0.0 else first_brink\n",
    ),
    "model/schedule.py": ('_step(_W, world.rung, "highest_rung"),', '_step(_W, world.brink, "first_brink"),'),
    "model/outcomes.py": (
        'options=("invasion", "war"), chance="nuclear_prob",\n        ),',
        'Outcome("brink", "a crisis in Korea", "Crisis in Korea", "Brink", "first_brink", story="Korea stands at the brink."),',
    ),
}


def test_an_outcome_is_one_entry_its_field_and_its_rule(tmp_path):
    """The recipe, followed in a copy of the package: four files, and everything that lists outcomes has it."""
    shutil.copytree(ROOT / "crink_abm", tmp_path / "crink_abm", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (after, put) in RECIPE.items():
        path = tmp_path / "crink_abm" / name
        text = path.read_text()
        assert text.count(after) == 1 or not after, name
        path.write_text(text.replace(after, after + put) if after else text + put)
    code = """
import json, crink_abm as c
from crink_abm.agents import narrative
from crink_abm.charts import style
from crink_abm.model import outcomes
from crink_abm.rare_events import tilt
from crink_abm.report import lookup
from crink_abm.sweeps import codec
from crink_abm.engine import get_engine
from crink_abm.engine import codegen
from crink_abm.estimation.accumulator import Accumulator
from crink_abm.ensemble import worlds
from crink_abm.model import levers
import numpy as np, pandas as pd
model = next(m for m in (c.DeterrenceModel(seed=1, run=k, trace=False).run() for k in range(99)) if m.outcome["brink"])
world = worlds.defaults()
found = get_engine("mesa").run(levers.calendar(None, 24), world.values, 8, seed=1)
tally = Accumulator(world, 24, (0,), [8])
tally.add([0], 0, found[None], outcomes.observed(found), np.ones((1, 8), bool))
table = tally.estimates(pd.DataFrame({"point": [0], "policy": ["a"], "family": "policy"}))
events = int(table.set_index("outcome").loc["brink", "n_events"])
print(json.dumps({
    "listed": "brink" in c.OUTCOMES, "kept": "first_brink" in outcomes.RESULTS, "drawn": style.OUTCOMES["brink"].label,
    "aimed": "want_brink" in tilt.SETTINGS, "looked up": lookup.lookup("brink")["meaning"],
    "dated": model.outcome["brink"] == model.history.index[int(model.value("first_brink"))],
    "told": "Korea stands at the brink." in model.story and "a crisis in Korea (" in model.story,
    "compiled": "rule_world_brink" in codegen.source(c.model.spec.MODEL),
    "counted": events == int((found[:, outcomes.RESULTS.index("first_brink")] >= 0).sum()),
}))
"""
    env = os.environ | {"PYTHONPATH": str(tmp_path), "CRINK_CACHE": str(tmp_path / "cache"), "MPLBACKEND": "Agg"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("drawn") == "Crisis in Korea"
    assert said.pop("looked up") == "a crisis in Korea"
    assert all(said.values()), said
    assert len(RECIPE) == 4
