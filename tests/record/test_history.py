"""Historical mode: calendars and starts before 2026."""

import numpy as np
import pytest

from crink_abm import InputError
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.model.fields import FIELDS
from crink_abm.model.parameters import CATALOGUE
from crink_abm.model.rules import north_korea
from crink_abm.record import history, tables, testing

FIELD = {field.name: k for k, field in enumerate(FIELDS)}
COLUMN = {name: k for k, name in enumerate(levers.COLUMNS)}


@pytest.fixture(scope="module")
def record():
    return tables.load()


def at(calendar, start, month, name):
    return calendar[levers.month_number(month, start), COLUMN[name]]


def test_the_calendar_says_what_happened(record):
    calendar = history.calendar(record, "2012-01", 168)
    assert at(calendar, "2012-01", "2022-01", "driver_ukraine") == 0
    assert at(calendar, "2012-01", "2022-02", "driver_ukraine") == 1
    assert at(calendar, "2012-01", "2024-02", "driver_veto") == 0
    assert at(calendar, "2012-01", "2024-03", "driver_veto") == 1
    assert at(calendar, "2012-01", "2018-06", "diplomatic_offramp") > 0.8
    assert at(calendar, "2012-01", "2017-06", "diplomatic_offramp") < 0.2
    assert at(calendar, "2012-01", "2018-08", "driver_exercise_season") == 0  # suspended
    assert at(calendar, "2012-01", "2017-08", "driver_exercise_season") == 0.8
    assert at(calendar, "2012-01", "2018-01", "sanctions_intensity") > at(
        calendar, "2012-01", "2015-01", "sanctions_intensity"
    )


def test_a_later_start_reads_the_same_history(record):
    whole = history.calendar(record, "2012-01", 150)
    assert np.array_equal(history.calendar(record, "2020-05", 50), whole[100:])
    assert np.array_equal(history.calendar(record, "2020-05", 1), whole[100:101])


def test_history_leads_up_to_today(record):
    """From 2026 on, the recorded levers are today's, so history and projection meet."""
    last = history.calendar(record, "2026-01", 1)[0]
    for name, lever in levers.LEVERS.items():
        assert last[COLUMN[name]] == lever.today, name


def test_history_does_not_begin_before_its_tables(record):
    with pytest.raises(InputError, match="history begins in 2012-01"):
        history.calendar(record, "2011-12", 12)


def test_before_the_war_there_is_no_flow_and_no_tie(record):
    start = history.at_start(worlds.defaults(), record, "2021-01")
    runs = compiled.trajectories(history.calendar(record, "2021-01", 36), start.values, 1, seed=1)[0]
    before = levers.month_number("2022-02", "2021-01")
    assert (runs[:before, FIELD["arms_flow"]] == 0).all()
    assert (runs[:before, FIELD["wartime_tie"]] == 0).all()
    assert runs[-1, FIELD["arms_flow"]] > 0.1


def test_powers_keep_their_ratio_over_time(record):
    """Begun in 2016 and run to 2026, Seoul stands to Beijing as the world of 2026 has it."""
    world = worlds.defaults()
    start = history.at_start(world, record, "2016-01")
    n = levers.month_number("2026-01", "2016-01")
    runs = compiled.trajectories(history.calendar(record, "2016-01", n), start.values, 1, seed=3)[0]
    then = runs[-1, FIELD["rok_power"]] / runs[-1, FIELD["china_power"]]
    assert then == pytest.approx(world.parameters(0)["rok_power_start"], rel=0.01)


def test_memory_is_that_of_the_rule_itself(record):
    """The memory at a start is what the real rule makes of the months before it."""
    decay, held = 0.7, 0.0
    for days in record.until("2019-12")["launch_days"]["launch_days"]:
        held = north_korea.provocation(1.0, held, decay, 0.0 if days > 0 else 1.0)[3]
    assert history.memory(record, "2020-01", np.array([decay]))[0] == pytest.approx(held)


def test_a_start_in_2026_changes_nothing(record):
    drawn = worlds.prior(8, seed=1)
    assert np.array_equal(history.at_start(drawn, record, "2026-01").values, drawn.values)
    earlier = history.at_start(drawn, record, "2018-01")
    names = list(CATALOGUE)
    moved = {names[k] for k in np.flatnonzero((earlier.values != drawn.values).any(0))}
    assert all(n.startswith("initial_") or CATALOGUE[n].unit == "China 2026 = 1" for n in moved)


def test_the_filter_turns_the_rules_round():
    """Its chances are those of the rules themselves, at random parameters."""
    rng = np.random.default_rng(3)
    drawn = worlds.prior(20, seed=4)
    values = {name: drawn.column(name) for name in CATALOGUE}
    backlog, exercise, restraint = rng.uniform(0, 0.1, 20), rng.uniform(0, 2, 20), rng.normal(0, 0.3, 20)
    chances = testing.transition(values, backlog, exercise, restraint, 0.5, 0.6)
    u = ((np.arange(2000) + 0.5) / 2000).tolist()
    for k in range(20):
        world = {name: float(column[k]) for name, column in values.items()}
        pressure = north_korea.testing_pressure(
            backlog[k], exercise[k], restraint[k], 0.5, world["campaign_backlog"], world["campaign_exercise"],
            world["campaign_borders"],
        )  # fmt: skip
        rates = [
            world[name]
            for name in ("quiet_rate", "campaign_rate", "campaign_begin", "campaign_end", "moratorium_speed")
        ]
        for was in range(3):
            now = [north_korea.testing_regime(float(was), backlog[k], 0.0, pressure, 0.6, *rates, x)[1] for x in u]
            assert np.bincount(np.array(now, int), minlength=3) / 2000 == pytest.approx(chances[k, was], abs=1e-3)
        for days in range(9):
            seen = [north_korea.provocation(rate, 0.0, 0.5, x)[2] == days for rate in (*rates[:2], 0.0) for x in u]
            assert np.reshape(seen, (3, -1)).mean(1) == pytest.approx(testing.emission(values, days)[k], abs=1e-3)


def test_a_start_takes_the_regime_that_the_launches_before_it_leave(record):
    drawn = worlds.prior(50, seed=2)

    def regime(start):
        return history.at_start(drawn, record, start).column("initial_regime")

    assert (regime("2016-11") > 0.8).all()  # after ten months with launches
    after_silence = regime("2021-03")
    assert after_silence[after_silence != testing.MORATORIUM].mean() < 0.15
    assert (regime("2018-12") == testing.MORATORIUM).mean() > 0.9
    assert (regime("2012-01") < 1).all()  # the odds before anything was seen
    backlog = history.at_start(drawn, record, "2019-03").column("initial_backlog")
    assert (
        backlog > history.at_start(drawn, record, "2017-12").column("initial_backlog")
    ).all()  # nothing tested since


def test_the_filter_does_not_see_the_start_or_later(record):
    drawn = worlds.prior(20, seed=2)
    table = record["launch_days"].copy()
    table.loc[table["month"] >= "2019-06", "launch_days"] = 9
    later = tables.Record({**record.tables, "launch_days": table})
    assert np.array_equal(
        history.at_start(drawn, record, "2019-06").values, history.at_start(drawn, later, "2019-06").values
    )
    assert not np.array_equal(
        history.at_start(drawn, record, "2019-07").values, history.at_start(drawn, later, "2019-07").values
    )


def test_a_launch_ends_even_a_moratorium_that_cannot_break():
    values = {name: worlds.defaults().column(name) for name in CATALOGUE}
    n = 1000
    zeros = np.zeros(n)
    talks = np.ones(n)
    days = np.r_[np.zeros(n - 1), 2.0]
    left = testing.filtered(values, days, np.zeros((1, n)), zeros, np.zeros((1, n)), zeros, talks)
    assert left.course[0, -2, testing.MORATORIUM] > 0.99
    assert left.prob[0, testing.CAMPAIGN] == 1.0
