"""Kim: fear of being struck first, and the calculus of a crisis in Korea."""

from .building_blocks import contest, crisis_month, lottery, pick, quantal, satisfice, sure, unit


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


def episode(
    korea_status, korea_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, korea_resolved,
    u_korea_episode,
):
    """Whether this month finds a crisis in Korea, and whether it forces a decision.

        (korea_episode, kim_decides) = crisis_month(korea_status, korea_crisis_prob, crisis_settle_prob,
                                                    crisis_decision_prob, force_review_prob, korea_resolved;
                                                    u_korea_episode)
    """
    return crisis_month(
        korea_status, korea_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, korea_resolved,
        u_korea_episode,
    )


def punishment_belief(nk_belief, survivability, discount_attack, discount_war):
    """Kim's odds of being punished: belief discounted by the survivability of his nuclear force.

        punish_attack = nk_belief (1 - discount_attack survivability)
        punish_war    = nk_belief (1 - discount_war survivability)

    Two discounts: asymmetric nuclear dyads see more low-level conflict, not more war (Bell and Miller 2015).
    Claim C13.
    """
    return nk_belief * (1.0 - discount_attack * survivability), nk_belief * (1.0 - discount_war * survivability)


def war_win_prob(
    conventional, technology, nk_strength, rok_power, korea_guard, guard_strength, punish_war, decisiveness,
    korea_difficulty,
):
    """Kim's chance in a war: a contest of his forces with Seoul's and those the US holds in Korea.

        attacker = nk_strength conventional (1 + technology)
        guarded  = contest(attacker, korea_difficulty (rok_power + guard_strength korea_guard), decisiveness)
        alone    = contest(attacker, korea_difficulty rok_power, decisiveness)
        win_korea = punish_war guarded + (1 - punish_war) alone

    Claims C01, C18.
    """
    attacker = nk_strength * (conventional * (1.0 + technology))
    alone = contest(attacker, korea_difficulty * rok_power, decisiveness)
    guarded = contest(attacker, korea_difficulty * (rok_power + guard_strength * korea_guard), decisiveness)
    return punish_war * guarded + (1.0 - punish_war) * alone


def attack_success_prob(attack_success, counter_hybrid, hybrid_denial, punish_attack):
    """Chance that a limited attack pays.

        win_attack = attack_success (1 - hybrid_denial counter_hybrid) (1 - punish_attack)

    Claim C26.
    """
    return (attack_success * (1.0 - hybrid_denial * counter_hybrid)) * (1.0 - punish_attack)


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
    attack_desperation, attack_confidence, attack_reward, attack_cost, attack_fear, hold_gain, war_stake, war_loss,
    war_unpunished, war_caution, preempt_value, kim_audience, kim_reference, hedge_deterrence, restraint_cost,
    restraint_hold, restraint_war, hold_talks, curvature, loss_aversion, weighting,
):
    """Utilities of standing down, holding, a limited attack and war, by Kim's decision theory.

        bold = 1 + profile_gap for the opportunist profile of Kim, else 1
        r    = kim_reference (reference_point - (1 - hardship)) under prospect theory, else 0
        F    = preempt_value kim_fear ;  R = restraint_cost china_restraint
        wait = -F - kim_audience (korea_episode - 1)
        hold = wait + hold_gain (1 - hold_talks (1 - diplomatic_offramp)) - restraint_hold R
        gain = bold (attack_gain + attack_desperation hardship + attack_confidence technology)
               + attack_reward diplomatic_offramp + kim_opening
        lost = war_loss (war_unpunished + (1 - war_unpunished) punish_war) + war_caution + hedge_deterrence rok_hedge
        u_stand_down = sure(wait; r) ;  u_hold = sure(hold; r)
        a        = attack_fear F + R
        u_attack = lottery(win_attack, gain - a, -(attack_cost + retaliation) - a; r)
        w        = restraint_war R
        u_war    = lottery(win_korea, bold war_stake + kim_opening - w, -lost - w; r)

    A war by Kim's own hand ends the fear of being struck first; of a limited attack it leaves ``attack_fear``.
    Claims C03, C05, C10, C13, C22, C24, C25, C27.
    """
    bold = 1.0 + profile_gap if kim_profile == 1.0 else 1.0
    reference = kim_reference * (reference_point - (1.0 - hardship)) if kim_theory == 1.0 else 0.0
    afraid = preempt_value * kim_fear
    restrained = restraint_cost * china_restraint
    wait_value = 0.0 - (afraid + kim_audience * (korea_episode - 1.0))
    brink = hold_gain * (1.0 - hold_talks * (1.0 - diplomatic_offramp))
    hold_value = wait_value + (brink - restraint_hold * restrained)
    stand_down = sure(wait_value, reference, kim_theory, curvature, loss_aversion)
    hold = sure(hold_value, reference, kim_theory, curvature, loss_aversion)
    gain = (bold * (attack_gain + (attack_desperation * hardship + attack_confidence * technology))) + (
        attack_reward * diplomatic_offramp + kim_opening
    )
    borne = attack_fear * afraid + restrained
    attack = lottery(
        win_attack, gain - borne, 0.0 - ((attack_cost + retaliation) + borne),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )
    borne = restraint_war * restrained
    punished = war_unpunished + (1.0 - war_unpunished) * punish_war
    war_lost = (war_loss * punished + war_caution) + hedge_deterrence * rok_hedge
    war = lottery(
        win_korea, (bold * war_stake + kim_opening) - borne, 0.0 - (war_lost + borne),
        reference, kim_theory, curvature, loss_aversion, weighting,
    )
    return stand_down, hold, attack, war


def option_probs(
    u_stand_down, u_hold, u_attack, u_war, win_attack, win_korea, hardship, kim_theory, kim_precision, kim_aspiration,
    confidence,
):
    """Probabilities of standing down, holding, a limited attack and war.

        expected utility, prospect:  quantal(u_stand_down, u_hold, u_attack, u_war; kim_precision)
        satisficing:  satisfice(kim_aspiration - (1 - hardship); u_stand_down, u_hold, u_attack, u_war;
                                1 - confidence, win_attack - confidence, win_korea - confidence; kim_precision)

    What a satisficer asks for beyond his welfare, 1 - hardship, his choice has to bring; holding cannot fail.
    """
    if kim_theory == 2.0:
        return satisfice(
            kim_aspiration - (1.0 - hardship), u_stand_down, u_hold, u_attack, u_war,
            1.0 - confidence, win_attack - confidence, win_korea - confidence, kim_precision,
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
