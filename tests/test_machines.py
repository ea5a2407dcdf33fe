"""Many machines: the workers of a Dask cluster give the same bytes, also when one is killed in mid-sweep."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

import crink_abm as crink
from crink_abm import machines
from crink_abm.errors import InputError

pytest.importorskip("distributed")

_PLAN = {
    "experiment": {"name": "spread", "seed": 8, "runs": 40_000, "months": 24},
    "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 8}},
    "worlds": {"ensemble": "prior", "draws": 324, "screen": "none", "keep": 10},
}


def _digest(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*.*"))
        if p.suffix in (".parquet", ".json")
    }


@pytest.fixture
def cluster(tmp_path):
    """A real scheduler and two worker processes on loopback: (address, workers)."""
    env = os.environ | dict(machines.settings()) | {"PYTHONPATH": str(ROOT)}
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
        import json

        address = json.loads(told.read_text())["address"]
        client = machines.client(address)
        client.wait_for_workers(2, timeout=60)
        client.close()
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_a_worker_killed_in_mid_sweep_changes_no_byte(cluster, tmp_path):
    address, workers = cluster
    crink.sweep(_PLAN, tmp_path / "here")
    killed = []

    def kill(done, total, words):
        if 0 < done < total and not killed:
            workers[0].send_signal(signal.SIGKILL)
            killed.append(workers[0].wait())

    crink.sweep(_PLAN, tmp_path / "there", dask=address, progress=kill)
    assert killed == [-signal.SIGKILL]
    assert workers[1].poll() is None
    assert _digest(tmp_path / "there") == _digest(tmp_path / "here")


def test_a_worker_with_other_rules_is_refused(tmp_path):
    import json

    with pytest.raises(InputError, match="other rules"):
        machines.work(
            json.dumps({"experiment": _PLAN, "engine": "batch", "rules_hash": "0", "worlds": ""}), (), [(0, 0, 1)]
        )
    from crink_abm.rules_key import rules_hash

    with pytest.raises(InputError, match="other worlds"):
        machines.work(
            json.dumps({"experiment": _PLAN, "engine": "batch", "rules_hash": rules_hash(), "worlds": ""}),
            (),
            [(0, 0, 1)],
        )


@pytest.mark.once
def test_no_scheduler_is_told_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        crink.sweep(_PLAN, tmp_path / "x", dask="127.0.0.1:1")


def test_tasks_hold_every_piece_once_in_order():
    pieces = [(k, 0, n) for k, n in enumerate((2048, 30_000, 40_000, 10, 32_768))]
    made = machines.tasks(pieces)
    assert [piece for task in made for piece in task] == pieces
    assert all(len(task) == 1 or sum(n for *_, n in task) <= machines.TASK_RUNS for task in made)


@pytest.mark.once
def test_processes_give_the_same_bytes_though_one_is_killed(tmp_path):
    """loky gives up the whole call when a process dies; the sweep begins its pack again."""
    import psutil

    crink.sweep(_PLAN, tmp_path / "here", runs=120_000)
    told, killed = [], []

    def kill(done, total, words):
        if 0 < done < total and not killed:
            children = psutil.Process().children(recursive=True)
            killed.append(next(child for child in children if "LokyProcess" in " ".join(child.cmdline())))
            killed[0].kill()

    crink.sweep(
        _PLAN, tmp_path / "there", runs=120_000, backend="loky", workers=2, progress=kill, say=told.append,
    )  # fmt: skip
    assert killed
    assert told == ["a worker process died; its runs are begun again"]
    assert _digest(tmp_path / "there") == _digest(tmp_path / "here")


def test_processes_that_always_die_are_told_as_a_failure(tmp_path, monkeypatch):
    def dies(*asked):
        os._exit(1)

    monkeypatch.setattr(machines, "work", dies)
    told = []
    plan = {"experiment": {"name": "small", "seed": 1, "runs": 16, "months": 12}}
    with pytest.raises(ChildProcessError, match="died 3 times in a row"):
        crink.sweep(plan, tmp_path / "x", backend="loky", workers=2, say=told.append)
    assert len(told) == 3
    assert not (tmp_path / "x" / "manifest.json").exists()


def test_a_backend_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"threads, loky; 'lokky' was given \(did you mean loky"):
        crink.sweep(_PLAN, tmp_path / "x", backend="lokky")
    with pytest.raises(InputError, match="leave out 'loky'"):
        crink.sweep(_PLAN, tmp_path / "x", backend="loky", dask="127.0.0.1:1")
    assert not (tmp_path / "x").exists()


def test_any_executor_gives_the_same_bytes(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    crink.sweep(_PLAN, tmp_path / "here", runs=3_000)
    with ThreadPoolExecutor(2) as executor:
        crink.sweep(_PLAN, tmp_path / "there", runs=3_000, backend=executor)
        assert executor.submit(int, "7").result() == 7  # it is left as it was
    assert _digest(tmp_path / "there") == _digest(tmp_path / "here")


@pytest.mark.once
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_its_sweep(tmp_path, ending):
    import psutil

    (tmp_path / "x.toml").write_text(
        "[experiment]\nname = 'x'\nseed = 1\nruns = 4000000\n[worlds]\nensemble = 'defaults'\n"
    )
    command = [
        sys.executable,
        "-m",
        "crink_abm",
        "sweep",
        "x.toml",
        "--out",
        "y",
        "--backend",
        "loky",
        "--workers",
        "2",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    sweep = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **quiet)
    try:
        while not list((tmp_path / "y" / "runs").glob("*.parquet")):
            assert sweep.poll() is None
            time.sleep(0.05)
        children = psutil.Process(sweep.pid).children(recursive=True)
        assert len(children) >= 2
        sweep.send_signal(ending)
        assert sweep.wait(10) == (130 if ending == signal.SIGINT else -signal.SIGKILL)
        assert not psutil.wait_procs(children, timeout=10)[1]
    finally:
        sweep.kill()
        sweep.wait()
