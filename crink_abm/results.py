"""A finished sweep: its tables, its runs, its curves, and any of its runs again."""

import contextlib
import html
import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from . import by_world, design, estimate, levers, machines, manifest, nesting, outcomes, piloting, sizes
from .encoding import runs_table
from .errors import InputError, nearest, told
from .failures import failed
from .kept import runs_in_words, worlds_in_words
from .overrides import checked as checked_rules
from .overrides import fingerprint
from .parameters import CATALOGUE
from .rules_key import rules_hash
from .store import Store
from .sweeps import Sweep
from .tally import DIFF_SPREADS, SPREADS, WORLDS, interval_columns

#: The most shares that a sweep's runs are cut into.
MOST_SHARDS = 100_000


class Results:
    """A finished sweep, read from its folder.

    Attributes
    ----------
    folder : pathlib.Path
    store : of the folder, where the command that made the results holds it still; else None
    manifest : dict
    estimates : DataFrame, a row a point and outcome: levers, prob, low, high, n_runs, diff, diff_low, diff_high,
        and the three spreads (``mc_sd``; ``parameter_sd``; ``structure_sd``, ``structure_low``, ``structure_high``),
        with ``diff_`` before them those of the difference. ``low`` to ``high`` is Monte Carlo error, the worlds
        given; ``worlds_low`` to ``worlds_high`` takes the worlds as the sample that they are of their ensemble
    metrics : DataFrame of means with intervals

    Raises
    ------
    InputError
        If the folder holds no finished sweep.
    """

    def __init__(self, folder: str | Path, *, rules=None):
        self.folder, self.store = Path(folder), None
        self.manifest = manifest.load(self.folder)
        self.estimates = self._read("estimates")
        self.metrics = self._read("metrics")
        self.points = self._read("points")
        self.first_months = self._read("first_months")
        self.rules = checked_rules(rules)
        replaced = self.manifest["rules_replaced"]
        if fingerprint(self.rules) != replaced["fingerprint"]:
            raise InputError(
                f"this sweep was run with rules replaced ({', '.join(replaced['names']) or 'none'}), not those given; "
                "give the same functions: Results(folder, rules={...})"
            )

    @cached_property
    def experiment(self) -> design.Experiment:
        """The experiment that was run."""
        return design.checked(self.manifest["experiment"], str(self.folder))

    @property
    def baseline(self) -> int:
        """The number of the baseline point."""
        return self.manifest["baseline_point"]

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep as it was set up (for worlds and replays)."""
        sweep = Sweep(self.experiment, self.folder, rules=self.rules, n_runs=self.manifest["runs_of_points"])
        sweep.worlds_name = self.manifest["worlds_table"].removesuffix(".parquet")
        sweep.worlds_seen = self.manifest["worlds"]["sha256"]
        if (len(sweep.policies), sweep.base) != (self.manifest["n_points"], self.manifest["baseline_point"]):
            raise manifest.foreign(self.folder, "manifest.json has other points than the experiment in it")
        return sweep

    def _read(self, name: str) -> pd.DataFrame:
        return manifest.table(self.folder, self.manifest, name)

    def select(self, outcome: str, **fixed) -> pd.DataFrame:
        """Rows of one outcome where the given levers and factors have the given values, all other *unswept* columns free."""
        known = self.estimates["outcome"].unique()
        if outcome not in known:
            raise InputError(f"no outcome is named {outcome!r}; they are {', '.join(known)}")
        rows = self.estimates[self.estimates["outcome"] == outcome]
        for name, value in fixed.items():
            if name not in rows:
                raise InputError(f"no lever or factor is named {name!r}{nearest(name, rows)}")
            rows = rows[(rows[name] == value) if isinstance(value, str) else np.isclose(rows[name], value)]
        return rows

    def with_interval(self, interval: str) -> pd.DataFrame:
        """The estimates with another interval: ``"best"``, ``"clopper-pearson"`` or ``"jeffreys"``."""
        return interval_columns(self.estimates, interval)

    def points_along(self, *free: str) -> list[int]:
        """Numbers of the points whose every lever but the ``free`` ones is as at the baseline, and these constant."""
        policies = self.sweep.policies
        base = policies[self.baseline]
        return [
            number
            for number, chosen in enumerate(policies)
            if self.sweep.points.same_as[number] == number  # a policy with several names once
            and all(chosen[name] == base[name] for name in levers.LEVERS if name not in free)
            and not any(isinstance(chosen[name], dict) for name in free)
        ]

    def slice(self, outcome: str, *free: str) -> pd.DataFrame:
        """Rows of one outcome where every lever but the ``free`` ones is at the baseline, sorted by them."""
        rows = self.select(outcome)
        rows = rows[rows["point"].isin(self.points_along(*free))]
        return rows.sort_values(list(free)).reset_index(drop=True)

    def runs(self, points: Iterable[int]) -> pd.DataFrame:
        """The runs of some points that did not fail: a row a run, the engine's results as columns."""
        wanted = sorted({int(p) for p in points})
        frames = []
        for cell in self.sweep.cells_of(wanted):
            pieces, missing = self.sweep.stored(cell, self.sweep.key(cell.point, self.manifest["rules_hash"]))
            if missing:
                raise InputError(
                    f"runs {missing[0].first} to {cell.first + cell.n - 1} of point {cell.point} in {str(self.folder)!r} are "
                    "missing or damaged; run the sweep again: only what is missing is redone"
                )
            results = np.concatenate(pieces)
            held = ~failed(results)
            frame = runs_table(results[held])
            frame.insert(0, "point", cell.point)
            frame.insert(1, "run", np.arange(cell.first, cell.first + cell.n)[held])
            frames.append(frame)
        return pd.concat(frames, ignore_index=True).sort_values(["point", "run"], ignore_index=True)

    @cached_property
    def worlds(self) -> pd.DataFrame:
        """The worlds of the sweep: a row a world, indexed by its number, with ``copies`` and a column a parameter.

        A world that stands in the ensemble several times is one row, under its first place.
        """
        held = self.sweep.worlds
        first, copies = np.unique(by_world.first_rows(held), return_counts=True)
        table = pd.DataFrame(held.values[first], columns=list(CATALOGUE), index=pd.Index(first, name="world"))
        table.insert(0, "copies", copies)
        return table

    def by_world(self, outcome: str, points: Iterable[int] | None = None) -> pd.DataFrame:
        """Counts of one outcome by point and world, for a decomposition of variance of one's own.

        Parameters
        ----------
        outcome : any outcome, also a conditional one (whose ``n_runs`` are those in which its condition happened)
        points : numbers of points; all if None

        Returns
        -------
        DataFrame: point, world (to join with :attr:`worlds`), n_runs, n_events, n_up, n_down (runs with the event only
        here, only at the baseline; -1 where runs are not paired)
        """
        numbers = range(self.manifest["n_points"]) if points is None else sorted({int(p) for p in points})
        base = self.runs([self.baseline])
        frames = []
        for point in numbers:
            paired = base if self.sweep.n_runs[point] <= self.sweep.n_runs[self.baseline] else None
            frames.append(
                by_world.counts(outcome, self.runs([point]), paired, self.sweep.worlds, self.sweep.head.months)
            )
        return pd.concat(frames, ignore_index=True)

    def incidence(self, points: Iterable[int], names: Iterable[str] | None = None) -> pd.DataFrame:
        """Cumulative incidence by month: tidy (point, outcome, month, prob, low, high, n_runs)."""
        return self._curves(points, {name: name for name in names or outcomes.OUTCOMES})

    def competing(self, points: Iterable[int]) -> pd.DataFrame:
        """Cumulative incidence of the first failure by cause (competing risks), tidy as :meth:`incidence`."""
        return self._curves(points, {f"first:{name}": name for name in outcomes.CAUSES})

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The failed runs (the first 1,000 by point and run): point, run, world, month (from 0), cause.

        ``manifest["n_failed"]`` is the number of all.
        """
        return self._read("failures")

    def _curves(self, points, names):
        months = np.arange(self.manifest["experiment"]["experiment"]["months"])
        counts = self.first_months.set_index(["point", "outcome"]).sort_index()
        counted = self.select("any_failure").set_index("point")["n_runs"]
        frames = []
        for point in points:
            n = counted.loc[point]
            for stored, name in names.items():
                dated = counts.loc[[(point, stored)]] if (point, stored) in counts.index else counts.iloc[:0]
                events = np.bincount(dated["month"], dated["n_events"], len(months)).cumsum()
                low, high = estimate.jeffreys(events, n)
                curve = {"month": months + 1, "prob": events / n, "low": low, "high": high, "n_runs": n}
                frames.append(pd.DataFrame({"point": point, "outcome": name, **curve}))
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def dataset(self):
        """The grid as an xarray Dataset: dimensions outcome, the swept levers and the factors."""

        grid = {dimension["name"]: dimension["levels"] for dimension in self.manifest["grid"]}
        if not grid:
            raise InputError("this sweep crosses nothing over a grid; use results.estimates")
        rows = self.estimates[self.estimates["on_grid"]]
        columns = [
            "prob",
            "low",
            "high",
            "diff",
            "diff_low",
            "diff_high",
            "n_runs",
            "n_events",
            *SPREADS,
            *DIFF_SPREADS,
            *WORLDS,
        ]
        data = rows.set_index(["outcome", *grid])[columns].to_xarray()
        data = data.sel({name: levels for name, levels in grid.items() if isinstance(levels[0], str)})  # in file order
        return data.assign_attrs(name=self.manifest["name"], seed=self.manifest["seed"])

    def replay(self, point: int, run: int, *, to_the_end: bool = True):
        """One run of the sweep again, in Mesa, to the horizon: bit-identical.

        A failed run raises what it failed of; ``to_the_end=False`` returns it unstepped, to be taken up to there.

        Raises
        ------
        InputError
            If there is no such point or run, or the rules are not those that made the sweep.
        """
        if self.manifest["rules_hash"] != rules_hash():
            raise InputError(
                f"this sweep was made by other rules ({self.manifest['rules_hash']}, package {self.manifest['package']}) than "
                f"are installed ({rules_hash()}): its run would come out as another; run the sweep again, or install what made it"
            )
        if not 0 <= point < self.manifest["n_points"]:
            raise InputError(f"points are numbered 0 to {self.manifest['n_points'] - 1}; {point} was given")
        n = self.sweep.n_runs[point]
        if not 0 <= run < n:
            raise InputError(f"runs of point {point} are numbered 0 to {n - 1}; {run} was given")
        model = self.sweep.replay(point, run)
        return model.run() if to_the_end else model

    def __repr__(self):
        m = self.manifest
        note = f"; {m['worlds']['note']}" if m["worlds"].get("note") else ""
        return f"Results({m['name']!r}: {m['n_points']} points x {runs_in_words(m)} in {worlds_in_words(m['worlds'])}{note})"

    def _repr_html_(self):
        base = self.estimates[self.estimates["point"] == self.baseline]
        shown = base[["outcome", "prob", "low", "high", "n_runs", "parameter_sd", "structure_sd"]]
        told = html.escape(repr(self))
        return f"<p><b>{told}</b>, baseline point {self.baseline}:</p>" + shown.to_html(
            index=False, float_format="%.3f", escape=True
        )


def _plan(experiment, rules=None, workers=None, runs=None, interval=None, precision=None) -> design.Experiment:
    """The experiment with what the caller changes in it."""
    plan = design.checked(experiment) if isinstance(experiment, dict) else design.read(experiment)
    if runs is not None and runs < 1:
        raise InputError(f"runs is at least 1; {runs} was given")
    if interval is not None and interval not in estimate.KINDS:
        raise InputError(f"interval is one of {', '.join(estimate.KINDS)}; {interval!r} was given")
    plan = nesting.resolved(plan, rules, runs)
    changed = {} if interval is None else {"interval": interval}
    if precision is not None:
        if not 1e-5 <= precision < 0.5:
            raise InputError(f"precision is half the width of an interval, in [1e-5, 0.5); {precision!r} was given")
        changed |= {"precision": precision, "detail_runs": None}
    if runs is not None and precision is None:
        changed |= {"precision": None}
    plan = plan.model_copy(update={"experiment": plan.experiment.model_copy(update=changed)})
    if workers is not None and workers < 1:
        raise InputError(f"workers is at least 1; {workers} was given")
    return plan


def sweep(
    experiment, out: str | Path | None = None, *, engine="batch", workers: int | None = None, runs: int | None = None,
    rules=None, progress: Callable | bool | None = None, interval: str | None = None, say: Callable | None = None,
    precision: float | None = None, backend=None, dask: str | None = None, then: Callable[[Results], None] | None = None,
) -> Results:  # fmt: skip
    """Run an experiment (a file's path, or a dict of the same shape) and return its results.

    Run again on the same folder, it continues where it stopped. ``out`` defaults to ``results/NAME``;
    ``runs`` is the number of runs of every point instead, ``precision`` half the width that every outcome's interval is to
    have (a pilot then settles each point's runs), ``interval`` the kind of interval; ``rules`` puts plain functions in
    place of rules. ``workers`` is the number of threads (all cores if None); ``backend="loky"`` makes them processes, and an
    executor of :mod:`concurrent.futures` (mpi4py's, say) does the runs itself; so do the workers of the Dask scheduler whose
    address is ``dask``. ``progress`` is called after each pack of runs with the runs done, those in all, and a few words; True
    shows these, and None does so in a notebook. ``then`` is called with the results while the folder is still held, so that
    no other sweep changes it (for charts, say).

    Warns
    -----
    UserWarning
        If there are fewer runs than worlds (where ``say`` is given, it is told).

    Raises
    ------
    InputError
        If the experiment or the folder cannot be taken.
    """
    plan = _plan(experiment, rules, workers, runs, interval, precision)
    store = Store(out if out else Path("results") / plan.experiment.name)
    sizes.check(plan, store.folder, engine)
    options = {"engine": engine, "progress": progress, "rules": rules, "say": say}
    with contextlib.ExitStack() as held:
        with machines.chosen(backend, workers, dask, say) as options["workers"]:
            held.enter_context(store.hold(plan.experiment.name))
            settled = piloting.settle(plan, store.folder, **options) if plan.experiment.precision else None
            done = Sweep(plan, store, n_runs=settled, **options)
            done.run()
        results = Results(store.folder, rules=rules)
        _ = results.failures  # all of it is read while no other sweep can write
        if then is not None:
            results.store = store
            then(results)
            results.store = None
    if say is None and (few := done.worlds.few(min(done.n_runs))):
        warnings.warn(few, stacklevel=2)
    return results


def shard(
    experiment, number: int, of: int, out: str | Path | None = None, *, engine="batch", workers: int | None = None,
    runs: int | None = None, rules=None, progress: Callable | bool | None = None, say: Callable | None = None, backend=None,
) -> int:  # fmt: skip
    """Work out one of ``of`` shares of an experiment's runs, ``number`` from 1, and keep them in the folder ``out``.

    Shares may be worked out at the same time, on any machines that see the folder, in any order, and again after one was
    killed. :func:`sweep` on the same folder then takes them over, makes what is missing, and counts. Arguments are those of
    :func:`sweep`. Returns the number of runs in the share.

    Raises
    ------
    InputError
        If there is no such share, the experiment asks for a precision, or as of :func:`sweep`.
    """
    plan = _plan(experiment, rules, workers, runs)
    if not 1 <= number <= of <= MOST_SHARDS:
        raise InputError(
            f"shards are numbered 1 to the number of shards, of which {MOST_SHARDS:,} are the most; {told(number)} of {told(of)} "
            "was given"
        )
    if plan.experiment.precision:
        raise InputError(
            "a pilot settles the runs of an experiment with a precision, and no shard can wait for it; say how many with "
            "--runs, or let a Dask cluster run it"
        )
    folder = Path(out) if out else Path("results") / plan.experiment.name
    sizes.check(plan, folder, engine)
    options = {"engine": engine, "progress": progress, "rules": rules, "say": say, "shard": f"{number}-of-{of}"}
    with machines.chosen(backend, workers, None, say) as options["workers"]:
        return Sweep(plan, folder, **options).run_shard(number, of)
