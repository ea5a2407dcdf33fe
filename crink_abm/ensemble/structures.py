"""Parameter draws crossed with structures, so that every combination of switches sees the same draws."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..model.parameters import CATALOGUE, SWITCHES
from ..typing import Structures
from ..util.errors import InputError
from .spec import WorldsTable
from .worlds import MOST, Worlds, affordable, agree, levels_in_words, structures

SWITCH_COLUMNS = [list(CATALOGUE).index(p.name) for p in SWITCHES]


def _combinations(which: Structures, fixed: Mapping[str, Any] | None) -> list[tuple[float, ...]]:
    """The levels of the switches that are not held, in every combination asked for."""
    agree(which, fixed)
    free = [p.name for p in SWITCHES if p.name not in (fixed or {})]
    return list(dict.fromkeys(tuple(levels[name] for name in free) for levels in structures(which, unnamed="default")))


def counted(n_draws: int, which: Structures = "all", fixed: Mapping[str, Any] | None = None) -> int:
    """How many worlds ``n_draws`` parameter draws in every structure are, before any is made.

    Raises
    ------
    InputError
        If they are more than :data:`worlds.MOST`.
    """
    kept = _combinations(which, fixed)
    n = n_draws * len(kept)
    if n > MOST:
        raise InputError(
            f"{n_draws:,} parameter draws in each of {len(kept)} structures are {n:,} worlds, where {MOST:,} are the most; "
            "give fewer [worlds] draws, or structures as a table of fewer levels"
        )
    return n


def crossed(draws: Worlds, which: Structures = "all", fixed: Mapping[str, Any] | None = None) -> Worlds:
    """Every parameter draw in every structure; the structures of a draw follow one another.

    Parameters
    ----------
    draws : worlds whose switches are replaced
    which : structures, as in :func:`worlds.structures`, but for a switch that a table does not name: it is not crossed, and
        stands at its default
    fixed : parameters held at a value; a switch among them is not crossed

    Raises
    ------
    InputError
        If there would be more than :data:`worlds.MOST` worlds.
    """
    counted(len(draws), which, fixed)
    kept = _combinations(which, fixed)
    free = [place for place, p in zip(SWITCH_COLUMNS, SWITCHES, strict=True) if p.name not in (fixed or {})]
    values = np.repeat(draws.values, len(kept), axis=0)
    values[:, free] = np.tile(np.array(kept).reshape(len(kept), len(free)), (len(draws), 1))
    words = f" ({levels_in_words(which, unnamed='default')})" if which != "all" else ""
    return replace(
        draws, values=values, origin=f"{draws.origin}, each in {len(kept)} structures{words}", n_drawn=len(draws)
    )


def checked(table: WorldsTable, fixed: Mapping[str, Any] | None = None) -> None:
    """Refuse what can be told without making a world: sizes, structures, entries that contradict each other.

    Parameters
    ----------
    table : what an experiment says of its worlds (:class:`spec.WorldsTable`)
    fixed : parameters held at a value

    Raises
    ------
    InputError
    """
    if table.ensemble == "prior":
        affordable(table.draws, "[worlds] draws", "give fewer")
    agree(table.structures, fixed)
    n = {"prior": table.draws, "defaults": 1}.get(table.ensemble)
    if table.crossing == "full" and n is not None:
        counted(n, table.structures, fixed)
    if table.ensemble == "defaults" and table.crossing != "full" and table.structures not in ("all", "default"):
        raise InputError(
            '[worlds] structures means nothing to ensemble = "defaults", whose one world has every switch at its default; hold a '
            'switch with [parameters], or cross structures with crossing = "full"'
        )


def nesting(worlds: Worlds, n_runs: int) -> dict[str, Any]:
    """How the runs of a point are nested in the worlds, counted from them.

    Returns
    -------
    dict: worlds (that differ), parameter_draws (that differ but for switches), structures (that differ), balanced
    (whether every structure holds every draw, with as many runs each), runs_per_world (of each place in the table;
    None if they are not all equal)
    """
    switches = worlds.values[:, SWITCH_COLUMNS]
    others = np.delete(worlds.values, SWITCH_COLUMNS, axis=1)
    n_worlds, n_draws, n_structures = (len(np.unique(v, axis=0)) for v in (worlds.values, others, switches))
    even = n_runs % len(worlds) == 0
    return {
        "worlds": n_worlds, "parameter_draws": n_draws, "structures": n_structures,
        "balanced": even and n_worlds == n_draws * n_structures == len(worlds),
        "runs_per_world": n_runs // len(worlds) if even else None,
    }  # fmt: skip
