"""A figure of an answer written into the folder of its results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ...util.files import refuse_link
from ...util.folders import prepare
from .. import style


def write(folder: Path, name: str, draw: Callable[[Any], Figure], found: Any) -> list[Path]:
    """Draw what was found as ``figures/NAME.png``.

    Parameters
    ----------
    folder : of the results
    name : of the figure
    draw : gives the figure
    found : what it draws
    """
    place = folder / "figures"
    refuse_link(place / f"{name}.png")
    prepare(folder, place)
    with style.context():
        return style.save(style.settle(draw(found)), place / name, ("png",))
