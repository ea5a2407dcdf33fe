"""Every public function with arguments of wrong kinds: what is right comes out, or one sentence says what is not.

No other exception, nothing of two seconds, and nothing left on the disk after a refusal.
"""

import copy
import datetime
import decimal
import fractions
import pathlib
import random
import time
import warnings

import numpy as np
import pandas as pd
import pytest

import crink_abm as crink
from crink_abm.api import shard
from crink_abm.rare_events import study
from crink_abm.results.bundle import bundle
from crink_abm.util.errors import LONGEST

PLAN = {
    "experiment": {"name": "tiny", "seed": 3, "runs": 16, "months": 3},
    "levers": {"usfk_posture": [0.2, 0.5], "exposure": [0.1, 0.9]},
    "worlds": {"ensemble": "defaults"},
}


class Raises:
    """An object whose every answer is an error."""

    def __repr__(self):
        raise RuntimeError("no text")

    def __len__(self):
        raise RuntimeError("no length")


#: Arguments of every kind; most are wrong almost everywhere.
POOL = [
    None, True, False, np.True_, 0, 1, -1, 3, 12, 2**40, 2**63, 2**64 - 1, 2**64, 10**30, 10**5000, -(10**5000), 1.0, 12.0, 12.5,
    1e300, float("nan"), float("inf"), -0.0, np.int64(3), np.uint8(3), np.float32(3), np.float64(0.3), np.array(3), np.nan,
    np.array([1, 2]), np.zeros((2, 2)), np.array(["a"]), np.array([]), 3 + 4j, decimal.Decimal("0.5"), fractions.Fraction(1, 2),
    "", " ", "12", "article", "artcle", "any_failure", "any_failur", "usfk_posture", "exposure=.9", "exposure=2", "=", "2026-01",
    "2026-13", "calibratd", "best", "batch", "x" * 10_000, "a\0b", "a\nb", "\x1b[31mred", "\udcff", "中文", "../x", "12\n",
    b"x", bytearray(b"x"), memoryview(b"x"), [], [1], [0, 1], ["a"], ["usfk_posture"], ["any_failure"], [None], [[1]], (), (0,),
    ("a", "b"), set(), {1}, {"a"}, frozenset({1}), {}, {"exposure": 0.3}, {"exposure": "x"}, {"exposure": True}, {"exposur": 0.3},
    {"exposure": {"2026-01": 0.1, "2026-03": 0.2}}, {"exposure": {"2026-01": 0.1}}, {"exposure": {1: 0.1}}, {"exposure": []},
    {"exposure": {"a": {"b": 1}}}, {1: 2}, {None: None}, {"driver_veto": [1.0, 0.0, 1.0]}, {"driver_veto": "x"}, {"x" * 9999: 1},
    {"xi_theory": "prospect"}, {"xi_theory": "prospct"}, {"curvature": 5}, {"curvature": None}, {"china.grievance": 1},
    {"experiment": {}}, range(3), range(0), iter([0]), slice(1), Ellipsis, NotImplemented,
    pd.Series({"exposure": 0.3}), pd.Series([0.3]), pd.Series([0, 1]), pd.Series([0.1, 0.2], index=["exposure", "exposure"]),
    pd.DataFrame({"exposure": [0.3]}), pd.DataFrame(), pd.Index([0, 1]), pd.NA, pd.NaT, pd.Timestamp("2026-01-01"),
    pd.Period("2026-01"), datetime.date(2026, 1, 1), pathlib.Path("nowhere"), pathlib.Path(), lambda: 1, len, object(), Raises(),
    crink.China, crink.InputError("x"), random,
]  # fmt: skip


#: What is read-only, whatever it is given.
NEVER_TAKEN = {"set a lever", "set the levers"}
#: Studies, which take minutes where they are taken: each is given what is no file of its kind.
STUDIES = ("ablate", "causes", "discover", "elicit", "information", "portfolio", "sensitivity", "thresholds")
NEVER_TAKEN |= {*STUDIES, "claims"}
NOWHERE = pathlib.Path("nowhere")

#: Stands for a folder that is not there yet.
FRESH = object()


def calls(results, model, batch):
    """Name -> (function, its arguments with good values)."""
    points, runs = [0, [1], None], {"runs": [16], "months": [2, 3]}
    of_model = {
        "levers": [None, "article"], "parameters": [None], "seed": [1], "run": [0], "months": [2], "start": ["2026-01"],
        "drivers": [None], "agents": [()], "trace": [True], "collect": [()], "rules": [None],
    }  # fmt: skip
    of_sweep = {
        "engine": ["batch"], "workers": [1], "runs": [16], "rules": [None], "progress": [False], "say": [None], "backend": [None],
    }  # fmt: skip
    return {
        "simulate": (crink.simulate, runs | {
            "levers": [None, "article", {"exposure": 0.3}], "seed": [1], "first_run": [0, 1000], "parameters": [None],
            "worlds": ["defaults"], "start": ["2026-01"], "drivers": [None], "rules": [None]}),
        "compare": (lambda policy, **more: crink.compare(policy, **more), runs | {
            "policy": ["article", {}], "seed": [1], "parameters": [None], "worlds": ["defaults"], "start": ["2026-01"],
            "names": [None, ["a"]], "interval": ["best"], "rules": [None], "measures": [(), "n_provocations", ["mean hardship"]]}),
        "loss": (lambda **more: crink.loss(**more), {"weights": [{"korea_war": 5.0}], "name": ["loss"]}),
        "table": (results.table, {
            "outcomes": [None, "korea_war"], "policies": [None, [0, 1], 2], "interval": ["runs"], "digits": [1]}),
        "measure": (results.measure, {"names": ["korea_war"], "points": points}),
        "find": (results.find, {"where": ["korea_war and not two_front"], "point": [0, None]}),
        "save a table": (results.table().save, {"path": ["table.txt"]}),
        "bundle": (bundle, {"folder": [results.folder], "out": [FRESH]}),
        "claims": (lambda ids: crink.claims(ids, folder=NOWHERE), {"ids": [()]}),
        **{name: (getattr(crink, name), {"experiment": [NOWHERE]}) for name in STUDIES},
        "sweep": (lambda **more: crink.sweep(**more), of_sweep | {
            "experiment": [PLAN], "out": [FRESH], "interval": [None], "precision": [None], "dask": [None]}),
        "shard": (lambda **more: shard(**more), of_sweep | {
            "experiment": [PLAN], "out": [FRESH], "number": [1], "of": [2]}),
        "rare": (lambda **more: crink.rare(**more), {
            "experiment": [PLAN], "outcome": ["nuclear_use"], "relative": [0.5], "out": [FRESH], "rules": [None], "threads": [1],
            "progress": [None]}),
        "Results": (crink.Results, {"folder": [results.folder], "rules": [None]}),
        "select": (lambda outcome, **more: results.select(outcome, **more), {
            "outcome": ["any_failure"], "usfk_posture": [0.2], "exposure": [0.1], "family": ["grid"]}),
        "slice": (lambda outcome, free: results.slice(outcome, free), {"outcome": ["any_failure"], "free": ["exposure"]}),
        "points_along": (lambda free: results.points_along(free), {"free": ["exposure"]}),
        "runs": (results.runs, {"points": points[:2]}),
        "by_world": (results.by_world, {"outcome": ["any_failure"], "points": points}),
        "incidence": (results.incidence, {"points": points[:2], "names": [None, "any_failure"]}),
        "competing": (results.competing, {"points": points[:2]}),
        "with_interval": (results.with_interval, {"interval": ["jeffreys"]}),
        "replay": (results.replay, {"point": [0], "run": [3], "to_the_end": [True]}),
        "Batch.incidence": (batch.incidence, {"outcome": ["any_failure"]}),
        "DeterrenceModel": (lambda **more: crink.DeterrenceModel(**more).run(), of_model),
        "explain": (model.explain, {"actor": ["xi", "china"], "month": [0, "2026-02"]}),
        "value": (model.value, {"name": ["grievance"]}),
        "set a field": (lambda value: setattr(copy.copy(model).china, "grievance", value), {"value": [0.5]}),
        "set a lever": (lambda value: model.levers.update({"exposure": value}), {"value": [0.5]}),
        "set the levers": (lambda value: setattr(model, "levers", value), {"value": [0.5]}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A finished sweep, a model and a batch, with the engine compiled."""
    results = crink.sweep(PLAN, tmp_path_factory.mktemp("fuzz") / "tiny")
    crink.compare("article", runs=16, months=3, worlds="defaults")
    return calls(results, crink.DeterrenceModel(months=3).run(), crink.simulate(runs=16, months=3))


def told(value):
    try:
        return repr(value)[:80]
    except Exception:
        return type(value).__name__


def one(rng, wanted, place, wrong=(1, 1, 2)) -> tuple[str, bool]:
    """One call with one or two of its arguments from the pool: its name, and whether it was taken."""
    name = rng.choice(list(wanted))
    function, arguments = wanted[name]
    given = {key: rng.choice(values) for key, values in arguments.items()}
    for key in rng.sample(list(given), min(len(given), rng.choice(wrong))):
        given[key] = rng.choice(
            [x for x in POOL if key not in ("say", "progress") or not callable(x)]
        )  # not ours to judge
    before = set(place.rglob("*"))
    given = {key: place / str(len(before)) if value is FRESH else value for key, value in given.items()}
    said, began = f"{name}({', '.join(f'{key}={told(value)}' for key, value in given.items())})", time.process_time()
    try:
        function(**given)
        taken = True
    except crink.InputError as error:
        taken, text = False, str(error)
        assert 0 < len(text) <= LONGEST < 700, said
        assert text.isprintable(), said
        assert set(place.rglob("*")) == before, f"{said} left {set(place.rglob('*')) - before}"
    except Exception as error:
        raise AssertionError(f"{said} raised {type(error).__name__}: {error}"[:600]) from error
    assert time.process_time() - began < 2.0, said
    return name, taken


def fuzz(ready, tmp_path, monkeypatch, seed, n):
    """``n`` calls, after one of each function with good arguments, which is taken unless nothing is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study, "estimate", lambda *args, **more: {"outcome": "none", "method": "none", "prob": 0.0})
    rng, seen = random.Random(seed), set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ready:
            assert one(rng, {name: ready[name]}, tmp_path, wrong=(0,)) == (name, name not in NEVER_TAKEN)
        for _ in range(n):
            seen.add(one(rng, ready, tmp_path))
    return seen


@pytest.mark.parametrize("seed", range(2))
def test_wrong_arguments_get_one_sentence_and_leave_nothing(ready, tmp_path, monkeypatch, seed):
    seen = fuzz(ready, tmp_path, monkeypatch, seed, 200)
    assert len({name for name, taken in seen if not taken}) > 15


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousands_of_wrong_arguments(ready, tmp_path, monkeypatch, seed):
    seen = fuzz(ready, tmp_path, monkeypatch, seed, 5_000)
    assert {name for name, taken in seen if not taken} == set(ready)
