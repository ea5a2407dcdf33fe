"""The record: tables of what was observed and of what drove it, from the package or from any directory.

One file a table, one row a month, period, date or event; every row names its source and how it was known. The same
layouts are read wherever they lie, so months nobody calibrated on can be handed in as files.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from .errors import InputError, nearest
from .levers import DRIVERS, LEVERS
from .parameters import CATALOGUE

MONTH, DATE, COUNT, NUMBER, TEXT = "month", "date", "count", "number", "text"

_FORM = {MONTH: r"\d{4}-(0[1-9]|1[0-2])", DATE: r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"}
_SAID = {
    MONTH: "a month YYYY-MM", DATE: "a date YYYY-MM-DD", COUNT: "a whole number of at least 0", NUMBER: "a number",
    TEXT: "a word",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: what it may hold, in which unit."""

    kind: str
    unit: str
    meaning: str
    allowed: tuple[str, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    optional: bool = False


@dataclass(frozen=True)
class Layout:
    """One table: its columns, and those that no two rows may share."""

    meaning: str
    columns: dict[str, Column]
    key: tuple[str, ...]


_KNOWN = {
    "source": Column(TEXT, "", "where the row comes from", optional=True),
    "confidence": Column(TEXT, "", "how it was known: read-in-source, derived, from memory, assumed", optional=True),
}
_NOTE = {"note": Column(TEXT, "", "what the value stands for", optional=True)}
_THEATRE = ("taiwan", "korea", "other")


def _column(kind, unit, meaning, **more):
    return Column(kind, unit, meaning, **more)


#: Tables of what was observed.
OBSERVED: dict[str, Layout] = {
    "launch_days": Layout(
        "North Korean missile launches, a row a month",
        {
            "month": _column(MONTH, "", "the month"),
            "launch_days": _column(COUNT, "days", "days with a launch", high=31),
            "missiles": _column(COUNT, "missiles", "missiles launched", optional=True),
            **_KNOWN,
        },
        ("month",),
    ),
    "provocations": Layout(
        "North Korean provocations, a row a month",
        {
            "month": _column(MONTH, "", "the month"),
            "missile_events": _column(COUNT, "events", "missile provocations"),
            "nuclear_events": _column(COUNT, "events", "nuclear tests"),
            "other_events": _column(COUNT, "events", "others, balloons apart"),
            "balloon_events": _column(COUNT, "events", "balloon launches", optional=True),
            **_KNOWN,
        },
        ("month",),
    ),
    "pla_aircraft": Layout(
        "PLA aircraft around Taiwan, a row a month",
        {
            "month": _column(MONTH, "", "the month"),
            "aircraft": _column(COUNT, "aircraft", "aircraft reported in the month"),
            "days_reported": _column(COUNT, "days", "days that the sum covers", high=31),
            "definition": _column(TEXT, "", "adiz: entries into the zone; all: all detected", allowed=("adiz", "all")),
            **_KNOWN,
        },
        ("month",),
    ),
    "crises": Layout(
        "International crises, a row a crisis",
        {
            "start": _column(MONTH, "", "month of its trigger"),
            "end": _column(MONTH, "", "month of its end", optional=True),
            "theatre": _column(TEXT, "", "where", allowed=_THEATRE),
            "name": _column(TEXT, "", "its name"),
            "violence": _column(COUNT, "code", "1 none, 2 minor clashes, 3 serious clashes, 4 war", high=4, optional=True),
            **_KNOWN,
        },
        ("start", "name"),
    ),
    "onsets": Layout(
        "Onsets of militarised disputes, a row a theatre and period",
        {
            "theatre": _column(TEXT, "", "where", allowed=_THEATRE),
            "first_year": _column(COUNT, "year", "first year of the period", low=1800, high=2200),
            "last_year": _column(COUNT, "year", "last year of the period", low=1800, high=2200),
            "n_onsets": _column(COUNT, "disputes", "disputes that began"),
            "n_wars": _column(COUNT, "disputes", "of them, those that became wars"),
            **_KNOWN,
        },
        ("theatre", "first_year", "last_year"),
    ),
    "arms_flow": Layout(
        "What Pyongyang sent to Russia, a row a published figure",
        {
            "as_of": _column(DATE, "", "the date the figure speaks of"),
            "measure": _column(TEXT, "", "what is counted", allowed=("containers", "troops")),
            "value": _column(NUMBER, "containers or troops", "the total since ``since``", low=0),
            "low": _column(NUMBER, "as value", "lowest figure given", low=0, optional=True),
            "high": _column(NUMBER, "as value", "highest figure given", low=0, optional=True),
            "since": _column(MONTH, "", "the month the total begins in"),
            **_KNOWN,
        },
        ("as_of", "measure", "value"),
    ),
}  # fmt: skip

#: Tables of what drove it.
DRIVING: dict[str, Layout] = {
    "policy": Layout(
        "Levers and drivers, a row a change; each value holds until the next",
        {
            "month": _column(MONTH, "", "the month from which it holds"),
            "name": _column(TEXT, "", "a lever or a driver", allowed=(*LEVERS, *DRIVERS)),
            "value": _column(NUMBER, "0 to 1 (drivers: -1 to 1)", "its value", low=-1, high=1),
            **_KNOWN,
            **_NOTE,
        },
        ("month", "name"),
    ),
    "exercises": Layout(
        "Allied exercises in and around Korea, a row an exercise",
        {
            "start": _column(DATE, "", "its first day"),
            "end": _column(DATE, "", "its last day"),
            "name": _column(TEXT, "", "its name"),
            "scale": _column(NUMBER, "0 to 1", "its size (our judgement); 0: called off", low=0, high=1),
            **_KNOWN,
        },
        ("start", "name"),
    ),
}

#: What a start before 2026 begins from (the package's own; not asked of a directory).
INITIAL = {
    "initial_states": Layout(
        "Initial values at an earlier start, a row a month and parameter; linear between the months",
        {
            "month": _column(MONTH, "", "the month"),
            "parameter": _column(
                TEXT, "", "which", allowed=tuple(name for name in CATALOGUE if name.startswith("initial_"))
            ),
            "ratio": _column(NUMBER, "ratio", "the value as a share of the world's own for 2026-01", low=0, high=3),
            **_KNOWN,
            **_NOTE,
        },
        ("month", "parameter"),
    )
}

LAYOUTS = {**OBSERVED, **DRIVING, **INITIAL}


def _numbers(where, name, column, cells):
    numbers = pd.to_numeric(cells, errors="coerce")
    whole = (numbers % 1 == 0) if column.kind == COUNT else True
    low = max(column.low, 0) if column.kind == COUNT else column.low
    wrong = ~(numbers.between(low, column.high) & whole)
    if wrong.any():
        row = wrong.idxmax()
        span = "" if np.isinf(low) and np.isinf(column.high) else f" in [{low:g}, {column.high:g}]"
        raise InputError(
            f"{where}, line {row + 2}: {name} ({column.unit}) takes {_SAID[column.kind]}{span}; {cells[row]!r} was given"
        )
    return numbers.astype(int) if column.kind == COUNT else numbers


def _words(where, name, column, cells):
    for row, cell in cells.items():
        if column.allowed and cell not in column.allowed:
            raise InputError(
                f"{where}, line {row + 2}: {name} is one of {', '.join(column.allowed)}{nearest(cell, column.allowed)}; "
                f"{cell!r} was given"
            )
        if column.kind in _FORM and not re.fullmatch(_FORM[column.kind], cell):
            raise InputError(f"{where}, line {row + 2}: {name} takes {_SAID[column.kind]}; {cell!r} was given")
    return cells


def checked(table: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    """A table of strings as its layout asks, in order of its key.

    Raises
    ------
    InputError
        Naming the file, line, column, what is allowed and what was given.
    """
    layout = LAYOUTS[name]
    missing = [c for c, column in layout.columns.items() if not column.optional and c not in table]
    if missing:
        raise InputError(
            f"{where} lacks the column {missing[0]!r}; a {name} table has {', '.join(layout.columns)} "
            f"(source, confidence and some others may be left out: docs/files.md)"
        )
    unknown = [c for c in table if c not in layout.columns]
    if unknown:
        raise InputError(
            f"{where} has an unknown column {unknown[0]!r}{nearest(unknown[0], layout.columns)}; a {name} table has "
            f"{', '.join(layout.columns)}"
        )
    out = {}
    for c, column in layout.columns.items():
        if c not in table:
            continue
        cells = table[c].str.strip()
        given = cells != ""
        if not column.optional and not given.all():
            raise InputError(f"{where}, line {(~given).idxmax() + 2}: {c} is empty; it takes {_SAID[column.kind]}")
        read = _numbers if column.kind in (COUNT, NUMBER) else _words
        kept = read(where, c, column, cells[given])
        out[c] = kept if given.all() else kept.reindex(table.index)
    made = pd.DataFrame(out)
    twice = made.duplicated(list(layout.key))
    if twice.any():
        row = twice.idxmax()
        said = ", ".join(str(made.loc[row, c]) for c in layout.key)
        raise InputError(f"{where}, line {row + 2}: {said} is there twice; give each {' and '.join(layout.key)} once")
    return made.sort_values(list(layout.key), kind="stable", ignore_index=True)


def read(path, name: str) -> pd.DataFrame:
    """One table from one file, checked.

    Raises
    ------
    InputError
        If it cannot be read or does not fit its layout.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            table = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True, index_col=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"the table {str(path)!r} cannot be read ({error}); it is a CSV file in UTF-8") from None
    return checked(table, name, path.name)


@dataclass(frozen=True)
class Record:
    """Some of the tables, by name."""

    tables: dict[str, pd.DataFrame]

    def __contains__(self, name):
        return name in self.tables

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.tables:
            raise InputError(f"a table {name}.csv is wanted here and was not given; its layout is in docs/files.md")
        return self.tables[name]

    def updated(self, other: "Record") -> "Record":
        """These tables with the rows of ``other`` beside them; where both speak of the same, ``other`` is believed."""
        joined = dict(self.tables)
        for name, table in other.tables.items():
            both = pd.concat([joined[name], table]) if name in joined else table
            key = list(LAYOUTS[name].key)
            joined[name] = both.drop_duplicates(key, keep="last").sort_values(key, kind="stable", ignore_index=True)
        return Record(joined)

    def until(self, month: str) -> "Record":
        """What had been observed by the end of ``month``; driving tables are left as they are."""
        dates = {"launch_days": "month", "provocations": "month", "pla_aircraft": "month", "crises": "start",
                 "arms_flow": "as_of"}  # fmt: skip
        cut = {name: t[t[dates[name]].str[:7] <= month] if name in dates else t for name, t in self.tables.items()}
        return Record({name: table.reset_index(drop=True) for name, table in cut.items()})

    @cached_property
    def last_month(self) -> str:
        """The last month with an observation of launch days or of aircraft."""
        return max(self.tables[name]["month"].max() for name in ("launch_days", "pla_aircraft") if name in self.tables)


def load(folder: str | Path | None = None, layouts: dict[str, Layout] | None = None) -> Record:
    """Tables from a directory, or the package's own (all of them) if ``folder`` is None.

    Parameters
    ----------
    folder : holds one ``NAME.csv`` a table; not all need be there
    layouts : which tables to look for: ``OBSERVED``, ``DRIVING``; every one if None

    Raises
    ------
    InputError
        If the directory holds none of them, or one does not fit its layout.
    """
    wanted = layouts or LAYOUTS
    place = files("crink_abm") / "data" if folder is None else Path(folder)
    if not place.is_dir():
        raise InputError(f"there is no directory {str(folder)!r}; it holds tables such as {next(iter(wanted))}.csv")
    found = {name: place / f"{name}.csv" for name in wanted if (place / f"{name}.csv").is_file()}
    if not found:
        raise InputError(
            f"{str(folder)!r} holds none of {', '.join(f'{name}.csv' for name in wanted)}; see docs/files.md"
        )
    return Record({name: read(path, name) for name, path in found.items()})
