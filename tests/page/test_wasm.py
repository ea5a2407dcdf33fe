"""The engine as a WebAssembly module gives the compiled engine's runs, bit for bit."""

import numpy as np
import pytest
from conftest import random_policy, random_world

from crink_abm.engine import compiled
from crink_abm.engine.wasm import link, lower, module
from crink_abm.ensemble import worlds
from crink_abm.model import levers
from crink_abm.model.parameters import CATALOGUE

pytest.importorskip("wasmtime", reason="runs the module outside a browser")

from wasm_host import Host

linker = pytest.mark.skipif(not link.can_link(), reason="the ziglang wheel links modules")


def _schedule(rng, months: int) -> dict:
    """Some levers over time, within the run."""
    dated = {}
    for name in rng.choice([*levers.LEVERS], rng.integers(0, 4), replace=False).tolist():
        at = np.cumsum([rng.integers(0, months), *rng.integers(1, 60, rng.integers(1, 3))])
        dated[name] = {levers.month_label(int(month)): float(rng.random()) for month in at}
    return dated


def cases(n: int, seed: int):
    """``n`` questions of a few runs: every lever, world, switch, schedule, driver, length, seed and number of the run by chance."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        months = int(rng.choice([1, 7, 36, 120, 121, 180]))
        policy = {**random_policy(rng), **_schedule(rng, months)}
        drivers = {"force_taiwan": float(rng.integers(-1, 4))} if rng.random() < 0.2 else {}
        values = np.array([list(random_world(rng).values()) for _ in range(3)])
        runs = int(rng.integers(1, 40))
        yield (
            levers.calendar(policy, months, drivers=drivers), values, rng.integers(0, 3, runs),
            int(rng.integers(0, 2**64, dtype=np.uint64)), int(rng.integers(0, 2**40)), rng.permutation(runs),
        )  # fmt: skip


def compared(host: Host, n_runs: int, seed: int, rules=None, trace=False) -> tuple[int, int, int]:
    """(runs, numbers compared, numbers that differ in a bit), over as many cases as have so many runs."""
    runs = numbers = differ = 0
    for calendar, values, world_of, luck, first, order in cases(n_runs, seed):
        how = {"seed": luck, "first_run": first, "world_of": world_of, "rules": rules}
        want = compiled.run_many(calendar, values, len(world_of), **how)
        got, traced = host.run(calendar, values, world_of, luck, first, order, trace)
        pairs = [(want, got)]
        if trace:
            pairs.append((compiled.trajectories(calendar, values, len(world_of), **how), traced))
        for a, b in pairs:
            assert a.shape == b.shape
            numbers, differ = numbers + a.size, differ + int((a.view(np.uint64) != b.view(np.uint64)).sum())
        runs += len(world_of)
        if runs >= n_runs:
            break
    return runs, numbers, differ


@pytest.fixture(scope="module")
def host():
    return Host(module.shipped())


def test_the_module_is_of_the_rules_as_they_are():
    assert module.is_current(), "python -m crink_abm.engine.wasm.module makes it anew"
    assert module.said(module.shipped())["parameters"] == len(CATALOGUE)


def test_five_hundred_runs_have_equal_bits(host):
    runs, numbers, differ = compared(host, 500, seed=1)
    assert runs >= 500 and numbers > 10_000 and differ == 0


def test_every_field_of_every_month_has_equal_bits(host):
    runs, numbers, differ = compared(host, 60, seed=2, trace=True)
    assert runs >= 60 and numbers > 500_000 and differ == 0


def test_the_comparison_sees_one_bit(host):
    """Negative control: the last bit of one coefficient."""
    calendar, defaults = levers.calendar({}), worlds.defaults().values
    other = defaults.copy()
    other[0, list(CATALOGUE).index("stakes_sd")] *= 1.0 + 2.0**-40
    of = np.zeros(64, np.int64)
    a, b = (host.run(calendar, values, of, 1, 0, trace=True)[1] for values in (defaults, other))
    assert (a != b).any()


def test_calls_give_their_memory_back(host):
    calendar, values = levers.calendar({}, 12), worlds.defaults().values
    sizes = []
    for _ in range(30):
        host.run(calendar, values, np.zeros(256, np.int64), 1, 0, trace=True)
        sizes.append(host.memory.size(host.store))
    assert sizes[-1] == sizes[2]


@pytest.mark.slow
def test_twenty_thousand_runs_have_equal_bits(host):
    runs, _, differ = compared(host, 20_000, seed=3)
    assert runs >= 20_000 and differ == 0


@linker
@pytest.mark.slow
def test_a_module_made_anew_behaves_as_the_shipped_one(host):
    again = Host(module.made())
    calendar, of = levers.calendar({"usfk_posture": 0.8}), np.arange(300) % 2
    values = np.array([list(random_world(np.random.default_rng(k)).values()) for k in (1, 2)])
    assert np.array_equal(*(h.run(calendar, values, of, 5, 9)[0].view(np.uint64) for h in (host, again)))


@linker
@pytest.mark.slow
def test_replaced_rules_are_exported_too():
    from replaced import RULES

    data = module.made(RULES)
    assert module.said(data)["rules"] == sorted(RULES)
    runs, _, differ = compared(Host(data), 600, seed=4, rules=RULES)
    assert runs >= 600 and differ == 0


def test_a_kernel_of_another_form_is_refused():
    with pytest.raises(ValueError, match="no kernel"):
        lower.retargeted("define void @f() {\n}\n")
    kernel = "define i32 @_ZN1k10run_blocksE(ptr %a) {\n  call i8 @llvm.x86.sse2.pause()\n}\n"
    with pytest.raises(ValueError, match=r"llvm\.x86\.sse2\.pause"):
        lower.retargeted(kernel)


def test_a_module_says_what_it_is():
    assert module.said(module.labelled(b"\0asm\x01\0\0\0"))["rules"] == []
    with pytest.raises(ValueError, match="no WebAssembly"):
        module.said(b"what")
