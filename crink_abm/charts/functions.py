"""One function a chart, to be shaped for a page: which outcomes and policies, in whose words, how wide, in which style.

Every function takes finished results and these keywords, and returns a matplotlib Figure::

    outcomes   names of outcomes, one or a list; by default the four kinds of force
    policies   names of packages or numbers of points; by default the packages
    labels     {name: words} for outcomes, levers, policies, factors and the chart's own words (``charts.WORDS``), any language;
               also "title", "finding", "notes"
    width      "single" (8.9 cm), "double" (18 cm), or a number of centimetres
    style      "house", "grey" (for print without colour), a style of matplotlib, or a mapping of its settings
    ax         axes to draw a chart of one panel on; no title, key or footer is written then

``fig.savefig("name.pdf")`` (or .png, .svg) writes 300 dots per inch, and with the picture how it was made: see
:mod:`crink_abm.charts.memory` and ``crink-abm reproduce``. All raise InputError where a keyword cannot be taken, or the sweep
lacks what the chart shows.

Examples
--------
>>> import tempfile
>>> import crink_abm as crink
>>> from crink_abm import charts
>>> experiment = {
...     "experiment": {"name": "one_lever", "seed": 1, "runs": 200, "months": 24},
...     "one_at_a_time": {"levers": ["exposure"], "points": 3},
...     "worlds": {"ensemble": "defaults"},
... }
>>> with tempfile.TemporaryDirectory() as folder:
...     results = crink.sweep(experiment, folder, progress=False)
...     fig = charts.responses(results, outcomes="korea_attack", labels={"exposure": "Offenlegung"}, width="single")
>>> [round(float(2.54 * inches), 1) for inches in fig.get_size_inches()][0]
8.9
>>> charts.data_of(fig).columns.tolist()[:3]
['table', 'outcome', 'point']
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd
from matplotlib.figure import Figure

from . import gallery, memory
from .shape import WORDS, Options

if TYPE_CHECKING:
    from ..results.results import Results

__all__ = [
    "WORDS", "data_of", "difference_spreads", "factors", "first_failures", "frontier", "heat", "icons", "incidence", "levers",
    "packages", "ranking", "responses", "sample", "spreads", "text_of",
]  # fmt: skip

_COMMON = ("outcomes", "policies", "labels", "width", "style", "ax")
_DEFAULTS = {"width": "double", "style": "house"}


def _shown(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """A chart's function with its keywords spelled out where help and editors look."""
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    common = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(name)) for name in _COMMON]
    vars(function)["__signature__"] = inspect.Signature([*own, *common], return_annotation=Figure)
    return function


@_shown
def ranking(results: "Results", *, levers: Any = None, most: int | None = None, **options: Unpack[Options]) -> Figure:
    """What moves which kind of force: each lever at 0 and at 1 as bars with intervals, ranked, a panel an outcome.

    ``levers`` names some; ``most`` is how many a panel shows (8 in two columns of a page, 5 in one).
    """
    return gallery.figure(results, "ranking", levers=levers, most=most, **options)


@_shown
def icons(results: "Results", **options: Unpack[Options]) -> Figure:
    """Of a hundred histories, in how many does force come: baseline and policies, the difference marked. For lay readers.

    By default the package that changes a risk most.
    """
    return gallery.figure(results, "icons", **options)


@_shown
def heat(results: "Results", **options: Unpack[Options]) -> Figure:
    """Change in one risk over two crossed levers; a sentence in its place where no cell can be told from the baseline.

    ``outcomes`` is one outcome, any (invasion of Taiwan by default).
    """
    return gallery.figure(results, "heat", **options)


@_shown
def responses(results: "Results", *, levers: Any = None, **options: Unpack[Options]) -> Figure:
    """Change in risk as one lever moves, a panel a lever (``levers`` names some), a line and two bands an outcome."""
    return gallery.figure(results, "responses", levers=levers, **options)


@_shown
def incidence(results: "Results", **options: Unpack[Options]) -> Figure:
    """When force comes: its cumulative incidence at the baseline, and each policy's paired difference, by year."""
    return gallery.figure(results, "incidence", **options)


@_shown
def first_failures(results: "Results", **options: Unpack[Options]) -> Figure:
    """Cumulative incidence of the first failure by cause (competing risks), a panel a policy; of all causes."""
    return gallery.figure(results, "first_failures", **options)


@_shown
def levers(results: "Results", *, levers: Any = None, **options: Unpack[Options]) -> Figure:
    """Change in risk with one lever at 0 or at 1, a row a lever, a panel an outcome, rows in one order."""
    return gallery.figure(results, "levers", levers=levers, **options)


@_shown
def frontier(results: "Results", *, lever: str = "dual_role", **options: Unpack[Options]) -> Figure:
    """Two risks (``outcomes``, a pair) against each other along a ``lever``, and their paired changes."""
    return gallery.figure(results, "frontier", lever=lever, **options)


@_shown
def packages(results: "Results", **options: Unpack[Options]) -> Figure:
    """Change in risk under packages of measures, a row a package, a panel an outcome."""
    return gallery.figure(results, "packages", **options)


@_shown
def spreads(results: "Results", **options: Unpack[Options]) -> Figure:
    """How uncertain each risk at the baseline is, by source: runs, parameters, structure of the model."""
    return gallery.figure(results, "spreads", **options)


@_shown
def difference_spreads(results: "Results", *, levers: Any = None, **options: Unpack[Options]) -> Figure:
    """How uncertain the change in one risk is (``outcomes``, one), by source; levers at 1, and packages."""
    return gallery.figure(results, "difference_spreads", levers=levers, **options)


@_shown
def factors(results: "Results", **options: Unpack[Options]) -> Figure:
    """Change in risk in every cell of a grid with factors, a row a combination, a panel an outcome."""
    return gallery.figure(results, "factors", **options)


@_shown
def sample(results: "Results", **options: Unpack[Options]) -> Figure:
    """Change in one risk (``outcomes``, one) at every policy of a sample, against each lever that it moves."""
    return gallery.figure(results, "sample", **options)


def data_of(fig: Figure) -> pd.DataFrame:
    """The numbers that a chart was drawn from: tidy, a row a mark, ``table`` the place of its table in the chart.

    Raises
    ------
    ValueError
        If it is no chart of this package, or was drawn on axes of the reader's.
    """
    found = memory.of(fig)
    if found is None:
        raise ValueError(
            "the figure remembers nothing: it is no chart of a sweep, or was drawn on axes that were given"
        )
    frames = [table.assign(table=k) for k, table in enumerate(found.tables)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"table": []})
    first = [name for name in ("table", "outcome", "point") if name in frame]
    return frame[[*first, *(name for name in frame if name not in first)]]


def text_of(fig: Figure) -> str:
    """The alternative text of a chart, made from its numbers: for the page that shows it."""
    found = memory.of(fig)
    return "" if found is None else found.text
