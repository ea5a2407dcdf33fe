"""Tables for papers: what they say is what was estimated, in every form, and a newcomer sees the answer first."""

import json

import pandas as pd
import pytest
from conftest import plan_file

import crink_abm as crink
from crink_abm import InputError
from crink_abm.cli.main import main
from crink_abm.results import compact as tables

pytestmark = pytest.mark.once
PLAN = {
    "experiment": {"name": "small", "seed": 5, "runs": 400, "months": 36},
    "packages": {"A & B_1 {50 %}": "article", "more": {"usfk_posture": 0.9}},
    "worlds": {"ensemble": "prior", "draws": 20, "seed": 2, "screen": "none"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return crink.sweep(PLAN, tmp_path_factory.mktemp("tables"))


def test_the_numbers_are_those_of_the_estimates(results):
    made = results.table(["korea_failure", "two_front"], digits=2)
    rows = results.select("korea_failure").set_index("label")
    mine = made.numbers[made.numbers["outcome"] == "korea_failure"].set_index("policy")
    assert mine.index.tolist() == ["baseline", *PLAN["packages"]]
    for name in PLAN["packages"]:
        row = rows.loc[name]
        assert (
            mine.loc[name, ["change", "low", "high"]].tolist()
            == row[["diff", "diff_ensemble_low", "diff_ensemble_high"]].tolist()
        )
        points = [f"{100 * x:+.2f}".replace("-", "\u2212") for x in mine.loc[name, ["change", "low", "high"]]]
        assert made.frame.loc[name, "Failure in Korea"].startswith(f"{points[0]} [{points[1]}, {points[2]}]")
    assert "36 months" in made.note and "400 runs" in made.note
    given = results.table("korea_failure", "more", interval="runs").numbers.set_index("policy").loc["more"]
    assert given[["low", "high"]].tolist() == rows.loc["more", ["diff_low", "diff_high"]].tolist()


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-0.2, -0.1, "lower"), (0.1, 0.2, "higher"), (-0.1, 0.1, "cannot be told"), (0.0, 0.1, "cannot be told")],
)
def test_a_sign_is_said_where_the_interval_says_it(low, high, said):
    assert tables.verdict(low, high) == said


def test_each_form_says_the_same(results, tmp_path):
    made = results.table("korea_failure")
    cell = made.frame.loc["more", "Failure in Korea"]
    for end in (".txt", ".md", ".html"):
        assert cell in made.save(tmp_path / f"t{end}").read_text(encoding="utf-8")
    tex = made.save(tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"A \& B\_1 \{50 \%\}" in tex
    assert pd.read_csv(made.save(tmp_path / "t.csv"))["change"].tolist()[1:] == pytest.approx(
        made.numbers["change"].tolist()[1:]
    )
    docx, openpyxl = pytest.importorskip("docx"), pytest.importorskip("openpyxl")
    word = docx.Document(made.save(tmp_path / "t.docx"))
    assert cell in [one.text for row in word.tables[0].rows for one in row.cells]
    book = openpyxl.load_workbook(made.save(tmp_path / "t.xlsx"))
    assert cell in [value for row in book["table"].iter_rows(values_only=True) for value in row]
    with pytest.raises(InputError, match="ends in none of them"):
        made.save(tmp_path / "t.pdf")


def test_compare_shows_its_answer_first_and_is_a_table(results):
    found = crink.compare({}, {"usfk_posture": 0.9}, runs=200, months=24, worlds="defaults", names=["now", "more"])
    assert "cv_prob" not in repr(found) and "now (risk)" in repr(found) and "War in Korea" in found._repr_html_()
    assert found.attrs["months"] == 24 and "over 24 months" in repr(found)
    assert isinstance(found, pd.DataFrame) and type(found[found["policy"] == "more"]) is pd.DataFrame
    assert len(found.full.columns) > 30
    with pytest.raises(InputError, match="did you mean"):
        found.table("korea_wa")


def test_too_many_policies_are_named(tmp_path):
    levels = [k / 50 for k in range(51)]
    plan = {
        **PLAN,
        "packages": {},
        "levers": {"usfk_posture": levels},
        "experiment": {**PLAN["experiment"], "runs": 4, "months": 2},
    }
    results = crink.sweep(plan, tmp_path)
    with pytest.raises(InputError, match="too many for a table"):
        results.table()
    assert len(results.table(policies=[0, 50]).frame) == 3


def test_runs_are_found_by_what_happened(results):
    runs = results.runs([results.baseline])
    found = results.find("korea_failure and not korea_war")
    mask = (runs["first_korea_attack"] >= 0) & (runs["first_korea_war"] < 0)
    assert found["run"].tolist() == runs.loc[mask, "run"].tolist() and len(found) > 3
    run = int(found["run"].iloc[0])
    assert results.replay(results.baseline, run).value("first_korea_attack") == found["first_korea_attack"].iloc[0]


def test_the_commands(tmp_path, capsys):
    plan_file(tmp_path / "x.toml", PLAN | {"packages": {"most": "article", "more": {"usfk_posture": 0.9}}})
    folder = str(tmp_path / "out")
    assert main(["sweep", str(tmp_path / "x.toml"), "--out", folder, "--no-charts"]) == 0
    assert "more" in capsys.readouterr().out.split("Risk of 'baseline'")[0].splitlines()[-1]  # the changes come last
    assert main(["table", folder, "--outcomes", "two_front", "--policies", "more", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("|  | Force in both theatres |")
    assert main(["table", folder, "--out", str(tmp_path / "t.tex")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "t.tex")
    assert main(["table", folder, "--json"]) == 0
    assert {one["policy"] for one in json.loads(capsys.readouterr().out)["table"]} == {"baseline", "most", "more"}
    assert main(["runs", folder, "--where", "korea_failure", "--most", "2"]) == 0
    told = capsys.readouterr().out
    assert "of 400 runs" in told and "crink-abm replay" in told
    assert main(["runs", folder, "--where", "winter"]) == 2
