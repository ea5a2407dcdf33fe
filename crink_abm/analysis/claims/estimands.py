"""Estimands of claims as one number a half and world, so that any of them has a mean over worlds with an interval.

====================  =======================================================================================================
kind                  estimate
====================  =======================================================================================================
level                 the measure in the arm
difference            the measure in the arm, less the (or another) measure in the base, paired
ratio                 the measure in the arm over that in the base, linearised about the means (delta method)
trend                 the field at the end of the run less its mean over the run; with a base, less the same there
interaction           the effect of the arm less the sum of the effects of its parts, each against the base
per_cost              the effect of the arm less that of its part brought to the arm's cost (the effect taken as linear in cost)
====================  =======================================================================================================

What is estimated is then taken less ``against``. Source of the ratio: Cochran 1977, 6.3.
"""

import numpy as np

from ...model.costs import cost
from ...typing import FloatArray
from ...util.errors import InputError
from ..responses import Arm, Responses
from .spec import Estimand


def price(arm: Arm, currency: str, months: int) -> float:
    """What the levers of an arm cost beyond today's: billions of dollars a year, or political capital."""
    return float(sum(row[currency] for row in cost(arm.levers, months)))


def by_world(estimand: Estimand, found: Responses, arms: dict[str, Arm], months: int) -> FloatArray:
    """The estimate in each half and world, whose mean over worlds is the estimate: array (2, n_worlds).

    Parameters
    ----------
    estimand : what is estimated
    found : the responses of its arms, by the file's names
    arms : arm of the file -> the arm, for its cost
    months : the length of a run

    Raises
    ------
    InputError
        If a ratio is over nothing, or an arm that costs nothing is to be compared by cost.
    """
    measure, other = estimand.measure, estimand.base_measure or estimand.measure
    arm = found.influence(estimand.arm, measure)
    if estimand.kind == "trend":
        mean = measure.replace("last ", "mean ", 1)
        arm = arm - found.influence(estimand.arm, mean)
        if estimand.base is None:
            return arm
        base = found.influence(estimand.base, measure) - found.influence(estimand.base, mean)
        return arm - base
    if estimand.base is None:
        return arm
    base = found.influence(estimand.base, other)
    if estimand.kind == "ratio":
        below = base.mean()
        if not below:
            raise InputError(f"the ratio of {measure} is over nothing: its mean in arm {estimand.base!r} is 0")
        ratio = arm.mean() / below
        return np.asarray(ratio + (arm - ratio * base) / below)
    if estimand.kind == "interaction":
        parts = [found.influence(part, measure) - base for part in estimand.parts]
        return np.asarray(arm - base - np.sum(parts, axis=0))
    if estimand.kind == "per_cost":
        part = estimand.parts[0]
        here, there = (price(arms[one], estimand.cost, months) for one in (estimand.arm, part))
        if here <= 0 or there <= 0:
            raise InputError(
                f"arms {estimand.arm!r} and {part!r} are compared at equal cost, and one of them costs nothing"
            )
        return np.asarray(arm - base - here / there * (found.influence(part, measure) - base))
    return np.asarray(arm - base)
