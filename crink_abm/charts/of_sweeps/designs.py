"""Charts of two designs: the cells of a grid with factors, and a sample of policies."""

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...estimation import intervals
from ...model.levers import LEVERS
from ...typing import ArrayLike
from .. import primitives, shape, style
from ..panels import (
    HEADLINE,
    HOLLOW,
    PAIRED,
    CannotDraw,
    NotAsked,
    base_of,
    captioned,
    difference_panels,
    extremes,
    horizon,
    interval,
    label_outer,
    largest,
    rows_written,
)

if TYPE_CHECKING:
    from ...results.results import Results

#: Rows that one chart of a grid holds, and series within a row.
MOST_ROWS, MOST_SERIES = 40, 5
_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE)
_MARKERS = ("o", "^", "s", "D", "v")
#: Points of a sample that a mean is taken over, at least, and slices of a lever's range, at most.
LEAST_A_SLICE, MOST_SLICES = 16, 8


def _words(dimension: dict[str, Any], alone: bool) -> dict[Any, str]:
    """Level -> how a chart names it, with the lever or factor that it is of; a factor's that is the only one without it."""
    name = dimension["name"]
    if name in LEVERS:
        labels = [f"{shape.lever(name)[0]} {label}" for label in dimension["labels"]]
    else:
        words = [shape.word(label) for label in dimension["labels"]]
        labels = words if alone else [f"{shape.word(name)}: {label}" for label in words]
    return dict(zip(dimension["levels"], labels, strict=True))


def _sets(name: str, factor: Mapping[str, Any], base: Mapping[str, Any] | pd.Series) -> list[str]:
    """What a factor moves, in words: a line a level, or the ramp; levels that move nothing are in no line."""
    if not isinstance(factor.get("lever"), str):
        told = []
        for label, chosen in factor.items():
            moved = "; ".join(f"{shape.lever(lever)[0]} {_level(level)}" for lever, level in chosen.items())
            told += [f"{shape.word(name)}: {shape.word(label)}: {moved}."] * bool(moved)
        return told
    start = base[factor["lever"]] if factor.get("from") is None else factor["from"]
    words = {"begins": "beginning {}", "over_months": "over {} months", "to": "to {:g}"}
    held = [text.format(factor[part]) for part, text in words.items() if not isinstance(factor[part], list)]
    return [f"{shape.lever(factor['lever'])[0]}: {', '.join([f'from {start:g}', *held])}; else as labelled."]


def _level(level: float | dict[str, float]) -> str:
    if isinstance(level, dict):
        return ", ".join(f"{value:g} in {date}" for date, value in sorted(level.items()))
    return f"{level:g}"


def factors(results: "Results") -> Figure:
    """Change in risk in every cell of a grid with factors.

    Rows are the combinations of all dimensions but the last that is short enough to be drawn as marks within a row.
    """
    grid = results.manifest["grid"]
    if all(dimension["name"] in LEVERS for dimension in grid):
        raise NotAsked("the grid crosses no factors ([factors], or a list of schedules under [levers])")
    short = [k for k, d in enumerate(grid) if len(d["levels"]) <= MOST_SERIES]
    series = grid[short[-1]] if len(grid) > 1 and short else None
    down = [dimension for dimension in grid if dimension is not series]
    order = list(product(*(d["levels"] for d in down)))
    alone = sum(d["name"] not in LEVERS for d in grid) == 1
    rows = [", ".join(words) for words in product(*(_words(d, alone).values() for d in down))]
    if len(order) > MOST_ROWS:
        raise CannotDraw(f"the grid has {len(order)} rows, more than the {MOST_ROWS} of a chart; see results.dataset")
    shown = shape.outcomes(*HEADLINE)
    data = results.estimates[results.estimates["on_grid"] & results.estimates["outcome"].isin(shown)].reset_index(
        drop=True
    )
    data = data.assign(discernible=data["grid_discernible"])
    data["row"] = [tuple(row[d["name"]] for d in down) for row in data.to_dict("records")]
    data["series"] = data[series["name"]] if series else ""
    names = _words(series, alone) if series else {"": ""}
    looks = {
        level: style.Look(style.clipped(name, 32), name, _COLOURS[k], marker=_MARKERS[k])
        for k, (level, name) in enumerate(names.items())
    }
    base = base_of(results)
    title = f"Change in {horizon(results)} risk over the combinations of the factors"
    factors = results.manifest["experiment"]["factors"]
    notes = [
        f"Percentage points against the baseline. Thick whisker: {PAIRED.format(outer='thin')}. {HOLLOW} A mark at 0 "
        "without whiskers "
        "is the baseline itself. Levels that are not told below leave all as at the baseline.",
        *(line for name, factor in factors.items() for line in _sets(name, factor, base)),
    ]
    rowed = dict(zip(order, rows, strict=True))
    for sentence in extremes(data, lambda row: ", ".join([rowed[row["row"]], *[names[row["series"]]] * bool(series)])):
        shape.say(sentence)
    finding = largest(data, lambda row: ", ".join([rowed[row["row"]], *[names[row["series"]]] * bool(series)]))
    written, tall = rows_written(rows, 0.4 if shape.now().narrow else 0.34)
    n, height = len(shown), 0.55 + max(0.13 + 0.07 * len(looks), 0.06 + 0.12 * tall) * len(order)
    key = list(looks.values()) if series else []
    fig, axes = captioned(
        results, title, notes, n, n, height, key, finding=finding, narrow=min(n, 2), sharex=True, sharey=True
    )
    difference_panels(axes, data, shown, order, looks, "series", written)
    label_outer(axes)
    return fig


def slices(levels: Any, values: ArrayLike, low: float, high: float) -> pd.DataFrame:
    """Means of ``values`` over equal slices of a lever's range, with normal 95 % intervals: middle, mean, low, high.

    Empty where there are too few points for two slices.
    """
    n = min(MOST_SLICES, len(levels) // LEAST_A_SLICE)
    if n < 2:
        return pd.DataFrame(columns=["middle", "mean", "low", "high"], dtype=float)
    place = np.minimum((np.asarray(levels) - low) / (high - low) * n, n - 1).astype(int)
    values = np.asarray(values, float)
    count, total, squares = (np.bincount(place, weight, n) for weight in (None, values, values * values))
    table = pd.DataFrame(intervals.mean_interval(total, squares, count), index=["mean", "low", "high"]).T
    table.insert(0, "middle", low + (high - low) * (np.arange(n) + 0.5) / n)
    return table[count >= 2]


def sample(results: "Results") -> Figure:
    """Change in one risk at every policy of a sample, against each lever that it moves."""
    outcome = shape.one_outcome(HEADLINE[1])
    plan = results.manifest["experiment"].get("sample")
    if not plan:
        raise NotAsked("the experiment has no [sample]")
    rows = results.estimates[(results.estimates["outcome"] == outcome) & (results.estimates["family"] == "sample")]
    rows = rows.reset_index(drop=True)
    names = [name for name in LEVERS if plan["levers"] == "all" or name in plan["levers"]]
    columns = min(3, len(names))
    title = f"{shape.look(outcome).label}: change in {horizon(results)} risk at sampled policies"
    notes = [
        f"Percentage points. A dot is one of {len(rows)} policies, which differ in all the levers shown "
        f"({plan['method']}); the same dots in "
        "every panel. Lines: 95 % interval for chance in the runs (paired with the baseline, whose random numbers "
        f"all share). {HOLLOW.replace('mark', 'dot')} Black: mean over the policies in each slice of the lever's range, and "
        "its 95 % interval with the policies as the sample; the scatter about it is what the other levers do. Dotted line: "
        "the baseline level."
    ]
    for sentence in extremes(rows, lambda row: f"policy {row['point']}"):
        shape.say(sentence)
    best = rows.loc[rows["diff"].abs().idxmax()]
    clear = int(rows["discernible"].astype("boolean").fillna(False).sum())
    finding = f"{clear} of {len(rows)} policies can be told from the baseline; the largest change is {interval(best)}."
    narrow = shape.now().narrow
    fig, axes = captioned(
        results, title, notes, len(names), columns, 1.25 if narrow else 1.7, finding=finding, narrow=2, sharey=True
    )
    base = base_of(results)
    for ax, name in zip(axes, names, strict=True):
        low, high = plan["ranges"].get(name, (0.0, 1.0))
        primitives.scatter(rows, name, slices(rows[name], rows["diff"], low, high), base[name], (low, high), ax)
    label_outer(axes)
    for ax in axes:
        ax.set_xlabel(shape.lever(str(ax.get_gid()))[1])
    return fig
