"""Intervals and tests with the worlds as the sample: what holds for the ensemble that the worlds were drawn from.

Runs in one world are no independent look at the ensemble. With many worlds a mean over them has a Student interval, on the
logit for a probability. With few, or where the event is rare, a mean and a standard deviation say little: then each world has a
probability of its own, drawn from a beta distribution whose mean and spread are both unknown (a beta-binomial model), and the
interval is that of the mean. A change over worlds has a Student interval; as few worlds may carry most of a change, four worlds
in which all runs that moved moved one way are thought to be there besides (:func:`of_change`). Degrees of freedom are the worlds
seen, fewer where they weigh unequally (Kish). Source: Kish 1965, 8.2; Korn and Graubard 1998; Gelman et al. 2013, 5.3; Agresti
and Coull 1998 (the four).
"""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, gammaln, logit, stdtrit

from ..typing import ArrayLike, FloatArray
from .intervals import LEVEL

#: Worlds (effective) from which on the mean over worlds is near enough to normal on the logit.
MANY = 100
#: Mean and correlation within a world of the beta-binomial model, over which its posterior is worked out.
_MEAN = expit(
    np.concatenate([np.linspace(-16.0, -6.0, 26)[:-1], np.linspace(-6.0, 6.0, 151), np.linspace(6.0, 16.0, 26)[1:]])
)
_ALIKE = expit(np.linspace(-7.0, 6.0, 14))
_LOGITS, _STRENGTH = logit(_MEAN), (1.0 - _ALIKE) / _ALIKE
_A, _B = _MEAN[:, None] * _STRENGTH, (1.0 - _MEAN[:, None]) * _STRENGTH
_FREE = gammaln(_A) + gammaln(_B) - gammaln(_STRENGTH)
#: Log density of the prior on the grid: Jeffreys' for the mean and for the correlation, which are (x (1 - x))^(-1/2).
_PRIOR = 0.5 * (np.log(_MEAN) + np.log1p(-_MEAN))[:, None] + 0.5 * (np.log(_ALIKE) + np.log1p(-_ALIKE))
_PRIOR = _PRIOR + np.log(np.gradient(_LOGITS))[:, None]
#: Runs of a world up to which its part of the likelihood is remembered.
_SMALL = 64


def effective(weights: ArrayLike) -> float:
    """The number of equally weighing worlds that these are worth (Kish): (sum w)^2 / sum w^2."""
    weights = np.asarray(weights, float)
    squares = (weights**2).sum()
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0


def _likelihood(events: int, trials: int) -> np.ndarray:
    """Log likelihood on the grid, flat, of one world with so many events in so many trials."""
    return (gammaln(_A + events) + gammaln(_B + trials - events) - gammaln(_STRENGTH + trials) - _FREE).ravel()


_remembered = lru_cache(maxsize=4096)(_likelihood)


def beta_binomial(
    events: ArrayLike, trials: ArrayLike, weights: ArrayLike | None = None, level: float = LEVEL, lost: float = 0.0
) -> FloatArray:
    """Interval of the mean probability of the worlds' ensemble, from counts in some of its worlds.

    Parameters
    ----------
    events, trials : arrays (n_worlds, n_outcomes) of whole numbers; worlds without a trial say nothing
    weights : array (n_worlds,) or (n_worlds, n_outcomes), how much each world counts among the draws; equally if None
    lost : worlds by which those that speak are worth fewer, at most down to half a world

    Returns
    -------
    (low, high) : arrays (n_outcomes,); (nan, nan) where no world has a trial
    """
    events, trials = np.asarray(events, np.int64), np.asarray(trials, np.int64)
    weights = np.ones(len(events)) if weights is None else np.asarray(weights, float)
    weights = np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, events.shape)
    base = int(trials.max(initial=0)) + 1
    which, pairs = pd.factorize((trials * base + events).ravel(), sort=True)
    # Worlds that weigh unequally are worth fewer: the likelihood is that of their effective number.
    counted = np.where(trials > 0, weights, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        worlds = counted.sum(0) ** 2 / (counted**2).sum(0)
        worth = np.nan_to_num(counted / counted.sum(0) * np.maximum(worlds - lost, 0.5 if lost else 0.0))
    n_outcomes = events.shape[1]
    cell = which.reshape(events.shape) * n_outcomes + np.arange(n_outcomes)
    times = np.bincount(cell.ravel(), worth.ravel(), len(pairs) * n_outcomes).reshape(len(pairs), n_outcomes)
    ends, pairs = np.empty((2, n_outcomes)), [divmod(pair, base) for pair in pairs.tolist()]
    for k, column in enumerate(times.T.tolist()):
        ends[:, k] = _ends(tuple((*pair, n) for pair, n in zip(pairs, column, strict=True) if n > 0.0), level)
    ends[0, (events == 0).all(0)], ends[1, (events == trials).all(0)] = 0.0, 1.0
    ends[:, (trials == 0).all(0)] = np.nan
    return ends


def ratio(events: ArrayLike, trials: ArrayLike, weights: ArrayLike, level: float = LEVEL) -> FloatArray:
    """Interval of a probability among the runs that count, which some worlds have more of than others.

    The probability asked for is that of all such runs of the ensemble, so a world speaks by how many it has; how many these are
    is chance too, and costs half a world. The interval holds the one in which worlds speak equally: where these differ little in
    how often they count, both are about the same number. Equal worlds alone cover 78 to 92 % where the probability goes
    with how often it is asked (docs/coverage.md).

    Parameters
    ----------
    events, trials, weights, level : as of :func:`beta_binomial`
    """
    events, trials, weights = np.asarray(events), np.asarray(trials), np.asarray(weights, float)
    weights = weights[:, None] if weights.ndim == 1 else weights
    equal = beta_binomial(events, trials, np.broadcast_to(weights, events.shape), level)
    by_trials = beta_binomial(events, trials, weights * trials, level, lost=0.5)
    return np.array([np.minimum(equal[0], by_trials[0]), np.maximum(equal[1], by_trials[1])])


@lru_cache(maxsize=65_536)
def _ends(counts: tuple[tuple[int, int, float], ...], level: float) -> np.ndarray:
    """The interval of worlds of which so many have (trials, events): points side by side often have the same counts."""
    log = _PRIOR.ravel()
    if counts:
        table = [(_remembered if trials <= _SMALL else _likelihood)(events, trials) for trials, events, _ in counts]
        log = log + np.array([n for *_, n in counts]) @ np.array(table)
    density = np.exp(log - log.max()).reshape(_PRIOR.shape).sum(1)
    below = (np.cumsum(density) - density / 2.0) / density.sum()
    return expit(np.interp([(1.0 - level) / 2.0, (1.0 + level) / 2.0], below, _LOGITS))


def of_change(error: ArrayLike, moved: float | np.ndarray, freedom: ArrayLike) -> FloatArray:
    """The standard error over worlds of a paired change, with four worlds added in which all that moved moved one way.

    A plain Student interval covers 86 to 92 % with three to twenty worlds where a few of these carry the change
    (docs/coverage.md); from fifty worlds on the addition is hardly seen.

    Parameters
    ----------
    error : standard error over worlds
    moved : share of the runs whose outcome is another than at the baseline
    freedom : the worlds that those seen are worth, less one
    """
    return np.sqrt(np.asarray(error, float) ** 2 + 4.0 * (moved / (np.asarray(freedom, float) + 1.0)) ** 2)


def on_the_logit(prob: ArrayLike, error: ArrayLike, freedom: ArrayLike, level: float = LEVEL) -> tuple[FloatArray, ...]:
    """Student interval of a probability, worked out on its logit; the probability alone where it is 0 or 1.

    Parameters
    ----------
    prob, error, freedom : the estimate, its standard error over worlds, and the degrees of freedom of that error
    """
    prob, error = np.asarray(prob, float), np.asarray(error, float)
    inside = (prob > 0.0) & (prob < 1.0)
    p = np.where(inside, prob, 0.5)
    half = stdtrit(freedom, 0.5 + level / 2.0) * error / (p * (1.0 - p))
    return tuple(np.where(inside, expit(logit(p) + sign * half), prob) for sign in (-1.0, 1.0))


def student(centre: Any, error: ArrayLike, freedom: ArrayLike, level: float = LEVEL) -> tuple[Any, Any]:
    """Student interval of a mean: ``centre`` less and plus so many standard errors ``error``."""
    half = stdtrit(freedom, 0.5 + level / 2.0) * np.asarray(error, float)
    return centre - half, centre + half
