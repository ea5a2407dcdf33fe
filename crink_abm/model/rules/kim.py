"""Kim: his private type, fear of being struck first, and the calculus of a crisis in Korea."""

from ..numerics import exp, logistic, logistic_noise
from .building_blocks import (
    begins,
    best,
    contest,
    crisis_month,
    first_passing,
    forced,
    log_logistic,
    lottery,
    pick,
    precision,
    quantal,
    satisfice,
    shifted,
    sure,
    type_due,
    unit,
)


def fear(
    spiral_gain, usfk_posture, heavy_share, dual_role, maritime_posture, exercise_activity, rok_hedge, counter_hybrid,
    diplomatic_offramp, fear_posture, fear_dual, fear_sea, fear_exercise, fear_hedge, fear_hybrid, fear_relief,
):
    """Kim's fear of being struck first (0 to 1).

        kim_fear = [ spiral_gain ( fear_posture usfk_posture (1 + heavy_share - fear_dual dual_role) / 2
                                   + fear_sea maritime_posture + fear_exercise exercise_activity )
                     + fear_hedge rok_hedge + fear_hybrid counter_hybrid - fear_relief diplomatic_offramp ]

    Whoever closes off the North's networks is inside them, and may be inside those that run its arsenal.
    Source: Schelling's reciprocal fear of surprise attack; Jervis 1976; Gartzke and Lindsay 2017; claims C26, C27.
    """
    near = fear_posture * (usfk_posture * (0.5 * (1.0 + (heavy_share - fear_dual * dual_role))))
    alarmed = spiral_gain * (near + (fear_sea * maritime_posture + fear_exercise * exercise_activity))
    return unit(alarmed + (fear_hedge * rok_hedge + (fear_hybrid * counter_hybrid - fear_relief * diplomatic_offramp)))


def agreement(
    coordination, taiwan_status, taiwan_last_force, korea_status, korea_resolved, agreement_reliability, month, u_agreement,
):
    """Whether Kim comes with Xi by prior agreement, as force over Taiwan begins.

        agreement_called = 1 if coordination is directed and begins(taiwan_status, taiwan_last_force, month)
                           and korea_status < 2 and korea_resolved = 0 and u_agreement < agreement_reliability, else 0

    An imposed status of the Strait calls it too; an imposed status of Korea overrides it. Without this channel a second
    front can be likely and never certain; with it, what one has to believe for certainty is one number. Claims C03, C06.
    """
    starts = begins(taiwan_status, taiwan_last_force, month) and korea_status < 2.0 and korea_resolved == 0.0
    return 1.0 if coordination == 2.0 and starts and u_agreement < agreement_reliability else 0.0


def episode(
    korea_status, korea_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, korea_resolved,
    agreement_called, force_korea, u_korea_episode,
):
    """Whether this month finds a crisis in Korea, and whether it forces a decision.

        (korea_episode, kim_decides) = (1, 1) if agreement_called > 0, else
            crisis_month(korea_status, korea_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob,
                         korea_resolved; u_korea_episode);   kim_decides = 0 if force_korea >= 0
    """
    stands, decides = crisis_month(
        korea_status, korea_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, korea_resolved,
        u_korea_episode,
    )
    called = agreement_called > 0.0
    must = 1.0 if called else decides
    return 1.0 if called else stands, 0.0 if force_korea >= 0.0 else must


def type_is_drawn(leader_types, kim_new, korea_status, korea_episode, month):
    """Whether Kim's private type is drawn this month.

        kim_type_due = type_due(leader_types, kim_new, korea_status = 0 and korea_episode > 0, month)
    """
    return type_due(leader_types, kim_new, korea_status == 0.0 and korea_episode > 0.0, month)


def private_type(stakes_sd, costs_sd, optimism_sd, u_kim_stakes, u_kim_costs, u_kim_optimism):
    """Kim's private type, which he alone knows: as Xi's.

        kim_stakes'   = log_logistic(u_kim_stakes, stakes_sd)
        kim_costs'    = log_logistic(u_kim_costs, costs_sd)
        kim_optimism' = optimism_sd noise(u_kim_optimism)

    Source: Fearon 1995; Powell 1999; Slantchev 2005.
    """
    return (
        log_logistic(u_kim_stakes, stakes_sd), log_logistic(u_kim_costs, costs_sd),
        optimism_sd * logistic_noise(u_kim_optimism),
    )  # fmt: skip


def punishment_belief(nk_belief, survivability, discount_attack, discount_war):
    """Kim's odds of being punished: belief discounted by the survivability of his nuclear force.

        punish_attack = nk_belief (1 - discount_attack survivability)
        punish_war    = nk_belief (1 - discount_war survivability)

    Two discounts: asymmetric nuclear dyads see more low-level conflict, not more war (Bell and Miller 2015).
    Claim C13.
    """
    return nk_belief * (1.0 - discount_attack * survivability), nk_belief * (1.0 - discount_war * survivability)


def war_win_prob(
    conventional, technology, nk_strength, rok_power, korea_guard, guard_strength, punish_war,
    kim_optimism, kim_experience, decisiveness, korea_difficulty,
):
    """Kim's chance in a war: a contest of his forces with Seoul's and those the US holds in Korea.

        attacker = nk_strength conventional (1 + technology) ;  b = kim_optimism + kim_experience
        guarded  = contest(attacker, korea_difficulty (rok_power + guard_strength korea_guard), decisiveness, b)
        alone    = contest(attacker, korea_difficulty rok_power, decisiveness, b)
        win_korea = punish_war guarded + (1 - punish_war) alone

    Claims C01, C18.
    """
    attacker = nk_strength * (conventional * (1.0 + technology))
    bias = kim_optimism + kim_experience
    alone = contest(attacker, korea_difficulty * rok_power, decisiveness, bias)
    guarded = contest(attacker, korea_difficulty * (rok_power + guard_strength * korea_guard), decisiveness, bias)
    return punish_war * guarded + (1.0 - punish_war) * alone


def attack_success_prob(
    attack_success, counter_hybrid, hybrid_denial, punish_attack, kim_optimism, kim_experience,
):
    """Chance that a limited attack pays, as Kim sees it.

        win_attack = shifted(attack_success (1 - hybrid_denial counter_hybrid) (1 - punish_attack);
                             kim_optimism + kim_experience)

    Claim C26.
    """
    prob = (attack_success * (1.0 - hybrid_denial * counter_hybrid)) * (1.0 - punish_attack)
    return shifted(prob, kim_optimism + kim_experience)


def experience(
    kim_experience, kim_new, korea_status, korea_episode, korea_front, us_response, us_silence, belief_memory,
    experience_gain,
):
    """What fighting teaches Kim about his odds: an attack that goes unanswered emboldens, one that is answered warns.

        lesson = korea_front                        if korea_status = 3
                 (us_silence - us_response) / 2     if korea_status = 2 and korea_episode = 2 (the attack has had its answer)
                 0                                  else
        kim_experience' = 0 if kim_new > 0; else experience_gain lesson if korea_status = 3;
                          else belief_memory kim_experience + experience_gain lesson
    """
    answered = 0.5 * (us_silence - us_response) if korea_status == 2.0 and korea_episode == 2.0 else 0.0
    added = belief_memory * kim_experience + experience_gain * answered
    learnt = experience_gain * korea_front if korea_status == 3.0 else added
    return 0.0 if kim_new > 0.0 else learnt


def cost_of_nuclear_risk(
    punish_war, nuclear_used, survivability, nuclear_rate, nuclear_caution, war_end_rate, nuclear_loss, nuclear_lesson,
    use_or_lose,
):
    """What the risk of nuclear use weighs in a war, as Kim sees it.

        risk = [ nuclear_rate exp(use_or_lose (1 - survivability) - nuclear_caution punish_war) / war_end_rate ]
        kim_cost_nuclear = nuclear_loss risk punish_war (1 + nuclear_lesson nuclear_used)

    Source: Schelling 1966.
    """
    climb = exp(use_or_lose * (1.0 - survivability) - nuclear_caution * punish_war)
    risk = unit(nuclear_rate * climb / war_end_rate)
    return nuclear_loss * (risk * punish_war) * (1.0 + nuclear_lesson * nuclear_used)


def cost_of_retaliation(
    deter_gain, usfk_posture, dual_role, maritime_posture, rok_consent, korea_guard, retaliation_guard,
    retaliation_dual, retaliation_sea,
):
    """Cost of an integrated answer to a limited attack.

        retaliation = deter_gain ( retaliation_guard korea_guard + retaliation_dual usfk_posture dual_role rok_consent
                                   + retaliation_sea maritime_posture )
    """
    return deter_gain * (
        retaliation_guard * korea_guard
        + (retaliation_dual * (usfk_posture * (dual_role * rok_consent)) + retaliation_sea * maritime_posture)
    )


def opportunity(taiwan_opening, coordination, korea_guard, kim_opportunity, kim_request):
    """What a war over Taiwan adds to the value of acting now.

        kim_opening = taiwan_opening (kim_opportunity (1 - [korea_guard]) + (kim_request if coordination is directed))

    Claims C03, C06; Zagare 2024 (a second challenger matters where the guard is thin).
    """
    value = kim_opportunity * (1.0 - unit(korea_guard)) + (kim_request if coordination == 2.0 else 0.0)
    return taiwan_opening * value


def utilities(
    korea_episode, win_attack, punish_war, win_korea, retaliation, kim_cost_nuclear, kim_opening, kim_fear, hardship,
    reference_point, technology, diplomatic_offramp, china_restraint, rok_hedge, kim_stakes, kim_costs, kim_profile,
    kim_theory, profile_gap, attack_gain,
    attack_desperation, attack_confidence, attack_reward, attack_cost, attack_fear, hold_gain, war_stake, war_loss,
    war_unpunished, war_caution, preempt_value, kim_audience, kim_reference, hedge_deterrence, restraint_cost,
    restraint_hold, restraint_war, hold_talks, curvature, loss_aversion, weighting,
):
    """Utilities of standing down, holding, a limited attack and war, by Kim's decision theory.

        eager = 1 + profile_gap for the opportunist profile of Kim, else 1 ;  bold = kim_stakes eager
        r    = kim_reference (reference_point - (1 - hardship)) under prospect theory, else 0
        F    = preempt_value kim_fear ;  R = restraint_cost china_restraint
        wait = -F / 2 - kim_audience korea_episode                     (with the crisis goes half the fear)
        hold = -F - kim_audience (korea_episode - 1) + hold_gain (1 - hold_talks (1 - diplomatic_offramp))
               - restraint_hold R
        gain = bold (attack_gain + attack_desperation hardship + attack_confidence technology)
               + attack_reward diplomatic_offramp + kim_opening
        lost = kim_costs (war_loss (war_unpunished + (1 - war_unpunished) punish_war) + war_caution
                          + hedge_deterrence rok_hedge + kim_cost_nuclear)
        u_stand_down = sure(wait; r) ;  u_hold = sure(hold; r)
        a        = attack_fear F + R
        u_attack = lottery(win_attack, gain - a, -kim_costs (attack_cost + retaliation) - a; r)
        w        = restraint_war R
        u_war    = lottery(win_korea, bold war_stake + kim_opening - w, -lost - w; r)

    A war by Kim's own hand ends the fear of being struck first; of a limited attack it leaves ``attack_fear``.
    Claims C03, C05, C10, C13, C22, C24, C25, C27.
    """
    bold = kim_stakes * (1.0 + profile_gap if kim_profile == 1.0 else 1.0)
    reference = kim_reference * (reference_point - (1.0 - hardship)) if kim_theory == 1.0 else 0.0
    afraid = preempt_value * kim_fear
    restrained = restraint_cost * china_restraint
    wait_value = 0.0 - (0.5 * afraid + kim_audience * korea_episode)
    brink = hold_gain * (1.0 - hold_talks * (1.0 - diplomatic_offramp))
    hold_value = (brink - restraint_hold * restrained) - (afraid + kim_audience * (korea_episode - 1.0))
    stand_down = sure(wait_value, reference, kim_theory, curvature, loss_aversion)
    hold = sure(hold_value, reference, kim_theory, curvature, loss_aversion)
    gain = (bold * (attack_gain + (attack_desperation * hardship + attack_confidence * technology))) + (
        attack_reward * diplomatic_offramp + kim_opening
    )
    borne = attack_fear * afraid + restrained
    attack = lottery(
        win_attack, gain - borne, 0.0 - (kim_costs * (attack_cost + retaliation) + borne),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )
    borne = restraint_war * restrained
    punished = war_unpunished + (1.0 - war_unpunished) * punish_war
    war_lost = kim_costs * ((war_loss * punished + war_caution) + (hedge_deterrence * rok_hedge + kim_cost_nuclear))
    war = lottery(
        win_korea, (bold * war_stake + kim_opening) - borne, 0.0 - (war_lost + borne),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )
    return stand_down, hold, attack, war


def option_probs(
    u_stand_down, u_hold, u_attack, u_war, win_attack, win_korea, hardship, kim_theory, leader_types, choice_noise,
    kim_precision, kim_aspiration, confidence, agreement_called,
):
    """Probabilities of standing down, holding, a limited attack and war.

        λ = precision(leader_types, choice_noise, kim_precision)
        expected utility, prospect:  quantal(u_stand_down, u_hold, u_attack, u_war; λ)
        satisficing:  satisfice(kim_aspiration - (1 - hardship); u_stand_down, u_hold, u_attack, u_war;
                                1 - confidence, win_attack - confidence, win_korea - confidence; λ)

        if agreement_called > 0:  0, 0, Λ(λ (u_attack - u_war)), 1 - Λ(λ (u_attack - u_war))     (he keeps his word)

    What a satisficer asks for beyond his welfare, 1 - hardship, his choice has to bring; holding cannot fail.
    """
    sharp = precision(leader_types, choice_noise, kim_precision)
    if agreement_called > 0.0:
        limited = logistic(sharp * (u_attack - u_war))
        return 0.0, 0.0, limited, 1.0 - limited
    if kim_theory == 2.0:
        return satisfice(
            kim_aspiration - (1.0 - hardship), u_stand_down, u_hold, u_attack, u_war,
            1.0 - confidence, win_attack - confidence, win_korea - confidence, sharp,
        )
    return quantal(u_stand_down, u_hold, u_attack, u_war, sharp)


def best_option(
    u_stand_down, u_hold, u_attack, u_war, win_attack, win_korea, hardship, kim_theory, kim_aspiration, confidence,
):
    """What Kim would choose without noise.

        expected utility, prospect:  kim_best = best(u_stand_down, u_hold, u_attack, u_war)
        satisficing:  kim_best = first_passing(kim_aspiration - (1 - hardship); u_stand_down, u_hold, u_attack, u_war;
                                 1 - confidence, win_attack - confidence, win_korea - confidence)
    """
    if kim_theory == 2.0:
        return first_passing(
            kim_aspiration - (1.0 - hardship), u_stand_down, u_hold, u_attack, u_war,
            1.0 - confidence, win_attack - confidence, win_korea - confidence,
        )
    return best(u_stand_down, u_hold, u_attack, u_war)


def choose(prob_stand_down, prob_hold, prob_attack, u_kim_choice):
    """Kim's choice, which is the theatre's next status: 0 stand down, 1 hold, 2 limited attack, 3 war.

        kim_choice = pick(u_kim_choice; prob_stand_down, prob_hold, prob_attack)
    """
    return pick(u_kim_choice, prob_stand_down, prob_hold, prob_attack)


def next_status(korea_episode, kim_decides, kim_choice, force_korea):
    """Korea's status after the month's decision: his choice if he had one, else as it stood; or what is imposed on it.

        korea_status' = forced(force_korea, kim_choice if kim_decides > 0, else korea_episode)
    """
    return forced(force_korea, kim_choice if kim_decides > 0.0 else korea_episode)
