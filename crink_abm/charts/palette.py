"""Colours, dashes, markers and names of what charts show."""

from dataclasses import dataclass
from itertools import cycle
from typing import Any

from ..model.outcomes import REGISTRY, Conditional, Outcome, Registry

#: Colour map of differences about zero: safe for the colour-blind, light at zero.
DIVERGING = "PuOr_r"

INK, MUTED, FAINT = "#1a1a1a", "#595959", "#bfbfbf"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#AA4499", "#56B4E9"

SOLID, DASHED, DOTTED = "-", (0, (5, 1.6)), (0, (1.2, 1.4))
DASH_DOT, LONG, DASH_DOT_DOT = (0, (6, 1.6, 1.2, 1.6)), (0, (9, 2)), (0, (5, 1.5, 1.2, 1.5, 1.2, 1.5))


@dataclass(frozen=True)
class Look:
    """How a series is named and drawn; dash and marker tell it apart without colour."""

    label: str
    short: str
    colour: str = MUTED
    dash: str | tuple[Any, ...] = SOLID
    marker: str = "o"


#: Outcome -> its colour, dash and marker. Those without an entry take a spare one.
_LOOKS = {
    "any_failure": (INK, SOLID, "o"), "taiwan_failure": (BLUE, DASHED, "s"), "korea_failure": (VERMILLION, DASH_DOT, "^"),
    "taiwan_blockade": (SKY, SOLID, "D"), "taiwan_invasion": (BLUE, DASHED, "s"), "korea_attack": (ORANGE, DASH_DOT, "v"),
    "korea_war": (VERMILLION, DOTTED, "^"), "two_front": (PURPLE, LONG, "P"), "russian_join": (GREEN, DASH_DOT_DOT, "X"),
    "nuclear_use": (MUTED, DOTTED, "*"),
    "korea_within_6_of_taiwan": (VERMILLION, DASHED, "<"), "korea_within_12_of_taiwan": (VERMILLION, SOLID, ">"),
    "taiwan_within_6_of_korea": (BLUE, DOTTED, "<"), "taiwan_within_12_of_korea": (BLUE, SOLID, ">"),
    "korea_within_12_of_invasion": (VERMILLION, DOTTED, "1"),
    "blockade_preferred": (SKY, SOLID, "D"), "invasion_preferred": (BLUE, DASHED, "s"),
    "attack_preferred": (ORANGE, DASH_DOT, "v"), "war_preferred": (VERMILLION, DOTTED, "^"),
}  # fmt: skip
_SPARE = [
    (GREEN, (0, (3, 1, 3, 1, 1, 1)), "h"), (ORANGE, (0, (9, 2, 2, 2)), "p"), (PURPLE, (0, (1, 3)), "8"), (SKY, (0, (4, 4)), "d"),
]  # fmt: skip


def looks(registry: Registry) -> dict[str, Look]:
    """How every outcome of a registry, conditional ones too, is named and drawn: probabilities over the sweep's horizon."""
    spare = cycle(_SPARE)
    every: dict[str, Outcome | Conditional] = {**registry.by_name, **registry.conditional}
    return {name: Look(one.label, one.short, *(_LOOKS.get(name) or next(spare))) for name, one in every.items()}


#: Outcome -> its look.
OUTCOMES: dict[str, Look] = looks(REGISTRY)

#: Lever -> (name, what 0 and 1 mean). Levers are shares without a unit.
LEVERS: dict[str, tuple[str, str]] = {
    "usfk_posture": ("US forces in Korea", "0 none, 1 double"),
    "heavy_share": ("Heavy, permanent share", "0 all light, 1 all heavy"),
    "dual_role": ("Dual-role use for Taiwan", "0 none, 1 full"),
    "maritime_posture": ("Carriers and bombers", "0 none, 1 double"),
    "trilateral_coordination": ("Trilateral coordination", "0 ad hoc, 1 tested"),
    "exercise_tempo": ("Exercise tempo", "0 suspended, 1 double"),
    "japan_burden_share": ("Japan's burden share", "0 none, 1 full role"),
    "sanctions_intensity": ("Sanctions intensity", "0 lapsed, 1 enforced"),
    "exposure": ("Exposure of transfers", "0 secret, 1 published"),
    "diplomatic_offramp": ("Diplomatic off-ramp", "0 none, 1 standing"),
    "china_engagement": ("Engagement of China", "0 none, 1 full"),
    "counter_hybrid": ("Counter-hybrid measures", "0 none, 1 closed off"),
    "porcupine_defence": ("Taiwan's own defence", "0 few platforms, 1 many arms"),
    "declared_resolve": ("Declared US resolve", "0 silent, 1 a pledge"),
}
