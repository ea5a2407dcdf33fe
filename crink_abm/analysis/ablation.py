"""Ablation: a mechanism switched off in every world, and what every policy does then.

The same runs face the same policies with a mechanism and without it (common random numbers), so the difference of the two effects
is paired run by run. A mechanism is switched off by its neutral constants (:mod:`crink_abm.model.mechanisms`), also beyond their
declared ranges; a *path* by freezing one input of a rule at its baseline mean. What is said of an effect is said by tests of
superiority and equivalence against the margin, never by failing to be significant: more runs, or another seed, can settle what
could not be told, and contradict nothing. Source: Schuirmann 1987; Pearl 2001 for path-specific effects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ..model.fields import BY_NAME
from ..model.levers import LEVERS
from ..model.mechanisms import MECHANISMS
from ..model.parameters import CATALOGUE
from ..model.schedule import steps
from ..typing import IntArray, PathLike
from ..util.errors import InputError, nearest
from ..util.schema import Strict
from .claims.evidence import interval, noise, seen
from .claims.verdicts import Interval
from .kept import Kept, keeping
from .questions import BASELINE, AnswerFile, arms_of, read, setting_of
from .responses import Arm, Responses, Setting, respond

#: What is said of a mechanism's part in an effect.
CARRIES, ADDS, AGAINST, OFFSET, NO_PART, OPEN = (
    "carries the effect", "adds to it", "works against it", "offset by others", "no part within the margin", "cannot be told",
)  # fmt: skip
#: What is said of a mechanism and an outcome.
RAISES, LOWERS, IDLE = "raises it", "lowers it", "does not move it within the margin"


class PathTable(Strict):
    """``[[ablate.paths]]``: an input of a rule that is frozen, at its baseline mean if no value is given."""

    name: str
    rule: str
    argument: str
    value: float | None = None


class AblateTable(Strict):
    """``[ablate]``: which mechanisms are switched off one by one, which paths are frozen, and whether all are audited."""

    mechanisms: Literal["all"] | list[str] = "all"
    paths: list[PathTable] = Field(default_factory=list)
    audit: Literal["all", "none"] = "all"


class AblationFile(AnswerFile):
    """An experiment file with ``[ask]`` and ``[ablate]``."""

    ablate: AblateTable = Field(default_factory=AblateTable)

    SAID: ClassVar[dict[tuple[int | str, ...], str]] = {
        ("ablate",): "is a table with mechanisms, paths and audit",
        ("ablate", "mechanisms"): "is 'all', or a list of mechanisms",
        ("ablate", "mechanisms", "#"): "is the name of a mechanism; docs/ablation.md lists them",
        (
            "ablate",
            "paths",
        ): "is a list of tables [[ablate.paths]], each with name, rule and argument, and a value or none",
        ("ablate", "paths", "#"): "is a table with name, rule and argument, and a value or none",
        ("ablate", "paths", "#", "name"): "is text",
        ("ablate", "paths", "#", "rule"): "is the full name of a rule, such as 'united_states.attention'",
        ("ablate", "paths", "#", "argument"): "is an input of that rule",
        ("ablate", "paths", "#", "value"): "is a number",
        ("ablate", "audit"): "is 'all' or 'none'",
    }


@dataclass(frozen=True, eq=False)
class Ablation:
    """What an ablation found.

    Attributes
    ----------
    effects : a row a mechanism (or path), package and outcome: before, after, part (before less after), each with low and high
        (95 %, the worlds as the sample); noise, the standard error of the part from noise alone; verdict; margin, n_worlds,
        n_different, runs_per_world
    audit : a row a mechanism and outcome at the baseline: with, without, difference, low, high, verdict
    dead : mechanisms that move no outcome and no effect beyond the margin
    """

    effects: pd.DataFrame
    audit: pd.DataFrame
    dead: list[str]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"effects": self.effects, "audit": self.audit}


def judge(file: AblationFile) -> list[str]:
    """The mechanisms of a file, in order.

    Raises
    ------
    InputError
        If one is unknown or cannot be switched off, or a path names no rule, or no input of it.
    """
    switchable = [one.name for one in MECHANISMS.values() if one.neutral]
    chosen = switchable if file.ablate.mechanisms == "all" else list(dict.fromkeys(file.ablate.mechanisms))
    for name in chosen:
        if name not in MECHANISMS:
            raise InputError(
                f"no mechanism is named {name!r}{nearest(name, MECHANISMS)}; they are {', '.join(switchable)}"
            )
        if name not in switchable:
            raise InputError(
                f"no number switches {name} off ({MECHANISMS[name].meaning}); leave it out, or freeze a path with "
                "[[ablate.paths]]"
            )
    known = {step.name: step for step in steps()}
    for path in file.ablate.paths:
        if path.rule not in known:
            raise InputError(
                f"no rule is named {path.rule!r}{nearest(path.rule, known)}; the model description lists them"
            )
        if path.argument not in known[path.rule].reads:
            raise InputError(
                f"rule {path.rule} reads no {path.argument!r}{nearest(path.argument, known[path.rule].reads)}; it reads "
                f"{', '.join(known[path.rule].reads)}"
            )
        if path.name in MECHANISMS or [one.name for one in file.ablate.paths].count(path.name) > 1:
            raise InputError(f"the path {path.name!r} has the name of another; give it one of its own")
    return chosen


def frozen(rule: str, argument: str, value: float) -> Callable[..., Any]:
    """A rule with one input held at a constant: a plain function of its other inputs, for ``rules=``.

    Raises
    ------
    InputError
        If there is no such rule, or it reads no such input.

    Examples
    --------
    >>> frozen("china.crisis_prob", "taiwan_crisis_share", 0.5)(0.2)
    0.1
    """
    step = next((one for one in steps() if one.name == rule), None)
    if step is None or argument not in step.reads:
        raise InputError(f"no rule {rule!r} reads {argument!r}")
    asked = ", ".join(name for name in step.reads if name != argument)
    given = ", ".join("_value" if name == argument else name for name in step.reads)
    space: dict[str, Any] = {"_rule": step.rule, "_value": float(value)}
    exec(f"def held({asked}):\n    return _rule({given})\n", space)
    made: Callable[..., Any] = space["held"]
    return made


def part_of(before: Interval, after: Interval, part: Interval, margin: float) -> str:
    """What a mechanism's part in an effect is called.

    Parameters
    ----------
    before, after : the effect with the mechanism and without it
    part : the first less the second, paired
    margin : the smallest change that matters
    """
    moved, whole, rest = part.called(margin), before.called(margin), after.called(margin)
    if moved == "within":
        return NO_PART
    if moved == "open" or whole == "open":
        return OPEN
    if whole == "within":
        return OFFSET
    if whole != moved:
        return AGAINST
    return OPEN if rest == "open" else (ADDS if rest == whole else CARRIES)


def moves(difference: Interval, margin: float) -> str:
    """What a mechanism does to an outcome: with it, less without."""
    return {"above": RAISES, "below": LOWERS, "within": IDLE, "open": OPEN}[difference.called(margin)]


def _off(arms: list[Arm], name: str, changes: Mapping[str, float], rules: Any = None) -> list[Arm]:
    return [replace(arm, name=f"{arm.name} | {name}", parameters=dict(changes), rules=rules) for arm in arms]


def _value_of(path: PathTable, setting: Setting, rounds: int, kept: Kept | None) -> float:
    """The constant at which a path is frozen: said, or the baseline mean of what is frozen."""
    if path.value is not None:
        return path.value
    name = path.argument
    if name in LEVERS:
        said = setting.baseline.get(name, LEVERS[name].today)
        return float(said) if not isinstance(said, dict) else LEVERS[name].today
    if name in CATALOGUE:
        return float(setting.worlds.column(name).mean())
    if name in BY_NAME:
        found = respond(setting, [Arm(BASELINE)], [f"mean {name}"], rounds=rounds, kept=kept)
        return float(found.total[0].mean())
    raise InputError(f"path {path.name!r} freezes {name!r}, which has no baseline mean; give its value")


def ablate(
    experiment: PathLike | Mapping[str, Any] | AblationFile,
    *,
    out: PathLike | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Ablation:
    """Switch mechanisms off one by one, and compare what every package does with them and without.

    Parameters
    ----------
    experiment : a file such as ``experiments/ablation.toml``, a dict of the same shape, or one that was read
    out : folder for tables; a study that was killed is taken up there
    progress : called with the arms done and those in all

    Returns
    -------
    Ablation

    Raises
    ------
    InputError
        If the file cannot be taken, or names a mechanism that cannot be switched off.

    Examples
    --------
    >>> import crink_abm
    >>> from crink_abm.analysis.ablation import AblationFile
    >>> file = AblationFile.model_validate({
    ...     "experiment": {"name": "one", "seed": 1, "runs": 1, "months": 24}, "worlds": {"ensemble": "calibrated", "size": 10},
    ...     "packages": {"posture": {"usfk_posture": 0.9}}, "ablate": {"mechanisms": ["ground_cost"], "audit": "none"},
    ...     "ask": {"outcomes": ["taiwan_failure"], "runs_per_world": 20}})
    >>> crink_abm.ablate(file).effects["mechanism"].tolist()
    ['ground_cost']
    """
    file = read(experiment, AblationFile)
    chosen = judge(file)
    with keeping(out, "ablate") as kept:
        found = _study(file, chosen, kept, progress)
        if kept:
            kept.finish(**found.tables)
    return found


def _study(
    file: AblationFile, chosen: list[str], kept: Kept | None, progress: Callable[[int, int], object] | None
) -> Ablation:
    setting, packages, rounds = setting_of(file), arms_of(file), file.ask.runs_per_world
    how: dict[str, Any] = {"rounds": rounds, "kept": kept}
    sets: dict[str, list[Arm]] = {}
    for name in chosen:
        sets[name] = _off(packages, name, MECHANISMS[name].neutral)
    for path in file.ablate.paths:
        rules = {path.rule: frozen(path.rule, path.argument, _value_of(path, setting, rounds, kept))}
        sets[path.name] = _off(packages, path.name, {}, rules)
    if file.ablate.audit == "all":
        for one in MECHANISMS.values():
            if one.neutral and one.name not in sets:
                sets[one.name] = _off(packages[:1], one.name, one.neutral)
    arms = packages + [arm for some in sets.values() for arm in some]
    found = respond(setting, arms, file.ask.outcomes, progress=progress, **how)
    number, margin = setting.worlds.number, file.ask.margin
    size = {"margin": margin, "n_worlds": len(number), "n_different": len(np.unique(number)), "runs_per_world": rounds}
    effects = [
        {**row, **size} for name, some in sets.items() if len(some) == len(packages)
        for row in _effects(found, name, packages, some, number, margin)
    ]  # fmt: skip
    audit = [{**row, **size} for name, some in sets.items() for row in _audit(found, name, some[0], number, margin)]
    effect, audited = pd.DataFrame(effects), pd.DataFrame(audit)
    return Ablation(effect, audited, _dead(effect, audited))


def _effects(
    found: Responses, name: str, packages: list[Arm], off: list[Arm], number: IntArray, margin: float
) -> list[dict[str, Any]]:
    rows = []
    for package, other in zip(packages[1:], off[1:], strict=True):
        for outcome in found.measures:
            before = found.change(package.name, BASELINE, outcome)
            after = found.change(other.name, off[0].name, outcome)
            three = {"before": before, "after": after, "part": before - after}
            runs = seen(found, (package.name, BASELINE, other.name, off[0].name), outcome)
            called = {key: interval(value, number, runs=runs) for key, value in three.items()}
            rows.append({
                "mechanism": name, "package": package.name, "outcome": outcome,
                **{f"{key}{end}": getattr(one, what) for key, one in called.items()
                   for end, what in (("", "mean"), ("_low", "low"), ("_high", "high"))},
                "noise": noise(three["part"]),
                "verdict": part_of(called["before"], called["after"], called["part"], margin),
            })  # fmt: skip
    return rows


def _audit(found: Responses, name: str, off: Arm, number: IntArray, margin: float) -> list[dict[str, Any]]:
    rows = []
    for outcome in found.measures:
        one = interval(
            found.change(BASELINE, off.name, outcome), number, runs=seen(found, (BASELINE, off.name), outcome)
        )
        here, there = found.influence(BASELINE, outcome).mean(), found.influence(off.name, outcome).mean()
        rows.append({
            "mechanism": name, "outcome": outcome, "with": here, "without": there, "difference": one.mean, "low": one.low,
            "high": one.high, "verdict": moves(one, margin),
        })  # fmt: skip
    return rows


def _dead(effects: pd.DataFrame, audit: pd.DataFrame) -> list[str]:
    """Mechanisms of which every call is that they move nothing within the margin."""
    calls = audit[["mechanism", "verdict"]]
    if len(effects):
        calls = pd.concat([calls, effects[["mechanism", "verdict"]]])
    idle = calls.groupby("mechanism", sort=False)["verdict"].agg(lambda said: set(said) <= {IDLE, NO_PART})
    return idle[idle].index.tolist()
