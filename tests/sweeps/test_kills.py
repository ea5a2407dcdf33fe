"""kill -9 at random moments of a real sweep: the same command again ends with the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT, plan_file

_PLAN = {
    "experiment": {"name": "killed", "seed": 3, "runs": 6_000, "months": 12},
    "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 21}, "sanctions_intensity": [0.1, 0.3, 0.5, 0.7]},
    "worlds": {"ensemble": "prior", "draws": 40, "screen": "none"},
}


def _digest(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.mark.slow
def test_fifty_kills_at_random_moments_lose_nothing(tmp_path):
    """One sweep killed again and again until it has died fifty times, in start, work and writing alike."""
    plan = plan_file(tmp_path / "killed.toml", _PLAN)
    command = [sys.executable, "-m", "crink_abm", "sweep", str(plan), "--no-charts", "--out"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    start = time.monotonic()
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=env, capture_output=True)
    length = time.monotonic() - start
    whole = _digest(tmp_path / "whole")
    luck, deaths, folder, finished = random.Random(50), 0, tmp_path / "cut0", 0
    while deaths < 50:
        process = subprocess.Popen(
            [*command, str(folder)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(luck.uniform(0.2, 1.0) * length)
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            deaths += 1
            continue
        assert process.returncode == 0
        assert _digest(folder) == whole
        finished += 1
        folder = tmp_path / f"cut{finished}"
    subprocess.run([*command, str(folder)], check=True, env=env, capture_output=True)
    assert _digest(folder) == whole
