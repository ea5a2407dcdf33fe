"""Runs an experiment point by point into a store.

Run k of every point has the same luck and lives in the same world, so points
differ by policy alone. Interrupt it at any moment: the same command takes up
where it stopped and ends with the same bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from . import batch, design, levers, outcomes, screening
from . import worlds as ensembles
from .errors import InputError
from .kernel import RESULTS
from .parameters import CATALOGUE
from .rules_key import rules_hash
from .store import Store, read_json, read_table
from .tally import Tally
from .version import __version__, library_versions

#: Runs a part holds (about): small enough to lose little, large enough for few files.
PART_RUNS = 65_536

_FLOATS = {"help_expected", "help_realised"}


def make_worlds(table: design.WorldsTable, fixed=None) -> ensembles.Worlds:
    """The worlds an experiment asks for, screened if it says so."""
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    drawn = ensembles.prior(table.draws, seed=table.seed, which=table.structures, fixed=fixed)
    if table.screen == "none":
        return drawn.first(table.keep)
    try:
        return screening.elicited(drawn, runs=table.screen_runs, seed=table.seed).first(table.keep)
    except ValueError as error:
        raise InputError(str(error)) from None


def _encode(results: np.ndarray, point: np.ndarray, run: np.ndarray) -> pa.Table:
    columns = {"point": pa.array(point, pa.int32()), "run": pa.array(run, pa.int64())}
    for k, name in enumerate(RESULTS):
        kind = pa.float32() if name in _FLOATS else pa.int16()
        columns[name] = pa.array(results[:, k].astype(np.float32 if name in _FLOATS else np.int16), kind)
    return pa.table(columns)


def _decode(table: pa.Table) -> np.ndarray:
    return np.column_stack([table[name].to_numpy().astype(np.float64) for name in RESULTS])


class Sweep:
    """An experiment on its way into a folder.

    Parameters
    ----------
    experiment : design.Experiment
    folder : where results go
    engine : ``"batch"`` or ``"mesa"`` (slow; the same bytes)
    threads : threads of the batch engine; all cores if None
    progress : called with (runs done, runs in all) after each part
    """

    def __init__(self, experiment, folder, *, engine="batch", threads=None, progress: Callable | None = None):
        if engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {engine!r} was given")
        self.experiment, self.engine, self.threads = experiment, engine, threads
        self.progress = progress or (lambda done, total: None)
        self.policies, self.labels, self.families, self.base = design.points(experiment)
        self.store = Store(folder)
        self.head = experiment.experiment

    @cached_property
    def worlds_name(self) -> str:
        """The name of the worlds' files: a hash of all that decides them."""
        said = [rules_hash(), self.experiment.worlds.model_dump(mode="json"), self.experiment.parameters]
        return f"worlds-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"

    @cached_property
    def worlds(self) -> ensembles.Worlds:
        """The worlds of this experiment: made once, then read from the folder."""
        path = self.store.folder / f"{self.worlds_name}.json"
        table = self.store.folder / f"{self.worlds_name}.parquet"
        if path.exists() and table.exists():
            kept = read_json(path)
            values = read_table(table)[list(CATALOGUE)].to_numpy()
            return ensembles.Worlds(values, kept["origin"], kept["n_drawn"], kept["report"])
        made = make_worlds(self.experiment.worlds, self.experiment.parameters)
        self.store.write_table(table, pd.DataFrame(made.values, columns=list(CATALOGUE)))
        self.store.write_json(path, {"origin": made.origin, "n_drawn": made.n_drawn, "report": made.report})
        return made

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point, month by month."""
        head = self.head
        return levers.calendar(self.policies[point], head.months, head.start, self.experiment.drivers)

    def parts(self) -> Iterable[tuple[str, range]]:
        """(key, points) of each part. The key says all that decides its bytes."""
        per_part = max(1, PART_RUNS // self.head.runs)
        common = [
            rules_hash(),
            self.head.seed,
            self.head.runs,
            hashlib.sha256(self.worlds.values.tobytes()).hexdigest(),
        ]
        for first in range(0, len(self.policies), per_part):
            chosen = range(first, min(first + per_part, len(self.policies)))
            digest = hashlib.sha256(json.dumps(common).encode())
            for point in chosen:
                digest.update(point.to_bytes(4, "little") + self.calendar(point).tobytes())
            yield digest.hexdigest()[:24], chosen

    def run_point(self, point: int) -> np.ndarray:
        """All runs of one point by the chosen engine, in one thread: array (runs, len(RESULTS))."""
        n, seed = self.head.runs, self.head.seed
        if self.engine == "batch":
            return batch.run_many(
                self.calendar(point), self.worlds.values, n, seed=seed, world_of=self.worlds.of_runs(0, n), threads=1
            )
        return np.array([[self.replay(point, run).run().value(name) for name in RESULTS] for run in range(n)])

    def replay(self, point: int, run: int):
        """One run in Mesa, not yet stepped."""
        from .agents import DeterrenceModel

        return DeterrenceModel(
            self.policies[point], parameters=self.worlds.parameters(int(self.worlds.of_runs(run, 1)[0])),
            seed=self.head.seed, run=run, months=self.head.months, start=self.head.start, drivers=self.experiment.drivers,
        )  # fmt: skip

    def _compute(self, chosen: range) -> pa.Table:
        n = self.head.runs
        results = np.empty((len(chosen), n, len(RESULTS)))

        def work(k):
            results[k] = self.run_point(chosen[k])

        batch.run_slices(work, range(len(chosen)), self.threads)
        numbers = np.repeat(np.arange(chosen.start, chosen.stop, dtype=np.int32), n)
        return _encode(results.reshape(-1, len(RESULTS)), numbers, np.tile(np.arange(n), len(chosen)))

    def run(self) -> None:
        """Do what is missing, and write the estimates and then the manifest."""
        head, folder, n = self.head, self.store.folder, self.head.runs
        if self.engine == "batch":
            batch.compiled()
        tally = Tally(self.worlds, n, head.months, self.base, outcomes.months(self.run_point(self.base)))
        keys, total = [], len(self.policies) * n
        self.progress(0, total)
        for key, chosen in self.parts():
            table = self.store.read_part(key)
            if table is None:
                table = self._compute(chosen)
                self.store.write_table(self.store.part_path(key), table)
            values = _decode(table).reshape(len(chosen), n, -1)
            for point, results in zip(chosen, values, strict=True):
                tally.add(point, results)
            keys.append(key)
            self.progress((chosen.stop) * n, total)
        points = design.points_table(self.policies, self.labels, self.families)
        self.store.write_table(folder / "points.parquet", points)
        self.store.write_table(folder / "estimates.parquet", tally.estimates(points))
        self.store.write_table(folder / "metrics.parquet", tally.metrics())
        self.store.write_json(
            folder / "manifest.json",
            {
                "experiment": self.experiment.model_dump(mode="json", by_alias=True),
                "experiment_hash": self.experiment.key(),
                "name": head.name,
                "seed": head.seed,
                "package": __version__,
                "rules_hash": rules_hash(),
                "libraries": library_versions(),
                "baseline_point": self.base,
                "n_points": len(self.policies),
                "n_runs_per_point": n,
                "n_runs": total,
                "swept": design.swept(self.experiment),
                "worlds": {"n": len(self.worlds), "origin": self.worlds.origin, "screen": self.worlds.report},
                "worlds_table": f"{self.worlds_name}.parquet",
                "parts": keys,
            },
        )
