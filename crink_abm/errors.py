"""Errors that a user can mend, and the words they share."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Something the user gave cannot be taken; the message says what, what is allowed, and the remedy."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """`` (did you mean …?)`` when a name is close to an allowed one, else nothing."""
    close = get_close_matches(str(name), list(allowed), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
