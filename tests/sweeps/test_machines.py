"""Many machines: the workers of a Dask cluster give the same bytes, also when one is killed in mid-sweep."""

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import pandas as pd
import psutil
import pytest
from conftest import ROOT, plan_file
from contracts import executors as contract

import crink_abm as crink
from crink_abm.model.keys import rules_hash
from crink_abm.sweeps.cells import TASK_RUNS
from crink_abm.sweeps.executors import dask, parallel, processes
from crink_abm.sweeps.executors import task as one_task
from crink_abm.sweeps.job import Job
from crink_abm.util.errors import InputError

pytest.importorskip("distributed")

_PLAN = {
    "experiment": {"name": "spread", "seed": 8, "runs": 40_000, "months": 12},
    "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 8}},
    "worlds": {"ensemble": "prior", "draws": 324, "screen": "none", "size": 10},
}


def _digest(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*.*"))
        if p.suffix in (".parquet", ".json")
    }


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """What the threads of one process make of it."""
    place = tmp_path_factory.mktemp("here")
    crink.sweep(_PLAN, place)
    return _digest(place)


@pytest.fixture
def cluster(tmp_path):
    """A real scheduler and two worker processes on loopback: (address, workers)."""
    env = os.environ | dict(processes.settings()) | {"PYTHONPATH": str(ROOT)}
    quiet = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    told = tmp_path / "scheduler.json"
    base = [sys.executable, "-m"]
    scheduler = [*base, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [
        *base,
        "distributed.cli.dask_worker",
        "--scheduler-file",
        str(told),
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    running = [subprocess.Popen([*scheduler, "--scheduler-file", str(told)], **quiet)]
    try:
        while not told.exists():
            assert running[0].poll() is None
            time.sleep(0.05)
        running += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        address = json.loads(told.read_text())["address"]
        client = dask.client(address)
        client.wait_for_workers(2, timeout=60)
        client.close()
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_a_worker_killed_in_mid_sweep_changes_no_byte(cluster, tmp_path, monkeypatch, here):
    address, workers = cluster
    killed, plain = [], dask.DaskExecutor._work_out

    def kill(client, over):
        """Kill a worker while both have tasks, once."""
        while not (killed or over.is_set()):
            if sum(bool(keys) for keys in client.processing().values()) == 2:
                workers[0].send_signal(signal.SIGKILL)
                killed.append(workers[0].wait())

    def work_out(self, asked, wanted, made):
        over = threading.Event()
        threading.Thread(target=kill, args=(self.client, over), daemon=True).start()
        try:
            plain(self, asked, wanted, made)
        finally:
            over.set()

    monkeypatch.setattr(dask.DaskExecutor, "_work_out", work_out)
    crink.sweep(_PLAN, tmp_path / "there", executor=f"dask:{address}")
    assert killed == [-signal.SIGKILL]
    assert workers[1].poll() is None
    assert _digest(tmp_path / "there") == here


def test_a_worker_with_other_rules_is_refused(tmp_path):
    told = {"experiment": _PLAN, "engine": "numba", "folder": ".", "worlds": ""}
    for rules, match in (("0", "other rules"), (rules_hash(), "other worlds")):
        with pytest.raises(InputError, match=match):
            one_task.work(json.dumps(told | {"rules_hash": rules}), (), [(0, 0, 1)])


@pytest.mark.once
def test_no_scheduler_is_told_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        crink.sweep(_PLAN, tmp_path / "x", executor="dask:127.0.0.1:1")


def test_tasks_hold_every_piece_once_in_order():
    pieces = [(k, 0, n) for k, n in enumerate((2048, 30_000, 40_000, 10, 32_768))]
    made = one_task.tasks(pieces)
    assert [piece for task in made for piece in task] == pieces
    assert all(len(task) == 1 or sum(n for *_, n in task) <= TASK_RUNS for task in made)


@pytest.mark.once
def test_processes_give_the_same_bytes_though_one_is_killed(tmp_path, monkeypatch, here):
    """loky gives up all that it was asked for when a process dies; the sweep begins again what was not done."""
    told, killed, again, plain = [], [], [], parallel.JoblibExecutor._work_out

    def kill(made, over):
        """Kill a process once two tasks are done, unless the work is over."""
        while not (killed or over.is_set()):
            if len(made) >= 2:
                children = psutil.Process().children(recursive=True)
                killed.append(next(child for child in children if "LokyProcess" in " ".join(child.cmdline())))
                killed[0].kill()

    def work_out(self, asked, wanted, made):
        over = threading.Event()
        threading.Thread(target=kill, args=(made, over), daemon=True).start()
        try:
            plain(self, asked, wanted, made)
        finally:
            over.set()
            again.append(len(wanted) - len(made))

    monkeypatch.setattr(parallel.JoblibExecutor, "_work_out", work_out)
    crink.sweep(_PLAN, tmp_path / "there", executor="processes:2", say=told.append)
    assert killed
    assert [line for line in told if "died" in line] == ["a worker process died; what was not done is begun again"]
    assert again[0] > 0
    assert _digest(tmp_path / "there") == here


@pytest.mark.once
def test_a_process_killed_while_it_sends_a_result_leaves_no_sweep_standing(tmp_path, monkeypatch, here):
    """loky waits for the rest of the result for good; the sweep sees that a process is gone."""
    died, plain = tmp_path / "died", parallel.work_numbered

    def dies_in_midst_of_sending(number, *asked):
        """Task 2 sends the beginning of a result of a thousand bytes, and is killed."""
        if number == 2 and not died.exists():
            frame = sys._getframe()
            while "result_queue" not in frame.f_locals:
                frame = frame.f_back
            results = frame.f_locals["result_queue"]
            with results._wlock:
                died.touch()
                os.write(results._writer.fileno(), struct.pack("!i", 1_000) + b"x")
                os.kill(os.getpid(), signal.SIGKILL)
        return plain(number, *asked)

    monkeypatch.setattr(parallel, "work_numbered", dies_in_midst_of_sending)
    monkeypatch.setattr(processes, "PATIENCE", 1.0)
    told = []
    crink.sweep(_PLAN, tmp_path / "there", executor="processes:2", say=told.append)
    assert died.exists()
    assert len([line for line in told if "died" in line]) == 1
    assert _digest(tmp_path / "there") == here


def test_processes_that_always_die_are_told_as_a_failure(tmp_path, monkeypatch):
    def dies(*asked):
        os._exit(1)

    monkeypatch.setattr(parallel, "work_numbered", dies)
    told = []
    plan = {"experiment": {"name": "small", "seed": 1, "runs": 16, "months": 12}}
    with pytest.raises(ChildProcessError, match="died 3 times in a row"):
        crink.sweep(plan, tmp_path / "x", executor="processes:2", say=told.append)
    assert len([line for line in told if "died" in line]) == 2
    assert not (tmp_path / "x" / "manifest.json").exists()


def test_a_backend_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"threads, loky; 'lokky' was given \(did you mean loky"):
        crink.sweep(_PLAN, tmp_path / "x", backend="lokky")
    with pytest.raises(InputError, match="leave out 'loky'"):
        crink.sweep(_PLAN, tmp_path / "x", backend="loky", dask="127.0.0.1:1")
    assert not (tmp_path / "x").exists()


def test_any_executor_gives_the_same_bytes(tmp_path):
    crink.sweep(_PLAN, tmp_path / "here", runs=3_000)
    with ThreadPoolExecutor(2) as executor:
        crink.sweep(_PLAN, tmp_path / "there", runs=3_000, executor=executor)
        assert executor.submit(int, "7").result() == 7  # it is left as it was
    assert _digest(tmp_path / "there") == _digest(tmp_path / "here")


@pytest.mark.once
@pytest.mark.parametrize(
    ("executor", "ending"),
    [(kind, signal.SIGINT) for kind in ("processes:2", "joblib:loky:2")]
    + [pytest.param(kind, signal.SIGINT, marks=pytest.mark.slow) for kind in ("threads:2", "joblib:threading:2")]
    + [("processes:2", signal.SIGKILL)],
)
def test_no_process_outlives_its_sweep(tmp_path, executor, ending):
    """Nor does the sweep outlive an interrupt of the terminal's, which all its processes get, by more than a moment."""
    many = {"name": "x", "seed": 1, "runs": 4_000_000, "months": 24}
    plan_file(tmp_path / "x.toml", {"experiment": many, "worlds": {"ensemble": "defaults"}})
    command = [
        sys.executable,
        *["-m", "crink_abm", "sweep", "x.toml", "--out", "y", "--executor", executor],
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "start_new_session": True}
    sweep = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )  # fmt: skip
    try:
        while not list((tmp_path / "y" / "runs").glob("*.parquet")):
            assert sweep.poll() is None
            time.sleep(0.05)
        children = psutil.Process(sweep.pid).children(recursive=True)
        assert len(children) >= 2 or "thread" in executor
        begun = time.monotonic()
        if ending == signal.SIGINT:
            os.killpg(sweep.pid, ending)
        else:
            sweep.send_signal(ending)
        assert sweep.wait(10) == (130 if ending == signal.SIGINT else -signal.SIGKILL)
        took = time.monotonic() - begun
        assert took < 2 * contract.FELT, f"it ended after {took:.2f} s"
        assert not psutil.wait_procs(children, timeout=10)[1]
    finally:
        sweep.kill()
        sweep.wait()


@pytest.mark.slow
def test_rules_travel_and_are_compiled_once_in_each_process(tmp_path):
    """A function made here goes by value, and the bytes are those of threads; made anew for each task, it is still the first."""

    def distraction(month):
        return 0.25 + 0.001 * month

    plan, rules = _PLAN | {"experiment": _PLAN["experiment"] | {"runs": 6_000}}, {"iran.distraction": distraction}
    crink.sweep(plan, tmp_path / "here", rules=rules)
    crink.sweep(plan, tmp_path / "there", rules=rules, executor="processes:2")
    assert _digest(tmp_path / "there") == _digest(tmp_path / "here")
    job, functions = one_task.order(Job(crink.Results(tmp_path / "here", rules=rules).plan))
    again = cloudpickle.dumps(cloudpickle.loads(functions))
    assert one_task._job(job, functions) is one_task._job(job, again)


def test_a_file_of_worlds_is_found_from_where_the_experiment_lies(tmp_path, monkeypatch):
    from crink_abm.ensemble import worlds
    from crink_abm.model.parameters import CATALOGUE

    folder = tmp_path / "exp"
    folder.mkdir()
    drawn = pd.DataFrame(worlds.prior(4, seed=2).values, columns=list(CATALOGUE))
    drawn.to_csv(folder / "mine.csv", index=False)
    few = {"name": "x", "seed": 1, "runs": 64, "months": 12}
    plan_file(folder / "x.toml", {"experiment": few, "worlds": {"ensemble": "mine.csv"}})
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(1) as executor:
        crink.sweep(folder / "x.toml", tmp_path / "out", executor=executor)


def test_mesa_runs_are_cut_so_that_every_process_has_some():
    pieces = [(point, first, 16) for point in range(3) for first in range(0, 96, 16)]
    workers = parallel.FuturesExecutor(None, 2)
    assert len(workers._tasks(pieces)) >= 8
    assert [piece for task in workers._tasks(pieces).values() for piece in task] == pieces


#: As in a notebook: nothing here can be imported by another process.
_NOTEBOOK = """
import multiprocessing, sys, types
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import crink_abm as crink

cfg = types.ModuleType("cfg")
cfg.RATE, TABLE, SHARE = 0.05, np.array([0.1, 0.2]), 0.5

def helper(x):
    return SHARE * x + cfg.RATE

def crisis(grievance):
    return helper(TABLE[0] * grievance)

plan = {"experiment": {"name": "n", "seed": 3, "runs": 32, "months": 6}, "worlds": {"ensemble": "defaults"}}
how = {"rules": {"china.crisis_prob": crisis, "iran.distraction": lambda month: SHARE}, "engine": "mesa", "progress": False}
crink.sweep(plan, "here", **how)
for kind in sys.argv[1:]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(kind)) as executor:
        crink.sweep(plan, kind, executor=executor, **how)
crink.sweep(plan, "loky", executor="processes:2", **how)
SHARE, cfg.RATE = 0.9, 0.5
crink.sweep(plan, "other", executor="processes:2", **how)
"""


@pytest.mark.once
def test_rules_of_a_notebook_go_to_any_process(tmp_path):
    """Defined in ``__main__``: by plain pickle, by fork and spawn, and by loky; and edited in mid-session."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _NOTEBOOK, "spawn", "fork"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    right = _digest(tmp_path / "here")
    for folder in ("spawn", "fork", "loky"):
        assert _digest(tmp_path / folder) == right
    names = [{path.name for path in (tmp_path / folder / "runs").iterdir()} for folder in ("here", "other")]
    assert not names[0] & names[1]


def test_rules_that_are_others_in_a_worker_are_refused():
    def rule(grievance):
        return 0.1

    with pytest.raises(InputError, match="others in this worker"):
        one_task._rules(cloudpickle.dumps({"china.crisis_prob": rule}), "0" * 16)


def test_failures_travel_between_processes():
    import pickle

    from crink_abm.model.overrides import OddsError
    from crink_abm.util.errors import NotFiniteError

    told = NotFiniteError("kim.fear", ("kim_fear",), (float("inf"),), 3)
    again = pickle.loads(pickle.dumps(told))
    assert (str(again), again.month, again.field) == (str(told), 3, "kim_fear")
    assert str(pickle.loads(pickle.dumps(OddsError("x")))) == "x"
