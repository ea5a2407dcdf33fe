"""Claims: files judged, estimands against known answers, the rule of verdicts, one pool of runs, and faults caught."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from crink_abm.analysis.claims import estimands, faults, spec, verdicts, zoo
from crink_abm.analysis.claims.evidence import crossing, interval, opposed
from crink_abm.analysis.claims.pool import Pool
from crink_abm.analysis.claims.run import Size, claims
from crink_abm.analysis.claims.verdicts import Evidence, Interval, because, verdict
from crink_abm.analysis.responses import Arm, Responses, Setting
from crink_abm.ensemble import worlds
from crink_abm.model.mechanisms import MECHANISMS
from crink_abm.util.errors import InputError

FOLDER = ROOT / "experiments" / "claims"
FILES = spec.read_all(FOLDER)
SMALL = Size(worlds=20, runs_per_world=8, months=36)


def test_there_are_thirty_and_each_quotes_its_line():
    assert [file.id for file in FILES] == [f"C{k:02d}" for k in range(1, 31)]
    article = ROOT.parent / "shared" / "article.txt"
    if article.exists():
        lines = article.read_text(encoding="utf-8").split("\n")
        for file in FILES:
            assert any(file.claim.quote in lines[k - 1] for k in file.claim.lines), file.id


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.id)
def test_the_registry_knows_that_a_claim_rests_on_its_mechanisms(file):
    for name in file.claim.mechanisms:
        assert file.id in MECHANISMS[name].claims, name
    assert file.neutral(), "a claim without an ablation"
    assert file.ask.runs_per_world % 2 == 0


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("claim", "mechanisms"), ["ground_costs"], "did you mean ground_cost"),
        (("claim", "decides"), "nothing", "decides is a parameter"),
        (("claim", "estimand", "arm"), "foreward", "asks for the arm 'foreward'"),
        (("claim", "estimand", "kind"), "hunch", "'level', 'difference'"),
        (("claim", "estimand", "kind"), "interaction", "at least two parts"),
        (("claim", "estimand", "kind"), "trend", "'last FIELD'"),
        (("claim", "estimand", "measure"), "taiwan_failur", "no measure is named"),
        (("claim", "estimand", "margin"), 0.0, "is a number above 0"),
        (("arms", "forward", "levers"), {"usfk_postur": 0.5}, "usfk_postur"),
    ],
)
def test_a_file_that_means_nothing_is_refused(place, value, said):
    from crink_abm.experiment import reader
    from crink_abm.util.plain import toml

    data = toml(FOLDER / "C01.toml")
    table = data
    for part in place[:-1]:
        table = table[part]
    table[place[-1]] = value
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        spec.judge(reader.checked(data, "C01", kind=spec.ClaimFile), "C01")


@pytest.mark.parametrize(
    ("ablated", "said"),
    [
        (None, "cannot be switched off"),
        (Interval(0.0, -0.001, 0.001), "it is gone"),
        (Interval(-0.008, -0.010, -0.006), "40 % of it stays"),
        (Interval(-0.004, -0.009, 0.001), "is open"),
    ],
)
def test_a_robust_claim_says_what_is_left_without_its_mechanism(ablated, said):
    """It says that it rests on its mechanism only where it does."""
    evidence = Evidence("below", 0.005, Interval(-0.02, -0.03, -0.01), ablated=ablated)
    assert verdict(evidence) == "robust"
    assert said in because(evidence)


def test_an_unknown_claim_is_refused():
    with pytest.raises(InputError, match="no claim is named 'C31'"):
        spec.read_all(FOLDER, ["C31"])
    with pytest.raises(InputError, match=r"C01\.toml to C30\.toml"):
        spec.read_all(ROOT / "docs")


# Estimands ----------------------------------------------------------------------------------------------------------------


def _responses(levels):
    """Responses whose arms have these levels in three worlds, both halves alike."""
    total = np.array([np.broadcast_to(level, (2, 3)) for level in levels.values()], float)[..., None]
    return Responses(
        tuple(levels), ("taiwan_failure",), total, np.ones_like(total), np.zeros((len(levels), 1)), np.arange(3), 2
    )


def _estimand(**said):
    base = {
        "kind": "difference",
        "measure": "taiwan_failure",
        "arm": "a",
        "base": "b",
        "expected": "above",
        "margin": 0.1,
    }
    return spec.Estimand(**{**base, "words": "", **said})


def test_estimands_of_known_levels():
    found = _responses({"a": [4.0, 5.0, 6.0], "b": [1.0, 2.0, 3.0], "c": [2.0, 2.0, 5.0], "d": [1.5, 2.0, 2.5]})
    arms = {
        "a": Arm("a", {"maritime_posture": 0.9}),
        "b": Arm("b"),
        "c": Arm("c", {"maritime_posture": 0.7}),
        "d": Arm("d"),
    }

    def of(**said):
        return estimands.by_world(_estimand(**said), found, arms, 120)

    assert of().mean(0) == pytest.approx([3.0, 3.0, 3.0])
    assert of(kind="level", base=None).mean(0) == pytest.approx([4.0, 5.0, 6.0])
    assert of(kind="interaction", parts=["c", "d"]).mean(0) == pytest.approx([3 - 1 - 0.5, 3.0 - 0 - 0, 3 - 2 + 0.5])
    ratio = of(kind="ratio")
    assert ratio.mean() == pytest.approx(5.0 / 2.0)
    assert ratio.mean(0) == pytest.approx([2.5 + (4 - 2.5) / 2, 2.5, 2.5 + (6 - 7.5) / 2])
    assert of(kind="per_cost", parts=["c"]).mean(0) == pytest.approx([3 - 2 * 1, 3 - 0, 3 - 2 * 2])  # twice the money
    with pytest.raises(InputError, match="costs nothing"):
        of(kind="per_cost", parts=["d"])


def test_crossing_is_found_on_the_line_and_not_beyond_it():
    assert crossing([3.0, 0.0, 1.0], [-0.5, 1.0, 0.5]) == 2.0
    assert crossing([0.0, 1.0], [1.0, 0.5]) is None


def test_a_change_that_no_run_shows_is_bounded_by_the_rule_of_three():
    nothing = np.zeros((2, 30))
    one = interval(nothing, np.arange(30), runs=600.0)
    assert (one.low, one.high) == (-0.005, 0.005)
    assert interval(nothing, np.arange(30)).high == 0.0


def test_copies_of_a_world_are_one_observation():
    rng = np.random.default_rng(1)
    own = rng.normal(0.0, 1.0, 40)
    single = interval(np.stack([own, own]), np.arange(40))
    copied = interval(np.tile(own, (2, 4)), np.tile(np.arange(40), 4))
    assert copied.high - copied.low == pytest.approx(single.high - single.low, rel=0.02)


def test_opposed_worlds_are_those_with_a_clear_sign_alone():
    noise = np.array([[0.1, -0.1] * 50, [-0.1, 0.1] * 50])
    means = np.r_[np.full(60, 1.0), np.full(20, -1.0), np.zeros(20)]
    share, clear = opposed(means + noise, "above")
    assert clear == 80
    assert share == 0.25
    assert opposed(means + noise, "below")[0] == 0.75


# Verdicts -----------------------------------------------------------------------------------------------------------------

FOR, NOTHING, OTHER, WIDE = (
    Interval(2.0, 1.5, 2.5),
    Interval(0.0, -0.1, 0.1),
    Interval(-2.0, -2.5, -1.5),
    Interval(1.0, -1.0, 3.0),
)
HOLDS = Evidence("above", 1.0, FOR, ablated=NOTHING, ends=(FOR, FOR))


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (HOLDS, "robust"),
        (replace(HOLDS, estimate=WIDE), "inconclusive"),
        (replace(HOLDS, estimate=Interval(1.0, 0.5, 1.5)), "inconclusive"),
        (replace(HOLDS, estimate=NOTHING), "refuted"),
        (replace(HOLDS, estimate=OTHER), "refuted"),
        (replace(HOLDS, ends=(NOTHING, FOR)), "assumption-driven"),
        (replace(HOLDS, ends=(NOTHING, FOR), sourced=True), "fragile"),
        (replace(HOLDS, ends=(OTHER, FOR), ablated=FOR), "fragile"),
        (replace(HOLDS, ends=(WIDE, FOR)), "robust"),
        (replace(HOLDS, switches={("coordination", "none"): OTHER}), "fragile"),
        (replace(HOLDS, switches={("coordination", "none"): WIDE}), "robust"),
        (replace(HOLDS, opposed=0.26), "fragile"),
        (replace(HOLDS, ablated=FOR), "shifted"),
        (replace(HOLDS, ablated=Interval(0.9, 0.8, 1.05)), "robust"),
        (replace(HOLDS, expected="below"), "refuted"),
        (replace(HOLDS, expected="same", estimate=NOTHING, ends=(NOTHING, NOTHING)), "robust"),
        (replace(HOLDS, expected="same"), "refuted"),
    ],
)
def test_the_rule_of_verdicts(evidence, word):
    assert verdict(evidence) == word
    assert word in verdicts.VERDICTS
    assert verdicts.because(evidence)


def test_more_runs_never_turn_a_verdict_round():
    """An interval that shrinks about a truth inside it goes from open to one call, and never from one call to another."""
    rng = np.random.default_rng(2)
    for _ in range(300):
        truth = rng.normal(0.0, 2.0)
        calls = []
        for half in (8.0, 2.0, 0.5, 0.1):
            centre = truth + rng.uniform(-half, half)
            calls.append(Interval(centre, centre - half, centre + half).called(1.0))
        told = [call for call in calls if call != "open"]
        assert len(set(told)) <= 1, (truth, calls)


# Runs ---------------------------------------------------------------------------------------------------------------------


def test_claims_that_ask_for_the_same_runs_share_them():
    pool, setting = Pool(4), Setting(worlds.defaults(), months=12, seed=3)
    one = pool.ask(setting, Arm("today"), ["taiwan_failure"])
    assert pool.ask(setting, Arm("another name"), ["korea_failure"]) == one
    other = pool.ask(setting, Arm("more", {"usfk_posture": 0.9}), ["taiwan_failure", "korea_failure"])
    assert len(pool) == 2
    pool.run()
    found = pool.found({"a": one, "b": other}, ["korea_failure", "taiwan_failure"])
    assert found.measures == ("korea_failure", "taiwan_failure")
    assert found.arms == ("a", "b")


def test_claims_resume_to_the_same_table(tmp_path):
    first = claims(["C10", "C12"], folder=FOLDER, size=SMALL, out=tmp_path)
    pieces = sorted((tmp_path / "kept").iterdir())
    pieces[0].unlink()
    again = claims(["C10", "C12"], folder=FOLDER, size=SMALL, out=tmp_path)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert first.n_arms < 2 * 9, "the two share no arm with themselves"


def test_a_claim_is_shown_whole_on_its_page():
    from crink_abm.report.answers import claims as page

    found = claims(["C10", "C28"], folder=FOLDER, size=SMALL)
    text = page.document(found)
    for row in found.table.itertuples():
        assert f"## {row.claim}: {row.verdict}" in text
        assert found.files[row.claim].claim.quote in text
        assert page.estimate(row) in text
        assert str(row.runs_per_world) in text
    assert "20 worlds" in text


# Faults -------------------------------------------------------------------------------------------------------------------


def test_there_are_at_least_twenty_faults_of_all_kinds():
    assert len(faults.FAULTS) >= 20
    assert len({one.name for one in faults.FAULTS}) == len(faults.FAULTS)
    assert {"sign flip", "dead mechanism", "swapped theatres", "off by months", "leaked randomness"} <= {
        one.kind for one in faults.FAULTS
    }
    for one in faults.FAULTS:
        assert one.touches, one.name


NEAR = ["C10", "C12", "C23", "C26"]
QUICK = Size(worlds=30, runs_per_world=4, months=60)


@pytest.mark.parametrize("name", ["autonomy reversed", "illicit dead", "veto reversed"])
def test_a_fault_in_a_constant_is_caught(name):
    """Claims near their mechanism see it at once, and those that do not rest on it do not."""
    files = [file for file in FILES if file.id in NEAR]
    fault = next(one for one in faults.OF_CONSTANTS if one.name == name)
    table = zoo.confusion(files, [fault], QUICK)
    assert set(table.loc[table["touched"], "found"]) == {"caught"}
    assert "caught" not in set(table.loc[~table["touched"], "found"])


def test_no_fault_no_alarm():
    """The negative control: a fault that changes nothing is caught by no claim, and clears those that can be told."""
    files = [file for file in FILES if file.id in NEAR]
    nothing = faults.Fault(
        "nothing", "none", "", ("autonomy",), {"autonomy_flow": lambda some: some.column("autonomy_flow")}
    )
    table = zoo.confusion(files, [nothing], QUICK)
    assert "caught" not in set(table["found"])
    assert (table["margins"] == 0.0).all()


def test_splits_of_a_clean_model_are_compared_as_two_models_are():
    files = [file for file in FILES if file.id in NEAR[:2]]
    table = zoo.false_alarms(files, QUICK, seeds=[1, 2, 3, 4], splits=10)
    assert len(table) == 20
    assert table["alarm"].mean() <= 0.1


def test_a_study_of_thresholds_is_shown_beside_where_it_asks_the_same():
    from crink_abm.analysis.claims.run import with_thresholds

    table = pd.DataFrame({"measure": ["taiwan_failure", "korea_war"], "constant": ["ground_cost", "ground_cost"]})
    studied = pd.DataFrame(
        {
            "package": ["posture"],
            "outcome": ["taiwan_failure"],
            "belief": ["ground_cost"],
            "threshold": [1.2],
            "low": [1.0],
            "high": [1.4],
        }
    )
    found = with_thresholds(table, studied)
    assert found["studied"].tolist() == ["posture", ""]
    assert found["studied_threshold"].tolist()[0] == 1.2
    with pytest.raises(InputError, match="threshold is missing"):
        with_thresholds(table, studied.drop(columns="threshold"))
    assert with_thresholds(table, None)["studied"].tolist() == ["", ""]
