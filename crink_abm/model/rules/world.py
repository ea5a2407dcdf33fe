"""Rules of no one leader: what posture does, how wars run, what is recorded."""

from ..numerics import exp
from .building_blocks import TWO_FRONT_MONTHS, begins, contest, first_month, unit


def posture_paths(posture_effect, spiral_weight):
    """How much posture deters, and how much it alarms, under the structural switch.

        deter: (1, 0)     spiral: (0, 1)     both: (1, spiral_weight)

    Source: Jervis 1976 (deterrence and spiral models); claim C27.
    """
    deter = 0.0 if posture_effect == 1.0 else 1.0
    spiral = 0.0 if posture_effect == 0.0 else 1.0
    return deter, spiral_weight if posture_effect == 2.0 else spiral


def succession(month, xi_succession_rate, kim_succession_rate, u_succession):
    """Whether a leader has just been succeeded: (xi_new, kim_new).

        xi_new  = 1 if month > 0 and u_succession < xi_succession_rate, else 0
        kim_new = 1 if month > 0 and u_succession >= 1 - kim_succession_rate, else 0

    One draw serves both: never both in one month. A successor has a type of his own. What opponents made of his
    predecessor's resolve they forget.
    """
    xi = month > 0.0 and u_succession < xi_succession_rate
    kim = month > 0.0 and u_succession >= 1.0 - kim_succession_rate
    return 1.0 if xi else 0.0, 1.0 if kim else 0.0


def preferred_taiwan(
    xi_choice, xi_best, first_blockade, first_invasion, preferred_blockade, preferred_invasion, month,
):
    """The first blockade and the first invasion that were Xi's best option: their month, -1 until then or if noise chose.

        preferred_blockade' = month if xi_choice = 2 and xi_best = 2 and first_blockade < 0, else as it was
        preferred_invasion' = month if xi_choice = 3 and xi_best = 3 and first_invasion < 0, else as it was

    A war that nobody prefers is an artefact of the noise that is assumed; the share of wars that were preferred says
    how far a result rests on it.
    """
    blockade = xi_choice == 2.0 and xi_best == 2.0 and first_blockade < 0.0
    invasion = xi_choice == 3.0 and xi_best == 3.0 and first_invasion < 0.0
    return month if blockade else preferred_blockade, month if invasion else preferred_invasion


def preferred_korea(
    kim_choice, kim_best, first_korea_attack, first_korea_war, preferred_attack, preferred_war, month,
):
    """The first limited attack and the first war in Korea that were Kim's best option, as over Taiwan.

    Where he comes by agreement, the best is still taken over all his options: a word kept at a loss is not preferred.

        preferred_attack' = month if kim_choice = 2 and kim_best = 2 and first_korea_attack < 0, else as it was
        preferred_war'    = month if kim_choice = 3 and kim_best = 3 and first_korea_war < 0, else as it was
    """
    attack = kim_choice == 2.0 and kim_best == 2.0 and first_korea_attack < 0.0
    war = kim_choice == 3.0 and kim_best == 3.0 and first_korea_war < 0.0
    return month if attack else preferred_attack, month if war else preferred_war


def two_front_now(taiwan_status, korea_status, taiwan_last_force, korea_last_force, month):
    """Force in both theatres within the window.

        taiwan_last_force' = month if taiwan_status >= 2, else as it was (-1: never)
        korea_last_force'  = month if korea_status >= 2, else as it was
        two_front = 1 if both new values are >= 0 and differ by at most TWO_FRONT_MONTHS = 12, else 0
    """
    taiwan = month if taiwan_status >= 2.0 else taiwan_last_force
    korea = month if korea_status >= 2.0 else korea_last_force
    gap = taiwan - korea if taiwan > korea else korea - taiwan
    both = taiwan >= 0.0 and korea >= 0.0 and gap <= TWO_FRONT_MONTHS
    return taiwan, korea, 1.0 if both else 0.0


def rung(highest_rung, taiwan_status, korea_status, provocation, pla_activity, two_front, nuclear_now):
    """The highest rung of the escalation ladder reached so far.

        0 calm; 1 if provocation > 0 or pla_activity > 1; 2, 3, 4 where the worse of taiwan_status and
        korea_status is 1, 2, 3; 5 if two_front; 6 if nuclear_now. highest_rung' = the greatest so far

    Source: Kahn 1965, cut to what the model can tell apart.
    """
    now = 1.0 if provocation > 0.0 or pla_activity > 1.0 else 0.0
    worst = taiwan_status if taiwan_status > korea_status else korea_status
    now = worst + 1.0 if worst >= 1.0 else now
    now = 5.0 if two_front > 0.0 else now
    now = 6.0 if nuclear_now > 0.0 else now
    return now if now > highest_rung else highest_rung


def record(
    first_blockade, first_invasion, first_korea_attack, first_korea_war, first_two_front,
    first_russian_join, first_nuclear, taiwan_status, korea_status, two_front, russia_in,
    nuclear_now, month,
):
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
    taiwan_status, korea_status, taiwan_last_force, korea_last_force, first_blockade, first_invasion, first_korea_attack,
    first_korea_war, korea_after_taiwan, taiwan_after_korea, month,
):
    """The first month in which force begins in one theatre after it has been used in the other (-1 until then).

        begins(status, last): status >= 2, and last, its last month of force so far, is -1 (never) or before last month
        korea_after_taiwan: begins(korea_status, korea_last_force), and force over Taiwan now or before
        taiwan_after_korea: begins(taiwan_status, taiwan_last_force), and force in Korea before

    Kim decides after Xi in a month, so a Korean front of the same month is after, and one over Taiwan is not. The
    ``first_`` and ``_last_force`` months are last month's record. Force that was under way already is no second
    front. Claims C03, C04.
    """
    taiwan_ever = taiwan_status >= 2.0 or first_blockade >= 0.0 or first_invasion >= 0.0
    korea_before = first_korea_attack >= 0.0 or first_korea_war >= 0.0
    korea = begins(korea_status, korea_last_force, month) and taiwan_ever
    taiwan = begins(taiwan_status, taiwan_last_force, month) and korea_before
    return (
        first_month(korea_after_taiwan, 1.0 if korea else 0.0, month),
        first_month(taiwan_after_korea, 1.0 if taiwan else 0.0, month),
    )


def count_provocations(n_provocations, n_launch_days, provocation, launch_days):
    """Months with a provocation, and launch days, so far.

        n_provocations' = n_provocations + provocation ;  n_launch_days' = n_launch_days + launch_days
    """
    return n_provocations + provocation, n_launch_days + launch_days


def force_anywhere(
    taiwan_status, korea_status, taiwan_front, korea_front, us_in, us_in_korea, japan_in, russia_in, iran_in,
    north_korea_in, china_in_korea,
):
    """Whether fighting and joins must be looked at: force in a theatre, or something left of it.

        force_anywhere = 1 if taiwan_status >= 2 or korea_status >= 2 or any joiner is in or a front is not 0, else 0
    """
    still = ((us_in + us_in_korea) + (japan_in + russia_in)) + (iran_in + (north_korea_in + china_in_korea))
    moved = taiwan_front != 0.0 or korea_front != 0.0
    return 1.0 if taiwan_status >= 2.0 or korea_status >= 2.0 or still > 0.0 or moved else 0.0


def taiwan_balance(
    taiwan_status, china_strength, taiwan_strength, us_strength, japan_strength, us_in, japan_in, russia_in,
    north_korea_in, iran_in, partner_strength, decisiveness, invasion_difficulty, blockade_difficulty,
):
    """Beijing's chance of having the better of this month's fighting over Taiwan.

        attacker = china_strength (1 + partner_strength (russia_in + north_korea_in + iran_in) / 3)
        defender = (taiwan_strength + us_in us_strength + japan_in japan_strength) difficulty,
                   difficulty = blockade_difficulty if taiwan_status = 2, else invasion_difficulty
        beijing_win_prob = contest(attacker, defender, decisiveness, 0)

    Claims C02, C28; the contest replaces a campaign model.
    """
    partners = (russia_in + (north_korea_in + iran_in)) / 3.0
    attacker = china_strength * (1.0 + partner_strength * partners)
    difficulty = blockade_difficulty if taiwan_status == 2.0 else invasion_difficulty
    defender = difficulty * (taiwan_strength + (us_in * us_strength + japan_in * japan_strength))
    return contest(attacker, defender, decisiveness, 0.0)


def korea_balance(
    conventional, technology, nk_strength, china_power, china_in_korea, china_korea_share, russia_in, rok_power,
    us_in_korea, korea_guard, guard_strength, partner_strength, decisiveness, korea_difficulty,
):
    """Pyongyang's chance of having the better of this month's fighting in Korea.

        attacker = nk_strength conventional (1 + technology) (1 + partner_strength russia_in)
                   + china_korea_share china_power china_in_korea
        defender = korea_difficulty (rok_power + us_in_korea guard_strength korea_guard)
        pyongyang_win_prob = contest(attacker, defender, decisiveness, 0)

    Claims C01, C18.
    """
    own = (nk_strength * (conventional * (1.0 + technology))) * (1.0 + partner_strength * russia_in)
    attacker = own + china_korea_share * (china_power * china_in_korea)
    defender = korea_difficulty * (rok_power + us_in_korea * (guard_strength * korea_guard))
    return contest(attacker, defender, decisiveness, 0.0)


def taiwan_front(taiwan_front, taiwan_status, beijing_win_prob, front_step, blockade_pace, u_taiwan_war_result):
    """How far the fighting over Taiwan has gone: 1 Beijing has its way, -1 it is beaten off.

        step = front_step if taiwan_status = 3, front_step blockade_pace if taiwan_status = 2
        taiwan_front' = taiwan_front + step if u_taiwan_war_result < beijing_win_prob, else taiwan_front - step,
                        while taiwan_status >= 2; otherwise 0
    """
    step = front_step if taiwan_status == 3.0 else front_step * blockade_pace
    moved = taiwan_front + (step if u_taiwan_war_result < beijing_win_prob else 0.0 - step)
    return moved if taiwan_status >= 2.0 else 0.0


def korea_front(korea_front, korea_status, pyongyang_win_prob, front_step, u_korea_war_result):
    """How far the war in Korea has gone: 1 Pyongyang has its way, -1 it is beaten.

        korea_front' = korea_front + front_step if u_korea_war_result < pyongyang_win_prob, else korea_front - front_step,
                       while korea_status = 3; otherwise 0
    """
    moved = korea_front + (front_step if u_korea_war_result < pyongyang_win_prob else 0.0 - front_step)
    return moved if korea_status == 3.0 else 0.0


def taiwan_war_month(
    taiwan_status, taiwan_front, taiwan_war_months, taiwan_resolved, war_end_rate, u_taiwan_war_ends,
):
    """A month of fighting over Taiwan: does it end, and who holds the island.

        taiwan_status = 3: taiwan_war_months' = taiwan_war_months + 1; it ends if taiwan_front >= 1 or <= -1, or by an
            armistice if u_taiwan_war_ends < war_end_rate: taiwan_status' = 0, and taiwan_resolved' = 1 (Beijing
            holds the island) if taiwan_front >= 1, else -1 (repelled; an armistice leaves things as they were)
        taiwan_status = 2: at taiwan_front >= 1 Taiwan yields: taiwan_status' = 0, taiwan_resolved' = 1;
            at taiwan_front <= -1 the blockade is broken: taiwan_status' = 0, and Beijing may try again
        taiwan_front' = 0 where it ends, so that the next fight begins at its beginning
    """
    at_war = taiwan_status == 3.0
    won = taiwan_front >= 1.0
    decided = won or taiwan_front <= -1.0
    ends = at_war and (decided or u_taiwan_war_ends < war_end_rate)
    blockade_ends = taiwan_status == 2.0 and decided
    months = taiwan_war_months + 1.0 if at_war else taiwan_war_months
    yielded = 1.0 if blockade_ends and won else taiwan_resolved
    result = 1.0 if won else -1.0
    over = ends or blockade_ends
    return 0.0 if over else taiwan_status, 0.0 if over else taiwan_front, months, result if ends else yielded


def korea_war_month(korea_status, korea_front, korea_war_months, korea_resolved, war_end_rate, u_korea_war_ends):
    """A month of war in Korea: it ends by a decision or an armistice.

        korea_status = 3: korea_war_months' = korea_war_months + 1; it ends if korea_front >= 1 or <= -1, or if
            u_korea_war_ends < war_end_rate: korea_status' = 0, and korea_resolved' = 1 (Pyongyang prevails) if
            korea_front >= 1, else -1 (repelled; an armistice leaves things as they were); korea_front' = 0
    """
    at_war = korea_status == 3.0
    ends = at_war and (korea_front >= 1.0 or korea_front <= -1.0 or u_korea_war_ends < war_end_rate)
    months = korea_war_months + 1.0 if at_war else korea_war_months
    result = 1.0 if korea_front >= 1.0 else -1.0
    return 0.0 if ends else korea_status, 0.0 if ends else korea_front, months, result if ends else korea_resolved


def nuclear_rung(
    taiwan_status, korea_status, us_in, us_in_korea, russia_in, china_in_korea, technology, survivability,
    beijing_win_prob, pyongyang_win_prob, nuclear_used, nuclear_rate, nuclear_parties_effect, nuclear_losing_effect,
    nuclear_caution, nuclear_technology, use_or_lose, u_taiwan_nuclear, u_korea_nuclear,
):
    """Does a war climb to nuclear use this month?

        Strait: parties = 1 + us_in + russia_in ;  losing = 1 - beijing_win_prob ;  other = us_in ;  lose = 0
        Korea:  parties = 1 + us_in_korea + russia_in + china_in_korea ;  losing = 1 - pyongyang_win_prob ;
                other = us_in_korea ;  lose = 1 - survivability
        p = [ nuclear_rate exp( nuclear_parties_effect (parties - 2) + nuclear_losing_effect losing
                                - nuclear_caution other + use_or_lose lose ) ]
            in Korea times, outside the bracket, [ technology / nuclear_technology ]
        p_Strait = 0 unless taiwan_status = 3 ;  p_Korea = 0 unless korea_status = 3
        nuclear_prob = 1 - (1 - p_Strait) (1 - p_Korea)
        nuclear_now = 1 if u_taiwan_nuclear < p_Strait or u_korea_nuclear < p_Korea, else 0
        nuclear_used' = 1 if nuclear_now, else nuclear_used

    ``nuclear_parties_effect`` may be negative (nuclear caution); the side that is losing climbs, restrained by the
    other's survivable force, hurried by the want of its own. Claim C14; Schelling 1966; Waltz 1981.
    """
    taiwan_prob = unit(
        nuclear_rate
        * exp(
            nuclear_parties_effect * ((1.0 + (us_in + russia_in)) - 2.0)
            + (nuclear_losing_effect * (1.0 - beijing_win_prob) - nuclear_caution * us_in)
        )
    )
    korea_prob = unit(
        nuclear_rate
        * exp(
            nuclear_parties_effect * ((1.0 + us_in_korea) + (russia_in + china_in_korea) - 2.0)
            + (
                (nuclear_losing_effect * (1.0 - pyongyang_win_prob) - nuclear_caution * us_in_korea)
                + use_or_lose * (1.0 - survivability)
            )
        )
    ) * unit(technology / nuclear_technology)
    taiwan_prob = taiwan_prob if taiwan_status == 3.0 else 0.0
    korea_prob = korea_prob if korea_status == 3.0 else 0.0
    now = 1.0 if u_taiwan_nuclear < taiwan_prob or u_korea_nuclear < korea_prob else 0.0
    return 1.0 - (1.0 - taiwan_prob) * (1.0 - korea_prob), now, 1.0 if now > 0.0 else nuclear_used


def realised_help(help_realised, taiwan_status, russia_in, north_korea_in, iran_in):
    """The largest share of the three partners that stood by Beijing in its war, so far.

        share = (russia_in + north_korea_in + iran_in) / 3
        help_realised' = share if taiwan_status = 3 and share > help_realised, else help_realised
    """
    share = (russia_in + (north_korea_in + iran_in)) / 3.0
    return share if taiwan_status == 3.0 and share > help_realised else help_realised
