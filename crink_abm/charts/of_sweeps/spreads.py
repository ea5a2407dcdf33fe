"""How uncertain a risk, or a change in one, is, and from which source."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from ...model.levers import LEVERS
from .. import primitives, shape, style
from ..panels import HEADLINE, CannotDraw, captioned, horizon, rows_written
from .chosen import DETAIL, along, levers_asked, policies

if TYPE_CHECKING:
    from ...results.results import Results


def spreads(results: "Results") -> Figure:
    names = shape.outcomes(*DETAIL)
    rows = results.estimates[results.estimates["point"] == results.baseline].set_index("outcome")
    data = rows.loc[names].reset_index()
    written, lines = rows_written([shape.look(name).label for name in data["outcome"]])
    data["row"] = written
    title = f"How uncertain is the {horizon(results)} risk at the baseline, and from which source?"
    notes = [
        "Left: standard deviation from the finite number of runs, between sets of parameters, and between variants of the "
        "model's "
        "structure (0: none found). Right: dot and line, probability and its 95 % interval; grey bar, range of the means "
        "over the "
        "variants that an F test shows to matter (none: no bar)."
    ]
    return _spread_panels(results, data, title, notes, "", lines)


def difference_spreads(results: "Results") -> Figure:
    outcome, wanted = shape.one_outcome(HEADLINE[1]), levers_asked()
    data = pd.concat([along(results, lever, [outcome]).assign(lever=lever) for lever in wanted], ignore_index=True)
    data["level"] = [row[row["lever"]] for row in data[["lever", *LEVERS]].to_dict("records")]
    data = data[(data["level"] == 1.0) & (data["point"] != results.baseline)]
    data["row"] = [shape.lever(name)[0] for name in data["lever"]]
    packages = policies(results)
    packages.pop(results.baseline, None)
    packed = results.estimates[results.estimates["point"].isin(packages)]
    packed = packed[packed["outcome"] == outcome].set_index("point").loc[list(packages)].reset_index()
    packed["row"] = list(packages.values())
    data = pd.concat([data, packed], ignore_index=True)
    if data.empty:
        raise CannotDraw("no lever stands at 1 with the others at the baseline, and there are no packages")
    written, lines = rows_written(list(data["row"]))
    data["row"] = written
    title = (
        f"{shape.look(outcome).label}: how uncertain is the change in {horizon(results)} risk, and from which source?"
    )
    notes = [
        "Each lever at 1, others at the baseline, and packages. Left: standard deviation of the change from the finite "
        "number of runs, "
        "between sets of parameters, and between variants of the model's structure (0: none found). Right: dot and line, "
        "change and its "
        "95 % interval for chance in the runs; grey bar, range of the mean change over the variants that an F test shows "
        "to matter "
        "(none: no bar)."
    ]
    return _spread_panels(results, data, title, notes, "diff_", lines)


def _spread_panels(
    results: "Results", data: pd.DataFrame, title: str, notes: Sequence[str], prefix: str, lines: int
) -> Figure:
    if data[f"{prefix}parameter_sd"].isna().all():
        raise CannotDraw("the spreads need two or more worlds, with twenty or more runs in each")
    height = 0.7 + (0.09 + 0.12 * lines) * len(data)
    row = data.loc[data[f"{prefix}parameter_sd"].astype(float).idxmax()]
    finding = (
        f"Sets of parameters disagree most on {' '.join(str(row['row']).split())}: standard deviation "
        f"{100 * row[f'{prefix}parameter_sd']:.1f} points, against {100 * row[f'{prefix}mc_se']:.2f} from the number of runs."
    )
    key = [style.mark(replace(look, label=shape.word(look.label))) for look in primitives.SPREADS.values()]
    for line in key:
        line.set_linestyle("none")
    fig, axes = captioned(results, title, notes, 2, 2, height, finding=finding, handles=key, narrow=2)
    primitives.spreads(data, axes[0], prefix)
    primitives.structure_ranges(data, axes[1], prefix)
    axes[1].set_yticklabels([])
    return fig
