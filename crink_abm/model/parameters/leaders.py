"""Decision theory and profiles of the leaders; structural switches."""

from enum import IntEnum

from ..enums import Coordination, PostureEffect, Theory
from .base import Parameter, parameters


class XiProfile(IntEnum):
    """Two rival readings of Xi."""

    STATUS_QUO = 0
    LEGACY = 1


class KimProfile(IntEnum):
    """Two rival readings of Kim."""

    SURVIVALIST = 0
    OPPORTUNIST = 1


def _switch(name: str, default: float, levels: type[IntEnum], source: str, meaning: str) -> Parameter:
    return Parameter(name, default, 0, len(levels) - 1, "level", source, meaning, switch=levels)


SWITCHES = (
    _switch("xi_theory", 0, Theory, "F260-F262", "Decision theory of Xi"),
    _switch("kim_theory", 0, Theory, "F260-F262", "Decision theory of Kim"),
    _switch("coordination", 1, Coordination, "assumed", "Coordination of the four partners"),
    _switch("xi_profile", 0, XiProfile, "assumed", "Which Xi: guardian of the status quo, or of his legacy"),
    _switch("kim_profile", 0, KimProfile, "assumed", "Which Kim: survivalist, or opportunist"),
    _switch("posture_effect", 2, PostureEffect, "F133-F134", "What allied posture does: deter, spiral, both"),
)

LEADERS = parameters(
    ("spiral_weight", 0.8, 0.3, 1.3, "weight", "assumed", "How much posture alarms where it does both"),
    (
        "profile_gap",
        0.2,
        0.05,
        0.5,
        "share",
        "assumed",
        "How much more the bolder profile of a leader values winning (and Xi minds backing down)",
    ),
    ("curvature", 0.88, 0.5, 1.0, "exponent", "F263", "Curvature of the value function (prospect theory)"),
    ("loss_aversion", 1.8, 1.3, 2.25, "ratio", "F260-F262", "Loss aversion (prospect theory)"),
    ("weighting", 0.65, 0.5, 0.8, "exponent", "F264", "Probability weighting (prospect theory)"),
    ("confidence", 0.7, 0.5, 0.9, "probability", "assumed", "Chance of success a satisficer asks for"),
    ("xi_precision", 4.0, 0.5, 10.0, "per unit utility", "F265", "Precision of Xi's quantal response"),
    ("xi_reference", 0.3, 0.0, 0.6, "value of Taiwan", "assumed", "How far full grievance lifts Xi's reference point"),
    ("xi_aspiration", 0.1, -0.3, 0.4, "value of Taiwan", "assumed", "What a satisficing Xi asks of waiting"),
    ("kim_precision", 4.0, 0.5, 10.0, "per unit utility", "F265", "Precision of Kim's quantal response"),
    (
        "kim_reference",
        0.5,
        0.0,
        1.0,
        "value of the regime",
        "assumed",
        "How far lost welfare lifts Kim's reference point",
    ),
    ("kim_aspiration", 0.3, 0.0, 0.6, "value of the regime", "assumed", "What a satisficing Kim asks of standing down"),
    (
        "hybrid_denial",
        0.15,
        0.0,
        0.4,
        "share",
        "assumed",
        "Success of grey-zone and limited attacks denied by full counter-hybrid measures",
    ),
    ("decisiveness", 3.0, 1.5, 5.0, "exponent", "assumed", "Decisiveness of the contest success function"),
)
