"""The policy vector and its dated schedules; the drivers that history supplies.

A lever is a number in [0, 1], or a schedule ``{"2026-01": 0.5, "2027-06": 0.9}``:
piecewise linear between its dates, constant before the first and after the last.
A driver is a number, or dated steps ``{"2014-02": 0, "2022-02": 1}``: each value
holds until the next date, and before the first the default applies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from ..util.errors import InputError, nearest, told
from ..util.scalars import real

START = "2026-01"
MONTHS = 120
#: The longest run.
MOST_MONTHS = 1200


@dataclass(frozen=True)
class Lever:
    """One instrument of policy: what its ends mean, and where it stands today."""

    name: str
    today: float
    pillar: str
    low: str
    high: str


LEVERS: dict[str, Lever] = {
    lever.name: lever
    for lever in (
        Lever("usfk_posture", 0.5, "1 posture", "US forces in Korea withdrawn", "about twice today's 28,500"),
        Lever("heavy_share", 0.4, "1 posture", "all light or rotational", "all heavy, permanently in theatre"),
        Lever("dual_role", 0.3, "1 posture", "bound to the peninsula", "wholly usable for Taiwan"),
        Lever("maritime_posture", 0.5, "1 posture", "no carriers and bombers", "twice today's"),
        Lever("trilateral_coordination", 0.5, "2 alliance", "ad hoc", "institutional and tested, Russia assumed"),
        Lever("exercise_tempo", 0.5, "2 alliance", "suspended", "double today's calendar"),
        Lever("japan_burden_share", 0.4, "2 alliance", "none", "full second-theatre role"),
        Lever("sanctions_intensity", 0.5, "3 policy", "lapsed", "fully enforced, with secondary sanctions"),
        Lever("exposure", 0.5, "3 policy", "secrecy kept", "every transfer published"),
        Lever("diplomatic_offramp", 0.2, "3 policy", "no channel", "standing purpose-built talks"),
        Lever("china_engagement", 0.3, "3 policy", "none", "full parallel engagement on stability"),
        Lever("counter_hybrid", 0.3, "4 hybrid", "none", "illicit cyber and finance income closed off"),
        Lever(
            "porcupine_defence",
            0.4,
            "comparator",
            "Taiwan buys few prestige platforms",
            "many small arms, stocks, reserves",
        ),
        Lever("declared_resolve", 0.3, "comparator", "Washington says nothing", "an unconditional pledge to fight"),
    )
}

#: What history supplies: (default, meaning). -1 leaves a state to the model.
DRIVERS: dict[str, tuple[float, str]] = {
    "driver_ukraine": (-1.0, "War in Ukraine: 0 or 1 as recorded, -1 as the model has it"),
    "driver_us_crisis": (-1.0, "Crisis elsewhere: 0 or 1 as recorded, -1 as the model has it"),
    "driver_veto": (1.0, "The Russian veto of the UN panel (from 2024-03): 0 or 1"),
    "driver_statement": (0.0, "Statements on US commitment: -1 silent or doubting, 1 affirming"),
    "driver_exercise_season": (0.0, "Weight of the exercise calendar this month"),
    "driver_borders": (0.0, "North Korea's borders: 0 open, 1 closed (2020-02 to 2023-08)"),
    "driver_inauguration": (
        0.0,
        "A US administration takes office: 1 in January 2029 and every fourth January, else 0",
    ),
    "force_taiwan": (-1.0, "The Strait is put at 0 calm, 1 crisis, 2 blockade, 3 war; -1 as the model has it"),
    "force_korea": (-1.0, "Korea is put at 0 calm, 1 crisis, 2 limited attack, 3 war; -1 as the model has it"),
    "force_flow": (-1.0, "Munitions from Pyongyang to Moscow (2024 pace = 1); -1 as the model has it"),
    "force_xi_belief": (-1.0, "Xi's belief that Washington is committed (0 to 1); -1 as the model has it"),
    "force_kim_belief": (-1.0, "Kim's belief that Washington is committed; -1 as the model has it"),
}
#: Drivers that go beyond 1: the most that they take.
MOST = {"force_taiwan": 3.0, "force_korea": 3.0, "force_flow": 1.5}
#: What each month has by the calendar, unless it is given: driver -> a function of (year, month of the year).
BY_CALENDAR = {
    "driver_exercise_season": lambda year, month: SEASON.get(month, 0.0),
    "driver_inauguration": lambda year, month: 1.0 if month == 1 and year % 4 == 1 else 0.0,
}

#: Exercise weight by calendar month: the calendar of 2022-24 (Freedom Shield, Freedom Edge,
#: Ulchi Freedom Shield, autumn air and trilateral drills); scale 0 to 1.
SEASON: dict[int, float] = {3: 0.9, 4: 0.3, 6: 0.5, 8: 0.9, 10: 0.3, 11: 0.5}

#: Row order of a calendar array: levers, then drivers.
COLUMNS: tuple[str, ...] = (*LEVERS, *DRIVERS)

_DATE = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
#: Months from 0000-01 to the last that is written YYYY-MM.
_LAST = 9999 * 12 + 11


def month_number(date: str, start: str = START) -> int:
    """Months from ``start`` to ``date``, both ``YYYY-MM``.

    Raises
    ------
    InputError
        If a date is not of that form.
    """
    numbers = []
    for text in (date, start):
        match = _DATE.fullmatch(str(text)) if type(text).__name__ in ("str", "str_", "Period") else None
        if not match:
            raise InputError(f"a month is written YYYY-MM (for example 2027-06); {told(text)} was given")
        numbers.append(int(match[1]) * 12 + int(match[2]) - 1)
    return numbers[0] - numbers[1]


def month_label(month: int, start: str = START) -> str:
    """The date ``YYYY-MM`` of a month counted from ``start``."""
    count = month_number(start, "0000-01") + month
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def _dated(name: str, value: Mapping[str, float], start: str) -> Iterator[tuple[Any, ...]]:
    """The months and levels of a schedule, in order of time."""
    if not value:
        raise InputError(f"the schedule of {name} is empty; give at least one 'YYYY-MM' = value")
    levels = {month_number(date, start): _number(name, level) for date, level in value.items()}
    if len(levels) < len(value):
        raise InputError(f"the schedule of {name} has a month twice; give each once")
    return zip(*sorted(levels.items()), strict=True)


def _schedule(name: str, value: Any, n_months: int, start: str) -> np.ndarray:
    """A lever month by month: linear between its dates."""
    if not isinstance(value, Mapping):
        return np.full(n_months, _number(name, value))
    dates, levels = _dated(name, value, start)
    if len(dates) < 2:
        raise InputError(
            f"the schedule of {name} has one date; give at least two, the first where the change begins, for example "
            f"{{'{START}' = {LEVERS[name].today:g}, '2028-01' = {levels[0]:g}}}"
        )
    return np.interp(np.arange(n_months), dates, levels)


def _steps(name: str, value: Any, default: np.ndarray, n_months: int, start: str) -> np.ndarray:
    """A driver month by month: each dated value holds until the next; before the first, the default."""
    if isinstance(value, np.ndarray):
        if value.shape != (n_months,):
            raise InputError(f"driver {name} takes {n_months} values, one a month; {value.shape} were given")
        return np.array([_number(name, x) for x in value.tolist()])
    if not isinstance(value, Mapping):
        return np.full(n_months, _number(name, value))
    series = np.array(default, float)
    for date, level in zip(*_dated(name, value, start), strict=True):
        series[max(date, 0) :] = level
    return series


def _number(name: str, value: Any) -> float:
    """A level; flags and text are none, whatever Python makes of them."""
    low, high = -1.0 if name in DRIVERS else 0.0, MOST.get(name, 1.0)
    level = real(value)
    if level is None:
        raise InputError(f"{name} takes a number or a dated schedule; {told(value)} was given")
    if not low <= level <= high:
        raise InputError(f"{name} lies in [{low:g}, {high:g}]; {told(value)} was given")
    return level + 0.0  # no negative zero


def _named(what: str, given: Any, known: Mapping[str, Any], example: str) -> Mapping[str, Any]:
    """What was given as levers or drivers: a mapping with known names."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(f"{what}s are given as a mapping, for example {example}; {told(given)} was given")
    for name in given:
        if not isinstance(name, str) or name not in known:
            raise InputError(
                f"no {what} is named {told(name)}{nearest(name, known)}; the {what}s are {', '.join(known)}"
            )
    return given


def checked(levers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The full policy vector: today's values updated by ``levers``.

    Raises
    ------
    InputError
        If it is no mapping, or on an unknown lever or a value outside [0, 1].
    """
    full: dict[str, Any] = {lever.name: lever.today for lever in LEVERS.values()}
    for name, value in _named("lever", levers, LEVERS, "{'usfk_posture': 0.7}").items():
        if isinstance(value, Mapping):
            _schedule(name, value, 1, START)
            full[name] = {str(date): _number(name, level) for date, level in value.items()}
        else:
            full[name] = _number(name, value)
    return full


def check_dates(name: str, value: Any, n_months: int = MONTHS, start: str = START) -> None:
    """Refuse a schedule none of whose dates lies in the run.

    Raises
    ------
    InputError
        If so.
    """
    if isinstance(value, Mapping) and not any(0 <= month_number(date, start) < n_months for date in value):
        raise InputError(
            f"no date of the schedule of {name} lies in the run, {start} to {month_label(n_months - 1, start)}; "
            f"{', '.join([*value][:3])}{', ...' if len(value) > 3 else ''} was given"
        )


def check_span(n_months: int, start: str) -> None:
    """Refuse a run of no whole number of months, a longer one than ``MOST_MONTHS``, or one that ends after 9999.

    Raises
    ------
    InputError
        If so.
    """
    if isinstance(n_months, bool) or not isinstance(n_months, Integral):
        raise InputError(f"the length of a run is a whole number of months; {told(n_months)} was given")
    if not 1 <= n_months <= MOST_MONTHS:
        raise InputError(f"a run lasts at least 1 month and at most {MOST_MONTHS}; {told(int(n_months))} was given")
    if month_number(start, "0000-01") + n_months - 1 > _LAST:
        raise InputError(f"a run ends by 9999-12; {n_months} months from {start} were given")


def calendar(
    levers: Mapping[str, Any] | None = None,
    n_months: int = MONTHS,
    start: str = START,
    drivers: Mapping[str, Any] | None = None,
) -> np.ndarray:
    """Levers and drivers month by month: an array (n_months, len(COLUMNS)), columns as in ``COLUMNS``.

    ``drivers`` overrides the defaults: a number, dated steps, or an array of n_months values.

    Raises
    ------
    InputError
        On an unknown name, a value out of range, or a schedule that lies outside the run.
    """
    check_span(n_months, start)
    policy = checked(levers)
    for name, value in policy.items():
        check_dates(name, value, n_months, start)
    first = month_number(start, "0000-01")
    given = _named("driver", drivers, DRIVERS, "{'driver_veto': {'2024-03': 1}}")
    table = np.empty((n_months, len(COLUMNS)))
    for column, name in enumerate(COLUMNS):
        if name in DRIVERS:
            dated = BY_CALENDAR.get(name, lambda *_, name=name: DRIVERS[name][0])
            default = np.array([dated((first + t) // 12, (first + t) % 12 + 1) for t in range(n_months)])
            value = given.get(name)
            table[:, column] = default if value is None else _steps(name, value, default, n_months, start)
    return with_policy(table, policy, start)


def with_policy(table: np.ndarray, policy: Mapping[str, Any], start: str = START) -> np.ndarray:
    """A copy of a calendar with the levers of a whole policy, checked before, in it."""
    table = table.copy()
    for column, name in enumerate(LEVERS):
        value = policy[name]
        table[:, column] = _schedule(name, value, len(table), start) if isinstance(value, Mapping) else value
    return table
