"""The observation model: from states to what is observed, and the summaries in which model and record are compared."""

import threading
from collections.abc import Sequence

import numpy as np

from ..engine import compiled
from ..engine.threads import run_slices
from ..model import levers
from ..model.fields import FIELDS
from ..model.outcomes import RESULTS
from ..record.tables import Record

_FIELD = {field.name: k for k, field in enumerate(FIELDS)}
#: Runs a thread traces at a time: their fields must stay in the cache.
_TRACED = 128
#: Runs of replicate r are numbered from r times this, so that the random numbers of a world do not depend on its neighbours.
REPLICATE = 10_000_000

#: Summaries of monthly launch days, and of the log of PLA aircraft a month.
LAUNCHES = ("root mean launch days", "share of months without", "variance over mean", "lag-1 of launch days")
AIRCRAFT = ("lag-1 of log aircraft", "s.d. of log aircraft")


def series(
    calendar: np.ndarray,
    values: np.ndarray,
    fields: Sequence[str],
    *,
    replicates: int,
    seed: int,
    first_world: int = 0,
    threads: int | None = None,
) -> dict[str, np.ndarray]:
    """Some fields of every month: ``{field: float32 array (n_worlds, replicates, n_months)}``.

    ``first_world`` is the number of the first world in the whole set: a world keeps its random numbers when it is run again
    in other company.
    """
    n, n_months = len(values), len(calendar)
    out = {name: np.empty((n, replicates, n_months), np.float32) for name in fields}
    kernel, own = compiled.compiled(), threading.local()

    def work(item: tuple[int, int]) -> None:
        replicate, low = item
        high = min(low + _TRACED, n)
        if not hasattr(own, "trace"):
            own.trace = np.empty((_TRACED, n_months, len(FIELDS)))
            own.results = np.empty((_TRACED, len(RESULTS)))
        trace, worlds = own.trace[: high - low], np.arange(low, high)
        first = replicate * REPLICATE + first_world + low
        kernel.fill(calendar, values, worlds, seed, first, own.results[: high - low], trace)
        for name in fields:
            out[name][low:high, replicate] = trace[:, :, _FIELD[name]]

    run_slices(work, [(r, low) for r in range(replicates) for low in range(0, n, _TRACED)], threads)
    return out


def autocorrelation(x: np.ndarray) -> np.ndarray:
    """Lag-1 autocorrelation over the last axis; 0 where nothing varies."""
    d = x - x.mean(-1, keepdims=True)
    power = (d * d).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(power > 0, (d[..., 1:] * d[..., :-1]).sum(-1) / power, 0.0)


def launch_summary(days: np.ndarray) -> np.ndarray:
    """Summaries of launch days over the last axis (months), as ``LAUNCHES``; all 0 or 1 where none was launched."""
    days = np.asarray(days, float)
    mean = days.mean(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        dispersion = np.where(mean > 0, days.var(-1, ddof=1) / mean, 0.0)
    return np.stack([np.sqrt(mean), (days == 0).mean(-1), dispersion, autocorrelation(days)], -1)


def aircraft_summary(log_activity: np.ndarray) -> np.ndarray:
    """Summaries of log aircraft a month over the last axis, as ``AIRCRAFT``: free of the unit it is measured in."""
    x = np.asarray(log_activity, float)
    return np.stack([autocorrelation(x), x.std(-1, ddof=1)], -1)


def log_aircraft(record: Record, definition: str = "all") -> tuple[list[str], np.ndarray]:
    """(months, log of aircraft a 30-day month) under one definition of what is counted.

    The Ministry counted entries into its zone until 2022-07 and all aircraft it saw from 2022-08 on; the level
    breaks there, so the two are never joined. Sums are scaled by the days reported.
    """
    table = record["pla_aircraft"]
    table = table[(table["definition"] == definition) & (table["aircraft"] > 0) & (table["days_reported"] > 0)]
    return table["month"].tolist(), np.log(30.0 * table["aircraft"].to_numpy() / table["days_reported"].to_numpy())


def cumulated(arms_flow: np.ndarray, start: str, since: str, as_of: str) -> np.ndarray:
    """Flow summed over the months (last axis, from ``start``) from ``since`` to the day ``as_of``, its month in part."""
    first, last = levers.month_number(since, start), levers.month_number(as_of[:7], start)
    part = min(int(as_of[8:10]) / 30.0, 1.0)
    return arms_flow[..., max(first, 0) : last].sum(-1) + part * arms_flow[..., last]


#: The one figure of troops (by the end of 2024), the month they were first sent, and the months it took.
TROOPS, SENT, BUILD_UP = 11_000.0, "2024-10", 3


def troops(arms_flow: np.ndarray, start: str) -> np.ndarray:
    """Troops in Russia by month: built up to ``TROOPS`` in ``BUILD_UP`` months from ``SENT``, in step with the flow after.

    The model has no troops. They are read off the flow by one scale that the one figure fixes, so this figure says
    nothing about any parameter; it is here to be shown, not to be fitted.
    """
    n = arms_flow.shape[-1]
    first = levers.month_number(SENT, start)
    built = np.clip((np.arange(n) - first + 1) / BUILD_UP, 0.0, 1.0)
    at = arms_flow[..., min(max(first + BUILD_UP - 1, 0), n - 1), None]
    return np.where(at > 0, TROOPS * built * arms_flow / np.where(at > 0, at, 1.0), 0.0)


def onset_rate(crisis_prob: np.ndarray, status: np.ndarray) -> np.ndarray:
    """Crises that begin in a year, expected: the hazard of each month in which none is under way, summed.

    The mean of the hazard has the expectation of the count and much less noise. Arrays (n_worlds, replicates, months).
    """
    quiet = np.concatenate([np.ones_like(status[..., :1]), status[..., :-1] == 0], -1)
    return 12.0 * (crisis_prob * quiet).mean((-1, -2))


def peaceful(taiwan_status: np.ndarray, korea_status: np.ndarray) -> np.ndarray:
    """Replicates without blockade, invasion or war in Korea, as the record is: mask (n_worlds, replicates)."""
    return (taiwan_status.max(-1) < 2) & (korea_status.max(-1) < 3)
