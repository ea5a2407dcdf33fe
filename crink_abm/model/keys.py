"""Hashes of what the source means (:mod:`crink_abm.util.source_hash`): of the rules, and of all that is kept and made by them."""

import hashlib
from enum import IntEnum
from functools import cache
from typing import Any

from ..util.source_hash import source
from .fields import FIELDS
from .levers import DRIVERS, LEVERS
from .parameters import CATALOGUE, SWITCHES
from .schedule import MONTH

#: Modules (and packages) that can change a trajectory.
DECIDING = ("enums", "scalars", "numerics", "draws", "levers", "fields", "schedule", "parameters", "rules")

#: Modules that decide, besides, what machine code there is.
COMPILING = ("spec", "outcomes", "memory", "gather", "codegen", "compiler", "tilt")

#: Modules that decide, besides, which runs are made of it, and what came of them.
RUNNING = ("compiled", "engines", "threads", "intervals")

#: Modules that decide, besides all these, which worlds there are.
SCREENING = (
    *COMPILING, *RUNNING, "worlds", "elicited", "screening", "structures", "csv_cells", "from_file", "build", "calibrated",
)  # fmt: skip

#: Modules that decide, besides the rules, an estimate of a rare event.
ESTIMATING = (*COMPILING, *RUNNING, "sampler", "estimator")

#: Modules that decide, besides the rules, what an analysis keeps: all of them, so that a piece is never another edition's.
ANSWERING = (*COMPILING, "compiled", "engines", "threads", "control_variates", "measures", "analysis")

#: Modules that decide, besides the rules, a bank of worlds and their histories.
BANKING = (
    *COMPILING, *RUNNING, "worlds", "elicited", "screening", "record", "testing", "history", "observation", "targets",
    "summaries", "likelihood", "reference_table",
)  # fmt: skip


def tables() -> dict[str, list[Any]]:
    """The values of the model's tables, text for people left out, as plain lists of text and whole numbers."""
    return {
        "levers": [[name, lever.name, _exact(lever.today)] for name, lever in LEVERS.items()],
        "drivers": [[name, _exact(default)] for name, (default, _) in DRIVERS.items()],
        "parameters": [
            [
                name,
                p.name,
                *map(_exact, (p.default, p.low, p.high)),
                p.unit,
                int(p.log),
                _levels(p.switch),
                list(map(int, p.by_name)),
            ]
            for name, p in CATALOGUE.items()
        ],
        "switches": [p.name for p in SWITCHES],
        "fields": [
            [f.name, int(f.owner), f.unit, f.initial if f.initial is None else _exact(f.initial)] for f in FIELDS
        ],
        "month": [
            [int(phase.code), [[int(s.actor), s.name, list(s.writes), s.when] for s in phase.steps]] for phase in MONTH
        ],
    }


def _exact(value: float | str) -> str:
    """A number without loss, the same in every Python; a name as it is."""
    return value if isinstance(value, str) else float(value).hex()


def _levels(switch: type[IntEnum] | None) -> list[list[Any]] | None:
    return None if switch is None else [[level.name, int(level)] for level in switch]


def _hash(names: tuple[str, ...]) -> str:
    said = f"{source(dict.fromkeys(names))}\n== tables\n{tables()!a}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


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
    """Sixteen hex digits that change whenever the rules do, or how worlds are drawn, run, screened and crossed."""
    return _hash(DECIDING + SCREENING)


@cache
def rare_hash() -> str:
    """Sixteen hex digits that change whenever the kernel does, or how a rare event is estimated."""
    return _hash(DECIDING + ESTIMATING)


@cache
def bank_hash() -> str:
    """Sixteen hex digits that change whenever the rules do, or how the calibration's worlds are drawn and summarised."""
    return _hash(DECIDING + BANKING)


@cache
def answers_hash() -> str:
    """Sixteen hex digits that change whenever the kernel does, or any analysis."""
    return _hash(DECIDING + ANSWERING)
