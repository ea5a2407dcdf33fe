"""Russia (Putin): the war in Ukraine, the need for munitions, trust in Pyongyang, joining a war."""

from ..numerics import clip
from .building_blocks import approach, forced, inside, join_prob, unit


def war_in_ukraine(ukraine_war, ukraine_end_rate, driver_ukraine, u_ukraine_ends):
    """Whether the war in Ukraine goes on: it ends at a hazard, or follows the historical driver.

        ukraine_war' = driver_ukraine if driver_ukraine >= 0; else ukraine_war if u_ukraine_ends >= ukraine_end_rate, else 0

    Claims C15, C16.
    """
    free = ukraine_war if u_ukraine_ends >= ukraine_end_rate else 0.0
    return driver_ukraine if driver_ukraine >= 0.0 else free


#: What a tie grows from: the first contacts of a war.
TIE_SEED = 0.005


def tie(wartime_tie, ukraine_war, tie_growth):
    """How far the war has made a tie between Moscow and Pyongyang (0 to 1): slowly at first, as contacts make contacts.

        t = wartime_tie if it is above TIE_SEED, else TIE_SEED                             with TIE_SEED = 0.005
        wartime_tie' = t + tie_growth t (1 - t) if ukraine_war > 0, else wartime_tie

    The record has hardly any arms before the summer of 2023, 17 months into the war.
    """
    begun = wartime_tie if wartime_tie > TIE_SEED else TIE_SEED
    return begun + tie_growth * (begun * (1.0 - begun)) if ukraine_war > 0.0 else wartime_tie


def need(russian_need, ukraine_war, wartime_tie, tie_persistence, need_adjustment):
    """Moscow's need for Pyongyang's munitions (1: at war, the tie made); after a settlement ``tie_persistence`` of it stays.

        target = wartime_tie (ukraine_war + (1 - ukraine_war) tie_persistence)
        russian_need' = russian_need + need_adjustment (target - russian_need)

    Claims C15 (the tie survives) and C16 (it shrinks): one parameter, two ends.
    """
    target = wartime_tie * (ukraine_war + (1.0 - ukraine_war) * tie_persistence)
    return approach(russian_need, target, need_adjustment)


#: How much of the sanctions regime bit in 2024, where the counter-hybrid lever stood, and the most that can flow.
ENFORCEMENT_2024, COUNTER_HYBRID_TODAY, MOST_FLOW = 0.22, 0.3, 1.5


def flow(
    russian_need, russian_trust, enforcement, interdiction, counter_hybrid, illicit_base, illicit_cut, substitution,
    iran_supply, iran_supply_base, iran_share, trust_base, trust_flow, force_flow,
):
    """Munitions from Pyongyang to Moscow (1: the pace of 2024), and Iran's supply beside it.

        trusted   = russian_trust / (trust_base + trust_flow / 2)                        (trust as dealings of 2024 have made it)
        passed    = (1 - interdiction enforcement) / (1 - interdiction ENFORCEMENT_2024)
        displaced = (1 - iran_share iran_supply) / (1 - iran_share iran_supply_base)
        push      = substitution illicit_cut illicit_base (counter_hybrid - COUNTER_HYBRID_TODAY)
        arms_flow' = forced(force_flow, russian_need trusted passed displaced (1 + push)), held in [0, MOST_FLOW]
        total_flow = arms_flow' + iran_share iran_supply russian_need
                                      with ENFORCEMENT_2024 = 0.22, COUNTER_HYBRID_TODAY = 0.3, MOST_FLOW = 1.5

    Every factor is near 1 in 2024, so that 1 is about the pace of 2024 (prior worlds: 0.79 over the year, 0.97 at its end)
    and coefficients per flow mean what they say. Arms replace stolen money (``push``). Only ``arms_flow`` earns Pyongyang
    anything. Claims C08, C22, C26.
    """
    trusted = russian_trust / (trust_base + 0.5 * trust_flow)
    passed = (1.0 - interdiction * enforcement) / (1.0 - interdiction * ENFORCEMENT_2024)
    displaced = (1.0 - iran_share * iran_supply) / (1.0 - iran_share * iran_supply_base)
    push = substitution * (illicit_cut * (illicit_base * (counter_hybrid - COUNTER_HYBRID_TODAY)))
    free = (russian_need * trusted) * ((passed * displaced) * (1.0 + push))
    arms = clip(forced(force_flow, free), 0.0, MOST_FLOW)
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
