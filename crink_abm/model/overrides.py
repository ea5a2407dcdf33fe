"""Rules that a researcher puts in place of the model's: plain functions, checked before anything runs.

``{"china.crisis_prob": f}``: the key is a rule's full name (``crink-abm info`` and the model description list
them); ``f`` asks for any names of the model by its arguments, like every rule, and returns what the rule returns.

A function is taken as it stands at the call that it is given to (``simulate``, ``sweep``, ``DeterrenceModel``), with
the globals, arrays and functions that it reads: one of them set anew acts in the next call, in both engines, and never
in a model, sweep or kernel made before. What it reads is part of its fingerprint, by which compiled kernels, stored
runs, worlds and kept estimates are told apart.
"""

import hashlib
import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ..util.content import OpaqueError, digest, frozen, functions, plain
from ..util.errors import InputError, nearest
from .draws import Draw
from .rules import residuals
from .schedule import Step, steps
from .spec import MODEL, ModelSpec

#: How far a leader's odds may be from adding up to 1.
NEAR_ONE = 1e-9

_SOURCES_OF_CHANCE = {"random", "secrets", "uuid", "time", "os", "posix", "nt", "datetime"}
_KINDS = {
    inspect.iscoroutinefunction: "an async function",
    inspect.isasyncgenfunction: "an async generator",
    inspect.isgeneratorfunction: "a generator",
}


class OddsError(InputError):
    """A rule in place of the model's stated odds that are none: the run has failed."""


class Rules(dict[str, Any]):
    """Replacements that were checked, by full name, as they stood then; :func:`checked` makes them.

    Attributes
    ----------
    fingerprint : 16 hex digits that change with anything that decides what a rule gives; "" where none is replaced
    """

    def __init__(self, rules: Mapping[str, Callable[..., Any]], fingerprint: str) -> None:
        super().__init__(rules)
        self.fingerprint = fingerprint

    def __reduce__(self) -> tuple[Any, ...]:
        return Rules, (dict(self), self.fingerprint)


def whole(name: str, value: Any) -> int:
    """A whole number in [0, 2^64).

    Raises
    ------
    InputError
        Otherwise.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**64:
        raise InputError(f"{name} is a whole number in [0, 2^64); {value!r} was given")
    return int(value)


def reads_of(step: Step, function: Callable[..., Any], model: ModelSpec = MODEL) -> tuple[str, ...]:
    """The names of a model that a function asks for in place of a rule.

    Raises
    ------
    InputError
        If it asks for something the model does not have, or in a way in which no rule is called.
    """
    asked = inspect.signature(function).parameters
    for name, one in asked.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.KEYWORD_ONLY):
            raise InputError(
                f"rule {step.name} asks for {str(one)!r}: a rule is called with its arguments in order; "
                "name what it asks for, one by one, before any '*'"
            )
        if name not in model.names:
            raise InputError(
                f"rule {step.name} asks for {name!r}, which the model does not have{nearest(name, model.names)}; "
                "`crink-abm info` lists the names"
            )
    return tuple(asked)


def checked(rules: Mapping[str, Callable[..., Any]] | None, model: ModelSpec = MODEL) -> Rules:
    """The replacements as they stand now, each known by name, a plain function, asking for known names, without chance.

    What comes back does not change any more, whatever the globals or arrays that a function reads are set to; given
    back to this function, it is returned as it is.

    Raises
    ------
    InputError
        Otherwise, saying which rule and why.
    """
    if isinstance(rules, Rules):
        return rules
    if rules is None:
        return Rules({}, "")
    if not isinstance(rules, Mapping):
        raise InputError(
            "rules is a mapping from the full name of a rule to a function, for example {'china.crisis_prob': f}; "
            f"{type(rules).__name__} was given"
        )
    known = {step.name: step for step in model.steps}
    taken, seal = {}, hashlib.sha256()
    for name in sorted(rules, key=str):
        if name not in known:
            raise InputError(f"no rule is named {name!r}{nearest(name, known)}; the model description lists them")
        taken[name] = _taken(known[name], rules[name], model)
        try:
            seal.update(name.encode() + b"\0" + digest(taken[name]))
        except OpaqueError as error:
            raise InputError(f"rule {name} cannot be taken: {error}") from None
    return Rules(taken, seal.hexdigest()[:16] if taken else "")


def _taken(step: Step, function: Any, model: ModelSpec) -> types.FunctionType:
    """One replacement as it stands now."""
    function = plain(function)
    if not isinstance(function, types.FunctionType):
        given = "a class" if isinstance(function, type) else type(function).__name__
        raise InputError(
            f"rule {step.name} is replaced by a plain function; {given} was given: write def f(...): return ..., "
            "which may call it"
        )
    for is_kind, kind in _KINDS.items():
        if is_kind(function):
            raise InputError(f"rule {step.name} is replaced by a plain function, with def and return; {kind} was given")
    try:
        reads_of(step, function, model)
        for part, read in functions(function):
            _refuse_chance(step.name, part, read, model.draws)
        return frozen(function)
    except OpaqueError as error:
        raise InputError(f"rule {step.name} cannot be taken: {error}") from None
    except RecursionError:
        raise InputError(
            f"rule {step.name} cannot be taken: what it reads is nested too deeply; give numbers, tuples of them, or "
            "numpy arrays"
        ) from None


def _home(value: Any) -> str:
    """The module that a value is from."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        return type(owner).__module__
    return getattr(value, "__module__", None) or type(value).__module__


def _refuse_chance(name: str, function: types.FunctionType, read: Mapping[str, Any], draws: Collection[str]) -> None:
    for word, value in read.items():
        home = _home(value)
        numpys = home == "numpy" and isinstance(value, types.ModuleType) and "random" in function.__code__.co_names
        drawn = numpys or home.startswith("numpy.random") or home.partition(".")[0] in _SOURCES_OF_CHANCE
        if drawn and not isinstance(value, types.FunctionType):
            raise InputError(
                f"rule {name} uses {word!r} ({home}): a rule draws no chance and reads no clock of its own; ask for one "
                f"of the model's draws by name ({', '.join(list(draws)[:3])}, ...), which are common to all policies"
            )


def fingerprint(rules: Mapping[str, Callable[..., Any]] | None) -> str:
    """A hash of what the replacements do, and of all that they read: see :func:`crink_abm.util.content.digest`.

    The same in every process, wherever the function stands; of rules that :func:`checked` has taken, as they were then.

    Raises
    ------
    InputError
        If the replacements cannot be taken.
    """
    return checked(rules).fingerprint


def adds_up(step: Step) -> bool:
    """Whether what a rule writes are the odds of a leader's options, which add up to 1."""
    return len(step.writes) > 1 and all(name.startswith("prob_") for name in step.writes)


def odds_fault(step: Step, values: tuple[float, ...], model: ModelSpec = MODEL) -> str | None:
    """What is wrong with the odds that a replacement states: a probability outside [0, 1], or options that do not add
    up to 1 within :data:`NEAR_ONE`; None if nothing is. The compiled engine asks the same in the same order."""
    for name, value in zip(step.writes, values, strict=True):
        if name in model.probabilities and not 0.0 <= value <= 1.0:
            return f"rule {step.name} gives {name} = {value!r}, and a probability lies in [0, 1]"
    if adds_up(step):
        total = 0.0
        for value in values:
            total = total + value
        if not abs(total - 1.0) <= NEAR_ONE:
            return f"rule {step.name} gives odds that add up to {total!r}, not to 1 ({', '.join(step.writes)})"
    return None


#: The rules that sum the martingale residuals of a run, and what they read of what rules write.
RESIDUAL_RULES = frozenset(step.name for step in steps() if step.rule.__module__ == residuals.__name__)
_WRITTEN = frozenset(name for step in steps() for name in step.writes)
READ_BY_RESIDUALS = frozenset(name for step in steps() if step.name in RESIDUAL_RULES for name in step.reads) & _WRITTEN


def changes_odds(rules: Mapping[str, Callable[..., Any]] | Iterable[str] | None) -> bool:
    """Whether replaced rules may leave the residuals of a run (:mod:`crink_abm.model.rules.residuals`) with a mean that is not 0.

    True if one of them writes a name that the rules of residuals read (odds, choices, events), is one of those rules, or asks
    for a draw that the rule in its place does not ask for: the odds might then know what is drawn by them. Sums of
    events less their odds are then no martingales for certain, and estimates rest on counts.

    Parameters
    ----------
    rules : the replacements, by full name; names alone tell what is written, not what is asked for
    """
    for step in steps():
        if step.name not in (rules or ()):
            continue
        if step.name in RESIDUAL_RULES or READ_BY_RESIDUALS & set(step.writes):
            return True
        if isinstance(rules, Mapping) and set(Draw.__members__) & set(reads_of(step, rules[step.name])) - set(
            step.reads
        ):
            return True
    return False
