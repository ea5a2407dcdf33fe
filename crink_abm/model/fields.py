"""The fields of the world: what each actor owns, in which unit, from which start.

A *state* variable carries over; a step sees the value at the start of its phase
and its new value is committed at the phase's end. A *term* is worked out anew
each month, is seen at once by later steps, and is kept for explanation. A term
whose step did not run in a month is 0 in that month.
"""

from dataclasses import dataclass
from typing import Any

from .enums import Actor

A = Actor


@dataclass(frozen=True)
class Field:
    """One scalar of the world.

    ``initial`` is a number, or the name of the parameter that holds it; terms have none.
    """

    name: str
    owner: Actor
    unit: str
    meaning: str
    initial: float | str | None = None

    @property
    def is_state(self) -> bool:
        """Whether the field carries over from month to month."""
        return self.initial is not None


def _states(owner: Actor, *rows: Any) -> tuple[Field, ...]:
    return tuple(Field(name, owner, unit, meaning, initial) for name, initial, unit, meaning in rows)


def _terms(owner: Actor, *rows: Any) -> tuple[Field, ...]:
    return tuple(Field(name, owner, unit, meaning) for name, unit, meaning in rows)


_LADDER = "0 calm, 1 crisis, 2 limited force, 3 war"
_RESIDUAL = "events less odds"

FIELDS: tuple[Field, ...] = (
    *_states(
        A.WORLD,
        (
            "taiwan_resolved",
            0.0,
            "1, -1, 0",
            "How the fight for Taiwan ended: held by Beijing, repelled; 0 while there is none that ended",
        ),
        (
            "korea_resolved",
            0.0,
            "1, -1, 0",
            "How the war in Korea ended: Pyongyang prevails, repelled; 0 while there is none that ended",
        ),
        (
            "taiwan_front",
            0.0,
            "fronts",
            "How far the fighting over Taiwan has gone (1: won by Beijing; -1: lost)",
        ),
        (
            "korea_front",
            0.0,
            "fronts",
            "How far the war in Korea has gone (1: won by Pyongyang; -1: lost)",
        ),
        ("taiwan_war_months", 0.0, "months", "Months of war over Taiwan so far"),
        ("korea_war_months", 0.0, "months", "Months of war in Korea so far"),
        ("taiwan_last_force", -1.0, "month", "Last month of force over Taiwan (-1 none)"),
        ("korea_last_force", -1.0, "month", "Last month of force in Korea (-1 none)"),
        ("nuclear_used", 0.0, "0 or 1", "Nuclear use so far"),
        ("highest_rung", 0.0, "rung 0-6", "Highest rung of the escalation ladder so far"),
        ("n_provocations", 0.0, "months", "Months with a North Korean provocation so far"),
        ("n_launch_days", 0.0, "days", "North Korean launch days so far"),
        ("first_blockade", -1.0, "month", "First month of a blockade of Taiwan (-1 none)"),
        ("first_invasion", -1.0, "month", "First month of an invasion of Taiwan (-1 none)"),
        ("first_korea_attack", -1.0, "month", "First month of a limited attack in Korea (-1 none)"),
        ("first_korea_war", -1.0, "month", "First month of war in Korea (-1 none)"),
        ("first_two_front", -1.0, "month", "First month of force in both theatres within the window (-1 none)"),
        ("first_russian_join", -1.0, "month", "First month Russia is in a war in Asia (-1 none)"),
        ("first_nuclear", -1.0, "month", "First month of nuclear use (-1 none)"),
        ("korea_after_taiwan", -1.0, "month", "Force begins in Korea after force over Taiwan (-1 none)"),
        ("taiwan_after_korea", -1.0, "month", "Force begins over Taiwan after force in Korea (-1 none)"),
        ("preferred_blockade", -1.0, "month", "First blockade, if it was Xi's best option (-1 none)"),
        ("preferred_invasion", -1.0, "month", "First invasion, if it was Xi's best option (-1 none)"),
        ("preferred_attack", -1.0, "month", "First limited attack, if it was Kim's best option (-1 none)"),
        ("preferred_war", -1.0, "month", "First war in Korea, if it was Kim's best option (-1 none)"),
        ("help_realised", 0.0, "share", "Largest share of the three partners that joined Beijing's war"),
        ("residual_blockade", 0.0, _RESIDUAL, "Residual of a first blockade"),
        ("residual_invasion", 0.0, _RESIDUAL, "Residual of a first invasion"),
        ("residual_taiwan", 0.0, _RESIDUAL, "Residual of first force over Taiwan"),
        ("residual_taiwan_first", 0.0, _RESIDUAL, "Residual of first force anywhere, over Taiwan"),
        ("residual_taiwan_second", 0.0, _RESIDUAL, "Residual of a second front over Taiwan"),
        ("residual_attack", 0.0, _RESIDUAL, "Residual of a first limited attack in Korea"),
        ("residual_war", 0.0, _RESIDUAL, "Residual of a first war in Korea"),
        ("residual_korea", 0.0, _RESIDUAL, "Residual of first force in Korea"),
        ("residual_korea_first", 0.0, _RESIDUAL, "Residual of first force anywhere, in Korea"),
        ("residual_korea_second", 0.0, _RESIDUAL, "Residual of a second front in Korea"),
        ("residual_nuclear", 0.0, _RESIDUAL, "Residual of first nuclear use"),
        ("residual_russia", 0.0, _RESIDUAL, "Residual of Russia's first joining"),
        ("residual_taiwan_crisis", 0.0, _RESIDUAL, "Residual of crises over Taiwan before any force"),
        ("residual_korea_crisis", 0.0, _RESIDUAL, "Residual of crises in Korea before any force"),
        ("residual_xi_type", 0.0, _RESIDUAL, "Residual of Xi's type: of the quarter whom force costs least"),
        ("residual_kim_type", 0.0, _RESIDUAL, "Residual of Kim's type: of the quarter whom force costs least"),
    ),
    *_terms(
        A.WORLD,
        ("xi_new", "0 or 1", "Xi has just been succeeded"),
        ("kim_new", "0 or 1", "Kim has just been succeeded"),
        ("deter_gain", "weight", "How much posture deters"),
        ("spiral_gain", "weight", "How much posture alarms"),
        ("force_anywhere", "0 or 1", "Force is used in a theatre, or a joiner is still in"),
        ("beijing_win_prob", "probability", "Beijing has the better of this month's fighting over Taiwan"),
        ("pyongyang_win_prob", "probability", "Pyongyang has the better of this month's fighting in Korea"),
        ("nuclear_prob", "probability", "Chance of nuclear use this month"),
        ("nuclear_now", "0 or 1", "Nuclear use this month"),
        ("two_front", "0 or 1", "Force in both theatres within the window"),
    ),
    *_states(
        A.CHINA,
        ("taiwan_status", 0.0, _LADDER, "Where the Taiwan Strait stands"),
        ("china_power", 1.0, "China 2026 = 1", "China's military power"),
        ("china_arming", 0.0, "share of power", "China's build-up beyond trend"),
        ("grievance", "initial_grievance", "0 to 1", "Sense of being encircled and denied"),
        ("china_belief_for", "belief_prior_for", "evidence", "Evidence that Washington would fight for Taiwan"),
        ("china_belief_against", "belief_prior_against", "evidence", "Evidence that it would not"),
        ("expected_reliability", "reliability_base", "0 to 1", "How reliable Beijing thinks its partners"),
        ("coercion_rok", "initial_coercion", "0 to 1", "Beijing's coercion of Seoul"),
        ("coercion_japan", "initial_coercion", "0 to 1", "Beijing's coercion of Tokyo"),
        ("pla_activity", 0.0, "log ratio", "PLA aircraft around Taiwan, log over the mean month"),
        ("china_in_korea", 0.0, "0 or 1", "Beijing is in the war in Korea"),
        ("xi_stakes", 1.0, "ratio", "Xi's type: what winning is worth to him, over the leader in the middle"),
        ("xi_costs", 1.0, "ratio", "Xi's type: what force costs him, over the leader in the middle"),
        ("xi_optimism", 0.0, "log-odds", "Xi's type: how far he overrates his odds of winning"),
        ("xi_experience", 0.0, "log-odds", "What fighting has taught Xi about his odds"),
        ("balance_last", 0.0, "ratio", "The balance over Taiwan last month (1: China as strong as the three)"),
        ("balance_trend", 0.0, "ratio a month", "How that balance moves, as Beijing sees it"),
        ("help_expected", -1.0, "share", "Share of his partners Xi counted on when he first used force (-1 none)"),
    ),
    *_terms(
        A.CHINA,
        ("china_strength", "China 2026 = 1", "What China can bring to a fight over Taiwan"),
        ("china_belief", "probability", "Xi's belief that Washington is committed"),
        ("korea_opening", "0 to 1", "How far force in Korea opens a door over Taiwan"),
        ("taiwan_incident_prob", "probability a month", "Chance of an incident over Taiwan"),
        ("taiwan_crisis_prob", "probability a month", "Chance that a crisis over Taiwan breaks out"),
        ("taiwan_episode", _LADDER, "The Strait before Xi decides"),
        ("xi_decides", "0 or 1", "Xi must decide this month"),
        ("xi_type_due", "0 or 1", "Xi's private type is drawn this month"),
        ("us_enters_invasion", "probability", "Xi's odds that the US fights an invasion"),
        ("us_enters_blockade", "probability", "Xi's odds that the US fights a blockade"),
        ("win_grey", "probability", "The grey zone pays"),
        ("win_blockade_out", "probability", "Blockade succeeds, allies out"),
        ("win_blockade_in", "probability", "Blockade succeeds, allies in"),
        ("win_blockade", "probability", "Blockade succeeds, as Xi sees it"),
        ("win_invasion_out", "probability", "Invasion succeeds, allies out"),
        ("win_invasion_in", "probability", "Invasion succeeds, allies in"),
        ("win_invasion", "probability", "Invasion succeeds, as Xi sees it"),
        ("cost_posture", "value of Taiwan", "Cost imposed by ground forces in Korea"),
        ("cost_sea", "value of Taiwan", "Cost imposed by carriers and bombers"),
        ("cost_coordination", "value of Taiwan", "Cost imposed by the coordinated allies"),
        ("cost_japan", "value of Taiwan", "Cost imposed by Japan's own role"),
        ("cost_sanctions", "value of Taiwan", "Cost threatened by an enforced sanctions machine"),
        ("cost_nuclear", "value of Taiwan", "What the risk of nuclear use weighs in an invasion"),
        ("xi_expected_help", "share", "Share of his partners whose help Xi expects"),
        ("expected_decline", "-1 to 1", "Decline of the balance Xi expects while he waits"),
        ("value_wait", "value of Taiwan", "Value of backing down"),
        ("u_wait", "utility", "Utility of waiting"),
        ("u_grey", "utility", "Utility of the grey zone"),
        ("u_blockade", "utility", "Utility of a blockade"),
        ("u_invasion", "utility", "Utility of an invasion"),
        ("prob_wait", "probability", "Xi waits"),
        ("prob_grey", "probability", "Xi acts in the grey zone"),
        ("prob_blockade", "probability", "Xi blockades"),
        ("prob_invasion", "probability", "Xi invades"),
        ("xi_best", "option 0-3", "What Xi would choose without noise"),
        ("xi_choice", "option 0-3", "Xi's choice: wait, grey zone, blockade, invade"),
    ),
    *_states(
        A.NORTH_KOREA,
        ("korea_status", 0.0, _LADDER, "Where Korea stands"),
        ("conventional", 1.0, "2023 = 1", "Conventional stock"),
        ("survivability", "initial_survivability", "0 to 1", "Survivability of the nuclear force"),
        ("technology", "initial_technology", "0 to 1", "Military technology"),
        ("hardship", "initial_hardship", "0 to 1", "Hardship of the economy and the elite"),
        ("reference_point", "initial_reference", "welfare 0 to 1", "The welfare Kim is used to"),
        ("nk_belief_for", "belief_prior_for", "evidence", "Evidence that Washington would punish an attack"),
        ("nk_belief_against", "belief_prior_against", "evidence", "Evidence that it would not"),
        ("autonomy", "initial_autonomy", "0 to 1", "Autonomy from Beijing"),
        ("testing_regime", "initial_regime", "0, 1, 2", "Missile tests: 0 quiet, 1 campaign, 2 moratorium"),
        ("test_backlog", "initial_backlog", "technology", "Technology that waits to be tested"),
        ("provocation_memory", "initial_memory", "0 to 1", "Fading memory of provocations"),
        ("provocation", 0.0, "0 or 1", "A provocation this month"),
        ("launch_days", 0.0, "days", "Missile launch days this month"),
        ("kim_stakes", 1.0, "ratio", "Kim's type: what winning is worth to him, over the leader in the middle"),
        ("kim_costs", 1.0, "ratio", "Kim's type: what force costs him, over the leader in the middle"),
        ("kim_optimism", 0.0, "log-odds", "Kim's type: how far he overrates his odds of winning"),
        ("kim_experience", 0.0, "log-odds", "What fighting has taught Kim about his odds"),
        ("north_korea_in", 0.0, "0 or 1", "Pyongyang is in the war over Taiwan"),
    ),
    *_terms(
        A.NORTH_KOREA,
        ("illicit_income", "2024 = 1", "Illicit cyber and finance income"),
        ("nk_belief", "probability", "Kim's belief that Washington is committed"),
        ("china_restraint", "logit", "Beijing's hand on Kim (negative: it eggs him on)"),
        ("kim_fear", "0 to 1", "Kim's fear of being struck first"),
        ("technology_gain", "technology", "Technology gained this month"),
        ("testing_pressure", "logit", "What presses for a campaign of tests"),
        ("launch_rate", "days a month", "Launch days to be expected this month"),
        ("provocation_prob", "probability a month", "Chance of a provocation"),
        ("taiwan_opening", "0 to 1", "How far force over Taiwan opens a door in Korea"),
        ("korea_incident_prob", "probability a month", "Chance of an incident in Korea"),
        ("agreement_called", "0 or 1", "Kim comes with Xi by prior agreement"),
        ("korea_crisis_prob", "probability a month", "Chance that a crisis in Korea breaks out"),
        ("korea_episode", _LADDER, "Korea before Kim decides"),
        ("kim_decides", "0 or 1", "Kim must decide this month"),
        ("kim_type_due", "0 or 1", "Kim's private type is drawn this month"),
        ("punish_attack", "probability", "Kim's odds that a limited attack is punished"),
        ("punish_war", "probability", "Kim's odds that the US fights a war"),
        ("win_attack", "probability", "A limited attack pays, as Kim sees it"),
        ("win_korea", "probability", "A war succeeds, as Kim sees it"),
        ("retaliation", "value of the regime", "Cost of an integrated answer to an attack"),
        ("kim_cost_nuclear", "value of the regime", "What the risk of nuclear use weighs in a war"),
        ("kim_opening", "value of the regime", "What a war over Taiwan adds to acting now"),
        ("u_stand_down", "utility", "Utility of standing down"),
        ("u_hold", "utility", "Utility of holding the crisis"),
        ("u_attack", "utility", "Utility of a limited attack"),
        ("u_war", "utility", "Utility of war"),
        ("prob_stand_down", "probability", "Kim stands down"),
        ("prob_hold", "probability", "Kim holds"),
        ("prob_attack", "probability", "Kim attacks in a limited way"),
        ("prob_war", "probability", "Kim goes to war"),
        ("kim_best", "option 0-3", "What Kim would choose without noise"),
        ("kim_choice", "option 0-3", "Kim's choice: stand down, hold, limited attack, war"),
    ),
    *_states(
        A.RUSSIA,
        ("ukraine_war", 1.0, "0 or 1", "The war in Ukraine goes on"),
        ("wartime_tie", "initial_tie", "0 to 1", "How far the war has made a tie between Moscow and Pyongyang"),
        ("russian_need", "initial_need", "0 to 1", "Need for Pyongyang's munitions"),
        ("russian_trust", "initial_trust", "0 to 1", "Trust in Pyongyang"),
        ("russian_stock", "initial_stock", "0 to 1", "Stock of munitions and kit"),
        ("arms_flow", "initial_flow", "2024 pace = 1", "Munitions from Pyongyang to Moscow"),
        ("russia_in", 0.0, "0 or 1", "Russia is in a war in Asia"),
    ),
    *_terms(
        A.RUSSIA,
        ("total_flow", "2024 pace = 1", "Munitions from Pyongyang and Iran to Moscow"),
        ("russia_join_prob", "probability", "Chance that Russia joins a war in Asia this month"),
        ("kit_return", "2024 pace = 1", "Freed Russian kit going to Pyongyang"),
    ),
    *_states(
        A.IRAN,
        ("iran_distraction", "iran_mean", "0 to 1", "US distraction Tehran causes"),
        ("iran_supply", "initial_iran_supply", "share of need", "Supply to Russia"),
        ("iran_in", 0.0, "0 or 1", "Iran has opened a diversion in Beijing's war"),
    ),
    *_states(
        A.UNITED_STATES,
        ("us_crisis", 0.0, "0 or 1", "A crisis elsewhere holds US forces"),
        ("munitions", "initial_munitions", "0 to 1", "Stock of precision munitions"),
        ("us_power", "us_power_start", "China 2026 = 1", "US power that can reach Asia"),
        ("us_administration", 0.0, "0 to 1", "What the administration in office adds to the will"),
        (
            "xi_resolve_seen",
            "resolve_prior",
            "probability",
            "Washington's belief that Xi is one of those who use force",
        ),
        (
            "kim_resolve_seen",
            "resolve_prior",
            "probability",
            "Washington's belief that Kim is one of those who use force",
        ),
        ("us_will", "will_base", "0 to 1", "Will to fight for partners"),
        ("us_in", 0.0, "0 or 1", "The US fights for Taiwan"),
        ("us_in_korea", 0.0, "0 or 1", "The US fights a war in Korea"),
    ),
    *_terms(
        A.UNITED_STATES,
        ("exercise_activity", "today's calendar = its season", "Exercise activity this month"),
        ("threat_taiwan", "index", "Threat in the Strait as Washington sees it"),
        ("threat_korea", "index", "Threat in Korea as Washington sees it"),
        (
            "us_capacity",
            "ratio",
            "US power free for both theatres, over what it is without crises and without Japan's relief",
        ),
        ("attention_taiwan", "share", "Attention to Taiwan"),
        ("attention_korea", "share", "Attention to Korea"),
        ("us_strength", "China 2026 = 1", "What the US can bring to a fight over Taiwan"),
        ("korea_guard", "index", "What the US holds in Korea"),
        ("us_response", "0 or 1", "A visible answer to last month's provocation or to a limited attack"),
        ("us_silence", "0 or 1", "No visible answer to one"),
    ),
    *_states(
        A.SOUTH_KOREA,
        ("rok_power", "rok_power_start", "China 2026 = 1", "South Korea's military power"),
        ("rok_consent", 0.5, "probability", "Consent to dual-role use of US forces"),
        ("rok_hedge", "hedge_base", "0 to 1", "Nuclear hedge"),
    ),
    *_states(
        A.JAPAN,
        ("japan_power", "japan_power_start", "China 2026 = 1", "Japan's military power"),
        ("japan_access", 0.5, "probability", "Readiness to open bases and to fight"),
        ("japan_in", 0.0, "0 or 1", "Japan fights for Taiwan"),
        ("allied_arming", 0.0, "share of power", "The allies' build-up beyond trend"),
    ),
    *_terms(A.JAPAN, ("japan_strength", "China 2026 = 1", "What Japan can bring to a fight over Taiwan")),
    *_states(
        A.TAIWAN,
        ("taiwan_defence", "taiwan_power_start", "China 2026 = 1", "Taiwan's own defence"),
        ("taiwan_drift", "drift_mean", "index", "Political drift away from unification"),
    ),
    *_terms(A.TAIWAN, ("taiwan_strength", "China 2026 = 1", "What Taiwan can put up in a fight")),
    *_states(
        A.MONITORS,
        ("detections", 0.0, "transfers", "Transfers detected this month"),
        ("exposure_index", "initial_exposure", "0 to 1", "How much of the traffic lies open"),
    ),
    *_terms(A.MONITORS, ("enforcement", "0 to 1", "How much of the sanctions regime bites")),
)

#: name -> Field, in declared order.
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
