"""Runs computed by threads of this process."""

import numpy as np

from ...engine.threads import run_slices
from .base import Stopped, Workers


class Threads(Workers):
    """Threads of this process: the engine holds no lock while it works, and nothing is copied or sent.

    Parameters
    ----------
    threads : how many; all cores if None
    """

    def __init__(self, threads: int | None = None):
        self.threads, self._stopped = threads, False

    def compute(self, sweep, pieces: list[tuple[int, int, int]]) -> list[np.ndarray]:
        """As of :class:`Workers`."""
        made = [np.empty(0)] * len(pieces)

        def work(k):
            if self._stopped:
                raise Stopped
            made[k] = sweep.run_slice(*pieces[k])

        run_slices(work, range(len(pieces)), self.threads)
        return made

    def stop(self) -> None:
        """Work no further piece out."""
        self._stopped = True
