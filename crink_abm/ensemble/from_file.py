"""Worlds from a user's own file: a row a world, a column a parameter."""

import array
import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..model.parameters import CATALOGUE, SWITCHES, checked
from ..typing import Structures
from ..util import csv_cells
from ..util.csv_cells import shown
from ..util.errors import InputError, nearest
from .worlds import MOST, Worlds, chosen, held

_WHAT = "file of worlds"
#: Columns that are no parameter: how often a row counts; a number of the user's own (``Results.worlds`` has it), not read.
COPIES, OWN_NUMBER = "copies", "world"
_LEVELS = {p.name: {level.name.lower(): float(level) for level in p.levels} for p in SWITCHES}


def _contents(path: Path) -> bytes:
    try:
        return csv_cells.contents(path, _WHAT)
    except InputError as error:
        if not isinstance(error.__context__, FileNotFoundError):
            raise
        raise InputError(f"{error}; its path in [worlds] ensemble is taken from the experiment file's folder") from None


def digest(path: Path) -> str:
    """The SHA-256 of a file of worlds.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return hashlib.sha256(_contents(path)).hexdigest()


def load(
    path: Path, which: Structures = "all", fixed: Mapping[str, Any] | None = None, sha256: str | None = None
) -> Worlds:
    """The worlds of a Parquet or CSV file, in its order; runs are dealt out to them in an order of chance.

    Parameters
    ----------
    path : columns are parameters (those left out stand at their default), switches by name or number, and ``copies``,
        how often a row counts (once if left out)
    which : structures to keep, as in :func:`worlds.structures`
    fixed : parameters held at a value
    sha256 : of the file, if it is pinned

    Raises
    ------
    InputError
        If the file cannot be read, has no row, a column that no parameter is named after, a row of another length than its
        header, or a value that is missing, no number or out of range; is not the one pinned; or if too few rows have these
        structures.
    """
    data = _contents(path)
    said = hashlib.sha256(data).hexdigest()
    if sha256 not in (None, said):
        raise InputError(
            f"{_where(path)} has the SHA-256 {said}, not {sha256} as [worlds] says; take that file, or drop sha256"
        )
    names, values, copies = _parquet(data, path) if path.suffix == ".parquet" else _csv(data, path)
    table = np.tile(np.array(list(checked().values())), (len(values), 1))
    table[:, [list(CATALOGUE).index(name) for name in names]] = values
    table = np.repeat(table, copies, axis=0)
    origin = f"file {path.name[:80]} ({said[:12]})"
    worlds = chosen(Worlds(table, origin, len(table)), which, f"worlds of {shown(path.name)}", fixed)
    return held(worlds, fixed)


def has_switches(path: Path) -> bool:
    """Whether a file of worlds says anything of the structural switches."""
    data = _contents(path)
    if path.suffix == ".parquet":
        with _arrow(path):
            names = pq.read_schema(pa.BufferReader(data)).names
    else:
        names, _ = csv_cells.read(data, shown(path.name))
    return any(p.name in names for p in SWITCHES)


def _where(path: Path) -> str:
    return shown(str(path), 160)


@contextlib.contextmanager
def _arrow(path: Path) -> Iterator[None]:
    """What Arrow and pandas raise over bytes that are no Parquet, as one sentence."""
    try:
        yield
    except (OSError, ValueError, TypeError, ArithmeticError, MemoryError, pa.ArrowException) as error:
        if isinstance(error, InputError):
            raise
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"the {_WHAT} {_where(path)} cannot be read: {shown(said, 120)}") from None


def _known(names: list[str], where: str) -> None:
    """Refuse a column that no parameter is named after, or that is there twice."""
    for k, name in enumerate(names):
        if name not in CATALOGUE and name not in (COPIES, OWN_NUMBER):
            raise InputError(
                f"{where} has a column {shown(name)}, which is no parameter{nearest(name[:60], CATALOGUE)}; a row is a world, a "
                f"column a parameter (`crink-abm info` lists them) or {COPIES}"
            )
        if name in names[:k]:
            raise InputError(f"{where} has the column {name!r} twice; give each once")


def _allowed(name: str) -> str:
    if name == COPIES:
        return "is a whole number of at least 1"
    if name in _LEVELS:
        return f"is one of {', '.join(_LEVELS[name])}"
    return f"lies in [{CATALOGUE[name].low:g}, {CATALOGUE[name].high:g}]"


def _fits(name: str, x: Any) -> Any:
    """Whether numbers may stand in a column; single precision may overstep an end of a range."""
    if name == COPIES:
        return (x >= 1) & (x == np.floor(x))
    if name in _LEVELS:
        return np.isin(x, list(_LEVELS[name].values()))
    low, high = CATALOGUE[name].low, CATALOGUE[name].high
    slack = 1e-6 * max(abs(low), abs(high))
    return (x >= low - slack) & (x <= high + slack)


def _cell(name: str, cell: str, place: str) -> float:
    """The value of a cell of text.

    Raises
    ------
    InputError
        If it may not stand in this column.
    """
    if name in _LEVELS and cell.lower() in _LEVELS[name]:
        return _LEVELS[name][cell.lower()]
    x = csv_cells.number(cell)
    if x is None or not (x in _LEVELS[name].values() if name in _LEVELS else _fits(name, x)):
        said = "nothing" if not cell else shown(cell) if x is None else shown(cell)[1:-1]
        raise InputError(f"{place}: {name} {_allowed(name)}; {said} was given{csv_cells.hint(cell)}")
    return x


def _csv(data: bytes, path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(parameters, their values (n_rows, n_parameters), copies) of a CSV file."""
    where = _where(path)
    names, rows = csv_cells.read(data, where)
    _known(names, where)
    values, n = array.array("d"), 0
    plain = not any(mark in data for mark in (b'"', b"\n\n", b"\n\r\n"))  # every line a row: they need not be read
    for line, cells in rows:
        n += 1
        if n > MOST or (n == 1 and plain and data.count(b"\n") > MOST + 1):
            raise InputError(f"{where} has more than {MOST:,} rows, which are the most; give fewer")
        place = f"{where}, line {line}, row {n}"
        values.extend(
            0.0 if name == OWN_NUMBER else _cell(name, cell, place) for name, cell in zip(names, cells, strict=True)
        )
    return _cut(names, np.array(values).reshape(n, len(names)), where)


def _parquet(data: bytes, path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(parameters, their values (n_rows, n_parameters), copies) of a Parquet file."""
    where = _where(path)
    with _arrow(path):
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        names, n = _columns(file.schema_arrow, where), file.metadata.num_rows
    if n > MOST:
        raise InputError(f"{where} has {n:,} rows, where {MOST:,} are the most; give fewer")
    with _arrow(path):
        table = file.read(names)
        columns = [np.zeros(len(table)) if name == OWN_NUMBER else _column(table[name], name, where) for name in names]
    return _cut(names, np.column_stack(columns) if columns else np.zeros((0, 0)), where)


def _columns(schema: pa.Schema, where: str) -> list[str]:
    """The names of a Parquet file's columns, an index of pandas' that has a name among them."""
    try:
        index = json.loads((schema.metadata or {})[b"pandas"])["index_columns"]
        ranges = [i["name"] for i in index if isinstance(i, dict)]
        unnamed = [i for i in index if isinstance(i, str) and i.startswith("__index_level_")]
    except (KeyError, ValueError, TypeError):  # no table of pandas'
        ranges, unnamed = [], []
    if any(isinstance(name, str) and name in CATALOGUE for name in ranges):
        raise InputError(f"{where} has a parameter for its index; write it with reset_index()")
    names = [name for name in schema.names if name not in unnamed]
    _known(names, where)
    return names


def _column(column: pa.ChunkedArray, name: str, where: str) -> np.ndarray:
    """The numbers of one column of a Parquet file, each allowed.

    Raises
    ------
    InputError
        If it holds times, flags or other things that are no numbers, or one that is not allowed.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        cells = enumerate(column.to_pylist(), 1)
        return np.array([_cell(name, (cell or "").strip(), f"{where}, row {row}") for row, cell in cells], float)
    if not (
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)
    ):
        raise InputError(
            f"{where}: {name} {_allowed(name)}, and its column holds {shown(str(kind))}; write it as numbers"
        )
    numbers = column.cast(pa.float64(), safe=False).to_numpy()
    wrong = ~_fits(name, numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        said = "nothing" if np.isnan(numbers[row]) else f"{numbers[row]:g}"
        raise InputError(f"{where}, row {row + 1}: {name} {_allowed(name)}; {said} was given")
    return numbers


def _cut(names: list[str], values: np.ndarray, where: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(parameters, their values within their ranges, copies), and no more worlds than are allowed."""
    if not len(values):
        raise InputError(f"{where} has no row; a row is a world")
    copies = values[:, names.index(COPIES)] if COPIES in names else np.ones(len(values))
    if copies.sum() > MOST:
        raise InputError(
            f"{where} has {copies.sum():.6g} worlds, its {COPIES} counted, where {MOST:,} are the most; give fewer"
        )
    kept = [name for name in names if name in CATALOGUE]
    if not kept:
        raise InputError(
            f"{where} has no column that a parameter is named after; a row is a world, a column a parameter"
        )
    values = values[:, [names.index(name) for name in kept]]
    ends = np.array([[CATALOGUE[name].low, CATALOGUE[name].high] for name in kept]).reshape(-1, 2).T
    return kept, np.clip(values, *ends), copies.astype(int)
