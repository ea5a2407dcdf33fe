"""Runs that make every interval of a point as narrow as asked: a pilot decides, fresh runs are counted.

Looking again and again at one sample until its interval is narrow enough makes intervals that cover too seldom. Here the
number of runs is settled by a pilot under another seed, and what is reported comes from the fresh runs alone: given the
pilot, it is an ordinary sample of fixed size, so each interval covers as often as it does at that size, for every outcome
and every difference at once. Source: Stein 1945; Ghosh, Mukhopadhyay and Sen 1997, ch. 6.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..model.outcomes import OUTCOMES
from ..typing import ArrayLike
from . import intervals
from .control_variates import LEAST

#: Runs of the pilot, rounded up to whole rounds through the worlds.
PILOT_RUNS = 2_000
#: Confidence with which the pilot bounds a probability: a miss in a million.
_SURE = 1.0 - 1e-6
#: Allowance for the pilot's own error in the variance that control variates leave.
_ALLOWANCE = 1.3
#: How many times the events that control variates need that the runs are to have: each half has its share of them for sure.
_SEEN = 2.0
#: The pilot's seed: the experiment's seed with these bits turned.
_OTHER = 0x9E3779B97F4A7C15


def pilot_seed(seed: int) -> int:
    """The seed of the pilot: other random numbers than the experiment's, and always the same."""
    return seed ^ _OTHER


def runs_by_counts(events: ArrayLike, n: ArrayLike, half_width: float) -> np.ndarray:
    """Runs after which the Clopper-Pearson interval of a probability is surely no wider than ``half_width`` each way.

    Parameters
    ----------
    events, n : the pilot's counts
    half_width : half the width asked for
    """
    low, high = intervals.clopper_pearson(events, n, _SURE)
    worst = np.clip(0.5, low, high)
    z = ndtri(0.5 + intervals.LEVEL / 2.0)
    runs = np.ceil(np.maximum(z * z * worst * (1.0 - worst) / half_width**2, 1.0 / half_width))
    while (wide := _half_width(worst, runs) > half_width).any():
        runs = np.where(wide, np.ceil(runs * 1.01), runs)
    return runs.astype(int)


def _half_width(p: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Half the width of the Clopper-Pearson interval where the share of events is p, the wider of the counts beside it."""
    ends = [intervals.clopper_pearson(k, n) for k in (np.floor(p * n), np.ceil(p * n))]
    return np.maximum(*(high - low for low, high in ends)) / 2.0


def runs_by_control(error: ArrayLike, events: ArrayLike, n: ArrayLike, half_width: float) -> np.ndarray:
    """Runs after which the interval by control variates is surely that narrow, from its standard error in the pilot.

    They are no fewer than the pilot's, and enough that the event, and its absence, is surely seen as often as control
    variates need (:data:`control_variates.LEAST`): else the sweep would count, with a wider interval than the pilot promised.

    Parameters
    ----------
    error : the pilot's standard errors by control variates; nan where it was not
    events, n : the pilot's counts
    half_width : half the width asked for
    """
    z = ndtri(0.5 + intervals.LEVEL / 2.0)
    events, n = np.asarray(events, float), np.asarray(n, float)
    rarer = np.maximum(np.minimum(events, n - events), 1.0)
    seen = n * np.maximum(1.0, _SEEN * 2 * LEAST / rarer)
    runs = np.maximum(_ALLOWANCE * n * (z * np.asarray(error, float) / half_width) ** 2, seen)
    return np.ceil(runs)


def runs_needed(pilot: pd.DataFrame, half_width: float, kind: str, round_: int) -> dict[int, int]:
    """Runs that each point needs so that all its outcomes' intervals are narrow enough, in whole rounds.

    Parameters
    ----------
    pilot : estimates of the pilot (:meth:`accumulator.Accumulator.estimates`)
    half_width : half the width asked for
    kind : ``"best"`` lets points do with fewer runs where control variates can be used
    round_ : runs of one round through the worlds; an even number of rounds is given

    Returns
    -------
    dict: point -> runs
    """
    rows = pilot[pilot["outcome"].isin(OUTCOMES)]
    n = rows["n_runs"].to_numpy()
    runs = runs_by_counts(rows["n_events"].to_numpy(), n, half_width).astype(float)
    if kind == "best":
        events = rows["n_events"].to_numpy()
        runs = np.fmin(runs, runs_by_control(rows["cv_prob_se"], events, n, half_width))
    most = pd.Series(runs, index=rows["point"].to_numpy()).groupby(level=0).max()
    return {int(point): whole_rounds(value, round_) for point, value in most.items()}


def whole_rounds(runs: float, round_: int) -> int:
    """At least ``runs`` runs, in an even number of rounds of ``round_``."""
    return int(-(-runs // (2 * round_)) * 2 * round_)


def reached(estimates: pd.DataFrame, half_width: float) -> dict[str, Any]:
    """What became of the precision asked for: ``asked``, ``widest`` (half-width of an outcome's interval), ``missed`` points."""
    rows = estimates[estimates["outcome"].isin(OUTCOMES)]
    half = (rows["high"] - rows["low"]) / 2.0
    missed = sorted({int(point) for point in rows.loc[half > half_width, "point"]})
    return {"asked": half_width, "widest": float(half.max()), "missed": missed}
