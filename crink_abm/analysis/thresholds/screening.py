"""Which beliefs carry an effect: how much of what worlds differ in each parameter and switch explains, and each pair.

Effects are turned into ranks, as a few worlds may move much. A coefficient explains through its rank and the rank's square, so a
belief that matters at both ends is seen; a switch through its levels. The noise of a world's effect is separated by the two
halves of its runs: shares are of the variance between worlds. Chance is judged over all beliefs at once, by shuffling effects
over worlds. Source: Iman and Conover 1979 (rank regression); Westfall and Young 1993 (shuffles, the largest of many);
Spearman 1904 (attenuation).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc
from scipy.stats import rankdata

from ...model.parameters import CATALOGUE
from ...typing import FloatArray, IntArray

#: Shuffles by which chance is judged, of single beliefs and of pairs.
SHUFFLES, PAIR_SHUFFLES = 400, 40
#: Shares that are said at most: sampling can carry an estimate past 1.
_MOST = 1.0
#: The structural switches, whose values are levels.
SWITCH_NAMES = frozenset(p.name for p in CATALOGUE.values() if p.switch)


@dataclass(frozen=True)
class Screen:
    """What screening finds in one ensemble.

    Attributes
    ----------
    table : DataFrame, a row a belief: belief, share (of the variance of ranked effects between worlds), p (over all beliefs)
    pairs : DataFrame, the strongest pairs: first, second, correlation (of the product of ranks with what single beliefs leave), p
    reliability : share of the variance of ranked effects that is no noise
    n_different : worlds
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    reliability: float
    n_different: int


def distinct(effect: FloatArray, number: IntArray) -> tuple[FloatArray, IntArray]:
    """Effects of the different worlds, their copies averaged: (array (2, n_different), the first row of each)."""
    _, first, copies = np.unique(number, return_index=True, return_counts=True)
    return np.stack([np.bincount(number, half) / copies for half in effect]), first


def reliability(effect: FloatArray) -> float:
    """Share of the variance of ranked mean effects that both halves share (Spearman-Brown); 0 where they share nothing."""
    one, two = (rankdata(half) for half in effect)
    if not (np.ptp(one) and np.ptp(two)):
        return 0.0
    r = max(0.0, float(np.corrcoef(one, two)[0, 1]))
    return 2.0 * r / (1.0 + r)


def screen(
    values: FloatArray,
    effect: FloatArray,
    names: tuple[str, ...] = tuple(CATALOGUE),
    switches: frozenset[str] = SWITCH_NAMES,
    *,
    seed: int = 0,
    most_pairs: int = 5,
) -> Screen:
    """Rank beliefs, and pairs of them, by what they carry of an effect.

    Parameters
    ----------
    values : array (n_different, n_beliefs), different worlds
    effect : array (2, n_different), the effect in each half of the runs
    names : of the columns
    switches : which of them are levels
    seed : of the shuffles
    most_pairs : how many pairs are returned

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.random((300, 20))
    >>> noise = rng.normal(0, 0.2, (2, 300))
    >>> found = screen(x, x[:, 3] + noise, tuple("abcdefghijklmnopqrst"), frozenset())
    >>> found.table.sort_values("p").iloc[0]["belief"]
    'd'
    """
    rng = np.random.default_rng(seed)
    n = len(values)
    basis, group, sizes, kept = _bases(values, names, switches)
    y = rankdata(effect.mean(0))
    y = y - y.mean()
    rely = reliability(effect)
    empty = (
        pd.DataFrame(columns=["belief", "share", "p"]),
        pd.DataFrame(columns=["first", "second", "correlation", "p"]),
    )
    if not y.any() or n < 20 or not kept:
        return Screen(*empty, rely, n)
    y /= np.linalg.norm(y)
    shuffled = np.stack([y, *(rng.permutation(y) for _ in range(SHUFFLES))])
    explained = _explained(shuffled, basis, group, len(kept))
    alone = _tail(explained, sizes, n)
    least = alone[1:].min(1)
    p = (1.0 + (least[:, None] <= alone[0][None]).sum(0)) / (1.0 + SHUFFLES)
    adjusted = 1.0 - (1.0 - explained[0]) * (n - 1.0) / (n - 1.0 - sizes)
    share = np.clip(adjusted / rely, 0.0, _MOST) if rely > 0.0 else np.zeros(len(kept))
    table = pd.DataFrame({"belief": kept, "share": share, "p": p})
    carried = np.isin(group, np.flatnonzero(p <= 0.05))
    return Screen(table, _pairs(values, y, basis[:, carried], names, switches, rng, most_pairs), rely, n)


def _bases(
    values: FloatArray, names: tuple[str, ...], switches: frozenset[str]
) -> tuple[FloatArray, IntArray, FloatArray, list[str]]:
    """Orthonormal columns of each belief that varies: (basis, the belief of each column, columns of each belief, their names)."""
    columns: list[FloatArray] = []
    group: list[int] = []
    sizes: list[int] = []
    kept: list[str] = []
    for k, name in enumerate(names):
        x = values[:, k]
        if not np.ptp(x):
            continue
        if name in switches:
            raw = np.stack([x == level for level in np.unique(x)[1:]], 1).astype(float)
        else:
            rank = rankdata(x)
            rank = (rank - rank.mean()) / len(x)
            raw = np.stack([rank, rank**2], 1)
        raw -= raw.mean(0)
        own, size, _ = np.linalg.svd(raw, full_matrices=False)
        own = own[:, size > 1e-9 * size[0]]
        columns.append(own)
        group += [len(kept)] * own.shape[1]
        sizes.append(own.shape[1])
        kept.append(name)
    basis = np.concatenate(columns, 1) if columns else np.zeros((len(values), 0))
    return basis, np.array(group, int), np.array(sizes, float), kept


def _explained(y: FloatArray, basis: FloatArray, group: IntArray, n_beliefs: int) -> FloatArray:
    """The share of the variance of each y that each belief explains: array (n_y, n_beliefs)."""
    squares = (y @ basis) ** 2
    first = np.searchsorted(group, np.arange(n_beliefs))
    return np.add.reduceat(squares, first, axis=1)


def _tail(explained: FloatArray, sizes: FloatArray, n: int) -> FloatArray:
    """The chance of as large a share if the belief has no part in the effect (normal theory)."""
    return np.asarray(betainc((n - 1.0 - sizes) / 2.0, sizes / 2.0, np.clip(1.0 - explained, 0.0, 1.0)))


def _pairs(
    values: FloatArray, y: FloatArray, carried: FloatArray, names: tuple[str, ...], switches: frozenset[str],
    rng: np.random.Generator, most: int,
) -> pd.DataFrame:  # fmt: skip
    """Pairs whose product of centred ranks goes with what single beliefs leave of the effect."""
    if carried.shape[1]:
        own, size, _ = np.linalg.svd(carried, full_matrices=False)
        own = own[:, size > 1e-6]
        y = y - own @ (own.T @ y)
    columns, owner = [], []
    for k, name in enumerate(names):
        x = values[:, k]
        if not np.ptp(x):
            continue
        levels = np.unique(x)
        raw = (
            [x == level for level in (levels if len(levels) > 2 else levels[1:])] if name in switches else [rankdata(x)]
        )
        for one in raw:
            z = np.asarray(one, float)
            columns.append((z - z.mean()) / z.std())
            owner.append(k)
    z, of = np.stack(columns, 1).astype(np.float32), np.array(owner)  # half the time, and digits enough
    scale = np.triu(of[:, None] != of[None, :], 1) / np.sqrt((z**2).T @ (z**2))

    def correlations(left: FloatArray) -> FloatArray:
        return np.asarray((z * left[:, None].astype(np.float32)).T @ z * scale)

    y = y / np.linalg.norm(y)
    found = correlations(y)
    largest = np.array([np.abs(correlations(rng.permutation(y))).max() for _ in range(PAIR_SHUFFLES)])
    rows: list[tuple[str, str, float, float]] = []
    seen = set()
    for at in np.argsort(-np.abs(found), axis=None, kind="stable")[: 20 * most]:
        i, j = np.unravel_index(at, found.shape)
        pair = (names[of[i]], names[of[j]])
        if pair in seen or len(rows) == most:
            continue
        seen.add(pair)
        strength = float(found[i, j])
        rows.append((*pair, strength, float((1 + (largest >= abs(strength)).sum()) / (1 + PAIR_SHUFFLES))))
    return pd.DataFrame(rows, columns=["first", "second", "correlation", "p"])
