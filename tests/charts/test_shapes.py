"""Charts as a reader shapes them: at both widths of a page, in greys, in other words, on axes of one's own."""

import matplotlib
import numpy as np
import pytest
import written
from made_up import SWEPT, FakeResults
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from crink_abm import charts
from crink_abm.charts import gallery, memory, primitives, style
from crink_abm.charts.of_sweeps import lay
from crink_abm.charts.panels import HEADLINE
from crink_abm.util.errors import InputError

pytestmark = pytest.mark.once

#: A chart of each kind: those of one outcome are all laid out alike.
KINDS = [name for name in gallery.CHARTS if not name.startswith(("heat_", "sample_"))] + ["heat", "sample"]
FUNCTIONS = {
    name: getattr(charts, name)
    for name in ("ranking", "icons", "heat", "responses", "incidence", "first_failures", "levers", "frontier", "packages", "spreads",
                 "difference_spreads", "factors", "sample")
}  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return FakeResults()


@pytest.fixture(scope="module")
def narrow(results):
    return {name: gallery.figure(results, name, width="single") for name in KINDS}


@pytest.fixture(scope="module")
def wide(results):
    return {name: gallery.figure(results, name) for name in KINDS}


def test_there_is_a_function_for_each_chart():
    assert {*FUNCTIONS} == {*KINDS}
    assert all(function.__doc__ for function in FUNCTIONS.values())


@pytest.mark.parametrize("name", KINDS)
def test_at_one_column_no_text_meets_another_or_leaves_the_page(narrow, name):
    fig = narrow[name]
    assert fig.get_size_inches()[0] == pytest.approx(8.9 / 2.54)
    assert written.overlaps(fig) == []
    assert written.outside(fig) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_at_two_columns_no_text_meets_another_or_leaves_the_page(wide, name):
    fig = wide[name]
    assert fig.get_size_inches()[0] == pytest.approx(18.0 / 2.54)
    assert written.overlaps(fig) == []
    assert written.outside(fig) == []


def test_the_check_sees_texts_that_meet_and_leave():
    fig = style.figure(2.0)
    fig.text(0.5, 0.5, "one text")
    fig.text(0.51, 0.5, "another")
    fig.text(0.99, 0.1, "gone over the edge")
    assert written.overlaps(fig) == [("one text", "another")]
    assert written.outside(fig) == ["gone over the edge"]


@pytest.mark.parametrize("name", ["levers", "responses", "ranking", "icons", "packages", "incidence"])
def test_outcomes_are_those_that_were_asked_for(results, name):
    fig = gallery.figure(results, name, outcomes=["two_front", "nuclear_use"], width="single")
    said = " ".join(text for text, _ in written.texts(fig))
    for outcome in ("two_front", "nuclear_use"):
        assert style.OUTCOMES[outcome].label in said or style.OUTCOMES[outcome].short in said
    assert set(charts.data_of(fig)["outcome"]) == {"two_front", "nuclear_use"}


@pytest.mark.parametrize("outcome", ["two_front", "nuclear_use", "any_failure", "russian_join"])
def test_any_outcome_has_a_map(results, outcome):
    fig = gallery.figure(results, f"heat_{outcome}")
    assert style.OUTCOMES[outcome].label in style.title_of(fig)
    assert set(charts.data_of(fig)["outcome"]) == {outcome}


def test_by_default_the_four_kinds_of_force_are_shown(wide):
    for name in ("ranking", "icons", "levers", "responses"):
        assert set(charts.data_of(wide[name])["outcome"]) == {*HEADLINE}
    assert HEADLINE == ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")


def test_policies_are_those_that_were_asked_for(results):
    other = int(results.points.loc[results.points["family"] == "any", "point"].iloc[3])
    fig = charts.packages(results, policies=["strong", other])
    assert set(charts.data_of(fig)["point"]) == {
        int(results.points.loc[results.points["label"] == "strong", "point"].iloc[0]),
        other,
    }


def test_words_are_the_readers_own(results):
    labels = {
        "korea_attack": "Begrenzter Angriff", "exposure": "Offenlegung", "strong": "Härte", "safer": "sicherer", "riskier": "riskanter",
        "title": "Was bewegt was?", "Lever at 1": "Hebel auf 1", "Change (points)": "Änderung (Punkte)",
    }  # fmt: skip
    fig = charts.levers(results, labels=labels)
    said = " ".join(text for text, _ in written.texts(fig))
    for words in (
        "Begrenzter Angriff",
        "Offenlegung",
        "sicherer",
        "riskanter",
        "Was bewegt was?",
        "Hebel auf 1",
        "Änderung",
    ):
        assert words in said
    assert "Limited attack" not in said and "safer" not in said
    assert "Härte" in " ".join(text for text, _ in written.texts(charts.packages(results, labels=labels)))


@pytest.mark.parametrize(
    "name", ["ranking", "levers", "responses", "packages", "incidence", "heat", "frontier", "sample", "factors"]
)
def test_axes_of_changes_say_which_way_is_safer(wide, name):
    axes = [label for ax in wide[name].axes for label in (ax.get_xlabel(), ax.get_ylabel())]
    assert any(
        "safer" in label and "riskier" in label and label.index("safer") < label.index("riskier") for label in axes
    )


def _colours(fig):
    for one in fig.findobj():
        if (isinstance(one, Line2D) and one.get_linestyle() != "None") or (isinstance(one, Text) and one.get_text()):
            yield to_rgba(one.get_color())
        elif hasattr(one, "get_facecolors") and getattr(one, "get_array", lambda: None)() is None:
            yield from map(tuple, np.atleast_2d(one.get_facecolors()))


@pytest.mark.parametrize("name", KINDS)
def test_in_greys_there_is_no_colour(results, name):
    for colour in _colours(gallery.figure(results, name, style="grey")):
        if len(colour) == 4 and colour[3]:
            assert max(colour[:3]) - min(colour[:3]) < 1e-3


def test_in_greys_a_map_grows_darker_with_risk(results):
    fig = charts.heat(results, style="grey")
    mesh = next(one for ax in fig.axes for one in ax.collections if one.get_array() is not None)
    paint = mesh.cmap(np.linspace(0, 1, 9))[:, :3].mean(axis=1)
    assert (np.diff(paint) < 0).all()


def test_settings_are_laid_over_the_house_style(results):
    before = dict(matplotlib.rcParams)
    fig = charts.levers(results, outcomes="korea_war", style={"axes.facecolor": "#ffeeee"})
    assert to_rgba(fig.axes[0].get_facecolor()) == to_rgba("#ffeeee")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("name", "options"),
    [("levers", {"outcomes": "korea_war"}), ("responses", {"levers": "exposure"}), ("packages", {"outcomes": "two_front"}),
     ("ranking", {"outcomes": "korea_attack"}), ("icons", {"outcomes": "korea_attack"})],
)  # fmt: skip
def test_a_chart_of_one_panel_goes_on_axes_that_are_given(results, name, options):
    fig = Figure()
    ax, other = fig.subplots(1, 2)
    assert FUNCTIONS[name](results, ax=ax, **options) is fig
    assert ax.has_data() or ax.patches
    assert not other.has_data() and not fig.texts


def test_axes_are_refused_for_a_chart_of_many_panels(results):
    with pytest.raises(InputError, match="4"):
        charts.levers(results, ax=Figure().subplots())


@pytest.mark.parametrize(
    ("options", "said"),
    [({"outcomes": "two_fronts"}, "did you mean two_front"), ({"outcomes": []}, "a list of different names"), ({"width": "triple"}, "8.9 cm"),
     ({"width": 2}, "centimetres"), ({"width": True}, "centimetres"), ({"style": "gray-ish"}, "'grey'"), ({"policies": "stron"}, "did you mean strong"),
     ({"policies": 99999}, "numbered 0 to"), ({"labels": {"exposur": "x"}}, "did you mean exposure"), ({"labels": "x"}, "map names"), ({"ax": 1}, "Axes"),
     ({"style": {"font.siz": 1}}, "did you mean font.size"), ({"colour": "red"}, "takes no 'colour'")],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_a_sentence(results, options, said):
    with pytest.raises(InputError, match=said):
        gallery.figure(results, "packages", **options)


def test_a_map_with_nothing_to_show_says_so(results):
    poor = FakeResults()
    poor.estimates["discernible"] = poor.estimates["grid_discernible"] = False
    fig = charts.heat(poor)
    said = " ".join(" ".join(text for text, _ in written.texts(fig)).split())
    cells = charts.data_of(fig)
    largest = cells.loc[cells["diff"].abs().idxmax()]
    assert "can be told from the baseline" in said and style.signed(100 * largest["diff"]) in said
    assert style.signed(100 * largest["diff_ensemble_low"]) in said
    assert not any(one.get_array() is not None for ax in fig.axes for one in ax.collections)


def test_the_ranking_is_by_effect_in_each_panel(results, wide):
    for ax, name in zip(wide["ranking"].axes, HEADLINE, strict=True):
        rows = results.estimates[results.estimates["outcome"] == name]
        widest = {}
        for lever, (label, _) in style.LEVERS.items():
            at = results.slice(name, lever)
            widest[label] = at.loc[at[lever].isin((0.0, 1.0)), "diff"].abs().max()
        shown = [tick.get_text().split("\n")[0] for tick in ax.get_yticklabels()]
        expected = sorted(widest, key=lambda label: -widest[label])[: len(shown)]
        assert [widest[label] for label in shown] == pytest.approx([widest[label] for label in expected])
        assert len(rows) and len(shown) == lay.MOST_WIDE


@pytest.mark.parametrize(("before", "after"), [(0.293, 0.248), (0.024, 0.051), (0.5, 0.5), (0.0, 1.0)])
def test_icons_count_a_hundred_histories(before, after):
    ax = lay.icon_array(before, after, style.figure(3).subplots())
    kinds = [patch.get_gid() for patch in ax.patches]
    n, m = round(100 * before), round(100 * after)
    assert len(kinds) == 100 and kinds.count("happens") == min(n, m)
    assert kinds.count("happens no more") == max(n - m, 0) and kinds.count("happens in addition") == max(m - n, 0)


def test_the_difference_of_incidences_is_drawn(results, wide):
    data = charts.data_of(wide["incidence"])
    drawn = data[data["diff"].notna()]
    assert len(drawn) == len(HEADLINE) * 120
    ax = wide["incidence"].axes[1]
    (line,) = [one for one in ax.lines if one.get_color() == style.OUTCOMES["korea_war"].colour]
    expected = 100 * drawn.loc[drawn["outcome"] == "korea_war", "diff"].to_numpy()
    np.testing.assert_allclose(line.get_ydata(), expected)


def test_levers_have_a_legend_entry_only_for_marks_that_are_there():
    only_high = FakeResults()
    ends = only_high.points["label"].eq("") & only_high.points[list(style.LEVERS)].eq(0.0).any(axis=1)
    only_high.estimates = only_high.estimates[~only_high.estimates["point"].isin(only_high.points.loc[ends, "point"])]
    (legend,) = charts.levers(only_high).legends
    assert [text.get_text() for text in legend.get_texts()] == ["Lever at 1"]


def test_factors_are_named_in_rows_and_legend():
    two = FakeResults(swept=SWEPT[:1])
    dimension = {"name": "sanctions", "levels": ["as today"], "labels": ["as today"]}
    two.manifest["grid"] = [*two.manifest["grid"], dimension]
    two.points["sanctions"] = "as today"
    two.estimates["sanctions"] = "as today"
    fig = charts.factors(two)
    said = " ".join(text for text, _ in written.texts(fig))
    assert "timing: early" in said.replace("\n", " ") or "timing: late" in said.replace("\n", " ")
    assert "sanctions: as today" in said.replace("\n", " ")
    assert style.footer_of(fig).count("as at the baseline") <= 2


def test_noise_is_white_in_the_ranking(results, wide):
    marked = [bar for ax in wide["ranking"].axes for bar in ax.patches if bar.get_gid() == primitives.NOISE_GID]
    assert marked and all(to_rgba(bar.get_facecolor())[:3] == (1, 1, 1) and not bar.get_hatch() for bar in marked)


def test_what_no_chart_takes_is_refused_before_any_is_drawn(results, tmp_path):
    for options in ({"width": "triple"}, {"policies": "stron"}, {"labels": {"exposur": "x"}}, {"outcomes": "wars"}):
        with pytest.raises(InputError):
            gallery.draw(results, tmp_path / "none", **options)
    assert not (tmp_path / "none").exists()


def test_a_keyword_of_some_charts_goes_to_those(results, tmp_path):
    paths = gallery.draw(results, tmp_path, ["levers", "packages"], ["svg"], levers="exposure", outcomes="korea_war")
    assert [path.stem for path in paths] == ["levers", "packages"]
    assert memory.read(paths[0])["arguments"] == {"levers": "exposure", "outcomes": "korea_war"}
