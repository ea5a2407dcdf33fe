"""Policies spread evenly over many levers at once: Latin hypercube and scrambled Sobol."""

import numpy as np

from ..model import levers as policy
from ..util.errors import InputError
from .schema import Sample

#: Decimals of a level. Rounded, a sample is the same wherever it is drawn, and can be read.
DECIMALS = 6


def sampled(plan: Sample) -> list[str]:
    """The levers that a sample moves, in the catalogue's order, whatever the file's.

    Raises
    ------
    InputError
        On an unknown lever, or a range of one that is not sampled.
    """
    chosen = list(policy.LEVERS) if plan.levers == "all" else plan.levers
    policy.checked(dict.fromkeys([*chosen, *plan.ranges], 0.0))
    for name, (low, high) in plan.ranges.items():
        if name not in chosen:
            raise InputError(f"[sample.ranges] has {name}, which [sample] levers leaves out; name it there too")
        if not low < high:
            raise InputError(f"the range of {name} in [sample] goes from low to high; [{low:g}, {high:g}] was given")
    return [name for name in policy.LEVERS if name in chosen]


def draw(plan: Sample) -> list[dict[str, float]]:
    """The points of a sample: ``{lever: level}`` each.

    The first N points of a longer Sobol sample of the same seed and levers are the sample of N: it can be extended.
    A Latin hypercube of another size is another one.

    Raises
    ------
    InputError
        If a Sobol sample has another number of points than a power of two, without which it is not balanced.

    Source: Owen 1998 (scrambling), as in scipy.stats.qmc.
    """
    from scipy.stats import qmc

    names = sampled(plan)
    if plan.method == "sobol":
        if plan.points & (plan.points - 1):
            below = 1 << (plan.points.bit_length() - 1)
            raise InputError(
                f"a Sobol sample is balanced only with a power of two of points: {below} or {2 * below}; {plan.points} "
                "was given in [sample]"
            )
        unit = qmc.Sobol(len(names), scramble=True, rng=plan.seed).random(plan.points)
    else:
        unit = qmc.LatinHypercube(len(names), rng=plan.seed).random(plan.points)
    low, high = np.array([plan.ranges.get(name, (0.0, 1.0)) for name in names]).T
    levels = np.clip(np.round(low + (high - low) * unit, DECIMALS), low, high)
    return [dict(zip(names, row, strict=True)) for row in levels.tolist()]
