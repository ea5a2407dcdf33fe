"""Morris screening whose elementary effects are free of noise: which of many factors can be left out.

Source: Morris 1991; Campolongo, Cariboni and Saltelli 2007. The mean absolute effect takes noise for effects; the mean
product of an effect in one half of the runs and the same in the other does not, and its root is the root mean square effect.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...typing import FloatArray

#: Levels of a Morris grid.
GRID = 4


def trajectories(n_factors: int, n: int, seed: int) -> FloatArray:
    """SALib's Morris trajectories: array (n, n_factors + 1, n_factors); each step moves one factor by two thirds of its range."""
    from SALib.sample.morris import sample

    problem = {
        "num_vars": n_factors,
        "names": [f"x{k}" for k in range(n_factors)],
        "bounds": [[0.0, 1.0]] * n_factors,
    }
    made: FloatArray = sample(problem, n, num_levels=GRID, seed=seed).reshape(n, n_factors + 1, n_factors)
    return made


def effects(unit: FloatArray, values: FloatArray) -> FloatArray:
    """Elementary effects: array (n_trajectories, n_factors, 2), by half; the change from 0 to 1 that each step points at.

    Parameters
    ----------
    unit : array (n_trajectories, n_factors + 1, n_factors)
    values : array (n_trajectories, n_factors + 1, 2)
    """
    step = np.diff(unit, axis=1)
    which = np.abs(step).argmax(2)
    size = np.take_along_axis(step, which[:, :, None], 2)[:, :, 0]
    change = np.diff(values, axis=1) / size[:, :, None]
    found = np.empty_like(change)
    np.put_along_axis(found, which[:, :, None], change, 1)
    return found


def screened(unit: FloatArray, values: FloatArray, names: Sequence[str]) -> pd.DataFrame:
    """A row a factor: mean effect, root mean square effect (noise taken out), its standard error squared-scale, and Morris' mean
    absolute effect, which takes noise for effects.

    Returns
    -------
    DataFrame: factor, mean, square (the mean square effect; may be below zero where there is none), square_error, rms (its root,
    0 where it is below zero), mu_star
    """
    found = effects(unit, values)
    product = found[..., 0] * found[..., 1]
    square = product.mean(0)
    error = product.std(0, ddof=1) / np.sqrt(len(product)) if len(product) > 1 else np.full(len(square), np.nan)
    whole = found.mean(-1)
    return pd.DataFrame(
        {"factor": list(names), "mean": whole.mean(0), "square": square, "square_error": error,
         "rms": np.sqrt(np.maximum(square, 0.0)), "mu_star": np.abs(whole).mean(0)}
    )  # fmt: skip


def chosen(tables: Sequence[pd.DataFrame], n: int, always: Sequence[str] = ()) -> list[str]:
    """The factors that go on: by the mean, over the questions, of their share in the sum of mean square effects.

    Parameters
    ----------
    tables : of :func:`screened`, one a question
    n : how many
    always : factors that go on besides
    """
    shares = []
    for table in tables:
        square = np.maximum(table["square"].to_numpy(), 0.0)
        shares.append(square / max(square.sum(), 1e-300))
    top = np.mean(shares, axis=0)
    names = tables[0]["factor"].to_numpy()
    free = [k for k in np.argsort(-top, kind="stable") if names[k] not in set(always)]
    kept = {*always, *names[free[:n]]}
    return [str(name) for name in names if name in kept]
