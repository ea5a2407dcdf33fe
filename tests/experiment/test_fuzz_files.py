"""Experiment files and dicts that went wrong in every way: taken, or refused in one sentence, at once and without a word more."""

import copy
import random
import time
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from kinds import kind_of

from crink_abm import InputError
from crink_abm.experiment import design, factors, reader
from crink_abm.model.levers import DRIVERS, LEVERS

pytestmark = pytest.mark.once  # the same on every Python and Mesa

FILES = sorted((ROOT / "experiments").glob("*.toml"))
TEXTS = [path.read_text(encoding="utf-8") for path in FILES]
DATA = [tomllib.loads(text) for text in TEXTS]
KINDS = [kind_of(data) for data in DATA]
#: The longest message, and the longest time in seconds of the processor.
LONGEST, SLOWEST = 700, 2.0

#: Text in place of text: markup, controls, other scripts, other digits, marks of no width, surrogates.
STRANGE = (
    "", " ", "\t", "\n", "\0", "\x1b[31m", "$", "$x_{$", "\\frac", "{}", "{0}", "%s", "_", "-", "a" * 100, "a" * 20_000,
    "중국", "中文", "\u200b", "\u202e", "\ufeff", "\ud800", "é", "e\u0301", "🚀", "baseline", "Baseline ", "today", "article",
    "all", "none", "true", "12", "0.5", "nan", "1_0", "２０２６-01", "٢٠٢٦-01", "2026-13", "2026-1", "9999-12", "0000-01",
    "2026-01\n", "../x", "/dev/zero", ".csv", "\0.csv", "x.parquet", "exposure=0.5", "<b>", "'", '"', "=", "#",
)  # fmt: skip
#: Numbers in place of numbers: flags, ends of types, what is no number.
NUMBERS = (
    True, False, 0, 1, -1, 2, 3, -0.0, 0.5, 0.8, 1.0, 1.5, 12.0, 1e6, 1e300, -1e300, float("inf"), float("-inf"),
    float("nan"), 2**31, 2**63, 2**64, 2**64 - 1, 10**12, 10**18, 10**400, -(10**400), 10**5000, 5e-324,
)  # fmt: skip
#: What no file says, and a dict may.
OTHERS = (
    None, (), [], {}, [[]], {"": {}}, b"bytes", object(), {1: 2}, {None: 1}, {1, 2}, 1j, np.float64(0.5), np.int64(7),
    np.bool_(True), np.array([0.1, 0.9]), np.zeros((2, 2)), np.nan, np.datetime64("2026-01"), range(3), Path("x.csv"),
    lambda: None, [0.8, 0.8], {"from": 0.5, "to": 0.5, "points": 3}, {"from": 0, "to": 1, "points": 1001},
    {"2026-01": 0.5}, {"2026-01": 0.5, "2028-01": 0.0}, {"2026-01": True, "2027-01": False}, [0.1] * 2000,
)  # fmt: skip
#: Texts in place of values in a file.
TOKENS = (
    "true", "false", "0", "-1", "1.5", "inf", "nan", "1e400", "9" * 25, "9" * 5000, "0x" + "f" * 6000, "2026-01-01", "07:32:00",
    "1979-05-27T07:32:00Z", '""', '"x"', '"\\u0000"', '"\\ud800"', "[]", "{}", "[" * 500, "[" * 500 + "]" * 500, "{ a = " * 300,
    "'''", '"""', "a.b.c.d", ".".join("a" * 40), "# x", "[0.8, 0.8]", '["2026-01", "x"]', '{ "2026-01" = 0.5 }', "\0",
    '"' + "x" * 5000 + '"', "[" + "0.5, " * 3000 + "]",
)  # fmt: skip


def _places(data, at=()):
    """Every place in tables and lists."""
    if at:
        yield at
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from _places(value, (*at, key))


def _deep(rng):
    value = rng.choice((0.5, "x", {}))
    for _ in range(rng.choice((3, 9, 50, 5000))):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def _value(rng):
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(STRANGE)
    if kind < 0.6:
        return rng.choice(NUMBERS)
    return copy.deepcopy(rng.choice(OTHERS))


def _key(rng):
    return rng.choice(
        (rng.choice(STRANGE), rng.choice(list(LEVERS)), rng.choice(list(DRIVERS)), "levers", "points", "to")
    )


def mutated(data: dict, rng: random.Random):
    """An experiment's dict with one to three of its places changed."""
    data = copy.deepcopy(data)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(data))
        if not places:
            break
        *where, last = rng.choice(places)
        held = data
        for part in where:
            held = held[part]
        what = rng.random()
        if what < 0.15:
            del held[last]
        elif what < 0.65:
            held[last] = _value(rng)
        elif what < 0.8 and isinstance(held, dict):
            held[_key(rng)] = rng.choice((held[last], _value(rng)))
        elif what < 0.9 and isinstance(held, dict):
            held[_key(rng)] = held.pop(last)
        else:
            held[last] = rng.choice((1, 3)) * [copy.deepcopy(held[last])]
    if rng.random() < 0.03 and isinstance(data, dict):
        data[rng.choice((*data, "levers"))] = _deep(rng)
    return data if rng.random() < 0.99 else _value(rng)


def mangled(text: str, rng: random.Random) -> bytes:
    """A file's text with some of it deleted, doubled, moved, or replaced by tokens or bytes."""
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        what, k = rng.random(), rng.randrange(len(lines))
        if what < 0.1:
            del lines[k]
            lines = lines or [""]
        elif what < 0.2:
            lines.insert(rng.randrange(len(lines) + 1), lines[k])
        elif what < 0.65 and "=" in lines[k]:
            lines[k] = f"{lines[k].split('=')[0]}= {rng.choice(TOKENS)}"
        elif what < 0.75:
            lines[k] = f"{rng.choice(TOKENS)} = {rng.choice(TOKENS)}"
        elif what < 0.85:
            lines[k] = f"[{rng.choice((rng.choice(STRANGE), rng.choice(TOKENS), 'levers', 'drivers', 'parameters'))}]"
        else:
            at = rng.randrange(len(lines[k]) + 1)
            lines[k] = lines[k][:at] + rng.choice(STRANGE) + lines[k][at + rng.randrange(4) :]
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    what = rng.random()
    if what < 0.1:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]
    elif what < 0.2:
        other = rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp037"))
        data = data.decode("utf-8", "replace").encode(other, "replace")
    return data[: rng.randrange(len(data) + 1)] if rng.random() < 0.05 else data


def _flags(data, at=()):
    """Places of an experiment that hold flags, text where there are numbers, or what is not finite."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _flags(value, (*at, key))
    elif isinstance(data, bool) or (isinstance(data, float) and not np.isfinite(data)):
        yield at


def silent(experiment, given=None) -> list[str]:
    """What is nonsense in an experiment that was taken: nothing, if the parser is right."""
    said = experiment.model_dump(by_alias=True)
    found = [f"a flag or no number at {at}" for at in _flags(said)]
    if isinstance(given, dict):
        found += [f"a flag was given at {at}" for at in _flags(given)]
    for name, value in experiment.levers.items():
        levels = factors.levels_of(value)
        if len(levels) > 1 and all(level == levels[0] for level in levels):
            found.append(f"[levers.{name}] is a dimension of one level")
        if len(levels) == 1 and name in experiment.baseline and experiment.baseline[name] != levels[0]:
            found.append(f"[levers.{name}] is not what [baseline] says")
    points = design.points(experiment)
    labels = [label for label in points.labels if label]
    if sorted(labels) != sorted({"baseline", *experiment.packages}):
        found.append(f"names are lost or doubled: {labels}")
    if len({label.casefold().strip() for label in labels}) < len(labels) or any(
        not label.isprintable() for label in labels
    ):
        found.append(f"names cannot be told apart, or read: {labels}")
    dates = [date for chosen in points.policies for x in chosen.values() if isinstance(x, dict) for date in x]
    found += [f"a date of other digits: {date!r}" for date in dates if not date.isascii()]
    return found


def _taken(make, kind, given=None) -> bool:
    """Whether an input was taken; anything but that or one sentence fails the test."""
    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            experiment = make(kind)
        except InputError as error:
            told = str(error)
            assert len(told) < LONGEST, told[:2000]
            assert told.isprintable(), repr(told[:2000])
            for internal in (
                "Input should",
                "literal[",
                "constrained",
                "discriminator",
                "dict[",
                "float]",
                "function-",
                "^[",
            ):
                assert internal not in told, told
            return False
        finally:
            took = time.process_time() - begun
            assert took < SLOWEST, took
        assert silent(experiment, given) == []
    return True


def _dicts(seed: int, n: int) -> int:
    rng, taken = random.Random(seed), 0
    for _ in range(n):
        k = rng.randrange(len(DATA))
        data = mutated(DATA[k], rng)
        taken += _taken(lambda kind, data=data: reader.checked(data, kind=kind), KINDS[k], data)
    return taken


def _texts(seed: int, n: int, path: Path) -> int:
    rng, taken = random.Random(seed), 0
    for _ in range(n):
        k = rng.randrange(len(TEXTS))
        path.write_bytes(mangled(TEXTS[k], rng))
        taken += _taken(lambda kind: reader.read(path, kind), KINDS[k])
    return taken


def test_mutated_dicts_are_taken_or_refused_in_one_sentence():
    assert 5 < _dicts(1, 400) < 200  # some of each


def test_mangled_files_are_taken_or_refused_in_one_sentence(tmp_path):
    assert 5 < _texts(2, 300, tmp_path / "mangled.toml") < 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_more_are_too(seed, tmp_path):
    """50,000 dicts and 30,000 files in all."""
    assert _dicts(seed, 5_000)
    assert _texts(seed + 100, 3_000, tmp_path / "mangled.toml")


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_the_list_of_silent_acceptances_sees_what_it_lists():
    """The negative control: what the checks would miss if the parser let it through."""
    taken = reader.checked({"experiment": {"name": "x", "seed": 1, "runs": 10}, "packages": {"a": {"exposure": 0.9}}})
    assert silent(taken) == []
    for changed in (
        {"levers": {"exposure": [0.8, 0.8]}},
        {"levers": {"exposure": 0.5}, "baseline": {"exposure": 0.9}},
        {"packages": {"a": {"exposure": 0.9}, "b": {}}},
        {"drivers": {"driver_veto": True}},
        {"drivers": {"driver_veto": float("nan")}},
    ):
        wrong = taken.model_copy(update=changed)
        wrong._points = (wrong.design(), taken._points[1])
        assert silent(wrong), changed
    assert silent(taken, {"experiment": {"seed": True}})
