"""Rare events: the tilted machine is the model, its weights are exact, and broken weights are seen."""

import json

import numpy as np
import pytest
from conftest import ROOT

import crink_abm as crink
from crink_abm import batch, cli, design, levers, outcomes, rare_events, worlds
from crink_abm.errors import InputError
from crink_abm.kernel import RESULTS

CALENDAR = levers.calendar(None, 60)
NAMES = list(outcomes.OUTCOMES)


def test_without_a_tilt_every_run_is_the_models_own():
    kernel = rare_events.compiled()
    n = 700
    world = worlds.prior(7, seed=3).values
    of = np.arange(n) % 7
    out = np.empty((n, len(RESULTS) + 1))
    table = rare_events.tilted_calendar(CALENDAR, "two_front", 0)
    batch.call(kernel, table, world, of, 4, 9, out)
    plain = batch.run_many(CALENDAR, world, n, seed=4, first_run=9, world_of=of)
    assert np.array_equal(out[:, :-1], plain)
    batch.call(kernel, rare_events.tilted_calendar(CALENDAR, "two_front", 3), world, of, 4, 9, out)
    assert not np.array_equal(out[:, :-1], plain)


def _brute(outcome, n=400_000, seed=77):
    values = batch.run_many(CALENDAR, worlds.defaults().values, n, seed=seed)
    return (outcomes.months(values)[:, NAMES.index(outcome)] >= 0).mean(), n


def _apart(found, share, n):
    """Standard errors between an estimate and a share of ``n`` brute runs."""
    error = np.sqrt(found["prob"] * (1.0 - found["prob"]) / found["brute_force_runs"])
    return abs(found["prob"] - share) / np.sqrt(error**2 + share * (1.0 - share) / n)


@pytest.mark.once
@pytest.mark.parametrize("outcome", NAMES)
def test_the_estimate_agrees_with_brute_force(outcome):
    found = rare_events.estimate(CALENDAR, worlds.defaults().values, outcome, seed=1)
    assert _apart(found, *_brute(outcome)) < 4.0


def test_dropped_weights_are_seen(monkeypatch):
    """Negative control: the same comparison with paths weighed as if only the model made them."""
    plain = rare_events.tilted_calendar
    monkeypatch.setattr(rare_events, "tilted_calendar", lambda c, o, t: plain(c, o, t, (1.0, 0.0, 0.0, 0.0)))
    found = rare_events.estimate(CALENDAR, worlds.defaults().values, "taiwan_invasion", seed=1)
    assert _apart(found, *_brute("taiwan_invasion")) > 10.0


@pytest.mark.slow  # millions of plain runs: minutes
@pytest.mark.parametrize(
    ("changes", "about", "n"),
    [({}, 1.1e-4, 8_000_000), ({"usfk_posture": 0.8, "maritime_posture": 0.8}, 2.5e-5, 16_000_000)],
    ids=["baseline", "postures 0.8"],
)
def test_where_it_is_rare_brute_force_agrees(changes, about, n):
    """Two fronts in the world of experiments/rare.toml; a bias of 30 % would be seen."""
    plan = design.read(ROOT / "experiments" / "rare.toml", rare_events.RareFile)
    world = worlds.defaults(plan.parameters).values
    calendar = levers.calendar({**design.baseline(plan), **changes}, plan.experiment.months)
    found = rare_events.estimate(calendar, world, "two_front", seed=plan.experiment.seed, relative=0.05)
    seen, piece = 0, 400_000
    for first in range(0, n, piece):
        values = batch.run_many(calendar, world, piece, seed=7001, first_run=first)
        seen += (outcomes.months(values)[:, NAMES.index("two_front")] >= 0).sum()
    assert found["reached"]
    assert about / 2 < found["prob"] < 2 * about
    assert _apart(found, seen / n, n) < 3.5
    assert _apart({**found, "prob": 1.3 * found["prob"]}, seen / n, n) > 3.5, "a bias of 30 % would be seen"


def _nuclear_odds(calendar, world, n, seed):
    """Chance of nuclear use by plain runs, each counted by its own odds (the event less its luck): (mean, error)."""
    told = []
    for first in range(0, n, 250_000):
        values = batch.run_many(calendar, world, 250_000, seed=seed, first_run=first)
        told.append((values[:, RESULTS.index("first_nuclear")] >= 0) - values[:, RESULTS.index("luck_nuclear")])
    told = np.concatenate(told)
    return told.mean(), told.std() / np.sqrt(n)


@pytest.mark.slow  # two million plain runs: a minute
def test_nuclear_use_where_it_is_rare_agrees_with_the_odds_on_plain_paths():
    """3.5e-6 in the world of experiments/rare.toml; the odds on a plain path are the model's, without tilt or weight."""
    plan = design.read(ROOT / "experiments" / "rare.toml", rare_events.RareFile)
    world = worlds.defaults(plan.parameters).values
    calendar = levers.calendar(design.baseline(plan), plan.experiment.months)
    found = rare_events.estimate(calendar, world, "nuclear_use", seed=plan.experiment.seed, relative=0.05)
    prob, error = _nuclear_odds(calendar, world, 2_000_000, seed=555)
    own = np.sqrt(found["prob"] / found["brute_force_runs"])
    assert abs(found["prob"] - prob) < 3.5 * np.hypot(own, error)
    assert abs(1.2 * found["prob"] - prob) > 3.5 * np.hypot(own, error), "a bias of 20 % would be seen"


@pytest.mark.slow  # 200 estimates: a minute
def test_intervals_cover_what_they_say(monkeypatch):
    """Small estimates with other seeds, pilot and stages with them; the truth (1.1e-3) by 20 times and more the runs."""
    monkeypatch.setattr(rare_events, "FIRST_RUNS", 1_024)
    world, repetitions = worlds.defaults().values, 200
    told = [
        rare_events.estimate(CALENDAR, world, "nuclear_use", seed=5000 + k, relative=0.08, most_runs=100_000)
        for k in range(repetitions)
    ]
    truth, error = _nuclear_odds(CALENDAR, world, 1_000_000, seed=800)
    assert error < 0.1 * 0.08 * truth
    assert np.mean([f["n_runs"] for f in told]) < 1_000_000 / 20
    least = 0.95 - 3.0 * np.sqrt(0.95 * 0.05 / repetitions)

    def covered(times):
        return np.mean([abs(np.log(truth / f["prob"])) <= times * f["relative_error"] for f in told])

    assert all(f["reached"] for f in told)
    assert len({f["n_runs"] for f in told}) > 5, "the pilots decide"
    assert covered(1.0) >= least
    assert covered(0.5) < least, "half as wide is seen"


@pytest.mark.slow  # its rules are compiled anew: half a minute
def test_a_chain_of_known_probability():
    """Crisis each month with chance c, then invasion with chance e of each: 1 - (1 - c e)^T, at 6e-12."""
    months, onset, force = 60, 1e-5, 1e-8

    def onset_prob(month):
        return 1e-5

    def at_once(taiwan_crisis_prob, u_taiwan_episode):
        return (1.0, 1.0) if u_taiwan_episode < taiwan_crisis_prob else (0.0, 0.0)

    def options(month):
        return 1.0 - 1e-8, 0.0, 0.0, 1e-8

    rules = {"china.crisis_prob": onset_prob, "xi.episode": at_once, "xi.option_probs": options}
    found = rare_events.estimate(
        levers.calendar(None, months), worlds.defaults().values, "taiwan_invasion", seed=2, rules=rules
    )
    truth = -np.expm1(months * np.log1p(-onset * force))
    assert found["reached"]
    assert abs(found["prob"] / truth - 1.0) < 1.5 * found["relative_error"]


def test_threads_and_repetition_change_no_bit():
    one, two = (
        rare_events.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=6, threads=t) for t in (1, 2)
    )
    assert one == two
    assert one != rare_events.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=7)


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
    made, plain = [], rare_events.estimate

    def counted(*args, **named):
        made.append(args[2])
        return plain(*args, **named)

    monkeypatch.setattr(rare_events, "estimate", counted)
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
    plain = rare_events.estimate

    def interrupted(*args, **named):
        if len(made) == 2:
            raise KeyboardInterrupt
        return plain(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(rare_events, "estimate", interrupted)
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
