"""The command ``crink-abm``: its parser, and what all commands share; each is a module, and loads what is heavy when it is run.

Exit status: 0 done, 1 failed, 2 bad input (one message on stderr), 130 interrupted (nothing is lost).
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ..util.errors import InputError, nearest, told
from ..version import __version__
from . import guard
from .answers.answers import answers
from .answers.causes import causes
from .answers.claims import ablate, claims
from .answers.discover import discover
from .answers.elicitation import elicit
from .answers.information import information
from .answers.portfolio import portfolio
from .answers.sensitivity import sensitivity
from .answers.thresholds import thresholds
from .bench import bench
from .figures import reproduce
from .info import info
from .page import explore, page
from .record import calibrate, validate
from .run import run
from .studies import audit, compare, rare
from .sweep import bundle, plot, replay, runs, sweep, table
from .terminal import (
    number,
    path,
    seed_of_many,
    share,
    whole,
    word,
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest allowed word."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        raise InputError(message)

    def _print_message(self, message: str | None, file: Any = None) -> None:
        print(message or "", end="", file=file)  # argparse's own swallows what cannot be written

    def options(self) -> list[str]:
        """The long names of what may be given."""
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]


def parser() -> tuple[_Parser, dict[str, _Parser]]:
    """The command line, and each command's part of it by name."""
    top = _Parser(prog="crink-abm", description="Deterrence across Taiwan and Korea: runs, sweeps, charts.")
    top.add_argument("--version", action="version", version=f"crink-abm {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def add(function: Callable[[argparse.Namespace], None], *, name: str | None = None) -> argparse.ArgumentParser:
        said = function.__doc__ or ""  # python -OO leaves none
        sub = commands.add_parser(name or function.__name__, help=said.rstrip("."), description=said)
        sub.set_defaults(handler=function)
        sub.add_argument("--json", action="store_true", help="one JSON document on standard output")
        return sub

    def study(function: Callable[[argparse.Namespace], None], default: str | None, said: str | None = None) -> Any:
        """A command that reads an experiment file, and writes tables, charts and a page."""
        sub = add(function)
        optional = None if function is elicit else "?"
        sub.add_argument(
            "file", type=path, nargs=optional, default=default, metavar="FILE", help=said or f"default {default}"
        )
        sub.add_argument("--out", type=path, metavar="DIR", help="folder for results (default results/NAME)")
        sub.add_argument("--markdown", type=path, metavar="PAGE", help="write the findings as a page")
        return sub

    sub = add(run)
    sub.add_argument(
        "--set", action="append", default=[], metavar="LEVER=VALUE", help="a lever in [0, 1]; may be repeated"
    )
    sub.add_argument("--scenario", type=word, metavar="NAME", help="a named policy to start from")
    sub.add_argument("--seed", type=whole, default=0, help="which random numbers (default 0)")
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
        "--executor", type=word, metavar="WHO",
        help="who computes the runs: threads[:N] (default, all cores), processes[:N], dask:ADDRESS, joblib[:BACKEND[:N]]",
    )  # fmt: skip
    sub.add_argument("--workers", type=whole, metavar="W", help="before: --executor threads:W")
    sub.add_argument("--backend", choices=("threads", "loky"), help="before: --executor threads, or processes")
    sub.add_argument("--dask", type=word, metavar="ADDRESS", help="before: --executor dask:ADDRESS")
    sub.add_argument(
        "--engine",
        choices=("numba", "mesa", "batch"),
        default="numba",
        help="mesa is slow; the results are the same (batch is the old name of numba)",
    )
    sub.add_argument("--interval", choices=("best", "jeffreys", "clopper-pearson"), help="instead of the file's")
    sub.add_argument("--no-charts", action="store_true", help="estimates only")

    sub = add(replay)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--point", type=whole, required=True, metavar="I", help="number of the policy")
    sub.add_argument("--run", type=whole, required=True, metavar="K", help="number of the run")

    sub = add(table)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--outcomes", type=word, nargs="+", metavar="O", help="which (default: the four kinds of force)")
    sub.add_argument(
        "--policies",
        type=word,
        nargs="+",
        metavar="P",
        help="packages by name or points by number (default: the packages)",
    )
    sub.add_argument(
        "--interval", choices=("ensemble", "runs"), default="ensemble", help="worlds as the sample, or given"
    )
    sub.add_argument("--digits", type=whole, default=1, metavar="N", help="of a percentage point (default 1)")
    sub.add_argument("--format", choices=("text", "markdown", "latex", "html", "csv"), default="text")
    sub.add_argument("--out", type=path, metavar="FILE", help="write it: .txt, .md, .tex, .html, .csv, .docx or .xlsx")

    sub = add(bundle)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--out", type=path, metavar="FILE", help="the file (default NAME.crink.zip beside the folder)")

    sub = add(runs)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument(
        "--where",
        type=word,
        required=True,
        metavar="W",
        help="outcomes joined by 'and', each with 'not' before it or without",
    )
    sub.add_argument("--point", type=whole, metavar="I", help="number of the policy (default: the baseline)")
    sub.add_argument("--most", type=whole, default=10, metavar="N", help="how many are listed (default 10)")

    sub = add(plot)
    sub.add_argument("folder", type=path, metavar="DIR", help="a finished sweep")
    sub.add_argument("--out", type=path, metavar="DIR", help="where figures/ goes (default: the sweep's folder)")
    sub.add_argument(
        "--charts", type=word, nargs="+", metavar="C", help="which (default: all), heat_OUTCOME for any outcome"
    )
    sub.add_argument("--outcomes", type=word, nargs="+", metavar="O", help="which (default: the four kinds of force)")
    sub.add_argument("--policies", type=word, nargs="+", metavar="P", help="packages by name or points by number")
    sub.add_argument(
        "--width", type=word, default="double", metavar="W", help="single (8.9 cm), double (18 cm), or centimetres"
    )
    sub.add_argument("--style", type=word, default="house", metavar="S", help="house, grey, or a style of matplotlib")
    sub.add_argument("--formats", choices=("png", "svg", "pdf"), nargs="+", help="default: all three")

    sub = add(reproduce)
    sub.add_argument("figure", type=path, metavar="FIGURE", help="a PNG, SVG or PDF that crink-abm wrote")
    sub.add_argument(
        "--out", type=path, metavar="DIR", help="keep the runs and the figure here (default: the figure alone)"
    )
    sub.add_argument(
        "--redraw", type=path, metavar="FILE", help="where the figure goes (default: NAME-again beside FIGURE)"
    )

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

    study(thresholds, "experiments/thresholds.toml")
    study(elicit, None, "a file of beliefs, e.g. experiments/elicitation.toml")
    study(discover, "experiments/discover.toml")

    sub = study(causes, None, "such as experiments/causes.toml; none for one run")
    sub.add_argument("--run", type=whole, metavar="K", help="explain this run: what would have averted it")
    sub.add_argument("--package", type=word, metavar="NAME", help="whose run of FILE that is (default: baseline)")
    sub.add_argument("--seed", type=whole, help="without FILE: which seed (default 0)")
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="LEVER=VALUE",
        help="without FILE: a lever in [0, 1]; may be repeated",
    )
    sub.add_argument("--months", type=whole, metavar="N", help="without FILE: horizon (default 120)")
    sub.add_argument(
        "--outcome", type=word, metavar="O", help="without FILE: what is to be averted (default any_failure)"
    )

    study(sensitivity, "experiments/sensitivity.toml")
    study(information, "experiments/information.toml")
    study(ablate, "experiments/ablation.toml")

    sub = add(claims)
    sub.add_argument("ids", type=word, nargs="*", metavar="ID", help="numbers of claims, such as C01 (default: all)")
    sub.add_argument("--folder", type=path, default="experiments/claims", metavar="DIR", help="where their files stand")
    sub.add_argument("--out", type=path, metavar="DIR", help="folder for results (default results/claims, results/zoo)")
    sub.add_argument("--markdown", type=path, metavar="PAGE", help="write the findings as a page (docs/claims.md)")
    sub.add_argument("--thresholds", type=path, metavar="DIR", help="results of `crink-abm thresholds`, shown beside")
    sub.add_argument("--zoo", action="store_true", help="plant faults in the model, and see which claims catch them")

    study(portfolio, "experiments/portfolio.toml")

    sub = add(answers)
    sub.add_argument(
        "--experiments",
        type=path,
        default="experiments",
        metavar="DIR",
        help="where the studies' files are (default experiments)",
    )
    sub.add_argument(
        "--out", type=path, default="results", metavar="DIR", help="where the studies' folders go (default results)"
    )
    sub.add_argument(
        "--markdown", type=path, default="docs/answers.md", metavar="PAGE", help="the page (default docs/answers.md)"
    )

    said = "an experiment file, or the folder of a finished sweep, whose policies the page offers"
    sub = add(page)
    sub.add_argument("given", type=path, nargs="?", metavar="FILE|DIR", help=said)
    sub.add_argument("--out", type=path, default="page.html", metavar="FILE", help="the page (default page.html)")

    sub = add(explore)
    sub.add_argument("given", type=path, nargs="?", metavar="FILE|DIR", help=said)
    sub.add_argument("--no-open", action="store_true", help="only say where the page is")

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
    return top, commands.choices


def _parsed(given: list[str]) -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    """Arguments of the command line, and the parser.

    Raises
    ------
    InputError
        On what no command takes, or what is given twice.
    """
    top, commands = parser()
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

    def command() -> None:
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
