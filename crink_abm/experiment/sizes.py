"""The size of an experiment, and whether this machine and a disk have room for it: asked before anything is made."""

from pathlib import Path

from ..estimation.sample_size import PILOT_RUNS
from ..util.size import Size, held_by
from .design import points
from .schema import Experiment


def of(experiment: Experiment, engine: str = "numba", runs: int | None = None) -> Size:
    """How much an experiment asks for; of one with a precision, how much its pilot does.

    ``runs`` is the runs of each policy, instead of what the experiment says.
    """
    head, found = experiment.experiment, points(experiment)
    detail = runs or head.detail_runs
    runs = runs or head.runs or (PILOT_RUNS if head.precision else experiment.worlds.runs_per_world or 1)
    detail = detail or runs
    most: dict[int, int] = {}
    for family, first in zip(found.families, found.same_as, strict=True):
        most[first] = max(most.get(first, 0), runs if family in ("grid", "sample") else detail)
    return Size(len(most), sum(most.values()), head.months, engine=engine)


def check(experiment: Experiment, folder: str | Path, engine: str = "numba", runs: int | None = None) -> None:
    """Refuse an experiment for which this machine has not the memory, or the disk of ``folder`` not the room.

    Raises
    ------
    InputError
        With what it asks for, and what there is.
    """
    of(experiment, engine, runs).check(folder, held_by(folder))
