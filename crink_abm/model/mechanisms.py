"""Mechanisms of the model: what each says, the rules that hold it, the constants that switch it off, the claims that rest on it.

A mechanism is switched off by neutral values of its constants, in every world, also where they lie outside the ranges that the
prior draws from. Which claims rest on a mechanism was written down from the rules, and corrected by switching mechanisms off: a
claim rests on it if its estimate, or its counter-claim's, then moves beyond the margin (``analysis.claims.zoo``). Constants
that shape a mechanism but switch nothing off (speeds, base rates) are listed with it. What belongs to no mechanism is in
:data:`NONE`, with the reason. Data only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mechanism:
    """One mechanism.

    Attributes
    ----------
    name : as in tables
    meaning : what it says, in words
    rules : full names of the rules that read its constants
    neutral : constant -> the value at which the mechanism does nothing; empty where no number switches it off
    shape : constants that shape it and switch nothing off
    claims : claims of the article that rest on it
    """

    name: str
    meaning: str
    rules: tuple[str, ...]
    neutral: Mapping[str, float] = field(default_factory=dict)
    shape: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def constants(self) -> tuple[str, ...]:
        """All its constants."""
        return (*self.neutral, *self.shape)


def _off(names: str, value: float = 0.0) -> dict[str, float]:
    return dict.fromkeys(names.split(), value)


def _of(name: str, meaning: str, rules: str, neutral: dict[str, float], shape: str = "", claims: str = "") -> Mechanism:
    return Mechanism(name, meaning, tuple(rules.split()), neutral, tuple(shape.split()), tuple(claims.split()))


MECHANISMS: dict[str, Mechanism] = {
    one.name: one
    for one in (
        # What allied levers cost Beijing, and bring to a fight.
        _of("ground_cost", "Heavy dual-role ground forces in Korea raise Xi's cost of force", "xi.cost_of_posture",
            _off("ground_cost"), claims="C01 C02 C18 C27 C29 C30"),
        _of("ground_reach", "Forces in Korea reach the Strait", "united_states.strength", _off("ground_reach"),
            "heavy_mobility_loss", "C01 C02 C18"),
        _of("sea_cost", "Carriers and bombers raise Xi's cost of force", "xi.cost_of_sea_power", _off("sea_cost"),
            claims="C02 C29"),
        _of("sea_reach", "Carriers and bombers add strength at the Strait", "united_states.strength", _off("maritime_reach"),
            claims="C02 C29"),
        _of("coordination_cost", "A coordinated allied response raises Xi's cost of force", "xi.cost_of_coordination",
            _off("coordination_cost"), claims="C04 C19 C27 C30"),
        _of("japan_cost", "Japan's own role raises Xi's cost of force", "xi.cost_of_japan", _off("japan_cost"), claims="C27 C30"),
        _of("sanctions_cost", "A proven sanctions machine raises Xi's cost of force", "xi.cost_of_sanctions",
            _off("sanctions_cost"), claims="C27 C30"),
        _of("porcupine", "Many small arms and stocks make Taiwan harder to take", "allies.taiwan_strength",
            _off("porcupine_gain")),
        _of("consent", "Seoul consents to the use of forces for Taiwan, or withholds it", "allies.rok_consent",
            _off("consent_coordination consent_threat consent_coercion consent_dual consent_talks"), "consent_base",
            "C01 C18 C30"),
        _of("japan_access", "Tokyo opens its bases, or withholds them", "allies.japan_access",
            _off("access_coordination access_threat access_coercion access_burden"), "access_base", "C19 C20"),
        _of("japan_relief", "Japanese forces free US power", "united_states.capacity", _off("japan_relief"), claims="C20"),
        _of("japan_entry", "Japan fights beside the United States", "allies.japan_enters", _off("japan_join_speed"),
            "japan_reliability japan_interest japan_join_cost"),
        _of("coercion", "Beijing coerces Seoul and Tokyo for what they join in", "china.coercion_rok china.coercion_japan",
            _off("coercion_dual coercion_coordination coercion_burden coercion_relief"), "coercion_adjustment", "C18 C19"),
        # What they provoke.
        _of("spiral_china", "Forces and exercises feed Beijing's grievance", "china.grievance",
            _off("grievance_ground grievance_sea grievance_exercise"), claims="C27"),
        _of("spiral_korea", "Forces and exercises make Kim fear a first strike", "kim.fear",
            _off("fear_posture fear_sea fear_exercise"), "fear_dual", "C01 C27"),
        _of("posture_paths", "Whether posture deters, alarms, or does both", "world.posture_paths", {},
            "posture_effect spiral_weight", "C01 C02 C18 C27 C29 C30"),
        _of("alliance_grievance", "Coordination and Japan's role feed Beijing's grievance", "china.grievance",
            _off("grievance_coordination grievance_japan"), claims="C04 C19 C20 C27"),
        _of("sanctions_grievance", "Sanctions feed Beijing's grievance", "china.grievance", _off("grievance_sanctions"),
            claims="C27"),
        _of("island_grievance", "Taiwan's drift and defence, and Seoul's hedge, feed Beijing's grievance", "china.grievance",
            _off("grievance_drift grievance_hedge grievance_taiwan")),
        _of("grievance_acts", "Grievance brings crises and devalues waiting",
            "china.incident_prob xi.value_of_waiting xi.utilities "
            "china.pla_activity", _off("crisis_grievance wait_grievance xi_reference pla_grievance"), claims="C19 C20 C27"),
        _of("preemption", "Fear of a first strike presses Kim to act", "kim.utilities north_korea.incident_prob",
            _off("preempt_value crisis_fear"), "attack_fear", "C01 C27"),
        _of("light_forces", "Light forces guard little and invite disputes",
            "united_states.korea_guard north_korea.incident_prob",
            _off("light_deficit crisis_light"), claims="C01"),
        _of("arms_race", "Build-ups answer one another", "china.arming allies.allied_arming",
            _off("arming_reaction_china arming_grievance arming_reaction_allied arming_threat"),
            "arming_fatigue_china arming_fatigue_allied"),
        _of("closing_window", "A balance that worsens makes waiting worth less", "xi.decline xi.value_of_waiting",
            _off("decline_trend decline_lever wait_decline")),
        _of("assurance", "Engagement makes waiting worth more and soothes", "xi.value_of_waiting china.grievance",
            _off("wait_assurance grievance_engagement"), claims="C29"),
        _of("audience", "Backing down costs a leader at home", "xi.value_of_waiting xi.utilities kim.utilities",
            _off("audience_cost kim_audience")),
        _of("taiwan_politics", "Backing emboldens Taipei, talks over its head alarm it", "allies.taiwan_drift china.pla_activity",
            _off("drift_backing drift_anxiety pla_drift"), "drift_persistence drift_mean drift_sd"),
        # Guard and punishment in Korea.
        _of("sea_guard", "Carriers and bombers guard Korea too", "united_states.korea_guard kim.cost_of_retaliation",
            _off("sea_guard retaliation_sea")),
        _of("guard", "Forces held in Korea make a war there harder to win", "kim.war_win_prob world.korea_balance "
            "united_states.korea_guard", _off("guard_strength korea_reinforcement"), claims="C01"),
        _of("retaliation", "An integrated answer raises the cost of a limited attack", "kim.cost_of_retaliation",
            _off("retaliation_guard retaliation_dual"), claims="C01 C18"),
        _of("thinning", "Dual-role forces leave Korea for Taiwan or for crises elsewhere", "united_states.korea_guard",
            _off("thinning crisis_thinning"), claims="C18"),
        _of("tripwire", "Forces present draw Washington into a war in Korea", "united_states.joins_korea", _off("tripwire")),
        _of("survivability_discount", "A survivable arsenal discounts punishment",
            "kim.punishment_belief united_states.joins_korea",
            _off("discount_attack discount_war decoupling"), claims="C03 C05 C13 C22 C24 C27"),
        _of("hedge", "Seoul hedges towards a bomb of its own", "allies.rok_hedge kim.utilities kim.fear",
            _off("hedge_base hedge_fear hedge_assurance hedge_shock hedge_deterrence fear_hedge"), "hedge_adjustment", "C13"),
        # Two theatres.
        _of("kim_opportunism", "A war over Taiwan pulls Kim in", "north_korea.incident_prob kim.opportunity",
            _off("korea_opportunism kim_opportunity"), claims="C03 C06"),
        _of("beijing_opportunism", "Force in Korea tempts Beijing", "china.incident_prob", _off("strait_opportunism"),
            claims="C04 C06"),
        _of("openings", "A door that force opens closes with time", "china.korea_opens north_korea.taiwan_opens", {},
            "opening_months",
            "C03 C04 C06"),
        _of("entrapment", "Dual-role forces that fight for Taiwan draw fire in Korea", "north_korea.incident_prob",
            _off("korea_entrapment"), claims="C03 C18"),
        _of("coordination", "Partners draw one another in and help, more than each alone would", "china.incident_prob "
            "xi.expected_help north_korea.incident_prob russia.joins iran.joins north_korea.joins", {"uncoordinated": 1.0},
            "coordination", "C03 C06"),
        _of("direction", "Partners act by request and prior agreement", "china.incident_prob north_korea.incident_prob "
            "kim.opportunity kim.agreement xi.expected_help russia.joins iran.joins north_korea.joins",
            _off("directed_gain kim_request agreement_reliability directed_pull"), claims="C03 C06"),
        _of("coupling", "Crises short of force spill over", "china.incident_prob north_korea.incident_prob",
            _off("peacetime_coupling"), claims="C06"),
        _of("attention", "Washington's attention splits between the theatres, and what lacks it is left",
            "united_states.attention "
            "xi.intervention united_states.enters united_states.joins_korea united_states.threat",
            _off("threat_signal threat_rung threat_resolve attention_discount us_join_cost"),
            "threat_floor attention_full value_taiwan value_korea", "C04 C20"),
        _of("tied_forces", "Forces bound to Korea draw attention to it", "united_states.attention", _off("tied_down tied_heavy")),
        _of("drain", "Crises elsewhere and spent munitions drain US power", "united_states.capacity",
            _off("crisis_drain distraction_drain munitions_weight"), claims="C04"),
        _of("munitions", "Wars spend munitions, industry makes them", "united_states.munitions",
            _off("munitions_burn crisis_munitions"), "munitions_growth", "C04"),
        _of("crises_elsewhere", "Crises elsewhere come and go", "united_states.crisis_elsewhere iran.distraction",
            _off("crisis_onset_rate"), "crisis_duration iran_onset_gain iran_persistence iran_mean iran_sd"),
        # What leaders believe of Washington.
        _of("statements", "Words move beliefs in US commitment", "china.belief_counts north_korea.belief_counts",
            _off("signal_statement"), claims="C09"),
        _of("presence_signal", "Forces and exercises signal commitment", "china.belief_counts north_korea.belief_counts",
            _off("signal_presence signal_sea signal_exercise"), claims="C01"),
        _of("reputation", "How provocations are answered is read, in Pyongyang and in Beijing", "china.belief_counts "
            "north_korea.belief_counts united_states.responds", _off("signal_reputation signal_response"), "response_base"),
        _of("distraction_signal", "Crises elsewhere lower Beijing's belief in US commitment", "china.belief_counts",
            _off("signal_distraction")),
        _of("conciliation_signal", "Talks and burdens passed on read as weakness",
            "china.belief_counts north_korea.belief_counts",
            _off("signal_conciliation signal_talks"), claims="C24 C29"),
        _of("war_signal", "Wars fought or stayed out of tell most", "china.belief_counts north_korea.belief_counts",
            _off("signal_war")),
        _of("dilution", "Forces that may leave assure less", "allies.rok_hedge north_korea.belief_counts", _off("dual_dilution"),
            claims="C18"),
        _of("belief_updating", "Beliefs rest on evidence and forget", "china.belief_counts north_korea.belief_counts", {},
            "belief_memory belief_prior_for belief_prior_against", "C09"),
        _of("will", "Crises, talks, sharing and defeat move Washington's will", "united_states.will",
            _off("will_crisis will_sharing will_talks will_defeat"), "will_base will_adjustment"),
        _of("administrations", "US administrations differ", "united_states.administration", _off("administration_sd")),
        _of("reading_will", "Xi reads Washington's will", "xi.intervention", _off("belief_will")),
        _of("us_entry", "Washington fights, more surely as it cares", "united_states.enters united_states.joins_korea",
            _off("enter_speed"), "us_reliability us_interest enter_blockade"),
        _of("resolve_learning", "Washington learns what leaders are from what they do", "united_states.resolve_seen", {},
            "resolve_prior resolve_signal"),
        _of("experience", "Fighting teaches leaders their odds", "xi.experience kim.experience", _off("experience_gain")),
        # Moscow and Pyongyang.
        _of("interdiction", "Enforced sanctions stop part of the flow", "russia.flow", _off("interdiction"), claims="C22"),
        _of("enforcement", "Sanctions on paper bite as far as they are enforced and exposed", "monitors.enforcement",
            _off("enforcement_base enforcement_exposure"), claims="C12 C22"),
        _of("veto", "The Russian veto took a step out of enforcement", "monitors.enforcement", _off("veto_step"), claims="C12"),
        _of("detection", "Effort and publicity bring transfers into the open", "monitors.detections monitors.exposure_index",
            _off("detection_base detection_effort"), "full_detections exposure_memory", "C23"),
        _of("trust_exposure", "Exposure costs trust between Moscow and Pyongyang, or builds it", "russia.trust",
            _off("trust_exposure"), claims="C23"),
        _of("trust_pressure", "Shared pressure builds trust", "russia.trust", _off("trust_pressure")),
        _of("trust_flow", "Dealings build trust", "russia.flow russia.trust", _off("trust_flow"), "trust_base trust_adjustment"),
        _of("wedge", "Offers to Pyongyang cost Moscow's trust", "russia.trust", _off("wedge_effect"), claims="C07"),
        _of("wartime_tie", "The war in Ukraine makes a tie", "russia.tie", _off("tie_growth")),
        _of("settlement_need", "A settlement shrinks Moscow's need of arms", "russia.need russia.war_in_ukraine",
            {"tie_persistence": 1.0},
            "need_adjustment ukraine_end_rate", "C15 C16 C17"),
        _of("kit_return", "A settlement frees Russian kit for the North", "russia.kit_return", _off("kit_release"), claims="C16"),
        _of("settlement_join", "A settlement turns Moscow to Beijing's wars", "russia.joins china.expected_reliability",
            _off("settlement_tie russia_busy reliability_peace"), claims="C17"),
        _of("russian_stock", "The war burns Russia's stock, arms refill it", "russia.stock russia.joins",
            _off("stock_supply stock_burn russia_interest"), "stock_rebuild", "C17"),
        _of("russian_cost", "Coordination raises Russia's cost of joining", "russia.joins", _off("russia_join_cost"),
            claims="C17 C21"),
        _of("russian_binding", "Coordination binds the opposing coalition", "russia.joins", _off("russia_binding"), claims="C21"),
        _of("joins", "Partners join a war", "russia.joins iran.joins north_korea.joins china.joins_korea", _off("join_speed"),
            "russia_reliability north_korea_reliability iran_reliability china_reliability north_korea_interest iran_interest "
            "china_interest north_korea_join_cost iran_join_cost china_join_cost", "C14 C17 C21 C28"),
        _of("iran_supply", "Iran supplies Moscow beside Pyongyang", "russia.flow iran.supply",
            _off("iran_share iran_supply_base"),
            "iran_interdiction"),
        # Pyongyang's stocks.
        _of("technology_flow", "Russian help speeds technology", "north_korea.technology", _off("tech_flow"),
            claims="C05 C08 C24"),
        _of("survivability_flow", "Russian help makes the arsenal survivable", "north_korea.survivability",
            _off("survivability_flow"), claims="C05 C11"),
        _of("own_rate", "The North's programmes advance by themselves", "north_korea.technology north_korea.survivability",
            _off("tech_base survivability_base"), claims="C08 C11"),
        _of("stolen_money", "Stolen money buys technology", "north_korea.technology", _off("tech_money"), claims="C08"),
        _of("technology_talks", "Talks trade technology away", "north_korea.technology", _off("tech_talks"), claims="C24"),
        _of("conventional", "Exports drain the conventional stock, kit feeds it, hardship takes from it",
            "north_korea.conventional "
            "kim.war_win_prob", _off("conventional_export conventional_kit conventional_hardship"),
            "conventional_adjustment nk_strength"),
        _of("illicit", "Counter-measures close off illicit income", "north_korea.illicit_income russia.flow", _off("illicit_cut"),
            "illicit_base", "C26"),
        _of("substitution", "Arms sales replace lost illicit income", "russia.flow", _off("substitution"), claims="C26"),
        _of("hybrid_denial", "Counter-hybrid measures deny success short of war", "xi.grey_zone_success kim.attack_success_prob",
            _off("hybrid_denial"), claims="C30"),
        _of("hybrid_fear", "Counter-hybrid measures frighten Kim", "kim.fear", _off("fear_hybrid"), claims="C30"),
        _of("sanctions_hardship", "Enforcement makes hardship", "north_korea.hardship", _off("hardship_sanctions"), claims="C22"),
        _of("relief", "Arms, stolen money and Chinese trade relieve hardship", "north_korea.hardship",
            _off("hardship_flow hardship_illicit hardship_china"), "hardship_base hardship_adjustment", "C05"),
        _of("desperation", "Hardship drives Kim to act", "north_korea.incident_prob kim.utilities",
            _off("crisis_hardship attack_desperation"), claims="C05 C22"),
        _of("technology_confidence", "Technology makes limited attacks pay", "kim.utilities", _off("attack_confidence"),
            claims="C05"),
        _of("reference_point", "Lost welfare puts Kim in losses", "kim.utilities north_korea.reference_point",
            _off("kim_reference"), "reference_adjustment", "C05"),
        _of("autonomy", "Russian arms trade frees Kim from Beijing", "north_korea.autonomy", _off("autonomy_flow"),
            "autonomy_base autonomy_adjustment", "C05 C10 C25 C27"),
        _of("restraint", "Beijing restrains Kim, or eggs him on", "north_korea.restraint kim.utilities",
            _off("restraint_strength beijing_profit restraint_cost"), "restraint_hold restraint_war", "C05 C25 C27 C29"),
        # Tests and talks.
        _of("backlog", "Technology that waits presses for tests", "north_korea.testing_pressure", _off("campaign_backlog"),
            claims="C05 C24"),
        _of("exercise_tests", "Exercises bring tests", "north_korea.testing_pressure", _off("campaign_exercise"), claims="C27"),
        _of("closed_borders", "Closed borders keep tests down", "north_korea.testing_pressure", _off("campaign_borders")),
        _of("moratorium", "Talks open a moratorium, failed talks break it", "north_korea.testing_regime",
            _off("moratorium_speed"),
            claims="C24 C27 C29"),
        _of("testing", "Tests come in campaigns", "north_korea.testing_regime", {},
            "quiet_rate campaign_rate campaign_begin campaign_end", "C05 C24 C25"),
        _of("provocation_memory", "Tests raise the odds of a crisis", "north_korea.incident_prob north_korea.provocation",
            _off("crisis_provocation"),
            "memory_decay"),
        _of("talks_reward", "Talks pay attackers and brinkmen", "kim.utilities", _off("attack_reward hold_talks"), claims="C24"),
        _of("talks_calm", "Talks calm Kim's fear", "kim.fear", _off("fear_relief"), claims="C24"),
        # What Xi expects of partners, and wars.
        _of("partner_bias", "Xi overrates his partners", "xi.expected_help", _off("partner_bias"), claims="C28"),
        _of("partner_reading", "Xi reads partners' reliability from what they do", "china.expected_reliability",
            _off("reliability_flow reliability_exposure reliability_shown"), "reliability_base reliability_adjustment", "C28"),
        _of("partner_strength", "Partners' help adds strength", "xi.win_prob world.taiwan_balance world.korea_balance",
            _off("partner_strength"), "china_korea_share"),
        _of("nuclear_parties", "The more nuclear parties, the likelier nuclear use", "world.nuclear_rung",
            _off("nuclear_parties_effect"), claims="C14"),
        _of("nuclear_losing", "Who loses, or may lose his arsenal, climbs", "world.nuclear_rung xi.cost_of_nuclear_risk "
            "kim.cost_of_nuclear_risk", _off("nuclear_losing_effect use_or_lose"), "nuclear_technology nuclear_rate", "C14"),
        _of("nuclear_restraint", "The other's survivable force restrains", "world.nuclear_rung xi.cost_of_nuclear_risk "
            "kim.cost_of_nuclear_risk", _off("nuclear_caution"), claims="C14"),
        _of("nuclear_fear", "The risk of nuclear use weighs on leaders", "xi.cost_of_nuclear_risk kim.cost_of_nuclear_risk "
            "kim.utilities", _off("nuclear_loss nuclear_lesson war_caution")),
        _of("attrition", "Wars wear forces down", "north_korea.conventional allies.rok_power united_states.power china.power "
            "allies.taiwan_defence", _off("war_attrition siege_loss")),
        _of("fronts", "Wars move fronts and end",
            "world.taiwan_front world.korea_front world.taiwan_war_month world.korea_war_month",
            {}, "front_step blockade_pace war_end_rate"),
        # Leaders.
        _of("private_types", "Leaders differ in stakes, costs and optimism", "xi.private_type kim.private_type "
            "xi.type_is_drawn kim.type_is_drawn xi.option_probs kim.option_probs",
            _off("stakes_sd costs_sd optimism_sd"), "leader_types choice_noise xi_precision kim_precision"),
        _of("succession", "Leaders are succeeded", "world.succession", _off("xi_succession_rate kim_succession_rate")),
        _of("profiles", "Bolder leaders value winning more", "xi.value_of_waiting xi.utilities kim.utilities",
            _off("profile_gap"),
            "xi_profile kim_profile"),
        _of("decision_theory", "How a leader decides", "xi.utilities kim.utilities xi.option_probs kim.option_probs", {},
            "xi_theory kim_theory curvature loss_aversion weighting confidence xi_aspiration kim_aspiration"),
        _of("strait_calculus", "What force over Taiwan wins, costs and needs, against waiting", "xi.utilities xi.win_prob "
            "xi.value_of_waiting xi.grey_zone_success", {},
            "status_quo_value grey_stake grey_success blockade_stake blockade_share fixed_cost_grey fixed_cost_blockade "
            "fixed_cost_invasion loss_invasion invasion_difficulty blockade_difficulty decisiveness"),
        _of("korea_calculus", "What force in Korea wins and costs, against standing down", "kim.utilities kim.war_win_prob "
            "kim.attack_success_prob", {},
            "attack_gain attack_cost attack_success hold_gain war_stake war_loss war_unpunished korea_difficulty"),
        _of("crises", "How often crises break out, settle and come to a head", "china.incident_prob china.crisis_prob "
            "north_korea.incident_prob north_korea.crisis_prob xi.episode kim.episode", {},
            "taiwan_incident_logit taiwan_crisis_share korea_incident_logit korea_crisis_share crisis_settle_prob "
            "crisis_decision_prob force_review_prob crisis_pla"),
    )
}  # fmt: skip

_START = "where the run begins: a state, and no mechanism"
_TREND = "a trend that no actor decides: nothing to switch off"
_SPEED = "the speed or noise of a measured series: nothing acts through it alone"

#: Parameters that belong to no mechanism -> why.
NONE: dict[str, str] = {
    **dict.fromkeys(
        ("initial_grievance", "initial_coercion", "initial_technology", "initial_survivability", "initial_hardship",
         "initial_autonomy", "initial_reference", "initial_memory", "initial_regime", "initial_backlog", "initial_tie",
         "initial_need", "initial_flow", "initial_stock", "initial_trust", "initial_iran_supply", "initial_munitions",
         "initial_exposure", "us_power_start", "rok_power_start", "japan_power_start", "taiwan_power_start"), _START),
    **dict.fromkeys(("china_growth", "us_growth", "rok_growth", "japan_growth", "taiwan_growth"), _TREND),
    **dict.fromkeys(("grievance_base", "grievance_adjustment", "pla_persistence", "pla_sd"), _SPEED),
}  # fmt: skip

#: Constant -> its mechanism.
MECHANISM_OF: dict[str, str] = {constant: one.name for one in MECHANISMS.values() for constant in one.constants}


def claims_on(constants: set[str]) -> set[str]:
    """The claims that rest on mechanisms of some constants."""
    return {claim for name in constants if name in MECHANISM_OF for claim in MECHANISMS[MECHANISM_OF[name]].claims}
