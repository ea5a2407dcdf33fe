"""Packages import one way, from the ground up, and each knows only what it should: ``ARCHITECTURE.md`` draws what is held here."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import architecture
from architecture import top

PACKAGE = ROOT / "crink_abm"

#: From the ground up. A package imports from those before it; those between two ``<`` do not import one another.
ORDER = (
    "version, typing < util < model < agents, estimation < engine < ensemble < experiment, record < sweeps, rare_events, calibration"
    " < results, validation < analysis < charts < report < api < page < cli < __init__, __main__"
)
FLOOR = {name: floor for floor, names in enumerate(ORDER.split(" < ")) for name in names.split(", ")}

#: What the order would allow, and the plan does not: running draws and writes no page; to read results is to run nothing; who computes
#: runs knows what is asked, not who asks.
NEVER = [
    ("api", "charts"), ("api", "report"),
    ("results", "sweeps.runner"), ("results", "sweeps.pilot"), ("results", "sweeps.executors"),
    ("sweeps.executors", "sweeps.runner"),
]  # fmt: skip

#: Imports of this package made inside a function on purpose, other than those of ``cli`` and ``__main__``: what they load is heavy.
DEFERRED = {
    ("engine.compiled", "engine.compiler"), ("engine.compiled", "engine.code_cache"),
    ("sweeps.plan", "agents.model"), ("sweeps.runner", "engine.counting"),
}  # fmt: skip

#: The one package that loads each heavy library (the benchmark times Mesa's own runner besides).
HEAVY = {
    "mesa": "agents",
    "numba": "engine",
    "matplotlib": "charts",
    "distributed": "sweeps",
    "joblib": "sweeps",
    "loky": "sweeps",
    "SALib": "analysis",
}
MEASURED = {("engine.benchmark.throughput", "mesa")}

MOST_MODULES = 15


IMPORTS = list(architecture.imports(PACKAGE))
OWN = [(one, other, deferred) for one, other, own, deferred in IMPORTS if own]


def test_packages_import_one_way():
    tops = {top(one) for one, *_ in IMPORTS} | {path.stem for path in PACKAGE.glob("*.py")}
    assert tops <= set(FLOOR), "a package that has no place in ORDER"
    wrong = {
        (one, other)
        for one, other, _ in OWN
        if (top(one) != top(other) and FLOOR[top(other)] >= FLOOR[top(one)])
        or any(f"{one}.".startswith(f"{high}.") and f"{other}.".startswith(f"{low}.") for high, low in NEVER)
    }
    assert not wrong, "move what both need down"


def test_types_too_are_known_one_way():
    """What a package speaks of in its types it may import: only within a package may these imports go round."""
    wrong = {
        (one, other) for one, other in architecture.typed(PACKAGE)
        if top(one) != top(other) and FLOOR[top(other)] >= FLOOR[top(one)]
    }  # fmt: skip
    assert wrong == set()


def test_the_page_is_drawn_from_the_code():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert page == architecture.page(), "run python docs/architecture.py"


def test_modules_import_in_no_circle():
    graph = {}
    for one, other, deferred in OWN:
        if not deferred:
            graph.setdefault(one, set()).add(other)
    list(TopologicalSorter(graph).static_order())  # raises with the circle


def test_what_is_imported_late_is_listed():
    late = {(one, other) for one, other, deferred in OWN if deferred and top(one) not in ("cli", "__main__")}
    assert late == DEFERRED


def test_the_package_calls_itself_by_relative_names():
    assert [one for one, other, own, _ in IMPORTS if not own and other == "crink_abm"] == []


@pytest.mark.parametrize(("library", "package"), HEAVY.items())
def test_heavy_libraries_stay_in_their_packages(library, package):
    loading = {one for one, other, own, _ in IMPORTS if not own and other == library and (one, other) not in MEASURED}
    assert {top(one) for one in loading} == {package}


def test_no_module_hides_a_public_name():
    """To import ``crink_abm.sweep`` would put a module where the function of that name is: hence ``sweeps``."""
    import crink_abm

    assert not {path.stem for path in PACKAGE.iterdir()} & set(crink_abm.__all__)


def test_no_folder_is_a_warehouse():
    """A folder can be taken in at a glance, and says what it is and what it may import."""
    for folder in {path.parent for path in PACKAGE.rglob("*.py")}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES, folder
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))), folder


def test_rules_know_only_arithmetic():
    """No arrays, files, clocks or randomness in a rule: math, numerics and the shared blocks are all it sees."""
    rules = list((PACKAGE / "model" / "rules").glob("*.py"))
    assert len(rules) > 10
    for path in rules:
        tree = ast.parse(path.read_text())
        seen = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert seen <= {"numerics", "building_blocks", "math"}, path
        assert not [
            n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.Global | ast.For | ast.While | ast.Pow)
        ], path
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not called & {"min", "max", "sum", "abs", "round", "print", "open", "float"}, path


def test_importing_loads_nothing_heavy_and_writes_nothing(tmp_path):
    code = "import sys, crink_abm; print(sorted({'numba','mesa','matplotlib','pandas','numpy','scipy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


#: Modules that cannot change what a kernel computes: where it is kept, what is said, what a user replaces (keyed apart), how the
#: table of parameters is read (keyed by its values).
SAY_NOTHING_OF_A_RUN = {
    "engine.code_cache", "model.keys", "model.overrides", "model.sources", "util.cache", "util.content", "util.csv_cells",
    "util.errors", "util.source_hash",
}  # fmt: skip
#: Nor, besides these, which runs are made: arguments checked, named policies (keyed as levers), types.
SAY_NOTHING_OF_RUNS = SAY_NOTHING_OF_A_RUN | {"model.arguments", "model.scenarios", "typing"}
#: Nor which worlds there are: experiments are keyed by what they say, and files are whole or absent.
SAY_NOTHING_OF_WORLDS = SAY_NOTHING_OF_RUNS - {"util.csv_cells"} | {
    "ensemble.spec", "util.files", "util.readback", "util.schema",
}  # fmt: skip
#: Nor what a bank holds: its pieces are kept in sealed files, and the record's tables are keyed by what they say.
SAY_NOTHING_OF_A_BANK = SAY_NOTHING_OF_RUNS | {"util.files", "util.readback"}
#: Nor what an arm comes to in a world: worlds are keyed by their values, policies and drivers by their calendars.
SAY_NOTHING_OF_AN_ARM = SAY_NOTHING_OF_WORLDS - {"ensemble.spec", "util.schema"} | {
    "ensemble.worlds", "util.csv_cells", "util.folders", "util.ownership", "util.size",
}  # fmt: skip
#: Hash -> what is reached from where is in it, but for modules that cannot change what it stands for.
KEYS = {
    "kernel_hash": (("engine.codegen", "engine.compiler"), SAY_NOTHING_OF_A_RUN),
    "worlds_hash": (("ensemble.build",), SAY_NOTHING_OF_WORLDS),
    "rare_hash": (("rare_events.estimator",), SAY_NOTHING_OF_RUNS),
    "answers_hash": (("analysis.responses",), SAY_NOTHING_OF_AN_ARM),
    "bank_hash": (("calibration.reference_table",), SAY_NOTHING_OF_A_BANK),
}


def _reached(tops) -> set[str]:
    """Modules that some modules import, near and far, and these themselves."""
    graph = {}
    for one, other, _ in OWN:
        graph.setdefault(one, set()).add(other)
    seen, waiting = set(), set(tops)
    while waiting:
        seen |= waiting
        waiting = {other for one in waiting for other in graph.get(one, ())} - seen
    return seen


def _hashed(key: str, monkeypatch) -> set[str]:
    """Modules whose source a hash reads, as it reads them."""
    from crink_abm.model import keys
    from crink_abm.util import source_hash

    read = []
    with monkeypatch.context() as patched:
        patched.setattr(keys, "_hash", lambda names: read.extend(names))
        getattr(keys, key).__wrapped__()
    files = source_hash.modules(read).values()
    return {".".join(f.relative_to(PACKAGE).with_suffix("").parts) for f in files}


@pytest.mark.parametrize("key", KEYS)
def test_all_that_shapes_what_is_kept_is_in_its_key(key, monkeypatch):
    """What a module imports, near and far, is hashed: one left out could answer with what older code made."""
    tops, silent = KEYS[key]
    reached, hashed = _reached(tops), _hashed(key, monkeypatch)
    assert reached - silent <= hashed
    assert not silent & hashed  # a module is of the one kind or of the other
    assert silent - {"model.sources"} <= reached  # and none is excused that is not there


@pytest.mark.parametrize("key", KEYS)
def test_the_walk_sees_a_module_left_out(key, monkeypatch):
    """Negative control: with any one hashed module taken away, something that is reached is not hashed."""
    tops, silent = KEYS[key]
    reached, hashed = _reached(tops), _hashed(key, monkeypatch)
    for module in hashed & reached:
        assert not reached - silent <= hashed - {module}
    analyses = {module for module in hashed if module.startswith("analysis.")}  # hashed as a whole
    assert hashed - reached - analyses <= {"model.rules.__init__", "rare_events.tilt"}
