"""The compiled engine: the same runs as in Mesa, by the hundred thousand. No science in it."""

import threading
from collections.abc import Callable, Mapping

import numpy as np

from ..model.fields import FIELDS
from ..model.outcomes import RESULTS
from ..model.overrides import checked
from ..model.parameters import CATALOGUE
from .gather import APART
from .threads import run_slices

#: Runs a thread takes at a time: a tenth of a second, so an interrupt is felt at once.
SLICE = 4096


#: Kernels with replaced rules that a process remembers.
KERNELS_HELD = 8


class Kernels:
    """Compiled kernels of one machine, by the fingerprint of the rules replaced: the last ones used, and the model's own.

    Parameters
    ----------
    **how : what else :func:`crink_abm.engine.compiler.compile_kernel` is told
    """

    def __init__(self, **how):
        self._how, self._held, self._lock = how, {}, threading.Lock()

    def get(self, rules: Mapping[str, Callable] | None = None):
        """The kernel for these rules, compiled if it is not held.

        Raises
        ------
        InputError
            If the rules cannot be taken.
        """
        from .compiler import compile_kernel  # numba is heavy: loaded when a batch first runs

        rules = checked(rules)
        with self._lock:
            kernel = self._held.pop(rules.fingerprint, None) or compile_kernel(rules, **self._how)
            self._held[rules.fingerprint] = kernel
            own = [key for key in self._held if key]
            if len(own) > KERNELS_HELD:
                del self._held[own[0]]
        return kernel


_kernels = Kernels()


def compiled(rules: Mapping[str, Callable] | None = None):
    """The kernel, compiled once a process (and once a machine, unless ``rules`` replaces some).

    Rules are told apart by what they do and read (:func:`crink_abm.model.overrides.fingerprint`), not by the function's name or
    place: with a global set anew, another kernel is compiled.
    """
    return _kernels.get(rules)


def is_warm(name: str = "crink_kernel") -> bool:
    """Whether a kernel's machine code is on disk already, whole, for this processor."""
    from .code_cache import is_kept

    return is_kept(name)


def _arrays(worlds, world_of, n):
    worlds = np.require(worlds, np.float64, ["C", "W"])
    world_of = np.zeros(n, np.int64) if world_of is None else np.require(world_of, np.int64, ["C", "W"])
    return worlds, world_of


_NO_TRAJECTORY = np.zeros((0, 0, 0))
_SWITCHES = [list(CATALOGUE).index(switch) for switch, _ in APART.values()]


def call(kernel, calendar, worlds, world_of, seed: int, first_run: int, results, trajectory=_NO_TRAJECTORY) -> None:
    """The runs from ``first_run`` on, into ``results`` (n, len(RESULTS)) and ``trajectory`` (n, n_months, len(FIELDS)) if given.

    Lanes take the runs in an order in which leaders who weigh risk alike stand together: what only some of them do is then
    done by whole vectors of them. No bit hangs on it, since a run's luck goes by its number.
    """
    order = np.lexsort([world_of, *(worlds[world_of, column] for column in _SWITCHES)])
    kernel(calendar, worlds, world_of, order, np.uint64(seed), np.uint64(first_run), results, trajectory)


def run_many(
    calendar: np.ndarray, worlds: np.ndarray, n: int, *, seed: int, first_run: int = 0, world_of=None,
    rules=None, threads: int | None = None, kernel=None,
) -> np.ndarray:  # fmt: skip
    """``n`` runs, numbered from ``first_run``, under one calendar.

    Parameters
    ----------
    calendar : array (n_months, len(levers.COLUMNS))
    worlds : array (n_worlds, len(parameters.CATALOGUE))
    world_of : array (n,) of row numbers of ``worlds``; all 0 if None
    kernel : a compiled kernel to use instead of the usual one (``bench`` compares them)

    Returns
    -------
    array (n, len(RESULTS)) of float64, columns as in :data:`outcomes.RESULTS`.
    """
    kernel = kernel or compiled(rules)
    worlds, world_of = _arrays(worlds, world_of, n)
    out = np.empty((n, len(RESULTS)))

    def work(low):
        high = min(low + SLICE, n)
        call(kernel, calendar, worlds, world_of[low:high], seed, first_run + low, out[low:high])

    run_slices(work, range(0, n, SLICE), threads)
    return out


def trajectories(calendar, worlds, n: int, *, seed: int, first_run: int = 0, world_of=None, rules=None) -> np.ndarray:
    """Every field of ``n`` runs, every month: array (n, n_months, len(state.FIELDS))."""
    worlds, world_of = _arrays(worlds, world_of, n)
    results = np.empty((n, len(RESULTS)))
    trace = np.empty((n, len(calendar), len(FIELDS)))
    call(compiled(rules), calendar, worlds, world_of, seed, first_run, results, trace)
    return trace
