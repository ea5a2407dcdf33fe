"""What a sweep counts, compiled: the sums of :mod:`crink_abm.estimation.accumulator`, one run after another.

The accumulator says in arrays what is counted; this counts the same beside an engine at work, since it holds no lock, in a
quarter to a third of the processor's time. Sums of kept runs that weigh the same are exact, so both give the same bits; where
runs weigh unequally the last bits may differ, and these are the same on every machine.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
from numba.core import types as nb

from ..model.outcomes import OUTCOMES, RESIDUAL_UNIT, RESIDUALS
from ..util.source_hash import source
from .code_cache import compiled_once
from .compiler import OPTIONS, WITHIN


def _given(kind: Any, dimensions: int) -> Any:
    """An array that is only read: also one that may not be written."""
    return nb.Array(kind, dimensions, "C", readonly=True)


_f, _i, _b = nb.float64, nb.int64, nb.boolean
_SIGNATURE = nb.void(
    _given(_f, 2), _given(_b, 2), _given(_f, 2), _given(_i, 1), _given(_i, 1), _given(_f, 1), _given(_b, 1),
    nb.Tuple((_given(_i, 2), _given(_i, 1), _given(_i, 2), _given(_i, 1), _given(_i, 2))),
    _i[:, ::1], _f[:, ::1], _f[:, ::1], _f[:, ::1], _f[:, :, ::1], _f[:, :, ::1], _f[:, ::1], _i[:, ::1], _i[:, ::1],
    _f[::1], _f[:, ::1], _f[:, ::1],
)  # fmt: skip


#: Runs whose products are added at a time: a number of a table is then fetched for all of them, not for each.
_ABREAST = 8
_WIDTH = len(OUTCOMES) + len(RESIDUALS)


@numba.njit(forceinline=True, **WITHIN)
def _add_products(v: Any, width: Any, into: Any) -> Any:
    """Add the products of the columns of some runs: of those here with all, and of the baseline's with one another."""
    for i in range(2 * width):
        a, b, c, d = v[0, i], v[1, i], v[2, i], v[3, i]
        e, f, g, h = v[4, i], v[5, i], v[6, i], v[7, i]
        for j in range(0 if i < width else width, 2 * width):
            into[i, j] += ((a * v[0, j] + b * v[1, j]) + (c * v[2, j] + d * v[3, j])) + (
                (e * v[4, j] + f * v[5, j]) + (g * v[6, j] + h * v[7, j])
            )


def _count(
    results: Any, base_event: Any, base_residuals: Any, world_of: Any, half: Any, weight: Any, counted: Any, columns: Any,
    moved: Any, by_world: Any, n: Any, weighed: Any, sums: Any, cross: Any, seen: Any, given: Any, hit: Any,
    squared_weight: Any, metrics: Any, first: Any,
) -> Any:  # fmt: skip
    """Count some runs of one point into its sums.

    Parameters
    ----------
    results : array (n, n_results)
    base_event, base_residuals : what the same runs were at the baseline
    world_of, half : the world's number and the half of each run
    weight : what each run counts; 1 if empty
    counted : which runs count; all if empty
    columns : of the results, (of each outcome, of each residual, (outcome, column, months) of each conditional, outcomes that are
        causes, (column, outcome within which it counts, or -1) of each metric); -1 is none
    moved : array (3, n_outcomes): runs with the event, with it here alone, with it at the baseline alone
    by_world : array (n_worlds, n_outcomes) of events; not counted if it is empty
    n, weighed, sums, cross, seen : of :class:`crink_abm.estimation.control_variates.Moments`, one point's
    given, hit : arrays (n_worlds, n_conditionals)
    squared_weight : array (1,)
    metrics : array (n_metrics, 3) of weights, values and squares
    first : array (n_outcomes + n_causes, n_months)
    """
    dated, residuals, conditionals, causes, measured = columns
    q, n_residuals = dated.shape[0], residuals.shape[0]
    width, n_months = q + n_residuals, first.shape[1]
    when, waiting = np.empty(q, np.int64), np.zeros(2, np.int64)
    rows = np.zeros((2, _ABREAST, 2 * width))  # of each half, runs whose products are not added yet
    products = np.zeros((2, 2 * width, 2 * width))
    for run in range(results.shape[0]):
        if counted.shape[0] and not counted[run]:
            continue
        w = weight[run] if weight.shape[0] else 1.0
        h, world = half[run], world_of[run]
        v = rows[h, waiting[h]]
        for k in range(q):
            month = -1
            for j in range(dated.shape[1]):
                if dated[k, j] >= 0:
                    at = int(results[run, dated[k, j]])
                    if at >= 0 and (month < 0 or at < month):
                        month = at
            when[k] = month
            here, before = month >= 0, base_event[run, k]
            v[k], v[width + k] = 1.0 if here else 0.0, 1.0 if before else 0.0
            if here:
                moved[0, k] += 1
                first[k, month] += w
                if by_world.shape[0]:
                    by_world[world, k] += 1.0
                if not before:
                    moved[1, k] += 1
            elif before:
                moved[2, k] += 1
        for k in range(n_residuals):
            v[q + k] = np.rint(results[run, residuals[k]] / RESIDUAL_UNIT) * RESIDUAL_UNIT
            v[width + q + k] = base_residuals[run, k]
        n[h, world] += 1.0
        weighed[h, world] += w
        for i in range(2 * width):
            seen[h, i] += 1.0 if v[i] > 0.0 else 0.0
        if weight.shape[0]:
            for i in range(2 * width):
                v[i] *= w
        for i in range(2 * width):
            sums[h, world, i] += v[i]
        waiting[h] += 1
        if waiting[h] == _ABREAST:
            if width == _WIDTH:  # a number that the compiler knows: half the time
                _add_products(rows[h], _WIDTH, products[h])
            else:
                _add_products(rows[h], width, products[h])
            waiting[h] = 0
        for k in range(conditionals.shape[0]):
            condition, second = when[conditionals[k, 0]], int(results[run, conditionals[k, 1]])
            if condition >= 0 and condition + conditionals[k, 2] < n_months:
                given[world, k] += 1
                if second >= condition and second - condition <= conditionals[k, 2]:
                    hit[world, k] += 1
        squared_weight[0] += w * w
        for k in range(measured.shape[0]):
            if measured[k, 1] < 0 or when[measured[k, 1]] >= 0:
                value = results[run, measured[k, 0]]
                metrics[k, 0] += w
                metrics[k, 1] += w * value
                metrics[k, 2] += w * value * value
        cause, month = -1, n_months
        for k in range(causes.shape[0]):
            if 0 <= when[causes[k]] < month:
                cause, month = k, when[causes[k]]
        if cause >= 0:
            first[q + cause, month] += w
    for h in range(2):
        rows[h, waiting[h] :] = 0.0
        _add_products(rows[h], width, products[h])
        for i in range(2 * width):
            for j in range(2 * width):
                cross[h, i, j] += products[h, i, j] if i < width or j >= width else products[h, j, i]


@cache
def count() -> Callable[..., None]:
    """:func:`_count`, compiled; made once a process, and once a machine."""
    digest = hashlib.sha256(source({"counting": None}).encode()).hexdigest()[:16]
    return compiled_once(numba.njit(**OPTIONS)(_count), _SIGNATURE, f"counting-{digest}")
