"""Machine code kept on disk, each piece in a file that begins with its digest.

A file is ``NAME.PROCESSOR.nbc`` in the folder of the rules, the Python and the numba it was made by. What does not match
its digest (torn by a power cut, flipped by a disk) is dropped and compiled again: it is never run. A cache that cannot be
written, or is full, costs time and nothing else.
"""

import contextlib
import hashlib
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import numba
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from ..model.keys import kernel_hash
from ..util.cache import cache_directory

#: Seconds after which a file that was being written is taken for one whose writer has died.
STALE = 600.0
#: Of a file; raised where its head or what follows it is laid out in another way.
FORMAT = 1
_HEAD = f"crink machine code {FORMAT}\n".encode()


def kernel_folder() -> Path:
    """Where the machine code of these rules, this Python and this numba is kept."""
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    return cache_directory() / f"{kernel_hash()}-py{version}-numba{numba.__version__}"


def _path(name: str) -> Path:
    processor = repr(cpu_target.target_context.codegen().magic_tuple())
    return kernel_folder() / f"{name}.{hashlib.sha256(processor.encode()).hexdigest()[:16]}.nbc"


def _sealed(data: bytes | memoryview, name: str) -> bytes:
    """The head of a file that holds ``data``: it vouches for the data, and for whose they are."""
    said = f"{name} {kernel_hash()} {sys.version} {numba.__version__}".encode()
    return _HEAD + hashlib.sha256(said + b"\0" + bytes(data)).digest()


def _read(path: Path, name: str) -> bytes | None:
    """What a file holds; None if it is not there, whole, and as it was written."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    size = len(_HEAD) + 32
    data = memoryview(kept)[size:]
    return bytes(data) if kept[:size] == _sealed(data, name) else None


def is_kept(name: str) -> bool:
    """Whether the machine code called ``name`` is kept for this processor, whole."""
    return _read(_path(name), name) is not None


def _write(path: Path, name: str, data: bytes) -> None:
    """Keep machine code, whole or not at all; where that is not possible, nothing is kept and nothing left behind."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _tidy(path.parent)
        with temporary.open("wb") as file:
            file.write(_sealed(data, name) + data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _tidy(folder: Path) -> None:
    """Remove what writers that died have left."""
    for left in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE:
                left.unlink()


def compiled_once(dispatcher: Any, signature: Any, name: str) -> Any:
    """A function of numba's, compiled for one signature: from the machine code kept as ``name``, or anew, and then kept."""
    path, context = _path(name), dispatcher.targetctx
    context.refresh()  # as numba itself does before it loads
    data = _read(path, name)
    if data is not None:
        with contextlib.suppress(Exception), global_compiler_lock:  # whole, but not to be loaded here: it is made again
            made = CompileResult._rebuild(context, *pickle.loads(data))
            context.insert_user_function(made.entry_point, made.fndesc, [made.library])
            dispatcher.add_overload(made)
            dispatcher.disable_compile()
            return dispatcher
    dispatcher.compile(signature)
    (made,) = dispatcher.overloads.values()
    _write(path, name, dumps(made._reduce()))
    dispatcher.disable_compile()
    return dispatcher
