"""Every executor keeps what executors promise, and careless ones are caught; how an executor is said."""

import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from contracts import executors as contract

import crink_abm as crink
from crink_abm.cli import main as cli
from crink_abm.sweeps.executors import choice
from crink_abm.sweeps.executors.base import Executor, Stopped
from crink_abm.sweeps.executors.parallel import FuturesExecutor, JoblibExecutor, end_at_once
from crink_abm.sweeps.executors.processes import ProcessExecutor
from crink_abm.sweeps.executors.threads import ThreadExecutor
from crink_abm.util.errors import InputError


@contextmanager
def _futures():
    with ThreadPoolExecutor(2) as pool:
        with FuturesExecutor(pool) as executor:
            yield executor
        assert pool.submit(int, "7").result() == 7  # it is left as it was


@pytest.fixture(scope="module")
def scheduler():
    """The address of a Dask scheduler with two workers of one thread."""
    distributed = pytest.importorskip("distributed")
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "processes": True}
    with distributed.LocalCluster(**how) as cluster:
        yield cluster.scheduler_address


#: Kind -> makes one. Those of joblib keep joblib's workers for the next call.
KINDS = {
    "threads": lambda address: ThreadExecutor(2),
    "one thread": lambda address: ThreadExecutor(1),
    "processes": lambda address: ProcessExecutor(2),
    "one process": lambda address: ProcessExecutor(1),
    "joblib loky": lambda address: JoblibExecutor("loky", 2),
    "joblib threading": lambda address: JoblibExecutor("threading", 2),
    "futures": lambda address: _futures(),
    "dask": lambda address: choice.chosen(f"dask:{address}"),
}


def _made(kind, request):
    address = request.getfixturevalue("scheduler") if kind == "dask" else None
    return lambda: KINDS[kind](address)


@pytest.mark.parametrize("kind", KINDS)
def test_every_executor_keeps_what_is_promised(kind, request):
    with _made(kind, request)() as executor:
        for check in contract.CHECKS:
            check(executor)


@pytest.mark.parametrize("kind", ["threads", "processes", "futures", "dask"])
def test_no_executor_leaves_anything_behind(kind, request):
    contract.leaves_nothing_behind(_made(kind, request))


class _Careless(Executor):
    """Keeps no promise: sorts slices, swallows errors, goes on when it is stopped."""

    def compute(self, job, pieces):
        made = []
        for piece in sorted(pieces):
            try:
                made.append(job.run(*piece))
            except IndexError:
                made.append(np.empty((0, 0)))
        return made

    def stop(self):
        pass


@pytest.mark.parametrize("check", contract.CHECKS[1:])
def test_a_careless_executor_is_caught(check):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(_Careless())


def test_what_is_left_behind_is_seen(monkeypatch):
    monkeypatch.setattr(ProcessExecutor, "close", lambda self: None)
    left, plain, begun = [], time.monotonic, time.monotonic()
    monkeypatch.setattr(contract.time, "monotonic", lambda: begun + 20 * (plain() - begun))

    def make():
        left.append(ProcessExecutor(2))
        return left[-1]

    with pytest.raises(AssertionError):
        contract.leaves_nothing_behind(make)
    for executor in left:
        executor.stop()


PLAN = {"experiment": {"name": "said", "seed": 1, "runs": 64, "months": 12}, "worlds": {"ensemble": "defaults"}}


@pytest.mark.parametrize(
    ("said", "kind", "count"),
    [
        (None, ThreadExecutor, None), ("threads", ThreadExecutor, None), ("threads:3", ThreadExecutor, 3),
        ("processes:2", ProcessExecutor, 2), ("joblib:threading:2", JoblibExecutor, 2), ("joblib", JoblibExecutor, None),
    ],
)  # fmt: skip
def test_an_executor_is_said_in_a_word(said, kind, count):
    with choice.chosen(said) as executor:
        assert type(executor) is kind
        assert count is None or executor.count == count


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ("thread", "did you mean threads"),
        ("threads:", "nothing after the colon"),
        ("threads:x", "ends in a number of workers, for example threads:4; 'threads:x' was given"),
        ("threads:0", "workers"),
        ("processes:2:3", "ends in a number"),
        ("dask:", "dask:tcp://127.0.0.1:8786"),
        ("joblib:lokky", "did you mean loky"),
        (4, "executor is one of threads"),
    ],
)
def test_an_executor_that_is_none_is_refused(said, match, tmp_path):
    with pytest.raises(InputError, match=match):
        crink.sweep(PLAN, tmp_path / "x", executor=said)
    assert not (tmp_path / "x").exists()


def test_older_words_are_told_once_as_what_they_are_now(tmp_path, capsys):
    with pytest.warns(FutureWarning, match="executor='threads:1' in Python") as told:
        crink.sweep(PLAN, tmp_path / "x", workers=1)
    assert [warning.filename for warning in told] == [__file__]
    assert choice.renamed(None, 2, "loky")[0] == "processes:2"
    assert choice.renamed(None, dask="tcp://a:1")[0] == "dask:tcp://a:1"
    with pytest.raises(InputError, match="leave out workers and backend, which said it before"):
        choice.renamed("threads", 2, "loky")
    capsys.readouterr()
    from conftest import plan_file

    command = ["sweep", str(plan_file(tmp_path / "x.toml", PLAN)), "--out", str(tmp_path / "x"), "--no-charts"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cli.main([*command, "--workers", "1"]) == 0
    assert capsys.readouterr().err.count("--executor threads:1") == 1


def test_joblib_takes_the_backend_that_is_set():
    import joblib

    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert choice.chosen("joblib").count == 3


def test_no_task_is_given_once_the_sweep_is_stopped():
    """joblib begins its processes for seconds: an interrupt meanwhile is felt before the first task."""
    executor, given = JoblibExecutor("threading", 2), []
    tasks = executor._given(("", b""), {k: [(0, k, 1)] for k in range(5)})
    given.append(next(tasks))
    executor.stop()
    with pytest.raises(Stopped):
        given.append(next(tasks))
    assert len(given) == 1


def test_processes_are_all_killed_before_one_is_waited_for():
    told = []

    class Process:
        def __init__(self):
            self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            self.pid = self.child.pid

        def is_alive(self):
            return self.child.poll() is None

        def join(self):
            told.append([one.child.wait(5) for one in processes])

    processes = [Process(), Process()]
    end_at_once(processes)
    assert told[0] == [-signal.SIGKILL] * 2
    end_at_once(processes)  # they are gone: nobody else is hit


def test_an_executor_of_one_worker_gets_the_tasks():
    """joblib by itself computes in the calling thread where there is one worker."""
    given = []

    class Pool(ThreadPoolExecutor):
        def submit(self, *task):
            given.append(task)
            return super().submit(*task)

    with Pool(1) as pool, FuturesExecutor(pool) as executor:
        assert executor.count == 1
        executor.compute(contract.job(), [(0, 0, 10), (1, 0, 10)])
    assert given
