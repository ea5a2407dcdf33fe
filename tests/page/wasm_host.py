"""The WebAssembly module run by wasmtime, as the page's worker runs it: arrays in, results out."""

import numpy as np
import wasmtime

from crink_abm.model.fields import FIELDS
from crink_abm.model.outcomes import RESULTS


class Host:
    """One instance of a module."""

    def __init__(self, data: bytes):
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, data)
        assert not list(module.imports), "a module asks for nothing of its host"
        exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.memory = exports["memory"]
        self._run, self._alloc, self._mark, self._release = (exports[n] for n in ("run", "alloc", "mark", "release"))

    def _put(self, array: np.ndarray) -> int:
        place = self._alloc(self.store, max(array.nbytes, 64))
        assert place
        self.memory.write(self.store, array.tobytes(), place)
        return place

    def run(self, calendar, worlds, world_of, seed, first_run, order=None, trace=False):
        """(results, trajectories or None) of runs numbered from ``first_run``."""
        before, n = self._mark(self.store), len(world_of)
        order = np.arange(n) if order is None else order
        results = np.full((n, len(RESULTS)), 7.0)
        shape = (n if trace else 0, len(calendar), len(FIELDS))
        traced = np.zeros(shape)
        arrays = [
            np.ascontiguousarray(x, kind)
            for x, kind in ((calendar, float), (worlds, float), (world_of, np.int64), (order, np.int64))
        ]
        c, w, of, at = map(self._put, arrays)
        r, t = self._put(results), self._put(traced)
        signed = [int(np.uint64(x).astype(np.int64)) for x in (seed, first_run)]
        status = self._run(
            self.store, c, *calendar.shape, w, *worlds.shape, of, at, n, *signed, r, len(RESULTS), t, shape[0], shape[2]
        )
        assert status == 0
        read = [
            np.frombuffer(bytes(self.memory.read(self.store, place, place + a.nbytes)), float).reshape(a.shape)
            for place, a in ((r, results), (t, traced))
        ]
        self._release(self.store, before)
        return read[0], read[1] if trace else None
