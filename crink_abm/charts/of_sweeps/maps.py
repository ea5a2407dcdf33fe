"""Maps: change in one risk over two crossed levers, or the sentence that there is nothing to see."""

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...typing import AnyOutcome
from .. import primitives, shape, style
from ..panels import HEADLINE, CannotDraw, base_of, captioned, horizon, interval

if TYPE_CHECKING:
    from ...results.results import Results


def _on_grid(results: "Results", rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The rows whose named levers stand at levels of the grid, not only of one-at-a-time runs."""
    for name in names:
        given = results.manifest["experiment"]["levers"][name]
        levels = np.linspace(given["from"], given["to"], given["points"]) if isinstance(given, dict) else given
        rows = rows[np.isclose(rows[name].to_numpy()[:, None], levels).any(axis=1)]
    return rows


def _map(results: "Results", rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Cells of a map: on the grid, judged with the whole grid for their family; none if that is no map."""
    rows = _on_grid(results, rows[rows["on_grid"]], *names)
    if any(rows[name].nunique() < 2 for name in names):
        rows = rows[:0]  # a factor that is nowhere at the baseline leaves at most the baseline's own cell
    return rows.assign(discernible=rows["grid_discernible"])


def _heat_panels(results: "Results", outcome: AnyOutcome) -> list[tuple[str, str, str, pd.DataFrame]]:
    """(x, y, title, cells) for each pair of swept levers, at the ends and the baseline of the third if there is one."""
    swept, base, panels = results.manifest["swept"], base_of(results), []
    for x, y in combinations(swept, 2):
        others = [name for name in swept if name not in (x, y)]
        if len(others) != 1:
            panels.append((x, y, "", _map(results, results.slice(outcome, x, y), x, y)))
            continue
        third = others[0]
        cube = dict(iter(_map(results, results.slice(outcome, *swept), *swept).groupby(third)))
        if not cube:
            continue
        shown = {min(cube), max(cube), *(level for level in cube if np.isclose(level, base[third]))}
        panels += [(x, y, f"{shape.lever(third)[0]} {level:g}", cube[level]) for level in sorted(shown)]
    return [panel for panel in panels if len(panel[3])]


def heat(results: "Results") -> Figure:
    outcome, swept = shape.one_outcome(HEADLINE[1]), results.manifest["swept"]
    if len(swept) < 2:
        raise CannotDraw("a heat map needs at least two crossed levers (from, to, points under [levers])")
    panels = {name: _heat_panels(results, name) for name in dict.fromkeys((*HEADLINE, outcome))}
    if not panels[outcome]:
        raise CannotDraw("no two levers are crossed with the others, and the factors, at the baseline")
    mine = pd.concat([cells for *_, cells in panels[outcome]])
    mine = (
        mine[mine["point"] != results.baseline].drop_duplicates("point").dropna(subset=["diff"]).reset_index(drop=True)
    )
    title = f"{shape.look(outcome).label}: change in {horizon(results)} risk as two levers move together"
    clear = mine["discernible"].astype("boolean").fillna(False)
    if not clear.any():
        return _nothing_found(results, title, mine)
    limit = style.ceiling(100 * max(cells["diff"].abs().max() for group in panels.values() for *_, cells in group))
    shown = panels[outcome]
    first = [panel for panel in shown if panel[:2] == shown[0][:2]]
    narrow = shape.now().narrow
    if narrow and len(first) > 2:  # the third lever at its ends only
        shown = [
            panel
            for pair in dict.fromkeys(p[:2] for p in shown)
            for panel in _outer([p for p in shown if p[:2] == pair])
        ]
        first = _outer(first)
    columns = len(first) if len(first) > 1 else min(3, len(shown))
    best = mine.loc[mine.loc[clear, "diff"].abs().idxmax()]
    finding = (
        f"{int(clear.sum()):,} of {len(mine):,} cells can be told from the baseline. The largest such change: {interval(best)}, "
        f"at {_where(best, swept)}."
    )
    shape.say(
        f"Changes range from {' to '.join(style.signed(100 * end) for end in (mine['diff'].min(), mine['diff'].max()))} points."
    )
    notes = [
        "Percentage points against the baseline (outlined where it is on the grid); other levers at the baseline. Dot: "
        "cannot be told "
        "from the baseline (false-discovery rate 5 %). + riskier, − safer. Above each panel: its smallest and largest "
        "change. One "
        "scale for the maps of all four kinds of force."
    ]
    fig, axes = captioned(
        results, title, notes, len(shown), columns, 1.75 if narrow else 2.35, finding=finding, narrow=min(columns, 2)
    )
    for k, (ax, (x, y, name, cells)) in enumerate(zip(axes, shown, strict=True)):
        here = cells.loc[cells["point"] == results.baseline, [x, y]].to_numpy()
        primitives.heat_map(cells, x, y, limit, tuple(here[0]) if len(here) else None, ax)
        reach = " to ".join(style.signed(100 * end) for end in (cells["diff"].min(), cells["diff"].max()))
        ax.set_title(f"{name}\n{reach}".strip())
        if columns > 1 and k % min(columns, 2 if narrow else columns) and shown[k][:2] == shown[k - 1][:2]:
            ax.set_ylabel("")
    primitives.colour_bar(axes)
    return fig


def _outer(panels: list[Any]) -> list[Any]:
    return [panels[0], panels[-1]]


def _where(row: Any, names: Iterable[str]) -> str:
    """Where a point stands, in words."""
    return ", ".join(f"{shape.lever(name)[0]} {row[name]:g}" for name in names)


def _nothing_found(results: "Results", title: str, cells: pd.DataFrame) -> Figure:
    """In place of a map that shows nothing: the sentence that says so."""
    widest = cells.iloc[int(cells["diff"].abs().to_numpy().argmax())]
    sentence = (
        f"None of the {len(cells):,} cells can be told from the baseline (false-discovery rate 5 % over the whole grid). "
        "The largest "
        f"change is {interval(widest)}, at {_where(widest, results.manifest['swept'])}: of so many cells, some differ as "
        "much by chance."
    )
    shape.say(sentence, finding=True)
    size = 8.0
    lines = style.fitted(sentence, 0.9 * shape.now().inches, size)
    height = 1.35 * size * len(lines) / 72.0 - 0.2
    fig, axes = captioned(results, title, ["More runs a cell would tell smaller changes."], 1, 1, height)
    shape.record(cells)
    ax = axes[0]
    ax.set_axis_off()
    ax.text(0.0, 0.5, "\n".join(lines), fontsize=size, va="center", transform=ax.transAxes, gid="sentence")
    return fig
