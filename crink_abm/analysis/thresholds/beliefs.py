"""A belief as a parameter of the model: its levels, where the bare prior and an ensemble put it, and where its source stands."""

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from ...estimation import clusters, intervals
from ...model import arguments
from ...model.parameters import CATALOGUE
from ...model.parameters.base import Parameter
from ...model.sources import SOURCES
from ...typing import FloatArray, IntArray

#: Units that mean something beyond the range that was declared: utilities, weights and slopes.
OPEN_UNITS = frozenset(
    {"weight", "logit", "log-odds", "value of Taiwan", "value of the regime", "value of Taiwan or the regime", "index"}
)
#: Share of the prior at either end that normal scores treat alike: three standard deviations.
_EDGE = 1e-3


def known(name: str) -> Parameter:
    """A belief by the name of its parameter or switch.

    Raises
    ------
    InputError
        If there is none.
    """
    return CATALOGUE[arguments.outcome(name, CATALOGUE, kind="parameter")]


def standing(parameter: Parameter) -> str:
    """Where the source of a belief stands: ``"sourced"``, ``"elicited"`` or ``"assumed"``."""
    said = SOURCES.get(parameter.source, "")
    if parameter.source == "assumed" or said.startswith("Our "):
        return "assumed"
    return "elicited" if "licitation" in said or "expert survey" in said else "sourced"


def levels(parameter: Parameter, n: int, beyond: float = 0.0) -> FloatArray:
    """Levels at which a belief is imposed: ascending.

    Parameters
    ----------
    parameter : of the catalogue
    n : how many levels of a coefficient, evenly spaced (log-spaced where the prior is); a switch has those the prior draws
    beyond : share of the declared range by which levels go on past it, where the unit has a meaning there; they go down to 0
        where 0 is below the range
    """
    if parameter.switch is not None:
        return np.array([float(level) for level in parameter.drawn])
    low, high = parameter.low, parameter.high
    if parameter.log:
        return np.geomspace(low, high, n)
    if parameter.unit in OPEN_UNITS and beyond > 0.0:
        more = beyond * (high - low)
        high += more
        low = min(0.0, low) if low >= 0.0 else low - more
        # the ends of the declared range are levels, so that what lies beyond is simulated apart
        inner = max(2, round(n / (1.0 + beyond)))
        within = np.linspace(parameter.low, parameter.high, inner)
        return np.unique(np.concatenate([[low], within, np.linspace(parameter.high, high, max(2, n - inner + 1))]))
    return np.linspace(low, high, n)


def position(parameter: Parameter, x: Any) -> FloatArray:
    """The share of the bare prior at or below a value of a coefficient."""
    x = np.asarray(x, float)
    if parameter.log:
        with np.errstate(divide="ignore"):
            u = np.log(np.maximum(x, 1e-300) / parameter.low) / math.log(parameter.high / parameter.low)
    else:
        u = (x - parameter.low) / (parameter.high - parameter.low)
    return np.clip(u, 0.0, 1.0)


def scores(parameter: Parameter, x: Any) -> FloatArray:
    """Normal scores of values under the bare prior, at most about 3.1 in size."""
    return np.asarray(ndtri(np.clip(position(parameter, x), _EDGE, 1.0 - _EDGE)))


def values(parameter: Parameter, z: Any) -> FloatArray:
    """Values of a coefficient whose normal scores under the bare prior are ``z``: always within the declared range."""
    return np.asarray(parameter.quantile(ndtr(np.asarray(z, float))), float)


def share_of(chosen: Any, number: IntArray) -> tuple[float, float, float]:
    """The share of an ensemble's rows that are chosen, with its 95 % Jeffreys interval; copies of a world are one observation."""
    share, worth = float(np.mean(chosen)), clusters.effective(number)
    low, high = intervals.jeffreys(share * worth, worth)
    return share, float(low), float(high)


def written(parameter: Parameter, x: float) -> str:
    """A level in words: a number to three digits, or the name of a switch's level."""
    if parameter.switch is not None:
        return parameter.switch(int(x)).name.lower()
    return f"{x:.3g}"
