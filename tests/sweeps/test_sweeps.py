"""Experiments, their store and their results: complete, resumable, replayable."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, plan_file
from hot import HOT

import crink_abm as crink
from crink_abm import InputError
from crink_abm.ensemble import spec, worlds
from crink_abm.estimation import intervals, over_worlds, significance
from crink_abm.experiment import reader
from crink_abm.model import outcomes
from crink_abm.model.outcomes import RESULTS
from crink_abm.sweeps.cells import packs
from crink_abm.sweeps.codec import UNITS
from crink_abm.sweeps.pipeline import Pipeline
from crink_abm.sweeps.plan import SweepPlan
from crink_abm.sweeps.store import Store

SMALL = {
    "experiment": {"name": "small", "seed": 5, "runs": 96, "months": 36},
    "levers": {
        "usfk_posture": {"from": 0.0, "to": 1.0, "points": 3},
        "trilateral_coordination": [0.2, 0.5, 0.8],
        "dual_role": 0.5,
    },
    "one_at_a_time": {"levers": ["dual_role"], "points": 3},
    "packages": {"surge": {"usfk_posture": {"2026-06": 0.5, "2027-01": 1.0}}},
    "worlds": {"ensemble": "prior", "draws": 24, "screen": "none", "structures": "all"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return crink.sweep(SMALL, tmp_path_factory.mktemp("small"))


def _digest(folder):
    """A hash of every file's name and bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(p.relative_to(folder)).encode() + p.read_bytes() for p in files)).hexdigest()


def test_points_cover_the_grid_the_curves_the_packages_and_the_baseline(results):
    # 9 of the grid (the baseline is one of them), 2 more of dual_role, 1 package
    assert len(results.points) == 12
    base = results.points.loc[results.baseline]
    assert base["label"] == "baseline"
    assert (base["usfk_posture"], base["trilateral_coordination"], base["dual_role"]) == (0.5, 0.5, 0.5)
    assert "2027-01" in results.points.loc[results.points["label"] == "surge", "schedules"].iloc[0]


def test_results_read_back_as_the_sweep_that_was_run(results):
    """The manifest keeps the order of the file: point numbers mean the same policies when read back."""
    for number, chosen in enumerate(results.plan.policies):
        row = results.points.loc[number]
        for name, value in chosen.items():
            assert isinstance(value, dict) or row[name] == value
    assert results.plan.points.families == results.points["family"].tolist()
    assert set(results.plan.points.families) == {"grid", "one_at_a_time", "package", "baseline"}


def test_a_map_is_judged_as_one_family(results):
    """A cell of the grid that is also a one-at-a-time point has the q-value of the map in the map."""
    e = results.estimates[(results.estimates["n_only_policy"] >= 0) & (results.estimates["point"] != results.baseline)]
    grid = e[e["on_grid"]]
    assert (e["grid_q_value"].notna() == e["on_grid"]).all()
    assert grid["point"].nunique() == 8
    assert e.loc[e["family"] == "one_at_a_time", "on_grid"].eq(False).all()
    for _, cells in grid.groupby("outcome"):
        moved = (cells["n_only_policy"] + cells["n_only_baseline"]) / cells["n_runs"]
        error = over_worlds.of_change(cells["diff_ensemble_se"], moved, cells["ensemble_df"])
        p = significance.difference_test(
            cells["n_only_policy"], cells["n_only_baseline"], cells["diff"], error, cells["ensemble_df"]
        )
        assert cells["grid_q_value"].to_numpy() == pytest.approx(significance.false_discovery(p))


def test_discernible_is_a_q_value_of_at_most_five_per_cent(tmp_path, monkeypatch):
    """The flag that every map rests on is tied to its number, on both sides of it, in both families."""
    asked = [0.001, 0.0499, 0.05, 0.0501, 0.07, 0.0999, 0.11, 1.0]
    monkeypatch.setattr(significance, "false_discovery", lambda p_values: np.resize(asked, len(p_values)))
    e = crink.sweep(SMALL, tmp_path).estimates
    for family in ("", "grid_"):
        rows = e[e[f"{family}q_value"].notna()]
        assert set(rows[f"{family}q_value"]) == set(asked)
        flags = rows.groupby(f"{family}q_value")[f"{family}discernible"].agg(["min", "max"]).astype(bool)
        assert flags.index[flags["min"]].tolist() == [0.001, 0.0499, 0.05]
        assert flags.index[~flags["max"]].tolist() == [0.0501, 0.07, 0.0999, 0.11, 1.0]
        assert e.loc[e[f"{family}q_value"].isna(), f"{family}discernible"].isna().all()


def test_every_estimate_has_its_interval_and_its_number_of_runs(results):
    e = results.estimates
    assert set(e["outcome"]) == set(outcomes.OUTCOMES) | set(outcomes.CONDITIONALS)
    plain = e[e["outcome"].isin(list(outcomes.OUTCOMES))]
    assert (plain["n_runs"] == 96).all()
    assert ((e["low"] <= e["prob"]) & (e["prob"] <= e["high"]) | e["prob"].isna()).all()
    assert ((plain["diff_low"] <= plain["diff"]) & (plain["diff"] <= plain["diff_high"])).all()


def test_the_baseline_differs_from_itself_by_nothing(results):
    base = results.estimates[
        (results.estimates["point"] == results.baseline) & (results.estimates["n_only_policy"] >= 0)
    ]
    assert (base["diff"] == 0).all()
    assert (base["n_only_policy"] + base["n_only_baseline"] == 0).all()


def test_estimates_recount_from_the_runs(results):
    """The table agrees with a plain recount of the stored runs."""
    for point in (0, results.baseline):
        runs = results.runs([point])
        failed = ((runs["first_blockade"] >= 0) | (runs["first_invasion"] >= 0)).sum()
        row = results.select("taiwan_failure").set_index("point").loc[point]
        assert row["n_events"] == failed
        assert row["low"] == pytest.approx(intervals.clopper_pearson(failed, 96)[0])


def test_a_point_is_the_same_as_simulated_alone(results):
    policy = {"usfk_posture": 0.0, "trilateral_coordination": 0.2, "dual_role": 0.5}
    alone = crink.simulate(policy, runs=96, seed=5, months=36, worlds=results.plan.worlds)
    stored = results.runs([0])
    for name in ("first_blockade", "n_launch_days", "highest_rung"):
        assert (stored[name].to_numpy() == alone.results[name].to_numpy()).all()


@pytest.mark.parametrize(("point", "run"), [(0, 0), (4, 17), (8, 95), (11, 3)])
def test_replay_is_the_run_of_the_sweep(results, point, run):
    model = results.replay(point, run)
    stored = results.runs([point]).iloc[run]
    for name in RESULTS:
        assert model.value(name) == pytest.approx(stored[name], abs=UNITS.get(name, 0.0) / 2), name


def test_replay_names_what_exists(results):
    with pytest.raises(InputError, match="0 to 11; 99"):
        results.replay(99, 0)
    with pytest.raises(InputError, match="0 to 95; 96"):
        results.replay(0, 96)


def test_mesa_engine_gives_the_same_bytes(tmp_path):
    tiny = SMALL | {
        "experiment": {"name": "tiny", "seed": 5, "runs": 6, "months": 12},
        "one_at_a_time": None,
        "packages": {},
    }
    crink.sweep(tiny, tmp_path / "a")
    crink.sweep(tiny, tmp_path / "b", engine="mesa")
    assert _digest(tmp_path / "a") == _digest(tmp_path / "b")


def test_running_again_changes_no_byte(results):
    before = _digest(results.folder)
    crink.sweep(SMALL, results.folder)
    assert _digest(results.folder) == before


def test_number_of_threads_changes_no_byte(results, tmp_path):
    crink.sweep(SMALL, tmp_path, executor="threads:1")
    assert _digest(tmp_path) == _digest(results.folder)


@pytest.mark.parametrize("damage", ["missing", "torn", "flipped"])
def test_a_damaged_part_is_made_again(results, tmp_path, damage):
    crink.sweep(SMALL, tmp_path)
    whole = _digest(tmp_path)
    part = next((tmp_path / "runs").glob("*.parquet"))
    data = bytearray(part.read_bytes())
    if damage == "missing":
        part.unlink()
    elif damage == "torn":
        part.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 3] ^= 0x10
        part.write_bytes(data)
    crink.sweep(SMALL, tmp_path)
    assert _digest(tmp_path) == whole


def test_temporary_files_of_a_killed_write_are_swept_and_told(results, tmp_path):
    store = Store(tmp_path)
    store.prepare()
    (store.packs / ".x.parquet-abc.tmp").write_bytes(b"half")
    with store.work("any", "key") as found:
        assert str(found) == "0 runs in 0 packs, 1 write cut short (removed)"
    assert not list(store.packs.iterdir())


@pytest.mark.once
def test_killed_sweeps_end_with_the_same_bytes(tmp_path):
    """kill -9 at two moments of a real sweep, then the same command again; at fifty in ``test_kills``."""
    plan = tmp_path / "killed.toml"
    plan.write_text(
        '[experiment]\nname = "killed"\nseed = 3\nruns = 10000\nmonths = 12\n[levers]\n'
        "usfk_posture = { from = 0.0, to = 1.0, points = 21 }\nsanctions_intensity = [0.1, 0.3, 0.5, 0.7]\n"
        '[worlds]\nensemble = "prior"\ndraws = 40\nscreen = "none"\n'
    )
    command = [sys.executable, "-m", "crink_abm", "sweep", str(plan), "--no-charts", "--out"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=env, capture_output=True)
    assert len(list((tmp_path / "whole" / "runs").iterdir())) >= 4
    for wait in (0.0, 0.3):
        folder = tmp_path / f"cut{wait}"
        process = subprocess.Popen(
            [*command, str(folder)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not list(folder.glob("runs/*.parquet")) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL  # it had not ended by itself
        again = subprocess.run([*command, str(folder)], check=True, env=env, capture_output=True, text=True)
        assert "found in" in again.stderr
        assert _digest(folder) == _digest(tmp_path / "whole")


def test_a_folder_belongs_to_one_experiment(results, tmp_path):
    other = SMALL | {"experiment": SMALL["experiment"] | {"name": "other"}}
    before = _digest(results.folder)
    with pytest.raises(InputError, match="holds the sweep 'small'"):
        crink.sweep(other, results.folder)
    assert _digest(results.folder) == before


def test_an_edited_experiment_drops_old_conclusions_and_keeps_shared_runs(tmp_path):
    plan = SMALL | {"one_at_a_time": None, "packages": {}}
    crink.sweep(plan, tmp_path)
    (tmp_path / "figures").mkdir()
    for name in ("levers.png", "mine.png"):
        (tmp_path / "figures" / name).write_bytes(b"old")
    parts = set((tmp_path / "runs").iterdir())
    crink.sweep(plan | {"baseline": {"exposure": 0.5}}, tmp_path)
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine.png"]  # no chart of ours has that name
    assert parts <= set((tmp_path / "runs").iterdir())


def test_a_read_only_folder_can_be_read(results, tmp_path, monkeypatch):
    """Reading results never writes: the store's test of the folder is not even made."""
    import crink_abm.sweeps.store

    def refuse(*args, **kwargs):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(crink_abm.sweeps.store.tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(crink_abm.sweeps.store, "_write", refuse)
    read = crink.Results(results.folder)
    assert len(read.runs([0])) == 96
    assert read.replay(0, 1).value("n_launch_days") == read.runs([0])["n_launch_days"].iloc[1]


@pytest.mark.parametrize("name", ["manifest.json", "estimates.parquet"])
def test_damaged_results_say_what_to_do(results, tmp_path, name):
    import shutil

    shutil.copytree(results.folder, tmp_path / "copy")
    (tmp_path / "copy" / name).write_bytes(b"{torn")
    with pytest.raises(InputError, match="run the sweep again"):
        crink.Results(tmp_path / "copy")


def test_dataset_has_levers_for_dimensions(results):
    data = results.dataset
    n_outcomes = len(outcomes.OUTCOMES) + len(outcomes.CONDITIONALS)
    assert dict(data.sizes) == {"outcome": n_outcomes, "usfk_posture": 3, "trilateral_coordination": 3}
    cell = data["prob"].sel(outcome="any_failure", usfk_posture=0.5, trilateral_coordination=0.5).item()
    row = results.select("any_failure").set_index("point").loc[results.baseline]
    assert cell == row["prob"]


def test_slice_holds_the_other_levers_at_the_baseline(results):
    curve = results.slice("any_failure", "dual_role")
    assert curve["dual_role"].tolist() == [0.0, 0.5, 1.0]
    assert curve["usfk_posture"].eq(0.5).all()


def test_a_lever_on_a_schedule_is_no_level_along_itself(results):
    """A point whose free lever follows dates stands at no place of that lever's axis."""
    surge = int(results.points.loc[results.points["label"] == "surge", "point"].iloc[0])
    assert isinstance(results.plan.policies[surge]["usfk_posture"], dict)
    along = results.points_along("usfk_posture")
    assert surge not in along
    assert sorted(results.points.loc[along, "usfk_posture"]) == [0.0, 0.5, 1.0]
    assert surge not in results.points_along("usfk_posture", "trilateral_coordination")


def test_incidence_ends_at_the_probability_and_causes_add_up(results):
    point = results.baseline
    total = results.incidence([point], ["any_failure"])
    row = results.select("any_failure").set_index("point").loc[point]
    assert total["prob"].iloc[-1] == row["prob"]
    causes = results.competing([point])
    assert causes.groupby("month")["prob"].sum().to_numpy() == pytest.approx(total["prob"].to_numpy())


def test_results_show_themselves(results):
    assert "12 points x 96 runs in 24 worlds" in repr(results)
    assert "any_failure" in results._repr_html_()


def test_worlds_are_balanced_over_structures_and_within_ranges():
    from crink_abm.model.parameters import CATALOGUE, SWITCHES

    drawn = worlds.prior(648, seed=2)
    for p in SWITCHES:
        counts = np.bincount(drawn.column(p.name).astype(int), minlength=len(p.switch))
        assert dict(enumerate(counts)) == {int(x): 648 // len(p.drawn) * (x in p.drawn) for x in p.levels}
    for p in CATALOGUE.values():
        column = drawn.column(p.name)
        assert p.low <= column.min() <= column.max() <= p.high
        if p.switch is None and p.high > p.low:
            # Latin: one draw in each of 648 slices of equal prior mass
            mass = np.log(column / p.low) / np.log(p.high / p.low) if p.log else (column - p.low) / (p.high - p.low)
            assert len(set(np.floor(mass * 648).clip(0, 647))) >= 645


@pytest.mark.once
def test_a_screen_keeps_worlds_by_what_they_are_and_not_by_its_number_of_runs():
    """Four and sixteen times the runs keep the same share within the chance of drawing it, and mostly the same worlds.

    Negative control: the rule "not ruled out by an interval of its own few runs" keeps several times as many.
    """
    from crink_abm.ensemble import screening

    drawn = worlds.prior(648, seed=3)
    few, more, many = (screening.elicited(drawn, runs=runs, seed=3) for runs in (128, 512, 2048))
    for kept in (few, more):
        a, b = kept.report["kept"], many.report["kept"]
        assert abs(a - b) <= 3 * np.sqrt(a + b)
    assert 0 < many.report["undecided"] < few.report["undecided"]
    assert many.report["share_if_undecided_fail"] <= many.report["share_kept"] <= many.report["share_if_undecided_pass"]
    events, trials = screening.counts(drawn.values, 32, 0, 3)
    outside, _ = screening._judge(events, trials, 0.95)
    assert (~outside.any(1)).sum() > 2 * many.report["kept"]


@pytest.mark.once
def test_early_verdicts_of_a_screen_are_those_of_all_its_runs():
    """Worlds dropped or kept early would be judged the same by the full number of runs, but for one in a hundred."""
    from crink_abm.ensemble import screening

    drawn = worlds.prior(324, seed=4)
    staged = {row.tobytes() for row in screening.elicited(drawn, runs=1024, seed=4).values}
    events, trials = screening.counts(drawn.values, 2048, 10**9, 5)
    outside, inside = screening._judge(events, trials, 0.999)
    for row, out, within in zip(drawn.values, outside.any(1), inside.all(1), strict=True):
        assert not (out and row.tobytes() in staged)
        assert not (within and row.tobytes() not in staged)


def test_a_cached_screen_is_not_reused_after_an_edit_of_the_screen(monkeypatch):
    from crink_abm.ensemble import build
    from crink_abm.model import keys

    table = spec.WorldsTable()
    before = build.worlds_name(table)
    assert build.worlds_name(table) == before
    monkeypatch.setattr(build, "worlds_hash", lambda: "another")
    assert build.worlds_name(table) != before
    assert {"screening", "elicited", "worlds", "outcomes", "intervals"} <= set(keys.SCREENING)


def test_a_replay_by_other_rules_is_refused(results, monkeypatch):
    import crink_abm.results.results

    monkeypatch.setattr(crink_abm.results.results, "rules_hash", lambda: "0123456789abcdef")
    with pytest.raises(InputError, match="made by other rules"):
        results.replay(0, 0)
    assert len(results.runs([0])) == 96  # what was stored can still be read


def test_a_disk_that_fails_for_a_moment_costs_no_run(results, monkeypatch):
    """Damage is told from a failing disk: the pack stays, and the error is raised."""
    from pathlib import Path

    key = results.plan.key(0)
    packs = {path: path.read_bytes() for path in (results.folder / "runs").iterdir()}

    def fail(self):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        with pytest.raises(OSError, match="Input/output"):
            Store(results.folder).read(key, 0, 96)
    assert {path: path.read_bytes() for path in (results.folder / "runs").iterdir()} == packs
    assert len(Store(results.folder).read(key, 0, 96)) == 96


def test_runs_can_be_added_and_points_are_shared(tmp_path, monkeypatch):
    """More runs, and another grid, make only what is missing; the estimates are those of a sweep from scratch."""
    made = []
    plain = Pipeline._compute

    def counted(self, cells):
        made.extend(cells)
        return plain(self, cells)

    small = SMALL | {"one_at_a_time": None, "packages": {}}
    crink.sweep(small, tmp_path / "grown", runs=40)
    monkeypatch.setattr(Pipeline, "_compute", counted)

    def work():
        """Runs made since last asked."""
        cells = list(made)
        made.clear()
        return sum(cell.n for cell in cells)

    crink.sweep(small, tmp_path / "grown", runs=96)
    assert work() == 9 * 56
    wider = small | {"levers": small["levers"] | {"trilateral_coordination": [0.2, 0.5, 0.8, 1.0]}}
    crink.sweep(wider, tmp_path / "grown", runs=60)
    assert work() == 3 * 60
    crink.sweep(wider, tmp_path / "fresh", runs=60)
    for name in ("estimates", "metrics", "first_months", "points"):
        assert (tmp_path / "grown" / f"{name}.parquet").read_bytes() == (
            tmp_path / "fresh" / f"{name}.parquet"
        ).read_bytes()


def test_ten_thousand_points_make_few_files():
    """By the plan: packs, not points, are files."""
    plan = reader.checked(
        SMALL
        | {
            "levers": {
                "usfk_posture": {"from": 0, "to": 1, "points": 101},
                "exposure": {"from": 0, "to": 1, "points": 100},
            }
        }
    )
    plan = SweepPlan.of(plan, worlds.defaults())
    assert len(plan.policies) > 10_000
    assert len(list(packs(plan.cells()))) < 50
    assert sum(cell.n for cells in packs(plan.cells()) for cell in cells) == len(plan.policies) * 96


def test_two_sweeps_in_one_folder_are_told_apart(results):
    with (
        Store(results.folder).work("small", results.experiment.key()),
        pytest.raises(InputError, match="another sweep is at work"),
    ):
        crink.sweep(SMALL, results.folder)
    crink.sweep(SMALL, results.folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits on file sizes")
def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """With files limited to a few kilobytes the sweep fails with exit 1 and says so; freed, it ends with the same bytes."""
    plan = tmp_path / "full.toml"
    plan.write_text(
        '[experiment]\nname = "full"\nseed = 3\nruns = 4000\nmonths = 24\n[levers]\nusfk_posture = [0.2, 0.8]\n'
        '[worlds]\nensemble = "defaults"\n'
    )
    command = [sys.executable, "-m", "crink_abm", "sweep", str(plan), "--no-charts", "--out"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=env, capture_output=True)

    def limit():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))

    tight = subprocess.run(
        [*command, str(tmp_path / "tight")], env=env | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
        text=True, preexec_fn=limit,
    )  # fmt: skip
    assert tight.returncode == 1, tight.stderr
    assert "the same command continues" in tight.stderr
    assert not list((tmp_path / "tight" / "runs").glob("*.parquet"))
    assert not list((tmp_path / "tight").glob("estimates*"))
    subprocess.run([*command, str(tmp_path / "tight")], check=True, env=env, capture_output=True)
    assert _digest(tmp_path / "tight") == _digest(tmp_path / "whole")


def test_a_slice_follows_a_baseline_that_is_on_a_schedule(tmp_path):
    """Points that leave the schedule are no part of a slice along another lever."""
    plan = {
        "experiment": {"name": "dated", "seed": 5, "runs": 24, "months": 24},
        "levers": {"usfk_posture": {"2026-01": 0.5, "2027-06": 0.0}, "exposure": [0.2, 0.8]},
        "packages": {"stay": {"usfk_posture": 0.5, "exposure": 0.2}},
        "worlds": {"ensemble": "defaults"},
    }
    found = crink.sweep(plan, tmp_path)
    curve = found.slice("any_failure", "exposure")
    assert curve["exposure"].tolist() == [0.2, 0.5, 0.8]
    assert not set(curve["point"]) & set(found.points.loc[found.points["label"] == "stay", "point"])
    assert found.dataset.sizes["exposure"] == 2


def test_both_intervals_of_a_difference_are_given_and_the_worlds_one_is_wider(results):
    e = results.estimates
    moved = e[(e["n_only_policy"] + e["n_only_baseline"] > 0) & (e["n_only_policy"] >= 0)]
    assert (moved["diff_ensemble_low"] <= moved["diff"]).all()
    assert (moved["diff"] <= moved["diff_ensemble_high"]).all()
    assert (moved["diff_ensemble_low"] < moved["diff"]).mean() > 0.9
    assert (e["ensemble_high"] - e["ensemble_low"] > 0).any()


def test_clopper_pearson_on_request(results, tmp_path):
    """By the file, or from a finished sweep: the same counts, a wider interval."""
    exact = results.with_interval("clopper-pearson")
    plain = results.estimates
    assert (exact["high"] - exact["low"] >= plain["high"] - plain["low"]).loc[exact["n_runs"] > 0].all()
    assert exact["n_events"].equals(plain["n_events"])
    again = crink.sweep(SMALL, tmp_path, interval="clopper-pearson")
    pd.testing.assert_frame_equal(again.estimates[["low", "high"]], exact[["low", "high"]])
    with pytest.raises(InputError, match="interval is one of"):
        crink.sweep(SMALL, tmp_path / "no", interval="wald")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levers": {"usfk_postur": 0.5}}, "did you mean usfk_posture"),
        ({"levers": {"usfk_posture": 1.5}}, r"usfk_posture lies in \[0, 1\]; 1.5"),
        ({"levers": {"usfk_posture": {"from": 0, "to": 2, "points": 3}}}, "usfk_posture"),
        ({"experiment": {"name": "x", "seed": 1, "runs": 0}}, "runs"),
        ({"experiment": {"name": "x/../y", "seed": 1, "runs": 10}}, "name"),
        ({"experiment": {"name": "x", "seed": 1, "runs": 10, "moths": 3}}, "moths.*did you mean months"),
        ({"worlds": {"drows": 30}}, "did you mean draws"),
        ({"levers": {"usfk_posture": True}}, "usfk_posture"),
        ({"worlds": {"structures": {"xi_mood": [0]}}}, "xi_mood"),
        ({"parameters": {"curvature": 7}}, "curvature"),
    ],
)
def test_bad_experiments_are_told_in_one_sentence(change, message, tmp_path):
    folder = tmp_path / "never"
    with pytest.raises(InputError, match=message):
        crink.sweep(SMALL | change, folder)
    assert not list(tmp_path.rglob("*.parquet"))


def test_compare_pairs_runs():
    run = {"runs": 400, "worlds": "defaults", "months": 60, "parameters": HOT}
    table = crink.compare({}, {"usfk_posture": 0.9}, {}, names=["a", "b", "c"], **run)
    paired = table[table["n_only_policy"] >= 0]
    assert (paired.loc[paired["policy"] == "c", "diff"] == 0).all()
    assert set(paired["n_runs"]) == {400}
    b = paired[paired["policy"] == "b"]
    assert (b["n_only_policy"] + b["n_only_baseline"]).sum() > 20
    assert (
        b["n_only_policy"] - b["n_only_baseline"]
        == b["n_events"].to_numpy() - paired[paired["policy"] == "a"]["n_events"].to_numpy()
    ).all()


def test_pieces_change_no_estimate(monkeypatch):
    """Counting in pieces of any size gives the counts of one piece."""
    from crink_abm import api

    whole = crink.compare({}, {"dual_role": 0.9}, runs=700, worlds="defaults", months=36, parameters=HOT)
    monkeypatch.setattr(api, "_PIECE", 64)
    pieces = crink.compare({}, {"dual_role": 0.9}, runs=700, worlds="defaults", months=36, parameters=HOT)
    pd.testing.assert_frame_equal(whole, pieces)


def test_common_random_numbers_narrow_the_difference():
    """Under the same luck two policies agree in most runs; under different luck they would not."""
    one, two = ({"maritime_posture": x} for x in (0.5, 0.7))
    a = crink.simulate(one, runs=4000, seed=1).months[:, 7] >= 0
    b = crink.simulate(two, runs=4000, seed=1).months[:, 7] >= 0
    c = crink.simulate(two, runs=4000, seed=2).months[:, 7] >= 0
    assert (a != b).mean() < 0.5 * (a != c).mean()


def test_simulate_is_the_model_run_by_run():
    batch = crink.simulate({"usfk_posture": 0.7}, runs=20, seed=1)
    model = crink.DeterrenceModel({"usfk_posture": 0.7}, seed=1, run=13).run()
    assert batch.results.loc[13].tolist() == [model.value(name) for name in RESULTS]
    assert isinstance(batch.estimates, pd.DataFrame)
    assert "Batch(20 runs" in repr(batch)


def test_schedules_are_linear_between_their_dates():
    from crink_abm.model import levers

    column = list(levers.COLUMNS).index("usfk_posture")
    table = levers.calendar({"usfk_posture": {"2026-03": 0.2, "2026-07": 0.6}}, 12)
    assert table[:, column] == pytest.approx([0.2, 0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6])
    march = levers.calendar(None, 3, "2012-03")
    assert march[0, list(levers.COLUMNS).index("driver_exercise_season")] == levers.SEASON[3]


def test_drivers_hold_until_their_next_date():
    """A flag of history is 0 or 1 in every month, never in between; before its first date the default applies."""
    from crink_abm.model import levers

    column = list(levers.COLUMNS).index("driver_veto")
    table = levers.calendar(None, 6, "2023-12", {"driver_veto": {"2024-01": 0.0, "2024-03": 1.0}})
    assert table[:, column].tolist() == [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    begun = levers.calendar(None, 3, "2024-02", {"driver_veto": {"2012-01": 0.0, "2024-03": 1.0}})
    assert begun[:, column].tolist() == [0.0, 1.0, 1.0]
    with pytest.raises(InputError, match="did you mean driver_veto"):
        levers.calendar(None, 3, drivers={"driver_vetto": 1.0})


def test_conditional_outcomes_count_from_the_first_event():
    values = np.full((4, len(RESULTS)), -1.0)
    column = {name: k for k, name in enumerate(RESULTS)}
    values[0, column["first_blockade"]], values[0, column["korea_after_taiwan"]] = 10, 16
    values[1, column["first_blockade"]], values[1, column["korea_after_taiwan"]] = 10, 17
    values[2, column["first_invasion"]] = 3
    values[3, column["first_invasion"]] = 14  # leaves five months: not followed up
    when = outcomes.months(values)
    base, hit = outcomes.conditionals(values, when, 20)["korea_within_6_of_taiwan"]
    assert base.tolist() == [True, True, True, False]
    assert hit.tolist() == [True, False, False, False]
    # a Korean front that began before the invasion did not follow it
    values[2, column["korea_after_taiwan"]] = 2
    base, hit = outcomes.conditionals(values, outcomes.months(values), 120)["korea_within_12_of_invasion"]
    assert base.tolist() == [False, False, True, True]
    assert hit.tolist() == [False, False, False, False]


def test_points_off_the_grid_can_have_more_runs(tmp_path):
    """Detail runs begin with the runs of the others: the same luck; every number says its runs, every run replays."""
    plan = SMALL | {"experiment": SMALL["experiment"] | {"detail_runs": 480, "runs": 24}}
    found = crink.sweep(plan, tmp_path)
    e = found.estimates[found.estimates["outcome"] == "any_failure"]
    assert (e.loc[e["family"] == "grid", "n_runs"] == 24).all()
    assert (e.loc[e["family"] != "grid", "n_runs"] == 480).all()
    assert found.manifest["n_runs"] == e["n_runs"].sum()
    assert e.loc[e["family"] == "grid", "parameter_sd"].isna().all()
    assert e.loc[e["family"] != "grid", "parameter_sd"].notna().all()
    alone = crink.sweep(SMALL | {"experiment": SMALL["experiment"] | {"runs": 480}}, tmp_path / "alone")
    for point in (found.baseline, len(found.points) - 2):
        pd.testing.assert_frame_equal(found.runs([point]), alone.runs([point]))
    with pytest.raises(InputError, match="0 to 479"):
        found.replay(found.baseline, 480)
    with pytest.raises(InputError, match="0 to 23"):
        found.replay(0, 24)


def test_design_key_changes_with_the_file():
    assert reader.checked(SMALL).key() != reader.checked(SMALL | {"baseline": {"exposure": 0.1}}).key()


def test_a_sweep_expands_its_design_once(tmp_path, monkeypatch):
    """From the file to the charts by one plan: what the manifest says is not laid out again."""
    from crink_abm.cli import main as cli
    from crink_abm.experiment import design

    made, plain = [], design._made
    monkeypatch.setattr(design, "_made", lambda experiment: made.append(1) or plain(experiment))
    plan_file(tmp_path / "x.toml", SMALL | {"experiment": SMALL["experiment"] | {"precision": 0.2, "months": 12}})
    assert cli.main(["sweep", str(tmp_path / "x.toml"), "--out", str(tmp_path / "x"), "--runs", "24"]) == 0
    assert len(made) == 1
    made.clear()
    results = crink.Results(tmp_path / "x")
    results.slice("any_failure", "usfk_posture")
    results.replay(0, 0)
    assert len(made) == 1


def test_results_take_no_plan_of_another_version(results):
    other = results.plan.experiment.model_copy(update={"parameters": {"xi_fear": 0.5}})
    from dataclasses import replace

    with pytest.raises(InputError, match="another version of this sweep"):
        crink.Results(results.folder, plan=replace(results.plan, experiment=other))
