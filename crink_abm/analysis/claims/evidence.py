"""Numbers that evidence rests on: means over worlds with their intervals, noise, clear signs, crossings."""

from collections.abc import Iterable, Sequence

import numpy as np

from ...estimation import clusters
from ...model.outcomes import CONDITIONALS, OUTCOMES
from ...typing import FloatArray, IntArray
from ..responses import Responses
from .verdicts import Interval

#: Standard errors from which on a world's own sign is clear.
CLEAR = 2.0


def interval(
    estimate: FloatArray, number: IntArray, among: np.ndarray | None = None, *, runs: float = np.inf
) -> Interval:
    """The mean over worlds of an estimate (2, n_worlds), all or some, with its interval.

    Parameters
    ----------
    estimate, number : the estimate, and which of the different worlds each is
    among : the worlds that count; all if None
    runs : for a probability, the runs of an arm in all worlds: a change that none of them shows is no nearer to 0 than 3 over
        their number (the rule of three), so the interval is never narrower than that on either side
    """
    mean, number = estimate.mean(0), np.asarray(number)
    if among is not None:
        mean, number, runs = mean[among], number[among], runs * among.mean()
    centre, low, high = clusters.mean_interval(mean, np.unique(number, return_inverse=True)[1])
    least = 3.0 / max(runs, 1.0)
    return Interval(centre, min(low, centre - least), max(high, centre + least))


def seen(found: Responses, arms: Iterable[str], measure: str) -> float:
    """The runs of an arm that a probability is taken over, the fewest of some arms; infinite where the measure is none."""
    head = measure.partition(" given ")[0]
    if head not in OUTCOMES and head not in CONDITIONALS:
        return float("inf")
    j, total = found.measure(measure), found.rounds * found.total.shape[2]
    return float(min(found.among[found.arm(arm), :, :, j].mean() for arm in arms) * total)


def opposed(estimate: FloatArray, expected: str) -> tuple[float, int]:
    """Share of the worlds with a clear sign that say the opposite of a claim, and how many are clear.

    A world's sign is clear where its mean lies :data:`CLEAR` standard errors of its noise from 0; the noise is that of all
    worlds, from their halves.
    """
    if expected == "same":
        return float("nan"), 0
    mean = estimate.mean(0)
    noise = np.sqrt(((estimate[0] - estimate[1]) ** 2).mean() / 4.0)
    clear = np.abs(mean) > CLEAR * noise
    if not clear.any():
        return float("nan"), 0
    against = mean < 0 if expected == "above" else mean > 0
    return float(against[clear].mean()), int(clear.sum())


def crossing(values: Sequence[float], means: Sequence[float]) -> float | None:
    """Where a piecewise linear curve first crosses 0; None if it does not.

    Examples
    --------
    >>> crossing([0.0, 1.0, 3.0], [1.0, 0.5, -0.5])
    2.0
    """
    order = np.argsort(values)
    x, y = np.asarray(values, float)[order], np.asarray(means, float)[order]
    for k in range(len(x) - 1):
        if y[k] == 0.0:
            return float(x[k])
        if y[k] * y[k + 1] < 0:
            return float(x[k] + (x[k + 1] - x[k]) * y[k] / (y[k] - y[k + 1]))
    return float(x[-1]) if len(x) and y[-1] == 0.0 else None


def noise(estimate: FloatArray) -> float:
    """The standard error of a mean over worlds from noise alone, from its two halves (2, n_worlds)."""
    return float(np.sqrt(((estimate[0] - estimate[1]) ** 2).mean() / 4.0 / estimate.shape[1]))
