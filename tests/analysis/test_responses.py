"""The table from which every answer is worked out: by arm, half and world, under the same luck, and opened again run by run."""

import numpy as np
import pytest
from hot import HOT

from crink_abm import DeterrenceModel, InputError
from crink_abm.analysis.kept import Kept
from crink_abm.analysis.questions import AnswerFile, arms_of, setting_of
from crink_abm.analysis.responses import Arm, Setting, changed, respond
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.estimation.measures import Runs, loss, measure
from crink_abm.experiment import reader
from crink_abm.model import levers, outcomes
from crink_abm.model.parameters import CATALOGUE

MONTHS = 48
ARMS = [Arm("now"), Arm("more", {"usfk_posture": 0.9}), Arm("free", parameters={"sanctions_cost": 0.0})]


@pytest.fixture(scope="module")
def setting():
    return Setting(worlds.prior(12, seed=3, fixed=HOT), months=MONTHS, seed=7)


@pytest.fixture(scope="module")
def found(setting):
    return respond(setting, ARMS, ["taiwan_failure", "korea_within_6_of_taiwan", "n_launch_days"], rounds=400)


def _plain(setting, arm, rounds):
    """An arm's runs counted by hand: array (rounds, n_worlds, n_outcomes)."""
    n = len(setting.worlds) * rounds
    results = compiled.run_many(
        setting.calendar(arm), setting.values(arm), n, seed=setting.seed, world_of=setting.worlds.of_runs(0, n)
    )
    return results, setting.worlds.by_row(outcomes.months(results) >= 0)


def test_means_are_those_of_the_runs_within_their_noise(setting, found):
    k = list(outcomes.OUTCOMES).index("taiwan_failure")
    for arm in ARMS:
        _, came = _plain(setting, arm, 400)
        count, level = came[:, :, k].mean(), found.level(arm.name, "taiwan_failure").mean()
        assert level != count  # luck is taken out
        assert abs(level - count) < 4.0 * np.sqrt(count * (1.0 - count) / came[:, :, k].size)
        assert 0.0 < found.noise[found.arm(arm.name), 0] < np.sqrt(count * (1.0 - count) / came[:, :, k].size)


def test_a_count_and_a_conditional_are_plain_means(setting, found):
    results, _ = _plain(setting, ARMS[0], 400)
    assert found.level("now", "n_launch_days").mean() == pytest.approx(outcomes.column(results, "n_launch_days").mean())
    given, hit = outcomes.conditionals(results, outcomes.months(results), MONTHS)["korea_within_6_of_taiwan"]
    assert found.influence("now", "korea_within_6_of_taiwan").mean() == pytest.approx(hit.sum() / given.sum(), rel=0.1)


def test_arms_face_the_same_luck(setting, found):
    """Negative control: an arm of other luck differs far more than an arm that is the same."""
    same = respond(setting, [Arm("a"), Arm("b")], ["taiwan_failure"], rounds=40)
    assert (same.change("b", "a", "taiwan_failure") == 0.0).all()
    other = respond(setting, [Arm("a")], ["taiwan_failure"], rounds=40, first_round=40)
    assert (other.total != same.total[:1]).any()


def test_the_halves_tell_noise(setting):
    """The halves differ by noise alone: their spread is the standard error that the moments give."""
    single = Setting(worlds.prior(200, seed=4, fixed=HOT), months=MONTHS, seed=7)
    found = respond(single, [Arm("now")], ["taiwan_failure"], rounds=60)
    one, two = found.influence("now", "taiwan_failure")
    by_halves = np.sqrt(((one - two) ** 2).mean() / 4.0 / len(one))
    assert by_halves == pytest.approx(found.noise[0, 0], rel=5.0 / np.sqrt(2.0 * len(one)))


def test_later_rounds_are_the_runs_that_follow(setting):
    whole = respond(setting, [Arm("now")], ["n_launch_days"], rounds=40)
    parts = [respond(setting, [Arm("now")], ["n_launch_days"], rounds=20, first_round=at) for at in (0, 20)]
    np.testing.assert_allclose(whole.total, (parts[0].total + parts[1].total) / 2.0)


def test_a_run_of_an_arm_opens_in_mesa(setting):
    arm, run = ARMS[2], 29
    results, _ = _plain(setting, arm, 4)
    world = int(setting.worlds.of(run))
    parameters = dict(zip(CATALOGUE, setting.values(arm)[world].tolist(), strict=True))
    model = DeterrenceModel(levers.checked(arm.levers), seed=7, run=run, months=MONTHS, parameters=parameters).run()
    assert [model.value(name) for name in outcomes.RESULTS] == results[run].tolist()


def test_killed_it_takes_up_where_it_stopped(setting, tmp_path, monkeypatch):
    with Kept(tmp_path / "out", "thresholds").work() as kept:
        first = respond(setting, ARMS[:2], ["taiwan_failure"], rounds=20, kept=kept)
        monkeypatch.setattr(compiled, "run_many", lambda *a, **k: pytest.fail("a finished arm was run again"))
        again = respond(setting, ARMS[:2], ["taiwan_failure"], rounds=20, kept=kept)
        assert (again.total == first.total).all() and (again.noise == first.noise).all()
        monkeypatch.undo()
        damaged = next(kept.place.iterdir())
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
        assert (respond(setting, ARMS[:2], ["taiwan_failure"], rounds=20, kept=kept).total == first.total).all()
        other = respond(
            setting, [Arm("now", parameters={"sanctions_cost": 1.0})], ["taiwan_failure"], rounds=20, kept=kept
        )
        assert (other.total != first.total[:1]).any()  # what decides an arm is in its key


def test_a_folder_of_another_command_is_refused(tmp_path):
    with Kept(tmp_path, "thresholds").work():
        pass
    with pytest.raises(InputError, match="holds results of `crink-abm thresholds`"):
        Kept(tmp_path, "ablate")


def test_measures_by_name(setting):
    results, _ = _plain(setting, ARMS[0], 40)
    runs = Runs(results, MONTHS, {}, {})
    when = outcomes.months(results) >= 0
    at = list(outcomes.OUTCOMES).index
    asked = measure("russian_join given taiwan_failure and not korea_war")
    assert (asked.among(runs) == (when[:, at("taiwan_failure")] & ~when[:, at("korea_war")])).all()
    assert (asked.of(runs) == when[:, at("russian_join")]).all()
    weighed = loss({"taiwan_blockade": 1.0, "korea_war": 5.0}).of(runs)
    assert (weighed == when[:, at("taiwan_blockade")] + 5.0 * when[:, at("korea_war")]).all()
    with pytest.raises(InputError, match="did you mean"):
        measure("taiwan_failur")
    with pytest.raises(InputError, match="is outcomes joined by 'and'"):
        measure("russian_join given winter")


def test_states_are_measures(setting):
    from crink_abm import simulate

    found = respond(Setting(worlds.defaults(), months=24, seed=1), [Arm("now")], ["mean arms_flow"], rounds=100)
    told = simulate(runs=100, seed=1, months=24, states=["arms_flow"]).state_estimates
    assert found.level("now", "mean arms_flow").mean() == pytest.approx(
        told.set_index("quantity").loc["mean arms_flow", "mean"]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nonsense": 1.0}, "no parameter"),
        ({"sanctions_cost": [1.0, 2.0]}, "of shape"),
        ({"sanctions_cost": np.nan}, "finite"),
    ],
)
def test_changes_that_cannot_be_made(setting, change, message):
    with pytest.raises(InputError, match=message):
        changed(setting.worlds.values, change)


def test_questions_are_the_packages_of_a_file():
    said = {
        "experiment": {"name": "x", "seed": 1, "runs": 1000},
        "packages": {"posture": {"usfk_posture": 0.8}},
        "worlds": {"ensemble": "defaults"},
        "ask": {"outcomes": ["korea_war"], "runs_per_world": 4},
    }
    read = reader.checked(said, kind=AnswerFile)
    assert [arm.name for arm in arms_of(read)] == ["baseline", "posture"]
    assert len(setting_of(read).worlds) == 1
    for change, message in (
        ({"packages": {}}, "at least one policy"),
        ({"ask": {"runs_per_world": 3}}, "is even"),
        ({"ask": {"outcomes": ["korea_wa"]}}, "did you mean"),
        ({"one_at_a_time": {"levers": "all"}}, "lays out a sweep"),
    ):
        with pytest.raises(InputError, match=message):
            setting_of(reader.checked({**said, **change}, kind=AnswerFile))
