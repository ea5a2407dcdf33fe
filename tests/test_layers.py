"""A module imports only from layers above it, and each room knows only what it should."""

import ast
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "crink_abm"

#: Layer of each module, top first. A module may import from strictly lower numbers.
LAYERS = {
    "codes": 0, "sources": 0, "numerics": 0, "errors": 0, "version": 0, "rules_key": 0, "markdown": 0, "cache": 0, "content": 0, "code_cache": 1, "parameters": 1, "levers": 1, "draws": 1, "csv_cells": 1,
    "state": 2,
    "rules": 3,
    "transition": 4,
    "block": 3, "gathered": 4, "kernel": 5, "overrides": 5, "tilt": 6, "compiler": 6, "batch": 7,
    "outcomes": 6, "replay": 7, "agents": 8, "scenarios": 2,
    "plain": 1, "size": 1, "experiment": 2, "dimensions": 3, "arguments": 3, "sample": 3, "points": 4, "design": 5, "sizes": 8,
    "estimate": 0, "control": 0, "over_worlds": 1, "precision": 7, "worlds": 2, "store": 3, "screening": 8, "tally": 7, "failures": 1, "encoding": 7, "world_making": 9, "workers": 8, "pipeline": 9, "sweeps": 10, "machines": 11, "results": 12, "nesting": 10, "piloting": 11, "by_world": 8, "crossing": 3, "world_file": 4, "audit": 10, "api": 10, "counting": 9, "floor": 10, "bench": 11, "describe": 10, "files": 1, "ownership": 2, "manifest": 8,
    "records": 2, "history": 3, "observation": 8, "targets": 9, "summaries": 10, "likelihood": 11, "bank": 12,
    "calibrated": 4, "clusters": 1, "posterior": 2, "calibration": 13, "checks": 12, "sbc": 14, "headline": 14, "scores": 0, "hindcast": 14,
    "calibration_figures": 15, "calibration_report": 16,
    "style": 8, "figures": 9, "panels": 10, "design_charts": 11, "charts": 12,
    "rare_kept": 4, "rare_events": 10,
    "kept": 0, "readback": 0, "progress": 0, "terminal": 18, "guard": 19, "cli_record": 19, "cli_studies": 19, "cli": 20, "__main__": 21, "__init__": 21,
}  # fmt: skip

#: Imports that are made inside a function on purpose: heavy, or upward by design.
DEFERRED = {
    ("batch", "compiler"),
    ("batch", "code_cache"),
    ("sweeps", "agents"),
    ("describe", "compiler"),
    ("rare_events", "compiler"),
    ("rules_key", "levers"),  # whose tables are hashed by value
    ("rules_key", "parameters"),
    ("rules_key", "state"),
    ("rules_key", "transition"),
}


def _modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield path, parts[0], parts


def _imports(path, parts):
    """(module of this package or external name, made inside a function?) for each import."""
    tree = ast.parse(path.read_text())
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            up = parts[: len(parts) - node.level]
            base = [*up, *(node.module.split(".") if node.module else [])]
            names = [base[0]] if base else [alias.name for alias in node.names]
            yield from ((name, True, id(node) in inside) for name in names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0], False, id(node) in inside
        elif isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], False, id(node) in inside) for alias in node.names)


@pytest.mark.parametrize("path,top,parts", list(_modules()), ids=lambda x: x.name if hasattr(x, "name") else str(x))
def test_imports_point_one_way(path, top, parts):
    for name, own, deferred in _imports(path, parts):
        if (
            not own
            or name == top
            or (deferred and ((top, name) in DEFERRED or top in ("cli", "cli_record", "cli_studies", "terminal")))
        ):
            continue
        assert LAYERS[name] < LAYERS[top], f"{top} (layer {LAYERS[top]}) imports {name} (layer {LAYERS[name]})"


def test_rules_know_only_arithmetic():
    """No arrays, files, clocks or randomness in a rule: math, numerics and the shared blocks are all it sees."""
    for path in (PACKAGE / "rules").glob("*.py"):
        tree = ast.parse(path.read_text())
        seen = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert seen <= {"numerics", "common", "math"}, path
        assert not [
            n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.Global | ast.For | ast.While | ast.Pow)
        ], path
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not called & {"min", "max", "sum", "abs", "round", "print", "open", "float"}, path


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("mesa", {"agents", "bench"}),
        ("numba", {"compiler", "code_cache", "floor"}),
        ("matplotlib", {"style", "figures", "charts", "design_charts", "calibration_figures"}),
    ],
)
def test_heavy_libraries_stay_in_their_rooms(library, rooms):
    found = {
        top for path, top, parts in _modules() for name, own, _ in _imports(path, parts) if not own and name == library
    }
    assert found <= rooms


def test_importing_loads_nothing_heavy_and_writes_nothing(tmp_path):
    code = "import sys, crink_abm; print(sorted({'numba','mesa','matplotlib','pandas','numpy','scipy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


#: Modules that cannot change what a kernel computes: where it is kept, what is said, what a user replaces (keyed apart).
SAY_NOTHING_OF_A_RUN = {"cache", "code_cache", "content", "errors", "overrides", "rules_key", "sources"}
#: Nor, besides these, which runs are made: arguments checked, named policies (keyed as levers).
SAY_NOTHING_OF_RUNS = SAY_NOTHING_OF_A_RUN | {"arguments", "scenarios"}
#: Nor which worlds there are: experiments are keyed by what they say, and files are whole or absent.
SAY_NOTHING_OF_WORLDS = SAY_NOTHING_OF_RUNS | {"experiment", "files", "ownership", "readback", "store"}
#: Nor what a bank holds: its pieces are kept in sealed files, and the record's tables are keyed by what they say.
SAY_NOTHING_OF_A_BANK = SAY_NOTHING_OF_RUNS | {"csv_cells", "files", "readback"}
#: Nor what is rare: worlds and calendars are keyed by their values, by whatever way they came.
SAY_NOTHING_OF_RARE = SAY_NOTHING_OF_WORLDS | {
    "calibrated", "crossing", "csv_cells", "design", "dimensions", "plain", "points", "rare_kept", "sample", "screening", "size",
    "world_file", "world_making", "worlds",
}  # fmt: skip

#: Hash -> what is reached from where is in it, but for modules that cannot change what it stands for.
KEYS = {
    "kernel_hash": (("kernel", "compiler"), SAY_NOTHING_OF_A_RUN),
    "worlds_hash": (("world_making",), SAY_NOTHING_OF_WORLDS),
    "rare_hash": (("rare_events",), SAY_NOTHING_OF_RARE),
    "bank_hash": (("bank",), SAY_NOTHING_OF_A_BANK),
}


def _reached(tops) -> set[str]:
    """Modules that some modules import, near and far, and these themselves."""
    imports = {}
    for path, top, parts in _modules():
        imports.setdefault(top, set()).update(name for name, own, _ in _imports(path, parts) if own)
    seen, waiting = set(), set(tops)
    while waiting:
        seen |= waiting
        waiting = {name for top in waiting for name in imports[top]} - seen
    return seen


def _hashed(key: str, monkeypatch) -> set[str]:
    """Top modules whose source a hash reads, as it reads them."""
    from crink_abm import rules_key

    read = []
    with monkeypatch.context() as patched:
        patched.setattr(rules_key, "_hash", lambda names: read.extend(names))
        getattr(rules_key, key).__wrapped__()
    return {rules_key.PLACES[name].removesuffix(".py") for name in read}


@pytest.mark.parametrize("key", KEYS)
def test_all_that_shapes_what_is_kept_is_in_its_key(key, monkeypatch):
    """What a module imports, near and far, is hashed: one left out could answer with what older code made."""
    tops, silent = KEYS[key]
    reached, hashed = _reached(tops), _hashed(key, monkeypatch)
    assert reached - silent <= hashed
    assert not silent & hashed  # a module is of the one kind or of the other
    assert silent - {"sources"} <= reached  # and none is excused that is not there


@pytest.mark.parametrize("key", KEYS)
def test_the_walk_sees_a_module_left_out(key, monkeypatch):
    """Negative control: with any one hashed module taken away, something that is reached is not hashed."""
    tops, silent = KEYS[key]
    reached, hashed = _reached(tops), _hashed(key, monkeypatch)
    for module in hashed & reached:
        assert not reached - silent <= hashed - {module}
    assert hashed - reached <= {"tilt"}
