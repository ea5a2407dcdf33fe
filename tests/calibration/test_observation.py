"""The observation model and the summaries of the record."""

from dataclasses import replace

import numpy as np
import pytest
from hot import HOT

from crink_abm import InputError
from crink_abm.calibration import observation, targets
from crink_abm.calibration.summaries import Summaries, summarise
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.model import levers, outcomes
from crink_abm.model.fields import FIELDS
from crink_abm.model.parameters import CATALOGUE
from crink_abm.record import history, tables

FIELD = {field.name: k for k, field in enumerate(FIELDS)}


@pytest.fixture(scope="module")
def record():
    return tables.load()


def test_series_are_the_engine_s_own_trajectories():
    drawn = worlds.prior(5, seed=2)
    calendar = levers.calendar(None, 30)
    got = observation.series(calendar, drawn.values, ["launch_days", "pla_activity"], replicates=2, seed=4)
    for replicate in range(2):
        whole = compiled.trajectories(
            calendar, drawn.values, 5, seed=4, first_run=replicate * observation.REPLICATE, world_of=np.arange(5)
        )
        for name, x in got.items():
            assert np.array_equal(x[:, replicate], whole[:, :, FIELD[name]].astype(np.float32))


def test_a_world_keeps_its_luck_in_other_company():
    drawn = worlds.prior(300, seed=2).values
    calendar = levers.calendar(None, 12)
    run = {"replicates": 2, "seed": 4}
    together = observation.series(calendar, drawn, ["launch_days"], **run)["launch_days"]
    apart = observation.series(calendar, drawn[200:], ["launch_days"], first_world=200, **run)["launch_days"]
    assert np.array_equal(together[200:], apart)


def test_autocorrelation_finds_that_of_a_known_process():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((50, 4000))
    x = np.zeros_like(noise)
    for k in range(1, 4000):
        x[:, k] = 0.6 * x[:, k - 1] + noise[:, k]
    found = observation.autocorrelation(x)
    assert abs(found.mean() - 0.6) < 4 * np.sqrt((1 - 0.36) / 4000 / 50)
    assert abs(observation.autocorrelation(noise).mean()) < 4 / np.sqrt(4000 * 50)  # negative control
    assert observation.autocorrelation(np.ones(5)) == 0.0


def test_summaries_of_the_record_are_the_figures_of_the_specification(record):
    seen = targets.targets(record)
    assert seen.launches[0] ** 2 == pytest.approx(1.81, abs=0.005)
    assert seen.launches[1:3] == pytest.approx([0.22, 1.64], abs=0.005)
    assert (seen.n_onsets, seen.n_crises, seen.years) == ({"korea": 13, "taiwan": 12}, {"korea": 11, "taiwan": 1}, 25)
    attacked = {"korea_attack": (1, 35)}
    assert seen.force == dict.fromkeys(("taiwan_blockade", "taiwan_invasion", "korea_war"), (0, 35)) | attacked
    assert targets.FORCE_MONTHS == 12 * 13, "2012-24"
    assert [round(np.exp(x)) for *_, x in seen.flow] == [1000, 10000, 6700, 13000, 20000]


def test_the_table_of_targets_says_every_figure(record):
    said = targets.targets(record).table()
    assert said["crises, korea, 1993-2017"] == 11
    assert said["years with korea_attack, of 35"] == 1
    assert [said[f"years with {name}, of 35"] for name in ("taiwan_blockade", "taiwan_invasion", "korea_war")] == [
        0,
        0,
        0,
    ]
    assert len(said) == 4 + 2 + 2 + 2 + 4 + 5


def test_a_record_without_a_kind_of_force_is_refused(record):
    kept = record["force"][record["force"]["outcome"] != "taiwan_blockade"]
    with pytest.raises(InputError, match="the table force has none for taiwan_blockade"):
        targets.targets(replace(record, tables=dict(record.tables) | {"force": kept}))


def test_force_is_counted_in_the_years_from_2012_and_of_each_kind(record):
    """In worlds where force is frequent: as many histories as the engine has with each kind; in others hardly any."""
    spread = worlds.prior(6, seed=3, fixed=HOT)
    found = summarise(spread, record, replicates=2, seed=2, early=2, early_runs=40)
    begun = history.at_start(spread, record, targets.EARLY_START)
    calendar = history.calendar(record, targets.EARLY_START, targets.FORCE_MONTHS)
    runs = compiled.run_many(calendar, begun.values, 2400, seed=9, world_of=np.arange(2400) % 6)
    months = outcomes.months(runs) >= 0
    for k, name in enumerate(tables.FORCE):
        share = months[:, list(outcomes.OUTCOMES).index(name)].mean()
        assert abs(found.force[:, k].sum() / 240 - share) < 4 * np.sqrt(share * (1 - share) * (1 / 240 + 1 / 2400)), (
            name
        )
    assert found.force.sum() > 20
    assert (found.n_early == 40).all()
    for theatre in ("korea", "taiwan"):
        share = getattr(found, f"{theatre}_share")
        assert ((share >= 0.0) & (share <= 1.0)).all()
    few = spread.values.copy()
    few[:, list(CATALOGUE).index("taiwan_crisis_share")] = CATALOGUE["taiwan_crisis_share"].low
    low = summarise(replace(spread, values=few), record, replicates=2, seed=2, early=2, early_runs=1)
    assert (low.taiwan_share < found.taiwan_share).all()
    assert low.korea_share == pytest.approx(found.korea_share, rel=0.5)


def test_months_without_a_launch_have_summaries():
    assert observation.launch_summary(np.zeros(36)).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_flow_is_summed_over_the_window_that_the_figure_covers():
    flow = np.arange(12.0)
    assert observation.cumulated(flow, "2023-01", "2023-03", "2023-06-15") == 2 + 3 + 4 + 0.5 * 5
    assert observation.cumulated(flow, "2023-01", "2022-07", "2023-02-30"[:8] + "28") == pytest.approx(28 / 30)


def test_troops_pass_through_the_one_figure_and_are_none_before():
    flow = np.full(41, 0.3)
    troops = observation.troops(flow, "2022-01")
    assert troops[levers.month_number("2024-12", "2022-01")] == 11_000
    assert (troops[: levers.month_number("2024-10", "2022-01")] == 0).all()
    assert (observation.troops(np.zeros(41), "2022-01") == 0).all()


def test_the_two_definitions_of_aircraft_are_never_joined(record):
    late, _ = observation.log_aircraft(record)
    early, _ = observation.log_aircraft(record, "adiz")
    assert max(early) < min(late) == "2022-08"


def test_summaries_survive_a_table(record):
    found = summarise(worlds.prior(6, seed=1), record, replicates=4, seed=2, early=2, early_runs=4)
    again = Summaries.of_table(found.table())
    for name in Summaries.__dataclass_fields__:
        assert np.array_equal(getattr(found, name), getattr(again, name)), name


def test_history_of_2022_is_run_with_its_own_levers(record):
    """The flow of a history begun in 2022-01 starts with the war."""
    begun = history.at_start(worlds.defaults(), record, targets.START)
    calendar = history.calendar(record, targets.START, targets.N_MONTHS)
    flow = observation.series(calendar, begun.values, ["arms_flow"], replicates=1, seed=1)["arms_flow"][0, 0]
    assert flow[0] == 0 < flow[3] < flow[20]
