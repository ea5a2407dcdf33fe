"""``sweep``, ``replay`` and ``plot``: an experiment into a folder, and what is read out of it."""

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from ..ensemble import summary
from ..util.errors import InputError, RunsFailedError, one_line
from ..util.progress import shown
from .run import tell
from .terminal import charts, check_folder, print_json, ready_engine, rows_of, say

if TYPE_CHECKING:
    from ..experiment.schema import Experiment
    from ..results.results import Results


def sweep(args: argparse.Namespace) -> None:
    """An experiment file to estimates and charts."""
    from ..api import planned
    from ..api import sweep as run_sweep
    from ..engine import engine_name
    from ..experiment import sizes
    from ..sweeps.executors import choice
    from ..sweeps.store import Store

    if args.shard and (args.interval or args.precision is not None or args.dask is not None):
        raise InputError("a shard only works runs out; leave out --interval, --precision and --dask")
    if args.dask is not None and args.backend is not None:
        raise InputError(f"--backend is for this machine; leave out --backend {args.backend}, or --dask")
    args.executor, note = choice.renamed(args.executor, args.workers, args.backend, args.dask)
    args.say = choice.first(note, say)
    plan = planned(args.file, None, args.runs, args.interval, args.precision)
    draw = None if args.no_charts or args.shard else charts().draw
    folder = Path(args.out or Path("results") / plan.experiment.name)
    engine = engine_name(args.engine)
    sizes.check(plan, folder, engine, args.runs)
    check_folder(folder)
    Store(folder).check(plan.experiment.name)
    if engine == "numba":
        ready_engine()
    if args.shard:
        _shard(args, plan, folder)
        return
    drawn = []

    def tell(results: "Results") -> None:
        if draw:
            say("drawing the charts ...")
            drawn.extend(draw(results))
        _summary(results, drawn, args)

    results = run_sweep(
        plan, folder, engine=args.engine, executor=args.executor, progress=shown("run"), say=args.say, then=tell,
    )  # fmt: skip
    if results.manifest["n_failed"]:
        raise RunsFailedError(_failures_told(results))


def _shard(args: argparse.Namespace, plan: "Experiment", folder: Path) -> None:
    from ..api import shard

    number, of = args.shard
    n = shard(
        plan, number, of, folder, engine=args.engine, executor=args.executor, progress=shown("run"), say=args.say,
    )  # fmt: skip
    if args.json:
        print_json({"folder": str(folder), "shard": number, "of": of, "n_runs": n})
        return
    print(f"shard {number} of {of}: {n:,} runs are kept in {folder}")
    print("when all are done, the same command without --shard takes them over and counts")


def _failures_told(results: "Results") -> str:
    """The table of failed runs, the first twenty of them."""
    n, shown = results.manifest["n_failed"], results.failures.head(20)
    more = (
        f"; the first {len(shown)}, and more in {one_line(results.folder / 'failures.parquet')}"
        if n > len(shown)
        else ""
    )
    folder = one_line(results.folder)
    return (
        f"{n:,} of {results.manifest['n_runs']:,} runs failed and count in no estimate{more}:\n{shown.to_string(index=False)}\n"
        f"see one up to its failure with `crink-abm replay {folder} --point I --run K`"
    )


def _summary(results: "Results", drawn: list[Path], args: argparse.Namespace) -> None:
    m = results.manifest
    base = results.estimates[results.estimates["point"] == results.baseline]
    if args.json:
        print_json(
            {"folder": str(results.folder), "n_points": m["n_points"], "n_runs": m["n_runs"], "worlds": m["worlds"],
             "baseline": rows_of(base[["outcome", "prob", "low", "high", "n_runs"]]),
             "n_failed": m["n_failed"], "failures": rows_of(results.failures),
             "estimates": str(results.folder / "estimates.parquet"), "charts": [str(path) for path in drawn]}
        )  # fmt: skip
        return
    screen = m["worlds"]["screen"]
    more = f" ({m['n_detail_runs']:,} off the grid)" if m["n_detail_runs"] else ""
    size = f"{m['n_points']} policies x {summary.runs_in_words(m)}{more} = {m['n_runs']:,} runs"
    print(f"{m['name']}: {size} in {summary.worlds_in_words(m['worlds'])}")
    if m["worlds"].get("note"):
        print(f"note: {m['worlds']['note']}")
    if screen:
        print(summary.fully(screen) + ":")
        for band in screen["bands"]:
            print(
                f"  {band['band']}: {band['low']:.3g} to {band['high']:.3g}, passed by {100 * band['share_passing']:.0f} %"
            )
    head = m["experiment"]["experiment"]
    moved = m["baseline_moves"]
    print(f"baseline: today's policy{' but ' + moved if moved else ''}; its risks over {head['months']} months")
    print("(low, high: 95 %, the worlds given, by method; ensemble_low, ensemble_high: the worlds as the sample)")
    columns = ["outcome", "prob", "low", "high", "n_runs", "method"]
    columns += ["ensemble_low", "ensemble_high", "parameter_sd", "structure_sd"]
    print(base[columns].to_string(index=False, float_format=lambda x: f"{x:.3f}", na_rep=""))
    _changes(results)
    print(f"\nestimates: {results.folder / 'estimates.parquet'}")
    if drawn:
        print(f"charts:    {results.folder / 'figures'} ({len(drawn)} files)")
        names = {path.stem for path in drawn}
        if first := [name for name in ("ranking", "icons") if name in names]:
            print(f"start with {' and '.join(f'{name}.png' for name in first)}")


def _changes(results: "Results") -> None:
    """What the policies change, if they are few enough for a table."""
    from ..results.asked import MOST_ROWS

    families = results.points["family"]
    if 0 < (families == "package").sum() <= MOST_ROWS or 1 < len(families) <= MOST_ROWS:
        print(f"\n{results.table().text()}")


def table(args: argparse.Namespace) -> None:
    """The policies' changes of a finished sweep as a table, for papers"""
    from ..results.results import Results

    made = Results(args.folder).table(
        args.outcomes, [int(one) if one.isdecimal() else one for one in args.policies] if args.policies else None,
        interval=args.interval, digits=args.digits,
    )  # fmt: skip
    if args.out:
        print(made.save(args.out))
    elif args.json:
        print_json({"note": made.note, "table": rows_of(made.numbers)})
    else:
        print(getattr(made, args.format)())


def bundle(args: argparse.Namespace) -> None:
    """One small file of a finished sweep, to be read, drawn and replayed elsewhere"""
    from ..results.bundle import bundle as make

    made = make(args.folder, args.out)
    size = made.stat().st_size
    if args.json:
        print_json({"bundle": str(made), "bytes": size})
    else:
        print(f"{made} ({size / 1e6:.1f} MB): reads, draws and replays as a folder of results does")


def runs(args: argparse.Namespace) -> None:
    """Runs of a finished sweep in which something happened, to be opened with replay"""
    from ..results.results import Results

    results = Results(args.folder)
    point = results.baseline if args.point is None else args.point
    found, n = results.find(args.where, point), results.plan.n_runs[point]
    share = len(found) / n
    if args.json:
        print_json(
            {"folder": str(args.folder), "point": point, "where": args.where, "n_runs": n, "runs": rows_of(found)}
        )
        return
    print(f"{args.where}: {len(found):,} of {n:,} runs of point {point} ({100 * share:.2g} %)")
    if len(found):
        print(found.head(args.most).to_string(index=False))
        run = int(found["run"].iloc[0])
        print(f"open one: crink-abm replay {one_line(args.folder)} --point {point} --run {run}")


def replay(args: argparse.Namespace) -> None:
    """One run of a finished sweep, again, in Mesa."""
    from ..results.results import Results
    from ..sweeps.failures import why

    model = Results(args.folder).replay(args.point, args.run, to_the_end=False)
    month, cause = why(model)
    tell(model, args)
    if month >= 0:
        raise RunsFailedError(f"the run failed in month {month} (the first is 0): {cause}")


def plot(args: argparse.Namespace) -> None:
    """The charts of a finished sweep."""
    from ..results.results import Results

    results, draw = Results(args.folder), charts().draw
    check_folder(Path(args.out or args.folder))
    width: str | float = args.width
    with contextlib.suppress(ValueError):  # else it is a name
        width = float(args.width)
    options = {"outcomes": args.outcomes, "policies": args.policies, "style": args.style, "width": width}
    if options["policies"] is not None:
        options["policies"] = [int(one) if one.isdecimal() else one for one in args.policies]
    drawn = draw(results, args.out, args.charts, args.formats or ("png", "svg", "pdf"), **options)
    if args.json:
        print_json({"charts": [str(path) for path in drawn]})
    else:
        print("\n".join(str(path) for path in drawn))
