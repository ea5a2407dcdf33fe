"""China: power, grievance, beliefs, pressure, and when a crisis over Taiwan breaks out."""

from ..numerics import logistic, logistic_noise
from .building_blocks import (
    DECLARED_TODAY,
    PORCUPINE_TODAY,
    approach,
    build_up,
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


def power(china_power, taiwan_status, china_growth, war_attrition):
    """China's military power (2026: 1): grows in peace, is worn down by a war for Taiwan.

        china_power' = china_power (1 - war_attrition) if taiwan_status = 3, else china_power (1 + china_growth)
    """
    return china_power * (1.0 - war_attrition if taiwan_status == 3.0 else 1.0 + china_growth)


def arming(china_arming, allied_arming, grievance, arming_reaction_china, arming_fatigue_china, arming_grievance):
    """China's build-up beyond trend: Richardson's first equation.

        china_arming' = china_arming + arming_reaction_china allied_arming - arming_fatigue_china china_arming
                        + arming_grievance grievance

    Source: Richardson 1960 (x' = x + k y - a x + g); stable if a b > k l (``allies.allied_arming`` is the second equation).
    """
    return china_arming + (
        (arming_reaction_china * allied_arming - arming_fatigue_china * china_arming)
        + arming_grievance * grievance
    )


def strength(china_power, china_arming):
    """What China can bring to a fight over Taiwan: power with its build-up.

        china_strength = china_power build_up(china_arming)
    """
    return china_power * build_up(china_arming)


#: Months over which planners smooth the balance.
SMOOTHING = 12.0


def balance(balance_last, balance_trend, china_power, china_arming, taiwan_strength, us_strength, japan_strength, month):
    """The balance over Taiwan and how it moves: (balance_last, balance_trend).

        balance = china_power build_up(china_arming) / (taiwan_strength + us_strength + japan_strength)
        balance_last'  = balance
        balance_trend' = balance_trend + (balance - balance_last - balance_trend) / SMOOTHING,  0 in the first month
                                                                                          with SMOOTHING = 12

    A year's smoothing: what Beijing's planners can see of a trend.
    """
    now = china_power * build_up(china_arming) / (taiwan_strength + (us_strength + japan_strength))
    return now, approach(balance_trend, now - balance_last, 1.0 / SMOOTHING) if month > 0.0 else 0.0


def coercion_rok(
    coercion_rok, usfk_posture, dual_role, trilateral_coordination, china_engagement, coercion_dual,
    coercion_coordination, coercion_relief, coercion_adjustment,
):
    """Beijing's coercion of Seoul, rising with dual-role posture and coordination (as over THAAD in 2017).

        target = [ coercion_dual usfk_posture dual_role + coercion_coordination trilateral_coordination
                   - coercion_relief china_engagement ]
        coercion_rok' = coercion_rok + coercion_adjustment (target - coercion_rok)

    Claim C19 (its counter).
    """
    target = unit(
        coercion_dual * (usfk_posture * dual_role)
        + (coercion_coordination * trilateral_coordination - coercion_relief * china_engagement)
    )
    return approach(coercion_rok, target, coercion_adjustment)


def coercion_japan(
    coercion_japan, japan_burden_share, trilateral_coordination, china_engagement, coercion_burden,
    coercion_coordination, coercion_relief, coercion_adjustment,
):
    """Beijing's coercion of Tokyo, rising with Japan's role and coordination.

        target = [ coercion_burden japan_burden_share + coercion_coordination trilateral_coordination
                   - coercion_relief china_engagement ]
        coercion_japan' = coercion_japan + coercion_adjustment (target - coercion_japan)
    """
    target = unit(
        coercion_burden * japan_burden_share
        + (coercion_coordination * trilateral_coordination - coercion_relief * china_engagement)
    )
    return approach(coercion_japan, target, coercion_adjustment)


def grievance(
    grievance, spiral_gain, usfk_posture, dual_role, maritime_posture, trilateral_coordination,
    japan_burden_share, exercise_activity, sanctions_intensity, china_engagement, taiwan_drift, rok_hedge,
    porcupine_defence, declared_resolve, grievance_base, grievance_ground, grievance_sea, grievance_coordination,
    grievance_japan, grievance_exercise, grievance_sanctions, grievance_engagement, grievance_drift,
    grievance_hedge, grievance_taiwan, grievance_adjustment,
):
    """China's grievance: the sense of being encircled and denied.

        posture = spiral_gain ( grievance_ground usfk_posture (1 + dual_role) / 2 + grievance_sea maritime_posture
                                + grievance_exercise exercise_activity )
        target = [ grievance_base + posture + grievance_coordination trilateral_coordination
                   + grievance_japan japan_burden_share + grievance_sanctions sanctions_intensity
                   + grievance_drift taiwan_drift + grievance_hedge rok_hedge - grievance_engagement china_engagement
                   + grievance_taiwan (porcupine_defence - PORCUPINE_TODAY + declared_resolve - DECLARED_TODAY) ]
        grievance' = grievance + grievance_adjustment (target - grievance)
                                                       with PORCUPINE_TODAY = 0.4, DECLARED_TODAY = 0.3

    The spiral path of every allied lever. Source: Jervis 1976; claims C19, C22, C27.
    """
    posture = spiral_gain * (
        grievance_ground * (usfk_posture * (0.5 + 0.5 * dual_role))
        + (grievance_sea * maritime_posture + grievance_exercise * exercise_activity)
    )
    alliance = grievance_coordination * trilateral_coordination + grievance_japan * japan_burden_share
    island = grievance_taiwan * ((porcupine_defence - PORCUPINE_TODAY) + (declared_resolve - DECLARED_TODAY))
    other = grievance_sanctions * sanctions_intensity + (
        (grievance_drift * taiwan_drift + grievance_hedge * rok_hedge) + island
    )
    target = unit((grievance_base + posture) + ((alliance + other) - grievance_engagement * china_engagement))
    return approach(grievance, target, grievance_adjustment)


def belief_counts(
    china_belief_for, china_belief_against, exercise_activity, usfk_posture, maritime_posture, us_crisis,
    us_response, us_silence, japan_burden_share, china_engagement, driver_statement, declared_resolve, taiwan_status,
    korea_status, us_in, us_in_korea, belief_memory, belief_prior_for, belief_prior_against, signal_exercise,
    signal_presence, signal_sea, signal_reputation, signal_distraction, signal_statement, signal_conciliation, signal_war,
):
    """Beijing's belief in US commitment to Taiwan: a Beta distribution with forgetting.

        china_belief_for'     = φ china_belief_for     + (1 - φ) belief_prior_for + signal_exercise exercise_activity
                                + signal_presence usfk_posture + signal_sea maritime_posture
                                + signal_reputation us_response + signal_statement [s] + signal_war came
        china_belief_against' = φ china_belief_against + (1 - φ) belief_prior_against + signal_distraction us_crisis
                                + signal_conciliation (china_engagement + japan_burden_share) / 2
                                + signal_reputation us_silence + signal_statement [-s] + signal_war stayed
        (came, stayed) = fought(taiwan_status, korea_status, us_in, us_in_korea)
        s = statement(driver_statement, declared_resolve) ;  φ = belief_memory

    Forces present tie hands (Fearon 1997); burdens passed on and parallel engagement may read as withdrawal; how
    Washington answers Pyongyang is read in Beijing too, or not at all (``signal_reputation`` = 0: Press 2005).
    Claims C06, C09, C29.
    """
    kept = 1.0 - belief_memory
    said = statement(driver_statement, declared_resolve)
    came, stayed = fought(taiwan_status, korea_status, us_in, us_in_korea)
    supports = (signal_exercise * exercise_activity + (signal_presence * usfk_posture + signal_sea * maritime_posture)) + (
        signal_reputation * us_response
    )
    doubts = (signal_distraction * us_crisis + signal_conciliation * (0.5 * (china_engagement + japan_burden_share))) + (
        signal_reputation * us_silence
    )
    pro = belief_memory * china_belief_for + (
        kept * belief_prior_for + ((supports + signal_statement * unit(said)) + signal_war * came)
    )
    con = belief_memory * china_belief_against + (
        kept * belief_prior_against + ((doubts + signal_statement * unit(0.0 - said)) + signal_war * stayed)
    )
    return pro, con


def belief(china_belief_for, china_belief_against, force_xi_belief):
    """The mean of Beijing's Beta, or what is imposed on it.

        china_belief = forced(force_xi_belief, china_belief_for / (china_belief_for + china_belief_against))
    """
    return forced(force_xi_belief, china_belief_for / (china_belief_for + china_belief_against))


def expected_reliability(
    expected_reliability, arms_flow, exposure_index, ukraine_war, russia_in, north_korea_in,
    reliability_base, reliability_flow, reliability_exposure, reliability_peace, reliability_shown, reliability_adjustment,
):
    """How reliable Beijing thinks its partners: it watches Moscow and Pyongyang deliver.

        target = [ reliability_base + reliability_flow arms_flow - reliability_exposure exposure_index
                   + reliability_peace (1 - ukraine_war) + reliability_shown (russia_in + north_korea_in) / 2 ]
        expected_reliability' = expected_reliability + reliability_adjustment (target - expected_reliability)

    Claims C17, C28. ``reliability_exposure`` may be negative (deals made public bind).
    """
    target = unit(
        (reliability_base + reliability_flow * arms_flow)
        + (
            reliability_peace * (1.0 - ukraine_war)
            + (reliability_shown * (0.5 * (russia_in + north_korea_in)) - reliability_exposure * exposure_index)
        )
    )
    return approach(expected_reliability, target, reliability_adjustment)


def pla_activity(
    pla_activity, grievance, taiwan_drift, pla_persistence, pla_grievance, pla_drift, pla_sd, u_pla_activity,
):
    """PLA activity around Taiwan: log aircraft a month over its mean, in a log-AR(1).

        mean = pla_grievance (grievance - 1/2) + pla_drift taiwan_drift
        pla_activity' = pla_persistence pla_activity + (1 - pla_persistence) mean + pla_sd noise(u_pla_activity)

    Source: MND monthly counts, lag-1 autocorrelation about 0.56.
    """
    mean = pla_grievance * (grievance - 0.5) + pla_drift * taiwan_drift
    return pla_persistence * pla_activity + ((1.0 - pla_persistence) * mean + pla_sd * logistic_noise(u_pla_activity))


def korea_opens(korea_status, korea_last_force, opening_months, month):
    """How far force in Korea opens a door over Taiwan.

        korea_opening = opening(korea_status, korea_last_force, opening_months, month)
    """
    return opening(korea_status, korea_last_force, opening_months, month)


def incident_prob(
    pla_activity, grievance, korea_status, korea_opening, coordination, taiwan_resolved, taiwan_incident_logit,
    taiwan_last_force, crisis_grievance, crisis_pla, strait_opportunism, peacetime_coupling,
    uncoordinated, directed_gain, month,
):
    """Chance of an incident over Taiwan this month.

        taiwan_incident_prob = Λ( taiwan_incident_logit + crisis_grievance (grievance - 1/2) + crisis_pla pla_activity
                                  + pull(coordination, uncoordinated, directed_gain) strait_opportunism korea_opening
                                  + (peacetime_coupling if korea_status = 1 and coordination is not none) )
                               times recovered(taiwan_resolved, taiwan_last_force, month)

    An incident is a threat, show or use of force that the Correlates of War project counts (F092: 0.48 a year); a crisis is
    one that leaders take for a turning point, as International Crisis Behavior counts them (F107: one in 1993-2017). No
    co-movement of the two theatres is in the record (F081), hence coupling 0 by default. Claims C04, C06.
    """
    pulled = (strait_opportunism * korea_opening) * pull(coordination, uncoordinated, directed_gain)
    coupled = peacetime_coupling if korea_status == 1.0 and coordination > 0.0 else 0.0
    prob = logistic(
        (taiwan_incident_logit + crisis_grievance * (grievance - 0.5)) + (crisis_pla * pla_activity + (pulled + coupled))
    )
    return prob * recovered(taiwan_resolved, taiwan_last_force, month)


def crisis_prob(taiwan_incident_prob, taiwan_crisis_share):
    """Chance that a crisis over Taiwan breaks out this month: an incident that leaders take for a turning point.

        taiwan_crisis_prob = taiwan_crisis_share taiwan_incident_prob
    """
    return taiwan_crisis_share * taiwan_incident_prob


def joins_korea(
    korea_status, china_in_korea, korea_front, autonomy, china_engagement, us_in_korea, china_reliability,
    china_interest, china_join_cost, join_speed, u_china_joins,
):
    """Does Beijing enter a war in Korea this month?

        interest = china_interest [-korea_front] - autonomy               (its buffer is being lost; how far Kim is its own)
        cost     = china_join_cost (china_engagement + us_in_korea) / 2
        p = join_prob(join_speed, china_reliability, interest, cost)
        while korea_status = 3: china_in_korea' = 1 if u_china_joins < p, else china_in_korea; otherwise 0

    Source: 1950, when Beijing came in as Pyongyang was losing; claims C10, C25.
    """
    at_war = korea_status == 3.0
    interest = china_interest * unit(0.0 - korea_front) - autonomy
    cost = china_join_cost * (0.5 * (china_engagement + us_in_korea))
    prob = join_prob(join_speed, china_reliability, interest, cost)
    return inside(at_war and u_china_joins < prob, china_in_korea, at_war)
