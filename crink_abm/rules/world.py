"""Rules of no one leader: what posture does, how wars run, what is recorded."""

from ..numerics import exp
from .common import contest, first_month, unit


def posture_paths(posture_effect, spiral_weight):
    """How much posture deters, and how much it alarms, under the structural switch.

        deter: (1, 0)     spiral: (0, 1)     both: (1, spiral_weight)

    Source: Jervis 1976 (deterrence and spiral models); claim C27.
    """
    deter = 0.0 if posture_effect == 1.0 else 1.0
    spiral = 0.0 if posture_effect == 0.0 else 1.0
    return deter, spiral_weight if posture_effect == 2.0 else spiral


def two_front_now(taiwan_status, korea_status, taiwan_last_force, korea_last_force, month, two_front_window):
    """Force in both theatres within the window.

        taiwan_last_force' = month if taiwan_status >= 2, else as it was (-1: never)
        korea_last_force'  = month if korea_status >= 2, else as it was
        two_front = 1 if both new values are >= 0 and differ by at most two_front_window months, else 0
    """
    taiwan = month if taiwan_status >= 2.0 else taiwan_last_force
    korea = month if korea_status >= 2.0 else korea_last_force
    gap = taiwan - korea if taiwan > korea else korea - taiwan
    both = taiwan >= 0.0 and korea >= 0.0 and gap <= two_front_window
    return taiwan, korea, 1.0 if both else 0.0


def rung(highest_rung, taiwan_status, korea_status, provocation, pla_activity, two_front, nuclear_now):
    """The highest rung of the escalation ladder reached so far.

        0 calm; 1 if provocation > 0 or pla_activity > 1.5; 2, 3, 4 where the worse of taiwan_status and
        korea_status is 1, 2, 3; 5 if two_front; 6 if nuclear_now. highest_rung' = the greatest so far

    Source: Kahn 1965, cut to what the model can tell apart.
    """
    now = 1.0 if provocation > 0.0 or pla_activity > 1.5 else 0.0
    worst = taiwan_status if taiwan_status > korea_status else korea_status
    now = worst + 1.0 if worst >= 1.0 else now
    now = 5.0 if two_front > 0.0 else now
    now = 6.0 if nuclear_now > 0.0 else now
    return now if now > highest_rung else highest_rung


def record(
    first_blockade, first_invasion, first_korea_attack, first_korea_war, first_two_front,
    first_russian_join, first_nuclear, taiwan_status, korea_status, two_front, russia_in,
    nuclear_now, month,
):  # fmt: skip
    """The first month of each outcome (-1 until it happens).

        blockade: taiwan_status = 2     invasion: taiwan_status = 3
        korea_attack: korea_status = 2  korea_war: korea_status = 3
        two_front, russian_join (russia_in), nuclear (nuclear_now): as flagged this month
    """
    return (
        first_month(first_blockade, 1.0 if taiwan_status == 2.0 else 0.0, month),
        first_month(first_invasion, 1.0 if taiwan_status == 3.0 else 0.0, month),
        first_month(first_korea_attack, 1.0 if korea_status == 2.0 else 0.0, month),
        first_month(first_korea_war, 1.0 if korea_status == 3.0 else 0.0, month),
        first_month(first_two_front, two_front, month),
        first_month(first_russian_join, russia_in, month),
        first_month(first_nuclear, nuclear_now, month),
    )


def second_front(
    taiwan_status, korea_status, first_blockade, first_invasion, first_korea_attack, first_korea_war,
    korea_after_taiwan, taiwan_after_korea, month,
):  # fmt: skip
    """The first month of force in one theatre at or after the first force in the other (-1 until then).

        korea_after_taiwan: korea_status >= 2, and force over Taiwan now or before
        taiwan_after_korea: taiwan_status >= 2, and force in Korea now or before

    The ``first_`` months are last month's record; this month's statuses count too. Claims C03, C04.
    """
    taiwan = taiwan_status >= 2.0
    korea = korea_status >= 2.0
    taiwan_ever = taiwan or first_blockade >= 0.0 or first_invasion >= 0.0
    korea_ever = korea or first_korea_attack >= 0.0 or first_korea_war >= 0.0
    return (
        first_month(korea_after_taiwan, 1.0 if korea and taiwan_ever else 0.0, month),
        first_month(taiwan_after_korea, 1.0 if taiwan and korea_ever else 0.0, month),
    )


def count_provocations(n_provocations, n_launch_days, provocation, launch_days):
    """Months with a provocation, and launch days, so far.

        n_provocations' = n_provocations + provocation ;  n_launch_days' = n_launch_days + launch_days
    """
    return n_provocations + provocation, n_launch_days + launch_days


def force_anywhere(
    taiwan_status, korea_status, us_in, japan_in, russia_in, iran_in, north_korea_in, china_in_korea, nuclear_now,
):  # fmt: skip
    """Whether the joins must be looked at: force in a theatre, or somebody still in; and whether there is war.

        force_anywhere = 1 if status_T >= 2 or status_K >= 2 or any joiner is in or nuclear_now, else 0
        war_anywhere   = 1 if status_T = 3 or status_K = 3, else 0
    """
    still = ((us_in + japan_in) + (russia_in + iran_in)) + ((north_korea_in + china_in_korea) + nuclear_now)
    force = taiwan_status >= 2.0 or korea_status >= 2.0 or still > 0.0
    war = taiwan_status == 3.0 or korea_status == 3.0
    return 1.0 if force else 0.0, 1.0 if war else 0.0


def taiwan_war_month(
    taiwan_status, taiwan_war_months, taiwan_resolved, china_strength, taiwan_defence, us_strength,
    japan_strength, us_in, japan_in, russia_in, north_korea_in, iran_in, partner_strength,
    decisiveness, invasion_difficulty, war_end_rate, u_taiwan_war_ends, u_taiwan_war_result,
):  # fmt: skip
    """A month of the war for Taiwan: does it end, and who holds the island.

        attacker = china_strength (1 + partner_strength (russia_in + north_korea_in + iran_in) / 3)
        defender = invasion_difficulty (taiwan_defence + us_in us_strength + japan_in japan_strength)
        beijing_win_prob = contest(attacker, defender, decisiveness)
        if taiwan_status = 3: taiwan_war_months + 1, and the war ends if u_taiwan_war_ends < war_end_rate;
        then taiwan_status' = 0 and taiwan_resolved' = 1 (Beijing holds the island) if
        u_taiwan_war_result < beijing_win_prob, else -1 (repelled)

    Claims C02, C28; the contest replaces a campaign model.
    """
    partners = (russia_in + north_korea_in + iran_in) / 3.0
    attacker = china_strength * (1.0 + partner_strength * partners)
    defender = invasion_difficulty * (taiwan_defence + (us_in * us_strength + japan_in * japan_strength))
    beijing_prob = contest(attacker, defender, decisiveness)
    at_war = taiwan_status == 3.0
    ends = at_war and u_taiwan_war_ends < war_end_rate
    result = 1.0 if u_taiwan_war_result < beijing_prob else -1.0
    months = taiwan_war_months + 1.0 if at_war else taiwan_war_months
    return 0.0 if ends else taiwan_status, months, result if ends else taiwan_resolved, beijing_prob


def korea_war_month(korea_status, korea_war_months, korea_resolved, war_end_rate, u_korea_war_ends):
    """A month of war in Korea: it ends at the common rate, and is not fought twice.

        if korea_status = 3: korea_war_months + 1, and the war ends if u_korea_war_ends < war_end_rate;
        then korea_status' = 0 and korea_resolved' = 1
    """
    at_war = korea_status == 3.0
    ends = at_war and u_korea_war_ends < war_end_rate
    months = korea_war_months + 1.0 if at_war else korea_war_months
    return 0.0 if ends else korea_status, months, 1.0 if ends else korea_resolved


def nuclear_rung(
    taiwan_status, korea_status, us_in, russia_in, china_in_korea, technology, survivability,
    china_strength, taiwan_defence, us_strength, japan_strength, japan_in, nuclear_used,
    nuclear_rate, nuclear_parties_effect, nuclear_losing_effect, nuclear_caution,
    u_taiwan_nuclear, u_korea_nuclear,
):  # fmt: skip
    """Does a war climb to nuclear use this month?

        Strait: D = taiwan_defence + us_in us_strength + japan_in japan_strength ;  C = china_strength
                parties = 1 + us_in + russia_in ;  losing = [ (D - C) / (D + C) ] ;  other = us_in
        Korea:  parties = 2 + china_in_korea + russia_in ;  losing = 1 - survivability / 2 ;  other = survivability
        p = [ nuclear_rate exp( nuclear_parties_effect (parties - 2) + nuclear_losing_effect losing
                                - nuclear_caution other ) ],  in Korea the whole times [ 2 technology ]
        nuclear_now' = 1 if (taiwan_status = 3 and u_taiwan_nuclear < p_Strait)
                        or (korea_status = 3 and u_korea_nuclear < p_Korea), else 0
        nuclear_used' = 1 if nuclear_now', else nuclear_used

    ``nuclear_parties_effect`` may be negative (nuclear caution). Claim C14; Schelling 1966; Waltz 1981.
    """
    defender = taiwan_defence + (us_in * us_strength + japan_in * japan_strength)
    losing_taiwan = unit((defender - china_strength) / (defender + china_strength))
    parties_taiwan = 1.0 + (us_in + russia_in)
    taiwan_prob = unit(
        nuclear_rate
        * exp(
            nuclear_parties_effect * (parties_taiwan - 2.0)
            + (nuclear_losing_effect * losing_taiwan - nuclear_caution * us_in)
        )
    )
    losing_korea = 1.0 - 0.5 * survivability
    parties_korea = 2.0 + (china_in_korea + russia_in)
    korea_prob = unit(
        nuclear_rate
        * exp(
            nuclear_parties_effect * (parties_korea - 2.0)
            + (nuclear_losing_effect * losing_korea - nuclear_caution * survivability)
        )
    ) * unit(2.0 * technology)
    taiwan = taiwan_status == 3.0 and u_taiwan_nuclear < taiwan_prob
    korea = korea_status == 3.0 and u_korea_nuclear < korea_prob
    now = 1.0 if taiwan or korea else 0.0
    return now, 1.0 if now > 0.0 else nuclear_used


def realised_help(help_realised, taiwan_status, russia_in, north_korea_in, iran_in):
    """The largest share of the three partners that stood by Beijing in its war, so far.

        share = (russia_in + north_korea_in + iran_in) / 3, counted while taiwan_status = 3
    """
    share = (russia_in + (north_korea_in + iran_in)) / 3.0
    return share if taiwan_status == 3.0 and share > help_realised else help_realised
