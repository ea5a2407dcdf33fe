"""How a reader shapes a chart: outcomes, policies, words, width, style, axes; and what the chart drew and says, as it is drawn.

A chart asks :func:`now`; what is asked for holds while :func:`shaped` is entered, and the defaults else.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

import matplotlib
import pandas as pd
from matplotlib import style as library
from matplotlib.axes import Axes

from ..util.errors import InputError, nearest, told
from ..util.scalars import real
from . import palette
from .palette import LEVERS, OUTCOMES, Look

CM = 1.0 / 2.54
#: Widths by name, in centimetres: one and two columns of a journal.
WIDTHS = {"single": 8.9, "double": 18.0}
NARROWEST, WIDEST = 6.0, 60.0
STYLES = ("house", "grey")
#: Words that charts write besides names; ``labels`` may give others for them, and a ``title``, ``finding`` and ``notes``.
WORDS = (
    "title", "finding", "notes", "safer", "riskier", "baseline", "Change (points)", "Change in risk (percentage points)",
    "Probability (%)", "Cumulative incidence (%)", "Years from the start", "Lever at 0", "Lever at 1",
    "Standard deviation (points)",
    "Monte Carlo error", "Parameters", "Structure", "happens", "happens no more", "happens in addition", "happens in neither",
)  # fmt: skip


class Options(TypedDict, total=False):
    """What every chart takes by keyword."""

    outcomes: Sequence[str] | str | None
    policies: Sequence[str | int] | str | int | None
    labels: Mapping[str, str] | None
    width: str | float
    style: Any
    ax: Axes | None


@dataclass
class Drawn:
    """What a chart drew: tables of numbers in order; and the sentences that it says of them."""

    tables: list[pd.DataFrame] = field(default_factory=list)
    finding: str = ""
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """What was asked of a chart; None where nothing was."""

    outcomes: tuple[str, ...] | None = None
    policies: tuple[str | int, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    width: float = WIDTHS["double"]
    style: Any = "house"
    ax: Axes | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    drawn: Drawn = field(default_factory=Drawn)

    @property
    def inches(self) -> float:
        """The figure's width in inches."""
        return self.width * CM

    @property
    def narrow(self) -> bool:
        """Whether the chart is laid out for one column."""
        return self.width < 12.0

    @property
    def grey(self) -> bool:
        """Whether it is for print in greys."""
        return isinstance(self.style, str) and self.style == "grey"


_NOW: ContextVar[Shape | None] = ContextVar("shape", default=None)


def now() -> Shape:
    """What is asked of the chart that is being drawn."""
    return _NOW.get() or Shape()


@contextlib.contextmanager
def shaped(shape: Shape) -> Iterator[Shape]:
    """Draw by a shape; what is drawn and said starts anew."""
    made = replace(shape, drawn=Drawn())
    token = _NOW.set(made)
    try:
        yield made
    finally:
        _NOW.reset(token)


def of(
    outcomes: Any = None, policies: Any = None, labels: Any = None, width: Any = "double", style: Any = "house", ax: Any = None,
    **more: Any,
) -> Shape:  # fmt: skip
    """The shape that arguments ask for.

    Raises
    ------
    InputError
        If an argument cannot be taken.
    """
    if ax is not None and not isinstance(ax, Axes):
        raise InputError(f"ax is an Axes of matplotlib; {told(ax)} was given")
    names = None if outcomes is None else _texts("outcomes", outcomes)
    for name in names or ():
        if name not in OUTCOMES:
            raise InputError(
                f"no outcome is named {told(name)}{nearest(name, OUTCOMES)}; they are {', '.join(OUTCOMES)}"
            )
    chosen = None if policies is None else _chosen(policies)
    if labels is not None and not (
        isinstance(labels, Mapping) and all(isinstance(text, str) for pair in labels.items() for text in pair)
    ):
        raise InputError(f"labels map names to the words shown in their place, text to text; {told(labels)} was given")
    return Shape(names, chosen, dict(labels or {}), _width(width), _style(style), ax, more)


def _texts(what: str, given: Any) -> tuple[str, ...]:
    found = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    if not found or not all(isinstance(one, str) for one in found) or len({*found}) < len(found):
        raise InputError(f"{what} is a name or a list of different names; {told(given)} was given")
    return found


def _chosen(given: Any) -> tuple[str | int, ...]:
    found = (given,) if isinstance(given, str | int) else tuple(given) if isinstance(given, Iterable) else ()
    if not found or any(isinstance(one, bool) or not isinstance(one, str | int) for one in found):
        raise InputError(f"policies are names of packages or numbers of points; {told(given)} was given")
    return found


def _width(given: Any) -> float:
    if isinstance(given, str) and given in WIDTHS:
        return WIDTHS[given]
    number = None if isinstance(given, str | bool) else real(given)
    if number is None or not NARROWEST <= number <= WIDEST:
        known = ", ".join(f"{name!r} ({cm:g} cm)" for name, cm in WIDTHS.items())
        raise InputError(f"width is {known}, or {NARROWEST:g} to {WIDEST:g} centimetres; {told(given)} was given")
    return number


def _style(given: Any) -> Any:
    if isinstance(given, Mapping):
        lost = [name for name in given if name not in matplotlib.rcParams]
        if lost:
            raise InputError(f"matplotlib has no setting {told(lost[0])}{nearest(str(lost[0]), matplotlib.rcParams)}")
        return dict(given)
    if not isinstance(given, str) or not (given in STYLES or given in library.available):
        raise InputError(
            f"style is {', '.join(map(repr, STYLES))}, a style of matplotlib ({', '.join(library.available[:3])}, ...) "
            f"or a mapping of its settings; {told(given)} was given"
        )
    return given


def outcomes(*default: str) -> list[Any]:
    """The outcomes that were asked for, or the default ones."""
    return list(now().outcomes or default)


def one_outcome(default: str) -> Any:
    """The outcome that was asked for, of a chart that shows one.

    Raises
    ------
    InputError
        If several were.
    """
    given = outcomes(default)
    if len(given) > 1:
        raise InputError(f"this chart shows one outcome; {', '.join(given)} were given")
    return given[0]


def word(text: str) -> str:
    """A word of a chart, or what the reader wants in its place."""
    return now().labels.get(text, text)


def look(name: str) -> Look:
    """An outcome's look, in the reader's words."""
    found, given = OUTCOMES[name], now().labels.get(name)
    return found if given is None else replace(found, label=given, short=given)


def lever(name: str) -> tuple[str, str]:
    """A lever's name and what its ends mean, in the reader's words (``labels["LEVER ends"]`` for the ends)."""
    label, ends = LEVERS[name]
    labels = now().labels
    return labels.get(name, label), labels.get(f"{name} ends", "" if name in labels else ends)


def lever_axis(name: str) -> str:
    """A lever's axis label: name, and on a second line what its ends mean."""
    label, ends = lever(name)
    return f"{label}\n({ends})" if ends else label


def change(text: str = "Change (points)") -> str:
    """The label of an axis of changes: which way is safer is said on a second line."""
    return f"{word(text)}\n\u2190 {word('safer')}   {word('riskier')} \u2192"


def colours() -> str:
    """The map of colours of changes: two hues about zero, or greys from light (safer) to dark (riskier)."""
    return "Greys" if now().grey else palette.DIVERGING


#: Columns of tables that are drawn as numbers.
NUMBERS = (
    "point", "month", "level", "x", "x_low", "x_high", "y", "y_low", "y_high", "middle", "mean", "prob", "low", "high", "diff",
    "diff_low", "diff_high", "diff_ensemble_low", "diff_ensemble_high", "discernible", "mc_se", "parameter_sd", "structure_sd",
    "structure_low", "structure_high", "diff_mc_se", "diff_parameter_sd", "diff_structure_sd", "diff_structure_low",
    "diff_structure_high", "before", "after", *LEVERS,
)  # fmt: skip


def record(data: pd.DataFrame) -> None:
    """Note the numbers of a table that is drawn."""
    now().drawn.tables.append(
        data[[name for name in data if name in NUMBERS or name == "outcome"]].reset_index(drop=True)
    )


def say(sentence: str, *, finding: bool = False) -> None:
    """Note a sentence for the alternative text; the finding stands below the title too."""
    if finding:
        now().drawn.finding = sentence
    else:
        now().drawn.sentences.append(sentence)
