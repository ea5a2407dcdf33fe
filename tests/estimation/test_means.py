"""Means of what a user asks for besides the outcomes: right, paired, and held as often as their intervals say."""

import held_truth
import numpy as np
import pytest
from hot import HOT

import crink_abm as crink
from crink_abm import InputError
from crink_abm.ensemble import worlds
from crink_abm.estimation import means
from crink_abm.model import outcomes

pytestmark = pytest.mark.once
ASKED = ["mean korea_status", "korea_war given taiwan_failure", "korea_failure", "n_provocations"]


def _coverage(draw, truth, n=400):
    """How often both intervals hold the truth: of the level given the worlds, and over the ensemble."""
    held = np.zeros(4, int)
    for number in range(n):
        here, base, world, true = draw(np.random.default_rng([7, number]))
        found = means.row(here, base, world, np.ones(len(world)))
        pairs = (("", true[0]), ("ensemble_", truth[0]), ("diff_", true[1]), ("diff_ensemble_", truth[1]))
        held += [found[f"{name}low"] <= at <= found[f"{name}high"] for name, at in pairs]
    return held


def _ratios(rng, n_worlds=60, runs=20, spread=0.25):
    """Runs of worlds with odds of their own: (condition, number) under a policy and at the baseline, and the worlds' truth."""
    often = np.clip(rng.uniform(0.2, 0.8, n_worlds), 0.0, 1.0)
    level = rng.normal(1.0, spread, n_worlds) + often
    world = np.repeat(np.arange(n_worlds), runs)
    shared, given = rng.normal(0.0, 0.5, len(world)), rng.random(len(world)) < often[world]
    base = level[world] + shared
    here = base + 0.3 * often[world] + rng.normal(0.0, 0.1, len(world))
    among = given.astype(float)
    of_worlds = [(often * x).sum() / often.sum() for x in (level + 0.3 * often, level)]
    return (here, among), (base, among), world, (of_worlds[0], of_worlds[0] - of_worlds[1])


def test_a_ratio_and_its_change_are_held_as_often_as_said():
    often = 0.5, (0.8**3 - 0.2**3) / (3 * 0.6)  # mean, mean of squares
    change = 0.3 * often[1] / often[0]
    truth = 1.0 + often[1] / often[0] + change, change
    held = _coverage(_ratios, truth)
    assert not held_truth.too_seldom(held, 400).any(), held
    # Negative control: the interval that takes the worlds as given does not hold what is true of the ensemble.
    narrow = _coverage(lambda rng: (*_ratios(rng)[:3], truth), truth)
    assert held_truth.too_seldom(narrow[0], 400)


def test_a_share_has_the_interval_of_counts_where_worlds_are_alike():
    x = np.zeros(300)
    x[:3] = 1.0
    found = means.row((x, np.ones(300)), None, np.arange(300) % 10, np.ones(300))
    assert (found["n_events"], found["n_runs"]) == (3, 300)
    assert 0.0 < found["low"] < 0.01 < found["high"] < 0.04
    never = means.row((np.zeros(300), np.ones(300)), None, np.arange(300) % 10, np.ones(300))
    assert never["low"] == 0.0 and never["high"] == pytest.approx(1.0 - 0.025 ** (1 / 300), rel=1e-6)


def test_nothing_that_counts_is_no_number():
    found = means.row((np.ones(50), np.zeros(50)), None, np.arange(50) % 5, np.ones(50))
    assert np.isnan([found["prob"], found["low"], found["high"]]).all()


def test_compare_and_a_sweep_agree_with_the_runs(tmp_path):
    spread = worlds.prior(6, seed=2, fixed=HOT)
    how = {"runs": 300, "seed": 3, "months": 36, "worlds": spread}
    table = crink.compare(
        {"usfk_posture": 0.9}, measures=[*ASKED, crink.loss({"korea_war": 4.0, "nuclear_use": 9.0})], **how
    )
    found = table[table["method"] == means.MEANS].set_index(["policy", "outcome"])
    for policy, levers in (("today", {}), ("policy", {"usfk_posture": 0.9})):
        batch = crink.simulate(levers, states=["korea_status"], **how)
        came = {name: batch.months[:, k] >= 0 for k, name in enumerate(outcomes.OUTCOMES)}
        direct = {
            "mean korea_status": batch.states["korea_status", "mean"].mean(),
            "korea_war given taiwan_failure": came["korea_war"][came["taiwan_failure"]].mean(),
            "korea_failure": came["korea_failure"].mean(),
            "n_provocations": batch.results["n_provocations"].mean(),
            "loss": (4.0 * came["korea_war"] + 9.0 * came["nuclear_use"]).mean(),
        }
        for name, value in direct.items():
            assert found.loc[(policy, name), "prob"] == pytest.approx(value), name
            assert found.loc[(policy, name), "low"] <= value <= found.loc[(policy, name), "high"]
    plan = {
        "experiment": {"name": "x", "seed": 3, "runs": 300, "months": 36}, "packages": {"p": {"usfk_posture": 0.9}},
        "worlds": {"ensemble": "prior", "draws": 6, "seed": 2, "screen": "none"}, "parameters": HOT,
    }  # fmt: skip
    results = crink.sweep(plan, tmp_path)
    rows = results.measure(ASKED[1:]).set_index(["point", "measure"])
    for name in ASKED[1:]:
        same = found.loc[("policy", name)]
        assert rows.loc[(0, name), ["prob", "diff", "diff_low"]].tolist() == pytest.approx(
            same[["prob", "diff", "diff_low"]].tolist()
        )
    with pytest.raises(InputError, match="stores no states"):
        results.measure("mean korea_status")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["korea_wat"], "did you mean"),
        (["mean nothing"], "no field"),
        ([3], "is a name"),
        (["n_provocations"] * 2, "are named"),
    ],
)
def test_measures_that_are_none(asked, message):
    with pytest.raises(InputError, match=message):
        crink.compare({}, runs=10, months=12, worlds="defaults", measures=asked)
