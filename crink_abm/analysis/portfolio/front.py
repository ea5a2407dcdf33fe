"""Fronts of cost and risk: which policies are not dominated, and with which probability each is one of them."""

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray


def undominated(costs: FloatArray, risks: FloatArray) -> BoolArray:
    """Which policies no other dominates: one that costs no more in any currency and has less of every risk.

    Parameters
    ----------
    costs, risks : arrays (n_policies, n_currencies), (n_policies, n_risks)

    Examples
    --------
    >>> undominated(np.array([[0.0], [1.0], [2.0]]), np.array([[0.5], [0.3], [0.4]])).tolist()
    [True, True, False]
    """
    return on_front(costs, np.asarray(risks, float)[:, None, :])[:, 0]


def on_front(costs: FloatArray, risks: FloatArray) -> BoolArray:
    """Which policies are on the front in each of many draws of the risks.

    Parameters
    ----------
    costs : array (n_policies, n_currencies)
    risks : array (n_policies, n_draws, n_risks)

    Returns
    -------
    array (n_policies, n_draws)
    """
    found = np.ones(risks.shape[:2], bool)
    for k in range(len(costs)):
        cheap = np.flatnonzero((costs <= costs[k]).all(1))
        cheap = cheap[cheap != k]
        if not len(cheap):
            continue
        if risks.shape[2] == 1:
            found[k] = risks[cheap, :, 0].min(0) >= risks[k, :, 0]
        else:
            found[k] = ~(risks[cheap] < risks[k]).all(2).any(0)
    return found


def world_weights(number: IntArray, draws: int, seed: int) -> FloatArray:
    """Weights of an ensemble's rows in bootstrap draws of its different worlds: array (draws, n_rows); each draw sums to 1.

    A world that stands in several rows is drawn whole. Source: Efron and Tibshirani 1993, ch. 8 (clusters).
    """
    _, which = np.unique(number, return_inverse=True)
    n = int(which.max()) + 1
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=draws)[:, which].astype(float)
    total = counts.sum(1, keepdims=True)
    counts[total[:, 0] == 0] = 1.0
    weights: FloatArray = counts / counts.sum(1, keepdims=True)
    return weights


def chances(costs: FloatArray, by_world: FloatArray, weights: FloatArray) -> FloatArray:
    """The probability that each policy is on a front: the share of bootstrap draws of the worlds in which it is.

    Parameters
    ----------
    costs : array (n_policies, n_currencies)
    by_world : array (n_policies, n_rows, n_risks), mean risks in each row of the ensemble; their noise is in them, so draws of
        the worlds vary by noise and by worlds
    weights : of :func:`world_weights`

    Returns
    -------
    array (n_policies,)
    """
    risks = np.stack([by_world[:, :, k] @ weights.T for k in range(by_world.shape[2])], axis=2)
    share: FloatArray = on_front(costs, risks).mean(1)
    return share
