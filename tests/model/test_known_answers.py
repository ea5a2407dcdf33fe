"""Limits with known answers, asked of the real rules with their other paths switched off."""

import functools
import inspect
import itertools

import numpy as np
import pytest

from crink_abm.model.rules import allies, building_blocks, china, kim, united_states, xi


@functools.cache
def _zeros(rule):
    return dict.fromkeys(inspect.signature(rule).parameters, 0.0)


def call(rule, **given):
    """A rule with everything that is not given at 0."""
    return rule(**(_zeros(rule) | given))


#: Neutral values of what would divide by zero or bend a lottery at 0.
PLAIN = {"curvature": 1.0, "loss_aversion": 1.0, "weighting": 1.0, "xi_stakes": 1.0, "xi_costs": 1.0}
#: All variation is noise of choice, of the precision given.
ALL_NOISE = {"leader_types": 2.0}


@pytest.mark.parametrize("leader", ["xi", "kim"])
def test_quantal_response_goes_from_a_lot_to_the_best_response(leader):
    """As precision grows, each leader's own rule takes the best of his four options; at 0, all alike; and never less
    of the best on the way (McKelvey and Palfrey 1995)."""
    rule, names = {
        "xi": (xi.option_probs, ("u_wait", "u_grey", "u_blockade", "u_invasion")),
        "kim": (kim.option_probs, ("u_stand_down", "u_hold", "u_attack", "u_war")),
    }[leader]
    rng = np.random.default_rng(7)
    for _ in range(200):
        u = rng.uniform(-2, 2, 4)
        best = int(np.argmax(u))
        gap = np.sort(u)[-1] - np.sort(u)[-2]
        given = dict(zip(names, u, strict=True))
        shares = [
            call(rule, **given, **ALL_NOISE, **{f"{leader}_precision": p}) for p in (0.0, 1.0, 5.0, 25.0, 40.0 / gap)
        ]
        assert shares[0] == (0.25, 0.25, 0.25, 0.25)
        assert shares[-1][best] > 1 - 1e-15
        assert all(a[best] <= b[best] for a, b in itertools.pairwise(shares))


def chance_of_war(q, attacker, defender, attackers_cost):
    """Xi's probability of invading for an island of which he holds the share ``q`` without a war, nearly without noise.

    The contest, the utilities and the choice are the rules' own; help, allies, theory and the lower rungs are off.
    """
    won = call(xi.win_prob, china_strength=attacker, taiwan_strength=defender, us_strength=1e-9, japan_strength=1e-9,
               decisiveness=2.0, invasion_difficulty=1.0, blockade_difficulty=1.0)[-1]  # fmt: skip
    u = call(xi.utilities, taiwan_episode=1.0, value_wait=q, win_invasion=won, fixed_cost_invasion=attackers_cost,
             fixed_cost_grey=9.0, fixed_cost_blockade=9.0, **PLAIN)  # fmt: skip
    names = ("u_wait", "u_grey", "u_blockade", "u_invasion")
    return won, call(xi.option_probs, **dict(zip(names, u, strict=True)), xi_precision=1e6, **ALL_NOISE)[-1]


def test_fearons_bargaining_range():
    """Both sides prefer every division in [p - c_A, p + c_D] to war, and Xi attacks below it and nowhere else.

    The range is as wide as both costs together (Fearon 1995): it is empty only if war is free, and then, and only
    then, does some division leave one side or the other wanting war whatever is offered.
    """
    for attacker, defender in ((0.5, 1.0), (1.0, 1.0), (2.0, 1.0)):
        for own_cost, other_cost in ((0.0, 0.0), (0.1, 0.05), (0.2, 0.2)):
            grid = np.linspace(0.0, 1.0, 2001) + 1e-5
            found = [chance_of_war(q, attacker, defender, own_cost) for q in grid]
            p = found[0][0]
            assert p == pytest.approx(attacker**2 / (attacker**2 + defender**2))
            attacks = np.array([w for _, w in found]) > 0.5
            # The defender is the attacker of the mirror image: he would fight for less than 1 - p - c_D.
            defends = np.array([chance_of_war(1.0 - q, defender, attacker, other_cost)[1] for q in grid]) > 0.5
            peace = ~attacks & ~defends
            assert (attacks == (grid < p - own_cost)).all()
            assert (defends == (grid > p + other_cost)).all()
            assert peace.mean() == pytest.approx(own_cost + other_cost, abs=0.002)


def richardson(a, b, k, x, g=0.0, h=0.0, months=6000):
    """Both arming rules in step: fatigues a, b; reactions k, x; pushes g (grievance 1) and h (PLA activity 1)."""
    china_arming = allied_arming = 0.1
    for _ in range(months):
        china_arming, allied_arming = (
            call(china.arming, china_arming=china_arming, allied_arming=allied_arming, grievance=1.0,
                 arming_reaction_china=k, arming_fatigue_china=a, arming_grievance=g),
            call(allies.allied_arming, allied_arming=allied_arming, china_arming=china_arming, pla_activity=1.0,
                 arming_reaction_allied=x, arming_fatigue_allied=b, arming_threat=h),
        )  # fmt: skip
    return china_arming, allied_arming


@pytest.mark.once
def test_richardsons_stability_condition():
    """The race settles exactly if a b > k l, for any four coefficients, and where it settles is Richardson's balance:
    x* = (b g + k h) / (a b - k l), y* = (a h + l g) / (a b - k l)."""
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(60):
        a, b, k, x = rng.uniform(0.02, 0.12, 4)
        if abs(a * b - k * x) < 0.15 * a * b:
            continue
        stable = a * b > k * x
        seen.add(stable)
        ends = richardson(a, b, k, x)
        assert (abs(ends[0]) + abs(ends[1]) < 0.1) == stable
        if stable:
            g, h = rng.uniform(0.0, 0.02, 2)
            determinant = a * b - k * x
            wanted = ((b * g + k * h) / determinant, (a * h + x * g) / determinant)
            assert richardson(a, b, k, x, g, h) == pytest.approx(wanted, rel=0.02)
    assert seen == {True, False}


def test_zagares_order_of_who_is_guarded_first():
    """Against two challengers, the theatre with more at stake (value times threat) gets more of the defender's
    eye, whichever it is; it keeps the first place until the other's stake overtakes it (Zagare 2024)."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        value_t, value_k, threat_t, threat_k = rng.uniform(0.2, 2.0, 4)
        taiwan, korea = call(
            united_states.attention, us_capacity=1.0, threat_taiwan=threat_t, threat_korea=threat_k, value_taiwan=value_t,
            value_korea=value_k,
        )  # fmt: skip
        assert (taiwan > korea) == (value_t * threat_t > value_k * threat_k)
        assert taiwan + korea == pytest.approx(1.0)


def test_a_second_challenger_matters_where_the_guard_is_thin():
    """What a war over Taiwan adds to Kim's reasons to act falls to nothing as the guard in Korea grows full, and is
    nothing while Taiwan is at peace (Zagare 2024)."""
    values = [
        call(kim.opportunity, taiwan_opening=1.0, coordination=1.0, korea_guard=g, kim_opportunity=0.8)
        for g in (0.0, 0.4, 0.8, 1.0)
    ]
    assert values == sorted(values, reverse=True)
    assert (values[0], values[-1]) == (0.8, 0.0)
    assert call(kim.opportunity, taiwan_opening=0.0, coordination=1.0, kim_opportunity=0.8) == 0.0


def test_a_contest_is_what_its_limits_say():
    """Decisiveness 0 is a coin, equal sides are even at any decisiveness, and as it grows the stronger wins for sure."""
    assert building_blocks.contest(3.0, 1.0, 0.0, 0.0) == 0.5
    assert building_blocks.contest(0.7, 0.7, 5.0, 0.0) == 0.5
    assert building_blocks.contest(1.1, 1.0, 500.0, 0.0) == pytest.approx(1.0)
