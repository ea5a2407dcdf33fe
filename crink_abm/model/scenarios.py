"""Named policies: points of departure for a run or a comparison."""

from typing import Any

from ..util.errors import InputError, nearest, told
from .levers import LEVERS, checked

_POSTURE = {"usfk_posture": 0.8, "heavy_share": 0.7, "dual_role": 0.8}
_ALLIANCE = {"trilateral_coordination": 0.9, "exercise_tempo": 0.7, "japan_burden_share": 0.7}
_POLICY = {"sanctions_intensity": 0.9, "exposure": 0.9, "diplomatic_offramp": 0.6, "china_engagement": 0.6}
_HYBRID = {"counter_hybrid": 0.9}

#: Name -> (what it is, levers that differ from today's).
SCENARIOS: dict[str, tuple[str, dict[Any, Any]]] = {
    "today": ("policy as it stands", {}),
    "posture": ("the article's first pillar: heavy, dual-role forces forward", _POSTURE),
    "alliance": ("the second: institutional trilateral coordination", _ALLIANCE),
    "policy": ("the third: sanctions, exposure, off-ramps, engagement", _POLICY),
    "hybrid": ("the fourth: illicit cyber and finance income closed off", _HYBRID),
    "article": ("all four pillars together", {**_POSTURE, **_ALLIANCE, **_POLICY, **_HYBRID}),
    "pressure": ("pressure without talks", {**_POSTURE, **_ALLIANCE, "sanctions_intensity": 0.9, "diplomatic_offramp": 0.0,
                                              "china_engagement": 0.0}),
    "reassurance": ("talks and engagement, forces as they are", {"diplomatic_offramp": 0.8, "china_engagement": 0.8}),
    "withdrawal": ("US forces leave Korea by 2028", {"usfk_posture": {"2026-01": 0.5, "2028-01": 0.0}}),
    "surge-2027": ("a surge of forces through 2027", {"usfk_posture": {"2026-06": 0.5, "2027-01": 0.9, "2028-06": 0.5},
                                                      "maritime_posture": {"2026-06": 0.5, "2027-01": 0.9, "2028-06": 0.5}}),
}  # fmt: skip


def scenario(name: str) -> dict[Any, Any]:
    """The levers of a named scenario that differ from today's.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in SCENARIOS:
        raise InputError(
            f"no scenario is named {told(name)}{nearest(name, SCENARIOS)}; they are {', '.join(SCENARIOS)}"
        )
    return dict(SCENARIOS[name][1])


def assignment(text: str) -> tuple[str, float]:
    """``LEVER=VALUE`` as (lever, value), both checked."""
    name, sign, value = text.partition("=")
    name = name.strip()
    if not sign:
        raise InputError(f"a setting is written LEVER=VALUE (for example usfk_posture=0.7); {told(text)} was given")
    if name not in LEVERS:
        checked({name: 0.0})
    try:
        number = float(value if value.isascii() and "_" not in value else "none")
    except ValueError:
        raise InputError(f"{name} takes a number in [0, 1]; {told(value.strip())} was given") from None
    checked({name: number})
    return name, number


def policy(text: str) -> dict[Any, Any]:
    """A policy on the command line: a scenario's name, or ``LEVER=VALUE[,LEVER=VALUE…]``, or both joined by commas."""
    chosen = {}
    for part in text.split(","):
        if "=" in part:
            name, value = assignment(part)
            if f"{name}=" in text.replace(" ", "").partition(part.replace(" ", ""))[0]:
                raise InputError(f"{name} is set twice in {told(text)}; set it once")
            chosen[name] = value
        else:
            chosen.update(scenario(part.strip()))
    return chosen
