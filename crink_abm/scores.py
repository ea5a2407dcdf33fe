"""Proper scores of forecasts, what forecasts are compared with, and intervals that respect overlapping windows."""

import numpy as np
from scipy.stats import norm

#: Points that stand for a normal distribution.
_QUANTILES = norm.ppf((np.arange(200) + 0.5) / 200)


def brier(prob, happened):
    """(p - y)². Source: Brier 1950."""
    return (np.asarray(prob) - np.asarray(happened, float)) ** 2


def log_score(prob, happened):
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


def block_interval(scores: np.ndarray, base: np.ndarray, *, block: int = 12, draws: int = 2000, seed: int = 1):
    """(mean, low, high, skill, skill low, skill high) of scores by origin, by a moving-block bootstrap over origins.

    Twelve-month windows of neighbouring origins overlap, so origins are drawn in runs of ``block`` (Künsch 1989), of
    a third of the origins where they are fewer than three blocks (then the interval is rough). Skill is 1 - mean /
    mean of ``base``. With fewer than nine origins the interval is nan.
    """
    n = len(scores)
    block = min(block, n // 3)
    mean, skill = scores.mean(), 1.0 - scores.mean() / base.mean()
    if n < 9:
        return mean, np.nan, np.nan, skill, np.nan, np.nan
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n - block + 1, (draws, -(-n // block)))
    rows = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :n]
    drawn, drawn_base = scores[rows].mean(1), base[rows].mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    skill_low, skill_high = np.quantile(1.0 - drawn / drawn_base, [0.025, 0.975])
    return mean, low, high, skill, skill_low, skill_high
