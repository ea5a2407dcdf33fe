"""How charts look: palette, type, human labels, captions, and files whose bytes repeat."""

import contextlib
import io
import math
import textwrap
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ..model.outcomes import REGISTRY, Conditional, Outcome, Registry
from ..util.files import write_bytes

#: Width of a chart in inches: the text block of a page.
WIDTH = 6.5
#: Dots per inch of a PNG.
DPI = 200
#: Colour map of differences about zero: safe for the colour-blind, light at zero.
DIVERGING = "PuOr_r"

INK, MUTED, FAINT = "#1a1a1a", "#595959", "#bfbfbf"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#AA4499", "#56B4E9"

SOLID, DASHED, DOTTED = "-", (0, (5, 1.6)), (0, (1.2, 1.4))
DASH_DOT, LONG, DASH_DOT_DOT = (0, (6, 1.6, 1.2, 1.6)), (0, (9, 2)), (0, (5, 1.5, 1.2, 1.5, 1.2, 1.5))

FONT = "DejaVu Sans"
#: Fonts for what it lacks, those of East Asia first; after these any that the machine has.
_OTHER_FONTS = (
    "Noto Sans CJK", "Source Han Sans", "Noto Sans", "Nanum", "Malgun Gothic", "Apple SD Gothic", "PingFang", "Hiragino",
    "Microsoft YaHei", "SimHei", "WenQuanYi", "Droid Sans Fallback", "Arial Unicode", "Unifont",
)  # fmt: skip

_RC = {
    "font.family": FONT,
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


@dataclass(frozen=True)
class Look:
    """How a series is named and drawn; dash and marker tell it apart without colour."""

    label: str
    short: str
    colour: str = MUTED
    dash: str | tuple[Any, ...] = SOLID
    marker: str = "o"


#: Outcome -> its colour, dash and marker. Those without an entry take a spare one.
_LOOKS = {
    "any_failure": (INK, SOLID, "o"), "taiwan_failure": (BLUE, DASHED, "s"), "korea_failure": (VERMILLION, DASH_DOT, "^"),
    "taiwan_blockade": (SKY, SOLID, "D"), "taiwan_invasion": (BLUE, DASHED, "s"), "korea_attack": (ORANGE, DASH_DOT, "v"),
    "korea_war": (VERMILLION, DOTTED, "^"), "two_front": (PURPLE, LONG, "P"), "russian_join": (GREEN, DASH_DOT_DOT, "X"),
    "nuclear_use": (MUTED, DOTTED, "*"),
    "korea_within_6_of_taiwan": (VERMILLION, DASHED, "<"), "korea_within_12_of_taiwan": (VERMILLION, SOLID, ">"),
    "taiwan_within_6_of_korea": (BLUE, DOTTED, "<"), "taiwan_within_12_of_korea": (BLUE, SOLID, ">"),
    "korea_within_12_of_invasion": (VERMILLION, DOTTED, "1"),
    "blockade_preferred": (SKY, SOLID, "D"), "invasion_preferred": (BLUE, DASHED, "s"),
    "attack_preferred": (ORANGE, DASH_DOT, "v"), "war_preferred": (VERMILLION, DOTTED, "^"),
}  # fmt: skip
_SPARE = [
    (GREEN, (0, (3, 1, 3, 1, 1, 1)), "h"), (ORANGE, (0, (9, 2, 2, 2)), "p"), (PURPLE, (0, (1, 3)), "8"), (SKY, (0, (4, 4)), "d"),
]  # fmt: skip


def looks(registry: Registry) -> dict[str, Look]:
    """How every outcome of a registry, conditional ones too, is named and drawn: probabilities over the sweep's horizon."""
    spare = cycle(_SPARE)
    every: dict[str, Outcome | Conditional] = {**registry.by_name, **registry.conditional}
    return {name: Look(one.label, one.short, *(_LOOKS.get(name) or next(spare))) for name, one in every.items()}


#: Outcome -> its look.
OUTCOMES: dict[str, Look] = looks(REGISTRY)

#: Lever -> (name, what 0 and 1 mean). Levers are shares without a unit.
LEVERS: dict[str, tuple[str, str]] = {
    "usfk_posture": ("US forces in Korea", "0 none, 1 double"),
    "heavy_share": ("Heavy, permanent share", "0 all light, 1 all heavy"),
    "dual_role": ("Dual-role use for Taiwan", "0 none, 1 full"),
    "maritime_posture": ("Carriers and bombers", "0 none, 1 double"),
    "trilateral_coordination": ("Trilateral coordination", "0 ad hoc, 1 tested"),
    "exercise_tempo": ("Exercise tempo", "0 suspended, 1 double"),
    "japan_burden_share": ("Japan's burden share", "0 none, 1 full role"),
    "sanctions_intensity": ("Sanctions intensity", "0 lapsed, 1 enforced"),
    "exposure": ("Exposure of transfers", "0 secret, 1 published"),
    "diplomatic_offramp": ("Diplomatic off-ramp", "0 none, 1 standing"),
    "china_engagement": ("Engagement of China", "0 none, 1 full"),
    "counter_hybrid": ("Counter-hybrid measures", "0 none, 1 closed off"),
    "porcupine_defence": ("Taiwan's own defence", "0 few platforms, 1 many arms"),
    "declared_resolve": ("Declared US resolve", "0 silent, 1 a pledge"),
}


def lever_axis(name: str) -> str:
    """A lever's axis label: name, and on a second line what its ends mean."""
    label, ends = LEVERS[name]
    return f"{label}\n({ends})"


def signed(value: float) -> str:
    """A number to one decimal with its sign, zero without."""
    text = f"{value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def ceiling(value: float) -> float:
    """A round number not below ``value``, for the end of a scale."""
    if not value > 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * scale >= value * (1 - 1e-12))


@contextlib.contextmanager
def context() -> Iterator[None]:
    """The house style, whatever the user's own settings; restored on leaving."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


class Sheet(Figure):
    """A figure that shows itself in a notebook without pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with context(), quiet():
            self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure (inches) that fits its axes around their labels."""
    return Sheet(figsize=(width, height), layout="constrained")


def axes(ax: Axes | None = None) -> Axes:
    """``ax``, or the axes of a new half-page figure."""
    return figure(3.2, 4.5).add_subplot() if ax is None else ax


def caption(fig: Figure, title: str, notes: Sequence[str], looks: Iterable[Look] = (), size: float = 6.0) -> None:
    """Set a title above, and below a key of marks (if ``looks``) and a footer of ``notes`` (a line each, wrapped).

    The figure grows by what stands below.
    """
    width, height = fig.get_size_inches()
    lines = [
        line
        for note in notes
        for line in wrap(note.replace(" %", "\N{NO-BREAK SPACE}%"), int(width * 72 / (0.53 * size)))
    ]
    marks = [Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.0, label=look.label) for look in looks]
    footer = (len(lines) * size * 1.25 + 9.0) / 72.0
    below = footer + (0.2 if marks else 0.0)
    height += below
    fig.set_size_inches(width, height)
    fig.suptitle(textwrap.fill(title, int(width * 13)), x=0.01, ha="left", fontsize=9, fontweight="bold", color=INK)
    fig.text(0.01, 0.05 / height, "\n".join(lines), fontsize=size, color=MUTED, va="bottom", gid="footer")
    if marks:
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, footer / height), "borderaxespad": 0.0}
        fig.legend(handles=marks, ncols=len(marks), handlelength=1.8, columnspacing=1.4, **place).set_in_layout(False)
    fig.get_layout_engine().set(rect=(0.005, below / height, 0.99, 0.995 - below / height), hspace=0.04, wspace=0.03)


def settle(fig: Figure) -> Figure:
    """Lay a figure out once and for all; returns it.

    The layout solver differs in the last bits from call to call, and SVG names its clip paths by them; rounded
    positions do not.
    """
    with quiet():
        warnings.filterwarnings("error", message=".*layout not applied")
        fig.draw_without_rendering()
        if _dress(fig):
            fig.draw_without_rendering()
    fig.set_layout_engine("none")
    for ax in fig.axes:
        ax.set_position(np.round(ax.get_position(original=True).bounds, 5))
        spread_ends(ax)
    return fig


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warning a character: what no font has is told once, by :func:`lacking`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def columns(text: str) -> int:
    """Columns that a text takes: two for each wide character of East Asia."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of so many columns; wide characters may be parted anywhere."""
    if columns(text) == len(text):
        return textwrap.wrap(text, width)
    lines = [""]
    for word in text.split():
        pieces = [word] if columns(word) == len(word) <= width else list(word)
        for k, piece in enumerate(pieces):
            between = " " * (k == 0 and lines[-1] != "")
            if columns(lines[-1] + between + piece) > width:
                lines.append(piece)
            else:
                lines[-1] += between + piece
    return lines


def written(name: str, width: int = 30) -> str:
    """A name of the user's over as many lines as it takes."""
    return "\n".join(wrap(name, width)) or name


def clipped(name: str, width: int = 20) -> str:
    """A name of the user's on one line, its end left out where it is long."""
    if columns(name) <= width:
        return name
    while columns(name) > width - 1:
        name = name[:-1]
    return f"{name}…"


@cache
def _glyphs(path: str) -> frozenset[int]:
    """The characters that a font file has."""
    try:
        return frozenset(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()


def _absent(text: str) -> set[str]:
    """The characters of a text that the house font lacks."""
    if text.isascii():
        return set()
    own = _glyphs(font_manager.findfont(FONT))
    return {c for c in text if ord(c) not in own and not c.isspace() and unicodedata.category(c) != "Cf"}


@cache
def _others() -> list[tuple[str, str]]:
    """(family, file) of the machine's other fonts, the likeliest first."""

    def rank(font: Any) -> Any:
        known = [k for k, name in enumerate(_OTHER_FONTS) if font.name.startswith(name)]
        return (
            known[0] if known else len(_OTHER_FONTS),
            font.style != "normal",
            abs(_weight(font) - 400),
            font.name,
            font.fname,
        )

    fonts = sorted(font_manager.fontManager.ttflist, key=rank)
    plain = [font for font in fonts if not font.name.startswith(("DejaVu", "Last Resort", "STIX", "cm"))]
    return list({font.name: (font.name, font.fname) for font in reversed(plain)}.values())[::-1]


def _weight(font: Any) -> int:
    return font.weight if isinstance(font.weight, int) else font_manager.weight_dict.get(font.weight, 400)


@cache
def _families(absent: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Families that have some characters, as few as come first, and the characters that none has."""
    found, left = [], set(absent)
    for family, path in _others() if left else ():
        has = {c for c in left if ord(c) in _glyphs(path)}
        if has:
            found.append(family)
            left -= has
        if not left:
            break
    return tuple(found), frozenset(left)


def _dress(fig: Figure) -> bool:
    """Give the texts that the house font cannot write a font that can, if there is one; whether there was any."""
    dressed = False
    for text in fig.findobj(Text):
        families, _ = _families(frozenset(_absent(text.get_text())))
        if families:
            text.set_fontfamily([FONT, *families])
            dressed = True
    return dressed


def lacking(fig: Figure) -> set[str]:
    """The characters of a figure that no font of this machine has."""
    return {c for text in fig.findobj(Text) for c in _families(frozenset(_absent(text.get_text())))[1]}


def footer_of(fig: Figure) -> str:
    """The footer that :func:`caption` set, on one line; empty if there is none."""
    return " ".join(" ".join(text.get_text().split()) for text in fig.texts if text.get_gid() == "footer")


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
    labels = sorted((text for text in ax.texts if text.get_gid() == "end-label"), key=lambda text: text.xy[1])
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


def save(fig: Figure, stem: Path, formats: Iterable[str]) -> list[Path]:
    """Write a figure as ``stem.FORMAT`` for each of png, svg, pdf; the same figure gives the same bytes.

    Each file appears whole or not at all. Call it within :func:`context`. The files carry title and footer as metadata,
    and no date.
    """
    title, footer = title_of(fig), footer_of(fig)
    metadata = {
        "png": {"Software": None, "Title": title, "Description": footer},
        "svg": {"Date": None, "Title": title, "Description": footer},
        "pdf": {"CreationDate": None, "Title": title, "Subject": footer},
    }
    paths = []
    for form in formats:
        path = stem.with_name(f"{stem.name}.{form}")
        buffer = io.BytesIO()
        with quiet():
            fig.savefig(buffer, format=form, dpi=DPI, metadata=metadata[form])
        write_bytes(path, buffer.getvalue())
        paths.append(path)
    return paths
