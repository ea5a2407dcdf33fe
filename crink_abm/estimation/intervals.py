"""Probabilities with their intervals, and the three spreads kept apart.

Every function takes arrays and returns arrays of the same shape; counts are
integers. Intervals are two-sided at ``LEVEL``.
"""

import numpy as np
from scipy.special import bdtr, betaincinv, fdtrc, ndtri, stdtr, stdtrit

LEVEL = 0.95
#: Runs a world below which the spread between worlds cannot be told from luck.
LEAST_RUNS_A_WORLD = 20


def jeffreys(events, n, level: float = LEVEL):
    """Jeffreys interval of a probability: quantiles of Beta(k + 1/2, n - k + 1/2), 0 and 1 kept at the ends.

    Source: Brown, Cai and DasGupta 2001. With n = 0 the interval is (nan, nan).
    """
    events, n = np.asarray(events, float), np.asarray(n, float)
    tail = (1.0 - level) / 2.0
    low = np.where(events == 0, 0.0, betaincinv(events + 0.5, n - events + 0.5, tail))
    high = np.where(events == n, 1.0, betaincinv(events + 0.5, n - events + 0.5, 1.0 - tail))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def clopper_pearson(events, n, level: float = LEVEL):
    """Clopper-Pearson interval: never covers less than ``level``, at some cost in width."""
    events, n = np.asarray(events, float), np.asarray(n, float)
    tail = (1.0 - level) / 2.0
    low = np.where(events == 0, 0.0, betaincinv(np.maximum(events, 0.5), n - events + 1.0, tail))
    high = np.where(events == n, 1.0, betaincinv(events + 1.0, np.maximum(n - events, 0.5), 1.0 - tail))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


#: Name of an interval -> the function.
INTERVALS = {"jeffreys": jeffreys, "clopper-pearson": clopper_pearson}
#: What a reader may ask for: counts with one of these intervals, or the narrowest valid one.
KINDS = ("best", *INTERVALS)


def wilson(events, n, level: float = LEVEL):
    """Wilson's score interval (used inside Newcombe's; not reported by itself)."""
    events, n = np.asarray(events, float), np.asarray(n, float)
    z = ndtri(0.5 + level / 2.0)
    centre = (events + z * z / 2.0) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(events * (n - events) / n + z * z / 4.0)
    return centre - half, centre + half


def newcombe(only_here, only_base, both, n, level: float = LEVEL):
    """Newcombe's method 10 for a difference of paired proportions, here minus base.

    Parameters
    ----------
    only_here, only_base, both : counts of runs with the event only under this policy, only under the
        baseline, under both; ``n`` is the number of pairs.

    Returns
    -------
    (difference, low, high). Source: Newcombe 1998, Statistics in Medicine 17, 2635-2650.
    """
    only_here, only_base, both, n = (np.asarray(x, float) for x in (only_here, only_base, both, n))
    neither = n - only_here - only_base - both
    here, base = both + only_here, both + only_base
    p, q = here / n, base / n
    p_low, p_high = wilson(here, n, level)
    q_low, q_high = wilson(base, n, level)
    product = here * (n - here) * base * (n - base)
    cross = both * neither - only_here * only_base
    top = np.where(cross > 0, np.maximum(cross - n / 2.0, 0.0), cross)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = np.where(product > 0, top / np.sqrt(product), 0.0)
    down, up = p - p_low, q_high - q
    low = p - q - np.sqrt(np.maximum(down**2 - 2.0 * phi * down * up + up**2, 0.0))
    up, down = p_high - p, q - q_low
    high = p - q + np.sqrt(np.maximum(up**2 - 2.0 * phi * up * down + down**2, 0.0))
    return p - q, low, high


def difference_test(only_here, only_base, diff, worlds_se, freedom, luck_se=np.nan):
    """Two-sided p-values that a paired difference is zero, the more cautious of two tests.

    The first takes the worlds as given and the runs as the sample: Student's test on ``luck_se``, the difference's standard
    error with the luck taken out, with as many degrees of freedom as pairs differ, or where that is nan the exact McNemar test.
    The second takes the worlds as the sample: Student's test on ``worlds_se`` with the ``freedom`` of the worlds seen. Both are
    the tests that the intervals belong to. A difference is called clear only if both say so. Source: McNemar 1947.
    """
    only_here, only_base = np.asarray(only_here), np.asarray(only_base)
    diff, error, freedom, luck_se = (np.asarray(x, float) for x in (diff, worlds_se, freedom, luck_se))
    moved = np.maximum(only_here + only_base, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        over_worlds = np.where(error > 0, 2.0 * stdtr(freedom, -np.abs(diff) / error), 0.0)
        by_luck = np.where(luck_se > 0, 2.0 * stdtr(moved, -np.abs(diff) / luck_se), mcnemar(only_here, only_base))
    return np.maximum(by_luck, over_worlds)


def normal_interval(centre, error, level: float = LEVEL):
    """Normal interval: ``centre`` less and plus so many standard errors ``error``."""
    half = ndtri(0.5 + level / 2.0) * np.asarray(error, float)
    return centre - half, centre + half


def mcnemar(only_here, only_base):
    """Two-sided p-values of the exact McNemar test: the discordant pairs split evenly. Source: McNemar 1947."""
    smaller, n = np.minimum(only_here, only_base), np.add(only_here, only_base)
    return np.where(n == 0, 1.0, np.minimum(1.0, 2.0 * bdtr(smaller, np.maximum(n, 1), 0.5)))


def over_worlds(n_worlds: int, level: float = LEVEL) -> float:
    """How many standard errors wide an interval is on either side where ``n_worlds`` worlds are the sample (Student's t)."""
    return float(stdtrit(n_worlds - 1, 0.5 + level / 2.0)) if n_worlds > 1 else float("nan")


def false_discovery(p_values):
    """Benjamini-Hochberg q-values of a family of tests.

    A map with a thousand cells would show fifty "significant" ones by chance; among the cells with a q-value of
    at most 0.05, at most one in twenty is expected to be such. Source: Benjamini and Hochberg 1995.
    """
    p_values = np.asarray(p_values, float)  # scipy.stats has this too, and takes half a second of every command to load
    order = np.argsort(p_values)
    scaled = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    q_values = np.empty_like(scaled)
    q_values[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q_values


def mean_interval(total, squares, n, level: float = LEVEL):
    """Mean of a count or share with its normal interval, from sums: (mean, low, high)."""
    total, squares, n = (np.asarray(x, float) for x in (total, squares, n))
    mean = total / n
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(squares / n - mean**2, 0.0) / (n - 1.0)) * ndtri(0.5 + level / 2.0)
    return mean, mean - error, mean + error


def spreads(sums, squares, n_runs, switches, weights=None):
    """Split the variation of a mean over worlds into its sources.

    Parameters
    ----------
    sums : array (n_worlds, n_outcomes), each world's sum over its runs of the quantity (an event, 0 or 1; a paired
        difference, -1, 0 or 1; either with the luck taken out)
    squares : array (n_outcomes,), the sum of its square over all runs
    n_runs : array (n_worlds,) of runs in each world
    switches : mapping of switch name -> array (n_worlds,) of its level in each world
    weights : array (n_worlds,), what the runs of each world count together; ``n_runs`` if None. Then ``sums`` and ``squares``
        are of quantities times what each run counts

    Returns
    -------
    dict of arrays (n_outcomes,):
        mc_sd         standard error of the pooled mean from finite luck, runs taken as one sample (an upper bound
                      when worlds differ, since runs are spread evenly over them)
        worlds_se     standard error of it as an estimate for the whole ensemble (worlds are a sample too)
        parameter_sd  standard deviation between worlds of the same structure
        structure_sd  standard deviation of the main effects of the structural switches that an F test over worlds shows
                      (5 % over all switches together); 0 where it shows none
        structure_low, structure_high  lowest and highest mean over the levels of these switches, shrunk by 1 - 1/F; both
                      the pooled mean where there are none, so noise alone opens a range in one case in twenty

    Method of moments on the one-way layout (worlds) and on each switch's main effect; estimates of variance
    are cut at 0. Interactions of switches count as parameter spread. With one world, or fewer than
    ``LEAST_RUNS_A_WORLD``, luck hides the split and it is nan.
    """
    sums, squares, n_runs = (np.asarray(x, float) for x in (sums, squares, n_runs))
    seen = n_runs > 0
    weight = (n_runs if weights is None else np.asarray(weights, float))[seen, None]
    sums, runs = sums[seen], n_runs[seen, None]
    n_worlds, n, n_outcomes = len(weight), weight.sum(), sums.shape[1]
    pooled = sums.sum(0) / n
    unknown = np.full(n_outcomes, np.nan)
    out = {"mc_sd": np.sqrt(np.maximum(squares / n - pooled**2, 0.0) / n)}
    if n_worlds < 2:
        names = ("worlds_se", "parameter_sd", "structure_sd", "structure_low", "structure_high")
        return out | dict.fromkeys(names, unknown)
    mean = sums / weight
    out["worlds_se"] = np.sqrt((weight**2 * (mean - pooled) ** 2).sum(0) * n_worlds / (n_worlds - 1)) / n
    if n < LEAST_RUNS_A_WORLD * n_worlds:
        return out | dict.fromkeys(("parameter_sd", "structure_sd", "structure_low", "structure_high"), unknown)
    within = (squares - (sums**2 / runs).sum(0)) / (n - n_worlds)
    between = (weight * (mean - pooled) ** 2).sum(0) / (n_worlds - 1)
    size = (n - (weight**2).sum() / n) / (n_worlds - 1)
    world_var = np.maximum((between - within) / size, 0.0)
    structure_var, low, high = np.zeros(n_outcomes), pooled, pooled
    for levels in switches.values():
        effect, shown, means = _main_effect(mean, levels[seen], (1.0 - LEVEL) / len(switches))
        structure_var = structure_var + np.where(shown, effect, 0.0)
        low = np.where(shown, np.fmin(low, means.min(0)), low)
        high = np.where(shown, np.fmax(high, means.max(0)), high)
    structure_var = np.fmin(structure_var, world_var)
    out["parameter_sd"] = np.sqrt(world_var - structure_var)
    out["structure_sd"] = np.sqrt(structure_var)
    out["structure_low"], out["structure_high"] = low, high
    return out


def _main_effect(mean, levels, alpha):
    """Variance of a switch's main effect on world means, freed of noise; whether an F test shows one; its level means."""
    values = np.unique(levels)
    groups = [mean[levels == value] for value in values]
    sizes = np.array([len(group) for group in groups], float)[:, None]
    means, centre = np.array([group.mean(0) for group in groups]), mean.mean(0)
    if len(values) < 2:
        return np.zeros(mean.shape[1]), np.zeros(mean.shape[1], bool), means
    freedom = len(values) - 1, max(len(mean) - len(values), 1)
    residual = sum(((group - m) ** 2).sum(0) for group, m in zip(groups, means, strict=True)) / freedom[1]
    raw = (sizes * (means - centre) ** 2).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(residual > 0, raw / freedom[0] / residual, np.where(raw > 0, np.inf, 0.0))
        shown = fdtrc(*freedom, ratio) < alpha
        kept = np.where(shown, 1.0 - 1.0 / ratio, 0.0)
    return np.maximum(raw - freedom[0] * residual, 0.0) / len(mean), shown, centre + kept * (means - centre)


def ratio_over_worlds(hits, trials):
    """Standard errors of conditional probabilities, hits over trials, with the worlds as the sample.

    ``hits`` and ``trials`` are arrays (n_worlds, ...); worlds without a trial say nothing. Where trials fell in fewer than two
    worlds the error is nan. Source: the ratio estimator of a cluster sample (Cochran 1977, 6.4).
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    n, total = (trials > 0).sum(0), trials.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = hits - hits.sum(0) / total * trials
        return np.where(n > 1, np.sqrt((rest**2).sum(0) * n / (n - 1)) / total, np.nan)


def incidence(months, n_months: int, weights=None, level: float = LEVEL):
    """Cumulative incidence of one outcome by month: (prob, low, high), arrays (n_months,), with Clopper-Pearson intervals.

    ``months`` holds each run's first month, -1 for never; ``weights`` what each run counts (1 if None). No run is censored before
    the horizon, so the share that has failed by a month *is* the cumulative incidence; causes that compete enter by never being
    dated once another came first.
    """
    months = np.asarray(months)
    weights = np.ones(len(months)) if weights is None else np.asarray(weights, float)
    dated = months >= 0
    counts = np.bincount(months[dated], weights[dated], n_months)[:n_months].cumsum()
    with np.errstate(invalid="ignore", divide="ignore"):  # every run may have failed
        prob, worth = counts / weights.sum(), weights.sum() ** 2 / (weights**2).sum()
    low, high = clopper_pearson(prob * worth, worth, level)
    return prob, low, high
