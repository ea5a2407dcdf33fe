"""The United States: crises elsewhere, attention, munitions, will, entering a war."""

from math import sqrt

from ..numerics import logistic_noise
from .building_blocks import approach, build_up, estimated, inside, join_prob, unit


def crisis_elsewhere(
    us_crisis, iran_distraction, crisis_onset_rate, crisis_duration, iran_onset_gain, driver_us_crisis,
    u_us_crisis,
):
    """Whether a crisis elsewhere holds US forces: it begins and ends at hazards, or follows the driver.

        us_crisis' = driver_us_crisis if that is >= 0; else
            if us_crisis = 0: 1 if u_us_crisis < [ crisis_onset_rate (1 + iran_onset_gain iran_distraction) ], else 0
            if us_crisis > 0: 0 if u_us_crisis < 1 / crisis_duration, else 1

    Source: F082, F083 (onsets in Asia while the US fights elsewhere; both odds ratios straddle 1).
    """
    begins = unit(crisis_onset_rate * (1.0 + iran_onset_gain * iran_distraction))
    ends = 1.0 / crisis_duration
    start = 1.0 if u_us_crisis < begins else 0.0
    stay = 0.0 if u_us_crisis < ends else 1.0
    free = stay if us_crisis > 0.0 else start
    return driver_us_crisis if driver_us_crisis >= 0.0 else free


def exercises(exercise_tempo, driver_exercise_season):
    """Exercise activity this month: the calendar's weight, scaled by tempo (1/2: today's calendar).

        exercise_activity = 2 exercise_tempo driver_exercise_season
    """
    return 2.0 * (exercise_tempo * driver_exercise_season)


def threat(
    taiwan_status, korea_status, taiwan_resolved, korea_resolved, pla_activity, provocation_memory, xi_resolve_seen,
    kim_resolve_seen, threat_floor, threat_signal, threat_rung, threat_resolve,
):
    """How threatened each theatre looks from Washington: what is seen there, and whom it takes its leader for.

        threat_taiwan = (threat_floor + threat_signal [ (1 + pla_activity) / 2 ] + threat_rung taiwan_status)
                        (1 + threat_resolve (2 xi_resolve_seen - 1))
        threat_korea  = (threat_floor + threat_signal provocation_memory + threat_rung korea_status)
                        (1 + threat_resolve (2 kim_resolve_seen - 1))
        threat_taiwan = threat_floor if taiwan_resolved = 1, and threat_korea = threat_floor if korea_resolved = 1
    """
    taiwan = (threat_floor + threat_signal * unit(0.5 * (1.0 + pla_activity))) + threat_rung * taiwan_status
    korea = (threat_floor + threat_signal * provocation_memory) + threat_rung * korea_status
    return (
        threat_floor if taiwan_resolved == 1.0 else taiwan * (1.0 + threat_resolve * (2.0 * xi_resolve_seen - 1.0)),
        threat_floor if korea_resolved == 1.0 else korea * (1.0 + threat_resolve * (2.0 * kim_resolve_seen - 1.0)),
    )


def capacity(
    us_crisis, iran_distraction, japan_burden_share, japan_access, munitions, crisis_drain, distraction_drain,
    japan_relief, munitions_weight,
):
    """The share of US power free for both theatres.

        us_capacity = (1 - crisis_drain us_crisis - distraction_drain iran_distraction
                       + japan_relief japan_burden_share japan_access) (1 - munitions_weight (1 - munitions))

    Claims C04 (spare capacity absorbs), C20.
    """
    free = (1.0 - (crisis_drain * us_crisis + distraction_drain * iran_distraction)) + japan_relief * (
        japan_burden_share * japan_access
    )
    return free * (1.0 - munitions_weight * (1.0 - munitions))


def attention(
    us_capacity, threat_taiwan, threat_korea, value_taiwan, value_korea, usfk_posture, heavy_share, dual_role, tied_down,
    tied_heavy,
):
    """Attention to each theatre: proportional to √(value threat), scaled by capacity.

        s_T = √(value_taiwan threat_taiwan)
        s_K = √(value_korea threat_korea) (1 + usfk_posture (tied_down (1 - dual_role) + tied_heavy heavy_share))
        attention_taiwan = us_capacity s_T / (s_T + s_K) ;  attention_korea = us_capacity s_K / (s_T + s_K)

    The square root is the optimal split of a fixed effort with hyperbolically falling returns. Forces
    bound to the peninsula pull the headquarters' eye and budget with them (``tied_down``), heavy ones most
    (``tied_heavy``): they cannot leave. Claims C04, C18; Zagare 2024.
    """
    taiwan = sqrt(value_taiwan * threat_taiwan)
    tied = tied_down * (1.0 - dual_role) + tied_heavy * heavy_share
    korea = sqrt(value_korea * threat_korea) * (1.0 + usfk_posture * tied)
    scale = us_capacity / (taiwan + korea)
    return taiwan * scale, korea * scale


def munitions(
    munitions, taiwan_status, korea_status, us_in, us_in_korea, us_crisis, munitions_growth, munitions_burn,
    crisis_munitions,
):
    """US stock of precision munitions (0 to 1): made each month, spent in war and in crises elsewhere.

        spent = munitions_burn ( (us_in if taiwan_status >= 2) + (us_in_korea if korea_status = 3)
                                 + crisis_munitions us_crisis )
        munitions' = [ munitions + munitions_growth (1 - munitions) - spent ]
    """
    taiwan = us_in if taiwan_status >= 2.0 else 0.0
    korea = us_in_korea if korea_status == 3.0 else 0.0
    spent = munitions_burn * ((taiwan + korea) + crisis_munitions * us_crisis)
    made = munitions_growth * (1.0 - munitions)
    return unit(munitions + (made - spent))


def administration(us_administration, driver_inauguration, administration_sd, u_administration):
    """What the administration in office adds to the will to fight: drawn when one takes office, every four years.

        us_administration' = administration_sd noise(u_administration) if driver_inauguration > 0, else us_administration
    """
    return administration_sd * logistic_noise(u_administration) if driver_inauguration > 0.0 else us_administration


def resolve_seen(
    xi_resolve_seen, kim_resolve_seen, xi_decides, xi_choice, kim_decides, kim_choice, xi_new, kim_new, resolve_prior,
    resolve_signal,
):
    """Washington's belief that Xi, and that Kim, is one of those who use force: updated by Bayes' rule on what they do.

        xi_resolve_seen'  = estimated(xi_resolve_seen, xi_decides, xi_choice, xi_new, resolve_prior, resolve_signal)
        kim_resolve_seen' = estimated(kim_resolve_seen, kim_decides, kim_choice, kim_new, resolve_prior, resolve_signal)

    Xi backs down at choice 0, Kim stands down at choice 0; both use force from 2 up. Source: resolve as private information
    that behaviour reveals (Fearon 1995; Kurizaki and Whang 2015).
    """
    return (
        estimated(xi_resolve_seen, xi_decides, xi_choice, xi_new, resolve_prior, resolve_signal),
        estimated(kim_resolve_seen, kim_decides, kim_choice, kim_new, resolve_prior, resolve_signal),
    )


def power(us_power, taiwan_status, korea_status, us_in, us_in_korea, us_growth, war_attrition):
    """US power that can reach Asia (China in 2026: 1): grows in peace, is worn down where it fights.

        fights = (taiwan_status = 3 and us_in > 0) or (korea_status = 3 and us_in_korea > 0)
        us_power' = us_power (1 - war_attrition) if fights, else us_power (1 + us_growth)
    """
    fights = (taiwan_status == 3.0 and us_in > 0.0) or (korea_status == 3.0 and us_in_korea > 0.0)
    return us_power * (1.0 - war_attrition if fights else 1.0 + us_growth)


def will(
    us_will, us_administration, us_crisis, japan_burden_share, china_engagement, diplomatic_offramp, taiwan_resolved,
    nuclear_used, will_base, will_crisis, will_sharing, will_talks, will_defeat, will_adjustment,
):
    """Washington's will to fight for partners.

        target = [ will_base + us_administration - will_crisis us_crisis + will_sharing (japan_burden_share - 1/2)
                   - will_talks (china_engagement + diplomatic_offramp) / 2
                   - will_defeat ((1 if taiwan_resolved = 1, else 0) + nuclear_used) ]
        us_will' = us_will + will_adjustment (target - us_will)

    ``will_sharing`` may be negative (burdens passed on are commitments shed), and so may ``will_defeat`` (a defeat, or a
    nuclear weapon used, steels). Claims C20, C29.
    """
    shock = (1.0 if taiwan_resolved == 1.0 else 0.0) + nuclear_used
    target = unit(
        ((will_base + us_administration) - (will_crisis * us_crisis + will_defeat * shock))
        + (will_sharing * (japan_burden_share - 0.5) - will_talks * (0.5 * (china_engagement + diplomatic_offramp)))
    )
    return approach(us_will, target, will_adjustment)


def strength(
    us_power, attention_taiwan, maritime_posture, maritime_reach, usfk_posture, heavy_share, dual_role,
    rok_consent, allied_arming, ground_reach, heavy_mobility_loss,
):
    """What the United States can bring to a fight over Taiwan.

        us_strength = us_power build_up(allied_arming) attention_taiwan (1 + maritime_reach (maritime_posture - 1/2))
                      + ground_reach usfk_posture dual_role rok_consent (1 - heavy_mobility_loss heavy_share)

    ``ground_reach`` may be 0: forces in Korea may not reach the Strait. Claims C01, C02.
    """
    sea = (us_power * build_up(allied_arming)) * (attention_taiwan * (1.0 + maritime_reach * (maritime_posture - 0.5)))
    land = ground_reach * (usfk_posture * (dual_role * (rok_consent * (1.0 - heavy_mobility_loss * heavy_share))))
    return sea + land


def korea_guard(
    usfk_posture, heavy_share, dual_role, rok_consent, taiwan_status, us_crisis, attention_korea, us_power,
    korea_reinforcement, light_deficit, thinning, crisis_thinning, maritime_posture, sea_guard,
):
    """What the United States holds in Korea; thinner when dual-role forces are away.

        away = thinning dual_role rok_consent if taiwan_status >= 2,
               else crisis_thinning us_crisis thinning dual_role rok_consent
        korea_guard = usfk_posture (1 - light_deficit (1 - heavy_share)) (1 - away)
                      + korea_reinforcement us_power attention_korea + sea_guard (maritime_posture - 1/2),
                      0 where that is below 0

    Carriers and bombers defend Korea too (``sea_guard``). Forces that may leave do leave: for Taiwan, and in part for
    crises elsewhere (Patriot batteries went to the Middle East in 2025, F128). Claims C18 (the frontier of the two
    risks), C01 (only heavy forces count in full; RAND RR2533).
    """
    usable = thinning * (dual_role * rok_consent)
    away = usable if taiwan_status >= 2.0 else (crisis_thinning * usable) * us_crisis
    held = usfk_posture * ((1.0 - light_deficit * (1.0 - heavy_share)) * (1.0 - away))
    guard = held + (korea_reinforcement * (us_power * attention_korea) + sea_guard * (maritime_posture - 0.5))
    return guard if guard > 0.0 else 0.0


def responds(provocation, korea_status, us_will, attention_korea, response_base, u_us_response):
    """Does Washington answer last month's provocation, or a limited attack, visibly?

        challenged  = provocation > 0 or korea_status = 2
        us_response = 1 if challenged and u_us_response < [ response_base (us_will + attention_korea) ], else 0
        us_silence  = 1 if challenged and us_response = 0, else 0
    """
    challenged = provocation > 0.0 or korea_status == 2.0
    answers = u_us_response < unit(response_base * (us_will + attention_korea))
    return 1.0 if challenged and answers else 0.0, 1.0 if challenged and not answers else 0.0


def enters(
    taiwan_status, us_in, us_will, attention_taiwan, attention_full, us_reliability, us_interest, us_join_cost,
    enter_speed, enter_blockade, u_us_enters,
):
    """Does Washington fight for Taiwan this month, once force is used and if not yet in?

        interest = us_interest (us_will - 1/2) ;  cost = us_join_cost (1 - [attention_taiwan / attention_full])
        p = join_prob(enter_speed, us_reliability, interest, cost), times enter_blockade unless taiwan_status = 3
        while taiwan_status >= 2: us_in' = 1 if u_us_enters < p, else us_in; otherwise 0

    Source: F151 (experts: 0.96 in an invasion, 0.79 in a blockade).
    """
    at_force = taiwan_status >= 2.0
    cost = us_join_cost * (1.0 - unit(attention_taiwan / attention_full))
    prob = join_prob(enter_speed, us_reliability, us_interest * (us_will - 0.5), cost)
    prob = prob if taiwan_status == 3.0 else enter_blockade * prob
    return inside(at_force and u_us_enters < prob, us_in, at_force)


def joins_korea(
    korea_status, us_in_korea, us_will, attention_korea, attention_full, usfk_posture, survivability, us_reliability,
    us_interest, us_join_cost, tripwire, decoupling, enter_speed, u_us_joins_korea,
):
    """Does Washington fight a war in Korea this month?

        interest = us_interest (us_will - 1/2) + tripwire usfk_posture
        cost     = us_join_cost (1 - [attention_korea / attention_full]) + decoupling survivability
        p = join_prob(enter_speed, us_reliability, interest, cost)
        while korea_status = 3: us_in_korea' = 1 if u_us_joins_korea < p, else us_in_korea; otherwise 0

    Forces present are a tripwire; a survivable arsenal may decouple Washington from Seoul. Kim's belief
    ``punish_war`` is about this. Source: Schelling 1966; claims C01, C13.
    """
    at_war = korea_status == 3.0
    interest = us_interest * (us_will - 0.5) + tripwire * usfk_posture
    cost = us_join_cost * (1.0 - unit(attention_korea / attention_full)) + decoupling * survivability
    prob = join_prob(enter_speed, us_reliability, interest, cost)
    return inside(at_war and u_us_joins_korea < prob, us_in_korea, at_war)
