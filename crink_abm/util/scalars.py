"""Numbers among what users give: what is one, and what it is as a float."""

from numbers import Real
from typing import Any


def is_flag(value: object) -> bool:
    """Whether a value is a truth value, numpy's too: no number, whatever Python makes of it."""
    return isinstance(value, bool) or (type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy")


def real(value: Any) -> float | None:
    """A number as a float, one too large as infinite; None for anything else, flags, text and what is masked too.

    Examples
    --------
    >>> real(2), real(10**400), real(True), real("2")
    (2.0, inf, None, None)
    """
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):  # an array of no dimension
        value = None if getattr(value, "mask", False) else value.item()
    if is_flag(value) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("-inf") if value <= 0 else float("inf")
