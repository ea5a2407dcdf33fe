"""What results are keyed by changes with what the source does, and with nothing else."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from crink_abm.model import keys
from crink_abm.util import source_hash
from crink_abm.util.source_hash import meaning

PACKAGE = ROOT / "crink_abm"
HASHES = ("rules_hash", "kernel_hash", "worlds_hash", "rare_hash", "bank_hash")

SAME = {
    "a docstring": ('def f(x):\n    """One."""\n    return x\n', 'def f(x):\n    """Two."""\n    return x\n'),
    "no docstring": ('def f(x):\n    """One."""\n', "def f(x):\n    pass\n"),
    "text beside a name": ('A = 1\n"""What A is."""\n', "A = 1\n"),
    "a comment": ("x = 1\n", "x = 1  # one\n"),
    "layout": ("x = f(1, 2)\n", "x = (\n    f(\n        1,\n        2,\n    )\n)\n"),
    "quotes": ("x = 'a'\n", 'x = "a"\n'),
    "spelling of a number": ("x = 0.1\n", "x = 1e-1\n"),
    "annotations": (
        "def f(x, *y, k=1):\n    z = x\n    return z\n",
        "def f(x: float, *y: int, k: int = 1) -> float:\n    q: int\n    z: float = x\n    return z\n",
    ),
    "what annotations need": (
        "def f(x): return x\n",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING, Any\nimport collections.abc as c\n"
        "if TYPE_CHECKING:\n    from numpy import ndarray\ndef f(x: Any) -> c.Sequence: return x\n",
    ),
    "annotation of a field": (
        "@dataclass\nclass A:\n    x: int\n    y: int = 1\n",
        "@dataclass\nclass A:\n    x: float\n    y: str = 1\n",
    ),
    "order of imports": ("import math\nimport re\nmath, re\n", "import re\nimport math\nmath, re\n"),
    "where an import is made": ("import math\ndef f(): return math\n", "def f():\n    import math\n    return math\n"),
    "a module that is not hashed, moved": ("from .near import a\na\n", "from ..far.away import a\na\n"),
    "absolute or relative": ("from .near import a\na\n", "from crink_abm.near import a\na\n"),
    "words of an error": ("raise ValueError('one')\n", "raise ValueError(f'{two}') from None\n"),
    "words of an assertion": ("assert x, 'one'\n", "assert x\n"),
    "what is offered to a star": ("__all__ = ['x']\nx = 1\n", "x = 1\n"),
    "pieces of an f-string": ("x = f'ab{y}cd'\n", "x = 'a' f'b{y}' 'cd'\n"),
}

OTHER = {
    "an operator": ("def f(x, y): return x + y\n", "def f(x, y): return x - y\n"),
    "a constant": ("x = 0.1\n", "x = 0.10000000000000002\n"),
    "the kind of a constant": ("x = 1\n", "x = 1.0\n"),
    "a flag for a number": ("x = 1\n", "x = True\n"),
    "the sign of zero": ("x = f(0.0)\n", "x = f(-0.0)\n"),
    "text that is data": ("x = 'a'\n", "x = 'b'\n"),
    "a name for a text": ("x = a\n", "x = 'a'\n"),
    "a default": ("def f(x=1): return x\n", "def f(x=2): return x\n"),
    "a default of None": ("def f(*, x): return x\n", "def f(*, x=None): return x\n"),
    "a key of None": ("x = {**y}\n", "x = {None: y}\n"),
    "a name": ("def f(x): return x\n", "def f(y): return y\n"),
    "a function's name": ("def f(x): return x\n", "def g(x): return x\n"),
    "the order of statements": ("x = f()\ny = g()\n", "y = g()\nx = f()\n"),
    "the order of arguments": ("def f(x, y): return x\n", "def f(y, x): return x\n"),
    "association": ("x = a + b + c\n", "x = a + (b + c)\n"),
    "a branch": ("if x:\n    y()\n", "if x:\n    pass\nelse:\n    y()\n"),
    "the value of what is annotated": ("x: int = 1\n", "x: int = 2\n"),
    "the order of fields": ("@dataclass\nclass A:\n    x: int\n    y: int\n", "@dataclass\nclass A:\n    y: int\n    x: int\n"),
    "a decorator": ("@a\ndef f(): return 1\n", "def f(): return 1\n"),
    "which error": ("raise ValueError('x')\n", "raise KeyError('x')\n"),
    "an imported name": ("from .near import a\na\n", "from .near import b as a\na\n"),
    "the library of a name": ("from math import exp\nexp\n", "from numpy import exp\nexp\n"),
    "ours for a library's": ("from .near import exp\nexp\n", "from math import exp\nexp\n"),
    "a format": ("x = f'{y:.3f}'\n", "x = f'{y:.4f}'\n"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_what_means_the_same_is_hashed_as_the_same(what):
    one, two = SAME[what]
    assert meaning(one) == meaning(two)


@pytest.mark.parametrize("what", OTHER)
def test_what_means_another_thing_is_hashed_as_another(what):
    one, two = OTHER[what]
    assert meaning(one) != meaning(two)


def test_a_package_offers_what_it_imports_but_not_the_words_of_its_types():
    def of_package(text):
        return meaning(text, path=PACKAGE / "model" / "__init__.py")

    plain = "from .near import a\ndef f(x): return x\n"
    typed = "from collections.abc import Mapping\nfrom typing import Any\nfrom .near import a\ndef f(x: Mapping) -> Any: return x\n"
    assert of_package(plain) == of_package(typed)
    assert of_package(plain) != of_package("from .near import b\ndef f(x): return x\n")
    assert of_package(plain) != of_package("from math import exp\n" + plain)


@pytest.fixture
def tree(tmp_path):
    """A copy of the package's source, which a test may edit."""
    shutil.copytree(PACKAGE, tmp_path / "crink_abm", ignore=shutil.ignore_patterns("__pycache__", "data"))
    return tmp_path / "crink_abm"


def edit(tree, file, old, new):
    path = tree / file
    text = path.read_text()
    assert text.count(old) == 1, (file, old)
    path.write_text(text.replace(old, new))


def hashes(tree) -> dict:
    """The hashes that a tree gives of itself, in a process of its own."""
    code = f"import json; from crink_abm.model import keys as r; print(json.dumps({{n: getattr(r, n)() for n in {HASHES}}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree.parent, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


#: (file, old, new): English, annotations, layout and imports, in modules of every kind.
HARMLESS = (
    ("model/rules/kim.py", '"""Kim: his private type, fear of', '"""Kim: a private type, the fear of'),
    ("model/rules/kim.py", "    near = fear_posture", "    # what stands near\n    near: float = fear_posture"),
    ("model/parameters.csv", "How much posture alarms where it does both", "How far posture alarms"),
    ("model/parameters.csv", "How much more the bolder profile", "How far the bolder profile"),
    ("model/parameters.csv", "0.65,0.5,0.8,exponent,F264", "0.650,0.5,0.80,exponent,F265"),
    ("model/parameters/table.py", "; give each once", "; give it once"),
    ("model/levers.py", "US forces in Korea withdrawn", "US forces in Korea have left"),
    ("model/levers.py", "Weight of the exercise calendar this month", "Weight of this month's exercises"),
    ("model/levers.py", "is empty; give at least one", "holds nothing; give at least one"),
    ("model/levers.py", "def month_number(date: str, start: str = START) -> int:", "def month_number(date, start=START):"),
    ("model/fields.py", "How much posture deters", "How far posture deters"),
    ("model/schedule.py", '"munitions flow"', '"munitions move"'),
    ("model/numerics.py", "import math\n", "import math  # of the standard library\n"),
    ("engine/codegen.py", '"""Writes the compiled engine\'s source', '"""Writes the source of the compiled engine'),
    ("ensemble/screening.py", "from ..model import levers, outcomes\n", "from ..model import outcomes\nfrom ..model import levers\n"),
    ("calibration/reference_table.py", '"""The prior worlds of one chunk', '"""Prior worlds of one chunk'),
    ("rare_events/sampler.py", "def steerable(rules: Mapping[str, Callable[..., Any]]) -> None:", "def steerable(rules):"),
)  # fmt: skip

#: (file, old, new, the hashes that must change with it, and no other).
HARMFUL = (
    ("model/rules/kim.py", "(1.0 + (heavy_share - fear_dual * dual_role))", "(1.0 + (heavy_share + fear_dual * dual_role))", HASHES),
    ("model/numerics.py", "EXP_MIN, EXP_MAX = -708.0, 709.0", "EXP_MIN, EXP_MAX = -708.0, 708.0", HASHES),
    ("model/numerics.py", "    s = f / (2.0 + f)\n    z = s * s\n", "    s = f / (2.0 + f)\n    z = f * s\n", HASHES),
    ("model/draws.py", "for _ in range(10)", "for _ in range(9)", HASHES),
    ("model/draws.py", "u_korea_episode = 10,", "u_korea_episode = 9,", HASHES),
    ("model/levers.py", '3: 0.9, 4: 0.3', '3: 0.9, 4: 0.4', HASHES),
    ("engine/codegen.py", "rest in cut[k + 1 :]", "rest in cut[k + 2 :]", HASHES[1:]),
    ("engine/compiled.py", "SLICE = 4096", "SLICE = 4095", HASHES[2:]),
    ("ensemble/screening.py", "DECIDE_LEVEL = 0.999", "DECIDE_LEVEL = 0.99", ("worlds_hash", "bank_hash")),
    ("model/outcomes.py", "import numpy as np", "import scipy as np", HASHES[1:]),
    ("ensemble/structures.py", "import numpy as np", "import scipy as np", ("worlds_hash",)),
    ("rare_events/estimator.py", "MARGIN = 2.0", "MARGIN = 3.0", ("rare_hash",)),
    ("calibration/summaries.py", "import numpy as np", "import scipy as np", ("bank_hash",)),
)  # fmt: skip

#: (file, old, new): of tables, which are hashed by value.
HARMFUL_TABLES = (
    ("model/parameters.csv", "loss_aversion,Leaders,1.8,1.3,2.25", "loss_aversion,Leaders,1.8,1.3,2.5"),
    ("model/parameters.csv", "loss_aversion,Leaders,1.8,1.3,2.25", "loss_aversion,Leaders,1.9,1.3,2.25"),
    ("model/parameters/switches.py", "    STATUS_QUO = 0\n", "    STATUSQUO = 0\n"),
    ("model/parameters.csv", "0.08,0.03,0.2,per month,assumed,Speed of trust", "0.08,0.03,0.2,share,assumed,Speed of trust"),
    ("model/levers.py", '"dual_role", 0.3', '"dual_role", 0.31'),
    ("model/levers.py", '"driver_veto": (1.0,', '"driver_veto": (0.0,'),
    ("model/fields.py", '("china_power", 1.0,', '("china_power", 1.5,'),
    ("model/schedule.py", '            _step(_W, world.rung, "highest_rung"),\n', ""),
    ("model/schedule.py", 'taiwan_war_months taiwan_resolved",\n                _FORCE', 'taiwan_war_months taiwan_resolved",\n                _XI'),
)  # fmt: skip


def test_editing_english_changes_no_hash(tree):
    before = hashes(tree)
    for file, old, new in HARMLESS:
        edit(tree, file, old, new)
    assert hashes(tree) == before


@pytest.mark.parametrize("case", HARMFUL, ids=lambda case: f"{case[0]}: {case[2][:30]}")
def test_editing_code_changes_the_hashes_of_all_that_rests_on_it(case, tree):
    *change, changed = case
    groups = ((), keys.COMPILING, keys.SCREENING, keys.ESTIMATING, keys.BANKING)
    read = {name: set(source_hash.modules(keys.DECIDING + group)) for name, group in zip(HASHES, groups, strict=True)}
    before = source_hash.source(source_hash.PLACES).split("== ")
    edit(tree, *change)
    after = source_hash.source(source_hash.PLACES, tree).split("== ")
    edited = {new.partition("\n")[0] for old, new in zip(before, after, strict=True) if old != new}
    assert {name for name in HASHES if edited & read[name]} == set(changed)


@pytest.mark.parametrize("case", HARMFUL_TABLES, ids=lambda case: f"{case[0]}: {case[2][:30]}")
def test_editing_a_table_changes_every_hash(case, tree, fresh):
    edit(tree, *case)
    after = hashes(tree)
    assert all(after[name] != fresh[name] for name in HASHES)


@pytest.fixture(scope="module")
def fresh():
    """The hashes of the package as it is, from this process: the same as from another."""
    return {name: getattr(keys, name)() for name in HASHES}


def test_two_rows_that_change_places_change_every_hash(tree, fresh):
    """The order of parameters is that of the columns of worlds."""
    path = tree / "model" / "parameters.csv"
    text = path.read_text()
    rows = re.findall(r"(?:curvature|loss_aversion),.*\n", text)
    assert len(rows) == 2
    path.write_text(text.replace("".join(rows), "".join(reversed(rows))))
    after = hashes(tree)
    assert all(after[name] != fresh[name] for name in HASHES)


#: Where modules might go.
MOVED = {
    "numerics": "util/numerics.py",
    "rules": "politics",
    "draws": "engine/luck.py",
    "compiled": "model/compiled.py",
}


def _absolute(path: Path, tree: Path) -> str:
    """The source of a module, its imports from the package written in full."""
    lines = path.read_text().splitlines()
    found = [n for n in ast.walk(ast.parse("\n".join(lines))) if isinstance(n, ast.ImportFrom) and n.level]
    for node in sorted(found, key=lambda node: -node.lineno):
        base = ".".join(["crink_abm", *path.relative_to(tree).parts[: -node.level]])
        module = f"{base}.{node.module}" if node.module else base
        names = ", ".join(a.name if a.asname is None else f"{a.name} as {a.asname}" for a in node.names)
        whole = f"{' ' * node.col_offset}from {module} import {names}"
        lines[node.lineno - 1 : node.end_lineno] = [whole]
    return "\n".join(lines) + "\n"


def _moved(tree: Path) -> None:
    """Move modules, and mend the imports of all modules by their names."""
    for path in tree.rglob("*.py"):
        path.write_text(_absolute(path, tree))
    for name, place in MOVED.items():
        old = source_hash.PLACES[name]
        shutil.move(tree / old, tree / place)
        home, stem = (x.replace("/", ".") for x in old.removesuffix(".py").rsplit("/", 1))
        new = f"crink_abm.{place.removesuffix('.py').replace('/', '.')}"
        new_home, _, new_stem = new.rpartition(".")
        for path in tree.rglob("*.py"):
            text = path.read_text().replace(f"from crink_abm.{home}.{stem}", f"from {new}")
            lines = []
            for line in text.splitlines():
                start, found, names = line.partition(f"from crink_abm.{home} import ")
                each = [name.strip() for name in names.split(",")]
                for name in [n for n in each if n.split(" ")[0] == stem] if found else ():
                    each.remove(name)
                    lines.append(f"{start}from {new_home} import {new_stem} as {name.split(' ')[-1]}")
                    line = f"{start}{found}{', '.join(each)}" if each else ""
                lines.append(line)
            path.write_text("\n".join(lines) + "\n")


def test_a_module_that_moves_changes_a_place_and_no_hash(tree, monkeypatch):
    before = source_hash.source(source_hash.PLACES, tree)
    _moved(tree)
    monkeypatch.setattr(source_hash, "PLACES", source_hash.PLACES | MOVED)
    assert source_hash.source(source_hash.PLACES, tree) == before
    edit(tree, "util/numerics.py", "ROUND = 6755399441055744.0", "ROUND = 6755399441055745.0")  # negative control
    assert source_hash.source(source_hash.PLACES, tree) != before


def _pythons():
    home = Path.home() / ".pyenv" / "versions"
    wanted = re.compile(r"3\.(1[1-9]|[2-9]\d)\.")
    found = [path / "bin" / "python" for path in sorted(home.glob("*")) if wanted.match(path.name)]
    return [str(path) for path in found if path.exists()] or [sys.executable]


@pytest.mark.parametrize("python", _pythons())
def test_every_python_reads_the_same_of_the_source(python, tmp_path):
    """The module alone, with the standard library; the values of tables are exact text in any Python."""
    code = (
        "import hashlib, importlib.util as u, sys; s = u.spec_from_file_location('source_hash', sys.argv[1]);"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(hashlib.sha256(m.source(m.PLACES).encode()).hexdigest())"
    )
    done = subprocess.run(
        [python, "-I", "-c", code, PACKAGE / "util" / "source_hash.py"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == hashlib.sha256(source_hash.source(source_hash.PLACES).encode()).hexdigest()


def test_tables_are_plain_text_and_whole_numbers():
    """So that their dump is the same in every Python."""

    def kinds(value):
        return set().union(*map(kinds, value.values() if isinstance(value, dict) else value)) if isinstance(
            value, dict | list) else {type(value)}  # fmt: skip

    assert kinds(keys.tables()) == {str, int, type(None)}


def test_what_is_hashed_by_value_serves_nothing_but_the_tables():
    """A helper left out of the source, and used by code that is hashed, could change a run unseen."""
    values = {"LEVERS", "DRIVERS", "FIELDS", "MONTH", "GROUPS", "CATALOGUE", "SWITCHES"}
    files = source_hash.modules(source_hash.PLACES)
    assert set(source_hash.BY_VALUE) <= set(files)
    for name, left_out in source_hash.BY_VALUE.items():
        body = ast.parse(files[name].read_text()).body
        defined = set().union(*map(source_hash._targets, body))
        assert left_out <= defined, name
        rest = [node for node in body if not source_hash._targets(node) <= left_out or not source_hash._targets(node)]
        used = {n.id for node in rest for n in ast.walk(node) if isinstance(n, ast.Name)}
        assert used & left_out <= values, name
    for name, path in files.items():  # nor are they imported elsewhere, but by the catalogue of parameters
        if name != "parameters":
            taken = {
                a.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom) for a in n.names
            }
            assert not taken & (set().union(*source_hash.BY_VALUE.values()) - values - {"A"}), name


def test_no_hashed_module_computes_with_docstrings():
    for name, path in source_hash.modules(source_hash.PLACES).items():
        assert not re.search(r"__doc__|getdoc|getsource|__annotations__|get_type_hints", path.read_text()), name
