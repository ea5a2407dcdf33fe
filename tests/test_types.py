"""The public surface is typed, and what types say is what the tables say."""

import ast
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
    from crink_abm.ensemble import build

    for engine in get_args(names.EngineName):
        assert api._options(engine, None, None, None)["engine"] == engine
    with pytest.raises(crink_abm.InputError, match=", ".join(get_args(names.EngineName))):
        api._options("abacus", None, None, None)
    with pytest.raises(crink_abm.InputError) as refused:
        build.ensemble("flat")
    assert all(f"'{ensemble}'" in str(refused.value) for ensemble in get_args(names.WorldsName))


def test_all_that_is_offered_is_offered_to_type_checkers():
    """One list for people (``__all__``), one for Python (``_HOME``), one for type checkers: they say the same."""
    tree = ast.parse((ROOT / "crink_abm" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.name: node.module for node in guarded.body for alias in node.names}
    assert homes == crink_abm._HOME
    assert set(crink_abm.__all__) == {"__version__", *homes}
    assert len(set(crink_abm.__all__)) == len(crink_abm.__all__)
    assert set(names.__all__) == {name for name in vars(names) if name[0].isupper()} - {
        "Any",
        "Callable",
        "Literal",
        "Mapping",
        "Sequence",
        "TypeAlias",
    }
