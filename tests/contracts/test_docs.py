"""The documentation says what the code does."""

import re
import tomllib

import pytest
from conftest import ROOT
from kinds import kind_of

from crink_abm.experiment import reader
from crink_abm.model import levers
from crink_abm.model.parameters import CATALOGUE
from crink_abm.model.schedule import steps
from crink_abm.model.sources import SOURCES
from crink_abm.report import odd


def test_the_model_description_is_the_generated_one():
    template = (ROOT / "docs" / "odd_template.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "odd.md").read_text(encoding="utf-8") == odd.odd(template), "run: make docs"


def test_every_rule_has_an_equation_and_names_what_it_reads():
    for step in steps():
        text = odd.docstring(step.rule)
        assert "```" in text, step.name
        equation = " ".join(re.findall(r"```(.*?)```", text, re.S))
        for name in step.reads:
            short = name.removesuffix("_prob")
            assert name in equation or short in equation or _is_named_otherwise(step.name, name, text), (
                step.name,
                name,
            )


def _is_named_otherwise(rule, name, text):
    """Names an equation holds in another form: switch levels in words, o for two options, y for a shared K."""
    words = {"xi_theory", "kim_theory", "coordination", "xi_profile", "kim_profile", "posture_effect", "curvature",
             "loss_aversion", "weighting", "belief_memory", "month"}  # fmt: skip
    return (
        name in words
        or (rule == "xi.win_prob" and name.startswith(("us_enters", "invasion_", "blockade_")))
        or (rule == "xi.option_probs" and name.startswith("cost_"))
        or (rule == "world.record" and name.startswith("first_"))
        or (rule == "world.second_front" and name.startswith("first_"))
        or (rule == "world.force_anywhere")
        or (rule == "world.nuclear_rung" and name == "nuclear_used")
        or (rule == "world.rung" and name == "highest_rung")
        or (rule == "world.realised_help" and name == "help_realised")
        or (rule.startswith("world.") and name.endswith("_last_force"))
    )


def test_every_parameter_has_a_source_that_exists():
    assert {p.source for p in CATALOGUE.values()} <= set(SOURCES)


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").rglob("*.toml")), ids=lambda p: p.name)
def test_every_experiment_file_is_valid(path):
    kind = kind_of(tomllib.loads(path.read_text()))
    assert reader.read(path, kind).experiment.name == path.stem


def test_the_sign_audit_page_covers_every_lever():
    page = (ROOT / "docs" / "sign_audit.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in levers.LEVERS)


def test_readme_commands_exist():
    """Every `crink-abm COMMAND` that the README shows is a command, and every file it names is there."""
    from crink_abm.cli.main import parser

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"crink-abm ([a-z]+)", text))
    assert commands <= set(parser()[1])
    for name in re.findall(r"\]\(((?:docs|experiments|notebooks|results)/[^)#]+)\)", text):
        assert (ROOT / name).exists(), name


def test_the_story_in_the_readme_is_the_run_it_names():
    import crink_abm as crink

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"crink-abm run --seed 1 --run 675 --set usfk_posture=0.7\n```\n\n```\n(.*?)```", text, re.S)[1]
    story = crink.DeterrenceModel({"usfk_posture": 0.7}, seed=1, run=675).run().story
    assert shown.rstrip().removesuffix(" ...") in story


#: Pages whose Python runs from the first block to the last, as a reader types it.
TYPED = ("tutorial", "howto", "misreading")


@pytest.mark.once
@pytest.mark.parametrize("name", [*TYPED, pytest.param("howto all", marks=pytest.mark.slow)])
def test_what_a_page_tells_a_reader_to_type_runs(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name, _, every = name.partition(" ")
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    assert blocks
    scope: dict = {}
    for block in blocks:
        if "rules=" in block and not every:
            continue  # compiled anew: half a minute
        exec(compile(re.sub(r"\b(20_000|5000)\b", "1000", block), f"{name}.md", "exec"), scope)
    assert "Traceback" not in capsys.readouterr().out


def test_every_page_is_on_the_site():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md") if not path.stem.endswith("_template")}
    assert {name for name in pages if name not in nav} == set()
    assert set(re.findall(r"[a-z_]+\.md", nav.split("nav:")[1])) <= pages
