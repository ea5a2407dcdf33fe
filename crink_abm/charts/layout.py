"""How a figure is laid out: title, finding, key and footer around panels, and no text over another or off the page."""

import warnings
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from .fonts import _dress, fitted, quiet, text_width
from .palette import INK, MUTED, Look

#: Share of a line's width that text may fill: what is measured and what is drawn differ by hinting.
_FILL = 0.97
TITLE, FINDING, KEY = 9.0, 7.5, 6.5
#: The size of labels of axes that are too long for a panel.
_SMALL = 6.0


def caption(
    fig: Figure, title: str, notes: Sequence[str], looks: Iterable[Look] = (), size: float = 6.0, finding: str = "",
    handles: Sequence[Any] = (),
) -> None:  # fmt: skip
    """Set a title and a ``finding`` above, and below a key of marks (``looks`` or ``handles``) and a footer of ``notes``.

    All are wrapped to the figure's width, and the figure grows by what they take.
    """
    width, height = fig.get_size_inches()
    room = 0.98 * width * _FILL
    large = TITLE if width > 5.0 else TITLE - 1.0
    heading = fitted(title, room, large, bold=True)
    found = fitted(finding.replace(" %", "\N{NO-BREAK SPACE}%"), room, FINDING) if finding else []
    lines = [line for note in notes for line in fitted(note.replace(" %", "\N{NO-BREAK SPACE}%"), room, size)]
    marks = list(handles) or [
        Line2D([], [], color=one.colour, linestyle=one.dash, marker=one.marker, linewidth=1.0, label=one.label)
        for one in looks
    ]
    key = _key(marks, room)
    above = (1.25 * large * len(heading) + 1.25 * FINDING * len(found) + 3.0 * bool(found) + 5.0) / 72.0
    footer = (len(lines) * size * 1.25 + 9.0) / 72.0
    below = footer + 0.16 * len(key) + 0.04 * bool(key)
    height += below + above - 0.2
    fig.set_size_inches(width, height)
    top = {"x": 0.01, "ha": "left", "va": "top", "linespacing": 1.2}
    fig.suptitle(
        "\n".join(heading), y=1.0 - 0.03 / height, fontsize=large, fontweight="bold", color=INK, **top
    ).set_in_layout(False)
    if found:
        y = 1.0 - (1.25 * large * len(heading) + 4.0) / 72.0 / height
        fig.text(y=y, s="\n".join(found), fontsize=FINDING, color=INK, gid="finding", **top).set_in_layout(False)
    fig.text(
        0.01, 0.05 / height, "\n".join(lines), fontsize=size, color=MUTED, va="bottom", gid="footer"
    ).set_in_layout(False)
    for k, row in enumerate(reversed(key)):
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, (footer + 0.16 * k) / height), "borderaxespad": 0.0}
        legend = fig.legend(
            handles=row, ncols=len(row), handlelength=1.8, columnspacing=1.2, borderpad=0.1, fontsize=KEY, **place
        )
        legend.set_in_layout(False)
    engine: Any = fig.get_layout_engine()
    engine.set(rect=(0.005, below / height, 0.985, 1.0 - (below + above) / height), hspace=0.04, wspace=0.03)


def _key(marks: Sequence[Any], room: float) -> list[list[Any]]:
    """The marks of a key in rows that fit."""
    rows: list[list[Any]] = []
    left = 0.0
    for mark in marks:
        wide = text_width(str(mark.get_label()), KEY) + KEY * (1.8 + 0.8 + 1.2) / 72.0
        if not rows or left + wide > room:
            rows.append([])
            left = 0.0
        rows[-1].append(mark)
        left += wide
    return rows


def settle(fig: Figure) -> Figure:
    """Lay a figure out once and for all; returns it.

    Headings, axis labels and the labels of ticks give way where they would meet. The layout solver differs in the last bits from
    call to call, and SVG names its clip paths by them; rounded positions do not.
    """
    with quiet():
        warnings.filterwarnings("error", message=".*layout not applied")
        fig.draw_without_rendering()
        for _ in range(8):
            changed = _dress(fig)
            for ax in fig.axes:
                changed |= _heading(fig, ax)
            for ax in fig.axes:
                changed |= any([_thinned(ax.xaxis), _thinned(ax.yaxis)])
            if not changed and _on_page(fig):
                break
            fig.draw_without_rendering()
    fig.set_layout_engine("none")
    for ax in fig.axes:
        ax.set_position(np.round(ax.get_position(original=True).bounds, 5))
        spread_ends(ax)
        _uncrowded(ax)
    return fig


def _uncrowded(ax: Axes) -> None:
    """Leave out labels of points that would meet another: the ends of a row come first."""
    labels = [text for text in ax.texts if text.get_gid() == "point-label"]
    shown: list[Any] = []
    for label in [*labels[:1], *labels[:0:-1]]:
        box = label.get_window_extent()
        label.set_visible(not any(box.overlaps(other) for other in shown))
        if label.get_visible():
            shown.append(box)


def _on_page(fig: Figure) -> bool:
    """Whether nothing leaves the page: ticks change with the size of a panel, and the layout follows a draw later."""
    box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
    return bool(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height)


def _row(fig: Figure, ax: Axes) -> tuple[float, float]:
    """From the left of a panel to the next one of its row, or the page's end: (left, right) in pixels."""
    box = ax.get_window_extent()
    right = fig.bbox.x1 * 0.995
    for other in fig.axes:
        there = other.get_window_extent()
        if other is not ax and there.x0 > box.x0 + 1 and there.y0 < box.y1 and there.y1 > box.y0:
            right = min(right, there.x0 - 0.05 * fig.dpi)
    return box.x0, right


def _heading(fig: Figure, ax: Axes) -> bool:
    """Wrap a panel's heading and the labels of its axes where they are wider than their place; whether any was."""
    left, right = _row(fig, ax)
    box = ax.get_window_extent()
    centre = (box.x0 + box.x1) / 2.0
    across = 2.0 * min(fig.bbox.x1 * 0.995 - centre, centre)
    for other in _beside(fig, ax):  # labels of neighbours may each be as wide as it is from middle to middle
        across = min(across, abs((other.x0 + other.x1) / 2.0 - centre) - 0.06 * fig.dpi)
    label = ax.yaxis.label
    if _widest(label) > 1.3 * box.height / fig.dpi and label.get_fontsize() > _SMALL:
        label.set_fontsize(_SMALL)
        return True
    places = ((ax._left_title, right - left), (ax.xaxis.label, across), (label, 1.45 * box.height))
    wrapped = [_wrapped(text, room / fig.dpi) for text, room in places]
    return any(wrapped)


def _beside(fig: Figure, ax: Axes) -> list[Any]:
    """The panels in the row of one."""
    box = ax.get_window_extent()
    boxes = [other.get_window_extent() for other in fig.axes if other is not ax]
    return [there for there in boxes if there.y0 < box.y1 and there.y1 > box.y0]


def _widest(text: Text) -> float:
    """The width of a text's longest line in inches."""
    return max(text_width(line, float(text.get_fontsize())) for line in text.get_text().split("\n"))


def _wrapped(text: Text, inches: float) -> bool:
    said = text.get_text()
    size = float(text.get_fontsize())
    bold = text.get_fontweight() == "bold"
    if not said or max(text_width(line, size, bold) for line in said.split("\n")) <= inches:
        return False
    lines = [part for line in said.split("\n") for part in fitted(line, max(inches * _FILL, 0.5), size, bold)]
    text.set_text("\n".join(lines))
    return "\n".join(lines) != said


def _thinned(axis: Axis) -> bool:
    """Fewer ticks where their labels would meet; whether there were too many."""
    shown = [label for label in axis.get_ticklabels() if label.get_visible() and label.get_text()]
    low, high = sorted(axis.get_view_interval())
    across = axis.axis_name == "x"
    shown = [label for label in shown if low - 1e-9 <= label.get_position()[0 if across else 1] <= high + 1e-9]
    boxes = sorted(
        (box.x0 - 1.5, box.x1 + 1.5) if across else (box.y0, box.y1)
        for box in (label.get_window_extent() for label in shown)
    )
    if not any(one[1] > other[0] for one, other in pairwise(boxes)):
        return False
    locator = axis.get_major_locator()
    if isinstance(locator, MaxNLocator) and type(locator).__name__ in ("MaxNLocator", "AutoLocator"):
        bins = int(getattr(locator, "_nbins", 9) if isinstance(getattr(locator, "_nbins", 9), int) else 9)
        if bins <= 1:
            return False
        locator.set_params(nbins=bins - 1, min_n_ticks=1 if bins <= 3 else 2)
        return True
    if across and len(shown) > 2:
        ticks = list(axis.get_ticklocs())
        axis.set_ticks([ticks[0], ticks[-1]], [shown[0].get_text(), shown[-1].get_text()])
        return True
    if across and len(shown) == 2:  # the outer ones go inwards
        changed = shown[0].get_ha() != "left"
        shown[0].set_ha("left")
        shown[1].set_ha("right")
        return changed
    return False


def greyed(fig: Figure) -> None:
    """Every colour of a figure as the grey of its lightness."""

    def grey(colours: Any) -> np.ndarray:
        given = np.atleast_2d(np.asarray(colours, float))
        light = given[:, :3] @ np.array([0.299, 0.587, 0.114])
        return np.column_stack([light, light, light, given[:, 3] if given.shape[1] > 3 else np.ones(len(given))])

    for one in fig.findobj():
        if isinstance(one, Line2D):
            for part in ("color", "markerfacecolor", "markeredgecolor"):
                one.set(**{part: _as_grey(getattr(one, f"get_{part}")())})
        elif isinstance(one, Text):
            one.set_color(_as_grey(one.get_color()))
        elif isinstance(one, Patch):
            one.set_facecolor(grey(one.get_facecolor())[0])
            one.set_edgecolor(grey(one.get_edgecolor())[0])
        elif hasattr(one, "get_facecolors") and getattr(one, "get_array", lambda: None)() is None:
            for part in ("facecolors", "edgecolors"):
                colours = np.atleast_2d(getattr(one, f"get_{part}")())
                if colours.size:
                    getattr(one, f"set_{part}")(grey(colours))


def _as_grey(colour: Any) -> Any:
    if isinstance(colour, str) and colour in ("none", "auto"):
        return colour
    return str(round(float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114))), 4))


def footer_of(fig: Figure) -> str:
    """The footer that :func:`caption` set, on one line; empty if there is none."""
    return " ".join(" ".join(text.get_text().split()) for text in fig.texts if text.get_gid() == "footer")


def finding_of(fig: Figure) -> str:
    """The finding that :func:`caption` set, on one line; empty if there is none."""
    return " ".join(" ".join(text.get_text().split()) for text in fig.texts if text.get_gid() == "finding")


def title_of(fig: Figure) -> str:
    """The title that :func:`caption` set, on one line."""
    return " ".join(fig.get_suptitle().split())


def label_ends(ax: Axes, entries: Iterable[tuple[float, float, str, str]], size: float = 6.5) -> None:
    """Write (x, y, text, colour) labels right of their points, moved apart up and down where they would overlap.

    The type is a darker shade, legible where a light line is.
    """
    for x, y, text, colour in entries:
        ax.annotate(
            text,
            (x, y),
            xytext=(3, 0),
            textcoords="offset points",
            color=_darker(colour),
            fontsize=size,
            va="center",
            annotation_clip=False,
            gid="end-label",
        )
    spread_ends(ax)


def spread_ends(ax: Axes) -> None:
    """Move the labels of :func:`label_ends` apart, given the limits and size the axes have now."""
    labels: Any = sorted((text for text in ax.texts if text.get_gid() == "end-label"), key=lambda text: text.xy[1])
    if not labels:
        return
    per_point = ax.figure.dpi / 72.0
    box = ax.get_window_extent()
    points = [ax.transData.transform(label.xy)[1] / per_point for label in labels]
    places = _apart(points, 1.15 * labels[0].get_fontsize(), box.y0 / per_point, box.y1 / per_point)
    for label, point, place in zip(labels, points, places, strict=True):
        label.set_position((3, round(place - point, 3)))


def _darker(colour: Any) -> tuple[float, ...]:
    return tuple(0.72 * part for part in to_rgb(colour))


def _apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Ascending places at least ``gap`` apart within [low, high], each cluster centred where it was."""
    clusters: list[list[float]] = []
    for place in places:
        clusters.append([place])
        while len(clusters) > 1:
            (a, b), (na, nb) = (_middle(c, gap, low, high) for c in clusters[-2:]), map(len, clusters[-2:])
            if b - a >= gap * (na + nb) / 2.0:
                break
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    return [_middle(c, gap, low, high) + gap * (k - (len(c) - 1) / 2.0) for c in clusters for k in range(len(c))]


def _middle(cluster: Sequence[float], gap: float, low: float, high: float) -> float:
    half = gap * (len(cluster) - 1) / 2.0
    return min(max(sum(cluster) / len(cluster), low + half), max(high - half, low + half))
