"""Worlds: draws of the parameters and the structural switches that a sweep spreads its runs over."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .parameters import CATALOGUE, SWITCHES, checked

_NAMES = tuple(CATALOGUE)


@dataclass(frozen=True)
class Worlds:
    """A set of worlds: ``values`` (n_worlds, n_parameters), and where they come from.

    ``n_drawn`` is the number before screening; ``report`` says what the screen found.
    """

    values: np.ndarray
    origin: str
    n_drawn: int
    report: dict | None = None

    def __len__(self):
        return len(self.values)

    def of_runs(self, first_run: int, n: int) -> np.ndarray:
        """The world of each run: run k lives in world k modulo the number of worlds."""
        runs = np.arange(n, dtype=np.uint64) + np.uint64(first_run)  # numbers go to 2^64 - 1
        return (runs % np.uint64(len(self.values))).astype(np.int64)

    def first(self, n: int | None) -> "Worlds":
        """The first ``n`` worlds (all if None, or if there are no more)."""
        if n is None or n >= len(self):
            return self
        return Worlds(self.values[:n], f"{self.origin}, the first {n}", self.n_drawn, self.report)

    def column(self, name: str) -> np.ndarray:
        """The values of one parameter over the worlds."""
        return self.values[:, _NAMES.index(name)]

    def parameters(self, world: int) -> dict[str, float]:
        """One world as ``{name: value}``."""
        return dict(zip(_NAMES, self.values[world].tolist(), strict=True))


def defaults(parameters: Mapping | None = None) -> Worlds:
    """One world: every parameter at its default, or as given."""
    values = np.array([list(checked(parameters).values())])
    return Worlds(values, "defaults", 1)


def structures(which="all") -> list[dict[str, float]]:
    """Combinations of the structural switches.

    ``"all"`` crosses every level; ``"default"`` is the one default; a mapping ``{switch: [levels]}``
    crosses those and leaves the others at their default. Levels by name or number.
    """
    levels = {p.name: [p.default] for p in SWITCHES}
    if which == "all":
        levels = {p.name: [float(level) for level in p.switch] for p in SWITCHES}
    elif isinstance(which, Mapping):
        for name, chosen in which.items():
            if name not in levels:
                raise InputError(f"no structural switch is named {name!r}; they are {', '.join(levels)}")
            chosen = [chosen] if isinstance(chosen, str | int | float) else list(chosen)
            levels[name] = [checked({name: level})[name] for level in chosen]
    elif which != "default":
        raise InputError(f"structures is 'all', 'default' or a table of switches; {which!r} was given")
    return [dict(zip(levels, combination, strict=True)) for combination in itertools.product(*levels.values())]


def prior(n: int, *, seed: int, which="all", fixed: Mapping | None = None) -> Worlds:
    """``n`` worlds: a Latin hypercube over the declared ranges, crossed with the structures.

    The structures are dealt out in turn, in an order shuffled once, so each appears equally often
    (within one). ``fixed`` holds parameters at a value.
    """
    from scipy.stats import qmc

    held = checked(fixed)
    free = [p for p in CATALOGUE.values() if p.switch is None and p.name not in (fixed or {})]
    rng = np.random.default_rng(seed)
    cube = qmc.LatinHypercube(d=len(free), rng=rng).random(n) if free else np.zeros((n, 0))
    values = np.tile(np.array(list(held.values())), (n, 1))
    for column, parameter in enumerate(free):
        values[:, _NAMES.index(parameter.name)] = parameter.quantile(cube[:, column])
    combinations = structures(which)
    order = rng.permutation(len(combinations))
    for row in range(n):
        for name, level in combinations[order[row % len(order)]].items():
            if name not in (fixed or {}):
                values[row, _NAMES.index(name)] = level
    return Worlds(values, f"prior (Latin hypercube of {n}, seed {seed})", n)


def keep(worlds: Worlds, mask: Sequence[bool], report: dict) -> Worlds:
    """The worlds that a screen left, with its report."""
    return Worlds(worlds.values[np.asarray(mask)], worlds.origin + ", screened", len(worlds), report)
