"""``crink-abm thresholds``: what one has to believe."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def thresholds(args: argparse.Namespace) -> None:
    """What one has to believe: the beliefs that decide the signs of policies' effects."""
    from ...analysis.thresholds import study
    from ...analysis.thresholds.questions import Thresholds, ThresholdsFile, asked
    from ...experiment import reader
    from ...report.answers import thresholds as report

    experiment = reader.read(args.file, ThresholdsFile)
    asked(experiment)
    folder = Path(args.out) if args.out is not None else Path("results") / experiment.experiment.name
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    from ...charts.answers import thresholds as charts

    ready_engine()
    found = study.thresholds(args.file, out=folder, progress=shown("arm"))
    name = experiment.experiment.name
    drawn = charts.draw(found, folder, name)
    if args.markdown:
        page = Path(args.markdown)
        charts.draw(found, page.parent, name)
        page.write_text(
            report.document(found, f"crink-abm thresholds {args.file} --markdown {args.markdown}", name),
            encoding="utf-8",
        )
    if args.json:
        print_json({name: rows_of(getattr(found, name)) for name in Thresholds.TABLES} | {"effort": found.effort})
        return
    for sentence in dict.fromkeys([*found.thresholds["sentence"], *found.reversal["sentence"]]):
        print(sentence)
    say(f"{found.effort['runs']:,} runs; {len(Thresholds.TABLES)} tables and {len(drawn)} charts in {folder}")
