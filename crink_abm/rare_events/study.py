"""``rare``: rare events of the policies of an experiment file, each estimate kept."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Any, ClassVar, Literal

import pandas as pd
from pydantic import Field

from ..ensemble.build import make_worlds
from ..ensemble.worlds import Worlds
from ..experiment import design, reader
from ..experiment.schema import Experiment
from ..model import arguments, levers
from ..model.outcomes import OUTCOMES
from ..model.overrides import checked as checked_rules
from ..model.overrides import fingerprint
from ..typing import ExperimentLike, OutcomeName, PathLike, Rules, RunProgress
from ..util import schema
from ..util.schema import Whole
from .estimator import FIRST_RUNS, estimate, unit_of
from .sampler import steerable
from .store import Kept, key_of


class RareTable(schema.Strict):
    """``[rare]``: which outcomes, how precisely, and the most runs for one of them."""

    outcomes: Annotated[list[OutcomeName], Field(min_length=1)] = Field(default=["nuclear_use", "two_front"])
    relative: Annotated[float, Field(gt=0, lt=1)] = 0.1
    most_runs: Annotated[Whole, Field(ge=2 * FIRST_RUNS)] = 8_388_608


class RareFile(Experiment):
    """An experiment file that may have a ``[rare]`` table."""

    rare: RareTable = RareTable()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("rare",): "is a table with outcomes, relative and most_runs",
        ("rare", "outcomes"): "is a list of outcomes, such as those that `crink-abm info` names",
        ("rare", "outcomes", "#"): "is the name of an outcome; `crink-abm info` lists them",
        ("rare", "relative"): "is a number between 0 and 1",
        ("rare", "most_runs"): "is a whole number of at least 131,072",
    }


def prepared(
    experiment: ExperimentLike, outcome: str | None, relative: float | None, rules: Rules | None
) -> tuple[RareFile, Sequence[str], float, Any, Worlds]:
    """All that is checked before work: (plan, outcomes, relative, rules, worlds).

    Raises
    ------
    InputError
        If anything cannot be taken.
    """
    experiment, rules = arguments.experiment(experiment), checked_rules(arguments.rules(rules))
    plan = (
        reader.checked(experiment, kind=RareFile) if isinstance(experiment, dict) else reader.read(experiment, RareFile)
    )
    if outcome is not None:
        arguments.outcome(outcome, OUTCOMES)
    relative = arguments.number("relative", plan.rare.relative if relative is None else relative, 0.0, 1.0, 0.1)
    arguments.environment()
    steerable(rules)
    worlds = make_worlds(plan.worlds, plan.parameters, rules)
    unit_of(len(worlds), plan.rare.most_runs)
    return plan, [outcome] if outcome else plan.rare.outcomes, relative, rules, worlds


def rare(
    experiment: ExperimentLike,
    *,
    outcome: OutcomeName | None = None,
    relative: float | None = None,
    out: PathLike | None = None,
    rules: Rules | None = None,
    threads: int | None = None,
    progress: RunProgress | Literal[False] | None = None,
) -> pd.DataFrame:
    """Probabilities far below one over the number of runs, for every policy of an experiment.

    Ways to the event are sought by leaders' types, outbreaks of crisis and leaders' choices in both theatres. A way that needs
    another improbable draw is found only as often as plain runs find it.

    Parameters
    ----------
    experiment : path of an experiment file, or a dict of its shape; ``[rare]`` gives ``outcomes``, ``relative`` (half the
        width of the 95 % interval over the probability) and ``most_runs``
    outcome : this one instead of the file's
    relative : this precision instead of the file's
    out : folder that keeps each finished estimate, and at the end the table; the same command takes up from there
    rules : plain functions in place of rules, but of the four that draw outbreaks and choices (their odds may be replaced)

    Returns
    -------
    DataFrame, a row a policy and outcome: point, label, outcome, prob, low, high (95 %, Student's t between 64
    replicates, log scale), relative_error, reached, n_runs, brute_force_runs, doubt, method.

    Raises
    ------
    InputError
        If the experiment, the outcome, the precision or a rule cannot be taken, ``most_runs`` is too few for the worlds, a
        run failed, or the folder cannot be written or is a sweep's.

    Examples
    --------
    >>> import crink_abm as crink
    >>> experiment = {
    ...     "experiment": {"name": "seldom", "seed": 1, "runs": 1, "months": 12},
    ...     "worlds": {"ensemble": "defaults"},
    ... }
    >>> table = crink.rare(experiment, outcome="nuclear_use", relative=0.9)
    >>> table[["point", "label", "outcome", "reached"]]
       point     label      outcome  reached
    0      0  baseline  nuclear_use     True
    """
    threads, out = arguments.workers(threads), None if out is None else arguments.path("out", out)
    show: RunProgress | None = arguments.callback("progress", None if progress is False else progress)
    plan, names, relative, rules, worlds = prepared(experiment, outcome, relative, rules)
    head, points, rows = plan.experiment, design.points(plan), []
    kept = Kept(out) if out else None
    with kept.work() if kept else nullcontext():
        for point, chosen in enumerate(points.policies):
            calendar = levers.calendar(chosen, head.months, head.start, plan.drivers)
            for name in names:
                said = {"outcome": name, "seed": head.seed, "relative": relative, "most_runs": plan.rare.most_runs}
                key = key_of(calendar, worlds.values, {**said, "rules": fingerprint(rules)})
                found = kept.read(key) if kept else None
                if found is None:
                    found = estimate(
                        calendar, worlds.values, name, seed=head.seed, relative=relative, most_runs=plan.rare.most_runs,
                        rules=rules, threads=threads, progress=show,
                    )  # fmt: skip
                    if kept:
                        kept.write(key, found)
                rows.append({"point": point, "label": points.labels[point], **found})
        table = pd.DataFrame(rows)
        if kept:
            kept.finish(table)
    return table
