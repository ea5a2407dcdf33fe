"""Charts of tidy data: each function draws on ``ax`` (or on a new figure) and returns it.

Nothing is estimated here. Probabilities and their differences come in as shares of 1
and are drawn in per cent and percentage points. ``discernible`` is False where a
difference from the baseline cannot be told from chance.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from . import shape, style
from .style import lever_axis

#: Axis labels of the two quantities.
RISK, CHANGE = "Probability (%)", "Change in risk (percentage points)"

#: The identifiers of the marks that say "not to be told from chance" and "the baseline".
NOISE_GID, BASELINE_GID = "within-noise", "baseline"

#: Signed numbers at ticks.
SIGNED = FuncFormatter(lambda value, _: f"{value:+.3g}".replace("-", "−") if abs(value) > 1e-9 else "0")


def _noise(discernible: pd.Series) -> np.ndarray:
    """Which changes are marked as noise; one that was not tested is not."""
    return (~discernible.astype("boolean")).fillna(False).to_numpy(bool)


def _edges(levels: Any) -> np.ndarray:
    levels = np.asarray(levels, float)
    if len(levels) == 1:
        return np.array([levels[0] - 0.5, levels[0] + 0.5])
    middle = (levels[1:] + levels[:-1]) / 2.0
    return np.concatenate([[2 * levels[0] - middle[0]], middle, [2 * levels[-1] - middle[-1]]])


def heat_map(
    data: pd.DataFrame,
    x: str,
    y: str,
    limit: float,
    baseline: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Change in risk over two levers, zero at the middle of the scale.

    Parameters
    ----------
    data : DataFrame with a row a cell: the columns named by ``x`` and ``y`` (levels), diff (share of 1),
        discernible (bool)
    x, y : names of levers
    limit : the scale runs from -limit to +limit, percentage points
    baseline : (x, y) of the cell to outline, or None; it is the reference and is never marked as noise
    ax : Axes, optional

    Returns
    -------
    Axes; its first collection is the mesh. Cells within noise carry a dot, others the sign of the change.
    """
    ax = style.axes(ax)
    shape.record(data)
    cells = data.pivot(index=y, columns=x, values="diff")
    columns, rows = _edges(cells.columns), _edges(cells.index)
    ax.set_facecolor(style.FAINT)
    ax.pcolormesh(
        columns, rows, np.ma.masked_invalid(100.0 * cells.to_numpy()), cmap=shape.colours(),
        norm=Normalize(-limit, limit), edgecolors="none", linewidth=0,
    )  # fmt: skip
    reference = np.zeros(len(data), bool)
    if baseline is not None:
        reference = np.isclose(data[x], baseline[0]) & np.isclose(data[y], baseline[1])
    noise = _noise(data["discernible"])
    change = 100.0 * data["diff"].to_numpy()
    paint = colormaps[shape.colours()](Normalize(-limit, limit)(change))
    ink = np.where(paint[:, :3] @ [0.299, 0.587, 0.114] < 0.45, "white", style.INK)
    for chosen, marker, size, width, gid in (
        (noise & ~reference, "o", 2.2, 0.0, NOISE_GID),
        (~noise & ~reference & (change > 0), "+", 9.0, 0.6, None),
        (~noise & ~reference & (change < 0), "_", 9.0, 0.6, None),
    ):
        at = data.loc[chosen]
        ax.scatter(at[x], at[y], s=size, c=ink[chosen], marker=marker, linewidths=width, gid=gid)
    if baseline is not None and reference.any():
        i, j = np.isclose(cells.columns, baseline[0]).argmax(), np.isclose(cells.index, baseline[1]).argmax()
        width, height = np.diff(columns)[i], np.diff(rows)[j]
        box = Rectangle((columns[i], rows[j]), width, height, fill=False, edgecolor=style.INK, linewidth=1.1, zorder=3)
        box.set_gid(BASELINE_GID)
        ax.add_patch(box)
    for axis, levels in ((ax.xaxis, cells.columns), (ax.yaxis, cells.index)):
        written = sorted({levels[0], levels[len(levels) // 2], levels[-1]})
        axis.set_ticks(written, [f"{level:g}" for level in written])
    ax.set(xlim=columns[[0, -1]], ylim=rows[[0, -1]], xlabel=lever_axis(x), ylabel=lever_axis(y))
    ax.spines[:].set_visible(False)
    return ax


def colour_bar(axes: Any) -> Colorbar:
    """A signed colour bar for heat maps that share a scale; returns it."""
    label = shape.change(CHANGE)
    axes = np.atleast_1d(axes)
    mesh = axes.flat[0].collections[0]
    bar = axes.flat[0].figure.colorbar(
        mesh, ax=list(axes.flat), label=label, location="bottom", shrink=0.6, aspect=40, pad=0.01, format=SIGNED
    )
    bar.outline.set_linewidth(0.4)
    return bar


def response(
    data: pd.DataFrame,
    lever: str,
    baseline: float | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Change in risk along one lever, a line and band an outcome, labelled at the line's end.

    Parameters
    ----------
    data : DataFrame with columns named by ``lever`` (level), outcome, diff, diff_low, diff_high (inner band),
        diff_ensemble_low, diff_ensemble_high (outer band; nan where not known) (shares of 1)
    baseline : the lever's level at the baseline, marked by a dotted line
    ylim : (low, high) in percentage points
    """
    ax = style.axes(ax)
    shape.record(data)
    ax.axhline(0, color=style.MUTED, linewidth=0.6)
    if baseline is not None:
        ax.axvline(baseline, color=style.MUTED, linewidth=0.7, linestyle=style.DOTTED, gid=BASELINE_GID)
    ends = []
    for name, rows in data.sort_values(lever).groupby("outcome", sort=False):
        look = shape.look(name)
        for ends_of, alpha in (("diff_ensemble", 0.10), ("diff", 0.22)):
            low, high = 100 * rows[f"{ends_of}_low"], 100 * rows[f"{ends_of}_high"]
            ax.fill_between(rows[lever], low, high, color=look.colour, alpha=alpha, lw=0)
        ax.plot(rows[lever], 100 * rows["diff"], color=look.colour, linestyle=look.dash)
        ends.append((rows[lever].iloc[-1], 100 * rows["diff"].iloc[-1], look.short, look.colour))
    if ylim is not None:
        ax.set_ylim(ylim)
    ax.set(xlim=(0, 1), xlabel=shape.lever(lever)[1], ylabel=shape.change())
    ax.set_title(shape.lever(lever)[0])
    ax.yaxis.set_major_formatter(SIGNED)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    style.label_ends(ax, ends)
    return ax


def incidence(
    data: pd.DataFrame,
    looks: Mapping[Any, style.Look],
    by: str = "policy",
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Cumulative incidence over the years, a line and band a series, labelled at the line's end.

    Parameters
    ----------
    data : DataFrame with columns named by ``by``, month (from 0), prob, low, high (shares of 1)
    looks : mapping of the values of ``by``, in drawing order, to their :class:`style.Look`
    ylim : (low, high) in per cent
    """
    ax = style.axes(ax)
    shape.record(data)
    ends = []
    for name, look in looks.items():
        rows = data[data[by] == name].sort_values("month")
        years = (rows["month"] + 1) / 12.0  # at the month's end
        ax.fill_between(years, 100 * rows["low"], 100 * rows["high"], color=look.colour, alpha=0.18, lw=0)
        ax.plot(years, 100 * rows["prob"], color=look.colour, linestyle=look.dash)
        ends.append((years.iloc[-1], 100 * rows["prob"].iloc[-1], look.short, look.colour))
    ax.set(xlim=(0, (data["month"].max() + 1) / 12.0), xlabel=shape.word("Years from the start"))
    ax.set_ylabel(shape.word("Cumulative incidence (%)"))
    ax.set_ylim(ylim if ylim is not None else (0, None))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    style.label_ends(ax, ends)
    return ax


def incidence_change(
    data: pd.DataFrame, names: Sequence[str], ylim: tuple[float, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Paired difference of cumulative incidences from the baseline over the years, a line and two bands an outcome.

    Parameters
    ----------
    data : DataFrame with columns outcome, month (from 0), diff, diff_low, diff_high (inner band), diff_ensemble_low,
        diff_ensemble_high (outer band; nan where not known) (shares of 1)
    names : outcomes in drawing order
    ylim : (low, high) in percentage points
    """
    ax = style.axes(ax)
    shape.record(data)
    ax.axhline(0, color=style.MUTED, linewidth=0.6)
    ends = []
    for name in names:
        rows, look = data[data["outcome"] == name].sort_values("month"), shape.look(name)
        years = (rows["month"] + 1) / 12.0
        for ends_of, alpha in (("diff_ensemble", 0.10), ("diff", 0.22)):
            ax.fill_between(
                years, 100 * rows[f"{ends_of}_low"], 100 * rows[f"{ends_of}_high"], color=look.colour, alpha=alpha, lw=0
            )
        ax.plot(years, 100 * rows["diff"], color=look.colour, linestyle=look.dash)
        ends.append((years.iloc[-1], 100 * rows["diff"].iloc[-1], look.short, look.colour))
    ax.set(xlim=(0, (data["month"].max() + 1) / 12.0), xlabel=shape.word("Years from the start"), ylabel=shape.change())
    if ylim is not None:
        ax.set_ylim(ylim)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(SIGNED)
    style.label_ends(ax, ends)
    return ax


def differences(
    data: pd.DataFrame,
    order: Sequence[Any],
    looks: Mapping[Any, style.Look],
    by: str = "policy",
    ax: Axes | None = None,
    names: Sequence[str] | None = None,
) -> Axes:
    """Risk differences from the baseline, a row a lever or package, as dots with intervals.

    Parameters
    ----------
    data : DataFrame with columns row, the column named by ``by`` (the series within a row), diff, diff_low,
        diff_high (thick whisker), diff_ensemble_low, diff_ensemble_high (thin whisker) (shares of 1), discernible (bool)
    order : rows from top to bottom
    looks : mapping of the series, from top to bottom within a row, to their :class:`style.Look`
    names : of the rows, where they are not ``order`` itself

    Returns
    -------
    Axes. A hollow mark is within noise.
    """
    ax = style.axes(ax)
    shape.record(data)
    ax.axvline(0, color=style.MUTED, linewidth=0.7)
    step = 0.5 / max(len(looks), 2)
    for k, (name, look) in enumerate(looks.items()):
        rows = data[data[by] == name]
        places = [order.index(row) + step * (k - (len(looks) - 1) / 2.0) for row in rows["row"]]
        for ends_of, width in (("diff_ensemble", 0.5), ("diff", 1.6)):
            low, high = 100 * rows[f"{ends_of}_low"], 100 * rows[f"{ends_of}_high"]
            ax.hlines(places, low, high, color=look.colour, linewidth=width)
        for hollow in (False, True):
            chosen = _noise(rows["discernible"]) == hollow
            ax.scatter(
                100 * rows.loc[chosen, "diff"], np.array(places)[chosen], s=13, marker=look.marker, zorder=3,
                facecolors="white" if hollow else look.colour, edgecolors=look.colour, linewidths=0.8,
                gid=NOISE_GID if hollow else None,
            )  # fmt: skip
    ax.set_yticks(range(len(order)), order if names is None else names, parse_math=False)
    ax.set(ylim=(len(order) - 0.5, -0.5), xlabel=shape.change(CHANGE))
    ax.tick_params(axis="y", length=0, labelcolor=style.INK)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.grid(axis="x", color="#e6e6e6", linewidth=0.5)
    ax.xaxis.set_major_formatter(SIGNED)
    return ax


def frontier(
    data: pd.DataFrame,
    x: str,
    y: str,
    labels: Sequence[float],
    baseline: float | None = None,
    quantity: str = RISK,
    ax: Axes | None = None,
) -> Axes:
    """Two risks against each other along a lever, with interval crosses, levels written at the points.

    Parameters
    ----------
    data : DataFrame sorted by level, with columns level, x, x_low, x_high, y, y_low, y_high (shares of 1)
    x, y : names of the outcomes
    labels : levels to write out
    baseline : the level marked as the baseline
    quantity : what the axes measure, with its unit
    """
    ax = style.axes(ax)
    shape.record(data)
    px, py = 100 * data["x"], 100 * data["y"]
    ax.hlines(py, 100 * data["x_low"], 100 * data["x_high"], color=style.FAINT, linewidth=0.6)
    ax.vlines(px, 100 * data["y_low"], 100 * data["y_high"], color=style.FAINT, linewidth=0.6)
    ax.plot(px, py, color=style.INK, linewidth=0.9, marker="o", markersize=3)
    at = np.zeros(len(data), bool) if baseline is None else np.isclose(data["level"], baseline)
    ax.scatter(px[at], py[at], s=42, marker="s", facecolors="none", edgecolors=style.INK, gid=BASELINE_GID, zorder=3)
    for level, a, b in zip(data["level"], px, py, strict=True):
        if np.isclose(level, labels).any():
            ax.annotate(
                f"{level:g}",
                (a, b),
                xytext=(5, -5),
                textcoords="offset points",
                fontsize=6.5,
                ha="left",
                va="top",
                gid="point-label",
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
    unit = shape.change() if quantity == CHANGE else shape.word(quantity)
    ax.set(xlabel=f"{shape.look(x).label}\n{unit}", ylabel=f"{shape.look(y).label}\n{unit}")
    if quantity == CHANGE:
        ax.axhline(0, color=style.MUTED, linewidth=0.5, zorder=0)
        ax.axvline(0, color=style.MUTED, linewidth=0.5, zorder=0)
        ax.xaxis.set_major_formatter(SIGNED)
        ax.yaxis.set_major_formatter(SIGNED)
    ax.set_aspect("equal", adjustable="datalim")
    return ax


#: Column -> look of the three spreads (standard deviations).
SPREADS = {
    "mc_se": style.Look("Monte Carlo error", "Monte Carlo", style.INK, marker="o"),
    "parameter_sd": style.Look("Parameters", "Parameters", style.BLUE, marker="s"),
    "structure_sd": style.Look("Structure", "Structure", style.VERMILLION, marker="^"),
}


def spreads(data: pd.DataFrame, ax: Axes | None = None, prefix: str = "") -> Axes:
    """Standard deviation of a probability, or of its change, by source.

    Parameters
    ----------
    data : DataFrame, a row a line from top to bottom: row (its label), mc_se, parameter_sd, structure_sd (shares of 1)
    prefix : ``"diff_"`` to draw the columns of the change
    """
    ax = style.axes(ax)
    shape.record(data)
    places = np.arange(len(data))
    columns = {f"{prefix}{name}": look for name, look in SPREADS.items()}
    widest = data[list(columns)].max(axis=1)
    ax.hlines(places, 0, 100 * widest, color="#e0e0e0", linewidth=0.8, zorder=0)
    for k, (name, look) in enumerate(columns.items()):
        ax.scatter(
            100 * data[name], places + 0.16 * (k - 1), s=15, marker=look.marker, color=look.colour, zorder=3, clip_on=False
        )  # fmt: skip
    _named_rows(ax, data["row"])
    ax.set(xlabel=shape.word("Standard deviation (points)"), xlim=(0, None))
    return ax


def structure_ranges(data: pd.DataFrame, ax: Axes | None = None, prefix: str = "") -> Axes:
    """Probability, or its change, with its interval, over the range of its means across structural variants.

    Parameters
    ----------
    data : DataFrame, a row a line from top to bottom: row (its label), prob (or diff), low, high, structure_low,
        structure_high (shares of 1)
    prefix : ``"diff_"`` to draw the columns of the change
    """
    ax = style.axes(ax)
    shape.record(data)
    places = np.arange(len(data))
    for low, high, colour, width in (
        ("structure_low", "structure_high", style.FAINT, 5), ("low", "high", style.INK, 1.2)
    ):  # fmt: skip
        ax.hlines(places, 100 * data[prefix + low], 100 * data[prefix + high], color=colour, linewidth=width)
    ax.scatter(100 * data["diff" if prefix else "prob"], places, s=14, color=style.INK, zorder=3)
    _named_rows(ax, data["row"])
    ax.set(xlabel=shape.change() if prefix else shape.word(RISK))
    if prefix:
        ax.axvline(0, color=style.MUTED, linewidth=0.7, zorder=0)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(SIGNED)
    else:
        ax.set_xlim(0, None)
    return ax


def _named_rows(ax: Axes, names: Collection[str]) -> None:
    ax.set_yticks(range(len(names)), list(names), parse_math=False)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0, labelcolor=style.INK)
    ax.spines["left"].set_visible(False)


def scatter(
    data: pd.DataFrame,
    lever: str,
    means: pd.DataFrame,
    baseline: float | None = None,
    span: tuple[float, float] = (0.0, 1.0),
    ax: Axes | None = None,
) -> Axes:
    """Change in risk at many policies against one lever, with intervals, and means over slices of its range.

    Parameters
    ----------
    data : DataFrame with columns named by ``lever`` (level), diff, diff_low, diff_high (shares of 1), discernible (bool)
    means : DataFrame with columns middle (of a slice), mean, low, high (shares of 1); may be empty
    baseline : the lever's level at the baseline, marked by a dotted line; left out where it is not a number
    span : the lever's range in the sample

    Returns
    -------
    Axes. A hollow dot is within noise.
    """
    ax = style.axes(ax)
    shape.record(data)
    shape.record(means)
    ax.set_gid(lever)
    ax.axhline(0, color=style.MUTED, linewidth=0.6)
    if baseline is not None and np.isfinite(baseline):
        ax.axvline(baseline, color=style.MUTED, linewidth=0.7, linestyle=style.DOTTED, gid=BASELINE_GID)
    ax.vlines(data[lever], 100 * data["diff_low"], 100 * data["diff_high"], color=style.SKY, linewidth=0.4, alpha=0.6)
    noise = _noise(data["discernible"])
    for hollow in (False, True):
        at = data[noise == hollow]
        ax.scatter(
            at[lever], 100 * at["diff"], s=4, linewidths=0.5, edgecolors=style.BLUE,
            facecolors="white" if hollow else style.BLUE, gid=NOISE_GID if hollow else None,
        )  # fmt: skip
    ax.vlines(means["middle"], 100 * means["low"], 100 * means["high"], color=style.INK, linewidth=1.2, zorder=4)
    ax.plot(means["middle"], 100 * means["mean"], color=style.INK, linewidth=1.0, marker="s", markersize=2.5, zorder=4)
    ax.set(xlim=span, xlabel=shape.lever(lever)[1], ylabel=shape.change())
    ax.set_xticks(ends := [span[0], (span[0] + span[1]) / 2.0, span[1]], [f"{level:g}" for level in ends])
    ax.set_title(shape.lever(lever)[0])
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(SIGNED)
    return ax
