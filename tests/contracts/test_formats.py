"""Every file of ours says its format; one of another is refused by name, or made again, and never read as if it were of this."""

import copy
import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import crink_abm as crink
from crink_abm import InputError
from crink_abm.calibration import reference_table
from crink_abm.engine import code_cache
from crink_abm.ensemble import build, calibrated
from crink_abm.ensemble.worlds import defaults
from crink_abm.rare_events import store as estimates
from crink_abm.record import tables as records
from crink_abm.sweeps import codec, store
from crink_abm.util import files, ownership

pytestmark = pytest.mark.once  # the same on every Python and Mesa

PLAN = {
    "experiment": {"name": "small", "seed": 5, "runs": 24, "months": 36},
    "levers": {"usfk_posture": [0.2, 0.8]},
    "worlds": {"ensemble": "defaults"},
}
OTHERS = [None, 0, 2, 99, True, 1.0, "1", [1]]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "x"
    crink.sweep(PLAN, folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "x")


def _said(said: dict, form) -> dict:
    """What a file says, under another format; None takes it away."""
    rest = {name: value for name, value in said.items() if name != "format"}
    return rest if form is None else {"format": form, **rest}


def _reformed(path, form) -> None:
    files.write_sealed(path, _said(files.read_sealed(path), form))


def _packs(folder):
    return sorted(path for path in (folder / "runs").iterdir() if ownership.PACK.fullmatch(path.name))


def _bytes(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def _repacked(folder, form: str | None) -> list[str]:
    """Put every pack's runs, tripled, into packs of another format, rightly named; returns their names."""
    names = []
    for path in _packs(folder):
        table = pq.read_table(path)
        footer = {"blocks": table.schema.metadata[b"blocks"]} | ({} if form is None else {"format": form})
        columns = [pa.array(table[name].to_numpy() * 3).cast(table[name].type) for name in table.column_names]
        told = pa.table(columns, names=table.column_names).replace_schema_metadata(footer)
        data = files.parquet(told)
        path.unlink()
        new = path.with_name(f"{store._name(data)}.parquet")
        new.write_bytes(data)
        names.append(new.name)
    return names


def test_every_file_of_a_sweep_says_its_format(folder):
    for name in ("crink_abm.json", "manifest.json", *(path.name for path in folder.glob("worlds-*.json"))):
        assert files.read_sealed(folder / name)["format"] == 1, name
    for path in _packs(folder):
        assert pq.read_metadata(path).metadata[b"format"] == b"1"


# ------------------------------------------------------------------------------------------------ what a user opens


@pytest.mark.parametrize("form", OTHERS)
def test_results_of_another_format_are_refused_by_name(folder, form):
    crink.Results(folder)  # negative control
    _reformed(folder / "manifest.json", form)
    with pytest.raises(InputError, match=r"manifest\.json in .*reads format 1; .*version that wrote them") as error:
        crink.Results(folder)
    told = "carries no format number" if form is None else f"is of format {form!r}"
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_results_that_say_the_format_again_are_taken(folder):
    """Negative control: it is the number that is refused, not the writing."""
    before = (folder / "manifest.json").read_bytes()
    _reformed(folder / "manifest.json", 1)
    assert (folder / "manifest.json").read_bytes() == before
    crink.Results(folder)


def test_a_sweep_makes_older_results_anew(folder, made):
    _reformed(folder / "manifest.json", None)
    _reformed(folder / "crink_abm.json", None)
    told = []
    crink.sweep(PLAN, folder, say=told.append)
    assert any("another version of this sweep" in text for text in told)
    assert _bytes(folder) == _bytes(made)


@pytest.mark.parametrize("name", ["manifest.json", "crink_abm.json"])
def test_a_sweep_leaves_alone_what_a_newer_version_made(folder, name):
    _reformed(folder / name, 2)
    before = _bytes(folder)
    with pytest.raises(InputError, match=rf"{name} in .* is of format 2, .* writes format 1; .*--out"):
        crink.sweep(PLAN | {"experiment": PLAN["experiment"] | {"seed": 6}}, folder)
    assert _bytes(folder) == before


def test_an_ensemble_of_another_format_is_refused_by_name(tmp_path):
    values = np.repeat(defaults().values, 3, axis=0)
    calibrated.freeze(tmp_path, values, np.ones(3, int), {"rules_hash": "x"})
    place = tmp_path / "calibrated.json"
    said = files.read_json(place)
    assert said["format"] == 1
    calibrated.read(tmp_path)  # negative control
    for form in OTHERS:
        files.write_json(place, _said(said, form))
        with pytest.raises(
            InputError, match=r"the calibrated ensemble .*reads format 1; .*crink-abm calibrate --freeze"
        ):
            calibrated.read(tmp_path)
    files.write_json(place, [])
    with pytest.raises(InputError, match="no format number"):
        calibrated.read(tmp_path)


def test_the_frozen_ensemble_says_its_format():
    assert calibrated.read()[1]["format"] == calibrated.FORMAT


# ------------------------------------------------------------------------------------------------ what is made again


@pytest.mark.parametrize("form", [None, "0", "2", "x"])
def test_packs_of_another_format_are_never_decoded(folder, made, form):
    names = _repacked(folder, form)
    results = crink.Results(folder)  # the tables are of this format
    with pytest.raises(
        InputError, match=r"missing or damaged, and 1 pack there of another format than 1; run the sweep"
    ):
        results.runs([0])
    told = []
    crink.sweep(PLAN, folder, say=told.append)
    assert any("1 of another format than 1 (left alone, their runs made again)" in text for text in told)
    pd.testing.assert_frame_equal(crink.Results(folder).runs([0, 1]), crink.Results(made).runs([0, 1]))
    for name in names:
        assert (folder / "runs" / name).exists()
        (folder / "runs" / name).unlink()
    assert _bytes(folder) == _bytes(made)


def test_packs_that_say_this_format_are_decoded(folder, made):
    """Negative control: the same wrong numbers under the right format would be believed."""
    _repacked(folder, "1")
    assert not crink.Results(folder).runs([0]).equals(crink.Results(made).runs([0]))


def _luck(folder) -> float:
    return float(crink.Results(folder).runs([0, 1])["residual_korea_crisis"].abs().max())


def test_runs_kept_in_other_units_are_made_again(tmp_path, monkeypatch):
    crink.sweep(PLAN, tmp_path / "x")
    right = _luck(tmp_path / "x")
    assert right > 0
    monkeypatch.setattr(codec, "UNITS", {name: 4 * unit for name, unit in codec.UNITS.items()})
    with pytest.raises(InputError, match="missing"):
        _luck(tmp_path / "x")
    crink.sweep(PLAN, tmp_path / "x")
    assert _luck(tmp_path / "x") == pytest.approx(right, abs=1e-4)


def test_runs_keyed_without_units_would_be_misread(tmp_path, monkeypatch):
    """Negative control: four times the luck, without a word."""
    from crink_abm.sweeps import plan

    monkeypatch.setattr(plan, "scales", lambda: list(codec.RESULTS))
    crink.sweep(PLAN, tmp_path / "x")
    right = _luck(tmp_path / "x")
    monkeypatch.setattr(codec, "UNITS", {name: 4 * unit for name, unit in codec.UNITS.items()})
    crink.sweep(PLAN, tmp_path / "x")
    assert _luck(tmp_path / "x") == pytest.approx(4 * right)


@pytest.mark.parametrize("form", OTHERS[:4])
def test_worlds_of_another_format_are_none_and_made_again(tmp_path, form):
    worlds = defaults()
    build.write_worlds(tmp_path, "w", worlds)
    assert build.read_worlds(tmp_path, "w") is not None  # negative control
    _reformed(tmp_path / "w.json", form)
    assert build.read_worlds(tmp_path, "w") is None


def test_a_sweep_makes_worlds_of_another_format_again(folder, made):
    [place] = folder.glob("worlds-*.json")
    _reformed(place, None)
    with pytest.raises(InputError, match="another format; run the sweep again"):
        _ = crink.Results(folder).worlds
    crink.sweep(PLAN, folder)
    assert _bytes(folder) == _bytes(made)


FOUND = {
    "outcome": "nuclear_use", "prob": 0.1, "low": 0.05, "high": 0.2, "relative_error": 0.1, "reached": True, "n_runs": 5,
    "brute_force_runs": 9.0, "method": "m",
}  # fmt: skip


@pytest.mark.parametrize("form", OTHERS[:4])
def test_kept_estimates_of_another_format_are_none(tmp_path, form):
    kept = estimates.Kept(tmp_path / "rare")
    with kept.work():
        kept.write("k", FOUND)
        assert kept.read("k") == FOUND  # negative control
        place = kept.place / "k.json"
        files.write_json(place, _said(files.read_json(place), form))
        assert kept.read("k") is None


@pytest.mark.parametrize("of", [estimates, reference_table])
def test_the_format_is_in_the_keys_of_what_is_made_again(of, monkeypatch):
    record = records.load() if of is reference_table else None

    def key():
        return (
            reference_table.Plan().key(record)
            if of is reference_table
            else estimates.key_of(np.zeros((1, 1)), np.zeros((1, 1)), {})
        )

    before = key()
    assert key() == before  # negative control
    monkeypatch.setattr(of, "FORMAT", 2)
    assert key() != before


def test_a_piece_of_the_bank_of_another_format_is_made_again(tmp_path, monkeypatch):
    table, asked = pd.DataFrame({"a": [1.0, 2.0]}), []

    def make():
        asked.append(1)
        return copy.copy(table)

    for n, form in ((1, 1), (1, 1), (2, 2), (3, 1)):  # made, read, made, made
        monkeypatch.setattr(reference_table, "FORMAT", form)
        reference_table._kept(tmp_path / "p.parquet", make)
        assert len(asked) == n


def test_machine_code_of_another_format_is_none(tmp_path, monkeypatch):
    path = tmp_path / "x.nbc"
    code_cache._write(path, "x", b"code")
    assert code_cache._read(path, "x") == b"code"  # negative control
    assert path.read_bytes().startswith(b"crink machine code 1\n")
    monkeypatch.setattr(code_cache, "_HEAD", b"crink machine code 2\n")
    assert code_cache._read(path, "x") is None


def test_the_command_line_says_it_in_a_line(folder, capsys):
    from crink_abm.cli import main as cli

    _reformed(folder / "manifest.json", None)
    assert cli.main(["plot", str(folder)]) == 2
    told = capsys.readouterr().err.strip()
    assert "carries no format number" in told
    assert "\n" not in told
    assert json.dumps(told)
