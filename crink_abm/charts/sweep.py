"""The charts of a finished sweep: picks the data and lays out the figures."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..model import outcomes
from ..model.levers import LEVERS
from ..typing import OutcomeName
from . import primitives, style
from .panels import (
    HEADLINE,
    HOLLOW,
    PAIRED,
    CannotDraw,
    base_of,
    captioned,
    difference_panels,
    horizon,
    label_outer,
)  # fmt: skip

if TYPE_CHECKING:
    from ..results.results import Results

DETAIL = (*HEADLINE, "two_front", "taiwan_invasion", "korea_war", "russian_join", "nuclear_use")

#: Panels of a chart with one for each policy that has a name, and rows of one with a row for each.
MOST_PANELS, MOST_ROWS = 40, 150
#: Columns of a row's name from which on the panels are named in one word.
LONG = 22

_BASELINE = style.Look("Baseline", "baseline", style.MUTED)
_ENDS = {
    0.0: style.Look("Lever at 0", "0", style.BLUE, marker="o"),
    1.0: style.Look("Lever at 1", "1", style.VERMILLION, marker="^"),
}


def _along(results: "Results", lever: Any, names: Iterable[Any]) -> pd.DataFrame:
    rows = pd.concat([results.slice(name, lever) for name in names], ignore_index=True)
    return rows.dropna(subset=[lever])


def _packages(results: "Results") -> dict[int, str]:
    """Point -> label of the packages, in file order."""
    labels = dict(zip(results.points["label"], results.points["point"], strict=True))
    return {int(labels[name]): name for name in results.manifest["experiment"].get("packages", {}) if name in labels}


def _panels(n: int) -> None:
    if n > MOST_PANELS:
        raise CannotDraw(
            f"{n:,} policies with a name are more than the {MOST_PANELS} panels of a chart; see results.incidence"
        )


def _rows(packages: dict[int, str]) -> tuple[dict[int, str], float]:
    """Point -> name as it is written in a row; and how much taller than one line the rows are."""
    if len(packages) > MOST_ROWS:
        raise CannotDraw(
            f"{len(packages):,} packages are more than the {MOST_ROWS} rows of a chart; see results.estimates"
        )
    rows = {point: style.written(label) for point, label in packages.items()}
    return rows, 1.0 + 0.6 * max((row.count("\n") for row in rows.values()), default=0)


def _contents(results: "Results", packages: dict[int, str]) -> list[str]:
    """What each package sets, a line each; of a schedule only that it is one."""
    chosen = results.manifest["experiment"]["packages"]
    lines = []
    for label in packages.values():
        sets = (
            f"{style.LEVERS[name][0]} {'on a schedule' if isinstance(level, dict) else f'{level:g}'}"
            for name, level in chosen[label].items()
        )
        lines.append(f"{label}: {'; '.join(sets)}.")
    return lines


def _on_grid(results: "Results", rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The rows whose named levers stand at levels of the grid, not only of one-at-a-time runs."""
    for name in names:
        given = results.manifest["experiment"]["levers"][name]
        levels = np.linspace(given["from"], given["to"], given["points"]) if isinstance(given, dict) else given
        rows = rows[np.isclose(rows[name].to_numpy()[:, None], levels).any(axis=1)]
    return rows


def _map(results: "Results", rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Cells of a map: on the grid, judged with the whole grid for their family; none if that is no map."""
    rows = _on_grid(results, rows[rows["on_grid"]], *names)
    if any(rows[name].nunique() < 2 for name in names):
        rows = rows[:0]  # a factor that is nowhere at the baseline leaves at most the baseline's own cell
    return rows.assign(discernible=rows["grid_discernible"])


def _heat_panels(results: "Results", outcome: OutcomeName) -> list[tuple[str, str, str, pd.DataFrame]]:
    """(x, y, title, cells) for each pair of swept levers, at the ends and the baseline of the third if there is one."""
    swept, base, panels = results.manifest["swept"], base_of(results), []
    for x, y in combinations(swept, 2):
        others = [name for name in swept if name not in (x, y)]
        if len(others) != 1:
            panels.append((x, y, "", _map(results, results.slice(outcome, x, y), x, y)))
            continue
        third = others[0]
        cube = dict(iter(_map(results, results.slice(outcome, *swept), *swept).groupby(third)))
        if not cube:
            continue
        shown = {min(cube), max(cube), *(level for level in cube if np.isclose(level, base[third]))}
        panels += [(x, y, f"{style.LEVERS[third][0]} {level:g}", cube[level]) for level in sorted(shown)]
    return [panel for panel in panels if len(panel[3])]


def heat(outcome: OutcomeName, results: "Results") -> Figure:
    if len(results.manifest["swept"]) < 2:
        raise CannotDraw("a heat map needs at least two crossed levers (from, to, points under [levels])")
    panels = {name: _heat_panels(results, name) for name in HEADLINE}
    if not panels[outcome]:
        raise CannotDraw("no two levers are crossed with the others, and the factors, at the baseline")
    limit = style.ceiling(100 * max(cells["diff"].abs().max() for group in panels.values() for *_, cells in group))
    first = [panel for panel in panels[outcome] if panel[:2] == panels[outcome][0][:2]]
    columns = len(first) if len(first) > 1 else min(3, len(panels[outcome]))
    title = f"{style.OUTCOMES[outcome].label}: change in {horizon(results)} risk, percentage points"
    notes = [
        "Against the baseline (outlined where on the grid); levers not named at the baseline. Dot: not discernible "
        "from the baseline (false-discovery rate 5 %). + and −: sign of a change that is. Above each panel: its "
        "smallest and largest change. One scale for the charts of all outcomes."
    ]
    fig, axes = captioned(results, title, notes, len(panels[outcome]), columns, 2.25)
    for k, (ax, (x, y, name, cells)) in enumerate(zip(axes, panels[outcome], strict=True)):
        here = cells.loc[cells["point"] == results.baseline, [x, y]].to_numpy()
        primitives.heat_map(cells, x, y, limit, tuple(here[0]) if len(here) else None, ax)
        reach = " to ".join(style.signed(100 * end) for end in (cells["diff"].min(), cells["diff"].max()))
        ax.set_title(f"{name}\n{reach}".strip())
        if k % columns:
            ax.set_ylabel("")
    primitives.colour_bar(axes)
    return fig


def responses(results: "Results") -> Figure:
    data = {lever: _along(results, lever, HEADLINE) for lever in LEVERS}
    data = {lever: rows for lever, rows in data.items() if rows[lever].nunique() > 2}
    if not data:
        raise CannotDraw("no lever has three levels with the others at the baseline ([one_at_a_time])")
    everything = pd.concat(data.values())
    low, high = (
        everything[["diff_low", "diff_ensemble_low"]].min(),
        everything[["diff_high", "diff_ensemble_high"]].max(),
    )
    ylim = (100 * low.min() - 0.5, 100 * high.max() + 0.5)
    columns = min(3, len(data))
    title = f"Change in {horizon(results)} risk as one lever moves, percentage points"
    notes = [
        "Any: deterrence failure in either theatre; Taiwan: blockade or invasion; Korea: attack or war. Dotted line: "
        f"the baseline level; other levers at the baseline. Inner band: {PAIRED.format(outer='outer')}."
    ]
    fig, axes = captioned(results, title, notes, len(data), columns, 1.7, sharey=True)
    for k, (ax, lever) in enumerate(zip(axes, data, strict=True)):
        primitives.response(data[lever], lever, base_of(results)[lever], ylim, ax)
        ax.set_ylabel("" if k % columns else "Change (points)")
    return fig


def incidence(results: "Results") -> Figure:
    policies = {results.baseline: "baseline", **_packages(results)}
    names = list(policies.values())[1:] or ["baseline"]
    _panels(len(names))
    data = results.incidence(list(policies), HEADLINE[:1])
    data["policy"] = data["point"].map(policies)
    columns = min(3, len(names))
    title = "Cumulative incidence of any deterrence failure, per cent"
    notes = ["Bands: 95 % Clopper-Pearson intervals, month by month."]
    if len(policies) > 1:
        notes[0] += " Policies share random numbers, so bands can overlap where the difference is discernible."
    fig, axes = captioned(results, title, notes, len(names), columns, 1.95, sharex=True, sharey=True)
    for ax, name in zip(axes, names, strict=True):
        looks = {"baseline": _BASELINE} | (
            {name: style.Look(name, style.clipped(name), style.BLUE, style.DASHED)} if len(policies) > 1 else {}
        )
        primitives.incidence(data, looks, ylim=(0, 105 * data["high"].max()), ax=ax)
        ax.set_title(style.written(name, 34))
    label_outer(axes, columns)
    return fig


def competing(results: "Results") -> Figure:
    policies = {results.baseline: "baseline", **_packages(results)}
    _panels(len(policies))
    data = results.competing(list(policies))
    columns = min(3, len(policies))
    title = "Cumulative incidence of the first failure of deterrence, by cause, per cent"
    notes = [
        "Competing risks: each run counts once, under the failure that came first (in a tied month the one named "
        "first: blockade, invasion, attack, war). Bands: 95 % Clopper-Pearson intervals, month by month."
    ]
    fig, axes = captioned(results, title, notes, len(policies), columns, 1.95, sharex=True, sharey=True)
    looks = {name: style.OUTCOMES[name] for name in outcomes.CAUSES}
    for ax, (point, name) in zip(axes, policies.items(), strict=True):
        primitives.incidence(data[data["point"] == point], looks, "outcome", (0, 105 * data["high"].max()), ax)
        ax.set_title(style.written(name, 34))
    label_outer(axes, columns)
    return fig


def lever_ends(results: "Results") -> Figure:
    data = pd.concat([_along(results, lever, HEADLINE).assign(lever=lever) for lever in LEVERS], ignore_index=True)
    data["level"] = [row[row["lever"]] for row in data[["lever", *LEVERS]].to_dict("records")]
    data = data[data["level"].isin(_ENDS) & (data["point"] != results.baseline)]
    if data.empty:
        raise CannotDraw("no lever stands at 0 or 1 with the others at the baseline ([one_at_a_time])")
    data["row"] = [style.LEVERS[name][0] for name in data["lever"]]
    widest = data[data["outcome"] == HEADLINE[0]].groupby("row")["diff"].agg(lambda x: x.abs().max())
    order = list(widest.sort_values(ascending=False, kind="stable").index)
    title = f"Change in {horizon(results)} risk with one lever at 0 or at 1, percentage points"
    whiskers = f"Thick whisker: {PAIRED.format(outer='thin')}."
    notes = [f"Levers by their largest change in any failure; others at the baseline. {whiskers} {HOLLOW}"]
    n, height = len(HEADLINE), 0.5 + 0.27 * len(order)
    fig, axes = captioned(results, title, notes, n, n, height, _ENDS.values(), sharex=True, sharey=True)
    difference_panels(axes, data, HEADLINE, order, _ENDS, "level")
    return fig


def package_differences(results: "Results") -> Figure:
    packages = _packages(results)
    if not packages:
        raise CannotDraw("the experiment has no [packages]")
    data = results.estimates[results.estimates["point"].isin(packages)].assign(policy="package")
    rows, tall = _rows(packages)
    data["row"] = data["point"].map(rows)
    title = f"Change in {horizon(results)} risk under packages of measures, percentage points"
    notes = [
        f"Against the baseline. Thick whisker: {PAIRED.format(outer='thin')}. {HOLLOW}",
        *_contents(results, packages),
    ]
    fig, axes = captioned(
        results, title, notes, len(DETAIL), 4, 0.55 + 0.19 * tall * len(packages), sharex=True, sharey=True
    )
    difference_panels(axes, data, DETAIL, list(rows.values()), {"package": style.Look("", "", style.BLUE)}, "policy")
    if max(style.columns(line) for row in rows.values() for line in row.split("\n")) > LONG:
        for ax, name in zip(axes, DETAIL, strict=True):  # little width is left to the panels
            ax.set_title(style.OUTCOMES[name].short)
    label_outer(axes, 4)
    return fig


def frontier(results: "Results") -> Figure:
    lever, names = "dual_role", {"x": "taiwan_failure", "y": "korea_failure"}
    sides = {axis: _along(results, lever, [name]).set_index(lever) for axis, name in names.items()}
    if len(sides["x"]) < 3:
        raise CannotDraw(f"{lever} has fewer than three levels with the others at the baseline ([one_at_a_time])")
    title = f"{horizon(results)} risk over Taiwan and in Korea along dual-role use of US forces in Korea"
    notes = [
        "Numbers: level of dual-role use, 0 bound to the peninsula, 1 wholly usable for Taiwan; square: the baseline. "
        "Crosses: 95 % intervals, right of the paired difference, each outcome by itself."
    ]
    fig, axes = captioned(results, title, notes, 2, 2, 3.3)
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
        written = [*levels[:: max(1, len(levels) // 5)], levels[-1]]
        primitives.frontier(data, names["x"], names["y"], written, base_of(results)[lever], quantity, ax)
    return fig


def spreads(results: "Results") -> Figure:
    rows = results.estimates[results.estimates["point"] == results.baseline].set_index("outcome")
    data = rows.loc[list(DETAIL)].reset_index()
    data["row"] = [style.OUTCOMES[name].label for name in data["outcome"]]
    title = f"Spread of the {horizon(results)} risk at the baseline, by source"
    notes = [
        "Left: standard error from finite runs, and standard deviations between parameter draws and between structural "
        "variants (0: none found). Right: dot and line, pooled probability and its 95 % interval; grey, range "
        "of the means over the levels of the structural switches that an F test shows to matter (none: no bar). Spreads of "
        "the risk itself."
    ]
    return _spread_panels(results, data, title, notes, "")


def difference_spreads(results: "Results") -> Figure:
    data = pd.concat([_along(results, lever, HEADLINE[:1]).assign(lever=lever) for lever in LEVERS], ignore_index=True)
    data["level"] = [row[row["lever"]] for row in data[["lever", *LEVERS]].to_dict("records")]
    data = data[(data["level"] == 1.0) & (data["point"] != results.baseline)]
    data["row"] = [style.LEVERS[name][0] for name in data["lever"]]
    packages = _packages(results)
    packed = results.estimates[results.estimates["point"].isin(packages)]
    packed = packed[packed["outcome"] == HEADLINE[0]].set_index("point").loc[list(packages)].reset_index()
    rows, tall = _rows(packages)
    packed["row"] = list(rows.values())
    data = pd.concat([data, packed], ignore_index=True)
    if data.empty:
        raise CannotDraw("no lever stands at 1 with the others at the baseline, and there are no packages")
    title = f"Spread of the change in {horizon(results)} risk of any failure, by source"
    notes = [
        "Each lever at 1, others at the baseline, and packages. Left: standard error from finite runs, and standard "
        "deviations of the change between parameter draws and between structural variants (0: none found). Right: dot "
        "and line, pooled change and its 95 % interval (the worlds given); grey, range of the mean change "
        "over the levels of the structural switches that an F test shows to matter (none: no bar)."
    ]
    return _spread_panels(results, data, title, notes, "diff_", tall)


def _spread_panels(
    results: "Results", data: pd.DataFrame, title: str, notes: Sequence[str], prefix: str, tall: float = 1.0
) -> Figure:
    if data[f"{prefix}parameter_sd"].isna().all():
        raise CannotDraw("the spreads need two or more worlds, with twenty or more runs in each")
    height = 0.7 + 0.225 * tall * len(data)
    fig, axes = captioned(results, title, notes, 2, 2, height, primitives.SPREADS.values(), sharey=True)
    primitives.spreads(data, axes[0], prefix)
    primitives.structure_ranges(data, axes[1], prefix)
    return fig
