"""``crink-abm information``: what it is worth to know more before a policy is chosen, and what to watch."""

import argparse

from ...util.progress import shown
from ..terminal import ready_engine, say
from .common import begin, end


def information(args: argparse.Namespace) -> None:
    """What it is worth to know more before a policy is chosen, and what to watch."""
    from ...analysis.information import study
    from ...experiment import reader
    from ...report.answers import information as report

    experiment = reader.read(args.file, study.InformationFile)
    study.plan(experiment)
    folder = begin(args, "information", experiment.experiment.name)
    ready_engine()
    found = study.information(experiment, out=folder, progress=shown("piece"))
    say("drawing the chart ...")
    from ...charts.answers import drawn
    from ...charts.answers import information as charts

    paths = drawn.write(folder, "information", charts.worth, found)
    command = f"crink-abm information {args.file} --markdown {args.markdown}"

    def told() -> None:
        print(report.document(found))
        print(f"tables and figures/information.png: {folder}")

    end(
        args,
        found,
        lambda: report.page(found, command),
        told,
        report=found.report,
        figures=[str(path) for path in paths],
    )
