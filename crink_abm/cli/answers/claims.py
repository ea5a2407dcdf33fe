"""The commands about mechanisms: ``claims`` and ``ablate``."""

import argparse
from collections.abc import Callable
from pathlib import Path

from ...util.errors import InputError
from ...util.progress import shown
from ..terminal import check_folder, check_writable, print_json, ready_engine, rows_of, say


def _arms(unit: str = "arm") -> Callable[[int, int], None]:
    """Progress in arms, or another unit."""
    show = shown(unit)
    return lambda done, total: show(done, total, "")


def claims(args: argparse.Namespace) -> None:
    """The article's thirty claims, each with its counter-claim, its ablation, its threshold and a verdict."""
    from ...analysis.claims import run as study
    from ...analysis.claims import spec
    from ...analysis.kept import Kept
    from ...report.answers import claims as report
    from ...util.files import table_of

    spec.read_all(args.folder, args.ids)
    if args.zoo:
        _zoo(args)
        return
    folder = Path(args.out or "results/claims")
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    thresholds = None
    if args.thresholds is not None:
        thresholds = table_of(_read(Path(args.thresholds) / "thresholds.parquet"))
    kept = Kept(folder, "claims")
    ready_engine()
    with kept.work():
        found = study.claims(args.ids, folder=args.folder, kept=kept, thresholds=thresholds, progress=_arms())
        for name in ("table", "scan", "switches"):
            kept.finish({"table": "claims"}.get(name, f"claims_{name}"), getattr(found, name))
    (folder / "figures").mkdir(exist_ok=True)
    from ...charts import style
    from ...charts.answers import claims as charts

    with style.context():
        style.save(charts.verdicts(found.table), folder / "figures" / "claims", ("png",))
    if args.markdown is not None:
        Path(args.markdown).write_text(report.document(found), encoding="utf-8")
    if args.json:
        print_json({"claims": rows_of(found.table), "scan": rows_of(found.scan), "switches": rows_of(found.switches)})
        return
    first = found.table.iloc[0]
    print(
        f"{first['n_worlds']} worlds, {first['runs_per_world']} runs each and arm, {found.n_arms} arms; 95 %, the "
        "worlds as the sample\n"
    )
    for row in found.table.itertuples():
        print(f"{row.claim}  {row.verdict:<18} {report.estimate(row)}  {row.says}")
    say(f"tables and figures/claims.png in {str(folder)!r}")


def _read(path: Path) -> bytes:
    """The bytes of a table of results.

    Raises
    ------
    InputError
        If there is none.
    """
    from ...util import files

    data = files.read(path)
    if data is None:
        raise InputError(f"{str(path)!r} is not there; --thresholds is a folder of results of `crink-abm thresholds`")
    return data


def _zoo(args: argparse.Namespace) -> None:
    """The claims proved on planted faults."""
    from ...analysis.claims import faults, spec, zoo
    from ...analysis.kept import Kept
    from ...report.answers import zoo as report

    folder = Path(args.out or "results/zoo")
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    kept = Kept(folder, "claims")
    ready_engine()
    with kept.work():
        found = zoo.study(
            spec.read_all(args.folder, args.ids), faults.FAULTS, kept=kept, progress=_arms("fault or seed")
        )
        kept.finish("confusion", found.confusion)
        kept.finish("alarms", found.alarms)
    if args.markdown is not None:
        Path(args.markdown).write_text(report.document(found), encoding="utf-8")
    if args.json:
        print_json({"confusion": rows_of(found.confusion), "alarms": rows_of(found.alarms)})
        return
    print(report.summary(found))


def ablate(args: argparse.Namespace) -> None:
    """Mechanisms switched off one by one: what each carries of every policy's effect."""
    from ...analysis import ablation
    from ...analysis.kept import Kept
    from ...analysis.questions import judge
    from ...experiment import reader
    from ...report.answers import ablation as report

    file = reader.read(args.file, ablation.AblationFile)
    judge(file)
    ablation.judge(file)
    folder = Path(args.out or f"results/{file.experiment.name}")
    check_folder(folder)
    if args.markdown is not None:
        check_writable(Path(args.markdown))
    kept = Kept(folder, "ablate")
    ready_engine()
    with kept.work():
        found = ablation.ablate(file, kept=kept, progress=_arms())
        kept.finish("effects", found.effects)
        kept.finish("audit", found.audit)
    (folder / "figures").mkdir(exist_ok=True)
    from ...charts import style
    from ...charts.answers import ablation as charts

    with style.context():
        for outcome in file.ask.outcomes[:1]:
            style.save(charts.before_after(found.effects, outcome), folder / "figures" / "ablation", ("png",))
    if args.markdown is not None:
        Path(args.markdown).write_text(report.document(found, str(args.file)), encoding="utf-8")
    if args.json:
        print_json({"effects": rows_of(found.effects), "audit": rows_of(found.audit), "dead": found.dead})
        return
    print(report.summary(found))
    say(f"tables and figures/ablation.png in {str(folder)!r}")
