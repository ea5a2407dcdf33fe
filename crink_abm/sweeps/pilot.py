"""The pilot of a sweep that is to reach a precision: a sweep of its own, kept beside the runs that count."""

from dataclasses import replace
from typing import Any, cast

from ..estimation import sample_size
from ..experiment.schema import Experiment
from ..util.errors import InputError
from ..util.files import read_table
from .plan import SweepPlan
from .runner import Runner
from .store import Store


def checked(experiment: Experiment) -> None:
    """Refuse what a precision cannot go with.

    Raises
    ------
    InputError
        If the file also fixes the runs of each world, or the runs off the grid.
    """
    table, head = experiment.worlds, experiment.experiment
    if table.runs_per_world is not None or table.crossing == "full":
        raise InputError(
            "[experiment] precision settles the number of runs, which a nested design fixes; leave out precision, or "
            "[worlds] runs_per_world and crossing"
        )
    if head.detail_runs is not None:
        raise InputError("[experiment] precision settles every point's runs; leave out detail_runs, or precision")


def settle(plan: SweepPlan, store: Store, **options: Any) -> SweepPlan:
    """The plan with the runs that each point needs, from a pilot of ``runs`` runs (2,000 if the file names none) under another
    seed.

    Parameters
    ----------
    plan : of an experiment with a precision
    store : of the sweep, which is held; the pilot goes to its folder ``pilot``, and is continued there like any sweep
    options : as of :class:`runner.Runner`
    """
    checked(plan.experiment)
    head, round_ = plan.head, len(plan.worlds)
    runs = sample_size.whole_rounds(head.runs or sample_size.PILOT_RUNS, round_)
    changed = {"precision": None, "detail_runs": None, "seed": sample_size.pilot_seed(head.seed), "runs": runs}
    experiment = plan.experiment.model_copy(update={"experiment": head.model_copy(update=changed)})
    folder = store.folder / "pilot"
    pilot = replace(plan, experiment=experiment, n_runs=(runs,) * len(plan.policies))
    Runner(pilot, Store(folder), **options).run()
    table = read_table(folder / "estimates.parquet")
    needed = sample_size.runs_needed(table, cast(float, head.precision), head.interval, round_)
    return plan.with_runs(needed[point] for point in range(len(plan.policies)))
