"""Many runs of one policy, in memory."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..estimation import intervals
from ..estimation.incidence import incidence as cumulative
from ..model import arguments, outcomes
from ..model.outcomes import RESULTS, failed
from ..util.errors import InputError, told


class Batch:
    """Many runs of one policy.

    Attributes
    ----------
    levers : the policy
    failed : array, the numbers of the runs that failed (a rule raised, or gave a number that is not finite or odds
        that are none); they have no row in what follows and count in no estimate
    results : DataFrame, a row a run, indexed by its number: first months of each event (the first month of a run is 0;
        -1 never), counts, help expected and realised
    months : int16 array (n_runs, n_outcomes), the first month of each outcome, from 0, columns as ``outcomes.OUTCOMES``
    states : DataFrame, a row a run: of each field in ``simulate(states=...)`` its mean over the months and its last value,
        columns (field, "mean" or "last")
    weights : array (n_runs,), what each run counts so that every world weighs the same; all 1 where each world has as many runs

    Examples
    --------
    >>> import crink_abm as crink
    >>> batch = crink.simulate(runs=200, seed=1, months=12)
    >>> batch.incidence("korea_attack")["month"].tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    >>> list(batch.estimates)
    ['outcome', 'prob', 'low', 'high', 'n_events', 'n_runs']
    """

    levers: dict[str, Any]
    seed: int
    n_months: int
    failed: np.ndarray
    results: pd.DataFrame
    months: np.ndarray
    weights: np.ndarray
    states: pd.DataFrame

    def __init__(
        self,
        levers: dict[str, Any],
        values: np.ndarray,
        n_months: int,
        seed: int,
        first_run: int = 0,
        weights: np.ndarray | None = None,
        states: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
    ) -> None:
        if not isinstance(values, np.ndarray) or values.shape[1:] != (len(RESULTS),) or values.dtype != float:
            raise InputError(f"a Batch is made by simulate, of the engine's results; {told(values)} was given")
        self.levers, self.seed, self.n_months = levers, seed, n_months
        lost, index = failed(values), _numbered(first_run, len(values))
        self.failed = index[lost].to_numpy()
        self._values = values = values[~lost] if lost.any() else values
        self.results = pd.DataFrame(values, columns=list(RESULTS), index=index[~lost] if lost.any() else index)
        self.results = self.results.rename_axis("run")
        self.months = outcomes.months(values)
        self.weights = (np.ones(len(lost)) if weights is None else weights)[~lost]
        columns = {
            (name, what): x[~lost]
            for name, both in (states or {}).items()
            for what, x in zip(("mean", "last"), both, strict=True)
        }
        self.states = pd.DataFrame(columns, index=self.results.index)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def estimates(self) -> pd.DataFrame:
        """Probability of each outcome with its Clopper-Pearson interval and number of runs; every world weighs the same."""
        masks = {name: (np.ones(len(self), bool), self.months[:, k] >= 0) for k, name in enumerate(outcomes.OUTCOMES)}
        masks |= outcomes.conditionals(self._values, self.months, self.n_months)
        rows = []
        for name, (given, hit) in masks.items():
            mine = self.weights[given]
            share = self.weights[given & hit].sum() / mine.sum() if len(mine) else np.nan
            worth = mine.sum() ** 2 / (mine**2).sum() if len(mine) else 0.0
            rows.append((name, share, worth, int((given & hit).sum()), len(mine)))
        table = pd.DataFrame(rows, columns=["outcome", "prob", "worth", "n_events", "n_runs"])
        table["low"], table["high"] = intervals.clopper_pearson(table["prob"] * table["worth"], table["worth"])
        return table[["outcome", "prob", "low", "high", "n_events", "n_runs"]]

    @property
    def state_estimates(self) -> pd.DataFrame:
        """Means over the runs of what :attr:`states` holds, every world weighing the same.

        Returns
        -------
        DataFrame: quantity ("mean arms_flow", the mean over the months of a run; "last arms_flow", its last value), mean, low,
        high (95 %, the runs as the sample), sd (between runs), n_runs
        """
        rows = []
        for name, what in self.states:
            x, w = self.states[name, what].to_numpy(), self.weights / self.weights.sum() if len(self) else self.weights
            mean = float((w * x).sum())
            spread = float(np.sqrt((w * (x - mean) ** 2).sum()))
            half = float(ndtri(0.975)) * spread * float(np.sqrt((w**2).sum()))
            rows.append((f"{what} {name}", mean, mean - half, mean + half, spread, len(x)))
        return pd.DataFrame(rows, columns=["quantity", "mean", "low", "high", "sd", "n_runs"])

    def incidence(self, outcome: str = "any_failure") -> pd.DataFrame:
        """Cumulative incidence of one outcome by month, with its interval: the share that has failed by the end of a month.

        Months count from 0, as everywhere.

        Raises
        ------
        InputError
            On an outcome that has no month.
        """
        outcome = arguments.outcome(outcome, outcomes.OUTCOMES)
        months = self.months[:, list(outcomes.OUTCOMES).index(outcome)]
        prob, low, high = cumulative(months, self.n_months, self.weights)
        return pd.DataFrame({"month": np.arange(self.n_months), "prob": prob, "low": low, "high": high})

    def __repr__(self) -> str:
        lost = f", besides {len(self.failed)} that failed" if len(self.failed) else ""
        return f"Batch({len(self)} runs of {self.n_months} months, seed {self.seed}{lost})"

    def _repr_html_(self) -> str:
        return f"<p><b>{html.escape(repr(self))}</b></p>" + self.estimates.to_html(index=False, float_format="%.4f")


def _numbered(first_run: int, n: int) -> pd.Index:
    """The numbers of ``n`` runs, the first ``first_run``."""
    if first_run + n < 2**63:
        return pd.RangeIndex(first_run, first_run + n)
    return pd.Index(np.arange(n, dtype=np.uint64) + np.uint64(first_run))
