"""Runs computed by processes of this machine; the process that runs the sweep alone keeps them.

joblib carries the tasks, over a pool of our own rather than its backend ``loky`` (which ``joblib:loky`` is). Measured with joblib
1.6 on two cores: its pool is one for the whole process. To end it after a sweep (``get_reusable_executor().shutdown()``) while
another thread computed with joblib hung both, each waiting for the other, until they were killed after 45 s; to leave it leaves
two processes idle for 300 s. With one worker it computes in the calling process. A death gives up the call in either (10 of 20
tasks had come, the other 10 were lost), and is mended here.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from typing import Any

import numpy as np

from ...engine.threads import n_threads
from .base import Slice
from .parallel import FuturesExecutor, break_pool

#: Seconds after the death of a process in which loky gives the pool up, if it sees it at all.
PATIENCE = 5.0
#: How often a pack is begun before deaths of its processes are taken for no accident.
TRIES = 3


def _end_with(parent: int) -> None:
    """End this process when ``parent`` is gone: killed, it can end none. An interrupt is the parent's to feel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _pool(count: int) -> Any:
    """Processes that end with this one, each with one thread."""
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(count, initializer=_end_with, initargs=(os.getpid(),), env=dict(settings()))


class ProcessExecutor(FuturesExecutor):
    """Processes of this machine, each with one thread.

    Parameters
    ----------
    count : how many; as many as there are cores if None
    say : told in words when one has died
    """

    def __init__(self, count: int | None = None, say: Callable[[str], object] | None = None):
        self.say, count = say or (lambda text: None), count or n_threads()
        self._lost_since: float | None = None
        super().__init__(_pool(count), count)
        self.ahead = 1  # one pack, cut as finely as there are processes

    def _look(self) -> None:
        """Break a pool that has lost a process and does not say so."""
        if all(process.is_alive() for process in list((self.executor._processes or {}).values())):
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = time.monotonic()
        elif time.monotonic() - self._lost_since > PATIENCE:
            break_pool(self.executor)
            self._lost_since = None

    def _work_out(
        self, asked: tuple[str, bytes], wanted: dict[int, list[Slice]], made: dict[int, list[np.ndarray]]
    ) -> None:
        """As of :class:`JoblibExecutor`; what is not done when a process dies is begun again, since loky then gives it up."""
        for left in reversed(range(TRIES)):
            try:
                super()._work_out(asked, {k: task for k, task in wanted.items() if k not in made}, made)
                return
            except BrokenExecutor as error:
                if not left:
                    raise ChildProcessError(f"worker processes died {TRIES} times in a row: {error}") from error
                self.say("a worker process died; what was not done is begun again")
                self.executor = _pool(self.count)

    def stop(self) -> None:
        """Kill the processes."""
        super().stop()
        break_pool(self.executor)
        self.executor.shutdown(wait=True, kill_workers=True)

    def close(self) -> None:
        """Let the processes end."""
        self.executor.shutdown(wait=True)


def settings(threads: int = 1) -> Mapping[str, str]:
    """What a worker's environment says so that threads times processes are its cores."""
    return {"CRINK_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
