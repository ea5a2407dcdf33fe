"""Cross-fitting: boxes found in one part of the worlds are judged in the other, and the other way round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...typing import BoolArray, FloatArray, IntArray
from .boxes import Box, Feature
from .judged import Judgement, holm, judge
from .search import Part, candidates

#: Seed of the split of the worlds into two parts.
SPLIT = 20260129
#: Level of the test that a box must pass to be reported: over all boxes that were tried, by Holm.
LEVEL = 0.05
#: Failing worlds, and worlds without failure, below which nothing is searched for in a part.
LEAST = 20


@dataclass(frozen=True, eq=False)
class Case:
    """One question: rows are worlds, one for each combination of events.

    Attributes
    ----------
    values : array (n, n_features)
    features : what the columns are
    fails : whether the policy fails: array (n,)
    weight : how often the row's world stands in the ensemble
    world : which of the different worlds it is, numbered from 0
    """

    values: FloatArray
    features: Sequence[Feature]
    fails: BoolArray
    weight: FloatArray
    world: IntArray

    def base(self) -> float:
        """The share of rows that fail."""
        return float(self.weight[self.fails].sum() / self.weight.sum())


@dataclass(frozen=True)
class Tried:
    """A box that was tried.

    Attributes
    ----------
    box, method : what was found, and by which search
    part : where it was found: 0 or 1; it is judged in the other
    judgement : in the other part
    p : Holm's adjusted p-value over all boxes that were tried
    again : overlap (shared mass over joint mass) with the box of the other part that is most like it; nan if there is none
    """

    box: Box
    method: str
    part: int
    judgement: Judgement
    p: float
    again: float

    @property
    def reported(self) -> bool:
        """Whether failures are denser in it beyond doubt, in worlds that it was not found in."""
        return self.p < LEVEL


def parts_of(world: IntArray) -> IntArray:
    """The part, 0 or 1, of each row: by its world, at random, with a fixed seed."""
    n = int(world.max()) + 1
    return (np.random.default_rng(SPLIT).permutation(n) % 2)[world]


def cross(case: Case, most: int) -> list[Tried]:
    """Find boxes in either part of the worlds and judge each in the other.

    Parameters
    ----------
    case : the question
    most : boxes by peeling in each part; a tree adds one

    Returns
    -------
    All that were tried, the densest first.
    """
    part = parts_of(case.world)
    found = []
    for k in (0, 1):
        here = part == k
        if min(case.fails[here].sum(), (~case.fails[here]).sum()) < LEAST:
            continue
        training = Part(case.values[here], case.fails[here], case.weight[here])
        found += [(method, box, k) for method, box in candidates(training, case.features, most)]
    if not found:
        return []
    events = {feature.name for feature in case.features if feature.event}
    judged, inside = [], []
    for _, box, k in found:
        inside.append(box.holds(case.values, case.features))
        there = part != k
        by_event = any(limit.name in events for limit in box.limits)
        judged.append(judge(inside[-1][there], case.fails[there], case.weight[there], case.world[there], by_event))
    adjusted = holm(np.array([one.p for one in judged]))
    tried = []
    for k, (method, box, where) in enumerate(found):
        others = [_overlap(inside[k], inside[j], case.weight) for j in range(len(found)) if found[j][2] != where]
        tried.append(Tried(box, method, where, judged[k], float(adjusted[k]), max(others, default=np.nan)))
    return sorted(tried, key=lambda one: (not one.reported, -one.judgement.density.value))


def _overlap(a: BoolArray, b: BoolArray, weight: FloatArray) -> float:
    joint = weight[a | b].sum()
    return float(weight[a & b].sum() / joint) if joint else np.nan
