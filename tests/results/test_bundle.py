"""A bundle of a sweep: small, the same bytes every time, read elsewhere as the folder is; and no stranger's zip is taken."""

import io
import json
import shutil
import zipfile

import pandas as pd
import pytest

import crink_abm as crink
from crink_abm import InputError
from crink_abm.cli.main import main
from crink_abm.results.bundle import bundle, opened

pytestmark = pytest.mark.once
PLAN = {
    "experiment": {"name": "small", "seed": 5, "runs": 2000, "months": 24},
    "packages": {"more": {"usfk_posture": 0.9}},
    "worlds": {"ensemble": "prior", "draws": 10, "seed": 2, "screen": "none"},
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return crink.sweep(PLAN, tmp_path_factory.mktemp("bundle") / "out")


@pytest.fixture(scope="module")
def made(swept):
    return bundle(swept.folder)


def _size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_it_reads_and_replays_elsewhere(swept, made, tmp_path, monkeypatch):
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    shutil.copy(made, tmp_path / "b.zip")
    there = crink.Results(tmp_path / "b.zip")
    pd.testing.assert_frame_equal(there.estimates, swept.estimates)
    assert repr(there) == repr(swept) and str(there.table()) == str(swept.table())
    assert there.replay(0, 17).outcome == swept.replay(0, 17).outcome
    with pytest.raises(InputError, match="this is a bundle, which has no runs"):
        there.runs([0])


def test_it_is_small_and_the_same_every_time(swept, made, tmp_path):
    assert made.name == "small.crink.zip" and made.stat().st_size < _size(swept.folder) / 3
    assert bundle(swept.folder, tmp_path / "again.zip").read_bytes() == made.read_bytes()


def test_the_crate_says_what_each_file_is(made):
    with zipfile.ZipFile(made) as archive:
        graph = {one["@id"]: one for one in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]}
        parts = {one["@id"] for one in graph["./"]["hasPart"]}
        assert parts == {*archive.namelist()} - {"ro-crate-metadata.json", "README.txt"}
        assert graph["ro-crate-metadata.json"]["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/")


def _zip(**content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip", _zip(), _zip(**{"../manifest.json": "{}"}), _zip(**{"manifest.json": "{}", "/etc/x": ""}),
     _zip(**{"manifest.json": "{}", "estimates.py": "1/0"})],
)  # fmt: skip
def test_a_strangers_zip_is_refused_and_leaves_nothing(data, tmp_path, monkeypatch):
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(InputError, match="is no bundle"):
        opened(tmp_path / "x.zip")
    assert not (tmp_path / "cache").exists()


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("crink_abm.results.bundle.MOST", 1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 2000)
    (tmp_path / "x.zip").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="unpacks to more than"):
        opened(tmp_path / "x.zip")


def test_any_damage_is_seen(made, tmp_path, monkeypatch):
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    data = bytearray(made.read_bytes())
    for at in range(40, len(data), len(data) // 25):
        spoilt = bytes(data[:at]) + bytes([data[at] ^ 0x10]) + bytes(data[at + 1 :])
        (tmp_path / "x.zip").write_bytes(spoilt)
        try:
            found = crink.Results(tmp_path / "x.zip")
        except InputError:
            continue
        pd.testing.assert_frame_equal(found.estimates, crink.Results(made).estimates)  # in a place that says nothing


def test_the_command(swept, tmp_path, capsys):
    out = tmp_path / "sent.zip"
    assert main(["bundle", str(swept.folder), "--out", str(out)]) == 0
    assert main(["table", str(out)]) == 0
    assert "more" in capsys.readouterr().out
    assert main(["replay", str(out), "--point", "0", "--run", "3"]) == 0
    assert main(["bundle", str(tmp_path)]) == 2
