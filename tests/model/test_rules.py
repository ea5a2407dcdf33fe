"""What each rule must do whatever its coefficients: the claims of the rules themselves, on the real functions."""

import ast
import inspect
import itertools
import math

import numpy as np
import pytest
from conftest import ROOT, random_policy, random_world
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crink_abm.model.rules import (
    allies,
    building_blocks,
    china,
    iran,
    monitors,
    north_korea,
    russia,
    united_states,
    world,
    xi,
)
from crink_abm.model.schedule import steps

unit = st.floats(0.0, 1.0)
utility = st.floats(-3.0, 3.0)


@given(utility, utility, utility, utility, st.floats(0.0, 10.0))
def test_quantal_response_is_a_distribution(a, b, c, d, precision):
    probs = building_blocks.quantal(a, b, c, d, precision)
    assert sum(probs) == pytest.approx(1.0)
    assert all(0.0 <= p <= 1.0 for p in probs)


def test_quantal_response_becomes_best_response():
    """Known limit: at precision 0 all options are alike; as it grows, the best one is taken (McKelvey and Palfrey)."""
    assert building_blocks.quantal(0.3, 0.1, 0.2, -1.0, 0.0) == (0.25, 0.25, 0.25, 0.25)
    assert building_blocks.quantal(0.3, 0.1, 0.2, -1.0, 2000.0)[0] == pytest.approx(1.0)


def test_higher_utility_is_never_chosen_less():
    low = building_blocks.quantal(0.1, 0.2, 0.3, 0.4, 5.0)
    high = building_blocks.quantal(0.1, 0.2, 0.3, 0.5, 5.0)
    assert high[3] > low[3]
    assert high[0] < low[0]


@given(utility, utility, utility, utility, utility, unit, unit, unit, st.floats(0.0, 10.0))
def test_satisficing_is_a_distribution(aspiration, wait, low, middle, high, a, b, c, precision):
    probs = building_blocks.satisfice(aspiration, wait, low, middle, high, a - 0.5, b - 0.5, c - 0.5, precision)
    assert sum(probs) == pytest.approx(1.0)
    assert all(-1e-15 <= p <= 1.0 for p in probs)


def test_a_satisficer_takes_the_highest_rung_that_passes_both_tests():
    """Known limit: with no noise he waits if content; else the highest rung both sure enough and worth enough."""

    def rung(wait, worth, sure):
        return int(np.argmax(building_blocks.satisfice(0.2, wait, *worth, *sure, 500.0)))

    assert rung(0.5, (1.0, 1.0, 1.0), (0.2, 0.2, 0.2)) == 0
    assert rung(0.0, (1.0, 1.0, 1.0), (0.2, 0.2, 0.2)) == 3
    assert rung(0.0, (1.0, 1.0, 1.0), (0.2, 0.2, -0.2)) == 2  # war is not sure enough
    assert rung(0.0, (1.0, 0.0, 1.0), (0.2, 0.2, -0.2)) == 1  # and the middle rung is not worth it
    assert rung(0.0, (0.0, 0.0, 0.0), (0.2, 0.2, 0.2)) == 0


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.floats(0.5, 5))
def test_contest_is_fair_and_symmetric(attacker, defender, m):
    p = building_blocks.contest(attacker, defender, m, 0.0)
    assert p + building_blocks.contest(defender, attacker, m, 0.0) == pytest.approx(1.0)
    assert p == pytest.approx(attacker**m / (attacker**m + defender**m))


def test_lottery_reduces_to_expected_utility_where_the_theories_agree():
    """With no curvature, loss aversion or weighting, prospect theory is expected utility."""
    eu = building_blocks.lottery(0.3, 1.0, -2.0, 0.1, 0.0, 0.88, 2.0, 0.6)
    pt = building_blocks.lottery(0.3, 1.0, -2.0, 0.1, 1.0, 1.0, 1.0, 1.0)
    assert eu == pytest.approx(0.3 * 0.9 + 0.7 * -2.1)
    assert pt == pytest.approx(eu)


@pytest.mark.parametrize(("win", "lose"), [(1.0, 0.5), (-0.5, -1.0), (1.0, -1.0)])
def test_prospect_theory_by_hand(win, lose):
    """Cumulative prospect theory in its three cases against the definition in plain powers."""
    p, alpha, lam, gamma = 0.3, 0.88, 2.0, 0.6

    def w(q):
        return q**gamma / (q**gamma + (1 - q) ** gamma) ** (1 / gamma)

    def v(x):
        return x**alpha if x >= 0 else -lam * (-x) ** alpha

    if lose >= 0:
        expected = w(p) * v(win) + (1 - w(p)) * v(lose)
    elif win <= 0:
        expected = (1 - w(1 - p)) * v(win) + w(1 - p) * v(lose)
    else:
        expected = w(p) * v(win) + w(1 - p) * v(lose)
    assert building_blocks.lottery(p, win, lose, 0.0, 1.0, alpha, lam, gamma) == pytest.approx(expected, rel=1e-13)


def test_losses_make_a_leader_accept_risk():
    """Claim C05's counter: below the reference point a gamble is preferred to its mean, above it the mean is."""

    def premium(reference):
        gamble = building_blocks.lottery(0.5, 1.0, 0.0, reference, 1.0, 0.7, 2.0, 1.0)
        return gamble - building_blocks.sure(0.5, reference, 1.0, 0.7, 2.0)

    assert premium(2.0) > 0 > premium(-1.0)


def test_binomial_inversion_matches_scipy():
    from scipy import stats

    for p_target in (0.05, 0.4, 0.9):
        flow = p_target / 0.99
        for u in np.random.default_rng(1).random(500).tolist():
            n = monitors.detections(flow, 0.0, 1.0, 0.0, u)
            assert n == stats.binom(8, 0.99 * flow).ppf(u)


def test_fearons_bargaining_range():
    """Known limit: with a certain contest and best response, Xi attacks exactly when p - c exceeds the status quo.

    The range [p - c_A, p + c_D] holds every division both sides prefer to war (Fearon 1995): an attacker whose
    share q lies inside does not attack.
    """
    base = dict(
        taiwan_episode=1.0, win_blockade=0.0, us_enters_blockade=0.0, us_enters_invasion=0.0, cost_posture=0.0, cost_sea=0.0, cost_coordination=0.0, cost_japan=0.0,
        cost_sanctions=0.0, cost_nuclear=0.0, xi_stakes=1.0, xi_costs=1.0, win_grey=0.0, xi_profile=0.0, xi_theory=0.0, grievance=0.0, profile_gap=0.0,
        xi_reference=0.0, audience_cost=0.0, grey_stake=0.0, blockade_stake=0.0, fixed_cost_grey=10.0,
        fixed_cost_blockade=10.0, loss_invasion=0.0, blockade_share=0.0, curvature=1.0, loss_aversion=1.0, weighting=1.0,
    )  # fmt: skip
    for p in (0.3, 0.6, 0.9):
        for cost in (0.05, 0.2):
            for q in np.linspace(0.0, 1.0, 21):
                if abs(q - (p - cost)) < 1e-9:
                    continue
                u = xi.utilities(value_wait=float(q), win_invasion=p, fixed_cost_invasion=cost, **base)
                invade = building_blocks.quantal(*u, 5000.0)[3] > 0.5
                assert invade == (p - cost > q)


def test_richardsons_stability_condition():
    """Known limit: the real pair of arming rules, other paths off, settles if and only if a b > k l."""

    def final(k, fatigue_a, reaction_l, fatigue_b):
        x, y = 0.1, 0.1
        for _ in range(4000):
            x, y = (
                china.arming(x, y, 0.5, k, fatigue_a, 0.0),
                allies.allied_arming(y, x, 0.0, reaction_l, fatigue_b, 0.0),
            )
        return abs(x) + abs(y)

    assert final(0.03, 0.06, 0.05, 0.06) < 1e-6
    assert final(0.06, 0.05, 0.06, 0.05) > 1e6


def test_the_primary_theatre_is_guarded_first():
    """Zagare's two-against-one: the theatre worth more draws more attention; equal value and threat share it."""
    more, less = united_states.attention(1.0, 0.5, 0.5, 1.2, 0.6, 0.5, 0.4, 1.0, 0.0, 0.0)
    assert more > less
    even = united_states.attention(1.0, 0.5, 0.5, 1.0, 1.0, 0.5, 0.4, 1.0, 0.0, 0.0)
    assert even[0] == even[1] == 0.5


def test_a_threat_in_one_theatre_draws_attention_from_the_other():
    calm = united_states.attention(1.0, 0.5, 0.5, 1.0, 0.7, 0.5, 0.4, 0.5, 0.3, 0.1)
    korea = united_states.attention(1.0, 0.5, 2.5, 1.0, 0.7, 0.5, 0.4, 0.5, 0.3, 0.1)
    assert korea[0] < calm[0]
    assert korea[1] > calm[1]


@given(unit, unit, unit, unit, unit, unit)
def test_every_imposed_cost_lowers_the_utility_of_force(posture, sea, coord, japan, sanctions, win):
    rng = np.random.default_rng(0)
    drawn = random_world(rng) | {"xi_theory": 0.0}
    reads = {s.name: s for s in steps()}["xi.utilities"].reads
    inputs = {name: drawn.get(name, 0.4) for name in reads} | {"win_invasion": win, "taiwan_episode": 1.0}
    none = inputs | dict.fromkeys(
        ("cost_posture", "cost_sea", "cost_coordination", "cost_japan", "cost_sanctions"), 0.0
    )
    some = none | {
        "cost_posture": posture,
        "cost_sea": sea,
        "cost_coordination": coord,
        "cost_japan": japan,
        "cost_sanctions": sanctions,
    }
    before, after = xi.utilities(**none), xi.utilities(**some)
    assert after[3] <= before[3]
    assert after[0] == before[0]


def test_exposure_can_harden_the_tie():
    """Claim C23 and its counter are one parameter's two signs."""

    def step(omega):
        return russia.trust(0.5, 0.5, 0.8, 0.3, 0.5, 0.2, 0.4, 0.4, omega, 0.1, 0.1, 0.1)

    assert step(0.4) < step(0.0) < step(-0.2)


def test_a_settlement_shrinks_need_to_the_share_that_persists():
    need = 0.8
    for _ in range(500):
        need = russia.need(need, 0.0, 1.0, 0.3, 0.1)
    assert need == pytest.approx(0.3)
    for _ in range(500):
        need = russia.need(need, 0.0, 0.0, 0.3, 0.1)
    assert need == pytest.approx(0.0)  # before the war there is no tie to persist


def test_beijings_profit_takes_nothing_from_engagement_and_gives_it_nothing():
    """Claim C25's counter: that Beijing profits from distraction is no credit to engagement."""

    def gain(profit):
        return north_korea.restraint(1.0, 0.3, 0.4, profit) - north_korea.restraint(0.0, 0.3, 0.4, profit)

    assert gain(0.3) == pytest.approx(gain(0.0))
    assert north_korea.restraint(1.0, 0.3, -0.2, 0.0) < north_korea.restraint(0.0, 0.3, -0.2, 0.0)


def test_an_answered_attack_is_no_silence():
    """Washington's answer to a limited attack is evidence for its commitment, and none against is taken away."""
    answered = united_states.responds(0.0, 2.0, 1.0, 1.0, 0.9, 0.1)
    unanswered = united_states.responds(1.0, 0.0, 0.5, 0.2, 0.6, 0.99)
    assert answered == (1.0, 0.0)
    assert unanswered == (0.0, 1.0)
    assert united_states.responds(0.0, 1.0, 1.0, 1.0, 0.9, 0.1) == (0.0, 0.0)


def test_drivers_override_the_model():
    assert russia.war_in_ukraine(0.0, 0.5, 1.0, 0.9) == 1.0
    assert russia.war_in_ukraine(1.0, 0.5, -1.0, 0.4) == 0.0
    assert united_states.crisis_elsewhere(1.0, 0.3, 0.1, 10.0, 1.0, 0.0, 0.99) == 0.0


REGIME = dict(
    test_backlog=0.02, technology_gain=0.001, testing_pressure=0.0, diplomatic_offramp=0.0, quiet_rate=0.2, campaign_rate=1.5,
    campaign_begin=-2.0, campaign_end=-2.0, moratorium_speed=0.5,
)  # fmt: skip


def regimes(was, n=4000, **changed):
    """Shares of quiet, campaign and moratorium a month after ``was``."""
    u = (np.arange(n) + 0.5) / n
    now = [north_korea.testing_regime(was, **(REGIME | changed), u_testing_regime=x)[1] for x in u.tolist()]
    return np.bincount(np.array(now, int), minlength=3) / n


def test_talks_open_a_moratorium_and_their_failure_begins_a_campaign():
    assert regimes(0.0)[2] == regimes(1.0)[2] == 0.0  # no offer, no moratorium
    assert regimes(1.0, diplomatic_offramp=1.0)[2] == pytest.approx(0.5, abs=1e-3)
    assert regimes(0.0, diplomatic_offramp=0.2)[2] == pytest.approx(0.5 * 0.04, abs=1e-3)  # it takes two
    assert regimes(2.0, diplomatic_offramp=1.0)[2] == 1.0  # it lasts while talks last
    assert regimes(2.0) == pytest.approx([0.0, 0.5, 0.5], abs=1e-3)
    assert regimes(2.0, diplomatic_offramp=0.6)[1] == pytest.approx(0.2, abs=1e-3)  # it takes one to break it


def test_what_presses_for_a_campaign_begins_it_and_keeps_it_going():
    calm, pressed = regimes(0.0), regimes(0.0, testing_pressure=1.0)
    assert calm[1] == pytest.approx(1 / (1 + math.exp(2)), abs=1e-3)
    assert pressed[1] == pytest.approx(1 / (1 + math.exp(1)), abs=1e-3)
    assert regimes(1.0, testing_pressure=1.0)[1] > regimes(1.0)[1]

    def pressure(**changed):
        still = dict(test_backlog=0.0, exercise_activity=0.0, china_restraint=0.0, driver_borders=0.0, campaign_backlog=20.0,
                     campaign_exercise=0.5, campaign_borders=0.7)  # fmt: skip
        return north_korea.testing_pressure(**(still | changed))

    assert pressure() == 0.0
    assert pressure(test_backlog=0.1) == pytest.approx(2.0)
    assert pressure(exercise_activity=1.0) == pytest.approx(0.5)
    assert pressure(driver_borders=1.0) == pytest.approx(-0.7)
    assert pressure(china_restraint=0.3) == pytest.approx(-0.3)


def test_a_campaign_works_off_the_backlog_and_nothing_else_does():
    def left(was, u):
        return north_korea.testing_regime(was, **REGIME, u_testing_regime=u)

    rate, now, backlog = left(1.0, 0.999)
    assert (rate, now) == (1.5, 1.0)
    assert backlog == pytest.approx(0.021 * (1 - 1 / (1 + math.exp(2))))
    rate, now, backlog = left(0.0, 0.999)
    assert (rate, now, backlog) == (0.2, 0.0, 0.021)
    assert left(2.0, 0.999)[:2] == (0.0, 2.0)


def test_a_start_that_is_not_settled_is_a_mixture():
    """The first month from a chance of 0.3 is that of 0.3 campaign and 0.7 quiet, by the same single draw."""
    mixed = 0.3 * regimes(1.0, diplomatic_offramp=0.5) + 0.7 * regimes(0.0, diplomatic_offramp=0.5)
    assert regimes(0.3, diplomatic_offramp=0.5) == pytest.approx(mixed, abs=2e-3)


def test_launch_days_follow_the_cut_poisson_law():
    n, rate = 20_000, 2.5
    u = ((np.arange(n) + 0.5) / n).tolist()
    prob, happens, days, memory = np.array([north_korea.provocation(rate, 0.4, 0.6, x) for x in u]).T
    expected = stats.poisson.pmf(np.arange(9), rate)
    expected[8] = stats.poisson.sf(7, rate)
    assert np.bincount(days.astype(int), minlength=9) / n == pytest.approx(expected, abs=2e-4)
    assert prob[0] == pytest.approx(1 - math.exp(-rate))
    assert np.array_equal(happens, days > 0)
    assert np.allclose(memory, 0.24 + 0.4 * happens)
    assert not any(north_korea.provocation(0.0, 0.4, 0.6, x)[2] for x in u[::100])  # a moratorium is one


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31))
def test_every_rule_stays_finite_over_the_full_ranges(seed):
    """Rules never overflow, divide by zero or leave probabilities outside [0, 1] on inputs within their units."""
    rng = np.random.default_rng(seed)
    drawn, policy = random_world(rng), random_policy(rng)
    for step in steps():
        inputs = []
        for name in step.reads:
            if name in drawn:
                inputs.append(drawn[name])
            elif name in policy:
                inputs.append(policy[name])
            elif name.endswith(("_status", "_episode")):
                inputs.append(float(rng.integers(4)))
            else:
                inputs.append(rng.uniform(0.01, 0.99))
        out = step.rule(*inputs)
        out = out if isinstance(out, tuple) else (out,)
        assert len(out) == len(step.writes)
        for name, value in zip(step.writes, out, strict=True):
            assert math.isfinite(value), (step.name, name)
            if name.startswith(("prob_", "win_")) or name.endswith("_prob"):
                assert -1e-12 <= value <= 1.0 + 1e-12, (step.name, name)


JOINS = {
    "japan_in": (allies.japan_enters, "u_japan_enters"),
    "china_in_korea": (china.joins_korea, "u_china_joins"),
    "iran_in": (iran.joins, "u_iran_joins"),
    "north_korea_in": (north_korea.joins, "u_north_korea_joins"),
    "russia_in": (russia.joins, "u_russia_joins"),
    "us_in": (united_states.enters, "u_us_enters"),
    "us_in_korea": (united_states.joins_korea, "u_us_joins_korea"),
}


@pytest.mark.parametrize("member", JOINS)
def test_a_join_is_logistic_in_reliability_and_lasts_as_long_as_the_war(member):
    """Whoever it is: nobody joins without a war, more reliable partners join more, and who is in stays in."""
    rule, draw = JOINS[member]
    reads = list(inspect.signature(rule).parameters)
    inputs = dict.fromkeys(reads, 0.5)
    inputs |= {
        k: v
        for k, v in {"month": 9.0, "korea_last_force": 8.0, "us_in": 1.0, "coordination": 1.0}.items()
        if k in reads
    }
    status = [name for name in reads if name.endswith("_status")]
    reliability = next(name for name in reads if name.endswith("_reliability"))

    def goes(u, war=3.0, inside=0.0, **changed):
        told = rule(**(inputs | dict.fromkeys(status, war) | {member: inside, draw: u} | changed))
        return told[-1] if isinstance(told, tuple) else told  # Russia's tells its odds first

    us = np.linspace(0.001, 0.999, 400)
    share = [np.mean([goes(u, **{reliability: x}) for u in us]) for x in (-3.0, 0.0, 3.0)]
    assert share[0] < share[1] < share[2] <= 0.5 + 0.01  # the speed is one half
    assert goes(0.0, war=0.0, inside=1.0) == 0.0
    assert goes(0.999, inside=1.0) == 1.0


def test_only_a_korean_front_opened_during_the_war_is_help_to_beijing():
    reads = inspect.signature(north_korea.joins).parameters
    base = dict.fromkeys(reads, 0.0) | {"taiwan_status": 3.0, "korea_status": 2.0, "month": 20.0,
                                           "north_korea_reliability": -9.0, "u_north_korea_joins": 0.9}  # fmt: skip
    assert north_korea.joins(**(base | {"korea_last_force": -1.0})) == 1.0
    assert north_korea.joins(**(base | {"korea_last_force": 5.0})) == 1.0
    assert north_korea.joins(**(base | {"korea_last_force": 19.0})) == 0.0


def test_a_blockade_can_succeed_and_can_be_broken():
    """A month's fighting moves the front; at the ends Taiwan yields, or the blockade is over and may be tried again."""
    front = 0.0
    for _ in range(3):
        front = world.taiwan_front(front, 2.0, 0.9, 0.4, 1.0, 0.5)
    assert front > 1.0
    assert world.taiwan_war_month(2.0, front, 0.0, 0.0, 0.1, 0.9) == (0.0, 0.0, 0.0, 1.0)
    assert world.taiwan_war_month(2.0, -front, 0.0, 0.0, 0.1, 0.9) == (0.0, 0.0, 0.0, 0.0)
    assert world.taiwan_war_month(2.0, 0.4, 0.0, 0.0, 0.1, 0.9) == (2.0, 0.4, 0.0, 0.0)


def test_a_war_ends_by_decision_or_by_armistice():
    """An armistice leaves things as they were, whoever is ahead."""
    assert world.taiwan_war_month(3.0, -1.1, 4.0, 0.0, 0.1, 0.9) == (0.0, 0.0, 5.0, -1.0)
    assert world.taiwan_war_month(3.0, 0.4, 4.0, 0.0, 0.1, 0.05) == (0.0, 0.0, 5.0, -1.0)
    assert world.taiwan_war_month(3.0, 0.4, 4.0, 0.0, 0.1, 0.9) == (3.0, 0.4, 5.0, 0.0)
    assert world.korea_war_month(3.0, 1.0, 0.0, 0.0, 0.1, 0.9) == (0.0, 0.0, 1.0, 1.0)
    assert world.korea_front(0.2, 3.0, 0.3, 0.25, 0.9) == pytest.approx(-0.05)


def test_who_enters_changes_the_balance():
    reads = inspect.signature(world.taiwan_balance).parameters
    base = dict.fromkeys(reads, 0.5) | {"taiwan_status": 3.0, "us_in": 0.0, "japan_in": 0.0, "russia_in": 0.0,
                                           "north_korea_in": 0.0, "iran_in": 0.0, "decisiveness": 3.0}  # fmt: skip
    alone = world.taiwan_balance(**base)
    assert world.taiwan_balance(**(base | {"us_in": 1.0, "japan_in": 1.0})) < alone
    assert world.taiwan_balance(**(base | {"russia_in": 1.0})) > alone
    reads = inspect.signature(world.korea_balance).parameters
    base = dict.fromkeys(reads, 0.5) | {
        "us_in_korea": 0.0,
        "china_in_korea": 0.0,
        "russia_in": 0.0,
        "decisiveness": 3.0,
    }
    alone = world.korea_balance(**base)
    assert (
        world.korea_balance(**(base | {"us_in_korea": 1.0}))
        < alone
        < world.korea_balance(**(base | {"china_in_korea": 1.0}))
    )


def test_the_loser_climbs():
    """Nuclear use grows as the side that may climb is losing, in both theatres."""
    reads = inspect.signature(world.nuclear_rung).parameters
    base = dict.fromkeys(reads, 0.5) | {"nuclear_rate": 0.01}
    for status, winning in (("taiwan_status", "beijing_win_prob"), ("korea_status", "pyongyang_win_prob")):
        war = base | {"taiwan_status": 0.0, "korea_status": 0.0, status: 3.0}
        assert world.nuclear_rung(**(war | {winning: 0.1}))[0] > world.nuclear_rung(**(war | {winning: 0.9}))[0] > 0.0


@given(st.sampled_from([0.0, 1.0, 2.0, 3.0]), unit, unit, unit, unit)
def test_a_crisis_is_decided_on_only_while_it_lasts(status, onset, settle, decision, u):
    episode, decides = building_blocks.crisis_month(status, onset, settle, decision, 0.3, 0.0, u)
    assert decides <= (1.0 if episode in (1.0, 2.0) else 0.0)
    assert building_blocks.crisis_month(status, onset, settle, decision, 0.3, 1.0, u)[1] == 0.0
    if status == 3.0:
        assert (episode, decides) == (3.0, 0.0)


def test_a_crisis_comes_to_a_head_in_its_share_of_months():
    us = (np.arange(20_000) + 0.5) / 20_000
    for status, onset, share in ((0.0, 0.3, 0.25), (1.0, 0.0, 0.25), (2.0, 0.0, 0.4)):
        found = np.array([building_blocks.crisis_month(status, onset, 0.1, 0.25, 0.4, 0.0, u) for u in us])
        assert found[:, 1].sum() / (found[:, 0] >= 1).sum() == pytest.approx(share, abs=1e-3)


def test_limited_force_goes_on_until_it_is_reviewed_or_settled():
    """A blockade is no matter of one month: its mean length without reviews is that of its settlement."""
    rng = np.random.default_rng(3)
    months = []
    for _ in range(2000):
        status, count = 2.0, 0
        while status == 2.0:
            status, decides = building_blocks.crisis_month(2.0, 0.0, 0.1, 0.9, 0.0, 0.0, rng.random())
            assert decides == 0.0
            count += 1
        months.append(count)
    assert abs(np.mean(months) - 10) < 4 * np.sqrt(90 / 2000)


def test_rules_hold_no_coefficient_of_their_own():
    """Only 0, 1, 2, 3 (codes and counts), 1/2 (means and centres) and named constants; the ratios of binomial and Poisson apart."""
    allowed = {0.0, 0.5, 1.0, 2.0, 3.0}
    exempt = {
        "detections": {8.0, 7.0, 3.5, 1.25, 0.8},
        "rung": {5.0, 6.0},
        "provocation": {4.0, 5.0, 6.0, 7.0},  # k of k!
    }
    found = []
    for path in sorted((ROOT / "crink_abm" / "model" / "rules").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                numbers = {
                    n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, float)
                }
                found += [(path.name, function.name, x) for x in numbers - allowed - exempt.get(function.name, set())]
    assert found == []


def test_washington_joins_more_readily_where_it_looks():
    """Attention counts up to ``attention_full``, in the readiness to fight for Taiwan and in Korea alike."""
    taiwan = {s.name: s for s in steps()}["united_states.enters"].reads
    korea = {s.name: s for s in steps()}["united_states.joins_korea"].reads
    base = {"us_reliability": 0.0, "us_interest": 0.0, "us_join_cost": 2.0, "enter_speed": 1.0, "us_will": 0.5,
            "tripwire": 0.0, "decoupling": 0.0, "us_in": 0.0, "us_in_korea": 0.0, "attention_full": 0.5}  # fmt: skip

    def share(rule, reads, draw, **given):
        us = (np.arange(1000) + 0.5) / 1000
        return np.mean([rule(**(dict.fromkeys(reads, 1.0) | base_of(reads) | given | {draw: u})) for u in us])

    def base_of(reads):
        return {name: value for name, value in base.items() if name in reads}

    for rule, reads, draw, status, attention in (
        (united_states.enters, taiwan, "u_us_enters", "taiwan_status", "attention_taiwan"),
        (united_states.joins_korea, korea, "u_us_joins_korea", "korea_status", "attention_korea"),
    ):
        found = [share(rule, reads, draw, **{status: 3.0, attention: a}) for a in (0.0, 0.25, 0.5, 0.9)]
        assert found == pytest.approx([1 / (1 + np.exp(2 * (1 - x))) for x in (0.0, 0.5, 1.0, 1.0)], abs=2e-3)


@pytest.mark.parametrize(("taiwan_last", "korea_last"), [(-1, -1), (-1, 8), (8, -1), (-1, 7), (7, -1), (19, 7)])
def test_the_luck_of_a_second_front_is_the_event_less_its_odds(taiwan_last, korea_last):
    """All choices of Xi and then Kim in month 20, every way the wars may have stood: whoever makes two fronts, only his odds count.

    Where Xi has just made them, Kim's choice that month makes nothing, and its odds are no part of the luck.
    """
    from crink_abm.model.rules import residuals

    month, window, xi_odds, kim_odds = 20.0, 12.0, (0.6, 0.1, 0.2, 0.1), (0.3, 0.3, 0.25, 0.15)
    taiwan_near, korea_near = (last >= 0 and month - last <= window for last in (taiwan_last, korea_last))
    mean = 0.0
    for (his, p), (theirs, q) in itertools.product(enumerate(xi_odds), enumerate(kim_odds)):
        first = dict(first_blockade=-1.0, first_invasion=-1.0, first_korea_attack=-1.0, first_korea_war=-1.0)
        last = dict(first_two_front=-1.0, korea_last_force=float(korea_last), month=month)
        zero = dict.fromkeys(("blockade", "invasion", "taiwan", "taiwan_first", "taiwan_second", "attack", "war", "korea",
                              "korea_first", "korea_second"), 0.0)  # fmt: skip
        zero = {f"residual_{name}": value for name, value in zero.items()}
        both = first | last | zero | dict(xi_choice=float(his), kim_choice=float(theirs))
        odds = dict(prob_blockade=xi_odds[2], prob_invasion=xi_odds[3], prob_attack=kim_odds[2], prob_war=kim_odds[3])
        status = dict(taiwan_status=float(his) if his >= 2 else 0.0, taiwan_last_force=float(taiwan_last))
        given = both | odds | status
        made = [
            rule(*(given[name] for name in inspect.signature(rule).parameters))
            for rule in (residuals.taiwan, residuals.korea)
        ]
        total = made[0][4] + made[1][4]
        by_xi = his >= 2 and korea_near
        could_kim = not by_xi and (his >= 2 or taiwan_near)
        by_kim = could_kim and theirs >= 2
        said = (0.3 if korea_near else 0.0) + (0.4 if could_kim else 0.0)
        assert total == pytest.approx(float(by_xi or by_kim) - said)
        mean += p * q * total
    assert mean == pytest.approx(0.0)
