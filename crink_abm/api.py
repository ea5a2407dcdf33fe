"""Runs by the hundred thousand without a file: :func:`simulate` and :func:`compare`."""

import html
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import batch, design, estimate, outcomes
from . import levers as policy
from . import worlds as ensembles
from .errors import InputError
from .failures import failed
from .kernel import RESULTS
from .overrides import checked, whole
from .scenarios import scenario
from .tally import Tally
from .world_making import make_worlds

#: Runs held in memory at a time.
_PIECE = 131_072


def ensemble(worlds="calibrated", parameters: Mapping | None = None) -> ensembles.Worlds:
    """Worlds by name: ``"calibrated"``, ``"defaults"``, or ``"prior"``, screened as sweeps do; a ``Worlds`` is returned as it is.

    Raises
    ------
    InputError
        On any other name, or parameters beside a ``Worlds``, which says them all.
    """
    if isinstance(worlds, ensembles.Worlds):
        if parameters:
            raise InputError(
                "parameters mean nothing beside a Worlds, which has every parameter of every world; leave them out, or take "
                "crink_abm.worlds.held(worlds, parameters)"
            )
        return worlds
    if worlds == "defaults":
        return ensembles.defaults(parameters)
    if worlds in ("calibrated", "prior"):
        return make_worlds(design.WorldsTable(ensemble=worlds), parameters)
    raise InputError(f"worlds is 'calibrated', 'defaults', 'prior' (screened) or a Worlds; {worlds!r} was given")


class Batch:
    """Many runs of one policy.

    Attributes
    ----------
    levers : the policy
    failed : int array, the numbers of the runs that failed (a rule raised, or gave a number that is not finite or odds
        that are none); they have no row in what follows and count in no estimate
    results : DataFrame, a row a run: first months of each event (-1 never), counts, help expected and realised
    months : int16 array (n_runs, n_outcomes), the first month of each outcome, columns as ``outcomes.OUTCOMES``
    """

    def __init__(self, levers, values, n_months, seed, first_run=0):
        self.levers, self.seed, self.n_months = levers, seed, n_months
        lost, index = failed(values), pd.RangeIndex(len(values))
        self.failed = np.flatnonzero(lost) + first_run
        self._values = values = values[~lost] if lost.any() else values
        self.results = pd.DataFrame(values, columns=list(RESULTS), index=index[~lost] if lost.any() else index)
        self.results = self.results.rename_axis("run")
        self.months = outcomes.months(values)

    def __len__(self):
        return len(self.results)

    @property
    def estimates(self) -> pd.DataFrame:
        """Probability of each outcome with its Jeffreys interval and number of runs."""
        rows = [(name, len(self), int((self.months[:, k] >= 0).sum())) for k, name in enumerate(outcomes.OUTCOMES)]
        for name, (base, hit) in outcomes.conditionals(self._values, self.months, self.n_months).items():
            rows.append((name, int(base.sum()), int(hit.sum())))
        table = pd.DataFrame(rows, columns=["outcome", "n_runs", "n_events"])
        table["prob"] = table["n_events"] / table["n_runs"].where(table["n_runs"] > 0)
        table["low"], table["high"] = estimate.jeffreys(table["n_events"], table["n_runs"])
        return table[["outcome", "prob", "low", "high", "n_events", "n_runs"]]

    def incidence(self, outcome: str = "any_failure") -> pd.DataFrame:
        """Cumulative incidence of one outcome by month, with its interval."""
        if outcome not in outcomes.OUTCOMES:
            raise InputError(f"no outcome is named {outcome!r}; they are {', '.join(outcomes.OUTCOMES)}")
        prob, low, high = estimate.incidence(self.months[:, list(outcomes.OUTCOMES).index(outcome)], self.n_months)
        return pd.DataFrame({"month": np.arange(1, self.n_months + 1), "prob": prob, "low": low, "high": high})

    def __repr__(self):
        lost = f", besides {len(self.failed)} that failed" if len(self.failed) else ""
        return f"Batch({len(self)} runs of {self.n_months} months, seed {self.seed}{lost})"

    def _repr_html_(self):
        return f"<p><b>{html.escape(repr(self))}</b></p>" + self.estimates.to_html(index=False, float_format="%.4f")


def simulate(
    levers: Mapping | None = None, *, runs: int = 10_000, seed: int = 0, first_run: int = 0,
    parameters: Mapping | None = None, worlds="defaults", months: int = policy.MONTHS, start: str = policy.START,
    drivers: Mapping | None = None, rules: Mapping | None = None,
) -> Batch:  # fmt: skip
    """Many runs of one policy, compiled: run k is the run that ``DeterrenceModel(levers, seed=seed, run=k)`` makes.

    Parameters
    ----------
    levers : the policy; today's values where none is given
    runs, seed, first_run : how many, which luck, and the first run's number
    parameters : coefficients and switches that differ from their defaults
    worlds : ``"defaults"``, ``"calibrated"`` or ``"prior"`` (screened), or a ``Worlds``; run k lives in world
        ``worlds.of(k)``, each once in every round through them
    rules : plain functions that replace rules by full name, e.g. ``{"china.crisis_prob": f}``; compiled, and
        with the arguments of the rule they replace; globals and arrays that they read are taken as they are at the call

    Warns
    -----
    UserWarning
        If runs failed: they are left out, and ``Batch.failed`` names them. If there are fewer runs than worlds.

    Raises
    ------
    InputError
        On anything out of range.
    """
    seed, first_run = whole("seed", seed), whole("first_run", first_run)
    if whole("runs", runs) < 1:
        raise InputError(f"runs is at least 1; {runs} was given")
    chosen, rules = policy.checked(levers), checked(rules)
    chosen_worlds = ensemble(worlds, parameters)
    values = batch.run_many(
        policy.calendar(chosen, months, start, drivers), chosen_worlds.values, runs, seed=seed, first_run=first_run,
        world_of=chosen_worlds.of_runs(first_run, runs), rules=rules,
    )  # fmt: skip
    made = Batch(chosen, values, months, seed, first_run)
    _warn(made.failed, runs)
    _warn_of_few(chosen_worlds, runs)
    return made


def _warn(runs: np.ndarray, of: int) -> None:
    """Say that some runs failed, and which first."""
    if len(runs):
        first = ", ".join(map(str, runs[:5])) + (", ..." if len(runs) > 5 else "")
        warnings.warn(
            f"{len(runs):,} of {of:,} runs failed (a rule raised, or gave a number that is not finite or odds that are none) "
            f"and count nowhere: run {first}; DeterrenceModel(..., run=K, rules=...).run() shows why",
            stacklevel=3,
        )


def _warn_of_few(worlds: ensembles.Worlds, runs: int) -> None:
    """Say that there were fewer runs than worlds."""
    if said := worlds.few(runs):
        warnings.warn(said, stacklevel=3)


def compare(
    *policies: Mapping | str, runs: int = 100_000, seed: int = 0, parameters: Mapping | None = None, worlds="calibrated",
    months: int = policy.MONTHS, start: str = policy.START, names: list[str] | None = None, interval: str = "best",
    rules: Mapping | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Policies under common random numbers, each a mapping of levers or the name of a scenario.

    The first is what the others are compared with; one alone is compared with today's. By default the runs are
    spread over the calibrated worlds (``worlds="calibrated"``), where ``simulate`` uses the default parameters. A run
    that failed (see ``simulate``), or failed under the first policy, counts in no estimate, and a warning names it. Another
    warns of fewer runs than worlds; ``attrs["worlds"]`` says where the worlds come from, ``attrs["note"]`` what else goes
    with them.

    Returns
    -------
    DataFrame, a row a policy and outcome, columns as in ``Results.estimates``: prob, low, high (by ``method``: the luck
    taken out, or counts), n_runs; diff, diff_low, diff_high (paired, by ``diff_method``); n_up, n_down, the runs in
    which only one of the two fails; q_value; and the spreads of both over the worlds.

    Raises
    ------
    InputError
        With no policy, or anything out of range.
    """
    if not policies:
        raise InputError("compare takes at least one policy (a mapping of levers, or a scenario's name)")
    if len(policies) == 1:
        policies, names = ({}, *policies), ["today", *(names or ["policy"])]
    policies = tuple(scenario(chosen) if isinstance(chosen, str) else chosen for chosen in policies)
    seed, runs, rules = whole("seed", seed), whole("runs", runs), checked(rules)
    if runs < 1:
        raise InputError(f"runs is at least 1; {runs} was given")
    chosen_worlds = ensemble(worlds, parameters)
    calendars = [policy.calendar(chosen, months, start) for chosen in policies]
    tally = Tally(chosen_worlds, months, 0, [runs] * len(policies))
    lost = set()
    for first, n in batch.chunks(runs, _PIECE):
        base = base_failed = None
        for number, calendar in enumerate(calendars):
            values = batch.run_many(
                calendar, chosen_worlds.values, n, seed=seed, first_run=first,
                world_of=chosen_worlds.of_runs(first, n), rules=rules,
            )  # fmt: skip
            bad = failed(values)
            lost.update((np.flatnonzero(bad) + first).tolist())
            if base is None:
                base, base_failed = outcomes.observed(np.nan_to_num(values)), bad
            tally.add(number, first, values, base, ~(bad | base_failed))
    for number in range(len(policies)):
        tally.close(number)
    _warn(np.array(sorted(lost)), runs)
    _warn_of_few(chosen_worlds, runs)
    labels = names or [f"policy {k}" for k in range(len(policies))]
    points = pd.DataFrame({"point": range(len(policies)), "policy": labels, "family": "policy"})
    table = tally.estimates(points, interval).drop(columns=["point", "family", "n_both"])
    table.attrs |= {"worlds": chosen_worlds.origin, "note": chosen_worlds.note}
    return table
