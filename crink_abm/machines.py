"""Runs worked out by the workers of a Dask cluster; the process that runs the sweep alone keeps them.

A task is a few pieces of runs: the experiment as text, the hash of the worlds, and numbers. A worker makes the worlds
itself and checks them, so that nothing large travels there; small arrays come back. Which worker does what, and which of
them dies, changes no byte of the results.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from .errors import InputError
from .rules_key import rules_hash

#: Runs of one task: a fraction of a second of work, against some milliseconds of sending.
TASK_RUNS = 32_768


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
    from . import design, sweeps, world_making

    told = json.loads(job)
    if told["rules_hash"] != rules_hash():
        raise InputError(
            f"this worker has other rules ({rules_hash()}) than the sweep ({told['rules_hash']}); install the same version "
            "of crink_abm on every machine"
        )
    sweep = sweeps.Sweep(design.checked(told["experiment"]), ".", threads=1, rules=dict(rules))
    table = sweep.experiment.worlds
    sweep.worlds = world_making.make_worlds(table, sweep.experiment.parameters, sweep.rules)
    if sweep.worlds_digest != told["worlds"]:
        raise InputError("this worker made other worlds than the sweep has; install the same versions on every machine")
    return sweep


def work(job: str, rules: tuple, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
    """The runs of some pieces (point, first run, number), in a worker, in one thread."""
    sweep = _sweep(job, rules)
    return [sweep.run_slice(*piece).astype(np.float64) for piece in pieces]


class Cluster:
    """The workers of a Dask scheduler, used by one sweep.

    Parameters
    ----------
    address : of the scheduler
    """

    def __init__(self, address: str):
        self.client = client(address)

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """The runs of each piece (point, first run, number): arrays (n, len(RESULTS)), in their order.

        A task whose worker dies is given to another; one that raises is raised here.
        """
        told = {"experiment": sweep.experiment.model_dump(mode="json", by_alias=True)}
        job = json.dumps(told | {"rules_hash": rules_hash(), "worlds": sweep.worlds_digest})
        rules = tuple(sorted(sweep.rules.items()))
        futures = [self.client.submit(work, job, rules, task, pure=False, retries=2) for task in tasks(pieces)]
        try:
            return [results for made in self.client.gather(futures) for results in made]
        except BaseException:
            self.client.cancel(futures)
            raise

    def close(self) -> None:
        """Let the scheduler go; it and its workers stay."""
        self.client.close()


def tasks(pieces: list[tuple[int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Consecutive pieces, as many together as make a task."""
    together, total = [], 0
    for piece in pieces:
        if not together or total + piece[2] > TASK_RUNS:
            together.append([])
            total = 0
        together[-1].append(piece)
        total += piece[2]
    return together


def settings(threads: int = 1) -> Mapping[str, str]:
    """What a worker's environment says so that threads times processes are its cores."""
    return {"CRINK_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
