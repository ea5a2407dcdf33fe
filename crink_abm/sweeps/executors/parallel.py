"""Tasks carried by joblib: to any backend that joblib knows, or to any executor of :mod:`concurrent.futures`.

A task is a few slices: the experiment as text, the hash of the worlds, and numbers. A worker makes the worlds itself and checks
them, so that nothing large travels there; small arrays come back. Which worker does what, and which of them dies, changes no
byte of the results.
"""

import concurrent.futures
import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

import joblib
import numpy as np
from joblib.parallel import BACKENDS, EXTERNAL_BACKENDS, LokyBackend, ParallelBackendBase, get_active_backend

from ...engine.threads import n_threads
from ...util.errors import InputError, nearest, told
from ..cells import TASK_RUNS
from ..job import Job
from .base import Executor, Slice, Stopped
from .task import order, packs_ahead, tasks, work_numbered

#: Seconds between two looks at whether the sweep was interrupted.
_LOOK = 0.05

#: Number -> the slices of a task, and the runs of each.
_Tasks = dict[int, list[Slice]]
_Made = dict[int, list[np.ndarray]]


class FuturesBackend(ParallelBackendBase):
    """Makes an executor of :mod:`concurrent.futures` a backend of joblib.

    joblib computes in the calling process where a backend has one worker (measured with joblib 1.6: all tasks of a Dask cluster
    of one core ran in the client). A sweep sends its tasks where it was told to, so this backend never says one.
    """

    supports_retrieve_callback = True

    def __init__(self, executor: concurrent.futures.Executor, count: int):
        super().__init__()
        self.executor, self.count = executor, count
        self.futures: set[concurrent.futures.Future[Any]] = set()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many tasks may be on their way; never 1."""
        return max(2, self.count)

    def submit(
        self, func: Callable[[], Any], callback: Callable[[concurrent.futures.Future[Any]], object] | None = None
    ) -> concurrent.futures.Future[Any]:
        """Give a task to the executor."""
        future = self.executor.submit(func)
        self.futures.add(future)
        future.add_done_callback(self.futures.discard)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: concurrent.futures.Future[Any]) -> Any:
        """What a task gave, or its error."""
        return out.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Take back what is not begun; whoever made the executor ends it."""
        for future in list(self.futures):
            future.cancel()


class JoblibExecutor(Executor):
    """A backend of joblib: ``loky``, ``threading``, ``multiprocessing``, ``dask``, or one that was registered (``ray``).

    The workers are joblib's: it keeps the processes of ``loky`` for the next call, and with one worker computes in this process.

    Parameters
    ----------
    name : of the backend; the one that :func:`joblib.parallel_config` has set here if None
    count : how many workers; as many as the backend has if None

    Raises
    ------
    InputError
        If joblib has no such backend.
    """

    def __init__(self, name: str | None = None, count: int | None = None):
        self._name: str | ParallelBackendBase | None = name
        self._begin()
        if name is None:
            active, set_count = get_active_backend()
            self._name, count = active, count or set_count
        elif name not in BACKENDS and name not in EXTERNAL_BACKENDS:
            known = sorted({*BACKENDS, *EXTERNAL_BACKENDS})
            raise InputError(
                f"joblib has no backend {told(name)}{nearest(name, known)}; it has {', '.join(known)}, and those that are "
                "registered with joblib.register_parallel_backend"
            )
        try:
            with joblib.parallel_config(backend=self._backend(), n_jobs=count or -1):
                backend, n_jobs = get_active_backend()
                self.count = max(1, backend.effective_n_jobs(n_jobs))
        except (ImportError, ValueError) as error:  # of what the backend stands on
            raise InputError(f"joblib's backend {told(name)} cannot be used here: {error}") from None

    def _begin(self) -> None:
        self._stopped = False
        self._live: set[ParallelBackendBase] = set()

    def _backend(self) -> str | ParallelBackendBase | None:
        """The backend of one call."""
        return self._name

    def compute(self, job: Job, pieces: list[Slice]) -> list[np.ndarray]:
        """As of :class:`Executor`."""
        wanted, made = self._tasks(pieces), _Made()
        self._work_out(order(job), wanted, made)
        return [results for k in wanted for results in made[k]]

    def _tasks(self, pieces: list[Slice]) -> _Tasks:
        """Slices put together to some four tasks a worker, numbered."""
        most = min(TASK_RUNS, sum(n for *_, n in pieces) // (4 * self.count))
        return dict(enumerate(tasks(pieces, max(1, most))))

    def _work_out(self, asked: tuple[str, bytes], wanted: _Tasks, made: _Made) -> None:
        """Put what each of the tasks gives into ``made``, by number: also of those that are done when one fails.

        joblib waits in a thread of its own: this one ends as soon as the sweep is stopped.
        """
        came: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._carry, args=(asked, wanted, came), daemon=True).start()
        while True:
            if self._stopped:
                raise Stopped
            self._look()
            with contextlib.suppress(queue.Empty):
                k, results = came.get(timeout=_LOOK)
                if isinstance(results, BaseException):
                    raise results
                if k is None:
                    return
                made[k] = results

    def _look(self) -> None:
        """Called while results are waited for, some twenty times a second."""

    def _carry(self, asked: tuple[str, bytes], wanted: _Tasks, came: queue.SimpleQueue[tuple[Any, Any]]) -> None:
        """Put (number, results) of each task into a queue; at the end (None, None), or (None, the error)."""
        backend = None
        try:
            with joblib.parallel_config(backend=self._backend(), n_jobs=self.count), _uninterrupted():
                backend, _ = get_active_backend()
                self._live.add(backend)
                # All tasks at once: they are some four a worker. Nothing of theirs is worth a file that is mapped.
                how = {"batch_size": 1, "pre_dispatch": "all", "max_nbytes": None}
                can = backend.supports_return_generator
                parallel = joblib.Parallel(return_as="generator_unordered" if can else "list", **how)
                outputs = parallel(self._given(asked, wanted))
                for numbered in outputs:
                    if self._stopped and can:
                        outputs.throw(Stopped())  # to close it would warn of tasks that are lost
                    came.put(numbered)
            came.put((None, None))
        except BaseException as error:
            came.put((None, error))
        finally:
            self._live.discard(backend)

    def _given(self, asked: tuple[str, bytes], wanted: _Tasks) -> Iterator[tuple[Any, ...]]:
        """The tasks as joblib takes them, while the sweep is not stopped: it may be while joblib begins its processes."""
        for k, task in wanted.items():
            if self._stopped:
                raise Stopped
            yield joblib.delayed(work_numbered)(k, *asked, task)

    def stop(self) -> None:
        """End :meth:`compute`, and take back what is not begun."""
        self._stopped = True
        for backend in list(self._live):
            # Others have no tasks that outlive the process, and end at the next result.
            if isinstance(backend, FuturesBackend | LokyBackend):
                with contextlib.suppress(Exception):
                    if isinstance(backend, LokyBackend):
                        break_pool(backend._workers)
                    backend.abort_everything(ensure_ready=False)


class FuturesExecutor(JoblibExecutor):
    """Any executor of :mod:`concurrent.futures`, whose workers can import this package (mpi4py's, say); used by one sweep.

    Parameters
    ----------
    executor : what tasks are given to; it is left as it is
    count : how many workers it has; what it says, or as many as this machine has cores, if None
    """

    def __init__(self, executor: concurrent.futures.Executor, count: int | None = None):
        said = getattr(executor, "num_workers", None) or getattr(executor, "_max_workers", None)
        self.executor: Any = executor  # of any kind, with what is its own
        self.count = count or said or n_threads()
        self._begin()
        self.ahead = packs_ahead(self.count)

    def _backend(self) -> FuturesBackend:
        return FuturesBackend(self.executor, self.count)


def end_at_once(processes: Iterable[BaseProcess]) -> None:
    """Kill some processes, all before one is waited for.

    loky kills and waits for one after another, and looks through all processes of the machine for the children of each, which
    workers here have none of: 0.13 to 0.22 s for two.
    """
    processes = list(processes)
    for process in processes:
        if process.is_alive() and process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    for process in processes:
        process.join()


def break_pool(pool: Any) -> None:
    """Kill the processes of a pool of loky's, and have it see that they are gone.

    A process killed while it sends a result leaves loky in wait for the rest of it, for good (seen with loky 3.7; to shut the
    pool down then waits too). Once this process lets go of the end that results are sent by, loky reads an end of file, and
    gives the pool up as it does where it sees a death itself.
    """
    end_at_once((pool._processes or {}).values())
    if pool._result_queue is not None:
        pool._result_queue._writer.close()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
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
