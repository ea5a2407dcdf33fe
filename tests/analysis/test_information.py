"""The value of information against closed forms and nested Monte Carlo; signposts that are there, and that are not."""

import numpy as np
import pytest
from scipy.stats import norm

pytest.importorskip("sklearn")

from crink_abm.analysis.information import signposts, worth
from crink_abm.analysis.information.study import InformationFile, information, plan
from crink_abm.engine import compiled
from crink_abm.ensemble.build import ensemble
from crink_abm.model import levers
from crink_abm.model.outcomes import months
from crink_abm.util.errors import InputError

MEAN, OWN, OTHER = 0.3, 1.0, 0.7


def closed(mean, sd):
    """The value of knowing a normal difference between two policies whose losses are 0 and it. Source: Raiffa and Schlaifer 1961."""
    return min(0.0, mean) - mean * norm.cdf(-mean / sd) + sd * norm.pdf(mean / sd)


def two_policies(n, noise, seed):
    """Losses by half of a policy that loses nothing and one whose loss is linear in two beliefs; a third belief has no part."""
    rng = np.random.default_rng(seed)
    beliefs = rng.standard_normal((n, 3))
    losses = np.zeros((2, 2, n))
    losses[:, 1] = MEAN + beliefs @ [OWN, OTHER, 0.0] + noise * rng.standard_normal((2, n))
    return losses, beliefs


def test_the_value_of_the_whole_world_by_its_closed_form():
    losses, _ = two_policies(400_000, 0.5, 1)
    truth, found = closed(MEAN, np.hypot(OWN, OTHER)), worth.perfect(losses, np.arange(400_000))
    assert found["evpi"] == pytest.approx(truth, rel=0.02)
    assert found["found"] < 0.95 * truth and found["plug_in"] > 1.02 * truth, (
        "what the noise does where nothing is done"
    )
    assert found["low"] <= truth <= found["high"]


def test_the_value_of_one_belief_by_its_closed_form():
    losses, beliefs = two_policies(60_000, 0.5, 2)
    table = worth.partial(losses, beliefs[:, :1], ["a"], [False], np.arange(60_000), draws=50)
    sampled = np.minimum(0.0, MEAN + beliefs[:, 0] * OWN).mean()
    nested = min(0.0, losses[:, 1].mean()) - sampled  # given these draws
    assert table["evppi"].iloc[0] == pytest.approx(nested, rel=0.02)
    assert table["in_sample"].iloc[0] == pytest.approx(nested, rel=0.02)
    assert table["evppi"].iloc[0] == pytest.approx(closed(MEAN, OWN), rel=0.05)


def test_the_value_of_one_belief_by_nested_monte_carlo():
    """Three policies, a loss that is no line: the outer draws are the worlds', the inner ones 4,000 of the other belief each."""
    rng, n = np.random.default_rng(3), 30_000

    def losses_at(a, b):
        return np.stack([np.zeros_like(a + b), a**2 - 0.8 + 0.5 * b, 0.3 * np.sin(3.0 * a) + 0.4 * b * a], axis=0)

    a, b = rng.uniform(-1.5, 1.5, n), rng.standard_normal(n)
    outer, inner = rng.uniform(-1.5, 1.5, 2000), rng.standard_normal(4000)
    given = np.array([losses_at(value, inner).mean(1) for value in outer])
    # The inner means' outer average is replaced by an even grid's, which has no sampling error of its own.
    grid = np.linspace(-1.5, 1.5, 4001)
    exact = np.stack([np.zeros_like(grid), grid**2 - 0.8, 0.3 * np.sin(3.0 * grid)])
    nested = given.mean(0).min() - given.min(1).mean()
    truth = exact.mean(1).min() - exact.min(0).mean()
    assert nested == pytest.approx(truth, rel=0.06)
    both = np.stack([losses_at(a, b)] * 2) + 0.3 * rng.standard_normal((2, 3, n))
    table = worth.partial(both, a[:, None], ["a"], [False], np.arange(n), draws=50)
    assert table["evppi"].iloc[0] == pytest.approx(truth, rel=0.02)


def test_switches_are_valued_level_by_level():
    rng, n = np.random.default_rng(4), 2000
    level = rng.integers(0, 3, n).astype(float)
    losses = np.zeros((2, 2, n))
    losses[:, 1] = np.array([-1.0, 0.5, 1.0])[level.astype(int)] + rng.standard_normal((2, n))
    table = worth.partial(losses, level[:, None], ["switch"], [True], np.arange(n))
    share = (level == 0).mean()
    assert table["evppi"].iloc[0] == pytest.approx(share, abs=0.1)
    assert table["clear"].iloc[0]


def test_beliefs_without_part_are_worth_nothing():
    clear = 0
    for seed in range(20):
        losses, beliefs = two_policies(150, 1.0, seed)
        table = worth.partial(
            losses,
            np.random.default_rng(seed).permutation(beliefs),
            list("abc"),
            [False] * 3,
            np.arange(150),
            draws=200,
        )
        clear += table["clear"].any()
    assert clear <= 3


def paths(seed, *, n_worlds=80, per=20, tells=True):
    """Runs of three policies; the second pays where the first observable is high."""
    rng = np.random.default_rng(seed)
    world = np.repeat(np.arange(n_worlds), per)
    seen = rng.standard_normal((len(world), 3)) + rng.standard_normal(n_worlds)[world][:, None]
    losses = 0.1 * rng.standard_normal((3, len(world)))
    losses[1] += np.where(seen[:, 0] > 0.8, -0.5, 0.5) + 0.3 * rng.standard_normal(n_worlds)[world]
    losses[2] += 0.4
    if not tells:
        seen = rng.permutation(seen)
    return {12: seen}, {12: losses}, ["x", "y", "z"], ["hold", "act", "other"], world


def test_a_signpost_that_is_there_is_found_and_pays():
    table = signposts.best_signpost(*paths(1), seed=1)
    chosen = table[table["chosen"]].iloc[0]
    assert chosen["pays"] and "x" in chosen["asks"] and chosen["held"] == "hold"
    assert float(chosen["rule"].split("above ")[1].split(":")[0]) == pytest.approx(0.8, abs=0.25)
    assert signposts.sentence(table).startswith("A signpost pays: if x is above")


def control(n):
    none = 0
    for seed in range(n):
        table = signposts.best_signpost(*paths(seed, n_worlds=40, per=10, tells=False), seed=seed)
        none += signposts.sentence(table).startswith("No signpost pays")
    return none / n


def test_shuffled_observables_pay_nothing():
    assert control(30) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 30)


@pytest.mark.slow
def test_shuffled_observables_pay_nothing_in_four_hundred_trials():
    assert control(400) >= 0.95


def test_a_shorter_run_is_the_beginning_of_the_longer():
    """Signposts see the prefix of the run whose loss they tell of."""
    worlds = ensemble("calibrated").first(200)
    calendar = levers.calendar({}, 60)
    short, long = (
        months(compiled.run_many(part, worlds.values, 1000, seed=4, world_of=worlds.of_runs(0, 1000)))
        for part in (calendar[:24], calendar)
    )
    assert np.array_equal(short, np.where(long < 24, long, -1)) and (short >= 0).any()


SMALL = {
    "experiment": {"name": "x", "seed": 1, "months": 36, "runs": 1},
    "packages": {"more": {"usfk_posture": 0.9}, "dear": {"japan_burden_share": 0.9}},
    "worlds": {"ensemble": "calibrated", "size": 60},
    "ask": {"runs_per_world": 10},
    "information": {"loss": {"korea_attack": 1.0}, "months": [12], "observables": ["n_provocations", "mean arms_flow"],
                    "signpost_runs": 4, "money": 0.01},
}  # fmt: skip


def asked(**more):
    return InformationFile.model_validate({**SMALL, "information": {**SMALL["information"], **more}})


def test_the_study_resumes_and_prices_policies(tmp_path):
    class Killed(Exception):
        pass

    def killer(done, total, stage):
        if stage == "signposts" and done == 2:
            raise Killed

    with pytest.raises(Killed):
        information(asked(), out=tmp_path / "a", progress=killer)
    assert list((tmp_path / "a" / "kept").iterdir())
    again, whole = information(asked(), out=tmp_path / "a"), information(asked())
    for name in ("policies", "beliefs", "signposts"):
        assert getattr(again, name).equals(getattr(whole, name)), name
    assert again.report == whole.report
    policies = whole.policies.set_index("policy")
    assert policies.loc["dear", "cost"] == pytest.approx(0.01 * 0.5 * 20.0), "half of 20 billion a year at 0.01 each"
    assert len(whole.beliefs) > 300 and whole.sentence


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"months": [36]}, "before the run's end"), ({"observables": ["korea_war"]}, "not seen as time goes by"),
        ({"signpost_runs": 3}, "even"), ({"loss": {"korea_wart": 1.0}}, "korea_war"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_a_run(more, words):
    with pytest.raises(InputError, match=words):
        plan(asked(**more))
