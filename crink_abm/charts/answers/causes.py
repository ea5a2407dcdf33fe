"""Pathways of failures as a flow: a column a stage, a block an answer, a band a step whose width is its share of failures."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from ...analysis.causes.pathways import STAGES
from ...analysis.causes.study import Pathways
from ...model.outcomes import OUTCOMES
from .. import style

#: Packages drawn at most, the gap between blocks, and half the width of one.
MOST, GAP, HALF = 2, 0.035, 0.045
#: Shares below which a band bears no number.
LEAST_SAID = 0.03


def flow(found: Pathways) -> Figure:
    """A panel a package: the failures from stage to stage."""
    packages = found.table.loc[found.table["n_failures"] > 0, "package"].tolist()[:MOST]
    fig = style.figure(2.75 * max(1, len(packages)))
    for k, package in enumerate(packages):
        _panel(fig.add_subplot(len(packages), 1, k + 1), found, package)
    runs = " and ".join(
        f"{row.n_failures:,} failures in {row.n_runs:,} runs ({row.package})"
        for row in found.table[found.table["package"].isin(packages)].itertuples()
    )
    style.caption(
        fig,
        f"By which way deterrence fails: {style.OUTCOMES[found.outcome].label.lower()}, from first force to its end",
        [
            f"Failure: {OUTCOMES[found.outcome]}. {runs}; {int(found.table['n_worlds'].iloc[0])} different worlds. Heights are "
            "shares of the failures, per cent; a second number is the half-width of the 95 % interval with worlds as the sample.",
        ],
    )
    return style.settle(fig)


def _panel(ax: Axes, found: Pathways, package: str) -> None:
    edges = found.edges[found.edges["package"] == package]
    stages = [STAGES[name] for name in found.stages]
    colour = dict(zip(stages[0].answers, (style.BLUE, style.VERMILLION, style.GREEN), strict=False))
    share: list[dict[str, float]] = []
    for k, stage in enumerate(stages):
        side = ("from_stage", "from") if k < len(stages) - 1 else ("to_stage", "to")
        here = edges[
            (edges[side[0]] == stage.name) & (edges["from_stage" if k < len(stages) - 1 else "to_stage"] == stage.name)
        ]
        sums = here.groupby(side[1])["share"].sum()
        share.append({answer: float(sums.get(answer, 0.0)) for answer in stage.answers if sums.get(answer, 0.0) > 0})
    top = [_tops(one) for one in share]
    for k in range(len(stages) - 1):
        _bands(ax, edges[edges["from_stage"] == stages[k].name], stages[k + 1].answers, k, top, colour)
    for k, (stage, one) in enumerate(zip(stages, share, strict=True)):
        for answer, size in one.items():
            low = top[k][answer] - size
            ax.add_patch(Rectangle((k - HALF, low), 2 * HALF, size, color=style.INK, lw=0, zorder=3))
            words = f"{answer}\n{100 * size:.1f} %" if size < 0.995 else f"{answer}\n100 %"
            ax.text(k + HALF + 0.03, low + size / 2, words, fontsize=5.6, va="center", ha="left", zorder=4,
                    color=style.INK, linespacing=1.05,
                    bbox={"facecolor": "white", "alpha": 0.72, "pad": 0.6, "lw": 0})  # fmt: skip
        ax.text(k, 1.0 + 4 * GAP + 0.02, stage.title, fontsize=6.5, ha="center", va="bottom", fontweight="bold")
    ax.set(xlim=(-0.15, len(stages) - 0.25), ylim=(-0.12, 1.0 + 4 * GAP + 0.1), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_title(package, fontsize=7.5, pad=2)


def _tops(share: dict[str, float]) -> dict[str, float]:
    """The top of each block, from above."""
    at, top = 1.0 + GAP * 1.5, {}
    for answer, size in share.items():
        top[answer] = at
        at -= size + GAP
    return top


def _bands(
    ax: Axes, edges: pd.DataFrame, answers: tuple[str, ...], k: int, top: list[dict[str, float]], colour: dict[str, str]
) -> None:
    left, right = dict(top[k]), dict(top[k + 1])
    shades = dict(zip(top[k], np.linspace(0.28, 0.62, max(2, len(top[k]))), strict=False))
    for said in top[k]:
        for then in answers:
            row = edges[(edges["from"] == said) & (edges["to"] == then)]
            if row.empty:
                continue
            size = float(row["share"].iloc[0])
            a, b = left[said], right[then]
            left[said], right[then] = a - size, b - size
            x0, x1 = k + HALF, k + 1 - HALF
            mid = (x0 + x1) / 2
            verts = [
                (x0, a),
                (mid, a),
                (mid, b),
                (x1, b),
                (x1, b - size),
                (mid, b - size),
                (mid, a - size),
                (x0, a - size),
                (x0, a),
            ]
            codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
            patch = PathPatch(Path(verts, codes), facecolor=colour.get(said, style.BLUE), alpha=float(shades[said]), lw=0.3,
                              edgecolor="white", zorder=1)  # fmt: skip
            ax.add_patch(patch)
            if size >= LEAST_SAID:
                half = 50 * (row["high"].iloc[0] - row["low"].iloc[0])
                ax.text(x1 - 0.02, b - size / 2, f"{100 * size:.0f} ±{half:.0f}", fontsize=5, va="center", ha="right",
                        color=style.INK, zorder=2)  # fmt: skip
