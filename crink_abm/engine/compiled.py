"""The compiled engine: the same runs as in Mesa, by the hundred thousand. No science in it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model.overrides import checked
from ..model.spec import MODEL, ModelSpec
from ..typing import Rules
from .base import Engine
from .memory import LANES
from .threads import chunks, run_slices

#: Runs a thread takes at a time: a tenth of a second, so an interrupt is felt at once.
SLICE = 4096


#: Kernels with replaced rules that a process remembers.
KERNELS_HELD = 8

_NO_TRAJECTORY = np.zeros((0, 0, 0))


@dataclass(frozen=True)
class Kernel:
    """Compiled code of a model: ``run_blocks`` of :mod:`crink_abm.engine.codegen`."""

    model: ModelSpec
    run_blocks: Callable[..., None]

    def fill(
        self, calendar: np.ndarray, worlds: np.ndarray, world_of: np.ndarray, seed: int, first_run: int, results: np.ndarray,
        trajectory: np.ndarray = _NO_TRAJECTORY,
    ) -> None:  # fmt: skip
        """The runs from ``first_run`` on, into ``results`` (n, n_results) and ``trajectory`` (n, n_months, n_fields) if given.

        Lanes take the runs in an order in which leaders who weigh risk alike stand together: what only some of them do is
        then done by whole vectors of them. No bit hangs on it, since a run's random numbers go by its number.
        """
        names = list(self.model.parameters)
        switches = [names.index(switch) for switch, _ in self.model.apart.values()]
        order = np.lexsort([world_of, *(worlds[world_of, column] for column in switches)])
        self.run_blocks(calendar, worlds, world_of, order, np.uint64(seed), np.uint64(first_run), results, trajectory)


class CompiledEngine:
    """Runs of a model by compiled code, in the threads of this process.

    It is an :class:`crink_abm.engine.base.Engine`.

    Parameters
    ----------
    model : what is simulated
    lanes : runs abreast; no bit hangs on it
    """

    name = "numba"
    same_bits = True

    def __init__(self, model: ModelSpec = MODEL, lanes: int = LANES):
        self.model, self.lanes = model, lanes
        self._held: dict[Any, Kernel] = {}
        self._lock = threading.Lock()

    def kernel(self, rules: Mapping[str, Callable[..., Any]] | None = None) -> Kernel:
        """The compiled code, made once a process (and once a machine, unless ``rules`` replaces some).

        Rules are told apart by what they do and read (:func:`crink_abm.model.overrides.fingerprint`), not by the function's
        name or place: with a global set anew, another kernel is compiled. The last few are held.

        Raises
        ------
        InputError
            If the rules cannot be taken.
        """
        from .compiler import compile_kernel  # numba is heavy: loaded when an engine first runs

        rules = checked(rules, self.model)
        with self._lock:
            kernel = self._held.pop(rules.fingerprint, None)
            if kernel is None:
                kernel = Kernel(self.model, compile_kernel(self.model, rules, self.lanes))
            self._held[rules.fingerprint] = kernel
            own = [key for key in self._held if key]
            if len(own) > KERNELS_HELD:
                del self._held[own[0]]
        return kernel

    def run(
        self, calendar: np.ndarray, worlds: np.ndarray, n: int, *, seed: int, first_run: int = 0,
        world_of: np.ndarray | None = None, rules: Rules | None = None, threads: int | None = None,
    ) -> np.ndarray:  # fmt: skip
        """``n`` runs, numbered from ``first_run``, under one calendar; see :meth:`crink_abm.engine.base.Engine.run`."""
        kernel = self.kernel(rules)
        calendar, worlds, world_of = self.model.arrays(calendar, worlds, n, world_of)
        out = np.empty((n, len(self.model.results)))

        def work(low: int) -> None:
            high = min(low + SLICE, n)
            kernel.fill(calendar, worlds, world_of[low:high], seed, first_run + low, out[low:high])

        run_slices(work, range(0, n, SLICE), threads)
        return out

    def trace(
        self, calendar: np.ndarray, worlds: np.ndarray, n: int, *, seed: int, first_run: int = 0,
        world_of: np.ndarray | None = None, rules: Rules | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Every field of ``n`` runs, every month; see :meth:`crink_abm.engine.base.Engine.trace`."""
        kernel = self.kernel(rules)
        calendar, worlds, world_of = self.model.arrays(calendar, worlds, n, world_of)
        results = np.empty((n, len(self.model.results)))
        trace = np.empty((n, len(calendar), len(self.model.fields)))
        kernel.fill(calendar, worlds, world_of, seed, first_run, results, trace)
        return trace


#: The compiled engine of the model as it is; :func:`crink_abm.engine.get_engine` gives it as ``"numba"``.
ENGINE = CompiledEngine()

compiled, run_many, trajectories = ENGINE.kernel, ENGINE.run, ENGINE.trace


def run_worlds(
    calendars: Iterable[np.ndarray], worlds: np.ndarray, of_runs: Callable[[int, int], np.ndarray], n: int, *, seed: int,
    first_run: int = 0, rounds: int = 1, most: int = 500_000, rules: Rules | None = None, engine: Engine = ENGINE,
) -> Iterator[tuple[int, int, np.ndarray]]:  # fmt: skip
    """``n`` runs in their worlds under each of some calendars, a piece at a time, so that memory holds one piece.

    Pieces come in order, and each of them under every calendar before the next: what is paired stands side by side.

    Parameters
    ----------
    calendars : arrays (n_months, n_columns)
    worlds : array (n_worlds, n_parameters)
    of_runs : ``of_runs(first, count)``, the row of ``worlds`` of each of ``count`` runs, counted from 0
    n : runs under each calendar, numbered from ``first_run``
    rounds : a piece is a multiple of so many runs (of the worlds, where whole rounds of them are counted)
    most : runs in a piece at most, unless ``rounds`` is more

    Yields
    ------
    (number of the calendar, number of the piece's first run counted from 0, results: array (n_piece, n_results))
    """
    calendars = list(calendars)
    for first, count in chunks(n, max(1, most // rounds) * rounds):
        world_of = of_runs(first, count)
        for number, calendar in enumerate(calendars):
            yield (
                number,
                first,
                engine.run(
                    calendar, worlds, count, seed=seed, first_run=first_run + first, world_of=world_of, rules=rules
                ),
            )


def state_summaries(
    calendar: np.ndarray, worlds: np.ndarray, n: int, fields: Sequence[str], *, seed: int, first_run: int = 0,
    world_of: np.ndarray | None = None, rules: Rules | None = None, threads: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Runs, and what some fields came to in each: (results, means over the months, values at the end).

    Every field of every month is made for a few runs at a time, some three times the work of :func:`run_many`. The results are
    those of ``run_many``; the others are arrays (n, len(fields)), nan in a run that failed.
    """
    kernel, model = ENGINE.kernel(rules), ENGINE.model
    calendar, worlds, world_of = model.arrays(calendar, worlds, n, world_of)
    columns = [[field.name for field in model.fields].index(name) for name in fields]
    results, means, last = (
        np.empty((n, len(model.results))),
        np.empty((n, len(fields))),
        np.empty((n, len(fields))),
    )
    own = threading.local()

    def work(low: int) -> None:
        high = min(low + LANES, n)
        if not hasattr(own, "trace"):
            own.trace = np.empty((LANES, len(calendar), len(model.fields)))
        trace = own.trace[: high - low]
        kernel.fill(calendar, worlds, world_of[low:high], seed, first_run + low, results[low:high], trace)
        chosen = trace[:, :, columns]
        means[low:high], last[low:high] = chosen.mean(1), chosen[:, -1]

    run_slices(work, range(0, n, LANES), threads)
    lost = np.isnan(results[:, 0])
    means[lost] = last[lost] = np.nan
    return results, means, last


def is_warm(name: str = MODEL.name) -> bool:
    """Whether a kernel's machine code is on disk already, whole, for this processor."""
    from .code_cache import is_kept

    return is_kept(name)


def engine() -> CompiledEngine:
    """The compiled engine of the model as it is."""
    return ENGINE
