"""Shared: random worlds over the full declared ranges, and one fixture that runs every engine."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent))

import oracle

from crink_abm.agents.model import DeterrenceModel
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.model.fields import FIELDS
from crink_abm.model.parameters import CATALOGUE, checked
from crink_abm.rare_events import sampler

ROOT = Path(__file__).parents[1]
FIELD_NAMES = [field.name for field in FIELDS]


def plan_file(path: Path, plan: dict) -> Path:
    """An experiment, given as :func:`crink_abm.sweep` takes it, as a TOML file."""

    def said(value):
        return (
            "{ " + ", ".join(f"{k} = {said(v)}" for k, v in value.items()) + " }"
            if isinstance(value, dict)
            else json.dumps(value)
        )

    lines = [
        f"[{table}]\n" + "".join(f"{k} = {said(v)}\n" for k, v in entries.items()) for table, entries in plan.items()
    ]
    path.write_text("".join(lines))
    return path


def random_world(rng) -> dict[str, float]:
    """Every parameter uniform over its declared range, every switch at a random level."""
    return {
        p.name: float(rng.integers(int(p.low), int(p.high) + 1)) if p.switch else rng.uniform(p.low, p.high)
        for p in CATALOGUE.values()
    }


def random_policy(rng) -> dict[str, float]:
    """Every lever uniform over [0, 1]."""
    return {name: rng.random() for name in levers.LEVERS}


def mesa_run(policy, parameters, seed, run, months, drivers=None) -> np.ndarray:
    """Every field, every month, interpreted in Mesa: array (months, fields)."""
    given = {"parameters": parameters, "seed": seed, "run": run, "months": months, "drivers": drivers}
    model = DeterrenceModel(policy, **given, trace=False, collect=())
    return model.run().history.to_numpy()


def batch_run(policy, parameters, seed, run, months, drivers=None) -> np.ndarray:
    """Every field, every month, compiled: array (months, fields)."""
    world = worlds.defaults(parameters)
    table = levers.calendar(policy, months, drivers=drivers)
    return compiled.trajectories(table, world.values, 1, seed=seed, first_run=run)[0]


def oracle_run(policy, parameters, seed, run, months, drivers=None) -> np.ndarray:
    """Every field, every month, by the oracle: array (months, fields)."""
    rows = levers.calendar(policy, months, drivers=drivers).tolist()
    told = oracle.simulate(
        [dict(zip(levers.COLUMNS, row, strict=True)) for row in rows], checked(parameters), seed, run
    )
    return np.array([[month[name] for name in FIELD_NAMES] for month in told])


ENGINES = {"mesa": mesa_run, "batch": batch_run, "oracle": oracle_run}


@pytest.fixture(params=list(ENGINES))
def engine(request):
    """Run ``(policy, parameters, seed, run, months)`` on one engine; returns a DataFrame of all fields."""

    def run(policy=None, parameters=None, seed=1, run=0, months=24):
        values = ENGINES[request.param](policy or {}, parameters or {}, seed, run, months)
        return pd.DataFrame(values, columns=FIELD_NAMES)

    return run


#: Files of tests that are the same on every Python and every Mesa: statistics, tables, figures, words.
ONCE = {
    "ablation", "bench", "browser", "calibration", "causes", "claims", "clusters", "control", "design", "discover", "docs",
    "elicitation", "estimate", "figures", "habits", "headline", "hindcast", "history", "information", "keys", "known_answers",
    "layers", "likelihood", "memory", "nesting", "numbers", "observation", "page", "portfolio", "portfolio_race", "precision",
    "recipes", "records", "sbc", "sensitivity", "shapes", "sign_audit", "thresholds",
}  # fmt: skip


#: Files that compile the same rules in place of the model's (``replaced``) stand side by side: one worker runs both.
BESIDE = {"test_overrides": "test_engines"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    stems = [item.path.stem for item in items]
    first = {stem: k for k, stem in reversed([*enumerate(stems)])}
    place = {item: first.get(BESIDE.get(stem, stem), first[stem]) for item, stem in zip(items, stems, strict=True)}
    items.sort(key=place.__getitem__)
    for item in items:
        if item.path.stem.removeprefix("test_") in ONCE:
            item.add_marker("once")


def pytest_collection_finish(session):
    """Where a cache is empty, as in a new clone, the two kernels are compiled at the same time, each by one worker of two.

    Both take twenty seconds, nearly every file wants the first, and workers that begin alike would compile it side by side.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if len(session.items) > 1000 and worker in ("gw0", "gw1") and session.config.workerinput["workercount"] > 1:
        (sampler if worker == "gw1" else compiled).compiled()
