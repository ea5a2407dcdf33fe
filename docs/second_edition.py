"""The tables of docs/second_edition.md: ``python docs/second_edition.py [TABLE ...]``, all if none is named.

Runs on the calibrated ensemble of whatever edition is installed, so the first edition's columns are made by the same command in a
checkout of its commit (3aaea23).
"""

import sys

import numpy as np

from crink_abm.calibration import likelihood, reference_table
from crink_abm.calibration.targets import targets
from crink_abm.engine import compiled
from crink_abm.ensemble import calibrated, worlds
from crink_abm.estimation import clusters
from crink_abm.estimation.resampling import effective_size, normalised, resampled
from crink_abm.model import levers, outcomes
from crink_abm.model.parameters import CATALOGUE
from crink_abm.record import tables

RUNS, SEED = 1000, 3
KINDS = ("taiwan_blockade", "taiwan_invasion", "korea_attack", "korea_war")
NAMES = list(CATALOGUE)


def ensemble(**held):
    """The calibrated worlds, some parameters held at a value."""
    values = calibrated.load().values.copy()
    for name, value in held.items():
        values[:, NAMES.index(name)] = value
    return values


def came(values, policy=None, drivers=None, runs=RUNS):
    """Results of ``runs`` runs a world, and which outcomes came: arrays (runs, worlds, ...)."""
    n = len(values)
    results = compiled.run_many(
        levers.calendar(policy or {}, drivers=drivers or {}),
        values,
        n * runs,
        seed=SEED,
        world_of=np.arange(n * runs) % n,
    )
    when = outcomes.months(results)
    return results, when


def risk(when, name):
    """Share of runs with an outcome, in per cent."""
    return 100.0 * (when[:, list(outcomes.OUTCOMES).index(name)] >= 0).mean()


def mean_interval(x, values):
    """Mean over worlds and half of its 95 % interval; copies of a world count once."""
    mean, low, high = clusters.mean_interval(x, clusters.worlds_of(values))
    return mean, (high - low) / 2.0


def wanted():
    """Risks, and shares of first uses of force that were the leader's best option, by type switch and theory."""
    print(
        "| worlds | " + " | ".join(f"{k.replace('_', ' ')}: risk, wanted" for k in KINDS) + " |\n|---|---|---|---|---|"
    )
    cases = {"calibrated": {}}
    cases |= {
        f"types: {name}": {"leader_types": k} for k, name in enumerate(("leader", "crisis", "decision (first edition)"))
    }
    cases |= {
        f"both leaders: {name}": {"xi_theory": k, "kim_theory": k}
        for k, name in enumerate(("expected utility", "prospect theory", "satisficing"))
    }
    for label, held in cases.items():
        results, when = came(ensemble(**held))
        given = outcomes.conditionals(results, when, levers.MONTHS)
        cells = []
        for kind in KINDS:
            base, hit = given[f"{kind.split('_')[1]}_preferred"]
            cells.append(f"{risk(when, kind):.1f}, {100 * hit.sum() / max(base.sum(), 1):.0f} %")
        print(f"| {label} | " + " | ".join(cells) + " |")


def effects():
    """Each lever raised by 0.3 from today, paired: percentage points of ten-year risk, 95 % over worlds."""
    values = ensemble()
    n, wanted_ = len(values), ("taiwan_failure", "korea_failure", "any_failure")
    _, base = came(values)
    print("| lever | " + " | ".join(wanted_) + " |\n|---|---|---|---|")
    for name, lever in levers.LEVERS.items():
        _, moved = came(values, {name: lever.today + 0.3})
        cells = []
        for outcome in wanted_:
            k = list(outcomes.OUTCOMES).index(outcome)
            d = ((moved[:, k] >= 0).astype(float) - (base[:, k] >= 0)).reshape(-1, n).mean(0)
            mean, half = mean_interval(100.0 * d, values)
            cells.append(f"{mean:+.2f} ± {half:.2f}")
        print(f"| `{name}` | " + " | ".join(cells) + " |")


def noise():
    """Whether results hang on how precisely leaders choose: noise of choice held in every world."""
    print(
        "| noise of choice | invasion | Korean war | any failure | `usfk_posture` +0.3 on any | `maritime_posture` +0.3 on any |"
    )
    print("|---|---|---|---|---|---|")
    for level in (0.01, 0.03, 0.06):
        values = ensemble(choice_noise=level)
        _, base = came(values)
        cells = [f"{risk(base, name):.1f}" for name in ("taiwan_invasion", "korea_war", "any_failure")]
        for lever in ("usfk_posture", "maritime_posture"):
            _, moved = came(values, {lever: 0.8})
            cells.append(f"{risk(moved, 'any_failure') - risk(base, 'any_failure'):+.2f}")
        print(f"| {level} | " + " | ".join(cells) + " |")


def fronts():
    """A second front: over the prior, and imposed."""
    values = worlds.prior(2048, seed=1).values
    results, when = came(values, runs=1000)
    base, hit = outcomes.conditionals(results, when, levers.MONTHS)["korea_within_12_of_taiwan"]
    base, hit = (x.reshape(-1, len(values)).sum(0) for x in (base, hit))
    enough = base >= 30
    share = (hit / np.maximum(base, 1))[enough]
    print(
        f"P(Korea within 12 months | Taiwan), {enough.sum()} prior worlds with 30 runs to ask: ",
        end="",
    )
    print(", ".join(f"{100 * q:g} % {np.quantile(share, q):.2f}" for q in (0.05, 0.5, 0.95)), end="")
    print(f", largest {share.max():.2f}; above 0.8 in {100 * (share > 0.8).mean():.1f} % of worlds")
    cases = {
        "as it comes": {}, "war over Taiwan imposed in 2029-01": {"force_taiwan": {"2029-01": 3, "2029-02": -1}},
        "war in Korea imposed in 2029-01": {"force_korea": {"2029-01": 3, "2029-02": -1}},
        "no munitions from Pyongyang": {"force_flow": 0}, "munitions at the pace of 2024": {"force_flow": 1},
    }  # fmt: skip
    print("| | " + " | ".join(KINDS) + " |\n|---|---|---|---|---|")
    for label, drivers in cases.items():
        _, when = came(ensemble(), drivers=drivers)
        print(f"| {label} | " + " | ".join(f"{risk(when, kind):.1f}" for kind in KINDS) + " |")


def evidence():
    """Each lever's effect on any failure, and the risks, under each set of evidence: all draws of the prior weighed anew.

    It makes the first look of the calibration, or reads it where `crink-abm calibrate --draws 262144 --seed 5` has left it.
    """
    plan, record = reference_table.Plan(seed=5), tables.load()
    found = likelihood.blocks(reference_table.first_look(plan, record), targets(record))
    drawn = np.concatenate(
        [reference_table.draw(plan, chunk).values for chunk in range(-(-plan.draws // reference_table.CHUNK))]
    )
    sets = {
        "the record alone": lambda name: True,
        "without force": lambda name: not name.startswith("force"),
        "without the attacks of 2010": lambda name: name != "force: korea attack",
        "without crises": lambda name: not name.startswith("crises"),
        "without the flow": lambda name: name != "Russian flow",
    }
    rows = [("calibrated (with elicited bands)", np.nan, ensemble())]
    for label, used in sets.items():
        weights = normalised(sum(block for name, block in found.items() if used(name)))
        rows.append((label, effective_size(weights), np.repeat(drawn, resampled(weights, 1000, 5), axis=0)))
    results = [(label, size, values, came(values, runs=400)[1]) for label, size, values in rows]
    print("| evidence | effective draws | " + " | ".join(KINDS) + " |\n|---|---|---|---|---|---|")
    for label, size, _, base in results:
        print(f"| {label} | {size:.0f} | " + " | ".join(f"{risk(base, kind):.1f}" for kind in KINDS) + " |")
    print(
        "\n| lever, +0.3, on any failure | "
        + " | ".join(label for label, *_ in results)
        + " |\n|---"
        + "|---" * len(rows)
        + "|"
    )
    for name, lever in levers.LEVERS.items():
        policy = {name: lever.today + 0.3}
        cells = [
            f"{risk(came(values, policy, runs=400)[1], 'any_failure') - risk(base, 'any_failure'):+.2f}"
            for _, _, values, base in results
        ]
        print(f"| `{name}` | " + " | ".join(cells) + " |")


TABLES = {"wanted": wanted, "effects": effects, "noise": noise, "fronts": fronts, "evidence": evidence}

if __name__ == "__main__":
    for table in sys.argv[1:] or TABLES:
        print(f"\n## {table}\n")
        TABLES[table]()
