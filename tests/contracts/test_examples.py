"""The examples in docstrings of the public names do what they say."""

import doctest
import inspect
from importlib import import_module

import pytest

import crink_abm

#: Modules with examples: those of the public names, and the reader of experiments.
MODULES = sorted({f"crink_abm.{home}" for home in crink_abm._HOME.values()} | {"crink_abm.experiment.reader"})
#: Public names that are to have an example.
SHOWN = ("simulate", "compare", "sweep", "rare", "Results", "Batch", "DeterrenceModel")


@pytest.mark.once
@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(import_module(module), optionflags=flags)
    assert failed == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SHOWN)
def test_public_names_have_an_example(name):
    assert ">>> import crink_abm as crink" in inspect.getdoc(getattr(crink_abm, name))
