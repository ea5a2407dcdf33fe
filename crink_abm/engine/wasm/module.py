"""The WebAssembly module of the package's own rules, and of others: bytes that say themselves what they are.

A module carries a section of its own, ``crink``: JSON with the hash of the kernel that it was made of, the rules that stand in
place of the model's, and the shapes that a caller needs. ``python -m crink_abm.engine.wasm.module`` makes the package's anew.
"""

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...model.keys import kernel_hash
from ...model.overrides import checked
from ...model.spec import MODEL
from .link import can_link, linked

NAME = "engine.wasm"
_SECTION = b"crink"
_HEAD = b"\0asm\x01\0\0\0"


def _number(value: int) -> bytes:
    """A whole number as WebAssembly writes it (LEB128)."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends)."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def said(data: bytes) -> dict[str, Any]:
    """What a module says of itself; {} if it says nothing.

    Raises
    ------
    ValueError
        If it is no WebAssembly module.
    """
    if data[:8] != _HEAD:
        raise ValueError("no WebAssembly module")
    at = len(_HEAD)
    while at < len(data):
        kind = data[at]
        size, at = _read_number(data, at + 1)
        length, start = _read_number(data, at)
        if kind == 0 and data[start : start + length] == _SECTION:
            return json.loads(data[start + length : at + size])
        at += size
    return {}


def labelled(data: bytes, rules: Mapping[str, Callable[..., Any]] | None = None) -> bytes:
    """A module with what it is made of written into it."""
    label = {
        "kernel_hash": kernel_hash(), "rules": sorted(rules or {}), "columns": len(MODEL.columns),
        "parameters": len(MODEL.parameters), "results": len(MODEL.results), "fields": len(MODEL.fields),
    }  # fmt: skip
    text = json.dumps(label, sort_keys=True).encode()
    body = _number(len(_SECTION)) + _SECTION + text
    return data + b"\0" + _number(len(body)) + body


def made(rules: Mapping[str, Callable[..., Any]] | None = None) -> bytes:
    """A module of the rules as they are now, with functions in place of some if they are given; a minute's work.

    Raises
    ------
    InputError
        If the rules cannot be taken, or the linker is missing (extra ``page``).
    """
    given = checked(rules, MODEL) if rules else None
    return labelled(linked(given), given)


def shipped() -> bytes:
    """The package's module, whatever rules it was made of."""
    return (files("crink_abm") / "data" / NAME).read_bytes()


def is_current() -> bool:
    """Whether the package's module was made of the rules and the kernel as they are now."""
    try:
        return said(shipped()).get("kernel_hash") == kernel_hash()
    except (OSError, ValueError):
        return False


def module(rules: Mapping[str, Callable[..., Any]] | None = None) -> bytes:
    """The engine as a WebAssembly module: the package's, where it is of today's rules; else one made now.

    Raises
    ------
    InputError
        As :func:`made`.
    """
    return shipped() if not rules and is_current() else made(rules)


if __name__ == "__main__":
    if can_link():
        (Path(__file__).parents[2] / "data" / NAME).write_bytes(made())
    else:
        raise SystemExit("pip install 'crink_abm[page]' first: the linker is missing")
