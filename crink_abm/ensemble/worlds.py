"""Worlds: draws of the parameters and the structural switches that a sweep spreads its runs over."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..model.parameters import CATALOGUE, SWITCHES, checked
from ..typing import ArrayLike, Structures
from ..util.csv_cells import shown
from ..util.errors import InputError, nearest
from ..util.scalars import real

_NAMES = tuple(CATALOGUE)
_LOW, _HIGH = (np.array([getattr(p, end) for p in CATALOGUE.values()]) for end in ("low", "high"))
_PLACES = [_NAMES.index(p.name) for p in SWITCHES]

#: Worlds, or draws of the prior, at most: half a gigabyte of parameters.
MOST = 200_000
#: The least effective number of different worlds (Kish: squared sum of copies over sum of their squares) that a choice of
#: structures may leave. Below it the spread between worlds, and so every interval over worlds, rests on a handful.
#: Of an ensemble that is small itself, a quarter of its own effective number is enough.
LEAST_EFFECTIVE = 30
#: Seed of the order in which worlds that stand in an order of the user's are dealt out.
_SHUFFLE = 20260101


def _checked(values: Any, as_of: str | None) -> np.ndarray:
    """A table of worlds: a row a world, a column a parameter in catalogue order, every value in its range.

    Raises
    ------
    InputError
        If it is none.
    """
    if hasattr(values, "columns"):  # a DataFrame: its names say which column is which
        odd = set(map(str, values.columns)) ^ set(_NAMES)
        if odd or len(values.columns) != len(_NAMES):
            said = f"{shown(min(odd))} is too many or missing" if odd else "one is there twice"
            raise InputError(f"a DataFrame of worlds has each of the {len(_NAMES)} parameters as a column once; {said}")
        values = values[list(_NAMES)]
    if np.ma.is_masked(values):
        raise InputError("a table of worlds has a number in every place; some are masked")
    try:
        table = np.asarray(values)
    except ValueError:
        table = np.array(None)
    if table.ndim != 2 or table.shape[1] != len(_NAMES) or table.dtype.kind not in "iuf":
        raise InputError(
            f"worlds are a table of numbers with a row a world and {len(_NAMES)} columns, one a parameter (`crink-abm info` "
            f"lists them); an array of shape {table.shape} and type {table.dtype} was given"
        )
    if not len(table):
        raise InputError("worlds are at least one; a table without a row was given")
    table = np.ascontiguousarray(table, np.float64)
    slack = 1e-6 * np.maximum(abs(_LOW), abs(_HIGH)) + (np.inf if as_of else 0.0)
    wrong = ~((table >= _LOW - slack) & (table <= _HIGH + slack)) | ~np.isfinite(table)
    switches = table[:, _PLACES]
    wrong[:, _PLACES] |= (switches < _LOW[_PLACES]) | (switches > _HIGH[_PLACES]) | (switches != np.floor(switches))
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        p = CATALOGUE[_NAMES[column]]
        whole = "is a whole number" if p.switch else "lies"
        raise InputError(f"world {row}: {p.name} {whole} in [{p.low:g}, {p.high:g}]; {table[row, column]:g} was given")
    return table


@dataclass(frozen=True, eq=False)
class Worlds:
    """A set of worlds: ``values`` (n_worlds, n_parameters), and where they come from.

    ``n_drawn`` is the number before screening; ``report`` says what the screen found; ``note`` is a sentence that goes with
    every result of these worlds. ``in_turn`` says that rows stand in an order that chance chose, so run k may live in row k
    modulo their number; where it is not set, runs are dealt out in an order that the order of rows has no part in.
    ``as_of`` is the month at which the worlds begin, if it is an earlier one: their values may then leave the ranges, which
    are those of 2026.

    Raises
    ------
    InputError
        If ``values`` is no table of worlds: another number of columns, no row, a value that is missing or out of its range.
    """

    values: np.ndarray
    origin: str
    n_drawn: int
    report: dict[str, Any] | None = None
    note: str | None = None
    in_turn: bool = False
    as_of: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _checked(self.values, self.as_of))

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def order(self) -> np.ndarray:
        """The rows in the order in which runs are dealt to them: array (n_worlds,).

        Rows are sorted by their values and then shuffled by one fixed seed: the same worlds in any order of rows are dealt
        out in the same order, and no sorting of the rows favours any of them.
        """
        if self.in_turn:
            return np.arange(len(self))
        varying = np.flatnonzero((self.values != self.values[0]).any(axis=0))
        by_value = np.lexsort(self.values[:, varying].T) if len(varying) else np.arange(len(self))
        return by_value[np.random.default_rng(_SHUFFLE).permutation(len(self))]

    def of(self, runs: ArrayLike) -> np.ndarray:
        """The world (row) of each run, by the runs' numbers: every whole round through the worlds has each once."""
        return self.order[np.asarray(runs) % len(self)].astype(np.int64)

    def of_runs(self, first_run: int, n: int) -> np.ndarray:
        """The world of each of ``n`` runs from ``first_run`` on: see :meth:`of`."""
        return self.of(first_run % len(self) + np.arange(n))

    def by_row(self, of_runs: np.ndarray) -> np.ndarray:
        """Whole rounds of runs (n_rounds x n_worlds, ...) as (n_rounds, n_worlds, ...), the worlds in order of their rows."""
        rounds = of_runs.reshape(-1, len(self), *of_runs.shape[1:])
        return rounds if self.in_turn else rounds[:, np.argsort(self.order)]

    @cached_property
    def number(self) -> np.ndarray:
        """Which of the different worlds each row is, in order of their values: array (n_worlds,)."""
        return np.unique(self.values, axis=0, return_inverse=True)[1].ravel()

    def weights(self, n_runs: int, first_run: int = 0) -> np.ndarray:
        """What each run of a row weighs so that all rows reached by ``n_runs`` runs weigh the same: array (n_worlds,).

        Runs that are no multiple of the worlds visit some of them once more than others; these runs weigh less. A world
        that stands in several rows counts once for each row reached, and all its runs weigh the same. The mean over the runs is
        1; where every row has as many runs, or none has two, each weight is exactly 1.0. Rows that no run reaches have 0.

        Parameters
        ----------
        n_runs, first_run : how many runs, and the number of the first
        """
        runs = np.full(len(self), n_runs // len(self))
        runs[self.of_runs(first_run, n_runs % len(self))] += 1
        reached = runs > 0
        runs, copies = np.bincount(self.number, runs), np.bincount(self.number, reached)
        share = n_runs * copies / np.maximum(reached.sum() * runs, 1.0)
        return np.where(reached, share[self.number], 0.0)

    def few(self, n_runs: int) -> str | None:
        """A sentence if ``n_runs`` runs do not reach every world, else None."""
        if n_runs >= len(self):
            return None
        return (
            f"{n_runs:,} of {len(self):,} worlds were reached: a run lives in one world, and there are fewer runs than worlds; "
            "what is estimated is for those, evenly drawn from all"
        )

    def first(self, n: int | None) -> "Worlds":
        """The ``n`` worlds that runs reach first (all if None, or if there are no more), in order of their rows."""
        if n is None or n >= len(self):
            return self
        if n < 1:
            raise InputError(f"at least one world is kept; {n} was given")
        rows = slice(n) if self.in_turn else np.sort(self.order[:n])
        return replace(self, values=self.values[rows], origin=f"{self.origin}, the first {n}")

    def column(self, name: str) -> np.ndarray:
        """The values of one parameter over the worlds."""
        if name not in CATALOGUE:
            raise InputError(f"no parameter is named {name!r}{nearest(name, CATALOGUE)}; `crink-abm info` lists them")
        return self.values[:, _NAMES.index(name)]

    def parameters(self, world: int) -> dict[str, float]:
        """One world as ``{name: value}``."""
        return dict(zip(_NAMES, self.values[world].tolist(), strict=True))


def defaults(parameters: Mapping[str, Any] | None = None) -> Worlds:
    """One world: every parameter at its default, or as given."""
    values = np.array([list(checked(parameters).values())])
    return Worlds(values, f"defaults, with {held_in_words(parameters)}" if parameters else "defaults", 1, in_turn=True)


def _levels(name: str, given: Any) -> list[float]:
    """The levels of a switch that are asked for, by name or number, one or a list."""
    chosen = list(given) if isinstance(given, list | tuple | set | range | np.ndarray) else [given]
    for level in chosen:
        size = real(level)
        if not isinstance(level, str) and (size is None or not abs(size) < 1e6):
            raise InputError(
                f"structures: {name} takes levels by name or number, one or a list; {shown(level)} was given"
            )
    if not chosen:
        raise InputError(f"structures: {name} takes at least one level; leave the switch out to leave it free")
    return list(dict.fromkeys(checked({name: level})[name] for level in chosen))


def _asked(which: Any, unnamed: str = "free") -> dict[str, list[float]]:
    """The levels of every switch that :func:`structures` crosses."""
    free = {p.name: [float(level) for level in p.drawn] for p in SWITCHES}
    default = {p.name: [float(p.default)] for p in SWITCHES}
    if isinstance(which, Mapping):
        for name in which:
            if name not in free:
                raise InputError(
                    f"no structural switch is named {shown(name)}{nearest(str(name)[:60], free)}; they are {', '.join(free)}"
                )
        return {**(free if unnamed == "free" else default), **{name: _levels(name, which[name]) for name in which}}
    if not isinstance(which, str) or which not in ("all", "default"):
        raise InputError(f"structures is 'all', 'default' or a table of switches; {shown(which)} was given")
    return free if which == "all" else default


def structures(which: Structures = "all", unnamed: str = "free") -> list[dict[str, float]]:
    """Combinations of the structural switches.

    ``"all"`` crosses every level; ``"default"`` is the one default; a mapping ``{switch: [levels]}`` crosses those and leaves
    a switch that it does not name free (all its levels), or at its default where ``unnamed`` says ``"default"``. Levels by name
    or number.
    """
    levels = _asked(which, unnamed)
    return [dict(zip(levels, combination, strict=True)) for combination in itertools.product(*levels.values())]


def levels_in_words(which: Structures, unnamed: str = "free") -> str:
    """The switches that are not left free, with their levels by name."""
    said, asked = [], _asked(which, unnamed)
    for p in SWITCHES:
        levels = asked[p.name]
        if set(levels) != {float(level) for level in p.drawn}:
            said.append(f"{p.name} {' or '.join(p.levels[int(level)].name.lower() for level in levels)}")
    return ", ".join(said)


def effective(rows: np.ndarray) -> float:
    """The effective number of different worlds among rows, by Kish: as many equally frequent ones tell as much."""
    copies = np.unique(rows, axis=0, return_counts=True)[1]
    return float(copies.sum() ** 2 / (copies**2).sum()) if len(copies) else 0.0


def agree(which: Structures, fixed: Mapping[str, Any] | None) -> None:
    """Refuse a switch that is held at a level which ``structures`` leaves out.

    Raises
    ------
    InputError
    """
    given, full = fixed or {}, checked(fixed)
    for name, levels in _asked(which).items() if isinstance(which, Mapping) else ():
        if name in given and full[name] not in levels:
            raise InputError(
                f"[parameters] holds {name} at {shown(given[name])}, which [worlds] structures leaves out "
                f"({levels_in_words(which)}); drop one"
            )


def chosen(worlds: Worlds, which: Structures, what: str, fixed: Mapping[str, Any] | None = None) -> Worlds:
    """The worlds that have one of the structures ``which``; see :func:`structures`.

    Parameters
    ----------
    what : the ensemble, for messages
    fixed : parameters that are to be held at a value

    Raises
    ------
    InputError
        If they are too few to stand for the ensemble (:data:`LEAST_EFFECTIVE`), or a switch is both chosen and held.
    """
    if which == "all":
        return worlds
    words = levels_in_words(which)
    both = [name for name in which if name in (fixed or {})] if isinstance(which, Mapping) else []
    if both:
        raise InputError(
            f"[worlds] structures chooses worlds by {both[0]}, and [parameters] holds it at one level in every world; drop one"
        )
    if not words:
        return worlds
    levels = _asked(which)
    mask = np.all([np.isin(worlds.column(name), kept) for name, kept in levels.items()], axis=0)
    before, left, n = effective(worlds.values), effective(worlds.values[mask]), int(mask.sum())
    least = min(LEAST_EFFECTIVE, before / 4.0)
    if left < least:
        raise InputError(
            f"structures ({words}) leave {n:,} of {len(worlds):,} {what}, effectively {left:.3g} different ones of {before:.3g}, "
            f'where {least:.3g} are the least; name fewer switches, take ensemble = "prior", or hold a switch in every world '
            "with [parameters]"
        )
    origin = f"{worlds.origin}, those with {words} ({n:,} of {len(worlds):,})"
    return replace(worlds, values=worlds.values[mask], origin=origin)


def held(worlds: Worlds, fixed: Mapping[str, Any] | None, note: str | None = None) -> Worlds:
    """The worlds with parameters held at a value; ``note`` goes with every result, its ``{}`` filled with what is held.

    Raises
    ------
    InputError
        On an unknown parameter or a value out of range.
    """
    if not fixed:
        return worlds
    full, values = checked(fixed), worlds.values.copy()
    for name in fixed:
        values[:, _NAMES.index(name)] = full[name]
    words = held_in_words(fixed)
    return replace(
        worlds, values=values, origin=f"{worlds.origin}, with {words}", note=note.format(words) if note else worlds.note
    )


def held_in_words(fixed: Mapping[str, Any]) -> str:
    """Parameters that are held, with their values; the first few of many."""
    full, said = checked(fixed), []
    for name in fixed:
        p = CATALOGUE[name]
        said.append(f"{name} held at {p.switch(int(full[name])).name.lower() if p.switch else f'{full[name]:g}'}")
    return ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


def affordable(n: Any, what: str, remedy: str) -> int:
    """A number of worlds or draws, counted before any is made.

    Raises
    ------
    InputError
        If it is no whole number from 1 to :data:`MOST`.
    """
    whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not whole or n < 1:
        raise InputError(f"{what}: a whole number of at least 1 is wanted; {shown(n)} was given")
    if n > MOST:
        many = f"{int(n):,}" if n < 10**18 else f"about 10^{int(math.log10(n))}"
        raise InputError(f"{what}: {many} are asked for, where {MOST:,} are the most; {remedy}")
    return int(n)


def prior(n: int, *, seed: int, which: Structures = "all", fixed: Mapping[str, Any] | None = None) -> Worlds:
    """``n`` worlds: a Latin hypercube over the declared ranges, crossed with the structures.

    The structures are dealt out in turn, in an order shuffled once, so each appears equally often
    (within one). ``fixed`` holds parameters at a value.

    Raises
    ------
    InputError
        If there are more than :data:`MOST`, or on what cannot be taken.
    """
    from scipy.stats import qmc

    affordable(n, "draws of the prior", "give fewer [worlds] draws")
    full = checked(fixed)
    free = [p for p in CATALOGUE.values() if p.switch is None and p.name not in (fixed or {})]
    rng = np.random.default_rng(seed)
    cube = qmc.LatinHypercube(d=len(free), rng=rng).random(n) if free else np.zeros((n, 0))
    values = np.tile(np.array(list(full.values())), (n, 1))
    for column, parameter in enumerate(free):
        values[:, _NAMES.index(parameter.name)] = parameter.quantile(cube[:, column])
    combinations = structures(which)
    agree(which, fixed)
    order = rng.permutation(len(combinations))
    for row in range(n):
        for name, level in combinations[order[row % len(order)]].items():
            if name not in (fixed or {}):
                values[row, _NAMES.index(name)] = level
    more = f", with {held_in_words(fixed)}" if fixed else ""
    return Worlds(values, f"prior (Latin hypercube of {n}, seed {seed}){more}", n, in_turn=True)


def keep(worlds: Worlds, mask: Sequence[bool] | np.ndarray, report: dict[str, Any]) -> Worlds:
    """The worlds that a screen left, with its report."""
    return replace(
        worlds,
        values=worlds.values[np.asarray(mask)],
        origin=worlds.origin + ", screened",
        n_drawn=len(worlds),
        report=report,
    )
