"""A file of beliefs put into worlds, which every other analysis then takes."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betainc, ndtr, ndtri
from scipy.stats import gaussian_kde

from ...ensemble.build import make_worlds
from ...ensemble.worlds import Worlds
from ...estimation.intervals import over_worlds
from ...estimation.resampling import resampled
from ...experiment.design import baseline
from ...model import arguments
from ...model.parameters import CATALOGUE
from ...typing import FloatArray, IntArray, PathLike
from ...util.errors import InputError
from ..kept import Kept, keeping
from ..questions import read
from ..responses import Arm, Responses, Setting, respond
from ..thresholds import beliefs
from . import pooling
from .distributions import Quantiles, log_copula
from .questions import Believed, Elicited, ElicitFile, believed, scale

_NAMES = tuple(CATALOGUE)
#: Points at which densities are drawn, and how near to the ends of the range.
_POINTS, _NEAR_END = 101, 0.02
#: The worlds, as a file for ``[worlds] ensemble``.
WORLDS = "worlds"

Progress = Callable[[int, int, str], object]


def elicit(
    experiment: PathLike | Mapping[str, Any] | ElicitFile,
    *,
    out: PathLike | None = None,
    progress: Progress | None = None,
) -> Elicited:
    """Put a reader's own beliefs into worlds: weigh an ensemble by them, or draw them afresh.

    Parameters
    ----------
    experiment : a file with ``[experts]`` and ``[elicit]``, a dict of the same shape, or one that was read
    out : folder for tables and ``worlds.parquet``, which ``[worlds] ensemble`` of any experiment takes
    progress : called with steps done, steps in all, and the step

    Returns
    -------
    Elicited: the worlds, and tables of what was said, what came of it, and risks before and after

    Raises
    ------
    InputError
        On beliefs that mean nothing, or that leave too few worlds to stand for them; the message says how many, and the remedy.

    Notes
    -----
    Each world weighs the pool's density over that of the worlds it was drawn from (importance sampling). Where an expert says
    nothing, the worlds' own distribution stands. Source: O'Hagan et al. 2006; Kish 1965 (effective size).

    Examples
    --------
    >>> import crink_abm
    >>> found = crink_abm.elicit({
    ...     "experiment": {"name": "mine", "seed": 1, "runs": 100, "months": 24},
    ...     "experts": {"me": {"constants": {"sanctions_cost": {"5": 0.1, "50": 0.25, "95": 0.35}}}},
    ...     "elicit": {"runs_per_world": 2, "size": 300},
    ...     "worlds": {"size": 300},
    ... })
    >>> bool(0.2 < np.median(found.worlds.column("sanctions_cost")) < 0.3)
    True
    """
    file = read(experiment, ElicitFile)
    experts = believed(file)
    arguments.environment()
    head, plan = file.experiment, file.elicit
    source = make_worlds(file.worlds, file.parameters)
    if len(source) < 20:
        raise InputError(f"beliefs weigh an ensemble of at least 20 worlds; [worlds] has {len(source)}")
    with keeping(out, "elicit") as kept:
        if plan.method == "draw":
            worlds, ratio = _drawn(source, experts, plan.size, head.seed)
        else:
            replaced = source.values if plan.replaces == "ensemble" else None
            worlds, ratio = source, np.stack([_log_ratio(one, source.values, replaced) for one in experts])
        setting = Setting(worlds, head.months, head.start, head.seed, baseline(file), file.drivers)
        outcomes = list(dict.fromkeys([*plan.outcomes, *(name for one in experts for name in one.bands)]))
        risks = respond(
            setting, [Arm("baseline")], outcomes, rounds=plan.runs_per_world, kept=kept,
            progress=lambda done, total: progress(done, total, "risks at the baseline") if progress else None,
        )  # fmt: skip
        found = _made(file, experts, worlds, ratio, risks)
        if kept:
            _write(kept, found)
    return found


def _write(kept: Kept, found: Elicited) -> None:
    values, copies = np.unique(found.worlds.values, axis=0, return_counts=True)
    kept.finish(**found.tables, **{WORLDS: pd.DataFrame(values, columns=list(_NAMES)).assign(copies=copies)})


def _log_ratio(one: Believed, values: FloatArray, ensemble: FloatArray | None) -> FloatArray:
    """The log density of an expert's belief over that of the bare prior, or of an ensemble: array (n_worlds,).

    Parameters
    ----------
    values : the worlds that are weighed
    ensemble : worlds whose distribution the belief replaces; the bare prior if None
    """
    total = np.zeros(len(values))
    own = []
    for name, belief in one.constants.items():
        p = CATALOGUE[name]
        x = scale(p, values[:, _NAMES.index(name)])
        inside = np.clip(x, belief.low, belief.high)
        total += belief.log_density(inside) + np.log(belief.high - belief.low)
        own.append(ndtri(np.clip(belief.below(inside), 1e-12, 1.0 - 1e-12)))
    if len(own) > 1:
        total += log_copula(np.stack(own, 1), one.matrix)
    for name, chances in one.switches.items():
        levels = [float(level) for level in CATALOGUE[name].drawn]
        before = np.full(len(levels), 1.0 / len(levels))
        if ensemble is not None:
            before = np.array([(ensemble[:, _NAMES.index(name)] == level).mean() for level in levels])
        x = values[:, _NAMES.index(name)]
        with np.errstate(divide="ignore"):
            total += np.log([chances[levels.index(v)] / before[levels.index(v)] if v in levels else 0.0 for v in x])
    if ensemble is not None:
        total -= _log_moved(list(one.constants), values, ensemble)
    return total


def _log_moved(names: list[str], values: FloatArray, ensemble: FloatArray) -> FloatArray:
    """The log density of an ensemble's constants over that of the bare prior, smoothed on normal scores."""
    if not names:
        return np.zeros(len(values))
    total = np.zeros(len(values))
    own: list[FloatArray] = []
    theirs: list[FloatArray] = []
    for name in names:
        p, k = CATALOGUE[name], _NAMES.index(name)
        z, at = beliefs.scores(p, ensemble[:, k]), beliefs.scores(p, values[:, k])
        density = gaussian_kde(z)
        total += np.log(density(at)) + 0.5 * at**2 + 0.5 * np.log(2.0 * np.pi)
        rank = np.array([density.integrate_box_1d(-np.inf, x) for x in np.linspace(-4.0, 4.0, 401)])
        for where, out in ((at, own), (z, theirs)):
            out.append(ndtri(np.clip(np.interp(where, np.linspace(-4.0, 4.0, 401), rank), 1e-9, 1.0 - 1e-9)))
    if len(names) > 1:
        total += log_copula(np.stack(own, 1), np.corrcoef(np.stack(theirs)))
    return total


def _drawn(source: Worlds, experts: list[Believed], size: int, seed: int) -> tuple[Worlds, FloatArray]:
    """Worlds with beliefs drawn from the linear pool, and the experts' log densities over that of these worlds."""
    rng = np.random.default_rng([seed % 2**63, 61])
    rows = rng.permutation(
        np.repeat(np.arange(len(source)), resampled(np.full(len(source), 1.0 / len(source)), size, 1))
    )
    values = source.values[rows].copy()
    shares = np.array([one.weight for one in experts]) / sum(one.weight for one in experts)
    of = rng.permutation(np.repeat(np.arange(len(experts)), resampled(shares, size, 2)))
    for k, one in enumerate(experts):
        mine = np.flatnonzero(of == k)
        z = (
            rng.normal(size=(len(mine), len(one.constants))) @ np.linalg.cholesky(one.matrix).T
            if one.constants
            else None
        )
        for j, (name, belief) in enumerate(one.constants.items()):
            assert z is not None
            values[mine, _NAMES.index(name)] = _drawn_values(name, belief, z[:, j])
        for name, chances in one.switches.items():
            levels = [float(level) for level in CATALOGUE[name].drawn]
            values[mine, _NAMES.index(name)] = rng.choice(levels, len(mine), p=chances)
    ratio = np.stack([_log_ratio(one, values, source.values) for one in experts])
    pool = np.log(shares @ np.exp(np.maximum(ratio, -700.0)))
    made = Worlds(values, f"{source.origin}, with elicited beliefs drawn afresh", size, report=source.report)
    return made, ratio - pool


def _drawn_values(name: str, belief: Quantiles, z: FloatArray) -> FloatArray:
    p = CATALOGUE[name]
    x = belief.quantile(ndtr(z))
    return np.clip(np.exp(x) if p.log else x, p.low, p.high)


def _in_band(level: FloatArray, n: int, low: float, high: float) -> FloatArray:
    """The probability that a world's risk lies in a band, from its estimate in ``n`` runs (Jeffreys)."""
    events = np.clip(level, 0.0, 1.0) * n
    a, b = events + 0.5, n - events + 0.5
    return np.asarray(betainc(a, b, high) - betainc(a, b, low))


def _made(
    experiment: ElicitFile, experts: list[Believed], worlds: Worlds, ratio: FloatArray, risks: Responses
) -> Elicited:
    """Weights of experts and pool, the worlds they make, and all tables."""
    plan, number = experiment.elicit, worlds.number
    log, insides = [], {}
    for one, before in zip(experts, ratio, strict=True):
        inside = np.zeros((0, len(worlds)))
        if one.bands:
            inside = np.stack(
                [
                    _in_band(risks.level(0, name).mean(0), risks.rounds, band.low, band.high)
                    for name, band in one.bands.items()
                ]
            )
            after, inside, met = pooling.in_bands(
                before, inside, np.array([band.inside for band in one.bands.values()])
            )
            if not met:
                raise InputError(
                    f"[experts.{one.name}]: no weights of these worlds give all its bands ({', '.join(one.bands)}) the "
                    "probability "
                    'that is said; widen one, raise [worlds] draws with ensemble = "prior", or leave one out'
                )
            before = after
        insides[one.name] = inside
        log.append(before)
    shares = np.array([one.weight for one in experts])
    weights = {
        one.name: pooling.pooled(before[None], np.ones(1), "linear") for one, before in zip(experts, log, strict=True)
    }
    if np.isneginf(np.stack(log)).all(0).all():
        raise InputError("every world is ruled out by some expert; leave levels of switches a probability above 0")
    weights["pooled"] = pooling.pooled(np.stack(log), shares, plan.pool)
    rows = [
        (
            name,
            shares[k] / shares.sum() if k < len(experts) else 1.0,
            pooling.effective(w, number),
            float(np.bincount(number, w).max()),
        )
        for k, (name, w) in enumerate(weights.items())
    ]
    table = pd.DataFrame(rows, columns=["who", "share", "effective", "largest"]).assign(
        n_worlds=len(worlds), n_different=int(number.max()) + 1, pool=plan.pool, method=plan.method
    )
    worth = float(table["effective"].iloc[-1])
    if not worth >= plan.least_effective:
        each = ", ".join(f"{row.who} {row.effective:.1f}" for row in table.itertuples())
        had = pooling.effective(np.full(len(worlds), 1.0 / len(worlds)), number)
        remedy = (
            'set [elicit] method = "draw", which draws the elicited beliefs afresh'
            if plan.method == "reweigh"
            else "raise [elicit] size, or widen the bands on outcomes"
        )
        raise InputError(
            f"these beliefs leave {worth:.1f} effective worlds of {had:.0f} (by expert and pooled: {each}), where [elicit] "
            f"least_effective = {plan.least_effective:g} are the least: few worlds are as believed, and what follows would "
            "rest on "
            f"them. {remedy[0].upper()}{remedy[1:]}; or widen the beliefs, or take a larger ensemble"
        )
    copies = resampled(weights["pooled"], plan.size, experiment.experiment.seed % 2**32)
    made = Worlds(
        np.repeat(worlds.values, copies, axis=0), f"{worlds.origin}, as {len(experts)} experts believe ({plan.pool} pool)",
        len(worlds), report=worlds.report, note=f"beliefs as elicited from {', '.join(one.name for one in experts)}",
    )  # fmt: skip
    return Elicited(
        made, table, _beliefs(experts, worlds, weights, plan.pool), _risks(experts, risks, weights, insides, number, table),
        _densities(experts, worlds, weights), worth, {"runs": len(worlds) * risks.rounds},
    )  # fmt: skip


def _beliefs(experts: list[Believed], worlds: Worlds, weights: Mapping[str, FloatArray], pool: str) -> pd.DataFrame:
    rows: list[Any] = []
    even = np.full(len(worlds), 1.0 / len(worlds))
    for one in experts:
        for name, belief in one.constants.items():
            p, x = CATALOGUE[name], worlds.column(name)
            at = np.exp(belief.at) if p.log else belief.at
            rows += [
                (one.name, name, f"{100 * u:g} %", float(said), *(float(pooling.quantile(x, w, np.array([u]))[0])
                 for w in (even, weights[one.name], weights["pooled"])), belief.outside, beliefs.standing(p))
                for u, said in zip(belief.probability, at, strict=True)
            ]  # fmt: skip
        for name, chances in one.switches.items():
            p, x = CATALOGUE[name], worlds.column(name)
            rows += [
                (one.name, name, level.name.lower(), float(chance), *(float(w[x == float(level)].sum())
                 for w in (even, weights[one.name], weights["pooled"])), 0.0, beliefs.standing(p))
                for level, chance in zip(p.drawn, chances, strict=True)
            ]  # fmt: skip
    columns = ["who", "belief", "at", "said", "worlds", "expert", "pooled", "outside", "standing"]
    return pd.DataFrame(rows, columns=columns)


def weighted_interval(x: FloatArray, weights: FloatArray, number: IntArray) -> tuple[float, float, float]:
    """A weighted mean over worlds with its 95 % interval, copies of a world being one; Student's t with the effective worlds."""
    own = np.bincount(number, weights)
    value = np.divide(np.bincount(number, weights * x), own, out=np.zeros(len(own)), where=own > 0.0)
    mean = float(own @ value / own.sum())
    worth = pooling.effective(weights, number)
    error = float(np.sqrt((own**2 * (value - mean) ** 2).sum()) / own.sum()) * np.sqrt(worth / max(worth - 1.0, 1e-9))
    half = over_worlds(max(2, int(worth))) * error
    return mean, mean - half, mean + half


def _risks(
    experts: list[Believed], risks: Responses, weights: Mapping[str, FloatArray], insides: Mapping[str, FloatArray],
    number: IntArray, table: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    rows = []
    even = np.full(len(number), 1.0 / len(number))
    worth = dict(zip(table["who"], table["effective"], strict=True)) | {"worlds": pooling.effective(even, number)}
    for outcome in risks.measures:
        level = np.nan_to_num(risks.influence(0, outcome).mean(0))
        for who, w in {"worlds": even, **weights}.items():
            band = next((one.bands[outcome] for one in experts if one.name == who and outcome in one.bands), None)
            inside = np.nan
            if band is not None:
                k = list(next(one.bands for one in experts if one.name == who)).index(outcome)
                inside = float(w @ insides[who][k])
            said = (band.low, band.high, band.inside) if band else (np.nan,) * 3
            rows.append(
                (outcome, who, *weighted_interval(level, w, number), *said, inside, worth[who], len(number), risks.rounds)
            )  # fmt: skip
    columns = ["outcome", "who", "risk", "low", "high", "band_low", "band_high", "band_said", "band_inside", "effective",
               "n_worlds", "runs_per_world"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _densities(experts: list[Believed], worlds: Worlds, weights: Mapping[str, FloatArray]) -> pd.DataFrame:
    rows: list[Any] = []
    names = dict.fromkeys(name for one in experts for name in one.constants)
    u = np.linspace(_NEAR_END, 1.0 - _NEAR_END, _POINTS)
    for name in names:
        p = CATALOGUE[name]
        x = np.asarray(p.quantile(u), float)
        z, own = ndtri(u), beliefs.scores(p, worlds.column(name))
        prior = 1.0 / (x * np.log(p.high / p.low)) if p.log else np.full(len(x), 1.0 / (p.high - p.low))
        rows += [("prior", name, a, b) for a, b in zip(x, prior, strict=True)]
        jacobian = prior * np.sqrt(2.0 * np.pi) * np.exp(0.5 * z**2)
        for who, w in (("worlds", None), ("pooled", weights["pooled"])):
            rows += [(who, name, a, b) for a, b in zip(x, gaussian_kde(own, weights=w)(z) * jacobian, strict=True)]
        for one in experts:
            if name in one.constants:
                density = np.exp(one.constants[name].log_density(scale(p, x))) * (1.0 / x if p.log else 1.0)
                rows += [(one.name, name, a, b) for a, b in zip(x, density, strict=True)]
    return pd.DataFrame(rows, columns=["who", "belief", "value", "density"])
