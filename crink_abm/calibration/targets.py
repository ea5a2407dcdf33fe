"""What the calibration is fitted to: figures of the record with their own error, taken from the tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..record.tables import FORCE, Record
from ..util.errors import InputError
from . import observation

#: The months of the launch figures, of the PLA figures, and of the disputes; the last takes in the last flow figure.
LAUNCH_SPAN = ("2022-01", "2024-12")
AIRCRAFT_SPAN = ("2022-08", "2024-12")
START, N_MONTHS = "2022-01", 41
#: Disputes of 1990-2014 are compared with the model's first three years of history, the earliest it has.
EARLY_START, EARLY_MONTHS = "2012-01", 36
DISPUTE_SPAN = (1990, 2014)
#: Crises counted, of the same incidents.
CRISIS_SPAN = ("1993-01", "2017-12")
#: Force of any kind is compared with the model's thirteen years from 2012 on: leaders' types persist, so years are no
#: independent trials, and longer records count as so many such spells.
FORCE_MONTHS = 156

#: Flow figures differ by about a factor of two between sources: a log s.d. of half of ln 2.
FLOW_LOG_SD = 0.35
#: Containers a month at flow 1, the pace of 2024, as a log mean and s.d. (500 to 1,900).
FLOW_SCALE = (np.log(950.0), 0.35)


@dataclass(frozen=True)
class Targets:
    """The record in numbers.

    Attributes
    ----------
    launches, aircraft : summaries, as ``observation.LAUNCHES`` and ``observation.AIRCRAFT``
    n_onsets : {theatre: disputes that began}, over ``years``
    n_crises : {theatre: crises of ``CRISIS_SPAN``}
    force : {outcome: (years with any, years)}
    flow : rows (since, as_of, log containers)
    """

    launches: np.ndarray
    aircraft: np.ndarray
    n_onsets: dict[str, int]
    n_crises: dict[str, int]
    force: dict[str, tuple[int, int]]
    years: int
    flow: tuple[tuple[str, str, float], ...]

    def table(self) -> dict[str, Any]:
        """The same as plain numbers, for a manifest."""
        said = dict(zip(observation.LAUNCHES, np.round(self.launches, 4).tolist(), strict=True))
        said |= dict(zip(observation.AIRCRAFT, np.round(self.aircraft, 4).tolist(), strict=True))
        said |= {f"disputes that began, {name}, {self.years} years": n for name, n in self.n_onsets.items()}
        said |= {f"crises, {name}, {CRISIS_SPAN[0][:4]}-{CRISIS_SPAN[1][:4]}": n for name, n in self.n_crises.items()}
        said |= {f"years with {name}, of {years}": n for name, (n, years) in self.force.items()}
        return said | {f"containers {since} to {as_of}": round(float(np.exp(x))) for since, as_of, x in self.flow}


def targets(record: Record) -> Targets:
    """The targets that a record gives.

    Raises
    ------
    InputError
        If a table is missing or does not cover its span.
    """
    launches = record["launch_days"].set_index("month")["launch_days"].loc[slice(*LAUNCH_SPAN)]
    months, aircraft = observation.log_aircraft(record)
    inside = [AIRCRAFT_SPAN[0] <= month <= AIRCRAFT_SPAN[1] for month in months]
    if len(launches) != 36 or sum(inside) != 29:
        raise InputError(
            f"calibration wants launch days for the 36 months {' to '.join(LAUNCH_SPAN)} and aircraft (definition all) for the "
            f"29 months {' to '.join(AIRCRAFT_SPAN)}; {len(launches)} and {sum(inside)} are there"
        )
    disputes = record["onsets"]
    disputes = disputes[(disputes["first_year"] == DISPUTE_SPAN[0]) & (disputes["last_year"] == DISPUTE_SPAN[1])]
    disputes = disputes.set_index("theatre")
    crises = record["crises"]
    inside_crises = crises[crises["start"].between(*CRISIS_SPAN)]["theatre"].value_counts()
    force = record["force"]
    if missing := [name for name in FORCE if name not in set(force["outcome"])]:
        raise InputError(
            f"calibration wants a row for each kind of force; the table force has none for {', '.join(missing)}"
        )
    flow = record["arms_flow"]
    flow = flow[flow["measure"] == "containers"]
    return Targets(
        observation.launch_summary(launches.to_numpy()),
        observation.aircraft_summary(aircraft[inside]),
        {name: int(disputes.loc[name, "n_onsets"]) for name in ("korea", "taiwan")},
        {name: int(inside_crises.get(name, 0)) for name in ("korea", "taiwan")},
        {row.outcome: (int(row.n_years_with), int(row.last_year - row.first_year + 1)) for row in force.itertuples()},
        DISPUTE_SPAN[1] - DISPUTE_SPAN[0] + 1,
        tuple((row.since, row.as_of, float(np.log(row.value))) for row in flow.itertuples()),
    )
