"""Arguments of public functions, checked: a function a kind, one sentence for what cannot be taken.

Each takes the argument's name and what was given, and returns it in the form that the package works with.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..util.errors import InputError, nearest, told
from ..util.scalars import is_flag, real
from .levers import DRIVERS, LEVERS
from .parameters import CATALOGUE
from .scenarios import policy

#: The longest run in months, the most runs of a policy in one call, and the most threads or processes.
MOST_MONTHS, MOST_RUNS, MOST_WORKERS = 1200, 10**10, 4096
#: Numbers of runs and seeds end before this.
END = 2**64

#: The longest path in bytes.
LONGEST_PATH = 4000

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


#: A name that is checked, of whatever type it was said to be.
Name = TypeVar("Name")


def whole(name: str, value: Any, low: int = 0, high: int = END - 1) -> int:
    """A whole number from ``low`` to ``high``; 12.0 is one, and "12", True and 12.5 are none.

    Raises
    ------
    InputError
        Otherwise.
    """
    is_whole = isinstance(value, int | np.integer) or (
        isinstance(value, float | np.floating) and float(value).is_integer()
    )
    if is_flag(value) or not is_whole:
        raise InputError(f"{name} is a whole number; {told(value)} was given")
    number = int(value)
    if not low <= number <= high:
        allowed = f"in [{low}, 2^64)" if high == END - 1 else f"from {low:,} to {high:,}"
        raise InputError(f"{name} is a whole number {allowed}; {told(number)} was given")
    return number


seed: Callable[[Any], int] = partial(whole, "seed")


def months(value: object) -> int:
    """The length of a run in months."""
    number = whole("months", value, -END, END)
    if not 1 <= number <= MOST_MONTHS:
        raise InputError(f"a run lasts at least 1 month and at most {MOST_MONTHS}; {told(number)} was given as months")
    return number


def runs(value: object, first_run: object = 0) -> tuple[int, int]:
    """How many runs, and the number of the first: all numbers lie below 2^64."""
    n, first = whole("runs", value, 1, MOST_RUNS), whole("first_run", first_run)
    if first + n > END:
        raise InputError(f"runs are numbered below 2^64: first_run is at most 2^64 - {n:,} here; {first} was given")
    return n, first


def workers(value: object) -> int | None:
    """How many threads or processes; None leaves it to the machine."""
    return None if value is None else whole("workers", value, 1, MOST_WORKERS)


def number(name: str, value: object, low: float, high: float, example: float) -> float:
    """A number strictly between ``low`` and ``high``."""
    given = real(value)
    if given is None or not low < given < high:
        raise InputError(f"{name} lies in ({low:g}, {high:g}), for example {example:g}; {told(value)} was given")
    return given


def flag(name: str, value: object) -> bool:
    """True or False."""
    if not is_flag(value):
        raise InputError(f"{name} is True or False; {told(value)} was given")
    return bool(value)


def text(name: str, value: object, example: str) -> str:
    """Text that says something."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} is text, for example {example!r}; {told(value)} was given")
    return value


def one_of(name: str, value: Name, allowed: Iterable[str]) -> Name:
    """One of some words."""
    allowed = list(allowed)
    if not isinstance(value, str) or value not in allowed:
        hint = nearest(value, allowed) if isinstance(value, str) else ""
        raise InputError(f"{name} is one of {', '.join(allowed)}; {told(value)} was given{hint}")
    return value


def outcome(value: Name, allowed: Iterable[str], *, kind: str = "outcome") -> Name:
    """The name of an outcome (or of another ``kind`` of thing)."""
    allowed = list(allowed)
    if not isinstance(value, str) or value not in allowed:
        hint = nearest(value, allowed) if isinstance(value, str) else ""
        raise InputError(f"no {kind} is named {told(value)}{hint}; they are {', '.join(allowed)}")
    return value


def names(name: str, value: object, allowed: Iterable[str], *, kind: str = "outcome", least: int = 1) -> list[str]:
    """Some names of outcomes (or another ``kind``); one alone is a list of one."""
    given = several(name, [value] if isinstance(value, str) else value, least)
    return [outcome(one, allowed, kind=kind) for one in given]


def several(name: str, value: Any, least: int = 1) -> list[Any]:
    """The members of a list, tuple, set, array, series or range, of which there are at least so many."""
    if isinstance(value, str | bytes | bytearray | Mapping) or getattr(value, "ndim", 1) != 1:
        raise InputError(f"{name} is a list; {told(value)} was given")
    try:
        found = list(value)
    except TypeError:
        raise InputError(f"{name} is a list; {told(value)} was given") from None
    if len(found) < least:
        raise InputError(f"{name} names nothing; give at least one")
    return found


def points(value: object, n_points: int) -> list[int]:
    """Numbers of points, each once, in the order given; a number alone is a list of one."""
    alone = isinstance(value, Real) or getattr(value, "ndim", 1) == 0
    numbers = several("points", [value] if alone else value)
    return list(dict.fromkeys(whole("the number of a point", one, 0, n_points - 1) for one in numbers))


def month(name: str, value: object) -> str:
    """A month, ``YYYY-MM``."""
    said = value if isinstance(value, str) else str(value) if type(value).__name__ == "Period" else ""
    if not _MONTH.fullmatch(said):
        raise InputError(f"{name} is a month, written YYYY-MM (for example 2027-06); {told(value)} was given")
    return said


def mapping(name: str, value: Any, example: str) -> dict[str, Any]:
    """A mapping with names for keys; a pandas Series is one, and None is an empty one."""
    if value is None:
        return {}
    if type(value).__name__ == "Series" and hasattr(value, "to_dict"):
        if not value.index.is_unique:
            raise InputError(f"{name} has an entry twice; give each name once")
        value = value.to_dict()
    if not isinstance(value, Mapping):
        raise InputError(f"{name} is a mapping, for example {example}; {told(value)} was given")
    for key in value:
        if not isinstance(key, str):
            raise InputError(f"the entries of {name} have names, for example {example}; {told(key)} was given")
    return dict(value)


def _level(name: str, value: Any, kind: str) -> float | dict[str, Any]:
    """A number, or a dated schedule of numbers, of a lever or a driver."""
    if isinstance(value, Mapping) or type(value).__name__ == "Series":
        items = value.items() if isinstance(value, Mapping) else value.to_dict().items()
        return {month(f"a date of {name}", date): _level(name, level, kind) for date, level in items}
    given = real(value)
    if given is None:
        raise InputError(f"{kind}{name} takes a number or a dated schedule; {told(value)} was given")
    return given


def levers(value: object, name: str = "levers") -> dict[str, Any]:
    """A policy: a mapping of levers, a Series of them, or what the command line takes: ``"article"``, ``"exposure=0.9"``."""
    if isinstance(value, str):
        return policy(value)
    given = mapping(name, value, "{'usfk_posture': 0.7}, or a scenario's name")
    for lever in given:
        outcome(lever, LEVERS, kind="lever")
    return {lever: _level(lever, level, "") for lever, level in given.items()}


def parameters(value: object) -> dict[str, Any]:
    """Coefficients and switches that differ from their defaults; the levels of switches by name or number."""
    given = mapping("parameters", value, "{'crisis_duration': 2.0}")
    for name, level in given.items():
        if name not in CATALOGUE:
            raise InputError(
                f"no parameter is named {told(name)}{nearest(name, CATALOGUE)}; `crink-abm info` lists them"
            )
        if not (CATALOGUE[name].switch is not None and isinstance(level, str)):
            given[name] = real(level)
        if given[name] is None:
            raise InputError(f"parameter {name} takes a number; {told(level)} was given")
    return given


def drivers(value: object, n_months: int) -> dict[str, Any]:
    """What history supplies: a number, dated steps, or a value a month, by driver."""
    given = mapping("drivers", value, "{'driver_veto': {'2024-03': 1}}")
    for name, level in given.items():
        outcome(name, DRIVERS, kind="driver")
        if isinstance(level, list | tuple | np.ndarray) and getattr(level, "ndim", True):
            series = [_level(name, one, "driver ") for one in level]
            if any(isinstance(one, dict) for one in series) or len(series) != n_months:
                raise InputError(f"driver {name} takes {n_months} values, one a month; {len(series)} were given")
            given[name] = np.array(series)
        else:
            given[name] = _level(name, level, "driver ")
    return given


def rules(value: object) -> dict[str, Any] | None:
    """Functions in place of rules, by full name; what they are is checked where they are used."""
    return None if value is None else mapping("rules", value, "{'china.crisis_prob': a_function}")


def path(name: str, value: object) -> Path:
    """A place on the disk: text or a path."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str) or not os.fspath(value):
        raise InputError(f"{name} is a path, as text or pathlib.Path; {told(value)} was given")
    said = os.fspath(value)
    try:
        encoded = os.fsencode(said)
    except UnicodeEncodeError:
        raise InputError(
            f"{name} has characters that no file can have here, {told(said)}; choose another name, or a locale with UTF-8"
        ) from None
    if "\0" in said:
        raise InputError(f"{name} has a zero character, {told(said)}; choose another name")
    if len(encoded) > LONGEST_PATH or any(len(os.fsencode(part)) > 255 for part in Path(said).parts):
        raise InputError(f"{name} is a path too long for a disk ({len(said):,} characters); choose a shorter one")
    return Path(said)


def experiment(value: object) -> dict[str, Any] | Path:
    """An experiment: the path of a file, or a dict of its shape."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str | os.PathLike):
        raise InputError(f"an experiment is the path of a file, or a dict of the same shape; {told(value)} was given")
    return path("the experiment file", value)


def callback(name: str, value: Any) -> Any:
    """A function to be called, or None; True and False where they mean something (``progress``)."""
    if value is None or callable(value) or (name == "progress" and is_flag(value)):
        return value
    raise InputError(f"{name} is a function; {told(value)} was given")


def environment() -> None:
    """Refuse variables of the environment that the compiled engine cannot take."""
    threads()
    said = os.environ.get("NUMBA_NUM_THREADS", "1")
    if not re.fullmatch(r"\s*[0-9]+\s*", said) or not int(said[:20]):
        raise InputError(f"NUMBA_NUM_THREADS is a whole number from 1; {told(said)} is set: change or unset it")
    if os.environ.get("NUMBA_DISABLE_JIT", "0").strip() not in ("", "0"):
        raise InputError("NUMBA_DISABLE_JIT turns the compiler off, and the engine is compiled; unset it")


def threads() -> int | None:
    """``$CRINK_THREADS``; None where it is not set."""
    said = os.environ.get("CRINK_THREADS", "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:20]) <= MOST_WORKERS):
        raise InputError(
            f"CRINK_THREADS is a whole number from 1 to {MOST_WORKERS:,}; {told(said)} is set: change or unset it"
        )
    return int(said)
