"""Charts of elicited beliefs: what was said, what the worlds had, what the weighed worlds have."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ...analysis.elicitation.questions import Elicited
from ...model.parameters import CATALOGUE
from ...util.files import refuse_link
from ...util.folders import prepare
from .. import style

_EXPERTS = (
    (style.VERMILLION, style.DASHED), (style.GREEN, style.DASH_DOT), (style.PURPLE, style.DOTTED), (style.ORANGE, style.LONG),
    (style.SKY, style.DASH_DOT_DOT),
)  # fmt: skip
_MARKERS = "os^vDPX"
#: Panels in a row.
_COLUMNS = 3


def beliefs(found: Elicited) -> Figure:
    """Each constant's density: the worlds, each expert, the pool; and risks at the baseline before and after."""
    names = list(dict.fromkeys(found.densities["belief"]))
    outcomes = list(dict.fromkeys(found.risks["outcome"]))
    experts = [who for who in found.experts["who"] if who != "pooled"]
    rows = -(-len(names) // _COLUMNS) if names else 0
    fig = style.figure(1.9 * rows + 0.5 + 0.34 * len(outcomes))
    upper, lower = fig.subfigures(2, 1, height_ratios=(1.9 * rows, 0.5 + 0.34 * len(outcomes))) if rows else (None, fig)
    looks = {who: _EXPERTS[k % len(_EXPERTS)] for k, who in enumerate(experts)}
    marks = [style.Look("the worlds before", "", style.MUTED, marker=_MARKERS[0])]
    marks += [
        style.Look(style.clipped(who), "", looks[who][0], marker=_MARKERS[k % 7])
        for k, who in enumerate(experts[:5], 1)
    ]
    marks.append(style.Look("pooled", "", style.BLUE, marker=_MARKERS[(len(experts) + 1) % 7]))
    if upper is not None:
        grid = upper.subplots(rows, min(_COLUMNS, len(names)), squeeze=False).ravel()
        for ax in grid[len(names) :]:
            ax.set_visible(False)
        for ax, name in zip(grid, names, strict=False):
            one = found.densities[found.densities["belief"] == name]
            for who, rows_ in one.groupby("who", sort=False):
                if who == "worlds":
                    ax.fill_between(rows_["value"], rows_["density"], color=style.FAINT, linewidth=0)
                elif who == "pooled":
                    ax.plot(rows_["value"], rows_["density"], color=style.BLUE, linewidth=1.8)
                elif who in looks:
                    ax.plot(
                        rows_["value"], rows_["density"], color=looks[who][0], linestyle=looks[who][1], linewidth=1.0
                    )
            top = float(np.quantile(one["density"], 0.98))
            ax.set(ylim=(0.0, 1.25 * top), xlabel=f"{name}\n({CATALOGUE[name].unit})")
            ax.set_yticks([])
            ax.spines["left"].set_visible(False)
        upper.supylabel("Density", fontsize=7.5, x=0.0)
    ax = lower.subplots()
    whos = ["worlds", *experts, "pooled"]
    for k, outcome in enumerate(outcomes):
        one = found.risks[found.risks["outcome"] == outcome].set_index("who")
        for j, who in enumerate(whos):
            row = one.loc[who]
            colour = {"worlds": style.MUTED, "pooled": style.BLUE}.get(who) or looks[who][0]
            y = -k + 0.3 - 0.6 * j / (len(whos) - 1)
            ax.plot([100 * row["low"], 100 * row["high"]], [y, y], color=colour, linewidth=1.2)
            ax.plot(100 * row["risk"], y, marker=_MARKERS[j % 7], color=colour, markersize=3.4)
            if np.isfinite(row["band_low"]):
                ax.plot(
                    [100 * row["band_low"], 100 * row["band_high"]],
                    [y, y],
                    color=colour,
                    linewidth=5.0,
                    alpha=0.25,
                    solid_capstyle="butt",
                )
    labels = [style.OUTCOMES[o].label if o in style.OUTCOMES else o for o in outcomes]
    ax.set_yticks(-np.arange(len(outcomes)), labels)
    ax.set(xlabel="Risk at the baseline (%)", ylim=(-len(outcomes) + 0.5, 0.5))
    ax.set_xlim(left=0.0)
    pool = found.experts.iloc[-1]
    style.caption(
        fig,
        "Elicited beliefs, and what follows for the risks at the baseline",
        [
            f"{pool['n_worlds']:,} worlds ({pool['n_different']:,} different), worth {pool['effective']:.0f} of equal weight "
            "as the pool "
            f"({pool['pool']}) believes. Risks: means over worlds with 95 % intervals (worlds as the sample), in the order "
            "worlds, "
            f"{', '.join(experts)}, pooled; broad light bars: bands as elicited. Grey area: the worlds before.",
        ],
        marks,
    )
    return fig


def draw(found: Elicited, folder: Path, prefix: str = "elicitation") -> list[Path]:
    """The chart of beliefs, as ``figures/PREFIX-beliefs.png`` of ``folder``."""
    place = folder / "figures"
    prepare(folder, place)
    with style.context():
        refuse_link(place / f"{prefix}-beliefs.png")
        return style.save(style.settle(beliefs(found)), place / f"{prefix}-beliefs", ("png",))
