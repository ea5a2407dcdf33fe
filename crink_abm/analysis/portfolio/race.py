"""Racing: which of many policies are on a front of cost and risk, with runs given to those that may be.

Costs are known, risks are means over runs. A policy is *dominated* on a front if another costs no more in any currency and has
less of each of the front's risks. All policies begin; at each look the policies that are still in get the same new runs (common
random numbers), and those shown to be dominated are dropped.

The bound that drops them is valid under any number of looks. Suppose a policy is on the front. Then against any mixture of
policies that cost no more, its risk is not larger, so wealth that begins at 1 and is multiplied at each run by 1 + b (its risk
less theirs), with b and the mixture chosen before the run, is a nonnegative supermartingale. By Ville's inequality it ever
exceeds 1 / a with a probability of at most a, whatever the number of looks and however opponents are chosen from earlier runs.
Two promises can be asked for. ``any``: a policy is dropped where its wealth exceeds (policies x fronts) / alpha, and the chance
that any policy is wrongly dropped from any front is at most alpha. ``each``: it is dropped where its wealth exceeds 1 / alpha,
and each policy of a front is wrongly dropped from it with a chance of at most alpha, so at most this share of a front is lost on
average; this takes a third of the runs where there are thousands. No normal approximation and no variance is assumed.

Source: Ville 1939; Waudby-Smith and Ramdas 2024 (testing the mean of bounded variables by betting); Shafer 2021; Maron and Moore
1994 (races); Howard et al. 2021 (bounds under continuous looks).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...typing import BoolArray, FloatArray, IntArray
from ...util.errors import InputError
from ..kept import Kept, key_of

#: Of a kept look; raised where one comes to mean another thing.
FORMAT = 1
#: Shares of wealth that are put on a run, side by side; the wealth that counts is their mean.
BETS = (0.05, 0.1, 0.2, 0.4, 0.8)
#: Cheaper policies with the least risk so far: where a front has one risk, half of the wealth is put against the first of them,
#: and half against the mean of so many.
OPPONENTS = 4
#: Looks come after multiples of so many runs.
STEP = 64
#: Each look adds this share of the runs so far.
GROWTH = 0.25
#: Numbers of a piece of a look at most.
_PIECE = 8_000_000
#: Mixtures of opponents: the first, and the mean of all.
_SIDES = 2
#: Comparisons of cost that are held at a time.
_BLOCK = 4_000_000

#: Over what the chance of a wrong drop is promised: any policy of any front, or each.
Promise = Literal["any", "each"]
#: ``draw(policies, first, n)``: the risks of some policies in runs ``first`` to ``first + n - 1``, between 0 and 1, the same
#: runs for each: array (n_policies, n, n_risks).
Draw = Callable[[IntArray, int, int], Any]


@dataclass(frozen=True)
class Front:
    """A front: its name, and the places of its risks."""

    name: str
    risks: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Raced:
    """What a race came to.

    Attributes
    ----------
    alive : array (n_fronts, n_policies), which policies are not shown to be dominated
    dropped_at : array of the same shape, the runs after which each was dropped; 0 if it was not
    evidence : array of the same shape, the logarithm of the wealth at the last look it took part in
    runs : array (n_policies,), the runs of each
    mean : array (n_policies, n_risks), means over each policy's own runs
    looks : DataFrame, a row a look: runs so far, new runs, policies in, new runs of all, and by front those left after it
    threshold : the logarithm of the wealth that drops a policy
    ended : why the race ended
    """

    alive: BoolArray
    dropped_at: IntArray
    evidence: FloatArray
    runs: IntArray
    mean: FloatArray
    looks: pd.DataFrame
    threshold: float
    ended: str

    @property
    def left(self) -> IntArray:
        """The policies that are left on any front, by their places."""
        return np.flatnonzero(self.alive.any(0))


def race(
    costs: FloatArray, fronts: Sequence[Front], draw: Draw, *, budget: int, most: int, alpha: float = 0.05,
    promise: Promise = "any", n_risks: int | None = None, kept: Kept | None = None, key: Any = None,
    progress: Callable[..., object] | None = None,
) -> Raced:  # fmt: skip
    """Race policies to their fronts.

    Parameters
    ----------
    costs : array (n_policies, n_currencies)
    fronts : each with at least one risk
    draw : runs; see :data:`Draw`
    budget : runs of all policies at most
    most : runs of one policy at most; a multiple of :data:`STEP`
    alpha, promise : the chance, at most, that any policy of any front is wrongly dropped, or each
    n_risks : risks that ``draw`` gives, if there are more than fronts ask for
    kept, key : where looks are kept, if anywhere, and what decides the runs besides what is said here
    progress : called with the runs done and the budget

    Raises
    ------
    InputError
        If the budget is not enough for one look.

    Examples
    --------
    Four policies, of which the third costs more than the second and has more risk:

    >>> risk = np.array([0.5, 0.3, 0.4, 0.1])
    >>> def draw(policies, first, n):
    ...     u = np.random.default_rng(first).random(n)
    ...     return (u < risk[policies, None]).astype(float)[:, :, None]
    >>> found = race(np.array([[0.0], [1.0], [2.0], [3.0]]), [Front("risk", (0,))], draw, budget=10_000, most=1024)
    >>> found.alive[0].tolist()
    [True, True, False, True]
    """
    costs = np.asarray(costs, float)
    n = len(costs)
    n_risks = n_risks or 1 + max(place for front in fronts for place in front.risks)
    if budget < n * STEP:
        raise InputError(
            f"{n:,} policies take {n * STEP:,} runs for a first look; a budget of {budget:,} was given: raise it, or give fewer "
            "policies"
        )
    bets = [(f, k) for f, front in enumerate(fronts) for k in front.risks]
    threshold = float(np.log((n * len(fronts) if promise == "any" else 1) / alpha))
    alive, dropped_at = np.ones((len(fronts), n), bool), np.zeros((len(fronts), n), np.int64)
    wealth = np.zeros((len(fronts), n, _SIDES * len(BETS)))
    sums, runs, spent, done, rows = np.zeros((n, n_risks)), np.zeros(n, np.int64), 0, 0, []
    while True:
        policies = np.flatnonzero(alive.any(0))
        new = min(_next(done), most - done, (budget - spent) // len(policies) // STEP * STEP)
        if new < STEP:
            ended = "the most runs of a policy" if done >= most else "the budget"
            break
        mean = sums[policies] / max(done, 1)
        against = [
            _opponents(costs[policies], mean[:, list(front.risks)], alive[f, policies], done)
            for f, front in enumerate(fronts)
        ]
        gain = np.zeros((len(bets), len(policies), _SIDES * len(BETS)))
        for first, count in _pieces(done, new, len(policies) * n_risks):
            name = key_of([FORMAT, key, alpha, first, count, BETS], costs, policies, *against) if kept else ""
            part = kept.read(name) if kept else None
            if part is None:
                part = _piece(draw(policies, first, count), bets, against, n_risks)
                if kept:
                    kept.write(name, part)
            sums[policies] += part[:, :n_risks]
            gain += part[:, n_risks:].reshape(len(policies), len(bets), -1).transpose(1, 0, 2)
            spent += count * len(policies)
            if progress:
                progress(spent, budget)
        done += new
        runs[policies] = done
        for f in range(len(fronts)):
            own = [b for b, (front, _) in enumerate(bets) if front == f]
            still = alive[f, policies]
            wealth[f, policies[still]] += gain[own].min(0)[still]
            total = np.logaddexp.reduce(wealth[f], axis=1) - np.log(wealth.shape[2])
            gone = alive[f] & (total >= threshold)
            alive[f, gone], dropped_at[f, gone] = False, done
        rows.append((done, new, len(policies), new * len(policies), *alive.sum(1)))
    looks = pd.DataFrame(
        rows,
        columns=[
            "runs_so_far",
            "new_runs",
            "policies_in",
            "runs_of_all",
            *(f"left_{front.name}" for front in fronts),
        ],
    )
    evidence = np.logaddexp.reduce(wealth, axis=2) - np.log(wealth.shape[2])
    return Raced(alive, dropped_at, evidence, runs, sums / np.maximum(runs, 1)[:, None], looks, threshold, ended)


def _next(done: int) -> int:
    """New runs of the next look."""
    return max(STEP, int(done * GROWTH) // STEP * STEP)


def _pieces(done: int, new: int, width: int) -> list[tuple[int, int]]:
    """(first, count) of the pieces of a look."""
    size = max(1, _PIECE // (width * STEP)) * STEP
    return [(first, min(size, done + new - first)) for first in range(done, done + new, size)]


def _opponents(costs: FloatArray, mean: FloatArray, alive: BoolArray, done: int) -> IntArray:
    """The opponents of each policy, -1 for none: array (n, OPPONENTS), or (n, 1) where there are several risks.

    Of those that cost no more in any currency and have had less of each risk so far, those with the least.
    """
    n, many = len(costs), OPPONENTS if mean.shape[1] == 1 else 1
    found = np.full((n, many), -1, np.int64)
    if not done:
        return found
    score = mean[:, 0] if mean.shape[1] == 1 else (mean / np.maximum(mean.mean(0), 1e-12)).sum(1)
    order = np.argsort(score, kind="stable")
    size, asked = max(1, _BLOCK // n), np.flatnonzero(alive)
    for at in range(0, len(asked), size):
        some = asked[at : at + size]
        fit = np.ones((len(some), n), bool)
        for table in (costs, mean):
            for column in table.T:
                near = column[order][None, :]
                fit &= near <= column[some][:, None] if table is costs else near < column[some][:, None]
        place = np.cumsum(fit, axis=1)
        for k in range(many):
            has = place[:, -1] > k
            found[some[has], k] = order[(place[has] > k).argmax(1)]
    return found


def _piece(values: FloatArray, bets: list[tuple[int, int]], against: list[IntArray], n_risks: int) -> FloatArray:
    """Of each policy, the sums of its risks, and what the logarithm of its wealth gains in each bet: array (n, numbers)."""
    n, width = len(values), _SIDES * len(BETS)
    part = np.zeros((n, n_risks + len(bets) * width))
    part[:, :n_risks] = values.sum(1, dtype=float)
    for b, (f, k) in enumerate(bets):
        opponents = against[f]
        asked = np.flatnonzero(opponents[:, 0] >= 0)
        size = max(1, 2_000_000 // values.shape[1])
        for at in range(0, len(asked), size):
            some = asked[at : at + size]
            there = opponents[some] >= 0
            first = values[opponents[some, 0], :, k]
            theirs = first.astype(float)
            for j in range(1, opponents.shape[1]):
                theirs += np.where(there[:, j, None], values[np.maximum(opponents[some, j], 0), :, k], 0.0)
            own = values[some, :, k]
            for side, than in enumerate((first, theirs / there.sum(1)[:, None])):
                more = (own - than).astype(float)
                for j, bet in enumerate(BETS):
                    part[some, n_risks + b * width + side * len(BETS) + j] = np.log1p(bet * more).sum(1)
    return part
