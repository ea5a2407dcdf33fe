"""The command line: what it prints, its exit statuses, and that it leaves nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT

import crink_abm as crink
from crink_abm.cli import main as cli

TINY = """
[experiment]
name = "tiny"
seed = 1
runs = 64
months = 24
[levers]
usfk_posture = [0.2, 0.5, 0.8]
dual_role = [0.2, 0.5]
[worlds]
ensemble = "prior"
draws = 16
screen = "none"
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "tiny.toml").write_text(TINY)
    return folder


def _call(capsys, *arguments):
    status = cli.main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_run_tells_a_story(capsys):
    status, out, err = _call(capsys, "run", "--seed", 1, "--run", 2, "--set", "usfk_posture=0.7")
    assert status == 0
    assert "usfk_posture 0.7" in out
    assert "── 2035" in out
    assert out.rstrip().endswith(".")
    assert err == ""


def test_run_json_is_one_document_and_the_same_run(capsys):
    status, out, _ = _call(capsys, "run", "--seed", 1, "--run", 2, "--months", 24, "--scenario", "article", "--json")
    data = json.loads(out)
    model = crink.DeterrenceModel(crink.SCENARIOS["article"][1], seed=1, run=2, months=24).run()
    assert status == 0
    assert data["history"]["grievance"] == model.history["grievance"].tolist()
    assert data["outcome"] == model.outcome


def test_sweep_then_replay_then_plot(capsys, tiny):
    out_dir = tiny / "out"
    status, out, _ = _call(capsys, "sweep", tiny / "tiny.toml", "--out", out_dir, "--json")
    data = json.loads(out)
    assert status == 0
    assert data["n_runs"] == 64 * data["n_points"]
    assert data["charts"]
    status, out, _ = _call(capsys, "replay", out_dir, "--point", 1, "--run", 3, "--json")
    assert status == 0
    assert json.loads(out)["levers"]["dual_role"] == 0.5
    status, out, _ = _call(capsys, "plot", out_dir, "--out", tiny / "again", "--json")
    assert status == 0
    for path in json.loads(out)["charts"]:
        assert Path(path).stat().st_size > 1000


def test_compare_pairs_with_today(capsys):
    status, out, _ = _call(
        capsys, "compare", "usfk_posture=0.8", "--runs", 500, "--worlds", "defaults", "--months", 36, "--json"
    )
    data = json.loads(out)
    assert status == 0
    assert data["baseline"] == "today"
    assert {row["n_runs"] for row in data["estimates"] if row["n_only_policy"] >= 0} == {500}
    status, out, _ = _call(capsys, "compare", "today", "article", "--runs", 200, "--worlds", "defaults", "--months", 12)
    assert status == 0
    assert "diff_low" in out


def test_info_knows_every_name(capsys):
    from crink_abm.model import fields, levers, outcomes, parameters

    for name in (*levers.LEVERS, *parameters.CATALOGUE, *fields.BY_NAME, *outcomes.OUTCOMES, *crink.SCENARIOS):
        assert cli.main(["info", name]) == 0
    status, out, _ = _call(capsys, "info", "--json")
    assert status == 0
    assert len(json.loads(out[out.rindex('{\n "versions"') :])["levers"]) == 14


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--set", "usfk_posture=1.4"], ["usfk_posture", "[0, 1]", "1.4"]),
        (["run", "--set", "usfk_postur=0.4"], ["did you mean usfk_posture"]),
        (["run", "--set", "usfk_posture"], ["LEVER=VALUE"]),
        (["run", "--set", "usfk_posture=high"], ["number in [0, 1]", "high"]),
        (["run", "--scenario", "articel"], ["did you mean article"]),
        (["run", "--months", "0"], ["at least 1 month"]),
        (["run", "--seed", "-1"], ["at least 0", "-1"]),
        (["sweep", "nowhere.toml"], ["no experiment file", "nowhere.toml", "experiments/"]),
        (["sweep"], ["FILE"]),
        (["swep", "x"], ["did you mean sweep"]),
        (["replay", "nowhere", "--point", "1", "--run", "1"], ["no finished sweep", "nowhere"]),
        (["plot", "nowhere"], ["no finished sweep"]),
        (["compare", "todya"], ["did you mean today"]),
        (["info", "grievence"], ["did you mean grievance"]),
    ],
)
def test_bad_input_gives_one_clear_message_and_exit_2(capsys, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = _call(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert all(word in err for word in words), err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[experiment\n", "not valid TOML"),
        ('[experiment]\nname="x"\nseed=1\nruns=0\n', "experiment.runs"),
        (
            '[experiment]\nname="x"\nseed=1\nruns=5\n[levers]\nusfk_posture={from=0,to=2,points=3}\n',
            "levers.usfk_posture.to",
        ),
        ('[experiment]\nname="x"\nseed=1\nruns=5\n[worlds]\nensemble="calibratd"\n', "worlds.ensemble"),
        ('[experiment]\nname="x"\nseed=1\nruns=5\n[lever]\n', "lever"),
    ],
)
def test_malformed_files_name_the_entry(capsys, tmp_path, monkeypatch, text, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text(text)
    status, _, err = _call(capsys, "sweep", "bad.toml")
    assert status == 2
    assert word in err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_a_folder_that_cannot_be_written_is_named(capsys, tiny):
    (tiny / "file").write_text("in the way")
    status, _, err = _call(capsys, "sweep", tiny / "tiny.toml", "--out", tiny / "file" / "below")
    assert status == 2
    assert "--out" in err
    assert "below" in err


def test_help_and_version():
    for arguments in (["--help"], ["sweep", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as stop:
            cli.main(arguments)
        assert stop.value.code == 0


def test_interrupt_exits_130_and_the_same_command_continues(tiny):
    plan = tiny / "long.toml"
    plan.write_text(
        TINY.replace('"tiny"', '"long"').replace("runs = 64", "runs = 200000")  # five packs
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "crink_abm",
        "sweep",
        str(plan),
        "--no-charts",
        "--out",
        str(tiny / "long"),
    ]
    process = subprocess.Popen(
        command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )  # fmt: skip
    while not list((tiny / "long").glob("runs/*.parquet")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    error = process.communicate()[1].decode()
    assert process.returncode == 130
    assert time.monotonic() - start < 5.0
    assert "the same command continues" in error
    assert subprocess.run(command, env=env, capture_output=True, check=False).returncode == 0


def test_calibrate_writes_an_ensemble_and_says_how_much_of_the_prior_is_left(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = _call(
        capsys, "calibrate", "--draws", 1024, "--seed", 3, "--fit-only", "--out", tmp_path / "fit", "--json"
    )
    told = json.loads(out)
    assert status == 0
    assert told["draws"] == 1024
    assert 0 < told["share_of_prior_volume_left"] < 0.2
    assert {path.name for path in (tmp_path / "fit").iterdir()} >= {"calibrated.parquet", "calibrated.json"}
    assert _call(capsys, "calibrate", "--draws", 10)[0] == 2


@pytest.mark.filterwarnings("ignore:the calibrated ensemble was made under other rules")
def test_validate_scores_months_given_as_files(capsys, tmp_path):
    (tmp_path / "launch_days.csv").write_text("month,launch_days\n2025-01,2\n2025-02,0\n2025-03,1\n")
    (tmp_path / "policy.csv").write_text("month,name,value\n2025-01,diplomatic_offramp,0.3\n")
    status, out, _ = _call(capsys, "validate", "--observed", tmp_path, "--drivers", tmp_path, "--json")
    told = json.loads(out)
    assert status == 0
    assert told["scored"].startswith("months 2025-01 to 2025-03")
    assert {row["forecaster"] for row in told["scores"]} >= {"model", "prior", "base rate"}
    assert all(row["mean"] >= 0 for row in told["scores"])


@pytest.mark.parametrize(
    ("text", "message"),
    [("month,launch_days\n2024-12,1\n", "wants later months"), ("month,days\n2025-01,1\n", "lacks the column")],
)
def test_validate_refuses_what_it_cannot_score(capsys, tmp_path, text, message):
    (tmp_path / "launch_days.csv").write_text(text)
    status, out, err = _call(capsys, "validate", "--observed", tmp_path)
    assert (status, out) == (2, "")
    assert message in err
    assert _call(capsys, "validate", "--drivers", tmp_path)[0] == 2
