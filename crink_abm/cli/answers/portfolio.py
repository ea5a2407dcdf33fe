"""``crink-abm portfolio``: which policies are worth their cost, and which is robust."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import ready_engine, rows_of, say
from .common import begin, end


def portfolio(args: argparse.Namespace) -> None:
    """Thousands of policies: fronts of cost and risk, robust policies, break-even prices, shares of pillars, odds."""
    from ...analysis.portfolio import study
    from ...analysis.portfolio.plan import PortfolioFile
    from ...experiment import reader
    from ...report.answers import portfolio as report

    file = reader.read(args.file, PortfolioFile)
    name = file.experiment.name
    study.prepared(file)
    folder = begin(args, "portfolio", name)
    ready_engine()
    found = study.portfolio(file, out=folder, progress=shown("run"))
    from ...charts.answers import portfolio as charts

    drawn = charts.draw(found, folder, name)
    if args.markdown is not None:
        charts.draw(found, Path(args.markdown).parent, name)
    command = f"crink-abm portfolio {args.file} --markdown {args.markdown}"

    def told() -> None:
        print("\n".join(report.sentences(found)))
        say(f"{len(found.tables)} tables and {len(drawn)} charts in {folder}")

    finalists = rows_of(found.policies[found.policies["finalist"]])
    end(args, found, lambda: report.document(found, command, name), told, policies=finalists, facts=found.facts)
