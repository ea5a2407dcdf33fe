"""South Korea, Japan and Taiwan: consent, access, power, politics, the arms race."""

from ..numerics import logistic, logistic_noise
from .building_blocks import DECLARED_TODAY, PORCUPINE_TODAY, approach, build_up, inside, join_prob, unit


def rok_consent(
    trilateral_coordination, provocation_memory, coercion_rok, dual_role, diplomatic_offramp, consent_base,
    consent_coordination, consent_threat, consent_coercion, consent_dual, consent_talks,
):
    """Seoul's consent to the use of US forces in Korea for Taiwan.

        rok_consent' = Λ( consent_base + consent_coordination trilateral_coordination
                          + consent_threat provocation_memory - consent_coercion coercion_rok
                          - consent_dual dual_role + consent_talks (diplomatic_offramp - 1/2) )

    Threat from the North may raise or lower consent (``consent_threat`` straddles 0). Claims C18, C19.
    """
    return logistic(
        (consent_base + consent_coordination * trilateral_coordination)
        + (
            (consent_threat * provocation_memory - consent_coercion * coercion_rok)
            + (consent_talks * (diplomatic_offramp - 0.5) - consent_dual * dual_role)
        )
    )


def rok_hedge(
    rok_hedge, us_will, survivability, usfk_posture, dual_role, trilateral_coordination, taiwan_resolved, nuclear_used,
    hedge_base, hedge_fear, hedge_assurance, hedge_shock, dual_dilution, hedge_adjustment,
):
    """South Korea's nuclear hedge: how near a bomb of its own Seoul stands.

        target = [ hedge_base + hedge_fear survivability
                   - hedge_assurance (us_will + usfk_posture (1 - dual_dilution dual_role)
                                      + trilateral_coordination) / 3
                   + hedge_shock ((1 if taiwan_resolved = 1, else 0) + nuclear_used) ]
        rok_hedge' = rok_hedge + hedge_adjustment (target - rok_hedge)

    Claim C13; the Nuclear Consultative Group is part of coordination here.
    """
    present = usfk_posture * (1.0 - dual_dilution * dual_role)
    assurance = (us_will + (present + trilateral_coordination)) / 3.0
    shock = (1.0 if taiwan_resolved == 1.0 else 0.0) + nuclear_used
    target = unit((hedge_base + hedge_shock * shock) + (hedge_fear * survivability - hedge_assurance * assurance))
    return approach(rok_hedge, target, hedge_adjustment)


def rok_power(rok_power, korea_status, rok_growth, war_attrition):
    """South Korea's military power (China in 2026: 1): grows in peace, is worn down by war.

        rok_power' = rok_power (1 - war_attrition) if korea_status = 3, else rok_power (1 + rok_growth)
    """
    return rok_power * (1.0 - war_attrition if korea_status == 3.0 else 1.0 + rok_growth)


def japan_access(
    trilateral_coordination, pla_activity, coercion_japan, japan_burden_share, access_base, access_coordination,
    access_threat, access_coercion, access_burden,
):
    """Tokyo's readiness to open its bases and to fight.

        japan_access' = Λ( access_base + access_coordination trilateral_coordination + access_threat pla_activity
                           - access_coercion coercion_japan - access_burden (japan_burden_share - 1/2) )

    ``access_burden`` is the domestic limit on burdens. Claims C19, C20.
    """
    return logistic(
        (access_base + access_coordination * trilateral_coordination)
        + (
            access_threat * pla_activity
            - (access_coercion * coercion_japan + access_burden * (japan_burden_share - 0.5))
        )
    )


def japan_power(japan_power, japan_growth, japan_burden_share):
    """Japan's military power (China in 2026: 1): growth rises with the share it carries (1/2: as planned).

        japan_power' = japan_power (1 + 2 japan_growth japan_burden_share)
    """
    return japan_power * (1.0 + japan_growth * (2.0 * japan_burden_share))


def japan_strength(japan_power, japan_access, japan_burden_share, allied_arming):
    """What Japan can bring to a fight over Taiwan: power with its build-up, access, half to all of it by its share.

        japan_strength = japan_power build_up(allied_arming) japan_access (1 + japan_burden_share) / 2
    """
    return (japan_power * build_up(allied_arming)) * (japan_access * (0.5 + 0.5 * japan_burden_share))


def taiwan_strength(taiwan_defence, allied_arming, porcupine_defence, porcupine_gain):
    """What Taiwan can put up: its defence with the allies' build-up, worth more as many small arms than as few large ones.

        taiwan_strength = taiwan_defence build_up(allied_arming)
                          (1 + porcupine_gain (porcupine_defence - PORCUPINE_TODAY))         with PORCUPINE_TODAY = 0.4
    """
    return (taiwan_defence * build_up(allied_arming)) * (1.0 + porcupine_gain * (porcupine_defence - PORCUPINE_TODAY))


def japan_enters(
    taiwan_status, japan_in, us_in, japan_access, coercion_japan, japan_reliability, japan_interest, japan_join_cost,
    japan_join_speed, u_japan_enters,
):
    """Does Japan fight for Taiwan this month? Only beside the United States.

        interest = japan_interest (japan_access - 1/2) ;  cost = japan_join_cost coercion_japan
        p = join_prob(japan_join_speed, japan_reliability, interest, cost)
        while taiwan_status >= 2: japan_in' = 1 if us_in > 0 and u_japan_enters < p, else japan_in; otherwise 0

    It follows Washington: at the earliest in the month after (``us_in`` is as it stood).

    Claims C19, C20.
    """
    at_force = taiwan_status >= 2.0
    interest = japan_interest * (japan_access - 0.5)
    prob = join_prob(japan_join_speed, japan_reliability, interest, japan_join_cost * coercion_japan)
    return inside(at_force and us_in > 0.0 and u_japan_enters < prob, japan_in, at_force)


def taiwan_defence(taiwan_defence, taiwan_growth, taiwan_status, siege_loss):
    """Taiwan's own defence (China in 2026: 1): grows in peace, is worn down by blockade and war.

        taiwan_defence' = taiwan_defence (1 - siege_loss) if taiwan_status >= 2, else taiwan_defence (1 + taiwan_growth)
    """
    return taiwan_defence * (1.0 - siege_loss if taiwan_status >= 2.0 else 1.0 + taiwan_growth)


def taiwan_drift(
    taiwan_drift, us_will, china_engagement, declared_resolve, drift_persistence, drift_mean, drift_sd, drift_backing,
    drift_anxiety, u_taiwan_politics,
):
    """Political drift away from unification (about -1 to 1).

        mean = drift_mean + drift_backing (us_will - 1/2 + declared_resolve - DECLARED_TODAY)
               + drift_anxiety (china_engagement - 1/2)                                       with DECLARED_TODAY = 0.3
        taiwan_drift' = drift_persistence taiwan_drift + (1 - drift_persistence) mean + drift_sd noise(u_taiwan_politics)

    Backing emboldens; talks over its head make Taipei anxious.
    """
    backed = (us_will - 0.5) + (declared_resolve - DECLARED_TODAY)
    mean = drift_mean + (drift_backing * backed + drift_anxiety * (china_engagement - 0.5))
    return drift_persistence * taiwan_drift + (
        (1.0 - drift_persistence) * mean + drift_sd * logistic_noise(u_taiwan_politics)
    )


def allied_arming(
    allied_arming, china_arming, pla_activity, arming_reaction_allied, arming_fatigue_allied, arming_threat,
):
    """The allies' build-up beyond trend: Richardson's second equation.

        allied_arming' = allied_arming + arming_reaction_allied china_arming - arming_fatigue_allied allied_arming
                         + arming_threat [ (1 + pla_activity) / 2 ]

    Source: Richardson 1960 (y' = y + l x - b y + h); stable if a b > k l (``china.arming`` is the first equation).
    """
    return allied_arming + (
        (arming_reaction_allied * china_arming - arming_fatigue_allied * allied_arming)
        + arming_threat * unit(0.5 * (1.0 + pla_activity))
    )
