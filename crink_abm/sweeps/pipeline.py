"""The packs of a sweep in order: what is kept is read, and the rest worked out while the pack before it is counted."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from ..engine import compiled, threads
from ..model import outcomes
from ..model.outcomes import failed
from .codec import decode, encode

#: Runs worked out together and kept as one pack: a second or two of work, so little is lost and files are few.
PACK_RUNS = 262_144
#: Spans of the baseline's runs that are held, for the points that are counted against them.
SPANS_HELD = 64


@dataclass(frozen=True)
class Cell:
    """Consecutive runs of one point: the unit in which a sweep is worked out and counted."""

    point: int
    first: int
    n: int


@dataclass
class _Baseline:
    """What a span of runs was at the baseline; ``asked`` for once a pack on its way brings it."""

    asked: bool = False
    observed: tuple | None = None
    failed: np.ndarray | None = None

    def keep(self, results: np.ndarray) -> None:
        self.observed, self.failed = outcomes.observed(np.nan_to_num(results)), failed(results)


@dataclass
class _Pack:
    """A pack on its way.

    Attributes
    ----------
    cells, keys : its cells, and the key of each one's point
    read : of each cell, the pieces of it that were kept, and the cells that are lacking
    asked : the spans of the baseline that it brings besides
    made : the runs of the lacking cells, and then of those spans
    baselines : by (first run, number), the baseline's runs that its cells are paired with
    """

    cells: list[Cell]
    keys: list[str]
    read: list[tuple[list[pa.Table], list[Cell]]]
    asked: list[Cell]
    made: Future
    baselines: dict[tuple[int, int], _Baseline]


def together(pieces: Iterable, most: int, runs: Callable) -> Iterator[list]:
    """Pieces in order, as many together as have at most ``most`` runs, or one that has more; ``runs(piece)`` is its number."""
    group, total = [], 0
    for piece in pieces:
        if group and total + runs(piece) > most:
            yield group
            group, total = [], 0
        group.append(piece)
        total += runs(piece)
    if group:
        yield group


def packs(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Cells in order, as many together as make a pack."""
    return together(cells, PACK_RUNS, lambda cell: cell.n)


def _parts(results: np.ndarray, lengths: Iterable[int]) -> Iterator[np.ndarray]:
    """Consecutive rows, so many at a time."""
    at = 0
    for n in lengths:
        yield results[at : at + n]
        at += n


def _decoded(tables: list[pa.Table]) -> Iterator[np.ndarray]:
    """Kept runs as the engine gave them, an array a table."""
    return _parts(decode(pa.concat_tables(tables)), map(len, tables)) if tables else iter(())


def _one(pieces: list[np.ndarray]) -> np.ndarray:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


class Pipeline:
    """The packs of a sweep, with the runs of the baseline that each cell is paired with.

    Iterating yields, a pack at a time, a list of (cell, results, what the baseline's runs were, which of these failed). A
    pack is on the disk before it is yielded. Up to ``workers.ahead`` later packs are on their way meanwhile.

    Parameters
    ----------
    sweep : sweeps.Sweep, its store held for writing
    cells : those of the sweep that are wanted, in order
    paired : whether the baseline's runs are wanted too; else they are None
    """

    def __init__(self, sweep, cells: Iterable[Cell], *, paired: bool = True):
        self._sweep, self._store, self._cells, self._paired = sweep, sweep.store, cells, paired
        self._pool = ThreadPoolExecutor(sweep.workers.ahead)
        self._baseline = lru_cache(maxsize=SPANS_HELD)(lambda first, n: _Baseline())

    def __enter__(self):
        if self._sweep.engine == "batch":
            compiled.compiled(self._sweep.rules)  # once, before threads ask for it
        return self

    def __exit__(self, *error):
        if error[0] is not None:
            self._sweep.workers.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __iter__(self) -> Iterator[list[tuple]]:
        waiting = deque()
        for cells in packs(self._cells):
            waiting.append(self._begin(cells))
            if len(waiting) > self._sweep.workers.ahead:
                yield self._end(waiting.popleft())
        while waiting:
            yield self._end(waiting.popleft())

    def _begin(self, cells: list[Cell]) -> _Pack:
        sweep = self._sweep
        keys = [sweep.key(cell.point) for cell in cells]
        read = [sweep.kept(cell, key) for cell, key in zip(cells, keys, strict=True)]
        lacking = [cell for _, missing in read for cell in missing]
        baselines = {(cell.first, cell.n): self._baseline(cell.first, cell.n) for cell in cells}
        for cell in cells:
            if cell.point == sweep.base:
                baselines[cell.first, cell.n].asked = True
        asked = []
        for (first, n), baseline in baselines.items() if self._paired else ():
            if not baseline.asked:
                baseline.asked, cell = True, Cell(sweep.base, first, n)
                pieces, missing = sweep.stored(cell, sweep.key(sweep.base))
                if missing:
                    asked.append(cell)
                else:
                    baseline.keep(np.concatenate(pieces))
        made = self._pool.submit(self._compute, [*lacking, *asked])
        return _Pack(cells, keys, read, asked, made, baselines)

    def _end(self, pack: _Pack) -> list[tuple]:
        made = pack.made.result()
        lacking = [(key, c) for key, (_, missing) in zip(pack.keys, pack.read, strict=True) for c in missing]
        # All at once, here and below: to encode and decode each policy by itself takes longer than to run it.
        n, table = sum(cell.n for _, cell in lacking), encode(np.concatenate(made)) if made else None
        if lacking:
            self._store.write([(key, cell.first, cell.n) for key, cell in lacking], table.slice(0, n))
        fresh = _parts(decode(table), map(len, made)) if made else iter(())
        kept = _decoded([table for pieces, _ in pack.read for table in pieces])
        whole = [_one([next(kept) for _ in pieces] + [next(fresh) for _ in missing]) for pieces, missing in pack.read]
        for cell, results in [*zip(pack.asked, fresh, strict=True), *zip(pack.cells, whole, strict=True)]:
            if cell.point == self._sweep.base and self._paired:
                pack.baselines[cell.first, cell.n].keep(results)
        paired = [pack.baselines[cell.first, cell.n] for cell in pack.cells]
        return [(*of, base.observed, base.failed) for *of, base in zip(pack.cells, whole, paired, strict=True)]

    def _compute(self, cells: list[Cell]) -> list[np.ndarray]:
        """The runs of some cells, by the sweep's workers: an array (n, len(RESULTS)) each."""
        size = self._sweep.slice_runs
        slices = [(cell.point, cell.first + at, n) for cell in cells for at, n in threads.chunks(cell.n, size)]
        made = iter(self._sweep.workers.compute(self._sweep, slices))
        return [np.concatenate([next(made) for _ in threads.chunks(cell.n, size)]) for cell in cells]
