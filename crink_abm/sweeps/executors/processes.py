"""Runs worked out by other processes, here or on other machines; the process that runs the sweep alone keeps them.

A task is a few pieces of runs: the experiment as text, the hash of the worlds, and numbers. A worker makes the worlds
itself and checks them, so that nothing large travels there; small arrays come back. Which worker does what, and which of
them dies, changes no byte of the results.
"""

import asyncio
import concurrent.futures
import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np

from ...engine.threads import n_threads
from ...ensemble import build
from ...experiment import reader
from ...model import arguments
from ...model.overrides import checked as checked_rules
from ...model.overrides import fingerprint
from ...util.errors import InputError, one_line, told
from ...util.source_hash import rules_hash
from ..pipeline import PACK_RUNS, together
from ..runner import Sweep
from .base import Workers
from .threads import Threads

#: Runs of one task: a fraction of a second of work, against some milliseconds of sending.
TASK_RUNS = 32_768
#: How often a pack is begun before deaths of its processes are taken for no accident.
TRIES = 3
#: Sweeps that a worker remembers.
SWEEPS_HELD = 4


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
    with ThreadPoolExecutor(1) as alone:  # a notebook has a loop of its own at work in this thread
        alone.submit(asyncio.run, _answers(address)).result()
    return Client(address, timeout=10, set_as_default=False)


async def _answers(address: str) -> None:
    """Ask the scheduler at ``address`` who it is, before a client is made: one that fails goes on trying, and says so late."""
    from distributed import rpc

    try:
        async with asyncio.timeout(8), rpc(address, timeout=5) as scheduler:
            if (await scheduler.identity()).get("type") == "Scheduler":
                return
            why = "something else than a scheduler"
    except (OSError, ValueError, TypeError, AttributeError, ImportError, asyncio.CancelledError) as error:
        why = f"{type(error).__name__}: {error}"
    raise InputError(
        f"no Dask scheduler answers at {told(address)} ({one_line(why, 120)}); start one with `dask scheduler`, and give its "
        "address as it says it, tcp://HOST:PORT"
    )


_sweeps: dict[str, Sweep] = {}


def _sweep(job: str, rules: bytes) -> Sweep:
    """The sweep of a job in this worker, its worlds and rules made here and checked.

    It is kept by what the job says, the fingerprint of the rules among it: to compile them anew for each task would take
    longer than the task.
    """
    if job in _sweeps:
        return _sweeps[job]
    told = json.loads(job)
    if told["rules_hash"] != rules_hash():
        raise InputError(
            f"this worker has other rules ({rules_hash()}) than the sweep ({told['rules_hash']}); install the same version "
            "of crink_abm on every machine"
        )
    experiment = reader.checked(told["experiment"])
    experiment.worlds._folder = Path(told["folder"])
    sweep = Sweep(experiment, ".", engine=told["engine"], rules=_rules(rules, told.get("replaced", "")))
    sweep.worlds = build.make_worlds(experiment.worlds, experiment.parameters, sweep.rules)
    if sweep.worlds_digest != told["worlds"]:
        raise InputError("this worker made other worlds than the sweep has; install the same versions on every machine")
    if len(_sweeps) >= SWEEPS_HELD:
        _sweeps.clear()
    return _sweeps.setdefault(job, sweep)


def _rules(sent: bytes, wanted: str):
    """The functions that were sent in place of rules, and are what they were where the sweep runs."""
    if not sent:
        return checked_rules(None)
    import cloudpickle

    try:
        rules = checked_rules(cloudpickle.loads(sent))
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the rules given use what this worker does not have ({error}); install the same packages on every machine"
        ) from None
    if rules.fingerprint != wanted:
        raise InputError(
            "the rules given are others in this worker than where the sweep runs; install the same versions of Python, and "
            "of what the rules use, on every machine"
        )
    return rules


def work(job: str, rules: bytes, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
    """The runs of some pieces (point, first run, number), in a worker, in one thread."""
    sweep = _sweep(job, rules)
    return [sweep.run_slice(*piece).astype(np.float64) for piece in pieces]


def _ahead(count: int) -> int:
    """Packs on their way while one is counted: enough that none of ``count`` workers waits."""
    return max(1, -(-count * TASK_RUNS // PACK_RUNS))


class Cluster(Workers):
    """The workers of a Dask scheduler, used by one sweep.

    Parameters
    ----------
    address : of the scheduler; the workers that it has now decide how much is asked for at a time
    """

    def __init__(self, address: str):
        self.client = client(address)
        self.ahead = _ahead(sum(self.client.nthreads().values()))

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
    count : how many workers it has; as many as this machine has cores if None
    """

    def __init__(self, executor: concurrent.futures.Executor, count: int | None = None):
        self.executor, self.count, self._asked = executor, count or n_threads(), set()
        self.ahead = _ahead(self.count)

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Workers`."""
        wanted, made = self._tasks(pieces), {}
        self._work_out(order(sweep), wanted, made)
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


class Processes(Executor):
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

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Executor`; what is not done when a process dies is begun again, since loky then gives it up."""
        asked, wanted, made = order(sweep), self._tasks(pieces), {}
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
        arguments.text("dask", dask, "tcp://127.0.0.1:8786")
        if backend is not None:
            raise InputError(f"backend is for this machine; leave out {backend!r}, or the Dask scheduler")
        return Cluster(dask)
    if isinstance(backend, concurrent.futures.Executor):
        return Executor(backend, count)
    return BACKENDS[arguments.one_of("backend", "threads" if backend is None else backend, BACKENDS)](count, say)


def order(sweep) -> tuple[str, bytes]:
    """What a worker is told of a sweep: text, and the functions in place of rules.

    The functions go by value, with what they read: they may stand in a notebook or in ``__main__``, which no worker
    can import, and any executor takes bytes.
    """
    told = {"experiment": sweep.experiment.model_dump(mode="json", by_alias=True), "engine": sweep.engine}
    told |= {"folder": str(sweep.experiment.worlds._folder.resolve()), "replaced": fingerprint(sweep.rules)}
    job = json.dumps(told | {"rules_hash": rules_hash(), "worlds": sweep.worlds_digest})
    if not sweep.rules:
        return job, b""
    import cloudpickle

    return job, cloudpickle.dumps(dict(sweep.rules))


def tasks(pieces: list[tuple[int, int, int]], most: int = TASK_RUNS) -> list[list[tuple[int, int, int]]]:
    """Consecutive pieces (point, first run, number), as many together as make a task of ``most`` runs."""
    return list(together(pieces, most, lambda piece: piece[2]))


def settings(threads: int = 1) -> Mapping[str, str]:
    """What a worker's environment says so that threads times processes are its cores."""
    return {"CRINK_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
