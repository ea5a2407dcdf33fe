"""Posterior predictive checks: histories of the ensemble beside the record, what was fitted and what was not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..calibration import observation, summaries, targets
from ..calibration.likelihood import flow_predictive
from ..calibration.targets import Targets
from ..ensemble.worlds import Worlds
from ..record import history
from ..record.tables import Record

#: Histories a world.
REPLICATES = 4
#: The whole of history, for what was not fitted.
LONG_START, LONG_MONTHS = "2012-01", 156

#: Kind of force -> its theatre, and the rung of the ladder that it is.
RUNGS = {
    "taiwan_blockade": ("taiwan", 2),
    "taiwan_invasion": ("taiwan", 3),
    "korea_attack": ("korea", 2),
    "korea_war": ("korea", 3),
}


@dataclass(frozen=True)
class Checks:
    """What the ensemble's histories come to.

    Attributes
    ----------
    table : a row a figure: seen, predictive mean and 5-95 % range, two-sided tail probability, whether fitted
    samples : {figure: simulated values}, for charts
    yearly : launch days a year: seen, and the 5, 50 and 95 % points of the ensemble begun in 2012
    """

    table: pd.DataFrame
    samples: dict[str, np.ndarray]
    yearly: pd.DataFrame


def tail(seen: float, simulated: np.ndarray) -> float:
    """Two-sided predictive tail probability, ties counted half (Gelman, Meng and Stern 1996)."""
    below = (np.count_nonzero(simulated < seen) + 0.5 * np.count_nonzero(simulated == seen)) / len(simulated)
    return float(2.0 * min(below, 1.0 - below))


def _fitted(worlds: Worlds, record: Record, seen: Targets, seed: int) -> dict[str, tuple[float, np.ndarray]]:
    rng = np.random.default_rng(seed)
    begun = history.at_start(worlds, record, targets.START)
    calendar = history.calendar(record, targets.START, targets.N_MONTHS)
    late = observation.series(calendar, begun.values, summaries.LATE, replicates=REPLICATES, seed=seed)
    launches, aircraft, peaceful = summaries.simulated(late)
    launches, aircraft = launches[peaceful], aircraft[peaceful]
    out = {"launch days a month, 2022-24": (seen.launches[0] ** 2, launches[:, 0] ** 2)}
    for k, name in enumerate(observation.LAUNCHES[1:], 1):
        out[f"{name}, 2022-24"] = (seen.launches[k], launches[:, k])
    for k, name in enumerate(observation.AIRCRAFT):
        out[f"{name}, 2022-08 to 2024-12"] = (seen.aircraft[k], aircraft[:, k])
    found = summaries.summarise(worlds, record, replicates=2, seed=seed, early=8, early_runs=1)
    for theatre, rate in (("korea", found.korea_rate), ("taiwan", found.taiwan_rate)):
        simulated = rng.poisson(np.repeat(rate, REPLICATES) * seen.years)
        out[f"disputes that began, {theatre}, {seen.years} years"] = (seen.n_onsets[theatre], simulated)
    figures = np.array([x for *_, x in seen.flow])
    drawn = flow_predictive(figures, np.repeat(found.flow, REPLICATES, 0), rng)
    for k, (since, as_of, x) in enumerate(seen.flow):
        out[f"containers, {since} to {as_of}"] = (np.exp(x), np.exp(drawn[:, k]))
    return out


def _long(worlds: Worlds, record: Record, seed: int) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, np.ndarray]]:
    """(launch days seen, simulated in peaceful histories begun in 2012, months, whether each kind of force came)."""
    begun = history.at_start(worlds, record, LONG_START)
    calendar = history.calendar(record, LONG_START, LONG_MONTHS)
    fields = ("launch_days", "taiwan_status", "korea_status")
    ran = observation.series(calendar, begun.values, fields, replicates=REPLICATES, seed=seed + 1)
    force = {
        name: (ran[f"{theatre}_status"] == rung).any(-1).reshape(-1).astype(float)
        for name, (theatre, rung) in RUNGS.items()
    }
    kept = ran["launch_days"][observation.peaceful(ran["taiwan_status"], ran["korea_status"])]
    months = history.months(LONG_START, LONG_MONTHS)
    seen = record["launch_days"].set_index("month")["launch_days"].reindex(months).to_numpy()
    return seen, kept, months, force


def check(worlds: Worlds, record: Record, seen: Targets, seed: int) -> Checks:
    """Compare the ensemble with the record, figure by figure."""
    figures = {name: (*pair, True) for name, pair in _fitted(worlds, record, seen, seed).items()}
    days, simulated, months, force = _long(worlds, record, seed)
    for name, came in force.items():
        figures[f"{name.replace('_', ' ')}, 2012-24"] = (0.0, came, True)
    spans = {
        "launch days a month, 2012-17": ("2012-01", "2017-12"),
        "launch days, moratorium 2018-01 to 2019-03": ("2018-01", "2019-03"),
        "launch days, resumption 2019-04 to 2019-12": ("2019-04", "2019-12"),
        "launch days, 2020-21": ("2020-01", "2021-12"),
    }
    for name, (first, last) in spans.items():
        inside = [first <= month <= last for month in months]
        scale = sum(inside) if "a month" in name else 1
        figures[name] = (days[inside].sum() / scale, simulated[:, inside].sum(1) / scale, False)
    table = pd.DataFrame(
        {"figure": name, "seen": seen_value, "mean": x.mean(), "low": np.quantile(x, 0.05), "high": np.quantile(x, 0.95),
         "tail_prob": tail(seen_value, x), "fitted": fitted}
        for name, (seen_value, x, fitted) in figures.items()
    )  # fmt: skip
    by_year = simulated.reshape(len(simulated), -1, 12).sum(2)
    low, middle, high = np.quantile(by_year, [0.05, 0.5, 0.95], axis=0)
    years = [int(month[:4]) for month in months[::12]]
    yearly = pd.DataFrame(
        {"year": years, "seen": days.reshape(-1, 12).sum(1), "low": low, "median": middle, "high": high}
    )
    return Checks(table, {name: x for name, (_, x, _) in figures.items()}, yearly)
