"""Compiles the rules and the kernel with numba, and keeps the machine code on disk.

The code cache is keyed by a hash of the package's own source, so a kernel that
is older than any rule cannot be found. Nothing is written until a batch runs.
"""

import sys
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils
from numba.core import types as nb
from numba.extending import intrinsic

from ..model import draws, numerics
from ..model.overrides import NEAR_ONE, adds_up, checked, reads_of
from ..model.schedule import Step
from ..model.spec import ModelSpec
from ..util.content import FROZEN, is_library, words
from ..util.errors import InputError
from . import codegen, memory
from .code_cache import compiled_once
from .memory import TOGETHER

_SIGNATURE = nb.void(
    nb.float64[:, ::1], nb.float64[:, ::1], nb.int64[::1], nb.int64[::1], nb.uint64, nb.uint64, nb.float64[:, ::1],
    nb.float64[:, :, ::1],
)  # fmt: skip
#: How everything is compiled: plain IEEE arithmetic, no reordering.
OPTIONS = {"error_model": "numpy", "nogil": True, "fastmath": False}
#: The same for what only the kernel calls.
WITHIN = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@intrinsic
def _pow2(typing: Any, k: Any) -> Any:
    """2**k by writing the exponent's bits."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = builder.fptosi(args[0], ir.IntType(64))
        bits = builder.shl(builder.add(whole, ir.Constant(ir.IntType(64), 1023)), ir.Constant(ir.IntType(64), 52))
        return builder.bitcast(bits, ir.DoubleType())

    return nb.float64(nb.float64), build


@intrinsic
def _exponent(typing: Any, x: Any) -> Any:
    """The unbiased exponent of a positive normal number, read from its bits."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(64))
        biased = builder.lshr(bits, ir.Constant(ir.IntType(64), 52))
        return builder.sitofp(builder.sub(biased, ir.Constant(ir.IntType(64), 1023)), ir.DoubleType())

    return nb.float64(nb.float64), build


@intrinsic
def _watched(typing: Any, total: Any, given: Any) -> Any:
    """total + 0 x for each x: nan as soon as one is not finite, and untouched by finite ones.

    The two operations may be one (``contract``), where the processor has such: a sum of zeros has nothing to round.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        total, values = args[0], cgutils.unpack_tuple(builder, args[1])
        for value in values:
            zero = builder.fmul(value, ir.Constant(ir.DoubleType(), 0.0), flags=("contract",))
            total = builder.fadd(total, zero, flags=("contract",))
        return total

    return nb.float64(nb.float64, given), build


def _places(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """The addresses ``w[row + i]`` of some rows."""
    w = context.make_array(signature.args[0])(context, builder, args[0]).data
    for row in cgutils.unpack_tuple(builder, args[2]):
        yield builder.gep(w, [builder.add(row, args[1], flags=("nsw",))], inbounds=True)


@intrinsic
def _take(typing: Any, w: Any, i: Any, rows: Any) -> Any:
    """``(w[rows[0] + i], w[rows[1] + i], ...)``, no index below 0."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = [builder.load(place) for place in _places(context, builder, signature, args)]
        return cgutils.pack_array(builder, values)

    return nb.UniTuple(nb.float64, len(rows))(w, i, rows), build


@intrinsic
def _put(typing: Any, w: Any, i: Any, rows: Any, values: Any) -> Any:
    """``w[rows[k] + i] = values[k]`` for each k, no index below 0."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = cgutils.unpack_tuple(builder, args[3])
        for place, value in zip(_places(context, builder, signature, args), given, strict=True):
            builder.store(value, place)
        return context.get_dummy_value()

    return nb.void(w, i, rows, values), build


@numba.njit(forceinline=True, **WITHIN)
def _bring(source: Any, places: Any, i: Any, w: Any, to: Any) -> Any:
    """What lies at some places of ``source``, ``i`` further on each, to every eighth place of ``w`` from ``to`` on."""
    for r in range(len(places)):
        w[to + r * TOGETHER] = source[places[r] + i]


@numba.njit(forceinline=True, **WITHIN)
def _bring_back(w: Any, places: Any, i: Any, start: Any) -> Any:
    """From every eighth place of ``w``, ``start`` on, back to some places, ``i`` further on each."""
    for r in range(len(places)):
        w[places[r] + i] = w[start + r * TOGETHER]


@numba.njit(forceinline=True, **OPTIONS)
def _pow2_compiled(k: Any) -> Any:
    return _pow2(k)


@numba.njit(forceinline=True, **OPTIONS)
def _exponent_compiled(x: Any) -> Any:
    return _exponent(x)


_PRIMITIVES = {numerics.pow2: _pow2_compiled, numerics.exponent: _exponent_compiled}


class RuleCompiler:
    """Turns plain functions into compiled ones, with every plain function they call.

    ``callable_here`` makes them callable from Python too, which the kernel's rules need not be and which doubles what
    there is to compile.
    """

    def __init__(self, callable_here: bool = True):
        self._done = dict(_PRIMITIVES)
        self._options = OPTIONS if callable_here else WITHIN

    def _twin(self, value: Any, names: Collection[str]) -> Any:
        """What a name stands for in compiled code: functions compiled, modules of this package and of rules with theirs."""
        if isinstance(value, types.FunctionType):
            return value if is_library(value) else self.compiled(value)
        if isinstance(value, types.ModuleType) and value.__name__.startswith((__package__.partition(".")[0], FROZEN)):
            module = types.ModuleType(value.__name__)
            vars(module).update({name: self._twin(vars(value)[name], names) for name in names if name in vars(value)})
            return module
        return value

    def compiled(self, function: Callable[..., Any]) -> Any:
        """The compiled twin of a plain function (and of the functions it names)."""
        if function not in self._done:
            names = words(function.__code__)
            scope = {name: self._twin(value, names) for name, value in function.__globals__.items() if name in names}
            scope["__name__"] = function.__module__
            cells = function.__closure__ and tuple(
                types.CellType(self._twin(cell.cell_contents, names)) for cell in function.__closure__
            )
            twin = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
            twin.__kwdefaults__ = function.__kwdefaults__
            self._done[function] = numba.njit(forceinline=True, **self._options)(twin)
        return self._done[function]


def _check_compiles(step: Step, twin: Any, n_arguments: int) -> Any:
    """Compile a replacement by itself, so that what is wrong with it is said of it; returns the type of what it gives."""
    try:
        twin.compile((nb.float64,) * n_arguments)
        returns = twin.overloads[(nb.float64,) * n_arguments].signature.return_type
    except Exception as error:  # numba's own, and what its compiler trips over
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"rule {step.name} cannot be compiled: {why[1] if len(why) > 1 else why[0]}; a rule is arithmetic on numbers "
            "(+ - * /, comparisons, if, math.sqrt, crink_abm.model.numerics)"
        ) from None
    parts = list(returns) if isinstance(returns, nb.BaseTuple) else [returns]
    if len(parts) != len(step.writes) or not all(
        isinstance(part, nb.Float | nb.Integer | nb.Boolean) for part in parts
    ):
        raise InputError(
            f"rule {step.name} returns {len(step.writes)} number{'s' * (len(step.writes) > 1)} "
            f"({', '.join(step.writes)}); the function given returns {returns}"
        )
    return returns


def compile_kernel(
    model: ModelSpec, overrides: Mapping[str, Callable[..., Any]] | None = None, lanes: int = memory.LANES
) -> Any:
    """``run_blocks`` of a model, compiled; ``overrides`` replaces rules by full name; ``lanes`` runs go abreast.

    Raises
    ------
    InputError
        If a replacement cannot be compiled or returns something else than the rule.
    """
    overrides = checked(overrides, model)
    replaced = {
        step.name: model.given(step.name, reads_of(step, overrides[step.name], model))
        for step in model.steps
        if step.name in overrides
    }
    module = sys.modules[model.name] = types.ModuleType(model.name)  # where kept machine code finds its home by name
    scope = vars(module)
    exec(compile(codegen.source(model, replaced, lanes), "<crink kernel>", "exec"), scope)
    rules = RuleCompiler(callable_here=False)
    for step in model.steps:
        twin = rules.compiled(overrides.get(step.name, step.rule))
        if step.name in overrides:
            twin = _as_floats(step, twin, _check_compiles(step, twin, len(replaced[step.name])), model.probabilities)
        scope[memory.rule_alias(step)] = twin
    scope.update(watched=_watched, take=_take, put=_put, bring=_bring, bring_back=_bring_back)
    scope["uniform_block"] = rules.compiled(draws.uniform_block)
    scope["stratified_block"] = rules.compiled(draws.stratified_block)
    if overrides or lanes != memory.LANES or not model.keeps_code:
        return numba.njit(_SIGNATURE, **OPTIONS)(scope["run_blocks"])
    return compiled_once(numba.njit(**OPTIONS)(scope["run_blocks"]), _SIGNATURE, model.name)


def _as_floats(step: Step, rule: Any, returns: Any, probabilities: Collection[str]) -> Any:
    """A replacement whose whole numbers and flags become floats, like every value of the model.

    Where it raises, or states odds that are none (:func:`crink_abm.model.overrides.odds_fault`), it gives nan instead: that run
    has failed, and the others beside it go on.
    """
    parts = list(returns) if isinstance(returns, nb.BaseTuple) else [returns]
    names = [f"r{k}" for k in range(len(parts))]
    given = ", ".join(f"g{name}" for name in names) + "," * isinstance(returns, nb.BaseTuple)
    text = f"def floats(*a):\n    try:\n        {given} = rule(*a)\n"
    for name, part in zip(names, parts, strict=True):
        text += (
            f"        {name} = {f'1.0 if g{name} else 0.0' if isinstance(part, nb.Boolean) else f'float(g{name})'}\n"
        )
    lost = "".join(f"        {name} = nan\n" for name in names)
    text += f"    except Exception:\n{lost}"
    bounded = [name for name, field in zip(names, step.writes, strict=True) if field in probabilities]
    sound = [f"0.0 <= {name} <= 1.0" for name in bounded]
    sound += [f"abs(0.0 + {' + '.join(names)} - 1.0) <= {NEAR_ONE!r}"] * adds_up(step)
    if sound:
        text += f"    if not ({' and '.join(sound)}):\n{lost}"
    scope = {"rule": rule, "nan": float("nan")}
    exec(f"{text}    return {', '.join(names)}", scope)
    return numba.njit(forceinline=True, **OPTIONS)(scope["floats"])
