"""What an engine is, and the engines there are, by name.

An engine runs a model under one calendar, many runs at a time. Two are there: ``"numba"``, compiled, and ``"mesa"``, the
rules interpreted one run at a time. A package adds its own under the entry point group ``crink_abm.engines``, or calls
:func:`register_engine`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..model.spec import ModelSpec
from ..util.errors import InputError, nearest, told

#: The group of entry points under which packages offer engines.
GROUP = "crink_abm.engines"


@runtime_checkable
class Engine(Protocol):
    """What runs a model.

    Attributes
    ----------
    name : by which :func:`get_engine` finds it
    model : what is simulated
    same_bits : whether its runs are those of Mesa to the last bit; else they have the same law only
    """

    name: str
    model: ModelSpec
    same_bits: bool

    def run(
        self, calendar: np.ndarray, worlds: np.ndarray, n: int, *, seed: int, first_run: int = 0,
        world_of: np.ndarray | None = None, rules: Mapping[str, Callable[..., Any]] | None = None, threads: int | None = None,
    ) -> np.ndarray:  # fmt: skip
        """``n`` runs, numbered from ``first_run``, under one calendar.

        Parameters
        ----------
        calendar : array (n_months, n_columns), columns as in ``model.columns``
        worlds : array (n_worlds, n_parameters), columns as in ``model.parameters``
        n : the number of runs
        seed, first_run : which random numbers; run k has those of (seed, k), whatever runs beside it
        world_of : array (n,) of row numbers of ``worlds``; all 0 if None
        rules : plain functions in place of rules, by full name
        threads : threads to use at most; all cores if None

        Returns
        -------
        array (n, n_results) of float64, columns as in ``model.results``; a run that failed is nan throughout.

        Raises
        ------
        InputError
            If an array has another shape, a run's world is no row, or the rules cannot be taken.
        """

    def trace(
        self, calendar: np.ndarray, worlds: np.ndarray, n: int, *, seed: int, first_run: int = 0,
        world_of: np.ndarray | None = None, rules: Mapping[str, Callable[..., Any]] | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Every field of ``n`` runs at the end of every month: array (n, n_months, n_fields), as in ``model.fields``.

        Arguments and errors are those of :meth:`run`. What a run that fails shows from that month on means nothing.
        """


#: Name -> what makes the engine, or where that is ("package.module:name"): it is imported when it is first asked for.
_makers: dict[str, Callable[[], Engine] | str] = {
    "numba": "crink_abm.engine.compiled:engine",
    "mesa": "crink_abm.agents.interpreted:MesaEngine",
}
_made: dict[str, Engine] = {}

#: Old name -> name.
ALIASES = {"batch": "numba"}


def register_engine(name: str, maker: Callable[[], Engine] | str) -> None:
    """Add an engine, or put another in the place of one.

    Parameters
    ----------
    name : by which users ask for it
    maker : a function without arguments that makes it, or where that function is: ``"package.module:name"``

    Raises
    ------
    InputError
        If the name is an alias or no text, or ``maker`` is neither.

    Examples
    --------
    >>> register_engine("numba", "crink_abm.engine.compiled:engine")
    """
    if not isinstance(name, str) or not name or name in ALIASES:
        raise InputError(
            f"an engine has a name of its own, and {', '.join(ALIASES)} is an alias; {told(name)} was given"
        )
    if not callable(maker) and not (isinstance(maker, str) and maker.count(":") == 1):
        raise InputError(
            f"an engine is made by a function, or by the one at 'package.module:name'; {told(maker)} was given"
        )
    _makers[name] = maker
    _made.pop(name, None)


def engine_names() -> list[str]:
    """The names of all engines: those registered, and those that installed packages offer."""
    return list(dict.fromkeys((*_makers, *(point.name for point in entry_points(group=GROUP)))))


def engine_name(name: str) -> str:
    """The name of an engine as it is now: an alias gives the name that it stands for.

    Raises
    ------
    InputError
        If there is no such engine.

    Examples
    --------
    >>> engine_name("batch")
    'numba'
    """
    found = ALIASES.get(name, name) if isinstance(name, str) else None
    if found in _makers:  # every slice of a sweep asks: to look through the installed packages takes milliseconds
        return found
    known = engine_names()
    if found not in known:
        raise InputError(
            f"engine is one of {', '.join(known)}; {told(name)} was given{nearest(name, known)}; register_engine adds another"
        )
    return found


def get_engine(name: str) -> Engine:
    """An engine by name; the same object each time.

    Raises
    ------
    InputError
        If there is no such engine, or what is registered makes none.

    Examples
    --------
    >>> get_engine("numba").same_bits
    True
    """
    if not isinstance(name, str) or name not in _made:
        name = engine_name(name)
    if name not in _made:
        maker = _makers.get(name)
        if maker is None:
            (maker, *_) = (point.load() for point in entry_points(group=GROUP, name=name))
        if isinstance(maker, str):
            place, _, attribute = maker.partition(":")
            maker = getattr(import_module(place), attribute)
        made = maker()
        if not isinstance(made, Engine):
            raise InputError(
                f"engine {name}: {told(maker)} makes no engine: one has name, model, same_bits, run and trace"
            )
        _made[name] = made
    return _made[name]
