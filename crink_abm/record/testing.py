"""The regime of missile tests that the record of launches leaves: a filter, which sees no later month.

The rules ``north_korea.testing_regime`` and ``north_korea.provocation``, turned round: from launch days to the odds of
quiet, campaign and moratorium, for many sets of parameters at once. Source: Hamilton 1989.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import poisson

QUIET, CAMPAIGN, MORATORIUM = range(3)
#: Launch days a month at which the rule cuts.
MOST_DAYS = 8


@dataclass(frozen=True)
class Filtered:
    """What launches leave, for each set of parameters.

    Attributes
    ----------
    prob : odds of quiet, campaign, moratorium after the last month (n, 3); ``backlog`` that waits then (n,)
    log_likelihood : of the launches, month by month (n, n_months)
    course : the odds after each month (n, n_months, 3)
    """

    prob: np.ndarray
    backlog: np.ndarray
    log_likelihood: np.ndarray
    course: np.ndarray


def transition(
    values: Mapping[str, Any], backlog: Any, exercise: Any, restraint: Any, borders: float, talks: float
) -> Any:
    """Chances of next month's regime (column) from this one's (row): (n, 3, 3), as ``north_korea.testing_regime`` has them."""
    pressure = (
        values["campaign_backlog"] * backlog
        + values["campaign_exercise"] * exercise
        - values["campaign_borders"] * borders
        - restraint
    )
    begin, end = expit(values["campaign_begin"] + pressure), expit(values["campaign_end"] - pressure)
    opens, breaks = values["moratorium_speed"] * talks**2, values["moratorium_speed"] * (1.0 - talks)
    none = np.zeros_like(begin)
    rows = (
        ((1.0 - opens) * (1.0 - begin), (1.0 - opens) * begin, opens + none),
        ((1.0 - opens) * end, (1.0 - opens) * (1.0 - end), opens + none),
        (none, breaks + none, 1.0 - breaks + none),
    )
    return np.stack([np.stack(row, -1) for row in rows], -2)


def emission(values: Mapping[str, Any], days: int) -> np.ndarray:
    """Chance of so many launch days under each regime (n, 3), as ``north_korea.provocation`` has it."""
    chance = [
        poisson.pmf(days, values[rate]) if days < MOST_DAYS else poisson.sf(MOST_DAYS - 1, values[rate])
        for rate in ("quiet_rate", "campaign_rate")
    ]
    return np.stack([*chance, np.full_like(chance[0], days == 0)], -1)


def start(values: Mapping[str, Any]) -> np.ndarray:
    """Odds before the first month: as long as campaigns and quiet last where nothing presses, and no moratorium."""
    begin, end = expit(values["campaign_begin"]), expit(values["campaign_end"])
    return np.stack([end / (begin + end), begin / (begin + end), np.zeros_like(begin)], -1)


def step(
    values: Mapping[str, Any], prob: np.ndarray, backlog: np.ndarray, gain: np.ndarray, *covariates: Any
) -> tuple[np.ndarray, np.ndarray]:
    """(odds, backlog) a month on, launches unseen; the backlog is that expected."""
    prob = np.einsum("ni,nij->nj", prob, transition(values, backlog, *covariates))
    return prob, (backlog + gain) * (1.0 - expit(values["campaign_end"]) * prob[:, CAMPAIGN])


def filtered(values: Mapping[str, Any], days: np.ndarray, gain: np.ndarray, exercise: np.ndarray, restraint: np.ndarray,
             borders: np.ndarray, talks: np.ndarray) -> Filtered:  # fmt: skip
    """Run over launch days, from the first month on.

    Parameters
    ----------
    values : arrays (n,) of the parameters of the two rules
    gain, restraint : technology gained and Beijing's hand, month by month (n, n_months); the others (n_months,)
    """
    prob = start(values)
    backlog = np.zeros(len(prob))
    likelihood, course = np.empty((len(prob), len(days))), np.empty((len(prob), len(days), 3))
    for t, seen in enumerate(days):
        waited = backlog + gain[:, t]
        prob, _ = step(values, prob, backlog, gain[:, t], exercise[t], restraint[:, t], borders[t], talks[t])
        joint = prob * emission(values, int(seen))
        joint[joint.sum(1) == 0.0] = (0.0, 1.0, 0.0)  # a launch in a moratorium that cannot break ends it
        likelihood[:, t] = np.log(joint.sum(1))
        prob = joint / joint.sum(1, keepdims=True)
        backlog = waited * (1.0 - expit(values["campaign_end"]) * prob[:, CAMPAIGN])
        course[:, t] = prob
    return Filtered(prob, backlog, likelihood, course)
