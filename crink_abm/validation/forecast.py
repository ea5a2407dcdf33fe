"""A forecast from an origin: what the model knew then, run on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..calibration import likelihood, observation
from ..ensemble.worlds import Worlds
from ..estimation.resampling import normalised, resampled
from ..model import levers
from ..model.parameters import CATALOGUE
from ..model.rules import china
from ..record import history
from ..record.tables import Record

LEADS = 12

#: Histories a world and origin.
REPLICATES = 2

MODEL, UPDATED, PRIOR, BASE, LAGGED = "model", "model, updated", "prior", "base rate", "lagged regression"

#: Months before an origin by which the updated model weighs its worlds, and histories a world to do so.
UPDATE_MONTHS, UPDATE_REPLICATES = 24, 8


@dataclass(frozen=True)
class Forecast:
    """What one ensemble expects of the ``LEADS`` months after an origin: samples (n, LEADS)."""

    launch_days: np.ndarray
    provocation: np.ndarray
    korea_onset: np.ndarray
    taiwan_onset: np.ndarray
    aircraft: np.ndarray


def forecast(worlds: Worlds, record: Record, origin: str, seed: int, calendar: np.ndarray | None = None) -> Forecast:
    """Run an ensemble from the month after ``origin``, whose record it has seen.

    ``calendar`` holds the levers and drivers of the months forecast, where they have been looked up already.

    The log of aircraft is the activity's course about its mean, set off from the last month's distance to the mean:

        level + p^h (x_origin - level) + activity_h - (1 - p^h) mean            with p = pla_persistence

    exact for the log-AR(1) of the rule. ``aircraft`` here holds the course without level and start, see ``forecast_scores``.
    """
    start = levers.month_label(1, origin)
    begun = history.at_start(worlds, record.until(origin), start)
    calendar = history.calendar(record, start, LEADS) if calendar is None else calendar
    names = ("launch_days", "provocation", "korea_status", "taiwan_status", "pla_activity", "grievance", "taiwan_drift")
    ran = observation.series(calendar, begun.values, names, replicates=REPLICATES, seed=seed)

    def onset(status: np.ndarray) -> np.ndarray:
        before = np.concatenate([np.zeros_like(status[..., :1]), status[..., :-1]], -1)
        return ((status > 0) & (before == 0)).reshape(-1, LEADS)

    column = {name: worlds.values[:, k][:, None] for k, name in enumerate(CATALOGUE)}
    mean = china.pla_activity(
        0.0,
        ran["grievance"][..., 0],
        ran["taiwan_drift"][..., 0],
        0.0,
        column["pla_grievance"],
        column["pla_drift"],
        0.0,
        0.5,
    )
    kept = column["pla_persistence"][..., None] ** np.arange(1, LEADS + 1)
    course = ran["pla_activity"] - (1.0 - kept) * mean[..., None]
    return Forecast(
        ran["launch_days"].reshape(-1, LEADS),
        ran["provocation"].reshape(-1, LEADS),
        onset(ran["korea_status"]),
        onset(ran["taiwan_status"]),
        np.stack([course, np.broadcast_to(kept, course.shape)], -1).reshape(-1, LEADS, 2),
    )


def updated(worlds: Worlds, record: Record, origin: str, seed: int) -> Worlds:
    """The same worlds, weighed by how well each accounts for the launches of the two years before an origin.

    No parameter is fitted anew: the synthetic likelihood of the calibration says which of the frozen worlds the last
    two years speak for, and they are resampled by it. Where those months are not in the record, nothing changes.
    """
    start = levers.month_label(1 - UPDATE_MONTHS, origin)
    table = (
        record["launch_days"].set_index("month")["launch_days"] if "launch_days" in record else pd.Series(dtype=float)
    )
    days = table[start:origin].to_numpy()
    if start < history.FIRST or len(days) < UPDATE_MONTHS:
        return worlds
    begun = history.at_start(worlds, record.until(levers.month_label(-1, start)), start)
    calendar = history.calendar(record, start, UPDATE_MONTHS)
    ran = observation.series(calendar, begun.values, ("launch_days",), replicates=UPDATE_REPLICATES, seed=seed)
    found = observation.launch_summary(ran["launch_days"])
    d = found - found.mean(1, keepdims=True)
    cov = np.einsum("wri,wrj->wij", d, d) / (UPDATE_REPLICATES - 1)
    n = np.full(len(worlds), UPDATE_REPLICATES)
    cov = likelihood.shrunk(cov, n, likelihood.pooled(cov, n))
    weights = normalised(likelihood.normal(observation.launch_summary(days), found.mean(1), cov))
    rows = np.repeat(np.arange(len(worlds)), resampled(weights, len(worlds), seed))
    return Worlds(worlds.values[rows], f"{worlds.origin}, updated to {origin}", worlds.n_drawn)


def months_between(first: str, last: str) -> list[str]:
    return history.months(first, levers.month_number(last, first) + 1)
