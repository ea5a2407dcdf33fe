"""Ablation: what is switched off is off, parts are called against the margin, and no call hangs on runs or seed."""

import inspect
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from crink_abm.analysis import ablation
from crink_abm.analysis.ablation import (
    ADDS,
    AGAINST,
    CARRIES,
    IDLE,
    NO_PART,
    OFFSET,
    OPEN,
    AblationFile,
    PathTable,
    ablate,
    part_of,
)
from crink_abm.analysis.claims.verdicts import Interval
from crink_abm.experiment import reader
from crink_abm.model.mechanisms import MECHANISMS
from crink_abm.model.rules import china
from crink_abm.util.errors import InputError


def _file(**ablated):
    return AblationFile.model_validate(
        {
            "experiment": {"name": "one", "seed": 5, "runs": 1, "months": 60},
            "worlds": {"ensemble": "calibrated", "size": 40},
            "packages": {"talks": {"diplomatic_offramp": 0.9}, "posture": {"usfk_posture": 0.9, "dual_role": 0.9}},
            "ablate": {"mechanisms": ["moratorium", "ground_cost"], "audit": "none", **ablated},
            "ask": {"outcomes": ["n_provocations", "taiwan_failure"], "runs_per_world": 20, "margin": 0.02},
        }
    )


def test_what_carries_an_effect_is_found_and_what_has_no_part_is_not():
    effects = ablate(_file()).effects.set_index(["mechanism", "package", "outcome"])
    talks = effects.loc[("moratorium", "talks", "n_provocations")]
    assert talks["before"] < -10
    assert talks["part_high"] < -10
    assert talks["verdict"] in (CARRIES, ADDS)
    assert effects.loc[("ground_cost", "talks", "n_provocations"), "verdict"] == NO_PART  # it acts on Xi's costs alone
    assert (effects["part"] - (effects["before"] - effects["after"])).abs().max() < 1e-12


def test_a_mechanism_is_off_beyond_its_declared_range():
    """The neutral value lies outside the prior of war_signal; the model takes it, and the part is finite."""
    from crink_abm.model.parameters import CATALOGUE

    assert CATALOGUE["signal_war"].low > MECHANISMS["war_signal"].neutral["signal_war"]
    found = ablate(_file(mechanisms=["war_signal"]))
    assert np.isfinite(found.effects["part"]).all()


I_FOR, I_LESS, I_NONE, I_OTHER, I_WIDE = (
    Interval(3.0, 2.5, 3.5), Interval(1.5, 1.2, 1.8), Interval(0.0, -0.2, 0.2), Interval(-3.0, -3.5, -2.5), Interval(1.0, 0.0, 2.0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "part", "word"),
    [
        (I_FOR, I_NONE, I_FOR, CARRIES),
        (I_FOR, I_OTHER, I_FOR, CARRIES),
        (I_FOR, I_LESS, I_LESS, ADDS),
        (I_FOR, I_FOR, I_NONE, NO_PART),
        (I_FOR, I_WIDE, I_FOR, OPEN),
        (I_WIDE, I_NONE, I_FOR, OPEN),
        (I_FOR, I_NONE, I_WIDE, OPEN),
        (I_LESS, I_FOR, I_OTHER, AGAINST),
        (I_NONE, I_FOR, I_OTHER, OFFSET),
    ],
)
def test_parts_are_called_against_the_margin(before, after, part, word):
    assert part_of(before, after, part, 1.0) == word


def test_no_call_hangs_on_the_seed_or_the_number_of_runs():
    """On the file's worlds: another seed, and half the runs, may leave open what was told, and never say another thing."""
    calls = []
    for seed, runs in ((5, 24), (6, 24), (5, 12)):
        file = _file(mechanisms=["moratorium", "ground_cost", "restraint", "survivability_discount"])
        file.experiment.seed, file.ask.runs_per_world = seed, runs
        calls.append(ablate(file).effects["verdict"].to_numpy())
    assert any((one != OPEN).sum() >= 4 for one in calls), "nothing was told"
    for one, other in pairwise([calls[2], calls[0], calls[1]]):
        both = (one != OPEN) & (other != OPEN)
        assert (one[both] == other[both]).all()


def test_calls_on_noise_alone_do_not_contradict_one_another():
    """Two hundred parts with a known truth, twice the luck each: whatever is called twice is called the same."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        truth, spread = rng.normal(0, 1.5, 2), rng.uniform(0.02, 0.5)
        told = set()
        for _ in range(2):
            before, after = (
                Interval(x, x - 2 * spread, x + 2 * spread) for x in truth + spread * rng.uniform(-1.5, 1.5, 2)
            )
            gap = truth[0] - truth[1] + spread * rng.uniform(-1.5, 1.5)
            told.add(part_of(before, after, Interval(gap, gap - 2 * spread, gap + 2 * spread), 1.0))
        assert len(told - {OPEN}) <= 1


def test_the_audit_names_what_is_dead():
    """No run of a calm year reaches a war: what only acts in wars moves nothing, and is named; what tests rest on is not."""
    file = _file(mechanisms=["moratorium"], audit="all")
    file.experiment.months, file.ask.outcomes, file.packages = (
        12,
        ["n_provocations"],
        {"talks": {"diplomatic_offramp": 0.9}},
    )
    found = ablate(file)
    assert "war_signal" in found.dead
    assert "moratorium" not in found.dead
    assert set(found.audit["mechanism"]) == {one.name for one in MECHANISMS.values() if one.neutral}
    rows = found.audit.set_index("mechanism")
    assert rows.loc["war_signal", "verdict"] == IDLE
    assert (rows["with"] - rows["without"] - rows["difference"]).abs().max() < 1e-9


def test_noise_is_told_from_what_worlds_differ_in():
    rng = np.random.default_rng(4)
    worlds = rng.normal(0, 5, 400)
    halves = worlds + rng.normal(0, 1, (2, 400))
    assert ablation.noise(halves) == pytest.approx(1 / np.sqrt(2 * 400), rel=0.15)


def test_a_frozen_rule_is_the_rule_with_one_input_held():
    made = ablation.frozen("china.crisis_prob", "taiwan_incident_prob", 0.25)
    assert list(inspect.signature(made).parameters) == ["taiwan_crisis_share"]
    assert made(0.2) == china.crisis_prob(0.25, 0.2)
    every = ablation.frozen("china.power", "taiwan_status", 0.0)
    assert every(1.0, 0.01, 0.03) == china.power(1.0, 0.0, 0.01, 0.03)


@pytest.mark.slow
def test_a_path_is_frozen_at_its_baseline_mean():
    """With Korea's threat frozen, what Washington looks at no longer hangs on Korean tests. One kernel is compiled."""
    file = _file(paths=[{"name": "korean threat", "rule": "united_states.attention", "argument": "threat_korea"}])
    file.ablate.mechanisms, file.ask.outcomes = ["ground_cost"], ["mean attention_taiwan"]
    effects = ablate(file).effects.set_index(["mechanism", "package"])
    before, after = effects.loc[("korean threat", "talks"), ["before", "after"]]
    assert abs(after) < abs(before) / 2


@pytest.mark.parametrize(
    ("ablated", "said"),
    [
        ({"mechanisms": ["ground_costs"]}, "did you mean ground_cost"),
        ({"mechanisms": ["fronts"]}, "no number switches fronts off"),
        ({"paths": [{"name": "x", "rule": "united_states.attentions", "argument": "y"}]}, "no rule is named"),
        ({"paths": [{"name": "x", "rule": "united_states.attention", "argument": "threat_corea"}]}, "threat_korea"),
        ({"paths": [{"name": "ground_cost", "rule": "china.power", "argument": "taiwan_status"}]}, "name of another"),
    ],
)
def test_what_cannot_be_switched_off_is_refused(ablated, said):
    with pytest.raises(InputError, match=said):
        ablation.judge(_file(**ablated))


def test_a_path_without_a_mean_needs_a_value():
    setting = ablation.setting_of(_file())
    said = PathTable(name="x", rule="xi.choose", argument="u_xi_choice", value=0.5)
    assert ablation._value_of(said, setting, 2, None) == 0.5
    with pytest.raises(InputError, match="give its value"):
        ablation._value_of(said.model_copy(update={"value": None}), setting, 2, None)


def test_it_resumes_to_the_same_tables_and_is_shown_whole(tmp_path):
    from crink_abm.report.answers import ablation as page

    first = ablate(_file(), out=tmp_path)
    next(iter((tmp_path / "kept").iterdir())).unlink()
    again = ablate(_file(), out=tmp_path)
    pd.testing.assert_frame_equal(first.effects, again.effects)
    text = page.document(first, "experiments/ablation.toml")
    assert "40 worlds" in text
    for one in MECHANISMS.values():
        assert one.meaning in text


def test_the_published_file_is_judged():
    file = reader.read(ROOT / "experiments" / "ablation.toml", AblationFile)
    assert len(ablation.judge(file)) >= 20
    assert len(file.packages) == 15
