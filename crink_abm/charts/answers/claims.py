"""The chart of claims: each estimate in units of its margin, by verdict."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from .. import style

#: Verdict -> (colour, marker, filled).
LOOKS: dict[str, tuple[str, str, bool]] = {
    "robust": (style.BLUE, "o", True), "shifted": (style.SKY, "s", True), "fragile": (style.ORANGE, "D", True),
    "assumption-driven": (style.PURPLE, "^", True), "inconclusive": (style.MUTED, "o", False),
    "refuted": (style.VERMILLION, "X", True),
}  # fmt: skip


def verdicts(table: pd.DataFrame) -> Figure:
    """Where each claim's estimate lies: margins from what it is compared with, right where the claim says.

    Parameters
    ----------
    table : the table of :class:`crink_abm.analysis.claims.run.Claims`
    """
    shown = table.iloc[::-1].reset_index(drop=True)
    fig = style.figure(0.19 * len(shown) + 0.9)
    ax = fig.add_subplot()
    way = np.where(shown["expected"] == "below", -1.0, 1.0)
    of = {name: way * (shown[name] - shown["against"]) / shown["margin"] for name in ("estimate", "low", "high")}
    ax.axvspan(-1, 1, color="#e6e6e6", zorder=0, linewidth=0)
    ax.axvline(0, color=style.MUTED, linewidth=0.7, zorder=1)
    for k, row in shown.iterrows():
        colour, marker, filled = LOOKS[row["verdict"]]
        ax.hlines(k, of["low"][k], of["high"][k], color=colour, linewidth=1.1, zorder=2)
        ax.scatter(
            of["estimate"][k],
            k,
            s=18,
            marker=marker,
            zorder=3,
            edgecolor=colour,
            facecolor=colour if filled else "white",
        )
    ax.set_xscale("symlog", linthresh=2.0, linscale=0.6)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+.0f}".replace("-", "\N{MINUS SIGN}") if x else "0"))
    ticks = [-30, -10, -3, -1, 0, 1, 3, 10, 30]
    ends = ax.get_xlim()
    ax.set_xticks([tick for tick in ticks if ends[0] <= tick <= ends[1]])
    ax.minorticks_off()
    ax.set_yticks(range(len(shown)), [f"{row.claim}  {row.verdict}" for row in shown.itertuples()])
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlabel(
        "Margins by which the estimate lies on the claim's side (right) or off it (left); grey: within the margin"
    )
    marks = [
        Line2D(
            [], [], color=colour, marker=marker, linewidth=0, markerfacecolor=colour if filled else "white", markersize=4.5,
            label=word,
        )
        for word, (colour, marker, filled) in LOOKS.items()
    ]  # fmt: skip
    first = table.iloc[0]
    style.caption(
        fig, f"{len(table)} claims against the margins fixed beforehand",
        [
            f"{first['n_worlds']} worlds ({first['n_different']} different), {first['runs_per_world']} runs each and arm over "
            f"{first['months']} months under common random numbers, seed {first['seed']}. Lines: 95 % intervals, the "
            "worlds as the "
            "sample. A claim of no difference holds inside the grey band. The verdict also asks the ablation, the "
            "deciding constant and "
            "the structural switches.",
        ],
    )  # fmt: skip
    ax.legend(handles=marks, loc=(0.02, 0.46), frameon=True, framealpha=0.9, edgecolor="none", fontsize=6.5)
    return style.settle(fig)
