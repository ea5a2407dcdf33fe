"""What decides a rule's results is in its fingerprint: whatever it reads, by content, in every process alike."""

import enum
import functools
import math
import os
import subprocess
import sys
import types
from collections import namedtuple

import numba
import numpy as np
import pytest
from conftest import ROOT

from crink_abm import InputError
from crink_abm.engine.compiler import RuleCompiler
from crink_abm.model import numerics
from crink_abm.model.overrides import Rules, changes_odds, checked, fingerprint
from crink_abm.model.schedule import steps

NAME = "china.crisis_prob"
RATE, TABLE, PAIR, CFG, HELPER, OTHER = 0.0, None, (), types.ModuleType("cfg"), None, None


def _with(**set_to):
    """The fingerprint of what ``rule`` in ``set_to`` does, with other globals of this module set first."""
    rule = set_to.pop("rule")
    globals().update(set_to)
    return fingerprint({NAME: rule})


def by_global(grievance):
    return RATE


def by_array(grievance):
    return TABLE[0]


def by_pair(grievance):
    return PAIR[1][0]


def by_module(grievance):
    return CFG.RATE


def by_module_within(grievance):
    return CFG.inner.deep.RATE


def by_module_function(grievance):
    return CFG.scaled(grievance)


def by_helper(grievance):
    return HELPER(grievance)


def within(grievance):
    def inner(x):
        return x + RATE

    return inner(grievance)


def listed(grievance):
    return sum([x * RATE for x in (1.0, 2.0)])


def _module(name="cfg", **values):
    made = types.ModuleType(name)
    vars(made).update(values)
    return made


def _closure(value):
    def rule(grievance):
        return value * grievance

    return rule


def _nested(value):
    inner = _closure(value)

    def rule(grievance):
        return inner(grievance)

    return rule


def _default(value):
    def helper(x, by=value):
        return x * by

    return helper


def _keyword_default(value):
    def helper(x, *, by=value):
        return x * by

    return helper


def _scaled(value):
    def scaled(x):
        return value * x

    return scaled


def _jit(value, **options):
    return numba.njit(**options)(_scaled(value))


class Level(enum.IntEnum):
    LOW, HIGH = 1, 2


class OtherLevel(enum.IntEnum):
    LOW, HIGH = 1, 3


Pair = namedtuple("Pair", ["a", "b"])

#: What a rule may read -> two versions that act differently: rules, and what is set in this module before they are asked.
KINDS = {
    "global": (by_global, {"RATE": 0.1}, {"RATE": 0.5}),
    "numpy number": (by_global, {"RATE": np.float64(0.1)}, {"RATE": np.float64(0.5)}),
    "kind of numpy number": (by_global, {"RATE": np.float64(0.5)}, {"RATE": np.float32(0.5)}),
    "array": (by_array, {"TABLE": np.array([0.1, 0.2])}, {"TABLE": np.array([0.5, 0.2])}),
    "type of array": (by_array, {"TABLE": np.array([1, 2])}, {"TABLE": np.array([1.0, 2.0])}),
    "shape of array": (by_array, {"TABLE": np.ones((2, 3))}, {"TABLE": np.ones((3, 2))}),
    "tuple of arrays": (by_pair, {"PAIR": (1, np.array([0.1]))}, {"PAIR": (1, np.array([0.5]))}),
    "module": (by_module, {"CFG": _module(RATE=0.1)}, {"CFG": _module(RATE=0.5)}),
    "array of a module": (by_module, {"CFG": _module(RATE=np.ones(1))}, {"CFG": _module(RATE=np.zeros(1))}),
    "module of a module": (
        by_module_within,
        *({"CFG": _module(inner=_module(deep=_module(RATE=rate)))} for rate in (0.1, 0.5)),
    ),
    "function of a module": (by_module_function, *({"CFG": _module(scaled=_scaled(k))} for k in (0.1, 0.5))),
    "compiled function of a module": (by_module_function, *({"CFG": _module(scaled=_jit(k))} for k in (0.1, 0.5))),
    "helper": (by_helper, {"HELPER": _scaled(0.1)}, {"HELPER": _scaled(0.5)}),
    "compiled helper": (by_helper, {"HELPER": _jit(0.1)}, {"HELPER": _jit(0.5)}),
    "default": (by_helper, {"HELPER": _default(0.1)}, {"HELPER": _default(0.5)}),
    "keyword default": (by_helper, {"HELPER": _keyword_default(0.1)}, {"HELPER": _keyword_default(0.5)}),
    "function within": (within, {"RATE": 0.1}, {"RATE": 0.5}),
    "comprehension": (listed, {"RATE": 0.1}, {"RATE": 0.5}),
    "flag or number": (by_global, {"RATE": True}, {"RATE": 1}),
    "whole or not": (by_global, {"RATE": 1}, {"RATE": 1.0}),
    "sign of zero": (by_global, {"RATE": 0.0}, {"RATE": -0.0}),
    "one in a tuple": (by_pair, {"PAIR": (0, (1,))}, {"PAIR": (0, (True,))}),
    "enumeration": (by_global, {"RATE": Level.HIGH}, {"RATE": OtherLevel.HIGH}),
    "class of an enumeration": (by_global, {"RATE": Level}, {"RATE": OtherLevel}),
    "named tuple": (by_global, {"RATE": Pair(1.0, 2.0)}, {"RATE": Pair(2.0, 1.0)}),
    "named or not": (by_global, {"RATE": Pair(1.0, 2.0)}, {"RATE": (1.0, 2.0)}),
    "list": (by_global, {"RATE": [0.1, [0.2]]}, {"RATE": [0.1, [0.3]]}),
    "dict": (by_global, {"RATE": {"a": 0.1}}, {"RATE": {"a": 0.2}}),
    "set": (by_global, {"RATE": {"a", "b"}}, {"RATE": {"a", "c"}}),
    "text": (by_global, {"RATE": "ab"}, {"RATE": "abc"}),
    "none": (by_global, {"RATE": None}, {"RATE": 0}),
    "whole number of any size": (by_global, {"RATE": 10**5000}, {"RATE": 10**5000 + 1}),
    "function of a library": (by_helper, {"HELPER": math.sqrt}, {"HELPER": math.exp}),
    "function of numpy": (by_helper, {"HELPER": np.sqrt}, {"HELPER": np.exp}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_rule_reads_is_in_its_fingerprint(kind):
    rule, before, after = KINDS[kind]
    first = _with(rule=rule, **before)
    assert first == _with(rule=rule, **before)
    assert first != _with(rule=rule, **after)


@pytest.mark.parametrize("make", [_closure, _nested, lambda value: functools.wraps(_closure(value))(_closure(value))])
def test_closures_are_in_the_fingerprint(make):
    assert fingerprint({NAME: make(0.1)}) == fingerprint({NAME: make(0.1)}) != fingerprint({NAME: make(0.2)})


def test_a_number_that_is_none_has_a_fingerprint_of_its_own():
    assert _with(rule=by_global, RATE=math.nan) == _with(rule=by_global, RATE=math.nan)
    assert _with(rule=by_global, RATE=math.nan) != _with(rule=by_global, RATE=math.inf)


COMPILES = [
    "global", "numpy number", "array", "tuple of arrays", "module", "module of a module", "function of a module",
    "compiled function of a module", "helper", "compiled helper", "default", "function within",
    "comprehension", "function of a library",
]  # fmt: skip


@pytest.mark.parametrize("kind", COMPILES)
@pytest.mark.parametrize("version", [1, 2])
def test_compiled_and_interpreted_agree_on_what_is_read(kind, version):
    """Both versions in one process: what numba has compiled of the first must not answer for the second."""
    rule = KINDS[kind][0]
    globals().update(KINDS[kind][version])
    taken = checked({NAME: rule})[NAME]
    right = float(rule(0.25))
    assert float(taken(0.25)) == right
    assert float(RuleCompiler().compiled(taken)(0.25)) == right


def test_a_helper_that_numba_compiled_before_is_read_anew():
    """numba keeps what the global was when the helper was first called; the rule has what it is now."""
    globals().update(RATE=0.1)

    @numba.njit
    def helper(x):
        return RATE * x

    def rule(grievance):
        return helper(grievance)

    assert helper(1.0) == 0.1
    before = fingerprint({NAME: rule})
    globals().update(RATE=0.5)
    assert helper(1.0) == 0.1  # numba's own, as it was
    taken = checked({NAME: rule})
    assert taken.fingerprint != before
    assert taken[NAME](1.0) == RuleCompiler().compiled(taken[NAME])(1.0) == 0.5


def test_what_was_taken_does_not_change():
    globals().update(RATE=0.1, TABLE=np.array([0.1]), CFG=_module(RATE=0.1))

    def rule(grievance):
        return RATE + TABLE[0] + CFG.RATE

    taken = checked({NAME: rule})
    assert checked(taken) is taken
    assert isinstance(taken, Rules)
    TABLE[0] = CFG.RATE = 0.5
    globals().update(RATE=0.5)
    assert taken[NAME](0.0) == 0.1 + 0.1 + 0.1
    assert rule(0.0) == 1.5
    assert fingerprint(taken) != fingerprint({NAME: rule})


def test_docstrings_lines_and_files_do_not_count():
    def compiled(text, file):
        scope = {"RATE": 0.1}
        exec(compile(text, file, "exec"), scope)
        return fingerprint({NAME: scope["rule"]})

    plain = compiled("def rule(grievance):\n    return RATE * grievance if grievance > 0.5 else 0.2\n", "a.py")
    told = compiled(
        '\n\ndef rule(grievance):\n    """Says."""\n    # more\n    return RATE * grievance if grievance > 0.5 else 0.2\n',
        "b.py",
    )
    other = compiled("def rule(grievance):\n    return RATE * grievance if grievance >= 0.5 else 0.2\n", "a.py")
    assert plain == told != other


_STABLE = """
import numpy as np
from crink_abm.model.overrides import fingerprint
WORDS, TABLE = {"a", "b", "c", "d"}, np.arange(4.0)
def helper(x):
    def within(y):
        return [y * k for k in TABLE if k in {1.0, 2.0, "a", "b"}]
    return within(x)
def rule(grievance):
    return (lambda z: z + len(WORDS))(sum(helper(grievance)))
print(fingerprint({"china.crisis_prob": rule}))
"""


def test_the_same_in_every_process(tmp_path):
    """Functions within, comprehensions, sets: no address and no order of a set is in it, wherever the file lies."""
    said = set()
    for k in range(3):
        folder = tmp_path / str(k)
        folder.mkdir()
        (folder / "mine.py").write_text("\n" * k + _STABLE)
        env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(k)}
        done = subprocess.run(
            [sys.executable, folder / "mine.py"], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    assert len(said) == 1


def test_the_models_own_rules_can_be_taken():
    for step in steps():
        assert checked({step.name: step.rule})[step.name] is step.rule


def test_megabytes_are_hashed_at_once():
    import time

    globals().update(TABLE=np.arange(1_000_000.0))
    start = time.perf_counter()
    fingerprint({NAME: by_array})
    assert time.perf_counter() - start < 1.0


def test_shared_parts_are_hashed_once():
    """A tuple that holds itself twice over, sixty times: 2^60 parts if each were taken anew."""
    deep = (0.1,)
    for _ in range(60):
        deep = (deep, deep)
    assert len(_with(rule=by_global, RATE=deep)) == 16


class Thing:
    rate = 0.1


def _itself(x):
    return _itself(x - 1.0) if x > 0.0 else 0.0


def _ping(x):
    return _pong(x)


def _pong(x):
    return _ping(x) if x > 0.0 else 0.0


def recursive(grievance):
    return recursive(grievance) if grievance > 0.5 else 0.1


def imports(grievance):
    import math

    return math.exp(grievance)


def keeps(grievance):
    global RATE
    RATE = grievance
    return RATE


async def later(grievance):
    return 0.1


def several(grievance):
    yield 0.1


def starred(*names):
    return 0.1


def keyed(**names):
    return 0.1


def after_star(*, grievance):
    return 0.1


def evaluates(grievance):
    return eval("RATE")


def _looped():
    loop = [0.1]
    loop.append(loop)
    return loop


def _reads(value):
    return lambda grievance: value


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([by_global], "mapping"),
        (by_global, "mapping"),
        ("china.crisis_prob", "mapping"),
        (7, "mapping"),
        ({NAME: None}, "plain function; NoneType"),
        ({NAME: "f"}, "plain function; str"),
        ({NAME: math.sqrt}, "plain function; builtin"),
        ({NAME: Thing}, "plain function; a class"),
        ({NAME: Thing()}, "plain function; Thing"),
        ({NAME: functools.partial(by_global)}, "plain function; partial"),
        ({NAME: Thing().__init__}, "plain function; method-wrapper"),
        ({NAME: np.sqrt}, "plain function; ufunc"),
        ({7: by_global}, "no rule is named 7"),
        ({NAME: recursive}, "calls itself"),
        ({NAME: _reads(_itself)}, None),
        ({NAME: lambda grievance: _itself(grievance)}, "_itself calls itself"),
        ({NAME: lambda grievance: _ping(grievance)}, "_ping calls itself"),
        ({NAME: later}, "an async function"),
        ({NAME: several}, "a generator"),
        ({NAME: starred}, r"asks for '\*names'"),
        ({NAME: keyed}, r"asks for '\*\*names'"),
        ({NAME: after_star}, "in order"),
        ({NAME: imports}, "imports 'math' inside itself"),
        ({NAME: keeps}, "sets the global 'RATE'"),
        ({NAME: evaluates}, r"calls eval\(\)"),
        ({NAME: _reads(Thing())}, "reads value, of the type Thing"),
        ({NAME: _reads(Thing)}, "uses the class value"),
        ({NAME: _reads(np.array([{}]))}, "of the type ndarray"),
        ({NAME: _reads(np.array(["a"], dtype=np.dtypes.StringDType()))}, "of the type ndarray"),
        ({NAME: _reads(np.ma.masked_array([1.0], [True]))}, "of the type MaskedArray"),
        ({NAME: _reads(functools.partial(min, 1))}, "of the type partial"),
        ({NAME: _reads(np.vectorize(by_global))}, "of the type vectorize"),
        ({NAME: _reads(np.frompyfunc(by_global, 1, 1))}, "of the type ufunc"),
        ({NAME: _reads(_looped())}, "holds itself"),
        ({NAME: _reads(np.random.default_rng(1))}, "no chance"),
        ({NAME: _reads(np.random.random)}, "no chance"),
    ],
)
def test_what_cannot_be_taken_is_told_in_one_sentence(rules, words):
    if words is None:  # the function is named, not called by its name: it is still read
        words = "calls itself"
    with pytest.raises(InputError, match=words) as told:
        checked(rules)
    assert "\n" not in str(told.value)


def test_deep_nesting_is_told():
    deep = 0.1
    for _ in range(100_000):
        deep = (deep,)
    with pytest.raises(InputError, match="too deeply"):
        checked({NAME: _reads(deep)})


def test_lambdas_and_compiled_functions_are_rules():
    scaled = numba.njit(lambda grievance: 0.1 * grievance)
    assert fingerprint({NAME: scaled}) == fingerprint({NAME: lambda grievance: 0.1 * grievance})
    assert checked({NAME: scaled})[NAME](0.5) == 0.05


def test_a_taken_function_works_where_libraries_import_by_its_globals():
    def rule(grievance):
        return np.array([1.0, 2.0]).sum() * grievance

    taken = checked({NAME: rule})[NAME]
    assert taken(0.3) == RuleCompiler().compiled(taken)(0.3) == rule(0.3)


def test_numerics_are_the_packages_own():
    def rule(grievance):
        return numerics.logistic(grievance)

    assert RuleCompiler().compiled(checked({NAME: rule})[NAME])(0.3) == numerics.logistic(0.3)


def test_which_replacements_change_odds():
    """Written odds, choices and events; the rules of luck; draws that were not the rule's: each alone, and its control."""

    def mild(month):
        return 0.25

    def knows(u_xi_choice):
        return u_xi_choice

    for name in ("xi.choose", "kim.option_probs", NAME, "russia.joins", "world.nuclear_rung", "residuals.taiwan"):
        assert changes_odds({name: mild})
        assert changes_odds([name])
    assert changes_odds({"iran.distraction": knows})
    for name in ("iran.distraction", "china.grievance", "kim.fear"):
        assert not changes_odds({name: mild})
    assert not changes_odds({})
    assert not changes_odds(None)
    own = {step.name: step.rule for step in steps() if step.name.startswith(("iran.", "united_states.", "monitors."))}
    assert not changes_odds({name: rule for name, rule in own.items() if name != "iran.joins"})
