"""Forecasts from rolling origins, twelve months ahead, scored beside a base rate and a lagged regression.

Every forecast uses the record up to its origin, and the levers and drivers of the months it forecasts as they were:
it is the model's answer given the policy, not a forecast of policy.
"""

from collections.abc import Callable

import pandas as pd

from ..ensemble.worlds import Worlds
from ..model import levers
from ..record import history
from ..record.tables import Record
from ..util.errors import InputError
from .forecast import LEADS, MODEL, UPDATED, forecast, months_between, updated
from .forecast_scores import Scorer, summary

#: Spans of origins of the package's own hindcast: before what was fitted, and with it.
PERIODS = {"2016-21, not fitted": ("2016-01", "2020-12"), "2021-24, launches fitted": ("2021-01", "2023-12")}


def rolling(
    ensembles: dict[str, Worlds],
    record: Record,
    first: str,
    last: str,
    seed: int,
    *,
    scored: Callable[[str], bool] = lambda month: True,
    progress: Callable[[str, float], object] | None = None,
) -> Scorer:
    """Forecast from every month from ``first`` to ``last`` and score."""
    scorer = Scorer(record)
    origins = months_between(first, last)
    whole = history.calendar(record, levers.month_label(1, first), len(origins) + LEADS - 1)
    for done, origin in enumerate(origins):
        ahead = whole[done : done + LEADS]
        now = {UPDATED: updated(ensembles[MODEL], record, origin, seed), **ensembles}
        scorer.score(origin, {name: forecast(e, record, origin, seed, ahead) for name, e in now.items()}, scored)
        if progress:
            progress("hindcast", (done + 1) / len(origins))
    return scorer


def hindcast(
    ensembles: dict[str, Worlds], record: Record, seed: int, progress: Callable[[str, float], object] | None = None
) -> tuple[pd.DataFrame, Scorer]:
    """The package's own: monthly origins 2016-01 to 2023-12."""
    scorer = rolling(ensembles, record, "2016-01", "2023-12", seed, progress=progress)
    return summary(scorer.table(), PERIODS), scorer


def validate(
    ensembles: dict[str, Worlds],
    record: Record,
    observed: Record,
    drivers: Record | None,
    seed: int,
    progress: Callable[[str, float], object] | None = None,
) -> tuple[pd.DataFrame, Scorer, str]:
    """Scores for the months of ``observed`` that the package's record does not have, parameters as they are.

    Returns
    -------
    (table, scorer, what was scored in words).

    Raises
    ------
    InputError
        If there is no later month.
    """
    known = record.last_month
    later = observed.last_month
    if later <= known:
        raise InputError(
            f"the observed tables end in {later} and the package's own in {known}; validation wants later months of launch_days "
            f"or pla_aircraft"
        )
    whole = record.updated(observed)
    whole = whole.updated(drivers) if drivers else whole
    scorer = rolling(
        ensembles, whole, known, levers.month_label(-1, later), seed, scored=lambda m: m > known, progress=progress
    )
    said = f"months {levers.month_label(1, known)} to {later}, origins {known} on, 1 to {LEADS} months ahead"
    return summary(scorer.table(), {"held out": (known, later)}), scorer, said
