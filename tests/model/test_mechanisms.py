"""The registry of mechanisms: every behavioural parameter has its mechanism, every rule its constants, every claim its mechanism."""

import csv

import pytest
from conftest import ROOT

from crink_abm.model.mechanisms import MECHANISM_OF, MECHANISMS, NONE, claims_on
from crink_abm.model.parameters import CATALOGUE
from crink_abm.model.schedule import steps

RULES = {step.name: step for step in steps()}


def test_every_parameter_has_one_mechanism_or_a_reason_for_none():
    constants = [name for one in MECHANISMS.values() for name in one.constants]
    assert len(constants) == len(set(constants)), "a constant of two mechanisms"
    assert not set(constants) & set(NONE)
    assert set(constants) | set(NONE) == set(CATALOGUE)
    assert all(NONE.values())


def test_a_parameter_without_a_mechanism_starts_a_run_or_is_a_trend_or_noise():
    """What acts through a rule that leaders, partners or publics follow is no starting value: the reason must be true."""
    read = {name for step in steps() for name in step.reads}
    for name, reason in NONE.items():
        assert (name not in read) == ("begins" in reason), name


@pytest.mark.parametrize("one", MECHANISMS.values(), ids=lambda one: one.name)
def test_a_mechanism_names_the_rules_that_read_its_constants(one):
    assert set(one.rules) <= set(RULES)
    for name in one.constants:
        assert any(name in RULES[rule].reads for rule in one.rules), f"{name} is read by none of {one.rules}"
    for rule in one.rules:
        assert set(RULES[rule].reads) & set(one.constants), f"{rule} reads no constant of {one.name}"


def test_neutral_values_are_those_of_constants_of_behaviour():
    for one in MECHANISMS.values():
        for name in one.neutral:
            assert CATALOGUE[name].switch is None, f"{name} is a structural switch: no number of it is nothing"


def test_every_claim_rests_on_a_mechanism_and_no_mechanism_on_an_unknown_claim():
    claims = {claim for one in MECHANISMS.values() for claim in one.claims}
    wanted = {f"C{k:02d}" for k in range(1, 31)}
    shared = ROOT.parent / "shared" / "claims.csv"
    if shared.exists():
        with shared.open(encoding="utf-8") as file:
            assert {row["id"] for row in csv.DictReader(file)} == wanted
    assert claims == wanted


def test_claims_on_constants():
    assert claims_on({"ground_cost"}) == set(MECHANISMS["ground_cost"].claims)
    assert claims_on({"initial_tie"}) == set()
    assert MECHANISM_OF["ground_cost"] == "ground_cost"
