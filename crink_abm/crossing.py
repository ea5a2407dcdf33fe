"""Parameter draws crossed with structures, so that every combination of switches sees the same draws."""

from collections.abc import Mapping

import numpy as np

from .errors import InputError
from .parameters import CATALOGUE, SWITCHES
from .worlds import Worlds, structures

#: Worlds of one crossing at most: half a gigabyte of parameters.
MOST = 200_000
_SWITCHES = [list(CATALOGUE).index(p.name) for p in SWITCHES]


def crossed(draws: Worlds, which="all", fixed: Mapping | None = None) -> Worlds:
    """Every parameter draw in every structure; the structures of a draw follow one another.

    Parameters
    ----------
    draws : worlds whose switches are replaced
    which : structures, as in :func:`worlds.structures`
    fixed : parameters held at a value; a switch among them is not crossed

    Raises
    ------
    InputError
        If there would be more than ``MOST`` worlds.
    """
    kept = list(dict.fromkeys(
        tuple(level for name, level in levels.items() if name not in (fixed or {})) for levels in structures(which)
    ))  # fmt: skip
    free = [place for place, p in zip(_SWITCHES, SWITCHES, strict=True) if p.name not in (fixed or {})]
    n = len(draws) * len(kept)
    if n > MOST:
        raise InputError(
            f"{len(draws):,} parameter draws in each of {len(kept)} structures are {n:,} worlds, where {MOST:,} are the most; "
            "give fewer [worlds] draws, or structures as a table of fewer levels"
        )
    values = np.repeat(draws.values, len(kept), axis=0)
    values[:, free] = np.tile(np.array(kept).reshape(len(kept), len(free)), (len(draws), 1))
    origin = f"{draws.origin}, each in {len(kept)} structures"
    return Worlds(values, origin, len(draws), draws.report)


def nesting(worlds: Worlds, n_runs: int) -> dict:
    """How the runs of a point are nested in the worlds, counted from them.

    Returns
    -------
    dict: worlds (that differ), parameter_draws (that differ but for switches), structures (that differ), balanced
    (whether every structure holds every draw, with as many runs each), runs_per_world (of each place in the table;
    None if they are not all equal)
    """
    switches = worlds.values[:, _SWITCHES]
    others = np.delete(worlds.values, _SWITCHES, axis=1)
    n_worlds, n_draws, n_structures = (len(np.unique(v, axis=0)) for v in (worlds.values, others, switches))
    even = n_runs % len(worlds) == 0
    return {
        "worlds": n_worlds, "parameter_draws": n_draws, "structures": n_structures,
        "balanced": even and n_worlds == n_draws * n_structures == len(worlds),
        "runs_per_world": n_runs // len(worlds) if even else None,
    }  # fmt: skip
