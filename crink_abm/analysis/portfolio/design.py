"""The policies of a portfolio study and what each costs: those with a name, and a Sobol sequence of moves of a few levers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...model import levers as policy
from ...model.costs import COSTS, cost
from ...typing import FloatArray
from ...util.errors import InputError

#: Currencies, with their units.
CURRENCIES = {
    "money": "billion US dollars a year",
    "politics": "political capital, 10 being what a government can do once in a term",
}
#: Decimals of a level.
DECIMALS = 2
#: Drawn policies at most, as a multiple of those wanted: caps that leave fewer are refused.
_PATIENCE = 64


@dataclass(frozen=True, eq=False)
class Policies:
    """Policies with their costs.

    Attributes
    ----------
    names : of each
    levers : what each sets, beside the baseline
    cost, low, high : arrays (n_policies, 2), the declared cost in money and political capital: middle, and range
    drawn : policies drawn, of which those beyond the caps were left out before any run
    """

    names: list[str]
    levers: list[dict[str, Any]]
    cost: FloatArray
    low: FloatArray
    high: FloatArray
    drawn: int

    def __len__(self) -> int:
        return len(self.names)


def costs_of(chosen: Sequence[Mapping[str, Any]], months: int, start: str) -> FloatArray:
    """Declared costs of whole policies beyond today's: array (3, n_policies, 2), the middle, low and high ends."""
    found, number = np.zeros((3, len(chosen), 2)), []
    for k, one in enumerate(chosen):
        if any(isinstance(value, Mapping) for value in one.values()):
            for row in cost(one, months, start):
                for c, name in enumerate(CURRENCIES):
                    found[:, k, c] += row[name], row[f"{name}_low"], row[f"{name}_high"]
        else:
            number.append(k)
    if not number:
        return found
    today = np.array([lever.today for lever in policy.LEVERS.values()])
    moved = np.array([[chosen[k][name] for name in policy.LEVERS] for k in number]) - today
    for c, (name, size) in enumerate((("money", moved), ("politics", np.abs(moved)))):
        unit = np.array([getattr(COSTS[lever], name) for lever in policy.LEVERS])  # (levers, low middle high)
        ends = np.sort(size[:, :, None] * unit[:, [0, 2]], axis=2).sum(1)
        found[0, number, c], found[1, number, c], found[2, number, c] = size @ unit[:, 1], ends[:, 0], ends[:, 1]
    return found


def designed(
    n: int, named: Mapping[str, Mapping[str, Any]], *, baseline: Mapping[str, Any], chosen: Sequence[str], moves: tuple[int, int],
    caps: Mapping[str, float], seed: int, months: int = policy.MONTHS, start: str = policy.START,
) -> Policies:  # fmt: skip
    """``n`` policies: those named, whatever they cost, and the first of a Sobol sequence that lie within the caps.

    A point of the sequence says how many levers are moved, which, and to which level; levels are rounded to two decimals.

    Parameters
    ----------
    n : policies in all
    named : policies by name, each beside the baseline
    chosen : levers that the sequence moves
    moves : levers that a policy moves, at least and at most
    caps : currency -> the most that a drawn policy costs
    seed : which sequence

    Raises
    ------
    InputError
        If the caps leave too few.

    Examples
    --------
    >>> from crink_abm.model.levers import checked
    >>> found = designed(6, {"baseline": {}}, baseline=checked(), chosen=["usfk_posture", "exposure"], moves=(1, 2),
    ...                  caps={"politics": 1.0}, seed=1)
    >>> len(found), bool(found.cost[:, 1].max() <= 1.0)
    (6, True)

    Source: Owen 1998 (scrambling), as in scipy.stats.qmc.
    """
    from scipy.stats import qmc

    names, sets = list(named), [dict(one) for one in named.values()]
    seen = {_said({**baseline, **one}) for one in sets}
    d, most, drawn = len(chosen), min(moves[1], len(chosen)), 0
    source = qmc.Sobol(2 * d + 1, scramble=True, rng=seed)
    size = 1 << max(6, (n - 1).bit_length())
    while len(names) < n and drawn < _PATIENCE * size:
        u = source.random(size)
        count = moves[0] + np.minimum((u[:, 0] * (most - moves[0] + 1)).astype(int), most - moves[0])
        place, level = np.argsort(u[:, 1 : d + 1], axis=1, kind="stable"), np.round(u[:, d + 1 :], DECIMALS)
        some = [{chosen[c]: float(level[k, c]) for c in sorted(place[k, : count[k]].tolist())} for k in range(size)]
        spent = costs_of([{**baseline, **one} for one in some], months, start)[0]
        fits = np.all([spent[:, list(CURRENCIES).index(name)] <= cap for name, cap in caps.items()], axis=0)
        for k in range(size):
            if len(names) == n:
                break
            drawn += 1
            text = _said({**baseline, **some[k]})
            if (not caps or fits[k]) and text not in seen:
                seen.add(text)
                names.append(f"s{len(names):05d}")
                sets.append(some[k])
    if len(names) < n:
        raise InputError(
            f"of {drawn:,} policies drawn {len(names):,} lie within [portfolio] most_money and most_politics, where {n:,} are "
            "wanted; raise these, or give fewer policies"
        )
    middle, low, high = costs_of([{**baseline, **one} for one in sets], months, start)
    return Policies(names, sets, middle, low, high, drawn)


def _said(chosen: Mapping[str, Any]) -> str:
    return repr(sorted(chosen.items(), key=lambda item: item[0]))
