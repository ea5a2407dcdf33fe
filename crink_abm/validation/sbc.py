"""Simulation-based calibration: does the method find again the parameters that made synthetic records?

A world is drawn from the prior, one history of it is taken as the record, and the world's parameters are ranked among
draws from the posterior that the method makes of it. If the posterior is right, the ranks are uniform (Talts,
Betancourt, Simpson, Vehtari and Gelman 2018).

It leaves out the elicited bands, which are no data, the crises among disputes and the years with force, and the last look at
worlds again: it tests the likelihood of launches, aircraft, disputes and flow, on one look.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, chisquare

from ..calibration import likelihood, observation, summaries, targets
from ..ensemble import worlds
from ..estimation import resampling
from ..estimation.resampling import normalised
from ..model.parameters import CATALOGUE
from ..record import history
from ..record.tables import Record

#: Posterior draws that a true value is ranked among: ranks 0..POSTERIOR.
POSTERIOR = 99
BINS = 10

#: Parameters that the record can move, and one that it cannot (its ranks are uniform whatever the data).
RANKED = (
    "quiet_rate", "campaign_rate", "campaign_begin", "campaign_end", "campaign_backlog", "campaign_borders",
    "pla_persistence", "pla_sd", "korea_incident_logit", "taiwan_incident_logit", "crisis_grievance", "need_adjustment",
    "sea_cost",
)  # fmt: skip


@dataclass(frozen=True)
class Ranks:
    """Ranks of the true values: ``ranks`` (n_records, n_parameters), columns as ``RANKED``."""

    ranks: np.ndarray
    effective: np.ndarray

    def histogram(self, name: str) -> np.ndarray:
        """Counts of ranks in ``BINS`` bins."""
        column = self.ranks[:, RANKED.index(name)]
        return np.bincount(column * BINS // (POSTERIOR + 1), minlength=BINS)

    @property
    def band(self) -> tuple[float, float]:
        """Where 99 % of a bin's counts lie if ranks are uniform."""
        return tuple(binom.interval(0.99, len(self.ranks), 1.0 / BINS))

    def table(self) -> pd.DataFrame:
        """A row a parameter: bins outside their band, and the p-value of uniformity (chi-squared)."""
        low, high = self.band
        rows = []
        for name in RANKED:
            counts = self.histogram(name)
            outside = int(((counts < low) | (counts > high)).sum())
            rows.append({"parameter": name, "bins_outside": outside, "p_value": float(chisquare(counts).pvalue)})
        return pd.DataFrame(rows)

    def uniform(self) -> bool:
        """No parameter's uniformity is refused at 5 %, all taken together (Bonferroni)."""
        return bool((self.table()["p_value"] > 0.05 / len(RANKED)).all())


#: Blocks that a synthetic record has; elicited bands, crises and force are no data of its own.
_BLOCKS = (
    "launch days",
    "PLA aircraft",
    "disputes in Korea",
    "disputes over Taiwan",
    "Russian flow",
)


def independent(n: int, seed: int) -> worlds.Worlds:
    """``n`` independent draws of the prior."""
    seeds = np.random.SeedSequence(seed).generate_state(n, np.uint64)
    return worlds.Worlds(np.concatenate([worlds.prior(1, seed=int(k)).values for k in seeds]), f"prior, seed {seed}", n)


def synthetic(record: Record, n: int, seed: int) -> tuple[np.ndarray, list[targets.Targets]]:
    """(parameter values, records) of peaceful synthetic histories of prior worlds.

    The worlds are drawn independently: the strata of a Latin hypercube would make the ranks more even than chance does.
    """
    rng = np.random.default_rng(seed)
    drawn = independent(2 * n, seed)
    begun = history.at_start(drawn, record, targets.START)
    calendar = history.calendar(record, targets.START, targets.N_MONTHS)
    late = observation.series(calendar, begun.values, summaries.LATE, replicates=1, seed=seed)
    launches, aircraft, peaceful = summaries.simulated(late)
    rows = np.flatnonzero(peaceful[:, 0])[:n]
    chosen = worlds.Worlds(drawn.values[rows], "", n)
    found = summaries.summarise(chosen, record, replicates=8, seed=seed, first_world=2 * n, early=8, early_runs=1)
    seen = targets.targets(record)
    flow = likelihood.flow_simulated(found.flow, rng)
    made = []
    for k, row in enumerate(rows):
        onsets = {
            "korea": rng.poisson(found.korea_rate[k] * seen.years),
            "taiwan": rng.poisson(found.taiwan_rate[k] * seen.years),
        }
        figures = tuple((a, b, x) for (a, b, _), x in zip(seen.flow, flow[k], strict=True))
        made.append(
            targets.Targets(launches[row, 0], aircraft[row, 0], onsets, seen.n_crises, seen.force, seen.years, figures)
        )
    return chosen.values, made


def rank(
    record: Record,
    *,
    n: int = 400,
    draws: int = 16_384,
    replicates: int = 24,
    seed: int = 11,
    sharpen: float = 1.0,
    progress: Callable[[str, float], object] | None = None,
) -> Ranks:
    """Ranks over ``n`` synthetic records, by the same weights as the calibration's.

    ``sharpen`` raises the likelihood to a power: anything but 1 is a wrong posterior, and must be found out.
    """
    truth, made = synthetic(record, n, seed)
    drawn = worlds.prior(draws, seed=seed + 1)
    found = summaries.summarise(drawn, record, replicates=replicates, seed=seed + 1, early=4, early_runs=1)
    rng = np.random.default_rng(seed)
    columns = [list(CATALOGUE).index(name) for name in RANKED]
    ranks, effective = [], []
    for k, seen in enumerate(made):
        blocks = likelihood.blocks(found, seen)
        weights = normalised(sharpen * sum(blocks[name] for name in _BLOCKS))
        rows = rng.choice(draws, POSTERIOR, p=weights)
        ranks.append((drawn.values[rows][:, columns] < truth[k, columns]).sum(0))
        effective.append(resampling.effective_size(weights))
        if progress:
            progress("synthetic records", (k + 1) / n)
    return Ranks(np.array(ranks), np.array(effective))
