"""The store under damage and under strangers' hands: right values or one sentence, and the same command mends it.

Every file of a small finished sweep is flipped, cut, emptied, zeroed, doubled, swapped, deleted; then it is read, or swept again.
Files that carry a seal that fits, and say anything, stand for folders from elsewhere.
"""

import copy
import json
import math
import random
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import crink_abm as crink
from crink_abm import InputError
from crink_abm.charts import gallery
from crink_abm.model import outcomes
from crink_abm.sweeps.store import _name
from crink_abm.util import files

pytestmark = pytest.mark.once  # the same on every Python and Mesa

PLAN = {
    "experiment": {"name": "small", "seed": 5, "runs": 24, "months": 12},
    "levers": {"usfk_posture": [0.2, 0.8]},
    "packages": {"surge": {"usfk_posture": 0.9}},
    "worlds": {"ensemble": "prior", "draws": 3, "screen": "none", "structures": "default"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("fuzzed")
    crink.sweep(PLAN, place)
    return place


def _bytes(folder):
    """Every file's bytes, by name; the lock says nothing."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def _restore(folder, whole):
    for path in _bytes(folder).keys() - whole.keys():
        (folder / path).unlink()
    for path, data in whole.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)


def _told(folder):
    """What the reading API says, as text that tells any change of a number."""
    read = crink.Results(folder)
    model = read.replay(0, 3)
    tables = (
        read.estimates,
        read.metrics,
        read.points,
        read.first_months,
        read.failures,
        read.worlds,
        read.runs(range(len(read.points))),
        read.incidence([0], ["any_failure"]),
    )
    said = [table.to_json(double_precision=15, orient="split") for table in tables]
    return [*said, json.dumps(read.manifest), repr(read), str(model.outcome), str(model.levers), str(model.parameters)]


def _flip(data, luck):
    at = luck.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :]


def _cut(data, luck):
    return data[: luck.randrange(len(data))]


def _zero(data, luck):
    low = luck.randrange(len(data))
    high = luck.randint(low + 1, len(data))
    return data[:low] + bytes(high - low) + data[high:]


def _insert(data, luck):
    at = luck.randrange(len(data))
    return data[:at] + luck.randbytes(luck.randint(1, 40)) + data[at:]


CHANGES = {
    "flip": _flip,
    "cut": _cut,
    "zero": _zero,
    "insert": _insert,
    "empty": lambda data, luck: b"",
    "double": lambda data, luck: data * 2,
    "noise": lambda data, luck: luck.randbytes(len(data)),
    "nothing": lambda data, luck: bytes(len(data)),
}


def _damage(folder, whole, luck):
    """Damage one or two of the files; says how. Most are single flips."""
    path = luck.choice(list(whole))
    if luck.random() < 0.06:
        (folder / path).unlink()
        return f"{path} deleted"
    if luck.random() < 0.06:
        other = luck.choice(list(whole))
        (folder / path).write_bytes(whole[other])
        (folder / other).write_bytes(whole[path])
        return f"{path} and {other} swapped"
    how = "flip" if luck.random() < 0.6 else luck.choice(list(CHANGES))
    (folder / path).write_bytes(CHANGES[how](whole[path], luck))
    return f"{path} {how}"


def _read_damaged(folder, n, seed):
    """(read right, refused) of ``n`` damaged folders."""
    whole, right, luck = _bytes(folder), _told(folder), random.Random(seed)
    seen = [0, 0]
    for trial in range(n):
        how = _damage(folder, whole, luck)
        try:
            assert _told(folder) == right, f"trial {trial}: {how}: other values in silence"
            seen[0] += 1
        except InputError as error:
            assert "\n" not in str(error)
            seen[1] += 1
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"trial {trial}: {how}: {type(error).__name__}: {error}") from error
        finally:
            _restore(folder, whole)
    return seen


def _sweep_damaged(folder, n, seed):
    whole, luck = _bytes(folder), random.Random(seed)
    for trial in range(n):
        how = _damage(folder, whole, luck)
        crink.sweep(PLAN, folder)
        now = _bytes(folder)
        assert now == whole, f"trial {trial}: {how}: {[str(p) for p in whole if now.get(p) != whole[p]]} differ"


def test_damaged_results_are_right_or_refused(folder):
    right, refused = _read_damaged(folder, 100, seed=1)
    assert right > 5 < refused  # both happen: the mark and the packs not asked for are not read


def test_the_same_sweep_mends_any_damage(folder):
    _sweep_damaged(folder, 12, seed=2)


@pytest.mark.slow
def test_many_damaged_results_are_right_or_refused(folder):
    _read_damaged(folder, 6000, seed=3)


@pytest.mark.slow
def test_the_same_sweep_mends_any_damage_many_times(folder):
    _sweep_damaged(folder, 2000, seed=4)


def test_the_fuzzer_sees_what_a_missing_seal_would_let_through(folder, monkeypatch):
    """Negative control: with seals that always fit, other values are given in silence, or raw errors."""
    monkeypatch.setattr(files, "seal", lambda said: said.get("seal"))
    monkeypatch.setattr(files, "unsealed", lambda data: json.loads(data))
    from crink_abm.sweeps import manifest

    monkeypatch.setattr(manifest, "unsealed", lambda data: json.loads(data))
    whole = _bytes(folder)
    with pytest.raises(AssertionError):
        _read_damaged(folder, 200, seed=1)
    _restore(folder, whole)


# ------------------------------------------------------------------------------------------------ strangers' folders

EVIL = [
    None, True, -1, 0, 1, 3, 10**30, 1e308, math.nan, "", "x", "../../x.parquet", "/etc/passwd", "<img src=x onerror=y>",
    "\x1b[31mred\nline", [], {}, [[]], [{}], {"a": 1}, ["x"], [1, 2, 3], {"x": {"y": []}}, "worlds-0123456789abcdef.parquet",
]  # fmt: skip


def _places(said, here=()):
    """Every place in nested dicts and lists."""
    inner = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for part, value in inner:
        yield (*here, part)
        yield from _places(value, (*here, part))


def _evil_manifest(said, luck):
    said = copy.deepcopy(said)
    for _ in range(luck.randint(1, 2)):
        *way, last = luck.choice(list(_places(said)))
        inside = said
        for part in way:
            inside = inside[part]
        if luck.random() < 0.2:
            del inside[last]
        else:
            inside[last] = luck.choice(EVIL)
    return said


def _evil_table(table, luck):
    table = table.copy()
    column = luck.choice(list(table))
    how = luck.randrange(8)
    if how == 0:
        return table.drop(columns=column)
    if how == 1:
        return table.iloc[: luck.randrange(len(table) + 1)]
    if how == 2:
        return pd.concat([table, table.iloc[:3]], ignore_index=True)
    if how == 3:
        return table.rename(columns={column: "<b>other</b>"})
    if how == 4 and len(table):
        return table.assign(**{column: [[1, {"a": 2}]] * len(table)})
    if how == 5:
        return table.assign(**{column: pd.Timestamp("2026-01-01")})
    if how == 6:
        return table.iloc[::-1]
    return table.assign(**{column: luck.choice([-1, 10**9, "<script>", math.inf, None, True, b"\xff"])})


def _use(read):
    """Everything that the reading API and the charts do with results; what is shown as HTML."""
    assert repr(read).isprintable()
    text = read._repr_html_()
    point = min(1, len(read.points) - 1)
    calls = [
        lambda: read.experiment, lambda: read.worlds, lambda: read.failures, lambda: read.runs([0, point]),
        lambda: read.select("any_failure"), lambda: read.slice("any_failure", "usfk_posture"), lambda: read.dataset,
        lambda: read.points_along("usfk_posture"), lambda: read.by_world("any_failure", [0]), lambda: read.competing([0]),
        lambda: read.incidence([0]), lambda: read.with_interval("jeffreys"), lambda: read.replay(0, 1),
        *(lambda name=name: gallery.CHARTS[name](read) for name in ("incidence", "responses", "packages")),
    ]  # fmt: skip
    for call in calls:
        try:
            call()
        except InputError as error:
            assert len(str(error)) < 1500
    return text


def _try_strangers(folder, n, seed):
    """(taken, refused) of ``n`` folders with files of other shapes under seals that fit."""
    whole, luck, seen = _bytes(folder), random.Random(seed), [0, 0]
    said = files.read_sealed(folder / "manifest.json")
    tables = {name: files.read_table(folder / f"{name}.parquet") for name in ("estimates", "points", "first_months", "metrics", "failures")}  # fmt: skip
    for trial in range(n):
        if luck.random() < 0.5:
            evil, told = _evil_manifest(said, luck), "manifest"
        else:
            name = luck.choice(list(tables))
            table, evil, told = _evil_table(tables[name], luck), copy.deepcopy(said), name
            try:
                evil["files"][f"{name}.parquet"] = files.write_table(folder / f"{name}.parquet", table)
            except (pa.ArrowException, TypeError):  # no such table can be written
                continue
        files.write_sealed(folder / "manifest.json", evil)
        try:
            text = _use(crink.Results(folder))
            assert "<img" not in text and "<script" not in text
            seen[0] += 1
        except InputError as error:
            assert len(str(error)) < 1500
            seen[1] += 1
        except Exception as error:
            raise AssertionError(f"trial {trial}, {told}: {type(error).__name__}: {error}") from error
        finally:
            _restore(folder, whole)
    return seen


def test_strangers_manifests_and_tables_are_refused_in_a_sentence(folder):
    taken, refused = _try_strangers(folder, 40, seed=5)
    assert taken > 5 < refused


@pytest.mark.slow
def test_many_strangers_manifests_and_tables_are_refused_in_a_sentence(folder):
    _try_strangers(folder, 3000, seed=6)


def _evil_packs(pack):
    """Packs that a stranger may have written, each under the name of its bytes."""
    table = pq.read_table(pack)
    blocks = json.loads(table.schema.metadata[b"blocks"])
    shapes = [
        *([{"blocks": json.dumps(said)} for said in EVIL if said is not math.nan]),
        {"blocks": json.dumps([[key, first, n * 10**6] for key, first, n in blocks])},
        {"blocks": json.dumps([[key, -first - 1, n] for key, first, n in blocks])},
        {"blocks": json.dumps([[key, first, n, 0] for key, first, n in blocks])},
        {"blocks": json.dumps([[[key], first, n] for key, first, n in blocks])},
        {"blocks": "[" * 5000},
        {"blocks": b"\xff"},
        {"other": "x"},
    ]
    yield from (table.replace_schema_metadata(said) for said in shapes)
    meta = {"blocks": json.dumps(blocks)}
    yield table.drop_columns([table.column_names[0]]).replace_schema_metadata(meta)
    yield table.rename_columns([f"x{k}" for k in range(table.num_columns)]).replace_schema_metadata(meta)
    words = pa.table({name: ["word"] * len(table) for name in table.column_names})
    yield words.replace_schema_metadata(meta)
    lists = pa.table({name: [[1]] * len(table) for name in table.column_names})
    yield lists.replace_schema_metadata(meta)


def test_strangers_packs_are_left_alone_and_give_no_numbers(folder, tmp_path):
    place = tmp_path / "x"
    shutil.copytree(folder, place)
    right = _told(place)
    [pack] = (place / "runs").iterdir()
    ours, evil = pack.read_bytes(), {}
    for table in _evil_packs(pack):
        data = files.parquet(table).to_pybytes()
        evil[place / "runs" / f"{_name(data)}.parquet"] = data
    assert len(evil) > 30
    for path, data in evil.items():
        path.write_bytes(data)
        assert len(crink.Results(place).runs([0])) == 24, path  # one more at a time
    assert _told(place) == right
    told = []
    crink.sweep(PLAN, place, say=told.append)
    assert "damaged" not in "".join(told)
    assert {path: path.read_bytes() for path in (place / "runs").iterdir()} == evil | {pack: ours}
    pack.unlink()  # alone, they give nothing
    with pytest.raises(InputError, match="missing or damaged"):
        crink.Results(place).runs([0])
    crink.sweep(PLAN, place)
    assert pack.read_bytes() == ours
    assert _told(place) == right
    assert evil.items() <= {path: path.read_bytes() for path in (place / "runs").iterdir()}.items()


def test_every_outcome_is_among_what_is_told(folder):
    """The comparison sees the estimates: no column is all missing by a slip of the harness."""
    read = crink.Results(folder)
    assert set(read.estimates["outcome"]) == set(outcomes.OUTCOMES) | set(outcomes.CONDITIONALS)
    assert np.isfinite(read.runs([0]).to_numpy(float)).all()
