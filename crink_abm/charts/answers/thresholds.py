"""Charts of thresholds: a belief on the axis, where the evidence puts it, where the answer flips."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...analysis.thresholds import words
from ...analysis.thresholds.beliefs import written
from ...analysis.thresholds.questions import Thresholds
from ...model.parameters import CATALOGUE
from ...util.files import refuse_link
from ...util.folders import prepare
from .. import style

#: Beliefs beside one another, at most.
_MOST = 3
_WORD = {-1: "lowers", 0: "unclear", 1: "raises"}
_NOISY = (
    "Inner band: 95 % Monte Carlo interval, the worlds given; outer band: 95 % with the different worlds as the sample."
)


def _outcome(name: str) -> str:
    return words.risk(name)


def _title(name: str) -> str:
    said = words.meaning(name)
    return "\n".join([*style.wrap(f"{said[0].upper()}{said[1:]}", 34)[:3], name])


def _axis(name: str) -> str:
    return "" if CATALOGUE[name].switch is not None else CATALOGUE[name].unit


def _densities(ax: Axes, spread: pd.DataFrame, name: str) -> None:
    """Where the ensemble and the bare prior put a belief."""
    rows = spread[spread["belief"] == name]
    if CATALOGUE[name].switch is not None:
        ax.bar(rows["low"] - 0.16, rows["ensemble"], 0.3, color=style.SKY, edgecolor=style.INK, linewidth=0.4)
        ax.bar(rows["low"] + 0.16, rows["prior"], 0.3, color="white", edgecolor=style.INK, linewidth=0.6)
    else:
        edges = [*rows["low"], rows["high"].iloc[-1]]
        ax.stairs(rows["ensemble"], edges, fill=True, color=style.SKY)
        ax.stairs(rows["prior"], edges, color=style.INK, linewidth=0.8, linestyle=style.DASHED)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.tick_params(labelbottom=False)


def _regions(row: Any, curve: pd.DataFrame) -> list[tuple[float, float, int]]:
    """Parts of the axis by the clear sign of the effect there, as the table of thresholds has them."""
    low, high = row.examined_low, row.examined_high
    if row.kind in ("none", "undecided"):
        return [(low, high, row.below if row.kind == "none" else 0)]
    if row.kind == "disjoint":
        return []
    parts = [(low, row.low, row.below), (row.low, row.high, 0), (row.high, high, row.above)]
    return [part for part in parts if part[1] > part[0]]


def _effect(ax: Axes, row: Any, curve: pd.DataFrame) -> None:
    """The effect where every world has this belief, and where its sign turns."""
    name = row.belief
    ax.axhline(0.0, color=style.INK, linewidth=0.7)
    x, y = curve["level"].to_numpy(float), 100.0 * curve["effect"].to_numpy(float)
    if CATALOGUE[name].switch is not None:
        for ends, width in (("", 0.9), ("noise_", 2.6)):
            ax.vlines(x, 100.0 * curve[f"{ends}low"], 100.0 * curve[f"{ends}high"], color=style.BLUE, linewidth=width)
        ax.plot(x, y, "o", color=style.BLUE)
        ax.set_xticks(x, [style.written(level.name.lower().replace("_", " "), 11) for level in CATALOGUE[name].drawn])
        ax.set_xlim(x[0] - 0.6, x[-1] + 0.6)
        return
    for ends, alpha in (("", 0.15), ("noise_", 0.3)):
        ax.fill_between(
            x, 100.0 * curve[f"{ends}low"], 100.0 * curve[f"{ends}high"], color=style.BLUE, alpha=alpha, linewidth=0
        )
    ax.plot(x, y, color=style.BLUE, marker="o", markersize=2.6)
    ax.set_xlim(x[0], x[-1])


def _mark(axes: tuple[Axes, Axes], row: Any, curve: pd.DataFrame) -> None:
    """The confidence set as a band over both panels, the estimate as a line, and the clear sign of each side in words."""
    if CATALOGUE[row.belief].switch is not None:
        return
    for low, high, sign in _regions(row, curve):
        if sign == 0:
            for ax in axes:
                ax.axvspan(low, high, facecolor=style.FAINT, alpha=0.45, linewidth=0, zorder=0)
        wide = (high - low) / (row.examined_high - row.examined_low)
        if sign and wide > 0.12:
            axes[0].text(
                (low + high) / 2.0, 1.02, _WORD[sign], transform=axes[0].get_xaxis_transform(), ha="center", va="bottom",
                fontsize=6.5, color=style.INK, fontweight="bold",
            )  # fmt: skip
    if np.isfinite(row.threshold):
        for ax in axes:
            ax.axvline(row.threshold, color=style.VERMILLION, linewidth=1.1)
    for end in (row.declared_low, row.declared_high):
        if row.examined_low < end < row.examined_high:
            for ax in axes:
                ax.axvline(end, color=style.MUTED, linewidth=0.7, linestyle=style.DOTTED)


def question(found: Thresholds, package: str, outcome: str) -> Figure:
    """One question: its top beliefs, where the ensemble and the prior put them, and where the effect turns."""
    rows = found.of("thresholds", package, outcome)
    order = (~rows["found"]).astype(int) * 10 - rows["share_of_variance"].fillna(0.0)
    rows = rows.iloc[np.argsort(order.to_numpy(), kind="stable")[:_MOST]]
    curves = found.of("curves", package, outcome)
    fig = style.figure(3.1, style.WIDTH if len(rows) > 1 else 4.2)
    grid = np.atleast_2d(fig.subplots(2, len(rows), squeeze=False, height_ratios=(1, 3.2)))
    for ax in grid[1, 1:]:
        ax.sharey(grid[1, 0])
    for k, row in enumerate(rows.itertuples()):
        top, bottom = grid[0, k], grid[1, k]
        curve = curves[curves["belief"] == row.belief]
        _effect(bottom, row, curve)
        _densities(top, found.spread, str(row.belief))
        _mark((top, bottom), row, curve)
        top.set_xlim(bottom.get_xlim())
        top.set_xticks(bottom.get_xticks() if CATALOGUE[str(row.belief)].switch is not None else [])
        top.set_title(_title(str(row.belief)), pad=13, fontsize=7)
        bottom.set_xlabel(_axis(str(row.belief)))
    grid[1, 0].set_ylabel("Change in risk\n(percentage points)")
    first = rows.iloc[0]
    style.caption(
        fig,
        f"{package}: what decides whether it lowers {_outcome(outcome)}",
        [
            f"Effect where every world has the belief on the axis, common random numbers, {first['n_worlds']:,} worlds "
            f"({first['n_different']:,} different), {first['runs_per_world']:,} runs each and level. {_NOISY}",
            "Dotted: ends of the declared range. Switches: bars filled, the ensemble; open, the bare prior.",
        ],
        [
            style.Look("the ensemble", "", style.SKY, marker="s"),
            style.Look("the bare prior", "", style.INK, style.DASHED, marker=""),
            style.Look("the sign turns", "", style.VERMILLION, marker=""),
            style.Look("its 95 % confidence set: sign unclear", "", style.FAINT, marker="s"),
        ],
    )
    return fig


def overview(found: Thresholds) -> Figure:
    """All questions: each belief's declared range, where the ensemble lies in it, and where the effect turns."""
    rows = found.thresholds
    fig = style.figure(0.9 + 0.27 * max(4, len(rows)))
    ax = fig.subplots()
    places, labels = [], []
    at = 0.0
    before = None
    for row in rows.itertuples():
        at -= 1.0 if before in (None, (row.package, row.outcome)) else 1.5
        first = before != (row.package, row.outcome)
        before = (row.package, row.outcome)
        places.append(at)
        head = (
            f"{row.package} → {style.OUTCOMES[row.outcome].short if row.outcome in style.OUTCOMES else row.outcome}"
            if first
            else ""
        )
        labels.append(f"{head}   {row.belief}")
        if CATALOGUE[str(row.belief)].switch is None:
            _line(ax, row, at)
        else:
            _switch(ax, found.of("curves", str(row.package), str(row.outcome)), str(row.belief), at)
    ax.axvspan(0.0, 1.0, facecolor=style.FAINT, alpha=0.22, linewidth=0, zorder=0)
    ax.set_yticks(places, labels)
    ax.set(
        ylim=(at - 0.8, 0.2),
        xlim=(-0.06, 2.32),
        xlabel="Position in the declared range (shaded), and past it",
    )
    ax.set_xticks([0.0, 0.5, 1.0, 1.5])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    style.caption(
        fig,
        "What one has to believe: where the sign of each policy's effect turns",
        [
            "Per cent: share of the ensemble's worlds on the lowering side, with its 95 % interval (threshold and worlds). No "
            "mark: the "
            "sign does not turn, or the simulations do not settle where.",
            f"Effects simulated in {found.effort['worlds']:,} worlds ({found.effort['different_worlds']:,} different), "
            f"{found.effort['runs_per_level']:,} runs each and level, common random numbers.",
        ],
        [
            style.Look("the ensemble: broad 25-75 %, thin 5-95 %", "", style.SKY, marker=""),
            style.Look("the sign turns, with its 95 % confidence set", "", style.VERMILLION, marker="D"),
        ],
    )
    return fig


def _line(ax: Axes, row: Any, at: float) -> None:
    """One belief of one question."""

    def x(value: float) -> float:
        p = CATALOGUE[row.belief]
        if p.log:
            return float(np.log(max(value, 1e-300) / p.low) / np.log(p.high / p.low))
        return float((value - p.low) / (p.high - p.low))

    ax.plot(
        [x(row.ensemble_5), x(row.ensemble_95)], [at + 0.16] * 2, color=style.SKY, linewidth=1.2, solid_capstyle="butt"
    )
    ax.plot(
        [x(row.ensemble_25), x(row.ensemble_75)], [at + 0.16] * 2, color=style.SKY, linewidth=4.0, solid_capstyle="butt"
    )
    if row.kind in ("bounded", "open"):
        ax.plot(
            [x(row.low), x(row.high)], [at - 0.16] * 2, color=style.VERMILLION, linewidth=1.2, solid_capstyle="butt"
        )
        if np.isfinite(row.threshold):
            ax.plot(x(row.threshold), at - 0.16, marker="D", markersize=3.5, color=style.VERMILLION)
    said = {
        "bounded": f"{_WORD[-1]} {'above' if row.above < 0 else 'below'}",
        "open": f"{_WORD[row.above or row.below]} {'above' if row.above else 'below'}, else unclear",
        "none": f"{_WORD[row.below]} at every level",
        "touching": f"{_WORD[row.below]} but for a part",
        "disjoint": "may turn more than once",
        "undecided": "unclear at every level",
    }[row.kind]
    share = f"{100 * row.lowers:.0f} % [{100 * row.lowers_low:.0f}, {100 * row.lowers_high:.0f}]"
    ax.text(
        1.56,
        at,
        f"{said}: {share}" if row.kind in ("bounded", "open", "disjoint") else said,
        va="center",
        fontsize=6.3,
        color=style.INK,
    )


def _switch(ax: Axes, curves: pd.DataFrame, name: str, at: float) -> None:
    """A switch: under which levels the effect clearly lowers, and under which it clearly raises."""
    rows, said = curves[curves["belief"] == name], []
    for word, clear in (("lowers", rows["high"] < 0.0), ("raises", rows["low"] > 0.0)):
        levels = [written(CATALOGUE[name], level).replace("_", " ") for level in rows.loc[clear, "level"]]
        said += [f"{word}: {', '.join(levels)}"] if levels else []
    ax.text(0.0, at, "; ".join(said) or "unclear under every level", va="center", fontsize=6.3, color=style.INK)


def draw(found: Thresholds, folder: Path, prefix: str = "thresholds") -> list[Path]:
    """All charts of a study, as ``figures/PREFIX-*.png`` of ``folder``."""
    place = folder / "figures"
    prepare(folder, place)
    saved = []
    with style.context():
        sheets = {"overview": overview(found)} if len(found.thresholds) else {}
        for row in found.questions.itertuples():
            if len(found.of("thresholds", str(row.package), str(row.outcome))):
                name = f"{row.package}-{row.outcome}".replace(" ", "_")
                sheets[name] = question(found, str(row.package), str(row.outcome))
        for name, fig in sheets.items():
            name = f"{prefix}-{name}"
            refuse_link(place / f"{name}.png")
            saved += style.save(style.settle(fig), place / name, ("png",))
    return saved
