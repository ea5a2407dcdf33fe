"""Russia (Putin): the war in Ukraine, the need for munitions, trust in Pyongyang, joining a war."""

from .building_blocks import approach, inside, join_prob, unit


def war_in_ukraine(ukraine_war, ukraine_end_rate, driver_ukraine, u_ukraine_ends):
    """Whether the war in Ukraine goes on: it ends at a hazard, or follows the historical driver.

        ukraine_war' = driver_ukraine if driver_ukraine >= 0; else ukraine_war if u_ukraine_ends >= ukraine_end_rate, else 0

    Claims C15, C16.
    """
    free = ukraine_war if u_ukraine_ends >= ukraine_end_rate else 0.0
    return driver_ukraine if driver_ukraine >= 0.0 else free


def tie(wartime_tie, ukraine_war):
    """Whether the war has made a tie between Moscow and Pyongyang (0 before the first month of war).

        wartime_tie' = 1 if ukraine_war > 0, else wartime_tie
    """
    return 1.0 if ukraine_war > 0.0 else wartime_tie


def need(russian_need, ukraine_war, wartime_tie, need_at_war, tie_persistence, need_adjustment):
    """Moscow's need for munitions; after a settlement the share ``tie_persistence`` of it stays.

        target = need_at_war (ukraine_war + (1 - ukraine_war) wartime_tie tie_persistence)
        russian_need' = russian_need + need_adjustment (target - russian_need)

    Claims C15 (the tie survives) and C16 (it shrinks): one parameter, two ends.
    """
    target = need_at_war * (ukraine_war + (1.0 - ukraine_war) * (wartime_tie * tie_persistence))
    return approach(russian_need, target, need_adjustment)


def flow(
    russian_need, russian_trust, enforcement, interdiction, counter_hybrid, illicit_base,
    illicit_cut, substitution, iran_supply, iran_share,
):
    """Munitions from Pyongyang to Moscow (1: about the pace of 2024), and Iran's supply beside it.

        push = substitution counter_hybrid illicit_cut illicit_base        (arms replace stolen money)
        arms_flow' = [ russian_need russian_trust (1 - interdiction enforcement) (1 - iran_share iran_supply) (1 + push) ]
        total_flow = arms_flow' + iran_share iran_supply russian_need

    The specification's flow is ``total_flow``; only ``arms_flow`` earns Pyongyang anything. Claims C08, C22, C26.
    """
    push = substitution * (counter_hybrid * (illicit_cut * illicit_base))
    displaced = 1.0 - iran_share * iran_supply
    arms = unit((russian_need * russian_trust) * ((1.0 - interdiction * enforcement) * (displaced * (1.0 + push))))
    return arms, arms + iran_share * (iran_supply * russian_need)


def trust(
    russian_trust, arms_flow, exposure_index, enforcement, trilateral_coordination, diplomatic_offramp,
    trust_base, trust_flow, trust_exposure, trust_pressure, wedge_effect, trust_adjustment,
):
    """Moscow's trust in Pyongyang.

        pressure = (enforcement + trilateral_coordination) / 2                      (pressed together)
        target = [ trust_base + trust_flow arms_flow + trust_pressure pressure - trust_exposure exposure_index
                   - wedge_effect diplomatic_offramp ]
        russian_trust' = russian_trust + trust_adjustment (target - russian_trust)

    ``trust_exposure`` may be negative: a published deal leaves neither a way out. Claims C07, C22, C23.
    """
    pressure = 0.5 * (enforcement + trilateral_coordination)
    target = unit(
        (trust_base + trust_flow * arms_flow)
        + (trust_pressure * pressure - (trust_exposure * exposure_index + wedge_effect * diplomatic_offramp))
    )
    return approach(russian_trust, target, trust_adjustment)


def stock(russian_stock, total_flow, ukraine_war, stock_supply, stock_burn, stock_rebuild):
    """Russia's own stock of munitions and kit (0 to 1).

        russian_stock' = [ russian_stock + stock_rebuild (1 - russian_stock) + stock_supply total_flow
                           - stock_burn ukraine_war ]
    """
    return unit(
        russian_stock + (stock_rebuild * (1.0 - russian_stock) + (stock_supply * total_flow - stock_burn * ukraine_war))
    )


def kit_return(ukraine_war, wartime_tie, russian_stock, russian_trust, kit_release):
    """Freed Russian kit and veterans going east once Ukraine is settled.

        kit_return = kit_release (1 - ukraine_war) wartime_tie russian_stock russian_trust

    Source: Stangarone; the counter to C16.
    """
    return (kit_release * ((1.0 - ukraine_war) * wartime_tie)) * (russian_stock * russian_trust)


def joins(
    taiwan_status, korea_status, russia_in, ukraine_war, wartime_tie, russian_stock, trilateral_coordination,
    attention_taiwan, coordination, uncoordinated, settlement_tie, russia_reliability, russia_interest,
    russia_busy, russia_join_cost, russia_binding, directed_pull, join_speed, u_russia_joins,
):
    """Does Moscow join a war in Asia this month?

        interest = russia_interest (russian_stock - 1/2) - russia_busy ukraine_war
                   + settlement_tie (1 - ukraine_war) wartime_tie
                   + russia_binding trilateral_coordination + (directed_pull if coordination is directed)
        cost     = russia_join_cost trilateral_coordination attention_taiwan
        p = join_prob(join_speed, russia_reliability, interest, cost), times uncoordinated if coordination is none
        while taiwan_status = 3 or korea_status = 3: russia_join_prob = p,
            russia_in' = 1 if u_russia_joins < p, else russia_in; otherwise both 0

    ``russia_binding`` is the opposing path: a bloc binds the opposing bloc. Claims C17, C21.
    """
    at_war = taiwan_status == 3.0 or korea_status == 3.0
    directed = directed_pull if coordination == 2.0 else 0.0
    interest = (
        russia_interest * (russian_stock - 0.5)
        + (settlement_tie * ((1.0 - ukraine_war) * wartime_tie) - russia_busy * ukraine_war)
        + (russia_binding * trilateral_coordination + directed)
    )
    cost = russia_join_cost * (trilateral_coordination * attention_taiwan)
    prob = join_prob(join_speed, russia_reliability, interest, cost)
    prob = uncoordinated * prob if coordination == 0.0 else prob
    return prob if at_war else 0.0, inside(at_war and u_russia_joins < prob, russia_in, at_war)
