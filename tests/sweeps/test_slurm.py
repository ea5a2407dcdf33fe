"""The Slurm scripts of the docs on a real Slurm: one machine, in folders of the test's own (Debian: slurmctld, slurmd, munge)."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, plan_file

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "sinfo", "squeue")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.skipif(
        not all(map(shutil.which, DAEMONS)) or getattr(os, "geteuid", lambda: 1)() != 0,
        reason="needs slurmctld, slurmd and munge (apt-get install slurmctld slurmd slurm-client munge), and to be root",
    ),
]

CONFIGURATION = """
ClusterName=crink
SlurmctldHost={host}
SlurmctldPort={port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

PLAN = {
    "experiment": {"name": "slurm", "seed": 8, "runs": 200_000, "months": 24},
    "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 8}},
    "worlds": {"ensemble": "defaults"},
}
TABLES = ("estimates.parquet", "metrics.parquet", "first_months.parquet", "points.parquet", "manifest.json")


def _port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return free.getsockname()[1]


def _within(seconds: float, what) -> None:
    """Wait until ``what()`` holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """The environment in which Slurm's commands, and crink-abm, are found."""
    folder, host = tmp_path_factory.mktemp("slurm"), socket.gethostname().split(".")[0]
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    (folder / "key").write_bytes(os.urandom(1024))
    (folder / "key").chmod(0o400)
    (folder / "bin" / "crink-abm").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crink_abm "$@"\n')
    (folder / "bin" / "crink-abm").chmod(0o755)
    text = CONFIGURATION.format(host=host, folder=folder, port=_port(), node_port=_port())
    (folder / "slurm.conf").write_text(text)
    env = os.environ | {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    munge = {
        "key-file": "key",
        "socket": "munge.socket",
        "pid-file": "munged.pid",
        "log-file": "m.log",
        "seed-file": "seed",
    }
    commands = (
        ["munged", "--foreground", "--force", *(f"--{option}={folder / name}" for option, name in munge.items())],
        ["slurmctld", "-D"],
        ["slurmd", "-D", "-N", host],
    )
    running = []
    try:
        for command in commands:
            with (folder / f"{command[0]}.out").open("w") as out:
                running.append(subprocess.Popen(command, env=env, stdout=out, stderr=out))
            if command[0] == "munged":
                _within(20, (folder / "munge.socket").exists)
        _within(60, lambda: "idle" in _said(["sinfo", "-h", "-o", "%T"], env, check=False))
        yield env
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(30)


def _said(command, env, *, cwd=None, check=True) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def _tables(folder):
    return {name: (folder / name).read_bytes() for name in TABLES}


def test_an_array_with_a_job_cancelled_is_gathered_to_the_bytes_of_one_command(slurm, tmp_path):
    """As the head of docs/examples/slurm_array.sh says: the array, then the sweep that waits for it; the second job is cancelled."""
    plan_file(tmp_path / "x.toml", PLAN)
    script, options = (
        str(ROOT / "docs/examples/slurm_array.sh"),
        ["--cpus-per-task=1", "--mem=1G", "--output=%x-%a.out"],
    )
    array = _said(["sbatch", "--parsable", "--array=1-3", *options, script, "x.toml", "x", "3"], slurm, cwd=tmp_path)
    last = _said(
        ["sbatch", "--parsable", *options, f"--dependency=afterany:{array}", "--wrap", "crink-abm sweep x.toml --out x --no-charts"],
        slurm, cwd=tmp_path,
    )  # fmt: skip
    shards = tmp_path / "x" / "shards"
    _within(120, lambda: list((shards / "2-of-3" / "runs").glob("*.parquet")))
    _said(["scancel", f"{array}_2"], slurm)
    _within(300, lambda: not _said(["squeue", "-h", "-j", f"{array},{last}"], slurm, check=False))
    told = "\n".join(path.read_text() for path in tmp_path.glob("*.out"))
    assert "CANCELLED" in (tmp_path / "slurm_array.sh-2.out").read_text()
    assert (tmp_path / "x" / "manifest.json").exists(), told
    _said(["crink-abm", "sweep", "x.toml", "--out", "y", "--no-charts"], slurm, cwd=tmp_path)
    assert _tables(tmp_path / "x") == _tables(tmp_path / "y")


def test_a_sweep_by_dask_workers_in_slurm_jobs_has_the_bytes_of_one_command(slurm, tmp_path):
    """docs/examples/slurm_dask.py as it is: workers in a job of two cores, which is gone when the sweep is done."""
    jobqueue = pytest.importorskip("dask_jobqueue", reason="needs dask-jobqueue (pip install dask-jobqueue)")
    found = os.pathsep.join([str(ROOT), str(Path(jobqueue.__file__).parents[1])])
    plan_file(tmp_path / "x.toml", PLAN)
    seen = []

    def jobs():
        return _said(["squeue", "-h", "-o", "%j %T"], slurm, check=False)

    with (tmp_path / "told").open("w") as out:
        command = [sys.executable, str(ROOT / "docs/examples/slurm_dask.py"), "x.toml", "x", "2"]
        sweep = subprocess.Popen(command, env=slurm | {"PYTHONPATH": found}, cwd=tmp_path, stdout=out, stderr=out)
        try:
            while sweep.poll() is None:
                seen.append(jobs())
                time.sleep(0.5)
        finally:
            sweep.kill()
            sweep.wait()
    assert sweep.returncode == 0, (tmp_path / "told").read_text()
    assert "dask-worker RUNNING" in seen
    _within(60, lambda: not jobs())
    _said(["crink-abm", "sweep", "x.toml", "--out", "y", "--no-charts"], slurm, cwd=tmp_path)
    assert _tables(tmp_path / "x") == _tables(tmp_path / "y")
