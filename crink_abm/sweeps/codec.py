"""How runs are kept: the engine's results as small whole numbers, and back."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from ..engine.threads import chunks
from ..model import outcomes
from ..model.outcomes import RESULTS, failed
from .cells import Cell
from .store import Store

#: Results that are no whole numbers, kept as whole multiples of a unit: sums are exact, in whatever pieces they come.
UNITS = dict.fromkeys(("help_expected", "help_realised"), 2.0**-20) | dict.fromkeys(
    outcomes.RESIDUALS, outcomes.RESIDUAL_UNIT
)


#: Runs that are encoded at a time: the processor's cache holds them.
_AT_A_TIME = 2_048


def _units() -> np.ndarray:
    """The unit of each result: a power of two, so that to multiply by its inverse is to divide."""
    return np.array([UNITS.get(name, 1.0) for name in RESULTS])


def scales() -> list[list[str]]:
    """The results that are kept, in order, each with its unit, exactly: what kept numbers mean, and part of their key."""
    return [[name, float(UNITS.get(name, 1.0)).hex()] for name in RESULTS]


def encode(pieces: Sequence[np.ndarray]) -> tuple[pa.Table, list[np.ndarray]]:
    """Runs, one array after another, as they are kept: small whole numbers; a failed run has null in every column.

    Besides, the arrays as :func:`decode` gives them again: in the place of those given, if these can be written.
    """
    units, n, at, read = _units(), sum(map(len, pieces)), 0, []
    columns = [np.empty(n, np.int32 if name in UNITS else np.int16) for name in RESULTS]
    lost = np.concatenate([np.zeros(0, bool), *map(failed, pieces)])
    for piece in pieces:
        read.append(piece if piece.flags.writeable else np.empty(piece.shape))
        for first, count in chunks(len(piece), _AT_A_TIME):
            rows, bad = slice(first, first + count), lost[at : at + count]
            whole = np.rint(piece[rows] * (1.0 / units))
            if any_bad := bad.any():
                whole[bad] = 0.0
            numbers = whole.astype(np.int32)
            for column, values in zip(columns, numbers.T, strict=True):
                column[at : at + count] = values
            np.multiply(numbers, units, out=read[-1][rows])
            if any_bad:
                read[-1][rows][bad] = np.nan
            at += count
    mask = lost if lost.any() else None
    return pa.table({name: pa.array(column, mask=mask) for name, column in zip(RESULTS, columns, strict=True)}), read


def fits(table: pa.Table) -> bool:
    """Whether a table is one of kept runs: every result a column of whole numbers."""
    kinds = dict(zip(table.schema.names, table.schema.types, strict=True))
    return list(kinds) == list(RESULTS) and all(pa.types.is_integer(kind) for kind in kinds.values())


def decode(table: pa.Table) -> np.ndarray:
    """Kept runs as the engine gave them: array (n, len(RESULTS)), nan in a failed run."""
    columns = [table[name].cast(pa.float64()).to_numpy() * UNITS.get(name, 1.0) for name in RESULTS]
    return np.column_stack(columns)


def runs_table(results: np.ndarray) -> pd.DataFrame:
    """The engine's results as a table, whole numbers as such."""
    table = pd.DataFrame(results, columns=list(RESULTS))
    return table.astype({name: np.int16 for name in RESULTS if name not in UNITS})


def read_cell(store: Store, cell: Cell, key: str) -> tuple[list[pa.Table], list[Cell]]:
    """The runs of a cell as a store holds them under a key, and the cells that it lacks."""
    pieces, missing, at, end = [], [], cell.first, cell.first + cell.n
    while at < end:
        n = store.held(key, at, end - at)
        table = store.read(key, at, n, fits) if n else None
        if table is None:
            if n and store.held(key, at, end - at):
                continue  # another pack holds them too
            # What is missing runs up to the end: a later block may hold some of it, and is then not used.
            missing.append(Cell(cell.point, at, end - at))
            break
        pieces.append(table)
        at += n
    return pieces, missing


def decode_cell(store: Store, cell: Cell, key: str) -> tuple[list[np.ndarray], list[Cell]]:
    """As :func:`read_cell`, the runs as the engine gave them."""
    pieces, missing = read_cell(store, cell, key)
    return [decode(table) for table in pieces], missing
