"""``crink-abm elicit``: a reader's own beliefs."""

import argparse
from pathlib import Path

from ...util.progress import shown
from ..terminal import ready_engine, say
from .common import begin, end


def elicit(args: argparse.Namespace) -> None:
    """A reader's own beliefs put into worlds that every other experiment takes."""
    from ...analysis.elicitation import study
    from ...analysis.elicitation.questions import ElicitFile, believed
    from ...experiment import reader
    from ...report.answers import elicitation as report

    experiment = reader.read(args.file, ElicitFile)
    believed(experiment)
    name = experiment.experiment.name
    folder = begin(args, "elicit", name)
    ready_engine()
    found = study.elicit(experiment, out=folder, progress=shown("arm"))
    from ...charts.answers import elicitation as charts

    charts.draw(found, folder, name)
    if args.markdown is not None:
        charts.draw(found, Path(args.markdown).parent, name)
    command, worlds = f"crink-abm elicit {args.file} --markdown {args.markdown}", str(folder / "worlds.parquet")

    def told() -> None:
        print(found.experts.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
        print(f"\n{found.beliefs.to_string(index=False, float_format=lambda x: f'{x:.3g}')}")
        columns = ["outcome", "who", "risk", "low", "high", "band_said", "band_inside"]
        print(f"\n{found.risks[columns].to_string(index=False, float_format=lambda x: f'{x:.4f}', na_rep='')}")
        say(f"worth {found.effective:.0f} worlds of equal weight; the worlds are in {worlds}")

    end(args, found, lambda: report.document(found, command, name), told, effective=found.effective, worlds=worlds)
