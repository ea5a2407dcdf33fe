"""Designs: every policy once, the baseline among them, in an order that does not move; samples that can be extended."""

import json
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crink_abm as crink
from crink_abm import InputError
from crink_abm.experiment import reader
from crink_abm.experiment.design import baseline, points
from crink_abm.experiment.factors import RESERVED
from crink_abm.model import levers, scenarios
from crink_abm.model.levers import LEVERS

HEAD = {"name": "plan", "seed": 5, "runs": 40, "months": 48}
LEAVE = {"usfk_posture": {"2026-01": 0.5, "2028-01": 0.0}}
HALF = {"usfk_posture": {"2026-01": 0.5, "2029-01": 0.25}, "dual_role": 0.6}
FACTORS = {
    "experiment": HEAD,
    "levers": {"sanctions_intensity": [0.2, 0.5, 0.8]},
    "factors": {
        "withdrawal": {"stay": {}, "leave by 2028": LEAVE, "half by 2029": HALF},
        "carriers": {
            "lever": "maritime_posture", "begins": ["2026-06", "2027-06"], "over_months": 12, "to": [0.0, 0.25, 1.0],
        },
    },
    "packages": {"art": "article"},
    "worlds": {"ensemble": "defaults"},
}  # fmt: skip
SAMPLE = {"method": "sobol", "points": 32, "seed": 3, "levers": ["usfk_posture", "exposure", "dual_role"]}


def _plan(**tables):
    return {"experiment": HEAD, "worlds": {"ensemble": "defaults"}} | tables


def _points(**tables):
    return points(reader.checked(_plan(**tables)))


@pytest.fixture(scope="module")
def factors(tmp_path_factory):
    return crink.sweep(FACTORS, tmp_path_factory.mktemp("factors"))


# --- grids of levers and factors ------------------------------------------------------------------------------------


def test_factors_are_crossed_with_each_other_and_with_levers():
    """Every combination once, each the policy that its levels spell out by hand."""
    found = points(reader.checked(FACTORS))
    expected = []
    for sanctions, chosen, begins, to in product(
        (0.2, 0.5, 0.8), ({}, LEAVE, HALF), ("2026-06", "2027-06"), (0.0, 0.25, 1.0)
    ):
        ends = {"2026-06": "2027-06", "2027-06": "2028-06"}[begins]
        today = {name: lever.today for name, lever in LEVERS.items()}
        ramp = {begins: LEVERS["maritime_posture"].today, ends: to}
        expected.append({**today, "sanctions_intensity": sanctions, **chosen, "maritime_posture": ramp})
    grid = [chosen for chosen, on in zip(found.policies, found.on_grid, strict=True) if on]
    assert grid == expected
    assert len(found.policies) == 54 + 2  # the package and the baseline, which no ramp leaves alone


def test_points_name_the_level_of_every_factor(factors):
    table = factors.points
    grid = table[table["on_grid"]]
    assert set(grid["withdrawal"]) == {"stay", "leave by 2028", "half by 2029"}
    assert grid.groupby(["withdrawal", "carriers_begins", "carriers_to", "sanctions_intensity"]).size().eq(1).all()
    assert "carriers_over_months" not in table  # one level is no dimension
    assert table.loc[~table["on_grid"], ["withdrawal", "carriers_begins", "carriers_to"]].isna().all().all()
    late = grid[grid["carriers_begins"] == "2027-06"]["schedules"].map(json.loads)
    assert all(set(dated["maritime_posture"]) == {"2027-06", "2028-06"} for dated in late)


def test_dataset_has_factors_for_dimensions(factors):
    data = factors.dataset
    assert data["withdrawal"].to_numpy().tolist() == ["stay", "leave by 2028", "half by 2029"]  # as in the file
    assert {name: data.sizes[name] for name in data.dims if name != "outcome"} == {
        "sanctions_intensity": 3, "withdrawal": 3, "carriers_begins": 2, "carriers_to": 3,
    }  # fmt: skip
    assert data["prob"].sel(outcome="any_failure").notnull().all()
    cell = dict(withdrawal="leave by 2028", carriers_begins="2027-06", carriers_to=0.25, sanctions_intensity=0.8)
    row = factors.select("any_failure", **cell)
    assert len(row) == 1
    assert data["prob"].sel(outcome="any_failure", **cell).item() == row["prob"].item()


def test_a_cell_of_a_factor_is_its_policy_simulated_alone(factors):
    row = factors.select(
        "any_failure", withdrawal="half by 2029", carriers_begins="2026-06", carriers_to=1.0, sanctions_intensity=0.2
    )
    policy = {**HALF, "maritime_posture": {"2026-06": 0.5, "2027-06": 1.0}, "sanctions_intensity": 0.2}
    alone = crink.simulate(policy, runs=40, seed=5, months=48)
    events = alone.estimates.set_index("outcome").loc["any_failure", "n_events"]
    assert row["n_events"].item() == events
    assert 0 < events < 40


def test_selecting_by_what_is_no_column_is_refused(factors):
    with pytest.raises(InputError, match="did you mean withdrawal"):
        factors.select("any_failure", withdrawl="stay")


def test_a_lever_takes_a_list_of_schedules(tmp_path):
    plan = _plan(levers={"usfk_posture": [0.5, {"2026-01": 0.5, "2028-01": 0.0}], "exposure": [0.0, 1.0]})
    found = crink.sweep(plan, tmp_path)
    words = ["0.5", "2026-01: 0.5, 2028-01: 0"]
    assert found.dataset["usfk_posture_schedule"].to_numpy().tolist() == words
    assert found.manifest["swept"] == ["exposure"]
    table = found.points[found.points["on_grid"]]
    assert table["usfk_posture"].isna().tolist() == [False, False, True, True]


def test_a_ramp_begins_from_the_baseline_or_from_what_it_says():
    ramp = {"lever": "usfk_posture", "begins": ["2026-06", "2027-01"], "over_months": 6, "to": 0.0}
    one = _points(factors={"leave": ramp}, baseline={"usfk_posture": 0.7}).policies[0]
    assert one["usfk_posture"] == {"2026-06": 0.7, "2026-12": 0.0}
    other = _points(factors={"leave": ramp | {"from": 1.0}}).policies[1]
    assert other["usfk_posture"] == {"2027-01": 1.0, "2027-07": 0.0}
    table = levers.calendar(one, 24)[:, list(levers.COLUMNS).index("usfk_posture")]
    assert table[[0, 5, 8, 11, 23]] == pytest.approx([0.7, 0.7, 0.35, 0.0, 0.0])


def test_packages_may_be_scenarios_by_name(factors):
    row = factors.points.set_index("label").loc["art"]
    for name, level in scenarios.scenario("article").items():
        assert row[name] == level
    assert factors.manifest["experiment"]["packages"]["art"] == scenarios.scenario("article")


def test_no_factor_can_hide_a_column_of_the_results(factors):
    columns = {*factors.estimates, *factors.metrics, *factors.first_months}
    own = {"withdrawal", "carriers_begins", "carriers_to", *LEVERS}
    assert columns - own - {"total", "squares"} <= RESERVED


# --- samples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sobol", "latin-hypercube"])
def test_a_sample_fills_each_margin_evenly(method):
    """One point in each of 32 slices of every lever's range; drawn plainly, some slices would be empty."""
    found = _points(sample=SAMPLE | {"method": method, "ranges": {"exposure": [0.3, 0.9]}})
    levels = np.array([[chosen[name] for name in SAMPLE["levers"]] for chosen in found.policies[1:]])
    levels[:, 1] = (levels[:, 1] - 0.3) / 0.6
    for column in levels.T:
        assert sorted(np.floor(column * 32 - 1e-9).clip(0, 31)) == list(range(32))
    plain = np.random.default_rng(3).random((32, 3))
    assert any(len(set(np.floor(column * 32))) < 32 for column in plain.T)
    assert found.families == ["baseline", *["sample"] * 32]
    assert all(chosen["maritime_posture"] == LEVERS["maritime_posture"].today for chosen in found.policies)


def test_levels_of_a_sample_are_known_to_the_last_bit():
    """Six decimals, so that the same points come out wherever they are drawn, and print as they are."""
    for chosen in _points(sample=SAMPLE).policies[1:]:
        assert all(float(f"{chosen[name]:.6f}") == chosen[name] for name in SAMPLE["levers"])


def test_another_seed_is_another_sample():
    one, same, other = (_points(sample=SAMPLE | {"seed": seed}).policies[1:] for seed in (3, 3, 4))
    assert one == same
    assert not any(chosen in one for chosen in other)


def test_the_order_in_which_levers_are_named_moves_no_point():
    assert _points(sample=SAMPLE).policies == _points(sample=SAMPLE | {"levers": SAMPLE["levers"][::-1]}).policies


def test_an_extended_sample_keeps_its_points_and_its_runs(tmp_path):
    plan = _plan(sample=SAMPLE, packages={"article": "article"})
    few = crink.sweep(plan, tmp_path)
    packs = {path: path.read_bytes() for path in (tmp_path / "runs").iterdir()}
    said = []
    more = crink.sweep(plan | {"sample": SAMPLE | {"points": 64}}, tmp_path, say=said.append)
    pd.testing.assert_frame_equal(more.points.iloc[: len(few.points)], few.points)
    assert {path: path.read_bytes() for path in packs} == packs
    made = [path for path in (tmp_path / "runs").iterdir() if path not in packs]
    assert sum(len(pd.read_parquet(path)) for path in made) == 32 * HEAD["runs"]  # the new points alone
    assert any("1,360 runs" in line for line in said)
    fresh = crink.sweep(plan | {"sample": SAMPLE | {"points": 64}}, tmp_path / "fresh")
    assert (fresh.folder / "estimates.parquet").read_bytes() == (more.folder / "estimates.parquet").read_bytes()


def test_a_sample_has_as_many_runs_as_a_grid(tmp_path):
    plan = _plan(sample=SAMPLE | {"points": 2}) | {"experiment": HEAD | {"detail_runs": 80}}
    rows = crink.sweep(plan, tmp_path).select("any_failure")
    assert rows.groupby("family")["n_runs"].unique().map(list).to_dict() == {"baseline": [80], "sample": [40]}


# --- what cannot be taken -------------------------------------------------------------------------------------------

RAMP = {"lever": "usfk_posture", "begins": ["2026-06", "2028-01"], "over_months": 12, "to": 0.0}


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"sample": SAMPLE | {"points": 100}}, "power of two of points: 64 or 128; 100"),
        ({"sample": SAMPLE | {"method": "halton"}}, r"sample.method.*'latin-hypercube' or 'sobol'.*'halton'"),
        ({"sample": SAMPLE | {"levers": ["usfk_postur"]}}, "did you mean usfk_posture"),
        ({"sample": SAMPLE | {"ranges": {"china_engagement": [0, 1]}}}, "china_engagement, which .* leaves out"),
        ({"sample": SAMPLE | {"ranges": {"exposure": [0.9, 0.3]}}}, r"from low to high; \[0.9, 0.3\]"),
        ({"sample": SAMPLE | {"ranges": {"exposure": [0.9, 1.3]}}}, r"sample.ranges.exposure.*1.3"),
        ({"sample": SAMPLE | {"sede": 3}}, "sample.sede.*did you mean seed"),
        ({"factors": {"leave": RAMP}, "levers": {"usfk_posture": [0.1, 0.2]}}, "usfk_posture is moved by .* and by leave"),
        ({"factors": {"leave": RAMP, "stay": {"a": {}, "b": LEAVE}}}, "moved by leave and by stay"),
        ({"factors": {"leave": RAMP | {"begins": "2026-06"}}}, "leave. has one level"),
        ({"factors": {"leave": RAMP | {"begins": ["2026", "2027-01"]}}}, r"factors.leave.begins.*'2026'"),
        ({"factors": {"leave": RAMP | {"begins": ["2026-06", "2040-01"]}}}, "no date of the schedule of usfk_posture"),
        ({"factors": {"leave": RAMP | {"to": 1.2}}}, "factors.leave.to"),
        ({"factors": {"leave": RAMP | {"until": "2029-01"}}}, r"factors.leave.until\] is not known here.*over_months"),
        ({"factors": {"leave": {k: RAMP[k] for k in ("begins", "to", "over_months")}}}, "factors.leave.lever. is required"),
        ({"factors": {"leave": RAMP}, "baseline": LEAVE}, "begins from the baseline, .* on a schedule; give from"),
        ({"factors": {"exposure": RAMP}}, "factor's name.*'exposure'"),
        ({"factors": {"prob": RAMP}}, "factor's name.*'prob'"),
        ({"factors": {"a b": RAMP}}, "factor's name.*'a b'"),
        ({"factors": {"x": {"a": {}, "b": {}}}}, "moves no lever"),
        ({"factors": {"x": {"a": LEAVE}}}, "has one level"),
        ({"factors": {"x": {"a": {}, "b": {"usfk_postur": 0.1}}}}, "did you mean usfk_posture"),
        ({"factors": {"x": {"a": {}, "b": {"usfk_posture": 0.5}}}}, "same policy: x a; and x b"),
        ({"factors": {"x_to": {"a": {}, "b": {"exposure": 0.1}}, "x": RAMP | {"to": [0.0, 0.2]}}}, "column x_to"),
        ({"packages": {"x": "articel"}}, "packages. .*did you mean article"),
        ({"levers": {"usfk_posture": {"from": 0, "to": 1, "points": 3, "step": 2}}}, "usfk_posture.step.*known are from"),
        ({"levers": {"usfk_posture": [0.5, {"2026-01": 2.0, "2027-01": 0.5}]}}, r"usfk_posture lies in \[0, 1\]; 2"),
    ],
)  # fmt: skip
def test_bad_designs_are_told_in_one_sentence(tables, message):
    with pytest.raises(InputError, match=message) as told:
        _points(**tables)
    assert str(told.value).startswith("the experiment: ")
    assert "\n" not in str(told.value)


# --- properties -----------------------------------------------------------------------------------------------------

_LEVEL = st.integers(0, 20).map(lambda k: k / 20)
_DATED = st.builds(lambda a, b: {"2026-01": a, "2028-06": b}, _LEVEL, _LEVEL)
_MOVE = st.dictionaries(st.sampled_from(["usfk_posture", "heavy_share"]), st.one_of(_LEVEL, _DATED), min_size=1)


@st.composite
def _plans(draw):
    """Experiments of every kind of design, in any mixture."""
    grid = draw(
        st.dictionaries(
            st.sampled_from(["exposure", "dual_role"]),
            st.lists(_LEVEL, min_size=1, max_size=4, unique=True),
            max_size=2,
        )
    )
    tables = {"levers": grid, "baseline": draw(st.dictionaries(st.just("exercise_tempo"), _LEVEL))}
    if draw(st.booleans()):
        named = draw(st.lists(_MOVE, min_size=2, max_size=3, unique_by=lambda m: json.dumps(m, sort_keys=True)))
        full = [json.dumps({"usfk_posture": 0.5, "heavy_share": 0.4, **m}, sort_keys=True) for m in named]
        if len(set(full)) == len(full):
            tables["factors"] = {"f": {f"level {k}": m for k, m in enumerate(named)}}
    if draw(st.booleans()):
        tables["one_at_a_time"] = {
            "levers": draw(st.lists(st.sampled_from(list(LEVERS)), unique=True, max_size=3)),
            "points": 3,
        }
    if draw(st.booleans()):
        tables["packages"] = {f"p{k}": m for k, m in enumerate(draw(st.lists(_MOVE, max_size=3)))}
    if draw(st.booleans()):
        tables["sample"] = {
            "method": draw(st.sampled_from(["sobol", "latin-hypercube"])),
            "points": 2 ** draw(st.integers(1, 5)),
            "seed": draw(st.integers(0, 99)),
            "levers": draw(st.lists(st.sampled_from(list(LEVERS)), unique=True, min_size=1)),
        }
    return tables  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_plans())
def test_every_policy_is_there_once_and_the_baseline_among_them(tables):
    found = _points(**tables)
    keys = [json.dumps(chosen, sort_keys=True) for chosen in found.policies]
    first = {}  # the point that stands for a policy: the baseline, or the first that there is
    for number, key in enumerate(keys):
        first.setdefault(key, number)
    first[keys[found.base]] = found.base
    assert found.same_as == [first[key] for key in keys]
    assert {label for label in found.labels if label} == {
        "baseline",
        *tables.get("packages", {}),
    }  # every name is there
    assert all(
        found.labels[number] for number, same in enumerate(found.same_as) if same != number
    )  # and only names repeat
    base = baseline(reader.checked(_plan(**tables)))
    assert found.policies[found.base] == base
    assert (found.labels[found.base], found.families[found.base]) == ("baseline", "baseline")
    assert found.families.count("baseline") == 1
    assert sum(found.on_grid) == (np.prod([len(d) for d in found.grid], dtype=int) if found.grid else 0)


@settings(max_examples=40, deadline=None)
@given(_plans())
def test_the_order_is_the_files_and_survives_writing_and_reading(tables):
    plan = reader.checked(_plan(**tables))
    again = reader.checked(json.loads(json.dumps(plan.model_dump(mode="json", by_alias=True))))
    one, other = points(plan), points(again)
    assert (one.policies, one.labels, one.families, one.base) == (
        other.policies,
        other.labels,
        other.families,
        other.base,
    )
    pd.testing.assert_frame_equal(one.table(), other.table())


@settings(max_examples=40, deadline=None)
@given(_plans(), st.integers(1, 5), st.integers(0, 5), st.integers(0, 99))
def test_extending_a_sobol_sample_keeps_every_point_and_number(tables, power, more, seed):
    sample = SAMPLE | {"seed": seed, "points": 2**power}
    few = _points(**tables | {"sample": sample})
    many = _points(**tables | {"sample": sample | {"points": 2 ** (power + more)}})
    assert many.policies[: len(few.policies)] == few.policies
    assert many.families[: len(few.policies)] == few.families
    assert many.base == few.base


# --- charts of designs ----------------------------------------------------------------------------------------------


FOUR = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")


@pytest.mark.parametrize(
    ("tables", "drawn"),
    [
        ({"sample": SAMPLE}, {f"sample_{name}" for name in FOUR}),
        ({"factors": {"leave": RAMP}}, {"factors"}),
        ({"factors": {"f": FACTORS["factors"]["withdrawal"]}}, {"factors"}),
        ({"packages": {"a": "article"}}, {"packages"}),
        ({"levers": {"heavy_share": [0.2, 0.4], "exposure": [0.2, 0.8]}, "factors": {"leave": RAMP}}, {"factors"}),
        ({"levers": {"heavy_share": [0.2, 0.4], "exposure": [0.2, 0.8]}, "factors": {"f": {"a": {}, "b": LEAVE}}},
         {"factors", "responses", *(f"heat_{name}" for name in FOUR)}),
        ({}, set()),
    ],
)  # fmt: skip
def test_every_design_runs_alone_and_has_the_charts_that_make_sense(tables, drawn, tmp_path):
    """Charts that always are: incidence, first failures. A map under a factor that is nowhere at the baseline is none."""

    from crink_abm.charts import gallery

    found = crink.sweep(_plan(**tables), tmp_path)
    names = {path.stem for path in gallery.draw(found, formats=["png"])}
    assert names == {"icons", "incidence", "first_failures"} | drawn


def test_the_chart_of_factors_shows_every_cell_once(factors):
    """As many marks as cells, at the changes of the estimates; the row is found by its words."""
    from matplotlib.collections import PathCollection

    from crink_abm.charts import gallery

    ax = gallery.figure(factors, "factors", outcomes="any_failure").axes[0]
    rows = factors.select("any_failure")
    rows = rows[rows["on_grid"]]
    marks = np.concatenate(
        [np.asarray(mark.get_offsets()) for mark in ax.collections if isinstance(mark, PathCollection)]
    )
    assert len(marks) == len(rows) == 54
    assert np.sort(marks[:, 0]) == pytest.approx(np.sort(100 * rows["diff"].to_numpy()))
    names = [" ".join(text.get_text().split()) for text in ax.get_yticklabels()]
    cell = rows[
        (rows["sanctions_intensity"] == 0.8)
        & (rows["withdrawal"] == "leave by 2028")
        & (rows["carriers_begins"] == "2027-06")
    ]
    place = next(k for k, name in enumerate(names) if all(word in name for word in ("0.8", "leave by 2028", "2027-06")))
    here = marks[np.abs(marks[:, 1] - place) < 0.5]
    assert sorted(here[:, 0]) == pytest.approx(sorted(100 * cell["diff"]))


def test_means_over_slices_are_plain_means():
    from crink_abm.charts.of_sweeps.designs import slices

    rng = np.random.default_rng(2)
    levels = 0.2 + 0.6 * rng.random(200)
    values = levels**2 + rng.normal(0, 0.1, 200)
    table = slices(levels, values, 0.2, 0.8)
    assert len(table) == 8
    for k, row in enumerate(table.itertuples()):
        inside = values[(levels >= 0.2 + 0.075 * k) & (levels < 0.2 + 0.075 * (k + 1))]
        assert row.mean == pytest.approx(inside.mean())
        assert row.high - row.mean == pytest.approx(1.959964 * inside.std(ddof=1) / np.sqrt(len(inside)), rel=1e-5)
    assert slices(levels[:31], values[:31], 0.2, 0.8).empty


def test_entries_under_their_old_names_are_read_and_said():
    plan = {"experiment": {"name": "x", "seed": 1, "runs": 8, "months": 12}}
    new = {"ensemble": "prior", "draws": 4, "screen": "none", "size": 2, "crossing": "balanced"}
    old = {"ensemble": "prior", "draws": 4, "screen": "none", "keep": 2, "crossing": "dealt"}
    with pytest.warns(UserWarning) as said:
        was = reader.checked({**plan, "worlds": old})
    assert [str(w.message) for w in said] == [
        "the experiment: [worlds] keep is called size now; the old name is still read",
        "the experiment: [worlds] crossing = 'dealt' is called crossing = 'balanced' now; the old name is still read",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        now = reader.checked({**plan, "worlds": new})
    assert was == now
    assert was.key() == now.key()
    assert old["keep"] == 2  # what was given is left alone
    with pytest.raises(InputError, match=r"worlds.keep. is the old name of .worlds.size."):
        reader.checked({**plan, "worlds": {**new, "keep": 3}})
