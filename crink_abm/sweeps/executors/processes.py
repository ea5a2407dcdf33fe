"""Runs worked out by other processes, here or on other machines; the process that runs the sweep alone keeps them.

A task is a few pieces of runs: the experiment as text, the hash of the worlds, and numbers. A worker makes the worlds
itself and checks them, so that nothing large travels there; small arrays come back. Which worker does what, and which of
them dies, changes no byte of the results.
"""

import concurrent.futures
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from multiprocessing import resource_tracker

import numpy as np

from ...engine.threads import n_threads
from ..cells import TASK_RUNS
from ..job import Job
from .base import Executor
from .task import order, packs_ahead, tasks, work

#: How often a pack is begun before deaths of its processes are taken for no accident.
TRIES = 3


class FuturesExecutor(Executor):
    """Any executor of :mod:`concurrent.futures`, whose workers can import this package; used by one sweep.

    Parameters
    ----------
    executor : what runs are given to; it is left as it is
    count : how many workers it has; as many as this machine has cores if None
    """

    def __init__(self, executor: concurrent.futures.Executor, count: int | None = None):
        self.executor, self.count, self._asked = executor, count or n_threads(), set()
        self.ahead = packs_ahead(self.count)

    def compute(self, job: Job, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Executor`."""
        wanted, made = self._tasks(pieces), {}
        self._work_out(order(job), wanted, made)
        return [results for k in wanted for results in made[k]]

    def _tasks(self, pieces) -> dict[int, list[tuple[int, int, int]]]:
        """Pieces put together to some four tasks a worker, numbered."""
        most = min(TASK_RUNS, sum(n for *_, n in pieces) // (4 * self.count))
        return dict(enumerate(tasks(pieces, max(1, most))))

    def _work_out(self, asked, wanted, made) -> None:
        """Put what each of the tasks gives into ``made``, by number: also of those that are done when one fails."""
        with _uninterrupted():
            futures = {k: self.executor.submit(work, *asked, task) for k, task in wanted.items()}
        self._asked.update(futures.values())
        try:
            for k, future in futures.items():
                made[k] = future.result()
        except BaseException:
            for k, future in futures.items():
                if not future.cancel() and future.done() and future.exception() is None:
                    made[k] = future.result()
            raise
        finally:
            self._asked.difference_update(futures.values())

    def stop(self) -> None:
        """Take back what is not begun; whoever made the executor ends it."""
        for future in list(self._asked):
            future.cancel()


def _end_with(parent: int) -> None:
    """End this process when ``parent`` is gone: killed, it can end none. An interrupt is the parent's to feel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _uninterrupted():
    """Processes that are begun here feel no interrupt of the terminal's; this one's main thread does."""
    if threading.current_thread() is threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which unblocks the signal once it has begun
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pool(count: int):
    """Processes that end with this one, each with one thread."""
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(count, initializer=_end_with, initargs=(os.getpid(),), env=dict(settings()))


class ProcessExecutor(FuturesExecutor):
    """Processes of this machine, each with one thread, by loky.

    Parameters
    ----------
    count : how many; as many as there are cores if None
    say : told in words when one has died
    """

    def __init__(self, count: int | None = None, say: Callable[[str], None] | None = None):
        self.say = say or (lambda text: None)
        super().__init__(_pool(count or n_threads()), count)
        self.ahead = 1  # one pack, cut as finely as there are processes

    def compute(self, job: Job, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`FuturesExecutor`; what is not done when a process dies is begun again, since loky then gives it up."""
        asked, wanted, made = order(job), self._tasks(pieces), {}
        for left in reversed(range(TRIES)):
            try:
                self._work_out(asked, {k: task for k, task in wanted.items() if k not in made}, made)
                break
            except BrokenExecutor as error:
                if not left:
                    raise ChildProcessError(f"worker processes died {TRIES} times in a row: {error}") from error
                self.say("a worker process died; what was not done is begun again")
                self.executor = _pool(self.count)
        return [results for k in wanted for results in made[k]]

    def stop(self) -> None:
        """Kill the processes."""
        self.executor.shutdown(wait=True, kill_workers=True)

    def close(self) -> None:
        """Let the processes end."""
        self.executor.shutdown(wait=True)


def settings(threads: int = 1) -> Mapping[str, str]:
    """What a worker's environment says so that threads times processes are its cores."""
    return {"CRINK_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
