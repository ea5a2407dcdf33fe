"""Shards: shares of a sweep worked out by several commands, gathered to the bytes of one."""

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest
from conftest import ROOT, plan_file

import crink_abm as crink
from crink_abm.api import shard
from crink_abm.cli import main as cli
from crink_abm.sweeps.pipeline import Pipeline
from crink_abm.sweeps.store import Store
from crink_abm.util.errors import InputError
from crink_abm.util.folders import alone

_PLAN = {
    "experiment": {"name": "shared", "seed": 8, "runs": 20_000, "months": 12},
    "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 5}},
    "worlds": {"ensemble": "prior", "draws": 324, "screen": "none", "size": 10},
}
_TABLES = ("estimates.parquet", "metrics.parquet", "first_months.parquet", "points.parquet", "manifest.json")


def _tables(folder):
    return {name: (folder / name).read_bytes() for name in _TABLES}


@pytest.fixture(scope="module")
def alone_tables(tmp_path_factory):
    """The tables of the sweep by one command."""
    folder = tmp_path_factory.mktemp("alone")
    crink.sweep(_PLAN, folder)
    return _tables(folder)


@pytest.fixture
def made(monkeypatch):
    """The cells that pipelines work out."""
    cells, plain = [], Pipeline._compute

    def counted(self, wanted):
        cells.extend(wanted)
        return plain(self, wanted)

    monkeypatch.setattr(Pipeline, "_compute", counted)
    return cells


def test_shards_hold_every_run_once_and_gather_to_the_same_bytes(alone_tables, tmp_path, made):
    counts = [shard(_PLAN, number, 4, tmp_path / "x") for number in (3, 1, 4, 2)]
    assert sum(counts) == sum(cell.n for cell in made) == 5 * 20_000
    assert len({(cell.point, cell.first) for cell in made}) == len(made)
    assert max(counts) - min(counts) <= 2 * 8_192
    assert not (tmp_path / "x" / "estimates.parquet").exists()
    made.clear()
    told = []
    crink.sweep(_PLAN, tmp_path / "x", say=told.append)
    assert not made
    assert "4 shards gathered" in told[0]
    assert not (tmp_path / "x" / "shards").exists()
    assert _tables(tmp_path / "x") == alone_tables


def test_what_a_shard_lacks_is_made_when_they_are_gathered(alone_tables, tmp_path, made):
    """One shard never ran, a pack of another is damaged."""
    for number in (1, 2):
        shard(_PLAN, number, 3, tmp_path / "x")
    have = sum(cell.n for cell in made)
    [pack] = (tmp_path / "x" / "shards" / "2-of-3" / "runs").glob("*.parquet")
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    lost = sum(cell.n for cell in made[-len(made) // 2 :])
    made.clear()
    crink.sweep(_PLAN, tmp_path / "x")
    again = sum(cell.n for cell in made)
    assert 5 * 20_000 - have < again < 5 * 20_000
    assert again <= 5 * 20_000 - have + lost + 8_192
    assert _tables(tmp_path / "x") == alone_tables


def test_a_shard_begins_with_what_the_sweep_and_itself_hold(alone_tables, tmp_path, made):
    crink.sweep(_PLAN, tmp_path / "x", runs=8_192)
    made.clear()
    assert shard(_PLAN, 1, 1, tmp_path / "x") == 5 * 20_000
    assert sum(cell.n for cell in made) == 5 * (20_000 - 8_192)
    made.clear()
    shard(_PLAN, 1, 1, tmp_path / "x")
    assert not made
    crink.sweep(_PLAN, tmp_path / "x")
    assert not made
    assert _tables(tmp_path / "x") == alone_tables


def test_a_gathered_sweep_reads_each_pack_once(tmp_path, monkeypatch):
    """Shares are neighbours: in the order of counting, packs follow one another, however many there are."""
    for number in range(1, 9):
        shard(_PLAN, number, 8, tmp_path / "x")
    read, plain = [], Store._read_pack

    def counted(self, name):
        read.append(name)
        return plain(self, name)

    monkeypatch.setattr(Store, "_read_pack", counted)
    crink.sweep(_PLAN, tmp_path / "x")
    assert len(set(read)) == 8
    assert len(read) <= 8 + 2


def test_a_shard_at_work_is_not_gathered(tmp_path):
    crink.sweep(_PLAN, tmp_path / "x", runs=10)
    estimates = (tmp_path / "x" / "estimates.parquet").read_bytes()
    shard(_PLAN, 1, 2, tmp_path / "x")
    with (
        Store(tmp_path / "x", "1-of-2").work("shared", "key"),
        pytest.raises(InputError, match=r"another shard of this sweep is at work in .*1-of-2"),
    ):
        crink.sweep(_PLAN, tmp_path / "x")
    assert (tmp_path / "x" / "estimates.parquet").read_bytes() == estimates  # what was refused has dropped nothing
    with (
        alone(tmp_path / "x" / "shards" / "2-of-2", tmp_path / "x" / "shards" / "2-of-2" / "runs", "x"),
        pytest.raises(InputError, match=r"another sweep is at work in .*2-of-2"),
    ):
        shard(_PLAN, 2, 2, tmp_path / "x")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shard", "0/4"], "1/8 to 8/8; '0/4' was given"),
        (["--shard", "5/4"], "'5/4' was given"),
        (["--shard", "3"], "'3' was given"),
        (["--shard", "1/4", "--precision", "0.01"], "leave out --interval, --precision"),
    ],
)
def test_a_share_that_is_none_is_refused(words, told, capsys, tmp_path):
    assert cli.main(["sweep", str(ROOT / "experiments/policy_cube.toml"), "--out", str(tmp_path / "x"), *words]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_another_sweeps_folder_and_a_precision_are_refused(tmp_path):
    crink.sweep(_PLAN, tmp_path / "x", runs=10)
    other = _PLAN | {"experiment": _PLAN["experiment"] | {"name": "other"}}
    with pytest.raises(InputError, match="holds the sweep 'shared', not 'other'"):
        shard(other, 1, 2, tmp_path / "x")
    exact = _PLAN | {"experiment": _PLAN["experiment"] | {"precision": 0.01}}
    with pytest.raises(InputError, match="a pilot settles the runs"):
        shard(exact, 1, 2, tmp_path / "y")
    assert not (tmp_path / "y").exists()


def _swept(command, folder, env):
    """Run a sweep to its end. One that dies of SIGABRT (seen twice on a busy machine, its cause not found) is told, and run again."""
    for _ in range(3):
        done = subprocess.run(
            command,
            cwd=folder,
            env=env | {"PYTHONFAULTHANDLER": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode != -signal.SIGABRT:
            break
        warnings.warn(f"a sweep died of SIGABRT: {done.stderr.decode(errors='replace')[-4000:]}", stacklevel=2)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


@pytest.mark.once
def test_the_array_script_with_a_task_killed(tmp_path):
    """docs/examples/slurm_array.sh as Slurm would run it: three tasks at once, one killed; then the sweep."""
    large = {"experiment": _PLAN["experiment"] | {"runs": 80_000}, "worlds": {"ensemble": "defaults"}}
    plan_file(tmp_path / "x.toml", _PLAN | large | {"levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 8}}})
    (tmp_path / "crink-abm").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crink_abm "$@"\n')
    (tmp_path / "crink-abm").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PATH": path,
        "SLURM_CPUS_PER_TASK": "1",
    }
    script = ["bash", str(ROOT / "docs/examples/slurm_array.sh"), "x.toml", "x", "3"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    jobs = [subprocess.Popen(script, env=env | {"SLURM_ARRAY_TASK_ID": str(k)}, **quiet) for k in (1, 2, 3)]
    while not list((tmp_path / "x" / "shards" / "2-of-3" / "runs").glob("*.parquet")):
        assert jobs[1].poll() is None
        time.sleep(0.01)
    jobs[1].send_signal(signal.SIGKILL)
    assert [job.wait(60) for job in jobs] == [0, -signal.SIGKILL, 0]
    subprocess.run(script, env=env | {"SLURM_ARRAY_TASK_ID": "2"}, check=True, **quiet)  # again, by itself
    for folder in ("x", "y"):
        _swept(["crink-abm", "sweep", "x.toml", "--out", folder, "--no-charts"], tmp_path, env)
    assert _tables(tmp_path / "x") == _tables(tmp_path / "y")
