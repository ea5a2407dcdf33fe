"""Building blocks that several leaders share: contests, lotteries, choices under noise."""

from ..numerics import clip, exp, log, logistic, power


def unit(x):
    """Hold ``x`` within [0, 1]; written [x]."""
    return clip(x, 0.0, 1.0)


def approach(level, target, rate):
    """Partial adjustment: level + rate (target - level)."""
    return level + rate * (target - level)


def contest(attacker, defender, decisiveness):
    """Tullock's contest success function: the attacker's chance of winning.

        A^m / (A^m + D^m) = Λ(m (ln A - ln D))

    Source: Tullock 1980; Hirshleifer 1989; Skaperdas 1996.
    """
    return logistic(decisiveness * (log(attacker) - log(defender)))


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


def satisfice(dissatisfied, slack_high, slack_middle, slack_low, precision):
    """Satisficing by rule: a leader whom waiting leaves dissatisfied takes the highest rung that passes.

        D = Λ(λ dissatisfied); a_i = Λ(λ slack_i)
        P_high = D a_high; P_middle = D (1 - a_high) a_middle; P_low = D (1-a_high)(1-a_middle) a_low
        P_wait = 1 - P_high - P_middle - P_low

    A slack is how far an option clears his threshold of confidence; the noise is
    that of the quantal response. Returns (wait, low, middle, high).
    Source: Simon 1955; the smoothing is ours.
    """
    left = logistic(precision * dissatisfied)
    high = left * logistic(precision * slack_high)
    left = left - high
    middle = left * logistic(precision * slack_middle)
    left = left - middle
    low = left * logistic(precision * slack_low)
    return 1.0 - ((high + middle) + low), low, middle, high


def pick(u, first, second, third):
    """The option (0 to 3) in whose share of the unit interval ``u`` falls.

        (u >= first) + (u >= first + second) + (u >= first + second + third), each comparison 1 or 0
    """
    at_1 = 1.0 if u >= first else 0.0
    at_2 = 1.0 if u >= first + second else 0.0
    at_3 = 1.0 if u >= (first + second) + third else 0.0
    return (at_1 + at_2) + at_3


def first_month(recorded, happens, month):
    """The first month in which something happens; -1 until then: month if recorded < 0 and happens > 0, else recorded."""
    return month if (recorded < 0.0 and happens > 0.0) else recorded
