"""A hash of the source that decides a run: stored results and compiled code are keyed by it."""

import hashlib
from functools import cache
from pathlib import Path

#: Modules (and packages) whose text can change a trajectory.
DECIDING = (
    "codes.py", "numerics.py", "draws.py", "levers.py", "state.py", "transition.py", "kernel.py", "compiler.py",
    "parameters", "rules",
)  # fmt: skip


@cache
def rules_hash() -> str:
    """Sixteen hex digits that change whenever a rule, a parameter or the order of a month does."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for name in DECIDING:
        place = root / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
