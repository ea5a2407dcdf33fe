"""Runs computed by the workers of a Dask cluster."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...util.errors import InputError, one_line, told
from .base import Slice
from .parallel import FuturesExecutor
from .task import tasks


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


def client(address: str) -> Any:
    """A connection to the scheduler at ``address`` (``tcp://host:port``).

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("dask:ADDRESS needs Dask; install it with pip install -e '.[cluster]'") from None
    with ThreadPoolExecutor(1) as alone:  # a notebook has a loop of its own at work in this thread
        alone.submit(asyncio.run, _answers(address)).result()
    return Client(address, timeout=10, set_as_default=False)


class DaskExecutor(FuturesExecutor):
    """The workers of a Dask scheduler, used by one sweep. A task whose worker dies is given to another.

    joblib carries the tasks, over Dask's own executor rather than joblib's backend ``dask`` (which ``joblib:dask`` is). Measured
    with joblib 1.6: that computes everything in the client where the cluster has one core, and leaves its tasks on the workers
    when a sweep is interrupted (4 of 4 were there 0.3 s later); 40 tasks of 0.05 s on two workers took 1.3 s by either.

    Parameters
    ----------
    address : of the scheduler; the workers that it has now decide how much is asked for at a time
    """

    def __init__(self, address: str):
        self.client = client(address)
        count = sum(self.client.nthreads().values())
        super().__init__(self.client.get_executor(pure=False, retries=2), max(1, count))

    def _tasks(self, pieces: list[Slice]) -> dict[int, list[Slice]]:
        """Slices put together to whole tasks: several packs fill the cluster."""
        return dict(enumerate(tasks(pieces)))

    def stop(self) -> None:
        """Take back what is not done, and let the scheduler go; it and its workers stay."""
        super().stop()
        self.client.close()

    def close(self) -> None:
        """Let the scheduler go; it and its workers stay."""
        self.client.close()
