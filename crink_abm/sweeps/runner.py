"""Runs an experiment point by point into a store.

Run k of every point has the same luck and lives in the same world, so points
differ by policy alone. Interrupt it at any moment: the same command takes up
where it stopped and ends with the same bytes.
"""

import contextlib
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa

from ..engine import compiled, threads
from ..ensemble import structures
from ..ensemble import worlds as ensembles
from ..ensemble.build import make_worlds, read_worlds, worlds_name, write_worlds
from ..estimation import sample_size
from ..estimation.accumulator import Accumulator
from ..experiment import design
from ..model import levers
from ..model.keys import rules_hash
from ..model.outcomes import RESULTS, failed
from ..model.overrides import changes_odds, fingerprint
from ..model.overrides import checked as checked_rules
from ..util.errors import InputError
from ..util.files import write_sealed, write_table
from ..util.ownership import MANIFEST_FORMAT
from ..util.progress import chosen as progress_of
from ..util.size import Size
from ..version import __version__, library_versions
from .codec import decode, fits, scales
from .executors.threads import Threads
from .failures import Failures, why
from .pipeline import PACK_RUNS, Cell, Pipeline, together
from .store import Store

#: Runs of one policy that are counted together: a fixed cut, whatever the size of the sweep.
SPAN_RUNS = 8_192
#: Runs that are worked out at a time by one thread or process, by engine.
SLICE_RUNS, MESA_SLICE_RUNS = 4_096, 16


def sha_of(worlds: ensembles.Worlds) -> str:
    """A hash of the worlds' values in the order in which runs are dealt to them."""
    return hashlib.sha256(worlds.values[worlds.order].tobytes()).hexdigest()


class Sweep:
    """An experiment on its way into a folder.

    Parameters
    ----------
    experiment : design.Experiment
    folder : where results go, or the :class:`store.Store` of that place
    engine : ``"batch"`` or ``"mesa"`` (slow; the same bytes)
    workers : who works the runs out; threads on all cores if None (:mod:`crink_abm.sweeps.executors.base`)
    progress : called after each pack with the runs done, those in all, and a few words: the policies done, and the widest
        half-width of an outcome's interval so far; or whether to show these (in notebooks, if None)
    rules : plain functions in place of rules; see :mod:`crink_abm.model.overrides`
    say : called with what was found in the folder, if anything was
    shard : name of the shard of the folder in which runs are kept, if any
    n_runs : runs of each point, where a pilot has settled them (``precision``); else as the experiment says
    """

    def __init__(
        self, experiment, folder, *, engine="batch", workers=None, progress: Callable | bool | None = None, rules=None,
        say: Callable[[str], None] | None = None, n_runs: list[int] | None = None, shard: str | None = None,
    ):  # fmt: skip
        if engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {engine!r} was given")
        self.experiment, self.engine, self.workers = experiment, engine, workers or Threads()
        self.progress = progress_of(progress, "run")
        self.points = design.points(experiment)
        self.policies, self.base = self.points.policies, self.points.base
        self.head, self.rules = experiment.experiment, checked_rules(rules)
        detail = self.head.detail_runs or self.head.runs
        self.n_runs = n_runs or [
            self.head.runs if family in ("grid", "sample") else detail for family in self.points.families
        ]
        self.named: dict[int, list[int]] = {}  # the point that stands for a policy -> all points that are that policy
        for point, first in enumerate(self.points.same_as):
            self.named.setdefault(first, []).append(point)
        self.store = folder if isinstance(folder, Store) else Store(folder, shard)
        self.say, self._judged = say or (lambda text: None), None

    #: The hash that the worlds' values must have where results are read back; None where they are made.
    worlds_seen: str | None = None

    @cached_property
    def worlds_name(self) -> str:
        """The name of the worlds' files in the folder."""
        return worlds_name(self.experiment.worlds, self.experiment.parameters, self.rules)

    @cached_property
    def worlds(self) -> ensembles.Worlds:
        """The worlds of this experiment: kept in its folder, so that it does not depend on a cache."""
        made = read_worlds(self.store.folder, self.worlds_name)
        if made is None or (self.worlds_seen and sha_of(made) != self.worlds_seen):
            if not self.store.writing:
                raise InputError(
                    f"the worlds of {str(self.store.folder)!r} ({self.worlds_name}) are missing or damaged, or "
                    "another version keeps them in another format; run the sweep again"
                )
            made = self._judged or self._make_worlds()
            write_worlds(self.store.folder, self.worlds_name, made)
        return made

    def _make_worlds(self) -> ensembles.Worlds:
        return make_worlds(self.experiment.worlds, self.experiment.parameters, self.rules)

    def judge(self) -> None:
        """Make the worlds, unless the folder has them, before anything is written: what is refused leaves nothing behind."""
        if read_worlds(self.store.folder, self.worlds_name) is None:
            self._judged = self._make_worlds()

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point, month by month."""
        return levers.with_policy(self._calendar, self.policies[point], self.head.start)

    @cached_property
    def _calendar(self) -> np.ndarray:
        """The calendar of the baseline, whose drivers all points share."""
        return levers.calendar(self.policies[self.base], self.head.months, self.head.start, self.experiment.drivers)

    def key(self, point: int, rules: str | None = None) -> str:
        """The hash of all that decides a point's runs: rules, results kept and their units, seed, worlds, policy and drivers by
        month.

        ``rules`` names other rules than those installed.
        """
        said = [rules or rules_hash(), scales(), self._fingerprint, self.head.seed, self.worlds_digest]
        return hashlib.sha256(json.dumps(said).encode() + self.calendar(point).tobytes()).hexdigest()[:24]

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self.rules)

    @cached_property
    def worlds_digest(self) -> str:
        """A hash of the worlds' values in the order in which runs are dealt to them."""
        return sha_of(self.worlds)

    @property
    def total(self) -> int:
        """Runs that are made: of policies with several names once."""
        return sum(map(self._most_runs, self.named))

    def _most_runs(self, first: int) -> int:
        """Runs that are made for the policy that a point stands for."""
        return max(self.n_runs[point] for point in self.named[first])

    def cells(self) -> Iterator[Cell]:
        """Every run of every policy once: groups of points, and within a group the runs span by span.

        A policy with several names has the cells of the point that stands for it.
        """
        numbers = sorted(self.named)
        group = max(1, PACK_RUNS // min(max(self.n_runs), SPAN_RUNS))
        for start in range(0, len(numbers), group):
            runs = {point: self._most_runs(point) for point in numbers[start : start + group]}
            for first in range(0, max(runs.values()), SPAN_RUNS):
                for point, n in runs.items():
                    if first < n:
                        yield Cell(point, first, min(SPAN_RUNS, n - first))

    def cells_of(self, points) -> Iterator[Cell]:
        """The runs of some points, whatever point stands for their policies."""
        for point in points:
            for first, n in threads.chunks(self.n_runs[point], SPAN_RUNS):
                yield Cell(point, first, n)

    @property
    def size(self) -> Size:
        """How much there is to do."""
        return Size(len(self.named), self.total, self.head.months, len(self.worlds), self.engine)

    @property
    def slice_runs(self) -> int:
        """Runs that are worked out at a time by one thread or process: some hundredths of a second, or seconds in Mesa."""
        return SLICE_RUNS if self.engine == "batch" else MESA_SLICE_RUNS

    def run_slice(self, point: int, first_run: int, n: int) -> np.ndarray:
        """Some runs of one point by the chosen engine, in this thread: array (n, len(RESULTS))."""
        if self.engine == "batch":
            return compiled.run_many(
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
        from ..agents.model import DeterrenceModel

        world = int(self.worlds.of_runs(run, 1)[0])
        model = DeterrenceModel(
            self.policies[point], parameters=self.worlds.parameters(world),
            seed=self.head.seed, run=run, months=self.head.months, start=self.head.start, drivers=self.experiment.drivers,
            rules=self.rules,
        )  # fmt: skip
        model.source = {"sweep": self.head.name, "point": point, "world": world}
        return model

    def stored(self, cell: Cell, key: str) -> tuple[list[np.ndarray], list[Cell]]:
        """The runs of a cell that the store holds, and the cells that it lacks."""
        pieces, missing = self.kept(cell, key)
        return [decode(table) for table in pieces], missing

    def kept(self, cell: Cell, key: str) -> tuple[list[pa.Table], list[Cell]]:
        """The runs of a cell as the store holds them, and the cells that it lacks."""
        pieces, missing, at, end = [], [], cell.first, cell.first + cell.n
        while at < end:
            n = self.store.held(key, at, end - at)
            table = self.store.read(key, at, n, fits) if n else None
            if table is None:
                if n and self.store.held(key, at, end - at):
                    continue  # another pack holds them too
                # What is missing runs up to the end: a later block may hold some of it, and is then not used.
                missing.append(Cell(cell.point, at, end - at))
                break
            pieces.append(table)
            at += n
        return pieces, missing

    def run_shard(self, number: int, of: int) -> int:
        """Work out and keep one of ``of`` shares of the runs, and count nothing; ``number`` is from 1. Returns the runs."""
        cells, before, runs = [], 0, self.total
        # Neighbours stay together: packs are then read in the order in which the sweep counts.
        for cell in self.cells():
            if before * of // runs == number - 1:
                cells.append(cell)
            before += cell.n
        done, total = 0, sum(cell.n for cell in cells)
        with self._at_work():
            self.say(f"all shards: {self.size}")
            self.progress(0, total, "")
            with Pipeline(self, cells, paired=False) as pipeline:
                for pack in pipeline:
                    done += sum(cell.n for cell, *_ in pack)
                    self.progress(done, total, f"shard {number} of {of}")
        return total

    def run(self) -> None:
        """Do what is missing, and write the estimates and then the manifest."""
        with self._at_work():
            self._run()

    @contextlib.contextmanager
    def _at_work(self):
        """Hold the folder, and say what was found in it, and what of it was damaged."""
        rules = (rules_hash(), fingerprint(self.rules))
        with self.store.work(self.head.name, self.experiment.key(), rules, self.say) as found:
            if str(found) != "nothing yet":
                self.say(f"found in {self.store.sweep_folder}: {found}")
            seen = len(found.damaged)
            yield
            if found.damaged[seen:]:
                self.say(f"damaged, and made again: {', '.join(found.damaged[seen:])}")

    def _side_by_side(self, pack: list[tuple]) -> Iterator[tuple]:
        """The runs of a pack by the points that they are of, several points at a time.

        Yields (points, first run, results, what the baseline's runs were, which of these failed); the points have the same runs
        here and in all.
        """
        of_points = (
            (point, cell.first, min(cell.n, self.n_runs[point] - cell.first), *rest)
            for cell, *rest in pack
            for point in self.named[cell.point]
            if cell.first < self.n_runs[point]
        )
        for (first, n, _), alike in itertools.groupby(of_points, lambda of: (*of[1:3], self.n_runs[of[0]])):
            for some in together(alike, SPAN_RUNS, lambda of: of[2]):
                base, base_failed = some[0][4:]
                results = np.stack([of[3][:n] for of in some])
                yield [of[0] for of in some], first, results, tuple(x[:n] for x in base), base_failed[:n]

    def _run(self) -> None:
        head, folder = self.head, self.store.folder
        of_baseline = self.named[self.points.same_as[self.base]]
        accumulator = Accumulator(
            self.worlds, head.months, of_baseline, self.n_runs, take_out=not changes_odds(self.rules),
            by_luck=head.interval == "best",
        )  # fmt: skip
        done, total, lost = 0, self.total, Failures()

        self.say(f"to be counted: {self.size}")
        self.progress(0, total, "")
        with Pipeline(self, self.cells()) as pipeline:
            for pack in pipeline:
                for points, first, results, base, base_failed in self._side_by_side(pack):
                    bad = failed(results)
                    for point, runs, any_bad in zip(points, results, bad.any(1), strict=True):
                        if any_bad:
                            lost.add(point, first, runs)
                    counted = ~(bad | base_failed)
                    accumulator.add(points, first, results, base, None if counted.all() else counted)
                done += sum(cell.n for cell, *_ in pack)
                self.progress(
                    done, total, f"{accumulator.closed}/{len(self.policies)} policies, ±{accumulator.half_width():.2g}"
                )
        points = self.points.table()
        estimates = accumulator.estimates(points, head.interval)
        reached = sample_size.reached(estimates, head.precision) if head.precision else None
        if reached and reached["missed"]:
            self.say(
                f"{len(reached['missed'])} points missed the precision; the widest half-width is {reached['widest']:.2g}"
            )
        if few := self.worlds.few(min(self.n_runs)):
            self.say(few)
        tables = {
            "points": points, "estimates": estimates, "metrics": accumulator.metrics(),
            "first_months": accumulator.first_months(),
            "failures": lost.table(self.replay, lambda run: int(self.worlds.of_runs(run, 1)[0])),
        }  # fmt: skip
        files = {f"{name}.parquet": write_table(folder / f"{name}.parquet", table) for name, table in tables.items()}
        write_sealed(
            folder / "manifest.json",
            {
                "format": MANIFEST_FORMAT,
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
                "worlds": {
                    "n": len(self.worlds),
                    "reached": min(len(self.worlds), *self.n_runs),
                    "origin": self.worlds.origin,
                    "screen": self.worlds.report,
                    "note": self.worlds.note,
                    "sha256": self.worlds_digest,
                },
                "worlds_table": f"{self.worlds_name}.parquet",
                "files": files,
                "nesting": None if head.precision else structures.nesting(self.worlds, head.runs),
            },
        )
