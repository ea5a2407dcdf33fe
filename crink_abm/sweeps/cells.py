"""How the runs of a sweep are cut: cells that are counted, slices that are run, tasks that are sent, packs that are kept."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

#: Runs of one policy that are counted together: a fixed cut, whatever the size of the sweep.
SPAN_RUNS = 8_192
#: Runs that one thread or process computes at a time, by engine: some hundredths of a second, or seconds in Mesa.
SLICE_RUNS, MESA_SLICE_RUNS = 4_096, 16
#: Runs of one task: a fraction of a second of work, against some milliseconds of sending.
TASK_RUNS = 32_768
#: Runs computed together and kept as one pack: a second or two of work, so little is lost and files are few.
PACK_RUNS = 262_144


@dataclass(frozen=True)
class Cell:
    """Consecutive runs of one point: the unit in which a sweep is computed and counted."""

    point: int
    first: int
    n: int


def together(pieces: Iterable[T], most: int, runs: Callable[[T], int]) -> Iterator[list[T]]:
    """Pieces in order, as many together as have at most ``most`` runs, or one that has more; ``runs(piece)`` is its number."""
    group: list[T] = []
    total = 0
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
