"""Mesa as an engine: many runs, interpreted one after another. Slow, and what the compiled engine is held to."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..model.overrides import checked
from ..model.spec import MODEL
from ..typing import Rules
from .actors import _given
from .model import DeterrenceModel


class MesaEngine:
    """Runs of the model in Mesa, in this thread.

    It is an engine (``crink_abm.engine.base.Engine``): the arguments, the arrays that come back and the errors are told there.
    """

    name = "mesa"
    model = MODEL
    same_bits = True

    def run(
        self, calendar: Any, worlds: Any, n: int, *, seed: int, first_run: int = 0, world_of: Any = None,
        rules: Rules | None = None, threads: int | None = None,
    ) -> np.ndarray:  # fmt: skip
        """``n`` runs, numbered from ``first_run``, under one calendar: array (n, n_results), nan in a run that failed."""
        found = []
        for model in self._models(calendar, worlds, n, seed, first_run, world_of, rules):
            done = _finishes(model)
            found.append([model.value(name) if done else np.nan for name in self.model.results])
        return np.array(found).reshape(-1, len(self.model.results))

    def trace(
        self, calendar: Any, worlds: Any, n: int, *, seed: int, first_run: int = 0, world_of: Any = None,
        rules: Rules | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Every field of ``n`` runs, every month: array (n, n_months, n_fields); nan from a failure on."""
        found = []
        for model in self._models(calendar, worlds, n, seed, first_run, world_of, rules):
            _finishes(model)
            rows = model.history.to_numpy()
            found.append(np.pad(rows, ((0, len(calendar) - len(rows)), (0, 0)), constant_values=np.nan))
        return np.array(found).reshape(-1, len(calendar), len(self.model.fields))

    def _models(
        self, calendar: Any, worlds: Any, n: int, seed: int, first_run: int, world_of: Any, rules: Rules | None
    ) -> Iterator[DeterrenceModel]:
        """Each run in Mesa, not yet stepped. A world is taken as it stands, also outside the declared ranges."""
        calendar, worlds, world_of = self.model.arrays(calendar, worlds, n, world_of)
        rules = checked(rules, self.model)
        for k in range(n):
            model = DeterrenceModel(
                seed=seed, run=first_run + k, months=len(calendar), trace=False, collect=(), rules=rules
            )
            values = dict(zip(self.model.parameters, worlds[world_of[k]].tolist(), strict=True))
            vars(model).update(parameters=_given(values), _calendar=calendar)
            for holder in model.holder.values():
                holder.start(values)
            yield model


def _finishes(model: DeterrenceModel) -> bool:
    """Run a model to its end, or to its failure."""
    try:
        model.run()
    except Exception:  # a user's rule may raise anything
        return False
    return True
