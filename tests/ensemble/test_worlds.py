"""How runs are dealt to worlds, what a set of worlds is, and how it is chosen, held and bounded."""

import json
import os
import time

import numpy as np
import pandas as pd
import pytest
from hot import HOT

import crink_abm as crink
from crink_abm import InputError
from crink_abm.cli import main as cli
from crink_abm.ensemble import calibrated, from_file, spec, structures, worlds
from crink_abm.ensemble.build import make_worlds
from crink_abm.ensemble.worlds import Worlds
from crink_abm.experiment import reader
from crink_abm.model import levers
from crink_abm.model.enums import LeaderTypes
from crink_abm.model.parameters import CATALOGUE, SWITCHES

pytestmark = pytest.mark.once  # the same on every Python and Mesa

DEFAULTS = np.array([[float(p.default) for p in CATALOGUE.values()]])
N = len(CATALOGUE)
HEAD = {"name": "own", "seed": 1, "runs": 60, "months": 12}


def _with(**columns) -> np.ndarray:
    """Default worlds with columns of their own."""
    n = len(next(iter(columns.values())))
    table = np.repeat(DEFAULTS, n, axis=0)
    for name, values in columns.items():
        table[:, list(CATALOGUE).index(name)] = values
    return table


def _spread(n=600) -> Worlds:
    return Worlds(_with(crisis_duration=np.linspace(4.0, 10.0, n)), "spread", n)


# --- dealing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["rising", "falling", "shuffled"])
@pytest.mark.parametrize("n", [150, 300, 900])
def test_no_sorting_of_worlds_biases_the_runs(order, n):
    """The mean over runs is that over worlds, within four errors of a sample of worlds without replacement."""
    x = np.linspace(4.0, 10.0, 600)
    x = {"rising": x, "falling": x[::-1], "shuffled": np.random.default_rng(1).permutation(x)}[order]
    spread = Worlds(_with(crisis_duration=x), "", 600)
    mean = spread.column("crisis_duration")[spread.of_runs(0, n)].mean()
    rest = n % 600
    error = x.std() * np.sqrt(rest * (1 - rest / 600)) / n
    assert abs(mean - x.mean()) < 4 * error
    if order == "rising":  # negative control: in turn, the lower half is met twice as often
        in_turn = Worlds(spread.values, "", 600, in_turn=True)
        assert abs(in_turn.column("crisis_duration")[in_turn.of_runs(0, n)].mean() - x.mean()) > 4 * error


def test_runs_live_in_the_same_worlds_however_rows_are_sorted():
    first = worlds.prior(50, seed=1)
    table = Worlds(np.concatenate([first.values, first.values[:7]]), "", 57)
    for seed in range(5):
        mixed = Worlds(table.values[np.random.default_rng(seed).permutation(57)], "", 57)
        assert np.array_equal(mixed.values[mixed.of_runs(11, 200)], table.values[table.of_runs(11, 200)])


@pytest.mark.parametrize("in_turn", [True, False])
def test_every_round_has_each_world_once_and_rows_keep_their_number(in_turn):
    spread = Worlds(_spread(37).values, "", 37, in_turn=in_turn)
    of = spread.of_runs(0, 37 * 4).reshape(4, 37)
    assert (np.sort(of, axis=1) == np.arange(37)).all()
    assert (spread.by_row(of.ravel()) == np.arange(37)).all()
    assert np.array_equal(spread.of_runs(5, 90), spread.of(np.arange(5, 95)))
    assert np.array_equal(spread.of_runs(2**63 + 3, 4), spread.of_runs((2**63 + 3) % 37, 4))
    assert np.array_equal(of[0], np.arange(37)) == in_turn


def test_ensembles_of_the_package_s_own_are_dealt_in_turn():
    """Their rows stand in an order of chance already: what is stored and drawn from them stays as it is."""
    for made in (worlds.prior(9, seed=2), worlds.defaults(), calibrated.load(), structures.crossed(worlds.defaults())):
        assert np.array_equal(made.of_runs(3, 2 * len(made)), (3 + np.arange(2 * len(made))) % len(made))


def test_estimates_do_not_hang_on_how_a_file_is_sorted(tmp_path):
    x = np.random.default_rng(5).permutation(np.linspace(4.0, 10.0, 40))
    found = []
    for name, values in (("a", x), ("b", np.sort(x)), ("c", np.sort(x)[::-1])):
        pd.DataFrame({"crisis_duration": values}).to_csv(tmp_path / f"{name}.csv", index=False)
        plan = {"experiment": HEAD, "worlds": {"ensemble": str(tmp_path / f"{name}.csv")}}
        found.append(crink.sweep(plan, tmp_path / name, say=print))
    one, *others = ((r.folder / "estimates.parquet").read_bytes() for r in found)
    assert all(other == one for other in others)
    assert found[0].worlds["crisis_duration"].tolist() == x.tolist()  # and rows keep their numbers
    for run in (0, 17, 59):
        world = int(found[0].plan.worlds.of(run))
        assert found[0].replay(0, run).parameters["crisis_duration"] == x[world]


def test_keep_takes_a_fair_part_of_a_sorted_file(tmp_path):
    (tmp_path / "w.csv").write_text("crisis_duration\n" + "4\n" * 300 + "9\n" * 300)
    kept = make_worlds(spec.WorldsTable(ensemble=str(tmp_path / "w.csv"), size=100))
    assert len(kept) == 100
    assert abs((kept.column("crisis_duration") == 4).mean() - 0.5) < 4 * np.sqrt(0.25 / 100 * 5 / 6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_size_takes_a_fair_part_of_the_structures(seed):
    """The first worlds of a prior have every level of every switch about equally often, as drawn without replacement."""
    table = spec.WorldsTable(ensemble="prior", draws=648, seed=seed, screen="none", size=72)
    kept = make_worlds(table)
    assert len(kept) == 72
    for p in SWITCHES:
        share, n = 1.0 / len(p.drawn), len(kept)
        error = np.sqrt(share * (1.0 - share) / n * (648 - n) / 647)
        shares = np.bincount(kept.column(p.name).astype(int), minlength=len(p.switch)) / n
        assert (np.abs(shares[[int(level) for level in p.drawn]] - share) < 4.0 * error).all(), p.name
        assert shares.sum() == pytest.approx(shares[[int(level) for level in p.drawn]].sum()), p.name
    # negative control: in the order in which the combinations are written, the first switch stands at one level
    in_order = [levels[SWITCHES[0].name] for levels in worlds.structures()[:72]]
    assert len(set(in_order)) == 1


def test_counts_by_world_name_the_rows_of_a_table_given_by_hand():
    """One world of many can fail: its row, and no other, has the failures."""
    values = np.repeat(DEFAULTS, 12, axis=0)
    for k, p in enumerate(CATALOGUE.values()):
        if p.unit == "per month" and p.name != "wear":
            values[:7, k], values[8:, k] = p.low, p.low
    for name, value in HOT.items():
        values[7, list(CATALOGUE).index(name)] = value
    spread = Worlds(values, "", 12)
    runs = crink.simulate(worlds=spread, runs=1200, seed=3)
    alone = crink.simulate(worlds=Worlds(values[7:8], "", 1), runs=1200, seed=3)
    mine = np.flatnonzero(spread.of_runs(0, 1200) == 7)
    assert len(mine) == 100
    assert np.array_equal(runs.months[mine], alone.months[mine])
    others = np.delete(np.arange(1200), mine)
    assert (runs.months[mine] >= 0).mean() > 5 * (runs.months[others] >= 0).mean()


# --- weights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [7, 20, 29, 30, 31, 45, 60, 61, 899])
@pytest.mark.parametrize("first_run", [0, 13])
def test_weights_make_every_world_reached_count_for_its_rows(n, first_run):
    values = _with(crisis_duration=[4.0] * 5 + [5.0] * 3 + list(np.linspace(6, 9, 22)))
    spread = Worlds(values, "", 30)
    of = spread.of_runs(first_run, n)
    weights = spread.weights(n, first_run)
    assert weights[of].mean() == pytest.approx(1.0, rel=1e-12)
    seen, runs = np.unique(of, return_counts=True)
    rows = pd.DataFrame(
        {"world": values[seen, list(CATALOGUE).index("crisis_duration")], "total": weights[seen] * runs, "rows": 1}
    )
    by = rows.groupby("world").sum()
    assert np.ptp(by["total"] / by["rows"]) == pytest.approx(0.0, abs=1e-9)
    assert (weights[np.setdiff1d(np.arange(30), seen)] == 0).all()
    if n % 30 == 0 or n < 30:
        assert set(weights[of]) == {1.0}
    else:
        assert np.ptp(weights[of]) > 0.001


def test_weights_take_the_bias_of_a_remainder_out():
    """Negative control: without them the worlds of the remainder count twice."""
    spread = _spread(10)
    x, of = spread.column("crisis_duration"), spread.of_runs(0, 15)
    assert np.average(x[of], weights=spread.weights(15)[of]) == pytest.approx(x.mean(), rel=1e-12)
    assert x[of].mean() != pytest.approx(x.mean(), rel=1e-3)


# --- fewer runs than worlds -----------------------------------------------------------------------------------------


def test_fewer_runs_than_worlds_are_told(tmp_path):
    spread, said = _spread(90), r"60 of 90 worlds were reached"
    with pytest.warns(UserWarning, match=said):
        crink.simulate(worlds=spread, runs=60, months=12)
    with pytest.warns(UserWarning, match=said):
        table = crink.compare({}, worlds=spread, runs=60, months=12)
    assert table.attrs["worlds"] == "spread"
    pd.DataFrame({"crisis_duration": np.linspace(4, 9, 90)}).to_csv(tmp_path / "w.csv", index=False)
    plan, told = {"experiment": HEAD, "worlds": {"ensemble": str(tmp_path / "w.csv")}}, []
    found = crink.sweep(plan, tmp_path / "out", say=told.append)
    assert any("60 of 90 worlds were reached" in text for text in told)
    assert (found.manifest["worlds"]["n"], found.manifest["worlds"]["reached"]) == (90, 60)
    assert "60 runs in 60 of 90 worlds" in repr(found)


def test_enough_runs_are_not_told_of(recwarn):
    crink.simulate(worlds=_spread(30), runs=30, months=12)
    assert not [w for w in recwarn if "reached" in str(w.message)]


# --- structures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda p: p.name)
def test_a_switch_named_alone_leaves_the_others_free(switch):
    table, _ = calibrated.read()
    for level in switch.drawn:
        chosen = calibrated.load({switch.name: level.name.lower()})
        assert len(chosen) == table.loc[table[switch.name] == int(level), "copies"].sum()
        for other in SWITCHES:
            assert set(chosen.column(other.name)) == (
                {float(level)} if other is switch else {float(x) for x in other.drawn}
            )
        assert f"those with {switch.name} {level.name.lower()}" in chosen.origin
    assert len(calibrated.load({switch.name: [int(x) for x in switch.switch]})) == table["copies"].sum()


def test_levels_that_no_prior_draws_are_had_by_name():
    """The first edition's choice without types: in no prior and no calibrated world, but wherever it is asked for."""
    level = LeaderTypes.DECISION
    by_name = {p.name: p.by_name for p in SWITCHES if p.by_name}
    assert by_name == {"leader_types": (level,)}
    switch = CATALOGUE["leader_types"]
    assert switch.drawn == (LeaderTypes.LEADER, LeaderTypes.CRISIS)
    assert switch.levels == tuple(LeaderTypes)
    assert all(p.drawn == p.levels for p in SWITCHES if p.name != "leader_types")
    for which in ("all", {}, {"xi_theory": 1}):
        assert {levels["leader_types"] for levels in worlds.structures(which)} == {0.0, 1.0}
        assert set(worlds.prior(648, seed=1, which=which).column("leader_types")) == {0.0, 1.0}
    assert set(calibrated.load().column("leader_types")) == {0.0, 1.0}
    for asked in ({"leader_types": "decision"}, {"leader_types": [2]}):
        assert set(worlds.prior(60, seed=1, which=asked).column("leader_types")) == {2.0}
    both = worlds.prior(648, seed=1, which={"leader_types": ["leader", "decision"]})
    assert set(both.column("leader_types")) == {0.0, 2.0}
    for held in ("decision", 2):
        assert set(worlds.prior(60, seed=1, fixed={"leader_types": held}).column("leader_types")) == {2.0}
        assert set(calibrated.load(fixed={"leader_types": held}).column("leader_types")) == {2.0}
    assert set(structures.crossed(worlds.defaults(), {"leader_types": [0, 2]}).column("leader_types")) == {0.0, 2.0}
    with pytest.raises(InputError, match="leave 0 of 1,000 calibrated worlds"):
        calibrated.load({"leader_types": "decision"})


def test_structures_by_default_are_one_and_by_table_the_rest_is_free():
    assert len(worlds.structures("default")) == 1
    assert len(worlds.structures({"xi_theory": "prospect"})) == 216
    assert len(worlds.structures({})) == len(worlds.structures("all")) == 648
    drawn = worlds.prior(648, seed=1, which={"xi_theory": 1})
    assert set(drawn.column("xi_theory")) == {1.0}
    assert all(len(set(drawn.column(p.name))) == len(p.drawn) for p in SWITCHES if p.name != "xi_theory")


def test_a_crossing_crosses_what_it_names_and_says_where_the_rest_stands():
    made = structures.crossed(worlds.defaults(), {"xi_theory": [0, 1]})
    assert len(made) == 2
    assert "each in 2 structures (xi_theory expected_utility or prospect, kim_theory expected_utility" in made.origin


@pytest.mark.parametrize("which", ["default", {"xi_theory": 0, "kim_theory": 0, "coordination": 0}])
def test_an_ensemble_cut_too_far_is_refused_with_the_numbers(which):
    with pytest.raises(
        InputError, match=r"leave \d+ of 1,000 calibrated worlds, effectively [\d.]+ different ones of 199, where 30"
    ):
        calibrated.load(which)


def test_an_ensemble_cut_too_far_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text('[experiment]\nname="x"\nseed=1\nruns=10\n[worlds]\nstructures="default"\n')
    assert cli.main(["sweep", "x.toml"]) == 2
    assert "of 1,000 calibrated worlds" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def test_the_effective_number_counts_copies_and_small_files_have_a_floor_of_their_own(tmp_path):
    rows = np.repeat(_with(crisis_duration=[4.0, 5.0, 6.0]), [8, 1, 1], axis=0)
    assert worlds.effective(rows) == pytest.approx(100 / 66)
    (tmp_path / "w.csv").write_text(
        "xi_theory,crisis_duration\n" + "".join(f"{k % 2},{4 + k / 5}\n" for k in range(20))
    )
    assert len(from_file.load(tmp_path / "w.csv", {"xi_theory": 1})) == 10
    (tmp_path / "w.csv").write_text("xi_theory,crisis_duration\n1,4\n" + "".join(f"0,{4 + k / 5}\n" for k in range(20)))
    with pytest.raises(InputError, match=r"leave 1 of 21 worlds of 'w.csv', effectively 1 "):
        from_file.load(tmp_path / "w.csv", {"xi_theory": 1})
    many = "xi_theory,crisis_duration,copies\n" + "".join(
        f"{int(k < 40)},{4 + k / 50},{30 if k == 0 else 1}\n" for k in range(200)
    )
    (tmp_path / "w.csv").write_text(many)  # 40 rows of one level, of which one counts for thirty
    with pytest.raises(InputError, match=r"leave 69 of 229 worlds .* effectively 5.07 "):
        from_file.load(tmp_path / "w.csv", {"xi_theory": 1})


@pytest.mark.parametrize(
    "which",
    [{"xi_theory": []}, {"xi_theory": None}, {"xi_theory": True}, {"xi_theory": 10**400}, {"xi_theory": float("nan")}, {"xi_theory": [[0]]},
     {"xi_theory": "brave"}, {"xi_mood": 0}, {"xi_theory": {"a": 1}}, "some", None, 3, ["xi_theory"], {0: 1}, {"x" * 10**6: 0}],
    ids=lambda x: str(type(x).__name__),
)  # fmt: skip
def test_structures_that_are_none_are_refused_in_a_sentence(which):
    for make in (
        lambda: worlds.structures(which),
        lambda: calibrated.load(which),
        lambda: worlds.prior(3, seed=1, which=which),
    ):
        with pytest.raises(InputError) as told:
            make()
        assert len(str(told.value)) < 500


@pytest.mark.parametrize(
    ("table", "parameters", "message"),
    [
        ({"ensemble": "defaults", "structures": {"xi_theory": 1}}, {}, 'chooses among worlds, and ensemble = "defaults" has one'),
        ({"ensemble": "defaults", "structures": {"xi_mood": 1}}, {}, "xi_mood"),
        ({"ensemble": "prior", "structures": {"xi_theory": 0}}, {"xi_theory": 1}, "which .worlds. structures leaves out"),
        ({"structures": {"xi_theory": [0, 1]}}, {"xi_theory": 1}, "holds it at one level in every world; drop one"),
        ({"ensemble": "prior", "draws": 3_000_000, "screen": "none"}, {}, "3,000,000 are asked for, where 200,000"),
        ({"ensemble": "prior", "draws": 10**18}, {}, "10.18 are asked for, where 200,000"),
        ({"ensemble": "prior", "draws": 10**8, "screen": "none", "crossing": "full"}, {}, "100,000,000 are asked for"),
        ({"ensemble": "prior", "draws": 10**5, "screen": "none", "crossing": "full"}, {}, "are 64,800,000 worlds, where 200,000"),
    ],
)  # fmt: skip
def test_worlds_that_cannot_be_are_refused_at_once_and_leave_nothing(table, parameters, message, tmp_path):
    plan = {"experiment": HEAD, "worlds": table, "parameters": parameters}
    before = time.perf_counter()
    with pytest.raises(InputError, match=message):
        crink.sweep(plan, tmp_path / "never")
    assert time.perf_counter() - before < 1.0
    assert not (tmp_path / "never").exists()


# --- what is held ---------------------------------------------------------------------------------------------------


def test_a_switch_that_is_forced_leaves_the_calibrated_ensemble_and_says_so(tmp_path, capsys):
    plan = {"experiment": HEAD | {"runs": 40}, "worlds": {"size": 40}, "parameters": {"xi_theory": "prospect"}}
    found = crink.sweep(plan, tmp_path)
    assert found.manifest["worlds"]["n"] == 40
    assert "with xi_theory held at prospect" in found.manifest["worlds"]["origin"]
    note = "not the calibrated worlds: xi_theory held at prospect in every world"
    assert note in found.manifest["worlds"]["note"]
    assert note in repr(found)
    assert json.loads(json.dumps(found.manifest))["worlds"]["note"] == found.plan.worlds.note
    with pytest.warns(UserWarning):
        table = crink.compare({}, runs=20, months=12, parameters={"crisis_duration": 5})
    assert "crisis_duration held at 5" in table.attrs["note"]


def test_the_command_prints_the_note(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = '[experiment]\nname="x"\nseed=1\nruns=8\nmonths=12\n[worlds]\nsize=8\n[parameters]\ncrisis_duration=5\n'
    (tmp_path / "x.toml").write_text(text)
    assert cli.main(["sweep", "x.toml", "--no-charts"]) == 0
    assert "note: these are not the calibrated worlds: crisis_duration held at 5" in capsys.readouterr().out
    # negative control: nothing is held, nothing is noted
    (tmp_path / "y.toml").write_text(text.replace('"x"', '"y"').split("[parameters]")[0])
    assert cli.main(["sweep", "y.toml", "--no-charts"]) == 0
    assert "note:" not in capsys.readouterr().out


# --- worlds by hand -------------------------------------------------------------------------------------------------


def _nan():
    table = DEFAULTS.copy()
    table[0, 5] = np.nan
    return table


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (DEFAULTS[:, :-1], rf"{N} columns.*shape \(1, {N - 1}\)"), (np.hstack([DEFAULTS, DEFAULTS[:, :1]]), rf"\(1, {N + 1}\)"),
        (DEFAULTS[0], rf"shape \({N},\)"), (DEFAULTS[:0], "at least one"), (_nan(), "nan was given"),
        (DEFAULTS.astype(str), "table of numbers"), (DEFAULTS > 0, "table of numbers"), (None, "table of numbers"), ([[1.0], [1.0, 2.0]], "numbers"),
        (DEFAULTS * 1e9, "1e.09 was given"), (DEFAULTS + np.inf, "inf was given"), (_with(xi_theory=[0.5]), "xi_theory is a whole number"),
        (_with(crisis_duration=[900.0]), r"world 0: crisis_duration lies in .*900 was given"), ("calibrated", "table of numbers"),
        (pd.DataFrame(DEFAULTS), "as a column once"), (pd.DataFrame(DEFAULTS, columns=list(CATALOGUE)).drop(columns="crisis_duration"), "crisis_duration"),
    ],
)  # fmt: skip
def test_worlds_by_hand_are_checked_when_they_are_made(values, message):
    with pytest.raises(InputError, match=message) as told:
        Worlds(values, "by hand", 1)
    assert len(str(told.value)) < 500


def test_a_data_frame_of_worlds_goes_by_its_names():
    frame = pd.DataFrame(_with(crisis_duration=[4.0, 5.0]), columns=list(CATALOGUE))
    assert np.array_equal(Worlds(frame[frame.columns[::-1]], "", 2).values, frame.to_numpy())


def test_parameters_beside_worlds_are_refused():
    spread = _spread(5)
    for run in (
        lambda **more: crink.simulate(runs=5, months=12, **more),
        lambda **more: crink.compare({}, runs=5, months=12, **more),
    ):
        for parameters in ({"crisis_duration": 5}, {"crisis_duratio": 5}):
            with pytest.raises(
                InputError, match=r"parameters mean nothing beside a Worlds|no parameter is named 'crisis_duratio'"
            ):
                run(worlds=spread, parameters=parameters)
    assert len(crink.simulate(runs=5, months=12, worlds=worlds.held(spread, {"crisis_duration": 5}))) == 5
    with pytest.raises(InputError, match="did you mean"):
        spread.column("crisis_duratio")
    with pytest.raises(InputError, match="at least one world"):
        spread.first(0)


def test_worlds_of_an_earlier_start_may_leave_the_ranges_of_2026():
    table = _with(crisis_duration=[900.0])
    assert len(Worlds(table, "", 1, as_of="2015-01")) == 1
    with pytest.raises(InputError):
        Worlds(table, "", 1)


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", ["1e7", "1e300", "200001", "100000"])
def test_copies_are_counted_before_they_are_made(tmp_path, copies):
    (tmp_path / "w.csv").write_text(f"crisis_duration,copies\n5,{copies}\n6,100001\n")
    before = time.perf_counter()
    with pytest.raises(InputError, match=r"has [\d.e+]+ worlds, its copies counted, where 200,000 are the most"):
        from_file.load(tmp_path / "w.csv")
    assert time.perf_counter() - before < 1.0


def test_runs_a_world_are_counted_before_anything_is_made(tmp_path):
    plan = {"experiment": {"name": "x", "seed": 1, "months": 12}, "worlds": {"runs_per_world": 10**9, "size": 1000}}
    plan["worlds"]["runs_per_world"] += 1
    with pytest.raises(InputError, match=r"are the most|less than or equal|from 1 to"):
        crink.sweep(plan, tmp_path / "never")
    assert not (tmp_path / "never").exists()
    from crink_abm.analysis import sign_audit

    many = {"experiment": HEAD, "audit": {"runs_per_world": 10**6}}
    with pytest.raises(InputError, match=r"1,000,000 in 1,000 worlds take about .* of memory, and this machine has"):
        sign_audit.run(reader.checked(many, kind=sign_audit.AuditFile))


def test_rows_are_counted_before_they_are_read(tmp_path):
    for text in ("5\n" * 300_000, '"5"\n' * 200_001):
        (tmp_path / "w.csv").write_text("crisis_duration\n" + text)
        before = time.perf_counter()
        with pytest.raises(InputError, match="more than 200,000 rows"):
            from_file.load(tmp_path / "w.csv")
        assert time.perf_counter() - before < (30.0 if '"' in text else 1.0)
    pd.DataFrame({"crisis_duration": np.full(3_000_000, 5.0)}).to_parquet(tmp_path / "w.parquet")
    before = time.perf_counter()
    with pytest.raises(InputError, match="3,000,000 rows, where 200,000 are the most"):
        from_file.load(tmp_path / "w.parquet")
    assert time.perf_counter() - before < 1.0


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_what_has_no_end_or_is_no_file_is_refused_at_once(tmp_path, kind):
    pipe, device, folder, large = (tmp_path / f"{name}{kind}" for name in ("pipe", "zero", "folder", "large"))
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    folder.mkdir()
    with large.open("wb") as file:
        file.truncate(2**40)  # a hole: no byte of it is on the disk
    for path in (pipe, device, folder, large):
        before = time.perf_counter()
        with pytest.raises(
            InputError, match=r"^the file of worlds '[^']*' (is no file with an end|has .* are the most)"
        ):
            crink.sweep({"experiment": HEAD, "worlds": {"ensemble": str(path)}}, tmp_path / "never")
        assert time.perf_counter() - before < 1.0
    for name in ("a\0b.csv", "n" * 5000 + ".csv", str(tmp_path / "none.csv")):
        with pytest.raises(InputError) as told:
            crink.sweep({"experiment": HEAD, "worlds": {"ensemble": name}}, tmp_path / "never")
        assert len(str(told.value)) < 500
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crisis_duration\n4,5\n3,2\n", r"line 2 has 2 cells where the header has 1 \(a decimal comma"),
        ('crisis_duration\n5\n"4,5"\n', "line 3, row 2: crisis_duration .*'4,5' was given; numbers have a point"),
        ("crisis_duration;sea_cost\n4,5;0,3\n", "cells are separated by ';'"), ("crisis_duration\tsea_cost\n4.5\t0.3\n", "separated by"),
        (",crisis_duration\n0,5\n1,6\n", r"column 1 has no name \(an index"), ("crisis_duration,crisis_duration\n5,6\n", "there twice"),
        ("crisis_duration,sea_cost\n5\n", "line 2 has 1 cells where the header has 2"), ('copies\n"1,000"\n', "copies is a whole number.*point"),
        ("crisis_duration\nTrue\n", "'True' was given"), ("initial_tie\ntrue\n", "'true' was given"), ("crisis_duration\n2026-01-01\n", "'2026-01-01'"),
        ("copies\n3\n", "no column that a parameter"), ("crisis_duration\n5\n\n\n6\n7,1\n", "line 6 has 2 cells"), ("\n\n", "no header"),
        ('crisis_duration\n"5\n', "line 2 cannot be read"), ("crisis_duration,copies\n5,inf\n", "copies is a whole number"),
    ],
)  # fmt: skip
def test_a_csv_file_that_would_be_misread_is_told_with_its_line(tmp_path, text, message):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(InputError, match=message) as told:
        from_file.load(tmp_path / "w.csv")
    assert "w.csv" in str(told.value)


def test_spreadsheets_habits_that_change_no_value_are_read(tmp_path):
    plain = "crisis_duration,xi_theory,copies\n4.5,Prospect,2\n6,0,1\n"
    (tmp_path / "w.csv").write_text(plain)
    right = from_file.load(tmp_path / "w.csv").values
    assert right.shape[0] == 3
    for text in (plain.replace("\n", "\r\n"), "\ufeff" + plain, plain.replace("\n", ",,\n"), plain.replace("\n", "\n\n"), plain.replace(",", " , "),
                 '"crisis_duration","xi_theory","copies"\n"4.5","prospect","2"\n"6","0","1"'):  # fmt: skip
        (tmp_path / "w.csv").write_bytes(text.encode())
        assert np.array_equal(from_file.load(tmp_path / "w.csv").values, right), text


def test_the_worlds_of_a_sweep_are_a_file_of_worlds(tmp_path):
    (tmp_path / "w.csv").write_text("crisis_duration,copies\n5,2\n8,1\n")
    found = crink.sweep({"experiment": HEAD, "worlds": {"ensemble": str(tmp_path / "w.csv")}}, tmp_path / "out")
    found.worlds.to_csv(tmp_path / "a.csv")
    found.worlds.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert np.array_equal(from_file.load(tmp_path / name).values, found.plan.worlds.values)


def test_a_parquet_file_whose_index_is_a_parameter_is_read_by_name(tmp_path):
    frame = pd.DataFrame({"crisis_duration": [5.0, 8.0], "sea_cost": [0.3, 0.4]})
    frame.set_index("crisis_duration").to_parquet(tmp_path / "w.parquet")
    assert from_file.load(tmp_path / "w.parquet").column("crisis_duration").tolist() == [5.0, 8.0]
    frame[frame["sea_cost"] > 0.3].to_parquet(tmp_path / "w.parquet")  # an index without a name says nothing
    assert from_file.load(tmp_path / "w.parquet").column("sea_cost").tolist() == [0.4]
    frame[["sea_cost"]].set_axis(pd.RangeIndex(4, 6, name="crisis_duration")).to_parquet(tmp_path / "w.parquet")
    with pytest.raises(InputError, match="for its index"):
        from_file.load(tmp_path / "w.parquet")


@pytest.mark.parametrize(
    ("values", "held"),
    [(pd.to_datetime(["1970-01-01"]), "timestamp"), ([True], "bool"), ([[1.0]], "list"), ([b"1"], "binary")],
)  # fmt: skip
def test_columns_of_parquet_that_are_no_numbers_are_refused(tmp_path, values, held):
    pd.DataFrame({"crisis_duration": values}).to_parquet(tmp_path / "w.parquet")
    with pytest.raises(InputError, match=f"crisis_duration lies in .* its column holds '{held}"):
        from_file.load(tmp_path / "w.parquet")


def test_a_sorted_file_of_two_halves_gives_the_mean_of_both(tmp_path):
    """The right value is that of the two worlds, each simulated alone. In turn, 300 runs would all live in the first."""
    ends = CATALOGUE["taiwan_incident_logit"].low, CATALOGUE["fixed_cost_blockade"].high, CATALOGUE["costs_sd"].low
    cold = dict(zip(("taiwan_incident_logit", "fixed_cost_blockade", "costs_sd"), ends, strict=True))
    cold = {"fixed_cost_invasion": CATALOGUE["fixed_cost_invasion"].high, "leader_types": 0.0, **cold}
    hot = HOT | {"leader_types": 1.0}
    defaults = {name: CATALOGUE[name].default for name in hot}
    rows = (",".join(f"{row[name]:g}" for name in hot) + "\n" for row in (hot, defaults | cold))
    (tmp_path / "w.csv").write_text(",".join(hot) + "\n" + "".join(row * 300 for row in rows))
    spread = from_file.load(tmp_path / "w.csv")
    alone = [
        crink.simulate(worlds=Worlds(spread.values[k : k + 1], "", 1), runs=40_000, seed=9).months.max(1) >= 0
        for k in (0, 599)
    ]
    right = np.mean([x.mean() for x in alone])
    assert abs(alone[0].mean() - alone[1].mean()) > 0.5
    for n in (300, 900):
        found = crink.simulate(worlds=spread, runs=n, seed=1).months.max(1) >= 0 if n >= 600 else None
        if found is None:
            with pytest.warns(UserWarning, match="300 of 600"):
                found = crink.simulate(worlds=spread, runs=n, seed=1).months.max(1) >= 0
        assert abs(found.mean() - right) < 4 * np.sqrt(0.25 / n)
    assert levers.MONTHS == 120
