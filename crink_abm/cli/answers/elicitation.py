"""``crink-abm elicit``: a reader's own beliefs."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def elicit(args: argparse.Namespace) -> None:
    """A reader's own beliefs put into worlds that every other experiment takes."""
    from ...analysis.elicitation import study
    from ...analysis.elicitation.questions import Elicited, ElicitFile, believed
    from ...experiment import reader
    from ...report.answers import elicitation as report

    experiment = reader.read(args.file, ElicitFile)
    believed(experiment)
    name = experiment.experiment.name
    folder = Path(args.out) if args.out is not None else Path("results") / name
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    from ...charts.answers import elicitation as charts

    ready_engine()
    found = study.elicit(args.file, out=folder, progress=shown("arm"))
    charts.draw(found, folder, name)
    if args.markdown:
        page = Path(args.markdown)
        charts.draw(found, page.parent, name)
        page.write_text(
            report.document(found, f"crink-abm elicit {args.file} --markdown {args.markdown}", name), encoding="utf-8"
        )
    if args.json:
        tables = {table: rows_of(getattr(found, table)) for table in Elicited.TABLES}
        print_json({"effective": found.effective, "worlds": str(folder / "worlds.parquet"), **tables})
        return
    print(found.experts.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    print(f"\n{found.beliefs.to_string(index=False, float_format=lambda x: f'{x:.3g}')}")
    columns = ["outcome", "who", "risk", "low", "high", "band_said", "band_inside"]
    print(f"\n{found.risks[columns].to_string(index=False, float_format=lambda x: f'{x:.4f}', na_rep='')}")
    say(f"worth {found.effective:.0f} worlds of equal weight; the worlds are in {folder / 'worlds.parquet'}")
