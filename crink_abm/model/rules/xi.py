"""Xi: the calculus of a crisis over Taiwan."""

from .building_blocks import contest, crisis_month, lottery, pick, quantal, satisfice, sure, unit


def episode(
    taiwan_status, taiwan_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, taiwan_resolved,
    u_taiwan_episode,
):
    """Whether this month finds a crisis over Taiwan, and whether it forces a decision.

        (taiwan_episode, xi_decides) = crisis_month(taiwan_status, taiwan_crisis_prob, crisis_settle_prob,
                                                    crisis_decision_prob, force_review_prob, taiwan_resolved;
                                                    u_taiwan_episode)
    """
    return crisis_month(
        taiwan_status, taiwan_crisis_prob, crisis_settle_prob, crisis_decision_prob, force_review_prob, taiwan_resolved,
        u_taiwan_episode,
    )


def intervention(china_belief, attention_taiwan, attention_full, attention_discount, enter_blockade):
    """Xi's odds that the United States fights: belief, discounted when Washington looks elsewhere.

        us_enters_invasion = [ china_belief (1 - attention_discount (1 - [attention_taiwan / attention_full])) ]
        us_enters_blockade = enter_blockade us_enters_invasion
    """
    invasion = unit(china_belief * (1.0 - attention_discount * (1.0 - unit(attention_taiwan / attention_full))))
    return invasion, enter_blockade * invasion


def win_prob(
    china_strength, taiwan_strength, us_strength, japan_strength, us_enters_invasion, us_enters_blockade,
    decisiveness, invasion_difficulty, blockade_difficulty,
):
    """Xi's chances of winning, the allies out and in, and weighted by his belief.

        win_o_out = contest(china_strength, o_difficulty taiwan_strength, decisiveness)
        win_o_in  = contest(china_strength, o_difficulty (taiwan_strength + us_strength + japan_strength), decisiveness)
        win_o     = us_enters_o win_o_in + (1 - us_enters_o) win_o_out               for o = blockade, invasion

    Source: contest success function; CSIS 2023 (most invasions fail once the US and Japan are in).
    """
    allied = taiwan_strength + (us_strength + japan_strength)
    blockade_out = contest(china_strength, blockade_difficulty * taiwan_strength, decisiveness)
    blockade_in = contest(china_strength, blockade_difficulty * allied, decisiveness)
    invasion_out = contest(china_strength, invasion_difficulty * taiwan_strength, decisiveness)
    invasion_in = contest(china_strength, invasion_difficulty * allied, decisiveness)
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


def cost_of_sanctions(sanctions_intensity, sanctions_cost):
    """Cost that a proven, enforced sanctions machine threatens.

        cost_sanctions = sanctions_cost sanctions_intensity

    Claim C22.
    """
    return sanctions_cost * sanctions_intensity


def expected_help(expected_reliability, partner_bias, coordination, uncoordinated):
    """The share of his three partners whose help Xi expects.

        xi_expected_help = [expected_reliability + partner_bias], times uncoordinated if coordination is none

    Claim C28.
    """
    share = unit(expected_reliability + partner_bias)
    return uncoordinated * share if coordination == 0.0 else share


def decline(allied_arming, china_arming, maritime_posture, trilateral_coordination, decline_build_up, decline_lever):
    """The decline of the balance that Xi expects while he waits (the closing window).

        expected_decline = [ decline_build_up (allied_arming - china_arming)
                             + decline_lever (maritime_posture + trilateral_coordination) / 2 ]

    Source: power-transition and preventive-war motives (Levy 1987; Copeland 2000): strength announced may hasten.
    """
    return unit(
        decline_build_up * (allied_arming - china_arming)
        + decline_lever * (0.5 * (maritime_posture + trilateral_coordination))
    )


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
    cost_sea, cost_coordination, cost_japan, cost_sanctions, xi_expected_help, xi_profile, xi_theory, grievance,
    profile_gap, xi_reference, help_value, audience_cost, grey_stake, win_grey, blockade_stake, fixed_cost_grey,
    fixed_cost_blockade, fixed_cost_invasion, loss_invasion, blockade_share, curvature, loss_aversion, weighting,
):
    """Utilities of waiting, grey zone, blockade and invasion, by Xi's decision theory.

        stake = 1 + profile_gap for the legacy profile, else 1
        allied = cost_posture + cost_sea + cost_coordination + cost_japan
        K_blockade = us_enters_blockade allied + cost_sanctions
        K_invasion = us_enters_invasion allied + cost_sanctions
        help  = help_value xi_expected_help
        r     = xi_reference grievance under prospect theory, else 0
        back  = audience_cost if taiwan_episode = 2, else 0                    (from a blockade to the grey zone)
        u_wait     = sure(value_wait; r)
        u_grey     = lottery(win_grey, grey_stake stake - fixed_cost_grey - back, -fixed_cost_grey - grey_stake - back; r)
        n          = blockade_share (help - K_blockade) - fixed_cost_blockade
        u_blockade = lottery(win_blockade, blockade_stake stake + n, n - blockade_share loss_invasion; r)
        m          = help - K_invasion - fixed_cost_invasion
        u_invasion = lottery(win_invasion, stake + m, m - loss_invasion; r)

    What the allies impose counts as far as he believes that Washington comes in; sanctions come anyway.
    Source: claims C01, C02, C19, C20, C28, C29.
    """
    stake = 1.0 + profile_gap if xi_profile == 1.0 else 1.0
    allied = (cost_posture + cost_sea) + (cost_coordination + cost_japan)
    helped = help_value * xi_expected_help
    reference = xi_reference * grievance if xi_theory == 1.0 else 0.0
    back = audience_cost if taiwan_episode == 2.0 else 0.0
    wait = sure(value_wait, reference, xi_theory, curvature, loss_aversion)
    spent = fixed_cost_grey + back
    grey = lottery(
        win_grey, grey_stake * stake - spent, 0.0 - (spent + grey_stake),
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    net = blockade_share * (helped - (us_enters_blockade * allied + cost_sanctions)) - fixed_cost_blockade
    blockade = lottery(
        win_blockade, blockade_stake * stake + net, net - blockade_share * loss_invasion,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    net = (helped - (us_enters_invasion * allied + cost_sanctions)) - fixed_cost_invasion
    invasion = lottery(
        win_invasion, stake + net, net - loss_invasion,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )
    return wait, grey, blockade, invasion


def option_probs(
    u_wait, u_grey, u_blockade, u_invasion, win_grey, win_blockade, win_invasion, xi_theory, xi_precision,
    xi_aspiration, confidence,
):
    """Probabilities of wait, grey zone, blockade, invasion.

        expected utility, prospect:  quantal(u_wait, u_grey, u_blockade, u_invasion; xi_precision)
        satisficing:  satisfice(xi_aspiration; u_wait, u_grey, u_blockade, u_invasion;
                                win_grey - confidence, win_blockade - confidence, win_invasion - confidence; xi_precision)
    """
    if xi_theory == 2.0:
        return satisfice(
            xi_aspiration, u_wait, u_grey, u_blockade, u_invasion,
            win_grey - confidence, win_blockade - confidence, win_invasion - confidence, xi_precision,
        )
    return quantal(u_wait, u_grey, u_blockade, u_invasion, xi_precision)


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


def next_status(taiwan_episode, xi_decides, xi_choice):
    """The Strait's status after the month's decision: his choice if he had one, else as it stood.

        taiwan_status' = xi_choice if xi_decides > 0, else taiwan_episode
    """
    return xi_choice if xi_decides > 0.0 else taiwan_episode
