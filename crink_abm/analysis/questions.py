"""What the answers are asked about: the packages of an experiment file, each against its baseline, on some outcomes.

Every analysis reads a file of this shape, with one table more of its own.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar, cast

from pydantic import Field

from ..ensemble.build import make_worlds
from ..estimation.measures import measures
from ..experiment import reader
from ..experiment.design import baseline
from ..experiment.schema import MOST_AUDITED, Experiment
from ..model import arguments
from ..typing import PathLike
from ..util.errors import InputError
from ..util.schema import Strict, Whole
from .responses import Arm, Setting

#: A kind of experiment file.
Kind = TypeVar("Kind", bound=Experiment)

#: The arm that all packages are compared with.
BASELINE = "baseline"
#: The four kinds of force, which are shown apart.
HEADLINE = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")


class Ask(Strict):
    """``[ask]``: on which measures, with how many runs in each world, and from which size on an effect matters.

    Attributes
    ----------
    outcomes : measures (:func:`crink_abm.estimation.measures.measure`)
    runs_per_world : runs of each arm in each world; even
    margin : the smallest change of a probability that a reader would act on: half a percentage point, if not said
    """

    outcomes: list[str] = Field(default_factory=lambda: list(HEADLINE), min_length=1, max_length=100)
    runs_per_world: Annotated[Whole, Field(ge=2, le=MOST_AUDITED)] = 400
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.005


class AnswerFile(Experiment):
    """An experiment file with an ``[ask]`` table."""

    ask: Ask = Ask()

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("ask",): "is a table with outcomes, runs_per_world and margin",
        (
            "ask",
            "outcomes",
        ): "is a list of 1 to 100 measures: outcomes, conditionals, counts, 'mean FIELD' or 'last FIELD'",
        ("ask", "outcomes", "#"): "is the name of a measure; `crink-abm info` lists the outcomes",
        ("ask", "runs_per_world"): f"is an even number from 2 to {MOST_AUDITED:,}",
        ("ask", "margin"): "is a number between 0 and 1",
    }


def read(experiment: PathLike | Mapping[str, Any] | Kind, kind: type[Kind]) -> Kind:
    """An experiment of a kind: one that was read, the path of its file, or a dict of the same shape.

    Raises
    ------
    InputError
        If it cannot be taken.
    """
    if isinstance(experiment, kind):
        return experiment
    return reader.read(cast(PathLike, experiment), kind)


def setting_of(experiment: AnswerFile) -> Setting:
    """Worlds, months, seed, baseline and drivers of an experiment file.

    Raises
    ------
    InputError
        If the worlds cannot be made, or the file asks for what no analysis of this kind runs.
    """
    judge(experiment)
    arguments.environment()
    head = experiment.experiment
    worlds = make_worlds(experiment.worlds, experiment.parameters)
    return Setting(worlds, head.months, head.start, head.seed, baseline(experiment), experiment.drivers)


def arms_of(experiment: AnswerFile) -> list[Arm]:
    """The baseline, and each package as an arm."""
    return [Arm(BASELINE), *(Arm(name, levers) for name, levers in experiment.packages.items())]


def judge(experiment: AnswerFile) -> None:
    """Refuse what would mean nothing, before any world is made.

    Raises
    ------
    InputError
        If there is no package, a grid is asked for, an outcome is none, or the runs of a world are odd.
    """
    ask = experiment.ask
    if not experiment.packages:
        raise InputError("[packages] names at least one policy that is compared with the baseline; give one")
    asked = [name for name in ("factors", "one_at_a_time", "sample") if getattr(experiment, name)]
    if asked:
        raise InputError(f"[{asked[0]}] lays out a sweep; here policies are [packages] by name: leave it out")
    if experiment.worlds.runs_per_world is not None:
        raise InputError("[worlds] runs_per_world is for sweeps; here it is [ask] runs_per_world")
    if ask.runs_per_world % 2:
        raise InputError(
            f"[ask] runs_per_world is even, since runs fall into two halves; {ask.runs_per_world} was given"
        )
    measures(ask.outcomes)
