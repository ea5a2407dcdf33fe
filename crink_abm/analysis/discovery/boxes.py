"""Boxes of beliefs and events, and the sentence that says exactly one of them.

A box bounds some features and leaves the others free. Its sentence is made by :meth:`Box.words` and read by :func:`parse`: the
one is the inverse of the other.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...model.parameters import CATALOGUE
from ...typing import BoolArray, FloatArray
from ...util.errors import InputError, nearest

#: The levels of an event.
ABSENT, PRESENT = "no", "yes"


@dataclass(frozen=True)
class Feature:
    """What a box may bound: a number (no levels), a structural switch (its levels by name, from 0), or an event.

    Attributes
    ----------
    name : the parameter, or the event
    meaning : in words
    levels : names of the levels, whose values are 0, 1, 2, ...; empty for a number
    event : whether it is an event, which comes or does not come
    """

    name: str
    meaning: str
    levels: tuple[str, ...] = ()
    event: bool = False


@dataclass(frozen=True)
class Limit:
    """What a box asks of one feature: a number from ``low`` to ``high`` (both included), or one of some levels."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """Some limits, all of which are met; none is everywhere.

    Examples
    --------
    >>> box = Box((Limit("crisis_duration", low=8.0), Limit("xi_theory", levels=("prospect",))))
    >>> known = belief_features(["crisis_duration", "xi_theory"])
    >>> parse(box.words("The policy fails", known), known) == box
    True
    """

    limits: tuple[Limit, ...] = ()

    def holds(self, values: FloatArray, features: Sequence[Feature]) -> BoolArray:
        """Which rows lie in the box: array (n_rows,) of a table (n_rows, n_features)."""
        inside = np.ones(len(values), bool)
        place = {feature.name: k for k, feature in enumerate(features)}
        for limit in self.limits:
            column = values[:, place[limit.name]]
            if limit.levels:
                levels = features[place[limit.name]].levels
                inside &= np.isin(column, [levels.index(level) for level in limit.levels])
            else:
                inside &= (column >= limit.low) & (column <= limit.high)
        return inside

    def words(self, subject: str, features: Sequence[Feature]) -> str:
        """The box as a sentence, which :func:`parse` reads back."""
        known = {feature.name: feature for feature in features}
        if not self.limits:
            return f"{subject} everywhere."
        return f"{subject} where {'; and '.join(_clause(limit, known[limit.name]) for limit in self.limits)}."

    def __len__(self) -> int:
        return len(self.limits)


def _clause(limit: Limit, feature: Feature) -> str:
    if feature.event:
        return f"the event ({limit.name}) {'comes' if limit.levels == (PRESENT,) else 'does not come'}"
    head = f"{feature.meaning[:1].lower() + feature.meaning[1:]} ({limit.name})"
    if limit.levels:
        return f"{head} is {' or '.join(limit.levels)}"
    if math.isinf(limit.high):
        return f"{head} is at least {limit.low!r}"
    if math.isinf(limit.low):
        return f"{head} is at most {limit.high!r}"
    return f"{head} lies from {limit.low!r} to {limit.high!r}"


_NUMBER = r"(-?[0-9][0-9.e+-]*)"
_CLAUSE = re.compile(
    rf"\((\w+)\) (?:is at least {_NUMBER}|is at most {_NUMBER}|lies from {_NUMBER} to {_NUMBER}|(does not come|comes)"
    r"|is (\w+(?: or \w+)*))"
)


def parse(sentence: str, features: Sequence[Feature]) -> Box:
    """The box that a sentence says.

    Parameters
    ----------
    sentence : as of :meth:`Box.words`
    features : those that it may speak of

    Raises
    ------
    InputError
        If it says no box, or speaks of a feature or a level that is not there.
    """
    known = {feature.name: feature for feature in features}
    head, where, rest = sentence.strip().removesuffix(".").partition(" where ")
    if not where:
        if head.endswith(" everywhere"):
            return Box()
        raise InputError(f"a box is said as '... where BELIEF is at least NUMBER; and ...'; {sentence!r} was given")
    limits = []
    for clause in rest.split("; and "):
        found = list(_CLAUSE.finditer(clause))
        if not found or found[-1].end() != len(clause):
            raise InputError(f"the clause {clause!r} bounds nothing; say '(NAME) is at least NUMBER', or the like")
        name, low, high, start, end, comes, levels = found[-1].groups()
        if name not in known:
            raise InputError(f"no belief or event is named {name!r}{nearest(name, known)}")
        if comes:
            limits.append(Limit(name, levels=(PRESENT if comes == "comes" else ABSENT,)))
        elif levels:
            said = tuple(levels.split(" or "))
            if lost := [level for level in said if level not in known[name].levels]:
                raise InputError(f"{name} has the levels {', '.join(known[name].levels)}; {lost[0]!r} was given")
            limits.append(Limit(name, levels=said))
        else:
            bounds = float(low or start or -math.inf), float(high or end or math.inf)
            limits.append(Limit(name, *bounds))
    return Box(tuple(limits))


def belief_features(names: Sequence[str]) -> list[Feature]:
    """Parameters as features: a switch by its levels."""
    return [
        Feature(p.name, p.meaning, tuple(level.name.lower() for level in p.levels))
        for p in (CATALOGUE[name] for name in names)
    ]


def event_feature(name: str) -> Feature:
    """An event as a feature."""
    return Feature(name, name.replace("_", " "), (ABSENT, PRESENT), event=True)


def as_dict(box: Box) -> list[dict[str, Any]]:
    """A box for JSON."""
    return [
        {"name": limit.name, "low": limit.low, "high": limit.high, "levels": list(limit.levels)} for limit in box.limits
    ]


def from_dict(limits: Sequence[Mapping[str, Any]]) -> Box:
    """The inverse of :func:`as_dict`; a bound that is None is none."""
    return Box(
        tuple(
            Limit(
                one["name"],
                -math.inf if one["low"] is None else one["low"],
                math.inf if one["high"] is None else one["high"],
                tuple(one["levels"]),
            )
            for one in limits
        )
    )
