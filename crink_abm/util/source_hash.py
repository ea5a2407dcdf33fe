"""Hashes of the package's own source: stored results, compiled code and screened worlds are keyed by them."""

import hashlib
from functools import cache
from pathlib import Path

#: Modules (and packages) whose text can change a trajectory.
DECIDING = (
    "model/enums.py", "model/numerics.py", "model/draws.py", "model/levers.py", "model/fields.py", "model/schedule.py",
    "model/parameters", "model/rules",
)  # fmt: skip

#: Modules that decide, besides, what machine code there is.
COMPILING = (
    "model/outcomes.py", "model/spec.py",
    "engine/memory.py", "engine/gather.py", "engine/codegen.py", "engine/compiler.py", "rare_events/tilt.py",
)  # fmt: skip

#: Modules that decide, besides the rules, which worlds a screen leaves.
SCREENING = (
    "ensemble/worlds.py", "ensemble/screening.py", "ensemble/elicited.py", "model/outcomes.py", "estimation/intervals.py",
)  # fmt: skip

#: Modules that decide, besides the rules and the machine code, an estimate of a rare event.
ESTIMATING = (
    "rare_events/estimator.py", "rare_events/sampler.py", "estimation/intervals.py", "engine/compiled.py",
)  # fmt: skip


def _hash(names: tuple[str, ...]) -> str:
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for name in names:
        place = root / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def rules_hash() -> str:
    """Sixteen hex digits that change whenever a rule, a parameter or the order of a month does."""
    return _hash(DECIDING)


@cache
def kernel_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or the engine that runs them."""
    return _hash(DECIDING + COMPILING)


@cache
def worlds_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or how worlds are drawn and screened."""
    return _hash(DECIDING + SCREENING)


@cache
def rare_hash() -> str:
    """Sixteen hex digits that change whenever the kernel does, or how a rare event is estimated."""
    return _hash(DECIDING + COMPILING + ESTIMATING)
