"""Who works runs out: threads of this process, unless other workers are given (:mod:`crink_abm.sweeps.executors.choice`)."""

from abc import ABC, abstractmethod

import numpy as np


class Stopped(Exception):
    """The sweep was interrupted: what is left of the work is not done."""


class Workers(ABC):
    """What works runs out for one sweep; used as a context.

    Attributes
    ----------
    ahead : packs that they are to have on their way while one is counted
    """

    ahead = 1

    @abstractmethod
    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """The runs of each piece (point, first run, number): arrays (n, len(RESULTS)), in their order."""

    @abstractmethod
    def stop(self) -> None:
        """The sweep was interrupted: what is still being worked out is wanted no more."""

    def close(self) -> None:  # noqa: B027  (most kinds have nothing to end)
        """All is done."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0] is None:
            self.close()
        else:
            self.stop()
