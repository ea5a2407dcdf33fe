"""The public surface is typed, and what types say is what the tables say."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import get_args

import pytest
from conftest import ROOT

import crink_abm
from crink_abm import typing as names
from crink_abm.estimation import intervals
from crink_abm.model import levers, outcomes

TABLES = {
    "LeverName": crink_abm.LEVERS, "DriverName": levers.DRIVERS, "OutcomeName": crink_abm.OUTCOMES,
    "ConditionalName": outcomes.CONDITIONALS, "CauseName": outcomes.CAUSES, "PackageName": crink_abm.SCENARIOS,
    "Interval": intervals.KINDS,
}  # fmt: skip


@pytest.mark.parametrize("alias", TABLES)
def test_names_in_types_are_those_of_the_tables(alias):
    assert get_args(getattr(names, alias)) == tuple(TABLES[alias])


def test_every_ensemble_and_engine_in_types_is_taken():
    from crink_abm import api
    from crink_abm.engine import engine_name, engine_names
    from crink_abm.ensemble import build

    for engine in get_args(names.EngineName):
        assert api._options(engine, None, None)["engine"] == engine_name(engine)
    assert {engine_name(engine) for engine in get_args(names.EngineName)} == set(engine_names())
    with pytest.raises(crink_abm.InputError, match=", ".join(engine_names())):
        api._options("abacus", None, None)
    with pytest.raises(crink_abm.InputError) as refused:
        build.ensemble("flat")
    assert all(f"'{ensemble}'" in str(refused.value) for ensemble in get_args(names.WorldsName))


def test_all_that_is_offered_is_offered_to_type_checkers():
    """One list for people (``__all__``), one for Python (``_HOME``), one for type checkers: they say the same."""
    tree = ast.parse((ROOT / "crink_abm" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {a.name: node.module for node in guarded.body if isinstance(node, ast.ImportFrom) for a in node.names}
    declared = {node.target.id for node in guarded.body if isinstance(node, ast.AnnAssign)}  # with names for keys
    assert {name: homes.get(name, home) for name, home in crink_abm._HOME.items()} == crink_abm._HOME
    assert declared == crink_abm._HOME.keys() - homes.keys()
    assert {name for name, home in homes.items() if home != "typing"} - crink_abm._HOME.keys() == {"Lever"}
    assert set(crink_abm.__all__) == {"__version__", *crink_abm._HOME}
    assert len(set(crink_abm.__all__)) == len(crink_abm.__all__)
    assert set(names.__all__) == {name for name in vars(names) if name[0].isupper()} - {
        "Any",
        "Callable",
        "Literal",
        "Protocol",
        "Mapping",
        "Sequence",
        "TypeAlias",
    }


USE = ROOT / "tests" / "typed_use.py"
wants_mypy = pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed: make types")


def mypy(*options) -> list[str]:
    """What mypy says, with the settings of the package."""
    done = subprocess.run([sys.executable, "-m", "mypy", *map(str, options)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if ": error: " in line]


@wants_mypy
@pytest.mark.once
def test_the_package_type_checks():
    """Its own signatures, and a file of uses and misuses of the public names: ``make types``."""
    assert mypy() == []


@wants_mypy
@pytest.mark.once
def test_misuses_of_the_public_names_do_not_type_check(tmp_path):
    """Negative control: without its ignores, every line of the file that has one is an error, and no other."""
    text = USE.read_text(encoding="utf-8")
    bare = tmp_path / "bare.py"
    bare.write_text(re.sub(r"  # type: ignore.*", "", text), encoding="utf-8")
    said = {int(line.split(":")[1]) for line in mypy(bare) if line.startswith(str(bare))}
    assert said == {n for n, line in enumerate(text.splitlines(), 1) if "# type: ignore" in line}
    assert any('levers={"nonsense": 1}' in text.splitlines()[n - 1] for n in said)


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed: make types")
@pytest.mark.once
def test_every_public_name_has_a_known_type():
    """As another type checker sees it, from outside: pyright, of what is in ``__all__`` and all that hangs on it."""
    done = subprocess.run(
        ["pyright", "--ignoreexternal", "--verifytypes", "crink_abm", "--outputjson"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    symbols = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    public = {f"crink_abm.{name}" for name in crink_abm.__all__}
    unknown = {s["name"] for s in symbols if s["name"] in public and not s["isTypeKnown"]}
    assert public - {"crink_abm.__version__"} <= {s["name"] for s in symbols}
    assert unknown == set()
