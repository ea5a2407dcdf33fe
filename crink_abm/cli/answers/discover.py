"""``crink-abm discover``: under which beliefs and events a policy fails."""

import argparse

from ...util.progress import shown
from ..terminal import ready_engine
from .common import begin, end


def discover(args: argparse.Namespace) -> None:
    """Under which beliefs and events a policy fails."""
    from ...analysis.discovery import study
    from ...experiment import reader
    from ...report.answers import discovery as report

    experiment = study.judged(reader.read(args.file, study.DiscoverFile))
    folder = begin(args, "discover", experiment.experiment.name)
    ready_engine()
    found = study.discover(experiment, out=folder, progress=shown("arm"))
    from ...charts.answers import discovery as charts
    from ...charts.answers import drawn

    drawn.write(folder, "discover", charts.boxes, found)
    end(args, found, lambda: report.document(found, args.file), lambda: print(report.markdown(found)))
