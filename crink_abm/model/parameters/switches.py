"""Structural switches: rival theories as levels, each with its default, source and meaning."""

from enum import IntEnum

from ..enums import Coordination, LeaderTypes, PostureEffect, Theory
from .base import Parameter


class XiProfile(IntEnum):
    """Two rival readings of Xi."""

    STATUS_QUO = 0
    LEGACY = 1


class KimProfile(IntEnum):
    """Two rival readings of Kim."""

    SURVIVALIST = 0
    OPPORTUNIST = 1


def _switch(
    name: str, default: float, levels: type[IntEnum], source: str, meaning: str, by_name: tuple[int, ...] = ()
) -> Parameter:
    return Parameter(name, default, 0, len(levels) - 1, "level", source, meaning, switch=levels, by_name=by_name)


SWITCHES = (
    _switch("xi_theory", 0, Theory, "F260-F262", "Decision theory of Xi"),
    _switch("kim_theory", 0, Theory, "F260-F262", "Decision theory of Kim"),
    _switch("coordination", 1, Coordination, "assumed", "Coordination of the four partners"),
    _switch("xi_profile", 0, XiProfile, "assumed", "Which Xi: guardian of the status quo, or of his legacy"),
    _switch("kim_profile", 0, KimProfile, "assumed", "Which Kim: survivalist, or opportunist"),
    _switch(
        "leader_types",
        0,
        LeaderTypes,
        "Fearon 1995",
        "When a leader's private type is drawn: once a leader, once a crisis, or (first edition) not at all, all being noise",
        by_name=(LeaderTypes.DECISION,),
    ),
    _switch("posture_effect", 2, PostureEffect, "F133-F134", "What allied posture does: deter, spiral, both"),
)
