"""Proper scores of forecasts, what forecasts are compared with, and intervals that respect overlapping windows."""

from functools import cache
from typing import Any

import numpy as np
from scipy.stats import norm

from ..typing import ArrayLike

#: Points that stand for a normal distribution.
_QUANTILES = norm.ppf((np.arange(200) + 0.5) / 200)
#: Months that a forecast looks ahead: windows of origins nearer than this overlap.
WINDOW = 12
#: How far a month's loss may follow the last one's (lag-1 correlation) for intervals to hold as they say.
PERSISTENCE = (0.0, 0.5, 0.8)
#: Fewest origins with an interval; simulated series that a critical value rests on.
LEAST_ORIGINS, _SERIES = 9, 20_000


def brier(prob: ArrayLike, happened: ArrayLike) -> Any:
    """(p - y)². Source: Brier 1950."""
    return (np.asarray(prob) - np.asarray(happened, float)) ** 2


def log_score(prob: ArrayLike, happened: ArrayLike) -> Any:
    """-ln of the probability given to what happened. Source: Good 1952."""
    return -np.log(np.where(np.asarray(happened, bool), prob, 1.0 - np.asarray(prob)))


def crps_counts(cdf: np.ndarray, seen: int) -> float:
    """Continuous ranked probability score of a count: Σ_k (F(k) - 1[seen <= k])², ``cdf`` over 0, 1, … to where it is 1.

    Source: Matheson and Winkler 1976; Gneiting and Raftery 2007.
    """
    return float(((cdf - (np.arange(len(cdf)) >= seen)) ** 2).sum())


def crps_sample(sample: np.ndarray, seen: float) -> float:
    """The same of a sample: E|X - seen| - E|X - X'| / 2."""
    x = np.sort(sample)
    n = len(x)
    spread = 2.0 * (x * (2.0 * np.arange(1, n + 1) - n - 1)).sum() / n**2
    return float(np.abs(x - seen).mean() - 0.5 * spread)


def count_cdf(counts: np.ndarray, top: int) -> np.ndarray:
    """Empirical distribution function over 0..top."""
    return np.cumsum(np.bincount(np.minimum(counts.astype(int), top), minlength=top + 1)) / len(counts)


def normal_sample(mean: float, sd: float) -> np.ndarray:
    """A normal distribution as equally likely points."""
    return mean + sd * _QUANTILES


def base_rate(events: np.ndarray) -> float:
    """Share of earlier months with the event, (k + 1/2) / (n + 1)."""
    return float((events.sum() + 0.5) / (len(events) + 1.0))


def lagged_logit(events: np.ndarray, lead: int) -> float:
    """Chance of the event ``lead`` months after the last, by a logit on that month and on the share of the last six.

    Fitted by scikit-learn (its default ridge, which keeps odds finite) to all earlier pairs; the base rate where
    they are too few or all alike.

    Raises
    ------
    ImportError
        If scikit-learn is absent (the extra ``calibrate``).
    """
    from sklearn.linear_model import LogisticRegression

    events = np.asarray(events, float)
    padded = np.concatenate([[0.0], np.cumsum(events)])
    ends = np.arange(1, len(events) + 1)
    begins = np.maximum(ends - 6, 0)
    recent = (padded[ends] - padded[begins]) / (ends - begins)
    features, target = np.column_stack([events, recent]), events[lead:]
    if len(target) < 24 or target.min() == target.max():
        return base_rate(events)
    fitted = LogisticRegression(solver="newton-cholesky").fit(features[: len(target)], target)
    return float(fitted.predict_proba(features[-1:])[0, 1])


def lagged_normal(x: np.ndarray, lead: int) -> tuple[float, float]:
    """(mean, s.d.) ``lead`` months after the last value by a first-order autoregression fitted to all of them."""
    d = x - x.mean()
    persistence = float(np.clip((d[1:] * d[:-1]).sum() / (d[:-1] ** 2).sum(), 0.0, 0.99)) if len(x) > 2 else 0.0
    kept = persistence**lead
    sd = x.std(ddof=1) * np.sqrt(1.0 - kept**2)
    return float(x.mean() + kept * d[-1]), float(sd)


def _blocks(x: np.ndarray) -> np.ndarray:
    """Sums of the deviations from the mean over blocks of neighbours, of twelve and more, or three: (..., n_blocks)."""
    n = x.shape[-1]
    edges = np.linspace(0, n, max(3, n // WINDOW) + 1).astype(int)[:-1]
    return np.add.reduceat(x - x.mean(-1, keepdims=True), edges, axis=-1)


def _error(x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """Squared standard error of the mean of a series by its blocks (of two: the product that covaries)."""
    first = _blocks(x)
    n_blocks = first.shape[-1]
    return (first * (first if y is None else _blocks(y))).sum(-1) * n_blocks / (n_blocks - 1) / x.shape[-1] ** 2


@cache
def critical(n: int, level: float = 0.95) -> float:
    """How many standard errors by blocks wide the interval of a mean over ``n`` monthly origins is on either side.

    Neighbouring windows share all months but one, and few blocks share none, so neither Student's t of block means nor a
    bootstrap of them covers what it says. This is the quantile of the ratio itself, by simulation: normal monthly losses
    that follow one another by each of ``PERSISTENCE``, averaged over windows of twelve; the largest of the quantiles.
    Source: the idea of fixed-b asymptotics (Kiefer and Vogelsang 2005) and of a bound on persistence (Müller 2014).
    """
    found = []
    for rho in PERSISTENCE:
        rng = np.random.default_rng(1)
        months = rng.standard_normal((n + WINDOW - 1, _SERIES))
        for k in range(1, len(months)):
            months[k] = rho * months[k - 1] + np.sqrt(1.0 - rho**2) * months[k]
        total = np.vstack([np.zeros(_SERIES), np.cumsum(months, axis=0)])
        by_origin = ((total[WINDOW:] - total[:-WINDOW]) / WINDOW).T
        found.append(np.quantile(np.abs(by_origin.mean(-1)) / np.sqrt(_error(by_origin)), level))
    return float(max(found))


def block_interval(scores: np.ndarray, base: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """(mean, low, high, skill, skill low, skill high) of scores by origin; 95 %, by blocks of origins.

    The interval of the mean is :func:`critical` standard errors wide. Skill is 1 - mean / mean of ``base``; its interval
    holds the ratios r at which the mean of scores - r base lies within as many standard errors of 0 (Fieller 1954), so
    0 lies outside it exactly where the two differ. Where the data leave it unbounded, and with fewer than nine origins,
    it is nan.
    """
    n, mean, skill = len(scores), scores.mean(), 1.0 - scores.mean() / base.mean()
    if n < LEAST_ORIGINS:
        return mean, np.nan, np.nan, skill, np.nan, np.nan
    t = critical(n)
    half = t * np.sqrt(_error(scores))
    # the quadratic a r^2 - 2 b r + c <= 0 of mean(scores - r base)^2 <= t^2 error^2
    a = base.mean() ** 2 - t**2 * _error(base)
    b = mean * base.mean() - t**2 * _error(scores, base)
    c = mean**2 - t**2 * _error(scores)
    if a <= 0.0:
        return mean, mean - half, mean + half, skill, np.nan, np.nan
    root = np.sqrt(max(b * b - a * c, 0.0))
    return mean, mean - half, mean + half, skill, 1.0 - (b + root) / a, 1.0 - (b - root) / a
