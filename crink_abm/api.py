"""The front door to running: :func:`simulate` and :func:`compare` without a file, :func:`sweep` into a folder."""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .engine import compiled, engine_name
from .ensemble import worlds as ensembles
from .ensemble.build import ensemble
from .estimation import intervals
from .estimation.accumulator import Accumulator
from .estimation.means import row
from .estimation.measures import Measure, Runs, numbers
from .estimation.measures import measures as named_measures
from .experiment import reader, replications, schema, sizes
from .model import arguments, outcomes
from .model import levers as policy
from .model.costs import cost
from .model.fields import BY_NAME
from .model.outcomes import RESULTS, failed
from .model.overrides import changes_odds
from .model.overrides import checked as checked_rules
from .results.compact import Comparison
from .results.results import Results
from .results.simulated import Batch
from .sweeps import pilot
from .sweeps.executors import choice
from .sweeps.runner import Runner, count_runs, plan_in
from .sweeps.store import Store
from .typing import (
    Drivers,
    EngineName,
    ExperimentLike,
    Interval,
    PackageName,
    Parameters,
    PathLike,
    Policy,
    Progress,
    Rules,
    WorldsName,
)
from .util.errors import InputError, told
from .util.plain import check_names
from .util.scalars import real
from .util.size import check_memory

#: Runs held in memory at a time.
_PIECE = 131_072


def simulate(
    levers: Policy | PackageName | None = None,
    *,
    runs: int = 10_000,
    seed: int = 0,
    first_run: int = 0,
    parameters: Parameters | None = None,
    worlds: WorldsName | ensembles.Worlds = "defaults",
    months: int = policy.MONTHS,
    start: str = policy.START,
    drivers: Drivers | None = None,
    rules: Rules | None = None,
    states: Sequence[str] = (),
) -> Batch:
    """Many runs of one policy, compiled: run k is the run that ``DeterrenceModel(levers, seed=seed, run=k)`` makes.

    Parameters
    ----------
    levers : the policy, a mapping of levers or a scenario's name; today's values where none is given
    runs, seed, first_run : how many, which random numbers, and the first run's number
    parameters : coefficients and switches that differ from their defaults
    worlds : ``"defaults"``, ``"calibrated"`` or ``"prior"`` (screened), or a ``Worlds``; run k lives in world
        ``worlds.of(k)``, each once in every round through them
    rules : plain functions that replace rules by full name, e.g. ``{"china.crisis_prob": f}``; compiled, and
        with the arguments of the rule they replace; globals and arrays that they read are taken as they are at the call
    states : fields of the model (``crink-abm info FIELD``) whose mean over the months and value at the end are outcomes too:
        ``Batch.states`` has them run by run, ``Batch.state_estimates`` with intervals

    Warns
    -----
    UserWarning
        If runs failed: they are left out, and ``Batch.failed`` names them. If there are fewer runs than worlds.

    Raises
    ------
    InputError
        On anything out of range.

    Examples
    --------
    >>> import crink_abm as crink
    >>> batch = crink.simulate({"usfk_posture": 0.7}, runs=500, seed=1)
    >>> batch
    Batch(500 runs of 120 months, seed 1)
    >>> row = batch.estimates.set_index("outcome").loc["any_failure"]
    >>> bool(row["low"] <= row["prob"] <= row["high"])
    True

    Run 7 is the run that Mesa makes:

    >>> model = crink.DeterrenceModel({"usfk_posture": 0.7}, seed=1, run=7).run()
    >>> bool(batch.results.loc[7, "n_provocations"] == model.value("n_provocations"))
    True

    A state is an outcome too:

    >>> batch = crink.simulate(runs=500, states=["arms_flow"])
    >>> batch.state_estimates["quantity"].tolist()
    ['mean arms_flow', 'last arms_flow']
    """
    seed, months, start = arguments.seed(seed), arguments.months(months), arguments.month("start", start)
    runs, first_run = arguments.runs(runs, first_run)
    rules = checked_rules(arguments.rules(rules))
    chosen = policy.checked(arguments.levers(levers))
    calendar = policy.calendar(chosen, months, start, arguments.drivers(drivers, months))
    asked = arguments.names("states", states, BY_NAME, kind="field", least=0)
    held = f"{runs:,} runs of simulate, all held at once (compare and sweep count as they go),"
    check_memory(runs * (len(RESULTS) + 2 * len(asked)) * 8 * 3, held)
    arguments.environment()
    chosen_worlds = ensemble(worlds, parameters)
    world_of = chosen_worlds.of_runs(first_run, runs)
    how: dict[str, Any] = {"seed": seed, "first_run": first_run, "world_of": world_of, "rules": rules}
    means = last = None
    if asked:
        values, means, last = compiled.state_summaries(calendar, chosen_worlds.values, runs, asked, **how)
    else:
        values = compiled.run_many(calendar, chosen_worlds.values, runs, **how)
    weights = chosen_worlds.weights(runs, first_run)[world_of]
    made = Batch(chosen, values, months, seed, first_run, weights, _by_state(asked, means, last))
    _warn(made.failed, runs)
    _warn_of_few(chosen_worlds, runs)
    return made


def _by_state(names: list[str], means: Any, last: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Field -> its mean over the months and its last value, run by run."""
    return {name: (means[:, k], last[:, k]) for k, name in enumerate(names)}


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
    *policies: Policy | PackageName,
    runs: int = 100_000,
    seed: int = 0,
    parameters: Parameters | None = None,
    worlds: WorldsName | ensembles.Worlds = "calibrated",
    months: int = policy.MONTHS,
    start: str = policy.START,
    drivers: Drivers | Sequence[Drivers] | None = None,
    names: Sequence[str] | None = None,
    interval: Interval = "best",
    rules: Rules | None = None,
    measures: Sequence[str | Measure] = (),
) -> Comparison:
    """Policies under common random numbers, each a mapping of levers or the name of a scenario.

    The first is what the others are compared with; one alone is compared with today's. By default the runs are
    spread over the calibrated worlds (``worlds="calibrated"``), where ``simulate`` uses the default parameters. A run
    that failed (see ``simulate``), or failed under the first policy, counts in no estimate, and a warning names it. Another
    warns of fewer runs than worlds; ``attrs["worlds"]`` says where the worlds come from, ``attrs["note"]`` what else goes
    with them.

    ``drivers`` holds for all policies, or gives one mapping for each: an intervention (``force_taiwan``, ``force_korea``,
    ``force_flow``, ``force_xi_belief``, ``force_kim_belief``) is compared with what comes without it by two equal policies.

    ``measures`` asks for more than the outcomes, a row each behind them: ``"mean FIELD"`` or ``"last FIELD"`` of any field, a
    count of a run (``"n_provocations"``), any of these or an outcome ``"... given OUTCOME and not OUTCOME"``, or a :func:`loss`
    that weighs outcomes. Their ``prob`` is a mean; ``method`` says so.

    Returns
    -------
    Comparison, a DataFrame that shows its changes first (:meth:`Comparison.table`), with a row a policy and outcome and columns
    as in ``Results.estimates``: prob, low, high (by ``method``: control variates, or counts), n_runs; diff, diff_low,
    diff_high (paired, by ``diff_method``); n_only_policy, n_only_baseline, the runs in which only one of the two fails;
    q_value; and the spreads of both over the worlds.

    Raises
    ------
    InputError
        With no policy, or anything out of range.

    Examples
    --------
    >>> import crink_abm as crink
    >>> table = crink.compare({"exposure": 0.5}, {"exposure": 0.9}, runs=500, worlds="defaults", names=["now", "open"])
    >>> table["policy"].unique().tolist()
    ['now', 'open']
    >>> failure = table[table["outcome"] == "any_failure"].set_index("policy")
    >>> float(failure.loc["now", "diff"])  # the first is what the others are compared with
    0.0
    >>> war = {"force_taiwan": {"2029-01": 3, "2029-02": -1}}  # imposed for a month; it ends by the rules of wars
    >>> table = crink.compare({}, {}, drivers=[{}, war], runs=500, worlds="defaults", names=["as it comes", "war"])
    >>> failure = table[table["outcome"] == "taiwan_invasion"].set_index("policy")
    >>> float(failure.loc["war", "prob"])
    1.0
    >>> asked = ["mean arms_flow", "russian_join given taiwan_invasion and not korea_war", crink.loss({"korea_war": 5.0})]
    >>> table = crink.compare({"exposure": 0.9}, runs=500, worlds="defaults", measures=asked)
    >>> table["outcome"].tolist()[-3:]
    ['mean arms_flow', 'russian_join given taiwan_invasion and not korea_war', 'loss']
    """
    if not policies:
        raise InputError("compare takes at least one policy (a mapping of levers, or a scenario's name)")
    given = tuple(arguments.levers(chosen, "a policy") for chosen in policies)
    labels = _labels(names, len(given))
    given = ({}, *given) if len(given) == 1 else given
    seed, months, start = arguments.seed(seed), arguments.months(months), arguments.month("start", start)
    (runs, _), rules = arguments.runs(runs), checked_rules(arguments.rules(rules))
    kind = arguments.one_of("interval", interval, intervals.KINDS)
    driven = _of_each(drivers, len(given), months)
    calendars = [policy.calendar(chosen, months, start, each) for chosen, each in zip(given, driven, strict=True)]
    asked = named_measures(measures, least=0)
    arguments.environment()
    chosen_worlds = ensemble(worlds, parameters)
    check_memory(len(given) * len(asked) * runs * 16, "measures of all runs of compare, all held at once,")
    accumulator = Accumulator(
        chosen_worlds, months, (0,), [runs] * len(given), take_out=not changes_odds(rules), count=count_runs
    )
    lost, found = np.zeros(runs, bool), np.empty((len(given), len(asked), 2, runs))
    fields = sorted({name for one in asked for name in one.fields})
    for number, first, values, *states in _pieces(calendars, chosen_worlds, runs, fields, seed, rules):
        bad, part = failed(values), slice(first, first + len(values))
        lost[part] |= bad
        if number == 0:
            base, base_failed = outcomes.observed(np.nan_to_num(values)), bad
        counted = ~(bad | base_failed)
        accumulator.add([number], first, [values], base, counted[None])
        done = Runs(np.nan_to_num(values), months, *states)
        for k, one in enumerate(asked):
            found[number, k, :, part] = numbers(one, done)
            found[number, k, 1, part] *= counted
    _warn(np.flatnonzero(lost), runs)
    _warn_of_few(chosen_worlds, runs)
    points = pd.DataFrame({"point": range(len(given)), "policy": labels, "family": "policy"})
    table = accumulator.estimates(points, kind).drop(columns=["point", "family", "n_both"])
    if asked:
        place = chosen_worlds.of_runs(0, runs)
        of_runs = chosen_worlds.number[place], chosen_worlds.weights(runs)[place]
        more = pd.DataFrame(
            {"policy": label, "outcome": one.name, **row(tuple(here), tuple(there), *of_runs)}
            for label, mine in zip(labels, found, strict=True)
            for one, here, there in zip(asked, mine, found[0], strict=True)
        )
        table = pd.concat([table, more], ignore_index=True)
        table = table.iloc[np.argsort(table["policy"].map(labels.index), kind="stable")].reset_index(drop=True)
    made = Comparison(table)  # which takes no attributes over
    made.attrs |= {"worlds": chosen_worlds.origin, "note": chosen_worlds.note, "months": months}
    return made


def _pieces(
    calendars: list[np.ndarray], worlds: ensembles.Worlds, n: int, fields: list[str], seed: int, rules: Any
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Of each piece of runs and each calendar (its number, the first run, results, means of fields, last values)."""
    if not fields:
        made = compiled.run_worlds(calendars, worlds.values, worlds.of_runs, n, seed=seed, most=_PIECE, rules=rules)
        yield from ((*piece, {}, {}) for piece in made)
        return
    for first in range(0, n, _PIECE):
        of = worlds.of_runs(first, min(_PIECE, n - first))
        for number, calendar in enumerate(calendars):
            values, *states = compiled.state_summaries(
                calendar, worlds.values, len(of), fields, seed=seed, first_run=first, world_of=of, rules=rules
            )
            yield number, first, values, *(dict(zip(fields, np.nan_to_num(x).T, strict=True)) for x in states)


def costs(
    levers: Policy | PackageName | None = None, *, months: int = policy.MONTHS, start: str = policy.START
) -> pd.DataFrame:
    """What a policy costs beyond today's: money a year, and political capital (:mod:`crink_abm.model.costs`).

    Parameters
    ----------
    levers : the policy, a mapping of levers or a scenario's name
    months, start : the run, over which schedules are averaged

    Returns
    -------
    DataFrame, a row a lever that moves: lever, moved, money, money_low, money_high (billion USD a year; below 0 where less is
    spent), politics, politics_low, politics_high (0 to 10 a lever), payer, source. The range is what the source or we would not
    rule out, no interval.

    Raises
    ------
    InputError
        On an unknown lever, or anything out of range.

    Examples
    --------
    >>> import crink_abm as crink
    >>> crink.costs({"usfk_posture": 0.8, "exposure": 0.5})[["lever", "moved", "payer"]].values.tolist()
    [['usfk_posture', 0.3, 'Washington, Seoul']]
    """
    months, start = arguments.months(months), arguments.month("start", start)
    rows = cost(policy.checked(arguments.levers(levers)), months, start)
    return pd.DataFrame(rows, columns=_COSTS).round(12)


#: Columns of :func:`costs`.
_COSTS = [
    "lever", "moved", "money", "money_low", "money_high", "politics", "politics_low", "politics_high", "payer", "source",
]  # fmt: skip


def _of_each(drivers: Any, n: int, months: int) -> list[Any]:
    """The drivers of each policy: those given for all, or one mapping for each."""
    if not isinstance(drivers, list | tuple):
        return [arguments.drivers(drivers, months)] * n
    if len(drivers) != n:
        raise InputError(
            f"drivers is a mapping for all policies, or a list with one for each of the {n} compared; {len(drivers)} were given"
        )
    return [arguments.drivers(each, months) for each in drivers]


def _labels(names: Any, n: int) -> list[str]:
    """A name for each of ``n`` policies; one alone stands after today's."""
    if names is None:
        return ["today", "policy"] if n == 1 else [f"policy {k}" for k in range(n)]
    given = [names] if isinstance(names, str) else arguments.several("names", names)
    given = [arguments.text("a policy's name", name, "heavy forces") for name in given]
    if len(given) != n:
        raise InputError(f"names has one for each of the {n} policies given; {len(given)} were given")
    given = ["today", *given] if n == 1 else given
    check_names("a policy", given)
    return given


#: The most shares that a sweep's runs are cut into.
MOST_SHARDS = 100_000


def planned(
    experiment: ExperimentLike,
    rules: Rules | None = None,
    runs: int | None = None,
    interval: Interval | None = None,
    precision: float | None = None,
) -> schema.Experiment:
    """The experiment with what the caller changes in it."""
    if not isinstance(experiment, schema.Experiment):
        experiment = arguments.experiment(experiment)
        experiment = reader.checked(experiment) if isinstance(experiment, dict) else reader.read(experiment)
    runs = None if runs is None else arguments.runs(runs)[0]
    kind = None if interval is None else arguments.one_of("interval", interval, intervals.KINDS)
    rules = checked_rules(arguments.rules(rules))
    plan = replications.resolved(experiment, rules, runs)
    changed: dict[str, Any] = {} if kind is None else {"interval": kind}
    if precision is not None:
        half = real(precision)
        if half is None or not 1e-5 <= half < 0.5:
            raise InputError(f"precision is half the width of an interval, in [1e-5, 0.5); {told(precision)} was given")
        changed |= {"precision": half, "detail_runs": None}
    if runs is not None and precision is None:
        changed |= {"precision": None}
    plan = plan.model_copy(update={"experiment": plan.experiment.model_copy(update=changed)})
    if plan.experiment.precision:
        pilot.checked(plan)
    return plan


def _folder(out: PathLike | None, plan: schema.Experiment) -> Path:
    """The folder of a sweep: ``out``, or ``results/NAME``."""
    return Path("results") / plan.experiment.name if out is None else arguments.path("out", out)


def _options(engine: Any, progress: Any, say: Any) -> dict[str, Any]:
    """Options of a :class:`Runner`, judged."""
    arguments.environment()
    return {
        "engine": engine_name(engine),
        "progress": arguments.callback("progress", progress), "say": arguments.callback("say", say),
    }  # fmt: skip


def _said(renamed: tuple[Any, str], say: Callable[[str], object] | None) -> tuple[Any, Any]:
    """The executor, and ``say``. An older way of saying it is told as the new: with the first other words, or in a warning."""
    executor, note = renamed
    if note and say is None:
        warnings.warn(note, FutureWarning, stacklevel=3)
    say = arguments.callback("say", say)
    return executor, choice.first(note, say) if note and say else say


def sweep(
    experiment: ExperimentLike,
    out: PathLike | None = None,
    *,
    engine: EngineName = "numba",
    workers: int | None = None,
    runs: int | None = None,
    rules: Rules | None = None,
    progress: Progress | bool | None = None,
    interval: Interval | None = None,
    say: Callable[[str], object] | None = None,
    precision: float | None = None,
    executor: Any = None,
    backend: Any = None,
    dask: str | None = None,
    then: Callable[[Results], None] | None = None,
) -> Results:
    """Run an experiment (a file's path, a dict of the same shape, or one that was read) and return its results.

    Run again on the same folder, it continues where it stopped. ``out`` defaults to ``results/NAME``;
    ``runs`` is the number of runs of every point instead, ``precision`` half the width that every outcome's interval is to
    have (a pilot then settles each point's runs), ``interval`` the kind of interval; ``engine`` is ``"numba"`` or ``"mesa"``
    (slow; the same bytes); ``rules`` puts plain functions in place of rules. ``executor`` says who computes the runs:
    ``"threads"`` (all cores; ``"threads:4"`` for four), ``"processes"``,
    ``"dask:tcp://HOST:8786"``, ``"joblib:BACKEND"``, or an executor of :mod:`concurrent.futures` (mpi4py's, say); the bytes are
    the same. (``workers``, ``backend`` and ``dask`` said it before, and are told as what they are now.) ``progress`` is called
    after each pack of runs with the runs done, those in all, and a few words; True shows these, and None does so in a notebook.
    ``then`` is called with the results while the folder is still held, so that no other sweep changes it (for charts, say).

    Warns
    -----
    UserWarning
        If there are fewer runs than worlds (where ``say`` is given, it is told).

    Raises
    ------
    InputError
        If the experiment or the folder cannot be taken.

    Examples
    --------
    >>> import tempfile
    >>> import crink_abm as crink
    >>> experiment = {
    ...     "experiment": {"name": "two_levels", "seed": 1, "runs": 200},
    ...     "levers": {"usfk_posture": [0.3, 0.8]},
    ...     "worlds": {"ensemble": "defaults"},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = crink.sweep(experiment, folder, progress=False)
    ...     results.select("any_failure", usfk_posture=0.8)["n_runs"].tolist()
    [200]
    """
    asked = planned(experiment, rules, runs, interval, precision)
    executor, say = _said(choice.renamed(executor, workers, backend, dask), say)
    then = arguments.callback("then", then)
    store, options = Store(_folder(out, asked)), _options(engine, progress, say)
    sizes.check(asked, store.folder, options["engine"])
    with contextlib.ExitStack() as held:
        with choice.chosen(executor, say) as options["executor"]:
            plan = plan_in(store, asked, rules)
            held.enter_context(store.hold(plan.head.name))
            if plan.head.precision:
                plan = pilot.settle(plan, store, **options)
            Runner(plan, store, **options).run()
        results = Results(store.folder, rules=rules, plan=plan)
        _ = results.failures  # all of it is read while no other sweep can write
        if then is not None:
            results.store = store
            then(results)
            results.store = None
    if say is None and (few := plan.worlds.few(min(plan.n_runs))):
        warnings.warn(few, stacklevel=2)
    return results


def shard(
    experiment: ExperimentLike,
    number: int,
    of: int,
    out: PathLike | None = None,
    *,
    engine: EngineName = "numba",
    workers: int | None = None,
    runs: int | None = None,
    rules: Rules | None = None,
    progress: Progress | bool | None = None,
    say: Callable[[str], object] | None = None,
    executor: Any = None,
    backend: Any = None,
) -> int:
    """Work out one of ``of`` shares of an experiment's runs, ``number`` from 1, and keep them in the folder ``out``.

    Shares may be worked out at the same time, on any machines that see the folder, in any order, and again after one was
    killed. :func:`sweep` on the same folder then takes them over, makes what is missing, and counts. Arguments are those of
    :func:`sweep`. Returns the number of runs in the share.

    Raises
    ------
    InputError
        If there is no such share, the experiment asks for a precision, or as of :func:`sweep`.
    """
    asked = planned(experiment, rules, runs)
    executor, say = _said(choice.renamed(executor, workers, backend), say)
    of = arguments.whole("of", of, 1, MOST_SHARDS)
    number = arguments.whole("number", number, 1, of)
    if asked.experiment.precision:
        raise InputError(
            "a pilot settles the runs of an experiment with a precision, and no shard can wait for it; say how many with "
            "--runs, or let a Dask cluster run it (--executor dask:ADDRESS)"
        )
    folder, options = _folder(out, asked), _options(engine, progress, say)
    sizes.check(asked, folder, options["engine"])
    store = Store(folder, f"{number}-of-{of}")
    with choice.chosen(executor, say) as options["executor"]:
        return Runner(plan_in(store, asked, rules), store, **options).run_shard(number, of)
