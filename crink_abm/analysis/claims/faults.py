"""A zoo of planted faults: constants with a wrong sign, dead mechanisms, swapped theatres, rules that are a month off.

A fault touches the claims that rest on the mechanisms of its constants (:mod:`crink_abm.model.mechanisms`), and those alone.
Faults in constants are imposed in every world, also outside the declared ranges; faults in rules replace a rule of the model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...ensemble.worlds import Worlds
from ...model.mechanisms import MECHANISMS
from ...model.rules import russia, united_states
from ...model.rules.building_blocks import inside, opening

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


def _late_need(russian_need, ukraine_war, wartime_tie, tie_persistence, need_adjustment, month):  # type: ignore[no-untyped-def]
    """Moscow's need, which takes no notice of peace for the first ten years of a run."""
    peace = (1.0 - ukraine_war) if month > 120.0 else 0.0
    target = wartime_tie * ((1.0 - peace) + peace * tie_persistence)
    return russian_need + need_adjustment * (target - russian_need)


def _swapped_attention(  # type: ignore[no-untyped-def]
    us_capacity,
    threat_taiwan,
    threat_korea,
    value_taiwan,
    value_korea,
    usfk_posture,
    heavy_share,
    dual_role,
    tied_down,
    tied_heavy,
):
    """Attention with the theatres swapped."""
    taiwan, korea = united_states.attention(
        us_capacity,
        threat_taiwan,
        threat_korea,
        value_taiwan,
        value_korea,
        usfk_posture,
        heavy_share,
        dual_role,
        tied_down,
        tied_heavy,
    )
    return korea, taiwan


def _late_opening(taiwan_status, taiwan_last_force, opening_months, month):  # type: ignore[no-untyped-def]
    """The door in Korea, with the months counted from a year too early."""
    return 0.0 if taiwan_status >= 2.0 else opening(taiwan_status, taiwan_last_force, opening_months, month + 12.0)


def _leaking_join(  # type: ignore[no-untyped-def]
    taiwan_status, korea_status, russia_in, ukraine_war, wartime_tie, russian_stock, trilateral_coordination, attention_taiwan,
    coordination, uncoordinated, settlement_tie, russia_reliability, russia_interest, russia_busy, russia_join_cost,
    russia_binding, directed_pull, join_speed, u_russia_joins
):  # fmt: skip
    """Russia's joining, with chance that leaks: the draw is moved by a lever, as where a stream is shared with a policy."""
    prob, _ = russia.joins(
        taiwan_status, korea_status, russia_in, ukraine_war, wartime_tie, russian_stock, trilateral_coordination,
        attention_taiwan, coordination, uncoordinated, settlement_tie, russia_reliability, russia_interest, russia_busy,
        russia_join_cost, russia_binding, directed_pull, join_speed, u_russia_joins,
    )  # fmt: skip
    at_war = taiwan_status == 3.0 or korea_status == 3.0
    drawn = u_russia_joins + 0.5 * (1.0 - ukraine_war)
    return prob, inside(at_war and drawn < prob, russia_in, at_war)


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
          rules={"russia.need": _late_need}),
    Fault("attention swapped", "swapped theatres", "Washington looks at Korea where it should at Taiwan", ("attention",),
          rules={"united_states.attention": _swapped_attention}),
    Fault("door closed a year early", "off by months", "the door in Korea is closed while Taiwan burns, and a year older after",
          ("kim_opportunism",), rules={"north_korea.taiwan_opens": _late_opening}),
    Fault("leaked chance", "leaked randomness", "the draw of Russia's joining hangs on the war in Ukraine",
          ("settlement_join", "joins"),
          rules={"russia.joins": _leaking_join}),
)  # fmt: skip

FAULTS = (*OF_CONSTANTS, *OF_RULES)


def switched_off(mechanism: str) -> Fault:
    """A mechanism that is dead: what the registry's claims are checked by."""
    neutral = MECHANISMS[mechanism].neutral
    return Fault(
        mechanism, "switched off", MECHANISMS[mechanism].meaning, (mechanism,), {k: _put(v) for k, v in neutral.items()}
    )
