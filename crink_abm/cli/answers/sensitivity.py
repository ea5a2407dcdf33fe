"""``crink-abm sensitivity``: what outcomes, and the effects of policies, are sensitive to."""

import argparse

from ...util.progress import shown
from ..terminal import ready_engine, say
from .common import begin, end


def sensitivity(args: argparse.Namespace) -> None:
    """What outcomes, and the effects of policies, are sensitive to."""
    from ...analysis.sensitivity import study
    from ...experiment import reader
    from ...report.answers import sensitivity as report

    experiment = reader.read(args.file, study.SensitivityFile)
    study.plan(experiment)
    folder = begin(args, "sensitivity", experiment.experiment.name)
    ready_engine()
    found = study.sensitivity(experiment, out=folder, progress=shown("piece"))
    say("drawing the chart ...")
    from ...charts.answers import drawn
    from ...charts.answers import sensitivity as charts

    paths = drawn.write(folder, "sensitivity", charts.ranked, found)
    command = f"crink-abm sensitivity {args.file} --markdown {args.markdown}"

    def told() -> None:
        print(report.document(found))
        print(f"tables and figures/sensitivity.png: {folder}")

    end(
        args,
        found,
        lambda: report.page(found, command),
        told,
        report=found.report,
        figures=[str(path) for path in paths],
    )
