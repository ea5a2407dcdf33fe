"""Boxes found in one part of the worlds: by patient peeling (PRIM), and as leaves of a classification tree.

The patient rule induction method of Friedman and Fisher (1999), as scenario discovery uses it (Bryant and Lempert 2010;
Kwakkel and Jaxa-Rozen 2016): from the whole, peel off the slice whose removal raises the density of failures most for the mass
it costs, until little is left; of the boxes on the way take the one that differs most from the rest, in standard errors; then
drop limits that add nothing. The tree is scikit-learn's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...typing import BoolArray, FloatArray
from .boxes import Box, Feature, Limit

#: The share of a box that a peel takes off.
PEEL = 0.1
#: The least mass of a box, as a share of all; and the least number of rows in it.
LEAST_MASS, LEAST_ROWS = 0.05, 12
#: Features that a search looks at: those that differ most between failures and the rest.
MOST_FEATURES = 12
#: Limits of a box at most, and what each must add to the standardised difference to stay.
MOST_LIMITS, WORTH = 4, 0.7
#: Leaves of a tree.
LEAVES = 8


@dataclass(frozen=True, eq=False)
class Part:
    """Some worlds: values (n, n_features), whether the policy fails there, and how often each stands in the ensemble."""

    values: FloatArray
    fails: BoolArray
    weight: FloatArray

    def of(self, mask: BoolArray) -> "Part":
        """Some of them."""
        return Part(self.values[mask], self.fails[mask], self.weight[mask])


def standing_out(inside: BoolArray, part: Part) -> float:
    """How far failures are denser in a box than in all, in standard errors; -inf where it is too small or all."""
    total, mass = part.weight.sum(), part.weight[inside].sum()
    if inside.sum() < LEAST_ROWS or mass < LEAST_MASS * total or mass >= total:
        return -np.inf
    base = part.weight[part.fails].sum() / total
    density = part.weight[inside & part.fails].sum() / mass
    worth = mass**2 / (part.weight[inside] ** 2).sum()
    spread = base * (1.0 - base) * (1.0 - mass / total) / worth
    return float((density - base) / np.sqrt(spread)) if spread > 0 else -np.inf


def telling(part: Part, most: int = MOST_FEATURES) -> list[int]:
    """The features whose ranks, or distances from the middle rank, go most with failure."""
    order = np.argsort(np.argsort(part.values, axis=0, kind="stable"), axis=0).astype(float)
    for column, values in zip(order.T, part.values.T, strict=True):  # ties share a rank
        _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
        column[:] = (np.bincount(inverse, column) / count)[inverse]
    ranks = order / max(1, len(order) - 1) - 0.5
    strength = np.maximum(_going_with(ranks, part), _going_with(np.abs(ranks), part))
    return sorted(np.argsort(-strength, kind="stable")[:most].tolist())


def _going_with(x: FloatArray, part: Part) -> FloatArray:
    """The absolute weighted correlation of columns with failure: array (n_features,); 0 where a column is constant."""
    weight = part.weight / part.weight.sum()
    x = x - weight @ x
    y = part.fails - weight @ part.fails
    spread = np.sqrt((weight @ x**2) * (weight @ y**2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 1e-12, np.abs(weight @ (x * y[:, None])) / spread, 0.0)


def peeled(part: Part, features: Sequence[Feature]) -> Box | None:
    """The best box by peeling; None if none stands out."""
    chosen = telling(part)
    limits: dict[int, tuple[float, float] | tuple[str, ...]] = {}
    inside, boxes = np.ones(len(part.fails), bool), []
    while True:
        found = _best_peel(part, inside, features, chosen, limits)
        if found is None:
            break
        inside, column, limit = found
        limits = {**limits, column: limit}
        boxes.append(_box(limits, features))
    return _chosen(boxes, part, features)


def _best_peel(
    part: Part, inside: BoolArray, features: Sequence[Feature], chosen: Sequence[int],
    limits: dict[int, tuple[float, float] | tuple[str, ...]],
) -> tuple[BoolArray, int, tuple[float, float] | tuple[str, ...]] | None:  # fmt: skip
    """The peel that raises the density most for its mass: (rows left, feature, its new limit)."""
    weight, fails = part.weight * inside, part.fails
    mass, total = weight.sum(), part.weight.sum()
    density = weight[fails].sum() / mass
    best, found = 0.0, None
    for column in chosen:
        values = part.values[:, column]
        for left, limit in _peels(values, inside, features[column], limits.get(column)):
            rest = weight[left].sum()
            if left.sum() < LEAST_ROWS or rest < LEAST_MASS * total or rest >= mass:
                continue
            gain = (weight[left & fails].sum() / rest - density) / (mass - rest)
            if gain > best:
                best, found = gain, (left, column, limit)
    return found


def _peels(
    values: FloatArray, inside: BoolArray, feature: Feature, limit: tuple[float, float] | tuple[str, ...] | None
) -> list[tuple[BoolArray, tuple[float, float] | tuple[str, ...]]]:
    """What one feature offers: a slice off either end, or one level less."""
    if feature.levels:
        held = limit or feature.levels
        levels = [level for level in feature.levels if level in held]
        return [
            (inside & (values != feature.levels.index(level)), tuple(x for x in levels if x != level))
            for level in levels
            if len(levels) > 1
        ]
    low, high = limit if limit else (-np.inf, np.inf)
    here = values[inside]
    least, most = (_rounded(x) for x in np.quantile(here, (PEEL, 1.0 - PEEL)))
    return [
        (inside & (values >= least), (max(least, float(low)), float(high))),
        (inside & (values <= most), (float(low), min(most, float(high)))),
    ]


def _rounded(x: float) -> float:
    """A bound in three significant digits, as it is said."""
    return float(f"{x:.3g}")


def _box(limits: dict[int, tuple[float, float] | tuple[str, ...]], features: Sequence[Feature]) -> Box:
    made = []
    for column, limit in sorted(limits.items()):
        name = features[column].name
        if features[column].levels:
            made.append(Limit(name, levels=tuple(str(level) for level in limit)))
        else:
            made.append(Limit(name, float(limit[0]), float(limit[1])))
    return Box(tuple(made))


def leaves(part: Part, features: Sequence[Feature]) -> Box | None:
    """The best leaf of a classification tree, as a box; None if none stands out."""
    from sklearn.tree import DecisionTreeClassifier

    chosen = telling(part)
    tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, min_weight_fraction_leaf=LEAST_MASS, random_state=0)
    tree.fit(part.values[:, chosen], part.fails, sample_weight=part.weight)
    inner, boxes = tree.tree_, []

    def walk(node: int, limits: dict[int, tuple[float, float]]) -> None:
        if inner.children_left[node] < 0:
            boxes.append(_from_ranges(limits, features))
            return
        column, cut = chosen[inner.feature[node]], _rounded(float(inner.threshold[node]))
        low, high = limits.get(column, (-np.inf, np.inf))
        walk(inner.children_left[node], {**limits, column: (low, min(high, cut))})
        walk(inner.children_right[node], {**limits, column: (max(low, cut), high)})

    walk(0, {})
    return _chosen([box for box in boxes if box], part, features)


def _from_ranges(limits: dict[int, tuple[float, float]], features: Sequence[Feature]) -> Box:
    """A leaf's ranges as a box: those of switches as the levels between."""
    made: dict[int, tuple[float, float] | tuple[str, ...]] = {}
    for column, (low, high) in limits.items():
        levels = features[column].levels
        made[column] = tuple(x for k, x in enumerate(levels) if low <= k <= high) if levels else (low, high)
    return _box(made, features)


def _chosen(boxes: Sequence[Box], part: Part, features: Sequence[Feature]) -> Box | None:
    """The box that stands out most, without the limits that add nothing; None if there is none."""
    scored = [(standing_out(box.holds(part.values, features), part), box) for box in boxes]
    scored = [(score, box) for score, box in scored if np.isfinite(score) and score > 0]
    if not scored:
        return None
    score, box = max(scored, key=lambda pair: pair[0])
    while len(box) > 1:
        fewer = [Box(tuple(limit for limit in box.limits if limit is not drop)) for drop in box.limits]
        scores = [standing_out(one.holds(part.values, features), part) for one in fewer]
        k = int(np.argmax(scores))
        if scores[k] < score - WORTH and len(box) <= MOST_LIMITS:
            break
        box, score = fewer[k], scores[k]
    return box


def candidates(part: Part, features: Sequence[Feature], most: int) -> list[tuple[str, Box]]:
    """Boxes found in a part: up to ``most`` by peeling, each without the worlds of those before, and the best leaf of a tree."""
    if not 0 < part.fails.sum() < len(part.fails):
        return []
    found, rest = [], part
    for _ in range(most):
        box = peeled(rest, features) if 0 < rest.fails.sum() < len(rest.fails) else None
        if box is None:
            break
        found.append(("prim", box))
        rest = rest.of(~box.holds(rest.values, features))
    leaf = leaves(part, features)
    if leaf is not None and leaf not in [box for _, box in found]:
        found.append(("tree", leaf))
    return found
