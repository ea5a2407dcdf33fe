"""Rare events: the tilted machine is the model, its weights are exact, and broken weights are seen."""

import functools
import json

import numpy as np
import pytest
from conftest import ROOT

import crink_abm as crink
from crink_abm.cli import main as cli
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.experiment import reader
from crink_abm.experiment.design import baseline
from crink_abm.model import levers, outcomes
from crink_abm.model.outcomes import RESULTS
from crink_abm.rare_events import estimator, sampler, study, tilt
from crink_abm.rare_events.tilt import SETTINGS
from crink_abm.util.errors import InputError

CALENDAR = levers.calendar(None, 60)
NAMES = list(outcomes.OUTCOMES)


def test_without_a_tilt_every_run_is_the_models_own():
    kernel = sampler.compiled()
    n = 700
    world = worlds.prior(7, seed=3).values
    of = np.arange(n) % 7
    out = np.empty((n, len(RESULTS) + 1))
    table = sampler.tilted_calendar(CALENDAR, "two_front", 0)
    kernel.fill(table, world, of, 4, 9, out)
    plain = compiled.run_many(CALENDAR, world, n, seed=4, first_run=9, world_of=of)
    assert np.array_equal(out[:, :-1], plain)
    kernel.fill(sampler.tilted_calendar(CALENDAR, "two_front", 3), world, of, 4, 9, out)
    assert not np.array_equal(out[:, :-1], plain)


@functools.cache
def _plain_shares(n):
    """Of plain runs, how many have each outcome: one lot of runs for all of them."""
    return (outcomes.months(compiled.run_many(CALENDAR, worlds.defaults().values, n, seed=77)) >= 0).mean(0)


def _brute(outcome, n=400_000):
    return _plain_shares(n)[NAMES.index(outcome)], n


def _apart(found, share, n):
    """Standard errors between an estimate and a share of ``n`` brute runs."""
    error = np.sqrt(found["prob"] * (1.0 - found["prob"]) / found["brute_force_runs"])
    return abs(found["prob"] - share) / np.sqrt(error**2 + share * (1.0 - share) / n)


@pytest.mark.once
@pytest.mark.parametrize("outcome", NAMES)
def test_the_estimate_agrees_with_brute_force(outcome):
    found = estimator.estimate(CALENDAR, worlds.defaults().values, outcome, seed=1)
    assert _apart(found, *_brute(outcome)) < 4.0


def test_dropped_weights_are_seen(monkeypatch):
    """Negative control: the same comparison with paths weighed as if only the model made them."""
    plain = sampler.tilted_calendar
    monkeypatch.setattr(sampler, "tilted_calendar", lambda c, o, t, **k: plain(c, o, t, (1.0, *[0.0] * 5), **k))
    found = estimator.estimate(CALENDAR, worlds.defaults().values, "taiwan_invasion", seed=1)
    share, n = _brute("taiwan_invasion")
    assert _apart(found, share, n) > 10.0
    assert "untilted runs had the event" in found["doubt"], "the untilted runs see it too"
    assert not found["reached"]
    assert found["low"] < share, "the interval takes in what they say"


#: A world where only the rarest types use force: leaders differ little, choices are sharp, postures strong.
ALIKE = {"costs_sd": 0.3, "stakes_sd": 0.1, "optimism_sd": 0.25}
STRONG = {
    "usfk_posture": 0.9, "maritime_posture": 0.9, "heavy_share": 0.8, "dual_role": 0.8, "trilateral_coordination": 0.9,
}  # fmt: skip


def _means(calendar, world, outcome, n, seed):
    """Mean score of six tilts and its standard error, ``n`` runs each."""
    made = [
        sampler.scores(calendar, world, outcome, n, seed=seed, tilt=k, first_run=k << 40)[0]
        for k in range(sampler.TILTS)
    ]
    return np.mean(made), np.sqrt(sum(one.var() for one in made) / n) / sampler.TILTS


def test_tilting_types_saves_runs(monkeypatch):
    """An invasion of one in a hundred thousand: tilting choices alone needs several times as many runs."""
    world, calendar = worlds.defaults(ALIKE).values, levers.calendar(STRONG, 60)
    n = 60_000
    mean, error = _means(calendar, world, "taiwan_invasion", n, seed=5)
    assert 8e-6 < mean < 1.6e-5
    brute = np.sqrt(mean / (sampler.TILTS * n))
    assert brute / error > 6.0, "in variance, 36 times brute force and more"
    monkeypatch.setattr(sampler, "_TYPES", (0.0,) * 5)
    other, wide = _means(calendar, world, "taiwan_invasion", n, seed=5)
    assert abs(other - mean) < 4.0 * np.hypot(error, wide)
    assert wide / other > 1.6 * error / mean, "and the spread that is seen there is less than the true one"


@pytest.mark.parametrize(
    "level",
    [0.0, pytest.param(1.0, marks=pytest.mark.slow), pytest.param(2.0, marks=pytest.mark.slow)],
    ids=["leader", "crisis", "decision"],
)
def test_it_is_unbiased_over_seeds_wherever_types_are_drawn(level, monkeypatch):
    """Many small estimates: their mean is the share of plain runs; with the odds of types left out it is not."""
    world, n = worlds.defaults({"leader_types": level}).values, 16_384
    column = NAMES.index("korea_war")
    share = (outcomes.months(compiled.run_many(CALENDAR, world, 300_000, seed=71)) >= 0)[:, column].mean()
    plain = np.sqrt(share * (1.0 - share) / 300_000)

    def apart():
        means = np.array([_means(CALENDAR, world, "korea_war", n, seed=seed)[0] for seed in range(8)])
        return (means.mean() - share) / np.hypot(means.std(ddof=1) / np.sqrt(8), plain)

    assert abs(apart()) < 4.0
    told = sampler.tilted_calendar

    def wrong(calendar, outcome, tilt, *more, **named):
        """Every tilt believes that none of them tilts types (negative control)."""
        table = told(calendar, outcome, tilt, *more, **named)
        for k in range(1, sampler.TILTS):
            for leader in ("xi_type", "kim_type"):
                table[:, len(calendar[0]) + SETTINGS.index(f"{leader}_{k}")] = 0.0
        return table

    monkeypatch.setattr(sampler, "tilted_calendar", wrong)
    assert (abs(apart()) > 10.0) == (level < 2.0), "where no type is drawn, none can be wrong"


def test_no_weight_is_more_than_one_over_the_share_of_plain_runs():
    world = worlds.prior(64, seed=3).values
    for outcome in ("two_front", "taiwan_invasion"):
        for k in range(sampler.TILTS):
            found, _ = sampler.scores(CALENDAR, world, outcome, 4096, seed=2, tilt=k, first_run=k << 40)
            assert (found >= 0.0).all()
            assert (found <= sampler.TILTS * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("joint", [0.0, 1.0])
def test_a_draw_is_tilted_whatever_the_probabilities(joint):
    """Impossible, certain, subnormal and unrounded options: what falls is in (0, 1), and its odds are its density."""
    rng = np.random.default_rng(5)
    special = [0.0, 5e-324, 2.9e-308, 1e-229, 1e-17, 1e-12, 1e-6, 0.01, 0.5, 1.0 - 1e-6, 1.0 - 1e-12, 1.0 - 2**-53, 1.0]
    v = np.concatenate([[2.0**-33, 1.0 - 2.0**-33], (np.arange(2000) + rng.random(2000)) / 2000])
    floors = [0.1, 0.2] * 6
    for lower in special:
        for upper in special:
            if lower + upper > 1.0:
                continue
            start = 1.0 - (lower + upper)
            told = np.array([tilt.tilted(x, start, lower, upper, 1.0, joint, *floors) for x in v])
            assert np.isfinite(told).all()
            assert ((told[:, 0] > 0.0) & (told[:, 0] < 1.0)).all(), (lower, upper)
            assert (told[:, 1:] > 0.0).all()
            own = told[2:, 1 if joint else 4]
            assert abs((1.0 / own).mean() - 1.0) < 0.02, "the inverse odds are the model's mass under the tilt"
    plain = [tilt.tilted(x, 0.0, 0.4, 0.6, 1.0, joint, *floors) for x in v]
    assert all(row == (x, *[1.0] * 5) for row, x in zip(plain, v, strict=True)), "all else has probability 0"


def test_a_tail_has_the_density_that_its_odds_say():
    v = (np.arange(200_000) + 0.5) / 200_000
    for share in (0.3, 0.9):
        told = np.array([tilt.tail(x, share) for x in v])
        w, odds = told[:, 0], np.array([tilt.tail_odds(x, share) for x in told[:, 1]])
        for least in (1e-6, 1e-3, 0.1, 0.7):
            assert abs(np.mean((w < least) / odds) / least - 1.0) < 0.02, least
    assert all(tilt.tail(x, 0.0)[0] == x for x in v)


@pytest.mark.slow  # millions of plain runs: minutes
@pytest.mark.parametrize(
    ("changes", "about", "n"),
    [({}, 7.2e-5, 8_000_000), ({"usfk_posture": 0.8, "maritime_posture": 0.8}, 1.5e-5, 16_000_000)],
    ids=["baseline", "postures 0.8"],
)
def test_where_it_is_rare_brute_force_agrees(changes, about, n):
    """Two fronts in the world of experiments/rare.toml; a bias of 40 % would be seen."""
    plan = reader.read(ROOT / "experiments" / "rare.toml", study.RareFile)
    world = worlds.defaults(plan.parameters).values
    calendar = levers.calendar({**baseline(plan), **changes}, plan.experiment.months)
    found = estimator.estimate(calendar, world, "two_front", seed=plan.experiment.seed, relative=0.1)
    seen, piece = 0, 400_000
    for first in range(0, n, piece):
        values = compiled.run_many(calendar, world, piece, seed=7001, first_run=first)
        seen += (outcomes.months(values)[:, NAMES.index("two_front")] >= 0).sum()
    assert found["relative_error"] < 0.15
    assert not found["doubt"]
    assert about / 2 < found["prob"] < 2 * about
    assert _apart(found, seen / n, n) < 3.5
    assert _apart({**found, "prob": 1.4 * found["prob"]}, seen / n, n) > 3.5, "a bias of 40 % would be seen"


def _nuclear_odds(calendar, world, n, seed):
    """Chance of nuclear use by plain runs, each counted by its own odds (the event less its luck): (mean, error)."""
    told = []
    for first in range(0, n, 250_000):
        values = compiled.run_many(calendar, world, 250_000, seed=seed, first_run=first)
        told.append((values[:, RESULTS.index("first_nuclear")] >= 0) - values[:, RESULTS.index("residual_nuclear")])
    told = np.concatenate(told)
    return told.mean(), told.std() / np.sqrt(n)


@pytest.mark.slow  # two million plain runs: a minute
def test_nuclear_use_where_it_is_rare_agrees_with_the_odds_on_plain_paths():
    """1.2e-5 in the world of experiments/rare.toml; the odds on a plain path are the model's, without tilt or weight."""
    plan = reader.read(ROOT / "experiments" / "rare.toml", study.RareFile)
    world = worlds.defaults(plan.parameters).values
    calendar = levers.calendar(baseline(plan), plan.experiment.months)
    found = estimator.estimate(calendar, world, "nuclear_use", seed=plan.experiment.seed, relative=0.05)
    prob, error = _nuclear_odds(calendar, world, 2_000_000, seed=555)
    own = np.sqrt(found["prob"] / found["brute_force_runs"])
    assert abs(found["prob"] - prob) < 3.5 * np.hypot(own, error)
    assert abs(1.2 * found["prob"] - prob) > 3.5 * np.hypot(own, error), "a bias of 20 % would be seen"


def _from_pool(pool, rng):
    """Stages whose runs are drawn from a pool (n_tilts, n), one world: the pool's mean is the truth."""

    def draw(size, before):
        rows = rng.integers(0, pool.shape[1], (sampler.TILTS, size * estimator.REPLICATES))
        return np.take_along_axis(pool, rows, 1), 0

    return draw


def _first_fresh(draw, relative):
    return estimator.staged(draw, 1, relative, 8_388_608)["means"]


def _until_narrow(draw, relative):
    """Negative control: stages are made until one is as narrow as asked, and that one is reported."""
    size = -(-estimator.FIRST_RUNS // (sampler.TILTS * estimator.REPLICATES))
    stage = 0
    while True:
        found, _ = draw(size, 0)
        means = found.reshape(sampler.TILTS, estimator.REPLICATES, -1).mean(axis=(0, 2))
        width, stage = estimator.interval(means)[2], stage + 1
        if stage > 1 and width <= relative:
            return means
        size = max(size, int(np.ceil(1.6 * size * (width / relative) ** 2)) if np.isfinite(width) else 4 * size)


def _repeated(pool, relative, rule, repetitions, seed):
    """Of many estimates: estimate / truth, whether the truth is above the interval, below it, whether it is narrow enough."""
    draw, truth = _from_pool(pool, np.random.default_rng(seed)), pool.mean()
    told = []
    for _ in range(repetitions):
        prob, _, width = estimator.interval(rule(draw, relative))
        told.append((prob / truth, truth > prob * np.exp(width), truth < prob * np.exp(-width), width <= relative))
    return np.array(told, float).T


def test_the_first_fresh_stage_is_unbiased_and_the_narrowest_is_not(monkeypatch):
    """Heavy-tailed scores, small pilots."""
    monkeypatch.setattr(estimator, "FIRST_RUNS", 768)
    rng = np.random.default_rng(3)
    shape = (sampler.TILTS, 100_000)
    pool, n = np.exp(1.3 * rng.standard_normal(shape)) * (rng.random(shape) < 0.1), 2000
    new, old = (_repeated(pool, 0.4, rule, n, seed=4) for rule in (_first_fresh, _until_narrow))
    bias = [(x[0].mean() - 1.0) / (x[0].std() / np.sqrt(n)) for x in (new, old)]
    assert abs(bias[0]) < 3.5
    assert bias[1] < -3.5, "stopping where it is narrow is seen"
    assert new[1].mean() + new[2].mean() < 0.05 + 0.03, "the tails are far heavier than the model's"
    assert old[1].mean() > new[1].mean()
    assert new[3].mean() > 0.9


@pytest.mark.slow  # a million and a half tilted runs: two minutes
def test_intervals_cover_what_they_say():
    """Repetitions from a pool of tilted runs of the model: both ends, the mean, and the rule that was used before."""
    plan = reader.read(ROOT / "experiments" / "rare.toml", study.RareFile)
    world, n, repetitions = worlds.defaults(plan.parameters).values, 250_000, 1000
    calendar = levers.calendar(baseline(plan), plan.experiment.months)
    pool = np.stack(
        [
            sampler.scores(calendar, world, "two_front", n, seed=99, tilt=k, first_run=k << 40)[0]
            for k in range(sampler.TILTS)
        ]
    )
    new, old = (_repeated(pool, 0.1, rule, repetitions, seed=5) for rule in (_first_fresh, _until_narrow))
    error = new[0].std() / np.sqrt(repetitions)
    assert abs(new[0].mean() - 1.0) < 3.5 * error
    assert old[0].mean() - 1.0 < -2.0 * old[0].std() / np.sqrt(repetitions)
    assert new[1].mean() + new[2].mean() < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / repetitions)
    assert new[3].mean() > 0.8, "the first fresh stage is mostly narrow enough"


def kim(exposure, counter_hybrid, taiwan_last_force):
    """Begins war with a small chance, or (``counter_hybrid`` 1) follows force over Taiwan."""
    small = 1e-3 if exposure > 0.5 else 1e-6
    follows = 0.5 if taiwan_last_force >= 0.0 else 1e-10
    war = small if counter_hybrid < 0.5 else follows
    return 1.0 - war, 0.0, 0.0, war


def xi(exposure, counter_hybrid, korea_last_force):
    """Invades once Korea burned, or (``counter_hybrid`` 1) begins a blockade with a small chance."""
    small = 1e-3 if exposure > 0.5 else 1e-6
    follows = 0.5 if korea_last_force >= 0.0 else 1e-10
    first = counter_hybrid < 0.5
    blockade, invasion = 0.0 if first else small, follows if first else 1e-12
    return 1.0 - blockade - invasion, 0.0, blockade, invasion


BY_THE_OTHER = [("taiwan_invasion", 0.0), ("two_front", 1.0), ("korea_war", 1.0), ("two_front", 0.0)]


@pytest.mark.parametrize("cases", [BY_THE_OTHER])
@pytest.mark.slow  # its rules are compiled anew
def test_an_event_that_comes_by_the_other_theatre_is_found(cases, monkeypatch):
    """Two millionths and less; the truth by plain runs where the same chance is a thousand times as great."""
    rules, world = {"kim.option_probs": kim, "xi.option_probs": xi}, worlds.defaults().values
    n = 500_000

    def estimate(outcome, hybrid):
        calendar = levers.calendar({"counter_hybrid": hybrid, "exposure": 0.0}, 60)
        return estimator.estimate(calendar, world, outcome, seed=1, rules=rules)

    for outcome, hybrid in cases:
        often = levers.calendar({"counter_hybrid": hybrid, "exposure": 1.0}, 60)
        _, seen = sampler.scores(often, world, outcome, n, seed=8, tilt=0, first_run=0, rules=rules)
        truth, found = seen / n / 1000.0, estimate(outcome, hybrid)
        assert found["reached"], outcome
        assert seen > 20
        error = np.hypot(found["relative_error"] / 2.0, 1.0 / np.sqrt(seen))
        assert abs(found["prob"] / truth - 1.0) < 3.5 * error, outcome
    plain = sampler.floors
    monkeypatch.setattr(sampler, "floors", lambda outcome, tilt, *more: plain(outcome, min(tilt, 3), *more))
    alone = estimate("taiwan_invasion", 0.0)
    assert alone["prob"] < 1e-8, "tilts of one theatre miss it, in silence"
    assert alone["reached"]


def test_untilted_runs_cast_doubt_on_what_they_contradict():
    assert estimator.doubted(0, 30_000, 3.6e-10, 3.8e-10) == ""
    assert "1 of 30,000 untilted runs" in estimator.doubted(1, 30_000, 3.6e-10, 3.8e-10)
    assert "0 of 30,000 untilted runs" in estimator.doubted(0, 30_000, 9e-4, 1.1e-3)
    assert estimator.doubted(30, 30_000, 9e-4, 1.1e-3) == ""
    rng = np.random.default_rng(1)
    for prob in (1e-6, 1e-4, 1e-2):
        alarms = [estimator.doubted(k, 30_000, 0.9 * prob, 1.1 * prob) != "" for k in rng.binomial(30_000, prob, 4000)]
        assert np.mean(alarms) <= 2.0 * estimator.DOUBT, prob


def _choose(u_xi_choice):
    return 3.0 if u_xi_choice > 0.999 else 0.0


def _other(u_kim_choice):
    return u_kim_choice


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"xi.choose": _choose}, r"rule xi\.choose cannot be replaced .* replace xi\.option_probs instead"),
        ({"kim.choose": _choose}, r"replace kim\.option_probs instead"),
        ({"xi.episode": _choose}, r"replace china\.crisis_prob instead"),
        ({"kim.episode": _choose}, r"replace north_korea\.crisis_prob instead"),
        ({"china.grievance": _other}, r"rule china\.grievance asks for u_kim_choice, the draw of kim\.choose"),
    ],
)
def test_rules_whose_draws_cannot_be_tilted_are_refused(rules, message, tmp_path):
    with pytest.raises(InputError, match=message):
        crink.rare(PLAN, rules=rules, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nuclear_use_is_integrated_out_only_where_no_replaced_rule_draws_it_or_asks():
    def rung(taiwan_status, nuclear_used):
        return 0.0, 0.0, nuclear_used

    def asks(nuclear_used):
        return nuclear_used

    assert sampler.integrates(None)
    assert sampler.integrates({"xi.option_probs": xi})
    assert not sampler.integrates({"world.nuclear_rung": rung})
    assert not sampler.integrates({"china.grievance": asks})
    settings = dict(
        zip(
            SETTINGS,
            sampler.tilted_calendar(CALENDAR, "nuclear_use", 1, integrate=False)[0, -len(SETTINGS) :],
            strict=True,
        )
    )
    assert (settings["want_nuclear_use"], settings["drawn_nuclear_use"]) == (0.0, 1.0)


def test_most_runs_is_a_bound(tmp_path):
    """Fewer than the least are refused before work; fewer than two stages make one, whatever its width."""
    many = {**PLAN, "worlds": {"ensemble": "prior", "draws": 1000, "screen": "none"}, "rare": {"most_runs": 131_072}}
    with pytest.raises(
        InputError, match=r"is 131,072, and 384,000 runs are the least \(1,000 worlds x 6 tilts x 64 replicates"
    ):
        crink.rare(many, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    some = worlds.prior(100, seed=1).values
    calls = []
    found = estimator.estimate(CALENDAR[:2], some, "any_failure", seed=1, most_runs=70_000, progress=calls.append)
    assert (found["n_runs"], calls) == (38_400, [38_400])
    found = estimator.estimate(CALENDAR[:2], some, "any_failure", seed=1, relative=0.001, most_runs=200_000)
    assert 100_000 < found["n_runs"] <= 200_000
    assert not found["reached"]


def test_the_pilot_is_not_what_is_reported():
    """The runs of the pilot are other runs than those of the estimate."""
    spans = []

    def draw(size, before):
        spans.append((before, before + size))
        return np.full((sampler.TILTS, size * estimator.REPLICATES), float(len(spans))), 0

    made = estimator.staged(draw, 1, 0.1, 131_072)
    assert len(spans) == 2
    assert spans[0][1] == spans[1][0]
    assert (made["means"] == 2.0).all()


@pytest.mark.slow  # its rules are compiled anew: half a minute
def test_a_chain_of_known_probability():
    """In calm a crisis with chance c a month; it comes to a head with chance d; then invasion with chance e, else peace.

    Force is so improbable that the chance is e times the expected decisions: those of a chain of calm and crisis.
    """

    def onset_prob(month):
        return 1e-5

    def options(month):
        return 1.0 - 1e-8, 0.0, 0.0, 1e-8

    rules = {"china.crisis_prob": onset_prob, "xi.option_probs": options}
    world = worlds.defaults()
    found = estimator.estimate(levers.calendar(None, 60), world.values, "taiwan_invasion", seed=2, rules=rules)
    held = world.parameters(0)
    settle, head = held["crisis_settle_prob"], held["crisis_decision_prob"]
    calm, decisions = 1.0, 0.0
    for _ in range(60):
        at_once, later = calm * 1e-5 * head, (1.0 - calm) * (1.0 - settle) * head
        decisions += at_once + later
        calm = calm * (1.0 - 1e-5) + (1.0 - calm) * settle + at_once + later
    assert found["reached"]
    assert abs(found["prob"] / (1e-8 * decisions) - 1.0) < 1.5 * found["relative_error"]


def test_threads_and_repetition_change_no_bit():
    one, two = (estimator.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=6, threads=t) for t in (1, 2))
    assert one == two
    assert one != estimator.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=7)


PLAN = {"experiment": {"name": "r", "seed": 1, "runs": 1, "months": 24}, "worlds": {"ensemble": "defaults"}}


def test_the_public_name_says_how_sure_it_is():
    table = crink.rare(PLAN, outcome="nuclear_use", relative=0.3)
    row = table.iloc[0]
    assert 0.0 < row["low"] < row["prob"] < row["high"] < 1.0
    assert row["reached"]
    assert crink.rare(PLAN, outcome="nuclear_use", relative=0.3).equals(table)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"outcome": "nuclear_us"}, "did you mean nuclear_use"), ({"relative": 2.0}, r"relative lies in \(0, 1\)")],
)
def test_what_cannot_be_taken_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        crink.rare(PLAN, **change)


SMALL = """
[experiment]
name = "small"
seed = 5
runs = 1
months = 24
[packages]
"posture" = { usfk_posture = 0.8 }
[worlds]
ensemble = "defaults"
[rare]
outcomes = ["korea_war", "taiwan_invasion"]
relative = 0.3
most_runs = 131072
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A quick experiment file, and a count of the estimates that are made."""
    (tmp_path / "small.toml").write_text(SMALL)
    made, plain = [], estimator.estimate

    def counted(*args, **named):
        made.append(args[2])
        return plain(*args, **named)

    monkeypatch.setattr(study, "estimate", counted)
    return tmp_path, made


def _call(capsys, folder, *more):
    status = cli.main(["rare", str(folder / "small.toml"), *map(str, more)])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_command_tells_each_policy_and_outcome(capsys, small):
    folder, _ = small
    status, out, _ = _call(capsys, folder, "--json")
    rows = json.loads(out)["estimates"]
    assert status == 0
    assert [(r["label"], r["outcome"]) for r in rows] == [
        (label, outcome) for label in ("posture", "baseline") for outcome in ("korea_war", "taiwan_invasion")
    ]
    assert all(0 < r["low"] < r["prob"] < r["high"] and r["n_runs"] <= 131072 for r in rows)
    status, out, _ = _call(capsys, folder, "--outcome", "korea_war", "--relative", 0.001)
    assert status == 0
    assert "not reached: korea_war of policy 1" in out


def test_an_interrupted_command_continues_to_the_same_bytes(capsys, small, monkeypatch):
    folder, made = small
    assert _call(capsys, folder, "--out", folder / "whole")[0] == 0
    made[:] = []
    plain = study.estimate

    def interrupted(*args, **named):
        if len(made) == 2:
            raise KeyboardInterrupt
        return plain(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(study, "estimate", interrupted)
        status, _, err = _call(capsys, folder, "--out", folder / "cut")
    assert status == 130
    assert "the same command continues" in err
    assert not (folder / "cut" / "rare.parquet").exists()
    (folder / "cut" / "kept" / ".x.json-1.tmp").write_text("{")
    assert _call(capsys, folder, "--out", folder / "cut")[0] == 0
    assert len(made) == 4, "two before, two after"
    files = [
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (folder / "cut", folder / "whole")
    ]
    assert files[0] == files[1]
    _call(capsys, folder, "--out", folder / "cut")
    assert len(made) == 4, "nothing is made twice"


def test_what_decides_an_estimate_or_damages_it_has_it_made_again(capsys, small):
    folder, made = small
    out = folder / "out"
    _call(capsys, folder, "--outcome", "korea_war", "--out", out)
    before = (out / "rare.parquet").read_bytes()
    kept = sorted((out / "kept").glob("*.json"))
    kept[0].write_text(kept[0].read_text().replace('"n_runs": 1', '"n_runs": 2'))
    kept[1].write_text(kept[1].read_text()[:40])
    made[:] = []
    _call(capsys, folder, "--outcome", "korea_war", "--out", out)
    assert len(made) == 2
    assert (out / "rare.parquet").read_bytes() == before
    made[:] = []
    (folder / "small.toml").write_text(SMALL.replace("seed = 5", "seed = 6"))
    _call(capsys, folder, "--outcome", "korea_war", "--out", out)
    assert len(made) == 2
    _call(capsys, folder, "--outcome", "korea_war", "--relative", 0.2, "--out", out)
    assert len(made) == 4


@pytest.mark.parametrize("mark", ["manifest.json", "runs"])
def test_the_folder_of_a_sweep_is_refused(capsys, small, mark):
    folder, made = small
    (folder / "sweep" / mark).mkdir(parents=True)
    status, out, err = _call(capsys, folder, "--out", folder / "sweep")
    assert (status, out, made) == (2, "", [])
    assert "holds a sweep" in err
    assert "choose another folder with --out" in err
    assert [p.name for p in (folder / "sweep").iterdir()] == [mark]
