"""How runs are kept: the engine's results as small whole numbers, and back."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ..model import outcomes
from ..model.outcomes import RESULTS, failed
from .cells import Cell

#: Results that are no whole numbers, kept as whole multiples of a unit: sums are exact, in whatever pieces they come.
UNITS = dict.fromkeys(("help_expected", "help_realised"), 2.0**-20) | dict.fromkeys(outcomes.LUCKS, outcomes.LUCK_UNIT)


def scales() -> list[list[str]]:
    """The results that are kept, in order, each with its unit, exactly: what kept numbers mean, and part of their key."""
    return [[name, float(UNITS.get(name, 1.0)).hex()] for name in RESULTS]


def encode(results: np.ndarray) -> pa.Table:
    """Runs as they are kept: small whole numbers; a failed run has null in every column."""
    columns, lost = {}, failed(results)
    for k, name in enumerate(RESULTS):
        unit = UNITS.get(name)
        values = np.round(results[:, k] / unit) if unit else results[:, k]
        kind = np.int32 if unit else np.int16
        columns[name] = pa.array(np.where(lost, 0, values).astype(kind), mask=lost if lost.any() else None)
    return pa.table(columns)


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


def read_cell(store, cell: Cell, key: str) -> tuple[list[pa.Table], list[Cell]]:
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


def decode_cell(store, cell: Cell, key: str) -> tuple[list[np.ndarray], list[Cell]]:
    """As :func:`read_cell`, the runs as the engine gave them."""
    pieces, missing = read_cell(store, cell, key)
    return [decode(table) for table in pieces], missing
