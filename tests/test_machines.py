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

    def kill(done, total):
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
        machines.work(json.dumps({"experiment": _PLAN, "rules_hash": "0", "worlds": ""}), (), [(0, 0, 1)])
    from crink_abm.rules_key import rules_hash

    with pytest.raises(InputError, match="other worlds"):
        machines.work(json.dumps({"experiment": _PLAN, "rules_hash": rules_hash(), "worlds": ""}), (), [(0, 0, 1)])


@pytest.mark.once
def test_no_scheduler_is_told_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        crink.sweep(_PLAN, tmp_path / "x", dask="127.0.0.1:1")


def test_tasks_hold_every_piece_once_in_order():
    pieces = [(k, 0, n) for k, n in enumerate((2048, 30_000, 40_000, 10, 32_768))]
    made = machines.tasks(pieces)
    assert [piece for task in made for piece in task] == pieces
    assert all(len(task) == 1 or sum(n for *_, n in task) <= machines.TASK_RUNS for task in made)
