"""The commands about mechanisms: ``claims`` and ``ablate``."""

import argparse
from pathlib import Path

from ...util.errors import InputError
from ...util.progress import shown
from ..terminal import ready_engine, say
from .common import begin, end


def claims(args: argparse.Namespace) -> None:
    """The article's thirty claims, each with its counter-claim, its ablation, its threshold and a verdict."""
    from ...analysis.claims import run as study
    from ...analysis.claims import spec
    from ...report.answers import claims as report
    from ...util.files import table_of

    spec.read_all(args.folder, args.ids)
    if args.zoo:
        _zoo(args)
        return
    folder = begin(args, "claims", "claims")
    thresholds = None
    if args.thresholds is not None:
        thresholds = table_of(_read(Path(args.thresholds) / "thresholds.parquet"))
    ready_engine()
    found = study.claims(args.ids, folder=args.folder, out=folder, thresholds=thresholds, progress=shown("arm"))
    from ...charts.answers import claims as charts
    from ...charts.answers import drawn

    drawn.write(folder, "claims", lambda found: charts.verdicts(found.table), found)

    def told() -> None:
        first = found.table.iloc[0]
        print(
            f"{first['n_worlds']} worlds, {first['runs_per_world']} runs each and arm, {found.n_arms} arms; 95 %, the worlds as "
            "the sample\n"
        )
        for row in found.table.itertuples():
            print(f"{row.claim}  {row.verdict:<18} {report.estimate(row)}  {row.says}")
        say(f"tables and figures/claims.png in {str(folder)!r}")

    end(args, found, lambda: report.document(found), told)


def _read(path: Path) -> bytes:
    """The bytes of a table of results.

    Raises
    ------
    InputError
        If there is none.
    """
    from ...util import files

    data = files.read(path)
    if data is None:
        raise InputError(f"{str(path)!r} is not there; --thresholds is a folder of results of `crink-abm thresholds`")
    return data


def _zoo(args: argparse.Namespace) -> None:
    """The claims proved on planted faults."""
    from ...analysis.claims import faults, spec, zoo
    from ...report.answers import zoo as report

    folder = begin(args, "claims", "zoo")
    ready_engine()
    files = spec.read_all(args.folder, args.ids)
    found = zoo.study(files, faults.FAULTS, out=folder, progress=shown("fault or seed"))
    end(args, found, lambda: report.document(found), lambda: print(report.summary(found)))


def ablate(args: argparse.Namespace) -> None:
    """Mechanisms switched off one by one: what each carries of every policy's effect."""
    from ...analysis import ablation
    from ...analysis.questions import judge
    from ...experiment import reader
    from ...report.answers import ablation as report

    file = reader.read(args.file, ablation.AblationFile)
    judge(file)
    ablation.judge(file)
    folder = begin(args, "ablate", file.experiment.name)
    ready_engine()
    found = ablation.ablate(file, out=folder, progress=shown("arm"))
    from ...charts.answers import ablation as charts
    from ...charts.answers import drawn

    drawn.write(folder, "ablation", lambda found: charts.before_after(found.effects, file.ask.outcomes[0]), found)

    def told() -> None:
        print(report.summary(found))
        say(f"tables and figures/ablation.png in {str(folder)!r}")

    end(args, found, lambda: report.document(found, str(args.file)), told, dead=found.dead)
