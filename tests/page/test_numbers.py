"""The page's own modules, run by node, give Python's numbers: calendars, estimates, structures, stories."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import crink_abm as crink
from crink_abm.engine.wasm import module
from crink_abm.ensemble import worlds as ensembles
from crink_abm.ensemble.build import ensemble, make_worlds
from crink_abm.ensemble.spec import WorldsTable
from crink_abm.model import levers
from crink_abm.page import tables

SRC = Path(tables.__file__).parent / "src"
HARNESS = Path(__file__).with_name("node_harness.mjs")
POLICY = {"usfk_posture": 0.8, "heavy_share": 0.7, "sanctions_intensity": {"2027-03": 0.5, "2030-01": 0.9}}

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node runs the page's modules")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("page")
    engine = module.shipped()
    told, values = tables.document(ensemble("calibrated"), engine)
    (place / "model.json").write_text(json.dumps(told))
    (place / "worlds.bin").write_bytes(values)
    (place / "engine.wasm").write_bytes(engine)
    return place


def asked(folder, **ask):
    """What the page's modules answer."""
    env = {**os.environ, "PAGE_SRC": str(SRC)}
    done = subprocess.run(["node", HARNESS, folder], input=json.dumps(ask), capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_calendars_have_equal_bits(folder):
    rng = np.random.default_rng(8)
    policies = [{"usfk_posture": 0.3}, POLICY]
    for _ in range(20):
        at = np.cumsum(rng.integers(1, 50, 3))
        policies.append({"exposure": {levers.month_label(int(t)): float(rng.random()) for t in at}})
    got = asked(folder, months=120, calendars=policies)["calendars"]
    for policy, values in zip(policies, got, strict=True):
        assert values == levers.calendar(policy, 120).ravel().tolist()


_PAIRS = {
    "prob": "prob", "low": "low", "high": "high", "diff": "diff", "diffLow": "diff_low", "diffHigh": "diff_high",
    "ensembleLow": "ensemble_low", "ensembleHigh": "ensemble_high", "diffEnsembleLow": "diff_ensemble_low",
    "diffEnsembleHigh": "diff_ensemble_high", "baseProb": "base_prob", "pValue": "q_value",
}  # fmt: skip
_SPREADS = {
    "mcSe": "mc_se", "ensembleSe": "ensemble_se", "parameterSd": "parameter_sd", "structureSd": "structure_sd",
    "structureLow": "structure_low", "structureHigh": "structure_high",
}  # fmt: skip


def _differences(got: list, table) -> dict:
    """Number -> the furthest that the page lies from Python, relative to the size of probabilities (1)."""
    worst = dict.fromkeys(["counts", "method", *_PAIRS, *_SPREADS], 0.0)
    for row in got:
        want = table.loc[row["outcome"]]
        counts = [row["n"], row["events"], row["up"], row["down"]]
        if counts != [want[c] for c in ("n_runs", "n_events", "n_only_policy", "n_only_baseline")]:
            worst["counts"] = 1.0
        if (row["method"], row["diffMethod"]) != (want["method"], want["diff_method"]):
            worst["method"] = 1.0
        pairs = [(name, row[name], want[column]) for name, column in _PAIRS.items()]
        for prefix, part in (("", row["spreads"]), ("diff_", row["diffSpreads"])):
            pairs += [(name, part[name], want[prefix + column]) for name, column in _SPREADS.items()]
        for name, a, b in pairs:
            a = float(a)
            off = 0.0 if np.isnan(a) and np.isnan(b) else abs(a - b)
            worst[name] = np.fmax(worst[name], np.inf if np.isnan(off) else off)
    return worst


@pytest.mark.parametrize(
    ("runs", "months", "structures"),
    [
        (1000, 36, {}),  # too few runs a half for any luck to be taken out
        (4000, 120, {}),
        (12_000, 48, {}),
        (0, 60, {"xi_theory": [0], "posture_effect": [1, 2]}),  # few worlds: the beta-binomial interval
    ],
)
def test_estimates_are_those_of_compare(folder, runs, months, structures):
    """Digit for digit: every number within 2e-9 of Python's, every count and method the same."""
    worlds = ensemble("calibrated")
    if structures:
        worlds = make_worlds(WorldsTable(ensemble="calibrated", structures=structures))
        runs = 30 * len(worlds)
    baseline = {"exposure": 0.6}
    got = asked(folder, policy=POLICY, baseline=baseline, runs=runs, months=months, seed=11, structures=structures)
    table = crink.compare(baseline, POLICY, runs=runs, seed=11, worlds=worlds, months=months, names=["base", "policy"])
    worst = _differences(got["estimates"], table[table["policy"] == "policy"].set_index("outcome"))
    assert {name: off for name, off in worst.items() if not off < 2e-9} == {}
    if runs == 12_000:
        other = crink.compare(
            baseline, POLICY, runs=runs, seed=12, worlds=worlds, months=months, names=["base", "policy"]
        )
        seen = _differences(got["estimates"], other[other["policy"] == "policy"].set_index("outcome"))
        assert seen["prob"] > 1e-4 and seen["counts"] == 1.0  # negative control: another seed is seen


def test_a_change_in_a_few_runs_is_that_of_compare(folder):
    """Few pairs differ: Student's quantile has as many degrees of freedom as they are."""
    policy = {"exposure": 0.53}
    got = asked(folder, policy=policy, runs=8000, months=120, seed=3)["estimates"]
    table = crink.compare({}, policy, runs=8000, seed=3, names=["base", "policy"])
    table = table[table["policy"] == "policy"].set_index("outcome")
    moved = table["n_only_policy"] + table["n_only_baseline"]
    assert ((moved < 9) & (moved > 2) & (table["diff_method"] == "control variates")).any()
    assert {name: off for name, off in _differences(got, table).items() if not off < 2e-9} == {}


def test_stories_are_those_of_python(folder):
    got = asked(folder, policy=POLICY, stories=40, months=120, seed=4)["stories"]
    worlds, decisions = ensemble("calibrated"), 0
    for run, told in enumerate(got):
        world = worlds.parameters(int(worlds.of(run)))
        events = crink.DeterrenceModel(POLICY, parameters=world, seed=4, run=run).run().events
        assert [row[:3] for row in told] == [[e.date, e.actor, e.text] for e in events]
        for row, event in zip(told, events, strict=True):
            if event.calculus is not None:
                decisions += 1
                assert row[3] == event.calculus["probability"].tolist()
    assert decisions > 20


def test_worlds_come_back_in_every_bit(folder):
    worlds = ensemble("calibrated")
    values, rows = tables.compact(worlds)
    single = np.frombuffer(values, "<f4").reshape(-1, worlds.values.shape[1]).astype(float)
    back = np.clip(single, ensembles._LOW, ensembles._HIGH)[rows]
    assert (back.view(np.uint64) == worlds.values.view(np.uint64)).all()
