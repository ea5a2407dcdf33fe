"""Xi: his private type, and the calculus of a crisis over Taiwan."""

from ..numerics import clip, exp, logistic, logistic_noise, logit
from .building_blocks import (
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
    sure,
    type_due,
    unit,
)


def episode(
    taiwan_status, taiwan_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, taiwan_resolved,
    force_taiwan, u_taiwan_episode,
):
    """Whether this month finds a crisis over Taiwan, and whether it forces a decision.

        (taiwan_episode, xi_decides) = crisis_month(taiwan_status, taiwan_crisis_prob, crisis_settle_prob,
                                                    crisis_decision_prob, force_review_prob, taiwan_resolved;
                                                    u_taiwan_episode);   xi_decides = 0 if force_taiwan >= 0

    Where the Strait's status is imposed, he has nothing to decide.
    """
    stands, decides = crisis_month(
        taiwan_status, taiwan_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, taiwan_resolved,
        u_taiwan_episode,
    )
    return stands, 0.0 if force_taiwan >= 0.0 else decides


def type_is_drawn(leader_types, xi_new, taiwan_status, taiwan_episode, month):
    """Whether Xi's private type is drawn this month.

        xi_type_due = type_due(leader_types, xi_new, taiwan_status = 0 and taiwan_episode > 0, month)
    """
    return type_due(leader_types, xi_new, taiwan_status == 0.0 and taiwan_episode > 0.0, month)


def private_type(stakes_sd, costs_sd, optimism_sd, u_xi_stakes, u_xi_costs, u_xi_optimism):
    """Xi's private type, which he alone knows: what winning is worth to him, what force costs him, how sure he is of it.

        xi_stakes'   = log_logistic(u_xi_stakes, stakes_sd)
        xi_costs'    = log_logistic(u_xi_costs, costs_sd)
        xi_optimism' = optimism_sd noise(u_xi_optimism)

    Stakes and costs are multiples of what the coefficients say (the leader in the middle: 1), optimism is in log-odds of
    winning. Source: Fearon 1995; Powell 1999; Slantchev 2005.
    """
    return (
        log_logistic(u_xi_stakes, stakes_sd), log_logistic(u_xi_costs, costs_sd), optimism_sd * logistic_noise(u_xi_optimism)
    )  # fmt: skip


#: What Xi's belief is held within before it is moved in log-odds.
NEVER, SURE = 0.001, 0.999


def intervention(
    china_belief, us_will, attention_taiwan, attention_full, attention_discount, belief_will, enter_blockade,
):
    """Xi's odds that the United States fights: his belief, moved by Washington's will, discounted when it looks elsewhere.

        us_enters_invasion = Λ(logit(china_belief) + belief_will (us_will - 1/2))
                             (1 - attention_discount (1 - [attention_taiwan / attention_full]))
        us_enters_blockade = enter_blockade us_enters_invasion

    ``china_belief`` is held within [NEVER, SURE] = [0.001, 0.999] there. He reads elections, talks and burden sharing as
    far as they move the will (``belief_will``; 0: he does not).
    """
    read = logistic(logit(clip(china_belief, NEVER, SURE)) + belief_will * (us_will - 0.5))
    invasion = read * (1.0 - attention_discount * (1.0 - unit(attention_taiwan / attention_full)))
    return invasion, enter_blockade * invasion


def win_prob(
    china_strength, taiwan_strength, us_strength, japan_strength, us_enters_invasion, us_enters_blockade, xi_optimism,
    xi_experience, xi_expected_help, partner_strength, decisiveness, invasion_difficulty, blockade_difficulty,
):
    """Xi's chances of winning, the allies out and in, and weighted by his belief.

        attacker  = china_strength (1 + partner_strength xi_expected_help)              (as the war will be fought)
        b         = xi_optimism + xi_experience
        win_o_out = contest(attacker, o_difficulty taiwan_strength, decisiveness, b)
        win_o_in  = contest(attacker, o_difficulty (taiwan_strength + us_strength + japan_strength), decisiveness, b)
        win_o     = us_enters_o win_o_in + (1 - us_enters_o) win_o_out               for o = blockade, invasion

    Source: contest success function; CSIS 2023 (most invasions fail once the US and Japan are in).
    """
    allied = taiwan_strength + (us_strength + japan_strength)
    attacker = china_strength * (1.0 + partner_strength * xi_expected_help)
    bias = xi_optimism + xi_experience
    blockade_out = contest(attacker, blockade_difficulty * taiwan_strength, decisiveness, bias)
    blockade_in = contest(attacker, blockade_difficulty * allied, decisiveness, bias)
    invasion_out = contest(attacker, invasion_difficulty * taiwan_strength, decisiveness, bias)
    invasion_in = contest(attacker, invasion_difficulty * allied, decisiveness, bias)
    blockade = us_enters_blockade * blockade_in + (1.0 - us_enters_blockade) * blockade_out
    invasion = us_enters_invasion * invasion_in + (1.0 - us_enters_invasion) * invasion_out
    return blockade_out, blockade_in, blockade, invasion_out, invasion_in, invasion


def cost_of_posture(deter_gain, usfk_posture, dual_role, heavy_share, rok_consent, ground_cost):
    """Cost that ground forces in Korea impose.

        cost_posture = deter_gain ground_cost usfk_posture dual_role heavy_share rok_consent

    Claim C01.
    """
    return deter_gain * (ground_cost * ((usfk_posture * dual_role) * (heavy_share * rok_consent)))


def cost_of_sea_power(deter_gain, maritime_posture, sea_cost):
    """Cost that carriers and bombers impose.

        cost_sea = deter_gain sea_cost maritime_posture

    Claim C02.
    """
    return deter_gain * (sea_cost * maritime_posture)


def cost_of_coordination(trilateral_coordination, japan_access, coordination_cost):
    """Cost that a coordinated response imposes.

        cost_coordination = coordination_cost trilateral_coordination japan_access

    Neither this cost nor the grievance that coordination feeds hangs on ``posture_effect``: that switch is about
    forces, not about who stands together. Claim C19.
    """
    return coordination_cost * (trilateral_coordination * japan_access)


def cost_of_japan(japan_burden_share, japan_access, japan_cost):
    """Cost that Japan's own role imposes.

        cost_japan = japan_cost japan_burden_share japan_access

    Claim C20.
    """
    return japan_cost * (japan_burden_share * japan_access)


def cost_of_sanctions(enforcement, sanctions_cost):
    """Cost that a proven, enforced sanctions machine threatens.

        cost_sanctions = 2 sanctions_cost enforcement

    What bites counts, not what is on paper: exposure raises it and vetoes lower it. Claims C12, C22, C23.
    """
    return sanctions_cost * (2.0 * enforcement)


def cost_of_nuclear_risk(
    us_enters_invasion, nuclear_used, nuclear_rate, nuclear_caution, war_end_rate, nuclear_loss, nuclear_lesson,
):
    """What the risk of nuclear use weighs in an invasion, as Xi sees it.

        risk = [ nuclear_rate exp(-nuclear_caution us_enters_invasion) / war_end_rate ]      (a month's odds, a war long)
        cost_nuclear = nuclear_loss risk us_enters_invasion (1 + nuclear_lesson nuclear_used)

    Source: Schelling 1966 (the threat that leaves something to chance).
    """
    risk = unit(nuclear_rate * exp(0.0 - nuclear_caution * us_enters_invasion) / war_end_rate)
    return nuclear_loss * (risk * us_enters_invasion) * (1.0 + nuclear_lesson * nuclear_used)


def experience(xi_experience, xi_new, taiwan_status, taiwan_front, belief_memory, experience_gain):
    """What fighting teaches Xi about his odds: he believes the front, to its last month, and afterwards it fades.

        xi_experience' = 0 if xi_new > 0; else experience_gain taiwan_front if taiwan_status >= 2;
                         else belief_memory xi_experience

    In log-odds of winning: a blockade that was broken makes him wary of the next. A successor has not seen it.
    """
    learnt = experience_gain * taiwan_front if taiwan_status >= 2.0 else belief_memory * xi_experience
    return 0.0 if xi_new > 0.0 else learnt


def expected_help(expected_reliability, partner_bias, coordination, uncoordinated, agreement_reliability):
    """The share of his three partners whose help Xi expects; what Kim has agreed to he counts on.

        s = [expected_reliability + partner_bias]
        xi_expected_help = uncoordinated s, s, (2 s + max(s, agreement_reliability)) / 3    for coordination none, tacit,
                                                                                              directed
    Claim C28.
    """
    share = unit(expected_reliability + partner_bias)
    agreed = agreement_reliability if agreement_reliability > share else share
    directed = (2.0 * share + agreed) / 3.0
    return uncoordinated * share if coordination == 0.0 else (directed if coordination == 2.0 else share)


#: Months over which Xi extrapolates the balance.
OUTLOOK = 24.0


def decline(balance_trend, maritime_posture, trilateral_coordination, decline_trend, decline_lever):
    """The decline of the balance that Xi expects while he waits (the closing window); below 0 he expects it to improve.

        expected_decline = -decline_trend OUTLOOK balance_trend                               with OUTLOOK = 24 months
                           + decline_lever (maritime_posture + trilateral_coordination - 1) / 2, held in [-1, 1]

    He extrapolates two years of the balance as it moves, and reads announced strength beyond today's as more to come.
    Source: power-transition and preventive-war motives (Levy 1987; Copeland 2000): strength announced may hasten.
    """
    return clip(
        decline_lever * (0.5 * (maritime_posture + trilateral_coordination - 1.0)) - decline_trend * (OUTLOOK * balance_trend),
        -1.0, 1.0,
    )  # fmt: skip


def grey_zone_success(grey_success, counter_hybrid, hybrid_denial):
    """Chance that the grey zone pays.

        win_grey = grey_success (1 - hybrid_denial counter_hybrid)

    Claim C26.
    """
    return grey_success * (1.0 - hybrid_denial * counter_hybrid)


def value_of_waiting(
    taiwan_episode, grievance, expected_decline, china_engagement, xi_profile, status_quo_value, wait_grievance,
    wait_decline, wait_assurance, audience_cost, profile_gap,
):
    """What backing down leaves Xi with, in units of the value of Taiwan.

        value_wait = status_quo_value - wait_grievance grievance - wait_decline expected_decline
                     + wait_assurance china_engagement - audience_cost taiwan_episode stake,
        stake = 1 + profile_gap for the legacy profile of Xi, else 1

    The legacy profile minds backing down as it values winning.
    Audience cost: Fearon 1994. Assurance: Schelling; Zagare and Kilgour; claim C29.
    """
    eager = 1.0 + profile_gap if xi_profile == 1.0 else 1.0
    return ((status_quo_value - wait_grievance * grievance) - wait_decline * expected_decline) + (
        wait_assurance * china_engagement - (audience_cost * taiwan_episode) * eager
    )


def utilities(
    taiwan_episode, value_wait, win_blockade, win_invasion, us_enters_blockade, us_enters_invasion, cost_posture,
    cost_sea, cost_coordination, cost_japan, cost_sanctions, cost_nuclear, xi_stakes, xi_costs, xi_profile, xi_theory,
    grievance, profile_gap, xi_reference, audience_cost, grey_stake, win_grey, blockade_stake, fixed_cost_grey,
    fixed_cost_blockade, fixed_cost_invasion, loss_invasion, blockade_share, curvature, loss_aversion, weighting,
):
    """Utilities of waiting, grey zone, blockade and invasion, by Xi's decision theory.

        eager = 1 + profile_gap for the legacy profile, else 1 ;  stake = xi_stakes eager
        allied = cost_posture + cost_sea + cost_coordination + cost_japan
        K_blockade = xi_costs (us_enters_blockade allied + cost_sanctions)
        K_invasion = xi_costs (us_enters_invasion allied + cost_sanctions + cost_nuclear)
        r     = xi_reference grievance under prospect theory, else 0
        back  = audience_cost if taiwan_episode = 2, else 0                    (from a blockade to the grey zone)
        u_wait     = sure(value_wait; r)
        g          = value_wait + audience_cost eager (1 if taiwan_episode = 1, else 0) - fixed_cost_grey - back
        u_grey     = lottery(win_grey, g + grey_stake eager, g - grey_stake; r)
        n          = -blockade_share K_blockade - xi_costs (0 if taiwan_episode = 2, else fixed_cost_blockade)
        u_blockade = lottery(win_blockade, blockade_stake stake + n, n - blockade_share xi_costs loss_invasion; r)
        m          = -K_invasion - xi_costs fixed_cost_invasion
        u_invasion = lottery(win_invasion, stake + m, m - xi_costs loss_invasion; r)

    His type moves what a blockade and an invasion cost and win; the grey zone is cheap for everybody:
    it keeps what waiting leaves him, and in a crisis his face.
    What the allies impose counts as far as he believes that Washington comes in; sanctions come anyway.
    Source: claims C01, C02, C19, C20, C28, C29.
    """
    eager = 1.0 + profile_gap if xi_profile == 1.0 else 1.0
    stake = xi_stakes * eager
    allied = (cost_posture + cost_sea) + (cost_coordination + cost_japan)
    reference = xi_reference * grievance if xi_theory == 1.0 else 0.0
    back = audience_cost if taiwan_episode == 2.0 else 0.0
    wait = sure(value_wait, reference, xi_theory, curvature, loss_aversion)
    face = audience_cost * eager if taiwan_episode == 1.0 else 0.0
    kept = (value_wait + face) - (fixed_cost_grey + back)
    grey = lottery(
        win_grey, kept + grey_stake * eager, kept - grey_stake,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    borne = us_enters_blockade * allied + cost_sanctions
    begun = 0.0 if taiwan_episode == 2.0 else fixed_cost_blockade
    net = 0.0 - xi_costs * (blockade_share * borne + begun)
    loss = xi_costs * loss_invasion
    blockade = lottery(
        win_blockade, blockade_stake * stake + net, net - blockade_share * loss,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    borne = us_enters_invasion * allied + (cost_sanctions + cost_nuclear)
    net = 0.0 - xi_costs * (borne + fixed_cost_invasion)
    invasion = lottery(
        win_invasion, stake + net, net - loss,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    return wait, grey, blockade, invasion


def option_probs(
    u_wait, u_grey, u_blockade, u_invasion, win_grey, win_blockade, win_invasion, xi_theory, leader_types, choice_noise,
    xi_precision, xi_aspiration, confidence,
):
    """Probabilities of wait, grey zone, blockade, invasion.

        λ = precision(leader_types, choice_noise, xi_precision)
        expected utility, prospect:  quantal(u_wait, u_grey, u_blockade, u_invasion; λ)
        satisficing:  satisfice(xi_aspiration; u_wait, u_grey, u_blockade, u_invasion;
                                win_grey - confidence, win_blockade - confidence, win_invasion - confidence; λ)

    Source: McKelvey and Palfrey 1995. Noise is small beside what options differ in: who fights, mostly, prefers to.
    """
    sharp = precision(leader_types, choice_noise, xi_precision)
    if xi_theory == 2.0:
        return satisfice(
            xi_aspiration, u_wait, u_grey, u_blockade, u_invasion,
            win_grey - confidence, win_blockade - confidence, win_invasion - confidence, sharp,
        )
    return quantal(u_wait, u_grey, u_blockade, u_invasion, sharp)


def best_option(
    u_wait, u_grey, u_blockade, u_invasion, win_grey, win_blockade, win_invasion, xi_theory, xi_aspiration, confidence,
):
    """What Xi would choose without noise.

        expected utility, prospect:  xi_best = best(u_wait, u_grey, u_blockade, u_invasion)
        satisficing:  xi_best = first_passing(xi_aspiration; u_wait, u_grey, u_blockade, u_invasion;
                                win_grey - confidence, win_blockade - confidence, win_invasion - confidence)
    """
    if xi_theory == 2.0:
        return first_passing(
            xi_aspiration, u_wait, u_grey, u_blockade, u_invasion,
            win_grey - confidence, win_blockade - confidence, win_invasion - confidence,
        )
    return best(u_wait, u_grey, u_blockade, u_invasion)


def choose(prob_wait, prob_grey, prob_blockade, u_xi_choice):
    """Xi's choice, which is the theatre's next status: 0 wait, 1 grey zone, 2 blockade, 3 invade.

        xi_choice = pick(u_xi_choice; prob_wait, prob_grey, prob_blockade)
    """
    return pick(u_xi_choice, prob_wait, prob_grey, prob_blockade)


def expectation(xi_choice, xi_expected_help, help_expected):
    """The share of his partners Xi counted on when he first used force over Taiwan (-1 before).

        help_expected' = xi_expected_help if xi_choice >= 2 and help_expected < 0, else help_expected
    """
    return xi_expected_help if xi_choice >= 2.0 and help_expected < 0.0 else help_expected


def next_status(taiwan_episode, xi_decides, xi_choice, force_taiwan):
    """The Strait's status after the month's decision: his choice if he had one, else as it stood; or what is imposed on it.

        taiwan_status' = forced(force_taiwan, xi_choice if xi_decides > 0, else taiwan_episode)

    An imposed war makes "given a war over Taiwan" an experiment: the runs are not those that brought it about themselves.
    """
    return forced(force_taiwan, xi_choice if xi_decides > 0.0 else taiwan_episode)
