"""What each world's simulated histories come to: the summaries that the likelihood compares with the record."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from ..engine import compiled
from ..ensemble.worlds import Worlds
from ..model.outcomes import REGISTRY, column
from ..record import history
from ..record.tables import FORCE, Record
from . import observation, targets

#: Runs of 1,000 numbered apart: early histories must not share random numbers with late ones.
_EARLY = 500 * observation.REPLICATE


@dataclass(frozen=True)
class Summaries:
    """Moments over the replicates of each world; arrays have a row a world.

    Attributes
    ----------
    launches, aircraft : means of the summaries (n, 4) and (n, 2); ``launches_cov`` (n, 4, 4), ``aircraft_cov`` (n, 2, 2)
    n_replicates : peaceful replicates they rest on, of ``n_run``
    flow : log of the flow cumulated over each figure's window (n, n_figures)
    korea_rate, taiwan_rate : incidents expected in a year, 2012-14
    korea_share, taiwan_share : of them, those expected to become crises
    force : of ``n_early`` histories of 2012-24, those with each kind of force (n, 4), as ``FORCE``
    """

    launches: np.ndarray
    launches_cov: np.ndarray
    aircraft: np.ndarray
    aircraft_cov: np.ndarray
    n_replicates: np.ndarray
    n_run: np.ndarray
    flow: np.ndarray
    korea_rate: np.ndarray
    taiwan_rate: np.ndarray
    korea_share: np.ndarray
    taiwan_share: np.ndarray
    force: np.ndarray
    n_early: np.ndarray

    def __len__(self) -> int:
        return len(self.flow)

    def take(self, rows: np.ndarray) -> "Summaries":
        """Some of the worlds."""
        return Summaries(*(getattr(self, f.name)[rows] for f in fields(self)))

    def table(self) -> pd.DataFrame:
        """The same as a flat table, a column a number."""
        out: dict[str, np.ndarray] = {}
        for f in fields(self):
            flat = getattr(self, f.name)
            flat = flat.reshape(len(self), -1)
            out |= {f"{f.name}_{k}": flat[:, k] for k in range(flat.shape[1])}
        return pd.DataFrame(out)

    @classmethod
    def of_table(cls, table: pd.DataFrame) -> "Summaries":
        """Read back what :meth:`table` wrote."""
        arrays = []
        for f in fields(cls):
            names = [c for c in table if c.rsplit("_", 1)[0] == f.name]
            flat = table[names].to_numpy()
            side = round(len(names) ** 0.5)
            shape = (-1,) if len(names) == 1 else ((-1, side, side) if f.name.endswith("_cov") else (-1, len(names)))
            arrays.append(flat.reshape(shape))
        return cls(*arrays)


def _moments(x: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance over replicates (axis 1) where ``mask``; at least two of them."""
    weight = mask[:, :, None].astype(float)
    n = np.maximum(mask.sum(1), 2)
    mean = (x * weight).sum(1) / n[:, None]
    d = (x - mean[:, None]) * weight
    return mean, np.einsum("wri,wrj->wij", d, d) / (n - 1)[:, None, None]


def _span(start: str, first: str, last: str) -> slice:
    return slice(history.months(start, 400).index(first), history.months(start, 400).index(last) + 1)


def simulated(series: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Summaries of each replicate, as the record's are taken: (launches, aircraft, peaceful).

    What the ministry saw is the activity and no more: counting error is small beside its monthly noise.
    """
    launches = observation.launch_summary(series["launch_days"][..., _span(targets.START, *targets.LAUNCH_SPAN)])
    aircraft = observation.aircraft_summary(series["pla_activity"][..., _span(targets.START, *targets.AIRCRAFT_SPAN)])
    return launches, aircraft, observation.peaceful(series["taiwan_status"], series["korea_status"])


#: Fields that the summaries of 2022-25 are made from.
LATE = ("launch_days", "pla_activity", "arms_flow", "taiwan_status", "korea_status")
_EARLY_FIELDS = (
    "taiwan_incident_prob", "korea_incident_prob", "taiwan_crisis_prob", "korea_crisis_prob", "taiwan_status", "korea_status",
)  # fmt: skip
#: The field that dates each kind of force.
_FIRST = [REGISTRY.by_name[name].first or "" for name in FORCE]


def summarise(
    worlds: Worlds, record: Record, *, replicates: int, seed: int, first_world: int = 0, early: int = 4,
    early_runs: int = 64, threads: int | None = None,
) -> Summaries:  # fmt: skip
    """Run each world through 2022-25 and through 2012-24, and summarise.

    Parameters
    ----------
    replicates : histories of 2022-25
    early : traced histories of 2012-14 (for the rates of incidents); ``early_runs`` untraced ones of 2012-24 (for force)
    first_world : number of the first world in the whole set, which fixes its random numbers
    """
    calendar = history.calendar(record, targets.START, targets.N_MONTHS)
    begun = history.at_start(worlds, record, targets.START)
    run: dict[str, Any] = {"replicates": replicates, "seed": seed, "first_world": first_world, "threads": threads}
    late = observation.series(calendar, begun.values, LATE, **run)
    launches, aircraft, peaceful = simulated(late)
    flows = [
        observation.cumulated(late["arms_flow"].mean(1), targets.START, since, as_of)
        for since, as_of, _ in targets.targets(record).flow
    ]
    flow = np.log(np.maximum(np.stack(flows, -1), 1e-3))

    calendar = history.calendar(record, targets.EARLY_START, targets.EARLY_MONTHS)
    begun = history.at_start(worlds, record, targets.EARLY_START)
    traced = observation.series(
        calendar, begun.values, _EARLY_FIELDS, **{**run, "replicates": early, "first_world": first_world + _EARLY}
    )
    n = len(worlds)
    calendar = history.calendar(record, targets.EARLY_START, targets.FORCE_MONTHS)
    force = np.zeros((n, len(FORCE)))
    for replicate in range(early_runs):
        results = compiled.run_many(
            calendar, begun.values, n, seed=seed, world_of=np.arange(n), threads=threads,
            first_run=_EARLY + (early + replicate) * observation.REPLICATE + first_world,
        )  # fmt: skip
        force += np.stack([column(results, name) >= 0 for name in _FIRST], -1)
    rates = {
        (theatre, what): observation.onset_rate(traced[f"{theatre}_{what}_prob"], traced[f"{theatre}_status"])
        for theatre in ("korea", "taiwan")
        for what in ("incident", "crisis")
    }
    share = {
        theatre: rates[theatre, "crisis"] / np.maximum(rates[theatre, "incident"], 1e-12)
        for theatre in ("korea", "taiwan")
    }
    mean_l, cov_l = _moments(launches, peaceful)
    mean_a, cov_a = _moments(aircraft, peaceful)
    return Summaries(
        mean_l, cov_l, mean_a, cov_a, peaceful.sum(1), np.full(n, replicates), flow,
        rates["korea", "incident"], rates["taiwan", "incident"], share["korea"], share["taiwan"], force, np.full(n, early_runs),
    )  # fmt: skip
