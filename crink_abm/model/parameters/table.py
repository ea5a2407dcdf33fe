"""The table of parameters, ``crink_abm/model/parameters.csv``: read row by row, or refused with its line and a remedy.

A row is a parameter: name, group, default, low, high, unit, source, meaning. The order of rows is that of every parameter
array: rows of a group stand together, and groups stand in the order of :data:`HEADINGS`. A spreadsheet is enough to review it.
"""

from collections.abc import Iterable
from keyword import iskeyword
from pathlib import Path
from typing import Any

from ...util import csv_cells
from ...util.csv_cells import shown
from ...util.errors import InputError, nearest
from .base import Parameter, parameters

#: The table of the package.
TABLE = Path(__file__).parents[1] / "parameters.csv"

#: The groups of parameters, in the order of the table.
HEADINGS = (
    "Leaders", "China", "North Korea", "Russia", "Iran", "United States", "South Korea, Japan, Taiwan", "Sanctions monitors",
    "Wars and joins",
)  # fmt: skip

_COLUMNS = ("name", "group", "default", "low", "high", "unit", "source", "meaning")


def rows_as_parameters(path: Path = TABLE, taken: Iterable[str] = ()) -> dict[str, tuple[Parameter, ...]]:
    """Group -> its parameters, in the order of the table.

    Parameters
    ----------
    path : a table of parameters
    taken : names that a parameter cannot have

    Raises
    ------
    InputError
        With file, line and remedy, if the table is missing or spoilt.
    """
    where = f"the table of parameters {shown(str(path), 200)}"
    names, rows = csv_cells.read(csv_cells.contents(path, "table of parameters"), where)
    if tuple(names) != _COLUMNS:
        raise InputError(
            f"{where}, line 1: the columns are {', '.join(_COLUMNS)}, in this order; {shown(names, 200)} are there"
        )
    seen: dict[str, int] = dict.fromkeys(taken, 0)
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for line, cells in rows:
        row = dict(zip(_COLUMNS, cells, strict=True))
        fault = _fault(row, list(groups), seen)
        if fault:
            raise InputError(f"{where}, line {line}: {fault}")
        seen[row["name"]] = line
        figures = (float(row[column]) for column in ("default", "low", "high"))
        groups.setdefault(row["group"], []).append((row["name"], *figures, row["unit"], row["source"], row["meaning"]))
    missing = [group for group in HEADINGS if group not in groups]
    if missing:
        raise InputError(f"{where} has no parameter in the group {missing[0]}; put its rows back")
    return {group: parameters(*made) for group, made in groups.items()}


def _fault(row: dict[str, str], before: list[str], seen: dict[str, int]) -> str:
    """What is wrong with a row, and what to do; empty if nothing is.

    Parameters
    ----------
    before : groups of the rows above
    seen : name -> line of the rows above, and of names that are taken (line 0)
    """
    name, group = row["name"], row["group"]
    if not name.isidentifier() or iskeyword(name) or not name.isascii():
        return f"a name is small letters, digits and underscores, such as crisis_duration; {shown(name)} is there"
    if name in seen:
        other = f"that of line {seen[name]}" if seen[name] else "that of a structural switch"
        return f"the name {name} is {other} too; give each once"
    if group not in HEADINGS:
        return f"there is no group {shown(group)}{nearest(group, HEADINGS)}; groups are {'; '.join(HEADINGS)}"
    if before and HEADINGS.index(group) < HEADINGS.index(before[-1]):
        return (
            f"the group {group} stands below {before[-1]}; keep the rows of a group together, and groups in their order"
        )
    for column in ("default", "low", "high"):
        value = csv_cells.number(row[column])
        if value is None or value in (float("inf"), float("-inf")):
            return f"the {column} of {name} is a number; {shown(row[column])} is there{csv_cells.hint(row[column])}"
    low, default, high = (float(row[column]) for column in ("low", "default", "high"))
    if not low <= default <= high:
        return f"the default of {name}, {default:g}, lies outside its range, {low:g} to {high:g}; mend one of the three"
    empty = next((column for column in ("unit", "source", "meaning") if not row[column]), None)
    if empty:
        return f"the {empty} of {name} is empty; say it (a source that there is none of is 'assumed')"
    return ""
