"""What the calibration is fitted to: figures of the record with their own error, taken from the tables."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..record.tables import Record
from ..util.errors import InputError
from . import observation

#: The months of the launch figures, of the PLA figures, and of the disputes; the last takes in the last flow figure.
LAUNCH_SPAN = ("2022-01", "2024-12")
AIRCRAFT_SPAN = ("2022-08", "2024-12")
START, N_MONTHS = "2022-01", 41
#: Disputes of 1990-2014 are compared with the model's first three years of history, the earliest it has.
EARLY_START, EARLY_MONTHS = "2012-01", 36
DISPUTE_SPAN = (1990, 2014)

#: Flow figures differ by about a factor of two between sources: a log s.d. of half of ln 2.
FLOW_LOG_SD = 0.35
#: Containers a month at flow 1, as a log mean and s.d.: nearly free (400 to 10,000), so the path's shape counts, not its
#: level. The pace of 2024 was about 950 a month, and the model's flow of then lies between 0.2 and 0.5.
FLOW_SCALE = (np.log(2000.0), 0.8)


@dataclass(frozen=True)
class Targets:
    """The record in numbers.

    Attributes
    ----------
    launches, aircraft : summaries, as ``observation.LAUNCHES`` and ``observation.AIRCRAFT``
    n_onsets : {theatre: disputes that began}, over ``years``
    flow : rows (since, as_of, log containers)
    """

    launches: np.ndarray
    aircraft: np.ndarray
    n_onsets: dict[str, int]
    n_wars: dict[str, int]
    years: int
    flow: tuple[tuple[str, str, float], ...]

    def table(self) -> dict[str, Any]:
        """The same as plain numbers, for a manifest."""
        said = dict(zip(observation.LAUNCHES, np.round(self.launches, 4).tolist(), strict=True))
        said |= dict(zip(observation.AIRCRAFT, np.round(self.aircraft, 4).tolist(), strict=True))
        said |= {f"disputes that began, {name}, {self.years} years": n for name, n in self.n_onsets.items()}
        said |= {f"wars, {name}": n for name, n in self.n_wars.items()}
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
    flow = record["arms_flow"]
    flow = flow[flow["measure"] == "containers"]
    return Targets(
        observation.launch_summary(launches.to_numpy()),
        observation.aircraft_summary(aircraft[inside]),
        {name: int(disputes.loc[name, "n_onsets"]) for name in ("korea", "taiwan")},
        {name: int(disputes.loc[name, "n_wars"]) for name in ("korea", "taiwan")},
        DISPUTE_SPAN[1] - DISPUTE_SPAN[0] + 1,
        tuple((row.since, row.as_of, float(np.log(row.value))) for row in flow.itertuples()),
    )
