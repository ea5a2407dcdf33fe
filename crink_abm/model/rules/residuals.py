"""Martingale residuals: each event that came, less its probability on the path so far.

Sums of such differences are martingales: their mean is 0 under every policy, in every world, whatever the rules. They
change nothing in a run. What chance added to a run says nothing about the policy: the estimates take it out of the events
(control variates). Source: Doob-Meyer compensators of counting processes; Glasserman 2004, 4.1.
"""

from .building_blocks import TWO_FRONT_MONTHS


def surprise(happens, prob, open_):
    """One month's residual.

        surprise(happens, prob, open) = (1 if happens, else 0) - prob    if open, else 0
    """
    return ((1.0 if happens else 0.0) - prob) if open_ else 0.0


def recent(last_force, month):
    """Force in a theatre within the window of the second front.

        recent(last, month) = 1 if last >= 0 and month - last <= TWO_FRONT_MONTHS = 12, else 0
    """
    return last_force >= 0.0 and month - last_force <= TWO_FRONT_MONTHS


def taiwan(
    xi_choice, prob_blockade, prob_invasion, first_blockade, first_invasion, first_korea_attack, first_korea_war,
    first_two_front, korea_last_force, residual_blockade, residual_invasion, residual_taiwan, residual_taiwan_first,
    residual_taiwan_second, month,
):
    """The residuals of Xi's decision, where he takes one.

        surprise(happens, p, open) = (1 if happens, else 0) - p    if open, else 0
        recent(last) = (last >= 0 and month - last <= TWO_FRONT_MONTHS)    with TWO_FRONT_MONTHS = 12
        p           = prob_blockade + prob_invasion
        taiwan_open = (first_blockade < 0 and first_invasion < 0)
        residual_blockade'      = residual_blockade + surprise(xi_choice = 2, prob_blockade, first_blockade < 0)
        residual_invasion'      = residual_invasion + surprise(xi_choice = 3, prob_invasion, first_invasion < 0)
        residual_taiwan'        = residual_taiwan + surprise(xi_choice >= 2, p, taiwan_open)
        residual_taiwan_first'  = residual_taiwan_first + surprise(xi_choice >= 2, p, taiwan_open and first_korea_attack < 0
                              and first_korea_war < 0)
        residual_taiwan_second' = residual_taiwan_second + surprise(xi_choice >= 2, p, first_two_front < 0
                              and recent(korea_last_force))

    All is as it stood before this month, but Xi's choice and its odds.
    """
    force, prob = xi_choice >= 2.0, prob_blockade + prob_invasion
    taiwan_open = first_blockade < 0.0 and first_invasion < 0.0
    both_open = taiwan_open and first_korea_attack < 0.0 and first_korea_war < 0.0
    second_open = first_two_front < 0.0 and recent(korea_last_force, month)
    return (
        residual_blockade + surprise(xi_choice == 2.0, prob_blockade, first_blockade < 0.0),
        residual_invasion + surprise(xi_choice == 3.0, prob_invasion, first_invasion < 0.0),
        residual_taiwan + surprise(force, prob, taiwan_open),
        residual_taiwan_first + surprise(force, prob, both_open),
        residual_taiwan_second + surprise(force, prob, second_open),
    )


def korea(
    kim_choice, prob_attack, prob_war, first_blockade, first_invasion, first_korea_attack, first_korea_war, first_two_front,
    taiwan_status, taiwan_last_force, korea_last_force, xi_choice, residual_attack, residual_war, residual_korea,
    residual_korea_first, residual_korea_second, month,
):
    """The residuals of Kim's decision, where he takes one; he decides after Xi.

        p          = prob_attack + prob_war
        korea_open = (first_korea_attack < 0 and first_korea_war < 0)
        made       = (xi_choice >= 2 and recent(korea_last_force))      Xi has just made it a war on two fronts
        near       = (taiwan_status >= 2 or recent(taiwan_last_force))
        residual_attack'       = residual_attack + surprise(kim_choice = 2, prob_attack, first_korea_attack < 0)
        residual_war'          = residual_war + surprise(kim_choice = 3, prob_war, first_korea_war < 0)
        residual_korea'        = residual_korea + surprise(kim_choice >= 2, p, korea_open)
        residual_korea_first'  = residual_korea_first + surprise(kim_choice >= 2, p, korea_open and first_blockade < 0
                             and first_invasion < 0 and xi_choice < 2)
        residual_korea_second' = residual_korea_second + surprise(kim_choice >= 2, p, first_two_front < 0 and near and not made)

    surprise and recent as for Taiwan. All is as it stood before this month, but both choices, their odds, and
    taiwan_status, which knows Xi's choice.
    """
    force, prob = kim_choice >= 2.0, prob_attack + prob_war
    korea_open = first_korea_attack < 0.0 and first_korea_war < 0.0
    both_open = korea_open and first_blockade < 0.0 and first_invasion < 0.0 and xi_choice < 2.0
    just_made = xi_choice >= 2.0 and recent(korea_last_force, month)
    near = taiwan_status >= 2.0 or recent(taiwan_last_force, month)
    second_open = first_two_front < 0.0 and near and not just_made
    return (
        residual_attack + surprise(kim_choice == 2.0, prob_attack, first_korea_attack < 0.0),
        residual_war + surprise(kim_choice == 3.0, prob_war, first_korea_war < 0.0),
        residual_korea + surprise(force, prob, korea_open),
        residual_korea_first + surprise(force, prob, both_open),
        residual_korea_second + surprise(force, prob, second_open),
    )


#: The quarter of leaders whom force costs least.
RESOLUTE = 0.25


def xi_type(u_xi_costs, residual_xi_type):
    """The residual of Xi's type, where it is drawn: whether he is of the quarter whom force costs least.

        residual_xi_type' = residual_xi_type + surprise(u_xi_costs < RESOLUTE, RESOLUTE, 1)          with RESOLUTE = 1/4
    """
    return residual_xi_type + surprise(u_xi_costs < RESOLUTE, RESOLUTE, True)


def kim_type(u_kim_costs, residual_kim_type):
    """The residual of Kim's type, where it is drawn.

        residual_kim_type' = residual_kim_type + surprise(u_kim_costs < RESOLUTE, RESOLUTE, 1)       with RESOLUTE = 1/4
    """
    return residual_kim_type + surprise(u_kim_costs < RESOLUTE, RESOLUTE, True)


def war(
    nuclear_now, nuclear_prob, first_nuclear, russia_in, russia_join_prob, first_russian_join, residual_nuclear,
    residual_russia,
):
    """The residuals of wars: nuclear use, and Russia's joining.

        residual_nuclear' = residual_nuclear + surprise(nuclear_now > 0, nuclear_prob, first_nuclear < 0)
        residual_russia'  = residual_russia + surprise(russia_in > 0, russia_join_prob, first_russian_join < 0)
    """
    return (
        residual_nuclear + surprise(nuclear_now > 0.0, nuclear_prob, first_nuclear < 0.0),
        residual_russia + surprise(russia_in > 0.0, russia_join_prob, first_russian_join < 0.0),
    )


def taiwan_crisis(taiwan_status, taiwan_episode, taiwan_crisis_prob, first_blockade, first_invasion, residual_taiwan_crisis):
    """The residuals of crises over Taiwan, until there is force.

        residual_taiwan_crisis' = residual_taiwan_crisis + surprise(taiwan_episode > 0, taiwan_crisis_prob,
                              taiwan_status = 0 and first_blockade < 0 and first_invasion < 0)
    """
    calm = taiwan_status == 0.0 and first_blockade < 0.0 and first_invasion < 0.0
    return residual_taiwan_crisis + surprise(taiwan_episode > 0.0, taiwan_crisis_prob, calm)


def korea_crisis(
    korea_status, korea_episode, korea_crisis_prob, agreement_called, first_korea_attack, first_korea_war, residual_korea_crisis,
):
    """The residuals of crises in Korea, until there is force.

        residual_korea_crisis' = residual_korea_crisis + surprise(korea_episode > 0, korea_crisis_prob,
                             korea_status = 0 and agreement_called = 0 and first_korea_attack < 0
                             and first_korea_war < 0)

    A month in which Kim comes by agreement is none of the crisis's own.
    """
    calm = korea_status == 0.0 and agreement_called == 0.0 and first_korea_attack < 0.0 and first_korea_war < 0.0
    return residual_korea_crisis + surprise(korea_episode > 0.0, korea_crisis_prob, calm)
