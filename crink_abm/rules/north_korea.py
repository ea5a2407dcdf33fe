"""North Korea (Kim): stocks, hardship, beliefs, provocations, and the calculus of a crisis in Korea."""

from ..numerics import logistic
from .common import approach, contest, lottery, pick, quantal, satisfice, sure, unit


def technology(technology, arms_flow, kit_return, illicit_income, diplomatic_offramp, tech_base, tech_flow, tech_money, tech_talks):
    """Military technology (0 to 1): its own base rate, Russian help and stolen money, less where talks trade it away.

        τ' = τ + (1 - τ) (tech_base + tech_flow (A + kit_return) + tech_money illicit_income)
                         (1 - tech_talks diplomatic_offramp)

    Claims C08, C11, C24, C26.
    """
    gain = tech_base + (tech_flow * (arms_flow + kit_return) + tech_money * illicit_income)
    return technology + (1.0 - technology) * (gain * (1.0 - tech_talks * diplomatic_offramp))


def survivability(survivability, arms_flow, technology, survivability_base, survivability_flow):
    """Survivability of the nuclear force (0 to 1).

        s' = s + (1 - s) (survivability_base + survivability_flow A technology)

    Claims C11, C13.
    """
    return survivability + (1.0 - survivability) * (
        survivability_base + survivability_flow * (arms_flow * technology)
    )


def conventional(conventional, arms_flow, kit_return, hardship, conventional_adjustment, conventional_export, conventional_kit):
    """Conventional stock (1: as in 2023): drained by exports and hardship, fed by Russian kit.

        target = 1 - conventional_export A + conventional_kit (A + kit_return) - hardship / 4
        c' = c + conventional_adjustment (target - c)
    """
    target = (1.0 - conventional_export * arms_flow) + (conventional_kit * (arms_flow + kit_return) - 0.25 * hardship)
    return approach(conventional, target, conventional_adjustment)


def illicit_income(counter_hybrid, illicit_base, illicit_cut):
    """Illicit cyber and finance income (1: as in 2024).

        illicit_base (1 - illicit_cut counter_hybrid)

    Source: F232-F236; claim C26. Its substitution by arms sales is in the flow.
    """
    return illicit_base * (1.0 - illicit_cut * counter_hybrid)


def hardship(
    hardship, enforcement, arms_flow, illicit_income, china_engagement, hardship_base, hardship_sanctions,
    hardship_flow, hardship_illicit, hardship_china, hardship_adjustment,
):  # fmt: skip
    """Hardship of the North (0 to 1).

        target = [ h0 + h_E E - h_A A - h_I illicit_income - h_C (1 - china_engagement) ]
        h' = h + hardship_adjustment (target - h)

    h_C: Beijing's trade relief, which full engagement on stability makes it hold back. Claims C22, C25.
    """
    target = unit(
        (hardship_base + hardship_sanctions * enforcement)
        - (
            hardship_flow * arms_flow
            + (hardship_illicit * illicit_income + hardship_china * (1.0 - china_engagement))
        )
    )
    return approach(hardship, target, hardship_adjustment)


def autonomy(autonomy, arms_flow, autonomy_base, autonomy_flow, autonomy_adjustment):
    """Autonomy from Beijing (0 to 1): target [a0 + a1 A], partial adjustment. Claim C10."""
    return approach(autonomy, unit(autonomy_base + autonomy_flow * arms_flow), autonomy_adjustment)


def reference_point(reference_point, hardship, reference_adjustment):
    """The welfare Kim is used to: r' = r + reference_adjustment (1 - hardship - r).

    Below it he is in losses (claim C05 and its counter). Source: Kahneman and Tversky 1979; Levy 1997.
    """
    return approach(reference_point, 1.0 - hardship, reference_adjustment)


def belief_counts(
    nk_belief_for, nk_belief_against, exercise_activity, provocation, us_response, usfk_posture, diplomatic_offramp,
    driver_statement, belief_memory, belief_prior_for, belief_prior_against, signal_exercise, signal_presence,
    signal_response, signal_statement, signal_talks,
):  # fmt: skip
    """Pyongyang's belief in US commitment: a Beta distribution with forgetting.

        for'     = φ for     + (1 - φ) prior_for     + s_x exercise_activity + s_p usfk_posture
                                                   + s_r response + s_s [statement]
        against' = φ against + (1 - φ) prior_against + s_r (provocation - response) + s_s [-statement]
                                                   + s_t diplomatic_offramp

    ``us_response`` is 1 when Washington answered last month's provocation. Claims C09, C13, C24.
    """
    kept = 1.0 - belief_memory
    supports = signal_exercise * exercise_activity + (signal_presence * usfk_posture + signal_response * us_response)
    doubts = signal_response * (provocation - us_response) + signal_talks * diplomatic_offramp
    pro = belief_memory * nk_belief_for + (
        kept * belief_prior_for + (supports + signal_statement * unit(driver_statement))
    )
    con = belief_memory * nk_belief_against + (
        kept * belief_prior_against
        + (doubts + signal_statement * unit(0.0 - driver_statement))
    )
    return pro, con


def belief(nk_belief_for, nk_belief_against):
    """The mean of Pyongyang's Beta: for / (for + against)."""
    return nk_belief_for / (nk_belief_for + nk_belief_against)


def fear(
    spiral_gain, usfk_posture, heavy_share, dual_role, exercise_activity, rok_hedge, diplomatic_offramp,
    fear_posture, fear_exercise, fear_hedge, fear_relief,
):  # fmt: skip
    """Kim's fear of being struck first (0 to 1).

        [ spiral_gain ( f_P usfk_posture (1 + heavy_share - dual_role / 2) / 2 + f_X exercise_activity )
          + f_H rok_hedge - f_T diplomatic_offramp ]

    Source: Schelling's reciprocal fear of surprise attack; Jervis 1976; claim C27.
    """
    near = fear_posture * (usfk_posture * (0.5 * (1.0 + (heavy_share - 0.5 * dual_role))))
    alarmed = spiral_gain * (near + fear_exercise * exercise_activity)
    return unit(alarmed + (fear_hedge * rok_hedge - fear_relief * diplomatic_offramp))


def restraint(china_engagement, autonomy, restraint_strength, beijing_profit):
    """Beijing's hand on Kim: engagement restrains, autonomy frees, and distraction of the US pays Beijing.

        restraint_strength china_engagement (1 - autonomy) - beijing_profit (1 - china_engagement)

    Claim C25 and its counter.
    """
    return restraint_strength * (china_engagement * (1.0 - autonomy)) - beijing_profit * (1.0 - china_engagement)


def provocation(
    provocation_memory, months_since, exercise_activity, trilateral_coordination, survivability, hardship, nk_belief,
    diplomatic_offramp, china_restraint, usfk_posture, heavy_share, provoke_base, provoke_memory, provoke_exercise,
    provoke_coordination, provoke_survivability, provoke_hardship, provoke_belief, provoke_talks, provoke_reward,
    provoke_light, memory_decay, launch_continue, u_provocation, u_launch_days,
):  # fmt: skip
    """Does the North provoke this month, and on how many days does it launch?

        Λ( k0 + k_m memory + k_x exercise_activity + k_c trilateral_coordination + k_s survivability + k_h hardship
           - k_b belief - k_o offramp + k_r offramp memory + k_l usfk_posture (1 - heavy_share) - restraint )
        memory' = d memory + (1 - d) provocation ;  months_since' = 0 after a provocation, else + 1
        launch days = provocation (1 + number of k in 1..7 with u < launch_continue^k)    (a cut geometric)

    k_x straddles zero (rate ratio 1.90 [1.28, 2.82] in one count, null in others: F040-F045); k_r rewards
    provoking; light forces go with more disputes (F134). Claims C05, C13, C22, C24.
    """
    score = (
        (provoke_base + provoke_memory * provocation_memory)
        + (provoke_exercise * exercise_activity + provoke_coordination * trilateral_coordination)
    ) + (
        (provoke_survivability * survivability + provoke_hardship * hardship)
        + (provoke_light * (usfk_posture * (1.0 - heavy_share)) - provoke_belief * nk_belief)
    )
    talks = diplomatic_offramp * (provoke_reward * provocation_memory - provoke_talks)
    prob = logistic((score + talks) - china_restraint)
    happens = 1.0 if u_provocation < prob else 0.0
    c2 = launch_continue * launch_continue
    c3 = c2 * launch_continue
    c4 = c2 * c2
    days = 1.0 + (1.0 if u_launch_days < launch_continue else 0.0)
    days = days + (1.0 if u_launch_days < c2 else 0.0)
    days = days + (1.0 if u_launch_days < c3 else 0.0)
    days = days + (1.0 if u_launch_days < c4 else 0.0)
    days = days + (1.0 if u_launch_days < c4 * launch_continue else 0.0)
    days = days + (1.0 if u_launch_days < c4 * c2 else 0.0)
    days = days + (1.0 if u_launch_days < c4 * c3 else 0.0)
    memory = memory_decay * provocation_memory + (1.0 - memory_decay) * happens
    since = 0.0 if happens > 0.0 else months_since + 1.0
    return prob, happens, happens * days, memory, since


def crisis_prob(
    provocation_memory, kim_fear, exercise_activity, taiwan_status, coordination, korea_resolved, usfk_posture,
    heavy_share, dual_role, hardship, china_restraint, korea_crisis_logit, crisis_provocation, crisis_fear,
    crisis_light, crisis_hardship, korea_opportunism, korea_entrapment, peacetime_coupling,
):  # fmt: skip
    """Chance that a crisis in Korea breaks out this month.

        Λ( h_K + h_p memory + h_f fear + h_l usfk_posture (1 - heavy_share) + h_h (hardship - 1/2) - restraint
           + (k korea_opportunism + korea_entrapment usfk_posture dual_role) [taiwan_status >= 2]
           + peacetime_coupling [taiwan_status = 1][coordination > 0] ),  0 once a war has been fought out

    k = 1/2, 1, 1.5 for coordination none, tacit, directed: Kim may be an opportunist alone. Forces in Korea that
    fight for Taiwan draw fire (entrapment). Source: 0.52 onsets a year (F088); claims C03, C06, C18.
    """
    factor = 1.5 if coordination == 2.0 else (1.0 if coordination == 1.0 else 0.5)
    pulled = korea_opportunism * factor + korea_entrapment * (usfk_posture * dual_role)
    pulled = pulled if taiwan_status >= 2.0 else 0.0
    coupled = peacetime_coupling if taiwan_status == 1.0 and coordination > 0.0 else 0.0
    prob = logistic(
        (korea_crisis_logit + crisis_provocation * provocation_memory)
        + ((crisis_fear * kim_fear + crisis_light * (usfk_posture * (1.0 - heavy_share))) + crisis_hardship * (hardship - 0.5))
        + ((pulled + coupled) - china_restraint)
    )
    return prob if korea_resolved == 0.0 else 0.0


def episode(korea_status, korea_crisis_prob, crisis_settle_prob, korea_resolved, u_korea_episode):
    """Whether this month finds a crisis in Korea that calls for a decision.

        calm:                  a crisis (1) if u < korea_crisis_prob
        crisis, limited force: settled by others (0) if u < crisis_settle_prob, else it goes on
        war:                   goes on

    Returns the status before Kim decides, and 1 if he must decide.
    """
    onset = 1.0 if u_korea_episode < korea_crisis_prob else 0.0
    goes_on = 0.0 if u_korea_episode < crisis_settle_prob else korea_status
    before = onset if korea_status == 0.0 else (korea_status if korea_status == 3.0 else goes_on)
    decides = before == 1.0 or before == 2.0
    return before, 1.0 if decides and korea_resolved == 0.0 else 0.0


def punishment_belief(nk_belief, survivability, discount_attack, discount_war):
    """Kim's odds of being punished: belief discounted by the survivability of his nuclear force.

        b_attack = belief (1 - δ_a survivability) ;  b_war = belief (1 - δ_w survivability)

    Two discounts: asymmetric nuclear dyads see more low-level conflict, not more war (Bell and Miller 2015).
    Claim C13.
    """
    return nk_belief * (1.0 - discount_attack * survivability), nk_belief * (1.0 - discount_war * survivability)


def war_win_prob(conventional, technology, nk_strength, rok_power, korea_guard, punish_war, deter_gain, decisiveness, korea_difficulty):
    """Kim's chance in a war: a contest of his forces with Seoul's and those the US holds in Korea.

        attacker = nk_strength conventional (1 + technology)
        p = b contest(attacker, D (rok_power + deter guard)) + (1 - b) contest(attacker, D rok_power),  b = punish_war

    Claims C01, C18.
    """
    attacker = nk_strength * (conventional * (1.0 + technology))
    alone = contest(attacker, korea_difficulty * rok_power, decisiveness)
    guarded = contest(attacker, korea_difficulty * (rok_power + deter_gain * korea_guard), decisiveness)
    return punish_war * guarded + (1.0 - punish_war) * alone


def cost_of_retaliation(deter_gain, usfk_posture, dual_role, rok_consent, korea_guard, retaliation_guard, retaliation_dual):
    """Cost of an integrated answer to a limited attack.

        deter ( ρ_g korea_guard + ρ_d usfk_posture dual_role consent )
    """
    return deter_gain * (retaliation_guard * korea_guard + retaliation_dual * (usfk_posture * (dual_role * rok_consent)))


def opportunity(taiwan_status, coordination, korea_guard, kim_opportunity, kim_request):
    """What a war over Taiwan adds to the value of acting now.

        [taiwan_status >= 2] ( kim_opportunity (1 - [korea_guard]) + kim_request [coordination = directed] )

    Claims C03, C06; Zagare 2024 (a second challenger matters where the guard is thin).
    """
    value = kim_opportunity * (1.0 - unit(korea_guard)) + (kim_request if coordination == 2.0 else 0.0)
    return value if taiwan_status >= 2.0 else 0.0


def utilities(
    korea_episode, punish_attack, punish_war, win_korea, retaliation, kim_opening, kim_fear, hardship, reference_point,
    technology, diplomatic_offramp, china_restraint, rok_hedge, kim_profile, kim_theory, profile_gap, attack_gain,
    attack_desperation, attack_confidence, attack_reward, attack_cost, attack_success, hold_gain, war_stake,
    war_loss, war_caution, preempt_value, kim_audience, kim_reference, hedge_deterrence, curvature, loss_aversion,
    weighting,
):  # fmt: skip
    """Utilities of standing down, holding, a limited attack and war, by Kim's decision theory.

        bold = 1 + profile_gap [opportunist] ;  r = kim_reference (reference_point - 1 + hardship), prospect only
        wait  = -preempt_value fear - kim_audience (rung - 1)
        hold  = wait + hold_gain (1 + diplomatic_offramp) / 2 - restraint / 4
        gain  = bold (attack_gain + desperation hardship + confidence technology) + attack_reward offramp + opening
        attack: lottery(attack_success (1 - b_attack), gain - restraint, -attack_cost - retaliation - restraint)
                 - preempt_value fear / 2
        war:    lottery(p_war, bold war_stake + opening, -(war_loss (1 + b_war) / 2 + war_caution
                 + hedge_deterrence hedge)) - 2 restraint
        stand down: sure(wait), hold: sure(hold), with reference r

    A war by Kim's own hand ends the fear of being struck first; a limited attack halves it. Claims C03, C05,
    C10, C13, C22, C24, C25, C27.
    """
    bold = 1.0 + profile_gap if kim_profile == 1.0 else 1.0
    reference = kim_reference * (reference_point - (1.0 - hardship)) if kim_theory == 1.0 else 0.0
    afraid = preempt_value * kim_fear
    wait_value = 0.0 - (afraid + kim_audience * (korea_episode - 1.0))
    hold_value = wait_value + (hold_gain * (0.5 + 0.5 * diplomatic_offramp) - 0.25 * china_restraint)
    stand_down = sure(wait_value, reference, kim_theory, curvature, loss_aversion)
    hold = sure(hold_value, reference, kim_theory, curvature, loss_aversion)
    gain = (bold * (attack_gain + (attack_desperation * hardship + attack_confidence * technology))) + (
        attack_reward * diplomatic_offramp + kim_opening
    )
    attack = lottery(
        attack_success * (1.0 - punish_attack), gain - china_restraint, 0.0 - ((attack_cost + retaliation) + china_restraint),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    attack = attack - 0.5 * afraid
    war_lost = (war_loss * (0.5 + 0.5 * punish_war) + war_caution) + hedge_deterrence * rok_hedge
    war = lottery(
        win_korea, bold * war_stake + kim_opening, 0.0 - war_lost,
        reference, kim_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    return stand_down, hold, attack, war - 2.0 * china_restraint


def option_probs(
    u_stand_down, u_hold, u_attack, u_war, win_korea, punish_attack, attack_success, hardship, kim_fear, retaliation,
    kim_opening, war_caution, attack_cost, kim_theory, kim_precision, kim_aspiration, confidence,
):  # fmt: skip
    """Probabilities of standing down, holding, a limited attack and war.

        expected utility, prospect:  quantal response over the utilities, precision λ
        satisficing:  dissatisfied = kim_aspiration + (hardship + fear) / 2 + opening - 1
                      slack_war = p_war - confidence (1 + war_caution)
                      slack_attack = attack_success (1 - b_attack) - confidence (1 + attack_cost + retaliation)
                      slack_hold = 1 - confidence
    """
    if kim_theory == 2.0:
        return satisfice(
            (kim_aspiration + 0.5 * (hardship + kim_fear)) + (kim_opening - 1.0),
            win_korea - confidence * (1.0 + war_caution),
            attack_success * (1.0 - punish_attack) - confidence * (1.0 + (attack_cost + retaliation)),
            1.0 - confidence,
            kim_precision,
        )
    return quantal(u_stand_down, u_hold, u_attack, u_war, kim_precision)


def choose(prob_stand_down, prob_hold, prob_attack, u_kim_choice):
    """Kim's choice, which is the theatre's next status: 0 stand down, 1 hold, 2 limited attack, 3 war."""
    return pick(u_kim_choice, prob_stand_down, prob_hold, prob_attack)


def next_status(korea_episode, kim_decides, kim_choice):
    """Korea's status after the month's decision: his choice if he had one, else as it stood."""
    return kim_choice if kim_decides > 0.0 else korea_episode


def joins(taiwan_status, korea_status, north_korea_in):
    """Pyongyang has joined the war over Taiwan once it uses force while that war goes on."""
    goes = taiwan_status == 3.0 and korea_status >= 2.0
    return 1.0 if goes else (north_korea_in if taiwan_status == 3.0 else 0.0)
