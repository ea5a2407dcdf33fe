"""WebAssembly modules from objects: the linker is the one in the ``ziglang`` wheel (extra ``page``)."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...util.errors import InputError

#: The processor that numba is told of: vectors of two doubles, no fused operations.
PROCESSOR = {"NUMBA_CPU_NAME": "x86-64-v2", "NUMBA_CPU_FEATURES": "+sse2,+sse4.1,+sse4.2"}

_SHIM = Path(__file__).with_name("shim.c")
_EXPORTS = ("run", "alloc", "mark", "release")


def can_link() -> bool:
    """Whether the linker is there."""
    return importlib.util.find_spec("ziglang") is not None


def _done(command: list[str], what: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> None:
    run = subprocess.run(
        [sys.executable, "-P", *command], input=given, capture_output=True, env={**os.environ, **(more or {})}
    )
    if run.returncode:
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{what} failed: {said[-1] if said else f'status {run.returncode}'}")


def linked(rules: Mapping[str, Callable[..., Any]] | None = None) -> bytes:
    """The kernel as a WebAssembly module, with functions in place of some rules if they are given; a minute's work.

    Raises
    ------
    InputError
        If the linker is missing.
    RuntimeError
        If the kernel cannot be lowered or linked.
    """
    if not can_link():
        raise InputError(
            "to make a WebAssembly module of other rules takes a linker, which is not installed; pip install 'crink_abm[page]'"
        )
    import cloudpickle

    given = cloudpickle.dumps(dict(rules)) if rules else b""
    with tempfile.TemporaryDirectory(prefix="crink-wasm-") as folder:
        place = Path(folder)
        root = str(Path(__file__).parents[3])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        _done(
            ["-m", f"{__package__}.emit", str(place / "kernel.o")], "lowering the kernel to WebAssembly", given,
            {**PROCESSOR, "PYTHONPATH": path},
        )  # fmt: skip
        zig = {"ZIG_GLOBAL_CACHE_DIR": str(place / "zig"), "ZIG_LOCAL_CACHE_DIR": str(place / "zig")}
        shim = [
            "cc",
            "-target",
            "wasm32-freestanding",
            "-O2",
            "-fno-builtin",
            "-c",
            str(_SHIM),
            "-o",
            str(place / "shim.o"),
        ]
        _done(["-m", "ziglang", *shim], "compiling shim.c", more=zig)
        link = ["wasm-ld", "--no-entry", "--gc-sections", "--strip-debug", "-z", "stack-size=262144"]
        link += [f"--export={name}" for name in _EXPORTS]
        link += [str(place / "shim.o"), str(place / "kernel.o"), "-o", str(place / "engine.wasm")]
        _done(["-m", "ziglang", *link], "linking the WebAssembly module", more=zig)
        return (place / "engine.wasm").read_bytes()
