"""What the charts of a sweep share: captioned panels, provenance, and the words for intervals and marks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..ensemble import summary
from ..typing import OutcomeName
from ..util.errors import InputError
from . import primitives, style

if TYPE_CHECKING:
    from ..results.results import Results

HEADLINE: tuple[OutcomeName, ...] = ("any_failure", "taiwan_failure", "korea_failure")
#: What the two intervals of a difference are.
PAIRED = "95 % for Monte Carlo error, the worlds given (paired); {outer}: 95 % with the worlds as the sample"
HOLLOW = "Hollow mark: not discernible from the baseline (false-discovery rate 5 %)."


class CannotDraw(InputError):
    """The sweep lacks what a chart shows; the message says what."""


class NotAsked(CannotDraw):
    """The experiment has not the kind of design that a chart is for."""


def provenance(manifest: dict[str, Any]) -> str:
    """Where a chart's numbers come from (experiment, runs, worlds, prior share kept, seed), and what they are not."""
    worlds = manifest["worlds"]
    moved = f"Baseline: today's policy but {manifest['baseline_moves']}. " if manifest.get("baseline_moves") else ""
    detail = manifest.get("n_detail_runs")
    more = f" ({detail:,} of single levers, packages, baseline)" if detail else ""
    left = summary.briefly(worlds.get("screen"))
    note = f"Note: {worlds['note']}. " if worlds.get("note") else ""
    return (
        f"{manifest['name']}: {summary.runs_in_words(manifest)} per point{more}; {summary.worlds_in_words(worlds)} ({left}); "
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
    **options: Any,
) -> tuple[Figure, Any]:
    """A captioned figure and its first ``n`` axes in rows of ``columns``; each row takes ``height`` inches."""
    lines = -(-n // columns)
    fig = style.figure(0.35 + height * lines)
    axes = fig.subplots(lines, columns, squeeze=False, **options).flatten()
    for ax in axes[n:]:
        ax.remove()
    for ax in axes[max(n - columns, 0) : n]:
        ax.tick_params(labelbottom=True)
    style.caption(fig, title, [*notes, provenance(results.manifest)], looks)
    return fig, axes[:n]


def label_outer(axes: Sequence[Axes], columns: int) -> None:
    """Keep axis labels only at the left column and under the last panel of each column."""
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
        ax.set(title=style.OUTCOMES[name].label, xlabel="Change (points)")
