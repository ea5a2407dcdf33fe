"""Nested designs: every world its runs, every structure the same draws, worlds from a file, counts by world."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import crink_abm as crink
from crink_abm import InputError
from crink_abm.cli import main as cli
from crink_abm.ensemble import from_file, spec, structures, worlds
from crink_abm.ensemble.build import make_worlds
from crink_abm.experiment import reader, replications
from crink_abm.model import outcomes
from crink_abm.model.parameters import CATALOGUE, SWITCHES
from crink_abm.sweeps.plan import SweepPlan

STRUCTURES = {"xi_theory": [0, 1], "kim_theory": [0, 1]}
TABLE = {"ensemble": "prior", "draws": 12, "screen": "none", "structures": STRUCTURES, "crossing": "full"}
NESTED = {
    "experiment": {"name": "nested", "seed": 7, "months": 60},
    "packages": {"surge": "surge-2027"},
    "worlds": TABLE | {"runs_per_world": 40},
}
NAMES = [p.name for p in SWITCHES]
OTHERS = [name for name in CATALOGUE if name not in NAMES]


def _with(head=None, **table):
    return NESTED | {"experiment": NESTED["experiment"] | (head or {}), "worlds": NESTED["worlds"] | table}


@pytest.fixture(scope="module")
def nested(tmp_path_factory):
    return crink.sweep(NESTED, tmp_path_factory.mktemp("nested"))


def test_every_structure_holds_the_same_draws_as_often():
    made = make_worlds(spec.WorldsTable(**TABLE))
    table = pd.DataFrame(made.values, columns=list(CATALOGUE))
    draws = {structure: rows[OTHERS].to_numpy() for structure, rows in table.groupby(NAMES)}
    assert len(draws) == 4
    first, *rest = draws.values()
    assert len(np.unique(first, axis=0)) == 12
    assert all((other == first).all() for other in rest)
    # negative control: structures dealt out to draws do not share them
    dealt = make_worlds(spec.WorldsTable(**TABLE | {"crossing": "balanced", "draws": 48}))
    table = pd.DataFrame(dealt.values, columns=list(CATALOGUE))
    a, b, *_ = (rows[OTHERS].to_numpy() for _, rows in table.groupby(NAMES))
    assert not (a == b).all(axis=1).any()


def test_a_switch_that_is_held_is_not_crossed():
    made = make_worlds(spec.WorldsTable(**TABLE), {"xi_theory": 1})
    assert len(made) == 24
    assert set(made.column("xi_theory")) == {1.0}


def test_runs_a_world_decide_the_runs_a_point(nested):
    assert (nested.select("any_failure")["n_runs"] == 12 * 4 * 40).all()
    assert nested.manifest["nesting"] == {
        "worlds": 48, "parameter_draws": 12, "structures": 4, "balanced": True, "runs_per_world": 40,
    }  # fmt: skip
    counts = nested.by_world("any_failure")
    assert (counts["n_runs"] == 40).all()
    assert counts.groupby("point").size().tolist() == [48, 48]


def test_the_same_runs_asked_for_by_point_are_the_same_sweep(nested, tmp_path):
    plan = _with({"runs": 1920}, runs_per_world=None)
    plain = crink.sweep(plan, tmp_path)
    assert (plain.folder / "estimates.parquet").read_bytes() == (nested.folder / "estimates.parquet").read_bytes()


def test_runs_on_the_command_line_replace_both(tmp_path):
    found = crink.sweep(_with({"detail_runs": 960}), tmp_path, runs=96)
    assert found.manifest["nesting"]["runs_per_world"] == 2
    assert (found.select("any_failure")["n_runs"] == 96).all()


def test_nesting_says_when_a_design_is_not_balanced():
    made = make_worlds(spec.WorldsTable(**TABLE))
    assert structures.nesting(made, 96)["balanced"]
    assert not structures.nesting(made, 100)["balanced"]
    assert structures.nesting(made, 100)["runs_per_world"] is None
    assert not structures.nesting(made.first(47), 94)["balanced"]
    twice = worlds.Worlds(np.concatenate([made.values, made.values[:1]]), "twice", 49)
    assert structures.nesting(twice, 49) == {
        "worlds": 48, "parameter_draws": 12, "structures": 4, "balanced": False, "runs_per_world": 1,
    }  # fmt: skip


def test_counts_by_world_add_up_to_the_estimates(nested):
    for outcome in ("any_failure", "korea_failure", "korea_within_12_of_taiwan"):
        total = nested.by_world(outcome).groupby("point").sum()
        row = nested.select(outcome).set_index("point")
        columns = [
            "n_runs",
            "n_events",
            *(("n_only_policy", "n_only_baseline") if outcome in outcomes.OUTCOMES else ()),
        ]
        pd.testing.assert_frame_equal(total[columns], row[columns], check_dtype=False)
    assert row["n_runs"].gt(0).all()
    assert (nested.by_world("korea_within_12_of_taiwan")["n_only_policy"] == -1).all()
    with pytest.raises(InputError, match="did you mean any_failure"):
        nested.by_world("any_failur")


def test_a_row_by_world_is_that_world_simulated_alone(nested):
    counts = nested.by_world("korea_failure", [0]).set_index("world")
    world = 17
    held = nested.worlds.loc[world]
    batch = crink.simulate(
        nested.plan.policies[0], runs=1920, seed=7, months=60,
        worlds=worlds.Worlds(np.tile(held[list(CATALOGUE)].to_numpy(float), (48, 1)), "one", 1),
    )  # fmt: skip
    events = batch.months[world::48, list(outcomes.OUTCOMES).index("korea_failure")] >= 0
    assert counts.loc[world, "n_events"] == events.sum()
    assert counts["n_events"].nunique() > 3


def _decomposed(table, value, squares, switches):
    """Parameter and structure spread by classical analysis of variance, from counts by world (equal runs a world)."""
    runs = table["n_runs"].iloc[0]
    mean = table[value] / runs
    within = (table[squares] - table[value] ** 2 / runs).sum() / (len(table) * (runs - 1))
    between = max(mean.var(ddof=1) - within / runs, 0.0)
    structure = 0.0
    for name in switches:
        groups = [mean[table[name] == level] for level in sorted(table[name].unique())]
        if len(groups) > 1:
            ratio, p_value = stats.f_oneway(*groups)
            if not p_value < 0.05 / len(switches):
                continue  # the test shows no effect
            error = sum(g.var(ddof=1) * (len(g) - 1) for g in groups) / (len(mean) - len(groups))
            structure += max(ratio - 1.0, 0.0) * (len(groups) - 1) * error / len(mean)
    structure = min(structure, between)
    return np.sqrt(between - structure), np.sqrt(structure)


@pytest.fixture(scope="module")
def structured(tmp_path_factory):
    """Default parameters in every structure: nothing but the switches makes worlds differ."""
    plan = _with(ensemble="defaults", structures="all", runs_per_world=20)
    return crink.sweep(plan, tmp_path_factory.mktemp("structured"))


@pytest.mark.parametrize("which", ["nested", "structured"])
def test_spreads_of_the_estimates_are_those_of_an_independent_decomposition(which, request, tmp_path, monkeypatch):
    """Of the risk and of its change. Negative control: with structures shuffled, none of the structural spread is left."""
    monkeypatch.setattr(
        "crink_abm.estimation.control_variates.LEAST", 10**9
    )  # by counts throughout: the table by world holds no luck
    found = crink.sweep(request.getfixturevalue(which).manifest["experiment"], tmp_path)
    e, seen, mixed = found.estimates, [], []
    for outcome in ("any_failure", "taiwan_failure", "korea_failure", "russian_join"):
        counts = found.by_world(outcome).join(found.worlds[NAMES], on="world")
        counts["change"], counts["moved"] = (
            counts["n_only_policy"] - counts["n_only_baseline"],
            counts["n_only_policy"] + counts["n_only_baseline"],
        )
        for point, table in counts.groupby("point"):
            row = e[(e["point"] == point) & (e["outcome"] == outcome)].iloc[0]
            for value, squares, prefix in (("n_events", "n_events", ""), ("change", "moved", "diff_")):
                if prefix and point == found.baseline:
                    continue  # nothing differs from itself
                parameter, structure = _decomposed(table, value, squares, NAMES)
                assert row[f"{prefix}parameter_sd"] == pytest.approx(parameter, abs=1e-9)
                assert row[f"{prefix}structure_sd"] == pytest.approx(structure, abs=1e-9)
                seen.append(structure if which == "structured" else parameter)
            order = np.random.default_rng(1).permutation(len(table))
            shuffled = table.assign(**{name: table[name].to_numpy()[order] for name in NAMES})
            mixed.append(_decomposed(shuffled, "n_events", "n_events", NAMES)[1])
    assert np.count_nonzero(seen) >= len(seen) / 2
    if which == "structured":
        assert np.mean(mixed) < 0.3 * np.mean(seen)


def test_a_world_that_stands_twice_is_one_row(tmp_path):
    (tmp_path / "w.csv").write_text("xi_theory,copies\nprospect,2\n0,1\n")
    plan = {"experiment": {"name": "two", "seed": 1, "months": 24}}
    found = crink.sweep(
        plan | {"worlds": {"ensemble": str(tmp_path / "w.csv"), "runs_per_world": 10}}, tmp_path / "out"
    )
    assert found.worlds["copies"].to_dict() == {0: 2, 2: 1}
    assert found.by_world("any_failure").set_index("world")["n_runs"].to_dict() == {0: 20, 2: 10}
    assert found.worlds.loc[0, "xi_theory"] == 1.0


# --- worlds from a file ---------------------------------------------------------------------------------------------


def test_worlds_from_a_file_are_its_rows_with_defaults_for_the_rest(tmp_path):
    table = pd.DataFrame(
        {"crisis_duration": [5.0, 7.5, 9.0], "kim_theory": ["prospect", "expected_utility", "prospect"]}
    )
    table["kim_theory"] = [
        p.name.lower() for p in (CATALOGUE["kim_theory"].switch(1), CATALOGUE["kim_theory"].switch(0))
    ] + [0]
    table.to_csv(tmp_path / "w.csv", index=False)
    table.assign(kim_theory=[1, 0, 0]).to_parquet(tmp_path / "w.parquet")
    read, same = (from_file.load(tmp_path / f"w.{kind}") for kind in ("csv", "parquet"))
    assert (read.values == same.values).all()
    assert read.column("crisis_duration").tolist() == [5.0, 7.5, 9.0]
    assert read.column("kim_theory").tolist() == [1.0, 0.0, 0.0]
    rest = [name for name in CATALOGUE if name not in table]
    assert all((read.column(name) == CATALOGUE[name].default).all() for name in rest)
    some = from_file.load(tmp_path / "w.csv", {"kim_theory": [0]}, {"crisis_duration": 6.0})
    assert some.column("crisis_duration").tolist() == [6.0, 6.0]


def test_single_precision_may_overstep_an_end_of_the_range(tmp_path):
    high = np.array([[p.high for p in CATALOGUE.values()]])
    pd.DataFrame(high.astype(np.float32), columns=list(CATALOGUE)).to_parquet(tmp_path / "w.parquet")
    assert (from_file.load(tmp_path / "w.parquet").values <= high).all()


def test_a_file_of_worlds_lies_beside_its_experiment_and_is_pinned(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.csv").write_text("crisis_duration\n5.0\n8.0\n")
    (tmp_path / "sub" / "plan.toml").write_text(
        '[experiment]\nname="own"\nseed=1\nmonths=12\n[worlds]\nensemble="w.csv"\nruns_per_world=30\n'
    )
    monkeypatch.chdir(tmp_path)
    found = crink.sweep("sub/plan.toml", "out")
    assert found.manifest["worlds"]["n"] == 2
    pinned = found.manifest["experiment"]["worlds"]
    assert pinned["sha256"] == from_file.digest(tmp_path / "sub" / "w.csv")
    assert pinned["ensemble"] == "w.csv"
    key = found.manifest["experiment_hash"]
    (tmp_path / "sub" / "w.csv").unlink()
    again = crink.Results("out")  # results keep their worlds
    assert again.worlds["crisis_duration"].tolist() == [5.0, 8.0]
    assert again.replay(0, 1).value("n_launch_days") == again.runs([0])["n_launch_days"].iloc[1]
    (tmp_path / "sub" / "w.csv").write_text("crisis_duration\n5.0\n9.0\n")
    assert crink.sweep("sub/plan.toml", "out").manifest["experiment_hash"] != key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crisis_duratio\n5\n", "column 'crisis_duratio', which is no parameter .did you mean crisis_duration"),
        ("crisis_duration\n5\n900\n", r"row 2: crisis_duration lies in \[.*900"),
        ("crisis_duration,xi_theory\n5,0\n,0\n", "row 2: crisis_duration lies in .*nothing was given"),
        ("crisis_duration\nlong\n", "row 1: crisis_duration lies in .*'long' was given"),
        ("xi_theory\nbrave\n", "row 1: xi_theory is one of .*prospect.*'brave'"),
        ("xi_theory\n0.5\n", "row 1: xi_theory is one of .*0.5 was given"),
        ("crisis_duration,copies\n5,0\n", "row 1: copies is a whole number of at least 1; 0"),
        ("crisis_duration\n", "has no row"),
        ("", "cannot be read"),
        (None, "there is no file of worlds"),
    ],
)
def test_bad_files_of_worlds_are_told_in_one_sentence(tmp_path, text, message):
    if text is not None:
        (tmp_path / "w.csv").write_text(text)
    with pytest.raises(InputError, match=message) as told:
        crink.sweep(_with({"runs": 10}, ensemble=str(tmp_path / "w.csv"), crossing="balanced", structures="all",
                          runs_per_world=None), tmp_path / "never")  # fmt: skip
    assert "\n" not in str(told.value)
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("head", "table", "message"),
    [
        ({"runs": 1000}, {}, r"multiple of that, such as 960 or 1,008; 1,000"),
        ({"runs": 960}, {}, "runs = 960 and .* runs_per_world = 40 contradict .* 48 worlds x 40 runs = 1,920"),
        ({"detail_runs": 1921}, {}, "detail_runs is a multiple"),
        ({"runs": 40}, {"runs_per_world": None}, r"multiple of that, such as 48; 40"),
        ({}, {"runs_per_world": None}, "experiment.runs. is required and missing .*runs_per_world"),
        ({}, {"screen": "elicited"}, "screened draws are chosen together with the switches"),
        ({}, {"ensemble": "calibrated"}, "calibrated worlds were chosen together with the switches"),
        ({}, {"size": 5}, "size would break crossing"),
        (
            {},
            {"draws": 9720, "structures": "all"},
            "9,720 parameter draws in each of 648 structures are 6,298,560 worlds",
        ),
        ({}, {"crossing": "half"}, "worlds.crossing.*'balanced' or 'full'.*'half'"),
        ({}, {"ensemble": "calibratd"}, "worlds.ensemble.*or a file.*did you mean calibrated"),
        ({}, {"sha256": "0" * 64}, "sha256 pins a file"),
    ],
)
def test_designs_that_contradict_themselves_are_told_before_anything_is_written(head, table, message, tmp_path):
    with pytest.raises(InputError, match=message):
        crink.sweep(_with(head, **table), tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_the_command_line_tells_a_contradiction_before_it_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = '[experiment]\nname="x"\nseed=1\nruns=1001\nmonths=12\n[worlds]\nsize=250\nruns_per_world=4\n'
    (tmp_path / "x.toml").write_text(text)
    assert cli.main(["sweep", "x.toml"]) == 2
    assert "multiple of that, such as 1,000 or 1,250; 1,001" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def test_an_experiment_without_nesting_is_left_as_it_is():
    plan = reader.checked({"experiment": {"name": "x", "seed": 1, "runs": 33}})
    assert replications.resolved(plan) == plan


def test_worlds_of_a_crossing_follow_one_another_structure_by_structure():
    """The order is fixed: run k lives in world k modulo their number, so it is part of the results."""
    draws = worlds.prior(3, seed=1, which="default")
    made = structures.crossed(draws, STRUCTURES)
    expected = list(itertools.product(range(3), (0.0, 1.0), (0.0, 1.0)))
    for row, (draw, xi, kim) in zip(made.values, expected, strict=True):
        named = dict(zip(CATALOGUE, row, strict=True))
        assert (named["xi_theory"], named["kim_theory"]) == (xi, kim)
        assert [named[name] for name in OTHERS] == [draws.column(name)[draw] for name in OTHERS]


def test_a_sweep_of_the_calibrated_worlds_can_be_nested(tmp_path):
    plan = {"experiment": {"name": "c", "seed": 1, "months": 12}, "worlds": {"size": 30, "runs_per_world": 2}}
    found = crink.sweep(plan, tmp_path)
    assert found.select("any_failure")["n_runs"].item() == 60
    assert isinstance(found.plan, SweepPlan)
    assert found.worlds["copies"].sum() == 30
