"""Runs an experiment point by point into a store.

Run k of every point has the same luck and lives in the same world, so points
differ by policy alone. Interrupt it at any moment: the same command takes up
where it stopped and ends with the same bytes.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from . import batch, calibrated, design, levers, outcomes, screening
from . import worlds as ensembles
from .cache import cache_directory
from .errors import InputError
from .kernel import RESULTS
from .overrides import checked as checked_rules
from .overrides import fingerprint
from .parameters import CATALOGUE
from .rules_key import rules_hash
from .store import Store, read_json, read_table, write_json, write_table
from .tally import Tally
from .version import __version__, library_versions

#: Runs a part holds at most: small enough to lose little and to hold in memory, large enough for few files.
PART_RUNS = 65_536
#: Of them, runs of one point (more where there are few points), and runs a thread takes at a time.
POINT_RUNS, SLICE_RUNS = 8_192, 2_048


@dataclass(frozen=True)
class Part:
    """Some runs of some points: the unit of the store. ``key`` is a hash of all that decides its bytes."""

    key: str
    points: range
    first_run: int
    n: int


_FLOATS = {"help_expected", "help_realised"}


def worlds_name(table: design.WorldsTable, fixed=None, rules=None) -> str:
    """The name of a set of worlds: a hash of all that decides them."""
    said = [rules_hash(), fingerprint(rules or {}), table.model_dump(mode="json"), fixed or {}]
    if table.ensemble == "calibrated":
        said.append(calibrated.fingerprint())
    return f"worlds-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"


def make_worlds(table: design.WorldsTable, fixed=None, rules=None) -> ensembles.Worlds:
    """The worlds an experiment asks for, screened if it says so; a screen is made once a machine.

    Raises
    ------
    InputError
        If no draw passes the screen.
    """
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    if table.ensemble == "calibrated":
        return calibrated.load(table.structures, fixed).first(table.keep)
    folder, name = cache_directory(), worlds_name(table, fixed, rules)
    kept = read_worlds(folder, name)
    if kept is None:
        kept = ensembles.prior(table.draws, seed=table.seed, which=table.structures, fixed=fixed)
        if table.screen == "elicited":
            try:
                kept = screening.elicited(kept, runs=table.screen_runs, seed=table.seed, rules=rules)
            except ValueError as error:
                raise InputError(str(error)) from None
        kept = kept.first(table.keep)
        with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
            folder.mkdir(parents=True, exist_ok=True)
            write_worlds(folder, name, kept)
    return kept


def write_worlds(folder: Path, name: str, worlds: ensembles.Worlds) -> None:
    """Keep worlds as NAME.parquet and NAME.json; the second is written last and vouches for the first."""
    write_table(folder / f"{name}.parquet", pd.DataFrame(worlds.values, columns=list(CATALOGUE)))
    write_json(folder / f"{name}.json", {"origin": worlds.origin, "n_drawn": worlds.n_drawn, "report": worlds.report})


def read_worlds(folder: Path, name: str) -> ensembles.Worlds | None:
    """Worlds kept by :func:`write_worlds`; None if they are not there, whole."""
    try:
        said = read_json(folder / f"{name}.json")
        values = read_table(folder / f"{name}.parquet")[list(CATALOGUE)].to_numpy()
    except (OSError, ValueError, pa.ArrowException):
        return None
    return ensembles.Worlds(values, said["origin"], said["n_drawn"], said["report"])


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
    rules : plain functions in place of rules; see :mod:`crink_abm.overrides`
    """

    def __init__(
        self, experiment, folder, *, engine="batch", threads=None, progress: Callable | None = None, rules=None,
        read_only: bool = False,
    ):  # fmt: skip
        if engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {engine!r} was given")
        self.experiment, self.engine, self.threads = experiment, engine, threads
        self.progress = progress or (lambda done, total: None)
        self.policies, self.labels, self.families, self.base = design.points(experiment)
        self.head, self.rules = experiment.experiment, checked_rules(rules)
        self.calendar(self.base)
        self.store = Store(folder, read_only=read_only)
        if not read_only:
            self.store.claim(self.head.name, experiment.key())

    @cached_property
    def worlds_name(self) -> str:
        """The name of the worlds' files in the folder."""
        return worlds_name(self.experiment.worlds, self.experiment.parameters, self.rules)

    @cached_property
    def worlds(self) -> ensembles.Worlds:
        """The worlds of this experiment: kept in its folder, so that it does not depend on a cache."""
        made = read_worlds(self.store.folder, self.worlds_name)
        if made is None:
            made = make_worlds(self.experiment.worlds, self.experiment.parameters, self.rules)
            write_worlds(self.store.folder, self.worlds_name, made)
        return made

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point, month by month."""
        head = self.head
        return levers.calendar(self.policies[point], head.months, head.start, self.experiment.drivers)

    def parts(self) -> Iterator[Part]:
        """The parts in order: groups of points, and within a group the runs piece by piece."""
        runs, n_points = self.head.runs, len(self.policies)
        span = min(runs, max(POINT_RUNS, PART_RUNS // n_points))
        group = max(1, PART_RUNS // span)
        worlds = hashlib.sha256(self.worlds.values.tobytes()).hexdigest()
        for start in range(0, n_points, group):
            points = range(start, min(start + group, n_points))
            calendars = b"".join(point.to_bytes(4, "little") + self.calendar(point).tobytes() for point in points)
            for first, n in batch.chunks(runs, span):
                said = json.dumps([rules_hash(), fingerprint(self.rules), self.head.seed, first, n, worlds]).encode()
                yield Part(hashlib.sha256(said + calendars).hexdigest()[:24], points, first, n)

    def run_slice(self, point: int, first_run: int, n: int) -> np.ndarray:
        """Some runs of one point by the chosen engine, in this thread: array (n, len(RESULTS))."""
        if self.engine == "batch":
            return batch.run_many(
                self.calendar(point), self.worlds.values, n, seed=self.head.seed, first_run=first_run,
                world_of=self.worlds.of_runs(first_run, n), threads=1, rules=self.rules,
            )  # fmt: skip
        runs = range(first_run, first_run + n)
        return np.array([[self.replay(point, run).run().value(name) for name in RESULTS] for run in runs])

    def replay(self, point: int, run: int):
        """One run in Mesa, not yet stepped."""
        from .agents import DeterrenceModel

        world = int(self.worlds.of_runs(run, 1)[0])
        model = DeterrenceModel(
            self.policies[point], parameters=self.worlds.parameters(world),
            seed=self.head.seed, run=run, months=self.head.months, start=self.head.start, drivers=self.experiment.drivers,
            rules=self.rules,
        )  # fmt: skip
        model.source = {"sweep": self.head.name, "point": point, "world": world}
        return model

    def _compute(self, points: range, first_run: int, n: int) -> np.ndarray:
        """Runs of several points, in threads: array (points, n, len(RESULTS))."""
        results = np.empty((len(points), n, len(RESULTS)))
        slices = [(k, *piece) for k in range(len(points)) for piece in batch.chunks(n, SLICE_RUNS)]

        def work(item):
            k, first, count = item
            results[k, first : first + count] = self.run_slice(points[k], first_run + first, count)

        batch.run_slices(work, slices, self.threads)
        return results

    def _read_or_make(self, part: Part) -> np.ndarray:
        table = self.store.read_part(part.key)
        if table is None:
            results = self._compute(part.points, part.first_run, part.n)
            numbers = np.repeat(np.arange(part.points.start, part.points.stop), part.n)
            runs = np.tile(np.arange(part.first_run, part.first_run + part.n), len(part.points))
            table = _encode(results.reshape(-1, len(RESULTS)), numbers, runs)
            write_table(self.store.part_path(part.key), table)
        return _decode(table).reshape(len(part.points), part.n, -1)

    def run(self) -> None:
        """Do what is missing, and write the estimates and then the manifest."""
        head, folder = self.head, self.store.folder
        if self.engine == "batch":
            batch.compiled(self.rules)
        tally = Tally(self.worlds, head.months, self.base)
        keys, done, total = [], 0, len(self.policies) * head.runs
        base, base_of = None, None
        self.progress(0, total)
        for part in self.parts():
            if base_of != (part.first_run, part.n):
                baseline = range(self.base, self.base + 1)
                base = outcomes.months(self._compute(baseline, part.first_run, part.n)[0]) >= 0
                base_of = (part.first_run, part.n)
            for point, results in zip(part.points, self._read_or_make(part), strict=True):
                tally.add(point, part.first_run, results, base)
                if part.first_run + part.n == head.runs:
                    tally.close(point)
            keys.append(part.key)
            done += len(part.points) * part.n
            self.progress(done, total)
        points = design.points_table(self.policies, self.labels, self.families)
        write_table(folder / "points.parquet", points)
        write_table(folder / "estimates.parquet", tally.estimates(points))
        write_table(folder / "metrics.parquet", tally.metrics())
        write_table(folder / "first_months.parquet", tally.first_months())
        write_json(
            folder / "manifest.json",
            {
                "experiment": self.experiment.model_dump(mode="json", by_alias=True),
                "experiment_hash": self.experiment.key(),
                "name": head.name,
                "seed": head.seed,
                "package": __version__,
                "rules_hash": rules_hash(),
                "rules_replaced": {"names": sorted(self.rules), "fingerprint": fingerprint(self.rules)},
                "libraries": library_versions(),
                "baseline_point": self.base,
                "baseline_moves": design.moves(self.policies[self.base]),
                "n_points": len(self.policies),
                "n_runs_per_point": head.runs,
                "n_runs": total,
                "swept": design.swept(self.experiment),
                "worlds": {"n": len(self.worlds), "origin": self.worlds.origin, "screen": self.worlds.report},
                "worlds_table": f"{self.worlds_name}.parquet",
                "parts": keys,
            },
        )
