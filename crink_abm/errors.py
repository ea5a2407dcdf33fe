"""Errors that a user can mend, and the words they share."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Something the user gave cannot be taken; the message says what, what is allowed, and the remedy."""


class DiskError(OSError):
    """A file or folder that cannot be read or written, for no fault of its content; the message says which, why, the remedy."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """`` (did you mean …?)`` when a name is close to an allowed one, else nothing."""
    close = get_close_matches(str(name), list(allowed), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


class NotFiniteError(InputError):
    """A rule gave a number that is not finite: the run has failed. ``field`` is the first such; months count from 0."""

    def __init__(self, rule: str, writes, values, month: int):
        self._given = rule, writes, values, month
        bad = (v != v or v in (float("inf"), float("-inf")) for v in values)
        self.field, self.month = next(name for name, is_bad in zip(writes, bad, strict=True) if is_bad), month
        given = values if len(values) > 1 else values[0]
        super().__init__(
            f"rule {rule} returns {len(writes)} finite number(s) ({', '.join(writes)}); in month {month} it returned {given!r}"
        )

    def __reduce__(self):
        return NotFiniteError, self._given  # it goes from process to process


class RunsFailedError(Exception):
    """Some runs failed; everything else is done. Commands end with exit status 1."""
