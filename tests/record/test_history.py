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
from crink_abm.record import history, tables

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
    decay = 0.7
    inputs = dict.fromkeys(
        north_korea.provocation.__code__.co_varnames[: north_korea.provocation.__code__.co_argcount], 0.0
    )
    held = 0.0
    for days in record.until("2019-12")["launch_days"]["launch_days"]:
        u = 0.0 if days > 0 else 1.0
        held = north_korea.provocation(
            **(inputs | {"memory_decay": decay, "provocation_memory": held, "u_provocation": u})
        )[3]
    assert history.memory(record, "2020-01", np.array([decay]))[0] == pytest.approx(held)


def test_a_start_in_2026_changes_nothing(record):
    drawn = worlds.prior(8, seed=1)
    assert np.array_equal(history.at_start(drawn, record, "2026-01").values, drawn.values)
    earlier = history.at_start(drawn, record, "2018-01")
    names = list(CATALOGUE)
    moved = {names[k] for k in np.flatnonzero((earlier.values != drawn.values).any(0))}
    assert all(n.startswith("initial_") or CATALOGUE[n].unit == "China 2026 = 1" for n in moved)
