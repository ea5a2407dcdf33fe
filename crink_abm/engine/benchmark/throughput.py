"""Throughput of every engine, measured in one call on one machine, as ratios."""

import time
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np

from ...agents.model import DeterrenceModel
from ...model import levers
from ...model.parameters import checked
from .. import compiled as batch
from ..base import Engine
from ..memory import LANES
from ..threads import n_threads
from . import roofline

#: Worlds of the calibrated ensemble, where many are taken.
WORLDS = 512


def _best(work: Callable[[], object], runs: int, repeats: int) -> float:
    """Runs a second: the median of ``repeats`` timings."""
    speeds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        speeds.append(runs / (time.perf_counter() - start))
    return sorted(speeds)[len(speeds) // 2]


def measure(many: np.ndarray, *, mesa_runs: int = 12, batch_runs: int = 131_072, repeats: int = 3) -> dict[str, Any]:
    """Runs of 120 months a second by engine and size, and the ratios to ``mesa.batch_run``, in one call.

    ``one run at a time`` is the compiled engine with a single lane: the same rules and the same bits, without the
    runs abreast. Worlds are the default one, but where the ``many`` are named (``WORLDS`` of the calibrated ensemble, a row a
    world): leaders there follow all theories, and crises are more frequent.
    """
    world, calendar = np.array([list(checked().values())]), levers.calendar()
    start = time.perf_counter()
    batch.ENGINE.kernel()
    loading = time.perf_counter() - start
    single = batch.CompiledEngine(lanes=1)

    def by_batch_run() -> None:
        settings = {"run": range(mesa_runs), "trace": False}
        mesa.batch_run(DeterrenceModel, settings, number_processes=1, display_progress=False)

    def by_model() -> None:
        for run in range(mesa_runs):
            DeterrenceModel(run=run).run()

    def compiled(
        runs: int, threads: int, engine: Engine = batch.ENGINE, worlds: np.ndarray = world
    ) -> Callable[[], object]:
        of = np.arange(runs) % len(worlds)
        return lambda: engine.run(calendar, worlds, runs, seed=0, world_of=of, threads=threads)

    threads = n_threads()
    eighth = batch_runs // 8
    speeds = [
        ("mesa.batch_run", mesa_runs, _best(by_batch_run, mesa_runs, repeats)),
        ("DeterrenceModel, traced", mesa_runs, _best(by_model, mesa_runs, repeats)),
        ("batch, one run at a time", eighth, _best(compiled(eighth, 1, single), eighth, repeats)),
        *((f"batch, {n} thread{'s' * (n > 1)}", runs, _best(compiled(runs, n), runs, repeats))
          for n in dict.fromkeys((1, threads)) for runs in (1024, eighth, batch_runs)),
        (f"batch, one run at a time, {len(many)} worlds", eighth, _best(compiled(eighth, 1, single, many), eighth, repeats)),
        *((f"batch, {n} thread{'s' * (n > 1)}, {len(many)} worlds", batch_runs,
           _best(compiled(batch_runs, n, batch.ENGINE, many), batch_runs, repeats)) for n in dict.fromkeys((1, threads))),
    ]  # fmt: skip
    base = speeds[0][2]
    return {
        "months": levers.MONTHS,
        "lanes": LANES,
        "kernel_ready_seconds": round(loading, 3),
        "engines": [
            {"engine": name, "runs": runs, "runs_per_second": round(speed, 1),
             "ratio_to_mesa_batch_run": round(speed / base, 1)}
            for name, runs, speed in speeds
        ],
        "floor": roofline.measure(single),
    }  # fmt: skip
