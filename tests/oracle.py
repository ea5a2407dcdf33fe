"""An independent re-implementation of the model, written from `docs/odd.md` alone.

This oracle was written from the ODD page without reading the rules of the package: neither its code
nor its tests were looked at. Where the two disagree, either the code, the page, or this reading of
the page is wrong, and that is what it is for.

It is deliberately naive: plain Python, the standard library, one run at a time, one month at a time,
no vectors, no caches, every equation written out as the page has it.

The scheduling rule of section 3 lives in `Run`:
  * reading `run.name` gives a parameter, a lever or driver of this month, a state *as it stood at the
    start of the phase*, or a term *already worked out this month* (reading a term that was not yet
    worked out is an error, so that a wrong order cannot pass unnoticed);
  * `run.term(name=value)` is seen at once;
  * `run.later(name=value)` writes the new value of a state, which is seen only after `run.commit()`;
  * a rule marked "where X" sits under an `if`; terms it would have set are 0 at the month's end.

    simulate(calendar, parameters, seed, run) -> one dict a month with every state and every term
"""

import math

# -- The fields (section 2): states with their start, a number or the name of a parameter; and terms ---

STATES = {
    # WORLD
    "taiwan_resolved": 0.0,
    "korea_resolved": 0.0,
    "taiwan_war_months": 0.0,
    "korea_war_months": 0.0,
    "taiwan_last_force": -1.0,
    "korea_last_force": -1.0,
    "nuclear_now": 0.0,
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
    "help_realised": 0.0,
    # CHINA
    "taiwan_status": 0.0,
    "china_power": 1.0,
    "china_arming": 0.0,
    "grievance": "initial_grievance",
    "china_belief_for": "belief_prior_for",
    "china_belief_against": "belief_prior_against",
    "expected_reliability": "reliability_base",
    "coercion_rok": 0.2,
    "coercion_japan": 0.2,
    "pla_activity": 0.0,
    "china_in_korea": 0.0,
    "help_expected": 0.0,
    # NORTH_KOREA
    "korea_status": 0.0,
    "conventional": 1.0,
    "survivability": "initial_survivability",
    "technology": "initial_technology",
    "hardship": "initial_hardship",
    "reference_point": 0.6,
    "nk_belief_for": "belief_prior_for",
    "nk_belief_against": "belief_prior_against",
    "autonomy": 0.5,
    "months_since": 2.0,
    "provocation_memory": 0.5,
    "provocation": 0.0,
    "launch_days": 0.0,
    "north_korea_in": 0.0,
    # RUSSIA
    "ukraine_war": 1.0,
    "russian_need": "need_at_war",
    "russian_trust": "initial_trust",
    "russian_stock": 0.4,
    "arms_flow": 0.5,
    "russia_in": 0.0,
    # IRAN
    "iran_distraction": "iran_mean",
    "iran_supply": "iran_supply_base",
    "iran_in": 0.0,
    # UNITED_STATES
    "us_crisis": 0.0,
    "munitions": 0.7,
    "us_will": "will_base",
    "us_in": 0.0,
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
    "exposure_index": 0.2,
}

TERMS = frozenset(
    [
        "deter_gain",
        "spiral_gain",
        "force_anywhere",
        "beijing_win_prob",
        "two_front",
        "war_anywhere",
        "china_strength",
        "china_belief",
        "taiwan_crisis_prob",
        "taiwan_episode",
        "xi_decides",
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
        "xi_choice",
        "illicit_income",
        "nk_belief",
        "china_restraint",
        "kim_fear",
        "provocation_prob",
        "korea_crisis_prob",
        "korea_episode",
        "kim_decides",
        "punish_attack",
        "punish_war",
        "win_attack",
        "win_korea",
        "retaliation",
        "kim_opening",
        "u_stand_down",
        "u_hold",
        "u_attack",
        "u_war",
        "prob_stand_down",
        "prob_hold",
        "prob_attack",
        "prob_war",
        "kim_choice",
        "total_flow",
        "kit_return",
        "exercise_activity",
        "threat_taiwan",
        "threat_korea",
        "us_capacity",
        "attention_taiwan",
        "attention_korea",
        "us_strength",
        "korea_guard",
        "us_response",
        "japan_strength",
        "enforcement",
    ]
)

# Levels of the structural switches
EXPECTED_UTILITY, PROSPECT, SATISFICING = 0, 1, 2
NONE, TACIT, DIRECTED = 0, 1, 2
DETER, SPIRAL, BOTH = 0, 1, 2
LEGACY = 1  # Xi's bolder profile
OPPORTUNIST = 1  # Kim's bolder profile

# Rungs of a theatre
CRISIS, FORCE, WAR = 1, 2, 3

# -- Luck: Philox4x32-10 and the named draws -----------------------------------------------------------

CHINA, NORTH_KOREA, RUSSIA, IRAN, UNITED_STATES, JAPAN, TAIWAN, MONITORS = 1, 2, 3, 4, 5, 7, 8, 9

# Draws by actor, in the order of their slots
SLOTS = {
    UNITED_STATES: "u_us_crisis u_us_response u_us_enters",
    RUSSIA: "u_ukraine_ends u_russia_joins",
    IRAN: "u_iran_turmoil u_iran_joins",
    MONITORS: "u_detections",
    TAIWAN: "u_taiwan_politics",
    JAPAN: "u_japan_enters",
    CHINA: "u_pla_activity u_taiwan_episode u_xi_choice u_taiwan_war_ends "
    "u_taiwan_war_result u_taiwan_nuclear u_china_joins",
    NORTH_KOREA: "u_provocation u_launch_days u_korea_episode u_kim_choice u_korea_war_ends u_korea_nuclear",
}
DRAWS = {name: (actor, slot) for actor, names in SLOTS.items() for slot, name in enumerate(names.split())}

WORD = 2**32


def philox(counter, key):
    """Philox4x32 with ten rounds (Salmon et al. 2011): four words from four words and a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, WORD)
        high1, low1 = divmod(0xCD9E8D57 * c2, WORD)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 = (k0 + 0x9E3779B9) % WORD
        k1 = (k1 + 0xBB67AE85) % WORD
    return c0, c1, c2, c3


def uniform(seed, run, month, actor, slot):
    """The draw in (0, 1) at one address."""
    counter = (run % WORD, run // WORD, month, 2**16 * actor + slot // 2)
    words = philox(counter, (seed % WORD, seed // WORD))
    high, low = words[:2] if slot % 2 == 0 else words[2:]
    top = (high * WORD + low) >> 12
    return (top + 0.5) / 2**52


# -- Building blocks -----------------------------------------------------------------------------------


def logistic(x):
    """Λ(x)."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def unit(x):
    """[x]: x held within [0, 1]."""
    return min(max(x, 0.0), 1.0)


def approach(level, target, rate):
    return level + rate * (target - level)


def power(x, a):
    return x**a if x > 1e-300 else 0.0


def contest(attacker, defender, decisiveness):
    """Tullock's contest success function."""
    a, d = power(attacker, decisiveness), power(defender, decisiveness)
    return a / (a + d)


def logistic_noise(u):
    return math.log(u / (1.0 - u)) * math.sqrt(3.0) / math.pi


def weight(prob, gamma):
    """Tversky and Kahneman's weight of a probability."""
    p, q = power(prob, gamma), power(1.0 - prob, gamma)
    return p / power(p + q, 1.0 / gamma)


def prospect(x, curvature, loss_aversion):
    """Tversky and Kahneman's value of a gain or a loss."""
    if x >= 0:
        return power(x, curvature)
    return -loss_aversion * power(-x, curvature)


def lottery(win_prob, win, lose, reference, theory, curvature, loss_aversion, weighting):
    """What a leader makes of winning `win` with a probability, and `lose` otherwise."""
    p, h, l = win_prob, win - reference, lose - reference  # noqa: E741
    if theory != PROSPECT:
        return p * h + (1.0 - p) * l
    v_h = prospect(h, curvature, loss_aversion)
    v_l = prospect(l, curvature, loss_aversion)
    w_win, w_lose = weight(p, weighting), weight(1.0 - p, weighting)
    if l >= 0:
        return w_win * v_h + (1.0 - w_win) * v_l
    if h <= 0:
        return (1.0 - w_lose) * v_h + w_lose * v_l
    return w_win * v_h + w_lose * v_l


def sure(x, reference, theory, curvature, loss_aversion):
    """A sure outcome seen the same way."""
    if theory == PROSPECT:
        return prospect(x - reference, curvature, loss_aversion)
    return x - reference


def quantal(utilities, precision):
    """Logit response over four utilities (the greatest is taken off first, which changes nothing)."""
    best = max(utilities)
    odds = [math.exp(precision * (u - best)) for u in utilities]
    return [o / sum(odds) for o in odds]


def satisfice(dissatisfied, slack_high, slack_middle, slack_low, precision):
    """A leader whom waiting leaves dissatisfied takes the highest rung that passes."""
    d = logistic(precision * dissatisfied)
    high, middle, low = (logistic(precision * s) for s in (slack_high, slack_middle, slack_low))
    p_high = d * high
    p_middle = d * (1.0 - high) * middle
    p_low = d * (1.0 - high) * (1.0 - middle) * low
    return [1.0 - p_low - p_middle - p_high, p_low, p_middle, p_high]


def pick(u, first, second, third):
    return (u >= first) + (u >= first + second) + (u >= first + second + third)


def first_month(recorded, happens, month):
    return month if recorded < 0 and happens > 0 else recorded


# -- A run, with the rule of what is seen when ---------------------------------------------------------


class Run:
    """One run: parameters, the month's policy and drivers, states, this month's terms, and luck."""

    def __init__(self, parameters, seed, run):
        self._parameters = parameters
        self._address = (seed, run)
        self._calendar = {}
        self._states = {
            name: float(parameters[start] if isinstance(start, str) else start) for name, start in STATES.items()
        }
        self._pending = {}
        self._terms = {}
        self.month = -1

    def begin_month(self, entry):
        self.month += 1
        self._calendar = entry
        self._terms = {}

    def __getattr__(self, name):
        """A term of this month, a state at the phase's start, a draw, a lever or driver, a parameter."""
        if name in TERMS:
            if name not in self._terms:
                raise LookupError(f"term {name} read before it was worked out")
            return self._terms[name]
        if name in STATES:
            return self._states[name]
        if name in DRAWS:
            return uniform(*self._address, self.month, *DRAWS[name])
        if name in self._calendar:
            return self._calendar[name]
        if name in self._parameters:
            return self._parameters[name]
        raise AttributeError(name)

    def term(self, **values):
        """Terms are seen at once."""
        for name, value in values.items():
            assert name in TERMS and name not in self._terms, name
            self._terms[name] = float(value)

    def later(self, **values):
        """New values of states wait for the end of the phase."""
        for name, value in values.items():
            assert name in STATES and name not in self._pending, name
            self._pending[name] = float(value)

    def commit(self):
        self._states.update(self._pending)
        self._pending = {}

    def record(self):
        """Every field at the month's end; terms of rules that did not run are 0."""
        return {**self._states, **{name: self._terms.get(name, 0.0) for name in TERMS}}


# -- Phase 1: the world moves --------------------------------------------------------------------------


def the_world_moves(m):
    # world.posture_paths
    if m.posture_effect == DETER:
        m.term(deter_gain=1, spiral_gain=0)
    elif m.posture_effect == SPIRAL:
        m.term(deter_gain=0, spiral_gain=1)
    else:
        m.term(deter_gain=1, spiral_gain=m.spiral_weight)

    # russia.war_in_ukraine
    if m.driver_ukraine >= 0:
        m.later(ukraine_war=m.driver_ukraine)
    else:
        m.later(ukraine_war=m.ukraine_war if m.u_ukraine_ends >= m.ukraine_end_rate else 0)

    # iran.distraction
    m.later(
        iran_distraction=unit(
            m.iran_persistence * m.iran_distraction
            + (1 - m.iran_persistence) * m.iran_mean
            + m.iran_sd * logistic_noise(m.u_iran_turmoil)
        )
    )

    # united_states.crisis_elsewhere
    if m.driver_us_crisis >= 0:
        m.later(us_crisis=m.driver_us_crisis)
    elif m.us_crisis == 0:
        onset = unit(m.crisis_onset_rate * (1 + m.iran_onset_gain * m.iran_distraction))
        m.later(us_crisis=1 if m.u_us_crisis < onset else 0)
    else:
        m.later(us_crisis=0 if m.u_us_crisis < 1 / m.crisis_duration else 1)

    # united_states.exercises
    m.term(exercise_activity=2 * m.exercise_tempo * m.driver_exercise_season)


# -- Phase 2: monitors enforce and detect --------------------------------------------------------------


def monitors_enforce_and_detect(m):
    # monitors.enforcement
    m.term(
        enforcement=unit(
            m.sanctions_intensity
            * (m.enforcement_base + m.enforcement_exposure * m.exposure_index)
            * (1 - m.veto_step * m.driver_veto)
        )
    )

    # monitors.detections
    p = 0.99 * unit(m.arms_flow * (m.detection_base + m.detection_effort * m.exposure))
    u, at_most, found = m.u_detections, 0.0, 0
    for k in range(8):
        at_most += math.comb(8, k) * p**k * (1 - p) ** (8 - k)
        found += u >= at_most
    m.later(detections=found)

    # monitors.exposure_index (what was detected: last month's count)
    published = unit(m.exposure * m.detections / 4)
    m.later(exposure_index=m.exposure_memory * m.exposure_index + (1 - m.exposure_memory) * published)


# -- Phase 3: munitions flow ---------------------------------------------------------------------------


def munitions_flow(m):
    # russia.need
    need = m.need_at_war * (m.ukraine_war + (1 - m.ukraine_war) * m.tie_persistence)
    m.later(russian_need=approach(m.russian_need, need, m.need_adjustment))

    # russia.flow
    push = m.substitution * m.counter_hybrid * m.illicit_cut * m.illicit_base
    flow = unit(
        m.russian_need
        * m.russian_trust
        * (1 - m.interdiction * m.enforcement)
        * (1 - m.iran_share * m.iran_supply)
        * (1 + push)
    )
    m.later(arms_flow=flow)
    m.term(total_flow=flow + m.iran_share * m.iran_supply * m.russian_need)

    # iran.supply
    supply = m.iran_supply_base * m.ukraine_war * (1 - m.iran_interdiction * m.enforcement)
    m.later(iran_supply=approach(m.iran_supply, supply, m.need_adjustment))

    # russia.trust
    pressure = (m.enforcement + m.trilateral_coordination) / 2
    trust = unit(
        m.trust_base
        + m.trust_flow * m.arms_flow
        + m.trust_pressure * pressure
        - m.trust_exposure * m.exposure_index
        - m.wedge_effect * m.diplomatic_offramp
    )
    m.later(russian_trust=approach(m.russian_trust, trust, m.trust_adjustment))

    # russia.stock
    m.later(
        russian_stock=unit(
            m.russian_stock
            + m.stock_rebuild * (1 - m.russian_stock)
            + m.stock_supply * m.total_flow
            - m.stock_burn * m.ukraine_war
        )
    )

    # russia.kit_return
    m.term(kit_return=m.kit_release * (1 - m.ukraine_war) * m.russian_stock * m.russian_trust)


# -- Phase 4: Pyongyang's stocks move ------------------------------------------------------------------


def pyongyangs_stocks_move(m):
    # north_korea.illicit_income
    m.term(illicit_income=m.illicit_base * (1 - m.illicit_cut * m.counter_hybrid))

    # north_korea.technology
    learnt = m.tech_base + m.tech_flow * (m.arms_flow + m.kit_return) + m.tech_money * m.illicit_income
    traded = 1 - m.tech_talks * m.diplomatic_offramp
    m.later(technology=m.technology + (1 - m.technology) * traded * learnt)

    # north_korea.survivability
    gain = m.survivability_base + m.survivability_flow * m.arms_flow * m.technology
    m.later(survivability=m.survivability + (1 - m.survivability) * gain)

    # north_korea.conventional
    stock = 1 - m.conventional_export * m.arms_flow + m.conventional_kit * (m.arms_flow + m.kit_return) - m.hardship / 4
    m.later(conventional=approach(m.conventional, stock, m.conventional_adjustment))

    # north_korea.hardship
    hardship = unit(
        m.hardship_base
        + m.hardship_sanctions * m.enforcement
        - m.hardship_flow * m.arms_flow
        - m.hardship_illicit * m.illicit_income
        - m.hardship_china * (1 - m.china_engagement)
    )
    m.later(hardship=approach(m.hardship, hardship, m.hardship_adjustment))

    # north_korea.autonomy
    autonomy = unit(m.autonomy_base + m.autonomy_flow * m.arms_flow)
    m.later(autonomy=approach(m.autonomy, autonomy, m.autonomy_adjustment))

    # north_korea.reference_point
    m.later(reference_point=approach(m.reference_point, 1 - m.hardship, m.reference_adjustment))


# -- Phase 5: Beijing coerces, allies answer -----------------------------------------------------------


def beijing_coerces_allies_answer(m):
    # china.coercion_rok, china.coercion_japan
    common = m.coercion_coordination * m.trilateral_coordination - m.coercion_relief * m.china_engagement
    on_seoul = unit(m.coercion_dual * m.usfk_posture * m.dual_role + common)
    on_tokyo = unit(m.coercion_burden * m.japan_burden_share + common)
    m.later(coercion_rok=approach(m.coercion_rok, on_seoul, m.coercion_adjustment))
    m.later(coercion_japan=approach(m.coercion_japan, on_tokyo, m.coercion_adjustment))

    seoul_answers(m)
    tokyo_answers(m)
    taipei_answers(m)


def seoul_answers(m):
    # allies.rok_consent
    m.later(
        rok_consent=logistic(
            m.consent_base
            + m.consent_coordination * m.trilateral_coordination
            + m.consent_threat * m.provocation_memory
            - m.consent_coercion * m.coercion_rok
            - m.consent_dual * m.dual_role
            + m.consent_talks * (m.diplomatic_offramp - 0.5)
        )
    )

    # allies.rok_hedge
    present = m.usfk_posture * (1 - m.dual_dilution * m.dual_role)
    assurance = (m.us_will + present + m.trilateral_coordination) / 3
    hedge = unit(m.hedge_base + m.hedge_fear * m.survivability - m.hedge_assurance * assurance)
    m.later(rok_hedge=approach(m.rok_hedge, hedge, m.hedge_adjustment))

    # allies.rok_power
    m.later(rok_power=m.rok_power * (1 + m.rok_growth))


def tokyo_answers(m):
    # allies.japan_access
    m.later(
        japan_access=logistic(
            m.access_base
            + m.access_coordination * m.trilateral_coordination
            + m.access_threat * m.pla_activity
            - m.access_coercion * m.coercion_japan
            - m.access_burden * (m.japan_burden_share - 0.5)
        )
    )

    # allies.japan_power
    m.later(japan_power=m.japan_power * (1 + 2 * m.japan_growth * m.japan_burden_share))

    # allies.allied_arming
    m.later(
        allied_arming=m.allied_arming
        + m.arming_reaction_allied * m.china_arming
        - m.arming_fatigue_allied * m.allied_arming
        + m.arming_threat * m.pla_activity
    )


def taipei_answers(m):
    # allies.taiwan_defence
    besieged = m.taiwan_status >= FORCE
    m.later(taiwan_defence=m.taiwan_defence * (1 - m.siege_loss if besieged else 1 + m.taiwan_growth))

    # allies.taiwan_drift
    mean = m.drift_mean + m.drift_backing * (m.us_will - 0.5) + m.drift_anxiety * (m.china_engagement - 0.5)
    m.later(
        taiwan_drift=m.drift_persistence * m.taiwan_drift
        + (1 - m.drift_persistence) * mean
        + m.drift_sd * logistic_noise(m.u_taiwan_politics)
    )


# -- Phase 6: Washington allocates ---------------------------------------------------------------------


def washington_allocates(m):
    # united_states.threat
    seen = unit((m.pla_activity + 2) / 4)
    m.term(
        threat_taiwan=m.threat_floor + m.threat_signal * seen + m.taiwan_status,
        threat_korea=m.threat_floor + m.threat_signal * m.provocation_memory + m.korea_status,
    )

    # united_states.capacity
    free = (
        1
        - m.crisis_drain * m.us_crisis
        - m.distraction_drain * m.iran_distraction
        + m.japan_relief * m.japan_burden_share * m.japan_access
    )
    m.term(us_capacity=min(max(free * (0.5 + m.munitions / 2), 0.1), 1.5))

    # united_states.attention
    s_taiwan = math.sqrt(m.value_taiwan * m.threat_taiwan)
    s_korea = math.sqrt(m.value_korea * m.threat_korea)
    s_korea *= 1 + m.tied_down * m.usfk_posture * (1 - m.dual_role)
    m.term(
        attention_taiwan=m.us_capacity * s_taiwan / (s_taiwan + s_korea),
        attention_korea=m.us_capacity * s_korea / (s_taiwan + s_korea),
    )

    # united_states.munitions
    at_war = (m.us_in if m.taiwan_status == WAR else 0) + (1 if m.korea_status == WAR else 0)
    spent = m.munitions_burn * (at_war + m.us_crisis / 10)
    made = m.munitions_growth * (1 - m.munitions) * (1 + m.maritime_posture)
    m.later(munitions=unit(m.munitions + made - spent))

    # united_states.will
    will = unit(
        m.will_base
        - m.will_crisis * m.us_crisis
        + m.will_sharing * (m.japan_burden_share - 0.5)
        - m.will_talks * (m.china_engagement + m.diplomatic_offramp) / 2
    )
    m.later(us_will=approach(m.us_will, will, m.will_adjustment))

    # united_states.strength
    at_sea = m.us_power * m.attention_taiwan * (1 + m.maritime_reach * (m.maritime_posture - 0.5))
    from_korea = m.ground_reach * m.usfk_posture * m.dual_role * m.rok_consent
    from_korea *= 1 - m.heavy_mobility_loss * m.heavy_share
    m.term(us_strength=at_sea + from_korea)

    # allies.japan_strength
    m.term(japan_strength=m.japan_power * m.japan_access * (1 + m.japan_burden_share) / 2)


# -- Phase 7: beliefs and grievances move --------------------------------------------------------------


def beliefs_and_grievances_move(m):
    # united_states.responds
    answer_prob = unit(m.response_base * (m.us_will + m.attention_korea))
    m.term(us_response=1 if m.provocation > 0 and m.u_us_response < answer_prob else 0)

    beliefs(m)
    chinas_grievance(m)

    # china.expected_reliability
    reliability = unit(
        m.reliability_base
        + m.reliability_flow * m.arms_flow
        - m.reliability_exposure * m.exposure_index
        + (1 - m.ukraine_war) / 10
        + (m.russia_in + m.north_korea_in) / 4
    )
    m.later(expected_reliability=approach(m.expected_reliability, reliability, m.reliability_adjustment))

    # china.arming
    m.later(
        china_arming=m.china_arming
        + m.arming_reaction_china * m.allied_arming
        - m.arming_fatigue_china * m.china_arming
        + m.arming_grievance * (m.grievance - 0.5)
    )

    # china.power
    m.later(china_power=m.china_power * (1 + m.china_growth))


def beliefs(m):
    phi = m.belief_memory
    shown = m.signal_exercise * m.exercise_activity
    affirmed = m.signal_statement * unit(m.driver_statement)
    doubted = m.signal_statement * unit(-m.driver_statement)

    # china.belief_counts
    m.later(
        china_belief_for=phi * m.china_belief_for
        + (1 - phi) * m.belief_prior_for
        + shown
        + m.signal_presence * (m.usfk_posture + m.maritime_posture) / 2
        + affirmed,
        china_belief_against=phi * m.china_belief_against
        + (1 - phi) * m.belief_prior_against
        + m.signal_distraction * m.us_crisis
        + m.signal_conciliation * (m.china_engagement + m.japan_burden_share) / 2
        + doubted,
    )

    # north_korea.belief_counts
    m.later(
        nk_belief_for=phi * m.nk_belief_for
        + (1 - phi) * m.belief_prior_for
        + shown
        + m.signal_presence * m.usfk_posture * (1 - m.dual_dilution * m.dual_role)
        + m.signal_response * m.us_response
        + affirmed,
        nk_belief_against=phi * m.nk_belief_against
        + (1 - phi) * m.belief_prior_against
        + m.signal_response * (m.provocation - m.us_response)
        + m.signal_talks * m.diplomatic_offramp
        + doubted,
    )


def chinas_grievance(m):
    # china.grievance
    posture = m.spiral_gain * (
        m.grievance_ground * m.usfk_posture * (1 + m.dual_role) / 2
        + m.grievance_sea * m.maritime_posture
        + m.grievance_exercise * m.exercise_activity
    )
    target = unit(
        m.grievance_base
        + posture
        + m.grievance_coordination * m.trilateral_coordination
        + m.grievance_japan * m.japan_burden_share
        + m.grievance_sanctions * m.sanctions_intensity
        + m.grievance_drift * m.taiwan_drift
        + m.grievance_hedge * m.rok_hedge
        - m.grievance_engagement * m.china_engagement
    )
    m.later(grievance=approach(m.grievance, target, m.grievance_adjustment))


# -- Phase 8: Xi weighs the Strait ---------------------------------------------------------------------


def xi_weighs_the_strait(m):
    # china.belief
    m.term(china_belief=m.china_belief_for / (m.china_belief_for + m.china_belief_against))

    # china.strength
    build_up = 1 + m.china_arming if m.china_arming > -0.9 else 0.1
    m.term(china_strength=m.china_power * build_up)

    # china.pla_activity
    mean = m.pla_grievance * (m.grievance - 0.5) + m.pla_drift * m.taiwan_drift
    m.later(
        pla_activity=m.pla_persistence * m.pla_activity
        + (1 - m.pla_persistence) * mean
        + m.pla_sd * logistic_noise(m.u_pla_activity)
    )

    # china.crisis_prob
    log_odds = m.taiwan_crisis_logit + m.crisis_grievance * (m.grievance - 0.5) + m.crisis_pla * m.pla_activity
    if m.korea_status >= FORCE:
        log_odds += {NONE: 0.0, TACIT: 1.0, DIRECTED: 1.5}[m.coordination] * m.strait_opportunism
    if m.korea_status == CRISIS and m.coordination != NONE:
        log_odds += m.peacetime_coupling
    m.term(taiwan_crisis_prob=logistic(log_odds) if m.taiwan_resolved == 0 else 0)

    # china.episode
    rung = episode(m.taiwan_status, m.u_taiwan_episode, m.taiwan_crisis_prob, m.crisis_settle_prob)
    m.term(taiwan_episode=rung, xi_decides=rung in (CRISIS, FORCE) and m.taiwan_resolved == 0)

    if m.xi_decides > 0:
        xi_sees(m)
        xi_counts_costs(m)
        xi_values_waiting(m)
        xi_chooses(m)

    # china.next_status
    m.later(taiwan_status=m.xi_choice if m.xi_decides > 0 else m.taiwan_episode)


def episode(status, u, crisis_prob, settle_prob):
    """Where a theatre stands before its leader decides (china.episode, north_korea.episode)."""
    if status == 0:
        return CRISIS if u < crisis_prob else 0
    if status in (CRISIS, FORCE):
        return 0 if u < settle_prob else status
    return WAR


def xi_sees(m):
    # china.intervention
    looks_elsewhere = 1 - unit(2 * m.attention_taiwan)
    m.term(us_enters_invasion=unit(m.china_belief * (1 - m.attention_discount * looks_elsewhere)))
    m.term(us_enters_blockade=m.enter_blockade * m.us_enters_invasion)

    # china.win_prob
    alone = m.taiwan_defence
    together = m.taiwan_defence + m.us_strength + m.japan_strength
    for option, difficulty, enters in (
        ("blockade", m.blockade_difficulty, m.us_enters_blockade),
        ("invasion", m.invasion_difficulty, m.us_enters_invasion),
    ):
        out = contest(m.china_strength, difficulty * alone, m.decisiveness)
        into = contest(m.china_strength, difficulty * together, m.decisiveness)
        m.term(
            **{
                f"win_{option}_out": out,
                f"win_{option}_in": into,
                f"win_{option}": enters * into + (1 - enters) * out,
            }
        )

    # china.grey_zone_success
    m.term(win_grey=m.grey_success * (1 - m.hybrid_denial * m.counter_hybrid))


def xi_counts_costs(m):
    # china.cost_of_posture
    m.term(cost_posture=m.deter_gain * m.ground_cost * m.usfk_posture * m.dual_role * m.heavy_share * m.rok_consent)
    # china.cost_of_sea_power
    m.term(cost_sea=m.deter_gain * m.sea_cost * m.maritime_posture)
    # china.cost_of_coordination
    m.term(cost_coordination=m.deter_gain * m.coordination_cost * m.trilateral_coordination * m.japan_access)
    # china.cost_of_japan
    m.term(cost_japan=m.deter_gain * m.japan_cost * m.japan_burden_share * m.japan_access)
    # china.cost_of_sanctions
    m.term(cost_sanctions=m.sanctions_cost * m.sanctions_intensity)


def total_cost(m):
    """K of Xi's utilities."""
    return m.cost_posture + m.cost_sea + m.cost_coordination + m.cost_japan + m.cost_sanctions


def xi_stake(m):
    return 1 + m.profile_gap if m.xi_profile == LEGACY else 1.0


def xi_values_waiting(m):
    # china.expected_help
    full = unit(m.expected_reliability + m.partner_bias)
    m.term(xi_expected_help=full / 2 if m.coordination == NONE else full)

    # china.decline
    m.term(
        expected_decline=unit(
            m.decline_build_up * (m.allied_arming - m.china_arming)
            + m.decline_lever * (m.maritime_posture + m.trilateral_coordination) / 2
        )
    )

    # china.value_of_waiting
    m.term(
        value_wait=m.status_quo_value
        - m.wait_grievance * m.grievance
        - m.wait_decline * m.expected_decline
        + m.wait_assurance * m.china_engagement
        - m.audience_cost * m.taiwan_episode * xi_stake(m)
    )


def xi_chooses(m):
    # china.utilities
    stake, cost = xi_stake(m), total_cost(m)
    help_ = m.help_value * m.xi_expected_help
    r = m.xi_reference * m.grievance if m.xi_theory == PROSPECT else 0.0
    taste = (m.curvature, m.loss_aversion)

    def gamble(win_prob, win, lose):
        return lottery(win_prob, win, lose, r, m.xi_theory, *taste, m.weighting)

    grey = gamble(m.win_grey, m.grey_stake * stake - m.fixed_cost_grey, -m.fixed_cost_grey - m.grey_stake)
    if m.taiwan_episode == FORCE:
        grey -= m.audience_cost
    n = m.blockade_share * (help_ - cost) - m.fixed_cost_blockade
    k = help_ - cost - m.fixed_cost_invasion
    m.term(
        u_wait=sure(m.value_wait, r, m.xi_theory, *taste),
        u_grey=grey,
        u_blockade=gamble(m.win_blockade, m.blockade_stake * stake + n, n - m.blockade_share * m.loss_invasion),
        u_invasion=gamble(m.win_invasion, stake + k, k - m.loss_invasion),
    )

    # china.option_probs
    if m.xi_theory == SATISFICING:
        probs = satisfice(
            m.xi_aspiration - m.value_wait,
            m.win_invasion - m.confidence * (1 + m.fixed_cost_invasion + cost),
            m.win_blockade - m.confidence * (1 + m.fixed_cost_blockade + m.blockade_share * cost),
            m.win_grey - m.confidence * (1 + m.fixed_cost_grey),
            m.xi_precision,
        )
    else:
        probs = quantal([m.u_wait, m.u_grey, m.u_blockade, m.u_invasion], m.xi_precision)
    m.term(prob_wait=probs[0], prob_grey=probs[1], prob_blockade=probs[2], prob_invasion=probs[3])

    # china.choose
    m.term(xi_choice=pick(m.u_xi_choice, m.prob_wait, m.prob_grey, m.prob_blockade))

    # china.expectation
    if m.xi_choice >= FORCE and m.help_expected == 0:
        m.later(help_expected=m.xi_expected_help)


# -- Phase 9: Kim weighs Korea -------------------------------------------------------------------------


def kim_weighs_korea(m):
    # north_korea.belief
    m.term(nk_belief=m.nk_belief_for / (m.nk_belief_for + m.nk_belief_against))

    # north_korea.fear
    forces = m.fear_posture * m.usfk_posture * (1 + m.heavy_share - m.dual_role / 2) / 2
    m.term(
        kim_fear=unit(
            m.spiral_gain * (forces + m.fear_exercise * m.exercise_activity)
            + m.fear_hedge * m.rok_hedge
            - m.fear_relief * m.diplomatic_offramp
        )
    )

    # north_korea.restraint
    held = m.restraint_strength * m.china_engagement * (1 - m.autonomy)
    m.term(china_restraint=held - m.beijing_profit * (1 - m.china_engagement))

    # united_states.korea_guard
    usable = m.thinning * m.dual_role * m.rok_consent
    away = usable if m.taiwan_status >= FORCE else usable / 4 * m.us_crisis
    present = m.usfk_posture * (1 - m.light_deficit * (1 - m.heavy_share)) * (1 - away)
    m.term(korea_guard=present + m.korea_reinforcement * m.us_power * m.attention_korea)

    kim_provokes(m)
    korean_crisis(m)

    if m.kim_decides > 0:
        kim_sees(m)
        kim_chooses(m)

    # north_korea.next_status
    m.later(korea_status=m.kim_choice if m.kim_decides > 0 else m.korea_episode)


def kim_provokes(m):
    # north_korea.provocation
    m.term(
        provocation_prob=logistic(
            m.provoke_base
            + m.provoke_memory * m.provocation_memory
            + m.provoke_exercise * m.exercise_activity
            + m.provoke_coordination * m.trilateral_coordination
            + m.provoke_survivability * m.survivability
            + m.provoke_hardship * m.hardship
            + m.provoke_light * m.usfk_posture * (1 - m.heavy_share)
            - m.provoke_belief * m.nk_belief
            + m.diplomatic_offramp * (m.provoke_reward * m.provocation_memory - m.provoke_talks)
            - m.china_restraint
        )
    )
    provokes = 1 if m.u_provocation < m.provocation_prob else 0
    u = m.u_launch_days
    m.later(
        provocation=provokes,
        launch_days=provokes * (1 + sum(u < m.launch_continue**k for k in range(1, 8))),
        provocation_memory=m.memory_decay * m.provocation_memory + (1 - m.memory_decay) * provokes,
        months_since=0 if provokes else m.months_since + 1,
    )


def korean_crisis(m):
    # north_korea.crisis_prob
    log_odds = (
        m.korea_crisis_logit
        + m.crisis_provocation * m.provocation_memory
        + m.crisis_fear * m.kim_fear
        + m.crisis_light * m.usfk_posture * (1 - m.heavy_share)
        + m.crisis_hardship * (m.hardship - 0.5)
        - m.china_restraint
    )
    if m.taiwan_status >= FORCE:
        log_odds += {NONE: 0.5, TACIT: 1.0, DIRECTED: 1.5}[m.coordination] * m.korea_opportunism
        log_odds += m.korea_entrapment * m.usfk_posture * m.dual_role
    if m.taiwan_status == CRISIS and m.coordination != NONE:
        log_odds += m.peacetime_coupling
    m.term(korea_crisis_prob=logistic(log_odds) if m.korea_resolved == 0 else 0)

    # north_korea.episode
    rung = episode(m.korea_status, m.u_korea_episode, m.korea_crisis_prob, m.crisis_settle_prob)
    m.term(korea_episode=rung, kim_decides=rung in (CRISIS, FORCE) and m.korea_resolved == 0)


def kim_sees(m):
    # north_korea.punishment_belief
    m.term(
        punish_attack=m.nk_belief * (1 - m.discount_attack * m.survivability),
        punish_war=m.nk_belief * (1 - m.discount_war * m.survivability),
    )

    # north_korea.attack_success_prob
    pays = m.attack_success * (1 - m.hybrid_denial * m.counter_hybrid)
    m.term(win_attack=pays * (1 - m.punish_attack))

    # north_korea.war_win_prob
    attacker = m.nk_strength * m.conventional * (1 + m.technology)
    defender = m.rok_power + m.deter_gain * m.korea_guard
    guarded = contest(attacker, m.korea_difficulty * defender, m.decisiveness)
    alone = contest(attacker, m.korea_difficulty * m.rok_power, m.decisiveness)
    m.term(win_korea=m.punish_war * guarded + (1 - m.punish_war) * alone)

    # north_korea.cost_of_retaliation
    integrated = m.retaliation_dual * m.usfk_posture * m.dual_role * m.rok_consent
    m.term(retaliation=m.deter_gain * (m.retaliation_guard * m.korea_guard + integrated))

    # north_korea.opportunity
    opening = 0.0
    if m.taiwan_status >= FORCE:
        opening = m.kim_opportunity * (1 - unit(m.korea_guard))
        if m.coordination == DIRECTED:
            opening += m.kim_request
    m.term(kim_opening=opening)


def kim_chooses(m):
    # north_korea.utilities
    bold = 1 + m.profile_gap if m.kim_profile == OPPORTUNIST else 1.0
    welfare = 1 - m.hardship
    r = m.kim_reference * (m.reference_point - welfare) if m.kim_theory == PROSPECT else 0.0
    taste = (m.curvature, m.loss_aversion)

    wait = -m.preempt_value * m.kim_fear - m.kim_audience * (m.korea_episode - 1)
    restrained = m.restraint_cost * m.china_restraint
    hold = wait + m.hold_gain * (1 + m.diplomatic_offramp) / 2 - restrained / 4
    gain = (
        bold * (m.attack_gain + m.attack_desperation * m.hardship + m.attack_confidence * m.technology)
        + m.attack_reward * m.diplomatic_offramp
        + m.kim_opening
    )
    lost = m.war_loss * (1 + m.punish_war) / 2 + m.war_caution + m.hedge_deterrence * m.rok_hedge

    def gamble(win_prob, win, lose):
        return lottery(win_prob, win, lose, r, m.kim_theory, *taste, m.weighting)

    attack = gamble(
        m.win_attack,
        gain - restrained,
        -(m.attack_cost + m.retaliation + restrained),
    )
    war = gamble(m.win_korea, bold * m.war_stake + m.kim_opening, -lost)
    m.term(
        u_stand_down=sure(wait, r, m.kim_theory, *taste),
        u_hold=sure(hold, r, m.kim_theory, *taste),
        u_attack=attack - m.preempt_value * m.kim_fear / 2,
        u_war=war - 2 * restrained,
    )

    # north_korea.option_probs
    if m.kim_theory == SATISFICING:
        probs = satisfice(
            m.kim_aspiration + (m.hardship + m.kim_fear) / 2 + m.kim_opening - 1,
            m.win_korea - m.confidence * (1 + m.war_caution),
            m.win_attack - m.confidence * (1 + m.attack_cost + m.retaliation),
            1 - m.confidence,
            m.kim_precision,
        )
    else:
        probs = quantal([m.u_stand_down, m.u_hold, m.u_attack, m.u_war], m.kim_precision)
    m.term(prob_stand_down=probs[0], prob_hold=probs[1], prob_attack=probs[2], prob_war=probs[3])

    # north_korea.choose
    m.term(kim_choice=pick(m.u_kim_choice, m.prob_stand_down, m.prob_hold, m.prob_attack))


# -- Phase 10: partners join, wars climb ---------------------------------------------------------------


def partners_join_wars_climb(m):
    # world.force_anywhere
    joiners = (m.us_in, m.japan_in, m.russia_in, m.iran_in, m.north_korea_in, m.china_in_korea)
    force = m.taiwan_status >= FORCE or m.korea_status >= FORCE
    m.term(
        force_anywhere=force or any(j > 0 for j in joiners) or m.nuclear_now > 0,
        war_anywhere=m.taiwan_status == WAR or m.korea_status == WAR,
    )
    if m.force_anywhere > 0:
        allies_enter(m)
        partners_join(m)
        nuclear_rung(m)


def allies_enter(m):
    if m.taiwan_status < FORCE:
        m.later(us_in=0, japan_in=0)
        return

    # united_states.enters
    p = unit(m.enter_base * (m.us_will + m.attention_taiwan))
    if m.taiwan_status != WAR:
        p *= m.enter_blockade
    m.later(us_in=1 if m.u_us_enters < p else m.us_in)

    # allies.japan_enters (beside a United States that is in already)
    enters = m.us_in > 0 and m.u_japan_enters < m.japan_join_speed * m.japan_access
    m.later(japan_in=1 if enters else m.japan_in)


def partners_join(m):
    war_taiwan, war_korea = m.taiwan_status == WAR, m.korea_status == WAR
    pull = m.directed_pull if m.coordination == DIRECTED else 0.0

    # russia.joins
    interest = (
        m.russia_interest * (m.russian_stock - 0.5)
        - m.ukraine_war
        + m.settlement_tie * (1 - m.ukraine_war)
        + m.russia_binding * m.trilateral_coordination
        + pull
    )
    cost = m.russia_join_cost * m.trilateral_coordination * m.attention_taiwan
    p = m.join_speed * logistic(m.russia_reliability + interest - cost)
    if m.coordination == NONE:
        p /= 2
    m.later(russia_in=joined(war_taiwan or war_korea, m.u_russia_joins < p, m.russia_in))

    # iran.joins
    p = m.join_speed * logistic(m.iran_reliability + m.iran_distraction - 0.5 + pull)
    if m.coordination == NONE:
        p = 0.0
    m.later(iran_in=joined(war_taiwan, m.u_iran_joins < p, m.iran_in))

    # north_korea.joins
    m.later(north_korea_in=joined(war_taiwan, m.korea_status >= FORCE, m.north_korea_in))

    # china.joins_korea
    p = m.join_speed * logistic(m.china_reliability - m.autonomy - m.china_engagement)
    m.later(china_in_korea=joined(war_korea, m.u_china_joins < p, m.china_in_korea))


def joined(war_goes_on, joins_now, already_in):
    """In from the month of joining until the war is over."""
    if not war_goes_on:
        return 0
    return 1 if joins_now else already_in


def nuclear_rung(m):
    # world.nuclear_rung
    def hazard(parties, losing, other):
        return unit(
            m.nuclear_rate
            * math.exp(
                m.nuclear_parties_effect * (parties - 2) + m.nuclear_losing_effect * losing - m.nuclear_caution * other
            )
        )

    d = m.taiwan_defence + m.us_in * m.us_strength + m.japan_in * m.japan_strength
    c = m.china_strength
    p_strait = hazard(1 + m.us_in + m.russia_in, unit((d - c) / (d + c)), m.us_in)
    p_korea = hazard(2 + m.china_in_korea + m.russia_in, 1 - m.survivability / 2, m.survivability)
    p_korea *= unit(2 * m.technology)

    strait = m.taiwan_status == WAR and m.u_taiwan_nuclear < p_strait
    korea = m.korea_status == WAR and m.u_korea_nuclear < p_korea
    m.later(nuclear_now=strait or korea)
    m.later(nuclear_used=1 if strait or korea else m.nuclear_used)


# -- Phase 11: the record is kept ----------------------------------------------------------------------


def the_record_is_kept(m):
    force_taiwan, force_korea = m.taiwan_status >= FORCE, m.korea_status >= FORCE

    # world.two_front_now
    last_taiwan = m.month if force_taiwan else m.taiwan_last_force
    last_korea = m.month if force_korea else m.korea_last_force
    m.later(taiwan_last_force=last_taiwan, korea_last_force=last_korea)
    both = last_taiwan >= 0 and last_korea >= 0
    m.term(two_front=both and abs(last_taiwan - last_korea) <= m.two_front_window)

    # world.record
    for name, happens in (
        ("first_blockade", m.taiwan_status == FORCE),
        ("first_invasion", m.taiwan_status == WAR),
        ("first_korea_attack", m.korea_status == FORCE),
        ("first_korea_war", m.korea_status == WAR),
        ("first_two_front", m.two_front),
        ("first_russian_join", m.russia_in),
        ("first_nuclear", m.nuclear_now),
    ):
        m.later(**{name: first_month(getattr(m, name), happens, m.month)})

    # world.second_front
    ever_taiwan = force_taiwan or m.first_blockade >= 0 or m.first_invasion >= 0
    ever_korea = force_korea or m.first_korea_attack >= 0 or m.first_korea_war >= 0
    m.later(
        korea_after_taiwan=first_month(m.korea_after_taiwan, force_korea and ever_taiwan, m.month),
        taiwan_after_korea=first_month(m.taiwan_after_korea, force_taiwan and ever_korea, m.month),
    )

    # world.rung
    rungs = [m.highest_rung, 0]
    if m.provocation > 0 or m.pla_activity > 1.5:
        rungs.append(1)
    worse = max(m.taiwan_status, m.korea_status)
    if worse >= CRISIS:
        rungs.append(worse + 1)
    if m.two_front > 0:
        rungs.append(5)
    if m.nuclear_now > 0:
        rungs.append(6)
    m.later(highest_rung=max(rungs))

    # world.count_provocations
    m.later(
        n_provocations=m.n_provocations + m.provocation,
        n_launch_days=m.n_launch_days + m.launch_days,
    )

    # world.realised_help
    if m.taiwan_status == WAR:
        share = (m.russia_in + m.north_korea_in + m.iran_in) / 3
        m.later(help_realised=max(m.help_realised, share))


# -- Phase 12: wars end --------------------------------------------------------------------------------


def wars_end(m):
    if m.war_anywhere > 0:
        taiwan_war_month(m)
        korea_war_month(m)


def taiwan_war_month(m):
    # world.taiwan_war_month
    partners = (m.russia_in + m.north_korea_in + m.iran_in) / 3
    attacker = m.china_strength * (1 + m.partner_strength * partners)
    defender = m.taiwan_defence + m.us_in * m.us_strength + m.japan_in * m.japan_strength
    m.term(beijing_win_prob=contest(attacker, m.invasion_difficulty * defender, m.decisiveness))

    if m.taiwan_status == WAR:
        m.later(taiwan_war_months=m.taiwan_war_months + 1)
        if m.u_taiwan_war_ends < m.war_end_rate:
            holds = m.u_taiwan_war_result < m.beijing_win_prob
            m.later(taiwan_status=0, taiwan_resolved=1 if holds else -1)


def korea_war_month(m):
    # world.korea_war_month
    if m.korea_status == WAR:
        m.later(korea_war_months=m.korea_war_months + 1)
        if m.u_korea_war_ends < m.war_end_rate:
            m.later(korea_status=0, korea_resolved=1)


# -- The schedule --------------------------------------------------------------------------------------

PHASES = (
    the_world_moves,
    monitors_enforce_and_detect,
    munitions_flow,
    pyongyangs_stocks_move,
    beijing_coerces_allies_answer,
    washington_allocates,
    beliefs_and_grievances_move,
    xi_weighs_the_strait,
    kim_weighs_korea,
    partners_join_wars_climb,
    the_record_is_kept,
    wars_end,
)


def simulate(calendar, parameters, seed, run):
    """Run the model: one dict a month with every state and every term at that month's end.

    `calendar` has one dict a month with every lever and driver; `parameters` has every parameter, the
    structural switches as their numbers; `seed` and `run` address the draws.
    """
    model = Run(parameters, seed, run)
    history = []
    for entry in calendar:
        model.begin_month(entry)
        for phase in PHASES:
            phase(model)
            model.commit()
        history.append(model.record())
    return history
