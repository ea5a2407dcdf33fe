"""How often the intervals of a sweep hold the truth: a table for docs/coverage.md, worked out through the sweep's own counting.

``python tests/held_truth.py`` writes the page (some minutes). Truths come from runs under another seed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from crink_abm import batch, levers, outcomes, worlds
from crink_abm.api import ensemble
from crink_abm.kernel import RESULTS
from crink_abm.tally import Tally

MOVED = {"usfk_posture": 0.9, "sanctions_intensity": 0.9, "trilateral_coordination": 0.2}
KINDS = {"prob": ("low", "high"), "diff": ("diff_low", "diff_high")}
OVER_WORLDS = {"prob": ("worlds_low", "worlds_high"), "diff": ("diff_worlds_low", "diff_worlds_high")}
GROUPS = {
    "common": ("taiwan_failure", "korea_failure", "any_failure", "taiwan_blockade", "korea_attack"),
    "rare": ("taiwan_invasion", "korea_war", "two_front", "russian_join"),
    "hardly seen": ("nuclear_use",),
    "conditional": ("korea_within_12_of_taiwan", "taiwan_within_12_of_korea", "korea_within_12_of_invasion"),
}


@dataclass(frozen=True)
class Setting:
    """A set of worlds in which runs are sampled."""

    name: str
    worlds: worlds.Worlds
    months: int


def settings() -> dict[str, Setting]:
    """One world, one where nuclear use is hardly seen, twenty, and the calibrated ensemble."""
    made = (
        Setting("one world", worlds.defaults(), 60),
        Setting("one world, nuclear use at a tenth", worlds.defaults({"nuclear_rate": 0.0005}), 60),
        Setting("twenty worlds", worlds.prior(324, seed=3).first(20), 60),
        Setting("calibrated ensemble", ensemble("calibrated"), 120),
    )
    return {setting.name: setting for setting in made}


def pool(setting: Setting, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same ``n`` runs today and under the moved policy."""
    return tuple(
        batch.run_many(
            levers.calendar(policy, setting.months), setting.worlds.values, n, seed=seed,
            world_of=setting.worlds.of_runs(0, n),
        )
        for policy in ({}, MOVED)
    )  # fmt: skip


def estimates(setting: Setting, samples: list[tuple[np.ndarray, np.ndarray]], interval="best") -> pd.DataFrame:
    """The estimates of the moved policy in each sample of (base, moved) runs, ``point`` the number of the sample."""
    tally = Tally(setting.worlds, setting.months, -1, [len(base) for base, _ in samples])
    for number, (base, moved) in enumerate(samples):
        tally.add(number, 0, moved, outcomes.observed(base))
        tally.close(number)
    points = pd.DataFrame({"point": range(len(samples)), "family": "sample"})
    return tally.estimates(points, interval)


def sampled(setting: Setting, runs, n: int, most: int) -> pd.DataFrame:
    """The estimates of consecutive samples of ``n`` runs of a pool."""
    count = min(most, len(runs[0]) // n)
    cut = [slice(k * n, (k + 1) * n) for k in range(count)]
    return estimates(setting, [(runs[0][s], runs[1][s]) for s in cut])


def truths(setting: Setting, n: int, seed: int) -> pd.DataFrame:
    """What the moved policy's estimates are of, by outcome: from ``n`` runs of another seed."""
    return estimates(setting, [pool(setting, n, seed)]).set_index("outcome")[["prob", "diff"]]


def covered(table: pd.DataFrame, truth: pd.DataFrame, ends=KINDS) -> pd.DataFrame:
    """How often the intervals hold the truth: a row an outcome and quantity, with ``held`` of ``n`` samples."""
    rows = []
    for outcome, mine in table.groupby("outcome", sort=False):
        for kind, (low, high) in ends.items():
            true = truth.loc[outcome, kind]
            known = mine[low].notna()
            if np.isfinite(true) and known.any():
                held = ((mine[low] <= true) & (true <= mine[high]))[known].sum()
                rows.append((outcome, kind, true, int(held), int(known.sum())))
    return pd.DataFrame(rows, columns=["outcome", "quantity", "truth", "held", "n"])


def too_seldom(held, n, level=0.95, sure=1e-3):
    """Whether so many of ``n`` intervals at the level is fewer than chance allows, one-sided."""
    held, n = np.asarray(held, float), np.asarray(n, float)
    return np.where(held < n, betaincinv(held + 1.0, n - np.minimum(held, n - 1e-9), 1.0 - sure), 1.0) < level


def worlds_pool(n_worlds=2_000, runs=400, seed=77):
    """Runs of many prior worlds, by world: arrays (n_worlds, runs, n_results) today and moved."""
    drawn = worlds.prior(n_worlds, seed=seed)
    setting = Setting("prior", drawn, levers.MONTHS)
    made = (
        results.reshape(runs, n_worlds, len(RESULTS)).swapaxes(0, 1) for results in pool(setting, n_worlds * runs, 5)
    )
    return drawn, *made


def truths_over_worlds(drawn, base, moved) -> pd.DataFrame:
    """The mean over all worlds of the pool."""
    n_worlds, runs = base.shape[:2]
    flat = [x.swapaxes(0, 1).reshape(n_worlds * runs, -1) for x in (base, moved)]
    return truths_of(Setting("prior", drawn, levers.MONTHS), flat)


def truths_of(setting, runs):
    """Plain shares of a whole pool, by outcome."""
    return estimates(setting, [runs], "clopper-pearson").set_index("outcome")[["prob", "diff"]]


def sampled_worlds(rng, drawn, base, moved, sizes, count: int) -> pd.DataFrame:
    """The estimates of samples of worlds, with ``sizes[k]`` runs in world k: worlds and runs are drawn afresh."""
    made = []
    for number in range(count):
        chosen = rng.integers(0, len(drawn), len(sizes))
        held = worlds.Worlds(np.ascontiguousarray(drawn.values[chosen]), "a sample", len(sizes))
        # Runs in whole rounds; a world that is done sits out, as one whose runs failed.
        order, longest = [], max(sizes)
        picks = [rng.integers(0, base.shape[1], longest) for _ in sizes]
        runs = [np.full((longest * len(sizes), base.shape[2]), np.nan) for _ in range(2)]
        for turn in range(longest):
            for place, (world, size) in enumerate(zip(held.of_runs(0, len(sizes)), sizes, strict=True)):
                if turn < size:
                    at = turn * len(sizes) + place
                    order.append(at)
                    for out, source in zip(runs, (base, moved), strict=True):
                        out[at] = source[chosen[world], picks[world][turn]]
        kept = np.zeros(len(runs[0]), bool)
        kept[order] = True
        tally = Tally(held, levers.MONTHS, -1, [len(kept)])
        tally.add(0, 0, np.nan_to_num(runs[1]), outcomes.observed(np.nan_to_num(runs[0])), kept)
        tally.close(0)
        made.append(tally.estimates(pd.DataFrame({"point": [0], "family": ["sample"]})).assign(point=number))
    return pd.concat(made, ignore_index=True)
