"""Clumsy hands: what was written is read back, months have one origin, models copy and refuse, refused input leaves nothing."""

import copy
import pickle
import re

import mesa
import numpy as np
import pandas as pd
import pytest
import xarray

import crink_abm as crink
from crink_abm.api import shard
from crink_abm.cli import guard
from crink_abm.cli import main as cli
from crink_abm.ensemble.worlds import Worlds, defaults
from crink_abm.estimation import intervals
from crink_abm.model import arguments, outcomes
from crink_abm.model.parameters import CATALOGUE
from crink_abm.sweeps import failures, store
from crink_abm.util import files, progress, readback
from crink_abm.util.errors import LONGEST, InputError, one_line, told

SEED = 2**64 - 1
PLAN = {
    "experiment": {"name": "read-back", "seed": SEED, "runs": 4000, "months": 120},
    "levers": {"usfk_posture": [0.2, 0.5, 0.8], "exposure": [0.1, 0.9]},
    "factors": {"talks": {"few": {"diplomatic_offramp": 0.1}, "many": {"diplomatic_offramp": 0.9}}},
    "worlds": {"ensemble": "defaults"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return crink.sweep(PLAN, tmp_path_factory.mktemp("clumsy") / "swept")


# --- What was written is read back -----------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [lambda r: r.estimates, lambda r: pd.read_parquet(r.folder / "estimates.parquet")])
@pytest.mark.parametrize("name", ["", "grid_"])
def test_what_is_not_noise_is_counted_by_negation_too(results, read, name):
    rows = read(results)
    clear = (rows[f"{name}q_value"] <= 0.05).sum()
    assert rows[f"{name}discernible"].dtype == "boolean"
    assert rows[f"{name}discernible"].sum() == clear > 0
    assert rows[f"{name}discernible"].isna().sum() == rows[f"{name}q_value"].isna().sum() > 0


def test_columns_that_lack_values_keep_their_kind(tmp_path):
    frame = pd.DataFrame(
        {
            "flag": pd.array([True, None, False], "boolean"),
            "count": pd.array([1, None, 2**53 + 1], "Int64"),
            "whole": [1, 2, 3],
            "plain": [True, False, True],
            "discernible": pd.array([True, False, True], "boolean"),
        }
    )
    files.write_table(tmp_path / "t.parquet", frame)
    pd.testing.assert_frame_equal(files.read_table(tmp_path / "t.parquet"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), frame)
    assert readback.noted(store.pa.table({"a": [1]}), pd.DataFrame({"a": [1]})).schema.metadata is None


def test_runs_are_numbered_as_they_were_asked_for():
    batch = crink.simulate(runs=20, seed=3, first_run=1000, months=24)
    assert batch.results.index.tolist() == list(range(1000, 1020))
    alone = crink.DeterrenceModel(seed=3, run=1007, months=24).run()
    assert batch.results.loc[1007, "n_launch_days"] == alone.value("n_launch_days")


def test_the_last_runs_that_there_are():
    last = 2**64 - 1
    batch = crink.simulate(runs=2, seed=3, first_run=last - 1, months=24)
    assert batch.results.index.tolist() == [last - 1, last]
    assert batch.results.loc[last, "n_launch_days"] == crink.DeterrenceModel(seed=3, run=last, months=24).run().value(
        "n_launch_days"
    )
    with pytest.raises(InputError, match="2\\^64"):
        crink.simulate(runs=2, first_run=last, months=24)


def test_netcdf_takes_the_largest_seed(results, tmp_path):
    results.dataset.to_netcdf(tmp_path / "grid.nc")
    with xarray.open_dataset(tmp_path / "grid.nc") as read:
        assert read.attrs["seed"] == str(SEED)
        assert np.array_equal(read["prob"], results.dataset["prob"])


def test_results_are_pickled_and_copied_after_use(results):
    results.runs([0]), results.dataset, results.failures
    for again in (pickle.loads(pickle.dumps(results)), copy.deepcopy(results), copy.copy(results)):
        pd.testing.assert_frame_equal(again.runs([1]), results.runs([1]))
        pd.testing.assert_frame_equal(again.estimates, results.estimates)


# --- Months count from 0 ---------------------------------------------------------------------------------------------


def test_months_have_one_origin_in_the_whole_package(results):
    """The same first months, told by the batch, the sweep, the model, its story, explain, and a failure."""
    batch = crink.simulate(runs=4000, seed=SEED, months=120)
    column = list(outcomes.OUTCOMES).index("any_failure")
    first = batch.months[:, column]
    run = int(np.flatnonzero(first > 0)[0])
    month = int(first[run])
    model = crink.DeterrenceModel(seed=SEED, run=run, months=120).run()
    date = model.outcome["any_failure"]
    assert model.history.index[month] == date
    assert (
        batch.results.loc[run, [f"first_{x}" for x in ("blockade", "invasion", "korea_attack", "korea_war")]]
        .isin([month])
        .any()
    )
    event = next(event for event in model.events if event.month == month)
    assert event.date == date
    pd.testing.assert_frame_equal(model.explain("china", month), model.explain("china", date))
    curve = batch.incidence("any_failure")
    assert curve["month"].tolist() == list(range(120))
    expected = [((first >= 0) & (first <= m)).mean() for m in range(120)]
    assert curve["prob"].to_numpy() == pytest.approx(expected)
    swept = results.incidence(results.baseline, "any_failure")
    assert swept["month"].tolist() == list(range(120))
    assert swept["prob"].to_numpy() == pytest.approx(expected)  # the same policy, seed and world
    assert results.competing([0])["month"].min() == 0
    stored = results.first_months
    assert stored["month"].between(0, 119).all()
    assert (
        stored[(stored["point"] == results.baseline) & (stored["outcome"] == "any_failure")]["month"].min()
        == first[first >= 0].min()
    )


def test_a_failure_tells_its_month_from_0():
    def fails(month):
        return 0.01 + 0.0 / (month - 5.0)

    model = crink.DeterrenceModel(rules={"china.crisis_prob": fails}, months=12)
    assert failures.why(model)[0] == 5
    assert len(model.history) == 5


# --- A select that finds nothing says so -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"usfk_posture": 0.3}, "it has 0.2, 0.5, 0.8"),
        ({"counter_hybrid": 0.9}, "is not varied, and stands at 0.3"),
        ({"usfk_posture": float("nan")}, "one value"),
        ({"usfk_posture": "0.2"}, "numbers"),
        ({"talks": "some"}, "few, many"),
        ({"talks": 0.1}, "text"),
        ({"usfk_postur": 0.2}, "did you mean usfk_posture"),
        ({"label": "baseline", "usfk_posture": 0.2}, "those left have 0.5"),
    ],
)
def test_a_select_that_finds_nothing_says_so(results, fixed, words):
    with pytest.raises(InputError, match=re.escape(words)):
        results.select("any_failure", **fixed)


def test_a_select_that_finds_something(results):
    assert len(results.select("any_failure", usfk_posture=0.2)) == 4
    assert len(results.select("any_failure", counter_hybrid=0.3, talks="few", exposure=np.float32(0.1))) == 3


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.incidence([0], ["any_failur"]), "did you mean any_failure"),
        (lambda r: r.incidence(99), "from 0 to 12; 99"),
        (lambda r: r.competing([99]), "from 0 to 12; 99"),
        (lambda r: r.runs([99]), "from 0 to 12; 99"),
        (lambda r: r.runs([]), "at least one"),
        (lambda r: r.runs("0"), "is a list"),
        (lambda r: r.by_world("any_failur"), "did you mean any_failure"),
        (lambda r: r.by_world("any_failure", [99]), "from 0 to 12; 99"),
        (lambda r: r.slice("any_failure", "exposur"), "did you mean exposure"),
        (lambda r: r.points_along("exposur"), "did you mean exposure"),
        (lambda r: r.replay("a", 0), "'a' was given"),
        (lambda r: r.replay(99, 0), "points are numbered 0 to 12"),
        (lambda r: r.replay(0, 4000), "numbered 0 to 3999"),
        (lambda r: crink.simulate(runs=4, months=2).incidence("any_failur"), "did you mean any_failure"),
    ],
)
def test_what_is_not_there_is_not_an_empty_answer(results, ask, words):
    with pytest.raises(InputError, match=words):
        ask(results)


def test_a_number_alone_is_a_list_of_one(results):
    pd.testing.assert_frame_equal(results.runs(1), results.runs([1]))
    pd.testing.assert_frame_equal(results.runs(np.int64(1)), results.runs(pd.Series([1.0])))
    pd.testing.assert_frame_equal(results.incidence(1, "any_failure"), results.incidence([1], ["any_failure"]))


# --- A model copied, pickled, changed --------------------------------------------------------------------------------


class CountingXi(crink.China):
    """Keeps how often it was asked, so that whose agent was driven can be seen."""

    def rule_crisis_prob(self, pla_activity, grievance):
        self.asked = getattr(self, "asked", 0) + 1
        return 0.02


def _halfway(**more):
    model = crink.DeterrenceModel(agents=[CountingXi], seed=4, months=30, **more)
    for _ in range(10):
        model.step()
    return model


WAYS = {"deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda model: pickle.loads(pickle.dumps(model))}


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_goes_on_from_the_same_month_and_drives_its_own_agents(way):
    model = _halfway(rules={"china.grievance": lambda grievance: 0.4})
    whole = copy.deepcopy(model)  # to be run last: copies share nothing
    again = WAYS[way](model)
    again.run()
    assert (model.month, again.month, model.steps, again.steps) == (10, 30, 10, 30)
    assert (model.china.asked, again.china.asked) == (10, 30)
    assert again.china.model is again and len(again.agents) == 9 and all(agent.model is again for agent in again.agents)
    assert len(again.datacollector.get_model_vars_dataframe()) == 30
    pd.testing.assert_frame_equal(again.history, whole.run().history)
    pd.testing.assert_frame_equal(model.run().history, again.history)
    assert again.story == model.story


def test_a_model_of_what_cannot_be_pickled_says_so(tmp_path):
    model = _halfway()
    with (tmp_path / "open").open("w") as model.china.file, pytest.raises(InputError, match="cannot be pickled"):
        pickle.dumps(model)


def test_batch_run_in_processes_still_works():
    found = mesa.batch_run(
        crink.DeterrenceModel,
        {"run": range(3), "usfk_posture": [0.2, 0.8], "months": 4},
        number_processes=2,
        display_progress=False,
    )
    assert len(found) == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.levers.__setitem__("exposure", 0.9),
        lambda model: model.levers.update(exposure=0.9),
        lambda model: model.levers.pop("exposure"),
        lambda model: setattr(model, "levers", {"exposure": 0.9}),
        lambda model: setattr(model, "exposure", 0.9),
        lambda model: model.levers["usfk_posture"].update({"2027-01": 0.0}),
        lambda model: model.parameters.__setitem__("crisis_duration", 2.0),
        lambda model: setattr(model, "parameters", {}),
        lambda model: setattr(model, "crisis_duration", 2.0),
        lambda model: setattr(model, "horizon", 99),
        lambda model: setattr(model, "month", 0),
        lambda model: setattr(model, "grievance", 0.5),
        lambda model: setattr(model, "drivers", {"driver_veto": 1.0}),
        lambda model: setattr(model, "seed", 4),
        lambda model: setattr(model, "run", 4),
        lambda model: delattr(model, "levers"),
        lambda model: setattr(model, "china", None),
        lambda model: setattr(model.china, "exposure", 0.9),
        lambda model: setattr(model.china, "grievence", 0.5),
        lambda model: setattr(model.china, "grievance", "high"),
        lambda model: setattr(model.china, "grievance", float("nan")),
        lambda model: setattr(model.china, "nk_belief", 0.5),
        lambda model: setattr(model.china, "u_wait", 0.5),
    ],
)
def test_a_change_that_would_be_told_and_not_done_is_refused(change):
    model = _halfway(levers={"usfk_posture": {"2026-01": 0.5, "2028-01": 0.1}})
    told_before = model.story
    with pytest.raises(InputError):
        change(model)
    assert model.story == told_before


def test_a_copy_of_the_levers_is_the_users_own():
    model = _halfway(levers={"usfk_posture": {"2026-01": 0.5, "2028-01": 0.1}})
    for mine in (dict(model.levers), model.levers.copy(), copy.copy(model.levers), copy.deepcopy(model.levers)):
        mine["exposure"] = 0.9
    copy.deepcopy(model.levers)["usfk_posture"]["2028-01"] = 0.9
    assert (model.levers["exposure"], model.levers["usfk_posture"]["2028-01"]) == (0.5, 0.1)
    again = copy.deepcopy(model)
    with pytest.raises(InputError):
        again.levers["exposure"] = 0.9


def test_a_state_set_by_hand_holds_from_the_next_month_on():
    left, set_ = _halfway(), _halfway()
    set_.china.grievance = 0.9
    set_.china.memory = ["of the user's own"]
    assert set_.china.grievance == 0.9
    left.step(), set_.step()
    assert set_.history["grievance"].iloc[:10].equals(left.history["grievance"].iloc[:10])
    assert set_.history["grievance"].iloc[10] > left.history["grievance"].iloc[10] + 0.1


# --- Arguments -------------------------------------------------------------------------------------------------------


def test_what_is_obvious_is_done():
    plain = crink.simulate({"exposure": 0.9}, runs=8, seed=2, months=12).results
    for levers in (
        "exposure=0.9",
        pd.Series({"exposure": 0.9}),
        {"exposure": np.float64(0.9)},
        {"exposure": np.array(0.9)},
    ):
        pd.testing.assert_frame_equal(crink.simulate(levers, runs=8.0, seed=np.int64(2), months=12.0).results, plain)
    article = crink.SCENARIOS["article"][1]
    pd.testing.assert_frame_equal(
        crink.simulate("article", runs=8, months=12).results, crink.simulate(article, runs=8, months=12).results
    )
    assert crink.DeterrenceModel("article", months=12).levers == crink.DeterrenceModel(article, months=12).levers


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: crink.simulate(["exposure"], runs=8), "levers is a mapping"),
        (lambda: crink.simulate("artcle", runs=8), "did you mean article"),
        (lambda: crink.simulate({"exposure": "0.9"}, runs=8), "exposure takes a number"),
        (lambda: crink.simulate({"exposure": b"0.9"}, runs=8), "exposure takes a number"),
        (lambda: crink.simulate(runs=8, months=12.5), "months is a whole number; 12.5"),
        (lambda: crink.simulate(runs=8, months="12"), "months is a whole number; '12'"),
        (lambda: crink.simulate(runs=True), "runs is a whole number; True"),
        (lambda: crink.simulate(runs=8, months=1201), "at most 1200"),
        (lambda: crink.DeterrenceModel(months=2**63), "at most 1200"),
        (lambda: crink.simulate(runs=10**10), "all held at once"),
        (lambda: crink.simulate(runs=8, seed=2**64), "2\\^64"),
        (lambda: crink.simulate(runs=8, seed=10**5000), "seed"),
        (
            lambda: crink.simulate(runs=8, worlds=defaults(), parameters={"crisis_duration": 2.0}),
            "parameters mean nothing beside a Worlds",
        ),
        (lambda: crink.simulate(runs=8, worlds=Worlds(np.zeros((3, 324)), "mine", 3)), f"{len(CATALOGUE)} columns"),
        (lambda: crink.simulate(runs=8, worlds=Worlds(defaults().values * np.nan, "mine", 1)), "nan"),
        (lambda: crink.simulate({"exposure": np.ma.masked}, runs=8), "exposure takes a number"),
        (lambda: crink.simulate(runs=np.ma.masked), "runs is a whole number"),
        (lambda: crink.simulate(runs=8, worlds=Worlds(np.ma.masked_less(defaults().values, 0.1), "mine", 1)), "masked"),
        (
            lambda: crink.simulate(runs=8, months=2, drivers={"driver_veto": np.ma.array([1.0, 0.0], mask=[0, 1])}),
            "driver_veto takes a number",
        ),
        (lambda: crink.simulate(runs=8, rules=[1]), "rules is a mapping"),
        (lambda: crink.simulate(runs=8, drivers={"driver_veto": [1.0]}, months=12), "takes 12 values"),
        (lambda: crink.compare("article", runs=8, worlds="defaults", names=["a", "b"]), "one for each of the 1"),
        (
            lambda: crink.compare({}, {}, runs=8, worlds="defaults", names=["a", "a"]),
            "a policy has the name 'a', and another has it too",
        ),
        (lambda: crink.compare("article", runs=8, worlds="defaults", interval="x"), "interval is one of"),
        (lambda: crink.DeterrenceModel(agents=[crink.China, CountingXi]), "two of agents are china"),
        (lambda: crink.DeterrenceModel({"exposure": 0.1}, exposure=0.9), "given twice"),
        (lambda: crink.Batch({}, [1.0], 12, 0), "made by simulate"),
        (lambda: crink.China(None), "made by DeterrenceModel"),
        (lambda: crink.Results(None), "is a path"),
        (lambda: crink.Results("a\0b"), "zero character"),
    ],
)
def test_what_is_not_is_told_in_one_sentence(call, words):
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert len(str(caught.value)) <= LONGEST


@pytest.mark.parametrize(
    "more",
    [
        {"runs": 0}, {"runs": 1.5}, {"runs": True}, {"precision": 0}, {"precision": float("nan")}, {"workers": 0}, {"engine": "x"},
        {"interval": "x"}, {"backend": "x"}, {"backend": []}, {"dask": "garbage"}, {"dask": ""}, {"rules": [1]}, {"progress": "x"},
        {"say": 3}, {"then": "report"}, {"experiment": None}, {"experiment": "nowhere.toml"},
        {"experiment": PLAN | {"worlds": {"ensemble": "calibrated", "structures": {"nope": [1]}}}},
        {"experiment": PLAN | {"worlds": {"ensemble": "prior", "draws": 4, "screen": "none", "structures": {"nope": [1]}}}},
        {"experiment": PLAN | {"experiment": PLAN["experiment"] | {"detail_runs": 9, "precision": 0.1}}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", [crink.sweep, lambda experiment, out, **more: shard(experiment, 1, 2, out, **more)])
def test_refused_input_leaves_no_folder(tmp_path, monkeypatch, more, call):
    monkeypatch.chdir(tmp_path)
    if call is not crink.sweep and set(more) & {"precision", "interval", "dask", "then"}:
        pytest.skip("shards take none")
    with pytest.raises(InputError):
        call(**{"experiment": PLAN, "out": tmp_path / "new"} | more)
    assert not list(tmp_path.iterdir())


# --- Messages, and the net under the command line --------------------------------------------------------------------


def test_messages_are_one_bounded_line():
    assert one_line("a\nb\x1b[31m\u202e") == "a\\nb\\x1b[31m\\u202e"
    assert len(one_line("x" * 10**6)) <= LONGEST
    assert one_line("given " + "x" * 5000 + "; the remedy").endswith("; the remedy")
    assert str(InputError("a\nb")) == "a\\nb"
    assert told(10**5000) == "an int"
    assert told(pd.DataFrame({"a": [1]})) == "a DataFrame"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyError("x"), 1, "a fault of crink_abm"),
        (MemoryError("of a terabyte"), 1, "memory"),
        (RecursionError(), 2, "nested too deeply"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (
            PermissionError(13, "Permission denied", "a\nb"),
            1,
            "'a\\nb' cannot be read or written (Permission denied)",
        ),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), 2, "UTF-8"),
        (InputError("told\nso"), 2, "told\\nso"),
        (ImportError("no such library"), 1, "library"),
    ],
)
def test_every_end_has_a_status_and_one_line(capsys, monkeypatch, error, status, words):
    monkeypatch.delenv("CRINK_TRACEBACK", raising=False)

    def command():
        raise error

    assert guard.status(command, ["run"]) == status
    said = capsys.readouterr().err
    assert words in said
    assert said.strip().count("\n") == 0
    assert "Traceback" not in said


def test_a_fault_of_ours_shows_its_traceback_where_it_is_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("CRINK_TRACEBACK", "1")
    assert guard.status(lambda: {}["x"], []) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--set", "exposure=.1", "--set", "exposure=.9"], "exposure is set twice"),
        (["run", "--seed", "1", "--seed", "2"], "--seed is given twice"),
        (["run", "--seed=1", "--seed", "2"], "--seed is given twice"),
        (["run", "--sed", "1"], "did you mean --seed"),
        (["run", "--nosuch"], "its options are --help, --json, --set"),
        (["run", "--mont", "3"], "did you mean --months"),
        (["run", "--scenario", ""], "empty"),
        (["run", "--months", "1000000000"], "at most 1200"),
        (["compare", "article", "--months", "1000000"], "at most 1200"),
        (["compare", "article", "article"], "a policy has the name 'article', and another has it too"),
        (["sweep", ""], "empty"),
        (["sweep", "x.toml", "--out", ""], "empty"),
        (["audit", "--markdown", ""], "empty"),
        (["validate", "--observed", ""], "empty"),
        (["info", ""], "empty"),
        (["calibrate", "--draws", "0"], "at least 1024"),
        (["calibrate", "--markdown", "page.md"], "page_template.md"),
        (["calibrate", "--seed", str(10**23)], "2^64"),
        (["validate", "--seed", str(2**64)], "2^64"),
        (["rare", "x.toml", "--relative", "nan"], "number is wanted"),
        (["sweep", "x.toml", "--shard", "1/" + "9" * 5000], "a share like 3/8"),
    ],
)
def test_the_command_line_says_what_it_takes(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_words_on_a_broken_stderr_end_no_work(monkeypatch):
    class Broken:
        def write(self, text):
            raise BrokenPipeError

        flush = isatty = write

    for stream in (None, Broken()):
        monkeypatch.setattr(progress.sys, "stderr", stream)
        progress.tell("lost")
        progress._lines("run")(0, 1)
    monkeypatch.setattr(progress.sys, "stderr", None)
    assert not progress._on_terminal()


def test_an_interrupt_that_a_library_swallows_comes_again():
    """As in a callback of a weak reference, where Python prints exceptions and goes on."""
    import subprocess
    import sys

    code = """
import os, signal, sys, time, weakref
from crink_abm.cli import guard

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where the tests run in the background

class Thing: pass

def main():
    def command():
        thing = Thing()
        held = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT) or time.sleep(0.2))
        del thing          # the interrupt is raised in the callback, and swallowed
        time.sleep(5)
        print("went on to the end")
    return guard.status(command, ["sweep"])

sys.exit(guard.process(main))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert "ignored" not in done.stderr
    assert "the same command continues" in done.stderr


def test_whole_numbers():
    assert [arguments.whole("n", x) for x in (3, 3.0, np.int8(3), np.float32(3))] == [3] * 4
    for wrong in (True, np.True_, 3.5, "3", None, float("nan"), float("inf"), 3 + 0j, -1, 2**64):
        with pytest.raises(InputError, match="n is a whole number"):
            arguments.whole("n", wrong)


def test_intervals_are_those_that_there_are():
    assert set(intervals.KINDS) == {"best", "jeffreys", "clopper-pearson"}
