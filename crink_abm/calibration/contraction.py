"""What the record did to the prior: which parameters and switches moved, by how much, beyond what chance would do."""

import numpy as np
import pandas as pd

from ..model.parameters import CATALOGUE, SWITCHES
from ..model.parameters.base import Parameter

#: Samples of the null distribution of a parameter's distance (a table of 341 wants the 3rd largest of 21,000), and of a
#: switch's; heaviest worlds that the former takes one by one; numbers drawn at a time.
_NULL, _NULL_SWITCH, _ONE_BY_ONE, _PIECE = 21_000, 999, 300, 1_000_000
#: Share of tables in which chance alone moves some parameter, at most.
_FALSE_ALARM = 0.05


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


def null_distances(weights: np.ndarray, rng: np.random.Generator, n: int = _NULL) -> np.ndarray:
    """The distance when the weights have nothing to do with the parameter, ``n`` times, in ascending order.

    Sorted uniform points are sums of exponential ones, and each weight is as likely at any of them, so nothing is sorted.
    Beyond the three hundred heaviest, worlds stand for one another: as many equal ones take their place as give the same sum
    and sum of squares, and so the same spread at every point.
    """
    heaviest = np.sort(weights / weights.sum())[::-1]
    held, rest = heaviest[:_ONE_BY_ONE], heaviest[_ONE_BY_ONE:]
    if len(rest) and rest.sum() > 0.0:
        alike = max(1, round(rest.sum() ** 2 / (rest**2).sum()))
        held = np.concatenate([held, np.full(alike, rest.sum() / alike)])
    found = []
    for low in range(0, n, max(1, _PIECE // len(held))):
        rows = min(max(1, _PIECE // len(held)), n - low)
        u = np.cumsum(rng.standard_exponential((rows, len(held) + 1)), axis=1)
        u = u[:, :-1] / u[:, -1:]
        order = rng.permuted(np.broadcast_to(held, (rows, len(held))), axis=1)
        cdf = np.cumsum(order, axis=1)
        found.append((cdf - u).max(1) + (u - (cdf - order)).max(1))
    return np.sort(np.concatenate(found))


def limit_of(null: np.ndarray, n_parameters: int) -> float:
    """The distance that, under the null, some of ``n_parameters`` exceeds in at most one table in twenty.

    The k-th largest of N null distances is exceeded by one more with probability k / (N + 1).

    Raises
    ------
    ValueError
        If there are too few null distances to hold that quantile.
    """
    k = int(_FALSE_ALARM * (len(null) + 1) / n_parameters)
    if k < 1:
        raise ValueError(f"{len(null)} null distances cannot hold the limit of {n_parameters} parameters")
    return float(null[-k])


def _shift(levels: np.ndarray, n_levels: int, weights: np.ndarray) -> float:
    """Total variation between a switch's weighted shares and equal ones."""
    shares = np.bincount(levels.astype(int), weights, n_levels)
    return float(0.5 * np.abs(shares - 1.0 / n_levels).sum())


def moved(values: np.ndarray, weights: np.ndarray, seed: int) -> pd.DataFrame:
    """One row a parameter: prior and posterior mean and s.d., distance, and whether the data moved it.

    ``moved`` holds where the distance exceeds what, under the null (weights that know nothing of any parameter), some
    distance of the table exceeds in at most one such table in twenty (:func:`limit_of`).
    Columns are put on the prior's own scale (0 to 1) for mean and s.d.: an unmoved parameter has .50 and .29.
    """
    weights = weights / weights.sum()
    kept = weights > 1e-9
    values, weights = values[kept], weights[kept] / weights[kept].sum()
    rng = np.random.default_rng(seed)
    null = null_distances(weights, rng)
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
    limit = limit_of(null, len(table))
    table["p_value"] = (1 + _NULL - np.searchsorted(null, table["distance"])) / (1 + _NULL)
    table["moved"] = table["distance"] > limit
    table.attrs["limit"] = limit
    return table.sort_values("distance", ascending=False, ignore_index=True)


def switches(values: np.ndarray, weights: np.ndarray, seed: int) -> pd.DataFrame:
    """One row a level of a switch: its share before (equal) and after, and whether the switch's shares moved."""
    weights = weights / weights.sum()
    rng = np.random.default_rng(seed)
    names, rows = list(CATALOGUE), []
    for switch in SWITCHES:
        levels = values[:, names.index(switch.name)]
        kinds = list(switch.drawn)
        n = len(kinds)
        null = [_shift(rng.integers(0, n, len(levels)), n, weights) for _ in range(_NULL_SWITCH)]
        seen = _shift(levels, n, weights)
        for level in kinds:
            rows.append(
                {"switch": switch.name, "level": level.name.lower(), "prior": 1.0 / n,
                 "posterior": float(weights[levels == level].sum()),
                 "p_value": (1 + (np.array(null) >= seen).sum()) / (1 + _NULL_SWITCH)}
            )  # fmt: skip
    return pd.DataFrame(rows)
