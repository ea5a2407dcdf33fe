"""``crink-abm answers``: the studies behind the answers, one after another, and one page of what they found."""

import argparse
from pathlib import Path
from typing import Any

from ...util.progress import shown
from ..terminal import check_folder, print_json, ready_engine, say
from .common import check_page, write_page


def answers(args: argparse.Namespace) -> None:
    """The claims, the beliefs that matter, the robust policies: four studies, and one page of what they found."""
    from ...analysis.claims import run as of_claims
    from ...analysis.claims import spec
    from ...analysis.portfolio import study as of_policies
    from ...analysis.portfolio.plan import PortfolioFile
    from ...analysis.sensitivity import study as of_beliefs
    from ...analysis.thresholds import study as of_signs
    from ...analysis.thresholds.questions import ThresholdsFile
    from ...experiment import reader
    from ...report.answers import answers as report

    files, results = Path(args.experiments), Path(args.out)
    reader.read(files / "thresholds.toml", ThresholdsFile)
    reader.read(files / "sensitivity.toml", of_beliefs.SensitivityFile)
    reader.read(files / "portfolio.toml", PortfolioFile)
    spec.read_all(files / "claims", [])
    folders = {name: results / name for name in ("thresholds", "claims", "sensitivity", "portfolio")}
    for folder in folders.values():
        check_folder(folder)
    check_page(args.markdown)
    ready_engine()
    say("1 of 4: what one has to believe ...")
    signs = of_signs.thresholds(files / "thresholds.toml", out=folders["thresholds"], progress=shown("arm"))
    say("2 of 4: the article's claims ...")
    found = of_claims.claims(
        folder=files / "claims", out=folders["claims"], thresholds=signs.thresholds, progress=shown("arm")
    )
    say("3 of 4: what matters ...")
    beliefs = of_beliefs.sensitivity(files / "sensitivity.toml", out=folders["sensitivity"], progress=shown("row"))
    say("4 of 4: which policies are robust ...")
    policies = of_policies.portfolio(files / "portfolio.toml", out=folders["portfolio"], progress=shown("run"))
    write_page(args.markdown, report.document(found, signs, beliefs, policies, "crink-abm answers"))
    said: dict[str, Any] = {"page": args.markdown, "verdicts": report.numbers(found.table)}
    if args.json:
        print_json(said)
        return
    print(report.summary(found))
    print(f"the page: {args.markdown}; the studies: {', '.join(str(folder) for folder in folders.values())}")
