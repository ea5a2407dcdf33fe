"""Iran: supply to Russia, and the distraction it causes Washington."""

from ..numerics import logistic_noise
from .building_blocks import approach, inside, join_prob, unit


def distraction(iran_distraction, iran_persistence, iran_mean, iran_sd, u_iran_turmoil):
    """How much of Washington's eye Tehran holds: an autoregression within [0, 1].

        iran_distraction' = [ iran_persistence iran_distraction + (1 - iran_persistence) iran_mean
                              + iran_sd noise(u_iran_turmoil) ]
    """
    return unit(
        iran_persistence * iran_distraction
        + ((1.0 - iran_persistence) * iran_mean + iran_sd * logistic_noise(u_iran_turmoil))
    )


def supply(iran_supply, ukraine_war, enforcement, iran_supply_base, iran_interdiction, need_adjustment):
    """Iran's supply to Russia: drones and shells while the war lasts.

        target = iran_supply_base ukraine_war (1 - iran_interdiction enforcement)
        iran_supply' = iran_supply + need_adjustment (target - iran_supply)

    Source: F253-F255 (Shahed deliveries, later made in Russia).
    """
    target = iran_supply_base * (ukraine_war * (1.0 - iran_interdiction * enforcement))
    return approach(iran_supply, target, need_adjustment)


def joins(
    taiwan_status, iran_in, iran_distraction, sanctions_intensity, coordination, uncoordinated, iran_reliability,
    iran_interest, iran_join_cost, directed_pull, join_speed, u_iran_joins,
):
    """Does Tehran open a diversion during a war over Taiwan this month?

        interest = iran_interest (iran_distraction - 1/2) + (directed_pull if coordination is directed)
        cost     = iran_join_cost sanctions_intensity
        p = join_prob(join_speed, iran_reliability, interest, cost), times uncoordinated if coordination is none
        while taiwan_status = 3: iran_in' = 1 if u_iran_joins < p, else iran_in; otherwise 0
    """
    at_war = taiwan_status == 3.0
    interest = iran_interest * (iran_distraction - 0.5) + (directed_pull if coordination == 2.0 else 0.0)
    prob = join_prob(join_speed, iran_reliability, interest, iran_join_cost * sanctions_intensity)
    prob = uncoordinated * prob if coordination == 0.0 else prob
    return inside(at_war and u_iran_joins < prob, iran_in, at_war)
