"""Experiment files, read and checked."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, overload

from pydantic import BaseModel, ValidationError

from ..ensemble import structures
from ..model import levers as policy
from ..model import parameters as coefficients
from ..model import scenarios
from ..model.parameters import SWITCHES
from ..typing import PathLike
from ..util.errors import InputError, nearest, told
from ..util.plain import check_names, in_words, plain, toml
from .design import points
from .factors import levels_of
from .schema import ALIASES, COMMAND_OF, SAID, Experiment, Ramp, Span

Kind = TypeVar("Kind", bound=Experiment)


@overload
def read(path: PathLike | Mapping[str, Any]) -> Experiment: ...
@overload
def read(path: PathLike | Mapping[str, Any], kind: type[Kind]) -> Kind: ...
def read(path: PathLike | Mapping[str, Any], kind: type[Experiment] = Experiment) -> Experiment:
    """An experiment file, checked; ``kind`` is the model of a file with more tables.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, or says something that cannot be taken; the message names
        the entry and what is allowed.
    """
    if isinstance(path, Mapping):
        return checked(path, kind=kind)
    if not isinstance(path, str | Path):
        raise InputError(f"an experiment is the path of a file, or a dict of the same shape; {told(path)} was given")
    path = Path(path)
    experiment = checked(toml(path), str(path), kind)
    experiment.worlds._folder = path.parent
    return experiment


@overload
def checked(data: Mapping[str, Any], where: str = "the experiment") -> Experiment: ...
@overload
def checked(data: Mapping[str, Any], where: str = "the experiment", *, kind: type[Kind]) -> Kind: ...
@overload
def checked(data: Mapping[str, Any], where: str, kind: type[Kind]) -> Kind: ...
def checked(data: Mapping[str, Any], where: str = "the experiment", kind: type[Experiment] = Experiment) -> Experiment:
    """An experiment from a dict of the same shape as the file, checked like :func:`read`.

    Raises
    ------
    InputError
        As of :func:`read`.

    Examples
    --------
    >>> from crink_abm.experiment import design, reader
    >>> experiment = reader.checked({
    ...     "experiment": {"name": "two_by_two", "seed": 1, "runs": 1000},
    ...     "levers": {"usfk_posture": [0.3, 0.8], "exposure": [0.5, 0.9]},
    ...     "packages": {"all": "article"},
    ... })
    >>> experiment.experiment.months
    120
    >>> design.points(experiment).families
    ['grid', 'grid', 'grid', 'grid', 'package', 'baseline']
    >>> reader.checked({"experiment": {"name": "x", "seed": -1, "runs": 1}})
    Traceback (most recent call last):
    crink_abm.util.errors.InputError: the experiment: [experiment.seed] is a whole number from 0 to ...; -1 was given
    """
    data = _renamed(plain(data, where), where)
    if "packages" in data:
        data = {**data, "packages": _with_scenarios(data["packages"], where)}
    try:
        experiment = kind.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{where}: {_sentence(error, data, kind)}") from None
    head, table = experiment.experiment, experiment.worlds
    if head.runs is None and table.runs_per_world is None and head.precision is None:
        raise InputError(
            f"{where}: [experiment.runs] is required and missing (or give [experiment.precision], half the width of every "
            "interval, or [worlds.runs_per_world], the runs of each world)"
        )
    for entry, check in _CHECKS.items():
        try:
            check(experiment)
        except InputError as error:
            raise InputError(f"{where}: {f'[{entry}] ' if entry.strip() else ''}{error}") from None
    return experiment


def _renamed(data: dict[str, Any], where: str) -> dict[str, Any]:
    """The data with what was once named otherwise under today's names (:data:`schema.ALIASES`); each is said once.

    Raises
    ------
    InputError
        If an entry is there under both names.
    """
    data = dict(data)
    for name, aliases in ALIASES.items():
        table = data.get(name)
        if not isinstance(table, dict):
            continue
        data[name] = table = dict(table)
        for old, (new, values) in aliases.items():
            if old not in table:
                continue
            if old != new and new in table:
                raise InputError(f"{where}: [{name}.{old}] is the old name of [{name}.{new}]; leave the old one out")
            value = table.pop(old)
            said = values.get(value, value) if isinstance(value, str) else value
            if old != new or said != value:
                was, now = (f"{n} = {told(x)}" if values else n for n, x in ((old, value), (new, said)))
                warnings.warn(f"{where}: [{name}] {was} is called {now} now; the old name is still read", stacklevel=2)
            table[new] = said
    return data


def _check_levers(experiment: Experiment) -> None:
    policy.checked(dict.fromkeys(experiment.levers, 0.0))
    for name, value in experiment.levers.items():
        for level in levels_of(value):
            policy.checked({name: level})


def _check_baseline(experiment: Experiment) -> None:
    held = policy.checked(experiment.baseline)
    for name, value in experiment.levers.items():
        levels = levels_of(value)
        if name in experiment.baseline and len(levels) == 1 and policy.checked({name: levels[0]})[name] != held[name]:
            raise InputError(
                f"{name} has another level than in [levers], which says it of the baseline too; leave one out"
            )


def _check_packages(experiment: Experiment) -> None:
    check_names("a package", experiment.packages, {"baseline": "the policy that all are compared with"})
    for name, chosen in experiment.packages.items():
        try:
            policy.checked(chosen)
        except InputError as error:
            raise InputError(f"{told(name)}: {error}") from None


def _check_one_at_a_time(experiment: Experiment) -> None:
    if experiment.one_at_a_time and experiment.one_at_a_time.levers != "all":
        policy.checked(dict.fromkeys(experiment.one_at_a_time.levers, 0.0))


def _check_structures(experiment: Experiment) -> None:
    table, known = experiment.worlds, [p.name for p in SWITCHES]
    if not isinstance(table.structures, dict):
        return
    for name, levels in table.structures.items():
        if name not in known:
            raise InputError(
                f"structures has no switch {told(name)}{nearest(name, known)}; they are {', '.join(known)}"
            )
        chosen = [coefficients.checked({name: x})[name] for x in (levels if isinstance(levels, list) else [levels])]
        if len(set(chosen)) < len(chosen):
            raise InputError(f"structures has a level of {name} twice; give each once")
    if table.ensemble == "defaults" and table.crossing == "balanced":
        raise InputError(
            'structures chooses among worlds, and ensemble = "defaults" has one: hold switches with [parameters], or take '
            'crossing = "full"'
        )


def _check_time(experiment: Experiment) -> None:
    """The run's months, and that each schedule has a date in them."""
    head = experiment.experiment
    policy.check_span(head.months, head.start)
    seen = set()
    for chosen in points(experiment).policies:
        for name, value in chosen.items():
            if isinstance(value, dict) and (said := (name, *value.items())) not in seen:
                seen.add(said)
                policy.checked({name: value})
                policy.check_dates(name, value, head.months, head.start)


#: Table -> what is checked of it besides its shape.
_CHECKS: dict[str, Callable[..., Any]] = {
    "levers": _check_levers,
    "baseline": _check_baseline,
    "packages": _check_packages,
    "one_at_a_time": _check_one_at_a_time,
    "worlds": _check_structures,
    "parameters": lambda experiment: coefficients.checked(experiment.parameters),
    # what it says names its table itself
    " ": lambda experiment: structures.checked(experiment.worlds, experiment.parameters),
    "drivers": lambda experiment: policy.calendar(None, 12, policy.START, experiment.drivers),
    "": _check_time,
}


def _place(data: Any, parts: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The entries that a validator's place leads through: what in it is no entry says in which way one was given."""
    place: list[int | str] = []
    for part in parts:
        if (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int)):
            data = _given(data, (part,))
            place.append(part)
    return tuple(place)


def _given(data: Any, place: tuple[int | str, ...]) -> Any:
    for part in place:
        data = data[part]
    return data


def _sentence(error: ValidationError, data: dict[str, Any], kind: type[Experiment]) -> str:
    """What a validator found, in one sentence: of several ways of giving an entry, by the way that was understood furthest."""
    found = [(_place(data, one["loc"]), one) for one in error.errors(include_url=False)]
    place, first = max(found, key=lambda x: len(x[0]) + (x[1]["type"] in ("missing", "extra_forbidden")))
    if first["type"] == "extra_forbidden":
        allowed = _allowed(kind, first["loc"][:-1])
        hint = nearest(str(place[-1]), allowed)
        if len(place) == 1 and place[0] in COMMAND_OF:
            hint = f"; an experiment with [{place[0]}] is run by `crink-abm {COMMAND_OF[str(place[0])]}`"
        return f"{in_words(place)} is not known here{hint}; known are {', '.join(allowed)}"
    if first["type"] == "missing":
        return f"{in_words((*place, first['loc'][-1]))} is required and missing"
    given = _given(data, place)
    what = _said(place, kind)
    if first["type"] == "value_error":
        what = first["msg"].removeprefix("Value error, ")
    elif what is None:
        what = f"is wrong: {first['msg'][0].lower()}{first['msg'][1:]}"
    many = (
        f"{len(given):,} entries were"
        if isinstance(given, dict | list) and first["type"] == "too_long"
        else f"{told(given)} was"
    )
    return f"{in_words(place)} {what}; {many} given"


def _said(place: tuple[int | str, ...], kind: type[Experiment] = Experiment) -> str | None:
    """What the entry at a place may be, in words: those of the kind of file, of the kinds it builds on, of every experiment."""
    words = [*(vars(one).get("SAID", {}) for one in kind.__mro__), SAID]
    for part in (place, *_looser(place)):
        for said in words:
            if part in said:
                text: str = said[part]
                return text
    return None


def _looser(place: tuple[int | str, ...]) -> list[tuple[str, ...]]:
    """A place with any name for its names, and any item for its items, the last names last."""
    steps = [("#",) if isinstance(part, int) else (part, "*") for part in place]
    found: list[tuple[str, ...]] = [()]
    for step in steps:
        found = [(*one, part) for one in found for part in step]
    return found


def _allowed(kind: Any, place: tuple[int | str, ...]) -> list[str]:
    """The entries that a table of an experiment file may have."""
    for part in place:
        if part in kind.model_fields:
            found = list(_tables(kind.model_fields[part].annotation))
            kind = found[0] if found else kind
        kind = {"span": Span, "ramp": Ramp}.get(str(part), kind)
    return [field.alias or name for name, field in kind.model_fields.items()]


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    """The tables that a type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)


@cache
def _known_scenario(text: str) -> dict[str, Any]:
    return scenarios.policy(text)


def _with_scenarios(packages: Any, where: str) -> Any:
    """``[packages]`` with the levers of a scenario in place of its name: the results say what was run."""
    if not isinstance(packages, dict):
        return packages
    try:
        return {
            label: dict(_known_scenario(said)) if isinstance(said, str) else said for label, said in packages.items()
        }
    except InputError as error:
        raise InputError(f"{where}: [packages] {error}") from None
