"""What a box is worth in worlds that had no part in finding it: density, coverage and lift with intervals, and a test.

The worlds are the sample: one that stands several times in an ensemble, or under several events, is one observation.
"""

from dataclasses import dataclass

import numpy as np

from ...estimation import clusters
from ...typing import BoolArray, FloatArray, IntArray

#: Draws behind an interval, permutations behind a test, and their seed.
DRAWS, PERMUTATIONS, SEED = 20_000, 1999, 20260128
#: Two-sided level of the intervals.
LEVEL = 0.95


@dataclass(frozen=True)
class Share:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """A box in some worlds.

    Attributes
    ----------
    density : the share of its worlds in which the policy fails
    coverage : the share of the failing worlds that lie in it
    lift : density over the share of failing worlds in all
    mass : the share of the worlds that lie in it
    n_worlds : different worlds in it
    p : of the test that failures are no denser in it
    """

    density: Share
    coverage: Share
    lift: Share
    mass: float
    n_worlds: int
    p: float


def judge(inside: BoolArray, fails: BoolArray, weight: FloatArray, world: IntArray, by_event: bool) -> Judgement:
    """Judge a box, and nothing else, in worlds that it was not found in.

    Parameters
    ----------
    inside, fails : of each row
    weight : how often its world stands in the ensemble
    world : which of the different worlds a row is; several rows of one differ in events
    by_event : whether the box asks for an event, so that it cuts through worlds
    """
    total, mass = weight.sum(), weight[inside].sum()
    if not mass or not weight[fails].sum():
        nothing = Share(np.nan, np.nan, np.nan)
        return Judgement(nothing, nothing, nothing, mass / total, len(np.unique(world[inside])), 1.0)
    share = mass / total
    density, outside = weight[inside & fails].sum() / mass, 0.0
    if mass < total:
        outside = weight[~inside & fails].sum() / (total - mass)
    base = share * density + (1.0 - share) * outside
    rng = np.random.default_rng(SEED)
    there = _posterior(density, inside, weight, world, rng)
    other = _posterior(outside, ~inside, weight, world, rng) if mass < total else np.zeros(DRAWS)
    bases = share * there + (1.0 - share) * other
    p = _by_clusters(inside, fails, weight, world) if by_event else _by_permutation(inside, fails, weight, world)
    return Judgement(
        _share(density, there),
        _share(share * density / base, share * there / bases),
        _share(density / base, there / bases),
        float(share),
        len(np.unique(world[inside])),
        p,
    )


def _posterior(
    share: float, rows: BoolArray, weight: FloatArray, world: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Draws of a share of rows, Jeffreys' prior, from as many observations as the different worlds are worth."""
    own = np.bincount(world[rows], weight[rows])
    worth = own.sum() ** 2 / (own**2).sum()
    return rng.beta(share * worth + 0.5, (1.0 - share) * worth + 0.5, DRAWS)


def _share(value: float, draws: FloatArray) -> Share:
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(draws, (tail, 1.0 - tail))
    return Share(float(value), float(min(low, value)), float(max(high, value)))


def _by_permutation(inside: BoolArray, fails: BoolArray, weight: FloatArray, world: IntArray) -> float:
    """One-sided: how often worlds dealt to the box at random have failures as dense. Exact if labels are exchangeable."""
    n = int(world.max()) + 1
    seen = np.bincount(world, minlength=n) > 0
    mass, hits = np.bincount(world, weight, n)[seen], np.bincount(world, weight * fails, n)[seen]
    here = np.bincount(world, inside, n)[seen] > 0
    rng = np.random.default_rng(SEED)
    at = rng.permuted(np.tile(here, (PERMUTATIONS, 1)), axis=1)
    densities = (at @ hits) / (at @ mass)
    found = hits[here].sum() / mass[here].sum()
    return float((1 + (densities >= found - 1e-12).sum()) / (1 + PERMUTATIONS))


def _by_clusters(inside: BoolArray, fails: BoolArray, weight: FloatArray, world: IntArray) -> float:
    """One-sided t test of the difference between the box and the rest, worlds as clusters."""
    from scipy.stats import t

    total = weight.sum()
    share, base = weight[inside].sum() / total, weight[fails].sum() / total
    density = weight[inside & fails].sum() / weight[inside].sum()
    influence = weight * (inside * (fails - density) / share - (fails - base))
    own = np.bincount(world, influence)[np.unique(world)]
    error = np.sqrt((own**2).sum() * len(own) / max(1, len(own) - 1)) / total
    free = max(2.0, clusters.effective(world[inside])) - 1.0
    return float(t.sf((density - base) / error, free)) if error > 0 else float(density <= base)


def holm(p: FloatArray) -> FloatArray:
    """Holm's adjusted p-values of several tests: array (n,)."""
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(np.minimum(1.0, np.asarray(p)[order] * np.arange(len(p), 0, -1)))
    back = np.empty(len(p))
    back[order] = adjusted
    return back
