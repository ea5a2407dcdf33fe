"""Text: which font has it, how wide it is, and over how many lines it goes."""

import contextlib
import textwrap
import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

FONT = "DejaVu Sans"
#: Fonts for what it lacks, those of East Asia first; after these any that the machine has.
_OTHER_FONTS = (
    "Noto Sans CJK", "Source Han Sans", "Noto Sans", "Nanum", "Malgun Gothic", "Apple SD Gothic", "PingFang", "Hiragino",
    "Microsoft YaHei", "SimHei", "WenQuanYi", "Droid Sans Fallback", "Arial Unicode", "Unifont",
)  # fmt: skip


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


@lru_cache(maxsize=20_000)
def _measured(text: str, bold: bool) -> float:
    """Width of a text, in its own size."""
    own = FontProperties(family=FONT, size=100.0, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, own, ismath=False)
    return float(width) / 100.0


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line in inches; a wide character of East Asia is as wide as it is high."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    plain = "".join(c for c in text if unicodedata.east_asian_width(c) not in "WF")
    return (_measured(plain, bold) + 1.02 * wide) * size / 72.0


def fitted(text: str, inches: float, size: float, bold: bool = False) -> list[str]:
    """A text in lines no wider than so many inches; a word that is wider is parted."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.append("")
        for word in paragraph.split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if text_width(longer, size, bold) <= inches:
                lines[-1] = longer
                continue
            if lines[-1]:
                lines.append("")
            for c in word:
                if lines[-1] and text_width(lines[-1] + c, size, bold) > inches:
                    lines.append("")
                lines[-1] += c
    return lines
