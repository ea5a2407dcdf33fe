"""Rare events: the tilted machine is the model, its weights are exact, and broken weights are seen."""

import numpy as np
import pytest

import crink_abm as crink
from crink_abm import batch, levers, outcomes, rare_events, worlds
from crink_abm.errors import InputError
from crink_abm.kernel import RESULTS

CALENDAR = levers.calendar(None, 60)
NAMES = list(outcomes.OUTCOMES)


def test_without_a_tilt_every_run_is_the_models_own():
    kernel = rare_events.compiled()
    n = 700
    world = worlds.prior(7, seed=3).values
    of = np.arange(n) % 7
    out = np.empty((n, len(RESULTS) + 1))
    table = rare_events.tilted_calendar(CALENDAR, "two_front", 0)
    kernel(table, world, of, np.uint64(4), np.uint64(9), out, np.zeros((0, 0, 0)))
    plain = batch.run_many(CALENDAR, world, n, seed=4, first_run=9, world_of=of)
    assert np.array_equal(out[:, :-1], plain)
    kernel(
        rare_events.tilted_calendar(CALENDAR, "two_front", 3),
        world,
        of,
        np.uint64(4),
        np.uint64(9),
        out,
        np.zeros((0, 0, 0)),
    )
    assert not np.array_equal(out[:, :-1], plain)


def _brute(outcome, n=400_000, seed=77):
    values = batch.run_many(CALENDAR, worlds.defaults().values, n, seed=seed)
    return (outcomes.months(values)[:, NAMES.index(outcome)] >= 0).mean(), n


def _apart(found, share, n):
    """Standard errors between an estimate and a share of ``n`` brute runs."""
    error = found["relative_error"] * found["prob"] / 2.13
    return abs(found["prob"] - share) / np.sqrt(error**2 + share * (1.0 - share) / n)


@pytest.mark.parametrize("outcome", NAMES)
def test_the_estimate_agrees_with_brute_force(outcome):
    found = rare_events.estimate(CALENDAR, worlds.defaults().values, outcome, seed=1)
    assert _apart(found, *_brute(outcome)) < 4.0


def test_dropped_weights_are_seen(monkeypatch):
    """Negative control: the same comparison with paths weighed as if only the model made them."""
    plain = rare_events.tilted_calendar
    monkeypatch.setattr(rare_events, "tilted_calendar", lambda c, o, t: plain(c, o, t, (1.0, 0.0, 0.0, 0.0)))
    found = rare_events.estimate(CALENDAR, worlds.defaults().values, "taiwan_invasion", seed=1)
    assert _apart(found, *_brute("taiwan_invasion")) > 10.0


@pytest.mark.slow  # its rules are compiled anew: half a minute
def test_a_chain_of_known_probability():
    """Crisis each month with chance c, then invasion with chance e of each: 1 - (1 - c e)^T, at 6e-12."""
    months, onset, force = 60, 1e-5, 1e-8

    def onset_prob(month):
        return 1e-5

    def at_once(taiwan_crisis_prob, u_taiwan_episode):
        return (1.0, 1.0) if u_taiwan_episode < taiwan_crisis_prob else (0.0, 0.0)

    def options(month):
        return 1.0 - 1e-8, 0.0, 0.0, 1e-8

    rules = {"china.crisis_prob": onset_prob, "xi.episode": at_once, "xi.option_probs": options}
    found = rare_events.estimate(
        levers.calendar(None, months), worlds.defaults().values, "taiwan_invasion", seed=2, rules=rules
    )
    truth = -np.expm1(months * np.log1p(-onset * force))
    assert found["reached"]
    assert abs(found["prob"] / truth - 1.0) < 1.5 * found["relative_error"]


def test_threads_and_repetition_change_no_bit():
    one, two = (
        rare_events.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=6, threads=t) for t in (1, 2)
    )
    assert one == two
    assert one != rare_events.estimate(CALENDAR, worlds.defaults().values, "two_front", seed=7)


PLAN = {"experiment": {"name": "r", "seed": 1, "runs": 1, "months": 24}, "worlds": {"ensemble": "defaults"}}


def test_the_public_name_says_how_sure_it_is():
    table = crink.rare(PLAN, outcome="nuclear_use", relative=0.3)
    row = table.iloc[0]
    assert 0.0 < row["low"] < row["prob"] < row["high"] < 1.0
    assert row["reached"]
    assert crink.rare(PLAN, outcome="nuclear_use", relative=0.3).equals(table)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"outcome": "nuclear_us"}, "did you mean nuclear_use"), ({"relative": 2.0}, r"relative lies in \(0, 1\)")],
)
def test_what_cannot_be_taken_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        crink.rare(PLAN, **change)
