"""Folders of results: what is ours, what is another's, what the disk refuses, and who is at work."""

import errno
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import plan_file

import crink_abm as crink
from crink_abm import InputError
from crink_abm.api import shard
from crink_abm.charts import gallery, style
from crink_abm.cli import main as cli
from crink_abm.ensemble import build
from crink_abm.rare_events.store import Kept
from crink_abm.sweeps.store import Store
from crink_abm.util import files, ownership
from crink_abm.util.errors import DiskError

pytestmark = pytest.mark.once  # the same on every Python and Mesa

PLAN = {
    "experiment": {"name": "small", "seed": 5, "runs": 24, "months": 12},
    "levers": {"usfk_posture": [0.2, 0.8]},
    "worlds": {"ensemble": "defaults"},
}
EDITED = PLAN | {"experiment": PLAN["experiment"] | {"seed": 6}}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    place = tmp_path_factory.mktemp("swept")
    crink.sweep(PLAN, place / "x")
    return place / "x"


@pytest.fixture
def folder(swept, tmp_path):
    """A sweep of one's own: a copy."""
    shutil.copytree(swept, tmp_path / "x")
    return tmp_path / "x"


def _bytes(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def _put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the user's own {name}")
    return {name: f"the user's own {name}".encode() for name in names}


# ------------------------------------------------------------------------------------------------ what is ours


@pytest.mark.parametrize(
    "name",
    ["paper.tex", "runs/mine.parquet", "shards/x/important.txt", "mine.parquet", "figures/v1.0/a.txt", "manifest.json", "a b\n/c"],
)  # fmt: skip
def test_a_folder_with_things_of_anothers_is_refused_and_left_as_it_is(tmp_path, monkeypatch, capsys, name):
    """In the folder of a project, with ``--out .``, too."""
    monkeypatch.chdir(tmp_path)
    _put(tmp_path, name, ".draft.tmp")
    plan_file(tmp_path / "plan.toml", PLAN)
    before = _bytes(tmp_path)
    assert cli.main(["sweep", "plan.toml", "--out", ".", "--no-charts"]) == 2
    told = capsys.readouterr().err.strip()
    assert "neither empty nor a folder of results" in told
    assert "--out" in told
    assert "\n" not in told
    assert _bytes(tmp_path) == before
    assert not (tmp_path / ".lock").exists()


@pytest.mark.parametrize("name", ["manifest.json", "estimates.parquet"])
def test_a_folder_in_the_place_of_a_file_is_anothers_even_empty(tmp_path, name):
    """Else all runs would be made before what they came to cannot be written."""
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="neither empty nor a folder of results"):
        crink.sweep(PLAN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_systems_leave_and_words_for_people_are_no_hindrance_and_stay(tmp_path):
    own = _put(tmp_path / "x", ".DS_Store", "README.md", ".gitignore", ".draft.tmp", "slurm-7.out", "plan.toml")
    (tmp_path / "x" / "runs").mkdir()
    crink.sweep(PLAN, tmp_path / "x")
    crink.sweep(EDITED, tmp_path / "x")
    assert own.items() <= _bytes(tmp_path / "x").items()


def test_only_names_of_ours_are_removed(folder):
    """An edited experiment, in a folder in which the user keeps things beside ours."""
    own = _put(
        folder, "my_table.parquet", "audit.parquet", "notes.tmp", ".draft.tmp", "runs/mine.parquet", "runs/notes.txt",
        "figures/paper.tex", "figures/mine.png", "figures/v1.0/a.png", "shards/x/important.txt", "shards/1-of-2/runs/a.parquet",
        "runs/.mine.tmp",
    )  # fmt: skip
    _put(folder, "figures/levers.png", "figures/heat_any_failure.svg")  # as if drawn by us
    told = []

    def say(text):
        told.append((text, (folder / "estimates.parquet").exists(), (folder / "figures/levers.png").exists()))

    crink.sweep(EDITED, folder, say=say)
    assert own.items() <= _bytes(folder).items()
    assert not (folder / "figures/levers.png").exists()
    assert not (folder / "figures/heat_any_failure.svg").exists()
    [(text, *there)] = [entry for entry in told if "another version" in entry[0]]
    assert "3 policies, 72 runs, seed 5" in text
    assert "2 chart files" in text
    assert there == [True, True], "it is told before it is done"
    assert not [entry for entry in told if "damaged" in entry[0]]
    assert any("left alone" in entry[0] for entry in told)


def test_the_names_of_charts_are_those_that_are_drawn():
    for name in gallery.CHARTS:
        for form in gallery.FORMATS:
            assert ownership.CHART.fullmatch(f"{name}.{form}")


def test_other_rules_drop_what_these_concluded(folder, monkeypatch):
    """Stale charts of other rules would stand beside new tables."""
    from crink_abm.sweeps import runner

    _put(folder, "figures/levers.png")
    crink.sweep(PLAN, folder)
    assert (folder / "figures/levers.png").exists()
    monkeypatch.setattr(runner, "rules_hash", lambda: "0123456789abcdef")
    crink.sweep(PLAN, folder)
    assert not (folder / "figures/levers.png").exists()


@pytest.mark.parametrize("place", ["figures", "runs", "shards", "pilot", ".lock", "crink_abm.json", "manifest.json"])
def test_nothing_is_written_or_removed_through_a_link(folder, tmp_path, place):
    own = _put(tmp_path / "else", "figures/levers.png", "1-of-2/runs/" + "a" * 24 + ".parquet", "a.txt")
    target = tmp_path / "else" / ("a.txt" if "." in place else "figures")
    if (folder / place).is_dir():
        shutil.rmtree(folder / place)
    (folder / place).unlink(missing_ok=True)
    (folder / place).symlink_to(target)
    for plan in (PLAN, EDITED):
        with pytest.raises(InputError, match="is a link, and nothing is written or removed through links"):
            crink.sweep(plan, folder)
    assert _bytes(tmp_path / "else") == own


def test_a_table_a_chart_and_a_shard_that_are_links_are_refused(folder, tmp_path):
    own = _put(tmp_path / "else", "victim", "runs/" + "a" * 24 + ".parquet")
    victim = tmp_path / "else" / "victim"
    (folder / "estimates.parquet").unlink()
    (folder / "estimates.parquet").symlink_to(victim)
    with pytest.raises(InputError, match=r"estimates\.parquet' is a link"):
        crink.sweep(PLAN, folder)
    (folder / "estimates.parquet").unlink()
    results = crink.sweep(PLAN, folder)
    (folder / "figures").mkdir()
    (folder / "figures" / "incidence.png").symlink_to(victim)
    with pytest.raises(InputError, match=r"incidence\.png' is a link"):
        gallery.draw(results, only=["incidence"], formats=["png"])
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "figures").symlink_to(tmp_path / "else")
    with pytest.raises(InputError, match="figures' is a link"):
        gallery.draw(results, tmp_path / "plots", only=["incidence"], formats=["png"])
    (folder / "shards").mkdir()
    (folder / "shards" / "1-of-2").symlink_to(tmp_path / "else")
    with pytest.raises(InputError, match="1-of-2' is a link"):
        crink.sweep(PLAN, folder)
    with pytest.raises(InputError, match="1-of-2' is a link"):
        shard(PLAN, 1, 2, folder)
    assert _bytes(tmp_path / "else") == own


def test_a_link_to_the_folder_itself_is_the_users_choice(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "x").symlink_to(tmp_path / "scratch")
    crink.sweep(PLAN, tmp_path / "x")
    assert (tmp_path / "scratch" / "manifest.json").exists()


@pytest.mark.parametrize("name", ["manifest.json", "crink_abm.json"])
def test_a_flip_in_a_name_does_not_estrange_the_folder(folder, name):
    whole = _bytes(folder)
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace('"small"', '"smalm"'))
    crink.sweep(PLAN, folder)
    assert _bytes(folder) == whole
    (folder / name).unlink()
    with pytest.raises(InputError, match="holds the sweep 'small', not 'other'"):
        crink.sweep(PLAN | {"experiment": PLAN["experiment"] | {"name": "other"}}, folder)


def test_a_change_of_version_cut_short_anywhere_leaves_nothing_stale(folder, tmp_path, monkeypatch):
    for name in ("levers", "responses"):
        _put(folder, f"figures/{name}.png")
    crink.sweep(EDITED, tmp_path / "fresh")
    fresh = {name: data for name, data in _bytes(tmp_path / "fresh").items() if "/" not in name}
    plain = Path.unlink
    for k in range(1, 9):
        shutil.copytree(folder, tmp_path / f"cut{k}")
        left = [k]

        def unlink(self, missing_ok=False, left=left):
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            plain(self, missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", unlink)
            with pytest.raises(KeyboardInterrupt):
                crink.sweep(EDITED, tmp_path / f"cut{k}")
        crink.sweep(EDITED, tmp_path / f"cut{k}")
        assert not list((tmp_path / f"cut{k}" / "figures").iterdir())
        assert fresh.items() <= _bytes(tmp_path / f"cut{k}").items()


def test_refused_input_leaves_no_folder(tmp_path):
    for words in ({"engine": "steam"}, {"workers": 0}, {"backend": "steam"}, {"precision": 7.0}):
        with pytest.raises(InputError):
            crink.sweep(PLAN, tmp_path / "a" / "x", **words)
        assert not list(tmp_path.iterdir())


def test_commands_keep_apart(folder, tmp_path):
    with pytest.raises(InputError, match="holds a sweep"):
        Kept(folder)
    with Kept(tmp_path / "rare").work():
        pass
    with Kept(tmp_path / "rare").work():
        pass
    with pytest.raises(InputError, match="holds results of `crink-abm rare`"):
        crink.sweep(PLAN, tmp_path / "rare")
    own = _put(tmp_path / "mine", "kept/a.json", "rare.parquet")
    with pytest.raises(InputError, match="not marked as ours"):
        Kept(tmp_path / "mine")
    assert _bytes(tmp_path / "mine") == own
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "kept").symlink_to(tmp_path / "mine")
    with pytest.raises(InputError, match="is a link"):
        Kept(tmp_path / "linked")


@pytest.mark.parametrize("found", [None, [], "x", {}, {"prob": 1}, {"outcome": [1]}, {"prob": "<b>"}])
def test_a_strangers_estimate_of_another_shape_is_none(tmp_path, found):
    from crink_abm.rare_events.store import _seal

    kept = Kept(tmp_path / "rare")
    with kept.work():
        files.write_json(kept.place / "k.json", {"format": 1, "found": found, "seal": _seal("k", found)})
        assert kept.read("k") is None
        (kept.place / "k.json").write_text("[" * 10_000)
        assert kept.read("k") is None


# ------------------------------------------------------------------------------------------------ the disk


@pytest.mark.parametrize("how", ["open", "read_bytes", "stat", "iterdir"])
def test_what_cannot_be_read_is_not_damaged(folder, monkeypatch, how):
    whole, plain = _bytes(folder), getattr(Path, how)
    [pack] = (folder / "runs").iterdir()
    for number in (
        errno.EACCES, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.EPERM, errno.ETIMEDOUT,
    ):  # fmt: skip
        failed = []

        def fail(self, *args, number=number, failed=failed, **named):
            if self == (folder / "runs" if how == "iterdir" else pack):
                failed.append(self)
                raise OSError(number, os.strerror(number), str(self))
            return plain(self, *args, **named)

        with monkeypatch.context() as broken:
            broken.setattr(Path, how, fail)
            with pytest.raises(OSError) as error:
                crink.sweep(PLAN, folder)
        assert failed
        assert os.strerror(number) in str(error.value)
        assert str(pack if how != "iterdir" else folder / "runs") in str(error.value)
        assert _bytes(folder) == whole
    told = []
    crink.sweep(PLAN, folder, say=told.append)
    assert told[0] == f"found in {folder}: 72 runs in 1 pack"
    assert not [line for line in told if "damaged" in line]


def test_the_command_says_place_and_remedy_of_a_disk_that_fails(folder, tmp_path, monkeypatch, capsys):
    [pack] = (folder / "runs").iterdir()
    plain = Path.read_bytes

    def fail(self):
        if self == pack:
            raise PermissionError(errno.EACCES, "Permission denied")
        return plain(self)

    monkeypatch.setattr(Path, "read_bytes", fail)
    plan_file(tmp_path / "plan.toml", PLAN)
    assert cli.main(["sweep", str(tmp_path / "plan.toml"), "--out", str(folder), "--no-charts"]) == 1
    told = capsys.readouterr().err
    assert f"{str(pack)!r} cannot be read (Permission denied)" in told
    assert "give yourself the right" in told
    assert pack.exists()


def test_a_disk_that_is_full_is_told_with_its_place(tmp_path, monkeypatch):
    def fail(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(
        DiskError, match=r"estimates\.parquet' cannot be written \(No space left on device\).*make room"
    ):
        files.write_table(tmp_path / "estimates.parquet", pd.DataFrame({"a": [1]}))
    fig = style.figure(1.0)
    with style.context(), pytest.raises(DiskError, match="make room"):
        style.save(fig, tmp_path / "levers", ["svg"])
    assert not list(tmp_path.iterdir()), "a figure appears whole or not at all"


@pytest.mark.skipif(os.name == "nt", reason="needs names of any bytes")
def test_a_path_whose_bytes_are_no_text_is_a_path(tmp_path, capsys):
    folder = tmp_path / os.fsdecode(b"out\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    plan_file(tmp_path / "plan.toml", PLAN)
    for _ in range(2):
        assert cli.main(["sweep", str(tmp_path / "plan.toml"), "--out", str(folder), "--no-charts"]) == 0
        told = capsys.readouterr().err
    assert "72 runs in 1 pack" in told
    assert "damaged" not in told
    assert len(crink.Results(folder).runs([0])) == 24
    assert gallery.draw(crink.Results(folder), only=["incidence"], formats=["png"])[0].exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        results = crink.sweep(PLAN, tmp_path / "x")
        gallery.draw(results, only=["incidence"], formats=["svg"])
    finally:
        os.umask(before)
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in (tmp_path / "x").rglob("*") if p.is_file()} == {
        p.name: oct(mode) for p in (tmp_path / "x").rglob("*") if p.is_file()
    }


def test_a_cache_that_is_damaged_read_only_or_full_stops_no_sweep(tmp_path, monkeypatch):
    plan = PLAN | {"worlds": {"ensemble": "prior", "draws": 3, "screen": "none", "structures": "default"}}
    cache = tmp_path / "cache"
    monkeypatch.setattr(build, "cache_directory", lambda: cache)
    whole = _bytes(crink.sweep(plan, tmp_path / "a").folder)
    for k, path in enumerate(sorted(cache.iterdir())):
        data = path.read_bytes()
        path.write_bytes(data.replace(b'"origin"', b'"orizin"').replace(b"settlement_tie", b"settlement_tif"))
        assert path.read_bytes() != data
        assert _bytes(crink.sweep(plan, tmp_path / f"b{k}").folder) == whole
        assert path.read_bytes() == data, "it is made again"
    for name in ("write_table", "write_sealed", "read"):
        shutil.rmtree(cache)
        plain = getattr(build, name)

        def fail(path, *args, plain=plain):
            if cache in path.parents:
                raise DiskError("no")
            return plain(path, *args)

        with monkeypatch.context() as patch:
            patch.setattr(build, name, fail)
            assert _bytes(crink.sweep(plan, tmp_path / f"c-{name}").folder) == whole
    shutil.rmtree(cache, ignore_errors=True)
    cache.write_text("no folder")
    assert _bytes(crink.sweep(plan, tmp_path / "d").folder) == whole


# ------------------------------------------------------------------------------------------------ who is at work


def test_a_folder_is_held_to_the_end_of_its_command(tmp_path):
    """While charts are drawn and the results read, no other sweep, no plot and no shard's gathering goes on in it."""
    refused = []

    def meanwhile(results):
        for work in (lambda: crink.sweep(EDITED, tmp_path), lambda: gallery.draw(crink.Results(tmp_path))):
            with pytest.raises(InputError, match="another sweep is at work"):
                work()
            refused.append(work)
        assert gallery.draw(results, only=["incidence"], formats=["png"])

    crink.sweep(PLAN, tmp_path, then=meanwhile)
    assert len(refused) == 2
    assert gallery.draw(crink.Results(tmp_path), only=["incidence"], formats=["png"])


def test_a_folder_is_held_while_its_pilot_runs(tmp_path):
    exact = PLAN | {"experiment": PLAN["experiment"] | {"precision": 0.1}}
    seen = set()

    def meanwhile(done, total, words):
        if done:
            with pytest.raises(InputError, match="another sweep is at work"):
                crink.sweep(EDITED, tmp_path)
            seen.add((tmp_path / "estimates.parquet").exists())

    crink.sweep(exact, tmp_path, progress=meanwhile)
    assert seen == {False}


def test_results_read_before_another_version_came_are_not_mixed_with_it(folder):
    old = crink.Results(folder)
    crink.sweep(EDITED | {"experiment": EDITED["experiment"] | {"runs": 32}}, folder)  # in 24 of 12 months little comes
    with pytest.raises(InputError, match="holds other results than when it was read"):
        gallery.draw(old)
    with pytest.raises(InputError, match=r"failures\.parquet is not there as it was written|run the sweep again"):
        old.runs([0]) if old.failures is None else old._read("estimates")


def test_shards_mark_a_new_folder_and_go_with_their_work(tmp_path):
    for number in (1, 2):
        shard(PLAN, number, 2, tmp_path / "x")
    own = _put(tmp_path / "x", "shards/2-of-2/notes.txt", "shards/2-of-2/runs/notes.txt")
    with pytest.raises(InputError, match="holds the sweep 'small', not 'other'"):
        shard(PLAN | {"experiment": PLAN["experiment"] | {"name": "other"}}, 1, 2, tmp_path / "x")
    crink.sweep(PLAN, tmp_path / "x")
    crink.sweep(PLAN, tmp_path / "y")
    assert _bytes(tmp_path / "x").keys() - _bytes(tmp_path / "y").keys() >= own.keys()
    for name, data in _bytes(tmp_path / "y").items():
        if not name.startswith("runs/"):
            assert (tmp_path / "x" / name).read_bytes() == data
    assert own.items() <= _bytes(tmp_path / "x").items()


# ------------------------------------------------------------------------------------------------ strangers


def test_paths_of_a_manifest_stay_inside_and_its_text_is_text(folder, tmp_path):
    said = files.read_sealed(folder / "manifest.json")
    (tmp_path / "worlds-0123456789abcdef.parquet").write_bytes(b"x")
    for change in (
        {"worlds_table": "../worlds-0123456789abcdef.parquet"}, {"worlds_table": "/etc/passwd"}, {"name": "<img src=x>"},
        {"name": "../x"}, {"seed": 7}, {"n_points": 10**9}, {"baseline_point": 99}, {"worlds": None}, {"files": {}},
    ):  # fmt: skip
        files.write_sealed(folder / "manifest.json", said | change)
        with pytest.raises(InputError) as error:
            crink.Results(folder)
        assert "\n" not in str(error.value)


def test_unsealed_and_endless_things_are_refused(folder):
    said = json.loads((folder / "manifest.json").read_text())
    for text in (json.dumps(said | {"seed": 10}), "[" * 100_000, "9" * 5000, "null", '"x"', ""):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(InputError, match="run the sweep again"):
            crink.Results(folder)
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="no manifest"):
        crink.Results(folder)


def test_shown_in_a_notebook_everything_is_escaped(folder):
    evil = "<img src=x onerror=alert(1)>"

    class Evil(crink.Results):
        def __repr__(self):
            return evil

    assert evil not in Evil(folder)._repr_html_()

    class Model(crink.DeterrenceModel):
        def __repr__(self):
            return evil

    assert evil not in Model(months=1)._repr_html_()
    batch = crink.simulate(runs=4, months=1)
    assert "<p><b>Batch" in batch._repr_html_()
    type(batch).__repr__, kept = (lambda self: evil), type(batch).__repr__
    try:
        assert evil not in batch._repr_html_()
    finally:
        type(batch).__repr__ = kept


def test_opening_results_is_quick(folder):
    """Sealing costs a hash of some megabytes, no more: one table of 40 MB in well under a second."""
    import time

    data = b"x" * 40_000_000
    start = time.perf_counter()
    files.digest(data)
    assert time.perf_counter() - start < 1.0


def test_a_store_without_work_touches_nothing(tmp_path):
    Store(tmp_path / "x")
    Store(tmp_path / "x").check("small")
    assert not list(tmp_path.iterdir())


def test_a_sealed_table_of_numbers_is_whole_or_none(tmp_path):
    """A piece of the bank: every flip is seen or changes nothing."""
    import random

    import numpy as np

    table = pd.DataFrame({"a": np.arange(40_000.0), "n": np.arange(40_000, dtype=np.int32), "x": np.nan})
    files.write_sealed_table(tmp_path / "t.parquet", table, 1)
    pd.testing.assert_frame_equal(files.read_sealed_table(tmp_path / "t.parquet", 1), table)
    assert files.read_sealed_table(tmp_path / "none.parquet", 1) is None
    assert files.read_sealed_table(tmp_path / "t.parquet", 2) is None
    data, luck = (tmp_path / "t.parquet").read_bytes(), random.Random(9)
    for _ in range(60):
        at = luck.choice([luck.randrange(len(data)), len(data) - 1 - luck.randrange(1500)])
        (tmp_path / "t.parquet").write_bytes(data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :])
        held = files.read_sealed_table(tmp_path / "t.parquet", 1)
        assert held is None or held.equals(table)
