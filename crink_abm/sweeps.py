"""Runs an experiment point by point into a store, and reads it back as estimates.

Run k of every point has the same luck and lives in the same world, so points
differ by policy alone. Interrupt it at any moment: the same command takes up
where it stopped and ends with the same bytes.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from . import batch, design, estimate, levers, outcomes, screening
from . import worlds as ensembles
from .rules_key import rules_hash
from .errors import InputError
from .kernel import RESULTS
from .parameters import CATALOGUE, SWITCHES
from .store import Store, read_json, read_table
from .version import __version__, library_versions

#: Runs a part holds (about): small enough to lose little, large enough for few files.
PART_RUNS = 65_536

_FLOATS = {"help_expected", "help_realised"}
_METRICS = {
    "provocations_per_year": "n_provocations",
    "launch_days_per_month": "n_launch_days",
    "highest_rung": "highest_rung",
    "help_expected": "help_expected",
    "help_realised": "help_realised",
}


def make_worlds(table: design.WorldsTable, fixed=None) -> ensembles.Worlds:
    """The worlds an experiment asks for, screened if it says so."""
    if table.ensemble == "defaults":
        return ensembles.defaults(fixed)
    drawn = ensembles.prior(table.draws, seed=table.seed, which=table.structures, fixed=fixed)
    if table.screen == "none":
        return drawn
    try:
        return screening.elicited(drawn, runs=table.screen_runs, seed=table.seed)
    except ValueError as error:
        raise InputError(str(error)) from None


def _encode(results: np.ndarray, point: np.ndarray, run: np.ndarray) -> pa.Table:
    columns = {"point": pa.array(point, pa.int32()), "run": pa.array(run, pa.int64())}
    for k, name in enumerate(RESULTS):
        kind = pa.float32() if name in _FLOATS else pa.int16()
        columns[name] = pa.array(results[:, k].astype(np.float32 if name in _FLOATS else np.int16), kind)
    return pa.table(columns)


def _decode(table: pa.Table) -> np.ndarray:
    return np.column_stack([table[name].to_numpy().astype(np.float64) for name in RESULTS])


class Sweep:
    """An experiment on its way into a folder.

    Parameters
    ----------
    experiment : design.Experiment
    folder : where results go
    engine : ``"batch"`` or ``"mesa"`` (slow; the same bytes)
    threads : threads of the batch engine; all cores if None
    progress : called with (runs done, runs in all) after each part
    """

    def __init__(self, experiment, folder, *, engine="batch", threads=None, progress: Callable | None = None):
        if engine not in ("batch", "mesa"):
            raise InputError(f"engine is batch or mesa; {engine!r} was given")
        self.experiment, self.engine, self.threads = experiment, engine, threads
        self.progress = progress or (lambda done, total: None)
        self.policies, self.labels, self.base = design.points(experiment)
        self.store = Store(folder)
        self.head = experiment.experiment

    @cached_property
    def worlds_name(self) -> str:
        """The name of the worlds' files: a hash of all that decides them."""
        said = [rules_hash(), self.experiment.worlds.model_dump(mode="json"), self.experiment.parameters]
        return f"worlds-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"

    @cached_property
    def worlds(self) -> ensembles.Worlds:
        """The worlds of this experiment: made once, then read from the folder."""
        path = self.store.folder / f"{self.worlds_name}.json"
        table = self.store.folder / f"{self.worlds_name}.parquet"
        if path.exists() and table.exists():
            kept = read_json(path)
            values = read_table(table)[list(CATALOGUE)].to_numpy()
            return ensembles.Worlds(values, kept["origin"], kept["n_drawn"], kept["report"])
        made = make_worlds(self.experiment.worlds, self.experiment.parameters)
        self.store.write_table(table, pd.DataFrame(made.values, columns=list(CATALOGUE)))
        self.store.write_json(path, {"origin": made.origin, "n_drawn": made.n_drawn, "report": made.report})
        return made

    def calendar(self, point: int) -> np.ndarray:
        """The levers and drivers of a point, month by month."""
        head = self.head
        return levers.calendar(self.policies[point], head.months, head.start, self.experiment.drivers)

    def parts(self) -> Iterable[tuple[str, range]]:
        """(key, points) of each part. The key says all that decides its bytes."""
        per_part = max(1, PART_RUNS // self.head.runs)
        common = [rules_hash(), self.head.seed, self.head.runs, hashlib.sha256(self.worlds.values.tobytes()).hexdigest()]
        for first in range(0, len(self.policies), per_part):
            chosen = range(first, min(first + per_part, len(self.policies)))
            digest = hashlib.sha256(json.dumps(common).encode())
            for point in chosen:
                digest.update(point.to_bytes(4, "little") + self.calendar(point).tobytes())
            yield digest.hexdigest()[:24], chosen

    def run_point(self, point: int) -> np.ndarray:
        """All runs of one point by the chosen engine, in one thread: array (runs, len(RESULTS))."""
        n, seed = self.head.runs, self.head.seed
        if self.engine == "batch":
            return batch.run_many(
                self.calendar(point), self.worlds.values, n, seed=seed, world_of=self.worlds.of_runs(0, n), threads=1
            )
        return np.array([[self.replay(point, run).run().value(name) for name in RESULTS] for run in range(n)])

    def replay(self, point: int, run: int):
        """One run in Mesa, not yet stepped."""
        from .agents import DeterrenceModel

        return DeterrenceModel(
            self.policies[point], parameters=self.worlds.parameters(int(self.worlds.of_runs(run, 1)[0])),
            seed=self.head.seed, run=run, months=self.head.months, start=self.head.start, drivers=self.experiment.drivers,
        )  # fmt: skip

    def _compute(self, chosen: range) -> pa.Table:
        n = self.head.runs
        results = np.empty((len(chosen), n, len(RESULTS)))

        def work(k):
            results[k] = self.run_point(chosen[k])

        batch.run_slices(work, range(len(chosen)), self.threads)
        numbers = np.repeat(np.arange(chosen.start, chosen.stop, dtype=np.int32), n)
        return _encode(results.reshape(-1, len(RESULTS)), numbers, np.tile(np.arange(n), len(chosen)))

    def run(self) -> "Results":
        """Do what is missing, estimate, and return the results."""
        head, folder, n = self.head, self.store.folder, self.head.runs
        if self.engine == "batch":
            batch.compiled()
        tally = Tally(self, outcomes.months(_decode(_encode(self.run_point(self.base), np.zeros(n), np.arange(n)))))
        keys, total = [], len(self.policies) * n
        self.progress(0, total)
        for key, chosen in self.parts():
            table = self.store.read_part(key)
            if table is None:
                table = self._compute(chosen)
                self.store.write_table(self.store.part_path(key), table)
            values = _decode(table).reshape(len(chosen), n, -1)
            for point, results in zip(chosen, values, strict=True):
                tally.add(point, results)
            keys.append(key)
            self.progress((chosen.stop) * n, total)
        points = design.points_table(self.policies, self.labels)
        self.store.write_table(folder / "points.parquet", points)
        self.store.write_table(folder / "estimates.parquet", tally.estimates(points))
        self.store.write_table(folder / "metrics.parquet", tally.metrics())
        self.store.write_json(
            folder / "manifest.json",
            {
                "experiment": self.experiment.model_dump(mode="json", by_alias=True),
                "experiment_hash": self.experiment.key(),
                "name": head.name,
                "seed": head.seed,
                "package": __version__,
                "rules_hash": rules_hash(),
                "libraries": library_versions(),
                "baseline_point": self.base,
                "n_points": len(self.policies),
                "n_runs_per_point": n,
                "n_runs": total,
                "swept": design.swept(self.experiment),
                "worlds": {"n": len(self.worlds), "origin": self.worlds.origin, "screen": self.worlds.report},
                "worlds_table": f"{self.worlds_name}.parquet",
                "parts": keys,
            },
        )
        return Results(folder)


class Tally:
    """Counts of each point against the baseline, turned into the table of estimates."""

    def __init__(self, sweep: Sweep, base_months: np.ndarray):
        self.base = base_months >= 0
        self.worlds = sweep.worlds
        self.world_of = self.worlds.of_runs(0, sweep.head.runs)
        self.n_worlds = np.bincount(self.world_of, minlength=len(self.worlds))
        self.switches = {p.name: self.worlds.column(p.name) for p in SWITCHES}
        self.years = sweep.head.months / 12.0
        self.rows, self.metric_rows = [], []
        self.base_point = sweep.base

    def add(self, point: int, results: np.ndarray) -> None:
        """Count one point's runs."""
        when = outcomes.months(results)
        event = when >= 0
        n = len(event)
        by_world = np.stack(
            [np.bincount(self.world_of, weights=event[:, k], minlength=len(self.worlds)) for k in range(event.shape[1])], 1
        )
        spread = estimate.spreads(by_world, self.n_worlds, self.switches)
        up, down, both = (event & ~self.base).sum(0), (self.base & ~event).sum(0), (event & self.base).sum(0)
        for k, name in enumerate(outcomes.OUTCOMES):
            self.rows.append(
                (point, name, n, int(event[:, k].sum()), int(up[k]), int(down[k]), int(both[k]))
                + tuple(float(spread[s][k]) for s in SPREADS)
            )
        for name, (base, hit) in outcomes.conditionals(results, when).items():
            self.rows.append((point, name, int(base.sum()), int(hit.sum()), -1, -1, -1) + (np.nan,) * len(SPREADS))
        for name, column in _METRICS.items():
            values = outcomes.column(results, column)
            if name == "provocations_per_year":
                values = values / self.years
            elif name == "launch_days_per_month":
                values = values / (12.0 * self.years)
            elif name.startswith("help_"):
                values = values[when[:, list(outcomes.OUTCOMES).index("taiwan_invasion")] >= 0]
            self.metric_rows.append((point, name, len(values), float(values.sum()), float((values * values).sum())))

    def estimates(self, points: pd.DataFrame) -> pd.DataFrame:
        """Tidy estimates: a row a point and outcome."""
        head = ["point", "outcome", "n_runs", "n_events", "n_up", "n_down", "n_both"]
        table = pd.DataFrame(self.rows, columns=head + list(SPREADS))
        table = interval_columns(points.merge(table, on="point", validate="one_to_many"))
        table["q_value"] = np.nan
        for _, family in table[(table["n_up"] >= 0) & (table["point"] != self.base_point)].groupby("outcome"):
            table.loc[family.index, "q_value"] = estimate.false_discovery(family["n_up"], family["n_down"])
        table["within_noise"] = ~(table["q_value"] <= 0.05)
        return table

    def metrics(self) -> pd.DataFrame:
        """Means of counts and shares with normal intervals."""
        table = pd.DataFrame(self.metric_rows, columns=["point", "metric", "n_runs", "total", "squares"])
        safe = table["n_runs"].clip(lower=1)
        table["mean"], table["low"], table["high"] = estimate.mean_interval(table["total"], table["squares"], safe)
        return table.drop(columns=["total", "squares"])


SPREADS = ("mc_sd", "worlds_se", "parameter_sd", "structure_sd", "structure_low", "structure_high")


def interval_columns(table: pd.DataFrame, interval: str = "jeffreys") -> pd.DataFrame:
    """Add prob, low, high, and the paired difference from the baseline with Newcombe's interval.

    ``interval`` is ``"jeffreys"`` or ``"clopper-pearson"``. Rows of conditional outcomes have no paired difference.
    """
    if interval not in estimate.INTERVALS:
        raise InputError(f"interval is one of {', '.join(estimate.INTERVALS)}; {interval!r} was given")
    table = table.copy()
    n = table["n_runs"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        table["prob"] = table["n_events"] / n
    table["low"], table["high"] = estimate.INTERVALS[interval](table["n_events"], n)
    paired = table["n_up"].to_numpy() >= 0
    up, down, both = (table[name].to_numpy() for name in ("n_up", "n_down", "n_both"))
    values = np.full((3, len(table)), np.nan)
    values[:, paired] = estimate.newcombe(up[paired], down[paired], both[paired], n[paired])
    table["diff"], table["diff_low"], table["diff_high"] = values
    table["interval"] = interval
    return table


class Results:
    """A finished sweep, read from its folder.

    Attributes
    ----------
    folder : pathlib.Path
    manifest : dict
    estimates : DataFrame, a row a point and outcome: levers, prob, low, high, n_runs, diff, diff_low, diff_high,
        and the three spreads (``mc_sd``; ``parameter_sd``; ``structure_sd``, ``structure_low``, ``structure_high``)
    metrics : DataFrame of means with intervals

    Raises
    ------
    InputError
        If the folder holds no finished sweep.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        if not (self.folder / "manifest.json").exists():
            raise InputError(
                f"{str(self.folder)!r} holds no finished sweep (no manifest.json); run `crink-abm sweep FILE --out DIR` first"
            )
        self.manifest = read_json(self.folder / "manifest.json")
        self.estimates = read_table(self.folder / "estimates.parquet")
        self.metrics = read_table(self.folder / "metrics.parquet")
        self.points = read_table(self.folder / "points.parquet")

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
        return Sweep(self.experiment, self.folder)

    def select(self, outcome: str, **fixed) -> pd.DataFrame:
        """Rows of one outcome where the given levers have the given values, all other *unswept* columns free."""
        known = self.estimates["outcome"].unique()
        if outcome not in known:
            raise InputError(f"no outcome is named {outcome!r}; they are {', '.join(known)}")
        rows = self.estimates[self.estimates["outcome"] == outcome]
        for name, value in fixed.items():
            rows = rows[np.isclose(rows[name], value)]
        return rows

    def slice(self, outcome: str, *free: str) -> pd.DataFrame:
        """Rows of one outcome where every lever but the ``free`` ones is at the baseline, sorted by them."""
        base = self.points.loc[self.points["point"] == self.baseline].iloc[0]
        held = {name: base[name] for name in levers.LEVERS if name not in free and not np.isnan(base[name])}
        return self.select(outcome, **held).sort_values(list(free)).reset_index(drop=True)

    def runs(self, points: Iterable[int]) -> pd.DataFrame:
        """The runs of some points: a row a run, the engine's results as columns."""
        wanted = set(int(p) for p in points)
        frames = []
        for key, chosen in self.sweep.parts():
            if wanted & set(chosen):
                table = self.sweep.store.read_part(key)
                if table is None:
                    raise InputError(
                        f"the part {key} of {str(self.folder)!r} is missing or damaged; run the sweep again: only it is redone"
                    )
                frame = table.to_pandas()
                frames.append(frame[frame["point"].isin(wanted)])
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def incidence(self, points: Iterable[int], names: Iterable[str] | None = None) -> pd.DataFrame:
        """Cumulative incidence by month: tidy (point, outcome, month, prob, low, high, n_runs)."""
        frames = []
        runs = self.runs(points)
        n_months = self.manifest["experiment"]["experiment"]["months"]
        order = list(outcomes.OUTCOMES)
        for point, group in runs.groupby("point"):
            when = outcomes.months(group[list(RESULTS)].to_numpy(float))
            for name in names or order:
                prob, low, high = estimate.incidence(when[:, order.index(name)], n_months)
                frames.append(_incidence_frame(point, name, prob, low, high, len(group)))
        return pd.concat(frames, ignore_index=True)

    def competing(self, points: Iterable[int]) -> pd.DataFrame:
        """Cumulative incidence of the first failure by cause (competing risks), tidy as :meth:`incidence`."""
        frames = []
        n_months = self.manifest["experiment"]["experiment"]["months"]
        for point, group in self.runs(points).groupby("point"):
            which, month = outcomes.first_cause(outcomes.months(group[list(RESULTS)].to_numpy(float)))
            for k, name in enumerate(outcomes.CAUSES):
                prob, low, high = estimate.incidence(np.where(which == k, month, -1), n_months)
                frames.append(_incidence_frame(point, name, prob, low, high, len(group)))
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def dataset(self):
        """The grid as an xarray Dataset: dimensions outcome and the swept levers."""
        import xarray as xr

        swept = self.manifest["swept"]
        if not swept:
            raise InputError("this sweep varies no lever over a grid; use results.estimates")
        base = design.baseline(self.experiment)
        rows = self.estimates
        for name in levers.LEVERS:
            if name not in swept and not isinstance(base[name], dict):
                rows = rows[np.isclose(rows[name], base[name])]
        for name in swept:
            rows = rows[np.isin(rows[name], [float(x) for x in design._levels(self.experiment.levers[name])])]
        columns = ["prob", "low", "high", "diff", "diff_low", "diff_high", "n_runs", "n_events", *SPREADS]
        data = rows.set_index(["outcome", *swept])[columns].to_xarray()
        return data.assign_attrs(name=self.manifest["name"], seed=self.manifest["seed"])

    def replay(self, point: int, run: int):
        """One run of the sweep again, in Mesa, to the horizon: bit-identical.

        Raises
        ------
        InputError
            If there is no such point or run.
        """
        n = self.manifest["n_runs_per_point"]
        if not 0 <= point < self.manifest["n_points"]:
            raise InputError(f"points are numbered 0 to {self.manifest['n_points'] - 1}; {point} was given")
        if not 0 <= run < n:
            raise InputError(f"runs of a point are numbered 0 to {n - 1}; {run} was given")
        return self.sweep.replay(point, run).run()

    def __repr__(self):
        m = self.manifest
        return f"Results({m['name']!r}: {m['n_points']} points x {m['n_runs_per_point']} runs in {m['worlds']['n']} worlds)"

    def _repr_html_(self):
        base = self.estimates[self.estimates["point"] == self.baseline]
        shown = base[["outcome", "prob", "low", "high", "n_runs", "parameter_sd", "structure_sd"]]
        return f"<p><b>{self!r}</b>, baseline point {self.baseline}:</p>" + shown.to_html(index=False, float_format="%.3f")


def _incidence_frame(point, name, prob, low, high, n):
    months = np.arange(1, len(prob) + 1)
    return pd.DataFrame(
        {"point": point, "outcome": name, "month": months, "prob": prob, "low": low, "high": high, "n_runs": n}
    )


def sweep(experiment, out: str | Path | None = None, *, engine="batch", workers: int | None = None, runs: int | None = None,
          progress: Callable | None = None) -> Results:  # fmt: skip
    """Run an experiment (a file's path, or a dict of the same shape) and return its results.

    Run again on the same folder, it continues where it stopped. ``out`` defaults to ``results/NAME``;
    ``runs`` overrides the runs per point; ``workers`` is the number of threads (all cores if None).

    Raises
    ------
    InputError
        If the experiment or the folder cannot be taken.
    """
    plan = design.checked(experiment) if isinstance(experiment, dict) else design.read(experiment)
    if runs is not None:
        if runs < 1:
            raise InputError(f"runs is at least 1; {runs} was given")
        plan = plan.model_copy(update={"experiment": plan.experiment.model_copy(update={"runs": runs})})
    if workers is not None and workers < 1:
        raise InputError(f"workers is at least 1; {workers} was given")
    folder = Path(out) if out else Path("results") / plan.experiment.name
    return Sweep(plan, folder, engine=engine, threads=workers, progress=progress).run()
