"""Scenario discovery: what is said is what was found, what is found is there, and nothing is found where there is nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crink_abm import DeterrenceModel, InputError, discover
from crink_abm.analysis.discovery.boxes import Box, Feature, Limit, belief_features, event_feature, parse
from crink_abm.analysis.discovery.crossed import Case, cross
from crink_abm.analysis.discovery.judged import judge
from crink_abm.analysis.discovery.search import Part, peeled
from crink_abm.model.parameters import CATALOGUE

KNOWN = [*belief_features(list(CATALOGUE)), event_feature("ukraine_settled"), event_feature("us_tied_down")]
PLAIN = [Feature(f"b{k}", f"belief {k}") for k in range(8)]


@st.composite
def boxes(draw):
    chosen = draw(st.lists(st.sampled_from(KNOWN), unique_by=lambda f: f.name, max_size=5))
    number = st.floats(-1e9, 1e9, allow_nan=False)
    limits = []
    for feature in chosen:
        if feature.levels:
            most = 1 if feature.event else len(feature.levels)
            levels = draw(st.lists(st.sampled_from(feature.levels), min_size=1, max_size=most, unique=True))
            limits.append(Limit(feature.name, levels=tuple(levels)))
            continue
        low, high = sorted((draw(number), draw(number)))
        kind = draw(st.sampled_from(["low", "high", "both"]))
        limits.append(
            Limit(
                feature.name, *((low, np.inf) if kind == "low" else (-np.inf, high) if kind == "high" else (low, high))
            )
        )
    return Box(tuple(limits))


@settings(max_examples=200, deadline=None)
@given(boxes())
def test_a_sentence_parses_back_to_its_box(box):
    assert parse(box.words("the policy fails", KNOWN), KNOWN) == box


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("it fails where x (crisis_duratio) is at least 3.0.", "crisis_duration"),
        ("it fails where x (xi_theory) is brave.", "prospect"),
        ("it fails where all is well.", "bounds nothing"),
        ("it fails", "a box is said"),
    ],
)
def test_what_says_no_box_is_refused(sentence, says):
    with pytest.raises(InputError, match=says):
        parse(sentence, KNOWN)


def _case(seed, n=400, planted=True):
    rng = np.random.default_rng(seed)
    values = rng.random((n, len(PLAIN)))
    odds = np.where((values[:, 2] > 0.6) & (values[:, 5] < 0.5), 0.9, 0.1) if planted else np.full(n, 0.3)
    return Case(values, PLAIN, rng.random(n) < odds, np.ones(n), np.arange(n))


def test_a_planted_box_is_found_and_judged_elsewhere():
    found = cross(_case(1), 1)
    assert found[0].reported
    limits = {limit.name: limit for one in found if one.reported for limit in one.box.limits}
    assert abs(limits["b2"].low - 0.6) < 0.1 and abs(limits["b5"].high - 0.5) < 0.15
    assert found[0].judgement.density.low < 0.9 < found[0].judgement.density.high + 0.05
    assert found[0].judgement.lift.low > 1.5


def _false_alarms(trials):
    """How often any box is reported on labels that were shuffled among the worlds."""
    rng, count = np.random.default_rng(5), 0
    for seed in range(trials):
        case = _case(seed)
        shuffled = Case(case.values, PLAIN, rng.permutation(case.fails), case.weight, case.world)
        count += any(one.reported for one in cross(shuffled, 1))
    return count


def test_shuffled_labels_give_no_box():
    assert _false_alarms(30) <= 5  # P(more) < 0.002 at 5 %


@pytest.mark.slow
def test_shuffled_labels_give_a_box_in_five_per_cent_at_most():
    from scipy.stats import binom

    assert _false_alarms(400) <= binom.ppf(0.99, 400, 0.05)


def test_the_test_is_needed():
    """Negative control: in the worlds that a box was found in, shuffled labels look dense."""
    rng = np.random.default_rng(5)
    case = _case(3)
    part = Part(case.values, rng.permutation(case.fails), case.weight)
    box = peeled(part, PLAIN)
    inside = box.holds(part.values, PLAIN)
    assert judge(inside, part.fails, part.weight, case.world, False).p < 0.05


def test_intervals_cover():
    """Of a fixed box in fresh worlds, the 95 % intervals of density, coverage and lift hold the truth."""
    rng, n, hits = np.random.default_rng(2), 150, np.zeros(3)
    for _ in range(300):
        inside = rng.random(n) < 0.3
        fails = rng.random(n) < np.where(inside, 0.6, 0.2)
        mass = inside.mean()
        base = mass * 0.6 + (1 - mass) * 0.2
        found = judge(inside, fails, np.ones(n), np.arange(n), True)
        truth = (0.6, mass * 0.6 / base, 0.6 / base)
        hits += [s.low <= t <= s.high for s, t in zip((found.density, found.coverage, found.lift), truth, strict=True)]
    assert (hits / 300 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)).all()


def test_copies_of_a_world_tell_nothing_new():
    rng = np.random.default_rng(3)
    inside, fails, world = rng.random(60) < 0.4, rng.random(60) < 0.3, np.arange(60)
    once = judge(inside, fails, np.ones(60), world, True)
    thrice = judge(np.tile(inside, 3), np.tile(fails, 3), np.ones(180), np.tile(world, 3), True)
    assert thrice.density == once.density and thrice.p == pytest.approx(once.p)
    fresh = judge(np.tile(inside, 3), np.tile(fails, 3), np.ones(180), np.arange(180), True)
    assert fresh.density.high - fresh.density.low < 0.7 * (once.density.high - once.density.low)


FILE = {
    "experiment": {"name": "small", "seed": 7, "runs": 1, "months": 48},
    "packages": {"withdraw": {"usfk_posture": 0.1}},
    "worlds": {"ensemble": "prior", "draws": 300, "screen": "none"},
    "ask": {"outcomes": ["korea_failure"], "runs_per_world": 20},
    "discover": {
        "fails": "risk", "beyond": 0.2, "boxes": 1,
        "events": {"korea_kept_calm": {"yes": {"force_korea": 0.0}, "no": {"force_korea": -1.0}}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return discover(FILE)


def test_an_event_that_keeps_the_peace_bounds_the_box(found):
    """With Korea held calm nothing fails there, so where it fails is where the event does not come."""
    assert not found.frame["fails"][300:].any() and found.frame["fails"][:300].any()
    kept = [box for box, reported in zip(found.tried, found.boxes["reported"], strict=True) if reported]
    assert kept and all(Limit("korea_kept_calm", levels=("no",)) in box.limits for box in kept)


def test_the_opened_run_fails_in_its_box(found):
    run = next(one for one in found.opened if one is not None)
    box = found.tried[found.opened.index(run)]
    come = 0.0 if run.drivers["force_korea"] < 0 else 1.0
    row = np.array([[come if f.event else run.parameters[f.name] for f in found.features]])
    assert box.holds(row, found.features)[0]
    model = DeterrenceModel(run.levers, parameters=run.parameters, seed=run.seed, run=run.run, months=run.months,
                            start=run.start, drivers=run.drivers, trace=False, collect=()).run()  # fmt: skip
    assert model.outcome["korea_failure"] is not None


def test_sentences_of_a_study_parse_back(found):
    for sentence, box in zip(found.boxes["sentence"], found.tried, strict=True):
        assert parse(sentence, found.features) == box


def test_the_workbench_pair(found):
    experiments, outcomes = found.workbench()
    assert len(experiments) == 600 and set(experiments.columns) >= {"scenario", "policy", "model", "kim_theory"}
    assert isinstance(experiments["kim_theory"].dtype, pd.CategoricalDtype)
    assert all(values.shape == (600,) for values in outcomes.values())
    assert outcomes["korea_failure fails"].sum() == found.frame["fails"].sum()


def test_the_workbench_takes_the_pair(found):
    prim = pytest.importorskip("ema_workbench.analysis.prim")
    experiments, outcomes = found.workbench()
    x = experiments.drop(columns=["scenario", "policy", "model"])
    box = prim.Prim(x, outcomes["korea_failure fails"] > 0, threshold=0.5).find_box()
    assert 0.0 < box.density <= 1.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fails": "risk", "beyond": None}, "beyond is required"),
        ({"events": {"xi_theory": FILE["discover"]["events"]["korea_kept_calm"]}}, "not as a parameter"),
        ({"events": {"calm": {"yes": {"no_driver": 1.0}, "no": {"force_korea": 0.0}}}}, "events.calm"),
    ],
)
def test_what_means_nothing_is_refused(change, says):
    table = {k: v for k, v in {**FILE["discover"], **change}.items() if v is not None}
    with pytest.raises(InputError, match=says):
        discover({**FILE, "discover": table})
