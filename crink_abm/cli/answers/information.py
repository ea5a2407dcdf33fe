"""The command ``information``."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def information(args: argparse.Namespace) -> None:
    """What it is worth to know more before a policy is chosen, and what to watch."""
    from ...analysis.information import study
    from ...analysis.kept import Kept
    from ...experiment import reader
    from ...report.answers import information as report

    experiment = reader.read(args.file, study.InformationFile)
    study.plan(experiment)
    folder = Path(args.out or Path("results") / experiment.experiment.name)
    Kept(folder, "information")
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    ready_engine()
    found = study.information(experiment, folder, shown("piece"))
    say("drawing the chart ...")
    from ...charts.answers import drawn
    from ...charts.answers import information as charts

    paths = drawn.write(folder, "information", charts.worth, found)
    if args.markdown is not None:
        command = f"crink-abm information {args.file} --markdown {args.markdown}"
        Path(args.markdown).write_text(report.page(found, command), encoding="utf-8")
    if args.json:
        tables = {name: rows_of(getattr(found, name)) for name in ("policies", "beliefs", "signposts")}
        print_json({"report": found.report, **tables, "figures": [str(path) for path in paths]})
        return
    print(report.document(found))
    print(f"tables and figures/information.png: {folder}")
