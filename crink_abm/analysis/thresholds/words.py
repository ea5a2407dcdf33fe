"""The sentences that a study of thresholds allows, for a reader who quotes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...model.outcomes import REGISTRY
from ...model.parameters import CATALOGUE
from .beliefs import written
from .crossing import Crossing

_TURNS = {-1: "lowers", 1: "raises"}
_STANDS = {
    "assumed": "The range of this belief is assumed.",
    "elicited": "This belief rests on elicitation ({}).",
    "sourced": "This belief names a source ({}).",
}


def risk(outcome: str) -> str:
    """An outcome in words."""
    known: Mapping[str, Any] = {**REGISTRY.by_name, **REGISTRY.conditional}
    one = known.get(outcome)
    return f"the risk of {one.label[0].lower()}{one.label[1:]}" if one is not None else outcome


def meaning(name: str) -> str:
    """What a belief is about, without the letter that stands for it in equations."""
    said = CATALOGUE[name].meaning
    said = said.split(":", 1)[1].strip() if said.startswith("κ") else said
    return f"{said[0].lower()}{said[1:]}"


def belief(name: str) -> str:
    """A belief in words, with its name."""
    return f"{meaning(name)} (`{name}`)"


def number(x: float, unit: str = "") -> str:
    """A level with its unit, where the unit is one that a reader knows."""
    return f"{x:.2g}" + (f" of the {unit}" if unit.startswith("value of") else "")


def percent(share: float) -> str:
    """A share in per cent, whole."""
    return f"{100.0 * share:.0f} %"


def change(x: float) -> str:
    """A change in percentage points."""
    return f"{100.0 * x:+.2f}"


def threshold(said: Mapping[str, Any], one: Crossing) -> str:
    """What a belief decides of an effect."""
    name, outcome = said["belief"], risk(said["outcome"])
    head = f"{said['package']}: "
    stands = _STANDS[said["standing"]].format(said["source"])
    if CATALOGUE[name].switch is not None:
        return f"{head}{_levels(said, one, outcome)} {stands}"
    where = belief(name)
    examined = f"from {number(said['examined_low'])} to {number(said['examined_high'], said['unit'])}"
    shares = (
        f"The ensemble has {percent(said['lowers'])} [{percent(said['lowers_low'])}, {percent(said['lowers_high'])}] of its "
        "worlds "
        f"on the lowering side, the bare prior {percent(said['lowers_of_prior'])}."
    )
    kind = said["kind"]
    low, high = number(said["low"]), number(said["high"])
    if kind == "bounded":
        side, other = ("above", "below") if said["above"] < 0 else ("below", "above")
        at = (
            f"{number(said['threshold'], said['unit'])} [{low}, {high}]"
            if np.isfinite(said["threshold"])
            else f"[{low}, {high}]"
        )
        return f"{head}lowers {outcome} if {where} is {side} {at}, and raises it {other}. {shares} {stands}"
    if kind == "none":
        return f"{head}{_TURNS[said['below']]} {outcome} whatever {where} is, {examined}: no threshold. {stands}"
    if kind == "open":
        side, end = ("above", high) if said["above"] else ("below", low)
        sign = _TURNS[said["above"] or said["below"]]
        rest = (
            f"; the estimate turns at {number(said['threshold'], said['unit'])}"
            if np.isfinite(said["threshold"])
            else ""
        )
        clear = f"{head}clearly {sign} {outcome} if {where} is {side} {end}"
        return f"{clear}; elsewhere the sign is unsettled{rest}. {shares} {stands}"
    if kind == "touching":
        return (
            f"{head}{_TURNS[said['below']]} {outcome} where {where} is below {low} or above {high}; between, the sign is "
            "unsettled. "
            f"{stands}"
        )
    if kind == "disjoint":
        pieces = ", ".join(f"[{number(a)}, {number(b)}]" for a, b in one.pieces)
        unsettled = f"{head}where {where} lies in {pieces}, the sign of the effect on {outcome} is unsettled"
        return f"{unsettled}; it may turn more than once. {shares} {stands}"
    return f"{head}at no level of {where}, {examined}, is the sign of the effect on {outcome} clear: no threshold found. {stands}"


def _levels(said: Mapping[str, Any], one: Crossing, outcome: str) -> str:
    p = CATALOGUE[said["belief"]]
    parts = []
    for sign, word in ((-1, "lowers"), (1, "raises"), (0, "has no clear sign on")):
        names = [
            f"{written(p, level)} ({change(m)} [{change(low)}, {change(high)}])"
            for level, m, low, high in zip(one.levels, one.mean, one.low, one.high, strict=True)
            if (-1 if high < 0.0 else 1 if low > 0.0 else 0) == sign
        ]
        if names:
            parts.append(f"{word} {outcome} under {', '.join(names)}")
    return f"by {belief(said['belief'])}, {'; '.join(parts)} (percentage points)."


def reversal(said: Mapping[str, Any], names: Sequence[str], before: Sequence[float], after: Sequence[float]) -> str:
    """How far the ensemble is from reversal, in one direction."""
    head, outcome = f"{said['package']}: ", risk(said["outcome"])
    effect = f"{change(said['effect'])} [{change(said['effect_low'])}, {change(said['effect_high'])}] percentage points"
    if said["kind"] == "unclear":
        return f"{head}the mean effect on {outcome} has no clear sign ({effect}): there is nothing to reverse."
    moves = " and ".join(
        f"{belief(name)} from a median of {number(x)} to {number(y, CATALOGUE[name].unit)}"
        for name, x, y in zip(names, before, after, strict=True)
    )
    sign = _TURNS[-1 if said["effect"] < 0.0 else 1]
    effort = (
        f"{said['evaluations']} points along it, {said['n_worlds']:,} worlds x {said['runs_per_world']:,} runs each"
    )
    if not said["found"]:
        return (
            f"{head}{sign} {outcome} ({effect}); moving {' and '.join(f'`{n}`' for n in names)}, a clear reversal is not found "
            f"within {said['within']:g} standard deviations of the ensemble ({effort})."
        )
    return (
        f"{head}{sign} {outcome} ({effect}); that turns if one moves {moves}: {said['distance']:.1f} [{said['low']:.1f}, "
        f"{said['high']:.1f}] standard deviations of the ensemble, odds of 1 to {1.0 / said['odds']:.2g} against today's "
        "centre. On "
        f"fresh runs the effect there is {change(said['check_effect'])} [{change(said['check_low'])}, "
        f"{change(said['check_high'])}] ({effort})."
    )
