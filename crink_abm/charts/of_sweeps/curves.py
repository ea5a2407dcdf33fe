"""Curves: along a lever, and over the years."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...model import outcomes
from .. import primitives, shape
from ..panels import HEADLINE, PAIRED, CannotDraw, base_of, captioned, extremes, horizon, interval, label_outer
from .chosen import along, check_panels, levers_asked, policies

if TYPE_CHECKING:
    from ...results.results import Results


def responses(results: "Results") -> Figure:
    names = shape.outcomes(*HEADLINE)
    data = {lever: along(results, lever, names) for lever in levers_asked()}
    data = {lever: rows for lever, rows in data.items() if rows[lever].nunique() > 2}
    if not data:
        raise CannotDraw("no lever has three levels with the others at the baseline ([one_at_a_time])")
    everything = pd.concat(data.values())
    low, high = (
        everything[["diff_low", "diff_ensemble_low"]].min(),
        everything[["diff_high", "diff_ensemble_high"]].max(),
    )
    ylim = (100 * low.min() - 0.5, 100 * high.max() + 0.5)
    reach = {lever: (rows["diff"].max() - rows["diff"].min()) for lever, rows in data.items()}
    data = {lever: data[lever] for lever in sorted(data, key=lambda name: -reach[name])}
    columns, narrow = min(3, len(data)), shape.now().narrow
    title = f"Change in {horizon(results)} risk as one lever moves, by kind of force"
    strongest = next(iter(data))
    finding = f"{shape.lever(strongest)[0]} moves the risks most: " + "; ".join(
        f"{shape.look(name).label} by up to {interval(rows.loc[rows['diff'].abs().idxmax()])}"
        for name, rows in data[strongest].groupby("outcome", sort=False)
        if rows["diff"].abs().max() >= 0.5 * everything.loc[everything["outcome"] == name, "diff"].abs().max()
    ) + "." if reach[strongest] > 0 else ""  # fmt: skip
    for lever, rows in data.items():
        for sentence in extremes(rows.assign(level=rows[lever]), lambda row: f"level {row['level']:g}"):
            shape.say(f"{shape.lever(lever)[0]}: {sentence}")
    notes = [
        "Percentage points. Levers by how much they move; the others stay at the baseline. Dotted line: the lever's level at the "
        f"baseline. Inner band: {PAIRED.format(outer='outer band')}."
    ]
    fig, axes = captioned(
        results, title, notes, len(data), columns, 1.08 if narrow else 1.6, finding=finding, sharey=True, narrow=2
    )
    for ax, lever in zip(axes, data, strict=True):
        primitives.response(data[lever], lever, base_of(results)[lever], ylim, ax)
    for k, ax in enumerate(axes):
        if k % (min(2, len(axes)) if narrow else columns):
            ax.set_ylabel("")
    return fig


def incidence(results: "Results") -> Figure:
    names, chosen = shape.outcomes(*HEADLINE), policies(results)
    check_panels(len(chosen))
    chosen.pop(results.baseline, None)
    base = results.incidence([results.baseline], names)
    changes = results.incidence_change(list(chosen), names) if chosen else pd.DataFrame(columns=["point", "outcome"])
    n = 1 + len(chosen)
    columns, narrow = min(3, n), shape.now().narrow
    title = "When force comes: share of histories in which it has, and how policies change it" if chosen else (
        "When force comes: share of histories in which it has, by year"
    )  # fmt: skip
    last = changes[changes["month"] == changes["month"].max()] if chosen else changes
    finding = ""
    if chosen:
        said = last.assign(name=last["point"].map(chosen))
        best = said.loc[said["diff"].abs().idxmax()]
        finding = (
            f"The largest change at the end: {shape.look(best['outcome']).label} {interval(best)} with {best['name']}."
        )
        for sentence in extremes(said, lambda row: row["name"]):
            shape.say(f"At the end, {sentence}")
    for name, rows in base.groupby("outcome", sort=False):
        shape.say(f"At the baseline {shape.look(str(name)).label} reaches {100 * rows['prob'].iloc[-1]:.1f} per cent.")
    notes = ["Baseline: cumulative incidence in per cent, band: 95 % interval (Clopper-Pearson), month by month."]
    if chosen:
        notes[0] += (
            f" Other panels: difference from the baseline on the same runs, percentage points; inner band: "
            f"{PAIRED.format(outer='outer band')}."
        )
    fig, axes = captioned(results, title, notes, n, columns, 1.5 if narrow else 1.95, finding=finding, narrow=2)
    looks = {name: shape.look(name) for name in names}
    primitives.incidence(base, looks, "outcome", (0, 105 * base["high"].max()), axes[0])
    axes[0].set_title(shape.word("baseline"))
    ends = changes[[c for c in changes if c.startswith("diff")]].to_numpy(float)
    reach = 105.0 * float(np.nanmax(np.abs(ends))) if ends.size and np.isfinite(ends).any() else 1.0
    reach = max(reach, 0.1)
    for k, (ax, (point, name)) in enumerate(zip(axes[1:], chosen.items(), strict=True), start=1):
        primitives.incidence_change(changes[changes["point"] == point], names, (-reach, reach), ax)
        ax.set_title(name)
        across = min(2, n) if narrow else columns
        if k % across and k > 1:
            ax.set_ylabel("")
    for k, ax in enumerate(axes):
        if k + (min(2, n) if narrow else columns) < n:
            ax.set_xlabel("")
    return fig


def competing(results: "Results") -> Figure:
    chosen = {results.baseline: shape.word("baseline"), **policies(results)}
    check_panels(len(chosen))
    data = results.competing(list(chosen))
    columns, narrow = min(3, len(chosen)), shape.now().narrow
    title = "The first failure of deterrence: cumulative incidence by cause, per cent"
    notes = [
        "Competing risks: each run counts once, under the failure that came first (in a tied month the one named "
        "first: blockade, invasion, attack, war). Bands: 95 % Clopper-Pearson intervals, month by month."
    ]
    base = data[(data["point"] == results.baseline) & (data["month"] == data["month"].max())].set_index("outcome")[
        "prob"
    ]
    finding = (
        f"At the baseline the first failure most often is: {shape.look(base.idxmax()).label} "
        f"({100 * base.max():.0f} % of histories)."
    )
    shape.say("; ".join(f"{shape.look(name).label} {100 * value:.1f} per cent" for name, value in base.items()) + ".")
    fig, axes = captioned(
        results,
        title,
        notes,
        len(chosen),
        columns,
        1.5 if narrow else 1.95,
        finding=finding,
        narrow=2,
        sharex=True,
        sharey=True,
    )
    looks = {name: shape.look(name) for name in outcomes.CAUSES}
    for ax, (point, name) in zip(axes, chosen.items(), strict=True):
        primitives.incidence(data[data["point"] == point], looks, "outcome", (0, 105 * data["high"].max()), ax)
        ax.set_title(name)
    label_outer(axes)
    return fig
