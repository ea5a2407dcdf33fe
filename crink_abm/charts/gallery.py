"""All charts of a sweep by name, and the one way to draw them."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from ..sweeps import manifest
from ..sweeps.store import Store
from ..typing import PathLike
from ..util.errors import InputError, nearest, one_line, told
from ..util.files import refuse_link
from ..util.folders import prepare
from . import memory, remembered, shape, style
from .of_sweeps import changes, chosen, curves, designs, lay, maps, spreads
from .panels import HEADLINE, NotAsked

if TYPE_CHECKING:
    from ..results.results import Results

FORMATS = memory.FORMATS

_LOG = logging.getLogger(__name__)

#: Name of a chart -> what draws it from results; raises CannotDraw where the sweep lacks the data. The findings come first.
CHARTS: dict[str, Callable[..., Any]] = {
    "ranking": lay.ranking,
    "icons": lay.icons,
    **{f"heat_{name}": maps.heat for name in HEADLINE},
    "responses": curves.responses,
    "incidence": curves.incidence,
    "first_failures": curves.competing,
    "levers": changes.lever_ends,
    "frontier": changes.frontier,
    "packages": changes.package_differences,
    "spreads": spreads.spreads,
    "difference_spreads": spreads.difference_spreads,
    "factors": designs.factors,
    **{f"sample_{name}": designs.sample for name in HEADLINE},
}
#: Charts of one outcome, which are named by it too: ``heat`` of two fronts is ``heat_two_front``.
OF_ONE: dict[str, Callable[..., Any]] = {"heat": maps.heat, "sample": designs.sample}
#: Keywords that only some charts take.
EXTRAS = {
    "ranking": ("levers", "most"), "responses": ("levers",), "levers": ("levers",), "difference_spreads": ("levers",),
    "frontier": ("lever",),
}  # fmt: skip


def figure(results: "Results", name: str, **options: Any) -> Figure:
    """One chart of a sweep as a matplotlib Figure, shaped by ``outcomes``, ``policies``, ``labels``, ``width``, ``style``.

    Parameters
    ----------
    results : sweeps.Results
    name : of ``CHARTS``, or ``heat_OUTCOME`` and ``sample_OUTCOME`` for any outcome
    options : as the chart's own function takes them (:mod:`crink_abm.charts.functions`)

    Returns
    -------
    A figure whose files carry how it was made; that of ``ax``, without, where axes were given.

    Raises
    ------
    InputError
        If no chart has that name, an option cannot be taken, or (``CannotDraw``) the sweep lacks what it shows.
    """
    chart, outcome = _named(name)
    known = {*shape.Options.__annotations__, *EXTRAS.get(chart, ())}
    for option in options:
        if option not in known:
            raise InputError(
                f"the chart {name} takes no {told(option)}{nearest(option, known)}; it takes {', '.join(sorted(known))}"
            )
    if outcome is not None:
        if options.get("outcomes") not in (None, outcome, [outcome], (outcome,)):
            raise InputError(f"{name} is of one outcome; leave out outcomes, or ask for the chart {chart!r}")
        options = options | {"outcomes": outcome}
    asked = shape.of(**options)
    _check_labels(results, asked)
    draws = OF_ONE.get(chart) or CHARTS[chart]
    with shape.shaped(asked) as made, style.context(asked.style):
        fig = draws(results)
        if asked.grey and asked.ax is None:
            style.greyed(fig)
        if asked.ax is not None:
            return fig
        style.settle(fig)
        given = {option: value for option, value in options.items() if value is not None and option != "ax"}
        return memory.attach(fig, remembered.of(results, chart, given, fig, made.drawn))


def _named(name: str) -> tuple[str, str | None]:
    """A chart by name, and the outcome that its name asks for."""
    if name in CHARTS and not name.startswith(("heat_", "sample_")):
        return name, None
    kind, _, outcome = name.partition("_") if isinstance(name, str) else ("", "", "")
    if kind in OF_ONE:
        if not outcome:
            return kind, None
        if outcome in style.OUTCOMES:
            return kind, outcome
    known = [*CHARTS, *OF_ONE, *(f"{kind}_{one}" for kind in OF_ONE for one in style.OUTCOMES)]
    raise InputError(
        f"no chart is named {told(name)}{nearest(str(name), known)}; the charts are {', '.join(CHARTS)}, and heat_ and sample_ "
        "with any outcome"
    )


def _check_labels(results: "Results", asked: shape.Shape) -> None:
    """Refuse words for what no chart shows: a slip in a name would pass in silence."""
    known = {
        *style.OUTCOMES,
        *style.LEVERS,
        *(f"{name} ends" for name in style.LEVERS),
        *shape.WORDS,
        *results.points["label"],
    }
    for dimension in results.manifest["grid"]:
        known |= {dimension["name"], *map(str, dimension["labels"])}
    for name in asked.labels:
        if name not in known:
            raise InputError(
                f"labels has {told(name)}, which is no outcome, lever, policy or word of a chart{nearest(name, known)}; "
                "the words are "
                f"{', '.join(shape.WORDS)}"
            )


def draw(
    results: "Results",
    folder: PathLike | None = None,
    only: Iterable[str] | None = None,
    formats: Iterable[str] = FORMATS,
    **options: Any,
) -> list[Path]:
    """Write the charts of a sweep into ``folder``/figures; charts it cannot give are skipped, the reason logged in a line.

    Parameters
    ----------
    results : sweeps.Results
    folder : where to; the sweep's own folder if None
    only : names of ``CHARTS``; all if None
    formats : of "png" (300 dots per inch), "svg", "pdf"
    options : as :func:`figure` takes them, for every chart that takes them

    Returns
    -------
    The paths written. The same results give the same bytes.

    Raises
    ------
    InputError
        On an unknown chart or format, or if a sweep is at work in the folder.
    """
    formats, names = tuple(formats), tuple(CHARTS if only is None else only)
    for form in formats:
        if form not in FORMATS:
            raise InputError(f"charts are written as {', '.join(FORMATS)}; {form!r} was given")
    for name in names:
        _named(name)
    with shape.shaped(shape.of(**options)) as asked:  # what no chart takes is refused before any is drawn
        chosen.policies(results)
        _check_labels(results, asked)
    target = Path(folder if folder is not None else results.folder) / "figures"
    with _drawing(results, target):
        for name in names:
            for form in formats:
                refuse_link(target / f"{name}.{form}")
        return _draw(results, names, target, formats, only, options)


@contextlib.contextmanager
def _drawing(results: "Results", target: Path) -> Iterator[None]:
    """Make a folder of figures; that of the sweep is held, unless its command holds it, and must still be of these results.

    Raises
    ------
    InputError
        If a sweep is at work in the folder, has changed it since, or the figures would go through a link.
    """
    refuse_link(target)
    own, store = results.folder, getattr(results, "store", None)
    if own is None or target.parent.resolve() != Path(own).resolve() or (store is not None and store.is_held):
        prepare(target.parent, target)
        yield
        return
    with Store(results.folder).hold(results.manifest["name"]):
        if manifest.load(results.folder) != results.manifest:
            raise InputError(f"{str(results.folder)!r} holds other results than when it was read; read it again")
        prepare(target.parent, target)
        yield


def _draw(
    results: "Results",
    names: Iterable[str],
    target: Path,
    formats: Iterable[str],
    only: Iterable[str] | None,
    options: dict[str, Any],
) -> list[Path]:
    paths, lacking = [], set()
    for name in names:
        try:
            extras = set().union(*EXTRAS.values()) - {*EXTRAS.get(_named(name)[0], ())}
            given = {option: value for option, value in options.items() if option not in extras}
            fig = figure(results, name, **given)
            lacking |= style.lacking(fig)
            with style.context(options.get("style", "house")):
                paths += style.save(fig, target / name, formats)
        except InputError as reason:
            if only is None and isinstance(reason, NotAsked):
                continue  # no news: the chart is for another kind of design
            _LOG.warning("chart %s skipped: %s", name, reason)
        except OSError:
            raise  # the disk's trouble, not the chart's
        except Exception as error:  # one chart ends neither the others nor the command
            _LOG.warning("chart %s could not be drawn: %s", name, one_line(f"{type(error).__name__}: {error}", 200))
    if lacking:
        _LOG.warning(
            "no font of this machine has %s: boxes stand in their place; install one that does, such as Noto Sans CJK",
            told("".join(sorted(lacking))),
        )
    return paths
