"""The recipes of ``CONTRIBUTING.md`` work: their diffs apply to the package as it is, to the files they list, and their checks pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once  # the same on every Python and Mesa

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {part.partition("\n")[0]: part for part in TEXT.partition("\n# Recipes\n")[2].split("\n## ")[1:]}

#: Recipes whose code is not followed here, each with what it waits for.
NOT_FOLLOWED = {
    "Add an executor": "no code",
    "Review or add a parameter's row": "no code",
    "Add a row of data": "no code",
    "Release": "no code",
}


def blocks(recipe: str, kind: str) -> list[str]:
    """The contents of the fenced blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", RECIPES[recipe], re.MULTILINE | re.DOTALL)


def apply(diff: str, folder: Path) -> str:
    """Apply one diff to a file in a folder, each place found by its lines; the file's name."""
    head, _, body = diff.partition("\n")
    name = head.removeprefix("--- ").strip()
    path = folder / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for place in re.split(r"^@@\n", body, flags=re.MULTILINE):
        lines = [line or " " for line in place.splitlines()]  # editors strip the blank of an empty line that stays
        assert all(line[:1] in {" ", "-", "+"} for line in lines), (
            f"{name}: a line of a diff begins with a blank, - or +"
        )
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] != "+")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] != "-")
        if not old:
            assert not path.exists(), f"{name} exists already"
            text = new
            continue
        assert len(re.findall(f"^{re.escape(old)}", text, re.MULTILINE)) == 1, f"{name}: not there once:\n{old}"
        text = re.sub(f"^{re.escape(old)}", lambda _, new=new: new, text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return name


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, which a recipe may change."""
    shutil.copytree(ROOT / "crink_abm", tmp_path / "crink_abm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_recipe_for_each_kind_of_change():
    kinds = (
        "lever",
        "rule",
        "outcome",
        "actor",
        "switch",
        "chart",
        "command",
        "design",
        "executor",
        "engine",
        "analysis",
    )
    for kind in kinds:
        assert any(kind in name for name in RECIPES), kind
    assert set(NOT_FOLLOWED) <= set(RECIPES)
    for name, why in NOT_FOLLOWED.items():
        assert why == "no code", name


@pytest.mark.parametrize("recipe", [name for name in RECIPES if name not in NOT_FOLLOWED])
def test_a_recipe_works_as_written(recipe, copy):
    """Its diffs touch the files it lists, keep the style, and its check passes in the changed copy."""
    listed = re.findall(r"`([^`]+)`", re.search(r"^Files:(.*?)\n\n", RECIPES[recipe], re.MULTILINE | re.DOTALL)[1])
    touched = [apply(diff, copy) for diff in blocks(recipe, "diff")]
    assert sorted(touched) == sorted(listed)
    python = [name for name in touched if name.endswith(".py")]
    run(copy, "-m", "ruff", "check", "--no-cache", *python)
    run(copy, "-m", "ruff", "format", "--no-cache", "--check", "--force-exclude", *python)
    (check,) = blocks(recipe, "python check")
    run(copy, "-c", check)


@pytest.mark.parametrize("recipe", [name for name in RECIPES if name not in NOT_FOLLOWED])
def test_a_check_fails_without_its_recipe(recipe, copy):
    """Negative control: the check asks for what the recipe adds."""
    (check,) = blocks(recipe, "python check")
    with pytest.raises(AssertionError, match="Error"):
        run(copy, "-c", check)
