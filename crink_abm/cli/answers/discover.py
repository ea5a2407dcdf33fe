"""``discover``: under which beliefs and events a policy fails."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of


def discover(args: argparse.Namespace) -> None:
    """Under which beliefs and events a policy fails."""
    from ...analysis.discovery import study
    from ...analysis.kept import Kept
    from ...charts import style
    from ...charts.answers import discovery as charts
    from ...experiment import reader
    from ...report.answers import discovery as report

    experiment = study.judged(reader.read(args.file, study.DiscoverFile))
    folder = Path(args.out or Path("results") / experiment.experiment.name)
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    kept = Kept(folder, "discover")
    ready_engine()
    with kept.work():
        found = study.discover(experiment, kept=kept, progress=shown("arm"))
        kept.finish("questions", found.questions)
        kept.finish("boxes", found.boxes)
        experiments, outcomes = found.workbench()
        kept.finish("experiments", experiments)
        kept.finish("outcomes", study.as_table(outcomes))
        (folder / "figures").mkdir(exist_ok=True)
        with style.context():
            style.save(charts.boxes(found), folder / "figures" / "discover", ("png",))
    if args.markdown:
        Path(args.markdown).write_text(report.document(found, args.file), encoding="utf-8")
    if args.json:
        print_json({"questions": rows_of(found.questions), "boxes": rows_of(found.boxes)})
        return
    print(report.markdown(found))
