"""Boxes of beliefs: what each bounds, as a part of the whole range, and how dense failures are in it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...analysis.discovery.boxes import Box
from ...analysis.discovery.study import Discovered
from .. import style

#: Boxes drawn at most.
MOST = 4


def boxes(found: Discovered) -> Figure:
    """A row a reported box: its limits against the whole range of each belief, and its density, coverage and base rate."""
    rows = [k for k in range(len(found.boxes)) if found.boxes["reported"].iloc[k]][:MOST]
    if not rows:
        fig = style.figure(1.2)
        ax = fig.add_subplot()
        ax.axis("off")
        ax.text(0.0, 0.5, "No box passed the test in worlds that it was not found in.", fontsize=8, color=style.INK)
        style.caption(fig, "No region of beliefs in which the policy fails was found", _notes(found))
        return style.settle(fig)
    heights = [max(2, len(found.tried[k])) for k in rows]
    fig = style.figure(0.6 + 0.36 * sum(heights) + 0.35 * len(rows))
    grid = fig.add_gridspec(len(rows), 2, width_ratios=(1.7, 1.0), height_ratios=heights)
    for place, k in enumerate(rows):
        _ranges(fig.add_subplot(grid[place, 0]), found, found.tried[k], k)
        _shares(fig.add_subplot(grid[place, 1]), found, k, place == len(rows) - 1)
    style.caption(
        fig, "Where the policy fails: regions of beliefs, judged in worlds they were not found in", _notes(found)
    )
    return style.settle(fig)


def _notes(found: Discovered) -> list[str]:
    first = found.questions.iloc[0]
    return [
        f"Dark: the region; pale: the whole range in the ensemble. {int(first['n_worlds'])} different worlds, "
        f"{found.n_runs} runs of each policy in each; found in one half of the worlds, judged in the other.",
        "Bars: 95 % intervals with worlds as the sample. Diamond: the share of all worlds that fail. Square: the share of all "
        "worlds that lie in the region.",
    ]


def _ranges(ax: Axes, found: Discovered, box: Box, k: int) -> None:
    names = {feature.name: column for column, feature in enumerate(found.features)}
    for row, limit in enumerate(box.limits):
        column = names[limit.name]
        feature = found.features[column]
        if feature.levels:
            n = len(feature.levels)
            for level, said in enumerate(feature.levels):
                inside = said in limit.levels
                ax.barh(
                    row, 0.96 / n, left=(level + 0.02) / n, height=0.5, color=style.BLUE if inside else "#e3e3e3", lw=0
                )
                ax.text((level + 0.5) / n, row, said.replace("_", " "), ha="center", va="center", fontsize=5.5,
                        color="white" if inside else style.MUTED)  # fmt: skip
            continue
        values = found.values[:, column]
        least, most = float(values.min()), float(values.max())
        low, high = max(limit.low, least), min(limit.high, most)
        ax.barh(row, 1.0, height=0.5, color="#e3e3e3", lw=0)
        ax.barh(
            row, (high - low) / (most - least), left=(low - least) / (most - least), height=0.5, color=style.BLUE, lw=0
        )
        for at, text, align in ((0.0, f"{least:.3g}", "left"), (1.0, f"{most:.3g}", "right")):
            ax.text(at, row - 0.36, text, fontsize=5.5, ha=align, va="bottom", color=style.MUTED)
        for bound in (limit.low, limit.high):
            if np.isfinite(bound) and least < bound < most:
                ax.text(
                    (bound - least) / (most - least), row + 0.28, f"{bound:.3g}", fontsize=5.5, ha="center", va="top"
                )
    ax.set_yticks(range(len(box)), [style.clipped(limit.name, 26) for limit in box.limits])
    ax.set(xlim=(-0.01, 1.01), ylim=(max(2, len(box)) - 0.4, -0.6), xticks=[])
    ax.tick_params(axis="y", length=0, labelcolor=style.INK)
    ax.spines[:].set_visible(False)
    row_ = found.boxes.iloc[k]
    words = style.OUTCOMES[row_["outcome"]].label if row_["outcome"] in style.OUTCOMES else row_["outcome"]
    ax.set_title(f"{chr(65 + list(found.boxes.index[found.boxes['reported']]).index(k))}  {words}, {row_['package']}")


def _shares(ax: Axes, found: Discovered, k: int, last: bool) -> None:
    row = found.boxes.iloc[k]
    question = found.questions[
        (found.questions["package"] == row["package"]) & (found.questions["outcome"] == row["outcome"])
    ].iloc[0]
    for place, name in enumerate(("density", "coverage")):
        value, low, high = (100 * row[f"{name}{end}"] for end in ("", "_low", "_high"))
        ax.hlines(place, low, high, color=style.INK, linewidth=1.4)
        ax.scatter(value, place, s=18, color=style.INK, zorder=3)
        ax.text(value, place - 0.18, f"{value:.0f} %", fontsize=6, ha="center", va="bottom")
    ax.scatter(100 * question["base"], 0, s=22, facecolors="white", edgecolors=style.VERMILLION, marker="D", zorder=2)
    ax.scatter(100 * row["mass"], 1, s=22, facecolors="white", edgecolors=style.MUTED, marker="s", zorder=2)
    ax.set_yticks((0, 1), ("fail, of the worlds\nin the region", "in the region,\nof the worlds that fail"))
    ax.set(xlim=(-3, 103), ylim=(1.6, -0.6))
    ax.tick_params(axis="y", length=0, labelcolor=style.INK)
    ax.spines["left"].set_visible(False)
    if last:
        ax.set_xlabel("Per cent of worlds")
