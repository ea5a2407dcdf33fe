"""Failed runs: told with their cause, counted nowhere, and no other run is touched.

What the generator makes of a failure is tried on a model of five rules (``test_toy``).
"""

import numpy as np
import pandas as pd
import pytest

import crink_abm as crink
from crink_abm.engine import get_engine
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.model.outcomes import RESULTS, failed
from crink_abm.model.spec import MODEL
from crink_abm.sweeps.failures import why

PLAN = {
    "experiment": {"name": "fails", "seed": 5, "runs": 100, "months": 24},
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


@pytest.mark.once
def test_failures_are_told_with_run_month_and_cause(results):
    table = results.failures
    assert len(table) == results.manifest["n_failed"] > 0
    raised = table["cause"] == "ValueError: no such case"
    assert 0 < raised.sum() < len(table)
    assert table.loc[~raised, "cause"].str.startswith("non-finite: field taiwan_crisis_prob in month").all()
    assert (table["month"] > 10).all()
    assert (table["world"] == table["run"] % 8).all()


@pytest.mark.once
def test_a_failed_run_counts_in_no_estimate(results):
    """Recounted from the runs: a run is left out if it, or its pair at the baseline, failed."""
    runs = results.runs(range(3)).set_index(["point", "run"])
    base = set(runs.loc[results.baseline].index)
    rows = results.select("taiwan_failure").set_index("point")
    for point in range(3):
        kept = runs.loc[point].loc[sorted(set(runs.loc[point].index) & base)]
        assert rows.loc[point, "n_runs"] == len(kept) < 100
        events = ((kept["first_blockade"] >= 0) | (kept["first_invasion"] >= 0)).sum()
        assert rows.loc[point, "n_events"] == events


def _digest(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.once
def test_counts_by_world_leave_out_the_same_runs_as_the_estimates(results):
    for outcome in ("any_failure", "taiwan_failure"):
        found = (
            results.by_world(outcome).groupby("point")[["n_runs", "n_events", "n_only_policy", "n_only_baseline"]].sum()
        )
        told = results.estimates[results.estimates["outcome"] == outcome].set_index("point")
        assert (told["n_runs"] < results.manifest["n_runs_per_point"]).any()
        assert (
            found[["n_runs", "n_events", "n_only_policy", "n_only_baseline"]] == told[found.columns].loc[found.index]
        ).all(axis=None)


@pytest.mark.once
def test_the_next_start_and_the_mesa_engine_give_the_same_bytes(results, tmp_path):
    before = _digest(results.folder)
    crink.sweep(PLAN, results.folder, rules=BREAKS)
    assert _digest(results.folder) == before
    small = {"runs": 24}
    a = crink.sweep(PLAN, tmp_path / "a", rules=BREAKS, **small)
    b = crink.sweep(PLAN, tmp_path / "b", rules=BREAKS, engine="mesa", **small)
    assert a.manifest["n_failed"] > 0
    assert _digest(a.folder) == _digest(b.folder)


@pytest.mark.once
def test_simulate_and_compare_lose_no_other_run():
    """In one world: the warning names the runs that fail, the rest are those of a sound rule (in Mesa, some of them)."""
    with pytest.warns(UserWarning, match="runs failed"):
        batch = crink.simulate(runs=400, seed=3, months=24, rules=BREAKS)
    assert 0 < len(batch.failed) < 400
    assert set(batch.failed) | set(batch.results.index) == set(range(400))
    assert len(batch) == batch.estimates["n_runs"].max() == 400 - len(batch.failed)
    for run in batch.results.index[::20]:
        model = crink.DeterrenceModel(seed=3, run=int(run), months=24, rules={"china.crisis_prob": sound}).run()
        assert batch.results.loc[run].tolist() == [model.value(name) for name in batch.results]
    with pytest.warns(UserWarning, match="runs failed"):
        table = crink.compare({}, {}, runs=400, seed=3, months=24, worlds="defaults", rules=BREAKS)
    assert (table.loc[table["n_only_policy"] >= 0, "n_runs"] == 400 - len(batch.failed)).all()


@pytest.mark.once
def test_the_commands_tell_the_failures_and_end_with_1(results, tmp_path, monkeypatch, capsys):
    """The command line takes no rules of one's own, so they are put in underneath it."""
    from crink_abm import api
    from crink_abm.cli import main as cli
    from crink_abm.cli import sweep as cli_sweep
    from crink_abm.results import results as module

    monkeypatch.setattr(api, "sweep", lambda *a, **k: results)
    monkeypatch.setattr(module, "Results", lambda folder: results)
    monkeypatch.setattr(cli_sweep, "ready_engine", lambda: None)
    (tmp_path / "fails.toml").write_text('[experiment]\nname = "fails"\nseed = 5\nruns = 100\n')
    assert cli.main(["sweep", str(tmp_path / "fails.toml"), "--out", str(tmp_path / "out"), "--no-charts"]) == 1
    said = capsys.readouterr().err
    assert f"{results.manifest['n_failed']:,} of 300 runs failed" in said
    assert "ValueError: no such case" in said
    row = results.failures.iloc[0]
    assert cli.main(["replay", str(results.folder), "--point", str(row["point"]), "--run", str(row["run"])]) == 1
    told = capsys.readouterr()
    assert f"failed in month {row['month']}" in told.err
    assert f", {row['month']} months." in told.out
    assert "So far: " in told.out


def test_a_policy_whose_every_run_failed_has_no_estimate():
    from crink_abm.estimation import intervals
    from crink_abm.estimation.accumulator import Accumulator
    from crink_abm.model import outcomes

    accumulator, nothing = Accumulator(worlds.prior(8, seed=1), 24, (1,), [64, 64]), np.full((64, len(RESULTS)), -1.0)
    for point, kept in ((0, np.zeros(64, bool)), (1, np.ones(64, bool))):
        accumulator.add([point], 0, nothing[None], outcomes.observed(nothing), kept[None])
    table = accumulator.estimates(pd.DataFrame({"point": [0, 1], "family": "grid", "on_grid": True}))
    lost = table[table["point"] == 0]
    assert (lost["n_runs"] == 0).all()
    assert lost[["prob", "low", "high", "diff", "diff_low", "diff_high"]].isna().all(axis=None)
    row = table[(table["point"] == 1) & (table["outcome"] == "any_failure")].iloc[0]
    assert (row["n_runs"], row["high"]) == (64, intervals.clopper_pearson(0, 64)[1])


def odds_out(taiwan_drift, month):
    """A probability, but in the fourth month where there is much drift, or little: above 1, or below 0."""
    if month == 3.0 and not 0.1 <= taiwan_drift <= 0.3:
        return 1.0 + 1e-12 if taiwan_drift > 0.3 else 0.0 - 1e-12
    return 0.2


def odds_short(u_wait, u_grey, month):
    """Xi's odds, adding up to 1 but for the even months; there they are 1e-6 short."""
    spare = 1e-6 if month % 2.0 == 0.0 else 1e-12
    return 0.25, 0.25, 0.25, 0.25 - spare


ODDS = {"china.crisis_prob": odds_out, "xi.option_probs": odds_short, "monitors.detections": lambda month: month > 2.0}


def test_odds_that_are_none_are_failed_runs_with_their_cause():
    """In Mesa, which says why; that the same runs fail compiled is tried on the toy, and by the contract of engines."""
    months, seed = 12, 5
    found = get_engine("mesa").run(levers.calendar(None, months), worlds.defaults().values, 60, seed=seed, rules=ODDS)
    causes = []
    for run in range(60):
        model = crink.DeterrenceModel(seed=seed, run=run, months=months, rules=ODDS)
        month, cause = why(model)
        assert (month >= 0) == failed(found)[run]
        if month < 0:
            assert [model.value(name) for name in RESULTS] == found[run].tolist()
            assert model.value("detections") == 1.0
        else:
            causes.append((month, cause))
    assert 0 < len(causes) < 60
    assert all(cause.startswith("OddsError: rule ") for _, cause in causes)
    short = [month for month, cause in causes if "add up to 0.999999, not to 1" in cause]
    assert short
    assert all(month % 2 == 0 for month in short)
    out = [month for month, cause in causes if "taiwan_crisis_prob = " in cause and "lies in [0, 1]" in cause]
    assert set(out) <= {3}
    assert len(short) + len(out) == len(causes)


@pytest.mark.parametrize(
    ("rule", "values", "words"),
    [
        ("china.crisis_prob", (1.0 + 2**-52,), "taiwan_crisis_prob"),
        ("china.crisis_prob", (-5e-324,), "taiwan_crisis_prob"),
        ("russia.joins", (1.5, 0.0), "russia_join_prob"),
        ("kim.option_probs", (1.5, 0.0, -0.5, 0.0), "prob_stand_down"),
        ("kim.option_probs", (0.25, 0.25, 0.25, 0.25 + 2e-9), "add up"),
        ("xi.option_probs", (0.0, 0.0, 0.0, 0.0), "add up"),
        ("china.crisis_prob", (0.0,), None),
        ("china.crisis_prob", (-0.0,), None),
        ("china.crisis_prob", (1.0,), None),
        ("russia.joins", (1.0, 7.0), None),
        ("kim.option_probs", (0.25, 0.25, 0.25, 0.25 - 5e-10), None),
        ("monitors.detections", (1e300,), None),
    ],
)
def test_which_odds_are_none(rule, values, words):
    """As Mesa says it, and as the compiled engine does: nan throughout where they are none, untouched where they are."""
    from crink_abm.engine import compiler
    from crink_abm.model.overrides import checked, odds_fault
    from crink_abm.model.schedule import steps

    (step,) = [step for step in steps() if step.name == rule]
    fault = odds_fault(step, values)
    assert (fault is None) == (words is None)
    assert words is None or words in fault

    stated = values if len(values) > 1 else values[0]

    def given(grievance):
        return stated

    twin = compiler.RuleCompiler(callable_here=False).compiled(checked({rule: given})[rule])
    floats = compiler._as_floats(step, twin, compiler._check_compiles(step, twin, 1), MODEL.probabilities)(0.5)
    floats = np.array(floats if len(values) > 1 else (floats,))
    expected = np.array(values) if words is None else np.full(len(values), np.nan)
    assert floats.tobytes() == expected.tobytes() or (np.isnan(expected).all() and np.isnan(floats).all())


def truth(grievance):
    return grievance > 0.5


def truth_or_number(grievance):
    return True if grievance > 0.5 else 0.25


def one_in_a_tuple(grievance):
    return (grievance > 0.5,)


def numpys_truth(grievance):
    return np.float64(grievance) > np.float64(0.5)


def whole_number(grievance):
    return 1 if grievance > 0.5 else 0


def text(grievance):
    return "0.5"


@pytest.mark.parametrize("rule", [truth, truth_or_number, one_in_a_tuple, numpys_truth, whole_number])
def test_a_truth_value_is_0_or_1_in_both_engines(rule):
    from crink_abm.agents import model as agents
    from crink_abm.engine import compiler
    from crink_abm.model.overrides import checked
    from crink_abm.model.schedule import steps

    (step,) = [step for step in steps() if step.name == "china.crisis_prob"]
    taken = checked({step.name: rule})[step.name]
    twin = compiler.RuleCompiler(callable_here=False).compiled(taken)
    floats = compiler._as_floats(step, twin, compiler._check_compiles(step, twin, 1), MODEL.probabilities)
    for grievance in (0.25, 0.75):
        mesa = agents._guarded(step, taken)(grievance)
        mesa = mesa[0] if isinstance(mesa, tuple) else mesa
        assert type(mesa) is float
        compiled = floats(grievance)
        assert (compiled[0] if isinstance(compiled, tuple) else compiled) == mesa == float(np.ravel(rule(grievance))[0])


def test_text_is_no_number_in_either_engine():
    with pytest.raises(crink.InputError, match="returns 1 finite number"):
        crink.DeterrenceModel(rules={"china.crisis_prob": text}).run()
    with pytest.raises(crink.InputError, match="returns 1 number"):
        crink.simulate(runs=1, rules={"china.crisis_prob": text})
