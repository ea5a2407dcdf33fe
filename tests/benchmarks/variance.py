"""How much each technique saves, outcome by outcome: the table of docs/files.md. `python tests/benchmarks/variance.py`"""

import numpy as np

from crink_abm.engine import compiled
from crink_abm.ensemble import calibrated
from crink_abm.estimation.control_variates import Moments
from crink_abm.model import levers, outcomes

WORLDS, ROUNDS, MONTHS, SEED = 512, 1024, 120, 77
#: The luck that an outcome's own events make up.
OWN = {
    "any_failure": ("residual_taiwan_first", "residual_korea_first"),
    "taiwan_failure": ("residual_taiwan",),
    "korea_failure": ("residual_korea",),
    "taiwan_blockade": ("residual_blockade",),
    "taiwan_invasion": ("residual_invasion",),
    "korea_attack": ("residual_attack",),
    "korea_war": ("residual_war",),
    "two_front": ("residual_taiwan_second", "residual_korea_second"),
    "russian_join": ("residual_russia",),
    "nuclear_use": ("residual_nuclear",),
}


def runs(policy, worlds, of):
    """Events (n, outcomes) and luck (n, lucks) of a policy's runs."""
    results = compiled.run_many(levers.calendar(policy, MONTHS), worlds.values, len(of), seed=SEED, world_of=of)
    return outcomes.observed(results)


def variance(x):
    """Of the mean of runs that are spread evenly over the worlds."""
    return x.reshape(-1, WORLDS).var(0, ddof=1).mean() / len(x)


def controlled(here, there, half, of):
    """Variances of the mean of each outcome, and of its change, with fitted multiples of the luck."""
    moments = Moments(1, WORLDS, here[0].shape[1], here[1].shape[1])
    moments.add([x[None] for x in here], there, of, half)
    return [adjusted.error[0] ** 2 for adjusted in moments.adjusted()]


def main() -> None:
    """Print the table."""
    worlds, of = calibrated.load().first(WORLDS), np.arange(WORLDS * ROUNDS) % WORLDS
    half = np.arange(len(of)) // WORLDS % 2
    (here, luck), (there, other) = (runs(policy, worlds, of) for policy in ({}, {"usfk_posture": 0.9}))
    fitted, _ = controlled((here, luck), (there, other), half, of)
    _, fitted_change = controlled((there, other), (here, luck), half, of)
    print("outcome           conditional  control   paired  + conditional  + control   conditional less counted, in se")
    for name, own in OWN.items():
        k, columns = list(outcomes.OUTCOMES).index(name), [outcomes.RESIDUALS.index(luck_) for luck_ in own]
        event, event_there = here[:, k].astype(float), there[:, k].astype(float)
        given, given_there = event - luck[:, columns].sum(1), event_there - other[:, columns].sum(1)
        counted, apart = variance(event), variance(event) + variance(event_there)
        saved = [counted / variance(given), counted / fitted[k], apart / variance(event - event_there)]
        saved += [apart / variance(given - given_there), apart / fitted_change[k]]
        off = (given - event).mean() / np.sqrt(variance(given - event))
        print(f"{name:18}" + "".join(f"{x:11.2f}" for x in saved) + f"{off:14.2f}")


if __name__ == "__main__":
    main()
