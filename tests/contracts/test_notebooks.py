"""The notebooks run from a clean kernel, and hold no logic."""

import ast
import shutil

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[pytest.mark.once] if p.stem.startswith("02") else [], id=p.stem) for p in NOTEBOOKS],
)
def test_notebook_runs(path, tmp_path, monkeypatch):
    """Executed in a copy of the checkout's layout, so the real results folder is not touched; its sweep has fewer policies and runs."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    cube = tmp_path / "experiments" / "policy_cube.toml"
    whole = cube.read_text(encoding="utf-8")
    assert "\nruns = 1000 " in whole and "\ndetail_runs = 10000 " in whole
    fewer = whole.replace("\nruns = 1000 ", "\nruns = 100 ").replace("\ndetail_runs = 10000 ", "\ndetail_runs = 5000 ")
    assert fewer.count("points = 11") == 4
    fewer = fewer.replace("points = 11", "points = 5")
    cube.write_text(fewer, encoding="utf-8")  # 20 in each world, which the chart of spreads asks for
    (tmp_path / "notebooks").mkdir()
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path / "notebooks")}}).execute()
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    shown = [output for cell in cells for output in cell.outputs]
    assert any("text/html" in output.get("data", {}) for output in shown)
    assert any("image/png" in output.get("data", {}) for output in shown)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_clean_and_holds_no_logic(path):
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        assert not cell.outputs
        assert cell.execution_count is None
        tree = ast.parse(cell.source)
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.If | ast.While | ast.Try)], cell.source
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        assert all(f.name.startswith("rule_") for f in functions), "a notebook defines nothing but an overridden rule"
