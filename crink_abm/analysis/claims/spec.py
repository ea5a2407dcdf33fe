"""Files of claims: what a claim says, fixed before anything is run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...estimation.measures import measures
from ...experiment import reader
from ...model import arguments
from ...model.levers import checked
from ...model.mechanisms import MECHANISMS
from ...model.parameters import CATALOGUE
from ...typing import PathLike
from ...util.errors import InputError, nearest
from ...util.schema import Strict
from ..questions import AnswerFile, Ask
from ..responses import Arm

#: Kinds of estimands; :mod:`crink_abm.analysis.claims.estimands` says what each is.
KINDS = ("level", "difference", "ratio", "trend", "interaction", "per_cost")


class ArmTable(Strict):
    """``[arms.NAME]``: a policy, and what is imposed with it."""

    levers: dict[str, float | dict[str, float]] = Field(default_factory=dict)
    drivers: dict[str, float | dict[str, float]] = Field(default_factory=dict)
    parameters: dict[str, float] = Field(default_factory=dict)


class Estimand(Strict):
    """What is estimated, and what the claim says of it.

    Attributes
    ----------
    kind : one of :data:`KINDS`
    measure : what is asked of runs (:func:`crink_abm.estimation.measures.measure`)
    arm : the arm that is judged
    base : the arm that it is compared with; none for a level
    base_measure : the measure of ``base``, where it is another
    parts : the arms whose effects are added up, of an interaction
    cost : the currency of ``per_cost``: money or politics
    against : the value that the estimate is compared with
    expected : the claim: the estimate lies above, below, or at ``against``
    margin : the smallest distance from ``against`` that matters
    words : the estimand in a sentence
    """

    kind: Literal["level", "difference", "ratio", "trend", "interaction", "per_cost"]
    measure: str
    arm: str
    base: str | None = None
    base_measure: str | None = None
    parts: list[str] = Field(default_factory=list)
    cost: Literal["money", "politics"] = "money"
    against: float = 0.0
    expected: Literal["above", "below", "same"]
    margin: Annotated[float, Field(gt=0)]
    words: str

    @property
    def arms(self) -> list[str]:
        """The arms that it reads."""
        return list(dict.fromkeys([self.arm, *([self.base] if self.base else []), *self.parts]))

    @property
    def measures(self) -> list[str]:
        """The measures that it reads."""
        trend = [self.measure.replace("last ", "mean ", 1)] if self.kind == "trend" else []
        return list(dict.fromkeys([self.measure, *([self.base_measure] if self.base_measure else []), *trend]))


class ClaimTable(Strict):
    """``[claim]``: the article's words, the mechanism, the deciding constant, the two estimands."""

    says: str
    lines: Annotated[list[int], Field(min_length=1)]
    quote: Annotated[str, Field(min_length=10)]
    mechanisms: Annotated[list[str], Field(min_length=1)]
    decides: str
    estimand: Estimand
    counter_says: str
    counter_source: str
    counter: Estimand


class ClaimFile(AnswerFile):
    """A file ``experiments/claims/C01.toml``: an experiment with arms and a claim."""

    arms: Annotated[dict[str, ArmTable], Field(min_length=1, max_length=20)]
    claim: ClaimTable
    ask: Ask = Ask(runs_per_world=150)

    @property
    def id(self) -> str:
        """The claim's number, C01 to C30."""
        return self.experiment.name

    def arm(self, name: str, parameters: dict[str, Any] | None = None) -> Arm:
        """One arm, with more parameters imposed; what the arm itself imposes stays."""
        table = self.arms[name]
        return Arm(name, table.levers, table.drivers, {**(parameters or {}), **table.parameters})

    def neutral(self) -> dict[str, float]:
        """The constants that switch the claim's mechanisms off."""
        return {name: value for one in self.claim.mechanisms for name, value in MECHANISMS[one].neutral.items()}

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("arms",): "is a table of 1 to 20 arms, each with levers, drivers and parameters",
        ("arms", "*"): "is a table with levers, drivers and parameters",
        ("arms", "*", "levers"): "is a table of levers",
        (
            "arms",
            "*",
            "levers",
            "*",
        ): 'is a number from 0 to 1, or a dated schedule such as { "2026-01" = 0.5, "2028-01" = 0.0 } of at most 1,200 dates',
        ("arms", "*", "drivers"): "is a table of drivers",
        ("arms", "*", "drivers", "*"): "is a number from -1 to 1 (imposed states up to 3), or dated steps",
        ("arms", "*", "parameters"): "is a table of parameters",
        ("arms", "*", "parameters", "*"): "is a number; it may lie beyond the declared range",
        (
            "claim",
        ): "is a table with says, lines, quote, mechanisms, decides, estimand, counter_says, counter_source and counter",
        ("claim", "says"): "is the claim in a sentence",
        ("claim", "lines"): "is a list of lines of the article",
        ("claim", "lines", "#"): "is the number of a line",
        ("claim", "quote"): "is what the article says, at least 10 characters of it",
        ("claim", "mechanisms"): "is a list of at least one mechanism",
        ("claim", "mechanisms", "#"): "is the name of a mechanism; docs/ablation.md lists them",
        ("claim", "decides"): "is the parameter that decides the claim",
        ("claim", "counter_says"): "is the counter-claim in a sentence",
        ("claim", "counter_source"): "is text",
        **{
            ("claim", part, *more): said
            for part in ("estimand", "counter")
            for more, said in {
                (): "is a table with kind, measure, arm, expected, margin and words, and what its kind needs",
                ("kind",): "is 'level', 'difference', 'ratio', 'trend', 'interaction' or 'per_cost'",
                ("measure",): "is the name of a measure",
                ("arm",): "is the name of an arm",
                ("base",): "is the name of an arm",
                ("base_measure",): "is the name of a measure",
                ("parts",): "is a list of arms",
                ("parts", "#"): "is the name of an arm",
                ("cost",): "is 'money' or 'politics'",
                ("against",): "is a number",
                ("expected",): "is 'above', 'below' or 'same'",
                ("margin",): "is a number above 0",
                ("words",): "is the estimand in a sentence",
            }.items()
        },
    }


def read(path: PathLike) -> ClaimFile:
    """A claim's file, judged.

    Raises
    ------
    InputError
        If it is missing, is no such file, or names what is not there.
    """
    file = reader.read(path, ClaimFile)
    judge(file, str(path))
    return file


def judge(file: ClaimFile, where: str) -> None:
    """Refuse what would mean nothing, before anything is run.

    Raises
    ------
    InputError
        Saying which entry, and what is allowed.
    """
    claim = file.claim
    if file.ask.runs_per_world % 2:
        raise InputError(f"{where}: [ask] runs_per_world is even, since runs fall into two halves")
    for name in claim.mechanisms:
        if name not in MECHANISMS:
            raise InputError(
                f"{where}: no mechanism is named {name!r}{nearest(name, MECHANISMS)}; `crink-abm ablate` lists them"
            )
    if claim.decides not in CATALOGUE:
        raise InputError(
            f"{where}: [claim] decides is a parameter; {claim.decides!r} is none{nearest(claim.decides, CATALOGUE)}"
        )
    for arm in file.arms.values():
        checked(arm.levers)
        for name in arm.parameters:
            if name not in CATALOGUE:
                raise InputError(f"{where}: no parameter is named {name!r}{nearest(name, CATALOGUE)}")
    for part, estimand in (("estimand", claim.estimand), ("counter", claim.counter)):
        for name in estimand.arms:
            if name not in file.arms:
                raise InputError(
                    f"{where}: [claim.{part}] asks for the arm {name!r}, and there is none{nearest(name, file.arms)}; "
                    f"arms are {', '.join(file.arms)}"
                )
        if estimand.base is None and estimand.kind not in ("level", "trend"):
            raise InputError(
                f"{where}: [claim.{part}] of kind {estimand.kind} needs base, the arm that it is compared with"
            )
        if estimand.kind == "interaction" and len(estimand.parts) < 2:
            raise InputError(f"{where}: [claim.{part}] of kind interaction needs at least two parts")
        if estimand.kind == "trend" and not estimand.measure.startswith("last "):
            raise InputError(
                f"{where}: [claim.{part}] of kind trend has a measure 'last FIELD'; {estimand.measure!r} was given"
            )
        if estimand.kind == "per_cost" and len(estimand.parts) != 1:
            raise InputError(
                f"{where}: [claim.{part}] of kind per_cost has one part, the arm whose effect is brought to equal cost"
            )
        measures(estimand.measures)


def read_all(folder: PathLike, ids: Sequence[str] = ()) -> list[ClaimFile]:
    """The claims of a folder, all or some, in order.

    Raises
    ------
    InputError
        If there is no such claim, or a file cannot be taken.
    """
    paths = {path.stem: path for path in sorted(Path(folder).glob("C[0-9][0-9].toml"))}
    if not paths:
        raise InputError(
            f"no claims stand in {str(folder)!r}; they are files C01.toml to C30.toml, as in experiments/claims"
        )
    for one in ids:
        arguments.outcome(one, paths, kind="claim")
    return [read(paths[one]) for one in (ids or paths)]
