"""What an experiment, or a finished sweep, makes of the page: its policies, baseline, seed and months."""

from pathlib import Path
from typing import Any

from ..experiment import reader
from ..experiment.design import baseline
from ..experiment.schema import Experiment
from ..model.levers import LEVERS
from ..results.results import Results
from ..util.errors import InputError


def experiment_of(given: str | Path) -> Experiment:
    """The experiment of a file, or of the folder of a finished sweep.

    Raises
    ------
    InputError
        If there is none, or it replaced rules, which a folder does not hold.
    """
    place = Path(given)
    if not place.is_dir():
        return reader.read(place)
    results = Results(place)
    if results.manifest["rules_replaced"]["names"]:
        raise InputError(
            f"the sweep in {str(place)!r} replaced rules, which a folder does not hold; give the page of those rules with "
            "crink_abm.page.bundle.made(worlds, rules)"
        )
    return results.experiment


def left_out(experiment: Experiment) -> str:
    """What of an experiment's worlds the page does not follow, in a sentence; empty if nothing."""
    table = experiment.worlds
    parts = [f"the first {table.size:,}"] if table.size is not None else []
    parts += ["some structures"] if table.structures != "all" else []
    return (
        f"the page has all worlds of the calibrated ensemble, where the experiment takes {' and '.join(parts)}"
        if parts
        else ""
    )


def questions(experiment: Experiment) -> dict[str, Any]:
    """What the page is told of an experiment (:func:`crink_abm.page.tables.document`).

    Raises
    ------
    InputError
        If it asks for what the page does not have: other worlds than the calibrated, held parameters, drivers.
    """
    head = experiment.experiment
    for table, given in (("parameters", experiment.parameters), ("drivers", experiment.drivers)):
        if given:
            raise InputError(f"[{table}] is not for the page, whose worlds and drivers are the package's; leave it out")
    if experiment.worlds.ensemble != "calibrated" or experiment.worlds.file is not None:
        raise InputError('the page carries the calibrated worlds; take [worlds] ensemble = "calibrated"')
    held = {name: level for name, level in baseline(experiment).items() if level != LEVERS[name].today}
    return {
        "packages": {name: {**held, **levers} for name, levers in experiment.packages.items()}, "baseline": held,
        "seed": head.seed, "months": head.months, "start": head.start, "experiment": head.name,
    }  # fmt: skip
