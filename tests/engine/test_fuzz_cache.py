"""Damage to cached machine code is found by its digest, dropped and compiled again: no traceback, no other number.

Most trials are on a small function, which is compiled in a fraction of a second; some are on the engine itself.
"""

import errno
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest
from conftest import ROOT

from crink_abm.engine import code_cache, compiled

pytestmark = pytest.mark.once  # the same on every Python and Mesa

#: A constant that is found again in the machine code.
SLOPE = 0.123456789
SIGNATURE = numba.float64(numba.float64)


def line(x):
    return SLOPE * x + 1.0


RIGHT = line(3.0)


def load() -> tuple[float, bool]:
    """What the function gives, from the cache or compiled anew; and whether it had to be compiled."""
    asked, dispatcher = [], numba.njit(line)
    plain = dispatcher.compile
    dispatcher.compile = lambda signature: (asked.append(signature), plain(signature))[1]
    return code_cache.compiled_once(dispatcher, SIGNATURE, "line")(3.0), bool(asked)


@pytest.fixture
def kept(tmp_path, monkeypatch) -> Path:
    """The file of the function's machine code, in a cache of its own."""
    monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "cache"))
    assert load() == (RIGHT, True)
    assert load() == (RIGHT, False)
    (file,) = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    return file


def damage(data: bytes, rng: random.Random) -> bytes:
    """Bytes that are others than those given."""
    kind, at = (
        rng.choice(("flip", "flips", "cut", "empty", "zeros", "twice", "tail", "other")),
        rng.randrange(len(data)),
    )
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if kind == "flips":
        spoilt = bytearray(data)
        for place in rng.sample(range(len(data)), 20):
            spoilt[place] ^= 1 << rng.randrange(8)
        return bytes(spoilt)
    if kind == "zeros":
        long = rng.randrange(1, 4096)
        return data[:at] + b"\xff" * long + data[at + long :] + b"\0"
    made = {"cut": data[:at], "empty": b"", "twice": data + data, "tail": data + b"\0", "other": rng.randbytes(at)}
    return made[kind]


def fuzz(kept: Path, trials: int, seed: int) -> None:
    rng, whole = random.Random(seed), kept.read_bytes()
    for _ in range(trials):
        kept.write_bytes(damage(whole, rng))
        assert not code_cache.is_kept("line")
        assert load() == (RIGHT, True)
        assert code_cache.is_kept("line")
        assert [path.name for path in kept.parent.iterdir()] == [kept.name]
        assert load() == (RIGHT, False)


def test_damage_is_found_and_mended(kept):
    fuzz(kept, 40, seed=1)


@pytest.mark.slow
def test_much_damage_is_found_and_mended(kept):
    fuzz(kept, 2000, seed=2)


def test_each_bit_counts(kept):
    """Every flip of one bit, over the whole file in steps: none is taken."""
    whole, rng = kept.read_bytes(), random.Random(3)
    for at in range(0, len(whole), 7):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        assert not code_cache.is_kept("line")


def test_a_changed_constant_would_be_another_number_without_the_digest(kept, monkeypatch):
    """The negative control: machine code that loads and runs, and is wrong."""
    old, new = struct.pack("<d", SLOPE), struct.pack("<d", 7.0)
    whole = kept.read_bytes()
    assert old in whole
    kept.write_bytes(whole.replace(old, new))
    head = len(code_cache._HEAD) + 32
    with monkeypatch.context() as blind:
        blind.setattr(code_cache, "_read", lambda path, name: path.read_bytes()[head:])
        assert load() == (22.0, False)
    assert load() == (RIGHT, True)


def test_whole_code_of_another_name_or_rules_is_not_taken(kept, monkeypatch):
    shutil.copy(kept, kept.with_name(kept.name.replace("line", "curve")))
    assert not code_cache.is_kept("curve")
    monkeypatch.setattr(code_cache, "kernel_hash", lambda: "0" * 16)
    other = code_cache._path("line")
    other.parent.mkdir(parents=True)
    shutil.copy(kept, other)
    assert not code_cache.is_kept("line")


def test_whole_code_that_cannot_be_loaded_is_made_again(kept):
    """A pickle of something else, rightly sealed."""
    data = b"cnowhere\nnothing\n."
    kept.write_bytes(code_cache._sealed(data, "line") + data)
    assert load() == (RIGHT, True)
    assert load() == (RIGHT, False)


@pytest.mark.parametrize("gone", ["file", "folder", "cache"])
def test_what_is_gone_is_made_again(kept, gone):
    path = {"file": kept, "folder": kept.parent, "cache": kept.parent.parent}[gone]
    path.unlink() if path.is_file() else shutil.rmtree(path)
    assert load() == (RIGHT, True)
    assert load() == (RIGHT, False)


def test_a_folder_in_the_place_of_the_file(kept):
    kept.unlink()
    kept.mkdir()
    assert load() == (RIGHT, True)
    assert not code_cache.is_kept("line")
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


@pytest.mark.parametrize("failing", ["open", "write", "fsync", "replace", "mkdir"])
@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE, errno.EIO])
def test_a_cache_that_cannot_be_written_costs_time_only(kept, monkeypatch, failing, why):
    kept.unlink()

    def fails(*given, **named):
        raise OSError(why, os.strerror(why))

    def full(*given, **named):
        """A file that takes a part of what it is given: a disk that is full."""
        file = plain_open(*given, **named)
        file.raw.truncate(100)
        monkeypatch.setattr(code_cache.os, "fsync", fails)
        return file

    plain_open = Path.open
    places = {"open": (Path, "open"), "fsync": (code_cache.os, "fsync"), "replace": (code_cache.os, "replace")}
    places |= {"mkdir": (Path, "mkdir"), "write": (Path, "open")}
    monkeypatch.setattr(*places[failing], full if failing == "write" else fails)
    for _ in range(3):
        assert load() == (RIGHT, True)
    assert not code_cache.is_kept("line")
    assert list(kept.parent.iterdir()) == []


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_left(kept):
    dead, living = (kept.with_name(f".{kept.name}.{k}.tmp") for k in (1, 2))
    for path in (dead, living):
        path.write_bytes(b"half")
    os.utime(dead, (0, time.time() - 2 * code_cache.STALE))
    kept.unlink()
    assert load() == (RIGHT, True)
    assert not dead.exists()
    assert living.exists()


@pytest.mark.parametrize("missing", ["HOME", "file"])
def test_without_a_place_for_a_cache(tmp_path, monkeypatch, missing):
    if missing == "file":
        (tmp_path / "a").write_text("no folder")
        monkeypatch.setenv("CRINK_CACHE", str(tmp_path / "a"))
    else:
        for name in ("CRINK_CACHE", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)

        def nowhere():
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", nowhere)
    assert not code_cache.is_kept("line")
    assert load() == (RIGHT, True)


_ENGINE = """
import sys
from crink_abm.engine import compiled as batch, compiler
import crink_abm as crink
warm = batch.is_warm()
if warm:
    def never(*given, **named):
        raise AssertionError("compiled although the machine code was whole")
    compiler.numba.core.compiler.compile_extra = never
print(warm, crink.simulate(runs=200, seed=1, months=36).results.to_numpy().sum())
"""


def engine(cache: Path, limit: str = "") -> str:
    """What a new process says of the engine with that cache."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "CRINK_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-c", _ENGINE], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture
def engine_cache(tmp_path) -> Path:
    """A cache with the engine in it: a copy of the machine's own, where tests have compiled it already."""
    compiled.compiled()
    assert compiled.is_warm()
    cache = tmp_path / "crink_abm" / code_cache.kernel_folder().name
    cache.mkdir(parents=True)
    shutil.copy(code_cache._path("crink_kernel"), cache)
    return cache


def test_the_engine_is_loaded_where_it_is_kept(engine_cache, monkeypatch):
    """``is_warm`` says so, and nothing of the engine is then compiled; with a bit flipped it is not kept.

    That it is then compiled, to the same numbers, is seen on the small function, and on the engine in the slow tests.
    """
    assert engine(engine_cache.parents[1]).startswith("True ")
    monkeypatch.setenv("CRINK_CACHE", str(engine_cache.parents[1]))
    assert compiled.is_warm()
    (file,) = engine_cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:700_000] + bytes([whole[700_000] ^ 4]) + whole[700_001:])
    assert not compiled.is_warm()


@pytest.mark.slow
def test_damage_to_the_engine_gives_the_same_numbers(engine_cache):
    (file,) = engine_cache.iterdir()
    whole, rng = file.read_bytes(), random.Random(5)
    right = engine(engine_cache.parents[1]).split()[1]
    for _ in range(10):
        file.write_bytes(damage(whole, rng))
        assert engine(engine_cache.parents[1]).split() == ["False", right]
    assert engine(engine_cache.parents[1]).split() == ["True", right]


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_what_is_whole_or_made_again(engine_cache):
    (file,) = engine_cache.iterdir()
    right, rng = engine(engine_cache.parents[1]).split()[1], random.Random(6)
    code = "\n".join(
        (
            "from crink_abm.engine import code_cache",
            "path = code_cache._path('crink_kernel'); data = code_cache._read(path, 'crink_kernel')",
            "print('ready', flush=True)",
            "while True: code_cache._write(path, 'crink_kernel', data)",
        )
    )
    env = os.environ | {"PYTHONPATH": str(ROOT), "CRINK_CACHE": str(engine_cache.parents[1])}
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.05))
        writer.kill()
        writer.wait()
    assert engine(engine_cache.parents[1]).split() == ["True", right]
    left = [path for path in engine_cache.iterdir() if path != file]
    for path in left:
        os.utime(path, (0, 0))
    code_cache._tidy(engine_cache)
    assert list(engine_cache.iterdir()) == [file]
