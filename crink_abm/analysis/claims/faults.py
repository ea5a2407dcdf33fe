"""A zoo of planted faults: constants with a wrong sign, dead mechanisms, swapped theatres, rules that are a month off.

A fault touches the claims that rest on the mechanisms of its constants (:mod:`crink_abm.model.mechanisms`), and those alone.
Faults in constants are imposed in every world, also outside the declared ranges; faults in rules replace a rule of the model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...ensemble.worlds import Worlds
from ...model.mechanisms import MECHANISMS
from . import fault_rules

#: Constants by world -> what a constant is put at.
Change = Callable[[Worlds], Any]


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes
    ----------
    name, kind, meaning : as in the table of confusions
    mechanisms : which it breaks
    constants : constant -> what it is put at
    rules : rules in place of the model's; a compiled kernel each
    """

    name: str
    kind: str
    meaning: str
    mechanisms: tuple[str, ...]
    constants: Mapping[str, Change] = field(default_factory=dict)
    rules: Mapping[str, Callable[..., Any]] | None = None

    @property
    def touches(self) -> set[str]:
        """The claims that rest on what it breaks."""
        return {claim for name in self.mechanisms for claim in MECHANISMS[name].claims}

    def changes(self, worlds: Worlds) -> dict[str, Any]:
        """The constants as arms impose them."""
        return {name: change(worlds) for name, change in self.constants.items()}


def _flipped(name: str, kind: str, meaning: str, mechanisms: str, constants: str) -> Fault:
    return Fault(name, kind, meaning, tuple(mechanisms.split()), {one: _negative(one) for one in constants.split()})


def _negative(constant: str) -> Change:
    return lambda worlds: -worlds.column(constant)


def _put(value: float) -> Change:
    return lambda worlds: value


def _column(constant: str) -> Change:
    return lambda worlds: worlds.column(constant)


#: The faults in constants: no kernel is compiled for them.
OF_CONSTANTS: tuple[Fault, ...] = (
    _flipped("ground cost reversed", "sign flip", "heavy forces in Korea invite an attack", "ground_cost", "ground_cost"),
    _flipped("coordination reversed", "sign flip", "coordination invites an attack", "coordination_cost",
             "coordination_cost"),
    _flipped("encirclement reversed", "sign flip", "coordination soothes Beijing", "alliance_grievance",
             "grievance_coordination grievance_japan"),
    _flipped("relief reversed", "sign flip", "Japanese forces tie US power down", "japan_relief", "japan_relief"),
    _flipped("discount reversed", "sign flip", "survivability invites punishment", "survivability_discount",
             "discount_attack discount_war decoupling"),
    _flipped("words reversed", "sign flip", "doubts reassure", "statements", "signal_statement"),
    _flipped("autonomy reversed", "sign flip", "Russian arms trade binds Kim to Beijing", "autonomy", "autonomy_flow"),
    _flipped("veto reversed", "sign flip", "the veto adds to enforcement", "veto", "veto_step"),
    _flipped("interdiction reversed", "sign flip", "enforcement speeds the flow", "interdiction", "interdiction"),
    _flipped("restraint reversed", "sign flip", "Beijing eggs Kim on", "restraint", "restraint_strength"),
    _flipped("substitution reversed", "sign flip", "arms sales follow stolen money down", "substitution", "substitution"),
    _flipped("settlement reversed", "sign flip", "peace keeps Moscow busy", "settlement_join", "settlement_tie russia_busy"),
    _flipped("bias reversed", "sign flip", "Xi underrates his partners", "partner_bias", "partner_bias"),
    _flipped("backlog reversed", "sign flip", "technology that waits puts tests off", "backlog", "campaign_backlog"),
    _flipped("Russian cost reversed", "sign flip", "coordination invites Moscow", "russian_cost", "russia_join_cost"),
    Fault("parties doubled", "wrong size", "each nuclear party quadruples the odds of nuclear use", ("nuclear_parties",),
          {"nuclear_parties_effect": _put(1.4)}),
    Fault("moratorium dead", "dead mechanism", "talks never open a moratorium", ("moratorium",), {"moratorium_speed": _put(0.0)}),
    Fault("technology dead", "dead mechanism", "arms buy no technology", ("technology_flow",), {"tech_flow": _put(0.0)}),
    Fault("survivability dead", "dead mechanism", "arms buy no survivability", ("survivability_flow",),
          {"survivability_flow": _put(0.0)}),
    Fault("wedge dead", "dead mechanism", "offers cost no trust", ("wedge",), {"wedge_effect": _put(0.0)}),
    Fault("illicit dead", "dead mechanism", "counter-measures close nothing off", ("illicit",), {"illicit_cut": _put(0.0)}),
    Fault("opportunism swapped", "swapped theatres", "Beijing has Kim's pull, Kim has Beijing's and gains nothing",
          ("kim_opportunism", "beijing_opportunism"),
          {"korea_opportunism": _column("strait_opportunism"), "strait_opportunism": _column("korea_opportunism"),
           "kim_opportunity": _put(0.0)}),
    Fault("nothing persists", "wrong end", "a settlement leaves nothing of Moscow's need", ("settlement_need",),
          {"tie_persistence": _put(0.0)}),
    Fault("exposure hardens", "sign flip", "exposure builds trust", ("trust_exposure",),
          {"trust_exposure": lambda worlds: -abs(worlds.column("trust_exposure"))}),
)  # fmt: skip

#: The faults in rules: a kernel is compiled for each.
OF_RULES: tuple[Fault, ...] = (
    Fault("peace unnoticed", "off in time", "Moscow's need takes no notice of a settlement for ten years", ("settlement_need",),
          rules={"russia.need": fault_rules.late_need}),
    Fault("attention swapped", "swapped theatres", "Washington looks at Korea where it should at Taiwan", ("attention",),
          rules={"united_states.attention": fault_rules.swapped_attention}),
    Fault("door closed a year early", "off by months", "the door in Korea is closed while Taiwan burns, and a year older after",
          ("kim_opportunism",), rules={"north_korea.taiwan_opens": fault_rules.late_opening}),
    Fault("leaked chance", "leaked randomness", "the draw of Russia's joining hangs on the war in Ukraine",
          ("settlement_join", "joins"),
          rules={"russia.joins": fault_rules.leaking_join}),
)  # fmt: skip

FAULTS = (*OF_CONSTANTS, *OF_RULES)
