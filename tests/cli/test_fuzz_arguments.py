"""The command line with arguments of every kind: one of four exit statuses, one line for bad input, and nothing left by it."""

import os
import random
import subprocess
import sys
import time
import warnings
import webbrowser

import pytest
from conftest import ROOT

import crink_abm as crink
from crink_abm.analysis import sign_audit
from crink_abm.calibration import posterior
from crink_abm.charts import gallery
from crink_abm.cli import main as cli
from crink_abm.cli import studies
from crink_abm.engine.benchmark import throughput
from crink_abm.rare_events import study
from crink_abm.util.errors import LONGEST, RunsFailedError
from crink_abm.validation import hindcast

PLAN = """
[experiment]
name = "tiny"
seed = 3
runs = 16
months = 3
[levers]
usfk_posture = [0.2, 0.5]
[worlds]
ensemble = "defaults"
"""

#: Text of every kind; most is wrong almost everywhere.
POOL = [
    "", " ", "-1", "0", "1", "3", "64", "1.5", "nan", "inf", "-inf", "1e5", "1_0", "９", "٣", "9" * 5_000, str(2**63), str(2**64),
    "0x10", "True", "None", "x" * 10_000, "a\0b", "\x1b[31mred", "a\nb", "中文", "\udcff", "%s", "%(prog)s", "{}", "$(true)", "=",
    "exposure=.9", "exposure=2", "exposure=", "exposure=.1,exposure=.2", "exposur=.9", "exposure=.5=.6", "article", "artcle",
    "today", "any_failure", "any_failur", "nuclear_use", "usfk_posture", "calibratd", "1/2", "2/1", "0/0", "1/" + "9" * 30, "a/b",
    "garbage", "foo://x", "tcp://", "tiny.toml", "broken.toml", "empty.toml", "latin.toml", "bytes.toml", "nowhere", "nowhere/deep",
    ".", "..", "/dev/null", "/dev/full", "tiny.toml/below", "done", "mesa", "batch", "threads", "threads:0", "best", "defaults", "--json", "--",
    "-", "--nosuch", "--seed", "--seed=4", "--out", "-h5", "--json=1",
]  # fmt: skip

#: Command -> (arguments that stand first, options with good values).
COMMANDS = {
    "run": ([], {"--set": ["exposure=.9"], "--scenario": ["article"], "--seed": ["1"], "--run": ["2"], "--months": ["2"]}),
    "sweep": (["tiny.toml"], {
        "--out": ["new"], "--runs": ["16"], "--precision": ["0.2"], "--shard": ["1/2"], "--workers": ["1"], "--engine": ["batch"],
        "--interval": ["best"], "--no-charts": [], "--executor": ["threads"], "--backend": ["threads"], "--dask": ["garbage"]}),
    "replay": (["done"], {"--point": ["0"], "--run": ["1"]}),
    "plot": (["done"], {"--out": ["new"]}),
    "compare": (["article"], {
        "--runs": ["16"], "--seed": ["1"], "--months": ["2"], "--worlds": ["defaults"], "--interval": ["best"]}),
    "rare": (["tiny.toml"], {"--outcome": ["nuclear_use"], "--relative": ["0.5"], "--out": ["new"]}),
    "audit": (["audit.toml"], {"--out": ["new"], "--markdown": ["page.md"]}),
    "calibrate": ([], {"--draws": ["2048"], "--seed": ["1"], "--out": ["new"], "--fit-only": [], "--markdown": ["page.md"]}),
    "validate": ([], {"--observed": ["."], "--drivers": ["."], "--seed": ["1"]}),
    "page": ([], {"--out": ["page.html"]}),
    "explore": (["--no-open"], {}),
    "bench": ([], {}),
    "info": (["exposure"], {}),
}  # fmt: skip
#: Without these a command would work for long.
ALWAYS = {"compare": ["--worlds", "defaults", "--runs", "16"], "sweep": ["--no-charts"]}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with files good and bad, and a finished sweep; what works for long says only that it was reached."""
    (tmp_path / "tiny.toml").write_text(PLAN)
    (tmp_path / "audit.toml").write_text(PLAN + "[audit]\nlevers = ['exposure']\nruns_per_world = 50\n")
    (tmp_path / "broken.toml").write_text("[experiment\n")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "latin.toml").write_bytes("name = 'é'".encode("latin-1"))
    (tmp_path / "bytes.toml").write_bytes(bytes(range(256)))
    crink.sweep(tmp_path / "tiny.toml", tmp_path / "done")
    monkeypatch.chdir(tmp_path)

    def reached(*args, **more):
        raise RunsFailedError("reached")

    for module, name in ((posterior, "calibrate"), (hindcast, "validate"), (hindcast, "hindcast"), (throughput, "measure"),
                         (sign_audit, "run"), (study, "rare")):  # fmt: skip
        monkeypatch.setattr(module, name, reached)
    monkeypatch.setattr(gallery, "draw", lambda *args, **more: [])
    monkeypatch.setattr(webbrowser, "open", lambda *args: False)
    monkeypatch.setattr(studies, "ready_engine", lambda *args: None)  # the tilted one takes long, once
    return tmp_path


def _drawn(rng) -> list[str]:
    """A command line: a command with some of its options, one or two of its words from the pool."""
    command = rng.choice(list(COMMANDS))
    first, options = COMMANDS[command]
    words = [command, *first, *ALWAYS.get(command, ())]
    for name in rng.sample(list(options), rng.randint(0, min(3, len(options)))):
        if name not in words:
            words += [name, *options[name]]
    for _ in range(rng.choice((1, 1, 2))):
        at, word = rng.randrange(len(words) + 1), rng.choice(POOL)
        if (
            at == len(words)
            or words[at] in ("defaults", "16", "--worlds", "--runs", "--no-charts")
            or rng.random() < 0.2
        ):
            words.append(word)
        else:
            words[at] = word
    return words


def _tried(capsys, place, words) -> int:
    before, began = {path: _bytes(path) for path in place.rglob("*")}, time.process_time()
    try:
        status = cli.main(words)
    except SystemExit as stop:  # help
        status = stop.code
    took, told = time.process_time() - began, capsys.readouterr()
    said = f"{[word[:60] for word in words]} -> {status}: {told.err[:500]}"
    assert status in (0, 1, 2), said
    assert took < 2.0, said
    assert status != 1 or "reached" in told.err or "cannot be read or written" in told.err, said
    assert "Traceback" not in told.err, said
    if status == 2:
        assert told.out == "", said
        assert told.err.count("\n") == 1, said
        assert len(told.err) <= LONGEST + 20 < 700, said
        assert told.err.rstrip("\n").isprintable(), said
        assert {path: _bytes(path) for path in place.rglob("*")} == before, said
    return status


def _bytes(path):
    return path.read_bytes() if path.is_file() else None


def _fuzz(capsys, place, seed, n):
    rng, seen = random.Random(seed), set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(n):
            words = _drawn(rng)
            seen.add((words[0], _tried(capsys, place, words)))
    return seen


@pytest.mark.parametrize("seed", range(1, 3))
def test_wrong_words_get_one_line_and_leave_nothing(capsys, place, seed):
    seen = _fuzz(capsys, place, seed, 220)  # some twenty lines a command
    assert {status for _, status in seen} >= {0, 2}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousands_of_wrong_words(capsys, place, seed):
    seen = _fuzz(capsys, place, seed, 3_000)
    assert {command for command, status in seen if status == 2} >= set(COMMANDS)


def _shell(place, line, **env):
    """A line of the shell, ``$C`` the command: (exit status, standard error)."""
    command = f"{sys.executable} -m crink_abm"
    clean = {name: value for name, value in os.environ.items() if name not in ("MPLBACKEND", "PYTHONUNBUFFERED")}
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, cwd=place, timeout=120, check=False,
        env=clean | {"PYTHONPATH": str(ROOT), "C": command, "PY": sys.executable} | env,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    ("line", "status", "word"),
    [
        ("$C info exposure | true; exit ${PIPESTATUS[0]}", 0, ""),
        ("$C --help >/dev/full", 1, "No space left"),
        ("$C run --months 2 >/dev/full", 1, "No space left"),
        ("PYTHONUNBUFFERED=1 $C run --months 2 >/dev/full", 1, "No space left"),
        ("$C run --months 2 --json >&-", 0, ""),
        ("$C run --months 2 2>&-", 0, ""),
        ("$C run --months 0 2>/dev/full", 2, ""),
        ("$C run --months 2 <&- >&- 2>&-", 0, ""),
        ("$C sweep tiny.toml --out new --no-charts 2>&-", 0, ""),
        ("$C sweep tiny.toml --out new --no-charts 2> >(true)", 0, ""),
        ("CRINK_THREADS=abc $C sweep tiny.toml --out new", 2, "CRINK_THREADS"),
        ("NUMBA_NUM_THREADS=0 $C sweep tiny.toml --out new", 2, "NUMBA_NUM_THREADS"),
        ("MPLBACKEND=garbage $C sweep tiny.toml --out new", 2, "MPLBACKEND"),
        ("MPLBACKEND=garbage $C sweep tiny.toml --out new --no-charts", 0, ""),
        ("$PY -OO -m crink_abm run --months 2", 0, ""),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 $C run --months 2", 0, ""),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 $C sweep tiny.toml --out é", 0, "to be counted"),
    ],
)  # fmt: skip
def test_no_environment_brings_a_traceback(tmp_path, line, status, word):
    (tmp_path / "tiny.toml").write_text(PLAN)
    found, told = _shell(tmp_path, line)
    assert found == status, told
    assert word in told
    assert "Traceback" not in told and "Exception ignored" not in told
    assert status != 2 or [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]
