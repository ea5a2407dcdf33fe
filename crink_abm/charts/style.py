"""How charts look: the house style, figures that save themselves, and what :mod:`palette`, :mod:`fonts`, :mod:`layout` have."""

import contextlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import style as library
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..util.files import write_bytes
from . import memory, shape
from .fonts import FONT, clipped, columns, fitted, lacking, quiet, text_width, wrap, written
from .layout import _apart, caption, finding_of, footer_of, greyed, label_ends, settle, spread_ends, title_of
from .palette import (
    BLUE,
    DASH_DOT,
    DASH_DOT_DOT,
    DASHED,
    DIVERGING,
    DOTTED,
    FAINT,
    GREEN,
    INK,
    LEVERS,
    LONG,
    MUTED,
    ORANGE,
    OUTCOMES,
    PURPLE,
    SKY,
    SOLID,
    VERMILLION,
    Look,
    looks,
)
from .shape import lever_axis

__all__ = [
    "BLUE", "DASHED", "DASH_DOT", "DASH_DOT_DOT", "DIVERGING", "DOTTED", "DPI", "FAINT", "FONT", "GREEN", "INK", "LEVERS", "LONG",
    "MUTED", "ORANGE", "OUTCOMES", "PURPLE", "SKY", "SOLID", "VERMILLION", "WIDTH", "Look", "Sheet", "_apart", "axes", "caption",
    "ceiling", "clipped", "columns", "context", "figure", "finding_of", "fitted", "footer_of", "greyed", "label_ends", "lacking",
    "lever_axis", "looks", "mark", "quiet", "save", "settle", "signed", "spread_ends", "text_width", "title_of", "wrap",
    "written",
]  # fmt: skip

#: Width of a chart in inches where nothing else is asked for: two columns of a page.
WIDTH = shape.Shape().inches
#: Dots per inch of a PNG.
DPI = 300

_RC = {
    "font.family": FONT,
    "text.hinting": "none",  # text is as wide at every number of dots per inch
    "text.parse_math": False,  # a name is written as it is, with its dollars and braces
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.0,
    "figure.dpi": 100,
    "svg.hashsalt": "crink-abm",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}


def signed(value: float, digits: int = 1) -> str:
    """A number to so many decimals (one) with its sign, zero without."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text[1:] if not text[1:].strip("0.") else text


def ceiling(value: float) -> float:
    """A round number not below ``value``, for the end of a scale."""
    if not value > 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * scale >= value * (1 - 1e-12))


@contextlib.contextmanager
def context(over: Any = "house") -> Iterator[None]:
    """The house style, whatever the user's own settings, with another laid over it; restored on leaving."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        if not isinstance(over, str):
            matplotlib.rcParams.update(over)
        elif over not in shape.STYLES:
            library.use(over)
        yield


class Sheet(Figure):
    """A figure that shows itself in a notebook without pyplot, and whose files remember how it was made."""

    def _repr_png_(self) -> bytes:
        with context(self._over):
            return memory.rendered(self, "png", 110)

    @property
    def _over(self) -> Any:
        found = memory.of(self)
        return "house" if found is None else found.style

    def savefig(self, fname: Any, **more: Any) -> None:
        """As matplotlib's; a PNG, SVG or PDF written to a path carries the manifest and the alternative text."""
        form = str(more.get("format") or Path(fname).suffix.removeprefix(".")) if isinstance(fname, str | Path) else ""
        if form.lower() in memory.FORMATS and not {*more} - {"format", "dpi"} and memory.of(self) is not None:
            with context(self._over):
                write_bytes(Path(fname), memory.rendered(self, form.lower(), more.get("dpi") or DPI))
        else:
            with context(self._over), quiet():
                super().savefig(fname, **more)


def mark(look: Look) -> Line2D:
    """A series' mark for a key."""
    return Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.0, label=look.label)


def figure(height: float, width: float | None = None) -> Figure:
    """An empty figure (inches) that fits its axes around their labels; as wide as is asked for."""
    return Sheet(figsize=(shape.now().inches if width is None else width, height), layout="constrained")


def axes(ax: Axes | None = None) -> Axes:
    """``ax``, or the axes of a new half-page figure."""
    return figure(3.2, 4.5).add_subplot() if ax is None else ax


def save(fig: Figure, stem: Path, formats: Iterable[str]) -> list[Path]:
    """Write a figure as ``stem.FORMAT`` for each of png, svg, pdf; the same figure gives the same bytes.

    Each file appears whole or not at all. Call it within :func:`context`. The files carry the title, the alternative text, and
    the manifest if there is one (:mod:`memory`), and no date.
    """
    paths = []
    for form in formats:
        path = stem.with_name(f"{stem.name}.{form}")
        write_bytes(path, memory.rendered(fig, form, DPI))
        paths.append(path)
    return paths
