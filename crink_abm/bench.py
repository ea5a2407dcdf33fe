"""Throughput of every engine, measured in one call on one machine, as ratios."""

import time

import mesa

from . import batch, levers
from . import worlds as ensembles
from .agents import DeterrenceModel


def _best(work, runs, repeats):
    """Runs a second: the median of ``repeats`` timings."""
    speeds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        speeds.append(runs / (time.perf_counter() - start))
    return sorted(speeds)[len(speeds) // 2]


def measure(*, mesa_runs: int = 12, batch_runs: int = 131_072, repeats: int = 3) -> dict:
    """Runs of 120 months a second by engine, and the ratios to ``mesa.batch_run``."""
    world, calendar = ensembles.defaults(), levers.calendar()
    start = time.perf_counter()
    batch.compiled()
    loading = time.perf_counter() - start

    def by_batch_run():
        mesa.batch_run(
            DeterrenceModel, {"run": range(mesa_runs), "trace": False}, number_processes=1, display_progress=False
        )

    def by_model():
        for run in range(mesa_runs):
            DeterrenceModel(run=run).run()

    def compiled(threads):
        return lambda: batch.run_many(calendar, world.values, batch_runs, seed=0, threads=threads)

    speeds = {
        "mesa.batch_run": _best(by_batch_run, mesa_runs, repeats),
        "DeterrenceModel": _best(by_model, mesa_runs, repeats),
        "batch, 1 thread": _best(compiled(1), batch_runs, repeats),
        f"batch, {batch.n_threads()} threads": _best(compiled(None), batch_runs, repeats),
    }
    base = speeds["mesa.batch_run"]
    return {
        "months": levers.MONTHS,
        "kernel_ready_seconds": round(loading, 3),
        "engines": [
            {"engine": name, "runs_per_second": round(speed, 1), "ratio_to_mesa_batch_run": round(speed / base, 1)}
            for name, speed in speeds.items()
        ],
    }
