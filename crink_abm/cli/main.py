"""The command ``crink-abm``: thin handlers over the package; heavy imports inside them.

Exit status: 0 done, 1 failed, 2 bad input (one message on stderr), 130 interrupted (nothing is lost).
"""

import argparse
import sys
from pathlib import Path

from ..ensemble import summary
from ..model import arguments
from ..util.errors import InputError, RunsFailedError, nearest, one_line, told
from ..util.progress import shown
from ..version import __version__
from . import guard
from .record import calibrate, validate
from .studies import audit, compare, rare
from .terminal import (
    charts,
    check_folder,
    number,
    path,
    print_json,
    ready_engine,
    rows_of,
    say,
    seed_of_many,
    share,
    whole,
    word,
)  # fmt: skip


def run(args) -> None:
    """One run in Mesa, told month by month."""
    from ..agents.model import DeterrenceModel
    from ..model.scenarios import assignment, scenario

    chosen = scenario(args.scenario) if args.scenario else {}
    settings = [assignment(text) for text in args.set]
    for name, value in settings:
        if [other for other, _ in settings].count(name) > 1:
            raise InputError(f"{name} is set twice; set it once")
        chosen[name] = value
    _tell(DeterrenceModel(chosen, seed=args.seed, run=args.run, months=args.months).run(), args)


def _tell(model, args) -> None:
    if not args.json:
        print(model.story)
        return
    history = model.history
    print_json(
        {
            "seed": model.key[0], "run": model.key[1], **model.source, "start": model.start,
            "months": len(history), "levers": model.levers, "parameters": model.parameters,
            "outcome": model.outcome, "events": [event.as_dict() for event in model.events],
            "history": {"month": history.index.tolist(), **{name: history[name].tolist() for name in history.columns}},
        }
    )  # fmt: skip


def sweep(args) -> None:
    """An experiment file to estimates and charts."""
    from ..experiment import sizes
    from ..results.results import planned
    from ..results.results import sweep as run_sweep
    from ..sweeps.store import Store

    if args.shard and (args.interval or args.precision is not None or args.dask is not None):
        raise InputError("a shard only works runs out; leave out --interval, --precision and --dask")
    plan = planned(args.file, None, args.workers, args.runs, args.interval, args.precision)
    if args.dask is not None and args.backend is not None:
        raise InputError(f"--backend is for this machine; leave out --backend {args.backend}, or --dask")
    draw = None if args.no_charts or args.shard else charts().draw
    folder = Path(args.out or Path("results") / plan.experiment.name)
    sizes.check(plan, folder, args.engine, args.runs)
    check_folder(folder)
    Store(folder).check(plan.experiment.name)
    if args.engine == "batch":
        ready_engine()
    if args.shard:
        _shard(args, folder)
        return
    drawn = []

    def tell(results):
        if draw:
            say("drawing the charts ...")
            drawn.extend(draw(results))
        _summary(results, drawn, args)

    results = run_sweep(
        args.file, folder, engine=args.engine, workers=args.workers, runs=args.runs, interval=args.interval,
        precision=args.precision, backend=args.backend, dask=args.dask, progress=shown("run"), say=say, then=tell,
    )  # fmt: skip
    if results.manifest["n_failed"]:
        raise RunsFailedError(_failures_told(results))


def _shard(args, folder) -> None:
    from ..results.results import shard

    number, of = args.shard
    n = shard(
        args.file, number, of, folder, engine=args.engine, workers=args.workers, runs=args.runs, backend=args.backend,
        progress=shown("run"), say=say,
    )  # fmt: skip
    if args.json:
        print_json({"folder": str(folder), "shard": number, "of": of, "n_runs": n})
        return
    print(f"shard {number} of {of}: {n:,} runs are kept in {folder}")
    print("when all are done, the same command without --shard takes them over and counts")


def _failures_told(results) -> str:
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


def _summary(results, drawn, args) -> None:
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
    print("(low, high: 95 %, the worlds given, by method; worlds_low, worlds_high: the worlds as the sample)")
    columns = ["outcome", "prob", "low", "high", "n_runs", "method"]
    columns += ["worlds_low", "worlds_high", "parameter_sd", "structure_sd"]
    print(base[columns].to_string(index=False, float_format=lambda x: f"{x:.3f}", na_rep=""))
    print(f"\nestimates: {results.folder / 'estimates.parquet'}")
    if drawn:
        print(f"charts:    {results.folder / 'figures'} ({len(drawn)} files)")


def replay(args) -> None:
    """One run of a finished sweep, again, in Mesa."""
    from ..results.results import Results
    from ..sweeps.failures import why

    model = Results(args.folder).replay(args.point, args.run, to_the_end=False)
    month, cause = why(model)
    _tell(model, args)
    if month >= 0:
        raise RunsFailedError(f"the run failed in month {month} (the first is 0): {cause}")


def plot(args) -> None:
    """The charts of a finished sweep."""
    from ..results.results import Results

    results, draw = Results(args.folder), charts().draw
    check_folder(Path(args.out or args.folder))
    drawn = draw(results, args.out)
    if args.json:
        print_json({"charts": [str(path) for path in drawn]})
    else:
        print("\n".join(str(path) for path in drawn))


def bench(args) -> None:
    """Throughput of every engine."""
    from ..engine.benchmark.throughput import WORLDS, measure
    from ..ensemble import calibrated

    ready_engine()
    found = measure(calibrated.load().first(WORLDS).values)
    if args.json:
        print_json(found)
        return
    print(f"runs of {found['months']} months; the kernel was ready in {found['kernel_ready_seconds']} s")
    for row in found["engines"]:
        speed = f"{row['runs_per_second']:>12,.1f} runs/s {row['ratio_to_mesa_batch_run']:>10,.1f} x"
        print(f"{row['engine']:38} {row['runs']:>8,} runs {speed}")
    floor = found["floor"]
    print(
        f"\n{found['lanes']} runs abreast to one at a time, processor time: {floor['abreast_to_one_at_a_time']:.2f} x"
    )
    print("a month of one run, ns of one thread: operations x what one costs, vectorised")
    for kind, cost in floor["ns_an_operation"].items():
        each, total = floor["operations_a_month"][kind], floor["ns_a_month_by_kind"][kind]
        print(f"{kind:30} {each:>7.1f} x {cost:.3f} = {total:>5.1f}")
    print(f"arithmetic {floor['arithmetic_ns']:.1f}, memory {floor['memory_ns']:.1f}, floor {floor['floor_ns']:.1f}")
    ratios = f"{floor['measured_to_floor']:.2f} of the floor, {floor['measured_to_sum']:.2f} of the sum"
    print(f"measured {floor['measured_ns']:.1f}: {ratios}")


def info(args) -> None:
    """Versions, engine, cache, levers, parameters with sources; or one name."""
    from ..report.odd import lookup, overview

    if args.name is None:
        arguments.environment()

    data = overview() if args.name is None else lookup(args.name)
    if args.json:
        print_json(data)
        return
    if args.name is not None:
        for key, value in data.items():
            print(f"{key:10} {value}")
        return
    for title, rows in data.items():
        print(f"\n{title}")
        for row in rows if isinstance(rows, list) else [{"": k, " ": v} for k, v in rows.items()]:
            print("  " + "  ".join(str(value) for value in row.values()))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest allowed word."""

    def __init__(self, **more):
        super().__init__(allow_abbrev=False, **more)

    def error(self, message):
        raise InputError(message)

    def _print_message(self, message, file=None):
        print(message or "", end="", file=file)  # argparse's own swallows what cannot be written

    def options(self) -> list[str]:
        """The long names of what may be given."""
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(prog="crink-abm", description="Deterrence across Taiwan and Korea: runs, sweeps, charts.")
    top.add_argument("--version", action="version", version=f"crink-abm {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def add(function, *, name=None):
        said = function.__doc__ or ""  # python -OO leaves none
        sub = commands.add_parser(name or function.__name__, help=said.rstrip("."), description=said)
        sub.set_defaults(handler=function)
        sub.add_argument("--json", action="store_true", help="one JSON document on standard output")
        return sub

    sub = add(run)
    sub.add_argument(
        "--set", action="append", default=[], metavar="LEVER=VALUE", help="a lever in [0, 1]; may be repeated"
    )
    sub.add_argument("--scenario", type=word, metavar="NAME", help="a named policy to start from")
    sub.add_argument("--seed", type=whole, default=0, help="which luck (default 0)")
    sub.add_argument("--run", type=whole, default=0, metavar="K", help="number of the run (default 0)")
    sub.add_argument("--months", type=whole, default=120, metavar="N", help="horizon (default 120)")

    sub = add(sweep)
    sub.add_argument("file", type=path, metavar="FILE", help="an experiment file, e.g. experiments/policy_cube.toml")
    sub.add_argument("--out", type=path, metavar="DIR", help="folder for results (default results/NAME)")
    sub.add_argument("--runs", type=whole, metavar="N", help="runs per point, instead of the file's")
    sub.add_argument(
        "--precision", type=number, metavar="H", help="run each point until the half-width of its intervals is H"
    )
    sub.add_argument(
        "--shard", type=share, metavar="K/N", help="only keep the runs of the K-th of N shares (for an array of jobs)"
    )
    sub.add_argument(
        "--dask", type=word, metavar="ADDRESS", help="let the workers of this Dask scheduler do the runs (tcp://...)"
    )
    sub.add_argument("--workers", type=whole, metavar="W", help="threads or processes (default: all cores)")
    sub.add_argument(
        "--backend", choices=("threads", "loky"), help="loky: processes instead of threads, for --engine mesa"
    )
    sub.add_argument(
        "--engine", choices=("batch", "mesa"), default="batch", help="mesa is slow; the results are the same"
    )
    sub.add_argument("--interval", choices=("best", "jeffreys", "clopper-pearson"), help="instead of the file's")
    sub.add_argument("--no-charts", action="store_true", help="estimates only")

    sub = add(replay)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--point", type=whole, required=True, metavar="I", help="number of the policy")
    sub.add_argument("--run", type=whole, required=True, metavar="K", help="number of the run")

    sub = add(plot)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--out", type=path, metavar="DIR", help="where figures/ goes (default: the sweep's folder)")

    sub = add(compare)
    sub.add_argument(
        "policies",
        nargs="+",
        metavar="POLICY",
        help="a scenario, or LEVER=VALUE[,LEVER=VALUE...]; one alone is compared with today",
    )
    sub.add_argument("--runs", type=whole, default=100_000, metavar="N", help="runs a policy (default 100000)")
    sub.add_argument("--seed", type=whole, default=0)
    sub.add_argument("--months", type=whole, default=120, metavar="N")
    sub.add_argument(
        "--worlds",
        choices=("calibrated", "prior", "defaults"),
        default="calibrated",
        help="the calibrated ensemble (default), screened prior draws, or the default parameters",
    )
    sub.add_argument("--interval", choices=("best", "jeffreys", "clopper-pearson"), default="best")

    sub = add(rare)
    sub.add_argument("file", type=path, metavar="FILE", help="an experiment file, e.g. experiments/rare.toml")
    sub.add_argument("--outcome", type=word, metavar="O", help="this outcome instead of the file's")
    sub.add_argument("--relative", type=number, metavar="X", help="half-width of the interval over the probability")
    sub.add_argument("--out", type=path, metavar="DIR", help="keep each estimate here, and rare.parquet")

    sub = add(audit)
    sub.add_argument("file", type=path, nargs="?", default="experiments/sign_audit.toml", metavar="FILE")
    sub.add_argument("--out", type=path, metavar="DIR", help="keep the tables here as Parquet")
    sub.add_argument("--markdown", type=path, metavar="FILE", help="write the findings as a page")

    sub = add(calibrate)
    sub.add_argument(
        "--draws", type=whole, metavar="N", help="prior draws (default: some 260,000, a quarter of an hour)"
    )
    sub.add_argument("--seed", type=seed_of_many, default=5)
    sub.add_argument(
        "--out", type=path, metavar="DIR", default="results/calibration", help="where tables and charts go"
    )
    sub.add_argument(
        "--freeze", action="store_true", help="put the ensemble into the package, for ensemble = calibrated"
    )
    sub.add_argument("--fit-only", action="store_true", help="the ensemble alone, without checks, ranks and hindcast")
    sub.add_argument(
        "--markdown", type=path, metavar="FILE", help="fill FILE's template beside it (docs/calibration.md)"
    )

    sub = add(validate)
    sub.add_argument("--observed", type=path, metavar="DIR", help="tables of later months; layouts in docs/files.md")
    sub.add_argument(
        "--drivers", type=path, metavar="DIR", help="policy.csv and exercises.csv for them; else the last values hold"
    )
    sub.add_argument("--seed", type=seed_of_many, default=0)

    add(bench)
    sub = add(info)
    sub.add_argument(
        "name", type=word, nargs="?", metavar="NAME", help="one lever, parameter, field, outcome or scenario"
    )
    return top


def _parsed(given: list[str]) -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    """Arguments of the command line, and the parser.

    Raises
    ------
    InputError
        On what no command takes, or what is given twice.
    """
    top = parser()
    commands = top._subparsers._group_actions[0].choices
    if given and not given[0].startswith("-") and given[0] not in commands:
        raise InputError(
            f"no command is named {told(given[0])}{nearest(given[0], commands)}; they are {', '.join(commands)}"
        )
    args, more = top.parse_known_args(given)
    command = commands.get(args.command, top)
    if more:
        options = command.options()
        hint = nearest(more[0].partition("=")[0], options)
        whose = f"crink-abm {args.command}" if args.command else "crink-abm"
        raise InputError(f"{whose} takes no {told(more[0])}{hint}; its options are {', '.join(options)}")
    named = [text.partition("=")[0] for text in given[: given.index("--") if "--" in given else None]]
    for name in command.options():
        if name != "--set" and named.count(name) > 1:
            raise InputError(f"{name} is given twice; give it once")
    return args, top


def main(argv: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    given = [str(text) for text in (sys.argv[1:] if argv is None else argv)]

    def command():
        args, top = _parsed(given)
        if args.command is None:
            top.print_help()
        else:
            args.handler(args)

    return guard.status(command, given)


def console() -> int:
    """The command as installed: like :func:`main`, with what only a whole process can see to."""
    return guard.process(main)


if __name__ == "__main__":
    sys.exit(console())
