"""Xi: the calculus of a crisis over Taiwan."""

from .common import contest, lottery, pick, quantal, satisfice, sure, unit


def episode(taiwan_status, taiwan_crisis_prob, crisis_settle_prob, taiwan_resolved, u_taiwan_episode):
    """Whether this month finds a crisis over Taiwan that calls for a decision.

        taiwan_status 0:       taiwan_episode = 1 if u_taiwan_episode < taiwan_crisis_prob, else 0
        taiwan_status 1 or 2:  taiwan_episode = 0 (settled by others) if u_taiwan_episode < crisis_settle_prob,
                               else taiwan_status
        taiwan_status 3:       taiwan_episode = 3
        xi_decides = 1 if taiwan_episode is 1 or 2 and taiwan_resolved = 0, else 0

    """
    onset = 1.0 if u_taiwan_episode < taiwan_crisis_prob else 0.0
    goes_on = 0.0 if u_taiwan_episode < crisis_settle_prob else taiwan_status
    before = onset if taiwan_status == 0.0 else (taiwan_status if taiwan_status == 3.0 else goes_on)
    decides = before == 1.0 or before == 2.0
    return before, 1.0 if decides and taiwan_resolved == 0.0 else 0.0


def intervention(china_belief, attention_taiwan, attention_discount, enter_blockade):
    """Xi's odds that the United States fights: belief, discounted when Washington looks elsewhere.

        us_enters_invasion = [ china_belief (1 - attention_discount (1 - [2 attention_taiwan])) ]
        us_enters_blockade = enter_blockade us_enters_invasion
    """
    invasion = unit(china_belief * (1.0 - attention_discount * (1.0 - unit(2.0 * attention_taiwan))))
    return invasion, enter_blockade * invasion


def win_prob(
    china_strength, taiwan_defence, us_strength, japan_strength, us_enters_invasion, us_enters_blockade,
    decisiveness, invasion_difficulty, blockade_difficulty,
):  # fmt: skip
    """Xi's chances of winning, the allies out and in, and weighted by his belief.

        win_o_out = contest(china_strength, o_difficulty taiwan_defence, decisiveness)
        win_o_in  = contest(china_strength, o_difficulty (taiwan_defence + us_strength + japan_strength), decisiveness)
        win_o     = us_enters_o win_o_in + (1 - us_enters_o) win_o_out               for o = blockade, invasion

    Source: contest success function; CSIS 2023 (most invasions fail once the US and Japan are in).
    """
    allied = taiwan_defence + (us_strength + japan_strength)
    blockade_out = contest(china_strength, blockade_difficulty * taiwan_defence, decisiveness)
    blockade_in = contest(china_strength, blockade_difficulty * allied, decisiveness)
    invasion_out = contest(china_strength, invasion_difficulty * taiwan_defence, decisiveness)
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


def cost_of_coordination(deter_gain, trilateral_coordination, japan_access, coordination_cost):
    """Cost that a coordinated response imposes.

        cost_coordination = deter_gain coordination_cost trilateral_coordination japan_access

    Claim C19.
    """
    return deter_gain * (coordination_cost * (trilateral_coordination * japan_access))


def cost_of_japan(deter_gain, japan_burden_share, japan_access, japan_cost):
    """Cost that Japan's own role imposes.

        cost_japan = deter_gain japan_cost japan_burden_share japan_access

    Claim C20.
    """
    return deter_gain * (japan_cost * (japan_burden_share * japan_access))


def cost_of_sanctions(sanctions_intensity, sanctions_cost):
    """Cost that a proven, enforced sanctions machine threatens.

        cost_sanctions = sanctions_cost sanctions_intensity

    Claim C22.
    """
    return sanctions_cost * sanctions_intensity


def expected_help(expected_reliability, partner_bias, coordination):
    """Help Xi expects.

        xi_expected_help = [expected_reliability + partner_bias], halved if coordination is none

    Claim C28.
    """
    help_ = unit(expected_reliability + partner_bias)
    return 0.5 * help_ if coordination == 0.0 else help_


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
):  # fmt: skip
    """What backing down leaves Xi with, in units of the value of Taiwan.

        value_wait = status_quo_value - wait_grievance grievance - wait_decline expected_decline
                     + wait_assurance china_engagement - audience_cost taiwan_episode stake,
        stake = 1 + profile_gap for the legacy profile of Xi, else 1

    Audience cost: Fearon 1994. Assurance: Schelling; Zagare and Kilgour; claim C29.
    """
    eager = 1.0 + profile_gap if xi_profile == 1.0 else 1.0
    return ((status_quo_value - wait_grievance * grievance) - wait_decline * expected_decline) + (
        wait_assurance * china_engagement - (audience_cost * taiwan_episode) * eager
    )


def utilities(
    taiwan_episode, value_wait, win_blockade, win_invasion, cost_posture, cost_sea, cost_coordination, cost_japan,
    cost_sanctions, xi_expected_help, xi_profile, xi_theory, grievance, profile_gap, xi_reference, help_value, audience_cost,
    grey_stake, win_grey, blockade_stake, fixed_cost_grey, fixed_cost_blockade, fixed_cost_invasion,
    loss_invasion, blockade_share, curvature, loss_aversion, weighting,
):  # fmt: skip
    """Utilities of waiting, grey zone, blockade and invasion, by Xi's decision theory.

        stake = 1 + profile_gap for the legacy profile, else 1
        K     = cost_posture + cost_sea + cost_coordination + cost_japan + cost_sanctions
        help  = help_value xi_expected_help
        r     = xi_reference grievance under prospect theory, else 0
        u_wait     = sure(value_wait; r)
        u_grey     = lottery(win_grey, grey_stake stake - fixed_cost_grey, -fixed_cost_grey - grey_stake; r)
                     - (audience_cost if taiwan_episode = 2)
        n          = blockade_share (help - K) - fixed_cost_blockade
        u_blockade = lottery(win_blockade, blockade_stake stake + n, n - blockade_share loss_invasion; r)
        m          = help - K - fixed_cost_invasion
        u_invasion = lottery(win_invasion, stake + m, m - loss_invasion; r)
    
    Source: claims C01, C02, C19, C20, C28, C29.
    """
    stake = 1.0 + profile_gap if xi_profile == 1.0 else 1.0
    imposed = (cost_posture + cost_sea) + ((cost_coordination + cost_japan) + cost_sanctions)
    helped = help_value * xi_expected_help
    reference = xi_reference * grievance if xi_theory == 1.0 else 0.0
    wait = sure(value_wait, reference, xi_theory, curvature, loss_aversion)
    grey = lottery(
        win_grey, grey_stake * stake - fixed_cost_grey, 0.0 - (fixed_cost_grey + grey_stake),
        reference, xi_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    grey = grey - audience_cost if taiwan_episode == 2.0 else grey
    net = blockade_share * (helped - imposed) - fixed_cost_blockade
    blockade = lottery(
        win_blockade, blockade_stake * stake + net, net - blockade_share * loss_invasion,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    net = (helped - imposed) - fixed_cost_invasion
    invasion = lottery(
        win_invasion, stake + net, net - loss_invasion,
        reference, xi_theory, curvature, loss_aversion, weighting,
    )  # fmt: skip
    return wait, grey, blockade, invasion


def option_probs(
    u_wait, u_grey, u_blockade, u_invasion, value_wait, win_blockade, win_invasion, cost_posture, cost_sea,
    cost_coordination, cost_japan, cost_sanctions, fixed_cost_grey, fixed_cost_blockade, fixed_cost_invasion, blockade_share,
    win_grey, xi_theory, xi_precision, xi_aspiration, confidence,
):  # fmt: skip
    """Probabilities of wait, grey zone, blockade, invasion.

        expected utility, prospect:  quantal(u_wait, u_grey, u_blockade, u_invasion; xi_precision)
        satisficing:  satisfice(xi_aspiration - value_wait; slack_invasion, slack_blockade, slack_grey; xi_precision)
            slack_invasion = win_invasion - confidence (1 + fixed_cost_invasion + K)
            slack_blockade = win_blockade - confidence (1 + fixed_cost_blockade + blockade_share K)
            slack_grey     = win_grey - confidence (1 + fixed_cost_grey)
        K as in the utilities
    """
    if xi_theory == 2.0:
        imposed = (cost_posture + cost_sea) + ((cost_coordination + cost_japan) + cost_sanctions)
        return satisfice(
            xi_aspiration - value_wait,
            win_invasion - confidence * (1.0 + (fixed_cost_invasion + imposed)),
            win_blockade - confidence * (1.0 + (fixed_cost_blockade + blockade_share * imposed)),
            win_grey - confidence * (1.0 + fixed_cost_grey),
            xi_precision,
        )
    return quantal(u_wait, u_grey, u_blockade, u_invasion, xi_precision)


def choose(prob_wait, prob_grey, prob_blockade, u_xi_choice):
    """Xi's choice, which is the theatre's next status: 0 wait, 1 grey zone, 2 blockade, 3 invade.

        xi_choice = pick(u_xi_choice; prob_wait, prob_grey, prob_blockade)
    """
    return pick(u_xi_choice, prob_wait, prob_grey, prob_blockade)


def expectation(xi_choice, xi_expected_help, help_expected):
    """The help Xi counted on when he first used force over Taiwan (0 before).

        help_expected' = xi_expected_help if xi_choice >= 2 and help_expected = 0, else help_expected
    """
    return xi_expected_help if xi_choice >= 2.0 and help_expected == 0.0 else help_expected


def next_status(taiwan_episode, xi_decides, xi_choice):
    """The Strait's status after the month's decision: his choice if he had one, else as it stood.

        taiwan_status' = xi_choice if xi_decides > 0, else taiwan_episode
    """
    return xi_choice if xi_decides > 0.0 else taiwan_episode
