"""The charts of a finished sweep: picks the data and lays out the figures."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..model import outcomes
from ..model.levers import LEVERS
from ..typing import OutcomeName
from ..util.errors import InputError, nearest, told
from . import primitives, shape, style
from .panels import (
    HEADLINE,
    HOLLOW,
    PAIRED,
    CannotDraw,
    base_of,
    captioned,
    difference_panels,
    extremes,
    horizon,
    interval,
    label_outer,
    largest,
    rows_written,
)  # fmt: skip

if TYPE_CHECKING:
    from ..results.results import Results

DETAIL = (*HEADLINE, "two_front", "russian_join", "nuclear_use", "any_failure")

#: Panels of a chart with one for each policy that has a name, and rows of one with a row for each.
MOST_PANELS, MOST_ROWS = 40, 150
def _ends() -> dict[float, style.Look]:
    """The two ends of a lever's range."""
    return {
        0.0: style.Look(shape.word("Lever at 0"), "0", style.BLUE, marker="o"),
        1.0: style.Look(shape.word("Lever at 1"), "1", style.VERMILLION, marker="^"),
    }


def levers_asked() -> list[str]:
    """The levers that were asked for (``levers=``), or all.

    Raises
    ------
    InputError
        On a lever that there is not.
    """
    given = shape.now().more.get("levers")
    names = list(LEVERS) if given is None else [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in LEVERS:
            raise InputError(f"no lever is named {told(name)}{nearest(str(name), LEVERS)}; they are {', '.join(LEVERS)}")
    return names


def _along(results: "Results", lever: Any, names: Iterable[Any]) -> pd.DataFrame:
    rows = pd.concat([results.slice(name, lever) for name in names], ignore_index=True)
    return rows.dropna(subset=[lever])


def policies(results: "Results") -> dict[int, str]:
    """Point -> name of the policies that were asked for, in the reader's words; the packages in file order if none were.

    Raises
    ------
    InputError
        On a policy that there is not.
    """
    labels = dict(zip(results.points["label"], results.points["point"], strict=True))
    packages = [name for name in results.manifest["experiment"].get("packages", {}) if name in labels]
    wanted, found = shape.now().policies or packages, {}
    for one in wanted:
        if isinstance(one, str) and (one not in labels or not one):
            known = [name for name in labels if name]
            raise InputError(f"no policy is named {told(one)}{nearest(one, known)}; they are {', '.join(known)}, or numbers of points")
        if isinstance(one, int) and not 0 <= one < len(results.points):
            raise InputError(f"points are numbered 0 to {len(results.points) - 1}; {one} was given")
        point = int(labels[one]) if isinstance(one, str) else one
        name = one if isinstance(one, str) else str(results.points["label"].iloc[point]) or f"point {point}"
        found[point] = shape.word(name)
    return found


def _panels(n: int) -> None:
    if n > MOST_PANELS:
        raise CannotDraw(
            f"{n:,} policies with a name are more than the {MOST_PANELS} panels of a chart; see results.incidence"
        )


def _rows(packages: dict[int, str]) -> tuple[dict[int, str], int]:
    """Point -> name as it is written in a row; and the most lines that one takes."""
    if len(packages) > MOST_ROWS:
        raise CannotDraw(
            f"{len(packages):,} packages are more than the {MOST_ROWS} rows of a chart; see results.estimates"
        )
    written, lines = rows_written(list(packages.values()))
    return dict(zip(packages, written, strict=True)), lines


def _contents(results: "Results", packages: dict[int, str]) -> list[str]:
    """What each package sets, a line each; of a schedule only that it is one."""
    chosen, base = results.manifest["experiment"]["packages"], base_of(results)
    lines = []
    for point, name in packages.items():
        row = results.points.loc[results.points["point"] == point].iloc[0]
        moved = {lever: row[lever] for lever in LEVERS if pd.notna(row[lever]) and row[lever] != base[lever]}
        sets = (
            f"{shape.lever(lever)[0]} {'on a schedule' if isinstance(level, dict) else f'{level:g}'}"
            for lever, level in chosen.get(str(row["label"]), moved).items()
        )
        lines.append(f"{name}: {'; '.join(sets)}.")
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
        panels += [(x, y, f"{shape.lever(third)[0]} {level:g}", cube[level]) for level in sorted(shown)]
    return [panel for panel in panels if len(panel[3])]


def heat(results: "Results") -> Figure:
    outcome, swept = shape.one_outcome(HEADLINE[1]), results.manifest["swept"]
    if len(swept) < 2:
        raise CannotDraw("a heat map needs at least two crossed levers (from, to, points under [levers])")
    panels = {name: _heat_panels(results, name) for name in dict.fromkeys((*HEADLINE, outcome))}
    if not panels[outcome]:
        raise CannotDraw("no two levers are crossed with the others, and the factors, at the baseline")
    mine = pd.concat([cells for *_, cells in panels[outcome]])
    mine = mine[mine["point"] != results.baseline].drop_duplicates("point").dropna(subset=["diff"]).reset_index(drop=True)
    title = f"{shape.look(outcome).label}: change in {horizon(results)} risk as two levers move together"
    clear = mine["discernible"].astype("boolean").fillna(False)
    if not clear.any():
        return _nothing_found(results, title, mine)
    limit = style.ceiling(100 * max(cells["diff"].abs().max() for group in panels.values() for *_, cells in group))
    shown = panels[outcome]
    first = [panel for panel in shown if panel[:2] == shown[0][:2]]
    narrow = shape.now().narrow
    if narrow and len(first) > 2:  # the third lever at its ends only
        shown = [panel for pair in dict.fromkeys(p[:2] for p in shown) for panel in _outer([p for p in shown if p[:2] == pair])]
        first = _outer(first)
    columns = len(first) if len(first) > 1 else min(3, len(shown))
    best = mine.loc[mine.loc[clear, "diff"].abs().idxmax()]
    finding = (
        f"{int(clear.sum()):,} of {len(mine):,} cells can be told from the baseline. The largest such change: {interval(best)}, "
        f"at {_where(best, swept)}."
    )
    shape.say(f"Changes range from {' to '.join(style.signed(100 * end) for end in (mine['diff'].min(), mine['diff'].max()))} points.")
    notes = [
        "Percentage points against the baseline (outlined where it is on the grid); other levers at the baseline. Dot: cannot be told "
        "from the baseline (false-discovery rate 5 %). + riskier, − safer. Above each panel: its smallest and largest change. One "
        "scale for the maps of all four kinds of force."
    ]
    fig, axes = captioned(results, title, notes, len(shown), columns, 1.75 if narrow else 2.35, finding=finding, narrow=min(columns, 2))
    for k, (ax, (x, y, name, cells)) in enumerate(zip(axes, shown, strict=True)):
        here = cells.loc[cells["point"] == results.baseline, [x, y]].to_numpy()
        primitives.heat_map(cells, x, y, limit, tuple(here[0]) if len(here) else None, ax)
        reach = " to ".join(style.signed(100 * end) for end in (cells["diff"].min(), cells["diff"].max()))
        ax.set_title(f"{name}\n{reach}".strip())
        if columns > 1 and k % min(columns, 2 if narrow else columns) and shown[k][:2] == shown[k - 1][:2]:
            ax.set_ylabel("")
    primitives.colour_bar(axes)
    return fig


def _outer(panels: list[Any]) -> list[Any]:
    return [panels[0], panels[-1]]


def _where(row: Any, names: Iterable[str]) -> str:
    """Where a point stands, in words."""
    return ", ".join(f"{shape.lever(name)[0]} {row[name]:g}" for name in names)


def _nothing_found(results: "Results", title: str, cells: pd.DataFrame) -> Figure:
    """In place of a map that shows nothing: the sentence that says so."""
    widest = cells.iloc[int(cells["diff"].abs().to_numpy().argmax())]
    sentence = (
        f"None of the {len(cells):,} cells can be told from the baseline (false-discovery rate 5 % over the whole grid). The largest "
        f"change is {interval(widest)}, at {_where(widest, results.manifest['swept'])}: of so many cells, some differ as much by chance."
    )
    shape.say(sentence, finding=True)
    fig, axes = captioned(results, title, ["More runs a cell would tell smaller changes."], 1, 1, 0.25 + 0.5 * shape.now().narrow)
    ax = axes[0]
    shape.record(cells)
    size = 8.0
    room = 0.9 * shape.now().inches
    ax.set_axis_off()
    ax.text(0.0, 0.5, "\n".join(style.fitted(sentence, room, size)), fontsize=size, va="center", transform=ax.transAxes, gid="sentence")
    return fig


def responses(results: "Results") -> Figure:
    names = shape.outcomes(*HEADLINE)
    data = {lever: _along(results, lever, names) for lever in levers_asked()}
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
        for sentence in extremes(rows, lambda row, lever=lever: f"{shape.lever(lever)[0]} at {row[lever]:g}"):
            shape.say(sentence)
    notes = [
        "Percentage points. Levers by how much they move; the others stay at the baseline. Dotted line: the lever's level at the "
        f"baseline. Inner band: {PAIRED.format(outer='outer band')}."
    ]
    fig, axes = captioned(results, title, notes, len(data), columns, 1.08 if narrow else 1.6, finding=finding, sharey=True, narrow=2)
    for ax, lever in zip(axes, data, strict=True):
        primitives.response(data[lever], lever, base_of(results)[lever], ylim, ax)
    for k, ax in enumerate(axes):
        if k % (min(2, len(axes)) if narrow else columns):
            ax.set_ylabel("")
    return fig


def incidence(results: "Results") -> Figure:
    names, chosen = shape.outcomes(*HEADLINE), policies(results)
    _panels(len(chosen))
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
        finding = f"The largest change at the end: {shape.look(best['outcome']).label} {interval(best)} with {best['name']}."
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
    _panels(len(chosen))
    data = results.competing(list(chosen))
    columns, narrow = min(3, len(chosen)), shape.now().narrow
    title = "The first failure of deterrence: cumulative incidence by cause, per cent"
    notes = [
        "Competing risks: each run counts once, under the failure that came first (in a tied month the one named "
        "first: blockade, invasion, attack, war). Bands: 95 % Clopper-Pearson intervals, month by month."
    ]
    base = data[(data["point"] == results.baseline) & (data["month"] == data["month"].max())].set_index("outcome")["prob"]
    finding = f"At the baseline the first failure most often is: {shape.look(base.idxmax()).label} ({100 * base.max():.0f} % of histories)."
    shape.say("; ".join(f"{shape.look(name).label} {100 * value:.1f} per cent" for name, value in base.items()) + ".")
    fig, axes = captioned(
        results, title, notes, len(chosen), columns, 1.5 if narrow else 1.95, finding=finding, narrow=2, sharex=True, sharey=True
    )
    looks = {name: shape.look(name) for name in outcomes.CAUSES}
    for ax, (point, name) in zip(axes, chosen.items(), strict=True):
        primitives.incidence(data[data["point"] == point], looks, "outcome", (0, 105 * data["high"].max()), ax)
        ax.set_title(name)
    label_outer(axes)
    return fig


def ends_of(results: "Results", names: Sequence[str]) -> pd.DataFrame:
    """Rows of each lever at 0 and at 1, the others at the baseline, with columns lever and level.

    Raises
    ------
    CannotDraw
        If there is no such point.
    """
    data = pd.concat([_along(results, lever, names).assign(lever=lever) for lever in levers_asked()], ignore_index=True)
    data["level"] = [row[row["lever"]] for row in data[["lever", *LEVERS]].to_dict("records")]
    data = data[data["level"].isin((0.0, 1.0)) & (data["point"] != results.baseline)]
    if data.empty:
        raise CannotDraw("no lever stands at 0 or 1 with the others at the baseline ([one_at_a_time])")
    return data


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
    looks = {level: look for level, look in _ends().items() if (data["level"] == level).any()}
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
    rows, lines = _rows(packages)
    data["row"] = data["point"]
    title = f"Change in {horizon(results)} risk under packages of measures"
    notes = [
        f"Percentage points against the baseline. Thick whisker: {PAIRED.format(outer='thin')}. {HOLLOW}",
        *_contents(results, packages),
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
    sides = {axis: _along(results, lever, [name]).set_index(lever) for axis, name in names.items()}
    if len(sides["x"]) < 3:
        raise CannotDraw(f"{lever} has fewer than three levels with the others at the baseline ([one_at_a_time])")
    label, ends = shape.lever(lever)
    title = f"One risk against another as one lever moves: {label}"
    notes = [
        f"Numbers: level of the lever{f' ({ends})' if ends else ''}; square: the baseline. {horizon(results)} risks, and their paired "
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


def spreads(results: "Results") -> Figure:
    names = shape.outcomes(*DETAIL)
    rows = results.estimates[results.estimates["point"] == results.baseline].set_index("outcome")
    data = rows.loc[names].reset_index()
    written, lines = rows_written([shape.look(name).label for name in data["outcome"]])
    data["row"] = written
    title = f"How uncertain is the {horizon(results)} risk at the baseline, and from which source?"
    notes = [
        "Left: standard deviation from the finite number of runs, between sets of parameters, and between variants of the model's "
        "structure (0: none found). Right: dot and line, probability and its 95 % interval; grey bar, range of the means over the "
        "variants that an F test shows to matter (none: no bar)."
    ]
    return _spread_panels(results, data, title, notes, "", lines)


def difference_spreads(results: "Results") -> Figure:
    outcome, wanted = shape.one_outcome(HEADLINE[1]), levers_asked()
    data = pd.concat([_along(results, lever, [outcome]).assign(lever=lever) for lever in wanted], ignore_index=True)
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
    title = f"{shape.look(outcome).label}: how uncertain is the change in {horizon(results)} risk, and from which source?"
    notes = [
        "Each lever at 1, others at the baseline, and packages. Left: standard deviation of the change from the finite number of runs, "
        "between sets of parameters, and between variants of the model's structure (0: none found). Right: dot and line, change and its "
        "95 % interval for chance in the runs; grey bar, range of the mean change over the variants that an F test shows to matter "
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
