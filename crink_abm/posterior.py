"""What the record did to the prior: which parameters and switches moved, by how much, beyond what chance would do."""

import numpy as np
import pandas as pd

from .parameters import CATALOGUE, SWITCHES
from .parameters.base import Parameter

#: Samples of the null distributions.
_NULL = 999


def _uniform(parameter: Parameter, x: np.ndarray) -> np.ndarray:
    """Prior cumulative probability of each value."""
    if parameter.log:
        return np.log(x / parameter.low) / np.log(parameter.high / parameter.low)
    return (x - parameter.low) / (parameter.high - parameter.low)


def distance(u: np.ndarray, weights: np.ndarray) -> float:
    """Kuiper's distance of weighted points from the uniform distribution, D+ + D-; weights sum to 1.

    Unlike Kolmogorov's and Smirnov's, the larger of the two, it sees a narrowing as well as a shift. Source: Kuiper
    1960.
    """
    order = np.argsort(u, kind="stable")
    cdf, u = np.cumsum(weights[order]), u[order]
    return float(np.max(cdf - u) + np.max(u - (cdf - weights[order])))


def _null_distances(weights, rng) -> np.ndarray:
    """The distance when the weights have nothing to do with the parameter."""
    return np.array([distance(rng.random(len(weights)), weights) for _ in range(_NULL)])


def _shift(levels: np.ndarray, n_levels: int, weights: np.ndarray) -> float:
    """Total variation between a switch's weighted shares and equal ones."""
    shares = np.bincount(levels.astype(int), weights, n_levels)
    return float(0.5 * np.abs(shares - 1.0 / n_levels).sum())


def moved(values: np.ndarray, weights: np.ndarray, seed: int) -> pd.DataFrame:
    """One row a parameter: prior and posterior mean and s.d., distance, and whether the data moved it.

    ``moved`` holds where the distance exceeds the 95 % point of the largest of as many distances as there are
    parameters under the null (weights that know nothing of the parameter): one false alarm in twenty such tables.
    Columns are put on the prior's own scale (0 to 1) for mean and s.d.: an unmoved parameter has .50 and .29.
    """
    weights = weights / weights.sum()
    kept = weights > 1e-9
    values, weights = values[kept], weights[kept] / weights[kept].sum()
    rng = np.random.default_rng(seed)
    null = _null_distances(weights, rng)
    rows = []
    for column, parameter in enumerate(CATALOGUE.values()):
        if parameter.switch:
            continue
        u = np.clip(_uniform(parameter, values[:, column]), 0.0, 1.0)
        mean = (weights * u).sum()
        rows.append(
            {
                "parameter": parameter.name,
                "prior_median": parameter.quantile(0.5),
                "posterior_mean": (weights * values[:, column]).sum(),
                "position": mean,
                "variance_ratio": 12.0 * (weights * (u - mean) ** 2).sum(),
                "distance": distance(u, weights),
                "meaning": parameter.meaning,
            }
        )
    table = pd.DataFrame(rows)
    # The largest of so many independent null distances lies below x with the null's cdf to that power.
    limit = np.quantile(null, 0.95 ** (1.0 / len(table)), method="higher")
    table["p_value"] = [(1 + (null >= d).sum()) / (1 + _NULL) for d in table["distance"]]
    table["moved"] = table["distance"] > limit
    table.attrs["limit"] = float(limit)
    return table.sort_values("distance", ascending=False, ignore_index=True)


def switches(values: np.ndarray, weights: np.ndarray, seed: int) -> pd.DataFrame:
    """One row a level of a switch: its share before (equal) and after, and whether the switch's shares moved."""
    weights = weights / weights.sum()
    rng = np.random.default_rng(seed)
    names, rows = list(CATALOGUE), []
    for switch in SWITCHES:
        levels = values[:, names.index(switch.name)]
        n = len(switch.switch)
        null = [_shift(rng.integers(0, n, len(levels)), n, weights) for _ in range(_NULL)]
        seen = _shift(levels, n, weights)
        for level in switch.switch:
            rows.append(
                {"switch": switch.name, "level": level.name.lower(), "prior": 1.0 / n,
                 "posterior": float(weights[levels == level].sum()),
                 "p_value": (1 + (np.array(null) >= seen).sum()) / (1 + _NULL)}
            )  # fmt: skip
    return pd.DataFrame(rows)
