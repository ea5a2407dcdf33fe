"""What an executor is: who computes runs."""

from typing import Protocol, Self, runtime_checkable

import numpy as np

from ..job import Job

#: A slice: (point, first run, number).
Slice = tuple[int, int, int]


class Stopped(Exception):
    """The sweep was interrupted: what is left of the work is not done."""


@runtime_checkable
class Executor(Protocol):
    """Who computes the runs of one sweep; used as a context. Whoever computes them, the bytes are the same.

    ``tests/contracts/executors.py`` checks all that is promised here of every kind.

    Attributes
    ----------
    ahead : packs that it is to have on their way while one is counted
    """

    ahead: int = 1

    def compute(self, job: Job, pieces: list[Slice]) -> list[np.ndarray]:
        """The runs of each slice (point, first run, number): arrays (n, len(RESULTS)), in their order.

        Called from a thread, or from several at a time if ``ahead`` says so. An error of a slice is raised.
        """
        ...

    def stop(self) -> None:
        """The sweep was interrupted: what is not begun is not done, and :meth:`compute` ends soon, with an error. Called from
        another thread."""
        ...

    def close(self) -> None:
        """All is done: what the executor began is ended."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self.close()
        else:
            self.stop()
