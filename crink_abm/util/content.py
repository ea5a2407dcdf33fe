"""What a function does, by content: a copy of it as it stands now, and a hash of everything that decides what it gives.

A function reads more than its arguments: globals, closures, attributes of modules, arrays, functions that it calls.
Compiled code takes all of these for constants, so a result is that of a function *and* of what it read. :func:`frozen`
takes them as they are at the call, and :func:`digest` hashes them: by value and type, not by name of file, line,
address or order of a set, so that it is the same in every process.
"""

import builtins
import dis
import enum
import hashlib
import struct
import sys
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

#: Packages whose functions and modules are known by name: they are what they are, and compiled code knows them too.
LIBRARIES = ("math", "cmath", "builtins", "operator", "_operator", "numpy", "numba")
#: Functions of Python's that reach what no reader of the code can see, or give another answer in another process.
_BLIND = ("eval", "exec", "compile", "globals", "locals", "vars", "open", "input", "__import__", "id", "hash")
_SHAPE = 0x04 | 0x08 | 0x20 | 0x80 | 0x200  # flags of *args, **kwargs, generators, coroutines
#: What the name of a module of a frozen function begins with.
FROZEN = "frozen "


class OpaqueError(Exception):
    """Something whose content cannot be told; the message says what and, after it, the remedy."""


def _top(name: str | None) -> str:
    return (name or "").partition(".")[0]


def is_library(value: object) -> bool:
    """Whether a module, function or class is one of :data:`LIBRARIES`, and there under its own name."""
    if isinstance(value, types.ModuleType):
        return _top(value.__name__) in LIBRARIES
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    if isinstance(value, types.BuiltinFunctionType) and isinstance(value.__self__, types.ModuleType):
        module = value.__self__.__name__
    if module is None and type(value).__module__ == "numpy":  # np.sqrt and its like do not say where they are from
        module = "numpy"
    if _top(module) not in LIBRARIES or not isinstance(name, str):
        return False
    found: Any = sys.modules.get(str(module))
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is value


def _is_own(value: types.FunctionType) -> bool:
    """Whether a function is this package's, and there under its own name."""
    home = sys.modules.get(value.__module__)
    return _top(value.__module__) == _top(__package__) and getattr(home, value.__name__, None) is value


def plain(value: Any) -> Any:
    """A function that numba compiled, as it was written; anything else as it is."""
    if _top(type(value).__module__) != "numba":
        return value
    for holder in (value, getattr(value, "_dispatcher", None)):
        written = getattr(holder, "py_func", None)
        if isinstance(written, types.FunctionType):
            return written
    return value


@cache
def codes(code: types.CodeType) -> tuple[types.CodeType, ...]:
    """A code object and those of the functions and comprehensions within it."""
    within = [part for const in code.co_consts if isinstance(const, types.CodeType) for part in codes(const)]
    return (code, *within)


@cache
def words(code: types.CodeType) -> frozenset[str]:
    """Every name and text in the code: what attributes it may ask a module for."""
    found: set[str] = set()
    for part in codes(code):
        found.update(part.co_names, (const for const in part.co_consts if isinstance(const, str)))
    return frozenset(found)


@cache
def _globals_read(code: types.CodeType) -> tuple[str, ...]:
    found = set()
    for part in codes(code):
        for one in dis.get_instructions(part):
            if one.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
                found.add(one.argval)
            elif one.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                raise OpaqueError(f"it sets the global {one.argval!r}; a rule keeps nothing between calls")
            elif one.opname == "IMPORT_NAME":
                raise OpaqueError(f"it imports {one.argval!r} inside itself; put the import at the head of its file")
            elif one.opname in ("STORE_DEREF", "DELETE_DEREF") and part is code and one.argval in code.co_freevars:
                raise OpaqueError(
                    f"it sets {one.argval!r} of the function around it; a rule keeps nothing between calls"
                )
    return tuple(sorted(found))


_NOTHING = object()


def named(function: types.FunctionType) -> dict[str, object]:
    """What a function reads besides its arguments: globals and what lies in its closure, by name.

    Raises
    ------
    OpaqueError
        If it keeps something between calls, imports within itself, or looks where no reader of the code can see.
    """
    code, found = function.__code__, {}
    for name in _globals_read(code):
        value = function.__globals__.get(name, _NOTHING)
        if value is _NOTHING:
            value = getattr(builtins, name, _NOTHING)
            if name in _BLIND:
                raise OpaqueError(f"it calls {name}(); a rule is arithmetic on numbers")
        found[name] = value
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            found[name] = _NOTHING
    return found


def attributes(module: types.ModuleType, asked: frozenset[str]) -> dict[str, object]:
    """What a module has of the names that a code asks for."""
    return {name: vars(module)[name] for name in sorted(asked) if name in vars(module)}


def functions(function: types.FunctionType) -> Iterator[tuple[types.FunctionType, dict[str, object]]]:
    """A function and every plain one that it calls, each once, with what it reads by name; those of libraries left out.

    Raises
    ------
    OpaqueError
        If one of them calls itself, however far around; or as of :func:`named`.
    """
    done, trail = set(), []

    def walk(one: types.FunctionType) -> Iterator[tuple[types.FunctionType, dict[str, object]]]:
        if one in trail:
            raise OpaqueError(
                f"{one.__name__} calls itself; a rule is arithmetic without recursion, write it as a loop"
            )
        if one in done:
            return
        trail.append(one)
        read = dict(_with_attributes(named(one), words(one.__code__)))
        yield one, read
        for value in read.values():
            value = plain(value)
            if isinstance(value, types.FunctionType) and not is_library(value):
                yield from walk(value)
        trail.pop()
        done.add(one)

    yield from walk(function)


def _with_attributes(
    read: Mapping[str, object], asked: frozenset[str], before: str = "", seen: tuple[object, ...] = ()
) -> Iterator[tuple[str, object]]:
    for name, value in read.items():
        yield before + name, value
        if isinstance(value, types.ModuleType) and not is_library(value) and value not in seen:
            yield from _with_attributes(attributes(value, asked), asked, f"{before}{name}.", (*seen, value))


class _Freezer:
    """Copies, each function, module and array once."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._held: list[Any] = []

    def value(self, value: Any, asked: frozenset[str] = frozenset()) -> Any:
        value = plain(value)
        key = (id(value), asked if isinstance(value, types.ModuleType) else None)
        if key not in self._made:
            self._held.append(value)  # so that no other takes its place in memory
            self._made[key] = self._copy(value, asked)
        return self._made[key]

    def _copy(self, value: Any, asked: frozenset[str]) -> Any:
        if isinstance(value, types.FunctionType):
            return value if is_library(value) or _is_own(value) else self.function(value)
        if isinstance(value, types.ModuleType):
            return value if is_library(value) else self._module(value, asked)
        if type(value).__module__ == "numpy" and type(value).__name__ in ("ndarray", "memmap"):
            copy = value.copy()
            copy.setflags(write=False)
            return copy
        make = tuple if type(value) is tuple else getattr(type(value), "_make", None)
        if isinstance(value, tuple) and make is not None:
            parts = [self.value(part) for part in value]
            if any(new is not old for new, old in zip(parts, value, strict=True)):
                return make(parts)
        return value

    def _module(self, module: types.ModuleType, asked: frozenset[str]) -> types.ModuleType:
        copy = types.ModuleType(FROZEN + module.__name__.removeprefix(FROZEN))
        self._made[id(module), asked] = copy  # modules may name one another
        vars(copy).update({name: self.value(value, asked) for name, value in attributes(module, asked).items()})
        return copy

    def function(self, function: types.FunctionType) -> types.FunctionType:
        asked = words(function.__code__)
        read = {name: value for name, value in named(function).items() if value is not _NOTHING}
        kept = {name: self.value(value, asked) for name, value in read.items()}
        within = function.__code__.co_freevars
        scope = {name: value for name, value in kept.items() if name in function.__globals__ and name not in within}
        scope |= {"__name__": function.__module__, "__builtins__": builtins}  # C code imports by the caller's globals
        cells = tuple(types.CellType(*((kept[name],) if name in kept else ())) for name in within)
        copy = types.FunctionType(function.__code__, scope, function.__name__, None, cells or None)
        copy.__defaults__ = function.__defaults__ and tuple(self.value(value) for value in function.__defaults__)
        copy.__kwdefaults__ = function.__kwdefaults__ and {
            name: self.value(value) for name, value in function.__kwdefaults__.items()
        }
        copy.__module__, copy.__qualname__, copy.__doc__ = function.__module__, function.__qualname__, function.__doc__
        copy.__dict__.update(function.__dict__)
        return copy


def frozen(function: types.FunctionType) -> types.FunctionType:
    """The function with what it reads as it stands now: globals, closures, attributes of modules, arrays, functions called.

    Whatever is set anew afterwards does not reach it. A function of the package's own is itself. What numba has compiled
    already is taken as it was written, since its machine code may hold values that are no longer so. A list or dict,
    which no compiled rule can read, stays the caller's.
    """
    return _Freezer().value(function)


class _Hasher:
    """Digests of values, each once, whatever it is part of."""

    def __init__(self) -> None:
        self._made: dict[Any, bytes] = {}
        self._held: list[Any] = []
        self._trail: list[Any] = []

    def of(self, value: Any, what: str, asked: frozenset[str] = frozenset()) -> bytes:
        """The digest of a value that the code calls ``what``."""
        value = plain(value)
        key = (id(value), asked if isinstance(value, types.ModuleType) else None)
        if key in self._made:
            return self._made[key]
        if key in self._trail:
            if isinstance(value, types.ModuleType):
                return _join("module within itself")  # two modules that name each other
            raise OpaqueError(f"{what} holds itself; give numbers, tuples of them, or numpy arrays")
        self._trail.append(key)
        self._held.append(value)
        made = self._made[key] = self._digest(value, what, asked)
        self._trail.pop()
        return made

    def _digest(self, value: Any, what: str, asked: frozenset[str]) -> bytes:
        kind = type(value)
        simple = _simple(value)
        if simple is not None:
            return simple
        if isinstance(value, enum.Enum):
            return _join("member", kind.__qualname__.encode(), value.name.encode(), self.of(value.value, what))
        if kind in (tuple, list):
            return _join(kind.__name__, *(self.of(part, what) for part in tuple(value)))
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return _join("named", *map(str.encode, kind._fields), *(self.of(part, what) for part in value))
        if kind in (set, frozenset):
            return _join(kind.__name__, *sorted(self.of(part, what) for part in tuple(value)))
        if kind in (dict, types.MappingProxyType):
            pairs = [part for pair in tuple(value.items()) for part in pair]
            return _join("dict", *(self.of(part, what) for part in pairs))
        if kind in (range, slice):
            parts = value.start, value.stop, value.step
            return _join(kind.__name__, *(self.of(part, what) for part in parts))
        if kind is types.CodeType:
            return self._code(value)
        if isinstance(value, types.ModuleType):
            return self._module(value, what, asked)
        if kind is types.FunctionType and not is_library(value):
            return self._function(value)
        if kind is bytearray:
            return _join("bytearray", bytes(value))
        made = None if isinstance(value, type) else _of_numpy(value)
        if made is not None:
            return made
        if is_library(value):
            return _join("library", _name_of(value).encode())
        if isinstance(value, type):
            return self._class(value, what)
        raise OpaqueError(
            f"it reads {what}, of the type {kind.__name__}, whose content cannot be told; give numbers, tuples of them, "
            "numpy arrays, or plain functions"
        )

    def _module(self, module: types.ModuleType, what: str, asked: frozenset[str]) -> bytes:
        if is_library(module):
            return _join("library", module.__name__.encode())
        found = attributes(module, asked)
        parts = [x for name, value in found.items() for x in (name.encode(), self.of(value, f"{what}.{name}", asked))]
        return _join("module", *parts)

    def _class(self, kind: Any, what: str) -> bytes:
        if issubclass(kind, enum.Enum):
            members = [self.of(member, what) for member in kind.__members__.values()]
            written = [v for _, v in sorted(vars(kind).items()) if getattr(v, "__module__", None) == kind.__module__]
            return _join("enum", *members, *(self._function(v) for v in written if isinstance(v, types.FunctionType)))
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            defaults = self.of(tuple(kind._field_defaults.items()), what)
            return _join("named tuple", *map(str.encode, kind._fields), defaults)
        if issubclass(kind, BaseException):
            return _join("error", *(base.__qualname__.encode() for base in kind.__mro__))
        raise OpaqueError(f"it uses the class {what}; a rule is arithmetic on numbers, tuples and numpy arrays")

    def _function(self, function: types.FunctionType) -> bytes:
        asked = words(function.__code__)
        read = [
            x
            for name, value in sorted(named(function).items())
            for x in (name.encode(), _join("unset") if value is _NOTHING else self.of(value, name, asked))
        ]
        beside = {name: value for name, value in function.__dict__.items() if name in asked}
        return _join(
            "function", self._code(function.__code__), self.of(function.__defaults__, "a default"),
            self.of(function.__kwdefaults__, "a default"), self.of(beside, "an attribute"), *read,
        )  # fmt: skip

    def _code(self, code: types.CodeType) -> bytes:
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
        head = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _SHAPE)
        parts = [repr((head, code.co_varnames[:count], code.co_freevars)).encode(), code.co_exceptiontable]
        for one in dis.get_instructions(code):
            parts.append(one.opname.encode())
            if one.opcode in dis.hasconst:
                parts.append(self.of(one.argval, "a constant"))
            elif one.opcode in dis.hasname or one.opcode in dis.haslocal or one.opcode in dis.hasfree:
                parts.append(repr(one.argval).encode())
            else:
                parts.append(repr(one.arg).encode())
        return _join("code", *parts)


def _name_of(value: Any) -> str:
    return f"{getattr(value, '__module__', None) or 'numpy'}.{getattr(value, '__qualname__', value.__name__)}"


def _join(tag: str, *parts: bytes) -> bytes:
    """A digest of some parts: no two lists of them run into one another."""
    digest = hashlib.sha256(tag.encode() + b"\0")
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _simple(value: Any) -> bytes | None:
    """The digest of a value without parts: by type and bits, so that True, 1, 1.0 and 0.0, -0.0 are apart."""
    kind = type(value)
    if value is None or value is Ellipsis or value is NotImplemented or kind is bool:
        return _join(repr(value))
    if kind is int:
        return _join("int", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
    if kind is float:
        return _join("float", struct.pack("<d", value))
    if kind is complex:
        return _join("complex", struct.pack("<dd", value.real, value.imag))
    if kind is str:
        return _join("str", value.encode("utf-8", "surrogatepass"))
    return _join("bytes", value) if kind is bytes else None


def _of_numpy(value: Any) -> bytes | None:
    """The digest of an array, a number or a kind of number of numpy's; None if it is none, or holds objects."""
    dtype = getattr(value, "dtype", None)
    if type(value).__name__.endswith("DType") or type(value).__name__ == "dtype":
        return _join("dtype", repr(value).encode())
    if dtype is None or getattr(dtype, "hasobject", True) or dtype.kind == "T":  # texts of any length lie elsewhere
        return None
    if type(value).__name__ in ("ndarray", "memmap"):
        return _join("array", repr((dtype.descr, dtype.str, value.shape)).encode(), value.tobytes())
    if getattr(value, "shape", None) == () and hasattr(value, "tobytes"):
        return _join("scalar", type(value).__name__.encode(), repr((dtype.descr, dtype.str)).encode(), value.tobytes())
    return None


def digest(function: types.FunctionType) -> bytes:
    """A hash of all that decides what a function gives.

    Its code and that of functions within it, its defaults, and by value and type whatever it reads: numbers, text, tuples,
    lists, dicts, sets, enumerations, arrays and numbers of numpy, attributes of modules, and functions, which are hashed
    alike, compiled by numba or not. Docstrings, comments, names of files and numbers of lines do not count.

    Raises
    ------
    OpaqueError
        If it reads anything else.
    """
    try:
        return _Hasher().of(function, function.__name__)
    except RecursionError:
        raise OpaqueError("what it reads is nested too deeply; give numbers, tuples of them, or numpy arrays") from None
