"""The page as one file: what is in it, what it fetches (nothing), its types, and the command that writes it."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from crink_abm import InputError
from crink_abm.cli.main import main
from crink_abm.engine.wasm import module
from crink_abm.ensemble.build import ensemble
from crink_abm.model.levers import LEVERS
from crink_abm.model.outcomes import OUTCOMES
from crink_abm.model.parameters import SWITCHES
from crink_abm.page import bundle, tables, words

SRC = Path(tables.__file__).parent / "src"


@pytest.fixture(scope="module")
def text():
    return bundle.made(ensemble("calibrated"))[0]


def _block(text: str, name: str) -> str:
    return re.search(rf'<script type="[^"]*" id="data-{name}">(.*?)</script>', text, re.S)[1]


def test_every_name_of_the_model_has_its_words():
    assert set(words.LABELS) == set(LEVERS) and set(words.UNITS) <= set(LEVERS)
    assert set(words.PILLARS) == {lever.pillar for lever in LEVERS.values()}
    assert set(words.PLAIN) == set(OUTCOMES)
    assert set(words.SWITCHES) == {p.name for p in SWITCHES}
    for name, (per, _, _) in words.UNITS.items():
        assert per * LEVERS[name].today in (28_500, 1.0), "today's level is today's"


def test_the_page_is_small_and_whole(text):
    assert len(text.encode()) < bundle.MOST
    assert base64.b64decode(_block(text, "engine")) == module.shipped()
    assert (
        json.loads(_block(text, "model").replace("<\\/", "</"))["kernel"]
        == module.said(module.shipped())["kernel_hash"]
    )
    assert "MIT License" in text and "no forecast" in text


def test_the_page_may_fetch_nothing(text):
    """Nothing is allowed but what is inline, and this by its hash; a changed letter would not run."""
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1])
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'" and "connect-src" not in rules
    assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy and "http" not in policy
    for kind, pattern in (
        ("script-src", r'<script type="module">(.*?)</script>'),
        ("style-src", r"<style>(.*?)</style>"),
    ):
        (inline,) = re.findall(pattern, text, re.S)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'" in rules[kind]
    assert not re.findall(r'(?:src|href|action)="(?!#)', text)
    assert " style=" not in text and not re.findall(r"\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.S))
    urls = set(
        re.findall(
            r"https?://[^\s\"'<>)]+", re.sub(r"<script type=\"application/json\".*?</script>", "", text, flags=re.S)
        )
    )
    assert urls <= {"http://www.w3.org/2000/svg"}


def test_nothing_in_the_data_can_end_its_block():
    told, values = tables.document(
        ensemble("calibrated"), module.shipped(), packages={"</script><b>": {"exposure": 0.4}}
    )
    page = bundle.page(told, values, module.shipped())
    assert "</script><b>" not in page
    assert json.loads(_block(page, "model").replace("<\\/", "</"))["packages"][-1]["name"] == "</script><b>"


def test_modules_with_one_name_for_two_things_are_refused(monkeypatch):
    files = {"a.js": 'import { b } from "./b.js";\nconst x = b;\n', "b.js": "export const b = 1;\nconst x = 2;\n"}
    monkeypatch.setattr(bundle, "_source", files.__getitem__)
    with pytest.raises(ValueError, match="two things the name x"):
        bundle.joined("a.js")


@pytest.mark.skipif(shutil.which("tsc") is None, reason="TypeScript checks the page's types")
def test_the_sources_have_sound_types():
    done = subprocess.run(["tsc", "-p", str(SRC)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_command_writes_a_page_of_an_experiment(tmp_path, capsys):
    file = tmp_path / "x.toml"
    file.write_text(
        '[experiment]\nname = "x"\nseed = 5\nmonths = 60\nruns = 10\n[baseline]\nexposure = 0.6\n'
        '[packages]\n"more talk" = { diplomatic_offramp = 0.8 }\n'
    )
    out = tmp_path / "page.html"
    assert main(["page", str(file), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policies"] == 11
    told = json.loads(_block(out.read_text(), "model").replace("<\\/", "</"))
    assert (told["seed"], told["months"], told["baseline"]) == (5, 60, {"exposure": 0.6})
    assert told["packages"][-1]["levers"] == {"exposure": 0.6, "diplomatic_offramp": 0.8}


@pytest.mark.parametrize(
    ("table", "said"),
    [("[parameters]\nstakes_sd = 0.3\n", "parameters"), ('[worlds]\nensemble = "defaults"\n', "calibrated worlds")],
)
def test_what_the_page_does_not_have_is_refused(tmp_path, capsys, table, said):
    file = tmp_path / "x.toml"
    file.write_text(f'[experiment]\nname = "x"\nseed = 5\nruns = 10\n[packages]\na = {{ exposure = 0.8 }}\n{table}')
    assert main(["page", str(file), "--out", str(tmp_path / "page.html")]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "page.html").exists()


def test_explore_says_where_the_page_is(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    assert main(["explore", "--no-open"]) == 0
    assert Path(capsys.readouterr().out.strip()).read_text().startswith("<!doctype html>")


def test_a_module_of_other_rules_is_not_taken_for_the_packages(monkeypatch):
    monkeypatch.setattr(module, "kernel_hash", lambda: "another")
    monkeypatch.setattr(module, "linked", lambda rules: (_ for _ in ()).throw(InputError("the linker is asked")))
    with pytest.raises(InputError, match="linker is asked"):
        bundle.made(ensemble("calibrated"))


def test_the_page_s_data_files_are_named_in_the_project():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    data = project["tool"]["setuptools"]["package-data"]["crink_abm"]
    assert {"data/*.wasm", "engine/wasm/shim.c", "page/src/*"} <= set(data)


def test_a_finished_sweep_makes_a_page_and_what_it_does_not_follow_is_said(tmp_path, capsys):
    import crink_abm as crink
    from crink_abm.cli.main import main

    plan = {
        "experiment": {"name": "x", "seed": 4, "runs": 50, "months": 12}, "packages": {"mine": {"usfk_posture": 0.9}},
        "worlds": {"ensemble": "calibrated", "size": 50},
    }  # fmt: skip
    crink.sweep(plan, tmp_path / "out")
    assert main(["page", str(tmp_path / "out"), "--out", str(tmp_path / "p.html")]) == 0
    said = capsys.readouterr()
    assert "1 named policies" in said.out
    assert "takes the first 50" in said.err
    assert '"mine"' in (tmp_path / "p.html").read_text(encoding="utf-8")
