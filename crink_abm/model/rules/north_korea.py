"""North Korea: stocks, hardship, beliefs, campaigns of tests, and when a crisis in Korea breaks out."""

from ..numerics import exp, logistic
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
    smaller,
    statement,
    unit,
)


def technology(
    technology, arms_flow, kit_return, illicit_income, diplomatic_offramp, tech_base, tech_flow, tech_money,
    tech_talks,
):
    """Military technology (0 to 1): its own base rate, Russian help and stolen money, less where talks trade it away.

        technology_gain = (1 - technology) (1 - tech_talks diplomatic_offramp)
                          (tech_base + tech_flow (arms_flow + kit_return) + tech_money illicit_income)
        technology' = technology + technology_gain

    Claims C08, C11, C24, C26.
    """
    gain = tech_base + (tech_flow * (arms_flow + kit_return) + tech_money * illicit_income)
    gain = (1.0 - technology) * (gain * (1.0 - tech_talks * diplomatic_offramp))
    return technology + gain, gain


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


def testing_pressure(
    test_backlog, exercise_activity, china_restraint, driver_borders, campaign_backlog, campaign_exercise,
    campaign_borders,
):
    """What presses for a campaign of tests, in log-odds.

        testing_pressure = campaign_backlog test_backlog + campaign_exercise exercise_activity
                           - campaign_borders driver_borders - china_restraint

    A backlog is technology that waits to be tested: what Moscow and stolen money add to technology comes out as tests
    (negative: who need not show it yet waits). Exercises straddle zero (rate ratio 1.90 [1.28, 2.82] in one count, null
    in others: F040-F045). Closed borders (2020-23) keep parts, fuel and people at home. Claims C05, C11, C25.
    """
    return (campaign_backlog * test_backlog + campaign_exercise * exercise_activity) - (
        campaign_borders * driver_borders + china_restraint
    )


#: The most that waits to be tested: what is not tested is shelved.
MOST_BACKLOG = 0.1


def testing_regime(
    testing_regime, test_backlog, technology_gain, testing_pressure, diplomatic_offramp, quiet_rate, campaign_rate,
    campaign_begin, campaign_end, moratorium_speed, u_testing_regime,
):
    """Quiet (0), a campaign of tests (1) or a moratorium (2), how often the North then launches, and what waits to be tested.

        was, u = testing_regime, u_testing_regime, but where p = testing_regime lies between 0 and 1 (only at the start:
                 the chance that a campaign is under way): 1, u_testing_regime / p if u_testing_regime < p,
                 else 0, (u_testing_regime - p) / (1 - p)
        begin  = Λ(campaign_begin + testing_pressure) ;  end = Λ(campaign_end - testing_pressure)
        opens  = moratorium_speed diplomatic_offramp^2
        breaks = moratorium_speed (1 - diplomatic_offramp)
        testing_regime' = from 0: 2 if u < opens, else 1 if u < opens + (1 - opens) begin, else 0
                          from 1: 2 if u < opens, else 0 if u < opens + (1 - opens) end,   else 1
                          from 2: 1 if u < breaks, else 2
        launch_rate     = quiet_rate, campaign_rate, 0    for testing_regime' 0, 1, 2
        b               = min(test_backlog + technology_gain, MOST_BACKLOG)                       with MOST_BACKLOG = 0.1
        test_backlog'   = b (1 - (Λ(campaign_end) if testing_regime' is 1, else 0))

    A moratorium takes two, an offer and its taking up (hence the square), and one to break it. It lasts while talks last;
    talks that fail begin a campaign (2019), so an off-ramp that leads nowhere brings tests forward: the counter-path of
    C24. A campaign works off the backlog as fast as campaigns end. Claims C05, C11, C24.
    """
    p = testing_regime
    unsettled = 0.0 < p < 1.0
    under_way = unsettled and u_testing_regime < p
    was = (1.0 if under_way else 0.0) if unsettled else p
    below = p if unsettled and not under_way else 0.0
    width = p if under_way else 1.0 - below
    u = (u_testing_regime - below) / width
    opens = moratorium_speed * (diplomatic_offramp * diplomatic_offramp)
    breaks = moratorium_speed * (1.0 - diplomatic_offramp)
    begin = logistic(campaign_begin + testing_pressure)
    end = logistic(campaign_end - testing_pressure)
    from_quiet = 2.0 if u < opens else (1.0 if u < opens + (1.0 - opens) * begin else 0.0)
    from_campaign = 2.0 if u < opens else (0.0 if u < opens + (1.0 - opens) * end else 1.0)
    from_moratorium = 1.0 if u < breaks else 2.0
    now = from_moratorium if was == 2.0 else (from_campaign if was == 1.0 else from_quiet)
    rate = campaign_rate if now == 1.0 else (quiet_rate if now == 0.0 else 0.0)
    tested = logistic(campaign_end) if now == 1.0 else 0.0
    waiting = smaller(test_backlog + technology_gain, MOST_BACKLOG)
    return rate, now, waiting * (1.0 - tested)


def provocation(launch_rate, provocation_memory, memory_decay, u_provocation):
    """On how many days does the North launch this month? A provocation is a month with a launch.

        P_k = e^(-launch_rate) launch_rate^k / k!                                       (Poisson)
        provocation_prob = 1 - P_0
        launch_days' = number of k in 1..8 with u_provocation < 1 - P_0 - ... - P_(k-1)
        provocation' = 1 if launch_days' > 0, else 0
        provocation_memory' = memory_decay provocation_memory + (1 - memory_decay) provocation'

    Days cluster because campaigns last, not because a launch begets the next. Source: F034.
    """
    p0 = exp(0.0 - launch_rate)
    p1 = p0 * launch_rate
    p2 = p1 * (launch_rate / 2.0)
    p3 = p2 * (launch_rate / 3.0)
    p4 = p3 * (launch_rate / 4.0)
    p5 = p4 * (launch_rate / 5.0)
    p6 = p5 * (launch_rate / 6.0)
    p7 = p6 * (launch_rate / 7.0)
    prob = 1.0 - p0
    two = prob - p1
    three = two - p2
    four = three - p3
    five = four - p4
    six = five - p5
    seven = six - p6
    eight = seven - p7
    happens = 1.0 if u_provocation < prob else 0.0
    days = happens + (1.0 if u_provocation < two else 0.0)
    days = days + (1.0 if u_provocation < three else 0.0)
    days = days + (1.0 if u_provocation < four else 0.0)
    days = days + (1.0 if u_provocation < five else 0.0)
    days = days + (1.0 if u_provocation < six else 0.0)
    days = days + (1.0 if u_provocation < seven else 0.0)
    days = days + (1.0 if u_provocation < eight else 0.0)
    return prob, happens, days, memory_decay * provocation_memory + (1.0 - memory_decay) * happens


def taiwan_opens(taiwan_status, taiwan_last_force, opening_months, month):
    """How far force over Taiwan opens a door in Korea.

        taiwan_opening = opening(taiwan_status, taiwan_last_force, opening_months, month)
    """
    return opening(taiwan_status, taiwan_last_force, opening_months, month)


def incident_prob(
    provocation_memory, kim_fear, taiwan_status, taiwan_opening, coordination, korea_resolved, usfk_posture,
    heavy_share, dual_role, hardship, china_restraint, korea_incident_logit, crisis_provocation,
    crisis_fear, crisis_light, crisis_hardship, korea_opportunism, korea_entrapment, peacetime_coupling, uncoordinated,
    directed_gain, korea_last_force, month,
):
    """Chance of an incident in Korea this month.

        korea_incident_prob = Λ( korea_incident_logit + crisis_provocation provocation_memory + crisis_fear kim_fear
            + crisis_light usfk_posture (1 - heavy_share) + crisis_hardship (hardship - 1/2) - china_restraint
            + taiwan_opening pull(coordination, uncoordinated, directed_gain) korea_opportunism
            + (korea_entrapment usfk_posture dual_role if taiwan_status >= 2)
            + (peacetime_coupling if taiwan_status = 1 and coordination is not none) )
            times recovered(korea_resolved, korea_last_force, month)

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
    return prob * recovered(korea_resolved, korea_last_force, month)


def crisis_prob(korea_incident_prob, korea_crisis_share):
    """Chance that a crisis in Korea breaks out this month: an incident that leaders take for a turning point.

        korea_crisis_prob = korea_crisis_share korea_incident_prob
    """
    return korea_crisis_share * korea_incident_prob


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
