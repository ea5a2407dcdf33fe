"""Runs worked out by other processes, here or on other machines; the process that runs the sweep alone keeps them.

A task is a few pieces of runs: the experiment as text, the hash of the worlds, and numbers. A worker makes the worlds
itself and checks them, so that nothing large travels there; small arrays come back. Which worker does what, and which of
them dies, changes no byte of the results.
"""

import concurrent.futures
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from functools import lru_cache

import numpy as np

from . import batch, design, world_making
from .errors import InputError, nearest
from .pipeline import PACK_RUNS
from .rules_key import rules_hash
from .sweeps import Sweep
from .workers import Threads, Workers

#: Runs of one task: a fraction of a second of work, against some milliseconds of sending.
TASK_RUNS = 32_768
#: How often a pack is begun before deaths of its processes are taken for no accident.
TRIES = 3


def client(address: str):
    """A connection to the scheduler at ``address`` (``tcp://host:port``).

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--dask needs Dask; install it with pip install -e '.[cluster]'") from None
    try:
        return Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`"
        ) from None


@lru_cache(maxsize=4)
def _sweep(job: str, rules: tuple):
    """The sweep of a job in this worker, its worlds made here and checked."""
    told = json.loads(job)
    if told["rules_hash"] != rules_hash():
        raise InputError(
            f"this worker has other rules ({rules_hash()}) than the sweep ({told['rules_hash']}); install the same version "
            "of crink_abm on every machine"
        )
    sweep = Sweep(design.checked(told["experiment"]), ".", engine=told["engine"], rules=dict(rules))
    table = sweep.experiment.worlds
    sweep.worlds = world_making.make_worlds(table, sweep.experiment.parameters, sweep.rules)
    if sweep.worlds_digest != told["worlds"]:
        raise InputError("this worker made other worlds than the sweep has; install the same versions on every machine")
    return sweep


def work(job: str, rules: tuple, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
    """The runs of some pieces (point, first run, number), in a worker, in one thread."""
    sweep = _sweep(job, rules)
    return [sweep.run_slice(*piece).astype(np.float64) for piece in pieces]


class Cluster(Workers):
    """The workers of a Dask scheduler, used by one sweep.

    Parameters
    ----------
    address : of the scheduler
    """

    def __init__(self, address: str):
        self.client = client(address)
        cores = sum(self.client.nthreads().values())
        #: Packs on their way while one is counted: enough that no core waits, and each has some tasks.
        self.ahead = max(1, -(-cores * TASK_RUNS // PACK_RUNS))

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Workers`. A task whose worker dies is given to another; one that raises is raised here."""
        asked = order(sweep)
        futures = [self.client.submit(work, *asked, task, pure=False, retries=2) for task in tasks(pieces)]
        try:
            return [results for made in self.client.gather(futures) for results in made]
        except BaseException:
            self.client.cancel(futures)
            raise

    def stop(self) -> None:
        """Let the scheduler go; it and its workers stay."""
        self.client.close()

    close = stop


class Executor(Workers):
    """Any executor of :mod:`concurrent.futures`, whose workers can import this package; used by one sweep.

    Parameters
    ----------
    executor : what runs are given to; it is left as it is
    count : how many workers it has
    """

    def __init__(self, executor: concurrent.futures.Executor, count: int | None = None):
        self.executor, self.count = executor, count or batch.n_threads()

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Workers`."""
        asked = order(sweep)
        most = min(TASK_RUNS, PACK_RUNS // (4 * self.count))
        futures = [self.executor.submit(work, *asked, task) for task in tasks(pieces, most)]
        return [results for future in futures for results in future.result()]


def _end_with(parent: int) -> None:
    """End this process when ``parent`` is gone: killed, it can end none."""

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Processes(Executor):
    """Processes of this machine, each with one thread, by loky.

    Parameters
    ----------
    count : how many; as many as there are cores if None
    say : told in words when one has died
    """

    def __init__(self, count: int | None = None, say: Callable[[str], None] | None = None):
        self.count, self.say = count or batch.n_threads(), say or (lambda text: None)
        self._begin()

    def _begin(self):
        from loky import ProcessPoolExecutor

        self.executor = ProcessPoolExecutor(
            self.count, initializer=_end_with, initargs=(os.getpid(),), env=dict(settings())
        )  # fmt: skip

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Executor`; all that was asked for is begun again when a process dies, since loky then gives it up."""
        for _ in range(TRIES):
            try:
                return super().compute(sweep, pieces)
            except BrokenExecutor:
                self.say("a worker process died; its runs are begun again")
                self._begin()
        raise ChildProcessError(f"worker processes died {TRIES} times in a row (too little memory?)")

    def stop(self) -> None:
        """Kill the processes."""
        self.executor.shutdown(wait=True, kill_workers=True)

    def close(self) -> None:
        """Let the processes end."""
        self.executor.shutdown(wait=True)


#: Name of a backend -> its workers, given how many and whom to tell.
BACKENDS = {
    "threads": lambda count, say: Threads(count),
    "loky": Processes,
}


def chosen(backend=None, count: int | None = None, dask: str | None = None, say=None) -> Workers:
    """The workers of a sweep: ``count`` threads or processes of this machine, or those of the scheduler at ``dask``.

    ``backend`` names one of :data:`BACKENDS` (threads if None), or is an executor of :mod:`concurrent.futures`.

    Raises
    ------
    InputError
        If there is no such backend, or no such scheduler, or both are asked for.
    """
    if dask is not None:
        if backend is not None:
            raise InputError(f"backend is for this machine; leave out {backend!r}, or the Dask scheduler")
        return Cluster(dask)
    if isinstance(backend, concurrent.futures.Executor):
        return Executor(backend, count)
    if backend not in (None, *BACKENDS):
        raise InputError(f"backend is one of {', '.join(BACKENDS)}; {backend!r} was given{nearest(backend, BACKENDS)}")
    return BACKENDS[backend or "threads"](count, say)


def order(sweep) -> tuple[str, tuple]:
    """What a worker is told of a sweep: text, and the functions in place of rules."""
    told = {"experiment": sweep.experiment.model_dump(mode="json", by_alias=True), "engine": sweep.engine}
    job = json.dumps(told | {"rules_hash": rules_hash(), "worlds": sweep.worlds_digest})
    return job, tuple(sorted(sweep.rules.items()))


def tasks(pieces: list[tuple[int, int, int]], most: int = TASK_RUNS) -> list[list[tuple[int, int, int]]]:
    """Consecutive pieces, as many together as make a task of ``most`` runs."""
    together, total = [], 0
    for piece in pieces:
        if not together or total + piece[2] > most:
            together.append([])
            total = 0
        together[-1].append(piece)
        total += piece[2]
    return together


def settings(threads: int = 1) -> Mapping[str, str]:
    """What a worker's environment says so that threads times processes are its cores."""
    return {"CRINK_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
