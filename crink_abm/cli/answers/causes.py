"""``causes``: the pathways of failures, and what would have averted one."""

import argparse
from typing import TYPE_CHECKING

from ...util.errors import InputError
from ...util.progress import shown
from ..terminal import print_json, ready_engine, rows_of
from .common import begin, check_page, end, write_page

if TYPE_CHECKING:
    from ...analysis.causes.but_for import War
    from ...analysis.causes.study import CausesFile


def causes(args: argparse.Namespace) -> None:
    """The pathways by which deterrence fails, and what would have averted one war."""
    from ...analysis.causes import study
    from ...experiment import reader

    if args.file is None:
        _one(args)
        return
    if args.set or args.seed is not None or args.months is not None or args.outcome is not None:
        raise InputError("--set, --seed, --months and --outcome are for a run without FILE; a file says its own")
    experiment = study.judged(reader.read(args.file, study.CausesFile))
    run = experiment.causes.run if args.run is None else args.run
    if args.markdown is not None:
        check_page(args.markdown)
    if run is not None:
        _ready()
        _tell(study.war_of(experiment, run, args.package or experiment.causes.package), args)
        return
    if args.package is not None:
        raise InputError("--package says whose run it is; give --run K with it")
    _pathways(args, experiment)


def _pathways(args: argparse.Namespace, experiment: "CausesFile") -> None:
    """The pathways of all failures."""
    from ...analysis.causes import study
    from ...report.answers import causes as report

    folder = begin(args, "causes", experiment.experiment.name)
    ready_engine()
    if experiment.causes.replayed:
        _ready()
    found = study.causes(experiment, out=folder, progress=shown("failure"))
    from ...charts.answers import causes as charts
    from ...charts.answers import drawn

    drawn.write(folder, "causes", charts.flow, found)
    end(args, found, lambda: report.document(found, args.file), lambda: print(report.markdown(found)))


def _one(args: argparse.Namespace) -> None:
    """One run at the default parameters."""
    from ...analysis.causes.but_for import but_for
    from ...model.scenarios import assignment

    if args.run is None:
        raise InputError("causes takes an experiment FILE, or --run K (and --seed S) for one run; neither was given")
    if args.out is not None or args.package is not None:
        raise InputError("--out and --package are for an experiment FILE")
    if args.markdown is not None:
        check_page(args.markdown)
    policy = dict(assignment(text) for text in args.set)
    _ready()
    more = {"months": args.months} if args.months is not None else {}
    _tell(but_for(policy, seed=args.seed or 0, run=args.run, outcome=args.outcome or "any_failure", **more), args)


def _tell(war: "War", args: argparse.Namespace) -> None:
    """What would have averted one war."""
    from ...report.answers import causes as report

    if args.markdown is not None:
        write_page(args.markdown, report.war(war))
    if args.json:
        print_json(
            {
                "outcome": war.outcome, "month": war.month, "verdict": war.verdict(), "replays": war.replays,
                "complete": war.complete, "changes": rows_of(war.changes),
                "sets": [[{"month": one.month, "rule": one.rule} for one in some] for some in war.sets],
            }
        )  # fmt: skip
        return
    print(report.war(war))


def _ready() -> None:
    from ...analysis.causes import turned

    ready_engine(turned.kernel_name(), turned.compiled)
