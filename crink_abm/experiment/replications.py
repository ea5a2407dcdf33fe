"""Nested designs: levers x parameter draws x structures x runs, asked for by the runs of each world."""

from ..ensemble import from_file
from ..ensemble.build import make_worlds
from ..util.errors import InputError
from .schema import Experiment

#: Runs of one policy at most.
MOST_RUNS = 10**12


def cheap(experiment: Experiment) -> bool:
    """Whether the worlds can be counted at once, without a screen."""
    return experiment.worlds.ensemble != "prior" or experiment.worlds.screen == "none"


def resolved(experiment: Experiment, rules=None, runs: int | None = None) -> Experiment:
    """The experiment with its runs a point worked out from the runs a world, and its file of worlds pinned by its hash.

    Parameters
    ----------
    rules : as in :func:`build.make_worlds`
    runs : runs a point, instead of all that the file says of it

    Raises
    ------
    InputError
        If the runs a point and the runs a world contradict each other, or runs cannot be spread evenly where the design
        asks for it; or if the file of worlds is not the one pinned.
    """
    head, table = experiment.experiment, experiment.worlds
    if table.file is not None:
        held = from_file.digest(table.file)
        if table.sha256 not in (None, held):
            raise InputError(
                f"{table.file} has the SHA-256 {held}, not {table.sha256} as [worlds] says; take that file, or drop sha256"
            )
        table = table.model_copy(update={"sha256": held})
    elif table.sha256 is not None:
        raise InputError("[worlds] sha256 pins a file of worlds; leave it out where the ensemble has a name")
    if cheap(experiment):
        make_worlds(table, experiment.parameters, rules)  # refused now, if at all, and not after the folder is made
    detail = None if runs else head.detail_runs
    if table.runs_per_world is None and table.crossing == "balanced":
        head = head.model_copy(update={} if runs is None else {"runs": runs, "detail_runs": None})
        return experiment.model_copy(update={"experiment": head, "worlds": table})
    n_worlds = len(make_worlds(table, experiment.parameters, rules))
    wanted = runs or head.runs or n_worlds * table.runs_per_world
    if wanted > MOST_RUNS:
        raise InputError(
            f"{n_worlds:,} worlds with as many runs each are {wanted:,} runs a policy, where {MOST_RUNS:,} are the most; "
            "give fewer [worlds] runs_per_world, or draws"
        )
    for what, n in (("runs", wanted), ("detail_runs", detail)):
        if n is not None and n % n_worlds:
            below = n - n % n_worlds
            near = " or ".join(f"{k:,}" for k in (below, below + n_worlds) if k)
            raise InputError(
                f"in a nested design each of the {n_worlds:,} worlds has as many runs: {what} is a multiple of that, such as "
                f"{near}; {n:,} was given"
            )
    if runs is None and table.runs_per_world is not None and wanted != n_worlds * table.runs_per_world:
        raise InputError(
            f"[experiment] runs = {head.runs:,} and [worlds] runs_per_world = {table.runs_per_world:,} contradict each other: "
            f"{n_worlds:,} worlds x {table.runs_per_world:,} runs = {n_worlds * table.runs_per_world:,}; leave one of them out"
        )
    head = head.model_copy(update={"runs": wanted, "detail_runs": detail})
    table = table.model_copy(update={"runs_per_world": wanted // n_worlds})
    return experiment.model_copy(update={"experiment": head, "worlds": table})
