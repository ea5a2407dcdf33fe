"""A finished sweep: its tables, its runs, its curves, and any of its runs again."""

import html
import pickle
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..ensemble.build import read_worlds
from ..ensemble.summary import runs_in_words, worlds_in_words
from ..estimation import by_world, intervals
from ..estimation.measures import Measure
from ..estimation.tables import DIFF_SPREADS, SPREADS, WORLDS, interval_columns
from ..experiment import design, reader, schema
from ..model import arguments, levers, outcomes
from ..model.keys import rules_hash
from ..model.outcomes import failed
from ..model.overrides import Rules as CheckedRules
from ..model.overrides import changes_odds, fingerprint
from ..model.overrides import checked as checked_rules
from ..model.parameters import CATALOGUE
from ..sweeps import manifest
from ..sweeps.codec import decode_cell, runs_table
from ..sweeps.plan import SweepPlan, digest_of
from ..sweeps.store import PACK_FORMAT, Store
from ..typing import AnyOutcome, Interval, LeverName, OutcomeName, PathLike, Rules
from ..util.errors import InputError, nearest, told
from ..util.scalars import real
from . import asked
from .bundle import is_bundle, opened
from .compact import CompactTable

if TYPE_CHECKING:
    import xarray

    from ..agents.model import DeterrenceModel


class Results:
    """A finished sweep, read from its folder.

    Parameters
    ----------
    folder : of the sweep
    rules : the functions in place of rules with which it was run, if there were any
    plan : what was asked, where it is at hand; else it is made from what the folder says

    Attributes
    ----------
    folder : pathlib.Path
    store : of the folder, where the command that made the results holds it still; else None
    manifest : dict
    estimates : DataFrame, a row a point and outcome: levers, prob, low, high, n_runs, diff, diff_low, diff_high,
        and the three spreads (``mc_se``; ``parameter_sd``; ``structure_sd``, ``structure_low``, ``structure_high``),
        with ``diff_`` before them those of the difference. ``low`` to ``high`` is Monte Carlo error, the worlds
        given; ``ensemble_low`` to ``ensemble_high`` takes the worlds as the sample that they are of their ensemble
    metrics : DataFrame of means with intervals

    Raises
    ------
    InputError
        If the folder holds no finished sweep.

    Examples
    --------
    >>> import tempfile
    >>> import crink_abm as crink
    >>> experiment = {
    ...     "experiment": {"name": "along_posture", "seed": 1, "runs": 200},
    ...     "levers": {"usfk_posture": {"from": 0.0, "to": 1.0, "points": 3}},
    ...     "worlds": {"ensemble": "defaults"},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = crink.sweep(experiment, folder, progress=False)
    ...     results = crink.Results(folder)
    ...     results.replay(point=0, run=3)
    DeterrenceModel(seed=1, run=3, month 120 of 120)
    >>> results
    Results('along_posture': 3 points x 200 runs in 1 worlds)
    >>> results.slice("taiwan_failure", "usfk_posture")["usfk_posture"].tolist()
    [0.0, 0.5, 1.0]
    """

    folder: Path
    store: Store | None
    manifest: dict[str, Any]
    estimates: pd.DataFrame
    metrics: pd.DataFrame
    points: pd.DataFrame
    first_months: pd.DataFrame
    rules: CheckedRules

    def __init__(self, folder: PathLike, *, rules: Rules | None = None, plan: SweepPlan | None = None) -> None:
        self.folder, self.store = arguments.path("the folder of results", folder), None
        if self.folder.suffix.lower() == ".zip" and self.folder.is_file():
            self.folder = opened(self.folder)
        self.manifest = manifest.load(self.folder)
        self.estimates = self._read("estimates")
        self.metrics = self._read("metrics")
        self.points = self._read("points")
        self.first_months = self._read("first_months")
        self.rules = checked_rules(arguments.rules(rules))
        self._given = plan
        if plan is not None and plan.experiment.key() != self.manifest["experiment_hash"]:
            raise InputError(f"{str(self.folder)!r} holds another version of this sweep than the plan; leave out plan")
        replaced = self.manifest["rules_replaced"]
        if fingerprint(self.rules) != replaced["fingerprint"]:
            raise InputError(
                f"this sweep was run with rules replaced ({', '.join(replaced['names']) or 'none'}), not those given; "
                "give the same functions: Results(folder, rules={...})"
            )

    @cached_property
    def experiment(self) -> schema.Experiment:
        """The experiment that was run."""
        if self._given is not None:
            return self._given.experiment
        return reader.checked(self.manifest["experiment"], str(self.folder))

    @property
    def baseline(self) -> int:
        """The number of the baseline point."""
        return self.manifest["baseline_point"]

    @cached_property
    def design(self) -> design.Points:
        """The design points: policies, their names and families, the grid."""
        made = design.points(self.experiment)
        if (len(made.policies), made.base) != (self.manifest["n_points"], self.manifest["baseline_point"]):
            raise manifest.foreign(self.folder, "manifest.json has other points than the experiment in it")
        return made

    @cached_property
    def plan(self) -> SweepPlan:
        """What was asked, down to each run (for worlds and replays)."""
        _ = self.design
        if self._given is not None:
            return self._given
        name, runs = self.manifest["worlds_table"].removesuffix(".parquet"), self.manifest["runs_of_points"]
        worlds = read_worlds(self.folder, name)
        if worlds is None or digest_of(worlds) != self.manifest["worlds"]["sha256"]:
            raise InputError(
                f"the worlds of {str(self.folder)!r} ({name}) are missing or damaged, or "
                "another version keeps them in another format; run the sweep again"
            )
        return SweepPlan.of(self.experiment, worlds, rules=self.rules, n_runs=runs, name=name)

    @cached_property
    def _runs(self) -> Store:
        """Where the runs are kept."""
        return Store(self.folder)

    def _read(self, name: str) -> pd.DataFrame:
        return manifest.table(self.folder, self.manifest, name)

    def select(self, outcome: AnyOutcome, **fixed: float | str) -> pd.DataFrame:
        """Rows of one outcome where the given levers and factors have the given values, all other *unswept* columns free.

        Raises
        ------
        InputError
            On an unknown name, or if no point has these values.
        """
        outcome = arguments.outcome(outcome, self.estimates["outcome"].unique())
        rows = self.estimates[self.estimates["outcome"] == outcome]
        for name, value in fixed.items():
            if name not in self.points or name == "point":
                known = [column for column in self.points if column != "point"]
                raise InputError(f"no lever or factor is named {told(name)}{nearest(name, known)}")
            here = _equal(rows[name], value)
            if not here.any():
                raise InputError(_no_point(name, value, rows[name], self.points[name]))
            rows = rows[here]
        return rows

    def with_interval(self, interval: Interval) -> pd.DataFrame:
        """The estimates with another interval: ``"best"``, ``"clopper-pearson"`` or ``"jeffreys"``."""
        kind = arguments.one_of("interval", interval, intervals.KINDS)
        return interval_columns(self.estimates, kind, take_out=not changes_odds(self.rules))

    def points_along(self, *free: LeverName) -> list[int]:
        """Numbers of the points whose every lever but the ``free`` ones is as at the baseline, and these constant.

        Raises
        ------
        InputError
            On an unknown lever.
        """
        arguments.names("free", free, levers.LEVERS, kind="lever", least=0)
        policies = self.design.policies
        base = policies[self.baseline]
        return [
            number
            for number, chosen in enumerate(policies)
            if self.design.same_as[number] == number  # a policy with several names once
            and all(chosen[name] == base[name] for name in levers.LEVERS if name not in free)
            and not any(isinstance(chosen[name], dict) for name in free)
        ]

    def slice(self, outcome: AnyOutcome, *free: LeverName) -> pd.DataFrame:
        """Rows of one outcome where every lever but the ``free`` ones is at the baseline, sorted by them.

        Raises
        ------
        InputError
            On an unknown outcome or lever.
        """
        rows = self.select(outcome)
        rows = rows[rows["point"].isin(self.points_along(*free))]
        return rows.sort_values([*free, "point"]).reset_index(drop=True)

    def runs(self, points: Iterable[int] | int) -> pd.DataFrame:
        """The runs of some points that did not fail: a row a run, the engine's results as columns.

        ``first_...`` and other months count from 0, the first of the run; -1 is never.

        Raises
        ------
        InputError
            On a point that there is not.
        """
        wanted = sorted(arguments.points(points, self.manifest["n_points"]))
        frames = []
        for cell in self.plan.cells_of(wanted):
            pieces, missing = decode_cell(self._runs, cell, self.plan.key(cell.point, self.manifest["rules_hash"]))
            if missing:
                other = self._runs.found.other_format
                also = (
                    f", and {other} pack{'s' * (other != 1)} there of another format than {PACK_FORMAT}"
                    if other
                    else ""
                )
                if is_bundle(self.folder):
                    raise InputError(
                        "this is a bundle, which has no runs: replay(point, run) makes any of them again, and the same "
                        "experiment (Results.experiment) all of them, by crink.sweep"
                    )
                raise InputError(
                    f"runs {missing[0].first} to {cell.first + cell.n - 1} of point {cell.point} in {str(self.folder)!r} are "
                    f"missing or damaged{also}; run the sweep again: only what is missing is redone"
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
        held = self.plan.worlds
        first, copies = np.unique(by_world.first_rows(held), return_counts=True)
        table = pd.DataFrame(held.values[first], columns=list(CATALOGUE), index=pd.Index(first, name="world"))
        table.insert(0, "copies", copies)
        return table

    def by_world(self, outcome: AnyOutcome, points: Iterable[int] | None = None) -> pd.DataFrame:
        """Counts of one outcome by point and world, for a decomposition of variance of one's own.

        Parameters
        ----------
        outcome : any outcome, also a conditional one (whose ``n_runs`` are those in which its condition happened)
        points : numbers of points; all if None

        Returns
        -------
        DataFrame: point, world (to join with :attr:`worlds`), n_runs, n_events, n_only_policy, n_only_baseline (runs with the
        event only here, only at the baseline; -1 where runs are not paired)

        Raises
        ------
        InputError
            On an unknown outcome or point.
        """
        outcome = arguments.outcome(outcome, [*outcomes.OUTCOMES, *outcomes.CONDITIONALS])
        n_points = self.manifest["n_points"]
        numbers = range(n_points) if points is None else sorted(arguments.points(points, n_points))
        base = self.runs([self.baseline])
        frames = []
        for point in numbers:
            paired = base if self.plan.n_runs[point] <= self.plan.n_runs[self.baseline] else None
            frames.append(by_world.counts(outcome, self.runs([point]), paired, self.plan.worlds, self.plan.head.months))
        return pd.concat(frames, ignore_index=True)

    def table(
        self, outcomes: Sequence[str] | str | None = None, policies: Sequence[str | int] | str | int | None = None, *,
        interval: str = "ensemble", digits: int = 1,
    ) -> CompactTable:  # fmt: skip
        """The policies' changes from the baseline as a compact table, to be read, printed and pasted.

        Parameters
        ----------
        outcomes : which, by name; the four kinds of force if None
        policies : packages by name, or points by number; the packages if None, or all points where there are few
        interval : ``"ensemble"``, the worlds as the sample; ``"runs"``, the worlds given
        digits : of a percentage point

        Raises
        ------
        InputError
            On an outcome or a policy that there is not, or where all policies are too many for a table.
        """
        return asked.tabled(self, outcomes, policies, interval, digits)

    def measure(self, names: Sequence[str | Measure] | str, points: Iterable[int] | int | None = None) -> pd.DataFrame:
        """Means of what was not counted in the sweep, from its runs: outcomes given others, counts of a run, losses.

        Parameters
        ----------
        names : measures, as in :func:`crink_abm.compare`; states of the model (``"mean FIELD"``) are not among the runs that
            a sweep stores
        points : numbers of points; all if None

        Returns
        -------
        DataFrame, a row a point and measure: point, measure, prob (a mean), low, high, ensemble_low, ensemble_high, n_runs,
        n_events (-1 of what is no share), and diff, diff_low, ... from the baseline on the runs that both have

        Raises
        ------
        InputError
            On an unknown measure or point, or a state.
        """
        return asked.measured(self, names, points)

    def find(self, where: str, point: int | None = None) -> pd.DataFrame:
        """Runs of one policy in which something happened, with their worlds and months: each opens with :meth:`replay`.

        Parameters
        ----------
        where : outcomes joined by "and", each with "not" before it or without, such as ``"taiwan_invasion and not korea_war"``
        point : number of the policy; the baseline if None

        Returns
        -------
        DataFrame, a row a run: run, world, and the first month of each outcome with a month of its own (-1 never)

        Raises
        ------
        InputError
            On a word that is no outcome, or a point that there is not.
        """
        return asked.found(self, where, point)

    def incidence(
        self, points: Iterable[int] | int, names: Iterable[OutcomeName] | OutcomeName | None = None
    ) -> pd.DataFrame:
        """Cumulative incidence by month: tidy (point, outcome, month, prob, low, high, n_runs).

        ``prob`` is the share that has failed by the end of the month; months count from 0, as everywhere.

        Raises
        ------
        InputError
            On a point that there is not, or an outcome that has no month.
        """
        chosen = outcomes.OUTCOMES if names is None else arguments.names("names", names, outcomes.OUTCOMES)
        return self._curves(points, {name: name for name in chosen})

    def incidence_change(
        self, points: Iterable[int] | int, names: Iterable[OutcomeName] | OutcomeName | None = None
    ) -> pd.DataFrame:
        """Paired differences of cumulative incidences from the baseline, by month, on the runs that both have.

        Parameters
        ----------
        points : numbers of points
        names : outcomes; all if None

        Returns
        -------
        DataFrame: point, outcome, month (from 0), diff; diff_low, diff_high (the worlds given); diff_ensemble_low,
        diff_ensemble_high (the worlds as the sample); n_runs

        Raises
        ------
        InputError
            On a point that there is not, an outcome that has no month, or where runs are missing.
        """
        return asked.incidence_changes(self, points, names)

    def competing(self, points: Iterable[int] | int) -> pd.DataFrame:
        """Cumulative incidence of the first failure by cause (competing risks), tidy as :meth:`incidence`."""
        return self._curves(points, {f"first:{name}": name for name in outcomes.CAUSES})

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The failed runs (the first 1,000 by point and run): point, run, world, month (from 0), cause.

        ``manifest["n_failed"]`` is the number of all.
        """
        return self._read("failures")

    def _curves(self, points: Iterable[int] | int, names: Mapping[str, str]) -> pd.DataFrame:
        months = np.arange(self.manifest["experiment"]["experiment"]["months"])
        counts = self.first_months.set_index(["point", "outcome"]).sort_index()
        counted = self.select("any_failure").set_index("point")[["n_runs", "n_effective", "share"]]
        frames = []
        for point in arguments.points(points, self.manifest["n_points"]):
            n, worth, share = counted.loc[point]
            failures = (
                counts.loc[[(point, "any_failure")], "n_events"].sum() if (point, "any_failure") in counts.index else 0
            )
            weight = (
                failures / share if failures and share > 0 else n
            )  # of all runs; their number where they count the same
            for stored, name in names.items():
                dated = counts.loc[[(point, stored)]] if (point, stored) in counts.index else counts.iloc[:0]
                events = np.bincount(dated["month"], dated["n_events"], len(months)).cumsum()
                low, high = intervals.clopper_pearson(events / weight * worth, worth)
                curve = {"month": months, "prob": events / weight, "low": low, "high": high, "n_runs": int(n)}
                frames.append(pd.DataFrame({"point": point, "outcome": name, **curve}))
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def dataset(self) -> "xarray.Dataset":
        """The grid as an xarray Dataset: dimensions outcome, the swept levers and the factors.

        Its attributes are text, the seed too: NetCDF's oldest form has no numbers beyond 2^31.
        """

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
        return data.assign_attrs(name=self.manifest["name"], seed=str(self.manifest["seed"]))

    def replay(self, point: int, run: int, *, to_the_end: bool = True) -> "DeterrenceModel":
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
        point, run = arguments.whole("the number of a point", point), arguments.whole("the number of a run", run)
        to_the_end = arguments.flag("to_the_end", to_the_end)
        if point >= self.manifest["n_points"]:
            raise InputError(f"points are numbered 0 to {self.manifest['n_points'] - 1}; {point} was given")
        n = self.plan.n_runs[point]
        if run >= n:
            raise InputError(f"runs of point {point} are numbered 0 to {n - 1}; {run} was given")
        model = self.plan.replay(point, run)
        return model.run() if to_the_end else model

    def __getstate__(self) -> dict[str, Any]:
        """All but what is read or made again when it is asked for; functions of the user's own go along."""
        import cloudpickle

        made = {name for name, of in vars(Results).items() if isinstance(of, cached_property)}
        state = {name: value for name, value in vars(self).items() if name not in made}
        return state | {"rules": cloudpickle.dumps(self.rules), "_given": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state | {"rules": pickle.loads(state["rules"])})

    def __deepcopy__(self, memo: dict[int, Any]) -> "Results":
        return Results(self.folder, rules=self.rules)

    def __repr__(self) -> str:
        m = self.manifest
        note = f"; {m['worlds']['note']}" if m["worlds"].get("note") else ""
        return f"Results({m['name']!r}: {m['n_points']} points x {runs_in_words(m)} in {worlds_in_words(m['worlds'])}{note})"

    def _repr_html_(self) -> str:
        base = self.estimates[self.estimates["point"] == self.baseline]
        shown = base[["outcome", "prob", "low", "high", "n_runs", "parameter_sd", "structure_sd"]]
        told = html.escape(repr(self))
        return f"<p><b>{told}</b>, baseline point {self.baseline}:</p>" + shown.to_html(
            index=False, float_format="%.3f", escape=True
        )


def _equal(column: pd.Series, value: object) -> np.ndarray:
    """Which entries of a column are a value."""
    if not pd.api.types.is_scalar(value) or pd.isna(value):
        raise InputError(f"{column.name} is compared with one value; {told(value)} was given")
    if pd.api.types.is_bool_dtype(column):
        return column.to_numpy(bool) == arguments.flag(column.name, value)
    if not pd.api.types.is_numeric_dtype(column):
        if not isinstance(value, str):
            raise InputError(f"{column.name} has text; {told(value)} was given")
        return np.array([held == value for held in column], bool)
    given = real(value)
    if given is None:
        raise InputError(f"{column.name} has numbers; {told(value)} was given")
    return np.isclose(column, given)


def _no_point(name: str, value: object, left: pd.Series, every: pd.Series) -> str:
    """That no point has a value, and which values there are."""
    if _equal(every, value).any():
        return f"no point has {name} {told(value)} and what else was asked for: those left have {_in_words(left)}"
    varied = every.nunique() > 1
    return f"no point has {name} {told(value)}: it {'has' if varied else 'is not varied, and stands at'} {_in_words(every)}"


def _in_words(column: pd.Series) -> str:
    """The different values of a column, the first few."""
    known = sorted(column.dropna().unique().tolist())
    return ", ".join(map(str, known[:12])) + (", ..." if len(known) > 12 else "") or "none"
