"""The record: tables of what was observed and of what drove it, from the package or from any directory.

One file a table, one row a month, period, date or event; every row names its source and how it was known. The same
layouts are read wherever they lie, so months nobody calibrated on can be handed in as files.
"""

import datetime
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..model.levers import DRIVERS, LEVERS
from ..model.parameters import CATALOGUE
from ..util import csv_cells
from ..util.csv_cells import shown
from ..util.errors import InputError, nearest

MONTH, DATE, COUNT, NUMBER, TEXT = "month", "date", "count", "number", "text"

_FORM = {MONTH: r"[0-9]{4}-[0-9]{2}", DATE: r"[0-9]{4}-[0-9]{2}-[0-9]{2}"}
_SAID = {
    MONTH: "a month YYYY-MM", DATE: "a date YYYY-MM-DD", COUNT: "a whole number of at least 0", NUMBER: "a number",
    TEXT: "a word",
}  # fmt: skip
#: Years that a month or a date may name, and the most that a number without a range of its own may be.
_YEARS, _MOST = (1900, 2100), 10**12


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
#: The kinds of force, all weighed by the same evidence.
FORCE = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")


def _column(kind: str, unit: str, meaning: str, **more: Any) -> Column:
    return Column(kind, unit, meaning, **more)


#: Columns of which the second is not below the first, by table.
_ORDERED = {
    "crises": (("start", "end"),), "exercises": (("start", "end"),),
    "onsets": (("first_year", "last_year"), ("n_wars", "n_onsets")), "force": (("first_year", "last_year"),),
    "arms_flow": (("low", "value"), ("value", "high"), ("since", "as_of")),
}  # fmt: skip

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
    "force": Layout(
        "Force in the two theatres, a row an outcome and period",
        {
            "outcome": _column(TEXT, "", "which kind of force", allowed=FORCE),
            "first_year": _column(COUNT, "year", "first year of the period", low=1800, high=2200),
            "last_year": _column(COUNT, "year", "last year of the period", low=1800, high=2200),
            "n_years_with": _column(COUNT, "years", "years of the period in which there was any"),
            **_KNOWN,
            **_NOTE,
        },
        ("outcome", "first_year", "last_year"),
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


def _numbers(where: str, name: str, column: Column, cells: pd.Series) -> pd.Series:
    numbers = cells.map(csv_cells.number).astype(float)
    whole = (numbers % 1 == 0) if column.kind == COUNT else True
    low, high = max(column.low, 0 if column.kind == COUNT else -_MOST), min(column.high, _MOST)
    wrong = ~(numbers.between(low, high) & whole)
    if wrong.any():
        row = wrong.idxmax()
        raise InputError(
            f"{where}, line {row + 2}: {name} ({column.unit}) takes {_SAID[column.kind]} in [{low:g}, {high:g}]; "
            f"{shown(cells[row])} was given{csv_cells.hint(cells[row])}"
        )
    return numbers.astype(int) if column.kind == COUNT else pd.to_numeric(cells)


def _dated(cell: str, kind: str) -> bool:
    """Whether a cell is a month or a date of the calendar, in a year that a table may speak of."""
    if not re.fullmatch(_FORM[kind], cell):
        return False
    try:
        year = datetime.date.fromisoformat(cell if kind == DATE else f"{cell}-01").year
    except ValueError:
        return False
    return _YEARS[0] <= year <= _YEARS[1]


def _words(where: str, name: str, column: Column, cells: pd.Series) -> pd.Series:
    for row, cell in cells.items():
        if column.allowed and cell not in column.allowed:
            raise InputError(
                f"{where}, line {row + 2}: {name} is {_one_of(column.allowed)}{nearest(cell[:60], column.allowed)}; "
                f"{shown(cell)} was given"
            )
        if column.kind in _FORM and not _dated(cell, column.kind):
            raise InputError(
                f"{where}, line {row + 2}: {name} takes {_SAID[column.kind]}; {shown(cell)} was given (years {_YEARS[0]} to "
                f"{_YEARS[1]})"
            )
        if name in _KNOWN and csv_cells.number(cell) is not None:
            raise InputError(
                f"{where}, line {row + 2}: {name} takes words; {shown(cell)} was given (a decimal comma before it? numbers "
                "have a point: 4.5)"
            )
    return cells


def _one_of(allowed: tuple[str, ...]) -> str:
    """What a word may be; a long list is in ``crink-abm info``."""
    if len(allowed) > 10:
        return f"one of {len(allowed)} names (`crink-abm info` lists them)"
    return f"one of {', '.join(allowed)}"


def checked(table: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    """A table of strings as its layout asks, in order of its key; a row labelled k stands in line k + 2.

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
            f"{where} has an unknown column {shown(unknown[0])}{nearest(unknown[0][:60], layout.columns)}; a {name} table has "
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
    for first, second in _ORDERED.get(name, ()):
        if first in made and second in made:
            both = made[made[first].notna() & made[second].notna()]
            wrong = both[first] > both[second]  # a month and a date compare as text: 2023-09 < 2023-09-01
            if wrong.any():
                row = wrong.idxmax()
                raise InputError(
                    f"{where}, line {row + 2}: {second} is at least {first}; {shown(str(made.loc[row, first]))} and "
                    f"{shown(str(made.loc[row, second]))} were given"
                )
    if name == "policy":
        wrong = made["name"].isin(LEVERS) & (made["value"] < 0)
        if wrong.any():
            row = wrong.idxmax()
            raise InputError(
                f"{where}, line {row + 2}: the lever {made.loc[row, 'name']} lies in [0, 1]; {made.loc[row, 'value']:g} was given"
            )
    twice = made.duplicated(list(layout.key))
    if twice.any():
        row = twice.idxmax()
        said = ", ".join(str(made.loc[row, c])[:60] for c in layout.key)
        raise InputError(f"{where}, line {row + 2}: {said} is there twice; give each {' and '.join(layout.key)} once")
    return made.sort_values(list(layout.key), kind="stable", ignore_index=True)


def read(path: Path, name: str) -> pd.DataFrame:
    """One table from one file, checked.

    Raises
    ------
    InputError
        If it cannot be read or does not fit its layout.
    """
    where = path.name
    names, rows = csv_cells.read(csv_cells.contents(path, "table"), where)
    lines, cells = [], []
    for line, row in rows:
        lines.append(line - 2)
        cells.append(row)
    return checked(pd.DataFrame(cells, index=lines, columns=names, dtype=str), name, where)


@dataclass(frozen=True)
class Record:
    """Some of the tables, by name."""

    tables: dict[str, pd.DataFrame]

    def __contains__(self, name: object) -> bool:
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
        months = [self.tables[name]["month"] for name in ("launch_days", "pla_aircraft") if name in self.tables]
        if not sum(map(len, months)):
            raise InputError(
                "neither launch_days.csv nor pla_aircraft.csv with a row was given, so no month was observed"
            )
        return max(column.max() for column in months if len(column))


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
    place = Path(str(files("crink_abm") / "data") if folder is None else folder)
    if not place.is_dir():
        raise InputError(f"there is no directory {str(folder)!r}; it holds tables such as {next(iter(wanted))}.csv")
    found = {name: place / f"{name}.csv" for name in wanted if (place / f"{name}.csv").is_file()}
    if not found:
        raise InputError(
            f"{str(folder)!r} holds none of {', '.join(f'{name}.csv' for name in wanted)}; see docs/files.md"
        )
    return Record({name: read(path, name) for name, path in found.items()})
