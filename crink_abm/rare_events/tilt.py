"""The model with its decisive draws tilted towards an event, and the exact odds of each tilt beside every run.

Outbreaks and choices: a draw v, uniform on (0, 1), is put through a piecewise linear map under which a wanted stretch of the
unit interval, which holds the probability p, gets a floor f if p is less; all else shrinks in proportion. A stretch of less
than ``LEAST`` is as good as impossible and stays as it is. Its odds are f/p where the draw fell into a raised stretch and
(1 - sum f)/(1 - sum p) where it did not.

Types: in the share a of cases the tail w of a leader's draw (u of his costs, 1 - u of his stakes and of his optimism) is a
uniform to the power TAIL, so that no order of magnitude of it is rare; else it stays uniform. Its odds are
1 - a + a w^(1/TAIL - 1) / TAIL, and at least 1 - a.

The rules are the model's own and see the tilted draw only. The odds of a tilt are the density of the path under it over the
density under the model: the product of the odds of its draws. A path that any of the tilts could have made weighs

    1 / (share_0 + share_1 odds_1 + ... + share_5 odds_5)     (the balance heuristic; tilt 0 is the model)

which is at most 1/share_0 and unbiased whatever the floors, and whatever a rule makes of the draw: the odds are those of
the draw. Source: failure biasing (Shahabuddin 1994), defensive mixtures (Hesterberg 1995), the balance heuristic (Veach
and Guibas 1995; Owen and Zhou 2000).
"""

from typing import Any

from ..model.enums import Actor, PhaseCode
from ..model.fields import Field
from ..model.numerics import exp, log
from ..model.outcomes import REGISTRY, Registry
from ..model.rules.building_blocks import TWO_FRONT_MONTHS
from ..model.schedule import Phase, Step
from ..model.spec import MODEL, ModelSpec

#: Tilts beside the model itself, each with its own floors; of the first so many a leader's two floors are joint.
TILTS, JOINT = 5, 3
_NUMBERS = range(1, TILTS + 1)
#: What a floor made stronger gives at most, unless it is more by itself.
_MOST = 0.25
#: A stretch of less probability is not raised: the draws have no room for it (a choice counts its options in doubles).
LEAST = 1e-12
#: The greatest draw there is: what is put beyond it by rounding is held there.
BELOW_ONE = 1.0 - 2.0**-53
#: What the tail of a leader's draw is raised to; what the rules see of it at least.
TAIL, LEAST_TAIL = 6.0, 1e-15
#: The share of stakes and optimism over that of costs, in which leaders differ most.
LESS = 0.5


def multiples(lower, upper, floor_lower, floor_upper, joint):
    """How many times as likely two stretches and all else become: (lower, upper, else); 1 where nothing is raised.

    A floor raises its stretch to itself; ``joint`` floors raise both to their sum and leave the proportion between them.
    Nothing below ``LEAST`` is raised, and nothing that is at its floor: so never all there is, as long as floors sum to
    less than 1.
    """
    both = joint > 0.0 and floor_lower > 0.0 and floor_upper > 0.0
    p, q = lower + upper, floor_lower + floor_upper
    first, second = LEAST <= lower < floor_lower, LEAST <= upper < floor_upper
    together = LEAST <= p < q
    apart_p = (lower if first else 0.0) + (upper if second else 0.0)
    apart_q = (floor_lower if first else 0.0) + (floor_upper if second else 0.0)
    p, q = (p if together else 0.0) if both else apart_p, (q if together else 0.0) if both else apart_q
    others = (1.0 - q) / (1.0 - p)
    joined = q / p if together else 1.0
    return (
        joined if both else (floor_lower / lower if first else others),
        joined if both else (floor_upper / upper if second else others),
        others,
    )


def least(floor, times):
    """A floor made stronger, up to ``_MOST``; one that is more already stays; 0 where nothing is tilted."""
    most = floor if floor > _MOST else _MOST
    return floor * times if floor * times < most else most


def odd(inside_lower, inside_upper, lower, upper, floor_lower, floor_upper, times, joint):
    """The odds of one tilt, given where the draw fell."""
    m = multiples(lower, upper, least(floor_lower, times), least(floor_upper, times), joint)
    return m[0] if inside_lower else (m[1] if inside_upper else m[2])


def tilted(
    v, start, lower, upper, times, joint_own, lower_own, upper_own, lower_1, upper_1, lower_2, upper_2, lower_3, upper_3,
    lower_4, upper_4, lower_5, upper_5,
):  # fmt: skip
    """A tilted draw and the odds of the five tilts, of which the first three have joint floors.

    Two stretches, [start, start + lower) and the one of length ``upper`` after it, get floors. Where the tilt of this run
    raises nothing the draw is v itself, to the bit; where the stretches do not lie in the unit interval nothing is raised.
    """
    whole = start >= 0.0 and lower >= 0.0 and upper >= 0.0 and (start + lower) + upper <= 1.0 + 1e-9
    times = times if whole else 0.0
    m = multiples(lower, upper, least(lower_own, times), least(upper_own, times), joint_own)
    a = start * m[2]
    b = a + lower * m[0]
    c = b + upper * m[1]
    in_lower, in_upper = a <= v < b, b <= v < c
    u = v / m[2] if v < a else ((start + lower) + upper) + (v - c) / m[2]
    u = start + (v - a) / m[0] if in_lower else u
    u = (start + lower) + (v - b) / m[1] if in_upper else u
    u = u if u < BELOW_ONE else BELOW_ONE
    plain = m[0] == 1.0 and m[1] == 1.0 and m[2] == 1.0
    return (
        v if plain else u,
        odd(in_lower, in_upper, lower, upper, lower_1, upper_1, times, 1.0),
        odd(in_lower, in_upper, lower, upper, lower_2, upper_2, times, 1.0),
        odd(in_lower, in_upper, lower, upper, lower_3, upper_3, times, 1.0),
        odd(in_lower, in_upper, lower, upper, lower_4, upper_4, times, 0.0),
        odd(in_lower, in_upper, lower, upper, lower_5, upper_5, times, 0.0),
    )


def strength(own_force, other_force, month, survival, tilt_near, tilt_pause):
    """How strongly a theatre is tilted: 0 once the event happened (or force was used here, for two fronts), more while
    the other theatre's force is within the window."""
    here = tilt_pause > 0.0 and own_force >= 0.0 and month - own_force <= TWO_FRONT_MONTHS
    near = other_force >= 0.0 and month - other_force <= TWO_FRONT_MONTHS
    return 0.0 if here or survival <= 0.0 else (tilt_near if near else 1.0)


def taiwan_onset(
    taiwan_status, taiwan_crisis_prob, u_taiwan_episode, taiwan_last_force, korea_last_force, month, survival, tilt_near,
    tilt_pause, taiwan_own, taiwan_1, taiwan_2, taiwan_3, taiwan_4, taiwan_5,
):  # fmt: skip
    """The draw of a crisis over Taiwan, tilted towards its outbreak."""
    times = strength(taiwan_last_force, korea_last_force, month, survival, tilt_near, tilt_pause)
    times = times if taiwan_status == 0.0 else 0.0
    return tilted(
        u_taiwan_episode, 0.0, 0.0, taiwan_crisis_prob, times, 0.0, 0.0, taiwan_own, 0.0, taiwan_1, 0.0, taiwan_2, 0.0, taiwan_3,
        0.0, taiwan_4, 0.0, taiwan_5,
    )  # fmt: skip


def korea_onset(
    korea_status, korea_crisis_prob, u_korea_episode, taiwan_last_force, korea_last_force, month, survival, tilt_near,
    tilt_pause, korea_own, korea_1, korea_2, korea_3, korea_4, korea_5,
):  # fmt: skip
    """The draw of a crisis in Korea, tilted towards its outbreak."""
    times = strength(korea_last_force, taiwan_last_force, month, survival, tilt_near, tilt_pause)
    times = times if korea_status == 0.0 else 0.0
    return tilted(
        u_korea_episode, 0.0, 0.0, korea_crisis_prob, times, 0.0, 0.0, korea_own, 0.0, korea_1, 0.0, korea_2, 0.0, korea_3, 0.0,
        korea_4, 0.0, korea_5,
    )  # fmt: skip


def xi_choice(
    prob_wait, prob_grey, prob_blockade, prob_invasion, u_xi_choice, taiwan_last_force, korea_last_force, month, survival,
    tilt_near, tilt_pause, joint_own, blockade_own, invasion_own, blockade_1, invasion_1, blockade_2, invasion_2, blockade_3,
    invasion_3, blockade_4, invasion_4, blockade_5, invasion_5,
):  # fmt: skip
    """The draw of Xi's choice, tilted towards blockade and invasion."""
    times = strength(taiwan_last_force, korea_last_force, month, survival, tilt_near, tilt_pause)
    return tilted(
        u_xi_choice, prob_wait + prob_grey, prob_blockade, prob_invasion, times, joint_own, blockade_own, invasion_own,
        blockade_1, invasion_1, blockade_2, invasion_2, blockade_3, invasion_3, blockade_4, invasion_4, blockade_5, invasion_5,
    )  # fmt: skip


def kim_choice(
    prob_stand_down, prob_hold, prob_attack, prob_war, u_kim_choice, taiwan_last_force, korea_last_force, month, survival,
    tilt_near, tilt_pause, joint_own, attack_own, war_own, attack_1, war_1, attack_2, war_2, attack_3, war_3, attack_4, war_4,
    attack_5, war_5,
):  # fmt: skip
    """The draw of Kim's choice, tilted towards a limited attack and war."""
    times = strength(korea_last_force, taiwan_last_force, month, survival, tilt_near, tilt_pause)
    return tilted(
        u_kim_choice, prob_stand_down + prob_hold, prob_attack, prob_war, times, joint_own, attack_own, war_own, attack_1, war_1,
        attack_2, war_2, attack_3, war_3, attack_4, war_4, attack_5, war_5,
    )  # fmt: skip


def tail(v, share):
    """The tail of a draw, (w, log w): w = (v / share)^TAIL in the share of cases, else v spread out again; v to the bit at
    share 0. The share is less than 1."""
    w = (v - share) / (1.0 - share)
    small = TAIL * log(v / share) if v < share else 0.0
    return (exp(small) if v < share else w), (small if v < share else log(w if w > LEAST_TAIL else LEAST_TAIL))


def tail_odds(log_w, share):
    """The density of a tail under a tilt of so large a share: 1 - share + share w^(1/TAIL - 1) / TAIL."""
    return 1.0 - share + (share / TAIL) * exp((1.0 / TAIL - 1.0) * log_w)


def type_odds(log_stakes, log_costs, log_optimism, share):
    """The odds of the three draws of a type under a tilt of so large a share."""
    return tail_odds(log_costs, share) * (tail_odds(log_stakes, LESS * share) * tail_odds(log_optimism, LESS * share))


def typed(
    u_stakes, u_costs, u_optimism, times, own, share_1, share_2, share_3, share_4, share_5, odds_1, odds_2, odds_3, odds_4,
    odds_5,
):  # fmt: skip
    """The draws of a leader's type, tilted towards high stakes, low costs and high optimism, and the odds of each tilt."""
    on = 1.0 if times > 0.0 else 0.0
    a, stakes = tail(1.0 - u_stakes, on * (LESS * own))
    b, costs = tail(u_costs, on * own)
    c, optimism = tail(1.0 - u_optimism, on * (LESS * own))
    return (
        1.0 - (a if a > LEAST_TAIL else LEAST_TAIL), b if b > LEAST_TAIL else LEAST_TAIL,
        1.0 - (c if c > LEAST_TAIL else LEAST_TAIL),
        odds_1 * type_odds(stakes, costs, optimism, on * share_1),
        odds_2 * type_odds(stakes, costs, optimism, on * share_2),
        odds_3 * type_odds(stakes, costs, optimism, on * share_3),
        odds_4 * type_odds(stakes, costs, optimism, on * share_4),
        odds_5 * type_odds(stakes, costs, optimism, on * share_5),
    )  # fmt: skip


def xi_type(
    u_xi_stakes, u_xi_costs, u_xi_optimism, taiwan_last_force, korea_last_force, month, survival, tilt_pause, xi_type_own,
    xi_type_1, xi_type_2, xi_type_3, xi_type_4, xi_type_5, odds_1, odds_2, odds_3, odds_4, odds_5,
):  # fmt: skip
    """The draws of Xi's type, tilted towards the types that prefer force."""
    times = strength(taiwan_last_force, korea_last_force, month, survival, 1.0, tilt_pause)
    return typed(
        u_xi_stakes, u_xi_costs, u_xi_optimism, times, xi_type_own, xi_type_1, xi_type_2, xi_type_3, xi_type_4, xi_type_5,
        odds_1, odds_2, odds_3, odds_4, odds_5,
    )  # fmt: skip


def kim_type(
    u_kim_stakes, u_kim_costs, u_kim_optimism, taiwan_last_force, korea_last_force, month, survival, tilt_pause, kim_type_own,
    kim_type_1, kim_type_2, kim_type_3, kim_type_4, kim_type_5, odds_1, odds_2, odds_3, odds_4, odds_5,
):  # fmt: skip
    """The draws of Kim's type, tilted towards the types that prefer force."""
    times = strength(korea_last_force, taiwan_last_force, month, survival, 1.0, tilt_pause)
    return typed(
        u_kim_stakes, u_kim_costs, u_kim_optimism, times, kim_type_own, kim_type_1, kim_type_2, kim_type_3, kim_type_4,
        kim_type_5, odds_1, odds_2, odds_3, odds_4, odds_5,
    )  # fmt: skip


def odds(
    odds_1, odds_2, odds_3, odds_4, odds_5, taiwan_onset_1, taiwan_onset_2, taiwan_onset_3, taiwan_onset_4, taiwan_onset_5,
    korea_onset_1, korea_onset_2, korea_onset_3, korea_onset_4, korea_onset_5, xi_1, xi_2, xi_3, xi_4, xi_5, kim_1, kim_2,
    kim_3, kim_4, kim_5, xi_decides, kim_decides,
):  # fmt: skip
    """The odds of each tilt so far: the product over the draws of the month (a choice counts where there was one; a type
    has counted where it was drawn)."""
    x, k = xi_decides > 0.0, kim_decides > 0.0
    return (
        odds_1 * ((taiwan_onset_1 * korea_onset_1) * ((xi_1 if x else 1.0) * (kim_1 if k else 1.0))),
        odds_2 * ((taiwan_onset_2 * korea_onset_2) * ((xi_2 if x else 1.0) * (kim_2 if k else 1.0))),
        odds_3 * ((taiwan_onset_3 * korea_onset_3) * ((xi_3 if x else 1.0) * (kim_3 if k else 1.0))),
        odds_4 * ((taiwan_onset_4 * korea_onset_4) * ((xi_4 if x else 1.0) * (kim_4 if k else 1.0))),
        odds_5 * ((taiwan_onset_5 * korea_onset_5) * ((xi_5 if x else 1.0) * (kim_5 if k else 1.0))),
    )


def wants(registry: Registry) -> tuple[str, ...]:
    """Columns of a tilted calendar that say what is waited for: each dated outcome, and one with a chance as drawn besides."""
    dated = [one for one in registry.by_name.values() if one.first is not None]
    return (*(f"want_{one.name}" for one in dated), *(f"drawn_{one.name}" for one in dated if one.chance))


def weighing(registry: Registry):
    """The rule that weighs the month's part of the event: score' = score + survival hazard / (share_0 + sum share_k odds_k).

        hazard = 1 where a wanted outcome has its first month, else want times the chance of those that have a chance
        survival' = survival (1 - hazard)

    An outcome with a chance (nuclear use) is integrated out: nothing else in the model depends on whether it happened.
    ``drawn_`` counts it as it was drawn instead, for replaced rules that do. The rule's text follows from the outcomes.
    """
    dated = [one for one in registry.by_name.values() if one.first is not None]
    happens = [f"({'drawn' if one.chance else 'want'}_{one.name} > 0.0 and {one.first} == month)" for one in dated]
    chances = [f"want_{one.name} * {one.chance}" for one in dated if one.chance]
    odds_k, shares = [f"odds_{k}" for k in _NUMBERS], [f"share_{k}" for k in range(TILTS + 1)]
    asked: list[Any] = [
        *odds_k, *shares, "survival", "score", *dict.fromkeys(one.chance for one in dated if one.chance),
        *(one.first for one in dated), "month", *wants(registry),
    ]  # fmt: skip
    text = f"""def weigh({", ".join(asked)}):
    happens = {" or ".join(happens)}
    hazard = 1.0 if happens else {chances[0] if chances else 0.0}
    tilts = (share_1 * odds_1 + share_2 * odds_2) + (share_3 * odds_3 + (share_4 * odds_4 + share_5 * odds_5))
    return score + survival * (hazard / (share_0 + tilts)), survival * (1.0 - hazard)
"""
    if len(chances) > 1:
        raise ValueError(f"one outcome at most has a chance that is integrated out; {' and '.join(chances)} were given")
    scope = {"__name__": __name__}
    exec(text, scope)
    return scope["weigh"]


#: What each tilt has a number of its own for: the floors of outbreaks and options, and the share of a leader's types.
FLOORS = ("taiwan", "korea", "blockade", "invasion", "attack", "war", "xi_type", "kim_type")


def settings(registry: Registry) -> tuple[str, ...]:
    """Columns that a tilted calendar has after the model's."""
    floors = (f"{name}_{k}" for k in ("own", *range(1, TILTS + 1)) for name in FLOORS)
    shares = (f"share_{k}" for k in range(TILTS + 1))
    return ("tilt_near", "tilt_pause", "joint_own", *floors, *shares, *wants(registry))


_W, _XI, _KIM = Actor.WORLD, "xi_decides", "kim_decides"
_TILTED = ("taiwan_onset", "korea_onset", "xi", "kim")
_TYPE = ("stakes", "costs", "optimism")


def _step(rule, writes, when=None):
    return Step(_W, rule, tuple(writes), when)


def _tilting(rule, name, luck, when=None):
    return _step(rule, (luck, *(f"{name}_{k}" for k in _NUMBERS)), when)


def _typing(rule, leader):
    writes = (*(f"{leader}_{name}_luck" for name in _TYPE), *(f"odds_{k}" for k in _NUMBERS))
    return _step(rule, writes, f"{leader}_type_due")


#: A step of the model -> the step that tilts its draw, put before it.
_BEFORE = {
    "xi.episode": _tilting(taiwan_onset, "taiwan_onset", "taiwan_luck"),
    "xi.choose": _tilting(xi_choice, "xi", "xi_luck", _XI),
    "kim.episode": _tilting(korea_onset, "korea_onset", "korea_luck"),
    "kim.choose": _tilting(kim_choice, "kim", "kim_luck", _KIM),
    "xi.private_type": _typing(xi_type, "xi"),
    "kim.private_type": _typing(kim_type, "kim"),
}
#: What those steps then ask for instead of their draw.
RENAMED = {
    "xi.episode": {"u_taiwan_episode": "taiwan_luck"},
    "xi.choose": {"u_xi_choice": "xi_luck"},
    "kim.episode": {"u_korea_episode": "korea_luck"},
    "kim.choose": {"u_kim_choice": "kim_luck"},
    **{f"{leader}.private_type": {f"u_{leader}_{x}": f"{leader}_{x}_luck" for x in _TYPE} for leader in ("xi", "kim")},
    **{f"residuals.{leader}_type": {f"u_{leader}_costs": f"{leader}_costs_luck"} for leader in ("xi", "kim")},
}


def _schedule(model, registry):
    phases = []
    for phase in model.schedule:
        steps = []
        for step in phase.steps:
            steps += [_BEFORE[step.name], step] if step.name in _BEFORE else [step]
        phases.append(Phase(phase.code, phase.title, tuple(steps)))
    last = PhaseCode.OUTCOMES
    last_steps = _step(odds, [f"odds_{k}" for k in _NUMBERS]), _step(weighing(registry), ("score", "survival"))
    return (*phases, *(Phase(last, f"the tilt: {step.rule.__name__}", (step,)) for step in last_steps))


_FIELDS = (
    *(Field(f"odds_{k}", _W, "ratio", f"Density of the path under tilt {k} over the model's", 1.0) for k in _NUMBERS),
    Field("score", _W, "weight", "The event so far, weighed", 0.0),
    Field("survival", _W, "probability", "The event has not happened, given the path", 1.0),
    *(Field(f"{name}_{k}", _W, "ratio", "Odds of this month's draw", None) for name in _TILTED for k in _NUMBERS),
    *(Field(f"{name}_luck", _W, "uniform", "A tilted draw", None) for name in ("taiwan", "korea", "xi", "kim")),
    *(Field(f"{who}_{x}_luck", _W, "uniform", "A tilted draw of a type", None) for who in ("xi", "kim") for x in _TYPE),
)


def tilted_model(model: ModelSpec, registry: Registry) -> ModelSpec:
    """A model with its decisive draws tilted; a run returns its score after the model's own results."""
    return ModelSpec(
        "crink_tilted", _schedule(model, registry), (*model.fields, *_FIELDS), (*model.columns, *settings(registry)),
        model.parameters, model.draws, (*model.results, "score"), apart=model.apart, renamed=RENAMED,
        keeps_code=model.keeps_code,
    )  # fmt: skip


SETTINGS, TILTED = settings(REGISTRY), tilted_model(MODEL, REGISTRY)
