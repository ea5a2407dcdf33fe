"""What the charts of a sweep share: captioned panels, provenance, and the words for intervals and marks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..ensemble import summary
from ..model.levers import LEVERS
from ..typing import OutcomeName
from ..util.errors import InputError
from . import primitives, shape, style

if TYPE_CHECKING:
    from ..results.results import Results

#: The four kinds of force, which every chart of outcomes shows where nothing else is asked for.
HEADLINE: tuple[OutcomeName, ...] = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")
#: What the two intervals of a difference are.
PAIRED = (
    "95 % interval for chance in the runs, the parameter sets given (paired runs); {outer}: 95 % interval that also "
    "covers what is "
    "not known about the parameters"
)
HOLLOW = "Hollow mark: not discernible from the baseline (false-discovery rate 5 %)."


class CannotDraw(InputError):
    """The sweep lacks what a chart shows; the message says what."""


class NotAsked(CannotDraw):
    """The experiment has not the kind of design that a chart is for."""


def provenance(manifest: dict[str, Any]) -> str:
    """Where a chart's numbers come from (experiment, runs, worlds, prior share kept, seed), and what they are not."""
    worlds = manifest["worlds"]
    moves = str(manifest.get("baseline_moves") or "")
    for name in LEVERS:
        moves = moves.replace(name, shape.lever(name)[0])
    moved = f"Baseline: today's policy but {moves}. " if moves else ""
    detail = manifest.get("n_detail_runs")
    more = f" ({detail:,} of single levers, packages, baseline)" if detail else ""
    left = summary.briefly(worlds.get("screen"))
    note = f"Note: {worlds['note']}. " if worlds.get("note") else ""
    return (
        f"{manifest['name']}: {summary.runs_in_words(manifest)} per point{more}; {summary.worlds_in_words(worlds)} (sets of "
        f"parameters; {left}); "
        f"seed {manifest['seed']}. {moved}{note}Theoretical exploration, not a forecast."
    )


def horizon(results: "Results") -> str:
    """How long the runs are, in words."""
    return f"{results.manifest['experiment']['experiment']['months'] / 12:g}-year"


def base_of(results: "Results") -> pd.Series:
    """The baseline's row of the points."""
    return results.points.loc[results.points["point"] == results.baseline].iloc[0]


def captioned(
    results: "Results",
    title: str,
    notes: Sequence[str],
    n: int,
    columns: int,
    height: float,
    looks: Iterable[style.Look] = (),
    *,
    finding: str = "",
    handles: Sequence[Any] = (),
    narrow: int | None = None,
    **options: Any,
) -> tuple[Figure, Any]:
    """A captioned figure and its first ``n`` axes in rows of ``columns``; each row takes ``height`` inches.

    In one column of a page (``width="single"``) a row holds ``narrow`` panels, by default half as many. Where the reader gave
    axes (``ax``), a chart of one panel is drawn there, without caption.

    Raises
    ------
    InputError
        If axes were given, and there are more panels than one.
    """
    asked = shape.now()
    if finding:
        shape.say(finding, finding=True)
    if asked.ax is not None:
        if n != 1:
            raise InputError(
                f"ax takes a chart of one panel, and this one has {n}; ask for one of outcomes=, policies= or levers="
            )
        marks = list(handles) or [style.mark(look) for look in looks]
        if marks:
            asked.ax.legend(handles=marks)
        return asked.ax.get_figure(root=True), np.array([asked.ax])
    if asked.narrow:
        columns = min(n, narrow or max(1, columns // 2))
    lines = -(-n // columns)
    fig = style.figure(0.35 + height * lines)
    axes = fig.subplots(lines, columns, squeeze=False, **options).flatten()
    for ax in axes[n:]:
        ax.remove()
    for ax in axes[max(n - columns, 0) : n]:
        ax.tick_params(labelbottom=True)
    labels = asked.labels
    below = [labels["notes"]] if "notes" in labels else [*notes]
    style.caption(
        fig, labels.get("title", title), [*below, provenance(results.manifest)], looks,
        finding=labels.get("finding", finding), handles=handles,
    )  # fmt: skip
    return fig, axes[:n]


def columns_of(axes: Sequence[Axes]) -> int:
    """How many panels stand in a row."""
    return max(1, len({round(ax.get_position().x0, 3) for ax in axes}))


def label_outer(axes: Sequence[Axes]) -> None:
    """Keep axis labels only at the left column and under the last panel of each column."""
    columns = columns_of(axes)
    for k, ax in enumerate(axes):
        if k % columns:
            ax.set_ylabel("")
        if k + columns < len(axes):
            ax.set_xlabel("")


def difference_panels(
    axes: Iterable[Axes],
    data: pd.DataFrame,
    names: Sequence[str],
    order: Sequence[Any],
    looks: Mapping[Any, style.Look],
    by: str,
    rows: Sequence[str] | None = None,
) -> None:
    """Differences from the baseline, a panel an outcome; see :func:`primitives.differences`."""
    for ax, name in zip(axes, names, strict=True):
        primitives.differences(data[data["outcome"] == name], order, looks, by, ax, rows)
        ax.set(title=shape.look(name).label, xlabel=shape.change())


def rows_written(names: Sequence[str], share: float | None = None) -> tuple[list[str], int]:
    """Names of rows over as many lines as they take in a share of the figure's width; and the most lines of one."""
    share = share or (0.37 if shape.now().narrow else 0.26)
    written = ["\n".join(style.fitted(name, share * shape.now().inches, 6.5)) for name in names]
    return written, 1 + max((name.count("\n") for name in written), default=0)


def interval(row: Any, digits: int = 1) -> str:
    """A change with its interval in words: "\u22121.2 points (95 % \u22122.0 to \u22120.4)", the wider interval that is known."""
    ends = [row.get("diff_ensemble_low"), row.get("diff_ensemble_high")]
    if any(end is None or pd.isna(end) for end in ends):
        ends = [row.get("diff_low"), row.get("diff_high")]
    if any(end is None or pd.isna(end) for end in ends):
        return f"{style.signed(100 * row['diff'], digits)} points"
    low, high = (style.signed(100 * end, digits) for end in ends)
    return f"{style.signed(100 * row['diff'], digits)} points (95 % {low} to {high})"


def extremes(data: pd.DataFrame, name: Callable[[Any], str]) -> list[str]:
    """The largest fall and rise of each outcome in words, with who makes them."""
    said = []
    for outcome, rows in data.dropna(subset=["diff"]).groupby("outcome", sort=False):
        least, most = rows.loc[rows["diff"].idxmin()], rows.loc[rows["diff"].idxmax()]
        parts = [f"largest fall {interval(least)} with {name(least)}"] * bool(least["diff"] < 0)
        parts += [f"largest rise {interval(most)} with {name(most)}"] * bool(most["diff"] > 0)
        said.append(f"{shape.look(str(outcome)).label}: {'; '.join(parts) or 'no change'}.")
    return said


def largest(data: pd.DataFrame, name: Callable[[Any], str], who: str = "changes") -> str:
    """The largest change that can be told from the baseline, in a sentence; or that there is none."""
    rows = data.dropna(subset=["diff"]).reset_index(drop=True)
    if rows.empty:
        return ""
    told = rows["discernible"].astype("boolean").fillna(False) if "discernible" in rows else pd.Series(True, rows.index)
    row = rows.loc[(rows[told.to_numpy(bool)] if told.any() else rows)["diff"].abs().idxmax()]
    said = f"{shape.look(row['outcome']).label} {interval(row)} with {name(row)}"
    if told.any():
        return f"The largest change: {said}."
    return f"None of these {who} can be told from the baseline; the largest is {said}."
