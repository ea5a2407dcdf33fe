"""Runs computed by the workers of a Dask cluster."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ...util.errors import InputError, one_line, told
from ..job import Job
from .base import Executor
from .task import order, packs_ahead, tasks, work


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


class DaskExecutor(Executor):
    """The workers of a Dask scheduler, used by one sweep.

    Parameters
    ----------
    address : of the scheduler; the workers that it has now decide how much is asked for at a time
    """

    def __init__(self, address: str):
        self.client = client(address)
        self.ahead = packs_ahead(sum(self.client.nthreads().values()))

    def compute(self, job: Job, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Executor`. A task whose worker dies is given to another; one that raises is raised here."""
        asked = order(job)
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
