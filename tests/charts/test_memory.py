"""Figures remember how they were made: what they carry, that it comes back, and that their numbers come out again."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import crink_abm as crink
from crink_abm import charts
from crink_abm.charts import gallery, memory, remembered, style
from crink_abm.cli import main as cli
from crink_abm.estimation import incidence
from crink_abm.experiment import reader
from crink_abm.model.outcomes import REGISTRY
from crink_abm.util.errors import InputError
from crink_abm.util.plain import as_toml

pytestmark = pytest.mark.once

PLAN = {
    "experiment": {
        "name": "remembered",
        "seed": 5,
        "runs": 400,
        "months": 36,
        "description": 'a "quoted" line\nand \\ another – é',
    },
    "levers": {"usfk_posture": [0.0, 1.0], "exposure": {"from": 0.0, "to": 1.0, "points": 3}},
    "packages": {"more (of) it – 全": {"usfk_posture": 0.9, "exposure": {"2026-01": 0.5, "2027-01": 0.9}}},
    "one_at_a_time": {"levers": ["exposure"], "points": 3},
    "worlds": {"ensemble": "defaults"},
}
LABELS = {"exposure": "Offenlegung (Ö) – 公開", "more (of) it – 全": "Mehr \\ davon"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return crink.sweep(PLAN, tmp_path_factory.mktemp("remembered") / "x", progress=False)


@pytest.fixture(scope="module")
def files(results, tmp_path_factory):
    place = tmp_path_factory.mktemp("files")
    return {path.suffix[1:]: path for path in gallery.draw(results, place, ["levers"], labels=LABELS, width="single")}


@pytest.mark.parametrize("form", memory.FORMATS)
def test_a_file_carries_how_it_was_made(results, files, form):
    found = memory.read(files[form])
    assert (found["chart"], found["seed"], found["rules"]) == ("levers", 5, results.manifest["rules_hash"])
    assert found["arguments"] == {"labels": LABELS, "width": "single"}
    assert found["runs"] == {"in_all": results.manifest["n_runs"], "per_point": 400}
    assert remembered.experiment_of(found).key() == results.manifest["experiment_hash"] == found["experiment"]["key"]
    assert found["digest"] == memory.digest(memory.of(gallery.figure(results, "levers", labels=LABELS)).tables)


def test_the_three_files_carry_the_same(files):
    assert len({json.dumps(memory.read(path), sort_keys=True) for path in files.values()}) == 1


def test_readers_of_screens_get_the_numbers(results, files):
    """The alternative text has the largest change, as the estimates have it, in each kind of file."""
    along = [results.slice("korea_attack", lever).assign(lever=lever) for lever in ("usfk_posture", "exposure")]
    ends = pd.concat(
        [rows[rows[rows["lever"].iloc[0]].isin((0.0, 1.0)) & (rows["point"] != results.baseline)] for rows in along]
    )
    kind, value = ("fall", ends["diff"].min()) if ends["diff"].min() < 0 else ("rise", ends["diff"].max())
    assert value != 0
    largest = f"largest {kind} {style.signed(100 * value)}"
    root = ElementTree.fromstring(files["svg"].read_bytes())
    of_svg = {one: root.find(f"{{http://www.w3.org/2000/svg}}{one}").text for one in ("title", "desc")}
    with Image.open(files["png"]) as image:
        of_png = image.text
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert of_svg["desc"] == of_png["Description"] and of_svg["title"] == of_png["Title"]
    assert f"Limited attack in Korea: {largest} points" in of_svg["desc"]
    assert "not a forecast" in of_svg["desc"] and root.get("role") == "img"
    assert b"/Subject" in files["pdf"].read_bytes()


def test_a_figure_that_is_saved_by_hand_remembers_too(results, tmp_path):
    fig = charts.icons(results)
    for form in memory.FORMATS:
        path = tmp_path / f"mine.{form}"
        fig.savefig(path)
        assert memory.read(path)["chart"] == "icons"
    fig.savefig(tmp_path / "tight.png", bbox_inches="tight")  # matplotlib's own ways stay
    assert charts.text_of(fig) and "of 100" in charts.text_of(fig)


def test_what_carries_nothing_says_so(tmp_path):
    plain = style.figure(1.0)
    plain.savefig(tmp_path / "plain.png")
    (tmp_path / "words.txt").write_text("no figure")
    (tmp_path / "some.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for name, said in (
        ("plain.png", "carries no manifest"),
        ("words.txt", "no PNG, SVG or PDF"),
        ("gone.png", "no file"),
        ("some.svg", "no manifest"),
    ):
        with pytest.raises(InputError, match=said):
            memory.read(tmp_path / name)


@pytest.mark.parametrize("form", memory.FORMATS)
def test_reproduce_gives_the_same_numbers_and_the_same_bytes(files, form, tmp_path, capsys):
    again = tmp_path / f"again.{form}"
    assert cli.main(["reproduce", str(files[form]), "--redraw", str(again), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["identical"] and said["identical_file"] and said["identical_rules"] and said["identical_experiment"]
    assert again.read_bytes() == files[form].read_bytes()


def test_reproduce_keeps_the_runs_where_it_is_told(files, tmp_path, capsys):
    assert cli.main(["reproduce", str(files["png"]), "--out", str(tmp_path / "kept")]) == 0
    assert "identical to the bit" in capsys.readouterr().out
    assert (tmp_path / "kept/figures/levers-again.png").is_file()
    assert crink.Results(tmp_path / "kept").manifest["name"] == "remembered"


def test_a_changed_number_is_found(files, tmp_path, capsys):
    text = files["svg"].read_text()
    digest = memory.read(files["svg"])["digest"]
    (tmp_path / "other.svg").write_text(text.replace(digest, "0" * 64))
    assert cli.main(["reproduce", str(tmp_path / "other.svg")]) == 1
    shown = capsys.readouterr()
    assert "do NOT come out again" in shown.out and "was changed" in shown.err


def test_a_seed_that_was_changed_gives_other_numbers(files, tmp_path, capsys):
    (tmp_path / "other.svg").write_text(files["svg"].read_text().replace("seed = 5", "seed = 6"))
    assert cli.main(["reproduce", str(tmp_path / "other.svg"), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["identical"] and not said["identical_experiment"]


def test_a_changed_picture_is_found(files, tmp_path, capsys):
    text = files["svg"].read_text()
    place = re.search(r'<use xlink:href="#[^"]+" x="([0-9.]+)"', text)
    (tmp_path / "moved.svg").write_text(text.replace(place[1], "1.0", 1))
    assert cli.main(["reproduce", str(tmp_path / "moved.svg"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["identical"] and not said["identical_file"]


def test_the_digest_sees_one_bit():
    table = pd.DataFrame(
        {"outcome": ["a", "b"], "diff": [0.1, np.nan], "discernible": pd.array([True, None], dtype="boolean")}
    )
    other = table.assign(diff=[np.nextafter(0.1, 1), np.nan])
    assert memory.digest([table]) == memory.digest([table.copy()])
    assert (
        len(
            {
                memory.digest([one])
                for one in (table, other, table.assign(outcome=["a", "c"]), table.rename(columns={"diff": "low"}))
            }
        )
        == 4
    )
    assert memory.digest([table, table]) != memory.digest([table])


def test_an_experiment_survives_toml():
    import tomllib

    experiment = reader.checked(PLAN)
    said = experiment.model_dump(mode="json", by_alias=True)
    assert reader.checked(tomllib.loads(as_toml(said))).key() == experiment.key()


def test_paired_incidence_is_what_counting_gives():
    """By hand: two runs in each of three worlds, the difference and both errors in the last month."""
    policy, base, world = np.array([3, -1, 0, 5, -1, 2]), np.array([1, 4, -1, 5, -1, -1]), np.array([7, 7, 8, 8, 9, 9])
    made = incidence.paired(policy, base, 6, world)
    for month in range(6):
        happened, at_base = (policy >= 0) & (policy <= month), (base >= 0) & (base <= month)
        each = happened.astype(float) - at_base
        assert made["diff"][month] == pytest.approx(each.mean())
        if not (happened != at_base).any() and not any(np.any((x >= 0) & (x <= month)) for x in (policy, base)):
            assert np.isnan(made["low"][month])
    own = np.array([-0.5, 0.5, 0.5])
    within = np.array([0.5, 0.5, 0.5])  # of (0, -1), (1, 0), (0, 1)
    error = np.sqrt((within / 2).sum()) / 3
    assert made["high"][-1] - made["diff"][-1] == pytest.approx(1.959964 * error, rel=1e-6)
    across = np.sqrt(((own - own.mean()) ** 2).sum() / 2 / 3)
    assert made["ensemble_high"][-1] - made["diff"][-1] == pytest.approx(4.302653 * across, rel=1e-6)


def test_paired_intervals_cover_and_follow_the_difference():
    """Under no effect (the same law, other draws), the worlds' interval leaves 0 out in about one study in twenty."""
    rng, missed, n = np.random.default_rng(3), 0, 300
    for _ in range(n):
        world = np.repeat(np.arange(40), 25)
        rate = rng.uniform(0.0, 0.02, 40)[world]
        when = [np.where((x := rng.geometric(rate + 1e-9)) > 24, -1, x - 1) for _ in range(2)]
        made = incidence.paired(*when, 24, world)
        missed += not made["ensemble_low"][-1] <= 0.0 <= made["ensemble_high"][-1]
    assert 0.02 * n <= missed <= 0.09 * n  # four standard errors about 5 %


def test_the_last_month_of_the_paired_curves_agrees_with_the_runs(results):
    made = results.incidence_change(1, "korea_attack")
    runs, base = (results.runs(point).set_index("run") for point in (1, results.baseline))
    first = REGISTRY.by_name["korea_attack"].first
    expected = ((runs[first] >= 0).astype(float) - (base[first] >= 0)).mean()
    assert made["diff"].iloc[-1] == pytest.approx(expected)
    assert made["month"].tolist() == list(range(36))
