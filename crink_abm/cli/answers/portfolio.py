"""``crink-abm portfolio``: which policies are worth their cost, and which is robust."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def portfolio(args: argparse.Namespace) -> None:
    """Thousands of policies: fronts of cost and risk, robust policies, break-even prices, shares of pillars, odds."""
    from ...analysis.portfolio import study
    from ...analysis.portfolio.plan import PortfolioFile
    from ...experiment import reader
    from ...report.answers import portfolio as report

    file = reader.read(args.file, PortfolioFile)
    name = file.experiment.name
    study.prepared(file)
    folder = Path(args.out) if args.out is not None else Path("results") / name
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    from ...charts.answers import portfolio as charts

    ready_engine()
    found = study.portfolio(args.file, out=folder, progress=shown("run"))
    drawn = charts.draw(found, folder, name)
    if args.markdown:
        page = Path(args.markdown)
        charts.draw(found, page.parent, name)
        page.write_text(
            report.document(found, f"crink-abm portfolio {args.file} --markdown {args.markdown}", name),
            encoding="utf-8",
        )
    if args.json:
        tables = {
            key: rows_of(table[table["finalist"]] if key == "policies" else table)
            for key, table in found.tables.items()
        }
        print_json({**tables, "facts": found.facts})
        return
    for sentence in report.sentences(found):
        print(sentence)
    say(f"{len(found.tables)} tables and {len(drawn)} charts in {folder}")
