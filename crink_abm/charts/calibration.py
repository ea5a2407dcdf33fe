"""Charts of the calibration: tidy data in, a figure out; nothing is computed here."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..util.files import refuse_link
from ..util.folders import prepare
from ..validation.predictive_checks import Checks
from ..validation.sbc import BINS, RANKED, Ranks
from . import style

FORMATS = ("png", "svg")


def _grid(n: int, columns: int, height: float) -> tuple[Figure, Any]:
    rows = -(-n // columns)
    fig = style.figure(height * rows + 0.5)
    axes = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[n:]:
        ax.set_visible(False)
    return fig, axes[:n]


def predictive(checks: Checks) -> Figure:
    """Each figure of the record (line) among what the ensemble's histories give (bars)."""
    fig, axes = _grid(len(checks.table), 4, 1.25)
    for ax, row in zip(axes, checks.table.itertuples(), strict=True):
        x = checks.samples[row.figure]
        low, high = np.quantile(x, [0.005, 0.995])
        low, high = min(low, row.seen), max(high, row.seen)
        pad = 0.03 * (high - low)
        whole = np.all(x == np.round(x))
        bins = np.arange(low, high + 2, max(1, round((high - low) / 24))) - 0.5 if whole else 24
        ax.hist(x, bins=bins, range=(low - pad, high + pad), color=style.SKY if row.fitted else style.FAINT)
        ax.axvline(row.seen, color=style.VERMILLION)
        ax.set_title(row.figure.replace(", ", ",\n", 1) + f"\np = {row.tail_prob:.2f}", fontsize=6)
        ax.set_yticks([])
    return fig


def yearly(checks: Checks) -> Figure:
    """Launch days a year: the record, and the ensemble begun in 2012 (median, 5-95 %)."""
    fig = style.figure(2.4)
    ax, t = style.axes(fig.subplots()), checks.yearly
    ax.fill_between(t["year"], t["low"], t["high"], color=style.SKY, alpha=0.4, linewidth=0, label="ensemble, 5-95 %")
    ax.plot(t["year"], t["median"], color=style.BLUE, label="ensemble, median")
    ax.plot(t["year"], t["seen"], color=style.VERMILLION, marker="o", linestyle="none", label="record")
    ax.set_ylabel("Launch days a year")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.0)
    return fig


def moved(table: pd.DataFrame, limit: float) -> Figure:
    """Distance of each parameter's posterior from its prior, the most moved first; beyond the line: moved."""
    top = table.head(30)[::-1]
    fig = style.figure(4.2)
    ax = fig.subplots()
    colours = [style.BLUE if m else style.FAINT for m in top["moved"]]
    ax.barh(top["parameter"], top["distance"], color=colours)
    ax.axvline(limit, color=style.VERMILLION, linestyle="--")
    ax.margins(y=0.01)
    ax.set_xlabel("Kuiper distance from the prior (dashed: what chance alone would reach once in 20 tables)")
    ax.tick_params(axis="y", labelsize=5.5)
    return fig


def ranks(found: Ranks) -> Figure:
    """Rank histograms with the 99 % band of uniform ranks."""
    fig, axes = _grid(len(RANKED), 5, 1.05)
    low, high = found.band
    for ax, name in zip(axes, RANKED, strict=True):
        ax.axhspan(low, high, color=style.FAINT, alpha=0.5, linewidth=0)
        ax.bar(np.arange(BINS), found.histogram(name), color=style.BLUE, width=0.9)
        ax.set_title(name, fontsize=6)
        ax.set_xticks([])
    return fig


def headline(table: pd.DataFrame) -> Figure:
    """Change in any failure per lever, over the chance that Korea follows Taiwan."""
    fig = style.figure(2.4)
    axes = fig.subplots(1, table["lever"].nunique(), sharey=True)
    table = table[table["outcome"] == "any_failure"]
    for ax, (lever, rows) in zip(np.atleast_1d(axes), table.groupby("lever", sort=False), strict=True):
        rows = rows[:-1]
        x = np.arange(len(rows))
        error = 100 * np.abs(np.stack([rows["diff"] - rows["diff_low"], rows["diff_high"] - rows["diff"]]))
        ax.axhline(0, color=style.MUTED, linewidth=0.6)
        ax.errorbar(x, 100 * rows["diff"], error, color=style.BLUE, marker="o", linestyle="none")
        ax.set_xticks(x, [f"{a:g}-{b:g}" for a, b in zip(rows["from"], rows["to"], strict=True)], rotation=40)
        ax.set_title(style.lever_axis(lever), fontsize=6.5)
    np.atleast_1d(axes)[0].set_ylabel("Any failure, change (points)")
    return fig


def skill(table: pd.DataFrame) -> Figure:
    """Skill of each forecaster over the base rate, by series and score, with its interval; right of zero is better."""
    table = table[table["forecaster"] != "base rate"]
    periods = table["period"].unique()
    fig = style.figure(3.0)
    axes = np.atleast_1d(fig.subplots(1, len(periods), sharey=True))
    rows = [f"{a}: {b}" for a, b in dict.fromkeys(zip(table["series"], table["score"], strict=True))]
    looks = {
        "model": (style.BLUE, "o"),
        "model, updated": (style.GREEN, "D"),
        "prior": (style.MUTED, "s"),
        "lagged regression": (style.ORANGE, "^"),
    }
    for ax, period in zip(axes, periods, strict=True):
        ax.axvline(0, color=style.INK, linewidth=0.6)
        for k, (name, (colour, marker)) in enumerate(looks.items()):
            part = table[(table["period"] == period) & (table["forecaster"] == name)]
            y = [rows.index(f"{a}: {b}") + 0.2 * (k - 1.5) for a, b in zip(part["series"], part["score"], strict=True)]
            ax.hlines(y, part["skill_low"], part["skill_high"], color=colour, linewidth=0.8)
            ax.plot(part["skill"], y, color=colour, marker=marker, linestyle="none", label=name)
        ax.set_xlim(-1.5, 1.0)
        ax.set_title(f"origins of {period}")
        ax.set_xlabel("Skill over the base rate")
    axes[0].set_yticks(range(len(rows)), rows)
    axes[0].invert_yaxis()
    axes[-1].legend(loc="lower left")  # where series without origins in the last period stand
    return fig


def draw(
    figures: Mapping[str, tuple[str, str, Callable[[], Figure]]],
    folder: Path,
    note: str,
    formats: Iterable[str] = FORMATS,
) -> list[Path]:
    """Save charts under their names; each is (title, what it shows, a function of no argument that draws it)."""
    refuse_link(folder)
    prepare(folder.parent, folder)
    saved = []
    with style.context():
        for name, (title, said, make) in figures.items():
            fig = make()
            style.caption(fig, title, [said, note])
            saved += style.save(style.settle(fig), folder / name, formats)
    return saved
