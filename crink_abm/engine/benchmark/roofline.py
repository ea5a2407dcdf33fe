"""The floor under the engine: what each kind of operation costs on this machine, times how many a month takes.

A cost is a *throughput*, measured alone: many lanes that do not wait for one another, compiled with the engine's own
options and vectorised, less what it costs to load and store the numbers. Conditional steps are charged by how often
they happen, as if they filled their vectors. *Arithmetic* adds up everything but loads and stores, as if no two kinds
of operation ever ran at the same time; *memory* adds up those, from a block of the engine's size. The floor is the
larger of the two: the one wholly hidden behind the other. The *dependent* costs, where each operation waits for the
one before, say how much slower a chain is than the throughput of its parts.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numba
import numpy as np

from ...model import draws, levers, numerics
from ...model.fields import FIELDS
from ...model.parameters import checked
from ...model.spec import MODEL
from .. import compiled
from ..base import Engine
from ..codegen import lay_out
from ..compiler import OPTIONS, RuleCompiler
from ..memory import LANES, row_length
from .operation_counts import operations

_N = 1024
_MIXED = "c = a * 0.9; d = b * 0.8; e = a + 0.3; f = b - 0.2; " + (
    "c = c * 0.7 + e; d = d * 0.6 - f; e = e * 0.5 + b; f = f * 0.4 - a; " * 3 + "a = (c + d) + (e + f)"
)
#: Kinds of operation: (statements of one lane, from ``a`` and ``b`` to ``a``; how many operations these are).
UNITS: dict[str, tuple[str, int]] = {
    "exp": ("a = exp(a) + exp(b)", 2),
    "log": ("a = log(b) + log(b + 1.0)", 2),
    "sqrt": ("a = " + " + ".join(f"sqrt(b + {k}.0)" for k in range(8)), 8),
    "divisions": ("a = " + " + ".join(f"(a + {k}.0) / (b + {k}.0)" for k in range(8)), 8),
    "additions and multiplications": (_MIXED, 31),
    "comparisons": ("; ".join(f"a = a if b < {0.1 * k} else {0.01 * k}" for k in range(1, 17)), 16),
}
#: What is no plain arithmetic.
CALLS = ("exp", "log", "sqrt", "divisions", "blocks of draws")
#: What no unit computes.
MOVES = ("loads", "stores")
_CHAINS = {"exp": "exp(-a)", "log": "log(2.0 + a)", "sqrt": "sqrt(a)", "divisions": "1.5 / a", "additions": "a + 0.1"}

#: Calls by kind of operation, and the nanoseconds that a second of one of them is worth.
Family: TypeAlias = tuple[dict[str, Callable[[], Any]], float]


def _compiled(text: str, **names: Any) -> Any:
    """The function ``work`` of a text, with the engine's options."""
    scope = {"sqrt": np.sqrt, "u64": np.uint64, **names}
    exec(text, scope)
    return numba.njit(**OPTIONS)(scope["work"])


def _arithmetic(scope: dict[str, Any], rounds: int = 2000) -> Family:
    """Calls that do each kind of :data:`UNITS` over lanes that do not wait for one another: {kind: call}."""
    rng = np.random.default_rng(1)
    arrays = rng.normal(0, 1, _N), rng.uniform(0.1, 1.9, _N), np.empty(_N)
    head = f"""
def work(x, y, out, rounds):
  for _ in range(rounds):
    for i in range({_N}):
      a = x[i]; b = y[i]
      """
    texts = {"bare": "pass", **{kind: text for kind, (text, _) in UNITS.items()}}
    works = {kind: _compiled(f"{head}{text}\n      out[i] = a + b", **scope) for kind, text in texts.items()}
    return {kind: partial(work, *arrays, rounds) for kind, work in works.items()}, 1e9 / rounds / _N


def _chains(scope: dict[str, Any], rounds: int = 20_000) -> Family:
    """Calls in which each operation waits for the one before, in a vector of eight lanes."""
    head = "def work(x, rounds):\n  for _ in range(rounds):\n    for i in range(8):\n      a = x[i]\n      x[i] = "
    works = {kind: _compiled(head + text, **scope) for kind, text in _CHAINS.items()}
    return {kind: partial(work, np.full(8, 0.7), rounds) for kind, work in works.items()}, 1e9 / rounds / 8


def _tree(texts: list[str]) -> str:
    """Their sum, by pairs: no addition waits for more than it must."""
    while len(texts) > 1:
        texts = [f"({one} + {two})" for one, two in zip(texts[::2], texts[1::2], strict=True)]
    return texts[0]


def _memory(rounds: int = 40) -> Family:
    """Calls that load (and add), and that store, row after row through a block like the engine's."""
    length, at_once = row_length(LANES), 16
    groups = lay_out(MODEL.reads, LANES, MODEL).size // length // at_once
    head = f"""
def work(w, out, rounds):
  for _ in range(rounds):
    for g in range({groups}):
      s = w[g * {at_once * length} :]
      for i in range({LANES}):
        """
    load = _compiled(head + "out[i] = " + _tree([f"s[{k * length} + i]" for k in range(at_once)]))
    store = _compiled(head + "; ".join(f"s[{k * length} + i] = out[i]" for k in range(at_once)))
    room = np.ones(groups * at_once * length + 8)
    arguments = room[-(room.ctypes.data // 8) % 8 :], np.ones(LANES), rounds
    calls: dict[str, Callable[[], Any]] = {"loads": partial(load, *arguments), "stores": partial(store, *arguments)}
    return calls, 1e9 / (rounds * groups * at_once * LANES)


def _draws(rounds: int = 2000, lanes: int = 256) -> Family:
    """A call that makes blocks of four draws."""
    text = f"""
def work(out, rounds, seed):
  for t in range(rounds):
    for i in range({lanes}):
      out[i], out[{lanes} + i], out[{2 * lanes} + i], out[{3 * lanes} + i] = block(seed, u64(i), u64(t), u64(0))
"""
    work = _compiled(text, block=RuleCompiler().compiled(draws.uniform_block))
    return {"blocks of draws": partial(work, np.empty(4 * lanes), rounds, np.uint64(7))}, 1e9 / rounds / lanes


def _timed(families: dict[str, Family], repeats: int) -> dict[str, dict[str, float]]:
    """ns of each call, the median of ``repeats`` rounds through all of them: they meet the same state of the machine."""
    times: dict[tuple[str, str], list[float]] = {
        (family, kind): [] for family, (calls, _) in families.items() for kind in calls
    }
    for number in range(repeats + 1):
        for (family, kind), seen in times.items():
            calls, each = families[family]
            start = time.thread_time()
            calls[kind]()
            if number:  # the first round compiles and warms
                seen.append((time.thread_time() - start) * each)
    return {
        family: {k: statistics.median(seen) for (f, k), seen in times.items() if f == family} for family in families
    }


def _world() -> np.ndarray:
    """The default world, as a table of one row."""
    return np.array([list(checked().values())])


def frequencies(runs: int = 4096) -> dict[str, float]:
    """The share of months in which each condition holds, under today's policy and the defaults."""
    trace = compiled.trajectories(levers.calendar(), _world(), runs, seed=0)
    names = [field.name for field in FIELDS]
    conditions = dict.fromkeys(step.when for step in MODEL.steps if step.when)
    return {"every month": 1.0} | {when: float((trace[:, :, names.index(when)] > 0).mean()) for when in conditions}


def measure(single: Engine, runs: int = 16_384, repeats: int = 9) -> dict[str, Any]:
    """The floor, what the engine takes, and their ratio: processor time in ns a month of one run, one thread.

    ``single`` is the engine of one lane, timed in the same rounds.
    """
    rules = RuleCompiler()
    scope = {"exp": rules.compiled(numerics.exp), "log": rules.compiled(numerics.log)}
    world, calendar = _world(), levers.calendar()
    engines: dict[str, Engine] = {"engine": compiled.ENGINE, "single": single}
    engine: dict[str, Callable[[], Any]] = {
        name: partial(one.run, calendar, world, runs, seed=0, threads=1) for name, one in engines.items()
    }
    families = {
        "arithmetic": _arithmetic(scope), "chains": _chains(scope), "memory": _memory(), "draws": _draws(),
        "engine": (engine, 1e9 / runs / len(calendar)),
    }  # fmt: skip
    found = _timed(families, repeats)
    bare = found["arithmetic"].pop("bare")
    costs = {kind: (found["arithmetic"][kind] - bare) / n for kind, (_, n) in UNITS.items()}
    costs |= found["memory"] | found["draws"]
    counts, often = operations(), frequencies()
    total = {kind: sum(often[when] * count.get(kind, 0.0) for when, count in counts.items()) for kind in costs}
    parts = {kind: total[kind] * costs[kind] for kind in costs}
    moves = sum(parts[kind] for kind in MOVES)
    arithmetic = sum(parts.values()) - moves
    floor, taken = max(arithmetic, moves), found["engine"]["engine"]
    return {
        "ns_an_operation": costs,
        "ns_an_operation_dependent": found["chains"],
        "share_of_months": often,
        "operations": counts,
        "operations_a_month": total,
        "ns_a_month_by_kind": parts,
        "calls_divisions_draws_ns": sum(parts[kind] for kind in CALLS),
        "arithmetic_ns": arithmetic,
        "memory_ns": moves,
        "floor_ns": floor,
        "measured_ns": taken,
        "one_run_at_a_time_ns": found["engine"]["single"],
        "abreast_to_one_at_a_time": found["engine"]["single"] / taken,
        "measured_to_floor": taken / floor,
        "measured_to_sum": taken / (arithmetic + moves),
    }
