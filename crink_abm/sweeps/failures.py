"""Runs that failed: a rule raised, or gave a number that is not finite or odds that are none. They are told, and counted
nowhere."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..model.outcomes import failed
from ..util.errors import NotFiniteError, one_line

#: Failed runs that are told one by one; of more than these only the number is given.
MOST_TOLD = 1000

COLUMNS = ("point", "run", "world", "month", "cause")


class Model(Protocol):
    """A run in Mesa, as far as its failure is concerned."""

    month: int

    def run(self) -> Any: ...


def why(model: Model) -> tuple[int, str]:
    """Run a model up to its failure: (month from 0, cause in one line); month -1 where it does not fail in Mesa."""
    try:
        model.run()
    except NotFiniteError as error:
        return error.month, f"non-finite: field {error.field} in month {error.month}"
    except Exception as error:  # a user's rule may raise anything
        return model.month, one_line(f"{type(error).__name__}: {one_line(error, 240)}")
    return -1, "not seen in Mesa: the compiled rule goes on where Python raises, or the other way round"


class Failures:
    """The failed runs of a sweep: how many, and the first ``MOST_TOLD`` of them by point and run."""

    def __init__(self) -> None:
        self.n = 0
        self._seen: list[tuple[int, int]] = []

    def add(self, point: int, first_run: int, results: np.ndarray) -> None:
        """Note the failed ones among some runs of a point."""
        runs = np.flatnonzero(failed(results)) + first_run
        if len(runs):
            self.n += len(runs)
            self._seen = sorted([*self._seen, *((point, int(run)) for run in runs[:MOST_TOLD])])[:MOST_TOLD]

    def table(self, replay: Callable[[int, int], Model], world: Callable[[int], int]) -> pd.DataFrame:
        """A row a failed run: point, run, world, month (from 0), cause.

        ``replay(point, run)`` makes the run in Mesa, not yet stepped; ``world(run)`` is the number of its world.
        """
        rows = [(point, run, world(run), *why(replay(point, run))) for point, run in self._seen]
        numbers = dict.fromkeys(COLUMNS[:-1], np.int64)
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({**numbers, "cause": str})
