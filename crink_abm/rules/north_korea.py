"""North Korea (Kim): stocks, hardship, beliefs, provocations, and the calculus of a crisis in Korea."""

from ..numerics import logistic
from .common import approach, contest, lottery, pick, quantal, satisfice, sure, unit


def technology(technology, arms_flow, kit_return, illicit_income, diplomatic_offramp, tech_base, tech_flow, tech_money, tech_talks):
    """Military technology (0 to 1): its own base rate, Russian help and stolen money, less where talks trade it away.

        technology' = technology + (1 - technology) (1 - tech_talks diplomatic_offramp)
                      (tech_base + tech_flow (arms_flow + kit_return) + tech_money illicit_income)

    Claims C08, C11, C24, C26.
    """
    gain = tech_base + (tech_flow * (arms_flow + kit_return) + tech_money * illicit_income)
    return technology + (1.0 - technology) * (gain * (1.0 - tech_talks * diplomatic_offramp))


def survivability(survivability, arms_flow, technology, survivability_base, survivability_flow):
    """Survivability of the nuclear force (0 to 1).

        survivability' = survivability + (1 - survivability)
                         (survivability_base + survivability_flow arms_flow technology)

    Claims C11, C13.
    """
    return survivability + (1.0 - survivability) * (
        survivability_base + survivability_flow * (arms_flow * technology)
    )


def conventional(conventional, arms_flow, kit_return, hardship, conventional_adjustment, conventional_export, conventional_kit):
    """Conventional stock (1: as in 2023): drained by exports and hardship, fed by Russian kit.

        target = 1 - conventional_export arms_flow + conventional_kit (arms_flow + kit_return) - hardship / 4
        conventional' = conventional + conventional_adjustment (target - conventional)
    """
    target = (1.0 - conventional_export * arms_flow) + (conventional_kit * (arms_flow + kit_return) - 0.25 * hardship)
    return approach(conventional, target, conventional_adjustment)


def illicit_income(counter_hybrid, illicit_base, illicit_cut):
    """Illicit cyber and finance income (1: as in 2024).

        illicit_income = illicit_base (1 - illicit_cut counter_hybrid)

    Source: F232-F236; claim C26. Its substitution by arms sales is in the flow.
    """
    return illicit_base * (1.0 - illicit_cut * counter_hybrid)


def hardship(
    hardship, enforcement, arms_flow, illicit_income, china_engagement, hardship_base, hardship_sanctions,
    hardship_flow, hardship_illicit, hardship_china, hardship_adjustment,
):  # fmt: skip
    """Hardship of the North (0 to 1).

        target = [ hardship_base + hardship_sanctions enforcement - hardship_flow arms_flow
                   - hardship_illicit illicit_income - hardship_china (1 - china_engagement) ]
        hardship' = hardship + hardship_adjustment (target - hardship)

    ``hardship_china``: Beijing's trade relief, which full engagement on stability makes it hold back. Claims C22, C25.
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
    """Autonomy from Beijing (0 to 1).

        autonomy' = autonomy + autonomy_adjustment ([autonomy_base + autonomy_flow arms_flow] - autonomy)

    Claim C10.
    """
    return approach(autonomy, unit(autonomy_base + autonomy_flow * arms_flow), autonomy_adjustment)


def reference_point(reference_point, hardship, reference_adjustment):
    """The welfare Kim is used to.

        reference_point' = reference_point + reference_adjustment (1 - hardship - reference_point)

    Below it he is in losses (claim C05 and its counter). Source: Kahneman and Tversky 1979; Levy 1997.
    """
    return approach(reference_point, 1.0 - hardship, reference_adjustment)


def belief_counts(
    nk_belief_for, nk_belief_against, exercise_activity, provocation, us_response, usfk_posture, dual_role,
    diplomatic_offramp, driver_statement, belief_memory, belief_prior_for, belief_prior_against, signal_exercise, signal_presence,
    signal_response, signal_statement, signal_talks, dual_dilution,
):  # fmt: skip
    """Pyongyang's belief in US commitment: a Beta distribution with forgetting.

        nk_belief_for'     = φ nk_belief_for     + (1 - φ) belief_prior_for + signal_exercise exercise_activity
                             + signal_presence usfk_posture (1 - dual_dilution dual_role) + signal_response us_response
                             + signal_statement [driver_statement]
        nk_belief_against' = φ nk_belief_against + (1 - φ) belief_prior_against
                             + signal_response (provocation - us_response) + signal_talks diplomatic_offramp
                             + signal_statement [-driver_statement]                        with φ = belief_memory

    Forces that may be sent elsewhere assure less (``dual_dilution``). ``us_response`` is 1 when Washington answered last month's provocation. Claims C09, C13, C24.
    """
    kept = 1.0 - belief_memory
    present = usfk_posture * (1.0 - dual_dilution * dual_role)
    supports = signal_exercise * exercise_activity + (signal_presence * present + signal_response * us_response)
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
    """The mean of Pyongyang's Beta.

        nk_belief = nk_belief_for / (nk_belief_for + nk_belief_against)
    """
    return nk_belief_for / (nk_belief_for + nk_belief_against)


def fear(
    spiral_gain, usfk_posture, heavy_share, dual_role, exercise_activity, rok_hedge, diplomatic_offramp,
    fear_posture, fear_exercise, fear_hedge, fear_relief,
):  # fmt: skip
    """Kim's fear of being struck first (0 to 1).

        kim_fear = [ spiral_gain ( fear_posture usfk_posture (1 + heavy_share - dual_role / 2) / 2
                                   + fear_exercise exercise_activity )
                     + fear_hedge rok_hedge - fear_relief diplomatic_offramp ]

    Source: Schelling's reciprocal fear of surprise attack; Jervis 1976; claim C27.
    """
    near = fear_posture * (usfk_posture * (0.5 * (1.0 + (heavy_share - 0.5 * dual_role))))
    alarmed = spiral_gain * (near + fear_exercise * exercise_activity)
    return unit(alarmed + (fear_hedge * rok_hedge - fear_relief * diplomatic_offramp))


def restraint(china_engagement, autonomy, restraint_strength, beijing_profit):
    """Beijing's hand on Kim: engagement restrains, autonomy frees, and distraction of the US pays Beijing.

        china_restraint = restraint_strength china_engagement (1 - autonomy) - beijing_profit (1 - china_engagement)

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

        provocation_prob = Λ( provoke_base + provoke_memory provocation_memory + provoke_exercise exercise_activity
            + provoke_coordination trilateral_coordination + provoke_survivability survivability
            + provoke_hardship hardship + provoke_light usfk_posture (1 - heavy_share) - provoke_belief nk_belief
            + diplomatic_offramp (provoke_reward provocation_memory - provoke_talks) - china_restraint )
        provocation' = 1 if u_provocation < provocation_prob, else 0
        launch_days' = provocation' (1 + number of k in 1..7 with u_launch_days < launch_continue^k)
        provocation_memory' = memory_decay provocation_memory + (1 - memory_decay) provocation'
        months_since' = 0 if provocation', else months_since + 1

    ``provoke_exercise`` straddles zero (rate ratio 1.90 [1.28, 2.82] in one count, null in others: F040-F045);
    ``provoke_reward`` rewards provoking; launch days follow a geometric law cut at 8; light forces go with more disputes (F134). Claims C05, C13, C22, C24.
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
    provocation_memory, kim_fear, taiwan_status, coordination, korea_resolved, usfk_posture,
    heavy_share, dual_role, hardship, china_restraint, korea_crisis_logit, crisis_provocation, crisis_fear,
    crisis_light, crisis_hardship, korea_opportunism, korea_entrapment, peacetime_coupling,
):  # fmt: skip
    """Chance that a crisis in Korea breaks out this month.

        korea_crisis_prob = Λ( korea_crisis_logit + crisis_provocation provocation_memory + crisis_fear kim_fear
            + crisis_light usfk_posture (1 - heavy_share) + crisis_hardship (hardship - 1/2) - china_restraint
            + (k korea_opportunism + korea_entrapment usfk_posture dual_role, if taiwan_status >= 2)
            + (peacetime_coupling if taiwan_status = 1 and coordination is not none) ),
            0 if korea_resolved is not 0;  k = 1/2, 1, 1.5 for coordination none, tacit, directed

    Kim may be an opportunist alone. Forces in Korea that
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

        korea_status 0:       korea_episode = 1 if u_korea_episode < korea_crisis_prob, else 0
        korea_status 1 or 2:  korea_episode = 0 (settled by others) if u_korea_episode < crisis_settle_prob,
                              else korea_status
        korea_status 3:       korea_episode = 3
        kim_decides = 1 if korea_episode is 1 or 2 and korea_resolved = 0, else 0

    """
    onset = 1.0 if u_korea_episode < korea_crisis_prob else 0.0
    goes_on = 0.0 if u_korea_episode < crisis_settle_prob else korea_status
    before = onset if korea_status == 0.0 else (korea_status if korea_status == 3.0 else goes_on)
    decides = before == 1.0 or before == 2.0
    return before, 1.0 if decides and korea_resolved == 0.0 else 0.0


def punishment_belief(nk_belief, survivability, discount_attack, discount_war):
    """Kim's odds of being punished: belief discounted by the survivability of his nuclear force.

        punish_attack = nk_belief (1 - discount_attack survivability)
        punish_war    = nk_belief (1 - discount_war survivability)

    Two discounts: asymmetric nuclear dyads see more low-level conflict, not more war (Bell and Miller 2015).
    Claim C13.
    """
    return nk_belief * (1.0 - discount_attack * survivability), nk_belief * (1.0 - discount_war * survivability)


def war_win_prob(conventional, technology, nk_strength, rok_power, korea_guard, punish_war, deter_gain, decisiveness, korea_difficulty):
    """Kim's chance in a war: a contest of his forces with Seoul's and those the US holds in Korea.

        attacker = nk_strength conventional (1 + technology)
        guarded  = contest(attacker, korea_difficulty (rok_power + deter_gain korea_guard), decisiveness)
        alone    = contest(attacker, korea_difficulty rok_power, decisiveness)
        win_korea = punish_war guarded + (1 - punish_war) alone

    Claims C01, C18.
    """
    attacker = nk_strength * (conventional * (1.0 + technology))
    alone = contest(attacker, korea_difficulty * rok_power, decisiveness)
    guarded = contest(attacker, korea_difficulty * (rok_power + deter_gain * korea_guard), decisiveness)
    return punish_war * guarded + (1.0 - punish_war) * alone


def attack_success_prob(attack_success, counter_hybrid, hybrid_denial, punish_attack):
    """Chance that a limited attack pays.

        win_attack = attack_success (1 - hybrid_denial counter_hybrid) (1 - punish_attack)

    Claim C26.
    """
    return (attack_success * (1.0 - hybrid_denial * counter_hybrid)) * (1.0 - punish_attack)


def cost_of_retaliation(deter_gain, usfk_posture, dual_role, rok_consent, korea_guard, retaliation_guard, retaliation_dual):
    """Cost of an integrated answer to a limited attack.

        retaliation = deter_gain ( retaliation_guard korea_guard + retaliation_dual usfk_posture dual_role rok_consent )
    """
    return deter_gain * (retaliation_guard * korea_guard + retaliation_dual * (usfk_posture * (dual_role * rok_consent)))


def opportunity(taiwan_status, coordination, korea_guard, kim_opportunity, kim_request):
    """What a war over Taiwan adds to the value of acting now.

        kim_opening = kim_opportunity (1 - [korea_guard]) + (kim_request if coordination is directed),
                      0 unless taiwan_status >= 2

    Claims C03, C06; Zagare 2024 (a second challenger matters where the guard is thin).
    """
    value = kim_opportunity * (1.0 - unit(korea_guard)) + (kim_request if coordination == 2.0 else 0.0)
    return value if taiwan_status >= 2.0 else 0.0


def utilities(
    korea_episode, win_attack, punish_war, win_korea, retaliation, kim_opening, kim_fear, hardship, reference_point,
    technology, diplomatic_offramp, china_restraint, rok_hedge, kim_profile, kim_theory, profile_gap, attack_gain,
    attack_desperation, attack_confidence, attack_reward, attack_cost, hold_gain, war_stake,
    war_loss, war_caution, preempt_value, kim_audience, kim_reference, hedge_deterrence, restraint_cost, curvature, loss_aversion,
    weighting,
):  # fmt: skip
    """Utilities of standing down, holding, a limited attack and war, by Kim's decision theory.

        bold = 1 + profile_gap for the opportunist profile of Kim, else 1
        r    = kim_reference (reference_point - (1 - hardship)) under prospect theory, else 0
        wait = -preempt_value kim_fear - kim_audience (korea_episode - 1)
        R    = restraint_cost china_restraint
        hold = wait + hold_gain (1 + diplomatic_offramp) / 2 - R / 4
        gain = bold (attack_gain + attack_desperation hardship + attack_confidence technology)
               + attack_reward diplomatic_offramp + kim_opening
        lost = war_loss (1 + punish_war) / 2 + war_caution + hedge_deterrence rok_hedge
        u_stand_down = sure(wait; r) ;  u_hold = sure(hold; r)
        u_attack = lottery(win_attack, gain - R, -(attack_cost + retaliation + R); r)
                   - preempt_value kim_fear / 2
        u_war    = lottery(win_korea, bold war_stake + kim_opening, -lost; r) - 2 R

    A war by Kim's own hand ends the fear of being struck first; a limited attack halves it. Claims C03, C05,
    C10, C13, C22, C24, C25, C27.
    """
    bold = 1.0 + profile_gap if kim_profile == 1.0 else 1.0
    reference = kim_reference * (reference_point - (1.0 - hardship)) if kim_theory == 1.0 else 0.0
    afraid = preempt_value * kim_fear
    restrained = restraint_cost * china_restraint
    wait_value = 0.0 - (afraid + kim_audience * (korea_episode - 1.0))
    hold_value = wait_value + (hold_gain * (0.5 + 0.5 * diplomatic_offramp) - 0.25 * restrained)
    stand_down = sure(wait_value, reference, kim_theory, curvature, loss_aversion)
    hold = sure(hold_value, reference, kim_theory, curvature, loss_aversion)
    gain = (bold * (attack_gain + (attack_desperation * hardship + attack_confidence * technology))) + (
        attack_reward * diplomatic_offramp + kim_opening
    )
    attack = lottery(
        win_attack, gain - restrained, 0.0 - ((attack_cost + retaliation) + restrained),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    attack = attack - 0.5 * afraid
    war_lost = (war_loss * (0.5 + 0.5 * punish_war) + war_caution) + hedge_deterrence * rok_hedge
    war = lottery(
        win_korea, bold * war_stake + kim_opening, 0.0 - war_lost,
        reference, kim_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    return stand_down, hold, attack, war - 2.0 * restrained


def option_probs(
    u_stand_down, u_hold, u_attack, u_war, win_korea, win_attack, hardship, kim_fear, retaliation,
    kim_opening, war_caution, attack_cost, kim_theory, kim_precision, kim_aspiration, confidence,
):  # fmt: skip
    """Probabilities of standing down, holding, a limited attack and war.

        expected utility, prospect:  quantal(u_stand_down, u_hold, u_attack, u_war; kim_precision)
        satisficing:  satisfice(kim_aspiration + (hardship + kim_fear) / 2 + kim_opening - 1;
                                slack_war, slack_attack, slack_hold; kim_precision)
            slack_war    = win_korea - confidence (1 + war_caution)
            slack_attack = win_attack - confidence (1 + attack_cost + retaliation)
            slack_hold   = 1 - confidence
    """
    if kim_theory == 2.0:
        return satisfice(
            (kim_aspiration + 0.5 * (hardship + kim_fear)) + (kim_opening - 1.0),
            win_korea - confidence * (1.0 + war_caution),
            win_attack - confidence * (1.0 + (attack_cost + retaliation)),
            1.0 - confidence,
            kim_precision,
        )
    return quantal(u_stand_down, u_hold, u_attack, u_war, kim_precision)


def choose(prob_stand_down, prob_hold, prob_attack, u_kim_choice):
    """Kim's choice, which is the theatre's next status: 0 stand down, 1 hold, 2 limited attack, 3 war.

        kim_choice = pick(u_kim_choice; prob_stand_down, prob_hold, prob_attack)
    """
    return pick(u_kim_choice, prob_stand_down, prob_hold, prob_attack)


def next_status(korea_episode, kim_decides, kim_choice):
    """Korea's status after the month's decision: his choice if he had one, else as it stood.

        korea_status' = kim_choice if kim_decides > 0, else korea_episode
    """
    return kim_choice if kim_decides > 0.0 else korea_episode


def joins(taiwan_status, korea_status, north_korea_in):
    """Pyongyang has joined the war over Taiwan once it uses force while that war goes on.

        while taiwan_status = 3: north_korea_in' = 1 if korea_status >= 2, else north_korea_in; otherwise 0
    """
    goes = taiwan_status == 3.0 and korea_status >= 2.0
    return 1.0 if goes else (north_korea_in if taiwan_status == 3.0 else 0.0)
