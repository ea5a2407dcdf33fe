"""Causes: wars whose causes are planted, replays that Mesa confirms, and pathways that count what the outcomes count."""

import numpy as np
import pytest

from crink_abm import DeterrenceModel, InputError, but_for, causes
from crink_abm.analysis.causes import turned
from crink_abm.analysis.causes.hinges import HINGES, Change
from crink_abm.analysis.causes.pathways import STAGES
from crink_abm.engine import compiled
from crink_abm.model import levers, outcomes
from crink_abm.model.fields import FIELDS
from crink_abm.model.parameters import CATALOGUE


def once(month):
    return 1.0 if month == 5.0 else 0.0


def twice(month):
    return 1.0 if month == 5.0 or month == 12.0 else 0.0


def never():
    return 0.0


def at_once(taiwan_status, taiwan_crisis_prob):
    """A crisis comes to a head at once, and one left alone is over."""
    begins = 1.0 if taiwan_status == 0.0 and taiwan_crisis_prob > 0.0 else 0.0
    return begins, begins


def invades():
    return 0.0, 0.0, 0.0, 1.0


PLANTED = {"xi.episode": at_once, "xi.option_probs": invades, "north_korea.crisis_prob": never}


def test_a_planted_chain_has_the_causes_that_were_planted():
    """One crisis, one invasion: without the crisis, or with Xi waiting, there is none; nothing else would do."""
    war = but_for(seed=1, months=18, outcome="taiwan_invasion", rules={**PLANTED, "china.crisis_prob": once})
    assert war.month == 5
    assert set(war.sets) == {(Change(5, "xi.choose"),), (Change(5, "xi.episode"),)}


def test_an_over_determined_war_is_averted_by_pairs_alone():
    """Two crises, of which the second comes only where the first did not become a war: one change of each is wanted."""
    war = but_for(seed=1, months=18, outcome="taiwan_invasion", rules={**PLANTED, "china.crisis_prob": twice})
    assert war.month == 5 and not war.singles and war.complete
    first = [Change(5, "xi.choose"), Change(5, "xi.episode")]
    second = [Change(12, "xi.choose"), Change(12, "xi.episode")]
    assert set(war.pairs) == {(a, b) for a in first for b in second}
    assert "over-determined" in war.verdict()


def test_a_bounded_search_says_so():
    war = but_for(
        seed=1, months=18, outcome="taiwan_invasion", rules={**PLANTED, "china.crisis_prob": twice}, most_replays=0
    )
    assert not war.pairs and not war.complete and "not all pairs tried" in war.verdict()


def _failing(n=60, months=96):
    calendar = levers.calendar({}, months)
    values = np.array([p.default for p in CATALOGUE.values()], float)
    results = compiled.run_many(calendar, values[None], n, seed=4)
    return (
        calendar,
        values,
        np.flatnonzero(outcomes.months(results)[:, list(outcomes.OUTCOMES).index("any_failure")] >= 0),
    )


def test_a_replay_is_what_mesa_makes_of_the_same_changes():
    """Every field of every month, bit for bit: without changes the model's own, and with each hinge turned Mesa's."""
    calendar, values, runs = _failing()
    run = int(runs[0])
    replays = turned.Replays(calendar, values, 4, run)
    fact = compiled.trajectories(calendar, values[None], 1, seed=4, first_run=run)[0]
    np.testing.assert_array_equal(replays()[1], fact)
    war = but_for(seed=4, run=run, months=len(calendar))
    some = war.changes.groupby("rule").first().reset_index()
    for row in some.itertuples():
        change = Change(row.month, row.rule)
        history = war.model([change]).run().history[[field.name for field in FIELDS]].to_numpy()
        np.testing.assert_array_equal(history, replays([change])[1])
        assert (history != fact).any()


def test_what_averts_averts_in_mesa():
    _, _, runs = _failing()
    for run in runs[:3].tolist():
        war = but_for(seed=4, run=run, months=96)
        for some in war.sets[:3]:
            assert war.model(some).run().outcome["any_failure"] is None
        lasting = war.changes[~war.changes["averts"]].iloc[0]
        assert war.model([Change(lasting["month"], lasting["rule"])]).run().outcome["any_failure"] is not None


FILE = {
    "experiment": {"name": "small", "seed": 3, "runs": 1, "months": 60},
    "packages": {"withdraw": {"usfk_posture": 0.1}},
    "worlds": {"ensemble": "prior", "draws": 40, "screen": "none"},
    "causes": {"failures": 400, "replayed": 5, "stages": list(STAGES)},
}


@pytest.fixture(scope="module")
def found():
    return causes(FILE)


def test_pathways_count_what_the_outcomes_count(found):
    for row in found.table.itertuples():
        setting, arm = found.setting, found.arms[row.package]
        results = compiled.run_many(
            setting.calendar(arm),
            setting.values(arm),
            row.n_runs,
            seed=3,
            world_of=setting.worlds.of_runs(0, row.n_runs),
        )
        when = outcomes.months(results)
        came = {name: when[:, k] >= 0 for k, name in enumerate(outcomes.OUTCOMES)}
        paths = found.paths[found.paths["package"] == row.package]
        assert row.n_failures == came["any_failure"].sum() == paths["count"].sum()
        fails = came["any_failure"]
        assert paths.loc[paths["nuclear"] == "nuclear use", "count"].sum() == came["nuclear_use"].sum()
        assert paths.loc[paths["second_front"] != "one front", "count"].sum() == came["two_front"].sum()
        assert paths.loc[paths["partners"] == "Russia joins", "count"].sum() == came["russian_join"].sum()
        first = outcomes.first_cause(when)[0]
        by_option = paths.groupby("option")["count"].sum()
        for k, name in enumerate(("blockade", "invasion", "limited attack", "war in Korea")):
            assert by_option.get(name, 0) == (first[fails] == k).sum()
        edges = found.edges[found.edges["package"] == row.package]
        assert edges.groupby("from_stage")["count"].sum().eq(row.n_failures).all()
        assert row.rate == pytest.approx(fails.mean())


def test_the_run_of_an_edge_takes_it(found):
    """In Mesa, from what the table says of it: the stages that months of outcomes and the state then decide."""
    edges = found.edges[found.edges["from_stage"].isin(["theatre", "elsewhere"])]
    for row in edges.itertuples():
        model = DeterrenceModel(**found.opened(row.package, row.run), trace=False, collect=()).run()
        when = {name: date for name, date in model.outcome.items() if date}
        first = min(when[name] for name in outcomes.CAUSES if name in when)
        theatre = "over Taiwan" if when.get("taiwan_failure") == first else "in Korea"
        elsewhere = "tied down" if model.history.loc[first, "us_crisis"] > 0 else "free"
        ukraine = "goes on" if model.history.loc[first, "ukraine_war"] > 0 else "over"
        told = {"theatre": theatre, "elsewhere": elsewhere, "ukraine": ukraine}
        assert (told[row.from_stage], told[row.to_stage]) == (row[4], row.to)
        assert row.low <= row.share <= row.high


def test_kept_pieces_give_the_same(found, tmp_path):
    first, again = (causes(FILE, out=tmp_path / "out") for _ in range(2))
    for name in ("table", "edges", "paths", "averting"):
        assert getattr(first, name).equals(getattr(again, name)) and getattr(first, name).equals(getattr(found, name))


def test_every_hinge_names_a_rule_and_a_field():
    names = {field.name for field in FIELDS}
    for hinge in HINGES:
        assert hinge.field in names and {one.removeprefix("~") for one in hinge.where} <= names and hinge.writes


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"outcome": "peace"}, "no outcome"),
        ({"stages": ["theatre", "weather"]}, "no stage"),
        ({"package": "x"}, "none of"),
    ],
)
def test_what_is_not_there_is_refused(change, says):
    with pytest.raises(InputError, match=says):
        causes({**FILE, "causes": {**FILE["causes"], **change}})
