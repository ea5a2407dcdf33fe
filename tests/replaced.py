"""Rules in place of the model's, the same for all tests that need any: the whole model is compiled with them once, which takes
twenty seconds."""

from crink_abm.model import numerics


def sometimes(grievance, taiwan_drift, month):
    """Asks for fewer names than the rule it replaces, and calls a function of the model's arithmetic.

    A probability, but in some runs above 1, or a division by zero, in the months 5 to 9.
    """
    if 4.0 < month < 10.0 and taiwan_drift > 0.24:
        return 1.0 / (taiwan_drift - taiwan_drift) if grievance > 0.471 else 1.0 + 1e-12
    return 0.2 * numerics.logistic(4.0 * (grievance - 0.5))


def half(x):
    return 0.5 * x


def stubborn(u_wait, u_grey, u_blockade, u_invasion, xi_precision):
    """Whole numbers among what it gives, and a function of the user's own."""
    return half(1.0), half(1.0), 0, 0


#: One fails some runs, one gives whole numbers, one gives a flag.
RULES = {
    "china.crisis_prob": sometimes,
    "xi.option_probs": stubborn,
    "monitors.detections": lambda month: month > 2.0,
}
