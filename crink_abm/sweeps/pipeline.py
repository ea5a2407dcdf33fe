"""The packs of a sweep in order: what is kept is read, and the rest worked out while the pack before it is counted."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import pyarrow as pa

from ..engine.threads import chunks
from ..model import outcomes
from ..model.outcomes import failed
from .cells import Cell, packs
from .codec import decode, decode_cell, encode, read_cell
from .executors.base import Executor
from .job import Job
from .store import Store

#: (cell, results, what the baseline's runs were, which of these failed).
_Counted = tuple[Cell, np.ndarray, tuple[np.ndarray, np.ndarray] | None, np.ndarray | None]
#: Spans of the baseline's runs that are held, for the points that are counted against them.
SPANS_HELD = 64


@dataclass
class _Baseline:
    """What a span of runs was at the baseline; ``asked`` for once a pack on its way brings it."""

    asked: bool = False
    observed: tuple[np.ndarray, np.ndarray] | None = None
    failed: np.ndarray | None = None

    def keep(self, results: np.ndarray) -> None:
        event, residuals = outcomes.observed(np.nan_to_num(results))
        self.observed, self.failed = (event, np.ascontiguousarray(residuals)), failed(results)


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
    made: Future[list[np.ndarray]]
    baselines: dict[tuple[int, int], _Baseline]


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
    pack is on the disk before it is yielded. Up to ``executor.ahead`` later packs are on their way meanwhile.

    Parameters
    ----------
    job : what is asked, and by which engine
    executor : who computes it
    store : of the sweep, held for writing
    cells : those of the plan that are wanted, in order
    paired : whether the baseline's runs are wanted too; else they are None
    """

    def __init__(self, job: Job, executor: Executor, store: Store, cells: Iterable[Cell], *, paired: bool = True):
        self._job, self._plan, self._executor, self._store = job, job.plan, executor, store
        self._cells, self._paired = cells, paired
        self._pool = ThreadPoolExecutor(executor.ahead)
        self._baseline = lru_cache(maxsize=SPANS_HELD)(lambda first, n: _Baseline())

    def __enter__(self) -> Self:
        self._job.prepare()
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None:
            self._executor.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __iter__(self) -> Iterator[list[_Counted]]:
        waiting: deque[_Pack] = deque()
        for cells in packs(self._cells):
            waiting.append(self._begin(cells))
            if len(waiting) > self._executor.ahead:
                yield self._end(waiting.popleft())
        while waiting:
            yield self._end(waiting.popleft())

    def _begin(self, cells: list[Cell]) -> _Pack:
        plan = self._plan
        keys = [plan.key(cell.point) for cell in cells]
        read = [read_cell(self._store, cell, key) for cell, key in zip(cells, keys, strict=True)]
        lacking = [cell for _, missing in read for cell in missing]
        baselines = {(cell.first, cell.n): self._baseline(cell.first, cell.n) for cell in cells}
        for cell in cells:
            if cell.point == plan.base:
                baselines[cell.first, cell.n].asked = True
        asked = []
        for (first, n), baseline in baselines.items() if self._paired else ():
            if not baseline.asked:
                baseline.asked, cell = True, Cell(plan.base, first, n)
                pieces, missing = decode_cell(self._store, cell, plan.key(plan.base))
                if missing:
                    asked.append(cell)
                else:
                    baseline.keep(np.concatenate(pieces))
        made = self._pool.submit(self._compute, [*lacking, *asked])
        return _Pack(cells, keys, read, asked, made, baselines)

    def _end(self, pack: _Pack) -> list[_Counted]:
        made = pack.made.result()
        lacking = [(key, c) for key, (_, missing) in zip(pack.keys, pack.read, strict=True) for c in missing]
        # All at once, here and below: to encode and decode each policy by itself takes longer than to run it.
        table, made = encode(made)
        if lacking:
            n = sum(cell.n for _, cell in lacking)
            self._store.write([(key, cell.first, cell.n) for key, cell in lacking], table.slice(0, n))
        fresh = iter(made)
        kept = _decoded([table for pieces, _ in pack.read for table in pieces])
        whole = [_one([next(kept) for _ in pieces] + [next(fresh) for _ in missing]) for pieces, missing in pack.read]
        for cell, results in [*zip(pack.asked, fresh, strict=True), *zip(pack.cells, whole, strict=True)]:
            if cell.point == self._plan.base and self._paired:
                pack.baselines[cell.first, cell.n].keep(results)
        paired = [pack.baselines[cell.first, cell.n] for cell in pack.cells]
        return [
            (cell, results, base.observed, base.failed)
            for cell, results, base in zip(pack.cells, whole, paired, strict=True)
        ]

    def _compute(self, cells: list[Cell]) -> list[np.ndarray]:
        """The runs of some cells, by the executor: an array (n, len(RESULTS)) each."""
        size = self._job.slice_runs
        slices = [(cell.point, cell.first + at, n) for cell in cells for at, n in chunks(cell.n, size)]
        made = iter(self._executor.compute(self._job, slices))
        return [_one([next(made) for _ in chunks(cell.n, size)]) for cell in cells]
