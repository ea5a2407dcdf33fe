"""LLVM code of the kernel as numba has it, lowered to WebAssembly objects: no operation is fused or reordered."""

import re

import llvmlite.binding as llvm

_TRIPLE = "wasm32-unknown-unknown"
_LAYOUT = "e-m:e-p:32:32-p10:8:8-p20:8:8-i64:64-i128:128-n32:64-S128-ni:1:10:20"
#: Functions that numba puts around a kernel for Python and C, by how their first line begins.
_AROUND = (r"^define noundef ptr @_ZN7cpython", r"^define ptr @cfunc\.")


def _without(text: str, function: str) -> str:
    """LLVM code without a function."""
    found = re.search(function, text, re.M)
    return text if found is None else text[: found.start()] + text[text.index("\n}\n", found.start()) + 3 :]


def retargeted(text: str) -> str:
    """LLVM code of a compiled kernel, as numba has it, for WebAssembly; the kernel is called ``run_blocks``.

    Raises
    ------
    ValueError
        If it is not of the form that numba gave it when this was written.
    """
    named = re.search(r"^define [^\n]*?i32 @(\S+?run_blocks\S*?)\(ptr", text, re.M)
    if named is None:
        raise ValueError("numba's code has no kernel under the name that it used to have")
    for function in _AROUND:
        text = _without(text, function)
    text = text.replace(named[1], "run_blocks")
    text = re.sub(r"^target datalayout.*$", f'target datalayout = "{_LAYOUT}"', text, flags=re.M)
    text = re.sub(r"^target triple.*$", f'target triple = "{_TRIPLE}"', text, flags=re.M)
    text = re.sub(r"^declare double @sqrt\(double\).*$", "declare double @llvm.sqrt.f64(double)", text, flags=re.M)
    text = text.replace("@sqrt(double", "@llvm.sqrt.f64(double")
    # The count of references of what is freed: of the arrays of a call, which are all given back at its end.
    text = re.sub(r"(?:tail )?call i8 @llvm\.x86\.atomic\.sub\.cc\.i64\([^\n]*", "add i8 0, 1", text)
    text = re.sub(r"^declare i8 @llvm\.x86\.atomic.*$", "", text, flags=re.M)
    text = re.sub(r'"target-cpu"="[^"]*"|"target-features"="[^"]*"|"tune-cpu"="[^"]*"', "", text)
    text = re.sub(r"= common (?:local_unnamed_addr )?global", "= internal global", text)
    if left := sorted(set(re.findall(r"@llvm\.x86\.[\w.]+", text))):
        raise ValueError(f"numba's code asks for {left}, which only its own processor has")
    return text


def emitted(text: str) -> bytes:
    """The object of some LLVM code for WebAssembly."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_triple(_TRIPLE).create_target_machine(
        cpu="generic", features="+simd128", opt=3, reloc="static"
    )
    return machine.emit_object(module)
