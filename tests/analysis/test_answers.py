"""The page of answers, from four small studies: it says what they found, and nothing else."""

import json
import re

import pytest
from conftest import ROOT

from crink_abm.cli.main import main

pytestmark = pytest.mark.once
WORLDS = '[worlds]\nensemble = "prior"\ndraws = 40\nscreen = "none"\n'
HEAD = (
    '[experiment]\nname = "{name}"\nseed = 3\nruns = 100\nmonths = 24\n[packages]\nposture = {{ usfk_posture = 0.9 }}\n'
    + WORLDS
)
FILES = {
    "thresholds": "[ask]\noutcomes = ['taiwan_failure']\nruns_per_world = 4\n[thresholds]\ncandidates = 1\nlevels = 3\ngrid = 0\n"
    "runs_per_level = 4\nprior_worlds = 40\nprior_runs = 4\n[thresholds.named]\nposture = ['ground_cost']\n",
    "sensitivity": "[ask]\noutcomes = ['taiwan_failure']\nruns_per_world = 4\n[sensitivity]\nlevers = 'none'\ntrajectories = 2\n"
    "screened = 2\nbase = 16\nmost_base = 16\nruns = 128\nshapley = 1\n",
    "portfolio": "[ask]\noutcomes = ['taiwan_failure', 'korea_failure']\nruns_per_world = 4\n[portfolio]\npolicies = 12\n"
    "budget = 2000\nmost_runs = 128\nraced = ['taiwan_failure']\njudge = 'taiwan_failure'\nfinalists = 6\nfinal_rounds = 2\ndraws = 100\n"
    "pillars = []\nbreak_even = []\n[portfolio.budgets.small]\nmoney = 20.0\npolitics = 10.0\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The folder of the studies, and what the command says of them in JSON."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "x" / "claims").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / "x" / f"{name}.toml").write_text(HEAD.format(name=name) + text)
    for claim in ("C13", "C19"):
        text = (ROOT / "experiments" / "claims" / f"{claim}.toml").read_text(encoding="utf-8")
        text = re.sub(
            r"\[worlds\].*?\[ask\]\nruns_per_world = 150", WORLDS + "[ask]\nruns_per_world = 4", text, flags=re.S
        )
        (folder / "x" / "claims" / f"{claim}.toml").write_text(text.replace("runs = 45000", "runs = 100\nmonths = 24"))
    return folder


def _command(folder, page, *more):
    return main(
        ["answers", "--experiments", str(folder / "x"), "--out", str(folder / "out"), "--markdown", str(page), *more]
    )


def test_the_page_says_what_the_studies_found_and_is_the_same_again(told, tmp_path, capsys):
    assert _command(told, tmp_path / "one.md", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    page = (tmp_path / "one.md").read_text(encoding="utf-8")
    assert sum(said["verdicts"].values()) == 2
    for claim in ("C13", "C19"):
        row = re.search(rf"^\| \[{claim}\].*$", page, re.M)[0]
        assert any(f"**{name}**" in row for name in said["verdicts"])
        assert "95 %" in row and "It hangs on" in row
    assert page.count("Budget small") == 3
    assert _command(told, tmp_path / "two.md") == 0  # from what is there
    assert (tmp_path / "two.md").read_text(encoding="utf-8") == page


def test_a_study_that_is_missing_is_said_before_any_is_run(told, tmp_path, capsys):
    lacking = tmp_path / "x"
    lacking.mkdir()
    (lacking / "thresholds.toml").write_text((told / "x" / "thresholds.toml").read_text())
    assert (
        main(
            [
                "answers",
                "--experiments",
                str(lacking),
                "--out",
                str(tmp_path / "out"),
                "--markdown",
                str(tmp_path / "p.md"),
            ]
        )
        == 2
    )
    assert "sensitivity.toml" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() and not (tmp_path / "p.md").exists()
