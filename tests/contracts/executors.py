"""What every executor promises (:class:`crink_abm.sweeps.executors.base.Executor`), as checks that any of them can be given.

``tests/sweeps/test_executors.py`` gives them every kind that there is, and careless ones that must be caught. An executor of your own:
``for check in CHECKS: check(executor)``, the last of which stops it.
"""

import threading
import time

import numpy as np
import psutil
import pytest

from crink_abm.ensemble import worlds
from crink_abm.experiment import reader
from crink_abm.sweeps.executors.base import Executor
from crink_abm.sweeps.job import Job
from crink_abm.sweeps.plan import SweepPlan

#: Seconds in which an interrupt is felt; the promise is half a second, on a machine that does nothing else.
FELT = 1.0


def job(months: int = 12) -> Job:
    """Two policies in the default world."""
    plan = {
        "experiment": {"name": "contract", "seed": 3, "runs": 10_000, "months": months},
        "levers": {"usfk_posture": [0.2, 0.8]},
        "worlds": {"ensemble": "defaults"},
    }
    made = Job(SweepPlan.of(reader.checked(plan), worlds.defaults()))
    made.prepare()
    return made


def gives_the_same_bytes_in_order(executor) -> None:
    """Slices of any points, sizes and order: what this thread computes, each in its place."""
    asked, pieces = job(), [(1, 4096, 700), (0, 0, 300), (1, 0, 1), (0, 900, 64), (2, 5, 1200)] * 3
    made = executor.compute(asked, pieces)
    assert len(made) == len(pieces)
    for results, piece in zip(made, pieces, strict=True):
        right = asked.run(*piece)
        assert (results.dtype, results.shape) == (right.dtype, right.shape)
        assert results.tobytes() == right.tobytes()


def gives_what_a_slice_raises(executor) -> None:
    """The error of a slice is raised, as it is; the executor can be used again."""
    asked = job()
    with pytest.raises(IndexError):
        executor.compute(asked, [(0, 0, 10), (99, 0, 10), (1, 0, 10)])
    [again] = executor.compute(asked, [(0, 0, 10)])
    assert np.array_equal(again, asked.run(0, 0, 10))


def ends_when_it_is_stopped(executor) -> None:
    """From another thread, in mid-work: ``compute`` ends at once, with an error."""
    asked, ended = job(120), []
    executor.compute(asked, [(0, 0, 64)] * 4)  # workers are there

    def work():
        try:
            executor.compute(asked, [(k % 2, 4096 * k, 4096) for k in range(400)])
            ended.append("done")
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.4)
    assert not ended, "too little work to be stopped in"
    begun = time.monotonic()
    executor.stop()
    thread.join(5 * FELT)
    took = time.monotonic() - begun
    assert ended, "it goes on"
    assert isinstance(ended[0], Exception)
    assert took < FELT, f"an interrupt was felt after {took:.2f} s"


def follows_the_protocol(executor) -> None:
    """It is what the sweep takes, and says how many packs it is to have on their way."""
    assert isinstance(executor, Executor)
    assert executor.ahead >= 1


CHECKS = (follows_the_protocol, gives_the_same_bytes_in_order, gives_what_a_slice_raises, ends_when_it_is_stopped)


def leaves_nothing_behind(make) -> None:
    """A context that is left, in whatever way, leaves no process and no thread of its executor; ``make()`` is the context."""
    make_one = job()
    for error in (None, KeyboardInterrupt):
        before = set(psutil.Process().children(recursive=True)), set(threading.enumerate())
        try:
            with make() as executor:
                executor.compute(make_one, [(0, 0, 10), (1, 0, 10), (0, 10, 10)])
                if error:
                    raise error
        except KeyboardInterrupt:
            pass
        until = time.monotonic() + 10
        while left := _left(*before):
            assert time.monotonic() < until, left
            time.sleep(0.05)


def _left(processes, threads):
    now = [p for p in psutil.Process().children(recursive=True) if "resource_tracker" not in " ".join(p.cmdline())]
    return [*set(now).difference(processes), *set(threading.enumerate()).difference(threads)]
