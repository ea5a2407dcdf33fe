"""What statistics ask of the worlds that runs live in, so that they need not know who made these."""

from typing import Protocol

import numpy as np

from ..typing import ArrayLike


class Dealt(Protocol):
    """Worlds as runs are dealt to them; an ensemble is one.

    Attributes
    ----------
    values : a row a place, a column a parameter
    number : which of the different worlds stands in each place
    """

    @property
    def values(self) -> np.ndarray: ...

    @property
    def number(self) -> np.ndarray: ...

    def __len__(self) -> int: ...

    def of(self, runs: ArrayLike) -> np.ndarray:
        """The place of each run, by the runs' numbers."""

    def of_runs(self, first_run: int, n: int) -> np.ndarray:
        """The place of each of ``n`` runs from ``first_run`` on."""

    def weights(self, n_runs: int, first_run: int = 0) -> np.ndarray:
        """What each run of a place weighs so that all places reached weigh the same."""

    def column(self, name: str) -> np.ndarray:
        """The values of one parameter over the places."""
