"""Runs an experiment point by point into a store.

Run k of every point has the same luck and lives in the same world, so points
differ by policy alone. Interrupt it at any moment: the same command takes up
where it stopped and ends with the same bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from . import batch, crossing, design, levers, outcomes, precision
from . import worlds as ensembles
from .encoding import decode, encode
from .errors import InputError
from .failures import Failures, failed, why
from .kernel import RESULTS
from .overrides import checked as checked_rules
from .overrides import fingerprint
from .rules_key import rules_hash
from .store import Store, write_json, write_table
from .tally import Tally
from .version import __version__, library_versions
from .world_making import make_worlds, read_worlds, worlds_name, write_worlds

#: Runs worked out together and kept as one pack: a second or two of work, so little is lost and files are few.
PACK_RUNS = 262_144
#: Runs of one policy that are counted together (a fixed cut, whatever the size of the sweep), and those a thread takes.
SPAN_RUNS, SLICE_RUNS = 8_192, 2_048


@dataclass(frozen=True)
class Cell:
    """Consecutive runs of one point: the unit in which a sweep is worked out and counted."""

    point: int
    first: int
    n: int


class Sweep:
    """An experiment on its way into a folder.

    Parameters
    ----------
    experiment : design.Experiment
    folder : where results go
    engine : ``"batch"`` or ``"mesa"`` (slow; the same bytes)
    threads : threads of the batch engine; all cores if None
    progress : called with (runs done, runs in all) after each pack
    rules : plain functions in place of rules; see :mod:`crink_abm.overrides`
    say : called with what was found in the folder, if anything was
    n_runs : runs of each point, where a pilot has settled them (``precision``); else as the experiment says
    cluster : workers to use instead of threads (:class:`machines.Cluster`)
    """

    def __init__(
        self, experiment, folder, *, engine="batch", threads=None, progress: Callable | None = None, rules=None,
        say: Callable[[str], None] | None = None, n_runs: list[int] | None = None,
        cluster=None,
    ):  # fmt: skip
        if engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {engine!r} was given")
        self.experiment, self.engine, self.threads = experiment, engine, threads
        self.progress = progress or (lambda done, total: None)
        self.points = design.points(experiment)
        self.policies, self.base = self.points.policies, self.points.base
        self.head, self.rules = experiment.experiment, checked_rules(rules)
        detail = self.head.detail_runs or self.head.runs
        self.n_runs = n_runs or [
            self.head.runs if family in ("grid", "sample") else detail for family in self.points.families
        ]
        self.calendar(self.base)
        self.store, self.say, self.cluster = Store(folder), say or (lambda text: None), cluster

    @cached_property
    def worlds_name(self) -> str:
        """The name of the worlds' files in the folder."""
        return worlds_name(self.experiment.worlds, self.experiment.parameters, self.rules)

    @cached_property
    def worlds(self) -> ensembles.Worlds:
        """The worlds of this experiment: kept in its folder, so that it does not depend on a cache."""
        made = read_worlds(self.store.folder, self.worlds_name)
        if made is None:
            if not self.store.writing:
                raise InputError(
                    f"the worlds of {str(self.store.folder)!r} ({self.worlds_name}) are missing or damaged; run the sweep again"
                )
            made = make_worlds(self.experiment.worlds, self.experiment.parameters, self.rules)
            write_worlds(self.store.folder, self.worlds_name, made)
        return made

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point, month by month."""
        head = self.head
        return levers.calendar(self.policies[point], head.months, head.start, self.experiment.drivers)

    def key(self, point: int, rules: str | None = None) -> str:
        """The hash of all that decides a point's runs: rules, results kept, seed, worlds, policy and drivers by month.

        ``rules`` names other rules than those installed.
        """
        said = [rules or rules_hash(), RESULTS, fingerprint(self.rules), self.head.seed, self.worlds_digest]
        return hashlib.sha256(json.dumps(said).encode() + self.calendar(point).tobytes()).hexdigest()[:24]

    @cached_property
    def worlds_digest(self) -> str:
        """A hash of the worlds' values."""
        return hashlib.sha256(self.worlds.values.tobytes()).hexdigest()

    def cells(self) -> Iterator[Cell]:
        """Every run of every point once: groups of points, and within a group the runs span by span."""
        n_points = len(self.policies)
        group = max(1, PACK_RUNS // min(max(self.n_runs), SPAN_RUNS))
        for start in range(0, n_points, group):
            points = range(start, min(start + group, n_points))
            for first in range(0, max(self.n_runs[point] for point in points), SPAN_RUNS):
                for point in points:
                    if first < self.n_runs[point]:
                        yield Cell(point, first, min(SPAN_RUNS, self.n_runs[point] - first))

    def _batches(self) -> Iterator[list[Cell]]:
        """Cells in order, as many together as make a pack."""
        together, total = [], 0
        for cell in self.cells():
            if total + cell.n > PACK_RUNS:
                yield together
                together, total = [], 0
            together.append(cell)
            total += cell.n
        if together:
            yield together

    def run_slice(self, point: int, first_run: int, n: int) -> np.ndarray:
        """Some runs of one point by the chosen engine, in this thread: array (n, len(RESULTS))."""
        if self.engine == "batch":
            return batch.run_many(
                self.calendar(point), self.worlds.values, n, seed=self.head.seed, first_run=first_run,
                world_of=self.worlds.of_runs(first_run, n), threads=1, rules=self.rules,
            )  # fmt: skip
        return np.array([self._one(point, run) for run in range(first_run, first_run + n)])

    def _one(self, point: int, run: int) -> list[float]:
        """The results of one run in Mesa; nan throughout if it fails."""
        model = self.replay(point, run)
        month, _ = why(model)
        return [np.nan if month >= 0 else model.value(name) for name in RESULTS]

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

    def _compute(self, cells: list[Cell]) -> list[np.ndarray]:
        """The runs of some cells, in threads: an array (n, len(RESULTS)) each."""
        results = [np.empty((cell.n, len(RESULTS))) for cell in cells]
        slices = [(k, *piece) for k, cell in enumerate(cells) for piece in batch.chunks(cell.n, SLICE_RUNS)]

        def work(item):
            k, first, count = item
            results[k][first : first + count] = self.run_slice(cells[k].point, cells[k].first + first, count)

        if self.cluster is None:
            batch.run_slices(work, slices, self.threads)
            return results
        made = self.cluster.compute(self, [(cells[k].point, cells[k].first + at, n) for k, at, n in slices])
        for (k, at, n), values in zip(slices, made, strict=True):
            results[k][at : at + n] = values
        return results

    def stored(self, cell: Cell, key: str) -> tuple[list[np.ndarray], list[Cell]]:
        """The runs of a cell that the store holds, and the cells that it lacks."""
        pieces, missing, at, end = [], [], cell.first, cell.first + cell.n
        while at < end:
            n = self.store.held(key, at, end - at)
            table = self.store.read(key, at, n) if n else None
            if table is None:
                # What is missing runs up to the end: a later block may hold some of it, and is then not used.
                missing.append(Cell(cell.point, at, end - at))
                break
            pieces.append(decode(table))
            at += n
        return pieces, missing

    def _read_or_make(self, cells: list[Cell]) -> list[np.ndarray]:
        """The runs of some cells; what the store lacks is worked out together and kept as one pack."""
        keys = [self.key(cell.point) for cell in cells]
        read = [self.stored(cell, key) for cell, key in zip(cells, keys, strict=True)]
        lacking = [(key, cell) for key, (_, missing) in zip(keys, read, strict=True) for cell in missing]
        tables = [encode(results) for results in self._compute([cell for _, cell in lacking])]
        if tables:
            self.store.write([(key, cell.first, cell.n) for key, cell in lacking], pa.concat_tables(tables))
        made = iter(tables)
        return [np.concatenate([*pieces, *(decode(next(made)) for _ in missing)]) for pieces, missing in read]

    def run(self) -> None:
        """Do what is missing, and write the estimates and then the manifest."""
        with self.store.work(self.head.name, self.experiment.key()) as found:
            if str(found) != "nothing yet":
                self.say(f"found in {self.store.folder}: {found}")
            seen = len(found.damaged)
            self._run()
            if found.damaged[seen:]:
                self.say(f"damaged, and made again: {', '.join(found.damaged[seen:])}")

    def _run(self) -> None:
        head, folder = self.head, self.store.folder
        if self.engine == "batch":
            batch.compiled(self.rules)
        tally = Tally(self.worlds, head.months, self.base)
        done, total, lost = 0, sum(self.n_runs), Failures()

        @lru_cache(maxsize=64)
        def baseline(first, n):
            results = self._compute([Cell(self.base, first, n)])[0]
            return outcomes.observed(np.nan_to_num(results)), failed(results)

        self.progress(0, total)
        for cells in self._batches():
            for cell, results in zip(cells, self._read_or_make(cells), strict=True):
                base, base_failed = baseline(cell.first, cell.n)
                lost.add(cell.point, cell.first, results)
                tally.add(cell.point, cell.first, results, base, ~(failed(results) | base_failed))
                if cell.first + cell.n == self.n_runs[cell.point]:
                    tally.close(cell.point)
                done += cell.n
            self.progress(done, total)
        points = self.points.table()
        write_table(folder / "points.parquet", points)
        estimates = tally.estimates(points, head.interval)
        write_table(folder / "estimates.parquet", estimates)
        reached = precision.reached(estimates, head.precision) if head.precision else None
        if reached and reached["missed"]:
            self.say(
                f"{len(reached['missed'])} points missed the precision; the widest half-width is {reached['widest']:.2g}"
            )
        write_table(folder / "metrics.parquet", tally.metrics())
        write_table(folder / "first_months.parquet", tally.first_months())
        table = lost.table(self.replay, lambda run: int(self.worlds.of_runs(run, 1)[0]))
        write_table(folder / "failures.parquet", table)
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
                "baseline_moves": design.moves_in_words(self.policies[self.base]),
                "n_points": len(self.policies),
                "n_runs_per_point": max(self.n_runs) if head.precision else head.runs,
                "runs_of_points": self.n_runs if head.precision else None,
                "precision": reached,
                "n_detail_runs": head.detail_runs,
                "n_runs": total,
                "n_failed": lost.n,
                "swept": design.swept(self.experiment),
                "grid": [{"name": d.name, "levels": d.levels, "labels": d.labels} for d in self.points.grid],
                "worlds": {"n": len(self.worlds), "origin": self.worlds.origin, "screen": self.worlds.report},
                "worlds_table": f"{self.worlds_name}.parquet",
                "nesting": None if head.precision else crossing.nesting(self.worlds, head.runs),
            },
        )
