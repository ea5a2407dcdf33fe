"""The proof of the claims on planted faults: which claims catch which fault, and how often a clean model gives alarm.

A claim *catches* a fault if its estimate, or that of its counter-claim, moves beyond its margin: the paired difference of the
faulty and the clean model is called above or below the margin by its interval (superiority), which is simultaneous over all
claims that are watched: a clean model gives any alarm at most once in twenty times. It is *clear* of it if both
differences are called within, else it cannot be told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...ensemble.worlds import Worlds
from ...estimation.intervals import LEVEL, over_worlds
from ...typing import FloatArray, IntArray, PathLike
from ..kept import Kept, keeping
from .evidence import interval
from .faults import Fault
from .pool import Pool
from .run import Size, part, setting_of
from .spec import ClaimFile
from .verdicts import Interval

#: The parts of a claim that are watched.
PARTS = ("estimand", "counter")
#: The size at which faults are planted, and that of each seed of the clean model.
PLANTED, CLEAN = Size(worlds=100, runs_per_world=20, seed=12), Size(worlds=60, runs_per_world=6)
#: Seeds of the clean model, and the times that they are split.
SEEDS, SPLITS = range(1000, 1024), 200


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of claims in one model.

    Attributes
    ----------
    by_world : (claim, part) -> the estimate in each half and world
    runs : (claim, part) -> runs of an arm, where it is a probability
    number : claim -> which of the different worlds each is
    """

    by_world: Mapping[tuple[str, str], FloatArray]
    runs: Mapping[tuple[str, str], float]
    number: Mapping[str, IntArray]


def estimates(
    files: Sequence[ClaimFile], size: Size, fault: Fault | None = None, *, kept: Kept | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Estimates:  # fmt: skip
    """The estimates of claims and counter-claims, in the clean model or in a faulty one."""
    pool, made, plan, number = Pool(size.runs_per_world or files[0].ask.runs_per_world), dict[str, Worlds](), {}, {}
    for file in files:
        setting = setting_of(file, size, made)
        changes: dict[str, Any] = fault.changes(setting.worlds) if fault else {}
        for name in PARTS:
            plan[file.id, name] = part(
                pool, file, setting, getattr(file.claim, name), changes, fault.rules if fault else None
            )
        number[file.id] = setting.worlds.number
    pool.run(kept, progress)
    return Estimates(
        {key: one.estimate(pool) for key, one in plan.items()},
        {key: one.runs(pool) for key, one in plan.items()},
        number,
    )


def moved(files: Sequence[ClaimFile], clean: Estimates, other: Estimates) -> pd.DataFrame:
    """How far each claim's estimates moved: a row a claim and part, with the call against the margin."""
    rows = []
    for file in files:
        for name in PARTS:
            key, margin = (file.id, name), getattr(file.claim, name).margin
            runs = min(clean.runs[key], other.runs[key])
            number = clean.number[file.id]
            one = _wider(
                interval(other.by_world[key] - clean.by_world[key], number, runs=runs), number, len(PARTS) * len(files)
            )
            rows.append((file.id, name, one.mean, one.low, one.high, margin, one.called(margin)))
    return pd.DataFrame(rows, columns=["claim", "part", "moved", "low", "high", "margin", "called"])


def _wider(one: Interval, number: IntArray, family: int) -> Interval:
    """An interval that holds together with the others of its family (Bonferroni), from one that holds alone."""
    times = over_worlds(len(np.unique(number)), 1.0 - (1.0 - LEVEL) / family) / over_worlds(len(np.unique(number)))
    return Interval(one.mean, one.mean - times * (one.mean - one.low), one.mean + times * (one.high - one.mean))


def caught(table: pd.DataFrame) -> dict[str, str]:
    """Claim -> ``caught``, ``clear`` or ``open``."""
    found = {}
    for claim, called in table.groupby("claim")["called"]:
        calls = set(called)
        found[str(claim)] = "caught" if calls & {"above", "below"} else ("clear" if calls <= {"within"} else "open")
    return found


def confusion(
    files: Sequence[ClaimFile], faults: Sequence[Fault], size: Size, *, kept: Kept | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Every fault against every claim.

    Returns
    -------
    DataFrame, a row a fault and claim: fault, kind, claim, touched (by the registry), found (caught, clear or open), and the
    larger move of its two parts in margins
    """
    clean, rows = estimates(files, size, kept=kept), []
    for done, fault in enumerate(faults):
        table = moved(files, clean, estimates(files, size, fault, kept=kept))
        found, most = caught(table), (table["moved"].abs() / table["margin"]).groupby(table["claim"]).max()
        rows += [
            (fault.name, fault.kind, file.id, file.id in fault.touches, found[file.id], most[file.id]) for file in files
        ]
        if progress:
            progress(done + 1, len(faults))
    return pd.DataFrame(rows, columns=["fault", "kind", "claim", "touched", "found", "margins"])


@dataclass(frozen=True, eq=False)
class Zoo:
    """What became of planted faults, and of the clean model against itself.

    Attributes
    ----------
    confusion : a row a fault and claim; see :func:`confusion`
    alarms : a row a split of the clean model's seeds and claim; see :func:`false_alarms`
    faults : the faults
    """

    confusion: pd.DataFrame
    alarms: pd.DataFrame
    faults: tuple[Fault, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {"confusion": self.confusion, "alarms": self.alarms}


def study(
    files: Sequence[ClaimFile], faults: Sequence[Fault], *, out: PathLike | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Zoo:  # fmt: skip
    """The whole proof at its default size; ``out`` is the folder for tables, where a proof that was killed is taken up."""
    total = len(faults) + len(SEEDS)

    def shown(before: int) -> Callable[[int, int], object]:
        return lambda done, _: progress(before + done, total) if progress else None

    with keeping(out, "claims") as kept:
        alarms = false_alarms(files, CLEAN, seeds=SEEDS, splits=SPLITS, kept=kept, progress=shown(0))
        found = Zoo(confusion(files, faults, PLANTED, kept=kept, progress=shown(len(SEEDS))), alarms, tuple(faults))
        if kept:
            kept.finish(**found.tables)
    return found


def false_alarms(
    files: Sequence[ClaimFile], size: Size, *, seeds: Sequence[int], splits: int, seed: int = 0, kept: Kept | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """How often the clean model gives alarm against itself: runs of many seeds, split at random into two halves again and again.

    Parameters
    ----------
    files, size : claims, and the size of each seed's runs
    seeds : seeds that are run; an even number
    splits : times that the seeds are split into two sets of equal size, one of which stands for a faulty model
    seed : of the splits

    Returns
    -------
    DataFrame, a row a split and claim: alarm (whether the claim caught a fault that is not there)
    """
    blocks = []
    for done, one in enumerate(seeds):
        blocks.append(estimates(files, Size(size.worlds, size.runs_per_world, size.months, one), kept=kept))
        if progress:
            progress(done + 1, len(seeds))
    stacked = {key: np.stack([block.by_world[key] for block in blocks]) for key in blocks[0].by_world}
    runs = {key: sum(block.runs[key] for block in blocks) / 2.0 for key in blocks[0].runs}
    dice, rows = np.random.default_rng(seed), []
    for split in range(splits):
        order = dice.permutation(len(seeds))
        here, there = (
            Estimates({key: value[among].mean(0) for key, value in stacked.items()}, runs, blocks[0].number)
            for among in (order[: len(order) // 2], order[len(order) // 2 :])
        )
        found = caught(moved(files, here, there))
        rows += [(split, claim, said == "caught") for claim, said in found.items()]
    return pd.DataFrame(rows, columns=["split", "claim", "alarm"])
