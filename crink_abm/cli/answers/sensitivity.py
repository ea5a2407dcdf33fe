"""The command ``sensitivity``."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def sensitivity(args: argparse.Namespace) -> None:
    """What outcomes, and the effects of policies, are sensitive to."""
    from ...analysis.kept import Kept
    from ...analysis.sensitivity import study
    from ...experiment import reader
    from ...report.answers import sensitivity as report

    experiment = reader.read(args.file, study.SensitivityFile)
    study.plan(experiment)
    folder = Path(args.out or Path("results") / experiment.experiment.name)
    Kept(folder, "sensitivity")
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    ready_engine()
    found = study.sensitivity(experiment, folder, shown("piece"))
    say("drawing the chart ...")
    from ...charts.answers import drawn
    from ...charts.answers import sensitivity as charts

    paths = drawn.write(folder, "sensitivity", charts.ranked, found)
    if args.markdown is not None:
        command = f"crink-abm sensitivity {args.file} --markdown {args.markdown}"
        Path(args.markdown).write_text(report.page(found, command), encoding="utf-8")
    if args.json:
        tables = {name: rows_of(getattr(found, name)) for name in ("questions", "indices", "pairs", "shapley")}
        print_json({"report": found.report, **tables, "figures": [str(path) for path in paths]})
        return
    print(report.document(found))
    print(f"tables and figures/sensitivity.png: {folder}")
