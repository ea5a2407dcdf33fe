"""What each rule must do whatever its coefficients: the claims of the rules themselves, on the real functions."""

import math

import numpy as np
import pytest
from conftest import random_policy, random_world
from hypothesis import given, settings
from hypothesis import strategies as st

from crink_abm.rules import allies, china, common, iran, monitors, north_korea, russia, united_states, xi
from crink_abm.transition import steps

unit = st.floats(0.0, 1.0)
utility = st.floats(-3.0, 3.0)


@given(utility, utility, utility, utility, st.floats(0.0, 10.0))
def test_quantal_response_is_a_distribution(a, b, c, d, precision):
    probs = common.quantal(a, b, c, d, precision)
    assert sum(probs) == pytest.approx(1.0)
    assert all(0.0 <= p <= 1.0 for p in probs)


def test_quantal_response_becomes_best_response():
    """Known limit: at precision 0 all options are alike; as it grows, the best one is taken (McKelvey and Palfrey)."""
    assert common.quantal(0.3, 0.1, 0.2, -1.0, 0.0) == (0.25, 0.25, 0.25, 0.25)
    assert common.quantal(0.3, 0.1, 0.2, -1.0, 2000.0)[0] == pytest.approx(1.0)


def test_higher_utility_is_never_chosen_less():
    low = common.quantal(0.1, 0.2, 0.3, 0.4, 5.0)
    high = common.quantal(0.1, 0.2, 0.3, 0.5, 5.0)
    assert high[3] > low[3]
    assert high[0] < low[0]


@given(unit, unit, unit, unit, st.floats(0.0, 10.0))
def test_satisficing_is_a_distribution(d, a, b, c, precision):
    probs = common.satisfice(d, a - 0.5, b - 0.5, c - 0.5, precision)
    assert sum(probs) == pytest.approx(1.0)
    assert all(-1e-15 <= p <= 1.0 for p in probs)


def test_a_content_satisficer_waits():
    assert common.satisfice(-1.0, 1.0, 1.0, 1.0, 200.0)[0] == pytest.approx(1.0)
    assert common.satisfice(1.0, -1.0, 1.0, 1.0, 200.0)[2] == pytest.approx(1.0)


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.floats(0.5, 5))
def test_contest_is_fair_and_symmetric(attacker, defender, m):
    p = common.contest(attacker, defender, m)
    assert p + common.contest(defender, attacker, m) == pytest.approx(1.0)
    assert p == pytest.approx(attacker**m / (attacker**m + defender**m))


def test_lottery_reduces_to_expected_utility_where_the_theories_agree():
    """With no curvature, loss aversion or weighting, prospect theory is expected utility."""
    eu = common.lottery(0.3, 1.0, -2.0, 0.1, 0.0, 0.88, 2.0, 0.6)
    pt = common.lottery(0.3, 1.0, -2.0, 0.1, 1.0, 1.0, 1.0, 1.0)
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
    assert common.lottery(p, win, lose, 0.0, 1.0, alpha, lam, gamma) == pytest.approx(expected, rel=1e-13)


def test_losses_make_a_leader_accept_risk():
    """Claim C05's counter: below the reference point a gamble is preferred to its mean, above it the mean is."""

    def premium(reference):
        gamble = common.lottery(0.5, 1.0, 0.0, reference, 1.0, 0.7, 2.0, 1.0)
        return gamble - common.sure(0.5, reference, 1.0, 0.7, 2.0)

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
        taiwan_episode=1.0, win_blockade=0.0, cost_posture=0.0, cost_sea=0.0, cost_coordination=0.0, cost_japan=0.0,
        cost_sanctions=0.0, xi_expected_help=0.0, win_grey=0.0, xi_profile=0.0, xi_theory=0.0, grievance=0.0, profile_gap=0.0,
        xi_reference=0.0, help_value=0.0, audience_cost=0.0, grey_stake=0.0, blockade_stake=0.0, fixed_cost_grey=10.0,
        fixed_cost_blockade=10.0, loss_invasion=0.0, blockade_share=0.0, curvature=1.0, loss_aversion=1.0, weighting=1.0,
    )  # fmt: skip
    for p in (0.3, 0.6, 0.9):
        for cost in (0.05, 0.2):
            for q in np.linspace(0.0, 1.0, 21):
                if abs(q - (p - cost)) < 1e-9:
                    continue
                u = xi.utilities(value_wait=float(q), win_invasion=p, fixed_cost_invasion=cost, **base)
                invade = common.quantal(*u, 5000.0)[3] > 0.5
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
    more, less = united_states.attention(1.0, 0.5, 0.5, 1.2, 0.6, 0.5, 1.0, 0.0)
    assert more > less
    even = united_states.attention(1.0, 0.5, 0.5, 1.0, 1.0, 0.5, 1.0, 0.0)
    assert even[0] == even[1] == 0.5


def test_a_threat_in_one_theatre_draws_attention_from_the_other():
    calm = united_states.attention(1.0, 0.5, 0.5, 1.0, 0.7, 0.5, 0.5, 0.3)
    korea = united_states.attention(1.0, 0.5, 2.5, 1.0, 0.7, 0.5, 0.5, 0.3)
    assert korea[0] < calm[0]
    assert korea[1] > calm[1]


@given(unit, unit, unit, unit, unit, unit)
def test_every_imposed_cost_lowers_the_utility_of_force(posture, sea, coord, japan, sanctions, win):
    rng = np.random.default_rng(0)
    world = random_world(rng) | {"xi_theory": 0.0}
    reads = {s.name: s for s in steps()}["xi.utilities"].reads
    inputs = {name: world.get(name, 0.4) for name in reads} | {"win_invasion": win, "taiwan_episode": 1.0}
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
        need = russia.need(need, 0.0, 0.8, 0.3, 0.1)
    assert need == pytest.approx(0.24)


def test_drivers_override_the_model():
    assert russia.war_in_ukraine(0.0, 0.5, 1.0, 0.9) == 1.0
    assert russia.war_in_ukraine(1.0, 0.5, -1.0, 0.4) == 0.0
    assert united_states.crisis_elsewhere(1.0, 0.3, 0.1, 10.0, 1.0, 0.0, 0.99) == 0.0


def test_provocations_cluster_only_through_memory():
    fixed = dict(
        months_since=1.0, exercise_activity=0.0, trilateral_coordination=0.5, survivability=0.5, hardship=0.5, nk_belief=0.5,
        diplomatic_offramp=0.2, china_restraint=0.0, usfk_posture=0.5, heavy_share=0.5, provoke_base=0.0, provoke_exercise=0.0,
        provoke_coordination=0.0, provoke_survivability=0.0, provoke_hardship=0.0, provoke_belief=0.0, provoke_talks=0.0,
        provoke_reward=0.0, provoke_light=0.0, memory_decay=0.7, launch_continue=0.5, u_provocation=0.5, u_launch_days=0.9,
    )  # fmt: skip

    def prob(memory, weight):
        return north_korea.provocation(provocation_memory=memory, provoke_memory=weight, **fixed)[0]

    assert prob(1.0, 2.0) > prob(0.0, 2.0)
    assert prob(1.0, 0.0) == prob(0.0, 0.0)


def test_launch_days_follow_the_cut_geometric_law():
    rng = np.random.default_rng(2)
    q = 0.55
    reads = {s.name: s for s in steps()}["north_korea.provocation"].reads
    inputs = dict.fromkeys(reads, 0.0) | {"launch_continue": q, "u_provocation": 0.0}
    days = np.array([north_korea.provocation(**(inputs | {"u_launch_days": u}))[2] for u in rng.random(4000).tolist()])
    expected = sum(q**k for k in range(8))
    assert abs(days.mean() - expected) < 4 * days.std() / math.sqrt(len(days))
    assert days.min() == 1
    assert days.max() == 8


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31))
def test_every_rule_stays_finite_over_the_full_ranges(seed):
    """Rules never overflow, divide by zero or leave probabilities outside [0, 1] on inputs within their units."""
    rng = np.random.default_rng(seed)
    world, policy = random_world(rng), random_policy(rng)
    for step in steps():
        inputs = []
        for name in step.reads:
            if name in world:
                inputs.append(world[name])
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


def test_nobody_joins_without_a_war():
    assert iran.joins(2.0, 1.0, 0.5, 2.0, 5.0, 2.0, 1.0, 0.0) == 0.0
    assert china.joins_korea(2.0, 1.0, 5.0, 0.0, 0.0, 1.0, 0.0) == 0.0
