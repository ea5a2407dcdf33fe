"""The charts: what is drawn is what the data say, the words are there, and the bytes repeat."""

import subprocess
import sys
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
import written
from made_up import SWEPT, FakeResults

from crink_abm.charts import gallery, primitives, style
from crink_abm.charts.of_sweeps import maps
from crink_abm.charts.panels import HEADLINE, CannotDraw, provenance
from crink_abm.model import outcomes
from crink_abm.model.levers import LEVERS
from crink_abm.util.errors import InputError


@pytest.fixture(scope="module")
def results():
    return FakeResults()


@pytest.fixture(scope="module")
def drawn(results):
    return {name: gallery.figure(results, name) for name in gallery.CHARTS}


@pytest.fixture
def cells():
    levels = np.round(np.linspace(0, 1, 5), 2)
    table = pd.DataFrame(list(product(levels, levels)), columns=["usfk_posture", "exposure"])
    table["diff"] = (table["usfk_posture"] - 0.5) * 0.1 + (table["exposure"] - 0.5) * 0.02
    return table.assign(discernible=table["diff"].abs() >= 0.03)


def _marked(ax):
    return [mark for mark in ax.collections if mark.get_gid() == primitives.NOISE_GID]


def test_every_outcome_and_lever_has_a_label():
    assert set(style.OUTCOMES) == {*outcomes.OUTCOMES, *outcomes.CONDITIONALS}
    assert set(style.LEVERS) == set(LEVERS)
    assert all(look.label and look.short for look in style.OUTCOMES.values())
    assert all(name in style.lever_axis(lever) for lever, (name, _) in style.LEVERS.items())


@pytest.mark.parametrize("names", [HEADLINE, outcomes.CAUSES, tuple(primitives.SPREADS)])
def test_series_drawn_together_differ_without_colour(names):
    looks = [{**style.OUTCOMES, **primitives.SPREADS}[name] for name in names]
    assert len({look.marker for look in looks}) == len(looks)


@pytest.mark.parametrize("names", [HEADLINE, outcomes.CAUSES])
def test_lines_drawn_together_differ_in_dash_and_colour(names):
    looks = [style.OUTCOMES[name] for name in names]
    assert len({look.dash for look in looks}) == len({look.colour for look in looks}) == len(looks)


def test_heat_map_marks_as_many_cells_as_are_within_noise(cells):
    (marks,) = _marked(primitives.heat_map(cells, "usfk_posture", "exposure", 6))
    assert len(marks.get_offsets()) == (~cells["discernible"]).sum() > 0


def test_heat_map_marks_the_cells_the_data_name(cells):
    cells["discernible"] = (cells["usfk_posture"] != 0.25) | (cells["exposure"] != 1.0)
    (marks,) = _marked(primitives.heat_map(cells, "usfk_posture", "exposure", 6))
    np.testing.assert_allclose(marks.get_offsets(), [[0.25, 1.0]])


def test_heat_map_outlines_the_baseline_and_leaves_it_unmarked(cells):
    ax = primitives.heat_map(cells, "usfk_posture", "exposure", 6, baseline=(0.5, 0.25))
    assert len(_marked(ax)[0].get_offsets()) == (~cells["discernible"]).sum() - 1
    (box,) = [patch for patch in ax.patches if patch.get_gid() == primitives.BASELINE_GID]
    np.testing.assert_allclose(box.get_bbox().bounds, (0.375, 0.125, 0.25, 0.25))


def test_heat_map_scale_is_symmetric_and_in_percentage_points(cells):
    mesh = primitives.heat_map(cells.sample(frac=1, random_state=1), "usfk_posture", "exposure", 6).collections[0]
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-6, 6)
    expected = 100 * cells.pivot(index="exposure", columns="usfk_posture", values="diff")
    np.testing.assert_allclose(mesh.get_array().reshape(expected.shape), expected)


def test_heat_map_sign_marks_agree_with_the_data(cells):
    ax = primitives.heat_map(cells, "usfk_posture", "exposure", 6)
    _, _, plus, minus = ax.collections
    told = cells["discernible"]
    assert len(plus.get_offsets()) == (told & (cells["diff"] > 0)).sum()
    assert len(minus.get_offsets()) == (told & (cells["diff"] < 0)).sum()


def test_heat_map_shows_missing_cells_as_missing(cells):
    mesh = primitives.heat_map(cells.iloc[1:], "usfk_posture", "exposure", 6).collections[0]
    assert np.ma.getmaskarray(mesh.get_array()).sum() == 1


def test_hollow_marks_are_the_differences_within_noise():
    rows = pd.DataFrame(
        {"row": list("abc"), "policy": "p", "diff": [0.1, 0.0, -0.1], "discernible": [True, False, True]}
    )
    rows = rows.assign(diff_low=rows["diff"] - 0.02, diff_high=rows["diff"] + 0.02)
    rows = rows.assign(diff_ensemble_low=rows["diff_low"], diff_ensemble_high=rows["diff_high"])
    (hollow,) = _marked(primitives.differences(rows, list("abc"), {"p": style.Look("p", "p")}))
    np.testing.assert_allclose(hollow.get_offsets(), [[0.0, 1.0]], atol=1e-12)


def _drawings():
    results = FakeResults()
    along = results.slice("any_failure", "exposure")
    base = results.estimates[results.estimates["point"] == results.baseline]
    front = pd.DataFrame({"level": [0.0, 0.5, 1.0], "x": [0.1, 0.2, 0.3], "y": [0.3, 0.2, 0.1]})
    front = front.assign(
        x_low=front["x"] - 0.01, x_high=front["x"] + 0.01, y_low=front["y"] - 0.01, y_high=front["y"] + 0.01
    )
    curves = results.competing([0])
    looks = {name: style.OUTCOMES[name] for name in outcomes.CAUSES}
    rows = along.assign(row="lever", policy="p").iloc[:1]
    grid = maps._on_grid(results, results.slice("any_failure", *SWEPT[:2]), *SWEPT[:2])
    return {
        "heat_map": lambda ax: primitives.heat_map(grid, *SWEPT[:2], 5, ax=ax),
        "response": lambda ax: primitives.response(along, "exposure", 0.5, ax=ax),
        "incidence": lambda ax: primitives.incidence(curves, looks, "outcome", ax=ax),
        "differences": lambda ax: primitives.differences(rows, ["lever"], {"p": style.Look("p", "p")}, ax=ax),
        "frontier": lambda ax: primitives.frontier(front, "taiwan_failure", "korea_failure", [0, 1], 0.5, ax=ax),
        "spreads": lambda ax: primitives.spreads(base, ax),
        "structure_ranges": lambda ax: primitives.structure_ranges(base, ax),
    }


@pytest.mark.parametrize("name", list(_drawings()))
def test_figures_draw_on_the_given_axes_and_return_them(name):
    draw = _drawings()[name]
    ax = style.figure(3).add_subplot()
    assert draw(ax) is ax and ax.has_data()
    assert draw(None).has_data()


def test_labels_at_line_ends_never_overlap():
    ax = style.figure(2).add_subplot()
    ax.set_ylim(0, 1)
    style.label_ends(ax, [(1, y, str(y), style.INK) for y in (0.5, 0.51, 0.0, 0.49)])
    style.settle(ax.figure)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_labels_with_room_stay_at_their_lines():
    places = style._apart([1.0, 1.01, 1.02, 5.0], 0.5, 0.0, 6.0)
    assert np.diff(places).min() >= 0.5 - 1e-9
    assert places[3] == 5.0


@pytest.mark.parametrize("value, text", [(1.23, "+1.2"), (-0.5, "−0.5"), (0.0, "0.0"), (-0.01, "0.0")])
def test_signed_numbers_carry_a_sign_unless_zero(value, text):
    assert style.signed(value) == text


@pytest.mark.parametrize("value, end", [(0.3, 0.3), (4.2, 5.0), (9.6, 10.0), (12.0, 15.0), (0.0, 1.0)])
def test_scales_end_at_a_round_number_not_below_the_data(value, end):
    assert style.ceiling(value) == pytest.approx(end)


@pytest.mark.parametrize("name", gallery.CHARTS)
def test_every_chart_carries_title_and_provenance(drawn, name):
    footer = style.footer_of(drawn[name])
    for words in (
        "1,000 runs per point",
        "42 worlds",
        "12.5 % of prior draws kept",
        "seed 7",
        "Theoretical exploration, not a forecast",
    ):
        assert words in footer
    assert len(style.title_of(drawn[name])) > 20


@pytest.mark.parametrize("name", gallery.CHARTS)
def test_nothing_of_a_chart_is_cut_off(drawn, name):
    fig = drawn[name]
    with style.context():
        box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


@pytest.mark.parametrize("name", gallery.CHARTS)
def test_titles_and_footers_do_not_overlap(drawn, name):
    fig = drawn[name]
    assert written.overlaps(fig) == []


def test_second_call_writes_the_same_bytes(tmp_path):
    results = FakeResults(swept=SWEPT[:2])
    only = ["heat_taiwan_blockade", "levers"]
    first = gallery.draw(results, tmp_path / "a", only=only)
    with style.matplotlib.rc_context({"font.size": 20, "svg.hashsalt": None, "axes.facecolor": "red"}):
        second = gallery.draw(results, tmp_path / "b", only=only)
    assert [path.name for path in first] == [f"{name}.{form}" for name in only for form in gallery.FORMATS]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_different_data_give_different_bytes(results, tmp_path):
    other = FakeResults()
    other.estimates["diff"] = -other.estimates["diff"]
    paths = [
        gallery.draw(given, tmp_path / name, ["levers"], ["svg"])[0] for name, given in (("a", results), ("b", other))
    ]
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_files_carry_no_date(results, tmp_path):
    for path in gallery.draw(results, tmp_path, ["spreads"], ["svg", "pdf"]):
        text = path.read_bytes()
        assert b"CreationDate" not in text and b"dc:date" not in text


def test_heat_charts_mark_every_uncertain_cell_but_the_baseline(results, drawn):
    axes = gallery.figure(results, "heat_korea_failure").axes
    marked = sum(len(mark.get_offsets()) for ax in axes for mark in _marked(ax))
    expected = 0
    for *_, panel in maps._heat_panels(results, "korea_failure"):
        expected += (~panel["discernible"] & (panel["point"] != results.baseline)).sum()
    assert marked == expected > 0


def test_heat_charts_of_all_outcomes_share_one_scale_that_fits_the_data(results, drawn):
    """The scale ends just above the largest change of any panel, in percentage points, and is the same in every chart."""
    panels = [panel for name in HEADLINE for *_, panel in maps._heat_panels(results, name)]
    largest = 100 * max(panel["diff"].abs().max() for panel in panels)
    charts = [name for name in drawn if name.startswith("heat_")]
    assert len(charts) == len(HEADLINE)
    for name in charts:
        meshes = [mesh for ax in drawn[name].axes for mesh in ax.collections if mesh.get_array() is not None]
        limits = {mesh.get_clim() for mesh in meshes if mesh.cmap is not None and mesh.norm.vmin is not None}
        assert limits == {(-style.ceiling(largest), style.ceiling(largest))}
        assert all(largest <= high < 2.0 * largest for _, high in limits)


def test_heat_panels_hold_the_grid_alone_and_the_third_lever_at_its_ends_and_baseline(results):
    panels = maps._heat_panels(results, "any_failure")
    assert len(panels) == 9
    assert all(len(panel) == 9 for *_, panel in panels)
    assert [name for *_, name, _ in panels[:3]] == [f"Trilateral coordination {level}" for level in ("0", "0.5", "1")]


def test_charts_that_cannot_be_drawn_are_skipped_with_the_reason(tmp_path, caplog):
    bare = FakeResults(swept=(), one_at_a_time=(), packages={})
    names = {path.stem for path in gallery.draw(bare, tmp_path, formats=["svg"])}
    assert names == {"icons", "incidence", "first_failures", "spreads"}
    assert "at least two crossed levers" in caplog.text and "[one_at_a_time]" in caplog.text
    with pytest.raises(CannotDraw, match="packages"):
        gallery.figure(bare, "packages")


def test_charts_for_another_kind_of_design_are_no_news(tmp_path, monkeypatch, caplog):
    bare = FakeResults(swept=(), one_at_a_time=(), packages={})
    others = {name: draw for name, draw in gallery.CHARTS.items() if name == "factors" or name.startswith("sample_")}
    monkeypatch.setattr(gallery, "CHARTS", others)
    assert gallery.draw(bare, tmp_path) == []
    assert caplog.text == ""
    gallery.draw(bare, tmp_path, only=["factors"])  # asked for by name, it says why not
    assert "the grid crosses no factors" in caplog.text


def test_missing_runs_cost_only_the_charts_that_need_them(tmp_path, monkeypatch, caplog):
    def missing(*_):
        raise InputError("the part abc is missing")

    monkeypatch.setattr(FakeResults, "incidence", missing)
    paths = gallery.draw(FakeResults(), tmp_path, ["incidence", "packages"], ["svg"])
    assert [path.stem for path in paths] == ["packages"]
    assert "the part abc is missing" in caplog.text


def test_two_swept_levers_give_one_heat_map():
    fig = gallery.figure(FakeResults(swept=SWEPT[:2]), "heat_any_failure")
    assert len([ax for ax in fig.axes if _marked(ax)]) == 1


def test_unknown_chart_or_format_is_named(results, tmp_path):
    with pytest.raises(InputError, match="frontier"):
        gallery.draw(results, tmp_path, only=["frontire"])
    with pytest.raises(InputError, match="'gif'"):
        gallery.draw(results, tmp_path, formats=["gif"])


def test_provenance_says_when_no_screen_was_used():
    manifest = {
        "name": "x",
        "n_runs_per_point": 10,
        "runs_of_points": None,
        "seed": 0,
        "worlds": {"n": 1, "reached": 1, "note": None, "screen": None},
    }
    assert "1 worlds (sets of parameters; no prior screen); seed 0" in provenance(manifest)


def test_importing_the_package_imports_no_charts():
    code = "import sys, crink_abm; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawing_leaves_pyplot_and_settings_alone(results, tmp_path):
    before = dict(style.matplotlib.rcParams)
    gallery.draw(results, tmp_path, ["spreads"], ["png"])
    assert dict(style.matplotlib.rcParams) == before
    code = "import sys\nfrom crink_abm.charts.of_sweeps import maps\nsys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
