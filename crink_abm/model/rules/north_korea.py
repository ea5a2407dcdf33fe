"""North Korea: stocks, hardship, beliefs, provocations, and when a crisis in Korea breaks out."""

from ..numerics import logistic
from .building_blocks import (
    approach,
    begins,
    forced,
    fought,
    inside,
    join_prob,
    opening,
    pull,
    recovered,
    statement,
    unit,
)


def technology(
    technology, arms_flow, kit_return, illicit_income, diplomatic_offramp, tech_base, tech_flow, tech_money,
    tech_talks,
):
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
    return survivability + (1.0 - survivability) * (survivability_base + survivability_flow * (arms_flow * technology))


def conventional(
    conventional, korea_status, arms_flow, kit_return, hardship, conventional_adjustment, conventional_export,
    conventional_kit, conventional_hardship, war_attrition,
):
    """Conventional stock (1: as in 2023): drained by exports and hardship, fed by Russian kit, worn down by war.

        target = 1 - conventional_export arms_flow + conventional_kit (arms_flow + kit_return)
                 - conventional_hardship hardship
        conventional' = conventional (1 - war_attrition) if korea_status = 3,
                        else conventional + conventional_adjustment (target - conventional)
    """
    target = (1.0 - conventional_export * arms_flow) + (
        conventional_kit * (arms_flow + kit_return) - conventional_hardship * hardship
    )
    kept = conventional * (1.0 - war_attrition)
    return kept if korea_status == 3.0 else approach(conventional, target, conventional_adjustment)


def illicit_income(counter_hybrid, illicit_base, illicit_cut):
    """Illicit cyber and finance income (1: as in 2024).

        illicit_income = illicit_base (1 - illicit_cut counter_hybrid)

    Source: F232-F236; claim C26. Its substitution by arms sales is in the flow.
    """
    return illicit_base * (1.0 - illicit_cut * counter_hybrid)


def hardship(
    hardship, enforcement, arms_flow, illicit_income, china_engagement, hardship_base, hardship_sanctions,
    hardship_flow, hardship_illicit, hardship_china, hardship_adjustment,
):
    """Hardship of the North (0 to 1).

        target = [ hardship_base + hardship_sanctions enforcement - hardship_flow arms_flow
                   - hardship_illicit illicit_income - hardship_china (1 - china_engagement) ]
        hardship' = hardship + hardship_adjustment (target - hardship)

    ``hardship_china``: Beijing's trade relief, which full engagement on stability makes it hold back. Claims C22, C25.
    """
    target = unit(
        (hardship_base + hardship_sanctions * enforcement)
        - (hardship_flow * arms_flow + (hardship_illicit * illicit_income + hardship_china * (1.0 - china_engagement)))
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
    nk_belief_for, nk_belief_against, exercise_activity, us_response, us_silence, usfk_posture, dual_role,
    diplomatic_offramp, driver_statement, declared_resolve, taiwan_status, korea_status, us_in, us_in_korea, belief_memory,
    belief_prior_for, belief_prior_against, signal_exercise, signal_presence, signal_response, signal_statement,
    signal_talks, signal_war, dual_dilution,
):
    """Pyongyang's belief in US commitment: a Beta distribution with forgetting.

        nk_belief_for'     = φ nk_belief_for     + (1 - φ) belief_prior_for + signal_exercise exercise_activity
                             + signal_presence usfk_posture (1 - dual_dilution dual_role) + signal_response us_response
                             + signal_statement [s] + signal_war came
        nk_belief_against' = φ nk_belief_against + (1 - φ) belief_prior_against
                             + signal_response us_silence + signal_talks diplomatic_offramp
                             + signal_statement [-s] + signal_war stayed
        (came, stayed) = fought(taiwan_status, korea_status, us_in, us_in_korea)
        s = statement(driver_statement, declared_resolve) ;  φ = belief_memory

    Forces that may be sent elsewhere assure less (``dual_dilution``). ``us_response`` is 1 when
    Washington answered last month's provocation or a limited attack, ``us_silence`` when it did not. Claims C09, C13, C24.
    """
    kept = 1.0 - belief_memory
    said = statement(driver_statement, declared_resolve)
    came, stayed = fought(taiwan_status, korea_status, us_in, us_in_korea)
    present = usfk_posture * (1.0 - dual_dilution * dual_role)
    supports = signal_exercise * exercise_activity + (signal_presence * present + signal_response * us_response)
    doubts = signal_response * us_silence + signal_talks * diplomatic_offramp
    pro = belief_memory * nk_belief_for + (
        kept * belief_prior_for + ((supports + signal_statement * unit(said)) + signal_war * came)
    )
    con = belief_memory * nk_belief_against + (
        kept * belief_prior_against + ((doubts + signal_statement * unit(0.0 - said)) + signal_war * stayed)
    )
    return pro, con


def belief(nk_belief_for, nk_belief_against, force_kim_belief):
    """The mean of Pyongyang's Beta, or what is imposed on it.

        nk_belief = forced(force_kim_belief, nk_belief_for / (nk_belief_for + nk_belief_against))
    """
    return forced(force_kim_belief, nk_belief_for / (nk_belief_for + nk_belief_against))


def restraint(china_engagement, autonomy, restraint_strength, beijing_profit):
    """Beijing's hand on Kim: engagement restrains, autonomy frees, and distraction of the US pays Beijing all the same.

        china_restraint = restraint_strength china_engagement (1 - autonomy) - beijing_profit

    ``restraint_strength`` may be negative: Kim defies what great powers agree over his head (the tests of 2013 and
    2017 came as Beijing pressed him). Claim C25 and its counter.
    """
    return restraint_strength * (china_engagement * (1.0 - autonomy)) - beijing_profit


def provocation(
    provocation_memory, months_since, exercise_activity, trilateral_coordination, survivability, hardship, nk_belief,
    diplomatic_offramp, china_restraint, usfk_posture, heavy_share, provoke_base, provoke_memory, provoke_exercise,
    provoke_coordination, provoke_survivability, provoke_hardship, provoke_belief, provoke_talks, provoke_reward,
    provoke_light, memory_decay, launch_continue, launch_cluster, u_provocation, u_launch_days,
):
    """Does the North provoke this month, and on how many days does it launch?

        recent = 1 / (1 + months_since)
        provocation_prob = Λ( provoke_base + provoke_memory provocation_memory + provoke_exercise exercise_activity
            + provoke_coordination trilateral_coordination + provoke_survivability survivability
            + provoke_hardship hardship + provoke_light usfk_posture (1 - heavy_share) - provoke_belief nk_belief
            + diplomatic_offramp (provoke_reward recent - provoke_talks) - china_restraint )
        provocation' = 1 if u_provocation < provocation_prob, else 0
        c = [ launch_continue + launch_cluster (provocation_memory - 1/2) ]
        launch_days' = provocation' (1 + number of k in 1..7 with u_launch_days < c^k)
        provocation_memory' = memory_decay provocation_memory + (1 - memory_decay) provocation'
        months_since' = 0 if provocation', else months_since + 1

    ``provoke_exercise`` straddles zero (rate ratio 1.90 [1.28, 2.82] in one count, null in others: F040-F045);
    ``provoke_reward`` rewards the last provocation with talks; launch days follow a geometric law cut at 8, whose
    length clusters as the months do; light forces go with more disputes (F134). Claims C05, C13, C22, C24.
    """
    score = (
        (provoke_base + provoke_memory * provocation_memory)
        + (provoke_exercise * exercise_activity + provoke_coordination * trilateral_coordination)
    ) + (
        (provoke_survivability * survivability + provoke_hardship * hardship)
        + (provoke_light * (usfk_posture * (1.0 - heavy_share)) - provoke_belief * nk_belief)
    )
    talks = diplomatic_offramp * (provoke_reward / (1.0 + months_since) - provoke_talks)
    prob = logistic((score + talks) - china_restraint)
    happens = 1.0 if u_provocation < prob else 0.0
    c = unit(launch_continue + launch_cluster * (provocation_memory - 0.5))
    c2 = c * c
    c3 = c2 * c
    c4 = c2 * c2
    days = 1.0 + (1.0 if u_launch_days < c else 0.0)
    days = days + (1.0 if u_launch_days < c2 else 0.0)
    days = days + (1.0 if u_launch_days < c3 else 0.0)
    days = days + (1.0 if u_launch_days < c4 else 0.0)
    days = days + (1.0 if u_launch_days < c4 * c else 0.0)
    days = days + (1.0 if u_launch_days < c4 * c2 else 0.0)
    days = days + (1.0 if u_launch_days < c4 * c3 else 0.0)
    memory = memory_decay * provocation_memory + (1.0 - memory_decay) * happens
    since = 0.0 if happens > 0.0 else months_since + 1.0
    return prob, happens, happens * days, memory, since


def taiwan_opens(taiwan_status, taiwan_last_force, opening_months, month):
    """How far force over Taiwan opens a door in Korea.

        taiwan_opening = opening(taiwan_status, taiwan_last_force, opening_months, month)
    """
    return opening(taiwan_status, taiwan_last_force, opening_months, month)


def crisis_prob(
    provocation_memory, kim_fear, taiwan_status, taiwan_opening, coordination, korea_resolved, usfk_posture,
    heavy_share, dual_role, hardship, china_restraint, korea_incident_logit, korea_crisis_share, crisis_provocation,
    crisis_fear, crisis_light, crisis_hardship, korea_opportunism, korea_entrapment, peacetime_coupling, uncoordinated,
    directed_gain, korea_last_force, month,
):
    """Chances that an incident in Korea happens this month, and that one becomes a crisis.

        korea_incident_prob = Λ( korea_incident_logit + crisis_provocation provocation_memory + crisis_fear kim_fear
            + crisis_light usfk_posture (1 - heavy_share) + crisis_hardship (hardship - 1/2) - china_restraint
            + taiwan_opening pull(coordination, uncoordinated, directed_gain) korea_opportunism
            + (korea_entrapment usfk_posture dual_role if taiwan_status >= 2)
            + (peacetime_coupling if taiwan_status = 1 and coordination is not none) )
            recovered(korea_resolved, korea_last_force, month)
        korea_crisis_prob   = korea_crisis_share korea_incident_prob

    Kim may be an opportunist alone (``uncoordinated``), and the door stays ajar after the fighting. Forces in Korea that
    fight for Taiwan draw fire (entrapment). Source: 0.52 incidents a year (F088), 11 crises in 25 years (F107); claims
    C03, C06, C18.
    """
    pulled = (korea_opportunism * taiwan_opening) * pull(coordination, uncoordinated, directed_gain)
    trapped = korea_entrapment * (usfk_posture * dual_role) if taiwan_status >= 2.0 else 0.0
    coupled = peacetime_coupling if taiwan_status == 1.0 and coordination > 0.0 else 0.0
    prob = logistic(
        (korea_incident_logit + crisis_provocation * provocation_memory)
        + (
            (crisis_fear * kim_fear + crisis_light * (usfk_posture * (1.0 - heavy_share)))
            + crisis_hardship * (hardship - 0.5)
        )
        + (((pulled + trapped) + coupled) - china_restraint)
    )
    incident = prob * recovered(korea_resolved, korea_last_force, month)
    return incident, korea_crisis_share * incident


def joins(
    taiwan_status, korea_status, korea_last_force, north_korea_in, hardship, autonomy, korea_guard, coordination,
    uncoordinated, north_korea_reliability, north_korea_interest, north_korea_join_cost, directed_pull, join_speed,
    month, u_north_korea_joins,
):
    """Does Pyongyang stand by Beijing in its war over Taiwan: by a war of its own, or by help short of one?

        interest = north_korea_interest (hardship - autonomy) + (directed_pull if coordination is directed)
        cost     = north_korea_join_cost [korea_guard]
        p = join_prob(join_speed, north_korea_reliability, interest, cost), times uncoordinated if coordination is none
        while taiwan_status = 3: north_korea_in' = 1 if it begins force in Korea this month or u_north_korea_joins < p,
                                 else north_korea_in; otherwise 0
        begins: korea_status >= 2, and korea_last_force is -1 (never) or before last month

    Force in Korea that was under way before the war for Taiwan is no help to Beijing. Claims C03, C06, C28.
    """
    at_war = taiwan_status == 3.0
    interest = north_korea_interest * (hardship - autonomy) + (directed_pull if coordination == 2.0 else 0.0)
    prob = join_prob(join_speed, north_korea_reliability, interest, north_korea_join_cost * unit(korea_guard))
    prob = uncoordinated * prob if coordination == 0.0 else prob
    comes = begins(korea_status, korea_last_force, month) or u_north_korea_joins < prob
    return inside(at_war and comes, north_korea_in, at_war)
