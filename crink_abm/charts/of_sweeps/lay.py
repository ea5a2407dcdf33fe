"""Charts that start with a finding: levers ranked by what they move, and icon arrays for readers who are no modellers."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from ...util.errors import InputError, told
from ...util.scalars import real
from .. import primitives, shape, style
from ..panels import HEADLINE, PAIRED, captioned, extremes, horizon, interval
from .chosen import ends_of, policies

if TYPE_CHECKING:
    from ...results.results import Results

#: Levers in a panel of the ranking: in two columns of a page, and in one.
MOST_WIDE, MOST_NARROW = 8, 4
#: Policies that icon arrays show at most.
MOST_POLICIES = 6
#: An icon's side, of a place of 1.
_SIDE = 0.8


def ranking(results: "Results") -> Figure:
    names, narrow = shape.outcomes(*HEADLINE), shape.now().narrow
    data = ends_of(results, names)
    given = shape.now().more.get("most")
    most = real(given) if given is not None else MOST_NARROW if narrow else MOST_WIDE
    if most is None or most < 1 or most != int(most):
        raise InputError(f"most is a whole number of levers from 1; {told(given)} was given")
    widest = {name: _widest(data[data["outcome"] == name]) for name in names}
    most = min(int(most), max(len(order) for order in widest.values()))
    title = f"What moves which kind of force? Levers ranked by what they change in {horizon(results)} risk"
    tops, left = [], []
    for name, order in widest.items():
        rows = data[(data["outcome"] == name) & (data["lever"] == order.index[0])]
        best = rows.loc[rows["diff"].abs().idxmax()]
        tops.append(f"{shape.look(name).label}: {shape.lever(best['lever'])[0]} at {best['level']:g}, {interval(best)}")
        if len(order) > most:
            left.append(f"{shape.look(name).label} {100 * order.iloc[most:].max():.1f}")
    for sentence in extremes(data, lambda row: f"{shape.lever(row['lever'])[0]} at {row['level']:g}"):
        shape.say(sentence)
    notes = [
        "Percentage points against the baseline; each lever alone at 0 or at 1, the others at the baseline. Thick line: "
        f"{PAIRED.format(outer='thin')}. White bar: cannot be told from the baseline (false-discovery rate 5 %)."
    ]
    if left:
        notes.append(f"Levers not shown change these risks by no more, in points: {'; '.join(left)}.")
    key = [
        Patch(facecolor=style.BLUE, edgecolor=style.BLUE, label=shape.word("Lever at 0"), hatch="//////", fill=False),
        Patch(facecolor=style.VERMILLION, edgecolor=style.VERMILLION, label=shape.word("Lever at 1")),
    ]
    fig, axes = captioned(
        results, title, notes, len(names), min(2, len(names)), 0.55 + 0.285 * most, 
        finding=f"Most moved by: {'. '.join(tops)}.",
        handles=key, narrow=1, sharex=True,
    )  # fmt: skip
    for ax, name in zip(axes, names, strict=True):
        ranked(data[data["outcome"] == name], list(widest[name].index[:most]), ax)
        ax.set_title(shape.look(name).label, fontweight="bold")
    for ax in axes[: -1 if narrow else -2]:
        ax.set_xlabel("")
    return fig


def _widest(rows: pd.DataFrame) -> pd.Series:
    """Lever -> its largest change, from the largest down."""
    return rows.groupby("lever")["diff"].agg(lambda x: x.abs().max()).sort_values(ascending=False, kind="stable")


def ranked(data: pd.DataFrame, order: list[str], ax: Axes) -> Axes:
    """One risk's changes with each lever at 0 and at 1 as bars with intervals, a row a lever.

    Parameters
    ----------
    data : DataFrame with columns lever, level (0 or 1), diff, diff_low, diff_high (thick line), diff_ensemble_low,
        diff_ensemble_high (thin line) (shares of 1), discernible (bool)
    order : levers from top to bottom
    """
    data = data[data["lever"].isin(order)]
    shape.record(data)
    ax.axvline(0, color=style.MUTED, linewidth=0.7, zorder=3)
    for level, colour, hatch, place in ((0.0, style.BLUE, "//////", -0.19), (1.0, style.VERMILLION, None, 0.19)):
        for _, row in data[data["level"] == level].iterrows():
            y, clear = (
                order.index(row["lever"]) + place,
                bool(row["discernible"]) if pd.notna(row["discernible"]) else True,
            )
            ax.barh(
                y, 100 * row["diff"], height=0.34, facecolor="white" if not clear or hatch else colour, edgecolor=colour,
                hatch=hatch if clear else None, linewidth=0.6, gid=None if clear else primitives.NOISE_GID,
            )  # fmt: skip
            for ends, width in (("diff_ensemble", 0.6), ("diff", 1.6)):
                ax.hlines(
                    y, 100 * row[f"{ends}_low"], 100 * row[f"{ends}_high"], color=style.INK, linewidth=width, zorder=4
                )
    words = [shape.lever(name) for name in order]
    inches = 0.36 * shape.now().inches / (1 if shape.now().narrow else 2)
    names = []
    for label, meaning in words:
        lines = style.fitted(label, inches, 6.5)
        room = len(lines) == 1 and meaning and style.text_width(meaning, 6.5) <= inches
        names.append("\n".join([*lines, *[meaning] * bool(room)]))
    ax.set_yticks(range(len(order)), names, parse_math=False, linespacing=1.15)
    ax.set(ylim=(len(order) - 0.5, -0.5), xlabel=shape.change(primitives.CHANGE))
    ax.tick_params(axis="y", length=0, labelcolor=style.INK)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color="#e6e6e6", linewidth=0.5)
    ax.xaxis.set_major_formatter(primitives.SIGNED)
    return ax


def icons(results: "Results") -> Figure:
    names, narrow = shape.outcomes(*HEADLINE), shape.now().narrow
    rows = results.estimates[results.estimates["outcome"].isin(names)]
    base = rows[rows["point"] == results.baseline].set_index("outcome")["prob"]
    chosen = _chosen(results, rows)
    if len(chosen) > MOST_POLICIES:
        raise InputError(
            f"icon arrays show at most {MOST_POLICIES} policies; {len(chosen)} were given: name some with policies="
        )
    years = horizon(results)
    panels = [(point, name, outcome) for point, name in (chosen or {results.baseline: ""}).items() for outcome in names]
    if chosen:
        title = (
            f"Of 100 {years} histories, in how many does force come, at the {shape.word('baseline')} and with "
            f"{_listed(chosen)}?"
        )
    else:
        title = f"Of 100 {years} histories, in how many does force come at the baseline?"
    said, data = [], []
    for point, name, outcome in panels:
        row = rows[(rows["point"] == point) & (rows["outcome"] == outcome)].iloc[0]
        before = float(base[outcome])
        after = before + (float(row["diff"]) if chosen and pd.notna(row["diff"]) else 0.0)
        data.append({**row.to_dict(), "before": before, "after": after})
        n, m = (int(np.floor(100 * x + 0.5)) for x in (before, after))
        words = f"{shape.look(outcome).label}: {n} of 100"
        said.append(f"{words}, {m} with {name}: {interval(row)}." if chosen else f"{words}.")
    for sentence in said:
        shape.say(sentence)
    notes = [
        "Each square is one history in a hundred; numbers are rounded to whole histories."
        + (
            " The difference is net: a policy averts force in some histories and brings it about in others. Intervals: 95 %."
            if chosen
            else ""
        )
    ]
    key = _key(bool(chosen))
    across = min(2 if narrow else 4, len(names))
    best = max(range(len(panels)), key=lambda k: abs(data[k]["after"] - data[k]["before"]))
    fig, axes = captioned(
        results, title, notes, len(panels), across, 0.93 * shape.now().inches / across + 0.75, handles=key, narrow=across,
        finding=said[best] if chosen else "",
    )  # fmt: skip
    for ax, (_, name, outcome), one in zip(axes, panels, data, strict=True):
        shape.record(pd.DataFrame([one]))
        icon_array(one["before"], one["after"], ax)
        ax.set_title(
            f"{name}: {shape.look(outcome).label}" if len(chosen) > 1 else shape.look(outcome).label, fontweight="bold"
        )
        n, m = (int(np.floor(100 * one[side] + 0.5)) for side in ("before", "after"))
        ax.set_xlabel(
            f"{n} \u2192 {m} of 100\n{interval(one).replace(' (', chr(10) + '(')}" if chosen else f"{n} of 100"
        )
    return fig


def _chosen(results: "Results", rows: pd.DataFrame) -> dict[int, str]:
    """The policies asked for; else the package, or the lever at an end, that changes one of the risks most."""
    found = policies(results)
    found.pop(results.baseline, None)
    if shape.now().policies is None and len(found) > 1:
        changes = rows[rows["point"].isin(found)]
        best = int(changes.iloc[int(changes["diff"].abs().to_numpy().argmax())]["point"])
        return {best: found[best]}
    return found


def _listed(chosen: dict[int, str]) -> str:
    names = [f"\u201c{name}\u201d" for name in chosen.values()]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


#: What an icon says -> (face, edge, hatch).
_ICONS = {
    "happens": (style.INK, style.INK, None),
    "happens no more": ("white", style.BLUE, "//////"),
    "happens in addition": (style.ORANGE, style.VERMILLION, "xxxxxx"),
    "happens in neither": ("#ececec", "#ececec", None),
}


def _key(compared: bool) -> list[Any]:
    shown = _ICONS if compared else {"happens": _ICONS["happens"], "happens in neither": _ICONS["happens in neither"]}
    words = (
        {name: name for name in shown} if compared else {"happens": "happens", "happens in neither": "does not happen"}
    )
    return [
        Patch(facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.5, label=shape.word(words[name]))
        for name, (face, edge, hatch) in shown.items()
    ]


def icon_array(before: float, after: float, ax: Axes) -> Axes:
    """A hundred squares: those in which something happens at the baseline and with a policy, only one of the two, or neither.

    Parameters
    ----------
    before, after : probability at the baseline and with the policy, shares of 1
    """
    n, m = (int(np.floor(100 * x + 0.5)) for x in (before, after))
    both, most = min(n, m), max(n, m)
    for k in range(100):
        kind = (
            "happens"
            if k < both
            else ("happens no more" if m < n else "happens in addition")
            if k < most
            else "happens in neither"
        )
        face, edge, hatch = _ICONS[kind]
        x, y = k % 10, k // 10
        ax.add_patch(
            Rectangle((x, y), _SIDE, _SIDE, facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.5, gid=kind)
        )
    ax.set(xlim=(-0.1, 9.9), ylim=(9.9, -0.1), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    return ax
