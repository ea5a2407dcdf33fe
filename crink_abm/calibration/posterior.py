"""Calibration: importance sampling from the prior with a synthetic likelihood, on all targets and bands jointly.

Why this and not a sequential or emulated method: the engine makes tens of thousands of histories a second, and the
record leaves a few per cent of the prior's volume, so plain draws from the prior give an effective sample of a
thousand in minutes; they need no tuning, no tolerance and no surrogate, their weights are checkable one by one, and
the same bank of draws serves the simulation-based calibration and any other target.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..ensemble import calibrated
from ..ensemble.elicited import BANDS
from ..estimation import resampling
from ..estimation.resampling import normalised, resampled
from ..model.keys import rules_hash
from ..model.parameters import CATALOGUE
from ..record.tables import Record
from ..version import __version__, library_versions
from . import contraction, likelihood
from . import reference_table as banks
from .reference_table import Bank, Plan
from .targets import Targets, targets

#: Equally weighted worlds in the frozen ensemble, repeats counted.
SIZE = 1000


def log_weights(bank: Bank, seen: Targets, without: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Log weight of each world by block: the record's blocks, then the elicited bands; some may be left out."""
    found = likelihood.blocks(bank.summaries, seen) | banks.band_blocks(bank.bands)
    return {name: block for name, block in found.items() if name not in without}


@dataclass(frozen=True)
class Calibration:
    """A fitted ensemble.

    Attributes
    ----------
    plan, bank, seen : what it rests on
    weights : of the bank's worlds, summing to 1
    copies : how often each counts in the frozen ensemble
    """

    plan: Plan
    bank: Bank
    seen: Targets
    blocks: dict[str, np.ndarray]
    weights: np.ndarray
    copies: np.ndarray

    @property
    def effective(self) -> float:
        """Effective sample size of the weighted draws."""
        return resampling.effective_size(self.weights)

    @property
    def volume_left(self) -> float:
        """Share of the prior's volume left: effective draws over draws; a lower bound, since noise of weights counts too."""
        return self.effective / self.plan.draws

    def funnel(self) -> pd.DataFrame:
        """Effective draws after each block in turn, and of each alone, among the worlds looked at last."""
        rows: list[dict[str, Any]] = []
        total: np.ndarray | float = 0.0
        for name, block in self.blocks.items():
            total = total + block
            rows.append(
                {"block": name, "effective_alone": resampling.effective_size(normalised(block)),
                 "effective_so_far": resampling.effective_size(normalised(total))}
            )  # fmt: skip
        return pd.DataFrame(rows)

    def moved(self) -> pd.DataFrame:
        """Which parameters the data moved (see :func:`contraction.moved`)."""
        return contraction.moved(self.bank.worlds.values, self.weights, self.plan.seed)

    def switches(self) -> pd.DataFrame:
        """What the data said of the structural switches."""
        return contraction.switches(self.bank.worlds.values, self.weights, self.plan.seed)

    def manifest(self) -> dict[str, Any]:
        """Provenance: everything needed to make the ensemble again, and how it came out."""
        record_only = normalised(
            sum(block for name, block in self.blocks.items() if name not in {b.name for b in BANDS})
        )
        bands = [
            {"band": band.name, "low": round(band.low, 4), "high": round(band.high, 4), "source": band.source,
             "share_passing": float((record_only * np.exp(self.blocks[band.name])).sum())}
            for band in BANDS
        ]  # fmt: skip
        unique = int((self.copies > 0).sum())
        return {
            "rules_hash": rules_hash(),
            "seed": self.plan.seed,
            "draws": self.plan.draws,
            "plan": asdict(self.plan),
            "targets": self.seen.table(),
            "effective_sample_size": round(self.effective, 1),
            "share_of_prior_volume_left": self.volume_left,
            "largest_weight": float(self.weights.max()),
            "n_worlds": int(self.copies.sum()),
            "n_unique": unique,
            "spread_by_copies": float(np.sqrt(self.copies.sum() * (self.copies**2.0).sum()) / self.copies.sum()),
            "screen": {"drawn": self.plan.draws, "kept": unique, "share_kept": self.volume_left, "bands": bands},
            "package": __version__,
            "libraries": library_versions(),
            "command": f"crink-abm calibrate --draws {self.plan.draws} --seed {self.plan.seed} --freeze",
        }

    def freeze(self, folder: Path) -> None:
        """Write the ensemble and its manifest (see :mod:`calibrated`)."""
        rows = np.flatnonzero(self.copies)
        calibrated.freeze(folder, self.bank.worlds.values[rows], self.copies[rows], self.manifest())

    def sample(self) -> np.ndarray:
        """Parameter values of the frozen ensemble, repeats and all: array (SIZE, n_parameters)."""
        return np.repeat(self.bank.worlds.values, self.copies, axis=0).reshape(-1, len(CATALOGUE))


def calibrate(
    record: Record,
    plan: Plan | None = None,
    progress: Callable[[str, float], object] | None = None,
    *,
    size: int = SIZE,
    threads: int | None = None,
) -> Calibration:
    """Weigh a bank of prior draws by the record and the elicited bands, and resample the ensemble.

    Deterministic: the same plan, rules and record give the same bytes. Kill it, and the same command continues.
    """
    plan = plan or Plan()
    bank = banks.make(plan, record, progress, threads)
    seen = targets(record)
    blocks = log_weights(bank, seen)
    weights = normalised(sum(blocks.values()))
    return Calibration(plan, bank, seen, blocks, weights, resampled(weights, size, plan.seed))
