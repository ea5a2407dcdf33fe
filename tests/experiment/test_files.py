"""Experiment files: encodings, sizes counted before anything is made, entries named as they were written, policies kept by name."""

import codecs
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, plan_file
from matplotlib.text import Text

import crink_abm as crink
from crink_abm import InputError
from crink_abm.api import shard
from crink_abm.charts import fonts, gallery, style
from crink_abm.charts.of_sweeps import chosen
from crink_abm.charts.panels import CannotDraw
from crink_abm.experiment import design, reader, sizes
from crink_abm.model import levers, parameters
from crink_abm.model.levers import LEVERS
from crink_abm.util import plain, size

pytestmark = pytest.mark.once  # the same on every Python and Mesa

HEAD = {"name": "plan", "seed": 5, "runs": 40, "months": 24}
TEXT = (
    '[experiment]\nname = "plan"\nseed = 1\nruns = 100\ndescription = "한국 中文 é"\n[worlds]\nensemble = "defaults"\n'
)


def _plan(**tables):
    return {"experiment": HEAD, "worlds": {"ensemble": "defaults"}} | tables


def _refused(tables, match):
    begun = time.process_time()
    with pytest.raises(InputError, match=match) as told:
        reader.checked(tables)
    assert time.process_time() - begun < 1.0
    assert len(str(told.value)) < 700
    return str(told.value)


# --- encodings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),  # Notepad
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),  # Notepad's "Unicode", Excel's
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
    ],
)
def test_a_file_says_the_same_in_every_encoding_with_a_mark(data, tmp_path):
    (tmp_path / "x.toml").write_bytes(data)
    read = reader.read(tmp_path / "x.toml")
    assert (read.experiment.description, read.experiment.runs) == ("한국 中文 é", 100)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "latin-1", "cp949", "cp037"])
def test_other_encodings_are_refused_in_a_sentence(encoding, tmp_path):
    (tmp_path / "x.toml").write_bytes(TEXT.replace("中文 é", "").encode(encoding, "replace"))
    if encoding == "latin-1":
        (tmp_path / "x.toml").write_bytes(b'[experiment]\nname = "\xe9"\n')
    with pytest.raises(InputError, match=r"not valid TOML|no text in UTF-8"):
        reader.read(tmp_path / "x.toml")


def test_what_is_no_file_or_a_huge_one_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(50_000_000_000)
    for place, match in (
        ("/dev/zero", "a device or a pipe"), (tmp_path / "pipe", "a device or a pipe"), (tmp_path, "is a folder"),
        (tmp_path / "huge.toml", r"50,000,000,000 bytes, where 1,000,000"), ("a\0b", "zero character"),
        ("x" * 5000, "cannot be read|no experiment file"), (5, "is the path of a file, or a dict"), (None, "is the path"),
    ):  # fmt: skip
        begun = time.process_time()
        with pytest.raises(InputError, match=match) as told:
            reader.read(place)
        assert time.process_time() - begun < 1.0
        assert str(told.value).isprintable() and len(str(told.value)) < 700


@pytest.mark.parametrize(
    "entry",
    [
        "seed = " + "9" * 5000, "x = " + "[" * 400_000, "x = " + "[" * 500 + "]" * 500, "x = 0x" + "f" * 6000, "x = " + "{ a = " * 500,
        ".".join("a" * 300_000) + " = 1", "[" + ".".join("a" * 300_000) + "]", "\n".join(".".join("a" * 90) + f"{k} = 1" for k in range(4000)),
        'x = "' + "y" * 900_000 + '"', "[x]\n" + "\n".join(f"k{k} = {k}" for k in range(60_000)), "\n".join("[[x]]" for _ in range(90_000)),
    ],
    ids=lambda x: x[:12],
)  # fmt: skip
def test_a_file_that_would_stop_the_parser_is_refused_within_two_seconds(entry, tmp_path):
    (tmp_path / "x.toml").write_text(f'[experiment]\nname = "x"\n{entry}\n')
    begun = time.process_time()
    with pytest.raises(InputError) as told:
        reader.read(tmp_path / "x.toml")
    assert time.process_time() - begun < 2.0
    assert len(str(told.value)) < 700


def test_dots_in_text_and_comments_are_no_keys(tmp_path):
    dots = "a.b." * 50
    (tmp_path / "x.toml").write_text(TEXT.replace("한국 中文 é", dots) + f"# {dots}\n# {'.' * 90}\n")
    assert reader.read(tmp_path / "x.toml").experiment.description == dots


# --- sizes ----------------------------------------------------------------------------------------------------------

_ALL = {name: {"from": 0.0, "to": 1.0, "points": 11} for name in LEVERS}


def test_a_grid_beyond_memory_is_refused_at_once_with_what_it_would_take(monkeypatch):
    four = {name: {"from": 0.0, "to": 1.0, "points": 101} for name in list(LEVERS)[:4]}
    monkeypatch.setattr(itertools, "product", None)  # nothing is crossed
    told = _refused(_plan(levers=four), "104,060,402 policies, 4,162,416,080 runs, about .* of memory and .* of disk")
    assert "enough for" in told and "101 x 101 x 101 x 101" in told
    assert len(LEVERS) == 14
    _refused(_plan(levers=_ALL), "379,749,833,583,242 policies")  # 11^14, and the baseline


def test_the_limit_is_the_machines(monkeypatch):
    """Negative control: the same grid is taken where there is memory for it, and refused where there is not."""
    plan = _plan(levers={name: _ALL[name] for name in list(LEVERS)[:4]})
    assert len(design.points(reader.checked(plan)).policies) >= 11**4
    monkeypatch.setattr(size, "memory", lambda: 1_000_000_000)
    _refused(plan, "14,642 policies.* this machine has 1 GB of memory, enough for")


@pytest.mark.parametrize(
    ("tables", "match"),
    [
        ({"experiment": HEAD | {"months": 10**9}}, r"experiment.months\] is .* 1 to 1,200; 1000000000 was"),
        ({"experiment": HEAD | {"runs": 10**30}}, r"experiment.runs\] is .* 1 to 1,000,000,000,000; 10+ was"),
        ({"experiment": HEAD | {"seed": 2**64}}, r"experiment.seed\] is .*18,446,744,073,709,551,615; 18446744073709551616 was"),
        ({"levers": {"exposure": [k / 2000 for k in range(2000)]}}, "1 to 1,001 of them, .*2,000 entries were"),
        ({"levers": {"exposure": {"from": 0.0, "to": 1.0, "points": 10**9}}}, r"exposure.points\] is .* 2 to 1,001"),
        ({"sample": {"method": "sobol", "points": 2**17, "seed": 1}}, r"sample.points\] is .* 65,536; 131072"),
        ({"packages": {f"p{k}": {} for k in range(10_001)}}, "at most 10,000 named policies; 10,001 entries were"),
        ({"drivers": {"driver_veto": {f"{y}-01": 1.0 for y in range(1000, 3000)}}}, "at most 1,200 dates|2,000 entries were"),
        ({"factors": {f"f{k}": {} for k in range(5000)}}, "at most 100 factors; 5,000 entries"),
        ({"packages": {"x" * 81: {}}}, "81 characters, where 80"),
        ({"experiment": HEAD | {"description": "x" * 10_001}}, "10,001 characters, where 10,000"),
        ({"worlds": {"runs_per_world": 10**12}}, r"runs_per_world\] is .* 1,000,000,000; 1000000000000"),
        ({"levers": {f"l{k}": 0.5 for k in range(300_000)}}, "250,000 entries"),
    ],
)  # fmt: skip
def test_sizes_are_counted_before_they_are_made(tables, match):
    _refused(_plan() | tables, match)


def test_a_disk_too_small_is_told_before_anything_is_written(tmp_path, monkeypatch):
    plan = _plan(experiment=HEAD | {"runs": 10**11})
    with pytest.raises(InputError, match=r"100,000,000,000 runs, about .* 3.2 TB of disk; .* are free where"):
        monkeypatch.setattr(size, "disk", lambda folder: 10**9)
        crink.sweep(plan, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="of is a whole number from 1 to 100,000; 1000000 was given"):
        shard(_plan(), 1, 10**6, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_size_is_told_before_the_work(tmp_path):
    said = []
    plan = _plan(packages={"A": {"exposure": 0.8}, "B": {"exposure": 0.80}})
    crink.sweep(plan, tmp_path, say=said.append)
    assert said[0].startswith("to be counted: 2 policies, 80 runs, about 1 second, ")
    assert sizes.of(reader.checked(plan)).runs == 80


@pytest.mark.parametrize(
    "months", [0, -1, True, "12", 12.0, None, 1201, 2**63, 10**400, np.float64(12)], ids=lambda x: repr(x)[:9]
)
def test_a_calendar_is_of_a_whole_number_of_months(months):
    with pytest.raises(InputError, match=r"run lasts at least 1 month and at most 1200|whole number of months"):
        levers.calendar(None, months)


# --- flags, text, and other nonsense ---------------------------------------------------------------------------------

RAMP = {"lever": "usfk_posture", "begins": ["2026-06", "2027-01"], "over_months": 6, "to": 0.0}


@pytest.mark.parametrize(
    "wrong", [True, False, "12", "0.5", None, float("nan"), float("inf"), 10**400, [], {}], ids=lambda x: repr(x)[:9]
)
@pytest.mark.parametrize(
    "place",
    [
        ("experiment", "seed"), ("experiment", "runs"), ("experiment", "months"), ("experiment", "detail_runs"),
        ("experiment", "precision"), ("levers", "exposure", "from"), ("levers", "exposure", "points"),
        ("levers", "dual_role", 0), ("levers", "dual_role", 1, "2026-01"), ("baseline", "heavy_share"),
        ("packages", "a", "exposure"), ("packages", "b", "exposure", "2026-01"), ("drivers", "driver_veto"),
        ("drivers", "driver_statement", "2026-01"), ("parameters", "crisis_duration"), ("factors", "leave", "to"),
        ("factors", "leave", "over_months"), ("factors", "leave", "from"), ("factors", "f", "one", "china_engagement"),
        ("one_at_a_time", "points"), ("sample", "points"), ("sample", "seed"), ("sample", "ranges", "counter_hybrid", 0),
        ("worlds", "draws"), ("worlds", "size"), ("worlds", "seed"), ("worlds", "screen_runs"),
    ],
)  # fmt: skip
def test_no_flag_text_or_nothing_is_a_number(place, wrong):
    """Everywhere in an experiment; with numbers in their places the same experiment is taken (the last assertion)."""
    plan = {
        "experiment": HEAD | {"detail_runs": 80},
        "levers": {
            "exposure": {"from": 0.0, "to": 1.0, "points": 3},
            "dual_role": [0.5, {"2026-01": 0.5, "2027-01": 0.1}],
        },
        "factors": {"leave": RAMP | {"from": 0.5}, "f": {"one": {"china_engagement": 0.1}, "two": {}}},
        "baseline": {"heavy_share": 0.4},
        "packages": {"a": {"exposure": 0.1}, "b": {"exposure": {"2026-01": 0.5, "2027-01": 0.1}}},
        "drivers": {"driver_veto": 1.0, "driver_statement": {"2026-01": 0.0}},
        "parameters": {"crisis_duration": 8.0},
        "one_at_a_time": {"points": 3},
        "sample": {"method": "sobol", "points": 4, "seed": 1, "ranges": {"counter_hybrid": [0.1, 0.9]}},
        "worlds": {"ensemble": "prior", "draws": 10, "size": 2, "seed": 1, "screen": "none", "screen_runs": 20},
    }
    reader.checked(plan)
    plan = json.loads(json.dumps(plan))
    held = plan
    for part in place[:-1]:
        held = held[part]
    none_is_left_out = place in (("experiment", "detail_runs"), ("experiment", "precision"), ("factors", "leave", "from"),
                                 ("worlds", "size"))  # fmt: skip
    held[place[-1]] = wrong
    if wrong == 10**400 and place in (("worlds", "draws"), ("worlds", "size")):
        return  # how many worlds there can be is counted where they are made
    if (wrong is None and none_is_left_out) or (wrong == {} and place == ("packages", "a")):
        reader.checked(plan)
        return
    told = _refused(plan, None)
    shown = plain.in_words(place).rstrip("]").split(" item")[0].rstrip("]").split(".")[-1]
    assert shown.strip("[") in told or str(place[1]) in told, told


@pytest.mark.parametrize(
    ("tables", "match"),
    [
        ({"levers": {"exposure": [0.8, 0.8]}}, r"levers.exposure\] has 1 different level where 2 .* exposure = 0.8"),
        ({"levers": {"exposure": {"from": 0.8, "to": 0.8, "points": 3}}}, "1 different level where 3"),
        ({"levers": {"exposure": {"from": 0.0, "to": 1e-12, "points": 3}}}, "2 different levels where 3"),
        ({"levers": {"exposure": [{"2026-01": 0.5, "2027-01": 0.0}] * 2}}, "1 different level where 2"),
        ({"levers": {"dual_role": 0.5}, "baseline": {"dual_role": 0.9}}, r"\[baseline\] dual_role has another level"),
        ({"levers": {"dual_role": [0.5]}, "baseline": {"dual_role": 0.9}}, "dual_role has another level"),
        ({"levers": {"dual_role": {"２０２６-01": 0.5, "2026-01": 0.1}}}, r"written YYYY-MM .*'２０２６-01'"),
        ({"experiment": HEAD | {"start": "٢٠٢٦-01"}}, r"experiment.start\] is a month .*'٢٠٢٦-01'"),
        ({"experiment": HEAD | {"start": "2026-01\n"}}, "is a month"),
        ({"experiment": HEAD | {"start": "9999-06"}}, "ends by 9999-12; 24 months from 9999-06"),
        ({"factors": {"leave": RAMP | {"begins": ["2026-01", "9999-06"], "over_months": 12}}}, "begins 9999-06 and takes 12 months"),
        ({"factors": {"leave": RAMP | {"over_months": 10**30}}}, r"over_months\] is a whole number of months from 1 to 1,200"),
        ({"worlds": {"structures": {"xi_theory": []}}}, r"structures.xi_theory\] is a level"),
        ({"worlds": {"structures": {"xi_theory": [0, 0]}}}, "a level of xi_theory twice"),
        ({"worlds": {"structures": {"xi_theroy": 0}}}, "did you mean xi_theory"),
        ({"worlds": {"ensemble": "defaults", "structures": {"xi_theory": 1}}}, "defaults.* has one: hold switches"),
        ({"packages": {"a": "exposure=٠.٥"}}, "takes a number"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(tables, match):
    _refused(_plan() | tables, match)


def test_what_makes_sense_is_taken_as_before():
    """The negative control: equal levels said twice, a list with a level again, whole floats, NumPy's numbers, arrays."""
    reader.checked(_plan(levers={"dual_role": 0.5}, baseline={"dual_role": 0.5}))
    assert [len(d) for d in design.points(reader.checked(_plan(levers={"exposure": [0.1, 0.1, 0.9]}))).grid] == [2]
    one = reader.checked(_plan(levers={"exposure": [0.0, 0.5, 1.0]}) | {"experiment": HEAD | {"runs": 1000}})
    for given, runs in (
        (np.linspace(0, 1, 3), 1e3),
        ((0, 0.5, 1), np.int64(1000)),
        (pd.Series([0.0, 0.5, 1.0]), np.float64(1000)),
    ):
        other = reader.checked(_plan(levers={"exposure": given}) | {"experiment": HEAD | {"runs": runs}})
        assert other.key() == one.key()
    assert (
        np.signbit(design.points(reader.checked(_plan(packages={"a": {"exposure": -0.0}}))).policies[0]["exposure"])
        == 0
    )


# --- messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"baseline": {"exposure": "x"}}, '[baseline.exposure] is a number from 0 to 1, or a dated schedule'),
        ({"worlds": {"structures": 5}}, "[worlds.structures] is 'all', 'default', or a table of switches"),
        ({"one_at_a_time": {"levers": "exposure"}}, "[one_at_a_time.levers] is 'all', or a list of levers; 'exposure' was given"),
        ({"factors": {"x": RAMP | {"begins": ["2026-01", "x"]}}}, '[factors.x.begins] item 2 is a month such as "2027-06"; \'x\' was'),
        ({"levers": {"exposure": True}}, "[levers.exposure] is a number from 0 to 1, a list of 1 to 1,001 of them, { from, to, points }"),
        ({"levers": {"exposure": [0.5, "x"]}}, "[levers.exposure] item 2 is a number from 0 to 1, or a dated schedule"),
        ({"experiment": HEAD | {"name": "a b"}}, "[experiment.name] is letters, digits, _ and -, at most 100 of them; 'a b' was given"),
        ({"worlds": {"sha256": "x"}}, "[worlds.sha256] is 64 of the digits 0-9 and a-f; 'x' was given"),
        ({"levers": {"exposure": {"2026-01": 0.5, "2027-01": "x"}}}, "[levers.exposure.2027-01] is a number from 0 to 1; 'x' was given"),
        ({"packages": {"the \u4e2d plan": {"exposure": []}}}, "[packages.'the \u4e2d plan'.exposure] is a number from 0 to 1"),
    ],
)  # fmt: skip
def test_messages_name_the_entry_and_what_is_allowed(tables, said):
    assert f"the experiment: {said}" in _refused(_plan() | tables, None)


def test_every_entry_of_a_file_is_described():
    """What ``[...]`` may be stands for each field of each table: no message falls back on the validator's words."""
    from kinds import KINDS
    from pydantic import BaseModel

    from crink_abm.experiment import schema

    for kind in (schema.Experiment, *KINDS.values()):
        for name, field in kind.model_fields.items():
            assert reader._said((name,), kind), (kind, name)
            table = next(iter(reader._tables(field.annotation)), None)
            if isinstance(table, type) and issubclass(table, BaseModel) and name not in ("levers", "factors"):
                for entry, about in table.model_fields.items():
                    assert reader._said((name, about.alias or entry), kind), (kind, name, entry)
    for table, place in ((schema.Span, ("levers", "*")), (schema.Ramp, ("factors", "*"))):
        for field, about in table.model_fields.items():
            assert reader._said((*place, about.alias or field)) is not None


@pytest.mark.parametrize(
    "given", [["a"], "article", {1, 2}, 5, b"x", pd.Series({"exposure": 0.5}), np.zeros(3), object(), {3: 1}]
)
@pytest.mark.parametrize("call", [levers.checked, levers.calendar, parameters.checked, reader.checked])
def test_what_is_no_mapping_is_refused_in_a_sentence(call, given):
    with pytest.raises(InputError) as told:
        call(given)
    assert len(str(told.value)) < 700 and str(told.value).isprintable()


# --- policies by name -----------------------------------------------------------------------------------------------

EQUAL = {"status quo": {"usfk_posture": 0.5}, "A": {"usfk_posture": 0.8}, "B": {"usfk_posture": 0.80}, "again": {}}


@pytest.fixture(scope="module")
def equal(tmp_path_factory):
    head = HEAD | {"detail_runs": 800, "months": 60}
    plan = _plan(packages=EQUAL, levers={"usfk_posture": [0.2, 0.5, 0.8]}) | {"experiment": head}
    return crink.sweep(plan, tmp_path_factory.mktemp("equal"))


def test_packages_of_equal_levers_all_appear_and_are_run_once(equal):
    points = equal.points.set_index("label")
    assert points.loc[list(EQUAL), "usfk_posture"].tolist() == [0.5, 0.8, 0.8, 0.5]
    assert set(equal.estimates["label"]) == {"", "baseline", *EQUAL}
    rows = equal.select("any_failure").set_index("label")
    counts = ["n_runs", "n_events", "prob", "low", "high", "diff", "n_only_policy", "n_only_baseline"]
    pd.testing.assert_series_equal(rows.loc["A", counts], rows.loc["B", counts], check_names=False)
    assert rows.loc["status quo", "n_events"] == rows.loc["again", "n_events"] == rows.loc["baseline", "n_events"]
    assert rows.loc["status quo", ["diff", "n_only_policy", "n_only_baseline"]].tolist() == [0, 0, 0]
    assert (
        not rows.loc["A", ["n_only_policy", "n_only_baseline"]].eq(0).all()
    )  # the negative control: A is another policy than today's
    packs = [pd.read_parquet(path) for path in (equal.folder / "runs").iterdir()]
    assert sum(map(len, packs)) == equal.manifest["n_runs"] == 40 + 800 + 800  # 0.2 on the grid; 0.5 and 0.8 by name


def test_runs_curves_and_replays_of_a_name_are_those_of_its_policy(equal):
    point = equal.points.set_index("label")["point"]
    one, other = (equal.runs([point[name]]).drop(columns="point") for name in ("A", "B"))
    pd.testing.assert_frame_equal(one, other)
    assert len(one) == 800
    curves = [equal.incidence([point[name]], ["any_failure"])["prob"] for name in ("A", "B")]
    pd.testing.assert_series_equal(*curves)
    assert equal.replay(point["B"], 3).outcome == equal.replay(point["A"], 3).outcome
    counted = [equal.by_world("any_failure", [point[name]]).drop(columns="point") for name in ("A", "B")]
    pd.testing.assert_frame_equal(*counted)


def test_each_level_of_the_grid_and_of_a_slice_is_there_once(equal):
    assert equal.slice("any_failure", "usfk_posture")["usfk_posture"].tolist() == [0.2, 0.5, 0.8]
    assert equal.dataset["prob"].sel(outcome="any_failure").notnull().all()


def test_names_are_told_apart_in_the_chart_of_packages(equal):
    ax = gallery.figure(equal, "packages").axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == list(EQUAL)
    panels = gallery.figure(equal, "incidence").axes
    assert [panel.get_title(loc="left") for panel in panels] == ["baseline", *EQUAL]


def test_a_shard_of_equal_packages_holds_what_the_sweep_counts(equal, tmp_path):
    plan = json.loads(json.dumps(equal.manifest["experiment"]))
    total = sum(shard(plan, k, 3, tmp_path) for k in (1, 2, 3))
    assert total == equal.manifest["n_runs"]
    again = crink.sweep(plan, tmp_path)
    assert (again.folder / "estimates.parquet").read_bytes() == (equal.folder / "estimates.parquet").read_bytes()


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (["baseline"], "cannot be named 'baseline'"), (["Baseline "], "'baseline' is the policy"), (["ＢＡＳＥＬＩＮＥ"], "cannot be named"),
        (["a", "A"], "differ in capitals"), (["a b", "ab "], "differ in"), (["é", "e\u0301"], "differ in"), (["a", "a\u200b"], "differ in"),
        (["ﬁ", "fi"], "differ in"), ([""], "can be read"), ([" \u3000"], "can be read"), (["\u200b"], "can be read"),
        (["a\nb"], r"'\\n'"), (["a\x1b[31m"], r"character '\\x1b'"), (["a\u202eb"], r"'a\\u202eb'"), (["\ud800"], r"\\ud800"),
        (["x" * 81], "81 characters"), (["a\tb"], r"'\\t'"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_told_apart_or_read_are_refused_before_anything_is_made(names, match, tmp_path):
    for tables in (
        {"packages": {name: {"exposure": 0.9} for name in names}},
        {"factors": {"f": {name: {"exposure": 0.1 * k} for k, name in enumerate([*names, "other"])}}},
    ):
        if "aseline" in names[0] or names == ["ＢＡＳＥＬＩＮＥ"]:
            tables.pop("factors", None)  # a level may well be the baseline
        if tables:
            with pytest.raises(InputError, match=match):
                crink.sweep(_plan(**tables), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_that_differ_are_taken():
    """The negative control: other letters, accents, scripts and signs."""
    names = [
        "a",
        "b",
        "á",
        "ä",
        "å",
        "a1",
        "중국",
        "한국",
        "中文",
        "中国",
        "$",
        "$$",
        "{}",
        "🚀",
        "x" * 80,
        "1 posture",
        "2 posture",
        "か",
        "が",
    ]
    found = design.points(reader.checked(_plan(packages={n: {"exposure": 0.9} for n in names})))
    assert [label for label in found.labels if label] == [*names, "baseline"]


# --- text in charts --------------------------------------------------------------------------------------------------

LABELS = (
    "a $1_$ plan",
    "spend $5bn, save $2bn",
    "$\\frac$",
    "a $x_{$ b",
    "^{}_\\",
    "_under",
    "%s {0}",
    "<b>&",
    "word " * 15 + "end",
)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    packages = {name: {"usfk_posture": 0.6 + 0.01 * k} for k, name in enumerate(LABELS)}
    levels = {"a, b $x$": {}, "a": {"exposure": 0.1}}
    tables = {"packages": packages, "factors": {"f": levels, "g": {"c": {}, "b $x$, c": {"dual_role": 0.1}}}}
    return crink.sweep(_plan(**tables), tmp_path_factory.mktemp("labelled"))


def test_names_are_drawn_as_they_are_written(labelled, tmp_path):
    fig = gallery.figure(labelled, "packages")
    assert [" ".join(text.get_text().split()) for text in fig.axes[0].get_yticklabels()] == list(LABELS)
    for name in ("packages", "incidence", "first_failures", "factors"):
        texts = gallery.figure(labelled, name).findobj(Text)
        assert not any(text.get_parse_math() for text in texts), name
    drawn = {path.stem for path in gallery.draw(labelled, tmp_path, formats=["svg"])}
    assert {"packages", "incidence", "first_failures", "factors"} <= drawn


def test_cells_whose_words_run_together_stay_apart(labelled):
    """ "a, b $x$" and "c", "a" and "b $x$, c" read alike when joined; they are four marks in the rows of two levels."""
    ax = gallery.figure(labelled, "factors").axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["f: a, b $x$", "f: a"]
    marks = [
        m for m in ax.collections if hasattr(m, "get_offsets") and len(m.get_offsets()) and m.get_offsets().ndim == 2
    ]
    places = sorted(
        round(float(y), 2) for m in marks if "PathCollection" in type(m).__name__ for _, y in m.get_offsets()
    )
    assert len(places) == len(set(places)) == 4


def _font_for(text):
    return fonts._families(frozenset(text))


def test_characters_without_a_font_are_told_once_and_warn_of_nothing(labelled, tmp_path, monkeypatch, caplog, recwarn):
    monkeypatch.setattr(fonts, "_others", list)  # a machine with no other font
    fonts._families.cache_clear()
    monkeypatch.setitem(labelled.manifest, "name", "한국 中文")
    paths = gallery.draw(labelled, tmp_path, ["packages", "incidence"], ["png", "svg"])
    fonts._families.cache_clear()
    assert len(paths) == 4
    assert caplog.text.count("no font of this machine has") == 1 and "한" in caplog.text and "中" in caplog.text
    assert [str(one.message) for one in recwarn if "Glyph" in str(one.message)] == []


def test_a_font_that_has_the_characters_is_used_where_there_is_one(labelled, monkeypatch, tmp_path, caplog):
    """With whatever fonts are here: a sign that DejaVu lacks and some other font has, or none and then it is told."""
    import matplotlib
    from matplotlib import font_manager

    other = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "STIXNonUni.ttf")
    lacking = sorted(fonts._glyphs(other) - fonts._glyphs(font_manager.findfont(style.FONT)))
    sign = next(chr(code) for code in lacking if code > 0xE000)
    monkeypatch.setattr(fonts, "_others", lambda: [("STIXNonUnicode", other)])
    fonts._families.cache_clear()
    monkeypatch.setitem(labelled.manifest, "name", f"name {sign}")
    fig = gallery.figure(labelled, "packages")
    dressed = [text for text in fig.findobj(Text) if sign in text.get_text()]
    fonts._families.cache_clear()
    assert dressed and all(text.get_fontfamily() == [style.FONT, "STIXNonUnicode"] for text in dressed)
    assert all(text.get_fontfamily() == [style.FONT] for text in fig.findobj(Text) if text not in dressed)


def test_a_chart_that_fails_is_told_in_a_line_and_passed_over(labelled, tmp_path, monkeypatch, caplog):
    def broken(results):
        raise TypeError("int() argument must be\na string" + "x" * 5000)

    monkeypatch.setitem(gallery.CHARTS, "incidence", broken)
    paths = gallery.draw(labelled, tmp_path, formats=["svg"])
    assert {"packages", "first_failures"} <= {path.stem for path in paths}
    (line,) = [record.getMessage() for record in caplog.records if "incidence" in record.getMessage()]
    assert (
        line.startswith("chart incidence could not be drawn: TypeError: int() argument")
        and "\n" not in line
        and len(line) < 300
    )


def test_more_names_than_a_chart_holds_are_told_at_once():
    packages = {k: f"p{k}" for k in range(2000)}
    with pytest.raises(CannotDraw, match="2,000 packages are more than the 150 rows"):
        chosen.rows_of(packages)
    with pytest.raises(CannotDraw, match="2,000 policies with a name are more than the 40 panels"):
        chosen.check_panels(len(packages))


def test_long_names_are_wrapped_by_what_they_take():
    assert style.wrap("중국" * 10, 10) == ["중국중국중", "국중국중국", "중국중국중", "국중국중국"]
    assert style.wrap("one two three", 7) == ["one two", "three"]
    assert style.clipped("x" * 30, 10) == "x" * 9 + "…" and style.clipped("중" * 9, 10) == "중" * 4 + "…"


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        ("grid", 2, "104,060,402 policies"), ("baseline", 2, "cannot be named 'baseline'"), ("dollar", 0, "to be counted: 2 policies"),
    ],
)  # fmt: skip
def test_the_command_tells_it_in_a_line_and_leaves_nothing(file, status, said, tmp_path):
    plans = {
        "grid": _plan(levers={name: {"from": 0.0, "to": 1.0, "points": 101} for name in list(LEVERS)[:4]}),
        "baseline": _plan(packages={"baseline": {"usfk_posture": 0.6}}),
        "dollar": _plan(packages={"a $1_$ plan": {"usfk_posture": 0.6}}),
    }
    path = plan_file(tmp_path / "x.toml", {k: {json.dumps(n): v for n, v in t.items()} for k, t in plans[file].items()})
    done = subprocess.run(
        [sys.executable, "-m", "crink_abm", "sweep", str(path), "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr
    if status:
        assert done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
    else:
        assert (tmp_path / "out" / "figures" / "packages.svg").exists() and "baseline" in done.stdout
