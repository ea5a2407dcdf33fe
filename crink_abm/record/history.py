"""Historical mode: the levers, drivers and initial states of a run that starts before 2026.

Any month from 2012-01 on. Levers and drivers come from the tables ``policy`` and ``exercises``; what differs at an
earlier start comes from ``initial_states``, as a share of the world's own value for 2026-01.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from ..ensemble.worlds import Worlds
from ..model import levers
from ..model.parameters import CATALOGUE
from ..model.rules import north_korea, united_states
from ..util.errors import InputError
from . import testing
from .tables import Record

FIRST = "2012-01"

_NAMES = list(CATALOGUE)
#: An exercise counts in a month of which it fills at least so many days.
_DAYS = 3
#: Coefficients measured in units of China's power at the start.
_POWERS = [_NAMES.index(p.name) for p in CATALOGUE.values() if p.unit == "China 2026 = 1"]
#: Of them, those that grow, and at which rate.
_GROWTH = {
    "rok_power_start": "rok_growth",
    "taiwan_power_start": "taiwan_growth",
    "japan_power_start": "japan_growth",
    "us_power_start": "us_growth",
}


def months(start: str, n_months: int) -> list[str]:
    """``n_months`` month labels from ``start``."""
    return [levers.month_label(t, start) for t in range(n_months)]


def _checked_start(start: str) -> None:
    if levers.month_number(start, FIRST) < 0:
        raise InputError(
            f"history begins in {FIRST}; a start in {start} was given (the tables of drivers go no further back)"
        )


def exercise_season(record: Record, start: str, n_months: int) -> np.ndarray:
    """Weight of the exercise calendar, month by month: the scale of the largest exercise that fills three days of it.

    After the last year of the table the calendar of 2022-24 (``levers.SEASON``) goes on.
    """
    table = record["exercises"]
    season = np.zeros(n_months)
    last = table["end"].max()[:4]
    first, final = (table[name].to_numpy("datetime64[D]") for name in ("start", "end"))
    scale, day = table["scale"].to_numpy(), np.timedelta64(1, "D")
    for t, label in enumerate(months(start, n_months)):
        if label[:4] > last:
            season[t] = levers.SEASON.get(int(label[5:]), 0.0)
            continue
        opens = np.datetime64(f"{label}-01", "D")
        closes = (np.datetime64(label, "M") + 1).astype("datetime64[D]") - day
        overlap = (np.minimum(final, closes) - np.maximum(first, opens)) // day + 1
        season[t] = scale[overlap >= _DAYS].max(initial=0.0)
    return season


def _steps(table: pd.DataFrame, name: str, start: str, n_months: int) -> np.ndarray | None:
    """The values of one name month by month, each until the next; None if the table has none before the end."""
    rows = table[table["name"] == name]
    at = np.array([levers.month_number(month, start) for month in rows["month"]])
    before = np.searchsorted(at, np.arange(n_months), side="right") - 1
    if not len(rows) or before[-1] < 0:
        return None
    return rows["value"].to_numpy()[np.maximum(before, 0)]


def calendar(record: Record, start: str, n_months: int) -> np.ndarray:
    """Levers and drivers as recorded: an array (n_months, len(levers.COLUMNS)).

    Raises
    ------
    InputError
        If it starts before 2012-01.
    """
    _checked_start(start)
    table = record["policy"]
    policy, drivers = {}, {"driver_exercise_season": exercise_season(record, start, n_months)}
    for name in levers.COLUMNS:
        values = _steps(table, name, start, n_months)
        if values is None:
            continue
        if name in levers.DRIVERS:
            drivers[name] = values
        elif n_months == 1:
            policy[name] = values[0]
        else:
            policy[name] = dict(zip(months(start, n_months), values.tolist(), strict=True))
    return levers.calendar(policy, n_months, start, drivers)


def _ratios(record: Record, start: str) -> dict[str, float]:
    """How much of each initial value of 2026 a start has."""
    names = record["initial_states"]["parameter"].unique()
    return {name: float(course(record, name, start, 1)[0]) for name in names}


def course(record: Record, name: str, start: str, n_months: int) -> np.ndarray:
    """How much of an initial value of 2026 each month from ``start`` has."""
    rows = record["initial_states"]
    rows = rows[rows["parameter"] == name]
    at = [levers.month_number(month, start) for month in rows["month"]]
    return np.interp(np.arange(n_months), at, rows["ratio"])


def memory(record: Record, start: str, decay: np.ndarray) -> np.ndarray:
    """Each world's memory of provocations at ``start``, from the months with a launch before it.

        memory' = decay memory + (1 - decay) (1 if launched, else 0)

    The rule itself (``north_korea.provocation``), run over the record from its first month, where it is 0.
    """
    table = record.until(levers.month_label(-1, start))["launch_days"]
    held = np.zeros_like(decay)
    for days in table["launch_days"]:
        held = decay * held + (1.0 - decay) * (days > 0)
    return held


def tests(worlds: Worlds, record: Record, start: str) -> testing.Filtered:
    """What the launches before ``start`` leave of the regime of tests, in each world.

    What presses for a campaign is as recorded; technology and autonomy are each world's own of 2026, times the ratio of
    the month.
    """
    values = {name: worlds.column(name) for name in CATALOGUE}
    n_months = levers.month_number(start, FIRST)
    days = record["launch_days"].set_index("month")["launch_days"]
    known = calendar(record, FIRST, n_months + 1)[:-1]
    column = {name: known[:, k] for k, name in enumerate(levers.COLUMNS)}
    grown = values["initial_technology"][:, None] * course(record, "initial_technology", FIRST, n_months + 1)
    autonomy = values["initial_autonomy"][:, None] * course(record, "initial_autonomy", FIRST, n_months)
    restraint = north_korea.restraint(
        column["china_engagement"], autonomy, values["restraint_strength"][:, None], values["beijing_profit"][:, None]
    )
    exercise = united_states.exercises(column["exercise_tempo"], column["driver_exercise_season"])
    return testing.filtered(
        values, days.reindex(months(FIRST, n_months)).fillna(0.0).to_numpy(), np.diff(grown, axis=1), exercise, restraint,
        column["driver_borders"], column["diplomatic_offramp"],
    )  # fmt: skip


def at_start(worlds: Worlds, record: Record, start: str) -> Worlds:
    """The worlds as they would have begun in ``start``: initial states of that month, powers in China's power of then.

    From 2026-01 on they begin as they are. Wherever the record of launches reaches the month before the start, the
    memory of provocations, the regime of tests and the backlog are what that record leaves: the chance of a campaign, or
    a moratorium where that is the likelier. What is approximated: ratios are our judgement (the table says
    so row by row); beliefs, will, politics and the arms race begin at their long-run values of 2026; a value may
    leave the range its parameter declares, which is that of 2026.
    """
    _checked_start(start)
    values = worlds.values.copy()
    earlier = -levers.month_number(start, levers.START)
    if earlier > 0:
        for name, ratio in _ratios(record, start).items():
            column = _NAMES.index(name)
            values[:, column] = np.clip(values[:, column] * ratio, 0.0, 1.0)
        values[:, _POWERS] *= ((1.0 + worlds.column("china_growth")) ** earlier)[:, None]
        for name, growth in _GROWTH.items():
            values[:, _NAMES.index(name)] /= (1.0 + worlds.column(growth)) ** earlier
    launches = record["launch_days"]["month"]
    if launches.min() < start and launches.max() >= levers.month_label(-1, start):
        values[:, _NAMES.index("initial_memory")] = memory(record, start, worlds.column("memory_decay"))
    if launches.min() <= start <= levers.month_label(1, launches.max()):
        left = tests(worlds, record, start)
        quiet, campaign, moratorium = left.prob.T
        with np.errstate(invalid="ignore"):
            under_way = campaign / (quiet + campaign)
        values[:, _NAMES.index("initial_regime")] = np.where(moratorium > 0.5, testing.MORATORIUM, under_way)
        values[:, _NAMES.index("initial_backlog")] = left.backlog
    return replace(worlds, values=values, origin=f"{worlds.origin}, as of {start}", as_of=start)
