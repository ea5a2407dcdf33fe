"""An independent re-implementation of the model, written from `docs/odd.md` alone.

It is for checking: the package and this oracle have only that page in common, so where the two disagree, the code,
the page, or this reading of the page is wrong. It is deliberately naive: the standard library, one run at a time, one
month at a time, no vectors, no caches, and every equation written out as the page has it.

`Run` keeps the scheduling rule of the page's section 3. Reading `run.name` gives a parameter, a lever or driver of
this month, a draw, a state *as it stood at the start of the phase*, or a term *already worked out this month*: reading
a term too early is an error, so that a wrong order cannot pass unnoticed. `run.term(name=value)` is seen at once;
`run.later(name=value)` is the new value of a state, seen only after `run.commit()` at the phase's end.

    simulate(calendar, parameters, seed, run) -> a list of dicts, one a month, with every state and every term
"""

import math

# -- Section 2: the states with their start (a number, or the name of a parameter), and the terms --

STATES = {
    # WORLD
    "taiwan_resolved": 0.0,
    "korea_resolved": 0.0,
    "taiwan_front": 0.0,
    "korea_front": 0.0,
    "taiwan_war_months": 0.0,
    "korea_war_months": 0.0,
    "taiwan_last_force": -1.0,
    "korea_last_force": -1.0,
    "nuclear_used": 0.0,
    "highest_rung": 0.0,
    "n_provocations": 0.0,
    "n_launch_days": 0.0,
    "first_blockade": -1.0,
    "first_invasion": -1.0,
    "first_korea_attack": -1.0,
    "first_korea_war": -1.0,
    "first_two_front": -1.0,
    "first_russian_join": -1.0,
    "first_nuclear": -1.0,
    "korea_after_taiwan": -1.0,
    "taiwan_after_korea": -1.0,
    "preferred_blockade": -1.0,
    "preferred_invasion": -1.0,
    "preferred_attack": -1.0,
    "preferred_war": -1.0,
    "help_realised": 0.0,
    "residual_blockade": 0.0,
    "residual_invasion": 0.0,
    "residual_taiwan": 0.0,
    "residual_taiwan_first": 0.0,
    "residual_taiwan_second": 0.0,
    "residual_attack": 0.0,
    "residual_war": 0.0,
    "residual_korea": 0.0,
    "residual_korea_first": 0.0,
    "residual_korea_second": 0.0,
    "residual_nuclear": 0.0,
    "residual_russia": 0.0,
    "residual_taiwan_crisis": 0.0,
    "residual_korea_crisis": 0.0,
    "residual_xi_type": 0.0,
    "residual_kim_type": 0.0,
    # CHINA
    "taiwan_status": 0.0,
    "china_power": 1.0,
    "china_arming": 0.0,
    "grievance": "initial_grievance",
    "china_belief_for": "belief_prior_for",
    "china_belief_against": "belief_prior_against",
    "expected_reliability": "reliability_base",
    "coercion_rok": "initial_coercion",
    "coercion_japan": "initial_coercion",
    "pla_activity": 0.0,
    "china_in_korea": 0.0,
    "xi_stakes": 1.0,
    "xi_costs": 1.0,
    "xi_optimism": 0.0,
    "xi_experience": 0.0,
    "balance_last": 0.0,
    "balance_trend": 0.0,
    "help_expected": -1.0,
    # NORTH_KOREA
    "korea_status": 0.0,
    "conventional": 1.0,
    "survivability": "initial_survivability",
    "technology": "initial_technology",
    "hardship": "initial_hardship",
    "reference_point": "initial_reference",
    "nk_belief_for": "belief_prior_for",
    "nk_belief_against": "belief_prior_against",
    "autonomy": "initial_autonomy",
    "testing_regime": "initial_regime",
    "test_backlog": "initial_backlog",
    "provocation_memory": "initial_memory",
    "provocation": 0.0,
    "launch_days": 0.0,
    "kim_stakes": 1.0,
    "kim_costs": 1.0,
    "kim_optimism": 0.0,
    "kim_experience": 0.0,
    "north_korea_in": 0.0,
    # RUSSIA
    "ukraine_war": 1.0,
    "wartime_tie": "initial_tie",
    "russian_need": "initial_need",
    "russian_trust": "initial_trust",
    "russian_stock": "initial_stock",
    "arms_flow": "initial_flow",
    "russia_in": 0.0,
    # IRAN
    "iran_distraction": "iran_mean",
    "iran_supply": "initial_iran_supply",
    "iran_in": 0.0,
    # UNITED_STATES
    "us_crisis": 0.0,
    "munitions": "initial_munitions",
    "us_power": "us_power_start",
    "us_administration": 0.0,
    "xi_resolve_seen": "resolve_prior",
    "kim_resolve_seen": "resolve_prior",
    "us_will": "will_base",
    "us_in": 0.0,
    "us_in_korea": 0.0,
    # SOUTH_KOREA
    "rok_power": "rok_power_start",
    "rok_consent": 0.5,
    "rok_hedge": "hedge_base",
    # JAPAN
    "japan_power": "japan_power_start",
    "japan_access": 0.5,
    "japan_in": 0.0,
    "allied_arming": 0.0,
    # TAIWAN
    "taiwan_defence": "taiwan_power_start",
    "taiwan_drift": "drift_mean",
    # MONITORS
    "detections": 0.0,
    "exposure_index": "initial_exposure",
}

TERMS = (
    # WORLD
    "xi_new",
    "kim_new",
    "deter_gain",
    "spiral_gain",
    "force_anywhere",
    "beijing_win_prob",
    "pyongyang_win_prob",
    "nuclear_prob",
    "nuclear_now",
    "two_front",
    # CHINA
    "china_strength",
    "china_belief",
    "korea_opening",
    "taiwan_incident_prob",
    "taiwan_crisis_prob",
    "taiwan_episode",
    "xi_decides",
    "xi_type_due",
    "us_enters_invasion",
    "us_enters_blockade",
    "win_grey",
    "win_blockade_out",
    "win_blockade_in",
    "win_blockade",
    "win_invasion_out",
    "win_invasion_in",
    "win_invasion",
    "cost_posture",
    "cost_sea",
    "cost_coordination",
    "cost_japan",
    "cost_sanctions",
    "cost_nuclear",
    "xi_expected_help",
    "expected_decline",
    "value_wait",
    "u_wait",
    "u_grey",
    "u_blockade",
    "u_invasion",
    "prob_wait",
    "prob_grey",
    "prob_blockade",
    "prob_invasion",
    "xi_best",
    "xi_choice",
    # NORTH_KOREA
    "illicit_income",
    "nk_belief",
    "china_restraint",
    "kim_fear",
    "technology_gain",
    "testing_pressure",
    "launch_rate",
    "provocation_prob",
    "taiwan_opening",
    "korea_incident_prob",
    "agreement_called",
    "korea_crisis_prob",
    "korea_episode",
    "kim_decides",
    "kim_type_due",
    "punish_attack",
    "punish_war",
    "win_attack",
    "win_korea",
    "retaliation",
    "kim_cost_nuclear",
    "kim_opening",
    "u_stand_down",
    "u_hold",
    "u_attack",
    "u_war",
    "prob_stand_down",
    "prob_hold",
    "prob_attack",
    "prob_war",
    "kim_best",
    "kim_choice",
    # RUSSIA
    "total_flow",
    "russia_join_prob",
    "kit_return",
    # UNITED_STATES
    "exercise_activity",
    "threat_taiwan",
    "threat_korea",
    "us_capacity",
    "attention_taiwan",
    "attention_korea",
    "us_strength",
    "korea_guard",
    "us_response",
    "us_silence",
    # JAPAN
    "japan_strength",
    # TAIWAN
    "taiwan_strength",
    # MONITORS
    "enforcement",
)

DRAWS = {
    "u_us_crisis": 0,
    "u_us_response": 1,
    "u_ukraine_ends": 2,
    "u_iran_turmoil": 3,
    "u_detections": 4,
    "u_taiwan_politics": 5,
    "u_pla_activity": 6,
    "u_taiwan_episode": 7,
    "u_provocation": 8,
    "u_korea_episode": 10,
    "u_succession": 11,
    "u_testing_regime": 12,
    "u_administration": 13,
    "u_agreement": 14,
    "u_xi_choice": 16,
    "u_kim_choice": 20,
    "u_us_enters": 24,
    "u_us_joins_korea": 25,
    "u_japan_enters": 26,
    "u_russia_joins": 27,
    "u_iran_joins": 28,
    "u_north_korea_joins": 29,
    "u_china_joins": 30,
    "u_taiwan_war_result": 32,
    "u_korea_war_result": 33,
    "u_taiwan_nuclear": 34,
    "u_korea_nuclear": 35,
    "u_taiwan_war_ends": 36,
    "u_korea_war_ends": 37,
    "u_xi_stakes": 40,
    "u_xi_costs": 41,
    "u_xi_optimism": 42,
    "u_kim_stakes": 44,
    "u_kim_costs": 45,
    "u_kim_optimism": 46,
}

# The structural switches' levels (section 7).
PROSPECT, SATISFICING = 1, 2
NONE, TACIT, DIRECTED = 0, 1, 2
LEGACY = 1
OPPORTUNIST = 1
LEADER, CRISIS, DECISION = 0, 1, 2
DETER, SPIRAL, BOTH = 0, 1, 2

# The page's constants.
SURE = 0.99
SHIPMENTS = 8
LEAST_SHARE = 0.1
TWO_FRONT_MONTHS = 12
RECOVERY = 120
MOST_BACKLOG = 0.1
TIE_SEED = 0.005
ENFORCEMENT_2024 = 0.22
COUNTER_HYBRID_TODAY = 0.3
MOST_FLOW = 1.5
PORCUPINE_TODAY = 0.4
DECLARED_TODAY = 0.3
STRATIFIED_BLOCKS = (10, 11)
GROUP = 64


# -- Stochasticity (section 4) --


def philox(counter, key):
    """The four output words of Philox4x32-10 (Salmon et al. 2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        left, right = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (right >> 32) ^ c1 ^ k0,
            right & 0xFFFFFFFF,
            (left >> 32) ^ c3 ^ k1,
            left & 0xFFFFFFFF,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def draw(seed, run, month, number):
    """The uniform draw of decision `number`."""
    block, word = number // 4, number % 4
    key = (seed % 2**32, seed // 2**32)
    w = philox((run % 2**32, run // 2**32, month, block), key)[word]
    if block not in STRATIFIED_BLOCKS:
        return (w + 0.5) / 2.0**32
    group, place = run // GROUP, run % GROUP
    s = philox((group % 2**32, group // 2**32, month, block + 256), key)[word]
    stratum = (((s // 256) | 1) * place + s) % GROUP
    return (stratum * 2**26 + w // GROUP + 0.5) / 2.0**32


# -- Scheduling (section 3) --


class Run:
    """One run: what its rules may read at this point of the month, and where they write."""

    def __init__(self, parameters, seed, run):
        self.parameters, self.seed, self.number = parameters, seed, run
        self.states = {n: float(parameters[s]) if isinstance(s, str) else s for n, s in STATES.items()}
        self.new = {}

    def begin(self, month, inputs):
        """A new month, with its levers and drivers; no term is worked out yet."""
        self.month, self.inputs, self.terms = month, inputs, {}

    def __getattr__(self, name):
        if name in DRAWS:
            return draw(self.seed, self.number, self.month, DRAWS[name])
        for source in (self.terms, self.states, self.inputs, self.parameters):
            if name in source:
                return source[name]
        raise AttributeError(f"{name}: no such name, or a term that is not yet worked out this month")

    def term(self, **values):
        """Set terms, which are seen at once."""
        for name, value in values.items():
            if name not in TERMS or name in self.terms:
                raise ValueError(f"{name}: no term, or set twice")
            self.terms[name] = float(value)

    def later(self, **values):
        """Set the new values of states, which are seen after the phase."""
        for name, value in values.items():
            if name not in STATES or name in self.new:
                raise ValueError(f"{name}: no state, or set twice")
            self.new[name] = float(value)

    def commit(self):
        """The end of a phase."""
        self.states.update(self.new)
        self.new = {}

    def record(self):
        """Every field at the month's end; the terms of rules that did not run are 0."""
        return {**dict.fromkeys(TERMS, 0.0), **self.terms, **self.states}


# -- Building blocks (section 7) --


def held(x):
    """[x]: x held within [0, 1]."""
    return min(1.0, max(0.0, x))


def within(low, x, high):
    """x held within [low, high]."""
    return min(high, max(low, x))


def logistic(x):
    """Λ(x), guarded against overflow."""
    if x < -700.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-x))


def noise(u):
    return math.log(u / (1.0 - u)) * math.sqrt(3.0) / math.pi


def approach(level, target, rate):
    return level + rate * (target - level)


def power(x, a):
    return x**a if x > 1e-300 else 0.0


def contest(attacker, defender, decisiveness, optimism):
    a, d = math.exp(optimism) * power(attacker, decisiveness), power(defender, decisiveness)
    return a / (a + d)


def weight(prob, gamma):
    p, q = power(prob, gamma), power(1.0 - prob, gamma)
    return p / power(p + q, 1.0 / gamma)


def prospect(x, curvature, loss_aversion):
    return power(x, curvature) if x >= 0.0 else -loss_aversion * power(-x, curvature)


def lottery(run, theory, win_prob, win, lose, reference):
    high, low = win - reference, lose - reference
    if theory != PROSPECT:
        return win_prob * high + (1.0 - win_prob) * low
    v_high = prospect(high, run.curvature, run.loss_aversion)
    v_low = prospect(low, run.curvature, run.loss_aversion)
    w_win = weight(win_prob, run.weighting)
    w_lose = weight(1.0 - win_prob, run.weighting)
    if low >= 0.0:
        return w_win * v_high + (1.0 - w_win) * v_low
    if high <= 0.0:
        return (1.0 - w_lose) * v_high + w_lose * v_low
    return w_win * v_high + w_lose * v_low


def sure(run, theory, x, reference):
    if theory != PROSPECT:
        return x - reference
    return prospect(x - reference, run.curvature, run.loss_aversion)


def quantal(utilities, precision):
    best = max(utilities)
    odds = [math.exp(precision * (u - best)) for u in utilities]
    return [x / sum(odds) for x in odds]


def satisfice(aspiration, worths, sures, precision):
    """(wait, low, middle, high); `sures` are those of low, middle, high."""
    wait, low, middle, high = worths
    dissatisfied = logistic(precision * (aspiration - wait))
    a_low, a_middle, a_high = (
        logistic(precision * min(s, w - aspiration)) for s, w in zip(sures, (low, middle, high), strict=True)
    )
    p_high = dissatisfied * a_high
    p_middle = dissatisfied * (1.0 - a_high) * a_middle
    p_low = dissatisfied * (1.0 - a_high) * (1.0 - a_middle) * a_low
    return 1.0 - p_high - p_middle - p_low, p_low, p_middle, p_high


def pick(u, first, second, third):
    return float(u >= first) + float(u >= first + second) + float(u >= first + second + third)


def build_up(arming):
    return 1.0 + arming if arming > LEAST_SHARE - 1.0 else LEAST_SHARE


def pull(run):
    return {NONE: run.uncoordinated, TACIT: 1.0, DIRECTED: 1.0 + run.directed_gain}[run.coordination]


def join_prob(speed, reliability, interest, cost):
    return speed * logistic(reliability + interest - cost)


def crisis_month(status, onset_prob, settle_prob, decision_prob, review_prob, resolved, u):
    """(episode, decides)"""
    if status == 0:
        episode, decides = float(u < onset_prob), u < onset_prob * decision_prob
    elif status == 1:
        episode = 0.0 if u < settle_prob else 1.0
        decides = settle_prob <= u < settle_prob + (1.0 - settle_prob) * decision_prob
    elif status == 2:
        episode = 0.0 if u < settle_prob else 2.0
        decides = settle_prob <= u < settle_prob + (1.0 - settle_prob) * review_prob
    else:
        episode, decides = 3.0, False
    return episode, float(decides and resolved != 1)


def first_month(recorded, happens, month):
    return month if recorded < 0 and happens > 0 else recorded


def type_due(leader_types, new, breaks_out, month):
    if leader_types == LEADER:
        return month == 0 or new > 0
    return leader_types == CRISIS and breaks_out


def log_logistic(u, sd):
    return math.exp(sd * noise(u))


def precision(leader_types, choice_noise, first_edition):
    return first_edition if leader_types == DECISION else 1.0 / choice_noise


def best(utilities):
    return utilities.index(max(utilities))


def first_passing(aspiration, worths, sures):
    """`worths` are those of wait, low, middle, high; `sures` those of low, middle, high."""
    if worths[0] >= aspiration:
        return 0
    for i in (3, 2, 1):
        if sures[i - 1] >= 0.0 and worths[i] >= aspiration:
            return i
    return 0


def opening(status, last_force, opening_months, month):
    if status >= 2:
        return 1.0
    if last_force < 0:
        return 0.0
    return opening_months / (opening_months + month - last_force)


def forced(given, free):
    return given if given >= 0 else free


def statement(run):
    return within(-1.0, run.driver_statement + 2.0 * (run.declared_resolve - DECLARED_TODAY), 1.0)


def fought(run):
    """(came, stayed)"""
    taiwan, korea = float(run.taiwan_status >= 2), float(run.korea_status == 3)
    came = run.us_in * taiwan + run.us_in_korea * korea
    return came, (1.0 - run.us_in) * taiwan + (1.0 - run.us_in_korea) * korea


def shifted(prob, bias):
    moved = prob * math.exp(bias)
    return moved / (1.0 - prob + moved)


def estimated(prob, decides, choice, new, prior, signal):
    if new > 0:
        return prior
    if decides > 0 and choice != 1:
        q = signal if choice >= 2 else 1.0 - signal
        return within(0.02, prob * q / (prob * q + (1.0 - prob) * (1.0 - q)), 0.98)
    return prob


def begins(status, last_force, month):
    """Whether force begins: it is used now, and was not used last month (-1 is never, also in month 0)."""
    return status >= 2 and (last_force < 0 or last_force < month - 1)


def recovered(resolved, last_force, month):
    """How far a theatre's quarrel has come back: slowly after a war repelled, never after one that was won."""
    if resolved == 0:
        return 1.0
    return 0.0 if resolved == 1 else held((month - last_force) / RECOVERY)


def surprise(event, prob, still_open):
    if not still_open:
        return 0.0
    return (1.0 if event else 0.0) - prob


def recent(last_force, month):
    """Whether there was force within the window of the second front (-1 is never)."""
    return last_force >= 0 and month - last_force <= TWO_FRONT_MONTHS


# -- Phase 1: the world moves --


def world_succession(run):
    run.term(
        xi_new=run.month > 0 and run.u_succession < run.xi_succession_rate,
        kim_new=run.month > 0 and run.u_succession >= 1.0 - run.kim_succession_rate,
    )


def world_posture_paths(run):
    deter, spiral = {DETER: (1.0, 0.0), SPIRAL: (0.0, 1.0), BOTH: (1.0, run.spiral_weight)}[run.posture_effect]
    run.term(deter_gain=deter, spiral_gain=spiral)


def russia_war_in_ukraine(run):
    if run.driver_ukraine >= 0:
        run.later(ukraine_war=run.driver_ukraine)
    else:
        run.later(ukraine_war=run.ukraine_war if run.u_ukraine_ends >= run.ukraine_end_rate else 0.0)


def iran_distraction(run):
    run.later(
        iran_distraction=held(
            run.iran_persistence * run.iran_distraction
            + (1.0 - run.iran_persistence) * run.iran_mean
            + run.iran_sd * noise(run.u_iran_turmoil)
        )
    )


def united_states_crisis_elsewhere(run):
    if run.driver_us_crisis >= 0:
        crisis = run.driver_us_crisis
    elif run.us_crisis == 0:
        crisis = run.u_us_crisis < held(run.crisis_onset_rate * (1.0 + run.iran_onset_gain * run.iran_distraction))
    else:
        crisis = 0.0 if run.u_us_crisis < 1.0 / run.crisis_duration else 1.0
    run.later(us_crisis=crisis)


def united_states_exercises(run):
    run.term(exercise_activity=2.0 * run.exercise_tempo * run.driver_exercise_season)


def phase_1(run):
    world_succession(run)
    world_posture_paths(run)
    russia_war_in_ukraine(run)
    iran_distraction(run)
    united_states_crisis_elsewhere(run)
    united_states_exercises(run)


# -- Phase 2: monitors enforce and detect --


def monitors_enforcement(run):
    run.term(
        enforcement=held(
            run.sanctions_intensity
            * (run.enforcement_base + run.enforcement_exposure * run.exposure_index)
            * (1.0 - run.veto_step * run.driver_veto)
        )
    )


def monitors_detections(run):
    p = SURE * held(run.arms_flow * (run.detection_base + run.detection_effort * run.exposure))
    detections, at_most_k = 0, 0.0
    for k in range(SHIPMENTS):
        at_most_k += math.comb(SHIPMENTS, k) * p**k * (1.0 - p) ** (SHIPMENTS - k)
        detections += run.u_detections >= at_most_k
    run.later(detections=detections)


def monitors_exposure_index(run):
    shown = held(run.exposure * run.detections / run.full_detections)
    run.later(exposure_index=run.exposure_memory * run.exposure_index + (1.0 - run.exposure_memory) * shown)


def phase_2(run):
    monitors_enforcement(run)
    monitors_detections(run)
    monitors_exposure_index(run)


# -- Phase 3: munitions flow --


def russia_tie(run):
    t = max(run.wartime_tie, TIE_SEED)
    run.later(wartime_tie=t + run.tie_growth * t * (1.0 - t) if run.ukraine_war > 0 else run.wartime_tie)


def russia_need(run):
    target = run.wartime_tie * (run.ukraine_war + (1.0 - run.ukraine_war) * run.tie_persistence)
    run.later(russian_need=approach(run.russian_need, target, run.need_adjustment))


def russia_flow(run):
    trusted = run.russian_trust / (run.trust_base + run.trust_flow / 2.0)
    passed = (1.0 - run.interdiction * run.enforcement) / (1.0 - run.interdiction * ENFORCEMENT_2024)
    displaced = (1.0 - run.iran_share * run.iran_supply) / (1.0 - run.iran_share * run.iran_supply_base)
    push = run.substitution * run.illicit_cut * run.illicit_base * (run.counter_hybrid - COUNTER_HYBRID_TODAY)
    free = run.russian_need * trusted * passed * displaced * (1.0 + push)
    arms_flow = within(0.0, forced(run.force_flow, free), MOST_FLOW)
    run.later(arms_flow=arms_flow)
    run.term(total_flow=arms_flow + run.iran_share * run.iran_supply * run.russian_need)


def iran_supply(run):
    target = run.iran_supply_base * run.ukraine_war * (1.0 - run.iran_interdiction * run.enforcement)
    run.later(iran_supply=approach(run.iran_supply, target, run.need_adjustment))


def russia_trust(run):
    pressure = (run.enforcement + run.trilateral_coordination) / 2.0
    target = held(
        run.trust_base
        + run.trust_flow * run.arms_flow
        + run.trust_pressure * pressure
        - run.trust_exposure * run.exposure_index
        - run.wedge_effect * run.diplomatic_offramp
    )
    run.later(russian_trust=approach(run.russian_trust, target, run.trust_adjustment))


def russia_stock(run):
    run.later(
        russian_stock=held(
            run.russian_stock
            + run.stock_rebuild * (1.0 - run.russian_stock)
            + run.stock_supply * run.total_flow
            - run.stock_burn * run.ukraine_war
        )
    )


def russia_kit_return(run):
    run.term(
        kit_return=run.kit_release * (1.0 - run.ukraine_war) * run.wartime_tie * run.russian_stock * run.russian_trust
    )


def phase_3(run):
    russia_tie(run)
    russia_need(run)
    russia_flow(run)
    iran_supply(run)
    russia_trust(run)
    russia_stock(run)
    russia_kit_return(run)


# -- Phase 4: Pyongyang's stocks move --


def north_korea_illicit_income(run):
    run.term(illicit_income=run.illicit_base * (1.0 - run.illicit_cut * run.counter_hybrid))


def north_korea_technology(run):
    gain = run.tech_base + run.tech_flow * (run.arms_flow + run.kit_return) + run.tech_money * run.illicit_income
    talks = 1.0 - run.tech_talks * run.diplomatic_offramp
    run.term(technology_gain=(1.0 - run.technology) * talks * gain)
    run.later(technology=run.technology + run.technology_gain)


def north_korea_survivability(run):
    gain = run.survivability_base + run.survivability_flow * run.arms_flow * run.technology
    run.later(survivability=run.survivability + (1.0 - run.survivability) * gain)


def north_korea_conventional(run):
    target = (
        1.0
        - run.conventional_export * run.arms_flow
        + run.conventional_kit * (run.arms_flow + run.kit_return)
        - run.conventional_hardship * run.hardship
    )
    if run.korea_status == 3:
        run.later(conventional=run.conventional * (1.0 - run.war_attrition))
    else:
        run.later(conventional=approach(run.conventional, target, run.conventional_adjustment))


def north_korea_hardship(run):
    target = held(
        run.hardship_base
        + run.hardship_sanctions * run.enforcement
        - run.hardship_flow * run.arms_flow
        - run.hardship_illicit * run.illicit_income
        - run.hardship_china * (1.0 - run.china_engagement)
    )
    run.later(hardship=approach(run.hardship, target, run.hardship_adjustment))


def north_korea_autonomy(run):
    target = held(run.autonomy_base + run.autonomy_flow * run.arms_flow)
    run.later(autonomy=approach(run.autonomy, target, run.autonomy_adjustment))


def north_korea_reference_point(run):
    run.later(reference_point=approach(run.reference_point, 1.0 - run.hardship, run.reference_adjustment))


def phase_4(run):
    north_korea_illicit_income(run)
    north_korea_technology(run)
    north_korea_survivability(run)
    north_korea_conventional(run)
    north_korea_hardship(run)
    north_korea_autonomy(run)
    north_korea_reference_point(run)


# -- Phase 5: Beijing coerces, allies answer --


def china_coercion_rok(run):
    target = held(
        run.coercion_dual * run.usfk_posture * run.dual_role
        + run.coercion_coordination * run.trilateral_coordination
        - run.coercion_relief * run.china_engagement
    )
    run.later(coercion_rok=approach(run.coercion_rok, target, run.coercion_adjustment))


def china_coercion_japan(run):
    target = held(
        run.coercion_burden * run.japan_burden_share
        + run.coercion_coordination * run.trilateral_coordination
        - run.coercion_relief * run.china_engagement
    )
    run.later(coercion_japan=approach(run.coercion_japan, target, run.coercion_adjustment))


def allies_rok_consent(run):
    run.later(
        rok_consent=logistic(
            run.consent_base
            + run.consent_coordination * run.trilateral_coordination
            + run.consent_threat * run.provocation_memory
            - run.consent_coercion * run.coercion_rok
            - run.consent_dual * run.dual_role
            + run.consent_talks * (run.diplomatic_offramp - 0.5)
        )
    )


def allies_rok_hedge(run):
    assurance = run.us_will + run.usfk_posture * (1.0 - run.dual_dilution * run.dual_role) + run.trilateral_coordination
    shocks = (1.0 if run.taiwan_resolved == 1 else 0.0) + run.nuclear_used
    target = held(
        run.hedge_base
        + run.hedge_fear * run.survivability
        - run.hedge_assurance * assurance / 3.0
        + run.hedge_shock * shocks
    )
    run.later(rok_hedge=approach(run.rok_hedge, target, run.hedge_adjustment))


def allies_rok_power(run):
    if run.korea_status == 3:
        run.later(rok_power=run.rok_power * (1.0 - run.war_attrition))
    else:
        run.later(rok_power=run.rok_power * (1.0 + run.rok_growth))


def allies_japan_access(run):
    run.later(
        japan_access=logistic(
            run.access_base
            + run.access_coordination * run.trilateral_coordination
            + run.access_threat * run.pla_activity
            - run.access_coercion * run.coercion_japan
            - run.access_burden * (run.japan_burden_share - 0.5)
        )
    )


def allies_japan_power(run):
    run.later(japan_power=run.japan_power * (1.0 + 2.0 * run.japan_growth * run.japan_burden_share))


def allies_allied_arming(run):
    run.later(
        allied_arming=run.allied_arming
        + run.arming_reaction_allied * run.china_arming
        - run.arming_fatigue_allied * run.allied_arming
        + run.arming_threat * held((1.0 + run.pla_activity) / 2.0)
    )


def allies_taiwan_defence(run):
    if run.taiwan_status >= 2:
        run.later(taiwan_defence=run.taiwan_defence * (1.0 - run.siege_loss))
    else:
        run.later(taiwan_defence=run.taiwan_defence * (1.0 + run.taiwan_growth))


def allies_taiwan_drift(run):
    backing = run.us_will - 0.5 + run.declared_resolve - DECLARED_TODAY
    mean = run.drift_mean + run.drift_backing * backing + run.drift_anxiety * (run.china_engagement - 0.5)
    run.later(
        taiwan_drift=run.drift_persistence * run.taiwan_drift
        + (1.0 - run.drift_persistence) * mean
        + run.drift_sd * noise(run.u_taiwan_politics)
    )


def phase_5(run):
    china_coercion_rok(run)
    china_coercion_japan(run)
    allies_rok_consent(run)
    allies_rok_hedge(run)
    allies_rok_power(run)
    allies_japan_access(run)
    allies_japan_power(run)
    allies_allied_arming(run)
    allies_taiwan_defence(run)
    allies_taiwan_drift(run)


# -- Phase 6: Washington allocates --


def united_states_administration(run):
    if run.driver_inauguration > 0:
        run.later(us_administration=run.administration_sd * noise(run.u_administration))


def united_states_power(run):
    in_the_strait = run.taiwan_status == 3 and run.us_in > 0
    in_korea = run.korea_status == 3 and run.us_in_korea > 0
    if in_the_strait or in_korea:
        run.later(us_power=run.us_power * (1.0 - run.war_attrition))
    else:
        run.later(us_power=run.us_power * (1.0 + run.us_growth))


def united_states_threat(run):
    seen_taiwan = held((1.0 + run.pla_activity) / 2.0)
    taiwan = run.threat_floor + run.threat_signal * seen_taiwan + run.threat_rung * run.taiwan_status
    korea = run.threat_floor + run.threat_signal * run.provocation_memory + run.threat_rung * run.korea_status
    taiwan *= 1.0 + run.threat_resolve * (2.0 * run.xi_resolve_seen - 1.0)
    run.term(
        threat_taiwan=run.threat_floor if run.taiwan_resolved == 1 else taiwan,
        threat_korea=run.threat_floor
        if run.korea_resolved == 1
        else korea * (1.0 + run.threat_resolve * (2.0 * run.kim_resolve_seen - 1.0)),
    )


def united_states_capacity(run):
    free = (
        1.0
        - run.crisis_drain * run.us_crisis
        - run.distraction_drain * run.iran_distraction
        + run.japan_relief * run.japan_burden_share * run.japan_access
    )
    run.term(us_capacity=free * (1.0 - run.munitions_weight * (1.0 - run.munitions)))


def united_states_attention(run):
    s_t = math.sqrt(run.value_taiwan * run.threat_taiwan)
    tied = run.tied_down * (1.0 - run.dual_role) + run.tied_heavy * run.heavy_share
    s_k = math.sqrt(run.value_korea * run.threat_korea) * (1.0 + run.usfk_posture * tied)
    run.term(
        attention_taiwan=run.us_capacity * s_t / (s_t + s_k),
        attention_korea=run.us_capacity * s_k / (s_t + s_k),
    )


def united_states_munitions(run):
    spent = run.munitions_burn * (
        (run.us_in if run.taiwan_status >= 2 else 0.0)
        + (run.us_in_korea if run.korea_status == 3 else 0.0)
        + run.crisis_munitions * run.us_crisis
    )
    made = run.munitions_growth * (1.0 - run.munitions)
    run.later(munitions=held(run.munitions + made - spent))


def united_states_will(run):
    defeats = (1.0 if run.taiwan_resolved == 1 else 0.0) + run.nuclear_used
    target = held(
        run.will_base
        + run.us_administration
        - run.will_crisis * run.us_crisis
        + run.will_sharing * (run.japan_burden_share - 0.5)
        - run.will_talks * (run.china_engagement + run.diplomatic_offramp) / 2.0
        - run.will_defeat * defeats
    )
    run.later(us_will=approach(run.us_will, target, run.will_adjustment))


def united_states_strength(run):
    at_sea = 1.0 + run.maritime_reach * (run.maritime_posture - 0.5)
    ground = run.ground_reach * run.usfk_posture * run.dual_role * run.rok_consent
    run.term(
        us_strength=run.us_power * build_up(run.allied_arming) * run.attention_taiwan * at_sea
        + ground * (1.0 - run.heavy_mobility_loss * run.heavy_share)
    )


def allies_japan_strength(run):
    run.term(
        japan_strength=run.japan_power
        * build_up(run.allied_arming)
        * run.japan_access
        * (1.0 + run.japan_burden_share)
        / 2.0
    )


def allies_taiwan_strength(run):
    porcupine = 1.0 + run.porcupine_gain * (run.porcupine_defence - PORCUPINE_TODAY)
    run.term(taiwan_strength=run.taiwan_defence * build_up(run.allied_arming) * porcupine)


def phase_6(run):
    united_states_administration(run)
    united_states_power(run)
    united_states_threat(run)
    united_states_capacity(run)
    united_states_attention(run)
    united_states_munitions(run)
    united_states_will(run)
    united_states_strength(run)
    allies_japan_strength(run)
    allies_taiwan_strength(run)


# -- Phase 7: beliefs and grievances move --


def united_states_responds(run):
    challenged = run.provocation > 0 or run.korea_status == 2
    answers = run.u_us_response < held(run.response_base * (run.us_will + run.attention_korea))
    run.term(us_response=challenged and answers, us_silence=challenged and not answers)


def china_belief_counts(run):
    (came, stayed), s = fought(run), statement(run)
    run.later(
        china_belief_for=run.belief_memory * run.china_belief_for
        + (1.0 - run.belief_memory) * run.belief_prior_for
        + run.signal_exercise * run.exercise_activity
        + run.signal_presence * run.usfk_posture
        + run.signal_sea * run.maritime_posture
        + run.signal_reputation * run.us_response
        + run.signal_statement * held(s)
        + run.signal_war * came,
        china_belief_against=run.belief_memory * run.china_belief_against
        + (1.0 - run.belief_memory) * run.belief_prior_against
        + run.signal_distraction * run.us_crisis
        + run.signal_conciliation * (run.china_engagement + run.japan_burden_share) / 2.0
        + run.signal_reputation * run.us_silence
        + run.signal_statement * held(-s)
        + run.signal_war * stayed,
    )


def north_korea_belief_counts(run):
    (came, stayed), s = fought(run), statement(run)
    run.later(
        nk_belief_for=run.belief_memory * run.nk_belief_for
        + (1.0 - run.belief_memory) * run.belief_prior_for
        + run.signal_exercise * run.exercise_activity
        + run.signal_presence * run.usfk_posture * (1.0 - run.dual_dilution * run.dual_role)
        + run.signal_response * run.us_response
        + run.signal_statement * held(s)
        + run.signal_war * came,
        nk_belief_against=run.belief_memory * run.nk_belief_against
        + (1.0 - run.belief_memory) * run.belief_prior_against
        + run.signal_response * run.us_silence
        + run.signal_talks * run.diplomatic_offramp
        + run.signal_statement * held(-s)
        + run.signal_war * stayed,
    )


def china_grievance(run):
    posture = run.spiral_gain * (
        run.grievance_ground * run.usfk_posture * (1.0 + run.dual_role) / 2.0
        + run.grievance_sea * run.maritime_posture
        + run.grievance_exercise * run.exercise_activity
    )
    target = held(
        run.grievance_base
        + posture
        + run.grievance_coordination * run.trilateral_coordination
        + run.grievance_japan * run.japan_burden_share
        + run.grievance_sanctions * run.sanctions_intensity
        + run.grievance_drift * run.taiwan_drift
        + run.grievance_hedge * run.rok_hedge
        - run.grievance_engagement * run.china_engagement
        + run.grievance_taiwan * (run.porcupine_defence - PORCUPINE_TODAY + run.declared_resolve - DECLARED_TODAY)
    )
    run.later(grievance=approach(run.grievance, target, run.grievance_adjustment))


def china_expected_reliability(run):
    target = held(
        run.reliability_base
        + run.reliability_flow * run.arms_flow
        - run.reliability_exposure * run.exposure_index
        + run.reliability_peace * (1.0 - run.ukraine_war)
        + run.reliability_shown * (run.russia_in + run.north_korea_in) / 2.0
    )
    run.later(expected_reliability=approach(run.expected_reliability, target, run.reliability_adjustment))


def china_arming(run):
    run.later(
        china_arming=run.china_arming
        + run.arming_reaction_china * run.allied_arming
        - run.arming_fatigue_china * run.china_arming
        + run.arming_grievance * run.grievance
    )


def china_power(run):
    if run.taiwan_status == 3:
        run.later(china_power=run.china_power * (1.0 - run.war_attrition))
    else:
        run.later(china_power=run.china_power * (1.0 + run.china_growth))


def china_balance(run):
    ours = run.china_power * build_up(run.china_arming)
    balance = ours / (run.taiwan_strength + run.us_strength + run.japan_strength)
    moved = run.balance_trend + (balance - run.balance_last - run.balance_trend) / 12.0
    run.later(balance_last=balance, balance_trend=0.0 if run.month == 0 else moved)


def phase_7(run):
    united_states_responds(run)
    china_belief_counts(run)
    north_korea_belief_counts(run)
    china_grievance(run)
    china_expected_reliability(run)
    china_arming(run)
    china_power(run)
    china_balance(run)


# -- Phase 8: the Strait comes to a crisis, or stays calm --


def china_belief(run):
    free = run.china_belief_for / (run.china_belief_for + run.china_belief_against)
    run.term(china_belief=forced(run.force_xi_belief, free))


def china_strength(run):
    run.term(china_strength=run.china_power * build_up(run.china_arming))


def china_pla_activity(run):
    mean = run.pla_grievance * (run.grievance - 0.5) + run.pla_drift * run.taiwan_drift
    run.later(
        pla_activity=run.pla_persistence * run.pla_activity
        + (1.0 - run.pla_persistence) * mean
        + run.pla_sd * noise(run.u_pla_activity)
    )


def china_korea_opens(run):
    run.term(korea_opening=opening(run.korea_status, run.korea_last_force, run.opening_months, run.month))


def china_crisis_prob(run):
    logit = (
        run.taiwan_incident_logit
        + run.crisis_grievance * (run.grievance - 0.5)
        + run.crisis_pla * run.pla_activity
        + pull(run) * run.strait_opportunism * run.korea_opening
    )
    if run.korea_status == 1 and run.coordination != NONE:
        logit += run.peacetime_coupling
    back = recovered(run.taiwan_resolved, run.taiwan_last_force, run.month)
    run.term(taiwan_incident_prob=logistic(logit) * back)
    run.term(taiwan_crisis_prob=run.taiwan_crisis_share * run.taiwan_incident_prob)


def xi_episode(run):
    episode, decides = crisis_month(
        run.taiwan_status,
        run.taiwan_crisis_prob,
        run.crisis_settle_prob,
        run.crisis_decision_prob,
        run.force_review_prob,
        run.taiwan_resolved,
        run.u_taiwan_episode,
    )
    run.term(taiwan_episode=episode, xi_decides=0.0 if run.force_taiwan >= 0 else decides)


def residual_taiwan_crisis(run):
    still_open = run.taiwan_status == 0 and run.first_blockade < 0 and run.first_invasion < 0
    run.later(
        residual_taiwan_crisis=run.residual_taiwan_crisis
        + surprise(run.taiwan_episode > 0, run.taiwan_crisis_prob, still_open)
    )


def xi_type_is_drawn(run):
    breaks_out = run.taiwan_status == 0 and run.taiwan_episode > 0
    run.term(xi_type_due=type_due(run.leader_types, run.xi_new, breaks_out, run.month))


def xi_private_type(run):
    run.later(
        xi_stakes=log_logistic(run.u_xi_stakes, run.stakes_sd),
        xi_costs=log_logistic(run.u_xi_costs, run.costs_sd),
        xi_optimism=run.optimism_sd * noise(run.u_xi_optimism),
    )


def phase_8(run):
    china_belief(run)
    china_strength(run)
    china_pla_activity(run)
    china_korea_opens(run)
    china_crisis_prob(run)
    xi_episode(run)
    residual_taiwan_crisis(run)
    xi_type_is_drawn(run)
    if run.xi_type_due > 0:
        xi_private_type(run)
        run.later(residual_xi_type=run.residual_xi_type + (1.0 if run.u_xi_costs < 0.25 else 0.0) - 0.25)


# -- Phase 9: Xi weighs the Strait --


def xi_intervention(run):
    belief = within(0.001, run.china_belief, 0.999)
    fights = logistic(math.log(belief / (1.0 - belief)) + run.belief_will * (run.us_will - 0.5))
    looking_away = 1.0 - held(run.attention_taiwan / run.attention_full)
    run.term(us_enters_invasion=fights * (1.0 - run.attention_discount * looking_away))
    run.term(us_enters_blockade=run.enter_blockade * run.us_enters_invasion)


def xi_expected_help(run):
    share = held(run.expected_reliability + run.partner_bias)
    if run.coordination == NONE:
        expected = run.uncoordinated * share
    elif run.coordination == DIRECTED:
        expected = (2.0 * share + max(share, run.agreement_reliability)) / 3.0
    else:
        expected = share
    run.term(xi_expected_help=expected)


def xi_win_prob(run):
    attacker = run.china_strength * (1.0 + run.partner_strength * run.xi_expected_help)
    b = run.xi_optimism + run.xi_experience
    allied = run.taiwan_strength + run.us_strength + run.japan_strength
    run.term(
        win_blockade_out=contest(attacker, run.blockade_difficulty * run.taiwan_strength, run.decisiveness, b),
        win_blockade_in=contest(attacker, run.blockade_difficulty * allied, run.decisiveness, b),
        win_invasion_out=contest(attacker, run.invasion_difficulty * run.taiwan_strength, run.decisiveness, b),
        win_invasion_in=contest(attacker, run.invasion_difficulty * allied, run.decisiveness, b),
    )
    run.term(
        win_blockade=run.us_enters_blockade * run.win_blockade_in
        + (1.0 - run.us_enters_blockade) * run.win_blockade_out,
        win_invasion=run.us_enters_invasion * run.win_invasion_in
        + (1.0 - run.us_enters_invasion) * run.win_invasion_out,
    )


def xi_grey_zone_success(run):
    run.term(win_grey=run.grey_success * (1.0 - run.hybrid_denial * run.counter_hybrid))


def xi_cost_of_posture(run):
    run.term(
        cost_posture=run.deter_gain
        * run.ground_cost
        * run.usfk_posture
        * run.dual_role
        * run.heavy_share
        * run.rok_consent
    )


def xi_cost_of_sea_power(run):
    run.term(cost_sea=run.deter_gain * run.sea_cost * run.maritime_posture)


def xi_cost_of_coordination(run):
    run.term(cost_coordination=run.coordination_cost * run.trilateral_coordination * run.japan_access)


def xi_cost_of_japan(run):
    run.term(cost_japan=run.japan_cost * run.japan_burden_share * run.japan_access)


def xi_cost_of_sanctions(run):
    run.term(cost_sanctions=2.0 * run.sanctions_cost * run.enforcement)


def xi_cost_of_nuclear_risk(run):
    risk = held(run.nuclear_rate * math.exp(-run.nuclear_caution * run.us_enters_invasion) / run.war_end_rate)
    lesson = 1.0 + run.nuclear_lesson * run.nuclear_used
    run.term(cost_nuclear=run.nuclear_loss * risk * run.us_enters_invasion * lesson)


def xi_decline(run):
    announced = run.decline_lever * (run.maritime_posture + run.trilateral_coordination - 1.0) / 2.0
    run.term(expected_decline=within(-1.0, -run.decline_trend * 24.0 * run.balance_trend + announced, 1.0))


def xi_eager(run):
    return 1.0 + run.profile_gap if run.xi_profile == LEGACY else 1.0


def xi_value_of_waiting(run):
    run.term(
        value_wait=run.status_quo_value
        - run.wait_grievance * run.grievance
        - run.wait_decline * run.expected_decline
        + run.wait_assurance * run.china_engagement
        - run.audience_cost * run.taiwan_episode * xi_eager(run)
    )


def xi_utilities(run):
    theory, eager, costs = run.xi_theory, xi_eager(run), run.xi_costs
    stake = run.xi_stakes * eager
    allied = run.cost_posture + run.cost_sea + run.cost_coordination + run.cost_japan
    k_blockade = costs * (run.us_enters_blockade * allied + run.cost_sanctions)
    k_invasion = costs * (run.us_enters_invasion * allied + run.cost_sanctions + run.cost_nuclear)
    r = run.xi_reference * run.grievance if theory == PROSPECT else 0.0
    back = run.audience_cost if run.taiwan_episode == 2 else 0.0
    begun = 0.0 if run.taiwan_episode == 2 else run.fixed_cost_blockade
    face = run.audience_cost * eager if run.taiwan_episode == 1 else 0.0
    g = run.value_wait + face - run.fixed_cost_grey - back
    n = -run.blockade_share * k_blockade - costs * begun
    m = -k_invasion - costs * run.fixed_cost_invasion
    run.term(
        u_wait=sure(run, theory, run.value_wait, r),
        u_grey=lottery(run, theory, run.win_grey, g + run.grey_stake * eager, g - run.grey_stake, r),
        u_blockade=lottery(
            run,
            theory,
            run.win_blockade,
            run.blockade_stake * stake + n,
            n - run.blockade_share * costs * run.loss_invasion,
            r,
        ),
        u_invasion=lottery(run, theory, run.win_invasion, stake + m, m - costs * run.loss_invasion, r),
    )


def xi_options(run):
    """The utilities, and how sure each option but waiting is, less the confidence that a satisficer asks for."""
    utilities = run.u_wait, run.u_grey, run.u_blockade, run.u_invasion
    return utilities, (
        run.win_grey - run.confidence,
        run.win_blockade - run.confidence,
        run.win_invasion - run.confidence,
    )


def xi_option_probs(run):
    utilities, sures = xi_options(run)
    lam = precision(run.leader_types, run.choice_noise, run.xi_precision)
    satisficing = run.xi_theory == SATISFICING
    probs = satisfice(run.xi_aspiration, utilities, sures, lam) if satisficing else quantal(utilities, lam)
    run.term(prob_wait=probs[0], prob_grey=probs[1], prob_blockade=probs[2], prob_invasion=probs[3])


def xi_best_option(run):
    utilities, sures = xi_options(run)
    satisficing = run.xi_theory == SATISFICING
    run.term(xi_best=first_passing(run.xi_aspiration, utilities, sures) if satisficing else best(utilities))


def xi_choose(run):
    run.term(xi_choice=pick(run.u_xi_choice, run.prob_wait, run.prob_grey, run.prob_blockade))


def xi_expectation(run):
    if run.xi_choice >= 2 and run.help_expected < 0:
        run.later(help_expected=run.xi_expected_help)


def xi_next_status(run):
    free = run.xi_choice if run.xi_decides > 0 else run.taiwan_episode
    run.later(taiwan_status=forced(run.force_taiwan, free))


def phase_9(run):
    if run.xi_decides > 0:
        xi_intervention(run)
        xi_expected_help(run)
        xi_win_prob(run)
        xi_grey_zone_success(run)
        xi_cost_of_posture(run)
        xi_cost_of_sea_power(run)
        xi_cost_of_coordination(run)
        xi_cost_of_japan(run)
        xi_cost_of_sanctions(run)
        xi_cost_of_nuclear_risk(run)
        xi_decline(run)
        xi_value_of_waiting(run)
        xi_utilities(run)
        xi_option_probs(run)
        xi_best_option(run)
        xi_choose(run)
        xi_expectation(run)
    else:
        run.term(xi_choice=0.0)
    xi_next_status(run)


# -- Phase 10: Korea comes to a crisis, or stays calm --


def north_korea_belief(run):
    free = run.nk_belief_for / (run.nk_belief_for + run.nk_belief_against)
    run.term(nk_belief=forced(run.force_kim_belief, free))


def kim_fear(run):
    posture = run.fear_posture * run.usfk_posture * (1.0 + run.heavy_share - run.fear_dual * run.dual_role) / 2.0
    run.term(
        kim_fear=held(
            run.spiral_gain
            * (posture + run.fear_sea * run.maritime_posture + run.fear_exercise * run.exercise_activity)
            + run.fear_hedge * run.rok_hedge
            + run.fear_hybrid * run.counter_hybrid
            - run.fear_relief * run.diplomatic_offramp
        )
    )


def north_korea_restraint(run):
    run.term(china_restraint=run.restraint_strength * run.china_engagement * (1.0 - run.autonomy) - run.beijing_profit)


def united_states_korea_guard(run):
    away = run.thinning * run.dual_role * run.rok_consent
    if run.taiwan_status < 2:
        away *= run.crisis_thinning * run.us_crisis
    run.term(
        korea_guard=max(
            0.0,
            run.usfk_posture * (1.0 - run.light_deficit * (1.0 - run.heavy_share)) * (1.0 - away)
            + run.korea_reinforcement * run.us_power * run.attention_korea
            + run.sea_guard * (run.maritime_posture - 0.5),
        )
    )


QUIET, CAMPAIGN, MORATORIUM = 0, 1, 2


def north_korea_testing_pressure(run):
    run.term(
        testing_pressure=run.campaign_backlog * run.test_backlog
        + run.campaign_exercise * run.exercise_activity
        - run.campaign_borders * run.driver_borders
        - run.china_restraint
    )


def north_korea_testing_regime(run):
    was, u = run.testing_regime, run.u_testing_regime
    if 0 < was < 1:
        chance = was
        was, u = (CAMPAIGN, u / chance) if u < chance else (QUIET, (u - chance) / (1.0 - chance))
    begin = logistic(run.campaign_begin + run.testing_pressure)
    end = logistic(run.campaign_end - run.testing_pressure)
    opens = run.moratorium_speed * run.diplomatic_offramp**2
    breaks = run.moratorium_speed * (1.0 - run.diplomatic_offramp)
    if was == MORATORIUM:
        now = CAMPAIGN if u < breaks else MORATORIUM
    elif u < opens:
        now = MORATORIUM
    elif was == QUIET:
        now = CAMPAIGN if u < opens + (1.0 - opens) * begin else QUIET
    else:
        now = QUIET if u < opens + (1.0 - opens) * end else CAMPAIGN
    run.term(launch_rate={QUIET: run.quiet_rate, CAMPAIGN: run.campaign_rate, MORATORIUM: 0.0}[now])
    waits = min(run.test_backlog + run.technology_gain, MOST_BACKLOG)
    run.later(
        testing_regime=now,
        test_backlog=waits * (1.0 - logistic(run.campaign_end)) if now == CAMPAIGN else waits,
    )


def north_korea_provocation(run):
    odds = [math.exp(-run.launch_rate) * run.launch_rate**k / math.factorial(k) for k in range(8)]
    run.term(provocation_prob=1.0 - odds[0])
    days = sum(run.u_provocation < 1.0 - sum(odds[:k]) for k in range(1, 9))
    provocation = float(days > 0)
    run.later(
        launch_days=days,
        provocation=provocation,
        provocation_memory=run.memory_decay * run.provocation_memory + (1.0 - run.memory_decay) * provocation,
    )


def north_korea_taiwan_opens(run):
    run.term(taiwan_opening=opening(run.taiwan_status, run.taiwan_last_force, run.opening_months, run.month))


def north_korea_crisis_prob(run):
    logit = (
        run.korea_incident_logit
        + run.crisis_provocation * run.provocation_memory
        + run.crisis_fear * run.kim_fear
        + run.crisis_light * run.usfk_posture * (1.0 - run.heavy_share)
        + run.crisis_hardship * (run.hardship - 0.5)
        - run.china_restraint
        + run.taiwan_opening * pull(run) * run.korea_opportunism
    )
    if run.taiwan_status >= 2:
        logit += run.korea_entrapment * run.usfk_posture * run.dual_role
    if run.taiwan_status == 1 and run.coordination != NONE:
        logit += run.peacetime_coupling
    back = recovered(run.korea_resolved, run.korea_last_force, run.month)
    run.term(korea_incident_prob=logistic(logit) * back)
    run.term(korea_crisis_prob=run.korea_crisis_share * run.korea_incident_prob)


def kim_agreement(run):
    run.term(
        agreement_called=run.coordination == DIRECTED
        and begins(run.taiwan_status, run.taiwan_last_force, run.month)
        and run.korea_status < 2
        and run.korea_resolved == 0
        and run.u_agreement < run.agreement_reliability
    )


def kim_episode(run):
    episode, decides = crisis_month(
        run.korea_status,
        run.korea_crisis_prob,
        run.crisis_settle_prob,
        run.crisis_decision_prob,
        run.force_review_prob,
        run.korea_resolved,
        run.u_korea_episode,
    )
    if run.agreement_called > 0:
        episode, decides = 1.0, 1.0
    run.term(korea_episode=episode, kim_decides=0.0 if run.force_korea >= 0 else decides)


def residual_korea_crisis(run):
    never = run.first_korea_attack < 0 and run.first_korea_war < 0
    still_open = run.korea_status == 0 and run.agreement_called == 0 and never
    run.later(
        residual_korea_crisis=run.residual_korea_crisis
        + surprise(run.korea_episode > 0, run.korea_crisis_prob, still_open)
    )


def kim_type_is_drawn(run):
    breaks_out = run.korea_status == 0 and run.korea_episode > 0
    run.term(kim_type_due=type_due(run.leader_types, run.kim_new, breaks_out, run.month))


def kim_private_type(run):
    run.later(
        kim_stakes=log_logistic(run.u_kim_stakes, run.stakes_sd),
        kim_costs=log_logistic(run.u_kim_costs, run.costs_sd),
        kim_optimism=run.optimism_sd * noise(run.u_kim_optimism),
    )


def phase_10(run):
    north_korea_belief(run)
    kim_fear(run)
    north_korea_restraint(run)
    united_states_korea_guard(run)
    north_korea_testing_pressure(run)
    north_korea_testing_regime(run)
    north_korea_provocation(run)
    north_korea_taiwan_opens(run)
    north_korea_crisis_prob(run)
    kim_agreement(run)
    kim_episode(run)
    residual_korea_crisis(run)
    kim_type_is_drawn(run)
    if run.kim_type_due > 0:
        kim_private_type(run)
        run.later(residual_kim_type=run.residual_kim_type + (1.0 if run.u_kim_costs < 0.25 else 0.0) - 0.25)


# -- Phase 11: Kim weighs Korea --


def kim_punishment_belief(run):
    run.term(
        punish_attack=run.nk_belief * (1.0 - run.discount_attack * run.survivability),
        punish_war=run.nk_belief * (1.0 - run.discount_war * run.survivability),
    )


def kim_attack_success_prob(run):
    unbiased = run.attack_success * (1.0 - run.hybrid_denial * run.counter_hybrid) * (1.0 - run.punish_attack)
    run.term(win_attack=shifted(unbiased, run.kim_optimism + run.kim_experience))


def kim_war_win_prob(run):
    attacker = run.nk_strength * run.conventional * (1.0 + run.technology)
    b = run.kim_optimism + run.kim_experience
    allied = run.rok_power + run.guard_strength * run.korea_guard
    guarded = contest(attacker, run.korea_difficulty * allied, run.decisiveness, b)
    alone = contest(attacker, run.korea_difficulty * run.rok_power, run.decisiveness, b)
    run.term(win_korea=run.punish_war * guarded + (1.0 - run.punish_war) * alone)


def kim_cost_of_retaliation(run):
    dual = run.retaliation_dual * run.usfk_posture * run.dual_role * run.rok_consent
    sea = run.retaliation_sea * run.maritime_posture
    run.term(retaliation=run.deter_gain * (run.retaliation_guard * run.korea_guard + dual + sea))


def kim_cost_of_nuclear_risk(run):
    hurry = run.use_or_lose * (1.0 - run.survivability) - run.nuclear_caution * run.punish_war
    risk = held(run.nuclear_rate * math.exp(hurry) / run.war_end_rate)
    lesson = 1.0 + run.nuclear_lesson * run.nuclear_used
    run.term(kim_cost_nuclear=run.nuclear_loss * risk * run.punish_war * lesson)


def kim_opportunity(run):
    request = run.kim_request if run.coordination == DIRECTED else 0.0
    run.term(kim_opening=run.taiwan_opening * (run.kim_opportunity * (1.0 - held(run.korea_guard)) + request))


def kim_utilities(run):
    theory, costs = run.kim_theory, run.kim_costs
    bold = run.kim_stakes * (1.0 + run.profile_gap if run.kim_profile == OPPORTUNIST else 1.0)
    r = run.kim_reference * (run.reference_point - (1.0 - run.hardship)) if theory == PROSPECT else 0.0
    fear, restraint = run.preempt_value * run.kim_fear, run.restraint_cost * run.china_restraint
    wait = -fear / 2.0 - run.kim_audience * run.korea_episode
    talks = 1.0 - run.hold_talks * (1.0 - run.diplomatic_offramp)
    audience = run.kim_audience * (run.korea_episode - 1.0)
    hold = -fear - audience + run.hold_gain * talks - run.restraint_hold * restraint
    gain = (
        bold * (run.attack_gain + run.attack_desperation * run.hardship + run.attack_confidence * run.technology)
        + run.attack_reward * run.diplomatic_offramp
        + run.kim_opening
    )
    share = run.war_unpunished + (1.0 - run.war_unpunished) * run.punish_war
    lost = costs * (
        run.war_loss * share + run.war_caution + run.hedge_deterrence * run.rok_hedge + run.kim_cost_nuclear
    )
    a = run.attack_fear * fear + restraint
    w = run.restraint_war * restraint
    run.term(
        u_stand_down=sure(run, theory, wait, r),
        u_hold=sure(run, theory, hold, r),
        u_attack=lottery(run, theory, run.win_attack, gain - a, -costs * (run.attack_cost + run.retaliation) - a, r),
        u_war=lottery(run, theory, run.win_korea, bold * run.war_stake + run.kim_opening - w, -lost - w, r),
    )


def kim_options(run):
    """What a satisficer asks, the utilities, and how sure each option but standing down is (as Xi's)."""
    utilities = run.u_stand_down, run.u_hold, run.u_attack, run.u_war
    sures = 1.0 - run.confidence, run.win_attack - run.confidence, run.win_korea - run.confidence
    return run.kim_aspiration - (1.0 - run.hardship), utilities, sures


def kim_option_probs(run):
    aspiration, utilities, sures = kim_options(run)
    lam = precision(run.leader_types, run.choice_noise, run.kim_precision)
    if run.agreement_called > 0:
        attack = logistic(lam * (run.u_attack - run.u_war))
        probs = 0.0, 0.0, attack, 1.0 - attack
    elif run.kim_theory == SATISFICING:
        probs = satisfice(aspiration, utilities, sures, lam)
    else:
        probs = quantal(utilities, lam)
    run.term(prob_stand_down=probs[0], prob_hold=probs[1], prob_attack=probs[2], prob_war=probs[3])


def kim_best_option(run):
    aspiration, utilities, sures = kim_options(run)
    satisficing = run.kim_theory == SATISFICING
    run.term(kim_best=first_passing(aspiration, utilities, sures) if satisficing else best(utilities))


def kim_choose(run):
    run.term(kim_choice=pick(run.u_kim_choice, run.prob_stand_down, run.prob_hold, run.prob_attack))


def kim_next_status(run):
    free = run.kim_choice if run.kim_decides > 0 else run.korea_episode
    run.later(korea_status=forced(run.force_korea, free))


def phase_11(run):
    if run.kim_decides > 0:
        kim_punishment_belief(run)
        kim_attack_success_prob(run)
        kim_war_win_prob(run)
        kim_cost_of_retaliation(run)
        kim_cost_of_nuclear_risk(run)
        kim_opportunity(run)
        kim_utilities(run)
        kim_option_probs(run)
        kim_best_option(run)
        kim_choose(run)
    else:
        run.term(kim_choice=0.0)
    kim_next_status(run)


# -- Phase 12: partners join --


def joined(fighting, u, p, already):
    """The common form of the joins' last line."""
    if not fighting:
        return 0.0
    return 1.0 if u < p else already


def directed_pull(run):
    return run.directed_pull if run.coordination == DIRECTED else 0.0


def if_uncoordinated(run):
    return run.uncoordinated if run.coordination == NONE else 1.0


def world_force_anywhere(run):
    joiners = (
        run.us_in,
        run.us_in_korea,
        run.japan_in,
        run.russia_in,
        run.iran_in,
        run.north_korea_in,
        run.china_in_korea,
    )
    force = run.taiwan_status >= 2 or run.korea_status >= 2
    left = any(joiner > 0 for joiner in joiners) or run.taiwan_front != 0 or run.korea_front != 0
    run.term(force_anywhere=force or left)


def united_states_enters(run):
    interest = run.us_interest * (run.us_will - 0.5)
    cost = run.us_join_cost * (1.0 - held(run.attention_taiwan / run.attention_full))
    p = join_prob(run.enter_speed, run.us_reliability, interest, cost)
    if run.taiwan_status != 3:
        p *= run.enter_blockade
    run.later(us_in=joined(run.taiwan_status >= 2, run.u_us_enters, p, run.us_in))


def united_states_joins_korea(run):
    interest = run.us_interest * (run.us_will - 0.5) + run.tripwire * run.usfk_posture
    cost = (
        run.us_join_cost * (1.0 - held(run.attention_korea / run.attention_full)) + run.decoupling * run.survivability
    )
    p = join_prob(run.enter_speed, run.us_reliability, interest, cost)
    run.later(us_in_korea=joined(run.korea_status == 3, run.u_us_joins_korea, p, run.us_in_korea))


def allies_japan_enters(run):
    interest = run.japan_interest * (run.japan_access - 0.5)
    cost = run.japan_join_cost * run.coercion_japan
    p = join_prob(run.japan_join_speed, run.japan_reliability, interest, cost) if run.us_in > 0 else 0.0
    run.later(japan_in=joined(run.taiwan_status >= 2, run.u_japan_enters, p, run.japan_in))


def russia_joins(run):
    interest = (
        run.russia_interest * (run.russian_stock - 0.5)
        - run.russia_busy * run.ukraine_war
        + run.settlement_tie * (1.0 - run.ukraine_war) * run.wartime_tie
        + run.russia_binding * run.trilateral_coordination
        + directed_pull(run)
    )
    cost = run.russia_join_cost * run.trilateral_coordination * run.attention_taiwan
    p = join_prob(run.join_speed, run.russia_reliability, interest, cost) * if_uncoordinated(run)
    war = run.taiwan_status == 3 or run.korea_status == 3
    run.term(russia_join_prob=p if war else 0.0)
    run.later(russia_in=joined(war, run.u_russia_joins, p, run.russia_in))


def iran_joins(run):
    interest = run.iran_interest * (run.iran_distraction - 0.5) + directed_pull(run)
    cost = run.iran_join_cost * run.sanctions_intensity
    p = join_prob(run.join_speed, run.iran_reliability, interest, cost) * if_uncoordinated(run)
    run.later(iran_in=joined(run.taiwan_status == 3, run.u_iran_joins, p, run.iran_in))


def north_korea_joins(run):
    interest = run.north_korea_interest * (run.hardship - run.autonomy) + directed_pull(run)
    cost = run.north_korea_join_cost * held(run.korea_guard)
    p = join_prob(run.join_speed, run.north_korea_reliability, interest, cost) * if_uncoordinated(run)
    if begins(run.korea_status, run.korea_last_force, run.month):
        p = 1.0
    run.later(north_korea_in=joined(run.taiwan_status == 3, run.u_north_korea_joins, p, run.north_korea_in))


def china_joins_korea(run):
    interest = run.china_interest * held(-run.korea_front) - run.autonomy
    cost = run.china_join_cost * (run.china_engagement + run.us_in_korea) / 2.0
    p = join_prob(run.join_speed, run.china_reliability, interest, cost)
    run.later(china_in_korea=joined(run.korea_status == 3, run.u_china_joins, p, run.china_in_korea))


def phase_12(run):
    world_force_anywhere(run)
    if run.force_anywhere > 0:
        united_states_enters(run)
        united_states_joins_korea(run)
        allies_japan_enters(run)
        russia_joins(run)
        iran_joins(run)
        north_korea_joins(run)
        china_joins_korea(run)


# -- Phase 13: wars are fought, and the record is kept --


def world_taiwan_balance(run):
    partners = (run.russia_in + run.north_korea_in + run.iran_in) / 3.0
    attacker = run.china_strength * (1.0 + run.partner_strength * partners)
    difficulty = run.blockade_difficulty if run.taiwan_status == 2 else run.invasion_difficulty
    defender = run.taiwan_strength + run.us_in * run.us_strength + run.japan_in * run.japan_strength
    run.term(beijing_win_prob=contest(attacker, difficulty * defender, run.decisiveness, 0.0))


def world_korea_balance(run):
    attacker = (
        run.nk_strength * run.conventional * (1.0 + run.technology) * (1.0 + run.partner_strength * run.russia_in)
        + run.china_korea_share * run.china_power * run.china_in_korea
    )
    defender = run.korea_difficulty * (run.rok_power + run.us_in_korea * run.guard_strength * run.korea_guard)
    run.term(pyongyang_win_prob=contest(attacker, defender, run.decisiveness, 0.0))


def world_taiwan_front(run):
    front = 0.0
    if run.taiwan_status >= 2:
        step = run.front_step if run.taiwan_status == 3 else run.front_step * run.blockade_pace
        front = run.taiwan_front + step if run.u_taiwan_war_result < run.beijing_win_prob else run.taiwan_front - step
    run.later(taiwan_front=front)


def world_korea_front(run):
    front = 0.0
    if run.korea_status == 3:
        step = run.front_step
        front = run.korea_front + step if run.u_korea_war_result < run.pyongyang_win_prob else run.korea_front - step
    run.later(korea_front=front)


def nuclear_hazard(run, parties, losing, other, lose):
    return held(
        run.nuclear_rate
        * math.exp(
            run.nuclear_parties_effect * (parties - 2.0)
            + run.nuclear_losing_effect * losing
            - run.nuclear_caution * other
            + run.use_or_lose * lose
        )
    )


def world_nuclear_rung(run):
    p_strait = p_korea = 0.0
    if run.taiwan_status == 3:
        parties = 1.0 + run.us_in + run.russia_in
        p_strait = nuclear_hazard(run, parties, 1.0 - run.beijing_win_prob, run.us_in, 0.0)
    if run.korea_status == 3:
        parties = 1.0 + run.us_in_korea + run.russia_in + run.china_in_korea
        p_korea = nuclear_hazard(
            run, parties, 1.0 - run.pyongyang_win_prob, run.us_in_korea, 1.0 - run.survivability
        ) * held(run.technology / run.nuclear_technology)
    now = run.u_taiwan_nuclear < p_strait or run.u_korea_nuclear < p_korea
    run.term(nuclear_prob=1.0 - (1.0 - p_strait) * (1.0 - p_korea), nuclear_now=now)
    run.later(nuclear_used=1.0 if now else run.nuclear_used)


def residual_war(run):
    run.later(
        residual_nuclear=run.residual_nuclear + surprise(run.nuclear_now > 0, run.nuclear_prob, run.first_nuclear < 0),
        residual_russia=run.residual_russia
        + surprise(run.russia_in > 0, run.russia_join_prob, run.first_russian_join < 0),
    )


def residual_taiwan(run):
    """The firsts are open while `residual_taiwan` is too; the second front has its own condition, in its place."""
    none_taiwan = run.first_blockade < 0 and run.first_invasion < 0
    none_korea = run.first_korea_attack < 0 and run.first_korea_war < 0
    second = run.first_two_front < 0 and recent(run.korea_last_force, run.month)
    force, p = run.xi_choice >= 2, run.prob_blockade + run.prob_invasion
    run.later(
        residual_blockade=run.residual_blockade
        + surprise(run.xi_choice == 2, run.prob_blockade, run.first_blockade < 0),
        residual_invasion=run.residual_invasion
        + surprise(run.xi_choice == 3, run.prob_invasion, run.first_invasion < 0),
        residual_taiwan=run.residual_taiwan + surprise(force, p, none_taiwan),
        residual_taiwan_first=run.residual_taiwan_first + surprise(force, p, none_taiwan and none_korea),
        residual_taiwan_second=run.residual_taiwan_second + surprise(force, p, second),
    )


def residual_korea(run):
    """As in `residual_taiwan`, after Xi."""
    none_korea = run.first_korea_attack < 0 and run.first_korea_war < 0
    none_taiwan = run.first_blockade < 0 and run.first_invasion < 0 and run.xi_choice < 2
    xi_made_it = run.xi_choice >= 2 and recent(run.korea_last_force, run.month)
    force_taiwan = run.taiwan_status >= 2 or recent(run.taiwan_last_force, run.month)
    second = run.first_two_front < 0 and not xi_made_it and force_taiwan
    force, p = run.kim_choice >= 2, run.prob_attack + run.prob_war
    run.later(
        residual_attack=run.residual_attack
        + surprise(run.kim_choice == 2, run.prob_attack, run.first_korea_attack < 0),
        residual_war=run.residual_war + surprise(run.kim_choice == 3, run.prob_war, run.first_korea_war < 0),
        residual_korea=run.residual_korea + surprise(force, p, none_korea),
        residual_korea_first=run.residual_korea_first + surprise(force, p, none_korea and none_taiwan),
        residual_korea_second=run.residual_korea_second + surprise(force, p, second),
    )


def world_preferred_taiwan(run):
    if run.xi_choice == 2 and run.xi_best == 2 and run.first_blockade < 0:
        run.later(preferred_blockade=run.month)
    if run.xi_choice == 3 and run.xi_best == 3 and run.first_invasion < 0:
        run.later(preferred_invasion=run.month)


def world_preferred_korea(run):
    if run.kim_choice == 2 and run.kim_best == 2 and run.first_korea_attack < 0:
        run.later(preferred_attack=run.month)
    if run.kim_choice == 3 and run.kim_best == 3 and run.first_korea_war < 0:
        run.later(preferred_war=run.month)


def united_states_resolve_seen(run):
    prior, signal = run.resolve_prior, run.resolve_signal
    run.later(
        xi_resolve_seen=estimated(run.xi_resolve_seen, run.xi_decides, run.xi_choice, run.xi_new, prior, signal),
        kim_resolve_seen=estimated(run.kim_resolve_seen, run.kim_decides, run.kim_choice, run.kim_new, prior, signal),
    )


def world_two_front_now(run):
    taiwan = run.month if run.taiwan_status >= 2 else run.taiwan_last_force
    korea = run.month if run.korea_status >= 2 else run.korea_last_force
    run.later(taiwan_last_force=taiwan, korea_last_force=korea)
    run.term(two_front=taiwan >= 0 and korea >= 0 and abs(taiwan - korea) <= TWO_FRONT_MONTHS)


def world_record(run):
    run.later(
        first_blockade=first_month(run.first_blockade, run.taiwan_status == 2, run.month),
        first_invasion=first_month(run.first_invasion, run.taiwan_status == 3, run.month),
        first_korea_attack=first_month(run.first_korea_attack, run.korea_status == 2, run.month),
        first_korea_war=first_month(run.first_korea_war, run.korea_status == 3, run.month),
        first_two_front=first_month(run.first_two_front, run.two_front, run.month),
        first_russian_join=first_month(run.first_russian_join, run.russia_in, run.month),
        first_nuclear=first_month(run.first_nuclear, run.nuclear_now, run.month),
    )


def world_second_front(run):
    taiwan_before = run.first_blockade >= 0 or run.first_invasion >= 0
    korea_before = run.first_korea_attack >= 0 or run.first_korea_war >= 0
    korea_begins = begins(run.korea_status, run.korea_last_force, run.month)
    taiwan_begins = begins(run.taiwan_status, run.taiwan_last_force, run.month)
    after_taiwan = korea_begins and (run.taiwan_status >= 2 or taiwan_before)
    after_korea = taiwan_begins and korea_before
    run.later(
        korea_after_taiwan=first_month(run.korea_after_taiwan, after_taiwan, run.month),
        taiwan_after_korea=first_month(run.taiwan_after_korea, after_korea, run.month),
    )


def world_rung(run):
    worse = max(run.taiwan_status, run.korea_status)
    run.later(
        highest_rung=max(
            run.highest_rung,
            1.0 if run.provocation > 0 or run.pla_activity > 1 else 0.0,
            worse + 1.0 if worse >= 1 else 0.0,
            5.0 if run.two_front > 0 else 0.0,
            6.0 if run.nuclear_now > 0 else 0.0,
        )
    )


def world_count_provocations(run):
    run.later(n_provocations=run.n_provocations + run.provocation, n_launch_days=run.n_launch_days + run.launch_days)


def world_realised_help(run):
    if run.taiwan_status == 3:
        share = (run.russia_in + run.north_korea_in + run.iran_in) / 3.0
        run.later(help_realised=max(run.help_realised, share))


def phase_13(run):
    if run.force_anywhere > 0:
        world_taiwan_balance(run)
        world_korea_balance(run)
        world_taiwan_front(run)
        world_korea_front(run)
        world_nuclear_rung(run)
        residual_war(run)
    else:
        run.term(nuclear_now=0.0)
    if run.xi_decides > 0:
        residual_taiwan(run)
    if run.kim_decides > 0:
        residual_korea(run)
    if run.xi_decides > 0:
        world_preferred_taiwan(run)
    if run.kim_decides > 0:
        world_preferred_korea(run)
    united_states_resolve_seen(run)
    world_two_front_now(run)
    world_record(run)
    world_second_front(run)
    world_rung(run)
    world_count_provocations(run)
    world_realised_help(run)


# -- Phase 14: wars teach, and end --


def xi_experience(run):
    if run.xi_new > 0:
        run.later(xi_experience=0.0)
    elif run.taiwan_status >= 2:
        run.later(xi_experience=run.experience_gain * run.taiwan_front)
    else:
        run.later(xi_experience=run.belief_memory * run.xi_experience)


def kim_experience(run):
    if run.kim_new > 0:
        run.later(kim_experience=0.0)
    elif run.korea_status == 3:
        run.later(kim_experience=run.experience_gain * run.korea_front)
    else:
        answered = (run.us_silence - run.us_response) / 2.0 if run.korea_status == 2 and run.korea_episode == 2 else 0.0
        run.later(kim_experience=run.belief_memory * run.kim_experience + run.experience_gain * answered)


def world_taiwan_war_month(run):
    decided = abs(run.taiwan_front) >= 1
    if run.taiwan_status == 3:
        run.later(taiwan_war_months=run.taiwan_war_months + 1.0)
        if decided or run.u_taiwan_war_ends < run.war_end_rate:
            run.later(taiwan_status=0.0, taiwan_front=0.0, taiwan_resolved=1.0 if run.taiwan_front >= 1 else -1.0)
    if run.taiwan_status == 2 and decided:
        run.later(taiwan_status=0.0, taiwan_front=0.0)
        if run.taiwan_front > 0:
            run.later(taiwan_resolved=1.0)


def world_korea_war_month(run):
    if run.korea_status == 3:
        run.later(korea_war_months=run.korea_war_months + 1.0)
        if abs(run.korea_front) >= 1 or run.u_korea_war_ends < run.war_end_rate:
            run.later(korea_status=0.0, korea_front=0.0, korea_resolved=1.0 if run.korea_front >= 1 else -1.0)


def phase_14(run):
    xi_experience(run)
    kim_experience(run)
    if run.force_anywhere > 0:
        world_taiwan_war_month(run)
        world_korea_war_month(run)


# -- The run --

PHASES = (
    phase_1,
    phase_2,
    phase_3,
    phase_4,
    phase_5,
    phase_6,
    phase_7,
    phase_8,
    phase_9,
    phase_10,
    phase_11,
    phase_12,
    phase_13,
    phase_14,
)


def simulate(calendar, parameters, seed, run):
    """Every state and every term of one run, as they stand at each month's end."""
    this, told = Run(parameters, seed, run), []
    for month, inputs in enumerate(calendar):
        this.begin(month, inputs)
        for phase in PHASES:
            phase(this)
            this.commit()
        told.append(this.record())
    return told
