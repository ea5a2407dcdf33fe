"""Changes from the baseline as dots with intervals: levers at their ends, packages, and one risk against another."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from ...model.levers import LEVERS
from ...util.errors import InputError, nearest, told
from .. import primitives, shape, style
from ..panels import (
    HEADLINE,
    HOLLOW,
    PAIRED,
    CannotDraw,
    base_of,
    captioned,
    difference_panels,
    extremes,
    horizon,
    label_outer,
    largest,
    rows_written,
)
from .chosen import DETAIL, along, contents, ends_of, lever_looks, policies, rows_of

if TYPE_CHECKING:
    from ...results.results import Results


def lever_ends(results: "Results") -> Figure:
    names = shape.outcomes(*HEADLINE)
    data = ends_of(results, names)
    widest = data.groupby("lever")["diff"].agg(lambda x: x.abs().max())
    order = list(widest.sort_values(ascending=False, kind="stable").index)
    data["row"] = data["lever"]
    title = f"Change in {horizon(results)} risk with one lever at 0 or at 1"
    notes = [
        f"Percentage points. Levers by their largest change; the others at the baseline. Thick whisker: "
        f"{PAIRED.format(outer='thin')}. {HOLLOW}"
    ]
    for sentence in extremes(data, lambda row: f"{shape.lever(row['lever'])[0]} at {row['level']:g}"):
        shape.say(sentence)
    finding = largest(data, lambda row: f"{shape.lever(row['lever'])[0]} at {row['level']:g}")
    looks = {level: look for level, look in lever_looks().items() if (data["level"] == level).any()}
    written, lines = rows_written([shape.lever(name)[0] for name in order])
    n, height = len(names), 0.5 + (0.11 + 0.11 * lines) * len(order)
    fig, axes = captioned(
        results, title, notes, n, n, height, looks.values(), finding=finding, narrow=min(n, 2), sharex=True, sharey=True
    )
    difference_panels(axes, data, names, order, looks, "level", written)
    label_outer(axes)
    return fig


def package_differences(results: "Results") -> Figure:
    packages = policies(results)
    packages.pop(results.baseline, None)
    if not packages:
        raise CannotDraw("the experiment has no [packages]")
    names = shape.outcomes(*DETAIL)
    data = results.estimates[results.estimates["point"].isin(packages)].assign(policy="package")
    data = data[data["outcome"].isin(names)]
    rows, lines = rows_of(packages)
    data["row"] = data["point"]
    title = f"Change in {horizon(results)} risk under packages of measures"
    notes = [
        f"Percentage points against the baseline. Thick whisker: {PAIRED.format(outer='thin')}. {HOLLOW}",
        *contents(results, packages),
    ]
    for sentence in extremes(data, lambda row: packages[row["point"]]):
        shape.say(sentence)
    finding = largest(data, lambda row: packages[row["point"]])
    columns = min(4, len(names))
    fig, axes = captioned(
        results, title, notes, len(names), columns, 0.62 + (0.06 + 0.12 * lines) * len(packages), finding=finding,
        narrow=min(2, len(names)), sharex=True, sharey=True,
    )  # fmt: skip
    difference_panels(
        axes, data, names, list(rows), {"package": style.Look("", "", style.BLUE)}, "policy", list(rows.values())
    )
    label_outer(axes)
    return fig


def frontier(results: "Results") -> Figure:
    lever = str(shape.now().more.get("lever", "dual_role"))
    if lever not in LEVERS:
        raise InputError(f"no lever is named {told(lever)}{nearest(lever, LEVERS)}; they are {', '.join(LEVERS)}")
    pair = shape.outcomes("taiwan_invasion", "korea_attack")
    if len(pair) != 2:
        raise InputError(f"this chart sets two outcomes against each other; {', '.join(pair)} were given")
    names = dict(zip("xy", pair, strict=True))
    sides = {axis: along(results, lever, [name]).set_index(lever) for axis, name in names.items()}
    if len(sides["x"]) < 3:
        raise CannotDraw(f"{lever} has fewer than three levels with the others at the baseline ([one_at_a_time])")
    label, ends = shape.lever(lever)
    title = f"One risk against another as one lever moves: {label}"
    notes = [
        f"Numbers: level of the lever{f' ({ends})' if ends else ''}; square: the baseline. {horizon(results)} risks, and "
        "their paired "
        "changes. Crosses: 95 % intervals for chance in the runs, each outcome by itself. Left and down is safer."
    ]
    span = {axis: 100 * (rows["diff"].max() - rows["diff"].min()) for axis, rows in sides.items()}
    first, last = (f"{sides['x'].index[k]:g}" for k in (0, -1))
    finding = f"From {first} to {last}: " + "; ".join(
        f"{shape.look(names[axis]).label} {style.signed(100 * (rows['diff'].iloc[-1] - rows['diff'].iloc[0]))} points"
        for axis, rows in sides.items()
    ) + "."  # fmt: skip
    shape.say(f"The changes span {span['x']:.1f} points and {span['y']:.1f} points.")
    fig, axes = captioned(results, title, notes, 2, 2, 2.6 if shape.now().narrow else 3.3, finding=finding)
    for ax, (value, low, high), quantity in zip(
        axes,
        (("prob", "low", "high"), ("diff", "diff_low", "diff_high")),
        (primitives.RISK, primitives.CHANGE),
        strict=True,
    ):
        data = pd.DataFrame({"level": sides["x"].index})
        for axis, rows in sides.items():
            data[[axis, f"{axis}_low", f"{axis}_high"]] = rows[[value, low, high]].to_numpy()
        levels = data["level"].to_list()
        written = [levels[0], levels[len(levels) // 2], levels[-1]]
        primitives.frontier(data, names["x"], names["y"], written, base_of(results)[lever], quantity, ax)
    return fig
