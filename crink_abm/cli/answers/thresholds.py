"""``crink-abm thresholds``: what one has to believe."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import ready_engine, say
from .common import begin, end


def thresholds(args: argparse.Namespace) -> None:
    """What one has to believe: the beliefs that decide the signs of policies' effects."""
    from ...analysis.thresholds import study
    from ...analysis.thresholds.questions import ThresholdsFile, asked
    from ...experiment import reader
    from ...report.answers import thresholds as report

    experiment = reader.read(args.file, ThresholdsFile)
    asked(experiment)
    name = experiment.experiment.name
    folder = begin(args, "thresholds", name)
    ready_engine()
    found = study.thresholds(experiment, out=folder, progress=shown("arm"))
    from ...charts.answers import thresholds as charts

    drawn = charts.draw(found, folder, name)
    if args.markdown is not None:
        charts.draw(found, Path(args.markdown).parent, name)
    command = f"crink-abm thresholds {args.file} --markdown {args.markdown}"

    def told() -> None:
        for sentence in dict.fromkeys([*found.thresholds["sentence"], *found.reversal["sentence"]]):
            print(sentence)
        say(f"{found.effort['runs']:,} runs; {len(found.tables)} tables and {len(drawn)} charts in {folder}")

    end(args, found, lambda: report.document(found, command, name), told, effort=found.effort)
