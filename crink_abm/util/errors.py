"""Errors that a user can mend, and the words they share."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

#: The longest message, and the longest value told in one.
LONGEST, LONGEST_VALUE = 600, 80


def one_line(text: object, most: int = LONGEST) -> str:
    """Text as one line for a terminal: control characters are escaped, and the middle of a long one is left out."""
    text = str(text)
    if len(text) > 4 * most:
        text = f"{text[: 2 * most]} ... {text[-2 * most :]}"
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return line if len(line) <= most else f"{line[: most * 3 // 5]} ... {line[-(most * 2 // 5 - 5) :]}"


def told(value: object) -> str:
    """A value that was given, in at most ``LONGEST_VALUE`` characters; its type where it has no short text."""
    try:
        text = repr(value[: 4 * LONGEST_VALUE] if isinstance(value, str | bytes) else value)
    except Exception:  # an integer of 5,000 digits has none, and an object of the user's may raise anything
        text = ""
    if not text or "\n" in text:
        kind = type(value).__name__
        text = f"{'an' if kind[0] in 'aeiouAEIO' else 'a'} {kind}"
    return one_line(text, LONGEST_VALUE)


class InputError(ValueError):
    """Something the user gave cannot be taken; the message says what, what is allowed, and the remedy."""

    def __init__(self, message: str = ""):
        super().__init__(one_line(message))


class DiskError(OSError):
    """A file or folder that cannot be read or written, for no fault of its content; the message says which, why, the remedy."""


def nearest(name: str, allowed: Iterable[str], cutoff: float = 0.6) -> str:
    """`` (did you mean …?)`` when a name is close to an allowed one, else nothing."""
    close = get_close_matches(name[:100] if isinstance(name, str) else told(name), list(allowed), n=1, cutoff=cutoff)
    return f" (did you mean {close[0]}?)" if close else ""


class NotFiniteError(InputError):
    """A rule gave a number that is not finite: the run has failed. ``field`` is the first such; months count from 0."""

    field: str
    month: int

    def __init__(self, rule: str, writes: Sequence[str], values: Sequence[float], month: int) -> None:
        self._given = rule, writes, values, month
        bad = (v != v or v in (float("inf"), float("-inf")) for v in values)
        self.field, self.month = next(name for name, is_bad in zip(writes, bad, strict=True) if is_bad), month
        given = values if len(values) > 1 else values[0]
        super().__init__(
            f"rule {rule} returns {len(writes)} finite number(s) ({', '.join(writes)}); in month {month} (the first is 0) "
            f"it returned {given!r}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return NotFiniteError, self._given  # it goes from process to process


class RunsFailedError(Exception):
    """Some runs failed; everything else is done. Commands end with exit status 1."""
