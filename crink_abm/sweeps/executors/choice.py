"""Which executor is meant: ``threads:4``, ``processes:8``, ``dask:tcp://HOST:8786``, ``joblib:ray``, or an object."""

import concurrent.futures
from collections.abc import Callable
from typing import Any

from ...model import arguments
from ...util.errors import InputError, nearest, told
from .base import Executor
from .dask import DaskExecutor
from .parallel import FuturesExecutor, JoblibExecutor
from .processes import ProcessExecutor
from .threads import ThreadExecutor

#: How an executor is written.
FORMS = "threads[:N], processes[:N], dask:ADDRESS, joblib[:BACKEND[:N]]"
_KINDS = ("threads", "processes", "dask", "joblib")


def chosen(
    text: str | concurrent.futures.Executor | Executor | None = None, say: Callable[[str], object] | None = None
) -> Executor:
    """The executor of one sweep.

    Parameters
    ----------
    text : one of :data:`FORMS`, N being how many workers (all cores if left out); threads if None. Or an executor of
        :mod:`concurrent.futures`, whose workers can import this package; or an :class:`Executor`
    say : told in words when a process has died

    Raises
    ------
    InputError
        If there is no such executor, or no such scheduler.
    """
    if text is None:
        return ThreadExecutor()
    if isinstance(text, concurrent.futures.Executor):
        return FuturesExecutor(text)
    if isinstance(text, Executor):
        return text
    kind, _, rest = check(text).partition(":")
    if kind == "dask":
        return DaskExecutor(rest)
    if kind == "joblib":
        name, _, number = rest.partition(":")
        return JoblibExecutor(name or None, _count(text, number))
    count = _count(text, rest)
    return ThreadExecutor(count) if kind == "threads" else ProcessExecutor(count, say)


def check(text: Any) -> Any:
    """An executor as it is written, or as an object; what is neither is refused, before anything begins.

    Raises
    ------
    InputError
        With the forms that there are.
    """
    if text is None or isinstance(text, concurrent.futures.Executor | Executor):
        return text
    if not isinstance(text, str):
        raise InputError(f"executor is one of {FORMS}, or an executor of concurrent.futures; {told(text)} was given")
    kind, colon, rest = text.partition(":")
    if kind not in _KINDS:
        raise InputError(f"executor is one of {FORMS}; {told(text)} was given{nearest(kind, _KINDS)}")
    if kind == "dask" and not rest:
        raise InputError(
            "executor dask:ADDRESS names a scheduler, for example dask:tcp://127.0.0.1:8786; no address was given"
        )
    if kind != "dask":
        number = rest.partition(":")[2] if kind == "joblib" else rest
        if colon and not rest:
            raise InputError(f"executor is one of {FORMS}; {told(text)} was given, with nothing after the colon")
        _count(text, number)
    return text


def _count(text: str, number: str) -> int | None:
    """How many workers: the N at the end of an executor's text."""
    if not number:
        return None
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise InputError(f"executor ends in a number of workers, for example threads:4; {told(text)} was given")
    return arguments.workers(int(number))


def renamed(
    executor: Any = None, workers: int | None = None, backend: Any = None, dask: str | None = None
) -> tuple[Any, str]:
    """The executor that ``executor`` says, or what said it before: ``workers``, ``backend`` and ``dask``; and a sentence that
    tells the new form, empty if it was used.

    Raises
    ------
    InputError
        If it is said in both ways, or two executors are.
    """
    workers = arguments.workers(workers)
    if dask is not None:
        arguments.text("dask", dask, "tcp://127.0.0.1:8786")
        if backend is not None:
            raise InputError(f"backend is for this machine; leave out {told(backend)}, or the Dask scheduler")
    if workers is backend is dask is None:
        return check(executor), ""
    if executor is not None:
        old = [
            name for name, value in (("workers", workers), ("backend", backend), ("dask", dask)) if value is not None
        ]
        raise InputError(f"executor says who computes the runs; leave out {' and '.join(old)}, which said it before")
    if isinstance(backend, concurrent.futures.Executor):
        return FuturesExecutor(backend, workers), "backend is called executor now: executor=E for an executor E"
    if dask is not None:
        new = f"dask:{dask}"
    else:
        kinds = {"threads": "threads", "loky": "processes"}
        kind = kinds[arguments.one_of("backend", "threads" if backend is None else backend, kinds)]
        new = kind if workers is None else f"{kind}:{workers}"
    return new, f"workers, backend and dask are one option now: --executor {new}, or executor={new!r} in Python"


def first(note: str, say: Callable[[str], object]) -> Callable[[str], object]:
    """``say``, which tells a note before the first that it is told: what is refused says one line."""
    notes = [note] if note else []

    def tell(text: str) -> None:
        while notes:
            say(notes.pop())
        say(text)

    return tell
