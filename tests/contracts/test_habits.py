"""What whoever carries on relies on: forms, fragments, glossary and pages hold together, and the project's declarations are sound."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.once  # the same on every Python and Mesa

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "changes" / "README.md"]


@pytest.fixture(scope="module")
def changes():
    """The script of the fragments, as a module."""
    spec = importlib.util.spec_from_file_location("collect", ROOT / "changes" / "collect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- changelog fragments --------------------------------------------------------------------------------------------


def test_the_fragments_are_in_order(changes):
    changes.fragments()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("12.feature.txt", "Text.", "NAME.KIND.md"),
        ("12.feat.md", "Text.", "KIND is one of science, feature"),
        ("Twelve.fix.md", "Text.", "NAME.KIND.md"),
        ("12.fix.md", " \n", "it is empty"),
        ("12.fix.md", "# Heading\n", "without headings"),
        ("12.fix.md", "One.\n\nTwo.\n", "one paragraph"),
    ],
)
def test_a_fragment_out_of_order_is_told(changes, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        changes.fragments(tmp_path)


def test_a_release_collects_the_fragments(changes, tmp_path):
    folder, page = tmp_path / "changes", tmp_path / "CHANGELOG.md"
    folder.mkdir()
    (folder / "README.md").write_text("how")
    (folder / "12.fix.md").write_text("`sweep` names the file\nthat it lacks.\n")
    (folder / "new-rule.science.md").write_text("Kim does more (Author 2025).\n")
    page.write_text("# Changelog\n\n## 0.1.0 (2026-11-24)\n\n- Old.\n")
    changes.collect("0.2.0", folder, page, date="2027-01-31")
    assert page.read_text() == (
        "# Changelog\n\n## 0.2.0 (2027-01-31)\n\n### Science\n\n- Kim does more (Author 2025).\n\n### Fixed\n\n"
        "- `sweep` names the file\n  that it lacks.\n\n## 0.1.0 (2026-11-24)\n\n- Old.\n"
    )
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    for version, message in (("0.3.0", "there is no fragment"), ("0.3", "X.Y.Z"), ("0.2.0", "has 0.2.0 already")):
        with pytest.raises(ValueError, match=message):
            changes.collect(version, folder, page)


def test_a_release_keeps_what_was_written_as_unreleased(changes, tmp_path):
    folder, page = tmp_path / "changes", tmp_path / "CHANGELOG.md"
    folder.mkdir()
    (folder / "a.fix.md").write_text("New.")
    page.write_text("# Changelog\n\n## 0.1.0 (unreleased)\n\n- Old.\n")
    changes.collect("0.1.0", folder, page, date="2027-01-31")
    assert page.read_text() == (
        "# Changelog\n\n## 0.1.0 (2027-01-31)\n\n### Fixed\n\n- New.\n\n### Before fragments\n\n- Old.\n"
    )


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def _terms() -> list[list[str]]:
    rows = [
        line
        for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def test_the_glossary_is_in_order_and_says_where_each_term_appears():
    """Files that it names are there, and so are columns, fields, charts and commands."""
    from crink_abm.charts.gallery import CHARTS
    from crink_abm.cli.main import parser

    terms = _terms()
    names = [term.lower() for term, *_ in terms]
    assert len(terms) > 50
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "crink_abm").rglob("*.py"))
    commands = parser()[1]
    for term, meaning, where in terms:
        assert re.search(r'\.( \(".*\))?$', meaning), term
        for name in re.findall(r"`([^`]+)`", where):
            if "/" in name or name.startswith(("crink_abm", "docs", "tests")):
                assert (ROOT / name).exists(), (term, name)
            elif f"chart `{name}`" in where:
                assert name in CHARTS, (term, name)
            elif f"command `{name}`" in where:
                assert name in commands, (term, name)
            elif not name.startswith(("[", "sweep --")):
                assert name.removesuffix("...") in source, (term, name)


def test_the_glossary_has_the_fields_terms():
    names = {term for term, *_ in _terms()}
    wanted = {
        "design point", "policy package", "parameter draw", "ensemble member", "common random numbers", "martingale residual",
        "control variate", "importance sampling", "executor", "discordant pairs", "standard error",
    }  # fmt: skip
    assert wanted <= names


def test_no_page_names_a_place_of_one_machine():
    """Nor a user's folder: what is committed holds wherever it is read."""
    texts = [*PAGES, *FORMS, ROOT / "pyproject.toml", ROOT / ".pre-commit-config.yaml", ROOT / "Makefile"]
    for path in texts:
        assert not re.search(r"(?<![\w./$])/(?:home|root|work|Users)/", path.read_text(encoding="utf-8")), path.name


# --- forms and declarations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_is_whole(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "labels", "body"} <= set(form)
    fields = [item for item in form["body"] if item["type"] != "markdown"]
    assert len({item["id"] for item in fields}) == len(fields)
    assert any(item.get("validations", {}).get("required") for item in fields)
    for item in fields:
        assert item["type"] in {"input", "textarea", "dropdown", "checkboxes"}
        assert item["attributes"]["label"]


def test_there_is_a_form_for_each_kind_of_contribution():
    assert {path.stem for path in FORMS} == {"bug", "parameter_review", "new_rule", "new_data_row"}


def test_the_form_of_data_lists_the_tables():
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "new_data_row.yml").read_text(encoding="utf-8"))
    listed = next(item for item in form["body"] if item["id"] == "table")["attributes"]["options"]
    assert listed == sorted(path.name for path in (ROOT / "crink_abm" / "data").glob("*.csv"))


def test_the_hooks_are_those_of_public_repositories_or_local():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert all(repo["repo"] == "local" or repo["repo"].startswith("https://github.com/") for repo in hooks)
    assert {"ruff-check", "ruff-format", "mypy", "end-of-file-fixer"} <= {
        h["id"] for repo in hooks for h in repo["hooks"]
    }


def test_python_has_no_upper_cap_and_groups_are_not_published():
    project = PROJECT["project"]
    assert "<" not in project["requires-python"]
    assert not {"test", "dev", "docs", "types"} & set(project["optional-dependencies"])
    assert {"test", "docs", "types", "dev"} <= set(PROJECT["dependency-groups"])
    assert len({re.split(r"[<>=;!\[ ]", text)[0] + text.partition(";")[2] for text in project["dependencies"]}) == len(
        project["dependencies"]
    )


def test_data_files_go_into_the_wheel():
    """Every file of the package that is no module matches a pattern of the package's data."""
    package = ROOT / "crink_abm"
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["crink_abm"]
    taken = {path for pattern in patterns for path in package.glob(pattern)}
    others = {
        p
        for p in package.rglob("*")
        if p.is_file() and p.suffix not in {".py", ".pyc"} and "__pycache__" not in p.parts
    }
    assert others == taken
