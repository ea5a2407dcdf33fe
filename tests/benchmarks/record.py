"""Append one measurement of every engine to ``history.json``: ``python tests/benchmarks/record.py``.

The history is a list, a record an entry, newest last. Speeds of different machines do not compare; the ratios of one
record, measured in one call, do.
"""

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HISTORY = Path(__file__).parent / "history.json"


def _cpu() -> str:
    """The processor's name, as its maker gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    """The commit measured, marked where files of it were changed."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=HISTORY.parent, capture_output=True, text=True,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def entry() -> dict:
    """One record."""
    import llvmlite
    import llvmlite.binding as llvm
    import mesa
    import numba
    import numpy

    from crink_abm import __version__
    from crink_abm.engine import threads
    from crink_abm.engine.benchmark import throughput
    from crink_abm.ensemble import calibrated
    from crink_abm.model.keys import rules_hash

    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "commit": _commit(),
        "version": __version__,
        "rules": rules_hash(),
        "cpu": _cpu(),
        "target": llvm.get_host_cpu_name(),
        "threads": threads.n_threads(),
        "python": platform.python_version(),
        "versions": {m.__name__: m.__version__ for m in (numba, llvmlite, numpy, mesa)},
        **throughput.measure(calibrated.load().first(throughput.WORLDS).values),
    }


def rounded(x):
    """Numbers to five digits, which is more than they are good for."""
    if isinstance(x, dict):
        return {key: rounded(value) for key, value in x.items()}
    if isinstance(x, list):
        return [rounded(value) for value in x]
    return float(f"{x:.5g}") if isinstance(x, float) else x


def append(record: dict, path: Path = HISTORY) -> None:
    """Add a record at the end; those before stay as they are."""
    history = json.loads(path.read_text()) if path.exists() else []
    path.write_text(json.dumps([*history, rounded(record)], indent=1) + "\n")


if __name__ == "__main__":
    append(entry())
    print(f"recorded in {HISTORY.name}", file=sys.stderr)
