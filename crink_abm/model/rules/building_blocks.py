"""Building blocks that several leaders share: contests, lotteries, choices under noise."""

from ..numerics import clip, exp, log, logistic, logistic_noise, power


def unit(x):
    """Hold ``x`` within [0, 1]; written [x]."""
    return clip(x, 0.0, 1.0)


def smaller(a, b):
    """The smaller of two numbers; written min(a, b)."""
    return a if a < b else b


def approach(level, target, rate):
    """Partial adjustment: level + rate (target - level)."""
    return level + rate * (target - level)


#: Fields of force within these months of each other make a two-front war (a definition, not a parameter).
TWO_FRONT_MONTHS = 12.0
#: What a build-up leaves at least, as a share of the power it is a build-up of (a run-down has an end).
LEAST_SHARE = 0.1


def build_up(arming):
    """Power with its build-up beyond trend, as a multiple of power.

        build_up(arming) = 1 + arming if arming > LEAST_SHARE - 1, else LEAST_SHARE            with LEAST_SHARE = 0.1
    """
    return 1.0 + arming if arming > LEAST_SHARE - 1.0 else LEAST_SHARE


def pull(coordination, uncoordinated, directed_gain):
    """How strongly the partners' wars draw one another in.

        pull = uncoordinated, 1, 1 + directed_gain        for coordination none, tacit, directed
    """
    return uncoordinated if coordination == 0.0 else (1.0 + directed_gain if coordination == 2.0 else 1.0)


def join_prob(speed, reliability, interest, cost):
    """A partner's chance of joining in a month.

        join_prob = speed Λ(reliability + interest - cost)

    Every join of the model has this form; only its terms differ. Source: alliance fulfilment (F138).
    """
    return speed * logistic(reliability + (interest - cost))


def inside(goes, already, lasts):
    """Whether a joiner is in: from the month it goes, as long as the war lasts."""
    return 1.0 if goes else (already if lasts else 0.0)


def begins(status, last_force, month):
    """Force begins this month.

        begins(status, last_force, month) = 1 if status >= 2 and (last_force < 0 or last_force < month - 1), else 0

    ``last_force`` is the last month of force so far, -1 for never.
    """
    return status >= 2.0 and (last_force < 0.0 or last_force < month - 1.0)


def contest(attacker, defender, decisiveness, optimism):
    """Tullock's contest success function: the attacker's chance of winning.

        e^b A^m / (e^b A^m + D^m) = Λ(m (ln A - ln D) + b)

    The optimism b of whoever judges is 0 for a fight as it is fought.
    Source: Tullock 1980; Hirshleifer 1989; Skaperdas 1996.
    """
    return logistic(decisiveness * (log(attacker) - log(defender)) + optimism)


def type_due(leader_types, new, breaks_out, month):
    """Whether a leader's private type is drawn this month, by the structural switch.

        leader:    1 if month = 0 or new > 0, else 0
        crisis:    1 if breaks_out, else 0
        decision:  0

    Source: private information about resolve persists as long as whoever has it (Fearon 1995; Powell 1999).
    """
    fresh = month == 0.0 or new > 0.0
    due = fresh if leader_types == 0.0 else (breaks_out if leader_types == 1.0 else False)
    return 1.0 if due else 0.0


def log_logistic(u, sd):
    """A positive multiple whose logarithm is logistic with mean 0 and standard deviation ``sd``.

        log_logistic(u, sd) = exp(sd noise(u))
    """
    return exp(sd * logistic_noise(u))


def precision(leader_types, noise, first_edition):
    """The precision λ of a leader's quantal response.

        precision = first_edition if leader_types = 2 (decision), else 1 / noise
    """
    return first_edition if leader_types == 2.0 else 1.0 / noise


def best(a, b, c, d):
    """The number (0 to 3) of the best of the four utilities a, b, c, d; of equals the first."""
    at = 1.0 if b > a else 0.0
    top = b if b > a else a
    at = 2.0 if c > top else at
    top = c if c > top else top
    return 3.0 if d > top else at


def first_passing(aspiration, worth_wait, worth_low, worth_middle, worth_high, sure_low, sure_middle, sure_high):
    """What a satisficer takes without noise.

        rung i passes if sure_i >= 0 and worth_i >= aspiration                     for i = 3 high, 2 middle, 1 low
        first_passing = 0 if worth_wait >= aspiration; else the highest rung that passes; 0 if none does
    """
    passes_low = sure_low >= 0.0 and worth_low >= aspiration
    passes_middle = sure_middle >= 0.0 and worth_middle >= aspiration
    passes_high = sure_high >= 0.0 and worth_high >= aspiration
    rung = 3.0 if passes_high else (2.0 if passes_middle else (1.0 if passes_low else 0.0))
    return 0.0 if worth_wait >= aspiration else rung


def weight(prob, gamma):
    """Probability weighting w(p) = p^γ / (p^γ + (1-p)^γ)^(1/γ).

    Source: Tversky and Kahneman 1992.
    """
    top = power(prob, gamma)
    return top / power(top + power(1.0 - prob, gamma), 1.0 / gamma)


def prospect(x, curvature, loss_aversion):
    """Value of a gain or loss x: x^α for gains, -λ (-x)^α for losses.

    Source: Tversky and Kahneman 1992.
    """
    size = power(x if x > 0.0 else -x, curvature)
    return size if x > 0.0 else -loss_aversion * size


def lottery(win_prob, win, lose, reference, theory, curvature, loss_aversion, weighting):
    """What a leader makes of winning ``win`` with probability p and ``lose`` otherwise.

        h = win - reference, l = lose - reference, w = weight(., weighting), v = prospect(.)
        expected utility, satisficing:        p h + (1 - p) l
        prospect theory, l >= 0 (all gains):  w(p) v(h) + (1 - w(p)) v(l)
        prospect theory, h <= 0 (all losses): (1 - w(1-p)) v(h) + w(1-p) v(l)
        prospect theory, mixed:               w(p) v(h) + w(1-p) v(l)

    Source: Tversky and Kahneman 1992 (two-outcome cumulative prospect theory).
    """
    high = win - reference
    low = lose - reference
    if theory != 1.0:
        return win_prob * high + (1.0 - win_prob) * low
    if low >= 0.0:
        w = weight(win_prob, weighting)
        share_low = 1.0 - w
    elif high <= 0.0:
        share_low = weight(1.0 - win_prob, weighting)
        w = 1.0 - share_low
    else:
        w = weight(win_prob, weighting)
        share_low = weight(1.0 - win_prob, weighting)
    return w * prospect(high, curvature, loss_aversion) + share_low * prospect(low, curvature, loss_aversion)


def sure(x, reference, theory, curvature, loss_aversion):
    """A sure outcome seen the same way: v(x - r), or x - r without prospect theory."""
    return prospect(x - reference, curvature, loss_aversion) if theory == 1.0 else x - reference


def quantal(a, b, c, d, precision):
    """Quantal (logit) response over four utilities: P_i = e^{λ U_i} / Σ_j e^{λ U_j}.

    As the precision λ grows, the best response; at 0, all alike.
    Source: McKelvey and Palfrey 1995.
    """
    top = a if a > b else b
    top = c if c > top else top
    top = d if d > top else top
    ea = exp(precision * (a - top))
    eb = exp(precision * (b - top))
    ec = exp(precision * (c - top))
    ed = exp(precision * (d - top))
    total = ((ea + eb) + ec) + ed
    return ea / total, eb / total, ec / total, ed / total


def satisfice(aspiration, worth_wait, worth_low, worth_middle, worth_high, sure_low, sure_middle, sure_high, precision):
    """Satisficing by rule: whom waiting leaves below his aspiration, he takes the highest rung that passes.

        D = Λ(λ (aspiration - worth_wait))
        a_i = Λ(λ min(sure_i, worth_i - aspiration))                       for i = high, middle, low
        P_high = D a_high; P_middle = D (1 - a_high) a_middle; P_low = D (1 - a_high)(1 - a_middle) a_low
        P_wait = 1 - P_high - P_middle - P_low

    A rung passes two tests, and the tighter one binds: it is sure enough to succeed (``sure_i``: his chance of
    success less the confidence he asks for) and worth his aspiration. The noise is that of the quantal response.
    Returns (wait, low, middle, high).
    Source: Simon 1955; the smoothing is ours.
    """
    left = logistic(precision * (aspiration - worth_wait))
    high = left * logistic(precision * smaller(sure_high, worth_high - aspiration))
    left = left - high
    middle = left * logistic(precision * smaller(sure_middle, worth_middle - aspiration))
    left = left - middle
    low = left * logistic(precision * smaller(sure_low, worth_low - aspiration))
    return 1.0 - ((high + middle) + low), low, middle, high


def pick(u, first, second, third):
    """The option (0 to 3) in whose share of the unit interval ``u`` falls.

        (u >= first) + (u >= first + second) + (u >= first + second + third), each comparison 1 or 0
    """
    at_1 = 1.0 if u >= first else 0.0
    at_2 = 1.0 if u >= first + second else 0.0
    at_3 = 1.0 if u >= (first + second) + third else 0.0
    return (at_1 + at_2) + at_3


def crisis_month(status, onset_prob, settle_prob, decision_prob, review_prob, resolved, u):
    """Where a theatre stands before its leader decides, and whether he must: (episode, decides).

        status 0:  episode = 1 if u < onset_prob, else 0;            decides if u < onset_prob decision_prob
        status 1:  episode = 0 (settled by others) if u < settle_prob, else 1;
                   decides if settle_prob <= u < settle_prob + (1 - settle_prob) decision_prob
        status 2:  episode = 0 if u < settle_prob, else 2;
                   decides if settle_prob <= u < settle_prob + (1 - settle_prob) review_prob
        status 3:  episode = 3, and nothing to decide
        decides is 0 if resolved is 1: what was at stake is won

    A crisis comes to a head in the share ``decision_prob`` of its months; limited force, once begun, goes on until it
    is reviewed, in the share ``review_prob`` of them, or settled.
    """
    below = u < settle_prob
    onset = 1.0 if u < onset_prob else 0.0
    episode = onset if status == 0.0 else (3.0 if status == 3.0 else (0.0 if below else status))
    share = review_prob if status == 2.0 else decision_prob
    head = u < onset_prob * share if status == 0.0 else u < settle_prob + (1.0 - settle_prob) * share
    decides = (episode == 1.0 or episode == 2.0) and head
    return episode, 1.0 if decides and resolved != 1.0 else 0.0


#: Months after a war that was repelled until crises come as often as before.
RECOVERY = 120.0


def recovered(resolved, last_force, month):
    """How far a theatre's quarrel has come back: 1 before any war, 0 once one was won, and slowly after a war repelled.

        recovered = 1 if resolved = 0; 0 if resolved = 1; else [ (month - last_force) / RECOVERY ]    with RECOVERY = 120
    """
    back = unit((month - last_force) / RECOVERY)
    return 1.0 if resolved == 0.0 else (0.0 if resolved == 1.0 else back)


def opening(status, last_force, opening_months, month):
    """How far force in one theatre opens a door in the other: while it lasts, and fading after it.

        opening = 1 if status >= 2; else 0 if last_force < 0; else opening_months / (opening_months + month - last_force)
    """
    fading = opening_months / (opening_months + (month - last_force)) if last_force >= 0.0 else 0.0
    return 1.0 if status >= 2.0 else fading


def forced(given, free):
    """What an intervention puts a state at.

        forced(given, free) = given if given >= 0, else free
    """
    return given if given >= 0.0 else free


def fought(taiwan_status, korea_status, us_in, us_in_korea):
    """In how many theatres the United States fights where there is force, and in how many it stays out: (came, stayed).

        came   = us_in (taiwan_status >= 2) + us_in_korea (korea_status = 3)
        stayed = (1 - us_in) (taiwan_status >= 2) + (1 - us_in_korea) (korea_status = 3)

    Whoever watches learns from it: nothing says more about commitment than a war.
    """
    taiwan, korea = 1.0 if taiwan_status >= 2.0 else 0.0, 1.0 if korea_status == 3.0 else 0.0
    return taiwan * us_in + korea * us_in_korea, taiwan * (1.0 - us_in) + korea * (1.0 - us_in_korea)


def shifted(prob, bias):
    """A probability moved by ``bias`` log-odds.

        shifted = prob e^bias / (1 - prob + prob e^bias)
    """
    odds = prob * exp(bias)
    return odds / ((1.0 - prob) + odds)


#: What a belief about a leader stays within: nobody is ever sure of another.
LEAST_BELIEF, MOST_BELIEF = 0.02, 0.98


def estimated(prob, decides, choice, new, prior, signal):
    """Belief that a leader is one of those who use force, after what he did this month.

        q = signal if choice >= 2, else 1 - signal
        p = prob q / (prob q + (1 - prob)(1 - q)), held in [LEAST_BELIEF, MOST_BELIEF] = [0.02, 0.98]
        estimated = prior if new > 0; else p if decides > 0 and choice is not 1; else prob
    """
    right = signal if choice >= 2.0 else 1.0 - signal
    mine = prob * right
    moved = mine / (mine + (1.0 - prob) * (1.0 - right))
    after = clip(moved, LEAST_BELIEF, MOST_BELIEF) if decides > 0.0 and choice != 1.0 else prob
    return prior if new > 0.0 else after


#: Where two levers stand in 2026; what they do counts from there.
PORCUPINE_TODAY, DECLARED_TODAY = 0.4, 0.3


def statement(driver_statement, declared_resolve):
    """What Washington says of its commitment (-1 doubts it, 1 affirms it): statements, and the declared policy.

        statement = driver_statement + 2 (declared_resolve - DECLARED_TODAY), held in [-1, 1]    with DECLARED_TODAY = 0.3
    """
    return clip(driver_statement + 2.0 * (declared_resolve - DECLARED_TODAY), -1.0, 1.0)


def first_month(recorded, happens, month):
    """The first month in which something happens; -1 until then: month if recorded < 0 and happens > 0, else recorded."""
    return month if (recorded < 0.0 and happens > 0.0) else recorded
