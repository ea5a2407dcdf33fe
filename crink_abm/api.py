"""Runs by the hundred thousand without a file: :func:`simulate` and :func:`compare`."""

import html
import os
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import arguments, batch, design, estimate, outcomes
from . import levers as policy
from . import worlds as ensembles
from .errors import InputError, told
from .failures import failed
from .kernel import RESULTS
from .overrides import changes_odds
from .overrides import checked as checked_rules
from .tally import Tally
from .world_making import make_worlds

#: Runs held in memory at a time.
_PIECE = 131_072


def ensemble(worlds="calibrated", parameters: Mapping | None = None) -> ensembles.Worlds:
    """Worlds by name: ``"calibrated"``, ``"defaults"``, or ``"prior"``, screened as sweeps do; a ``Worlds`` is returned as it is.

    Raises
    ------
    InputError
        On any other name, a ``Worlds`` that is no table of the catalogue's parameters, or one with ``parameters`` beside it.
    """
    parameters = arguments.parameters(parameters)
    if isinstance(worlds, ensembles.Worlds):
        if parameters:
            raise InputError(
                "parameters mean nothing beside a Worlds, which has every parameter of every world; leave them out, or take "
                "crink_abm.worlds.held(worlds, parameters)"
            )
        return worlds
    if isinstance(worlds, str) and worlds == "defaults":
        return ensembles.defaults(parameters)
    if isinstance(worlds, str) and worlds in ("calibrated", "prior"):
        return make_worlds(design.WorldsTable(ensemble=worlds), parameters)
    raise InputError(f"worlds is 'calibrated', 'defaults', 'prior' (screened) or a Worlds; {told(worlds)} was given")


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
    weights : array (n_runs,), what each run counts so that every world weighs the same; all 1 where each world has as many runs
    """

    def __init__(self, levers, values, n_months, seed, first_run=0, weights=None):
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

    def __len__(self):
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
        table["low"], table["high"] = estimate.clopper_pearson(table["prob"] * table["worth"], table["worth"])
        return table[["outcome", "prob", "low", "high", "n_events", "n_runs"]]

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
        prob, low, high = estimate.incidence(months, self.n_months, self.weights)
        return pd.DataFrame({"month": np.arange(self.n_months), "prob": prob, "low": low, "high": high})

    def __repr__(self):
        lost = f", besides {len(self.failed)} that failed" if len(self.failed) else ""
        return f"Batch({len(self)} runs of {self.n_months} months, seed {self.seed}{lost})"

    def _repr_html_(self):
        return f"<p><b>{html.escape(repr(self))}</b></p>" + self.estimates.to_html(index=False, float_format="%.4f")


def _numbered(first_run: int, n: int) -> pd.Index:
    """The numbers of ``n`` runs, the first ``first_run``."""
    if first_run + n < 2**63:
        return pd.RangeIndex(first_run, first_run + n)
    return pd.Index(np.arange(n, dtype=np.uint64) + np.uint64(first_run))


def _check_memory(runs: int) -> None:
    """Refuse runs that this machine cannot hold: results, their copy, and what is told of them."""
    need = runs * len(RESULTS) * 8 * 3
    try:
        has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # a system that does not tell
        return
    if need > has:
        raise InputError(
            f"simulate holds all its runs in memory: {runs:,} take about {need / 1e9:,.0f} GB, and this machine has "
            f"{has / 1e9:,.0f} GB; ask for fewer, or use compare or sweep, which count as they go"
        )


def simulate(
    levers: Mapping | None = None, *, runs: int = 10_000, seed: int = 0, first_run: int = 0,
    parameters: Mapping | None = None, worlds="defaults", months: int = policy.MONTHS, start: str = policy.START,
    drivers: Mapping | None = None, rules: Mapping | None = None,
) -> Batch:  # fmt: skip
    """Many runs of one policy, compiled: run k is the run that ``DeterrenceModel(levers, seed=seed, run=k)`` makes.

    Parameters
    ----------
    levers : the policy, a mapping of levers or a scenario's name; today's values where none is given
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
    seed, months, start = arguments.seed(seed), arguments.months(months), arguments.month("start", start)
    runs, first_run = arguments.runs(runs, first_run)
    rules = checked_rules(arguments.rules(rules))
    chosen = policy.checked(arguments.levers(levers))
    calendar = policy.calendar(chosen, months, start, arguments.drivers(drivers, months))
    _check_memory(runs)
    arguments.environment()
    chosen_worlds = ensemble(worlds, parameters)
    values = batch.run_many(
        calendar, chosen_worlds.values, runs, seed=seed, first_run=first_run,
        world_of=chosen_worlds.of_runs(first_run, runs), rules=rules,
    )  # fmt: skip
    weights = chosen_worlds.weights(runs, first_run)[chosen_worlds.of_runs(first_run, runs)]
    made = Batch(chosen, values, months, seed, first_run, weights)
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
    policies = tuple(arguments.levers(chosen, "a policy") for chosen in policies)
    labels = _labels(names, len(policies))
    policies = ({}, *policies) if len(policies) == 1 else policies
    seed, months, start = arguments.seed(seed), arguments.months(months), arguments.month("start", start)
    (runs, _), rules = arguments.runs(runs), checked_rules(arguments.rules(rules))
    interval = arguments.one_of("interval", interval, estimate.KINDS)
    calendars = [policy.calendar(chosen, months, start) for chosen in policies]
    arguments.environment()
    chosen_worlds = ensemble(worlds, parameters)
    tally = Tally(chosen_worlds, months, (0,), [runs] * len(policies), take_out=not changes_odds(rules))
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
            tally.add([number], first, values[None], base, ~(bad | base_failed)[None])
    _warn(np.array(sorted(lost)), runs)
    _warn_of_few(chosen_worlds, runs)
    points = pd.DataFrame({"point": range(len(policies)), "policy": labels, "family": "policy"})
    table = tally.estimates(points, interval).drop(columns=["point", "family", "n_both"])
    table.attrs |= {"worlds": chosen_worlds.origin, "note": chosen_worlds.note}
    return table


def _labels(names, n: int) -> list[str]:
    """A name for each of ``n`` policies; one alone stands after today's."""
    if names is None:
        return ["today", "policy"] if n == 1 else [f"policy {k}" for k in range(n)]
    given = [names] if isinstance(names, str) else arguments.several("names", names)
    given = [arguments.text("a policy's name", name, "heavy forces") for name in given]
    if len(given) != n:
        raise InputError(f"names has one for each of the {n} policies given; {len(given)} were given")
    given = ["today", *given] if n == 1 else given
    check_names(given)
    return given


def check_names(names: list[str]) -> None:
    """Refuse policies of one name: their rows could not be told apart."""
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two policies are named {told(name)}; compare each once, under a name of its own")
