"""The model with its decisive draws tilted towards an event, and the exact odds of each tilt beside every run.

A draw v, uniform on (0, 1), is put through a piecewise linear map under which a wanted stretch of the unit interval,
which holds the probability p, gets q = max(p, floor). The rules are the model's own and see the tilted draw only. The
odds of a tilt are the density of the path under it over the density under the model: the product of q/p where the
draw fell into the stretch and of (1 - q)/(1 - p) where it did not. A path that any of the tilts could have made weighs

    1 / (share_0 + share_1 odds_1 + share_2 odds_2 + share_3 odds_3)     (the balance heuristic; tilt 0 is the model)

which is at most 1/share_0 and unbiased whatever the floors. Source: failure biasing (Shahabuddin 1994), defensive
mixtures (Hesterberg 1995), the balance heuristic (Veach and Guibas 1995; Owen and Zhou 2000).
"""

from .block import Machine
from .codes import Actor, PhaseCode
from .kernel import MODEL
from .rules.common import TWO_FRONT_MONTHS
from .state import Field
from .transition import Phase, Step


def tilted(v, start, p, floor, floor_1, floor_2, floor_3):
    """A tilted draw and the odds of the three tilts: the stretch [start, start + p) gets q = max(p, floor).

    Where q = p the draw is v itself, to the bit.
    """
    possible = 0.0 < p < 1.0
    p = p if possible else 0.5
    q = floor if possible and floor > p else p
    before = start if q == p else start * ((1.0 - q) / (1.0 - p))
    inside = possible and before <= v < before + q
    u = start + (v - before) * (p / q) if inside else v * ((1.0 - p) / (1.0 - q))
    after = (start + p) + (v - (before + q)) * ((1.0 - p) / (1.0 - q))
    u = after if v >= before + q else u
    q_1 = floor_1 if possible and floor_1 > p else p
    q_2 = floor_2 if possible and floor_2 > p else p
    q_3 = floor_3 if possible and floor_3 > p else p
    held = inside
    return (
        v if q == p else u,
        q_1 / p if held else (1.0 - q_1) / (1.0 - p),
        q_2 / p if held else (1.0 - q_2) / (1.0 - p),
        q_3 / p if held else (1.0 - q_3) / (1.0 - p),
    )


def strength(own_force, other_force, month, survival, tilt_near, tilt_pause):
    """How strongly a theatre is tilted: 0 once the event happened (or force was used here, for two fronts), more while
    the other theatre's force is within the window."""
    here = tilt_pause > 0.0 and own_force >= 0.0 and month - own_force <= TWO_FRONT_MONTHS
    near = other_force >= 0.0 and month - other_force <= TWO_FRONT_MONTHS
    return 0.0 if here or survival <= 0.0 else (tilt_near if near else 1.0)


def least(floor, times):
    """A floor made stronger, at most 1/2."""
    return floor * times if floor * times < 0.5 else 0.5


def stretch(low, high, first, second, third, fourth):
    """Where the options ``low`` to ``high`` (numbers 0 to 3) lie in the unit interval: (start, probability)."""
    start = first + second if low <= 2.0 else (first + second) + third
    start = first if low <= 1.0 else start
    p = (second if low <= 1.0 <= high else 0.0) + (third if low <= 2.0 <= high else 0.0)
    p = p + (fourth if low <= 3.0 <= high else 0.0)
    return start, p


def taiwan_onset(
    taiwan_status, taiwan_crisis_prob, u_taiwan_episode, taiwan_last_force, korea_last_force, month, survival, tilt_near,
    tilt_pause, taiwan_low, onset_own, onset_1, onset_2, onset_3,
):  # fmt: skip
    """The draw of a crisis over Taiwan, tilted towards its outbreak."""
    times = strength(taiwan_last_force, korea_last_force, month, survival, tilt_near, tilt_pause)
    times = times if taiwan_status == 0.0 and taiwan_low < 4.0 else 0.0
    floors = least(onset_own, times), least(onset_1, times), least(onset_2, times), least(onset_3, times)
    return tilted(u_taiwan_episode, 0.0, taiwan_crisis_prob, floors[0], floors[1], floors[2], floors[3])


def korea_onset(
    korea_status, korea_crisis_prob, u_korea_episode, taiwan_last_force, korea_last_force, month, survival, tilt_near,
    tilt_pause, korea_low, onset_own, onset_1, onset_2, onset_3,
):  # fmt: skip
    """The draw of a crisis in Korea, tilted towards its outbreak."""
    times = strength(korea_last_force, taiwan_last_force, month, survival, tilt_near, tilt_pause)
    times = times if korea_status == 0.0 and korea_low < 4.0 else 0.0
    floors = least(onset_own, times), least(onset_1, times), least(onset_2, times), least(onset_3, times)
    return tilted(u_korea_episode, 0.0, korea_crisis_prob, floors[0], floors[1], floors[2], floors[3])


def xi_choice(
    prob_wait, prob_grey, prob_blockade, prob_invasion, u_xi_choice, taiwan_last_force, korea_last_force, month, survival,
    tilt_near, tilt_pause, taiwan_low, taiwan_high, force_own, force_1, force_2, force_3,
):  # fmt: skip
    """The draw of Xi's choice, tilted towards his options ``taiwan_low`` to ``taiwan_high``."""
    times = strength(taiwan_last_force, korea_last_force, month, survival, tilt_near, tilt_pause)
    start, p = stretch(taiwan_low, taiwan_high, prob_wait, prob_grey, prob_blockade, prob_invasion)
    floors = least(force_own, times), least(force_1, times), least(force_2, times), least(force_3, times)
    return tilted(u_xi_choice, start, p, floors[0], floors[1], floors[2], floors[3])


def kim_choice(
    prob_stand_down, prob_hold, prob_attack, prob_war, u_kim_choice, taiwan_last_force, korea_last_force, month, survival,
    tilt_near, tilt_pause, korea_low, korea_high, force_own, force_1, force_2, force_3,
):  # fmt: skip
    """The draw of Kim's choice, tilted towards his options ``korea_low`` to ``korea_high``."""
    times = strength(korea_last_force, taiwan_last_force, month, survival, tilt_near, tilt_pause)
    start, p = stretch(korea_low, korea_high, prob_stand_down, prob_hold, prob_attack, prob_war)
    floors = least(force_own, times), least(force_1, times), least(force_2, times), least(force_3, times)
    return tilted(u_kim_choice, start, p, floors[0], floors[1], floors[2], floors[3])


def odds(
    odds_1, odds_2, odds_3, taiwan_onset_1, taiwan_onset_2, taiwan_onset_3, korea_onset_1, korea_onset_2, korea_onset_3,
    xi_1, xi_2, xi_3, kim_1, kim_2, kim_3, xi_decides, kim_decides,
):  # fmt: skip
    """The odds of each tilt so far: the product over the draws of the month (a choice counts where there was one)."""
    x, k = xi_decides > 0.0, kim_decides > 0.0
    return (
        odds_1 * ((taiwan_onset_1 * korea_onset_1) * ((xi_1 if x else 1.0) * (kim_1 if k else 1.0))),
        odds_2 * ((taiwan_onset_2 * korea_onset_2) * ((xi_2 if x else 1.0) * (kim_2 if k else 1.0))),
        odds_3 * ((taiwan_onset_3 * korea_onset_3) * ((xi_3 if x else 1.0) * (kim_3 if k else 1.0))),
    )


def weigh(
    odds_1, odds_2, odds_3, share_0, share_1, share_2, share_3, survival, score, nuclear_prob, first_blockade,
    first_invasion, first_korea_attack, first_korea_war, first_two_front, first_russian_join, month, want_blockade,
    want_invasion, want_attack, want_war, want_two_front, want_russia, want_nuclear,
):  # fmt: skip
    """The month's part of the event, weighed: score' = score + survival hazard / (share_0 + sum share_k odds_k).

        hazard = 1 where a wanted event has its first month, else want_nuclear nuclear_prob
        survival' = survival (1 - hazard)

    Nuclear use is integrated out: nothing else in the model depends on whether it happened.
    """
    happens = (
        (want_blockade > 0.0 and first_blockade == month)
        or (want_invasion > 0.0 and first_invasion == month)
        or (want_attack > 0.0 and first_korea_attack == month)
        or (want_war > 0.0 and first_korea_war == month)
        or (want_two_front > 0.0 and first_two_front == month)
        or (want_russia > 0.0 and first_russian_join == month)
    )
    hazard = 1.0 if happens else want_nuclear * nuclear_prob
    weight = 1.0 / ((share_0 + share_1 * odds_1) + (share_2 * odds_2 + share_3 * odds_3))
    return score + survival * (hazard * weight), survival * (1.0 - hazard)


#: Columns that a tilted calendar has after the model's.
SETTINGS = (
    "tilt_near", "tilt_pause", "onset_own", "force_own", "onset_1", "onset_2", "onset_3", "force_1", "force_2", "force_3",
    "share_0", "share_1", "share_2", "share_3", "taiwan_low", "taiwan_high", "korea_low", "korea_high", "want_blockade",
    "want_invasion", "want_attack", "want_war", "want_two_front", "want_russia", "want_nuclear",
)  # fmt: skip

_W, _XI, _KIM = Actor.WORLD, "xi_decides", "kim_decides"
_TILTS = ("taiwan_onset", "korea_onset", "xi", "kim")


def _step(rule, writes, when=None):
    return Step(_W, rule, tuple(writes.split()), when)


#: A step of the model -> the step that tilts its draw, put before it.
_BEFORE = {
    "xi.episode": _step(taiwan_onset, "taiwan_luck taiwan_onset_1 taiwan_onset_2 taiwan_onset_3"),
    "xi.choose": _step(xi_choice, "xi_luck xi_1 xi_2 xi_3", _XI),
    "kim.episode": _step(korea_onset, "korea_luck korea_onset_1 korea_onset_2 korea_onset_3"),
    "kim.choose": _step(kim_choice, "kim_luck kim_1 kim_2 kim_3", _KIM),
}
#: What those steps then ask for instead of their draw.
RENAMED = {
    "xi.episode": {"u_taiwan_episode": "taiwan_luck"},
    "xi.choose": {"u_xi_choice": "xi_luck"},
    "kim.episode": {"u_korea_episode": "korea_luck"},
    "kim.choose": {"u_kim_choice": "kim_luck"},
}


def _month():
    phases = []
    for phase in MODEL.month:
        steps = []
        for step in phase.steps:
            steps += [_BEFORE[step.name], step] if step.name in _BEFORE else [step]
        phases.append(Phase(phase.code, phase.title, tuple(steps)))
    last = PhaseCode.OUTCOMES
    weighing = _step(odds, "odds_1 odds_2 odds_3"), _step(weigh, "score survival")
    return (*phases, *(Phase(last, f"the tilt: {step.rule.__name__}", (step,)) for step in weighing))


_FIELDS = (
    *(Field(f"odds_{k}", _W, "ratio", f"Density of the path under tilt {k} over the model's", 1.0) for k in (1, 2, 3)),
    Field("score", _W, "weight", "The event so far, weighed", 0.0),
    Field("survival", _W, "probability", "The event has not happened, given the path", 1.0),
    *(Field(f"{name}_{k}", _W, "ratio", "Odds of this month's draw", None) for name in _TILTS for k in (1, 2, 3)),
    *(Field(f"{name}_luck", _W, "uniform", "A tilted draw", None) for name in ("taiwan", "korea", "xi", "kim")),
)

#: The model with its decisive draws tilted; a run returns its score after the model's own results.
TILTED = Machine(
    "crink_tilted", _month(), (*MODEL.fields, *_FIELDS), (*MODEL.columns, *SETTINGS), (*MODEL.results, "score")
)
