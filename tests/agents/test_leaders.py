"""What the second edition is about: private types, preferred wars, agreements, interventions, and what fighting leaves."""

import numpy as np
import pytest
from conftest import FIELD_NAMES, batch_run, mesa_run, oracle_run
from test_model import HOT

from crink_abm import DeterrenceModel
from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.model.rules import building_blocks
from crink_abm.model.rules import world as rules

#: The columns of what a leader alone knows.
TYPES = {who: [FIELD_NAMES.index(f"{who}_{part}") for part in ("stakes", "costs", "optimism")] for who in ("xi", "kim")}


def _histories(parameters, n=300, drivers=None, months=120, seed=5):
    """Every field of ``n`` runs of a hot world: field -> array (n, months)."""
    calendar = levers.calendar(None, months, drivers=drivers)
    runs = compiled.trajectories(calendar, worlds.defaults(HOT | parameters).values, n, seed=seed)
    return {name: runs[:, :, k] for k, name in enumerate(FIELD_NAMES)}


def _changes(h, who):
    """The months (from the second on) in which a leader's type is another than in the month before."""
    return np.any([np.diff(h[f"{who}_{part}"], axis=1) != 0 for part in ("stakes", "costs", "optimism")], axis=0)


def test_a_leader_keeps_his_type_until_he_is_succeeded():
    h = _histories({"leader_types": "leader", "xi_succession_rate": 0.015, "kim_succession_rate": 0.006})
    for who in TYPES:
        assert h[f"{who}_new"].sum() > 50
        assert (_changes(h, who) == (h[f"{who}_new"][:, 1:] > 0)).all(), who
        assert len(np.unique(h[f"{who}_costs"][:, 0])) == 300


def test_a_type_by_crisis_is_drawn_as_one_breaks_out():
    h = _histories({"leader_types": "crisis"})
    for who, theatre in (("xi", "taiwan"), ("kim", "korea")):
        status = np.hstack([np.zeros((300, 1)), h[f"{theatre}_status"][:, :-1]])
        onset = (status == 0) & (h[f"{theatre}_episode"] > 0)
        assert onset.sum() > 300
        assert (_changes(h, who) == onset[:, 1:]).all(), who


def test_in_the_first_edition_nobody_has_a_type():
    h = _histories({"leader_types": "decision", "xi_precision": 1.0, "kim_precision": 1.0})
    for who in TYPES:
        assert (h[f"{who}_stakes"] == 1.0).all()
        assert (h[f"{who}_costs"] == 1.0).all()
        assert (h[f"{who}_optimism"] == 0.0).all()
    assert (h["first_invasion"] >= 0).any()


@pytest.mark.parametrize("theory", ["expected_utility", "prospect", "satisficing"])
def test_a_war_is_preferred_only_where_it_was_chosen_and_best(theory):
    """Against the history of each run; wars that were not preferred are among them, and none that was is left out."""
    satisfied = {"xi_aspiration": 0.4, "kim_aspiration": 0.6, "confidence": 0.5} if theory == "satisficing" else {}
    h = _histories({"xi_theory": theory, "kim_theory": theory, "choice_noise": 0.06, **satisfied}, 4000)
    noisy = 0
    for first, preferred, who, option in (
        ("first_blockade", "preferred_blockade", "xi", 2), ("first_invasion", "preferred_invasion", "xi", 3),
        ("first_korea_attack", "preferred_attack", "kim", 2), ("first_korea_war", "preferred_war", "kim", 3),
    ):  # fmt: skip
        when, told = h[first][:, -1], h[preferred][:, -1]
        runs = np.flatnonzero(when >= 0)
        at = when[runs].astype(int)
        assert (h[f"{who}_choice"][runs, at] == option).all()
        best = h[f"{who}_best"][runs, at] == option
        assert (told[runs] == np.where(best, at, -1)).all(), first
        assert (told[when < 0] == -1).all(), first
        assert best.any(), first
        noisy += (~best).sum()
    assert noisy > 0


@pytest.mark.parametrize(("reliability", "share"), [(1.0, 1.0), (0.0, 0.0), (0.5, 0.5)])
def test_an_agreement_brings_a_second_front_as_often_as_it_is_kept(reliability, share):
    """Force over Taiwan is imposed in month 6: Kim, who was in no war, is at war in the same month, or only by himself."""
    given = {"coordination": "directed", "agreement_reliability": reliability}
    n = 2000
    h = _histories(given, n, {"force_taiwan": {"2026-01": 0, "2026-07": 3}}, months=12)
    free = (h["korea_status"][:, 5] < 2) & (h["korea_resolved"][:, 5] == 0)
    assert free.mean() > 0.7
    called = h["agreement_called"][:, 6] > 0
    assert abs(called[free].mean() - share) <= (0.04 if 0 < share < 1 else 0)
    assert not called[~free].any()
    assert (h["kim_choice"][called, 6] >= 2).all()
    assert (h["korea_last_force"][called, 6] == 6).all()
    assert (np.delete(h["agreement_called"], 6, axis=1) == 0).all()
    tacit = _histories(given | {"coordination": "tacit"}, n, {"force_taiwan": {"2026-01": 0, "2026-07": 3}}, months=12)
    assert (tacit["agreement_called"] == 0).all()


@pytest.mark.parametrize(("theatre", "leader"), [("taiwan", "xi"), ("korea", "kim")])
def test_an_intervention_imposes_the_status_and_the_leader_decides_nothing(theatre, leader):
    """From month 12 to 23, in each engine; a fight that ends in its month is imposed anew in the next."""
    for rung in (0.0, 1.0, 2.0, 3.0):
        driver = {f"force_{theatre}": {"2027-01": rung, "2028-01": -1}}
        runs = [run({}, HOT, 5, 3, 48, driver) for run in (mesa_run, batch_run, oracle_run)]
        assert (runs[0] == runs[1]).all()
        np.testing.assert_allclose(runs[0], runs[2], rtol=1e-9, atol=1e-9)  # the oracle has another exp
        h = _histories({}, 300, driver, months=48)
        within = slice(12, 24)
        status, force = h[f"{theatre}_status"][:, within], h[f"{theatre}_last_force"][:, within]
        ended = status == 0
        assert ((status == rung) | (ended if rung >= 2 else False)).all()
        assert (h[f"{leader}_decides"][:, within] == 0).all()
        assert h[f"{leader}_decides"][:, 24:].any()
        assert h[f"{leader}_decides"][:, :12].any()
        if rung >= 2:
            assert (force == np.arange(12, 24)).all()
        else:
            assert (force < 12).all()


def test_a_belief_and_a_flow_can_be_imposed():
    h = _histories({}, 50, {"force_xi_belief": 0.25, "force_kim_belief": 0.75, "force_flow": 1.25}, months=24)
    assert (h["china_belief"] == 0.25).all()
    assert (h["nk_belief"] == 0.75).all()
    assert (h["arms_flow"] == 1.25).all()


def test_a_front_begins_anew_with_each_fight():
    """Where there is no fighting a front is at 0, and it moves a month's step at most, so nothing of a fight is left."""
    h = _histories({"front_step": 0.3}, 3000)
    for theatre, fights in (("taiwan", 2), ("korea", 3)):
        front, status = h[f"{theatre}_front"], h[f"{theatre}_status"]
        assert (front[status < fights] == 0).all()
        begins = (status[:, 1:] >= fights) & (status[:, :-1] < fights)
        assert begins.sum() > 100
        assert (np.abs(front[:, 1:][begins]) <= 0.3).all()
        again = begins & (np.cumsum(status >= fights, axis=1)[:, :-1] > 0)
        assert again.any(), theatre


def test_a_war_that_ends_leaves_no_front_and_its_result():
    over = dict(taiwan_status=3.0, taiwan_war_months=4.0, taiwan_resolved=0.0, war_end_rate=0.1)
    assert rules.taiwan_war_month(taiwan_front=1.1, u_taiwan_war_ends=0.9, **over) == (0.0, 0.0, 5.0, 1.0)
    assert rules.taiwan_war_month(taiwan_front=-1.0, u_taiwan_war_ends=0.9, **over) == (0.0, 0.0, 5.0, -1.0)
    assert rules.taiwan_war_month(taiwan_front=0.4, u_taiwan_war_ends=0.05, **over) == (
        0.0,
        0.0,
        5.0,
        -1.0,
    )  # armistice
    assert rules.taiwan_war_month(taiwan_front=0.4, u_taiwan_war_ends=0.9, **over) == (3.0, 0.4, 5.0, 0.0)
    blockade = over | {"taiwan_status": 2.0}
    assert rules.taiwan_war_month(taiwan_front=-1.0, u_taiwan_war_ends=0.9, **blockade) == (0.0, 0.0, 4.0, 0.0)


@pytest.mark.parametrize(
    ("resolved", "last_force", "month", "back"),
    [(0, -1, 0, 1), (0, 5, 6, 1), (1, 5, 6, 0), (1, 5, 400, 0), (-1, 5, 5, 0), (-1, 5, 65, 0.5), (-1, 5, 125, 1),
     (-1, 5, 400, 1)],
)  # fmt: skip
def test_a_quarrel_comes_back_slowly_where_it_was_repelled_and_not_where_it_was_won(resolved, last_force, month, back):
    assert building_blocks.recovered(float(resolved), float(last_force), float(month)) == back


def test_nothing_is_decided_over_what_is_won():
    h = _histories({"front_step": 0.5, "invasion_difficulty": 1.8}, 2000)
    for theatre, leader in (("taiwan", "xi"), ("korea", "kim")):
        won = h[f"{theatre}_resolved"][:, :-1] == 1
        assert won.any(), theatre
        assert (h[f"{theatre}_incident_prob"][:, 1:][won] == 0).all()
        assert (h[f"{leader}_decides"][:, 1:][won] == 0).all()


def test_the_story_tells_succession_types_agreements_interventions_and_administrations():
    given = HOT | {"coordination": "directed", "agreement_reliability": 1.0, "xi_succession_rate": 0.015}
    imposed = {"force_taiwan": {"2030-01": 0, "2030-03": 3, "2030-06": -1}}
    model = next(
        model
        for k in range(40)
        if (model := DeterrenceModel(parameters=given, run=k, drivers=imposed, trace=False).run())
        .history["xi_new"]
        .any()
        and model.history["agreement_called"].any()
    )
    h, told = model.history, [(event.date, event.text) for event in model.events]

    def dates(words):
        return [date for date, text in told if words in text]

    assert dates("Xi is succeeded") == [*h.index[h["xi_new"] > 0]]
    assert dates("Xi's private type is drawn") == [*h.index[h["xi_type_due"] > 0]]
    assert dates("by prior agreement") == [*h.index[(h["agreement_called"] > 0) & (h["kim_decides"] > 0)]]
    assert dates("An intervention puts the Strait at") == ["2030-01", "2030-03"]
    assert dates("An administration takes office") == ["2029-01", "2033-01"]
    for event in model.events:
        if event.calculus is not None:
            row, who = h.iloc[event.month], event.actor.lower()
            assert np.flatnonzero(event.calculus["best"]).tolist() == [int(row[f"{who}_best"])]
    assert model.story.count("his best option") == sum(event.calculus is not None for event in model.events)
