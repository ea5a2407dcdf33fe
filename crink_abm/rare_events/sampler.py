"""Runs under tilted draws, and what each weighs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.compiled import CompiledEngine, Kernel
from ..engine.threads import run_slices
from ..model import outcomes
from ..model.outcomes import OUTCOMES, REGISTRY, RESULTS, Registry, failed
from ..model.overrides import checked, reads_of
from ..model.schedule import steps
from ..util.errors import InputError
from .tilt import FLOORS, JOINT, RENAMED, TILTED, settings
from .tilt import TILTS as N_TILTS

#: The tilts, and the untilted model first.
TILTS = 1 + N_TILTS

#: Runs a thread takes at a time.
SLICE = 4096

_OPTIONS = {"taiwan": ("blockade", "invasion"), "korea": ("attack", "war")}

_LEADERS = {"taiwan": "xi_type", "korea": "kim_type"}

_ALL = (*_OPTIONS["taiwan"], *_OPTIONS["korea"])

#: Expected outbreaks over the horizon that a tilt sees to, and the share of decisions that it makes wanted ones: of the
#: three that aim at the event, and of the two that aim at force of every kind in both theatres.
_ONSETS, _FORCES = (0.5, 1.0, 2.0, 1.0, 2.0), (0.03, 0.12, 0.4, 0.1, 0.4)
#: The share of the draws of leaders' types that each tilt puts into the tail of those who prefer force.
_TYPES = (0.5, 0.6, 0.6, 0.3, 0.6)

#: Rules that may not be replaced here -> what may be instead: the tilt steers their draws by the odds that others state.
_STEERED = {
    "xi.episode": "china.crisis_prob", "xi.choose": "xi.option_probs", "kim.episode": "north_korea.crisis_prob",
    "kim.choose": "kim.option_probs",
}  # fmt: skip

#: What tells whether nuclear use was drawn: where a replaced rule asks for it, use cannot be integrated out.
_USED = {"nuclear_now", "nuclear_used", "first_nuclear", "highest_rung", "residual_nuclear"}

_engine = CompiledEngine(TILTED)


def compiled(rules: Mapping[str, Callable[..., Any]] | None = None) -> Kernel:
    """The kernel of the tilted model, compiled once a process (and once a machine, unless ``rules`` replaces some)."""
    return _engine.kernel(checked(rules))  # a rule asks for names of the model, not of the tilt


def steerable(rules: Mapping[str, Callable[..., Any]]) -> None:
    """Refuse replaced rules whose draws cannot be tilted.

    Raises
    ------
    InputError
        If a rule draws with odds that no other rule states, or asks for a draw that is tilted.
    """
    told = {step.name: step for step in steps()}
    draws = {draw: rule for rule, names in reversed(RENAMED.items()) for draw in names}
    for name, function in rules.items():
        if name in _STEERED:
            raise InputError(
                f"rule {name} cannot be replaced in a search for rare events, which steers its draw by the odds that "
                f"{_STEERED[name]} states; replace {_STEERED[name]} instead"
            )
        for asked in reads_of(told[name], function):
            if asked in draws and asked not in RENAMED.get(name, {}):
                raise InputError(
                    f"rule {name} asks for {asked}, the draw of {draws[asked]}, which a search for rare events tilts; ask "
                    "for another draw"
                )


def integrates(rules: Mapping[str, Callable[..., Any]] | None) -> bool:
    """Whether nuclear use can be integrated out: no replaced rule draws it or asks whether it came."""
    told = {step.name: step for step in steps()}
    return not any(
        name == "world.nuclear_rung" or _USED & set(reads_of(told[name], f)) for name, f in (rules or {}).items()
    )


def floors(outcome: str, tilt: int, n_months: int, registry: Registry = REGISTRY) -> dict[str, float]:
    """What one tilt towards an outcome raises, and how high; nothing for tilt 0, the model as it is."""
    if tilt == 0:
        return dict.fromkeys(FLOORS, 0.0)
    aimed = (registry.options(outcome) or _ALL) if tilt <= JOINT else _ALL
    found = dict.fromkeys(FLOORS, 0.0)
    for theatre, options in _OPTIONS.items():
        wanted = [option for option in options if option in aimed]
        found[theatre] = _ONSETS[tilt - 1] / n_months if wanted else 0.0
        found |= {option: _FORCES[tilt - 1] / len(wanted) for option in wanted}
        found[_LEADERS[theatre]] = _TYPES[tilt - 1] if wanted else 0.0
    return found


def tilted_calendar(
    calendar: np.ndarray,
    outcome: str,
    tilt: int,
    shares: Sequence[float] = (1.0 / TILTS,) * TILTS,
    integrate: bool = True,
    registry: Registry = REGISTRY,
) -> np.ndarray:
    """A calendar with the settings of one tilt (0: the model as it is) towards an outcome."""
    drawn = {} if integrate else {name for name, one in registry.by_name.items() if one.chance}
    waited = [f"{'drawn' if name in drawn else 'want'}_{name}" for name in registry.dated(outcome)]
    two = registry.by_name[outcome].both_theatres
    told = {"tilt_near": 6.0 if two else 1.0, "tilt_pause": float(two), "joint_own": float(tilt <= JOINT)}
    told |= {f"share_{k}": share for k, share in enumerate(shares)} | dict.fromkeys(waited, 1.0)
    for k in range(1, TILTS):
        told |= {f"{name}_{k}": floor for name, floor in floors(outcome, k, len(calendar), registry).items()}
    told |= {f"{name}_own": floor for name, floor in floors(outcome, tilt, len(calendar), registry).items()}
    row = [float(told.get(name, 0.0)) for name in settings(registry)]
    return np.ascontiguousarray(np.hstack([calendar, np.tile(row, (len(calendar), 1))]))


def scores(
    calendar: np.ndarray,
    worlds: np.ndarray,
    outcome: str,
    n: int,
    *,
    seed: int,
    tilt: int,
    first_run: int,
    rules: Mapping[str, Callable[..., Any]] | None = None,
    threads: int | None = None,
) -> tuple[np.ndarray, int]:
    """``n`` runs under one tilt, worlds in turn: (weighed scores (n,), how many had the event).

    The mean of the scores over all tilts is unbiased.

    Raises
    ------
    InputError
        If a run failed.
    """
    kernel = compiled(rules)
    table = tilted_calendar(calendar, outcome, tilt, integrate=integrates(rules))
    of = (np.arange(n) % len(worlds)).astype(np.int64)
    found, happened = np.empty(n), np.empty(n, bool)
    column = list(OUTCOMES).index(outcome)

    def work(low: int) -> None:
        high = min(low + SLICE, n)
        out = np.empty((high - low, len(RESULTS) + 1))
        kernel.fill(table, worlds, of[low:high], seed, first_run + low, out)
        found[low:high] = out[:, -1]
        gone = failed(out)
        happened[low:high] = outcomes.months(np.where(gone[:, None], 0.0, out))[:, column] >= 0
        found[low:high][gone] = np.nan

    run_slices(work, range(0, n, SLICE), threads)
    if np.isnan(found).any():
        raise InputError(
            f"{int(np.isnan(found).sum()):,} of {n:,} runs failed (a rule raised, or gave a number that is not finite); an "
            "estimate of a rare event weighs every run, so mend the rule"
        )
    return found, int(happened.sum())
