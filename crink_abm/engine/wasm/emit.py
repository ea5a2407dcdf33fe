"""``python -m crink_abm.engine.wasm.emit OBJECT`` compiles the kernel and writes it as a WebAssembly object.

Rules pickled on standard input stand in place of the model's. It is a process of its own because numba knows one processor a
process, and here it is told of one with vectors of 128 bits, as WebAssembly has them.
"""

import sys
from dataclasses import replace
from pathlib import Path

import cloudpickle

from ...model.spec import MODEL
from ..compiler import compile_kernel
from .lower import emitted, retargeted


def main() -> None:
    """Compile, lower, write."""
    given = sys.stdin.buffer.read()
    kernel = compile_kernel(replace(MODEL, keeps_code=False), cloudpickle.loads(given) if given else None)
    (code,) = kernel.inspect_llvm().values()
    Path(sys.argv[1]).write_bytes(emitted(retargeted(code)))


if __name__ == "__main__":
    main()
