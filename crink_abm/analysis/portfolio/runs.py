"""A few runs of many policies, the same for each: the light counterpart of :func:`crink_abm.analysis.responses.respond`.

Each run lives in a world that is drawn at random from the ensemble, the same for all policies, so runs are independent draws of
the ensemble's mean: this is what bounds under repeated looks ask for. A run is the one that ``DeterrenceModel`` makes of the
policy, the world, the seed and the run's number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine import compiled
from ...engine.threads import run_slices
from ...estimation.measures import Measure, Runs
from ...model import levers, outcomes
from ...typing import IntArray
from ...util.errors import InputError
from ..responses import Arm, Setting
from .race import Draw

#: Runs whose worlds are drawn together.
BLOCK = 64
#: Tells the draw of worlds from other uses of a seed.
_WORLDS = 1401


def worlds_of_runs(setting: Setting, first: int, n: int) -> IntArray:
    """The world of each of ``n`` runs from ``first`` on, drawn with replacement: array (n,)."""
    blocks = range(first // BLOCK, (first + n - 1) // BLOCK + 1)
    size = len(setting.worlds)
    drawn = [np.random.default_rng([_WORLDS, setting.seed, block]).integers(size, size=BLOCK) for block in blocks]
    return np.concatenate(drawn)[first - blocks[0] * BLOCK :][:n].astype(np.int64)


def drawer(
    setting: Setting, policies: Sequence[Mapping[str, Any]], measures: Sequence[Measure], tops: Sequence[float],
    *, names: Sequence[str] | None = None,
) -> Draw:  # fmt: skip
    """What a race draws its runs from (:data:`crink_abm.analysis.portfolio.race.Draw`).

    Parameters
    ----------
    setting : worlds, months, seed
    policies : levers of each, beside the baseline
    measures : without fields, and over all runs
    tops : the most of each measure, by which it is divided
    names : of the policies, for messages

    Examples
    --------
    >>> from crink_abm.estimation.measures import measure
    >>> from crink_abm.ensemble import worlds
    >>> draw = drawer(Setting(worlds.defaults(), months=24), [{}, {"usfk_posture": 0.9}], [measure("any_failure")], [1.0])
    >>> draw(np.array([0, 1]), 0, 64).shape
    (2, 64, 1)
    """
    shared = setting.calendar(Arm("shared"))
    base = levers.checked(dict(setting.baseline))
    column = {name: k for k, name in enumerate(levers.COLUMNS)}
    scale = np.asarray(tops, float)

    def calendar(chosen: Mapping[str, Any]) -> np.ndarray:
        if any(isinstance(value, Mapping) for value in [*chosen.values(), *base.values()]):
            return setting.calendar(Arm("", chosen))
        table = shared.copy()
        for name, value in chosen.items():
            table[:, column[name]] = value
        return table

    def draw(which: IntArray, first: int, n: int) -> Any:
        world_of = worlds_of_runs(setting, first, n)
        values = np.empty((len(which), n, len(measures)), np.float32)

        def work(at: int) -> None:
            for k in range(at, min(at + 16, len(which))):
                results = compiled.run_many(
                    calendar(policies[which[k]]), setting.worlds.values, n, seed=setting.seed, first_run=first,
                    world_of=world_of, threads=1,
                )  # fmt: skip
                bad = np.flatnonzero(outcomes.failed(results))
                if len(bad):
                    said = names[which[k]] if names else str(which[k])
                    raise InputError(
                        f"run {first + int(bad[0])} of policy {said!r} failed (a rule gave a number that is not finite), and "
                        f"{len(bad) - 1:,} more of its {n:,}; leave out what makes it fail"
                    )
                runs = Runs(results, setting.months, {}, {})
                values[k] = np.column_stack([one.of(runs) for one in measures]) / scale

        compiled.compiled()
        run_slices(work, range(0, len(which), 16))
        return values

    return draw
