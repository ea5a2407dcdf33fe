"""All charts of a sweep by name, and the one way to draw them."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from ..sweeps import manifest
from ..sweeps.store import Store
from ..typing import PathLike
from ..util.errors import InputError, nearest, one_line, told
from ..util.files import refuse_link
from ..util.folders import prepare
from . import designs, style, sweep
from .panels import HEADLINE, NotAsked

if TYPE_CHECKING:
    from ..results.results import Results

FORMATS = ("png", "svg", "pdf")

_LOG = logging.getLogger(__name__)

#: Name of a chart -> what draws it from results; raises CannotDraw where the sweep lacks the data.
CHARTS: dict[str, Callable[..., Any]] = {
    **{f"heat_{name}": partial(sweep.heat, name) for name in HEADLINE},
    "responses": sweep.responses,
    "incidence": sweep.incidence,
    "first_failures": sweep.competing,
    "levers": sweep.lever_ends,
    "frontier": sweep.frontier,
    "packages": sweep.package_differences,
    "spreads": sweep.spreads,
    "difference_spreads": sweep.difference_spreads,
    "factors": designs.factors,
    **{f"sample_{name}": partial(designs.sample, name) for name in HEADLINE},
}


def figure(results: "Results", name: str) -> Figure:
    """One chart of a sweep as a matplotlib Figure.

    Raises
    ------
    InputError
        If no chart has that name, or (``CannotDraw``) the sweep lacks what it shows.
    """
    with style.context():
        return style.settle(CHARTS[_checked(name)](results))


def _checked(name: str) -> str:
    if name not in CHARTS:
        raise InputError(f"no chart is named {name!r}{nearest(name, CHARTS)}; the charts are {', '.join(CHARTS)}")
    return name


def draw(
    results: "Results",
    folder: PathLike | None = None,
    only: Iterable[str] | None = None,
    formats: Iterable[str] = FORMATS,
) -> list[Path]:
    """Write the charts of a sweep into ``folder``/figures; charts it cannot give are skipped, the reason logged in a line.

    Parameters
    ----------
    results : sweeps.Results
    folder : where to; the sweep's own folder if None
    only : names of ``CHARTS``; all if None
    formats : of "png" (200 dots per inch), "svg", "pdf"

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
        _checked(name)
    target = Path(folder if folder is not None else results.folder) / "figures"
    with _drawing(results, target):
        for name in names:
            for form in formats:
                refuse_link(target / f"{name}.{form}")
        return _draw(results, names, target, formats, only)


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
    results: "Results", names: Iterable[str], target: Path, formats: Iterable[str], only: Iterable[str] | None
) -> list[Path]:
    paths, lacking = [], set()
    for name in names:
        try:
            fig = figure(results, name)
            lacking |= style.lacking(fig)
            with style.context():
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
