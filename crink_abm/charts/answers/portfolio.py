"""Charts of a portfolio study: fronts of cost and risk, regrets, shares of pillars, odds charts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...analysis.portfolio.study import Portfolio
from ...model.outcomes import OUTCOMES, REGISTRY
from ...model.parameters import CATALOGUE
from ...util.files import refuse_link
from ...util.folders import prepare
from .. import style

#: Probabilities of being on a front that the key shows.
_KEY = (0.1, 0.5, 1.0)
_PALE = "#d9d9d9"
#: Behind words that a line would cross.
_BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}


def _word(name: str) -> str:
    """A measure as a reader calls it."""
    return (
        "Either theatre"
        if name == "any_failure"
        else REGISTRY.by_name[name].short
        if name in OUTCOMES
        else name.replace("_", " ").capitalize()
    )


def _unit(name: str) -> str:
    return "%" if name in OUTCOMES else "wars per 100 runs"


def _size(chance: np.ndarray | float) -> np.ndarray:
    return 3.0 + 30.0 * np.asarray(chance, float)


def fronts(found: Portfolio) -> Figure:
    """Each measure's front: money against risk, political capital as shade, the probability of being on the front as size."""
    table = found.policies[found.policies["finalist"]]
    names = [name for name in found.facts["fronts"] if name in found.facts["names"]]
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    fig = style.figure(2.35 * rows)
    grid = fig.subplots(rows, columns, squeeze=False).ravel()
    top = max(10.0, float(table["politics"].max()))
    marks = None
    for ax, name in zip(grid, names, strict=False):
        style.axes(ax)
        part = table.sort_values(f"chance_{name}")
        chance = part[f"chance_{name}"].to_numpy()
        few = chance < 0.02
        ax.scatter(part["money"][few], 100 * part[name][few], s=3, color=_PALE, linewidths=0, zorder=1)
        marks = ax.scatter(
            part["money"][~few], 100 * part[name][~few], s=_size(chance[~few]), c=part["politics"][~few],
            cmap="cividis_r", vmin=0,
            vmax=top, edgecolors=style.INK, linewidths=0.4, zorder=2,
        )  # fmt: skip
        base = table[table["name"] == "baseline"].iloc[0]
        ax.axhline(100 * base[name], color=style.MUTED, linewidth=0.6, linestyle=style.DOTTED, zorder=0)
        ax.set_title(_word(name), fontsize=7.5)
        ax.set_xlabel("Money (billion USD a year)")
        ax.set_ylabel("Wars per 100 runs" if name not in OUTCOMES else "Ten-year risk (%)")
    for ax in grid[len(names) :]:
        ax.set_axis_off()
    spare = grid[len(names)] if len(grid) > len(names) else None
    handles = [
        Line2D([], [], marker="o", linestyle="none", markersize=float(np.sqrt(_size(p))), markerfacecolor="white",
               markeredgecolor=style.INK, markeredgewidth=0.5, label=f"{100 * p:.0f} %") for p in _KEY
    ]  # fmt: skip
    handles.append(Line2D([], [], marker="o", linestyle="none", markersize=1.7, color=_PALE, label="below 2 %"))
    handles.append(Line2D([], [], color=style.MUTED, linewidth=0.6, linestyle=style.DOTTED, label="today's policy"))
    where = spare if spare is not None else grid[0]
    where.legend(
        handles=handles,
        title="Probability of being\non the front",
        title_fontsize=6.5,
        loc="upper left",
        labelspacing=1.0,
    )
    if marks is not None:
        bar = fig.colorbar(
            marks, ax=spare if spare is not None else list(grid), location="bottom", shrink=0.8, aspect=18
        )
        bar.set_label("Political capital (10: once in a term)", fontsize=6.5)
    style.caption(
        fig,
        f"Which of {found.facts['policies']:,} policies buy the least risk for their cost",
        [
            f"Finalists of the race ({found.facts['finalists']:,}); each panel is a front of its own: a policy is on it unless "
            "another costs no more money and no more political capital and has less risk. Money is beyond today's. "
            "Probability: share of "
            f"{found.facts['draws']} bootstrap draws of the worlds, noise included.",
            _basis(found, found.facts["final_rounds"]),
        ],
    )
    return fig


def _basis(found: Portfolio, rounds: int) -> str:
    facts = found.facts
    return f"{facts['worlds']:,} worlds ({facts['different']:,} different), {rounds} runs of each policy in each."


def regrets(found: Portfolio) -> Figure:
    """The regret matrix: policies by structural cases."""
    table = found.regret
    rows, columns = list(dict.fromkeys(table["policy"])), list(dict.fromkeys(table["case"]))
    wide = table.set_index(["policy", "case"])
    value = np.array([[100 * wide.loc[(r, c), "regret"] for c in columns] for r in rows])
    low = np.array([[wide.loc[(r, c), "low"] for c in columns] for r in rows])
    fig = style.figure(0.28 * len(rows) + 1.6)
    ax = fig.subplots()
    top = float(np.nanmax(value))
    ax.imshow(value, cmap="Greys", vmin=0, vmax=1.25 * top, aspect="auto")
    for i in range(len(rows)):
        for j in range(len(columns)):
            clear = low[i, j] > 0
            dark = value[i, j] > 0.7 * top
            ax.text(j, i, f"{value[i, j]:.1f}", ha="center", va="center", fontsize=6.0,
                    color="white" if dark else style.INK if clear else style.MUTED,
                    fontstyle="normal" if clear else "italic",
                    fontweight="bold" if value[i, j] == value[i].max() else "normal")  # fmt: skip
    words = {
        policy: "; ".join(f"{b}: {', '.join(part['criterion'])}" for b, part in rows_.groupby("budget", sort=False))
        for policy, rows_ in found.robust.groupby("policy", sort=False)
    }
    labels = [f"{row}\n{words[row]}" if row in words else row for row in rows]
    ax.set_yticks(range(len(rows)), labels, fontsize=6)
    ax.set_xticks(range(len(columns)), [_case(c) for c in columns], rotation=45, ha="right", fontsize=6)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    style.caption(
        fig,
        f"Regret by structural case: {_word(found.facts['judge']).lower()} beyond the best policy of the case",
        [
            f"Unit: {_unit(found.facts['judge'])}. Bold: the greatest of a row. Italic: the 95 % interval holds 0. "
            f"The best of each "
            "case was found in other runs than those shown. Below a policy's name: budget and criteria by which it was chosen.",
            _basis(found, found.facts["fresh_rounds"]),
        ],
    )
    return fig


def _case(name: str) -> str:
    switch, _, level = name.partition(" ")
    return f"{switch.replace('_', ' ')}: {level.replace('_', ' ')}" if switch in CATALOGUE else name


def shares(found: Portfolio) -> Figure | None:
    """Shapley shares of pillars, what each gains alone, interactions of pairs, and the excess of the whole."""
    if not len(found.shapley):
        return None
    names = [n for n in ("taiwan_failure", "korea_failure", found.facts["judge"]) if n in found.facts["names"]]
    names = list(dict.fromkeys(names)) or found.facts["names"][:3]
    fig = style.figure(3.6)
    axes = np.atleast_1d(fig.subplots(1, len(names), sharey=True))
    looks = {"share": (style.BLUE, "Share (Shapley)"), "alone": (style.SKY, "Alone"), 
             "pair": (style.ORANGE, "Interaction of a pair"),
             "excess": (style.VERMILLION, "All less the sum of those alone"), "all": (style.INK, "All together")}  # fmt: skip
    for ax, name in zip(axes, names, strict=True):
        style.axes(ax)
        part = found.shapley[found.shapley["measure"] == name]
        order = pd.concat([part[part["kind"] == kind] for kind in ("share", "alone", "all", "excess", "pair")])
        y = np.arange(len(order))
        for k, row in zip(y, order.itertuples(), strict=True):
            colour = looks[row.kind][0]
            ax.barh(k, 100 * row.value, color=colour, height=0.7, hatch="////" if row.kind in ("pair", "excess") else None,
                    edgecolor="white", linewidth=0.3)  # fmt: skip
            ax.hlines(k, 100 * row.low, 100 * row.high, color=style.INK, linewidth=0.9)
        ax.axvline(0, color=style.INK, linewidth=0.6)
        ax.set_title(_word(name), fontsize=7.5)
        ax.set_xlabel("Lowered by (points)" if name in OUTCOMES else "Lowered by (wars per 100 runs)")
        labels = [
            {"share": f"Share: {r.pillars}", "alone": f"Alone: {r.pillars}", "all": "All together",
             "excess": "All less the sum of those alone", "pair": f"Together: {r.pillars}"}[r.kind] for r in order.itertuples()
        ]  # fmt: skip
        ax.set_yticks(y, labels, fontsize=6)
    axes[0].invert_yaxis()
    style.caption(
        fig,
        "What each pillar of the article's policy contributes, and whether pillars reinforce each other",
        [
            "To the right: lowers the risk. Shares sum to what all pillars do together. Hatched: above 0 pillars "
            "reinforce each other "
            "(they do more together than apart), below 0 they get in each other's way. Lines: 95 %, worlds as the sample.",
            _basis(found, found.facts["fresh_rounds"]),
        ],
    )
    return fig


def odds(found: Portfolio) -> Figure | None:
    """Odds charts: the expected loss of one policy less another's, over the probability of the bad case."""
    table = found.odds
    if not len(table):
        return None
    fig = style.figure(2.7)
    axes = np.atleast_1d(fig.subplots(1, len(table)))
    for ax, row in zip(axes, table.itertuples(), strict=True):
        style.axes(ax)
        p = np.linspace(0, 1, 101)
        mean = (1 - p) * row.good_apart + p * row.bad_apart
        half = [(row.good_high - row.good_low) / 2.0, (row.bad_high - row.bad_low) / 2.0]
        band = np.hypot((1 - p) * half[0], p * half[1])
        ax.fill_between(100 * p, 100 * (mean - band), 100 * (mean + band), color=style.SKY, alpha=0.45, linewidth=0)
        ax.plot(100 * p, 100 * mean, color=style.BLUE)
        ax.axhline(0, color=style.INK, linewidth=0.7)
        if np.isfinite(row.p):
            ax.axvline(100 * row.p, color=style.VERMILLION, linestyle=style.DASHED, linewidth=0.9)
        ax.plot([100 * row.share_bad], [0], marker="^", color=style.INK, clip_on=False, zorder=5, markersize=5)
        ax.set_xlim(0, 100)
        if np.isfinite(row.p_low):
            ax.hlines(0, 100 * row.p_low, 100 * row.p_high, color=style.VERMILLION, linewidth=3.5, alpha=0.6, zorder=3)
        low, high = ax.get_ylim()
        for y, side, name in ((0.97, "top", f"above: {row.B}"), (0.03, "bottom", f"below: {row.A}")):
            ax.text(
                0.98, y, f"{name} is better", transform=ax.transAxes, ha="right", va=side, fontsize=6, color=style.MUTED,
                bbox=_BLANK, zorder=6,
            )  # fmt: skip
        pad = 0.16 * (high - low)
        ax.set_ylim(low - pad, high + pad)
        ax.set_title(style.written(f"{row.A} or {row.B}?", 40), fontsize=7.5)
        ax.set_xlabel(style.written(f"Probability of {_plain(row.bad_case)}, against {_plain(row.good_case)} (%)", 46))
        ax.set_ylabel(
            "Loss of the first less the second\n(wars per 100 runs)"
            if row.measure not in OUTCOMES
            else "Risk, first less second (points)"
        )
    style.caption(
        fig,
        "Odds at which one policy is preferred to another",
        [
            "Line: expected difference at each probability of the second case; band: 95 %, worlds as the sample. Dashed: "
            "break-even, bar on the zero line: its 95 % set. Triangle: the case's share of the calibrated worlds.",
            _basis(found, found.facts["fresh_rounds"]),
        ],
    )
    return fig


def _plain(case: str) -> str:
    return case.replace("_", " ")


def draw(found: Portfolio, folder: Path, name: str) -> list[Path]:
    """Save the charts as ``figures/NAME_front.png``, ``_regret``, ``_shapley`` and ``_odds``."""
    place = folder / "figures"
    refuse_link(place)
    prepare(folder, place)
    made: dict[str, Callable[[Portfolio], Figure | None]] = {
        "front": fronts, "regret": regrets, "shapley": shares, "odds": odds,
    }  # fmt: skip
    saved = []
    with style.context():
        for kind, make in made.items():
            fig = make(found) if kind != "regret" or len(found.regret) else None
            if fig is not None:
                saved += style.save(style.settle(fig), place / f"{name}_{kind}", ("png",))
    return saved
