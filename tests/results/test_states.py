"""States as outcomes of simulate, and interventions compared."""

import numpy as np
import pytest

import crink_abm as crink
from crink_abm.util.errors import InputError

WAR = {"force_taiwan": {"2026-07": 3, "2026-08": -1}}


def test_states_are_those_of_the_run_in_mesa():
    batch = crink.simulate({"exposure": 0.9}, runs=140, seed=4, months=18, states=["arms_flow", "us_will"])
    for run in (0, 139):
        history = crink.DeterrenceModel({"exposure": 0.9}, seed=4, run=run, months=18).run().history
        for name in ("arms_flow", "us_will"):
            assert batch.states.loc[run, (name, "mean")] == pytest.approx(history[name].mean(), abs=1e-12)
            assert batch.states.loc[run, (name, "last")] == history[name].iloc[-1]


def test_asking_for_states_changes_no_run_and_their_means_lie_in_their_intervals():
    with_states = crink.simulate(runs=1_500, seed=2, months=12, worlds="calibrated", states="technology")
    plain = crink.simulate(runs=1_500, seed=2, months=12, worlds="calibrated")
    assert with_states.results.equals(plain.results)
    assert plain.states.empty and plain.state_estimates.empty
    row = with_states.state_estimates.set_index("quantity").loc["mean technology"]
    assert row["low"] < row["mean"] < row["high"]
    assert row["mean"] == pytest.approx(
        np.average(with_states.states["technology", "mean"], weights=with_states.weights), abs=1e-12
    )


def test_a_field_that_is_none_is_refused():
    with pytest.raises(InputError, match="did you mean arms_flow"):
        crink.simulate(runs=4, states=["arms_flw"])


def test_a_war_imposed_is_compared_with_what_comes_without_it():
    """Both sides face the same draws: the change is the war's effect, and the war itself is no choice."""
    table = crink.compare({}, {}, drivers=[{}, WAR], runs=2000, months=36, seed=3, worlds="calibrated")
    imposed = table[table["policy"] != table["policy"].iloc[0]].set_index("outcome")
    assert imposed.loc["taiwan_invasion", "prob"] == 1.0
    assert imposed.loc["korea_failure", "diff_low"] > 0.0
    assert imposed.loc["invasion_preferred", "prob"] < 0.05
    none = crink.compare({}, {}, drivers=WAR, runs=500, months=12, worlds="defaults")
    assert (none["diff"].dropna() == 0.0).all()


def test_drivers_are_one_for_all_or_one_for_each():
    with pytest.raises(InputError, match="one for each of the 2 compared; 3 were given"):
        crink.compare({}, {}, drivers=[{}, {}, {}], runs=4)
