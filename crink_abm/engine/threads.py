"""Runs cut into slices for the threads of this process."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..model import arguments


def n_threads() -> int:
    """Threads to use: ``$CRINK_THREADS``, else the cores this process may run on."""
    given = arguments.threads()
    if given:
        return given
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_slices(work: Callable[[Any], object], items: Sequence[Any], threads: int | None = None) -> None:
    """Call ``work`` on each item, in threads; stops at once on an interrupt."""
    count = threads or n_threads()
    if count == 1 or len(items) == 1:
        for item in items:
            work(item)
        return
    pool = ThreadPoolExecutor(count)
    try:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def chunks(n: int, size: int) -> Iterator[tuple[int, int]]:
    """(first, count) of consecutive pieces of ``n`` runs."""
    for first in range(0, n, size):
        yield first, min(size, n - first)
