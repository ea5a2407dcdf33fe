"""Worlds from a user's own file: a row a world, a column a parameter."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from .errors import InputError, nearest
from .parameters import CATALOGUE, SWITCHES, checked
from .store import read_table
from .worlds import Worlds, structures


def digest(path: Path) -> str:
    """The SHA-256 of a file of worlds.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputError(
            f"there is no file of worlds {str(path)!r}; its path in [worlds] ensemble is taken from the experiment file's folder"
        ) from None
    except OSError as error:
        raise InputError(f"the file of worlds {str(path)!r} cannot be read ({error.strerror})") from None


def load(path: Path, which="all", fixed: Mapping | None = None) -> Worlds:
    """The worlds of a Parquet or CSV file, in its order.

    Parameters
    ----------
    path : columns are parameters (those left out stand at their default), switches by name or number, and ``copies``,
        how often a row counts (once if left out)
    which : structures to keep, as in :func:`worlds.structures`
    fixed : parameters held at a value

    Raises
    ------
    InputError
        If the file cannot be read, has no row, a column that no parameter is named after, or a value that is missing or
        out of range; or if no row has these structures.
    """
    said = digest(path)
    try:
        table = pd.read_csv(path) if path.suffix == ".csv" else read_table(path)
    except (OSError, ValueError, ArrowException) as error:  # pandas' own errors of parsing are ValueErrors
        raise InputError(f"the file of worlds {str(path)!r} cannot be read: {str(error).splitlines()[0]}") from None
    for name in table:
        if name not in CATALOGUE and name != "copies":
            raise InputError(
                f"{path} has a column {name!r}, which is no parameter{nearest(name, CATALOGUE)}; a row is a world, a column a "
                "parameter (`crink-abm info` lists them) or copies"
            )
    if table.empty:
        raise InputError(f"{path} has no row; a row is a world")
    values = np.tile(np.array(list(checked().values())), (len(table), 1))
    for name in table.columns.drop("copies", errors="ignore"):
        values[:, list(CATALOGUE).index(name)] = _column(table[name], CATALOGUE[name], path)
    values = np.repeat(values, _copies(table, path), axis=0)
    held = checked(fixed)
    for name in fixed or {}:
        values[:, list(CATALOGUE).index(name)] = held[name]
    if which != "all":
        places = [list(CATALOGUE).index(p.name) for p in SWITCHES]
        wanted = {tuple(levels.values()) for levels in structures(which)}
        values = values[[tuple(row) in wanted for row in values[:, places]]]
        if not len(values):
            raise InputError(f'no world of {path} has these structures ({which}); choose others, or structures = "all"')
    return Worlds(np.ascontiguousarray(values), f"file {path.name} ({said[:12]})", len(values))


def has_switches(path: Path) -> bool:
    """Whether a file of worlds says anything of the structural switches."""
    names = pd.read_csv(path, nrows=0).columns if path.suffix == ".csv" else read_table(path).columns
    return any(p.name in names for p in SWITCHES)


def _column(column, parameter, path) -> np.ndarray:
    """A parameter's values, checked; where single precision oversteps an end of the range, that end."""
    levels = {level.name.lower(): float(level) for level in parameter.switch or ()}
    given = column.map(lambda x: levels.get(x.lower(), x) if isinstance(x, str) else x)
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(float)
    slack = 1e-6 * max(abs(parameter.low), abs(parameter.high))
    wrong = ~((numbers >= parameter.low - slack) & (numbers <= parameter.high + slack))
    if levels:
        wrong |= ~np.isin(numbers, list(levels.values()))
    if wrong.any():
        row = int(np.argmax(wrong))
        allowed = f"is one of {', '.join(levels)}" if levels else f"lies in [{parameter.low:g}, {parameter.high:g}]"
        held = column.iloc[row]
        said = "nothing" if pd.isna(held) else repr(held.item() if hasattr(held, "item") else held)
        raise InputError(f"{path}, row {row + 1}: {parameter.name} {allowed}; {said} was given")
    return np.clip(numbers, parameter.low, parameter.high)


def _copies(table, path) -> np.ndarray:
    if "copies" not in table:
        return np.ones(len(table), int)
    copies = pd.to_numeric(table["copies"], errors="coerce").to_numpy(float)
    wrong = ~((copies >= 1) & (copies == np.floor(copies)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}, row {row + 1}: copies is a whole number of at least 1; {table['copies'].iloc[row]} was given"
        )
    return copies.astype(int)
