"""Elementary functions in plain IEEE-754 arithmetic, the same bits everywhere.

``exp`` of the C library differs between machines in the last bit, and between
scalar and vector code; one differing bit turns a quantal response and so a
whole history. These functions use only ``+ - * /``, comparisons and powers of
two, evaluated in one fixed order, so that CPython, compiled scalar code and
vector lanes agree. Their error is below 1 ulp (``power``: 2 ulp), held by
``tests/model/test_numerics.py`` against mpmath.

Rules may use these functions, ``math.sqrt`` (exact by the standard) and
``+ - * /``; never ``**``, ``min``, ``max`` or ``math.exp``.
"""

import math

INV_LN2 = 1.4426950408889634
LN2_HI = 6.93147180369123816490e-01  # ln 2 cut after 33 bits: k * LN2_HI is exact
LN2_LO = 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds to an integer
SQRT_HALF = 0.7071067811865476
EXP_MIN, EXP_MAX = -708.0, 709.0


def pow2(k: float) -> float:
    """2 to an integer power ``k`` (given as a float in [-1022, 1023]), exactly."""
    return math.ldexp(1.0, int(k))


def exponent(x: float) -> float:
    """The integer ``e`` (as a float) with ``x = m * 2**e`` and ``m`` in [1, 2), for normal x > 0."""
    return float(math.frexp(x)[1] - 1)


def clip(x: float, low: float, high: float) -> float:
    """``x`` held within [low, high]: written as two selections, each a single vector instruction."""
    held = low if x < low else x
    return high if held > high else held


def exp(x: float) -> float:
    """e to the power ``x``; the argument is held within [-708, 709] (no overflow, no subnormals).

    Range reduction x = k ln 2 + r with |r| <= ln(2)/2, then the Taylor series of
    degree 13 in r, whose remainder is below 5e-18.
    """
    x = clip(x, EXP_MIN, EXP_MAX)
    k = (x * INV_LN2 + ROUND) - ROUND
    r = (x - k * LN2_HI) - k * LN2_LO
    q = 1.0 / 6227020800.0
    q = q * r + 1.0 / 479001600.0
    q = q * r + 1.0 / 39916800.0
    q = q * r + 1.0 / 3628800.0
    q = q * r + 1.0 / 362880.0
    q = q * r + 1.0 / 40320.0
    q = q * r + 1.0 / 5040.0
    q = q * r + 1.0 / 720.0
    q = q * r + 1.0 / 120.0
    q = q * r + 1.0 / 24.0
    q = q * r + 1.0 / 6.0
    q = q * r + 0.5
    return (1.0 + (r + (r * r) * q)) * pow2(k)


def _reduced(x: float) -> tuple[float, ...]:
    """(k, f) with x = (1 + f) 2^k and 1 + f in [sqrt(1/2), sqrt(2))."""
    k = exponent(x)
    m = x * pow2(-k)
    high = m > 2.0 * SQRT_HALF
    m = 0.5 * m if high else m
    k = k + 1.0 if high else k
    return k, m - 1.0


def _log_series(z: float) -> float:
    """2/3 + 2/5 z + 2/7 z^2 + ...: with z = s^2, what log((1 + s)/(1 - s)) = 2 s + s^3 (...) needs."""
    q = 2.0 / 23.0
    q = q * z + 2.0 / 21.0
    q = q * z + 2.0 / 19.0
    q = q * z + 2.0 / 17.0
    q = q * z + 2.0 / 15.0
    q = q * z + 2.0 / 13.0
    q = q * z + 2.0 / 11.0
    q = q * z + 2.0 / 9.0
    q = q * z + 2.0 / 7.0
    q = q * z + 2.0 / 5.0
    return q * z + 2.0 / 3.0


def log(x: float) -> float:
    """Natural logarithm of a positive normal number below 2^1023.

    x = m 2^k with m in [sqrt(1/2), sqrt(2)); with f = m - 1 and s = f/(2 + f),
    log(1 + f) = f - (f^2/2 - s (f^2/2 + R)), R = 2 (s^2/3 + s^4/5 + ...).
    """
    k, f = _reduced(x)
    s = f / (2.0 + f)
    z = s * s
    q = _log_series(z)
    half = 0.5 * f * f
    return k * LN2_HI - ((half - (s * (half + q * z) + k * LN2_LO)) - f)


def power(x: float, a: float) -> float:
    """``x`` to the power ``a`` for x >= 0; 0 for x at or below 1e-300.

    exp(a log x) with the logarithm and the product carried in two doubles each, so that the error of the product,
    which the exponential would multiply by its size, stays below the last bit: within 2 ulp while |a log x| < 700.
    """
    if x <= 1e-300:
        return 0.0
    k, f = _reduced(x)
    d = 2.0 + f
    s = f / d
    rest = (((f - s * d) - _product_error(s, d, s * d)) - s * (f - (d - 2.0))) / d
    z = s * s
    q = _log_series(z)
    small = k * LN2_LO + (2.0 * rest + s * (z * q))
    top = k * LN2_HI + 2.0 * s
    lost = (k * LN2_HI - top) + 2.0 * s if k != 0.0 else 0.0
    small = small + lost
    log_high = top + small
    log_low = (top - log_high) + small
    product = a * log_high
    product_low = _product_error(a, log_high, product) + a * log_low
    value = exp(product)
    return value + value * product_low


def _product_error(x: float, y: float, product: float) -> float:
    """x y - product exactly, by Dekker's splitting (no fused multiply-add is assumed)."""
    t = 134217729.0 * x
    x_high = t - (t - x)
    x_low = x - x_high
    t = 134217729.0 * y
    y_high = t - (t - y)
    y_low = y - y_high
    return ((x_high * y_high - product) + (x_high * y_low + x_low * y_high)) + x_low * y_low


def logistic(x: float) -> float:
    """The logistic function 1 / (1 + e^-x), written Λ in the model description."""
    return 1.0 / (1.0 + exp(-x))


def logit(prob: float) -> float:
    """The log-odds of a probability strictly between 0 and 1."""
    return log(prob / (1.0 - prob))


def logistic_noise(u: float) -> float:
    """A logistic random variable of mean 0 and variance 1 from a uniform ``u``.

    logistic_noise(u) = ln(u / (1 - u)) √3 / π
    """
    return 0.5513288954217921 * logit(u)


#: Constants are not functions; the compiled engine replaces these two by bit operations.
PRIMITIVES = (pow2, exponent)
