"""The contract of engines: every registered one runs this suite, against Mesa stepped by hand.

To hold another engine to it, install the package that offers it (entry point group ``crink_abm.engines``): it is found.
"""

from importlib.metadata import EntryPoint

import numpy as np
import pytest
import toy
from conftest import FIELD_NAMES, plan_file, random_policy, random_world
from replaced import RULES, sometimes

import crink_abm as crink
from crink_abm import InputError
from crink_abm.agents.model import DeterrenceModel
from crink_abm.cli import main as cli
from crink_abm.engine import Engine, base, engine_name, engine_names, get_engine, register_engine
from crink_abm.model import levers, outcomes
from crink_abm.model.outcomes import OUTCOMES, RESULTS, failed
from crink_abm.model.spec import MODEL


def by_hand(policy, world: dict, seed: int, run: int, months: int, rules=None):
    """(results, history) of one run in Mesa; results are None if it fails."""
    model = DeterrenceModel(
        policy, parameters=world, seed=seed, run=run, months=months, trace=False, collect=(), rules=rules
    )
    try:
        model.run()
    except InputError:
        return None, None
    except ZeroDivisionError:
        return None, None
    return [model.value(name) for name in RESULTS], model.history.to_numpy()


def differences(engine: Engine, n: int, seed: int, runs: int = 3) -> list:
    """Cases of ``n``, each of a few runs, in which an engine differs from Mesa in a result or in any field of any month."""
    rng, found = np.random.default_rng(seed), []
    for case in range(n):
        policy, worlds = random_policy(rng), [random_world(rng) for _ in range(2)]
        months, key, first = int(rng.integers(1, 61)), int(rng.integers(2**63)), int(rng.integers(2**62))
        table, of = np.array([list(world.values()) for world in worlds]), rng.integers(0, 2, runs)
        given = {"seed": key, "first_run": first, "world_of": of}
        results = engine.run(levers.calendar(policy, months), table, runs, **given)
        traces = engine.trace(levers.calendar(policy, months), table, runs, **given)
        for k in range(runs):
            one, history = by_hand(policy, worlds[of[k]], key, first + k, months)
            if results[k].tolist() != one:
                found.append((case, k, "results"))
            elif not np.array_equal(traces[k], history):
                found.append((case, k, FIELD_NAMES[np.argwhere(traces[k] != history)[0][1]]))
    return found


@pytest.fixture(params=engine_names())
def engine(request):
    return get_engine(request.param)


def test_it_is_an_engine_and_always_the_same(engine):
    assert isinstance(engine, Engine)
    assert engine is get_engine(engine.name)
    assert engine.model.results == RESULTS


def test_it_has_the_bits_of_mesa_or_its_law(engine):
    if engine.same_bits:
        assert differences(engine, 8, seed=1) == []
        return
    calendar, world = levers.calendar(), np.array([[float(p.default) for p in MODEL.parameters.values()]])
    one, two = (outcomes.months(e.run(calendar, world, 20_000, seed=1)) >= 0 for e in (engine, get_engine("numba")))
    error = np.sqrt((one.var(0) + two.var(0)) / len(one))
    assert (np.abs(one.mean(0) - two.mean(0)) <= 4.0 * error).all(), OUTCOMES


def test_a_run_does_not_hang_on_those_beside_it(engine):
    rng = np.random.default_rng(2)
    calendar, worlds = levers.calendar(random_policy(rng), 12), np.array([list(random_world(rng).values())] * 3)
    worlds[1:, :5] *= 0.9
    of = np.arange(9) % 3
    whole = engine.run(calendar, worlds, 9, seed=4, first_run=7, world_of=of)
    parts = [engine.run(calendar, worlds, n, seed=4, first_run=7 + at, world_of=of[at : at + n], threads=1)
             for at, n in ((0, 1), (1, 6), (7, 2))]  # fmt: skip
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert len({row.tobytes() for row in whole}) == 9


def test_rules_are_replaced_and_failed_runs_are_nan_throughout(engine):
    world, n, months = {p.name: float(p.default) for p in MODEL.parameters.values()}, 12, 10
    calendar, table = levers.calendar(None, months), np.array([list(world.values())])
    found = engine.run(calendar, table, n, seed=5, rules=RULES)
    expected = [by_hand(None, {}, 5, run, months, RULES) for run in range(n)]
    assert failed(found).tolist() == [results is None for results, _ in expected]
    assert 0 < failed(found).sum() < n
    assert np.isnan(found[failed(found)]).all()
    trace = engine.trace(calendar, table, n, seed=5, rules=RULES)
    for k in np.flatnonzero(~failed(found)):
        results, history = expected[k]
        assert found[k].tolist() == results
        assert np.array_equal(trace[k], history)
    assert (found != engine.run(calendar, table, n, seed=5)).any()


CALENDAR, WORLD = levers.calendar(None, 6), np.array([[float(p.default) for p in MODEL.parameters.values()]])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"calendar": CALENDAR[:, :-1]}, "calendar has 2[0-9] columns and a row or more"),
        ({"calendar": CALENDAR[:0]}, "calendar has"),
        ({"calendar": [["a"]]}, "calendar is a table of numbers"),
        ({"worlds": WORLD[0]}, "worlds has"),
        ({"worlds": WORLD[:, 1:]}, "worlds has"),
        ({"world_of": np.zeros(4, int)}, "world_of holds the row of worlds of each of the 3 runs"),
        ({"world_of": np.array([0, 0, 1])}, "from 0 to 0; 0 to 1 were given"),
        ({"world_of": np.array([0, 0, -1])}, "-1 to 0 were given"),
        ({"world_of": np.zeros(3)}, "a whole number"),
        ({"n": -1}, "n is a number of runs"),
        ({"rules": {"china.crisis_probb": sometimes}}, "did you mean china.crisis_prob"),
    ],
)
def test_what_it_cannot_take_is_refused_in_a_sentence(engine, changed, words):
    given = {"calendar": CALENDAR, "worlds": WORLD, "n": 3, "seed": 1} | changed
    for work in (engine.run, engine.trace):
        with pytest.raises(InputError, match=words):
            work(**given)


@pytest.fixture
def registry(monkeypatch):
    """The registry, put back after the test."""
    monkeypatch.setattr(base, "_makers", dict(base._makers))
    monkeypatch.setattr(base, "_made", dict(base._made))


def test_another_engine_is_held_to_the_same(registry):
    """A plain interpreter of the same specification passes; one whose luck is another run's does not."""
    register_engine("interpreter", lambda: toy.Interpreter(MODEL))
    assert engine_names()[-1] == "interpreter"
    assert differences(get_engine("interpreter"), 1, seed=3, runs=1) == []

    class Off(toy.Interpreter):
        def run(self, *given, first_run=0, **more):
            return super().run(*given, first_run=first_run + 1, **more)

    register_engine("interpreter", lambda: Off(MODEL))
    assert len(differences(get_engine("interpreter"), 1, seed=3, runs=1)) == 1


def test_a_package_offers_an_engine_by_an_entry_point(registry, monkeypatch):
    point = EntryPoint("theirs", "crink_abm.agents.interpreted:MesaEngine", base.GROUP)
    monkeypatch.setattr(
        base, "entry_points", lambda group, name="theirs": [point][: group == base.GROUP and name == "theirs"]
    )
    assert engine_names() == ["numba", "mesa", "theirs"]
    assert get_engine("theirs").name == "mesa"
    assert get_engine("theirs") is not get_engine("mesa")


def test_a_slice_of_a_sweep_does_not_look_through_the_installed_packages(registry, monkeypatch):
    """It took 2.5 ms a policy, ten times its runs."""
    point, looked = EntryPoint("theirs", "crink_abm.agents.interpreted:MesaEngine", base.GROUP), []
    monkeypatch.setattr(base, "entry_points", lambda **sought: looked.append(sought) or [point])
    get_engine("theirs")
    assert looked  # the first time
    del looked[:]
    assert get_engine("theirs") is get_engine("theirs")
    assert {get_engine(name).name for name in ("numba", "batch", "mesa")} == {"numba", "mesa"}
    assert looked == []


def test_the_old_name_stands_for_the_new():
    assert engine_name("batch") == "numba"
    assert get_engine("batch") is get_engine("numba")


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: get_engine("numbaa"), "engine is one of numba, mesa; 'numbaa' was given .did you mean numba"),
        (lambda: get_engine(3), "3 was given"),
        (lambda: register_engine("batch", dict), "batch is an alias"),
        (lambda: register_engine("", dict), "a name of its own"),
        (lambda: register_engine("gpu", "nowhere"), "'package.module:name'"),
        (lambda: (register_engine("gpu", dict), get_engine("gpu")), "makes no engine"),
    ],
)
def test_what_is_no_engine_is_refused(registry, work, words):
    with pytest.raises(InputError, match=words):
        work()


def test_a_sweep_takes_an_engine_by_either_name(tmp_path):
    plan = {
        "experiment": {"name": "names", "seed": 1, "runs": 16, "months": 6},
        "worlds": {"ensemble": "prior", "draws": 4, "screen": "none"},
    }
    made = {}
    for name in ("numba", "batch", "mesa"):
        folder = crink.sweep(plan, tmp_path / name, engine=name).folder
        made[name] = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}
    assert made["numba"] == made["batch"] == made["mesa"] != {}
    with pytest.raises(InputError, match="did you mean numba"):
        crink.sweep(plan, tmp_path / "x", engine="numbaa")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["numba", "batch", "mesa"])
def test_the_command_takes_an_engine_by_either_name(name, tmp_path, capsys):
    file = plan_file(
        tmp_path / "names.toml",
        {"experiment": {"name": "names", "seed": 1, "runs": 16, "months": 6}, "worlds": {"ensemble": "defaults"}},
    )
    assert cli.main(["sweep", str(file), "--out", str(tmp_path / "out"), "--no-charts", "--engine", name]) == 0
    assert (tmp_path / "out" / "estimates.parquet").is_file()
