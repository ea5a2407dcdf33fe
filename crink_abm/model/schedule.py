"""The phases of a month and their order: the only place that knows it.

A step names the rule, whose it is, the fields it writes, and (``when``) the
field that must be positive for it to run. What a rule reads are its arguments'
names. Both engines, ``explain`` and the model description are driven by this
table; none of them adds a rule or an order of its own.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .enums import Actor, PhaseCode
from .rules import allies, china, iran, kim, monitors, north_korea, residuals, russia, united_states, world, xi


@dataclass(frozen=True)
class Step:
    """One rule applied once a month (or only when the field ``when`` is positive)."""

    actor: Actor
    rule: Callable[..., Any]
    writes: tuple[str, ...]
    when: str | None = None

    @property
    def name(self) -> str:
        """The rule's full name, e.g. ``china.grievance``: how an override names it."""
        return f"{self.rule.__module__.rsplit('.', 1)[-1]}.{self.rule.__name__}"

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names the rule asks for."""
        return tuple(inspect.signature(self.rule).parameters)


@dataclass(frozen=True)
class Phase:
    """Steps that decide from one snapshot of the state and then commit together."""

    code: PhaseCode
    title: str
    steps: tuple[Step, ...]


def _step(actor: Actor, rule: Callable[..., Any], writes: str, when: str | None = None) -> Step:
    return Step(actor, rule, tuple(writes.split()), when)


_W, _C, _N, _R, _I = Actor.WORLD, Actor.CHINA, Actor.NORTH_KOREA, Actor.RUSSIA, Actor.IRAN
_U, _S, _J, _T, _M = Actor.UNITED_STATES, Actor.SOUTH_KOREA, Actor.JAPAN, Actor.TAIWAN, Actor.MONITORS
_XI, _KIM, _FORCE = "xi_decides", "kim_decides", "force_anywhere"
_XI_TYPE, _KIM_TYPE = "xi_type_due", "kim_type_due"

MONTH: tuple[Phase, ...] = (
    Phase(
        PhaseCode.WORLD,
        "the world moves",
        (
            _step(_W, world.succession, "xi_new kim_new"),
            _step(_W, world.posture_paths, "deter_gain spiral_gain"),
            _step(_R, russia.war_in_ukraine, "ukraine_war"),
            _step(_I, iran.distraction, "iran_distraction"),
            _step(_U, united_states.crisis_elsewhere, "us_crisis"),
            _step(_U, united_states.exercises, "exercise_activity"),
        ),
    ),
    Phase(
        PhaseCode.MONITORS,
        "monitors enforce and detect",
        (
            _step(_M, monitors.enforcement, "enforcement"),
            _step(_M, monitors.detections, "detections"),
            _step(_M, monitors.exposure_index, "exposure_index"),
        ),
    ),
    Phase(
        PhaseCode.SUPPLY,
        "munitions flow",
        (
            _step(_R, russia.tie, "wartime_tie"),
            _step(_R, russia.need, "russian_need"),
            _step(_R, russia.flow, "arms_flow total_flow"),
            _step(_I, iran.supply, "iran_supply"),
            _step(_R, russia.trust, "russian_trust"),
            _step(_R, russia.stock, "russian_stock"),
            _step(_R, russia.kit_return, "kit_return"),
        ),
    ),
    Phase(
        PhaseCode.STOCKS,
        "Pyongyang's stocks move",
        (
            _step(_N, north_korea.illicit_income, "illicit_income"),
            _step(_N, north_korea.technology, "technology technology_gain"),
            _step(_N, north_korea.survivability, "survivability"),
            _step(_N, north_korea.conventional, "conventional"),
            _step(_N, north_korea.hardship, "hardship"),
            _step(_N, north_korea.autonomy, "autonomy"),
            _step(_N, north_korea.reference_point, "reference_point"),
        ),
    ),
    Phase(
        PhaseCode.ALLIES,
        "Beijing coerces, allies answer",
        (
            _step(_C, china.coercion_rok, "coercion_rok"),
            _step(_C, china.coercion_japan, "coercion_japan"),
            _step(_S, allies.rok_consent, "rok_consent"),
            _step(_S, allies.rok_hedge, "rok_hedge"),
            _step(_S, allies.rok_power, "rok_power"),
            _step(_J, allies.japan_access, "japan_access"),
            _step(_J, allies.japan_power, "japan_power"),
            _step(_J, allies.allied_arming, "allied_arming"),
            _step(_T, allies.taiwan_defence, "taiwan_defence"),
            _step(_T, allies.taiwan_drift, "taiwan_drift"),
        ),
    ),
    Phase(
        PhaseCode.WASHINGTON,
        "Washington allocates",
        (
            _step(_U, united_states.administration, "us_administration"),
            _step(_U, united_states.power, "us_power"),
            _step(_U, united_states.threat, "threat_taiwan threat_korea"),
            _step(_U, united_states.capacity, "us_capacity"),
            _step(_U, united_states.attention, "attention_taiwan attention_korea"),
            _step(_U, united_states.munitions, "munitions"),
            _step(_U, united_states.will, "us_will"),
            _step(_U, united_states.strength, "us_strength"),
            _step(_J, allies.japan_strength, "japan_strength"),
            _step(_T, allies.taiwan_strength, "taiwan_strength"),
        ),
    ),
    Phase(
        PhaseCode.BELIEFS,
        "beliefs and grievances move",
        (
            _step(_U, united_states.responds, "us_response us_silence"),
            _step(_C, china.belief_counts, "china_belief_for china_belief_against"),
            _step(_N, north_korea.belief_counts, "nk_belief_for nk_belief_against"),
            _step(_C, china.grievance, "grievance"),
            _step(_C, china.expected_reliability, "expected_reliability"),
            _step(_C, china.arming, "china_arming"),
            _step(_C, china.power, "china_power"),
            _step(_C, china.balance, "balance_last balance_trend"),
        ),
    ),
    Phase(
        PhaseCode.XI,
        "the Strait comes to a crisis, or stays calm",
        (
            _step(_C, china.belief, "china_belief"),
            _step(_C, china.strength, "china_strength"),
            _step(_C, china.pla_activity, "pla_activity"),
            _step(_C, china.korea_opens, "korea_opening"),
            _step(_C, china.incident_prob, "taiwan_incident_prob"),
            _step(_C, china.crisis_prob, "taiwan_crisis_prob"),
            _step(_C, xi.episode, "taiwan_episode xi_decides"),
            _step(_W, residuals.taiwan_crisis, "residual_taiwan_crisis"),
            _step(_C, xi.type_is_drawn, "xi_type_due"),
            _step(_C, xi.private_type, "xi_stakes xi_costs xi_optimism", _XI_TYPE),
            _step(_W, residuals.xi_type, "residual_xi_type", _XI_TYPE),
        ),
    ),
    Phase(
        PhaseCode.XI,
        "Xi weighs the Strait",
        (
            _step(_C, xi.intervention, "us_enters_invasion us_enters_blockade", _XI),
            _step(_C, xi.expected_help, "xi_expected_help", _XI),
            _step(
                _C,
                xi.win_prob,
                "win_blockade_out win_blockade_in win_blockade win_invasion_out win_invasion_in win_invasion",
                _XI,
            ),
            _step(_C, xi.grey_zone_success, "win_grey", _XI),
            _step(_C, xi.cost_of_posture, "cost_posture", _XI),
            _step(_C, xi.cost_of_sea_power, "cost_sea", _XI),
            _step(_C, xi.cost_of_coordination, "cost_coordination", _XI),
            _step(_C, xi.cost_of_japan, "cost_japan", _XI),
            _step(_C, xi.cost_of_sanctions, "cost_sanctions", _XI),
            _step(_C, xi.cost_of_nuclear_risk, "cost_nuclear", _XI),
            _step(_C, xi.decline, "expected_decline", _XI),
            _step(_C, xi.value_of_waiting, "value_wait", _XI),
            _step(_C, xi.utilities, "u_wait u_grey u_blockade u_invasion", _XI),
            _step(_C, xi.option_probs, "prob_wait prob_grey prob_blockade prob_invasion", _XI),
            _step(_C, xi.best_option, "xi_best", _XI),
            _step(_C, xi.choose, "xi_choice", _XI),
            _step(_C, xi.expectation, "help_expected", _XI),
            _step(_C, xi.next_status, "taiwan_status"),
        ),
    ),
    Phase(
        PhaseCode.KIM,
        "Korea comes to a crisis, or stays calm",
        (
            _step(_N, north_korea.belief, "nk_belief"),
            _step(_N, kim.fear, "kim_fear"),
            _step(_N, north_korea.restraint, "china_restraint"),
            _step(_U, united_states.korea_guard, "korea_guard"),
            _step(_N, north_korea.testing_pressure, "testing_pressure"),
            _step(_N, north_korea.testing_regime, "launch_rate testing_regime test_backlog"),
            _step(_N, north_korea.provocation, "provocation_prob provocation launch_days provocation_memory"),
            _step(_N, north_korea.taiwan_opens, "taiwan_opening"),
            _step(_N, north_korea.incident_prob, "korea_incident_prob"),
            _step(_N, north_korea.crisis_prob, "korea_crisis_prob"),
            _step(_N, kim.agreement, "agreement_called"),
            _step(_N, kim.episode, "korea_episode kim_decides"),
            _step(_W, residuals.korea_crisis, "residual_korea_crisis"),
            _step(_N, kim.type_is_drawn, "kim_type_due"),
            _step(_N, kim.private_type, "kim_stakes kim_costs kim_optimism", _KIM_TYPE),
            _step(_W, residuals.kim_type, "residual_kim_type", _KIM_TYPE),
        ),
    ),
    Phase(
        PhaseCode.KIM,
        "Kim weighs Korea",
        (
            _step(_N, kim.punishment_belief, "punish_attack punish_war", _KIM),
            _step(_N, kim.attack_success_prob, "win_attack", _KIM),
            _step(_N, kim.war_win_prob, "win_korea", _KIM),
            _step(_N, kim.cost_of_retaliation, "retaliation", _KIM),
            _step(_N, kim.cost_of_nuclear_risk, "kim_cost_nuclear", _KIM),
            _step(_N, kim.opportunity, "kim_opening", _KIM),
            _step(_N, kim.utilities, "u_stand_down u_hold u_attack u_war", _KIM),
            _step(_N, kim.option_probs, "prob_stand_down prob_hold prob_attack prob_war", _KIM),
            _step(_N, kim.best_option, "kim_best", _KIM),
            _step(_N, kim.choose, "kim_choice", _KIM),
            _step(_N, kim.next_status, "korea_status"),
        ),
    ),
    Phase(
        PhaseCode.OUTCOMES,
        "partners join",
        (
            _step(_W, world.force_anywhere, "force_anywhere"),
            _step(_U, united_states.enters, "us_in", _FORCE),
            _step(_U, united_states.joins_korea, "us_in_korea", _FORCE),
            _step(_J, allies.japan_enters, "japan_in", _FORCE),
            _step(_R, russia.joins, "russia_join_prob russia_in", _FORCE),
            _step(_I, iran.joins, "iran_in", _FORCE),
            _step(_N, north_korea.joins, "north_korea_in", _FORCE),
            _step(_C, china.joins_korea, "china_in_korea", _FORCE),
        ),
    ),
    Phase(
        PhaseCode.OUTCOMES,
        "wars are fought, and the record is kept",
        (
            _step(_W, world.taiwan_balance, "beijing_win_prob", _FORCE),
            _step(_W, world.korea_balance, "pyongyang_win_prob", _FORCE),
            _step(_W, world.taiwan_front, "taiwan_front", _FORCE),
            _step(_W, world.korea_front, "korea_front", _FORCE),
            _step(_W, world.nuclear_rung, "nuclear_prob nuclear_now nuclear_used", _FORCE),
            _step(_W, residuals.war, "residual_nuclear residual_russia", _FORCE),
            _step(
                _W,
                residuals.taiwan,
                "residual_blockade residual_invasion residual_taiwan residual_taiwan_first residual_taiwan_second",
                _XI,
            ),
            _step(
                _W,
                residuals.korea,
                "residual_attack residual_war residual_korea residual_korea_first residual_korea_second",
                _KIM,
            ),
            _step(_W, world.preferred_taiwan, "preferred_blockade preferred_invasion", _XI),
            _step(_W, world.preferred_korea, "preferred_attack preferred_war", _KIM),
            _step(_U, united_states.resolve_seen, "xi_resolve_seen kim_resolve_seen"),
            _step(_W, world.two_front_now, "taiwan_last_force korea_last_force two_front"),
            _step(_W, world.record, "first_blockade first_invasion first_korea_attack first_korea_war first_two_front "
                  "first_russian_join first_nuclear"),
            _step(_W, world.second_front, "korea_after_taiwan taiwan_after_korea"),
            _step(_W, world.rung, "highest_rung"),
            _step(_W, world.count_provocations, "n_provocations n_launch_days"),
            _step(_W, world.realised_help, "help_realised"),
        ),
    ),
    Phase(
        PhaseCode.OUTCOMES,
        "wars teach, and end",
        (
            _step(_C, xi.experience, "xi_experience"),
            _step(_N, kim.experience, "kim_experience"),
            _step(
                _W,
                world.taiwan_war_month,
                "taiwan_status taiwan_front taiwan_war_months taiwan_resolved",
                _FORCE,
            ),
            _step(_W, world.korea_war_month, "korea_status korea_front korea_war_months korea_resolved", _FORCE),
        ),
    ),
)  # fmt: skip


def steps() -> tuple[Step, ...]:
    """Every step of a month in order."""
    return tuple(step for phase in MONTH for step in phase.steps)
