"""A folder that is written to: made, and held for one command at a time."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from . import files, ownership
from .errors import InputError
from .files import trouble


def prepare(folder: Path, place: Path) -> None:
    """Make ``place`` in ``folder``, and try to write in it.

    Raises
    ------
    InputError
        If that fails.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(
            f"results cannot be written to {str(folder)!r} ({error.strerror}); choose another folder with --out"
        ) from None


@contextlib.contextmanager
def owned(folder: Path, place: Path, command: str, check: Callable[[], object]) -> Iterator[None]:
    """Hold the folder of a command, marked as its own, and remove from ``place`` in it writes that were cut short.

    Raises
    ------
    InputError
        If it cannot be written, another command is at work in it, or ``check``, which is asked once it is held, refuses it.
    """
    with alone(folder, folder, "command"):
        check()
        ownership.mark(folder, command)
        prepare(folder, place)
        ownership.remove(ownership.cut_short(place))
        yield


@contextlib.contextmanager
def alone(folder: Path, place: Path, who: str) -> Iterator[int]:
    """Hold a folder for one command; yields how many writes cut short were removed from it and from ``place``.

    Raises
    ------
    InputError
        If the folder cannot be written, or another command (``who`` says which kind) is at work in it.
    """
    prepare(folder, place)
    files.refuse_link(folder / ".lock")
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"another {who} is at work in {str(folder)!r}; wait for it, or choose another folder with --out"
        ) from None
    except NotImplementedError:
        raise InputError(f"the disk of {str(folder)!r} knows no locks; choose another folder with --out") from None
    except OSError as error:
        raise trouble(folder / ".lock", "locked", error) from error
    try:
        yield len(ownership.remove(path for at in {folder, place} for path in ownership.cut_short(at)))
    finally:
        lock.release()
