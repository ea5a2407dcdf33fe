"""Failed runs: told with their cause, counted nowhere, and no other run is touched."""

import math

import numpy as np
import pandas as pd
import pytest

import crink_abm as crink
from crink_abm import batch, levers, worlds
from crink_abm.failures import failed

PLAN = {
    "experiment": {"name": "fails", "seed": 5, "runs": 300, "months": 24},
    "levers": {"usfk_posture": [0.2, 0.8]},
    "worlds": {"ensemble": "prior", "draws": 8, "screen": "none"},
}


def sound(grievance, korea_status, month):
    return 0.1 * grievance


def breaks(grievance, korea_status, month):
    """The sound rule, but for some crises in Korea, in which it raises or gives an infinite number."""
    if korea_status > 0.0 and month > 10.0:
        if grievance > 0.4:
            raise ValueError("no such case")
        return 1e308 * 10.0
    return 0.1 * grievance


def _runs(rule):
    world, calendar = worlds.prior(8, seed=1), levers.calendar(None, 24)
    return batch.run_many(calendar, world.values, 700, seed=3, world_of=world.of_runs(0, 700), rules=rule)


@pytest.mark.slow  # two kernels are compiled: a minute
def test_runs_beside_a_failed_one_keep_their_bytes():
    """The rule is the sound one where it does not fail, so all other runs must be the sound rule's, to the bit."""
    plain, found = _runs({"china.crisis_prob": sound}), _runs({"china.crisis_prob": breaks})
    lost = failed(found)
    assert 0 < lost.sum() < 700
    assert not failed(plain).any()
    assert found[~lost].tobytes() == plain[~lost].tobytes()
    assert np.isnan(found[lost]).all()


def vanishes(grievance, month):
    return math.inf if month == 3.0 else 0.1


@pytest.mark.slow  # one more kernel is compiled
def test_a_number_that_is_not_finite_is_noticed_although_it_vanishes():
    """kim_fear is worked out anew each month and only compared where Kim decides; the wrong month must still be seen."""
    assert failed(_runs({"kim.fear": vanishes})).all()


def test_numbers_near_the_largest_are_no_failure():
    def huge(grievance):
        return 1.7e308

    model = crink.DeterrenceModel(seed=3, run=0, months=1, rules={"monitors.detections": huge})
    model.step()
    assert model.value("detections") == 1.7e308


BREAKS = {"china.crisis_prob": breaks}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return crink.sweep(PLAN, tmp_path_factory.mktemp("fails"), rules=BREAKS)


def test_failures_are_told_with_run_month_and_cause(results):
    table = results.failures
    assert len(table) == results.manifest["n_failed"] > 0
    raised = table["cause"] == "ValueError: no such case"
    assert 0 < raised.sum() < len(table)
    assert table.loc[~raised, "cause"].str.startswith("non-finite: field taiwan_crisis_prob in month").all()
    assert (table["month"] > 10).all()
    assert (table["world"] == table["run"] % 8).all()


def test_a_failed_run_counts_in_no_estimate(results):
    """Recounted from the runs: a run is left out if it, or its pair at the baseline, failed."""
    runs = results.runs(range(3)).set_index(["point", "run"])
    base = set(runs.loc[results.baseline].index)
    rows = results.select("taiwan_failure").set_index("point")
    for point in range(3):
        kept = runs.loc[point].loc[sorted(set(runs.loc[point].index) & base)]
        assert rows.loc[point, "n_runs"] == len(kept) < 300
        events = ((kept["first_blockade"] >= 0) | (kept["first_invasion"] >= 0)).sum()
        assert rows.loc[point, "n_events"] == events


def _digest(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_counts_by_world_leave_out_the_same_runs_as_the_estimates(results):
    for outcome in ("any_failure", "taiwan_failure"):
        found = results.by_world(outcome).groupby("point")[["n_runs", "n_events", "n_up", "n_down"]].sum()
        told = results.estimates[results.estimates["outcome"] == outcome].set_index("point")
        assert (told["n_runs"] < results.manifest["n_runs_per_point"]).any()
        assert (found[["n_runs", "n_events", "n_up", "n_down"]] == told[found.columns].loc[found.index]).all(axis=None)


def test_the_next_start_and_the_mesa_engine_give_the_same_bytes(results, tmp_path):
    before = _digest(results.folder)
    crink.sweep(PLAN, results.folder, rules=BREAKS)
    assert _digest(results.folder) == before
    small = {"runs": 24}
    a = crink.sweep(PLAN, tmp_path / "a", rules=BREAKS, **small)
    b = crink.sweep(PLAN, tmp_path / "b", rules=BREAKS, engine="mesa", **small)
    assert a.manifest["n_failed"] > 0
    assert _digest(a.folder) == _digest(b.folder)


@pytest.mark.slow  # two more kernels are compiled: a minute
def test_simulate_and_compare_lose_no_other_run():
    """In one world: the warning names the runs that fail, the rest are those of a sound rule."""
    with pytest.warns(UserWarning, match="runs failed"):
        batch = crink.simulate(runs=400, seed=3, months=24, rules=BREAKS)
    plain = crink.simulate(runs=400, seed=3, months=24, rules={"china.crisis_prob": sound})
    assert 0 < len(batch.failed) < 400
    assert set(batch.failed) | set(batch.results.index) == set(range(400))
    assert len(batch) == batch.estimates["n_runs"].max() == 400 - len(batch.failed)
    assert (batch.results == plain.results.loc[batch.results.index]).all(axis=None)
    with pytest.warns(UserWarning, match="runs failed"):
        table = crink.compare({}, {}, runs=400, seed=3, months=24, worlds="defaults", rules=BREAKS)
    assert (table.loc[table["n_up"] >= 0, "n_runs"] == 400 - len(batch.failed)).all()


def test_the_commands_tell_the_failures_and_end_with_1(results, tmp_path, monkeypatch, capsys):
    """The command line takes no rules of one's own, so they are put in underneath it."""
    from crink_abm import cli
    from crink_abm import results as module

    monkeypatch.setattr(module, "sweep", lambda *a, **k: results)
    monkeypatch.setattr(module, "Results", lambda folder: results)
    monkeypatch.setattr(cli, "ready_engine", lambda: None)
    (tmp_path / "fails.toml").write_text('[experiment]\nname = "fails"\nseed = 5\nruns = 300\n')
    assert cli.main(["sweep", str(tmp_path / "fails.toml"), "--out", str(tmp_path / "out"), "--no-charts"]) == 1
    said = capsys.readouterr().err
    assert f"{results.manifest['n_failed']:,} of 900 runs failed" in said
    assert "ValueError: no such case" in said
    row = results.failures.iloc[0]
    assert cli.main(["replay", str(results.folder), "--point", str(row["point"]), "--run", str(row["run"])]) == 1
    told = capsys.readouterr()
    assert f"failed in month {row['month']}" in told.err
    assert f", {row['month']} months." in told.out
    assert "So far: " in told.out


def test_a_policy_whose_every_run_failed_has_no_estimate():
    from crink_abm import estimate, outcomes
    from crink_abm.kernel import RESULTS
    from crink_abm.tally import Tally

    tally, nothing = Tally(worlds.prior(8, seed=1), 24, 1), np.full((64, len(RESULTS)), -1.0)
    for point, kept in ((0, np.zeros(64, bool)), (1, np.ones(64, bool))):
        tally.add(point, 0, nothing, outcomes.observed(nothing), kept)
        tally.close(point)
    table = tally.estimates(pd.DataFrame({"point": [0, 1], "family": "grid", "on_grid": True}))
    lost = table[table["point"] == 0]
    assert (lost["n_runs"] == 0).all()
    assert lost[["prob", "low", "high", "diff", "diff_low", "diff_high"]].isna().all(axis=None)
    row = table[(table["point"] == 1) & (table["outcome"] == "any_failure")].iloc[0]
    assert (row["n_runs"], row["high"]) == (64, estimate.jeffreys(0, 64)[1])
