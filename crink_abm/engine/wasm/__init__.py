"""The same engine as a WebAssembly module, for browsers: the compiled kernel's own LLVM code, lowered to another machine.

No equation is written a second time: :mod:`emit` takes what numba makes of :mod:`crink_abm.engine.codegen`'s text,
:mod:`lower` turns it into an object, and :mod:`link` into a module, with a few lines of C that lend it memory (``shim.c``).
The module of the package's own rules is ``crink_abm/data/engine.wasm``; :mod:`module` reads it, and makes those of others.
"""
