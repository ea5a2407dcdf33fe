"""How often the intervals of a sweep hold the truth: a table for docs/coverage.md, worked out through the sweep's own counting.

``python tests/held_truth.py`` writes the page (some minutes). Truths come from runs under another seed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from conftest import ROOT
from hot import HOT
from scipy.special import betaincinv

from crink_abm.engine import compiled
from crink_abm.ensemble import worlds
from crink_abm.ensemble.build import ensemble
from crink_abm.estimation import intervals
from crink_abm.estimation.accumulator import Accumulator
from crink_abm.model import levers, outcomes
from crink_abm.model.outcomes import RESULTS

MOVED = {"usfk_posture": 0.9, "sanctions_intensity": 0.9, "trilateral_coordination": 0.2}
KINDS = {"prob": ("low", "high"), "diff": ("diff_low", "diff_high")}
OVER_WORLDS = {"prob": ("ensemble_low", "ensemble_high"), "diff": ("diff_ensemble_low", "diff_ensemble_high")}
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
    """One world, one where force is frequent and nuclear use hardly seen, twenty, and the calibrated ensemble."""
    made = (
        Setting("one world", worlds.defaults(), 60),
        Setting("one hot world, nuclear use at a tenth", worlds.defaults(HOT | {"nuclear_rate": 0.0005}), 60),
        Setting("twenty worlds", worlds.prior(648, seed=3).first(20), 60),
        Setting("calibrated ensemble", ensemble("calibrated"), 120),
    )
    return {setting.name: setting for setting in made}


def pool(setting: Setting, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same ``n`` runs today and under the moved policy."""
    return tuple(
        compiled.run_many(
            levers.calendar(policy, setting.months), setting.worlds.values, n, seed=seed,
            world_of=setting.worlds.of_runs(0, n),
        )
        for policy in ({}, MOVED)
    )  # fmt: skip


def estimates(setting: Setting, samples: list[tuple[np.ndarray, np.ndarray]], interval="best") -> pd.DataFrame:
    """The estimates of the moved policy in each sample of (base, moved) runs, ``point`` the number of the sample."""
    accumulator = Accumulator(setting.worlds, setting.months, (), [len(base) for base, _ in samples])
    for number, (base, moved) in enumerate(samples):
        accumulator.add([number], 0, moved[None], outcomes.observed(base))
    points = pd.DataFrame({"point": range(len(samples)), "family": "sample"})
    return accumulator.estimates(points, interval)


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
    """The mean over all worlds of the pool, as counted, by outcome."""
    n_worlds, runs = base.shape[:2]
    flat = tuple(x.swapaxes(0, 1).reshape(n_worlds * runs, -1) for x in (base, moved))
    made = estimates(Setting("prior", drawn, levers.MONTHS), [flat], "clopper-pearson")
    return made.set_index("outcome")[["prob", "diff"]]


def sampled_worlds(rng, drawn, base, moved, sizes, count: int) -> pd.DataFrame:
    """The estimates of samples of worlds, with ``sizes[k]`` runs in world k: worlds and runs are drawn afresh."""
    made, sizes = [], np.asarray(sizes)
    for number in range(count):
        chosen = rng.integers(0, len(drawn), len(sizes))
        held = worlds.Worlds(np.ascontiguousarray(drawn.values[chosen]), "a sample", len(sizes))
        place = held.of_runs(0, len(sizes))
        picks = rng.integers(0, base.shape[1], (sizes.max(), len(sizes)))
        runs = [source[chosen[place], picks].reshape(picks.size, -1) for source in (base, moved)]
        # Runs come in whole rounds; a world that has its runs sits out, as one whose runs failed.
        kept = (np.arange(sizes.max())[:, None] < sizes[place]).ravel()
        accumulator = Accumulator(held, levers.MONTHS, (), [len(kept)])
        accumulator.add([0], 0, runs[1][None], outcomes.observed(runs[0]), kept[None])
        made.append(accumulator.estimates(pd.DataFrame({"point": [0], "family": ["sample"]})).assign(point=number))
    return pd.concat(made, ignore_index=True)


SIZES = {
    "one world": (240, 400, 1_000, 4_000, 10_000, 30_000),
    "one hot world, nuclear use at a tenth": (240, 400, 1_000, 4_000, 10_000, 30_000),
    "twenty worlds": (240, 400, 1_000, 4_000, 10_000, 30_000),
    "calibrated ensemble": (1_000, 2_000, 3_000, 5_000, 10_000, 30_000),
}
WORLDS = {
    "3 of 200 runs": [200] * 3, "5 of 100": [100] * 5, "10 of 40": [40] * 10, "20 of 20": [20] * 20, "50 of one": [1] * 50,
    "200 of one": [1] * 200, "200 of 5": [5] * 200, "20 with 1, 5, 20 or 100": [1, 5, 20, 100] * 5,
}  # fmt: skip


def measured(pool_runs=1_000_000, most=1_000, samples_of_worlds=400) -> dict[str, pd.DataFrame]:
    """Coverage in every cell: tables ``given`` (the worlds given) and ``over`` (the worlds as the sample)."""
    given, over = [], []
    for name, setting in settings().items():
        truth, runs = truths(setting, pool_runs, 99), pool(setting, pool_runs, 7)
        for n in SIZES[name]:
            held = covered(sampled(setting, runs, n, most), truth)
            given.append(held.assign(setting=name, runs=n))
    drawn, *runs = worlds_pool()
    truth, rng = truths_over_worlds(drawn, *runs), np.random.default_rng(1)
    for name, sizes in WORLDS.items():
        held = covered(sampled_worlds(rng, drawn, *runs, sizes, samples_of_worlds), truth, OVER_WORLDS)
        over.append(held.assign(setting=name, runs=sum(sizes)))
    return {"given": pd.concat(given, ignore_index=True), "over": pd.concat(over, ignore_index=True)}


def markdown(table: pd.DataFrame) -> str:
    """The lowest coverage among the outcomes of each group, with its own interval: a row a setting and number of runs."""
    columns = [(kind, group) for kind in KINDS for group in GROUPS if (kind, group) != ("diff", "conditional")]
    words = {"prob": "probability", "diff": "change"}
    lines = ["| | runs | samples | " + " | ".join(f"{words[kind]}, {group}" for kind, group in columns) + " |"]
    lines.append("|---|---:|---:|" + "---:|" * len(columns))
    for (name, runs), rows in table.groupby(["setting", "runs"], sort=False):
        cells = []
        for kind, group in columns:
            mine = rows[(rows["quantity"] == kind) & rows["outcome"].isin(GROUPS[group]) & (rows["n"] >= 30)]
            if mine.empty:
                cells.append("")
                continue
            low = mine.loc[(mine["held"] / mine["n"]).idxmin()]
            ends = 100 * np.array(intervals.clopper_pearson(low["held"], low["n"]))
            cells.append(f"{100 * low['held'] / low['n']:.1f} [{ends[0]:.1f}, {ends[1]:.1f}]")
        lines.append(f"| {name} | {runs:,} | {rows['n'].max():,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


PAGE = """# How often the intervals hold the truth

Made by `python tests/held_truth.py`; `tests/estimation/test_coverage.py` (slow) makes it again. Each cell is the lowest coverage, in per cent of
the samples, among the outcomes of its group, with the 95 % Clopper-Pearson interval of that coverage; the lowest of several is
below 95 about as often as above where all cover just so. Truths come from a million runs under another seed. The policy moves
three levers at once (`usfk_posture` and `sanctions_intensity` 0.9, `trilateral_coordination` 0.2); changes are paired, from today.

Groups: {groups}.

## The worlds given (`low` to `high`, `diff_low` to `diff_high`; `interval = "best"`)

Runs of 60 months in one world (the defaults; and one where force is frequent, `tests/hot.py`, with nuclear use at a tenth of its
rate, where hardly a sample sees any) and in twenty worlds of the prior, of 120 months in the calibrated ensemble. {given_bad}

{given}

## The worlds as the sample (`ensemble_low` to `ensemble_high`, `diff_ensemble_low` to `diff_ensemble_high`)

Worlds drawn at random from 2,000 of the prior, 120 months; the truth is the mean over all 2,000. {over_bad}

{over}
"""


def page(tables: dict[str, pd.DataFrame]) -> str:
    """The whole page."""

    def bad(table):
        seldom = too_seldom(table["held"], table["n"])
        return f"Of {len(table)} coverages behind it {int(seldom.sum())} are below 95 % beyond chance (one-sided, one in a thousand each)."

    groups = "; ".join(f"*{group}*: {', '.join(names)}" for group, names in GROUPS.items())
    filled = {name: markdown(table) for name, table in tables.items()}
    return PAGE.format(groups=groups, **filled, **{f"{name}_bad": bad(table) for name, table in tables.items()})


if __name__ == "__main__":
    tables = measured()
    for name, table in tables.items():
        print(name, table[too_seldom(table["held"], table["n"])].to_string())
    (ROOT / "docs" / "coverage.md").write_text(page(tables), encoding="utf-8")
