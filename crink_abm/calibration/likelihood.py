"""How likely the record is in each world: a synthetic likelihood, block by block.

Launches and aircraft: a normal density of the summaries at the moments of the world's own histories (Wood 2010,
Nature 466; Price, Drovandi, Lee and Nott 2018, JCGS 27). Disputes: Poisson. Flow: log-normal with one free scale.
Force: the same chance for all four kinds. The blocks are taken as independent given the world.
"""

import numpy as np
from scipy.special import betaln, gammaln
from scipy.stats import beta

from ..record.tables import FORCE
from . import targets as t
from .summaries import Summaries
from .targets import Targets

#: Pseudo-replicates by which a world's own covariance is drawn towards that of all worlds.
SHRINKAGE = 8.0


def pooled(cov: np.ndarray, n: np.ndarray) -> np.ndarray:
    """The covariance of all worlds together, weighted by their replicates."""
    weight = np.maximum(n - 1, 0)
    return (cov * weight[:, None, None]).sum(0) / weight.sum()


def shrunk(cov: np.ndarray, n: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Each world's covariance of a new history's summaries about the estimated mean.

        ((n - 1) S + SHRINKAGE S_all) / (n - 1 + SHRINKAGE) times (1 + 1 / n)

    The last factor is the error of the mean itself.
    """
    df = np.maximum(n - 1, 0)[:, None, None]
    return (df * cov + SHRINKAGE * centre) / (df + SHRINKAGE) * (1.0 + 1.0 / np.maximum(n, 1))[:, None, None]


def normal(seen: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Log density of what was seen under each world's normal; ``seen`` is (d,) or (n, d)."""
    d = seen - mean
    solved = np.linalg.solve(cov, d[..., None])[..., 0]
    _, logdet = np.linalg.slogdet(cov)
    return -0.5 * ((d * solved).sum(-1) + logdet + d.shape[-1] * np.log(2 * np.pi))


def flow(seen: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Log density of log figures under each world's log path, the scale of the figures integrated out.

    log figure_k = scale + path_k + error_k,   scale ~ N(FLOW_SCALE), error ~ N(0, FLOW_LOG_SD^2)
    """
    centre, spread = t.FLOW_SCALE
    n = path.shape[1]
    cov = spread**2 * np.ones((n, n)) + t.FLOW_LOG_SD**2 * np.eye(n)
    return normal(seen, path + centre, np.broadcast_to(cov, (len(path), n, n)))


def flow_simulated(path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Log figures that each world's path could have given."""
    centre, spread = t.FLOW_SCALE
    scale = rng.normal(centre, spread, (len(path), 1))
    return path + scale + rng.normal(0.0, t.FLOW_LOG_SD, path.shape)


def flow_predictive(seen: np.ndarray, path: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """New log figures given those seen: the scale from what they say of it in each world."""
    centre, spread = t.FLOW_SCALE
    precision = 1.0 / spread**2 + path.shape[1] / t.FLOW_LOG_SD**2
    mean = (centre / spread**2 + (seen - path).sum(1) / t.FLOW_LOG_SD**2) / precision
    scale = rng.normal(mean, 1.0 / np.sqrt(precision))[:, None]
    return path + scale + rng.normal(0.0, t.FLOW_LOG_SD, path.shape)


def disputes(count: int, rate: np.ndarray, years: int) -> np.ndarray:
    """Log probability of so many disputes in so many years."""
    mean = np.maximum(rate * years, 1e-9)
    return count * np.log(mean) - mean - gammaln(count + 1.0)


def force(events: np.ndarray, n: np.ndarray, spells_with: float, spells: float) -> np.ndarray:
    """Log chance of force in ``spells_with`` of ``spells`` spells, given ``events`` in ``n`` histories of one spell.

    E p^with (1 - p)^(spells - with) under Jeffreys' Beta(events + 1/2, n - events + 1/2)
    """
    a, b = events + 0.5, n - events + 0.5
    return betaln(a + spells_with, b + spells - spells_with) - betaln(a, b)


def crises(count: int, of: int, share: np.ndarray) -> np.ndarray:
    """Log chance that ``count`` of ``of`` incidents become crises (binomial; a count above ``of`` is taken for all)."""
    hit, share = min(count, of), np.clip(share, 1e-9, 1.0 - 1e-9)
    return (
        gammaln(of + 1) - gammaln(hit + 1) - gammaln(of - hit + 1) + hit * np.log(share) + (of - hit) * np.log1p(-share)
    )


def in_band(events: np.ndarray, trials: np.ndarray, low: float, high: float) -> np.ndarray:
    """Log chance that a world's probability lies in an elicited band, given its own runs (Jeffreys)."""
    a, b = events + 0.5, trials - events + 0.5
    return np.log(np.maximum(beta.cdf(high, a, b) - beta.cdf(low, a, b), 1e-300))


def blocks(
    s: Summaries, seen: Targets, launches_centre: np.ndarray | None = None, aircraft_centre: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Log-likelihood of each block of the record in each world.

    The centres of shrinkage are those of the worlds given, unless said (to treat some worlds as among others).
    """
    launches_centre = pooled(s.launches_cov, s.n_replicates) if launches_centre is None else launches_centre
    aircraft_centre = pooled(s.aircraft_cov, s.n_replicates) if aircraft_centre is None else aircraft_centre
    spells = {name: 12.0 * years / t.FORCE_MONTHS for name, (_, years) in seen.force.items()}
    with_force = {name: min(float(n), spells[name]) for name, (n, _) in seen.force.items()}
    return {
        "launch days": normal(seen.launches, s.launches, shrunk(s.launches_cov, s.n_replicates, launches_centre)),
        "PLA aircraft": normal(seen.aircraft, s.aircraft, shrunk(s.aircraft_cov, s.n_replicates, aircraft_centre)),
        "disputes in Korea": disputes(seen.n_onsets["korea"], s.korea_rate, seen.years),
        "disputes over Taiwan": disputes(seen.n_onsets["taiwan"], s.taiwan_rate, seen.years),
        "Russian flow": flow(np.array([x for *_, x in seen.flow]), s.flow),
        "crises in Korea": crises(seen.n_crises["korea"], seen.n_onsets["korea"], s.korea_share),
        "crises over Taiwan": crises(seen.n_crises["taiwan"], seen.n_onsets["taiwan"], s.taiwan_share),
        **{
            f"force: {name.replace('_', ' ')}": force(s.force[:, k], s.n_early, with_force[name], spells[name])
            for k, name in enumerate(FORCE)
        },
    }


def effective_by_two_looks(first: np.ndarray, second: np.ndarray) -> float:
    """Kish's effective sample size freed of the noise of weights that were estimated twice, independently.

    (Σ v)(Σ w) / Σ v w: noise of mean 1 inflates a square, and not a product of two independent ones.
    """
    return float(first.sum() * second.sum() / (first * second).sum())
