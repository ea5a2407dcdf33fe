"""How far risks differ from world to world: noise of runs, parameters and structures apart."""

from collections.abc import Mapping

import numpy as np
from scipy.special import fdtrc

from ..typing import ArrayLike, FloatArray
from .intervals import LEVEL

#: Runs a world below which the spread between worlds cannot be told from noise.
LEAST_RUNS_A_WORLD = 20


def spreads(
    sums: ArrayLike,
    squares: ArrayLike,
    n_runs: ArrayLike,
    switches: Mapping[str, np.ndarray],
    weights: ArrayLike | None = None,
) -> dict[str, FloatArray]:
    """Split the variation of a mean over worlds into its sources.

    Parameters
    ----------
    sums : array (n_worlds, n_outcomes), each world's sum over its runs of the quantity (an event, 0 or 1; a paired
        difference, -1, 0 or 1; either by control variates)
    squares : array (n_outcomes,), the sum of its square over all runs
    n_runs : array (n_worlds,) of runs in each world
    switches : mapping of switch name -> array (n_worlds,) of its level in each world
    weights : array (n_worlds,), what the runs of each world count together; ``n_runs`` if None. Then ``sums`` and ``squares``
        are of quantities times what each run counts

    Returns
    -------
    dict of arrays (n_outcomes,):
        mc_se         standard error of the pooled mean from a finite number of runs, runs taken as one sample (an upper bound
                      when worlds differ, since runs are spread evenly over them)
        ensemble_se     standard error of it as an estimate for the whole ensemble (worlds are a sample too)
        parameter_sd  standard deviation between worlds of the same structure
        structure_sd  standard deviation of the main effects of the structural switches that an F test over worlds shows
                      (5 % over all switches together); 0 where it shows none
        structure_low, structure_high  lowest and highest mean over the levels of these switches, shrunk by 1 - 1/F; both
                      the pooled mean where there are none, so noise alone opens a range in one case in twenty

    Method of moments on the one-way layout (worlds) and on each switch's main effect; estimates of variance
    are cut at 0. Interactions of switches count as parameter spread. With one world, or fewer than
    ``LEAST_RUNS_A_WORLD``, noise hides the split and it is nan.
    """
    sums, squares, n_runs = (np.asarray(x, float) for x in (sums, squares, n_runs))
    seen = n_runs > 0
    weight = (n_runs if weights is None else np.asarray(weights, float))[seen, None]
    sums, runs = sums[seen], n_runs[seen, None]
    n_worlds, n, n_outcomes = len(weight), weight.sum(), sums.shape[1]
    pooled = sums.sum(0) / n
    unknown = np.full(n_outcomes, np.nan)
    out = {"mc_se": np.sqrt(np.maximum(squares / n - pooled**2, 0.0) / n)}
    if n_worlds < 2:
        names = ("ensemble_se", "parameter_sd", "structure_sd", "structure_low", "structure_high")
        return out | dict.fromkeys(names, unknown)
    mean = sums / weight
    out["ensemble_se"] = np.sqrt((weight**2 * (mean - pooled) ** 2).sum(0) * n_worlds / (n_worlds - 1)) / n
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


def _main_effect(mean: np.ndarray, levels: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def ratio_over_worlds(hits: ArrayLike, trials: ArrayLike) -> FloatArray:
    """Standard errors of conditional probabilities, hits over trials, with the worlds as the sample.

    ``hits`` and ``trials`` are arrays (n_worlds, ...); worlds without a trial say nothing. Where trials fell in fewer than two
    worlds the error is nan. Source: the ratio estimator of a cluster sample (Cochran 1977, 6.4).
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    n, total = (trials > 0).sum(0), trials.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = hits - hits.sum(0) / total * trials
        return np.where(n > 1, np.sqrt((rest**2).sum(0) * n / (n - 1)) / total, np.nan)
