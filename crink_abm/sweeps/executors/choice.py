"""Which executor is meant."""

import concurrent.futures

from ...model import arguments
from ...util.errors import InputError
from .base import Executor
from .dask import DaskExecutor
from .processes import FuturesExecutor, ProcessExecutor
from .threads import ThreadExecutor

#: Name of a backend -> its workers, given how many and whom to tell.
BACKENDS = {
    "threads": lambda count, say: ThreadExecutor(count),
    "loky": ProcessExecutor,
}


def chosen(backend=None, count: int | None = None, dask: str | None = None, say=None) -> Executor:
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
        return DaskExecutor(dask)
    if isinstance(backend, concurrent.futures.Executor):
        return FuturesExecutor(backend, count)
    return BACKENDS[arguments.one_of("backend", "threads" if backend is None else backend, BACKENDS)](count, say)
