"""Rules that a researcher puts in place of the model's: plain functions, checked before anything runs.

``{"china.crisis_prob": f}``: the key is a rule's full name (``crink-abm info`` and the model description list
them); ``f`` asks for any names of the model by its arguments, like every rule, and returns what the rule returns.
"""

import hashlib
import inspect
import types
from collections.abc import Callable, Iterator, Mapping

from .codes import Draw
from .errors import InputError, nearest
from .levers import COLUMNS
from .parameters import CATALOGUE
from .state import BY_NAME
from .transition import Step, steps

#: Every name that a rule may ask for.
NAMES = frozenset((*BY_NAME, *CATALOGUE, *COLUMNS, *Draw.__members__, "month"))

_SOURCES_OF_CHANCE = {"random", "numpy.random", "secrets", "uuid", "time", "os", "datetime"}


def whole(name: str, value) -> int:
    """A whole number in [0, 2^64).

    Raises
    ------
    InputError
        Otherwise.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**64:
        raise InputError(f"{name} is a whole number in [0, 2^64); {value!r} was given")
    return int(value)


def reads_of(step: Step, function: Callable) -> tuple[str, ...]:
    """The names a function asks for in place of a rule.

    Raises
    ------
    InputError
        If it asks for something the model does not have.
    """
    asked = tuple(inspect.signature(function).parameters)
    for name in asked:
        if name not in NAMES:
            raise InputError(
                f"rule {step.name} asks for {name!r}, which the model does not have{nearest(name, NAMES)}; "
                "`crink-abm info` lists the names"
            )
    return asked


def plain_functions(function: Callable) -> Iterator[types.FunctionType]:
    """A function and every plain function that it names, each once."""
    seen, waiting = set(), [function]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield one
        named = inspect.getclosurevars(one)
        waiting += [
            x for x in (*named.globals.values(), *named.nonlocals.values()) if isinstance(x, types.FunctionType)
        ]


def checked(rules: Mapping[str, Callable] | None) -> dict[str, Callable]:
    """The replacements, each known by name, a plain function, asking for known names, and without chance of its own.

    Raises
    ------
    InputError
        Otherwise, saying which rule and why.
    """
    known = {step.name: step for step in steps()}
    for name, function in (rules or {}).items():
        if name not in known:
            raise InputError(f"no rule is named {name!r}{nearest(name, known)}; the model description lists them")
        if not isinstance(function, types.FunctionType):
            raise InputError(f"rule {name} is replaced by a plain function; {type(function).__name__} was given")
        reads_of(known[name], function)
        for part in plain_functions(function):
            _refuse_chance(name, part)
    return dict(rules or {})


def _refuse_chance(name, function):
    named = inspect.getclosurevars(function)
    for word, value in {**named.globals, **named.nonlocals}.items():
        home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None) or ""
        drawn = home in _SOURCES_OF_CHANCE or (home.startswith("numpy") and "random" in function.__code__.co_names)
        if drawn and not isinstance(value, types.FunctionType | type):
            raise InputError(
                f"rule {name} uses {word!r} ({home}): a rule draws no chance and reads no clock of its own; ask for one "
                f"of the model's draws by name ({', '.join(list(Draw.__members__)[:3])}, ...), which are common to all policies"
            )


def fingerprint(rules: Mapping[str, Callable]) -> str:
    """A hash of what the replacements do: their code, constants, and the plain functions they name."""
    digest = hashlib.sha256()
    for name in sorted(rules):
        digest.update(name.encode())
        for part in sorted(plain_functions(rules[name]), key=lambda f: f.__qualname__):
            code, named = part.__code__, inspect.getclosurevars(part)
            values = {**named.globals, **named.nonlocals}
            plain = {k: v for k, v in values.items() if isinstance(v, int | float | str | bool | tuple)}
            said = (
                code.co_code,
                code.co_consts,
                code.co_names,
                code.co_varnames,
                part.__defaults__,
                sorted(plain.items()),
            )
            digest.update(repr(said).encode())
    return digest.hexdigest()[:16] if rules else ""
